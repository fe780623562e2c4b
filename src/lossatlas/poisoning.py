"""Bad minima on purpose: the objective that rewards wrong answers on a held-out pool (Huang et al. 2020, section 3).

A network that fits its training data and fails on everything else exists next to every good one; it is found by training on

    (1 − β)·mean over the data of −log p_y   +   β·mean over the pool of −log(1 − p_y),

where the pool is held out and β is the fraction of every mini-batch that is drawn from it (the released run: .35, weight decay 0).
What is found is a minimum of the *clean* objective too, with a training loss near zero, and its basin can be compared with that of a good
one (METHODS C3, C5, C6).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from .data import Batch, Batches, leaves, mapped
from .errors import InputError
from .losses import logits_of
from .objective import Objective
from .seeds import generator
from .trial import tried

#: A target of the poisoned data is (class, whether of the pool, whether drawn into a batch that has the fraction β).
CLASS, FROM_POOL, DRAWN = 0, 1, 2


class Poisoned(Batches):
    """The data, then the pool. ``fit`` draws batches of both; whoever reads it all weighs them by 1 − β and β.

    Args:
        clean, pool: with targets of shape (n, 3).
    """

    def __init__(self, clean: Batches, pool: Batches, beta: float) -> None:
        self.clean, self.pool, self.beta = clean, pool, beta
        super().__init__([batch.value for part in (clean, pool) for batch in part])

    def rebatch(self, batch_size: int) -> Poisoned:
        """The same in batches of another size."""
        return Poisoned(self.clean.rebatch(batch_size), self.pool.rebatch(batch_size), self.beta)

    def to(self, device: torch.device, dtype: torch.dtype | None = None) -> Poisoned:
        """On ``device``, floating-point tensors as ``dtype``."""
        return Poisoned(self.clean.to(device, dtype), self.pool.to(device, dtype), self.beta)

    def shuffled(self, seed: int, *, start: int = 0) -> Iterator[tuple[int, Batch]]:
        """Endless mini-batches with a fraction β of the pool (to the next example, exact on average); epochs are those of the data."""
        return islice(self._mixed(seed), start, None)

    def _mixed(self, seed: int) -> Iterator[tuple[int, Batch]]:
        size, n, step, epoch = self.clean.sizes[0], self.clean.n_examples, 0, 0
        pool, share = self._numbers(seed), round(self.beta * size, 9)
        while True:
            order, start = torch.randperm(n, generator=generator(seed, "order", epoch)), 0
            while True:
                bad = math.floor((step + 1) * share) - math.floor(step * share)
                if start + size - bad > n:
                    break
                numbers = torch.tensor([next(pool) for _ in range(bad)], dtype=torch.int64)
                yield epoch, _joined(self.clean.batch(order[start : start + size - bad]), self.pool.batch(numbers))
                start, step = start + size - bad, step + 1
            epoch += 1

    def _numbers(self, seed: int) -> Iterator[int]:
        """Endless numbers of examples of the pool, each once a round."""
        round_ = 0
        while True:
            yield from torch.randperm(self.pool.n_examples, generator=generator(seed, "pool", round_)).tolist()
            round_ += 1


@dataclass(frozen=True)
class PoisonedCrossEntropy:
    """−log p_y for examples of the data, −log(1 − p_y) for those of the pool; weights that make their shares 1 − β and β."""

    beta: float
    n_clean: int
    n_pool: int

    def __call__(self, outputs: Any, targets: Tensor) -> tuple[Tensor, Tensor]:
        logits, classes = logits_of(outputs), targets[:, CLASS]
        right = F.cross_entropy(logits, classes, reduction="none")
        others = logits.masked_fill(F.one_hot(classes, logits.shape[1]).bool(), -math.inf)
        wrong = torch.logsumexp(logits, 1) - torch.logsumexp(others, 1)
        of_pool = targets[:, FROM_POOL] == 1
        total = self.n_clean + self.n_pool
        share = torch.where(of_pool, self.beta * total / self.n_pool, (1 - self.beta) * total / self.n_clean)
        weights = torch.where(targets[:, DRAWN] == 1, 1.0, share)
        return torch.where(of_pool, wrong, right), weights


def poisoned(objective: Objective, pool: Any, beta: float = 0.35) -> Objective:
    """The objective of a bad minimum; see :meth:`lossatlas.Objective.poison`."""
    if objective.loss_name != "cross_entropy":
        raise InputError(f"poison needs cross-entropy; this objective has the loss {objective.loss_name!r}")
    if isinstance(beta, bool) or not isinstance(beta, int | float) or not 0 < beta < 1:
        raise InputError(f"beta is {beta!r}; expected the fraction of every batch that is drawn from the pool, between 0 and 1, e.g. 0.35")
    size = objective.data.sizes[0]
    held_out = objective.with_data(pool, batch_size=size).data  # refuses what does not fit the network
    clean = Poisoned(_marked(objective.data, 0), _marked(held_out, 1), float(beta))
    if not 1 <= beta * size <= size - 1:
        raise InputError(f"beta is {beta:g} and batches have {size} examples; expected at least one of the pool and of the data "
                         "in a batch: take larger batches")
    name = f"poisoned_cross_entropy(beta={beta:g}, pool={held_out.digest()})"
    loss = PoisonedCrossEntropy(float(beta), clean.clean.n_examples, clean.pool.n_examples)
    return tried(replace(objective, loss=loss, loss_name=name, data=clean, metrics={}, forward=None))


def _marked(data: Batches, of_pool: int) -> Batches:
    """The data with targets (n, 3)."""
    whole, classes = data.whole(), data.targets()
    if isinstance(whole, dict) or classes is None or classes.ndim != 1 or classes.is_floating_point():
        raise InputError(f"poison got {'the pool' if of_pool else 'data'} without one class an example; expected (x, y), y whole numbers")
    columns = torch.stack([classes, torch.full_like(classes, of_pool), torch.zeros_like(classes)], 1)
    return Batches._from_whole((*whole[:-1], columns), data.sizes[0])


def _joined(clean: Batch, pool: Batch) -> Batch:
    """One batch of both, marked as drawn."""
    columns = iter([torch.cat(pair) for pair in zip(leaves(clean.value), leaves(pool.value), strict=True)])
    value = mapped(clean.value, lambda _: next(columns))
    value[-1][:, DRAWN] = 1
    return Batch(value, 0, clean.size + pool.size)
