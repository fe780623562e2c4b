"""Graph passes: BatchNorm folded into what stands before it, convolutions packed for oneDNN with the sum behind them.

A pass changes how a value is computed, never which: a layer is folded only if nothing else reads what comes out of it, and a
sum goes into a convolution only if both terms have the shape of the sum at both recorded batch sizes. In a graph from
:mod:`~lossatlas.execution.lower` nothing is changed in place, so a node may be moved behind others.

oneDNN could take the ReLU into the convolution, too, but returns 0 for relu(NaN) and so hides an overflow; torch keeps NaN. A ReLU is
done in place behind the convolution instead, which costs about 4 % of a plain forward pass.
"""

from __future__ import annotations

import operator
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, fx

from .lower import CONVOLUTIONS, TRANSPOSED, Lowered
from .trace import FRESH, is_arithmetic
from .weights import Layer, Norm, Pack, Plain

Geometry = list[int]


def packed_conv(
    x: Tensor, weight: Tensor, bias: Tensor | None, padding: Geometry, stride: Geometry, dilation: Geometry, groups: int
) -> Tensor:
    """A 2-D convolution with weights packed by oneDNN."""
    x = x.contiguous(memory_format=torch.channels_last)
    return torch.ops.mkldnn._convolution_pointwise.default(x, weight, bias, padding, stride, dilation, groups, "none", [], "")


def packed_conv_add(
    x: Tensor, other: Tensor, weight: Tensor, bias: Tensor | None, padding: Geometry, stride: Geometry, dilation: Geometry, groups: int
) -> Tensor:
    """The same plus ``other``, of the same shape."""
    x, other = x.contiguous(memory_format=torch.channels_last), other.contiguous(memory_format=torch.channels_last)
    return torch.ops.mkldnn._convolution_pointwise.binary(
        x, other, weight, bias, padding, stride, dilation, groups, "add", 1.0, None, [], "")


def fold_norms(lowered: Lowered) -> None:
    """Fold BatchNorm into the convolution or linear layer before it."""
    folded = 0
    for node in list(lowered.graph.nodes):
        if node.op != "call_function" or node.target is not F.batch_norm:
            continue
        before = node.args[0]
        layer = _layer(before)
        names = [_name(arg) for arg in node.args[1:5]]
        if layer is None or None in names[:2] or "" in names or not _channels_first(before) or len(before.users) != 1:
            continue
        layer = replace(layer, norm=Norm(*names, node.args[7]))
        if any(lowered.own[name].dtype not in (torch.float32, torch.float64) for name in layer.names):
            continue
        new = lowered.replace(before, before.target, (before.args[0], lowered.tensor(layer, 0), lowered.tensor(layer, 1), *before.args[3:]))
        node.replace_all_uses_with(new)
        lowered.graph.erase_node(node)
        folded += 1
    lowered.sweep()
    if folded:
        lowered.notes.append(f"{folded} BatchNorm folded")


def pack_convolutions(lowered: Lowered) -> None:
    """Take oneDNN's packed 2-D convolutions, with a sum behind them where it can be taken in."""
    order = {node: i for i, node in enumerate(lowered.graph.nodes)}
    packs = {node: pack for node in lowered.graph.nodes if (pack := _pack(lowered, node)) is not None}
    sums: dict[fx.Node, fx.Node] = {}
    for node in lowered.graph.nodes:
        if node.op == "call_function" and node.target is operator.add and len(node.args) == 2 and node.args[0] is not node.args[1]:
            terms = [arg for arg in node.args if arg in packs and len(arg.users) == 1 and packs[arg].groups == 1]
            if terms and _alike(node, *node.args):
                sums[max(terms, key=order.__getitem__)] = node
    for node, pack in packs.items():
        x, _, bias, *_ = node.args
        layer = replace(_layer(node), pack=pack)
        tensors = lowered.tensor(layer, 0), None if bias is None else lowered.tensor(layer, 1)
        geometry = list(pack.padding), list(pack.stride), list(pack.dilation), pack.groups
        if node not in sums:
            lowered.replace(node, packed_conv, (x, *tensors, *geometry))
            continue
        total = sums[node]
        other = total.args[1] if total.args[0] is node else total.args[0]
        lowered.replace(total, packed_conv_add, (x, other, *tensors, *geometry))
        lowered.graph.erase_node(node)
    lowered.sweep()
    if packs:
        lowered.notes.append(f"{len(packs)} convolutions packed, {len(sums)} sums taken in")


def relu_in_place(lowered: Lowered) -> None:
    """ReLU of what nothing else reads, in its own memory."""
    fresh = FRESH | {packed_conv, packed_conv_add}
    for node in list(lowered.graph.nodes):
        if node.op == "call_function" and node.target is torch.relu:
            (x,) = node.args
            alone = isinstance(x, fx.Node) and len(x.users) == 1 and x.op == "call_function"
            if alone and (x.target in fresh or is_arithmetic(x.target)) and x.target is not torch.relu:
                lowered.replace(node, torch.relu_, (x,))


def lay_inputs(lowered: Lowered, *, channels_last: bool, dtype: torch.dtype | None, own: torch.dtype | None) -> None:
    """Inputs with their channels last where a 2-D convolution may read them, and in the precision to compute in."""
    pictures = channels_last and any(node.target in (F.conv2d, F.conv_transpose2d, packed_conv, packed_conv_add)
                                     for node in lowered.graph.nodes if node.op == "call_function")
    if pictures:
        lowered.notes.append("channels_last")
    for node in lowered.inputs:
        (shape, kind), *_ = node.meta["value"]
        options: dict[str, Any] = {}
        if pictures and len(shape) == 4:
            options["memory_format"] = torch.channels_last
        if dtype is not None and kind == own:
            options["dtype"] = dtype
        if options:
            last = next(n for n in lowered.graph.nodes if n.op != "placeholder")
            with lowered.graph.inserting_before(last):
                laid = lowered.graph.call_method("to", (node,), options)
            laid.meta["value"] = node.meta["value"]
            node.replace_all_uses_with(laid, delete_user_cb=lambda user, laid=laid: user is not laid)


def outputs_back(lowered: Lowered, dtype: torch.dtype) -> None:
    """Outputs in the dtype that the network itself gives them, where it is computed in ``dtype``."""
    output = next(node for node in reversed(lowered.graph.nodes) if node.op == "output")

    def back(node: fx.Node) -> fx.Node:
        value = node.meta.get("value")
        if not value or value[0] is None or not value[0][1].is_floating_point or value[0][1] == dtype:
            return node
        with lowered.graph.inserting_before(output):
            return lowered.graph.call_method("to", (node, value[0][1]))

    output.args = fx.node.map_arg(output.args, back)


# ---- what a node is --------------------------------------------------------------------------------------------


def _name(arg: Any) -> str | None:
    """The name of the tensor that an argument is; None for None, empty for what is no tensor of the network."""
    if arg is None:
        return None
    source = arg.meta.get("source", (None,))[0] if isinstance(arg, fx.Node) else None
    return source.name if isinstance(source, Plain) else ""


def _layer(node: Any) -> Layer | None:
    """The weights of a convolution or linear layer, where they are tensors of the network."""
    if not isinstance(node, fx.Node) or node.op != "call_function" or node.target not in {*CONVOLUTIONS, *TRANSPOSED, F.linear}:
        return None
    weight, bias = node.args[1:3]
    source = weight.meta.get("source", (None,))[0] if isinstance(weight, fx.Node) else None
    if isinstance(source, Layer):
        return source
    if not isinstance(source, Plain) or _name(bias) == "":
        return None
    return Layer(source.name, _name(bias), transposed=node.args[6] if node.target in TRANSPOSED else 0)


def _channels_first(node: fx.Node) -> bool:
    """Whether axis 1 of what a layer gives counts its outputs: true but for inputs without a batch, or with more axes than a matrix."""
    axes = {F.linear: 2, F.conv1d: 3, F.conv_transpose1d: 3, F.conv2d: 4, F.conv_transpose2d: 4, F.conv3d: 5, F.conv_transpose3d: 5}
    return bool(node.meta["value"]) and all(value is not None and len(value[0]) == axes[node.target] for value in node.meta["value"])


def _alike(*nodes: Any) -> bool:
    values = [node.meta.get("value") if isinstance(node, fx.Node) else None for node in nodes]
    return values[0] is not None and all(value == values[0] for value in values)


def _pack(lowered: Lowered, node: fx.Node) -> Pack | None:
    """The geometry of a 2-D convolution in float32 that oneDNN can pack."""
    layer = _layer(node)
    if layer is None or node.target is not F.conv2d or not _channels_first(node):
        return None
    x, _, _, stride, padding, dilation, groups = node.args
    value = x.meta.get("value") if isinstance(x, fx.Node) else None
    if not value or {value[0][1], node.meta["value"][0][1]} != {torch.float32}:
        return None
    if not all(_is_static(entry) for entry in (stride, padding, dilation, groups)):
        return None
    if isinstance(padding, str):
        padding = _padding(padding, lowered.own[layer.weight].shape[2:], _pair(dilation))
    return None if padding is None else Pack(_pair(padding), _pair(stride), _pair(dilation), groups, value[0][0])


def _is_static(entry: Any) -> bool:
    return isinstance(entry, int | str) or (isinstance(entry, tuple | list) and all(isinstance(i, int) for i in entry))


def _pair(entry: Any) -> tuple[int, int]:
    return (entry, entry) if isinstance(entry, int) else (entry[0], entry[-1])


def _padding(word: str, kernel: tuple[int, ...], dilation: tuple[int, int]) -> tuple[int, int] | None:
    """Padding in numbers, None where it is not the same on both sides."""
    if word == "valid":
        return 0, 0
    total = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    return None if any(t % 2 for t in total) else (total[0] // 2, total[1] // 2)
