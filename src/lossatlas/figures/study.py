"""A search over settings: what came of every trial, against its number, against the other aims, and against everything that was tried.

A row is an aim of the search or a measure beside it, a column what it stands against. Darker dots are later trials, so that one sees
where the search went; stars are the best trial, or of several aims the Pareto front: trials that no other one equals in all aims and beats
in one. The line is the best value so far. Settings that are words stand side by side on their axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..errors import InputError
from ..names import choose
from . import caption as words
from .figure import Axis, Figure, Line, Mark, Panel, Points
from .profile import value_axis
from .reading import expect_kind, label, quantity, title
from .scales import choose_scale, drawable, number, round_values, short

if TYPE_CHECKING:
    import xarray as xr

#: Columns of settings, the first that were tried.
MOST_SETTINGS = 4
TRIAL, SETTING = "trial", "param_"
MOST_TICKS = 6
_LIGHTEST = 0.25  # shade of the first trial
_DECADE = 4.0  # settings that are all positive and span at least this factor go on a logarithmic scale


def study(ds: xr.Dataset, *, quantities: Sequence[str] = (), scale: Literal["auto", "log", "linear"] = "auto") -> Figure:
    """Draw a search, as :func:`lossatlas.integrations.optuna.study_dataset` tells it.

    Args:
        quantities: the rows; by default the aims of the search and what was measured beside them.
        scale: of the rows; "auto" is log for positive quantities without an upper bound, else linear.

    Raises:
        InputError: another result, or an unknown quantity.
    """
    choose(scale, ("auto", "log", "linear"), "scale")
    expect_kind(ds, "scan")
    if ds.attrs.get("family") != "study":
        raise InputError("figures.study got another scan; expected what study_dataset returned; write figures.scan(ds)")
    names = [quantities] if isinstance(quantities, str) else list(quantities) or list(ds.attrs["panels"])
    for name in names:
        quantity(ds, name)
    settings = [str(name) for name in ds.data_vars if str(name).startswith(SETTING)]
    shown = [name for name in settings if name not in names][:MOST_SETTINGS]
    panels = []
    for name in names:
        others = [other for other in names if other != name][:1]
        panels += [_panel(ds, name, against, scale, told=name == names[-1] and against == TRIAL) for against in (TRIAL, *others, *shown)]
    said = _caption(ds, names, [name for name in settings if name not in (*shown, *names)])
    return Figure(tuple(panels), title(ds), words.join(said + words.notes(ds)), len(panels) // len(names))


def _panel(ds: xr.Dataset, name: str, against: str, scale: str, *, told: bool) -> Panel:
    """A quantity against another; ``told``: what stars are stands in its legend."""
    x, y = (_axis(ds, which, scale if which == name else "auto") for which in (against, name))
    across, up = (ds[which].values.astype(float) for which in (against, name))
    there = drawable(across, x.scale) & drawable(up, y.scale)
    marks: list[Mark] = []
    if against == TRIAL and "best" in ds and name == ds.attrs["panels"][0]:
        marks.append(Line(across, ds["best"].values, "best so far" if told else "", 1, "solid", 1.2))
    kept = ds["feasible"].values.astype(bool) if "feasible" in ds else np.ones(len(across), dtype=bool)
    if (broken := there & ~kept).any():
        marks.append(Points(across[broken], up[broken], marker="speck", label="breaks a constraint" if told else ""))
    order = np.arange(len(across)) / max(len(across) - 1, 1)
    shade, good = _LIGHTEST + (1 - _LIGHTEST) * order, there & kept
    marks.append(Points(across[good], up[good], shade=shade[good], marker="step", color=0))
    best = there & np.isin(ds[TRIAL].values, ds.attrs.get("best_trials", []))
    if best.any():
        word = "Pareto front" if "pareto" in ds else "best trial"
        marks.append(Points(across[best], up[best], marker="star", label=word if told else ""))
    return Panel(tuple(marks), x, y)


def _axis(ds: xr.Dataset, name: str, scale: str) -> Axis:
    """The axis of a number or of words."""
    values, text = ds[name].values.astype(float), label(ds[name], name)
    if name in ds.attrs.get("choices", {}):
        said = ds.attrs["choices"][name]
        return Axis(text, "linear", (-0.5, len(said) - 0.5), tuple(map(float, range(len(said)))), tuple(said))
    if not name.startswith(SETTING):
        nothing = name == TRIAL or not np.isfinite(values).any()
        chosen = "linear" if nothing else choose_scale(name, values, scale)  # type: ignore[arg-type]
        return value_axis(text, values, (values, values), chosen)
    finite = values[np.isfinite(values)]
    decades = finite.size and finite.min() > 0 and finite.max() / finite.min() >= _DECADE
    axis = value_axis(text, values, (values, values), "log" if decades else "linear")
    own, ends = np.unique(finite).tolist(), axis.limits or (0.0, 0.0)
    ticks = tuple(own) if len(own) <= MOST_TICKS else round_values(*ends, axis.scale, wanted=4)  # a handful are their own ticks
    return Axis(text, axis.scale, axis.limits, ticks, tuple(map(number, ticks)))


def _caption(ds: xr.Dataset, names: Sequence[str], left_out: Sequence[str]) -> list[str]:
    """Who searched, for what, and how sure the numbers are."""
    attrs = ds.attrs
    aims = " and ".join(f"{name.replace('_', ' ')} {_sense(way)}" for name, way in zip(attrs["panels"], attrs["directions"], strict=False))
    said = [f"{attrs['sampler']}: {aims}. Darker dots are later trials."]
    for name in names:
        error = ds.get(f"{name}_stderr")
        if error is not None and np.isfinite(error).any():
            said.append(f"Largest standard error of the {label(ds[name], name)}: {short(float(np.nanmax(error)), 2)}.")
        if f"{name}_converged" in ds and (some := int((ds[f"{name}_converged"] == 0).sum())):
            said.append(f"The {label(ds[name], name)} of {some} trials has not converged.")
    if "feasible" in ds:
        said.append(f"{int(ds['feasible'].sum())} trials keep all constraints.")
    if left_out:
        said.append(f"Not drawn: {', '.join(name.removeprefix(SETTING) for name in left_out)}.")
    return said


def _sense(direction: str) -> str:
    return {"minimize": "as small as can be", "maximize": "as large as can be"}.get(direction, "")
