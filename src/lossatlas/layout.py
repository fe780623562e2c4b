"""Which numbers of a network form a filter.

Filter normalization (Li et al. 2018, section 4) gives every filter of a random direction the norm of the
corresponding filter of the network. A filter is the set of weights that makes one output: a row of a linear layer, the
kernels of one output channel of a convolution, the vector of one word of an embedding. Which axis counts the outputs
depends on the layer (a transposed convolution has it second, and grouped), so it is read off the layer, never
guessed from the shape; what the layer does not tell is listed as assumed.
"""

import fnmatch
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm, _NormBase
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd

from .errors import InputError
from .names import suggest

Kind = Literal["weight", "bias", "norm", "vector"]

_NORMS = (_NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)
_AXIS_0 = (nn.Linear, nn.Bilinear, nn.Embedding, nn.EmbeddingBag, _ConvNd)


@dataclass(frozen=True)
class TensorRule:
    """How one tensor is cut into filters.

    Attributes:
        shape: the tensor's shape.
        kind: weight, bias, norm (scale and shift of a normalization layer), vector (1-D, of an unknown layer).
        axis: the axis that counts filters; None: the whole tensor is one filter.
        groups: for grouped transposed convolutions, whose axis 0 is (groups, in/groups): filters are (group, axis 1).
        layer: the class of the layer that owns the tensor.
        assumed: the layer is unknown and axis 0 (or, for 1-D, zero) is an assumption.
        frozen: random directions leave it at zero whatever they are asked to ignore (set by an override).
        forced: random directions move it even if its kind is ignored (set by an override).
    """

    shape: tuple[int, ...]
    kind: Kind
    axis: int | None
    groups: int = 1
    layer: str = ""
    assumed: bool = False
    frozen: bool = False
    forced: bool = False

    def filters(self, tensor: Tensor) -> Tensor:
        """The tensor as a matrix of shape (filters, weights per filter)."""
        if self.axis is None or tensor.ndim == 0:
            return tensor.reshape(1, -1)
        if self.groups > 1:  # (groups · in/groups, out/groups, …) -> (groups, out/groups, in/groups, …)
            cut = tensor.reshape(self.groups, tensor.shape[0] // self.groups, *tensor.shape[1:]).transpose(1, 2)
            return cut.reshape(self.groups * tensor.shape[1], -1)
        return tensor.movedim(self.axis, 0).reshape(tensor.shape[self.axis], -1)

    def scale(self, tensor: Tensor, factors: Tensor) -> Tensor:
        """The tensor with filter f multiplied by ``factors[f]``; ``factors`` has shape (filters,)."""
        if self.axis is None or tensor.ndim == 0:
            return tensor * factors[0]
        if self.groups > 1:
            shape = (self.groups, 1, tensor.shape[1], *([1] * (tensor.ndim - 2)))
            cut = tensor.reshape(self.groups, tensor.shape[0] // self.groups, *tensor.shape[1:])
            return (cut * factors.reshape(shape)).reshape(tensor.shape)
        return tensor * factors.reshape([-1 if i == self.axis else 1 for i in range(tensor.ndim)])

    @property
    def rule(self) -> str:
        """In words: ``Conv2d weight, filters on axis 0``."""
        where = "one filter" if self.axis is None else f"filters on axis {self.axis}"
        groups = f" in {self.groups} groups" if self.groups > 1 else ""
        flags = "".join(f", {word}" for word in ("assumed", "frozen") if getattr(self, word))
        return f"{self.layer} {self.kind}, {where}{groups}{flags}"


class Layout(Mapping[str, TensorRule]):
    """The rule of every parameter of a network, by state-dict name. Tied parameters stand once, under their first name."""

    def __init__(self, rules: Mapping[str, TensorRule]) -> None:
        self._rules = dict(rules)

    def __getitem__(self, name: str) -> TensorRule:
        return self._rules[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rules)

    def __len__(self) -> int:
        return len(self._rules)

    def __repr__(self) -> str:
        return "\n".join(["Layout:", *(f"  {name} {list(r.shape)}: {r.rule}" for name, r in self.items())])

    @property
    def assumed(self) -> list[str]:
        """Names of the tensors whose rule is an assumption."""
        return [name for name, rule in self.items() if rule.assumed]

    def moved(self, ignore: tuple[str, ...]) -> list[str]:
        """Names of the tensors that a random direction moves when it leaves ``ignore`` at zero.

        ``ignore`` holds kinds (``bias``, ``norm``) and shell patterns of names. Vectors of unknown layers move only
        when nothing is ignored. Raises InputError for a word that is neither.
        """
        kinds = ("weight", "bias", "norm", "vector")
        for word in ignore:
            if word not in kinds and not any(fnmatch.fnmatchcase(name, word) for name in self):
                raise InputError(f"ignore has {word!r}; expected a kind ({', '.join(kinds)}) or a pattern of parameter "
                                 f"names{suggest(word, [*kinds, *self])}")

        def moves(name: str, rule: TensorRule) -> bool:
            if rule.frozen or any(word not in kinds and fnmatch.fnmatchcase(name, word) for word in ignore):
                return False
            return rule.forced or not (rule.kind in ignore or (rule.kind == "vector" and ignore))

        return [name for name, rule in self.items() if moves(name, rule)]

    def override(self, axes: Mapping[str, int | str | None]) -> "Layout":
        """With other axes for the tensors that match: an axis number, None (one filter), or ``"zero"`` (never moved)."""
        rules = dict(self._rules)
        for glob, axis in axes.items():
            names = [name for name in rules if fnmatch.fnmatchcase(name, glob)]
            if not names:
                raise InputError(f"layout: no parameter matches {glob!r}{suggest(glob, rules)}")
            for name in names:
                rules[name] = _overridden(name, rules[name], axis)
        return Layout(rules)


def _overridden(name: str, rule: TensorRule, axis: int | str | None) -> TensorRule:
    if axis == "zero":
        return replace(rule, frozen=True, assumed=False)
    if axis is None:
        return replace(rule, axis=None, groups=1, assumed=False, forced=True)
    if isinstance(axis, bool) or not isinstance(axis, int) or not -len(rule.shape) <= axis < len(rule.shape):
        raise InputError(f"layout: {name!r} has shape {rule.shape}; got axis {axis!r}, expected an axis number from 0 to "
                         f"{len(rule.shape) - 1}, None (the whole tensor is one filter) or 'zero' (never moved)")
    return replace(rule, axis=axis % len(rule.shape), groups=1, assumed=False, forced=True)


def layout_of(module: nn.Module, *, override: Mapping[str, int | str | None] | None = None) -> Layout:
    """Read the layout off a network. One warning lists the tensors whose rule had to be assumed."""
    rules: dict[str, TensorRule] = {}
    seen: set[int] = set()
    for prefix, layer in module.named_modules():
        for short, parameter in layer.named_parameters(recurse=False):
            if id(parameter) not in seen:
                seen.add(id(parameter))
                rules[f"{prefix}.{short}" if prefix else short] = _rule(layer, short, parameter)
    layout = Layout({name: rules[name] for name, _ in module.named_parameters()})
    layout = layout.override(override) if override else layout
    if layout.assumed:
        shown = ", ".join(layout.assumed[:6]) + (", …" if len(layout.assumed) > 6 else "")
        warnings.warn(f"the filter axis of {len(layout.assumed)} tensors is assumed (1-D: zero, else axis 0): {shown}; "
                      "say otherwise with layout={'name or glob': axis}", stacklevel=3)
    return layout


def _rule(layer: nn.Module, short: str, parameter: Tensor) -> TensorRule:
    known: dict[str, Any] = {"shape": tuple(parameter.shape), "layer": type(layer).__name__}
    if isinstance(layer, _NORMS):
        return TensorRule(kind="norm", axis=None, **known)
    if isinstance(layer, _ConvTransposeNd) and short == "weight":
        return TensorRule(kind="weight", axis=1, groups=layer.groups, **known)
    if isinstance(layer, _AXIS_0) and short == "weight":
        return TensorRule(kind="weight", axis=0, **known)
    if isinstance(layer, _AXIS_0) and short == "bias":
        return TensorRule(kind="bias", axis=None, **known)
    if parameter.ndim <= 1:
        kind = "bias" if "bias" in short else "vector"
        return TensorRule(kind=kind, axis=None, assumed=True, **known)
    return TensorRule(kind="weight", axis=0, assumed=True, **known)


def batchnorm_layers(module: nn.Module) -> dict[str, _BatchNorm]:
    """The BatchNorm layers of a network that keep running statistics, by name."""
    return {name: layer for name, layer in module.named_modules()
            if isinstance(layer, _BatchNorm) and layer.running_mean is not None}


def normalizes_by_batch(module: nn.Module) -> bool:
    """Whether some BatchNorm layer keeps no running statistics: it looks at the batch even in eval mode."""
    return any(isinstance(layer, _BatchNorm) and layer.running_mean is None for layer in module.modules())


def filter_norms(rule: TensorRule, tensor: Tensor) -> Tensor:
    """Euclidean norm of every filter, shape (filters,), float64."""
    wide = torch.complex128 if tensor.is_complex() else torch.float64
    return torch.linalg.vector_norm(rule.filters(tensor.detach().to(wide)), dim=1)
