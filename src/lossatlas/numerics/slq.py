"""The density of the eigenvalues of an operator: stochastic Lanczos quadrature.

φ(t) = 1/n Σ g(t − λ_i; σ²), g a Gaussian, is tr g(t − A; σ²)/n, which is the mean of vᵀg(t − A; σ²)v over v uniform on the unit sphere.
For each v, m steps of Lanczos give a Gauss quadrature of this form: nodes θ_k, and weights w_k that sum to one. So φ(t) is about the mean
over probes of Σ w_k g(t − θ_k; σ²) (Ubaru, Chen and Saad 2017; Ghorbani, Krishnan and Xiao 2019, algorithm 1). Moments up to degree
2m − 1 are exact for their probe: the trace is the mean of n·Σ w θ, the squared Frobenius norm that of n·Σ w θ².

A picture of a density means nothing without the kernel's standard deviation σ; here it is always a number of the result. The default is the
rule of Lin, Saad and Yang (2016): σ = h/√(8 ln κ) lets the kernel fall to 1/κ half way between neighbouring nodes that are h
apart, with κ = 3 (Papyan 2020, appendix D.2). For h they take the range over the number of nodes; but of a network few eigenvalues lie far
out and make the range, so that such a kernel is wider than the whole bulk. Here h is the median distance between neighbouring nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..errors import InputError
from ..seeds import check_seed
from .krylov import lanczos, random_start
from .operator import Operator, check_operator
from .traces import mean_stderr, root

#: The kernel falls to one in KAPPA half way between neighbouring nodes (Papyan 2020, appendix D.2).
KAPPA = 3.0
#: Grid points a kernel width, and kernel widths on either side of a node that the grid covers closely.
FINE, REACH = 4, 6
#: Points of the grid between the clusters of nodes, over the whole range.
COARSE = 512
#: Nodes are not known, and not told apart, to better than this share of the largest.
RESOLUTION = 1e-6


@dataclass(frozen=True, eq=False)
class Density:
    """Spectral density of an operator, with the quadratures that it came from. All arrays are float64.

    Attributes:
        nodes, weights: Gauss quadrature per probe, ascending, shape (probes, m); weights sum to 1. Where the space of a probe was invariant
            after fewer steps the rest is NaN, of weight 0.
        grid: where the density stands, ascending, shape (g,); close around nodes, wide where there is nothing.
        density: mean over probes, shape (g,); its integral is 1.
        low, high: band over probes, mean ± 2 standard errors, at least 0; NaN for a single probe.
        kernel_width: standard deviation σ of the Gaussian kernel, in the units of eigenvalues.
        steps, probes: as asked for.
        trace, trace_stderr, frobenius, frobenius_stderr: tr A and ‖A‖_F, with standard errors over probes; of a single probe those of a
            vector uniform on the sphere, whose variance is 2n/(n + 2)·(‖A‖_F² − tr²/n), with the estimated moments.
        products: columns that were multiplied.
    """

    nodes: np.ndarray
    weights: np.ndarray
    grid: np.ndarray
    density: np.ndarray
    low: np.ndarray
    high: np.ndarray
    kernel_width: float
    steps: int
    probes: int
    trace: float
    trace_stderr: float
    frobenius: float
    frobenius_stderr: float
    products: int


def density(
    op: Operator, *, steps: int = 80, probes: int = 4, seed: int = 0, kernel_width: float | None = None, grid: np.ndarray | None = None,
) -> Density:
    """Spectral density of a symmetric operator by stochastic Lanczos quadrature.

    Args:
        op: any operator (n, n), e.g. ``la.hessian(objective)``.
        steps: Lanczos steps a probe, which is products a probe (fewer where n is smaller).
        probes: random start vectors; their number sets the error of weights, that of steps the resolution.
        seed: of the start vectors.
        kernel_width: standard deviation of the Gaussian kernel; None: from the distances between nodes (see the module).
        grid: where to evaluate, ascending, shape (g,); None: so that the density integrates to 1 by the trapezoid rule.

    Returns:
        :class:`Density`; NaN where a product is not finite.

    Raises:
        InputError: no operator; steps or probes below 1; a kernel width that is not positive, or too narrow for float64; a bad grid.
    """
    op = check_operator(op)
    check_seed(seed)
    points = _checked(steps, probes, kernel_width, grid)
    if hasattr(op, "expected"):  # an operator that chooses how it multiplies by how often it will
        op.expected = max(op.expected, steps * probes)
    found = [lanczos(op, random_start(op, seed, "slq", probe)[:, 0], steps) for probe in range(probes)]
    m = max(len(quadrature.nodes) for quadrature in found)
    nodes, weights = np.full((probes, m), np.nan), np.zeros((probes, m))
    for probe, quadrature in enumerate(found):
        nodes[probe, : len(quadrature.nodes)], weights[probe, : len(quadrature.weights)] = quadrature.nodes, quadrature.weights
    width = _width(nodes, weights) if kernel_width is None else float(kernel_width)
    if width < 1e-10 * _largest(nodes):
        raise InputError(f"kernel_width is {width:.3g}, but nodes go to {_largest(nodes):.3g}: not that exact; expected a larger one")
    points = _grid(nodes, weights, width) if points is None else points
    curves = np.stack([_smoothed(points, *pair, width) for pair in zip(nodes, weights, strict=True)])
    mean = curves.mean(0)
    error = curves.std(0, ddof=1) / np.sqrt(probes) if probes > 1 else np.full_like(mean, np.nan)
    tr, tr_stderr, norm, norm_stderr = _moments(nodes, weights, op.shape[0])
    return Density(nodes, weights, points, mean, np.maximum(mean - 2 * error, 0), mean + 2 * error, width, steps, probes,
                   tr, tr_stderr, norm, norm_stderr, sum(quadrature.products for quadrature in found))


def _checked(steps: int, probes: int, kernel_width: float | None, grid: np.ndarray | None) -> np.ndarray | None:
    """The grid as float64."""
    for name, value in (("steps", steps), ("probes", probes)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise InputError(f"{name} is {value!r}; expected a whole number of at least 1")
    if kernel_width is not None and not 0 < kernel_width < np.inf:
        raise InputError(f"kernel_width is {kernel_width!r}; expected a positive number, or None to take it from the nodes")
    if grid is None:
        return None
    points = np.asarray(grid, dtype=np.float64)
    if points.ndim != 1 or not points.size or not np.isfinite(points).all() or (np.diff(points) <= 0).any():
        raise InputError(f"grid has shape {points.shape}; expected finite ascending values (g,), such as np.linspace(-1, 10, 2000)")
    return points


def _present(nodes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Nodes that are no padding, shape (k,): of one probe or of all."""
    return nodes[~(np.isnan(nodes) & (weights == 0))]


def _largest(nodes: np.ndarray) -> float:
    return float(np.nanmax(np.abs(nodes), initial=0.0))


def _width(nodes: np.ndarray, weights: np.ndarray) -> float:
    """Standard deviation of the kernel (see the module); NaN if a node is. For the zero operator distances are taken as 1."""
    if np.isnan(_present(nodes, weights)).any():
        return float("nan")
    gaps = np.concatenate([np.diff(_present(*pair)) for pair in zip(nodes, weights, strict=True)])
    apart = max(float(np.median(gaps)) if gaps.size else 0.0, RESOLUTION * _largest(nodes))
    return (apart or 1.0) / np.sqrt(8 * np.log(KAPPA))


def _grid(nodes: np.ndarray, weights: np.ndarray, width: float) -> np.ndarray:
    """Multiples of a fraction of the width: all of them near nodes, where the trapezoid rule is then exact to rounding, few elsewhere."""
    step, centres = width / FINE, np.unique(_present(nodes, weights))
    if not np.isfinite(step) or np.isnan(centres).any():
        return np.array([np.nan])
    reach = FINE * REACH
    near = np.rint(centres / step)[:, None] + np.arange(-reach, reach + 1)
    far = np.rint(np.linspace(near.min(), near.max(), COARSE))
    return np.unique(np.concatenate([near.ravel(), far])) * step


def _smoothed(points: np.ndarray, nodes: np.ndarray, weights: np.ndarray, width: float) -> np.ndarray:
    """Σ w_k g(t − θ_k; σ²) at points t (g,), in pieces of bounded memory."""
    there = ~(np.isnan(nodes) & (weights == 0))
    nodes, weights = nodes[there], weights[there]
    cuts = [*range(0, len(points), 1 << 14), len(points)]
    parts = [np.exp(-(((points[a:b, None] - nodes) / width) ** 2) / 2) @ weights for a, b in pairwise(cuts)]
    return np.concatenate(parts) / (width * np.sqrt(2 * np.pi))


def _moments(nodes: np.ndarray, weights: np.ndarray, n: int) -> tuple[float, float, float, float]:
    """Trace, its standard error, Frobenius norm, its standard error."""
    first, second, fourth = (n * np.where(weights == 0, 0.0, weights * nodes**power).sum(1) for power in (1, 2, 4))
    if len(nodes) > 1:
        return *mean_stderr(first), *root(*mean_stderr(second))
    tr, square = float(first[0]), float(second[0])
    return tr, _sphere_stderr(square, tr, n), *root(square, _sphere_stderr(float(fourth[0]), square, n))


def _sphere_stderr(square: float, tr: float, n: int) -> float:
    """Standard error of n·vᵀAv for one v uniform on the unit sphere, from ‖A‖_F² and tr A (METHODS, A12)."""
    return float(np.sqrt(2 * n / (n + 2) * np.maximum(square - tr**2 / n, 0.0)))
