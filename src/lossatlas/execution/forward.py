"""A forward: one way to compute a network's outputs at a point, the same numbers up to rounding as the network itself.

What can be done once per point (casting, folding, packing) is done by :meth:`Forward.ready`; the call that follows for every batch
does the rest. ``module_forward`` is the way that works for every network; :func:`~lossatlas.execution.graph.graph_forward` is the
fastest, where it applies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_map

from ..data import Raw
from ..errors import LossAtlasError
from ..layout import batchnorm_layers
from ..network import Slots, arguments
from ..params import Params


class NotApplicable(LossAtlasError):
    """A way to evaluate that would not be exact for this network, or that torch lacks here; the text is the reason."""


class Forward(Protocol):
    """How a network is evaluated at a point.

    Attributes:
        note: in words, what is done (for a plan that people read).
        cached_bytes: memory that is kept from batch to batch beside the data and the point.
    """

    note: str

    @property
    def cached_bytes(self) -> int: ...

    def ready(self, tensors: Params) -> Any:
        """Once per point: parameters and buffers under their state-dict names (tied ones once), made ready for the batches."""
        ...

    def __call__(self, ready: Any, value: Raw) -> Any:
        """The network's outputs on one batch, in the structure and the dtype of the network's own. No gradients."""
        ...


def module_forward(module: nn.Module, slots: Slots, *, channels_last: bool, dtype: torch.dtype | None) -> Forward:
    """The network itself, called with the point in its slots.

    Args:
        channels_last: 4-D weights and inputs lie with their channels last.
        dtype: the precision to compute in, None: the network's own. BatchNorm keeps its statistics and scale in full precision;
            outputs come back in the network's dtype.
    """
    return ModuleForward(module, slots, channels_last=channels_last, dtype=dtype)


class ModuleForward:
    """Made by :func:`module_forward`."""

    cached_bytes = 0

    def __init__(self, module: nn.Module, slots: Slots, *, channels_last: bool, dtype: torch.dtype | None) -> None:
        self.module, self.slots = module, slots
        own = float_dtype(module)
        self._cast = dtype if dtype not in (None, own) else None
        self._own = own
        norms = tuple(f"{name}." if name else "" for name in batchnorm_layers(module))
        self._kept = {name for name, _ in [*module.named_parameters(), *module.named_buffers()]
                      if any(name.startswith(prefix) and "." not in name[len(prefix):] for prefix in norms)}
        self._lay = laying(channels_last, self._cast, own)
        self._lay_kept = laying(channels_last, None, own)
        self.note = ", ".join(["module", *(["channels_last"] if channels_last else []), *([dtype_name(dtype)] if self._cast else [])])

    def ready(self, tensors: Params) -> Params:
        with torch.no_grad():
            return {name: (self._lay_kept if name in self._kept else self._lay)(tensor) for name, tensor in tensors.items()}

    def __call__(self, ready: Params, value: Raw) -> Any:
        args, kwargs = arguments(self.module, value)
        with torch.no_grad(), self.slots.holding(ready):
            outputs = self.module(*map(self._lay, args), **{name: self._lay(entry) for name, entry in kwargs.items()})
        return outputs if self._cast is None else tree_map(self._back, outputs)

    def _back(self, output: Any) -> Any:
        return output.to(self._own) if isinstance(output, Tensor) and output.dtype == self._cast else output


def laying(channels_last: bool, dtype: torch.dtype | None, own: torch.dtype | None) -> Callable[[Any], Any]:
    """A function that lays a tensor out: 4-D ones with channels last, ones of dtype ``own`` in ``dtype``; all else as it is."""
    def lay(tensor: Any) -> Any:
        if not isinstance(tensor, Tensor):
            return tensor
        to = dtype if dtype is not None and tensor.dtype == own else tensor.dtype
        return tensor.to(to, memory_format=torch.channels_last) if channels_last and tensor.ndim == 4 else tensor.to(to)

    return lay


def float_dtype(module: nn.Module) -> torch.dtype | None:
    """The dtype of the floating-point parameters where they have one in common."""
    dtypes = {p.dtype for p in module.parameters() if p.is_floating_point()}
    return dtypes.pop() if len(dtypes) == 1 else None


def dtype_name(dtype: torch.dtype | None) -> str:
    return str(dtype).removeprefix("torch.")
