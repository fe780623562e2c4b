"""The weights that a graph reads, made from a point: as they are, with BatchNorm folded in, packed for the machine.

In eval mode BatchNorm after a convolution is part of it (Jacob et al. 2018, section 3.2): with s = γ/√(σ² + ε),
``BN(W∗x + b) = (s·W)∗x + β + (b − μ)·s``. W, b and the statistics are the point's own, so this is done once for every point,
for all layers by a handful of foreach operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..params import Params


@dataclass(frozen=True)
class Plain:
    """A tensor of the point as it is.

    Attributes:
        full: stays in its own precision when the network is computed in another.
    """

    name: str
    full: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)


@dataclass(frozen=True)
class Norm:
    """The tensors of a BatchNorm layer in eval mode, by name."""

    mean: str
    var: str
    weight: str | None
    bias: str | None
    eps: float


@dataclass(frozen=True)
class Pack:
    """The geometry of a 2-D convolution, for which oneDNN chooses how its weights lie."""

    padding: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    groups: int
    sizes: tuple[int, ...]


@dataclass(frozen=True)
class Layer:
    """Weight and bias of a convolution or linear layer, with the BatchNorm behind it.

    Attributes:
        transposed: the number of groups where it is a transposed convolution, whose outputs lie on axis 1; else 0.
    """

    weight: str
    bias: str | None
    norm: Norm | None = None
    transposed: int = 0
    pack: Pack | None = None

    @property
    def names(self) -> tuple[str, ...]:
        norm = () if self.norm is None else (self.norm.mean, self.norm.var, self.norm.weight, self.norm.bias)
        return tuple(name for name in (self.weight, self.bias, *norm) if name is not None)


@dataclass(frozen=True, eq=False)
class Constant:
    """A tensor that the network holds outside its state."""

    tensor: Tensor
    names: tuple[str, ...] = ()


#: What a graph reads: a source, and which of the tensors that it makes (a layer makes weight and bias).
Source = tuple[Plain | Layer | Constant, int]


class Weights:
    """Makes the tensors of ``sources`` from a point.

    Args:
        dtype: the precision to compute in; None: that of the network.
        own: the dtype of the network's floating-point tensors.
        channels_last: 4-D weights lie with their channels last.
    """

    def __init__(self, sources: Sequence[Source], *, dtype: torch.dtype | None, own: torch.dtype | None, channels_last: bool) -> None:
        self._dtype, self._own, self._channels_last = dtype, own, channels_last
        self._sources = list(sources)
        self._layers = list({id(source): source for source, _ in sources if isinstance(source, Layer)}.values())
        self._folded = [layer for layer in self._layers if layer.norm is not None]

    def __call__(self, tensors: Params) -> tuple[Tensor, ...]:
        """The tensors of all sources at a point, in order."""
        if not self._layers:
            return tuple([self._single(source, tensors) for source, _ in self._sources])
        made = {id(layer): pair for layer, pair in zip(self._folded, _fold(self._folded, tensors), strict=True)}
        for layer in self._layers:
            weight, bias = made.get(id(layer)) or (tensors[layer.weight], None if layer.bias is None else tensors[layer.bias])
            made[id(layer)] = self._placed(layer, weight), None if bias is None else self._cast(bias)
        return tuple(made[id(source)][part] if isinstance(source, Layer) else self._single(source, tensors)
                     for source, part in self._sources)

    def _single(self, source: Plain | Constant, tensors: Params) -> Tensor:
        if isinstance(source, Constant):
            return self._cast(source.tensor)
        tensor = tensors[source.name]
        return tensor if source.full else self._laid(self._cast(tensor))

    def _laid(self, tensor: Tensor) -> Tensor:
        return tensor.contiguous(memory_format=torch.channels_last) if self._channels_last and tensor.ndim == 4 else tensor

    def _cast(self, tensor: Tensor) -> Tensor:
        return tensor.to(self._dtype) if self._dtype is not None and tensor.dtype == self._own else tensor

    def _placed(self, layer: Layer, weight: Tensor) -> Tensor:
        weight, pack = self._cast(weight), layer.pack
        if pack is not None:
            return torch.ops.mkldnn._reorder_convolution_weight(
                weight, list(pack.padding), list(pack.stride), list(pack.dilation), pack.groups, list(pack.sizes))
        return self._laid(weight)


def _fold(layers: Sequence[Layer], tensors: Params) -> list[tuple[Tensor, Tensor]]:
    """Weight and bias of every layer with its BatchNorm folded in."""
    if not layers:
        return []
    norms = [layer.norm for layer in layers]
    scales = torch._foreach_add([tensors[norm.var] for norm in norms], [norm.eps for norm in norms])
    torch._foreach_sqrt_(scales)
    torch._foreach_reciprocal_(scales)
    shifts = torch._foreach_neg([tensors[norm.mean] for norm in norms])
    for layer, scale, shift in zip(layers, scales, shifts, strict=True):
        if layer.norm.weight is not None:
            scale.mul_(tensors[layer.norm.weight])
        if layer.bias is not None:
            shift.add_(tensors[layer.bias])
        shift.mul_(scale)
        if layer.norm.bias is not None:
            shift.add_(tensors[layer.norm.bias])
    return [(_scaled(tensors[layer.weight], scale, layer.transposed), shift)
            for layer, scale, shift in zip(layers, scales, shifts, strict=True)]


def _scaled(weight: Tensor, scale: Tensor, transposed: int) -> Tensor:
    """A weight with the part of every output channel multiplied by its scale."""
    if not transposed:
        return weight * scale.reshape(-1, *[1] * (weight.ndim - 1))
    cut = weight.unflatten(0, (transposed, -1))  # (groups, in/groups, out/groups, …)
    return (cut * scale.reshape(transposed, 1, -1, *[1] * (weight.ndim - 2))).flatten(0, 1)

