"""Results on disk: one zarr group per analysis, written chunk by chunk, safe against ``kill -9``.

Arrays lie along a dim ``point`` in work order (coarse first) beside their coordinates, with a boolean ``done`` that is
written last: what is not done is computed again, so a crash loses at most the chunk in flight. A chunk is one work
item; written twice, it is written alike. gzip carries a checksum, so damage is noticed, and empty chunks are written,
so a legitimate NaN differs from a missing chunk. The description of the group (spec, coordinates, attributes) carries
a checksum too, and lies there twice. The spec is compared when the group is opened again.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import SpecMismatch, StoreError, first_line
from . import files, frame
from .claims import Claims
from .description import FORMAT, checksum, checksum_of, damaged, description, exists, is_log
from .log import read_log
from .places import CELLS, check_free, groups, locate, next_name, results, split_path, writable
from .provenance import differences
from .schema import Quantity, add_centre, on_dims, summarize
from .sense import nonsense

if TYPE_CHECKING:
    import xarray as xr

#: With the words for places, which whoever opens a store needs.
__all__ = ["CELLS", "ZarrStore", "exists", "find_unfinished", "groups", "locate", "next_name", "open_result", "results", "split_path",
           "writable"]


class ZarrStore:
    """One analysis on disk. Made by :meth:`create`, or opened where it lies."""

    on_disk = True

    def __init__(self, root: Path, name: str) -> None:
        self.root, self.name = root, name
        self.path = root / name
        if not exists(self.path):
            raise StoreError(f"no result at {self.path}; expected a group that lossatlas wrote")
        self._attributes = description(self.path)
        try:
            self.meta: dict[str, Any] = self._attributes["lossatlas"]
            if self.meta["format"] > FORMAT:
                raise StoreError(f"{self.path} has format {self.meta['format']}, this lossatlas reads up to {FORMAT}; "
                                 "expected an older result, or update: pip install -U lossatlas")
            self._describe()
            if odd := nonsense(self._attributes, self.indices, self.coords, self.quantities):
                raise ValueError(odd)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise StoreError(damaged(self.path, f"{type(error).__name__}: {first_line(error)}")) from None

    def _describe(self) -> None:
        self.chunk: int = self.meta["chunk"]
        self._owner = checksum_of(self.meta["spec"])
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
        check_free(root, path)
        temporary = path.with_name(f".creating-{path.name}-{files.unique()}")
        meta = {"format": FORMAT, **timing, "spec": spec, "dims": list(coords),
                "order": indices.tolist(), "coords": {dim: values.tolist() for dim, values in coords.items()},
                "quantities": [{"name": q.name, "long_name": q.long_name, "units": q.units, "dims": [list(d) for d in q.dims]}
                               for q in quantities]}
        attributes = _plain({**attrs, "lossatlas": meta})
        attributes["lossatlas"]["checksum"] = checksum(attributes)
        new_root = not os.path.lexists(root / "zarr.json")
        try:
            frame.make_root(root)
            path.parent.mkdir(parents=True, exist_ok=True)
            files.forget_abandoned(path.parent, ".creating-*")
            frame.build(temporary, attributes)
            owner = checksum_of(attributes["lossatlas"]["spec"])
            for q in quantities:
                files.put(temporary / f"center_{q.name}", [0] * len(q.shape), np.asarray(centre[q.name], dtype="<f8"), owner=owner)
            os.rename(temporary, path)
        except BaseException as error:
            shutil.rmtree(temporary, ignore_errors=True)
            if new_root and os.path.isdir(root) and os.listdir(root) == ["zarr.json"]:
                with suppress(OSError):
                    (root / "zarr.json").unlink()
            if not isinstance(error, Exception):
                raise
            if not exists(path):
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
            if all(line.startswith("plan") for line in lines):
                raise SpecMismatch(f"{self.path} is evaluated by another plan ({'; '.join(lines[:3])}); leave the plan at auto, which "
                                   "takes the stored one on the same kind of device, or write --replan (replan=True) for a new group")
            shown = "; ".join(lines[:6]) + (f"; and {len(lines) - 6} more" if len(lines) > 6 else "")
            raise SpecMismatch(f"{self.path} holds another computation ({shown}); choose another group: --store {self.root}/NAME "
                               "(store=… in Python), or delete this one")

    @property
    def attrs(self) -> dict[str, Any]:
        """The attributes of the result: what was measured, how and where."""
        return {key: value for key, value in self._attributes.items() if key != "lossatlas"}

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
        points, length = self.chunks[chunk], min(self.chunk, len(self.indices))
        try:
            for q in self.quantities:
                whole = np.full((length, *q.shape), np.nan, dtype="<f8")
                whole[: len(points)] = arrays[q.name]
                files.put(self.path / q.name, (chunk, *([0] * len(q.shape))), whole, owner=self._owner)
            files.put(self.path / "done", (chunk,), np.arange(length) < len(points), owner=self._owner)
        except OSError as error:
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
        """Remove the folder of claims, if nobody works here any more, and what the killed left half written."""
        self._claims.clear()
        files.forget_abandoned(self.path, "**/.*.partial")

    @cached_property
    def _claims(self) -> Claims:
        return Claims(self.path / "done" / ".claims")  # inside an array, where zarr lists nothing and so warns of nothing

    def _values(self, chunk: int) -> dict[str, np.ndarray] | None:
        """Every quantity of a chunk, shape (points of the chunk, …); None where it is not done, incomplete or damaged."""
        points = len(self.chunks[chunk])
        length = min(self.chunk, len(self.indices))
        flags = files.get(self.path / "done", (chunk,), "bool", (length,), owner=self._owner)
        if flags is None or not flags[:points].all():
            return None
        values: dict[str, np.ndarray] = {}
        for q in self.quantities:
            value = files.get(self.path / q.name, (chunk, *([0] * len(q.shape))), "<f8", (length, *q.shape),
                              owner=self._owner)
            if value is None:
                return None
            values[q.name] = value[:points]
        return values

    def centre(self) -> dict[str, np.ndarray] | None:
        """Every quantity at the centre; None where one is missing or damaged."""
        found = {q.name: files.get(self.path / f"center_{q.name}", [0] * len(q.shape), "<f8", q.shape, owner=self._owner)
                 for q in self.quantities}
        return None if any(value is None for value in found.values()) else found  # type: ignore[return-value]

    def write_centre(self, centre: Mapping[str, np.ndarray]) -> None:
        """Write the centre anew, where it was found damaged.

        Raises:
            StoreError: the store cannot be written.
        """
        try:
            for q in self.quantities:
                files.put(self.path / f"center_{q.name}", [0] * len(q.shape), np.asarray(centre[q.name], dtype="<f8"), owner=self._owner)
        except OSError as error:
            raise StoreError(f"cannot write the centre to {self.path}: {first_line(error)}; delete the group and run again") from None

    def mend(self) -> None:
        """Write anew what of the group's frame is missing or damaged: descriptions, metadata and coordinates of the arrays.

        Values and ``done`` are not touched. A place that cannot be written stays as it is: writing a chunk says so.
        """
        temporary = self.path.with_name(f".creating-{self.path.name}-{files.unique()}")
        attributes = {**self._attributes, "lossatlas": {**self.meta, "format": FORMAT}}
        attributes["lossatlas"]["checksum"] = checksum(attributes)
        try:
            frame.build(temporary, attributes)
            for made in (path for path in temporary.rglob("*") if path.is_file()):
                there = self.path / made.relative_to(temporary)
                if not there.is_file() or there.read_bytes() != made.read_bytes():
                    there.parent.mkdir(parents=True, exist_ok=True)
                    files.write(there, made.read_bytes())
        except OSError:
            pass
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def revise(self, attrs: Mapping[str, Any]) -> None:
        """Change attributes of the result; the description of the computation stays.

        Raises:
            StoreError: the result is gone or damaged.
        """
        self._attributes = {**description(self.path), **_plain(attrs)}
        self.mend()

    def add_note(self, note: str) -> None:
        """Keep something that a person should know of the result, which arose while it was made."""
        notes = description(self.path).get("notes", [])  # another process may have kept one meanwhile
        if note not in notes:
            self.revise({"notes": [*notes, note]})

    def dataset(self) -> xr.Dataset:
        """The result on the family's own dims.

        Raises:
            StoreError: the centre is missing or damaged.
        """
        arrays, done = self.read()
        attrs = {**self.attrs, "spec": self.meta["spec"], "store": str(self.path)}
        ds = on_dims(self.coords, self.indices, arrays, self.quantities, done, attrs)
        if self.meta.get("whole") is True:  # measured as a whole: its coordinates have no centre
            return summarize(ds, self.quantities)
        if (centre := self.centre()) is None:
            raise StoreError(f"the centre of {self.path} is missing or damaged; run the same sweep again: it evaluates what is missing")
        return summarize(add_centre(ds, centre, self.quantities), self.quantities)


def open_result(path: str | Path) -> xr.Dataset:
    """Open a result, finished or not: ``run.zarr/resnet56``, or ``run.zarr`` where it holds one group; or the log of a watched run.

    Raises:
        InputError: a path that names no store.
        StoreError: nothing there, several groups (their names are listed), or a damaged one.
    """
    root, name = locate(path)
    if is_log(root / name):
        return read_log(root / name)
    return ZarrStore(root, name).dataset()


def find_unfinished(
    root: Path, kind: str, spec: Mapping[str, Any], *, adopts: Callable[[Any], bool] = lambda plan: False,
) -> str | None:
    """The unfinished group ``<kind>-<n>`` of this spec, if there is one; its plan may be another one where ``adopts(plan)``."""
    for name in groups(root) if os.path.exists(root) else ():
        if not name.startswith(f"{kind}-"):
            continue
        try:
            store = ZarrStore(root, name)
        except StoreError:  # of a newer version, or damaged: none of ours
            continue
        stored = store.meta["spec"]
        asked = {**spec, "plan": stored["plan"]} if adopts(stored.get("plan")) else spec
        whole = store.attrs.get("complete", True) and store.read()[1].all()  # a survey has a value everywhere from its first round on
        if not whole and not differences(stored, _plain(asked)):
            return name
    return None


def _plain(value: Any) -> Any:
    """As it comes back from JSON."""
    return json.loads(json.dumps(value, default=_jsonable))


def _jsonable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is no plain data")
