"""A finding on disk: a result with its curves in a store, and, for people, a JSON file and a picture."""

from __future__ import annotations

import json
import os
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import figures
from ..errors import InputError, LossAtlasError, StoreError, first_line
from ..folders import made
from ..result.description import exists
from ..result.provenance import provenance
from ..result.schema import Quantity
from ..result.store import ZarrStore, next_name, split_path, writable
from .finding import Finding, over_seeds

if TYPE_CHECKING:
    import xarray as xr


class Keeper(AbstractContextManager["Keeper"]):
    """Writes findings as they come; places that cannot be written are refused before anything is run.

    Raises:
        InputError: a path that names no store, one group for several studies.
        StoreError: a store that cannot be written, a group that is there already.
        LossAtlasError: the folder cannot be made.
    """

    def __init__(self, store: str | Path | None, folder: str | Path | None, *, single: bool) -> None:
        self.root, self.name = (None, "") if store is None else split_path(store, "+")
        if self.name not in ("", "+") and not single:
            raise InputError(f"store is {str(store)!r}, one result, and several studies are to run; write {self.root}")
        if self.root is not None and self.name != "+" and exists(self.root / self.name):
            raise StoreError(f"{self.root / self.name} holds a result already; write another name, or {self.root} for one that is free")
        self.folder = None if folder is None else Path(folder)

    def __enter__(self) -> Keeper:
        with ExitStack() as stack:
            if self.root is not None:
                stack.enter_context(writable(self.root))
            if self.folder is not None:
                try:
                    stack.enter_context(made(self.folder))
                except OSError as error:
                    raise LossAtlasError(f"cannot make the folder {self.folder}: {first_line(error)}; choose another one: "
                                         "-o FOLDER") from None
            self._places = stack.pop_all()
        return self

    def __exit__(self, *error: Any) -> None:
        self._places.__exit__(*error)

    def keep(self, finding: Finding) -> list[str]:
        """Write it; the places, in words."""
        told = []
        if self.root is not None:
            told.append(f"result: {stored(finding, self.root, self.name)}")
        if self.folder is not None:
            if (figure := drawn(finding)) is not None:
                told.append(f"figure: {figure.save(self.folder / f'{finding.row}.png')}")
            numbers = self.folder / f"{finding.row}.json"
            temporary = numbers.with_suffix(".json.partial")
            temporary.write_text(json.dumps({**finding.record(), **provenance()}, indent=2, ensure_ascii=False) + "\n")
            os.replace(temporary, numbers)
            told.append(f"numbers: {numbers}")
        return told


def drawn(finding: Finding) -> figures.Figure | None:
    """The study's own drawing, or its curves, with the verdict in the caption; of numbers alone there is no picture."""
    if finding.figure is None:
        return None if finding.data is None else figures.scan(dataset(finding))
    verdict = f"{finding.row}: {'shown' if finding.shown else 'not shown'}, {len(finding.seeds)} seeds, scale {finding.scale}."
    return replace(finding.figure, caption=f"{verdict} {finding.figure.caption}".strip())


def dataset(finding: Finding) -> xr.Dataset:
    """The curves of a finding, or its numbers over the seeds; ``attrs["finding"]`` is the record."""
    ds = over_seeds(finding.numbers, finding.claim) if finding.data is None else finding.data
    title = ds.attrs.get("title") or finding.claim
    return ds.assign_attrs(kind="scan", title=f"{finding.row}: {title}", finding=finding.record(), seed=list(finding.seeds))


def stored(finding: Finding, root: Path, name: str) -> Path:
    """Write the curves into a store, and its place there.

    Raises:
        StoreError: the store cannot be written.
    """
    ds = dataset(finding)
    inner = [dim for dim in ds.dims if dim == "split"]
    dims = [dim for dim in ("repeat", *(d for d in ds.dims if d not in ("repeat", "split"))) if dim in ds.dims]
    name = next_name(root, f"study-{finding.row}") if name == "+" else name
    quantities = tuple(Quantity(str(key), value.attrs["long_name"], value.attrs["units"], tuple((str(d), ds.sizes[d]) for d in inner))
                       for key, value in ds.data_vars.items())
    coords = {str(dim): np.asarray(ds[dim].values, dtype=np.float64) for dim in dims}
    shape = tuple(len(values) for values in coords.values())
    indices = np.stack(np.unravel_index(np.arange(np.prod(shape)), shape), axis=1)
    attrs: dict[str, Any] = {**ds.attrs, **provenance()} | ({"splits": ds["split"].values.tolist()} if inner else {})
    record = finding.record()
    place = ZarrStore.create(root, name, spec={"study": {key: record[key] for key in ("row", "scale", "seeds", "numbers")}}, attrs=attrs,
                             coords=coords, indices=indices, quantities=quantities,
                             centre={q.name: np.full(q.shape, np.nan) for q in quantities},
                             timing={"chunk": len(indices), "seconds_per_point": finding.seconds / len(indices)})
    arrays = {q.name: ds[q.name].transpose(*dims, *inner).values.reshape(len(indices), *q.shape) for q in quantities}
    place.write(0, arrays)
    return place.path
