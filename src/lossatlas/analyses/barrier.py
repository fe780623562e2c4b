"""The barrier between two points: how far the straight line between them rises above its ends (METHODS H1, 2.4).

With L_α the loss at (1 − α) a + α b, on a lattice of α from 0 to 1:

* loss barrier: max_α [L_α − ((1 − α) L_0 + α L_1)]. It is 0 on any convex path, and never negative.
* error barrier (Frankle et al. 2020): max_α E_α − ½ (E_0 + E_1). It is at least ½ abs(E_0 − E_1) even where nothing rises between the
  ends, so ``error_gap`` = abs(E_0 − E_1) stands beside it: the two forms say the same only where that is small.

Both need all points of the line under one BatchNorm policy. Under ``eval`` an objective has the running statistics of some third point,
so a line between two networks with BatchNorm is measured under ``recompute`` instead; say ``objective.with_bn(…)`` for another one. A value
that is not finite anywhere on the line makes a barrier NaN, never zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from torch import Tensor

from ..errors import InputError
from ..family import line
from ..metrics import error
from ..objective import Objective
from ..probes import loss
from ..run.events import Listener, ignore
from ..run.plan import PlanOption
from ..run.sweep import sweep

Objectives = Objective | Mapping[str, Objective]


def barrier(
    objective: Objectives, a: Mapping[str, Tensor], b: Mapping[str, Tensor], *, points: int = 30, plan: PlanOption = "auto",
    store: str | Path | None = None, on_event: Listener = ignore,
) -> xr.Dataset:
    """How far the loss, and the error of a classifier, rise on the straight line between two points.

    Args:
        objective: one, or a ``{"train": …, "test": …}`` pair. The error is its metric ``error``, or 1 − ``accuracy``; one with
            cross-entropy and neither of them gets it.
        points: values of α from 0 to 1, both included.
        plan, store: as of :func:`~lossatlas.sweep`; the profile is kept, barriers follow from it (:func:`with_barriers`).

    Returns:
        The profile (kind "profile", dim alpha) with the scalars ``loss_barrier``, ``loss_barrier_at`` (the α of the maximum) and
        ``loss_barrier_stderr`` (over examples, by leaving out one group of them at a time, at this α), and for classifiers
        ``error_barrier``, ``error_barrier_at`` and ``error_gap``; each with a dim ``split`` of a pair.

    Raises:
        InputError: fewer than 3 points, two equal points, points of another network.
    """
    if isinstance(points, bool) or not isinstance(points, int) or points < 3:
        raise InputError(f"points is {points!r}; expected a whole number of at least 3: both ends, and what lies between")
    objective = comparing(objective)
    first = objective if isinstance(objective, Objective) else next(iter(objective.values()))
    between = line(first.conform(a, what="point a"), first.conform(b, what="point b"), buffers=first.buffers)
    ds = sweep(loss(objective), between, {"alpha": np.linspace(0, 1, points)}, plan=plan, store=store, on_event=on_event)
    return with_barriers(ds)


def comparing(objective: Objectives) -> Any:
    """The same objectives as they are measured between two networks: not in training, with an error, and a policy that fits any point.

    Raises:
        InputError: what is neither an objective nor a dict of them.
    """
    if isinstance(objective, Mapping):
        made = {name: comparing(one) for name, one in objective.items()}
        trained = made.get("train") or next(iter(made.values()))
        return {name: one if one is trained or one.bn != "recompute" or one.bn_data else one.with_bn("recompute", data=trained.data)
                for name, one in made.items()}
    if not isinstance(objective, Objective):
        raise InputError(f"objective is a {type(objective).__name__}; expected an Objective, or a dict: {{'train': …, 'test': …}}")
    one = objective
    if one.in_training:  # what was trained with is no part of what is compared
        one = replace(one, in_training=False, augment=None, autocast=None, bn="eval")
    if one.loss_name == "cross_entropy" and not {"error", "accuracy"} & one.metrics.keys():
        one = one.with_metrics({**one.metrics, "error": error})
    return one.with_bn("recompute") if one.has_batchnorm and one.bn == "eval" else one


def with_barriers(ds: xr.Dataset) -> xr.Dataset:
    """A profile along a line between two points with its barriers; see :func:`barrier`."""
    ends = ds.isel(alpha=[0, -1])["alpha"].values.tolist()
    if ends != [0, 1]:
        raise InputError(f"the profile reaches from {ends[0]:g} to {ends[1]:g}; expected one from 0 to 1: a barrier compares with the ends")
    ds = ds.copy()
    alpha = ds["alpha"]
    excess = ds["loss"] - _chord(ds["loss"])
    at = _highest(excess)
    ds["loss_excess"] = excess.assign_attrs(long_name="loss above the chord", units="")
    ds["loss_barrier"] = _value(excess, at).assign_attrs(long_name="loss barrier", units="")
    ds["loss_barrier_at"] = _value(alpha, at).where(ds["loss_barrier"].notnull()).assign_attrs(
        long_name="place of the loss barrier", units="")
    if "loss_groups" in ds:
        groups = ds["loss_groups"] - _chord(ds["loss_groups"])
        ds["loss_barrier_stderr"] = _jackknife(_value(groups, at)).assign_attrs(long_name="standard error of the loss barrier", units="")
    if "error" not in ds and "accuracy" in ds:
        ds["error"] = (1 - ds["accuracy"]).assign_attrs(long_name="error", units="")
    if "error" in ds:
        errors = ds["error"]
        first, last = errors.isel(alpha=0, drop=True), errors.isel(alpha=-1, drop=True)
        at = _highest(errors)
        ds["error_barrier"] = (_value(errors, at) - (first + last) / 2).assign_attrs(long_name="error barrier", units="")
        ds["error_barrier_at"] = _value(alpha, at).where(ds["error_barrier"].notnull()).assign_attrs(
            long_name="place of the error barrier", units="")
        ds["error_gap"] = abs(first - last).assign_attrs(long_name="difference of the errors at the ends", units="")
    return ds


def _chord(values: xr.DataArray) -> xr.DataArray:
    """The straight line between the values at the ends, which it has exactly."""
    alpha = values["alpha"]
    return (1 - alpha) * values.isel(alpha=0, drop=True) + alpha * values.isel(alpha=-1, drop=True)


def _highest(values: xr.DataArray) -> xr.DataArray:
    """The number of the largest value along the line; where one is not finite, of that: nothing can be said there."""
    return xr.where(np.isfinite(values), values, np.inf).argmax("alpha")


def _value(values: xr.DataArray, at: xr.DataArray) -> xr.DataArray:
    """The values at these numbers; what is not finite is NaN."""
    found = values.isel(alpha=at).drop_vars("alpha", errors="ignore")
    return found.where(np.isfinite(found))


def _jackknife(groups: xr.DataArray) -> xr.DataArray:
    """Standard error of the mean over disjoint groups of examples, those without examples left out."""
    count = groups.notnull().sum("group")
    return groups.std("group", ddof=1, skipna=True).where(count > 1) / np.sqrt(count)
