"""Flat minima as connected regions of low loss (Hochreiter and Schmidhuber 1997; METHODS B1): the width of {L ≤ L* + δ} around a point.

In one dimension at a time: along a random line through the point, how far the connected piece of the level set reaches to both sides.
In units of the network's own filters (``normalize="filter"``) a rescaled network has the same widths; in Euclidean ones (``none``) it has
not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ..family import random_direction
from ..names import Normalize
from ..params import norm
from .basin import FARTHEST, TOLERANCE, radius
from .record import Measure
from .surface import Surface, count, mean_and_error, positive


def level_width(
    objective: Any, *, point: Mapping[str, Tensor] | None = None, rise: float = 0.1, lines: int = 20, normalize: Normalize = "filter",
    ignore: Sequence[str] = ("bias", "norm"), seed: int = 0,
) -> Measure:
    """The mean width of the connected level set {L ≤ L* + rise} along random lines through the point.

    Args:
        rise: δ.
        lines: how many.
        normalize: of the directions, as for :func:`~lossatlas.random_slice`; with ``none`` they have unit length, and widths are Euclidean.

    Returns:
        ``value`` mean and ``stderr`` over lines, ``low`` and ``high`` the smallest and largest; ``details``: ``widths``, and the
        ``asymmetry`` of both sides, mean of |r₊ − r₋|/(r₊ + r₋). ``converged``: both ends were found on every line.

    Raises:
        InputError: an option out of range.
    """
    rise, lines, surface = positive(rise, "rise", "e.g. 0.1"), count(lines, "lines", 2), Surface(objective, point)
    edge, sides = surface.value + rise, []
    for number in range(lines):
        direction = random_direction(surface.centre, surface.objective.layout, normalize=normalize, ignore=ignore, seed=seed, name="level",
                                     repeat=number)
        if normalize == "none":
            length = norm(direction)
            direction = {name: t / length for name, t in direction.items()}
        guess = next((r for r, _ in reversed(sides) if math.isfinite(r)), 1.0)
        forth = radius(surface, direction, edge, guess=guess)
        back = radius(surface, {name: -t for name, t in direction.items()}, edge, guess=forth if math.isfinite(forth) else guess)
        sides.append((forth, back))
    both = torch.tensor(sides, dtype=torch.float64)
    mean, error = mean_and_error(both.sum(1))
    endless = int((~torch.isfinite(both)).any(1).sum())
    settings = {"rise": rise, "lines": lines, "normalize": normalize, "ignore": list(ignore), "tolerance": TOLERANCE, "seed": seed}
    details = {"widths": both.sum(1).tolist(), "asymmetry": float(((both[:, 0] - both[:, 1]).abs() / both.sum(1)).mean()), "edge": edge}
    notes = (f"no edge up to {FARTHEST:g} on {endless} of {lines} lines",) if endless else ()
    return Measure(mean, error, float(both.sum(1).min()), float(both.sum(1).max()), math.isfinite(mean), settings, details, surface.losses,
                   surface.gradients, notes)
