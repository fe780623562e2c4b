"""The automatic range: to a multiple of the centre's loss, the same every time."""

import cases
import numpy as np
import pytest
import torch
from torch import nn

import lossatlas as la
from lossatlas.analyses.ranging import LADDER, first_reached


class Bowl(nn.Module):
    """Loss = offset + f(w) for a scalar w and one example: any profile along a line that a test wants."""

    def __init__(self, dims=2):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(dims, dtype=torch.float64))

    def forward(self, x):
        return self.w.expand(len(x), -1)


def along(f, dims=("alpha", "beta")):
    """An objective whose loss at w is f(w), and the slice along the unit vectors from w = 0."""
    model = Bowl(len(dims))
    data = (torch.zeros(1, 1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64))
    o = la.Objective.from_module(model, data, lambda out, t: f(out[0]).reshape(1), layout={"w": None})
    axes = tuple({"w": torch.eye(len(dims), dtype=torch.float64)[k]} for k in range(len(dims)))
    return la.probes.loss(o), la.Slice(o.point(), axes, dims)


@pytest.mark.parametrize("curvature", [1e-1, 1.0, 7.0, 300.0, 1e6])
@pytest.mark.parametrize("multiple", [2.0, 10.0, 300.0])
def test_a_bowl_reaches_its_multiple_at_the_root(curvature, multiple):
    """L = L0 (1 + k r²) reaches m L0 at r = √((m−1)/k): the next radius of the ladder."""
    probe, family = along(lambda w: 0.03 * (1 + curvature * w[0] ** 2 + 4 * curvature * w[1] ** 2))
    found = la.auto_range(probe, family, multiple=multiple)
    for dim, k in (("alpha", curvature), ("beta", 4 * curvature)):
        exact = ((multiple - 1) / k) ** 0.5
        expected = next((r for r in LADDER if r >= exact * (1 - 1e-9)), None)
        assert found["radii"][dim] == (expected, expected)
        assert found["ranges"][dim] == ((-expected, expected) if expected else (-10.0, 10.0))
    assert found["center"] == pytest.approx(0.03) and found["evaluations"] <= 1 + 2 * 2 * 17
    assert bool(found["notes"]) == (((multiple - 1) / curvature) ** 0.5 > 10)


def test_the_larger_side_counts_and_a_side_that_never_arrives_does_not():
    probe, family = along(lambda w: 1 + torch.where(w[0] > 0, 9 * w[0], 90 * -w[0]) + torch.where(w[1] > 0, w[1] * 0, 36 * w[1] ** 2))
    found = la.auto_range(probe, family)
    assert found["radii"] == {"alpha": (0.1, 1.0), "beta": (0.5, None)}
    assert found["ranges"] == {"alpha": (-1.0, 1.0), "beta": (-0.5, 0.5)}
    assert found["notes"] == ["automatic range: towards positive beta the loss does not reach 10 times the centre's up to 10"]


def test_a_flat_axis_ends_at_the_largest_radius_and_says_so():
    probe, family = along(lambda w: 1 + 9 * w[0] ** 2)
    found = la.auto_range(probe, family)
    assert found["ranges"] == {"alpha": (-1.0, 1.0), "beta": (-10.0, 10.0)}
    assert found["notes"] == ["automatic range: towards negative beta and positive beta the loss does not reach 10 times the centre's up "
                              "to 10"]


def test_values_that_are_not_finite_count_as_reached():
    probe, family = along(lambda w: torch.where(w[0].abs() > 0.33, torch.nan, 1.0) + torch.where(w[1] > 0.07, torch.inf, 0.0))
    found = la.auto_range(probe, family)
    assert found["radii"] == {"alpha": (0.4, 0.4), "beta": (None, 0.08)} and found["ranges"]["beta"] == (-0.08, 0.08)


def test_a_tiny_centre_works_and_one_that_is_not_positive_is_refused():
    probe, family = along(lambda w: 1e-6 * (1 + 900 * (w**2).sum()))
    assert la.auto_range(probe, family)["ranges"]["alpha"] == (-0.1, 0.1)
    for centre in (0.0, -1.0, float("nan"), float("inf")):
        probe, family = along(lambda w, c=centre: c + (w**2).sum())
        with pytest.raises(la.InputError, match=r"at the centre is .*write the range yourself: --range -1:1"):
            la.auto_range(probe, family)
    for multiple in (1.0, 0.5, -3, float("inf"), float("nan"), "10", True):
        with pytest.raises(la.InputError, match="multiple is"):
            la.auto_range(probe, family, multiple=multiple)


@pytest.mark.parametrize("crossing", [1e-5, 1e-4, 1.1e-4, 0.013, 0.5, 0.99, 1.0, 1.3, 9.9, 10.0, 10.1])
def test_the_ladder_is_searched_exactly(crossing):
    """Against trying every rung."""
    seen = []

    def value(r):
        seen.append(r)
        return r

    assert first_reached(value, crossing) == next((r for r in LADDER if r >= crossing), None)
    assert len(seen) <= 17 and np.all(np.diff(LADDER) > 0) and LADDER[0] == 1e-4 and LADDER[-1] == 10


def test_it_is_deterministic_leaves_the_generators_alone_and_takes_copies_and_splits():
    o = la.Objective.from_module(cases.mlp(), cases.blobs(), "cross_entropy", batch_size=16)
    plane = la.random_slice(o, seed=3)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    one, two = (la.auto_range(la.probes.loss(o), la.random_slice(o, seed=3), multiple=1.5) for _ in range(2))
    assert one == two and torch.equal(before, torch.get_rng_state())
    pair = la.probes.loss({"train": o, "test": o.with_data((cases.blobs(seed=8)[0][:9], cases.blobs()[1][:9]))})
    assert la.auto_range(pair, plane, multiple=1.5) == one, "the first split decides"
    repeats = la.random_slice(o, seed=3, repeats=3)
    each = [la.auto_range(la.probes.loss(o), repeats[k], multiple=1.5) for k in range(3)]
    many = la.auto_range(la.probes.loss(o), repeats, multiple=1.5)
    for dim in ("alpha", "beta"):
        for side in (0, 1):
            assert many["radii"][dim][side] == max(e["radii"][dim][side] for e in each)
    assert one["radii"]["alpha"] == each[0]["radii"]["alpha"]


def test_the_range_is_said_by_the_result_but_does_not_define_it(tmp_path):
    o = la.Objective.from_module(cases.mlp(), cases.blobs(), "cross_entropy", batch_size=16)
    for family in (la.random_slice(o), la.random_slice(o, repeats=2)):
        found = la.auto_range(la.probes.loss(o), family, multiple=1.5)
        coords = {dim: la.axis(*ends, 3) for dim, ends in found["ranges"].items()}
        store = tmp_path / f"{len(family.dims)}.zarr/a"
        la.sweep(la.probes.loss(o), family.saying({"auto_range": found}), coords, store=store)
        ds = la.open(store)
        assert ds.attrs["auto_range"]["ranges"]["alpha"] == list(found["ranges"]["alpha"]) and ds.attrs["auto_range"]["multiple"] == 1.5
        assert "Range: to 1.5 times the loss of the centre." in la.figures.slice(ds).caption
        assert la.sweep(la.probes.loss(o), family, coords, store=store)["loss"].equals(ds["loss"])


def test_what_cannot_be_searched_is_refused():
    o = la.Objective.from_module(cases.mlp(), cases.blobs(), "cross_entropy")
    with pytest.raises(la.InputError, match="quantity is 'acuracy'; expected one of loss"):
        la.auto_range(la.probes.loss(o), la.random_slice(o), quantity="acuracy")


def test_a_family_through_points_has_a_frame_and_no_range():
    points = [la.Objective.from_module(cases.mlp(seed=s), cases.blobs(), "cross_entropy") for s in range(3)]
    a, b, c = (o.point() for o in points)
    for family in (la.line(a, b), la.plane(a, b, c)):
        with pytest.raises(la.InputError, match=r"through given points, .* take family.frame\(51\)") as caught:
            la.auto_range(la.probes.loss(points[0]), family)
        assert "\n" not in str(caught.value)
