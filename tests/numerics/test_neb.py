"""The elastic band on landscapes whose saddles are known, and its forces where neighbours swap order."""

import math
from functools import partial
from itertools import pairwise

import pytest
import torch

from lossatlas.errors import InputError
from lossatlas.numerics.neb import inserted, insertions, relax, respaced, segment_lengths, tangents, uphill

F64 = torch.float64

#: Müller and Brown 1979: A, a, b, c, x0, y0 of the four terms; minima and saddles as solved to 1e-9.
MB = torch.tensor([[-200, -1, 0, -10, 1, 0], [-100, -1, 0, -10, 0, 0.5], [-170, -6.5, 11, -6.5, -0.5, 1.5], [15, 0.7, 0.6, 0.7, -1, 1]],
                  dtype=F64)
MB_LEFT, MB_MIDDLE, MB_RIGHT = (-0.558223634633, 1.441725841804), (-0.050010822998, 0.466694104872), (0.623499404931, 0.028037758529)
MB_SADDLES = {"high": ((-0.822001558732, 0.624312802815), -40.664843508), "low": ((0.212486582, 0.292988325), -72.248940)}


def sgd(rate, momentum=0.9):
    """Gradient descent, for a band."""
    return partial(torch.optim.SGD, lr=rate, momentum=momentum)



def muller_brown(x):
    big, a, b, c, x0, y0 = MB.T
    dx, dy = x[..., :1] - x0, x[..., 1:2] - y0
    rest = (x[..., 2:] ** 2).sum(-1) * 200
    return (big * torch.exp(a * dx**2 + b * dx * dy + c * dy**2)).sum(-1) + rest


def double_well(x):
    """(x² − 1)² + 5 (y − sin πx)² + …: minima at (±1, 0), saddle of height 1 at the origin, the way bends on both sides."""
    return (x[..., 0] ** 2 - 1) ** 2 + 5 * (x[..., 1] - torch.sin(math.pi * x[..., 0])) ** 2 + (x[..., 2:] ** 2).sum(-1)


def leps(x):
    """LEPS potential of a collinear exchange A + BC (Jónsson et al. 1998, appendix): symmetric here, so the saddle is at r_AB = r_BC."""
    ab, bc = x[..., 0], x[..., 1]
    d, alpha, r0, s = 4.746, 1.942, 0.742, 1 / 1.1

    def q(r):
        return d / 2 * (1.5 * torch.exp(-2 * alpha * (r - r0)) - torch.exp(-alpha * (r - r0))) * s

    def j(r):
        return d / 4 * (torch.exp(-2 * alpha * (r - r0)) - 6 * torch.exp(-alpha * (r - r0))) * s

    ac = ab + bc
    return q(ab) + q(bc) + q(ac) - torch.sqrt(j(ab) ** 2 + j(bc) ** 2 + j(ac) ** 2 - j(ab) * j(bc) - j(bc) * j(ac) - j(ab) * j(ac))


def evaluating(potential):
    def evaluate(band, step):
        x = band.clone().requires_grad_()
        values = potential(x)
        return values.detach(), torch.autograd.grad(values.sum(), x)[0][1:-1]

    return evaluate


def straight(a, b, pivots, dims=2, noise=0.0, seed=0):
    a, b = (torch.tensor([*p, *[0.0] * (dims - 2)], dtype=F64) for p in (a, b))
    band = torch.lerp(a, b, torch.linspace(0, 1, pivots, dtype=F64)[:, None])
    band[1:-1] += noise * torch.randn(band[1:-1].shape, generator=torch.Generator().manual_seed(seed), dtype=F64)
    return band


def highest(band, potential, count=400):
    shares = torch.linspace(0, 1, count, dtype=F64)[:, None]
    return float(max(potential(torch.lerp(a, b, shares)).max() for a, b in pairwise(band)))


# ---- saddles -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dims", "seed"), [(2, 0), (8, 1), (8, 2)])
def test_climbing_finds_the_saddle_of_muller_and_brown(dims, seed):
    for (a, b), which in (((MB_LEFT, MB_MIDDLE), "high"), ((MB_MIDDLE, MB_RIGHT), "low")):
        band = straight(a, b, 9, dims, noise=0.02, seed=seed)
        given = band.clone()
        found = relax(band, evaluating(muller_brown), steps=4000, optimizer=sgd(2e-4, 0.8), spring=100.0, climb=True, tolerance=1e-6)
        place, height = MB_SADDLES[which]
        top = int(found.losses.argmax())
        assert found.converged and found.stopped is None and found.force <= 1e-6
        assert float(found.losses[top]) == pytest.approx(height, abs=1e-4)
        assert found.band[top, :2].tolist() == pytest.approx(place, abs=1e-4)
        assert torch.equal(band, given), "the band that was given is left as it is"
        assert torch.equal(found.band[0], given[0]) and torch.equal(found.band[-1], given[-1])


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_an_infinite_spring_finds_the_pass_over_both_saddles(seed):
    band = straight(MB_LEFT, MB_RIGHT, 25, noise=0.01, seed=seed)
    found = relax(band, evaluating(muller_brown), steps=400, optimizer=sgd(2e-4))
    lengths = segment_lengths(found.band)
    assert float(lengths.max() / lengths.min()) < 1.05
    assert highest(found.band, muller_brown) == pytest.approx(MB_SADDLES["high"][1], abs=0.05)
    assert highest(band, muller_brown) > -10, "the straight line is far higher"


@pytest.mark.parametrize("dims", [2, 20])
def test_the_double_well_is_crossed_at_its_saddle(dims):
    band = straight((-1, 0), (1, 0), 21, dims, noise=0.05, seed=dims)
    found = relax(band, evaluating(double_well), steps=400, optimizer=sgd(1e-2))
    assert highest(band, double_well) > 2
    assert highest(found.band, double_well) == pytest.approx(1, abs=1e-3)
    x, y = found.band[:, 0], found.band[:, 1]
    assert float((y - torch.sin(math.pi * x)).abs().max()) < 0.15, "it follows the bends of the valley"


def test_the_saddle_of_an_exchange_reaction_lies_on_the_diagonal():
    ends = ((0.742, 3.5), (3.5, 0.742))
    found = relax(straight(*ends, 9), evaluating(leps), steps=8000, optimizer=sgd(5e-3), spring=2.0, climb=True, tolerance=1e-8)
    top = int(found.losses.argmax())
    r = torch.linspace(0.6, 2, 20001, dtype=F64)
    diagonal = leps(torch.stack([r, r], 1)).min()
    assert found.converged and top == 4
    assert float(found.losses[top]) == pytest.approx(float(diagonal), abs=1e-6)
    assert float(found.band[top, 0]) == pytest.approx(float(found.band[top, 1]), abs=1e-5)


# ---- tangents and forces -------------------------------------------------------------------------------------------


def corner():
    """Three pivots around a right angle with unequal arms, and a gradient for the one in the middle."""
    return torch.tensor([[0.0, 0.0], [2.0, 0.0], [2.0, 1.0]], dtype=F64), torch.tensor([[0.3, -1.1]], dtype=F64)


def test_tangents_are_those_of_henkelman_and_jonsson():
    band, _ = corner()
    ahead, behind = torch.tensor([0.0, 1.0], dtype=F64), torch.tensor([2.0, 0.0], dtype=F64)  # not normalized

    def tangent(*losses):
        return tangents(band, torch.tensor(losses, dtype=F64))[0]

    def unit(v):
        return v / v.norm()

    assert torch.allclose(tangent(0, 1, 2), unit(ahead))
    assert torch.allclose(tangent(2, 1, 0), unit(behind))
    assert torch.allclose(tangent(1, 4, 2), unit(3 * ahead + 2 * behind)), "a maximum, the next neighbour higher: ΔVmax = 3"
    assert torch.allclose(tangent(2, 4, 1), unit(2 * ahead + 3 * behind))
    assert torch.allclose(tangent(2, 1, 4), unit(3 * ahead + 1 * behind)), "a minimum, the next neighbour higher: ΔVmax = 3"
    assert torch.allclose(tangent(4, 1, 2), unit(1 * ahead + 3 * behind))
    assert torch.allclose(tangent(1, 1, 1), unit(ahead + behind))
    assert tangent(0, math.nan, 1).isnan().all(), "a loss that is not a number never gives a force"


#: The middle pivot's loss is 1; those of its neighbours just before and just after they swap order, or one swaps with the pivot.
SWAPS = {
    "the neighbours of a maximum": ((0.4 - 1e-9, 1, 0.4), (0.4 + 1e-9, 1, 0.4)),
    "the neighbours of a minimum": ((1.7 - 1e-9, 1, 1.7), (1.7 + 1e-9, 1, 1.7)),
    "the pivot and the next, from a slope to a maximum": ((0.3, 1, 1 + 1e-9), (0.3, 1, 1 - 1e-9)),
    "the pivot and the next, from a minimum to a slope": ((1.8, 1, 1 + 1e-9), (1.8, 1, 1 - 1e-9)),
    "the pivot and the one before, from a maximum to a slope": ((1 - 1e-9, 1, 0.3), (1 + 1e-9, 1, 0.3)),
    "the pivot and the one before, from a slope to a minimum": ((1 - 1e-9, 1, 1.8), (1 + 1e-9, 1, 1.8)),
}


@pytest.mark.parametrize("swap", SWAPS)
@pytest.mark.parametrize("spring", [None, 0.7])
def test_forces_are_continuous_where_neighbours_swap_order(swap, spring):
    band, gradient = corner()
    below, above = (uphill(band, torch.tensor(losses, dtype=F64), gradient, spring=spring) for losses in SWAPS[swap])
    assert torch.allclose(below, above, atol=1e-7), swap
    exactly = uphill(band, torch.tensor([round(v, 6) for v in SWAPS[swap][0]], dtype=F64), gradient, spring=spring)
    assert torch.allclose(below, exactly, atol=1e-7), f"at the swap itself: {swap}"


def test_what_would_be_wrong_is_seen_by_the_test_of_continuity():
    """With the roles of ΔVmax and ΔVmin exchanged, as in a published code, the force jumps where a slope becomes a maximum."""
    band, gradient = corner()
    ahead, behind = band[2] - band[1], band[1] - band[0]
    wrong = 1e-9 * ahead + 0.7 * behind  # the limit of the maximum (0.3, 1, 1 − 1e-9) with exchanged roles
    slope = ahead
    one, other = ((gradient[0] - (gradient[0] @ t) * t / (t @ t)) for t in (wrong, slope))
    assert not torch.allclose(one, other, atol=1e-2)


def test_gradients_act_across_the_band_and_springs_along_it():
    band, gradient = corner()
    losses = torch.tensor([0.0, 1.0, 2.0], dtype=F64)
    tangent = tangents(band, losses)
    assert float((uphill(band, losses, gradient) * tangent).sum()) == pytest.approx(0, abs=1e-15)
    sprung = uphill(band, losses, gradient, spring=0.7, fractions=torch.tensor([0.5, 0.5]))
    assert torch.allclose(sprung - uphill(band, losses, gradient), 0.7 * (0.5 + 0.5) * tangent), "d = 2 and 1 for targets of 1.5"
    climbing = uphill(band, losses, gradient, climb=True)
    assert float((climbing * tangent).sum()) == pytest.approx(-float((gradient * tangent).sum())), "it climbs along the band"


# ---- places --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_respacing_puts_pivots_at_fractions_of_the_length(seed):
    x = torch.rand(7, generator=torch.Generator().manual_seed(seed), dtype=F64).cumsum(0)
    line = torch.stack([x, 3 * x, -x], 1)
    fractions = torch.tensor([0.1, 0.3, 0.05, 0.25, 0.1, 0.2], dtype=F64)
    placed = respaced(line, fractions)
    assert torch.allclose(segment_lengths(placed) / segment_lengths(line).sum(), fractions)
    assert torch.equal(placed[0], line[0]) and torch.equal(placed[-1], line[-1])
    assert torch.allclose(respaced(placed, fractions), placed)
    same = torch.zeros(4, 3)
    assert torch.equal(respaced(same), same), "a band without length stays where it is"


def test_pivots_are_inserted_where_the_inside_rises_above_the_chord():
    pivots = [0.0, 2.0, 1.0]
    inside = torch.tensor([[0.5, 1.0, 1.9], [1.75, 2.1, 1.25]])  # above the chord by at most .4 and .6; the span is 2
    assert insertions(pivots, inside, threshold=0.1, most=2) == [(1, 0.5), (0, 0.75)]
    assert insertions(pivots, inside, threshold=0.1, most=1) == [(1, 0.5)]
    assert insertions(pivots, inside, threshold=0.25, most=2) == [(1, 0.5)]
    assert insertions(pivots, torch.tensor([[0.5, 1.0, 1.5], [1.0, math.nan, 1.0]]), threshold=0.1, most=2) == [(1, 0.5)]
    assert insertions([1.0, 1.0], torch.tensor([[1.0, 1.0]]), threshold=0.1, most=1) == []
    assert insertions([1.0, 1.0], torch.tensor([[1.0, 1.1]]), threshold=0.1, most=1) == [(0, pytest.approx(2 / 3))]
    band, fractions = inserted(torch.tensor([[0.0], [4.0], [5.0]]), torch.tensor([0.8, 0.2]), [(1, 0.5), (0, 0.75)])
    assert band[:, 0].tolist() == [0, 3, 4, 4.5, 5]
    assert fractions.tolist() == pytest.approx([0.6, 0.2, 0.1, 0.1])


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_mean_of_bands_is_nearer_to_the_path_than_the_last(seed):
    """A straight valley along x, and gradients with noise, as mini-batches have: the band jitters about y = 0, its mean less."""
    random = torch.Generator().manual_seed(seed)
    plain = evaluating(lambda x: (x[..., 0] ** 2 - 1) ** 2 + 5 * x[..., 1] ** 2)

    def noisy(band, step):
        losses, gradients = plain(band, step)
        return losses, gradients + torch.randn(gradients.shape, generator=random, dtype=F64)

    def off(averaged):
        start = straight([-1.0, 0.0], [1.0, 0.0], 9)
        return float(relax(start, noisy, steps=400, optimizer=sgd(0.01, 0.0), averaged=averaged).band[:, 1].norm())

    assert off(0.5) < 0.5 * off(0.0)


def test_what_is_not_finite_stops_the_band_and_says_so():
    def evaluate(band, step):
        values, gradients = evaluating(double_well)(band, step)
        return (values, gradients) if step < 3 else (values * math.nan, gradients)

    found = relax(straight((-1, 0), (1, 0), 5), evaluate, steps=10, optimizer=sgd(1e-3))
    assert not found.converged and found.steps == 3 and "nan at step 3" in found.stopped


@pytest.mark.parametrize(("options", "said"), [
    ({"band": torch.zeros(2, 3)}, "at least one pivot"),
    ({"climb": True}, "spring=1.0"),
    ({"fractions": torch.tensor([0.5, 0.25, 0.25])}, "2 positive numbers"),
    ({"fractions": torch.tensor([0.5, 0.6])}, "with sum 1"),
])
def test_what_makes_no_band_is_refused(options, said):
    options = {"band": torch.zeros(3, 2), "steps": 1, "optimizer": sgd(0.1), **options}
    with pytest.raises(InputError, match=said):
        relax(options.pop("band"), evaluating(double_well), **options)
