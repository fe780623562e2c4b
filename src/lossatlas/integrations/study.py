"""A study as a result: every trial a point on the dim ``trial``, with what it tried, what came of it and how long it took.

Values and numeric parameters are numbers. What has words (a categorical parameter, the state of a trial, an attribute that is text) is
the number of its word, and ``attrs["choices"]`` has the words; choices that are all numbers stay numbers. What a trial lacks is NaN:
a parameter of another branch of the search space, the value of a pruned or failed trial.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from ..result.finished import finished, free_place
from ..result.schema import FLAG, RESERVED, STEP, Quantity

if TYPE_CHECKING:
    import xarray as xr

#: Where a trial keeps a measure that was reported during training: this, its name, @, the step.
REPORTED = "lossatlas:"
TRIAL = "trial"
#: States of a trial, in the order in which they are numbered.
STATES = ("running", "complete", "pruned", "fail", "waiting")
#: Measures that have a shorter name on an axis.
WORDS = {"lambda_max": "λ1 of the Hessian", "trace": "trace of the Hessian", "stability": "λ1 over the stability threshold"}


def study_dataset(study: Any, *, names: Sequence[str] = (), store: str | Path | None = None) -> xr.Dataset:
    """A study of Optuna as a result of kind "scan" over the dim ``trial``, which every figure, store and the viewer take.

    Args:
        study: finished or not; trials that run are there without a value.
        names: of the objective values, in their order (default: the study's metric names, else ``value``, or ``value_0``, …).
        store: ``PATH.zarr/GROUP`` to keep it, for ``lossatlas plot`` and ``lossatlas view``.

    Returns:
        A Dataset with, on ``trial``: the objective values, ``best`` (the best feasible value so far) or ``pareto`` (of several objectives:
        not dominated), ``param_<name>``, the user attributes by their names (so ``lambda_max`` beside ``lambda_max_stderr``;
        ``user_<name>`` where the name is taken), ``constraint_<name>`` and ``feasible``, ``state``, ``duration`` and ``started`` (s).
        On ``trial`` and ``step``: ``intermediate``, and a measure that was reported in training as ``intermediate_<name>``.
        attrs: ``directions``, ``choices``, ``study``, ``panels``, ``best_trials``, ``notes``.

    Raises:
        InputError: not a study, or one without trials.
        StoreError: the store cannot be written, or holds a result there.
    """
    if not hasattr(study, "get_trials") or not hasattr(study, "directions"):
        raise InputError(f"study is a {type(study).__name__}; expected an optuna.Study: optuna.load_study(…)")
    trials = study.get_trials(deepcopy=False)
    if not trials:
        raise InputError(f"study {study.study_name!r} has no trials; expected at least 1: study.optimize(objective, n_trials=20)")
    place = free_place(store)
    table = _Table(len(trials))
    values = _outcomes(table, study, trials, names)
    _parameters(table, trials)
    measures = _attributes(table, trials)
    _constraints(table, trials)
    table.words("state", [trial.state.name.lower() for trial in trials], "state of the trial", known=STATES)
    _times(table, trials)
    steps = _reports(table, trials)
    attrs = _about(study, trials, table, [*values, *measures], steps)
    spec = {"study": study.study_name, "directions": attrs["directions"], "trials": len(trials), "complete": attrs["complete_trials"]}
    return finished(place, spec=spec, attrs=attrs, coords={TRIAL: np.array([float(trial.number) for trial in trials])},
                    quantities=table.quantities, grids=table.grids)


class _Table:
    """Columns of numbers under names of their own."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.quantities: list[Quantity] = []
        self.grids: dict[str, np.ndarray] = {}
        self.choices: dict[str, list[str]] = {}

    def add(self, name: str, numbers: Sequence[float] | np.ndarray, words: str, units: str = "", dims: tuple[tuple[str, int], ...] = (), *,
            otherwise: str = "") -> str:
        """A column, under this name, else ``otherwise``, else one with a number; the name it got."""
        safe = [_safe(one) for one in (name, otherwise) if one]
        taken = {*self.grids, *RESERVED, TRIAL, STEP} - {"loss"}
        free = next((one for one in safe if one not in taken), None) or next(
            f"{safe[-1]}_{k}" for k in range(2, len(taken) + 3) if f"{safe[-1]}_{k}" not in taken)
        self.quantities.append(Quantity(free, words, units, dims))
        self.grids[free] = np.asarray(numbers, dtype=np.float64)
        return free

    def words(self, name: str, said: Sequence[str | None], words: str, *, known: Sequence[str] = (), otherwise: str = "") -> str:
        """A column of words as their numbers; None is NaN."""
        choices = list(dict.fromkeys([*known, *(word for word in said if word is not None)]))
        numbers = [math.nan if word is None else float(choices.index(word)) for word in said]
        free = self.add(name, numbers, words, otherwise=otherwise)
        self.choices[free] = choices
        return free


def _safe(name: str) -> str:
    """A name that a variable can have."""
    return "".join("_" if letter in "/\\\0" else letter for letter in name).lstrip(".") or "_"


def _outcomes(table: _Table, study: Any, trials: Sequence[Any], names: Sequence[str]) -> list[str]:
    """The objective values, with the best so far or who is not dominated."""
    count = len(study.directions)
    names = list(names) or study.metric_names or (["value"] if count == 1 else [f"value_{k}" for k in range(count)])
    if len(names) != count:
        raise InputError(f"names is {tuple(names)}; expected {count}, one per objective of the study")
    numbers = np.full((count, len(trials)), np.nan)
    for row, trial in enumerate(trials):
        if trial.state.name == "COMPLETE":
            numbers[:, row] = trial.values
    added = [table.add(name, numbers[k], _spoken(name)) for k, name in enumerate(names)]
    if count == 1:
        sign = 1.0 if study.directions[0].name == "MINIMIZE" else -1.0
        feasible = np.where([_feasible(trial) for trial in trials], sign * numbers[0], np.nan)
        table.add("best", sign * np.fmin.accumulate(feasible), f"best {_spoken(names[0])} so far")
    else:
        front = {trial.number for trial in study.best_trials}
        table.add("pareto", [float(trial.number in front) for trial in trials], "no other trial is better in all objectives", FLAG)
    return added


def _feasible(trial: Any) -> bool:
    return all(excess <= 0 for excess in trial.constraints.values())


def _parameters(table: _Table, trials: Sequence[Any]) -> None:
    """What was tried, by name in the order in which it first appears."""
    for name in dict.fromkeys(name for trial in trials for name in trial.params):
        said = [trial.params.get(name) for trial in trials]
        choices = list(dict.fromkeys(choice for trial in trials for choice in getattr(trial.distributions.get(name), "choices", ())))
        if all(_is_number(choice) for choice in choices):
            table.add(f"param_{name}", [math.nan if x is None else float(x) for x in said], name)
        else:
            tried = [str(trial.params[name]) if name in trial.params else None for trial in trials]
            table.words(f"param_{name}", tried, name, known=[str(choice) for choice in choices])


def _attributes(table: _Table, trials: Sequence[Any]) -> list[str]:
    """User attributes that are numbers or words; returned are those that were measured (``…_converged`` stands beside them)."""
    names = list(dict.fromkeys(name for trial in trials for name in trial.user_attrs if not name.startswith(REPORTED)))
    found = {name: [trial.user_attrs.get(name) for trial in trials] for name in names}
    added = {}
    for name, said in found.items():
        words = _spoken(name)
        if all(x is None or _is_number(x) or isinstance(x, bool) for x in said):
            numbers = [math.nan if x is None else float(x) for x in said]
            if name in table.grids and np.array_equal(numbers, table.grids[name], equal_nan=True):
                continue  # a measure that is the objective value as well
            added[name] = table.add(name, numbers, words, otherwise=f"user_{name}")
        elif all(x is None or isinstance(x, str | bool) or _is_number(x) for x in said):
            table.words(name, [None if x is None else str(x) for x in said], words, otherwise=f"user_{name}")
    return [added[name] for name in added if f"{name}_converged" in found or f"{name}_stderr" in found]


def _spoken(name: str) -> str:
    """A measure's name in words, as figures write them."""
    for ending, before in (("_stderr", "standard error of "), ("_converged", "converged: ")):
        if name.endswith(ending):
            return before + _spoken(name.removesuffix(ending))
    return WORDS.get(name, name.replace("_", " "))


def _constraints(table: _Table, trials: Sequence[Any]) -> None:
    names = list(dict.fromkeys(name for trial in trials for name in trial.constraints))
    for name in names:
        table.add(f"constraint_{name}", [trial.constraints.get(name, math.nan) for trial in trials], f"{name} beyond its bound, relative")
    if names:
        table.add("feasible", [float(_feasible(trial)) if trial.constraints else 0.0 for trial in trials], "keeps all constraints", FLAG)


def _times(table: _Table, trials: Sequence[Any]) -> None:
    first = min((trial.datetime_start for trial in trials if trial.datetime_start), default=None)

    def seconds(of: Callable[[Any], Any]) -> list[float]:
        return [math.nan if (span := of(trial)) is None else span.total_seconds() for trial in trials]

    table.add("duration", seconds(lambda trial: trial.duration), "duration of the trial", "s")
    table.add("started", seconds(lambda trial: trial.datetime_start and trial.datetime_start - first), "start after the first trial", "s")


def _reports(table: _Table, trials: Sequence[Any]) -> list[int]:
    """What trials reported in training, on (trial, step); the steps."""
    reported: dict[str, list[dict[int, float]]] = {"intermediate": [dict(trial.intermediate_values) for trial in trials]}
    for row, trial in enumerate(trials):
        for key, number in trial.user_attrs.items():
            name, at, step = key.removeprefix(REPORTED).rpartition("@")
            if key.startswith(REPORTED) and at and step.lstrip("-").isdigit():
                reported.setdefault(f"intermediate_{name}", [{} for _ in trials])[row][int(step)] = number
    steps = sorted({step for rows in reported.values() for row in rows for step in row})
    for name, rows in reported.items() if steps else ():
        grid = np.array([[row.get(step, math.nan) for step in steps] for row in rows], dtype=float)
        words = "reported in training" if name == "intermediate" else f"{_spoken(name.removeprefix('intermediate_'))}, in training"
        table.add(name, grid, words, dims=((STEP, len(steps)),))
    return steps


def _about(study: Any, trials: Sequence[Any], table: _Table, panels: list[str], steps: list[int]) -> dict[str, Any]:
    """What a result says of the study."""
    counts = {state: sum(trial.state.name.lower() == state for trial in trials) for state in STATES}
    missing = ", ".join(f"{n} {'failed' if state == 'fail' else state}" for state, n in counts.items() if n and state != "complete")
    notes = [f"{counts['complete']} of {len(trials)} trials have values" + (f"; {missing}" if missing else "")]
    lost = sorted({name for trial in trials for name, said in trial.user_attrs.items() if isinstance(said, list | dict)})
    notes += [f"user attributes that are no numbers or words are left out: {', '.join(lost)}"] if lost else []
    directions = [direction.name.lower() for direction in study.directions]
    return {"kind": "scan", "family": "study", "title": study.study_name, "study": study.study_name, "directions": directions,
            "sampler": type(study.sampler).__name__, "pruner": type(study.pruner).__name__, "complete_trials": counts["complete"],
            "best_trials": [trial.number for trial in _best(study)], "panels": list(dict.fromkeys(panels)), "choices": table.choices,
            "notes": notes, **({"labels": {STEP: steps}} if steps else {})}


def _best(study: Any) -> list[Any]:
    """The best trials that keep the constraints; none where none is complete."""
    if len(study.directions) > 1:
        return list(study.best_trials)
    try:
        return [study.best_trial]
    except ValueError:
        return []


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def curves(ds: xr.Dataset, trials: Sequence[int] | None = None) -> dict[str, xr.Dataset]:
    """What trials reported in training, a result of kind "trajectory" each: ``la.figures.trajectory(curves(ds))``.

    Args:
        trials: their numbers (default: all that reported).

    Raises:
        InputError: no trial reported anything, or one of these did not.
    """
    if "intermediate" not in ds:
        raise InputError("the trials of this study reported nothing in training; expected trial.report(…), or a Reporter")
    names = [str(key) for key in ds.data_vars if ds[key].dims == (TRIAL, STEP)]
    some = [int(k) for k in ds[TRIAL].values if any(np.isfinite(ds[key].sel(trial=k)).any() for key in names)]
    wanted = some if trials is None else list(trials)
    if lacking := [k for k in wanted if k not in some]:
        raise InputError(f"trials {lacking} reported nothing; expected some of {some}")
    found = {}
    for number in wanted:
        of = ds[names].sel(trial=number, drop=True).dropna(STEP, how="all")
        renamed = of.rename({key: key.removeprefix("intermediate_") if key != "intermediate" else "value" for key in names})
        found[f"trial {number}"] = renamed.assign_attrs(kind="trajectory", title=f"{ds.attrs['title']}, trial {number}")
    return found
