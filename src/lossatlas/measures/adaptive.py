"""Adaptive worst-case and average-case sharpness (Andriushchenko et al. 2023; METHODS 3.13).

    S_max = mean over batches of max over ‖δ ⊘ c‖_p ≤ ρ of L(θ + δ) − L(θ),      S_avg = mean over δ of L(θ + δ) − L(θ)

with c = |θ| (adaptive: one positive factor per layer changes nothing) or 1, p = 2 or ∞, and for the average δ ~ N(0, ρ² diag c²), for p = ∞
uniform in the box. Batches of 128, 1,024 examples, logits centred and divided by their norm where asked. The maximum is sought by
Auto-PGD (Croce and Hein 2020): 20 steps from δ = 0, step 2ρ, momentum .75, at checkpoints halved and restarted from the best where progress
is slow, no random restarts.

Everything is done in e = δ ⊘ c. So a weight that is zero stays where it is (dividing by it would give NaN), and going back to the best
point takes position and loss together (in the released code only the weights go back).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from torch import Tensor

from ..data import Batch
from ..errors import InputError
from ..execution.memory import by_batch
from ..losses import logits_of
from ..names import choose
from ..objective import Objective
from ..seeds import check_seed, generator
from .record import Measure
from .surface import Surface, count, mean_and_error, positive

Norm = Literal["linf", "l2"]

#: As published: examples in a batch, examples in all.
BATCH, EXAMPLES = 128, 1024
#: Auto-PGD: share of steps that must have gone up, momentum, first checkpoint, how much shorter the next gap is, the shortest gap.
_PROGRESS, _MOMENTUM, _FIRST, _SHORTER, _SHORTEST = 0.75, 0.75, 0.22, 0.03, 0.06


@dataclass(frozen=True)
class NormalizedLogits:
    """A loss of logits that are centred and divided by their norm, example by example."""

    loss: Any

    def __call__(self, outputs: Any, targets: Any) -> Any:
        logits = logits_of(outputs)
        logits = logits - logits.mean(-1, keepdim=True)
        return self.loss(logits / logits.norm(dim=-1, keepdim=True).clamp(min=1e-10), targets)


def worst_case(
    objective: Any, *, point: Mapping[str, Tensor] | None = None, rho: float = 0.01, adaptive: bool = True, norm: Norm = "linf",
    steps: int = 20, normalize_logits: bool = False, seed: int = 0,
) -> Measure:
    """S_max, by Auto-PGD.

    Args:
        rho: radius; in the paper 0.0005 to 0.02 for adaptive linf, 0.05 to 1 for adaptive l2.
        norm: of the ball, ``linf`` or ``l2``.
        steps: of Auto-PGD.
        normalize_logits: to compare networks whose outputs have different scales.
        seed: of the 1,024 examples, where there are more.

    Returns:
        ``value`` in units of the loss with ``stderr`` over batches; ``converged``: the last quarter of the steps added less than 5 %.

    Raises:
        InputError: an option out of range.
    """
    rho, steps = positive(rho, "rho", "e.g. 0.01 (linf) or 0.5 (l2)"), count(steps, "steps")
    choose(norm, Norm, "norm")
    surface, batches = _prepared(objective, point, normalize_logits, seed)
    found = [_ascent(surface, batch, rho, adaptive, norm, steps) for batch in batches]
    sizes = [batch.size for batch in batches]
    mean, error = mean_and_error([best for best, _ in found], sizes)
    late = mean - mean_and_error([before for _, before in found], sizes)[0]
    settings = {"rho": rho, "adaptive": adaptive, "norm": norm, "steps": steps, "normalize_logits": normalize_logits,
                "batch": batches[0].size, "examples": sum(sizes), "seed": seed}
    return Measure(mean, error, converged=mean > 0 and late <= 0.05 * mean, settings=settings, losses=surface.losses,
                   gradients=surface.gradients, details={"late_gain": late, "batches": len(batches)})


def average_case(
    objective: Any, *, point: Mapping[str, Tensor] | None = None, rho: float = 0.1, adaptive: bool = True, norm: Norm = "l2",
    draws: int = 20, normalize_logits: bool = False, seed: int = 0,
) -> Measure:
    """S_avg: the mean rise under random perturbations of relative size ``rho``, with its standard error over draws.

    Args:
        rho: standard deviation (``l2``) or half width (``linf``) of δ ⊘ c.
        draws: of δ, each on all examples.

    Raises:
        InputError: an option out of range.
    """
    rho, draws = positive(rho, "rho", "e.g. 0.1"), count(draws, "draws", 2)
    choose(norm, Norm, "norm")
    surface, batches = _prepared(objective, point, normalize_logits, seed)
    sizes, before = _sizes(surface, adaptive), surface.value
    rises = []
    for number in range(draws):
        random, step = generator(seed, "average", number), {}
        for name, size in sizes.items():
            noise = torch.rand(size.shape, generator=random, dtype=torch.float64) * 2 - 1 if norm == "linf" else torch.randn(
                size.shape, generator=random, dtype=torch.float64)
            step[name] = (rho * noise.to(size.device) * size).to(size.dtype)
        rises.append(surface.loss(step) - before)
    mean, error = mean_and_error(rises)
    settings = {"rho": rho, "adaptive": adaptive, "norm": norm, "draws": draws, "normalize_logits": normalize_logits,
                "examples": sum(b.size for b in batches), "seed": seed}
    return Measure(mean, error, converged=math.isfinite(mean), settings=settings, losses=surface.losses, gradients=surface.gradients,
                   details={"rises": rises})


def _prepared(objective: Any, point: Mapping[str, Tensor] | None, normalize_logits: bool, seed: int) -> tuple[Surface, list[Batch]]:
    """The surface on at most 1,024 examples, and its batches of 128."""
    check_seed(seed)
    if not isinstance(objective, Objective):
        return Surface(objective, point), []  # which refuses it
    if normalize_logits:
        if objective.loss_name != "cross_entropy":
            raise InputError(f"normalize_logits is for cross-entropy; this objective has the loss {objective.loss_name!r}")
        objective = replace(objective, loss=NormalizedLogits(objective.loss))
    data = objective.data
    if data.n_examples > EXAMPLES:
        chosen = torch.randperm(data.n_examples, generator=generator(seed, "sharpness examples"))[:EXAMPLES]
        data = data.take(chosen.sort().values)
    if data.stackable and not by_batch(objective):  # where BatchNorm looks at batches their size is part of the definition
        data = data.rebatch(BATCH)
    surface = Surface(replace(objective, data=data), point)
    return surface, list(surface.objective.data)


def _sizes(surface: Surface, adaptive: bool) -> dict[str, Tensor]:
    """c, tensor by tensor."""
    own = {name: surface.centre[name] for name in surface.names}
    return {name: t.abs() if adaptive else torch.ones_like(t) for name, t in own.items()}


def _ascent(surface: Surface, batch: Batch, rho: float, adaptive: bool, norm: Norm, steps: int) -> tuple[float, float]:
    """Auto-PGD on one batch: the largest rise, and the largest before the last quarter of the steps."""
    c = surface.flat(_sizes(surface, adaptive))
    free = c > 0
    position = torch.zeros_like(c)
    start, slope = surface.gradient({}, batch=batch)
    g, best, best_at, best_g, eta = c * surface.flat(slope), start, position, None, 2 * rho
    best_g, previous, value, ups = g, position, start, 0
    checkpoints, last, last_best, last_eta, early = _checkpoints(steps), 0, start, eta, start
    for step in range(1, steps + 1):
        aim = _projected(position + eta * _direction(g, norm), rho, norm) * free
        momentum = 1.0 if step == 1 else _MOMENTUM
        moved = _projected(position + momentum * (aim - position) + (1 - momentum) * (position - previous), rho, norm) * free
        previous, position, before = position, moved, value
        value, slope = surface.gradient(surface.step(c * position), batch=batch)
        if not math.isfinite(value):
            return math.nan, math.nan
        g, ups = c * surface.flat(slope), ups + (value > before)
        if value > best:
            best, best_at, best_g = value, position, g
        if step in checkpoints:
            slow = ups < _PROGRESS * (step - last) or (last_eta == eta and last_best == best)
            last, last_best, last_eta, ups = step, best, eta, 0
            if slow:
                eta, position, previous, g, value = eta / 2, best_at, best_at, best_g, best
        early = best if step <= steps - max(steps // 4, 1) else early
    return best - start, early - start


def _checkpoints(steps: int) -> set[int]:
    """The steps after which progress is judged: gaps of .22, .19, .16 … of all steps, not below .06."""
    found, at, gap = set(), 0.0, _FIRST
    while at < 1:
        at, gap = at + gap, max(gap - _SHORTER, _SHORTEST)
        found.add(math.ceil(round(at * steps, 9)))
    return found


def _direction(g: Tensor, norm: Norm) -> Tensor:
    return g.sign() if norm == "linf" else g / g.norm().clamp(min=1e-300)


def _projected(e: Tensor, rho: float, norm: Norm) -> Tensor:
    return e.clamp(-rho, rho) if norm == "linf" else e * min(1.0, rho / max(float(e.norm()), 1e-300))
