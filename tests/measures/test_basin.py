"""Radii and volumes of ellipsoids are known; good and poisoned minima differ as Huang et al. 2020 say."""

import math

import digits
import pytest
import torch
import toys
from torch import nn

import lossatlas as la
from lossatlas import measures as m
from lossatlas.measures.basin import radius
from lossatlas.measures.surface import Surface

H = [3.0, 0.5, 7.0, 1.0]


def test_the_radius_along_a_direction():
    surface = Surface(toys.quadratic([1.0] * 4, H, centre=1.0))
    direction = {"line.weight": torch.tensor([[0.0, 1.0, 0.0, 0.0]]).double()}
    for guess in (1e-3, 1.0, 50.0):
        assert radius(surface, direction, 0.1, guess=guess, tolerance=1e-6) == pytest.approx(math.sqrt(0.2 / 0.5), rel=1e-6)
    flat = {"line.weight": torch.zeros(1, 4).double()}
    assert radius(surface, flat, 0.1, guess=1.0) == math.inf


def test_basin_radius_is_in_units_of_the_filters():
    w = torch.tensor([1.0, -2.0, 0.5, 0.3]).double()
    centred = toys.separable(w, w, lambda out, t: (out - t).square())  # isotropic: r‖w‖ = √rise
    found = m.basin_radius(centred, rise=0.04, directions=5)
    assert found.value == pytest.approx(0.2 / float(w.norm()), rel=0.01) and found.converged and found.high < 1.03 * found.low


def test_the_volume_of_an_ellipsoid():
    rise, h = 0.1, torch.tensor(H).double()
    objective = toys.quadratic([2.0] * 4, H, centre=2.0)
    found = m.basin_volume(objective, rise=rise, directions=300)
    exact = 2 * math.log(math.pi) - math.lgamma(3) + 0.5 * float(torch.log(2 * rise / h).sum())
    assert found.low < exact < found.high and abs(found.value - exact) < 0.15 and found.converged
    assert found.details["log10"] == pytest.approx(found.value / math.log(10)) and found.details["dimension"] == 4
    assert found.details["mean_log"] < found.value and 10 < found.details["effective_sample_size"] < 300


def test_the_volume_does_not_depend_on_the_size_of_the_weights():
    """s_i enters as a substitution: the same ellipsoid around larger weights has the same volume."""
    values = [m.basin_volume(toys.quadratic([c] * 4, H, centre=c), directions=60).value for c in (0.1, 40.0)]
    assert values[0] == pytest.approx(values[1], abs=0.01)


def test_biases_batchnorm_and_zero_filters_are_not_counted():
    net = nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 3))
    with torch.no_grad():
        net[3].weight[1] = 0
    x = torch.randn(20, 5, generator=torch.Generator().manual_seed(0))
    objective = la.Objective.from_module(net, (x, torch.arange(20) % 3), "cross_entropy")
    found = m.basin_volume(objective, directions=3)
    assert found.details["dimension"] == 5 * 4 + 4 * 2
    assert m.basin_volume(objective, directions=3, ignore=("norm",)).details["dimension"] == 5 * 4 + 4 + 4 * 2 + 3


def test_a_basin_without_a_rim_is_not_converged():
    flat = toys.separable([1.0, 2.0], [0.0, 0.0], lambda out, t: t * out)
    found = m.basin_radius(flat, directions=2)
    assert found.value == math.inf and not found.converged and "no rim" in found.notes[0]
    assert not m.basin_volume(flat, directions=2).converged and not m.level_width(flat, lines=2).converged


def test_the_width_of_a_level_set():
    objective = toys.separable([3.0, 3.0], [3.0, 3.0], lambda out, t: torch.where(out > t, 4.0, 1.0) * (out - t).square())
    found = m.level_width(objective, rise=0.01, lines=4, normalize="none")
    assert 0.1 < found.value < 0.2 and found.low > 0.1 * 0.98 and found.high < 0.2 * 1.02
    assert 0 <= found.details["asymmetry"] < 0.4 and found.converged


def test_a_poisoned_minimum_has_the_smaller_basin():
    objective, _, good, bad = digits.minima()
    radii = [m.basin_radius(objective, point=point, directions=6) for point in (good, bad)]
    assert radii[0].value > 2 * radii[1].value and radii[0].low > radii[1].high
    volumes = [m.basin_volume(objective, point=point, directions=4) for point in (good, bad)]
    assert volumes[0].details["log10"] - volumes[1].details["log10"] > 1000  # thousands of orders of magnitude
    assert not volumes[0].converged and volumes[0].details["effective_sample_size"] < 2
    assert volumes[0].details["mean_log"] > volumes[1].details["mean_log"]
    widths = [m.level_width(objective, point=point, lines=2).value for point in (good, bad)]
    assert widths[0] > 2 * widths[1]
