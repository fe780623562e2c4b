"""A plan at work on a few examples: what it measures there, and how long it takes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..data import Batches
from ..seeds import fixed_rng, generator
from .dense import BLOCK
from .plan import Plan, Planned
from .points import Several


@dataclass(frozen=True, eq=False)
class Sample:
    """What plans are tried on.

    Attributes:
        probe, family: of the job.
        moved: names of the tensors that the family moves; None where it does not tell.
        few: the examples.
        scale: how many times as many examples the job has.
        between: the place that is timed.
    """

    probe: Any
    family: Any
    moved: frozenset[str] | None
    few: Batches
    scale: float
    between: Tensor


class Running:
    """A plan at work on a sample; ``family``: another one than the sample's."""

    def __init__(self, sample: Sample, plan: Plan, *, family: Any = None) -> None:
        self._sample, self._family = sample, family or sample.family
        self._planned = Planned(sample.probe, plan, moved=sample.moved, few=sample.few)
        self._several = Several(self._planned) if plan.points > 1 else None
        self._part = self._planned.parts[0]

    def losses(self, us: Sequence[Tensor]) -> list[Tensor]:
        """Losses of the few examples at every place, each of shape (n,), float64."""
        with self._planned.mode():
            if self._several is not None:
                return list(self._several.losses(self._family, torch.stack(list(us))).to(torch.float64))
            return [self._losses(u) for u in us]

    def quantities(self, us: Sequence[Tensor]) -> dict[str, Tensor]:
        """What the probe measures of the few examples at every place, or at the places by turns in a group: name -> (m, …)."""
        with self._planned.mode():
            if self._several is not None:
                turns = [us[k % len(us)] for k in range(at_once(self._planned.plan, self._part.view.device, blocks=2))]
                found = self._several(self._family, torch.stack(turns))
            else:
                each = [self._planned(self._family(u)) for u in us]
                found = {name: torch.stack([one[name] for one in each]) for name in each[0]}
        return {name: value.to("cpu", torch.float64) for name, value in found.items()}

    def _losses(self, u: Tensor) -> Tensor:
        view = self._part.view
        with fixed_rng(0, "forward"):
            prepared = view.prepare(self._family(u))
            return torch.cat([view._losses(prepared, batch)[1] for batch in view.data]).to(torch.float64).cpu()

    def seconds(self) -> float:
        """Of one point with all examples, from one evaluation of the few."""
        view, u, scale = self._part.view, self._sample.between, self._sample.scale
        with self._planned.mode():
            began = now(view.device)
            if self._several is not None:
                points = at_once(self._planned.plan, view.device)
                self._several(self._family, u.expand(points, -1))
                return (now(view.device) - began) / points * scale
            prepared = view.prepare(self._family(u))
            ready = now(view.device)
            self._part.sums(prepared)
            return ready - began + (now(view.device) - ready) * scale


def at_once(plan: Plan, device: torch.device, *, blocks: int = 1) -> int:
    """Points of a group in a trial: of dense layers, which on a CPU go a block at a time, a block or two tell."""
    return min(plan.points, blocks * BLOCK) if plan.forward == "dense" and device.type == "cpu" else plan.points


@dataclass(frozen=True)
class Wiggled:
    """The points of a family with every weight moved up or down by about its last digit: what rounding may do."""

    family: Any

    def __call__(self, u: Tensor) -> dict[str, Tensor]:
        out = {}
        for name, tensor in self.family(u).items():
            signs = torch.randint(2, tensor.shape, generator=generator(0, "rounding", name)).to(tensor.device) * 2 - 1
            out[name] = tensor * (1 + torch.finfo(tensor.dtype).eps * signs).to(tensor.dtype) if tensor.is_floating_point() else tensor
        return out


def difference(plain: Tensor, other: Tensor) -> float:
    """Relative difference of the mean losses of examples; infinite where they are not finite at the same ones."""
    finite = torch.isfinite(plain)
    if not torch.equal(finite, torch.isfinite(other.cpu())):
        return float("inf")
    a, b = (float(t.cpu()[finite].mean()) if bool(finite.any()) else 0.0 for t in (plain, other))
    return abs(a - b) / abs(a) if a else float(a != b)


def now(device: torch.device) -> float:
    """Seconds, once the device has done what it was asked."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()
