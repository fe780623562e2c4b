"""One layer at a time: which part of a network makes its landscape steep?

The same direction taken apart: every copy moves the entries of one layer and leaves all others where they stand, so that
its picture can be compared with that of the whole, of which it is a part. Filter normalization is done filter by filter
and does not notice the cut.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ..errors import InputError
from ..names import suggest
from .copies import Copies
from .slice import Slice


def per_layer(family: Slice, *, groups: Sequence[str] = ()) -> Copies:
    """A slice taken apart: copies along a dim ``layer``, each of which moves one layer, or one group of them, only.

    Args:
        family: a slice along directions, e.g. ``la.random_slice(objective)``.
        groups: shell patterns of parameter names, one copy each (``["layer1.*", "layer2.*"]``); by default one copy for
            every layer that owns a tensor that the slice moves. A tensor that several patterns match moves in each of their copies.

    Raises:
        InputError: copies or a slice through points, a pattern that is written twice or matches nothing that moves, a layer that only
            some of the axes move.
    """
    if not isinstance(family, Slice) or family.through:
        what = f"{family.dims[0]}s" if isinstance(family, Copies) else "a slice through points" if isinstance(family, Slice) else \
            f"a {type(family).__name__}"
        raise InputError(f"per_layer got {what}; expected one slice along directions, e.g. la.random_slice(objective)")
    if isinstance(groups, str) or not isinstance(groups, Sequence):
        raise InputError(f"groups is {groups!r}; expected patterns of parameter names: write groups=({str(groups)!r},)")
    moved = [name for name in family.origin if any(name in axis and bool(torch.count_nonzero(axis[name])) for axis in family.axes)]
    members = _grouped(moved, groups) if groups else by_module(moved)
    for label, names in members.items():
        for dim, axis in zip(family.dims, family.axes, strict=True):
            if not any(name in axis and bool(torch.count_nonzero(axis[name])) for name in names):
                raise InputError(f"the direction {dim!r} does not move {label!r}, so that no {len(family.dims)} directions are left there; "
                                 "expected groups that every direction moves")
    return Copies(_Restricted(family, tuple(members.values())), len(members), dim="layer", labels=tuple(members))


@dataclass(frozen=True, eq=False)
class _Restricted:
    """Number -> the slice with the entries of one group only; can be sent to other processes."""

    family: Slice
    members: tuple[list[str], ...]

    def __call__(self, k: int) -> Slice:
        return self.family.restricted(self.members[k])


def by_module(moved: Sequence[str]) -> dict[str, list[str]]:
    """Tensors by the layer that owns them, what a parametrization makes of a weight included; those of the network itself by name."""
    members: dict[str, list[str]] = {}
    for name in moved:
        members.setdefault(_layer(name) or name, []).append(name)
    return members


def _layer(name: str) -> str:
    """``0`` of ``0.weight`` and of ``0.parametrizations.weight.original0``; empty for a tensor of the network itself."""
    parts = name.split(".")
    return ".".join(parts[: parts.index("parametrizations")] if "parametrizations" in parts else parts[:-1])


def _grouped(moved: Sequence[str], groups: Sequence[str]) -> dict[str, list[str]]:
    members = {str(glob): [name for name in moved if fnmatch.fnmatchcase(name, str(glob))] for glob in groups}
    for glob, names in members.items():
        if not names:
            raise InputError(f"groups has {glob!r}, which matches no parameter that moves{suggest(glob, moved)}; expected patterns such as "
                             f"{_layer(moved[0]) or moved[0]}.*")
    if len(set(map(str, groups))) < len(groups):
        twice = next(str(glob) for glob in groups if list(map(str, groups)).count(str(glob)) > 1)
        raise InputError(f"groups has {twice!r} twice; expected every pattern once, one copy each")
    return members
