"""Local volume: the probability that a random network lies in the basin (Scherlis and Belrose 2025; METHODS 2.9, 3.16).

Random means drawn from N(0, σ²I) with σ² = ‖θ*‖²/D, the mean square of the weights; the basin is where the network still answers the same:
KL(at the point ‖ there) ≤ .01 nats on the data, or where the loss has not risen by a given amount. Along a direction Pu, u uniform on the
unit sphere and det P = 1, the basin ends at a radius R, the Gaussian is integrated in one dimension, and

    log p = log mean_u ∫₀^R exp(−‖θ* + tPu‖²/2σ²) t^(D−1) dt + log area(S^(D−1)) − (D/2) log 2πσ².

(With the radius along the unit vector Pu/‖Pu‖ this has the term −D log‖Pu‖ instead.) P sends directions where the basin is long. The
paper has 1/(√v + 1e-5) with Adam's second moments v of the training run; without these v is the mean square of mini-batch gradients at the
point, which at a minimum spans many more orders of magnitude, and P = (√v + rms √v)^(−1/2). As for every such mean the largest term rules:
with few directions it is a lower bound, so log-mean, mean-log, effective sample size and interval are given together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..losses import logits_of
from ..names import choose
from ..params import Params
from ..seeds import check_seed, fixed_rng, generator
from .basin import bootstrap, edge_along, endless, expected, summary
from .record import Measure
from .surface import Surface, count, positive

Cost = Literal["kl", "loss"]
Preconditioner = Literal["gradients", "none"]

_NODES = np.polynomial.legendre.leggauss(128)


def local_volume(
    objective: Any, *, point: Mapping[str, Tensor] | None = None, cost: Cost = "kl", cutoff: float = 0.01, directions: int = 100,
    preconditioner: Preconditioner = "gradients", seed: int = 0,
) -> Measure:
    """The natural logarithm of the probability of the basin under a Gaussian of the weights' own size.

    Args:
        cost: ``kl``: of the answers, for cross-entropy with one class an example; ``loss``: rise of the loss.
        cutoff: of the cost, where the basin ends.
        preconditioner: of directions; ``gradients`` needs several batches.

    Returns:
        ``value`` log p; ``low`` and ``high`` a 95 % bootstrap interval over directions; ``details``: ``log10``, ``mean_log`` with
        ``mean_log_stderr``, ``effective_sample_size``, ``dimension``, ``sigma``. ``converged``: an effective sample size of 10.

    Raises:
        InputError: an option out of range, KL of what are no classes.
    """
    cutoff, directions = positive(cutoff, "cutoff", "e.g. 0.01"), count(directions, "directions", 2)
    choose(preconditioner, Preconditioner, "preconditioner")
    surface = Surface(objective, point)
    centre = surface.flat(surface.centre)
    dimension, sigma = len(centre), float(centre.norm()) / math.sqrt(len(centre))
    if not sigma > 0:
        raise InputError("all weights are zero, so the Gaussian has no size; expected a trained network")
    costs = _kl(surface) if choose(cost, Cost, "cost") == "kl" else (lambda step, r: surface.loss(step, r) - surface.value)
    spread = _spread(surface) if preconditioner == "gradients" else torch.ones(dimension, dtype=torch.float64)
    logs, radii = [], []
    for number in range(directions):
        u = torch.randn(dimension, generator=generator(check_seed(seed), "local volume", number), dtype=torch.float64)
        along = spread * u / u.norm()
        step = surface.step(along)
        radius = edge_along(lambda r, step=step: not costs(step, r) <= cutoff, guess=expected(radii, sigma),
                            tolerance=min(1e-2, 0.5 / dimension))
        radii.append(radius)
        logs.append(log_integral(float(centre @ centre), float(centre @ along), float(along @ along), sigma, dimension, radius))
    area = math.log(2) + dimension / 2 * math.log(math.pi) - math.lgamma(dimension / 2)
    constant, drawn = area - dimension / 2 * math.log(2 * math.pi * sigma**2), torch.tensor(logs, dtype=torch.float64)
    value, details = summary(drawn, constant)
    low, high = bootstrap(drawn, constant, generator(seed, "bootstrap"))
    settings = {"cost": cost, "cutoff": cutoff, "directions": directions, "preconditioner": preconditioner, "seed": seed}
    details |= {"log10": value / math.log(10), "dimension": dimension, "sigma": sigma, "radii": radii}
    return Measure(value, math.nan, low, high, details["effective_sample_size"] >= 10, settings, details, surface.losses, surface.gradients,
                   endless(radii))


def log_integral(a: float, b: float, c: float, sigma: float, dimension: int, end: float) -> float:
    """log ∫₀^end exp(−(a + 2bt + ct²)/2σ²) t^(D−1) dt, by quadrature where the integrand is; it is log-concave."""
    s2, power = sigma**2, dimension - 1
    mode = (-b + math.sqrt(b * b + 4 * c * power * s2)) / (2 * c) if power else max(-b / c, 0.0)
    top = min(mode, end) if mode > 0 else 0.0
    curvature = c / s2 + (power / top**2 if power and top > 0 else 0.0)
    slope = power / max(top, 1e-300) - (b + c * top) / s2 if power else -(b + c * top) / s2
    below = min(12 / math.sqrt(curvature), 60 / slope if slope > 0 else math.inf)
    above = min(12 / math.sqrt(c / s2), 60 / -slope if slope < 0 else math.inf)
    low, high = max(top - below, 0.0), min(top + above, end)
    nodes, weights = _NODES
    t = low + (high - low) * (nodes + 1) / 2
    values = -(a + 2 * b * t + c * t * t) / (2 * s2) + power * np.log(t)
    peak = float(values.max())
    return peak + math.log(float((weights * np.exp(values - peak)).sum()) * (high - low) / 2)


def _spread(surface: Surface) -> Tensor:
    """The diagonal of P, with determinant 1."""
    squares = torch.zeros(len(surface.flat(surface.centre)), dtype=torch.float64)
    for batch in surface.objective.data:
        squares += surface.flat(surface.gradient({}, batch=batch)[1]).square() / len(surface.objective.data)
    logs = -0.5 * torch.log(squares.sqrt() + squares.mean().sqrt())
    return torch.exp(logs - logs.mean())


def _kl(surface: Surface) -> Callable[[Params, float], float]:
    """Direction, radius -> mean over examples of KL(answers at the centre ‖ answers there)."""
    view = surface.objective
    targets = view.data.targets()
    if view.loss_name != "cross_entropy" or targets is None or targets.ndim != 1:
        raise InputError(f"cost='kl' needs cross-entropy with one class an example; this objective has the loss {view.loss_name!r}: write "
                         "cost='loss' with a cutoff in its units")

    def answers(step: Mapping[str, Tensor], r: float) -> Tensor:
        surface.losses += 1
        with torch.no_grad(), fixed_rng(0, "forward"):
            prepared = view.prepare(surface.moved(step, r))
            return torch.cat([torch.log_softmax(logits_of(view._losses(prepared, batch)[0]).double(), 1) for batch in view.data])

    own = answers({}, 0.0)
    return lambda step, r: float((own.exp() * (own - answers(step, r))).sum(1).mean())
