"""Weight matching (Ainsworth, Hayase and Srinivasa 2023, "Git Re-Basin", section 3.2): the permutation of b that lies closest to a.

‖a − π(b)‖² is least where ⟨a, π(b)⟩ is largest. For one group, all others given, that is an assignment problem, solved exactly; going
around the groups until nothing gains is coordinate descent. On its own it is easily stuck: from the identity it recovers few permuted
copies. So it starts where something is known. A layer whose inputs are known (those of the network, then of layers matched already; from
the other end, its outputs) is matched by these weights alone, the group of which most is known first: of a permuted copy every step of
that is exact. Descents from there, from the identity and from other orders are compared, and the closest is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ..numerics.assignment import Similarity, assign, composed, nested
from ..params import Params, dot, is_running_statistic, norm
from ..seeds import generator
from .blocks import blocks, others, root_of, roots
from .groups import Permutations, Symmetries

#: Rounds over all groups, and the least gain that counts, relative to ‖a‖·‖b‖.
MOST, LEAST = 100, 1e-12
#: A copy is found, and the search over, below this distance relative to the norms.
FOUND = 1e-7


@dataclass(frozen=True)
class Matched:
    """A permutation that was found: its inner product with a, and whether the descent ended by itself."""

    permutations: Permutations
    product: float
    converged: bool
    start: str


def match_weights(found: Symmetries, a: Params, b: Params, *, seed: int, restarts: int) -> list[Matched]:
    """The permutations that several starts end at, the closest first."""
    one, other = (_comparable(found, point) for point in (a, b))
    search = _Search(found, one, other)
    scale = norm(one) ** 2 + norm(other) ** 2
    ends: list[Matched] = []
    for number in range(2 + restarts):
        g = generator(seed, "matching", number)
        state = _State(dict(other), found.identity())
        if number != 1:
            search.forward(state, g if number > 1 else None)
        converged = search.descend(state, g)
        start = {0: "from what is known", 1: "from the identity"}.get(number, f"in random order {number - 1}")
        ends.append(Matched(state.permutations, dot(one, state.point), converged, start))
        if scale - 2 * ends[-1].product <= FOUND**2 * scale:
            break
    return sorted(ends, key=lambda end: -end.product)


def _comparable(found: Symmetries, point: Params) -> Params:
    """What weights are compared by: tensors that move, in float64; never running statistics (METHODS 2.8, section 4)."""
    return {name: point[name].detach().to("cpu", torch.complex128 if point[name].is_complex() else torch.float64) for name in found.moved
            if not is_running_statistic(name) and name in point and (point[name].is_floating_point() or point[name].is_complex())}


@dataclass
class _State:
    """The point as permuted so far."""

    point: Params
    permutations: Permutations


class _Search:
    def __init__(self, found: Symmetries, a: Params, b: Params) -> None:
        self.found, self.a, self.groups = found, a, found.groups
        self.roots = roots(found.groups)
        self.holds = {root: [name for name in a if any(root_of(found.groups, f.group) == root for axis in found.axes[name] for run in axis
                                                       for f in run.factors if f.group >= 0)] for root in self.roots}
        self.others = {(root, name): others(found.axes[name], found.groups, root) for root in self.roots for name in self.holds[root]}
        self.least = LEAST * max(norm(a) * norm(b), torch.finfo(torch.float64).tiny)
        self.within = [number for number, group in enumerate(found.groups) if group.parents]

    def similarity(self, state: _State, root: int, known: set[int] | None = None) -> list[Similarity]:
        """How similar units are by all tensors that hold them; with ``known`` only by those whose other groups are among it."""
        total: dict[tuple[int, ...], Tensor] = {}
        for name in self.holds[root]:
            if known is not None and not self.others[root, name] <= known:
                continue
            mine, theirs = (blocks(point[name], self.found.axes[name], self.groups, root) for point in (self.a, state.point))
            for one, other in zip(mine, theirs, strict=True):
                if known is not None and one.aligned:
                    continue
                product = torch.tensordot(one.numbers, other.numbers, dims=([-1], [-1]))
                total[one.chain] = total[one.chain] + product if one.chain in total else product
        return list(total.items())

    def forward(self, state: _State, order: torch.Generator | None) -> None:
        """Match the groups one after the other by what is known of them."""
        known: set[int] = set()
        while len(known) < len(self.roots):
            shares = {root: self._share(root, known) for root in self.roots if root not in known}
            noise = [1.0] * len(shares) if order is None else torch.rand(len(shares), generator=order).tolist()
            weighed = {root: share * factor for (root, share), factor in zip(shares.items(), noise, strict=True)}
            root = max(weighed, key=weighed.__getitem__)
            if shares[root] and (similarities := self.similarity(state, root, known)):
                self._move(state, nested(similarities)[1])
            known.add(root)

    def _share(self, root: int, known: set[int]) -> float:
        """Which share of the numbers that a group's tensors hold are of known inputs or outputs."""
        sizes = {name: self.a[name].numel() for name in self.holds[root]}
        return sum(size for name, size in sizes.items() if self.others[root, name] <= known) / max(sum(sizes.values()), 1)

    def descend(self, state: _State, order: torch.Generator) -> bool:
        """Coordinate descent; whether it ended before the last round."""
        steps = [*self.roots, *self.within]
        settled: dict[int, list[Tensor]] = {}  # group -> its tensors as they were when nothing gained
        for _ in range(MOST):
            gained = False
            for k in torch.randperm(len(steps), generator=order).tolist():
                now = [state.point[name] for name in self.holds[root_of(self.groups, steps[k])]]
                if steps[k] in settled and all(one is other for one, other in zip(now, settled[steps[k]], strict=True)):
                    continue
                moved = self._try(state, self._step(state, steps[k]))
                gained |= moved
                if not moved:
                    settled[steps[k]] = now
            if not gained:
                return True
        return False

    def _step(self, state: _State, group: int) -> Permutations:
        """The best permutation of a root with all within it, or of one group within, its siblings as they are."""
        if not self.groups[group].parents:
            return nested(similarities)[1] if (similarities := self.similarity(state, group)) else {}
        root, size, total = self.groups[group].parents[0], self.groups[group].size, None
        for name in self.groups[group].tensors:
            if name in self.a:
                pairs = (blocks(point[name], self.found.axes[name], self.groups, root, group) for point in (self.a, state.point))
                for one, other in zip(*pairs, strict=True):
                    x, y = (part.numbers.reshape(-1, size, part.numbers.shape[-1]) for part in (one, other))
                    total = x @ y.mT if total is None else total + x @ y.mT
        if total is None:
            return {}
        shape = [self.groups[parent].size for parent in self.groups[group].parents]
        return {group: torch.stack([assign(matrix) for matrix in total]).reshape(*shape, size)}

    def _try(self, state: _State, then: Permutations) -> bool:
        """Move where that gains."""
        names = {name for group in then for name in self.groups[group].tensors if name in self.a}
        part = {name: state.point[name] for name in names}
        moved = self.found.permute(part, then)
        gain = sum(dot({name: self.a[name]}, {name: moved[name]}) - dot({name: self.a[name]}, {name: part[name]}) for name in names)
        if gain > self.least:
            self._move(state, then, moved)
            return True
        return False

    def _move(self, state: _State, then: Permutations, moved: Mapping[str, Tensor] | None = None) -> None:
        if moved is None:
            names = {name for group in then for name in self.groups[group].tensors if name in self.a}
            moved = self.found.permute({name: state.point[name] for name in names}, then)
        state.point.update(moved)
        state.permutations = composed(state.permutations, then, {n: group.parents for n, group in enumerate(self.groups)})
