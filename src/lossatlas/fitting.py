"""The one optimisation loop: move a point, or the coordinates of a family, down an objective.

The network is a pure function of the point, so training never touches a module: the loop owns a point and steps it.
Mini-batches are drawn without replacement, epoch by epoch, in an order that the seed fixes.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .errors import InputError
from .family import Family
from .objective import Objective
from .params import Params
from .seeds import fixed_rng


@dataclass(frozen=True)
class Fit:
    """The end of a training run.

    Attributes:
        point: parameters and float buffers (or, trained through a family, the family's point).
        steps: how many steps were made.
        losses: the mini-batch loss before every step, shape (steps,).
        stopped: None where all steps were made, else why not.
        coordinates: the coordinates found, shape (k,), where a family was trained through.
    """

    point: Params
    steps: int
    losses: Tensor
    stopped: str | None = None
    coordinates: Tensor | None = None


@dataclass(frozen=True)
class State:
    """What a hook sees beside step and point: the loss before the step, the optimizer, the epoch."""

    loss: float
    optimizer: torch.optim.Optimizer
    epoch: int


Hook = Callable[[int, Params, State], Any]


def fit(
    objective: Objective, *, family: Family | None = None, init: Mapping[str, Tensor] | Tensor | None = None,
    optimizer: Callable[[Iterable[Tensor]], torch.optim.Optimizer], steps: int, seed: int = 0, hooks: Sequence[Hook] = (),
    schedule: Callable[[int], float] | None = None,
) -> Fit:
    """Minimize an objective with mini-batches of its batch size.

    Args:
        family: train its coordinates instead of the point.
        init: where to start: a point (default: where the network stood), or coordinates of the family (default: zeros).
        optimizer: makes the optimizer of a list of tensors, e.g. ``partial(torch.optim.SGD, lr=0.1, momentum=0.9)``.
        steps: how many.
        seed: fixes the order of the data, dropout and the like.
        hooks: called as ``hook(step, point, state)`` after every step.
        schedule: step -> factor of the learning rate.

    Returns:
        A :class:`Fit`. A loss that is not finite stops the run, with a warning, and is named in ``stopped``.

    Raises:
        InputError: steps < 1, a start of another network.
    """
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise InputError(f"steps is {steps!r}; expected a whole number of at least 1")
    view = objective.training()
    variables, here = _variables(objective, family, init)
    descent = optimizer(variables)
    rate = [group["lr"] for group in descent.param_groups]
    losses: list[float] = []
    stopped = None
    with fixed_rng(seed, "fit"):
        for step, (epoch, batch) in zip(range(steps), objective.data.shuffled(seed), strict=False):
            for group, base in zip(descent.param_groups, rate, strict=True):
                group["lr"] = base * (schedule(step) if schedule else 1.0)
            descent.zero_grad()
            point = here()
            value = view.value(point, batch)
            losses.append(float(value.detach()))
            if not math.isfinite(losses[-1]):
                stopped = f"the loss is {losses[-1]} at step {step}"
                break
            value.backward()
            descent.step()
            for hook in hooks:
                hook(step, point if family is None else here(), State(losses[-1], descent, epoch))
    end = {name: tensor.detach() for name, tensor in here().items() if name in objective.point()}
    done = len(losses) - (stopped is not None)
    if stopped is None and not all(bool(torch.isfinite(tensor).all()) for tensor in end.values()):
        stopped = f"the weights are not finite after step {steps - 1}"
    if stopped:
        warnings.warn(f"training stopped: {stopped}; expected finite losses: take a smaller learning rate", RuntimeWarning, stacklevel=2)
    return Fit(end, done, torch.tensor(losses, dtype=torch.float64), stopped, None if family is None else variables[0].detach())


def _variables(objective: Objective, family: Family | None, init: Any) -> tuple[list[Tensor], Callable[[], Params]]:
    """What is trained, the parameters or the coordinates of a family, and a function that tells the point they make now."""
    weights: Params = {}
    if family is None:
        start = objective.point() if init is None else objective.conform(init, what="the start")
        weights = {n: {**objective.params, **start}[n].detach().clone().requires_grad_() for n in objective.params}
        variables = list(weights.values())
    else:
        variables = [_coordinates(family, init).requires_grad_()]
        start = family(variables[0].detach())
    # buffers are the loop's own, floating or not: a pass in train mode updates them in place, and what was given stays as it is
    buffers = {n: start.get(n, b).detach().clone() for n, b in objective.buffers.items()}

    def here() -> Params:
        return {**(weights if family is None else family(variables[0])), **buffers}

    return variables, here


def _coordinates(family: Family, init: Any) -> Tensor:
    u = torch.zeros(len(family.dims), dtype=torch.float64)
    if init is None:
        return u
    given = torch.as_tensor(init).detach().to(torch.float64).clone()
    if given.shape != u.shape or not bool(torch.isfinite(given).all()):
        raise InputError(f"the start is {given.tolist()}; expected {len(u)} finite coordinates, one for each of {family.dims}")
    return given
