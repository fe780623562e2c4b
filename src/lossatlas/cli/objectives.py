"""OBJECTIVE on the command line: a name in a file or module, or a network of the zoo."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
import sysconfig
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from ..data import Batches
from ..errors import InputError, LossAtlasError
from ..metrics import named
from ..names import suggest
from ..objective import Objective
from ..seeds import generator, preserved_rng

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


def load(text: str, options: Options, *, default_split: str = "train") -> Objectives:
    """The objective, or the pair, that OBJECTIVE names, with the options applied.

    Raises:
        InputError: no such file, module, name or network; options that do not fit.
        LossAtlasError: the user's file raises while it is imported or called.
    """
    if ":" in text:
        if options.checkpoint or options.data:
            raise InputError(f"--checkpoint and --data belong to zoo networks; {text} brings its own weights and data")
        found = _called(_named_object(text), text)
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


def subset(data: Batches, count: int, *, seed: int) -> Batches:
    """A seeded subset of ``count`` examples, class-balanced where the targets are classes; the order is kept."""
    from ..zoo.data import balanced_subset

    targets = data.targets()
    if targets is not None and targets.ndim == 1 and not targets.is_floating_point():
        return data.take(balanced_subset(targets.cpu(), count, seed=seed))
    if not 1 <= count <= data.n_examples:
        raise InputError(f"examples is {count}; expected 1 to {data.n_examples}")
    chosen = torch.randperm(data.n_examples, generator=generator(seed, "subset"))[:count]
    return data.take(chosen.sort().values)


def _named_object(text: str) -> Any:
    place, _, name = text.rpartition(":")
    if not place or not name or (place.startswith(".") and os.sep not in place):
        raise InputError(f"OBJECTIVE is {text!r}; expected file.py:name or package.module:name")
    module = _import(place)
    if not hasattr(module, name):
        known = [k for k in vars(module) if not k.startswith("_")]
        raise InputError(f"{place} has no {name!r}{suggest(name, known)}")
    return getattr(module, name)


def _import(place: str) -> ModuleType:
    path = Path(place)
    if path.suffix == ".py" or os.sep in place or path.is_file():
        if not path.is_file() or path.suffix != ".py":
            raise InputError(f"{'no Python' if path.exists() else 'no'} file {place!r}; expected file.py:name or package.module:name")
        folder, name = str(path.resolve().parent), path.stem
        spec = importlib.util.spec_from_file_location(f"lossatlas_user_{name}", path)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[module.__name__] = module
        sys.path.insert(0, folder)
        return _guarded(lambda: (spec.loader.exec_module(module), module)[1], place)  # type: ignore[union-attr]
    sys.path.insert(0, str(Path.cwd()))
    try:
        return _guarded(lambda: importlib.import_module(place), place)
    except LossAtlasError as error:
        missing = getattr(error.__cause__, "name", None)
        if isinstance(error.__cause__, ModuleNotFoundError) and missing and f"{place}.".startswith(f"{missing}."):
            raise InputError(f"no module {missing!r}; expected file.py:name or package.module:name, importable from {Path.cwd()}") from None
        raise


def _called(found: Any, text: str) -> Any:
    if isinstance(found, torch.nn.Module):
        raise InputError(f"{text} is a network; expected an Objective: write objective = la.Objective.from_module(network, data, loss) "
                         "in the file and name that")
    if not callable(found) or isinstance(found, Objective):
        return found
    try:
        needed = [p.name for p in inspect.signature(found).parameters.values()
                  if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    except (TypeError, ValueError):
        needed = []
    if needed:
        raise InputError(f"{text} needs the arguments {', '.join(needed)}; expected a function without, that returns an Objective")
    return _guarded(found, text)


def _guarded(call: Callable[[], Any], what: str) -> Any:
    """Run the user's code; its own errors become one line that says where."""
    try:
        with preserved_rng():
            return call()
    except LossAtlasError:
        raise
    except (Exception, SystemExit) as error:
        first = (str(error).strip().splitlines() or [""])[0]
        raise LossAtlasError(f"{what} raised {type(error).__name__}: {first}{_where(error)}") from error


def _where(error: BaseException) -> str:
    """The place in the user's code where an error came from, as far as it can be told."""
    if isinstance(error, SyntaxError):
        return ""  # its message has the place
    frames = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    known = (str(Path(__file__).parent.parent), sysconfig.get_paths()["stdlib"], sysconfig.get_paths()["purelib"], "<frozen")
    own = [place for place in frames if not place[0].startswith(known)] or frames
    return f" (at {Path(own[-1][0]).name}:{own[-1][1]})" if own else ""
