"""Gaussian-process regression on a few coordinates: prediction, its variance, and where to measure next.

The prior is made for logarithms of losses around a minimum: a smooth hill country with a funnel in it. Its covariance is the sum of
two Matérn kernels of smoothness 3/2 (Rasmussen and Williams 2006, eq. 4.17), one in the coordinates themselves with a length for each
axis, one in coordinates that are stretched around a centre, ``φ(x) = (x − c) asinh(r / r_0) / r`` with ``r = ‖x − c‖``: near the
centre lengths of ``r_0`` count, far from it ratios of radii. The mean is an unknown constant (their section 2.7), the scale is
profiled out, the other hyperparameters maximize the restricted likelihood times weak priors. Measured values may carry noise of known
covariance; as it counts in relation to the scale, both are found by turns. On the digits ResNet without skips (51×51, 291 points) this
sum predicts to 1.1 % / 5.1 % (median / 95th percentile), either kernel alone to 1.5 to 1.7 % / 7 to 8 %; kernels of smoothness 5/2 do
no better.

Where to measure next: the point that lowers the variance summed over all others most, for its cost (integrated variance
reduction; Cohn, Ghahramani, Jordan 1996). It needs no values, so a batch is chosen one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

#: Weak priors of the logarithms of the hyperparameters, (mean, standard deviation), for coordinates from -1 to 1: the lengths of the
#: axes, the nugget (of the standard deviation), r_0, the length in stretched coordinates, and the log odds of the two kernels.
_LENGTH, _NUGGET, _RADIUS, _STRETCHED, _ODDS = (np.log(0.5), 1.5), (-7.0, 2.0), (np.log(0.15), 1.0), (0.0, 1.5), (0.0, 2.0)
#: Points that the hyperparameters are fitted to at most; the prediction uses all.
MOST_FITTED = 300
#: Rounds at most that relate the noise to the scale, the first of them with new hyperparameters, and the change that ends them.
ROUNDS, REFITS, SETTLED = 12, 2, 1e-3


@dataclass(frozen=True, eq=False)
class GaussianProcess:
    """A fitted process; made by :func:`fit`.

    Attributes:
        points: shape (n, d). hyper: logarithms of the hyperparameters. scale: variance of the process.
        residuals: of leaving each point out, measured minus predicted, shape (n,); residuals_sd: what was expected of them.
    """

    points: np.ndarray
    centre: np.ndarray
    hyper: np.ndarray
    scale: float
    mean: float
    residuals: np.ndarray
    residuals_sd: np.ndarray
    _lower: np.ndarray
    _white: np.ndarray  # L⁻¹(y − mean)
    _ones: np.ndarray  # L⁻¹1

    def predict(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation at ``x``, shape (k, d); each of shape (k,)."""
        reduced, lacking = self._reduced(x)
        variance = 1 - (reduced**2).sum(0) + lacking**2
        return self.mean + reduced.T @ self._white, np.sqrt(self.scale * np.maximum(variance, 1e-12))

    def covariance(self, x: np.ndarray) -> np.ndarray:
        """Covariance of the process at ``x`` given what was measured, shape (k, k)."""
        reduced, lacking = self._reduced(x)
        return self.scale * (_kernel(x, x, self.centre, self.hyper) - reduced.T @ reduced + np.outer(lacking, lacking))

    def weights(self, x: np.ndarray) -> np.ndarray:
        """Weights of the measured values in the prediction at ``x``, shape (n, k); they sum to one."""
        reduced, lacking = self._reduced(x)
        return solve_triangular(self._lower, reduced + np.outer(self._ones / np.linalg.norm(self._ones), lacking), lower=True, trans="T")

    def _reduced(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        reduced = solve_triangular(self._lower, _kernel(self.points, x, self.centre, self.hyper), lower=True)
        return reduced, (1 - self._ones @ reduced) / np.linalg.norm(self._ones)


def fit(points: np.ndarray, values: np.ndarray, noise: np.ndarray, *, centre: np.ndarray, start: np.ndarray | None = None,
        scale: float | None = None, refit: bool = True) -> GaussianProcess:
    """Fit a process to values at points.

    Args:
        points: shape (n, d), d at least 1, about from -1 to 1. values: shape (n,).
        noise: variances of the values, shape (n,), or their covariances, (n, n).
        centre: where coordinates are stretched, shape (d,).
        start: hyperparameters to start from (of an earlier fit), and its scale.
        refit: False keeps ``start`` as it is.
    """
    d = points.shape[1]
    hyper, noise = _start(d) if start is None else start, np.diag(noise) if noise.ndim == 1 else noise
    few = slice(None) if len(points) <= MOST_FITTED else np.random.default_rng(0).permutation(len(points))[:MOST_FITTED]
    least = max(1e-300, 1e-9 * float(np.diag(noise).max(initial=0)))
    scale = max(scale or float(np.var(values)), least)
    for number in range(ROUNDS):
        if number < REFITS and (refit or start is None):
            with threadpool_limits(1, user_api="blas"):  # hundreds of small matrices, for which several threads take longer than one
                found = minimize(_cost, hyper, (points[few], values[few], noise[few][:, few] / scale, centre), method="L-BFGS-B",
                                 bounds=_bounds(d), options={"maxiter": 40 if start is None else 15})
            hyper = found.x if np.isfinite(found.fun) else hyper
        lower, white, ones, mean = _solved(hyper, points, values, noise / scale, centre)
        before, scale = scale, max(float(white @ white) / max(len(values) - 1, 1), least)
        if abs(np.log(scale / before)) < SETTLED:
            break
    inverse = solve_triangular(lower, np.eye(len(values)), lower=True)
    precision = inverse.T @ inverse
    weights = inverse.T @ ones
    precision = precision - np.outer(weights, weights) / (ones @ ones)
    diagonal = np.maximum(np.diag(precision), 1e-300)
    residuals = (inverse.T @ white) / diagonal
    return GaussianProcess(points, centre, hyper, scale, mean, residuals, np.sqrt(scale / diagonal), lower, white, ones)


def choose(covariance: np.ndarray, noise: np.ndarray, cost: np.ndarray, weights: np.ndarray, open_: np.ndarray, count: int) -> list[int]:
    """Candidates to measure next, one after the other: each lowers the weighted sum of variances most for its cost.

    Args:
        covariance: of all candidates, shape (k, k); it is overwritten.
        noise: variance that a measurement of each would have. cost: of each. weights: of their variances. open_: which may be taken.
    """
    taken: list[int] = []
    left = open_.copy()
    for _ in range(min(count, int(open_.sum()))):
        gain = (weights @ covariance**2) / (np.maximum(np.diag(covariance), 0) + noise + 1e-300) / cost
        best = int(np.argmax(np.where(left, gain, -1)))
        taken.append(best)
        left[best] = False
        column = covariance[:, best].copy()
        covariance -= np.outer(column, column / (column[best] + noise[best] + 1e-300))
    return taken


def interpolating(points: np.ndarray, x: np.ndarray, *, centre: np.ndarray, hyper: np.ndarray | None, nugget: float = 1e-4) -> np.ndarray:
    """Weights with which values at ``points`` (n, d) predict those at ``x`` (k, d), shape (n, k); they sum to one (kriging)."""
    hyper = _start(points.shape[1]) if hyper is None else hyper
    matrix = _kernel(points, points, centre, hyper) + nugget * np.eye(len(points))
    solved = np.linalg.solve(matrix, np.column_stack([_kernel(points, x, centre, hyper), np.ones(len(points))]))
    weights, ones = solved[:, :-1], solved[:, -1:]
    return weights + ones / ones.sum() * (1 - weights.sum(0))


def stretched(x: np.ndarray, centre: np.ndarray, radius: float) -> np.ndarray:
    """Coordinates stretched around a centre, shape (k, d): ``(x − c) asinh(r / radius) / r``."""
    offset = x - centre
    r = np.linalg.norm(offset, axis=1, keepdims=True)
    return offset * (np.arcsinh(r / radius) / np.maximum(r, 1e-12))


def _kernel(a: np.ndarray, b: np.ndarray, centre: np.ndarray, hyper: np.ndarray) -> np.ndarray:
    d = a.shape[1]
    lengths, (radius, stretch), share = np.exp(hyper[:d]), np.exp(hyper[d + 1 : d + 3]), 1 / (1 + np.exp(-hyper[d + 3]))
    wide = stretched(a, centre, radius) / stretch, stretched(b, centre, radius) / stretch
    return share * _matern(a / lengths, b / lengths) + (1 - share) * _matern(*wide)


def _matern(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    square = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
    distance = np.sqrt(3 * np.maximum(square, 0))
    return (1 + distance) * np.exp(-distance)


def _solved(hyper: np.ndarray, points: np.ndarray, values: np.ndarray, noise: np.ndarray, centre: np.ndarray) -> tuple:
    d = points.shape[1]
    matrix = _kernel(points, points, centre, hyper)
    matrix[np.diag_indices_from(matrix)] += np.exp(2 * hyper[d]) + 1e-10
    matrix += noise
    lower = np.linalg.cholesky(matrix)
    y, ones = solve_triangular(lower, np.column_stack([values, np.ones(len(values))]), lower=True).T
    mean = float(ones @ y / (ones @ ones))
    return lower, y - mean * ones, ones, mean


def _cost(hyper: np.ndarray, points: np.ndarray, values: np.ndarray, noise: np.ndarray, centre: np.ndarray) -> float:
    """Minus the logarithm of restricted likelihood and priors."""
    try:
        lower, white, ones, _ = _solved(hyper, points, values, noise, centre)
    except np.linalg.LinAlgError:
        return 1e10
    n = len(values) - 1
    likelihood = n / 2 * np.log(max(white @ white / max(n, 1), 1e-300)) + np.log(np.diag(lower)).sum() + 0.5 * np.log(ones @ ones)
    middle, width = np.array(_priors(points.shape[1])).T
    return float(likelihood + 0.5 * (((hyper - middle) / width) ** 2).sum())


def _priors(d: int) -> list[tuple[float, float]]:
    return [_LENGTH] * d + [_NUGGET, _RADIUS, _STRETCHED, _ODDS]


def _start(d: int) -> np.ndarray:
    start = np.array([middle for middle, _ in _priors(d)])
    start[d] = -6.0
    return start


def _bounds(d: int) -> list[tuple[float, float]]:
    return [(np.log(0.02), np.log(30))] * d + [(-9, 0), (np.log(0.003), np.log(3)), (np.log(0.05), np.log(30)), (-6, 6)]
