"""L1. The loss of all data falls at almost every step, though each sees a mini-batch (Goodfellow et al. 2015).

Goodfellow, Vinyals and Saxe ("Qualitatively characterizing neural network optimization problems") found no obstacle between the start and
the end of training: the loss falls monotonically. What that says of single steps depends on the learning rate: plain SGD at a small
or moderate one descends the true loss nearly always, at a large one it rises at every second step and training succeeds all the same.
"""

from __future__ import annotations

import numpy as np

from ..analyses import monotonicity
from ..names import Scale
from ..run.events import Listener, Note
from .digits import pair, recorded, whole
from .finding import Finding, Number, curves

CLAIM = ("At moderate learning rates the loss of all data falls at almost every step of plain SGD, and at large ones it does not though "
         "training succeeds (after Goodfellow et al. 2015)")
SIGNATURE = ("the loss of all training data falls at 99 % of the steps or more at rate 0.02 and at 90 % or more at rate 0.1, for every "
             "seed, and at fewer at 0.6 (METHODS L1: 100, 96 and 57 % on this network)")
RATES = (0.02, 0.1, 0.6)
#: Steps of batches of 50, and widths of the network.
SETTINGS = {"quick": (600, (64, 64, 64, 10)), "paper": (5000, (64, 256, 256, 10))}


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Train at every rate from every seed and measure the loss of all data after every step."""
    steps, widths = SETTINGS[scale]
    share: dict[float, list[float]] = {rate: [] for rate in RATES}
    losses: dict[float, list[np.ndarray]] = {rate: [] for rate in RATES}
    for seed in seeds:
        train, _ = pair(widths, seed=seed)
        for rate in RATES:
            found = monotonicity(whole(train), recorded(train, rate, steps, seed))
            share[rate].append(100 * found.attrs["fraction_fell"])
            losses[rate].append(found["loss"].values)
        on_event(Note(f"L1, seed {seed}: " + ", ".join(f"{share[rate][-1]:.0f} % at rate {rate:g}" for rate in RATES)))
    shown = min(share[0.02]) >= 99 and min(share[0.1]) >= 90 and np.mean(share[0.6]) < np.mean(share[0.1])
    numbers = [Number(f"steps at which the loss fell, rate {rate:g}", tuple(share[rate]), "%") for rate in RATES]
    numbers += [Number(f"loss at the end over the start, rate {rate:g}", tuple(values[-1] / values[0] for values in losses[rate]))
                for rate in RATES]
    data = curves("step", range(steps + 1), {"loss": np.stack([losses[rate] for rate in RATES], axis=1)},
                  lines=[f"rate {rate:g}" for rate in RATES], words={"loss": "cross-entropy loss of all training data"},
                  title="the loss of all data, after every step")
    notes = [f"{'-'.join(map(str, widths))} on digits, plain SGD, batches of 50, {steps} steps"]
    return Finding(CLAIM, SIGNATURE, shown, tuple(numbers), tuple(notes), data)
