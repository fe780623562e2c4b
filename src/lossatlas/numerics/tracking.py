"""The largest eigenvalue of an operator that changes a little from record to record: λ1 of the Hessian along training.

At the edge of stability (METHODS 3.4) several eigenvalues lie close together near 2/η and change places within a few steps. One vector
that is followed alone is soon no longer the largest though its residual is small: no residual of a pair shows another one. So of every
record

* the leader and one *rival* are multiplied: of a few vectors kept, the one whose value was largest, each record without a product taken as
  ``DRIFT`` of growth. More products go into the residuals until the leader's bound is within ``tol`` and the rival's within ``LOOSE``;
* every ``EXPLORE`` records the rival is an *explorer*: one step of a power iteration outside all that is kept, with a little noise. It
  finds an eigenvector that the kept ones have lost, to which they are orthogonal.

Of 400 steps of gradient descent at the edge (bench/tracking.py), each recorded, against cold runs: two pairs with three products each were
within 1e-2 in 80 %, a third vector kept in 92 %, products by the bounds in 93 to 99 % by luck, and with the explorer in 97 to 99 %.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..seeds import check_seed
from .krylov import Basis, Eigenpairs, bounds, eigenpairs, no_curvature, random_start
from .operator import Operator, check_operator

#: Vectors that are kept; what a record without a product counts for; the rival's tolerance; records from one explorer to the next; the
#: share of noise in it (of 3, 4, 6; .01, .03, .1; .1, .15, .2, .3; 2, 3, 4 the best together on a tanh network at the edge of stability).
KEPT, DRIFT, LOOSE, EXPLORE, NOISE = 3, 0.03, 0.15, 4, 0.1
#: Matrices up to this size are solved anew each time.
SMALL = 16


class EigenvalueTracker:
    """Follows the largest eigenvalue: ``tracker = la.EigenvalueTracker()``, and ``tracker(op)`` at every recorded step.

    The operator of a step is made like that of the last one, so that nothing is timed or recorded twice:
    ``op = la.hessian(objective, point, like=op)``, None at the first.

    Args:
        tol: the bound on the relative error of the value at which a record is done. The value is usually far better: at the default
            97 to 99 % of records were within 1e-2 and the median within 3e-4. Where steps lie between the records write less, 2e-3.
        products: of a record, at most; the first one is free of it.
        seed: of the first start, and of the explorers.

    Raises:
        InputError: a tolerance, products or a seed that are none; another operator's size than before.
    """

    def __init__(self, *, tol: float = 2e-2, products: int = 8, seed: int = 0) -> None:
        if isinstance(tol, bool) or not isinstance(tol, int | float) or not 0 < tol < 1:
            raise InputError(f"tol is {tol!r}; expected a relative error between 0 and 1, such as 0.02")
        if isinstance(products, bool) or not isinstance(products, int) or products < 3:
            raise InputError(f"products is {products!r}; expected a whole number of at least 3, products of a record at most")
        self.tol, self.products, self._seed = float(tol), products, check_seed(seed)
        self._kept: Tensor | None = None  # (n, KEPT), orthonormal, the leader first
        self._values = self._unseen = np.zeros(0)  # their values when they were multiplied, and records since then
        self._explorer: Tensor | None = None
        self._records = 0

    def __call__(self, op: Operator) -> Eigenpairs:
        """The largest eigenvalue of ``op``, with its vector, bound and products; the first time from a random start.

        Where products are not finite the values are NaN, and the next record starts anew.
        """
        op = check_operator(op)
        if self._kept is not None and self._kept.shape[0] != op.shape[0]:
            raise InputError(f"the operator has {op.shape[0]} rows and the one before {self._kept.shape[0]}; expected the same network, or "
                             "write a tracker for each")
        self._records += 1
        if self._kept is None or op.shape[0] <= SMALL:
            return self._begin(op)
        return self._follow(op)

    def _begin(self, op: Operator) -> Eigenpairs:
        found = eigenpairs(op, min(KEPT, op.shape[0]), tol=self.tol, seed=self._seed)
        if np.isfinite(found.values).all():
            self._kept, self._values, self._unseen = found.vectors, found.values, np.zeros(len(found.values))
        return _one(found.values, found.vectors, found.residuals, found.errors, found.noise, self.tol, found.products)

    def _follow(self, op: Operator) -> Eigenpairs:
        assert self._kept is not None
        explores = self._records % EXPLORE == 0
        rival = 1 + int(np.argmax((self._values * (1 + DRIFT * self._unseen))[1:]))
        second = self._outside(op) if explores else self._kept[:, rival]
        rest = [i for i in range(1, KEPT) if explores or i != rival]
        basis = Basis(op, min(self.products, op.shape[0]))
        basis.start(torch.stack([self._kept[:, 0], second], dim=1))
        finite = basis.expand(np.eye(2))
        if finite and explores:
            self._explorer = basis.multiplied(1)
        while finite:
            values, vectors, residuals = basis.solved()
            errors = bounds(np.r_[values, self._values[rest]], np.r_[residuals, np.zeros(len(rest))])[: len(values)]
            if basis.m >= len(basis.rows) or not len(basis.fringe):
                break
            leads = errors[-1] <= self.tol * abs(values[-1])
            if leads and (explores or errors[-2] <= LOOSE * abs(values[-1])):
                break
            towards = basis.coupling @ vectors[:, -2 if leads else -1]
            if not (size := np.linalg.norm(towards)) > 0:
                break  # what is left is rounding
            finite = basis.expand((towards / size)[:, None])
        if not finite:
            self._kept = self._explorer = None
            return no_curvature(op, 1, basis.products)
        ritz, noise = basis.combined(vectors[:, ::-1]), basis.noise(vectors) + torch.finfo(op.dtype).eps / 2 * np.abs(values)
        self._keep(ritz, values[::-1], rest)
        return _one(values[::-1], ritz, residuals[::-1], (errors + noise)[::-1], noise[::-1], self.tol, basis.products)

    def _outside(self, op: Operator) -> Tensor:
        """The explorer, orthogonal to all that is kept."""
        assert self._kept is not None
        noise = random_start(op, self._seed, "explorer", self._records)[:, 0]
        old = torch.zeros_like(noise) if self._explorer is None else self._explorer
        found = old - self._kept @ (self._kept.T @ old)
        size = torch.linalg.vector_norm(found)
        found = (found / size if size > 0 else found) + NOISE * noise / torch.linalg.vector_norm(noise)
        return found - self._kept @ (self._kept.T @ found)

    def _keep(self, ritz: Tensor, values: np.ndarray, rest: list[int]) -> None:
        """The leader, and of the others those that may be largest next time, made orthonormal in this order."""
        assert self._kept is not None
        every = torch.cat([ritz, self._kept[:, rest]], dim=1)
        values = np.concatenate([values, self._values[rest]])
        unseen = np.concatenate([np.zeros(ritz.shape[1]), self._unseen[rest] + 1])
        order = np.concatenate([[0], 1 + np.argsort(-(values * (1 + DRIFT * unseen))[1:], kind="stable")])[:KEPT]
        self._kept = torch.linalg.qr(every[:, torch.from_numpy(order.copy())])[0]
        self._values, self._unseen = values[order], unseen[order]


def _one(
    values: np.ndarray, vectors: Tensor, residuals: np.ndarray, errors: np.ndarray, noise: np.ndarray, tol: float, products: int,
) -> Eigenpairs:
    """The first of descending pairs."""
    good = (errors - noise)[:1] <= tol * np.abs(values[:1])
    return Eigenpairs(values[:1].copy(), vectors[:, :1].clone(), residuals[:1].copy(), errors[:1].copy(), good, noise[:1].copy(), products,
                      None, "converged" if good.all() else f"{products} products were made, the most allowed of a record")
