"""C3, C5. Bad minima exist, and their basins are narrow (Huang et al. 2020, "Understanding Generalization through Visualizations").

One network, few training data, two minima of the same loss: a good one by plain training, and a bad one by training that also rewards
wrong answers on a held-out pool ten times as large (:func:`lossatlas.bad_minimum`). Both fit the training data to the last example.
C3: the bad one fails on everything else. C5: its basin is narrower. What lies between them is looked at on the straight line and on a
trained Bézier curve: good and bad can be ends of one path of low training loss, along which the test error climbs to chance.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ..analyses.bad_minima import annealed, bad_minimum
from ..analyses.barrier import barrier
from ..family import Path
from ..fitting import fit
from ..measures import basin_radius
from ..names import Scale
from ..objective import Objective
from ..params import Params
from ..probes import loss
from ..run.events import Listener, Note
from ..run.sweep import sweep
from ..seeds import generator
from .digits import measured, pair
from .finding import Finding, Number, curves

CLAIM = ("Minima exist that fit the training data exactly and have a very high test error, beside good ones of the same network (Huang et "
         "al. 2020)")
SIGNATURE = ("for every seed: training error 0 % and training loss below 0.05 at both minima, and a test error of the bad one at least 5 "
             "times that of the good one (theirs: 28.7 against 2.8 %) and within 10 points of chance (90 %), as a pool far larger than the "
             "training data must give (METHODS C3)")
NARROW = "Basins of bad minima are narrower than those of good ones (Huang et al. 2020)"
NARROWER = ("for every seed: the mean filter-normalized radius at which the training loss has risen by 0.1 is at least twice as large at "
            "the good minimum (theirs: .521 against .143, a factor of 3.6; METHODS C5)")
#: Of quick and paper: source, widths, training data, batch, steps, directions of the radius, steps for the curve.
SETTINGS: dict[str, Any] = {
    "quick": ("digits", (64, 64, 64, 10), 100, 50, 1500, 50, 1500),
    "paper": ("cifar10:data/cifar10", (3072, 512, 512, 512, 10), 4000, 128, 30_000, 1000, 30_000)}
BETA, SHARES = 0.5, (0.1, 0.35)
#: Share of all data that is held out for testing; what training does not take of the rest is the pool.
TESTED = 1 / 3
POINTS = 21
LINES = ("straight line, one start", "straight line, two starts", "Bézier curve, two starts")


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Train a good and a bad minimum from every seed, and look at what lies between them."""
    *_, steps, _, bends = SETTINGS[scale]
    of: dict[str, list[float]] = {}
    highest: dict[str, list[float]] = {}
    between: list[np.ndarray] = []
    for seed in seeds:
        both, pool, good, bad = minima(scale, seed, BETA)
        for name, point in (("good", good), ("bad", bad.point)):
            for where, objective in both.items():
                for what, value in zip(("loss", "error"), measured(objective, point), strict=True):
                    of.setdefault(f"{where} {what}, {name}", []).append(value)
        for beta in SHARES:
            other = bad_minimum(both, pool, beta=beta, steps=steps, seed=seed)
            of.setdefault(f"test error, bad, β = {beta:g}", []).append(100 * other.test_error)
            of.setdefault(f"train error, bad, β = {beta:g}", []).append(100 * other.error)
        other = bad_minimum(both, pool, beta=BETA, init=_elsewhere(scale, seed), steps=steps, seed=seed)
        between.append(_between(both, good, bad.point, other.point, bends, seed))
        for name, (losses, _) in zip(LINES, between[-1], strict=True):
            highest.setdefault(name, []).append(float(losses.max()))
        last = {name: values[-1] for name, values in of.items()}
        on_event(Note(f"C3, seed {seed}: test error {last['test error, good']:.3g} % at the good minimum and {last['test error, bad']:.3g} "
                      f"% at the bad one; training error {last['train error, good']:.3g} and {last['train error, bad']:.3g} %"))
    found = {name: np.array(values) for name, values in of.items()}
    shown = bool((found["train error, good"] == 0).all() and (found["train error, bad"] == 0).all()
                 and max(found["train loss, good"].max(), found["train loss, bad"].max()) < 0.05
                 and (found["test error, bad"] >= 5 * found["test error, good"]).all()
                 and (np.abs(found["test error, bad"] - 90) <= 10).all())
    numbers = [Number(f"{name}{f', β = {BETA:g}' if name.endswith('bad') else ''}", tuple(each), "%" if " error" in name else "")
               for name, each in of.items()]
    numbers += [Number(f"highest training loss between good and bad, {name}", tuple(each)) for name, each in highest.items()]
    values = np.stack(between)  # (seeds, line or curve, loss or error, points)
    data = curves("t", np.linspace(0, 1, POINTS), {"loss": values[:, :, 0], "test_error": values[:, :, 1]}, lines=LINES,
                  words={"t": "from the good to the bad minimum", "loss": "training loss", "test_error": "test error"},
                  units={"test_error": "%"}, title="between a good and a bad minimum")
    return Finding(CLAIM, SIGNATURE, shown, tuple(numbers), _notes(scale), data)


def basins(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Compare the radii of the basins of a good and a bad minimum from every seed."""
    directions = SETTINGS[scale][5]
    radii: dict[str, list[float]] = {"good": [], "bad": []}
    errors: dict[str, list[float]] = {"good": [], "bad": []}
    profiles = []
    for seed in seeds:
        both, _, good, bad = minima(scale, seed, BETA)
        found = {name: basin_radius(both["train"], point=point, directions=directions, seed=seed)
                 for name, point in (("good", good), ("bad", bad.point))}
        for name, one in found.items():
            radii[name].append(one.value)
            errors[name].append(one.stderr)
        profiles.append([np.quantile(one.details["radii"], np.linspace(0, 1, POINTS)) for one in found.values()])
        on_event(Note(f"C5, seed {seed}: mean radius {found['good'].value:.3g} at the good minimum and {found['bad'].value:.3g} at the bad "
                      "one"))
    ratio = [good / bad for good, bad in zip(radii["good"], radii["bad"], strict=True)]
    numbers = [Number("mean radius, good over bad", tuple(ratio)), *(Number(f"mean radius, {name}", tuple(radii[name])) for name in radii),
               *(Number(f"standard error of the radius over directions, {name}", tuple(errors[name])) for name in errors)]
    data = curves("quantile", np.linspace(0, 1, POINTS), {"radius": np.array(profiles)}, lines=["good minimum", "bad minimum"],
                  words={"quantile": "share of the directions with a smaller radius", "radius": "filter-normalized radius of the basin"},
                  title="bad minima have narrow basins")
    return Finding(NARROW, NARROWER, min(ratio) >= 2, numbers, _notes(scale), data)


def minima(scale: Scale, seed: int, beta: float) -> tuple[dict[str, Objective], Any, Params, Any]:
    """The training and the test objective, the pool, a good and a bad minimum, from the same start by the same recipe."""
    source, widths, count, batch, steps, *_ = SETTINGS[scale]
    objectives = pair(widths, batch=batch, seed=seed, source=source)
    x, y = (torch.cat(columns) for columns in zip(*(one.data.whole() for one in objectives), strict=True))
    order = torch.randperm(len(x), generator=generator(seed, "split")).to(x.device)
    tested = round(TESTED * len(x))
    parts = [(x[chosen], y[chosen]) for chosen in (order[:count], order[count : len(x) - tested], order[len(x) - tested :])]
    train = objectives[0].with_data(parts[0], batch_size=batch)
    both = {"train": train, "test": train.with_data(parts[2])}
    good = fit(train, optimizer=annealed(steps), steps=steps, seed=seed).point
    return both, parts[1], good, bad_minimum(both, parts[1], beta=beta, steps=steps, seed=seed)


def _elsewhere(scale: Scale, seed: int) -> Params:
    """Other first weights of the same network."""
    source, widths, _, batch, *_ = SETTINGS[scale]
    return pair(widths, batch=batch, seed=seed + 1000, source=source)[0].point()


def _between(both: dict[str, Objective], good: Params, bad: Params, other: Params, steps: int, seed: int) -> np.ndarray:
    """Training loss and test error (in %) along the lines to two bad minima and a trained curve to the second: (3, 2, points)."""
    straight = [barrier(both, good, end, points=POINTS, plan="plain") for end in (bad, other)]
    curve = fit(both["train"], family=Path.between(good, other, bends=1), optimizer=annealed(steps, rate=0.05), steps=steps, seed=seed)
    along = sweep(loss(both), curve.family, {"t": np.linspace(0, 1, POINTS)}, plan="plain")
    return np.array([[ds["loss"].sel(split="train").values, 100 * ds["error"].sel(split="test").values] for ds in (*straight, along)])


def _notes(scale: Scale) -> tuple[str, ...]:
    source, widths, count, batch, steps, *_ = SETTINGS[scale]
    return (f"{'-'.join(map(str, widths))} on {source.partition(':')[0]}: {count:,} training data drawn at random, a third of all for "
            f"testing, the rest the pool; SGD with momentum 0.9 from 0.1 along a cosine to 0, {steps:,} steps of {batch}, β = {BETA:g}, no "
            "weight decay; both minima from the same first weights (one start), the one of the curve from others (two starts)",
            "thresholds were written after one trial run of this setting, which was chosen for its large pool: with as many training data "
            "as pool, bad minima answer worse than good ones, but above chance",
            "that such minima can be reached by training for them says nothing of how often plain training ends in one")
