"""One door for every format: the suffix of the file chooses it.

A file appears whole or not at all: it is written under another name beside its place, then renamed. As with figures, a
file that is there already is replaced.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import InputError, first_line
from ..names import choose, suggest
from .selection import select

if TYPE_CHECKING:
    import xarray as xr

Scale = Literal["auto", "log", "linear"]
#: Surfaces, drawn from one quantity of one plane.
MESHES = (".vtp", ".glb", ".obj")
SUFFIXES = (".h5", *MESHES, ".csv", ".nc")


def export(
    result: xr.Dataset | str | Path, path: str | Path, *, quantity: str | None = None, scale: Scale = "auto", height: float | None = None,
    repeat: int | None = None, split: str | None = None, layer: str | None = None, class_: int | None = None,
) -> Path:
    """Write a result, finished or not, into a file for other programs.

    ``.h5``: the file of Li et al. (2018), for their plotting scripts. ``.vtp`` (ParaView), ``.glb`` and ``.obj`` (Blender,
    any 3D viewer): a surface; cells exist only where all four corners have a value. ``.csv``: one row per point. ``.nc``:
    netCDF, everything.

    Args:
        result: a Dataset from ``la.sweep`` or ``la.open``, or the path of a store.
        path: the file; it is replaced where it exists.
        quantity: of a surface, what is its height and colour; default ``loss``.
        scale: of a surface; "auto" is log for positive quantities without an upper bound, else linear.
        height: of a surface, how tall it stands as a share of its longer side; 0 is flat. Default: in ``.vtp`` z is the value
            itself (its log10 on a log scale), in ``.glb`` and ``.obj`` 0.6.
        repeat: which of several independent planes: 0, 1, …
        split: train or test, where the result has both. Of an ``.h5`` from a result without splits: how its values are called.
        layer: which of several layers that were moved alone.
        class_: which class, of a quantity such as ``class_loss``.

    Returns:
        The path of the file. What a format cannot hold is named in a ``RuntimeWarning``.

    Raises:
        InputError: a suffix, option, quantity or kind of result that does not fit, or a file that cannot be written.
        StoreError: no result at the path of the store.
    """
    path = Path(path)
    labels = {"repeat": repeat, "layer": layer, "split": split, "class": class_}
    notes = write(result, path, quantity=quantity, scale=scale, height=height, labels=labels)
    if notes:
        warnings.warn("; ".join(notes), RuntimeWarning, stacklevel=2)
    return path


def write(
    result: xr.Dataset | str | Path, path: Path, *, quantity: str | None, scale: str, height: float | None, labels: Mapping[str, Any],
) -> list[str]:
    """Write the file and return what there is to say about it; ``labels`` choose along dims, None where nothing is chosen."""
    suffix = check_target(path)
    choose(scale, Scale, "scale")
    if suffix not in MESHES:
        for name, given in (("quantity", quantity), ("scale", None if scale == "auto" else scale), ("height", height)):
            if given is not None:
                raise InputError(f"{name} is {given!r}, which is for surfaces ({', '.join(MESHES)}); a {suffix} holds every value as it "
                                 f"is: leave {name} out")
    ds = read(result)
    split = None
    if suffix == ".h5" and "split" not in ds.dims:
        split, labels = labels["split"], {**labels, "split": None}
    ds = select(ds, labels)
    with replacing(path) as temporary:
        return _predicted(ds, suffix) + _write(ds, temporary, suffix, quantity=quantity or "loss", scale=scale, height=height, split=split)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Where to write what shall become the file at ``path`` when the block ends: it is at no time seen in part.

    Raises:
        InputError: it cannot be written.
    """
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        raise InputError(f"cannot write {str(path)!r}: {error.strerror or first_line(error)}; write another path") from None
    finally:
        with suppress(OSError):  # what hinders writing may hinder removing; nothing is there then
            temporary.unlink(missing_ok=True)


def check_target(path: Path) -> str:
    """The suffix of a file that can be written.

    Raises:
        InputError: an unknown suffix, a missing folder, a folder in its place.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        if suffix in (".html", ".htm"):
            raise InputError(f"{path.name} is a page, which holds the viewer, too; write la.view(ds).save({path.name!r})")
        came = repr(path.suffix) if path.suffix else "no suffix"
        raise InputError(f"the file {str(path)!r} has {came}; expected one of {', '.join(SUFFIXES)}{suggest(suffix, SUFFIXES)}")
    check_folder(path)
    return suffix


def check_folder(path: Path) -> None:
    """Refuse a file that lies in no folder, or a folder in its place.

    Raises:
        InputError: as said.
    """
    if not os.path.isdir(path.absolute().parent):
        raise InputError(f"the file {str(path)!r} lies in no folder: there is no {str(path.parent)!r}; make it first")
    if os.path.isdir(path):
        raise InputError(f"{str(path)!r} is a folder; expected the name of a file")


def read(result: xr.Dataset | str | Path) -> xr.Dataset:
    """A result as a Dataset, opened where a path is given."""
    if isinstance(result, str | Path):
        from ..result.store import open_result

        return open_result(result)
    if not hasattr(result, "data_vars") or "done" not in result:
        raise InputError(f"export got {'a Dataset without done' if hasattr(result, 'data_vars') else type(result).__name__}; expected a "
                         "result of la.sweep or la.open, or the path of a store")
    return result


def _predicted(ds: xr.Dataset, suffix: str) -> list[str]:
    """That values are predictions of a survey, where the file holds the values alone."""
    if suffix not in (".h5", ".glb", ".obj") or "evaluated" not in ds or (measured := int(ds["evaluated"].sum())) == ds["evaluated"].size:
        return []
    return [f"{ds['evaluated'].size - measured:,} of {ds['evaluated'].size:,} values are predictions, which the file does not say"]


def _write(ds: xr.Dataset, path: Path, suffix: str, *, quantity: str, scale: str, height: float | None, split: str | None) -> list[str]:
    if suffix in MESHES:
        from . import glb, mesh, obj, vtp

        made = mesh.surface(ds, quantity, scale, mesh.PICTURE_HEIGHT if height is None and suffix != ".vtp" else height)
        {".vtp": vtp.write, ".glb": glb.write, ".obj": obj.write}[suffix](made, path)
        return list(made.notes)
    from . import h5, netcdf, table

    if suffix == ".h5":
        return h5.write(ds, path, split)
    return {".csv": table.write, ".nc": netcdf.write}[suffix](ds, path)
