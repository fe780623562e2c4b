"""L1. The loss of all data falls at almost every step, though each sees a mini-batch (Goodfellow et al. 2015).

Goodfellow, Vinyals and Saxe ("Qualitatively characterizing neural network optimization problems") found no obstacle between the start and
the end of training: the loss falls monotonically. What that says of single steps depends on the learning rate, and on when one looks:
in the first epochs plain SGD at a small or moderate rate descends the true loss nearly always, at a large one it rises at many steps and
training succeeds all the same; later the noise of the mini-batches outweighs what is left to descend, at any rate. Both are measured.
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
SIGNATURE = ("in the first 10 epochs the loss of all training data falls at 99 % of the steps or more at rate 0.02 and at 90 % "
             "or more at rate 0.1, and at fewer than at 0.1 by more than 10 points at 0.6, where the loss at the end is below a tenth of "
             "that of the start all the same, for every seed (METHODS L1: 100, 96 and 57 % on this network)")
RATES = (0.02, 0.1, 0.6)
#: Epochs of 20 steps in all, and widths of the network.
SETTINGS = {"quick": (30, (64, 64, 64, 10)), "paper": (200, (64, 256, 256, 10))}
FIRST, STEPS = 10, 20
#: Points by which the loss falls at fewer steps at the large rate.
FEWER = 10


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Train at every rate from every seed and measure the loss of all data after every step."""
    epochs, widths = SETTINGS[scale]
    first, steps = FIRST * STEPS, epochs * STEPS
    shares: dict[tuple[float, str], list[float]] = {}
    losses: dict[float, list[np.ndarray]] = {rate: [] for rate in RATES}
    for seed in seeds:
        train, _ = pair(widths, seed=seed)
        for rate in RATES:
            found = monotonicity(whole(train), recorded(train, rate, steps, seed))
            missing = np.full(steps + 1 - found.sizes["step"], np.nan)  # of a run that stopped because its loss was not finite
            fell = np.append(found["fell"].values, missing > 0)[1:]
            for when, part in (("first", fell[:first]), ("later", fell[first:])):
                shares.setdefault((rate, when), []).append(100 * part.mean())
            losses[rate].append(np.append(found["loss"].values, missing))
        on_event(Note(f"L1, seed {seed}: " + ", ".join(f"{shares[rate, 'first'][-1]:.0f} % at rate {rate:g}" for rate in RATES)))
    shown = (all(share >= 99 for share in shares[0.02, "first"]) and all(share >= 90 for share in shares[0.1, "first"])
             and all(fast < slow - FEWER for fast, slow in zip(shares[0.6, "first"], shares[0.1, "first"], strict=True))
             and all(values[-1] < values[0] / 10 for values in losses[0.6]))
    words = {"first": f"first {FIRST} epochs", "later": f"epochs {FIRST + 1} to {epochs}"}
    numbers = [Number(f"steps at which the loss fell, {words[when]}, rate {rate:g}", tuple(shares[rate, when]), "%")
               for when in words for rate in RATES]
    numbers += [Number(f"loss over that of the start, after epoch {epoch}, rate {rate:g}",
                       tuple(values[epoch * STEPS] / values[0] for values in losses[rate])) for epoch in (FIRST, epochs) for rate in RATES]
    data = curves("step", range(steps + 1), {"loss": np.stack([losses[rate] for rate in RATES], axis=1)},
                  lines=[f"rate {rate:g}" for rate in RATES], words={"loss": "cross-entropy loss of all training data"},
                  title="the loss of all data after every step")
    notes = (f"{'-'.join(map(str, widths))} on digits, plain SGD, batches of 50, {steps} steps",
             "how often the loss falls depends on when one looks: in later epochs the noise of mini-batches outweighs what is "
             "left to descend")
    return Finding(CLAIM, SIGNATURE, shown, tuple(numbers), notes, data)
