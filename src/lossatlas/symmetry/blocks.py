"""A tensor cut by units: for a group, one block of numbers for each of its units, and for the units within these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .groups import Axis, Group, Run


@dataclass(frozen=True)
class Blocks:
    """The numbers of a tensor that belong to each unit.

    Attributes:
        chain: the group, and those within it that the tensor tells apart, outermost first.
        numbers: shape (*sizes of the chain, numbers of a unit); of complex ones real and imaginary parts.
        aligned: groups that lie within, too, and whose units are taken to be in the same order.
    """

    chain: tuple[int, ...]
    numbers: Tensor
    aligned: frozenset[int]


def roots(groups: Sequence[Group]) -> list[int]:
    """The groups that lie in no other."""
    return [number for number, group in enumerate(groups) if not group.parents]


def root_of(groups: Sequence[Group], group: int) -> int:
    return groups[group].parents[0] if groups[group].parents else group


def others(axes: Sequence[Axis], groups: Sequence[Group], root: int) -> set[int]:
    """The other outermost groups that a tensor counts."""
    found = {factor.group for axis in axes for run in axis for factor in run.factors if factor.group >= 0}
    return {root_of(groups, group) for group in found} - {root}


def blocks(tensor: Tensor, axes: Sequence[Axis], groups: Sequence[Group], root: int, to: int | None = None) -> Iterator[Blocks]:
    """The blocks of a tensor for a root group, one for every way in which it occurs.

    Args:
        to: a group within that the chain has to end at; None: as deep as the tensor goes.
    """
    for number, axis in enumerate(axes):
        runs = [run for run in axis if any(factor.group == root for factor in run.factors)]
        pieces: dict[int, list[tuple[int, Tensor, list[int]]]] = {}  # runs that hold a part of the units each belong together
        for run in runs:
            own = next(factor for factor in run.factors if factor.group == root)
            part, labels = _unfolded(tensor, axes, number, run)
            at = labels.index(root)
            key = run.start if own.size == groups[root].size else -1
            pieces.setdefault(key, []).append((own.offset, part.movedim(at, 0), [root, *labels[:at], *labels[at + 1 :]]))
        for some in pieces.values():
            some.sort(key=lambda piece: piece[0])
            yield from _chained(torch.cat([part for _, part, _ in some]), some[0][2], groups, root, to)


def _unfolded(tensor: Tensor, axes: Sequence[Axis], number: int, run: Run) -> tuple[Tensor, list[int]]:
    """A run of an axis with a dimension a factor (other axes, too, where they are one run), and the group of each dimension."""
    labels = list[int]()
    for axis in reversed(range(len(axes))):
        one = run if axis == number else axes[axis][0] if len(axes[axis]) == 1 else None
        if one is None or not one.factors or (axis != number and [factor.group for factor in one.factors] == [-1]):
            labels.insert(0, -1)
            continue
        part = tensor.narrow(axis, one.start, one.size) if len(axes[axis]) > 1 else tensor
        sizes = [factor.size for factor in one.factors]
        if part.shape[axis] != one.size:  # traced on another number of examples
            sizes[next(k for k, factor in enumerate(one.factors) if factor.group < 0)] = -1
        tensor = part.unflatten(axis, sizes)
        labels[:0] = [factor.group for factor in one.factors]
    return tensor, labels


def _chained(part: Tensor, labels: list[int], groups: Sequence[Group], root: int, to: int | None) -> Iterator[Blocks]:
    within = [group for group in labels if group >= 0 and groups[group].parents[:1] == (root,)]
    if to is not None and to != root and to not in within:
        return
    chain = [root]
    while (deeper := [g for g in within if groups[g].parents == tuple(chain) and (to is None or g in (to, *groups[to].parents))]):
        chain.append(deeper[0])
        if chain[-1] == to:
            break
    if to is not None and chain[-1] != to:
        return
    places = [labels.index(group) for group in chain]
    front = part.movedim(places, list(range(len(places))))
    if front.is_complex():
        front = torch.view_as_real(front.resolve_conj())
    yield Blocks(tuple(chain), front.reshape(*front.shape[: len(chain)], -1), frozenset(within) - set(chain))
