"""Where results lie: the groups of stores, the logs of watched runs in them, and the folders of recorded runs.

What is given on the command line is looked through; nothing else is ever read. A link in a store that leads out of what was given is
refused, so that a store from somebody else shows what is in it and nothing of the machine that it is looked at on.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import InputError
from ..names import suggest
from ..result.description import exists, is_log
from ..result.recorded import RUN
from ..result.store import groups, split_path

_EXPECTED = "PATH.zarr, PATH.zarr/GROUP, the folder of a run, or a folder that holds some"
#: How deep a folder is looked through for stores and runs.
DEEP = 3


@dataclass(frozen=True)
class Place:
    """A result on disk.

    Attributes:
        path: its folder. inside: the store, or the folder given, which nothing in it may leave.
        store: the words under which it is grouped. name: within the store.
    """

    path: Path
    inside: Path
    store: str
    name: str
    form: Literal["group", "log", "run"]


def find(given: Sequence[Path]) -> list[Place]:
    """All results in what is given, in order, each once."""
    found: dict[Path, Place] = {}
    for path in given:
        for place in _find(path):
            found.setdefault(place.path, place)
    return list(found.values())


def check(given: Sequence[str | Path]) -> list[Path]:
    """What is given as folders.

    Raises:
        InputError: nothing there, with what there is instead.
    """
    if not given:
        raise InputError("no store is given; write lossatlas view PATH.zarr, PATH.zarr/GROUP, or the folder of a run")
    folders = []
    for one in given:
        path = Path(os.path.abspath(os.path.expanduser(one)))
        if not path.is_dir():
            raise InputError(f"nothing to view at {str(one)!r}{_nearby(path)}; expected {_EXPECTED}")
        if not any(_find(path)):
            raise InputError(f"{str(one)!r} holds no results; expected {_EXPECTED}")
        folders.append(path)
    return folders


def _nearby(path: Path) -> str:
    root = next((above for above in (path, *path.parents) if above.suffix == ".zarr"), None)
    if root is not None and root.is_dir() and root != path:
        names = list(groups(root))
        name = path.relative_to(root).as_posix()
        return f"{suggest(name, names)}; {root.name} holds {', '.join(names[:8]) or 'no results'}"
    return ""


def _find(path: Path) -> Iterator[Place]:
    """The results at a path."""
    if any(part.endswith(".zarr") for part in path.parts):
        yield from _in_store(path)
    else:
        yield from _in_folder(path, path, DEEP)


def beside(place: Place) -> list[Place]:
    """The other results of a store, among which are the paths that lie over a slice."""
    return [] if place.form == "run" else [other for other in _in_store(place.inside) if other.path != place.path]


def _in_store(path: Path) -> Iterator[Place]:
    """The result at a path in a store, or all below it."""
    root, inside = split_path(path, "?")
    if inside != "?" and (form := _form(path)):
        yield Place(path, root, root.name, inside, form)
    elif path.is_dir():
        for name in groups(path):
            if form := _form(path / name):
                yield Place(path / name, root, root.name, (path / name).relative_to(root).as_posix(), form)


def _in_folder(folder: Path, given: Path, deep: int) -> Iterator[Place]:
    if os.path.isfile(folder / RUN):
        yield Place(folder, given, folder.parent.name, folder.name, "run")
        return
    try:
        inside = sorted(entry.name for entry in os.scandir(folder) if entry.is_dir() and not entry.name.startswith("."))
    except OSError:  # gone, or not ours to read
        return
    for name in inside:
        if name.endswith(".zarr"):
            yield from _in_store(folder / name)
        elif deep:
            yield from _in_folder(folder / name, given, deep - 1)


def _form(path: Path) -> Literal["group", "log"] | None:
    return "log" if is_log(path) else "group" if os.path.isdir(path / "done") and exists(path) else None


def leaves(place: Place) -> str | None:
    """The name of a link in a result that leads out of what was given; None where there is none."""
    root = os.path.realpath(place.inside)
    if not _within(os.path.realpath(place.path), root):
        return place.name
    folders = [place.path, place.path / "done", place.path / "done" / "c"] if place.form == "group" else [place.path]
    for folder in folders:
        for name in os.listdir(folder) if os.path.isdir(folder) else ():
            path = os.path.join(folder, name)
            if os.path.islink(path) and not _within(os.path.realpath(path), root):
                return os.path.relpath(path, place.path)
    return None


def _within(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)

