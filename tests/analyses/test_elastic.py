"""Elastic bands on objectives: the saddle of a landscape that is known, what a step takes, and what stays as it was."""

import math
import warnings

import cases
import pytest
import torch
from oracles import Surface, itself

import lossatlas as la
from lossatlas.analyses.elastic import CYCLES, SGD, Cycle, _Slide, _stretched, autoneb, neb
from lossatlas.numerics.neb import segment_lengths
from lossatlas.params import ravel
from lossatlas.run.events import Note, Trained


def bent(u, v, x):
    """(u² − 1)² + 4 (v − 1 + u²)²: minima at (±1, 0), 5 on the middle of the line between them, a saddle of 1 at (0, 1)."""
    return x * ((u * u - 1) ** 2 + 4 * (v - 1 + u * u) ** 2)


#: Three short cycles, enough for the landscape above.
SHORT = [Cycle(3, 50, 0.02), Cycle(2, 40, 0.02), Cycle(2, 40, 0.02), Cycle(2, 20, 0.01)]


def surface(function, n=8):
    x = torch.linspace(0.5, 1.5, n, dtype=torch.float64)
    return la.Objective.from_module(Surface(function), (x, torch.zeros(n)), itself, batch_size=4, layout={"uv": None})


def place(u, v=0.0):
    return {"uv": torch.tensor([u, v], dtype=torch.float64)}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_autoneb_goes_over_the_saddle_and_not_over_the_top(seed):
    found = autoneb(surface(bent), place(-1.0), place(1.0), scale=SHORT, seed=seed)
    assert found.record["line"] == {"saddle": pytest.approx(5, rel=1e-12), "at": 0.5}
    assert found.saddle == pytest.approx(1, abs=0.1) and found.converged and found.steps == 150
    assert found.record["cycles"][0]["pivots"] == 3
    assert found.record["cycles"][-1]["pivots"] > 3, "pivots were inserted where straight segments cut the bend"
    arc = torch.linspace(-1, 1, 2001, dtype=torch.float64)
    length = torch.stack([arc, 1 - arc**2], 1).diff(dim=0).norm(dim=1).sum() / 2
    assert found.record["length_ratio"] == pytest.approx(float(length), rel=0.05)


def test_a_band_of_fixed_pivots_keeps_their_number_and_spaces_them_equally():
    found = neb(surface(bent), place(-1.0), place(1.0), pivots=5, steps=60, rate=0.02)
    band = torch.stack([control["uv"] for control in found.path.controls])
    assert len(band) == 7 and [cycle["pivots"] for cycle in found.record["cycles"]] == [5, 5, 5]
    lengths = segment_lengths(band)
    assert float(lengths.max() / lengths.min()) < 1.05
    assert found.saddle < 1.3
    sprung = neb(surface(bent), place(-1.0), place(1.0), pivots=5, steps=60, rate=0.02, spring=1.0)
    assert sprung.saddle < 1.5


def test_ends_are_the_points_to_the_bit_and_nothing_of_the_users_changes():
    model = cases.convbn()
    objective = la.Objective.from_module(model, cases.images(), "cross_entropy", batch_size=8)
    a, b = ({n: t.clone() for n, t in objective.conform(cases.convbn(seed=s).state_dict()).items()} for s in (1, 2))
    state, kept = {n: t.clone() for n, t in model.state_dict().items()}, [{n: t.clone() for n, t in p.items()} for p in (a, b)]
    rng, mode = torch.get_rng_state(), model.training
    short = [Cycle(2, 4, 0.1), Cycle(1, 4, 0.05)]
    one, other = (autoneb(objective, a, b, scale=short, seed=3) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), rng) and model.training is mode
    assert all(torch.equal(tensor, state[name]) for name, tensor in model.state_dict().items())
    for t, point, before in ((0.0, a, kept[0]), (1.0, b, kept[1])):
        end = one.path(torch.tensor([t], dtype=torch.float64))
        assert end.keys() == point.keys()
        assert all(torch.equal(end[name], before[name]) and torch.equal(point[name], before[name]) for name in point)
    assert one.path.spec() == other.path.spec() and one.record == other.record, "same seed, same bytes"


def test_a_step_takes_losses_and_gradients_of_the_training_view_on_one_batch_for_all():
    objective = la.Objective.from_module(cases.mlp(dropout=0.5), cases.blobs(), "cross_entropy", penalty=0.1, batch_size=10)
    names = list(objective.params)
    start = ravel(objective.params, names)
    band = torch.stack([start, start, 2 * start, start])
    losses, gradients = _Slide(objective, names, 0, lambda step, height: None)(band, 0)
    assert losses[0] == losses[1] == losses[3] != losses[2], "the same batch and the same dropout for all pivots"
    assert gradients.shape == (2, len(start))
    plain = la.Objective.from_module(cases.mlp(dropout=0.5), cases.blobs(), "cross_entropy", batch_size=10)
    bare_losses, bare = _Slide(plain, names, 0, lambda step, height: None)(band, 0)
    assert torch.allclose(gradients, bare + 0.1 * band[1:3], atol=1e-6), "the penalty ½·λ·‖θ‖² is one on the pivots"
    assert torch.allclose(losses - bare_losses, 0.05 * band.double().square().sum(1))
    dry = la.Objective.from_module(cases.mlp(), cases.blobs(), "cross_entropy", batch_size=10)
    batch = next(dry.data.shuffled(0))[1]
    point = {name: tensor.clone().requires_grad_() for name, tensor in dry.params.items()}
    expected = torch.autograd.grad(dry.value(point, batch), list(point.values()))
    _, found = _Slide(dry, names, 0, lambda step, height: None)(band, 0)
    assert torch.allclose(found[0], torch.cat([g.reshape(-1) for g in expected]), atol=1e-7)


def test_a_rate_that_is_too_large_is_lowered_and_told():
    heard = []
    found = autoneb(surface(bent), place(-1.0), place(1.0), scale=[Cycle(3, 30, 3.0), Cycle(2, 30, 3.0), Cycle(0, 20, 1.0)],
                    optimizer=SGD, on_event=heard.append)
    notes = [event.message for event in heard if isinstance(event, Note)]
    assert found.record["lowered"] >= 2 and len(notes) == found.record["lowered"]
    assert "a third" in notes[0]
    rates = [cycle["rate"] for cycle in found.record["cycles"]]
    assert rates[0] < 1 and rates[-1] == pytest.approx(1.0 / 3 ** found.record["lowered"])
    assert found.saddle < 2
    trained = [event for event in heard if isinstance(event, Trained)]
    assert trained[-1].step == trained[-1].steps == found.steps == 80


def test_a_landscape_without_numbers_gives_none_and_never_a_saddle_of_zero():
    def torn(u, v, x):
        return torch.where(u.abs() < 0.5, torch.nan, 1.0) * bent(u, v, x)

    with pytest.warns(RuntimeWarning, match="the band stopped in cycle 1|not finite at 5 of 11"):
        found = autoneb(surface(torn), place(-1.0), place(1.0), steps=30)
    assert not found.converged and math.isnan(found.saddle) and found.steps == 0
    assert "nan" in found.record["stopped"] and math.isnan(found.record["line"]["saddle"])
    assert len(found.path.controls) == 2, "what is left is the line"


def test_where_nothing_rises_the_line_is_kept():
    bowl = surface(lambda u, v, x: x * (u * u + v * v))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = autoneb(bowl, place(-1.0), place(1.0, 0.5), scale=SHORT)
    assert found.saddle == pytest.approx(1.25, rel=1e-6) and found.converged


def test_a_pair_is_relaxed_on_its_training_data_and_half_precision_is_kept_wide():
    train, test = surface(bent), surface(lambda u, v, x: x * (u - 7) ** 2 + v)
    ends = place(-1.0), place(1.0)
    short = [Cycle(1, 5, 0.02), Cycle(1, 5, 0.02)]
    each = (({"test": test, "train": train}, 0), (train, 0), (train, 1))
    paths = [autoneb(objective, *ends, scale=short, seed=seed).path.spec() for objective, seed in each]
    assert paths[0] == paths[1] != paths[2], "the seed draws mini-batches"
    half = la.Objective.from_module(cases.mlp().to(torch.bfloat16), cases.blobs(dtype=torch.bfloat16), "cross_entropy")
    a, b = (half.conform(cases.mlp(seed=s).state_dict()) for s in (1, 2))
    found = autoneb(half, a, b, scale=short)
    assert math.isfinite(found.saddle) and all(t.dtype == torch.float32 for t in found.path.controls[0].values())


def test_schedules_are_stretched_to_any_number_of_steps():
    assert sum(cycle.steps for cycle in CYCLES["quick"]) == 700 and sum(cycle.steps for cycle in CYCLES["paper"]) == 16_000
    for scale, count in (("quick", 6), ("paper", 14)):
        for steps in (count, count + 1, 57, 699, 1400, 2401, 12_345, 40_000):
            made = _stretched(CYCLES[scale], steps, 2.0)
            assert sum(cycle.steps for cycle in made) == steps and min(cycle.steps for cycle in made) >= 1
            assert all(few.steps <= 2 * many.steps + 1 for few, many in zip(made[:3] + made[-3:], CYCLES[scale][:3] + CYCLES[scale][-3:],
                                                                            strict=True))
            assert list(dict.fromkeys((cycle.insert, cycle.rate) for cycle in made)) == list(dict.fromkeys(
                (cycle.insert, cycle.rate) for cycle in CYCLES[scale]))
    assert [(cycle.insert, cycle.steps, cycle.rate) for cycle in _stretched(CYCLES["quick"], 2400, 2.0)] == [
        (3, 200, 3e-3), *[(2, 200, 3e-3)] * 2, *[(2, 200, 1e-3)] * 6, (2, 300, 3e-4), (2, 300, 1e-4)]
    assert [cycle.steps for cycle in _stretched(CYCLES["quick"], 2100)] == [300, 300, 300, 300, 450, 450]


@pytest.mark.parametrize(("call", "said"), [
    (lambda o, a, b: autoneb(o, a, a), "equal"),
    (lambda o, a, b: autoneb(o, a, b, steps=5), "at least 6"),
    (lambda o, a, b: autoneb(o, a, b, scale="papers"), "did you mean 'paper'"),
    (lambda o, a, b: autoneb(o, a, b, scale=[]), "quick, paper, or a list"),
    (lambda o, a, b: autoneb(o, a, {"other": a["uv"]}), "point b"),
    (lambda o, a, b: neb(o, a, b, pivots=0), "pivots is 0"),
    (lambda o, a, b: neb(o, a, b, steps=1), "steps is 1"),
    (lambda o, a, b: neb("digits", a, b), "expected an Objective"),
])
def test_what_cannot_be_connected_is_refused(call, said):
    with pytest.raises(la.InputError, match=said):
        call(surface(bent), place(-1.0), place(1.0))
