"""What two points answer: the share of examples on which they disagree (Fort et al. 2019; METHODS I1)."""

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


def predicted(objective: Objective, point: Mapping[str, Tensor]) -> Tensor:
    """The class that a classifier answers at a point, or of ``bce`` the sign, for every example (and position), one dimension."""
    found = []
    with torch.no_grad(), fixed_rng(0, "forward"):
        prepared = objective.prepare(objective.conform(point))
        for batch in objective.data:
            logits = logits_of(objective._call(prepared.tensors, objective._own(batch.value)))
            if objective.loss_name == "bce":
                found.append((logits > 0).reshape(-1))
            else:
                found.append(logits.argmax(-1 if objective.loss_name == "causal_lm" else 1).reshape(-1))
    return torch.cat(found)


def disagreement(objective: Objective, a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> float:
    """The share of examples (and positions) to which two points give different classes."""
    return float((predicted(objective, a) != predicted(objective, b)).double().mean())
