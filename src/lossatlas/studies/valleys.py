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
from ..objective import Objective
from ..params import Params
from ..run.events import Listener, Note
from .digits import pair, recorded, whole
from .finding import Finding, Number, curves

CLAIM = ("Between the weights before and after most steps of SGD the loss is convex with its minimum inside, and successive updates point "
         "against each other (Xing et al. 2018)")
SIGNATURE = ("at one learning rate or more, in the first steps and on the loss of all training data: the minimum inside for more than half "
             "of the steps, convex for more than half, and a negative mean cosine of successive updates, each for every seed (the \"most\" "
             "of Xing et al. 2018)")
RATES = (0.1, 0.3, 0.6)
#: Steps that are looked along at the start and as many later, the first of those later ones, and points inside a step.
SETTINGS = {"quick": (100, 400, 9), "paper": (500, 4500, 9)}
WORDS = {"inside, all data": ("steps with the minimum inside, loss of all data", "%"),
         "inside, own mini-batch": ("steps with the minimum inside, loss of the step's mini-batch", "%"),
         "convex, all data": ("steps along which the loss of all data is convex", "%"),
         "cosine": ("mean cosine of successive updates", ""),
         "height": ("mean height of a step's end above the floor over the loss", "")}


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Train at every rate from every seed, and look along the steps at the start and later."""
    steps, later, between = SETTINGS[scale]
    of: dict[tuple[str, float, str], list[float]] = {}
    heights: dict[float, list[np.ndarray]] = {rate: [] for rate in RATES}
    windows = {f"steps 1 to {steps}": range(steps + 1), f"steps {later + 1} to {later + steps}": range(later, later + steps + 1)}
    first = next(iter(windows))
    for seed in seeds:
        train, _ = pair(seed=seed, dtype=torch.float64)
        for rate in RATES:
            points = recorded(train, rate, later + steps, seed)
            for window, part in windows.items():
                found, height = _along(train, {step: points[step] for step in part}, seed, between)
                for name, value in found.items():
                    of.setdefault((window, rate, name), []).append(value)
                if window == first:
                    heights[rate].append(height)
        on_event(Note(f"L2, seed {seed}, {first}: minimum inside " + ", ".join(
            f"{of[first, rate, 'inside, all data'][-1]:.0f} % (own mini-batch {of[first, rate, 'inside, own mini-batch'][-1]:.0f} %) at "
            f"rate {rate:g}" for rate in RATES)))
    passed = [rate for rate in RATES if min(of[first, rate, "inside, all data"]) > 50 and min(of[first, rate, "convex, all data"]) > 50
              and max(of[first, rate, "cosine"]) < 0]
    numbers = [Number(f"{text}, {window}, rate {rate:g}", tuple(of[window, rate, name]), unit)
               for name, (text, unit) in WORDS.items() for window in windows for rate in RATES]
    curve = curves("step", range(steps), {"height": np.stack([heights[rate] for rate in RATES], axis=1)},
                   lines=[f"rate {rate:g}" for rate in RATES], words={"height": "height above the floor, loss of all data"},
                   title="the end of a step above the floor of its valley")
    notes = (f"it holds at {'rate ' + ', '.join(f'{rate:g}' for rate in passed) if passed else 'none of the rates'}; 64-64-64-10 on "
             f"digits in float64, plain SGD, batches of 50, {between} points inside each step",
             "on the loss of its own mini-batch a step crosses less often, and hardly ever late in training: say which loss is meant, "
             "and when")
    return Finding(CLAIM, SIGNATURE, bool(passed), tuple(numbers), notes, curve)


def _along(train: Objective, points: dict[int, Params], seed: int, between: int) -> tuple[dict[str, float], np.ndarray]:
    """What the steps between these points do, on both losses, and the height of each end above its floor."""
    data = valley_crossing(whole(train), points, between=between)
    batch = valley_crossing(train, points, on="batch", seed=seed, between=between)
    return {"inside, all data": 100 * data.attrs["fraction_crossed"], "inside, own mini-batch": 100 * batch.attrs["fraction_crossed"],
            "convex, all data": 100 * data.attrs["fraction_convex"], "cosine": data.attrs["mean_cosine"],
            "height": float((data["height"] / data["path_loss"][:, 0]).mean())}, data["height"].values
