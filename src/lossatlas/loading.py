"""The user's own code by its import string, ``file.py:name`` or ``package.module:name``, and its errors in one line."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
import sysconfig
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from torch.nn import Module

from .errors import InputError, LossAtlasError
from .names import suggest
from .seeds import preserved_rng


def named_object(text: str, *, what: str = "OBJECTIVE") -> Any:
    """What an import string names.

    Raises:
        InputError: no such file, module or name.
        LossAtlasError: the user's file raises while it is imported.
    """
    place, _, name = text.rpartition(":")
    if not place or not name or (place.startswith(".") and os.sep not in place):
        raise InputError(f"{what} is {text!r}; expected file.py:name or package.module:name")
    module = _import(place)
    if not hasattr(module, name):
        known = [k for k in vars(module) if not k.startswith("_")]
        raise InputError(f"{place} has no {name!r}{suggest(name, known)}")
    return getattr(module, name)


def _import(place: str) -> ModuleType:
    path = Path(place)
    if path.suffix == ".py" or os.sep in place or os.path.isfile(path):
        if not os.path.isfile(path) or path.suffix != ".py":
            kind = "no Python" if os.path.exists(path) else "no"
            raise InputError(f"{kind} file {place!r}; expected file.py:name or package.module:name")
        folder, name = str(path.resolve().parent), path.stem
        spec = importlib.util.spec_from_file_location(f"lossatlas_user_{name}", path)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[module.__name__] = module
        sys.path.insert(0, folder)
        return guarded(lambda: (spec.loader.exec_module(module), module)[1], place)  # type: ignore[union-attr]
    sys.path.insert(0, str(Path.cwd()))
    try:
        return guarded(lambda: importlib.import_module(place), place)
    except LossAtlasError as error:
        missing = getattr(error.__cause__, "name", None)
        if isinstance(error.__cause__, ModuleNotFoundError) and missing and f"{place}.".startswith(f"{missing}."):
            raise InputError(f"no module {missing!r}; expected file.py:name or package.module:name, importable from {Path.cwd()}") from None
        raise


def called(found: Any, text: str) -> Any:
    """What an import string names, or what it returns where it is a function.

    Raises:
        InputError: a bare network, or a function that needs arguments.
        LossAtlasError: the user's function raises.
    """
    if isinstance(found, Module):
        raise InputError(f"{text} is a network; expected an Objective: write objective = la.Objective.from_module(network, data, loss) "
                         "in the file and name that")
    if not callable(found):
        return found
    try:
        needed = [p.name for p in inspect.signature(found).parameters.values()
                  if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    except (TypeError, ValueError):
        needed = []
    if needed:
        raise InputError(f"{text} needs the arguments {', '.join(needed)}; expected a function without, that returns an Objective")
    return guarded(found, text)


def guarded(call: Callable[[], Any], what: str) -> Any:
    """Run the user's code; its own errors become one line that says where."""
    try:
        with preserved_rng():
            return call()
    except (LossAtlasError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise LossAtlasError(f"{what} raised {type(error).__name__}: {_said(error)}{where(error)}") from error


def _said(error: BaseException) -> str:
    """The first line of an error of the user's, which may have no words, or fail to say them."""
    try:
        return (str(error).strip().splitlines() or [""])[0]
    except Exception:
        return "an error that cannot be shown"


def where(error: BaseException) -> str:
    """The place in the user's code where an error came from, as far as it can be told."""
    if isinstance(error, SyntaxError):
        return ""  # its message has the place
    frames = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    known = (str(Path(__file__).parent), sysconfig.get_paths()["stdlib"], sysconfig.get_paths()["purelib"], "<frozen")
    own = [place for place in frames if not place[0].startswith(known)] or frames
    return f" (at {Path(own[-1][0]).name}:{own[-1][1]})" if own else ""
