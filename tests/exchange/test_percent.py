"""Percents and fractions of counts give each other back to the last bit."""

import numpy as np
import pytest

from lossatlas.exchange.percent import MOST_EXAMPLES, to_fraction, to_percent


@pytest.mark.parametrize("examples", [1, 7, 15, 1000, 10_000, 50_000, 1_281_167, MOST_EXAMPLES])
def test_counts_come_back_both_ways(examples):
    counts = np.unique(np.r_[0, examples, np.random.default_rng(examples).integers(0, examples + 1, 800)])
    percent, fraction = 100.0 * counts / examples, counts / examples  # as evaluation.py, and as sums divided once
    assert np.array_equal(to_fraction(percent), fraction) and np.array_equal(to_percent(fraction), percent)


def test_plain_arithmetic_would_not():
    percent = np.arange(101.0)
    assert (percent / 100 * 100 != percent).any() and np.array_equal(to_percent(to_fraction(percent)), percent)


@pytest.mark.parametrize("examples", [15, 10_000, 50_000])
def test_percents_of_float32_tensors_come_back(examples):
    counts = np.random.default_rng(1).integers(0, examples + 1, 500).astype(np.float32)
    percent = (np.float32(100) * counts / np.float32(examples)).astype(np.float64)
    assert np.array_equal(to_percent(to_fraction(percent)), percent)
    assert np.abs(to_fraction(percent) - counts / examples).max() < 1e-7


def test_other_numbers_come_back_to_the_last_places_and_what_is_not_finite_stays():
    values = np.random.default_rng(2).uniform(0, 1, (40, 30))
    assert np.abs(to_fraction(to_percent(values)) / values - 1).max() < 4e-16
    odd = np.array([[np.nan, np.inf], [-np.inf, 0.25]])
    assert np.array_equal(to_percent(odd), [[np.nan, np.inf], [-np.inf, 25.0]], equal_nan=True)
    assert to_percent(np.empty((0, 3))).shape == (0, 3)
