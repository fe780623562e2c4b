"""B4. Large batches need a learning rate scaled in proportion, and a warm-up (Goyal et al. 2017, "Accurate, large minibatch SGD").

The same number of epochs with batches k times as large makes k times fewer steps. With the rate of the small batches the large ones fall
behind; with k times that rate, reached by a ramp of 5 epochs that starts at the small one, they end alike, up to a batch size where it
breaks down.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from ..fitting import fit
from ..names import Scale
from ..run.events import Listener, Note
from .digits import measured, pair, sgd, whole
from .finding import Finding, Number, curves

CLAIM = ("With batches k times as large, a learning rate k times as large and a warm-up of 5 epochs, training ends with the error of the "
         "small batches (Goyal et al. 2017)")
SIGNATURE = ("at 16 times the batch the gap in test error to the small batch is, with scaled rate and warm-up, at most a quarter of the "
             "gap without, which is more than one point, in the mean over seeds (Goyal et al. 2017, Table 2 and "
             "Figure 1: no gap up to 8,192)")
#: Epochs, rate and size of the small batch, and how much larger the others are (of 1,000 examples).
SETTINGS = {"quick": (20, 0.02, 10, (1, 4, 16, 50)), "paper": (90, 0.02, 10, (1, 2, 4, 8, 16, 32, 50))}
RULES = ("same rate", "scaled rate", "scaled rate, warm-up")
RAMP, JUDGED, GAP = 5, 16, 1.0


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Train with every batch size by every rule from every seed."""
    epochs, rate, base, factors = SETTINGS[scale]
    errors = np.empty((len(seeds), len(RULES), len(factors)))
    losses = np.empty_like(errors)
    for s, seed in enumerate(seeds):
        for f, factor in enumerate(factors):
            train, test = pair(batch=base * factor, seed=seed)
            per_epoch = train.data.n_examples // (base * factor)
            for r, rule in enumerate(RULES):
                if factor == 1 and r:  # the same run
                    errors[s, r, f], losses[s, r, f] = errors[s, 0, f], losses[s, 0, f]
                    continue
                schedule = partial(ramped, factor=factor, steps=RAMP * per_epoch) if rule.endswith("warm-up") else None
                end = fit(train, optimizer=sgd(rate * (factor if r else 1), 0.9), steps=epochs * per_epoch, seed=seed, schedule=schedule)
                errors[s, r, f], losses[s, r, f] = measured(whole(test), end.point)[1], measured(whole(train), end.point)[0]
        on_event(Note(f"B4, seed {seed}: test error " + "; ".join(
            f"{rule}: {', '.join(f'{e:.3g}' for e in errors[s, r])} %" for r, rule in enumerate(RULES))))
    gaps = errors - errors[:, :, :1]
    at = factors.index(JUDGED)
    shown = gaps[:, 0, at].mean() > GAP and abs(gaps[:, 2, at].mean()) <= gaps[:, 0, at].mean() / 4
    numbers = [Number(f"test error, batch {base * factor}, {rule}", tuple(errors[:, r, f]), "%")
               for f, factor in enumerate(factors) for r, rule in enumerate(RULES) if factor > 1 or r == 0]
    numbers += [Number(f"gap in test error at batch {base * JUDGED}, {rule}", tuple(gaps[:, r, at]), "%") for r, rule in enumerate(RULES)]
    data = curves("batch", [base * factor for factor in factors], {"error": errors, "loss": losses}, lines=RULES,
                  words={"error": "test error", "loss": "training loss", "batch": "batch size"}, units={"error": "%"},
                  title="large batches, with and without a scaled rate")
    notes = (f"64-64-64-10 on the 1,000 digits, SGD with rate {rate:g} at batch {base}, momentum 0.9, {epochs} epochs at every batch size",
             f"at {base * factors[-1]} examples a batch an epoch is {1000 // (base * factors[-1])} steps, and the rule breaks down")
    return Finding(CLAIM, SIGNATURE, shown, tuple(numbers), notes, data)


def ramped(step: int, *, factor: int, steps: int) -> float:
    """The share of the scaled rate at a step: from that of the small batch to all of it."""
    return 1 / factor + (1 - 1 / factor) * min(1.0, step / steps)
