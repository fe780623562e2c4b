"""How a survey decides: which cells of a lattice to measure, on how many examples, and when the picture is good enough.

A loss surface is smooth almost everywhere and a mean over similar examples, so most of a dense grid is redundant twice over. The
logarithm of the loss is predicted by a Gaussian process from cells that are measured on as many examples as their standard error
demands (:mod:`~lossatlas.run.cells`); measured next are the cells that lower the summed variance most for their cost.

It is believed only by what it did not see: every prediction made before its cell was measured, and cells drawn at random that are
never fitted, measured on another sample of examples (:mod:`~lossatlas.numerics.heldout`). Where their errors stay above the
tolerance the survey goes on, in the end to the dense grid.

The constants were chosen by replaying surveys on dense grids of real networks (ResNet-20 on CIFAR, both digits ResNets).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from ..numerics import gaussian_process as gp
from ..numerics.heldout import HeldOut, held_out
from .cells import RADIUS, Cell, Cells, Measure

#: Random cells that are never fitted.
HELD_OUT = 40
#: Anchors at the start, and all cells before the first prediction, by the number of coordinates.
ANCHORS, FIRST = {1: 5, 2: 10, 3: 14}, {1: 10, 2: 40, 3: 60}
#: Standard error of a measured cell that is aimed at, in tolerances; of held-out cells; of the first ones; and the share of the
#: predicted error that it may be.
NOISE, HELD_NOISE, FIRST_NOISE, SHARE = 1.0, 2.0, 3.0, 0.35
#: The first of them where the median is farther from its tolerance than the tail.
LESS_NOISE = 0.8
#: How much of the covariance of errors is not believed, as it comes from few examples, and the share of its own standard error that the
#: bound of a measured cell has at least.
SHRINKAGE, OWN = 0.2, 0.5
#: The 95th percentile may be so many tolerances.
TAIL = 5.0
#: New cells of a round, as a share of the measured ones (at most, at least, per excess of the error over the tolerance), and the fewest.
MOST_NEW, LEAST_NEW, NEW_PER_EXCESS, FEWEST_NEW = 0.16, 0.03, 0.3, 8
#: New anchors of a round at most.
NEW_ANCHORS = 3
#: The held-out error, in tolerances, at which the cells that are never fitted are measured, and the latest round for it.
CLOSE, LATEST = 3.0, 8
#: Held-out errors must be at most this share of the tolerance, median and 95th percentile: some hundred predictions tell the one to about
#: 10 % and the other to 20 %.
MARGIN, TAIL_MARGIN = 0.92, 0.8
#: Cells that are considered at a time, and measured at all, at most: the process takes the cube of their number.
REFERENCE, MOST_CELLS = 2000, 2500
#: Share of the dense cost from which on the dense grid is the better choice.
DENSE = 0.6
#: Width of the neighbourhood in which a process that missed its own cells is less certain.
ROUGH_WIDTH = 0.15
#: Losses that the dense grid holds at a time.
MOST_LOSSES = 20_000_000


@dataclass(frozen=True, eq=False)
class Picture:
    """What a survey knows after a round.

    Attributes:
        loss: prediction at every cell, the measured value where all examples were used, shape (cells,).
        error: 90 % bound of abs(ln L̂ − ln L), shape (cells,). examples: that each cell was measured on, 0: predicted.
        heldout: errors of held-out predictions. converged: whether they meet the tolerance.
        spent: example evaluations. scale: of asinh, None for the logarithm. dense: every cell was measured, for the reason in ``note``.
    """

    loss: np.ndarray
    error: np.ndarray
    examples: np.ndarray
    heldout: HeldOut
    converged: bool
    spent: int
    scale: float | None = None
    dense: bool = False
    note: str = ""


class Survey:
    """A survey under way; :meth:`pictures` runs it. Arguments as of :class:`~lossatlas.run.cells.Cells`.

    Args:
        tolerance: of the median error. seed: of what is drawn.
    """

    def __init__(self, places: np.ndarray, origin: int, n_examples: int, labels: np.ndarray | None, levels: list[int], measure: Measure,
                 tolerance: float, seed: int = 0) -> None:
        self._rng = np.random.default_rng([seed, 0x5EED])
        self.places, self.origin, self.tolerance, self._measure = places, origin, tolerance, measure
        self.cells = Cells(places, origin, n_examples, labels, levels, measure, self._rng)
        self._n = n_examples
        self._round, self._fitted_at = 0, 0
        self._scale: float | None = None  # of the last process
        self._history: list[tuple[int, float]] = []  # example evaluations, and the error in tolerances
        self._held = HeldOut()
        self._kept = np.array([], dtype=int)
        self._testing = False
        self._before: tuple[gp.GaussianProcess, list[int], np.ndarray, np.ndarray] | None = None

    # ---- the program -------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """A picture after every round, the last one final."""
        total, d = len(self.places), self.places.shape[1]
        anchors, first = ANCHORS.get(d, 14), FIRST.get(d, 60)
        if total * DENSE < first + HELD_OUT:
            yield self._whole(f"{total} cells are too few to predict from one another")
            return
        start = self._spread_out(first)
        self.cells.take(start[:anchors], self._n, 0)
        if not self.cells.anchors():
            yield self._whole("no loss of the first cells is finite")
            return
        self.cells.begin()
        self._kept = self._rng.choice(np.setdiff1d(np.arange(total), start), HELD_OUT, replace=False)
        self._take(start[anchors:], FIRST_NOISE)
        idle = 0
        while True:
            picture, chosen = self._look()
            yield picture
            if picture.converged:
                return
            idle = 0 if chosen else idle + 1
            if reason := self._hopeless() or ("no cell is left that would help" if idle > LATEST else ""):
                yield self._whole(reason)
                return
            self._round += 1
            for level in sorted(set(chosen.values()), reverse=True):
                self.cells.take(np.array([k for k, own in chosen.items() if own == level]), level, self._round)
            if not self._testing and (picture.heldout.median < CLOSE * self.tolerance or self._round >= LATEST):
                self._testing = True
                self._take(self._kept, HELD_NOISE, held=True)

    def _take(self, numbers: np.ndarray, noise: float, *, held: bool = False) -> None:
        levels, _ = self.cells.enough(numbers, np.full(len(numbers), noise * self.tolerance))
        for level in np.unique(levels)[::-1].tolist():
            self.cells.take(numbers[levels == level], level, self._round, held=held)

    def _look(self) -> tuple[Picture, dict[int, int]]:
        """Predict everything, judge it by what was not fitted, and choose what to measure next, and on how many examples."""
        if self.cells.scale is None and any(cell.mean <= 0 for cell in self.cells.values()):
            self.cells.rescale()
            self._before, self.cells.hyper, self._scale, self._history = None, None, None, []
        process = self._fit()
        mean, spread = self._predict(process)
        self._compare(process, mean, spread)
        bad = self._not_finite()
        heard = [cell for cell in self.cells.values() if np.isfinite(cell.missed)]
        if heard:
            missed, expected, noise, alone = np.array([[cell.missed, cell.expected, cell.noise, cell.held] for cell in heard]).T
            self._held = held_out(missed, expected, noise, spread[~bad], alone=alone > 0)
            self._history.append((self.cells.spent, max(self._held.median, self._held.p95 / TAIL) / self.tolerance))
        converged = self._testing and self._within_tolerance()
        bound = np.where(bad, np.inf, spread * self._held.bound)
        loss, examples = self.cells.loss(np.where(bad, np.nan, mean)), np.zeros(len(self.places), dtype=int)
        for k, cell in self.cells.items():
            examples[k], bound[k] = cell.count, np.hypot(bound[k], OWN * cell.error * self._held.bound)
            if cell.count == self._n:
                loss[k], bound[k] = cell.mean, 0.0
        picture = Picture(loss, bound, examples, self._held, converged, self.cells.spent, self.cells.scale)
        return picture, {} if converged else self._chosen(process, spread, bad)

    def _within_tolerance(self) -> bool:
        """Whether the held-out errors are, by a margin, and what they let expect of the whole picture."""
        held, asked = self._held, np.array([1, TAIL]) * self.tolerance
        tested = np.array([held.median, held.p95]) <= np.array([MARGIN, TAIL_MARGIN]) * asked
        return bool(tested.all() and (np.array(held.expected) <= asked).all())

    def _compare(self, process: gp.GaussianProcess, mean: np.ndarray, spread: np.ndarray) -> None:
        """Hold cells against predictions that did not know them: held-out ones against this one, new ones against the last one.

        Held-out cells have a sample of their own; what the samples of new cells have in common with those of the cells that predicted
        them does not show in the difference.
        """
        def compare(cell: Cell, k: int, predicted: np.ndarray, expected: np.ndarray, common: float) -> None:
            cell.missed, cell.expected = abs(float(self.cells.value(cell.mean)) - predicted[k]), float(expected[k])
            cell.noise = cell.error**2 - 2 * common

        for k, cell in self.cells.items():
            if cell.held:
                compare(cell, k, mean, spread, 0.0)
        if self._before is not None:
            before, numbers, last_mean, last_spread = self._before
            new = [k for k, cell in self.cells.items() if cell.round == self._round and not (cell.held or cell.upgraded)
                   and np.isfinite(cell.mean)]
            common = (before.weights(self.places[new]) * self.cells.covariance(numbers, new)).sum(0) if new else []
            for k, one in zip(new, common, strict=True):
                compare(self.cells[k], k, last_mean, last_spread, one)
        self._before = process, self._fitted(), mean, spread

    def _hopeless(self) -> str:
        """Why the dense grid is the better choice, or nothing."""
        whole, spent = len(self.places) * self._n, self.cells.spent
        if spent > DENSE * whole or len(self.cells) > MOST_CELLS:
            return "the surface is too rough for the tolerance"
        if len(self._history) > 6 and spent > 0.1 * whole:  # would it get there before the grid, at the pace of the last rounds?
            costs, errors = np.log(np.array(self._history[-6:])).T
            slope = min(-0.2, float(np.polyfit(costs, errors, 1)[0]))
            if np.exp(costs[-1] - np.median(errors[-3:]) / slope) > 2 * whole:
                return "the surface is too rough for the tolerance: its error hardly falls"
        return ""

    # ---- what to measure next ----------------------------------------------------------------------------------

    def _chosen(self, process: gp.GaussianProcess, spread: np.ndarray, bad: np.ndarray) -> dict[int, int]:
        """The next cells, and on how many examples; of measured ones on more than before."""
        excess = self._history[-1][1] - 1 if self._history else np.inf
        count = max(FEWEST_NEW, int(len(self.cells) * np.clip(NEW_PER_EXCESS * excess, LEAST_NEW, MOST_NEW)))
        near = self._rng.permutation(np.flatnonzero(~bad))[:REFERENCE]
        tail = self._held.p95 > TAIL * self._held.median  # which of both is farther from its tolerance
        levels, noise = self.cells.enough(near, np.maximum((NOISE if tail else LESS_NOISE) * self.tolerance, SHARE * spread[near]))
        own = np.array([self.cells[k].count if k in self.cells else 0 for k in near.tolist()])
        weights = self._roughness(process, near) ** 2 * (spread[near] if tail else 1 / spread[near])
        free = (levels > own) & ~np.isin(near, self._kept)
        taken = gp.choose(process.covariance(self.places[near]), noise**2, np.maximum(levels - own, 1), weights, free, count)
        return self._with_anchors({int(near[k]): int(levels[k]) for k in taken})

    def _with_anchors(self, chosen: dict[int, int]) -> dict[int, int]:
        """Some of the chosen cells on all examples, where the anchors so gained make the others cheaper by more than they cost.

        What is unexplained falls with the number of anchors to the power 0.6 (measured on the three networks).
        """
        anchors = [k for k, _ in self.cells.anchors()]
        partly = [k for k, level in chosen.items() if level < self._n]
        if not partly:
            return chosen
        known, goal = float(np.median(self.cells.unexplained(np.array(partly)))), NOISE * self.tolerance

        def needed(unexplained: float) -> float:
            return 1 / ((goal / max(unexplained, 1e-12)) ** 2 + 1 / self._n)

        future = max(len(self.cells), FIRST.get(self.places.shape[1], 60))
        if future * (needed(known) - needed(known * (len(anchors) / (len(anchors) + 1)) ** 0.6)) < self._n:
            return chosen
        for _ in range(min(NEW_ANCHORS, len(partly))):
            away = cKDTree(self.places[anchors]).query(self.places[partly])[0]
            anchors.append(partly.pop(int(np.argmax(away))))
        return {k: self._n if k in anchors else level for k, level in chosen.items()}

    def _spread_out(self, count: int) -> np.ndarray:
        """Cells that fill the space, the origin first: each the farthest from all before, in stretched coordinates."""
        pool = np.arange(len(self.places))
        if len(pool) > 5000:
            pool = np.union1d(self._rng.choice(pool, 5000, replace=False), [self.origin])
        there = gp.stretched(self.places[pool], self.places[self.origin], RADIUS)
        taken, distance = [int(np.flatnonzero(pool == self.origin)[0])], np.full(len(pool), np.inf)
        while len(taken) < min(count, len(pool)):
            distance = np.minimum(distance, np.linalg.norm(there - there[taken[-1]], axis=1))
            taken.append(int(np.argmax(distance)))
        return pool[taken]

    # ---- predicting --------------------------------------------------------------------------------------------

    def _fitted(self) -> list[int]:
        """The cells that predict."""
        return [k for k, cell in self.cells.items() if not cell.held and np.isfinite(cell.mean)]

    def _fit(self) -> gp.GaussianProcess:
        numbers = self._fitted()
        # rounded, so that the last digit of a mean, which another process may compute otherwise, decides nothing
        means = np.array([float(f"{self.cells[k].mean:.9e}") for k in numbers])
        noise = np.round(self.cells.covariance(numbers, numbers), 12)
        noise += SHRINKAGE * (np.diag(np.diag(noise)) - noise)
        again = self.cells.hyper is None or len(numbers) > 1.25 * self._fitted_at
        process = gp.fit(self.places[numbers], self.cells.value(means), noise, centre=self.places[numbers[int(np.argmin(means))]],
                         start=self.cells.hyper, scale=self._scale, refit=again)
        self._scale = process.scale
        if again:
            self.cells.hyper, self._fitted_at = process.hyper, len(numbers)
        return process

    def _predict(self, process: gp.GaussianProcess) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation at all cells: of the process, wider where it missed."""
        mean, spread = np.empty(len(self.places)), np.empty(len(self.places))
        for start in range(0, len(mean), 4096):
            block = np.arange(start, min(start + 4096, len(mean)))
            mean[block], alone = process.predict(self.places[block])
            spread[block] = alone * self._roughness(process, block)
        return mean, spread

    def _roughness(self, process: gp.GaussianProcess, numbers: np.ndarray) -> np.ndarray:
        """By how much the process missed its cells when each was left out, around given cells, relative to what it expected."""
        ratio = (process.residuals / process.residuals_sd) ** 2
        square = ((self.places[numbers][:, None] - process.points) ** 2).sum(2)
        weights = np.exp(-0.5 * square / ROUGH_WIDTH**2)
        return np.sqrt((weights @ ratio + 1) / (weights.sum(1) + 1))

    def _not_finite(self) -> np.ndarray:
        """Cells whose nearest measured one has no finite loss."""
        wrong = np.array([not np.isfinite(cell.mean) for cell in self.cells.values()])
        if not wrong.any():
            return np.zeros(len(self.places), dtype=bool)
        return wrong[cKDTree(self.places[list(self.cells)]).query(self.places)[1]]

    def _whole(self, reason: str) -> Picture:
        """The dense grid: every cell on all examples."""
        whole = {k: cell for k, cell in self.cells.items() if cell.count == self._n}
        loss, left = np.full(len(self.places), np.nan), np.setdiff1d(np.arange(len(self.places)), list(whole))
        loss[list(whole)] = [cell.mean for cell in whole.values()]
        block = max(1, MOST_LOSSES // self._n)
        for start in range(0, len(left), block):
            some = left[start : start + block]
            loss[some] = self._measure(some, np.arange(self._n)).mean(1)
        spent, size = self.cells.spent + len(left) * self._n, len(self.places)
        return Picture(loss, np.zeros(size), np.full(size, self._n), self._held, True, spent, self.cells.scale, dense=True, note=reason)

