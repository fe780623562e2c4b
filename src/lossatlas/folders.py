"""Folders that are made for something, and are gone again where it came to nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def made(folder: Path) -> Iterator[None]:
    """Make a folder and those above it; where the block fails, those of them that are empty still are removed.

    Raises:
        OSError: they cannot be made.
    """
    new = [path for path in (folder, *folder.parents) if not os.path.lexists(path)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        with suppress(OSError):  # not empty: something came of it
            for path in new:
                path.rmdir()
        raise
