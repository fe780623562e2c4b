"""Figures one after the other as a moving picture: GIF by Pillow, MP4 by ffmpeg.

All frames of a GIF share the colours of the last, which has everything on it, so that nothing flickers. The last frame is held.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image

from ..errors import InputError, first_line
from ..figures.figure import Figure
from ..names import suggest
from . import mpl

SUFFIXES = (".gif", ".mp4")
#: Seconds for which the last frame stands.
HOLD = 2.0


def animate(
    path: str | Path, figures: Sequence[Figure], *, fps: int = 12, dpi: int = 110, on_frame: Callable[[int, int], object] | None = None,
) -> Path:
    """Draw figures into one moving picture; the suffix, .gif or .mp4, chooses the format.

    Args:
        figures: the frames, of one layout, as :func:`lossatlas.figures.frames` gives them.
        fps: frames a second.
        on_frame: is told (frames drawn, frames in all).

    Raises:
        InputError: another suffix, no frames, frames of different sizes, a folder that does not exist; .mp4 without ffmpeg.
    """
    target, ffmpeg = Path(path), check_animation(path)
    if not figures:
        raise InputError("there are no frames; expected figures: la.figures.frames({'PCA plane': (ds, paths)})")
    if isinstance(fps, bool) or not isinstance(fps, int) or not 1 <= fps <= 60:
        raise InputError(f"fps is {fps!r}; expected a whole number of frames a second from 1 to 60")
    frames = _drawn(figures, dpi, on_frame)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", suffix=target.suffix, delete=False) as file:
        try:
            if target.suffix.lower() == ".gif":
                _gif(file, frames, fps)
            else:
                _mp4(str(ffmpeg), file.name, frames, fps)
            os.chmod(file.name, 0o666 & ~_umask())
            os.replace(file.name, target)
        except BaseException:
            os.unlink(file.name)
            raise
    return target


def check_animation(path: str | Path) -> str | None:
    """The program that an MP4 needs; None for a GIF.

    Raises:
        InputError: as :func:`animate`.
    """
    target = Path(path)
    if target.suffix.lower() not in SUFFIXES:
        came = repr(target.suffix) if target.suffix else "no suffix"
        raise InputError(f"animation {str(target)!r} has {came}; expected .gif or .mp4{suggest(target.suffix.lower(), SUFFIXES)}")
    if not target.absolute().parent.is_dir():
        raise InputError(f"folder {str(target.parent)!r} of animation {target.name!r} does not exist; make it first")
    if target.suffix.lower() == ".gif":
        return None
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        return str(get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        if found := shutil.which("ffmpeg"):
            return found
    raise InputError(f"animation {target.name!r} needs ffmpeg, which is not there; write pip install 'lossatlas[video]', or "
                     f"{target.with_suffix('.gif').name!r}, which needs nothing")


def _drawn(figures: Sequence[Figure], dpi: int, on_frame: Callable[[int, int], object] | None) -> Iterator[Image.Image]:
    """The last frame first, for its colours; then all in order."""
    size: tuple[int, int] | None = None
    for number, figure in enumerate([figures[-1], *figures]):
        image = Image.open(io.BytesIO(mpl.to_bytes(figure, "png", dpi=dpi))).convert("RGB")
        size = size or image.size
        if image.size != size:
            raise InputError(f"frame {number} is {image.size[0]} × {image.size[1]} pixels and others {size[0]} × {size[1]}; expected "
                             "frames of one layout: figures with the same panels, legend and caption")
        if on_frame is not None and number:
            on_frame(number, len(figures))
        yield image


def _gif(file: IO[bytes], frames: Iterator[Image.Image], fps: int) -> None:
    colours = next(frames).quantize(colors=256, dither=Image.Dither.NONE)
    palette = np.array(colours.getpalette()).reshape(-1, 3)
    palette[(palette > 245).all(axis=1)] = 255  # the paper, which Pillow rounds
    colours.putpalette(palette.ravel().tolist())
    images = [frame.quantize(palette=colours, dither=Image.Dither.NONE) for frame in frames]
    durations = [round(1000 / fps)] * (len(images) - 1) + [round(1000 * HOLD)]
    images[0].save(file, format="GIF", save_all=True, append_images=images[1:], duration=durations, loop=0, optimize=False)
    file.flush()


def _mp4(ffmpeg: str, file: str, frames: Iterator[Image.Image], fps: int) -> None:
    width, height = next(frames).size
    even = width + width % 2, height + height % 2  # which is what yuv420p takes
    command = [ffmpeg, "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{even[0]}x{even[1]}", "-r", str(fps),
               "-i", "-", "-an", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "18", "-movflags", "+faststart", file]
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors)
        assert process.stdin is not None
        try:
            padded = np.full((even[1], even[0], 3), 255, dtype=np.uint8)
            for frame in frames:
                padded[:height, :width] = np.asarray(frame)
                process.stdin.write(padded.tobytes())
            for _ in range(round(HOLD * fps)):
                process.stdin.write(padded.tobytes())
            process.stdin.close()
        except BrokenPipeError:
            pass  # ffmpeg ended before: its own words tell why
        except BaseException:
            process.kill()
            process.wait()
            raise
        if process.wait() != 0:
            errors.seek(0)
            raise InputError(f"{ffmpeg} could not write the animation ({first_line(Exception(errors.read().decode(errors='replace')))}); "
                             "expected an ffmpeg with libx264: pip install 'lossatlas[video]', or write a .gif")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
