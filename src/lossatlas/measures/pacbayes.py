"""PAC-Bayes flatness: how much noise the weights bear (Jiang et al. 2020, Dziugaite et al. 2020; METHODS 3.12).

    σ* = the largest σ at which E_u[error(θ + u) − error(θ)] ≤ 0.1,     u ~ N(0, σ²)   or, aware of magnitudes,  u_i ~ N(0, σ²|θ_i|² + ε²)

by bisection on [0, 2], at most 15 steps, 10 draws of u, until the drop of the accuracy is within .01 of .1. The measure is 1/σ*². σ is a
standard deviation here; the released code hands its square to ``torch.normal``, so that its σ is not σ. All σ use the same draws,
scaled, so that the drop is a smooth function of σ.

BatchNorm is folded into the layer before it first: noise goes into the folded weight s·W and bias, s = γ/√(σ_B² + ε), which is noise over
|s| in W and the same noise in the shift. Where a network cannot be traced or a BatchNorm stands behind no single layer, its scale and shift
stay as they are, which is said in ``notes``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from ..execution.forward import NotApplicable
from ..params import Params
from ..seeds import check_seed, generator
from .record import Measure
from .rescaling import normed_layers
from .surface import Surface, count, positive

#: As published: the drop of accuracy and how near it must be met, the largest σ, steps of the bisection, ε.
DROP, NEAR, LARGEST, STEPS, EPSILON = 0.1, 0.01, 2.0, 15, 1e-3


def noise_tolerance(
    objective: Any, *, point: Mapping[str, Tensor] | None = None, magnitude: bool = False, drop: float = DROP, draws: int = 10,
    largest: float = LARGEST, seed: int = 0,
) -> Measure:
    """1/σ*², where σ* is the noise that costs ``drop`` of accuracy.

    Args:
        magnitude: noise in proportion to every weight, beside ε = 1e-3.
        draws: of the noise.
        largest: the largest σ; where the accuracy does not drop so far even there, σ* is this and ``converged`` False.

    Returns:
        ``value`` 1/σ*² with ``stderr`` by leaving out one draw at a time; ``low`` and ``high`` two of these to both sides;
        ``details``: ``sigma``, ``sigma_stderr``, ``drop`` met and its standard error, ``trace`` (σ and drop, step by step).

    Raises:
        InputError: an objective that is not one of classes, an option out of range.
    """
    drop, largest, draws = positive(drop, "drop", "e.g. 0.1"), positive(largest, "largest", "e.g. 2"), count(draws, "draws", 2)
    surface = Surface(objective, point)
    moved, kept = _folded(surface)
    clean, noise = surface.error({}), _noise(moved, surface.centre, magnitude, check_seed(seed))
    trace: dict[float, Tensor] = {0.0: torch.zeros(draws, dtype=torch.float64)}

    def drops(sigma: float) -> Tensor:
        trace[sigma] = torch.tensor([surface.error(noise(k, sigma)) - clean for k in range(draws)], dtype=torch.float64)
        return trace[sigma]

    low, high, sigma = 0.0, largest, largest
    reached = not float(drops(largest).mean()) <= drop
    for _ in range(STEPS if reached else 0):
        sigma = (low + high) / 2
        mean = float(drops(sigma).mean())
        if abs(mean - drop) < NEAR:
            break
        low, high = (sigma, high) if mean <= drop else (low, sigma)
    for nearby in (0.8, 1.25) if reached else ():  # how steep the drop is, for the error
        drops(nearby * sigma)
    error = _jackknife(trace, drop) if reached else math.nan
    value, spread = sigma**-2, 2 * error / sigma**3
    found = trace[sigma]
    settings = {"magnitude": magnitude, "drop": drop, "draws": draws, "largest": largest, "steps": STEPS, "epsilon": EPSILON, "seed": seed}
    details = {"sigma": sigma, "sigma_stderr": error, "drop": float(found.mean()), "drop_stderr": float(found.std()) / math.sqrt(draws),
               "error": clean, "trace": [[s, float(d.mean())] for s, d in trace.items()]}
    return Measure(value, spread, value - 2 * spread, value + 2 * spread, reached and abs(float(found.mean()) - drop) < NEAR, settings,
                   details, surface.losses, surface.gradients, _notes(reached, largest, kept))


def _notes(reached: bool, largest: float, kept: list[str]) -> tuple[str, ...]:
    said = (f"BatchNorm is not folded at {', '.join(kept[:3])}{', …' if len(kept) > 3 else ''}: these stay, noise goes into all else",)
    far = (f"the accuracy does not drop so far up to sigma = {largest:g}, which stands for it",)
    return (*(said if kept else ()), *(() if reached else far))


def _folded(surface: Surface) -> tuple[dict[str, tuple[Tensor, Tensor]], list[str]]:
    """Per tensor that gets noise: the folded weights, whose size counts, and what one unit of noise in these is in it; and what stays."""
    own = {name: surface.centre[name].to(torch.float64) for name in surface.names}
    moved = {name: (t, torch.ones_like(t)) for name, t in own.items()}
    if not surface.objective.has_batchnorm:
        return moved, []
    try:
        layers = normed_layers(surface.objective)
    except NotApplicable:
        layers = []
    handled: set[str | None] = set()
    for layer in layers:
        if layer.scale in own and layer.shift in own and layer.weight in own:
            scale, shift, centre = own[str(layer.scale)], own[str(layer.shift)], surface.centre
            s = scale / (centre[layer.var].to(torch.float64) + layer.eps).sqrt()
            per_row = s.reshape(-1, *([1] * (own[layer.weight].ndim - 1)))
            bias = centre[layer.bias].to(torch.float64) if layer.bias is not None else 0.0
            moved[layer.weight] = (per_row * own[layer.weight], torch.where(per_row == 0, 0.0, 1 / per_row).expand_as(own[layer.weight]))
            moved[str(layer.shift)] = (shift + (bias - centre[layer.mean].to(torch.float64)) * s, torch.ones_like(shift))
            handled |= {layer.scale, layer.shift, layer.bias}
            for name in (layer.scale, layer.bias):
                moved.pop(str(name), None)
    kept = [name for name in own if surface.objective.layout[name].kind == "norm" and name not in handled]
    return {name: pair for name, pair in moved.items() if name not in kept}, kept


def _noise(
    moved: Mapping[str, tuple[Tensor, Tensor]], like: Mapping[str, Tensor], magnitude: bool, seed: int,
) -> Callable[[int, float], Params]:
    """Number of the draw, σ -> the displacement u."""
    def of(number: int, sigma: float) -> Params:
        random, out = generator(seed, "noise", number), {}
        for name, (weights, unit) in moved.items():
            drawn = torch.randn(weights.shape, generator=random, dtype=torch.float64).to(weights.device)
            scale = torch.sqrt(sigma**2 * weights.square() + EPSILON**2) if magnitude else sigma
            out[name] = (drawn * scale * unit).to(like[name].dtype)
        return out

    return of


def _jackknife(trace: Mapping[float, Tensor], drop: float) -> float:
    """Standard error of σ*: where the drop of all draws but one, interpolated between the σ that were tried, crosses."""
    sigmas = sorted(trace)
    table = torch.stack([trace[s] for s in sigmas])  # (σ, draws)
    n = table.shape[1]
    found = torch.tensor([_crossing(sigmas, (table.sum(1) - table[:, k]) / (n - 1), drop) for k in range(n)], dtype=torch.float64)
    return math.sqrt((n - 1) / n * float((found - found.mean()).square().sum()))


def _crossing(sigmas: list[float], drops: Tensor, drop: float) -> float:
    """The first σ at which the drop, linear in between, exceeds ``drop``; the last one where it never does."""
    for k in range(1, len(sigmas)):
        before, after = float(drops[k - 1]), float(drops[k])
        if after > drop:
            return sigmas[k - 1] + (sigmas[k] - sigmas[k - 1]) * max(drop - before, 0.0) / max(after - before, 1e-300)
    return sigmas[-1]
