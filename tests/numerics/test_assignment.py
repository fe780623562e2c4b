"""Assignments, against all permutations."""

from itertools import permutations

import pytest
import torch

import lossatlas as la
from lossatlas.numerics.assignment import assign, composed, nested


@pytest.mark.parametrize("seed", range(3))
def test_assign_is_the_best_of_all(seed):
    similarity = torch.randn(5, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    best = max(permutations(range(5)), key=lambda p: float(similarity[torch.arange(5), torch.tensor(p)].sum()))
    assert assign(similarity).tolist() == list(best)


@pytest.mark.parametrize("seed", range(3))
def test_nested_is_the_best_of_all(seed):
    g = torch.Generator().manual_seed(seed)
    outer, inner = (torch.randn(*shape, generator=g, dtype=torch.float64) for shape in ((2, 2), (2, 3, 2, 3)))
    value, tables = nested([((0,), outer), ((0, 1), inner)])

    def total(p, q):
        return sum(float(outer[i, p[i]]) + sum(float(inner[i, j, p[i], q[i][j]]) for j in range(3)) for i in range(2))

    three = list(permutations(range(3)))
    best = max(total(p, (q, r)) for p in permutations(range(2)) for q in three for r in three)
    assert value == pytest.approx(best) == total(tables[0].tolist(), tables[1].tolist())


def test_composed_is_one_after_the_other():
    g = torch.Generator().manual_seed(0)
    parents = {0: [], 1: [0]}

    def draw():
        return {0: torch.randperm(3, generator=g), 1: torch.stack([torch.randperm(4, generator=g) for _ in range(3)])}

    def apply(x, p):
        return x[p[0]].gather(1, p[1])

    first, then, x = draw(), draw(), torch.arange(12).reshape(3, 4)
    assert torch.equal(apply(apply(x, first), then), apply(x, composed(first, then, parents)))
    assert torch.equal(apply(x, composed(first, {}, parents)), apply(x, first))


def test_nan_is_refused():
    with pytest.raises(la.InputError, match="square matrix of finite numbers"):
        assign(torch.tensor([[1.0, float("nan")], [0.0, 1.0]]))
