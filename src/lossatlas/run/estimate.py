"""What a picture will cost, measured densely or surveyed, before either begins.

A point is timed once; where the dense grid would take long, the plan is decided as well, and goes on to whoever measures, so that nothing
is planned twice. What a survey takes is what pictures took that were measured (:func:`~lossatlas.run.survey_job.expected_share`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..execution.candidates import Decision
from ..family import Family
from ..names import Method
from ..result.description import exists
from ..result.schema import kind_of
from ..result.store import ZarrStore, find_unfinished, split_path
from ..seeds import preserved_rng
from .engine import Engine
from .job import prepare
from .plan import PlanOption
from .survey_job import expected_share, prepared, seconds_of

#: Seconds of a dense grid up to which nothing else is worth a thought, and the share of them that a survey must stay below.
SHORT, WORTH = 60.0, 0.5


@dataclass(frozen=True)
class Estimate:
    """What both ways would take, and the plan where it was decided on the way.

    Attributes:
        dense_seconds, survey_seconds: of the whole picture, about; None where it was not measured, because no survey would gain.
    """

    dense_seconds: float | None
    survey_seconds: float | None
    decision: Decision | None = None

    @property
    def method(self) -> Method:
        """The survey where the grid takes more than a minute and the survey less than half of that."""
        if self.dense_seconds is None or self.survey_seconds is None or self.dense_seconds <= SHORT:
            return "dense"
        return "survey" if self.survey_seconds < WORTH * self.dense_seconds else "dense"


def estimate(
    probe: Any, family: Family, coords: Mapping[str, Sequence[float]], *, tolerance: float, plan: PlanOption, engine: Engine,
    always: bool = False,
) -> Estimate:
    """Time a point, by the best plan where the dense grid would take more than a minute.

    Args:
        always: also where no survey would gain, for one that is asked for.

    Raises:
        InputError: what cannot be surveyed.
    """
    with preserved_rng():
        job = prepared(probe, family, coords, tolerance=tolerance, examples=None, seed=0, plan=plan, engine=engine)
        points, share = len(job.indices), expected_share(job)
        if share >= WORTH and not always:
            return Estimate(None, None)
        seconds, decision = seconds_of(job), None
        if seconds * points > SHORT or always:
            decision = job.decide(seconds, engine, points=max(1, round(share * points)))
            seconds = seconds_of(job)
    return Estimate(seconds * points, share * seconds * points, decision)


def under_way(
    probe: Any, family: Family, coords: Mapping[str, Sequence[float]], store: Path | str, *, tolerance: float, plan: PlanOption,
    engine: Engine, surveyed: bool,
) -> Method | None:
    """How a result that is there is made: the group of that name, or of ``PATH.zarr/+`` the unfinished one of this computation.

    ``surveyed``: whether this could be surveyed at all.
    """
    kind = kind_of(family.dims)
    root, name = split_path(store, kind)
    if name != "+":
        return method_of(root, name) if exists(root / name) else None
    if not any(root.glob(f"{kind}-*")):
        return None
    dense = prepare(probe, family, coords, plan=plan, engine=engine.name)
    if find_unfinished(root, kind, dense.spec, adopts=dense.adopts):
        return "dense"
    if not surveyed:
        return None
    job = prepared(probe, family, coords, tolerance=tolerance, examples=None, seed=0, plan=plan, engine=engine)
    return "survey" if find_unfinished(root, kind, job.spec, adopts=job.adopts) else None


def method_of(root: Path, name: str) -> Method:
    """How a stored result was made."""
    return "survey" if ZarrStore(root, name).attrs.get("method") == "survey" else "dense"
