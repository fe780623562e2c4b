"""Ensembles: independent networks against cheap relatives of one (Fort et al. 2019, "Deep ensembles: a loss landscape perspective"; METHODS
I4, I5, O7).

The members' probabilities (softmax of the logits) are averaged. What comes of it stands against the number of members: error, negative
log-likelihood, Brier score, expected calibration error, and how well strange inputs are told from known ones by the confidence of the
answer (the largest probability, Hendrycks and Gimpel 2017; or the entropy). Why it comes of it: members that err alike correct nothing. The
disagreement of two members is the share of examples that they give different classes; over 1 − accuracy it is the diversity of Fort et al.,
0 between equal functions and up to 2 between members of one accuracy.

Members are gone through one at a time, and nothing is kept of them but their answers. Standard errors are over examples: those of another
training are larger, and need several trainings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ..data import Batches
from ..errors import InputError
from ..execution.memory import in_large_batches
from ..numerics.reliability import (
    BINS,
    auroc,
    auroc_stderr,
    brier_scores,
    calibration_gaps,
    log_losses,
    reliability,
    standard_error,
)
from ..objective import Objective
from ..params import digest, is_running_statistic, size
from ..probes.loss import loss
from ..result.finished import finished, free_place
from ..result.schema import Quantity
from ..run.events import Listener, Note, ignore
from .predictions import logits

#: What is measured of probabilities: name -> words, values of the examples.
SCORES = {
    "error": ("error", lambda p, y: _differing(_answers(p), y)),
    "nll": ("negative log-likelihood", log_losses),
    "brier": ("Brier score", brier_scores),
    "ece": ("expected calibration error", calibration_gaps),
}
#: What the curves over the number of members show.
PANELS = ("error", "nll", "ece", "disagreement", "auroc")


def ensemble(
    objective: Objective | Mapping[str, Objective], members: Any, *, out_of_distribution: Any = None, store: str | Path | None = None,
    on_event: Listener = ignore,
) -> xr.Dataset:
    """Accuracy, calibration and diversity of one ensemble or several, against the number of members.

    Args:
        objective: a classifier on the data that count; of a ``{"train": …, "test": …}`` pair, the test data. With BatchNorm under
            ``eval`` every member brings running statistics of its own (as checkpoints do).
        members: points, in a list or by names (``{"a": point, …}``); or several ensembles by names: ``{"deep": [point, …], "gaussian":
            la.subspace_members(…)}``. Anything that can be gone through once will do.
        out_of_distribution: other inputs for the same network: an objective (``objective.corrupt("random_pixels")``), tensors (n, …), or
            whatever data an objective takes; their targets are not looked at.
        store: ``PATH.zarr/GROUP``, a new one.

    Returns:
        A Dataset of kind "scan" with dims ensemble and members (1, 2, …: the first so many of them). Of the average of these:
        ``error``, ``nll``, ``brier``, ``ece``, each with ``_stderr`` over examples; ``disagreement`` (mean over pairs, with error) and
        ``diversity`` (disagreement over the error of the member, mean over ordered pairs); with other inputs ``auroc`` (by confidence)
        with error, and ``auroc_entropy``. Of the member of this number alone: ``member_error``, ``member_nll`` …, ``member_diversity``
        (against all others), ``disagreement_with`` (dim other). For the reliability diagram ``bin_confidence``, ``bin_accuracy``,
        ``bin_count`` (dim bin).

    Raises:
        InputError: no classifier, no members, a member of another network or without the running statistics it needs.
        StoreError: the place holds a result, or cannot be written.
    """
    place = free_place(store)
    view = _view(objective)
    labels = view.data.targets()
    assert labels is not None
    strange = None if out_of_distribution is None else _strange(view, out_of_distribution)
    found: dict[str, _Curves] = {}
    for name, points in _ensembles(members):
        curves = found[name] = _Curves(view, labels, strange)
        for label, point in points:
            curves.add(label, point)
        if not curves.labels:
            raise InputError(f"the ensemble {name!r} has no members; expected points: [point, point, …]")
        on_event(Note(f"{name}: {curves.words()}"))
    if not found:
        raise InputError("members are empty; expected points: [point, point, …], or several ensembles by names")
    return _dataset(view, strange, found, place)


def _view(objective: Objective | Mapping[str, Objective]) -> Objective:
    """What the members are measured on.

    Raises:
        InputError: no objective, or no classifier with one class an example.
    """
    one = (objective.get("test") or next(iter(objective.values()), None)) if isinstance(objective, Mapping) else objective
    if not isinstance(one, Objective):
        raise InputError(f"objective is a {type(objective).__name__}; expected an Objective, or a dict: {{'train': …, 'test': …}}")
    if one.in_training:
        one = replace(one, in_training=False, augment=None, autocast=None, bn="eval")
    targets = one.data.targets()
    if one.loss_name != "cross_entropy" or targets is None or targets.ndim != 1 or targets.is_floating_point():
        came = "no targets" if targets is None else f"targets of {targets.dtype} and shape {tuple(targets.shape)}"
        raise InputError(f"an ensemble averages probabilities of classes, and got the loss {one.loss_name!r} with {came}; expected "
                         "cross_entropy with one class an example")
    if isinstance(objective, Mapping) and one.bn == "recompute" and one.bn_data is None and "train" in objective:
        one = one.with_bn("recompute", data=objective["train"].data)
    return in_large_batches(one)


def _strange(view: Objective, given: Any) -> Objective:
    """The same network on other inputs."""
    if isinstance(given, Tensor):
        given = (given, torch.zeros(len(given), dtype=torch.int64))
    data = given.data if isinstance(given, Objective) else Batches.of(given)
    bn_data = view.bn_data or view.data
    other = view.with_data(data)
    return in_large_batches(other.with_bn("recompute", data=bn_data) if view.bn == "recompute" else other)


def _ensembles(members: Any) -> Iterator[tuple[str, Iterator[tuple[str, Mapping[str, Tensor]]]]]:
    """Names of ensembles with their named points."""
    if isinstance(members, Mapping) and members and not any(map(_is_point, (members, *members.values()))):
        for name, points in members.items():
            yield str(name), _points(points)
    else:
        yield "ensemble", _points(members)


def _points(points: Any) -> Iterator[tuple[str, Mapping[str, Tensor]]]:
    if _is_point(points) or isinstance(points, str | Tensor) or not isinstance(points, Iterable):
        raise InputError(f"members are a {'point' if _is_point(points) else type(points).__name__}; expected several points: "
                         "[point, point, …], {'a': point, …}, or la.subspace_members(…)")
    listed = points.items() if isinstance(points, Mapping) else ((str(number), point) for number, point in enumerate(points, 1))
    for label, point in listed:
        yield str(label), point


def _is_point(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value) and all(isinstance(tensor, Tensor) for tensor in value.values())


# ---- one ensemble ---------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class _Curves:
    """What is known of an ensemble after each of its members."""

    view: Objective
    y: Tensor
    strange: Objective | None
    labels: list[str] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    classes: list[Tensor] = field(default_factory=list)
    total: Tensor | float = 0.0
    total_strange: Tensor | float = 0.0

    def add(self, label: str, point: Mapping[str, Tensor]) -> None:
        """Measure a member, and the ensemble with it."""
        own = self.view.conform(point, what=f"the member {label}")
        self._check_statistics(own, label)
        p = _probabilities(self.view, own)
        if not p.shape[1] > int(self.y.max()):
            raise InputError(f"the member {label} answers {p.shape[1]} classes, and the data have the class {int(self.y.max())}")
        self.labels.append(label)
        self.digests.append(digest(own))
        self.total, many = self.total + p, len(self.labels)
        q = None
        if self.strange is not None:
            q = _probabilities(self.strange, own)
            self.total_strange = self.total_strange + q
        self.classes.append(_answers(p))
        mean, mean_strange = self.total / many, None if q is None else self.total_strange / many
        row = {**self._scores(mean, mean_strange), **self._disagreement(p.shape[1])}
        row |= {f"member_{name}": value for name, value in self._scores(p, q).items() if not name.endswith("_stderr")}
        diagram = reliability(mean, self.y)
        row |= {"bin_confidence": diagram.confidence.numpy(), "bin_accuracy": diagram.accuracy.numpy(), "bin_count": diagram.counts.numpy()}
        self.rows.append(row)

    def _check_statistics(self, point: Mapping[str, Tensor], label: str) -> None:
        if self.view.bn != "eval" or not self.view.has_batchnorm:
            return
        if lacking := [name for name in self.view.buffers if is_running_statistic(name) and name not in point]:
            raise InputError(f"the member {label} lacks running statistics of BatchNorm, e.g. {lacking[0]!r}; expected a point with them, "
                             "or objective.with_bn('recompute', data=train.data)")

    def _scores(self, p: Tensor, q: Tensor | None) -> dict[str, float]:
        """Scores of probabilities (n, C), and of telling the data from others with probabilities q."""
        out = {}
        for name, (_, values_of) in SCORES.items():
            values = values_of(p, self.y)
            out |= {name: float(values.mean()), f"{name}_stderr": standard_error(values)}
        if q is not None:
            known, other = p.max(1).values, q.max(1).values
            out |= {"auroc": auroc(known, other), "auroc_stderr": auroc_stderr(known, other),
                    "auroc_entropy": auroc(-_entropy(p), -_entropy(q))}
        return out

    def _disagreement(self, classes: int) -> dict[str, float]:
        """Of the members so far: the mean over pairs with its error over examples, and the diversity."""
        many = len(self.classes)
        if many < 2:
            return dict.fromkeys(("disagreement", "disagreement_stderr", "diversity"), np.nan)
        answers = torch.stack(self.classes)
        votes = torch.stack([(answers == c).sum(0) for c in range(classes)], 1).to(torch.float64)
        differing = 1 - (votes * (votes - 1)).sum(1) / (many * (many - 1))
        differing = torch.where(answers.isnan().any(0), torch.nan, differing)
        matrix = self.matrix()
        return {"disagreement": float(differing.mean()), "disagreement_stderr": standard_error(differing),
                "diversity": float(np.mean(_diversity(matrix, self.errors())))}

    def matrix(self) -> np.ndarray:
        """The share of examples on which two members disagree, shape (K, K)."""
        answers = torch.stack(self.classes)
        return np.stack([_differing(answers, answer).mean(1).cpu().numpy() for answer in answers])

    def errors(self) -> np.ndarray:
        """Of the members alone, shape (K,)."""
        return np.array([float(_differing(answer, self.y).mean()) for answer in self.classes])

    def words(self) -> str:
        last, many = self.rows[-1], len(self.rows)
        said = f"{many} member{'s' if many > 1 else ''}, error {100 * last['error']:.3g} %, NLL {last['nll']:.3g}"
        return said + (f", disagreement {100 * last['disagreement']:.3g} %" if many > 1 else "")


def _probabilities(view: Objective, point: Mapping[str, Tensor]) -> Tensor:
    """Softmax of the logits, shape (n, C), float64."""
    found = logits(view, point)
    if found.ndim != 2:
        raise InputError(f"the network answers logits of shape {tuple(found.shape)}; expected (n, classes)")
    return torch.softmax(found.to(torch.float64), 1)


def _answers(p: Tensor) -> Tensor:
    """The class of every example, shape (n,), float64; NaN where probabilities are."""
    return torch.where(p.isnan().any(1), torch.nan, p.argmax(1).to(torch.float64))


def _differing(a: Tensor, b: Tensor) -> Tensor:
    """1 where two answers differ, 0 where they agree, NaN where there is none."""
    return torch.where(a.isnan() | b.isnan(), torch.nan, (a != b).to(torch.float64))


def _entropy(p: Tensor) -> Tensor:
    return torch.special.entr(p).sum(1)


def _diversity(matrix: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Disagreement with the others over the member's own error, mean over others, shape (K,); NaN where it errs nowhere."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return matrix.sum(1) / (len(matrix) - 1) / errors


# ---- the result -----------------------------------------------------------------------------------------------------


def _quantities(most: int, strange: bool) -> list[Quantity]:
    words = {name: said for name, (said, _) in SCORES.items()}
    words |= {"auroc": "AUROC of strange inputs, by confidence"} if strange else {}
    listed = [Quantity(key, text) for name, said in words.items()
              for key, text in ((name, said), (f"{name}_stderr", f"standard error of the {said}"))]
    listed += [Quantity("auroc_entropy", "AUROC of strange inputs, by entropy")] if strange else []
    listed += [Quantity("disagreement", "disagreement"), Quantity("disagreement_stderr", "standard error of the disagreement"),
               Quantity("diversity", "disagreement over 1 − accuracy")]
    listed += [Quantity(f"member_{name}", f"{said}, of a member alone") for name, said in words.items()]
    listed += [Quantity("member_diversity", "disagreement with the others over 1 − accuracy, of a member alone"),
               Quantity("disagreement_with", "disagreement", dims=(("other", most),)),
               Quantity("bin_confidence", "confidence", dims=(("bin", BINS),)), Quantity("bin_accuracy", "accuracy", dims=(("bin", BINS),)),
               Quantity("bin_count", "examples", dims=(("bin", BINS),))]
    return listed


def _dataset(view: Objective, strange: Objective | None, found: Mapping[str, _Curves], place: tuple[Path, str] | None) -> xr.Dataset:
    names, most = list(found), max(len(curves.rows) for curves in found.values())
    quantities = _quantities(most, strange is not None)
    grids = {q.name: np.full((len(names), most, *q.shape), np.nan) for q in quantities}
    for i, curves in enumerate(found.values()):
        many = len(curves.rows)
        matrix = curves.matrix()
        grids["disagreement_with"][i, :many, :many] = matrix
        grids["member_diversity"][i, :many] = _diversity(matrix, curves.errors()) if many > 1 else np.nan
        for k, row in enumerate(curves.rows):
            for name in row.keys() & grids.keys():
                grids[name][i, k] = row[name]
    words = getattr(strange.data, "words", f"{strange.data.n_examples:,} other examples") if strange is not None else None
    attrs = {**loss(view).about(), "kind": "scan", "family": "ensemble", "title": f"{type(view.module).__name__}: ensembles", "notes": [],
             "panels": [name for name in PANELS if name in grids], "labels": {"ensemble": names}, "n_parameters": size(view.params),
             "member_names": {name: curves.labels for name, curves in found.items()}} | ({"out_of_distribution": words} if words else {})
    spec = {"ensembles": {name: curves.digests for name, curves in found.items()}, "objective": view.spec(),
            "out_of_distribution": None if strange is None else strange.data.digest(), "bins": BINS}
    coords = {"ensemble": np.arange(len(names), dtype=np.float64), "members": np.arange(1, most + 1, dtype=np.float64)}
    return finished(place, spec=spec, attrs=attrs, coords=coords, quantities=quantities, grids=grids)
