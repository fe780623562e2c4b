"""A path between two solutions beside the straight line: loss and error on top, below whose function it is.

The path is drawn strong and the line pale, training data solid and test data dashed. Where it was measured, the share of examples to which
the path answers otherwise than either end stands below: it starts at zero for the one and ends at zero for the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..errors import InputError
from ..names import choose
from . import caption as words
from .figure import Axis, Band, Dash, Figure, Holes, Line, Mark, Panel, Rule
from .profile import INTERVAL, value_axis
from .reading import Sheet, coordinate, coordinate_dims, count, expect_kind, label, quantity, sheets, title
from .scales import choose_scale, drawable, short

if TYPE_CHECKING:
    import xarray as xr

_DASHES: tuple[Dash, ...] = ("solid", "dashed", "dotted")
#: Colours of the path, of the straight line, and of the two ends.
PATH, LINE, ENDS = 0, 6, (1, 2)
#: What is drawn where nothing is asked for, as far as it is there.
_USUAL = ("loss", "error", "accuracy", "disagreement")
#: Quantities that are drawn in %.
_PERCENT = ("error", "accuracy", "disagreement", "ece")


def path(ds: xr.Dataset, *, quantities: Sequence[str] = (), scale: Literal["auto", "log", "linear"] = "auto") -> Figure:
    """Draw a result of kind "path": what :func:`lossatlas.path_profile` or a sweep over a path measured.

    Args:
        ds: over one coordinate of a path, perhaps with ``split`` and ``reference`` beside it.
        quantities: what to draw, from top to bottom; by default loss, error (or accuracy) and disagreement where present. A quantity
            with ``line_<name>`` beside it is drawn with that.
        scale: of every panel; "auto" is log for positive quantities without an upper bound, else linear.

    Raises:
        InputError: for another kind, or an unknown quantity or option.
    """
    choose(scale, ("auto", "log", "linear"), "scale")
    expect_kind(ds, "path")
    given = [quantities] if isinstance(quantities, str) else list(quantities)
    names = given or [name for name in _USUAL if name in ds.data_vars and not (name == "accuracy" and "error" in ds.data_vars)]
    if not names:
        raise InputError("a path got no variables that are drawn; expected loss, or write quantities=('name',)")
    for name in names:
        quantity(ds, name)
    dim = _dim(ds, names[0])
    x = coordinate(ds, dim)
    panels, said = [], _facts(ds)
    for k, name in enumerate(names):
        panel, notes = _panel(ds, name, x, dim, scale, first=k == 0)
        panels.append(panel)
        said += notes
    panels[-1] = replace(panels[-1], marks=(*_legend(panels[:-1], panels[-1]), *panels[-1].marks))
    panels[:-1] = [replace(panel, marks=tuple(_unnamed(mark) for mark in panel.marks)) for panel in panels[:-1]]
    return Figure(tuple(panels), title(ds) or "Along a path", words.join(said + words.notes(ds)), 1)


def _legend(above: Sequence[Panel], last: Panel) -> list[Mark]:
    """What the curves of the panels above are, for the one legend below all of them."""
    told = {mark.label for mark in last.find(Line)}
    marks = {mark.label: mark for panel in above for mark in panel.find(Line) if mark.label and mark.label not in told}
    return [Line(np.empty(0), np.empty(0), text, mark.color, mark.dash, mark.width) for text, mark in marks.items()]


def _unnamed(mark: Mark) -> Mark:
    return replace(mark, label="") if isinstance(mark, Line) else mark


def _dim(ds: xr.Dataset, name: str) -> str:
    chosen = ds.isel(reference=0) if "reference" in ds[name].dims else ds
    return coordinate_dims(chosen, name, 1)[0]


def _panel(ds: xr.Dataset, name: str, x: np.ndarray, dim: str, scale: str, *, first: bool) -> tuple[Panel, list[str]]:
    curves = _beside_ends(ds, name, dim) if "reference" in ds[name].dims else _path_and_line(ds, name, dim)
    factor = 100.0 if name in _PERCENT else 1.0
    values = factor * np.concatenate([sheet.values for sheet, *_ in curves])
    chosen: Any = choose_scale(name, values, scale)  # type: ignore[arg-type]
    marks: list[Mark] = []
    for sheet, text, color, dash in curves:
        at, found = x[sheet.done], factor * sheet.values[sheet.done]
        if sheet.error is not None and np.isfinite(sheet.error).any() and color != LINE:
            half = factor * INTERVAL * sheet.error[sheet.done]
            marks.append(Band(at, found - half, found + half, "", color))
        marks.append(Line(at, found, text, color, dash, 1.0 if color == LINE else 1.8))
    bad = np.any([sheet.done & ~drawable(sheet.values, chosen) for sheet, *_ in curves], axis=0)
    if bad.any():
        marks.append(Holes(x, bad, None, "not finite", "bad"))
    start, end = _ends(ds)
    marks += [Rule(0.0, start if first else ""), Rule(1.0, end if first else "")]
    bands = [band for band in marks if isinstance(band, Band)]
    low, high = (np.concatenate([values, *(getattr(band, which) for band in bands)]) for which in ("low", "high"))
    words_of = label(ds[name], name) + (", %" if factor == 100 else "")
    axis = value_axis(words_of, values, (low, high), chosen)
    banded = [sheet for sheet, _, color, _ in curves if sheet.error is not None and color != LINE]
    notes = words.measured(banded, name) + words.missing(
        ds, count([curves[0][0]])) if first else []
    across = Axis(f"{label(ds[dim], dim)} along the path", "linear", (float(x[0]), float(x[-1])))
    return Panel(tuple(marks), across, axis), notes


def _path_and_line(ds: xr.Dataset, name: str, dim: str) -> list[tuple[Sheet, str, int, Dash]]:
    """The path in its colour, the straight line thin below it; a dash each split."""
    found = []
    for which, color, said in ((f"line_{name}", LINE, "straight line"), (name, PATH, "path")):
        for k, sheet in enumerate(sheets(ds, which, (dim,)) if which in ds.data_vars else ()):
            found.append((sheet, ", ".join(word for word in (said, sheet.name) if word), color, _DASHES[k % 3]))
    return found


def _beside_ends(ds: xr.Dataset, name: str, dim: str) -> list[tuple[Sheet, str, int, Dash]]:
    """How far from every reference, a colour each; of several splits the last."""
    found = []
    for k, reference in enumerate(ds["reference"].values if "reference" in ds.coords else range(ds.sizes["reference"])):
        sheet = sheets(ds.isel(reference=k), name, (dim,))[-1]
        of = f", {sheet.name}" if sheet.name else ""
        found.append((replace(sheet, error=None), f"with {reference}{of}", ENDS[k % 2] + 2 * (k // 2), "solid" if k % 2 == 0 else "dashed"))
    return found


def _ends(ds: xr.Dataset) -> tuple[str, str]:
    """The names of the ends."""
    given = [str(end) for end in ds.attrs.get("ends") or ()]
    return (given[0], given[1]) if len(given) >= 2 else ("first point", "second point")


def _facts(ds: xr.Dataset) -> list[str]:
    """How the path was found, on what it was measured, and the numbers of path and line."""
    attrs = ds.attrs
    said = []
    if attrs.get("method"):
        state = "had converged" if attrs.get("search_converged") else "had not converged: what stands above is an upper bound"
        steps = f"{int(attrs['search_steps']):,} steps, " if attrs.get("search_steps") else ""
        said.append(f"Method {attrs['method']} ({steps}seed {attrs.get('seed', 'not recorded')}); the search {state}.")
    said += words.setting(ds)[1:] if "n_parameters" in attrs else [words.policy(attrs)]
    said += [text for which, of in (attrs.get("barriers") or {}).items() if (text := _barrier_words(which, of))]
    for split, stored in (attrs.get("loss_stored") or {}).items():
        of = "" if split == "all" else f", {split} data"
        said.append(f"With the stored statistics of BatchNorm the ends have the losses {short(stored[0])} and {short(stored[1])}{of}.")
    if np.isfinite(ratio := float(attrs.get("length_ratio", np.nan))):
        said.append(f"The path is {short(ratio)} times as long as the line.")
    return said


def _barrier_words(which: str, of: Mapping[str, Mapping[str, float]]) -> str:
    """``Loss barrier of the path: train 0.0074 ± 0.0005 at t = 0.49, test 0.``"""
    told = []
    for split, numbers in of.items():
        value, error, at = (float(numbers.get(f"loss_barrier{end}", np.nan)) for end in ("", "_stderr", "_at"))
        spread = f" ± {short(error, 2)}" if np.isfinite(error) else ""
        number = f"{short(value)}{spread} at t = {short(at, 2)}" if np.isfinite(value) else "not finite"
        doubt = "" if numbers.get("loss_barrier_converged", 1.0) else " (maximum not resolved)"
        told.append(f"{'' if split == 'all' else split + ' '}{number}{doubt}")
    return f"Loss barrier of the {which}: {', '.join(told)}."
