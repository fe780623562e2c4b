"""What measurements see of a training run at a step: the point, the point before the last step, the start, and the optimizer's options.

Points are the live tensors of the network that is trained, or copies of them; they are read, never written. What several measurements need
(the gradient, the loss along the last step) is computed once a step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from ..analyses.predictions import rows_of
from ..curvature.problem import Problem
from ..errors import InputError
from ..losses import logits_of
from ..numerics.stats import Stats, mean, metric_sums, metric_values, sums
from ..objective import Objective
from ..params import Params, lincomb, widened
from ..seeds import fixed_rng

#: Entries of answers that are kept, at most (16 MB in float32): of more, evenly spaced rows.
KEPT_ENTRIES = 1 << 22


@dataclass(frozen=True, eq=False)
class Group:
    """A parameter group of the optimizer: its options, the names of the parameters that it trains, and the optimizer's state of each."""

    options: Mapping[str, Any]
    names: tuple[str, ...]
    states: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, eq=False)
class Training:
    """How steps are made.

    Attributes:
        optimizer: the name of its class. batch: examples in a step.
        gradients: of the last step by name, where they are still there.
    """

    optimizer: str
    groups: tuple[Group, ...]
    batch: float
    gradients: Mapping[str, Tensor] = field(default_factory=dict)

    @classmethod
    def of(cls, optimizer: torch.optim.Optimizer, names: Mapping[int, str], batch: float) -> Training:
        """Of a live optimizer; ``names`` by id of the tensors."""
        groups, gradients = [], {}
        for group in optimizer.param_groups:
            own = [p for p in group["params"] if id(p) in names and p.requires_grad]
            gradients |= {names[id(p)]: p.grad for p in own if p.grad is not None}
            options = {key: value for key, value in group.items() if key != "params"}
            groups.append(Group(options, tuple(names[id(p)] for p in own), tuple(optimizer.state.get(p, {}) for p in own)))
        return cls(type(optimizer).__name__, tuple(groups), batch, gradients)

    def rate(self, group: int = 0) -> float:
        """The learning rate of a group, as a number."""
        return float(self.groups[group].options.get("lr", float("nan")))


@dataclass(frozen=True, eq=False)
class Answers:
    """One pass over the fixed examples: the mean loss, metrics, and the rows of answers that are kept, shape (m, classes).

    ``rows`` is None of a network that answers no single tensor.
    """

    values: dict[str, float]
    rows: Tensor | None


@dataclass(frozen=True, eq=False)
class Slope:
    """The gradient of the mean loss.

    Attributes:
        gradient: with the penalty, shape (n,), float64. square: |g|² without the penalty, whose gradient has no noise.
        chunks: of every chunk of examples, how many they are, and |g|² of their mean loss.
    """

    gradient: Tensor
    square: float
    chunks: tuple[tuple[int, float], ...]


@dataclass(eq=False)
class View:
    """A step of a run, for measurements.

    Attributes:
        step: steps made so far.
        objective: on the fixed examples.
        point: parameters and float buffers, live.
        before: the same before the last step (buffers are those of now); None where that was not kept.
        start: the same at the first step that was seen, a copy.
        problem: the objective as functions of tensors, at whatever point, in chunks whose gradients are compared.
    """

    step: int
    objective: Objective
    point: Params
    before: Params | None
    start: Params
    training: Training
    problem: Problem
    _along: dict[float, float] = field(default_factory=dict)
    _slope: Slope | None = None
    _update: list[Tensor] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(self.objective.params)

    def along(self, place: float) -> float:
        """The loss at ``before + place · (point − before)``: 0 before the last step, 1 where the run stands; with the penalty."""
        assert self.before is not None
        if place not in self._along:
            ends = [{name: one[name].detach() for name in self.names} for one in (self.before, self.point)]
            moved = lincomb((1 - place, place), ends)
            with torch.no_grad():
                self._along[place] = float(self.objective.value({**self.point, **moved}))
        return self._along[place]

    def update(self) -> list[Tensor]:
        """θ_t − θ_(t−1), a tensor a parameter."""
        assert self.before is not None
        if self._update is None:
            with torch.no_grad():
                self._update = apart(self.point, self.before, self.names)
        return self._update

    def slope(self) -> Slope:
        """The gradient here."""
        if self._slope is None:
            self._slope = slope(self.problem.at(self.point))
        return self._slope


def apart(a: Mapping[str, Tensor], b: Mapping[str, Tensor], names: tuple[str, ...]) -> list[Tensor]:
    """a − b, a tensor a name, in float32 at least."""
    return torch._foreach_sub([widened(a[name].detach()) for name in names], [widened(b[name].detach()) for name in names])


def length(tensors: list[Tensor]) -> float:
    """The Euclidean norm of several tensors together."""
    return float(torch.stack([one.double() for one in torch._foreach_norm(tensors)]).norm())


def slope(problem: Problem) -> Slope:
    """The gradient at the point of a problem, chunk by chunk."""
    theta = tuple(t.detach().requires_grad_() for t in problem.theta)
    total, chunks = torch.zeros(problem.selection.n, dtype=torch.float64, device=problem.device), []
    if not problem.valid:
        return Slope(torch.full_like(total, torch.nan), float("nan"), tuple((batch.size, float("nan")) for batch in problem.batches))
    with torch.enable_grad(), fixed_rng(0, "forward"):
        for batch in problem.batches:
            losses, weights = problem.losses(theta, batch.value, batch.size)
            wide = losses.double() if weights is None else losses.double() * weights.double()
            weight = float(batch.size) if weights is None else float(weights.double().sum())
            part = _flat(wide.sum(), theta).double()
            total += part
            chunks.append((batch.size, float(part.square().sum()) / weight**2 if weight else float("nan")))
        total /= problem.total
        square = float(total.square().sum())
        if (penalty := problem.penalty(theta)) is not None:
            total += _flat(penalty, theta).double()
    return Slope(total, square, tuple(chunks))


def _flat(value: Tensor, theta: tuple[Tensor, ...]) -> Tensor:
    found = torch.autograd.grad(value, theta, allow_unused=True)
    return torch.cat([(torch.zeros_like(t) if g is None else g).reshape(-1) for g, t in zip(found, theta, strict=True)])


def answered(objective: Objective, point: Params) -> Answers:
    """One pass at a point: loss, metrics, and rows of answers."""
    total: Stats | None = None
    rows, room = [], max(1, KEPT_ENTRIES // len(objective.data))
    with torch.no_grad(), fixed_rng(0, "forward"):
        prepared = objective.prepare(point)
        for batch in objective.data:
            outputs, losses, weights = objective._losses(prepared, batch)
            found = sums("loss", losses, weights)
            for name, metric in objective.metrics.items():
                target = batch.value if isinstance(batch.value, dict) else batch.value[-1]
                found |= metric_sums(name, *metric_values(name, metric, outputs, target, batch.size, losses.device))
            total = found if total is None else total + found
            rows.append(_kept(objective, outputs, room))
    assert total is not None
    values = {name: float(mean(total, name)) for name in ("loss", *objective.metrics)}
    if prepared.penalty is not None:
        values["loss"] += float(prepared.penalty)
    return Answers(values, None if any(one is None for one in rows) else torch.cat(rows))


def _kept(objective: Objective, outputs: Any, room: int) -> Tensor | None:
    """Rows of answers, evenly spaced where there are more entries than there is room for; one NaN where there is no answer."""
    if outputs is None:
        return torch.full((1, 1), torch.nan, device=objective.device)
    try:
        found = rows_of(objective, logits_of(outputs))
    except InputError:
        return None
    return found[:: -(-found.numel() // room)].clone()
