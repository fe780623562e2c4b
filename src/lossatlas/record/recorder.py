"""A recorder: what a training run leaves on disk, so that every question about its path can be asked afterwards.

A run is a folder::

    runs/a/run.json                           what it is: tensors, schedule, provenance, and what the user said about it
    runs/a/metrics.jsonl                      a line for every record: loss, learning rate, norm, distance from the start …
    runs/a/steps/000000100.safetensors        parameters and buffers after 100 steps
    runs/a/steps/000000100.state.safetensors  what it takes to go on from there: optimizer, scheduler, generators

Tensors are copied while training waits, and written by another thread while it goes on. A file has its name only when all of it is on
the disk, and the parameters come last: a checkpoint is there whole or not at all, whenever the process dies. One process records into a
folder at a time (an exclusive file with a heartbeat, as in a store of results).
"""

from __future__ import annotations

import atexit
import json
import math
import random
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError, first_line
from ..fitting import State
from ..params import Params
from ..result.files import write
from ..result.provenance import differences, provenance
from ..result.recorded import RUN, STEPS
from .checkpoints import Checkpoints, Shot
from .folder import opened
from .packing import Unpackable, pack
from .restoring import unwrapped
from .schedule import Schedule
from .snapshot import Form, Snapshot

#: The format of the folder.
FORMAT = 1
class Recorder:
    """Records a training run: a hook of :func:`lossatlas.fit`, or one line in any PyTorch loop.

        with la.Recorder("runs/a", every="epoch") as recorder:
            la.fit(objective, optimizer=…, steps=1000, hooks=[recorder])

        recorder = la.Recorder("runs/b")
        recorder.watch(model, optimizer)         # in a loop of your own, before the first step

    Args:
        path: the folder of the run; it is made.
        every: when: ``log`` (twice an octave of steps), 100 (steps), ``epoch``, ``distance:0.5`` (:mod:`.schedule`).
        max_bytes: bound of what checkpoints take on the disk; where it is reached they are thinned out evenly on the schedule's own
            scale, all but the first and the last. None: no bound.
        about: plain data to keep beside the run.
        resume: go on with a run that is there, from its last checkpoint (or begin, where there is none).
        state: keep what it takes to go on from a checkpoint; False saves half to two thirds of the disk.

    A disk that is full, or gone, ends the recording with a warning and is named in ``stopped``; training goes on.

    Raises:
        InputError: an unknown schedule, a folder that holds a run (without ``resume``) or something else, other data ``about`` it.
        StoreError: another process is recording there; the folder cannot be written.
    """

    def __init__(
        self, path: str | Path, *, every: int | str = "log", max_bytes: int | None = None, about: Mapping[str, Any] | None = None,
        resume: bool = False, state: bool = True,
    ) -> None:
        self.path, self.schedule = Path(path), Schedule.of(every)
        if max_bytes is not None and (isinstance(max_bytes, bool) or not isinstance(max_bytes, int | float) or not max_bytes > 0):
            raise InputError(f"max_bytes is {max_bytes!r}; expected a number of bytes such as 1e9, or None")
        self.stopped: str | None = None
        self._most, self._keeps_state = max_bytes, state
        self._checkpoints = Checkpoints(self.path, self.schedule, max_bytes)
        try:
            self._about = json.loads(json.dumps(dict(about or {})))
        except (TypeError, ValueError) as error:
            raise InputError(f"about is no plain data: {first_line(error)}; expected a dict of words, numbers, lists and dicts") from None
        self._owned = ExitStack()
        self._before = opened(self.path, resume, self._about, self._owned)
        steps = self._before.steps if self._before else ()
        self._count = steps[-1] if steps else 0  # steps made
        self._last: tuple[int, float] | None = None  # step and epoch of the last record
        self._forms: list[Form | None] = [None, None]  # of points and of states
        self._previous: Params = {}  # parameters at the last record, of a schedule by distance
        self._loss, self._averaged = 0.0, 0
        self._live: Callable[[], Shot] | None = None
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="lossatlas-recorder")
        self._pending: Future[None] | None = None
        self._hook: Any = None
        self._planned: int | None = None  # steps that the run is to have, where it says so
        self._closed = self._finished = False
        atexit.register(self._at_exit)

    # ---- whose loop it is --------------------------------------------------------------------------------------

    def __call__(self, step: int, point: Params, state: State) -> None:
        """The hook of :func:`lossatlas.fit`."""
        if self._closed or (self._last is not None and step < self._count):
            stands = "is closed" if self._closed else f"stands at step {self._count}"
            raise InputError(f"the recorder of {self.path} {stands}, and a run tells it of step {step}; expected a recorder for each run")
        if self._last is not None and step == self._last[0]:  # a run that goes on from the step that was recorded last
            self._planned = self._description["planned"] = state.steps
            with self._stopping():
                self._describe()
            return

        def shot() -> Shot:
            tree = {"optimizer": state.optimizer.state_dict(), "scheduler": state.scheduler and state.scheduler.state_dict(),
                    "coordinates": tuple(state.coordinates), "seed": state.seed, "rng": None}
            return self._shot(step, state.epoch, point, state.parameters, tree)

        self._planned, self._finished = state.steps, step == state.steps
        self._see(step, state.epoch, lambda: {n: point[n] for n in state.parameters}, shot, state.loss, state.optimizer, seed=state.seed)
        if self._finished and self.stopped is None:
            with self._stopping():
                self._settle()
                self._describe(finished=True, steps=step)

    def watch(self, model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> Recorder:
        """Record where the model stands, and from now on after every ``optimizer.step()``, until :meth:`close` or the program's end.

        Numbers go beside the steps with :meth:`log`. The optimizer gets a hook, which :meth:`close` takes off again; the last step is
        recorded then, as the model stands then: close before you load other weights into it. In a loop with a scheduler, which is
        stepped later, write ``recorder.start(…, scheduler=scheduler)`` before it and ``recorder.step(…, scheduler=scheduler)`` in it.

        Raises:
            InputError: a recorder that watches already; one that resumes, of a model that does not stand where the run stopped.
        """
        if self._hook is not None:
            raise InputError("this recorder watches an optimizer already; expected a recorder for each run")
        self.start(model, optimizer)
        self._hook = optimizer.register_step_post_hook(lambda *_: self.step(model, optimizer))
        return self

    def start(self, model: torch.nn.Module, optimizer: torch.optim.Optimizer | None = None, *, scheduler: Any = None) -> None:
        """Record where a model stands before the first step of a loop of your own."""
        self._look(model, optimizer, scheduler, None, 0.0 if self.schedule.unit == "epoch" and self._last is None else None)

    def step(
        self, model: torch.nn.Module, optimizer: torch.optim.Optimizer | None = None, *, scheduler: Any = None, loss: Any = None,
        epoch: float | None = None,
    ) -> None:
        """Count one step of a loop of your own, after it is made, and record it if it is due.

        ``epoch``: whole epochs that are done.
        """
        self._count += 1
        self._look(model, optimizer, scheduler, loss, epoch)

    def _look(self, model: torch.nn.Module, optimizer: Any, scheduler: Any, loss: Any, epoch: float | None) -> None:
        model = unwrapped(model)
        step, when = self._count, float((self._last[1] if self._last else 0.0) if epoch is None else epoch)
        if epoch is None and self.schedule.unit == "epoch":
            raise InputError("every is 'epoch', and a loop of your own does not say which epoch it is; expected every=100, or "
                             "recorder.step(model, optimizer, epoch=epoch)")

        def shot() -> Shot:
            parameters = dict(model.named_parameters())
            tree = {"optimizer": optimizer and optimizer.state_dict(), "scheduler": scheduler and scheduler.state_dict(), "seed": None,
                    "coordinates": (), "rng": _generators()}
            return self._shot(step, when, {**parameters, **dict(model.named_buffers())}, frozenset(parameters), tree)

        self._see(step, when, lambda: dict(model.named_parameters()), shot, loss, optimizer)

    def log(self, **metrics: Any) -> None:
        """Keep numbers beside the number of steps made so far: a line of ``metrics.jsonl``.

        Raises:
            InputError: something else than a number.
        """
        row: dict[str, Any] = {"step": self._count}
        if "step" in metrics:
            raise InputError(f"step is {metrics['step']!r}; expected other names: numbers stand beside the {self._count} steps made so far")
        for name, value in metrics.items():
            try:
                row[name] = float(value.detach() if isinstance(value, Tensor) else value)
            except (TypeError, ValueError, RuntimeError):
                raise InputError(f"{name} is a {type(value).__name__}; expected a number, such as float(loss)") from None
        if self.stopped is None and not self._closed:
            with self._stopping():
                self._checkpoints.append(row)

    # ---- what is recorded --------------------------------------------------------------------------------------

    def _see(
        self, step: int, epoch: float, parameters: Callable[[], Params], shot: Callable[[], Shot], loss: Any, optimizer: Any, *,
        seed: int | None = None,
    ) -> None:
        """Look at the run after a step, and record it if that is due."""
        self._count = step
        if self.stopped is not None or self._closed:
            return
        if self._last is None:
            with self._stopping():
                self._begin(step, shot(), parameters(), seed)
            if self.stopped is not None:
                return
        if loss is not None and not (isinstance(loss, float) and math.isnan(loss)):
            self._loss, self._averaged = self._loss + (loss.detach() if isinstance(loss, Tensor) else loss), self._averaged + 1

        def dressed() -> Shot:
            found = shot()
            found.row.update({"lr": _rate(optimizer), **({"loss": float(self._loss) / self._averaged} if self._averaged else {})})
            self._loss, self._averaged = 0.0, 0
            return found

        self._live = dressed
        far = 0.0
        if self.schedule.unit == "distance" and self._last:
            with self._stopping():
                far = _distance(parameters(), self._previous)
        if self._last is None or self._finished or self.schedule.due(step, epoch, far, self._last):
            self._record(dressed, parameters)

    def _record(self, make: Callable[[], Shot], parameters: Callable[[], Params]) -> None:
        """Copy now, write in another thread; at most one checkpoint is under way."""
        with self._stopping():
            self._settle()
            shot = make()
            self._last, self._live = (shot.step, shot.epoch), None
            if self.schedule.unit == "distance":
                self._previous = {name: tensor.detach().clone() for name, tensor in parameters().items()}
            if self._before is not None and shot.step in self._before.steps:  # the one that a resumed run begins with
                self._checkpoints.go_on(Snapshot(self._before.at(self._before.steps[0])), shot)
                return
            self._pending = self._writer.submit(self._write, shot)

    def _shot(self, step: int, epoch: float, point: Params, parameters: frozenset[str], tree: dict[str, Any]) -> Shot:
        state = None
        if self._keeps_state:
            try:
                tensors, text = pack(tree)
                state = Snapshot(tensors, self._forms[1]), text
                self._forms[1] = state[0].form
            except Unpackable as error:
                self._keeps_state = False
                warnings.warn(f"{self.path}: the state of optimizer or scheduler holds {error}, which is no plain data, and is not kept: "
                              "the run cannot go on from its checkpoints", RuntimeWarning, stacklevel=5)
        copy = Snapshot(point, self._forms[0])
        self._forms[0] = copy.form
        return Shot(step, epoch, copy, parameters, state, {})

    def _begin(self, step: int, first: Shot, parameters: Params, seed: int | None) -> None:
        """The description of the run, before its first checkpoint; or the one that is there, which has to fit."""
        shapes = {name: [list(t.shape), str(t.dtype).removeprefix("torch.")] for name, t in parameters.items()}
        if self._before is not None and self._before.steps:
            if lines := differences(self._before.description["parameters"], shapes):
                raise InputError(f"{self.path} is a run of another network: {'; '.join(lines[:3])}; expected the one that was recorded")
            if step != self._before.steps[-1]:
                raise InputError(f"{self.path} was recorded up to step {self._before.steps[-1]} and training stands at step {step}; "
                                 f"expected to go on from there: init=la.open_run({str(self.path)!r}).state() in la.fit, or "
                                 "run.restore(-1, model, optimizer)")
            if seed is not None and self._before.description.get("seed") not in (None, seed):
                raise InputError(f"{self.path} was trained with seed {self._before.description['seed']}, and this run has seed {seed}; "
                                 "expected the same, or another folder: la.spawn makes children of other seeds")
            there = Snapshot(self._before.at(step)).weights(first.parameters)
            if not torch.equal(first.point.weights(first.parameters), there):
                raise InputError(f"the parameters are not those that {self.path} has of step {step}; expected to go on from there: write "
                                 "run.restore(-1, model, optimizer) first")
            self._checkpoints.clean(self._before)
        else:
            self._before = None
        if self._most is not None and 3 * first.nbytes > self._most:
            raise InputError(f"max_bytes is {self._most:,.0f} and a checkpoint takes {first.nbytes:,} bytes, more with the optimizer's "
                             f"state; expected room for the first, the last and the one to be written: {3 * first.nbytes:,}")
        buffers = sorted(set(first.point.form.names) - first.parameters)
        self._description = {"format": FORMAT, "every": str(self.schedule), "parameters": shapes, "buffers": buffers, "seed": seed,
                             "planned": self._planned, "about": self._about, **provenance()}
        self.path.joinpath(STEPS).mkdir(exist_ok=True)
        self._describe()

    def _write(self, shot: Shot) -> None:
        """In the writing thread."""
        self._checkpoints.write(shot, last=self._finished)

    def _describe(self, **end: Any) -> None:
        write(self.path / RUN, json.dumps({**self._description, **end}, indent=1).encode())

    # ---- folder, end, errors -----------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Wait for the checkpoint under way."""
        if self._pending is not None:
            pending, self._pending = self._pending, None
            pending.result()

    @contextmanager
    def _stopping(self) -> Iterator[None]:
        """Inside, a disk that fails, or memory that runs out, ends the recording, with a warning, and not the training."""
        try:
            yield
        except (OSError, MemoryError, RuntimeError, KeyError) as error:
            self.stopped = (f"cannot record into {self.path}: {first_line(error)}; recording stopped at step {self._count}, what is there "
                            "is kept, training goes on")
            warnings.warn(self.stopped, RuntimeWarning, stacklevel=4)

    def close(self, *, final: bool = True) -> None:
        """Record the last step, where it is not recorded, and end; again does nothing."""
        if self._closed:
            return
        if self._hook is not None:
            self._hook.remove()
        atexit.unregister(self._at_exit)
        with self._stopping():
            self._settle()
            if final and self.stopped is None and self._live is not None:
                self._checkpoints.write(self._live(), last=True)
            if final and self.stopped is None and self._last is not None and self._planned is None:
                self._describe(finished=True, steps=self._count)
        self._closed, self._live = True, None
        self._writer.shutdown()
        self._owned.close()

    def _at_exit(self) -> None:
        """The program ends without :meth:`close`: after an error the weights may be those of half a step."""
        self.close(final=not hasattr(sys, "last_exc") and not hasattr(sys, "last_value"))

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, kind: Any, *rest: Any) -> None:
        self.close(final=kind is None)


def _rate(optimizer: Any) -> float:
    """The learning rate of the first group; NaN without one."""
    return float(optimizer.param_groups[0]["lr"]) if optimizer is not None else math.nan


def _distance(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> float:
    """‖a − b‖, with one transfer from the device."""
    with torch.no_grad():
        return float(torch.stack([torch.linalg.vector_norm(t - b[n]).real for n, t in a.items()]).double().norm())


def _generators() -> dict[str, Any]:
    """The states of the process-wide generators."""
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() and torch.cuda.is_initialized() else []
    return {"torch": torch.get_rng_state(), "cuda": cuda, "numpy": np.random.get_state(), "python": random.getstate()}
