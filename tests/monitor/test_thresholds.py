"""Stability thresholds against the optimizers themselves: on a quadratic just below the threshold they contract, just above they do not."""

import math
from functools import partial

import pytest
import torch
from torch.optim import SGD, Adagrad, Adam, AdamW, RMSprop

from lossatlas.monitor.thresholds import diagonal, stability
from lossatlas.monitor.view import Training

SGDS = [({"lr": 0.1}, 20.0), ({"lr": 0.1, "momentum": 0.9}, 38.0), ({"lr": 0.1, "momentum": 0.9, "nesterov": True}, 3.8 / 0.28),
        ({"lr": 0.1, "momentum": 0.5, "dampening": 0.5}, 3 / 0.05), ({"lr": 0.1, "weight_decay": 0.5}, 19.5)]


def threshold(optimizer, tensors, **options):
    return stability(Training.of(optimizer, {id(t): f"p{k}" for k, t in enumerate(tensors)}, 1), **options)


def grows(make, curvature, steps=400):
    """Whether x grows on ½·h·x²."""
    x = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    optimizer = make([x])
    for _ in range(steps):
        x.grad = curvature * x.detach().clone()
        optimizer.step()
    return abs(float(x.detach())) > 1


@pytest.mark.parametrize(("options", "expected"), SGDS)
def test_sgd(options, expected):
    make = partial(SGD, **options)
    x = torch.ones(1, requires_grad=True)
    found = threshold(make([x]), [x])
    assert found.threshold == pytest.approx(expected) and found.scales is None and "full-batch" in found.words
    assert not grows(make, 0.98 * expected) and grows(make, 1.02 * expected)
    if "weight_decay" in options:
        assert threshold(make([x]), [x], penalized=True).threshold == pytest.approx(20)


@pytest.mark.parametrize(("make", "beta", "decay"), [(Adam, 0.9, 0.0), (Adam, 0.5, 0.0), (AdamW, 0.9, 2.0)])
def test_adam_with_its_preconditioner_held_fixed(make, beta, decay):
    rate = 0.05
    x = torch.ones(1, dtype=torch.float64, requires_grad=True)
    optimizer = make([x], lr=rate, betas=(beta, 0.999999), weight_decay=decay)
    assert math.isnan(threshold(optimizer, [x]).threshold) and "no step" in threshold(optimizer, [x]).why
    for _ in range(3000):  # β₁^t is 0 by then, and v̂ changes no more
        x.grad = torch.tensor([2.0], dtype=torch.float64)
        optimizer.step()
    found = threshold(optimizer, [x])
    p = float(found.scales["p0"]) ** -2
    assert p == pytest.approx(2.0, rel=1e-2)
    assert found.threshold == pytest.approx((2 - rate * decay) * (1 + beta) / ((1 - beta) * rate))
    if make is Adam and beta == 0.9:
        assert found.threshold == pytest.approx(38 / rate) and "38/η" in found.words

    def grown(curvature):
        m, y = 0.0, 1.0
        for _ in range(400):
            m = beta * m + (1 - beta) * curvature * y
            y = (1 - rate * decay) * y - rate * m / p
        return abs(y) > 1

    assert not grown(0.98 * found.threshold * p) and grown(1.02 * found.threshold * p)


def test_groups_share_one_threshold_of_the_rescaled_matrix():
    a, b = torch.ones(2, requires_grad=True), torch.ones(3, requires_grad=True)
    found = threshold(SGD([{"params": [a], "lr": 0.1}, {"params": [b], "lr": 0.4}]), [a, b])
    assert found.threshold == pytest.approx(5) and found.of_each == pytest.approx((20, 5))
    assert found.scales == {"p0": pytest.approx(0.5), "p1": 1.0}
    other = threshold(SGD([{"params": [a], "momentum": 0.9}, {"params": [b]}], lr=0.1), [a, b])
    assert math.isnan(other.threshold) and "differ in momentum" in other.why
    decayed = threshold(AdamW([{"params": [a], "weight_decay": 0.1}, {"params": [b], "weight_decay": 0.0}], lr=1e-3), [a, b])
    assert decayed.why == "AdamW has made no step yet"  # the usual groups are no hindrance


def test_what_is_not_trained_does_not_count():
    a, b, c = torch.ones(2, requires_grad=True), torch.ones(3), torch.ones(1, requires_grad=True)
    some = threshold(SGD([a, b], lr=0.1), [a, b], names=("p0", "p1"))
    assert some.threshold == pytest.approx(20) and some.scales == {"p0": 1.0}
    assert diagonal(some.scales, ("p0", "p1"), {"p0": a, "p1": b}).tolist() == [1, 1, 0, 0, 0]
    adam = Adam([a, b, c], lr=0.1)
    a.grad = torch.ones(2)
    adam.step()
    assert set(threshold(adam, [a, b, c]).scales) == {"p0"}  # c had no gradient yet
    assert "no parameter of the network" in threshold(SGD([b], lr=0.1), [b]).why


def test_amsgrad_divides_by_the_largest_average():
    x = torch.ones(1, dtype=torch.float64, requires_grad=True)
    optimizer = Adam([x], lr=0.01, betas=(0.5, 0.9), eps=1e-12, amsgrad=True)
    for gradient in (4.0, 0.0, 0.0):
        x.grad = torch.tensor([gradient], dtype=torch.float64)
        optimizer.step()
    p = float(threshold(optimizer, [x]).scales["p0"]) ** -2
    assert p == pytest.approx((1 - 0.5**3) * math.sqrt(0.1 * 16 / (1 - 0.9**3)))


@pytest.mark.parametrize(("make", "why"), [
    (partial(Adagrad, lr=0.1), "Adagrad"), (partial(SGD, lr=0.1, maximize=True), "maximizes"),
    (partial(RMSprop, lr=0.1, centered=True), "centred"), (partial(SGD, lr=0.0), "zero")])
def test_where_none_is_known_none_is_given_and_it_is_said_why(make, why):
    x = torch.ones(1, requires_grad=True)
    found = threshold(make([x]), [x])
    assert math.isnan(found.threshold) and why in found.why
