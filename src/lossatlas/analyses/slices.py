"""Numbers that a slice or a ball around a point gives: sharpness and non-convexity.

* sharpness: the mean over filter-normalized random directions d of L(θ + r d) − L(θ), r = 0.5, with its standard error
  over directions.
* non-convexity of a slice: the share of interior cells whose 2×2 Hessian (finite differences, with respect to the Gram
  matrix of the axes, METHODS A12) has λ_min < −0.01·λ_max beyond its standard error. The error is a delete-a-group
  jackknife over disjoint groups of examples: neighbouring points see the same examples, so their errors largely cancel
  in a difference, and adding them as if independent would hide real ripples.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from scipy.linalg import cholesky, solve_triangular

from ..errors import InputError
from ..family import random_slice
from ..family.slice import check_independent
from ..objective import Objective
from ..probes import loss
from ..run.events import Listener, ignore
from ..run.sweep import sweep

#: λ_min below −THRESHOLD·λ_max counts as negative curvature.
THRESHOLD = 0.01


def sharpness(
    objective: Any, *, radius: float = 0.5, directions: int = 10, seed: int = 0, point: Any = None, on_event: Listener = ignore,
) -> xr.Dataset:
    """Mean rise of the loss at filter radius ``radius`` along random directions.

    Returns:
        A Dataset with ``rise`` (repeat), ``sharpness`` and ``sharpness_stderr`` (over directions).

    Raises:
        InputError: a radius that is not positive, fewer than 2 directions.
    """
    if not isinstance(objective, Objective):
        raise InputError(f"sharpness got a {type(objective).__name__}; expected one Objective (of a train/test pair, one of the two)")
    if not radius > 0:
        raise InputError(f"radius is {radius}; expected a positive number (0.5 is half the size of every filter)")
    if directions < 2:
        raise InputError(f"directions is {directions}; expected at least 2, or there is no spread to tell the error from")
    rays = random_slice(objective, dims=("alpha",), seed=seed, point=point, repeats=directions)
    ds = sweep(loss(objective), rays, {"alpha": [float(radius)]}, on_event=on_event)
    rise = ds["loss"].isel(alpha=0, drop=True) - ds["center_loss"]
    out = xr.Dataset({"rise": rise.assign_attrs(long_name=f"rise of the loss at filter radius {radius:g}", units="")}, attrs=ds.attrs)
    out["sharpness"] = rise.mean("repeat", skipna=False).assign_attrs(long_name=f"mean rise over {directions} directions", units="")
    out["sharpness_stderr"] = rise.std("repeat", ddof=1, skipna=False) / np.sqrt(directions)
    out.attrs.update(kind="scan", radius=radius, directions=directions)
    return out


def nonconvexity(ds: xr.Dataset) -> xr.Dataset:
    """Principal curvatures of a slice cell by cell, and the share of interior cells that are not convex.

    Args:
        ds: a result of kind ``slice`` on an equally spaced lattice, at least 3 × 3 points; further dims (``repeat``,
            ``layer``, ``split``) are kept.

    Returns:
        ``lambda_min``, ``lambda_max``, ``excess_stderr`` (of λ_min + 0.01·λ_max) and ``nonconvex`` on interior points,
        ``nonconvexity`` (share of the cells whose nine values are finite) and ``cells`` (how many these are).

    Raises:
        InputError: not a slice, fewer than 3 points along an axis, unequal spacing.
    """
    if not isinstance(ds, xr.Dataset) or "loss" not in ds:
        raise InputError(f"nonconvexity got a {type(ds).__name__}; expected a result of la.sweep or la.open with a variable 'loss'")
    if ds.attrs.get("method") == "survey":
        raise InputError("nonconvexity got a survey, whose cells are mostly predicted, without the loss_groups that tell errors of "
                         "curvature; it needs a dense sweep: write la.sweep(…), or --method dense")
    dims = _axes(ds)
    for extra in ("split", "repeat", "layer"):
        if extra in ds["loss"].dims:
            each = [nonconvexity(ds.isel({extra: i})) for i in range(ds.sizes[extra])]
            return xr.concat(each, dim=ds[extra])
    return _one_slice(ds, dims)


def _axes(ds: xr.Dataset) -> list[str]:
    dims = [str(d) for d in ds["loss"].dims if d not in ("repeat", "layer", "split")]
    if isinstance(family := ds.attrs.get("spec", {}).get("family"), Mapping):  # the Gram matrix is in the family's order
        dims.sort(key=lambda d: list(family.get("dims", dims)).index(d))
    if len(dims) != 2:
        raise InputError(f"non-convexity is defined for slices (two coordinates); this result has {dims}")
    for dim in dims:
        steps = np.diff(ds[dim].values)
        if len(steps) < 2 or not np.allclose(steps, steps[0], rtol=1e-6):
            raise InputError(f"{dim!r} has {len(steps) + 1} values; expected at least 3 equally spaced ones: la.axis(-1, 1, 25)")
    return dims


def _one_slice(ds: xr.Dataset, dims: list[str]) -> xr.Dataset:
    gram = _gram(ds)
    spacing = [float(ds[dim].diff(dim)[0]) for dim in dims]
    surface = ds["loss"].transpose(*dims).values
    low, high = curvatures(surface, spacing, gram)
    groups = ds["loss_groups"].transpose("group", *dims).values if "loss_groups" in ds else np.zeros((0, *surface.shape))
    groups = groups[[bool(np.isfinite(g).any()) for g in groups]]
    error = _jackknife(groups, spacing, gram) if len(groups) > 1 else np.zeros_like(low)
    excess = low + THRESHOLD * high
    finite = np.isfinite(low)
    nonconvex = finite & (excess < -np.where(np.isfinite(error), error, np.inf))
    inner = {dim: ds[dim].values[1:-1] for dim in dims}
    cells = int(finite.sum())
    return xr.Dataset({"lambda_min": (dims, low, {"long_name": "smaller principal curvature of the slice"}),
                       "lambda_max": (dims, high, {"long_name": "larger principal curvature of the slice"}),
                       "excess_stderr": (dims, error), "nonconvex": (dims, nonconvex),
                       "nonconvexity": ((), nonconvex.sum() / cells if cells else np.nan), "cells": ((), cells)}, coords=inner)


def _gram(ds: xr.Dataset) -> np.ndarray:
    """The Gram matrix of the axes of this slice; of one among repeats, its own."""
    gram = np.asarray(ds.attrs.get("axes_gram", np.eye(2)), dtype=float)
    if gram.ndim == 3:
        dim = next((dim for dim in ("repeat", "layer") if dim in ds.coords), None)
        if dim is None:
            of = "layer" if "layers" in ds.attrs else "repeat"
            raise InputError(f"this slice was taken out of {of}s without its number, so its axes are unknown; expected the coordinate "
                             f"{of!r}: write ds.isel({of}=1) without drop=True")
        gram = gram[ds.attrs["labels"][dim].index(str(ds[dim].values)) if dim in ds.attrs.get("labels", {}) else int(ds[dim])]
    check_independent(gram)
    return gram


def curvatures(surface: np.ndarray, spacing: list[float], gram: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """λ_min and λ_max of the finite-difference Hessian with respect to the Gram matrix, on interior points.

    ``surface`` has shape (…, na, nb); the results (…, na − 2, nb − 2), NaN where one of the nine values is not finite.
    """
    f = np.where(np.isfinite(surface), surface, np.nan)
    ha, hb = spacing
    mid = f[..., 1:-1, 1:-1]
    aa = (f[..., 2:, 1:-1] - 2 * mid + f[..., :-2, 1:-1]) / ha**2
    bb = (f[..., 1:-1, 2:] - 2 * mid + f[..., 1:-1, :-2]) / hb**2
    ab = (f[..., 2:, 2:] - f[..., 2:, :-2] - f[..., :-2, 2:] + f[..., :-2, :-2]) / (4 * ha * hb)
    inverse = solve_triangular(cholesky(gram, lower=True), np.eye(2), lower=True)  # L⁻¹, G = L Lᵀ
    h = np.stack([np.stack([aa, ab], -1), np.stack([ab, bb], -1)], -2)
    h = inverse @ h @ inverse.T  # the eigenvalues of L⁻¹ H L⁻ᵀ are those of H with respect to G
    centre, half = (h[..., 0, 0] + h[..., 1, 1]) / 2, np.hypot((h[..., 0, 0] - h[..., 1, 1]) / 2, h[..., 0, 1])
    return centre - half, centre + half


def _jackknife(groups: np.ndarray, spacing: list[float], gram: np.ndarray) -> np.ndarray:
    """Standard error of λ_min + 0.01·λ_max, leaving out one group of examples at a time; groups (g, na, nb)."""
    count = len(groups)
    left_out = (groups.sum(0) - groups) / (count - 1)
    low, high = curvatures(left_out, spacing, gram)
    excess = low + THRESHOLD * high
    return np.sqrt((count - 1) / count * ((excess - excess.mean(0)) ** 2).sum(0))
