"""Toy data: two spirals that wind around each other."""

import pytest
import torch

import lossatlas as la


@pytest.mark.parametrize("turns", [0.75, 1.0, 2.0])
def test_the_arms_are_each_other_turned_by_half_and_their_points_are_evenly_spread(turns):
    x, y = la.zoo.spiral(400, turns=turns, noise=0.0, size=1.0)
    assert x.dtype == torch.float32 and (y == 0).sum() == (y == 1).sum() == 200
    arms = [x[y == c][x[y == c].norm(dim=1).argsort()].double() for c in (0, 1)]
    torch.testing.assert_close(arms[0], -arms[1], atol=1e-5, rtol=0)
    radius = arms[0].norm(dim=1)
    turned = torch.atan2(arms[0][:, 1], arms[0][:, 0]) - 2 * torch.pi * turns * radius
    assert float((torch.cos(turned) - 1).abs().max()) < 1e-4
    gaps = arms[0].diff(dim=0).norm(dim=1)[20:]  # but for the tip, where the arm is bent most
    assert float(gaps.max() / gaps.min()) < 2 and float(radius.max()) == pytest.approx(1, abs=0.01)


def test_the_seed_fixes_noise_and_order():
    a, b, c = (la.zoo.spiral(30, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(a[0], b[0]) and torch.equal(a[1], b[1]) and not torch.equal(a[0], c[0])
    assert la.zoo.spiral(31)[1].bincount().tolist() == [16, 15]
    assert not torch.equal(a[1], torch.arange(30) % 2), "in a random order"


@pytest.mark.parametrize("options", [{"n": 1}, {"n": 2.0}, {"n": 4, "turns": 0}, {"n": 4, "noise": -1}, {"n": 4, "size": float("inf")}])
def test_bad_input(options):
    with pytest.raises(la.InputError, match="expected"):
        la.zoo.spiral(options.pop("n"), **options)
