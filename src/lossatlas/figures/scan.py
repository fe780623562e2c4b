"""A scan: quantities against one coordinate that is no direction in parameter space, such as a radius, a level or a seed.

The Goldilocks zone (Fort & Scherlis 2019) is the first of them: the share of positive eigenvalues of the Hessian in a random subspace,
and its trace over its Frobenius norm, against the norm of the parameters in units of the initialization. Values that mean "nothing
special" (0.5 and 0 there) and the place of the initialization are marked. Uncertainty is drawn as in a profile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..errors import InputError
from ..names import choose
from . import caption as words
from .ensembles import ensembles
from .figure import Axis, Band, Figure, Holes, Mark, Panel, Rule
from .profile import INTERVAL, curves, value_axis
from .reading import Sheet, coordinate, coordinate_dims, count, expect_kind, label, quantity, sheets, title
from .scales import choose_scale, drawable, number, round_values, short
from .study import study

if TYPE_CHECKING:
    import xarray as xr

#: Where a quantity is neither this nor that, in words, by its name.
REFERENCES = {"fraction_positive": (0.5, "as many positive as negative ones"),
              "trace_over_norm": (0.0, "positive and negative ones cancel"),
              "error_barrier": (0.02, "below it training counts as stable")}
#: A place on the coordinate that has a name.
PLACES = {"radius": (1.0, "initialization")}
#: Dims whose entries are lines of one panel, as splits are.
LINES = ("update", "ensemble")
#: Dims whose entries are independent repeats.
REPEATS = ("pair",)
#: Of more lines in a panel, the legend names the lines alone; the caption says what bands are.
MOST_NAMED_BANDS = 2
_DECADE = 4.0  # coordinates that are all positive and span at least this factor go on a logarithmic scale


def scan(ds: xr.Dataset, *, quantities: Sequence[str] = (), scale: Literal["auto", "log", "linear"] = "auto") -> Figure:
    """Draw a result of kind "scan", one panel per quantity above a common coordinate.

    Args:
        ds: a scan with one coordinate, perhaps with ``repeat`` and ``split`` beside it.
        quantities: what to draw, from top to bottom; by default those of ``attrs["panels"]``, else all that have a ``*_stderr`` beside
            them, and the loss; of ensembles without any, the picture of :func:`~lossatlas.figures.ensembles`; of a search over settings
            always that of :func:`~lossatlas.figures.study`.
        scale: of the values; "auto" is log for positive quantities without an upper bound or a reference, else linear. The
            coordinate stands on a logarithmic scale where it is positive and spans a factor of four.

    Raises:
        InputError: for another kind, more than one coordinate, an unknown quantity or option.
    """
    choose(scale, ("auto", "log", "linear"), "scale")
    expect_kind(ds, "scan")
    if ds.attrs.get("family") == "ensemble" and not quantities:
        return ensembles(ds)
    if ds.attrs.get("family") == "study":
        return study(ds, quantities=quantities, scale=scale)
    ds = ds.rename({dim: "split" if dim in LINES else "repeat" for dim in (*LINES, *REPEATS) if dim in ds.dims})
    names = [quantities] if isinstance(quantities, str) else list(quantities) or _present(ds)
    for name in names:
        quantity(ds, name)
    dim = coordinate_dims(ds, names[0], 1)[0]
    at = coordinate(ds, dim)
    x = _coordinate_axis(label(ds[dim], dim), at)
    panels, said = [], _setting(ds, dim)
    for k, name in enumerate(names):
        of = sheets(ds, name, (dim,))
        panels.append(_panel(ds, name, x, at, of, scale, dim=dim, last=k == len(names) - 1, first=k == 0))
        said += _uncertainty(of, panels[-1]) + words.missing(ds, count(of))
    caption = words.join(said + _reference_words(ds, names) + words.notes(ds))
    name = panels[0].y.label
    return Figure(tuple(panels), title(ds) or f"{name[:1].upper()}{name[1:]} against {dim}", caption, 1)


def _present(ds: xr.Dataset) -> list[str]:
    names = [str(name) for name in ds.data_vars]
    if chosen := [name for name in ds.attrs.get("panels", ()) if name in names]:  # as the measurement itself would have it
        return chosen
    found = [name for name in names if f"{name}_stderr" in names and not name.startswith("center_") and name != "loss"]
    found += [name for name in ("loss",) if name in names]
    if found:
        return found
    plain = [name for name in names if name != "done" and not name.startswith("center_") and not name.endswith("_stderr")]
    if not plain:
        raise InputError("a scan got no variables; expected quantities on one coordinate; write la.sweep(…)")
    return plain


def _panel(ds: xr.Dataset, name: str, x: Axis, at: np.ndarray, of: list[Sheet], scale: str, *, dim: str, first: bool, last: bool) -> Panel:
    values = np.concatenate([sheet.values for sheet in of])
    reference = REFERENCES.get(name)
    chosen = "linear" if reference is not None and scale == "auto" else choose_scale(name, values, scale)  # type: ignore[arg-type]
    marks: list[Mark] = []
    repeats = ds[name].sizes.get("repeat", 1)
    for k in range(0, len(of), repeats):
        marks += curves(at, of[k : k + repeats], k // repeats, last)
    bad = np.any([sheet.done & ~drawable(sheet.values, chosen) for sheet in of], axis=0)
    if bad.any():
        marks.append(Holes(at, bad, None, "no value on this scale" if last else "", "bad"))
    if dim in PLACES and x.limits is not None and x.limits[0] <= PLACES[dim][0] <= x.limits[1]:
        marks.append(Rule(PLACES[dim][0], PLACES[dim][1] if first else ""))
    low, high = (np.concatenate([values, *(getattr(mark, end) for mark in marks if isinstance(mark, Band))]) for end in ("low", "high"))
    if len(of) // repeats > MOST_NAMED_BANDS:
        marks = [replace(mark, label="") if isinstance(mark, Band) else mark for mark in marks]
    if reference is not None and chosen == "linear":
        marks.append(Rule(reference[0], across="y"))
        low, high = (np.append(end, reference[0]) for end in (low, high))
    return Panel(tuple(marks), x, value_axis(label(ds[name], name), values, (low, high), chosen))


def _coordinate_axis(name: str, at: np.ndarray) -> Axis:
    low, high = float(at[0]), float(at[-1])
    if len(at) == 1:
        return Axis(name, "linear", (low - 0.5, low + 0.5))
    if low <= 0 or high / low < _DECADE:
        pad = 0.02 * (high - low)
        return Axis(name, "linear", (low - pad, high + pad))
    low, high = low / 1.1, high * 1.1
    ticks = round_values(low, high, "log", wanted=7)
    return Axis(name, "log", (low, high), ticks, tuple(number(tick) for tick in ticks))


def _setting(ds: xr.Dataset, dim: str) -> list[str]:
    """What was scanned, in how large a subspace, how often, and the setting of every measurement."""
    attrs, said = ds.attrs, []
    if attrs.get("subspace"):
        said.append(f"Hessian restricted to random subspaces of {int(attrs['subspace'])} dimensions through each point.")
    repeats = ds.sizes.get("repeat", 1)
    if repeats > 1:
        beyond = ds.sizes.get("split", 1) > MOST_NAMED_BANDS
        said.append(f"{repeats} independent repeats{', bands from the smallest to the largest' if beyond else ''}.")
    if dim == "radius":
        said.append("Radius 1 is the norm of the initialization.")
    return said + words.setting(ds)


def _uncertainty(of: list[Sheet], panel: Panel) -> list[str]:
    """The largest standard error in the quantity's own units, and what bands mean where no legend says it."""
    largest = [float(np.nanmax(sheet.error)) for sheet in of if sheet.error is not None and np.isfinite(sheet.error).any()]
    if not largest:
        return []
    said = [f"Largest standard error of the {panel.y.label}: {short(max(largest), 2)}."]
    plain = [band for band in panel.find(Band) if not band.label]
    return [f"Bands reach {INTERVAL} standard errors up and down.", *said] if plain and of[0].repeat is None else said


def _reference_words(ds: xr.Dataset, names: Sequence[str]) -> list[str]:
    told = [f"{number(REFERENCES[name][0])} of the {label(ds[name], name)} ({REFERENCES[name][1]})" for name in names if name in REFERENCES]
    return [f"Dotted across: {' and '.join(told)}."] if told else []
