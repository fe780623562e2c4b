"""L2. Steps cross a valley (Xing et al. 2018, "A walk with SGD").

The loss between the weights before and after an update is roughly convex with its minimum in between, so that SGD bounces from wall to wall
of a valley at a height above its floor, and successive updates point against each other. Which loss is looked at decides: the step is
made down the gradient of its mini-batch, and what is too long for the loss of all data can be short for that of the batch. Both are
measured; the verdict is on the loss of all data.
"""

from __future__ import annotations

import numpy as np
import torch

from ..analyses import valley_crossing
from ..names import Scale
from ..run.events import Listener, Note
from .digits import pair, recorded, whole
from .finding import Finding, Number, curves

CLAIM = ("Between the weights before and after most steps of SGD the loss is convex with its minimum inside, and successive updates point "
         "against each other (Xing et al. 2018)")
SIGNATURE = ("at one learning rate or more, on the loss of all training data: the minimum inside for more than half of the steps, convex "
             "for more than half, and a negative mean cosine of successive updates, each for every seed (the \"most\" of Xing et al. 2018)")
RATES = (0.1, 0.3, 0.6)
#: Steps of batches of 50, and points between the two ends of a step.
SETTINGS = {"quick": (100, 9), "paper": (1000, 9)}


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Train at every rate from every seed, and look along every step."""
    steps, between = SETTINGS[scale]
    of: dict[tuple[float, str], list[float]] = {}
    depth: dict[float, list[np.ndarray]] = {rate: [] for rate in RATES}
    for seed in seeds:
        train, _ = pair(seed=seed, dtype=torch.float64)
        for rate in RATES:
            points = recorded(train, rate, steps, seed)
            data = valley_crossing(whole(train), points, between=between)
            batch = valley_crossing(train, points, on="batch", seed=seed, between=between)
            for name, value in {
                "inside, all data": 100 * data.attrs["fraction_crossed"], "convex, all data": 100 * data.attrs["fraction_convex"],
                "inside, own mini-batch": 100 * batch.attrs["fraction_crossed"], "cosine": data.attrs["mean_cosine"],
                "height": float((data["height"] / data["path_loss"][:, 0]).mean()),
            }.items():
                of.setdefault((rate, name), []).append(value)
            depth[rate].append(data["height"].values)
        on_event(Note(f"L2, seed {seed}: minimum inside " + ", ".join(
            f"{of[rate, 'inside, all data'][-1]:.0f} % (own mini-batch {of[rate, 'inside, own mini-batch'][-1]:.0f} %) at rate {rate:g}"
            for rate in RATES)))
    passed = [rate for rate in RATES if min(of[rate, "inside, all data"]) > 50 and min(of[rate, "convex, all data"]) > 50
              and max(of[rate, "cosine"]) < 0]
    words = {"inside, all data": ("steps with the minimum inside, loss of all data", "%"),
             "inside, own mini-batch": ("steps with the minimum inside, loss of the step's mini-batch", "%"),
             "convex, all data": ("steps along which the loss of all data is convex", "%"),
             "cosine": ("mean cosine of successive updates", ""),
             "height": ("mean height of a step's end above the floor over the loss", "")}
    numbers = [Number(f"{text}, rate {rate:g}", tuple(of[rate, name]), unit) for name, (text, unit) in words.items() for rate in RATES]
    curve = curves("step", range(steps), {"height": np.stack([depth[rate] for rate in RATES], axis=1)},
                   lines=[f"rate {rate:g}" for rate in RATES], words={"height": "height above the floor, loss of all data"},
                   title="the end of a step above the floor of its valley")
    notes = [f"it holds at {'the rates ' + ', '.join(f'{rate:g}' for rate in passed) if passed else 'none of the rates'}; 64-64-64-10 on "
             f"digits in float64, plain SGD, batches of 50, the first {steps} steps, {between} points inside each",
             "on the loss of its own mini-batch a step crosses less often: say which loss is meant"]
    return Finding(CLAIM, SIGNATURE, bool(passed), tuple(numbers), tuple(notes), curve)
