"""Graph forwards beside the plain module, at points away from where they were traced."""

import cases
import torch
from torch import nn

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
