"""A traced graph in one vocabulary: torch's functions, with every tensor of the network as an argument.

Layers of torch become the functions that they call, so that a layer and its functional form are the same thing to what follows;
tensors become placeholders behind the inputs, each with its source (``meta["source"]``); what changes in place a tensor that nobody
else reads (all that a trace allows) becomes a function, and what does nothing in eval mode goes. A layer that is unknown here stays
a layer.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import fx, nn

from .trace import Traced, state_of
from .weights import Constant, Layer, Plain

_CONVOLUTIONS = {nn.Conv1d: F.conv1d, nn.Conv2d: F.conv2d, nn.Conv3d: F.conv3d}
_TRANSPOSED = {nn.ConvTranspose1d: F.conv_transpose1d, nn.ConvTranspose2d: F.conv_transpose2d, nn.ConvTranspose3d: F.conv_transpose3d}
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
_NOTHING = (nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout)
_DROPOUTS = (F.dropout, F.dropout1d, F.dropout2d, F.dropout3d, F.alpha_dropout, F.feature_alpha_dropout)
_OUT_OF_PLACE = {operator.iadd: operator.add, operator.isub: operator.sub, operator.imul: operator.mul,
                 "add_": operator.add, "sub_": operator.sub, "mul_": operator.mul}

CONVOLUTIONS = frozenset(_CONVOLUTIONS.values())
TRANSPOSED = frozenset(_TRANSPOSED.values())
_CONV_NAMES = {"input": None, "weight": None, "bias": None, "stride": 1, "padding": 0, "dilation": 1, "groups": 1}
_TRANSPOSED_NAMES = {"input": None, "weight": None, "bias": None, "stride": 1, "padding": 0, "output_padding": 0, "groups": 1,
                     "dilation": 1}


class Lowered:
    """A traced graph that is being rewritten.

    Attributes:
        graph: placeholders for inputs, then for tensors (each with ``meta["source"]``), then functions and layers.
        own: the tensors of the network.
        notes: what the passes did, in words.
    """

    def __init__(self, traced: Traced) -> None:
        self.traced, self.graph, self.notes = traced, traced.graph, list[str]()
        self.own = state_of(traced.network)
        self._plain: dict[Any, fx.Node] = {}
        for node in list(self.graph.nodes):
            self._lower(node)
        for node in list(self.graph.nodes):
            self._name_tensor(node)
        self.sweep()

    @property
    def inputs(self) -> list[fx.Node]:
        """The placeholders of the network's inputs."""
        return [node for node in self.graph.nodes if node.op == "placeholder" and "source" not in node.meta]

    @property
    def tensors(self) -> list[fx.Node]:
        """The placeholders of the network's tensors."""
        return [node for node in self.graph.nodes if node.op == "placeholder" and "source" in node.meta]

    def tensor(self, source: Plain | Layer | Constant, part: int = 0) -> fx.Node:
        """The placeholder that a tensor comes in by."""
        key = id(source.tensor) if isinstance(source, Constant) else source
        if (key, part) not in self._plain:
            last = next(node for node in self.graph.nodes if node.op != "placeholder")
            with self.graph.inserting_before(last):
                node = self.graph.placeholder(f"w{len(self._plain)}")
            node.meta["source"] = (source, part)
            self._plain[key, part] = node
        return self._plain[key, part]

    def replace(self, old: fx.Node, target: Callable[..., Any] | str, args: tuple[Any, ...]) -> fx.Node:
        """Put a function (a method, where ``target`` is a string) in the place of a node."""
        with self.graph.inserting_before(old):
            new = self.graph.call_method(target, args) if isinstance(target, str) else self.graph.call_function(target, args)
        new.meta["value"] = old.meta.get("value")
        old.replace_all_uses_with(new)
        self.graph.erase_node(old)
        return new

    def sweep(self) -> None:
        """Erase the placeholders of tensors that nothing reads any more."""
        for node in self.tensors:
            if not node.users:
                self.graph.erase_node(node)
                self._plain.pop((id(s.tensor) if isinstance(s := node.meta["source"][0], Constant) else s, node.meta["source"][1]), None)

    # ---- one vocabulary ------------------------------------------------------------------------------------------

    def _lower(self, node: fx.Node) -> None:
        if node.op == "call_module":
            layer = self.traced.root.get_submodule(node.target)
            if len(node.args) == 1 and not node.kwargs and not layer._forward_hooks and not layer._forward_pre_hooks:
                self._lower_layer(node, layer)
        elif node.op == "call_function":
            self._lower_function(node)
        elif node.op == "call_method":
            if node.target in ("relu", "relu_") and len(node.args) == 1 and not node.kwargs:
                self.replace(node, torch.relu, node.args)
            elif node.target == "view" and _is_size(node.args[1:]) and not node.kwargs:
                self.replace(node, "reshape", node.args)  # the same values whatever lies last in memory
            elif node.target in _OUT_OF_PLACE and not node.kwargs and _same_dtype(node):
                self.replace(node, _OUT_OF_PLACE[node.target], node.args)
            elif node.target == "add" and not node.kwargs and len(node.args) == 2:
                self.replace(node, operator.add, node.args)

    def _lower_layer(self, node: fx.Node, layer: nn.Module) -> None:
        kind, (x,) = type(layer), node.args

        def own(short: str) -> fx.Node | None:
            if getattr(layer, short) is None:
                return None
            return self.tensor(Plain(self.traced.names[f"{node.target}.{short}"]))

        if kind in _CONVOLUTIONS and layer.padding_mode == "zeros":
            self.replace(node, _CONVOLUTIONS[kind],
                         (x, own("weight"), own("bias"), layer.stride, layer.padding, layer.dilation, layer.groups))
        elif kind in _TRANSPOSED and layer.padding_mode == "zeros":
            self.replace(node, _TRANSPOSED[kind], (x, own("weight"), own("bias"), layer.stride, layer.padding, layer.output_padding,
                                                   layer.groups, layer.dilation))
        elif kind is nn.Linear:
            self.replace(node, F.linear, (x, own("weight"), own("bias")))
        elif kind in _NORMS and layer.running_mean is not None and layer.running_var is not None:
            self._lower_norm(node, (x, *map(own, ("running_mean", "running_var", "weight", "bias")), False, 0.0, layer.eps))
        elif kind is nn.ReLU:
            self.replace(node, torch.relu, (x,))
        elif kind is nn.Flatten:
            self.replace(node, torch.flatten, (x, layer.start_dim, layer.end_dim))
        elif kind in _NOTHING:
            self._drop(node)

    def _lower_function(self, node: fx.Node) -> None:
        if node.target in CONVOLUTIONS:
            self._positional(node, _CONV_NAMES)
        elif node.target in TRANSPOSED:
            self._positional(node, _TRANSPOSED_NAMES)
        elif node.target is F.linear:
            self._positional(node, {"input": None, "weight": None, "bias": None})
        elif node.target in (F.relu, torch.relu, torch.relu_, F.relu_):
            self.replace(node, torch.relu, (node.args[0] if node.args else node.kwargs["input"],))
        elif node.target in _DROPOUTS and not self._bound(node)["training"]:
            self._drop(node)
        elif node.target is F.batch_norm and not self._bound(node)["training"]:
            self._lower_norm(node, tuple(self._bound(node).values()))
        elif node.target in _OUT_OF_PLACE and _same_dtype(node):
            self.replace(node, _OUT_OF_PLACE[node.target], node.args)
        elif node.target is torch.add and not node.kwargs and len(node.args) == 2:
            self.replace(node, operator.add, node.args)

    def _lower_norm(self, node: fx.Node, args: tuple[Any, ...]) -> None:
        """BatchNorm by running statistics; its tensors keep their precision where the network is computed in another."""
        x, *tensors = args
        whole = [self._full(t) if i < 4 else t for i, t in enumerate(tensors)]
        self.replace(node, F.batch_norm, (x, *whole))

    def _full(self, tensor: Any) -> Any:
        if not isinstance(tensor, fx.Node):
            return tensor
        if tensor.op == "get_attr" and tensor.target in self.traced.names:
            return self.tensor(Plain(self.traced.names[tensor.target], full=True))
        source = tensor.meta.get("source", (None,))[0]
        return self.tensor(Plain(source.name, full=True)) if isinstance(source, Plain) else tensor

    def _name_tensor(self, node: fx.Node) -> None:
        if node.op != "get_attr":
            return
        if node.target in self.traced.names:
            source: Plain | Constant = Plain(self.traced.names[node.target])
        else:
            value = operator.attrgetter(node.target)(self.traced.root)
            if not isinstance(value, torch.Tensor):
                return
            source = Constant(value.detach())
        new = self.tensor(source)
        new.meta.setdefault("value", node.meta.get("value"))
        node.replace_all_uses_with(new)
        self.graph.erase_node(node)

    def _positional(self, node: fx.Node, names: dict[str, Any]) -> None:
        given = dict(zip(names, node.args, strict=False)) | node.kwargs
        self.replace(node, node.target, tuple((names | given).values()))

    def _bound(self, node: fx.Node) -> dict[str, Any]:
        bound = inspect.signature(node.target).bind(*node.args, **node.kwargs)
        bound.apply_defaults()
        return bound.arguments

    def _drop(self, node: fx.Node) -> None:
        node.replace_all_uses_with(node.all_input_nodes[0])
        self.graph.erase_node(node)


def _is_size(args: tuple[Any, ...]) -> bool:
    """Whether the arguments of ``view`` are a shape, not a dtype."""
    return bool(args) and not isinstance(args[0], torch.dtype)


def _same_dtype(node: fx.Node) -> bool:
    """Whether both operands of an operation, tensors or numbers, have its dtype, and the first its shape."""
    value = node.meta["value"]
    others = [arg.meta.get("value") for arg in node.args if isinstance(arg, fx.Node)]
    if value is None or None in value or len(node.args) != 2 or node.args[0] is node.args[1]:
        return False
    known = all(other is not None and None not in other and [d for _, d in other] == [d for _, d in value] for other in others)
    return known and [s for s, _ in node.args[0].meta["value"]] == [s for s, _ in value]
