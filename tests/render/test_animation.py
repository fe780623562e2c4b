"""Moving pictures: as many frames as figures, each what its figure draws, and clear words where something is missing."""

import subprocess

import numpy as np
import pytest
import xarray as xr
from PIL import Image

from lossatlas import figures
from lossatlas.errors import InputError
from lossatlas.figures.figure import Axis, Figure, Line, Panel, Points
from lossatlas.render import animation
from lossatlas.render.animation import animate


def frame(k, title="a"):
    x = np.arange(k + 1.0)
    return Figure((Panel((Line(x, x**2),), Axis("step", limits=(0, 4)), Axis("loss", limits=(0, 16))),), title)


def test_a_gif_has_every_frame_in_order_and_holds_the_last(tmp_path):
    told = []
    path = animate(tmp_path / "a.gif", [frame(k) for k in range(4)], fps=10, dpi=40, on_frame=lambda *done: told.append(done))
    with Image.open(path) as image:
        assert image.n_frames == 4 and image.info["loop"] == 0
        blue, durations = [], []
        for k in range(4):
            image.seek(k)
            durations.append(image.info["duration"])
            rgb = np.asarray(image.convert("RGB")).astype(int)
            blue.append(int((rgb[..., 2] > rgb[..., 0] + 60).sum()))
            assert (rgb == 255).all(-1).mean() > 0.5, "the paper is white"
    assert blue == sorted(blue) and blue[0] < blue[-1], "the curve grows"
    assert durations == [100, 100, 100, 2000] and told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert [file.name for file in tmp_path.iterdir()] == ["a.gif"]


def test_an_mp4_can_be_read_back(tmp_path):
    imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
    path = animate(tmp_path / "a.mp4", [frame(k) for k in range(3)], fps=5, dpi=41)
    count, seconds = imageio_ffmpeg.count_frames_and_secs(str(path))
    assert count == 3 + 2 * 5 and seconds == pytest.approx(count / 5, abs=0.3)


def test_without_ffmpeg_an_mp4_is_refused_before_anything_is_drawn(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "imageio_ffmpeg", None)
    monkeypatch.setattr(animation.shutil, "which", lambda name: None)
    with pytest.raises(InputError, match=r"needs ffmpeg, which is not there; write pip install 'lossatlas\[video\]', or 'a.gif'"):
        animate(tmp_path / "a.mp4", [frame(1)])
    assert not list(tmp_path.iterdir())


def test_an_ffmpeg_that_fails_says_why_and_leaves_nothing(tmp_path, monkeypatch):
    script = tmp_path / "ffmpeg"
    script.write_text("#!/bin/sh\necho 'Unknown encoder libx264' >&2\nexit 1\n")
    script.chmod(0o755)
    monkeypatch.setattr(animation, "check_animation", lambda path: str(script))
    with pytest.raises(InputError, match="Unknown encoder libx264"):
        animate(tmp_path / "a.mp4", [frame(1)], dpi=40)
    assert [file.name for file in tmp_path.iterdir()] == ["ffmpeg"]
    assert subprocess.run([script], capture_output=True).returncode == 1


@pytest.mark.parametrize(("name", "frames", "words"), [
    ("a.avi", [frame(1)], r"has '.avi'; expected .gif or .mp4"), ("a", [frame(1)], "no suffix"), ("b/a.gif", [frame(1)], "does not exist"),
    ("a.gif", [], "no frames"), ("a.gif", [frame(1), frame(1, "a title " * 40)], "expected frames of one layout"),
])
def test_wrong_input_is_told(tmp_path, name, frames, words):
    with pytest.raises(InputError, match=words):
        animate(tmp_path / name, frames, dpi=40)
    assert not list(tmp_path.iterdir())


def test_frames_of_paths_grow_and_everything_else_stays():
    alpha = np.linspace(-1, 4, 6)
    plane = xr.Dataset({"loss": (("alpha", "beta"), 1 + alpha[:, None] ** 2 + alpha**2), "center_loss": 1.0},
                       coords={"alpha": alpha, "beta": alpha}, attrs={"kind": "slice", "family": "pca"})

    def path(steps, end):
        along = np.linspace(3, end, len(steps))
        return xr.Dataset({"alpha": ("step", along), "beta": ("step", along)}, coords={"step": steps}, attrs={"kind": "trajectory"})

    planes = {"PCA plane": (plane, {"a": path([0, 10, 20, 30], 0), "b": path([0, 15, 30], 1)})}
    made = figures.frames(planes)
    steps = [[mark for mark in one.panels[0].find(Points) if mark.marker == "step"] for one in made]
    assert [[len(mark.x) for mark in own] for own in steps] == [[1, 1], [2, 1], [2, 2], [3, 2], [4, 3]]
    assert [one.title.rpartition(" ")[2] for one in made] == ["0", "10", "15", "20", "30"]
    stars = [[(float(m.x[0]), m.color) for m in one.panels[0].find(Points) if m.marker == "star" and len(m.x)] for one in made]
    assert len(stars[0]) == 1 and len(stars[-1]) == 2, "the end of a path comes with the end"
    whole = figures.paths(planes)
    assert {one.caption for one in made} == {whole.caption} and len(figures.frames(planes, count=3)) == 3
    assert figures.animate is animate
    with pytest.raises(InputError, match="count is 1"):
        figures.frames(planes, count=1)
    with pytest.raises(InputError, match="there are no paths"):
        figures.frames({"PCA plane": (plane, {})})
