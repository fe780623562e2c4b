"""Measured cells of a survey: how their errors go together."""

import numpy as np
import pytest

from lossatlas.numerics import calibration
from lossatlas.run.cells import Cells

N, LEVELS = 400, [60, 120, 240, 400]


@pytest.fixture
def cells() -> Cells:
    rng = np.random.default_rng(0)
    places = rng.uniform(-1, 1, (40, 2))
    places[0] = 0
    carry, lean = rng.lognormal(0, 1, N), rng.standard_normal((N, 2))

    def measure(numbers, examples):
        u = places[numbers]
        return carry[examples] * np.exp(0.7 * u @ lean[examples].T) * (0.1 + (u**2).sum(1))[:, None]

    out = Cells(places, 0, N, None, LEVELS, measure, np.random.default_rng(1))
    out.take(np.arange(6), N, 0)
    out.begin()
    for level, numbers in ((60, range(6, 14)), (120, range(14, 20)), (240, range(20, 23))):
        out.take(np.array(numbers), level, 1)
    out.take(np.arange(30, 34), 60, 1, held=True)
    return out


def test_covariances_of_errors(cells: Cells) -> None:
    numbers = [k for k in cells if not cells[k].held]
    whole = cells.covariance(numbers, numbers)
    np.testing.assert_allclose(np.sqrt(np.diag(whole)), [cells[k].error for k in numbers], rtol=1e-12)
    np.testing.assert_allclose(whole, whole.T, rtol=1e-12)
    assert np.linalg.eigvalsh(whole).min() > -1e-12 * whole.max()
    assert not whole[:6].any() and (np.diag(whole)[6:] > 0).all(), "anchors have no error"
    some = [20, 3, 9, 16, 7]
    at = [numbers.index(k) for k in some]
    np.testing.assert_allclose(cells.covariance(some, numbers), whole[at], rtol=1e-9, atol=1e-15)
    apart = whole[6:, 6:] / np.sqrt(np.outer(*2 * [np.diag(whole)[6:]]))
    assert np.abs(apart - np.eye(len(apart))).max() > 0.3, "some share much of their error"


def test_a_covariance_is_the_sum_over_the_smaller_sample(cells: Cells) -> None:
    small, large = cells[8], cells[21]
    ones, others = (cells._sample(False, count).tolist() for count in (60, 240))
    rank = {example: place for place, example in enumerate(cells._orders[False])}
    probabilities = calibration.inclusion(cells._size, 240)
    assert set(ones) < set(others)
    expected = sum((1 - probabilities[i]) * small.contributions[rank[i]] * large.contributions[rank[i]] for i in ones)
    assert cells.covariance([8], [21])[0, 0] == pytest.approx(expected, rel=1e-9)


def test_an_upgraded_cell_forgets_the_error_it_had(cells: Cells) -> None:
    before = cells.covariance([8], [9])[0, 0]
    cells.take(np.array([8]), N, 2)
    assert before != 0 and cells[8].error == 0 and not cells.covariance([8, 9], [8, 9])[0].any()
