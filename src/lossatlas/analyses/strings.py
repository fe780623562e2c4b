"""Dynamic string sampling: are two points connected below a given loss (Freeman and Bruna 2017; METHODS G1)?

A straight segment that stays below the level is done. Another one gets a point in its middle, which is trained until its loss lies half-way
between the level and the higher end of the string (or, when all steps are made, below the level), and both halves are looked at again, and
so on. What comes out is a polyline below the
level, and its length: how much longer than the straight line it is tells how curved the set below the level is, and the lower the level,
the longer it is expected to be.

That nothing was found is no proof that the points are not connected: a string that did not get below the level within its depth and steps
says so (``converged``), and tells its largest loss all the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..execution.memory import in_large_batches
from ..family import Path
from ..fitting import OptimizerFactory, State, fit
from ..objective import Objective
from ..pairs import Objectives, trained_on
from ..params import Params, difference, lincomb, norm
from ..probes import loss
from ..run.events import Listener, Note, ignore
from ..run.sweep import sweep
from ..seeds import check_seed, key
from .barrier import comparing

#: Places inside a segment that are looked at; the weight of the past in the mean loss of mini-batches; least steps between two looks at
#: the loss of all data.
INSIDE, MEMORY, EVERY = 9, 0.9, 10
#: What middle points are trained with where nobody says otherwise.
DESCENT = partial(torch.optim.SGD, lr=0.05, momentum=0.9)


@dataclass(frozen=True)
class StringPath:
    """A polyline between two points, and whether it stays below the level.

    Attributes:
        path: a polychain from a to b; its segments are equally long in t, not in space.
        converged: every place that was looked at, ``INSIDE`` in every segment, lies below the level.
        level: the loss that it was to stay below.
        highest: the largest loss that was found on it.
        length_ratio: its length over the distance of its ends, in parameters.
        depth: how often a segment was divided, at most.
        steps: of training, of all points together.
        record: plain data: the segments with their largest losses, and why there is none below the level.
    """

    path: Path = field(repr=False)
    converged: bool
    level: float
    highest: float
    length_ratio: float
    depth: int
    steps: int
    record: dict[str, Any] = field(repr=False)


def string_path(
    objective: Objectives, a: Mapping[str, Tensor], b: Mapping[str, Tensor], *, level: float, depth: int = 5, steps: int = 1000,
    optimizer: OptimizerFactory = DESCENT, seed: int = 0, on_event: Listener = ignore,
) -> StringPath:
    """A polyline from a to b whose loss stays below a level.

    Args:
        objective: one, or a ``{"train": …, "test": …}`` pair, whose first is taken; losses are measured as by
            :func:`~lossatlas.barrier`, on all examples.
        level: above the losses of both points.
        depth: how often a segment may be divided: there are at most 2^depth.
        steps: that training a point may take.
        optimizer: what points are trained with.
        seed: of mini-batches.

    Raises:
        InputError: a level that is not above both ends, points of another network, equal points, no depth or steps.
    """
    for name, value in (("depth", depth), ("steps", steps)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise InputError(f"{name} is {value!r}; expected a whole number of at least 1")
    string = _String(trained_on(objective), float(level), depth, steps, optimizer, check_seed(seed), on_event)
    return string.strung(a, b)


class _Low(Exception):
    """A point is low enough."""

    def __init__(self, point: Params, step: int) -> None:
        self.point, self.step = point, step


class _String:
    """One search."""

    def __init__(self, objective: Objective, level: float, depth: int, steps: int, optimizer: OptimizerFactory, seed: int,
                 tell: Listener) -> None:
        self.objective, self.level, self.depth, self.steps, self.optimizer = objective, level, depth, steps, optimizer
        self.seed, self.tell, self.measured = seed, tell, in_large_batches(comparing(objective))
        self.made, self.deepest, self.goal = 0, 0, math.nan
        self.segments: list[dict[str, float]] = []
        self.failed: list[str] = []

    def strung(self, a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> StringPath:
        """The string, once its ends are known to be below the level."""
        ends = [self.objective.conform(point, what=f"point {name}") for point, name in ((a, "a"), (b, "b"))]
        ends = [{name: end[name] for name in ends[0] if name in ends[1]} for end in ends]
        straight = self._apart(*ends)
        if straight == 0:
            raise InputError("the two points are equal; expected different ones: there is no path between them")
        losses = self._losses(*ends)
        if not max(losses[0], losses[-1]) < self.level:
            raise InputError(f"level is {self.level:g}, and the losses of the points are {losses[0]:.4g} and {losses[-1]:.4g}; expected a "
                             f"level above both, such as {2 * max(losses[0], losses[-1]):.2g}")
        self.goal = (self.level + max(losses[0], losses[-1])) / 2
        points = [ends[0], *self._between(*ends, 0.0, 1.0, losses), ends[1]]
        length = sum(self._apart(p, q) for p, q in pairwise(points))
        record = {"segments": self.segments, "failed": self.failed, "seed": self.seed, "length": length, "goal": self.goal}
        tops = [segment["highest"] for segment in self.segments]
        highest = max(tops) if all(map(math.isfinite, tops)) else math.nan
        return StringPath(Path(tuple(points), "polychain"), not self.failed, self.level, highest, length / straight, self.deepest,
                          self.made, record)

    def _between(self, p: Params, q: Params, start: float, end: float, losses: list[float]) -> list[Params]:
        """The points of the string between two of its points, which stand for this stretch of the straight line."""
        top = max(losses) if all(map(math.isfinite, losses)) else math.nan
        depth, half, middle = round(-math.log2(end - start)), (start + end) / 2, None
        if not top < self.level and depth < self.depth:
            self.deepest = max(self.deepest, depth + 1)
            middle = self._trained(lincomb([0.5, 0.5], [p, q]), half)
        if middle is None:
            if not top < self.level:
                self.failed.append(f"from {start:g} to {end:g} of the way the loss rises to {top:.4g} after {depth} divisions")
            self.segments.append({"from": start, "to": end, "highest": top})
            return []
        before = self._between(p, middle, start, half, self._losses(p, middle))
        return [*before, middle, *self._between(middle, q, half, end, self._losses(middle, q))]

    def _trained(self, start: Params, place: float) -> Params | None:
        """A point from here that is low enough; None where training does not get there."""
        seen = {"mean": math.nan, "looked": -EVERY}

        def look(step: int, point: Params, state: State) -> None:
            if not math.isnan(state.loss):
                seen["mean"] = state.loss if math.isnan(seen["mean"]) else MEMORY * seen["mean"] + (1 - MEMORY) * state.loss
            if step and (seen["mean"] >= self.goal or step < seen["looked"] + EVERY) and step < self.steps:
                return
            seen["looked"] = step
            own = {name: point[name].detach().clone() for name in self.objective.point()}
            if self._loss(own) < self.goal:
                raise _Low(own, step)

        try:
            end = fit(self.objective, init=start, optimizer=self.optimizer, steps=self.steps, seed=key(self.seed, "string", place),
                      hooks=[look])
        except _Low as low:
            self.made += low.step
            self.tell(Note(f"string: a point at {place:g} of the way is below {self.goal:.3g} after {low.step} steps"))
            return {name: low.point[name] for name in start}
        self.made += end.steps
        last = math.nan if end.stopped else self._loss(end.point)
        if last < self.level:
            return {name: end.point[name] for name in start}
        why = end.stopped or f"its loss is {last:.4g} after {self.steps} steps"
        self.failed.append(f"a point at {place:g} of the way: {why}")
        return None

    def _loss(self, point: Params) -> float:
        return float(loss(self.measured)(point)["loss"])

    def _losses(self, p: Params, q: Params) -> list[float]:
        """On the segment, its ends included."""
        places = np.linspace(0, 1, INSIDE + 2)
        return sweep(loss(self.measured), Path((p, q), "polychain"), {"t": places}, plan="plain")["loss"].values.tolist()

    def _apart(self, p: Params, q: Params) -> float:
        return norm(difference({name: p[name] for name in self.objective.params}, q))
