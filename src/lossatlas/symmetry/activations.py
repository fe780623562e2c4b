"""Activation matching (Li et al. 2015, "Convergent Learning"; Ainsworth et al. 2023, section 3.1): units that answer the data alike.

The similarity of two units is the correlation of what they put out over data, positions pooled: a unit of a convolution gives
N·H·W numbers. What the next layer reads is compared, so behind the nonlinearity; a group that several layers read (a residual
stream, each block of which reads it) has the mean over these places. All sums are over a stream of batches: nothing grows with the data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import torch
from torch import Tensor

from ..data import Batches, mapped
from ..errors import LossAtlasError
from ..numerics.assignment import Similarity, nested
from ..objective import Objective
from ..params import Params
from ..seeds import fixed_rng
from .blocks import blocks, roots
from .groups import Permutations, Symmetries
from .tracing import UNCOUNTED, Mode, plain_kernels, plainly

#: Examples at a time, so that what is kept of a pass stays small.
AT_ONCE = 64


class Tap(Mode):
    """Hands on what operations of a pass read or make, by their number in the trace; ``make`` may put another result in the place."""

    def __init__(self, calls: list[str], read: Mapping[int, Callable[[tuple[Any, ...]], None]],
                 make: Mapping[int, Callable[[Tensor], Tensor]] | None = None) -> None:
        super().__init__()
        self._calls, self._read, self._make, self._count = calls, read, make or {}, 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func._schema.name in UNCOUNTED:
            return func(*args, **(kwargs or {}))
        call, self._count = self._count, self._count + 1
        if call >= len(self._calls) or func._schema.name != self._calls[call]:
            raise LossAtlasError("the network takes another way through its code on these data than on the first two examples: values "
                                 "cannot be compared place by place (of match, method='weights' looks at none)")
        if call in self._read:
            self._read[call](args)
        out = func(*args, **(kwargs or {}))
        return self._make[call](out) if call in self._make else out


def tapped(objective: Objective, tensors: Params, value: Any, tap: Tap) -> None:
    """One pass of a network in eval mode, watched."""
    with torch.no_grad(), fixed_rng(0, "forward"), plain_kernels(), tap:
        objective._call(tensors, objective._own(value))


@dataclass
class _Sums:
    """Sums over samples: of both values, their squares and their products."""

    count: int = 0
    a: Tensor | float = 0.0
    b: Tensor | float = 0.0
    aa: Tensor | float = 0.0
    bb: Tensor | float = 0.0
    ab: Tensor | float = 0.0

    def add(self, x: Tensor, y: Tensor) -> None:
        x, y = x.double(), y.double()
        self.count += x.shape[1]
        self.a, self.b = self.a + x.sum(1), self.b + y.sum(1)
        self.aa, self.bb, self.ab = self.aa + x.square().sum(1), self.bb + y.square().sum(1), self.ab + x @ y.T

    def correlation(self) -> Tensor:
        """Of every unit with every other; 0 for one that never changes."""
        mean_a, mean_b = self.a / self.count, self.b / self.count
        covariance = self.ab / self.count - torch.outer(mean_a, mean_b)  # type: ignore[arg-type]
        spread = [((square / self.count) - mean.square()).clamp(min=0).sqrt() for square, mean in ((self.aa, mean_a), (self.bb, mean_b))]
        scale = torch.outer(*spread)
        tiny = torch.finfo(torch.float32).eps * torch.outer(self.aa / self.count, self.bb / self.count).sqrt()  # type: ignore[arg-type]
        return torch.where(scale > tiny, covariance / scale, 0.0)


def match_activations(objective: Objective, found: Symmetries, a: Params, b: Params, data: Batches) -> tuple[Permutations, set[int]]:
    """The permutation under which units of b answer most like those of a, and the groups that no layer reads: they stay.

    Raises:
        LossAtlasError: the network goes another way on these data than it was traced on.
    """
    plain = plainly(objective)
    tensors = [plain.prepare(point).tensors for point in (a, b)]
    sums: dict[tuple[int, int, int, int], tuple[tuple[int, ...], tuple[int, ...], _Sums]] = {}
    for batch in data:
        for start in range(0, batch.size, AT_ONCE):
            value = mapped(batch.value, itemgetter(slice(start, start + AT_ONCE)))
            _compare(plain, found, tensors, value, sums)
    similarities: dict[int, dict[tuple[int, ...], list[Tensor]]] = {root: {} for root in roots(found.groups)}
    for (_, _, root, _), (chain, sizes, some) in sums.items():
        similarities[root].setdefault(chain, []).append(some.correlation().reshape(*sizes, *sizes))
    permutations, left = found.identity(), set(range(len(found.groups)))
    for those in similarities.values():
        means: list[Similarity] = [(chain, torch.stack(some).mean(0)) for chain, some in those.items()]
        if means:
            tables = nested(means)[1]
            permutations, left = permutations | tables, left - tables.keys()
    return permutations, left


def _compare(plain: Objective, found: Symmetries, tensors: list[Params], value: Any, sums: dict[Any, Any]) -> None:
    """Add one batch to the sums: a first, kept until b has passed."""
    kept: dict[tuple[int, int], Tensor] = {}

    def keep(at: tuple[int, int]) -> Callable[[tuple[Any, ...]], None]:
        return lambda args: kept.__setitem__(at, args[at[1]].detach())

    def add(at: tuple[int, int]) -> Callable[[tuple[Any, ...]], None]:
        def both(args: tuple[Any, ...]) -> None:
            first, second = kept.pop(at), args[at[1]]
            for root in roots(found.groups):
                pairs = (blocks(tensor, found.reads[at][0], found.groups, root) for tensor in (first, second))
                for number, (x, y) in enumerate(zip(*pairs, strict=True)):
                    sizes = tuple(x.numbers.shape[:-1])
                    entry = sums.setdefault((*at, root, number), (x.chain, sizes, _Sums()))
                    entry[2].add(*(part.numbers.reshape(-1, part.numbers.shape[-1]).cpu() for part in (x, y)))

        return both

    ats = [at for at, (axes, _) in found.reads.items() if any(f.group >= 0 for axis in axes for run in axis for f in run.factors)]
    for point, make in zip(tensors, (keep, add), strict=True):
        reads: dict[int, list[Any]] = {}
        for at in ats:
            reads.setdefault(at[0], []).append(make(at))
        tapped(plain, point, value, Tap(found.trace.calls, {call: _all(some) for call, some in reads.items()}))


def _all(functions: list[Callable[[tuple[Any, ...]], None]]) -> Callable[[tuple[Any, ...]], None]:
    def each(args: tuple[Any, ...]) -> None:
        for function in functions:
            function(args)

    return each
