"""Checkpoints that others wrote, read as a run.

Three layouts are known:

* a folder of state dicts, one file a step: ``ckpt_100.pt``, ``epoch_3.safetensors`` …
* a folder of the Hugging Face Trainer: ``checkpoint-500/`` with ``model.safetensors`` (or shards and their index, or
  ``pytorch_model.bin``), ``optimizer.pt``, ``scheduler.pt`` and ``trainer_state.json``, whose ``log_history`` gives the metrics;
* a folder of Lightning: ``epoch=3-step=400.ckpt`` with ``state_dict``, ``optimizer_states`` and ``lr_schedulers``; ``last.ckpt`` is a copy
  and is left out.

Steps come from names: the number after ``step``, ``iteration`` or ``epoch`` where every name has one, else the last number. Where a name
leaves a choice nothing is guessed. Files are read weights-only, as everywhere (:mod:`lossatlas.checkpoint`).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ..checkpoint import PAIRS, read_checkpoint, weights_only
from ..errors import InputError, first_line
from ..fitting import Checkpoint
from ..params import Params, check_point, difference, norm, without_running_statistics
from ..result.recorded import metrics_dataset
from .restoring import put_back

if TYPE_CHECKING:
    import xarray as xr

    from ..family.trajectory import Trajectory
    from ..objective import Objective

SUFFIXES = (".safetensors", ".pt", ".pth", ".th", ".bin", ".ckpt")
#: Words before a number that say what it counts, the finest first.
UNITS = ("step", "iteration", "iter", "epoch")
#: Files of a Hugging Face checkpoint that hold the weights, or say which files do, in the order in which they are looked for.
WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")
#: Keys under which training scripts and Lightning keep the states of optimizer and scheduler.
OPTIMIZERS = ("optimizer_states", "optimizer", "optimizer_state_dict", "optim")
SCHEDULERS = ("lr_schedulers", "scheduler", "lr_scheduler", "scheduler_state_dict", "lr_scheduler_state_dict")
#: Names that the Trainer's log has for what a run calls otherwise.
LOGGED = {"learning_rate": "lr"}
_CHECKPOINT = re.compile(r"checkpoint-(\d+)")
_LAST = re.compile(r"last(-v\d+)?\.ckpt")


@dataclass(frozen=True, eq=False)
class ForeignRun:
    """A run from checkpoints that others wrote: what :class:`~lossatlas.record.run.Run` does, as far as the files have it.

    Attributes:
        path: the folder.
        places: step -> the file, or the folder of a Hugging Face checkpoint.
        about: ``kind`` (checkpoints, transformers or lightning), ``unit`` (what the steps count), ``left_out`` (files that were not read).
        prefix: what the names of the network's tensors begin with in the files; it is taken off, and other tensors are left out.
        finished: always true: nobody writes here.
    """

    path: Path
    places: Mapping[int, Path]
    about: dict[str, Any]
    prefix: str = ""
    finished: bool = True
    _seen: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps that there are checkpoints of, increasing."""
        return tuple(self.places)

    def at(self, k: int) -> Params:
        """The point of step k (-1: the last): parameters and float buffers, on the CPU.

        Raises:
            InputError: no such step, a file that cannot be read, or one of another network than the first that was read.
        """
        place = self._place(k)
        point = {name: tensor for name, tensor in self._own(place).items() if _is_coordinate(tensor)}
        check_point(point, what=str(place))
        return point

    def state(self, k: int = -1) -> Checkpoint:
        """All that it takes to go on from step k with the optimizer that wrote it.

        Raises:
            InputError: the files hold no state of an optimizer, or of several.
        """
        place = self._place(k)
        optimizer, scheduler = _optimizer_state(place)
        if optimizer is None:
            raise InputError(f"{str(place)!r} holds weights and no state of an optimizer, so training cannot go on from it as it would "
                             "have; expected one; to start afresh from its weights write init=run.at(k)")
        return Checkpoint(self._step(k), self._own(place), optimizer, scheduler)

    def restore(self, k: int, model: torch.nn.Module, optimizer: torch.optim.Optimizer | None = None, *, scheduler: Any = None) -> int:
        """Load step k into a loop of your own: the network, and optimizer and scheduler where they are given. Returns the step.

        Raises:
            InputError: as :meth:`state`; a model of another network, another optimizer, no state of a scheduler: then nothing is changed.
        """
        place = self._place(k)
        given = optimizer is not None or scheduler is not None
        found = self.state(k) if given else Checkpoint(self._step(k), self._own(place))
        put_back(model, optimizer, scheduler, found, what=repr(str(place)))
        return self._step(k)

    def file(self, k: int) -> Path | None:
        """The safetensors file with the point of step k, for reading it in parts; None where no one file has it under its names."""
        files = _files(self._place(k))
        if self.prefix or len(files) > 1 or files[0].suffix != ".safetensors":
            return None
        with _opened(files[0]) as file:
            return None if PAIRS in (file.metadata() or {}) else files[0]

    def matching(self, objective: Objective) -> ForeignRun:
        """The same run with the prefix under which the files have the network of an objective (Lightning's ``model.``, say).

        Raises:
            InputError: no prefix gives a point of this network.
        """
        names = _tensors(self.places[self.steps[0]])
        first = next(iter(objective.params))
        for prefix in sorted({name.removesuffix(first) for name in names if name.endswith(first)}, key=len):
            found = replace(self, prefix=prefix, _seen={})
            try:
                objective.conform(found.at(self.steps[0]))
            except InputError:
                continue
            return found
        objective.conform(self.at(self.steps[0]), what=str(self.places[self.steps[0]]))  # says what differs
        return self

    def metrics(self) -> xr.Dataset:
        """Dim ``step``: norm and distance from the first checkpoint, and what the Trainer logged; NaN where a step has no value."""
        first = without_running_statistics(self.at(self.steps[0]))
        rows: list[dict[str, Any]] = []
        for step in self.steps:
            here = without_running_statistics(self.at(step))
            rows.append({"step": step, "norm": norm(here), "distance": norm(difference(here, first))})
        for entry in self._history():
            numbers = {name: value for name, value in entry.items() if isinstance(value, int | float) and not isinstance(value, bool)}
            rows.append({LOGGED.get(name, name): value for name, value in numbers.items()})
        ds = metrics_dataset(rows, title=f"training run {self.path.name}")
        ds["step"].attrs["long_name"] = self.about["unit"]
        return ds

    def trajectory(self, steps: Sequence[int] | None = None) -> Trajectory:
        """The checkpoints as a family over ``step``, that any probe can be swept over; ``steps``: only these."""
        from ..family.trajectory import Trajectory

        return Trajectory(self) if steps is None else Trajectory(self).take(steps)

    def check_same(self, shapes: Mapping[str, tuple[int, ...]], place: Path) -> None:
        """Refuse a checkpoint of another network than that of the first one that was looked into.

        Raises:
            InputError: naming both files and what differs.
        """
        other, first = self._seen.setdefault("first", (place, dict(shapes)))
        if first == shapes:
            return
        name = next(name for name in {**first, **shapes} if first.get(name) != shapes.get(name))
        has = [f"shape {of[name]}" if name in of else "nothing" for of in (first, shapes)]
        raise InputError(f"{str(place)!r} is a checkpoint of another network than {other.name!r}: {name!r} has {has[1]} instead of "
                         f"{has[0]}; expected one network in a folder: move the others away")

    def _step(self, k: int) -> int:
        steps = self.steps
        if k == -1:
            return steps[-1]
        if isinstance(k, bool) or not isinstance(k, int | np.integer):
            raise InputError(f"step is {k!r}; expected a whole number of steps, or -1 for the last")
        if k not in self.places:
            near = min(steps, key=lambda step: abs(step - k))
            raise InputError(f"step {k!r} of {self.path} is not there; the nearest is {near}, of {len(steps)} from {steps[0]} to "
                             f"{steps[-1]}")
        return int(k)

    def _place(self, k: int) -> Path:
        return self.places[self._step(k)]

    def _own(self, place: Path) -> dict[str, Tensor]:
        """The tensors of one step whose names begin with the prefix, by their names without it."""
        tensors = _tensors(place)
        self.check_same({name: tuple(tensor.shape) for name, tensor in tensors.items() if _is_coordinate(tensor)}, place)
        found = {name.removeprefix(self.prefix): tensor for name, tensor in tensors.items() if name.startswith(self.prefix)}
        if not any(map(_is_coordinate, found.values())):
            heads = sorted({name.split(".")[0] + "." for name in tensors})
            raise InputError(f"{str(place)!r} has no weights under names that begin with {self.prefix!r}; expected one of the beginnings "
                             f"{', '.join(heads[:6])}")
        return found

    def _history(self) -> list[dict[str, Any]]:
        """The Trainer's log, as the last checkpoint has it; each holds the log from the beginning."""
        path = self.places[self.steps[-1]] / "trainer_state.json"
        if self.about["kind"] != "transformers" or not path.is_file():
            return []
        history = _json(path).get("log_history", [])
        if not isinstance(history, list) or not all(isinstance(entry, Mapping) and isinstance(entry.get("step"), int) for entry in history):
            raise InputError(f"{str(path)!r} has a log_history that is no list of entries with a step; expected what the Trainer wrote")
        return history


def open_foreign(path: str | Path, *, prefix: str = "") -> ForeignRun:
    """Open a folder of checkpoints that others wrote; see the module for the layouts.

    Args:
        prefix: what the names of the network's tensors begin with, e.g. ``"model."`` of a Lightning module that keeps it as ``self.model``;
            :meth:`ForeignRun.matching` finds it by an objective.

    Raises:
        InputError: no such folder, no checkpoints in it, names without a step or with the same one, files of different networks.
    """
    folder = Path(path)
    if not os.path.isdir(folder):  # not folder.is_dir(), which raises where the name is too long
        raise InputError(f"no run at {str(path)!r}; expected the folder of a run, or one with checkpoints")
    if not _weights(folder) and not _candidates(folder) and (folder / "checkpoints").is_dir():  # Lightning: version_0/checkpoints
        folder = folder / "checkpoints"
    places, about = _transformers(folder) or _state_dicts(folder)
    run = ForeignRun(folder, places, about, prefix)
    for place in places.values():  # the headers of safetensors files say what is in them; other files tell it when they are read
        if all(file.suffix == ".safetensors" for file in _files(place)):
            run.check_same(_shapes(place), place)
    return run


# ---- which files ------------------------------------------------------------------------------------------------------


def _transformers(folder: Path) -> tuple[dict[int, Path], dict[str, Any]] | None:
    """The ``checkpoint-N`` folders of the Hugging Face Trainer, or one of them; None where it is no such folder."""
    inner = {int(found[1]): place for place in folder.iterdir() if place.is_dir() and (found := _CHECKPOINT.fullmatch(place.name))}
    if not inner and not ((folder / "trainer_state.json").is_file() or _CHECKPOINT.fullmatch(folder.name)):
        return None
    left_out = [name for name in WEIGHTS if inner and (folder / name).is_file()]  # what save_model wrote at the end, without a step
    for place in inner.values() or [folder]:
        if _weights(place) is None:
            raise InputError(f"{str(place)!r} has no weights; expected {', '.join(WEIGHTS[:-1])} or {WEIGHTS[-1]} in a checkpoint of "
                             "the Trainer")
    if not inner:
        named = _CHECKPOINT.fullmatch(folder.name)
        inner = {int(named[1]) if named else int(_json(folder / "trainer_state.json")["global_step"]): folder}
    return dict(sorted(inner.items())), {"kind": "transformers", "unit": "step", "left_out": left_out}


def _state_dicts(folder: Path) -> tuple[dict[int, Path], dict[str, Any]]:
    """One file a step, as anybody or Lightning writes them."""
    files = _candidates(folder)
    kept = [file for file in files if not _LAST.fullmatch(file.name)] or files
    if not kept:
        raise InputError(f"{str(folder)!r} has no run.json and no checkpoints; expected files *{', *'.join(SUFFIXES)} with their step in "
                         "the name, or folders checkpoint-N")
    unit, numbers = _numbers(kept)
    places: dict[int, Path] = {}
    for number, file in sorted(zip(numbers, kept, strict=True)):
        if number in places:
            raise InputError(f"{places[number].name!r} and {file.name!r} in {str(folder)!r} both have the number {number}; expected one "
                             "checkpoint a step: rename them, or move one away")
        places[number] = file
    kind = "lightning" if all(file.suffix == ".ckpt" for file in kept) else "checkpoints"
    return places, {"kind": kind, "unit": unit, "left_out": [file.name for file in files if file not in kept]}


def _candidates(folder: Path) -> list[Path]:
    return sorted(place for place in folder.iterdir() if place.suffix in SUFFIXES and place.is_file() and not place.name.startswith("."))


def _numbers(files: list[Path]) -> tuple[str, list[int]]:
    """What the numbers in the names count, and the number of every name.

    Raises:
        InputError: a name without a number, or whose last number is a fraction.
    """
    for unit in UNITS:
        found = [re.findall(rf"{unit}[=_. -]?(\d+)", file.stem, re.IGNORECASE) for file in files]
        if all(found):
            return "iteration" if unit == "iter" else unit, [int(numbers[-1]) for numbers in found]
    last = []
    for file in files:
        numbers = re.findall(r"\d+(?:\.\d+)?", file.stem)
        if not numbers or "." in numbers[-1]:
            why = f"ends in {numbers[-1]}, which counts nothing" if numbers else "has no number"
            raise InputError(f"the name of {str(file)!r} {why}; expected the step: rename it, e.g. {f'step_100{file.suffix}'!r}, or move "
                             "it away")
        last.append(int(numbers[-1]))
    return "step", last


def _weights(folder: Path) -> Path | None:
    """The file that holds the weights of a Hugging Face checkpoint, or says which files do."""
    return next((folder / name for name in WEIGHTS if (folder / name).is_file()), None)


def _files(place: Path) -> list[Path]:
    """The files with the weights of one step.

    Raises:
        InputError: an index that cannot be read, or names a file elsewhere.
    """
    if not place.is_dir():
        return [place]
    weights = _weights(place)
    if weights is None:
        raise InputError(f"{str(place)!r} has no weights any more; expected one of {', '.join(WEIGHTS)}")
    if weights.suffix != ".json":
        return [weights]
    shards = _json(weights).get("weight_map")
    if not isinstance(shards, Mapping) or not shards or not all(isinstance(n, str) and Path(n).name == n for n in shards.values()):
        raise InputError(f"{str(weights)!r} has no weight_map of names to files beside it; expected an index as transformers writes it")
    return [place / name for name in dict.fromkeys(shards.values())]


# ---- what is in them --------------------------------------------------------------------------------------------------


def _tensors(place: Path) -> dict[str, Tensor]:
    """All tensors of one step, from one file or its shards."""
    return {name: tensor for file in _files(place) for name, tensor in read_checkpoint(file)[0].items()}


def _is_coordinate(tensor: Tensor) -> bool:
    return tensor.is_floating_point() or tensor.is_complex()


def _optimizer_state(place: Path) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The states of the optimizer and of the scheduler, None where there is none.

    Raises:
        InputError: of several optimizers.
    """
    if place.is_dir():
        found = {name: place / f"{name}.pt" for name in ("optimizer", "scheduler")}
        states = {name: weights_only(path) for name, path in found.items() if path.is_file()}
        return states.get("optimizer"), states.get("scheduler")  # type: ignore[return-value]
    whole = {} if place.suffix == ".safetensors" else weights_only(place)
    if not isinstance(whole, Mapping):
        return None, None
    each = []
    for names in (OPTIMIZERS, SCHEDULERS):
        state = next((whole[name] for name in names if whole.get(name)), None)
        if isinstance(state, list):  # Lightning has one of each
            if len(state) > 1:
                raise InputError(f"{str(place)!r} holds the states of {len(state)} optimizers; expected one")
            state = state[0]
        each.append(dict(state) if isinstance(state, Mapping) else None)
    return each[0], each[1]


def _shapes(place: Path) -> dict[str, tuple[int, ...]]:
    """The shapes of the floating-point tensors in the safetensors files of one step, from their headers."""
    shapes: dict[str, tuple[int, ...]] = {}
    for path in _files(place):
        with _opened(path) as file:
            pairs = (file.metadata() or {}).get(PAIRS, "").split("\n")
            for name in file.keys():  # noqa: SIM118
                part = file.get_slice(name)
                if part.get_dtype().startswith(("F", "BF", "C")):
                    shapes[name] = tuple(part.get_shape())[: -1 if name in pairs else None]
    return shapes


def _opened(path: Path) -> Any:
    try:
        return safe_open(str(path), framework="pt")
    except (SafetensorError, OSError) as error:
        raise InputError(f"{str(path)!r} is not a readable safetensors file: {first_line(error)}") from None


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
        if isinstance(found, dict):
            return found
        why = f"it holds a {type(found).__name__}"
    except (OSError, ValueError, RecursionError) as error:
        why = first_line(error)
    raise InputError(f"{str(path)!r} cannot be read ({why}); expected the JSON file that transformers wrote")
