"""A derivative in two parts: what depends on the point and the data, computed once, and what is linear in the direction.

``linear(f)`` of f(θ, batch) is the map v ↦ ∂f/∂θ · v, e.g. of a gradient: a Hessian–vector product. Forward-mode differentiation mixes both
kinds of work in every call. Here it is recorded once, as a graph of tensor operations (``make_fx``), and cut: operations that no direction
reaches are run once per batch, and what of their results the others need is kept; the others are all that a product costs. This is what
``torch.func.linearize`` does; but a graph of ours serves every batch of the same shape, where recording one takes as long as several
gradients, and memory is known after the first batch (Frostig et al. 2021, "Decomposing reverse-mode automatic differentiation").
Both halves are simplified (:mod:`~lossatlas.curvature.simplify`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, fx
from torch.func import jvp
from torch.fx.experimental.proxy_tensor import make_fx

from .simplify import in_place, tidied, writes


class Split:
    """The recorded derivative of ``f(theta, *leaves) -> tuple of tensors`` for batches of one shape.

    Attributes:
        kept: names of what a batch keeps.
    """

    def __init__(self, f: Callable[..., tuple[Tensor, ...]], theta: Sequence[Tensor], leaves: Sequence[Tensor]) -> None:
        def derivative(v: tuple[Tensor, ...], theta: tuple[Tensor, ...], leaves: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            return jvp(lambda *at: f(at, *leaves), tuple(theta), tuple(v))[1]

        v = tuple(torch.zeros_like(t) for t in theta)
        with torch.no_grad():
            graph_module = make_fx(derivative, tracing_mode="real")(v, tuple(theta), tuple(leaves))
        graph_module.graph.eliminate_dead_code()
        self._still, self._moving = _cut(graph_module, len(v))

    def __call__(self, theta: Sequence[Tensor], leaves: Sequence[Tensor]) -> Product:
        """The map of one batch."""
        with torch.no_grad():
            return Product(self._moving, self._still(*theta, *leaves))


class Product:
    """v ↦ ∂f/∂θ · v on one batch."""

    def __init__(self, moving: fx.GraphModule, kept: tuple[Tensor, ...]) -> None:
        self._moving, self._kept = moving, kept

    def __call__(self, v: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """For tangents shaped as the parameters."""
        with torch.no_grad():
            return self._moving(*v, *self._kept)

    @property
    def nbytes(self) -> int:
        """Memory of what is kept, storage that several tensors share counted once."""
        storages = {t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in self._kept if isinstance(t, Tensor)}
        return sum(storages.values())


def _refuse_writes(moving: set[fx.Node]) -> None:
    """A product that writes into what a batch keeps would change the next one."""
    for node in moving:
        if writes(node) and node.args[0] not in moving:
            raise NotImplementedError(f"{node.target} writes in place into what does not depend on the direction")


def _cut(whole: fx.GraphModule, tangents: int) -> tuple[fx.GraphModule, fx.GraphModule]:
    """The graph as (theta, leaves) -> kept and (v, kept) -> result."""
    nodes = list(whole.graph.nodes)
    inputs = [node for node in nodes if node.op == "placeholder"]
    moving = set(inputs[:tangents])
    for node in nodes:
        if node.op not in ("placeholder", "output") and any(parent in moving for parent in node.all_input_nodes):
            moving.add(node)
    _refuse_writes(moving)
    tidied(whole.graph, moving)
    nodes = list(whole.graph.nodes)
    (output,) = (node for node in nodes if node.op == "output")
    results = list(fx.node.map_arg(output.args[0], lambda node: node)) if isinstance(output.args[0], tuple | list) else [output.args[0]]
    needed = list(dict.fromkeys(parent for node in nodes if node in moving or node is output for parent in node.all_input_nodes
                                if parent not in moving))
    first, second = fx.Graph(), fx.Graph()
    here: dict[fx.Node, fx.Node] = {}
    for node in nodes:
        if node in inputs[tangents:] or (node not in moving and node.op not in ("placeholder", "output")):
            here[node] = first.node_copy(node, lambda n: here[n])
    first.output(tuple(here[node] for node in needed))
    there: dict[fx.Node, fx.Node] = {}
    for node in [*inputs[:tangents], *needed]:
        there[node] = second.placeholder(f"given_{len(there)}")
        there[node].meta["val"] = node.meta.get("val")
    for node in nodes:
        if node in moving and node.op != "placeholder":
            there[node] = second.node_copy(node, lambda n: there[n])
    second.output(tuple(there[node] if isinstance(node, fx.Node) else node for node in results))
    first.eliminate_dead_code()
    in_place(second)
    return fx.GraphModule(whole, first), fx.GraphModule(whole, second)
