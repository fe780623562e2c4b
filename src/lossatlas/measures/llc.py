"""Local learning coefficient: how fast the volume of low loss shrinks around a point (Lau et al. 2023; METHODS 3.15).

    λ̂ = nβ · (E_w[L_n(w)] − L_n(w*)),     β = 1/log n,

the mean over the posterior exp(−nβ L_n(w) − γ/2 ‖w − w*‖²), drawn by SGLD: w ← w − (ε/2)[nβ∇L(w) + γ(w − w*)] + N(0, ε). For a regular
model λ is half the number of parameters; singular ones have less. nβ is n/log n of the paper, not batch/log(batch) of some code.

Localization and step size bias it. On a quadratic loss with curvatures h the stationary variances are 1/(a(1 − εa/4)), a = nβh + γ, and
the estimate is known: :func:`of_quadratic`. An estimate counts only with the checks that are made here: the loss has reached a plateau
(first and second half of the draws agree), chains agree (R̂ < 1.1), the acceptance that a Metropolis correction would have is high (about
.9; below .7 the chain is another distribution), and λ̂ is not negative (then w* was no minimum, and the chains found a lower place).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from scipy.special import stdtrit
from torch import Tensor

from ..errors import InputError
from ..seeds import check_seed, generator
from .record import Measure
from .surface import Surface, count, mean_and_error, positive

#: The step size is tuned to this acceptance by a chain of its own, so many times after so many steps.
ACCEPTANCE, _TRIALS, _TRIAL = 0.9, 20, 15
#: Bounds of the checks; the plateau is tested at this level (Student's t over chains).
R_HAT, LOWEST_ACCEPTANCE, PLATEAU = 1.1, 0.7, 0.01


def llc(
    objective: Any, *, point: Mapping[str, Tensor] | None = None, gamma: float = 100.0, epsilon: float | None = None, chains: int = 4,
    draws: int = 600, burn_in: int = 300, seed: int = 0,
) -> Measure:
    """The local learning coefficient at a point, by SGLD over all data.

    Args:
        gamma: localization γ. Directions with nβh well below γ do not count, so the estimate falls with γ: compare only at one value.
        epsilon: step size; None: tuned to a Metropolis acceptance of about .9 by a chain of its own.
        chains: independent ones, all from the point.
        draws: per chain, all kept, after ``burn_in`` steps that are not.

    Returns:
        ``value`` λ̂ and ``stderr`` over chains; ``details``: ``r_hat``, ``acceptance``, ``plateau`` (difference of the halves in standard
        errors), ``negative``, ``chains`` (λ̂ of each), ``loss``, ``mean_loss``, ``trace`` (mean loss of the chains, step by step).
        ``converged``: all four checks pass; what fails is in ``notes``.

    Raises:
        InputError: an option out of range, fewer than 2 chains.
    """
    gamma, chains = positive(gamma, "gamma", "e.g. 100"), count(chains, "chains", 2)
    draws, burn_in, surface = count(draws, "draws", 4), count(burn_in, "burn_in", 0), Surface(objective, point)
    surface.objective = replace(surface.objective, penalty=None)  # L_n is the loss of the data; the prior is γ
    n = surface.objective.data.n_examples
    if n < 3:
        raise InputError(f"the data have {n} examples, and β is 1/log n; expected at least 3")
    start, scale = surface.loss({}), n / math.log(n)
    step = _Langevin(surface, scale, gamma)
    epsilon = step.found(check_seed(seed)) if epsilon is None else positive(epsilon, "epsilon", "e.g. 1e-5")
    runs = [step.chain(epsilon, burn_in + draws, generator(seed, "chain", k)) for k in range(chains)]
    losses = torch.stack([losses for losses, _, _ in runs])  # (chains, steps)
    kept, accepted = losses[:, burn_in:], torch.stack([rates for _, rates, _ in runs])[:, burn_in:]
    each = scale * (kept.mean(1) - start)
    value, error = mean_and_error(each)
    details: dict[str, Any] = {"r_hat": r_hat(kept), "acceptance": float(accepted.mean()), "plateau": _plateau(kept),
                               "negative": value < 0, "chains": each.tolist(), "loss": start, "mean_loss": float(kept.mean()),
                               "trace": losses.mean(0).tolist()}
    notes = _health(details)
    settings = {"gamma": gamma, "epsilon": epsilon, "n_beta": scale, "chains": chains, "draws": draws, "burn_in": burn_in,
                "gradients": "all data", "seed": seed}
    return Measure(value, error, value - 2 * error, value + 2 * error, not notes, settings, details, surface.losses, surface.gradients,
                   notes)


def of_quadratic(curvatures: Sequence[float] | Tensor, n: int, *, gamma: float, epsilon: float = 0.0) -> float:
    """What :func:`llc` estimates on L = ½ Σ h_i w_i² with these settings: nβ·½ Σ h_i Var_i; at ε = γ = 0 half the number of h_i > 0."""
    h, scale = torch.as_tensor(curvatures, dtype=torch.float64), n / math.log(n)
    a = scale * h + gamma
    return float(0.5 * scale * (h / (a * (1 - epsilon * a / 4))).sum())


class _Langevin:
    """SGLD steps around a point."""

    def __init__(self, surface: Surface, scale: float, gamma: float) -> None:
        self.surface, self.scale, self.gamma = surface, scale, gamma

    def chain(self, epsilon: float, steps: int, random: torch.Generator, start: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """The loss after every step and the acceptance that Metropolis would have had, (steps,) each, NaN once it diverges; and the end."""
        w = torch.zeros_like(self.surface.flat(self.surface.centre)) if start is None else start
        loss, drift = self._at(w)
        losses, rates = torch.full((steps,), math.nan, dtype=torch.float64), torch.zeros(steps, dtype=torch.float64)
        for k in range(steps):
            moved = w - epsilon / 2 * drift + math.sqrt(epsilon) * torch.randn(len(w), generator=random).double()
            new, new_drift = self._at(moved)
            if not math.isfinite(new):
                break
            forth, back = (moved - w + epsilon / 2 * drift).square().sum(), (w - moved + epsilon / 2 * new_drift).square().sum()
            log_ratio = self._energy(loss, w) - self._energy(new, moved) + float(forth - back) / (2 * epsilon)
            losses[k], rates[k] = new, math.exp(min(log_ratio, 0.0))
            w, loss, drift = moved, new, new_drift
        return losses, rates, w

    def found(self, seed: int) -> float:
        """The step size at which the acceptance is about .9: tuned along a chain, which has to leave the mode before it tells anything."""
        epsilon, w = 0.1 / self.scale, torch.zeros_like(self.surface.flat(self.surface.centre))
        for trial in range(_TRIALS):
            _, rates, end = self.chain(epsilon, _TRIAL, generator(seed, "trial", trial), w)
            rate = float(rates.mean())
            w = end if rate > LOWEST_ACCEPTANCE else w
            epsilon *= 0.5 if rate < LOWEST_ACCEPTANCE else 0.8 if rate < ACCEPTANCE - 0.03 else 1.3 if rate > ACCEPTANCE + 0.05 else 1.0
        return epsilon

    def _at(self, w: Tensor) -> tuple[float, Tensor]:
        value, slope = self.surface.gradient(self.surface.step(w))
        return value, self.scale * self.surface.flat(slope) + self.gamma * w

    def _energy(self, loss: float, w: Tensor) -> float:
        return self.scale * loss + 0.5 * self.gamma * float(w.square().sum())


def r_hat(chains: Tensor) -> float:
    """Split R̂ of chains of shape (chains, draws): √((W (m−1)/m + B/m) / W) over halves (Gelman et al. 2013, section 11.4)."""
    half = chains.shape[1] // 2
    parts = torch.cat([chains[:, :half], chains[:, half : 2 * half]])
    within, between = parts.var(1).mean(), half * parts.mean(1).var()
    return float(torch.sqrt((within * (half - 1) / half + between / half) / within))


def _plateau(chains: Tensor) -> float:
    """Mean loss of the second half minus the first, in standard errors over chains."""
    half = chains.shape[1] // 2
    mean, error = mean_and_error(chains[:, half : 2 * half].mean(1) - chains[:, :half].mean(1))
    return mean / error if error else 0.0


def _health(found: Mapping[str, Any]) -> tuple[str, ...]:
    """What is wrong with the chains, in sentences."""
    said = []
    if not math.isfinite(found["mean_loss"]):
        return ("the chains diverged: take a smaller epsilon",)
    if not found["r_hat"] < R_HAT:
        said.append(f"chains disagree (R-hat {found['r_hat']:.3g}): take more draws")
    if not abs(found["plateau"]) < stdtrit(len(found["chains"]) - 1, 1 - PLATEAU / 2):
        said.append(f"no plateau: the loss still moves by {found['plateau']:.2g} standard errors: take a longer burn-in")
    if not found["acceptance"] > LOWEST_ACCEPTANCE:
        said.append(f"a Metropolis step would accept {found['acceptance']:.2g}: another distribution is drawn, take a smaller epsilon")
    if found["negative"]:
        said.append("the estimate is negative: the point is no minimum, the chains found a lower loss")
    return tuple(said)
