"""What points answer: logits and classes for every example, and how alike points are as functions (Fort et al. 2019; METHODS I1)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ..data import targets_of
from ..errors import InputError
from ..losses import IGNORE, logits_of
from ..objective import Objective
from ..params import cosine, difference, norm
from ..result.provenance import provenance
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


def rows(objective: Objective, point: Mapping[str, Tensor]) -> Tensor:
    """The logits at a point, a row for every example and position, shape (m, classes); of ``bce`` 0 and the logit; outputs of others."""
    return torch.cat([rows_of(objective, answer) for answer in answers(objective, point)])


def rows_of(objective: Objective, answer: Tensor) -> Tensor:
    """The same of the logits that a network gave for a batch."""
    if objective.loss_name == "bce":
        found = answer.reshape(-1)
        return torch.stack([torch.zeros_like(found), found], 1)
    classes = -1 if objective.loss_name == "causal_lm" else 1
    answer = answer if answer.ndim > 1 else answer[:, None]
    return answer.movedim(classes, -1).reshape(-1, answer.shape[classes])


def true_classes(objective: Objective) -> Tensor | None:
    """The true class of every row of :func:`rows`, shape (m,), negative where none is counted; None where targets are no classes."""
    found = []
    for batch in objective.data:
        targets = targets_of(batch.value)
        if targets is None:
            return None
        if objective.loss_name == "bce":
            if not bool(((targets == 0) | (targets == 1)).all()):
                return None
            targets = targets.long()
        elif targets.is_floating_point() or (objective.loss_name != "causal_lm" and targets.ndim < 1):
            return None
        if objective.loss_name == "causal_lm":  # the logits of a position are those of the next token
            targets = torch.cat([targets[:, 1:], torch.full_like(targets[:, :1], IGNORE)], 1)
        found.append(targets.reshape(-1))
    return torch.cat(found)


def predicted(objective: Objective, point: Mapping[str, Tensor]) -> Tensor:
    """The class that a classifier answers at a point, or of ``bce`` the sign, for every example (and position), one dimension."""
    if objective.loss_name == "bce":
        return torch.cat([(found > 0).reshape(-1) for found in answers(objective, point)])
    classes = -1 if objective.loss_name == "causal_lm" else 1
    return torch.cat([found.argmax(classes).reshape(-1) for found in answers(objective, point)])


def disagreement(objective: Objective, a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> float:
    """The share of examples (and positions) to which two points give different classes."""
    return float((predicted(objective, a) != predicted(objective, b)).double().mean())


#: What two points are compared by, and whether it is the same in both directions.
_PAIRS = {"disagreement": "disagreement", "logits_distance": "relative distance of the logits", "kl": "KL divergence of b from a, nats",
          "js": "Jensen–Shannon divergence, nats"}


def similarity(objective: Objective | Mapping[str, Objective], points: Mapping[str, Mapping[str, Tensor]]) -> xr.Dataset:
    """How alike several points are, as functions and as weights, each with each.

    Args:
        objective: of classifiers; one, or a ``{"train": …, "test": …}`` pair. BatchNorm as by :func:`~lossatlas.barrier`.
        points: name -> point, at least two.

    Returns:
        A Dataset of kind "matrix" with the dims a and b (and split): ``disagreement`` with its standard error, ``js``,
        ``logits_distance`` (‖f_b − f_a‖/‖f_a‖) and ``kl`` (of b from a, KL(p_a ‖ p_b)), ``weight_cosine`` and ``distance`` (of the
        weights). Two networks with the error rates e_a and e_b disagree on at most e_a + e_b of the examples, and, if their errors are
        independent, on nearly that: ``error`` (dim a) is there to compare with.

    Raises:
        InputError: fewer than two points, points of another network, what is no classifier.
    """
    from ..probes.functions import beside, worth
    from ..probes.loss import loss
    from .barrier import comparing

    measured = comparing(objective)
    parts = {name: part.objective for name, part in loss(measured).parts()}
    first = next(iter(parts.values()))
    if not isinstance(points, Mapping) or len(points) < 2:
        raise InputError(f"similarity got {len(points) if isinstance(points, Mapping) else type(points).__name__} points; expected at "
                         "least two by their names: {'a': a, 'b': b}")
    if not all(map(classifies, parts.values())):
        raise InputError("similarity compares classes, and this objective has none; expected a classifier: of others write "
                         "la.probes.function(objective, {'a': a})")
    own = {str(name): first.conform(point, what=f"point {name!r}") for name, point in points.items()}
    found: dict[str, np.ndarray] = {}
    names = [*_PAIRS, "disagreement_stderr"]
    for k, one in enumerate(parts.values()):
        each, labels = [rows(one, point) for point in own.values()], true_classes(one)
        for i, reference in enumerate(each):
            if labels is not None:
                found.setdefault("error", np.full((len(parts), len(own)), np.nan))[k, i] = 1 - worth(reference, labels)["accuracy"]
            for j, answer in enumerate(each):
                pair = beside(answer, reference)
                for name in names:
                    found.setdefault(name, np.full((len(parts), len(own), len(own)), np.nan))[k, i, j] = pair[name]
    return _matrix(found, own, parts, first, loss(measured).about())


def _matrix(found: Mapping[str, np.ndarray], own: Mapping[str, Any], parts: Mapping[Any, Objective], first: Objective,
            about: Mapping[str, Any]) -> xr.Dataset:
    """The comparisons as a Dataset, with distances and cosines of the weights."""
    split = () if None in parts else ("split",)
    words = {**_PAIRS, "disagreement_stderr": "standard error of the disagreement", "error": "error"}
    data: dict[str, Any] = {name: ((*split, "a", "b")[: values.ndim - (not split)], values if split else values[0],
                                   {"long_name": words[name], "units": ""}) for name, values in found.items()}
    weights = [{name: point[name] for name in first.params} for point in own.values()]
    angles, apart = np.eye(len(own)), np.zeros((len(own), len(own)))
    for i, j in combinations(range(len(own)), 2):
        angles[i, j] = angles[j, i] = cosine(weights[i], weights[j])
        apart[i, j] = apart[j, i] = norm(difference(weights[i], weights[j]))
    data["weight_cosine"] = (("a", "b"), angles, {"long_name": "cosine of the weights", "units": ""})
    data["distance"] = (("a", "b"), apart, {"long_name": "distance of the weights", "units": ""})
    coords = {"a": list(own), "b": list(own), **({"split": list(map(str, parts))} if split else {})}
    title = f"{type(first.module).__name__}: {len(own)} points as functions"
    return xr.Dataset(data, coords=coords, attrs={**about, "kind": "matrix", "title": title, **provenance()})
