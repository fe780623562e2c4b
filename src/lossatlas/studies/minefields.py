"""C4. A minefield along the path of training (Huang et al. 2020, Figure 1: two classes on spirals).

A small network learns two spirals. From iterates all along its path training goes on with a held-out half whose labels are flipped:
each time it ends where the training data are (nearly) fitted and test data are answered by chance. The map shows all of them beside the
path; how near they are it cannot show, and is said in numbers.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch

from ..analyses.bad_minima import half_cosine
from ..analyses.minefield import minefield
from ..family import Trajectory
from ..figures.minefield import minefield as drawn
from ..fitting import State, fit
from ..metrics import error
from ..names import Scale
from ..objective import Objective
from ..params import Params
from ..run.events import Listener, Note
from ..seeds import fixed_rng
from ..zoo.mlp import mlp
from ..zoo.toys import spiral
from .finding import Finding, Number, curves

CLAIM = ("Beside every iterate of training lies a minimum that fits the training data and answers test data by chance, and training walks "
         "past all of them (Huang et al. 2020)")
SIGNATURE = ("for every seed: the bad minimum from every iterate has a test accuracy of at most 53 %, and the last iterate one of at least "
             "98.5 % (METHODS C4, as recomputed there on a 2-class spiral)")
#: Of quick and paper: steps of training to start from, steps of each search.
SETTINGS: dict[str, tuple[tuple[int, ...], int]] = {
    "quick": ((0, 10, 20, 40, 80, 160, 400, 1000), 1200),
    "paper": ((0, 10, 20, 30, 40, 50, 60, 80, 100, 120, 150, 200, 250, 300, 400, 500, 600, 700, 800, 1000), 4000)}
WIDTHS, EXAMPLES, TESTED, STEPS, RATE, SEARCH_RATE = (2, 100, 100, 100, 2), 60, 2000, 1000, 0.003, 0.01


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Train on the spirals from every seed, and search a bad minimum from iterates along the path."""
    starts, steps = SETTINGS[scale]
    fields = []
    for seed in seeds:
        both, pool, points = trained(seed)
        fields.append(minefield(Trajectory.of(points, name="spirals"), both, pool, starts=starts, steps=steps, seed=seed,
                                optimizer=partial(searching, steps=steps)))
        accuracy = 100 * (1 - fields[-1]["test_error"].values)
        on_event(Note(f"C4, seed {seed}: test accuracy of the last iterate {accuracy[-1, 0]:.4g} %, of the bad minima "
                      f"{accuracy[:, 1].min():.3g} to {accuracy[:, 1].max():.3g} %"))
    return _finding(fields, scale)


def trained(seed: int) -> tuple[dict[str, Objective], Any, dict[int, Params]]:
    """The objectives, the pool, and every tenth point of a run on half of the spirals."""
    x, y = spiral(2 * EXAMPLES, seed=seed)
    with fixed_rng(seed, "minefield"), torch.device("cpu"):
        network = mlp(WIDTHS)
    train = Objective.from_module(network, (x[:EXAMPLES], y[:EXAMPLES]), "cross_entropy", metrics={"error": error}, batch_size=EXAMPLES)
    both = {"train": train, "test": train.with_data(spiral(TESTED, seed=seed + 1000), batch_size=TESTED)}
    points: dict[int, Params] = {}

    def keep(step: int, point: Params, state: State) -> None:
        if step % 10 == 0:
            points[step] = {name: tensor.detach().clone() for name, tensor in point.items()}

    fit(train, optimizer=partial(torch.optim.Adam, lr=RATE), steps=STEPS, seed=seed, hooks=[keep])
    return both, (x[EXAMPLES:], y[EXAMPLES:]), points


def searching(tensors: Any, *, steps: int) -> Any:
    """Adam along half a cosine: SGD does not get through so bent a boundary."""
    descent = torch.optim.Adam(tensors, lr=SEARCH_RATE)
    return descent, torch.optim.lr_scheduler.LambdaLR(descent, half_cosine(steps))


def _finding(fields: list[Any], scale: Scale) -> Finding:
    """What the minefields of all seeds show."""
    steps, count = SETTINGS[scale][1], fields[0].sizes["step"]
    test = np.stack([100 * (1 - ds["test_error"].values) for ds in fields])  # (seeds, steps, iterate or bad)
    train = np.stack([100 * ds["error"].values for ds in fields])
    near = np.stack([ds["relative_distance"].values for ds in fields])
    maps = [ds.attrs["map"] for ds in fields]
    shown = bool((test[:, :, 1] <= 53).all() and (test[:, -1, 0] >= 98.5).all())
    numbers = [Number("test accuracy of the last iterate", tuple(test[:, -1, 0]), "%"),
               Number("highest test accuracy of a bad minimum", tuple(test[:, :, 1].max(1)), "%"),
               Number("lowest test accuracy of a bad minimum", tuple(test[:, :, 1].min(1)), "%"),
               Number("mean training error of the bad minima", tuple(train[:, :, 1].mean(1)), "%"),
               Number("mean distance of a bad minimum from its iterate over the length of the path", tuple(near.mean(1))),
               Number("smallest such distance", tuple(near.min(1))),
               Number("trustworthiness of the map", tuple(one["trustworthiness"] for one in maps)),
               Number("rank correlation of distances on the map with those in space", tuple(one["distance_correlation"] for one in maps)),
               Number("variance in the plane of two principal components", tuple(100 * one["pca_share"] for one in maps), "%")]
    data = curves("step", fields[0]["step"].values, {"test_accuracy": test.transpose(0, 2, 1), "train_error": train.transpose(0, 2, 1)},
                  lines=["iterates", "bad minima from there"], words={"test_accuracy": "test accuracy", "train_error": "training error"},
                  units={"test_accuracy": "%", "train_error": "%"}, title="a minefield along training")
    notes = (f"{'-'.join(map(str, WIDTHS))} on two spirals: {EXAMPLES} training data, {EXAMPLES} in the pool with flipped labels (half of "
             f"every batch), {TESTED:,} for testing; {count} starts, Adam from {SEARCH_RATE:g} along a cosine to 0, {steps:,} steps each",
             "beside is a word of the paper, and of the map: in parameter space the bad minima are as far from their iterates as the mean "
             "distance says, and the training error left says how far they are from fitting every point",
             "the picture is the map of the first seed")
    return Finding(CLAIM, SIGNATURE, shown, tuple(numbers), notes, data, drawn(fields[0]))
