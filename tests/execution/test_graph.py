"""The graph forward is the network itself, or says why not: against the plain module, at points away from where it was traced."""

import importlib.util
import warnings
from pathlib import Path

import cases
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from lossatlas.errors import InputError
from lossatlas.execution.forward import NotApplicable, module_forward
from lossatlas.execution.graph import graph_forward
from lossatlas.execution.trace import state_of
from lossatlas.network import Slots, copy_of, mapped

ONEDNN = torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_convolution_pointwise")


def elsewhere(module, seed, spread=0.3):
    """A point near a network's own; variances stay positive."""
    g = cases.gen(seed)
    return {name: (t * (1 + spread * torch.rand(t.shape, generator=g).to(t.dtype)) + 0.1 * torch.rand(t.shape, generator=g).to(t.dtype))
            if t.is_floating_point() or t.is_complex() else t for name, t in state_of(module).items()}


def plain(module, point, value):
    twin = copy_of(module)
    with torch.no_grad(), Slots(twin).holding(point):
        return twin(*value[:-1]) if isinstance(value, tuple) else twin(**{k: v for k, v in value.items() if k != "labels"})


def leaves(outputs):
    return torch.utils._pytree.tree_leaves(outputs)


def held(module):
    return [{key: id(entry) for key, entry in vars(layer).items() if not key.startswith("_flat_weight")} for layer in module.modules()]


def assert_same(module, value, *, tolerance=1e-5, points=3, **options):
    """The forward at several points and two batch sizes, of a module in eval mode. Gives the forward."""
    before = {name: t.clone() for name, t in state_of(module).items()}
    attributes = held(module)
    forward = graph_forward(module, value, **options)
    for seed in range(points):
        point = elsewhere(module, seed)
        ready = forward.ready(point)
        for batch in (value, value, mapped(value, lambda t: t[: max(1, len(t) - 2)])):  # the second from what is kept, an uneven one
            expected, found = leaves(plain(module, point, batch)), leaves(forward(ready, batch))
            assert len(expected) == len(found)
            for a, b in zip(found, expected, strict=True):
                assert a.shape == b.shape and a.dtype == b.dtype and not a.requires_grad
                scale = b.abs().max().item()
                assert (a - b).abs().max().item() <= tolerance * scale, ((a - b).abs().max().item(), scale, forward.note)
    assert all(torch.equal(t, before[name]) for name, t in state_of(module).items())
    assert attributes == held(module)
    return forward


def statistics(module, seed=0):
    """In eval mode, with running statistics, scales and shifts away from 0 and 1."""
    g = cases.gen(seed)
    for layer in module.modules():
        if isinstance(layer, nn.modules.batchnorm._BatchNorm) and layer.running_mean is not None:
            layer.running_mean.normal_(0, 0.5, generator=g)
            layer.running_var.uniform_(0.3, 2, generator=g)
            if layer.affine:
                with torch.no_grad():
                    layer.weight.uniform_(-1.5, 1.5, generator=g)
                    layer.bias.normal_(0, 0.5, generator=g)
    return module.eval()


def pictures(n=7, channels=4, height=9, width=6, seed=5):
    return torch.randn(n, channels, height, width, generator=cases.gen(seed)), torch.zeros(n)


def built(forward, make):
    """A module of one function ``forward(self, x)`` and the layers that ``make()`` gives by name."""
    class Built(nn.Module):
        def __init__(self):
            super().__init__()
            for name, layer in make().items():
                setattr(self, name, layer)

    Built.forward = forward
    return statistics(cases.seeded(Built))


# ---- layers ------------------------------------------------------------------------------------------------------

CONVOLUTIONS = {
    "plain": lambda: nn.Conv2d(4, 6, 3),
    "no bias, stride, padding": lambda: nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 0), bias=False),
    "dilation": lambda: nn.Conv2d(4, 6, 3, dilation=(2, 1), padding=2),
    "groups": lambda: nn.Conv2d(4, 6, 3, groups=2, padding=1),
    "depthwise": lambda: nn.Conv2d(4, 8, 3, groups=4, padding=1, bias=False),
    "pointwise": lambda: nn.Conv2d(4, 6, 1),
    "same": lambda: nn.Conv2d(4, 6, (3, 5), padding="same"),
    "same, uneven": lambda: nn.Conv2d(4, 6, 2, padding="same"),
    "valid": lambda: nn.Conv2d(4, 6, 3, padding="valid"),
    "circular": lambda: nn.Conv2d(4, 6, 3, padding=1, padding_mode="circular"),
    "transposed": lambda: nn.ConvTranspose2d(4, 6, (3, 2), stride=2, output_padding=1),
    "transposed, groups": lambda: nn.ConvTranspose2d(4, 6, 3, groups=2, bias=False, dilation=2),
}


@pytest.mark.parametrize("name", CONVOLUTIONS)
@pytest.mark.parametrize("options", [{}, {"fold": False}, {"fuse": False}, {"channels_last": False}])
def test_convolutions_with_batchnorm_and_relu(name, options):
    conv = cases.seeded(CONVOLUTIONS[name])
    network = statistics(nn.Sequential(conv, nn.BatchNorm2d(conv.out_channels), nn.ReLU()))
    note = assert_same(network, pictures(), **options).note
    assert ("1 BatchNorm folded" in note) == (options.get("fold", True) and name != "circular")


@pytest.mark.parametrize("affine", [True, False])
def test_batchnorm_folds_in_one_and_three_dimensions_and_behind_linear_layers(affine):
    one = nn.Sequential(nn.Conv1d(3, 4, 3), nn.BatchNorm1d(4, affine=affine, eps=0.1), nn.ReLU(), nn.ConvTranspose1d(4, 2, 2),
                        nn.BatchNorm1d(2, affine=affine))
    three = nn.Sequential(nn.Conv3d(2, 4, (1, 2, 3)), nn.BatchNorm3d(4, affine=affine))
    flat = nn.Sequential(nn.Flatten(), nn.Linear(12, 5, bias=False), nn.BatchNorm1d(5, affine=affine), nn.ReLU(), nn.Linear(5, 3))
    for network, shape, folded in ((one, (5, 3, 8), 2), (three, (5, 2, 3, 4, 5), 1), (flat, (5, 3, 4), 1)):
        value = torch.randn(shape, generator=cases.gen()), torch.zeros(5)
        assert f"{folded} BatchNorm folded" in assert_same(statistics(network), value).note


def test_batchnorm_that_is_not_behind_a_layer_of_its_own_is_not_folded():
    networks = {
        "alone": lambda self, x: self.bn(x),
        "conv read twice": lambda self, x: self.bn(y := self.conv(x)) + y,
        "relu between": lambda self, x: self.bn(F.relu(self.conv(x))),
        "rows of features": lambda self, x: self.bn(self.linear(x)),  # axis 1 is not the features of a linear layer here
        "statistics of the batch": lambda self, x: self.batch(self.conv(x)),
        "weights computed": lambda self, x: self.bn(F.conv2d(x, self.conv.weight * 2, None, padding=1)),
        "training form": lambda self, x: F.batch_norm(self.conv(x), self.bn.running_mean * 1, self.bn.running_var, training=False),
    }
    for name, forward in networks.items():
        network = built(forward, lambda: {"conv": nn.Conv2d(4, 4, 3, padding=1), "bn": nn.BatchNorm2d(4), "linear": nn.Linear(6, 6),
                                          "batch": nn.BatchNorm2d(4, track_running_stats=False)})
        assert "folded" not in assert_same(network, pictures()).note, name


def test_functional_batchnorm_and_convolution_fold_as_layers_do():
    def forward(self, x):
        y = F.conv2d(input=x, weight=self.w, padding=1, stride=2)
        return F.relu(F.batch_norm(y, self.mean, self.var, self.scale, eps=0.01))

    network = built(forward, lambda: {"w": nn.Parameter(torch.randn(5, 4, 3, 3)), "scale": nn.Parameter(torch.rand(5))})
    network.register_buffer("mean", torch.randn(5))
    network.register_buffer("var", torch.rand(5) + 0.5)
    assert "1 BatchNorm folded" in assert_same(network, pictures()).note


def test_a_layer_called_twice_is_folded_at_each_call_with_its_own_batchnorm():
    def forward(self, x):
        return self.b(self.conv(F.relu(self.a(self.conv(x)))))

    network = built(forward, lambda: {"conv": nn.Conv2d(4, 4, 3, padding=1), "a": nn.BatchNorm2d(4), "b": nn.BatchNorm2d(4)})
    assert "2 BatchNorm folded" in assert_same(network, pictures()).note


def test_tied_weights_move_together():
    network = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4))
    network[2].weight = network[0].weight
    assert "2.weight" not in state_of(network)
    assert "2 BatchNorm folded" in assert_same(statistics(network), pictures()).note
    tied = cases.seeded(cases.Tied).eval()
    assert_same(tied, {"input_ids": torch.randint(11, (5, 7), generator=cases.gen()), "labels": torch.zeros(5)})


# ---- sums and ReLU -------------------------------------------------------------------------------------------------

def _inplace_sum(self, x):
    y = self.bn(self.conv(x))
    y += x
    return self.relu(y)


def _named_sum(self, x):
    return torch.add(self.conv(x), self.other(x)).relu_()


def _sum_with_alpha(self, x):
    return torch.add(self.conv(x), x, alpha=0.5)


def _broadcast_sum(self, x):
    return (self.conv(x) + x.mean((2, 3), keepdim=True)).relu()


def _sum_with_batch_of_one(self, x):
    return self.conv(x) + self.bias[None]


def _strided_shortcut(self, x):
    return F.relu(self.halved(x) + F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 1, 1)), inplace=True)


def _read_later(self, x):
    y = self.conv(x)
    z = F.relu(y + x)
    return z + y


def _methods(self, x):
    return self.conv(x).add(x).add_(self.other(x)).relu()


def _self_sum(self, x):
    y = self.conv(x)
    return torch.relu(y + y)


def _overwritten(self, x):
    y = F.relu(self.conv(x))
    z = self.other(y)
    z += y
    return z * y


SUMS = {_inplace_sum: 1, _named_sum: 1, _sum_with_alpha: 0, _broadcast_sum: 0, _sum_with_batch_of_one: 0, _strided_shortcut: 1,
        _read_later: 0, _methods: 2, _self_sum: 0, _overwritten: 1}


@pytest.mark.parametrize("forward", SUMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("n", [1, 7])
def test_sums_are_taken_in_where_they_are_sums_of_equals(forward, n):
    def make():
        return {"conv": nn.Conv2d(4, 4, 3, padding=1), "other": nn.Conv2d(4, 4, 1), "halved": nn.Conv2d(4, 6, 3, stride=2, padding=1),
                "bn": nn.BatchNorm2d(4), "relu": nn.ReLU(inplace=True), "bias": nn.Parameter(torch.randn(4, 9, 6))}

    for value in (pictures(n), pictures(n, height=9, width=6, seed=8)):
        note = assert_same(built(forward, make), value).note
    if ONEDNN:
        taken = SUMS[forward]
        assert f"{taken} sums taken in" in note, note


def test_nan_and_infinity_come_through_as_in_the_network():
    """oneDNN's own ReLU makes 0 of NaN."""
    def forward(self, x):
        return F.relu(self.last(F.relu(self.other(F.relu(self.conv(x))) + x)))

    network = built(forward, lambda: {name: nn.Conv2d(4, 4, 3, padding=1) for name in ("conv", "other", "last")})
    x, y = pictures()
    ways = [graph_forward(network, (x, y), dtype=dtype) for dtype in (None, torch.bfloat16)]
    x = x.clone()
    x[0, 0, 4, 3], x[1, 1, 2, 2] = torch.nan, torch.inf
    point = elsewhere(network, 1)
    expected = plain(network, point, (x, y))
    huge = {name: torch.randn(t.shape, generator=cases.gen()) * 1e30 for name, t in point.items()}
    assert expected[0].isnan().any() and plain(network, huge, (x[2:], y)).isnan().any()
    for forward in ways:
        found = forward(forward.ready(point), (x, y))
        assert torch.equal(found.isnan(), expected.isnan()) and torch.equal(found.isinf(), expected.isinf())
        assert forward(forward.ready(huge), (x[2:], y)).isnan().any()


def test_images_of_another_size_and_of_one_pixel_or_channel():
    network = statistics(nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 1, 1)))
    forward = assert_same(network, pictures(channels=1))
    for height, width in ((1, 1), (1, 7), (20, 3)):
        value = pictures(3, 1, height, width)
        point = elsewhere(network, 4)
        assert torch.allclose(forward(forward.ready(point), value), plain(network, point, value), rtol=1e-5, atol=1e-5)
        assert_same(network, value)


def test_view_works_although_channels_lie_last():
    def forward(self, x):
        y = self.conv(x)
        return self.head(y.view(y.size(0), -1)), x.view(-1, 4, 54)

    assert_same(built(forward, lambda: {"conv": nn.Conv2d(4, 3, 3, padding=1), "head": nn.Linear(162, 2)}), pictures())


# ---- every layer, every zoo network ------------------------------------------------------------------------------------

def _every_layer():
    spec = importlib.util.spec_from_file_location("layers_for_graph", Path(__file__).parents[1] / "family" / "test_layers.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {name: case() for name, case in module.every_case().items()}


EVERY = _every_layer()


@pytest.mark.parametrize("name", EVERY)
def test_every_layer_is_itself_or_refused(name):
    case = EVERY[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network, value = copy_of(case.made(case.dtypes[0])), case.data()
    try:
        assert_same(network, value, points=2)
    except NotApplicable as refusal:
        assert any(word in str(refusal) for word in ("trace", "hooks", "structure")), refusal


@pytest.mark.parametrize(("name", "folded", "packed"), [("resnet20a", 19, 19), ("digits_resnet", None, None), ("vgg9", 8, 7)])
def test_zoo_networks(name, folded, packed):
    from lossatlas import zoo

    network = statistics(zoo.build(name))
    channels = next(network.parameters()).shape[1]
    side = 32 if channels == 3 else 8
    note = assert_same(network, pictures(3, channels, side, side), points=2).note
    if folded and ONEDNN:
        assert f"{folded} BatchNorm folded, {packed} convolutions packed" in note


def test_a_densenet_is_folded_where_batchnorm_stands_behind_a_convolution():
    from lossatlas.zoo.densenet import DenseNet

    network = statistics(cases.seeded(lambda: DenseNet((2, 2, 2, 2), growth=4)))
    assert "8 BatchNorm folded" in assert_same(network, pictures(3, 3, 16, 16), points=2).note


def test_double_and_complex_networks_are_not_packed():
    double = copy_of(cases.convbn()).double()
    forward = assert_same(double, (pictures(channels=2)[0].double(), torch.zeros(7)), tolerance=1e-12)
    assert "folded" in forward.note and "packed" not in forward.note
    network = nn.Sequential(nn.Conv2d(4, 3, 3, dtype=torch.complex64), nn.Flatten(), nn.Linear(84, 2, dtype=torch.complex64)).eval()
    assert_same(network, (pictures()[0].to(torch.complex64), torch.zeros(7)))


# ---- precision -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("make", [graph_forward, None], ids=["graph", "module"])
def test_bfloat16_comes_back_in_float32_within_its_error(make):
    from lossatlas import zoo

    network, value = statistics(zoo.build("resnet20a")), pictures(5, 3, 32, 32)
    forward = graph_forward(network, value, dtype=torch.bfloat16) if make else module_forward(
        network, Slots(network), channels_last=True, dtype=torch.bfloat16)
    point = elsewhere(network, 2, 0.05)
    expected, found = plain(network, point, value), forward(forward.ready(point), value)
    error = (found - expected).abs().max().item() / expected.abs().max().item()
    assert found.dtype == torch.float32 and 0 < error < 20 * 2**-8 and "bfloat16" in forward.note
    norms = [name for name in state_of(network) if ".bn" in name]
    assert norms and all(state_of(network)[name].dtype == torch.float32 for name in norms if "tracked" not in name)


def test_the_module_itself_as_a_forward():
    network, value = copy_of(cases.convbn()), pictures(channels=2)
    for channels_last in (True, False):
        forward = module_forward(network, Slots(network), channels_last=channels_last, dtype=None)
        for seed in range(2):
            point = elsewhere(network, seed)
            assert torch.allclose(forward(forward.ready(point), value), plain(network, point, value), rtol=1e-5, atol=1e-6)
    one = {"x": value[0]}, value[1]
    with pytest.raises(TypeError, match="unexpected keyword"):
        forward(forward.ready(point), one)


# ---- what moves ------------------------------------------------------------------------------------------------------------

def test_what_does_not_move_is_computed_once_per_batch(monkeypatch):
    from lossatlas.execution import fuse

    network = statistics(nn.Sequential(nn.Conv2d(4, 5, 3), nn.BatchNorm2d(5), nn.ReLU(), nn.Conv2d(5, 5, 3), nn.ReLU(), nn.Flatten(),
                                       nn.Linear(50, 3)))
    calls = []
    kept = fuse.packed_conv
    monkeypatch.setattr(fuse, "packed_conv", lambda *args: calls.append(1) or kept(*args))
    monkeypatch.setattr("torch.nn.functional.conv2d", lambda *args, f=F.conv2d: calls.append(1) or f(*args)) if not ONEDNN else None
    batches = [pictures(seed=1), pictures(seed=2), pictures(3, seed=3)]
    forward = graph_forward(network, batches[0], moved=frozenset({"6.weight", "6.bias"}))
    assert forward.cached_bytes == 0
    calls.clear()
    for seed in range(4):
        point = elsewhere(network, seed)
        point = {name: point[name] if name.startswith("6.") else t for name, t in state_of(network).items()}
        ready = forward.ready(point)
        for value in batches:
            assert torch.allclose(forward(ready, value), plain(network, point, value), rtol=1e-5, atol=1e-5)
    assert len(calls) == 2 * len(batches)
    assert forward.cached_bytes == 4 * 50 * (7 + 7 + 3)
    batches[0][0].add_(1)  # a batch that changes is another batch
    assert torch.allclose(forward(ready, batches[0]), plain(network, point, batches[0]), rtol=1e-5, atol=1e-5)
    assert len(calls) == 2 * len(batches) + 2
    del batches, value  # what is kept dies with the batch
    assert forward.cached_bytes == 0
    small = graph_forward(network, pictures(), moved=frozenset({"6.weight"}), budget=4 * 50 * 7 - 1)
    value = pictures()
    for _ in range(2):
        assert torch.allclose(small(small.ready(state_of(network)), value), plain(network, state_of(network), value), atol=1e-5)
    assert small.cached_bytes == 0


def test_only_some_weights_move_in_the_middle_and_statistics_alone():
    network, value = statistics(cases.convbn()), pictures(channels=2)
    for moved in ({"3.weight"}, {"4.running_mean", "4.running_var"}, {"1.bias"}, set(), {"8.weight", "0.weight"}):
        forward = graph_forward(network, value, moved=frozenset(moved))
        for seed in range(3):
            there = elsewhere(network, seed)
            point = {name: there[name] if name in moved else t for name, t in state_of(network).items()}
            expected = plain(network, point, value)
            ready = forward.ready(point)
            for _ in range(2):
                found = forward(ready, value)
                assert torch.allclose(found, expected, rtol=1e-5, atol=1e-6), moved
                found.zero_()  # the outputs are the caller's


def test_two_points_at_once_do_not_mix():
    network, value = copy_of(cases.Attention()), (torch.randn(4, 5, 6, generator=cases.gen()), torch.zeros(4))
    forward = graph_forward(network, value)
    points = [elsewhere(network, seed) for seed in range(2)]
    ready = [forward.ready(point) for point in points]
    for r, point in zip(ready * 2, points * 2, strict=True):
        assert torch.allclose(forward(r, value), plain(network, point, value), rtol=1e-5, atol=1e-6)


# ---- refusals ----------------------------------------------------------------------------------------------------------------

def _branch(self, x):
    return self.layer(x) if x.sum() > 0 else x


def _counts(self, x):
    self.calls = getattr(self, "calls", 0) + 1
    return self.layer(x)


def _remembers(self, x):
    self.seen.append(x)
    return self.layer(x)


def _draws(self, x):
    return self.layer(x) + torch.randn(6)


def _draws_like(self, x):
    return self.layer(x) + torch.rand_like(x)


def _past_the_tracer(self, x):
    return self.layer(x) + self._modules["layer"]._parameters["bias"].data.exp()


def _writes_a_buffer(self, x):
    self.buffer.add_(1)
    return self.layer(x) * self.buffer


def _writes_what_has_two_names(self, x):
    before = x
    x += 1
    return self.layer(x) + before


def _writes_what_is_read_later(self, x):
    y = self.layer(x)
    z = y * 2
    y.relu_()
    return y + z


def _writes_through_a_view(self, x):
    y = self.layer(x)
    y[:, 0] = 0
    return y


def _asks_for_tensors(self, x):
    return self.layer(x) if isinstance(x, torch.Tensor) else self.layer(x) * 2


def _counts_examples(self, x):
    return self.layer(x) * sum(1 for _ in range(len(x)))


REFUSED = {_branch: "trace", _counts: "writes attributes", _remembers: "writes attributes", _draws: "random", _draws_like: "random",
           _past_the_tracer: "does not look", _writes_a_buffer: "writes tensors", _writes_what_has_two_names: "differ",
           _writes_what_is_read_later: "in place", _writes_through_a_view: "trace", _asks_for_tensors: "differ",
           _counts_examples: "trace"}


@pytest.mark.parametrize("forward", REFUSED, ids=lambda f: f.__name__)
def test_what_a_trace_cannot_see_is_refused_with_the_reason(forward):
    network = built(forward, lambda: {"layer": nn.Linear(6, 6)})
    network.seen, network.buffer = [], nn.Buffer(torch.ones(6))
    rng = torch.get_rng_state()
    with pytest.raises(NotApplicable, match=REFUSED[forward]):
        graph_forward(network, (torch.randn(4, 6, generator=cases.gen()), torch.zeros(4)))
    assert torch.equal(torch.get_rng_state(), rng) and torch.equal(network.buffer, torch.ones(6))


def test_a_network_that_writes_to_its_input_leaves_the_data_alone():
    def forward(self, x):
        x += 1
        return self.layer(x)

    network, x = built(forward, lambda: {"layer": nn.Linear(6, 6)}), torch.randn(4, 6, generator=cases.gen())
    value, before = (x, torch.zeros(4)), x.clone()
    graph = graph_forward(network, value)
    found = graph(graph.ready(state_of(network)), value)
    assert torch.equal(x, before)
    assert torch.allclose(found, plain(network, state_of(network), (x.clone(), None)), atol=1e-6)


def test_modes_and_hooks_are_refused_or_run():
    value = torch.randn(4, 6, generator=cases.gen()), torch.zeros(4)
    network = cases.mlp(dropout=0.5)
    network.eval()[2].train()
    with pytest.raises(NotApplicable, match="2 is in train mode"):
        graph_forward(network, value)
    network.eval()[0].register_forward_hook(lambda layer, args, out: out * 2)
    with pytest.raises(NotApplicable, match="hooks"):
        graph_forward(network, value)
    with pytest.raises(NotApplicable, match="max_norm"):
        graph_forward(nn.Sequential(nn.Embedding(5, 3, max_norm=0.1)).eval(), (torch.arange(4), torch.zeros(4)))
    for make in (nn.utils.weight_norm, nn.utils.parametrizations.weight_norm, nn.utils.parametrizations.spectral_norm,
                 lambda layer: nn.utils.prune.random_unstructured(layer, "weight", 0.5)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            network = copy_of(cases.seeded(lambda make=make: nn.Sequential(make(nn.Conv2d(4, 5, 3)), nn.BatchNorm2d(5), nn.ReLU())))
        assert "folded" not in assert_same(network, pictures()).note


def test_a_refusal_is_no_input_error():
    assert not issubclass(NotApplicable, InputError)
