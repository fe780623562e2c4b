"""The Goldilocks zone: a shell of radii in which the loss is unusually convex (Fort and Scherlis 2019; METHODS E5, 3.7).

Initializations are scaled to r times their norm, and at every radius the Hessian is looked at within a random plane of d dimensions. The
share of positive eigenvalues and tr/‖H‖ have a bump near r = 1, and are about 1/2 and 0 inside and outside. It is a statement about
initializations, so by default fresh ones are drawn, several of them. Where the bump lies depends on the scale of the inputs. What makes
it is under debate: Vysogorets et al. (2024, arXiv 2402.03579) trace it to the scale of the logits, not to a norm, and networks train
well outside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ..errors import InputError
from ..family.initialization import ray, rays
from ..names import StartWeights, choose
from ..objective import Objective
from ..probes.convexity import goldilocks as probe_of
from ..run.events import Listener, ignore
from ..run.sweep import sweep

#: Independent initializations where nobody says how many.
REPEATS = 5
#: What the pictures show.
PANELS = ("fraction_positive", "trace_over_norm", "loss")


def goldilocks(
    objective: Any, radii: Sequence[float] | None = None, *, d: int = 50, repeats: int | None = None, weights: StartWeights = "fresh",
    seed: int = 0, store: str | Path | None = None, on_event: Listener = ignore,
) -> xr.Dataset:
    """How convex the loss is along radii from initializations, within a random plane.

    Args:
        radii: in units of the norm of the initialization, increasing (default: 13 from 0.1 to 10, equally spaced on a log scale).
        d: dimensions of the plane: products per point. Numbers of different d are not comparable.
        repeats: independent initializations (default: 5; of the network's own weights 1).
        weights: ``fresh``: He-initialized (see :mod:`lossatlas.family.initialization`); ``own``: the network's.
        seed: of the initializations and the plane.
        store: ``PATH.zarr/GROUP``; what an earlier run finished is not computed again.

    Returns:
        A Dataset of kind "scan" with dims repeat, radius: ``fraction_positive``, ``fraction_zero`` (no sign above rounding; half of them
        counts as positive), ``trace_over_norm``, ``frobenius``, ``norm``, ``loss``; and over radius ``fraction_positive_stderr`` and
        ``trace_over_norm_stderr``, standard errors of the means over repeats, where there are two or more. ``attrs["subspace"]`` is d.

    Raises:
        InputError: radii that are not positive and increasing, repeats of one and the same network.
    """
    probe = probe_of(objective, d=d, seed=seed)
    choose(weights, StartWeights, "weights")
    found = radii_between(0.1, 10, 13) if radii is None else np.asarray(radii, dtype=np.float64)
    if found.ndim != 1 or not len(found) or not (found > 0).all() or not (np.diff(found) > 0).all() or not np.isfinite(found).all():
        raise InputError(f"radii are {np.atleast_1d(found)[:6].tolist()}; expected positive increasing numbers in units of the "
                         "initialization's norm")
    ds = sweep(probe, family_of(probe.objective, repeats, weights, seed), {"radius": found}, store=store, on_event=on_event)
    return with_errors(ds)


def family_of(objective: Objective, repeats: int | None, weights: str, seed: int) -> Any:
    """Rays through initializations, with what a result says of them.

    Raises:
        InputError: repeats of one and the same network.
    """
    notes = ["numbers of different d are not comparable: trace/norm is at most sqrt(d)",
             "normalization layers keep scale and shift; all other parameters are multiplied by the radius"]
    if weights == "own":
        if repeats not in (None, 1):
            raise InputError(f"repeats is {repeats} with weights='own', of which there is one network; leave repeats out, or write "
                             "weights='fresh'")
        family: Any = ray(objective, objective.point())
        notes.insert(0, "radius 1 is the network's own weights")
    else:
        family = rays(objective, REPEATS if repeats is None else repeats, seed=seed)
        notes = ["radius 1 is a fresh He initialization, another one each repeat", *notes, *family.about["notes"]]
        if objective.has_batchnorm and objective.bn == "eval":
            notes.append("BatchNorm: fresh running statistics are 0 and 1, so that eval normalizes nothing; bn='batch' does")
    title = f"{type(objective.module).__name__}: Goldilocks zone"
    return family.saying({"kind": "scan", "family": "rays", "title": title, "weights": weights, "panels": list(PANELS), "notes": notes})


def with_errors(ds: xr.Dataset) -> xr.Dataset:
    """The same result with standard errors over repeats, and without what stands at radius zero, which is no network."""
    ds = ds.drop_vars([name for name in ds.data_vars if str(name).startswith("center_")])
    ds["radius"].attrs["long_name"] = "norm relative to the initialization"
    if ds.sizes.get("repeat", 1) > 1:
        for name in ("fraction_positive", "trace_over_norm"):
            error = ds[name].std("repeat", ddof=1, skipna=False) / np.sqrt(ds.sizes["repeat"])
            words = f"standard error of the mean of the {ds[name].attrs['long_name']} over repeats"
            ds[f"{name}_stderr"] = error.assign_attrs(long_name=words, units="")
    return ds


def radii_between(low: float, high: float, points: int) -> np.ndarray:
    """Radii equally spaced on a log scale, to four digits, shape (points,).

    Raises:
        InputError: radii that are not positive and increasing, fewer than one.
    """
    if not 0 < low <= high < np.inf or points < 1 or (points == 1) != (low == high):
        raise InputError(f"{points} radii from {low:g} to {high:g}; expected positive increasing ones, two or more, such as 13 from 0.1 "
                         "to 10")
    return np.array([float(f"{r:.4g}") for r in np.geomspace(low, high, points)])


def bump(ds: xr.Dataset) -> Mapping[str, float]:
    """Where the means over repeats are largest: name -> radius."""
    means = {name: ds[name].mean("repeat") if "repeat" in ds[name].dims else ds[name] for name in ("fraction_positive", "trace_over_norm")}
    return {name: float(mean["radius"][int(np.argmax(mean.values))]) for name, mean in means.items()}
