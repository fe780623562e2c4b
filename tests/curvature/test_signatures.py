"""Signatures of Hessians of real networks: a bulk at zero and about one outlier a class (METHODS D1, D2).

An outlier is told from the bulk by the largest gap: of the top 2C + 2 eigenvalues λ_1 ≥ λ_2 ≥ …, those up to the place where λ_i/λ_{i+1}
is largest. It lies at C − 1 (in all 18 networks below) while a network has learned the classes and is not yet sure of every example.
Later, at losses near zero, few hard examples make eigenvalues of their own and the gap moves: the count is one of a stage of training.
"""

from functools import cache, partial

import numpy as np
import pytest
import torch

import lossatlas as la
from lossatlas.zoo.mlp import mlp

EVERY, LEARNED = 5, 0.5


@cache
def digits(classes):
    source = la.zoo.read("digits")
    x, y = la.zoo.prepare(source.train, mean=source.mean, std=source.std, scale=source.scale)
    return x[y < classes], y[y < classes]


@cache
def learned(classes, seed, hidden=(64,)):
    """The objective, and the first of every five steps of SGD at which the loss is below 0.5."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = mlp((64, *hidden, classes))
    objective = la.Objective.from_module(net, digits(classes), "cross_entropy", batch_size=50)
    passed = []

    def look(step, point, state):
        if step and step % EVERY == 0 and float(objective.value(point).detach()) < LEARNED:
            passed.append({name: t.detach().clone() for name, t in point.items()})

    la.fit(objective, optimizer=partial(torch.optim.SGD, lr=0.1, momentum=0.9), steps=60, seed=seed, hooks=[look])
    return objective.with_data(digits(classes), batch_size=1000), passed[0]


def outliers(values):
    """How many stand before the largest gap."""
    return 1 + int(np.argmax(values[:-1] / values[1:]))


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("hidden", [(64,), (64, 64)])
@pytest.mark.parametrize("classes", [2, 5, 10])
def test_about_one_outlier_a_class(classes, hidden, seed):
    objective, point = learned(classes, seed, hidden)
    found = la.eigenpairs(la.hessian(objective, point, backend="retained"), 2 * classes + 2, tol=1e-3)
    assert found.converged.all()
    assert classes - 1 <= outliers(found.values) <= classes


@pytest.mark.parametrize("classes", [2, 5, 10])
def test_the_bulk_is_at_zero_and_what_stands_apart_is_that_few(classes):
    objective, point = learned(classes, 0)
    op = la.hessian(objective, point, backend="retained")
    top = la.eigenpairs(op, classes, tol=1e-3).values
    found = la.density(op, steps=60, probes=4)
    near = np.mean([weights[np.abs(nodes) < top[0] / 50].sum() for nodes, weights in zip(found.nodes, found.weights, strict=True)])
    assert near > 0.95  # of all eigenvalues, by their quadrature
    edge = (top[-2] + top[-1]) / 2
    beyond = [op.shape[0] * weights[nodes > edge].sum() for nodes, weights in zip(found.nodes, found.weights, strict=True)]
    assert abs(np.mean(beyond) - (classes - 1)) < 4 * np.sqrt(2 * (classes - 1) / len(beyond))  # chi-squared counts of four probes
    assert np.max(found.nodes) <= top[0] * 1.001 and found.nodes[:, 0].min() > -top[0] / 2
