"""The Krylov engine against numpy: ends, magnitudes, restarts, blocks, warm starts, bounds that hold, no ghosts, invariant spaces, NaN."""

import numpy as np
import pytest
import torch

from lossatlas.errors import InputError
from lossatlas.numerics.krylov import Basis, bounds, eigenpairs, lanczos, random_start
from lossatlas.numerics.operator import Counting, Matrix, Shifted


def planted(values, seed=0, dtype=torch.float64):
    """A symmetric matrix with these eigenvalues."""
    values = torch.as_tensor(values, dtype=torch.float64)
    noise = torch.randn(len(values), len(values), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    q = torch.linalg.qr(noise)[0]
    matrix = (q * values) @ q.T
    return ((matrix + matrix.T) / 2).to(dtype)


def network_like(n=300, seed=0, dtype=torch.float64):
    """A bulk around zero with outliers, as of a trained network."""
    draws = torch.Generator().manual_seed(seed)
    bulk = 0.3 * torch.randn(n - 9, generator=draws, dtype=torch.float64) ** 3
    outer = torch.tensor([40.0, 17, 11, 9, 6, 5, 4, -4, -3], dtype=torch.float64)
    return planted(torch.cat([outer, bulk]), seed, dtype)


def ends(values, k, which):
    values = np.sort(values)
    return {"largest": values[::-1][:k], "smallest": values[:k], "both": np.r_[values[::-1][:k], values[:k][::-1]],
            "magnitude": values[np.argsort(-np.abs(values))][:k]}[which]


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("which", ["largest", "smallest", "both", "magnitude"])
@pytest.mark.parametrize("options", [{}, {"basis": 24}, {"block": 3}, {"block": 2, "basis": 30}])
def test_eigenpairs_are_those_of_numpy_and_their_bounds_hold(which, options, seed):
    matrix = network_like(seed=seed)
    truth = ends(np.linalg.eigvalsh(matrix.numpy()), 3, which)
    op = Counting(Matrix(matrix))
    found = eigenpairs(op, 3, which=which, tol=1e-8, seed=seed, steps=600, **options)
    assert found.converged.all() and found.products == op.products, found.reason
    np.testing.assert_allclose(found.values, truth, rtol=1e-7)
    assert (np.abs(found.values - truth) <= found.errors + 1e-13).all()
    residual = torch.linalg.vector_norm(matrix @ found.vectors - found.vectors * torch.from_numpy(found.values.copy()), dim=0).numpy()
    np.testing.assert_allclose(residual, found.residuals, rtol=1e-2, atol=1e-12)
    gram = found.vectors.T @ found.vectors
    torch.testing.assert_close(gram, torch.eye(len(truth), dtype=gram.dtype), rtol=0, atol=1e-12)


def test_the_top_five_of_a_network_like_spectrum_take_at_most_22_products_in_single_precision():
    for seed in range(2):
        bulk = np.random.default_rng(seed).normal(size=1493) ** 3 / 40
        matrix = planted(np.r_[40.0, 27, 19, 13, 10, 7, 5, bulk], seed, torch.float32)
        found = eigenpairs(Matrix(matrix), 5, tol=1e-6, seed=seed)
        truth = np.linalg.eigvalsh(matrix.double().numpy())[::-1][:5]
        assert found.converged.all() and found.products <= 22
        assert (np.abs(found.values / truth - 1) < 1e-6).all() and (np.abs(found.values - truth) <= found.errors).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_two_hundred_steps_have_no_ghosts(dtype):
    matrix = network_like(600, 3, dtype)
    truth = np.linalg.eigvalsh(matrix.double().numpy())
    nodes = np.sort(lanczos(Matrix(matrix), random_start(Matrix(matrix), 0, "x")[:, 0], 200).nodes)[::-1]
    for value in truth[::-1][:7]:  # well apart: exactly one node each
        assert (np.abs(nodes - value) < 1e-3 * abs(value)).sum() == 1


def test_the_quadrature_has_the_moments_of_the_start_vector():
    matrix = network_like(60)
    v = torch.randn(60, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    v /= v.norm()
    q = lanczos(Matrix(matrix), v, 12)
    assert len(q.nodes) == q.products == 12 and abs(q.weights.sum() - 1) < 1e-12
    power = v.clone()
    for degree in range(0, 23):
        assert (q.weights * q.nodes**degree).sum() == pytest.approx(float(v @ power), rel=1e-8)
        power = matrix @ power


def test_one_run_gives_the_trace_and_the_norm_within_their_errors():
    matrix = network_like(400, 1)
    z = []
    for seed in range(40):
        found = eigenpairs(Matrix(matrix), 2, seed=seed)
        value, error = found.trace
        z.append((value - float(matrix.trace())) / error)
    assert abs(np.mean(z)) < 0.6 and 0.6 < np.std(z) < 1.5
    assert eigenpairs(Matrix(matrix), 2, start=torch.ones(400).double()).quadrature is None


def test_a_warm_start_saves_products_and_finds_the_same():
    matrix = network_like(300)
    near = matrix + planted(0.01 * np.random.default_rng(0).normal(size=300), 9)
    first = eigenpairs(Matrix(matrix), 3, tol=1e-3)
    cold, warm = (eigenpairs(Matrix(near), 3, tol=1e-3, start=start) for start in (None, first.vectors))
    np.testing.assert_allclose(warm.values, np.linalg.eigvalsh(near.numpy())[::-1][:3], rtol=1e-3)
    assert warm.products < 0.7 * cold.products and warm.converged.all()
    exact = eigenpairs(Matrix(matrix), 3, tol=1e-3, start=eigenpairs(Matrix(matrix), 3, tol=1e-10).vectors)
    assert exact.products == 3


def test_eigenvalues_of_high_multiplicity_and_invariant_spaces():
    found = eigenpairs(Matrix(2.0 * torch.eye(30, dtype=torch.float64)), 4)
    np.testing.assert_allclose(found.values, 2.0)
    assert found.converged.all() and found.products <= 8
    rank = planted([5.0, 3.0] + [0.0] * 38)
    np.testing.assert_allclose(eigenpairs(Matrix(rank), 4).values, [5, 3, 0, 0], atol=1e-12)
    np.testing.assert_allclose(eigenpairs(Matrix(torch.zeros(7, 7)), 2).values, 0)
    double = planted([5.0, 5.0, 3.0, *np.linspace(0, 1, 60)])
    np.testing.assert_allclose(eigenpairs(Matrix(double), 3, block=2, tol=1e-10).values, [5, 5, 3], rtol=1e-9)
    assert float(eigenpairs(Matrix(torch.tensor([[3.0]])), 1).values[0]) == 3
    whole = eigenpairs(Matrix(network_like(12)), 12)
    np.testing.assert_allclose(whole.values, np.linalg.eigvalsh(network_like(12).numpy())[::-1], rtol=1e-10)


def test_what_did_not_converge_is_returned_as_such():
    found = eigenpairs(Matrix(network_like(300)), 5, tol=1e-10, steps=8)
    assert found.products == 8 and not found.converged.all() and "steps" in found.reason
    truth = np.linalg.eigvalsh(network_like(300).numpy())[::-1]
    for value, error in zip(found.values, found.errors, strict=True):
        assert np.abs(truth - value).min() <= error


def test_products_that_are_not_finite_give_nan():
    bad = network_like(20).clone()
    bad[3, 4] = torch.inf
    found = eigenpairs(Matrix(bad), 2)
    assert np.isnan(found.values).all() and not found.converged.any() and "not finite" in found.reason
    assert np.isnan(lanczos(Matrix(bad), torch.ones(20).double(), 5).nodes).all()


def test_a_floor_asks_small_values_for_an_absolute_error_only():
    matrix = planted([10.0, *np.linspace(-1e-4, 1e-2, 80)])
    strict, lax = (eigenpairs(Matrix(matrix), 1, which="both", tol=tol, steps=60) for tol in (1e-2, (1e-2, 1e-2)))
    assert lax.converged.all() and lax.products < strict.products and abs(lax.values[-1]) < 1e-3


def test_the_same_seed_gives_the_same_bytes_and_another_one_the_same_values():
    one, same, other = (eigenpairs(Matrix(network_like(100)), 3, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one.vectors, same.vectors) and not torch.equal(one.vectors, other.vectors)
    np.testing.assert_allclose(one.values, other.values, rtol=1e-6)


def test_the_relation_of_the_basis_holds_through_restarts():
    matrix = network_like(80)
    basis = Basis(Matrix(matrix), 20)
    basis.start(torch.randn(80, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64))
    for _ in range(12):
        basis.expand(np.eye(len(basis.fringe))[:, :1])
    values, vectors, _ = basis.solved()
    basis.restart(vectors[:, -5:], values[-5:])
    basis.expand(np.linalg.qr(np.random.default_rng(0).normal(size=(len(basis.fringe), 2)))[0])
    v, q = basis.rows[: basis.m].T, basis.fringe.T
    right = v @ torch.from_numpy(basis.projected) + q @ torch.from_numpy(basis.coupling)
    torch.testing.assert_close(matrix @ v, right, rtol=0, atol=1e-11)


def test_bounds_by_hand():
    np.testing.assert_allclose(bounds(np.array([2.0, 5.0]), np.array([0.1, 1.5])), [0.01 / 1.5, min(1.5, 2.25 / 2.9)])
    np.testing.assert_allclose(bounds(np.array([1e-3, 5.0]), np.array([1e-4, 0.1])), [1e-8 / 1e-3, 0.01 / 4.9989])
    np.testing.assert_allclose(bounds(np.array([1.0]), np.array([0.2])), [0.2])


def test_shifted_turns_the_spectrum_round():
    matrix = network_like(40)
    turned = Shifted(Matrix(matrix), factor=-1.0, shift=2.0)
    np.testing.assert_allclose(eigenpairs(turned, 2).values, (2 - np.linalg.eigvalsh(matrix.numpy()))[:2], rtol=1e-6)


@pytest.mark.parametrize("options, words", [
    ({"k": 0}, "k is 0"), ({"k": 41}, "has 40 eigenvalues"), ({"k": 21, "which": "both"}, "at each end"),
    ({"which": "top"}, "which is 'top'"), ({"tol": 0}, "tol is 0"), ({"tol": (1e-2, 2)}, "floor"), ({"steps": 0}, "steps is 0"),
    ({"basis": 4}, "basis is 4"), ({"start": torch.zeros(40)}, "zero or not finite"), ({"start": torch.ones(3)}, "start is"),
])
def test_bad_input(options, words):
    with pytest.raises(InputError, match=words):
        eigenpairs(Matrix(network_like(40)), **options)
