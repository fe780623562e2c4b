"""What predictions that were made before their cell was measured say of a picture: its error, and error bars that hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Strata of the predicted standard deviation, each an equal share of the picture's cells.
STRATA = 8
#: The share of the errors that the bound holds for, and quantiles that stand for the picture's standard deviations.
SHARE, QUANTILES = 0.9, 400


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


def held_out(missed: np.ndarray, expected: np.ndarray, spread: np.ndarray, *, alone: np.ndarray | None = None) -> HeldOut:
    """Pool held-out predictions into what they say of a picture.

    A survey measures where it is least certain, and its early predictions were made by a picture that is not the one returned. So they
    are weighted within strata of the predicted standard deviation, an eighth of the picture's cells each; predictions less certain
    than all of these count for nothing. The bound is the quantile of the ratios of errors to standard deviations that split conformal
    prediction takes (Lei et al. 2018), of all predictions or of those of cells that are never fitted, whichever is larger.

    Args:
        missed: errors, shape (h,). expected: the standard deviations predicted for them. spread: of the picture's cells.
        alone: which of them are of cells that are never fitted, shape (h,).
    """
    share = _shares(expected, spread)
    ratios = missed / np.maximum(expected, 1e-12)
    like = np.quantile(spread, np.linspace(0, 1, QUANTILES))[:, None] * ratios
    weights = np.broadcast_to(share, like.shape).ravel()
    inside = share > 0
    bound = quantile(ratios, share, _level(int(inside.sum())))
    if alone is not None and alone.any():
        bound = max(bound, quantile(ratios[alone], np.ones(int(alone.sum())), _level(int(alone.sum()))))
    return HeldOut(quantile(missed, share, 0.5), quantile(missed, share, 0.95), float(missed[inside].max()),
                   (quantile(like.ravel(), weights, 0.5), quantile(like.ravel(), weights, 0.95)), bound, int(inside.sum()))


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
