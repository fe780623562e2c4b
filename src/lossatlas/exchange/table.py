"""``.csv``: a tidy table, one row per point and split, every number with all its digits.

A point that is not computed has a row with empty values; a computed value that is not finite is ``nan`` or ``inf``.
Groups of examples (``loss_groups``) are the raw material of error bars and stay out, and so do the values at the centre.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr


def write(ds: xr.Dataset, path: Path) -> list[str]:
    """Write a result; returns what is left out."""
    names = [str(name) for name in ds.data_vars
             if name != "done" and "group" not in ds[name].dims and not str(name).startswith("center_")]
    inside = [str(dim) for dim in ds["done"].dims]
    dims = inside + list(dict.fromkeys(str(dim) for name in names for dim in ds[name].dims if dim not in inside))
    frame = ds[["done", *names]].transpose(*dims)
    shape = tuple(frame.sizes[dim] for dim in dims)

    def column(array: xr.DataArray) -> np.ndarray:
        axes = tuple(slice(None) if dim in array.dims else None for dim in dims)
        return np.broadcast_to(array.values[axes], shape).ravel()

    columns = {dim: column(frame[dim].astype(int) if dim == "repeat" else frame[dim]) for dim in dims} | {"done": column(frame["done"])}
    done = columns["done"]
    texts = [_texts(values) for values in columns.values()]
    texts += [[text if flag else "" for text, flag in zip(_texts(column(frame[name])), done, strict=True)] for name in names]
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow([*columns, *names])
        rows.writerows(zip(*texts, strict=True))
    left_out = [str(name) for name in ds.data_vars if "group" in ds[name].dims and not str(name).startswith("center_")]
    return [f"left out of the table: {', '.join(left_out)} (one value per group of examples)"] if left_out else []


def _texts(values: np.ndarray) -> list[Any]:
    """As they are written: the shortest digits that give the number back."""
    return [repr(value) if isinstance(value, float) else value for value in values.tolist()]
