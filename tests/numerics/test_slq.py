"""Spectral densities of operators of known spectra: exact moments, a density without bias that integrates to one, honest errors."""

import numpy as np
import pytest
import torch

from lossatlas.errors import InputError
from lossatlas.numerics import slq
from lossatlas.numerics.krylov import Quadrature, random_start
from lossatlas.numerics.operator import Counting, Matrix
from lossatlas.numerics.slq import density


def symmetric(eigenvalues, seed=0, dtype=torch.float64):
    values = torch.as_tensor(eigenvalues, dtype=torch.float64)
    turned = torch.linalg.qr(torch.randn(len(values), len(values), dtype=torch.float64, generator=torch.Generator().manual_seed(seed)))[0]
    entries = (turned * values) @ turned.T
    return ((entries + entries.T) / 2).to(dtype)


def network_like(n=200, seed=0):
    """A bulk at zero, a shoulder and few outliers."""
    rng = np.random.default_rng(seed)
    return np.r_[rng.normal(0, 0.01, n - 30), rng.exponential(0.1, 20), [3.0, 4, 5, 6, 7, 8, 9, 12, 15, 40]]


def smoothed(eigenvalues, grid, width):
    return np.exp(-(((grid[:, None] - eigenvalues) / width) ** 2) / 2).mean(1) / (width * np.sqrt(2 * np.pi))


def test_every_probe_has_exact_moments():
    matrix = symmetric(np.linspace(-1, 2, 40))
    found = density(Matrix(matrix), steps=6, probes=3, seed=5)
    for probe in range(3):
        v = random_start(Matrix(matrix), 5, "slq", probe)[:, 0]
        v, image = v / v.norm(), v / v.norm()
        for power in range(12):
            assert (found.weights[probe] * found.nodes[probe] ** power).sum() == pytest.approx(float(v @ image), abs=1e-10), power
            image = matrix @ image


def test_enough_steps_find_every_eigenvalue_once():
    eigenvalues = np.sort(network_like(40))
    found = density(Matrix(symmetric(eigenvalues)), steps=80, probes=2)
    assert found.nodes.shape == (2, 40) and found.products == 80
    assert found.nodes == pytest.approx(np.tile(eigenvalues, (2, 1)), abs=1e-10)
    assert found.weights.sum(1) == pytest.approx(1)


def test_the_density_has_no_bias_and_its_band_holds():
    eigenvalues = network_like()
    found = density(Matrix(symmetric(eigenvalues)), steps=80, probes=60)
    exact = smoothed(eigenvalues, found.grid, found.kernel_width)
    inside = (found.low <= exact + 1e-9) & (exact <= found.high + 1e-9)
    assert inside.mean() > 0.9
    error = (found.high - found.low) / 4
    assert np.trapezoid(np.abs(found.density - exact), found.grid) < 1.2 * np.trapezoid(error, found.grid) < 0.15
    assert (found.low >= 0).all() and (found.low <= found.density).all() and (found.density <= found.high).all()


@pytest.mark.parametrize("probes", [1, 3])
def test_traces_and_norms_have_no_bias_and_errors_that_hold(probes):
    eigenvalues = network_like(60)[::-1] + 0.5
    op, tr, norm = Matrix(symmetric(eigenvalues)), eigenvalues.sum(), np.linalg.norm(eigenvalues)
    found = [density(op, steps=12, probes=probes, seed=seed, grid=[0.0]) for seed in range(200)]
    off = np.array([f.trace - tr for f in found])
    variance = 2 * 60 / 62 * (norm**2 - tr**2 / 60) / probes
    assert abs(off.mean()) < 4 * np.sqrt(variance / 200) and off.var() == pytest.approx(variance, rel=0.35)
    assert np.mean([f.trace_stderr**2 for f in found]) == pytest.approx(variance, rel=0.35)
    apart = np.array([f.frobenius**2 - norm**2 for f in found])
    assert abs(apart.mean()) < 4 * apart.std() / np.sqrt(200)
    held = np.mean([abs(f.trace - tr) < 2 * f.trace_stderr for f in found])
    assert 0.75 < held <= 1, "few probes of a skewed distribution: about 0.85"
    assert 0.65 < np.mean([abs(f.frobenius - norm) < 2 * f.frobenius_stderr for f in found]) <= 1


@pytest.mark.parametrize("eigenvalues", [
    network_like(), np.linspace(-1, 1, 100), np.r_[np.zeros(90), 1e4], np.full(20, 7.0), np.zeros(10), [3.0], [1e-8, 2e-8, -1e-8],
    np.r_[np.full(50, 1000.0), 1001.0],
], ids=["network", "even", "one far out", "all equal", "zero", "single", "tiny", "far from zero"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_the_density_integrates_to_one(eigenvalues, dtype):
    matrix = symmetric(eigenvalues, dtype=dtype)
    found = density(Matrix(matrix), steps=40, probes=3)
    assert np.trapezoid(found.density, found.grid) == pytest.approx(1, abs=1e-5)
    assert (np.diff(found.grid) > 0).all() and len(found.grid) < 60_000 and found.kernel_width > 0
    for width in (1e-5 * (np.abs(eigenvalues).max() or 1.0), 1.0, 50.0):
        wider = density(Matrix(matrix), steps=40, probes=3, kernel_width=width)
        assert wider.kernel_width == width and np.trapezoid(wider.density, wider.grid) == pytest.approx(1, abs=1e-5)
    assert found.trace == pytest.approx(np.sum(eigenvalues), abs=6 * found.trace_stderr + 1e-5 * np.abs(eigenvalues).sum())


def test_the_kernel_falls_to_a_third_between_nodes_and_outliers_do_not_widen_it(monkeypatch):
    even = Quadrature(np.arange(11.0), np.full(11, 1 / 11), 11)
    monkeypatch.setattr(slq, "lanczos", lambda *_: even)
    width = density(Matrix(torch.eye(20)), probes=2).kernel_width
    assert np.exp(-((0.5 / width) ** 2) / 2) == pytest.approx(1 / 3)
    far = Quadrature(np.r_[np.arange(11.0), 500, 1000], np.full(13, 1 / 13), 13)
    monkeypatch.setattr(slq, "lanczos", lambda *_: far)
    assert density(Matrix(torch.eye(20)), probes=2).kernel_width == pytest.approx(width)


def test_densities_scale_with_the_operator():
    matrix = symmetric(network_like(80))
    one, other = density(Matrix(matrix), steps=30), density(Matrix(1e-3 * matrix), steps=30)
    assert other.kernel_width == pytest.approx(1e-3 * one.kernel_width)
    assert 1e-3 * np.interp(1e-3 * one.grid, other.grid, other.density) == pytest.approx(one.density, abs=1e-4 * one.density.max())


def test_a_probe_that_ends_early_is_padded(monkeypatch):
    quadratures = iter([Quadrature(np.array([1.0, 2.0, 3.0]), np.array([0.2, 0.3, 0.5]), 3), Quadrature(np.array([2.0]), np.ones(1), 1)])
    monkeypatch.setattr(slq, "lanczos", lambda *_: next(quadratures))
    found = density(Matrix(torch.eye(10)), probes=2)
    assert np.isnan(found.nodes[1, 1:]).all() and (found.weights[1] == [1, 0, 0]).all() and found.products == 4
    assert found.trace == pytest.approx(10 * (2.3 + 2) / 2) and np.isfinite(found.trace_stderr)
    assert np.trapezoid(found.density, found.grid) == pytest.approx(1, abs=1e-6)


def test_low_rank_takes_few_products():
    op = Counting(Matrix(symmetric(np.r_[np.zeros(97), 1.0, 2, 3])))
    found = density(op, steps=50, probes=2)
    assert found.products == op.products <= 12 and found.nodes.shape[1] <= 6
    assert (found.steps, found.probes) == (50, 2)


def test_a_single_probe_has_no_band_and_more_of_them_a_narrower_one():
    op = Matrix(symmetric(network_like(100)))
    alone = density(op, steps=20, probes=1)
    assert np.isnan(alone.low).all() and np.isnan(alone.high).all() and np.isfinite(alone.trace_stderr)
    grid = np.linspace(-0.05, 0.05, 50)
    few, many = (density(op, steps=20, probes=probes, kernel_width=0.01, grid=grid) for probes in (4, 64))
    assert (many.high - many.density).mean() < 0.5 * (few.high - few.density).mean()


def test_a_grid_is_kept():
    grid = np.linspace(-1, 1, 33)
    found = density(Matrix(symmetric(np.linspace(-1, 1, 20))), steps=20, probes=2, kernel_width=0.2, grid=grid)
    assert np.array_equal(found.grid, grid) and found.density.shape == found.low.shape == (33,)


def test_seeds_fix_everything_and_the_process_wide_generator_stays():
    op, before = Matrix(symmetric(network_like(50))), torch.get_rng_state()
    first, again, other = (density(op, steps=10, seed=seed) for seed in (3, 3, 4))
    assert torch.equal(torch.get_rng_state(), before)
    assert np.array_equal(first.nodes, again.nodes) and not np.array_equal(first.nodes, other.nodes)


def test_what_is_not_finite_is_nan():
    matrix = symmetric(np.linspace(0, 1, 20))
    matrix[3, 3] = torch.nan
    found = density(Matrix(matrix), steps=5)
    numbers = [found.trace, found.trace_stderr, found.frobenius, found.frobenius_stderr, found.kernel_width]
    assert np.isnan(numbers).all() and np.isnan(found.density).all() and np.isnan(found.low).all()
    kept = density(Matrix(matrix), steps=5, grid=[0.0, 1.0], kernel_width=0.1)
    assert np.isnan(kept.density).all() and kept.density.shape == (2,)


@pytest.mark.parametrize("options,words", [
    ({"steps": 0}, "steps is 0"),
    ({"probes": 1.5}, "probes is 1.5"),
    ({"kernel_width": 0.0}, "kernel_width"),
    ({"kernel_width": float("nan")}, "kernel_width"),
    ({"kernel_width": 1e-13}, "expected a larger one"),
    ({"grid": [1.0, 0.0]}, "ascending"),
    ({"grid": [[1.0]]}, "shape"),
    ({"seed": "x"}, "seed"),
])
def test_errors_say_what_to_write(options, words):
    with pytest.raises(InputError, match=words):
        density(Matrix(torch.eye(10)), **options)
    with pytest.raises(InputError, match="operator"):
        density(torch.nn.Linear(2, 2))
