"""What predictions that were made before their cell was measured say of a picture: its error, and error bars that hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Strata of the predicted standard deviation, each an equal share of the picture's cells.
STRATA = 8
#: The share of the errors that the bound holds for, and quantiles that stand for the picture's standard deviations.
SHARE, QUANTILES = 0.9, 400
#: Degrees of freedom of Student's t.
FREEDOM = 4.0


@dataclass(frozen=True)
class HeldOut:
    """Errors abs(ln L̂ − ln L) of held-out predictions, for the cells of a picture.

    Attributes:
        median, p95: weighted so that their predicted standard deviations are those of the picture's cells. maximum: of those that count.
        expected: median and 95th percentile over the picture, from its standard deviations and the ratios of errors to them.
        bound: 90 % of the errors are at most so many predicted standard deviations. count: predictions that count.
    """

    median: float = np.inf
    p95: float = np.inf
    maximum: float = np.inf
    expected: tuple[float, float] = (np.inf, np.inf)
    bound: float = np.inf
    count: int = 0


def held_out(apart: np.ndarray, expected: np.ndarray, noise: np.ndarray, spread: np.ndarray, *, alone: np.ndarray) -> HeldOut:
    """Pool held-out predictions into what they say of a picture.

    A survey measures where it is least certain, and its early predictions were made by a picture that is not the one returned. So they
    are weighted within strata of the predicted standard deviation, an eighth of the picture's cells each; predictions less certain
    than all of these count for nothing.

    What a measurement adds to a difference is taken off: on the whole by the share that the prediction has in the variance, its standard
    deviation first brought to the size that the differences show (:func:`factor`), and of large differences, which noise does not
    explain, in squares. The bound is the quantile of the ratios of errors to standard deviations that split conformal prediction takes
    (Lei et al. 2018), of all predictions or of those of cells that are never fitted, whichever is larger.

    Args:
        apart: abs(measured − predicted), shape (h,). expected: the standard deviations predicted. noise: what the measurements add to the
            variances, less where they share errors with the prediction. spread: standard deviations of the picture's cells.
        alone: which of them are of cells that are never fitted, shape (h,).
    """
    share, expected = _shares(expected, spread), np.maximum(expected, 1e-12)
    size = factor(apart, expected, noise, share)
    alike, unlike = size * expected / _deviation(size, expected, noise), np.sqrt(np.maximum(apart**2 - np.maximum(noise, 0), 0))
    missed = np.maximum(alike * apart, unlike)
    ratios = missed / expected
    like = np.quantile(spread, np.linspace(0, 1, QUANTILES))[:, None] * ratios
    weights = np.broadcast_to(share, like.shape).ravel()
    inside = share > 0
    bound = quantile(ratios, share, _level(int(inside.sum())))
    if alone.any():
        bound = max(bound, quantile(ratios[alone], np.ones(int(alone.sum())), _level(int(alone.sum()))))
    return HeldOut(quantile(missed, share, 0.5), quantile(missed, share, 0.95), float(missed[inside].max()),
                   (quantile(like.ravel(), weights, 0.5), quantile(like.ravel(), weights, 0.95)), bound, int(inside.sum()))


def factor(apart: np.ndarray, expected: np.ndarray, noise: np.ndarray, weights: np.ndarray) -> float:
    """By how much predicted standard deviations are too small (above one) or too large, at most fourfold.

    Maximizes the likelihood of the differences under Student's t of few degrees of freedom, for errors have outliers; noise is as it is.
    """
    sizes = np.geomspace(0.4, 4, 60)[:, None]
    deviation = _deviation(sizes, expected, noise)
    cost = np.log(deviation) + (FREEDOM + 1) / 2 * np.log1p((apart / deviation) ** 2 / FREEDOM)
    return float(sizes[np.argmin(cost @ weights), 0])


def _deviation(size: np.ndarray | float, expected: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Standard deviation of a difference; never less than a third of its parts, however much they have in common."""
    square = (size * expected) ** 2
    return np.sqrt(np.maximum(square + noise, 0.1 * (square + np.abs(noise))))


def _level(count: int) -> float:
    """The quantile of ``count`` errors below which the next one lies with probability SHARE (split conformal prediction)."""
    return min(1.0, SHARE * (1 + 1 / count))


def _shares(expected: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """The weight of every prediction, shape (h,): equal in sum for all strata, a stratum without any going to the next one that has."""
    edges = np.quantile(spread, np.linspace(0, 1, STRATA + 1))
    stratum = np.clip(np.searchsorted(edges, expected, side="right") - 1, 0, STRATA - 1)
    stratum[expected > edges[-1]] = STRATA
    filled = np.array([k for k in range(STRATA) if (stratum == k).any()])
    if not len(filled):
        return np.ones(len(expected))
    share = np.zeros(len(expected))
    for k in range(STRATA):
        same = stratum == filled[np.argmin(np.abs(filled - k))]
        share[same] += 1 / same.sum()
    return share


def quantile(values: np.ndarray, weights: np.ndarray, level: float) -> float:
    """The smallest value that has at least the share ``level`` of the weights at or below it."""
    ranks = np.argsort(values)
    reached = np.cumsum(weights[ranks])
    return float(values[ranks[min(np.searchsorted(reached, level * reached[-1] * (1 - 1e-12)), len(ranks) - 1)]])
