"""Find two layers of a network that can be rescaled against each other without changing the function (Dinh et al. 2017).

The network is traced (:mod:`lossatlas.execution.trace`). A layer followed by nothing but positively homogeneous operations up to the next
layer makes a pair; where BatchNorm stands between all of them, every layer with its BatchNorm can be rescaled by itself. The result is
verified on the data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn

from ..errors import LossAtlasError
from ..execution.forward import NotApplicable
from ..execution.lower import CONVOLUTIONS, Lowered
from ..execution.trace import traced
from ..execution.weights import Plain
from ..family.symmetry import Rescaled
from ..network import head
from ..objective import Objective

#: f(c·x) = c·f(x) for every c > 0.
HOMOGENEOUS = frozenset({torch.relu, F.relu, F.leaky_relu, torch.flatten, F.max_pool1d, F.max_pool2d, F.max_pool3d, F.avg_pool1d,
                         F.avg_pool2d, F.avg_pool3d, F.adaptive_avg_pool1d, F.adaptive_avg_pool2d, F.adaptive_avg_pool3d})
_HOMOGENEOUS_LAYERS = (nn.ReLU, nn.LeakyReLU, nn.Flatten, nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d, nn.AvgPool1d, nn.AvgPool2d,
                       nn.AvgPool3d, nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d)
_HOMOGENEOUS_METHODS = ("relu", "flatten", "view", "reshape", "contiguous")
#: Losses of examples may differ by this much, relative to 1 + loss; in short precisions by so many units of it.
_SAME, _UNITS = 1e-4, 16


@dataclass(frozen=True)
class Normed:
    """A layer with the BatchNorm behind it, by the names of their tensors."""

    weight: str
    bias: str | None
    mean: str
    var: str
    scale: str | None
    shift: str | None
    eps: float


def rescaling(objective: Objective, point: Mapping[str, Tensor] | None = None) -> Rescaled:
    """The family of points that compute the same function: of the first pair of layers that allows it, else of all before a BatchNorm.

    Raises:
        NotApplicable: with the reason why there is none.
    """
    origin = {**objective.point(), **({} if point is None else objective.conform(point))}
    lowered = _lowered(objective)
    for first, second in _pairs(lowered):
        return Rescaled(origin, {**dict.fromkeys(first, 1), second: -1}, {}, f"{first[0]} times c, {second} over c")
    layers = _normed(lowered, objective)
    if not layers:
        raise NotApplicable("no two layers have only ReLU, pooling and the like between them, and no layer stands before a BatchNorm")
    powers = {name: 1 for layer in layers for name in (layer.weight, layer.bias, layer.mean) if name is not None}
    words = layers[0].weight if len(layers) == 1 else f"{layers[0].weight} and {len(layers) - 1} more layers"
    return Rescaled(origin, powers, {layer.var: layer.eps for layer in layers},
                    f"{words} times c, with the running statistics of the BatchNorm behind")


def normed_layers(objective: Objective) -> list[Normed]:
    """The layers whose outputs go through a BatchNorm and nowhere else.

    Raises:
        NotApplicable: the network cannot be traced.
    """
    return _normed(_lowered(objective), objective)


def _lowered(objective: Objective) -> Lowered:
    return Lowered(traced(objective.module, head(next(iter(objective.data)).value, 4)))


def verify(objective: Objective, family: Rescaled, log_factor: float) -> float:
    """The largest difference of an example's loss, relative to 1 + loss, between the centre and a factor.

    Raises:
        LossAtlasError: the function changed.
    """
    before, after = (objective.losses(family(torch.tensor([u], dtype=torch.float64))).double() for u in (0.0, log_factor))
    difference = float(((after - before).abs() / (1 + before.abs())).max())
    precision = max(torch.finfo(t.dtype).eps for t in objective.params.values() if t.is_floating_point())
    if not difference <= max(_SAME, _UNITS * precision):
        raise LossAtlasError(f"rescaling {family.words} by {10**log_factor:g} changed the function: losses of examples differ by "
                             f"{difference:.2g}; take a smaller factor")
    return difference


def _layers(lowered: Lowered) -> Iterator[tuple[fx.Node, list[str]]]:
    """Linear layers and convolutions, with the names of weight and bias, where nothing else reads these."""
    uses = [node.meta["source"][0].name for node in lowered.graph.nodes if isinstance(_source(node), Plain)]
    for node in lowered.graph.nodes:
        names = _weights(node, uses)
        if names is not None:
            yield node, names


def _pairs(lowered: Lowered) -> Iterator[tuple[list[str], str]]:
    """Weight and bias of a layer, and the weight of the next one."""
    known = dict(_layers(lowered))
    for node, names in known.items():
        end = _follow(lowered, node)
        if end in known:
            yield names, known[end][0]


def _normed(lowered: Lowered, objective: Objective) -> list[Normed]:
    found = []
    for node, names in _layers(lowered):
        end = next(iter(node.users)) if len(node.users) == 1 else None
        if end is not None and end.target is F.batch_norm and end.args[0] is node:
            mean, var, scale, shift = (_name(arg) for arg in end.args[1:5])
            if mean in objective.buffers and var in objective.buffers:
                found.append(Normed(names[0], names[1] if len(names) > 1 else None, mean, var, scale, shift, float(end.args[7])))
    return found


def _follow(lowered: Lowered, node: fx.Node) -> fx.Node | None:
    """The layer that reads what comes out of a layer, through homogeneous operations that nothing else reads."""
    while len(node.users) == 1:
        after = next(iter(node.users))
        if not after.args or after.args[0] is not node:
            return None
        if after.op == "call_function" and (after.target in CONVOLUTIONS or after.target is F.linear):
            return after
        layer = lowered.traced.root.get_submodule(str(after.target)) if after.op == "call_module" else None
        passes = (after.op == "call_function" and after.target in HOMOGENEOUS) or isinstance(layer, _HOMOGENEOUS_LAYERS) or (
            after.op == "call_method" and after.target in _HOMOGENEOUS_METHODS)
        if not passes:
            return None
        node = after
    return None


def _weights(node: fx.Node, uses: list[str]) -> list[str] | None:
    """Names of weight and bias of a linear layer or convolution, where both are tensors of the point that nothing else reads."""
    if node.op != "call_function" or not (node.target in CONVOLUTIONS or node.target is F.linear):
        return None
    names = [_name(arg) for arg in node.args[1:3] if arg is not None]
    return None if any(name is None or uses.count(name) != 1 for name in names) else names  # type: ignore[return-value]


def _source(node: fx.Node) -> Any:
    return node.meta["source"][0] if "source" in node.meta else None


def _name(arg: Any) -> str | None:
    """The tensor of the point that an argument is, or None."""
    source = _source(arg) if isinstance(arg, fx.Node) else None
    return source.name if isinstance(source, Plain) and len(arg.users) == 1 else None
