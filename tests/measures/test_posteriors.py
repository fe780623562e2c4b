"""Local entropy and the local learning coefficient of quadratic losses have closed forms."""

import math

import digits
import pytest
import torch
import toys

from lossatlas import measures as m
from lossatlas.measures.llc import of_quadratic, r_hat


@pytest.mark.parametrize("gamma", [100.0, 5000.0])
def test_local_entropy_of_a_quadratic_loss(gamma):
    objective, h = toys.regression()
    found = m.local_entropy(objective, gamma=gamma, temperatures=8, draws=60, burn_in=30)
    expected = -0.5 * float(torch.log1p(300 * h / gamma).sum())
    assert abs(found.value - expected) < 0.1 * abs(expected) + 4 * found.stderr and found.value < 0
    assert found.settings["temperature"] == 1.0 and found.gradients > 700


def test_the_gradient_of_the_local_entropy_is_entropy_sgds_inner_loop():
    w, h, gamma = torch.tensor([1.0, -2.0]).double(), torch.tensor([3.0, 0.5]).double(), 0.5
    found = m.entropy_gradient(toys.quadratic(w, h), gamma=gamma, noise=1e-12, steps=7)
    x, mean = w.clone(), w.clone()
    for _ in range(7):
        x = x - 0.1 * (h * x + gamma * (x - w))
        mean = 0.75 * mean + 0.25 * x
    assert found.value == pytest.approx(gamma * float((mean - w).norm()), rel=1e-6)
    assert not found.converged and found.details["temperature"] == 1e-24
    far = m.entropy_gradient(toys.quadratic(w, h), gamma=gamma, noise=1e-12, steps=200)
    assert far.converged and far.value == pytest.approx(gamma * float((h / (h + gamma) * w).norm()), rel=1e-6)  # the Moreau envelope


@pytest.mark.parametrize("gamma", [1.0, 100.0])
def test_the_learning_coefficient_of_a_quadratic_loss(gamma):
    objective, h = toys.regression()
    found = m.llc(objective, gamma=gamma, draws=200, burn_in=60)
    expected = of_quadratic(h, 300, gamma=gamma, epsilon=found.settings["epsilon"])
    assert found.value == pytest.approx(expected, rel=0.2) and found.converged, found.notes
    assert found.settings["n_beta"] == pytest.approx(300 / math.log(300)) and 0.8 < found.details["acceptance"] < 1


def test_of_quadratic_is_half_the_parameters_of_a_regular_model():
    assert of_quadratic([1.0, 4.0, 0.3, 9.0], 10**6, gamma=1e-6) == pytest.approx(2.0, rel=1e-6)
    h, n, gamma, eps = 2.0, 100, 5.0, 0.01
    a = n / math.log(n) * h + gamma
    assert of_quadratic([h], n, gamma=gamma, epsilon=eps) == pytest.approx(0.5 * n / math.log(n) * h / (a * (1 - eps * a / 4)))


def test_sgld_with_a_large_step_has_the_variance_of_the_correction():
    objective, h = toys.regression(d=1)
    scale = 300 / math.log(300)
    epsilon = 1.0 / (scale * float(h.max()) + 10)
    found = m.llc(objective, gamma=10.0, epsilon=epsilon, chains=4, draws=250, burn_in=20)
    exact, naive = (of_quadratic(h, 300, gamma=10.0, epsilon=e) for e in (epsilon, 0.0))
    assert abs(found.value - exact) < 4 * found.stderr and abs(found.value - naive) > abs(found.value - exact)


def test_chains_from_no_minimum_are_flagged():
    objective, _ = toys.regression()
    away = {"weight": objective.params["weight"] + 2.0}
    found = m.llc(objective, point=away, gamma=1.0, epsilon=1e-3, draws=60, burn_in=40)
    assert found.details["negative"] and not found.converged and any("negative" in note for note in found.notes)


def test_chains_that_diverge_are_flagged():
    found = m.llc(toys.regression()[0], epsilon=10.0, draws=100, burn_in=50)
    assert not found.converged and (not math.isfinite(found.value) or "smaller epsilon" in " ".join(found.notes))


def test_r_hat():
    draws = torch.randn(4, 500, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert abs(r_hat(draws) - 1) < 0.01 and r_hat(draws + torch.arange(4)[:, None]) > 1.5
    assert r_hat(draws + torch.linspace(0, 3, 500)) > 1.2  # no plateau


def test_a_poisoned_minimum_has_the_larger_coefficient():
    objective, _, good, bad = digits.minima()
    objective = objective.with_data(objective.data, batch_size=200)
    low, high = (m.llc(objective, point=point, chains=2, draws=30, burn_in=60, epsilon=3e-4) for point in (good, bad))
    assert high.value > 3 * low.value > 0
