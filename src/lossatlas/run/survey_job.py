"""What a survey is to do: the dense job with what a survey adds to it, and what it is expected to cost."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import InputError
from ..execution.memory import by_batch
from ..execution.plan import Plan, batches_of
from ..family import Family
from .engine import Engine
from .job import Job, prepare
from .plan import Evaluator, PlanOption
from .surveying import ANCHORS

#: Fewest examples of a cell by default: this share of all, at least and at most so many. Below, the calibration has too little to stand on.
SHARE_OF_EXAMPLES, FEWEST_EXAMPLES = 1 / 32, (128, 256)
#: What a picture of two coordinates took when it was measured, beside the anchors: cells on all examples, and others on how many at most.
_TYPICAL_WHOLE, _TYPICAL_CELLS, _TYPICAL_EXAMPLES = 20, 250, 700
#: Examples that a point is timed on.
TIMED_EXAMPLES = 2048
#: Classes that examples are counted by at most.
_MOST_CLASSES = 100


def prepared(
    probe: Any, family: Family, coords: Mapping[str, Sequence[float]], *, tolerance: float, examples: int | None, seed: int,
    plan: PlanOption, engine: Engine,
) -> Job:
    """The dense job, checked, with what a survey adds to its spec."""
    objective = getattr(probe, "objective", None)
    if hasattr(probe, "probes") or objective is None or not any(q.name == "loss" for q in getattr(probe, "quantities", ())):
        raise InputError(f"a survey got {type(probe).__name__}; expected the loss of one objective: la.probes.loss(objective), one split "
                         "at a time; write la.sweep for anything else")
    if isinstance(tolerance, bool) or not isinstance(tolerance, int | float) or not 0 < tolerance < 1:
        raise InputError(f"tolerance is {tolerance!r}; expected a number between 0 and 1, e.g. 0.01 for errors of 1 %")
    if examples is not None and (isinstance(examples, bool) or not isinstance(examples, int) or examples < 1):
        raise InputError(f"examples is {examples!r}; expected a whole number of at least 1: the fewest that a cell is measured on")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InputError(f"seed is {seed!r}; expected a whole number of at least 0")
    job = prepare(replace(probe, objective=objective.with_metrics({}), classes=None), family, coords, plan=plan, engine=engine.name)
    if len(job.family.dims) > 3 or "labels" in job.attrs or any(dim in ("repeat", "layer") for dim in job.family.dims):
        raise InputError(f"a survey got a family of dims {tuple(job.family.dims)}; expected one line, plane or volume: survey each copy "
                         "alone")
    floor = examples or int(np.clip(round(objective.data.n_examples * SHARE_OF_EXAMPLES), *FEWEST_EXAMPLES))
    job.spec["survey"] = {"tolerance": float(tolerance), "examples": min(floor, objective.data.n_examples), "seed": seed}
    return job


def coords_of(job: Job) -> np.ndarray:
    """Coordinates of every cell, shape (cells, dims), in the order of the lattice."""
    return np.stack([axis.ravel() for axis in np.meshgrid(*job.coords.values(), indexing="ij")], axis=1)


def levels_of(job: Job) -> list[int]:
    """How many examples a cell may be measured on: the floor, doubled until it is most of the data, then all.

    Batches that are no examples of their own (BatchNorm by batch or re-estimated, batches of different shapes) are measured whole.
    """
    objective, n = job.probe.objective, job.probe.objective.data.n_examples
    if not objective.data.stackable or by_batch(objective):
        return [n]
    counts, count = [], job.spec["survey"]["examples"]
    while count < 0.6 * n:
        counts.append(count)
        count *= 2
    return [*counts, n]


def expected_share(job: Job) -> float:
    """About the share of the dense cost that a survey takes, from what pictures took that were measured."""
    cells, levels, d = int(np.prod([len(v) for v in job.coords.values()])), levels_of(job), len(job.coords)
    n, scale = levels[-1], {1: 0.15, 2: 1.0}.get(d, 3.0) * (0.01 / job.spec["survey"]["tolerance"]) ** 0.75
    few = min(n, max(levels[0], _TYPICAL_EXAMPLES))
    share = ((ANCHORS.get(d, 14) + _TYPICAL_WHOLE * scale) * n + _TYPICAL_CELLS * scale * few) / (cells * n)
    return min(1.0, share)


def seconds_of(job: Job) -> float:
    """What a point of a survey takes on all examples by the plan of its job, measured on the first few; the first call warms up."""
    objective, centre = job.probe.objective, np.zeros((1, len(job.coords)))
    few = objective.data if by_batch(objective) else batches_of(objective.data, TIMED_EXAMPLES)
    evaluate = Evaluator(replace(job.probe, objective=replace(objective, data=few)), job.family, Plan.of(job.spec["plan"]), job.say)
    us, seconds = centre.repeat(evaluate.at_once, axis=0), 0.0
    for _ in range(2):
        began = time.perf_counter()
        evaluate(us)
        seconds = time.perf_counter() - began
    return seconds / len(us) * objective.data.n_examples / few.n_examples


def labels_of(objective: Any) -> np.ndarray | None:
    """The class of every example; None where targets are no classes."""
    targets = objective.data.targets() if objective.data.stackable else None
    if targets is None or targets.ndim != 1 or targets.is_floating_point():
        return None
    labels = targets.cpu().numpy()
    return labels if len(np.unique(labels)) <= _MOST_CLASSES else None
