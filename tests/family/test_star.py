"""Stars: places on spokes and inside, and what training draws and moves."""

import math
from itertools import permutations

import cases
import pytest
import torch

import lossatlas as la
from lossatlas.family.star import Inside, Star


def points(m, d=4, seed=0):
    x = torch.randn(m, d, generator=cases.gen(seed), dtype=torch.float64)
    return [{"w": row} for row in x]


def at(spoke, t):
    return torch.tensor([spoke, t], dtype=torch.float64)


@pytest.mark.parametrize("m", [2, 3, 5])
def test_spokes_lead_from_the_points_to_the_middle_exactly(m):
    given = points(m)
    star = Star.between(given)
    assert torch.allclose(star.middle["w"], torch.stack([p["w"] for p in given]).mean(0))
    for k, point in enumerate(given):
        assert torch.equal(star(at(k, 0))["w"], point["w"]) and torch.equal(star(at(k, 1))["w"], star.middle["w"])
        assert torch.allclose(star(at(k, 0.25))["w"], 0.75 * point["w"] + 0.25 * star.middle["w"])


def test_faces_are_the_inner_points_of_a_barycentric_subdivision():
    for m in (3, 4, 5):
        star = Star.between(points(m), faces=True)
        assert len(star.faces) == 2**m - m - 2
        for subset, face in star.faces.items():
            assert torch.allclose(face["w"], torch.stack([star.points[k]["w"] for k in subset]).mean(0))
        assert len(star.variables()) == 1 + len(star.faces)


@pytest.mark.parametrize(("m", "faces"), [(3, False), (3, True), (4, True)])
def test_random_places_fill_every_simplex_uniformly(m, faces):
    """In barycentric coordinates: sums of 1, all simplices alike, and the mean place of a simplex at the mean of its corners."""
    corners = [{"w": row} for row in torch.eye(m, dtype=torch.float64)]
    star = Star.between(corners, faces=faces)
    drawn = torch.stack([star.inside(cases.gen(seed))["w"] for seed in range(1200)])
    assert torch.allclose(drawn.sum(1), torch.ones(1200, dtype=torch.float64)) and bool((drawn >= 0).all())
    if faces:  # a small simplex is an order of the points by their weight
        orders = [tuple(row.argsort(descending=True).tolist()) for row in drawn]
        counts = [orders.count(order) for order in permutations(range(m))]
        expected = 1200 / math.factorial(m)
        assert max(abs(count - expected) for count in counts) < 5 * expected**0.5
    assert torch.allclose(drawn.mean(0), torch.full((m,), 1 / m, dtype=torch.float64), atol=0.03)
    assert torch.allclose(drawn.var(0), drawn.var(0).mean().expand(m), rtol=0.25)


def test_training_moves_inner_points_alone_and_draws_on_the_spokes():
    given = points(3)
    star = Star.between(given)
    variables = [v.clone().requires_grad_() for v in star.variables()]
    for seed in range(20):
        place = star.drawn(variables, cases.gen(seed))["w"].detach()
        ratios = [(place - p["w"]) / (star.middle["w"] - p["w"]) for p in given]
        assert any(bool((r - r[0]).abs().max() < 1e-9) and 0 <= float(r[0]) <= 1 for r in ratios), "it lies on one of the spokes"
    torch.autograd.grad(star.drawn(variables, cases.gen(0))["w"].sum(), variables)
    moved = star.trained([torch.zeros_like(v) for v in variables])
    assert torch.equal(moved.middle["w"], torch.zeros(4, dtype=torch.float64))
    assert all(torch.equal(a["w"], b["w"]) for a, b in zip(moved.points, given, strict=True))
    assert moved.spec() != star.spec() and star.drawn(variables, None)["w"].equal(star.middle["w"])


def test_the_inside_is_a_family_over_numbers():
    star = Star.between(points(3), faces=True)
    inside = Inside(star, 5, cases.gen)
    assert torch.equal(inside(torch.tensor([2.0]))["w"], inside(torch.tensor([2.0]))["w"])
    assert not torch.equal(inside(torch.tensor([2.0]))["w"], inside(torch.tensor([3.0]))["w"])


@pytest.mark.parametrize(("make", "said"), [
    (lambda: Star.between(points(1)), "expected at least two"),
    (lambda: Star((*points(2), {"w": torch.zeros(3)}), {"w": torch.zeros(4)}), "point 2 of the star"),
    (lambda: Star(points(2), {"v": torch.zeros(4)}), "an inner point of the star"),
    (lambda: Star(points(3), points(1)[0], {(0, 1): points(1)[0]}), "all of"),
    (lambda: Star.between(points(3)).variables(points(1)[0]), "expected init=None"),
    (lambda: Star.between(points(3))(at(3, 0.5)), "spoke 3"),
    (lambda: Star.between(points(3))(at(1, 1.5)), "t = 1.5"),
])
def test_what_is_no_star_is_refused(make, said):
    with pytest.raises(la.InputError, match=said):
        make()
