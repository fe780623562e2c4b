"""Results as documents: a surface or a volume with all of its quantities, or the figure of every other kind.

Figures and captions are those of :mod:`lossatlas.figures`, facts those of ``lossatlas info``: a result says the same wherever it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .. import figures
from ..figures.figure import Line
from ..figures.reading import kind_of
from ..result.summary import summary_of
from .documents import Document, Entry, Fact
from .fields import field, volume

if TYPE_CHECKING:
    import xarray as xr

#: Points of a line at most.
MOST = 3000


def document(ds: xr.Dataset, entry: Entry, *, tracks: Mapping[str, xr.Dataset] | None = None,
             facts: Mapping[str, str] | None = None) -> Document:
    """A result as it travels.

    Args:
        ds: of any kind. entry: its place in the catalogue.
        tracks: runs and paths over a slice, by their names.
        facts: what is known of it; by default what its attributes say.

    Raises:
        InputError: a result that cannot be drawn.
    """
    listed = tuple(Fact(name, text) for name, text in (summary_of(ds) if facts is None else facts).items())
    kind = kind_of(ds)
    entry = replace(entry, kind=kind)  # type: ignore[arg-type]
    if kind == "slice":
        made = field(ds, tracks or {})
        over = {one.name: (tracks or {})[one.name] for one in made.tracks}
        return Document(entry, _caption(ds, over), listed, field=made)
    if kind == "volume":
        caption = figures.volume(ds, draw="heatmap", quantity=(made := volume(ds)).quantity, cuts=max(map(int, ds.sizes.values()))).caption
        return Document(entry, caption, listed, volume=made)
    drawn = thinned(figures.auto(ds))
    return Document(entry, drawn.caption, listed, figure=drawn.to_dict())


def thinned(figure: figures.Figure) -> figures.Figure:
    """The figure with no line of more than ``MOST`` points: of a longer one, as of a long run, the extremes of every piece, which the
    caption says. No line changes its look on a screen, and none loses a spike.
    """
    longest = max((len(mark.x) for panel in figure.panels for mark in panel.find(Line)), default=0)
    if longest <= MOST:
        return figure
    panels = tuple(replace(panel, marks=tuple(_thin(mark) if isinstance(mark, Line) else mark for mark in panel.marks))
                   for panel in figure.panels)
    said = f"Lines of up to {longest:,} points, drawn by the lowest and the highest of each of {MOST // 2:,} pieces."
    return replace(figure, panels=panels, caption=f"{figure.caption} {said}".strip())


def _thin(line: Line) -> Line:
    if len(line.x) <= MOST:
        return line
    kept = {0, len(line.x) - 1}
    for piece in np.array_split(np.arange(len(line.x)), MOST // 2):
        values = line.y[piece]
        hole = np.isnan(values)
        kept |= {int(piece[hole.argmax()])} if hole.any() else set()  # where it is broken, it stays so
        kept |= {int(piece[np.nanargmin(values)]), int(piece[np.nanargmax(values)])} if not hole.all() else set()
    at = sorted(kept)
    return replace(line, x=line.x[at], y=line.y[at])


def _caption(ds: xr.Dataset, tracks: Mapping[str, xr.Dataset]) -> str:
    """The words below a picture of a slice and what lies over it; of several planes, on which paths have one place, without these."""
    over = {name: path for name, path in tracks.items() if "relative_off_slice" in path and ds.sizes.get("repeat", 1) == 1}
    return figures.slice(ds, draw="heatmap", points=over or None).caption
