"""REPAIR and rescaling: statistics that are as asked, functions that stay."""

import pytest
import torch
from nets import batch, convnet, mlp, objective
from torch import nn

import lossatlas as la
from lossatlas.params import difference, lincomb, norm
from lossatlas.symmetry.finding import output_difference


def pair(name, dtype=torch.float64, **kwargs):
    o = objective(name, 0, dtype, **kwargs)
    return o, o.point(), objective(name, 1, dtype, **kwargs).point()


def pre_activations(net, point, x, steps):
    """What the layers of a Sequential make, as (samples, units)."""
    net = net().double()
    net.load_state_dict(point)
    found = []
    for k, layer in enumerate(net):
        x = layer(x)
        if k in steps:
            found.append(x.movedim(1, -1).reshape(-1, x.shape[1]))
    return found


@pytest.mark.parametrize("alpha", [0.5, 0.3])
@pytest.mark.parametrize(("name", "net", "steps"), [("mlp", mlp, (0, 2, 4)), ("convnet", convnet, (0, 3))])
def test_means_and_deviations_are_those_between_the_ends(name, net, steps, alpha):
    o, a, b = pair(name)
    point = la.repair(o, a, b, alpha)
    x = batch(name)[0].double()
    ends, middle = [pre_activations(net, p, x, steps) for p in (a, b)], pre_activations(net, point, x, steps)
    for one, other, found in zip(*ends, middle, strict=True):
        assert torch.allclose(found.mean(0), (1 - alpha) * one.mean(0) + alpha * other.mean(0), atol=1e-6)
        spread = [part.std(0, correction=0) for part in (one, other, found)]
        assert torch.allclose(spread[2], (1 - alpha) * spread[0] + alpha * spread[1], atol=1e-6)
    ratios = la.variance_ratio(o, a, b, alpha, point=point)
    assert list(ratios.values()) == pytest.approx([1.0] * len(steps), abs=1e-6)
    assert all(torch.equal(point[n], t) for n, t in lincomb([1 - alpha, alpha], [a, b]).items() if n.startswith(str(2 * len(mlp()))))


def test_variance_ratio_is_that_of_the_definition():
    o, a, b = pair("mlp")
    x, middle = batch("mlp")[0].double(), lincomb([0.5, 0.5], [a, b])
    one, other, between = (pre_activations(mlp, p, x, (0, 2, 4)) for p in (a, b, middle))
    goal = [((x.std(0, correction=0) + y.std(0, correction=0)) / 2).square().sum() for x, y in zip(one, other, strict=True)]
    expected = [float((z.var(0, correction=0).sum() / g).detach()) for z, g in zip(between, goal, strict=True)]
    assert list(la.variance_ratio(o, a, b).values()) == pytest.approx(expected)
    assert list(la.variance_ratio(o, a, b)) == ["0.weight", "2.weight", "4.weight"]


@pytest.mark.parametrize("name", ["mlp", "projection"])
def test_ends_are_exact(name):
    o, a, b = pair(name)
    for alpha, end in ((0, a), (1, b)):
        assert all(torch.equal(la.repair(o, a, b, alpha)[n], t) for n, t in end.items())
    with pytest.raises(la.InputError, match=r"alpha is 1\.5"):
        la.repair(o, a, b, 1.5)


def test_batchnorm_is_estimated_anew():
    o, a, b = pair("projection")
    point = la.repair(o, a, b)
    middle = lincomb([0.5, 0.5], [a, b])
    assert all(torch.equal(point[n], t) for n, t in middle.items() if "running" not in n)
    assert float(o.value(point)) == pytest.approx(float(o.with_bn("recompute").value(middle)), rel=1e-12)


def test_layers_without_a_bias_are_said():
    o, a, b = pair("mlp", net=lambda: nn.Sequential(nn.Linear(6, 8, bias=False), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 4)))
    with pytest.warns(UserWarning, match=r"leaves 1 of 2 layers as they are.*0\.weight"):
        point = la.repair(o, a, b)
    ratios = la.variance_ratio(o, a, b, point=point)
    assert ratios["2.weight"] == pytest.approx(1) and ratios["0.weight"] != pytest.approx(1, abs=1e-3)


class Again(nn.Module):
    """A weight that is used once by its name, and once more turned."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(6, 8), nn.Linear(6, 4)

    def forward(self, x):
        return self.b((self.a(x).relu() @ (2 * self.a.weight)).relu())


def test_a_weight_in_two_places_is_left_and_said():
    o, a, b = pair("mlp", net=Again)
    with pytest.warns(UserWarning, match=r"leaves 1 of 1 layers as they are.*a\.weight"):
        point = la.repair(o, a, b)
    assert all(torch.equal(point[n], t) for n, t in lincomb([0.5, 0.5], [a, b]).items())


class Products(nn.Module):
    def __init__(self, dtype=None):
        super().__init__()
        self.a, self.b = nn.Parameter(torch.randn(8, 6, dtype=dtype)), nn.Parameter(torch.randn(4, 8, dtype=dtype))

    def forward(self, x):
        return torch.einsum("hi,ni,oh->no", self.a, x.to(self.a.dtype), self.b).abs()


def test_where_repair_cannot_act_it_says_so():
    o = la.Objective.from_module(Products(), batch("mlp"), "cross_entropy", layout={"a": 0, "b": 0})
    with pytest.warns(UserWarning, match="REPAIR changes nothing"):
        la.repair(o, o.point(), {n: -t for n, t in o.point().items()})
    o = la.Objective.from_module(Products(torch.cfloat), batch("mlp"), "cross_entropy", layout={"a": 0, "b": 0})
    with pytest.raises(la.InputError, match="'a' is complex"):
        la.repair(o, o.point(), o.point())
    o, a, b = pair("mlp")
    with pytest.raises(la.InputError, match="alpha is 7"):
        la.variance_ratio(o, a, b, 7)


@pytest.mark.parametrize("name", ["mlp", "convnet"])
def test_rescaling_back(name):
    o, a, _ = pair(name)
    balanced = la.balance(o)
    assert output_difference(o, a, balanced) <= 1e-10 and norm(balanced) < norm(a)
    back = la.rescale_to(o, a, balanced)
    assert norm(difference(a, back)) < 1e-5 * norm(difference(a, balanced)) and output_difference(o, a, back) <= 1e-10


def test_balanced_layers_have_one_norm_on_both_sides():
    o, _, _ = pair("mlp")
    point = la.balance(o)
    made = point["0.weight"].square().sum(1) + point["0.bias"].square()
    assert torch.allclose(made, point["2.weight"].square().sum(0), rtol=1e-6)


def test_rescaling_is_the_least_distance():
    o, a, b = pair("mlp", net=lambda: mlp((6, 2, 4)))

    def apart(c, d):
        k = torch.tensor([c, d], dtype=torch.float64)
        return norm(difference(a, {**b, "0.weight": b["0.weight"] * k[:, None], "0.bias": b["0.bias"] * k, "2.weight": b["2.weight"] / k}))

    scales = [0.05 * 1.05**k for k in range(105)]
    first, least = min(scales, key=lambda c: apart(c, 1.0)), la.rescale_to(o, a, b)
    best = min(apart(first, d) for d in scales)  # the units are independent of each other
    assert best * (1 - 1e-3) <= norm(difference(a, least)) <= best


@pytest.mark.parametrize("step", [nn.GELU(), nn.Tanh(), nn.ReLU6()])
def test_what_is_not_homogeneous_is_not_scaled(step):
    o = objective("mlp", net=lambda: nn.Sequential(nn.Linear(6, 8), step, nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 4)))
    assert [group.scales for group in la.symmetries(o).groups] == [False, True]


@pytest.mark.parametrize("step", ["x + 1", "x + x.mean(1, keepdim=True)", "x + x.square()", "x / x.norm(dim=1, keepdim=True)",
                                  "x / x.sum()", "x * (x * 2)", "torch.cat([x[:, :4], x[:, 4:]], 1) + x.amax(1, True)"])
def test_sums_that_do_not_scale_are_seen(step):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(6, 8), nn.Linear(8, 4)

        def forward(self, x):
            x = self.a(x).relu()
            return self.b(eval(step, {"x": x, "torch": torch}))

    with pytest.raises(la.LossAtlasError, match="no unit of this network may be scaled"):
        la.balance(objective("mlp", net=Net))


def test_networks_with_norms_have_no_scale():
    with pytest.raises(la.LossAtlasError, match="no unit of this network may be scaled"):
        la.rescale_to(objective("projection"), objective("projection").point(), objective("projection").point())


def test_matching_with_rescaling_comes_closer():
    o, a, b = pair("mlp")
    plain, scaled = la.match(o, a, b), la.match(o, a, b, rescale=True)
    assert scaled.gain.distance_after < plain.gain.distance_after and scaled.max_output_difference <= 1e-10
