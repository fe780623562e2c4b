"""The recipes of Li et al. 2018: their numbers, what quick changes, and that weight decay acts on the point."""

import math
from dataclasses import asdict, replace
from functools import partial

import pytest
import torch

import lossatlas as la
from lossatlas.zoo.recipes import DIGITS, Recipe, augmentation, digits, recipe


def test_the_numbers_of_the_paper():
    sgd, adam = (recipe(name, network="vgg9", data="cifar10:x", scale="paper") for name in ("sgd", "adam"))
    assert asdict(sgd) == {"optimizer": "sgd", "rate": 0.1, "batch": 128, "weight_decay": 5e-4, "epochs": 300, "examples": None,
                           "augment": True, "anneal": "drops", "precision": "float32"}
    assert adam == replace(sgd, optimizer="adam", rate=0.001)
    assert recipe("sgd", network="resnet56_noshort").rate == 0.01 and recipe("adam", network="resnet56_noshort").rate == 0.001
    group = sgd.descent([torch.zeros(1)]).param_groups[0]
    assert (group["momentum"], group["nesterov"], group["weight_decay"], group["lr"]) == (0.9, True, 5e-4, 0.1)
    group = adam.descent([torch.zeros(1)]).param_groups[0]
    assert (group["lr"], group["weight_decay"], group["betas"]) == (0.001, 5e-4, (0.9, 0.999))
    assert sgd.changed(50_000, 50_000) == []


@pytest.mark.parametrize("batches", [1, 7, 390])
def test_the_rate_drops_after_epochs_150_225_and_275(batches):
    made = recipe("sgd", scale="paper", batch=128)
    steps = made.steps(128 * batches + 5)
    assert steps == 300 * batches, "the rest that fills no batch is left out"
    factor = made.schedule(steps)
    for epoch, expected in ((0, 1), (149, 1), (150, 0.1), (224, 0.1), (225, 0.01), (274, 0.01), (275, 0.001), (299, 0.001)):
        assert math.isclose(factor(epoch * batches), expected) and math.isclose(factor(epoch * batches + batches - 1), expected)
    quick = recipe("sgd", scale="quick", epochs=12).schedule(12 * batches)
    assert [round(-math.log10(quick(k * batches))) for k in range(12)] == [0] * 6 + [1] * 3 + [2] * 2 + [3]


def test_quick_says_what_it_changed():
    quick = recipe("sgd", data="cifar10:x")
    assert (quick.epochs, quick.examples, quick.augment) == (10, 5000, True)
    assert quick.changed(5000, 50_000) == ["10 epochs instead of 300, drops at the same fractions", "5,000 of the 50,000 training examples"]
    large = recipe("sgd", data="digits", batch=8192)
    assert large.steps(1000) == large.epochs and not large.augment
    assert large.changed(1000, 1000)[-1] == "batches of 1,000, which are all examples, instead of 8,192"
    assert recipe("sgd", data="cifar10:x", epochs=3, examples=200, augment=False, rate=None) == replace(
        quick, epochs=3, examples=200, augment=False)


@pytest.mark.parametrize(("change", "words"), [
    ({"name": "sdg"}, "recipe is 'sdg'.*did you mean 'sgd'"), ({"scale": "qick"}, "did you mean 'quick'"),
    ({"epochs": 0}, "epochs is 0"), ({"batch": 1.5}, "batch is 1.5"), ({"examples": True}, "examples is True"),
    ({"rate": 0.0}, "learning rate is 0.0"), ({"rate": math.nan}, "learning rate is nan"),
    ({"weight_decay": -1e-4}, "weight decay is -0.0001"),
    ({"precision": "fp8"}, "precision is 'fp8'"), ({"data": "digits", "augment": True}, "a mirrored digit is none")])
def test_what_is_refused(change, words):
    with pytest.raises(la.InputError, match=words):
        recipe(**{"name": "sgd", **change})


def test_a_black_rim_is_black_after_normalization():
    black = torch.zeros(2, 2, 4, 4, dtype=torch.uint8), torch.zeros(2).long()
    source = la.zoo.data.Source("toy", black, black, mean=(0.5, 0.25), std=(0.5, 2.0))
    inputs, _ = la.zoo.prepare(source.train, mean=source.mean, std=source.std)
    augment = augmentation(source.mean, source.std)
    assert torch.equal(augment(inputs, torch.Generator().manual_seed(0)), inputs), "black pictures have no rim to be seen"


def test_weight_decay_of_the_optimizer_is_half_the_squared_norm_for_sgd():
    """θ + λθ: the gradient of ½·λ·‖θ‖², on every parameter."""
    data = (torch.randn(20, 1, 8, 8, generator=torch.Generator().manual_seed(0)), torch.arange(20) % 10)
    model = la.zoo.build("digits_mlp", seed=1)
    made = Recipe(batch=5, weight_decay=0.1, epochs=2, anneal="cosine")
    plain = la.Objective.from_module(model, data, "cross_entropy", batch_size=5)
    penalized = la.Objective.from_module(model, data, "cross_entropy", batch_size=5, penalty=0.1)
    a = la.fit(plain, optimizer=made.descent, steps=8, schedule=made.schedule(8))
    b = la.fit(penalized, optimizer=partial(torch.optim.SGD, lr=0.1, momentum=0.9, nesterov=True), steps=8, schedule=made.schedule(8))
    assert all(torch.allclose(a.point[n], b.point[n], atol=1e-6) for n in a.point)
    norms = [math.sqrt(sum(float((t**2).sum()) for t in point.values())) for point in (a.point, la.fit(
        plain, optimizer=replace(made, weight_decay=0.0).descent, steps=8, schedule=made.schedule(8)).point)]
    assert norms[0] < 0.95 * norms[1]


def test_the_recipe_of_the_demo_learns_digits():
    found = digits("digits_mlp", epochs=5)
    assert found.steps == 5 * 20 and found.stopped is None
    pair = la.zoo.objective("digits_mlp", split="test")
    assert float(la.probes.loss(pair)(found.point)["accuracy"]) > 0.9 and DIGITS.schedule(10)(5) == pytest.approx(0.5)
