"""Matching: planted permutations are found again, by weights and by activations; what is reported is what is so."""

import pytest
import torch
from nets import NETS, batch, mlp, objective
from torch import nn

import lossatlas as la
from lossatlas.params import difference, lincomb, norm, without_running_statistics
from lossatlas.symmetry.finding import output_difference
from lossatlas.symmetry.weights import match_weights


def noisy(point, size, seed):
    """A point with noise of this share of every tensor's spread; statistics stay."""
    g = torch.Generator().manual_seed(seed)
    return {n: t if "running" in n else t + size * t.std() * torch.randn(t.shape, generator=g) for n, t in point.items()}


@pytest.mark.parametrize(("noise", "count"), [(0.0, 20), (0.1, 3)])
@pytest.mark.parametrize("name", ["mlp", "option_a", "projection", "encoder"])  # plain, residual, BatchNorm, transformer
def test_planted_permutations_are_recovered_20_of_20(name, noise, count):
    whole, recovered = objective(name), 0
    found, starts = la.symmetries(whole), [whole.point(), *(objective(name, seed).point() for seed in (1, 2))]
    for seed in range(count):
        a = starts[seed] if seed < 3 else noisy(starts[0], 0.5, seed)
        hidden = found.random(seed)
        b = found.permute(noisy(a, noise, seed) if noise else a, hidden)
        end = match_weights(found, a, b, seed=seed, restarts=0)[0]
        back = found.permute(found.permute(a, hidden), end.permutations)
        recovered += all(torch.equal(back[n], t) for n, t in a.items()) and end.converged
    assert recovered == count


@pytest.mark.parametrize("method", ["weights", "activations"])
@pytest.mark.parametrize("name", ["vgg", "noshort", "grouped", "gpt", "llama", "densenet", "convnet"])
def test_permuted_copies_come_back(name, method):
    if method == "activations" and name in ("llama", "densenet", "convnet"):
        pytest.skip("8 examples do not tell apart units that are dead or alike on them")
    o = objective(name)
    found = la.symmetries(o)
    b = found.permute(o.point(), found.random(11))
    m = la.match(o, o.point(), b, method, seed=2)
    assert all(torch.equal(m.point[n], t) for n, t in o.point().items())
    assert m.gain.distance_after == 0 < m.gain.distance_before and m.converged and m.max_output_difference <= 1e-5
    assert m.gain.middle_after == pytest.approx(m.gain.loss_a, rel=1e-5)


class Complex(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = (nn.Parameter(torch.randn(n, m, dtype=torch.cfloat)) for n, m in ((6, 8), (8, 4)))

    def forward(self, x):
        return ((x.to(self.a.dtype) @ self.a).tanh() @ self.b).abs()


class Masked(nn.Module):
    """Attention with a mask of bools among the inputs."""

    def __init__(self):
        super().__init__()
        self.body = nn.TransformerEncoderLayer(8, 2, 12, batch_first=True, dropout=0.0)
        self.embed, self.head = nn.Embedding(9, 8), nn.Linear(8, 4)

    def forward(self, ids, mask):
        x = self.body(self.embed(ids), src_key_padding_mask=~mask)
        return self.head(x.masked_fill(~mask[..., None], 0).sum(1))


def test_complex_weights_and_masks_are_matched():
    g = torch.Generator().manual_seed(0)
    mask = torch.rand(70, 6, generator=g) > 0.3
    mask[:, 0] = True
    ids, y = torch.randint(0, 9, (70, 6), generator=g), torch.randint(0, 4, (70,), generator=g)
    x = torch.randn(70, 6, generator=g)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        cases = [(Complex(), (x, y), {"a": None, "b": None}), (Masked(), [({"ids": ids, "mask": mask}, y)], None)]
    for net, data, layout in cases:
        o = la.Objective.from_module(net, data, "cross_entropy", layout=layout)
        found = la.symmetries(o)
        assert not found.dropped and found.groups
        for method in ("weights", "activations"):
            m = la.match(o, o.point(), found.permute(o.point(), found.random(1)), method, data=data)
            assert all(torch.equal(m.point[n], t) for n, t in o.point().items()) and m.max_output_difference <= 1e-5


class Unread(nn.Module):
    """No product reads the hidden units: they are weighed and summed."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(6, 8), nn.Parameter(torch.randn(4, 8))

    def forward(self, x):
        return (self.a(x).relu()[:, None] * self.b).sum(-1)


def test_units_that_activations_cannot_compare_stay_and_are_said():
    o = la.Objective.from_module(Unread(), batch("mlp"), "cross_entropy", layout={"b": 1})
    found = la.symmetries(o)
    b = found.permute(o.point(), found.random(0))
    m = la.match(o, o.point(), b, "activations")
    assert not m.moved and "no layer reads its units" in m.unmoved["a.weight"] and all(torch.equal(m.point[n], t) for n, t in b.items())
    assert la.match(o, o.point(), b).gain.distance_after == 0


def test_the_report_is_what_is_so():
    o = objective("option_a", dtype=torch.float64)
    a, b = o.point(), objective("option_a", 1, torch.float64).point()
    m = la.match(o, a, b, seed=3)
    assert set(m.moved) | m.unmoved.keys() == b.keys() and not set(m.moved) & m.unmoved.keys()
    assert m.max_output_difference == output_difference(o, b, m.point) <= 1e-10
    again = m.symmetries.permute(b, m.permutations)
    assert all(torch.equal(again[n], t) for n, t in m.point.items())
    apart = [norm(difference(*map(without_running_statistics, (a, end)))) for end in (b, m.point)]
    assert [m.gain.distance_before, m.gain.distance_after] == pytest.approx(apart) and apart[1] < apart[0]
    assert m.starts[min(m.starts, key=m.starts.get)] == pytest.approx(apart[1]) and len(m.starts) == 4
    middle = o.with_bn("recompute")
    assert m.gain.middle_after == pytest.approx(float(middle.value(lincomb([0.5, 0.5], [a, m.point]))))
    assert m.gain.bump_before == pytest.approx(m.gain.middle_before - (m.gain.loss_a + m.gain.loss_b) / 2)
    assert not any(torch.equal(m.point[n], b[n]) for n in ("bn1.running_mean", "layer3.0.bn2.running_var"))
    same = la.match(o, a, b, seed=3)
    assert all(torch.equal(same.point[n], t) for n, t in m.point.items())
    assert "groups of units" in str(m) and "not moved linear.bias" in str(m)


def test_no_start_is_worse_than_the_one_that_is_taken():
    o = objective("mlp")
    found = la.symmetries(o)
    for seed in range(3):
        ends = match_weights(found, o.point(), objective("mlp", seed + 1).point(), seed=seed, restarts=3)
        assert len(ends) == 5 and ends[0].product == max(end.product for end in ends) and all(end.converged for end in ends)


def test_best_of_all_permutations_of_a_small_network():
    from itertools import permutations

    o = objective("mlp", net=lambda: mlp((6, 4, 3, 4)))
    a, b = o.point(), objective("mlp", 5, net=lambda: mlp((6, 4, 3, 4))).point()
    found = la.symmetries(o)
    every = [norm(difference(a, found.permute(b, {0: torch.tensor(p), 1: torch.tensor(q)})))
             for p in permutations(range(4)) for q in permutations(range(3))]
    assert la.match(o, a, b).gain.distance_after == pytest.approx(min(every))


def test_mistakes_are_told():
    o = objective("mlp")
    with pytest.raises(la.InputError, match="point b is a point of another network"):
        la.match(o, o.point(), objective("convnet").point())
    with pytest.raises(la.InputError, match="did you mean 'weights'"):
        la.match(o, o.point(), o.point(), "weight")
    with pytest.raises(la.InputError, match="restarts is -1"):
        la.match(o, o.point(), o.point(), restarts=-1)


def test_nothing_of_the_users_is_touched():
    o = objective("projection")
    a, b = o.point(), objective("projection", 1).point()
    before, state = [{n: t.clone() for n, t in p.items()} for p in (a, b, o.point())], torch.get_rng_state()
    for method in ("weights", "activations"):
        la.match(o, a, b, method, restarts=0)
    assert all(torch.equal(t, p[n]) for old, p in zip(before, (a, b, o.point()), strict=True) for n, t in old.items())
    assert torch.equal(torch.get_rng_state(), state) and not o.module.training and NETS
