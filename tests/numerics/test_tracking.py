"""λ1 of a matrix that changes from record to record, against numpy: few products, through crossings, and not lost for long."""

import numpy as np
import pytest
import torch

import lossatlas as la
from lossatlas.errors import InputError
from lossatlas.numerics.operator import Matrix
from lossatlas.numerics.tracking import EXPLORE


def dense(matrix):
    return Matrix(torch.from_numpy(np.ascontiguousarray(matrix)))


def turned(values, angle, seed):
    """Eigenvalues ``values`` (n,) on a basis turned by an angle per pair of neighbours."""
    basis = np.linalg.qr(np.random.default_rng(seed).standard_normal((len(values),) * 2))[0]
    turns = basis.copy()
    for i in range(len(values) - 1):
        a, b = turns[:, i].copy(), turns[:, i + 1].copy()
        turns[:, i], turns[:, i + 1] = np.cos(angle) * a + np.sin(angle) * b, np.cos(angle) * b - np.sin(angle) * a
    return turns @ np.diag(values) @ turns.T


def crossing(t, n=120):
    """Three eigenvalues near 1 that change places about a bulk that reaches .5."""
    near = 1 + 0.06 * np.sin(0.13 * t + np.array([0.0, 2.1, 4.2]))
    return np.concatenate([near, np.linspace(0.5, -0.1, n - 3)])


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_largest_is_followed_through_crossings_with_three_products_a_record(seed):
    follow, errors, products = la.EigenvalueTracker(seed=seed), [], []
    for t in range(150):
        matrix = turned(crossing(t), 0.01 * t, seed)
        found, truth = follow(dense(matrix)), float(np.linalg.eigvalsh(matrix)[-1])
        assert found.values[0] <= truth * (1 + 1e-12)  # a Ritz value
        assert found.vectors.shape == (120, 1) and float(torch.linalg.vector_norm(found.vectors)) == pytest.approx(1)
        errors.append(1 - found.values[0] / truth)
        products.append(found.products)
    assert np.mean(np.array(errors) <= 1e-2) >= 0.95 and np.median(errors) < 1e-3
    assert np.mean(products[1:]) <= 3 and max(products[1:]) <= 8


def test_bounds_hold_where_nothing_is_hidden():
    follow = la.EigenvalueTracker()
    for t in range(40):
        matrix = turned(np.concatenate([[2 + 0.1 * np.sin(t / 5)], crossing(t)[1:] / 2]), 0.02 * t, 3)
        found = follow(dense(matrix))
        assert abs(found.values[0] - np.linalg.eigvalsh(matrix)[-1]) <= found.errors[0] and found.converged.all()


def test_an_eigenvector_that_nothing_kept_sees_is_found_by_the_explorer():
    values = np.concatenate([[1.0, 0.98, 0.95], np.linspace(0.4, 0.0, 97)])
    follow = la.EigenvalueTracker()
    follow(dense(np.diag(values)))
    values[50] = 1.3  # exactly orthogonal to the kept vectors
    found = [follow(dense(np.diag(values))).values[0] for _ in range(8 * EXPLORE)]
    assert found[0] < 1.01 and found[-1] == pytest.approx(1.3, rel=1e-2)


def test_where_products_are_not_finite_it_starts_anew():
    matrix = turned(crossing(0), 0.1, 0)
    follow, cold = la.EigenvalueTracker(), la.EigenvalueTracker()
    follow(dense(matrix))
    lost = follow(dense(np.full_like(matrix, np.nan)))
    assert np.isnan(lost.values[0]) and not lost.converged[0] and lost.products == 2
    again, first = follow(dense(matrix)), cold(dense(matrix))
    assert again.values[0] == first.values[0] and again.products == first.products > 3


@pytest.mark.parametrize("matrix", [np.zeros((40, 40)), 2 * np.eye(40), -np.diag(np.arange(1.0, 41.0))])
def test_flat_matrices_and_negative_ones(matrix):
    follow = la.EigenvalueTracker(tol=1e-9, products=12)
    for _ in range(2 * EXPLORE):
        assert follow(dense(matrix)).values[0] == pytest.approx(np.linalg.eigvalsh(matrix)[-1], abs=1e-6)


def test_a_small_matrix_is_solved_each_time():
    follow = la.EigenvalueTracker(tol=1e-6)
    for seed in range(3):
        a = np.random.default_rng(seed).standard_normal((6, 6))
        assert follow(dense(a + a.T)).values[0] == pytest.approx(np.linalg.eigvalsh(a + a.T)[-1], rel=1e-6)


def test_a_network_on_the_way():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.Tanh(), torch.nn.Linear(16, 3))
    x, y = torch.randn(60, 8), torch.arange(60) % 3
    objective = la.Objective.from_module(model, (x, y), "cross_entropy", batch_size=25)
    follow, descent, errors, products = la.EigenvalueTracker(), torch.optim.SGD(model.parameters(), lr=0.5), [], []
    for _ in range(40):
        point = {name: p.detach().clone() for name, p in model.named_parameters()}
        op = la.hessian(objective, point, backend="retained")
        found = follow(op)
        errors.append(abs(1 - found.values[0] / la.eigenpairs(op, 1, tol=1e-6).values[0]))
        products.append(found.products)
        descent.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        descent.step()
    assert np.mean(np.array(errors) <= 1e-2) >= 0.9 and np.mean(products[1:]) < 4


def test_bad_input_is_told():
    for tol in (0, 1, True, "a"):
        with pytest.raises(InputError, match="expected a relative error between 0 and 1"):
            la.EigenvalueTracker(tol=tol)
    for products in (2, 3.5, True):
        with pytest.raises(InputError, match="expected a whole number of at least 3"):
            la.EigenvalueTracker(products=products)
    follow = la.EigenvalueTracker()
    follow(dense(np.eye(30)))
    with pytest.raises(InputError, match="31 rows and the one before 30"):
        follow(dense(np.eye(31)))
