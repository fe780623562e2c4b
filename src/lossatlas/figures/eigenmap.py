"""Eigenvalues of the Hessian over a plane: what a map of them needs beside what every plane has.

The ratio abs(λmin / λmax) tells how convex the landscape is where a cell lies (Li et al. 2018, figure 7) and has colours from 0 to 1
as in the paper, so that maps of several networks can be compared. The sign of λmin is what matters of it: its colours diverge from
zero. A cell whose eigenvalues did not converge keeps its colour and is hatched.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .caption import operator_words
from .figure import Axis, Holes, Mark
from .reading import Sheet, spoken
from .scales import number, round_values, short, span

if TYPE_CHECKING:
    import xarray as xr


def color_axis(name: str, axis: Axis, values: np.ndarray) -> Axis:
    """The colour axis of a quantity of an eigenvalue map; that of another quantity, and one on a log scale, as it is."""
    low, high = span(values, axis.scale)
    if axis.scale == "linear" and name == "ratio":
        return _between(axis, 0.0, max(1.0, high))
    if axis.scale == "linear" and name in ("lambda_min", "lambda_max"):
        return replace(_between(axis, min(low, 0.0), max(high, 0.0)), center=0.0)
    return axis


def _between(axis: Axis, low: float, high: float) -> Axis:
    if not low < high:  # every value is zero
        low, high = -1.0, 1.0
    ticks = round_values(low, high, "linear", wanted=6)
    return replace(axis, limits=(low, high), ticks=ticks, tick_labels=tuple(number(tick).replace("-", "−") for tick in ticks))


def doubtful(sheet: Sheet, x: np.ndarray, y: np.ndarray) -> list[Mark]:
    """Hatching over the cells that have a value which did not converge."""
    if sheet.converged is None:
        return []
    mask = sheet.done & ~sheet.converged & np.isfinite(sheet.values)
    return [Holes(x, mask, y, "not converged", "doubtful")] if mask.any() else []


def map_words(ds: xr.Dataset, name: str, drawn: list[Sheet]) -> list[str]:
    """The operator, what the map cost, how many cells converged and how large the bounds of their errors are."""
    flags = [sheet for sheet in drawn if sheet.converged is not None]
    if not flags:
        return []
    cells = sum(int(sheet.done.sum()) for sheet in flags)
    converged = sum(int((sheet.done & sheet.converged).sum()) for sheet in flags)  # type: ignore[operator]
    said = [*operator_words(ds), f"{converged} of {cells} cells converged{' (hatched: the others)' if converged < cells else ''}."]
    if f"{name}_error" in ds and np.isfinite(bounds := ds[f"{name}_error"].values).any():
        said.append(f"Bounds of the errors of {spoken(name)}: at most {short(float(np.nanmax(bounds)), 2)}.")
    return said
