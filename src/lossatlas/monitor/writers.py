"""Where a monitor's numbers go beside its own log: TensorBoard, Weights & Biases, anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable


@runtime_checkable
class Writer(Protocol):
    """Called with every record and every event. One that fails is left out from then on, with a warning; training goes on.

    One with a method ``close()`` is closed with the monitor.
    """

    def __call__(self, step: int, values: Mapping[str, float]) -> None:
        """Numbers of a step."""
        ...

    def event(self, step: int, event: str, text: str) -> None:
        """Something happened, in a word and in a sentence."""
        ...
