"""A plane of the landscape: contours, a heat map or a surface, always with what the picture does not show.

One panel per split, layer, class and repeat, all with the same levels and colours, then the spread over repeats, because a
single random plane is not "the landscape". A loss is drawn on a log scale. Holes stay holes: nothing is interpolated over
NaN or infinity, nothing is clipped; both are hatched and counted in the caption. The trained point is marked, or the given
points that a plane was laid through, and points of other networks are drawn in the surface's own units together with how
far they lie off the plane.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..errors import InputError
from ..names import Mark as MarkName
from ..names import choose
from . import caption as words
from .eigenmap import color_axis, doubtful, map_words
from .figure import Axis, Contour, Figure, Heatmap, Holes, Mark, Panel, Points, Surface, Veil
from .given import equal, given_marks, given_words
from .overlay import overlay_caption, overlay_marks
from .reading import (
    FORMS,
    Sheet,
    axis_label,
    coordinate,
    coordinate_dims,
    count,
    default_quantity,
    evaluated,
    expect_kind,
    label,
    quantity,
    sheets,
    spoken,
    title,
)
from .rows import in_rows
from .scales import CONTOURS, CROWDED, choose_scale, contour_levels, drawable, number, round_axis, round_values, short, span

if TYPE_CHECKING:
    import xarray as xr

    from .overlay import Overlay

Draw = Literal["contour", "heatmap", "surface"]


@dataclass(frozen=True, eq=False)
class Plane:
    """One result, read: its sheets over x and y, and the labels of its axes."""

    ds: xr.Dataset
    name: str
    dims: tuple[str, ...]
    x: np.ndarray
    y: np.ndarray
    sheets: list[Sheet]
    repeats: int
    mark: str | None = None
    evaluated: np.ndarray | None = None  # of a survey whose cells are marked: which were measured, shape (len(x), len(y))

    @property
    def groups(self) -> int:
        """Sheets that are no repeats of each other: of splits, layers and classes."""
        return len(self.sheets) // self.repeats

    @property
    def label(self) -> str:
        return label(self.ds[self.name], self.name)


@dataclass(frozen=True, eq=False)
class Look:
    """What panels share: the form, the colour axis and the levels with their labels."""

    draw: str
    z: Axis
    levels: tuple[float, ...]
    labels: tuple[str, ...]


def slice(
    ds: xr.Dataset,
    *,
    draw: Draw = "contour",
    quantity: str | None = None,
    scale: Literal["auto", "log", "linear"] = "auto",
    levels: Sequence[float] | None = None,
    points: Overlay | None = None,
    mark: MarkName | None = None,
) -> Figure:
    """Draw a result of kind "slice".

    Args:
        ds: a slice with two coordinates, perhaps with ``split``, ``layer``, ``class`` and ``repeat`` beside them.
        draw: "contour" (labelled levels), "heatmap" (a cell per point) or "surface" (3D).
        quantity: the variable to draw; by default the loss, of an eigenvalue map the ratio abs(λmin / λmax).
        scale: "auto" is log for positive quantities without an upper bound, else linear. An explicit "log" makes
            holes of values that are zero or negative, and says so.
        levels: contour levels; by default 8 to 16 round ones.
        points: networks to draw over the plane: a dim ``point``, coordinates in the plane's own units, ``off_slice``; or paths of runs by
            their names, of :func:`lossatlas.projected`.
        mark: of a survey: "evaluated" puts dots at the measured cells, "predicted" draws the others paler.

    Raises:
        InputError: for another kind, an unknown quantity or option, or too few points for the form.
    """
    plane = read(ds, quantity, draw, mark)
    look = share([plane], draw, scale, levels)
    panels = [
        panel(plane, sheet, look, title=sheet.title, points=points, first=_says_more(plane, k))
        for k, sheet in enumerate(plane.sheets)
    ]
    panels, each = _with_spread(plane, look, panels)
    panels, columns = in_rows(plane, panels, each)
    said = describe(plane, look) + beside_lattice(plane, panels) + overlay_caption(points, plane.dims)
    return Figure(tuple(panels), _heading(plane), words.join(said), columns)


def read(ds: xr.Dataset, name: str | None, draw: str, mark: str | None = None) -> Plane:
    """Check a slice and read it."""
    choose(draw, FORMS["slice"], "draw")
    expect_kind(ds, "slice")
    name = default_quantity(ds) if name is None else name
    array = quantity(ds, name)
    dims = coordinate_dims(ds, name, 2)
    x, y = (coordinate(ds, dim) for dim in dims)
    if draw != "heatmap" and min(len(x), len(y)) < 2:
        raise InputError(f"a {draw} needs at least 2 × 2 points; got {len(x)} × {len(y)}; write draw='heatmap'")
    return Plane(ds, name, dims, x, y, sheets(ds, name, dims), array.sizes.get("repeat", 1), mark, evaluated(ds, mark, dims))


def share(planes: list[Plane], draw: str, scale: str, levels: Sequence[float] | None) -> Look:
    """One colour axis and one set of levels over all sheets of all planes."""
    choose(scale, ("auto", "log", "linear"), "scale")
    values = np.concatenate([sheet.values.ravel() for plane in planes for sheet in plane.sheets])
    chosen = choose_scale(planes[0].name, values, scale)  # type: ignore[arg-type]
    crowded = sum(len(plane.sheets) for plane in planes) > 2
    look = _look(draw, planes[0].label, values, chosen, levels, crowded)
    return replace(look, z=color_axis(planes[0].name, look.z, values))


def panel(
    plane: Plane, sheet: Sheet, look: Look, *, title: str, points: Overlay | None = None, first: bool = True, marked: bool = True,
    named: bool = True,
) -> Panel:
    """One sheet: the field, its holes, measured cells (``named`` in the legend), trained or given points (if ``marked``), others."""
    marks = _field(plane, sheet.values, sheet.done, look) + doubtful(sheet, plane.x, plane.y) + _told_apart(plane, sheet, first and named)
    over = overlay_marks(points, plane.dims, (plane.x, plane.y, sheet), plane.name, first)
    marks += over
    if marked:
        marks += given_marks(plane, sheet, look, first and sheet is plane.sheets[0]) or _trained(plane, sheet, look, first)
    return Panel(tuple(marks), *_axes(plane, look, over), look.z, title, equal(plane))


def describe(plane: Plane, look: Look) -> list[str]:
    """The caption of a plane, sentence by sentence."""
    said = map_words(plane.ds, plane.name, plane.sheets) + words.facts(plane.ds, dimension=2) + words.curvature_seen(plane.ds)
    said += given_words(plane)
    said += _spread_words(plane, look.z.scale)
    said += words.measured(plane.sheets, plane.name)
    said += words.missing(plane.ds, count(plane.sheets)) + words.absent(plane.ds, plane.name)
    return said + drawn_words(plane, look) + words.notes(plane.ds)


def drawn_words(plane: Plane, look: Look) -> list[str]:
    """What the scale leaves out, and how much of an unfinished plane is drawn."""
    said = []
    values = np.stack([sheet.values for sheet in plane.sheets])
    off_scale = int((np.isfinite(values) & ~drawable(values, look.z.scale)).sum())
    if off_scale:
        said.append(f"{off_scale} of {values.size} values are zero or negative and have no place on a log scale (grey).")
    low, high = span(values, look.z.scale)
    if low == high:
        said.append(f"Every drawn value is {short(low, 4)}.")
    kept = sorted({tuple(map(len, _lattice(sheet.done))) for sheet in plane.sheets} if look.draw != "heatmap" else (), key=math.prod)
    if len(kept) > 1:
        said.append(f"Each is drawn on the lattice that is done so far, {_times(kept[0])} to {_times(kept[-1])}.")
    elif kept and kept[0] != (len(plane.x), len(plane.y)):
        said.append(f"Drawn on the {_times(kept[0])} lattice that is done so far.")
    return said


def beside_lattice(plane: Plane, panels: list[Panel]) -> list[str]:
    """That the trained point is marked where nothing was computed for the field."""
    stars = [mark for panel in panels for mark in panel.find(Points) if mark.marker == "star" and mark.label and not mark.texts]
    if not stars or (stars[0].x[0] in plane.x and stars[0].y[0] in plane.y):
        return []
    around = "the cells around it are other points" if panels[0].find(Heatmap) else "the field around it is interpolated"
    return [f"The {stars[0].label.partition(':')[0]} is not on the lattice; {around}."]


def _times(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape))


def _look(draw: str, name: str, values: np.ndarray, scale: str, levels: Sequence[float] | None, crowded: bool) -> Look:
    z = round_axis(name, values, scale, wanted=6)  # type: ignore[arg-type]
    if draw != "contour":
        return Look(draw, z, (), ())
    low, high = z.limits or (0.0, 1.0)
    chosen = contour_levels(low, high, scale, levels, wanted=CROWDED if crowded else CONTOURS)  # type: ignore[arg-type]
    keep = set(round_values(low, high, scale, wanted=max(len(chosen) // 2, 4))) if crowded else set(chosen)  # type: ignore[arg-type]
    return Look(draw, z, chosen, tuple(number(level) if level in keep else "" for level in chosen))


def _field(plane: Plane, values: np.ndarray, done: np.ndarray, look: Look) -> list[Mark]:
    rows, columns = np.arange(len(plane.x)), np.arange(len(plane.y))
    if look.draw != "heatmap":
        rows, columns = _lattice(done)
    inside = np.ix_(rows, columns)
    x, y, values, done = plane.x[rows], plane.y[columns], values[inside], done[inside]
    bad = done & ~drawable(values, look.z.scale)
    marks: list[Mark] = []
    if look.draw == "contour":
        marks.append(Contour(x, y, values, look.levels, look.labels))
    elif look.draw == "heatmap":
        marks.append(Heatmap(x, y, values))
    else:
        marks.append(Surface(x, y, values))
    if bad.any():
        some = np.isfinite(values[bad]).any()
        marks.append(Holes(x, bad, y, "not finite, zero or negative" if some else "not finite", "bad"))
    if not done.all():
        marks.append(Holes(x, ~done, y, "not computed yet", "missing"))
    return marks


def _told_apart(plane: Plane, sheet: Sheet, named: bool) -> list[Mark]:
    """Dots at the measured cells of a survey, or its predicted cells paler."""
    if plane.evaluated is None:
        return []
    if plane.mark == "predicted":
        return [Veil(plane.x, ~plane.evaluated, plane.y, "paler: predicted" if named else "")]
    i, j = np.nonzero(plane.evaluated)
    return [Points(plane.x[i], plane.y[j], sheet.values[i, j], label="measured cells" if named else "", marker="speck")]


def _lattice(done: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows and columns that show most of an unfinished plane.

    Points come coarse first, so the finest rows may hold a few scattered points while every second row is complete.
    Contours need whole cells: of the sub-lattices "rows and columns done to at least this share", the one with the
    most area in whole cells wins.
    """
    everything = np.arange(done.shape[0]), np.arange(done.shape[1])
    if done.all() or not done.any():
        return everything
    best, best_area = everything, -1
    by_row, by_column = done.mean(axis=1), done.mean(axis=0)
    for least in sorted({*by_row[by_row > 0], *by_column[by_column > 0]}):
        rows, columns = np.flatnonzero(by_row >= least), np.flatnonzero(by_column >= least)
        if min(len(rows), len(columns)) < 2:
            continue
        part = done[np.ix_(rows, columns)]
        whole = part[:-1, :-1] & part[1:, :-1] & part[:-1, 1:] & part[1:, 1:]
        area = int((whole * np.outer(np.diff(rows), np.diff(columns))).sum())
        if area > best_area:
            best, best_area = (rows, columns), area
    return best


def _axes(plane: Plane, look: Look, over: Sequence[Points] = ()) -> tuple[Axis, Axis]:
    """The plane's own range, widened where points lie outside."""
    axes = []
    for dim, values, extra in zip(
        plane.dims, (plane.x, plane.y), (np.concatenate([mark.x for mark in over] or [[]]),
                                         np.concatenate([mark.y for mark in over] or [[]])), strict=True
    ):
        low, high = values[0], values[-1]
        if look.draw == "heatmap":
            step = np.diff(values) if len(values) > 1 else np.array([1.0])
            low, high = low - step[0] / 2, high + step[-1] / 2
        if len(extra):
            margin = 0.05 * (high - low)
            low = min(low, np.nanmin(extra) - margin) if np.nanmin(extra) < low else low
            high = max(high, np.nanmax(extra) + margin) if np.nanmax(extra) > high else high
        axes.append(Axis(axis_label(plane.ds, dim), "linear", (float(low), float(high))))
    return axes[0], axes[1]


def _says_more(plane: Plane, k: int) -> bool:
    """Whether sheet k needs a legend of its own: its points have other values than those of the sheet before."""
    return k == 0 or (k % plane.repeats == 0 and plane.sheets[k].layer in (None, plane.sheets[0].layer))


def _trained(plane: Plane, sheet: Sheet, look: Look, first: bool) -> list[Mark]:
    """A star at the origin if it lies in the picture."""
    if not (plane.x[0] <= 0 <= plane.x[-1] and plane.y[0] <= 0 <= plane.y[-1]):
        return []
    value, error = sheet.center, sheet.center_error
    at_x, at_y = np.flatnonzero(plane.x == 0), np.flatnonzero(plane.y == 0)
    if math.isnan(value) and len(at_x) and len(at_y):
        value = float(sheet.values[at_x[0], at_y[0]])
    if look.draw == "surface" and not drawable(np.array([value]), look.z.scale)[0]:
        return []
    named = "trained point" if plane.ds.attrs.get("family", "random") in ("random", "slice") else "point at (0, 0)"
    runs = plane.ds.attrs.get("runs")
    if runs:
        named = f"end of {runs[0]['name']}, step {runs[0]['last']}"
    known = f"center_{plane.name}" in plane.ds or (len(at_x) and len(at_y) and sheet.done[at_x[0], at_y[0]])
    what = short(value) if math.isfinite(value) else "not finite"
    text = f"{named}: {spoken(plane.name)} {what}" if known else named
    if math.isfinite(value) and math.isfinite(error):
        text += f" ± {short(error, 2)}"
    star = Points([0.0], [0.0], [value], label=text if first else "", marker="star",  # type: ignore[arg-type]
                  color=0 if runs else None)
    return [star]


def _with_spread(plane: Plane, look: Look, panels: list[Panel]) -> tuple[list[Panel], int]:
    """After the repeats of each split, the spread over them; and the number of panels of one split."""
    if plane.repeats == 1:
        return panels, 1
    log = look.z.scale == "log"
    spreads = [
        _spread(np.stack([sheet.values for sheet in plane.sheets[k : k + plane.repeats]]), log)
        for k in range(0, len(panels), plane.repeats)
    ]
    values = np.concatenate([spread.ravel() for spread in spreads])
    finite = values[np.isfinite(values)]
    scale = "log" if log and finite.size and finite.max() > 10 else "linear"
    name = f"max / min of {plane.name}" if log else f"standard deviation of {plane.name}"
    form = "heatmap" if look.draw == "surface" else look.draw
    shared = _look(form, name, values, scale, None, crowded=True)
    grouped: list[Panel] = []
    for k, spread in enumerate(spreads):
        group = plane.sheets[k * plane.repeats : (k + 1) * plane.repeats]
        done = np.all([sheet.done for sheet in group], axis=0)
        of = f"{group[0].name}, " if group[0].name else ""
        marks = tuple(_field(plane, spread, done, shared))
        x, y = _axes(plane, shared)
        grouped += panels[k * plane.repeats : (k + 1) * plane.repeats]
        spread_title = f"{of}spread over {plane.repeats} planes"
        grouped.append(Panel(marks, x, y, shared.z, spread_title, equal(plane)))
    return grouped, plane.repeats + 1


def _spread(values: np.ndarray, log: bool) -> np.ndarray:
    """Over the first axis: max / min, or the standard deviation; NaN where any value has no place on the scale."""
    good = drawable(values, "log" if log else "linear").all(axis=0)
    out = np.full(good.shape, np.nan)
    if log:
        out[good] = values[:, good].max(axis=0) / values[:, good].min(axis=0)
    else:
        out[good] = values[:, good].std(axis=0, ddof=1)
    return out


def _spread_words(plane: Plane, scale: str) -> list[str]:
    if plane.repeats == 1:
        return []
    log = scale == "log"
    groups = [plane.sheets[k : k + plane.repeats] for k in range(0, len(plane.sheets), plane.repeats)]
    values = np.concatenate([_spread(np.stack([s.values for s in group]), log).ravel() for group in groups])
    finite = values[np.isfinite(values)]
    if not finite.size:
        return [f"{plane.repeats} independent planes."]
    measure = "max / min" if log else "standard deviation"
    middle, most = short(float(np.median(finite))), short(float(finite.max()))
    return [f"{plane.repeats} independent planes; {measure} over them: median {middle}, at most {most}."]


def _heading(plane: Plane) -> str:
    name = title(plane.ds)
    return f"{name}, {plane.label}" if name and plane.name not in name else name or plane.label
