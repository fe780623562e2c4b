"""Training losses as the loop tells them: kept unread, so that a device need not wait, and read together at the next look."""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor


class TrainingLosses:
    """Losses of steps that were told."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, Any]] = []
        self._read: list[float] = []

    def tell(self, step: int, loss: Any) -> None:
        """The loss of a step: a number, or a tensor of one."""
        self._waiting.append((step, loss.detach() if isinstance(loss, Tensor) else loss))

    def left_out(self, step: int) -> None:
        """The step of this number was none: those after it count one less."""
        self._waiting = [(number - (number >= step), loss) for number, loss in self._waiting]

    def read(self) -> list[tuple[int, float]]:
        """Steps and losses that were told since the last time."""
        waiting, self._waiting = self._waiting, []
        found = [(step, float(loss)) for step, loss in waiting]
        self._read += [value for _, value in found]
        return found

    def mean(self) -> float | None:
        """The mean of what was read since the last mean; None where that is nothing."""
        read, self._read = self._read, []
        return math.fsum(read) / len(read) if read else None
