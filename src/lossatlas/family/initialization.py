"""Initializations scaled in and out: θ(r) = r·θ0, with r = 1 the initialization itself.

A fresh network has normal weights of variance 2 / fan-in and biases zero (He et al. 2015, equation 10) in linear and convolutional
layers; every other layer starts as its own ``reset_parameters`` says. What the network multiplies by its own scale afterwards says nothing
of a radius: scale and shift of normalization layers stay as they start, all other parameters are multiplied. Norms are those of what is
multiplied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from ..errors import InputError
from ..network import copy_of
from ..params import Params, norm
from ..seeds import fixed_rng
from .copies import Copies
from .slice import Slice


def initialized(objective: Any, seed: int, *names: object) -> tuple[Params, list[str]]:
    """A fresh initialization of an objective's network as a point, drawn on the CPU, and the parameters that no layer knows how to draw.

    These keep the objective's own values. Running statistics start at 0 and 1.

    Raises:
        InputError: a layer whose ``reset_parameters`` needs arguments.
    """
    module = copy_of(objective.module).to("cpu")
    drawn: set[str] = set()
    with fixed_rng(seed, "initialization", *names), torch.no_grad():
        for name, layer in module.named_modules():
            reset = getattr(layer, "reset_parameters", None) or getattr(layer, "_reset_parameters", None)
            if reset is not None:
                _reset(reset, name, layer)
                drawn |= _own(name, layer)
        for name, layer in module.named_modules():
            if isinstance(layer, nn.Linear | _ConvNd) and "weight" in layer._parameters:
                nn.init.kaiming_normal_(layer.weight, mode="fan_in", nonlinearity="relu")
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)
                drawn |= _own(name, layer)
    point = {**dict(module.named_parameters()), **{n: b for n, b in module.named_buffers() if b.is_floating_point()}}
    return objective.conform({n: t.detach() for n, t in point.items()}), [n for n in objective.params if n not in drawn]


def _reset(reset: Any, name: str, layer: nn.Module) -> None:
    try:
        reset()
    except TypeError as error:
        raise InputError(f"reset_parameters() of {name or type(layer).__name__!r} does not work without arguments ({error}); expected one "
                         "that does, or take the network's own weights: weights='own'") from None


def _own(name: str, layer: nn.Module) -> set[str]:
    return {f"{name}.{short}" if name else short for short in layer._parameters}


def scaled(objective: Any) -> list[str]:
    """Parameters that a radius multiplies: all but scale and shift of normalization layers, and what a layout keeps still."""
    return [name for name, rule in objective.layout.items() if rule.kind != "norm" and not rule.frozen]


def ray(objective: Any, point: Params) -> Slice:
    """The ray θ(r) = r·θ0 through a point, at radius 1; only what :func:`scaled` names is multiplied.

    Raises:
        InputError: a point with a norm of zero, or not finite.
    """
    names = scaled(objective)
    axis = {name: point[name].detach() for name in names}
    length = norm(axis)
    if not 0 < length < float("inf"):
        raise InputError(f"the norm of the point is {length:g}; expected a positive number, for radii are in units of it")
    return Slice({**point, **{name: torch.zeros_like(t) for name, t in axis.items()}}, (axis,), ("radius",))


@dataclass(frozen=True)
class _Fresh:
    """Ray number k through a fresh initialization."""

    objective: Any
    seed: int

    def __call__(self, k: int) -> Slice:
        return ray(self.objective, initialized(self.objective, self.seed, k)[0])


def rays(objective: Any, repeats: int, *, seed: int = 0) -> Copies:
    """Rays through independent initializations, dims (repeat, radius)."""
    kept = initialized(objective, seed, 0)[1]
    some = f"{', '.join(kept[:4])}{', …' if len(kept) > 4 else ''}"
    notes = [f"no layer says how to draw {some}: the network's own values are taken"] if kept else []
    return Copies(_Fresh(objective, seed), repeats, about={"notes": notes})


def radius_of(objective: Any, point: Params) -> Tensor:
    """The norm of what a radius multiplies."""
    return torch.tensor(norm({name: point[name] for name in scaled(objective)}), dtype=torch.float64)
