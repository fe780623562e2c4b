"""The marks in two dimensions, the legend below a panel, and words beside points.

A contour plot is drawn in the coordinates of its scale (the logarithm of z for a log axis), so that a line stands where
the drawn scale says; cells with a corner that has no value stay open. Holes are hatched, below a contour and above a
heat map.
"""

from __future__ import annotations

import functools

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure as Sheet
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.transforms import Bbox

from ..figures.figure import Axis, Band, Bars, Contour, Heatmap, Holes, Line, Mark, Panel, Points, Rule, Surface, Ticks, Veil
from . import contours
from .palette import color_map, ends, line_color, norm

_HATCH = {
    "bad": {"facecolor": "0.82", "edgecolor": "0.35", "hatch": "////", "linewidth": 0},
    "missing": {"facecolor": "0.96", "edgecolor": "0.70", "hatch": "....", "linewidth": 0},
    "doubtful": {"facecolor": (1, 1, 1, 0.35), "edgecolor": "black", "hatch": "xxxx", "linewidth": 0},
}
_VEIL = {"facecolor": "white", "alpha": 0.5, "linewidth": 0}
_THICK = 0.62  # of a bar, in rows
_DASH = {"solid": "-", "dashed": (0, (4, 2)), "dotted": (0, (1, 1.5))}
_HALO = [patheffects.withStroke(linewidth=2, foreground="white")]
_BESIDE = ((6, 0, "left", "center"), (-6, 0, "right", "center"), (0, 6, "center", "bottom"), (0, -6, "center", "top"),
           (5, 5, "left", "bottom"), (5, -5, "left", "top"), (-5, 5, "right", "bottom"), (-5, -5, "right", "top"))


@functools.singledispatch
def draw(mark: object, axes: Axes, panel: Panel) -> None:
    """Draw one mark."""
    raise TypeError(f"no way to draw {type(mark).__name__}")


@draw.register
def _(mark: Contour, axes: Axes, panel: Panel) -> None:
    log = panel.z is not None and panel.z.scale == "log"
    values = np.ma.masked_invalid(_on_scale(mark.z, log)).T  # matplotlib wants rows along y
    edges, colors = bands(panel)
    if values.count():
        inner = _on_scale(np.array(edges[1:-1]), log)
        far = float(np.ptp(values.compressed())) + 1.0
        ends = [values.min() - far], [values.max() + far]
        keep = (inner > ends[0][0]) & (inner < ends[1][0])
        steps = np.concatenate([ends[0], inner[keep], ends[1]])
        first = int(np.searchsorted(inner, ends[0][0]))
        fill = colors[first : first + len(steps) - 1]
        axes.contourf(mark.x, mark.y, values, levels=steps, colors=fill, antialiased=False, zorder=1)
    lines = _on_scale(np.array(mark.levels), log)
    if not values.count() or not ((lines > values.min()) & (lines < values.max())).any():
        return
    drawn = axes.contour(mark.x, mark.y, values, levels=lines, colors="0.2", linewidths=0.7, linestyles="solid", zorder=2)
    named = {level: text for level, text in zip(lines.tolist(), mark.labels, strict=True) if text}
    # the frame must be final before words are placed in pixels
    axes.set(xlim=panel.x.limits, ylim=panel.y.limits)
    avoid = [np.column_stack([points.x, points.y]) for points in panel.find(Points) if points.marker != "speck"]
    contours.label(axes, drawn, named, np.concatenate(avoid or [np.empty((0, 2))]))


@draw.register
def _(mark: Heatmap, axes: Axes, panel: Panel) -> None:
    x, y = np.meshgrid(cell_edges(mark.x), cell_edges(mark.y), indexing="ij")
    log = panel.z is not None and panel.z.scale == "log"
    shown = np.isfinite(_on_scale(mark.z, log))
    field = np.ma.array(mark.z, mask=~shown)
    axes.pcolormesh(x, y, field, cmap=color_map(panel), norm=norm(panel.z), zorder=1)


@draw.register
def _(mark: Holes, axes: Axes, panel: Panel) -> None:
    reach = 1.0 if panel.find(Contour) else 0.5
    if mark.y is None:
        x0, x1 = _around(mark.x, reach)
        for k in np.flatnonzero(mark.mask):
            axes.axvspan(x0[k], x1[k], zorder=0.5, **_HATCH[mark.why])
        return
    above = reach == 0.5 or mark.why == "doubtful"
    cells = _cells(mark, 0.5 if mark.why == "doubtful" else reach)
    axes.add_collection(PolyCollection(cells, zorder=1.5 if above else 0.5, **_HATCH[mark.why]), autolim=False)


@draw.register
def _(mark: Veil, axes: Axes, panel: Panel) -> None:
    if mark.y is None:
        x0, x1 = _around(mark.x, 0.5)
        for first, last in _runs(mark.mask):
            axes.axvspan(x0[first], x1[last], zorder=0.4, facecolor="0.92", linewidth=0)
        return
    axes.add_collection(PolyCollection(_cells(mark, 0.5), zorder=1.5, antialiased=False, **_VEIL), autolim=False)


@draw.register
def _(mark: Line, axes: Axes, panel: Panel) -> None:
    y = np.ma.masked_invalid(mark.y)
    lonely = len(mark.x) <= 30 and mark.width > 1
    axes.plot(mark.x, y, color=line_color(mark.color), linestyle=_DASH[mark.dash], linewidth=mark.width,
              alpha=0.6 if mark.width < 1 else 1.0, marker="o" if lonely else None, markersize=2.5, label=mark.label)


@draw.register
def _(mark: Band, axes: Axes, panel: Panel) -> None:
    low, high = np.ma.masked_invalid(mark.low), np.ma.masked_invalid(mark.high)
    if panel.y.scale == "log" and panel.y.limits:
        low = np.ma.maximum(low, panel.y.limits[0])
    axes.fill_between(mark.x, low, high, color=line_color(mark.color), alpha=0.22, linewidth=0, label=mark.label)


@draw.register
def _(mark: Points, axes: Axes, panel: Panel) -> None:
    if mark.marker == "word":
        _write_cells(axes, mark, panel)
        return
    if mark.marker == "trace":
        axes.plot(mark.x, mark.y, zorder=3, **{**joint_style(mark), "linewidth": 0.8, "alpha": 0.45})
        return
    if mark.joined:
        axes.plot(mark.x, mark.y, zorder=4, path_effects=_HALO, **joint_style(mark))
    axes.scatter(mark.x, mark.y, zorder=6 if mark.marker in ("star", "ring") else 5, **marker_style(mark))


def _write_cells(axes: Axes, mark: Points, panel: Panel) -> None:
    """Words in the middle of cells, dark on light colours and white on dark ones, as large as the narrowest cell allows."""
    width = axes.bbox.width * 72 / axes.get_figure().dpi / max(len(set(mark.x.tolist())), 1)
    size = min(8.0, width / (0.62 * max(map(len, mark.texts), default=1)))
    scale, colors = norm(panel.z), color_map(panel)
    heights = np.full(len(mark.x), np.nan) if mark.z is None else mark.z
    for x, y, z, text in zip(mark.x, mark.y, heights, mark.texts, strict=True):
        red, green, blue, _ = colors(float(scale(z))) if np.isfinite(z) else (1, 1, 1, 1)
        light = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2 > 0.2
        axes.text(x, y, text, ha="center", va="center", fontsize=size, color="0.1" if light else "white", zorder=3)


@draw.register
def _(mark: Ticks, axes: Axes, panel: Panel) -> None:
    color = line_color(mark.color)
    axes.vlines(mark.x, mark.base, mark.y, color=color, linewidth=1.1, zorder=1.9)  # below curves
    if mark.low is not None and mark.high is not None:
        along, axis = (axes.hlines, panel.x) if mark.of == "x" else (axes.vlines, panel.y)
        low, high = (np.clip(end, *(axis.limits or (None, None))) for end in (mark.low, mark.high))  # a bound may be infinite
        along(mark.y if mark.of == "x" else mark.x, low, high, color=color, linewidth=2.6, alpha=0.45, zorder=3.5)
    axes.plot(mark.x, mark.y, linestyle="none", zorder=4, **_head(mark))


@draw.register
def _(mark: Bars, axes: Axes, panel: Panel) -> None:
    axes.barh(mark.y, mark.x, height=_THICK, zorder=2, **_bar(mark))
    if mark.low is not None and mark.high is not None:
        axes.hlines(mark.y, mark.low, mark.high, color="0.15", linewidth=1.0, zorder=3)


@draw.register
def _(mark: Rule, axes: Axes, panel: Panel) -> None:
    line = axes.axvline if mark.across == "x" else axes.axhline
    line(mark.at, color="0.35", linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)


def _head(mark: Ticks) -> dict[str, object]:
    """The head of a stem: a dot of its colour, white inside where it is doubtful."""
    color = line_color(mark.color)
    inside = color if mark.filled else "white"
    return {"marker": "o", "markersize": 4.2, "markeredgewidth": 1.0, "markeredgecolor": color, "markerfacecolor": inside}


def _bar(mark: Bars) -> dict[str, object]:
    """The look of bars: their colour, or its outline on white where they are doubtful."""
    color = line_color(mark.color)
    return {"facecolor": color, "edgecolor": color, "linewidth": 0.8} if mark.filled else \
        {"facecolor": "white", "edgecolor": color, "linewidth": 0.8, "hatch": "////"}


def marker_style(mark: Points) -> dict[str, object]:
    """The look of markers: a red star with a white edge, or dots from white (on the plane) to black, or to the colour of their run."""
    color = "black" if mark.color is None else line_color(mark.color)
    if mark.marker == "star":
        return {"marker": "*", "s": 110, "c": "#D55E00" if mark.color is None else color, "edgecolors": "white", "linewidths": 0.8}
    if mark.marker == "ring":
        return {"marker": "s", "s": 34, "c": "white", "edgecolors": color, "linewidths": 1.5}
    if mark.marker == "speck":
        return {"marker": "o", "s": 3.5, "c": "black", "edgecolors": "white", "linewidths": 0.25}
    shade = np.zeros(len(mark.x)) if mark.shade is None else np.clip(mark.shade, 0, 1)
    if mark.marker == "step":
        full = np.array(to_rgb(color))
        small = {"s": 15, "linewidths": 0.8} if len(mark.x) <= 60 else {"s": 7, "linewidths": 0.6}
        return {"marker": "o", "c": [tuple(1 - s * (1 - full)) for s in shade], "edgecolors": color, **small}
    return {"marker": "o", "s": 26, "c": [(1 - s,) * 3 for s in shade], "edgecolors": "black", "linewidths": 0.9}


def joint_style(mark: Points) -> dict[str, object]:
    """The look of the line that joins markers."""
    return {"color": "black" if mark.color is None else line_color(mark.color), "linewidth": 1.0 if mark.color is None else 1.3}


def cell_edges(values: np.ndarray) -> np.ndarray:
    """The edges of cells with these middles; a single cell is one wide."""
    if len(values) == 1:
        return np.array([values[0] - 0.5, values[0] + 0.5])
    middle = (values[1:] + values[:-1]) / 2
    return np.concatenate([[1.5 * values[0] - 0.5 * values[1]], middle, [1.5 * values[-1] - 0.5 * values[-2]]])


def thinned(axis: Axis, inches: float) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """The ticks of an axis and their labels, every so many where all have no room above each other."""
    step = -(-len(axis.ticks) // max(int(inches / 0.125), 2))
    return axis.ticks[::step] if step else (), axis.tick_labels[::step] if step else ()


def levels(panel: Panel) -> tuple[float, ...]:
    """The contour levels of a panel."""
    found = panel.find(Contour)
    return found[0].levels if found else ()


def bands(panel: Panel, steps: int = 256) -> tuple[list[float], list[tuple[float, ...]]]:
    """Edges and colours along the colour axis: between contour levels one colour each, else a gradient."""
    scale, colors = norm(panel.z), color_map(panel)
    low, high = ends(panel.z)
    if panel.find(Contour):
        inner = [level for level in levels(panel) if low < level < high]
        edges = [low, *inner, high]
    else:
        edges = [float(value) for value in scale.inverse(np.linspace(scale(low), scale(high), steps + 1))]
    at = np.asarray(scale(np.array(edges)))
    return edges, [colors(float(middle)) for middle in (at[1:] + at[:-1]) / 2]


def legend_entries(panel: Panel) -> list[Mark]:
    """The marks that have a word in the legend."""
    return [mark for mark in panel.marks if getattr(mark, "label", "") and not isinstance(mark, Rule)]


def legend_columns(panel: Panel) -> int:
    """Curves have room for entries side by side."""
    return 2 if panel.z is None and len(legend_entries(panel)) > 1 else 1


def legend_rows(panel: Panel) -> int:
    """How many lines the legend takes below the panel."""
    return -(-len(legend_entries(panel)) // legend_columns(panel))


def legend(sheet: Sheet, axes: Axes, panel: Panel, corner: tuple[float, float]) -> None:
    """The legend below a panel, its upper left corner given in parts of the sheet."""
    entries = legend_entries(panel)
    if not entries:
        return
    axes.legend([_handle(mark) for mark in entries], [mark.label for mark in entries], loc="upper left",
                bbox_to_anchor=corner, bbox_transform=sheet.transFigure, ncols=legend_columns(panel), frameon=False,
                borderpad=0, borderaxespad=0, labelspacing=0.35, handlelength=2.2, handletextpad=0.6, columnspacing=1.6)


def write_texts(sheet: Sheet, axes: Axes, panel: Panel) -> None:
    """Words beside points and rules, each at the first of eight places where it covers no other word or marker."""
    renderer, taken = sheet.canvas.get_renderer(), []
    rules: list[Bbox] = []
    for rule in panel.find(Rule):
        _write_rule(axes, rule, rules, renderer)
    frame = axes.get_window_extent(renderer)
    flat = {id(mark): _flat(axes, mark, panel) for mark in panel.find(Points)}
    for at in (at for mark, at in zip(panel.find(Points), flat.values(), strict=True) if mark.marker not in ("speck", "word")):
        taken += [Bbox.from_bounds(px - 4, py - 4, 8, 8) for px, py in axes.transData.transform(at)]
    for mark in panel.find(Points):
        for (x, y), text in zip(flat[id(mark)], mark.texts, strict=False):
            if text and mark.marker != "word":
                taken.append(_write(axes, (float(x), float(y)), text, frame, taken, renderer))


def _write_rule(axes: Axes, rule: Rule, taken: list[Bbox], renderer: object) -> None:
    """The word of a rule: beside the upper end of a vertical line, lower where another stands there; above the right end of others."""
    if not rule.label:
        return
    look = {"textcoords": "offset points", "fontsize": 8, "color": "0.3", "path_effects": _HALO}
    if rule.across == "y":
        axes.annotate(rule.label, (1, rule.at), (-4, 2), xycoords=("axes fraction", "data"), ha="right", va="bottom", **look)
        return
    far = axes.transAxes.inverted().transform(axes.transData.transform((rule.at, axes.get_ylim()[0])))[0] > 0.8
    for row in range(6):
        word = axes.annotate(rule.label, (rule.at, 1), (-3 if far else 3, -3 - 10 * row), xycoords=("data", "axes fraction"),
                             ha="right" if far else "left", va="top", **look)
        box = word.get_window_extent(renderer)
        if row == 5 or not any(box.overlaps(other) for other in taken):
            taken.append(box)
            return
        word.remove()


def _flat(axes: Axes, mark: Points, panel: Panel) -> np.ndarray:
    """Where the points lie on paper, in the data coordinates of flat axes; shape (n, 2)."""
    if not panel.find(Surface):
        return np.column_stack([mark.x, mark.y])
    from . import surface

    return surface.project(axes, mark, panel)


def _write(axes: Axes, at: tuple[float, float], text: str, frame: Bbox, taken: list[Bbox], renderer: object) -> Bbox:
    best, least = None, np.inf
    for dx, dy, ha, va in _BESIDE:
        word = axes.annotate(text, at, (dx, dy), textcoords="offset points", ha=ha, va=va, fontsize=8, zorder=7,
                             path_effects=_HALO)
        box = word.get_window_extent(renderer)
        outside = not (frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1)
        cost = sum(box.overlaps(other) for other in taken) + 3 * outside
        if cost < least:
            if best is not None:
                best[0].remove()
            best, least = (word, box), cost
        else:
            word.remove()
    assert best is not None
    return best[1]


def _handle(mark: Mark) -> object:
    if isinstance(mark, Line):
        return Line2D([], [], color=line_color(mark.color), linestyle=_DASH[mark.dash], linewidth=mark.width)
    if isinstance(mark, Band):
        return Patch(color=line_color(mark.color), alpha=0.22, linewidth=0)
    if isinstance(mark, Holes):
        return Patch(**_HATCH[mark.why])
    if isinstance(mark, Ticks):
        return Line2D([], [], color=line_color(mark.color), linewidth=1.1, **_head(mark))
    if isinstance(mark, Bars):
        return Patch(**_bar(mark))
    if isinstance(mark, Veil):
        return Patch(facecolor="0.92", edgecolor="0.7", linewidth=0.5)
    if mark.marker == "speck":
        return Line2D([], [], linestyle="none", marker="o", markersize=2.4, color="black")
    star, color = mark.marker == "star", "black" if mark.color is None else line_color(mark.color)
    if mark.marker == "ring":
        return Line2D([], [], linestyle="none", marker="s", markersize=5.8, markerfacecolor="white", markeredgecolor="0.25",
                      markeredgewidth=1.5)
    return Line2D([], [], linestyle="-" if mark.joined else "none", marker="*" if star else "o",
                  markersize=10 if star else 4.2 if mark.marker == "step" else 5.5, **joint_style(mark),
                  markerfacecolor="white" if not star else "#D55E00" if mark.color is None else color,
                  markeredgecolor="white" if star else color)


def _cells(mark: Holes | Veil, reach: float) -> list[list[tuple[float, float]]]:
    """The corners of every cell of a mask over a plane."""
    assert mark.y is not None
    (x0, x1), (y0, y1) = _around(mark.x, reach), _around(mark.y, reach)
    return [[(x0[i], y0[j]), (x1[i], y0[j]), (x1[i], y1[j]), (x0[i], y1[j])] for i, j in np.argwhere(mark.mask)]


def _runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """The first and last index of every run of true entries."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(int)))
    return [(int(first), int(last) - 1) for first, last in edges.reshape(-1, 2)]


def _on_scale(values: np.ndarray, log: bool) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = np.log10(values) if log else np.asarray(values, dtype=float)
    return np.where(np.isfinite(moved), moved, np.nan)


def _around(values: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray]:
    """From ``reach`` spacings before each value to ``reach`` after it."""
    edges = cell_edges(values)
    return values - 2 * reach * (values - edges[:-1]), values + 2 * reach * (edges[1:] - values)
