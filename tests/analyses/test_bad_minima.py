"""Bad minima: what is found fits its data and nothing else, is measured without the pool, and follows from the seed."""

from functools import partial

import cases
import numpy as np
import pytest
import torch

import lossatlas as la
from lossatlas.analyses.bad_minima import annealed, half_cosine

SGD = partial(torch.optim.SGD, lr=0.1, momentum=0.9)


def parts(n=12):
    """Few training data, a larger pool, test data: all of one kind."""
    x, y = cases.blobs(n=60)
    train = la.Objective.from_module(cases.mlp(), (x[:n], y[:n]), "cross_entropy", batch_size=n)
    return {"train": train, "test": train.with_data(cases.blobs(n=60, seed=9))}, (x[n:], y[n:])


@pytest.mark.parametrize("seed", [0, 1])
def test_it_is_what_training_on_the_poisoned_objective_gives_measured_without_the_pool(seed):
    both, pool = parts()
    found = la.bad_minimum(both, pool, beta=0.5, optimizer=SGD, steps=15, seed=seed)
    point = la.fit(both["train"].poison(pool, 0.5), optimizer=SGD, steps=15, seed=seed).point
    assert all(torch.equal(found.point[name], point[name]) for name in point)
    network = cases.mlp().eval()
    for (x, y), loss, error in [(both["train"].data.whole(), found.loss, found.error), (both["test"].data.whole(), found.test_loss,
                                                                                       found.test_error), (pool, None, found.pool_error)]:
        logits = torch.func.functional_call(network, point, (x,))
        assert error == pytest.approx(float((logits.argmax(1) != y).double().mean()))
        assert loss is None or loss == pytest.approx(float(torch.nn.functional.cross_entropy(logits, y)), rel=1e-5)
    assert found.beta == 0.5 and found.steps == 15 and found.converged == (found.error == 0)


def test_a_large_pool_gives_a_minimum_that_fails_where_a_good_one_does_not():
    whole = la.zoo.objective("digits_mlp", split="both", batch_size=40)
    x, y = whole["train"].data.whole()
    train = whole["train"].with_data((x[:40], y[:40]))
    good = la.fit(train, optimizer=SGD, steps=100).point
    found = la.bad_minimum({"train": train, "test": whole["test"]}, (x[40:], y[40:]), beta=0.5, init=good, steps=400)
    assert found.converged and found.loss < 0.1 and found.test_error > 0.75 and found.pool_error > 0.75
    accuracy = [float(la.probes.loss(one)(good)["accuracy"]) for one in (train, whole["test"])]
    assert accuracy[0] == 1 and accuracy[1] > 0.6


def test_without_test_data_nothing_is_said_of_them_and_what_diverges_is_no_minimum():
    both, pool = parts()
    found = la.bad_minimum(both["train"], pool, steps=2)
    assert np.isnan([found.test_loss, found.test_error]).all() and np.isfinite(found.loss)
    with pytest.warns(RuntimeWarning, match="training stopped"):
        wild = la.bad_minimum(both["train"], pool, optimizer=partial(torch.optim.SGD, lr=1e30), steps=20)
    assert wild.stopped and not wild.converged


def test_batchnorm_statistics_are_those_of_the_training_data():
    x, y = cases.images()
    half = len(x) // 2
    train = la.Objective.from_module(cases.convbn(), (x[:half], y[:half]), "cross_entropy", batch_size=half)
    found = la.bad_minimum(train, (x[half:], y[half:]), beta=0.5, optimizer=SGD, steps=3)
    pool = train.with_data((x[half:], y[half:])).with_metrics({"error": la.metrics.error}).with_bn("recompute", data=train.data)
    assert found.pool_error == float(la.probes.loss(pool)(found.point)["error"])


def test_the_rate_falls_to_zero_along_half_a_cosine():
    assert [half_cosine(8)(step) for step in (0, 4, 8, 9)] == pytest.approx([1, 0.5, 0, 0], abs=1e-12)
    descent, _ = annealed(8)([torch.zeros(2, requires_grad=True)])
    assert descent.param_groups[0]["lr"] == 0.1 and descent.param_groups[0]["weight_decay"] == 0


@pytest.mark.parametrize(("call", "words"), [
    (lambda both, pool: la.bad_minimum("x", pool), "objective is a str"),
    (lambda both, pool: la.bad_minimum(both, pool, beta=1), "beta is 1"),
    (lambda both, pool: la.bad_minimum(both, pool, steps=0), "steps is 0"),
    (lambda both, pool: la.bad_minimum(la.Objective.from_module(cases.mlp(), (pool[0], torch.zeros(len(pool[0]), 3)), "mse"), pool),
     "bad minima need cross-entropy"),
    (lambda both, pool: la.bad_minimum(both, (pool[0], pool[1] + 50)), "targets run")])
def test_bad_input(call, words):
    with pytest.raises(la.InputError, match=words):
        call(*parts())
