"""A graph in two parts: what depends only on the batch, and what depends on tensors that move from point to point."""

from __future__ import annotations

import operator
from collections.abc import Collection
from dataclasses import dataclass

import torch
from torch import fx

from .lower import Lowered
from .trace import own_tensors
from .weights import Source

#: Operations that cost nothing, so that their results are not worth keeping alone.
_FREE = {getattr, operator.getitem, torch.flatten, "reshape", "flatten", "size", "dim", "permute", "transpose", "unsqueeze", "squeeze"}


@dataclass(frozen=True, eq=False)
class Part:
    """Part of a graph.

    Attributes:
        graph: placeholders are the inputs, then (of the moving part) what the still part hands over, then the tensors.
        sources: the tensors in order, and whether each moves.
    """

    graph: fx.Graph
    sources: tuple[tuple[Source, bool], ...]


@dataclass(frozen=True, eq=False)
class Cut:
    """Both parts of a graph.

    Attributes:
        kept: how many operations the still part has; 0: none is worth it, and the moving part is the whole.
        held: names of the tensors that layers look up by themselves.
    """

    still: Part
    moving: Part
    kept: int
    held: frozenset[str]


def cut(lowered: Lowered, moved: Collection[str] | None) -> Cut:
    """Cut a graph into what no tensor in ``moved`` (state-dict names; None: all tensors) has a part in, and the rest."""
    network = lowered.traced.network
    first = {f"net.{name}": lowered.traced.names[f"net.{name}"] for name, _ in own_tensors(network)}
    moving_names = set(first.values()) if moved is None else {first[f"net.{name}"] for name in moved if f"net.{name}" in first}
    held = {node: {to for name, to in first.items() if name.startswith(f"{node.target}.")}
            for node in lowered.graph.nodes if node.op == "call_module"}
    moves: dict[fx.Node, bool] = {}
    for node in lowered.graph.nodes:
        names = node.meta["source"][0].names if "source" in node.meta else held.get(node, ())
        moves[node] = node.op == "output" or not moving_names.isdisjoint(names) or any(moves[n] for n in node.all_input_nodes)
    steps = [node for node in lowered.graph.nodes if node.op not in ("placeholder", "output")]
    still = [node for node in steps if not moves[node]]
    if all(node.op != "call_module" and node.target in _FREE for node in still):
        still = []
    kept = set(still)
    handed = [node for node in still if any(user not in kept for user in node.users)]
    return Cut(_part(lowered, still, [], moves, handed), _part(lowered, [n for n in steps if n not in kept], handed, moves, None),
               len(still), frozenset().union(*held.values()))


def _part(lowered: Lowered, steps: list[fx.Node], given: list[fx.Node], moves: dict[fx.Node, bool], handed: list[fx.Node] | None) -> Part:
    """A graph of some steps. ``handed``: its outputs; None: the outputs of the whole."""
    graph, env = fx.Graph(), dict[fx.Node, fx.Node]()
    output = next(node for node in reversed(lowered.graph.nodes) if node.op == "output")
    ends = [output] if handed is None else []
    read = {node for step in [*steps, *ends] for node in step.all_input_nodes}
    tensors = [node for node in lowered.tensors if node in read]
    for node in [*lowered.inputs, *given, *tensors]:
        env[node] = graph.placeholder(node.name)
    for node in steps:
        env[node] = graph.node_copy(node, env.__getitem__)
    if handed is not None:
        graph.output(tuple(env[node] for node in handed))
    else:
        for node in given:
            if output in node.users:  # who gets the outputs may write to them
                env[node] = graph.call_method("clone", (env[node],))
        graph.output(fx.node.map_arg(output.args[0], env.__getitem__))
    return Part(graph, tuple((node.meta["source"], moves[node]) for node in tensors))
