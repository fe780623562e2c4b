"""The permutations of a network's units that leave its function as it is.

Hidden units of a layer may change places if everything that makes or reads them follows: rows of one weight, columns of the next, biases,
scale, shift and running statistics of a norm. All places that must follow each other are a *group* (:mod:`.tracing` finds them). Heads of
attention are a group, and the dimensions within a head one below it, which each head may permute in its own way. Every group is verified: a
random permutation of it must leave the outputs on data as they are, at the network's weights and at others near them; one that does
not is dropped, and said so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from ..params import Params
from ..seeds import generator
from .tracing import Trace


@dataclass(frozen=True)
class Factor:
    """A run of units of a group in an axis: those from ``offset`` on; group -1: indices that keep their places."""

    group: int
    offset: int
    size: int


@dataclass(frozen=True)
class Run:
    """A part of an axis, from ``start`` on: a product of factors in C order."""

    start: int
    factors: tuple[Factor, ...]

    @property
    def size(self) -> int:
        return math.prod(factor.size for factor in self.factors)


Axis = tuple[Run, ...]
Axes = dict[str, tuple[Axis, ...]]  # of tensors, by name
Reads = dict[tuple[int, int], tuple[tuple[Axis, ...], str | None]]  # of the values that products read: (operation, argument) -> and of what


@dataclass(frozen=True)
class Group:
    """Units that may change places.

    Attributes:
        name: the first tensor that counts them, with the axis: ``layer1.0.conv1.weight[0]``.
        size: how many.
        parents: the groups (by number, outermost first) at whose every unit the permutation may be another one.
        tensors: the tensors that follow. scales: each unit may be multiplied by a positive number, and divided where it is read.
    """

    name: str
    size: int
    parents: tuple[int, ...] = ()
    tensors: tuple[str, ...] = ()
    scales: bool = False


#: Group number -> for every place of its parents, the unit that comes to each place; shape (*sizes of the parents, size).
Permutations = dict[int, Tensor]


@dataclass(frozen=True, repr=False)
class Symmetries:
    """The permutation symmetries of a network, verified.

    Attributes:
        groups: all of them. axes: how each tensor's axes count their units. reads: likewise of the values that products read.
        moved: names of the tensors that some permutation changes. unmoved: the others, each with the reason.
        dropped: groups that were found and did not stand the check: name -> what was seen.
        max_output_difference: of a random element of all groups at once, relative to the largest output.
        trace: what the network does with its axes.
    """

    groups: tuple[Group, ...]
    axes: Axes
    reads: Reads
    moved: tuple[str, ...]
    unmoved: Mapping[str, str]
    dropped: Mapping[str, str]
    max_output_difference: float
    trace: Trace

    @property
    def log10_count(self) -> float:
        """The decimal logarithm of the number of permutations."""
        return sum(self.times(group) * math.lgamma(group.size + 1) for group in self.groups) / math.log(10)

    def times(self, group: Group) -> int:
        """At how many places a group has a permutation of its own."""
        return math.prod(self.groups[parent].size for parent in group.parents)

    def __repr__(self) -> str:
        lines = [f"{len(self.groups)} groups of units, 10^{self.log10_count:.1f} permutations; {len(self.moved)} tensors move, "
                 f"{len(self.unmoved)} do not; largest output difference {self.max_output_difference:.1e}"]
        for group in self.groups:
            within = f", within each of {self.times(group)}" if group.parents else ""
            lines.append(f"  {group.size} units{within}: {group.name} and {len(group.tensors) - 1} more")
        lines += [f"  dropped {name}: {why}" for name, why in self.dropped.items()]
        lines += [f"  not moved {name}: {why}" for name, why in self.unmoved.items()]
        return "\n".join(lines)

    def identity(self) -> Permutations:
        """Every unit at its own place."""
        return {number: torch.arange(group.size).expand(*(self.groups[parent].size for parent in group.parents), group.size).clone()
                for number, group in enumerate(self.groups)}

    def random(self, seed: int = 0) -> Permutations:
        """A random element of every group."""
        drawn = {}
        for i, group in enumerate(self.groups):
            g = generator(seed, "permutation", group.name)
            shape = [self.groups[p].size for p in group.parents]
            drawn[i] = torch.rand(*shape, group.size, generator=g, dtype=torch.float64).argsort(-1)
        return drawn

    def cycles(self, seed: int = 0) -> Permutations:
        """A random element of every group that leaves no unit in its place: all go around in one cycle."""
        found = {}
        for number, order in self.random(seed).items():
            found[number] = torch.empty_like(order).scatter_(-1, order, order.roll(1, -1))
        return found

    def permute(self, point: Mapping[str, Tensor], permutations: Permutations) -> Params:
        """The point with its units in other places; what no group counts is the same tensor."""
        return {name: self._moved(name, tensor, permutations) for name, tensor in point.items()}

    def _moved(self, name: str, tensor: Tensor, permutations: Permutations) -> Tensor:
        axes = self.axes.get(name, ())
        changed = [number for number, axis in enumerate(axes) if any(f.group in permutations for run in axis for f in run.factors)]
        if not changed:
            return tensor
        if not all(_by_itself(axes[number], self.groups) for number in changed):
            return tensor[tuple(index.to(tensor.device) for index in sources(axes, self.groups, permutations))]
        for number in changed:
            index = torch.cat([_source((axes[number],), 0, run, self.groups, permutations) for run in axes[number]])
            tensor = tensor.index_select(number, index.to(tensor.device))
        return tensor


def _by_itself(axis: Axis, groups: Sequence[Group]) -> bool:
    """Whether the parents of all units of an axis lie in the same run."""
    return all(set(groups[f.group].parents) <= {other.group for other in run.factors} for run in axis for f in run.factors if f.group >= 0)


def sources(axes: Sequence[Axis], groups: Sequence[Group], permutations: Permutations) -> list[Tensor]:
    """For every axis, which index comes to each place: tensors that broadcast to the shape of the whole."""
    ndim, found = len(axes), []
    for number, axis in enumerate(axes):
        pieces = [_source(axes, number, run, groups, permutations) for run in axis]
        wide = [max(piece.shape[k] for piece in pieces) for k in range(ndim)]
        whole = [piece.expand(*(piece.shape[k] if k == number else wide[k] for k in range(ndim))) for piece in pieces]
        found.append(torch.cat(whole, number))
    return found


def _source(axes: Sequence[Axis], number: int, run: Run, groups: Sequence[Group], permutations: Permutations) -> Tensor:
    """Source indices of one run: shaped as the tensor along its axis and along those that hold parents of its units, 1 elsewhere."""
    ndim, stride = len(axes), run.size
    slots = _slots(axes, number, run)
    found = torch.full([1] * ndim, run.start)
    for factor, own in zip(run.factors, _grid(run, number, ndim), strict=True):
        stride //= factor.size
        if factor.group not in permutations:
            found = found + own * stride
            continue
        slot = own + factor.offset
        come = permutations[factor.group][(*(slots[parent] for parent in groups[factor.group].parents), slot)]
        if factor.size == groups[factor.group].size:
            found = found + come * stride
        else:  # units of one group in several runs
            found = found - run.start + _starts(axes[number], factor.group, groups[factor.group].size)[come]
    return found


@lru_cache(maxsize=4096)
def _grid(run: Run, number: int, ndim: int) -> tuple[Tensor, ...]:
    """For every factor of a run, its index at each place of the run."""
    shape, found = [1] * ndim, []
    stride = run.size
    shape[number] = run.size
    for factor in run.factors:
        stride //= factor.size
        found.append((torch.arange(run.size) // stride % factor.size).reshape(shape))
    return tuple(found)


def _slots(axes: Sequence[Axis], number: int, run: Run) -> dict[int, Tensor]:
    """The unit of every group at each place: of this run, and of the other axes that hold whole groups."""
    found: dict[int, Tensor] = {}
    for other, axis in enumerate(axes):
        runs = [run] if other == number else axis if len(axis) == 1 else []
        for one in runs:
            for factor, own in zip(one.factors, _grid(one, other, len(axes)), strict=True):
                if factor.group >= 0:
                    found.setdefault(factor.group, own + factor.offset)
    for factor, own in zip(run.factors, _grid(run, number, len(axes)), strict=True):
        found[factor.group] = own + factor.offset
    return found


def _starts(axis: Axis, group: int, size: int) -> Tensor:
    """Where the block of each unit begins, for a group that lies in several runs."""
    starts = torch.zeros(size, dtype=torch.int64)
    for run in axis:
        if run.factors and run.factors[0].group == group:
            first, inner = run.factors[0], run.size // run.factors[0].size
            starts[first.offset : first.offset + first.size] = run.start + inner * torch.arange(first.size)
    return starts
