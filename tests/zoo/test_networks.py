"""The networks of the zoo: sizes, shortcuts, starting weights, and the Llama against its definition."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lossatlas.checkpoint import fit_state, read_checkpoint
from lossatlas.errors import InputError
from lossatlas.layout import layout_of
from lossatlas.zoo.convnet import PlainResNet, convnet
from lossatlas.zoo.data import Source
from lossatlas.zoo.densenet import DenseNet
from lossatlas.zoo.llama import Llama, rope_angles, rotate
from lossatlas.zoo.mlp import mlp
from lossatlas.zoo.networks import NETWORKS, build, find, input_normalization
from lossatlas.zoo.resnet import Block, CifarResNet
from lossatlas.zoo.vgg import Vgg

COUNTS = {
    "resnet20": 272_474, "resnet56": 855_770, "resnet110": 1_730_714,
    "resnet20_noshort": 269_722, "resnet56_noshort": 853_018, "resnet110_noshort": 1_727_962,
    "resnet20a": 269_722, "resnet56a": 853_018, "resnet110a": 1_727_962,
    "wrn56_2": 3_412_394, "wrn56_4": 13_628_234, "wrn56_8": 54_470_282,
    "wrn56_2_noshort": 3_401_770, "wrn56_4_noshort": 13_586_506, "wrn56_8_noshort": 54_304_906,
    "vgg9": 2_789_706, "densenet121": 6_956_298,
    "mnist_fc_6_100": 784 * 100 + 100 + 4 * 10_100 + 1_010,
    "mnist_fc_9_200": 784 * 200 + 200 + 7 * 40_200 + 2_010,
    "mnist_conv_small": 272 + 8_224 + 80_100 + 1_010,
    "cnn_a": 784 + 8_224 + 204_900 + 1_010,
    "digits_mlp": 2 * (64 * 64 + 64) + 650,
    "stories260k": 260_032,
}  # fmt: skip
LARGE = ("resnet110", "wrn56_4", "wrn56_8")  # looked at without numbers: shapes alone, on the meta device
PICTURES = {"cifar10": (3, 32, 32), "mnist": (1, 28, 28), "digits": (1, 8, 8)}


def random_batchnorm(network: nn.Module, seed: int = 0) -> nn.Module:
    """Running statistics and affine parameters that are not the neutral ones."""
    source = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.weight, module.running_var):
                tensor.data.copy_(0.5 + torch.rand(tensor.shape, generator=source))
            for tensor in (module.bias, module.running_mean):
                tensor.data.copy_(torch.randn(tensor.shape, generator=source))
    return network


@pytest.mark.parametrize("name", COUNTS)
def test_parameter_counts(name):
    with torch.device("meta"):
        network = find(name).build()
    assert sum(p.numel() for p in network.parameters()) == COUNTS[name]


@pytest.mark.parametrize("name", [n for n in NETWORKS if NETWORKS[n].data in PICTURES])
def test_every_network_maps_its_pictures_to_ten_logits(name):
    large = name.startswith(LARGE)
    with torch.device("meta" if large else "cpu"):
        network = find(name).build() if large else build(name)
        x = torch.randn(3, *PICTURES[find(name).data])
    logits = network.eval()(x)
    assert logits.shape == (3, 10) and (large or logits.isfinite().all())


@pytest.mark.parametrize("name", ["vgg9", "densenet121", "wrn56_2", "wrn56_2_noshort"])
def test_training_mode_looks_at_the_batch_and_evaluation_mode_does_not(name):
    network, x = build(name, seed=1), torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    before = copy.deepcopy(network.state_dict())
    trained = network(x)
    assert trained.shape == (4, 10) and trained.isfinite().all()
    moved = {name for name, tensor in network.state_dict().items() if not torch.equal(tensor, before[name])}
    assert moved and all("running_" in name or "num_batches" in name for name in moved)
    network.eval()
    with torch.no_grad():
        torch.testing.assert_close(network(x)[:2], network(x[:2]), rtol=1e-4, atol=1e-4)
        assert (network.train()(x[:2]) - trained[:2]).abs().max() > 1e-3


@pytest.mark.parametrize("name", [n for n in NETWORKS if NETWORKS[n].data in PICTURES])
def test_layout_assumes_nothing(name):
    with torch.device("meta"):
        layout = layout_of(find(name).build())
    assert layout.assumed == []
    assert all(rule.axis == 0 for rule in layout.values() if rule.kind == "weight")


# ------------------------------------------------------------------ residual networks


def reference_resnet(state: dict[str, Tensor], x: Tensor, *, blocks: int, shortcut: str) -> Tensor:
    """The definition, straight from the tensors of a state dict (evaluation mode)."""

    def norm(x: Tensor, name: str) -> Tensor:
        mean, var = state[f"{name}.running_mean"], state[f"{name}.running_var"]
        weight, bias = state[f"{name}.weight"], state[f"{name}.bias"]
        mean, var, weight, bias = (t[:, None, None] for t in (mean, var, weight, bias))  # (C, 1, 1)
        return (x - mean) / (var + 1e-5).sqrt() * weight + bias

    x = norm(F.conv2d(x, state["conv1.weight"], padding=1), "bn1").clamp(min=0)
    for stage in (1, 2, 3):
        for i in range(blocks):
            name, stride = f"layer{stage}.{i}", 2 if stage > 1 and i == 0 else 1
            y = norm(F.conv2d(x, state[f"{name}.conv1.weight"], padding=1, stride=stride), f"{name}.bn1").clamp(min=0)
            y = norm(F.conv2d(y, state[f"{name}.conv2.weight"], padding=1), f"{name}.bn2")
            if shortcut != "none":
                if stride == 2 and shortcut == "projection":
                    x = norm(F.conv2d(x, state[f"{name}.shortcut.0.weight"], stride=2), f"{name}.shortcut.1")
                elif stride == 2:
                    zeros = torch.zeros(len(x), x.shape[1] // 2, x.shape[2] // 2, x.shape[3] // 2, dtype=x.dtype)
                    x = torch.cat([zeros, x[:, :, ::2, ::2], zeros], dim=1)
                y = y + x
            x = y.clamp(min=0)
    return x.mean((2, 3)) @ state["linear.weight"].T + state["linear.bias"]


@pytest.mark.parametrize("shortcut", ["projection", "identity", "none"])
def test_resnet_equals_its_definition(shortcut):
    network = random_batchnorm(CifarResNet(14, shortcut=shortcut, width=4)).double().eval()
    x = torch.randn(3, 3, 16, 16, dtype=torch.float64)
    expected = reference_resnet(network.state_dict(), x, blocks=2, shortcut=shortcut)
    torch.testing.assert_close(network(x), expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("shortcut", ["projection", "identity", "none"])
def test_only_without_shortcuts_a_silent_block_kills_the_signal(shortcut):
    network = CifarResNet(8, shortcut=shortcut, width=4).eval()
    for block in (network.layer1[0], network.layer2[0]):
        twin = copy.deepcopy(network)
        silent = dict(twin.named_modules())[{id(m): n for n, m in network.named_modules()}[id(block)]]
        nn.init.zeros_(silent.bn2.weight)
        nn.init.zeros_(silent.bn2.bias)
        logits = twin(torch.randn(5, 3, 8, 8))
        assert (logits.std(dim=0).max() == 0) == (shortcut == "none")


def test_option_a_takes_every_second_pixel_and_pads_the_channels_on_both_sides():
    block = Block(4, 8, stride=2, shortcut="identity")
    x = torch.randn(2, 4, 6, 6)
    y = block.around(x)
    assert y.shape == (2, 8, 3, 3)
    for channel in range(8):
        for row in range(3):
            for column in range(3):
                inside = 2 <= channel < 6
                expected = x[:, channel - 2, 2 * row, 2 * column] if inside else torch.zeros(2)
                assert torch.equal(y[:, channel, row, column], expected)
    assert Block(3, 6, stride=2, shortcut="identity").around(torch.randn(1, 3, 4, 4)).shape == (1, 6, 2, 2)


@pytest.mark.parametrize("seed", [0, 3])
def test_twins_have_the_same_blocks_and_the_same_start(seed):
    names = ("resnet20_noshort", "resnet20a", "resnet20")
    plain, padded, projected = (build(name, seed=seed).state_dict() for name in names)
    assert plain.keys() == padded.keys()
    assert all(torch.equal(plain[name], padded[name]) for name in plain)
    assert all(torch.equal(plain[name], projected[name]) for name in plain)
    extra = {"layer2.0.shortcut.0.weight", "layer3.0.shortcut.1.running_var"}
    assert extra <= projected.keys() - plain.keys()
    assert all(".shortcut." in name for name in projected.keys() - plain.keys())


def test_weights_start_with_variance_two_over_fan_in():
    network = build("resnet20")
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.weight.numel() > 4000:
            fan_in = module.weight[0].numel()
            assert module.weight.std().item() == pytest.approx((2 / fan_in) ** 0.5, rel=0.05)
    assert network.linear.bias.abs().max() == 0


@pytest.mark.parametrize("name", ["wrn56_2", "digits_resnet"])
def test_twins_of_the_catalogue_start_alike(name):
    plain, projected = build(f"{name}_noshort", seed=7).state_dict(), build(name, seed=7).state_dict()
    assert all(torch.equal(plain[key], projected[key]) for key in plain)
    extra = {key: tensor for key, tensor in projected.items() if key not in plain}
    assert len(extra) == 12 and all(".shortcut." in key for key in extra)  # two shortcuts: weights, 5 of BatchNorm
    weight = projected["layer3.0.shortcut.0.weight"]
    assert weight.std().item() == pytest.approx((2 / weight.shape[1]) ** 0.5, rel=0.05)
    other = build(name, seed=8).state_dict()["layer3.0.shortcut.0.weight"]
    assert not torch.equal(other, weight)


# ------------------------------------------------------------------ VGG and DenseNet


def bn(x: Tensor, state: dict[str, Tensor], name: str) -> Tensor:
    """BatchNorm in evaluation mode, straight from the tensors."""
    mean, var, weight, bias = (state[f"{name}.{key}"] for key in ("running_mean", "running_var", "weight", "bias"))
    return (x.movedim(1, -1) - mean).div((var + 1e-5).sqrt()).mul(weight).add(bias).movedim(-1, 1)


def test_vgg_equals_its_definition():
    network = random_batchnorm(Vgg(((4, 5), (6,)), pixels=12, channels=2)).double().eval()
    state, x = network.state_dict(), torch.randn(3, 2, 12, 12, dtype=torch.float64)
    y = x
    for place, pool in ((0, False), (3, True), (7, True)):
        y = F.conv2d(y, state[f"features.{place}.weight"], state[f"features.{place}.bias"], padding=1)
        y = bn(y, state, f"features.{place + 1}").clamp(min=0)
        y = y.unfold(2, 2, 2).unfold(3, 2, 2).amax((-1, -2)) if pool else y
    y = y.reshape(3, 6 * 9) @ state["fc.0.weight"].T + state["fc.0.bias"]
    y = bn(y, state, "fc.1").clamp(min=0) @ state["classifier.weight"].T + state["classifier.bias"]
    torch.testing.assert_close(network(x), y, rtol=1e-10, atol=1e-10)


def test_densenet_equals_its_definition():
    network = random_batchnorm(DenseNet((2, 1, 3, 1), growth=3, channels=2)).double().eval()
    state, x = network.state_dict(), torch.randn(3, 2, 16, 24, dtype=torch.float64)
    y = F.conv2d(x, state["conv1.weight"], padding=1)
    for block, layers in enumerate((2, 1, 3, 1), start=1):
        for i in range(layers):
            name = f"dense{block}.{i}"
            new = F.conv2d(bn(y, state, f"{name}.bn1").clamp(min=0), state[f"{name}.conv1.weight"])
            new = F.conv2d(bn(new, state, f"{name}.bn2").clamp(min=0), state[f"{name}.conv2.weight"], padding=1)
            y = torch.cat([new, y], dim=1)
        if block < 4:
            y = F.conv2d(bn(y, state, f"trans{block}.bn").clamp(min=0), state[f"trans{block}.conv.weight"])
            y = (y[:, :, ::2, ::2] + y[:, :, 1::2, ::2] + y[:, :, ::2, 1::2] + y[:, :, 1::2, 1::2]) / 4
    y = bn(y, state, "bn").clamp(min=0).mean((2, 3)) @ state["linear.weight"].T + state["linear.bias"]
    torch.testing.assert_close(network(x), y, rtol=1e-10, atol=1e-10)


def paper_names(name: str) -> set[str]:
    """The tensors of the checkpoints of tomgoldstein/loss-landscape (torch 0.3: BatchNorm without counters)."""
    def norm(*places: str) -> set[str]:
        return {f"{place}.{key}" for place in places for key in ("weight", "bias", "running_mean", "running_var")}

    if name == "vgg9":
        convolutions = {f"features.{i}.{key}" for i in (0, 3, 7, 10, 14, 17, 20) for key in ("weight", "bias")}
        linear = {f"{layer}.{key}" for layer in ("fc.0", "classifier") for key in ("weight", "bias")}
        return convolutions | linear | norm(*(f"features.{i}" for i in (1, 4, 8, 11, 15, 18, 21)), "fc.1")
    if name == "densenet121":
        layers = [f"dense{b}.{i}" for b, n in enumerate((6, 12, 24, 16), 1) for i in range(n)]
        convolutions = {f"{layer}.conv{k}.weight" for layer in layers for k in (1, 2)} | {f"trans{i}.conv.weight" for i in (1, 2, 3)}
        norms = norm(*(f"{layer}.bn{k}" for layer in layers for k in (1, 2)), *(f"trans{i}.bn" for i in (1, 2, 3)), "bn")
    else:
        blocks = [f"layer{s}.{i}" for s in (1, 2, 3) for i in range(9)]
        shortcuts = [] if name.endswith("noshort") else ["layer2.0.shortcut", "layer3.0.shortcut"]
        convolutions = {f"{block}.conv{k}.weight" for block in blocks for k in (1, 2)} | {f"{s}.0.weight" for s in shortcuts}
        norms = norm("bn1", *(f"{block}.bn{k}" for block in blocks for k in (1, 2)), *(f"{s}.1" for s in shortcuts))
    return convolutions | norms | {"conv1.weight", "linear.weight", "linear.bias"}


@pytest.mark.parametrize("name", ["vgg9", "densenet121", "resnet56", "wrn56_2", "wrn56_2_noshort"])
def test_checkpoints_of_the_paper_fit(name, tmp_path):
    source = build(name, seed=4)
    state = {key: tensor for key, tensor in source.state_dict().items() if not key.endswith("num_batches_tracked")}
    assert state.keys() == paper_names(name)
    saved = {"acc": 93.9, "epoch": 300, "state_dict": {f"module.{key}": tensor for key, tensor in state.items()}}
    torch.save(saved, tmp_path / "model_300.t7", _use_new_zipfile_serialization=False)
    tensors, _ = read_checkpoint(tmp_path / "model_300.t7")
    network = build(name, seed=5)
    fit_state(network, tensors, what="model_300.t7")
    assert all(torch.equal(tensor, state[key]) for key, tensor in network.state_dict().items() if key in state)


# ------------------------------------------------------------------ the catalogue


@pytest.mark.parametrize("name", ["resnet20", "vgg9", "densenet121", "wrn56_2", "digits_mlp", "stories260k", "cnn_a"])
def test_build_repeats_and_leaves_the_generator_alone(name):
    torch.manual_seed(99)
    before = torch.get_rng_state()
    first, again, other = build(name, seed=5), build(name, seed=5), build(name, seed=6)
    assert torch.equal(torch.get_rng_state(), before)
    pairs = zip(first.state_dict().items(), again.state_dict().items(), strict=True)
    assert all(a == b and torch.equal(x, y) for (a, x), (b, y) in pairs)
    assert any(not torch.equal(x, y) for x, y in zip(first.parameters(), other.parameters(), strict=True))


def test_build_does_not_depend_on_the_default_dtype():
    expected = build("digits_mlp")
    torch.set_default_dtype(torch.float64)
    try:
        network = build("digits_mlp")
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
    assert all(torch.equal(x, y) for x, y in zip(expected.parameters(), network.parameters(), strict=True))


def test_layers_stand_where_the_checkpoints_have_them():
    weights = [name for name, p in mlp((784, 100, 100, 10)).named_parameters() if p.ndim == 2]
    assert weights == ["1.weight", "3.weight", "5.weight"]
    small = convnet(channels=1, pixels=28, padding=0)
    assert [name for name, p in small.named_parameters() if p.ndim > 1] == [
        "0.weight",
        "2.weight",
        "5.weight",
        "7.weight",
    ]
    assert small[5].weight.shape == (100, 800)
    assert PlainResNet(stages=2, width=16).linear1.weight.shape == (100, 512)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: build("resnet57"), "did you mean 'resnet56"),
        (lambda: build("digits_mlp", seed=-1), "seed is -1"),
        (lambda: CifarResNet(21, shortcut="none"), "depth is 21"),
        (lambda: CifarResNet(2, shortcut="none"), "depth is 2"),
        (lambda: CifarResNet(20, shortcut="projektion"), "did you mean 'projection'"),
        (lambda: CifarResNet(20, shortcut="none", width=0), "width is 0"),
        (lambda: mlp((3,)), "sizes is [3]"),
        (lambda: convnet(pixels=4, padding=0), "pixels is 4"),
        (lambda: PlainResNet(stages=3, width=8), "stages is 3"),
        (lambda: build("vgg16"), "did you mean 'vgg9'"),
        (lambda: build("wrn56_3"), "did you mean 'wrn56_"),
        (lambda: Vgg(pixels=28), "pixels is 28; expected a multiple of 8"),
        (lambda: Vgg(()), "groups is ()"),
        (lambda: Vgg(((64, 0),)), "groups is ((64, 0),)"),
        (lambda: DenseNet((6, 12, 24)), "blocks is (6, 12, 24)"),
        (lambda: DenseNet(growth=0), "growth 0"),
        (lambda: Llama(dim=60), "dim 60"),
        (lambda: Llama(length=4)(torch.zeros(1, 5, dtype=torch.int64)), "(1, 5)"),
    ],
)
def test_bad_input_gets_one_clear_line(call, words):
    with pytest.raises(InputError) as caught:
        call()
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_normalization_comes_from_the_checkpoint_first():
    empty = torch.zeros(0, 3, 1, 1), torch.zeros(0)
    source = Source("cifar10", empty, empty, (0.1, 0.2, 0.3), (0.4, 0.5, 0.6))
    own = {"mean": "0.5,0.5,0.25", "std": "1, 1, 2"}
    likely = {"likely_training_mean": "0.1,0.1,0.1", "likely_training_std": "0.9,0.9,0.9"}
    assert input_normalization({}, source) == ((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))
    assert input_normalization(own, source) == ((0.5, 0.5, 0.25), (1, 1, 2))
    assert input_normalization(own | likely, source) == ((0.1, 0.1, 0.1), (0.9, 0.9, 0.9))
    means, stds = input_normalization({"input": "raw 0..255 floats"}, source)
    assert means == (0, 0, 0)
    assert stds == pytest.approx((1 / 255,) * 3)
    for wrong in ({"mean": "0,0,0"}, own | {"std": "1"}, own | {"std": "1,a,2"}, own | {"std": "1,0,1"}):
        with pytest.raises(InputError):
            input_normalization(wrong, source)


# ------------------------------------------------------------------ Llama


def small_llama(seed: int = 0) -> Llama:
    """A Llama of two layers with grouped heads, in float64, with weights large enough to matter."""
    network = Llama(dim=16, hidden=20, layers=2, heads=4, kv_heads=2, vocab=11, length=32).double()
    source = torch.Generator().manual_seed(seed)
    for parameter in network.parameters():
        parameter.data.copy_(0.4 * torch.randn(parameter.shape, generator=source, dtype=torch.float64))
    return network


def reference_llama(network: Llama, tokens: list[int], *, heads: int, kv_heads: int) -> Tensor:
    """The logits after the last token, one position and one head at a time."""
    weight = {name: p.detach() for name, p in network.named_parameters()}

    def norm(v: Tensor, name: str) -> Tensor:
        return v / ((v * v).mean() + 1e-5).sqrt() * weight[name]

    def turn(v: Tensor, time: int) -> Tensor:
        pairs = torch.view_as_complex(v.reshape(-1, 2).contiguous())
        angles = torch.tensor([time * 10000.0 ** (-2 * i / len(v)) for i in range(len(pairs))], dtype=v.dtype)
        return torch.view_as_real(pairs * torch.polar(torch.ones_like(angles), angles)).flatten()

    xs = [weight["tok.weight"][token] for token in tokens]
    for layer in (f"layers.{i}." for i in range(len(network.layers))):
        seen = [norm(x, layer + "attn_norm.weight") for x in xs]
        size = len(xs[0]) // heads
        added = []
        for time in range(len(xs)):
            parts = []
            for head in range(heads):
                shared = slice(head * kv_heads // heads * size, (head * kv_heads // heads + 1) * size)
                own = slice(head * size, (head + 1) * size)
                q = turn((weight[layer + "wq.weight"] @ seen[time])[own], time)
                ks = [turn((weight[layer + "wk.weight"] @ seen[s])[shared], s) for s in range(time + 1)]
                vs = [(weight[layer + "wv.weight"] @ seen[s])[shared] for s in range(time + 1)]
                chance = torch.stack([q @ k / size**0.5 for k in ks]).softmax(0)
                parts.append(sum(p * v for p, v in zip(chance, vs, strict=True)))
            added.append(weight[layer + "wo.weight"] @ torch.cat(parts))
        xs = [x + a for x, a in zip(xs, added, strict=True)]
        for time, x in enumerate(xs):
            y = norm(x, layer + "ffn_norm.weight")
            gate, up = weight[layer + "w1.weight"] @ y, weight[layer + "w3.weight"] @ y
            xs[time] = x + weight[layer + "w2.weight"] @ (gate * torch.sigmoid(gate) * up)
    return weight["tok.weight"] @ norm(xs[-1], "norm.weight")


def test_llama_equals_its_definition():
    network, tokens = small_llama(), [1, 5, 3, 9, 2, 7]
    logits = network(torch.tensor([tokens]))[0, -1]
    torch.testing.assert_close(logits, reference_llama(network, tokens, heads=4, kv_heads=2), rtol=1e-9, atol=1e-9)


def test_llama_looks_back_only():
    network = small_llama()
    tokens = torch.randint(0, 11, (2, 9))
    changed = tokens.clone()
    changed[:, 5:] = (changed[:, 5:] + 1) % 11
    before, after = network(tokens), network(changed)
    assert torch.equal(before[:, :5], after[:, :5])
    assert (before[:, 5:] - after[:, 5:]).abs().max() > 1e-3


def test_rotation_sees_differences_of_positions():
    q, k = torch.randn(2, 8, dtype=torch.float64)
    angles = rope_angles(40, 8, device="cpu", dtype=torch.float64)
    qs, ks = rotate(q.expand(40, 8), angles), rotate(k.expand(40, 8), angles)
    scores = qs @ ks.T  # (40, 40)
    for offset in (-7, 0, 3):
        diagonal = scores.diagonal(offset)
        torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(qs.norm(dim=1), q.norm().expand(40))
    assert (scores[0] - scores[0, 0]).abs()[1:].max() > 0.1


def test_padding_on_either_side_changes_no_real_token():
    network = small_llama()
    tokens = torch.randint(0, 11, (2, 6))
    expected = network(tokens)
    zeros, ones = torch.zeros(2, 3, dtype=torch.int64), torch.ones(2, 6, dtype=torch.int64)
    right = torch.cat([tokens, zeros], dim=1)
    for mask in (None, torch.cat([ones, zeros], dim=1)):
        torch.testing.assert_close(network(right, attention_mask=mask)[:, :6], expected, rtol=1e-10, atol=1e-10)
    left = network(torch.cat([zeros, tokens], dim=1), attention_mask=torch.cat([zeros, ones], dim=1))
    torch.testing.assert_close(left[:, 3:], expected, rtol=1e-9, atol=1e-9)
    assert left.isfinite().all()


def test_llama_has_all_derivatives_that_curvature_needs():
    network = small_llama()
    tokens = torch.randint(0, 11, (2, 6))
    start = {name: p.detach() for name, p in network.named_parameters()}
    step = {name: torch.randn_like(p) for name, p in start.items()}

    def loss(params: dict[str, Tensor]) -> Tensor:
        logits = torch.func.functional_call(network, params, (tokens,))
        return F.cross_entropy(logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten())

    def slope(t: float) -> Tensor:
        gradient = torch.func.grad(loss)({name: start[name] + t * step[name] for name in start})
        return sum((gradient[name] * step[name]).sum() for name in start)

    _, forward = torch.func.jvp(loss, (start,), (step,))
    torch.testing.assert_close(forward, slope(0.0), rtol=1e-10, atol=1e-10)
    _, product = torch.func.jvp(torch.func.grad(loss), (start,), (step,))  # forward over reverse
    live = {name: p.clone().requires_grad_() for name, p in start.items()}
    first = torch.autograd.grad(loss(live), list(live.values()), create_graph=True)
    dot = sum((g * v).sum() for g, v in zip(first, step.values(), strict=True))
    for twice, name in zip(torch.autograd.grad(dot, list(live.values())), live, strict=True):
        torch.testing.assert_close(twice, product[name], rtol=1e-9, atol=1e-9)
    curvature = sum((product[name] * step[name]).sum() for name in start)
    h = 1e-5
    torch.testing.assert_close(curvature, (slope(h) - slope(-h)) / (2 * h), rtol=1e-5, atol=1e-6)
    stacked = {name: torch.stack([start[name], start[name] + step[name]]) for name in start}
    torch.testing.assert_close(torch.vmap(loss)(stacked)[0], loss(start), rtol=1e-10, atol=1e-10)


def test_llama_state_is_its_weights_and_nothing_else():
    state = build("stories260k").state_dict()
    per_layer = ["attn_norm", "ffn_norm", "wq", "wk", "wv", "wo", "w1", "w2", "w3"]
    names = {f"layers.{i}.{part}.weight" for i in range(5) for part in per_layer}
    assert state.keys() == names | {"tok.weight", "norm.weight"}
