"""The barrier between two points: how far a path between them, if no other is given the straight line, rises above its ends (METHODS H1).

With L_t the loss at t along the path (on a line, at (1 − α) a + α b):

* loss barrier: max_t [L_t − ((1 − t) L_0 + t L_1)]. It is 0 on any convex line, and never negative.
* error barrier (Frankle et al. 2020): max_t E_t − ½ (E_0 + E_1). It is at least ½ abs(E_0 − E_1) even where nothing rises between the
  ends, so ``error_gap`` = abs(E_0 − E_1) stands beside it: the two forms say the same only where that is small.

A lattice hides a peak between two of its points, so more points are put around the highest one, and ``converged`` says whether a parabola
through the three highest would still rise noticeably above them.

Both need all points under one BatchNorm policy. Under ``eval`` an objective has the running statistics of some third point,
so a path between two networks with BatchNorm is measured under ``recompute`` instead; say ``bn=`` for another one. A value
that is not finite anywhere on the way makes a barrier NaN, never zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ..errors import InputError
from ..family import Family, line
from ..metrics import error
from ..names import BatchNormPolicy
from ..objective import Objective
from ..pairs import Objectives, first_of, trained_on
from ..params import difference, is_running_statistic, norm
from ..probes import loss
from ..run.events import Listener, ignore
from ..run.plan import PlanOption
from ..run.sweep import sweep

#: Points on a line (Frankle et al. 2020) and along a path (Garipov et al. 2018) where nobody says otherwise.
LINE_POINTS, PATH_POINTS = 30, 61
#: How often points are put around the highest one, and how many into each of the two intervals beside it.
ROUNDS, BETWEEN = 2, 2
#: A maximum counts as resolved where a parabola rises above it by at most this share of the barrier, or half its standard error.
RESOLVED = 0.01


def barrier(
    objective: Objectives, a: Mapping[str, Tensor] | Family, b: Mapping[str, Tensor] | None = None, *, points: int | None = None,
    refine: bool | None = None, bn: BatchNormPolicy | None = None, plan: PlanOption = "auto", store: str | Path | None = None,
    on_event: Listener = ignore,
) -> xr.Dataset:
    """How far the loss, and the error of a classifier, rise on the straight line between two points, or along a path.

    Args:
        objective: one, or a ``{"train": …, "test": …}`` pair. The error is its metric ``error``, or 1 − ``accuracy``; one with
            cross-entropy and neither of them gets it.
        a, b: two points; or a path alone: any family over one coordinate from 0 to 1 (:class:`~lossatlas.Path`, what
            :func:`~lossatlas.connect` returns).
        points: values of the coordinate from 0 to 1, both included (default: 30 on a line, 61 along a path, and its corners).
        refine: put more points around the highest one (default: where ``points`` is left open).
        bn: BatchNorm policy (default: the objective's, ``recompute`` where that is ``eval``).
        plan, store: as of :func:`~lossatlas.sweep`; the lattice is kept, barriers follow from it (:func:`with_barriers`).

    Returns:
        The profile (kind "profile" over alpha, or of a path "path" over t) with the scalars ``loss_barrier``, ``loss_barrier_at`` (the
        place of the maximum), ``loss_barrier_stderr`` (over examples, by leaving out one group of them at a time, at this place),
        ``loss_barrier_converged``, also as ``value``, ``at``, ``stderr`` and ``converged``; for classifiers ``error_barrier``,
        ``error_barrier_at`` and ``error_gap``; each with a dim ``split`` of a pair. Of the path ``arc`` (length from the start),
        ``length``, ``distance`` of the ends and ``length_ratio``; ``loss_min``, ``loss_max`` and ``loss_mean`` (integral along the arc
        over its length), of the error likewise. Under ``recompute`` of ends that carry running statistics, ``loss_stored`` (dim ``end``)
        is their loss with these.

    Raises:
        InputError: fewer than 3 points, two equal points, points of another network, a family over several coordinates.
    """
    if points is not None and (isinstance(points, bool) or not isinstance(points, int) or points < 3):
        raise InputError(f"points is {points!r}; expected a whole number of at least 3: both ends, and what lies between")
    objective = comparing(objective, bn)
    first = first_of(objective)
    family, ends = _between(first, a, b)
    refine = points is None if refine is None else refine
    ds = losses_along(loss(objective), family, points or (LINE_POINTS if b is not None else PATH_POINTS), refine=refine, plan=plan,
                      store=store, on_event=on_event)
    return _with_lengths(with_barriers(_with_stored(ds, objective, ends)), family, first)


def losses_along(
    probe: Any, family: Any, points: int, *, refine: bool, plan: PlanOption = "auto", store: str | Path | None = None,
    on_event: Listener = ignore,
) -> xr.Dataset:
    """The losses on a lattice of a line or path, its corners among them, and around the highest one."""
    dim = family.dims[0]
    coords = np.unique(np.concatenate([np.linspace(0, 1, points), getattr(family, "knots", ())]))
    ds = sweep(probe, family, {dim: coords}, plan=plan, store=store, on_event=on_event)
    for _ in range(ROUNDS if refine else 0):
        ds = losses_at(ds, probe, family, _beside_highest(ds, dim))
    return ds


def losses_at(ds: xr.Dataset, probe: Any, family: Any, places: np.ndarray) -> xr.Dataset:
    """The same losses, and those at further places of the same family."""
    dim = family.dims[0]
    if not len(places := np.setdiff1d(places, ds[dim].values)):
        return ds
    return _joined(ds, sweep(probe, family, {dim: places}, plan=ds.attrs["plan"], on_event=_quiet), dim)


def comparing(objective: Objectives, bn: BatchNormPolicy | None = None) -> Any:
    """The same objectives as they are measured between two networks: not in training, with an error, and a policy that fits any point.

    Args:
        bn: the policy that is asked for.

    Raises:
        InputError: what is neither an objective nor a dict of them.
    """
    if isinstance(objective, Mapping):
        made = {name: comparing(one, bn) for name, one in objective.items()}
        trained = trained_on(made)
        return {name: one if one is trained or one.bn != "recompute" or one.bn_data else one.with_bn("recompute", data=trained.data)
                for name, one in made.items()}
    if not isinstance(objective, Objective):
        raise InputError(f"objective is a {type(objective).__name__}; expected an Objective, or a dict: {{'train': …, 'test': …}}")
    one = objective
    if one.in_training:  # what was trained with is no part of what is compared
        one = replace(one, in_training=False, augment=None, autocast=None, bn="eval")
    if one.loss_name == "cross_entropy" and not {"error", "accuracy"} & one.metrics.keys():
        one = one.with_metrics({**one.metrics, "error": error})
    if bn is not None:
        return one if one.bn == bn else one.with_bn(bn)
    return one.with_bn("recompute") if one.has_batchnorm and one.bn == "eval" else one


def with_barriers(ds: xr.Dataset) -> xr.Dataset:
    """A profile along a line or path between two points with its barriers; see :func:`barrier`."""
    dim = _coordinate(ds)
    ends = ds.isel({dim: [0, -1]})[dim].values.tolist()
    if ends != [0, 1]:
        raise InputError(f"the profile reaches from {ends[0]:g} to {ends[1]:g}; expected one from 0 to 1: a barrier compares with the ends")
    ds = ds.copy()
    excess = ds["loss"] - chord(ds["loss"], dim)
    at = _highest(excess, dim)
    ds["loss_excess"] = excess.assign_attrs(long_name="loss above the chord", units="")
    ds["loss_barrier"] = _value(excess, at, dim).assign_attrs(long_name="loss barrier", units="")
    ds["loss_barrier_at"] = _value(ds[dim], at, dim).where(ds["loss_barrier"].notnull()).assign_attrs(
        long_name="place of the loss barrier", units="")
    tolerance = RESOLVED * ds["loss_barrier"]
    if "loss_groups" in ds:
        groups = ds["loss_groups"] - chord(ds["loss_groups"], dim)
        ds["loss_barrier_stderr"] = _jackknife(_value(groups, at, dim)).where(ds["loss_barrier"].notnull()).assign_attrs(
            long_name="standard error of the loss barrier", units="")
        tolerance = np.maximum(tolerance, (ds["loss_barrier_stderr"] / 2).fillna(0))
    ds["loss_barrier_converged"] = (_missed(excess, at, dim) <= tolerance).assign_attrs(
        long_name="whether the maximum is resolved", units="")
    if "error" not in ds and "accuracy" in ds:
        ds["error"] = (1 - ds["accuracy"]).assign_attrs(long_name="error", units="")
    if "error" in ds:
        ds = _with_error_barrier(ds, dim)
    for name, of in {"value": "loss_barrier", "stderr": "loss_barrier_stderr", "at": "loss_barrier_at",
                     "converged": "loss_barrier_converged"}.items():
        if of in ds:
            ds[name] = ds[of]
    return ds


def _with_error_barrier(ds: xr.Dataset, dim: str) -> xr.Dataset:
    errors = ds["error"]
    first, last = errors.isel({dim: 0}, drop=True), errors.isel({dim: -1}, drop=True)
    at = _highest(errors, dim)
    ds["error_barrier"] = (_value(errors, at, dim) - (first + last) / 2).assign_attrs(long_name="error barrier", units="")
    ds["error_barrier_at"] = _value(ds[dim], at, dim).where(ds["error_barrier"].notnull()).assign_attrs(
        long_name="place of the error barrier", units="")
    ds["error_gap"] = abs(first - last).assign_attrs(long_name="difference of the errors at the ends", units="")
    return ds


# ---- the way -------------------------------------------------------------------------------------------------------


def is_path(given: Any) -> bool:
    """Whether this is a family over one coordinate, and no point."""
    return callable(given) and not isinstance(given, type) and len(getattr(given, "dims", ())) == 1


def _between(first: Objective, a: Any, b: Any) -> tuple[Any, list[Any]]:
    """The line between two points, or the path, and its ends."""
    if b is not None:
        ends = [first.conform(a, what="point a"), first.conform(b, what="point b")]
        return line(*ends, buffers=first.buffers), ends
    if not is_path(a):
        came = f"a family over {', '.join(a.dims)}" if hasattr(a, "dims") else f"one {type(a).__name__}"
        raise InputError(f"barrier got {came}; expected two points, or a path over one coordinate: la.connect(objective, a, b)")
    ends = [a(torch.tensor([t], dtype=torch.float64)) for t in (0.0, 1.0)]
    for word, end in zip(("start", "end"), ends, strict=True):
        first.conform(end, what=f"the {word} of the path")
    return a, ends


def _beside_highest(ds: xr.Dataset, dim: str) -> np.ndarray:
    """New coordinates in the intervals on both sides of the highest point, of every split."""
    at = np.atleast_1d(_highest(ds["loss"] - chord(ds["loss"], dim), dim).values).ravel()
    there, found = ds[dim].values, []
    for number in at:
        for left, right in ((number - 1, number), (number, number + 1)):
            if left >= 0 and right < len(there):
                found.append(np.linspace(there[left], there[right], BETWEEN + 2)[1:-1])
    return np.unique(np.concatenate(found)) if found and np.isfinite(ds["loss"].values).all() else np.zeros(0)


def _joined(ds: xr.Dataset, more: xr.Dataset, dim: str) -> xr.Dataset:
    """Two profiles of one family in one, along its coordinate."""
    along = [name for name in ds.data_vars if dim in ds[name].dims]
    both = xr.concat([ds[along], more[along]], dim, combine_attrs="override").sortby(dim)
    rest = ds.drop_vars([*along, dim])
    counts = {name: ds.attrs["nonfinite"].get(name, 0) + more.attrs["nonfinite"].get(name, 0)
              for name in {**ds.attrs["nonfinite"], **more.attrs["nonfinite"]}}
    return both.merge(rest).assign_attrs({**ds.attrs, "nonfinite": counts})


def _with_stored(ds: xr.Dataset, objective: Any, ends: list[Any]) -> xr.Dataset:
    """Under ``recompute``, the losses of ends that carry running statistics with these, as they were stored."""
    parts = objective if isinstance(objective, Mapping) else {"": objective}
    first = next(iter(parts.values()))
    own = [name for name in first.buffers if is_running_statistic(name)]
    if first.bn != "recompute" or not own or not all(name in end for end in ends for name in own):
        return ds
    found = np.array([[float(loss(one.with_bn("eval"))(end)["loss"]) for end in ends] for one in parts.values()])
    dims, values = (("split", "end"), found) if "split" in ds.dims else (("end",), found[0])
    ds = ds.assign_coords(end=("end", np.array([0.0, 1.0]), {"long_name": "end of the path", "units": ""}))
    ds["loss_stored"] = (dims, values, {"long_name": "loss with the stored running statistics", "units": ""})
    return ds


def _with_lengths(ds: xr.Dataset, family: Any, first: Objective) -> xr.Dataset:
    """Length of the way, and minimum, maximum and mean along it."""
    dim, points = family.dims[0], (family(torch.tensor([t], dtype=torch.float64)) for t in ds[family.dims[0]].values)
    begun = before = {name: tensor for name, tensor in next(points).items() if name in first.params}
    steps = [0.0]
    for point in points:
        own = {name: point[name] for name in before}
        steps.append(norm(difference(own, before)))
        before = own
    distance, arc = norm(difference(before, begun)), np.cumsum(steps)
    length = float(arc[-1])
    ds["arc"] = (dim, arc, {"long_name": "length of the path from its start", "units": ""})
    for name, value, words in (("length", length, "length of the path"), ("distance", distance, "distance of the ends"),
                               ("length_ratio", length / distance if distance else np.nan, "length over distance of the ends")):
        ds[name] = ((), value, {"long_name": words, "units": ""})
    for name in (name for name in ("loss", "error") if name in ds):
        values = ds[name].where(np.isfinite(ds[name]).all(dim))  # else NaN: a maximum of some of them says nothing
        middles = (values.isel({dim: slice(1, None)}).drop_vars(dim) + values.isel({dim: slice(None, -1)}).drop_vars(dim)) / 2
        mean = (middles * xr.DataArray(np.diff(arc), dims=dim)).sum(dim, skipna=False) / (length or np.nan)
        for what, found in (("min", values.min(dim, skipna=False)), ("max", values.max(dim, skipna=False)), ("mean", mean)):
            words = {"min": "smallest", "max": "largest", "mean": "mean"}[what]
            ds[f"{name}_{what}"] = found.assign_attrs(long_name=f"{words} {name} along the path", units="")
    return ds


def _quiet(event: Any) -> None:
    """Listens to the parts of an analysis, whose notes are those of the whole."""


# ---- maxima --------------------------------------------------------------------------------------------------------


def _coordinate(ds: xr.Dataset) -> str:
    """The coordinate of a profile: what its loss depends on beside splits."""
    dims = [str(dim) for dim in ds["loss"].dims if dim != "split"]
    if len(dims) != 1:
        raise InputError(f"the loss has the dims {', '.join(map(str, ds['loss'].dims))}; expected one coordinate: a barrier is that of a "
                         "path")
    return dims[0]


def chord(values: xr.DataArray, dim: str) -> xr.DataArray:
    """The straight line between the values at the ends, which it has exactly."""
    at = values[dim]
    return (1 - at) * values.isel({dim: 0}, drop=True) + at * values.isel({dim: -1}, drop=True)


def _highest(values: xr.DataArray, dim: str) -> xr.DataArray:
    """The number of the largest value along the line; where one is not finite, of that: nothing can be said there."""
    return xr.where(np.isfinite(values), values, np.inf).argmax(dim)


def _value(values: xr.DataArray, at: xr.DataArray, dim: str) -> xr.DataArray:
    """The values at these numbers; what is not finite is NaN."""
    found = values.isel({dim: at}).drop_vars(dim, errors="ignore")
    return found.where(np.isfinite(found))


def _missed(values: xr.DataArray, at: xr.DataArray, dim: str) -> xr.DataArray:
    """How far a parabola through the largest value and its neighbours rises above it; 0 at an end, NaN where something is not finite."""
    last = values.sizes[dim] - 1
    inner = at.clip(1, last - 1)
    (x0, y0), (x1, y1), (x2, y2) = ((_value(values[dim], n, dim), _value(values, n, dim)) for n in (inner - 1, inner, inner + 1))
    left, right = (y1 - y0) / (x1 - x0), (y2 - y1) / (x2 - x1)
    bend = (left - right) / (x2 - x0)  # minus half the second derivative
    slope = (left * (x2 - x1) + right * (x1 - x0)) / (x2 - x0)
    rise = (slope**2 / (4 * bend)).where(bend > 0, 0.0).where(y1.notnull() & y0.notnull() & y2.notnull())
    return rise.where(inner == at, 0.0).where(_value(values, at, dim).notnull())


def _jackknife(groups: xr.DataArray) -> xr.DataArray:
    """Standard error of the mean over disjoint groups of examples, those without examples left out."""
    count = groups.notnull().sum("group")
    return groups.std("group", ddof=1, skipna=True).where(count > 1) / np.sqrt(count)
