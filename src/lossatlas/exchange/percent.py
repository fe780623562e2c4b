"""Accuracies as percents and as fractions, without losing a bit on the way.

The paper's files hold percents, results hold fractions. p / 100 is not invertible in floating point (0.55 · 100 is
55.00000000000001), but an accuracy is a count c of N examples: 100 c / N and c / N, each rounded once, determine each
other as long as N is below two million. So both directions go through the count where there is one. Percents that were
rounded to float32 (PyTorch's ``100. * correct / total`` of a tensor) come back too; any other number to the last place or two.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

#: Largest number of examples whose counts two float64 numbers still tell apart, whatever the count: 1 / N² > 2⁻⁴⁵.
MOST_EXAMPLES = 2_000_000


def to_fraction(percent: np.ndarray) -> np.ndarray:
    """Percents 0..100 as fractions 0..1, same shape; NaN and infinities stay."""
    return _each(percent, _fraction)


def to_percent(fraction: np.ndarray) -> np.ndarray:
    """Fractions 0..1 as percents 0..100, the inverse of :func:`to_fraction`; NaN and infinities stay."""
    return _each(fraction, _percent)


def _fraction(percent: float) -> float:
    count = (Fraction(percent) / 100).limit_denominator(MOST_EXAMPLES)
    return float(count) if float(100 * count) == percent else percent / 100


def _percent(fraction: float) -> float:
    count = Fraction(fraction).limit_denominator(MOST_EXAMPLES)
    if float(count) == fraction:
        return float(100 * count)
    guess = 100 * fraction
    near = (float(np.float32(guess)), guess, np.nextafter(guess, -np.inf), np.nextafter(guess, np.inf))
    return next((float(p) for p in near if p / 100 == fraction), guess)


def _each(values: np.ndarray, convert: Callable[[float], float]) -> np.ndarray:
    """Every distinct finite value converted once."""
    values = np.asarray(values, dtype=np.float64)
    out, finite = values.copy(), np.isfinite(values)
    distinct, place = np.unique(values[finite], return_inverse=True)
    out[finite] = np.array([convert(float(value)) for value in distinct])[place] if distinct.size else distinct
    return out
