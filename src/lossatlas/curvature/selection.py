"""Which parameters an operator is about: all, those whose names match patterns, or entries that masks choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ..errors import InputError
from ..names import suggest
from ..params import Params, select, wide_enough

#: ``"*"``, patterns of parameter names, or per name a boolean mask of its shape.
Chosen = str | Sequence[str] | Mapping[str, Tensor]


class Selection:
    """Flat vectors (n,) of the chosen entries, and tensors shaped as the parameters.

    Attributes:
        names: parameters with chosen entries, in the order of the network.
        n: how many entries.
    """

    def __init__(self, params: Params, chosen: Chosen) -> None:
        if isinstance(chosen, Mapping):
            self._places = {name: _places(name, chosen[name], params) for name in _known(chosen, params)}
            names = [name for name in params if name in self._places and len(self._places[name])]
        else:
            names, self._places = select(params, chosen), {}
        if not names:
            raise InputError("params chooses no entry at all; expected patterns such as '*.weight', or masks with at least one True")
        if intricate := [name for name in names if params[name].is_complex()]:
            raise InputError(f"{intricate[0]!r} is complex ({params[intricate[0]].dtype}); curvature is defined here for real parameters: "
                             "choose others with params=…")
        if odd := [name for name in names if not params[name].is_floating_point()]:
            raise InputError(f"{odd[0]!r} holds {params[odd[0]].dtype}, which cannot be differentiated; choose others with params=…")
        self.names = tuple(names)
        self._like = {name: params[name].detach() for name in names}
        self.dtype = wide_enough(max((t.dtype for t in self._like.values()), key=lambda d: torch.finfo(d).bits))
        self.device = next(iter(self._like.values())).device
        self._sizes = [len(self._places[name]) if name in self._places else t.numel() for name, t in self._like.items()]
        self.n = sum(self._sizes)

    def spread(self, v: Tensor) -> tuple[Tensor, ...]:
        """A vector (n,) as tensors shaped as the parameters, zero where nothing is chosen."""
        out = []
        for name, piece in zip(self.names, v.split(self._sizes), strict=True):
            like = self._like[name]
            if name in self._places:
                whole = v.new_zeros(like.numel())
                whole[self._places[name]] = piece
                piece = whole
            out.append(piece.reshape(like.shape))
        return tuple(out)

    def gather(self, tensors: Sequence[Tensor]) -> Tensor:
        """The chosen entries of tensors shaped as the parameters, shape (n,)."""
        return torch.cat([t.reshape(-1)[self._places[name]] if name in self._places else t.reshape(-1)
                          for name, t in zip(self.names, tensors, strict=True)])

    def unravel(self, v: Tensor) -> Params:
        """A vector (n,) by parameter name, with the parameters' shapes; zero where nothing is chosen.

        Raises:
            InputError: another shape.
        """
        if v.shape != (self.n,):
            raise InputError(f"the vector has shape {tuple(v.shape)}; expected ({self.n},)")
        return dict(zip(self.names, self.spread(v), strict=True))

    def ravel(self, direction: Mapping[str, Tensor]) -> Tensor:
        """The chosen entries of a direction, shape (n,); zero for parameters that it does not name."""
        return self.gather([direction[name].to(self.device, self.dtype) if name in direction else torch.zeros_like(like, dtype=self.dtype)
                            for name, like in self._like.items()])


def _known(chosen: Mapping[str, Tensor], params: Params) -> list[str]:
    for name in chosen:
        if name not in params:
            raise InputError(f"params has a mask for {name!r}, which is no parameter{suggest(name, params)}")
    return list(chosen)


def _places(name: str, mask: Tensor, params: Params) -> Tensor:
    if not isinstance(mask, Tensor) or mask.dtype != torch.bool or mask.shape != params[name].shape:
        came = f"{mask.dtype} of shape {tuple(mask.shape)}" if isinstance(mask, Tensor) else type(mask).__name__
        raise InputError(f"the mask of {name!r} is {came}; expected torch.bool of shape {tuple(params[name].shape)}")
    return mask.to(params[name].device).reshape(-1).nonzero()[:, 0]
