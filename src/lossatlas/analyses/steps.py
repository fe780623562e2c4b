"""What single steps do: does the loss of all data fall at every one (METHODS L1), and do steps cross a valley (METHODS L2)?

SGD sees a mini-batch and moves down its loss. Whether the loss of *all* data falls too depends on the learning rate: at moderate rates
nearly every step does (Goodfellow et al. 2015 found a monotone path from end to end). Xing et al. (2018) interpolate between θ_t and
θ_{t+1}: where the loss is lowest between the two, the step went over the floor of a valley and up its other side, so that SGD bounces
between walls, above the floor; successive updates then point against each other (cosine below 0).

*Which* loss is interpolated decides what is seen. A step that is too long for the loss of all data may be short for that of its own
mini-batch, along whose gradient it goes: always say which (``on="data"`` or ``on="batch"``).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ..data import Batch
from ..errors import InputError
from ..family.trajectory import Trajectory
from ..names import LossOf, choose
from ..objective import Objective
from ..params import Params, cosine, difference, lincomb, norm
from ..probes.loss import loss
from ..run.events import Advanced, Listener, Started, ignore
from ..run.sweep import sweep
from ..seeds import check_seed

#: Differences of losses below so many units in the last place of the network's precision are rounding.
ROUNDING = 16


def monotonicity(objective: Objective, points: Any, *, store: str | Path | None = None, on_event: Listener = ignore) -> xr.Dataset:
    """The loss of all data along a run, and at which steps it fell.

    Args:
        points: a run, a trajectory, or points in memory: step -> point. Between two recorded steps the loss counts as falling where it is
            lower at the later one: record every step (``every=1``) to speak of single steps.
        store: as of :func:`~lossatlas.sweep`.

    Returns:
        A Dataset of kind "scan" over ``step``: ``loss``, ``loss_stderr``, ``change`` (since the step before, NaN at the first), ``fell``.
        attrs: ``fraction_fell``, ``steps_apart`` (the widest gap between recorded steps), ``largest_rise`` (relative).

    Raises:
        InputError: fewer than two points.
    """
    path = _path(points)
    ds = sweep(loss(objective), path, {}, store=store, plan="plain", on_event=on_event)
    values = ds["loss"].values.astype(float)
    change = np.concatenate([[np.nan], np.diff(values)])
    known = np.isfinite(change[1:])
    with np.errstate(divide="ignore", invalid="ignore"):
        rises = np.nan_to_num(change[1:][known] / values[:-1][known])  # 0/0: a loss that stays zero
    about = {"kind": "scan", "title": f"{type(objective.module).__name__}: loss of all data along a run", "panels": ["loss", "change"],
             "fraction_fell": float((change[1:] < 0).mean()) if known.all() else float("nan"),
             "steps_apart": max(b - a for a, b in pairwise(path.steps)), "largest_rise": float(rises.max(initial=0.0))}
    words = {"long_name": "change of the loss since the step before", "units": ""}
    kept = ds[["loss", "loss_stderr"]].assign(change=("step", change, words),
                                              fell=("step", change < 0, {"long_name": "loss fell", "units": ""}))
    return kept.assign_attrs({**ds.attrs, **about})


def valley_crossing(
    objective: Objective, points: Any, *, on: LossOf = "data", between: int = 9, seed: int | None = None,
    store: str | Path | None = None, on_event: Listener = ignore,
) -> xr.Dataset:
    """The loss between successive points of a run: is it lowest in between, and how far above that floor do steps end?

    Running statistics of BatchNorm are interpolated with the weights, and used as the policy of the objective says.

    Args:
        points: a run, a trajectory, or points in memory: step -> point.
        on: ``data``: the loss of all data of the objective; ``batch``: of the mini-batch that this very step was made on (drawn as
            :func:`~lossatlas.fit` draws it, without augmentation, evaluated under the BatchNorm policy of the objective); every
            step must then be recorded.
        between: points between the two.
        seed: of the run, with ``batch`` (default: what the run says, else 0).
        store: as of :func:`~lossatlas.sweep`, with ``data``.

    Returns:
        A Dataset of kind "scan" over ``step`` (where a step starts): ``crossed`` (1 where the loss is lowest inside), ``convex`` (1 where
        no second difference is negative), ``floor`` (the place of the lowest loss, 0 to 1), ``depth`` (of the floor below the lower end),
        ``height`` (of the end above the floor), ``length`` (of the update), ``cosine`` (with the update before; NaN at the first), and over
        (step, alpha) ``path_loss``. attrs: ``on``, ``fraction_crossed``, ``fraction_convex``, ``mean_cosine``.

    Raises:
        InputError: fewer than two points; with ``batch`` steps that are not all recorded.
    """
    choose(on, LossOf, "on")
    if isinstance(between, bool) or not isinstance(between, int) or between < 1:
        raise InputError(f"between is {between!r}; expected a whole number of at least 1, e.g. 9")
    path, alphas = _path(points), np.linspace(0, 1, between + 2)
    if on == "data":
        lattice = {"step": path.steps[:-1], "alpha": alphas}
        ds = sweep(loss(objective), Segments(path), lattice, store=store, plan="plain", on_event=on_event)
        table, attrs = ds["loss"].values.astype(float), dict(ds.attrs)
    else:
        table, attrs = _on_batches(objective, path, alphas, _seed(path, seed), on_event), {"n_examples": objective.data.sizes[0]}
    return _crossings(objective, path, alphas, table, {**attrs, "on": on})


class Segments:
    """The straight lines between successive points of a run: (step, alpha), alpha from that step to the next recorded one."""

    dims: tuple[str, ...] = ("step", "alpha")

    def __init__(self, path: Trajectory) -> None:
        self.path, self._next = path, dict(pairwise(path.steps))
        self._held: OrderedDict[int, Params] = OrderedDict()

    def __call__(self, u: Tensor) -> Params:
        """The point at ``u = (step, alpha)``; the given points themselves at 0 and 1."""
        step, alpha = int(u[0]), float(u[1])
        return lincomb((1 - alpha, alpha), (self._at(step), self._at(self._next[step])))

    @property
    def centre(self) -> tuple[float, ...]:
        """The start of the last segment."""
        return float(self.path.steps[-2]), 0.0

    def _at(self, step: int) -> Params:
        if step not in self._held:
            self._held[step] = self.path.at(step)
            if len(self._held) > 2:
                self._held.popitem(last=False)
        self._held.move_to_end(step)
        return self._held[step]

    def spec(self) -> dict[str, Any]:
        """What defines the points, as plain data."""
        return {**self.path.spec(), "family": "segments"}

    def describe(self) -> dict[str, Any]:
        """What a result says of the run."""
        return {**self.path.describe(), "family": "segments"}


def _path(points: Any) -> Trajectory:
    """Two points or more, as a trajectory."""
    held = isinstance(points, Mapping | Sequence)
    path = points if isinstance(points, Trajectory) else Trajectory.of(points) if held else Trajectory(points)
    if len(path) < 2:
        raise InputError(f"the run has the single recorded step {path.steps[0]}; expected two or more: record with every=1")
    return path


def _seed(path: Trajectory, seed: int | None) -> int:
    told = getattr(path.source, "description", {}).get("seed")
    return check_seed(seed if seed is not None else told if told is not None else 0)


def _on_batches(objective: Objective, path: Trajectory, alphas: np.ndarray, seed: int, on_event: Listener) -> np.ndarray:
    """The loss of each step's own mini-batch along the step, shape (steps, alphas)."""
    first, last = path.steps[0], path.steps[-1]
    if len(path) != last - first + 1:
        gap = next((a, b) for a, b in pairwise(path.steps) if b > a + 1)
        raise InputError(f"steps {gap[0]} and {gap[1]} are recorded and none in between, so that no single mini-batch leads from one to "
                         "the other; expected every step: record with every=1, or write on='data'")
    size, count = objective.data.sizes[0], last - first
    table, a, began = np.empty((count, len(alphas))), path.at(first), perf_counter()
    batches: Iterator[tuple[int, Batch]] = islice(objective.data.shuffled(seed, start=first), count)
    with torch.no_grad():
        for row, (_, batch) in enumerate(batches):
            b = path.at(first + row + 1)
            table[row] = [float(objective.value(lincomb((1 - float(alpha), float(alpha)), (a, b)), batch)) for alpha in alphas]
            a = b
            on_event(Advanced(row + 1, count) if row else Started(count, 1, 1, size * len(alphas), perf_counter() - began,
                                                                  objective.data.nbytes / 1e6))
    return table


def _crossings(objective: Objective, path: Trajectory, alphas: np.ndarray, table: np.ndarray, attrs: Mapping[str, Any]) -> xr.Dataset:
    """What the losses along the steps, shape (steps, alphas), say."""
    precision = min((t.dtype for t in objective.params.values()), key=lambda dtype: torch.finfo(dtype).bits)
    slack = ROUNDING * torch.finfo(precision).eps * np.abs(table).max(1)
    lower = np.minimum(table[:, 0], table[:, -1])
    with np.errstate(invalid="ignore"):
        bent = np.diff(table, 2, axis=1)
    nan = np.where(np.isfinite(table).all(1), 0.0, np.nan)  # a loss that is not finite says nothing of its step
    floor = np.nan_to_num(table, nan=np.inf).argmin(1)
    lengths, cosines = _updates(path)
    columns = {
        "crossed": (nan + (table[:, 1:-1].min(1) < lower - slack), "loss lowest inside the step"),
        "convex": (nan + ((bent >= -slack[:, None]).all(1) & (bent.sum(1) > slack)), "loss convex along the step"),
        "floor": (nan + alphas[floor], "place of the floor"), "depth": (lower - table.min(1), "depth of the floor below the lower end"),
        "height": (table[:, -1] - table.min(1), "height of the end above the floor"),
        "length": (lengths, "length of the update"), "cosine": (cosines, "cosine with the update before")}
    data: dict[str, Any] = {name: ("step", values, {"long_name": words, "units": ""}) for name, (values, words) in columns.items()}
    data["path_loss"] = (("step", "alpha"), table, {"long_name": f"loss of {'all data' if attrs['on'] == 'data' else 'the mini-batch'}",
                                                    "units": ""})
    known = np.isfinite(cosines)
    about = {"kind": "scan", "title": f"{type(objective.module).__name__}: the loss along single steps ({attrs['on']})",
             "panels": ["crossed", "depth", "cosine"], "fraction_crossed": float(columns["crossed"][0].mean()),
             "fraction_convex": float(columns["convex"][0].mean()),
             "mean_cosine": float(cosines[known].mean()) if known.any() else float("nan")}
    coords = {"step": ("step", list(path.steps[:-1]), {"long_name": "step", "units": ""}),
              "alpha": ("alpha", alphas, {"long_name": "way through the step", "units": ""})}
    return xr.Dataset(data, coords=coords, attrs={**attrs, **about})


def _updates(path: Trajectory) -> tuple[np.ndarray, np.ndarray]:
    """Length of every update of the parameters, and its cosine with the one before."""
    names, lengths, cosines = path.parameters(), [], []
    before: Params | None = None
    a = {name: t for name, t in path.at(path.steps[0]).items() if name in names}
    for step in path.steps[1:]:
        b = {name: t for name, t in path.at(step).items() if name in names}
        update = difference(b, a)
        lengths.append(float(norm(update)))
        cosines.append(float("nan") if before is None else float(cosine(before, update)))
        a, before = b, update
    return np.array(lengths), np.array(cosines)
