"""B5. What decides is the ratio of learning rate and batch size, the temperature of SGD (Jastrzebski et al. 2017; Smith and Le 2018).

SGD with small rates behaves like a diffusion of temperature T = η/B. Runs that differ in η and B and agree in η/B then have the same
curves over epochs and end in minima of the same sharpness. Equal T over equal epochs is also equal time of gradient descent (η × steps),
which alone would make curves agree; so sharpness is also compared where runs first reach one and the same training loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..curvature import hessian
from ..fitting import fit
from ..names import Scale
from ..numerics.krylov import eigenpairs
from ..objective import Objective
from ..params import Params
from ..run.events import Listener, Note
from .digits import measured, pair, sgd, whole
from .finding import Finding, Number, curves

CLAIM = ("Learning rate and batch size act through their ratio: runs of equal η/B have the same curves and end with the same sharpness, "
         "which falls as η/B rises (Jastrzebski et al. 2017)")
SIGNATURE = ("over a grid of η and B, runs of equal η/B have between them at most 10 % of the variance of log training loss and log λmax "
             "(within groups over total), less than runs of equal η or of equal B; and λmax at equal training loss falls with η/B (rank "
             "correlation below −0.7); in the mean over seeds (thresholds ours: the papers show curves that lie on each other)")
RATES, BATCHES = (0.05, 0.1, 0.2), (10, 20, 40)
#: Epochs; widths. The training loss at which runs are compared beside the end.
SETTINGS = {"quick": (25, (64, 64, 64, 10)), "paper": (25, (64, 256, 256, 10))}
EQUAL = 0.3
#: Steps between two looks for it.
LOOK = 4
LATER, REACHED = f"λmax at loss {EQUAL:g}", f"training loss where it is first {EQUAL:g} or less"


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Train on the whole grid from every seed."""
    epochs, widths = SETTINGS[scale]
    grid = [(rate, batch) for rate in RATES for batch in BATCHES]
    temperatures = np.array([rate / batch for rate, batch in grid])
    found: dict[str, list[np.ndarray]] = {}
    losses = []
    for seed in seeds:
        rows = [_one(rate, batch, epochs, widths, seed) for rate, batch in grid]
        losses.append([row.pop("losses") for row in rows])
        for name in rows[0]:
            found.setdefault(name, []).append(np.array([row[name] for row in rows]))
        on_event(Note(f"B5, seed {seed}: sharpness by η/B " + ", ".join(
            f"{t:g}: {found['λmax at the end'][-1][np.isclose(temperatures, t)].mean():.3g}" for t in np.unique(temperatures.round(8)))))
    groups = {"η/B": temperatures, "η": np.array([rate for rate, _ in grid]), "B": np.array([batch for _, batch in grid], dtype=float)}
    shares = {(what, by): [100 * within(np.log(values), key) for values in found[what]]
              for what in ("training loss", "λmax at the end", LATER) for by, key in groups.items()}
    ranks = {what: [rank(temperatures, values) for values in found[what]] for what in ("λmax at the end", LATER)}
    judged = [[np.mean(shares[what, by]) for by in ("η/B", "η", "B")] for what in ("training loss", "λmax at the end")]
    shown = all(t <= 10 and t < min(a, b) for t, a, b in judged) and np.mean(ranks[LATER]) < -0.7
    numbers = [Number(f"variance of log {what} within equal {by}", tuple(values), "%") for (what, by), values in shares.items()]
    numbers += [Number(f"rank correlation of η/B and {what}", tuple(values)) for what, values in ranks.items()]
    numbers += [Number(f"{what}, η {rate:g} and B {batch}", tuple(values[k] for values in found[what]), unit)
                for what, unit in (("λmax at the end", ""), ("test error", "%"), (REACHED, "")) for k, (rate, batch) in enumerate(grid)]
    data = curves("epoch", range(epochs + 1), {"loss": np.array(losses)}, lines=[f"η {rate:g}, B {batch}" for rate, batch in grid],
                  words={"loss": "training loss"}, title="runs of equal η/B")
    notes = (f"{'-'.join(map(str, widths))} on digits, plain SGD, {epochs} epochs; η/B from {min(temperatures):g} to {max(temperatures):g}",
             "at equal epochs equal η/B is equal time of gradient descent too, so that the collapse at the end has two explanations; λmax "
             f"at equal training loss ({EQUAL:g}, looked for every {LOOK} steps) has not",
             "the optimum of B is not looked for: the grid is too small")
    return Finding(CLAIM, SIGNATURE, shown, tuple(numbers), notes, data)


def _one(rate: float, batch: int, epochs: int, widths: Sequence[int], seed: int) -> dict[str, Any]:
    """Losses after every epoch, sharpness and test error at the end, sharpness and loss where the equal loss is first reached."""
    train, test = pair(widths, batch=batch, seed=seed)
    everything, per_epoch = whole(train), train.data.n_examples // batch
    losses: list[float] = []
    equal: list[tuple[Params, float]] = []

    def look(step: int, point: Params, state: Any) -> None:
        if step % per_epoch and (equal or step % LOOK):
            return
        value = measured(everything, point)[0]
        if step % per_epoch == 0:
            losses.append(value)
        if value <= EQUAL and not equal:
            equal.append(({name: tensor.detach().clone() for name, tensor in point.items()}, value))

    end = fit(train, optimizer=sgd(rate), steps=epochs * per_epoch, seed=seed, hooks=[look])
    return {"losses": losses, "training loss": losses[-1], "test error": measured(whole(test), end.point)[1],
            "λmax at the end": sharpest(everything, end.point), LATER: sharpest(everything, equal[0][0]) if equal else np.nan,
            REACHED: equal[0][1] if equal else np.nan}


def sharpest(objective: Objective, point: Params) -> float:
    """The largest eigenvalue of the Hessian of all data."""
    return float(eigenpairs(hessian(objective, point), k=1, tol=1e-2).values[0])


def within(values: np.ndarray, key: np.ndarray) -> float:
    """The variance within groups of equal keys over that of all, each by its degrees of freedom; NaN values are left out."""
    values, key = values[np.isfinite(values)], key[np.isfinite(values)].round(10)
    groups = [values[key == one] for one in np.unique(key)]
    inside = sum(((group - group.mean()) ** 2).sum() for group in groups) / (len(values) - len(groups))
    return float(inside / values.var(ddof=1))


def rank(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation of what is finite."""
    from scipy.stats import spearmanr

    known = np.isfinite(b)
    return round(float(spearmanr(a[known].round(10), b[known]).statistic), 9)  # −0.8 is −0.8
