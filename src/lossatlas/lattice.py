"""Coordinates: the values at which a family is measured, and the order in which they are visited.

A lattice that a person writes as ``-0.5:1.5`` with 401 points means decimal numbers: 0 and 1 lie on it exactly and a
symmetric range is symmetric to the last bit, because the trained point sits at 0 and the ends of a line at 0 and 1.
The order is coarse first, so that an unfinished sweep already shows the whole picture.
"""

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from .errors import InputError

#: More points than this along one axis are a slip of the pen, not a lattice.
MOST_POINTS = 1_000_000


def axis(a: float, b: float, n: int) -> np.ndarray:
    """``n`` equally spaced float64 values from ``a`` to ``b``, both included; shape (n,).

    Each is the float64 nearest to the exact decimal lattice: 0 and 1 are exact where they fall on it, and
    ``axis(-r, r, n)`` is symmetric bit for bit.

    Raises:
        InputError: for n < 1, a reversed or empty range, values that are not finite, or n = 1 unless a == b.
    """
    if isinstance(n, bool) or not isinstance(n, int | float | np.number) or not 1 <= n <= MOST_POINTS or int(n) != n:
        raise InputError(f"axis: {n!r} points; expected a whole number from 1 to {MOST_POINTS:,}")
    try:
        a, b, n = float(a), float(b), int(n)
    except (TypeError, ValueError):
        raise InputError(f"axis: the range {a!r}:{b!r} is not numbers; expected two such as axis(-1, 1, 51)") from None
    if not (np.isfinite(a) and np.isfinite(b)):
        raise InputError(f"axis: the range {a}:{b} is not finite; expected two numbers such as -1:1")
    if a > b:
        raise InputError(f"axis: the range {a}:{b} is reversed; write {b}:{a}")
    if n == 1 and a != b:
        raise InputError(f"axis: one point cannot span {a}:{b}; write axis({a}, {a}, 1), or 2 points or more")
    if n > 1 and a == b:
        raise InputError(f"axis: the range {a}:{b} is a single value; write axis({a}, {a}, 1), or a wider range")
    if n == 1:
        return np.array([a])
    low, high = Fraction(repr(a)), Fraction(repr(b))
    return np.array([float((low * (n - 1 - i) + high * i) / (n - 1)) for i in range(n)])


def including(values: np.ndarray, extra: Sequence[float]) -> np.ndarray:
    """A lattice with the values of ``extra`` that lie inside its range, bit for bit; near-duplicates give way to them."""
    low, high = values[0], values[-1]
    inside = np.array(sorted({float(e) for e in extra if low <= e <= high}))
    near = np.array([bool(len(inside)) and np.abs(inside - v).min() <= 1e-9 * (high - low) for v in values])
    return np.union1d(values[~near], inside)


def framed(given: Sequence[float], n: int, margin: float) -> np.ndarray:
    """``n`` equally spaced values around the given ones, these included; the ends are round numbers.

    The range is that of the given values, widened by ``margin`` of its length at both ends and rounded outwards to a twentieth
    of the length's power of ten.
    """
    low, high = min(given), max(given)
    span = high - low
    digits = 2 - math.floor(math.log10(span))
    step = 5 * Fraction(10) ** -digits
    little = Fraction(1, 10**9)  # -0.2 as a float is below -4 twentieths
    first = min(math.floor(Fraction(low - margin * span) / step + little), math.floor(Fraction(low) / step))
    last = max(math.ceil(Fraction(high + margin * span) / step - little), math.ceil(Fraction(high) / step))
    return including(axis(*(round(float(end * step), digits) for end in (first, last)), n), given)


def check_coords(coords: Mapping[str, Sequence[float]], dims: Sequence[str]) -> dict[str, np.ndarray]:
    """Coordinates as float64 arrays in the order of ``dims``: one-dimensional, finite, strictly increasing."""
    if not isinstance(coords, Mapping) or set(coords) != set(dims):
        got = sorted(map(str, coords)) if isinstance(coords, Mapping) else type(coords).__name__
        example = ", ".join(f"{dim!r}: la.axis(-1, 1, 51)" for dim in dims)
        raise InputError(f"coordinates are given for {got}; expected for {list(dims)}: {{{example}}}")
    out = {}
    for dim in dims:
        try:
            values = np.asarray(coords[dim], dtype=np.float64)
        except (TypeError, ValueError):
            raise InputError(f"coordinates of {dim!r} are not numbers; expected e.g. la.axis(-1, 1, 51)") from None
        if values.ndim != 1 or values.size == 0:
            raise InputError(f"coordinates of {dim!r} have shape {values.shape}; expected (n,) with n >= 1")
        if not np.all(np.isfinite(values)) or not np.all(np.diff(values) > 0):
            raise InputError(f"coordinates of {dim!r} must be finite and increasing without repeats; "
                             f"got {_short(values)}")
        out[dim] = values
    return out


def coarse_first(shape: Sequence[int]) -> np.ndarray:
    """Every multi-index of a lattice once, coarse sub-lattices before fine ones; shape (points, len(shape)).

    A point comes with the coarsest stride 2^l for which all its indices lie on the sub-lattice counted from the
    middle of each axis (where the trained point usually is); within a level, in lexicographic order.
    """
    indices = np.indices(shape).reshape(len(shape), -1).T  # (points, dims), lexicographic
    middle = np.array([(n - 1) // 2 for n in shape])
    offset = np.abs(indices - middle)
    joint = np.bitwise_or.reduce(offset, axis=1)
    lowest = np.where(joint == 0, np.iinfo(np.int64).max, joint & -joint)  # the largest power of two that divides all
    cap = 2 ** max(int(np.ceil(np.log2(max(max(shape), 2)))) - 2, 0)  # the first pass has about 4 points an axis or more
    return indices[np.lexsort((np.arange(len(indices)), -np.minimum(lowest, cap)))]


def _short(values: np.ndarray) -> str:
    shown = ", ".join(f"{v:g}" for v in values[:4])
    return f"[{shown}{', …' if values.size > 4 else ''}]"
