"""Ways to multiply the Hessian or the Jacobian of one batch with a direction; all exact but ``finite``, and all the same numbers.

=============  ==================================================================  =======================  ====================
name           Hessian–vector product                                              kept per batch           cost in gradients
=============  ==================================================================  =======================  ====================
``linearized`` forward-over-reverse, recorded once and cut (see ``tracing``)       all of its linear part   2, recording 6 to 24
``retained``   reverse-over-reverse, the graph of the gradient kept                graph of the gradient    2.1 to 3.2
``forward``    forward-over-reverse afresh (Pearlmutter 1994)                      nothing                  3 to 4
``reverse``    reverse-over-reverse afresh                                         nothing                  3 to 5
``finite``     (g(θ + hv) − g(θ − hv)) / 2h, for networks without kinks only       nothing                  2
=============  ==================================================================  =======================  ====================

Of a Jacobian J the same words say how J v is found; Jᵀ u is one backward pass, through a kept graph or afresh.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.func import grad, jvp

from ..data import Batch, leaves
from ..errors import InputError, first_line
from .problem import Problem, exact_kernels, flat_outputs, rebuilt, shapes_of
from .tracing import Product, Split

Tensors = tuple[Tensor, ...]
#: What an operator asks of the network's answer on a batch: (problem, θ, batch, size) -> anything with tensors in it.
Outputs = Callable[[Problem, Sequence[Tensor], Any, int], Any]


class Part(Protocol):
    """A batch's share of a product with tangents shaped as the chosen tensors."""

    nbytes: int

    def __call__(self, v: Tensors) -> Tensors: ...


class Recorder:
    """Recorded derivatives by the shapes of batch and tensors; they hold at every point, so a recorder may serve many.

    A network or loss that looks at values of the batch (a branch, ``one_hot`` without a number of classes) cannot be recorded.

    Attributes:
        choice: how products are made (:class:`~lossatlas.curvature.choosing.Choice`), once an operator that it serves has chosen; the
            next one takes it as it is.
        seconds: spent on recording.
    """

    def __init__(self) -> None:
        self.choice: Any = None
        self.seconds = 0.0
        self._by_shape: dict[Any, Split] = {}

    def __call__(self, problem: Problem, f: Callable[[Problem, Sequence[Tensor], Any, int], Tensors], batch: Batch, *,
                 what: str = "") -> Product:
        """The linear map of ``f`` on a batch; functions of different meaning have different words ``what``."""
        value, rest = batch.value, problem.rest
        mine, others = tuple(leaves(value)), tuple(rest.values())
        key = (what, problem.selection.names, shapes_of(value), batch.size, tuple(rest), problem.channels_last)
        if key not in self._by_shape:
            began = time.perf_counter()

            def whole(at: Sequence[Tensor], *given: Tensor) -> Tensors:
                there = problem.holding(dict(zip(rest, given[len(mine):], strict=True)))
                return f(there, at, rebuilt(value, given[: len(mine)]), batch.size)

            self._by_shape[key] = Split(whole, problem.theta, (*mine, *others))
            self.seconds += time.perf_counter() - began
        return self._by_shape[key](problem.theta, (*mine, *others))


@contextmanager
def weighed() -> Iterator[dict[int, int]]:
    """Inside, the storage that a graph keeps is listed: place -> bytes."""
    saved: dict[int, int] = {}

    def pack(t: Tensor) -> Tensor:
        saved[t.untyped_storage().data_ptr()] = t.untyped_storage().nbytes()
        return t.detach()  # as it is, an output would hold the graph that holds it

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        yield saved


# ---- Hessians ----------------------------------------------------------------------------------------------------


def gradient(problem: Problem, theta: Sequence[Tensor], value: Any, size: int) -> Tensors:
    """∂ Σ w l / ∂θ of a batch, by torch.func."""
    return tuple(grad(lambda at: problem.loss(at, value, size))(tuple(theta)))


class LinearizedHessian:
    """Recorded once, cut, and kept."""

    def __init__(self, problem: Problem, batch: Batch, recorder: Recorder) -> None:
        self._product = recorder(problem, gradient, batch)
        self.nbytes = self._product.nbytes

    def __call__(self, v: Tensors) -> Tensors:
        return self._product(v)


class RetainedHessian:
    """The graph of the gradient is kept, and differentiated at every product."""

    def __init__(self, problem: Problem, batch: Batch, recorder: Recorder) -> None:
        self._theta = tuple(t.detach().requires_grad_() for t in problem.theta)
        with torch.enable_grad(), weighed() as saved:
            loss = problem.loss(self._theta, batch.value, batch.size)
            self._gradient = backward(loss, self._theta, create_graph=True)
        self.nbytes = sum(saved.values())

    def __call__(self, v: Tensors) -> Tensors:
        return again(self._gradient, self._theta, v)


class ForwardHessian:
    """A gradient in forward mode, afresh."""

    nbytes = 0

    def __init__(self, problem: Problem, batch: Batch, recorder: Recorder) -> None:
        self._gradient = lambda *at: gradient(problem, at, batch.value, batch.size)
        self._theta = problem.theta

    def __call__(self, v: Tensors) -> Tensors:
        with torch.no_grad():
            return jvp(self._gradient, self._theta, v)[1]


class ReverseHessian:
    """A gradient, and the derivative of its product with v, afresh."""

    nbytes = 0

    def __init__(self, problem: Problem, batch: Batch, recorder: Recorder) -> None:
        self._make = lambda: RetainedHessian(problem, batch, recorder)

    def __call__(self, v: Tensors) -> Tensors:
        return self._make()(v)


class FiniteHessian:
    """Central differences of the gradient, with a check at half the step.

    The step is ε^(1/3)·(1 + ‖θ‖)/‖v‖ (Nocedal and Wright 2006, section 8.1, for central differences).

    Raises:
        InputError: a network with kinks; two steps that disagree.
    """

    nbytes = 0
    #: Products at the two steps may differ by this share of their norm: about four times what rounding does in float32.
    TOLERANCE = 0.05

    def __init__(self, problem: Problem, batch: Batch, recorder: Recorder) -> None:
        if problem.kinks:
            raise InputError(f"finite differences of gradients are wrong across kinks, and the network calls {', '.join(problem.kinks)}; "
                             "write another backend, e.g. backend='reverse'")
        self._problem, self._batch = problem, batch

    def __call__(self, v: Tensors) -> Tensors:
        theta, eps = self._problem.theta, torch.finfo(self._problem.dtype).eps
        size = float(torch.stack([t.double().square().sum() for t in v]).sum().sqrt())
        if not size > 0:
            return tuple(torch.zeros_like(t) for t in v)
        step = eps ** (1 / 3) * (1 + float(torch.stack([t.double().square().sum() for t in theta]).sum().sqrt())) / size
        coarse, fine = self._difference(v, 2 * step), self._difference(v, step)
        apart = float(sum((a - b).double().square().sum() for a, b in zip(coarse, fine, strict=True)) ** 0.5)
        norm = float(sum(b.double().square().sum() for b in fine) ** 0.5)
        if apart > self.TOLERANCE * norm and apart > 1e3 * eps:
            raise InputError(f"finite differences at two steps differ by {apart / norm:.2g} of their norm; write another backend, e.g. "
                             "backend='reverse', or dtype=torch.float64")
        return fine

    def _difference(self, v: Tensors, step: float) -> Tensors:
        problem, batch = self._problem, self._batch
        ends = []
        for sign in (1, -1):
            at = tuple((t + sign * step * d).requires_grad_() for t, d in zip(problem.theta, v, strict=True))
            with torch.enable_grad():
                ends.append(backward(problem.loss(at, batch.value, batch.size), at))
        return tuple((a - b) / (2 * step) for a, b in zip(*ends, strict=True))


HESSIANS: dict[str, Any] = {"linearized": LinearizedHessian, "retained": RetainedHessian, "forward": ForwardHessian,
                            "reverse": ReverseHessian, "finite": FiniteHessian}


# ---- Jacobians ---------------------------------------------------------------------------------------------------


class Jacobian:
    """J v and Jᵀ u of outputs on a batch; J v by forward mode (``linearized``: recorded), or twice reverse (``retained``, ``reverse``).

    Attributes:
        outputs: the answer at the point, detached.
    """

    def __init__(self, problem: Problem, f: Outputs, batch: Batch, recorder: Recorder, how: str, *, what: str = "outputs") -> None:
        self._how, self._theta, self.nbytes = how, problem.theta, 0
        self._f = flat_outputs(lambda at: f(problem, at, batch.value, batch.size))
        if how == "linearized":
            self._product = recorder(problem, lambda there, at, value, size: flat_outputs(lambda t: f(there, t, value, size))(at), batch,
                                     what=what)
            self.nbytes += self._product.nbytes
        if how in ("linearized", "retained"):
            self._kept = self._graph()
            self.nbytes += self._kept[2]
            self.outputs: Tensors = tuple(t.detach() for t in self._kept[0])
        else:
            with torch.no_grad():
                self.outputs = self._f(problem.theta)

    def _graph(self) -> tuple[Tensors, Tensors, int]:
        theta = tuple(t.detach().requires_grad_() for t in self._theta)
        with torch.enable_grad(), weighed() as saved:
            outputs = self._f(theta)
        return outputs, theta, sum(saved.values())

    def forward(self, v: Tensors) -> Tensors:
        """J v, shaped as the outputs."""
        if self._how == "linearized":
            return self._product(v)
        if self._how == "forward":
            with torch.no_grad():
                return jvp(lambda *at: self._f(at), self._theta, v)[1]
        outputs, theta, _ = self._kept if self._how == "retained" else self._graph()
        dummy = tuple(torch.zeros_like(t).requires_grad_() for t in outputs)
        with torch.enable_grad():
            back = _grads(outputs, theta, dummy, create_graph=True)
        return again(back, dummy, v)

    def backward(self, u: Tensors) -> Tensors:
        """Jᵀ u, shaped as the chosen tensors."""
        outputs, theta, _ = self._kept if self._how in ("linearized", "retained") else self._graph()
        return _grads(outputs, theta, u, retain=self._how in ("linearized", "retained"))


def _grads(outputs: Tensors, at: Tensors, u: Tensors, *, create_graph: bool = False, retain: bool = True) -> Tensors:
    """Σ uᵀ ∂outputs/∂at; zero for what the outputs do not depend on."""
    pairs = [(o, w) for o, w in zip(outputs, u, strict=True) if o.requires_grad]
    if not pairs:
        return tuple(torch.zeros_like(t) for t in at)
    heads, weights = zip(*pairs, strict=True)
    found = torch.autograd.grad(heads, at, weights, create_graph=create_graph, retain_graph=retain or create_graph, allow_unused=True)
    return tuple(torch.zeros_like(t) if g is None else g for g, t in zip(found, at, strict=True))


def backward(loss: Tensor, at: Tensors, *, create_graph: bool = False) -> Tensors:
    """∂loss/∂at; zero for unused tensors."""
    return _grads((loss,), at, (torch.ones_like(loss),), create_graph=create_graph, retain=create_graph)


def again(first: Tensors, at: Tensors, v: Tensors) -> Tensors:
    """Σ vᵀ ∂first/∂at through a kept graph."""
    return tuple(t.detach() for t in _grads(first, at, v))


def tried(make: Callable[[], Any]) -> tuple[Any, str]:
    """What ``make`` gives, or None and why not: a backend that this network does not allow (no forward mode for an LSTM on a CPU)."""
    try:
        with exact_kernels():
            return make(), ""
    except (InputError, RuntimeError, NotImplementedError, TypeError, ValueError, KeyError, AttributeError) as error:
        return None, f"{type(error).__name__}: {first_line(error)[:100]}"
