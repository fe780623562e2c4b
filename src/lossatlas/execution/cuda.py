"""A GPU kept busy: kernels recorded once and replayed.

A small network launches more kernels than a GPU needs time to run; a CUDA graph records those of one full micro-batch and replays them
with one call. The recorded kernels read and write fixed memory, so points and inputs are copied there.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_flatten, tree_map, tree_unflatten

from ..data import Raw, examples, mapped
from .forward import Forward, NotApplicable

#: Calls before a graph is recorded, in which libraries choose their kernels.
WARM_UP = 3


class Captured:
    """A forward whose kernels for a full micro-batch are recorded and replayed; a shorter last one is called as usual.

    Raises:
        NotApplicable: no CUDA here.
    """

    def __init__(self, inner: Forward, size: int) -> None:
        if not torch.cuda.is_available():
            raise NotApplicable("CUDA graphs need CUDA, which torch does not find here")
        self.note = f"{inner.note}, CUDA graph"
        self._inner, self._size = inner, size
        self._point: list[Any] | None = None
        self._inputs: Raw | None = None
        self._graph: Any = None
        self._outputs: Any = None

    @property
    def cached_bytes(self) -> int:
        """Memory of the fixed places beside that of the inner forward."""
        held = [*(self._point or []), *tree_flatten([self._inputs, self._outputs])[0]]
        return self._inner.cached_bytes + sum(t.numel() * t.element_size() for t in held if isinstance(t, Tensor))

    def ready(self, tensors: Any) -> Any:
        """The point, copied to where the recorded kernels read it."""
        leaves, structure = tree_flatten(self._inner.ready(tensors))
        if not all(isinstance(leaf, Tensor) for leaf in leaves):
            raise NotApplicable("the point is made ready as something else than tensors, which a CUDA graph cannot read")
        if self._point is None:
            self._point = [leaf.clone() for leaf in leaves]
        else:
            torch._foreach_copy_(self._point, leaves)
        return tree_unflatten(self._point, structure)

    def __call__(self, ready: Any, value: Raw) -> Any:
        """The outputs of one batch; those of a full one are overwritten by the next."""
        if examples(value) != self._size:
            return self._inner(ready, value)
        if self._graph is None:
            self._record(ready, value)
        else:
            tree_map(lambda fixed, new: fixed.copy_(new) if isinstance(fixed, Tensor) else fixed, self._inputs, value)
        self._graph.replay()
        return self._outputs

    def _record(self, ready: Any, value: Raw) -> None:
        self._inputs = mapped(value, lambda t: t.clone())
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_UP):
                self._inner(ready, self._inputs)
        torch.cuda.current_stream().wait_stream(stream)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._outputs = self._inner(ready, self._inputs)
