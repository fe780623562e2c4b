"""Round numbers for scales: which scale a quantity gets, and where its contour levels and ticks stand.

A level is only as good as its label, so levels are chosen among numbers that a person would write: on a log scale
every few decades, every decade, 1-3, 1-2-5 or 1-1.5-2-3-5-7 within decades, and equal steps where the values span
little more than one decade; on a linear scale steps of 1, 2 or 5 times a power of ten. Among these families the
one wins whose number of levels inside the range comes closest, as a ratio, to what is wanted.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np

from ..errors import InputError
from .figure import Axis, Scale

CONTOURS = 11  # between 8 and 16 labelled lines read well on a panel of a few inches
CROWDED = 8  # on small multiples
TICKS = 6
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MANTISSAS = ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7))
_DECADES = (100, 50, 20, 10, 5, 4, 3, 2)
_BOUNDED = ("accuracy", "error", "fraction", "share", "cosine", "agreement", "overlap", "f_top")
_SIGNED = ("ratio", "lambda_min")  # of eigenvalues: a share of 1, and a number whose sign is what matters


def choose_scale(name: str, values: np.ndarray, scale: Literal["auto", "log", "linear"]) -> Scale:
    """The scale as asked for; "auto" is log for positive quantities without an upper bound, else linear.

    Raises:
        InputError: if a log scale is asked for and no value is positive.
    """
    finite = values[np.isfinite(values)]
    if scale == "log" and finite.size and not (finite > 0).any():
        raise InputError(f"scale is 'log' and no value of {name!r} is positive; write scale='linear'")
    if scale != "auto":
        return scale
    bounded = name in _SIGNED or any(word in name for word in _BOUNDED)
    return "linear" if bounded or (finite.size and (finite <= 0).any()) else "log"


def drawable(values: np.ndarray, scale: Scale) -> np.ndarray:
    """True where a value has a place on the scale."""
    with np.errstate(invalid="ignore"):
        return np.isfinite(values) & (values > 0) if scale == "log" else np.isfinite(values)


def span(values: np.ndarray, scale: Scale) -> tuple[float, float]:
    """The smallest and the largest drawable value; (1, 10) or (0, 1) where there is none."""
    shown = values[drawable(values, scale)]
    if not shown.size:
        return (1.0, 10.0) if scale == "log" else (0.0, 1.0)
    return float(shown.min()), float(shown.max())


def round_values(low: float, high: float, scale: Scale, *, wanted: int = CONTOURS) -> tuple[float, ...]:
    """Round numbers in [low, high], about ``wanted`` of them; none if the range is empty."""
    if not low < high:
        return ()
    families = list(_log_families(low, high)) if scale == "log" else []
    if scale == "linear" or high / low < 20:
        families += _linear_families(low, high, wanted)
    return tuple(min(families, key=lambda family: abs(math.log(max(len(family), 0.1) / wanted))))


def contour_levels(
    low: float, high: float, scale: Scale, given: Sequence[float] | None, *, wanted: int = CONTOURS
) -> tuple[float, ...]:
    """About ``wanted`` levels strictly inside (low, high), or the ones given after a check.

    Raises:
        InputError: for given levels that do not increase, are not finite, or have no place on a log scale.
    """
    if given is None:
        return tuple(level for level in round_values(low, high, scale, wanted=wanted) if low < level < high)
    levels = np.asarray(given, dtype=float)
    if levels.ndim != 1 or not levels.size or not np.isfinite(levels).all() or (np.diff(levels) <= 0).any():
        raise InputError(f"levels are {given!r}; expected increasing finite numbers; write levels=(0.1, 1, 10)")
    if scale == "log" and levels[0] <= 0:
        raise InputError(f"levels start at {levels[0]:g} on a log scale; expected positive ones, or scale='linear'")
    return tuple(levels.tolist())


def number(value: float) -> str:
    """A short label: ``0.05``, ``200``, ``2·10⁶``."""
    if value == 0 or not math.isfinite(value) or 1e-4 <= abs(value) < 1e4:
        return f"{value:.10g}"
    exponent = math.floor(math.log10(abs(value)) + 1e-12)
    mantissa = f"{value / 10.0**exponent:.6g}"
    power = f"10{str(exponent).translate(_SUPERSCRIPTS)}"
    return power if mantissa == "1" else f"-{power}" if mantissa == "-1" else f"{mantissa}·{power}"


def short(value: float, digits: int = 3) -> str:
    """A measured number to a few digits: ``0.0513``, ``1.24·10⁷``."""
    return number(float(f"{value:.{digits}g}"))


def round_axis(label: str, values: np.ndarray, scale: Scale, *, wanted: int = TICKS) -> Axis:
    """A linear or logarithmic axis over the drawable values with round ticks."""
    low, high = span(values, scale)
    ticks = round_values(low, high, scale, wanted=wanted)
    if not ticks:
        return Axis(label, scale, (low, high), (low,), (short(low, 4),))
    return Axis(label, scale, (low, high), ticks, tuple(number(tick) for tick in ticks))


def symlog_axis(label: str, low: float, high: float, threshold: float, *, wanted: int = TICKS) -> Axis:
    """An axis that is linear within ``threshold`` of zero and logarithmic beyond, with round ticks on both sides, or on one."""
    ticks = [0.0] if low <= 0 <= high else []
    sides = {sign: (max(near, threshold), far) for sign, near, far in ((-1, -high, -low), (1, low, high)) if far > threshold}
    decades = {sign: math.log10(far / near) for sign, (near, far) in sides.items()}
    for sign, (near, far) in sides.items():
        share = max(round((wanted - 1) * decades[sign] / sum(decades.values())), 1)
        ticks += [sign * value for value in round_values(near, far, "log", wanted=share)]
    if len(ticks) < 3:
        ticks = list(round_values(low, high, "linear", wanted=wanted))
    ticks.sort()
    return Axis(label, "symlog", (low, high), tuple(ticks), tuple(number(tick).replace("-", "−") for tick in ticks), threshold)


def round_down(value: float) -> float:
    """The next 1, 2 or 5 times a power of ten that is not above."""
    exponent = math.floor(math.log10(value) + 1e-12)
    return max(float(f"{mantissa}e{exponent}") for mantissa in (1, 2, 5) if mantissa * 10.0**exponent <= value * (1 + 1e-9))


def _log_families(low: float, high: float) -> Iterable[list[float]]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for step in _DECADES:
        yield _inside(low, high, (float(f"1e{k}") for k in range(first, last + 1) if k % step == 0))
    for mantissas in _MANTISSAS:
        values = (float(f"{m}e{k}") for k in range(first, last + 1) for m in mantissas)
        yield _inside(low, high, values)


def _linear_families(low: float, high: float, wanted: int) -> list[list[float]]:
    exponent = math.floor(math.log10((high - low) / wanted))
    families = []
    for power in (exponent, exponent + 1):
        for mantissa in (10, 20, 50):
            step = mantissa * 10.0 ** (power - 1)
            first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
            families.append([round(k * step, max(0, 2 - power)) for k in range(first, last + 1)])
    return families


def _inside(low: float, high: float, values: Iterable[float]) -> list[float]:
    return [value for value in values if low <= value <= high]
