"""A13. A training path lies in few dimensions, and a random plane sees none of it (Li et al. 2018, section 7).

A fully connected network and a residual one with BatchNorm are trained on digits with SGD and weight decay, from several seeds, and every
epoch is a point. Two numbers, as METHODS asks: the variance of the points about their mean that two principal components explain, which is
what papers write on axes, and the share of the squared distances from the end that the drawn plane holds.

That two components explain most of the variance does not mean that training is special: of a random walk in as many dimensions, and
as long, they explain 6/π² (1 + 1/4), about 76 % (Antognini and Sohl-Dickstein 2018). So one stands beside them.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from .. import zoo
from ..analyses import pca_slice, random_beside
from ..family import Trajectory
from ..fitting import State, fit
from ..metrics import error
from ..names import Scale
from ..objective import Objective
from ..params import Params
from ..run.events import Listener, Note
from ..seeds import generator
from .digits import pair
from .finding import Finding, Number, curves

CLAIM = ("Two principal components hold 40 to 90 % of the variance of a training path, and two random directions next to none of it "
         "(Li et al. 2018)")
#: What two components explain at least, the lower end of the paper, and what two random directions explain at most.
MOST, LEAST = 0.4, 0.01
SIGNATURE = (f"for both networks and every seed two components explain at least {100 * MOST:g} % of the variance, and two random "
             f"directions less than {100 * LEAST:g} %")
#: Epochs, and the rate of SGD with momentum 0.9 and weight decay 5e-4, which falls to a tenth at half of them.
EPOCHS: dict[str, int] = {"quick": 40, "paper": 300}
RATE, DECAY, BATCH = 0.1, 5e-4, 128
NETWORKS = ("MLP", "residual with BatchNorm")
#: Components in the picture.
COMPONENTS = 15


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Train both networks from every seed, and lay planes through the ends."""
    values: dict[str, list[float]] = {}
    components = min(COMPONENTS, EPOCHS[scale] - 1)
    left = np.full((len(seeds), len(NETWORKS) + 1, components), np.nan)
    for row, seed in enumerate(seeds):
        for line, name in enumerate(NETWORKS):
            objective = pair(batch=BATCH, seed=seed)[0] if line == 0 else _residual(seed)
            path = _path(objective, EPOCHS[scale], seed)
            plane = pca_slice(path, objective=objective)
            spheres = pca_slice(path, objective=objective, project_out_norm=True)
            beside = random_beside(plane, path, objective=objective, seed=seed)
            found = {"explained": sum(plane.about["explained"]), "explained by the first": plane.about["explained"][0],
                     "held": plane.about["of_motion"], "explained by a random plane": sum(beside.about["explained"]),
                     "explained without norms": sum(spheres.about["explained"]), "cosine of the first with the weights":
                     abs(plane.about["radial"][0])}
            for word, value in found.items():
                values.setdefault(f"{word}, {name}", []).append(value)
            left[row, line] = unexplained(path, components)
            on_event(Note(f"A13, seed {seed}, {name}: {100 * found['explained']:.3g} % explained, a random plane "
                          f"{100 * found['explained by a random plane']:.2g} %"))
        walk = _walk(EPOCHS[scale] + 1, seed)
        left[row, -1] = unexplained(walk, components)
        values.setdefault("explained, random walk", []).append(sum(pca_slice(walk).about["explained"]))
    numbers = [Number(name, tuple(of if "cosine" in name else 100 * np.array(of)), "" if "cosine" in name else "%")
               for name, of in values.items()]
    shown = all(min(values[f"explained, {name}"]) >= MOST and max(values[f"explained by a random plane, {name}"]) < LEAST
                for name in NETWORKS)
    data = curves("components", range(1, components + 1), {"unexplained": 100 * left}, lines=[*NETWORKS, "random walk"],
                  words={"unexplained": "variance left unexplained", "components": "principal components"}, units={"unexplained": "%"},
                  title="what principal components leave of a training path")
    notes = (f"digits, SGD with momentum 0.9, rate {RATE:g} with a tenth of it from half on, weight decay {DECAY:g}, batches of {BATCH}, "
             f"{EPOCHS[scale]} epochs, a point each",
             "two components explain most of a random walk of as many points, too: that they do says that a path is smooth, and nothing of "
             "the loss around it",
             "held: share of the squared distances from the end; without norms: every filter with the norm that it has at the end; a "
             "cosine near 1 is a change of norm")
    return Finding(CLAIM, SIGNATURE, shown, numbers, notes, data)


def _residual(seed: int) -> Objective:
    """The residual network of the demo on the training digits."""
    one = zoo.objective("digits_resnet", data="digits", split="train", seed=seed, batch_size=BATCH)
    assert isinstance(one, Objective)
    return one.with_metrics({"error": error})


def _path(objective: Objective, epochs: int, seed: int) -> Trajectory:
    """The parameters at the start and after every epoch."""
    per_epoch, points = objective.data.n_examples // BATCH, {}

    def keep(step: int, point: Params, state: State) -> None:
        if step % per_epoch == 0:
            points[step] = {name: tensor.detach().clone() for name, tensor in point.items()}

    def optimizer(tensors: Iterable[Tensor]) -> torch.optim.Optimizer:
        return torch.optim.SGD(tensors, lr=RATE, momentum=0.9, weight_decay=DECAY)

    fit(objective, optimizer=optimizer, steps=epochs * per_epoch, seed=seed, hooks=[keep],
        schedule=lambda step: 1.0 if step < epochs * per_epoch / 2 else 0.1)
    return Trajectory.of(points)


def unexplained(path: Trajectory, components: int) -> np.ndarray:
    """The share of the variance of the points of a run that 1, 2, … components together leave, shape (components,)."""
    names = path.parameters()
    rows = torch.stack([torch.cat([path.at(step)[name].double().reshape(-1) for name in names]) for step in path.steps])
    squares = torch.linalg.svdvals(rows - rows.mean(0)).square().numpy()
    return 1 - np.cumsum(squares)[:components] / squares.sum()


def _walk(points: int, seed: int, parameters: int = 12_000) -> Trajectory:
    """A random walk of Gaussian steps."""
    steps = torch.randn(points, parameters, generator=generator(seed, "random walk"))
    return Trajectory.of([{"w": row} for row in steps.cumsum(0)])
