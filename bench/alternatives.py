"""What lossatlas is measured against: the bare forward pass, the loop that a user would write, and loss-landscapes 3.0.6 from PyPI."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
import torch.nn.functional as F

from lossatlas.params import Params

BATCH = 128


class Bare:
    """The forward pass alone, without gradients, in batches of 128: the user's own module, as it stands."""

    def __init__(self, model: torch.nn.Module, x: torch.Tensor) -> None:
        self.model, self.x = model, x

    def __call__(self) -> None:
        with torch.no_grad():
            for start in range(0, len(self.x), BATCH):
                self.model(self.x[start : start + BATCH])


class Hand:
    """The hand-written loop: for each point, write the weights into the network, sum the loss over batches."""

    def __init__(self, model: torch.nn.Module, directions: Sequence[Params], x: torch.Tensor, y: torch.Tensor) -> None:
        self.model, self.directions, self.x, self.y = copy.deepcopy(model), directions, x, y
        self.origin = {name: p.detach().clone() for name, p in model.named_parameters()}

    def point(self, u: Sequence[float]) -> float:
        """The loss at coordinates ``u``."""
        with torch.no_grad():
            for name, p in self.model.named_parameters():
                moved = self.origin[name]
                for step, direction in zip(u, self.directions, strict=True):
                    if name in direction:
                        moved = moved + step * direction[name]
                p.copy_(moved)
            total = 0.0
            for start in range(0, len(self.x), BATCH):
                x, y = self.x[start : start + BATCH], self.y[start : start + BATCH]
                total += F.cross_entropy(self.model(x), y, reduction="sum").item()
        return total / len(self.x)


def peer(model: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, steps: int) -> float:
    """A plane of ``steps`` x ``steps`` points by loss-landscapes with its own metric; the loss of the first.

    Without gradients, which is more than it does by itself.

    Raises:
        ImportError: it is not installed.
    """
    import loss_landscapes
    from loss_landscapes.metrics import Loss

    with torch.no_grad():
        plane = loss_landscapes.random_plane(model, Loss(F.cross_entropy, x, y), distance=1, steps=steps, normalization="filter",
                                             deepcopy_model=True)
    return float(plane[0][0])
