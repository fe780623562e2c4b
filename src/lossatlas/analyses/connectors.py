"""m-connectors: a low piece of parameter space that holds m solutions at once (Fort and Jastrzebski 2019; METHODS G8).

A centre is trained so that the straight ways to it from all of m points are low at the same time
(:class:`~lossatlas.family.star.Star`); with ``faces`` the whole simplex between them is. That it exists for m > 2 says that the points do
not lie in separate valleys that meet pairwise, but on one piece of dimension m − 1 at least.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..execution.memory import in_large_batches
from ..family.star import Inside, Star
from ..fitting import OptimizerFactory, State, fit
from ..pairs import Objectives, trained_on
from ..probes import loss
from ..run.events import Listener, Trained, ignore
from ..run.sweep import sweep
from ..seeds import check_seed, generator
from .barrier import comparing

#: Places on every spoke, its ends included; random places inside; the share of the steps whose losses are compared for ``converged``.
PLACES, SAMPLES, TAIL = 21, 50, 0.2
#: What inner points are trained with where nobody says otherwise.
DESCENT = partial(torch.optim.SGD, lr=0.05, momentum=0.9)


@dataclass(frozen=True)
class Connector:
    """A star between m points, and its losses, on all examples.

    Attributes:
        star: with the trained inner points; a family over ``spoke`` and ``t``.
        converged: the mean loss of the last fifth of the steps differs from that of the fifth before by at most a tenth of the loss at the
            mean of the points.
        ends: losses of the points, shape (m,).
        mean: loss at the mean of the points, where training starts.
        centre: loss at the trained centre.
        spokes: losses along the spokes, shape (m, PLACES), from the point to the centre.
        inside: losses at random places between the points, shape (SAMPLES,): of the small simplices, or without faces of those of the
            centre and all points but one, which were not trained.
    """

    star: Star = field(repr=False)
    converged: bool
    steps: int
    ends: np.ndarray = field(repr=False)
    mean: float
    centre: float
    spokes: np.ndarray = field(repr=False)
    inside: np.ndarray = field(repr=False)
    stopped: str | None = None

    @property
    def highest(self) -> float:
        """The largest loss on the spokes; NaN where one is."""
        return float(self.spokes.max())

    @property
    def highest_inside(self) -> float:
        """The largest loss of the sample inside; NaN where one is."""
        return float(self.inside.max())


def m_connector(
    objective: Objectives, points: Sequence[Mapping[str, Tensor]], *, faces: bool = False, steps: int = 1000,
    optimizer: OptimizerFactory = DESCENT, seed: int = 0, on_event: Listener = ignore,
) -> Connector:
    """Train the centre of m points, so that the star between them is low.

    Args:
        objective: one, or a ``{"train": …, "test": …}`` pair, whose first is taken; losses are measured as by :func:`~lossatlas.barrier`.
        points: two or more, of one network.
        faces: also an inner point of every 2, 3, … of them (2^m − m − 2), so that the whole simplex is low, and not the spokes alone.
        steps: of training.
        optimizer: what it trains with.
        seed: of mini-batches and places.

    Raises:
        InputError: fewer than two points, points of another network, equal points.
    """
    trained, seed = trained_on(objective), check_seed(seed)
    measured = in_large_batches(comparing(trained))
    if isinstance(points, Mapping) or len(points) < 2:
        raise InputError(f"points are {len(points)} {'entries' if isinstance(points, Mapping) else 'points'}; expected a list of at least "
                         "two points of one network")
    conformed = [trained.conform(point, what=f"point {k + 1}") for k, point in enumerate(points)]
    shared = [name for name in conformed[0] if all(name in point for point in conformed)]
    conformed = [{name: point[name] for name in shared} for point in conformed]
    for k, point in enumerate(conformed[1:]):
        if any(all(torch.equal(point[name], other[name]) for name in trained.params) for other in conformed[: k + 1]):
            raise InputError(f"point {k + 2} is equal to one before it; expected different points")
    begun = Star.between(conformed, faces=faces)

    def tell(step: int, point: Any, state: State) -> None:
        on_event(Trained(step, state.steps, state.loss))

    found = fit(trained, family=begun, optimizer=optimizer, steps=steps, seed=seed, hooks=[tell])
    star: Star = found.family
    inside = Inside(star, SAMPLES, partial(generator, seed, "inside"))
    spokes = sweep(loss(measured), star, {"spoke": np.arange(len(conformed)), "t": np.linspace(0, 1, PLACES)}, plan="plain")["loss"].values
    within = sweep(loss(measured), inside, {"sample": np.arange(SAMPLES)}, plan="plain")["loss"].values
    mean = float(loss(measured)(begun.middle)["loss"])
    return Connector(star, _settled(found.losses.tolist(), mean) and not found.stopped, found.steps, spokes[:, 0], mean,
                     float(spokes[0, -1]), spokes, within, found.stopped)


def _settled(losses: Sequence[float], scale: float) -> bool:
    """Whether the mean of the last steps is that of those before them, to a tenth of the scale."""
    last = max(int(TAIL * len(losses)), 1)
    if len(losses) < 2 * last:
        return False
    late, before = (sum(part) / last for part in (losses[-last:], losses[-2 * last : -last]))
    return math.isfinite(scale) and abs(late - before) <= 0.1 * abs(scale)
