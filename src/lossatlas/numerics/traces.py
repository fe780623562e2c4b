"""The trace of an operator from products with random vectors, and how far off it may be.

Three estimators, all without bias:

* Hutchinson (1990): tr A = E vᵀAv for random signs v; the variance is 2(‖A‖_F² − Σ A_ii²) a probe. The only one that needs no more
  memory than a product, and good for spectra that decay slowly.
* Hutch++ (Meyer, Musco, Musco and Woodruff 2021): a third of the products finds where A is large, Q = orth(A S), a third takes the trace
  there exactly, tr QᵀAQ, and a third is Hutchinson on the rest, (1 − QQᵀ)A(1 − QQᵀ).
* XTrace (Epperly, Tropp and Webber 2024): every probe is the one left out of a basis built of all others, so that each serves for both.
  Only small matrices are needed beside Q and A Q: with y_i = A ω_i and Y = Q R, the range of Y without column i is that of Q without s_i,
  the normalized row i of R⁻¹. Here ω is uniform on the sphere of radius √n and the rest is scaled to it.

For a symmetric operator ‖A‖_F² is the trace of A², and the same products give it: ‖A v‖² stands where vᵀAv stood.

Products are made in column blocks of bounded memory. Hutch++ and XTrace hold up to three matrices (n, k) beside them, k = products/3 or /2,
in the operator's precision. Sums are float64.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..names import TraceMethod, choose
from ..seeds import check_seed, generator
from .krylov import random_start
from .operator import Operator, check_operator

#: Bytes of a block of columns, counted in float64.
BLOCK = 64 * 2**20
#: The least products that a method can work with.
LEAST = {"hutchinson": 1, "hutch++": 3, "xtrace": 4}


@dataclass(frozen=True, eq=False)
class TraceEstimate:
    """An estimate of a trace.

    Attributes:
        value: the estimate, the mean of ``samples``.
        stderr: its standard error; NaN where a single probe cannot tell. XTrace's is the paper's own, as if its samples did not depend on
            each other: on spectra with known traces it came out up to a fifth too small.
        products: columns that were multiplied.
        method: ``hutchinson``, ``hutch++`` or ``xtrace``.
        frobenius: ‖A‖_F from the same products, with its standard error ``frobenius_stderr`` (to first order).
        samples: the estimates that single probes give, shape (probes,), float64.
    """

    value: float
    stderr: float
    products: int
    method: str
    frobenius: float
    frobenius_stderr: float
    samples: np.ndarray


def trace(op: Operator, *, method: TraceMethod = "hutchinson", products: int = 30, seed: int = 0) -> TraceEstimate:
    """The trace of a symmetric operator.

    Args:
        op: any operator (n, n), e.g. ``la.hessian(objective)``.
        method: ``hutchinson``, ``hutch++`` or ``xtrace``: the latter two where few eigenvalues make up most of the trace or the norm.
        products: how many columns to multiply, at most: XTrace takes pairs, and Hutch++ needs only 2n where its basis spans the space.
        seed: of the random vectors.

    Returns:
        :class:`TraceEstimate`; NaN where a product is not finite.

    Raises:
        InputError: no operator, an unknown method, too few products for it.
    """
    op, name = check_operator(op), choose(method, TraceMethod, "method")
    check_seed(seed)
    if isinstance(products, bool) or not isinstance(products, int | np.integer) or products < LEAST[name]:
        raise InputError(f"products is {products!r}; {name} needs a whole number of at least {LEAST[name]}, and more for an error to trust")
    estimate = {"hutchinson": _hutchinson, "hutch++": _hutch_plus_plus, "xtrace": _xtrace}[name]
    with np.errstate(invalid="ignore"):
        samples, squares, made = estimate(op, int(products), seed)
    samples, squares = (np.where(np.isfinite(part), part, np.nan) for part in (samples, squares))
    value, stderr = mean_stderr(samples)
    return TraceEstimate(value, stderr, made, name, *root(*mean_stderr(squares)), samples)


def mean_stderr(samples: np.ndarray) -> tuple[float, float]:
    """Mean and standard error of samples (k,); the error of a single one is NaN."""
    k = len(samples)
    return float(samples.mean()), float(samples.std(ddof=1) / np.sqrt(k)) if k > 1 else float("nan")


def root(square: float, stderr: float) -> tuple[float, float]:
    """√x and its standard error to first order, from x ≥ 0 and its standard error."""
    value = float(np.sqrt(square))
    return value, stderr / (2 * value) if value else stderr


Samples = tuple[np.ndarray, np.ndarray, int]  # per probe: estimates of tr A and of ‖A‖_F²; and how many products were made


def _hutchinson(op: Operator, products: int, seed: int) -> Samples:
    return *_forms(op, lambda columns: _signs(op, seed, "hutchinson", columns), products), products


def _hutch_plus_plus(op: Operator, products: int, seed: int) -> Samples:
    n, k = op.shape[0], products // 3
    sketch = _products(op, lambda columns: _signs(op, seed, "sketch", columns), k)
    if not bool(torch.isfinite(sketch).all()):
        return np.full(k, np.nan), np.full(k, np.nan), k
    q = torch.linalg.qr(sketch)[0]
    del sketch
    rank = q.shape[1]
    inside, inside_square = (part.sum() for part in _forms(op, lambda columns: q[:, columns.start : columns.stop], rank))
    if rank == n:  # nothing is left over
        return np.full(k, inside), np.full(k, inside_square), k + rank

    def outside(columns: range) -> Tensor:
        signs = _signs(op, seed, "residual", columns)
        return signs - q @ _gram(q, signs).to(q)

    forms, squares = _forms(op, outside, products - k - rank)
    return inside + forms, inside_square + squares, products


def _xtrace(op: Operator, products: int, seed: int) -> Samples:
    n, k = op.shape[0], products // 2
    sketch = torch.empty((n, k), dtype=op.dtype, device=op.device)
    forms, squares = _forms(op, lambda columns: _sphere(op, seed, columns), k, keep=sketch)
    if not bool(torch.isfinite(sketch).all()):
        return np.full(k, np.nan), np.full(k, np.nan), k
    q, r = (part for part in torch.linalg.qr(sketch))
    del sketch
    z = _products(op, lambda columns: q[:, columns.start : columns.stop], q.shape[1])
    w = np.hstack([_gram(q, _sphere(op, seed, columns)).cpu().numpy() for columns in _blocks(n, k)])
    h, g, triangle = (part.double().cpu().numpy() for part in (_gram(q, z), _gram(z, z), r))
    h = (h + h.T) / 2
    s = _left_out(triangle)
    return _leave_one_out(h, triangle, forms, w, s, n), _leave_one_out(g, h @ triangle, squares, w, s, n), k + q.shape[1]


def _left_out(triangle: np.ndarray) -> np.ndarray:
    """Directions s_i (q, k): the columns of R (q, k) without number i span the range of R without s_i; zero where they span all of it."""
    u, d, vh = np.linalg.svd(triangle, full_matrices=False)
    kept = d > max(triangle.shape) * np.finfo(float).eps * d[0]
    rows = u[:, kept] @ (vh[kept] / d[kept, None])  # columns: the rows of the pseudo-inverse
    needed = (vh[kept] ** 2).sum(0) > 1 - 1e-6  # leverage 1: no other column has this direction
    return np.where(needed, rows / np.where(needed, np.linalg.norm(rows, axis=0), 1.0), 0.0)


def _leave_one_out(inner: np.ndarray, cross: np.ndarray, own: np.ndarray, w: np.ndarray, s: np.ndarray, n: int) -> np.ndarray:
    """XTrace's estimate of tr A per probe (k,), from QᵀAQ, QᵀAΩ, the ω_iᵀAω_i, QᵀΩ and the directions left out."""
    u = w - s * (s * w).sum(0)  # coefficients of ω_i on the basis of the others
    form = own - 2 * (u * cross).sum(0) + (u * (inner @ u)).sum(0)
    size = n - 2 * (u * w).sum(0) + (u * u).sum(0)
    rest = n - len(inner) + s.any(0)  # dimensions outside that basis
    return np.trace(inner) - (s * (inner @ s)).sum(0) + np.where(rest > 0, rest * form / np.where(rest > 0, size, 1.0), 0.0)


def _forms(op: Operator, vectors: Callable[[range], Tensor], count: int, *, keep: Tensor | None = None) -> tuple[np.ndarray, np.ndarray]:
    """vᵀAv and ‖Av‖² of ``count`` vectors, drawn by the block; the products go into ``keep`` (n, count)."""
    forms, squares = [], []
    for columns in _blocks(op.shape[0], count):
        v = vectors(columns)
        product = op @ v
        if keep is not None:
            keep[:, columns.start : columns.stop] = product
        exact = product.double()
        forms.append((v.double() * exact).sum(0))
        squares.append((exact * exact).sum(0))
    return torch.cat(forms).cpu().numpy(), torch.cat(squares).cpu().numpy()


def _products(op: Operator, vectors: Callable[[range], Tensor], count: int) -> Tensor:
    """A V for ``count`` vectors, shape (n, count)."""
    out = torch.empty((op.shape[0], count), dtype=op.dtype, device=op.device)
    for columns in _blocks(op.shape[0], count):
        out[:, columns.start : columns.stop] = op @ vectors(columns)
    return out


def _blocks(n: int, count: int) -> list[range]:
    """Consecutive columns, so many that a block (n, b) in float64 has at most BLOCK bytes (one column at least)."""
    b = max(1, BLOCK // (8 * n))
    return [range(start, min(start + b, count)) for start in range(0, count, b)]


def _gram(a: Tensor, b: Tensor) -> Tensor:
    """aᵀb (k, j) of tall matrices, in float64, by blocks of rows."""
    total = torch.zeros((a.shape[1], b.shape[1]), dtype=torch.float64, device=a.device)
    rows = max(1, BLOCK // (8 * max(a.shape[1], b.shape[1])))
    for start in range(0, a.shape[0], rows):
        total += a[start : start + rows].double().T @ b[start : start + rows].double()
    return total


def _signs(op: Operator, seed: int, name: str, columns: range) -> Tensor:
    """Random signs (n, b); a column's depend on its number alone, not on the blocks."""
    drawn = [torch.empty(op.shape[0]).bernoulli_(0.5, generator=generator(seed, "trace", name, j)) for j in columns]
    return torch.stack(drawn, 1).mul_(2).sub_(1).to(op.device, op.dtype)


def _sphere(op: Operator, seed: int, columns: range) -> Tensor:
    """Vectors (n, b) uniform on the sphere of radius √n."""
    drawn = torch.cat([random_start(op, seed, "trace", "xtrace", j) for j in columns], 1)
    norms = torch.linalg.vector_norm(drawn, dim=0, dtype=torch.float64)
    return drawn * (op.shape[0] ** 0.5 / norms).to(drawn)
