"""K5. The top of the Hessian's spectrum rises, to a peak that learning rate and batch size set, and falls (Jastrzebski et al. 2019).

Jastrzebski et al. ("On the relation between the sharpest directions of DNN loss and the SGD step length", arXiv 1807.05031) follow the
largest eigenvalues through training: they grow at first, and SGD is thrown out of what is too sharp for its step and its noise, so that the
peak is the lower, and comes the earlier, the larger the rate or the smaller the batch. A monitor follows λ₁ at three rates and three batch
sizes, and the ten largest eigenvalues at the middle of both.
"""

from __future__ import annotations

import numpy as np

from ..names import Scale
from ..run.events import Listener, Note
from .digits import pair, sgd
from .finding import Finding, Number, curves
from .phases import Peak, column, monitored, smooth

#: (rate, batch): three rates at the middle batch, three batches at the middle rate.
MIDDLE = (0.1, 50)
RATES, BATCHES = ((0.05, 50), MIDDLE, (0.2, 50)), ((0.1, 10), MIDDLE, (0.1, 250))
RUNS = (*RATES, *(one for one in BATCHES if one != MIDDLE))
#: Source of the pictures, widths, steps, steps between two looks, fixed examples.
SETTINGS = {"quick": ("digits", (64, 64, 64, 10), 1000, 20, 240),
            "paper": ("cifar10:data/cifar10", (3072, 512, 512, 512, 10), 20_000, 200, 2500)}
#: Looks that a value is the mean of, and how many eigenvalues are asked to have a peak.
WINDOW, TOP = 3, 5
CLAIM = ("The largest eigenvalues of the Hessian rise early in training to a peak and fall afterwards; the peak is lower for larger "
         "learning rates and for smaller batches (Jastrzebski et al. 2019)")
SIGNATURE = (f"for every seed: λ₁, a mean over {WINDOW} looks, has a peak above 1.2 times both its start and its end in the first half of "
             f"training in every run, as have the {TOP} largest eigenvalues at rate {MIDDLE[0]:g} and batch {MIDDLE[1]}; the peak of λ₁ is "
             "lower at the largest rate than at the smallest, and at the smallest batch than at the largest (after Figures 1 and 2 of "
             "Jastrzebski et al.; 1.2 is the monitor's own bound for a peak, the first half is ours)")


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Train at every rate and batch size from every seed under a monitor."""
    source, widths, steps, every, examples = SETTINGS[scale]
    at = range(0, steps + 1, every)
    found: dict[tuple[float, int], list[np.ndarray]] = {one: [] for one in RUNS}
    top: list[list[Peak]] = []
    for seed in seeds:
        for rate, batch in RUNS:
            train, _ = pair(widths, batch=batch, seed=seed, source=source)
            probes = ("lambda_max", "top") if (rate, batch) == MIDDLE else ("lambda_max",)
            ds = monitored(train, sgd(rate), steps, seed=seed, probes=probes, every=every, examples=examples)
            found[rate, batch].append(smooth(column(ds, "lambda_max", at), WINDOW))
            if (rate, batch) == MIDDLE:
                top.append([Peak.of(at, smooth(column(ds, f"eigenvalue_{k + 1}", at), WINDOW)) for k in range(TOP)])
        on_event(Note(f"K5, seed {seed}: peak of λ₁ " + ", ".join(
            f"{np.nanmax(found[one][-1]):.3g} ({_named(one)})" for one in RUNS)))
    peaks = {one: [Peak.of(at, values) for values in found[one]] for one in RUNS}
    said = {"λ₁ has an early peak in every run": all(one.stands_out and one.step <= steps / 2 for each in peaks.values() for one in each),
            f"the {TOP} largest eigenvalues have one": all(one.stands_out and one.step <= steps / 2 for each in top for one in each),
            "lower at the largest rate": _lower(peaks[RATES[-1]], peaks[RATES[0]]),
            "lower at the smallest batch": _lower(peaks[BATCHES[0]], peaks[BATCHES[-1]])}
    words = {"first": "λ₁ at the start", "height": "λ₁ at the peak", "last": "λ₁ at the end", "step": "step of the peak of λ₁"}
    numbers = [Number(f"{words[name]}, {_named(one)}", tuple(getattr(each, name) for each in peaks[one])) for name in words for one in RUNS]
    numbers += [Number(f"{text}, {_named(one)}", tuple(of(each, one[0]) for each in peaks[one])) for text, of in (
        ("rate × step of the peak of λ₁", lambda each, rate: rate * each.step),
        ("peak of λ₁ over 2/η", lambda each, rate: each.height * rate / 2)) for one in RUNS]
    numbers += [Number(f"{text} of eigenvalue {k + 1}, {_named(MIDDLE)}", tuple(getattr(each[k], name) for each in top))
                for k in range(TOP) for text, name in (("peak", "height"), ("end", "last"), ("step of the peak", "step"))]
    data = curves("step", at, {"lambda_max": np.stack([found[one] for one in RUNS], axis=1)}, lines=[_named(one) for one in RUNS],
                  words={"lambda_max": "λ₁ of the Hessian"}, title="sharpness through training")
    notes = ("; ".join(f"{text}: {'yes' if seen else 'no'}" for text, seen in said.items()),
             f"{'-'.join(map(str, widths))} on {source.partition(':')[0]}, plain SGD, {steps} steps; {examples} fixed training "
             f"examples (Jastrzebski et al. take 5 %), a look every {every} steps",
             "equal steps are not equal epochs: with batches of 250 the data are seen 25 times as often as with batches of 10",
             "peaks of different rates at equal rate × step come at equal times of gradient descent, and a peak far below 2/η is not "
             "bounded by the step: then the rate moves the peak and hardly sets it",
             "the fall has an explanation that needs no SGD: of cross-entropy the Hessian vanishes with the loss where the data are fitted")
    return Finding(CLAIM, SIGNATURE, all(said.values()), tuple(numbers), notes, data)


def _lower(one: list[Peak], other: list[Peak]) -> bool:
    return all(a.height < b.height for a, b in zip(one, other, strict=True))


def _named(one: tuple[float, int]) -> str:
    return f"η {one[0]:g}, B {one[1]}"
