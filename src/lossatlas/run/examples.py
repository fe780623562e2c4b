"""The loss of every example: the raw material of surveys, which measure some examples at some points and predict the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..data import Batch
from ..execution.plan import summed
from ..numerics.stats import Stats
from ..objective import Objective, Prepared
from ..params import Params
from ..result.schema import Quantity


@dataclass(frozen=True, eq=False)
class ExamplesProbe:
    """Measures ``losses``, shape (n,): weight times loss of each example, without the penalty; and ``weights``, ``penalty``."""

    objective: Objective

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What it measures, in order."""
        dims = (("example", self.objective.data.n_examples),)
        return (Quantity("losses", "loss of each example, times its weight", dims=dims), Quantity("weights", "its weight", dims=dims),
                Quantity("penalty", "penalty, not contained in the losses"))

    def stats(self, point: Params | Prepared, batch: Batch) -> Stats:
        """The losses of one batch in their places among zeros, so that batches add."""
        prepared, n = self.objective.prepare(point), self.objective.data.n_examples
        _, losses, weights = self.objective._losses(prepared, batch)
        around = (batch.start, n - batch.start - batch.size)
        w = torch.ones_like(losses, dtype=torch.float64) if weights is None else weights.to(torch.float64)
        penalty = torch.zeros((), dtype=torch.float64) if prepared.penalty is None else prepared.penalty.detach().to(torch.float64)
        return Stats({"losses": F.pad(torch.where(w == 0, 0.0, w * losses.to(torch.float64)), around), "weights": F.pad(w, around),
                      "penalty": penalty * batch.size / n})

    def finish(self, stats: Stats) -> dict[str, Tensor]:
        """The quantities from the sums over all batches."""
        return dict(stats)

    def __call__(self, point: Params) -> dict[str, Tensor]:
        """All quantities at one point."""
        with torch.no_grad():
            return self.finish(summed(self, self.objective, point))

    def parts(self) -> Iterator[tuple[str | None, ExamplesProbe]]:
        """One, without a name."""
        yield None, self

    def spec(self) -> dict[str, Any]:
        """What defines the values, as plain data."""
        return {"probe": "examples", "objective": self.objective.spec()}
