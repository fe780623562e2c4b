"""The minefield: bad minima next to every iterate of a training run (Huang et al. 2020, Figure 1; METHODS C4).

From each recorded step training goes on, no longer on the training data alone, but on them and a held-out pool whose wrong answers are
rewarded (:meth:`lossatlas.Objective.poison`; with two classes: whose labels are flipped). Where it ends the training data are still fitted,
and test data are answered by chance. That every iterate has such a point beside it, and plain training walks past all of them, is what
Huang et al. call a minefield.

Beside the errors stands how near "beside" is: the distance from the iterate, in units of the length of the whole path, from checkpoint to
checkpoint. The map of all these points (:func:`lossatlas.embedding`) shows neighbours and no distances.

Steps are the coordinate of a family, so that a minefield is a sweep: it says what it will cost, and goes on where it broke off.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ..errors import InputError
from ..family import Trajectory
from ..fitting import OptimizerFactory, fit
from ..objective import Objective
from ..pairs import Objectives
from ..params import Params, difference, digest, norm, ravel, size
from ..record.spawning import trained_how
from ..result.schema import Quantity
from ..run.events import Listener, Note, ignore
from ..run.sweep import sweep
from ..seeds import check_seed
from .bad_minima import annealed, on_data, split, values
from .embedding import FEWEST, embedding

#: Starts along a run where nobody says how many.
STARTS = 20
#: What the pictures over the steps show.
PANELS = ("error", "test_error", "relative_distance")
#: A result holds all weights: of so many numbers at most.
MOST_NUMBERS = 200_000_000


def minefield(
    run: Any, objective: Objectives, pool: Any, *, starts: int | Sequence[int] = STARTS, beta: float = 0.5,
    optimizer: OptimizerFactory | None = None, steps: int = 1000, seed: int = 0, store: str | Path | None = None,
    on_event: Listener = ignore,
) -> xr.Dataset:
    """Look for a bad minimum beside every iterate of a training run, and draw a map of them all.

    Args:
        run: of :func:`~lossatlas.open_run`, or a :class:`~lossatlas.Trajectory`.
        objective: what it was trained on, or a ``{"train": …, "test": …}`` pair: the test data tell good from bad, and must not be in the
            pool.
        pool: held out from both, e.g. ``(x, y)``.
        starts: recorded steps to start from, or how many, evenly among those that are recorded, the first and the last included.
        beta, optimizer, steps: as of :func:`~lossatlas.bad_minimum`; each search makes so many steps, with fresh momentum.
        seed: of the order of the data, the same for all starts, and of the map.
        store: ``PATH.zarr/GROUP``; minima that are there are not searched again.

    Returns:
        A Dataset of kind "scan" over the steps. With a dim ``update`` (iterate, bad minimum) ``loss``, ``error``, of a pair ``test_loss``
        and ``test_error``, ``weights`` (dim parameter) and, of 6 points or more, ``map`` (dim axis), NaN where a point was left out of it;
        ``distance`` from the iterate and ``relative_distance`` over ``attrs["path_length"]``, ``pool_error`` of the bad minimum;
        ``attrs["map"]``: what the map kept and lost, see :class:`~lossatlas.analyses.embedding.Embedding`. All of a bad minimum is NaN
        where its search diverged.

    Raises:
        InputError: as :func:`~lossatlas.bad_minimum`; steps that were not recorded; a run of another network; more weights than a result
            can hold (200 million numbers).
    """
    along = run if isinstance(run, Trajectory) else Trajectory(run)
    train, test = split(objective)
    chosen = _chosen(starts, along)
    if 2 * len(chosen) * size(train.params) > MOST_NUMBERS:
        raise InputError(f"{len(chosen)} starts in {size(train.params):,} parameters; expected at most {MOST_NUMBERS:,} numbers in all, "
                         "for the result holds the weights: take fewer starts")
    mines = Mines(along, train, train.poison(pool, beta), optimizer or annealed(steps), steps, check_seed(seed), on_event)
    mines.centre = (float(chosen[0]),)  # measured first, and of the same cost as all others
    probe = MineProbe(train, test, on_data(train, pool), mines.length)
    ds = sweep(probe, mines, {"step": np.array(chosen, dtype=np.float64)}, plan="plain", store=store, on_event=on_event)
    return with_map(ds, seed=seed)


class Mine(dict[str, Tensor]):
    """The point where a search ended, with the iterate that it started from.

    Attributes:
        iterate: the point of the run. diverged: whether the search did not make all of its steps.
    """

    def __init__(self, found: Params, iterate: Params, diverged: bool) -> None:
        super().__init__(found)
        self.iterate, self.diverged = iterate, diverged


class Mines:
    """Bad minima as a family over the steps of the run that they are searched from.

    Args:
        along: the run. train, poisoned: its objective, and the one that is searched on.
        optimizer, steps, seed: of every search.
    """

    dims: tuple[str, ...] = ("step",)

    def __init__(self, along: Trajectory, train: Objective, poisoned: Objective, optimizer: OptimizerFactory, steps: int, seed: int,
                 on_event: Listener) -> None:
        self.along, self.train, self.poisoned, self.optimizer, self.count, self.seed = along, train, poisoned, optimizer, steps, seed
        self._tell = on_event
        self._last: tuple[int, Mine] | None = None
        points = ({name: train.conform(along.at(step))[name] for name in train.params} for step in along.steps)
        self.length = math.fsum(norm(difference(after, before)) for before, after in pairwise(points))
        self.centre = along.centre

    def __call__(self, u: Tensor) -> Mine:
        """The bad minimum that is found from step ``u[0]``; the last one is remembered."""
        step = int(u[0])
        if self._last is None or self._last[0] != step:
            self._tell(Note(f"step {step}: searching a bad minimum from there"))
            iterate = self.train.conform(self.along.at(step))
            with torch.enable_grad():
                found = fit(self.poisoned, init=iterate, optimizer=self.optimizer, steps=self.count, seed=self.seed)
            self._last = step, Mine(found.point, iterate, found.stopped is not None)
        return self._last[1]

    def spec(self) -> dict[str, Any]:
        """What defines the minima, as plain data."""
        return {"family": "mines", "run": self.along.spec(), "steps": self.count, "seed": self.seed,
                **trained_how(self.poisoned, self.optimizer, None)}

    def describe(self) -> dict[str, Any]:
        """What a result says of them."""
        pool, beta = self.poisoned.data.pool.n_examples, self.poisoned.data.beta  # type: ignore[attr-defined]
        notes = [f"{self.count:,} steps of training from each, with {pool:,} held-out examples whose wrong answers are rewarded: "
                 f"{100 * beta:g} % of every batch"]
        return {"kind": "scan", "family": "mines", "title": f"{type(self.train.module).__name__}: bad minima along training",
                "panels": list(PANELS), "seed": self.seed, "run": self.along.name, "path_length": self.length, "beta": beta,
                "n_pool": pool, "notes": notes, "n_parameters": size(self.train.params)}


@dataclass(frozen=True, eq=False)
class MineProbe:
    """Measures an iterate and the bad minimum that is searched from it; see :func:`minefield`."""

    train: Objective
    test: Objective | None
    pool: Objective
    length: float

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What it measures, in order."""
        both = (("update", 2),)
        listed = [Quantity("loss", "training loss", dims=both), Quantity("error", "training error", dims=both)]
        if self.test is not None:
            listed += [Quantity("test_loss", "test loss", dims=both), Quantity("test_error", "test error", dims=both)]
        return (*listed, Quantity("pool_error", "error of the bad minimum on the pool"),
                Quantity("distance", "distance of the bad minimum from the iterate"),
                Quantity("relative_distance", "distance over the length of the path"),
                Quantity("weights", "weights", dims=(*both, ("parameter", size(self.train.params)))))

    def __call__(self, mine: Mine) -> dict[str, Any]:
        """All quantities at a step; those of the bad minimum are NaN where its search diverged."""
        iterate, found = ({name: point[name] for name in self.train.params} for point in (mine.iterate, mine))
        pair = [mine.iterate] if mine.diverged else [mine.iterate, mine]
        out: dict[str, Any] = {}
        for prefix, objective in {"": self.train, **({} if self.test is None else {"test_": self.test})}.items():
            measured = np.full((2, 2), np.nan)
            measured[: len(pair)] = [values(objective, point) for point in pair]
            out |= {f"{prefix}loss": measured[:, 0], f"{prefix}error": measured[:, 1]}
        weights = np.stack([ravel(point, self.train.params).detach().cpu().double().numpy() for point in (iterate, found)])
        distance = norm(difference(found, iterate))
        if mine.diverged:
            weights[1], distance = np.nan, math.nan
        return {**out, "pool_error": math.nan if mine.diverged else values(self.pool, mine)[1], "distance": distance,
                "relative_distance": distance / self.length if self.length else math.nan, "weights": weights}

    @property
    def nbytes(self) -> int:
        """Memory of the data, the run's point, the minimum and its momentum."""
        objectives = [one for one in (self.train, self.test, self.pool) if one is not None]
        return 4 * sum(tensor.nbytes for tensor in self.train.params.values()) + sum(one.data.nbytes for one in objectives)

    def spec(self) -> dict[str, Any]:
        """What defines the values, as plain data."""
        named = {"train": self.train, "test": self.test, "pool": self.pool}
        return {"probe": "minefield", "objectives": {name: one.spec() for name, one in named.items() if one is not None}}

    def about(self) -> dict[str, Any]:
        """What a result says of the objective."""
        o = self.train
        counts: Any = o.data.n_examples if self.test is None else {"train": o.data.n_examples, "test": self.test.data.n_examples}
        return {"bn": o.bn, "network": type(o.module).__name__, "loss_name": o.loss_name, "source": o.source, "n_examples": counts,
                "batch_size": o.data.batch_size, "n_batchnorm": int(o.has_batchnorm), "digest_params": digest(o.params),
                "digest_data": o.data.digest()}


def with_map(ds: xr.Dataset, *, seed: int = 0) -> xr.Dataset:
    """A minefield with the map of its points, where there are enough of them; see :func:`minefield`."""
    ds = ds.drop_vars([str(name) for name in ds if str(name).startswith("center_")])
    ds = ds.assign_coords(update=["iterate", "bad minimum"])
    ds["step"].attrs["long_name"] = "step that the search starts from"
    rows = ds["weights"].transpose("step", "update", "parameter").values
    flat = rows.reshape(-1, rows.shape[-1])
    there = np.isfinite(flat).all(1)
    if there.sum() < FEWEST:
        return ds
    drawn = embedding(flat[there], seed=seed)
    coordinates = np.full((len(flat), 2), np.nan)
    coordinates[there] = drawn.coordinates
    ds["map"] = (("step", "update", "axis"), coordinates.reshape(*rows.shape[:2], 2), {"long_name": "place on the map", "units": ""})
    numbers = np.flatnonzero(there)
    ds.attrs["map"] = {**drawn.record(), "dropped": [int(numbers[k]) for k in drawn.dropped], "points": len(flat)}
    return ds


def _chosen(starts: int | Sequence[int], along: Trajectory) -> list[int]:
    """The steps to start from, increasing."""
    recorded = along.steps
    if isinstance(starts, int) and not isinstance(starts, bool):
        if starts < 1:
            raise InputError(f"starts is {starts}; expected at least 1, or a list of recorded steps")
        places = np.unique(np.linspace(len(recorded) - 1, 0, min(starts, len(recorded))).round().astype(int))
        return [recorded[k] for k in places]
    listed = list(starts) if isinstance(starts, Sequence | np.ndarray) and not isinstance(starts, str) else []
    if not listed or len(set(listed)) < len(listed) or any(isinstance(k, bool) for k in listed):
        raise InputError(f"starts is {starts!r}; expected how many, such as {STARTS}, or different recorded steps, such as (0, 50, 400)")
    along.check_steps([k.item() if isinstance(k, np.generic) else k for k in listed])
    return sorted(int(k) for k in listed)
