"""Training runs on one page: their landscapes with one scale, how sharp and how good their minima are, and how they came there.

Landscapes stand first, side by side. Below, a run has one colour everywhere: bars of sharpness and test error, in the same rows so that
their orders can be compared (Li et al. 2018, section 4), lines through the minima, errors and norms over epochs, and the weights. Training
data are solid, test data dashed. Nothing is measured here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from . import caption as words
from .compare import compare
from .figure import Axis, Band, Bars, Figure, Line, Mark, Panel
from .profile import INTERVAL, profile, value_axis
from .reading import label
from .scales import choose_scale, short
from .slice import Draw

if TYPE_CHECKING:
    import xarray as xr

#: Most panels side by side; the last colour of lines.
_WIDE, _BLACK = 4, 6
#: The share of the run after which errors decide how far their axis reaches: the first ones are those of chance.
_EARLY = 0.1


def comparison(tree: xr.DataTree, *, draw: Draw = "contour") -> Figure:
    """Draw what :func:`lossatlas.compare_runs` measured.

    Args:
        draw: the planes: "contour", "heatmap" or "surface".

    Raises:
        InputError: something else than its result.
    """
    if not hasattr(tree, "children") or not {"planes", "lines", "numbers", "weights"} <= set(tree.children):
        raise InputError(f"comparison got {type(tree).__name__}; expected what la.compare_runs returned")
    names = [str(name) for name in tree["numbers"]["run"].values]
    planes = {name: tree[f"planes/{name}"].to_dataset() for name in names}
    landscapes = compare(planes, draw=draw)
    below = [*_bars(tree["numbers"].to_dataset(), names), _lines(tree, names), *_curves(tree, names),
             _weights(tree["weights"].to_dataset(), names)]
    if "between" in tree.children:
        below += [_neutral(panel) for panel in profile(tree["between"].to_dataset()).panels]
    columns = _WIDE if len(names) == _WIDE or len(names) > 6 else 3
    panels = [*_filled(landscapes.panels, columns), *_filled(below, columns)]
    return Figure(tuple(panels), str(tree.attrs.get("title", "training runs")), _caption(tree, names, landscapes.caption), columns)


def _filled(panels: Sequence[Panel], columns: int) -> list[Panel]:
    """Whole rows: places without marks at the end."""
    return [*panels, *[Panel((), Axis(), Axis())] * (-len(panels) % columns)]


def _neutral(panel: Panel) -> Panel:
    """A panel between two runs, in no run's colour."""
    marks = tuple(replace(mark, color=_BLACK) if isinstance(mark, Line | Band) else mark for mark in panel.marks)
    return replace(panel, marks=marks, title="between the two")


# ---- bars ----------------------------------------------------------------------------------------------------------


def _bars(numbers: xr.Dataset, names: list[str]) -> list[Panel]:
    """A row a run, first run on top: sharpness, and test error where it was measured."""
    rows = np.arange(len(names), dtype=float)[::-1]
    y = Axis("", "linear", (-0.7, len(names) - 0.3), tuple(rows), tuple(names))
    titles = {"sharpness": "sharpness", "test_error": "test error, %"}
    return [_bar_panel(numbers, name, y, rows, title) for name, title in titles.items() if name in numbers]


def _bar_panel(numbers: xr.Dataset, name: str, y: Axis, rows: np.ndarray, title: str) -> Panel:
    scale = 100.0 if name.endswith("_error") else 1.0
    values, errors = (scale * numbers[key].values for key in (name, f"{name}_stderr"))
    half = INTERVAL * np.nan_to_num(errors)
    marks = tuple(Bars(values[k : k + 1], rows[k : k + 1], values[k : k + 1] - half[k], values[k : k + 1] + half[k], color=k)
                  for k in range(len(rows)))
    high, low = np.nanmax(np.append(values + half, 0.0)), np.nanmin(np.append(values - half, 0.0))
    limits = (float(1.08 * low), float(1.08 * high)) if high > low else (0.0, 1.0)
    said = "mean rise at filter radius 0.5" if name == "sharpness" else "% of the test data"
    return Panel(marks, Axis(said, "linear", limits), y, title=title)


# ---- curves --------------------------------------------------------------------------------------------------------


def _lines(tree: xr.DataTree, names: list[str]) -> Panel:
    """The loss along random lines through every minimum: medians, and the range over the lines on training data."""
    marks: list[Mark] = []
    for k, name in enumerate(names):
        ds = tree[f"lines/{name}"].to_dataset()
        for split in map(str, ds["split"].values):
            values = ds["loss"].sel(split=split).transpose("repeat", "alpha").values
            whole = np.isfinite(values).all(axis=0)
            edges = np.median(values, axis=0), values.min(axis=0), values.max(axis=0)
            (middle, low, high), x = (np.where(whole, edge, np.nan) for edge in edges), ds["alpha"].values
            if split == "train":
                marks += [Band(x, low, high, "", k), Line(x, middle, name, k)]
            else:
                marks.append(Line(x, middle, "", k, "dashed", 1.0))
    x = tree[f"lines/{names[0]}"]["alpha"]
    return _panel(marks, label(x, "alpha"), "loss", "random lines", limits=(float(x[0]), float(x[-1])))


def _curves(tree: xr.DataTree, names: list[str]) -> list[Panel]:
    """Errors and the norm of the weights over epochs, where they were logged; over steps where those of a run's epochs are not known."""
    runs = {name: tree[f"training/{name}"].to_dataset() for name in names}
    over, panels = "epoch" if all("epoch" in ds for ds in runs.values()) else "step", []
    for title, keys, scale, said in (("error while training", ("train_error", "test_error"), 100.0, "error, %"),
                                     ("weights while training", ("norm",), 1.0, "norm of the weights")):
        marks = [mark for k, ds in enumerate(runs.values()) for key in keys for mark in _curve(ds, key, scale, k, names[k], over)]
        if marks:
            panel = _panel(marks, over, said, title)
            panels.append(panel if keys == ("norm",) else _cut(panel))
    return panels


def _cut(panel: Panel) -> Panel:
    """Errors, on an axis that holds all but those of the first epochs."""
    late = [mark.y[mark.x >= _EARLY * mark.x[-1]] for mark in panel.find(Line)]
    top = max(float(y.max()) for y in late)
    return replace(panel, y=value_axis(panel.y.label, np.array([0.0, 1.1 * top]), (np.array([0.0]), np.array([1.1 * top])), "linear")) \
        if top > 0 else panel


def _curve(ds: xr.Dataset, key: str, scale: float, color: int, name: str, over: str) -> list[Mark]:
    if key not in ds:
        return []
    known = np.isfinite(ds[key].values)
    x, y = ds[over].values[known], scale * ds[key].values[known]
    if not known.any():
        return []
    if key.startswith("test"):
        return [Line(x, y, "", color, "dashed", 1.2)]
    return [Line(x, y, "" if key == "norm" else name, color, "solid", 1.6)]


def _weights(ds: xr.Dataset, names: list[str]) -> Panel:
    """Shares of the weights in equal bins, in %."""
    marks = [Line(ds["weight"].values, 100 * ds["share"].sel(run=name).values, "", k) for k, name in enumerate(names)]
    return _panel(marks, "weight", "% of the weights", "weights at the end", scale="log")


def _panel(marks: Sequence[Mark], x: str, y: str, title: str, *, limits: tuple[float, float] | None = None, scale: str = "auto") -> Panel:
    """Curves with axes that hold all of them."""
    values = np.concatenate([mark.y for mark in marks if isinstance(mark, Line)])
    ends = [np.concatenate([values, *(getattr(mark, end) for mark in marks if isinstance(mark, Band))]) for end in ("low", "high")]
    values = values[values > 0] if scale == "log" else values
    axis = value_axis(y, values, (ends[0], ends[1]), choose_scale(y, values, scale))  # type: ignore[arg-type]
    return Panel(tuple(marks), Axis(x, "linear", limits), axis, title=title)


# ---- words ---------------------------------------------------------------------------------------------------------


def _caption(tree: xr.DataTree, names: list[str], of_planes: str) -> str:
    norms, repeats = tree["numbers"]["norm"].values, tree[f"lines/{names[0]}"].sizes["repeat"]
    said = [f"A run has one colour; solid: training data, dashed: test data. Lines: median of {repeats} filter-normalized random lines, "
            "band from the smallest to the largest. Bars: 95 % intervals. Errors of the first tenth of a run may lie above the axis.",
            *words.repeated_colours(len(names))]
    if "between" in tree.children and "bn" in tree["between"].attrs and tree["between"].attrs.get("n_batchnorm") != 0:
        said.append(f"Of the line between the two, {words.policy(tree['between'].attrs)}")
    rank = tree.attrs.get("rank_correlation", np.nan)
    if np.isfinite(rank):
        said.append(f"Rank correlation of sharpness and test error: {short(float(rank), 2)} over {len(names)} runs.")
    outside = 100 * float(tree["weights"]["outside"].max())
    said.append(f"Weights: without biases and normalization; up to {short(outside, 2)} % of a run's lie beyond the ends.")
    said.append(f"Norms at the end: {', '.join(f'{name} {short(float(norm))}' for name, norm in zip(names, norms, strict=True))}.")
    return words.join([of_planes, *said])
