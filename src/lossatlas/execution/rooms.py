"""Memory that is used again: fresh memory would be mapped page by page, which takes longer than the products of small networks."""

from __future__ import annotations

import torch
from torch import Tensor


class Rooms:
    """Tensors by use, shape and type."""

    def __init__(self) -> None:
        self._rooms: dict[tuple[object, ...], Tensor] = {}

    def __call__(self, use: int | str, *shape: int, like: Tensor, dtype: torch.dtype | None = None) -> Tensor:
        """A tensor of this shape, on the device and of the type of ``like``, that the next call with all the same overwrites."""
        dtype = dtype or like.dtype
        if (use, shape, dtype) not in self._rooms:
            self._rooms[use, shape, dtype] = torch.empty(shape, dtype=dtype, device=like.device)
        return self._rooms[use, shape, dtype]

    @property
    def nbytes(self) -> int:
        """Memory of all of them."""
        return sum(room.numel() * room.element_size() for room in self._rooms.values())
