"""Results on disk: one zarr group per analysis, written chunk by chunk, safe against ``kill -9``.

Arrays lie along a dim ``point`` in work order (coarse first) beside their coordinates, with a boolean ``done`` that is
written last: what is not done is computed again, so a crash loses at most the chunk in flight. A chunk is one work
item; written twice, it is written alike. gzip carries a checksum, so damage is noticed, and empty chunks are written,
so a legitimate NaN differs from a missing chunk. The spec is stored, and compared when the group is opened again.
"""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import zarr
from zarr.codecs import GzipCodec

from ..errors import InputError, SpecMismatch, StoreError, first_line
from ..names import suggest
from .claims import Claims
from .provenance import differences
from .schema import Quantity, add_centre, on_dims, summarize

if TYPE_CHECKING:
    import xarray as xr

#: Version of the layout described above; a newer one is refused.
FORMAT = 1
#: zlib's fastest level: losses hardly compress, the checksum is what is wanted.
_COMPRESSION = 1


def check_writable(root: Path) -> None:
    """Refuse a place that cannot be written, before anything is computed for it."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=root):
            pass
    except OSError as error:
        raise StoreError(f"cannot write the store {root}: {first_line(error)}; choose another place: --store PATH.zarr/NAME "
                         "(store=… in Python)") from None


def split_path(path: str | Path, group: str | None = None) -> tuple[Path, str]:
    """``runs/a.zarr/resnet/seed0`` as the store ``runs/a.zarr`` and the group ``resnet/seed0`` (or ``group``).

    Raises:
        InputError: where no part of the path ends in ``.zarr``, no group is named and there is no default, or the name is no
            place inside a store.
    """
    if not isinstance(path, str | os.PathLike) or "://" in str(path):
        raise InputError(f"store is {path!r}; expected a folder on this machine: PATH.zarr or PATH.zarr/GROUP")
    parts = Path(path).expanduser().parts
    ends = [i for i, part in enumerate(parts) if part.endswith(".zarr")]
    if not ends:
        raise InputError(f"store is {str(path)!r}; expected PATH.zarr or PATH.zarr/GROUP, e.g. {Path(path).name or 'run'}.zarr/resnet56")
    root, inside = Path(*parts[: ends[0] + 1]), "/".join(parts[ends[0] + 1 :])
    if odd := [part for part in parts[ends[0] + 1 :] if part.startswith((".", "__")) or part == "zarr.json"]:
        raise InputError(f"store {str(path)!r} has a group named {odd[0]!r}; expected a name such as {root}/resnet56")
    if not (inside or group):
        raise InputError(f"store {str(path)!r} names no group; write {path}/NAME")
    return root, inside or str(group)


class ZarrStore:
    """One analysis on disk. Made by :meth:`create`, or opened where it lies."""

    on_disk = True

    def __init__(self, root: Path, name: str) -> None:
        self.root, self.name = root, name
        self.path = root / name
        try:
            self._group = zarr.open_group(str(self.path), mode="r")
        except Exception as error:
            raise StoreError(f"no result at {self.path}: {first_line(error)}; expected a group that lossatlas wrote") from None
        if "lossatlas" not in self._group.attrs:
            raise StoreError(f"{self.path} is a zarr group, but not a result of lossatlas; expected a group that lossatlas wrote")
        self.meta: dict[str, Any] = dict(self._group.attrs)["lossatlas"]  # type: ignore[assignment]
        try:
            if self.meta["format"] > FORMAT:
                raise StoreError(f"{self.path} has format {self.meta['format']}, this lossatlas reads up to {FORMAT}; "
                                 "expected an older result, or update: pip install -U lossatlas")
            self._describe()
        except (KeyError, TypeError, ValueError) as error:
            raise StoreError(f"the description of {self.path} is damaged ({type(error).__name__}: {first_line(error)}); expected what "
                             "lossatlas wrote: delete the group and run again") from None

    def _describe(self) -> None:
        self.chunk: int = self.meta["chunk"]
        self.indices = np.array(self.meta["order"], dtype=np.int64).reshape(-1, len(self.meta["dims"]))
        self.coords = {dim: np.array(self.meta["coords"][dim]) for dim in self.meta["dims"]}
        self.quantities = tuple(Quantity(q["name"], q["long_name"], q["units"], tuple(map(tuple, q["dims"])))
                                for q in self.meta["quantities"])

    @classmethod
    def create(
        cls, root: Path, name: str, *, spec: Mapping[str, Any], attrs: Mapping[str, Any], coords: Mapping[str, np.ndarray],
        indices: np.ndarray, quantities: Sequence[Quantity], centre: Mapping[str, np.ndarray], timing: Mapping[str, Any],
    ) -> ZarrStore:
        """A new group with nothing done; it appears at once and whole (written under another name, then renamed).

        Raises:
            StoreError: the place cannot be written, or lies inside another result.
            SpecMismatch: another process made the group meanwhile, for another computation.
        """
        path = root / name
        _check_free(root, path)
        temporary = path.with_name(f".creating-{path.name}-{os.getpid()}")
        meta = {"format": FORMAT, **timing, "spec": _plain(spec), "dims": list(coords),
                "order": indices.tolist(), "coords": {dim: values.tolist() for dim, values in coords.items()},
                "quantities": [{"name": q.name, "long_name": q.long_name, "units": q.units, "dims": [list(d) for d in q.dims]}
                               for q in quantities]}
        try:
            zarr.open_group(str(root), mode="a")
            path.parent.mkdir(parents=True, exist_ok=True)
            with _empty_chunks_written():
                group = zarr.create_group(str(temporary), attributes={**_plain(attrs), "lossatlas": meta}, overwrite=True)
                points = len(indices)
                for column, (dim, values) in enumerate(coords.items()):
                    _array(group, dim, (points,), "float64", min(points, 4096), ("point",))[:] = values[indices[:, column]]
                for q in quantities:
                    names = tuple(dim for dim, _ in q.dims)
                    meta_q = {"long_name": q.long_name, "units": q.units}
                    _array(group, q.name, (points, *q.shape), "float64", timing["chunk"], ("point", *names), meta_q)
                    _array(group, f"center_{q.name}", q.shape, "float64", 1, names, meta_q)[...] = np.asarray(centre[q.name])
                _array(group, "done", (points,), "bool", timing["chunk"], ("point",))
            os.rename(temporary, path)
        except BaseException as error:
            shutil.rmtree(temporary, ignore_errors=True)
            if not isinstance(error, Exception):
                raise
            if not _exists(path):
                raise StoreError(f"cannot write the store {path}: {first_line(error)}; choose another place: --store PATH.zarr/NAME "
                                 "(store=… in Python)") from None
        store = cls(root, name)
        store.check_spec(spec)
        return store

    def check_spec(self, spec: Mapping[str, Any]) -> None:
        """Refuse to mix two computations in one group.

        Raises:
            SpecMismatch: with the differences.
        """
        if lines := differences(self.meta["spec"], _plain(spec)):
            shown = "; ".join(lines[:6]) + (f"; and {len(lines) - 6} more" if len(lines) > 6 else "")
            raise SpecMismatch(f"{self.path} holds another computation ({shown}); choose another group: --store {self.root}/NAME "
                               "(store=… in Python), or delete this one")

    @property
    def attrs(self) -> dict[str, Any]:
        """The attributes of the result: what was measured, how and where."""
        return {key: value for key, value in dict(self._group.attrs).items() if key != "lossatlas"}

    @cached_property
    def chunks(self) -> list[range]:
        """The points of every chunk."""
        points = len(self.indices)
        return [range(start, min(start + self.chunk, points)) for start in range(0, points, self.chunk)]

    def write(self, chunk: int, arrays: Mapping[str, np.ndarray]) -> None:
        """Write one chunk, every array of shape (points of the chunk, …), and mark it done last.

        Raises:
            StoreError: the disk is full, the folder is gone or read-only.
        """
        points = self.chunks[chunk]
        where = slice(points.start, points.stop)
        try:
            with _empty_chunks_written():
                group = zarr.open_group(str(self.path), mode="r+")
                for q in self.quantities:
                    group[q.name][where] = arrays[q.name]  # type: ignore[index]
                group["done"][where] = True  # type: ignore[index]
        except Exception as error:
            raise StoreError(f"cannot write chunk {chunk} to {self.path}: {first_line(error)}; what is done is kept, "
                             "run again to go on") from None

    def read(self) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """All arrays in work order, shape (points, …), and ``done``, shape (points,): false for missing or damaged chunks."""
        done = np.zeros(len(self.indices), dtype=bool)
        arrays = {q.name: np.full((len(self.indices), *q.shape), np.nan) for q in self.quantities}
        for number, points in enumerate(self.chunks):
            if (values := self._values(number)) is not None:
                done[points.start : points.stop] = True
                for name, value in values.items():
                    arrays[name][points.start : points.stop] = value
        return arrays, done

    def has(self, chunk: int) -> bool:
        """Whether a chunk is done and whole."""
        return self._values(chunk) is not None

    def claim(self, chunk: int) -> AbstractContextManager[bool]:
        """Inside, this process may write the chunk if the value is true; false: another one works on it.

        Raises:
            StoreError: the folder is gone, read-only or on a full disk.
        """
        return self._claims.take(chunk)

    def tidy(self) -> None:
        """Remove the folder of claims, if nobody works here any more."""
        self._claims.clear()

    @cached_property
    def _claims(self) -> Claims:
        return Claims(self.path / "done" / ".claims")  # inside an array, where zarr lists nothing and so warns of nothing

    def _values(self, chunk: int) -> dict[str, np.ndarray] | None:
        """Every quantity of a chunk, shape (points of the chunk, …); None where it is not done, incomplete or damaged."""
        points = len(self.chunks[chunk])
        flags = self._chunk("done", chunk, "bool")
        if flags is None or not flags[:points].all():
            return None
        values: dict[str, np.ndarray] = {}
        for q in self.quantities:
            if (value := self._chunk(q.name, chunk, "<f8", q.shape)) is None:
                return None
            values[q.name] = value[:points]
        return values

    def _chunk(self, name: str, number: int, dtype: str, shape: tuple[int, ...] = ()) -> np.ndarray | None:
        """One chunk, shape (points of a whole chunk, …); None where it is missing or damaged.

        Read as it lies on disk (gzip, which checks its checksum, around little-endian numbers): zarr itself takes five
        seconds for 51 x 51 chunks of four arrays.
        """
        try:
            content = gzip.decompress(_chunk_file(self.path / name, (number, *([0] * len(shape)))).read_bytes())
            return np.frombuffer(content, dtype).reshape(min(self.chunk, len(self.indices)), *shape)
        except (OSError, EOFError, zlib.error, ValueError):
            return None

    def centre(self) -> dict[str, np.ndarray] | None:
        """Every quantity at the centre; None where one is missing or damaged."""
        if not all(_chunk_file(self.path / f"center_{q.name}", [0] * len(q.shape)).exists() for q in self.quantities):
            return None
        try:
            return {q.name: np.asarray(self._group[f"center_{q.name}"][...]) for q in self.quantities}  # type: ignore[index]
        except Exception:
            return None

    def write_centre(self, centre: Mapping[str, np.ndarray]) -> None:
        """Write the centre anew, where it was found damaged.

        Raises:
            StoreError: the store cannot be written.
        """
        try:
            with _empty_chunks_written():
                group = zarr.open_group(str(self.path), mode="r+")
                for q in self.quantities:
                    group[f"center_{q.name}"][...] = np.asarray(centre[q.name])  # type: ignore[index]
        except Exception as error:
            raise StoreError(f"cannot write the centre to {self.path}: {first_line(error)}; delete the group and run again") from None

    def dataset(self) -> xr.Dataset:
        """The result on the family's own dims.

        Raises:
            StoreError: the centre is missing or damaged.
        """
        arrays, done = self.read()
        if (centre := self.centre()) is None:
            raise StoreError(f"the centre of {self.path} is missing or damaged; run the same sweep again: it evaluates what is missing")
        attrs = self.attrs
        attrs |= {"spec": self.meta["spec"], "store": str(self.path)}
        ds = on_dims(self.coords, self.indices, arrays, self.quantities, done, attrs)
        return summarize(add_centre(ds, centre, self.quantities), self.quantities)


def open_result(path: str | Path) -> xr.Dataset:
    """Open a result, finished or not: ``run.zarr/resnet56``, or ``run.zarr`` where it holds one group.

    Raises:
        InputError: a path that names no store.
        StoreError: nothing there, several groups (their names are listed), or a damaged one.
    """
    root, name = locate(path)
    return ZarrStore(root, name).dataset()


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
    if not root.is_dir():
        raise StoreError(f"no store at {root}; expected a folder PATH.zarr that lossatlas wrote")
    names = list(groups(root))
    if name != "?" and not _exists(root / name):
        raise StoreError(f"no result at {root / name}{suggest(name, names)}; {root} holds {', '.join(names) or 'no results'}")
    if not names:
        raise StoreError(f"{root} holds no results; expected a store that lossatlas wrote")
    return root, names if name == "?" else [name]


def groups(root: Path) -> Iterator[str]:
    """The names of all results in a store, in order."""
    for folder, subfolders, files in os.walk(root):
        subfolders[:] = sorted(s for s in subfolders if not s.startswith(".creating-"))
        if "done" in subfolders and "zarr.json" in files:
            subfolders[:] = []
            yield Path(folder).relative_to(root).as_posix()


def find_unfinished(root: Path, kind: str, spec: Mapping[str, Any]) -> str | None:
    """The unfinished group ``<kind>-<n>`` of this spec, if there is one."""
    for name in groups(root) if root.exists() else ():
        if not name.startswith(f"{kind}-"):
            continue
        try:
            store = ZarrStore(root, name)
        except StoreError:  # of a newer version, or damaged: none of ours
            continue
        if not differences(store.meta["spec"], _plain(spec)) and not store.read()[1].all():
            return name
    return None


def next_name(root: Path, kind: str) -> str:
    """``<kind>-<n>`` with the first n that is free."""
    return next(name for n in count(1) if not os.path.lexists(root / (name := f"{kind}-{n}")))


def _array(
    group: zarr.Group, name: str, shape: tuple[int, ...], dtype: str, chunk: int, dims: tuple[str, ...],
    attributes: Mapping[str, Any] | None = None,
) -> zarr.Array:
    fill: Any = False if dtype == "bool" else float("nan")
    chunks = (min(chunk, shape[0]), *shape[1:]) if dims[:1] == ("point",) else shape
    return group.create_array(name, shape=shape, dtype=dtype, chunks=chunks, compressors=GzipCodec(level=_COMPRESSION), fill_value=fill,
                              dimension_names=dims, attributes=dict(attributes or {}))


def _empty_chunks_written() -> Any:
    """zarr keeps this choice with an open array, not on disk: it must hold whenever one is opened to be written."""
    return zarr.config.set({"array.write_empty_chunks": True})


def _chunk_file(array: Path, numbers: Sequence[int]) -> Path:
    return array.joinpath("c", *map(str, numbers))


def _exists(path: Path) -> bool:
    return (path / "zarr.json").is_file()


def _check_free(root: Path, path: Path) -> None:
    """A result has no results inside, and takes no folder that something else lies in."""
    for above in path.relative_to(root).parents:
        if above.parts and (root / above / "done").exists():
            raise StoreError(f"{path} would lie inside the result {root / above}; choose a name beside it: {root}/NAME")
    if not _exists(path) and (inside := list(groups(path))):
        raise StoreError(f"{path} holds results itself ({', '.join(inside[:3])}); choose another name: {path}/NAME")


def _plain(value: Any) -> Any:
    """As it comes back from JSON."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value.item() if isinstance(value, np.generic) else value
