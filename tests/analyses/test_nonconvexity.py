"""Point 8 and the definition of issue 2: non-convexity and sharpness on planted surfaces."""

import math

import cases
import numpy as np
import oracles
import pytest
import torch
import xarray as xr

import lossatlas as la
from lossatlas.analyses.slices import curvatures

GRID = {"alpha": la.axis(-1, 1, 15), "beta": la.axis(-1, 1, 11)}


def surface(f, axes=((1.0, 0.0), (0.0, 1.0)), coords=GRID, noise=None, n=48):
    """f(u, v) + noise_i over a plane; ``noise(u, v, x_i)`` is what single examples add."""
    x = torch.randn(n, generator=cases.gen(2), dtype=torch.float64)
    x = x - x.mean()
    model = oracles.Surface(lambda u, v, x: f(u, v) + (noise(u, v, x) if noise else 0 * x))
    objective = la.Objective.from_module(model, (x, x), oracles.itself, layout={"uv": None})
    family = la.Slice(objective.point(), tuple({"uv": torch.tensor(a, dtype=torch.float64)} for a in axes), tuple(coords))
    return la.sweep(la.probes.loss(objective), family, coords)


def test_a_convex_bowl_has_none_and_its_curvatures_are_exact():
    out = la.nonconvexity(surface(lambda u, v: 3 * u**2 + 0.5 * v**2 + u * v))
    low, high = np.linalg.eigvalsh([[6, 1], [1, 1]])
    assert (
        out["lambda_min"].shape == (13, 9)
        and np.allclose(out["lambda_min"], low, rtol=1e-9)
        and np.allclose(out["lambda_max"], high, rtol=1e-9)
    )
    assert out["nonconvexity"].item() == 0 and out["cells"].item() == 13 * 9
    assert np.array_equal(out["alpha"], GRID["alpha"][1:-1]) and np.array_equal(out["beta"], GRID["beta"][1:-1])


def test_a_saddle_is_all_and_a_dome_is_all():
    assert la.nonconvexity(surface(lambda u, v: u**2 - v**2))["nonconvexity"].item() == 1
    assert la.nonconvexity(surface(lambda u, v: -(u**2) - 2 * v**2))["nonconvexity"].item() == 1


@pytest.mark.parametrize("share,expected", [(-0.02, 1), (-0.005, 0), (0.0, 0)])
def test_the_threshold_is_one_percent_of_the_larger_curvature(share, expected):
    assert la.nonconvexity(surface(lambda u, v: u**2 + share * v**2))["nonconvexity"].item() == expected


def test_a_rippled_surface_is_nonconvex_where_its_second_derivative_says():
    """u² + v² + a·sin(ku): ∂²/∂u² = 2 − a k² sin(ku) on the lattice's own finite differences."""
    k, a = 9.0, 0.1
    ds = surface(lambda u, v: u**2 + v**2 + a * torch.sin(k * u), coords={"alpha": la.axis(-1, 1, 61), "beta": la.axis(-1, 1, 7)})
    out = la.nonconvexity(ds)
    h = 2 / 60
    second = 2 - a * np.sin(k * ds["alpha"].values[1:-1]) * (2 - 2 * math.cos(k * h)) / h**2
    assert np.allclose(out["lambda_min"], np.minimum(second, 2)[:, None], atol=1e-8)
    expected = np.mean(np.minimum(second, 2) < -0.01 * np.maximum(second, 2))
    assert 0.2 < expected < 0.6 and out["nonconvexity"].item() == pytest.approx(expected)


@pytest.mark.parametrize("axes", [((1.0, 0.0), (1.0, 0.05)), ((3.0, 0.0), (0.0, 0.01)), ((2.0, 1.0), (1.0, 3.0))])
def test_axes_that_are_not_orthonormal_change_nothing(axes):
    """Principal curvatures belong to the surface: the Gram matrix undoes the axes. Coordinates alone would be far off."""
    out = la.nonconvexity(surface(lambda u, v: u**2 + 0.3 * v**2, axes))
    assert np.allclose(out["lambda_min"], 0.6, rtol=1e-6) and np.allclose(out["lambda_max"], 2.0, rtol=1e-6)
    basis = np.array(axes)
    plain = np.linalg.eigvalsh(basis @ np.diag([2, 0.6]) @ basis.T)
    assert not np.allclose(plain, [0.6, 2.0], rtol=0.1)


def test_the_order_of_dims_does_not_matter():
    ds = surface(lambda u, v: u**2 + 0.3 * v**2 + u**3, ((3.0, 0.0), (0.5, 0.01)))
    a, b = la.nonconvexity(ds), la.nonconvexity(ds.transpose("beta", "alpha", ...))
    assert np.allclose(a["lambda_min"], b["lambda_min"].transpose("alpha", "beta"), rtol=1e-9)
    assert a["nonconvexity"].item() == b["nonconvexity"].item()


def test_what_the_examples_cannot_tell_is_not_counted():
    """A dent smaller than the noise between examples is not counted; the same dent, agreed on by all, is."""

    def dented(u, v):
        return u**2 - 0.1 * v**2

    def noisy(u, v, x):
        return 2.0 * x * v**2

    certain, uncertain = la.nonconvexity(surface(dented)), la.nonconvexity(surface(dented, noise=noisy))
    assert np.allclose(certain["lambda_min"], uncertain["lambda_min"], atol=1e-8)
    assert certain["nonconvexity"].item() == 1 and uncertain["nonconvexity"].item() == 0
    constant = la.nonconvexity(surface(dented, noise=lambda u, v, x: 100 * x))  # large stderr of the loss, none of its curvature
    assert constant["nonconvexity"].item() == 1
    assert float(constant["excess_stderr"].max()) < 1e-6 < float(uncertain["excess_stderr"].min())


def test_the_error_is_that_of_the_mean_curvature_over_examples():
    """λ_min here is the mean of −0.2 + 4 x_i over examples, whose standard error is plain."""
    out = la.nonconvexity(surface(lambda u, v: u**2 - 0.1 * v**2, noise=lambda u, v, x: 2.0 * x * v**2, n=480))
    x = torch.randn(480, generator=cases.gen(2), dtype=torch.float64).numpy()
    plain = 4 * x.std(ddof=1) / math.sqrt(480)
    assert np.allclose(out["excess_stderr"], plain, rtol=0.45) and out["excess_stderr"].std() < 1e-6


def test_holes_are_left_out_and_counted():
    ds = surface(lambda u, v: u**2 - v**2)
    ds["loss"][7, 5] = np.nan
    out = la.nonconvexity(ds)
    assert out["cells"].item() == 13 * 9 - 9 and out["nonconvexity"].item() == 1 and np.isnan(out["lambda_min"][6, 4])
    ds["loss"][...] = np.inf
    assert np.isnan(la.nonconvexity(ds)["nonconvexity"].item())


def test_repeats_and_splits_are_kept_with_their_own_gram_matrices():
    objective = la.Objective.from_module(*cases.every()["mlp"], batch_size=50)
    coords = {"alpha": la.axis(-1, 1, 5), "beta": la.axis(-1, 1, 4)}
    repeats = la.random_slice(objective, repeats=3)
    pair = {"train": objective, "test": objective.with_data(cases.blobs(seed=7))}
    out = la.nonconvexity(la.sweep(la.probes.loss(pair), repeats, coords))
    assert dict(out["nonconvexity"].sizes) == {"repeat": 3, "split": 2}
    for k in range(3):
        alone = la.nonconvexity(la.sweep(la.probes.loss(pair["test"]), repeats[k], coords))
        assert np.allclose(out["lambda_min"].sel(repeat=k, split="test"), alone["lambda_min"], rtol=1e-9)


def test_curvatures_against_the_generalized_eigenvalues():
    from scipy.linalg import eigh

    rng = np.random.default_rng(0)
    f, gram = rng.normal(size=(3, 3)), np.array([[2.0, 0.7], [0.7, 1.0]])
    ha, hb = 0.3, 0.7
    h = [
        [(f[2, 1] - 2 * f[1, 1] + f[0, 1]) / ha**2, (f[2, 2] - f[2, 0] - f[0, 2] + f[0, 0]) / (4 * ha * hb)],
        [0, (f[1, 2] - 2 * f[1, 1] + f[1, 0]) / hb**2],
    ]
    h[1][0] = h[0][1]
    low, high = curvatures(f, [ha, hb], gram)
    assert np.allclose([low[0, 0], high[0, 0]], eigh(h, gram, eigvals_only=True))


def test_what_is_no_slice_is_refused():
    ds = surface(lambda u, v: u**2 + v**2)
    with pytest.raises(la.InputError, match="at least 3 equally spaced"):
        la.nonconvexity(ds.isel(alpha=[0, 1]))
    with pytest.raises(la.InputError, match="at least 3 equally spaced"):
        la.nonconvexity(ds.isel(alpha=[0, 1, 3, 4]))
    with pytest.raises(la.InputError, match="two coordinates"):
        la.nonconvexity(ds.isel(alpha=0, drop=True))


# ---- sharpness -------------------------------------------------------------------------------------------------


def test_sharpness_against_a_direct_loop():
    objective = la.Objective.from_module(*cases.every()["mlp"], batch_size=16)
    out = la.sharpness(objective, seed=4)
    here, rises = float(objective.value()), []
    for k in range(10):
        d = la.random_direction(objective.params, objective.layout, seed=4, repeat=k)
        rises.append(float(objective.value({n: t + 0.5 * d[n] if n in d else t for n, t in objective.point().items()})) - here)
    assert np.allclose(out["rise"], rises, rtol=1e-5)
    assert out["sharpness"].item() == pytest.approx(np.mean(rises), rel=1e-5)
    assert out["sharpness_stderr"].item() == pytest.approx(np.std(rises, ddof=1) / math.sqrt(10), rel=1e-5)
    assert isinstance(out, xr.Dataset) and out.attrs["radius"] == 0.5 and out.attrs["directions"] == 10


def test_sharpness_of_a_quadratic_is_known():
    """‖θ‖² about θ: L(θ + r d) − L(θ) = 2 r θ·d + r²‖d‖², and one filter has ‖d‖ = ‖θ‖; the mean over d is r²‖θ‖²."""
    theta = [float(v) for v in np.linspace(-1, 1, 40)]
    objective = la.Objective.from_module(oracles.Rows(theta), oracles.bowl_data([0.0] * 40), "mse")
    out = la.sharpness(objective, directions=200, radius=0.5)
    expected = 0.25 * float(np.square(theta).sum())
    assert abs(out["sharpness"].item() - expected) < 4 * out["sharpness_stderr"].item() < expected
    assert out["sharpness_stderr"].item() == pytest.approx(2 * 0.5 * np.square(theta).sum() / math.sqrt(40) / math.sqrt(200), rel=0.2)


def test_sharpness_refuses_what_has_no_error_bar():
    objective = la.Objective.from_module(*cases.every()["mlp"])
    with pytest.raises(la.InputError, match="directions is 1; expected at least 2"):
        la.sharpness(objective, directions=1)
    with pytest.raises(la.InputError, match="radius is 0"):
        la.sharpness(objective, radius=0)
