"""A18. Between the minima that a cyclical learning rate visits stand peaks of varying height (Smith and Topin 2017, "Exploring loss
function topology with cyclical learning rates").

The learning rate rises and falls along triangles. Where it reaches its lowest value the iterate is kept; straight lines between successive
ones show whether SGD left the basin. A peak counts where the loss rises above the chord by more than three standard errors.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from ..analyses import barrier
from ..fitting import fit
from ..names import Scale
from ..params import Params
from ..run.events import Listener, Note
from .digits import pair, sgd, whole
from .finding import Finding, Number, curves

CLAIM = "Between successive minima of a cyclical learning rate the training loss has peaks of varying height (Smith and Topin 2017)"
SIGNATURE = ("for every seed the loss rises above the chord by more than 3 standard errors between at least three quarters of the "
             "successive minima, and the highest peak is at least 1.5 times the lowest (thresholds ours: the paper shows the curves)")
#: Largest learning rate, steps of a cycle, cycles, widths.
SETTINGS: dict[str, Any] = {"quick": (0.3, 400, 5, (64, 64, 64, 10)), "paper": (0.3, 4000, 10, (64, 256, 256, 10))}


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Train with a cyclical learning rate from every seed, and walk from minimum to minimum."""
    rate, cycle, cycles, widths = SETTINGS[scale]
    heights, errors, peaks, lowest = [], [], [], []
    for seed in seeds:
        train, test = (whole(one) for one in pair(widths, seed=seed))
        noisy = train.corrupt("random_labels", 0.2, seed=seed)
        ends: list[Params] = []

        def keep(step: int, point: Params, state: Any, ends: list[Params] = ends) -> None:
            if step and step % cycle == 0:
                ends.append({name: tensor.detach().clone() for name, tensor in point.items()})

        fit(noisy.with_data(noisy.data, batch_size=50), optimizer=sgd(rate, 0.9), steps=cycle * cycles, seed=seed,
            schedule=partial(triangle, cycle=cycle), hooks=[keep])
        lines = [barrier({"train": noisy, "test": test}, a, b, plan="plain") for a, b in pairwise(ends)]
        found = np.array([[line[name].values for name in ("loss_barrier", "loss_barrier_stderr", "error_barrier")] for line in lines])
        heights.append(found[:, 0])  # (lines, split)
        peaks.append(100 * float((found[:, 0, 0] > 3 * found[:, 1, 0]).mean()))
        errors.append(found[:, 2])
        lowest.append(float(np.mean([line["loss"].sel(split="train").values[[0, -1]] for line in lines])))
        on_event(Note(f"A18, seed {seed}: peaks of {', '.join(f'{height:.2g}' for height in heights[-1][:, 0])} above the chord"))
    loss, wrong = np.stack(heights), np.stack(errors)  # (seeds, lines, split)
    ratios = [float(row.max() / row.min()) if row.min() > 0 else np.inf for row in loss[:, :, 0]]
    numbers = [Number("successive minima with a peak between them", tuple(peaks), "%"),
               Number("highest peak, training loss", tuple(loss[:, :, 0].max(1))),
               Number("lowest peak, training loss", tuple(loss[:, :, 0].min(1))),
               Number("highest error barrier, training data", tuple(100 * wrong[:, :, 0].max(1)), "%"),
               Number("highest peak, test loss", tuple(loss[:, :, 1].max(1))), Number("mean training loss at the minima", tuple(lowest))]
    data = curves("cycle", range(cycles - 1), {"loss_barrier": loss.transpose(0, 2, 1), "error_barrier": wrong.transpose(0, 2, 1)},
                  lines=("train", "test"), words={"cycle": "from this minimum to the next", "loss_barrier": "peak above the chord"},
                  title="peaks between successive minima of a cyclical learning rate")
    notes = (f"{'-'.join(map(str, widths))} on digits with 20 % random labels, momentum 0.9, batches of 50, {cycles} triangles of {cycle} "
             f"steps between rates 0 and {rate:g}",
             "with short cycles or a small largest rate, or where the labels are clean, SGD may stay in one basin, with no peak on the way")
    return Finding(CLAIM, SIGNATURE, min(peaks) >= 75 and min(ratios) >= 1.5, tuple(numbers), notes, data)


def triangle(step: int, *, cycle: int) -> float:
    """From 0 up to 1 and down again, every ``cycle`` steps."""
    return 1 - abs(2 * (step % cycle) / cycle - 1)
