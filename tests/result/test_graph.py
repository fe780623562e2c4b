"""Trees of graphs of minima against SciPy: minimum spanning trees, and single linkage, whose cophenetic distances are the passes."""

import math
from itertools import combinations

import numpy as np
import pytest
from scipy.cluster.hierarchy import cophenet, linkage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

from lossatlas.result.graph import tree


def random_graph(nodes, share, seed):
    rng = np.random.default_rng(seed)
    pairs = [pair for pair in combinations(range(nodes), 2) if rng.random() < share]
    return pairs, rng.uniform(0.1, 3, len(pairs)).tolist()


@pytest.mark.parametrize("seed", range(5))
def test_a_complete_graph_is_clustered_by_single_linkage(seed):
    n = 7
    pairs, saddles = random_graph(n, 1.1, seed)
    found = tree(n, pairs, saddles)
    linked = linkage(np.array(saddles), "single")
    assert found.levels == pytest.approx(linked[:, 2])
    assert found.merges.tolist() == np.sort(linked[:, :2].astype(int), axis=1).tolist()
    assert found.passes[np.triu_indices(n, 1)] == pytest.approx(cophenet(linked))
    spanning = minimum_spanning_tree(coo_array((saddles, tuple(zip(*pairs, strict=True))), shape=(n, n)).tocsr())
    assert found.edges.sum() == n - 1
    assert sum(s for s, inside in zip(saddles, found.edges, strict=True) if inside) == pytest.approx(spanning.sum())


@pytest.mark.parametrize("seed", range(5))
def test_passes_are_an_ultrametric_and_unconnected_parts_have_none(seed):
    n = 9
    pairs, saddles = random_graph(n, 0.22, seed)
    found = tree(n, pairs, saddles)
    _, part = connected_components(coo_array((np.ones(len(pairs)), tuple(np.array(pairs).T)), shape=(n, n)), directed=False)
    for a, b, c in combinations(range(n), 3):
        assert math.isfinite(found.passes[a, b]) == (part[a] == part[b])
        x, y, z = found.passes[a, b], found.passes[b, c], found.passes[a, c]
        if np.isfinite([x, y, z]).all():
            assert x <= max(y, z) and y <= max(x, z) and z <= max(x, y)
    missing = len(set(part.tolist())) - 1
    assert np.isnan(found.levels).sum() == missing and (found.merges == -1).all(1).sum() == missing
    assert found.edges.sum() == n - 1 - missing and np.isnan(np.diag(found.passes)).all()


def test_a_path_that_was_not_found_connects_nothing():
    found = tree(3, [(0, 1), (1, 2), (0, 2)], [math.nan, 2.0, math.inf])
    assert found.edges.tolist() == [False, True, False]
    assert math.isnan(found.passes[0, 1]) and found.passes[1, 2] == 2
    assert found.levels[0] == 2 and math.isnan(found.levels[1]) and found.merges.tolist() == [[1, 2], [-1, -1]]
