"""Everything along a path, in one result: losses and errors beside those of the straight line, and whose function it is (METHODS G4, I2).

Along a path of low loss the answers change from those of one end to those of the other while none of the networks on the way is a bad one:
that two solutions are connected does not make them one function.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as File
from typing import Any

import numpy as np
import torch
import xarray as xr

from ..errors import InputError
from ..family import Path
from ..names import BatchNormPolicy
from ..pairs import Objectives, first_of
from ..probes.functions import function
from ..probes.loss import loss
from ..result.finished import finished, free_place
from ..result.schema import Quantity
from ..run.events import Listener, Note, ignore
from ..run.sweep import sweep
from .barrier import PATH_POINTS, _with_lengths, _with_stored, comparing, is_path, losses_along, losses_at, with_barriers

#: Numbers of a path and of the line that a result keeps, of every split.
_NUMBERS = ("loss_barrier", "loss_barrier_stderr", "loss_barrier_at", "loss_barrier_converged", "loss_min", "loss_max", "loss_mean",
            "error_barrier", "error_barrier_at", "error_gap", "error_max", "error_mean")
_MEASURED = ("loss", "loss_stderr", "error", "error_stderr")


def path_profile(
    objective: Objectives, path: Any, *, points: int = PATH_POINTS, names: tuple[str, str] = ("a", "b"), bn: BatchNormPolicy | None = None,
    store: str | File | None = None, on_event: Listener = ignore,
) -> xr.Dataset:
    """Loss and error along a path and along the straight line between its ends, and how like either end the function is.

    Args:
        objective: one, or a ``{"train": …, "test": …}`` pair. BatchNorm as by :func:`~lossatlas.barrier`.
        path: what :func:`~lossatlas.connect` returns, or another family over one coordinate from 0 to 1.
        points: along each, beside those around the highest ones.
        names: of the two ends.
        store: ``PATH.zarr/GROUP``, a new one.

    Returns:
        A Dataset of kind "path" over t (and split), which ``la.figures.path`` draws: ``loss``, ``error`` with standard errors, ``arc``;
        ``line_loss``, ``line_error`` of the straight line at the same t; and what :func:`lossatlas.probes.function` measures against both
        ends (dim ``reference``). ``attrs["barriers"]`` holds the numbers of :func:`~lossatlas.barrier` by ``path`` and ``line`` and split,
        ``attrs["length_ratio"]`` the length over the distance of the ends; under ``recompute`` of ends that carry running statistics
        ``attrs["loss_stored"]`` their losses with these, by split.

    Raises:
        InputError: a family over several coordinates, points of another network.
        StoreError: a result lies in that place already.
    """
    if not is_path(path):
        raise InputError(f"path_profile got {type(path).__name__}; expected a path over one coordinate: la.connect(objective, a, b)")
    if isinstance(points, bool) or not isinstance(points, int) or points < 3:
        raise InputError(f"points is {points!r}; expected a whole number of at least 3")
    place, measured = free_place(store), comparing(objective, bn)
    first = first_of(measured)
    ends = [first.conform(path(torch.tensor([t], dtype=torch.float64)), what=f"the {word} of the path")
            for t, word in ((0.0, "start"), (1.0, "end"))]
    on_event(Note("measuring the path and the line"))
    families = {"path": path, "line": Path(tuple(ends), dims=tuple(path.dims))}
    found = {which: losses_along(loss(measured), family, points, refine=True, on_event=on_event) for which, family in families.items()}
    at = np.union1d(*(ds[path.dims[0]].values for ds in found.values()))
    for which, family in families.items():
        found[which] = losses_at(found[which], loss(measured), family, at)
        found[which] = _with_lengths(with_barriers(_with_stored(found[which], measured, ends)), family, first)
    references = dict(zip(names, ends, strict=True))
    beside = sweep(function(measured, references), path, {path.dims[0]: at}, plan="plain", on_event=on_event)
    return _together(found, beside, path, place)


def _together(found: Mapping[str, xr.Dataset], beside: xr.Dataset, path: Any, place: Any) -> xr.Dataset:
    """One result of the losses of path and line and of the function along the path."""
    ds, dim, labels = found["path"], str(path.dims[0]), beside.attrs["labels"]
    data = {name: of[name.removeprefix("line_")] for of, names in ((ds, (*_MEASURED, "arc")),
            (found["line"], tuple(f"line_{name}" for name in _MEASURED))) for name in names if name.removeprefix("line_") in of}
    data |= {str(name): beside[name] for name in beside.data_vars
             if dim in beside[name].dims and str(name) not in ("done", "accuracy", "accuracy_stderr")}
    quantities, grids = [], {}
    for name, values in data.items():
        inner = [str(each) for each in ("split", "reference") if each in values.dims]
        words = values.attrs.get("long_name", name)
        quantities.append(Quantity(name, f"{words} of the straight line" if name.startswith("line_") else words,
                                   values.attrs.get("units", ""), tuple((each, values.sizes[each]) for each in inner)))
        grids[name] = values.transpose(dim, *inner).values
    keep = {key: value for key, value in ds.attrs.items() if key not in ("spec", "store", "plan_trials", "notes")}
    attrs = {**keep, "kind": "path", "labels": labels, "notes": list(ds.attrs.get("notes", [])), "ends": labels["reference"],
             "title": f"{ds.attrs['title']} from {labels['reference'][0]} to {labels['reference'][1]}",
             "barriers": {which: _numbers(of) for which, of in found.items()},
             "length_ratio": float(ds["length_ratio"]), "distance": float(ds["distance"])}
    if "loss_stored" in ds:
        stored = np.atleast_2d(ds["loss_stored"].values).tolist()
        attrs["loss_stored"] = dict(zip(attrs["barriers"]["path"], stored, strict=True))
    return finished(place, spec={"path": ds.attrs["spec"], "function": beside.attrs["spec"]}, attrs=attrs,
                    coords={dim: ds[dim].values}, quantities=quantities, grids=grids)


def _numbers(ds: xr.Dataset) -> dict[str, dict[str, float]]:
    """The numbers of a barrier as plain data, by split; of one objective under "all"."""
    splits = ds["split"].values.tolist() if "split" in ds.dims else [None]
    return {split or "all": {name: float(ds[name] if split is None else ds[name].sel(split=split)) for name in _NUMBERS if name in ds}
            for split in splits}
