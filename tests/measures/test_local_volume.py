"""The probability of a basin under a Gaussian: by sampling in few dimensions, and in one dimension by quadrature."""

import math

import digits
import numpy as np
import pytest
import torch
import toys
from scipy.integrate import quad
from torch import nn

import lossatlas as la
from lossatlas import measures as m
from lossatlas.measures.local_volume import log_integral

H = [3.0, 0.5, 7.0, 1.0]


@pytest.mark.parametrize(("preconditioner", "rise"), [("none", 0.5), ("gradients", 0.5), ("none", 20.0)])
def test_the_probability_of_an_ellipsoid(preconditioner, rise):
    centre = torch.tensor([1.0, -0.5, 0.3, 2.0]).double()
    objective = toys.separable(centre + 0.01, torch.stack([torch.tensor(H).double(), centre], 1),
                               lambda out, t: 0.5 * t[:, 0] * (out - t[:, 1]).square(), batch_size=1)
    found = m.local_volume(objective, cost="loss", cutoff=rise, directions=100, preconditioner=preconditioner)
    sigma = float((centre + 0.01).square().mean().sqrt())
    drawn = sigma * torch.randn(400_000, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    inside = (0.5 * torch.tensor(H) * (drawn - centre).square()).sum(1) < rise + 0.5 * sum(H) * 1e-4
    assert found.low - 0.05 < math.log(float(inside.double().mean())) < found.high + 0.05 and found.high - found.low < 1.0
    assert found.low < found.value < found.high and found.converged and found.details["sigma"] == pytest.approx(sigma)


@pytest.mark.parametrize(("b", "c", "sigma", "dimension", "end"), [
    (0.3, 1.0, 1.0, 5, math.inf), (-2.0, 0.7, 0.5, 12, 3.0), (0.1, 1.0, 1.0, 40, 0.5), (4.0, 1.0, 0.3, 2, 9.0), (1.0, 2.0, 0.4, 1, 2.0),
    (-1.0, 2.0, 0.4, 1, 0.2)])
def test_the_integral_along_a_direction(b, c, sigma, dimension, end):
    def inner(t):
        return math.exp(-(1.5 + 2 * b * t + c * t * t) / (2 * sigma**2)) * t ** (dimension - 1)

    expected = quad(inner, 0, min(end, 40.0), limit=500, epsabs=0, points=np.linspace(0.01, min(end, 40.0) * 0.99, 50))[0]
    assert log_integral(1.5, b, c, sigma, dimension, end) == pytest.approx(math.log(expected), abs=1e-6)


def test_the_integral_in_thousands_of_dimensions_is_that_of_the_gaussian():
    n, sigma = 9000, 0.1
    area = math.log(2) + n / 2 * math.log(math.pi) - math.lgamma(n / 2)
    whole = area - n / 2 * math.log(2 * math.pi * sigma**2) + log_integral(0.0, 0.0, 1.0, sigma, n, math.inf)
    assert whole == pytest.approx(0, abs=1e-6)
    small = log_integral(0.0, 0.0, 1.0, sigma, n, 1e-3)
    assert small == pytest.approx(n * math.log(1e-3) - math.log(n), abs=1e-3)


def test_a_poisoned_minimum_is_less_probable_and_preconditioning_finds_more():
    objective, _, good, bad = digits.minima()
    found = {(name, p): m.local_volume(objective, point=point, directions=6, preconditioner=p)
             for name, point in (("good", good), ("bad", bad)) for p in ("none", "gradients")}
    assert found["good", "none"].value > found["bad", "none"].value + 1000
    assert all(found[name, "gradients"].details["mean_log"] > found[name, "none"].details["mean_log"] for name in ("good", "bad"))
    assert not found["good", "none"].converged and found["good", "none"].details["log10"] < -1000


def test_kl_needs_classes():
    x = torch.randn(8, 3)
    with pytest.raises(la.InputError, match="cost='kl' needs cross-entropy"):
        m.local_volume(la.Objective.from_module(nn.Linear(3, 3), (x, x), "mse"))
