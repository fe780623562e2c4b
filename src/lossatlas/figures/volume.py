"""A volume of the landscape, cut into planes: one panel for each of some values of the third coordinate.

All panels have the same levels and colours and one colour bar, so that one can be read against the next like the pages of
an anatomical atlas. Where there are more values than panels, every second or third … of them is drawn, the plane of the
trained point among them, and the caption says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..errors import InputError
from ..names import Mark, choose
from . import caption as words
from .figure import Figure
from .reading import FORMS, coordinate, coordinate_dims, count, evaluated, expect_kind, label, sheets, title
from .reading import quantity as variable
from .rows import columns_of, in_rows
from .scales import short
from .slice import Draw, Plane, beside_lattice, drawn_words, panel, share

if TYPE_CHECKING:
    import xarray as xr

#: Cuts that are drawn where nobody says how many; fewer where splits, repeats or classes have a row each.
MOST_CUTS, MOST_IN_A_ROW = 9, 5


def volume(
    ds: xr.Dataset,
    *,
    draw: Draw = "contour",
    quantity: str = "loss",
    scale: Literal["auto", "log", "linear"] = "auto",
    levels: Sequence[float] | None = None,
    across: str | None = None,
    cuts: int | None = None,
    mark: Mark | None = None,
) -> Figure:
    """Draw a result of kind "volume" as planes at values of one coordinate.

    Args:
        ds: a volume with three coordinates, perhaps with ``split``, ``layer``, ``class`` and ``repeat`` beside them.
        draw: "contour", "heatmap" or "surface", of every cut.
        quantity: the variable to draw.
        scale: as of :func:`~lossatlas.figures.slice`.
        levels: contour levels; by default about 8 round ones.
        across: the coordinate that changes from panel to panel; by default the last, gamma.
        mark: as of :func:`~lossatlas.figures.slice`.
        cuts: how many values of it are drawn at most; by default 9, or 5 in each row where there are several rows.

    Raises:
        InputError: for another kind, an unknown quantity, option or coordinate, or too few points for the form.
    """
    choose(draw, FORMS["volume"], "draw")
    expect_kind(ds, "volume")
    array = variable(ds, quantity)
    dims = coordinate_dims(ds, quantity, 3)
    across = dims[-1] if across is None else choose(across, dims, "across")
    planes = _cut(ds, quantity, tuple(dim for dim in dims if dim != across), across, draw, mark)
    rows = len(planes[0].sheets)
    kept = chosen(coordinate(ds, across), (MOST_CUTS if rows == 1 else MOST_IN_A_ROW) if cuts is None else cuts)
    look = share([planes[k] for k in kept], draw, scale, levels)
    panels = []
    for row in range(rows):
        for k in kept:
            plane, at = planes[k], float(ds[across].values[k])
            sheet = plane.sheets[row]
            text = f"{label(ds[across], across)} = {short(at, 4)}".replace("-", "−")
            panels.append(panel(plane, sheet, look, title=", ".join(word for word in (sheet.title, text) if word),
                                marked=at == 0, named=k == kept[0]))
    said = words.facts(ds, dimension=3) + _choice(ds, across, kept)
    whole = [sheet for plane in planes for sheet in plane.sheets]
    said += words.measured(whole, quantity) + words.missing(ds, _counted(planes)) + words.absent(ds, quantity)
    said += drawn_words(replace(planes[kept[0]], sheets=[sheet for k in kept for sheet in planes[k].sheets]), look)
    said += beside_lattice(planes[kept[0]], panels)
    if rows > 1 and len(kept) == 1:  # small multiples as of a slice
        panels, columns = in_rows(planes[kept[0]], panels)
    else:
        columns = len(kept) if rows > 1 else columns_of(len(kept))
    name = title(ds)
    heading = f"{name}, {label(array, quantity)}" if name else label(array, quantity)
    return Figure(tuple(panels), heading, words.join(said + words.notes(ds)), columns)


def chosen(values: np.ndarray, most: int) -> list[int]:
    """Which of the values are drawn: all, or every so many, with zero where it is one of them."""
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        raise InputError(f"cuts is {most!r}; expected a whole number of at least 1")
    zero = np.flatnonzero(values == 0)
    for stride in range(1, len(values) + 1):
        start = int(zero[0]) % stride if len(zero) else (len(values) - 1) % stride // 2
        if len(kept := list(range(start, len(values), stride))) <= most:
            return kept
    raise AssertionError("a stride of all values keeps one")


def _cut(ds: xr.Dataset, name: str, dims: tuple[str, ...], across: str, draw: str, mark: str | None) -> list[Plane]:
    x, y = (coordinate(ds, dim) for dim in dims)
    if draw != "heatmap" and min(len(x), len(y)) < 2:
        raise InputError(f"a {draw} needs at least 2 × 2 points; got {len(x)} × {len(y)}; write draw='heatmap'")
    each = [ds.isel({across: k}) for k in range(ds.sizes[across])]
    return [Plane(cut, name, dims, x, y, sheets(cut, name, dims), cut[name].sizes.get("repeat", 1), mark, evaluated(cut, mark, dims))
            for cut in each]


def _choice(ds: xr.Dataset, across: str, kept: list[int]) -> list[str]:
    values = ds[across].values
    if len(kept) == len(values):
        return []
    return [f"{len(kept)} of {len(values)} values of {label(ds[across], across)} are drawn."]


def _counted(planes: list[Plane]) -> words.Count:
    """Points of the whole volume."""
    each = [count(plane.sheets) for plane in planes]
    return words.Count(sum(c.total for c in each), sum(c.done for c in each), sum(c.bad for c in each))
