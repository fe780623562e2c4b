"""The graph forward is the network itself: every way to write a layer, against the plain module."""

import importlib.util
import warnings
from pathlib import Path

import cases
import pytest
import torch
import torch.nn.functional as F
from graphs import ONEDNN, assert_same, built, elsewhere, pictures, plain, statistics
from torch import nn

from lossatlas.execution.forward import NotApplicable, module_forward
from lossatlas.execution.graph import graph_forward
from lossatlas.execution.trace import state_of
from lossatlas.network import Slots, copy_of

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
