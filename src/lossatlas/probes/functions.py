"""What a point answers, beside what reference points answer: how far two networks are one function (Fort et al. 2019; METHODS I1, I2).

Two networks of equal loss may answer differently. At every point, against each reference: ``disagreement`` (the share of examples, and
positions, whose most likely class is another one), the distance of the logits ‖f − f_ref‖ / ‖f_ref‖ over all examples, the divergences
KL(p_ref ‖ p) and Jensen–Shannon (in nats, at most ln 2) of the probabilities, and the cosine of the weights. Beside them what the point is
worth: accuracy, negative log-likelihood, and expected calibration error (15 bins).

Along a path of low loss the function may change from that of one end to that of the other without ever being a bad one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..analyses.predictions import classifies, rows, true_classes
from ..errors import InputError
from ..numerics.reliability import reliability
from ..objective import Objective
from ..params import Params, cosine, digest
from ..result.schema import Quantity
from .loss import loss

#: What compares a classifier with a reference, and what it is worth by itself.
_BESIDE = {"disagreement": "disagreement", "disagreement_stderr": "standard error of the disagreement",
           "logits_distance": "relative distance of the logits", "kl": "KL divergence from the reference, nats",
           "js": "Jensen–Shannon divergence, nats"}
_ALONE = {"accuracy": "accuracy", "accuracy_stderr": "standard error of accuracy", "nll": "negative log-likelihood, nats",
          "nll_stderr": "standard error of the negative log-likelihood", "ece": "expected calibration error",
          "ece_stderr": "standard error of the calibration error"}


@dataclass(frozen=True, eq=False)
class FunctionProbe:
    """Measures what a point answers beside reference points; see :func:`function`.

    Attributes:
        objectives: by split; one that is no pair under the name "".
        references: the points that are compared with, by their names.
    """

    objectives: Mapping[str, Objective]
    references: Mapping[str, Params] = field(repr=False)

    @property
    def objective(self) -> Objective:
        """The first objective: it stands for the network."""
        return next(iter(self.objectives.values()))

    @property
    def _classes(self) -> bool:
        return all(map(classifies, self.objectives.values()))

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What it measures, in order."""
        split = () if "" in self.objectives else (("split", len(self.objectives)),)
        each = (("reference", len(self.references)),)
        beside = _BESIDE if self._classes else {"logits_distance": "relative distance of the outputs"}
        listed = [Quantity(name, words, dims=(*split, *each)) for name, words in beside.items()]
        listed.append(Quantity("weight_cosine", "cosine of the weights", dims=each))
        scored = self._classes and all(true_classes(one) is not None for one in self.objectives.values())
        return (*listed, *(Quantity(name, words, dims=split) for name, words in (_ALONE.items() if scored else ())))

    @cached_property
    def _answers(self) -> dict[str, list[Tensor]]:
        """The logits of all references, by split: (examples and positions, classes) each."""
        return {split: [rows(one, point) for point in self.references.values()] for split, one in self.objectives.items()}

    @property
    def nbytes(self) -> int:
        """Memory of the answers that are compared with."""
        return sum(t.numel() * t.element_size() for each in self._answers.values() for t in each)

    def __call__(self, point: Params) -> dict[str, Any]:
        """All quantities at one point."""
        names = [q.name for q in self.quantities]
        found = [self._of(split, one, point, names) for split, one in self.objectives.items()]
        out = {name: np.stack([one[name] for one in found]) if "" not in self.objectives else found[0][name] for name in found[0]}
        own = {name: point[name] for name in self.objective.params}
        return {**out, "weight_cosine": [cosine(own, {name: other[name].to(own[name].device) for name in own})
                                         for other in self.references.values()]}

    def _of(self, split: str, objective: Objective, point: Params, names: list[str]) -> dict[str, Any]:
        """The quantities of one split."""
        answer = rows(objective, point)
        pairs = [beside(answer, other) if self._classes else {"logits_distance": relative_distance(answer, other)}
                 for other in self._answers[split]]
        out: dict[str, Any] = {name: np.array([pair[name] for pair in pairs]) for name in pairs[0]}
        return {**out, **(worth(answer, true_classes(objective)) if "nll" in names else {})}

    def spec(self) -> dict[str, Any]:
        """What defines the values, as plain data."""
        return {"probe": "function", "splits": {name: one.spec() for name, one in self.objectives.items()},
                "references": {name: digest(point) for name, point in self.references.items()}}

    def about(self) -> dict[str, Any]:
        """What a result says of objective and references."""
        given = self.objective if "" in self.objectives else dict(self.objectives)
        return {**loss(given).about(), "labels": {"reference": list(self.references)}}


def function(objective: Objective | Mapping[str, Objective], references: Mapping[str, Mapping[str, Tensor]]) -> FunctionProbe:
    """The probe of what a point answers, beside reference points.

    Args:
        objective: one, or a ``{"train": …, "test": …}`` pair (dim ``split``); its BatchNorm policy is that of references, too.
        references: name -> point, such as ``{"a": a, "b": b}``, the two ends of a path.

    Of classifiers (cross-entropy, ``bce``, ``causal_lm``) ``disagreement``, ``logits_distance``, ``kl``, ``js`` and ``weight_cosine`` with
    a dim ``reference``, and ``accuracy``, ``nll``, ``ece`` with their standard errors; of others ``logits_distance`` and ``weight_cosine``.

    Raises:
        InputError: no references, points of another network, something else than objectives.
    """
    pair = dict(objective) if isinstance(objective, Mapping) else {"": objective}
    if not pair or not all(isinstance(one, Objective) for one in pair.values()):
        raise InputError(f"function() got a {type(objective).__name__}; expected an Objective, or a dict: {{'train': …, 'test': …}}")
    if not isinstance(references, Mapping) or not references or not all(isinstance(point, Mapping) for point in references.values()):
        raise InputError("function() needs reference points by their names; expected e.g. {'a': a, 'b': b}")
    loss(pair.get("", pair))  # refuses splits that are not of one network
    first = next(iter(pair.values()))
    if "" not in pair:
        pair = {split: part.objective for split, part in loss(pair).parts()}  # statistics of BatchNorm from the training data
    return FunctionProbe(pair, {str(name): first.conform(point, what=f"reference {name!r}") for name, point in references.items()})


def beside(answer: Tensor, other: Tensor) -> dict[str, float]:
    """How far logits (m, classes) are from those of another network, the reference; NaN where one of them is not finite."""
    if not bool(torch.isfinite(answer).all() and torch.isfinite(other).all()):
        return dict.fromkeys(_BESIDE, math.nan)
    differ = (answer.argmax(1) != other.argmax(1)).double()
    log_p, log_q = (logits.double().log_softmax(1) for logits in (other, answer))
    log_m = torch.logaddexp(log_p, log_q) - math.log(2)
    p, q = log_p.exp(), log_q.exp()
    js = ((p * (log_p - log_m)).sum(1) + (q * (log_q - log_m)).sum(1)) / 2
    return {"disagreement": float(differ.mean()), "disagreement_stderr": _stderr(differ),
            "logits_distance": relative_distance(answer, other), "kl": float((p * (log_p - log_q)).sum(1).mean()), "js": float(js.mean())}


def worth(answer: Tensor, labels: Tensor | None) -> dict[str, float]:
    """Accuracy, negative log-likelihood and calibration error of logits (m, classes); NaN where one of them is not finite."""
    assert labels is not None
    counted = (labels >= 0).to(answer.device)
    logits, labels = answer.double()[counted], labels.to(answer.device)[counted]
    if not bool(torch.isfinite(logits).all()) or not len(logits):
        return dict.fromkeys(_ALONE, math.nan)
    right = (logits.argmax(1) == labels).double()
    losses = -logits.log_softmax(1).gather(1, labels[:, None])[:, 0]
    found = reliability(logits.softmax(1), labels)
    return {"accuracy": float(right.mean()), "accuracy_stderr": _stderr(right), "nll": float(losses.mean()),
            "nll_stderr": _stderr(losses), "ece": found.ece, "ece_stderr": found.stderr}


def relative_distance(answer: Tensor, other: Tensor) -> float:
    """‖f − f_ref‖ / ‖f_ref‖ over all examples; NaN of a reference that answers nothing but zeros."""
    scale = float(other.double().norm())
    return float((answer.double() - other.double()).norm()) / scale if scale else math.nan


def _stderr(values: Tensor) -> float:
    return float(values.std()) / math.sqrt(len(values)) if len(values) > 1 else math.nan
