"""When a training run is recorded.

``100``: every hundred steps. ``log``: after 1, 2, 3 … steps, eight times an octave (``log:16``: sixteen), because training moves fast at
first: instability analysis asks for early steps, and n steps cost about 8·log2 n checkpoints. ``epoch`` (``epoch:5``): as the paper's
trajectories. ``distance:0.5``: when the parameters are that far (Euclidean) from where they were recorded last. The start is always
recorded, and the end.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from ..errors import InputError

#: Checkpoints per octave of steps where ``log`` stands alone.
PER_OCTAVE = 8


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
        found = None if isinstance(every, bool) else re.fullmatch(r"(?:(log|epoch|distance):?)?([0-9.]+(?:e-?[0-9]+)?)?", str(every).strip())
        try:
            unit, number = (found[1] or "step", float(found[2]) if found[2] else None) if found else (None, None)
        except ValueError:
            unit, number = None, None
        whole = number is None or (number >= 1 and number == int(number))
        if (unit is None or (number is None and unit in ("step", "distance")) or (unit != "distance" and not whole)
                or (number is not None and not 0 < number < math.inf)):
            raise InputError(f"every is {every!r}; expected a number of steps such as 100, 'log' (or 'log:16' an octave), 'epoch' (or "
                             "'epoch:5'), or 'distance:0.5'")
        return cls(unit, float(number if number is not None else PER_OCTAVE if unit == "log" else 1))

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
