"""The gradient in the top subspace, and its rebuttal: Dom-SGD stalls, Bulk-SGD trains (METHODS D3, 3.6)."""

from functools import cache, partial

import numpy as np
import pytest
import torch
from torch import nn

import lossatlas as la
from lossatlas.analyses.subspace import Projected, overlap, share
from lossatlas.errors import InputError
from lossatlas.zoo.mlp import mlp

STEPS = (0, 10, 20, 40, 60, 80, 120, 160)


@cache
def run():
    """A digits MLP and its points along SGD with momentum."""
    source = la.zoo.read("digits")
    data = la.zoo.prepare(source.train, mean=source.mean, std=source.std, scale=source.scale)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = mlp((64, 32, 10))
    objective = la.Objective.from_module(net, data, "cross_entropy", batch_size=50)
    points = {}

    def keep(step, point, state):
        if step in STEPS:
            points[step] = {name: t.detach().clone() for name, t in point.items()}

    la.fit(objective, optimizer=partial(torch.optim.SGD, lr=0.05, momentum=0.9), steps=max(STEPS), hooks=[keep])
    return objective, points


@cache
def along():
    return la.gradient_subspace(*run())


def quadratic(n=6):
    """Mean of ½‖θ − x‖² scaled by curvatures 1 … n: its Hessian is diag(1 … n) and its gradient diag(1 … n)(θ − mean x)."""
    class Point(nn.Module):
        def __init__(self):
            super().__init__()
            self.theta = nn.Parameter(torch.arange(1.0, n + 1).double())

        def forward(self, x):
            return self.theta - x

    g = torch.Generator().manual_seed(0)
    x = torch.randn(7, n, generator=g).double()
    curvature = torch.arange(1.0, n + 1).double()
    return la.Objective.from_module(Point(), (x, torch.zeros(7)), lambda d, _: 0.5 * (d**2 * curvature).sum(1), batch_size=3,
                                    layout={"theta": "zero"}), x.mean(0), curvature


def test_a_quadratic_has_its_closed_form():
    objective, mean, curvature = quadratic()
    points = {3: {"theta": mean + torch.ones(6).double()}, 0: {"theta": mean + torch.eye(6).double()[5]}, 5: {"theta": mean}}
    ds = la.gradient_subspace(objective, points, 2, tol=1e-8)
    assert ds["step"].values.tolist() == [0, 3, 5]
    squares = curvature.numpy() ** 2
    assert np.allclose(ds["f_top"][:2], [1.0, squares[-2:].sum() / squares.sum()])
    assert ds["gradient_norm"][2] < 1e-12 and np.allclose(ds["eigenvalue"], [[6, 5]] * 3)
    assert np.isnan(ds["overlap_previous"][0]) and np.allclose(ds["overlap_previous"][1:], 1) and np.allclose(ds["overlap_last"], 1)
    assert ds.attrs["random_baseline"] == 2 / 6 and bool(ds["converged"].all())


def test_a_gradient_of_zero_has_no_share_and_subspaces_overlap_as_they_should():
    eye = torch.eye(4)
    assert np.isnan(share(eye[:, :2], torch.zeros(4))) and share(eye[:, :2], torch.tensor([3.0, 0, 4, 0])) == pytest.approx(9 / 25)
    assert overlap(eye[:, :2], eye[:, 1:3]) == 0.5


def test_the_gradient_moves_into_the_top_subspace_which_settles():
    ds = along()
    top, last = ds["f_top"].values, ds["overlap_last"].values
    assert top[1:3].max() < 0.1 and (top[-3:] > 0.5).all()  # 0.03, 0.01 and then 0.90, 0.92, 0.97
    assert ds.attrs["random_baseline"] < 0.005 and ds.attrs["k"] == 10
    assert (np.diff(ds["overlap_previous"].values[-3:]) > 0).all() and ds["overlap_previous"][-1] > 0.9 and last[0] < 0.3
    assert last[-1] == pytest.approx(1) and bool(ds["converged"].all())
    assert ds["products"].values[-1] < ds["products"].values[0] / 2  # each starts from the one before


def test_top_eigenvectors_are_those_of_a_cold_start():
    objective, points = run()
    gradient = torch.autograd.functional.jacobian(
        lambda *t: objective.value(dict(zip(objective.params, t, strict=True))), tuple(points[160][n] for n in objective.params))
    found = la.eigenpairs(la.hessian(objective, points[160]), 10, tol=1e-4)
    cold = share(found.vectors, torch.cat([g.reshape(-1) for g in gradient]).float())
    assert float(along()["f_top"][-1]) == pytest.approx(cold, rel=1e-2)


def test_training_in_the_top_subspace_stalls_and_outside_it_works():
    objective, points = run()
    before = {n: t.clone() for n, t in objective.point().items()}
    ds = la.subspace_sgd(objective, points[80], lr=0.3, steps=48, every=6)
    start = float(ds["loss"].sel(update="SGD", step=0))
    gained = {str(name): start - float(ds["loss"].sel(update=name)[-1]) for name in ds["update"].values}
    assert gained["SGD"] > 0.05 and gained["Bulk-SGD"] > 0.7 * gained["SGD"] and gained["Dom-SGD"] < 0.2 * gained["SGD"]
    assert (ds["f_top"] > 0.5).all()  # most of every gradient is in the subspace that does not train
    assert all(torch.equal(before[n], t) for n, t in objective.point().items())


def test_sgd_is_plain_sgd():
    objective, points = run()
    ds = la.subspace_sgd(objective, points[80], lr=0.2, steps=4, every=4, seed=3)
    plain = la.fit(objective, init=points[80], optimizer=partial(torch.optim.SGD, lr=0.2), steps=4, seed=3)
    assert float(ds["loss"].sel(update="SGD", step=4)) == pytest.approx(float(objective.value(plain.point)), rel=1e-5)


def test_a_run_that_diverges_ends_in_nan():
    objective, points = run()
    with pytest.warns(RuntimeWarning, match="training stopped"), pytest.warns(RuntimeWarning, match="subspaces did not converge"):
        ds = la.subspace_sgd(objective, points[20], lr=1e12, steps=4, every=1)
    assert np.isnan(ds["loss"].sel(update="SGD").values[-1]) and np.isfinite(ds["loss"].sel(step=0)).all()


def test_parts_of_a_step_add_up():
    vectors = torch.linalg.qr(torch.randn(6, 2, generator=torch.Generator().manual_seed(0)))[0]
    moved = {}
    for kind in ("all", "dominant", "bulk"):
        tensors = [torch.zeros(4, requires_grad=True), torch.zeros(2, requires_grad=True), torch.zeros(0, requires_grad=True)]
        tensors[0].grad = torch.tensor([1.0, 2, 3, 4])  # the second has none
        Projected(tensors, lr=0.5, kind=kind, vectors=vectors).step()
        moved[kind] = torch.cat([t.detach() for t in tensors])
    assert torch.allclose(moved["dominant"] + moved["bulk"], moved["all"], atol=1e-6)
    assert torch.allclose(moved["dominant"], vectors @ (vectors.T @ moved["all"]), atol=1e-6)
    assert float((vectors.T @ moved["bulk"]).abs().max()) < 1e-6


def test_both_are_drawn():
    figure = la.figures.scan(along())
    assert figure.panels[0].y.label == "gradient in top subspace, share"
    assert "holds 0.0041 of a gradient" in figure.caption
    objective, points = run()
    figure = la.figures.scan(la.subspace_sgd(objective, points[160], steps=2, every=1))
    assert len(figure.panels) == 2
    text = str(figure.to_dict())
    assert all(name in text for name in ("SGD", "Dom-SGD", "Bulk-SGD"))


@pytest.mark.parametrize(("call", "words"), [
    (lambda o, p: la.gradient_subspace(o, {}), "points are empty"), (lambda o, p: la.gradient_subspace(o, [p[0]]), "points are a list"),
    (lambda o, p: la.gradient_subspace(o, {"a": p[0]}), "the keys"), (lambda o, p: la.gradient_subspace(o, p, 0), "k is 0"),
    (lambda o, p: la.gradient_subspace({"train": o}, p), "of a train/test pair"), (lambda o, p: la.subspace_sgd(o, every=0), "every is 0"),
    (lambda o, p: la.subspace_sgd(o, lr=-1), "lr is -1"), (lambda o, p: la.subspace_sgd(o, steps=0), "steps is 0")])
def test_what_does_not_fit_is_refused(call, words):
    with pytest.raises(InputError, match=words):
        call(*run())
