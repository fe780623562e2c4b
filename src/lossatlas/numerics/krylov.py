"""One Krylov engine: Lanczos with full re-orthogonalization, thick restarts, warm starts and blocks, as one recurrence.

Kept are an orthonormal basis V (n, m), the projected matrix H = VᵀAV, and a *fringe* Q (n, f), orthonormal and orthogonal to V, with

    A V = V H + Q B        (Q B: what leaves the basis, B of shape (f, m)).

To expand, a direction of the fringe becomes a column of V and is multiplied by A; what of the product lies neither in V nor in the
fringe becomes a new column of the fringe. Everything else is a special case:

* started from one vector the fringe has one column, H is tridiagonal, and this is Lanczos (Paige 1971; re-orthogonalized against the whole
  basis by block products, twice: Giraud et al. 2005);
* started from k vectors of a neighbouring problem it has k columns: the direction that is expanded is the residual of a wanted pair that
  has not converged (as in Davidson's method and LOBPCG, without the cost of multiplying all k of them each time);
* a thick restart (Wu and Simon 2000) replaces V by V S for wanted Ritz vectors S, H by diag(θ) and B by B S: the relation holds as it is.

The residual of a Ritz pair (θ, s) is ‖B s‖, without a product. The large vectors stay in the operator's precision, on its device; the small
problem is solved in float64 on the CPU. H is kept as computed, both triangles: its asymmetry is the rounding of the products, which no
residual shows, and goes into the bounds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.linalg import qr
from torch import Tensor

from ..errors import InputError
from ..names import Which, choose
from ..seeds import generator
from .operator import Operator, check_operator

#: Entries of a vector whose inner products are summed at once in the operator's precision; pieces add in float64.
PIECE = 1 << 18
#: A remainder below this share of a product, in units of the precision, is rounding: the space is invariant.
BREAKDOWN = 64.0


@dataclass(frozen=True, eq=False)
class Quadrature:
    """The Gauss quadrature that Lanczos gives for vᵀf(A)v, ‖v‖ = 1: Σ weights·f(nodes), exact for degrees below 2m.

    Attributes:
        nodes: Ritz values, ascending, shape (m,), float64.
        weights: squared first components of the eigenvectors of H, shape (m,), summing to 1.
        products: how many products it took.
    """

    nodes: np.ndarray
    weights: np.ndarray
    products: int


@dataclass(frozen=True, eq=False)
class Eigenpairs:
    """Eigenpairs with what is known of their errors.

    Attributes:
        values: (k,), float64; descending for ``largest`` and ``both``, ascending for ``smallest``, by magnitude for ``magnitude``.
        vectors: (n, k), orthonormal, of the operator's dtype.
        residuals: ‖A x − θ x‖ per pair, (k,).
        errors: bounds on the distance of every value to an eigenvalue, (k,): min(r, r²/gap) (Parlett 1998, theorem 11.7.1) plus ``noise``.
        converged: whether min(r, r²/gap) is at most ``tol`` times the value, (k,).
        noise: what rounding does to every value, (k,): three standard errors by the asymmetry of H, and half an ulp of the norm of a
            vector; no iteration gets below it. That a network in float32 is not quite the one in float64 no product can tell.
        products: columns that were multiplied.
        quadrature: of a random start, where no restart happened: spectral density, trace and norm follow from it; else None.
        reason: why it ended, in words.
    """

    values: np.ndarray
    vectors: Tensor
    residuals: np.ndarray
    errors: np.ndarray
    converged: np.ndarray
    noise: np.ndarray
    products: int
    quadrature: Quadrature | None
    reason: str

    @property
    def trace(self) -> tuple[float, float]:
        """Estimate of tr A with its standard error, from the start vector (NaN where there is no quadrature)."""
        return _trace(self.quadrature, self.vectors.shape[0])

    @property
    def frobenius(self) -> float:
        """Estimate of ‖A‖_F, √(n Σ w θ²) (NaN where there is no quadrature)."""
        q = self.quadrature
        return float("nan") if q is None else float(np.sqrt(self.vectors.shape[0] * (q.weights * q.nodes**2).sum()))


def _trace(q: Quadrature | None, n: int) -> tuple[float, float]:
    """n vᵀAv for v uniform on the sphere; its variance is 2n/(n + 2)·(‖A‖_F² − tr²/n) (METHODS, A12)."""
    if q is None:
        return float("nan"), float("nan")
    mean, square = float((q.weights * q.nodes).sum()), float((q.weights * q.nodes**2).sum())
    return n * mean, float(np.sqrt(max(2 * n / (n + 2) * (n * square - n * mean**2), 0.0)))


class Basis:
    """V, H, Q, B of the module's relation A V = V H + Q B; vectors are rows here."""

    def __init__(self, op: Operator, capacity: int) -> None:
        self.op = op
        self.rows = torch.empty((capacity, op.shape[0]), dtype=op.dtype, device=op.device)  # Vᵀ
        self.m = 0
        self.projected = np.zeros((0, 0))  # H
        self.fringe = torch.empty((0, op.shape[0]), dtype=op.dtype, device=op.device)  # Qᵀ
        self.coupling = np.zeros((0, 0))  # B
        self.pending = 0  # leading rows of the fringe that are start vectors
        self.products = 0

    def start(self, vectors: Tensor) -> None:
        """Put start vectors (n, k) on the fringe, made orthonormal; dependent ones are dropped."""
        for row in vectors.T:
            norm = float(torch.linalg.vector_norm(row.double()))
            rest = self._orthogonalized((row / norm).to(self.op.dtype))[0] if norm > 0 else None
            if rest is not None:
                self.fringe = torch.cat([self.fringe, rest[None]])
                self.coupling = np.vstack([self.coupling, np.zeros((1, self.m))])
                self.pending += 1

    def expand(self, chosen: np.ndarray) -> bool:
        """Multiply directions of the fringe, ``chosen`` (f, b) orthonormal; False if a product is not finite."""
        turned = qr(chosen)[0].T if chosen.size > 1 else np.ones((1, 1))  # rows: the chosen ones (up to sign), then the rest
        b, m = chosen.shape[1], self.m
        self.fringe = self.fringe if turned.size == 1 else torch.from_numpy(turned).to(self.fringe) @ self.fringe
        self.coupling = turned @ self.coupling
        self.rows[m : m + b] = self.fringe[:b]
        wide = np.zeros((m + b, m + b))
        wide[:m, :m], wide[m:, :m] = self.projected, self.coupling[:b]
        self.fringe, self.coupling = self.fringe[b:], np.hstack([self.coupling[b:], np.zeros((len(self.coupling) - b, b))])
        products = (self.op @ self.rows[m : m + b].T.contiguous()).T if b > 1 else (self.op @ self.rows[m])[None]
        self.products += b
        self.m, self.pending = m + b, max(self.pending - b, 0)
        if not bool(torch.isfinite(products).all()):
            return False
        for j, product in enumerate(products):
            rest, left, inside, outside = self._orthogonalized(product)
            wide[:, m + j] = inside
            self.coupling[: len(outside), m + j] = outside
            if rest is not None:
                new = np.zeros((1, m + b))
                new[0, m + j] = left
                self.coupling, self.fringe = np.vstack([self.coupling, new]), torch.cat([self.fringe, rest[None]])
        self.projected = wide
        return True

    def _orthogonalized(self, w: Tensor) -> tuple[Tensor | None, float, np.ndarray, np.ndarray]:
        """What of ``w`` is outside basis and fringe, normalized (None: only rounding), its norm, and the coefficients on both."""
        scale = float(torch.linalg.vector_norm(w.double()))
        inside, outside = np.zeros(self.m), np.zeros(len(self.fringe))
        w = w.clone(memory_format=torch.contiguous_format)
        for _ in range(2):
            for rows, found in ((self.rows[: self.m], inside), (self.fringe, outside)):
                if len(rows):
                    part = dots(rows, w)
                    w -= rows.T @ torch.from_numpy(part).to(w)
                    found += part
        left = float(torch.linalg.vector_norm(w.double()))
        if not left > BREAKDOWN * torch.finfo(w.dtype).eps * scale or self.m + len(self.fringe) >= self.op.shape[0]:
            return None, left, inside, outside
        w /= left
        for rows in (self.rows[: self.m], self.fringe):  # where little was left, once more
            if len(rows):
                w -= rows.T @ torch.from_numpy(dots(rows, w)).to(w)
        return w / torch.linalg.vector_norm(w), left, inside, outside

    def multiplied(self, j: int) -> Tensor:
        """A v_j of a vector of the basis, from the relation, shape (n,)."""
        inside, outside = torch.from_numpy(self.projected[:, j]).to(self.rows), torch.from_numpy(self.coupling[:, j]).to(self.rows)
        return self.rows[: self.m].T @ inside + self.fringe.T @ outside

    def solved(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Ritz values (m,), ascending, their vectors in the basis (m, m), and residual norms (m,)."""
        symmetric = (self.projected + self.projected.T) / 2
        values, vectors = np.linalg.eigh(symmetric)
        inner = (self.projected - symmetric) @ vectors
        return values, vectors, np.hypot(self.outer(vectors), np.linalg.norm(inner, axis=0))

    def outer(self, vectors: np.ndarray) -> np.ndarray:
        """The part of the residuals of ``vectors`` (m, k) that more products can take away: ‖B s‖, (k,)."""
        return np.linalg.norm(self.coupling @ vectors, axis=0)

    def noise(self, vectors: np.ndarray) -> np.ndarray:
        """Three standard errors of Ritz values from the rounding of the products, (m,), for vectors S (m, m).

        Products A v_j with errors of variance σ_j² per entry give H − Hᵀ entries of variance σ_i² + σ_j², and θ = sᵀHs the variance
        Σ s_j² σ_j². The diagonal of H − Hᵀ, which shows nothing, is taken as the mean of its rows.
        """
        squares = (self.projected - self.projected.T) ** 2
        if self.m > 1:
            np.fill_diagonal(squares, squares.sum(1) / (self.m - 1))
        weights = vectors**2
        return 3 * np.sqrt(np.einsum("ik,ij,jk->k", weights, squares, weights) / 2) + 1e-14 * float(np.linalg.norm(self.projected))

    def combined(self, vectors: np.ndarray) -> Tensor:
        """V S for S (m, k), shape (n, k)."""
        return self.rows[: self.m].T @ torch.from_numpy(np.ascontiguousarray(vectors)).to(self.rows)

    def restart(self, kept: np.ndarray, values: np.ndarray) -> None:
        """Keep Ritz vectors ``kept`` (m, k) of these values only, in the memory that is there."""
        k, weights = kept.shape[1], torch.from_numpy(np.ascontiguousarray(kept.T)).to(self.rows)
        for start in range(0, self.rows.shape[1], PIECE):
            part = self.rows[: self.m, start : start + PIECE]
            self.rows[:k, start : start + PIECE] = weights @ part
        asymmetry = kept.T @ (self.projected - self.projected.T) @ kept / 2  # stays visible
        self.coupling, self.projected, self.m = self.coupling @ kept, np.diag(values) + asymmetry, k


def dots(rows: Tensor, w: Tensor) -> np.ndarray:
    """Inner products of rows (m, n) with w (n,), shape (m,), float64: in pieces that add in float64."""
    total = torch.zeros(len(rows), dtype=torch.float64, device=w.device)
    for start in range(0, len(w), PIECE):
        total += (rows[:, start : start + PIECE] @ w[start : start + PIECE]).double()
    return total.cpu().numpy()


def random_start(op: Operator, seed: int, *names: object, columns: int = 1) -> Tensor:
    """Gaussian vectors (n, columns), drawn on the CPU: their directions are uniform on the sphere."""
    return torch.randn(op.shape[0], columns, generator=generator(seed, *names), dtype=torch.float64).to(op.device, op.dtype)


def lanczos(op: Operator, start: Tensor, steps: int) -> Quadrature:
    """So many steps of fully re-orthogonalized Lanczos from one vector (n,), fewer where the space is invariant.

    A product that is not finite gives one node NaN.
    """
    basis = Basis(op, min(steps, op.shape[0]))
    basis.start(start[:, None])
    while basis.m < len(basis.rows) and len(basis.fringe):
        if not basis.expand(np.ones((1, 1))):
            return Quadrature(np.array([np.nan]), np.ones(1), basis.products)
    values, vectors, _ = basis.solved()
    return Quadrature(values, vectors[0] ** 2, basis.products)


def eigenpairs(
    op: Operator, k: int = 5, *, which: Which = "largest", tol: float | tuple[float, float] = 1e-6, seed: int = 0,
    start: Tensor | None = None, steps: int = 300, basis: int | None = None, block: int = 1,
) -> Eigenpairs:
    """Extreme eigenpairs of a symmetric operator, with bounds on their errors.

    Args:
        op: any operator, e.g. ``la.hessian(objective)``.
        k: how many; at each end for ``both``.
        which: ``largest``, ``smallest`` (most negative), ``both`` ends, or ``magnitude``.
        tol: a pair has converged when min(r, r²/gap), which bounds the error of its value, is at most tol·abs(value). A pair
            (tol, floor) asks of values below floor times the largest an absolute error only, as if they were that large: whether an
            eigenvalue is zero costs many products.
        seed: of the random start.
        start: (n,) or (n, j): vectors to start from, e.g. the eigenvectors at a neighbouring point. Then there is no quadrature.
        steps: at most so many products.
        basis: at most so many vectors in memory (default: ``steps``); with fewer the iteration restarts, at least k + 3 (2k + 3).
        block: how many columns are multiplied at once; eigenvalues of a multiplicity up to ``block`` are surely told apart.

    Returns:
        :class:`Eigenpairs`. Not converged pairs are returned as such.

    Raises:
        InputError: k beyond the size, an unknown ``which``, a basis too small, a start of another shape.
    """
    op = check_operator(op)
    n, choice = op.shape[0], str(choose(which, Which, "which"))
    tol, floor = tol if isinstance(tol, tuple) else (tol, 0.0)
    wanted = _check(op, k, choice, tol, floor, steps, block)
    limit = min(n, max(steps, wanted + 3) if basis is None else basis)
    if limit < min(n, wanted + 3):
        raise InputError(f"basis is {basis}; expected at least {wanted + 3} vectors for {wanted} eigenpairs")
    held = Basis(op, min(limit + block, n + block))
    held.start(random_start(op, seed, "krylov", columns=block) if start is None else _checked_start(start, op))
    restarted, refills = False, 0
    while True:
        if held.m:
            values, vectors, residuals = held.solved()
            chosen = _chosen(values, k, choice)
            errors = bounds(values, residuals, whole=held.m == n)[chosen]
            good = _good(values, errors, chosen, tol, floor, op)
            if len(chosen) == wanted and good.all():
                reason = "all converged"
                break
            if len(chosen) == wanted and (good | (held.outer(vectors[:, chosen]) <= residuals[chosen] / 2)).all():
                left = f"what is left ({residuals[chosen].max():.1g}) is rounding of the products"
                reason = f"{left}: write dtype=torch.float64, or a larger tol"
                break
            if held.m == n:
                reason = "the basis spans the space"
                break
            if held.products >= steps:
                reason = f"{held.products} products were made, the most allowed: write a larger steps, or a larger tol"
                break
            if held.m + block > limit and len(held.fringe):
                keep = _kept(values, k, choice, limit)
                held.restart(vectors[:, keep], values[keep])
                restarted = True
                values, vectors, residuals = held.solved()
                chosen = _chosen(values, k, choice)
                good = residuals[chosen] <= tol * np.abs(values[chosen])
        if not len(held.fringe):
            refills += 1
            held.start(random_start(op, seed, "krylov", "refill", refills, columns=block))
        if not held.expand(_directions(held, block, *((vectors, chosen, good) if held.m else (None,) * 3))):
            return no_curvature(op, wanted, held.products)
    whole = start is None and block == 1 and not restarted and not refills
    noise = (held.noise(vectors) + torch.finfo(op.dtype).eps / 2 * np.abs(values))[chosen]
    return Eigenpairs(values[chosen], held.combined(vectors[:, chosen]), residuals[chosen], errors + noise, good, noise, held.products,
                      Quadrature(values, vectors[0] ** 2, held.products) if whole else None, reason)


def bounds(values: np.ndarray, residuals: np.ndarray, *, whole: bool = False) -> np.ndarray:
    """Bounds on the distance of Ritz values (m,) to eigenvalues, min(r, r²/gap); zero where the basis is the ``whole`` space.

    The gap of a value is its distance to the others, each less its own residual, and at most to zero, where the bulk of a network's
    eigenvalues is though no Ritz value may have come near it yet; with one value alone there is none.
    """
    apart = np.abs(values[:, None] - values[None, :]) - residuals[None, :]
    np.fill_diagonal(apart, np.inf)
    gap = np.minimum(apart.min(1), np.abs(values)) if len(values) > 1 else np.zeros(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        squared = np.where(gap > 0, residuals**2 / np.where(gap > 0, gap, 1.0), np.inf)
    return np.zeros(len(values)) if whole else np.minimum(residuals, squared)


def _good(values: np.ndarray, errors: np.ndarray, chosen: np.ndarray, tol: float, floor: float, op: Operator) -> np.ndarray:
    """Which of the wanted have converged; of values that are zero in the operator's precision no relative error is asked."""
    largest = np.abs(values).max()
    zero = 4 * torch.finfo(op.dtype).eps * largest
    return (errors <= tol * np.maximum(np.abs(values[chosen]), floor * largest)) | ((np.abs(values[chosen]) <= zero) & (errors <= zero))


def _directions(
    held: Basis, block: int, vectors: np.ndarray | None, chosen: np.ndarray | None, good: np.ndarray | None,
) -> np.ndarray:
    """Which directions of the fringe to multiply, orthonormal, shape (f, b): start vectors first, then residuals of what is wanted."""
    size = len(held.fringe)
    b = min(block, size)
    if held.pending:
        return np.eye(size)[:, : min(b, held.pending)]
    if size <= b or vectors is None:
        return np.eye(size)[:, :b]
    order = sorted(range(len(chosen)), key=lambda i: bool(good[i]))[:b]  # the first that has not converged
    columns = held.coupling @ vectors[:, [chosen[i] for i in order]]
    found, triangle = np.linalg.qr(columns)
    return found[:, np.abs(np.diag(triangle)) > 1e-14 * max(np.abs(triangle).max(), 1e-300)] if np.any(columns) else np.eye(size)[:, :1]


def _chosen(values: np.ndarray, k: int, which: str) -> np.ndarray:
    """Numbers of the wanted among ascending Ritz values, in the order in which they are returned; fewer where there are fewer."""
    m = len(values)
    if which == "largest":
        return np.arange(m)[::-1][:k]
    if which == "smallest":
        return np.arange(m)[:k]
    if which == "magnitude":
        return np.argsort(-np.abs(values), kind="stable")[:k]
    return np.arange(m)[::-1] if m <= 2 * k else np.r_[np.arange(m - k, m)[::-1], np.arange(k)[::-1]]


def _kept(values: np.ndarray, k: int, which: str, limit: int) -> np.ndarray:
    """What a restart keeps: the wanted, and half of the rest of the room, from the wanted ends (Wu and Simon 2000, section 4)."""
    wanted = len(_chosen(values, k, which))
    more = max((limit - wanted) // 2, 1)
    return np.sort(_chosen(values, k + (more + 1) // 2 if which == "both" else k + more, which)[: limit - 2])


def no_curvature(op: Operator, wanted: int, products: int) -> Eigenpairs:
    """Pairs that are NaN: a product was not finite."""
    nan = np.full(wanted, np.nan)
    return Eigenpairs(nan, torch.full((op.shape[0], wanted), torch.nan, dtype=op.dtype, device=op.device), nan, nan, np.zeros(wanted, bool),
                      nan, products, None, "a product is not finite: the loss has no curvature here")


def _check(op: Operator, k: int, which: str, tol: float, floor: float, steps: int, block: int) -> int:
    """How many pairs are wanted in all."""
    n = op.shape[0]
    for name, value in (("k", k), ("steps", steps), ("block", block)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise InputError(f"{name} is {value!r}; expected a whole number of at least 1")
    if not 0 < tol < 1:
        raise InputError(f"tol is {tol!r}; expected a relative error between 0 and 1, such as 1e-6")
    if not 0 <= floor <= 1:
        raise InputError(f"the floor of tol is {floor!r}; expected a share of the largest value from 0 to 1, such as 1e-3")
    wanted = 2 * k if which == "both" else k
    if wanted > n:
        raise InputError(f"k is {k}{' at each end' if which == 'both' else ''}, but the operator has {n} eigenvalues; expected at most "
                         f"{n // 2 if which == 'both' else n}")
    return wanted


def _checked_start(start: Tensor, op: Operator) -> Tensor:
    vectors = start[:, None] if isinstance(start, Tensor) and start.ndim == 1 else start
    if not isinstance(vectors, Tensor) or vectors.ndim != 2 or vectors.shape[0] != op.shape[0] or not vectors.shape[1]:
        shape = tuple(start.shape) if isinstance(start, Tensor) else type(start).__name__
        raise InputError(f"start is {shape}; expected vectors of shape ({op.shape[0]},) or ({op.shape[0]}, j)")
    if not bool(torch.isfinite(vectors).all()) or not bool(torch.count_nonzero(vectors)):
        raise InputError("start is zero or not finite; expected at least one direction, or None for a random one")
    return vectors.to(op.device, op.dtype)
