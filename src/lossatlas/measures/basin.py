"""Radius and volume of the basin around a minimum (Huang et al. 2020, section 4; METHODS C5, C6 as corrected, 2.9, 3.16).

The radius along a direction is where the loss first rises by ``rise`` (0.1), found by doubling and bisection.

* Radius (C5): along filter-normalized random directions, so that 1 is the size of the network's own filters.
* Volume (C6): with s_i = ‖θ_f‖/√n_f for every weight i of filter f, u uniform on the unit sphere of the D moved weights and r(u) the radius
  along s∘u, the set is star-shaped in the coordinates θ_i/s_i and

      log V = log ω_D + log mean(r^D) + Σ log s_i,      ω_D = π^{D/2} / Γ(D/2 + 1).

In thousands of dimensions r^D is ruled by the one largest radius that was drawn: log mean(r^D) grows with the number of directions, is
far below the truth, and its exponent alone says little. So log-mean and mean-log, the effective sample size (Σ r^D)²/Σ r^{2D} and a
bootstrap interval are always given together, and ``converged`` is False below an effective sample size of 10. Weights of zero filters do
not move and are not counted, nor are biases and BatchNorm parameters.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ..errors import InputError
from ..family import random_direction
from ..layout import filter_norms
from ..params import Params
from ..seeds import check_seed, generator
from .record import Measure
from .surface import Surface, count, mean_and_error, positive

#: The search for an edge gives up at this multiple of where an edge is expected.
FARTHEST = 2.0**14
#: Relative width of the bracket at which a bisection ends.
TOLERANCE = 1e-2
_BOOTSTRAPS = 1000


def basin_radius(
    objective: Any, *, point: Mapping[str, Tensor] | None = None, rise: float = 0.1, directions: int = 100,
    ignore: Sequence[str] = ("bias", "norm"), seed: int = 0,
) -> Measure:
    """The mean radius of the basin along filter-normalized random directions, in units of the network's own size.

    Args:
        rise: the loss at the edge, above that of the point.
        ignore: what stays, as for :func:`~lossatlas.random_slice`.

    Returns:
        ``value`` mean and ``stderr`` over directions, ``low`` and ``high`` their 5th and 95th percentile; ``details``: ``radii`` and their
        ``median``. ``converged``: an edge was found along every direction.

    Raises:
        InputError: an option out of range.
    """
    rise, directions, surface = positive(rise, "rise", "e.g. 0.1"), count(directions, "directions", 2), Surface(objective, point)
    layout, edge, radii = surface.objective.layout, surface.value + rise, []
    for number in range(directions):
        direction = random_direction(surface.centre, layout, ignore=ignore, seed=seed, name="basin", repeat=number)
        radii.append(radius(surface, direction, edge, guess=expected(radii, 0.5)))
    mean, error = mean_and_error(radii)
    found = torch.tensor(radii, dtype=torch.float64)
    low, median, high = (float(q) for q in torch.quantile(found, torch.tensor([0.05, 0.5, 0.95], dtype=torch.float64)))
    settings = {"rise": rise, "directions": directions, "ignore": list(ignore), "normalize": "filter", "tolerance": TOLERANCE, "seed": seed}
    return Measure(mean, error, low, high, math.isfinite(mean), settings, {"radii": radii, "median": median, "edge": edge}, surface.losses,
                   surface.gradients, endless(radii))


def basin_volume(
    objective: Any, *, point: Mapping[str, Tensor] | None = None, rise: float = 0.1, directions: int = 100,
    ignore: Sequence[str] = ("bias", "norm"), seed: int = 0,
) -> Measure:
    """The natural logarithm of the volume of the basin, seen from the point.

    Returns:
        ``value`` log V by the log-mean; ``low`` and ``high`` a 95 % bootstrap interval over directions, which knows nothing of
        radii that were not drawn. ``details``: ``log10``; ``mean_log`` (log V with the mean of log r^D instead, which is lower) and its
        ``mean_log_stderr``; ``effective_sample_size``; ``dimension`` D; ``log_unit_ball``, ``log_scales`` (Σ log s_i); ``radii``.

    Raises:
        InputError: an option out of range, nothing that moves.
    """
    rise, directions, surface = positive(rise, "rise", "e.g. 0.1"), count(directions, "directions", 2), Surface(objective, point)
    scales = _scales(surface, tuple(ignore))
    dimension = int(sum(int((s > 0).sum()) for s in scales.values()))
    edge, radii, tolerance = surface.value + rise, [], min(TOLERANCE, 0.5 / dimension)  # r^D to within e^±0.5
    for number in range(directions):
        random = generator(check_seed(seed), "volume", number)
        noise = {name: torch.randn(s.shape, generator=random, dtype=torch.float64) * (s > 0).cpu() for name, s in scales.items()}
        length = math.sqrt(sum(float(n.square().sum()) for n in noise.values()))
        direction = {name: (n.to(scales[name].device) / length * scales[name]).to(surface.centre[name].dtype) for name, n in noise.items()}
        radii.append(radius(surface, direction, edge, guess=expected(radii, 0.5 * math.sqrt(dimension)), tolerance=tolerance))
    logs = dimension * torch.tensor(radii, dtype=torch.float64).log()
    ball = dimension / 2 * math.log(math.pi) - math.lgamma(dimension / 2 + 1)
    inner = sum(float(s[s > 0].log().sum()) for s in scales.values())
    value, details = summary(logs, ball + inner)
    low, high = bootstrap(logs, ball + inner, generator(seed, "bootstrap"))
    settings = {"rise": rise, "directions": directions, "ignore": list(ignore), "tolerance": tolerance, "seed": seed}
    details |= {"log10": value / math.log(10), "dimension": dimension, "log_unit_ball": ball, "log_scales": inner, "radii": radii}
    return Measure(value, math.nan, low, high, details["effective_sample_size"] >= 10, settings, details, surface.losses, surface.gradients,
                   endless(radii))


def radius(surface: Surface, direction: Params, edge: float, *, guess: float, tolerance: float = TOLERANCE) -> float:
    """The first radius at which the loss exceeds ``edge`` (or is not finite); infinite where it does not up to FARTHEST guesses."""
    return edge_along(lambda r: not surface.loss(direction, r) <= edge, guess=guess, tolerance=tolerance)


def edge_along(outside: Callable[[float], bool], *, guess: float, tolerance: float) -> float:
    """The first r at which ``outside`` is true, by doubling from below a quarter of the guess and bisection; infinite where there is none.

    A rim that is crossed and left again within a factor of two is not seen.
    """
    low, high = 0.0, guess / 4
    while outside(high) and high > guess / FARTHEST**2:
        high /= 4
    while not outside(high):
        low, high = high, 2 * high
        if high > guess * FARTHEST:
            return math.inf
    while high - low > tolerance * high:
        middle = (low + high) / 2
        low, high = (low, middle) if outside(middle) else (middle, high)
    return (low + high) / 2


def expected(radii: Sequence[float], first: float) -> float:
    """Where the next edge is expected: at the last one that was found."""
    return next((r for r in reversed(radii) if math.isfinite(r)), first)


def _scales(surface: Surface, ignore: tuple[str, ...]) -> dict[str, Tensor]:
    """s: for every weight that moves ‖θ_f‖/√n_f of its filter f, float64; zero for those that do not."""
    layout, found = surface.objective.layout, {}
    for name in layout.moved(ignore):
        rule, weights = layout[name], surface.centre[name].to(torch.float64)
        ones = rule.counted(torch.ones_like(weights))
        found[name] = rule.scale(ones, filter_norms(rule, weights) / rule.filters(ones).sum(1).clamp(min=1).sqrt())
    if not any(bool((s > 0).any()) for s in found.values()):
        raise InputError(f"nothing moves: all weights that {list(ignore)} leave are zero; expected a trained network")
    return found


def summary(logs: Tensor, constant: float) -> tuple[float, dict[str, float]]:
    """The logarithm of the mean of what the logarithms are of, plus a constant, and what it rests on."""
    value = constant + float(torch.logsumexp(logs, 0)) - math.log(len(logs))
    mean, error = mean_and_error(logs)
    size = math.exp(2 * float(torch.logsumexp(logs, 0)) - float(torch.logsumexp(2 * logs, 0))) if bool(torch.isfinite(logs).all()) else 0.0
    return value, {"mean_log": constant + mean, "mean_log_stderr": error, "effective_sample_size": size}


def bootstrap(logs: Tensor, constant: float, random: torch.Generator) -> tuple[float, float]:
    """95 % percentile interval of :func:`summary` over directions drawn again."""
    chosen = torch.randint(len(logs), (_BOOTSTRAPS, len(logs)), generator=random)
    again = torch.logsumexp(logs[chosen], 1) - math.log(len(logs))
    low, high = torch.quantile(again, torch.tensor([0.025, 0.975], dtype=torch.float64))
    return constant + float(low), constant + float(high)


def endless(radii: Sequence[float]) -> tuple[str, ...]:
    missing = sum(not math.isfinite(r) for r in radii)
    if not missing:
        return ()
    return (f"no edge up to {FARTHEST:g} times the expected radius along {missing} of {len(radii)} directions: there the basin has no rim",)
