"""PCA by a Gram matrix against singular values and scikit-learn, at their own shapes: few long rows."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from lossatlas.errors import InputError
from lossatlas.numerics.pca import COARSE, gram, held, pca


def walk(m=12, n=700, seed=0, dtype=torch.float64):
    """A random walk about its end, as rows θ_i − θ_n."""
    x = torch.randn(m, n, generator=torch.Generator().manual_seed(seed), dtype=dtype).cumsum(0)
    return x - x[-1]


def cut(x, width=97):
    return lambda: x.split(width, dim=1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_components_are_right_singular_vectors(dtype, centred, seed):
    x = walk(seed=seed, dtype=dtype)
    found = pca(cut(x), 3, centred=centred)
    rows = x.double().numpy()
    _, values, vectors = np.linalg.svd(rows - rows.mean(0) if centred else rows, full_matrices=False)
    tight = 1e-12 if dtype == torch.float64 else 1e-6
    assert found.components.shape == (3, 700) and found.components.dtype == dtype
    assert np.abs(np.abs(vectors[:3] @ found.components.double().numpy().T) - np.eye(3)).max() < tight
    shares = values**2 / (values**2).sum()
    assert np.allclose(found.explained if centred else found.motion, shares[:3], atol=tight)
    assert np.allclose(found.coordinates, rows @ found.components.double().numpy().T, atol=1e3 * tight)
    assert np.allclose(found.squares, (rows**2).sum(1), rtol=tight)


def test_both_shares_are_what_they_say_whatever_is_centred():
    x = walk(seed=3).numpy()
    for centred in (True, False):
        found = pca(cut(torch.from_numpy(x)), 2, centred=centred)
        plane = found.components.numpy()
        residual = x - (x @ plane.T) @ plane
        assert found.motion.sum() == pytest.approx(1 - (residual**2).sum() / (x**2).sum(), abs=1e-12)
        about = x - x.mean(0)
        assert found.explained == pytest.approx(((about @ plane.T) ** 2).sum(0) / (about**2).sum(), abs=1e-12)
        assert np.allclose(held(cut(torch.from_numpy(x)), found.components), (found.explained, found.motion), atol=1e-12)


@pytest.mark.parametrize("shape", [(7, 400), (30, 20)])
def test_as_scikit_learn_has_it(shape):
    x = walk(*shape, seed=4)
    ours, theirs = pca(cut(x, 13), 2), PCA(2, svd_solver="full").fit(x.numpy())
    assert np.allclose(ours.explained, theirs.explained_variance_ratio_, atol=1e-12)
    assert np.abs(np.abs(ours.components.numpy() @ theirs.components_.T) - np.eye(2)).max() < 1e-10


def test_small_components_of_float32_rows_are_found_in_float64():
    basis = torch.linalg.qr(torch.randn(900, 2, generator=torch.Generator().manual_seed(6))).Q.T
    x = torch.outer(torch.linspace(1, 0, 40), basis[0]) + 1e-3 * torch.outer(torch.linspace(1, 0, 40) ** 2, basis[1])
    x = (x - x[-1]).float()
    found = pca(cut(x), 2)
    assert found.explained[1] < COARSE, "so small that products of float32 would not do"
    rows = x.double().numpy()
    vectors = np.linalg.svd(rows - rows.mean(0), full_matrices=False)[2]
    assert abs(vectors[1] @ found.components[1].double().numpy()) > 1 - 1e-6


def test_the_blocks_do_not_matter():
    x = walk(m=9, n=10_000, seed=7, dtype=torch.float32)
    narrow, wide = gram(cut(x, 100))[0], gram(cut(x, 10_000))[0]
    exact = x.double().numpy() @ x.double().numpy().T
    scale = np.sqrt(np.outer(np.diag(exact), np.diag(exact))) + 1e-300
    assert max(np.abs((g - exact) / scale).max() for g in (narrow, wide)) < 1e-6
    assert np.allclose(gram(cut(x, 100), wide=True)[0], exact, rtol=1e-12, atol=1e-9)


def test_the_farthest_row_lies_at_positive_coordinates_and_components_are_orthonormal():
    found = pca(cut(walk(seed=8, dtype=torch.float32)), 4)
    assert (found.coordinates[np.abs(found.coordinates).argmax(0), range(4)] > 0).all()
    assert torch.allclose(found.components @ found.components.T, torch.eye(4), atol=1e-6)


@pytest.mark.parametrize(("rows", "words"), [
    (torch.zeros(1, 5), "one point"),
    (torch.zeros(6, 5), "all the same"),
    (torch.outer(torch.arange(6.0), torch.ones(5)), "on one line"),
    (torch.cat([walk(5, 30, dtype=torch.float32), torch.full((1, 30), torch.nan)]), "point 5 has weights that are NaN"),
])
def test_what_has_no_plane_is_refused(rows, words):
    with pytest.raises(InputError, match=words):
        pca(cut(rows, 4), 2)


def test_components_must_be_a_number():
    with pytest.raises(InputError, match="components is 0"):
        pca(cut(walk()), 0)


def test_rows_are_named_in_errors():
    rows = torch.cat([walk(3, 8), torch.full((1, 8), torch.inf, dtype=torch.float64)])
    with pytest.raises(InputError, match="step 30 of a has weights"):
        pca(cut(rows), 2, names=["step 0 of a", "step 10 of a", "step 20 of a", "step 30 of a"])
