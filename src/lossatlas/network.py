"""Any network, called on any batch: copied whole, put on a device, given the inputs that its forward names."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.prune import BasePruningMethod
from torch.nn.utils.spectral_norm import SpectralNorm
from torch.nn.utils.weight_norm import WeightNorm

from .data import Batch, Batches, Raw, leaves, mapped
from .errors import InputError
from .layout import batchnorm_layers
from .params import Params


def copy_of(model: nn.Module) -> nn.Module:
    """A deep copy in eval mode, also where a layer holds a computed (non-leaf) tensor, as the old weight_norm does.

    Computed weights are computed afresh: after loading a state dict they are stale until the first forward pass. Every
    parameter gets memory of its own: views of parts of one storage become independent of each other, an expanded tensor is
    written out, and parameters tied through ``.data`` (the same view of the same memory) become one.

    Forward hooks come along, for what a hook returns is part of the function, and one that only looks cannot be told from one that
    changes it; backward hooks do not, for they would make gradients other than the derivative of the value.

    Raises:
        InputError: a lazy layer without shapes; parameters that share some of their memory, but not as a whole.
    """
    memo: dict[int, Any] = {}
    for module in model.modules():
        for value in vars(module).values():
            if isinstance(value, Tensor) and not value.is_leaf:
                memo[id(value)] = value.detach().clone()
        for name, parameter in [*module._parameters.items(), *module._buffers.items()]:
            if isinstance(parameter, nn.parameter.UninitializedTensorMixin):
                raise InputError(f"parameter {name!r} of a lazy layer has no shape yet; run the model on one batch first")
    for first, others in _same_memory(model).items():
        kept = copy.deepcopy(model.get_parameter(first), memo)
        memo |= {id(model.get_parameter(name)): kept for name in others}
    copied_model = copy.deepcopy(model, memo).eval()
    with torch.no_grad():
        for module in copied_model.modules():
            module._backward_hooks.clear()
            module._backward_pre_hooks.clear()
            for hook in module._forward_pre_hooks.values():
                if isinstance(hook, WeightNorm | SpectralNorm | BasePruningMethod):
                    hook(module, ())
    return copied_model


def own_hooks(model: nn.Module) -> list[str]:
    """Names of the layers with forward hooks that are not torch's (those of weight_norm, spectral_norm, pruning)."""
    return [name or type(model).__name__ for name, module in model.named_modules()
            if any(not str(getattr(hook, "__module__", "")).startswith("torch.")
                   for hook in [*module._forward_pre_hooks.values(), *module._forward_hooks.values()])]


def _same_memory(model: nn.Module) -> dict[str, list[str]]:
    """Parameters tied through their memory: the first name of each, and the others that are the same view of it."""
    at: dict[int, list[str]] = {}
    tensors = {name: p for name, p in model.named_parameters() if type(p.data) is Tensor and p.layout is torch.strided
               and not p.is_meta and p.numel()}
    for name, tensor in tensors.items():
        at.setdefault(tensor.untyped_storage().data_ptr(), []).append(name)
    tied: dict[str, list[str]] = {}
    for names in at.values():
        firsts: list[str] = []
        for name in names:
            for first in firsts:
                a, b = tensors[first], tensors[name]
                if _view(a) == _view(b):
                    tied.setdefault(first, []).append(name)
                    break
                if _overlap(a, b):
                    raise InputError(f"parameters {first!r} {tuple(a.shape)} and {name!r} {tuple(b.shape)} are different views of the same "
                                     "memory, so that neither can move alone; expected parameters with memory of their own: tie them in "
                                     "forward (F.linear(x, self.a.weight.T)), or write a clone")
            else:
                firsts.append(name)
    return tied


def _view(tensor: Tensor) -> tuple[Any, ...]:
    return tensor.shape, tensor.stride(), tensor.storage_offset(), tensor.dtype


def _overlap(a: Tensor, b: Tensor) -> bool:
    """Whether two views of one storage have an entry in common."""
    (low_a, high_a), (low_b, high_b) = (
        (t.storage_offset(), t.storage_offset() + sum((n - 1) * step for n, step in zip(t.shape, t.stride(), strict=True))) for t in (a, b))
    return low_a <= high_b and low_b <= high_a and bool(torch.isin(_places(a), _places(b)).any())


def _places(tensor: Tensor) -> Tensor:
    """Where a tensor's entries lie in its storage, shape (n,)."""
    places = torch.full((), tensor.storage_offset())
    for size, stride in zip(tensor.shape, tensor.stride(), strict=True):
        places = places[..., None] + stride * torch.arange(size)
    return places.reshape(-1)


class Slots:
    """The places where a network looks up its tensors, so that a point can be put there for a forward pass.

    What ``torch.func.functional_call`` does, with the look-up by name done once: on a small ResNet that saves half a
    millisecond per batch, on an MLP most of the call. Tied tensors have several places under their first name.
    """

    def __init__(self, module: nn.Module) -> None:
        first: dict[int, str] = {}
        self._places: dict[str, list[tuple[dict[str, Any], str]]] = {}
        for prefix, layer in module.named_modules(remove_duplicate=False):
            for home in (layer._parameters, layer._buffers):
                for key, tensor in home.items():
                    if tensor is not None:
                        name = first.setdefault(id(tensor), f"{prefix}.{key}" if prefix else key)
                        places = self._places.setdefault(name, [])
                        if not any(home is other and key == short for other, short in places):
                            places.append((home, key))

    @contextmanager
    def holding(self, tensors: Mapping[str, Tensor]) -> Iterator[None]:
        """Inside, the network computes with these tensors; afterwards it has its own again."""
        before = [(home, key, home[key]) for name in tensors for home, key in self._places.get(name, ())]
        try:
            for name, tensor in tensors.items():
                for home, key in self._places.get(name, ()):
                    home[key] = tensor
            yield
        finally:
            for home, key, tensor in before:
                home[key] = tensor


def first_names(module: nn.Module, point: Mapping[str, Tensor], what: str) -> Params:
    """Entries of a point under the first name of their tensor (tied ones have several); counters are left out.

    Raises:
        InputError: tied entries that differ.
    """
    own = dict(module.named_buffers())
    first = {id(t): n for n, t in [*module.named_parameters(), *own.items()]}
    names = {n: first[id(t)] for n, t in [*module.named_parameters(remove_duplicate=False), *module.named_buffers(remove_duplicate=False)]}
    out: Params = {}
    for name, tensor in point.items():
        to = names.get(name, name)
        if to in out and not torch.equal(out[to], tensor):
            raise InputError(f"{what} is a point of another network: {name!r} and {to!r} are one tensor here but differ there")
        if to not in own or own[to].is_floating_point():
            out[to] = tensor
    return out


def device_of(device: str | torch.device | None, module: nn.Module) -> torch.device:
    if device is None:
        return next((p.device for p in module.parameters()), torch.device("cpu"))
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        where = torch.device(device)
        torch.empty(0, device=where)
    except (RuntimeError, AssertionError) as error:
        raise InputError(f"device is {str(device)!r}, which torch cannot use here ({str(error).splitlines()[0][:100]}); "
                         "expected 'auto', 'cpu' or 'cuda'") from None
    return where


def arguments(module: nn.Module, value: Raw) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """How a network is called on a batch: inputs in order, or the entries of a dict that its forward names.

    ``labels`` are left to the loss (a Hugging Face model would compute its own).
    """
    if not isinstance(value, dict):
        if len(value) == 2 and isinstance(value[0], dict):
            return (), value[0]
        return tuple(value[:-1]), {}
    accepted = inspect.signature(module.forward).parameters
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in accepted.values()) and "input_ids" not in accepted:
        return (), {k: v for k, v in value.items() if k != "labels"}
    required = {k for k, p in accepted.items() if p.default is inspect.Parameter.empty}
    return (), {k: v for k, v in value.items() if k in accepted and (k != "labels" or k in required)}


def head(value: Any, n: int) -> Any:
    """The first ``n`` examples of a batch."""
    return mapped(value, lambda t: t[:n])


def copied(value: Any) -> Any:
    """A batch with tensors of its own, for code that writes to its inputs."""
    return mapped(value, lambda t: t.clone())


def versions(value: Any) -> list[int]:
    """A number per tensor of a batch that grows when the tensor is changed in place."""
    return [leaf._version for leaf in leaves(value)]


def differentiable_statistics(module: nn.Module, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same function in eval mode, differentiable in running statistics too, which torch's batch_norm is not.

    x̂·w + b with x̂ = (x − μ)/√(σ² + ε) is x·s + t with s = w/√(σ² + ε), t = b − μ·s: statistics move into the affine part.
    """
    out = dict(tensors)
    for name, layer in batchnorm_layers(module).items():
        mean, var, weight, bias = (f"{name}.{short}" if name else short for short in ("running_mean", "running_var", "weight", "bias"))
        if not (out[mean].requires_grad or out[var].requires_grad):
            continue
        if layer.weight is None or layer.bias is None:
            raise InputError(f"derivatives along running statistics need scale and shift, and BatchNorm layer {name!r} has none "
                             "(affine=False); expected bn='eval', or affine layers")
        scale = out[weight] / torch.sqrt(out[var] + layer.eps)
        shift = out[bias] - out[mean] * scale
        still = {mean: torch.zeros_like(shift, requires_grad=False), var: torch.full_like(shift, 1 - layer.eps, requires_grad=False)}
        out |= {weight: scale, bias: shift, **still}
    return out


def reestimated(
    module: nn.Module, tensors: Mapping[str, Tensor], data: Batches, run: Callable[[dict[str, Tensor], Batch], None]
) -> dict[str, Tensor]:
    """The tensors with running statistics from a pass over the data in train mode, every batch weighted by its size.

    ``run`` sends a batch through the network with the tensors that it is given. What results is the average of the
    within-batch means and of the within-batch unbiased variances; the variance between batches is not in it (METHODS 2.2).
    """
    layers = batchnorm_layers(module)
    out = dict(tensors)
    for name in layers:
        prefix = f"{name}." if name else ""
        out[f"{prefix}running_mean"] = torch.zeros_like(out[f"{prefix}running_mean"])
        out[f"{prefix}running_var"] = torch.ones_like(out[f"{prefix}running_var"])
    before = {name: (layer.training, layer.momentum) for name, layer in layers.items()}
    detached, seen = {name: tensor.detach() for name, tensor in out.items()}, 0
    try:
        for batch in data:
            seen += batch.size
            for layer in layers.values():
                layer.training, layer.momentum = True, batch.size / seen
            run(detached, batch)
    finally:
        for name, layer in layers.items():
            layer.training, layer.momentum = before[name]
    return out


def shapes(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"{tuple(value.shape)} {str(value.dtype).removeprefix('torch.')}"
    if isinstance(value, dict):
        return ", ".join(f"{k}: {shapes(v)}" for k, v in value.items())
    return ", ".join(shapes(v) for v in value)


def cast(module: nn.Module, dtype: torch.dtype | None) -> nn.Module:
    """The module in another precision; what is complex stays complex, which ``Module.to`` would cut to its real part."""
    if dtype is None or dtype.is_complex:
        return module.to(dtype=dtype)

    def one(tensor: Tensor) -> Tensor:
        return tensor.to(dtype.to_complex() if tensor.is_complex() else dtype if tensor.is_floating_point() else tensor.dtype)

    return module._apply(one)
