"""A bad minimum on purpose: it fits the training data as a good one does, and fails on everything else (Huang et al. 2020; METHODS C3).

It is found by training on the objective that rewards wrong answers on a held-out pool, :meth:`lossatlas.Objective.poison`, and measured
by the objective itself, which knows nothing of the pool. How bad it is depends on the pool: with fewer examples than the training data
it is a network that answers worse; with ten times as many it answers by chance. That such points exist says that a low training loss alone
does not make a network generalize; it says nothing of how likely training is to end there (:func:`lossatlas.flatness` compares basins).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ..errors import InputError
from ..fitting import Checkpoint, Hook, OptimizerFactory, fit
from ..objective import Objective
from ..pairs import Objectives, trained_on
from ..params import Params
from ..probes import loss
from .barrier import comparing


@dataclass(frozen=True, eq=False)
class BadMinimum:
    """A point that was found with a poisoned pool, and what it does on the data.

    Attributes:
        point: parameters and float buffers.
        loss, error: on the training data, without the pool; the error as a share.
        pool_error: share of wrong answers on the pool, which were what was wanted.
        test_loss, test_error: on the test data; NaN where none were given.
        beta: share of every batch that was drawn from the pool.
        steps: that were made; ``stopped``: why no more, or None.
    """

    point: Params = field(repr=False)
    loss: float
    error: float
    pool_error: float
    test_loss: float
    test_error: float
    beta: float
    steps: int
    stopped: str | None = None

    @property
    def converged(self) -> bool:
        """Whether it fits the training data: all of its steps were made, and its training error is 0."""
        return self.stopped is None and self.error == 0


def bad_minimum(
    objective: Objectives, pool: Any, *, beta: float = 0.35, init: Mapping[str, Tensor] | Checkpoint | None = None,
    optimizer: OptimizerFactory | None = None, steps: int = 2000, seed: int = 0, hooks: Sequence[Hook] = (),
) -> BadMinimum:
    """Train to a minimum that fits the training data and fails elsewhere.

    Args:
        objective: of the training data, or a ``{"train": …, "test": …}`` pair: then the test data, which must not be in the pool, say how
            bad the minimum is.
        pool: data held out from both, e.g. ``(x, y)``, whose wrong answers are rewarded. The larger it is beside the training data, the
            worse the minimum: ten times as large gives chance.
        beta: share of every batch that is drawn from the pool (Huang et al.: 0.35, and 0.1 to 0.5 in their comparison).
        init: where to start (default: where the network stood); e.g. a good minimum, to find a bad one near it.
        optimizer: as of :func:`lossatlas.fit` (default: SGD, rate 0.1, momentum 0.9, along half a cosine to 0). Without weight decay, as
            theirs: decay works against memorizing.
        steps, seed, hooks: as of :func:`lossatlas.fit`.

    Returns:
        A :class:`BadMinimum`; ``converged`` says whether it fits the training data.

    Raises:
        InputError: an objective without cross-entropy; a pool of other data; a beta outside (0, 1), or that leaves a batch without one
            example of either; other options as of ``fit``.
    """
    train, test = split(objective)
    poisoned = train.poison(pool, beta)
    found = fit(poisoned, init=init, optimizer=optimizer or annealed(steps), steps=steps, seed=seed, hooks=hooks)
    own, of_pool = (values(one, found.point) for one in (train, on_data(train, pool)))
    of_test = (math.nan, math.nan) if test is None else values(test, found.point)
    return BadMinimum(found.point, *own, of_pool[1], *of_test, float(beta), found.steps, found.stopped)


def split(objective: Objectives) -> tuple[Objective, Objective | None]:
    """The training objective, and that of the test data where there is one; as they are measured, with an error.

    Raises:
        InputError: no objective, or one whose loss is not cross-entropy.
    """
    whole = comparing(objective)
    train = trained_on(whole)
    if train.loss_name != "cross_entropy":
        raise InputError(f"bad minima need cross-entropy, which tells wrong answers from right ones; this objective has the loss "
                         f"{train.loss_name!r}")
    others = [] if isinstance(whole, Objective) else [one for one in whole.values() if one is not train]
    return train, others[0] if others else None


def on_data(train: Objective, data: Any) -> Objective:
    """The same objective on other data, with the BatchNorm statistics of the training data."""
    other = train.with_data(data, batch_size=train.data.batch_size)
    return other.with_bn("recompute", data=train.data) if train.bn == "recompute" else other


def values(objective: Objective, point: Mapping[str, Tensor]) -> tuple[float, float]:
    """Loss and error, as a share, of all data at a point."""
    found = loss(objective)(point)
    return float(found["loss"]), float(found["error"]) if "error" in found else 1 - float(found["accuracy"])


def annealed(steps: int, *, rate: float = 0.1, momentum: float = 0.9) -> OptimizerFactory:
    """SGD whose learning rate falls to 0 along half a cosine: ends are the same from step to step, and fit all examples."""
    return partial(_annealed, steps=steps, rate=rate, momentum=momentum)


def _annealed(tensors: Any, *, steps: int, rate: float, momentum: float) -> Any:
    descent = torch.optim.SGD(tensors, lr=rate, momentum=momentum)
    return descent, torch.optim.lr_scheduler.LambdaLR(descent, half_cosine(steps))


def half_cosine(steps: int) -> Callable[[int], float]:
    """From 1 at step 0 to 0 at ``steps``."""
    return partial(_half_cosine, steps=steps)


def _half_cosine(step: int, *, steps: int) -> float:
    return 0.5 * (1 + math.cos(math.pi * min(step, steps) / max(steps, 1)))
