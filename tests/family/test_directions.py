"""Points 2 and 3, rows A5-A7: normalization filter by filter, and directions that are independent."""

import itertools
import math
import subprocess
import sys
import warnings

import cases
import oracles
import pytest
import torch
from torch import nn

import lossatlas as la
from lossatlas.family import normalize_direction, random_direction
from lossatlas.layout import layout_of

LAYERS = {
    "linear": lambda: nn.Linear(5, 4),
    "bilinear": lambda: nn.Bilinear(3, 4, 5),
    "conv1d": lambda: nn.Conv1d(3, 6, 3),
    "conv2d": lambda: nn.Conv2d(3, 6, (3, 2)),
    "conv3d": lambda: nn.Conv3d(2, 4, 3),
    "grouped": lambda: nn.Conv2d(6, 9, 3, groups=3),
    "depthwise": lambda: nn.Conv2d(4, 8, 3, groups=4),
    "transposed1d": lambda: nn.ConvTranspose1d(5, 3, 4),
    "transposed2d": lambda: nn.ConvTranspose2d(4, 7, 3),
    "transposed3d": lambda: nn.ConvTranspose3d(2, 3, 2),
    "transposed_grouped": lambda: nn.ConvTranspose2d(6, 4, 3, groups=2),
    "transposed_depthwise": lambda: nn.ConvTranspose1d(4, 4, 3, groups=4),
    "embedding": lambda: nn.Embedding(7, 5),
    "bag": lambda: nn.EmbeddingBag(7, 5),
}


def point_of(module):
    return {n: p.detach() for n, p in module.named_parameters()}


def direction(module, **options):
    return random_direction(point_of(module), layout_of(module), **options)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", LAYERS)
def test_every_filter_has_the_norm_of_the_networks_own(name, dtype):
    layer = cases.seeded(LAYERS[name]).to(dtype)
    with torch.no_grad():  # filters of very different sizes, one of them zero
        for k, filt in enumerate(oracles.filter_vectors(layer, torch.arange(layer.weight.numel()).reshape(layer.weight.shape))):
            layer.weight.reshape(-1)[filt] *= 10.0 ** (k % 4 - 2) if k else 0.0
    d = direction(layer)
    assert set(d) == {"weight"} and d["weight"].dtype == dtype
    own, drawn = (oracles.filter_vectors(layer, t) for t in (layer.weight.detach(), d["weight"]))
    assert len(own) == len(drawn) > 1
    for theta, delta in zip(own, drawn, strict=True):
        assert float(delta.double().norm()) == pytest.approx(float(theta.double().norm()), rel=1e-6, abs=0)
    assert not drawn[0].any() and torch.isfinite(d["weight"]).all()


@pytest.mark.parametrize(
    "name,shape",
    [
        ("grouped", (1, 6, 5, 5)),
        ("depthwise", (1, 4, 5, 5)),
        ("transposed2d", (1, 4, 3, 3)),
        ("transposed_grouped", (1, 6, 3, 3)),
        ("transposed_depthwise", (1, 4, 3)),
        ("linear", (1, 5)),
    ],
)
def test_a_filter_is_what_makes_one_output_channel(name, shape):
    """By autograd: the filter of channel c is exactly the set of weights that the output channel c depends on."""
    layer = cases.seeded(LAYERS[name])
    x = torch.rand(shape, generator=cases.gen()) + 0.5
    rule = layout_of(layer)["weight"]
    numbers = rule.filters(torch.arange(layer.weight.numel()).reshape(layer.weight.shape))
    for channel in range(len(numbers)):
        mask = oracles.outputs_moved_by(layer, x, channel)
        assert set(numbers[channel].tolist()) == set(mask.reshape(-1).nonzero().flatten().tolist())
    factors = torch.arange(1.0, len(numbers) + 1)
    scaled = rule.filters(rule.scale(torch.ones_like(layer.weight), factors))
    assert torch.equal(scaled, factors[:, None].expand_as(scaled))


def test_one_dimensional_parameters_are_zero_unless_asked():
    model = cases.convbn()
    moved = direction(model)
    assert set(moved) == {"0.weight", "3.weight", "8.weight"}
    assert {"3.bias", "8.bias"} == set(direction(model, ignore=("norm",))) - set(moved)
    assert {"1.weight", "1.bias", "4.weight", "4.bias"} == set(direction(model, ignore=("bias",))) - set(moved)
    everything = direction(model, ignore=())
    assert set(everything) == {n for n, _ in model.named_parameters()}
    for name in ("3.bias", "1.weight", "1.bias"):  # one filter, not a copy of the weights
        theta, d = point_of(model)[name], everything[name]
        assert float(d.norm()) == pytest.approx(float(theta.norm()), rel=1e-6)
        assert abs(torch.nn.functional.cosine_similarity(theta, d, dim=0)) < 0.999
    assert set(direction(model, ignore=("bias", "norm", "0.*"))) == {"3.weight", "8.weight"}
    assert not any("running" in name or "num_batches" in name for name in everything)


@pytest.mark.parametrize("norm", [nn.LayerNorm(6), nn.GroupNorm(2, 6), nn.RMSNorm(6), nn.BatchNorm1d(6), nn.InstanceNorm1d(6, affine=True)])
def test_normalization_layers_are_known(norm):
    model = nn.Sequential(nn.Linear(6, 6), norm)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        layout = layout_of(model)
    assert layout["1.weight"].kind == "norm" and set(direction(model)) == {"0.weight"}


def test_zero_filters_and_zero_layers_give_zero_not_nan():
    model = cases.mlp()
    with torch.no_grad():
        model[0].weight[2] = 0
        model[3].weight.zero_()
    for normalize in ("filter", "layer", "weight"):
        d = direction(model, normalize=normalize)
        assert all(torch.isfinite(t).all() for t in d.values())
        assert not d["3.weight"].any()
        if normalize != "layer":
            assert not d["0.weight"][2].any() and d["0.weight"][3].any()


def test_unknown_layers_are_assumed_with_one_warning():
    model = nn.Sequential(nn.Linear(6, 6), Odd())
    with pytest.warns(UserWarning) as caught:
        objective = la.Objective.from_module(model, cases.blobs(), "cross_entropy")
    assert len(caught) == 1 and "1.table" in str(caught[0].message) and "layout=" in str(caught[0].message)
    assert objective.layout.assumed == ["1.table", "1.gain"]
    d = la.random_slice(objective).axes[0]
    assert set(d) == {"0.weight", "1.table"}  # 1-D: zero
    for row, own in zip(d["1.table"], objective.params["1.table"], strict=True):
        assert float(row.norm()) == pytest.approx(float(own.norm()), rel=1e-6)  # otherwise axis 0


class Odd(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Parameter(torch.randn(6, 3, generator=cases.gen()))
        self.gain = nn.Parameter(torch.rand(3, generator=cases.gen()) + 1)

    def forward(self, x):
        return x @ self.table * self.gain


def test_layout_overrides_the_rule():
    data = cases.blobs()
    with pytest.warns(UserWarning, match="assumed"):
        plain = la.Objective.from_module(Odd(), data, "cross_entropy")
    assert plain.layout["table"].axis == 0 and "gain" not in la.random_slice(plain).axes[0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        objective = la.Objective.from_module(Odd(), data, "cross_entropy", layout={"tab*": 1, "gain": None})
    d = la.random_slice(objective).axes[0]
    for column in range(3):
        assert float(d["table"][:, column].norm()) == pytest.approx(float(objective.params["table"][:, column].norm()), rel=1e-6)
    assert float(d["gain"].norm()) == pytest.approx(float(objective.params["gain"].norm()), rel=1e-6)
    frozen = la.Objective.from_module(Odd(), data, "cross_entropy", layout={"table": -1, "gain": "zero"})
    assert set(la.random_slice(frozen, ignore=()).axes[0]) == {"table"}
    with pytest.raises(la.InputError, match="no parameter matches 'tabel'; did you mean 'table'"):
        la.Objective.from_module(Odd(), data, "cross_entropy", layout={"tabel": 0})
    with pytest.raises(la.InputError, match=r"shape \(6, 3\); got axis 2, expected an axis number from 0 to 1"):
        la.Objective.from_module(Odd(), data, "cross_entropy", layout={"table": 2})


def test_tied_weights_are_moved_once():
    model, data, loss = cases.every()["tied"]
    objective = la.Objective.from_module(model, data, loss)
    assert list(objective.params) == ["embed.weight", "mix.weight", "mix.bias"] == list(objective.layout)
    plane = la.random_slice(objective, dims=("alpha",))
    moved = cases.seeded(cases.Tied)
    with torch.no_grad():
        moved.embed.weight += 0.5 * plane.axes[0]["embed.weight"]
        moved.mix.weight += 0.5 * plane.axes[0]["mix.weight"]
    ds = la.sweep(la.probes.loss(objective), plane, {"alpha": [0.5]})
    expected = float(la.Objective.from_module(moved, data, loss).value())
    assert ds["loss"].item() == pytest.approx(expected, rel=1e-6)


def test_the_rule_of_every_tensor_is_in_the_result(tmp_path):
    objective = la.Objective.from_module(*cases.every()["mixed"])
    ds = la.sweep(la.probes.loss(objective), la.random_slice(objective), {"alpha": [0.0, 1.0], "beta": [0.0]}, store=tmp_path / "a.zarr/x")
    for attrs in (ds.attrs, la.open(tmp_path / "a.zarr/x").attrs):
        rules = attrs["rules"]
        assert set(rules) == set(objective.params)
        assert "axis 1" in rules["up.weight"] and "2 groups" in rules["up.weight"] and "zero" in rules["up.bias"]
        assert attrs["normalize"] == "filter" and list(attrs["ignore"]) == ["bias", "norm"]
        u, v = (torch.cat([t.double().flatten() for t in axis.values()]) for axis in la.random_slice(objective).axes)
        assert attrs["axes_cosine"] == pytest.approx(float(u @ v / u.norm() / v.norm()), abs=1e-12)
        assert attrs["axes_cosine"] != 0  # not orthogonalized


# ---- A5, A7: the other normalizations by their definitions ------------------------------------------------------


def test_unnormalized_is_a_unit_gaussian():
    layer = nn.Linear(400, 300)
    d = direction(layer, normalize="none")["weight"].double()
    assert abs(float(d.mean())) < 5 / math.sqrt(d.numel()) and float(d.std()) == pytest.approx(1, abs=0.01)
    assert float((d**4).mean()) == pytest.approx(3, abs=0.1)


def test_layer_normalization_matches_the_norm_of_the_whole_tensor_only():
    model = cases.seeded(cases.Mixed)
    d, theta = direction(model, normalize="layer"), point_of(model)
    plain = direction(model, normalize="none")
    for name in d:
        assert float(d[name].double().norm()) == pytest.approx(float(theta[name].double().norm()), rel=1e-6)
        ratio = (d[name] / plain[name]).flatten()
        assert torch.allclose(ratio, ratio[0].expand_as(ratio), rtol=1e-5)  # one factor per tensor
        assert not torch.allclose(d[name][0].norm(), theta[name][0].norm(), rtol=1e-3)


def test_weight_normalization_scales_entry_by_entry():
    model = cases.mlp()
    d, plain, theta = direction(model, normalize="weight"), direction(model, normalize="none"), point_of(model)
    for name in d:
        assert torch.allclose(d[name].double(), plain[name].double() * theta[name].double().abs(), rtol=1e-5)


def test_a_given_direction_follows_the_same_rules():
    model = cases.convbn()
    given = {n: torch.randn(p.shape, generator=cases.gen(4)) for n, p in model.named_parameters()}
    d = normalize_direction(given, point_of(model), layout_of(model))
    assert set(d) == {"0.weight", "3.weight", "8.weight"}
    for name, layer in (("0.weight", model[0]), ("8.weight", model[8])):
        for theta, delta, raw in zip(
            *(oracles.filter_vectors(layer, t) for t in (layer.weight.detach(), d[name], given[name])), strict=True
        ):
            assert float(delta.norm()) == pytest.approx(float(theta.norm()), rel=1e-6)
            assert float(torch.nn.functional.cosine_similarity(delta, raw, dim=0)) == pytest.approx(1, abs=1e-6)


def test_filter_norms_hold_for_every_axis_and_repeat_of_a_slice():
    objective = la.Objective.from_module(*cases.every()["mixed"])
    for plane in la.random_slice(objective, dims=("a", "b", "c"), repeats=2):
        for axis, (name, layer) in itertools.product(
            plane.axes, (("up.weight", cases.Mixed().up), ("depthwise.weight", cases.Mixed().depthwise))
        ):
            for theta, delta in zip(*(oracles.filter_vectors(layer, t) for t in (objective.params[name], axis[name])), strict=True):
                assert float(delta.norm()) == pytest.approx(float(theta.norm()), rel=1e-6)


# ---- point 3: independence and reproducibility ------------------------------------------------------------------


def bound(objective):
    """6·sqrt(Σ‖θ_f‖⁴/n_f) / Σ‖θ_f‖² by explicit loops over the rows of the linear layers that move."""
    top = below = 0.0
    for name, theta in objective.params.items():
        if name.endswith("weight"):
            for row in theta.double():
                square = float(row @ row)
                top, below = top + square**2 / len(row), below + square
    return 6 * math.sqrt(top) / below


def cosine(a, b):
    u, v = (torch.cat([t.double().flatten() for t in d.values()]) for d in (a, b))
    return float(u @ v / u.norm() / v.norm())


def test_seeds_axes_and_repeats_are_independent():
    model = cases.seeded(lambda: nn.Sequential(nn.Linear(40, 60), nn.ReLU(), nn.Linear(60, 50), nn.ReLU(), nn.Linear(50, 10)))
    data = (torch.randn(8, 40, generator=cases.gen()), torch.zeros(8, dtype=torch.long))
    objective = la.Objective.from_module(model, data, "cross_entropy")
    planes = [la.random_slice(objective, seed=s) for s in range(4)] + list(la.random_slice(objective, seed=9, repeats=3))
    axes = [axis for plane in planes for axis in plane.axes]
    cosines = [abs(cosine(a, b)) for a, b in itertools.combinations(axes, 2)]
    assert max(cosines) <= bound(objective)
    assert max(cosines) > bound(objective) / 40  # and they are random, not made orthogonal
    # inside one direction, too: equal shapes do not get equal noise
    twin = nn.Sequential(nn.Linear(30, 30, bias=False), nn.Linear(30, 30, bias=False))
    d = direction(twin, normalize="none")
    assert abs(cosine({"x": d["0.weight"]}, {"x": d["1.weight"]})) < 6 / 30


def test_repeats_differ_and_the_first_is_the_slice_without_repeats():
    objective = la.Objective.from_module(*cases.every()["mlp"])
    repeats = la.random_slice(objective, seed=5, repeats=3)
    first = la.random_slice(objective, seed=5)
    assert all(torch.equal(t, first.axes[0][n]) for n, t in repeats[0].axes[0].items())
    coords = {"alpha": [0.0, 1.0], "beta": [0.5]}
    ds = la.sweep(la.probes.loss(objective), repeats, coords)
    assert ds["loss"].dims == ("repeat", "alpha", "beta")
    assert len(set(ds["loss"].sel(alpha=1.0, beta=0.5).values.tolist())) == 3
    for k in range(3):
        alone = la.sweep(la.probes.loss(objective), repeats[k], coords)
        assert (alone["loss"].values == ds["loss"].isel(repeat=k).values).all()


SCRIPT = """
import sys; sys.path.insert(0, {tests!r})
import torch; torch.set_num_threads(1)
import cases, lossatlas as la
from lossatlas.params import digest
objective = la.Objective.from_module(*cases.every()["convbn"], batch_size=7)
plane = la.random_slice(objective, seed=11, repeats=2)
axes = [digest(axis) for one in reversed(list(plane)) for axis in one.axes]
ds = la.sweep(la.probes.loss(objective), plane, {{"alpha": la.axis(-1, 1, 3), "beta": la.axis(0, 1, 2)}})
print(axes, ds["loss"].values.tobytes().hex())
"""


def test_same_seed_same_bytes_in_another_process_and_order():
    from pathlib import Path

    tests = str(Path(__file__).parents[1])
    other = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(tests=tests)],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "77", "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"},
    ).stdout
    assert len(other) > 200
    import contextlib
    import io

    printed = io.StringIO()
    torch.manual_seed(12345)  # the process-wide generator plays no part
    with contextlib.redirect_stdout(printed):
        exec(SCRIPT.format(tests=tests), {})
    assert printed.getvalue() == other


def test_other_seeds_dims_and_repeats_give_other_bytes():
    objective = la.Objective.from_module(*cases.every()["mlp"])
    seen = {la.random_slice(objective, seed=s, dims=dims).spec()["axes"][0] for s in (0, 1) for dims in (("alpha",), ("x",))}
    assert len(seen) == 4


def test_unknown_options_and_nothing_to_move_are_refused():
    objective = la.Objective.from_module(*cases.every()["mlp"])
    with pytest.raises(la.InputError, match="normalize is 'filtre'; expected one of filter, layer, weight, none; did you mean 'filter'"):
        la.random_slice(objective, normalize="filtre")
    with pytest.raises(la.InputError, match=r"ignore has 'biass'.*did you mean 'bias'"):
        la.random_slice(objective, ignore=("biass",))
    with pytest.raises(la.InputError, match=r"write ignore=\('bias',\)"):
        la.random_slice(objective, ignore="bias")
    with pytest.raises(la.InputError, match="moves nothing"):
        la.random_slice(objective, ignore=("bias", "*.weight"))
    with pytest.raises(la.InputError, match="repeats is 0"):
        la.random_slice(objective, repeats=0)
    with pytest.raises(la.InputError, match="another network"):
        la.random_slice(objective, point={"x": torch.ones(3)})
    with pytest.raises(la.InputError, match="repeat"):
        la.random_slice(objective, dims=("repeat", "beta"), repeats=2)


@pytest.mark.parametrize("normalize", ["filter", "layer", "weight", "none"])
@pytest.mark.parametrize("shape", [(640, 33), (100, 7, 3), (333, 5), (31, 40)])
def test_a_large_tensor_drawn_in_slabs_is_the_one_drawn_at_once(monkeypatch: pytest.MonkeyPatch, normalize: str, shape: tuple) -> None:
    layer = torch.nn.Linear(1, 1)
    layer.weight = torch.nn.Parameter(torch.randn(shape, generator=torch.Generator().manual_seed(1)))
    layout = layout_of(layer)
    at_once = la.random_direction(dict(layer.named_parameters()), layout, normalize=normalize, seed=3)["weight"]
    monkeypatch.setattr("lossatlas.family.directions.PIECE", 100)
    in_slabs = la.random_direction(dict(layer.named_parameters()), layout, normalize=normalize, seed=3)["weight"]
    assert torch.equal(at_once, in_slabs)
