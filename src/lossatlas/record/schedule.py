"""When a training run is recorded.

``100``: every hundred steps. ``log``: after 1, 2, 3, 4, 6, 8, 11, 16 … steps, twice an octave (``log:16``: sixteen times), because training
moves fast at first: instability analysis asks for early steps, and n steps cost about 2·log2 n checkpoints. ``epoch`` (``epoch:5``): as the
paper's trajectories. ``distance:0.5``: when the parameters are that far (Euclidean) from where they were recorded last. The start is always
recorded, and the end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from ..errors import InputError

#: Checkpoints per octave of steps where ``log`` stands alone.
PER_OCTAVE = 2


@cache
def _spaced(number: int) -> frozenset[int]:
    """0, and the steps that lie so many times an octave; looked up after every step."""
    return frozenset({0, *(round(2 ** (k / number)) for k in range(64 * number))})


@dataclass(frozen=True)
class Schedule:
    """A schedule in one of the four units, and its number: steps, checkpoints an octave, epochs, or distance."""

    unit: str
    number: float

    @classmethod
    def of(cls, every: int | str) -> Schedule:
        """Read a schedule.

        Raises:
            InputError: something else than the forms that the module names.
        """
        said = {"log": f"log:{PER_OCTAVE}", "epoch": "epoch:1"}.get(str(every), str(every))
        word, _, text = said.rpartition(":")
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        whole = word == "distance" or (number >= 1 and number == number // 1)
        if isinstance(every, bool) or word not in ("", "log", "epoch", "distance") or not 0 < number < math.inf or not whole:
            raise InputError(f"every is {every!r}; expected a number of steps such as 100, 'log' (or 'log:16' an octave), 'epoch' (or "
                             "'epoch:5'), or 'distance:0.5'")
        return cls(word or "step", number)

    def due(self, step: int, epoch: float, distance: float, last: tuple[int, float]) -> bool:
        """Whether to record now.

        Args:
            step, epoch: now. distance: from where it was recorded last. last: step and epoch then.
        """
        if self.unit == "distance":
            return distance >= self.number
        if self.unit == "epoch":
            return epoch >= last[1] + self.number
        if self.unit == "step":
            return step % int(self.number) == 0
        return step in _spaced(int(self.number))

    def place(self, step: int, epoch: float, travelled: float) -> float:
        """Where a checkpoint lies on the schedule's own scale, on which it is thinned out where the disk is bounded."""
        return {"step": float(step), "log": math.log2(step + 1), "epoch": epoch or float(step), "distance": travelled}[self.unit]

    def __str__(self) -> str:
        return f"{self.number:g}" if self.unit == "step" else f"{self.unit}:{self.number:g}"
