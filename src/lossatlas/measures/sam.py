"""Worst-case sharpness along the gradient: SAM (Foret et al. 2021), and ASAM, which does not see the scale of weights (Kwon et al. 2021).

    SAM:   L(θ + ρ g/‖g‖) − L(θ)            ASAM:  L(θ + ρ T²g/‖Tg‖) − L(θ),   T = |θ|

with g the gradient: the maximum over the ball ‖ε‖ ≤ ρ, or ‖T⁻¹ε‖ ≤ ρ, to first order. m-sharpness is the mean over shards of m examples,
each weighed by its size and with a maximum of its own: what SAM with batches of m minimizes. One positive factor per layer, which leaves
the function as it is, changes SAM and leaves ASAM (METHODS B6, 3.13).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ..params import Params, norm
from ..seeds import check_seed
from .record import Measure
from .surface import Surface, count, mean_and_error, positive


def sam(
    objective: Any, *, point: Mapping[str, Tensor] | None = None, rho: float = 0.05, adaptive: bool = False, shard: int | None = None,
    seed: int = 0,
) -> Measure:
    """The rise of the loss at the SAM (or ASAM) perturbation.

    Args:
        rho: radius; SAM has 0.05, ASAM 0.5 to 2.
        adaptive: ASAM.
        shard: examples of a shard, for m-sharpness (default: all data are one).
        seed: nothing is drawn; taken so that all measures are called alike.

    Returns:
        ``value`` in units of the loss, with ``stderr`` over shards where there are several (NaN else). ``converged`` is False, and the
        value NaN, where a gradient is exactly zero and points nowhere. ``details``: ``gradient_norm``, of shards its mean.

    Raises:
        InputError: an option out of range.
    """
    rho, shard = positive(rho, "rho", "e.g. 0.05, or with adaptive=True 0.5"), None if shard is None else count(shard, "shard")
    check_seed(seed)
    surface = Surface(objective, point)
    shards = [None] if shard is None else list(surface.objective.data.rebatch(shard))
    rises, norms = [], []
    for batch in shards:
        value, slope = surface.gradient({}, batch=batch)
        norms.append(norm(slope))
        step = perturbation(slope, surface.centre if adaptive else None, rho)
        rises.append(surface.loss(step, batch=batch) - value if norms[-1] else math.nan)
    mean, error = mean_and_error(rises, [1 if batch is None else batch.size for batch in shards])
    settings = {"rho": rho, "adaptive": adaptive, "shard": shard}
    return Measure(mean, error, converged=math.isfinite(mean), settings=settings, losses=surface.losses, gradients=surface.gradients,
                   details={"gradient_norm": sum(norms) / len(norms), "shards": len(shards)})


def perturbation(slope: Mapping[str, Tensor], sizes: Mapping[str, Tensor] | None, rho: float) -> Params:
    """ρ g/‖g‖, or with ``sizes`` ρ T²g/‖Tg‖ for T = |sizes|."""
    wide = {name: g.to(torch.float64) for name, g in slope.items()}
    if sizes is not None:
        wide = {name: g * sizes[name].abs() for name, g in wide.items()}
    scale = rho / norm(wide) if norm(wide) else math.nan
    return {name: (scale * g * (1 if sizes is None else sizes[name].abs())).to(slope[name].dtype) for name, g in wide.items()}
