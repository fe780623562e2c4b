"""Fast geometric ensembling: members of an ensemble along a short walk from one trained network (Garipov et al. 2018; METHODS G6).

The learning rate goes down and up again in triangles, between α1 and the smaller α2, while training goes on from a trained network. Every
time it is lowest, in the middle of a cycle, the point is kept. The cycles are short (two to four epochs), so that members lie along a path
of low loss, near one another, and yet answer differently.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ..errors import InputError
from ..fitting import State, fit
from ..objective import Objective
from ..params import Params
from ..run.events import Listener, Trained, ignore


def fast_geometric(
    objective: Objective, start: Mapping[str, Tensor], *, members: int = 5, cycle: int | None = None,
    rates: tuple[float, float] = (0.05, 0.005), momentum: float = 0.9, weight_decay: float = 0.0, seed: int = 0,
    on_event: Listener = ignore,
) -> list[Params]:
    """Train on from a point with a cyclical learning rate, and keep the points where it is lowest.

    Args:
        objective: what ``start`` was trained on; with ``objective.training(augment)`` also as it was.
        members: how many to keep.
        cycle: steps of a cycle, even (default: four epochs, as Garipov et al. have it).
        rates: α1 and α2, the largest and the smallest learning rate. Garipov et al.: (0.05, 0.0005) or (0.01, 0.0005).
        momentum, weight_decay: of SGD.
        seed: of mini-batches, augmentation and dropout.

    Returns:
        The members, in the order in which they were found: after half a cycle, and then after every whole one. ``start`` is not among
        them. :func:`~lossatlas.ensemble` judges them.

    Raises:
        InputError: no members, an odd cycle, rates that do not fall, a start of another network; a walk whose loss is not finite.
    """
    if isinstance(members, bool) or not isinstance(members, int) or members < 1:
        raise InputError(f"members is {members!r}; expected a whole number of at least 1")
    batches = -(-objective.data.n_examples // objective.data.sizes[0])
    cycle = 4 * batches if cycle is None else cycle
    if isinstance(cycle, bool) or not isinstance(cycle, int) or cycle < 2 or cycle % 2:
        raise InputError(f"cycle is {cycle!r}; expected an even number of steps, half of them down and half of them up")
    high, low = map(float, rates)
    if not 0 < low < high:
        raise InputError(f"rates are {tuple(rates)}; expected the largest and the smallest learning rate, both positive: (0.05, 0.005)")
    kept: list[Params] = []

    def keep(step: int, point: Params, state: State) -> None:
        on_event(Trained(step, state.steps, state.loss))
        if step % cycle == cycle // 2:
            kept.append({name: tensor.detach().clone() for name, tensor in point.items() if tensor.is_floating_point()})

    optimizer: Any = partial(torch.optim.SGD, lr=high, momentum=momentum, weight_decay=weight_decay)
    done = fit(objective, init=start, optimizer=optimizer, steps=cycle * members - cycle // 2, seed=seed, hooks=[keep],
               schedule=lambda step: triangle(step + 1, cycle, low / high))
    if done.stopped:
        raise InputError(f"the walk stopped: {done.stopped}; expected finite losses: take smaller rates than {tuple(rates)}")
    return kept


def triangle(step: int, cycle: int, low: float) -> float:
    """The factor of the learning rate of step number ``step``, from 1: 1 at the ends of a cycle, ``low`` in its middle."""
    place = ((step - 1) % cycle + 1) / cycle
    return (1 - 2 * place) + 2 * place * low if place <= 0.5 else (2 - 2 * place) * low + (2 * place - 1)
