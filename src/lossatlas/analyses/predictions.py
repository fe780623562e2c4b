"""What points answer: logits and classes for every example, and how alike points are as functions (Fort et al. 2019; METHODS I1)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ..data import targets_of
from ..errors import InputError
from ..losses import IGNORE, logits_of
from ..objective import Objective
from ..params import cosine, difference, digest, norm, size
from ..result.finished import finished, place_or_result
from ..result.schema import Quantity
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


#: What the answers of two points are compared by, and their weights.
_PAIRS = {"disagreement": "disagreement", "logits_distance": "relative distance of the logits", "kl": "KL divergence of b from a, nats",
          "js": "Jensen–Shannon divergence, nats", "disagreement_stderr": "standard error of the disagreement"}
_WEIGHTS = {"weight_cosine": "cosine of the weights", "distance": "distance of the weights"}


def similarity(
    objective: Objective | Mapping[str, Objective], points: Mapping[str, Mapping[str, Tensor]], *, store: str | Path | None = None,
) -> xr.Dataset:
    """How alike several points are, as functions and as weights, each with each.

    Args:
        objective: of classifiers; one, or a ``{"train": …, "test": …}`` pair. BatchNorm as by :func:`~lossatlas.barrier`.
        points: name -> point, at least two.
        store: ``PATH.zarr/GROUP``; where it holds these points compared already, that is the answer.

    Returns:
        A Dataset of kind "matrix" with the dims a and b (and split): ``disagreement`` with its standard error, ``js``,
        ``logits_distance`` (‖f_b − f_a‖/‖f_a‖) and ``kl`` (of b from a, KL(p_a ‖ p_b)), ``weight_cosine`` and ``distance`` (of the
        weights). Two networks with the error rates e_a and e_b disagree on at most e_a + e_b of the examples, and, if their errors are
        independent, on nearly that: ``error`` (dim a) is there to compare with.

    Raises:
        InputError: fewer than two points, points of another network, what is no classifier.
        SpecMismatch: the store holds another computation in that place.
        StoreError: the store is damaged, or cannot be written.
    """
    from ..probes.functions import beside, worth
    from ..probes.loss import loss
    from .barrier import comparing

    probe = loss(comparing(objective))
    parts = {name: part.objective for name, part in probe.parts()}
    first = next(iter(parts.values()))
    if not isinstance(points, Mapping) or len(points) < 2:
        raise InputError(f"similarity got {len(points) if isinstance(points, Mapping) else type(points).__name__} points; expected at "
                         "least two by their names: {'a': a, 'b': b}")
    if not all(map(classifies, parts.values())):
        raise InputError("similarity compares classes, and this objective has none; expected a classifier: of others write "
                         "la.probes.function(objective, {'a': a})")
    own = {str(name): first.conform(point, what=f"point {name!r}") for name, point in points.items()}
    spec = {"similarity": probe.spec(), "points": {name: digest(point) for name, point in own.items()}}
    place, known = place_or_result(store, spec)
    if known is not None:
        return known
    grids: dict[str, np.ndarray] = {}  # of shape (a, b) or (a,), with splits as the last dim
    shape = (len(own), len(own), len(parts))
    for k, one in enumerate(parts.values()):
        each, labels = [rows(one, point) for point in own.values()], true_classes(one)
        for i, reference in enumerate(each):
            if labels is not None:
                grids.setdefault("error", np.full(shape[1:], np.nan))[i, k] = 1 - worth(reference, labels)["accuracy"]
            for j, answer in enumerate(each):
                pair = beside(answer, reference)
                for name in _PAIRS:
                    grids.setdefault(name, np.full(shape, np.nan))[i, j, k] = pair[name]
    beside_a, split = (("b", len(own)),), () if None in parts else (("split", len(parts)),)
    grids = {name: grid if split else grid[..., 0] for name, grid in grids.items()} | _apart(own, first)
    quantities = [Quantity(name, words, dims=dims) for words_of, dims in (({"error": "error"}, split), (_PAIRS, (*beside_a, *split)),
                                                                          (_WEIGHTS, beside_a))
                  for name, words in words_of.items() if name in grids]
    title = f"{type(first.module).__name__}: {len(own)} points as functions"
    attrs = {**probe.about(), "kind": "matrix", "title": title, "labels": {"a": list(own), "b": list(own)},
             "n_parameters": size(first.params), "notes": []}
    return finished(place, spec=spec, attrs=attrs, coords={"a": np.arange(len(own), dtype=np.float64)}, quantities=quantities, grids=grids)


def _apart(points: Mapping[str, Mapping[str, Tensor]], objective: Objective) -> dict[str, np.ndarray]:
    """Cosines and distances of the weights, shape (points, points)."""
    weights = [{name: point[name] for name in objective.params} for point in points.values()]
    angles, distances = np.eye(len(points)), np.zeros((len(points), len(points)))
    for i, j in combinations(range(len(points)), 2):
        angles[i, j] = angles[j, i] = cosine(weights[i], weights[j])
        distances[i, j] = distances[j, i] = norm(difference(weights[i], weights[j]))
    return {"weight_cosine": angles, "distance": distances}
