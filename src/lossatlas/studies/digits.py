"""What studies share: fully connected networks on the handwritten digits or other pictures, and numbers of a point."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..fitting import Fit, State, fit
from ..metrics import error
from ..objective import Objective
from ..params import Params
from ..probes.loss import loss
from ..seeds import fixed_rng
from ..zoo.data import prepare, read
from ..zoo.mlp import mlp


def pair(
    widths: Sequence[int] = (64, 64, 64, 10), *, batch: int = 50, seed: int = 0, source: str = "digits",
    dtype: torch.dtype | None = None,
) -> tuple[Objective, Objective]:
    """A fresh fully connected network on training and on test pictures, with the metric ``error``.

    Raises:
        InputError: data that are not where ``lossatlas data fetch`` puts them.
    """
    kind, _, place = source.partition(":")
    if place and not Path(place).exists():
        raise InputError(f"this study reads {kind} in {place}, where there is none; write: lossatlas data fetch {kind}")
    found = read(source)
    train, test = (prepare(part, mean=found.mean, std=found.std, scale=found.scale) for part in (found.train, found.test))
    with fixed_rng(seed, "study", *widths), torch.device("cpu"):
        network = mlp(widths)
    objective = Objective.from_module(network, train, "cross_entropy", metrics={"error": error}, batch_size=batch, dtype=dtype,
                                      device="auto" if place else None)  # digits are quicker without a GPU
    return objective, objective.with_data(test)


def whole(objective: Objective) -> Objective:
    """The same objective in one batch: quicker where all data are looked at, and without BatchNorm the same function."""
    return objective.with_data(objective.data, batch_size=objective.data.n_examples)


def measured(objective: Objective, point: Params) -> tuple[float, float]:
    """Loss and error (in %) of all data at a point."""
    found = loss(objective)(point)
    return float(found["loss"]), 100 * float(found["error"])


def sgd(rate: float, momentum: float = 0.0) -> Callable[[Iterable[Tensor]], torch.optim.Optimizer]:
    """A factory of SGD for ``fit``."""
    return partial(torch.optim.SGD, lr=rate, momentum=momentum)


def recorded(objective: Objective, rate: float, steps: int, seed: int) -> dict[int, Params]:
    """Plain SGD with every point kept in memory: step -> parameters."""
    points: dict[int, Params] = {}

    def keep(step: int, point: Params, state: State) -> None:
        points[step] = {name: tensor.detach().clone() for name, tensor in point.items()}

    fit(objective, optimizer=sgd(rate), steps=steps, seed=seed, hooks=[keep])
    return points


def watched(
    train: Objective, optimizer: Callable[[Iterable[Tensor]], torch.optim.Optimizer], epochs: int, *, seed: int, init: Params | None = None,
    per_epoch: int | None = None,
) -> tuple[Fit, np.ndarray]:
    """Training, and loss and error (in %) of all its data before it and after every epoch, shape (epochs + 1, 2)."""
    steps, everything = per_epoch or train.data.n_examples // train.data.sizes[0], whole(train)
    seen: list[tuple[float, float]] = []

    def look(step: int, point: Params, state: State) -> None:
        if step % steps == 0:
            seen.append(measured(everything, point))

    end = fit(train, init=init, optimizer=optimizer, steps=epochs * steps, seed=seed, hooks=[look])
    rest = [(float("nan"), float("nan"))] * (epochs + 1 - len(seen))  # of a run that stopped because its loss was not finite
    return end, np.array(seen + rest)
