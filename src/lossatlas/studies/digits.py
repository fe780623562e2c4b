"""What the studies share: fully connected networks on the handwritten digits, and numbers of a point."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ..metrics import error
from ..objective import Objective
from ..params import Params
from ..seeds import fixed_rng
from ..zoo.data import prepare, read
from ..zoo.mlp import mlp


def pair(
    widths: Sequence[int] = (64, 64, 64, 10), *, batch: int = 50, seed: int = 0, source: str = "digits",
) -> tuple[Objective, Objective]:
    """A fresh fully connected network on training and on test pictures, with the metric ``error``."""
    found = read(source)
    train, test = (prepare(part, mean=found.mean, std=found.std, scale=found.scale) for part in (found.train, found.test))
    with fixed_rng(seed, "study", *widths), torch.device("cpu"):
        network = mlp(widths)
    objective = Objective.from_module(network, train, "cross_entropy", metrics={"error": error}, batch_size=batch)
    return objective, objective.with_data(test)


def measured(objective: Objective, point: Params) -> tuple[float, float]:
    """Loss and error (in %) of all data at a point."""
    from ..probes.loss import loss

    found = loss(objective)(point)
    return float(found["loss"]), 100 * float(found["error"])


def sgd(rate: float, momentum: float = 0.0):
    """A factory of plain SGD for ``fit``."""
    return lambda tensors: torch.optim.SGD(tensors, lr=rate, momentum=momentum)
