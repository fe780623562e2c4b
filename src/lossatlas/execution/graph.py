"""The fastest exact forward: the network as a graph of functions, rewritten for evaluation at many points.

A trace of the network (:mod:`~lossatlas.execution.trace`) has BatchNorm folded into convolutions and linear layers at every point,
convolutions packed for oneDNN with the sum behind them, ReLU in place, pictures with their channels last, and, where only some
tensors move, all that does not depend on them computed once per batch and kept. Before it is handed out, the result is compared with
the network itself at a point of random weights and at two batch sizes: a difference beyond rounding is refused.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, fx, nn
from torch.utils._pytree import tree_leaves, tree_structure

from ..data import Raw, examples
from ..errors import first_line
from ..network import Slots, arguments, copied, head
from ..params import Params
from ..seeds import generator
from .cut import Cut, cut
from .forward import Forward, NotApplicable, dtype_name, float_dtype
from .fuse import fold_norms, lay_inputs, outputs_back, pack_convolutions, relu_in_place
from .lower import Lowered
from .trace import state_of, traced
from .weights import Plain, Source, Weights

#: Memory that values kept from batch to batch may take, in bytes.
BUDGET = 1 << 30
#: The largest difference from the network itself, relative to its largest output, that is rounding and not a mistake.
_ROUNDING = {torch.float64: 1e-9, torch.complex128: 1e-9, torch.float32: 1e-3, torch.complex64: 1e-3,
             torch.bfloat16: 0.3, torch.float16: 0.05}


def graph_forward(
    module: nn.Module, example: Raw, *, fold: bool = True, fuse: bool = True, channels_last: bool = True,
    dtype: torch.dtype | None = None, moved: frozenset[str] | None = None, budget: int = BUDGET,
) -> Forward:
    """A network in eval mode as a rewritten graph.

    Args:
        example: a batch of the shapes (and about the size) that will come; its outputs are compared with the network's own.
        fold: fold BatchNorm into the layer before it.
        fuse: on a CPU with oneDNN, in float32 or bfloat16: packed convolutions, with sums taken in.
        channels_last: pictures and 4-D weights lie with their channels last.
        dtype: the precision to compute in; None: the network's own.
        moved: names of the tensors, buffers too, that differ between points; what depends on no other is computed once per batch and
            kept while it fits ``budget``, and other tensors are read at the first point only. None: all.
        budget: bytes that may be kept from batch to batch.

    Raises:
        NotApplicable: the graph would not be exactly the network, with the reason.
    """
    own = float_dtype(module)
    cast = dtype if dtype not in (None, own) else None
    if cast is not None:
        if own is None:
            raise NotApplicable("the network has parameters of several dtypes, so it cannot be computed in another")
        graph_forward(module, example, fold=fold, fuse=fuse, channels_last=channels_last, moved=moved)  # exact before it is rounded
    lowered = Lowered(traced(module, example))
    if fold:
        fold_norms(lowered)
    if fuse and _has_onednn(module, cast or own):
        pack_convolutions(lowered)
    lay_inputs(lowered, channels_last=channels_last, dtype=cast, own=own)
    relu_in_place(lowered)
    if cast is not None:
        outputs_back(lowered, cast)
        lowered.notes.append(dtype_name(cast))
    weights = partial(Weights, dtype=cast, own=own, channels_last=channels_last)
    forward = GraphForward(lowered, cut(lowered, moved), weights, budget=budget)
    _compare(forward, example, cast)
    return forward


class Ready(NamedTuple):
    """A point made ready, a tree of tensors: the tensors of both parts of the graph, and those that layers look up by themselves."""

    still: tuple[Tensor, ...]
    moving: tuple[Tensor, ...]
    held: Params


class GraphForward:
    """Made by :func:`graph_forward`. The graph is in two parts: what does not depend on the point, kept per batch, and the rest."""

    def __init__(self, lowered: Lowered, parts: Cut, weights: Callable[[Sequence[Source]], Weights], *, budget: int) -> None:
        traced = lowered.traced
        self.network, self._keywords, self._held = traced.network, traced.keywords, sorted(parts.held)
        self._slots = Slots(traced.network)
        self._still_tensors, self._moving_tensors = _Tensors(parts.still.sources, weights), _Tensors(parts.moving.sources, weights)
        self._hold = weights([(Plain(name), 0) for name in self._held])
        self._still = fx.GraphModule(traced.root, parts.still.graph).forward if parts.kept else None
        self._moving = fx.GraphModule(traced.root, parts.moving.graph).forward
        self._cache = _PerBatch(budget)
        self.note = ", ".join(["graph", *lowered.notes, *([f"{parts.kept} operations once per batch"] if parts.kept else [])])

    @property
    def cached_bytes(self) -> int:
        """Memory that is kept from batch to batch beside the data: inputs as they are laid out, values that do not move."""
        return self._cache.bytes

    def clear(self) -> None:
        """Forget what is kept from the first point and from batches."""
        self._cache.clear()
        self._still_tensors.clear()
        self._moving_tensors.clear()

    def ready(self, tensors: Params) -> Ready:
        with torch.no_grad():
            held = dict(zip(self._held, self._hold(tensors), strict=True)) if self._held else {}
            return Ready(self._still_tensors(tensors), self._moving_tensors(tensors), held)

    def __call__(self, ready: Ready, value: Raw) -> Any:
        if isinstance(value, dict):
            inputs = tuple(value[name] for name in self._keywords)
        else:
            inputs = tuple(value[0][name] for name in self._keywords) if self._keywords else value[:-1]
        with torch.no_grad():
            if not ready.held:
                return self._outputs(ready, inputs)
            with self._slots.holding(ready.held):
                return self._outputs(ready, inputs)

    def _outputs(self, ready: Ready, inputs: tuple[Tensor, ...]) -> Any:
        if self._still is None:
            return self._moving(*inputs, *ready.moving)
        if inputs[0].is_cuda and torch.cuda.is_current_stream_capturing():  # what is recorded must compute everything again
            return self._moving(*inputs, *self._still(*inputs, *ready.still), *ready.moving)
        kept = self._cache.get(inputs)
        if kept is None:
            kept = self._still(*inputs, *ready.still)
            self._cache.put(inputs, kept)
        return self._moving(*inputs, *kept, *ready.moving)


class _Tensors:
    """The tensors that one part of the graph reads: what does not move is made at the first point and kept."""

    def __init__(self, sources: Sequence[tuple[Source, bool]], weights: Callable[[Sequence[Source]], Weights]) -> None:
        self._moves = [moves for _, moves in sources]
        self._moving, self._still = (weights([source for source, moves in sources if moves is which]) for which in (True, False))
        self._kept: tuple[Tensor, ...] | None = None

    def clear(self) -> None:
        self._kept = None

    def __call__(self, tensors: Params) -> tuple[Tensor, ...]:
        if self._kept is None:
            self._kept = self._still(tensors)
        if not any(self._moves):
            return self._kept
        if all(self._moves):
            return self._moving(tensors)
        moving, still = iter(self._moving(tensors)), iter(self._kept)
        return tuple(next(moving) if moves else next(still) for moves in self._moves)


class _PerBatch:
    """Values of batches, kept as long as the tensors of the batch live and do not change, up to a number of bytes."""

    def __init__(self, budget: int) -> None:
        self._budget, self.bytes = budget, 0
        self._entries: dict[Any, tuple[list[Any], Any, int]] = {}

    def get(self, inputs: tuple[Tensor, ...]) -> Any:
        entry = self._entries.get(_key(inputs))
        return None if entry is None else entry[1]

    def put(self, inputs: tuple[Tensor, ...], kept: tuple[Any, ...]) -> None:
        own = {t.untyped_storage().data_ptr() for t in inputs}
        storages = {t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in tree_leaves(kept) if isinstance(t, Tensor)}
        size = sum(n for pointer, n in storages.items() if pointer not in own)
        if self.bytes + size > self._budget:
            return
        key = _key(inputs)
        self._entries[key] = [weakref.ref(t, lambda _: self._drop(key)) for t in inputs], kept, size
        self.bytes += size

    def _drop(self, key: Any) -> None:
        entry = self._entries.pop(key, None)
        self.bytes -= entry[2] if entry else 0

    def clear(self) -> None:
        self._entries.clear()
        self.bytes = 0


def _key(inputs: tuple[Tensor, ...]) -> tuple[Any, ...]:
    """What tells the tensors of a batch, and each of their states, from all others that live."""
    return tuple((t.data_ptr(), t.shape, t.stride(), t.dtype, -1 if t.is_inference() else t._version) for t in inputs)


# ---- exactness --------------------------------------------------------------------------------------------------


def _has_onednn(module: nn.Module, dtype: torch.dtype | None) -> bool:
    """Whether oneDNN has packed convolutions for the network, where it is."""
    there = all(t.device.type == "cpu" for t in state_of(module).values()) and torch.backends.mkldnn.is_available()
    there = there and torch.backends.mkldnn.enabled and hasattr(torch.ops.mkldnn, "_convolution_pointwise")
    return there and (dtype == torch.float32 or (dtype == torch.bfloat16 and torch.ops.mkldnn._is_mkldnn_bf16_supported()))


def _compare(forward: GraphForward, example: Raw, cast: torch.dtype | None) -> None:
    """Refuse a graph whose outputs are not the network's own, at a point of random weights and two batch sizes."""
    point = _elsewhere(state_of(forward.network))
    slots = Slots(forward.network)
    try:
        for batch in (example, head(example, max(1, examples(example) // 2))):
            args, kwargs = arguments(forward.network, copied(batch))
            with torch.no_grad():
                with slots.holding(point):
                    expected = forward.network(*args, **kwargs)
                _refuse_difference(forward(forward.ready(point), batch), expected, cast)
    except NotApplicable:
        raise
    except Exception as error:
        raise NotApplicable(f"the graph does not run: {first_line(error)}") from error
    finally:
        forward.clear()


def _refuse_difference(found: Any, expected: Any, cast: torch.dtype | None) -> None:
    if tree_structure(found) != tree_structure(expected):
        raise NotApplicable("the outputs are of another structure than the network's own")
    for a, b in zip(tree_leaves(found), tree_leaves(expected), strict=True):
        if not isinstance(b, Tensor):
            if a is not b and a != b:
                raise NotApplicable("the outputs differ from the network's own in what is no tensor")
            continue
        if a.shape != b.shape or a.dtype != b.dtype:
            raise NotApplicable(f"an output is {tuple(a.shape)} {a.dtype}; expected {tuple(b.shape)} {b.dtype}")
        most = _ROUNDING.get(cast or b.dtype, 0.0) if b.is_floating_point() or b.is_complex() else 0.0
        finite = b.isfinite()
        difference = (a - b)[finite].abs().max().item() if finite.any() else 0.0
        scale = b[finite].abs().max().item() if finite.any() else 0.0
        if not difference <= most * scale or not torch.equal(a.isnan(), b.isnan()):
            raise NotApplicable(f"the graph's outputs differ from the network's own by {difference:.2g} (the largest is {scale:.2g})")


def _elsewhere(tensors: Params) -> Params:
    """A point of random weights near a point; what is positive stays so."""
    draw = generator(0, "execution", "elsewhere")

    def moved(tensor: Tensor) -> Tensor:
        if not (tensor.is_floating_point() or tensor.is_complex()):
            return tensor
        one, two = (torch.rand(tensor.shape, generator=draw).to(tensor.device, tensor.dtype) for _ in range(2))
        return tensor * (0.9 + 0.2 * one) + 0.05 * two * tensor.abs().mean().clamp(min=0.01).to(tensor.dtype) if tensor.numel() else tensor

    return {name: moved(tensor) for name, tensor in tensors.items()}
