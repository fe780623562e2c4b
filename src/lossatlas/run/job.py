"""A sweep worked out: what is measured where, in which order, and all that identifies it. Nothing is evaluated here."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..errors import InputError
from ..execution.candidates import Decision
from ..execution.plan import Plan
from ..family import Family
from ..family.points import Points
from ..family.single import Single
from ..family.slice import centre_of
from ..lattice import check_coords, coarse_first
from ..params import digest, is_running_statistic, size
from ..result.provenance import provenance
from ..result.schema import COUNTED, RESERVED, STEP, Quantity, kind_of
from .plan import Evaluator, PlanOption, checked_plan, decided, device_of

#: More points than this in one sweep are a slip of the pen.
MOST_POINTS = 10_000_000
#: An evaluation that took less is timed again: the first call warms up.
SHORT_SECONDS = 0.5


@dataclass
class Job:
    """A sweep worked out: what is measured where, and all that identifies it.

    Attributes:
        plan: as it was asked for; the one in ``spec`` is the one by which points are evaluated.
        say: takes notes that arise on the way.
    """

    quantities: tuple[Quantity, ...]
    family: Family
    coords: dict[str, np.ndarray]
    indices: np.ndarray
    spec: dict[str, Any]
    attrs: dict[str, Any]
    probe: Any
    plan: PlanOption
    say: Callable[[str], None]
    _evaluator: Evaluator | None = None

    @property
    def evaluator(self) -> Evaluator:
        """What evaluates points by the plan of the spec.

        Raises:
            InputError: the plan cannot run here.
        """
        if self._evaluator is None:
            try:
                self._evaluator = Evaluator(self.probe, self.family, Plan.of(self.spec["plan"]), lambda note: self.say(note))
            except InputError as error:
                raise InputError(f"{error}; of a stored result: write --replan (replan=True) for a new one with a plan of this "
                                 "machine; else plan='auto'") from error
        return self._evaluator

    def rows(self, numbers: Sequence[int]) -> dict[str, np.ndarray]:
        """Every quantity at these points of the work order, at most ``evaluator.at_once``: name -> (points, …)."""
        return self.evaluator(np.column_stack([values[self.indices[numbers, k]] for k, values in enumerate(self.coords.values())]))

    def centre(self) -> dict[str, np.ndarray]:
        """Every quantity at the centre of the family."""
        return {name: value[0] for name, value in self.evaluator(np.array([centre_of(self.family)])).items()}

    @property
    def undecided(self) -> bool:
        """Whether it is left to us to find a plan."""
        return self.plan in ("auto", "bf16")

    def cost(self) -> tuple[dict[str, np.ndarray], float]:
        """The centre, and the seconds that a point takes: by a second call where the first, which warms up, was short."""
        rows, began = range(min(self.evaluator.telling, len(self.indices))), time.perf_counter()
        centre = self.centre()
        seconds = (time.perf_counter() - began) / len(rows)
        if seconds * len(rows) < SHORT_SECONDS:
            began = time.perf_counter()
            self.rows(rows)
            seconds = (time.perf_counter() - began) / len(rows)
        return centre, seconds

    def decide(self, seconds: float, engine: Any, *, points: int | None = None) -> Decision | None:
        """Decide the plan and use it, where it is to be decided: for points that take ``seconds`` each by the plan so far.

        Args:
            engine: that will evaluate, perhaps by workers of other threads. points: that will be evaluated (default: all).
        """
        if not self.undecided:
            return None
        found = decided(self.evaluator, self.coords, plan=self.plan, points=points or len(self.indices), seconds=seconds,
                        threads=getattr(engine, "worker_threads", None))
        self.use(found.plan.described(), why=found.why, trials=found.trials)
        return found

    def use(self, plan: Mapping[str, Any], *, why: str = "", trials: Sequence[Mapping[str, Any]] = ()) -> None:
        """Evaluate by this plan from here on."""
        if dict(plan) != self.spec["plan"]:
            self.spec["plan"] = self.attrs["plan"] = dict(plan)
            self._evaluator = None
        self.attrs |= {"plan_why": why, "plan_trials": [dict(trial) for trial in trials]}
        if plan.get("dtype") == "bfloat16":
            found = [trial["difference"] for trial in trials if "bfloat16" in trial["candidate"] and trial["verdict"] == "taken"]
            self.say("evaluated in bfloat16" + (f": in trials the mean loss was off by {max(found):.1g} of itself" if found else ""))

    def named_by(self, plan: Mapping[str, Any]) -> None:
        """Say that points are evaluated by ``plan``, because the probe's own view of the network follows it."""
        self._evaluator = Evaluator(self.probe, self.family, Plan.of(self.spec["plan"]), lambda note: self.say(note))
        self.spec["plan"] = self.attrs["plan"] = dict(plan)

    def adopts(self, stored: Any) -> bool:
        """Whether the plan of a stored group will do, because none is asked for, or one of its name and device."""
        here = isinstance(stored, Mapping) and stored.get("device") == device_of(self.probe)
        return here and (self.plan == "auto" or self.plan == stored.get("name"))


def prepare(probe: Any, family: Family, coords: Mapping[str, Sequence[float]], *, plan: PlanOption, engine: str) -> Job:
    """Check a sweep and work out its order, spec and attributes; nothing is evaluated."""
    if isinstance(probe, type) or not callable(probe) or not hasattr(probe, "quantities"):
        raise InputError(f"probe is a {type(probe).__name__}; expected a probe such as la.probes.loss(objective)")
    if isinstance(family, type) or not callable(family) or not hasattr(family, "dims"):
        raise InputError(f"family is a {type(family).__name__}; expected a family such as la.random_slice(objective)")
    if (counted := _counted(family.dims)) and isinstance(coords, Mapping) and counted not in coords:
        coords = {counted: np.arange(len(family)), **coords}  # type: ignore[arg-type]
    if STEP in family.dims and hasattr(family, "steps") and isinstance(coords, Mapping) and STEP not in coords:
        coords = {**coords, STEP: family.steps}
    _check_names(probe, family)
    checked = check_coords(coords, family.dims)
    _check_lattice(checked, family)
    if hasattr(probe, "objective"):
        probe.objective.conform(family(torch.tensor(centre_of(family), dtype=torch.float64)), what="the centre of the family")
    family, policy = _under_policy(probe, family)
    asked = checked_plan(plan, probe)
    if asked is None:  # decided when the cost of a point is known
        asked = Plan(name="bf16" if plan == "bf16" else "plain", device=device_of(probe))
    described = asked.described()
    spec = {"probe": _probe_spec(probe), "family": _family_spec(family, checked),
            "coords": {dim: values.tolist() for dim, values in checked.items()}, "plan": described}
    about = {**_about(probe), **_corrupted(probe), **(family.describe() if hasattr(family, "describe") else {})}
    kind = kind_of(family.dims)
    title = f"{about.get('network', type(probe).__name__)}: {_named(str(about.get('family', 'family')), kind)}"
    notes = [*about.get("notes", []), *policy.pop("notes"), *_buffers(probe, family)]
    attrs = {"kind": kind, "title": title, **about, **policy, "notes": notes, "plan": described, "engine": engine,
             **provenance(), "threads": torch.get_num_threads()}
    job = Job(tuple(probe.quantities), family, checked, _order(checked), spec, attrs, probe, plan, notes.append)
    if isinstance(plan, Decision):
        job.use(described, why=plan.why, trials=plan.trials)
    return job


def _under_policy(probe: Any, family: Family) -> tuple[Family, dict[str, Any]]:
    """What the BatchNorm policy makes of running statistics that a family carries, and what a result says of it.

    ``given_exact`` is False where given points are evaluated with other running statistics than their own.
    """
    objective = getattr(probe, "objective", None)
    if not hasattr(objective, "bn"):
        return family, {"notes": []}
    moves, through = bool(getattr(family, "moves_statistics", False)), bool(getattr(family, "through", False))
    carried = through and (not objective.has_batchnorm or any(map(is_running_statistic, family.origin)))  # type: ignore[attr-defined]
    if objective.bn == "interpolate":
        if not moves and not carried:
            raise InputError("bn='interpolate' makes running statistics coordinates, and this family does not move them (a random "
                             "direction never does, and points need to carry them); write bn='eval', 'batch' or 'recompute', or a "
                             "line through points with running statistics")
        return family, {"notes": []}
    exact = {} if objective.bn != "eval" or not through or (carried and not moves) else {"given_exact": False}
    note = {"eval": "running statistics stay at the objective's own at every point",
            "recompute": "running statistics are re-estimated at every point",
            "batch": "every batch is normalized by itself"}[objective.bn]
    if exact:
        choices = "'interpolate' or 'recompute'" if carried else "'recompute'"
        note += ("; the given points are drawn with these, so their losses there are not their own: write "
                 f"bn={choices}")
    if moves:
        family = family.without_statistics()  # type: ignore[attr-defined]
    return family, {**exact, "notes": [f"BatchNorm: {note}"] if moves or exact else []}


def _buffers(probe: Any, family: Family) -> list[str]:
    """A note that names the buffers, other than running statistics, that are interpolated between given points."""
    objective = getattr(probe, "objective", None)
    if not getattr(family, "through", False) or not hasattr(objective, "buffers"):
        return []
    names = [n for n in family.axes[0] if n in objective.buffers and not is_running_statistic(n)]  # type: ignore[attr-defined]
    if not names:
        return []
    note = f"buffers are interpolated between the given points: {', '.join(names[:4])}{', …' if len(names) > 4 else ''}"
    if any(n.endswith(("_u", "_v")) for n in names):
        note += "; singular vectors of spectral_norm are not unit in between, so that σ is not the spectral norm there"
    if not family.buffers >= set(names):  # type: ignore[attr-defined]
        note += "; they count in distances, for the family does not know them: write buffers=objective.buffers"
    return [note]


def _check_names(probe: Any, family: Family) -> None:
    taken = {*RESERVED, *(q.name for q in probe.quantities)} - ({"point"} if isinstance(family, Points | Single) else set())
    for dim in family.dims:
        if not isinstance(dim, str) or not dim.isidentifier() or dim in taken or dim.startswith("center_"):
            raise InputError(f"the family has a dim {dim!r}, which a result cannot take or uses itself; expected a name such as 'alpha'")


def _check_lattice(coords: Mapping[str, np.ndarray], family: Family) -> None:
    points = math.prod(len(values) for values in coords.values())
    if points > MOST_POINTS:
        shape = " × ".join(str(len(values)) for values in coords.values())
        raise InputError(f"{shape} are {points:,} points; expected at most {MOST_POINTS:,} in one sweep: take fewer along each axis")
    if STEP in coords and hasattr(family, "check_steps"):
        family.check_steps(coords[STEP].tolist())
    if counted := _counted(family.dims):
        if family.dims[0] != counted:
            raise InputError(f"the family has dims {tuple(family.dims)}; expected {counted!r} first, or another name")
        count = len(family) if hasattr(family, "__len__") else math.inf  # type: ignore[arg-type]
        if wrong := [k for k in coords[counted].tolist() if k != int(k) or not 0 <= k < count]:
            to = f" to {count - 1:g}" if count < math.inf else ""
            raise InputError(f"{counted} has {wrong[0]:g}; expected whole numbers from 0{to}, or leave {counted} out for all")


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


def _corrupted(probe: Any) -> dict[str, Any]:
    """How the data were corrupted (:meth:`lossatlas.Objective.corrupt`), in words, where they were."""
    parts = probe.parts() if hasattr(probe, "parts") else [(None, probe)]
    data = {name: getattr(getattr(one, "objective", None), "data", None) for name, one in parts}
    words = {name: found.words for name, found in data.items() if hasattr(found, "words")}
    return {"corrupted": words.get(None, words)} if words else {}


def _named(family: str, kind: str) -> str:
    """``random plane``, ``line``, ``plane through points``."""
    shape = {"profile": "line", "slice": "plane", "volume": "volume"}.get(kind, kind)
    family = {"hessian": "Hessian-eigenvector", "pca": "PCA"}.get(family, family)
    return family if family.startswith(shape) or family.endswith("path") else f"{family} {shape}"


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
    counted = _counted(coords)
    inner = coarse_first([len(v) for dim, v in coords.items() if dim != counted])
    if counted is None:
        return inner
    return np.concatenate([np.column_stack([np.full(len(inner), k), inner]) for k in range(len(coords[counted]))])


def _counted(dims: Iterable[str]) -> str | None:
    """The dim that counts copies of a family, if there is one."""
    return next((dim for dim in dims if dim in COUNTED), None)


def examples(job: Job) -> int:
    """Examples that one point is evaluated on."""
    n = job.attrs.get("n_examples", 0)
    return sum(n.values()) if isinstance(n, dict) else int(n)


def megabytes(job: Job, *, works: bool = True) -> float:
    """Memory of the job: the data, the network, a copy of its parameters per axis and for the point in flight; what plan and probe keep."""
    alone = [job.probe.objective] if hasattr(getattr(job.probe, "objective", None), "data") else []
    parts = [probe.objective for _, probe in job.probe.parts()] if hasattr(job.probe, "parts") else alone
    data = sum(objective.data.nbytes for objective in parts)
    weights = size(parts[0].params) * next(iter(parts[0].params.values())).element_size() if parts else 0
    axes = sum(dim not in (*COUNTED, STEP) for dim in job.coords)
    kept = job.evaluator.nbytes + getattr(job.probe, "nbytes", 0) if works else 0
    return (data + (2 + axes) * weights + kept) / 1e6
