"""The surface files of Li et al. (2018), github.com/tomgoldstein/loss-landscape: read, and written for its plotting scripts.

``plot_surface.py`` keeps ``xcoordinates`` (nx), ``ycoordinates`` (ny; absent on a line), and ``train_loss``, ``train_acc``
(percent), perhaps ``test_loss``, ``test_acc``. Those have the shape (nx, ny) but are filled through ``ravel()`` in the order of
``np.meshgrid(x, y)``, whose shape is (ny, nx): so the value at (x[i], y[j]) is ``array.ravel().reshape(ny, nx)[j, i]``, and
on a plane that is not square the array read as it is shows a scrambled picture. −1 stands for "not computed": a point is
done where none of its values is −1. NaN in a file is a value that was computed and is not finite.

What such a file does not say (BatchNorm policy, seed, normalization, data, errors) stays unsaid in the result.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, first_line
from ..extras import need
from ..lattice import check_coords, coarse_first
from ..names import Split, choose
from ..result.description import exists
from ..result.provenance import provenance
from ..result.schema import Quantity, add_centre, on_dims, summarize
from ..result.store import ZarrStore, split_path, writable
from .percent import to_fraction, to_percent
from .selection import only

if TYPE_CHECKING:
    import xarray as xr

#: What the files hold instead of a value that is not computed.
SENTINEL = -1.0
#: More points than this in a file are no surface.
MOST_POINTS = 10_000_000
_SPLITS = ("train", "test")
_ENDINGS = {"loss": "_loss", "accuracy": "_acc"}
#: A coordinate this close to 0, in steps of its axis, is 0: np.linspace rounds.
_ROUNDING = 1e-9
#: Points in a chunk at most; as in a sweep.
_CHUNK_POINTS = 512


@dataclass(frozen=True, eq=False)
class SurfaceFile:
    """A file, read: coordinates and values of shape (nx, ny, splits), or (nx, splits) on a line, accuracy in percent."""

    coords: dict[str, np.ndarray]
    splits: tuple[str, ...]
    values: dict[str, np.ndarray]
    directions: str
    others: tuple[str, ...]
    digest: str

    @property
    def done(self) -> np.ndarray:
        """Where no value is the sentinel, (nx, ny) or (nx,)."""
        return np.logical_and.reduce([(array != SENTINEL).all(axis=-1) for array in self.values.values()])


def import_h5(path: str | Path, *, store: str | Path | None = None, split: Split | None = None) -> xr.Dataset:
    """Read a surface file of Li et al.'s program as a result: a slice, or a profile where it has one coordinate.

    Args:
        path: the ``.h5`` file.
        store: ``PATH.zarr/GROUP`` to keep the result (without a group: ``slice`` or ``profile``). A group that holds the same
            import is left as it is.
        split: train or test alone, or both (default: what the file has).

    Returns:
        A Dataset on ``alpha`` (and ``beta``) with ``loss``, ``accuracy`` (a fraction) and ``done``, over a dim ``split`` where there
        are both. ``center_…`` is taken from the point (0, 0), NaN where the file has none.

    Raises:
        InputError: no such file, or one that does not have this form.
        SpecMismatch: the group holds something else.
        StoreError: the store cannot be written.
    """
    path = Path(path)
    file = read(path, split)
    quantities = _quantities(file)
    done = file.done
    if not done.any():
        raise InputError(f"{path} has no computed point: every value is −1, or its {' or '.join(file.values)} is; expected a file whose "
                         "computation has begun")
    grids = {name: to_fraction(array) if name == "accuracy" else array for name, array in file.values.items()}
    if len(file.splits) == 1:
        grids = {name: array[..., 0] for name, array in grids.items()}
    centre, found = _centre(file, grids, done)
    kind = "profile" if len(file.coords) == 1 else "slice"
    attrs = _attrs(path, file, kind, done, found)
    spec = {"import": "loss-landscape .h5", "splits": list(file.splits), "values": file.digest,
            "coords": {dim: values.tolist() for dim, values in file.coords.items()}}
    if store is None:
        indices = coarse_first(done.shape)
        arrays = {name: grid[tuple(indices.T)] for name, grid in grids.items()}
        ds = on_dims(file.coords, indices, arrays, quantities, done[tuple(indices.T)], {**attrs, "spec": spec})
        return summarize(add_centre(ds, centre, quantities), quantities)
    root, name = split_path(store, kind)
    if exists(root / name):
        kept = ZarrStore(root, name)
        kept.check_spec(spec)
    else:
        indices, chunk = work_order(done)
        with writable(root):
            kept = ZarrStore.create(root, name, spec=spec, attrs=attrs, coords=file.coords, indices=indices, quantities=quantities,
                                    centre=centre, timing={"chunk": chunk, "seconds_per_point": 0.0})
    return _fill(kept, grids, done, centre)


def read(path: Path, split: str | None = None) -> SurfaceFile:
    """Read a file and check its form.

    Raises:
        InputError: with what it has and what was expected.
    """
    if split is not None:
        choose(split, Split, "split")
    h5py = need("h5py", "reading a .h5 file", "exchange")
    if not os.path.isfile(path):
        raise InputError(f"there is no file {str(path)!r}; expected the .h5 that plot_surface.py wrote")
    try:
        with h5py.File(path, "r") as file:
            return _read(file, path, split)
    except InputError:
        raise
    except Exception as error:  # h5py has many ways to say that a file is damaged
        raise InputError(f"{path} cannot be read as HDF5: {first_line(error)}; expected the .h5 that plot_surface.py wrote") from None


def write(ds: xr.Dataset, path: Path, split: str | None = None) -> list[str]:
    """Write a slice or a profile; returns what the file cannot say.

    Raises:
        InputError: a volume, several repeats, no loss, splits other than train and test, a value that is the sentinel.
    """
    h5py = need("h5py", "writing a .h5 file", "exchange")
    dims, ds = _plane(ds)
    splits = _names_of_splits(ds, split)
    done = ds["done"].transpose(*dims[::-1]).values  # (ny, nx), or (nx,)
    out: dict[str, np.ndarray] = {}
    for number, name in enumerate(splits):
        for quantity in (q for q in _ENDINGS if q in ds):
            array = ds[quantity].isel(split=number) if "split" in ds[quantity].dims else ds[quantity]
            values = np.asarray(array.transpose(*dims[::-1]).values, dtype=np.float64)
            values = to_percent(values) if quantity == "accuracy" else values
            if (values[done] == SENTINEL).any():
                raise InputError(f"{quantity} ({name}) is exactly −1 at a computed point, and −1 stands for 'not computed' in this format; "
                                 "write a .csv or .nc")
            out[name + _ENDINGS[quantity]] = np.where(done, values, SENTINEL).ravel().reshape([ds.sizes[dim] for dim in dims])
    content = io.BytesIO()  # HDF5 on a full disk fails late and half; a surface fits in memory
    with h5py.File(content, "w") as file:
        file["dir_file"] = str(ds.attrs.get("dir_file", ""))
        for dim, coordinate in zip(dims, ("xcoordinates", "ycoordinates"), strict=False):
            file[coordinate] = np.asarray(ds[dim].values, dtype=np.float64)
        for name, values in out.items():
            file[name] = values
    path.write_bytes(content.getvalue())
    return _left_out(ds, split)


def work_order(done: np.ndarray) -> tuple[np.ndarray, int]:
    """An order of the points, shape (points, dims), and a size of chunks, such that no chunk holds both done and not done.

    A chunk counts as done as a whole. Whichever comes first must fill whole chunks, what comes last may end in a shorter
    one: so the size is a divisor of the number of points done, or of those that are not, and the larger is taken.
    """
    indices = coarse_first(done.shape)
    flags = done[tuple(indices.T)]
    first, last = int(flags.sum()), int((~flags).sum())
    if not last:
        return indices, min(_CHUNK_POINTS, first)
    done_first, done_last = _divisor(first), _divisor(last)
    order = np.argsort(~flags if done_first >= done_last else flags, kind="stable")
    return indices[order], max(done_first, done_last)


def _divisor(number: int) -> int:
    return max(d for d in range(1, min(number, _CHUNK_POINTS) + 1) if number % d == 0)


def _read(file: Any, path: Path, split: str | None) -> SurfaceFile:
    if "xcoordinates" not in file:
        raise InputError(f"{path} has {', '.join(map(repr, list(file)[:8])) or 'nothing'}; expected 'xcoordinates' and 'train_loss', as "
                         "plot_surface.py writes them")
    dims = [(dim, name) for dim, name in (("alpha", "xcoordinates"), ("beta", "ycoordinates")) if name in file]
    raw = {dim: _numbers(file, name, path, None) for dim, name in dims}
    try:
        coords = check_coords(raw, [dim for dim, _ in dims])
    except InputError as error:
        raise InputError(f"{path}: {error}".replace("'alpha'", "'xcoordinates'").replace("'beta'", "'ycoordinates'")) from None
    shape = tuple(len(values) for values in coords.values())
    splits = _splits(file, path, split)
    names = {quantity: [name + ending for name in splits] for quantity, ending in _ENDINGS.items()}
    values, state = {}, hashlib.sha256()
    for quantity, listed in names.items():
        there = [name for name in listed if name in file]
        if not there:
            continue
        if len(there) < len(listed):
            missing = next(name for name in listed if name not in file)
            raise InputError(f"{path} has {there[0]!r} and no {missing!r}; expected both; write split='{there[0].partition('_')[0]}' "
                             f"(--split {there[0].partition('_')[0]}) to take one")
        arrays = [_numbers(file, name, path, shape) for name in listed]
        values[quantity] = np.stack([array.ravel().reshape(shape[::-1]).T for array in arrays], axis=-1)
        for name, array in zip(listed, arrays, strict=True):
            state.update(f"{name}|{array.shape}|".encode() + array.astype("<f8").tobytes())
    known = {name for listed in names.values() for name in listed} | {"xcoordinates", "ycoordinates", "dir_file"}
    others = (name.decode("utf-8", "replace") if isinstance(name, bytes) else name for name in set(file) - known)
    return SurfaceFile(coords, splits, values, _directions(file), tuple(sorted(others)), state.hexdigest()[:16])


def _directions(file: Any) -> str:
    """The name of the file of directions, where the file says it."""
    said = file.get("dir_file")
    if getattr(said, "shape", None) != () or said.file.filename != file.filename:
        return ""
    text = said[()]
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)


def _splits(file: Any, path: Path, split: str | None) -> tuple[str, ...]:
    """The splits to read."""
    there = tuple(name for name in _SPLITS if f"{name}_loss" in file)
    wanted = {None: there, "both": _SPLITS}.get(split, (split,))
    if not there or any(name not in there for name in wanted):
        expected = " and ".join(f"{name}_loss" for name in wanted or ("train",))
        raise InputError(f"{path} has {', '.join(sorted(file))}; expected {expected}" + (f": write split={there[0]!r}" if there else ""))
    return wanted


def _numbers(file: Any, name: str, path: Path, shape: tuple[int, ...] | None) -> np.ndarray:
    """A dataset of real numbers that lies in this very file, as float64."""
    import h5py

    data = file[name]
    if data.file.filename != file.filename:
        raise InputError(f"{path}: {name!r} is a link into another file; expected the values themselves")
    if not isinstance(data, h5py.Dataset) or data.dtype.kind not in "fiu" or data.is_virtual or data.external:
        raise InputError(f"{path}: {name!r} is {'no array of numbers' if isinstance(data, h5py.Dataset) else 'a group'}; expected an array "
                         "of real numbers in this file")
    if shape is None and (data.ndim != 1 or data.size > MOST_POINTS):
        raise InputError(f"{path}: {name!r} has shape {data.shape}; expected (n,)")
    if shape is not None and (data.shape != shape or data.size > MOST_POINTS):
        raise InputError(f"{path}: {name!r} has shape {data.shape}; expected one value per coordinate, {shape}, and at most "
                         f"{MOST_POINTS:,} of them")
    return np.asarray(data[()], dtype=np.float64)


def _quantities(file: SurfaceFile) -> tuple[Quantity, ...]:
    dims = (("split", len(file.splits)),) if len(file.splits) > 1 else ()
    return tuple(Quantity(name, name, dims=dims) for name in file.values)


def _centre(file: SurfaceFile, grids: Mapping[str, np.ndarray], done: np.ndarray) -> tuple[dict[str, np.ndarray], bool]:
    """Every quantity at coordinates zero, and whether the file has it."""
    place = []
    for values in file.coords.values():
        nearest = int(np.argmin(np.abs(values)))
        step = np.diff(values).min() if len(values) > 1 else 0.0
        place.append(nearest if abs(values[nearest]) <= _ROUNDING * step else None)
    found = None not in place and bool(done[tuple(place)])  # type: ignore[arg-type]
    nothing = next(iter(grids.values()))[(0,) * len(place)] * np.nan
    return {name: np.asarray(grid[tuple(place)] if found else nothing) for name, grid in grids.items()}, found


def _attrs(path: Path, file: SurfaceFile, kind: str, done: np.ndarray, found: bool) -> dict[str, Any]:
    """What the file says, and what it does not."""
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    notes = [f"Imported from {path.name} (sha256 {digest[:16]}), a file of Li et al.'s loss-landscape",
             "Not recorded in it: BatchNorm policy, seed, normalization, network, data, standard errors"]
    if file.directions:
        notes.append(f"Its directions lie in {file.directions}")
    if not found:
        notes.append(f"The centre ({', '.join('0' for _ in file.coords)}) is no computed point of it")
    if not done.all():
        notes.append(f"{int((~done).sum())} of {done.size} points are not computed in it (−1)")
    if file.others:
        notes.append(f"Not imported from it: {', '.join(file.others)}")
    return {"kind": kind, "title": path.name, "family": "imported", "file": path.name, "digest_file": digest, "dir_file": file.directions,
            "splits": list(file.splits), "notes": notes, **provenance(), "torch": "not recorded"}


def _fill(store: ZarrStore, grids: Mapping[str, np.ndarray], done: np.ndarray, centre: Mapping[str, np.ndarray]) -> xr.Dataset:
    """Write the chunks that are missing, in a new group all of them, and return the result."""
    if store.centre() is None:
        store.write_centre(centre)
    written, place = store.read()[1], tuple(store.indices.T)
    flags = done[place]
    for number, points in enumerate(store.chunks):
        where = slice(points.start, points.stop)
        if flags[where].all() and not written[where].all():
            store.write(number, {name: grid[place][where] for name, grid in grids.items()})
    return store.dataset()


def _plane(ds: xr.Dataset) -> tuple[list[str], xr.Dataset]:
    """The family's dims and the one plane or line of a result."""
    ds = only(ds, ("repeat", "layer"), "a .h5 holds one plane")
    dims = [str(dim) for dim in ds["done"].dims]
    if len(dims) > 2 or "loss" not in ds:
        came = f"{len(dims)} coordinates" if len(dims) > 2 else f"no loss ({', '.join(map(str, ds.data_vars))})"
        raise InputError(f"this result has {came}; the paper's .h5 holds the loss on one or two coordinates: write a .csv or .nc")
    return dims, ds


def _names_of_splits(ds: xr.Dataset, split: str | None) -> Sequence[str]:
    if "split" in ds["loss"].dims:
        names = [str(name) for name in ds["split"].values] if "split" in ds.coords else list(_SPLITS)
    else:
        listed = [str(ds["split"].values)] if "split" in ds.coords else ds.attrs.get("splits", ())
        recorded = listed[0] if len(listed) == 1 else None
        if split and recorded and split != recorded:
            raise InputError(f"split is {split!r}, and the result was measured on {recorded!r}; leave split out")
        names = [split or recorded or "train"]
    if odd := [name for name in names if name not in _SPLITS]:
        raise InputError(f"split is {odd[0]!r}; a .h5 knows train and test: write --split train (split=… in Python)")
    return names


def _left_out(ds: xr.Dataset, split: str | None) -> list[str]:
    others = [str(name) for name in ds.data_vars if name not in ("done", *_ENDINGS) and not str(name).startswith("center_")]
    notes = [f"left out of the .h5, which holds loss and accuracy: {', '.join(others)}"] if others else []
    if split is None and "split" not in ds.coords and "splits" not in ds.attrs:
        notes.append("the result does not say which data it was measured on; its values are called train_… (--split test: test_…)")
    if "accuracy" not in ds:
        notes.append("without accuracy: plot_1D.py of the paper needs train_acc; measure with --metric accuracy")
    return notes
