"""The one loop over points: evaluate a probe at coordinates of a family.

``sweep`` is the only code that knows of grids, chunks, engines, stores, resuming and progress. The centre (all
coordinates zero) is evaluated first and always: it anchors the picture and tells the cost of a point.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr

from ..errors import InputError
from ..family import Family
from ..lattice import check_coords, coarse_first
from ..names import Plan
from ..params import digest, is_running_statistic, size
from ..result.provenance import provenance
from ..result.schema import RESERVED, Quantity, add_centre, kind_of, on_dims, summarize
from ..result.store import ZarrStore, check_writable, find_unfinished, next_name, split_path
from ..seeds import preserved_rng
from .engine import Engine, Local
from .events import Advanced, Finished, Listener, Note, Started, Stored, ignore
from .plan import Evaluate, make_plan

#: Seconds of work in a chunk (DESIGN, section 4); a short sweep gets about CHUNKS smaller ones, so that little is lost.
CHUNK_SECONDS, SHORTEST_CHUNK_SECONDS, CHUNKS = 10.0, 0.5, 20
#: Points in a chunk at most.
CHUNK_POINTS = 512
#: More points than this in one sweep are a slip of the pen.
MOST_POINTS = 10_000_000


@dataclass
class Job:
    """A sweep worked out: what is measured where, and all that identifies it."""

    quantities: tuple[Quantity, ...]
    family: Family
    coords: dict[str, np.ndarray]
    indices: np.ndarray
    evaluate: Evaluate
    spec: dict[str, Any]
    attrs: dict[str, Any]
    probe: Any = None

    def at(self, number: int) -> dict[str, np.ndarray]:
        """Every quantity at point ``number`` of the work order."""
        u = [values[i] for values, i in zip(self.coords.values(), self.indices[number], strict=True)]
        return self.evaluate(self.family(torch.tensor(u, dtype=torch.float64)))

    def centre(self) -> dict[str, np.ndarray]:
        """Every quantity at coordinates zero."""
        return self.evaluate(self.family(torch.zeros(len(self.coords), dtype=torch.float64)))


def sweep(
    probe: Any, family: Family, coords: Mapping[str, Sequence[float]], *, engine: Engine | None = None,
    store: str | Path | None = None, plan: Plan = "auto", on_event: Listener = ignore,
) -> xr.Dataset:
    """Evaluate a probe at every point of a lattice of coordinates.

    Args:
        probe: what to measure, e.g. ``la.probes.loss(objective)``.
        family: where, e.g. ``la.random_slice(objective)`` or ``la.line(a, b)``.
        coords: one increasing array per dim of the family: ``{"alpha": la.axis(-1, 1, 51), …}``. A dim ``repeat`` of
            :class:`~lossatlas.family.Repeats` may be left out: then all are evaluated.
        engine: where the work runs (default: this process).
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
    """
    engine = engine or Local()
    with preserved_rng():
        return run(prepare(probe, family, coords, plan=plan, engine=engine), engine, store, on_event)


def prepare(probe: Any, family: Family, coords: Mapping[str, Sequence[float]], *, plan: Plan, engine: Engine) -> Job:
    """Check a sweep and work out its order, spec and attributes; nothing is evaluated."""
    if isinstance(probe, type) or not callable(probe) or not hasattr(probe, "quantities"):
        raise InputError(f"probe is a {type(probe).__name__}; expected a probe such as la.probes.loss(objective)")
    if isinstance(family, type) or not callable(family) or not hasattr(family, "dims"):
        raise InputError(f"family is a {type(family).__name__}; expected a family such as la.random_slice(objective)")
    if "repeat" in family.dims and isinstance(coords, Mapping) and "repeat" not in coords:
        coords = {"repeat": np.arange(len(family)), **coords}  # type: ignore[arg-type]
    _check_names(probe, family)
    checked = check_coords(coords, family.dims)
    _check_lattice(checked, family)
    if hasattr(probe, "objective"):
        probe.objective.conform(family(torch.zeros(len(checked), dtype=torch.float64)), what="the centre of the family")
    family, notes = _under_policy(probe, family)
    described, evaluate = make_plan(plan, probe)
    spec = {"probe": _probe_spec(probe), "family": _family_spec(family, checked),
            "coords": {dim: values.tolist() for dim, values in checked.items()}, "plan": described}
    about = {**_about(probe), **(family.describe() if hasattr(family, "describe") else {})}
    kind = kind_of(family.dims)
    title = f"{about.get('network', type(probe).__name__)}: {_named(str(about.get('family', 'family')), kind)}"
    attrs = {"kind": kind, "title": title, **about, "notes": notes, "plan": described, "engine": engine.name, **provenance(),
             "threads": torch.get_num_threads()}
    return Job(tuple(probe.quantities), family, checked, _order(checked), evaluate, spec, attrs, probe)


def run(job: Job, engine: Engine, store: str | Path | None, on_event: Listener) -> xr.Dataset:
    """Evaluate what is missing and return the result."""
    place = _place(job, store)
    opened = ZarrStore(*place) if place and (place[0] / place[1] / "zarr.json").exists() else None
    if opened:
        opened.check_spec(job.spec)
        if (centre := opened.centre()) is None:
            centre = job.centre()
            opened.write_centre(centre)
        seconds = float(opened.meta["seconds_per_point"])  # as measured when the group was made: nothing is computed twice
    else:
        if place:
            check_writable(place[0])
        started = time.perf_counter()
        centre = job.centre()
        seconds = time.perf_counter() - started
        began = time.perf_counter()  # the first call warmed up; this one tells the cost
        again = job.at(0) if seconds < SHORTEST_CHUNK_SECONDS else None
        seconds = time.perf_counter() - began if again else seconds
        if place:
            opened = ZarrStore.create(
                *place, spec=job.spec, attrs=job.attrs, coords=job.coords, indices=job.indices, quantities=job.quantities,
                centre=centre, timing={"chunk": chunk_points(seconds, len(job.indices)), "seconds_per_point": seconds})
    ds = _in_store(job, engine, opened, seconds, on_event) if opened else _in_memory(job, engine, centre, seconds, on_event)
    return _noted(ds, on_event)


def chunk_points(seconds: float, points: int) -> int:
    """Points in a chunk: about ten seconds of work, less for short sweeps, 1 to 512."""
    target = min(CHUNK_SECONDS, max(SHORTEST_CHUNK_SECONDS, seconds * points / CHUNKS))
    return int(np.clip(round(target / max(seconds, 1e-9)), 1, min(CHUNK_POINTS, points)))


def _in_store(job: Job, engine: Engine, store: ZarrStore, seconds: float, on_event: Listener) -> xr.Dataset:
    done = store.read()[1]
    missing = [number for number, points in enumerate(store.chunks) if not done[points.start : points.stop].all()]
    count, total = int(sum(len(p) for n, p in enumerate(store.chunks) if n not in set(missing))), len(job.indices)
    on_event(Started(total, count, store.chunk, _examples(job), seconds, _megabytes(job)))
    computed = 0

    def work(number: int) -> None:
        nonlocal count, computed
        rows = []
        for point in store.chunks[number]:
            rows.append(job.at(point))
            count, computed = count + 1, computed + 1
            on_event(Advanced(count, total))
        store.write(number, {q.name: np.stack([row[q.name] for row in rows]) for q in job.quantities})
        on_event(Stored(number))

    engine.run(missing, work)
    on_event(Finished(computed, total))
    return store.dataset()


def _in_memory(job: Job, engine: Engine, centre: Mapping[str, np.ndarray], seconds: float, on_event: Listener) -> xr.Dataset:
    total = len(job.indices)
    arrays = {q.name: np.full((total, *q.shape), np.nan) for q in job.quantities}
    on_event(Started(total, 0, 1, _examples(job), seconds, _megabytes(job)))
    count = 0

    def work(number: int) -> None:
        nonlocal count
        for name, value in job.at(number).items():
            arrays[name][number] = value
        count += 1
        on_event(Advanced(count, total))

    engine.run(range(total), work)
    on_event(Finished(total, total))
    attrs = {**job.attrs, "spec": job.spec}
    ds = on_dims(job.coords, job.indices, arrays, job.quantities, np.ones(total, dtype=bool), attrs)
    return summarize(add_centre(ds, centre, job.quantities), job.quantities)


def _under_policy(probe: Any, family: Family) -> tuple[Family, list[str]]:
    """What the BatchNorm policy makes of running statistics that a family carries."""
    objective = getattr(probe, "objective", None)
    if not hasattr(objective, "bn"):
        return family, []
    moves = bool(getattr(family, "moves_statistics", False))
    if objective.bn == "interpolate":
        given = getattr(family, "through", False) and (not objective.has_batchnorm or any(map(is_running_statistic, family.origin)))
        if not moves and not given:
            raise InputError("bn='interpolate' makes running statistics coordinates, and this family does not move them (a random "
                             "direction never does, and points need to carry them); write bn='eval', 'batch' or 'recompute', or a "
                             "line through points with running statistics")
        return family, []
    if not moves:
        return family, []
    note = {"eval": "running statistics stay at the objective's own at every point",
            "recompute": "running statistics are re-estimated at every point",
            "batch": "every batch is normalized by itself"}[objective.bn]
    return family.without_statistics(), [f"BatchNorm: {note}"]  # type: ignore[attr-defined]


def _check_names(probe: Any, family: Family) -> None:
    taken = {*RESERVED, *(q.name for q in probe.quantities)}
    for dim in family.dims:
        if not isinstance(dim, str) or not dim.isidentifier() or dim in taken or dim.startswith("center_"):
            raise InputError(f"the family has a dim {dim!r}, which a result cannot take or uses itself; expected a name such as 'alpha'")


def _check_lattice(coords: Mapping[str, np.ndarray], family: Family) -> None:
    points = math.prod(len(values) for values in coords.values())
    if points > MOST_POINTS:
        shape = " × ".join(str(len(values)) for values in coords.values())
        raise InputError(f"{shape} are {points:,} points; expected at most {MOST_POINTS:,} in one sweep: take fewer along each axis")
    if "repeat" in coords:
        if family.dims[0] != "repeat":
            raise InputError(f"the family has dims {tuple(family.dims)}; expected 'repeat' first, or another name")
        count = len(family) if hasattr(family, "__len__") else math.inf  # type: ignore[arg-type]
        if wrong := [k for k in coords["repeat"].tolist() if k != int(k) or not 0 <= k < count]:
            raise InputError(f"repeat has {wrong[0]:g}; expected whole numbers from 0{f' to {count - 1:g}' if count < math.inf else ''}, "
                             "or leave repeat out for all")


def _probe_spec(probe: Any) -> Any:
    """What defines a probe; of one without ``spec()``: its name, quantities, plain attributes and objective."""
    if hasattr(probe, "spec"):
        return probe.spec()
    plain = {name: value for name, value in getattr(probe, "__dict__", {}).items()
             if isinstance(value, bool | int | float | str) and not name.startswith("_")}
    objective = {"objective": probe.objective.spec()} if hasattr(probe, "objective") else {}
    return {"probe": type(probe).__qualname__, "quantities": [q.name for q in probe.quantities], **plain, **objective}


def _about(probe: Any) -> dict[str, Any]:
    """What a result says of a probe's objective."""
    if hasattr(probe, "about"):
        return probe.about()
    if not hasattr(probe, "objective"):
        return {}
    o = probe.objective
    spec = o.spec()
    return {"bn": o.bn, "network": type(o.module).__name__, "n_examples": o.data.n_examples, "source": o.source,
            "batch_size": o.data.batch_size, "digest_params": spec["params"], "digest_data": spec["data"]}


def _named(family: str, kind: str) -> str:
    """``random plane``, ``line``, ``plane through points``."""
    shape = {"profile": "line", "slice": "plane", "volume": "volume"}.get(kind, kind)
    return family if family.startswith(shape) else f"{family} {shape}"


def _family_spec(family: Family, coords: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """What defines a family; of one without ``spec()``: its name and the bytes of its centre and of two corners of the lattice.

    Names of files are provenance, not identity: the digests beside them say what was in them.
    """
    if hasattr(family, "spec"):
        return {key: value for key, value in family.spec().items() if key not in ("ends", "files")}
    corners = [[0.0] * len(coords), [float(v[0]) for v in coords.values()], [float(v[-1]) for v in coords.values()]]
    return {"family": getattr(family, "__qualname__", type(family).__qualname__), "dims": list(family.dims),
            "points": [digest(family(torch.tensor(u, dtype=torch.float64))) for u in corners]}


def _order(coords: Mapping[str, np.ndarray]) -> np.ndarray:
    """Work order, shape (points, dims): copies one after the other, each coarse first."""
    copies = len(coords["repeat"]) if "repeat" in coords else None
    inner = coarse_first([len(v) for dim, v in coords.items() if dim != "repeat"])
    if copies is None:
        return inner
    return np.concatenate([np.column_stack([np.full(len(inner), k), inner]) for k in range(copies)])


def _place(job: Job, store: str | Path | None) -> tuple[Path, str] | None:
    """Where the result goes. ``PATH.zarr/+`` stands for a new ``<kind>-<n>``, or the unfinished one of the same spec."""
    if store is None:
        return None
    root, name = split_path(store, job.attrs["kind"])
    if name == "+":
        name = find_unfinished(root, job.attrs["kind"], job.spec) or next_name(root, job.attrs["kind"])
    return root, name


def _examples(job: Job) -> int:
    n = job.attrs.get("n_examples", 0)
    return sum(n.values()) if isinstance(n, dict) else int(n)


def _megabytes(job: Job) -> float:
    """Memory of the job: data, and the parameters of the frames and of the point in flight (three copies)."""
    parts = [probe.objective for _, probe in job.probe.parts()] if hasattr(job.probe, "parts") else []
    data = sum(objective.data.nbytes for objective in parts)
    weights = size(parts[0].params) * next(iter(parts[0].params.values())).element_size() if parts else 0
    return (data + (3 + len(job.coords)) * weights) / 1e6


def _noted(ds: xr.Dataset, on_event: Listener) -> xr.Dataset:
    notes = [f"{name} is not finite at {count} of {int(ds['done'].sum())} points" for name, count in ds.attrs["nonfinite"].items()]
    notes += [f"negative running variance in {layer} at {count} points" for layer, count in ds.attrs.get("negative_variance", {}).items()]
    for note in notes:
        on_event(Note(note))
    if notes and on_event is ignore:
        warnings.warn("; ".join(notes), RuntimeWarning, stacklevel=4)
    return ds
