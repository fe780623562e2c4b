"""Spectra, eigenvalue maps, eigenvectors as directions and what a slice sees, on small networks with dense Hessians beside them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import lossatlas as la
from lossatlas.analyses import trace_weights
from lossatlas.errors import InputError


def objective(seed=0, n=40, width=6, **options):
    draws = torch.Generator().manual_seed(seed)
    x, y = torch.randn(n, 5, generator=draws).double(), torch.randint(3, (n,), generator=draws)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = nn.Sequential(nn.Linear(5, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 3)).double()
    return la.Objective.from_module(model, (x, y), "cross_entropy", batch_size=16, **options)


def dense(o, point=None, **options):
    op = la.hessian(o, point, backend="reverse", **options)
    return (op @ torch.eye(op.shape[0], dtype=op.dtype)).numpy()


def test_a_spectrum_has_the_eigenvalues_the_trace_and_the_layers_of_the_dense_hessian(tmp_path):
    o = objective()
    truth = np.linalg.eigvalsh(dense(o))
    probe = la.probes.spectrum(o, top=4, which="both", density=(30, 5), per_layer=True, subsets=3, seed=1)
    ds = la.spectrum(probe, store=tmp_path / "s.zarr")
    assert ds.attrs["kind"] == "spectrum" and "point" not in ds.dims and not any(str(n).startswith("center_") for n in ds)
    wanted = np.r_[truth[::-1][:4], truth[:4][::-1]]
    np.testing.assert_allclose(ds["eigenvalue"], wanted, rtol=1e-4)
    assert (np.abs(ds["eigenvalue"] - wanted) <= ds["eigenvalue_error"] + 1e-12).all() and ds["eigen_converged"].all()
    assert abs(float(ds["trace"]) - truth.sum()) < 4 * float(ds["trace_stderr"])
    assert abs(float(ds["frobenius"]) - np.sqrt((truth**2).sum())) < 4 * float(ds["frobenius_stderr"])
    assert abs(np.trapezoid(ds["density"], ds["lambda"]) - 1) < 1e-2 and (ds["density_low"] <= ds["density_high"]).all()
    assert list(ds["layer"].values) == ["0", "2", "4"]
    for k, layer in enumerate(ds["layer"].values):
        block = np.linalg.eigvalsh(dense(o, params=f"{layer}.*"))
        assert abs(float(ds["layer_lambda_max"][k]) / block[-1] - 1) < 1e-2
        assert abs(float(ds["layer_lambda_min"][k]) - block[0]) < 1e-2 * max(abs(block[0]), 0.1 * block[-1])
        assert abs(float(ds["layer_trace"][k]) - block.sum()) < 5 * float(ds["layer_trace_stderr"][k]) + 1e-9
    each = [np.linalg.eigvalsh(dense(o.with_data(o.data.take(torch.arange(k, 40, 3)))))[::-1][:4] for k in range(3)]
    np.testing.assert_allclose(ds["subset_eigenvalue"][:, :4], each, rtol=2e-2, atol=1e-4)
    np.testing.assert_allclose(ds["eigenvalue_stderr"][:4], np.std(each, axis=0, ddof=1) / np.sqrt(3), rtol=0.2, atol=1e-4)
    again = la.open(tmp_path / "s.zarr")
    np.testing.assert_array_equal(again["eigenvalue"], ds["eigenvalue"])
    la.figures.spectrum(again).save(tmp_path / "s.png")


@pytest.mark.parametrize("operator", ["ggn", "fisher"])
def test_the_spectrum_of_semidefinite_matrices(operator):
    o = objective(penalty=None)
    op = la.ggn(o)
    truth = np.linalg.eigvalsh((op @ torch.eye(op.shape[0], dtype=op.dtype)).numpy())
    ds = la.spectrum(la.probes.spectrum(o, operator=operator, top=3))
    np.testing.assert_allclose(ds["eigenvalue"], truth[::-1][:3], rtol=1e-4)


def test_a_map_has_the_extreme_eigenvalues_of_every_cell_and_warm_starts_save_products(tmp_path):
    o = objective(width=12)
    plane = la.random_slice(o, seed=2)
    coords = {"alpha": la.axis(-0.3, 0.3, 5), "beta": la.axis(-0.15, 0.15, 3)}
    probe = la.probes.curvature(o)
    warm = la.sweep(probe, plane, coords, store=tmp_path / "m.zarr")
    cold = la.sweep(la.probes.curvature(o, warm=False), plane, coords)
    for i, a in enumerate(coords["alpha"]):
        for j, b in enumerate(coords["beta"]):
            if (i + j) % 6:
                continue
            truth = np.linalg.eigvalsh(dense(o, plane(torch.tensor([a, b]))))
            for ds in (warm, cold):
                assert abs(float(ds["lambda_max"][i, j]) / truth[-1] - 1) < 1e-2
                assert abs(float(ds["lambda_min"][i, j]) - truth[0]) < 1e-2 * max(abs(truth[0]), 0.02 * truth[-1])
                assert abs(float(ds["ratio"][i, j]) - abs(truth[0] / truth[-1])) < 2e-2
    assert warm["converged"].all() and cold["converged"].all()
    assert float(warm["products"].sum()) < 0.75 * float(cold["products"].sum())
    la.figures.slice(la.open(tmp_path / "m.zarr"), draw="heatmap").save(tmp_path / "m.png")


def test_a_map_goes_on_where_it_was_stopped_and_says_what_did_not_converge(tmp_path):
    o = objective()
    plane, coords = la.random_slice(o), {"alpha": la.axis(-1, 1, 3), "beta": la.axis(-1, 1, 2)}
    short = la.sweep(la.probes.curvature(o, tol=1e-6, steps=3), plane, coords)
    assert not short["converged"].any() and np.isfinite(short["lambda_max"]).all() and (short["products"] == 3).all()
    first = la.sweep(la.probes.curvature(o), plane, coords, store=tmp_path / "m.zarr/a")
    again = la.sweep(la.probes.curvature(o), plane, coords, store=tmp_path / "m.zarr/a")
    np.testing.assert_array_equal(first["lambda_max"], again["lambda_max"])


def test_a_cell_without_a_loss_is_nan_and_not_converged():
    o = objective()
    point = {n: t * 1e200 for n, t in o.point().items()}
    found = la.probes.curvature(replace(o, loss_name="own", loss=lambda outputs, targets: outputs.pow(4).sum(1)))(point)
    assert np.isnan(found["lambda_max"]) and np.isnan(found["ratio"]) and found["converged"] == 0
    nothing = la.probes.curvature(o)({n: torch.full_like(t, torch.nan) for n, t in o.point().items()})
    assert np.isnan(nothing["lambda_min"]) and nothing["products"] == 0


@pytest.mark.parametrize("which, places", [("largest", [-1, -2]), ("smallest", [0, 1]), ("both", [-1, 0])])
def test_slices_along_eigenvectors_curve_as_their_eigenvalues_say(which, places, tmp_path):
    o = objective()
    truth = np.linalg.eigvalsh(dense(o))
    plane = la.hessian_slice(o, which=which, keep=tmp_path)
    np.testing.assert_allclose(np.diag(la.slice_hessian(o, plane)["hessian"]), truth[places], rtol=1e-3)
    np.testing.assert_allclose(plane.about["eigenvalues"], truth[places], rtol=1e-3)
    same = la.hessian_slice(o, which=which, keep=tmp_path)
    assert all(torch.equal(a[n], b[n]) for a, b in zip(plane.axes, same.axes, strict=True) for n in a)
    assert same.spec() == plane.spec() and same.about["eigenvalues"] == plane.about["eigenvalues"]


def test_eigenvectors_of_a_layer_move_that_layer_only():
    o = objective()
    line = la.hessian_slice(o, dims="alpha", params="2.*")
    assert set(line.axes[0]) == {"2.weight", "2.bias"}
    np.testing.assert_allclose(line.about["eigenvalues"][0], np.linalg.eigvalsh(dense(o, params="2.*"))[-1], rtol=1e-3)


def test_what_a_slice_sees_is_the_weighted_mean_of_the_exact_diagonal():
    o = objective()
    plane = la.random_slice(o, seed=4)
    seen = la.curvature_seen(o, plane)
    np.testing.assert_allclose(seen["slice"], la.slice_hessian(o, plane)["curvatures"], rtol=1e-6)
    h = dense(o)
    assert seen["lambda_max"] == pytest.approx(np.linalg.eigvalsh(h)[-1], rel=1e-2)
    w = np.concatenate([t.reshape(-1).numpy() for t in trace_weights(o.params, o.layout).values()])
    assert abs(seen["expected"] - (w * np.diag(h)).sum() / w.sum()) < 4 * seen["expected_stderr"] + 1e-12


@pytest.mark.parametrize("call, words", [
    (lambda o: la.probes.spectrum("x"), "expected one Objective"),
    (lambda o: la.probes.spectrum(o, top=0), "top is 0"),
    (lambda o: la.probes.spectrum(o, operator="hesian"), "did you mean 'hessian'"),
    (lambda o: la.probes.spectrum(o, density=80), "expected .steps, probes."),
    (lambda o: la.probes.spectrum(o, subsets=1), "subsets is 1"),
    (lambda o: la.spectrum(o), "la.probes.spectrum"),
    (lambda o: la.probes.curvature(o, k=0), "k is 0"),
    (lambda o: la.probes.curvature(o, floor=2), "floor is 2; expected a share"),
    (lambda o: la.probes.curvature({"train": o}), "of a train/test pair"),
    (lambda o: la.hessian_slice(o, which="top"), "which is 'top'"),
    (lambda o: la.eigenpairs(la.hessian(o), 10_000), "but the operator has"),
    (lambda o: la.eigenpairs(la.hessian(o), 2, tol=2.0), "relative error"),
    (lambda o: la.eigenpairs(torch.ones(3)), "square operator"),
])
def test_bad_input(call, words):
    with pytest.raises(InputError, match=words):
        call(objective())
