"""A dense picture from a fraction of the evaluations: cells are measured where and as well as needed, the others predicted.

``survey`` is a program around the parts of ``sweep``: every round measures explicit points (dim ``point``) on some of the examples, and the
decisions are those of :mod:`~lossatlas.run.surveying`. Everything is determined by the measured values and the seed, so a survey
that was stopped goes on by taking the same decisions again on what is stored. After every round there is a picture, with its errors.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr

from ..errors import LossAtlasError, SpecMismatch
from ..execution.plan import Plan, Planned
from ..family import Family
from ..family.points import Points
from ..numerics.heldout import HeldOut
from ..result.description import description, exists
from ..result.memory import MemoryStore
from ..result.schema import FLAG, Quantity, add_centre, on_dims, summarize
from ..result.store import CELLS, ZarrStore, find_unfinished, next_name, split_path, writable
from ..seeds import preserved_rng
from .engine import Engine, Local
from .events import Finished, Listener, Note, Surveyed, Surveying, ignore
from .examples import ExamplesProbe
from .job import Job, prepare
from .plan import PlanOption
from .survey_job import coords_of, expected_share, labels_of, levels_of, prepared, seconds_of
from .surveying import Picture, Survey
from .sweep import chunk_points, opened
from .work import POLL_SECONDS, Tally

_QUANTITIES = (
    Quantity("loss", "loss"),
    Quantity("loss_error", "90 % bound of the error of ln loss"),
    Quantity("evaluated", "whether the cell was measured, on some examples or all", units=FLAG),
    Quantity("examples", "examples that the cell was measured on"),
)


def survey(
    probe: Any, family: Family, coords: Mapping[str, Sequence[float]], *, tolerance: float = 0.01, examples: int | None = None,
    seed: int = 0, engine: Engine | None = None, store: str | Path | None = None, plan: PlanOption = "auto", on_event: Listener = ignore,
) -> xr.Dataset:
    """The loss on a lattice to a stated tolerance, from as few evaluations as that takes.

    Args:
        probe: ``la.probes.loss(objective)``; its loss is surveyed, metrics and classes are not.
        family: where, e.g. ``la.random_slice(objective)``; of 1 to 3 dims.
        coords: one increasing array per dim: ``{"alpha": la.axis(-1, 1, 51), …}``.
        tolerance: of abs(ln L̂ − ln L): bounds the median of the held-out errors, and five times it their 95th percentile. Where losses
            are not all positive, of asinh(L / s) with the scale s in attrs.
        examples: measure no cell on fewer (default: a 32nd of all, but 128 to 256).
        seed: of what is drawn: held-out cells and samples of examples.
        engine, store, plan, on_event: as of :func:`~lossatlas.sweep`. A stopped survey goes on where it stood; Ctrl-C returns the
            picture so far.

    Returns:
        A Dataset on the family's dims: ``loss``; ``loss_error``, a bound that should hold for 90 % of the cells, 0 where all examples were
        measured; ``evaluated`` (bool); ``examples``; and in attrs ``heldout_median``, ``heldout_p95``, ``heldout_max``,
        ``heldout_count``, ``example_evaluations``, ``dense_example_evaluations``, ``converged``, ``went_dense``. A surface that is too
        rough is measured densely, which a note says.

    Raises:
        InputError: a probe that is no loss of one objective, a family of copies, a tolerance that is not between 0 and 1.
        SpecMismatch, StoreError, LossAtlasError: as of a sweep.

    Sources: sequential design of Gaussian processes (Cohn, Ghahramani, Jordan 1996), calibrated samples of examples (Deville and
    Särndal 1992), error bars from held-out predictions (Lei et al. 2018).
    """
    engine = engine or Local()
    with preserved_rng():
        job = prepared(probe, family, coords, tolerance=tolerance, examples=examples, seed=seed, plan=plan, engine=engine)
        if store is not None or engine.workers == 1:
            return _Run(job, coords_of(job), engine, store, on_event, tolerance, seed).result()
        with tempfile.TemporaryDirectory(prefix="lossatlas-") as folder:  # workers share nothing but a store: one for the time being
            ds = _Run(job, coords_of(job), engine, Path(folder) / "run.zarr", on_event, tolerance, seed).result()
            del ds.attrs["store"]
            return ds


@dataclass
class _Run:
    """A survey under way: where its results go and how its cells are measured."""

    job: Job
    cells: np.ndarray
    engine: Engine
    store: str | Path | None
    on_event: Listener
    tolerance: float
    seed: int

    def __post_init__(self) -> None:
        self.objective = self.job.probe.objective
        self.n = self.objective.data.n_examples
        self.place: ZarrStore | None = None
        self.root: Path | None = None
        self.name, self.rounds, self.total = "", 0, None
        self.seconds_per_example = 0.0
        self._first: dict[str, np.ndarray] | None = None  # what the origin measured on all examples, until it is asked for
        spread = np.ptp(self.cells, axis=0)
        self.places = 2 * (self.cells - self.cells.min(0)) / np.where(spread > 0, spread, 1) - 1
        self.origin = int(np.argmin(np.abs(self.cells / np.where(spread > 0, spread, 1)).sum(1)))

    def result(self) -> xr.Dataset:
        """Run, or go on, and return the last picture."""
        if (finished := self._opened()) is not None:
            return finished
        self._decide()
        self._begin()
        dense = self.seconds_per_example * self.n * len(self.cells)
        self.on_event(Surveying(len(self.cells), self.n, self.tolerance, dense, dense * expected_share(self.job)))
        picture = None
        try:
            for picture in self._survey().pictures():
                self._keep(picture)
                whole = len(self.cells) * self.n
                self.on_event(Surveyed(int((picture.examples > 0).sum()), len(self.cells), picture.spent / whole, picture.heldout.median,
                                       picture.heldout.p95))
        except KeyboardInterrupt:
            if picture is None:
                raise
            self._note("stopped before the tolerance was met; run the same survey again to go on")
            return self._dataset(picture, stopped=True)
        assert picture is not None
        if bad := int((~np.isfinite(picture.loss)).sum()):
            self._note(f"loss is not finite at {bad} of {len(self.cells)} cells, as measured there or at the nearest measured cell")
        if picture.note:
            self._note(f"{picture.note}: every cell was measured on all examples")
        self.on_event(Finished(int((picture.examples > 0).sum()), len(self.cells)))
        return self._dataset(picture, complete=True)

    def _survey(self) -> Survey:
        return Survey(self.places, self.origin, self.n, labels_of(self.objective), levels_of(self.job), self._measure, self.tolerance,
                      self.seed)

    # ---- plan and store ----------------------------------------------------------------------------------------

    def _opened(self) -> xr.Dataset | None:
        """The store is named; the finished result where it holds one, and its plan where it holds any."""
        if self.store is None:
            return None
        self.root, self.name = split_path(self.store, "survey")
        if self.name == "+":
            self.name = _free_name(self.root, self.job)
        if not exists(self.root / self.name):
            return None
        place = self._adopt()
        return place.dataset() if place.attrs.get("complete") and place.read()[1].all() else None

    def _adopt(self) -> ZarrStore:
        """The group that is there, whose plan the job takes."""
        assert self.root is not None
        self.place = opened(self.job, self.root, self.name)
        return self.place

    def _decide(self) -> None:
        """The plan, decided once for all rounds, and how they evaluate by it."""
        if self.place is None and self.job.undecided:
            points = max(1, round(expected_share(self.job) * len(self.cells)))
            self.job.decide(seconds_of(self.job), self.engine, points=points)
        plan = Plan.of(self.job.spec["plan"])
        self.view, self.plan = self.objective, self.job.spec["plan"]
        if self.engine.workers == 1 and plan.forward in ("graph", "module"):  # made once, and not again for every round
            self.view, self.plan = Planned(self.job.probe, plan).parts[0].view, "plain"

    def _begin(self) -> None:
        """The origin on all examples: it tells the cost, with it the store is made, and the first anchor is measured."""
        origin = np.array([self.origin])
        if self.place is None:
            job, began = self._job(self._probe(None), origin), time.perf_counter()
            first = job.rows([0])
            seconds = (time.perf_counter() - began) / job.evaluator.at_once
            self.seconds_per_example = seconds / self.n
            if self.root is not None:
                self._create(seconds)
                if not (place := self._round(job)).has(0):
                    place.write(0, first)
            self.rounds, self._first = 1, first
        else:
            self.seconds_per_example = float(self.place.meta["seconds_per_point"]) / self.n
            self._first = self._values(self._probe(None), origin)

    def _create(self, seconds: float) -> None:
        """A new group, or the one that another process made meanwhile for this survey."""
        assert self.root is not None
        nothing = {q.name: np.array(np.nan) for q in _QUANTITIES}
        unknown = np.full(len(self.cells), np.nan)
        attrs = {**self.job.attrs, **self._attrs(Picture(unknown, unknown, np.zeros(len(unknown), dtype=int), HeldOut(), False, 0))}
        with writable(self.root):
            if not exists(self.root / self.name):
                shutil.rmtree(self.root / f"{self.name}{CELLS}", ignore_errors=True)  # of a survey that was deleted
            try:
                self.place = ZarrStore.create(self.root, self.name, spec=self.job.spec, attrs=attrs, coords=self.job.coords,
                                              indices=self._order(), quantities=_QUANTITIES, centre=nothing,
                                              timing={"chunk": len(self.cells), "seconds_per_point": seconds})
            except SpecMismatch:  # by another plan, perhaps
                self._adopt()
                self._decide()

    # ---- measuring ---------------------------------------------------------------------------------------------

    def _probe(self, examples: np.ndarray | None) -> ExamplesProbe:
        """The losses of some examples; None: of all."""
        view = self.view
        if examples is not None and len(examples) < self.n:
            view = replace(view, data=view.data.take(torch.as_tensor(examples)))
        return ExamplesProbe(view)

    def _measure(self, cells: np.ndarray, examples: np.ndarray) -> np.ndarray:
        """Losses of examples at cells, shape (cells, examples), such that the mean over all examples is the loss."""
        known = self._first if len(examples) == self.n and self.origin in cells else None
        here = cells != self.origin if known is not None else np.ones(len(cells), dtype=bool)
        found = self._values(self._probe(examples), cells[here]) if here.any() else {}
        if known is not None:
            at, self._first = int(np.flatnonzero(~here)[0]), None
            found = {name: np.insert(found[name], at, value[0], axis=0) if found else value for name, value in known.items()}
        if self.total is None:
            self.total = float(found["weights"][0].sum())
        return found["losses"] * (self.n / self.total) + found["penalty"][:, None]

    def _values(self, probe: ExamplesProbe, cells: np.ndarray) -> dict[str, np.ndarray]:
        """Every quantity at cells, in their order, from the store where they are there; shape (cells, …)."""
        engine = replace(self.engine, make=None) if isinstance(self.engine, Local) else self.engine
        job = self._job(probe, cells)
        place = self._round(job)
        self.rounds += 1
        tally = Tally(place, ignore)
        engine.fill(job, place, tally, ignore)
        ds = place.dataset()
        if not bool(ds["done"].all()):
            raise LossAtlasError(f"round {self.rounds} of the survey is not complete although all work has ended; run again to go on")
        return {q.name: ds[q.name].values for q in job.quantities}

    def _job(self, probe: ExamplesProbe, cells: np.ndarray) -> Job:
        """A round, worked by the plan of the survey, which is its plan whether the view follows it already or not."""
        points = Points(self.job.family, self.cells[cells])
        job = prepare(probe, points, {"point": np.arange(len(cells))}, plan=self.plan, engine=self.engine.name)
        job.say = self._note
        if self.plan == "plain":
            job.named_by(self.job.spec["plan"])
        return job

    def _round(self, job: Job) -> ZarrStore | MemoryStore:
        nothing = {q.name: np.full(q.shape, np.nan) for q in job.quantities}
        if self.root is None:
            return MemoryStore(attrs={**job.attrs, "spec": job.spec}, coords=job.coords, indices=job.indices,
                               quantities=job.quantities, centre=nothing, chunk=min(job.evaluator.at_once, len(job.indices)))
        name = f"{self.name}{CELLS}/{self.rounds:04d}"
        if exists(self.root / name):
            place = ZarrStore(self.root, name)
            place.check_spec(job.spec)
            return place
        chunk = chunk_points(self.seconds_per_example * job.probe.objective.data.n_examples, len(job.indices))
        with writable(self.root):
            return ZarrStore.create(self.root, name, spec=job.spec, attrs=job.attrs, coords=job.coords, indices=job.indices,
                                    quantities=job.quantities, centre=nothing, timing={"chunk": chunk, "seconds_per_point": 0.0})

    # ---- results -----------------------------------------------------------------------------------------------

    def _note(self, text: str) -> None:
        if text not in self.job.attrs["notes"]:
            self.job.attrs["notes"] = [*self.job.attrs["notes"], text]
            self.on_event(Note(text))

    def _attrs(self, picture: Picture, *, complete: bool = False, stopped: bool = False) -> dict[str, Any]:
        held, asked = picture.heldout, self.job.spec["survey"]  # "seed" is that of the axes
        return {"method": "survey", "tolerance": asked["tolerance"], "fewest_examples": asked["examples"], "survey_seed": asked["seed"],
                "heldout_median": held.median, "heldout_p95": held.p95,
                "heldout_max": held.maximum, "heldout_count": held.count, "example_evaluations": int(picture.spent),
                "dense_example_evaluations": len(self.cells) * self.n, "converged": picture.converged, "went_dense": picture.dense,
                "complete": complete, "stopped": stopped, "scale": picture.scale, "notes": self.job.attrs["notes"]}

    def _arrays(self, picture: Picture) -> dict[str, np.ndarray]:
        return {"loss": picture.loss, "loss_error": picture.error, "evaluated": (picture.examples > 0).astype(float),
                "examples": picture.examples.astype(float)}

    def _order(self) -> np.ndarray:
        return np.stack(np.unravel_index(np.arange(len(self.cells)), [len(v) for v in self.job.coords.values()]), axis=1)

    def _centre(self, picture: Picture) -> dict[str, np.ndarray]:
        """The picture at coordinates zero; NaN where that is no cell."""
        zero = not self.cells[self.origin].any()
        return {name: np.array(values[self.origin] if zero else np.nan) for name, values in self._arrays(picture).items()}

    def _keep(self, picture: Picture, *, complete: bool = False, stopped: bool = False) -> None:
        """Write the picture over the last one, one process at a time, and never over the final one that another process wrote."""
        while self.place is not None:
            with self.place.claim(0) as mine:
                if mine and (complete or not description(self.place.path).get("complete")):
                    self.place.write(0, self._arrays(picture))
                    self.place.write_centre(self._centre(picture))
                    self.place.revise({**self.job.attrs, **self._attrs(picture, complete=complete, stopped=stopped)})
            if mine or not (complete or stopped):
                return  # another process is writing its own, which is as new
            time.sleep(POLL_SECONDS)

    def _dataset(self, picture: Picture, *, complete: bool = False, stopped: bool = False) -> xr.Dataset:
        self._keep(picture, complete=complete, stopped=stopped)
        if self.place is not None:
            self.place.tidy()
            return self.place.dataset()
        attrs = {**self.job.attrs, **self._attrs(picture, complete=complete, stopped=stopped), "spec": self.job.spec}
        arrays, done = self._arrays(picture), np.ones(len(self.cells), dtype=bool)
        ds = on_dims(self.job.coords, self._order(), arrays, _QUANTITIES, done, attrs)
        return summarize(add_centre(ds, self._centre(picture), _QUANTITIES), _QUANTITIES)


def _free_name(root: Path, job: Job) -> str:
    """``<kind>-<n>`` of an unfinished survey of this spec, else the first that is free."""
    kind = job.attrs["kind"]
    return find_unfinished(root, kind, job.spec, adopts=job.adopts) or next_name(root, kind)
