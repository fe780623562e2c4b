"""hessian-eigenthings 1.0.0a5 as an oracle: the same matrices on even batches, the same quadrature, and where it goes another way."""

import numpy as np
import pytest
import torch
from crossed import Case, case
from torch import nn

import lossatlas as la
from lossatlas.numerics.krylov import lanczos

LOSS = nn.CrossEntropyLoss()


def theirs(lib, name: str, of: Case):
    """Their operator of this name: of the same network, on the same batches."""
    if name == "hessian":
        return lib.HessianOperator(of.model, of.batches, lib.supervised_loss(LOSS))
    if name == "ggn":
        return lib.GGNOperator(of.model, of.batches, lib.supervised_forward, lib.supervised_loss_of_output(LOSS))
    return lib.EmpiricalFisherOperator(of.model, of.batches, lib.supervised_per_sample_loss(LOSS))


def columns(op, v: torch.Tensor) -> torch.Tensor:
    return torch.stack([op.matvec(column) for column in v.T], 1).detach()


OURS = {"hessian": la.hessian, "ggn": la.ggn, "empirical_fisher": la.empirical_fisher}


@pytest.mark.parametrize("name", ["mlp", "convbn"])
@pytest.mark.parametrize("matrix", list(OURS))
def test_products_are_the_same_on_even_batches(eigenthings, matrix, name):
    of = case(name, n=12)
    v = of.vectors()
    torch.testing.assert_close(OURS[matrix](of.objective) @ v, columns(theirs(eigenthings, matrix, of), v), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("matrix", list(OURS))
def test_a_short_last_batch_weighs_like_a_full_one_there_and_by_its_examples_here(eigenthings, matrix):
    """Eleven examples in batches of four: theirs is the mean of three means. Ours does not depend on how examples are put into batches."""
    of = case("mlp")
    v = of.vectors()
    other = columns(theirs(eigenthings, matrix, of), v)
    ours = OURS[matrix](of.objective) @ v
    parts = [OURS[matrix](la.Objective.from_module(of.model, batch, "cross_entropy")) @ v for batch in of.batches]
    torch.testing.assert_close(other, sum(parts) / 3, rtol=1e-8, atol=1e-10)
    torch.testing.assert_close(ours, (4 * parts[0] + 4 * parts[1] + 3 * parts[2]) / 11, rtol=1e-8, atol=1e-10)
    assert float((ours - other).norm() / ours.norm()) > 0.01


def test_a_parameter_that_is_not_used_has_zero_rows_here_and_ends_their_product(eigenthings):
    of = case("unused", n=12)
    v = of.vectors()
    with pytest.raises(RuntimeError, match="not have been used in the graph"):
        columns(theirs(eigenthings, "hessian", of), v)
    places = torch.cat([torch.full((p.numel(),), n.startswith("never")) for n, p in of.model.named_parameters()])
    found = la.hessian(of.objective) @ v
    assert int(places.sum()) == 8 and not found[places].any() and found[~places].any()
    torch.testing.assert_close(la.ggn(of.objective) @ v, columns(theirs(eigenthings, "ggn", of), v), rtol=1e-8, atol=1e-10)


# ---- numerics ----------------------------------------------------------------------------------------------------


def test_lanczos_from_the_same_start_is_the_same_quadrature(eigenthings):
    of = case("mlp", n=40, batch=20)
    v, op = of.vectors(1)[:, 0], theirs(eigenthings, "hessian", of)
    tri = eigenthings.lanczos_tridiagonal(op, v, 30, reorthogonalize=True)
    matrix = torch.diag(tri.alphas) + torch.diag(tri.betas[:29], 1) + torch.diag(tri.betas[:29], -1)
    nodes, vectors = torch.linalg.eigh(matrix)
    ours = lanczos(la.hessian(of.objective), v, 30)
    np.testing.assert_allclose(ours.nodes, nodes, atol=1e-9 * float(nodes.abs().max()))
    np.testing.assert_allclose(ours.weights, vectors[0] ** 2, atol=1e-8)


def test_eigenvalues_are_the_same_and_only_theirs_are_doubled_past_fifty_steps(eigenthings):
    """Their default drops re-orthogonalization there, and says of the copies that they have converged."""
    of = case("mlp", n=40, batch=20)
    op, our = theirs(eigenthings, "hessian", of), la.hessian(of.objective)
    truth = np.sort(torch.linalg.eigvalsh(our @ torch.eye(our.shape[0], dtype=torch.float64)).numpy())[::-1]
    found = la.eigenpairs(our, 5, tol=1e-9)
    np.testing.assert_allclose(found.values, truth[:5], rtol=1e-8)
    careful = eigenthings.lanczos(op, k=5, max_iter=50, which="LA", seed=0)
    np.testing.assert_allclose(careful.eigenvalues, truth[:5], rtol=1e-6)
    careless = eigenthings.lanczos(op, k=5, max_iter=75, which="LA", seed=0)
    copies = np.abs(careless.eigenvalues.numpy() / truth[0] - 1) < 1e-6
    assert copies.sum() > 1 and bool(careless.converged[torch.from_numpy(copies)].all())
    long = la.eigenpairs(our, 5, tol=1e-12, seed=1)
    assert (np.abs(long.values / truth[0] - 1) < 1e-6).sum() == 1
    quadrature = lanczos(our, of.vectors(1)[:, 0], 75)
    assert (np.abs(quadrature.nodes / truth[0] - 1) < 1e-6).sum() == 1


def test_traces_and_densities_agree(eigenthings):
    of = case("mlp", n=40, batch=40)
    op, our = theirs(eigenthings, "ggn", of), la.ggn(of.objective)
    exact = float(torch.trace(our @ torch.eye(our.shape[0], dtype=torch.float64)))
    for method in ("hutchinson", "hutch++"):
        other, ours = eigenthings.trace(op, num_matvecs=60, method=method, seed=0), la.trace(our, method=method, products=60)
        assert abs(other.estimate - exact) < 4 * other.stderr + 1e-9 and abs(ours.value - exact) < 4 * ours.stderr + 1e-9
        assert ours.stderr < 2 * other.stderr + 1e-9
    theirs_density = eigenthings.spectral_density(op, num_runs=30, lanczos_steps=12, num_grid_points=400, seed=0)
    grid = theirs_density.grid.numpy()
    found = la.density(our, steps=12, probes=30, kernel_width=theirs_density.sigma, grid=grid)
    assert np.abs(found.density - theirs_density.density.numpy()).sum() * (grid[1] - grid[0]) < 0.04  # a kernel a tenth off gives 0.07
