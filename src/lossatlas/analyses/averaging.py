"""Means of points, and stochastic weight averaging (Izmailov et al. 2018; METHODS B9).

SGD at a constant or cyclical learning rate walks around the rim of a low region and does not come to its middle; the mean of where it was
does: it is wider and often generalizes better than the last iterate. The mean is streamed, one point at a time, and summed in float64, so
that a run may have any number of records and any size.

The running statistics of BatchNorm of a mean are not the means of running statistics (the network between is another function), so they
are estimated anew by a pass over the training data, every batch weighted by its size (:func:`with_statistics`; torch's ``update_bn``
weights a short last batch like a full one).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from ..errors import InputError
from ..family import Trajectory
from ..layout import batchnorm_layers
from ..objective import Objective
from ..pairs import trained_on
from ..params import Params, is_running_statistic, wide_enough, without_running_statistics
from .barrier import comparing

#: The share of a run after which its points are averaged where nobody says otherwise (Izmailov et al. 2018 start at 75 % of the budget).
BEGINS = 0.75


@dataclass(frozen=True, eq=False)
class Average:
    """The mean of points of a run.

    Attributes:
        point: the mean, with running statistics of its own where the network has BatchNorm.
        steps: whose points were averaged, with equal weights.
    """

    point: Params = field(repr=False)
    steps: tuple[int, ...]


def swa(
    source: Any, objective: Objective | Mapping[str, Objective], *, start: int | None = None, every: int | None = None,
) -> Average:
    """Stochastic weight averaging over the records of a run.

    Every record counts the same, whatever lies between two of them: record at equal distances (``Recorder(…, every=50)``), with a
    learning rate that is constant or cyclical over the averaged part (then at the ends of its cycles). Of a rate that falls to 0 the
    records stand still, and so does their mean.

    Args:
        source: a run (:func:`~lossatlas.open_run`), its trajectory, or points: ``{step: point}`` or a list.
        objective: what it was trained on; of a ``{"train": …, "test": …}`` pair, the training one. Statistics of BatchNorm are
            re-estimated on its data.
        start: the first step that counts (default: the last quarter of the steps).
        every: at least so many steps from one averaged record to the next (default: all records).

    Raises:
        InputError: no record in this range; points of another network, or not finite.
    """
    one, trajectory = training_part(objective), trajectory_of(source)
    steps = _chosen(trajectory, start, every)
    mean = mean_of(one.conform(trajectory.at(step), what=f"step {step}") for step in steps)
    return Average(with_statistics(one, mean), steps)


def _chosen(trajectory: Trajectory, start: int | None, every: int | None) -> tuple[int, ...]:
    """The steps that are averaged."""
    for name, value, least in (("start", start, 0), ("every", every, 1)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
            raise InputError(f"{name} is {value!r}; expected a whole number of steps, at least {least}")
    first, last = trajectory.steps[0], trajectory.steps[-1]
    chosen: list[int] = []
    for step in trajectory.from_step(first + round(BEGINS * (last - first)) if start is None else start).steps:
        if not chosen or step - chosen[-1] >= (every or 1):
            chosen.append(step)
    return tuple(chosen)


def mean_of(points: Iterable[Mapping[str, Tensor]], weights: Sequence[float] | None = None) -> Params:
    """The mean of points, parameters and buffers other than running statistics, with one of them in memory at a time.

    Args:
        weights: one a point, with any sum (default: equal ones).

    Returns:
        A point without running statistics, in the dtype of the points (of half precision, float32), summed in float64.
    """
    total: Params = {}
    dtypes: dict[str, torch.dtype] = {}
    share = 0.0
    for number, point in enumerate(points):
        weight = 1.0 if weights is None else float(weights[number])
        share += weight
        for name, tensor in without_running_statistics(point).items():
            if name not in total:
                dtypes[name] = wide_enough(tensor.dtype)
                total[name] = torch.zeros_like(tensor, dtype=torch.complex128 if tensor.is_complex() else torch.float64)
            total[name].add_(tensor, alpha=weight)
    return {name: (tensor / share).to(dtypes[name]) for name, tensor in total.items()}


def with_statistics(objective: Objective, point: Mapping[str, Tensor]) -> Params:
    """The point with running statistics of BatchNorm estimated anew on the objective's data; without BatchNorm, as it is.

    Where the objective is under ``recompute`` with other data for it, these are taken.
    """
    if not batchnorm_layers(objective.module):
        return dict(point)
    view = objective.with_bn("recompute", data=objective.bn_data)
    with torch.no_grad():
        prepared = view.prepare(without_running_statistics(point)).tensors
    return {**point, **{name: prepared[name].detach().clone() for name in objective.buffers if is_running_statistic(name)}}


def training_part(objective: Objective | Mapping[str, Objective]) -> Objective:
    """The objective, or the training one of a pair (the first where none is called so), as it is measured between networks.

    Raises:
        InputError: neither an objective nor a dict of them.
    """
    return comparing(trained_on(objective))


def trajectory_of(source: Any) -> Trajectory:
    """A run, its trajectory or points as a trajectory.

    Raises:
        InputError: something else.
    """
    if isinstance(source, Trajectory):
        return source
    if hasattr(source, "trajectory"):
        return source.trajectory()
    return Trajectory.of(source)
