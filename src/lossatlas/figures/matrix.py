"""Pairs: quantities of every point beside every other, as cells with their values, a panel each.

Rows are the first point of a pair, columns the second, both in the order of the result, from the top left corner. What a point has with
itself is the same for all (no distance, no disagreement, a cosine of 1), so the diagonal has no say in the range of the colours. Values are
written in the cells as long as they can be read; a quantity that has both signs diverges in blue and red from zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..errors import InputError
from ..names import choose
from . import caption as words
from .figure import Axis, Figure, Heatmap, Holes, Mark, Panel, Points
from .reading import BESIDE, Sheet, expect_kind, label, quantity, sheets, spoken, title
from .scales import choose_scale, drawable, number, round_values, short, span

if TYPE_CHECKING:
    import xarray as xr

#: Values are written in the cells of at most so many points.
MOST_WRITTEN = 12
#: Letters of names on both axes; with more of them columns have numbers, which the rows explain.
_LETTERS = 36
_LONGEST = 28


def matrix(ds: xr.Dataset, *, quantities: Sequence[str] = (), scale: Literal["auto", "log", "linear"] = "auto") -> Figure:
    """Draw a result of kind "matrix", a panel per quantity and split.

    Args:
        ds: quantities over two dims, the points of a pair, perhaps with ``split`` beside them; coordinates are the names of the points.
        quantities: what to draw; by default all that lie on both dims, but the standard errors.
        scale: of the colours; "auto" is linear, as a point has no distance from itself, and log only for values that span three decades.

    Raises:
        InputError: for another kind, an unknown quantity or option, a quantity that lies on other dims.
    """
    choose(scale, ("auto", "log", "linear"), "scale")
    expect_kind(ds, "matrix")
    names = [quantities] if isinstance(quantities, str) else list(quantities) or _present(ds)
    panels: list[Panel] = []
    splits = max(_sheets(ds, name) for name in names)
    said: list[str] = []
    for name in names:
        dims = _pair(ds, name)
        of = sheets(ds, name, dims)
        z = _colors(label(ds[name], name), name, [sheet.values for sheet in of], scale)
        row = [_panel(ds, name, dims, sheet, z) for sheet in of]
        panels += row + [Panel((), row[0].x, row[0].y, z)] * (splits - len(row))
        errors = [sheet.error for sheet in of if sheet.error is not None]
        said += [f"Largest standard error of the {label(ds[name], name)}: {short(float(np.nanmax(np.stack(errors))), 2)}."] \
            if errors and np.isfinite(np.stack(errors)).any() else []
    columns = splits if splits > 1 else len(panels) if len(panels) <= 3 else 2 if len(panels) == 4 else 3
    text = words.join([*_setting(ds), *said, *_beside(ds), *words.notes(ds)])
    return Figure(tuple(panels), title(ds) or "Each point with each", text, columns)


def _present(ds: xr.Dataset) -> list[str]:
    found = [name for name in _measured(ds) if len([dim for dim in ds[name].dims if dim not in BESIDE]) == 2]
    if not found:
        raise InputError("a matrix has no quantity over two dims; expected one such as disagreement (a, b); write la.similarity(objective, "
                         "points)")
    return found


def _measured(ds: xr.Dataset) -> list[str]:
    """What was measured, without standard errors and what a store keeps beside it."""
    return [name for name in map(str, ds.data_vars) if name != "done" and not name.endswith("_stderr") and not name.startswith("center_")]


def _pair(ds: xr.Dataset, name: str) -> tuple[str, str]:
    """The dims of the rows and of the columns."""
    dims = [str(dim) for dim in quantity(ds, name).dims if dim not in BESIDE]
    if len(dims) != 2:
        raise InputError(f"{name!r} lies on the dims ({', '.join(dims)}); expected two, the points of a pair; write one of "
                         f"{', '.join(_present(ds))}")
    return dims[0], dims[1]


def _sheets(ds: xr.Dataset, name: str) -> int:
    """How many panels a quantity has."""
    return math.prod(quantity(ds, name).sizes.get(dim, 1) for dim in BESIDE)


def _names(ds: xr.Dataset, dim: str) -> list[str]:
    return [str(value) if isinstance(value, str) else number(float(value)) for value in ds[dim].values.tolist()]


def _panel(ds: xr.Dataset, name: str, dims: tuple[str, str], sheet: Sheet, z: Axis) -> Panel:
    rows, columns = (_names(ds, dim) for dim in dims)
    across, down = np.arange(len(columns), dtype=float), np.arange(len(rows), dtype=float)
    values = sheet.values.T  # z[i, j] lies in column i and row j
    bad = ~drawable(values, z.scale)
    if z.scale == "log" and values.shape[0] == values.shape[1]:  # no distance from oneself: nothing is wrong there
        bad &= ~(np.eye(len(values), dtype=bool) & (values == 0))
    marks: list[Mark] = [Heatmap(across, down, values)]
    if bad.any():
        marks.append(Holes(across, bad, down, "no value" if z.scale == "linear" else "no value on this scale", "bad"))
    if max(len(rows), len(columns)) <= MOST_WRITTEN:
        i, j = np.nonzero(np.isfinite(values))
        digits = 3 if max(len(rows), len(columns)) <= 6 else 2
        least = 1e-12 * np.nanmax(np.abs(values))  # rounding of what is zero
        texts = tuple(short(float(value), digits).replace("-", "−") if abs(value) > least else "0" for value in values[i, j])
        marks.append(Points(across[i], down[j], values[i, j], texts=texts, marker="word"))
    long = sum(map(len, columns[:: _every(len(columns))])) > _LETTERS
    numbered = [str(k + 1) for k in range(len(columns))]
    shown = [_cut(row) for row in rows]
    if long and rows == columns:
        shown = [f"{k}  {row}" for k, row in zip(numbered, shown, strict=True)]
    x = _axis(dims[1], (-0.5, len(columns) - 0.5), numbered if long else columns)
    y = _axis(dims[0], (len(rows) - 0.5, -0.5), shown)
    heading = spoken(name).replace("_", " ")
    return Panel(tuple(marks), x, y, z, f"{heading}, {sheet.name}" if sheet.name else heading)


def _axis(dim: str, limits: tuple[float, float], names: list[str]) -> Axis:
    """An axis of names, every so many where all have no room; a and b are words of the method, not of the reader."""
    every = _every(len(names))
    return Axis("" if dim in ("a", "b") else dim, "linear", limits, tuple(map(float, range(0, len(names), every))), tuple(names[::every]))


def _every(count: int) -> int:
    """Of so many names one in how many is written."""
    return -(-count // MOST_WRITTEN)


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST - 1]}…"


def _colors(words_: str, name: str, values: list[np.ndarray], scale: str) -> Axis:
    """One colour axis for all splits, over what points have with others."""
    every = np.concatenate([_others(one) for one in values])
    chosen = choose_scale(name, every, scale) if scale != "auto" else _automatic(every)  # type: ignore[arg-type]
    low, high = span(every, chosen)
    if low == high:  # one pair, or all alike: from nothing to it
        low, high = (min(low, 0.0), max(high, 0.0)) if chosen == "linear" and low != 0 else (low, high)
    center = 0.0 if chosen == "linear" and low < 0 else None
    if center is not None:
        low, high = -max(-low, high), max(-low, high)
    ticks = round_values(low, high, chosen, wanted=5) or (low,)
    return Axis(words_, chosen, (low, high), ticks, tuple(number(tick).replace("-", "−") for tick in ticks), center=center)


def _others(values: np.ndarray) -> np.ndarray:
    """The values off the diagonal; all of what is not square."""
    square = values.shape[0] == values.shape[1] > 1
    return values[~np.eye(len(values), dtype=bool)] if square else values.ravel()


def _automatic(values: np.ndarray) -> Literal["log", "linear"]:
    finite = values[np.isfinite(values)]
    return "log" if finite.size and finite.min() > 0 and finite.max() > 1e3 * finite.min() else "linear"


def _setting(ds: xr.Dataset) -> list[str]:
    """What was measured on what, and the verdict where there is one."""
    said = words.setting(ds) if "n_examples" in ds.attrs else [words.policy(ds.attrs)] if "bn" in ds.attrs else []
    verdict, reason = ds.attrs.get("verdict"), ds.attrs.get("reason")
    return [f"Verdict: {verdict}; {reason}."] * bool(verdict and reason) + said


def _beside(ds: xr.Dataset) -> list[str]:
    """Quantities of single points: each by its name, or their range where there are many."""
    said = []
    for name in _measured(ds):
        array = ds[name]
        dims = [str(dim) for dim in array.dims if dim not in BESIDE]
        if len(dims) != 1 or len(array.dims) > 2:
            continue
        for sheet in sheets(ds, name, (dims[0],)):
            of = f" ({sheet.name})" if sheet.name else ""
            values = sheet.values
            if len(values) > 6:
                low, high = span(values, "linear")
                told = f"{short(low)} to {short(high)}"
            else:
                told = ", ".join(f"{point} {short(float(value))}" for point, value in zip(_names(ds, dims[0]), values, strict=True))
            text = label(array, name)
            said.append(f"{text[:1].upper()}{text[1:]}{of}: {told}.")
    return said
