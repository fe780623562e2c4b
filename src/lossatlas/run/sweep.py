"""Evaluate a probe at coordinates of a family: ``sweep`` brings together a job, a store and an engine.

What is measured where is worked out in ``job``; the one loop over points is in ``work``; who runs it, in ``engine``. The centre (all
coordinates zero) is evaluated first and always: it anchors the picture and tells the cost of a point.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ..errors import LossAtlasError, SpecMismatch
from ..execution.candidates import words
from ..execution.plan import Plan
from ..family import Family
from ..result.description import exists
from ..result.memory import MemoryStore
from ..result.store import ZarrStore, find_unfinished, next_name, split_path, writable
from ..seeds import preserved_rng
from .engine import Engine, Local
from .events import Choice, Finished, Listener, Note, Started, ignore
from .job import Job, examples, megabytes, prepare
from .plan import PlanOption
from .work import Store, Tally

#: Seconds of work in a chunk (DESIGN, section 4); a short sweep gets about CHUNKS smaller ones, so that little is lost.
CHUNK_SECONDS, SHORTEST_CHUNK_SECONDS, CHUNKS = 10.0, 0.5, 20
#: Points in a chunk at most.
CHUNK_POINTS = 512


def sweep(
    probe: Any, family: Family, coords: Mapping[str, Sequence[float]], *, engine: Engine | None = None,
    store: str | Path | None = None, plan: PlanOption = "auto", replan: bool = False, on_event: Listener = ignore,
) -> xr.Dataset:
    """Evaluate a probe at every point of a lattice of coordinates.

    Args:
        probe: what to measure, e.g. ``la.probes.loss(objective)``.
        family: where, e.g. ``la.random_slice(objective)`` or ``la.line(a, b)``.
        coords: one increasing array per dim of the family: ``{"alpha": la.axis(-1, 1, 51), …}``. A dim ``repeat`` or
            ``layer`` of :class:`~lossatlas.family.Copies` may be left out: then all are evaluated.
        engine: where the work runs (default: this process); ``la.Local(workers=2)`` starts processes that share the store.
            Other processes that run the same sweep on the same store share the work as well.
        store: ``PATH.zarr/GROUP`` to keep the result; what an earlier run of the same computation finished is not
            computed again. Without a group it is named by the kind (``slice``, ``profile``). None: in memory.
        plan: how points are evaluated; never what is computed. ``auto`` tries a few ways on this model and machine, each checked against
            the plain one to 1e-5, and takes the fastest; ``bf16`` may also take bfloat16, whose measured error is noted; ``plain``; or
            the plan of another result, ``ds.attrs["plan"]``. A group keeps the plan that it was made with, and ``auto`` takes that.
        replan: do not go on with a group that is there, but make a new one, with a new plan: ``NAME-2`` beside ``NAME``.
        on_event: is told of cost, progress and notes; ``with la.progress() as bar`` gives one for people.

    Returns:
        A Dataset on the family's dims: every quantity, ``done``, ``center_<quantity>``, and in attrs kind, seed,
        BatchNorm policy, axes, versions, spec.

    Raises:
        InputError: coordinates that do not fit the family, a point of another network, ``interpolate`` on a random slice; a plan that
            cannot run here.
        SpecMismatch: the group holds another computation, or was made by another plan than the one that is asked for.
        StoreError: the store cannot be written.
        LossAtlasError: workers that fail or keep dying; memory that runs out where the batch size is part of the definition.
    """
    engine = engine or Local()
    with preserved_rng():
        ds = run(prepare(probe, family, coords, plan=plan, engine=engine.name), engine, store, on_event, replan=replan)
    return _noted(ds, on_event)


def run(job: Job, engine: Engine, store: str | Path | None, on_event: Listener, *, replan: bool = False) -> xr.Dataset:
    """Evaluate what is missing and return the result."""
    if store is None and engine.workers > 1:  # the workers share nothing but a store, so there is one for the time being
        with tempfile.TemporaryDirectory(prefix="lossatlas-") as folder:
            ds = run(job, engine, Path(folder) / "run.zarr", on_event)
            del ds.attrs["store"]
            return ds

    def say(note: str) -> None:
        job.attrs["notes"].append(note)
        on_event(Note(note))

    job.say = say
    place, seconds = _place(job, engine, store, replan)
    tally = Tally(place, on_event)
    processes = 1 if engine.workers == 1 else 1 + engine.workers
    memory = processes * megabytes(job, works=bool(tally.missing))
    on_event(Started(tally.total, tally.count, place.chunk, examples(job), seconds, memory, words(Plan.of(job.spec["plan"])),
                     Choice(job.spec["plan"], job.attrs.get("plan_why", ""), job.attrs.get("plan_trials", []))))
    engine.fill(job, place, tally, on_event)
    ds = place.dataset()
    if not bool(ds["done"].all()):
        missing = [number for number in range(len(place.chunks)) if not place.has(number)]
        raise LossAtlasError(f"{len(missing)} of {len(place.chunks)} chunks are still missing although all work has ended (the first is "
                             f"{missing[0]}); what is done is kept, run again to go on")
    on_event(Finished(tally.computed, tally.total))
    return ds


def _place(job: Job, engine: Engine, store: str | Path | None, replan: bool) -> tuple[Store, float]:
    """Where the result goes, opened or made, and the seconds that a point takes.

    ``PATH.zarr/+`` stands for a new ``<kind>-<n>``, or the unfinished one of the same spec.
    """
    if store is None:
        centre, seconds = planned(job, engine)
        return MemoryStore(attrs={**job.attrs, "spec": job.spec}, coords=job.coords, indices=job.indices, quantities=job.quantities,
                           centre=centre, chunk=min(job.evaluator.at_once, len(job.indices))), seconds
    kind = job.attrs["kind"]
    root, name = split_path(store, kind)
    any_name = name == "+"
    if any_name:
        name = (not replan and find_unfinished(root, kind, job.spec, adopts=job.adopts)) or next_name(root, kind)
    elif replan and exists(root / name):
        name = next_name(root, name, first=2)
    if exists(root / name):
        return _opened(job, root, name)
    with writable(root):
        return _made(job, engine, root, name, any_name)


def opened(job: Job, root: Path, name: str) -> ZarrStore:
    """A group that is there, whose plan the job takes."""
    place = ZarrStore(root, name)
    stored = place.meta["spec"].get("plan")
    if job.adopts(stored):
        job.use(stored, why=place.attrs.get("plan_why", ""), trials=place.attrs.get("plan_trials", ()))
    place.check_spec(job.spec)
    place.mend()
    return place


def _opened(job: Job, root: Path, name: str) -> tuple[ZarrStore, float]:
    """A group that is there, and the seconds that a point takes, as measured when it was made."""
    place = opened(job, root, name)
    if place.centre() is None:
        place.write_centre(job.centre())
    return place, float(place.meta["seconds_per_point"])


def _made(job: Job, engine: Engine, root: Path, name: str, any_name: bool) -> tuple[ZarrStore, float]:
    """A new group, and the seconds that a point takes."""
    kind = job.attrs["kind"]
    centre, seconds = planned(job, engine)
    while not exists(root / name):
        chunk = _whole_groups(chunk_points(seconds, len(job.indices)), job.evaluator.at_once, len(job.indices))
        try:
            return ZarrStore.create(root, name, spec=job.spec, attrs=job.attrs, coords=job.coords, indices=job.indices,
                                    quantities=job.quantities, centre=centre,
                                    timing={"chunk": chunk, "seconds_per_point": seconds}), seconds
        except SpecMismatch:  # another process made the group meanwhile: for this computation by another plan, or for another one
            if any_name:
                name = find_unfinished(root, kind, job.spec, adopts=job.adopts) or next_name(root, kind)
    return _opened(job, root, name)


def planned(job: Job, engine: Engine) -> tuple[Mapping[str, np.ndarray], float]:
    """The plan of a job is decided, where it is not given; the centre by it, and the seconds that a point takes."""
    centre, seconds = job.cost()
    before = job.spec["plan"]
    job.decide(seconds, engine)
    return (centre, seconds) if job.spec["plan"] == before else job.cost()


def chunk_points(seconds: float, points: int) -> int:
    """Points in a chunk: about ten seconds of work, less for short sweeps, 1 to 512."""
    target = min(CHUNK_SECONDS, max(SHORTEST_CHUNK_SECONDS, seconds * points / CHUNKS))
    return int(np.clip(round(target / max(seconds, 1e-9)), 1, min(CHUNK_POINTS, points)))


def _whole_groups(chunk: int, at_once: int, points: int) -> int:
    """Points in a chunk, such that it holds full groups of the points that are evaluated at once."""
    return min(max(chunk // at_once, 1) * at_once, points)


def _noted(ds: xr.Dataset, on_event: Listener) -> xr.Dataset:
    notes = [f"{name} is not finite at {count} of {int(ds['done'].sum())} points" for name, count in ds.attrs["nonfinite"].items()]
    notes += [f"negative running variance in {layer} at {count} points" for layer, count in ds.attrs.get("negative_variance", {}).items()]
    for note in notes:
        on_event(Note(note))
    if notes and on_event is ignore:
        warnings.warn("; ".join(notes), RuntimeWarning, stacklevel=3)
    return ds
