"""H6. The barrier says before whether networks can be averaged (after Wortsman et al. 2022, "Model soups", and Frankle et al. 2020).

Three fine-tunings of one ancestor are averaged, at learning rates that lead further and further away from it; three that part at the
initialization; and three of different initializations. What :func:`lossatlas.merge_check` says of the points is compared with what the
average turns out to be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from ..analyses import merge, merge_check
from ..analyses.instability import STABLE
from ..figures import Figure
from ..figures.figure import Axis, Line, Mark, Panel, Points
from ..fitting import fit
from ..names import Scale
from ..objective import Objective
from ..params import Params
from ..run.events import Listener, Note
from .digits import pair, sgd
from .finding import Finding, Number, curves
from .instability import cosine

CLAIM = ("The barrier between fine-tuned networks, known before they are averaged, says whether their average works (model soups: Wortsman "
         "et al. 2022; linear connectivity: Frankle et al. 2020)")
SIGNATURE = ("over the soups of a seed, on training data: the predicted loss of the average has a rank correlation of 0.8 or more with "
             "the measured one, the highest barrier between two ingredients one of 0.8 or more with the excess of the average's loss over "
             "their mean loss, and the verdict is right for all soups but one at most (right: it says that the average works where its "
             "error is at most 2 % above the mean of theirs, the threshold of Frankle et al. 2020, and only there); for every seed")
#: Rank correlation that counts as a prediction, and verdicts that may be wrong.
CORRELATED, WRONG = 0.8, 1
#: Steps of the ancestor, of each fine-tuning, and its learning rates.
SETTINGS = {"quick": (200, 400, (0.01, 0.05, 0.1, 0.2)), "paper": (200, 1200, (0.01, 0.02, 0.05, 0.1, 0.2, 0.3))}
RATE, MOMENTUM, INGREDIENTS = 0.1, 0.9, 3


@dataclass(frozen=True)
class Soup:
    """What was said of ingredients before, and what their average was.

    Attributes:
        barrier: the highest between two of them. from_base: the highest from the ancestor to one of them (NaN without).
        predicted, measured: loss of the average. excess, excess_error: of the average over the mean of its ingredients.
        distance: mean distance between two of them. works: the verdict.
    """

    barrier: float
    from_base: float
    predicted: float
    measured: float
    excess: float
    excess_error: float
    distance: float
    works: bool

    @property
    def right(self) -> bool:
        """Whether the verdict came true; not of what is not finite."""
        return bool(np.isfinite(self.excess_error)) and self.works == (self.excess_error <= STABLE)


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Soups of every kind from every seed."""
    begun, steps, rates = SETTINGS[scale]
    names = [f"rate {rate:g}" for rate in rates] + ["from initialization", "unrelated seeds"]
    soups = []
    for seed in seeds:
        soups.append([_soup(seed, begun, steps, rate) for rate in rates] + [_soup(seed, 0, steps, RATE), _unrelated(seed, steps)])
        on_event(Note(f"H6, seed {seed}: " + "; ".join(
            f"{name}: {'works' if one.works else 'fails'} ({'right' if one.right else 'wrong'}), loss of the average {one.predicted:.3g} "
            f"predicted, {one.measured:.3g} measured" for name, one in zip(names, soups[-1], strict=True))))
    told = {"rank correlation, predicted and measured loss": ("predicted", "measured"),
            "rank correlation, barrier and excess loss": ("barrier", "excess"),
            "rank correlation, barrier from the ancestor and excess loss": ("from_base", "excess")}
    ranks = {name: [_rank([getattr(s, a) for s in of], [getattr(s, b) for s in of]) for of in soups] for name, (a, b) in told.items()}
    wrong = [sum(not one.right for one in of) for of in soups]
    first, second, _ = ranks.values()
    shown = all(rank >= CORRELATED for rank in (*first, *second)) and max(wrong) <= WRONG  # NaN is no correlation
    numbers = [Number(name, tuple(values)) for name, values in ranks.items()]
    numbers.append(Number(f"wrong verdicts of {len(names)}", tuple(map(float, wrong))))
    for k, name in enumerate(names):
        for attribute, words, factor, unit in (
                ("distance", "distance", 1, ""), ("barrier", "loss barrier", 1, ""), ("predicted", "predicted loss", 1, ""),
                ("measured", "measured loss", 1, ""), ("excess_error", "error above the ingredients", 100, "%")):
            numbers.append(Number(f"{name}: {words}", tuple(factor * getattr(of[k], attribute) for of in soups), unit))
    values = {key: np.array([[getattr(one, key) for one in of] for of in soups]) for key in ("barrier", "predicted", "measured", "excess")}
    data = curves("soup", np.arange(1, len(names) + 1), values, title="soups: predicted and measured",
                  words={"soup": "soup: " + ", ".join(f"{k} {name}" for k, name in enumerate(names, 1)), "barrier": "highest loss barrier",
                         "predicted": "predicted loss of the average", "measured": "measured loss of the average",
                         "excess": "loss of the average above its ingredients"})
    notes = (f"{INGREDIENTS} ingredients a soup: 64-64-64-10 on digits with a fifth of the labels redrawn, {steps} steps of SGD with "
             f"momentum {MOMENTUM:g}, the rate along a cosine to 0, from an ancestor of {begun} steps at {RATE:g}; they differ in the "
             "order of the data alone",
             f"parting at the initialization, and with initializations of their own, they are trained at {RATE:g}",
             "the loss is predicted from the ingredients and the middles between any two of them, as a quadratic surface would have it")
    return Finding(CLAIM, SIGNATURE, shown, tuple(numbers), notes, data, _figure(names, soups))


def _figure(names: Sequence[str], soups: Sequence[Sequence[Soup]]) -> Figure:
    """A dot a soup: what was said before against what it turned out to be."""
    panels: list[Panel] = []
    for title, a, b, scale, axes in (
            ("loss of the average", "predicted", "measured", "linear", ("predicted from pairs", "measured")),
            ("barrier and excess", "barrier", "excess", "log", ("highest loss barrier between two", "loss of the average above the mean"))):
        values = np.array([[(getattr(one, a), getattr(one, b)) for one in of] for of in soups])  # (seeds, soups, 2)
        both = values[np.isfinite(values) & ((values > 0) | (scale == "linear"))]
        low, high = (both.min() / 1.5, both.max() * 1.5) if scale == "log" else (0.9 * both.min(), 1.05 * both.max())
        limits = (float(low), float(high))
        marks: list[Mark] = [Line(np.array(limits), np.array(limits), "", 6, "dotted", 1.0)]
        marks += [Line(values[:, k, 0], values[:, k, 1], "" if panels else name, k) for k, name in enumerate(names)]
        marks += [Points(values[:, k, 0], values[:, k, 1], shade=np.ones(len(values)), marker="ring", color=k) for k in range(len(names))]
        panels.append(Panel(tuple(marks), Axis(axes[0], scale, limits), Axis(axes[1], scale, limits), title=title))  # type: ignore[arg-type]
    return Figure(tuple(panels), "soups: said before, and measured", "A square is a soup of one seed; on dotted lines both are equal.", 2)


def _soup(seed: int, begun: int, steps: int, rate: float) -> Soup:
    """Fine-tunings of one ancestor."""
    train, test = _noisy(seed)
    base = fit(train, optimizer=sgd(RATE, MOMENTUM), steps=begun, seed=seed).point if begun else train.point()
    points = {str(k): _trained(train, base, steps, rate, 1 + k) for k in range(INGREDIENTS)}
    return _compared({"train": train, "test": test}, points, base)


def _unrelated(seed: int, steps: int) -> Soup:
    """Trainings of different initializations on the same data."""
    train, test = _noisy(seed)
    points = {str(k): _trained(train, pair(seed=1000 + 10 * seed + k)[0].point(), steps, RATE, 1 + k) for k in range(INGREDIENTS)}
    return _compared({"train": train, "test": test}, points, None)


def _noisy(seed: int) -> tuple[Objective, Objective]:
    train, test = pair(seed=seed)
    return train.corrupt("random_labels", 0.2, seed=seed), test


def _trained(train: Objective, start: Params, steps: int, rate: float, seed: int) -> Params:
    return fit(train, init=start, optimizer=sgd(rate, MOMENTUM), steps=steps, seed=seed, schedule=partial(cosine, steps=steps)).point


def _compared(objectives: Mapping[str, Objective], points: Mapping[str, Params], base: Params | None) -> Soup:
    """What the check says of points, and what their average is, on training data."""
    said = merge_check(objectives["train"], points, base=base, match=None)
    numbers = merge(objectives["train"], points).numbers
    mean = numbers.isel(point=slice(0, len(points))).mean("point", skipna=False)
    merged: Any = numbers.sel(point="merged")
    off = ~np.eye(len(points), dtype=bool)
    return Soup(float(said["loss_barrier"].values[off].max()),
                float(said["base_loss_barrier"].max(skipna=False)) if base is not None else float("nan"), float(said["predicted_loss"]),
                float(merged["loss"]), float(merged["loss"] - mean["loss"]), float(merged["error"] - mean["error"]),
                float(said["distance"].values[off].mean()), said.attrs["verdict"] == "works")


def _rank(a: list[float], b: list[float]) -> float:
    """Spearman's rank correlation of what is there on both sides."""
    there = np.isfinite(a) & np.isfinite(b)
    return float(spearmanr(np.array(a)[there], np.array(b)[there]).statistic) if there.sum() > 2 else float("nan")
