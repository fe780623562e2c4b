"""The few examples that a monitor measures on, the same at every step: its numbers compare along a run, and equal offline ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from ..curvature.problem import Problem
from ..data import Batches
from ..errors import InputError
from ..execution.memory import by_batch
from ..objective import Objective
from ..subsets import subset

#: Examples where nobody says otherwise, at most; and how many batches of the objective they are, at most.
EXAMPLES, BATCHES = 128, 2
#: Chunks whose gradients tell the noise, and the examples of the pass that warms up.
CHUNKS, PILOT = 8, 32


@dataclass(frozen=True, eq=False)
class Fixed:
    """The examples in the forms in which they are measured.

    Attributes:
        whole: for passes without gradients. pilot: a few of them, to warm up with.
        chunks: for gradients. batch_size: of the objective that was given.
    """

    whole: Objective
    pilot: Objective
    chunks: Objective
    batch_size: int

    @classmethod
    def of(cls, objective: Any, examples: int | None) -> Fixed:
        """Of an objective (of a train/test pair, the training one).

        Raises:
            InputError: no objective, a training view, more examples than there are.
        """
        if isinstance(objective, Mapping) and objective:
            objective = objective.get("train", next(iter(objective.values())))
        if not isinstance(objective, Objective):
            raise InputError(f"Monitor got a {type(objective).__name__}; write la.Objective.from_module(model, data, loss)")
        if objective.in_training:
            raise InputError("Monitor got the training view of an objective, whose value changes at every call; expected the objective "
                             "itself")
        n, size = objective.data.n_examples, objective.data.sizes[0]
        count = min(n, EXAMPLES, BATCHES * size) if examples is None else examples
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= n:
            raise InputError(f"examples is {count!r}; expected 1 to {n}, the examples of the objective, or None")
        if by_batch(objective) or not objective.data.stackable:  # batches are part of the definition: as many whole ones
            whole = objective.with_data(_batches(objective.data, count))
            return cls(whole, whole, whole, size)
        data = subset(objective.data, count, seed=0)
        few = data.take(torch.arange(min(count, PILOT)))
        return cls(objective.with_data(data, batch_size=min(count, EXAMPLES)), objective.with_data(few, batch_size=few.n_examples),
                   objective.with_data(data, batch_size=max(1, -(-count // CHUNKS))), size)

    def problem(self) -> Problem:
        """The chunks as functions of tensors."""
        return Problem(self.chunks, None, "*")


def _batches(data: Batches, count: int) -> Batches:
    """The first batches that hold so many examples."""
    parts, total = [], 0
    for batch in data:
        parts.append(batch.value)
        total += batch.size
        if total >= count:
            break
    return Batches.of(parts)
