"""The groups that are found: how many, in which networks, and that they change nothing."""

import math

import pytest
import torch
from nets import NETS, batch, mlp, objective
from torch import nn

import lossatlas as la
from lossatlas.symmetry.finding import output_difference


def log10_factorials(*sizes):
    return sum(math.lgamma(size + 1) for size in sizes) / math.log(10)


#: Sizes of all groups, one for each place of its parents: counted by hand.
SIZES = {
    "mlp": [8, 8, 8], "convnet": [4, 8], "vgg": [4, 6, 6],
    "option_a": [4, 4, 8, 4, 16, 8],  # stage 1, insides, and what zeros leave free at each transition
    "projection": [4, 4, 8, 8, 16, 16], "noshort": [4, 4, 4, 8, 8, 16, 16],
    "grouped": [2, *[2] * 2, *[2] * 4, *[3] * 4],  # halves of GroupNorm, groups within them, channels in and out of each group
    "encoder": [8, *[2, *[4] * 2, *[4] * 2, 12] * 2], "gpt": [8, 2, *[4] * 2, *[4] * 2, 12],
    "vit": [8, 2, *[4] * 2, *[4] * 2], "unet": [6, 6, 4, 5, 8, 8],
    "llama": [16, 2, *[2] * 2, *[4] * 2, 12],  # rotary queries and keys stay within heads
}


@pytest.mark.parametrize("name", NETS)
def test_random_permutations_of_all_groups_change_nothing(name):
    for dtype, allowed in ((torch.float32, 1e-5), (torch.float64, 1e-10)):
        o = objective(name, dtype=dtype)
        found = la.symmetries(o)
        assert not found.dropped and not found.trace.unknown and found.max_output_difference <= allowed
        moved = found.permute(o.point(), found.random(3))
        assert output_difference(o, o.point(), moved) <= allowed
        turned = found.permute(o.point(), found.cycles(3))
        assert output_difference(o, o.point(), turned) <= allowed
        assert all(not torch.equal(turned[n], o.point()[n]) for n in found.moved)
        assert set(found.moved) | found.unmoved.keys() == o.point().keys()
        assert all(moved[n] is t for n, t in o.point().items() if n in found.unmoved)


@pytest.mark.parametrize("name", SIZES)
def test_as_many_as_counted_by_hand(name):
    found = la.symmetries(objective(name))
    assert found.log10_count == pytest.approx(log10_factorials(*SIZES[name]))


def test_densenet_has_a_group_for_every_layer():
    found = la.symmetries(objective("densenet"))
    assert sorted(group.size for group in found.groups) == sorted([4, 8, 2, 3, 8, 2, 2, 8, 2, 2, 8, 2])


def test_running_statistics_follow_their_units():
    o = objective("projection")
    found = la.symmetries(o)
    moved = found.permute(o.point(), found.random(1))
    order = [o.point()["bn1.running_mean"].tolist().index(v) for v in moved["bn1.running_mean"].tolist()]
    assert order != [0, 1, 2, 3]
    for name in ("bn1.running_var", "bn1.weight", "bn1.bias", "conv1.weight"):
        assert torch.equal(moved[name], o.point()[name][order])


def test_tied_tensors_are_one():
    o = objective("gpt")
    moved = la.symmetries(o).permute(o.point(), la.symmetries(o).random(0))
    order = [o.point()["lnf.weight"].tolist().index(v) for v in moved["lnf.weight"].tolist()]
    assert all(torch.equal(moved[name], o.point()[name][:, order]) for name in ("wte.weight", "wpe.weight"))


class Trap(nn.Module):
    """A network with a step that looks at the order of its units."""

    def __init__(self, step):
        super().__init__()
        self.a, self.b, self.c, self.step = nn.Linear(6, 8), nn.Linear(8, 8), nn.Linear(8, 4), step

    def forward(self, x):
        return self.c(self.b(self.step(self.a(x).relu())).relu())


def hidden_from_torch(x):
    return x * torch.from_numpy((x.detach().numpy()[:, :1] + 1.0).astype("float32"))


TRAPS = {
    "sort": lambda x: x.sort(dim=1).values, "cumsum": lambda x: x.cumsum(1), "flip": lambda x: x.flip(1) + x,
    "constant": lambda x: x * torch.arange(8.0), "pick": lambda x: x + x[:, :1], "steps": lambda x: x[:, ::2].repeat_interleave(2, 1),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_order_that_matters_is_seen(trap):
    o = objective("mlp", net=lambda: Trap(TRAPS[trap]))
    found = la.symmetries(o)
    free = {name for group in found.groups for name in group.tensors}
    assert output_difference(o, o.point(), found.permute(o.point(), found.random(5))) <= 1e-5
    assert "b.bias" in free and found.max_output_difference <= 1e-5  # the other layer is not lost
    if trap != "pick":  # of which seven units of eight are alike
        assert "a.bias" in found.unmoved and "a.bias" not in free and found.unmoved["a.bias"]


def test_what_the_trace_cannot_see_fails_on_data_and_is_dropped():
    found = la.symmetries(objective("mlp", net=lambda: Trap(hidden_from_torch)))
    assert list(found.dropped) == ["a.weight[0]"] and "changes the outputs" in found.dropped["a.weight[0]"]
    assert [group.name for group in found.groups] == ["b.weight[0]"] and "a.bias" in found.unmoved
    assert "dropped a.weight[0]" in str(found)


def test_a_slice_leaves_two_groups():
    found = la.symmetries(objective("mlp", net=lambda: Trap(lambda x: torch.cat([x[:, 3:], 2 * x[:, :3]], 1))))
    assert found.log10_count == pytest.approx(log10_factorials(3, 5, 8))


class Looped(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(6, 8), nn.Linear(8, 8), nn.Linear(8, 4)

    def forward(self, x):
        x = self.a(x)
        return self.c(x + self.b(x).relu())


def test_the_same_units_on_two_axes_of_a_tensor_stay():
    found = la.symmetries(objective("mlp", net=Looped))
    assert not found.groups and "two axes of b.weight" in found.unmoved["a.weight"]


def test_what_is_not_used_does_not_move():
    class Spare(Trap):
        def __init__(self):
            super().__init__(lambda x: x)
            self.spare, self.gate = nn.Linear(5, 7), nn.Parameter(torch.rand(8))
            self.register_buffer("order", torch.randperm(8))
            self.register_buffer("scale", torch.rand(8))

        def forward(self, x):
            return self.c(self.b(self.a(x).relu() * self.scale).relu() * self.gate)

    found = la.symmetries(objective("mlp", net=Spare))
    assert found.log10_count == pytest.approx(log10_factorials(8, 8)) and {"scale", "gate"} <= {*found.moved}
    assert all(found.unmoved[name] == "not used by a pass in eval mode" for name in ("spare.weight", "spare.bias"))
    assert not any("order" in group.tensors for group in found.groups)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_does_not_hide_a_small_change(dtype):
    """A change of 2 %, of which bfloat16 alone would know nothing."""
    def hidden(x):
        return x * torch.from_numpy(0.05 * x.detach().float().numpy()[:, :1] + 1).to(x.dtype)

    found = la.symmetries(objective("mlp", dtype=dtype, net=lambda: Trap(hidden)))
    assert list(found.dropped) == ["a.weight[0]"] and [group.name for group in found.groups] == ["b.weight[0]"]
    whole = la.symmetries(objective("grouped", dtype=dtype))
    assert not whole.dropped and whole.log10_count == pytest.approx(log10_factorials(*SIZES["grouped"]))


def test_a_network_that_returns_no_tensor_is_refused():
    class Silent(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Linear(6, 4)

        def forward(self, x):
            return str(self.a(x).sum().item())

    o = la.Objective.from_module(Silent(), batch("mlp"), lambda out, y: y * float(out))
    with pytest.raises(la.LossAtlasError, match="Silent returns no tensor to compare"):
        la.symmetries(o)


def test_mode_gradients_and_buffers_of_the_user_stay():
    o = objective("projection")
    o.module.train()
    for p in o.module.parameters():
        p.grad = torch.ones_like(p)
    before = {n: t.clone() for n, t in o.module.state_dict().items()}
    la.match(o, o.point(), la.symmetries(o).permute(o.point(), la.symmetries(o).random(1)), "activations")
    la.repair(o, o.point(), objective("projection", 1).point())
    assert all(module.training for module in o.module.modules())
    assert all(bool((p.grad == 1).all()) for p in o.module.parameters())
    assert all(torch.equal(before[n], t) for n, t in o.module.state_dict().items())


def test_nothing_of_the_users_is_touched_and_seeds_repeat():
    o = objective("option_a")
    before, mode, state = {n: t.clone() for n, t in o.point().items()}, torch.backends.mha.get_fastpath_enabled(), torch.get_rng_state()
    found, again = la.symmetries(o), la.symmetries(o)
    assert all(torch.equal(before[n], t) for n, t in o.point().items()) and torch.backends.mha.get_fastpath_enabled() == mode
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(x, again.random(4)[k]) for k, x in found.random(4).items())
    assert "not moved linear.bias: what comes out of the network" in str(found)


def test_units_may_hold_the_wide_middle_of_a_big_batch():
    o = la.Objective.from_module(mlp(), batch("mlp", 70), "cross_entropy", batch_size=7)
    assert len(la.symmetries(o).groups) == 3
