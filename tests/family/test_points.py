"""Numbered points of a family: each is exactly the family's own, and what is no number of one is refused."""

import cases
import numpy as np
import pytest
import torch

import lossatlas as la
from lossatlas.family.points import Points


def made():
    o = la.Objective.from_module(cases.convbn(), cases.images(), "cross_entropy")
    return o, la.random_slice(o)


def test_every_point_is_the_familys_own():
    _, family = made()
    places = np.random.default_rng(0).uniform(-1, 1, (5, 2))
    points = Points(family, places)
    assert len(points) == 5 and points.dims == ("point",)
    for k in range(5):
        expected = family(torch.as_tensor(places[k]))
        here = points(torch.tensor([float(k)], dtype=torch.float64))
        assert here.keys() == expected.keys() and all(torch.equal(here[name], expected[name]) for name in expected)


@pytest.mark.parametrize("number", [-1.0, 5.0, 0.5, float("nan"), float("inf")])
def test_a_number_that_is_none(number):
    points = Points(made()[1], np.zeros((5, 2)))
    with pytest.raises(la.InputError, match="expected a whole number from 0 to 4"):
        points(torch.tensor([number], dtype=torch.float64))


@pytest.mark.parametrize("places", [np.zeros((0, 2)), np.zeros((3, 1)), np.zeros(2), np.zeros((3, 2, 1))])
def test_places_of_another_shape(places):
    with pytest.raises(la.InputError, match=r"places have shape.*alpha, beta"):
        Points(made()[1], places)


def test_it_answers_for_the_family_and_names_what_defines_it():
    o, family = made()
    points = Points(family, np.array([[0.5, -0.25], [0.0, 1.0]]))
    assert points.origin is family.origin and points.moves_statistics == family.moves_statistics and points.through == family.through
    assert points.spec() == {"family": family.spec(), "places": [[0.5, -0.25], [0.0, 1.0]]}
    with pytest.raises(AttributeError):
        points.nothing  # noqa: B018
    assert np.array_equal(points.without_statistics().places, points.places)
    ds = la.sweep(la.probes.loss(o), points, {"point": [0, 1]}, plan="plain")
    grid = la.sweep(la.probes.loss(o), family, {"alpha": [0.0, 0.5], "beta": [-0.25, 1.0]}, plan="plain")
    assert float(ds["loss"][0]) == float(grid["loss"].sel(alpha=0.5, beta=-0.25))
    assert float(ds["loss"][1]) == float(grid["loss"].sel(alpha=0.0, beta=1.0))
