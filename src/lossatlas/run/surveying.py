"""How a survey decides: which cells of a lattice to measure, on how many examples, and when the picture is good enough.

A loss surface is smooth almost everywhere and a mean over similar examples, so most of a dense grid is redundant twice over. The
logarithm of the loss is predicted by a Gaussian process; measured next are the cells that lower the summed variance most for their
cost. A cell is measured on as many examples as its standard error demands, chosen and weighted by what is known at anchors, the
cells that were measured on all (:mod:`~lossatlas.numerics.calibration`). Near a minimum few examples carry the loss, and all are used.

It is believed only by what it did not see: every prediction of the last rounds made before its cell was measured, and
cells drawn at random that are never fitted, measured on another sample of examples. Their errors, relative to the predicted
standard deviations, give the error bars (split conformal prediction; Lei et al. 2018); where they stay above the
tolerance, the survey goes on, in the end to the dense grid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from ..numerics import calibration
from ..numerics import gaussian_process as gp

#: measure(cells, examples) -> losses, shape (cells, examples), whose mean over all examples is the loss.
Measure = Callable[[np.ndarray, np.ndarray], np.ndarray]

#: Random cells that are never fitted.
HELD_OUT = 40
#: Anchors at the start, and all cells before the first prediction, by the number of coordinates.
ANCHORS, FIRST = {1: 5, 2: 10, 3: 14}, {1: 10, 2: 40, 3: 60}
#: Standard error of a measured cell that is aimed at, in tolerances; of held-out cells; and the share of the predicted error that it may be.
NOISE, HELD_NOISE, SHARE = 0.9, 1.5, 0.35
SAMPLES, SHAREDF = 1, 0.3
PER_ROUND=2
GROWTH=0.16

#: The 95th percentile may be so many tolerances.
TAIL = 5.0
#: Cells that are considered at a time at most, and measured cells that the process is fitted to at most.
REFERENCE, MOST_CELLS = 2000, 2500
#: Standard error of the first cells in tolerances, and the held-out error at which the cells that are never fitted are measured.
ROUGHLY = 3.0
#: Rounds in a row that must meet the tolerance: a single one may be luck.
CONFIRMED = 2
#: Share of the dense cost from which on the dense grid is the better choice.
DENSE = 0.6
#: Anchors nearest to a cell that are known of it, and the radius (of coordinates from −1 to 1) from which on distances count by their ratio.
NEAREST, RADIUS = 3, 0.15
#: The round in which they are measured at the latest; strata of held-out predictions.
LATEST, STRATA = 8, 8


@dataclass(frozen=True)
class HeldOut:
    """Errors abs(ln L̂ − ln L) of predictions that were made before their cell was measured, for the cells of the picture.

    Attributes:
        median, p95: weighted so that their predicted standard deviations are those of the picture's cells. maximum: of all.
        expected: median and 95th percentile over the picture, from its standard deviations and the ratios of errors to them.
        bound: 90 % of the errors are at most so many predicted standard deviations. count: predictions.
    """

    median: float = np.inf
    p95: float = np.inf
    maximum: float = np.inf
    expected: tuple[float, float] = (np.inf, np.inf)
    bound: float = np.inf
    count: int = 0


def held_out(missed: np.ndarray, expected: np.ndarray, spread: np.ndarray) -> HeldOut:
    """Pool held-out predictions into what they say of a picture.

    A survey measures where it is least certain, and early ones were made by a picture that is not the one returned. So they are weighted
    within strata of the predicted standard deviation, an eighth of the picture's cells each; predictions less
    certain than any of these count for nothing.

    Args:
        missed: errors, shape (h,). expected: the standard deviations predicted for them. spread: of the picture's cells.
    """
    edges = np.quantile(spread, np.linspace(0, 1, STRATA + 1))
    stratum = np.clip(np.searchsorted(edges, expected, side="right") - 1, 0, STRATA)
    stratum[expected > edges[-1]] = STRATA
    share = np.zeros(len(missed))
    filled = np.array([k for k in range(STRATA) if (stratum == k).any()])
    ratios = missed / np.maximum(expected, 1e-12)
    for k in range(STRATA if len(filled) else 0):
        same = stratum == filled[np.argmin(np.abs(filled - k))]
        share[same] += 1 / same.sum()
    if not len(filled):
        share[:] = 1.0
    like = np.quantile(spread, np.linspace(0, 1, 400))[:, None] * ratios
    weight = np.broadcast_to(share, like.shape)
    inside = share > 0
    level = min(1.0, 0.9 * (1 + 1 / inside.sum()))
    return HeldOut(quantile(missed, share, 0.5), quantile(missed, share, 0.95), float(missed[inside].max()),
                   (quantile(like.ravel(), weight.ravel(), 0.5), quantile(like.ravel(), weight.ravel(), 0.95)),
                   quantile(ratios, share, level), int(inside.sum()))


def quantile(values: np.ndarray, weights: np.ndarray, level: float) -> float:
    """The smallest value that has at least the share ``level`` of the weights at or below it."""
    ranks = np.argsort(values)
    reached = np.cumsum(weights[ranks])
    return float(values[ranks[min(np.searchsorted(reached, level * reached[-1] * (1 - 1e-12)), len(ranks) - 1)]])


@dataclass(frozen=True, eq=False)
class Picture:
    """What a survey knows after a round.

    Attributes:
        loss: prediction at every cell, the measured value where all examples were used, shape (cells,).
        error: 90 % bound of abs(ln L̂ − ln L), shape (cells,). examples: that each cell was measured on, 0: predicted.
        heldout: errors of held-out predictions. converged: whether they meet the tolerance.
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


@dataclass
class _Cell:
    """A measured cell: on which sample, with which losses, and what the whole is estimated to be."""

    count: int
    held: bool
    losses: np.ndarray
    round: int
    mean: float = np.nan
    error: float = 0.0  # relative standard error
    missed: float = np.nan  # |measured − predicted| when it was measured, of the transformed loss
    expected: float = np.nan  # the standard deviation of that prediction
    sample: int = 0
    fresh: bool = True  # not estimated since the anchors changed
    upgraded: bool = False  # measured before, on fewer examples


@dataclass
class Survey:
    """A survey under way; :meth:`pictures` runs it.

    Attributes:
        places: coordinates of all cells, shape (cells, d), scaled to about −1 … 1. origin: number of the cell at the centre.
        n_examples: in the data. labels: their classes, or None. levels: how many examples a cell may be measured on, the last one all.
    """

    places: np.ndarray
    origin: int
    n_examples: int
    labels: np.ndarray | None
    levels: list[int]
    measure: Measure
    tolerance: float
    seed: int = 0
    spent: int = 0
    scale: float | None = None  # of asinh, where losses are not positive
    cells: dict[int, _Cell] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng([self.seed, 0x5EED])
        self._round, self._hyper, self._fitted_at, self._history = 0, None, 0, []
        self._held_out, self._before, self._good = False, None, 0
        self._kept: set[int] = set()
        self._orders: dict[int, np.ndarray] = {}
        self._inclusion: dict[int, np.ndarray] = {}
        self._spread_of: dict[int, float] = {}
        self._calibrated = 0
        self._classes = calibration.classes(self.labels, self.n_examples)

    # ---- the program -------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """A picture after every round, the last one final."""
        d, total = self.places.shape[1], len(self.places)
        first = ANCHORS.get(d, 14), FIRST.get(d, 60)
        if total * DENSE < first[1] + HELD_OUT:
            yield self._whole(f"{total} cells are too few to predict from one another")
            return
        start = self._spread(first[1])
        self._take(start[: first[0]], self.n_examples)
        if not any(np.isfinite(cell.mean) for cell in self.cells.values()):
            yield self._whole("no loss of the first cells is finite")
            return
        self._begin()
        rest = np.setdiff1d(np.arange(total), start)
        held_out = self._rng.choice(rest, min(HELD_OUT, len(rest)), replace=False)
        self._kept = set(held_out.tolist())
        self._take_by_level(start[first[0] :], np.full(first[1] - first[0], ROUGHLY * self.tolerance))
        while True:
            picture, chosen = self._look()
            yield picture
            if picture.converged:
                return
            if reason := self._hopeless(picture):
                yield self._whole(reason)
                return
            self._round += 1
            self._take_round(chosen)
            if not self._held_out and (picture.heldout.median < ROUGHLY * self.tolerance or self._round >= LATEST):
                self._held_out = True
                self._take_by_level(held_out, np.full(len(held_out), HELD_NOISE * self.tolerance), held=True)

    def _look(self) -> tuple[Picture, list[tuple[int, int]]]:
        """Predict everything, judge it by what was not fitted, and choose what to measure next."""
        fitted = [(number, cell) for number, cell in self.cells.items() if not cell.held and np.isfinite(cell.mean)]
        numbers = np.array([number for number, _ in fitted])
        process = self._fit(numbers, np.array([cell.mean for _, cell in fitted]), np.array([cell.error for _, cell in fitted]))
        mean, spread = self._predict(process, numbers)
        own = {number: self._value(cell.mean) for number, cell in self.cells.items()}
        for number, cell in self.cells.items():
            if cell.held:
                there, expected = mean[number], spread[number]
            elif cell.round == self._round and self._before is not None and not cell.upgraded:
                there, expected = self._before[0][number], self._before[1][number]
            else:
                continue
            share = expected / np.hypot(expected, cell.error)
            cell.missed, cell.expected = abs(own[number] - there) * share, expected
        self._before = mean, spread
        bad = self._not_finite()
        heard = [cell for cell in self.cells.values() if np.isfinite(cell.missed)]
        if not heard:
            picture = self._picture(mean, np.full(len(mean), np.inf), HeldOut(), converged=False)
            return picture, self._chosen(process, spread, bad)
        held = held_out(np.array([cell.missed for cell in heard]), np.array([cell.expected for cell in heard]), spread[~bad])
        good = bool(self._held_out and max(held.median, held.expected[0]) <= self.tolerance
                         and max(held.p95, held.expected[1]) <= TAIL * self.tolerance)
        self._good = self._good + 1 if good else 0
        converged = self._good >= CONFIRMED
        self._history.append((self.spent, max(held.median / self.tolerance, held.p95 / (TAIL * self.tolerance))))
        picture = self._picture(np.where(bad, np.nan, mean), np.where(bad, np.inf, spread * held.bound), held, converged)
        return picture, [] if converged else self._chosen(process, spread, bad)

    def _chosen(self, process: gp.GaussianProcess, spread: np.ndarray, bad: np.ndarray) -> list[tuple[int, int]]:
        """The next cells, and on how many examples."""
        excess = self._history[-1][1] if self._history else np.inf
        count = max(8, int(len(self.cells) * min(GROWTH, max(0.03, 0.3 * (excess - 1)))))
        near = self._rng.permutation(np.flatnonzero(~bad))[:REFERENCE]
        levels = self._levels(near, np.maximum(NOISE * self.tolerance, SHARE * spread[near]))
        own = np.array([self.cells[k].count if k in self.cells else 0 for k in near.tolist()])
        noise = (self._unexplained(near) * self._fraction(levels)) ** 2
        weights = self._roughness(process, near) ** 2
        free = (levels > own) & ~np.isin(near, list(self._kept))
        taken = gp.choose(process.covariance(self.places[near]), noise, np.maximum(levels - own, 1), weights, free, count)
        chosen = [(int(near[k]), int(levels[k])) for k in taken]
        return self._with_anchors(chosen)

    def _with_anchors(self, chosen: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Some of the chosen cells on all examples, where the anchors so gained make all the others cheaper than they cost."""
        anchors = self._anchors()
        partly = [number for number, level in chosen if level < self.n_examples]
        if not partly or len(self.levels) == 1:
            return chosen
        known = float(np.median(self._unexplained(np.array(partly))))
        goal, future = NOISE * self.tolerance, max(len(self.cells), FIRST.get(self.places.shape[1], 60))

        def needed(unexplained: float) -> float:
            return 1 / ((goal / max(unexplained, 1e-12)) ** 2 + 1 / self.n_examples)

        gain = future * (needed(known) - needed(known * (len(anchors) / (len(anchors) + 1)) ** 0.6))
        if gain < self.n_examples:
            return chosen
        there, whole = self.places[[number for number, _ in anchors]], []
        for _ in range(min(PER_ROUND, len(partly))):
            away = [np.min(np.linalg.norm(there - self.places[number], axis=1)) for number in partly]
            whole.append(partly.pop(int(np.argmax(away))))
            there = np.vstack([there, self.places[whole[-1]]])
        return [(number, self.n_examples if number in whole else level) for number, level in chosen]

    def _hopeless(self, picture: Picture) -> str:
        """Why the dense grid is the better choice, or nothing."""
        whole = len(self.places) * self.n_examples
        if self.spent > DENSE * whole or len(self.cells) > MOST_CELLS:
            return "the surface is too rough for the tolerance"
        if len(self._history) > 6 and self.spent > 0.1 * whole:
            spent, excess = np.log(np.array(self._history[-6:])).T
            slope = min(-0.2, float(np.polyfit(spent, excess, 1)[0]))  # errors fall at least a little
            if np.exp(spent[-1] - np.median(excess[-3:]) / slope) > 2 * whole:
                return "the surface is too rough for the tolerance: its error hardly falls"
        return ""

    # ---- measuring ---------------------------------------------------------------------------------------------

    def _take(self, numbers: np.ndarray, count: int, *, held: bool = False) -> None:
        """Measure cells on the sample of ``count`` examples."""
        if not len(numbers):
            return
        numbers = np.asarray(numbers)
        samples = np.array([self._sample_of(k) for k in numbers.tolist()])
        before = np.array([self.cells[k].count if k in self.cells else 0 for k in numbers.tolist()])
        if count == self.n_examples:
            samples = np.where(before == 0, 0, samples)
        for sample, own in sorted(set(zip(samples.tolist(), before.tolist(), strict=True))):
            same = numbers[(before == own) & (samples == sample)]
            examples = np.arange(self.n_examples) if count == self.n_examples else np.sort(self._orders[sample][:count])
            known = np.sort(self._orders[sample][:own]) if own else np.array([], dtype=int)
            new = np.setdiff1d(examples, known)
            losses = self.measure(same, new)
            self.spent += losses.size
            for number, one in zip(same.tolist(), losses, strict=True):
                whole = np.empty(count)
                whole[np.searchsorted(examples, new)] = one
                if own:
                    whole[np.searchsorted(examples, known)] = self.cells[number].losses
                self.cells[number] = _Cell(count, held, whole, self._round, upgraded=bool(own), sample=self.cells[number].sample if own else sample)
        self._estimate()

    def _take_by_level(self, numbers: np.ndarray, goal: np.ndarray, *, held: bool = False) -> None:
        levels = self._levels(np.asarray(numbers), goal)
        for level in np.unique(levels)[::-1]:
            self._take(np.asarray(numbers)[levels == level], int(level), held=held)

    def _take_round(self, chosen: list[tuple[int, int]]) -> None:
        for level in sorted({level for _, level in chosen}, reverse=True):
            self._take(np.array([number for number, own in chosen if own == level]), level)

    def _begin(self) -> None:
        """From the first anchors: the scale of the losses, and the order in which examples are sampled."""
        means = np.array([cell.mean for cell in self.cells.values() if np.isfinite(cell.mean)])
        if (means <= 0).any():
            self.scale = float(np.median(np.abs(means))) or 1.0
        self._size = calibration.sizes(self._profiles)
        self._orders = {sample: calibration.order(self._size, self._rng) for sample in range(SAMPLES + 1)}
        self._remember()

    def _sample_of(self, number: int) -> int:
        return self.cells[number].sample if number in self.cells else SAMPLES if number in self._kept else int(self._rng.integers(SAMPLES))

    def _estimate(self) -> None:
        """The mean and standard error of every cell, with all anchors that there are by now."""
        for cell in self.cells.values():
            if cell.count == self.n_examples:
                cell.mean, cell.error = float(cell.losses.mean()), 0.0
        anchors = self._anchors()
        if len(anchors) != self._calibrated:
            self._calibrated = len(anchors)
            self._profiles = np.stack([cell.losses / (abs(cell.mean) or 1.0) for _, cell in anchors])
            for cell in self.cells.values():
                cell.fresh = cell.count < self.n_examples
            self._remember()
        waiting = [number for number, cell in self.cells.items() if cell.fresh and cell.count < self.n_examples]
        if waiting:
            weights, nearest = self._related(np.array(waiting))
        for k, number in enumerate(waiting):
            cell, cell.fresh = self.cells[number], False
            examples = np.sort(self._orders[cell.sample][: cell.count])
            features = self._features(weights[:, k], nearest[k], examples)
            means = np.concatenate([self._classes.mean(0), np.full(features.shape[1] - self._classes.shape[1], 1.0)])
            probabilities = self._probabilities(cell.count)[examples]
            cell.mean, error = calibration.estimate(cell.losses, probabilities, features, means, self.n_examples)
            cell.error = error * self._slope(cell.mean) if np.isfinite(cell.mean) else np.nan

    def _related(self, numbers: np.ndarray, without: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """How the anchors predict other cells: weights, shape (anchors, cells), and the nearest ones, shape (cells, NEAREST)."""
        there = self.places[[number for number, _ in self._anchors()]]
        use = np.arange(len(there)) != (-1 if without is None else without)
        weights = np.zeros((len(there), len(numbers)))
        centre = self.places[self.origin]
        weights[use] = gp.interpolating(there[use], self.places[numbers], centre=centre, hyper=self._hyper)
        here, there = gp.stretched(self.places[numbers], centre, RADIUS), gp.stretched(there, centre, RADIUS)
        distance = np.where(use, ((here[:, None] - there) ** 2).sum(2), np.inf)
        return weights, np.argsort(distance, axis=1)[:, : min(NEAREST, int(use.sum()))]

    def _features(self, weights: np.ndarray, nearest: np.ndarray, examples: np.ndarray | slice) -> np.ndarray:
        """What is known of examples at a cell, shape (m, q): their class, and their losses as the anchors tell, of mean one over all."""
        return np.column_stack([self._classes[examples], weights @ self._profiles[:, examples], self._profiles[nearest][:, examples].T])

    def _probabilities(self, count: int) -> np.ndarray:
        if count not in self._inclusion:
            self._inclusion[count] = calibration.inclusion(self._size, count)
        return self._inclusion[count]

    def _anchors(self) -> list[tuple[int, _Cell]]:
        return [(number, cell) for number, cell in self.cells.items()
                if cell.count == self.n_examples and not cell.held and np.isfinite(cell.losses).all()]

    # ---- how many examples -------------------------------------------------------------------------------------

    def _remember(self) -> None:
        """What samples leave unexplained at the anchors, were they none, as a standard deviation over examples."""
        if not self._orders or len(self.levels) == 1:
            return
        middle = self.levels[(len(self.levels) - 1) // 2]
        for k, (number, _) in enumerate(self._anchors()):
            weights, nearest = self._related(np.array([number]), without=k)
            features = self._features(weights[:, 0], nearest[0], slice(None))
            found = calibration.unexplained(self._profiles[k], features, self._size, middle)
            self._spread_of[number] = found / float(self._fraction(np.array([middle]))[0])

    def _unexplained(self, numbers: np.ndarray) -> np.ndarray:
        """Relative standard deviation over examples that is expected to be unexplained at cells, shape (k,): from measured ones nearby."""
        known = dict(self._spread_of)
        known |= {number: cell.error / float(self._fraction(np.array([cell.count]))[0]) for number, cell in self.cells.items()
                  if cell.count < self.n_examples and np.isfinite(cell.error)}
        there = gp.stretched(self.places[list(known)], self.places[self.origin], RADIUS)
        here = gp.stretched(self.places[numbers], self.places[self.origin], RADIUS)
        square = ((here[:, None] - there) ** 2).sum(2)
        weights = np.exp(-0.5 * (square - square.min(1, keepdims=True)) / 0.3**2)
        return np.exp(weights @ np.log(np.maximum(list(known.values()), 1e-9)) / weights.sum(1))

    def _fraction(self, counts: np.ndarray) -> np.ndarray:
        """Standard error of a mean of so many examples, drawn without replacement, for standard deviation one."""
        return np.sqrt(np.maximum(1 / counts - 1 / self.n_examples, 0))

    def _levels(self, numbers: np.ndarray, goal: np.ndarray) -> np.ndarray:
        """Examples for each cell: the fewest whose standard error is at most ``goal``, shape (k,)."""
        levels = np.array(self.levels)
        if len(levels) == 1:
            return np.full(len(numbers), levels[0])
        enough = self._unexplained(numbers)[:, None] * self._fraction(levels) <= goal[:, None]
        return levels[np.argmax(enough, axis=1)]

    # ---- predicting --------------------------------------------------------------------------------------------

    def _value(self, loss: np.ndarray | float) -> np.ndarray | float:
        """The loss as it is predicted: its logarithm, or asinh(loss / scale)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log(np.maximum(loss, 1e-300)) if self.scale is None else np.arcsinh(np.asarray(loss) / self.scale)

    def _slope(self, loss: float) -> float:
        """Derivative of :meth:`_value`."""
        return 1 / max(loss, 1e-300) if self.scale is None else 1 / np.hypot(loss, self.scale)

    def _loss(self, value: np.ndarray) -> np.ndarray:
        return np.exp(value) if self.scale is None else self.scale * np.sinh(value)

    def _fit(self, numbers: np.ndarray, means: np.ndarray, errors: np.ndarray) -> gp.GaussianProcess:
        centre = self.places[numbers[int(np.argmin(means))]]
        again = self._hyper is None or len(numbers) > 1.25 * self._fitted_at
        process = gp.fit(self.places[numbers], self._value(means), errors**2, centre=centre, start=self._hyper, refit=again)
        if again:
            self._hyper, self._fitted_at = process.hyper, len(numbers)
        return process

    def _predict(self, process: gp.GaussianProcess, fitted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation at all cells: of the process, wider where it missed, and of the sample that all cells share."""
        mean, spread = np.empty(len(self.places)), np.empty(len(self.places))
        for start in range(0, len(mean), 4096):
            block = np.arange(start, min(start + 4096, len(mean)))
            mean[block], alone = process.predict(self.places[block])
            shared = 0.0
            if len(self.levels) > 1:
                goal = np.maximum(NOISE * self.tolerance, SHARE * alone)
                shared = self._unexplained(block) * self._fraction(self._levels(block, goal))
            spread[block] = np.hypot(alone * self._roughness(process, block), SHAREDF * shared)
        return mean, spread

    def _roughness(self, process: gp.GaussianProcess, numbers: np.ndarray) -> np.ndarray:
        """By how much the process missed its cells when each was left out, around given cells, relative to what it expected."""
        ratio = (process.residuals / process.residuals_sd) ** 2
        square = ((self.places[numbers][:, None] - process.points) ** 2).sum(2)
        weights = np.exp(-0.5 * square / 0.15**2)
        return np.sqrt((weights @ ratio + 1) / (weights.sum(1) + 1))

    def _not_finite(self) -> np.ndarray:
        """Cells whose nearest measured one has no finite loss."""
        numbers = np.array(list(self.cells))
        wrong = np.array([not np.isfinite(cell.mean) for cell in self.cells.values()])
        if not wrong.any():
            return np.zeros(len(self.places), dtype=bool)
        from scipy.spatial import cKDTree

        return wrong[cKDTree(self.places[numbers]).query(self.places)[1]]

    # ---- results -----------------------------------------------------------------------------------------------

    def _picture(self, value: np.ndarray, bound: np.ndarray, held: HeldOut, converged: bool) -> Picture:
        loss, error, examples = self._loss(value), bound.copy(), np.zeros(len(self.places), dtype=int)
        for number, cell in self.cells.items():
            examples[number] = cell.count
            if cell.count == self.n_examples:
                loss[number], error[number] = cell.mean, 0.0
        return Picture(loss, error, examples, held, converged, self.spent, self.scale)

    def _whole(self, reason: str) -> Picture:
        """The dense grid: every cell on all examples."""
        left = np.array([k for k in range(len(self.places)) if k not in self.cells or self.cells[k].count < self.n_examples], dtype=int)
        loss = np.array([self.cells[k].mean if k in self.cells else np.nan for k in range(len(self.places))])
        if len(left):
            loss[left] = self.measure(left, np.arange(self.n_examples)).mean(1)
            self.spent += len(left) * self.n_examples
        size = len(self.places)
        return Picture(loss, np.zeros(size), np.full(size, self.n_examples), HeldOut(), True, self.spent, self.scale, dense=True, note=reason)

    def _spread(self, count: int) -> np.ndarray:
        """Cells that fill the space, the origin first: each the farthest from all before, in stretched coordinates."""
        pool = np.arange(len(self.places))
        if len(pool) > 5000:
            pool = np.union1d(self._rng.choice(pool, 5000, replace=False), [self.origin])
        there = gp.stretched(self.places[pool], self.places[self.origin], RADIUS)
        taken = [int(np.flatnonzero(pool == self.origin)[0])]
        distance = np.full(len(pool), np.inf)
        while len(taken) < min(count, len(pool)):
            distance = np.minimum(distance, np.linalg.norm(there - there[taken[-1]], axis=1))
            taken.append(int(np.argmax(distance)))
        return pool[taken]
