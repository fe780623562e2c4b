"""A point under a mask: what is zero stays zero (lottery tickets: Frankle & Carbin 2019).

The mask multiplies the point on its way into the network, so gradients of masked entries are zero as well, and what an optimizer
keeps of them never shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from ..errors import InputError
from ..params import Params, check_point


@dataclass(frozen=True, eq=False)
class Masked:
    """A point whose masked entries are zero; ``la.fit(objective, family=la.Masked(point, mask), …)`` trains the others.

    Attributes:
        origin: the point.
        mask: zeros and ones (or booleans) of the shapes of the tensors that are masked; tensors that it lacks are whole.

    Raises:
        InputError: a mask of another network, or of other values than 0 and 1.
    """

    origin: Params = field(repr=False)
    mask: Params = field(repr=False)
    dims: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_point(self.origin, what="the point under the mask")
        for name, tensor in self.mask.items():
            if name not in self.origin or tensor.shape != self.origin[name].shape:
                have = tuple(self.origin[name].shape) if name in self.origin else "no such tensor"
                raise InputError(f"the mask has {name!r} of shape {tuple(tensor.shape)}, the point {have}; expected a mask of this network")
            if bool(((tensor != 0) & (tensor != 1)).any()):
                raise InputError(f"the mask of {name!r} has other values than 0 and 1; expected zeros and ones")

    @property
    def density(self) -> float:
        """The share of the masked tensors' entries that is left."""
        return sum(int(torch.count_nonzero(m)) for m in self.mask.values()) / max(sum(m.numel() for m in self.mask.values()), 1)

    def __call__(self, u: Tensor | None = None) -> Params:
        """The point with its masked entries zero."""
        return self._under(self.origin)

    def variables(self, init: Mapping[str, Tensor] | None = None) -> list[Tensor]:
        """The tensors that are trained, from ``init`` where that is given."""
        if init is not None:
            check_point(init, what="the start", like=self.origin)
        start = {**self.origin, **(init or {})}
        return [start[name] for name in self._trained]

    def drawn(self, variables: Sequence[Tensor], generator: torch.Generator | None) -> Params:
        """The point that these tensors make under the mask."""
        return self._under({**self.origin, **dict(zip(self._trained, variables, strict=True))})

    def trained(self, variables: Sequence[Tensor]) -> Masked:
        """The same mask over the trained point."""
        return Masked(self.drawn(variables, None), self.mask)

    def describe(self) -> dict[str, Any]:
        """What a result says of it."""
        return {"family": "masked point", "density": self.density}

    @property
    def _trained(self) -> list[str]:
        return [name for name, tensor in self.origin.items() if tensor.is_floating_point() or tensor.is_complex()]

    def _under(self, point: Params) -> Params:
        return {name: tensor * self.mask[name].to(tensor) if name in self.mask else tensor for name, tensor in point.items()}
