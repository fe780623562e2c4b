"""What points answer: logits and classes for every example, and how often two points disagree (Fort et al. 2019; METHODS I1)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from ..losses import logits_of
from ..objective import Objective
from ..seeds import fixed_rng


def classifies(objective: Objective) -> bool:
    """Whether answers of the network are classes, as far as loss and metrics say it."""
    return objective.loss_name in ("cross_entropy", "bce", "causal_lm") or bool({"error", "accuracy"} & objective.metrics.keys())


def answers(objective: Objective, point: Mapping[str, Tensor]) -> list[Tensor]:
    """The logits at a point, batch after batch, as the network gives them: (n, classes) of a classifier."""
    found = []
    with torch.no_grad(), fixed_rng(0, "forward"):
        prepared = objective.prepare(objective.conform(point))
        for batch in objective.data:
            found.append(logits_of(objective._call(prepared.tensors, objective._own(batch.value))))
    return found


def logits(objective: Objective, point: Mapping[str, Tensor]) -> Tensor:
    """The logits at a point for all examples, shape (n, classes) of a classifier."""
    return torch.cat(answers(objective, point))


def predicted(objective: Objective, point: Mapping[str, Tensor]) -> Tensor:
    """The class that a classifier answers at a point, or of ``bce`` the sign, for every example (and position), one dimension."""
    if objective.loss_name == "bce":
        return torch.cat([(found > 0).reshape(-1) for found in answers(objective, point)])
    classes = -1 if objective.loss_name == "causal_lm" else 1
    return torch.cat([found.argmax(classes).reshape(-1) for found in answers(objective, point)])


def disagreement(objective: Objective, a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> float:
    """The share of examples (and positions) to which two points give different classes."""
    return float((predicted(objective, a) != predicted(objective, b)).double().mean())
