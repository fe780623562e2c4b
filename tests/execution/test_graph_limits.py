"""What a graph forward keeps between batches and points, and the networks that it refuses."""

import warnings

import cases
import pytest
import torch
from graphs import ONEDNN, assert_same, built, elsewhere, pictures, plain, statistics
from torch import nn

from lossatlas.errors import InputError
from lossatlas.execution import fuse
from lossatlas.execution.forward import NotApplicable
from lossatlas.execution.graph import graph_forward
from lossatlas.execution.trace import state_of
from lossatlas.network import copy_of

# ---- what moves ------------------------------------------------------------------------------------------------------------

@pytest.mark.skipif(not ONEDNN, reason="counts packed convolutions")
def test_what_does_not_move_is_computed_once_per_batch(monkeypatch):
    network = statistics(nn.Sequential(nn.Conv2d(4, 5, 3), nn.BatchNorm2d(5), nn.ReLU(), nn.Conv2d(5, 5, 3), nn.ReLU(), nn.Flatten(),
                                       nn.Linear(50, 3)))
    calls = []
    kept = fuse.packed_conv
    monkeypatch.setattr(fuse, "packed_conv", lambda *args: calls.append(1) or kept(*args))
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
