"""Who is compared where curvature is measured: lossatlas, PyHessian 0.1, hessian-eigenthings 1.0.0a5, curvlinops 3.0.1 with scipy.

Each is run as its documentation says, on a copy of the network, in eval mode, over the same batches of 128. Costs are in gradients of
the same loss over all data, plain autograd: a gradient is timed before, after, and after every second product of the contender, and what
passes between two of them is divided by their mean, so that a machine that others use slows both.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator, eigsh
from subjects import Subject

import lossatlas as la
from lossatlas.numerics.operator import Operator

BATCH = 128
Batches = list[tuple[torch.Tensor, torch.Tensor]]


def batches(subject: Subject) -> Batches:
    """All data in batches of 128."""
    return list(zip(subject.x.split(BATCH), subject.y.split(BATCH), strict=True))


def gradient(subject: Subject) -> Callable[[], object]:
    """The gradient of the mean loss over all data, as one would write it."""
    model = copy.deepcopy(subject.model).requires_grad_()
    params, data, loss = list(model.parameters()), batches(subject), torch.nn.functional.cross_entropy

    def call() -> list[torch.Tensor]:
        total = [torch.zeros_like(p) for p in params]
        for x, y in data:
            found = torch.autograd.grad(loss(model(x), y, reduction="sum"), params)
            total = [t + g for t, g in zip(total, found, strict=True)]
        return [t / len(subject.x) for t in total]

    return call


class Clock:
    """Time in gradients, which are timed in between."""

    def __init__(self, gradient: Callable[[], object], every: int = 2) -> None:
        self.gradient, self.every, self.products = gradient, every, 0
        self._segments: list[float] = []
        self._gradients: list[float] = []

    def start(self) -> None:
        """Begin to count."""
        self._time()

    def product(self, columns: int = 1) -> None:
        """A product was made."""
        self.products += columns
        if self.products % self.every == 0:
            self._segment()

    def stop(self) -> float:
        """Gradients that it took."""
        self._segment()
        around = np.convolve(self._gradients, [0.5, 0.5], "valid")
        return float((np.array(self._segments) / around).sum())

    def _segment(self) -> None:
        self._segments.append(time.perf_counter() - self._since)
        self._time()

    def _time(self) -> None:
        began = time.perf_counter()
        self.gradient()
        self._since = time.perf_counter()
        self._gradients.append(self._since - began)


class Ticking:
    """An operator that tells the clock of its products."""

    def __init__(self, op: Operator, clock: Clock) -> None:
        self.op, self.clock = op, clock
        self.shape, self.dtype, self.device = op.shape, op.dtype, op.device

    def __matmul__(self, v: torch.Tensor) -> torch.Tensor:
        out = self.op @ v
        self.clock.product(1 if v.ndim == 1 else v.shape[1])
        return out


@dataclass(frozen=True)
class Run:
    """What one contender found, and what it took: full-data gradients, and products (columns)."""

    gradients: float
    products: int
    values: np.ndarray
    more: dict[str, Any] = field(default_factory=dict)


def timed(subject: Subject, call: Callable[[Clock], tuple[np.ndarray, dict[str, Any]]]) -> Run:
    """A contender with a clock of its own."""
    clock = Clock(gradient(subject))
    clock.gradient()
    clock.start()
    values, more = call(clock)
    return Run(clock.stop(), clock.products, np.asarray(values, dtype=float), more)


# ---- the top of the spectrum -------------------------------------------------------------------------------------


def ours(subject: Subject, k: int) -> Run:
    """Choosing the backend, recording and building what it keeps, and the eigenpairs, certified to 1e-6."""
    objective = subject.objective()

    def call(clock: Clock) -> tuple[np.ndarray, dict[str, Any]]:
        op = la.hessian(objective)
        op.prepare()
        found = la.eigenpairs(Ticking(op, clock), k, tol=1e-6)
        return found.values, {"found": found, "choice": op.choice}  # not the operator, which holds gigabytes

    return timed(subject, call)


def theirs_of_eigenthings(subject: Subject, k: int, **options: Any) -> Run:
    """``hessian_eigenthings.lanczos``."""
    import hessian_eigenthings as lib

    def call(clock: Clock) -> tuple[np.ndarray, dict[str, Any]]:
        found = lib.lanczos(eigenthings_operator(subject, clock), k=k, seed=0, **options)
        return np.sort(found.eigenvalues.numpy())[::-1], {"converged": int(found.converged.sum())}

    return timed(subject, call)


def theirs_of_curvlinops(subject: Subject, k: int, tol: float = 1e-6) -> Run:
    """``scipy.sparse.linalg.eigsh`` on ``HessianLinearOperator``."""

    def call(clock: Clock) -> tuple[np.ndarray, dict[str, Any]]:
        op = curvlinops_operator(subject).to_scipy()

        def matvec(v: np.ndarray) -> np.ndarray:
            out = op @ v
            clock.product()
            return out

        counted = LinearOperator(op.shape, dtype=op.dtype, matvec=matvec)
        start = np.random.default_rng(0).standard_normal(op.shape[0]).astype(op.dtype)
        return np.sort(eigsh(counted, k, which="LA", tol=tol, v0=start, return_eigenvectors=False))[::-1], {}

    return timed(subject, call)


def theirs_of_pyhessian(subject: Subject, k: int) -> Run:
    """``pyhessian.hessian(...).eigenvalues(top_n=k)``, its defaults."""

    def call(clock: Clock) -> tuple[np.ndarray, dict[str, Any]]:
        with seeded():
            return np.sort(pyhessian(subject, clock).eigenvalues(top_n=k)[0])[::-1], {}

    return timed(subject, call)


# ---- densities ---------------------------------------------------------------------------------------------------


def our_density(subject: Subject, steps: int) -> Run:
    """One probe of ``la.density``, the operator built."""
    objective = subject.objective()

    def call(clock: Clock) -> tuple[np.ndarray, dict[str, Any]]:
        op = la.hessian(objective)
        op.prepare()
        return la.density(Ticking(op, clock), steps=steps, probes=1).nodes[0], {}

    return timed(subject, call)


def their_density_of_eigenthings(subject: Subject, steps: int) -> Run:
    """One run of ``spectral_density``."""
    import hessian_eigenthings as lib

    def call(clock: Clock) -> tuple[np.ndarray, dict[str, Any]]:
        op = eigenthings_operator(subject, clock)
        return lib.spectral_density(op, num_runs=1, lanczos_steps=steps, seed=0).raw_eigenvalues[0].numpy(), {}

    return timed(subject, call)


def their_density_of_curvlinops(subject: Subject, steps: int) -> Run:
    """``lanczos_approximate_spectrum`` with its own search for the ends."""
    import curvlinops as lib

    def call(clock: Clock) -> tuple[np.ndarray, dict[str, Any]]:
        op = curvlinops_operator(subject)
        inner = op._matmat

        def counted(columns: list[torch.Tensor]) -> list[torch.Tensor]:
            out = inner(columns)
            clock.product(columns[0].shape[-1])
            return out

        op._matmat = counted
        with seeded():
            return lib.lanczos_approximate_spectrum(op, steps)[0].detach().numpy(), {}

    return timed(subject, call)


def their_density_of_pyhessian(subject: Subject, steps: int) -> Run:
    """``density(iter=steps)``; ``torch.eig``, which it calls and torch has no more, by ``eigh``."""

    def call(clock: Clock) -> tuple[np.ndarray, dict[str, Any]]:
        with seeded(), old_eig():
            return np.array(pyhessian(subject, clock).density(iter=steps)[0][0]), {}

    return timed(subject, call)


def nodes_by_everyone(op: Operator, steps: int) -> dict[str, np.ndarray]:
    """Ritz values after so many steps of everyone's Lanczos, on one and the same operator."""
    import hessian_eigenthings as lib
    from curvlinops.papyan2020traces.spectrum import fast_lanczos

    from lossatlas.numerics.krylov import lanczos

    start = torch.randn(op.shape[0], generator=torch.Generator().manual_seed(0)).to(op.dtype)
    wrapped = lib.LambdaOperator(lambda v: op @ v, op.shape[0], dtype=op.dtype, device=op.device)
    with seeded():
        loose = fast_lanczos(op, steps)[0].numpy()
    return {"lossatlas": lanczos(op, start, steps).nodes, "curvlinops": loose,
            "hessian-eigenthings": lib.lanczos(wrapped, k=steps, max_iter=steps, which="LA", seed=0).eigenvalues.numpy()}


# ---- their operators ---------------------------------------------------------------------------------------------


def eigenthings_operator(subject: Subject, clock: Clock) -> Any:
    """Their Hessian, telling the clock of products."""
    import hessian_eigenthings as lib

    model = copy.deepcopy(subject.model).requires_grad_()
    op = lib.HessianOperator(model, batches(subject), lib.supervised_loss(torch.nn.CrossEntropyLoss()))

    def matvec(v: torch.Tensor) -> torch.Tensor:
        out = op.matvec(v)
        clock.product()
        return out

    return lib.LambdaOperator(matvec, op.size, dtype=op.dtype, device=op.device)


def curvlinops_operator(subject: Subject) -> Any:
    """Their Hessian, without its own check of determinism, which costs products."""
    import curvlinops as lib

    model = copy.deepcopy(subject.model).requires_grad_()
    return lib.HessianLinearOperator(model, torch.nn.CrossEntropyLoss(), list(model.parameters()), batches(subject),
                                     check_deterministic=False, num_data=len(subject.x))


def pyhessian(subject: Subject, clock: Clock) -> Any:
    """Their object over the batches, telling the clock of products."""
    from pyhessian import hessian

    model = copy.deepcopy(subject.model).requires_grad_()
    made = hessian(model, torch.nn.CrossEntropyLoss(), dataloader=batches(subject), cuda=False)
    inner = made.dataloader_hv_product

    def counted(v: list[torch.Tensor]) -> Any:
        out = inner(v)
        clock.product()
        return out

    made.dataloader_hv_product = counted
    return made


@contextmanager
def seeded() -> Iterator[None]:
    """Their global random numbers, from a fixed seed."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


@contextmanager
def old_eig() -> Iterator[None]:
    """``torch.eig`` of symmetric matrices, as it was until torch 1.13."""

    def eig(matrix: torch.Tensor, eigenvectors: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
        values, vectors = torch.linalg.eigh(matrix)
        return torch.stack([values, torch.zeros_like(values)], 1), vectors

    torch.eig, before = eig, getattr(torch, "eig", None)
    try:
        yield
    finally:
        torch.eig = before
