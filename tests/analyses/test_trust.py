"""Rows A12 and A15: what a slice can show, against dense autograd Hessians, Monte Carlo and the definitions."""

import warnings

import cases
import numpy as np
import oracles
import pytest
import torch
import torch.nn.functional as F
from scipy.linalg import eigh
from torch import nn
from torch.func import functional_call

import lossatlas as la
from lossatlas.analyses import trace_weights


def smooth():
    """A small float64 network that is smooth, with its data and its loss as a function of one vector."""
    model = cases.seeded(lambda: nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3))).double()
    x, y = cases.blobs(n=30, d=4, dtype=torch.float64)
    names = [n for n, _ in model.named_parameters()]
    shapes = [p.shape for p in model.parameters()]

    def loss(theta):
        parts = torch.split(theta, [s.numel() for s in shapes])
        return F.cross_entropy(functional_call(model, {n: p.reshape(s) for n, p, s in zip(names, parts, shapes, strict=True)}, (x,)), y)

    theta = torch.cat([p.detach().flatten() for p in model.parameters()])
    return la.Objective.from_module(model, (x, y), "cross_entropy", batch_size=7), loss, theta, dict(zip(names, shapes, strict=True))


def flat(d, shapes):
    return torch.cat([d[n].flatten() if n in d else torch.zeros(s.numel()).double() for n, s in shapes.items()])


def test_slice_hessian_against_the_dense_one():
    objective, loss, theta, shapes = smooth()
    plane = la.random_slice(objective, dims=("a", "b", "c"), normalize="none")
    d = torch.stack([flat(axis, shapes) for axis in plane.axes])
    for u in (None, [0.3, -0.2, 0.5]):
        here = theta if u is None else theta + torch.tensor(u, dtype=torch.float64) @ d
        hessian = d @ oracles.dense_hessian(loss, here) @ d.T
        out = la.slice_hessian(objective, plane, u)
        assert np.allclose(out["hessian"], hessian, rtol=1e-9, atol=1e-12) and np.allclose(out["gram"], d @ d.T)
        assert np.allclose(out["curvatures"], eigh(hessian.numpy(), (d @ d.T).numpy(), eigvals_only=True), rtol=1e-9)


def test_negative_curvature_of_a_slice_proves_negative_curvature():
    objective, loss, theta, shapes = smooth()
    values, vectors = torch.linalg.eigh(oracles.dense_hessian(loss, theta))
    assert values[0] < 0
    parts = torch.split(vectors[:, 0], [s.numel() for s in shapes.values()])
    down = {n: p.reshape(s) for (n, s), p in zip(shapes.items(), parts, strict=True)}
    plane = la.Slice(objective.point(), (down, {n: t + 0.1 for n, t in down.items()}))
    assert float(values[0]) * (1 + 1e-9) <= la.slice_hessian(objective, plane)["curvatures"][0] <= float(values[0]) * (1 - 1e-9)
    for seed in range(5):  # and no slice sees more than is there
        seen = la.slice_hessian(objective, la.random_slice(objective, seed=seed))["curvatures"]
        assert float(values[0]) <= seen.min() and seen.max() <= float(values[-1])


def test_slice_hessian_agrees_with_the_finite_differences_of_a_sweep():
    objective, *_ = smooth()
    plane = la.random_slice(objective)
    h = 1e-3
    ds = la.sweep(la.probes.loss(objective), plane, {"alpha": [-h, 0, h], "beta": [-h, 0, h]})
    out, exact = la.nonconvexity(ds), la.slice_hessian(objective, plane)["curvatures"]
    assert [out["lambda_min"].item(), out["lambda_max"].item()] == pytest.approx(exact.tolist(), rel=1e-4)


def test_slice_hessian_of_a_line_is_of_the_function_that_sweep_draws():
    """Under eval the running statistics stay frozen along a line, in the sweep and in the Hessian."""
    models = [cases.convbn(seed=s).double() for s in (0, 1)]
    x, y = cases.images()
    a, b = (la.Objective.from_module(m, (x, y), "cross_entropy") for m in models)
    family, h, at = la.line(a.point(), b.point()), 1e-5, 0.3
    for bn in ("eval", "interpolate"):
        o = a.with_bn(bn)
        v = la.sweep(la.probes.loss(o), family, {"alpha": [at - h, at, at + h]})["loss"].values
        assert la.slice_hessian(o, family, [at])["hessian"][0, 0] == pytest.approx((v[0] - 2 * v[1] + v[2]) / h**2, rel=2e-2)


def test_a_linear_function_has_no_curvature():
    objective = la.Objective.from_module(
        oracles.Surface(lambda u, v, x: u * x + 2 * v), (torch.ones(4).double(),) * 2, oracles.itself, layout={"uv": None}
    )
    axes = ({"uv": torch.tensor([1.0, 0.0]).double()}, {"uv": torch.tensor([0.0, 1.0]).double()})
    assert not la.slice_hessian(objective, la.Slice(objective.point(), axes))["hessian"].any()
    assert la.expected_curvature(objective)["isotropic"] == 0


def test_expected_curvature_of_the_dense_hessian():
    objective, loss, theta, shapes = smooth()
    hessian = oracles.dense_hessian(loss, theta)
    out = la.expected_curvature(objective)
    assert out["isotropic"] == pytest.approx(float(torch.trace(hessian)) / len(theta), rel=1e-9)
    top = below = 0.0  # Σ_f (‖θ_f‖²/n_f)·tr(H_ff) / Σ_f ‖θ_f‖² by explicit loops over the rows of the two weights
    start = 0
    for name, shape in shapes.items():
        if name.endswith("weight"):
            for row in range(shape[0]):
                where = slice(start + row * shape[1], start + (row + 1) * shape[1])
                square = float((theta[where] ** 2).sum())
                top, below = top + square / shape[1] * float(hessian.diagonal()[where].sum()), below + square
        start += shape.numel()
    assert out["mean"] == pytest.approx(top / below, rel=1e-9)


@pytest.mark.parametrize("normalize", ["filter", "layer", "weight", "none"])
def test_the_trace_identity_by_monte_carlo(normalize):
    """E[dᵀHd] = Σ w_i H_ii over 3000 directions, within four standard errors that are small against the value."""
    objective, loss, theta, shapes = smooth()
    hessian = oracles.dense_hessian(loss, theta)
    w = flat(trace_weights(objective.params, objective.layout, normalize=normalize), shapes)
    d = torch.stack(
        [flat(la.random_direction(objective.params, objective.layout, normalize=normalize, seed=s), shapes) for s in range(3000)]
    )
    seen = ((d @ hessian) * d).sum(1)
    expected, error = float((w * hessian.diagonal()).sum()), float(seen.std() / 3000**0.5)
    assert abs(float(seen.mean()) - expected) < 4 * error < 0.3 * abs(expected)
    assert torch.allclose((d**2).mean(0), w, rtol=0.35)  # entry by entry, w is the variance of the direction
    if normalize in ("filter", "layer"):  # ‖d‖² is the same for every direction: the normalized mean is exact, too
        assert torch.allclose((d**2).sum(1), w.sum().expand(3000), rtol=1e-9)
        mean = la.expected_curvature(objective, normalize=normalize)["mean"]
        assert float((seen / (d**2).sum(1)).mean()) == pytest.approx(mean, abs=4 * error / float(w.sum()))


def test_filter_and_isotropic_means_can_differ_in_sign():
    """The planted case of METHODS A12: a direction-weighted trace says nothing about tr(H)."""
    scale = torch.tensor([1.0, -10.0], dtype=torch.float64)

    class TwoFilters(nn.Module):
        def __init__(self):
            super().__init__()
            self.rows = nn.Linear(1, 2, bias=False, dtype=torch.float64)
            with torch.no_grad():
                self.rows.weight.copy_(torch.tensor([[10.0], [0.1]]))

        def forward(self, x):
            return (self.rows(x) ** 2 * scale).sum(1)

    objective = la.Objective.from_module(TwoFilters(), (torch.ones(3, 1).double(), torch.ones(3)), oracles.itself)
    out = la.expected_curvature(objective)
    assert out["isotropic"] == pytest.approx((2 - 20) / 2) and out["mean"] == pytest.approx((100 * 2 - 0.01 * 20) / 100.01)


def test_the_penalty_has_its_curvature_also_where_weights_are_zero():
    objective = la.Objective.from_module(oracles.Rows((0.0, 1.0)), oracles.bowl_data((0.0, 0.0)), "mse", penalty=3.0)
    assert la.expected_curvature(objective)["isotropic"] == pytest.approx(2 + 3)


def test_too_many_parameters_for_an_exact_diagonal():
    big = la.Objective.from_module(nn.Linear(200, 101), (torch.ones(2, 200), torch.zeros(2, dtype=torch.long)), "cross_entropy")
    with pytest.raises(la.InputError, match="20,301, the limit is 20,000"):
        la.expected_curvature(big)


# ---- A15 -------------------------------------------------------------------------------------------------------


def test_points_over_a_slice_are_in_its_units_with_what_it_cannot_show():
    objective = la.Objective.from_module(oracles.Rows((0.0,) * 4), oracles.bowl_data((1.0, 2.0, 3.0, 4.0)), "mse")
    u, v = ({"row.weight": torch.tensor([w]).double()} for w in ([2.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0]))
    plane = la.Slice(objective.point(), (u, v), ("a", "b"))
    points = [{"row.weight": torch.tensor([p], dtype=torch.float64)} for p in ([3.0, 1.0, 0.0, 0.0], [3.0, 1.0, 3.0, 4.0], [0.0] * 4)]
    ds = la.faithfulness(objective, plane, points, labels=["on", "off", "centre"])
    assert np.allclose(ds["a"], [1, 1, 0]) and np.allclose(ds["b"], [1, 1, 0])
    assert np.allclose(ds["off_slice"], [0, 5, 0]) and np.allclose(ds["relative_off_slice"], [0, 5 / 35**0.5, 0])
    assert np.allclose(ds["loss"], [4 + 1 + 9 + 16, 4 + 1, 30]) and np.allclose(ds["plane_loss"], [30, 30, 30])
    assert ds["label"].values.tolist() == ["on", "off", "centre"] and ds.attrs["kind"] == "points"


def test_the_plane_loss_is_what_the_picture_shows_there():
    models, data = [cases.convbn(seed=s) for s in (0, 1, 2)], cases.images()
    objectives = [la.Objective.from_module(m, data, "cross_entropy", batch_size=8) for m in models]
    line = la.line(objectives[0].point(), objectives[1].point())
    ds = la.faithfulness(objectives[0], line, [objectives[1].point(), objectives[2].point()])
    swept = la.sweep(la.probes.loss(objectives[0]), line, {"alpha": sorted(ds["alpha"].values)})
    for alpha, shown in zip(ds["alpha"].values, ds["plane_loss"].values, strict=True):
        assert shown == swept["loss"].sel(alpha=alpha).item()
    assert ds["loss"].values.tolist() == [float(o.value()) for o in objectives[1:]]  # each with its own statistics
    assert ds["off_slice"].values[0] < 1e-6 < ds["off_slice"].values[1]


def test_points_from_checkpoints_need_no_unsaved_buffers():
    model, data, loss = cases.every()["buffers"]
    objective = la.Objective.from_module(model, data, loss)
    point = {n: t for n, t in model.state_dict().items() if t.is_floating_point()}
    assert "scale" not in point  # not persistent
    plane = la.random_slice(objective)
    ds = la.faithfulness(objective, plane, [point])
    assert ds["off_slice"].item() == 0 and ds["loss"].item() == float(objective.value())
    assert plane.describe()["n_parameters"] == 21  # a buffer is no parameter


def test_no_points_and_points_of_another_network():
    objective = la.Objective.from_module(*cases.every()["mlp"])
    with pytest.raises(la.InputError, match="points is empty"):
        la.faithfulness(objective, la.random_slice(objective), [])
    with pytest.raises(la.InputError, match="point 0 is a point of another network"):
        la.faithfulness(objective, la.random_slice(objective), [{"x": torch.ones(2)}])


def test_of_complex_parameters_no_part_is_dropped_silently():
    x = torch.randn(5, 4, generator=torch.Generator().manual_seed(0)).to(torch.complex64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch: complex modules are new
        objective = la.Objective.from_module(nn.Linear(4, 2, dtype=torch.complex64), (x, torch.zeros(5)),
                                             lambda out, y: (out - 0.3).abs().square().sum(1))
    for call in (lambda: trace_weights(objective.params, objective.layout), lambda: la.expected_curvature(objective)):
        with pytest.raises(la.InputError, match=r"'weight' is complex \(torch.complex64\).*la.slice_hessian"):
            call()
    curvature = la.slice_hessian(objective, la.random_slice(objective))  # of a convex quadratic
    assert (curvature["curvatures"] > 0).all()


def test_the_curvature_of_what_moves_only():
    """``params`` as for a random slice: other entries have no weight, and the mean is that of the block."""
    objective, loss, theta, shapes = smooth()
    name = "2.weight"
    weights = trace_weights(objective.params, objective.layout, params=name)
    assert {n for n, w in weights.items() if w.any()} == {name} == set(la.random_slice(objective, params=name).axes[0])
    diagonal = oracles.dense_hessian(loss, theta).diagonal()
    w = flat(weights, shapes)
    mean = la.expected_curvature(objective, params=name)["mean"]
    assert mean == pytest.approx(float((w * diagonal).sum() / w.sum()), rel=1e-9) != la.expected_curvature(objective)["mean"]
    with pytest.raises(la.InputError, match="no parameter matches"):
        la.expected_curvature(objective, params="nothing.*")
