"""curvlinops 3.0.1 (Dangel et al. 2025) as an oracle: the same matrices, the same estimates, and its operators in our numerics."""

import numpy as np
import pytest
import torch
from crossed import Case, case
from scipy.sparse.linalg import LinearOperator, eigsh
from torch import nn

import lossatlas as la
from lossatlas.numerics.krylov import lanczos

CRITERIA = {"cross_entropy": nn.CrossEntropyLoss, "mse": nn.MSELoss}


def theirs(curvlinops, name: str, of: Case, **options):
    """Their operator of this name: of the same network, on the same batches."""
    criterion = CRITERIA[of.objective.loss_name]()
    return getattr(curvlinops, f"{name}LinearOperator")(of.model, criterion, of.params, of.batches, **options)


def close(found: torch.Tensor, truth: torch.Tensor) -> None:
    torch.testing.assert_close(found, truth.detach(), rtol=1e-8, atol=1e-10 * float(truth.detach().abs().max()))


def whole(op) -> torch.Tensor:
    return op @ torch.eye(op.shape[1], dtype=torch.float64)


@pytest.mark.parametrize("name", ["mlp", "convbn"])
@pytest.mark.parametrize(("ours", "other", "loss"), [
    (la.hessian, "Hessian", "cross_entropy"), (la.ggn, "GGN", "cross_entropy"), (la.empirical_fisher, "EF", "cross_entropy"),
    (la.hessian, "Hessian", "mse"), (la.ggn, "GGN", "mse"), (la.fisher, "GGN", "cross_entropy")])
def test_products_are_the_same_on_uneven_batches(curvlinops, ours, other, loss, name):
    of = case(name, loss=loss)
    v = of.vectors()
    close(ours(of.objective) @ v, theirs(curvlinops, other, of) @ v)


def test_the_mean_over_outputs_is_part_of_an_examples_gradient(curvlinops):
    """Where the loss is a mean over C outputs theirs is C times ours, which holds the gradients of single examples' losses."""
    of = case("mlp", loss="mse")
    close(3 * (la.empirical_fisher(of.objective) @ of.vectors()), theirs(curvlinops, "EF", of) @ of.vectors())
    g = [torch.cat([t.reshape(-1) for t in torch.autograd.grad(nn.MSELoss()(of.model(x[None]), y[None]), of.params)])
         for xs, ys in of.batches for x, y in zip(xs, ys, strict=True)]
    close(whole(la.empirical_fisher(of.objective)), torch.stack(g).T @ torch.stack(g) / len(g))


def test_the_covariance_is_the_second_moment_less_the_mean_gradients(curvlinops):
    of = case("convbn")
    op = theirs(curvlinops, "EF", of)
    mean = torch.cat([t.reshape(-1) for t in op.gradient_and_loss()[0]])
    close(whole(la.gradient_covariance(of.objective)), whole(op) - torch.outer(mean, mean))


def test_labels_drawn_by_them_give_our_fisher_in_the_mean(curvlinops):
    of = case("mlp")
    exact = whole(la.fisher(of.objective))
    drawn = torch.stack([whole(theirs(curvlinops, "FisherMC", of, mc_samples=100, seed=seed)).detach() for seed in range(4)])
    error = drawn.std(0) / 2
    assert float((drawn.mean(0) - exact).norm()) < 3 * float(error.norm()) < 0.5 * float(exact.norm())


@pytest.mark.parametrize("name", ["mlp", "convbn"])
def test_the_tangent_kernel_is_their_jacobian_times_its_transpose(curvlinops, name):
    of = case(name)
    j = curvlinops.JacobianLinearOperator(of.model, of.params, of.batches)
    jt = curvlinops.TransposedJacobianLinearOperator(of.model, of.params, of.batches)
    op = la.ntk(of.objective)
    assert op.shape == (j.shape[0], jt.shape[1]) == (33, 33)
    close(whole(op), j @ (jt @ torch.eye(33, dtype=torch.float64)))


def test_some_of_the_parameters_give_their_block(curvlinops):
    of = case("mlp")
    chosen = [p for n, p in of.model.named_parameters() if n.startswith("2.")]
    op = curvlinops.HessianLinearOperator(of.model, nn.CrossEntropyLoss(), chosen, of.batches)
    close(whole(la.hessian(of.objective, params="2.*")), whole(op))


def test_a_parameter_that_is_not_used_has_zero_rows_here_and_ends_their_product(curvlinops):
    of = case("unused")
    with pytest.raises(RuntimeError, match="not have been used in the graph"):
        theirs(curvlinops, "Hessian", of)
    used = torch.cat([torch.full((p.numel(),), not n.startswith("never")) for n, p in of.model.named_parameters()])
    found = whole(la.hessian(of.objective))
    assert int((~used).sum()) == 8 and not found[~used].any() and not found[:, ~used].any()
    left = [p for n, p in of.model.named_parameters() if not n.startswith("never")]
    close(found[used][:, used], whole(curvlinops.HessianLinearOperator(of.model, nn.CrossEntropyLoss(), left, of.batches)))


# ---- numerics ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("which", "arpack"), [("largest", "LA"), ("smallest", "SA"), ("both", "BE"), ("magnitude", "LM")])
def test_eigenpairs_are_those_of_arpack_on_their_operator(curvlinops, which, arpack):
    of = case("mlp", n=40, batch=16)
    op = theirs(curvlinops, "Hessian", of)
    k = 3
    values, vectors = eigsh(op.to_scipy(), k=2 * k if which == "both" else k, which=arpack, tol=1e-12, v0=np.ones(op.shape[0]))
    order = np.argsort(-np.abs(values) if which == "magnitude" else values if which == "smallest" else -values)
    found = la.eigenpairs(la.hessian(of.objective), k, which=which, tol=1e-9)
    assert found.converged.all() and (np.abs(found.values - values[order]) <= found.errors + 1e-12 * np.abs(values).max()).all()
    overlap = np.abs((found.vectors.numpy() * vectors[:, order]).sum(0))
    np.testing.assert_allclose(overlap, 1, atol=1e-6)


def test_their_operators_go_into_our_numerics_and_ours_into_theirs(curvlinops):
    """No adapter is needed: an operator is what has a shape, a dtype, a device, and products."""
    of = case("mlp", n=40, batch=16)
    their, our = theirs(curvlinops, "GGN", of), la.ggn(of.objective)
    truth = torch.linalg.eigvalsh(whole(our)).flip(0)
    np.testing.assert_allclose(la.eigenpairs(their, 3, tol=1e-9).values, truth[:3], rtol=1e-8)
    exact = float(truth.sum())
    found = la.trace(their, method="xtrace", products=30)
    assert abs(found.value - exact) < 4 * found.stderr + 1e-9 and found.stderr < 0.05 * exact
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for estimate in (curvlinops.xtrace(our, 30), curvlinops.hutchpp_trace(our, 30), curvlinops.hutchinson_trace(our, 78)):
            assert abs(float(estimate) - exact) < 0.2 * exact
    scipys = LinearOperator(our.shape, dtype=np.float64, matvec=lambda v: (our @ torch.from_numpy(v.ravel())).numpy())
    np.testing.assert_allclose(eigsh(scipys, 3, which="LA", tol=1e-12)[0][::-1], truth[:3], rtol=1e-9)


def test_lanczos_is_theirs_while_theirs_is_orthogonal(curvlinops):
    """They do not re-orthogonalize: the same quadrature for few steps, copies of eigenvalues after many, which ours does not have."""
    from curvlinops.papyan2020traces.spectrum import fast_lanczos

    op, start = la.hessian(case("mlp", n=40, batch=16).objective), torch.Generator()
    for steps in (8, 60):
        with torch.random.fork_rng():
            torch.manual_seed(3)
            nodes, vectors = fast_lanczos(op, steps)
        v = torch.randn(op.shape[0], dtype=torch.float64, generator=start.manual_seed(3))
        ours = lanczos(op, v, steps)
        if steps == 8:
            np.testing.assert_allclose(ours.nodes, nodes, atol=1e-9 * float(nodes.abs().max()))
            np.testing.assert_allclose(ours.weights, vectors[0] ** 2, atol=1e-8)
    top = float(torch.linalg.eigvalsh(whole(op))[-1])
    copies = [int((np.abs(np.asarray(found) - top) < 1e-6 * top).sum()) for found in (ours.nodes, nodes)]
    assert copies[0] == 1 < copies[1]


def test_the_density_has_their_shape(curvlinops):
    """Papyan's estimate with its kernel on its grid, from other probes: the same curve."""
    from curvlinops.papyan2020traces.spectrum import lanczos_approximate_spectrum

    of = case("mlp", n=40, batch=40)
    op, their = la.ggn(of.objective), theirs(curvlinops, "GGN", of)
    values = torch.linalg.eigvalsh(whole(op))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        ends = float(values[0]), float(values[-1])
        grid, curve = lanczos_approximate_spectrum(their, 12, num_points=400, num_repeats=20, boundaries=ends)
    width = 2 / (11 * np.sqrt(8 * np.log(3.0))) * float(grid[-1] - grid[0]) / 2  # Papyan 2020, section D.2, on [−1, 1]
    found = la.density(op, steps=12, probes=20, kernel_width=width, grid=grid.numpy())
    step = float(grid[1] - grid[0])
    assert np.abs(found.density - curve.numpy()).sum() * step < 0.04  # a kernel a tenth wider or narrower gives 0.07 and more
