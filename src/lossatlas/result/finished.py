"""Results that are measured as a whole, not point by point: the same form in memory and in a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import StoreError
from .description import exists, is_log
from .places import split_path, writable
from .provenance import provenance
from .schema import Quantity, on_dims
from .store import ZarrStore

if TYPE_CHECKING:
    import xarray as xr


def free_place(store: str | Path | None) -> tuple[Path, str] | None:
    """Root and group of a place where a result can be written; None of None.

    Raises:
        InputError: a path that names no group of a store.
        StoreError: a result lies there already, or nothing can be written there.
    """
    if store is None:
        return None
    root, name = split_path(store)
    if exists(root / name) or is_log(root / name):
        raise StoreError(f"{root / name} holds a result already; choose another name: {root}/NAME")
    with writable(root):
        return root, name


def place_or_result(store: str | Path | None, spec: Mapping[str, Any]) -> tuple[tuple[Path, str] | None, xr.Dataset | None]:
    """Where a result of this spec can be written, and the result itself where it lies there already, whole.

    Raises:
        InputError: a path that names no group of a store.
        SpecMismatch: a result of another spec lies there.
        StoreError: a log lies there, what lies there is damaged, or nothing can be written there.
    """
    if store is None:
        return None, None
    root, name = split_path(store)
    if not exists(root / name):
        return free_place(store), None
    held = ZarrStore(root, name)
    held.check_spec(spec)
    return (root, name), held.dataset() if held.read()[1].all() else None


def finished(
    place: tuple[Path, str] | None, *, spec: Mapping[str, Any], attrs: Mapping[str, Any], coords: Mapping[str, np.ndarray],
    quantities: Sequence[Quantity], grids: Mapping[str, np.ndarray],
) -> xr.Dataset:
    """A result on a grid of coordinates, kept in a store where a place is given.

    Args:
        place: of :func:`free_place` or :func:`place_or_result`.
        spec: what defines the values, as plain data.
        coords: dim -> its values, numbers; ``attrs["labels"]`` may name those of a dim.
        grids: quantity -> values, shape (coordinates …, dims of the quantity …), NaN where there is none.

    Raises:
        StoreError: the store cannot be written.
    """
    shape = tuple(len(values) for values in coords.values())
    indices = np.stack(np.unravel_index(np.arange(np.prod(shape)), shape), axis=1)
    arrays = {q.name: np.asarray(grids[q.name], dtype=np.float64).reshape(len(indices), *q.shape) for q in quantities}
    attributes = {**attrs, "spec": dict(spec), **provenance()}
    if place is None:
        return on_dims(coords, indices, arrays, quantities, np.ones(len(indices), dtype=bool), attributes)
    stored = ZarrStore.create(*place, spec=spec, attrs={key: value for key, value in attributes.items() if key != "spec"}, coords=coords,
                              indices=indices, quantities=quantities, centre={q.name: np.full(q.shape, np.nan) for q in quantities},
                              timing={"chunk": len(indices), "seconds_per_point": 0.0, "whole": True})
    stored.write(0, arrays)
    return stored.dataset()
