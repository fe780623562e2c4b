"""Every layer rule under the conformance suite: which numbers of the layer form a filter, and that these are what moves."""

# ruff: noqa: RUF012 (what a case expects is class data that nobody changes, as LayerConformance says)

import json
import subprocess
import sys
import warnings
from pathlib import Path

import conformance
import pytest
import torch
from conformance import HALVES, LayerConformance, columns, heads, rows, whole
from torch import nn
from torch.nn.utils import parametrizations, parametrize, prune

import lossatlas as la
from lossatlas.analyses.trust import trace_weights
from lossatlas.layout import filter_norms, layout_of

LINEAR = {"weight": ("weight", rows), "bias": ("bias", whole)}


class Picks(nn.Module):
    """A layer that returns a tuple, and its first entry."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)[0]


class TestLinear(LayerConformance):
    expected = LINEAR
    dtypes = (torch.float32, torch.float64, *HALVES)

    def network(self):
        return nn.Linear(5, 4)

    def inputs(self):
        return torch.randn(6, 5)


class TestComplexLinear(TestLinear):
    dtypes = (torch.complex64, torch.complex128)

    def network(self):
        return nn.Linear(5, 4, dtype=torch.complex64)

    def made(self, dtype, seed=0):
        network = super().made(dtype, seed)
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch: complex modules are new
            network.bias.add_(0.2j)
            return network.to(dtype)

    def data(self):
        x = torch.randn(6, 5, dtype=torch.complex64, generator=torch.Generator().manual_seed(0))
        return x, torch.zeros(6)

    def objective(self, dtype, network=None):
        x, y = self.data()
        return la.Objective.from_module(network or self.made(dtype), (x.to(dtype), y), conformance.loss, batch_size=4)

    def bare(self, network, dtype):
        x, y = self.data()
        parts = [conformance.loss(network(x[i : i + 4].to(dtype)), y).double().sum() for i in (0, 4)]
        return (sum(parts[1:], parts[0]) / 6).item()


class TestBilinear(LayerConformance):
    expected = {"layer.weight": ("weight", rows), "layer.bias": ("bias", whole)}

    def network(self):
        class Pair(nn.Module):
            def __init__(self):
                super().__init__()
                self.layer = nn.Bilinear(3, 2, 4)

            def forward(self, x):
                return self.layer(x[:, :3], x[:, 3:])

        return Pair()

    def inputs(self):
        return torch.randn(6, 5)


class TestConv(LayerConformance):
    expected = LINEAR
    dtypes = (torch.float32, *HALVES)

    def network(self):
        return nn.Conv2d(4, 6, (3, 2), groups=2)

    def inputs(self):
        return torch.randn(6, 4, 5, 4)


class TestTransposedGroupedConv(LayerConformance):
    @staticmethod
    def cut(tensor):  # weight (in 4, out/groups 3, …), 2 groups: output channel 3 g + j reads inputs 2 g and 2 g + 1
        return [torch.cat([tensor[2 * g + i, j].reshape(-1) for i in range(2)]) for g in range(2) for j in range(3)]

    expected = {"weight": ("weight", cut), "bias": ("bias", whole)}

    def network(self):
        return nn.ConvTranspose2d(4, 6, (3, 2), groups=2)

    def inputs(self):
        return torch.randn(6, 4, 3, 2)


class TestEmbeddingWithPadding(LayerConformance):
    """The padding word is a zero filter and stays one."""

    expected = {"weight": ("weight", rows)}

    def network(self):
        return nn.Embedding(7, 5, padding_idx=2)

    def inputs(self):
        return torch.randint(7, (6, 4))

    def test_the_padding_row_stays_zero(self):
        point = la.random_slice(self.objective(torch.float32))(torch.tensor([1.0, -2.0]))
        assert not point["weight"][2].any() and point["weight"][1].any()


class TestEmbeddingBag(LayerConformance):
    expected = {"weight": ("weight", rows)}

    def network(self):
        return nn.EmbeddingBag(7, 5)

    def inputs(self):
        return torch.randint(7, (6, 4))


class TestPReLU(LayerConformance):
    """The slopes of an activation are known, and no weights: they stay unless nothing is ignored."""

    expected = {"0.weight": ("weight", rows), "0.bias": ("bias", whole), "1.weight": ("vector", whole)}

    def network(self):
        return nn.Sequential(nn.Linear(5, 4), nn.PReLU(4))

    def inputs(self):
        return torch.randn(6, 5)


# ---- attention ----------------------------------------------------------------------------------------------------


class SelfAttention(nn.Module):
    def __init__(self, **options):
        super().__init__()
        self.attention = nn.MultiheadAttention(6, 3, batch_first=True, **options)

    def forward(self, x):
        other = x[..., : self.attention.kdim] if self.attention.kdim != 6 else x
        return self.attention(x, other, other, need_weights=False)[0]


def names(prefix, expected):
    return {f"{prefix}.{name}": rule for name, rule in expected.items()}


class TestAttention(LayerConformance):
    expected = names("attention", {"in_proj_weight": ("weight", rows), "in_proj_bias": ("bias", whole), "out_proj.weight": ("weight", rows),
                                   "out_proj.bias": ("bias", whole)})

    def network(self):
        return SelfAttention()

    def inputs(self):
        return torch.randn(6, 4, 6)


class TestAttentionWithSeparateProjections(TestAttention):
    expected = names("attention", {
        "q_proj_weight": ("weight", rows), "k_proj_weight": ("weight", rows), "v_proj_weight": ("weight", rows),
        "in_proj_bias": ("bias", whole), "bias_k": ("bias", whole), "bias_v": ("bias", whole), "out_proj.weight": ("weight", rows),
        "out_proj.bias": ("bias", whole)})

    def network(self):
        return SelfAttention(kdim=5, vdim=5, add_bias_kv=True)


def bias_heads(tensor):
    """bias_k and bias_v are (1, 1, width)."""
    return [tensor[0, 0, 2 * h : 2 * h + 2] for h in range(3)]


class TestAttentionByHeads(LayerConformance):
    """q, k, v × 3 heads of 2 rows each; out_proj: the two columns that read a head. No head is told from another by its rows."""

    layout = {"*.in_proj_weight": "heads", "*.out_proj.weight": "heads", "*.in_proj_bias": "heads"}
    expected = names("attention", {
        "in_proj_weight": ("weight", heads(9)), "in_proj_bias": ("bias", heads(9)), "out_proj.weight": ("weight", heads(3, axis=1)),
        "out_proj.bias": ("bias", whole)})

    def network(self):
        return SelfAttention()

    def inputs(self):
        return torch.randn(6, 4, 6)

    def test_a_head_of_the_values_and_its_columns_make_what_this_head_writes(self):
        """By autograd: what passes through head 1 alone depends on exactly one filter of v and one of out_proj."""
        network = self.made(torch.float32)
        attention = network.attention
        x = self.data()[0]
        with torch.no_grad():
            attention.out_proj.weight[:, :2] = attention.out_proj.weight[:, 4:] = 0  # only head 1 is read
        grad = torch.autograd.grad(network(x).square().sum(), attention.in_proj_weight)[0]
        layout = layout_of(network, override=self.layout)
        seen = [bool(f.any()) for f in layout["attention.in_proj_weight"].filters(grad)]
        assert seen == [head == 1 for _ in "qkv" for head in range(3)]
        read = [bool(f.any()) for f in layout["attention.out_proj.weight"].filters(attention.out_proj.weight)]
        assert read == [False, True, False]


class TestSeparateProjectionsByHeads(TestAttentionWithSeparateProjections):
    layout = {"*_proj_weight": "heads", "*.bias_[kv]": "heads"}
    expected = {**TestAttentionWithSeparateProjections.expected, **names("attention", {
        "q_proj_weight": ("weight", heads(3)), "k_proj_weight": ("weight", heads(3)), "v_proj_weight": ("weight", heads(3)),
        "bias_k": ("bias", bias_heads), "bias_v": ("bias", bias_heads)})}


def transformers_conv1d(inside, outside):
    """A layer with the name, the place and the code of Hugging Face's Conv1D, which is not installed here."""

    class Conv1D(nn.Module):
        def __init__(self, nf, nx):
            super().__init__()
            self.nf, self.nx = nf, nx
            self.weight = nn.Parameter(torch.empty(nx, nf))
            self.bias = nn.Parameter(torch.zeros(nf))
            nn.init.normal_(self.weight, std=0.3)

        def forward(self, x):
            return torch.addmm(self.bias, x.view(-1, x.size(-1)), self.weight).view(*x.size()[:-1], self.nf)

    Conv1D.__module__, Conv1D.__qualname__ = "transformers.pytorch_utils", "Conv1D"
    return Conv1D(outside, inside)


class TestTransformersConv1D(LayerConformance):
    expected = {"weight": ("weight", columns), "bias": ("bias", whole)}

    def network(self):
        return transformers_conv1d(5, 4)

    def inputs(self):
        return torch.randn(6, 3, 5)


class GPT2Attention(nn.Module):
    """As in GPT-2: q, k and v in one Conv1D, and another for the output."""

    def __init__(self):
        super().__init__()
        self.c_attn, self.c_proj = transformers_conv1d(6, 18), transformers_conv1d(6, 6)

    def forward(self, x):
        q, k, v = (t.unflatten(-1, (3, 2)).transpose(1, 2) for t in self.c_attn(x).split(6, dim=-1))
        return self.c_proj(nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2).contiguous())


class TestGPT2AttentionByHeads(LayerConformance):
    layout = {"c_attn.weight": "heads:3", "c_attn.bias": "heads:3x3", "c_proj.weight": "heads_in:3"}
    expected = {"c_attn.weight": ("weight", heads(9, axis=1)), "c_attn.bias": ("bias", heads(9)), "c_proj.weight": ("weight", heads(3)),
                "c_proj.bias": ("bias", whole)}

    def network(self):
        return GPT2Attention()

    def inputs(self):
        return torch.randn(6, 4, 6)


def test_the_conv1d_of_an_installed_transformers():
    pytorch_utils = pytest.importorskip("transformers.pytorch_utils")
    layout = layout_of(nn.Sequential(pytorch_utils.Conv1D(6, 4)))
    assert layout.assumed == [] and layout["0.weight"].shape == (4, 6)
    assert (layout["0.weight"].kind, layout["0.weight"].axis, layout["0.bias"].kind) == ("weight", 1, "bias")


def test_a_conv1d_from_elsewhere_is_not_taken_for_that_of_transformers():
    layer = transformers_conv1d(5, 4)
    type(layer).__module__ = "mine"
    with pytest.warns(UserWarning, match="assumed"):
        assert layout_of(layer)["weight"].axis == 0


@pytest.mark.parametrize(("layout", "message"), [
    ({"1.weight": "heads"}, "'1.weight' is of a Linear, which does not tell its heads; write 'heads:12'"),
    ({"1.weight": "heads:5"}, "12 on axis 0 cannot be cut into 5 heads; expected a number that divides it"),
    ({"1.weight": "heads_in:5"}, "6 on axis 1 cannot be cut into 5 heads"),
    ({"1.weight": "heads:x"}, "got 'heads:x'; expected 'heads', 'heads:12', 'heads:3x12'"),
    ({"1.weight": "heads:0"}, "got 'heads:0'; expected"),
    ({"1.weight": "heads_in"}, "got 'heads_in'; expected"),
    ({"1.bias": "heads:3"}, "a vector does not tell .* write 'heads:3x3' or 'heads:1x3'"),
    ({"1.bias": "heads_in:3"}, "has no heads; expected the weight of a projection"),
    ({"0.out_proj.bias": "heads"}, "does not tell its heads"),
    ({"1.weight": "head"}, "got axis 'head', expected an axis number from 0 to 1, None .* 'heads' or 'heads:12'"),
])
def test_heads_that_cannot_be(layout, message):
    model = nn.Sequential(nn.MultiheadAttention(6, 3), nn.Linear(6, 12))
    with pytest.raises(la.InputError, match=message) as caught:
        layout_of(model, override=layout)
    assert "\n" not in str(caught.value)


def test_heads_of_queries_keys_and_values_in_one_are_said_or_seen():
    model = nn.Sequential(nn.Linear(6, 18), nn.Linear(6, 12))
    count = lambda layout, name: len(layout_of(model, override=layout)[name].filters(model.get_parameter(name)))  # noqa: E731
    assert count({"0.weight": "heads:3"}, "0.weight") == 9 == count({"0.weight": "heads:3x3"}, "0.weight")
    assert count({"0.weight": "heads:1x3"}, "0.weight") == 3 == count({"1.weight": "heads:3"}, "1.weight")
    assert count({"1.weight": "heads:2x3"}, "1.weight") == 6
    assert layout_of(model, override={"0.weight": "heads:3"})["0.weight"].rule == "Linear weight, 9 filters of 2 (heads) on axis 0"


# ---- normalization layers -----------------------------------------------------------------------------------------


class LlamaRMSNorm(nn.Module):
    """Under the name that Hugging Face gives it, and written out as there."""

    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        wide = x.to(torch.float32)
        return self.weight * (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + 1e-6)).to(x.dtype)


class T5LayerNorm(LlamaRMSNorm):
    pass


NORMS = {"LayerNorm": lambda: nn.LayerNorm(4), "RMSNorm": lambda: nn.RMSNorm(4), "GroupNorm": lambda: nn.GroupNorm(2, 4),
         "BatchNorm": lambda: nn.BatchNorm1d(4), "LlamaRMSNorm": lambda: LlamaRMSNorm(4), "T5LayerNorm": lambda: T5LayerNorm(4)}


def norm_case(make):
    class Case(LayerConformance):
        expected = {"0.weight": ("weight", rows), "0.bias": ("bias", whole),
                    **{f"1.{name}": ("norm", whole) for name, _ in make().named_parameters()}}

        def network(self):
            return nn.Sequential(nn.Linear(5, 4), make())

        def inputs(self):
            return torch.randn(6, 5)

    return Case


TestLayerNorm, TestRMSNorm, TestGroupNorm, TestBatchNorm, TestLlamaRMSNorm, TestT5LayerNorm = (
    type(f"Test{name}", (norm_case(make),), {}) for name, make in NORMS.items())


class TestInstanceNorm(LayerConformance):
    expected = {"0.weight": ("weight", rows), "0.bias": ("bias", whole), "1.weight": ("norm", whole), "1.bias": ("norm", whole)}

    def network(self):
        return nn.Sequential(nn.Conv1d(3, 4, 2), nn.InstanceNorm1d(4, affine=True))

    def inputs(self):
        return torch.randn(6, 3, 7)


class MyBatchNorm(nn.Linear):
    """A linear layer under the name of another."""


class ConditionalRMSNorm(nn.Module):
    """A norm by its name with a matrix, whose axis nobody knows, beside a scale that is written as a row."""

    def __init__(self):
        super().__init__()
        self.project, self.scale = nn.Parameter(torch.rand(4, 5) + 0.5), nn.Parameter(torch.rand(1, 4) + 0.5)

    def forward(self, x):
        return torch.tanh(x @ self.project.T) * self.scale


class TestLinearByTheNameOfANorm(LayerConformance):
    expected = LINEAR

    def network(self):
        return MyBatchNorm(5, 4)

    def inputs(self):
        return torch.randn(6, 5)


class TestNormByNameWithAMatrix(LayerConformance):
    expected = {"project": ("weight", rows), "scale": ("norm", whole)}
    assumed = ("project",)

    def network(self):
        return ConditionalRMSNorm()

    def inputs(self):
        return torch.randn(6, 5)

    def test_the_user_is_warned(self):
        with pytest.warns(UserWarning, match="axis of 1 tensors is assumed.*: project;"):
            la.Objective.from_module(self.network(), self.data(), conformance.loss)


# ---- recurrent layers -----------------------------------------------------------------------------------------------


class TestLSTM(LayerConformance):
    """Gates are stacked on axis 0: a row makes one gate of one unit; weight_hr projects the hidden state."""

    expected = {f"layer.{name}_{part}_l0{way}": ("weight" if name == "weight" else "bias", rows if name == "weight" else whole)
                for way in ("", "_reverse") for name, part in (("weight", "ih"), ("weight", "hh"), ("weight", "hr"), ("bias", "ih"),
                                                               ("bias", "hh"))}
    dtypes = (torch.float64,)  # else torch warns that oneDNN has no projections

    def network(self):
        return Picks(nn.LSTM(5, 4, proj_size=3, bidirectional=True, batch_first=True))

    def inputs(self):
        return torch.randn(6, 4, 5)


RECURRENT = {f"layer.{name}_{part}_l{layer}": ("weight" if name == "weight" else "bias", rows if name == "weight" else whole)
             for layer in range(2) for name in ("weight", "bias") for part in ("ih", "hh")}


class TestGRU(LayerConformance):
    expected = RECURRENT
    dtypes = (torch.float32, torch.bfloat16)

    def network(self):
        return Picks(nn.GRU(5, 4, num_layers=2, batch_first=True))

    def inputs(self):
        return torch.randn(6, 4, 5)


class TestRNN(TestGRU):
    def network(self):
        return Picks(nn.RNN(5, 4, num_layers=2, batch_first=True))


class TestLSTMCell(LayerConformance):
    expected = {f"layer.{name}_{part}": ("weight" if name == "weight" else "bias", rows if name == "weight" else whole)
                for name in ("weight", "bias") for part in ("ih", "hh")}
    dtypes = (torch.float32, torch.bfloat16)

    def network(self):
        class Twice(nn.Module):
            def __init__(self, layer):
                super().__init__()
                self.layer = layer

            def forward(self, x):
                state = self.layer(x)
                state = self.layer(x, state)
                return state[0] if isinstance(state, tuple) else state

        return Twice(self.cell())

    def cell(self):
        return nn.LSTMCell(5, 4)

    def inputs(self):
        return torch.randn(6, 5)


class TestGRUCell(TestLSTMCell):
    def cell(self):
        return nn.GRUCell(5, 4)


# ---- tied, reparametrized, frozen ---------------------------------------------------------------------------------------


class TestTiedEmbedding(LayerConformance):
    """One tensor, under its first name, moved once."""

    expected = {"embed.weight": ("weight", rows)}

    def network(self):
        class Tied(nn.Module):
            def __init__(self):
                super().__init__()
                self.embed = nn.Embedding(7, 5)
                self.head = nn.Linear(5, 7, bias=False)
                self.head.weight = self.embed.weight

            def forward(self, x):
                return self.head(torch.tanh(self.embed(x)))

        return Tied()

    def inputs(self):
        return torch.randint(7, (6, 4))


class TestWeightNormHook(LayerConformance):
    expected = {"weight_g": ("norm", whole), "weight_v": ("weight", rows), "bias": ("bias", whole)}

    def network(self):
        return nn.utils.weight_norm(nn.Linear(5, 4))

    def inputs(self):
        return torch.randn(6, 5)

    def test_the_weight_is_computed_from_what_moved(self):
        """The picture along v alone, by w = g·v/‖v‖ written out."""
        objective = self.objective(torch.float64)
        line = la.random_slice(objective, dims=("alpha",))
        v = objective.params["weight_v"] + 0.5 * line.axes[0]["weight_v"]
        weight = objective.params["weight_g"] * v / v.norm(dim=1, keepdim=True)
        x = self.data()[0].double()
        expected = conformance.loss(x @ weight.T + objective.params["bias"], None).mean()
        assert float(objective.value(line(torch.tensor([0.5])))) == pytest.approx(float(expected), rel=1e-12)

    def test_the_picture_does_not_change_when_v_is_scaled(self):
        """w does not depend on the length of v, and filter normalization makes the picture so, too."""
        network = self.made(torch.float64)
        one = self.objective(torch.float64, network)
        with torch.no_grad():
            network.get_parameter(self.direction_name()).mul_(torch.tensor([0.01, 1.0, 7.0, 100.0], dtype=torch.float64)[:, None])
        two = self.objective(torch.float64, network)
        coords = {"alpha": la.axis(-1, 1, 5), "beta": la.axis(-1, 1, 3)}
        a, b = (la.sweep(la.probes.loss(o), la.random_slice(o), coords)["loss"].values for o in (one, two))
        assert a == pytest.approx(b, rel=1e-12) and a.std() > 1e-3

    def direction_name(self):
        return "weight_v"


class TestWeightNorm(TestWeightNormHook):
    expected = {"parametrizations.weight.original0": ("norm", whole), "parametrizations.weight.original1": ("weight", rows),
                "bias": ("bias", whole)}
    test_the_weight_is_computed_from_what_moved = None

    def network(self):
        return parametrizations.weight_norm(nn.Linear(5, 4))

    def direction_name(self):
        return "parametrizations.weight.original1"


class TestWeightNormOfTransposedConv(LayerConformance):
    """Filters are those of the weight, output channels on axis 1, whatever axis weight_norm leaves out."""

    expected = {"parametrizations.weight.original0": ("norm", whole), "parametrizations.weight.original1": ("weight", columns),
                "bias": ("bias", whole)}

    def network(self):
        return parametrizations.weight_norm(nn.ConvTranspose1d(3, 4, 2), dim=0)

    def inputs(self):
        return torch.randn(6, 3, 5)


class TestWeightNormOfLSTM(LayerConformance):
    """As in AWD-LSTM: the recurrent weight alone."""

    expected = {"layer.weight_ih_l0": ("weight", rows), "layer.weight_hh_l0_g": ("norm", whole), "layer.weight_hh_l0_v": ("weight", rows),
                "layer.bias_ih_l0": ("bias", whole), "layer.bias_hh_l0": ("bias", whole)}
    dtypes = (torch.float32,)

    def network(self):
        layer = nn.LSTM(5, 4, batch_first=True)
        return Picks(nn.utils.weight_norm(layer, "weight_hh_l0"))

    def inputs(self):
        return torch.randn(6, 4, 5)


class TestSpectralNorm(LayerConformance):
    expected = {"parametrizations.weight.original": ("weight", rows), "bias": ("bias", whole)}
    dtypes = (torch.float32, torch.bfloat16)

    def network(self):
        return parametrizations.spectral_norm(nn.Conv1d(3, 4, 2))

    def inputs(self):
        return torch.randn(6, 3, 5)


class TestSpectralNormHook(TestSpectralNorm):
    expected = {"weight_orig": ("weight", rows), "bias": ("bias", whole)}

    def network(self):
        return nn.utils.spectral_norm(nn.Conv1d(3, 4, 2))


@pytest.mark.filterwarnings("ignore")
class TestPruned(LayerConformance):
    """The weight is computed from ``weight_orig`` and a mask by a hook; its filters are those of the layer."""

    expected = {"weight_orig": ("weight", columns), "bias": ("bias", whole)}

    def network(self):
        return prune.l1_unstructured(nn.ConvTranspose1d(3, 4, 2), "weight", 0.4)

    def inputs(self):
        return torch.randn(6, 3, 7)


class TestPrunedTwice(TestPruned):
    def network(self):
        return prune.random_unstructured(super().network(), "weight", 0.2)


class TestOrthogonal(LayerConformance):
    """One filter, of which the triangle moves that the map reads: the weight stays orthogonal."""

    expected = {"parametrizations.weight.original": ("weight", whole), "bias": ("bias", whole)}
    dtypes = (torch.float32, torch.float64)
    shape = (4, 4)

    def network(self):
        return parametrizations.orthogonal(nn.Linear(*self.shape))

    def inputs(self):
        return torch.randn(6, self.shape[0])

    @pytest.mark.parametrize("alpha", [-1.0, -0.01, 0.01, 1.0])
    def test_the_weight_stays_orthogonal(self, alpha):
        network = self.made(torch.float64)
        objective = self.objective(torch.float64)
        line = la.random_slice(objective, dims=("alpha",))
        before = network.weight.detach().clone()
        conformance.place(network, line(torch.tensor([alpha], dtype=torch.float64)))
        weight = network.weight.detach()
        small = weight @ weight.T if weight.shape[0] <= weight.shape[1] else weight.T @ weight
        assert torch.allclose(small, torch.eye(len(small)).double(), atol=1e-5)  # as its base is, in float32
        moved = float((weight - before).norm() / before.norm())
        assert abs(alpha) / 10 < moved < 3 * abs(alpha)  # a step of the order of the weight's own size, from the centre on


    def test_the_expected_curvature_weighs_what_moves(self):
        """E[d²] is ‖θ‖²/m on the m entries that move, and 0 elsewhere."""
        objective = self.objective(torch.float64)
        name = "parametrizations.weight.original"
        weights = trace_weights(objective.params, objective.layout)[name]
        moved = la.random_slice(objective).axes[0][name] != 0
        expected = conformance.norm(objective.params[name]) ** 2 / int(moved.sum())
        assert weights[moved].unique().tolist() == pytest.approx([expected]) and not weights[~moved].any() and bool((~moved).any())


class TestTallOrthogonal(TestOrthogonal):
    shape = (3, 5)


class TestWideOrthogonal(TestOrthogonal):
    shape = (5, 3)


class Symmetric(nn.Module):
    def forward(self, original):
        return original.triu() + original.triu(1).mT


class TestOtherParametrization(LayerConformance):
    """Of a parametrization that nobody here knows the axis of the weight is assumed, and said so."""

    expected = {"parametrizations.weight.original": ("weight", rows), "bias": ("bias", whole)}
    assumed = ("parametrizations.weight.original",)

    def network(self):
        layer = nn.Linear(4, 4)
        parametrize.register_parametrization(layer, "weight", Symmetric())
        return layer

    def inputs(self):
        return torch.randn(6, 4)


class LoRALinear(nn.Module):
    """W + B A: the trained rank-2 correction of a frozen layer (Hu et al. 2021)."""

    def __init__(self, inside, outside):
        super().__init__()
        self.base = nn.Linear(inside, outside).requires_grad_(False)
        self.lora_A, self.lora_B = nn.Linear(inside, 2, bias=False), nn.Linear(2, outside, bias=False)

    def forward(self, x):
        return self.base(x) + self.lora_B(self.lora_A(x))


class TestLoRA(LayerConformance):
    expected = {"base.weight": ("weight", rows), "base.bias": ("bias", whole), "lora_A.weight": ("weight", rows),
                "lora_B.weight": ("weight", rows)}
    still = ("base.weight", "base.bias")

    def network(self):
        return LoRALinear(5, 4)

    def inputs(self):
        return torch.randn(6, 5)


# ---- tensors without entries ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [lambda: nn.Linear(5, 0, bias=False), lambda: nn.Linear(0, 4), lambda: nn.Conv2d(0, 3, 1, bias=False),
                                  lambda: nn.ConvTranspose1d(4, 0, 2, groups=2, bias=False), lambda: nn.ConvTranspose1d(4, 0, 2)])
@pytest.mark.filterwarnings("ignore:Initializing zero-element")
def test_a_tensor_without_entries_has_filters_without_entries(make):
    """Either no filters, or filters of no weights, whose norm is zero."""
    layer = make()
    rule, weight = layout_of(layer)["weight"], layer.weight.detach()
    axis = 1 if isinstance(layer, nn.ConvTranspose1d) else 0
    filters = rule.filters(weight)
    assert filters.numel() == 0 and len(filters) == weight.shape[axis] * rule.groups
    assert filter_norms(rule, weight).tolist() == [0.0] * len(filters)
    assert rule.scale(weight, torch.ones(len(filters))).shape == weight.shape


@pytest.mark.filterwarnings("ignore:Initializing zero-element")
def test_a_network_with_an_empty_layer_is_swept():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.empty = nn.Linear(5, 3), nn.Linear(5, 0)

        def forward(self, x):
            return torch.cat([self.used(x), self.empty(x)], 1)

    draws = torch.Generator().manual_seed(0)
    data = torch.randn(7, 5, generator=draws), torch.randint(3, (7,), generator=draws)
    objective = la.Objective.from_module(Net(), data, "cross_entropy")
    for normalize in ("filter", "layer", "weight", "none"):
        plane = la.random_slice(objective, normalize=normalize, ignore=())
        ds = la.sweep(la.probes.loss(objective), plane, {"alpha": [0.0, 1.0], "beta": [0.0]})
        assert ds["loss"].values.std() > 0
        assert la.per_layer(plane).labels == ("used",)


# ---- all at once ----------------------------------------------------------------------------------------------------


def every_case():
    return {name: case for name, case in globals().items() if name.startswith("Test")}


def test_every_slice_has_the_same_bytes_in_another_process():
    script = conformance.IDENTITIES.format(tests=str(Path(__file__).parents[1]), name=__name__, file=__file__)
    answer = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mine = {name: case().identity(case.dtypes[0]) for name, case in every_case().items()}
    assert json.loads(answer.stdout) == json.loads(json.dumps(mine, default=str))
    assert len(mine) > 30
