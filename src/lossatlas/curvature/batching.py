"""How many examples are differentiated at once, and in which memory format: what makes gradients fast makes products fast.

Measured on ResNet-20, one thread: with batches of 32 in channels last a gradient takes .78 of one with batches of 128 as they come, and
a recorded product .77; formats and sizes between them keep the order. So gradients are timed, which need no recording.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from ..data import Batch, leaves, mapped
from ..execution.running import now
from ..seeds import fixed_rng
from .backends import backward, tried

#: Examples at once that are tried where batches are larger.
SIZES = (64, 32)
#: A trial pays where the products to come are likely to take so many seconds, at two gradients each (METHODS 3.2).
WORTH, GRADIENTS = 2.0, 2.0
#: Less than this share is the noise of a machine; the fastest of so many runs counts.
CLEAR, RUNS = 0.04, 2


@dataclass(frozen=True)
class Batching:
    """How examples are taken; ``micro_batch``: at once, None: as many as the batches have."""

    channels_last: bool = False
    micro_batch: int | None = None

    def apply(self, problem: Any) -> None:
        """Let a problem take its examples so, never more of them than now."""
        problem.channels_last = self.channels_last
        if self.micro_batch is not None and self.micro_batch < problem.batches[0].size:
            problem.batches = list(problem.objective.data.rebatch(self.micro_batch))


def fastest(op: Any) -> tuple[Batching, str]:
    """The batching whose gradients are fastest on the first batch, and what was measured; as it is where a trial does not pay."""
    problem = op.problem
    first, n = problem.batches[0], sum(batch.size for batch in problem.batches)
    best, candidates = Batching(), list(_candidates(op, first))
    if not candidates:
        return best, ""
    known = _seconds(problem, first, best, 1)
    if not WORTH <= op.expected * GRADIENTS * known * n / first.size < float("inf"):
        return best, ""
    least = plain = _seconds(problem, first, best, RUNS)
    said = []
    for batching in candidates:
        batching = Batching(batching.channels_last or best.channels_last, batching.micro_batch)
        found = _seconds(problem, first, batching, RUNS)
        laid_out = "channels last" if batching.channels_last else "as given"
        said.append(f"{laid_out}, {batching.micro_batch or first.size}: {found / plain:.2f}")
        if found < (1 - CLEAR) * least:
            best, least = batching, found
    return best, f"seconds of a gradient relative to batches of {first.size}: {'; '.join(said)}"


def _candidates(op: Any, first: Batch) -> Iterator[Batching]:
    if any(t.ndim == 4 for t in leaves(first.value)) and any(t.ndim == 4 for t in op.problem.prepared.tensors.values()):
        yield Batching(channels_last=True)
    if not (op.problem.fixed_batches or op.problem.draws or op.draws):
        yield from (Batching(micro_batch=size) for size in SIZES if size < first.size)


def _seconds(problem: Any, first: Batch, batching: Batching, runs: int) -> float:
    """Seconds of a gradient of the first batch; infinite where it cannot be had."""
    size = batching.micro_batch or first.size
    pieces = [Batch(mapped(first.value, lambda t, s=start: t[s : s + size]), first.start + start, min(size, first.size - start))
              for start in range(0, first.size, size)]
    there = copy.copy(problem)
    there.channels_last = batching.channels_last

    def gradients() -> bool:
        theta = tuple(t.detach().requires_grad_() for t in there.theta)
        for piece in pieces:
            with torch.enable_grad():
                backward(there.loss(theta, piece.value, piece.size), theta)
        return True

    least = float("inf")
    for _ in range(runs):
        with fixed_rng(0, "forward"):
            began = now(problem.device)
            done, _ = tried(gradients)
            least = min(least, now(problem.device) - began) if done else least
    return least
