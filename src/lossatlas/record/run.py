"""A recorded training run, read back: its points, what it takes to go on from one of them, its metrics, its path."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ..checkpoint import read_checkpoint
from ..errors import InputError, StoreError, first_line
from ..fitting import Checkpoint
from ..params import Params
from ..result.recorded import RUN, STEPS, metrics_dataset, read_description, read_rows
from .packing import unpack

if TYPE_CHECKING:
    import xarray as xr

    from ..family.trajectory import Trajectory

#: Names of the files of a step, within the folder of steps.
POINT, STATE = "{:09d}.safetensors", "{:09d}.state.safetensors"
_POINT = re.compile(r"(\d{9,})\.safetensors")


@dataclass(frozen=True, eq=False)
class Run:
    """A training run on disk; made by :func:`open_run`. What is recorded later is seen: nothing is kept in memory.

    Attributes:
        path: its folder.
        description: what ``run.json`` says.
    """

    path: Path
    description: Mapping[str, Any] = field(repr=False)

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps that are recorded, increasing."""
        try:
            names = [entry.name for entry in (self.path / STEPS).iterdir()]
        except FileNotFoundError:
            return ()
        return tuple(sorted(int(found[1]) for name in names if (found := _POINT.fullmatch(name))))

    @property
    def about(self) -> dict[str, Any]:
        """What was said about the run when it was recorded."""
        return dict(self.description.get("about", {}))

    @property
    def finished(self) -> bool:
        """Whether it was recorded to its end."""
        said = read_description(self.path)
        return bool(said.get("finished", False)) or said.get("planned") in self.steps[-1:]

    def file(self, step: int) -> Path:
        """The safetensors file of the point after ``step`` steps.

        Raises:
            InputError: a step that was not recorded, with the nearest.
        """
        return self.path / STEPS / POINT.format(self._known(step))

    def at(self, step: int) -> Params:
        """The point after ``step`` steps, parameters and float buffers, on the CPU; -1 is the last one recorded.

        Raises:
            InputError: a step that was not recorded, with the nearest; a damaged file.
        """
        return {n: t for n, t in read_checkpoint(self.file(step))[0].items() if t.is_floating_point() or t.is_complex()}

    def state(self, step: int = -1) -> Checkpoint:
        """All that it takes to go on: ``la.fit(objective, init=run.state(k), …)``.

        Raises:
            InputError: a step that was not recorded; a run recorded with ``state=False``.
        """
        step = self._known(step)
        file = self.path / STEPS / STATE.format(step)
        if not file.exists():
            raise InputError(f"{self.path} has the point of step {step} and no state of its optimizer; expected a run recorded with "
                             f"state=True: write init=run.at({step}) to start from the point with fresh momentum")
        tensors, said = read_checkpoint(file)
        try:
            tree = unpack(tensors, said["tree"])
            point, words = read_checkpoint(self.file(step))
            return Checkpoint(step, point, tree["optimizer"], tree["scheduler"], tree["coordinates"], tree["seed"],
                              int(float(words["epoch"])), tree["rng"])
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise StoreError(f"{str(file)!r} is damaged ({first_line(error)}); take another step of {self._some()}") from None

    def restore(self, step: int, model: torch.nn.Module, optimizer: Any = None, *, scheduler: Any = None) -> int:
        """Put a model, its optimizer and scheduler, and the process-wide generators back to where they were after ``step`` steps.

        For a loop of your own; :func:`lossatlas.fit` takes ``init=run.state(step)``. Returns the step.

        Raises:
            InputError: as :meth:`state`; a model of another network, another optimizer, or one (a scheduler) that was not recorded:
                then nothing is changed.
        """
        from .restoring import put_back

        found = self.state(step)
        put_back(model, optimizer, scheduler, found, what=f"step {found.step} of {self.path}", buffers=self.description.get("buffers", ()))
        if found.rng is not None:
            torch.set_rng_state(found.rng["torch"])
            np.random.set_state(found.rng["numpy"])
            random.setstate(found.rng["python"])
            if found.rng["cuda"] and torch.cuda.is_available():
                torch.cuda.set_rng_state_all(found.rng["cuda"])
        return found.step

    def rows(self) -> list[dict[str, Any]]:
        """The lines of ``metrics.jsonl``; one that was cut off by a crash is left out."""
        return read_rows(self.path)

    def metrics(self) -> xr.Dataset:
        """Everything that was logged over ``step``, NaN where a step lacks it: loss, learning rate, norm, distance from the start …"""
        return metrics_dataset(self.rows(), title=f"training run {self.path.name}")

    def trajectory(self, steps: Sequence[int] | None = None) -> Trajectory:
        """The points of the run as a family over ``step``, that any probe can be swept over.

        Args:
            steps: only these (default: all that are recorded now).
        """
        from ..family.trajectory import Trajectory

        return Trajectory(self) if steps is None else Trajectory(self).take(steps)

    def _known(self, step: int) -> int:
        if isinstance(step, bool) or not isinstance(step, int | np.integer):
            raise InputError(f"step is {step!r}; expected a whole number of steps, or -1 for the last that is recorded")
        steps = self.steps
        if not steps:
            raise InputError(f"{self.path} has no checkpoint yet; expected a run whose recording has begun")
        if step == -1:
            return steps[-1]
        if step not in steps:
            nearest = min(steps, key=lambda s: abs(s - step))
            raise InputError(f"step {step} of {self.path} was not recorded; the nearest is {nearest}, of {self._some()}")
        return int(step)

    def _some(self) -> str:
        steps = self.steps
        return f"{', '.join(map(str, steps))}" if len(steps) <= 6 else f"{len(steps)} from {steps[0]} to {steps[-1]}"


def open_run(path: str | Path, *, prefix: str = "") -> Any:
    """Open a training run: a folder that a :class:`~lossatlas.Recorder` wrote, or checkpoints that others wrote.

    Args:
        path: the folder. Of others: state dicts (``ckpt_100.pt``), Hugging Face's ``checkpoint-100/``, Lightning's
            ``epoch=3-step=400.ckpt`` (:mod:`.foreign`).
        prefix: of the names of foreign checkpoints that the network does not have, such as ``model.``.

    Raises:
        InputError: no such folder, nothing in it that is known.
        StoreError: a description that cannot be read.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise InputError(f"no run at {str(path)!r}; expected the folder that a Recorder wrote, or one with checkpoints")
    if (folder / RUN).exists():
        return Run(folder, read_description(folder))
    from .foreign import open_foreign

    return open_foreign(folder, prefix=prefix)
