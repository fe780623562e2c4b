"""H2. Training becomes stable against its own noise early (Frankle, Dziugaite, Roy and Carbin 2020, "Linear mode connectivity and the
lottery ticket hypothesis").

From step k two children are trained to the end that differ in the order of the data alone. Early in training they end with a barrier
between them, later in one linearly connected basin. Small problems are stable from initialization: the clean digits are the control, and
digits of which a fifth of the labels is random the case.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from ..analyses import instability
from ..analyses.instability import STABLE
from ..fitting import fit
from ..metrics import error
from ..names import Scale
from ..objective import Objective
from ..record import Recorder, open_run
from ..run.events import Listener, Note
from ..zoo import build
from ..zoo.data import prepare, read
from ..zoo.recipes import augmentation
from .digits import pair, sgd
from .finding import Finding, Number, curves

CLAIM = ("Training is unstable to the noise of SGD at first, and stable early on: children that part from then on end in one linearly "
         "connected basin (Frankle et al. 2020)")
SIGNATURE = ("the mean error barrier on training data between children that part at the first of these steps is above 2 %, and below 2 % "
             "at the last, for every seed; the loss barrier falls to a fifth of its height or less (METHODS H2: error .101 to .003)")


@dataclass(frozen=True)
class Problem:
    """What is trained, how, and where children part.

    Attributes:
        train: with its augmentation, if it has one. clean: the control, None without one.
    """

    train: Objective
    test: Objective
    optimizer: Callable[..., torch.optim.Optimizer]
    schedule: Callable[[int], float]
    total: int
    steps: tuple[int, ...]
    clean: Objective | None = None
    notes: tuple[str, ...] = ()


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Spawn children from every step of a run of every seed."""
    make, pairs = {"quick": (noisy_digits, 1), "paper": (cifar10, 3)}[scale]
    of, control = [], []
    for seed in seeds:
        problem = make(seed)
        children = tuple((101 + 2 * k, 102 + 2 * k) for k in range(pairs))
        with parent(problem, seed) as found:
            of.append(instability(found, {"train": problem.train, "test": problem.test}, problem.steps, optimizer=problem.optimizer,
                                  schedule=problem.schedule, total=problem.total, seeds=children).mean("pair", skipna=False))
        if problem.clean is not None:
            with parent(problem, seed, problem.clean, last=0) as found:
                control.append(instability(found, problem.clean, (0,), optimizer=problem.optimizer, schedule=problem.schedule,
                                           total=problem.total, seeds=children[:1]).isel(step=0, pair=0))
        on_event(Note(f"H2, seed {seed}: error barrier on training data, steps {', '.join(map(str, problem.steps))}: "
                      + ", ".join(f"{100 * value:.2g} %" for value in of[-1]["error_barrier"].sel(split="train").values)))
    steps = problem.steps
    errors, losses = (np.stack([ds[name].transpose("split", "step").values for ds in of]) for name in ("error_barrier", "loss_barrier"))
    shown = bool((errors[:, 0, 0] > STABLE).all() and (errors[:, 0, -1] < STABLE).all() and (losses[:, 0, -1] <= losses[:, 0, 0] / 5).all())
    numbers = [Number(f"{what} barrier on {split} data, from step {step}", tuple(factor * values[:, s, k]), unit)
               for what, values, factor, unit in (("error", errors, 100, "%"), ("loss", losses, 1, ""))
               for s, split in enumerate(("training", "test")) for k, step in enumerate(steps)]
    if control:
        numbers += [Number("error barrier, clean labels, from step 0", tuple(100 * float(ds["error_barrier"]) for ds in control), "%"),
                    Number("loss barrier, clean labels, from step 0", tuple(float(ds["loss_barrier"]) for ds in control))]
    data = curves("step", steps, {"error_barrier": errors, "loss_barrier": losses}, lines=("train", "test"),
                  words={"step": "step at which the children part"}, title="stability to the noise of SGD")
    notes = (f"{pairs} {'pair' if pairs == 1 else 'pairs'} of children a step and seed, 30 points between each two, trained to step "
             f"{problem.total}",
             "the error barrier is the largest error on the line minus the mean of its ends, and at least half of their difference",
             "on test data the noise of the labels averages out between children, so that a barrier on training data need not be one there",
             *problem.notes)
    return Finding(CLAIM, SIGNATURE, shown, tuple(numbers), notes, data)


def noisy_digits(seed: int, *, epochs: int = 60, steps: tuple[int, ...] = (0, 50, 100, 200, 400)) -> Problem:
    """64-64-64-10 on digits with a fifth of the labels redrawn: SGD, momentum 0.9, batches of 50, from 0.1 along a cosine to 0."""
    train, test = pair(seed=seed)
    total = epochs * (train.data.n_examples // 50)
    return Problem(train.corrupt("random_labels", 0.2, seed=seed), test, sgd(0.1, 0.9), partial(cosine, steps=total), total, steps, train,
                   ("the learning rate falls to 0: at a constant 0.1 the children end at noisy points, and the error barriers from step 0 "
                    "were 2.2, 1.7 and 4.6 % (seeds 0, 1, 2) where these are 5.2, 7.2 and 7.3 %",))


def cifar10(seed: int) -> Problem:
    """ResNet-20 (option A) on CIFAR-10 as Frankle et al. train it: 63,000 steps of 128, from 0.1, divided by ten at 32,000 and 48,000."""
    found = read("cifar10:data/cifar10")
    parts = [prepare(part, mean=found.mean, std=found.std, scale=found.scale) for part in (found.train, found.test)]
    train = Objective.from_module(build("resnet20a", seed=seed), parts[0], "cross_entropy", metrics={"error": error}, batch_size=128,
                                  device="auto")
    optimizer = partial(torch.optim.SGD, lr=0.1, momentum=0.9, weight_decay=1e-4)
    return Problem(train.training(augmentation(found.mean, found.std)), train.with_data(parts[1]), optimizer, dropped, 63_000,
                   (0, 500, 1000, 2000, 5000))


@contextmanager
def parent(problem: Problem, seed: int, train: Objective | None = None, *, last: int | None = None) -> Iterator[Any]:
    """A run that is recorded at the problem's steps, in a folder that is gone afterwards."""
    last = max(problem.steps) if last is None else last
    every = math.gcd(*problem.steps) if last else max(problem.total, 1)
    with TemporaryDirectory(prefix="lossatlas-") as folder:
        with Recorder(Path(folder) / "parent", every=every) as recorder:
            fit(train or problem.train, optimizer=problem.optimizer, schedule=problem.schedule, steps=max(last, 1), seed=seed,
                hooks=[recorder])
        yield open_run(Path(folder) / "parent")


def cosine(step: int, *, steps: int) -> float:
    """From 1 to 0 along half a cosine."""
    return 0.5 * (1 + math.cos(math.pi * step / steps))


def dropped(step: int) -> float:
    """Divided by ten after 32,000 and 48,000 steps."""
    return 0.1 ** ((step >= 32_000) + (step >= 48_000))
