"""Instability analysis: from which step on is training stable against its own noise (Frankle et al. 2020; METHODS H2, H3, 2.4)?

From step k of a run two children are trained to the end that differ in the order of the data, augmentation and dropout alone. The barrier
on the line between them says whether they ended in one linearly connected basin: Frankle et al. call a run stable from k on where the
error barrier is below 2 %. Beside it stand what Fort et al. (2020) look at: the share of examples on which the children disagree, how far
they are apart, in units of the way they went since k, and the cosine of their weights.

Steps and pairs of children are the coordinates of a family, so that an analysis is a sweep: it says what it will cost, and goes on where it
broke off.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ..errors import InputError
from ..execution.memory import in_large_batches
from ..fitting import Fit, OptimizerFactory
from ..names import Momentum
from ..objective import Objective
from ..pairs import Objectives, trained_on
from ..params import Params, cosine, difference, digest, norm, size
from ..probes import loss
from ..record.spawning import spawn, total_steps, trained_how
from ..result.schema import Quantity
from ..run.events import Listener, Note, ignore
from ..run.job import SHORT_SECONDS
from ..run.sweep import sweep
from ..seeds import check_seed
from .barrier import barrier, comparing
from .predictions import classifies, disagreement

#: Error barrier below which children count as stable (Frankle et al. 2020, section 3.1).
STABLE = 0.02
#: Points on the line between two children, and seeds of three pairs of them.
POINTS, SEEDS = 30, ((1, 2), (3, 4), (5, 6))
#: What the pictures show, and what gets a standard error over pairs.
PANELS = ("error_barrier", "loss_barrier", "relative_distance", "disagreement")
_SUMMARIZED = (*PANELS, "error_gap", "cosine", "child_loss", "child_error")


def instability(
    run: Any, objective: Objectives, steps: Sequence[int], *, optimizer: OptimizerFactory | None = None,
    schedule: Callable[[int], float] | None = None, total: int | None = None, seeds: Sequence[tuple[int, int]] = SEEDS,
    momentum: Momentum = "kept", store: str | Path | None = None, on_event: Listener = ignore,
) -> xr.Dataset:
    """Barrier, disagreement and distance of pairs of children against the step at which they were spawned.

    Args:
        run: the parent, of :func:`~lossatlas.open_run`, or several on the same data: then every pair is spawned from each.
        objective: what it was trained on, or a ``{"train": …, "test": …}`` pair, measured on both; with the augmentation that it was
            trained with, if any (``objective.training(augment=…)``). Lines are measured as by :func:`~lossatlas.barrier`, under the
            objective's BatchNorm policy, and ``recompute`` where that is ``eval``.
        steps: of the parent, recorded ones.
        optimizer, schedule, total, momentum: as ``optimizer``, ``schedule``, ``steps`` and ``momentum`` of :func:`~lossatlas.spawn`:
            what the children are trained with, and for how long.
        seeds: of the two children of every pair; the pairs share no seed, so that they are independent.
        store: ``PATH.zarr/GROUP``; pairs that are there are not trained again.

    Returns:
        A Dataset of kind "scan" with dims step, pair (and split): ``loss_barrier``, ``loss_barrier_at``, of classifiers ``error_barrier``,
        ``error_barrier_at``, ``error_gap`` and ``disagreement``; ``child_loss`` and ``child_error`` (means of the two), ``loss_curve``
        and ``error_curve`` along the line (dim alpha); ``distance``, ``relative_distance`` (to the mean way since the step),
        ``cosine``. Of most of them ``<name>_stderr`` over pairs; and ``stable`` (step, split): the mean error barrier is below 2 %.
        All is NaN where a child diverged.

    Raises:
        InputError: steps that were not recorded, or not before the end; pairs that share seeds; objectives of another network.
    """
    runs = list(run) if isinstance(run, list | tuple) else [run]
    measured = comparing(objective)
    measured = {name: in_large_batches(one) for name, one in (measured if isinstance(measured, Mapping) else {"": measured}).items()}
    family = Children(runs, trained_on(objective), tuple(_whole(steps)), _pairs(seeds), on_event,
                      {"optimizer": optimizer, "schedule": schedule, "steps": total, "momentum": momentum})
    coords = {"step": np.array(sorted(family.steps)), "pair": np.arange(len(family))}
    return with_summary(sweep(SiblingsProbe(measured), family, coords, plan="plain", store=store, on_event=on_event))


class Siblings(dict[str, Tensor]):
    """The first child of a pair, as a point, with its sibling and the point that both come from.

    Attributes:
        other: the second child. start: the parent's point. diverged: whether one of them did not make all of its steps.
    """

    def __init__(self, first: Params, other: Params, start: Params, diverged: bool) -> None:
        super().__init__(first)
        self.other, self.start, self.diverged = other, start, diverged


class Children:
    """Pairs of children of one or several runs as a family over the step that they were spawned at, and their number.

    Args:
        how: options of :func:`~lossatlas.spawn`.
    """

    dims: tuple[str, ...] = ("step", "pair")

    def __init__(self, runs: Sequence[Any], objective: Objective, steps: tuple[int, ...], seeds: Sequence[tuple[int, int]],
                 on_event: Listener, how: Mapping[str, Any]) -> None:
        self.runs, self.objective, self.steps, self.seeds, self.how = runs, objective, steps, seeds, dict(how)
        self._tell = on_event
        self._last: tuple[tuple[int, int], Siblings] | None = None
        self._starts = {(step, k): digest(one.at(step)) for k, one in enumerate(runs) for step in steps}  # refuses what is not recorded
        for one in runs:
            total_steps(one, max(steps), how["steps"])

    def __len__(self) -> int:
        return len(self.runs) * len(self.seeds)

    @property
    def centre(self) -> tuple[float, ...]:
        """The first pair from the earliest step, whose children are trained longest: what it takes, no other takes more."""
        return (float(min(self.steps)), 0.0)

    def __call__(self, u: Tensor) -> Siblings:
        """The pair of children number ``u[1]`` from step ``u[0]``, trained; the last pair is remembered if that took long."""
        step, pair = (int(value) for value in u)
        if self._last is not None and self._last[0] == (step, pair):
            return self._last[1]
        began = time.perf_counter()
        found = self._trained(step, pair)
        self._last = ((step, pair), found) if time.perf_counter() - began > SHORT_SECONDS else None
        return found

    def _trained(self, step: int, pair: int) -> Siblings:
        run, seeds = self.runs[pair // len(self.seeds)], self.seeds[pair % len(self.seeds)]
        of = f" of {run.path}" if len(self.runs) > 1 else ""
        self._tell(Note(f"step {step}: training the children of seeds {seeds[0]} and {seeds[1]}{of}"))
        with torch.enable_grad():
            fits: list[Fit] = spawn(run, self.objective, step, seeds=seeds, **self.how)
        return Siblings(fits[0].point, fits[1].point, run.at(step), any(child.stopped for child in fits))

    def spec(self) -> dict[str, Any]:
        """What defines the children, as plain data."""
        return {"family": "children", "starts": [[step, k, start] for (step, k), start in self._starts.items()],
                "seeds": [list(pair) for pair in self.seeds], "total": self.how["steps"] or self.runs[0].steps[-1],
                "momentum": self.how["momentum"], **trained_how(self.objective, self.how["optimizer"], self.how["schedule"])}

    def describe(self) -> dict[str, Any]:
        """What a result says of them."""
        total = self.how["steps"] or self.runs[0].steps[-1]
        of = f" of each of {len(self.runs)} runs" if len(self.runs) > 1 else ""
        pairs = "1 pair" if len(self.seeds) == 1 else f"{len(self.seeds)} pairs"
        notes = [f"{pairs} of children{of}, trained to step {total:,}, {POINTS} points between each two"]
        if self.how["momentum"] == "fresh":
            notes.append("momentum begins anew in every child")
        return {"kind": "scan", "family": "children", "title": f"{type(self.objective.module).__name__}: instability to the noise of SGD",
                "panels": list(PANELS), "total": total, "momentum": self.how["momentum"], "notes": notes,
                "seed": ", ".join(f"{a} and {b}" for a, b in self.seeds), "runs": [str(run.path) for run in self.runs],
                "n_parameters": size(self.objective.params)}


@dataclass(frozen=True, eq=False)
class SiblingsProbe:
    """Measures a pair of children; see :func:`instability`.

    Attributes:
        objectives: as they are measured; the one objective that is no pair under the name "".
    """

    objectives: Mapping[str, Objective]

    @property
    def first(self) -> Objective:
        """The first objective: it stands for the network."""
        return next(iter(self.objectives.values()))

    @property
    def _splits(self) -> tuple[tuple[str, int], ...]:
        return () if "" in self.objectives else (("split", len(self.objectives)),)

    @property
    def _errors(self) -> bool:
        return all({"error", "accuracy"} & one.metrics.keys() for one in self.objectives.values())

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What it measures, in order."""
        line = (*self._splits, ("alpha", POINTS))
        listed = [Quantity("loss_barrier", "loss barrier", dims=self._splits),
                  Quantity("loss_barrier_at", "place of the loss barrier", dims=self._splits),
                  Quantity("child_loss", "mean loss of the children", dims=self._splits),
                  Quantity("loss_curve", "loss between the children", dims=line)]
        if self._errors:
            listed += [Quantity("error_barrier", "error barrier", dims=self._splits),
                       Quantity("error_barrier_at", "place of the error barrier", dims=self._splits),
                       Quantity("error_gap", "difference of the children's errors", dims=self._splits),
                       Quantity("child_error", "mean error of the children", dims=self._splits),
                       Quantity("error_curve", "error between the children", dims=line)]
        if all(map(classifies, self.objectives.values())):
            listed.append(Quantity("disagreement", "disagreement", dims=self._splits))
        return (*listed, Quantity("distance", "distance of the children"),
                Quantity("relative_distance", "relative distance"), Quantity("cosine", "cosine of the weights"))

    def __call__(self, pair: Siblings) -> dict[str, Any]:
        """All quantities of one pair; NaN where a child diverged."""
        if pair.diverged:
            return {q.name: np.full(q.shape, np.nan) for q in self.quantities}
        o = self.first
        first, other, start = ({name: o.conform(point)[name] for name in o.params} for point in (pair, pair.other, pair.start))
        apart = norm(difference(first, other))
        way = (norm(difference(first, start)) + norm(difference(other, start))) / 2
        out: dict[str, Any] = {"distance": apart, "relative_distance": apart / way if way else math.nan, "cosine": cosine(first, other)}
        out |= self._line(pair, same=apart == 0)
        if any(q.name == "disagreement" for q in self.quantities):
            out["disagreement"] = self._stacked([disagreement(one, pair, pair.other) for one in self.objectives.values()])
        return out

    def _line(self, pair: Siblings, *, same: bool) -> dict[str, Any]:
        """What the line between the children tells; between equal ones nothing changes."""
        given: Any = self.objectives if self._splits else self.first
        names = ("loss", "error") if self._errors else ("loss",)
        if same:
            found = {name: value.cpu().numpy() for name, value in loss(given)(self.first.conform(pair)).items()}
            found.setdefault("error", 1 - found["accuracy"] if "accuracy" in found else np.nan)
            flat = {name: found[name] for name in names}
            out = {f"{name}_curve": np.repeat(value[..., None], POINTS, axis=-1) for name, value in flat.items()}
            out |= {f"child_{name}": value for name, value in flat.items()}
            out |= {f"{name}_{what}": 0 * value for name, value in flat.items() for what in ("barrier", "barrier_at", "gap")}
            return out
        ds = barrier(given, pair, pair.other, points=POINTS, plan="plain", on_event=_quiet)
        out = {"error_gap": ds["error_gap"].values} if self._errors else {}
        for name in names:
            out |= {f"child_{name}": ds[name].isel(alpha=[0, -1]).mean("alpha", skipna=False).values,
                    f"{name}_curve": ds[name].transpose(..., "alpha").values,
                    f"{name}_barrier": ds[f"{name}_barrier"].values, f"{name}_barrier_at": ds[f"{name}_barrier_at"].values}
        return out

    def _stacked(self, values: list[float]) -> np.ndarray:
        return np.array(values if self._splits else values[0])

    @property
    def nbytes(self) -> int:
        """Memory of the data, and of two children with momentum, the parent and a point between."""
        weights = sum(tensor.nbytes for tensor in self.first.params.values())
        return 6 * weights + sum(one.data.nbytes for one in self.objectives.values())

    def spec(self) -> dict[str, Any]:
        """What defines the values, as plain data."""
        return {"probe": "instability", "points": POINTS, "objectives": {name: one.spec() for name, one in self.objectives.items()}}

    def about(self) -> dict[str, Any]:
        """What a result says of the objectives."""
        o, each = self.first, self.objectives
        counts: Any = {name: one.data.n_examples for name, one in each.items()}
        about = {"bn": o.bn, "network": type(o.module).__name__, "loss": o.loss_name, "source": o.source, "batch_size": o.data.batch_size,
                 "n_batchnorm": int(o.has_batchnorm), "n_examples": counts if self._splits else counts[""],
                 "digest_params": digest(o.params), "digest_data": o.data.digest()}
        words = {name: one.data.words for name, one in each.items() if hasattr(one.data, "words")}
        return about | ({"corrupted": words.get("", words)} if words else {}) | ({"splits": list(each)} if self._splits else {})


def with_summary(ds: xr.Dataset) -> xr.Dataset:
    """An analysis with standard errors over pairs, and whether training is stable from every step on."""
    ds = ds.drop_vars([str(name) for name in ds if str(name).startswith("center_")])
    ds = ds.assign_coords(alpha=("alpha", np.linspace(0, 1, POINTS), {"long_name": "place between the children", "units": ""}))
    count = ds.sizes["pair"]
    for name in (name for name in _SUMMARIZED if name in ds and count > 1):
        error = ds[name].std("pair", ddof=1, skipna=False) / np.sqrt(count)
        words = f"standard error of the mean {ds[name].attrs['long_name']} over pairs"
        ds[f"{name}_stderr"] = error.assign_attrs(long_name=words, units="")
    if "error_barrier" in ds:
        ds["stable"] = (ds["error_barrier"].mean("pair", skipna=False) < STABLE).assign_attrs(
            long_name=f"mean error barrier below {100 * STABLE:g} %", units="")
    ds["step"].attrs["long_name"] = "step at which the children part"
    return ds


def stable_from(ds: xr.Dataset, split: str | None = None) -> int | None:
    """The first of the steps from which on all are stable; None where the last is not."""
    flags = ds["stable"] if split is None else ds["stable"].sel(split=split)
    unstable = np.flatnonzero(~flags.values)
    first = int(unstable[-1]) + 1 if len(unstable) else 0
    return int(ds["step"][first]) if first < ds.sizes["step"] else None


def _quiet(event: Any) -> None:
    """Listens to the parts of an analysis, whose notes are those of the whole."""


def _whole(steps: Sequence[int]) -> list[int]:
    listed = list(steps) if isinstance(steps, Sequence | np.ndarray) and not isinstance(steps, str) else []
    whole = all(isinstance(k, int | np.integer) and not isinstance(k, bool) and k >= 0 for k in listed)
    if not listed or not whole or len(set(listed)) < len(listed):
        raise InputError(f"steps is {steps!r}; expected different whole numbers, recorded steps to spawn children at, such as (0, 50, 400)")
    return [int(k) for k in listed]


def _pairs(seeds: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    try:
        pairs = [(check_seed(a), check_seed(b)) for a, b in seeds]
    except (TypeError, ValueError):
        pairs = []
    if not pairs or len({seed for pair in pairs for seed in pair}) < 2 * len(pairs):
        raise InputError(f"seeds is {seeds!r}; expected pairs of seeds, every seed once, such as ((1, 2), (3, 4))")
    return pairs
