"""Constructed bad minima: what they promise is measured another way (Goldblum et al. 2020; METHODS C7, C8)."""

import math

import cases
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import lossatlas as la
from lossatlas.zoo.mlp import mlp
from lossatlas.zoo.suboptimal import dead_relu, embedded_linear, linear_optimum


def noisy(widths=(6, 9, 8, 3), loss="mse", dtype=torch.float64, n=60, seed=0, **options):
    """Labels that no linear model separates."""
    x = torch.randn(n, 2, widths[0] // 2, generator=cases.gen(seed))
    y = torch.randint(widths[-1], (n,), generator=cases.gen(seed + 1))
    y = y if loss == "cross_entropy" else F.one_hot(y, widths[-1]).to(dtype)
    return la.Objective.from_module(cases.seeded(lambda: mlp(widths)), (x, y), loss, dtype=dtype, **options)


def trained(objective, point, steps=50, rate=0.05):
    whole = objective.with_data(objective.data, batch_size=objective.data.n_examples)
    return la.fit(whole, init=point, optimizer=lambda t: torch.optim.SGD(t, lr=rate), steps=steps)


def test_dead_relus_are_a_minimum_as_high_as_the_entropy_of_the_labels():
    objective = noisy(loss="cross_entropy")
    found = dead_relu(objective)
    shares = torch.bincount(objective.data.targets()).double() / 60
    assert found.loss == pytest.approx(float(-(shares * shares.log()).sum()), rel=1e-12) and found.gradient_norm < 1e-12
    assert found.checks["largest input of a hidden unit"] < 0 == found.checks["largest gradient of a dead unit"]
    values = la.eigenpairs(la.hessian(objective, found.point), k=1, which="smallest").values
    assert float(values[0]) > -1e-9
    near = {n: t + 1e-3 * torch.randn(t.shape, generator=cases.gen(k), dtype=t.dtype) for k, (n, t) in enumerate(found.point.items())}
    assert float(objective.value(near)) >= found.loss
    assert trained(objective, found.point).losses[-1] == pytest.approx(found.loss, rel=1e-12)
    assert float(trained(objective, None, 400, 0.3).losses[-1]) < found.loss - 0.1, "the network itself can do better"


def test_dead_relus_as_an_initialization_learn_the_class_frequencies_and_nothing_else():
    objective = noisy(loss="cross_entropy")
    start = dead_relu(objective, settle=False)
    assert start.gradient_norm > 1e-3 and start.checks["largest gradient of a dead unit"] == 0
    end = trained(objective, start.point, 300, 1.0)
    assert end.losses[-1] == pytest.approx(dead_relu(objective).loss, rel=1e-3)
    assert torch.equal(end.point["1.weight"], start.point["1.weight"])


@pytest.mark.parametrize("widths", [(6, 9, 8, 3), (6, 6, 3), (6, 8, 4, 3), (6, 3, 3, 3, 3), (6, 3)])
def test_a_linear_optimum_in_a_deep_network_has_its_outputs_and_no_gradient(widths):
    objective = noisy(widths)
    x, y = objective.data.whole()
    design = torch.cat([x.flatten(1), torch.ones(60, 1, dtype=torch.float64)], 1)
    best = torch.linalg.lstsq(design, y).solution
    found = embedded_linear(objective)
    deep = cases.seeded(lambda: mlp(widths)).double()
    deep.load_state_dict(found.point)
    assert torch.allclose(deep(x), design @ best, atol=1e-12)
    assert found.loss == pytest.approx(float((design @ best - y).square().mean()), rel=1e-12) and found.gradient_norm < 1e-12
    distance = found.checks["smallest distance of a hidden unit from its kink"]
    assert distance == (math.inf if len(widths) == 2 else pytest.approx(1, rel=1e-9))
    for seed in range(3):
        near = {n: t + 1e-3 * torch.randn(t.shape, generator=cases.gen(seed + 5), dtype=t.dtype) for n, t in found.point.items()}
        assert float(objective.value(near)) >= found.loss


def test_descent_stays_there_and_finds_better_from_elsewhere():
    objective = noisy((6, 40, 40, 3))
    found = embedded_linear(objective)
    sharpest = float(la.eigenpairs(la.hessian(objective, found.point), k=1).values[0])
    assert trained(objective, found.point, 200, 1 / sharpest).losses[-1] == pytest.approx(found.loss, rel=1e-9)
    better = la.fit(objective, optimizer=lambda t: torch.optim.Adam(t, lr=0.01), steps=200)
    assert float(better.losses[-1]) < 0.5 * found.loss


def test_the_optimum_of_cross_entropy_is_that_of_another_solver():
    from sklearn.linear_model import LogisticRegression

    objective = noisy((6, 9, 3), loss="cross_entropy")
    weight, bias, gradient = linear_optimum(objective)
    x, y = objective.data.whole()
    theirs = LogisticRegression(C=math.inf, tol=1e-10, max_iter=10_000).fit(x.flatten(1).numpy(), y.numpy())
    assert gradient < 1e-8
    ours = torch.log_softmax(x.flatten(1) @ weight.T + bias, 1).numpy()
    assert ours == pytest.approx(theirs.predict_log_proba(x.flatten(1).numpy()), abs=1e-5)
    assert embedded_linear(objective, (weight, bias)).gradient_norm < 1e-6


def test_any_linear_model_can_be_embedded_in_float32():
    objective = noisy((6, 9, 8, 3), dtype=torch.float32)
    weight, bias = torch.randn(3, 6, generator=cases.gen(3)), torch.randn(3, generator=cases.gen(4))
    found = embedded_linear(objective, (weight, bias), margin=0.25)
    assert found.checks["largest difference of outputs, relative"] < 1e-5 and found.gradient_norm > 1e-3
    assert found.checks["smallest distance of a hidden unit from its kink"] == pytest.approx(0.25, rel=1e-4)


def test_the_objective_and_the_generators_stay_as_they_were():
    objective = noisy(loss="cross_entropy")
    before, state = objective.spec(), torch.get_rng_state()
    dead_relu(objective)
    embedded_linear(objective)
    assert objective.spec() == before and torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(("make", "words"), [
    (lambda: dead_relu(noisy((6, 3), "cross_entropy")), "without hidden layers"), (lambda: dead_relu(noisy(), 1), "bias is 1"),
    (lambda: dead_relu(noisy(loss="cross_entropy"), -0.01), "still answers"), (lambda: dead_relu(noisy()), "settle=False"),
    (lambda: embedded_linear(noisy((6, 2, 3))), "can pass on neither the 6 inputs nor the 3 outputs"),
    (lambda: embedded_linear(noisy(), margin=0), "margin is 0"),
    (lambda: embedded_linear(noisy(), (torch.zeros(6, 3), torch.zeros(3))), r"W of shape \(6, 3\)"),
    (lambda: embedded_linear(la.Objective.from_module(cases.mlp(), cases.blobs(), "cross_entropy")), "no ReLU MLP"),
    (lambda: dead_relu(la.Objective.from_module(nn.Sequential(nn.Linear(6, 5, bias=False), nn.ReLU(), nn.Linear(5, 3)), cases.blobs(),
                                                "cross_entropy")), "with biases")])
def test_what_cannot_be_constructed_is_refused(make, words):
    with pytest.raises(la.InputError, match=words):
        make()
