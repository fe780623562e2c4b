"""Gaussian processes against scikit-learn with the same kernel, against refitting without each point, and against brute force."""

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Matern

from lossatlas.numerics import gaussian_process as gp

NUGGET, RADIUS, STRETCHED, ODDS = -5.0, -2.0, 0.0, 6.0


def hyper(d, odds=ODDS, length=0.6):
    return np.array([*np.log(length * np.linspace(1, 2, d)), NUGGET, RADIUS, STRETCHED, odds])


def data(n=25, d=2, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (n, d))
    return x, 3 + np.sin(3 * x[:, 0]) + (x**2).sum(1), rng.uniform(-1, 1, (40, d))


def ordinary(x, y, at, h, noise):
    """Ordinary kriging written out: the bordered system, with the scale profiled out by restricted likelihood."""
    n, centre = len(x), np.zeros(x.shape[1])
    noise = np.diag(noise) if noise.ndim == 1 else noise
    k = gp._kernel(x, x, centre, h) + (np.exp(2 * h[x.shape[1]]) + 1e-10) * np.eye(n) + noise
    border = np.block([[k, np.ones((n, 1))], [np.ones((1, n)), np.zeros((1, 1))]])
    right = np.vstack([gp._kernel(x, at, centre, h), np.ones((1, len(at)))])
    solved = np.linalg.solve(border, right)
    mean = np.linalg.solve(k, y).sum() / np.linalg.solve(k, np.ones(n)).sum()
    scale = (y - mean) @ np.linalg.solve(k, y - mean) / (n - 1)
    return solved[:n].T @ y, scale * (1 - (solved * right).sum(0))


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("odds", [-6.0, 0.3, 6.0])
@pytest.mark.parametrize("common", [0.0, 0.01])
def test_predictions_and_variances_are_those_of_ordinary_kriging(d, odds, common):
    x, y, at = data(d=d)
    noise, h = np.linspace(0, 0.02, len(x)), hyper(d, odds)
    if common:
        noise = np.diag(noise) + common
    process = gp.fit(x, y, noise, centre=np.zeros(d), start=h, refit=False)
    mean, sd = process.predict(at)
    expected, variance = ordinary(x, y, at, h, noise / process.scale)
    np.testing.assert_allclose(mean, expected, rtol=1e-4)
    np.testing.assert_allclose(sd**2, variance, rtol=4e-3, atol=1e-9)
    np.testing.assert_allclose(np.diag(process.covariance(at)), sd**2, rtol=1e-6, atol=1e-9)
    assert (np.linalg.eigvalsh(process.covariance(at)) > -1e-9).all()
    weights = process.weights(at)
    np.testing.assert_allclose(weights.T @ y, mean, rtol=1e-8)
    np.testing.assert_allclose(weights.sum(0), 1)


def test_the_noise_counts_in_relation_to_the_scale_that_is_found():
    x, y, _ = data()
    h, noise = hyper(2, length=3.0), np.full(len(x), 1e-3)
    found = gp.fit(x, y, noise, centre=np.zeros(2), start=h, refit=False)
    assert found.scale > 3 * np.var(y), "of a long length the scale is far more than the variance of the values"
    for factor in (0.01, 100.0):  # wherever it starts
        other = gp.fit(x, y, noise, centre=np.zeros(2), start=h, scale=factor * found.scale, refit=False)
        assert other.scale == pytest.approx(found.scale, rel=5e-3)
    tenfold = gp.fit(x, np.sqrt(10) * y, 10 * noise, centre=np.zeros(2), start=h, refit=False)
    assert tenfold.scale == pytest.approx(10 * found.scale, rel=5e-3)


@pytest.mark.parametrize("seed", [0, 1])
def test_one_kernel_alone_is_scikit_learns(seed):
    x, y, at = data(seed=seed)
    h = hyper(2, odds=50.0)  # the share of the kernel in the coordinates themselves is one
    process = gp.fit(x, y, np.zeros(len(x)), centre=np.zeros(2), start=h, refit=False)
    kernel = process.scale * Matern(np.exp(h[:2]), nu=1.5)
    theirs = GaussianProcessRegressor(kernel, alpha=process.scale * (np.exp(2 * NUGGET) + 1e-10), optimizer=None)
    theirs.fit(x, y - process.mean)
    expected, sd = theirs.predict(at, return_std=True)
    mean, own = process.predict(at)
    np.testing.assert_allclose(mean, expected + process.mean, rtol=1e-8)
    assert (own >= sd - 1e-9).all(), "an unknown mean adds to the variance"
    np.testing.assert_allclose(own**2 - sd**2, process.scale * process._reduced(at)[1] ** 2, atol=1e-8)


@pytest.mark.parametrize("d", [1, 2])
def test_residuals_are_those_of_refitting_without_each_point(d):
    x, y, _ = data(n=14, d=d)
    h, noise = hyper(d, 0.5), np.full(14, 1e-3)
    process = gp.fit(x, y, noise, centre=np.zeros(d), start=h, refit=False)
    for k in range(14):
        rest = np.arange(14) != k
        mean, variance = ordinary(x[rest], y[rest], x[k : k + 1], h, noise[rest] / process.scale)
        assert process.residuals[k] == pytest.approx(y[k] - mean[0], abs=1e-4)
        relative = np.diag(noise) / process.scale
        _, white, _, mean_all = gp._solved(h, x[rest], y[rest], relative[rest][:, rest], np.zeros(d))
        own = np.exp(2 * NUGGET) + relative[0, 0]
        scale = white @ white / 12
        expected = process.scale * (variance[0] / scale + own + 1e-10)  # of a measurement there, with the scale of all
        assert process.residuals_sd[k] ** 2 == pytest.approx(expected, rel=2e-3) and np.isfinite(mean_all)


def test_the_points_that_are_chosen_lower_the_summed_variance_most():
    x, y, at = data(n=12)
    h = hyper(2, 0.0)
    process = gp.fit(x, y, np.zeros(12), centre=np.zeros(2), start=h, refit=False)
    rng = np.random.default_rng(1)
    covariance, noise, cost = process.covariance(at), rng.uniform(0, 0.05, 40), rng.uniform(1, 4, 40)
    weights, free = rng.uniform(0.5, 2, 40), rng.random(40) < 0.8
    chosen = gp.choose(covariance.copy(), noise, cost, weights, free, 6)
    taken: list[int] = []
    for best in chosen:
        before = weights @ np.diag(_given(covariance, noise, taken))
        gains = [(before - weights @ np.diag(_given(covariance, noise, [*taken, k]))) / cost[k] if free[k] and k not in taken else -1
                 for k in range(40)]
        assert gains[best] == pytest.approx(max(gains), rel=1e-9)
        taken.append(best)
    assert len(set(chosen)) == 6 and free[chosen].all()
    assert len(gp.choose(covariance.copy(), noise, cost, weights, np.arange(40) < 3, 10)) == 3, "no more than are free"
    assert gp.choose(covariance.copy(), noise, cost, weights, np.zeros(40, dtype=bool), 10) == []


def _given(covariance, noise, taken):
    """The posterior covariance by one solve."""
    if not taken:
        return covariance
    inner = covariance[np.ix_(taken, taken)] + np.diag(noise[taken])
    return covariance - covariance[:, taken] @ np.linalg.solve(inner, covariance[taken])


@pytest.mark.parametrize("d", [1, 2, 3])
def test_interpolating_weights_sum_to_one_and_reproduce(d):
    x, _, at = data(n=15, d=d)
    for h in (None, hyper(d, 0.0)):
        weights = gp.interpolating(x, at, centre=np.zeros(d), hyper=h)
        assert weights.shape == (15, 40)
        np.testing.assert_allclose(weights.sum(0), 1, atol=1e-10)
        there = gp.interpolating(x, x, centre=np.zeros(d), hyper=h, nugget=1e-10)
        np.testing.assert_allclose(there, np.eye(15), atol=1e-3)
    np.testing.assert_allclose(gp.interpolating(x[:1], at, centre=np.zeros(d), hyper=None), 1)


def test_a_fit_finds_what_predicts_and_noise_is_not_followed():
    rng = np.random.default_rng(0)
    x, at = rng.uniform(-1, 1, (120, 2)), rng.uniform(-0.9, 0.9, (300, 2))

    def f(z):
        return np.log(0.01 + (z**2).sum(1)) + 0.3 * np.sin(4 * z[:, 0])

    exact = gp.fit(x, f(x), np.zeros(120), centre=np.zeros(2))
    fixed = gp.fit(x, f(x), np.zeros(120), centre=np.zeros(2), start=hyper(2), refit=False)
    error = np.abs(exact.predict(at)[0] - f(at))
    assert np.median(error) < 0.01 and np.median(error) < np.median(np.abs(fixed.predict(at)[0] - f(at)))
    assert 0.8 < np.mean(error < 1.64 * exact.predict(at)[1]) <= 1
    noisy = gp.fit(x, f(x) + 0.2 * rng.standard_normal(120), np.full(120, 0.04), centre=np.zeros(2))
    assert np.median(np.abs(noisy.predict(at)[0] - f(at))) < 0.12 < 0.2 * 0.68
    again = gp.fit(x, f(x), np.zeros(120), centre=np.zeros(2), start=exact.hyper, refit=False)
    np.testing.assert_array_equal(again.hyper, exact.hyper)
    np.testing.assert_array_equal(gp.fit(x, f(x), np.zeros(120), centre=np.zeros(2)).hyper, exact.hyper)


@pytest.mark.parametrize("noise", [0.0, 1e-4])
@pytest.mark.parametrize(("x", "y"), [
    (np.linspace(-1, 1, 9)[:, None], np.full(9, 2.5)),
    (np.array([[-1.0, 0.0], [1.0, 0.0]]), np.array([1.0, 4.0])),
    (np.repeat([[-1.0, 0.0], [1.0, 0.5], [0.0, 0.0]], 4, axis=0), np.repeat([1.0, 2.0, 0.0], 4)),
    (np.array([[0.3, 0.1]]), np.array([1.7])),
    (np.linspace(-1, 1, 30)[:, None], 1e-8 * np.linspace(-1, 1, 30)),
    (np.linspace(-1, 1, 30)[:, None], 1e8 * np.linspace(-1, 1, 30) ** 2),
], ids=["equal", "two", "rows-repeated", "one", "tiny", "huge"])
def test_degenerate_values_give_finite_predictions_at_the_values(x, y, noise):
    process = gp.fit(x, y, np.full(len(y), noise), centre=x[0])
    mean, sd = process.predict(x)
    assert np.isfinite(mean).all() and np.isfinite(sd).all() and np.isfinite(process.residuals).all()
    assert (sd >= 0).all() and (process.residuals_sd > 0).all()
    if noise == 0:
        np.testing.assert_allclose(mean, y, atol=0.02 * max(np.ptp(y), 1e-12) + 1e-9 * np.abs(y).max())


def test_stretched_coordinates():
    x = np.array([[0.0, 0.0], [3e-6, 4e-6], [0.3, 0.4], [3.0, 4.0]])
    out = gp.stretched(x, np.zeros(2), 0.1)
    np.testing.assert_allclose(out[0], 0)
    np.testing.assert_allclose(np.linalg.norm(out, axis=1), np.arcsinh(np.linalg.norm(x, axis=1) / 0.1), rtol=1e-9)
    np.testing.assert_allclose(out[2] / np.linalg.norm(out[2]), [0.6, 0.8])
    np.testing.assert_allclose(gp.stretched(x + 2, np.full(2, 2.0), 0.1), out, rtol=1e-6, atol=1e-9)
