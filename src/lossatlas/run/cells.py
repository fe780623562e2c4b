"""The measured cells of a survey: on how many examples each, and what these tell of the whole.

Cells that are measured on all examples are anchors. At all others the mean over all examples is estimated from a sample, the same one
at every cell, calibrated by what is known of the unsampled examples: their class, and their losses at the anchors, of which the
three nearest count and a prediction from all (:mod:`~lossatlas.numerics.calibration`). How large the sample must be
follows from what samples leave unexplained at anchors and at measured cells nearby. Near a minimum few examples carry the loss, so
that all are used there. Cells that are never fitted are measured on a sample of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..numerics import calibration
from ..numerics import gaussian_process as gp

#: measure(cells, examples) -> losses, shape (cells, examples), whose mean over all examples is the loss.
Measure = Callable[[np.ndarray, np.ndarray], np.ndarray]

#: Anchors nearest to a cell that are known of it, and the radius (of coordinates from −1 to 1) from which on distances count by
#: their ratio.
NEAREST, RADIUS = 3, 0.15
#: Width of the neighbourhood, in stretched coordinates, in which samples leave alike much unexplained.
NEARBY = 0.3


@dataclass
class Cell:
    """A measured cell.

    Attributes:
        count: examples that it was measured on. held: never fitted. losses: of the examples, shape (count,).
        round: when it was measured. upgraded: before on fewer examples.
        mean: estimate over all examples. error: its standard error, of the value that is predicted.
        contributions: of the examples to this error, in the order in which samples take them, shape (count,); None: of all examples.
        missed: by how much a prediction made before missed it. expected: the standard deviation of that prediction. noise: what the
            measurement adds to the variance of the difference.
        fresh: to be estimated, because it is new or the anchors changed.
    """

    count: int
    held: bool
    losses: np.ndarray
    round: int
    upgraded: bool = False
    mean: float = np.nan
    error: float = 0.0
    contributions: np.ndarray | None = None
    missed: float = np.nan
    expected: float = np.nan
    noise: float = 0.0
    fresh: bool = True


class Cells(dict[int, Cell]):
    """Measured cells by number.

    Args:
        places: coordinates of all cells, shape (cells, d), about −1 to 1. origin: number of the cell at the centre.
        n_examples: in the data. labels: their classes, or None. levels: how many examples a cell may be measured on, the last one all.
        rng: draws the samples.
    """

    def __init__(self, places: np.ndarray, origin: int, n_examples: int, labels: np.ndarray | None, levels: list[int], measure: Measure,
                 rng: np.random.Generator) -> None:
        super().__init__()
        self.places, self.n_examples, self.levels, self._measure, self._rng = places, n_examples, np.array(levels), measure, rng
        self.centre = places[origin]
        self.spent = 0
        self.scale: float | None = None  # of asinh, where losses are not all positive
        self.hyper: np.ndarray | None = None  # of the process that predicts, by which anchors predict other cells, too
        self._classes = calibration.classes(labels, n_examples)
        self._orders: dict[bool, np.ndarray] = {}  # held out or not: the order in which examples are sampled
        self._inclusion: dict[int, np.ndarray] = {}
        self._ranked: dict[tuple[bool, int], np.ndarray] = {}
        self._left: dict[int, float] = {}  # at anchors
        self._profiles = np.empty((0, n_examples))

    # ---- measuring ---------------------------------------------------------------------------------------------

    def take(self, numbers: np.ndarray, count: int, number: int, *, held: bool = False) -> None:
        """Measure cells on ``count`` examples in round ``number``; what is measured of them already is kept."""
        numbers = np.asarray(numbers, dtype=int)
        examples = self._sample(held, count)
        before = np.array([self[k].count if k in self else 0 for k in numbers.tolist()])
        for own in np.unique(before).tolist():
            same, known = numbers[before == own], self._sample(held, own)
            new = np.setdiff1d(examples, known)
            losses = self._measure(same, new)
            self.spent += losses.size
            for k, one in zip(same.tolist(), losses, strict=True):
                whole = np.empty(count)
                whole[np.searchsorted(examples, new)] = one
                if own:
                    whole[np.searchsorted(examples, known)] = self[k].losses
                self[k] = Cell(count, held, whole, number, upgraded=own > 0)
        self.estimate()

    def begin(self) -> None:
        """From the first anchors: the scale of the losses, and the order in which examples are sampled."""
        means = np.array([cell.mean for cell in self.values() if np.isfinite(cell.mean)])
        if (means <= 0).any():
            self.rescale()
        self._size = calibration.sizes(self._profiles)
        self._orders = {held: calibration.order(self._size, self._rng) for held in (False, True)}
        self._remember()

    def rescale(self) -> None:
        """Losses are not all positive: from here on asinh(loss / scale) is predicted, and earlier errors do not count."""
        self.scale = float(np.median([abs(cell.mean) for cell in self.values() if np.isfinite(cell.mean)])) or 1.0
        for cell in self.values():
            cell.fresh, cell.missed = True, np.nan
        self.estimate()

    def anchors(self) -> list[tuple[int, Cell]]:
        """The cells that were measured on all examples, and are not held out."""
        return [(k, cell) for k, cell in self.items()
                if cell.count == self.n_examples and not cell.held and np.isfinite(cell.losses).all()]

    def _sample(self, held: bool, count: int) -> np.ndarray:
        """Numbers of the sampled examples, in order."""
        if count in (0, self.n_examples):
            return np.arange(count)
        return np.sort(self._orders[held][:count])

    # ---- the mean over all examples ----------------------------------------------------------------------------

    def estimate(self) -> None:
        """The mean and standard error of every cell, with all anchors that there are by now."""
        for cell in self.values():
            if cell.count == self.n_examples:
                cell.mean, cell.error = float(cell.losses.mean()), 0.0
        anchors = self.anchors()
        if len(anchors) != len(self._profiles):
            self._profiles = np.stack([cell.losses / (abs(cell.mean) or 1.0) for _, cell in anchors])
            for cell in self.values():
                cell.fresh = True
            self._remember()
        waiting = [k for k, cell in self.items() if cell.fresh and cell.count < self.n_examples]
        if not waiting:
            return
        weights, nearest = self._related(np.array(waiting))
        known = self._profiles.mean(1)
        for j, k in enumerate(waiting):
            cell = self[k]
            examples = self._sample(cell.held, cell.count)
            features = self._features(weights[:, j], nearest[j], examples)
            means = np.concatenate([self._classes.mean(0), [weights[:, j] @ known], known[nearest[j]]])
            probabilities = self._probabilities(cell.count)[examples]
            cell.mean, contributions = calibration.estimate(cell.losses, probabilities, features, means, self.n_examples)
            with np.errstate(over="ignore", invalid="ignore"):  # losses that are not finite, or by far not positive
                contributions = contributions * self._slope(cell.mean)
                cell.error = float(np.sqrt(calibration.covariance(contributions[None], probabilities)[0, 0]))
            cell.contributions = contributions[self._ranks(cell.held, cell.count)]
            cell.fresh = False

    def _related(self, numbers: np.ndarray, without: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """How the anchors predict other cells: weights, shape (anchors, cells), and the nearest ones, shape (cells, NEAREST)."""
        there = self.places[[k for k, _ in self.anchors()]]
        use = np.arange(len(there)) != (-1 if without is None else without)
        weights = np.zeros((len(there), len(numbers)))
        weights[use] = gp.interpolating(there[use], self.places[numbers], centre=self.centre, hyper=self.hyper)
        here, there = gp.stretched(self.places[numbers], self.centre, RADIUS), gp.stretched(there, self.centre, RADIUS)
        distance = np.where(use, ((here[:, None] - there) ** 2).sum(2), np.inf)
        return weights, np.argsort(distance, axis=1)[:, : min(NEAREST, int(use.sum()))]

    def _features(self, weights: np.ndarray, nearest: np.ndarray, examples: np.ndarray | slice) -> np.ndarray:
        """What is known of examples at a cell, shape (m, q): their class, and their losses as the anchors tell, of mean about one."""
        return np.column_stack([self._classes[examples], weights @ self._profiles[:, examples], self._profiles[nearest][:, examples].T])

    def covariance(self, numbers: list[int], others: list[int]) -> np.ndarray:
        """Covariances of the errors of measured cells with those of others, none of them held out, shape (k, l)."""
        out, groups = np.zeros((len(numbers), len(others))), self._contributions(others)
        for rows, a in self._contributions(numbers):
            for columns, b in groups:
                small, large = (a, b) if a.shape[1] <= b.shape[1] else (b, a)
                probabilities = self._probabilities(large.shape[1])[self._orders[False][: small.shape[1]]]
                found = calibration.covariance(small, probabilities, large)
                out[np.ix_(rows, columns)] = found if small is a else found.T
        return out

    def _contributions(self, numbers: list[int]) -> list[tuple[np.ndarray, np.ndarray]]:
        """Cells by the examples they were measured on: their places in ``numbers``, and contributions, shape (cells, count)."""
        by: dict[int, list[int]] = {}
        for place, k in enumerate(numbers):
            if self[k].contributions is not None:
                by.setdefault(self[k].count, []).append(place)
        return [(np.array(places), np.array([self[numbers[j]].contributions for j in places])) for places in by.values()]

    def _ranks(self, held: bool, count: int) -> np.ndarray:
        """Where each example that a sample takes stands among its examples in order, shape (count,)."""
        if (held, count) not in self._ranked:
            self._ranked[held, count] = np.argsort(np.argsort(self._orders[held][:count]))
        return self._ranked[held, count]

    def _probabilities(self, count: int) -> np.ndarray:
        if count not in self._inclusion:
            self._inclusion[count] = calibration.inclusion(self._size, count)
        return self._inclusion[count]

    # ---- how many examples -------------------------------------------------------------------------------------

    def enough(self, numbers: np.ndarray, goal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Examples for each cell, the fewest whose standard error is at most ``goal`` (k,), and this standard error; shapes (k,)."""
        if len(self.levels) == 1:
            return np.full(len(numbers), self.levels[0]), np.zeros(len(numbers))
        unexplained = self.unexplained(numbers)
        levels = self.levels[np.argmax(unexplained[:, None] * self.fraction(self.levels) <= goal[:, None], axis=1)]
        return levels, unexplained * self.fraction(levels)

    def unexplained(self, numbers: np.ndarray) -> np.ndarray:
        """Relative standard deviation over examples that is expected to stay unexplained at cells, shape (k,): as measured nearby."""
        known = dict(self._left)
        known |= {k: cell.error / float(self.fraction(np.array([cell.count]))[0]) for k, cell in self.items()
                  if cell.count < self.n_examples and np.isfinite(cell.error)}
        if not known:  # every cell is measured on all examples
            return np.zeros(len(numbers))
        there = gp.stretched(self.places[list(known)], self.centre, RADIUS)
        here = gp.stretched(self.places[numbers], self.centre, RADIUS)
        square = ((here[:, None] - there) ** 2).sum(2)
        weights = np.exp(-0.5 * (square - square.min(1, keepdims=True)) / NEARBY**2)
        return np.exp(weights @ np.log(np.maximum(list(known.values()), 1e-9)) / weights.sum(1))

    def fraction(self, counts: np.ndarray) -> np.ndarray:
        """Standard error of a mean of so many examples, drawn without replacement, for standard deviation one."""
        return np.sqrt(np.maximum(1 / counts - 1 / self.n_examples, 0))

    def _remember(self) -> None:
        """What samples would leave unexplained at the anchors, were they none, as a standard deviation over examples."""
        if not self._orders or len(self.levels) == 1:
            return
        middle = int(self.levels[(len(self.levels) - 1) // 2])
        for j, (k, _) in enumerate(self.anchors()):
            weights, nearest = self._related(np.array([k]), without=j)
            features = self._features(weights[:, 0], nearest[0], slice(None))
            found = calibration.unexplained(self._profiles[j], features, self._size, middle)
            self._left[k] = found / float(self.fraction(np.array([middle]))[0])

    # ---- what is predicted of a loss ---------------------------------------------------------------------------

    def value(self, loss: np.ndarray | float) -> np.ndarray:
        """The loss as it is predicted: its logarithm, or asinh(loss / scale)."""
        if self.scale is not None:
            return np.arcsinh(np.asarray(loss) / self.scale)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log(np.maximum(loss, 1e-300))

    def loss(self, value: np.ndarray) -> np.ndarray:
        """The inverse of :meth:`value`."""
        return np.exp(value) if self.scale is None else self.scale * np.sinh(value)

    def _slope(self, loss: float) -> float:
        """Derivative of :meth:`value`."""
        return 1 / max(loss, 1e-300) if self.scale is None else 1 / float(np.hypot(loss, self.scale))
