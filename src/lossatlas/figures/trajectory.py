"""Quantities over the steps of training, a panel each, one colour a run: the loss, what a path on a plane hides, the metrics of a run.

Of a path on a plane the loss stands beside the loss that the plane shows in its place (dashed), above the distance from the plane beside
the whole distance from the end. Steps that were recorded at equal ratios stand on a logarithmic axis, linear up to the first of them.

Of a run that was watched every quantity stands where it was measured, λ₁ beside the optimizer's stability threshold (dashed), and what
happened (a spike, λ₁ above its threshold, NaN) is a line across all panels, with its word in the first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..errors import InputError
from ..names import choose
from . import caption as words
from .figure import Axis, Band, Dash, Figure, Holes, Line, Mark, Panel, Rule, Scale
from .profile import INTERVAL, value_axis
from .reading import Sheet, coordinate, expect_kind, label, quantity, sheets, spoken, title
from .scales import choose_scale, drawable, short, symlog_axis

if TYPE_CHECKING:
    import xarray as xr

_DASHES: tuple[Dash, ...] = ("solid", "dotted", "dashed")
#: What is drawn where nothing is asked for, and what is there of it: of a path, of a sweep, of the metrics of a run.
_USUAL, _OF_A_PATH = ("loss", "accuracy", "lr", "norm", "distance"), ("loss", "off_slice")
#: What of a path stands dashed in one panel with another quantity, and what it is.
_BESIDE = {"loss": ("plane_loss", "loss of the plane at the projection"), "off_slice": ("distance", "distance from the end")}
#: What of a watched run stands in one panel with another quantity: its name, its words, its dash.
_WITH: dict[str, tuple[str, str, Dash]] = {
    "loss": ("training_loss", "mini-batch loss", "dotted"),
    "lambda_max": ("threshold", "stability threshold (full batch)", "dashed"),
    "lambda_preconditioned": ("threshold_preconditioned", "stability threshold (full batch)", "dashed"),
}
#: Events that are no news of the training.
_SILENT = ("finished", "thinned")
#: More events than this are told once a kind; so many have their words in the caption.
MOST_EVENTS, MOST_TOLD = 12, 4
#: More panels than this stand in two columns.
MOST_STACKED = 5
#: Quantities that are zero at the end of a path.
_LINEAR = ("off_slice", "relative_off_slice", "distance")
#: Letters beside a panel; longer names are cut, and told in the caption.
LONGEST = 32


def trajectory(
    ds: xr.Dataset | Mapping[str, xr.Dataset], *, quantities: Sequence[str] = (), scale: Literal["auto", "log", "linear"] = "auto",
) -> Figure:
    """Draw results of kind "trajectory", one panel per quantity above the common steps.

    Args:
        ds: one result, or several by the names of their runs; perhaps with ``split`` beside the steps. ``attrs["events"]``, a list of
            (step, word) or, of a watched run, of {"step", "event", "text"}, are marked.
        quantities: what to draw, from top to bottom; by default what ``attrs["drawn"]`` names, or what is there of loss, accuracy,
            learning rate, norm and distance, and of the metrics of a run all that it logged (of several, what all have); of a path the
            loss beside the plane's, and the distance off the plane.
        scale: of the values; "auto" is log for positive quantities without an upper bound, else linear.

    Raises:
        InputError: for another kind, an unknown quantity or option.
    """
    choose(scale, ("auto", "log", "linear"), "scale")
    runs = {str(name): one for name, one in ds.items()} if isinstance(ds, Mapping) and not hasattr(ds, "data_vars") else {"": ds}
    if not runs:
        raise InputError("trajectory got no results; expected one, or several by their names: {'sgd': ds, …}")
    for one in runs.values():
        expect_kind(one, "trajectory")
    first = next(iter(runs.values()))
    names = [quantities] if isinstance(quantities, str) else list(quantities) or _shared(list(runs.values()))
    for name in names:
        for one in runs.values():
            quantity(one, name)
    if not all(one.sizes["step"] for one in runs.values()):
        raise InputError("a trajectory got a result without a step; expected at least one: of a run that has just begun, wait for it")
    x = _step_axis(first, np.unique(np.concatenate([coordinate(one, "step") for one in runs.values()])))
    panels = [_panel(runs, name, x, scale, first=k == 0, last=k == len(names) - 1) for k, name in enumerate(names)]
    panels[-1] = replace(panels[-1], marks=(*panels[-1].marks, *_dashed(runs, names)))
    said = {name: _words(one, names) for name, one in runs.items()}
    text = words.join([words.merge(said), *words.repeated_colours(len(runs))])
    return Figure(tuple(panels), title(first) if len(runs) == 1 else "Along training", text, 2 if len(panels) > MOST_STACKED else 1)


def _shared(runs: Sequence[xr.Dataset]) -> list[str]:
    """What is drawn of all runs where nothing is asked for; of runs that share none of it, the names of the first, which are refused."""
    names = _present(runs[0])
    return [name for name in names if all(name in one.data_vars for one in runs)] or names


def _present(ds: xr.Dataset) -> list[str]:
    chosen = ds.attrs.get("drawn")  # a watched run has many quantities, and says which are looked at first
    found = [name for name in (chosen or (_OF_A_PATH if "off_slice" in ds else _USUAL)) if name in ds.data_vars]
    if chosen:
        beside = {_WITH[name][0] for name in found if name in _WITH}
        found = [name for name in found if name not in beside]
    if "done" not in ds and not (chosen and found):
        found += [str(name) for name in ds.data_vars if str(name) not in (*found, "epoch") and "off_slice" not in ds]
    plain = [str(name) for name in ds.data_vars if not str(name).startswith("center_") and name != "done"]
    if not plain:
        raise InputError("a trajectory got no variables; expected loss or another quantity; write la.sweep(probe, run.trajectory(), {})")
    return found or plain[:1]


def _panel(runs: Mapping[str, xr.Dataset], name: str, x: Axis, scale: str, *, first: bool, last: bool) -> Panel:
    marks: list[Mark] = []
    shown: list[np.ndarray] = []
    beside = _BESIDE.get(name, ("", ""))[0]
    for number, (run, ds) in enumerate(runs.items()):
        at = coordinate(ds, "step")
        for k, sheet in enumerate(_read(ds, name)):
            text = ", ".join(word for word in (run, sheet.name) if word)
            marks += _curve(at, sheet, number, _DASHES[k % 2], text if last else "", band=len(runs) == 1)
            shown.append(sheet.values)
        if beside in ds:
            plane = _read(ds, beside)[0]
            marks.append(Line(at[plane.done], plane.values[plane.done], "", number, "dashed", 1.2))
            shown.append(plane.values)
        more = _companion(ds, name, number, alone=len(runs) == 1)
        marks += more
        shown += [line.y for line in more]
        marks += [Rule(step, word if first else "") for step, word in _events(ds)]
    values = np.concatenate(shown)
    chosen: Scale = "linear" if name in _LINEAR and scale == "auto" else choose_scale(name, values, scale)  # type: ignore[arg-type]
    if len(runs) == 1:
        (ds,) = runs.values()
        bad = np.any([sheet.done & ~drawable(sheet.values, chosen) for sheet in _read(ds, name)], axis=0)
        marks += [Holes(coordinate(ds, "step"), bad, None, "no value on this scale", "bad")] if bad.any() else []
    y = value_axis(_label(next(iter(runs.values())), name), values, (values, values), chosen)
    return Panel(tuple(marks), x, y)


def _companion(ds: xr.Dataset, name: str, number: int, *, alone: bool) -> list[Line]:
    """What stands in the panel of a quantity of a watched run; of a single run in black."""
    beside, told, dash = _WITH.get(name, ("", "", "solid"))
    if beside not in ds or "done" in ds:
        return []
    values = np.asarray(ds[beside].values, dtype=float)
    there = ~np.isnan(values)
    if not there.any():
        return []
    return [Line(coordinate(ds, "step")[there], values[there], told if number == 0 else "", 6 if alone else number, dash, 1.2)]


def _event(event: Any) -> tuple[float, str]:
    """The step of an event, and the word for it."""
    step, word = (event["step"], event["event"]) if isinstance(event, Mapping) else event
    return float(step), str(word)


def _events(ds: xr.Dataset) -> list[tuple[float, str]]:
    """Where something happened, and its word; of many the first of each kind, with how many there were."""
    found = [(step, word) for step, word in map(_event, ds.attrs.get("events", ())) if word not in _SILENT]
    if len(found) <= MOST_EVENTS:
        return found
    counts, first = Counter(word for _, word in found), {word: step for step, word in reversed(found)}
    return sorted((step, f"{word} (first of {counts[word]})" if counts[word] > 1 else word) for word, step in first.items())


def _event_words(ds: xr.Dataset) -> list[str]:
    """What happened, in the words of the log."""
    events = [event for event in ds.attrs.get("events", ()) if isinstance(event, Mapping) and event["event"] not in _SILENT]
    told = [event for event in events if event.get("text")]
    said = [f"Step {int(event['step']):,}, {event['event']}: {str(event['text']).rstrip('.')}." for event in told[:MOST_TOLD]]
    return [*said, *[f"And {len(told) - MOST_TOLD} more events."] * (len(told) > MOST_TOLD)]


def _label(ds: xr.Dataset, name: str) -> str:
    """The words of a quantity; of long ones those before a comma or a bracket, else its name."""
    text = label(ds[name], name)
    plain = name if name == "f_top" else spoken(name).replace("_", " ")
    parts = (text, text.partition(",")[0], text.partition(" (")[0], text.partition(",")[0].partition(" (")[0], plain)
    return next((part for part in parts if len(part) <= LONGEST), plain)


def _told(ds: xr.Dataset, names: Sequence[str]) -> list[str]:
    """The whole names of quantities that the panels call by less."""
    cut = [(_label(ds, name), label(ds[name], name)) for name in names if name in ds]
    return [f"{text[:1].upper() if text[:2].isalpha() and text.isascii() else text[:1]}{text[1:]}: {whole}."
            for text, whole in cut if not whole.startswith(text)]


def _read(ds: xr.Dataset, name: str) -> list[Sheet]:
    """The sheets of a quantity; a share of the distance from the origin has no value at the origin."""
    found = sheets(ds, name, ("step",))
    if "done" not in ds:  # metrics of a run, of which some are logged at some steps and others at others
        found = [replace(sheet, done=~np.isnan(sheet.values)) for sheet in found]
    if name.startswith("relative_") and "distance" in ds:
        there = ds["distance"].values > 0
        found = [replace(sheet, values=np.where(there, sheet.values, np.nan), done=sheet.done & there) for sheet in found]
    return found


def _dashed(runs: Mapping[str, xr.Dataset], names: Sequence[str]) -> list[Mark]:
    """What dashed lines are, for the legend."""
    told = [words for name, (beside, words) in _BESIDE.items() if name in names and any(beside in ds for ds in runs.values())]
    nothing = np.empty(0)
    return [Line(nothing, nothing, f"dashed: {' and '.join(told)}", 0 if len(runs) == 1 else 6, "dashed", 1.2)] if told else []


def _curve(at: np.ndarray, sheet: Sheet, color: int, dash: Dash, text: str, *, band: bool) -> list[Mark]:
    marks: list[Mark] = []
    done = sheet.done
    if band and sheet.error is not None and np.isfinite(sheet.error).any():
        half, told = INTERVAL * sheet.error[done], f"± {INTERVAL} standard errors" if text else ""
        marks.append(Band(at[done], sheet.values[done] - half, sheet.values[done] + half, told, color))
    return [*marks, Line(at[done], sheet.values[done], text, color, dash, 1.6)]


def _step_axis(ds: xr.Dataset, steps: np.ndarray) -> Axis:
    """Steps on a linear axis; recorded at about equal ratios, on one that is logarithmic beyond the first that is not 0."""
    name, low, high = label(ds["step"], "step"), float(steps[0]), float(steps[-1])
    if len(steps) == 1:
        return Axis(name, "linear", (low - 0.5, low + 0.5))
    positive = steps[steps > 0]
    if len(steps) > 5 and np.median(steps) < 0.2 * high and len(positive) and positive[0] < high / 10:
        return symlog_axis(name, low, high * 1.05, float(positive[0]), wanted=8)
    pad = 0.02 * (high - low)
    return Axis(name, "linear", (low - pad, high + pad))


def _words(ds: xr.Dataset, names: Sequence[str]) -> list[str]:
    """What was measured on what; of a path, how much of its motion the plane holds."""
    attrs, said = ds.attrs, []
    if "n_examples" in attrs:
        said += words.setting(ds)[1:]
    if "of_motion" in attrs:
        said.append(words.motion_words(attrs))
    if "relative_off_slice" in ds and {"off_slice", "relative_off_slice"} & set(names):
        off = ds["relative_off_slice"].values
        if np.isfinite(off).any():
            said.append(f"At most {short(100 * float(np.nanmax(off)))} % of a point's distance from the origin is off the plane.")
    return [*said, *_told(ds, names), *_event_words(ds), *words.notes(ds)]
