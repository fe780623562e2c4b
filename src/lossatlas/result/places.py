"""Where results lie: stores, the groups in them, and names that are free."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

from ..errors import InputError, StoreError, first_line
from ..folders import made
from ..names import suggest
from .description import DESCRIPTION, exists, is_log

#: Ending of the folder beside a survey that holds what it measured, round by round; it is part of the survey and no result itself.
CELLS = ".cells"


@contextmanager
def writable(root: Path) -> Iterator[None]:
    """Refuse a place that cannot be written, before anything is computed for it; where the block fails, no empty folder is left.

    Raises:
        StoreError: the place cannot be written.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(made(root))
            with tempfile.TemporaryFile(dir=root):
                pass
        except OSError as error:
            raise StoreError(f"cannot write the store {root}: {first_line(error)}; choose another place: --store PATH.zarr/NAME "
                             "(store=… in Python)") from None
        yield


def split_path(path: str | Path, group: str | None = None) -> tuple[Path, str]:
    """``runs/a.zarr/resnet/seed0`` as the store ``runs/a.zarr`` and the group ``resnet/seed0`` (or ``group``).

    Raises:
        InputError: where no part of the path ends in ``.zarr``, no group is named and there is no default, or the name is no
            place inside a store.
    """
    if not isinstance(path, str | os.PathLike) or "://" in str(path):
        raise InputError(f"store is {path!r}; expected a folder on this machine: PATH.zarr or PATH.zarr/GROUP")
    parts = Path(os.path.expanduser(path)).parts  # not Path.expanduser, which raises for ~nobody
    ends = [i for i, part in enumerate(parts) if part.endswith(".zarr")]
    if not ends:
        raise InputError(f"store is {str(path)!r}; expected PATH.zarr or PATH.zarr/GROUP, e.g. {Path(path).name or 'run'}.zarr/resnet56")
    root, inside = Path(*parts[: ends[0] + 1]), "/".join(parts[ends[0] + 1 :])
    if odd := [part for part in parts[ends[0] + 1 :] if part.startswith((".", "__")) or part == "zarr.json"]:
        raise InputError(f"store {str(path)!r} has a group named {odd[0]!r}; expected a name such as {root}/resnet56")
    if not (inside or group):
        raise InputError(f"store {str(path)!r} names no group; write {path}/NAME")
    return root, inside or str(group)


def locate(path: str | Path) -> tuple[Path, str]:
    """The store and group of a path; a path without a group stands for the only one."""
    root, found = results(path)
    if len(found) != 1:
        raise StoreError(f"{root} holds {len(found)} results; name one: {', '.join(f'{root}/{name}' for name in found)}")
    return root, found[0]


def results(path: str | Path) -> tuple[Path, list[str]]:
    """The store of a path, and the groups that it names: the one after ``.zarr``, else all, at least one.

    Raises:
        InputError: a path that names no store.
        StoreError: nothing there, with what there is instead.
    """
    root, name = split_path(path, "?")
    if not os.path.isdir(root):
        raise StoreError(f"no store at {root}; expected a folder PATH.zarr that lossatlas wrote")
    names = list(groups(root))
    if name != "?" and not exists(root / name) and not is_log(root / name):
        raise StoreError(f"no result at {root / name}{suggest(name, names)}; {root} holds {', '.join(names) or 'no results'}")
    if not names:
        raise StoreError(f"{root} holds no results; expected a store that lossatlas wrote")
    return root, names if name == "?" else [name]


def groups(root: Path) -> Iterator[str]:
    """The names of all results in a store, in order."""
    for folder, subfolders, inside in os.walk(root):
        subfolders[:] = sorted(s for s in subfolders if not s.startswith(".creating-") and not s.endswith(CELLS))
        if DESCRIPTION in inside or ("done" in subfolders and exists(Path(folder))):
            subfolders[:] = []
            yield Path(folder).relative_to(root).as_posix()


def next_name(root: Path, kind: str, *, first: int = 1) -> str:
    """``<kind>-<n>`` with the first n that is free, from ``first`` on."""
    return next(name for n in count(first) if not os.path.lexists(root / (name := f"{kind}-{n}")))


def check_free(root: Path, path: Path) -> None:
    """A result has no results inside, and takes no folder that something else lies in.

    Raises:
        StoreError: with a name that is free.
    """
    for above in path.relative_to(root).parents:
        if above.parts and (os.path.exists(root / above / "done") or is_log(root / above)):
            raise StoreError(f"{path} would lie inside the result {root / above}; choose a name beside it: {root}/NAME")
    if is_log(path):
        raise StoreError(f"{path} holds the log of a watched run; choose another name: {root}/NAME")
    if not exists(path) and (inside := list(groups(path))):
        raise StoreError(f"{path} holds results itself ({', '.join(inside[:3])}); choose another name: {path}/NAME")
