"""Evaluate a probe at coordinates of a family: ``sweep`` brings together a job, a store and an engine.

What is measured where is worked out in ``job``; the one loop over points is in ``work``; who runs it, in ``engine``. The centre (all
coordinates zero) is evaluated first and always: it anchors the picture and tells the cost of a point.
"""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ..errors import LossAtlasError, SpecMismatch
from ..family import Family
from ..names import Plan
from ..result.description import exists
from ..result.memory import MemoryStore
from ..result.store import ZarrStore, find_unfinished, next_name, split_path, writable
from ..seeds import preserved_rng
from .engine import Engine, Local
from .events import Finished, Listener, Note, Started, ignore
from .job import Job, examples, megabytes, prepare
from .work import Store, Tally

#: Seconds of work in a chunk (DESIGN, section 4); a short sweep gets about CHUNKS smaller ones, so that little is lost.
CHUNK_SECONDS, SHORTEST_CHUNK_SECONDS, CHUNKS = 10.0, 0.5, 20
#: Points in a chunk at most.
CHUNK_POINTS = 512


def sweep(
    probe: Any, family: Family, coords: Mapping[str, Sequence[float]], *, engine: Engine | None = None,
    store: str | Path | None = None, plan: Plan = "auto", on_event: Listener = ignore,
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
        plan: how points are evaluated; never what is computed.
        on_event: is told of cost, progress and notes; ``with la.progress() as bar`` gives one for people.

    Returns:
        A Dataset on the family's dims: every quantity, ``done``, ``center_<quantity>``, and in attrs kind, seed,
        BatchNorm policy, axes, versions, spec.

    Raises:
        InputError: coordinates that do not fit the family, a point of another network, ``interpolate`` on a random slice.
        SpecMismatch: the group holds another computation.
        StoreError: the store cannot be written.
        LossAtlasError: workers that fail or keep dying.
    """
    engine = engine or Local()
    with preserved_rng():
        ds = run(prepare(probe, family, coords, plan=plan, engine=engine.name), engine, store, on_event)
    return _noted(ds, on_event)


def run(job: Job, engine: Engine, store: str | Path | None, on_event: Listener) -> xr.Dataset:
    """Evaluate what is missing and return the result."""
    if store is None and engine.workers > 1:  # the workers share nothing but a store, so there is one for the time being
        with tempfile.TemporaryDirectory(prefix="lossatlas-") as folder:
            ds = run(job, engine, Path(folder) / "run.zarr", on_event)
            del ds.attrs["store"]
            return ds
    place, seconds = _place(job, store)
    tally = Tally(place, on_event)
    processes = 1 if engine.workers == 1 else 1 + engine.workers
    on_event(Started(tally.total, tally.count, place.chunk, examples(job), seconds, processes * megabytes(job)))
    engine.fill(job, place, tally, on_event)
    ds = place.dataset()
    if not bool(ds["done"].all()):
        missing = [number for number in range(len(place.chunks)) if not place.has(number)]
        raise LossAtlasError(f"{len(missing)} of {len(place.chunks)} chunks are still missing although all work has ended (the first is "
                             f"{missing[0]}); what is done is kept, run again to go on")
    on_event(Finished(tally.computed, tally.total))
    return ds


def _place(job: Job, store: str | Path | None) -> tuple[Store, float]:
    """Where the result goes, opened or made, and the seconds that a point takes.

    ``PATH.zarr/+`` stands for a new ``<kind>-<n>``, or the unfinished one of the same spec.
    """
    if store is None:
        centre, seconds = _cost(job)
        return MemoryStore(attrs={**job.attrs, "spec": job.spec}, coords=job.coords, indices=job.indices, quantities=job.quantities,
                           centre=centre), seconds
    kind = job.attrs["kind"]
    root, name = split_path(store, kind)
    any_name = name == "+"
    if any_name:
        name = find_unfinished(root, kind, job.spec) or next_name(root, kind)
    if exists(root / name):
        opened = ZarrStore(root, name)
        opened.check_spec(job.spec)
        opened.mend()
        if opened.centre() is None:
            opened.write_centre(job.centre())
        return opened, float(opened.meta["seconds_per_point"])  # as measured when the group was made: nothing is computed twice
    with writable(root):
        return _made(job, root, name, any_name)


def _made(job: Job, root: Path, name: str, any_name: bool) -> tuple[ZarrStore, float]:
    """A new group, and the seconds that a point takes."""
    kind = job.attrs["kind"]
    centre, seconds = _cost(job)
    while True:
        try:
            made = ZarrStore.create(
                root, name, spec=job.spec, attrs=job.attrs, coords=job.coords, indices=job.indices, quantities=job.quantities,
                centre=centre, timing={"chunk": chunk_points(seconds, len(job.indices)), "seconds_per_point": seconds})
        except SpecMismatch:
            if not any_name:
                raise
            name = find_unfinished(root, kind, job.spec) or next_name(root, kind)  # another computation took the name meanwhile
        else:
            return made, seconds


def _cost(job: Job) -> tuple[Mapping[str, np.ndarray], float]:
    """The centre, and the seconds that a point takes."""
    started = time.perf_counter()
    centre = job.centre()
    seconds = time.perf_counter() - started
    if seconds < SHORTEST_CHUNK_SECONDS:  # the first call warmed up; this one tells the cost
        began = time.perf_counter()
        job.at(0)
        seconds = time.perf_counter() - began
    return centre, seconds


def chunk_points(seconds: float, points: int) -> int:
    """Points in a chunk: about ten seconds of work, less for short sweeps, 1 to 512."""
    target = min(CHUNK_SECONDS, max(SHORTEST_CHUNK_SECONDS, seconds * points / CHUNKS))
    return int(np.clip(round(target / max(seconds, 1e-9)), 1, min(CHUNK_POINTS, points)))


def _noted(ds: xr.Dataset, on_event: Listener) -> xr.Dataset:
    notes = [f"{name} is not finite at {count} of {int(ds['done'].sum())} points" for name, count in ds.attrs["nonfinite"].items()]
    notes += [f"negative running variance in {layer} at {count} points" for layer, count in ds.attrs.get("negative_variance", {}).items()]
    for note in notes:
        on_event(Note(note))
    if notes and on_event is ignore:
        warnings.warn("; ".join(notes), RuntimeWarning, stacklevel=3)
    return ds
