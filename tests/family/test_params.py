"""Which parameters move: what a network trains, or what ``params=`` names."""

import cases
import pytest
import torch
from torch import nn

import lossatlas as la
from lossatlas.family import random_direction
from lossatlas.params import select


class LoRALinear(nn.Module):
    """W + B A: the trained rank-2 correction of a frozen layer (Hu et al. 2021), written by hand."""

    def __init__(self, inside, outside):
        super().__init__()
        self.base = nn.Linear(inside, outside)
        self.lora_A, self.lora_B = nn.Linear(inside, 2, bias=False), nn.Linear(2, outside, bias=False)

    def forward(self, x):
        return self.base(x) + self.lora_B(self.lora_A(x))


def lora():
    model = cases.seeded(lambda: nn.Sequential(LoRALinear(6, 8), nn.ReLU(), LoRALinear(8, 3)))
    for layer in (model[0], model[2]):
        layer.base.requires_grad_(False)
    return model


def objective_of(model, **options):
    return la.Objective.from_module(model, cases.blobs(), "cross_entropy", **options)


ADAPTERS = {f"{i}.lora_{x}.weight" for i in (0, 2) for x in "AB"}
BASES = {f"{i}.base.{x}" for i in (0, 2) for x in ("weight", "bias")}


def moved(family):
    return set(family.axes[0])


def test_what_a_network_froze_beside_what_it_trains_stays():
    model = lora()
    objective = objective_of(model)
    plane = la.random_slice(objective)
    assert moved(plane) == ADAPTERS
    assert moved(la.random_slice(objective, ignore=())) == ADAPTERS
    point = plane(torch.tensor([0.5, 0.5]))
    assert all(point[n] is objective.params[n] for n in BASES)
    assert [p.requires_grad for p in model.parameters()] == [n not in BASES for n, _ in model.named_parameters()]


def test_a_network_frozen_as_a_whole_is_moved_as_usual():
    model = lora()
    free, frozen = objective_of(lora().requires_grad_(True)), objective_of(model.requires_grad_(False))
    assert not free.layout.untrained and not frozen.layout.untrained
    a, b = (la.random_slice(o) for o in (free, frozen))
    assert moved(a) == moved(b) == ADAPTERS | {"0.base.weight", "2.base.weight"} and a.spec() == b.spec()


def test_it_is_said_in_the_result(tmp_path):
    objective = objective_of(lora())
    coords = {"alpha": [0.0, 1.0], "beta": [0.0, 1.0]}
    ds = la.sweep(la.probes.loss(objective), la.random_slice(objective), coords, store=tmp_path / "a.zarr/x")
    numbers = sum(objective.params[n].numel() for n in ADAPTERS)
    for attrs in (ds.attrs, la.open(tmp_path / "a.zarr/x").attrs):
        assert attrs["rules"]["0.base.weight"] == "Linear weight, zero, frozen"
        assert attrs["rules"]["0.lora_A.weight"] == "Linear weight, filters on axis 0"
        assert set(attrs["frozen"]) == BASES and attrs["n_moved"] == numbers
        assert attrs["notes"] == [f"4 of 8 tensors ({6 * 8 + 8 + 8 * 3 + 3} parameters) are frozen by the network and stay"]
    assert "frozen by the network" in str(la.figures.slice(ds).to_dict())
    chosen = la.sweep(la.probes.loss(objective), la.random_slice(objective, params="*.base.*"), coords)
    assert chosen.attrs["params"] == ["*.base.*"] and "frozen" not in chosen.attrs
    assert chosen.attrs["notes"] == ["only *.base.* may move: 4 of 8 tensors (83 parameters)"]
    assert chosen.attrs["rules"]["0.lora_A.weight"] == "Linear weight, zero"
    plain = la.sweep(la.probes.loss(objective_of(cases.mlp())), la.random_slice(objective_of(cases.mlp())), coords)
    assert plain.attrs["notes"] == [] and "frozen" not in plain.attrs and "params" not in plain.attrs


@pytest.mark.parametrize(("params", "ignore", "expected"), [
    ("*.lora_A.*", ("bias", "norm"), {"0.lora_A.weight", "2.lora_A.weight"}),
    (("0.*",), ("bias", "norm"), {"0.base.weight", "0.lora_A.weight", "0.lora_B.weight"}),
    (("2.base.weight", "0.lora_B.*"), ("bias", "norm"), {"2.base.weight", "0.lora_B.weight"}),
    ("*.base.*", (), BASES),
    ("*.bias", (), {"0.base.bias", "2.base.bias"}),  # BitFit
    ("*", ("*.base.*",), ADAPTERS),
])
def test_patterns_decide_alone_which_may_move(params, ignore, expected):
    objective = objective_of(lora())
    plane = la.random_slice(objective, params=params, ignore=ignore, dims=("a", "b", "c"))
    assert all(set(axis) == expected for axis in plane.axes)


def test_a_part_of_a_direction_is_a_part_of_the_whole_one():
    """What else moves changes nothing: the picture of the adapters is a piece of that of the network."""
    objective = objective_of(lora())
    whole, part = (la.random_slice(objective, params=p, seed=4, repeats=2)[1].axes[1] for p in ("*", "*.lora_*"))
    assert set(part) == ADAPTERS and all(torch.equal(t, whole[n]) for n, t in part.items())
    direct = random_direction(objective.params, objective.layout, params="*.lora_*", seed=4, name="beta", repeat=1)
    assert all(torch.equal(t, part[n]) for n, t in direct.items())


def test_the_loss_is_that_of_a_network_moved_by_hand():
    objective = objective_of(lora())
    plane = la.random_slice(objective, params="2.*")
    model = lora()
    with torch.no_grad():
        for name, d in plane.axes[0].items():
            model.get_parameter(name).add_(0.7 * d)
    ds = la.sweep(la.probes.loss(objective), plane, {"alpha": [0.7], "beta": [0.0]})
    assert ds["loss"].item() == pytest.approx(float(objective_of(model).value()), rel=1e-6)


def test_other_measurements_move_the_same():
    objective = objective_of(lora())
    rise = la.sharpness(objective, directions=3)
    assert set(rise.attrs["frozen"]) == BASES
    from lossatlas.analyses.trust import trace_weights

    weights = trace_weights(objective.params, objective.layout)
    assert {n for n, w in weights.items() if w.any()} == ADAPTERS


def test_a_layout_that_keeps_a_tensor_still_wins_over_a_pattern():
    objective = objective_of(lora(), layout={"0.lora_A.*": "zero"})
    assert moved(la.random_slice(objective, params="0.*")) == {"0.base.weight", "0.lora_B.weight"}
    assert objective.layout["0.base.weight"].rule.endswith(", frozen") and objective.layout["0.lora_A.weight"].frozen
    with pytest.raises(la.InputError, match=r"params='0.lora_A.weight' names only tensors that are zero .* or that the layout"):
        la.random_slice(objective, params="0.lora_A.weight")


@pytest.mark.parametrize(("params", "message"), [
    ("*.lorra_*", r"params: no parameter matches '\*.lorra_\*'"),
    ("0.lora_A.wieght", "did you mean '0.lora_A.weight'"),
    (("0.*", "3.*"), r"no parameter matches '3.\*'"),
    ((), r"params is \(\); expected patterns of parameter names"),
    ("", "params is ''; expected patterns"),
    (("0.*", ""), "expected patterns"),
    ((1,), r"params is \(1,\); expected patterns"),
    (3, "params is 3; expected patterns"),
    ("*.bias", r"ignores \['bias', 'norm'\] moves nothing: params='\*.bias' names only '0.base.bias' \(bias\), .*write ignore=\(\)"),
])
def test_patterns_that_name_nothing_are_refused(params, message):
    objective = objective_of(lora())
    with pytest.raises(la.InputError, match=message) as caught:
        la.random_slice(objective, params=params)
    assert "\n" not in str(caught.value)


def test_adapters_that_are_zero_are_said_to_be():
    model = lora()
    with torch.no_grad():
        for name in ADAPTERS:
            model.get_parameter(name).zero_()
    with pytest.raises(la.InputError, match="nothing moves: this network has beside 4 frozen tensors only tensors that are zero"):
        la.random_slice(objective_of(model))


def test_whole_numbers_do_not_move():
    """A quantized base: it stays, and a pattern that names it is refused."""
    class Quantized(nn.Module):
        def __init__(self):
            super().__init__()
            self.codes = nn.Parameter(torch.arange(18, dtype=torch.int8).reshape(3, 6), requires_grad=False)
            self.lora = LoRALinear(6, 3)

        def forward(self, x):
            return self.lora(x) + x @ self.codes.to(x.dtype).T / 9

    with pytest.warns(UserWarning, match="codes"):
        objective = objective_of(cases.seeded(Quantized))
    assert "codes" not in moved(la.random_slice(objective))
    with pytest.raises(la.InputError, match=r"'codes' holds torch.int8, whole numbers"):
        la.random_slice(objective, params="codes")


def test_select_keeps_the_order_of_the_names():
    point = {"b": torch.ones(1), "a.x": torch.ones(1), "a.y": torch.ones(1)}
    assert select(point, ("a.*", "b")) == ["b", "a.x", "a.y"] and select(["q", "p"], "p") == ["p"]
