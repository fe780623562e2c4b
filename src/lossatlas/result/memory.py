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
    """One analysis in memory; a chunk is what is evaluated at once."""

    on_disk = False

    def __init__(
        self, *, attrs: Mapping[str, Any], coords: Mapping[str, np.ndarray], indices: np.ndarray, quantities: Sequence[Quantity],
        centre: Mapping[str, np.ndarray], chunk: int = 1,
    ) -> None:
        self.attrs, self.coords, self.indices, self.quantities = dict(attrs), coords, indices, tuple(quantities)
        self._centre, self.chunk = centre, chunk
        self.chunks = [range(start, min(start + chunk, len(indices))) for start in range(0, len(indices), chunk)]
        self._arrays = {q.name: np.full((len(indices), *q.shape), np.nan) for q in self.quantities}
        self._done = np.zeros(len(self.chunks), dtype=bool)

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
        """Keep one chunk, every array of shape (points of the chunk, …)."""
        points = self.chunks[chunk]
        for name, value in arrays.items():
            self._arrays[name][points.start : points.stop] = value
        self._done[chunk] = True

    def add_note(self, note: str) -> None:
        """Keep something that a person should know of the result."""
        if note not in self.attrs["notes"]:
            self.attrs["notes"] = [*self.attrs["notes"], note]

    def dataset(self) -> xr.Dataset:
        """The result on the family's own dims."""
        done = np.repeat(self._done, [len(points) for points in self.chunks])
        ds = on_dims(self.coords, self.indices, self._arrays, self.quantities, done, self.attrs)
        return summarize(add_centre(ds, self._centre, self.quantities), self.quantities)
