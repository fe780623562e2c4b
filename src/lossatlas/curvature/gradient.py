"""The loss and its gradient over all data, batch by batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ..params import Params
from ..seeds import fixed_rng
from .problem import Problem
from .selection import Chosen


def value_and_gradient(objective: Any, point: Mapping[str, Tensor] | None = None, names: Chosen = "*") -> tuple[float, Params]:
    """Mean loss with the penalty, and its gradient by parameter name; zero for parameters that the loss does not use.

    Batches are summed in float64 and divided once. Under ``recompute`` the re-estimated statistics are constants.
    NaN everywhere where the loss has no value (a negative BatchNorm variance).
    """
    return gradient_of(Problem(objective, point, names))


def gradient_of(problem: Problem) -> tuple[float, Params]:
    """The same of a problem that is there."""
    theta = tuple(t.detach().requires_grad_() for t in problem.theta)
    if not problem.valid:
        return float("nan"), dict(zip(problem.selection.names, (torch.full_like(t, torch.nan) for t in problem.theta), strict=True))
    total, sums = 0.0, [torch.zeros_like(t, dtype=torch.float64) for t in theta]
    with torch.enable_grad(), fixed_rng(0, "forward"):
        for batch in problem.batches:
            losses, weights = problem.losses(theta, batch.value, batch.size)
            wide = losses.to(torch.float64) if weights is None else losses.to(torch.float64) * weights.to(torch.float64)
            total += float(wide.sum().detach())
            _add(sums, wide.sum(), theta)
        value, sums = total / problem.total, [s / problem.total for s in sums]
        penalty = problem.penalty(theta)
        if penalty is not None:
            value += float(penalty.detach())
            _add(sums, penalty, theta)
    return value, {name: s.to(problem.dtype) for name, s in zip(problem.selection.names, sums, strict=True)}


def _add(sums: list[Tensor], value: Tensor, theta: tuple[Tensor, ...]) -> None:
    if value.requires_grad:
        for total, part in zip(sums, torch.autograd.grad(value, theta, allow_unused=True), strict=True):
            if part is not None:
                total += part
