"""Where work runs: an engine takes the numbers of the chunks that are missing and has each one worked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


class Engine(Protocol):
    """Runs ``work(chunk)`` for every chunk, in order of preference, each at least once."""

    name: str

    def run(self, chunks: Sequence[int], work: Callable[[int], None]) -> None:
        """Return when all chunks are worked."""
        ...


@dataclass(frozen=True)
class Local:
    """This process, one chunk after the other."""

    name: str = "local"

    def run(self, chunks: Sequence[int], work: Callable[[int], None]) -> None:
        """Work the chunks in their order."""
        for chunk in chunks:
            work(chunk)
