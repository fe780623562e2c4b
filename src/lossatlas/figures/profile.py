"""A line through the landscape: loss with its uncertainty above, accuracy below, train solid and test dashed.

One split is one curve with a band of 1.96 standard errors; over repeats (independent lines) the median is drawn thick,
each line thin, and the band reaches from the smallest to the largest. A survey has the band that should hold for 90 % of its cells.
Where a value is not finite the curve breaks and the place is hatched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..errors import InputError
from ..names import Mark as MarkName
from ..names import choose
from . import caption as words
from .figure import Axis, Band, Dash, Figure, Holes, Line, Mark, Panel, Points, Rule, Scale, Veil
from .reading import Sheet, coordinate, coordinate_dims, count, evaluated, expect_kind, label, quantity, sheets, title
from .scales import choose_scale, drawable, number, round_values

if TYPE_CHECKING:
    import xarray as xr

_DASHES: tuple[Dash, ...] = ("solid", "dashed", "dotted")
INTERVAL = 1.96  # half width of a 95 % interval in standard errors


def profile(
    ds: xr.Dataset,
    *,
    quantities: Sequence[str] = (),
    scale: Literal["auto", "log", "linear"] = "auto",
    mark: MarkName | None = None,
) -> Figure:
    """Draw a result of kind "profile", one panel per quantity above a common coordinate.

    Args:
        ds: a profile with one coordinate, perhaps with ``repeat`` and ``split`` beside it.
        quantities: what to draw, from top to bottom; by default loss and accuracy where present.
        scale: of every panel; "auto" is log for positive quantities without an upper bound, else linear.
        mark: of a survey: "evaluated" puts dots at the measured points, "predicted" greys the places of the others.

    Raises:
        InputError: for another kind, or an unknown quantity or option.
    """
    choose(scale, ("auto", "log", "linear"), "scale")
    expect_kind(ds, "profile")
    names = [quantities] if isinstance(quantities, str) else list(quantities) or _present(ds)
    for name in names:
        quantity(ds, name)
    dim = coordinate_dims(ds, names[0], 1)[0]
    x = coordinate(ds, dim)
    told = evaluated(ds, mark, (dim,))
    panels, said = [], words.facts(ds, dimension=1)
    for k, name in enumerate(names):
        of = sheets(ds, name, (dim,))
        drawn, notes = _panel(ds, name, x, of, scale, first=k == 0, last=k == len(names) - 1)
        if told is not None:
            drawn = replace(drawn, marks=(*drawn.marks, _told_apart(x, of[0], told, mark, k == len(names) - 1)))
        panels.append(drawn)
        said += notes + words.measured(of, name)
        said += words.missing(ds, count(of))
    caption = words.join(said + words.notes(ds))
    return Figure(tuple(panels), title(ds) or f"{panels[0].y.label} along a line", caption, 1)


def _present(ds: xr.Dataset) -> list[str]:
    found = [name for name in ("loss", "accuracy") if name in ds.data_vars]
    return found or [str(next(iter(ds.data_vars)))] if len(ds.data_vars) else _nothing()


def _nothing() -> list[str]:
    raise InputError("a profile got no variables; expected loss or another quantity; write la.sweep(…)")


def _panel(
    ds: xr.Dataset, name: str, x: np.ndarray, of: list[Sheet], scale: str, *, first: bool, last: bool
) -> tuple[Panel, list[str]]:
    values = np.concatenate([sheet.values for sheet in of])
    chosen = choose_scale(name, values, scale)  # type: ignore[arg-type]
    dim = coordinate_dims(ds, name, 1)[0]
    repeats = ds[name].sizes.get("repeat", 1)
    marks: list[Mark] = []
    if name == "loss" and ds.attrs.get("method") == "survey" and not ds.attrs.get("went_dense"):
        marks.append(_bound(x, of[0], ds["loss_error"].values, ds.attrs.get("scale"), last))
    for k in range(0, len(of), repeats):
        marks += curves(x, of[k : k + repeats], k // repeats, last)
    bad = np.any([sheet.done & ~drawable(sheet.values, chosen) for sheet in of], axis=0)
    said = []
    if bad.any():
        some = np.isfinite(np.stack([sheet.values for sheet in of])[:, bad]).any()
        marks.append(Holes(x, bad, None, "not finite" if last else "", "bad"))
        if some and chosen == "log":
            said.append(f"{name} is zero or negative at some points, which have no place on a log scale (grey).")
    marks += _rules(ds, x, labelled=first)
    bands = [band for band in marks if isinstance(band, Band)]
    low, high = (np.concatenate([values, *(getattr(band, end) for band in bands)]) for end in ("low", "high"))
    y = value_axis(label(ds[name], name), values, (low, high), chosen)
    if y.limits and (low[np.isfinite(low)] < y.limits[0]).any():
        said.append(f"Bands of the {name} that reach below the axis end at its edge.")
    limits = (float(x[0]), float(x[-1])) if len(x) > 1 else (float(x[0]) - 0.5, float(x[0]) + 0.5)
    return Panel(tuple(marks), Axis(label(ds[dim], dim), "linear", limits), y), said


def curves(x: np.ndarray, group: list[Sheet], color: int, labelled: bool) -> list[Mark]:
    """One split: a line with its error band, or the median of repeats with their range and the lines themselves."""
    dash = _DASHES[color % len(_DASHES)]
    split = group[0].name
    named = f"{split}: " if split else ""
    done = np.all([sheet.done for sheet in group], axis=0)
    at, values = x[done], np.stack([sheet.values[done] for sheet in group])
    marks: list[Mark] = []
    if len(group) > 1:
        whole = np.isfinite(values).all(axis=0)
        middle = np.where(whole, np.median(np.where(whole, values, 0.0), axis=0), np.nan)
        low, high = (np.where(whole, edge, np.nan) for edge in (values.min(axis=0), values.max(axis=0)))
        marks.append(Band(at, low, high, f"{named}smallest to largest of {len(group)} lines" if labelled else "", color))
        marks += [Line(x[s.done], s.values[s.done], "", color, dash, 0.5) for s in group]
        marks.append(Line(at, middle, f"{named}median" if labelled else "", color, dash, 1.8))
        return marks
    error = group[0].error
    if error is not None and np.isfinite(error).any():
        half = INTERVAL * error[done]
        marks.append(Band(at, values[0] - half, values[0] + half, f"{named}± {INTERVAL} standard errors" if labelled else "", color))
    marks.append(Line(at, values[0], (split or ("value" if marks else "")) if labelled else "", color, dash, 1.8))
    return marks


def _bound(x: np.ndarray, sheet: Sheet, error: np.ndarray, scale: float | None, named: bool) -> Band:
    """What should hold 90 % of the cells of a survey: L·exp(±error), or asinh(L / scale) ± error where losses are not all positive."""
    error = np.where(np.isfinite(error), error, np.nan)
    with np.errstate(over="ignore"):
        low, high = (sheet.values * np.exp(moved) if scale is None else scale * np.sinh(np.arcsinh(sheet.values / scale) + moved)
                     for moved in (-error, error))
    return Band(x, low, np.where(np.isfinite(high), high, np.nan), "bound for 90 % of the cells" if named else "")


def _told_apart(x: np.ndarray, sheet: Sheet, measured: np.ndarray, mark: str | None, named: bool) -> Mark:
    if mark == "predicted":
        return Veil(x, ~measured, None, "predicted" if named else "")
    return Points(x[measured], sheet.values[measured], label="measured" if named else "", marker="speck")


def _rules(ds: xr.Dataset, x: np.ndarray, *, labelled: bool) -> list[Mark]:
    """Where the given points lie: 0 and 1 on a line between two, 0 alone on a random one; of a file of others nobody knows."""
    if ds.attrs.get("family") == "imported":
        return []
    random = ds.attrs.get("family") in ("random", "slice")
    first, second = (PurePath(str(end)).stem for end in ds.attrs.get("ends", ("first point", "second point")))
    marks = {0.0: "trained point"} if random else {0.0: first, 1.0: second}
    return [Rule(at, text if labelled else "") for at, text in marks.items() if x[0] <= at <= x[-1]]


def value_axis(name: str, values: np.ndarray, ends: tuple[np.ndarray, np.ndarray], scale: Scale) -> Axis:
    """Limits around the curves and their bands; on a log axis a band may end below, at a third of the lowest value."""
    shown = values[drawable(values, scale)]
    if not shown.size:
        return Axis(name, scale)
    low, high = (end[drawable(end, scale)] for end in ends)
    bottom, top = float(low.min()), float(high.max())
    if scale == "log":
        bottom = max(bottom, float(shown.min()) / 3)
        pad = max((top / bottom) ** 0.06, 1.05)
        bottom, top = bottom / pad, top * pad
    else:
        pad = 0.06 * (top - bottom) or 0.05 * abs(top) or 0.5
        bottom, top = bottom - pad, top + pad
    ticks = round_values(bottom, top, scale, wanted=5)
    return Axis(name, scale, (bottom, top), ticks, tuple(number(tick) for tick in ticks))
