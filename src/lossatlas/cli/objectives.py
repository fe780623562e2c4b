"""OBJECTIVE on the command line: a name in a file or module, or a network of the zoo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from ..errors import InputError
from ..loading import called, named_object
from ..metrics import named
from ..objective import Objective
from ..run.events import Note
from ..subsets import subset

Objectives = Objective | dict[str, Objective]


@dataclass(frozen=True)
class Options:
    """What the commands say about data and policies; None leaves it to the objective."""

    bn: str | None = None
    metrics: tuple[str, ...] = ()
    split: str | None = None
    examples: int | None = None
    batch_size: int | None = None
    device: str = "auto"
    checkpoint: str | None = None
    data: str | None = None
    seed: int = 0


def single(text: str, options: Options, what: str) -> Objective:
    """The one objective that OBJECTIVE names, the training one of a pair; ``what`` is measured on one set of data."""
    if options.split == "both":
        raise InputError(f"--split both: {what} is measured on one set of data; write --split train or --split test")
    found = load(text, options)
    return found if isinstance(found, Objective) else next(iter(found.values()))


def note_fresh(text: str, options: Options) -> None:
    """Say that a zoo network without a checkpoint has fresh weights."""
    if ":" not in text and options.checkpoint is None:
        print(f"note: no --checkpoint was given, so these are the fresh weights of seed {options.seed}")


def printing(event: Any) -> None:
    """A listener: notes go to the terminal as they come."""
    if isinstance(event, Note):
        print(event.message, flush=True)


def load(text: str, options: Options, *, default_split: str = "train") -> Objectives:
    """The objective, or the pair, that OBJECTIVE names, with the options applied.

    Raises:
        InputError: no such file, module, name or network; options that do not fit.
        LossAtlasError: the user's file raises while it is imported or called.
    """
    if ":" in text:
        if options.checkpoint or options.data:
            raise InputError(f"--checkpoint and --data belong to zoo networks; {text} brings its own weights and data")
        found = called(named_object(text), text)
        splits = dict(found) if isinstance(found, Mapping) else found
    else:
        if text.endswith(".py") or "/" in text or not text:
            raise InputError(f"OBJECTIVE is {text!r}; expected {text if text.endswith('.py') else 'file.py'}:NAME, "
                             "package.module:NAME, or a network that `lossatlas zoo` lists")
        from .. import zoo

        split = options.split or ("train" if text.startswith("stories") else default_split)
        if split == "test" and options.bn == "recompute":
            split = "both"  # the statistics of a test objective are re-estimated on the training data
        splits = zoo.objective(text, checkpoint=options.checkpoint, data=options.data, split=split,  # type: ignore[arg-type]
                               examples=options.examples, seed=options.seed)
        options = replace(options, examples=None)
    if isinstance(splits, dict):
        if not splits or not all(isinstance(o, Objective) for o in splits.values()):
            raise InputError(f"{text} gives a dict of {sorted({type(o).__name__ for o in splits.values()})}; expected "
                             "{'train': Objective, 'test': Objective}")
        return _split({name: _configured(one, options, text) for name, one in splits.items()}, options, text)
    if not isinstance(splits, Objective):
        raise InputError(f"{text} is a {type(splits).__name__}; expected an Objective, a function that returns one, or a "
                         "{'train': …, 'test': …} pair")
    if ":" in text and options.split is not None:
        raise InputError(f"--split {options.split}: {text} gives one objective; return {{'train': …, 'test': …}} to have splits")
    return _configured(splits, options, text)


def _split(splits: dict[str, Objective], options: Options, text: str) -> Objectives:
    """The split that is asked for; under ``recompute`` all take their statistics from the training data."""
    if options.bn == "recompute" and "train" in splits:
        splits = {name: one if name == "train" else one.with_bn("recompute", data=splits["train"].data) for name, one in splits.items()}
    if options.split in (None, "both"):
        return splits
    if options.split not in splits:
        raise InputError(f"--split {options.split}: {text} has the splits {', '.join(splits)}")
    return splits[str(options.split)]


def _configured(objective: Objective, options: Options, text: str) -> Objective:
    if options.examples is not None or options.batch_size is not None:
        data = objective.data
        if options.examples is not None:
            data = subset(data, options.examples, seed=options.seed)
        objective = objective.with_data(data, batch_size=options.batch_size)
    if options.metrics:
        objective = objective.with_metrics({**objective.metrics, **{name: named(name) for name in options.metrics}})
    if options.bn is not None:
        objective = objective.with_bn(options.bn)  # type: ignore[arg-type]
    if options.device != "auto" or torch.cuda.is_available():
        objective = objective.to(options.device)
    return objective.with_source(text)
