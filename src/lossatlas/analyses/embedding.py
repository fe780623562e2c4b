"""A map of points of parameter space: principal components, then t-SNE (van der Maaten and Hinton 2008; Huang et al. 2020, Figure 1).

Points in thousands of dimensions have no picture. t-SNE makes a map on which neighbours stay neighbours, and nothing else: distances
between groups, their sizes, and whatever seems to lie between them mean nothing, another seed or perplexity draws another map. So a map
comes with what it kept and what it lost:

* ``trustworthiness`` (Venna and Kaski 2001): 1 where nobody is a neighbour on the map who is none in space, .5 at chance;
* ``distance_correlation``: rank correlation of distances on the map with those in space; what of the far picture can be believed;
* ``pca_share``: share of the variance that the plane of the first two principal components holds, which keeps what it shows of distances:
  where it is near 1, draw that instead (:func:`lossatlas.pca_slice`).

A few points far from all others would squeeze the rest: those that are farther from the mean than ``outliers`` times the median distance
are dropped before t-SNE, and named.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..params import ravel
from ..seeds import check_seed, key

#: Principal components that t-SNE is given (METHODS C4).
COMPONENTS = 50
#: Neighbours that trustworthiness looks at.
NEIGHBORS = 5
#: Fewer points have no neighbours worth a map.
FEWEST = 6
PERPLEXITY = 30.0


@dataclass(frozen=True, eq=False)
class Embedding:
    """A map of points, and how far it can be believed.

    Attributes:
        coordinates: on the map, shape (points, 2), float64; NaN for dropped points.
        dropped: numbers of the points that were dropped, far from all others.
        components: principal components that t-SNE was given, and ``kept_share``, their share of the variance.
        pca_share: of the variance, held by the first two of them.
        pca: coordinates along these two, shape (points, 2), dropped points too.
        trustworthiness, distance_correlation: see the module.
        perplexity, seed, divergence: of t-SNE; the last is what it minimizes, in nats.
    """

    coordinates: np.ndarray = field(repr=False)
    dropped: tuple[int, ...]
    components: int
    kept_share: float
    pca_share: float
    pca: np.ndarray = field(repr=False)
    trustworthiness: float
    distance_correlation: float
    perplexity: float
    seed: int
    divergence: float

    def record(self) -> dict[str, Any]:
        """What a result says of the map, as plain data."""
        names = ("components", "kept_share", "pca_share", "trustworthiness", "distance_correlation", "perplexity", "seed", "divergence")
        return {"dropped": list(self.dropped), **{name: getattr(self, name) for name in names}}


def embedding(
    points: Any, *, components: int = COMPONENTS, perplexity: float | None = None, outliers: float | None = 4.0, seed: int = 0,
) -> Embedding:
    """Draw points of parameter space on a map by principal components and t-SNE.

    Args:
        points: rows of a tensor or array (points, parameters), or a list of points of one network, with such buffers as they have.
        components: principal components that t-SNE is given, at most.
        perplexity: how many neighbours each point keeps, below the number of points (default: 30, or a third of the points if that is
            less).
        outliers: points farther from the mean than so many median distances are dropped; None keeps all.
        seed: of t-SNE, which starts from the first two components and is random where it finds its neighbours.

    Returns:
        An :class:`Embedding`.

    Raises:
        InputError: fewer than 6 points, points that are not finite or all the same, an option out of range.
    """
    rows = _rows(points)
    seed = check_seed(seed)
    if isinstance(components, bool) or not isinstance(components, int) or components < 2:
        raise InputError(f"components is {components!r}; expected a whole number of at least 2, such as {COMPONENTS}")
    if outliers is not None and not outliers > 1:
        raise InputError(f"outliers is {outliers!r}; expected a number of median distances above 1, such as 4, or None to keep all points")
    scores, shares = _principal(rows, components)
    far = np.linalg.norm(rows - rows.mean(0), axis=1)
    kept = np.full(len(rows), True) if outliers is None else far <= outliers * np.median(far)
    if not kept.all() and kept.sum() >= FEWEST:
        scores_kept, shares_kept = _principal(rows[kept], components)
    else:
        kept[:], scores_kept, shares_kept = True, scores, shares
    count = int(kept.sum())
    perplexity = min(PERPLEXITY, (count - 1) / 3) if perplexity is None else perplexity
    if not 1 <= perplexity < count:
        raise InputError(f"perplexity is {perplexity!r} for {count} points; expected at least 1 and fewer than the points, e.g. "
                         f"{min(PERPLEXITY, (count - 1) / 3):.3g}")
    drawn, divergence = _tsne(scores_kept, perplexity, seed)
    coordinates = np.full((len(rows), 2), np.nan)
    coordinates[kept] = drawn
    trust, ranks = _believed(rows[kept], drawn)
    return Embedding(coordinates, tuple(np.flatnonzero(~kept).tolist()), scores_kept.shape[1], float(shares_kept.sum()),
                     float(shares_kept[:2].sum()), scores[:, :2].copy(), trust, ranks, float(perplexity), seed, divergence)


def _rows(points: Any) -> np.ndarray:
    """The points as rows, float64."""
    if isinstance(points, Sequence) and not isinstance(points, str) and len(points) and all(isinstance(one, Mapping) for one in points):
        first = {name: tensor.shape for name, tensor in points[0].items()}
        if odd := next((k for k, one in enumerate(points) if {n: t.shape for n, t in one.items()} != first), None):
            raise InputError(f"point {odd} is of another network than point 0; expected the same names and shapes")
        points = torch.stack([ravel(one, first).detach().to("cpu", torch.float64) for one in points])
    rows = points.detach().cpu().double().numpy() if isinstance(points, Tensor) else np.asarray(points)
    if rows.ndim != 2 or rows.dtype.kind not in "fiu":
        raise InputError(f"points are a {type(points).__name__} of shape {rows.shape}; expected rows (points, parameters), or a list of "
                         "points")
    if len(rows) < FEWEST:
        raise InputError(f"{len(rows)} points; expected at least {FEWEST}: fewer have no neighbours that a map could keep")
    rows = rows.astype(np.float64)
    if bad := np.flatnonzero(~np.isfinite(rows).all(1)).tolist():
        raise InputError(f"point {bad[0]} is not finite; expected finite points: leave out those of runs that diverged")
    if not np.ptp(rows, axis=0).any():
        raise InputError(f"all {len(rows)} points are the same; expected points that differ")
    return rows


def _principal(rows: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates along the principal components, and their shares of the variance: at most ``most``, at least 2 columns."""
    centred = rows - rows.mean(0)
    values, vectors = np.linalg.eigh(centred @ centred.T)  # few long rows: their Gram matrix is small
    order = np.argsort(values)[::-1][: max(min(most, len(rows) - 1), 2)]
    lengths = np.sqrt(np.clip(values[order], 0, None))
    signs = np.sign(vectors[np.abs(vectors).argmax(0), range(len(vectors))])[order]  # the farthest row lies at a positive coordinate
    return vectors[:, order] * signs * lengths, np.clip(values[order], 0, None) / values.clip(0).sum()


def _tsne(scores: np.ndarray, perplexity: float, seed: int) -> tuple[np.ndarray, float]:
    """The map and its divergence; scaled first, so that weights of any size are handled alike."""
    from sklearn.manifold import TSNE

    method = "exact" if len(scores) <= 1000 else "barnes_hut"
    found = TSNE(perplexity=perplexity, init="pca", method=method, random_state=key(seed, "t-SNE") % 2**32)
    drawn = found.fit_transform(scores / scores.std())
    return drawn.astype(np.float64), float(found.kl_divergence_)


def _believed(rows: np.ndarray, drawn: np.ndarray) -> tuple[float, float]:
    """Trustworthiness of the map, and the rank correlation of its distances with those in space."""
    from scipy.spatial.distance import pdist
    from scipy.stats import spearmanr
    from sklearn.manifold import trustworthiness

    neighbors = min(NEIGHBORS, math.ceil(len(rows) / 2) - 1)
    return float(trustworthiness(rows, drawn, n_neighbors=neighbors)), float(spearmanr(pdist(rows), pdist(drawn)).statistic)
