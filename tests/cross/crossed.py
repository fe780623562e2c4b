"""Networks, data and their objectives for other libraries to look at: what they multiply by, lossatlas must multiply by too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

import lossatlas as la


class Unused(nn.Module):
    """A layer that the answer does not depend on lies between two that it does."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.never, self.b = nn.Linear(5, 4), nn.Linear(3, 2), nn.Linear(4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.b(torch.tanh(self.a(x)))


def mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(5, 6), nn.ReLU(), nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 3))


def convbn() -> nn.Module:
    return nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(3 * 4, 3))


@dataclass(frozen=True)
class Case:
    """A network in eval mode, its data in batches, and the same as an objective."""

    model: nn.Module
    batches: list[tuple[torch.Tensor, torch.Tensor]]
    objective: la.Objective

    @property
    def params(self) -> list[nn.Parameter]:
        return list(self.model.parameters())

    def vectors(self, k: int = 3) -> torch.Tensor:
        return torch.randn(sum(p.numel() for p in self.params), k, generator=torch.Generator().manual_seed(7), dtype=torch.float64)


#: How each is made, and the shape of an example.
MADE: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "mlp": (mlp, (5,)), "convbn": (convbn, (2, 4, 4)), "unused": (Unused, (5,)),
}


def case(name: str, *, n: int = 11, batch: int = 4, loss: str = "cross_entropy", seed: int = 0) -> Case:
    """Batches of ``batch`` of ``n`` examples in float64; by default the last one is short."""
    gen, (make, shape) = torch.Generator().manual_seed(seed + 1), MADE[name]
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = make().double()
    x = torch.randn(n, *shape, generator=gen, dtype=torch.float64)
    y = torch.randint(3, (n,), generator=gen) if loss == "cross_entropy" else torch.randn(n, 3, generator=gen, dtype=torch.float64)
    with torch.no_grad():
        model.train()(x)  # statistics that are not 0 and 1
    model.eval()
    return Case(model, list(zip(x.split(batch), y.split(batch), strict=True)),
                la.Objective.from_module(model, (x, y), loss, batch_size=batch))
