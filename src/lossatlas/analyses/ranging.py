"""A range that shows the basin: as far as the loss reaches a multiple of the centre's.

The right range of a picture depends on network, normalization and data; -1:1 shows the whole basin of one network and the
bottom of another's. Here the loss itself says it: along each axis, both ways, the smallest radius is searched at which it is
``multiple`` times the loss at the centre. 10 is one decade of the logarithmic scale on which losses are drawn.

Radii are those of a ladder of round numbers (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 and their decades), climbed or descended
from 1 by factors of about two and then halved: a few evaluations, always the same ones, so that a resumed run finds the same
coordinates. The loss along a ray may fall again; what is found is a first crossing as far as these radii can tell.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import InputError
from ..family import Copies, Family
from ..run.job import prepare
from ..seeds import preserved_rng

#: Round radii from 1e-4 to 10; the search starts at 1, the size of every filter where directions are filter-normalized.
LADDER = (*(float(f"{digits}e{power}") for power in range(-4, 1) for digits in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)), 10.0)
_START, _STRIDE = LADDER.index(1.0), 3


def auto_range(probe: Any, family: Family, *, multiple: float = 10.0, quantity: str = "loss") -> dict[str, Any]:
    """How far along each axis the loss reaches a multiple of its value at the centre.

    A range is symmetric, of the larger of the two radii that were found. Where the loss does not reach the multiple up to the
    radius 10 on one side, the other side decides; on neither, it is 10. A loss that is not finite counts as reached. Over several
    repeats the largest radius that was found counts; of splits, the first. For one layer at a time, take the range of the whole
    slice: then its pictures can be compared.

    Args:
        probe: e.g. ``la.probes.loss(objective)``.
        family: e.g. ``la.random_slice(objective)``; directions from a centre, not a line between two points.
        multiple: greater than 1.
        quantity: whose value it is.

    Returns:
        ``ranges``: dim -> (low, high), for :func:`~lossatlas.axis`; ``multiple``, ``center`` (the value at the centre), ``radii``: dim ->
        (towards negative, towards positive coordinates), None where it is not reached; ``evaluations``; ``notes``: sentences.

    Raises:
        InputError: a family through given points, a multiple that is not greater than 1, a centre whose value is not positive and finite.
    """
    if isinstance(multiple, bool) or not isinstance(multiple, int | float) or not 1 < multiple < math.inf:
        raise InputError(f"multiple is {multiple!r}; expected a number greater than 1, such as 10")
    if getattr(family, "through", False):
        raise InputError("auto_range got a family through given points, which say how far to look; expected directions from a centre, e.g. "
                         "la.random_slice(objective): for a line or plane take family.frame(51), which contains its points")
    with preserved_rng():
        return _searched(_Search(probe, family, quantity), float(multiple))


def _searched(search: _Search, multiple: float) -> dict[str, Any]:
    quantity, center = search.quantity, search.at(0, {})
    if not 0 < center < math.inf:
        raise InputError(f"the {quantity} at the centre is {center:g}, so no multiple of it can be reached; write the range yourself: "
                         "--range -1:1 (la.axis(-1, 1, 51))")
    radii: dict[str, tuple[float | None, float | None]] = {}
    for dim in search.dims:
        sides = [search.radius(dim, sign, multiple * center) for sign in (-1.0, 1.0)]
        radii[dim] = (sides[0], sides[1])
    reach = {dim: max((r for r in pair if r is not None), default=LADDER[-1]) for dim, pair in radii.items()}
    return {"multiple": multiple, "center": center, "ranges": {dim: (-r, r) for dim, r in reach.items()}, "radii": radii,
            "evaluations": search.evaluations, "notes": _notes(radii, multiple, quantity)}


class _Search:
    """Evaluations along the axes of a family, over all of its copies."""

    def __init__(self, probe: Any, family: Family, quantity: str) -> None:
        first = next(probe.parts())[1] if hasattr(probe, "parts") else probe
        self.dims = family.dims[1:] if isinstance(family, Copies) else family.dims
        job = prepare(first, family, {dim: [0.0] for dim in self.dims}, plan="auto", engine="local")
        if quantity not in (known := [q.name for q in job.quantities if not q.dims]):
            raise InputError(f"quantity is {quantity!r}; expected one of {', '.join(known)}")
        self.evaluate, self.quantity = job.evaluator, quantity
        self.copies = len(family) if isinstance(family, Copies) else 0
        self.evaluations = 0

    def at(self, copy: int, moved: dict[str, float]) -> float:
        """The value at a copy's coordinates, zero where nothing is said."""
        u = [*([float(copy)] if self.copies else []), *(moved.get(dim, 0.0) for dim in self.dims)]
        self.evaluations += 1
        return float(self.evaluate(np.array([u]))[self.quantity][0])

    def radius(self, dim: str, sign: float, target: float) -> float | None:
        """The largest over the copies of the first radius that reaches the target; None where none does."""
        found = [first_reached(lambda r, k=k: self.at(k, {dim: sign * r}), target) for k in range(self.copies or 1)]
        return max((r for r in found if r is not None), default=None)


def first_reached(value: Callable[[float], float], target: float) -> float | None:
    """The smallest radius of the ladder with a value of at least ``target``, or not finite; None where the last has less."""
    def reached(rung: int) -> bool:
        at = value(LADDER[rung])
        return not math.isfinite(at) or at >= target

    rung, last = _START, len(LADDER) - 1
    if reached(rung):
        high = rung
        while high > 0 and reached(max(high - _STRIDE, 0)):
            high = max(high - _STRIDE, 0)
        low = max(high - _STRIDE, 0) if high > 0 else -1
    else:
        low = rung
        while not reached(high := min(low + _STRIDE, last)):
            if high == last:
                return None
            low = high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return LADDER[high]


def _notes(radii: dict[str, tuple[float | None, float | None]], multiple: float, quantity: str) -> list[str]:
    said = []
    for dim, pair in radii.items():
        lacking = [side for side, r in zip((f"negative {dim}", f"positive {dim}"), pair, strict=True) if r is None]
        if lacking:
            said.append(f"automatic range: towards {' and '.join(lacking)} the {quantity} does not reach {multiple:g} times the centre's "
                        f"up to {LADDER[-1]:g}")
        elif min(pair) == LADDER[0]:  # type: ignore[type-var]
            said.append(f"automatic range: along {dim} the {quantity} is above {multiple:g} times the centre's from {LADDER[0]:g} on")
    return said
