"""A network as a graph of tensor functions, traced by torch.fx where that is exact.

A trace is what the network does on one batch. It is the network only where nothing depends on what a trace cannot see, so the
following is refused, with the reason: layers in train mode, hooks, branches on values, attributes or tensors of its own that a
forward pass writes, random numbers, weights used where the tracer does not look, a tensor that is changed in place while
something else may still read it. The shapes of all values are recorded at two batch sizes.
"""

from __future__ import annotations

import operator
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn
from torch.nn.modules import module as hooks_of_all
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ..data import Raw
from ..errors import first_line
from ..network import arguments, copy_of, head, own_hooks
from ..params import Params
from ..seeds import fixed_rng
from .forward import NotApplicable

#: Functions whose result shares no memory with anything else.
FRESH = frozenset({F.conv1d, F.conv2d, F.conv3d, F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d, F.linear, F.batch_norm,
                   torch.add, torch.sub, torch.mul, torch.relu, torch.cat, torch.matmul, torch.sigmoid, torch.tanh, F.gelu, F.group_norm,
                   F.layer_norm, F.avg_pool2d, F.adaptive_avg_pool2d})
#: Layers of which that holds, too.
_FRESH_LAYERS = (nn.modules.conv._ConvNd, nn.modules.batchnorm._BatchNorm, nn.Linear, nn.GroupNorm, nn.LayerNorm, nn.MaxPool2d,
                 nn.AvgPool2d)
_FRESH_METHODS = ("add", "sub", "mul", "clone", "relu", "matmul")


@dataclass(frozen=True)
class Traced:
    """A traced network.

    Attributes:
        graph: placeholders for the inputs in order, then ``get_attr`` for tensors, functions, and layers that stay layers.
        root: the module that the graph's layers and constants are read from; shares the tensors of the network.
        network: the network inside ``root``, a copy that shares its tensors.
        names: the state-dict name of every tensor that the graph reads by ``get_attr``, by the target of the node.
        inputs: how many inputs there are.
        keywords: their names where the network takes them by name.
    """

    graph: fx.Graph
    root: nn.Module
    network: nn.Module
    names: Mapping[str, str]
    inputs: int
    keywords: tuple[str, ...]


def traced(module: nn.Module, example: Raw) -> Traced:
    """Trace a network on a batch; every node's ``meta["value"]`` holds (shape, dtype) pairs at two batch sizes, or None.

    Raises:
        NotApplicable: the trace would not be the network.
    """
    _refuse_modes_and_hooks(module)
    network = copy_of(module)
    args, kwargs = arguments(network, example)
    inputs = [*args, *kwargs.values()]
    if not inputs or not all(isinstance(entry, Tensor) for entry in inputs):
        raise NotApplicable("the inputs are nested; expected tensors, or a dict of them")
    root = _Call(network, len(args), tuple(kwargs))
    before = _attributes(network)
    watched = _Watch([*network.parameters(), *network.buffers()])
    with torch.no_grad(), _without_random_numbers(), watched:
        try:
            graph = _Tracer().trace(root)
        except Exception as error:
            raise NotApplicable(f"torch.fx cannot trace it: {first_line(error)}") from error
    if watched.used:
        raise NotApplicable(f"the forward pass computes with weights where the tracer does not look ({watched.used})")
    after = _attributes(network)
    if changed := [name for name in before | after if not _same(before.get(name), after.get(name))]:
        raise NotApplicable(f"the forward pass writes attributes of the network ({', '.join(changed[:3])})")
    _open_inputs(graph, len(inputs))
    first = {id(t): name for name, t in reversed(own_tensors(network))}
    names = {f"net.{name}": first[id(t)] for name, t in own_tensors(network)}
    _record(graph, root, inputs)
    for layer, users in zip(network.modules(), module.modules(), strict=True):  # a second copy of the weights is not needed any more
        layer._parameters.update(users._parameters)
        layer._buffers.update(users._buffers)
    return Traced(graph, root, network, names, len(inputs), tuple(kwargs))


def own_tensors(network: nn.Module) -> list[tuple[str, Tensor]]:
    """Parameters and buffers of a network, tied ones under each of their names."""
    return [*network.named_parameters(remove_duplicate=False), *network.named_buffers(remove_duplicate=False)]


def _refuse_modes_and_hooks(module: nn.Module) -> None:
    for name, layer in module.named_modules():
        called = name or type(module).__name__
        if layer.training:
            raise NotApplicable(f"layer {called} is in train mode")
        if not _is_leaf(layer) and (layer._forward_hooks or layer._forward_pre_hooks):
            raise NotApplicable(f"{called} has forward hooks")
        if getattr(layer, "max_norm", None) is not None:
            raise NotApplicable(f"{called} writes its weights in the forward pass (max_norm)")
    if hooked := own_hooks(module):
        raise NotApplicable(f"{', '.join(hooked[:3])} has forward hooks")
    if hooks_of_all._global_forward_hooks or hooks_of_all._global_forward_pre_hooks:
        raise NotApplicable("torch has forward hooks on all modules")


def _is_leaf(layer: nn.Module) -> bool:
    """Whether torch.fx calls a layer as a whole: one of torch's own (a container is not)."""
    return type(layer).__module__.startswith(("torch.nn", "torch.ao.nn")) and not isinstance(layer, nn.Sequential)


class _Tracer(fx.Tracer):
    proxy_buffer_attributes = True

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return _is_leaf(m)


class _Call(nn.Module):
    """The network, called on a tuple of its inputs."""

    def __init__(self, net: nn.Module, positional: int, keywords: tuple[str, ...]) -> None:
        super().__init__()
        self.net, self._positional, self._keywords = net, positional, keywords
        self.eval()

    def forward(self, inputs: Any) -> Any:
        given = [inputs[i] for i in range(self._positional + len(self._keywords))]
        return self.net(*given[: self._positional], **dict(zip(self._keywords, given[self._positional :], strict=True)))


class _Watch(TorchDispatchMode):
    """Notices an operation that is executed (not traced) on the network's own tensors."""

    def __init__(self, tensors: list[Tensor]) -> None:
        super().__init__()
        self._own = {t.untyped_storage().data_ptr() for t in tensors if t.numel() and t.layout is torch.strided}
        self.used = ""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        for leaf in tree_leaves((args, kwargs)):
            if isinstance(leaf, Tensor) and leaf.layout is torch.strided and leaf.untyped_storage().data_ptr() in self._own:
                self.used = self.used or str(func)
        return func(*args, **(kwargs or {}))


def _attributes(network: nn.Module) -> dict[str, list[Any]]:
    """Everything that the modules of a network hold, with the entries of containers."""
    def parts(value: Any) -> list[Any]:
        if isinstance(value, dict):
            return [value, *value.keys(), *value.values()]
        return [value, *value] if isinstance(value, list | tuple | set) else [value]

    return {f"{prefix}.{key}".strip("."): parts(value) for prefix, layer in network.named_modules() for key, value in vars(layer).items()}


def _same(before: list[Any] | None, after: list[Any] | None) -> bool:
    return before is not None and after is not None and len(before) == len(after) and all(map(operator.is_, before, after))


@contextmanager
def _without_random_numbers() -> Iterator[None]:
    """Raises NotApplicable if the code inside draws random numbers; the generators stay as they were."""
    def state() -> tuple[Any, ...]:
        return torch.get_rng_state().tolist(), str(np.random.get_state()), random.getstate()

    with fixed_rng(0, "forward"):
        before = state()
        yield
        if state() != before:
            raise NotApplicable("the forward pass draws random numbers")


def _open_inputs(graph: fx.Graph, count: int) -> None:
    """One placeholder per input, in place of one for the tuple of them."""
    whole = next(iter(graph.nodes))
    items = {node.args[1]: node for node in list(whole.users)}
    for i in range(count):
        with graph.inserting_before(whole):
            single = graph.placeholder(f"x{i}")
        items[i].replace_all_uses_with(single)
        graph.erase_node(items[i])
    graph.erase_node(whole)


class _Recorder(fx.Interpreter):
    """Runs the graph; per node the shape and dtype of its value, and whether it wrote to a tensor that it was given."""

    def __init__(self, root: nn.Module, graph: fx.Graph) -> None:
        super().__init__(fx.GraphModule(root, graph))
        self.own = [t for _, t in own_tensors(root)]
        self.graph = graph

    def run_node(self, n: fx.Node) -> Any:
        operands = [[leaf for leaf in tree_leaves(self.env[a]) if isinstance(leaf, Tensor)] for a in n.all_input_nodes]
        read = [*operands, self.own]
        before = [_versions(tensors) for tensors in read]
        out = super().run_node(n)
        written = [_versions(tensors) != versions for tensors, versions in zip(read, before, strict=True)]
        if written[-1]:
            raise NotApplicable(f"the forward pass writes tensors of the network (at {n.name})")
        n.meta["writes"] = n.meta.get("writes", []) + [a for a, wrote in zip(n.all_input_nodes, written, strict=False) if wrote]
        n.meta.setdefault("value", []).append((tuple(out.shape), out.dtype) if isinstance(out, Tensor) else None)
        return out


def _versions(tensors: list[Tensor]) -> list[int]:
    return [t._version for t in tensors]


def _record(graph: fx.Graph, root: nn.Module, inputs: list[Tensor]) -> None:
    """Run the graph on the example, and on half of it (on it twice where it is a single example)."""
    count = len(inputs[0])
    other = [torch.cat([t, t]) for t in inputs] if count == 1 else head(tuple(inputs), count // 2)
    for some in (inputs, other):
        with torch.inference_mode(False), torch.no_grad(), _without_random_numbers():
            try:
                _Recorder(root, graph).run(*[t.clone() for t in some])
            except NotApplicable:
                raise
            except Exception as error:
                raise NotApplicable(f"the trace does not run on {len(some[0])} examples: {first_line(error)}") from error
    for node in graph.nodes:
        for operand in node.meta.get("writes", ()):
            if operand is not node.args[0] or not _alone(root, operand):
                raise NotApplicable(f"{node.name} changes a tensor in place that something else may read")


def _alone(root: nn.Module, operand: fx.Node) -> bool:
    """Whether a value has memory of its own, and a single reader."""
    if len(operand.users) != 1:
        return False
    if operand.meta.get("writes"):  # its own operand was found alone before: the same memory, passed on
        return True
    if operand.op == "call_module":
        layer = root.get_submodule(operand.target)
        return isinstance(layer, _FRESH_LAYERS) or (isinstance(layer, nn.ReLU) and not layer.inplace)
    if operand.op == "call_method":
        return operand.target in _FRESH_METHODS
    return operand.op == "call_function" and (operand.target in FRESH or is_arithmetic(operand.target))


def is_arithmetic(target: Any) -> bool:
    """Whether a function is one of the operators ``+ - * / -x``, which make a new tensor."""
    return target in (operator.add, operator.sub, operator.mul, operator.truediv, operator.neg)


def state_of(network: nn.Module) -> Params:
    """Every tensor of a network, tied ones once."""
    return {**dict(network.named_parameters()), **dict(network.named_buffers())}
