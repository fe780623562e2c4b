"""The spectrum of a curvature operator: its density with single eigenvalues in it, the eigenvalues alone, and layers as bars.

A density from stochastic Lanczos quadrature (Ghorbani, Krishnan & Xiao 2019, algorithm 1) means nothing without the width of its
kernel, the number of steps and the number of probes, so the caption says them. Almost all eigenvalues of a network lie within a kernel
width of zero and a few lie orders of magnitude away, on either side: eigenvalues stand on a scale that is linear around zero and
logarithmic beyond, densities on a logarithmic one. Stems mark computed eigenvalues; they reach as high as one eigenvalue alone would
stand in the density, and their head is open where the eigenvalue did not converge.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..errors import InputError
from ..names import choose
from . import caption as words
from .figure import Axis, Band, Bars, Figure, Line, Mark, Panel, Rule, Ticks
from .reading import expect_kind, label, recorded, title
from .scales import number, round_down, round_values, short, symlog_axis

if TYPE_CHECKING:
    import xarray as xr

ScaleName = Literal["auto", "log", "linear"]
_LOWEST = 1 / 30  # of the height of one eigenvalue: what lies below is no mass of an eigenvalue
_DEEPEST = 1e-8  # of the highest density, where the height of one eigenvalue is not known
_WIDE = 30.0  # values that spread over more than this many times their median go on a logarithmic scale
_ROOM = 1.25  # beyond the ends of a logarithmic scale
_LONGEST = 40  # letters of a layer's name


def spectrum(ds: xr.Dataset, *, scale: ScaleName = "auto") -> Figure:
    """Draw a result of kind "spectrum".

    Args:
        ds: ``density(lambda)`` with its band, ``eigenvalue(eigen)`` with errors, ``layer_lambda_max(layer)`` and the like, each where
            it was computed.
        scale: of the eigenvalues; "log" is linear around zero and logarithmic on both sides beyond; "auto" is that for a density, and
            elsewhere where values spread over orders of magnitude.

    Raises:
        InputError: for another kind, dims beside those of a spectrum, an unknown scale, or a result without finite values.
    """
    choose(scale, ("auto", "log", "linear"), "scale")
    expect_kind(ds, "spectrum")
    ds = _one(ds)
    values = _finite(ds, "eigenvalue")
    panels, said = [], words.operator_words(ds)
    if (np.nan_to_num(_values(ds, "density")) > 0).any() if "density" in ds else False:
        panels.append(_density(ds, scale))
        said += _density_words(ds, panels[0])
    elif values.any():
        panels.append(_stems(ds, scale))
    layers = _layers(ds, scale)
    if not panels and not layers:
        raise InputError("a spectrum has no finite density, eigenvalue or layer_lambda_max; expected one of them; run the rest of it first")
    columns = max(len(layers), 1)
    if panels and columns == 2:
        panels = [_spanning(panels[0]), Panel((), panels[0].x, panels[0].y)]
    said += _eigenvalue_words(ds) + _sum_words(ds) + _layer_words(ds) + _scale_words([*panels, *layers])
    said += words.setting(ds) + words.notes(ds)
    heading = title(ds) or f"Spectrum of the {words.operator_name(ds)}"
    return Figure((*panels, *layers), heading, words.join(said), columns)


def _one(ds: xr.Dataset) -> xr.Dataset:
    """The spectrum of one point, without the dims of the single point that it was measured at."""
    known = {"eigen", "probe", "node", "layer", "lambda", "subset"}
    ds = ds.squeeze([dim for dim in ds.dims if dim not in known and ds.sizes[dim] == 1], drop=True)
    more = [str(dim) for dim in ds.dims if dim not in known]
    if more:
        raise InputError(f"a spectrum has the dims {', '.join(more)} beside {', '.join(sorted(known))}; expected one spectrum; "
                         f"write ds.isel({more[0]}=0)")
    return ds


def _finite(ds: xr.Dataset, name: str) -> np.ndarray:
    return np.isfinite(_values(ds, name)) if name in ds else np.zeros(0, bool)


def _values(ds: xr.Dataset, name: str) -> np.ndarray:
    return np.asarray(ds[name].values, dtype=float)


def _flags(ds: xr.Dataset, name: str, n: int) -> np.ndarray:
    """What converged; all where nothing is recorded of it, and nothing that is NaN."""
    return _values(ds, name) == 1 if name in ds else np.ones(n, bool)


def _scalar(ds: xr.Dataset, name: str) -> float:
    return float(ds[name]) if name in ds and ds[name].size == 1 else math.nan


# --- density -----------------------------------------------------------------------------------------------------------


def _density(ds: xr.Dataset, scale: ScaleName) -> Panel:
    if "lambda" not in ds.coords:
        raise InputError("a density has no coordinate 'lambda'; expected the eigenvalues at which it was evaluated")
    at, values = np.asarray(ds["lambda"].values, dtype=float), _values(ds, "density")
    single = one_eigenvalue(ds)
    top = float(np.nanmax(values))
    floor = single * _LOWEST if math.isfinite(single) else top * _DEEPEST
    floor = min(floor, top / 10)
    marks: list[Mark] = []
    high = top
    if _finite(ds, "density_low").any():
        high = max(top, float(np.nanmax(_values(ds, "density_high"))))
        marks.append(Band(at, ds["density_low"].values, ds["density_high"].values, "± 2 standard errors over the probes"))
    marks.append(Line(at, values, _density_name(ds), width=1.4))
    height = single if math.isfinite(single) else floor * (high / floor) ** 0.12
    ticks = _tick_marks(ds, height, floor)
    marks += ticks
    y_limits = (floor, 2 * max(high, height if ticks else 0.0))
    at_y = round_values(*y_limits, "log", wanted=6)
    y = Axis(_density_label(ds), "log", y_limits, at_y, tuple(map(number, at_y)))
    return Panel(tuple(marks), _lambda_axis(ds, at, values, scale), y)


def one_eigenvalue(ds: xr.Dataset) -> float:
    """The height in the density of one eigenvalue alone, 1 / (n σ √2π); NaN where n or σ is not recorded."""
    n, width = ds.attrs.get("outputs") or ds.attrs.get("n_parameters"), recorded(ds, "kernel_width")  # outputs: the size of the NTK
    return 1 / (float(n) * float(width) * math.sqrt(2 * math.pi)) if n and width else math.nan


def _density_name(ds: xr.Dataset) -> str:
    probes = recorded(ds, "probes")
    return "density" if not probes else f"density (mean of {int(probes)} probes)" if int(probes) > 1 else "density (one probe)"


def _density_label(ds: xr.Dataset) -> str:
    given = ds["density"].attrs.get("long_name")
    return label(ds["density"], "density") if given else "density of eigenvalues"


def _lambda_axis(ds: xr.Dataset, at: np.ndarray, density: np.ndarray, scale: ScaleName) -> Axis:
    """All eigenvalues at which there is density or a stem; linear where half of the eigenvalues lie, at least within a kernel width."""
    ends = np.concatenate([at, _values(ds, "eigenvalue")[_finite(ds, "eigenvalue")] if "eigenvalue" in ds else at])
    low, high = float(ends.min()), float(ends.max())
    name = "eigenvalue λ"
    if scale == "linear":
        pad = 0.02 * (high - low) or 0.5
        return Axis(name, "linear", (low - pad, high + pad))
    mass = np.nan_to_num(density) * np.gradient(at) if len(at) > 1 else np.ones(1)
    order = np.argsort(np.abs(at))
    within = np.cumsum(mass[order])
    bulk = float(np.abs(at)[order][min(np.searchsorted(within, 0.5 * within[-1]), len(at) - 1)])
    bulk = max(bulk, float(recorded(ds, "kernel_width") or 0.0))
    threshold = round_down(bulk if bulk > 0 else max(abs(low), abs(high)) / 1e3 or 1.0)
    return symlog_axis(name, -_above(-low, threshold), _above(high, threshold), threshold, wanted=8)


def _above(end: float, threshold: float) -> float:
    """A little more than an end of a symlog axis."""
    if abs(end) <= threshold:
        return end + (_ROOM - 1) * threshold
    return end * _ROOM if end > 0 else end / _ROOM


def _tick_marks(ds: xr.Dataset, height: float, floor: float) -> list[Mark]:
    """Converged eigenvalues and the others, apart, standing in the density."""
    if not _finite(ds, "eigenvalue").any():
        return []
    marks: list[Mark] = []
    for filled, values, low, high in _by_convergence(ds):
        named = _named(ds) if filled else "not converged (bar: bound of its error)"
        marks.append(Ticks(values, np.full(len(values), height), floor, low, high, "x", named, 1, filled))  # type: ignore[arg-type]
    return marks


def _named(ds: xr.Dataset) -> str:
    return "eigenvalue (converged)" if "eigen_converged" in ds else "eigenvalue"


def _by_convergence(ds: xr.Dataset) -> list[tuple[bool, np.ndarray, np.ndarray | None, np.ndarray | None]]:
    """(converged, values, values − error, values + error) of the finite eigenvalues that did and that did not; empty ones left out."""
    values, finite = _values(ds, "eigenvalue"), _finite(ds, "eigenvalue")
    converged = _flags(ds, "eigen_converged", len(values))
    error = _values(ds, "eigenvalue_error") if "eigenvalue_error" in ds else None
    out = []
    for filled in (True, False):
        these = finite & (converged == filled)
        if these.any():
            ends = (None, None) if error is None else (values[these] - error[these], values[these] + error[these])
            out.append((filled, values[these], *ends))
    return out


# --- eigenvalues alone -------------------------------------------------------------------------------------------------


def _stems(ds: xr.Dataset, scale: ScaleName) -> Panel:
    """The eigenvalues side by side, largest first."""
    every = np.sort(_values(ds, "eigenvalue")[_finite(ds, "eigenvalue")])[::-1]
    marks: list[Mark] = [Rule(0.0, across="y")]
    for filled, values, low, high in _by_convergence(ds):
        place = _places(values, every)
        named = _named(ds) if filled else "not converged (bar: bound of its error)"
        marks.append(Ticks(place, values, 0.0, low, high, "y", named, 0, filled))  # type: ignore[arg-type]
    ends = np.concatenate([end for mark in marks if isinstance(mark, Ticks) for end in (mark.y, mark.low, mark.high) if end is not None])
    places = round_values(1, len(every), "linear", wanted=8) if len(every) > 12 else tuple(range(1, len(every) + 1))
    places = tuple(place for place in places if place == int(place) and place >= 1)
    x = Axis("computed eigenvalues, largest first", "linear", (0.4, len(every) + 0.6), places, tuple(f"{place:g}" for place in places))
    return Panel(tuple(marks), x, _value_axis("eigenvalue λ", ends, scale))


def _places(values: np.ndarray, every: np.ndarray) -> np.ndarray:
    """The rank of each value among all, 1 the largest; equal values take ranks one after the other."""
    rank = {}
    for k, value in enumerate(every.tolist(), start=1):
        rank.setdefault(value, []).append(k)
    return np.array([rank[value].pop(0) for value in values.tolist()], dtype=float)


def _value_axis(name: str, values: np.ndarray, scale: ScaleName) -> Axis:
    """Around the values and zero; logarithmic on both sides of zero where they spread over orders of magnitude, or where asked for."""
    finite = values[np.isfinite(values)]
    low, high = min(0.0, float(finite.min())), max(0.0, float(finite.max()))
    sizes = np.abs(finite[finite != 0])
    wide = sizes.size and sizes.max() > _WIDE * np.median(sizes)
    if sizes.size and (scale == "log" or (scale == "auto" and wide)):
        threshold = round_down(max(float(np.quantile(sizes, 0.1)), sizes.max() / 1e6))
        return symlog_axis(name, low and -_above(-low, threshold), high and _above(high, threshold), threshold, wanted=6)
    pad = 0.06 * (high - low) or 0.5
    limits = (low - pad if low < 0 else 0.0, high + pad if high > 0 or low == high else 0.0)
    ticks = round_values(*limits, "linear", wanted=5)
    return Axis(name, "linear", limits, ticks, tuple(number(tick).replace("-", "−") for tick in ticks))


# --- layers ------------------------------------------------------------------------------------------------------------


def _layers(ds: xr.Dataset, scale: ScaleName) -> list[Panel]:
    """A row per layer: its largest eigenvalue to the right, its smallest to the left, and its trace in a panel beside."""
    shown = _finite(ds, "layer_lambda_max")
    if not shown.any():
        return []
    names = [str(name) for name in ds["layer"].values] if "layer" in ds.coords else [str(k + 1) for k in range(len(shown))]
    rows = tuple(float(k) for k in range(len(names)))
    y = Axis("", "linear", (len(names) - 0.4, -0.6), rows, tuple(map(_shortened, names)))
    converged = _flags(ds, "layer_converged", len(names))
    marks = _bars(ds, "layer_lambda_max", converged, ("largest eigenvalue", "not converged"), 0)
    marks += _bars(ds, "layer_lambda_min", converged, ("smallest eigenvalue", ""), 1)
    panels = [Panel((*marks, Rule(0.0)), _bars_axis("eigenvalues of each layer's block", marks, scale), y)]
    if _finite(ds, "layer_trace").any():
        trace = _bars(ds, "layer_trace", np.ones(len(names), bool), ("trace (line: ± 2 standard errors)", ""), 2)
        panels.append(Panel((*trace, Rule(0.0)), _bars_axis("trace of each layer's block", trace, scale), y))
    return panels


def _bars(ds: xr.Dataset, name: str, converged: np.ndarray, named: tuple[str, str], color: int) -> list[Mark]:
    finite = _finite(ds, name)
    if not finite.any():
        return []
    values, half = _values(ds, name), None
    if f"{name}_stderr" in ds:
        half = 2 * _values(ds, f"{name}_stderr")
    elif f"{name}_error" in ds:
        half = _values(ds, f"{name}_error")
    marks: list[Mark] = []
    for filled, text in zip((True, False), named, strict=True):
        rows = np.flatnonzero(finite & (converged == filled))
        if len(rows):
            low, high = (None, None) if half is None else (values[rows] - half[rows], values[rows] + half[rows])
            marks.append(Bars(values[rows], rows, low, high, text, color, filled))  # type: ignore[arg-type]
    return marks


def _bars_axis(name: str, marks: list[Mark], scale: ScaleName) -> Axis:
    ends = [end for mark in marks if isinstance(mark, Bars) for end in (mark.x, mark.low, mark.high) if end is not None]
    return _value_axis(name, np.concatenate(ends), scale)


def _shortened(name: str) -> str:
    """A long name without its middle."""
    if len(name) <= _LONGEST:
        return name
    return f"{name[: _LONGEST // 2 - 1]}…{name[-(_LONGEST // 2) :]}"


def _spanning(panel: Panel) -> Panel:
    return Panel(panel.marks, panel.x, panel.y, panel.z, panel.title, panel.equal, 2)


# --- words -------------------------------------------------------------------------------------------------------------


def _density_words(ds: xr.Dataset, panel: Panel) -> list[str]:
    steps, probes, width = (recorded(ds, name) for name in ("steps", "probes", "kernel_width"))
    told = [f"m = {int(steps)} steps" if steps else "number of steps not recorded",
            f"n_v = {int(probes)} {'probe' if probes == 1 else 'probes'}" if probes else "number of probes not recorded",
            f"Gaussian kernel of width σ = {short(float(width))}" if width else "width of the kernel not recorded"]
    said = [f"Density by stochastic Lanczos quadrature: {', '.join(told)}."]
    if math.isfinite(one_eigenvalue(ds)):
        stems = " (the height of the stems)" if panel.find(Ticks) else ""
        edge = "; a thirtieth of it is the lower edge" if panel.y.limits and panel.y.limits[0] == one_eigenvalue(ds) * _LOWEST else ""
        said.append(f"One eigenvalue alone has a density of {short(one_eigenvalue(ds), 2)}{stems}{edge}.")
    if not _finite(ds, "density_low").any():
        said.append("One probe has no band." if probes == 1 else "The density has no band.")
    return said


def _eigenvalue_words(ds: xr.Dataset) -> list[str]:
    finite = _finite(ds, "eigenvalue")
    if not finite.size:
        return []
    converged = _flags(ds, "eigen_converged", len(finite)) & finite
    said = f"{int(converged.sum())} of {len(finite)} eigenvalues converged" if "eigen_converged" in ds \
        else f"{len(finite)} eigenvalues, of which it is not recorded whether they converged"
    if "eigenvalue_error" in ds and np.isfinite(bounds := _values(ds, "eigenvalue_error")[finite]).any():
        said += f" (bounds of the errors: at most {short(float(np.nanmax(bounds)), 2)})"
    return [f"{said}."]


def _sum_words(ds: xr.Dataset) -> list[str]:
    """Trace and Frobenius norm with their standard errors."""
    told = []
    for name, said in (("trace", "trace"), ("frobenius", "Frobenius norm")):
        value, error = _scalar(ds, name), _scalar(ds, f"{name}_stderr")
        if math.isfinite(value):
            told.append(f"{said} {short(value)}".replace("-", "−") + (f" ± {short(error, 2)}" if math.isfinite(error) else ""))
    text = ", ".join(told)
    return [f"{text[0].upper()}{text[1:]} (± one standard error)." if "±" in text else f"{text[0].upper()}{text[1:]}."] if told else []


def _layer_words(ds: xr.Dataset) -> list[str]:
    shown = _finite(ds, "layer_lambda_max")
    if not shown.any():
        return []
    said = [f"Layers: eigenvalues of the diagonal block of each of {len(shown)} layers alone."]
    if "layer_converged" in ds and not (converged := _flags(ds, "layer_converged", len(shown))).all():
        said.append(f"{int(converged.sum())} of {len(shown)} layers converged (open bars: not converged).")
    return said


def _scale_words(panels: list[Panel]) -> list[str]:
    """How far the axes are linear that are logarithmic beyond."""
    axes = [axis for panel in panels for axis in (panel.x, panel.y) if axis.threshold is not None]
    return [f"Scale of the {axis.label}: linear within ±{short(axis.threshold)}, logarithmic beyond." for axis in axes]  # type: ignore[arg-type]
