"""A figure drawn with matplotlib: sheet of paper, boxes, axes, caption.

The sheet is laid out by hand in inches, so that panels of one figure have one size, a unit of x is exactly as long as a
unit of y where asked, nothing overlaps and the caption is never cut: it is wrapped by measured width and the sheet grows
with it. No pyplot, no style of the user: the same figure gives the same bytes. Marks are drawn by ``marks`` (2D) and
``surface`` (3D).
"""

from __future__ import annotations

import functools
import io
import pathlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure as Sheet
from matplotlib.font_manager import FontProperties
from matplotlib.ticker import MaxNLocator, NullLocator

from ..figures.figure import Axis, Bars, Figure, Heatmap, Panel, Surface
from . import marks

_STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "axes.linewidth": 0.8,
    "hatch.linewidth": 0.5,
    "svg.hashsalt": "lossatlas",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
}
_THEIRS = ("backend", "interactive", "toolbar", "webagg", "savefig.directory", "timezone", "tk.", "date.epoch", "docstring")
_NO_DATES = {"png": {"Software": "lossatlas"}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
_WIDTHS = {1: 4.6, 2: 3.3, 3: 2.7}  # inches of a panel, by the number of columns
_LEFT, _GAP, _BAR, _RIGHT = 0.68, 0.37, 0.80, 0.20
_BOTTOM, _ROW, _TITLE, _HEADING, _EDGE = 0.48, 0.19, 0.26, 0.34, 0.10
_SURFACE = 0.72  # height of a surface over its width
_TALLEST = 1.6  # height of a panel over its width, as long as it has the full width
_SMOOTH = 0.9 / np.log(10)  # the share of the linear part of a symlog axis, in decades, at which its slope does not jump
_NAME_SIZE, _BAR_ROW = 7.5, 0.155  # of the names of bars in points, and a row of them in inches
_CAPTION_SIZE, _CAPTION_ROW, _INDENT = 8, 0.16, 0.30
_HEADING_SIZE, _HEADING_ROW = 10, 0.19


@dataclass(frozen=True)
class Box:
    """Where a panel lies on the sheet, in inches from its lower left corner, and what is written around it."""

    left: float
    bottom: float
    width: float
    height: float
    bar: bool
    outer_left: bool
    outer_bottom: bool


@dataclass(frozen=True)
class Layout:
    """The sheet: its size, a box per panel, and the wrapped title and caption."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    heading: tuple[str, ...]
    lines: tuple[str, ...]


def draw(figure: Figure) -> Sheet:
    """Draw a figure onto a matplotlib figure of its own, with an Agg canvas and without pyplot."""
    with _style():
        layout = _arrange(figure)
        sheet = Sheet(figsize=(layout.width, layout.height), dpi=150, facecolor="white")
        FigureCanvasAgg(sheet)
        for panel, box in zip(figure.panels, layout.boxes, strict=True):
            _draw_panel(sheet, layout, panel, box)
        for k, line in enumerate(layout.heading):
            sheet.text(0.5, 1 - (0.10 + k * _HEADING_ROW) / layout.height, line, ha="center", va="top", fontsize=_HEADING_SIZE,
                       weight="bold")
        left = _INDENT / layout.width
        top = (_EDGE + _CAPTION_ROW * len(layout.lines)) / layout.height
        for k, line in enumerate(layout.lines):
            y = top - k * _CAPTION_ROW / layout.height
            sheet.text(left, y, line, ha="left", va="top", fontsize=_CAPTION_SIZE, color="0.25")
    return sheet


def save(figure: Figure, path: str | pathlib.Path, dpi: int = 150) -> None:
    """Draw into a file; the suffix chooses the format. The same figure gives the same bytes."""
    target = pathlib.Path(path)
    target.write_bytes(to_bytes(figure, target.suffix.lower().removeprefix("."), dpi=dpi))


def to_bytes(figure: Figure, form: str, *, dpi: int = 150) -> bytes:
    """The file as bytes: "png", "svg" or "pdf"."""
    sheet, file = draw(figure), io.BytesIO()
    with _style():
        sheet.savefig(file, format=form, dpi=dpi, metadata=_NO_DATES[form])
    return file.getvalue()


@contextmanager
def _style() -> Iterator[None]:
    """Matplotlib's defaults and ours, whatever the user has set; theirs come back afterwards."""
    ours = {
        key: value for key, value in matplotlib.rcParamsDefault.items()
        if not key.startswith(_THEIRS)
    }
    with matplotlib.rc_context(ours | _STYLE):
        yield


def _arrange(figure: Figure) -> Layout:
    columns = max(1, min(figure.columns, len(figure.panels)))
    rows = -(-len(figure.panels) // columns)
    three_d = any(panel.find(Surface) for panel in figure.panels)
    curves = all(panel.z is None for panel in figure.panels)
    bar = max([_BAR, *(_bar_width(panel.z) for panel in figure.panels if panel.z is not None)])
    wide = (5.6 if columns == 1 else 3.3) if curves else _WIDTHS.get(columns, 2.4) * (1.15 if three_d else 1.0)
    wide /= max([1.0, *(_slender(panel) / _TALLEST for panel in figure.panels)])
    tall = max((_height(panel, wide) for panel in figure.panels), default=wide)
    sizes = [_within(wide, _height(panel, wide) if curves else tall, panel) for panel in figure.panels]
    bars = _bars(figure, columns)
    apart = [k % columns == 0 or ((bool(panel.marks) or not curves) and (panel.y, sizes[k][1]) != (figure.panels[k - 1].y, sizes[k - 1][1]))
             for k, panel in enumerate(figure.panels)]
    names = max((_names_width(panel) for panel in figure.panels[::columns]), default=0.0)
    lefts, x = [], 0.0
    for column in range(columns):
        x += (_LEFT - _GAP if column else max(_LEFT, names)) if any(apart[column::columns]) else 0
        lefts.append(x)
        x += wide + (bar if any(bars[k] and _needs_room(figure, k, columns) for k in range(column, len(bars), columns)) else 0) + _GAP
    width = x - _GAP + _RIGHT
    lines = _wrap(figure.caption, width - _INDENT - _RIGHT, FontProperties(size=_CAPTION_SIZE))
    sizes = [(lefts[k % columns + panel.span - 1] + wide - _LEFT, high) if panel.span > 1 else (across, high)
             for k, (panel, (across, high)) in enumerate(zip(figure.panels, sizes, strict=True))]
    heights = [max(high for _, high in sizes[row * columns : (row + 1) * columns]) for row in range(rows)]
    bottoms, y = _bottoms(figure, heights, columns, _EDGE + _CAPTION_ROW * len(lines) + 0.12)
    boxes = tuple(
        Box(
            _LEFT if figure.panels[k].span > 1 else lefts[k % columns] + (wide - sizes[k][0]) / 2,
            bottoms[k // columns], *sizes[k], bars[k],
            outer_left=apart[k] or not figure.panels[k - 1].marks,
            outer_bottom=k + columns >= len(figure.panels) or figure.panels[k].x != figure.panels[k + columns].x
            or not curves,
        )
        for k in range(len(figure.panels))
    )
    heading = _wrap(figure.title, width - 2 * _EDGE, FontProperties(size=_HEADING_SIZE, weight="bold"))
    above = _HEADING + _HEADING_ROW * (len(heading) - 1) if heading else _EDGE
    return Layout(width, y + above, boxes, heading, lines)


def _bottoms(figure: Figure, heights: list[float], columns: int, y: float) -> tuple[list[float], float]:
    """The lower edges of the rows, first row first, and the height above the first."""
    bottoms, rows = [], len(heights)
    for row in reversed(range(rows)):
        panels = figure.panels[row * columns : (row + 1) * columns]
        legend = max(marks.legend_rows(panel) for panel in panels)
        below = figure.panels[(row + 1) * columns :]
        inner = row < rows - 1 and all(panel.z is None and panel.x == under.x for panel, under in zip(panels, below, strict=False))
        y += (0.12 if inner else _BOTTOM) + _ROW * legend
        bottoms.append(y)
        y += heights[row] + (_TITLE if any(panel.title for panel in panels) else 0.08)
    return bottoms[::-1], y


def _height(panel: Panel, wide: float) -> float:
    if panel.find(Surface):
        return _SURFACE * wide
    if not panel.marks:
        return 0.0
    if panel.find(Bars):
        return max(_BAR_ROW * (len(panel.y.ticks) + 0.6), 0.7)
    if panel.z is None:
        return 2.3
    return (_slender(panel) or 0.75) * wide


def _slender(panel: Panel) -> float:
    """Height over width of a panel whose units are equal; 0 for another, and for a place without marks."""
    if not panel.marks or not panel.equal or panel.find(Surface) or not (panel.x.limits and panel.y.limits):
        return 0.0
    (x0, x1), (y0, y1) = panel.x.limits, panel.y.limits
    return (y1 - y0) / (x1 - x0)


def _within(wide: float, tall: float, panel: Panel) -> tuple[float, float]:
    """The size of a panel: the box that all have, or as much of it as equal units or a surface take."""
    shape = _SURFACE if panel.find(Surface) else _slender(panel)
    return (min(wide, tall / shape), min(tall, shape * wide)) if shape else (wide, tall)


def _right_of(figure: Figure, k: int, columns: int) -> tuple[Panel, ...]:
    """The panels after this one in its row."""
    return figure.panels[k + 1 : (k // columns + 1) * columns]


def _has_bar(figure: Figure, k: int, columns: int) -> bool:
    """The last panel of a run of equal colour axes within a row carries the bar; places without marks do not count."""
    panel, after = figure.panels[k], [other for other in _right_of(figure, k, columns) if other.marks]
    return panel.z is not None and bool(panel.marks) and (not after or after[0].z != panel.z)


def _bars(figure: Figure, columns: int) -> list[bool]:
    """Which panels carry a bar: where one would tear the grid and another row has the same, it is left out."""
    bars = [_has_bar(figure, k, columns) for k in range(len(figure.panels))]
    tear = [bar and (k + 1) % columns != 0 and _needs_room(figure, k, columns) for k, bar in enumerate(bars)]
    free = {panel.z for panel, bar, torn in zip(figure.panels, bars, tear, strict=True) if bar and not torn}
    return [bar and not (torn and panel.z in free) for panel, bar, torn in zip(figure.panels, bars, tear, strict=True)]


def _needs_room(figure: Figure, k: int, columns: int) -> bool:
    """Whether a bar beside this panel needs a gap in the grid: on the right edge, or where something follows in the row."""
    return (k + 1) % columns == 0 or any(panel.marks for panel in _right_of(figure, k, columns))


def _bar_width(axis: Axis) -> float:
    """Of a colour bar with its labels, in inches; none is clipped."""
    return 0.46 + 0.072 * max(map(len, axis.tick_labels), default=0)


def _names_width(panel: Panel) -> float:
    """The room that the names of bars, or of rows, take left of a panel, in inches, by measure; 0 for another panel."""
    if not panel.find(Bars) and not (panel.find(Heatmap) and panel.y.ticks and any(map(_is_word, panel.y.tick_labels))):
        return 0.0
    renderer, font = FigureCanvasAgg(Sheet(dpi=72)).get_renderer(), FontProperties(size=_NAME_SIZE)
    return 0.22 + max(renderer.get_text_width_height_descent(name, font, False)[0] for name in panel.y.tick_labels or ("",)) / 72


def _is_word(text: str) -> bool:
    return any(letter.isalpha() for letter in text)


@functools.lru_cache(maxsize=64)  # frames of an animation have one caption
def _wrap(text: str, inches: float, font: FontProperties) -> tuple[str, ...]:
    """Lines no wider than this, by measure."""
    if not text:
        return ()
    renderer = FigureCanvasAgg(Sheet(dpi=72)).get_renderer()
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and renderer.get_text_width_height_descent(longer, font, False)[0] > 72 * inches:
            lines.append(word)
        else:
            lines[-1] = longer
    return tuple(lines)


def _draw_panel(sheet: Sheet, layout: Layout, panel: Panel, box: Box) -> None:
    place = (box.left / layout.width, box.bottom / layout.height, box.width / layout.width, box.height / layout.height)
    if panel.find(Surface):
        from . import surface

        axes = surface.draw(sheet, place, panel)
    elif not panel.marks:
        axes = None
    else:
        axes = sheet.add_axes(place)
        for mark in panel.marks:
            marks.draw(mark, axes, panel)
        _dress(axes, panel, box)
    if panel.title:
        sheet.text(place[0] + place[2] / 2, place[1] + place[3] + 0.07 / layout.height, panel.title,
                   ha="center", va="bottom", fontsize=9)
    if box.bar and panel.z is not None:
        _color_bar(sheet, layout, panel, box)
    if axes is None:
        return
    legend_at = (place[0], place[1] - (_BOTTOM - 0.02 if box.outer_bottom else 0.07) / layout.height)
    marks.legend(sheet, axes, panel, legend_at)
    marks.write_texts(sheet, axes, panel)


def _dress(axes: Axes, panel: Panel, box: Box) -> None:
    """Scales, limits, ticks and labels."""
    for axis, side in ((panel.x, "x"), (panel.y, "y")):
        around = {} if axis.threshold is None else {"linthresh": axis.threshold, "linscale": _SMOOTH}
        getattr(axes, f"set_{side}scale")(axis.scale, **around)
        if axis.limits is not None:
            getattr(axes, f"set_{side}lim")(*axis.limits)
        if axis.ticks:
            getattr(axes, f"set_{side}ticks")(axis.ticks, axis.tick_labels)
            getattr(axes, f"{side}axis").set_minor_locator(NullLocator())
    if not panel.x.ticks and panel.x.scale == "linear":
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6 if box.width > 3 else 5, steps=[1, 2, 5, 10]))
    if not panel.y.ticks and panel.y.scale == "linear":
        axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    if box.outer_bottom:
        axes.set_xlabel(panel.x.label, labelpad=2)
    if box.outer_left:
        axes.set_ylabel(panel.y.label, labelpad=3)
    axes.tick_params(width=0.8, length=3, labelbottom=box.outer_bottom, labelleft=box.outer_left)
    for axis, side in ((panel.x, "x"), (panel.y, "y")):
        if axis.ticks and not any(axis.tick_labels):  # a bare axis
            axes.tick_params(axis=side, length=0)
    if panel.find(Bars):
        axes.tick_params(axis="y", length=0, labelsize=_NAME_SIZE)
    if panel.z is None:
        axes.grid(True, axis="x" if panel.find(Bars) else "both", color="0.9", linewidth=0.6)
        axes.set_axisbelow(True)


def _color_bar(sheet: Sheet, layout: Layout, panel: Panel, box: Box) -> None:
    """The colours of the field beside its values: bands between contour levels, else a gradient."""
    axis = panel.z or Axis()
    tall = 0.62 * box.height if panel.find(Surface) else box.height
    low = box.bottom + (box.height - tall) / 2
    place = ((box.left + box.width + 0.10) / layout.width, low / layout.height, 0.14 / layout.width, tall / layout.height)
    axes, (edges, colors) = sheet.add_axes(place), marks.bands(panel)
    axes.pcolormesh([0, 1], edges, np.arange(len(colors))[:, None], cmap=ListedColormap(colors), rasterized=False)
    axes.set_yscale(axis.scale)
    axes.set_ylim(edges[0], edges[-1])
    axes.set_xticks([])
    axes.yaxis.tick_right()
    axes.set_yticks(*marks.thinned(axis, tall))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.tick_params(length=3, width=0.8)
    axes.yaxis.set_label_position("right")
    axes.set_ylabel(axis.label, labelpad=3)
