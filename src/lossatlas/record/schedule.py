"""When a training run is recorded.

``100``: every hundred steps. ``log``: after 1, 2, 3 … steps, three times an octave (``log:16``: sixteen), because training moves fast at
first: instability analysis asks for early steps, and n steps cost about 3·log2 n checkpoints. ``epoch`` (``epoch:5``): as the paper's
trajectories. ``distance:0.5``: when the parameters are that far (Euclidean) from where they were recorded last. The start is always
recorded, and the end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..errors import InputError

#: Checkpoints per octave of steps where ``log`` stands alone.
PER_OCTAVE = 3


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
        nearest = round(self.number * math.log2(step)) if step else 0
        return step == 0 or any(round(2 ** (k / self.number)) == step for k in (nearest - 1, nearest, nearest + 1))

    def place(self, step: int, epoch: float, travelled: float) -> float:
        """Where a checkpoint lies on the schedule's own scale, on which it is thinned out where the disk is bounded."""
        return {"step": float(step), "log": math.log2(step + 1), "epoch": epoch or float(step), "distance": travelled}[self.unit]

    def __str__(self) -> str:
        return f"{self.number:g}" if self.unit == "step" else f"{self.unit}:{self.number:g}"
