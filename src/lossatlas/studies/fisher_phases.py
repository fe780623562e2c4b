"""K3. The information in the weights rises, then falls: two phases of training (Achille, Rovere and Soatto 2019).

The trace of the Fisher information tr F = E_x E_{y∼p(y|x)} ‖∇ log p(y|x)‖², with labels drawn from the answers of the network, is followed
through training by a monitor. Achille et al. ("Critical learning periods in deep networks") find that it rises fast in the first epochs
and falls afterwards, and that what a network misses while it rises it never makes up for. That deficits hurt is another row (K2); here the
two phases alone are looked for, at two learning rates.
"""

from __future__ import annotations

import numpy as np

from ..names import Scale
from ..run.events import Listener, Note
from .digits import pair, sgd
from .finding import Finding, Number, curves
from .phases import Peak, column, monitored, smooth, told

RATES = (0.1, 0.4)
#: Rise over the start, share of training in which the peak comes, and what is left of it at the end, at most.
RISE, EARLY, LEFT = 1.5, 1 / 3, 2 / 3
#: Source of the pictures, widths, batch, steps, steps between two looks, fixed examples.
SETTINGS = {"quick": ("digits", (64, 64, 64, 10), 50, 1000, 10, 240),
            "paper": ("cifar10:data/cifar10", (3072, 512, 512, 512, 10), 128, 40_000, 200, 2500)}
#: Looks that a value is the mean of: labels and signs are drawn anew at each.
WINDOW = 5
CLAIM = "The trace of the Fisher information of weights rises in the first epochs of training and falls afterwards (Achille et al. 2019)"
SIGNATURE = (f"at both rates and for every seed: the trace, a mean over {WINDOW} looks, rises to {RISE:g} times its start or more, has its "
             f"peak in the first third of training, and ends at two thirds of the peak or less; at the larger rate the peak comes earlier "
             "(the shape is that of METHODS K3: 32.7 at step 170 to 17.3 at rate 0.1, 32.8 at step 40 to 7.6 at rate 0.4; the thresholds "
             "are ours, set before the first run)")


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Train at both rates from every seed under a monitor."""
    source, widths, batch, steps, every, examples = SETTINGS[scale]
    at = range(0, steps + 1, every)
    traces: list[list[np.ndarray]] = []
    peaks: dict[float, list[Peak]] = {rate: [] for rate in RATES}
    losses: dict[float, list[float]] = {rate: [] for rate in RATES}
    for seed in seeds:
        train, _ = pair(widths, batch=batch, seed=seed, source=source)
        traces.append([])
        for rate in RATES:
            ds = monitored(train, sgd(rate), steps, seed=seed, probes=("loss", "fisher"), every=every, examples=examples)
            traces[-1].append(smooth(column(ds, "fisher_trace", at), WINDOW))
            found = Peak.of(at, traces[-1][-1])
            peaks[rate].append(found)
            losses[rate].append(float(column(ds, "loss", at)[at.index(int(found.step))]) if found.step >= 0 else float("nan"))
        on_event(Note(f"K3, seed {seed}: " + "; ".join(
            f"rate {rate:g}: {told([peaks[rate][-1].first, peaks[rate][-1].height, peaks[rate][-1].last])} (start, peak, end), peak at "
            f"step {peaks[rate][-1].step:g}" for rate in RATES)))
    said = {"rises": all(one.rise >= RISE for each in peaks.values() for one in each),
            "has its peak early": all(one.step <= EARLY * steps for each in peaks.values() for one in each),
            "falls": all(one.fall <= LEFT for each in peaks.values() for one in each),
            "earlier at the larger rate": all(fast.step < slow.step for slow, fast in zip(*(peaks[rate] for rate in RATES), strict=True))}
    numbers = [Number(f"{words}, rate {rate:g}", tuple(getattr(one, name) for one in peaks[rate])) for rate in RATES for words, name in (
        ("trace at the start", "first"), ("trace at the peak", "height"), ("trace at the end", "last"), ("step of the peak", "step"))]
    numbers += [Number(f"loss at the peak, rate {rate:g}", tuple(losses[rate])) for rate in RATES]
    data = curves("step", at, {"fisher_trace": np.array(traces)}, lines=[f"rate {rate:g}" for rate in RATES],
                  words={"fisher_trace": "trace of the Fisher information"}, title="information in the weights")
    notes = ("; ".join(f"{words}: {'yes' if seen else 'no'}" for words, seen in said.items()),
             f"{'-'.join(map(str, widths))} on {source.partition(':')[0]}, plain SGD, batches of {batch}, {steps} steps; {examples} fixed "
             f"training examples, a look every {every} steps",
             "the fall has an explanation that needs no phase: of answers that are certain the drawn labels are the answers themselves, "
             "whose gradient vanishes with the loss",
             "labels are drawn from the model; with those of the data (the empirical Fisher information) it is another curve")
    return Finding(CLAIM, SIGNATURE, all(said.values()), tuple(numbers), notes, data)
