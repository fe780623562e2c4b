"""Planted surfaces for surveys: networks of few parameters whose losses are a closed form of them, so that truth costs nothing."""

import os
from typing import Any

import torch
from torch import nn

import lossatlas as la

COORDS = {"alpha": la.axis(-1, 1, 31), "beta": la.axis(-1, 1, 21)}
SMALL = {"alpha": la.axis(-1, 1, 19), "beta": la.axis(-1, 1, 15)}


class Planted(nn.Module):
    """Example i answers ``f(u, x_i)``; it counts the examples it has seen, and writes them to the file that COUNT names."""

    def __init__(self, f: Any, dims: int, seen: list[int]) -> None:
        super().__init__()
        self.f, self.seen = f, seen
        self.u = nn.Parameter(torch.zeros(dims, dtype=torch.float64))

    def __deepcopy__(self, memo: Any) -> "Planted":
        copy = Planted(self.f, len(self.u), self.seen)
        copy.load_state_dict(self.state_dict())
        return copy

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen.append(len(x))
        if os.environ.get("COUNT"):
            with open(os.environ["COUNT"], "a") as file:
                file.write(f"{len(x)}\n")
        return self.f(self.u, x)


def itself(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return outputs


def smooth(u: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """A tilted valley with a floor; examples differ in how much they carry and how they lean."""
    r = (u**2).sum()
    return x[:, 0] * (0.01 + 3 * r + 0.5 * u[0] * r) * torch.exp(0.3 * torch.sin(2 * u[0]) + 0.3 * u[-1] * x[:, 1])


def rippled(height: float, wave: float) -> Any:
    def f(u: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return smooth(u, x) * torch.exp(height * torch.sin(wave * u[0]) * torch.sin(1.3 * wave * u[-1] + 1))
    return f


def broken(value: float) -> Any:
    """Not finite where alpha exceeds 0.5."""
    def f(u: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return smooth(u, x) + torch.where(u[0] > 0.5, value, 0.0)
    return f


def lowered(by: float) -> Any:
    def f(u: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return smooth(u, x) - by
    return f


def pitted(u: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Below zero in a pit that no first anchor need to see."""
    return smooth(u, x) - 3 * torch.exp(-((u[0] - 0.43) ** 2 + (u[1] + 0.37) ** 2) / 0.02)


def columns(n: int = 600, seed: int = 0) -> torch.Tensor:
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 2, generator=g, dtype=torch.float64)
    x[:, 0] = x[:, 0].exp()
    return x


def planted(f: Any = smooth, *, n: int = 600, dims: int = 2, data: Any = None, loss: Any = itself, **options: Any) -> Any:
    """(probe, family, counter): the counter holds the examples of every call, those of making the objective left out."""
    x, seen = columns(n), []
    objective = la.Objective.from_module(Planted(f, dims, seen), (x, torch.zeros(n)) if data is None else data, loss,
                                         layout={"u": None}, **options)
    seen.clear()
    axes = tuple({"u": row} for row in torch.eye(dims, dtype=torch.float64))
    return la.probes.loss(objective), la.Slice(objective.point(), axes, ("alpha", "beta", "gamma")[:dims]), seen


def made() -> Any:
    return planted()[:2]


