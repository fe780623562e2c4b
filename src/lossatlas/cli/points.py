"""Points on the command line: a checkpoint (``a.safetensors``), the end of a training run (``runs/a``), or one of its steps
(``runs/a@128``).

OBJECTIVE beside them may be what it is everywhere (``file.py:name``, or a network of the zoo, whose data are normalized as the first
checkpoint says), and the folder of a run of ``lossatlas train``: then it is what that run was trained on.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from ..checkpoint import load_point
from ..errors import InputError
from ..names import choose
from ..pairs import first_of
from ..params import Params
from ..record import open_run
from ..result.recorded import RUN
from ..zoo import runs as zoo_runs
from .objectives import Objectives, Options, load


def points_of(objective: Objectives, arguments: Sequence[str]) -> dict[str, Params]:
    """The points that arguments name, by short names of them, as points of the objective.

    Raises:
        InputError: what is neither a checkpoint nor a run, a step that was not recorded, one point twice, a point of another network.
    """
    first = first_of(objective)
    return {name: first.conform(read_point(text), what=text) for name, text in short_names(arguments).items()}


def read_point(text: str) -> Params:
    """The point of a checkpoint, of the end of a run, or of one of its steps.

    Raises:
        InputError: there is none.
    """
    folder, step = folder_of(text)
    return load_point(text) if folder is None else open_run(folder).at(-1 if step is None else step)


def folder_of(text: str) -> tuple[Path | None, int | None]:
    """The folder of a run, None of a file, and the step that is asked for.

    Raises:
        InputError: a step that is no whole number, a folder that is not there.
    """
    if os.path.isdir(text):
        return Path(text), None
    before, mark, after = text.rpartition("@")
    if not mark or os.path.exists(text):
        return None, None
    if not os.path.isdir(before):
        raise InputError(f"no run at {before!r}; expected the folder of a training run before the step: runs/a@{after or 128}")
    if not (after.isascii() and after.isdigit()):
        raise InputError(f"{text!r} asks for the step {after!r}; expected a whole number that was recorded: {before}@128")
    return Path(before), int(after)


def short_names(arguments: Sequence[str]) -> dict[str, str]:
    """Arguments by names as short as they can be told apart: file names without ending, or the ends of their paths.

    Raises:
        InputError: one of them twice.
    """
    paths = {text: Path(os.path.abspath(text)) for text in arguments}
    if len(set(paths.values())) < len(arguments):
        raise InputError(f"one point is named twice: {' '.join(arguments)}; expected different ones")
    own = {text: (*path.parts[:-1], path.name if folder_of(text)[0] is not None else path.stem) for text, path in paths.items()}
    if len(set(own.values())) < len(own):  # a.pt beside a.safetensors
        own = {text: path.parts for text, path in paths.items()}
    for length in range(1, max((len(parts) for parts in own.values()), default=0) + 1):
        names = {"-".join(part.strip("/") for part in parts[-length:]): text for text, parts in own.items()}
        if len(names) == len(arguments):
            return names
    return {}


def objective_for(text: str, arguments: Sequence[str], options: Options, *, default_split: str = "both") -> Objectives:
    """The objective, or the pair, that OBJECTIVE names beside these points.

    Args:
        text: OBJECTIVE, or the folder of a run of ``lossatlas train``. Of a network of the zoo without data and checkpoint, what the
            first point says decides: the metadata of a checkpoint, or the run that trained this network.
        options: as every command has them.

    Raises:
        InputError: as :func:`~lossatlas.cli.objectives.load`; a run that does not say what it was trained on.
    """
    if (Path(text) / RUN).is_file():
        return _of_run(open_run(text), options, default_split)
    if ":" not in text and options.checkpoint is None and arguments:
        folder, _ = folder_of(arguments[0])
        if folder is None:
            options = replace(options, checkpoint=arguments[0])
        elif options.data is None:
            run = open_run(folder)
            if zoo_runs.about_of(run)["objective"].get("network") == text:
                return _of_run(run, options, default_split)
    return load(text, options, default_split=default_split)


def _of_run(run: Any, options: Options, default_split: str) -> Objectives:
    """What a run was trained on, with the options applied."""
    if options.checkpoint or options.data:
        raise InputError(f"--checkpoint and --data belong to zoo networks; {run.path} says itself what it was trained on")
    split: Any = choose(options.split or default_split, ("train", "test", "both"), "--split")
    found = zoo_runs.objective_of(run, split="both" if split == "test" and options.bn == "recompute" else split, examples=options.examples)
    pair = found if isinstance(found, dict) else {split: found}
    if options.batch_size is not None:
        pair = {name: one.with_data(one.data, batch_size=options.batch_size) for name, one in pair.items()}
    if options.bn is not None:
        trained = pair.get("train")
        pair = {name: one.with_bn(options.bn, data=None if trained is None or name == "train" else trained.data)  # type: ignore[arg-type]
                for name, one in pair.items()}
    if options.device != "auto" or torch.cuda.is_available():
        pair = {name: one.to(options.device) for name, one in pair.items()}
    return pair if split == "both" else pair[split]
