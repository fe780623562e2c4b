"""The loss around a point, as the measures of flatness look at it: displaced by a vector, counted, nothing of the user's moved."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ..curvature.gradient import gradient_of
from ..curvature.problem import Problem
from ..data import Batch, targets_of
from ..errors import InputError
from ..losses import logits_of
from ..objective import Objective
from ..params import Params, ravel, shift, widened
from ..seeds import fixed_rng


class Surface:
    """An objective around a point; counts passes over the data.

    Args:
        point: the centre (default: where the network stood); running statistics that it lacks are the objective's own.

    Attributes:
        names: the parameters that are displaced: all that the network trains.
        losses, gradients: passes over the whole data so far; a batch counts by its share of the examples.

    Raises:
        InputError: not one objective, a point of another network, complex parameters, a loss at the centre that is not finite.
    """

    def __init__(self, objective: Any, point: Mapping[str, Tensor] | None = None) -> None:
        if not isinstance(objective, Objective):
            raise InputError(f"got a {type(objective).__name__}; expected one Objective (of a train/test pair, the training one)")
        self.objective = objective
        self.centre: Params = {n: t.detach() for n, t in objective.point().items()}
        if point is not None:
            self.centre |= {n: t.detach() for n, t in objective.conform(point).items()}
        self.names = [name for name, rule in objective.layout.items() if rule.trained]
        if intricate := [name for name in self.names if not self.centre[name].is_floating_point()]:
            raise InputError(f"{intricate[0]!r} holds {self.centre[intricate[0]].dtype}; measures of flatness expect real floating-point "
                             "parameters")
        self.centre |= {name: widened(self.centre[name]) for name in self.names}  # steps from half precision points are not rounded to it
        self._known: tuple[Objective, Problem] | None = None
        self.losses = self.gradients = 0.0
        self.value = self.loss({})
        if not math.isfinite(self.value):
            raise InputError(f"the loss at the point is {self.value}; expected a finite loss: take an earlier checkpoint")

    def _share(self, batch: Batch | None) -> float:
        return 1.0 if batch is None else batch.size / self.objective.data.n_examples

    def moved(self, step: Mapping[str, Tensor], scale: float = 1.0) -> Params:
        """The centre displaced by ``scale`` times a direction."""
        return shift(self.centre, [scale], [step]) if step else self.centre

    def loss(self, step: Mapping[str, Tensor], scale: float = 1.0, *, batch: Batch | None = None) -> float:
        """The loss at the displaced centre, over all data or one batch."""
        self.losses += self._share(batch)
        with torch.no_grad():
            return float(self.objective.value(self.moved(step, scale), batch))

    def gradient(self, step: Mapping[str, Tensor], *, batch: Batch | None = None) -> tuple[float, Params]:
        """The loss and its gradient in :attr:`names` at the displaced centre."""
        self.gradients += self._share(batch)
        point = self.moved(step)
        if batch is None:
            return gradient_of(self._problem(point))
        leaves = {name: point[name].detach().requires_grad_() for name in self.names}
        with torch.enable_grad():
            value = self.objective.value({**point, **leaves}, batch)
            found = torch.autograd.grad(value, list(leaves.values()), allow_unused=True)
        slopes = {n: torch.zeros_like(point[n]) if g is None else g for n, g in zip(self.names, found, strict=True)}
        return float(value.detach()), slopes

    def _problem(self, point: Params) -> Problem:
        """What is differentiated at a point; worked out once, for it depends on the objective."""
        if self._known is None or self._known[0] is not self.objective:
            self._known = (self.objective, Problem(self.objective, self.centre, self.names))
        return self._known[1].at(point)

    def error(self, step: Mapping[str, Tensor], scale: float = 1.0) -> float:
        """The 0-1 error at the displaced centre, over all data.

        Raises:
            InputError: the objective is not one of classes.
        """
        self.losses += 1
        with torch.no_grad(), fixed_rng(0, "forward"):
            prepared = self.objective.prepare(self.moved(step, scale))
            wrong = [wrong_answers(self.objective, self.objective._losses(prepared, batch)[0], batch) for batch in self.objective.data]
        return sum(float(w.sum()) for w in wrong) / sum(w.numel() for w in wrong)

    def flat(self, tensors: Mapping[str, Tensor]) -> Tensor:
        """Parameters, a step or a gradient as one float64 vector, shape (n,), on the CPU."""
        return ravel(tensors, self.names).detach().to("cpu", torch.float64)

    def step(self, vector: Tensor) -> Params:
        """The inverse of :meth:`flat`, in the dtypes and on the device of the parameters."""
        pieces = torch.split(vector, [self.centre[n].numel() for n in self.names])
        return {n: p.reshape(self.centre[n].shape).to(self.centre[n]) for n, p in zip(self.names, pieces, strict=True)}


def wrong_answers(objective: Objective, outputs: Any, batch: Batch) -> Tensor:
    """Which examples of a batch are answered wrongly (or by numbers that are not finite), true or false, shape (n,)."""
    targets = targets_of(batch.value)
    if objective.loss_name == "cross_entropy" and isinstance(targets, Tensor) and targets.ndim == 1:
        logits = logits_of(outputs)
        return (logits.argmax(1) != targets) | ~torch.isfinite(logits).all(1)
    if objective.loss_name == "bce" and isinstance(targets, Tensor) and targets.numel() == batch.size:
        logits = logits_of(outputs)
        return (((logits > 0) != (targets > 0.5)) | ~torch.isfinite(logits)).reshape(-1)
    raise InputError(f"the 0-1 error needs one class an example; this objective has the loss {objective.loss_name!r}, expected "
                     "cross_entropy with targets (n,), or bce with one output")


def positive(value: Any, what: str, hint: str) -> float:
    """A positive finite number, or an InputError that says what to write."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise InputError(f"{what} is {value!r}; expected a positive number, {hint}")
    return float(value)


def count(value: Any, what: str, least: int = 1) -> int:
    """A whole number of at least ``least``."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InputError(f"{what} is {value!r}; expected a whole number of at least {least}")
    return value


def mean_and_error(values: Any, weights: Any = None) -> tuple[float, float]:
    """Weighted mean of independent draws and its standard error (of a ratio; NaN for a single draw)."""
    drawn = torch.as_tensor(values, dtype=torch.float64)
    shares = torch.ones_like(drawn) if weights is None else torch.as_tensor(weights, dtype=torch.float64)
    n, mean = len(drawn), float((shares * drawn).sum() / shares.sum())
    spread = float((shares * (drawn - mean)).square().sum())
    return mean, math.sqrt(n / (n - 1) * spread) / float(shares.sum()) if n > 1 else math.nan
