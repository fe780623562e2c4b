"""The files of a store: chunks of arrays as zarr lays them out (gzip, whose checksum tells damage), each written at once.

A checksum cannot tell that a whole chunk lies in another one's place, as after a copy gone wrong. So gzip's header, which
has room for a name, says whose chunk it is: of which computation, array and place. zarr does not look there.

zarr itself makes the arrays and could read and write their chunks, but takes 2 s for 51 x 51 chunks of four arrays where
this takes 0.2 s, and 20 ms to write a chunk where this takes 2; and what is read must not depend on metadata that may be damaged.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import os
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

#: zlib's fastest level: losses hardly compress, the checksum is what is wanted.
COMPRESSION = 1
#: Seconds after which a file or folder that was never finished is somebody's who was killed.
ABANDONED_SECONDS = 3600.0


def chunk_file(array: Path, numbers: Sequence[int]) -> Path:
    """Where zarr keeps the chunk with these numbers."""
    return array.joinpath("c", *map(str, numbers))


def get(array: Path, numbers: Sequence[int], dtype: str, shape: tuple[int, ...], *, owner: str) -> np.ndarray | None:
    """One chunk of the computation ``owner``; None where it is missing, damaged or another one."""
    try:
        content = chunk_file(array, numbers).read_bytes()
        if _name(content) not in (b"", _mark(array, numbers, owner)):  # none: written by zarr, or before there were names
            return None
        return np.frombuffer(gzip.decompress(content), dtype).reshape(shape)
    except (OSError, EOFError, zlib.error, ValueError):
        return None


def put(array: Path, numbers: Sequence[int], values: np.ndarray, *, owner: str) -> None:
    """Write one chunk of the computation ``owner``; the same values give the same bytes.

    Raises:
        OSError: the array's folder is gone, the disk is full, the place cannot be written.
    """
    path, folder = chunk_file(array, numbers), array
    for part in path.relative_to(array).parts[:-1]:  # one by one: a store that was deleted must not come back in part
        folder = folder / part
        folder.mkdir(exist_ok=True)
    content = io.BytesIO()
    with gzip.GzipFile(_mark(array, numbers, owner).decode(), "wb", COMPRESSION, content, mtime=0) as file:
        file.write(np.ascontiguousarray(values).tobytes())
    write(path, content.getvalue())


def _mark(array: Path, numbers: Sequence[int], owner: str) -> bytes:
    """Whose chunk it is, as 16 hexadecimal digits."""
    text = f"{owner} {array.name} {' '.join(map(str, numbers))}"
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest().encode()


def _name(content: bytes) -> bytes:
    """The name in gzip's header (RFC 1952, section 2.3); empty where there is none, or another field before it."""
    flags = content[3] if len(content) > 10 else 0
    return content[10:].partition(b"\0")[0] if flags & 0b1100 == 0b1000 else b""


def write(path: Path, content: bytes) -> None:
    """Write a file that is at no time seen in part.

    Raises:
        OSError: as when any file is written.
    """
    partial = path.with_name(f".{path.name}.{unique()}.partial")
    try:
        partial.write_bytes(content)
        os.replace(partial, path)
    except BaseException:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


def unique() -> str:
    """A word that no other process uses: numbers of processes repeat in containers that share a folder."""
    return f"{os.getpid()}-{os.urandom(4).hex()}"


def forget_abandoned(folder: Path, pattern: str) -> None:
    """Remove what processes that were killed long ago had begun to write."""
    for path in folder.glob(pattern):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > ABANDONED_SECONDS:
                _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        import shutil

        shutil.rmtree(path)
    else:
        path.unlink()
