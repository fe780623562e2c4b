"""A network compiled by ``torch.compile``, for jobs long enough to pay for it."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.func import functional_call

from ..data import Raw
from ..network import arguments
from ..params import Params
from .forward import Forward


class Compiled:
    """A forward whose network is compiled for each shape of batch; points are made ready by the plain one.

    What compiling changes in the code of the network (a layer that prints, a branch on a value) shows when it is tried.
    """

    def __init__(self, module: nn.Module, inner: Forward) -> None:
        self.note = f"{inner.note}, compiled"
        self._module, self._inner = module, inner
        self._call = torch.compile(self._plain, dynamic=False)

    @property
    def cached_bytes(self) -> int:
        """Memory that the inner forward keeps."""
        return self._inner.cached_bytes

    def ready(self, tensors: Params) -> Any:
        """As the inner forward has it."""
        return self._inner.ready(tensors)

    def __call__(self, ready: Any, value: Raw) -> Any:
        """The network's outputs on one batch."""
        args, kwargs = arguments(self._module, value)
        return self._call(ready, args, kwargs)

    def _plain(self, tensors: Params, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return functional_call(self._module, tensors, args, kwargs, tie_weights=True)
