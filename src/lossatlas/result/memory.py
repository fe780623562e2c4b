"""Results in memory: the same face as the store on disk, for sweeps that nobody asked to keep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from .schema import Quantity, add_centre, on_dims, summarize

if TYPE_CHECKING:
    import xarray as xr


class MemoryStore:
    """One analysis in memory; every point is a chunk of its own."""

    on_disk = False
    chunk = 1

    def __init__(
        self, *, attrs: Mapping[str, Any], coords: Mapping[str, np.ndarray], indices: np.ndarray, quantities: Sequence[Quantity],
        centre: Mapping[str, np.ndarray],
    ) -> None:
        self.attrs, self.coords, self.indices, self.quantities = dict(attrs), coords, indices, tuple(quantities)
        self._centre = centre
        self.chunks = [range(number, number + 1) for number in range(len(indices))]
        self._arrays = {q.name: np.full((len(indices), *q.shape), np.nan) for q in self.quantities}
        self._done = np.zeros(len(indices), dtype=bool)

    def has(self, chunk: int) -> bool:
        """Whether a chunk is done."""
        return bool(self._done[chunk])

    @contextmanager
    def claim(self, chunk: int) -> Iterator[bool]:
        """Nobody else works here."""
        yield True

    def tidy(self) -> None:
        """There is nothing to clear away."""

    def write(self, chunk: int, arrays: Mapping[str, np.ndarray]) -> None:
        """Keep one chunk, every array of shape (1, …)."""
        for name, value in arrays.items():
            self._arrays[name][chunk] = value[0]
        self._done[chunk] = True

    def dataset(self) -> xr.Dataset:
        """The result on the family's own dims."""
        ds = on_dims(self.coords, self.indices, self._arrays, self.quantities, self._done, self.attrs)
        return summarize(add_centre(ds, self._centre, self.quantities), self.quantities)
