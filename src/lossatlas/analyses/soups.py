"""Merging networks: soups (Wortsman et al. 2022, "Model soups: averaging weights of multiple fine-tuned models"; METHODS H6).

The average of all points (uniform), or greedily: in the order of their held-out errors, each is kept if with it the held-out error of the
average does not grow, so that the soup is no worse than its best ingredient on the data that judge. Running statistics of BatchNorm are
estimated anew on the training data. Whether an average will work is said before it is made by :mod:`.merging`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
import xarray as xr
from torch import Tensor

from ..errors import InputError
from ..names import MatchMethod, MergeMethod, choose
from ..objective import Objective
from ..pairs import Objectives
from ..params import Params, without_running_statistics
from ..probes import loss
from ..run.events import Listener, Note, ignore
from .averaging import mean_of, training_part, with_statistics
from .barrier import comparing
from .merging import add, matched, middle_of, named_points, plain_values, predicted


@dataclass(frozen=True, eq=False)
class Merged:
    """An average of networks.

    Attributes:
        point: the average, with running statistics of its own where the network has BatchNorm.
        kept: names of the points in it. method: uniform or greedy.
        judged_on: of greedy, how many held-out examples chose them, and whether they are the test data of a pair; "" of uniform.
        predicted, measured: the loss of the average predicted from the pairs of those in it, and the measured one; on training data, or
            the first of a pair.
        numbers: over ``point`` (those given, and "merged"), perhaps ``split``: ``loss`` and ``error`` with ``_stderr``.
    """

    point: Params = field(repr=False)
    kept: tuple[str, ...]
    method: MergeMethod
    judged_on: str
    predicted: float
    measured: float
    numbers: xr.Dataset = field(repr=False)


def merge(
    objective: Objectives, points: Any, *, method: MergeMethod = "uniform", validation: Objective | None = None,
    base: Mapping[str, Tensor] | None = None, match: MatchMethod | None = None, on_event: Listener = ignore,
) -> Merged:
    """The average of networks; :func:`merge_check` says before whether it will work.

    Args:
        objective: as of :func:`merge_check`; running statistics of BatchNorm are estimated on the training data.
        points: at least two, ``{"a": point, …}`` or a list.
        method: ``uniform``, or ``greedy`` (Wortsman et al. 2022): in the order of their held-out errors (of what does not classify,
            losses), each is kept if with it the held-out error of the average does not grow.
        validation: of greedy, the held-out data that it judges on, which are then no longer unseen:
            ``objective.with_data((x, y))``.
        base: the common ancestor; with ``match``, what all are matched to (default: the first point).
        match: permute neurons first, by ``weights`` or ``activations`` (:func:`lossatlas.match`).

    Raises:
        InputError: fewer than two points, greedy without validation data (or these without greedy, or the objective's own), points of
            another network.
    """
    choose(method, MergeMethod, "method")
    if (method == "greedy") != (validation is not None):
        came = "without" if validation is None else "with"
        raise InputError(f"method is {method!r} {came} validation; expected held-out data for greedy alone: method='greedy', "
                         "validation=objective.with_data((x, y))")
    measured, one = comparing(objective), training_part(objective)
    named = named_points(points, one)
    if match is not None:
        choose(match, MatchMethod, "match")
        named = matched(one, named, base, match, on_event)
    kept, judged_on = list(named), ""
    if validation is not None:
        judge = _judge(validation, one)
        kept, judged_on = _greedy(judge, named, on_event), f"{judge.data.n_examples:,} held-out examples{_seen(judge, measured)}"
    point = with_statistics(one, mean_of(named[name] for name in kept))
    probe = loss(measured)
    rows = {name: plain_values(probe(p)) for name, p in {**named, "merged": point}.items()}
    middles = {(i, j): plain_values(probe(middle_of(named[kept[i]], named[kept[j]]))) for i, j in combinations(range(len(kept)), 2)}
    expected, _ = predicted([rows[name] for name in kept], middles, "loss")
    splits = list(measured) if isinstance(measured, Mapping) else None
    found = [float(np.ravel(value)[0]) for value in (expected, rows["merged"]["loss"])]
    return Merged(point, tuple(kept), method, judged_on, *found, _numbers(rows, splits))


def _judge(validation: Any, one: Objective) -> Objective:
    """What greedy judges on, with running statistics of the training data.

    Raises:
        InputError: no objective, or the training data themselves.
    """
    if not isinstance(validation, Objective):
        raise InputError(f"validation is a {type(validation).__name__}; expected an objective on held-out data: "
                         "objective.with_data((x, y))")
    if validation.data.digest() == one.data.digest():
        raise InputError("validation has the data of the objective itself; expected held-out data: objective.with_data((x, y))")
    judge: Objective = comparing(validation)
    return judge.with_bn("recompute", data=one.bn_data or one.data) if judge.bn == "recompute" and judge.bn_data is None else judge


def _seen(judge: Objective, measured: Any) -> str:
    """Whether some numbers of the result are of the data that chose, in words."""
    same = [name for name, o in measured.items() if o.data.digest() == judge.data.digest()] if isinstance(measured, Mapping) else []
    return f", those of {same[0]!r}: its numbers are no longer those of unseen data" if same else ""


def _greedy(judge: Objective, named: Mapping[str, Params], on_event: Listener) -> list[str]:
    """Names of the points whose average is no worse with them than without."""
    probe = loss(judge)

    def worth(point: Params) -> float:
        found = plain_values(probe(without_running_statistics(point) if judge.bn == "recompute" else point))
        return float(found.get("error", found["loss"]))

    alone = {name: worth(point) for name, point in named.items()}
    order = sorted(named, key=lambda name: (np.isnan(alone[name]), alone[name]))
    kept, best = order[:1], alone[order[0]]
    for name in order[1:]:
        together = worth(mean_of(named[other] for other in (*kept, name)))
        on_event(Note(f"with {name}: {together:.4g}, without: {best:.4g}; {'kept' if together <= best else 'left out'}"))
        if together <= best:
            kept, best = [*kept, name], together
    return kept


def _numbers(rows: Mapping[str, Mapping[str, np.ndarray]], splits: list[str] | None) -> xr.Dataset:
    ds = xr.Dataset(coords={"point": list(rows)} | ({"split": splits} if splits else {}))
    for name in ("loss", "loss_stderr", "error", "error_stderr"):
        if all(name in row for row in rows.values()):
            add(ds, name, np.stack([row[name] for row in rows.values()]), ("point",), name.replace("_stderr", ", standard error"))
    return ds
