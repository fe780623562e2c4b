"""What goes wrong inside a network: units that answer nothing, running statistics that are not those of the data, numbers that are none.

All of it is seen in one pass of the objective's own copy of the network over the fixed examples; the network that is trained is not
called, and its hooks, mode and buffers are not touched.

*Dead units*: channels after a rectifier (:data:`RECTIFIERS`) that are zero for every fixed example. *BatchNorm drift*: the divergence of
the normal of the batch's mean and variance from that of the running ones, KL(N(μ_b, σ_b²) ‖ N(μ_r, σ_r²)), the mean over the channels of a
layer, in nats; 0 where running statistics are those of the data, 0.5 where the mean is off by one standard deviation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from ..errors import LossAtlasError, first_line
from ..layout import batchnorm_layers
from ..objective import Objective
from ..params import Params
from ..seeds import fixed_rng
from .view import View

#: Functions that are zero on a half line, by their names in torch.
RECTIFIERS = ("relu", "relu_", "relu6", "threshold", "threshold_")


class Health:
    """Dead units and BatchNorm drift; which layers they are in is in ``worst``.

    Attributes:
        dead: by rectifier, how many of its units are dead, and how many it has.
        drift: by BatchNorm layer, in nats.
    """

    name, passes, needs_before = "health", 1.6, False

    def __init__(self, objective: Objective) -> None:
        self.dead: dict[str, tuple[int, int]] = {}
        self.drift: dict[str, float] = {}
        self.quantities: dict[str, tuple[str, str]] = {"dead_units": ("share of rectified units that are zero on all fixed examples", "")}
        if objective.has_batchnorm and objective.bn == "eval":
            self.quantities["batchnorm_drift"] = ("running statistics from those of the fixed examples, KL divergence, worst layer", "nats")

    def __call__(self, view: View) -> dict[str, float]:
        """One pass."""
        self.dead, self.drift = inspect(view.objective, view.point)
        found = {}
        if self.dead:
            found["dead_units"] = sum(dead for dead, _ in self.dead.values()) / sum(units for _, units in self.dead.values())
        if self.drift and "batchnorm_drift" in self.quantities:
            found["batchnorm_drift"] = max(self.drift.values())
        return found


def inspect(objective: Objective, point: Params) -> tuple[dict[str, tuple[int, int]], dict[str, float]]:
    """Dead units and all units by rectifier, and the drift by BatchNorm layer (nats); empty where there are none."""
    alive: dict[str, Tensor] = {}
    sums: dict[str, list[Tensor]] = {}
    layers = batchnorm_layers(objective.module)

    def rectified(name: str, answer: Any) -> None:
        if isinstance(answer, Tensor) and answer.ndim > 1:
            channel = -1 if answer.ndim == 3 and not _has_convolutions(objective.module) else 1
            found = (answer.detach() != 0).transpose(0, channel).flatten(1).any(1)
            alive[name] = alive[name] | found if name in alive else found

    def normalized(name: str, given: Any) -> None:
        x = given.detach().double().transpose(0, 1).flatten(1)
        parts = [x.sum(1), x.square().sum(1), torch.tensor(float(x.shape[1]), dtype=torch.float64)]
        sums[name] = [a + b for a, b in zip(sums[name], parts, strict=True)] if name in sums else parts

    hooks = {name: (lambda module, given, name=name: normalized(name, given[0])) for name in layers}
    _pass(objective, point, hooks, rectified)
    dead = {name: (int((~found).sum()), len(found)) for name, found in alive.items()}
    return dead, {name: _drift(point, name, *parts) for name, parts in sums.items()}


def _drift(point: Params, name: str, total: Tensor, squares: Tensor, count: Tensor) -> float:
    prefix = f"{name}." if name else ""
    if f"{prefix}running_mean" not in point:
        return float("nan")
    mean = total / count
    variance = (squares / count - mean.square()).clamp(min=0) + 1e-12
    at, wide = (point[f"{prefix}running_{what}"].detach().double() for what in ("mean", "var"))
    wide = wide.clamp(min=0) + 1e-12
    return float((((variance + (mean - at).square()) / wide - 1 + (wide / variance).log()) / 2).mean())


def begins(objective: Objective, training: Any, point: Params) -> str:
    """Where numbers stop being finite, as a clause; or why that could not be found."""
    try:
        return f"it begins {where_not_finite(objective, training, point)}"
    except (LossAtlasError, RuntimeError, ValueError, TypeError) as error:  # a network that refuses such numbers
        return f"where it begins could not be found: {first_line(error)}"


def where_not_finite(objective: Objective, training: Any, point: Params) -> str:
    """Where numbers stop being finite, in words: the first weights, else the first layer whose output is not, else gradients.

    Of weights the order is that of the network; layers that are run come in the order in which they answer.
    """
    weights = [name for name, tensor in point.items() if not bool(torch.isfinite(tensor).all())]
    if weights:
        return f"in the weights: {_listed(weights)}"
    first: list[str] = []

    def look(name: str) -> Callable[..., None]:
        def hook(module: nn.Module, given: Any, answer: Any) -> None:
            if not first and isinstance(answer, Tensor) and answer.is_floating_point() and not bool(torch.isfinite(answer).all()):
                first.append(f"in the output of {name or type(module).__name__} ({type(module).__name__})")
        return hook

    handles = [module.register_forward_hook(look(name)) for name, module in objective.module.named_modules()
               if not any(True for _ in module.children())]
    try:
        _pass(objective, point, {}, lambda name, answer: None)
    finally:
        for handle in handles:
            handle.remove()
    if first:
        return first[0]
    gradients = [name for name, tensor in training.gradients.items() if not bool(torch.isfinite(tensor).all())]
    if gradients:
        return f"in the gradients of the last batch: {_listed(gradients)}"
    return "neither in the weights nor in any layer's output on the fixed examples: in the batch itself, or in the loss"


def _listed(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _has_convolutions(module: nn.Module) -> bool:
    return any(isinstance(layer, nn.Conv1d) for layer in module.modules())


class _Rectified(TorchFunctionMode):
    """Sees what rectifiers answer, named by the layer that calls them and the how-many-th call of it that is."""

    def __init__(self, see: Callable[[str, Any], None], inside: list[str]) -> None:
        super().__init__()
        self._see, self._inside, self.calls = see, inside, {}

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        answer = func(*args, **(kwargs or {}))
        if getattr(func, "__name__", "") in RECTIFIERS:
            where = self._inside[-1] if self._inside else ""
            number = self.calls[where] = self.calls.get(where, 0) + 1
            self._see(f"{where or 'network'}{f' (call {number})' if number > 1 else ''}", answer)
        return answer


def _pass(objective: Objective, point: Params, hooks: Mapping[str, Callable[..., None]], see: Callable[[str, Any], None]) -> None:
    """One pass over the data with pre-hooks on some layers of the objective's own network, which are gone afterwards."""
    inside: list[str] = []
    with torch.no_grad(), fixed_rng(0, "forward"), _watched(objective.module, hooks, inside):
        prepared = objective.prepare(point)
        for batch in objective.data:
            with _Rectified(see, inside):
                objective._call(prepared.tensors, objective._own(batch.value))
            inside.clear()


@contextmanager
def _watched(network: nn.Module, hooks: Mapping[str, Callable[..., None]], inside: list[str]) -> Iterator[None]:
    handles = []
    for name, module in network.named_modules():
        if name in hooks:
            handles.append(module.register_forward_pre_hook(hooks[name]))
        handles.append(module.register_forward_pre_hook(lambda module, given, name=name: inside.append(name)))
        handles.append(module.register_forward_hook(lambda module, given, answer: inside.pop() and None, always_call=True))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
