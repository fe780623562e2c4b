"""Which numbers of a network form a filter.

Filter normalization (Li et al. 2018, section 4) gives every filter of a random direction the norm of the
corresponding filter of the network. A filter is the set of weights that makes one output: a row of a linear layer, the
kernels of one output channel of a convolution, the vector of one word of an embedding. Which axis counts the outputs
depends on the layer, so it is read off the layer, never guessed from the shape; what the layer does not tell is listed
as assumed. What deserves a word:

* A transposed convolution has its outputs second, and grouped; so has ``Conv1D`` of Hugging Face (GPT-2), whose weight is
  (in, out).
* Attention and recurrent layers stack several projections (q, k, v; the gates) on axis 0. A row is a filter as anywhere
  else. ``layout={"*.in_proj_weight": "heads"}`` makes one filter of a head's rows of q, of k and of v, and of the columns
  of the output projection that read a head (:meth:`Layout.override`).
* Scale and shift of a normalization layer are of kind norm: torch's, or of any class named ``…RMSNorm``, ``…LayerNorm``,
  ``…GroupNorm``, ``…BatchNorm``. A name alone makes no norm of a matrix, nor of a layer that is a linear one by its class.
* Of a reparametrized weight the originals move, and the network computes its weight from them as in training:

  - weight_norm, w = g·v/‖v‖ (Salimans and Kingma 2016): the filters of v are those of w. g is to v what a scale is to a
    normalized layer, so it is of kind norm and stays by default: along v alone the picture does not change when v is
    multiplied by a number, which leaves the function as it is.
  - spectral_norm, w = v/σ(v): the filters of v are those of w; σ is taken with the stored singular vectors, as in eval mode.
  - orthogonal: every coordinate makes every output, so all are one filter. Only the triangle that the map reads is moved,
    never the diagonal, where torch keeps signs (±1; they make the norm at least that of the orthogonal weight).
  - pruned (torch.nn.utils.prune, w = v·mask): the filters of v are those of w, with the weights that are masked.
  - any other: the axis of the weight is assumed, and said so.
* Tied tensors are one, under their first name and with the rule of their first layer.
* A network in part frozen (``requires_grad=False``) is moved where it is trained; one frozen as a whole was loaded to
  be looked at, and is moved as usual.
"""

import fnmatch
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm, _NormBase
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd
from torch.nn.modules.rnn import RNNBase, RNNCellBase
from torch.nn.utils.parametrizations import _Orthogonal, _SpectralNorm, _WeightNorm
from torch.nn.utils.parametrize import type_before_parametrizations
from torch.nn.utils.prune import BasePruningMethod
from torch.nn.utils.spectral_norm import SpectralNorm
from torch.nn.utils.weight_norm import WeightNorm

from .errors import InputError
from .names import suggest
from .params import select

Kind = Literal["weight", "bias", "norm", "vector"]
Axis = int | str | None

_NORMS = (_NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)
_NORM_NAMES = ("RMSNorm", "LayerNorm", "GroupNorm", "BatchNorm")
_AXIS_0 = (nn.Linear, nn.Bilinear, nn.Embedding, nn.EmbeddingBag, _ConvNd)
_STACKED = (nn.MultiheadAttention, RNNBase, RNNCellBase)
_PARAMETRIZATIONS = {_WeightNorm: "weight_norm", _SpectralNorm: "spectral_norm", _Orthogonal: "orthogonal"}


@dataclass(frozen=True)
class TensorRule:
    """How one tensor is cut into filters.

    Attributes:
        shape: the tensor's shape.
        kind: weight, bias, norm (scale and shift of a normalization layer), vector (1-D and none of these: the slopes of
            PReLU, or of an unknown layer).
        axis: the axis that counts filters; None: the whole tensor is one filter.
        groups: for grouped transposed convolutions, whose axis 0 is (groups, in/groups): filters are (group, axis 1).
        layer: the class of the layer that owns the tensor.
        assumed: the layer is unknown and axis 0 (or, for 1-D, zero) is an assumption.
        frozen: random directions leave it at zero whatever they are asked to ignore (set by an override).
        forced: random directions move it even if its kind is ignored (set by an override).
        block: how many neighbours along the axis make one filter (the rows of an attention head); 1: each is one.
        heads: where the layer tells its heads: their axis, and how many filters they make along it.
        triangle: only the entries off the diagonal, on the longer side of the matrix, count (an orthogonal weight).
        trained: False where the network had it frozen and others not: it moves only if it is asked for by name.
    """

    shape: tuple[int, ...]
    kind: Kind
    axis: int | None
    groups: int = 1
    layer: str = ""
    assumed: bool = False
    frozen: bool = False
    forced: bool = False
    block: int = 1
    heads: tuple[int, int] | None = None
    triangle: bool = False
    trained: bool = True

    def filters(self, tensor: Tensor) -> Tensor:
        """The tensor as a matrix of shape (filters, weights per filter)."""
        if self.axis is None or tensor.ndim == 0:
            return tensor.reshape(1, -1)
        if self.groups > 1:  # (groups · in/groups, out/groups, …) -> (groups, out/groups, in/groups, …)
            cut = tensor.reshape(self.groups, tensor.shape[0] // self.groups, *tensor.shape[1:]).transpose(1, 2)
            count = self.groups * tensor.shape[1]
            return cut.reshape(count, tensor.numel() // max(count, 1))
        count = tensor.shape[self.axis] // self.block
        return tensor.movedim(self.axis, 0).reshape(count, tensor.numel() // max(count, 1))

    def scale(self, tensor: Tensor, factors: Tensor) -> Tensor:
        """The tensor with filter f multiplied by ``factors[f]``; ``factors`` has shape (filters,)."""
        if self.axis is None or tensor.ndim == 0:
            return tensor * factors[0]
        if self.groups > 1:
            shape = (self.groups, 1, tensor.shape[1], *([1] * (tensor.ndim - 2)))
            cut = tensor.reshape(self.groups, tensor.shape[0] // self.groups, *tensor.shape[1:])
            return (cut * factors.reshape(shape)).reshape(tensor.shape)
        each = factors.repeat_interleave(self.block) if self.block > 1 else factors
        return tensor * each.reshape([-1 if i == self.axis else 1 for i in range(tensor.ndim)])

    def counted(self, tensor: Tensor) -> Tensor:
        """The tensor with zeros where the network does not read it."""
        if not self.triangle:
            return tensor
        return tensor.tril(-1) if tensor.shape[-2] >= tensor.shape[-1] else tensor.triu(1)

    @property
    def by_rows(self) -> bool:
        """Whether every row along axis 0 is a filter of its own."""
        return self.axis == 0 and self.groups == 1 and self.block == 1 and not self.triangle and len(self.shape) > 1

    @property
    def rule(self) -> str:
        """In words: ``Conv2d weight, filters on axis 0``."""
        return f"{self.layer} {self.kind}, {self._where}{self._flags}"

    @property
    def zero(self) -> str:
        """In words, where a direction leaves it: ``BatchNorm2d norm, zero``."""
        return f"{self.layer} {self.kind}, zero{self._flags}"

    @property
    def _where(self) -> str:
        if self.axis is None:
            return "one filter" + (" (a triangle)" if self.triangle else "")
        if self.block > 1:
            return f"{self.shape[self.axis] // self.block} filters of {self.block} (heads) on axis {self.axis}"
        return f"filters on axis {self.axis}" + (f" in {self.groups} groups" if self.groups > 1 else "")

    @property
    def _flags(self) -> str:
        return (", assumed" if self.assumed else "") + (", frozen" if self.frozen or not self.trained else "")


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

    @property
    def untrained(self) -> list[str]:
        """Names of the tensors that the network had frozen, beside others that it trains."""
        return [name for name, rule in self.items() if not rule.trained]

    def moved(self, ignore: tuple[str, ...], params: str | Sequence[str] | None = None) -> list[str]:
        """Names of the tensors that a random direction moves when it leaves ``ignore`` at zero.

        ``ignore`` holds kinds (``bias``, ``norm``) and shell patterns of names. Vectors move only when nothing is
        ignored. ``params`` are patterns of the names that may move, frozen by the network or not; None: what it trains.
        Raises InputError for a word or pattern that matches nothing.
        """
        kinds = ("weight", "bias", "norm", "vector")
        for word in ignore:
            if word not in kinds and not any(fnmatch.fnmatchcase(name, word) for name in self):
                raise InputError(f"ignore has {word!r}; expected a kind ({', '.join(kinds)}) or a pattern of parameter "
                                 f"names{suggest(word, [*kinds, *self])}")
        chosen = set(select(self, params) if params is not None else (name for name, rule in self.items() if rule.trained))

        def moves(name: str, rule: TensorRule) -> bool:
            if rule.frozen or name not in chosen or any(word not in kinds and fnmatch.fnmatchcase(name, word) for word in ignore):
                return False
            return rule.forced or not (rule.kind in ignore or (rule.kind == "vector" and ignore))

        return [name for name, rule in self.items() if moves(name, rule)]

    def override(self, axes: Mapping[str, Axis]) -> "Layout":
        """With other filters for the tensors that match a name or shell pattern.

        * an axis number: filters are counted along it; None: the whole tensor is one filter. Either moves also biases.
        * ``"zero"``: never moved.
        * ``"heads"``: a filter per head, where the layer tells its heads (``nn.MultiheadAttention``): of q, k and v each the
          rows of a head, of ``out_proj.weight`` the columns that read a head.
        * ``"heads:12"``: of the outputs, those of one of 12 heads make a filter. Where a weight has three times as many
          outputs as inputs it is q, k and v in one, and the filters are 36; ``"heads:3x12"`` and ``"heads:1x12"`` say so.
        * ``"heads_in:12"``: of the inputs (an output projection), those of one of 12 heads make a filter.

        Raises:
            InputError: a pattern that matches nothing, an axis that the tensor has not, heads that do not divide it.
        """
        rules = dict(self._rules)
        for glob, axis in axes.items():
            names = [name for name in rules if fnmatch.fnmatchcase(name, glob)]
            if not names:
                raise InputError(f"layout: no parameter matches {glob!r}{suggest(glob, rules)}")
            for name in names:
                rules[name] = _overridden(name, rules[name], axis)
        return Layout(rules)


def _overridden(name: str, rule: TensorRule, axis: Axis) -> TensorRule:
    whole = replace(rule, axis=None, groups=1, block=1, assumed=False)
    if axis == "zero":
        return replace(rule, frozen=True, assumed=False)
    if axis is None:
        return replace(whole, forced=True)
    if isinstance(axis, str) and axis.startswith("heads"):
        along, count = _heads(name, rule, axis)
        return replace(whole, axis=along, block=rule.shape[along] // count)
    if isinstance(axis, bool) or not isinstance(axis, int) or not -len(rule.shape) <= axis < len(rule.shape):
        raise InputError(f"layout: {name!r} has shape {rule.shape}; got axis {axis!r}, expected an axis number from 0 to "
                         f"{len(rule.shape) - 1}, None (the whole tensor is one filter), 'zero' (never moved), 'heads' or 'heads:12'")
    return replace(whole, axis=axis % len(rule.shape), forced=True)


def _heads(name: str, rule: TensorRule, text: str) -> tuple[int, int]:
    """The axis of the heads of a tensor and the number of filters along it, from ``heads``, ``heads:3x12``, ``heads_in:12``."""
    found = re.fullmatch(r"(heads|heads_in)(?::(?:([1-9]\d*)x)?([1-9]\d*))?", text)
    if not found or (found[1] == "heads_in" and (found[2] or not found[3])):
        raise InputError(f"layout: {name!r} got {text!r}; expected 'heads', 'heads:12', 'heads:3x12' (q, k and v in one) or 'heads_in:12'")
    if found[3] is None:
        if rule.heads is None:
            raise InputError(f"layout: {name!r} is of a {rule.layer}, which does not tell its heads; write 'heads:12' (of its outputs) "
                             "or 'heads_in:12' (of its inputs), with their number")
        return rule.heads
    matrix = len(rule.shape) >= 2 and rule.axis in (0, 1) and rule.groups == 1
    if not matrix and (len(rule.shape) != 1 or found[1] == "heads_in"):
        raise InputError(f"layout: {name!r} ({rule.rule}) of shape {rule.shape} has no heads; expected the weight of a projection")
    if not matrix and found[2] is None:
        raise InputError(f"layout: {name!r} got {text!r}, and a vector does not tell whether it belongs to q, k and v in one; write "
                         f"'heads:3x{found[3]}' or 'heads:1x{found[3]}'")
    along = (rule.axis or 0) if found[1] == "heads" else 1 - (rule.axis or 0)
    fused = matrix and found[1] == "heads" and rule.shape[along] == 3 * rule.shape[1 - along]
    count = int(found[2] or (3 if fused else 1)) * int(found[3])
    if rule.shape[along] % count:
        raise InputError(f"layout: {name!r} got {text!r}, but {rule.shape[along]} on axis {along} cannot be cut into {count} heads; "
                         "expected a number that divides it")
    return along, count


def layout_of(module: nn.Module, *, override: Mapping[str, Axis] | None = None) -> Layout:
    """Read the layout off a network. One warning lists the tensors whose rule had to be assumed."""
    rules: dict[str, TensorRule] = {}
    seen: set[int] = set()
    trained = {p.requires_grad for p in module.parameters()}
    owners = {id(steps): (layer, name) for layer in module.modules() if isinstance(getattr(layer, "parametrizations", None), nn.ModuleDict)
              for name, steps in layer.parametrizations.items()}
    heads = {id(layer.out_proj): layer.num_heads for layer in module.modules() if isinstance(layer, nn.MultiheadAttention)}
    for prefix, layer in module.named_modules():
        for short, parameter in layer.named_parameters(recurse=False):
            if id(parameter) not in seen:
                seen.add(id(parameter))
                rule = _rule(*_origin(layer, short, owners), parameter, heads)
                rules[f"{prefix}.{short}" if prefix else short] = replace(rule, trained=len(trained) == 1 or parameter.requires_grad)
    layout = Layout({name: rules[name] for name, _ in module.named_parameters()})
    layout = layout.override(override) if override else layout
    if layout.assumed:
        shown = ", ".join(layout.assumed[:6]) + (", …" if len(layout.assumed) > 6 else "")
        warnings.warn(f"the filter axis of {len(layout.assumed)} tensors is assumed (1-D: zero, else axis 0): {shown}; "
                      "say otherwise with layout={'name or glob': axis}", stacklevel=3)
    return layout


def _origin(layer: nn.Module, short: str, owners: Mapping[int, tuple[nn.Module, str]]) -> tuple[nn.Module, str, str]:
    """Whose weight a parameter makes: the layer, the weight's name there, and in words how it makes it (empty: it is it)."""
    if id(layer) in owners:
        owner, name = owners[id(layer)]
        known = {_PARAMETRIZATIONS.get(type(step), "other") for step in layer.children()}
        how = known.pop() if len(known) == 1 else "other"
        return owner, name, "weight_norm scale" if how == "weight_norm" and short == "original0" else how
    for hook in layer._forward_pre_hooks.values():
        if isinstance(hook, WeightNorm) and short in (f"{hook.name}_g", f"{hook.name}_v"):
            return layer, hook.name, "weight_norm scale" if short.endswith("_g") else "weight_norm"
        if isinstance(hook, SpectralNorm) and short == f"{hook.name}_orig":
            return layer, hook.name, "spectral_norm"
        if isinstance(hook, BasePruningMethod) and short == f"{hook._tensor_name}_orig":
            return layer, hook._tensor_name, "pruned"
    return layer, short, ""


def _rule(layer: nn.Module, short: str, how: str, parameter: Tensor, heads: Mapping[int, int]) -> TensorRule:
    rule = _rule_of_weight(layer, short, tuple(parameter.shape), heads)
    if not how:
        return rule
    rule = replace(rule, layer=f"{rule.layer} {how if how != 'other' else 'parametrized'}")
    if how == "weight_norm scale":
        return replace(rule, kind="norm", axis=None, groups=1, heads=None, assumed=False)
    if how == "orthogonal":
        return replace(rule, axis=None, groups=1, heads=None, triangle=True)
    if how == "other":
        fits = rule.axis is None or rule.axis < parameter.ndim
        return replace(rule if fits else _unknown(rule.layer, short, tuple(parameter.shape)), heads=None, assumed=True)
    return rule


def _rule_of_weight(layer: nn.Module, short: str, shape: tuple[int, ...], heads: Mapping[int, int]) -> TensorRule:
    name = type_before_parametrizations(layer).__name__
    known: dict[str, Any] = {"shape": shape, "layer": name}
    if isinstance(layer, _NORMS):
        return TensorRule(kind="norm", axis=None, **known)
    if isinstance(layer, _ConvTransposeNd) and short == "weight":
        return TensorRule(kind="weight", axis=1, groups=layer.groups, **known)
    if _is_transformers_conv1d(layer) and short in ("weight", "bias"):
        return TensorRule(kind=short, axis=1 if short == "weight" else None, **known)
    if isinstance(layer, _STACKED) and "weight" in short:
        stacked = _heads_of_attention(layer, short)
        return TensorRule(kind="weight", axis=0, heads=stacked, **known)
    if isinstance(layer, _STACKED) and "bias" in short:
        return TensorRule(kind="bias", axis=None, heads=_heads_of_attention(layer, short), **known)
    if isinstance(layer, _AXIS_0) and short == "weight":
        told = (1, heads[id(layer)]) if id(layer) in heads else None
        return TensorRule(kind="weight", axis=0, heads=told, **known)
    if isinstance(layer, _AXIS_0) and short == "bias":
        return TensorRule(kind="bias", axis=None, **known)
    if isinstance(layer, nn.PReLU):
        return TensorRule(kind="vector", axis=None, **known)
    if name.rstrip("123d").endswith(_NORM_NAMES) and sum(n > 1 for n in shape) <= 1:
        return TensorRule(kind="norm", axis=None, **known)
    return _unknown(name, short, shape)


def _unknown(layer: str, short: str, shape: tuple[int, ...]) -> TensorRule:
    if len(shape) > 1:
        return TensorRule(shape, "weight", 0, layer=layer, assumed=True)
    return TensorRule(shape, "bias" if "bias" in short else "vector", None, layer=layer, assumed=True)


def _heads_of_attention(layer: nn.Module, short: str) -> tuple[int, int] | None:
    """Where a tensor of ``nn.MultiheadAttention`` counts heads: q, k and v are stacked on axis 0; bias_k, bias_v are (1, 1, width)."""
    if not isinstance(layer, nn.MultiheadAttention):
        return None
    if short in ("bias_k", "bias_v"):
        return 2, layer.num_heads
    return 0, layer.num_heads * (3 if short.startswith("in_proj") else 1)


def _is_transformers_conv1d(layer: nn.Module) -> bool:
    """Hugging Face's ``Conv1D``, a linear layer whose weight is (in, out); known by name, so that nothing is imported."""
    return any(cls.__name__ == "Conv1D" and cls.__module__ in ("transformers.pytorch_utils", "transformers.modeling_utils")
               for cls in type(layer).__mro__)


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
