"""Recorded derivatives, simplified, answer what they answered, keep what they were given, and make less passes."""

from collections import Counter

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call, grad

from lossatlas.curvature import tracing
from lossatlas.curvature.tracing import Split


def gen(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def residual() -> nn.Module:
    class Residual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.Conv2d(4, 4, 3, padding=1)
            self.na, self.nb, self.out = nn.BatchNorm2d(4), nn.BatchNorm2d(4), nn.Linear(4, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = F.relu(self.na(self.a(x)))
            return self.out(F.relu(x + self.nb(self.b(x))).mean((2, 3)))

    made = Residual()
    made.train()
    made(torch.randn(50, 3, 6, 5, generator=gen(9)) * 2 + 1)  # statistics that are not 0 and 1
    return made.eval()


def mlp() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(90, 6), nn.Tanh(), nn.LayerNorm(6), nn.Linear(6, 5), nn.GELU(), nn.Linear(5, 3))


def split(make, simplified: bool, monkeypatch: pytest.MonkeyPatch):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = make().double()
    names, rest = [n for n, _ in module.named_parameters()], dict(module.named_buffers())
    theta = [p.detach() for p in module.parameters()]
    x, y = torch.randn(7, 3, 6, 5, generator=gen(1)).double(), torch.randint(3, (7,), generator=gen(2))

    def slopes(at, x, y):
        return grad(lambda at: F.cross_entropy(functional_call(module, dict(zip(names, at, strict=True)) | rest, (x,)), y))(tuple(at))

    with monkeypatch.context() as patch:
        if not simplified:
            patch.setattr(tracing, "tidied", lambda graph, moving: None)
            patch.setattr(tracing, "in_place", lambda graph: None)
        return Split(slopes, theta, (x, y)), theta, (x, y)


def passes(recorded: Split) -> Counter:
    return Counter(str(node.target) for node in recorded._moving.graph.nodes if node.op == "call_function")


@pytest.mark.parametrize("make", [residual, mlp])
def test_products_are_the_same_again_and_again(make, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, theta, data = split(make, False, monkeypatch)
    short, _, _ = split(make, True, monkeypatch)
    one, other = plain(theta, data), short(theta, data)
    kept = [t.clone() for t in other._kept]
    for seed in range(3):  # the second product would show what the first wrote into
        v = [torch.randn(t.shape, generator=gen(seed)).double() for t in theta]
        given = [t.clone() for t in v]
        for found, expected in zip(other(v), one(v), strict=True):
            torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-14)
        assert all(torch.equal(a, b) for a, b in zip(v, given, strict=True))
        assert all(torch.equal(a, b) for a, b in zip(other._kept, kept, strict=True))


def test_passes_over_activations_become_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, short = (passes(split(residual, simplified, monkeypatch)[0]) for simplified in (False, True))
    made = {"aten.mul.Tensor", "aten.add.Tensor", "aten.zeros_like.default", "aten._to_copy.default"}
    assert sum(short[name] for name in made) < 0.5 * sum(plain[name] for name in made)
    assert short["aten.zeros_like.default"] == 0 and short["aten.addcmul_.default"] > 0
    assert short["aten.convolution.default"] == plain["aten.convolution.default"]
    assert sum(short.values()) < 0.85 * sum(plain.values())


@pytest.mark.parametrize(("columns", "expected"), [
    (5, {"aten.mul.Tensor": 1}),
    (1, {"aten.mul.Tensor": 1, "aten.mul_.Tensor": 1}),  # the first spreads v out: the constants' product would not be smaller
])
def test_constants_are_multiplied_with_each_other_once(columns: int, expected: dict[str, int]) -> None:
    theta, x = [torch.randn(4, columns, generator=gen(3)).double()], torch.rand(4, 5, generator=gen(4)).double()
    recorded = Split(lambda at, x: (at[0] * x.cos() * x.exp(),), theta, (x,))
    v = [torch.randn(4, columns, generator=gen(5)).double()]
    torch.testing.assert_close(recorded(theta, (x,))(v)[0], v[0] * x.cos() * x.exp())
    assert passes(recorded) == expected


def test_what_is_read_again_is_not_written_into() -> None:
    theta, data = [torch.randn(6, generator=gen(6)).double()], (torch.rand(6, generator=gen(7)).double(),)

    def f(at, x):
        a = at[0] * x
        b = a + x * at[0].flip(0)
        return a * x, b + a.view(2, 3).sum(), (a.view(3, 2) + 1).flatten() + b

    product = Split(f, theta, data)(theta, data)
    (v,), (x,) = [torch.randn(6, generator=gen(8)).double()], data
    a = v * x
    b = a + x * v.flip(0)
    for found, expected in zip(product([v]), (a * x, b + a.sum(), a + b), strict=True):
        torch.testing.assert_close(found, expected)
