"""Recorded derivatives with less passes over memory: the values that a graph computes stay the same but for the last digit.

Beside its convolutions the product of a residual network is sums and products of activations, one pass over memory each; a third of its
time. ``tidied`` leaves out what does nothing (copies to the type that is there, zeros that are added) and multiplies constants
with each other once instead of one after the other with every direction; ``in_place`` fuses a product with the sum that takes it and
writes into what nobody reads any more.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import fx

_aten = torch.ops.aten
_ADD, _MUL = _aten.add.Tensor, _aten.mul.Tensor
#: What these return is memory of its own: no view, and nobody else's.
_FRESH = {_ADD, _MUL, _aten.sub.Tensor, _aten.div.Tensor, _aten.neg.default, _aten.addcmul.default, _aten.addcmul_.default,
          _aten.add_.Tensor, _aten.mul_.Tensor, _aten.convolution.default, _aten.threshold_backward.default,
          _aten.threshold_backward.grad_input, _aten.mm.default, _aten.bmm.default, _aten.addmm.default}
#: These return several tensors, each memory of its own.
_FRESH_TUPLES = {_aten.convolution_backward.default}


def tidied(graph: fx.Graph, moving: set[fx.Node]) -> None:
    """Take out of a graph what does nothing; ``moving``: what depends on the direction, kept up to date."""
    written = {node.args[0] for node in graph.nodes if writes(node)}
    for node in list(graph.nodes):
        same = _nothing_done(node)
        if same is not None and not written & {node, same}:
            node.replace_all_uses_with(same)
    graph.eliminate_dead_code()
    for node in list(graph.nodes):
        if node.target is _MUL and node in moving and node not in written:
            _constants_first(graph, node, moving, written)
    graph.eliminate_dead_code()
    moving.intersection_update(graph.nodes)


def _nothing_done(node: fx.Node) -> fx.Node | None:
    """The argument that a node returns as it is."""
    if node.target is _aten._to_copy.default or node.target is _aten.expand.default:
        given, laid_out = node.args[0], node.kwargs.get("memory_format")
        return given if _alike(node, given) and _value(node).device == _value(given).device and not laid_out else None
    if node.target is _ADD and not node.kwargs:
        for zero, other in (node.args, node.args[::-1]):
            if isinstance(zero, fx.Node) and zero.target is _aten.zeros_like.default and _alike(node, other):
                return other
    return None


def _constants_first(graph: fx.Graph, node: fx.Node, moving: set[fx.Node], written: set[Any]) -> None:
    """(x·c)·d as x·(c·d)."""
    inner, last = _ordered(node, moving)
    if last is None or inner.target is not _MUL or len(inner.users) > 1 or inner in written:
        return
    x, first = _ordered(inner, moving)
    if first is None or not _alike(x, node) or _value(first) is None or _value(last) is None:  # x would be spread out later
        return
    shape = torch.broadcast_shapes(_value(first).shape, _value(last).shape)
    if shape == _value(node).shape and len(first.users) + len(last.users) > 2:  # one more to be kept
        return
    with graph.inserting_before(node):
        constant = graph.call_function(_MUL, (first, last))
        constant.meta["val"] = torch.empty(shape, dtype=_value(node).dtype, device="meta")
        node.args = (x, constant)


def _ordered(node: fx.Node, moving: set[fx.Node]) -> tuple[Any, fx.Node | None]:
    """The factor that moves and the one that does not; None where both do, or one is a number."""
    a, b = node.args
    if not (isinstance(a, fx.Node) and isinstance(b, fx.Node)) or (a in moving) == (b in moving):
        return node, None
    return (a, b) if a in moving else (b, a)


def in_place(graph: fx.Graph) -> None:
    """Fuse products into sums, and write into what is read for the last time."""
    for node in list(graph.nodes):
        if node.op != "call_function" or node.kwargs:
            continue
        if node.target is _ADD:
            _sum(graph, node)
        elif node.target is _MUL:
            for base, other in (node.args, node.args[::-1]):
                if _free(base, node) and isinstance(other, fx.Node) and _value(other).dtype == _value(node).dtype:
                    node.target, node.args = _aten.mul_.Tensor, (base, other)
                    break
        elif node.target is _aten.threshold_backward.default and _free(node.args[0], node):
            node.target, node.kwargs = _aten.threshold_backward.grad_input, {"grad_input": node.args[0]}


def _sum(graph: fx.Graph, node: fx.Node) -> None:
    a, b = node.args
    if not (isinstance(a, fx.Node) and isinstance(b, fx.Node)) or not _value(a).dtype == _value(b).dtype == _value(node).dtype:
        return
    for base, product in sorted(((a, b), (b, a)), key=lambda pair: not _free(pair[0], node)):
        if product.target is _MUL and len(product.users) == 1 and base is not product and _alike(base, node) and all(
                isinstance(factor, fx.Node) and _value(factor).dtype == _value(node).dtype for factor in product.args):
            node.target = _aten.addcmul_.default if _free(base, node) else _aten.addcmul.default
            node.args = (base, *product.args)
            graph.erase_node(product)
            return
    for base, other in ((a, b), (b, a)):
        if _free(base, node):
            node.target, node.args = _aten.add_.Tensor, (base, other)
            return


def _free(given: Any, node: fx.Node) -> bool:
    """Whether memory is only read here, belongs to nobody else and has room for the result."""
    return isinstance(given, fx.Node) and len(given.users) == 1 and _alike(given, node) and _fresh(given)


def _fresh(given: fx.Node) -> bool:
    if given.target in _FRESH:
        return True
    parent = given.args[0] if given.op == "call_function" and given.args else None
    return isinstance(parent, fx.Node) and parent.target in _FRESH_TUPLES and "getitem" in str(given.target)


def _alike(a: Any, b: Any) -> bool:
    """Of the same shape and type."""
    return (isinstance(a, fx.Node) and isinstance(b, fx.Node) and _value(a) is not None and _value(b) is not None
            and _value(a).shape == _value(b).shape and _value(a).dtype == _value(b).dtype)


def _value(node: fx.Node) -> Any:
    found = node.meta.get("val")
    return found if isinstance(found, torch.Tensor) else None


def writes(node: fx.Node) -> bool:
    """Whether a node writes into its first argument."""
    schema = getattr(node.target, "_schema", None)
    return node.op == "call_function" and schema is not None and schema.is_mutable
