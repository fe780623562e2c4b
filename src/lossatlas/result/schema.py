"""What a result is made of: named quantities on named dims.

A result is an ``xarray.Dataset``. Its kind says how it is drawn: ``profile`` (one coordinate), ``slice`` (two),
``volume`` (three), ``trajectory`` (the steps of a run); dims such as ``repeat`` and ``split`` come on top.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

#: Dims that count copies rather than span space.
COPIES = ("repeat", "layer", "split", "class", "group")
#: Those of them that are coordinates of a family, 0 … count − 1; the others belong to quantities.
COUNTED = ("repeat", "layer")
#: The coordinate of a recorded run: its values are the steps that were recorded.
STEP = "step"
#: Names that a result uses itself; no coordinate may have one.
RESERVED = ("point", "split", "class", "group", "done", "loss", "penalty", "negative_variance", "label", "lossatlas")

#: Units of a quantity that is true (1) or false (0).
FLAG = "true or false"


@dataclass(frozen=True)
class Quantity:
    """One thing that a probe measures.

    Attributes:
        name: the variable's name in the result.
        long_name: in words, as on an axis.
        units: "" for a pure number.
        dims: further dims of every value, as (name, length).
    """

    name: str
    long_name: str
    units: str = ""
    dims: tuple[tuple[str, int], ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one value."""
        return tuple(length for _, length in self.dims)


def kind_of(dims: Sequence[str]) -> str:
    """The kind of a result with these family dims."""
    spatial = [dim for dim in dims if dim not in COPIES]
    if spatial == [STEP]:
        return "trajectory"
    return {1: "profile", 2: "slice", 3: "volume"}.get(len(spatial), "scan")


def on_dims(
    coords: Mapping[str, np.ndarray], indices: np.ndarray, arrays: Mapping[str, np.ndarray], quantities: Sequence[Quantity],
    done: np.ndarray, attrs: Mapping[str, Any],
) -> xr.Dataset:
    """Values in work order, shape (points, …), as a Dataset on the family's own dims.

    ``indices`` has shape (points, dims). Points not done are NaN with ``done`` false.
    """
    import xarray as xr  # here, so that `lossatlas info`, which needs no Dataset, is quick

    dims, shape = tuple(coords), tuple(len(v) for v in coords.values())
    where = tuple(indices.T)
    variables: dict[str, Any] = {}
    for quantity in quantities:
        grid = np.full((*shape, *quantity.shape), np.nan)
        grid[where] = np.where(done.reshape(-1, *([1] * len(quantity.shape))), arrays[quantity.name], np.nan)
        meta = {"long_name": quantity.long_name, "units": quantity.units}
        if quantity.units == FLAG:
            grid, meta["units"] = grid == 1, ""
        variables[quantity.name] = ((*dims, *[name for name, _ in quantity.dims]), grid, meta)
    flags = np.zeros(shape, dtype=bool)
    flags[where] = done
    variables["done"] = (dims, flags, {"long_name": "evaluated", "units": ""})
    coordinates: dict[str, Any] = {dim: (dim, values, {"long_name": dim, "units": ""}) for dim, values in coords.items()}
    for dim, labels in attrs.get("labels", {}).items():
        coordinates[dim] = (dim, [labels[int(k)] for k in coords[dim]] if dim in coords else list(labels))
    coordinates |= {name: (name, np.arange(length)) for q in quantities for name, length in q.dims if name == "class"}
    if "splits" in attrs and any(name == "split" for q in quantities for name, _ in q.dims):
        coordinates["split"] = ("split", list(attrs["splits"]))
    return xr.Dataset(variables, coords=coordinates, attrs=dict(attrs))


def add_centre(ds: xr.Dataset, centre: Mapping[str, np.ndarray], quantities: Sequence[Quantity]) -> xr.Dataset:
    """The same Dataset with ``center_<name>``: every quantity at coordinates zero, always evaluated."""
    for quantity in quantities:
        meta = {"long_name": f"{quantity.long_name}, at the centre", "units": quantity.units}
        ds[f"center_{quantity.name}"] = (tuple(name for name, _ in quantity.dims), np.asarray(centre[quantity.name]), meta)
    return ds


def summarize(ds: xr.Dataset, quantities: Sequence[Quantity]) -> xr.Dataset:
    """Count what is not finite where it was evaluated, and name the BatchNorm layers with negative variance."""
    counts = {}
    for quantity in quantities:
        if quantity.name.endswith("_stderr") or quantity.name in ("loss_groups", "negative_variance"):
            continue
        if any(name in ("class", "lambda", "node") for name, _ in quantity.dims):  # no examples, no more nodes: nothing to have a value
            continue
        bad = (~np.isfinite(ds[quantity.name]) & ds["done"]).any([name for name, _ in quantity.dims])
        if int(bad.sum()):  # points, each once, whatever the split
            counts[quantity.name] = int(bad.sum())
    ds.attrs["nonfinite"] = counts
    if "negative_variance" in ds and "batchnorm_layers" in ds.attrs:
        numbers = ds["negative_variance"].values
        found = {ds.attrs["batchnorm_layers"][int(k) - 1]: int((numbers == k).sum()) for k in np.unique(numbers[numbers > 0])}
        ds.attrs["negative_variance"] = found
    if ds.attrs.get("kind") == "graph":
        from .graph import with_tree

        return with_tree(ds)
    return of_one_point(ds) if ds.attrs.get("kind") == "spectrum" else ds


def of_one_point(ds: xr.Dataset) -> xr.Dataset:
    """A result that was measured at a single point on its own dims: without the dim of the point, the density on its grid."""
    ds = ds.drop_vars([str(name) for name in ds if str(name).startswith("center_")]).squeeze("point", drop=True)
    if "grid" in ds:
        there = np.isfinite(ds["grid"].values) if np.isfinite(ds["grid"].values).any() else np.zeros(ds.sizes["lambda"], dtype=bool)
        ds = ds.isel({"lambda": there})
        ds = ds.assign_coords({"lambda": ("lambda", ds["grid"].values, {"long_name": "eigenvalue", "units": ""})}).drop_vars("grid")
    return ds
