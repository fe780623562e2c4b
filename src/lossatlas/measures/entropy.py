"""Local entropy (Chaudhari et al. 2017; METHODS B8, 3.14): how much volume of low loss there is around a point.

    F(x; γ) = log ∫ exp(−f(x') − γ/2 ‖x − x'‖²) dx',       −∇F = γ(x − ⟨x'⟩)

* :func:`entropy_gradient`: Entropy-SGD's own inner loop, x' ← x' − η'[∇f(x') + γ(x' − x)] + √(2η')·ε·N(0, 1), η' = .1, ε = 1e-4, L = 20
  steps, μ ← .75 μ + .25 x', with f the mean loss. ε = 1e-4 is the temperature 1e-8: what comes out is the gradient of nearly a Moreau
  envelope and no entropy, and no number F belongs to it.
* :func:`local_entropy`: F as a number, at temperature 1 with f = n·(mean loss), relative to a flat loss:

      log E[exp(−n(L(x') − L(x)))],  x' ~ N(x, 1/γ),   =   F + (D/2) log(γ/2π) + nL(x)   =   −∫₀¹ E_t[n(L(x') − L(x))] dt

  by thermodynamic integration over t, E_t the mean under the Gaussian times exp(−t·nL). 0 is as flat as can be. Each E_t is drawn by
  Langevin steps that leave the Gaussian exactly as it is (pCNL: Cotter et al. 2013), Metropolis-corrected, temperatures (k/K)⁵ (Friel
  and Pettitt 2008). On a quadratic with curvatures h it is −½ Σ log(1 + n h_i/γ).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ..seeds import check_seed, generator
from .record import Measure
from .surface import Surface, count, mean_and_error, positive

#: Of Entropy-SGD: step η', noise ε, weight of the old mean.
STEP, NOISE, AVERAGE = 0.1, 1e-4, 0.75
#: Exponent of the temperatures, and the acceptance that the steps are tuned to.
_POWER, _ACCEPTANCE, _BLOCK = 5, 0.6, 10


def entropy_gradient(
    objective: Any, *, point: Mapping[str, Tensor] | None = None, gamma: float = 0.01, steps: int = 20, step: float = STEP,
    noise: float = NOISE, seed: int = 0,
) -> Measure:
    """‖∇F‖ = γ‖x − μ‖ by the inner loop of Entropy-SGD, on all data.

    Returns:
        ``value`` of one loop; ``details``: ``distance`` ‖x − μ‖, ``loss_at_mean`` (at μ), ``temperature`` ε². ``converged``: the last
        quarter of the steps moved μ by less than a tenth of the distance.

    Raises:
        InputError: an option out of range.
    """
    gamma, step = positive(gamma, "gamma", "e.g. 0.01"), positive(step, "step", "e.g. 0.1")
    steps, surface, random = count(steps, "steps"), Surface(objective, point), generator(check_seed(seed), "entropy")
    w = torch.zeros_like(surface.flat(surface.centre))
    mean, before = w, w
    for k in range(steps):
        _, slope = surface.gradient(surface.step(w))
        kick = torch.randn(len(w), generator=random).double()
        w = w - step * (surface.flat(slope) + gamma * w) + math.sqrt(2 * step) * noise * kick
        mean = AVERAGE * mean + (1 - AVERAGE) * w
        before = mean if k < steps - max(steps // 4, 1) else before
    distance = float(mean.norm())
    settings = {"gamma": gamma, "steps": steps, "step": step, "noise": noise, "average": AVERAGE, "gradients": "all data", "seed": seed}
    details = {"distance": distance, "loss_at_mean": surface.loss(surface.step(mean)), "loss": surface.value, "temperature": noise**2}
    return Measure(gamma * distance, converged=float((mean - before).norm()) <= 0.1 * distance, settings=settings, details=details,
                   losses=surface.losses, gradients=surface.gradients)


def local_entropy(
    objective: Any, *, point: Mapping[str, Tensor] | None = None, gamma: float = 1000.0, temperatures: int = 12, draws: int = 300,
    burn_in: int = 100, seed: int = 0,
) -> Measure:
    """The local entropy relative to a flat loss, at temperature 1 with f = n·(mean loss of the data).

    Args:
        gamma: 1/γ is the variance of the Gaussian around the point.
        temperatures: K of the integration.
        draws: kept at every temperature, after ``burn_in`` that are not.

    Returns:
        ``value`` (0 or less at a minimum) and ``stderr``: that of the draws, by means of blocks; the error of the integration rule is in
        ``details["rule"]``, the difference to the rule without its second-order term. ``details``: ``n``, ``mean`` and ``acceptance`` per
        temperature. ``converged``: the acceptance is above .2 everywhere and rule and draws err by less than 10 % together.

    Raises:
        InputError: an option out of range.
    """
    gamma, kept = positive(gamma, "gamma", "e.g. 1000"), count(draws, "draws", 2 * _BLOCK)
    levels, burn_in, surface = count(temperatures, "temperatures", 2), count(burn_in, "burn_in", 0), Surface(objective, point)
    surface.objective = replace(surface.objective, penalty=None)  # F has a Gaussian of its own
    chain = _Chain(surface, surface.objective.data.n_examples, gamma)
    ladder = [(k / levels) ** _POWER for k in range(levels + 1)]
    means, variances, errors, rates = [], [], [], []
    for t in reversed(ladder):  # from the coldest, which is where the chain begins
        values, rate = chain.drawn(t, burn_in, kept, generator(check_seed(seed), "entropy", t))
        blocks = values[: len(values) // _BLOCK * _BLOCK].reshape(-1, max(len(values) // _BLOCK, 1))
        means.insert(0, float(values.mean()))
        variances.insert(0, float(values.var()))
        errors.insert(0, mean_and_error(blocks.mean(1))[1])
        rates.insert(0, rate)
    value, rule, error = _integral(ladder, means, variances, errors)
    settings = {"gamma": gamma, "temperatures": levels, "draws": kept, "burn_in": burn_in, "temperature": 1.0, "seed": seed}
    details = {"n": chain.n, "means": means, "acceptance": rates, "rule": rule}
    fine = min(rates) > 0.2 and math.hypot(error, rule) <= 0.1 * abs(value)
    return Measure(value, error, value - 2 * error, value + 2 * error, fine, settings, details, surface.losses, surface.gradients)


def _integral(ladder: list[float], means: list[float], variances: list[float], errors: list[float]) -> tuple[float, float, float]:
    """−∫ mean dt, how much the second-order term of the rule is, and the standard error.

    The derivative of the mean in t is minus the variance, so the trapezoidal rule has an exact correction (Friel et al. 2014).
    """
    plain = corrected = square = 0.0
    for k in range(len(ladder) - 1):
        width = ladder[k + 1] - ladder[k]
        plain += width * (means[k] + means[k + 1]) / 2
        corrected += width**2 / 12 * (variances[k + 1] - variances[k])
        square += (width / 2) ** 2 * (errors[k] ** 2 + errors[k + 1] ** 2)
    return -(plain + corrected), abs(corrected), math.sqrt(square)


class _Chain:
    """Draws from N(x, 1/γ)·exp(−t·n(L − L(x))), going on where the last temperature ended."""

    def __init__(self, surface: Surface, n: int, gamma: float) -> None:
        self.surface, self.n, self.gamma, self.start, self.delta = surface, n, gamma, surface.loss({}), 0.1
        self.w = torch.zeros_like(surface.flat(surface.centre))

    def drawn(self, t: float, burn_in: int, kept: int, random: torch.Generator) -> tuple[Tensor, float]:
        """n(L − L(x)) at ``kept`` draws, and the acceptance; steps are tuned while burning in."""
        value, slope = self._at(self.w)
        values, accepted = torch.empty(kept, dtype=torch.float64), 0
        for k in range(-burn_in, kept):
            kick = torch.randn(len(self.w), generator=random).double() / math.sqrt(self.gamma)
            delta = self.delta
            moved = ((2 - delta) * self.w - 2 * delta / self.gamma * t * slope + math.sqrt(8 * delta) * kick) / (2 + delta)
            new, new_slope = self._at(moved)
            log_ratio = self._rho(t, value, slope, self.w, moved) - self._rho(t, new, new_slope, moved, self.w)
            take = math.isfinite(new) and float(torch.rand((), generator=random)) < math.exp(min(log_ratio, 0.0))
            if take:
                self.w, value, slope = moved, new, new_slope
            if k < 0:
                self.delta = min(max(self.delta * (1.1 if take else 1.1 ** (-_ACCEPTANCE / (1 - _ACCEPTANCE))), 1e-8), 2.0)
            else:
                values[k], accepted = value, accepted + take
        return values, accepted / kept

    def _at(self, w: Tensor) -> tuple[float, Tensor]:
        value, slope = self.surface.gradient(self.surface.step(w))
        return self.n * (value - self.start), self.n * self.surface.flat(slope)

    def _rho(self, t: float, value: float, slope: Tensor, at: Tensor, to: Tensor) -> float:
        """ρ(u, v) of Cotter et al. 2013, section 4.3: the acceptance of a step from u to v is exp(ρ(u, v) − ρ(v, u))."""
        drift = t * slope
        return t * value + float(0.5 * (to - at) @ drift + self.delta / 4 * (at + to) @ drift + self.delta / 4 / self.gamma * drift @ drift)
