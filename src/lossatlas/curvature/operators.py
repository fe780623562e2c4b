"""Curvature matrices at a point, as operators: only their products with vectors are ever computed.

All are sums over batches divided once by the number of examples (or by the sum of their weights), so a short last batch weighs what it
should. Vectors are flat, (n,) or (n, k), over the chosen entries in the network's order; parameters that the loss does not use have zero
rows and columns, and tied ones count once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator
from torch import Tensor

from ..errors import InputError
from ..losses import logits_of
from ..numerics.operator import checked_vector
from ..params import Params
from ..seeds import fixed_rng
from .backends import HESSIANS, Jacobian, Recorder, Tensors, again, backward
from .choosing import EXPECTED, Choice, decide
from .gradient import gradient_of
from .problem import Problem, exact_kernels
from .selection import Chosen


class CurvatureOperator:
    """A symmetric (n, n) matrix over the chosen parameters of an objective at a point.

    Attributes:
        name: ``hessian``, ``ggn``, ``fisher`` …
        shape, dtype, device: of the matrix; the dtype is the network's, float32 for half precision.
        products: columns multiplied so far.
        choice: how products are made and why, once the first was asked for.
        expected: how many products are likely to be asked for, by which the choice is made.
        recorder: what it recorded and chose; that of an operator like this one at another point may be put in its place.
        draws: whether parts draw random numbers, so that batches stay as they are.
    """

    draws = False

    def __init__(self, name: str, problem: Problem, backend: str, memory: float | None, candidates: Sequence[str],
                 make: Callable[[Any, Any, str], Any], about: Mapping[str, Any] | None = None) -> None:
        self.name, self.problem, self.products = name, problem, 0
        self.shape = (problem.selection.n, problem.selection.n)
        self.dtype, self.device = problem.dtype, problem.device
        self.choice: Choice | None = None
        self._asked, self._memory, self._candidates, self._make, self._about = backend, memory, tuple(candidates), make, dict(about or {})
        self._parts: list[Any] = []
        self.recorder = Recorder()
        self.expected = EXPECTED

    # ---- the user's side

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters with chosen entries."""
        return self.problem.selection.names

    def unravel(self, v: Tensor) -> Params:
        """A vector (n,) by parameter name: a direction, e.g. an eigenvector to look along."""
        return self.problem.selection.unravel(v)

    def ravel(self, direction: Mapping[str, Tensor]) -> Tensor:
        """A direction as a vector (n,); zero for parameters that it does not name."""
        return self.problem.selection.ravel(direction)

    def describe(self) -> dict[str, Any]:
        """What a result says of the operator, as plain data."""
        o = self.problem.objective
        chosen = {} if self.choice is None else self.choice.described()
        return {"operator": self.name, "n_parameters": self.shape[0], "bn": o.bn, "products": self.products, **chosen, **self._about,
                **({"attention": "math kernel"} if self.problem.attention else {})}

    def to_scipy(self) -> LinearOperator:
        """The same as a ``scipy.sparse.linalg.LinearOperator`` of the operator's precision: for eigsh, cg, svds."""
        def product(v: np.ndarray) -> np.ndarray:
            return (self @ torch.from_numpy(np.ascontiguousarray(v)).to(self.device, self.dtype)).cpu().numpy()

        dtype = np.float64 if self.dtype == torch.float64 else np.float32
        return LinearOperator(self.shape, matvec=product, matmat=product, rmatvec=product, rmatmat=product, dtype=dtype)

    def alike(self, other: CurvatureOperator | None) -> CurvatureOperator:
        """This operator, with what one like it at another point recorded and chose.

        Raises:
            InputError: it is of another kind, or another objective's, or this one asked for another backend or memory.
        """
        if other is None:
            return self
        if not isinstance(other, CurvatureOperator):
            raise InputError(f"like is a {type(other).__name__}; expected the operator at another point, e.g. like=op")
        a, b = self.problem.objective, other.problem.objective
        same = a.module is b.module and a.data is b.data and (a.bn, a.loss_name) == (b.bn, b.loss_name) and a.loss is b.loss
        if not same or (self.name, self.names, self.shape) != (other.name, other.names, other.shape):
            raise InputError(f"like is the {other.name} of {other.shape[0]} parameters of {'the same' if same else 'another'} objective; "
                             f"expected the {self.name} of the same {self.shape[0]} parameters of the same objective at another point")
        if self._asked not in ("auto", other._asked) or self._memory not in (None, other._memory):
            raise InputError(f"backend={self._asked!r} and memory={self._memory} differ from those of like, {other._asked!r} and "
                             f"{other._memory}, whose choice is taken; expected one or the other")
        self.recorder = other.recorder
        return self

    def prepare(self) -> Choice:
        """Choose the backend and build what is kept, where that has not been done; the first product does it too."""
        if self.choice is None:
            first, self.choice = None, self.recorder.choice
            if self.choice is None:
                self.choice, first = decide(self, self._asked, self._candidates, self._memory)
                self.recorder.choice = self.choice
            else:
                self.choice.batching.apply(self.problem)
            self._build(first)
        return self.choice

    def __matmul__(self, v: Tensor) -> Tensor:
        checked_vector(v, self)
        self.products += v[0].numel()
        if not self.problem.valid:
            return torch.full_like(v, torch.nan)
        self.prepare()
        return _by_columns(self._one, v)

    # ---- one product

    def _one(self, v: Tensor) -> Tensor:
        tangents = self.problem.selection.spread(v)
        total = torch.zeros(self.shape[0], dtype=torch.float64, device=self.device)
        with exact_kernels(), fixed_rng(0, "forward"):
            for part in self.parts():
                total += self.problem.selection.gather(part(tangents))
        return self.finished(total / self.problem.total, v, tangents).to(self.dtype)

    def finished(self, mean: Tensor, v: Tensor, tangents: Tensors) -> Tensor:
        """What is added to the mean over examples; here, the Hessian of the penalty."""
        penalty = self._penalty_product(tangents)
        return mean if penalty is None else mean + penalty

    def _penalty_product(self, v: Tensors) -> Tensor | None:
        penalty = self.problem.objective.penalty
        if penalty is None:
            return None
        if not callable(penalty):
            return float(penalty) * self.problem.selection.gather(v).double()
        theta = tuple(t.detach().requires_grad_() for t in self.problem.theta)
        with torch.enable_grad():
            value = self.problem.penalty(theta)
            return self.problem.selection.gather(again(backward(value, theta, create_graph=True), theta, v)).double()

    # ---- parts, one per batch

    def part(self, batch: Any, recorder: Recorder, backend: str) -> Any:
        """The share of one batch."""
        return self._make(batch, recorder, backend)

    def parts(self) -> Any:
        """The shares of all batches: kept ones, or made afresh."""
        if self._parts:
            return self._parts
        return (self.part(batch, self.recorder, self.choice.backend) for batch in self.problem.batches)

    def _build(self, first: Any) -> None:
        assert self.choice is not None
        if not self.choice.kept:
            return
        with exact_kernels(), fixed_rng(0, "forward"):
            start = 1 if first is not None and not self.problem.draws else 0
            self._parts = [*([first] if start else []),
                           *(self.part(batch, self.recorder, self.choice.backend) for batch in self.problem.batches[start:])]


def _by_columns(product: Callable[[Tensor], Tensor], v: Tensor) -> Tensor:
    """The product with a vector (n,), or with every column of (n, k)."""
    return product(v) if v.ndim == 1 else torch.stack([product(column.contiguous()) for column in v.T], 1)


class Sandwich:
    """Jᵀ M J of a batch for outputs with Jacobian J and a symmetric map M on them."""

    def __init__(self, jacobian: Jacobian, middle: Callable[[Tensors], Tensors]) -> None:
        self._jacobian, self._middle = jacobian, middle
        self.nbytes = jacobian.nbytes

    def __call__(self, v: Tensors) -> Tensors:
        return self._jacobian.backward(self._middle(self._jacobian.forward(v)))


class Covariance(CurvatureOperator):
    """(1/Σw) Σ w (g_i − g)(g_i − g)ᵀ: the second moment less that of the mean gradient."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._mean: Tensor | None = None

    def finished(self, mean: Tensor, v: Tensor, tangents: Tensors) -> Tensor:
        if self._mean is None:
            bare = Problem(replace(self.problem.objective, penalty=None), self.problem.point, list(self.problem.selection.names))
            found = gradient_of(bare)[1]
            self._mean = self.problem.selection.ravel(found).double()
        return mean - self._mean * torch.dot(self._mean, v.double())


class SecondMoment(CurvatureOperator):
    """A mean of squares, without the penalty's curvature."""

    def finished(self, mean: Tensor, v: Tensor, tangents: Tensors) -> Tensor:
        return mean


def hessian_operator(problem: Problem, backend: str, memory: float | None) -> CurvatureOperator:
    """The Hessian of the mean loss and the penalty."""
    if backend not in ("auto", *HESSIANS):
        raise InputError(f"backend is {backend!r}; expected one of auto, {', '.join(HESSIANS)}")
    return CurvatureOperator("hessian", problem, backend, memory, ("retained", "linearized", "forward", "reverse"),
                             lambda batch, recorder, how: HESSIANS[how](problem, batch, recorder))


class NtkOperator:
    """The empirical neural tangent kernel K = J Jᵀ over all outputs of all examples, shape (N, N), N = examples × outputs each.

    A vector is ordered as the outputs: example by example, each flattened.
    """

    def __init__(self, problem: Problem, backend: str, memory: float | None) -> None:
        self.name, self.problem, self.products = "ntk", problem, 0
        self.dtype, self.device = problem.dtype, problem.device
        recorder = Recorder()
        with exact_kernels(), fixed_rng(0, "forward"):
            how = "retained" if backend == "auto" else backend
            self._jacobians = [Jacobian(problem, lambda there, at, value, size: logits_of(there.outputs(at, value)), batch, recorder, how)
                               for batch in problem.batches]
        self._sizes = [sum(t.numel() for t in j.outputs) for j in self._jacobians]
        self.shape = (sum(self._sizes), sum(self._sizes))
        self.backend = how

    def describe(self) -> dict[str, Any]:
        """What a result says of the operator, as plain data."""
        return {"operator": "ntk", "n_parameters": self.problem.selection.n, "outputs": self.shape[0], "bn": self.problem.objective.bn,
                "backend": self.backend, "products": self.products}

    def __matmul__(self, u: Tensor) -> Tensor:
        checked_vector(u, self)
        self.products += u[0].numel()
        return _by_columns(self._one, u)

    def _one(self, u: Tensor) -> Tensor:
        total: list[Tensor] | None = None
        with exact_kernels(), fixed_rng(0, "forward"):
            for jacobian, piece in zip(self._jacobians, u.split(self._sizes), strict=True):
                back = jacobian.backward(tuple(piece.reshape(t.shape).to(t.dtype) for t in jacobian.outputs))
                total = [b.double() for b in back] if total is None else [t + b for t, b in zip(total, back, strict=True)]
            assert total is not None
            selection = self.problem.selection
            v = selection.spread(selection.gather(total).to(self.dtype))  # what is not chosen does not move
            return torch.cat([t.reshape(-1) for jacobian in self._jacobians for t in jacobian.forward(v)]).to(self.dtype)


class Restricted:
    """PᵀAP for a linear map P (n, d): the curvature within a subspace, whose products cost one product of A each.

    Attributes:
        basis: P, shape (n, d).
    """

    def __init__(self, op: Any, basis: Tensor) -> None:
        if not isinstance(basis, Tensor) or basis.ndim != 2 or basis.shape[0] != op.shape[0]:
            came = tuple(basis.shape) if isinstance(basis, Tensor) else type(basis).__name__
            raise InputError(f"the basis is {came}; expected vectors of shape ({op.shape[0]}, d)")
        self.op, self.basis = op, basis.to(op.device, op.dtype)
        self.shape = (basis.shape[1], basis.shape[1])
        self.dtype, self.device = op.dtype, op.device

    def __matmul__(self, v: Tensor) -> Tensor:
        return self.basis.T @ (self.op @ (self.basis @ checked_vector(v, self)))

    def dense(self) -> Tensor:
        """The whole (d, d) matrix, symmetrized: d products."""
        found = self.basis.T @ (self.op @ self.basis)
        return (found + found.T) / 2


def restricted(op: Any, family: Any, u: Tensor | None = None) -> Restricted:
    """PᵀAP along a family of points: P = ∂θ/∂u, at coordinates ``u`` (default zero), over the operator's parameters.

    Of a slice the columns of P are its directions. Of a curved family this is not the whole Hessian in u, which has a term of the
    gradient along the family's own curvature as well.
    """
    u = torch.zeros(len(family.dims), dtype=torch.float64) if u is None else torch.as_tensor(u, dtype=torch.float64)
    columns = []
    for i in range(len(u)):
        e = torch.zeros_like(u)
        e[i] = 1.0
        _, moved = torch.func.jvp(lambda at: {n: t for n, t in family(at).items() if n in op.names}, (u,), (e,))
        columns.append(op.ravel(moved))
    return Restricted(op, torch.stack(columns, 1))


def chosen_problem(objective: Any, point: Mapping[str, Tensor] | None, params: Chosen, memory: float | None) -> Problem:
    """The problem of an operator; ``memory`` is checked here, where the user wrote it."""
    if memory is not None and (isinstance(memory, bool) or not isinstance(memory, int | float) or not memory > 0):
        raise InputError(f"memory is {memory!r}; expected bytes, such as 4e9, or None for half of what is free")
    return Problem(objective, point, params)
