"""Held-out predictions: errors and bounds of planted pictures, whose noise and whose wrong standard deviations are known."""

import numpy as np
import pytest

from lossatlas.numerics.heldout import factor, held_out, quantile


def planted(count, *, size=1.0, noise=1.0, seed=0, heavy=False):
    """Errors of predictions, what was predicted of them, and what the measurements showed."""
    rng = np.random.default_rng(seed)
    expected = rng.lognormal(0, 0.4, count)
    shape = rng.standard_t(4, count) if heavy else rng.standard_normal(count)
    error = size * expected * shape
    sigma = noise * rng.uniform(0.5, 1.5, count)
    return np.abs(error), expected, sigma**2, np.abs(error + sigma * rng.standard_normal(count))


@pytest.mark.parametrize("size", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_the_size_of_errors_is_found_through_the_noise(size, noise):
    _, expected, variances, apart = planted(4000, size=size, noise=noise, heavy=True)
    assert factor(apart, expected, variances, np.ones(4000)) == pytest.approx(size, rel=0.15 if size > noise / 2 else 0.3)


@pytest.mark.parametrize("size", [0.6, 2.0])
@pytest.mark.parametrize("noise", [0.0, 0.7])
@pytest.mark.parametrize("heavy", [False, True])
def test_errors_and_bounds_are_those_of_the_picture(size, noise, heavy):
    error, expected, variances, apart = planted(4000, size=size, noise=noise, heavy=heavy)
    found = held_out(apart, expected, variances, expected, alone=np.arange(4000) < 40)
    assert found.median == pytest.approx(np.median(error), rel=0.2)
    assert 0.95 * np.quantile(error, 0.95) < found.p95 < 1.35 * np.quantile(error, 0.95), "noise is taken off with care"
    assert 0.88 < np.mean(error <= found.bound * expected) < (0.98 if noise < size else 1)
    assert found.count == np.sum(expected <= expected.max()) and found.maximum >= found.p95


def test_errors_that_measurement_and_prediction_share_do_not_show():
    rng = np.random.default_rng(1)
    expected, common = np.full(4000, 1.0), 0.8 * rng.standard_normal(4000)
    error = 0.6 * rng.standard_normal(4000) + common  # of variance one
    apart = np.abs(error - common)
    told = held_out(apart, expected, np.full(4000, 0.64 - 2 * 0.64), expected, alone=np.zeros(4000, dtype=bool))
    untold = held_out(apart, expected, np.zeros(4000), expected, alone=np.zeros(4000, dtype=bool))
    assert told.median == pytest.approx(np.median(np.abs(error)), rel=0.2) and untold.median < 0.7 * np.median(np.abs(error))
    assert np.mean(np.abs(error) <= told.bound) > 0.88


def test_early_predictions_count_for_nothing_and_cells_that_are_never_fitted_at_least_for_the_bound():
    expected = np.concatenate([np.full(50, 1.0), np.full(50, 30.0)])
    apart = np.concatenate([np.linspace(0.01, 2, 50), np.full(50, 99.0)])
    spread = np.full(200, 1.0)
    found = held_out(apart, expected, np.zeros(100), spread, alone=np.zeros(100, dtype=bool))
    assert found.count == 50 and found.maximum == 2
    alone = np.zeros(100, dtype=bool)
    alone[45:50] = True
    assert held_out(apart, expected, np.zeros(100), spread, alone=alone).bound > found.bound


def test_quantiles_of_weighted_values():
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 2.0])
    assert [quantile(values, weights, level) for level in (0.2, 0.5, 0.75, 0.8, 1.0)] == [1, 2, 2, 3, 3]
