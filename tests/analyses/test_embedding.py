"""Maps of points: principal components as numpy has them, neighbours kept, outliers named, and what a map lost in numbers."""

import numpy as np
import pytest
import torch
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

import lossatlas as la


def groups(seed=0, count=3, each=8, size=200):
    draws = np.random.default_rng(seed)
    centres = 5 * draws.normal(size=(count, size))
    return np.concatenate([centre + draws.normal(size=(each, size)) for centre in centres])


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_groups_stay_together_and_the_numbers_are_those_of_scikit_learn(seed):
    rows = groups(seed)
    found = la.embedding(rows, seed=seed)
    means = found.coordinates.reshape(3, 8, 2).mean(1)
    assert (np.linalg.norm(found.coordinates[:, None] - means, axis=2).argmin(1) == np.repeat(range(3), 8)).all()
    pca = PCA(23).fit(rows)
    assert found.pca_share == pytest.approx(pca.explained_variance_ratio_[:2].sum())
    assert np.abs(found.pca) == pytest.approx(np.abs(pca.transform(rows)[:, :2]))
    assert found.components == 23 and found.kept_share == pytest.approx(1)
    assert found.trustworthiness == pytest.approx(trustworthiness(rows, found.coordinates, n_neighbors=5))
    assert found.distance_correlation == pytest.approx(spearmanr(pdist(rows), pdist(found.coordinates)).statistic)
    assert found.trustworthiness > 0.9 and found.perplexity == pytest.approx(23 / 3) and not found.dropped


def test_the_seed_fixes_the_map_and_turning_the_points_does_not_change_it():
    rows = groups()
    first, again = la.embedding(rows), la.embedding(torch.from_numpy(rows).float())
    assert np.array_equal(first.coordinates, la.embedding(rows).coordinates) and first.record() == la.embedding(rows).record()
    np.testing.assert_allclose(again.pca, first.pca, rtol=1e-4, atol=1e-3)
    moved = la.embedding(rows + 7.0)
    assert moved.trustworthiness == pytest.approx(first.trustworthiness, abs=0.05)


def test_points_far_from_all_others_are_dropped_and_named():
    rows = np.concatenate([groups(), 1e4 * np.ones((1, 200))])
    found = la.embedding(rows)
    assert found.dropped == (24,) and np.isnan(found.coordinates[24]).all() and np.isfinite(found.coordinates[:24]).all()
    assert np.isfinite(found.pca).all() and found.record()["dropped"] == [24]
    assert found.pca_share == pytest.approx(la.embedding(rows[:24]).pca_share)
    kept = la.embedding(rows, outliers=None)
    assert kept.dropped == () and kept.pca_share > 0.99


def test_fewer_components_hold_less_and_points_may_be_of_a_network():
    rows = groups()
    few = la.embedding(rows, components=2, perplexity=5)
    assert few.components == 2 and few.kept_share == pytest.approx(few.pca_share) and few.perplexity == 5
    points = [{"a": torch.from_numpy(row[:150]).reshape(10, 15), "b": torch.from_numpy(row[150:])} for row in rows]
    assert np.array_equal(la.embedding(points).coordinates, la.embedding(rows).coordinates)


@pytest.mark.parametrize(("call", "words"), [
    (lambda rows: la.embedding(rows[:5]), "5 points; expected at least 6"), (lambda rows: la.embedding(rows[0]), "expected rows"),
    (lambda rows: la.embedding(rows * 0), "are the same"), (lambda rows: la.embedding(rows, components=1), "components is 1"),
    (lambda rows: la.embedding(rows, perplexity=24), "perplexity is 24 for 24 points"),
    (lambda rows: la.embedding(rows, outliers=1), "outliers is 1"), (lambda rows: la.embedding(rows, seed=0.5), "seed is 0.5"),
    (lambda rows: la.embedding(np.where(rows > 9, np.nan, rows)), "is not finite"), (lambda rows: la.embedding("x"), "expected rows"),
    (lambda rows: la.embedding([{"a": torch.zeros(3)}] * 6 + [{"b": torch.zeros(3)}]), "point 6 is of another network")])
def test_bad_input(call, words):
    with pytest.raises(la.InputError, match=words):
        call(groups())
