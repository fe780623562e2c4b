"""Toy data whose picture everybody knows: two spirals (Lang and Witbrock 1988, "Learning to tell two spirals apart").

Points stand at about equal distances along two arms that wind around each other, alternately one of each class, so that a network must bend
its boundary to tell them apart, and could as well bend it around single points: with a few dozen points the minima that answer wrongly
everywhere else are easy to draw (Huang et al. 2020, whose minefield is of such data).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..errors import InputError
from ..seeds import check_seed, generator

#: Distance of the first points from the middle, in units of that of the last: the arms do not meet.
INNER = math.sqrt(0.02)


def spiral(n: int, *, turns: float = 1.0, noise: float = 0.01, size: float = 10.0, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Points on two spirals, in a random order: inputs (n, 2) float32 and classes (n,) int64.

    Args:
        n: how many, one more of class 0 where odd. They are spread along the whole of both arms, however many.
        turns: of each arm around the middle.
        noise: standard deviation of Gaussian noise, in units of the distance of the last points from the middle.
        size: that distance. Larger inputs are easier to tell apart for a network with torch's initialization.

    Raises:
        InputError: n below 2, or another number that is not positive (noise: negative).
    """
    if isinstance(n, bool) or not isinstance(n, int) or n < 2:
        raise InputError(f"n is {n!r}; expected a whole number of at least 2, such as 120")
    if not (turns > 0 and size > 0 and noise >= 0 and math.isfinite(turns + size + noise)):
        raise InputError(f"turns is {turns!r}, size {size!r} and noise {noise!r}; expected positive numbers (noise: or 0)")
    draws = generator(check_seed(seed), "spiral")
    classes = torch.arange(n) % 2
    along = (torch.arange(n) // 2 + 0.5) / ((n + 1) // 2)  # a share of the area within the arm: steps along it are about equal
    radius = torch.sqrt(INNER**2 + (1 - INNER**2) * along)
    angle = 2 * math.pi * turns * radius + math.pi * classes
    points = torch.stack([radius * torch.cos(angle), radius * torch.sin(angle)], 1)
    points = size * (points + noise * torch.randn(n, 2, generator=draws))
    order = torch.randperm(n, generator=draws)
    return points[order], classes[order]
