"""An objective at a point, batch by batch, as functions of the tensors that an operator differentiates."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.nn.functional import cross_entropy as summed_cross_entropy
from torch.overrides import TorchFunctionMode
from torch.utils import _pytree

from ..data import Batch, leaves, mapped, targets_of
from ..errors import InputError
from ..execution.memory import by_batch
from ..losses import IGNORE, logits_of, penalty_at
from ..objective import Objective, Prepared
from ..params import Params
from ..seeds import fixed_rng
from .selection import Chosen, Selection

#: Functions whose derivative jumps: finite differences across the jump are wrong (the list is of names in torch).
KINKS = ("relu", "relu6", "leaky_relu", "threshold", "hardtanh", "hardswish", "hardsigmoid", "prelu", "rrelu", "softshrink",
         "hardshrink",
         "max_pool", "adaptive_max_pool", "abs", "clamp", "maximum", "minimum", "max", "min", "amax", "amin", "topk", "sort",
         "round", "floor")


class Problem:
    """An objective at a point: its batches, and the loss of each as a function of the chosen tensors.

    Attributes:
        theta: the chosen tensors at the point, in the operator's precision.
        batches: examples that are differentiated at once.
        total: what sums over batches are divided by: the number of examples, or the sum of their weights.
        kinks, attention: functions without a second derivative that the network calls, and whether it calls fused attention.
        draws: whether the network draws random numbers.
        channels_last: whether pictures lie in memory with their channels together, which changes the speed alone.
    """

    channels_last = False

    def __init__(self, objective: Any, point: Mapping[str, Tensor] | None, params: Chosen, *, micro_batch: int | None = None) -> None:
        if not isinstance(objective, Objective):
            raise InputError(f"expected an Objective (la.Objective.from_module(model, data, loss)), got a {type(objective).__name__}"
                             + ("; of a train/test pair, one of the two" if isinstance(objective, Mapping) else ""))
        if objective.in_training:
            raise InputError("curvature of a training view is not defined, for it changes its statistics at every call; expected the "
                             "objective itself, with_bn('batch') for statistics of every batch")
        self.objective = replace(objective, forward=None, metrics={})
        self.point = {**objective.params, **(objective.point() if point is None else objective.conform(point))}
        self.selection = Selection({name: self.point[name] for name in objective.params}, params)
        self.dtype, self.device = self.selection.dtype, self.selection.device
        with torch.no_grad(), fixed_rng(0, "forward"):
            self.prepared = self.objective.prepare(self.point)
        self.own_dtypes = {name: self.prepared.tensors[name].dtype for name in self.selection.names}
        self.theta = tuple(self.point[name].detach().to(self.dtype) for name in self.selection.names)
        self.fixed_batches = by_batch(objective) or not objective.data.stackable
        self.batches = list(objective.data if micro_batch is None or self.fixed_batches else objective.data.rebatch(micro_batch))
        self._look()

    def _look(self) -> None:
        """One forward pass, over all data where only the loss knows its weights: what the network calls, whether it draws, Σ w."""
        counted = [counted_positions(self.objective.loss_name, batch.value) for batch in self.batches]
        total, known = 0.0, all(count is not None for count in counted)
        with torch.no_grad(), fixed_rng(0, "forward"), _Calls() as calls, exact_kernels():
            before = torch.get_rng_state()
            for batch in self.batches[:1] if known else self.batches:
                _, _losses, weights = self.objective._losses(self.prepared, batch)
                total += float(batch.size) if weights is None else float(weights.to(torch.float64).sum())
            self.draws = not torch.equal(before, torch.get_rng_state())
        self.total = float(sum(counted)) if known else total  # type: ignore[arg-type]
        if not self.total:
            raise InputError("the weights of all examples are zero, so that there is no mean loss; expected at least one counted target")
        self.attention = not calls.names.isdisjoint({"scaled_dot_product_attention", "multi_head_attention_forward"})
        self.kinks = sorted(name for name in calls.names if name.rstrip("123d_") in KINKS)
        self.calls = calls.count

    @property
    def rest(self) -> Params:
        """Floating-point tensors of the network that are not chosen: the other parameters, and statistics."""
        return {name: t for name, t in self.prepared.tensors.items() if name not in self.own_dtypes and t.is_floating_point()}

    def holding(self, rest: Params) -> Problem:
        """The same problem with other tensors in the places of :attr:`rest`."""
        other = copy.copy(self)
        other.prepared = replace(self.prepared, tensors={**self.prepared.tensors, **rest})
        return other

    def at(self, point: Params) -> Problem:
        """The same problem at another whole point of the network: what the network calls is known already."""
        other = copy.copy(self)
        other.point = point
        with torch.no_grad(), fixed_rng(0, "forward"):
            other.prepared = self.objective.prepare(point)
        other.theta = tuple(point[name].detach().to(self.dtype) for name in self.selection.names)
        return other

    @property
    def valid(self) -> bool:
        """Whether the loss has a value here (no BatchNorm variance below zero)."""
        return self.prepared.negative_variance is None

    def tensors(self, theta: Sequence[Tensor]) -> Params:
        """Everything that the network needs, with the chosen tensors replaced."""
        moving = {name: t.to(self.own_dtypes[name]) for name, t in zip(self.selection.names, theta, strict=True)}
        if self.objective.writes_weights:
            moving = {name: t.clone() for name, t in moving.items()}
        return {**self.prepared.tensors, **moving}

    def outputs(self, theta: Sequence[Tensor], value: Any) -> Any:
        """What the network answers on a batch."""
        return self.objective._call(self.tensors(theta), self.objective._own(self._laid_out(value)))

    def losses(self, theta: Sequence[Tensor], value: Any, size: int) -> tuple[Tensor, Tensor | None]:
        """Losses (size,) of the examples and their weights, or None."""
        prepared = Prepared(self.tensors(theta))
        return self.objective._losses(prepared, Batch(self._laid_out(value), 0, size))[1:]

    def _laid_out(self, value: Any) -> Any:
        if not self.channels_last:
            return value
        return mapped(value, lambda t: t.contiguous(memory_format=torch.channels_last) if t.ndim == 4 else t)

    def summed(self, outputs: Any, value: Any, size: int) -> Tensor:
        """Σ w l over a batch from what the network answered, shape ()."""
        total = summed_loss(self.objective.loss_name, outputs, value)
        if total is not None:
            return total
        target = value if isinstance(value, dict) else value[-1]
        answer = self.objective.loss(outputs, target)
        losses, weights = answer if isinstance(answer, tuple) else (answer, None)
        return (losses if weights is None else losses * weights).sum()

    def loss(self, theta: Sequence[Tensor], value: Any, size: int) -> Tensor:
        """Σ w l over a batch, shape ()."""
        return self.summed(self.outputs(theta, value), value, size)

    def penalty(self, theta: Sequence[Tensor]) -> Tensor | None:
        """The penalty as a function of the chosen tensors, or None."""
        own = {**{name: self.point[name] for name in self.objective.params}, **dict(zip(self.selection.names, theta, strict=True))}
        return None if self.objective.penalty is None else penalty_at(self.objective.penalty, own)


def summed_loss(name: str, outputs: Any, value: Any) -> Tensor | None:
    """Σ w l of a batch under a loss of ours, without looking at the targets' values (a recorded derivative could not); None: another loss.

    The weight of an example is the number of its counted positions, so the sum runs over positions. In float64 from the logits on: where
    a network is sure of itself, second derivatives p(1 − p) in float32 lose four of seven digits, and with them every product.
    """
    targets = targets_of(value)
    if not isinstance(targets, Tensor) or name not in ("cross_entropy", "causal_lm", "bce"):
        return None
    logits = logits_of(outputs)
    wide = logits.double()
    if name == "causal_lm":
        return summed_cross_entropy(wide[:, :-1].transpose(1, 2), targets[:, 1:], reduction="sum", ignore_index=IGNORE)
    if name == "bce":
        return binary_cross_entropy_with_logits(wide, targets.double(), reduction="sum") / max(logits[0].numel(), 1)
    if not targets.is_floating_point():
        return summed_cross_entropy(wide, targets, reduction="sum", ignore_index=IGNORE)
    each = summed_cross_entropy(wide, targets.double(), reduction="none")
    return (each.flatten(1).mean(1) if each.ndim > 1 else each).sum()


def counted_positions(name: str, value: Any) -> int | None:
    """Σ w of a batch under a loss of ours; None: only the loss itself knows."""
    targets = targets_of(value)
    if not isinstance(targets, Tensor) or name not in ("cross_entropy", "causal_lm", "mse", "bce"):
        return None
    if name == "causal_lm":
        return int((targets[:, 1:] != IGNORE).sum())
    return len(targets) if name in ("mse", "bce") or targets.is_floating_point() else int((targets != IGNORE).sum())


class _Calls(TorchFunctionMode):
    """Names of the torch functions that are called inside."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.count = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.add(getattr(func, "__name__", ""))
        self.count += 1
        return func(*args, **(kwargs or {}))


@contextmanager
def exact_kernels() -> Iterator[None]:
    """Inside, attention and recurrent layers use kernels that can be differentiated twice and forward; nothing is tracked elsewhere."""
    fast = torch.backends.mha.get_fastpath_enabled()
    with ExitStack() as stack:
        stack.enter_context(sdpa_kernel(SDPBackend.MATH))
        if torch.cuda.is_available():
            stack.enter_context(torch.backends.cudnn.flags(enabled=False))
        torch.backends.mha.set_fastpath_enabled(False)
        try:
            yield
        finally:
            torch.backends.mha.set_fastpath_enabled(fast)


def rebuilt(value: Any, tensors: Sequence[Tensor]) -> Any:
    """A batch with other tensors in the places of its own, in the order of :func:`~lossatlas.data.leaves`."""
    rest = iter(tensors)
    return mapped(value, lambda _: next(rest))


def shapes_of(value: Any) -> tuple[Any, ...]:
    """What a recorded derivative depends on: shapes and types of a batch."""
    return tuple((tuple(t.shape), t.dtype) for t in leaves(value))


def flat_outputs(f: Callable[[Sequence[Tensor]], Any]) -> Callable[[Sequence[Tensor]], tuple[Tensor, ...]]:
    """A function whose answer is the tuple of the floating-point tensors in it."""
    return lambda theta: tuple(t for t in _pytree.tree_leaves(f(theta)) if isinstance(t, Tensor) and t.is_floating_point())
