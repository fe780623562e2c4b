"""Before networks are merged: will their average work (METHODS H1, H6)?

The average of networks is as good as they are where they lie in one linearly connected basin, as fine-tunings of a common ancestor at
moderate learning rates do, and bad where a barrier lies between them, as between independent trainings. So a check comes first:

* the rise of loss and error on the straight line between any two of the points, above the line between the values at its ends; where a
  common ancestor is given, also from it to each, which tells who left its basin, and the cosine of what training added to it. Below 2 %
  error Frankle et al. (2020) call networks linearly connected, and that is the threshold here. Their barrier is above the mean of the
  ends, the rise here above the chord, so that ends of unequal quality cost nothing; between equal ones the two are the same. Of networks
  that do not classify no threshold is published: a loss 5 % of the mean of the ends above the chord counts as a rise.
* where a line rises, what matching neurons first would bring (:func:`lossatlas.match`).
* the loss of the average, predicted from the pairs. On a quadratic surface L(Σ w_i θ_i) = Σ w_i L_i − 4 Σ_{i<j} w_i w_j c_ij exactly,
  where c_ij is how far the middle between i and j lies below the mean of its ends. Of two points it is the measured middle, of more an
  extrapolation from all pairs, which needs no more than the check has measured.

:func:`lossatlas.merge` then averages (:mod:`.soups`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import xarray as xr
from torch import Tensor

from ..errors import InputError, LossAtlasError
from ..names import MatchMethod, choose
from ..objective import Objective
from ..pairs import Objectives, first_of, trained_on
from ..params import Params, cosine, difference, digest, lincomb, norm, without_running_statistics
from ..probes import loss
from ..run.events import Listener, Note, ignore
from ..subsets import subset
from ..symmetry import Match
from ..symmetry import match as match_neurons
from .barrier import barrier, chord, comparing
from .instability import STABLE

#: Points on a line: the middle is one of them.
POINTS = 11
#: Examples that neurons are matched on.
MATCHED_ON = 1000
#: The rise of a loss over the mean of the ends that counts where there is no error to look at; our choice.
LOSS_RISE = 0.05
#: What a line tells: name -> words.
_ALONG = {"loss_barrier": "loss barrier", "loss_barrier_stderr": "standard error of the loss barrier",
          "error_rise": "rise of the error above the chord", "error_barrier": "error barrier"}


def merge_check(
    objective: Objectives, points: Any, *, base: Mapping[str, Tensor] | None = None, match: MatchMethod | None = "weights",
    on_event: Listener = ignore,
) -> xr.Dataset:
    """Whether the average of points will work, said before it is made.

    Args:
        objective: one, or a ``{"train": …, "test": …}`` pair; measured as by :func:`~lossatlas.barrier`.
        points: at least two, ``{"a": point, …}`` or a list.
        base: the common ancestor, such as the weights before fine-tuning.
        match: how neurons would be matched (:func:`lossatlas.match`), tried on the pairs whose line rises; None: not at all.

    Returns:
        A Dataset of kind "matrix" with dims a and b, the points: ``loss_barrier`` (with ``_stderr`` over examples), ``error_barrier``
        and ``error_rise`` of classifiers, ``distance``, ``cosine`` (of what training added to the base; without one, of the weights),
        ``aligned_loss_barrier``, ``aligned_error_rise`` and ``alignment_gain`` (by how much matching lowers the loss barrier) where it
        was tried; with a base ``base_loss_barrier``, ``base_error_rise`` and ``base_distance`` of every point. ``point_loss`` and
        ``point_error`` of the points, ``predicted_loss`` (with ``_stderr``) and ``predicted_error`` of the uniform average. A pair of
        objectives has the dim ``split``. ``attrs["verdict"]`` is "works", "match first" or "fails" and ``attrs["reason"]`` says
        why in words. What is not finite is NaN, and fails.

    Raises:
        InputError: fewer than two points, two equal ones, points of another network.
    """
    if match is not None:
        choose(match, MatchMethod, "match")
    measured = comparing(objective)
    named = named_points(points, first_of(measured))
    names = list(named)
    found: dict[str, np.ndarray] = {}
    ends: dict[int, dict[str, Any]] = {}
    middles: dict[tuple[int, int], dict[str, Any]] = {}
    splits = list(measured) if isinstance(measured, Mapping) else None
    shape = (len(names), len(names), *([len(splits)] if splits else []))
    for i, j in combinations(range(len(names)), 2):
        on_event(Note(f"line between {names[i]} and {names[j]}"))
        line = _line(measured, named[names[i]], named[names[j]])
        for key, value in line.along.items():
            found.setdefault(key, np.zeros(shape))[i, j] = found[key][j, i] = value
        middles[i, j], ends[i], ends[j] = line.middle, line.first, line.last
    if base is not None:
        start = first_of(measured).conform(base, what="the base")
        lines = [_line(measured, start, point) for point in named.values()]
        found |= {f"base_{key}": np.stack([line.along[key] for line in lines]) for key in lines[0].along}
    limit = _limit(found, ends)
    tried: dict[str, Any] = {} if match is None else _aligned(measured, named, found, limit, match, on_event)
    ds = _dataset(named, found | tried.get("found", {}), splits)
    ds = _with_distances(ds, named, base, first_of(measured))
    for key, words in (("loss", "loss"), ("error", "error")):
        if key in ends[0]:
            add(ds, f"point_{key}", np.stack([ends[k][key] for k in range(len(names))]), ("a",), f"{words} of a point")
            value, stderr = predicted([ends[k] for k in range(len(names))], middles, key)
            add(ds, f"predicted_{key}", value, (), f"predicted {words} of the average")
            if stderr is not None:
                add(ds, f"predicted_{key}_stderr", stderr, (), f"standard error of the predicted {words}, over examples")
    o = first_of(measured)
    ds.attrs |= {"kind": "matrix", "title": f"{type(o.module).__name__}: will the average work?", "bn": o.bn, "match": match,
                 "points": POINTS, "notes": tried.get("notes", []), **_verdict(ds, limit, match)}
    return ds


# ---- points ---------------------------------------------------------------------------------------------------------


def named_points(points: Any, objective: Objective) -> dict[str, Params]:
    """The points by name, as those of the objective.

    Raises:
        InputError: fewer than two, equal ones, a name that the average has.
    """
    single = isinstance(points, Mapping) and any(isinstance(value, Tensor) for value in points.values())
    if single or isinstance(points, str | Tensor) or not isinstance(points, Iterable):
        raise InputError(f"points are a {'point' if single else type(points).__name__}; expected at least two: {{'a': point, 'b': point}}")
    listed = dict(points) if isinstance(points, Mapping) else {str(k): point for k, point in enumerate(points, 1)}
    if len(listed) < 2 or "merged" in listed:
        came = "a point named 'merged', as the average is" if "merged" in listed else f"{len(listed)} of them"
        raise InputError(f"points are {came}; expected at least two to average: {{'a': point, 'b': point}}")
    named = {str(name): objective.conform(point, what=f"the point {name}") for name, point in listed.items()}
    seen: dict[str, str] = {}
    for name, point in named.items():
        if (same := seen.setdefault(digest(without_running_statistics(point)), name)) != name:
            raise InputError(f"the points {same} and {name} are equal; expected different ones: leave one of them out")
    return named


def middle_of(a: Params, b: Params) -> Params:
    return lincomb([0.5, 0.5], [without_running_statistics(a), without_running_statistics(b)])


def matched(objective: Objective, named: dict[str, Params], base: Any, method: MatchMethod, on_event: Listener) -> dict[str, Params]:
    """The points with their neurons permuted onto those of the base, or of the first point."""
    reference = next(iter(named.values())) if base is None else objective.conform(base, what="the base")
    out = {}
    for name, point in named.items():
        if point is not reference:
            on_event(Note(f"matching the neurons of {name}"))
        out[name] = point if point is reference else _onto(objective, reference, point, method).point
    return out


def _onto(objective: Objective, a: Params, b: Params, method: MatchMethod) -> Match:
    """b matched to a; a part of the data is enough for that."""
    few = objective if objective.data.n_examples <= MATCHED_ON else objective.with_data(subset(objective.data, MATCHED_ON, seed=0))
    return match_neurons(few, a, b, method)


# ---- lines ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Line:
    """What a line tells, each of shape () or (split,), and the values (with those of groups of examples) at its ends and middle."""

    along: dict[str, np.ndarray]
    first: dict[str, np.ndarray]
    middle: dict[str, np.ndarray]
    last: dict[str, np.ndarray]


def _line(measured: Any, a: Params, b: Params) -> _Line:
    """The straight line between two points; between equal ones nothing rises."""
    if digest(without_running_statistics(a)) == digest(without_running_statistics(b)):
        values = plain_values(loss(measured)(a))
        names = [name for name in _ALONG if "error" in values or not name.startswith("error")]
        return _Line(dict.fromkeys(names, 0 * values["loss"]), values, values, values)
    ds = barrier(measured, a, b, points=POINTS, plan="plain")
    along = {name: ds[name].values for name in _ALONG if name in ds}
    if "error" in ds:
        rise = ds["error"] - chord(ds["error"], "alpha")
        along["error_rise"] = rise.max("alpha", skipna=False).values
    places = [{name: ds[name].isel(alpha=k).values for name in ("loss", "loss_groups", "error") if name in ds}
              for k in (0, POINTS // 2, POINTS - 1)]
    return _Line(along, *places)


def _limit(found: Mapping[str, np.ndarray], ends: Mapping[int, Mapping[str, np.ndarray]]) -> Any:
    """What counts as a rise: of the error, or of a loss."""
    return STABLE if "error_rise" in found else LOSS_RISE * abs(np.mean([ends[k]["loss"] for k in ends], axis=0))


def _rises(found: Mapping[str, Any], limit: Any, prefix: str = "") -> np.ndarray:
    """Where lines rise, over all splits; NaN rises."""
    values = np.asarray(found[f"{prefix}error_rise" if f"{prefix}error_rise" in found else f"{prefix}loss_barrier"])
    return ~(values <= limit)


def _aligned(measured: Any, named: Mapping[str, Params], found: Mapping[str, np.ndarray], limit: Any, method: MatchMethod,
             on_event: Listener) -> dict[str, Any]:
    """The same of the pairs whose line rises after their neurons were matched; where that cannot be done, why not."""
    rises = _rises(found, limit)
    names, notes, out = list(named), [], {}
    for i, j in combinations(range(len(names)), 2):
        if not rises[i, j].any():
            continue
        on_event(Note(f"matching {names[j]} to {names[i]}"))
        try:
            turned = _onto(trained_on(measured), named[names[i]], named[names[j]], method)
        except LossAtlasError as error:
            notes.append(f"neurons of {names[i]} and {names[j]} could not be matched: {error}")
            continue
        if not turned.groups:
            notes.append(f"no symmetries of the network were found by which {names[i]} and {names[j]} could be matched")
            continue
        line = _line(measured, named[names[i]], turned.point)
        for key in ("loss_barrier", "error_rise"):
            if key in line.along:
                grid = out.setdefault(f"aligned_{key}", np.full_like(found[key], np.nan))
                grid[i, j] = grid[j, i] = line.along[key]
    if "aligned_loss_barrier" in out:
        out["alignment_gain"] = found["loss_barrier"] - out["aligned_loss_barrier"]
    return {"found": out, "notes": notes}


# ---- prediction -----------------------------------------------------------------------------------------------------


def predicted(
    ends: Sequence[Mapping[str, np.ndarray]], middles: Mapping[tuple[int, int], Mapping[str, np.ndarray]], key: str,
) -> tuple[np.ndarray, np.ndarray | None]:
    """The value at the uniform average as a quadratic surface would have it, and its standard error over groups of examples."""
    def at(name: str) -> np.ndarray:
        values = [np.asarray(end[name], dtype=float) for end in ends]
        below = sum(((values[i] + values[j]) / 2 - middle[name] for (i, j), middle in middles.items()), np.zeros_like(values[0]))
        return np.mean(values, axis=0) - 4 * below / len(ends) ** 2

    if f"{key}_groups" not in ends[0]:
        return at(key), None
    groups = at(f"{key}_groups")
    there = np.isfinite(groups)
    if there.sum(-1).min() < 2:
        return at(key), np.full(groups.shape[:-1], np.nan)
    return at(key), np.nanstd(np.where(there, groups, np.nan), axis=-1, ddof=1) / np.sqrt(there.sum(-1))


def plain_values(values: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    """Values of a probe as arrays, with an error where there is an accuracy."""
    out = {name: value.detach().cpu().numpy() for name, value in values.items()}
    if "accuracy" in out and "error" not in out:
        out |= {"error": 1 - out["accuracy"], "error_stderr": out["accuracy_stderr"]}
    return out


# ---- results --------------------------------------------------------------------------------------------------------


def _dataset(named: Mapping[str, Params], found: Mapping[str, np.ndarray], splits: list[str] | None) -> xr.Dataset:
    ds = xr.Dataset(coords={"a": list(named), "b": list(named)} | ({"split": splits} if splits else {}))
    words = {**_ALONG, **{f"aligned_{key}": f"{said} after matching" for key, said in _ALONG.items()},
             **{f"base_{key}": f"{said} from the base" for key, said in _ALONG.items()},
             "alignment_gain": "loss barrier that matching takes away"}
    for key, value in found.items():
        add(ds, key, value, ("a",) if key.startswith("base_") else ("a", "b"), words[key])
    return ds


def add(ds: xr.Dataset, name: str, values: Any, dims: tuple[str, ...], words: str) -> None:
    """A variable; with splits, these are its last dim."""
    values = np.asarray(values, dtype=float)
    ds[name] = (dims + (("split",) if values.ndim > len(dims) else ()), values, {"long_name": words, "units": ""})


def _with_distances(ds: xr.Dataset, named: Mapping[str, Params], base: Any, objective: Objective) -> xr.Dataset:
    """How far the points are apart, and the cosines of what training added to the base, or of the weights."""
    own = [{name: point[name] for name in objective.params} for point in named.values()]
    start = None if base is None else {name: tensor for name, tensor in objective.conform(base).items() if name in objective.params}
    added = own if start is None else [difference(point, start) for point in own]
    pairs = range(len(own))
    add(ds, "distance", [[norm(difference(own[i], own[j])) for j in pairs] for i in pairs], ("a", "b"), "distance of the weights")
    add(ds, "cosine", [[cosine(added[i], added[j]) for j in pairs] for i in pairs], ("a", "b"),
         "cosine of the weights" if start is None else "cosine of the ways from the base")
    if start is not None:
        add(ds, "base_distance", [norm(way) for way in added], ("a",), "distance from the base")
    return ds


def _verdict(ds: xr.Dataset, limit: Any, match: str | None) -> dict[str, Any]:
    """Whether the average will work, in a word and in words."""
    classifies = "error_rise" in ds
    key = "error_rise" if classifies else "loss_barrier"
    off = ~np.eye(ds.sizes["a"], dtype=bool)
    rising = _rises({key: ds[key].values}, limit)
    rising[~off] = False
    said = "below 2 %, linearly connected in the sense of Frankle et al. 2020" if classifies else "within 5 % of the loss at the ends"
    worst, where = _worst(ds[key])
    what, above = "error" if classifies else "loss", "above the line between its ends"
    if not rising.any():
        return {"verdict": "works", "reason": f"the {what} rises at most {_amount(worst, classifies)} {above} (between {where}): {said}"}
    reason = (f"between {where} the {what} rises {_amount(worst, classifies)} {above}, where at most "
              f"{_amount(float(np.max(limit)), classifies)} counts as connected")
    if "base_" + key in ds and (left := _left(ds["base_" + key], limit)):
        reason += f"; {left} left the basin of the base"
    if (aligned := f"aligned_{key}") not in ds:
        return {"verdict": "fails", "reason": reason}
    after = np.where(rising, ds[aligned].values, 0.0)
    left_over, _ = _worst(ds[aligned])
    if bool((after <= limit).all()):
        return {"verdict": "match first", "reason": f"{reason}; matching neurons by {match} brings it to {_amount(left_over, classifies)}"}
    return {"verdict": "fails", "reason": f"{reason}; matching neurons by {match} leaves {_amount(left_over, classifies)}"}


def _worst(values: xr.DataArray) -> tuple[float, str]:
    """The highest rise over all pairs and splits, and between which points; NaN is the highest."""
    over = values.transpose("a", "b", ...).values.reshape(values.sizes["a"], values.sizes["b"], -1).copy()
    empty = np.isnan(over) if str(values.name).startswith("aligned_") else np.zeros_like(over, dtype=bool)
    over[np.isnan(over) & ~empty], over[empty] = np.inf, -np.inf
    over[np.eye(len(over), dtype=bool)] = -np.inf
    i, j, k = np.unravel_index(over.argmax(), over.shape)
    worst = float(over[i, j, k])
    return (worst if np.isfinite(worst) else np.nan), f"{values['a'].values[i]} and {values['b'].values[j]}"


def _left(values: xr.DataArray, limit: Any) -> str:
    """The points on the way to which the loss rises."""
    rises = ~(values.transpose("a", ...).values <= limit)
    return ", ".join(str(name) for name, up in zip(values["a"].values, rises.reshape(len(rises), -1).any(1), strict=True) if up)


def _amount(value: float, classifies: bool) -> str:
    if not np.isfinite(value):
        return "to what is not finite"
    return f"{100 * value:.2g} %" if classifies else f"{value:.3g}"
