"""The checkpoints of a run on the disk and the line of metrics beside each, written by one thread, thinned out where they take too much."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..result.files import write
from ..result.recorded import METRICS, STEPS
from .run import POINT, STATE, Run
from .schedule import Schedule
from .snapshot import Snapshot

#: Seconds within which checkpoints are not forced to the disk one by one (12 ms each, many steps of a small network): kill -9 does not
#: touch them even so, a power cut may damage those of the last second.
SYNC_SECONDS = 1.0


@dataclass(frozen=True)
class Shot:
    """A copy of all that a checkpoint holds, and the metrics to write beside it."""

    step: int
    epoch: float
    point: Snapshot
    parameters: frozenset[str]
    state: tuple[Snapshot, str] | None
    row: dict[str, Any]

    @property
    def nbytes(self) -> int:
        """What it takes on the disk, rather too much."""
        return self.point.nbytes + (self.state[0].nbytes + len(self.state[1]) if self.state else 0)


class Checkpoints:
    """What is written of a run, checkpoint after checkpoint.

    Args:
        path: the folder of the run. schedule: by whose scale checkpoints are thinned out. most: bytes that they may take; None: any.
    """

    def __init__(self, path: Path, schedule: Schedule, most: float | None) -> None:
        self.path, self._schedule, self._most = path, schedule, most
        self._sizes: dict[int, tuple[int, float]] = {}  # recorded step -> bytes, place on the schedule
        self._origin: Tensor | None = None  # all parameters in one, at the first record, and at the one that was written last
        self._written: Tensor | None = None
        self._travelled, self._synced = 0.0, time.monotonic()

    def clean(self, run: Run) -> None:
        """Remove what a process that was killed left half done, and what it logged beyond its last checkpoint."""
        last, folder = run.steps[-1], self.path / STEPS
        names = {pattern.format(step) for step in run.steps for pattern in (POINT, STATE)}
        for file in folder.iterdir():
            if file.name not in names:
                file.unlink(missing_ok=True)
        rows = [row for row in run.rows() if row["step"] <= last]
        write(self.path / METRICS, "".join(json.dumps(row) + "\n" for row in rows).encode())
        travelled = {row["step"]: row["travelled"] for row in rows if "travelled" in row}
        self._travelled = max(travelled.values(), default=0.0)
        for step in run.steps:
            files = [folder / name.format(step) for name in (POINT, STATE)]
            size = sum(file.stat().st_size for file in files if file.exists())
            epoch = next((row["epoch"] for row in rows if row["step"] == step and "epoch" in row), 0.0)
            self._sizes[step] = (size, self._schedule.place(step, epoch, travelled.get(step, 0.0)))

    def go_on(self, first: Snapshot, last: Shot) -> None:
        """Distances are measured from the first checkpoint of a run that is there, and from its last."""
        self._origin, self._written = first.weights(last.parameters), last.point.weights(last.parameters)

    def write(self, shot: Shot, *, last: bool = False) -> None:
        """State, metrics, point, in this order, so that a point is there only with its state and its row.

        The ``last`` one is forced to the disk.

        Raises:
            OSError: the disk is full or gone, or ``max_bytes`` leaves no room.
        """
        weights = shot.point.weights(shot.parameters)
        self._origin = weights if self._origin is None else self._origin
        row = {"step": shot.step, "epoch": shot.epoch, **shot.row, "norm": _norm(weights), "distance": _norm(weights - self._origin)}
        self._travelled += 0.0 if self._written is None else _norm(weights - self._written)
        self._written = weights
        row["travelled"] = self._travelled
        place = self._schedule.place(shot.step, shot.epoch, self._travelled)
        self._thin(shot.nbytes, place)
        folder, said, size = self.path / STEPS, {"step": str(shot.step), "epoch": repr(shot.epoch)}, 0
        sync = last or time.monotonic() - self._synced > SYNC_SECONDS
        if shot.state is not None:
            size = shot.state[0].write(folder / STATE.format(shot.step), {**said, "tree": shot.state[1]}, sync=sync)
        self.append(row)  # before the point, so that what is recorded has its row
        size += shot.point.write(folder / POINT.format(shot.step), said, sync=sync)
        self._synced = time.monotonic() if sync else self._synced
        self._sizes[shot.step] = (size, place)

    def append(self, row: Mapping[str, Any]) -> None:
        """A line of metrics."""
        with open(self.path / METRICS, "a") as file:
            file.write(json.dumps(row) + "\n")

    def _thin(self, coming: int, place: float) -> None:
        """Make room: leave out the checkpoint whose neighbours are closest on the schedule's scale, never the first, and never the last
        before the one that comes is there.

        Raises:
            OSError: these two leave no room for a third.
        """
        while self._most is not None and (needed := sum(size for size, _ in self._sizes.values()) + coming) > self._most:
            steps = sorted(self._sizes)
            if len(steps) < 3:
                raise OSError(f"max_bytes is {self._most:,.0f}, and the first checkpoint, the last and the next take {needed:,} bytes")
            places = [*(self._sizes[step][1] for step in steps), place]
            worst = min(range(1, len(steps) - 1), key=lambda i: places[i + 1] - places[i - 1])
            for name in (POINT, STATE):  # the point first: what has none is no checkpoint
                (self.path / STEPS / name.format(steps[worst])).unlink(missing_ok=True)
            del self._sizes[steps[worst]]


def _norm(vector: Tensor) -> float:
    return float(torch.linalg.vector_norm(vector, dtype=torch.complex128 if vector.is_complex() else torch.float64).real)
