"""``--method``: whether every point is measured or a survey is made, by what is asked, what is there already, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from ..errors import InputError, SpecMismatch
from ..names import Method, choose
from ..result.description import exists
from ..result.schema import kind_of
from ..result.store import next_name, split_path
from ..run.engine import Engine
from ..run.estimate import SHORT, Estimate, estimate, under_way
from ..run.events import Listener, duration
from ..run.plan import PlanOption
from ..run.survey import survey
from ..run.sweep import sweep
from .plans import settings, table

if TYPE_CHECKING:
    from .measure import Target

#: What a survey aims at where nobody says.
TOLERANCE = 0.01


def check_method(method: str | None, tolerance: float, against: str = "") -> None:
    """Refuse, before anything is loaded, what a survey cannot do, which ``against`` names, and a tolerance that is none."""
    if method is not None:
        choose(method, Method, "--method")
    if not 0 < tolerance < 1:
        raise InputError(f"--tolerance is {tolerance:g}; expected a number between 0 and 1, e.g. 0.01 for errors of 1 %")
    if method == "dense" and tolerance != TOLERANCE:
        raise InputError(f"--tolerance {tolerance:g} is of a survey, and --method dense measures every point; leave one of the two out")
    if method == "survey" and against:
        raise InputError(f"--method survey measures the loss of one plane, which does not go with {against}; leave that out, or write "
                         "--method dense")


def measured(
    probe: Any, family: Any, coords: Mapping[str, np.ndarray], target: Target, *, engine: Engine, against: str, whole: bool,
    on_event: Listener,
) -> xr.Dataset:
    """The result, measured as it is asked for, else as it was begun, else as costs less, which is printed."""
    against = against or ("several splits; --split train or --split test names one" if hasattr(probe, "probes") else "")
    check_method(target.method, target.tolerance, against)
    possible = target.method == "survey" or not (against or whole or target.method == "dense")
    begun = None if target.replan else under_way(probe, family, coords, str(target.store), tolerance=target.tolerance, plan=target.plan,
                                                 engine=engine, surveyed=possible)
    _check_begun(begun, target, family)
    method, found = target.method or begun, None
    check_method(method, target.tolerance if method == "survey" else TOLERANCE, against)
    if begun is None and possible:
        found = estimate(probe, family, coords, tolerance=target.tolerance, plan=target.plan, engine=engine, always=method == "survey")
        method = method or _said(found, target.tolerance)
    if method == "survey":
        return _surveyed(probe, family, coords, target, found, engine=engine, on_event=on_event)
    return sweep(probe, family, coords, engine=engine, store=target.store, plan=_plan(target, found), replan=target.replan,
                 on_event=on_event)


def _plan(target: Target, found: Estimate | None) -> PlanOption:
    """The plan as the estimate decided it, else as it was asked for."""
    return target.plan if found is None or found.decision is None else found.decision


def _check_begun(begun: Method | None, target: Target, family: Any) -> None:
    root, name = split_path(str(target.store), kind_of(family.dims))
    if begun is None or target.method in (None, begun) or name == "+":
        return
    is_, asked = ("a survey", "every point") if begun == "survey" else ("measured at every point", "a survey")
    raise SpecMismatch(f"{root / name} is {is_}, and --method {target.method} asks for {asked}; leave --method out to go on with it, or "
                       f"choose another group: --store {root}/NAME")


def _said(found: Estimate, tolerance: float) -> Method:
    """The cheaper way; said where there was something to choose."""
    if found.dense_seconds is not None and found.survey_seconds is not None and found.dense_seconds > SHORT:
        taking = ("taking the survey (--method dense for the grid)" if found.method == "survey" else
                  "taking the grid (--method survey for the survey)")
        print(f"dense: about {duration(found.dense_seconds)}; survey to {100 * tolerance:g} %: about {duration(found.survey_seconds)}; "
              f"{taking}", flush=True)
    return found.method


def _surveyed(
    probe: Any, family: Any, coords: Mapping[str, np.ndarray], target: Target, found: Estimate | None, *, engine: Engine,
    on_event: Listener,
) -> xr.Dataset:
    kind = kind_of(family.dims)
    root, name = split_path(str(target.store), kind)
    if target.replan and (name == "+" or exists(root / name)):
        name = next_name(root, kind) if name == "+" else next_name(root, name, first=2)
    if target.show_plan and found is not None and found.decision is not None:
        decision = found.decision
        print(*table(decision.trials), f"plan: {settings(decision.plan.described())}", f"why: {decision.why}", sep="\n", flush=True)
    if left := ", ".join(probe.objective.metrics):
        print(f"note: a survey measures the loss alone; {left} is left out (--method dense measures it)")
    ds = survey(probe, family, coords, tolerance=target.tolerance, engine=engine, store=Path(root) / name, plan=_plan(target, found),
                on_event=on_event)
    if target.show_plan and found is None:
        print(f"plan: {settings(ds.attrs['plan'])}", flush=True)
    return ds
