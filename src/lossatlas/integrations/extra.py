"""The packages of other people that an integration stands on: imported with it, and named where they are missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..errors import InputError, first_line
from ..names import suggest


def need(module: str, extra: str) -> Any:
    """The module of this name, for the integration that lossatlas installs with ``extra``.

    Raises:
        ImportError: it cannot be imported, with the line that installs it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(f"lossatlas.integrations.{extra} needs {module.partition('.')[0]}, which cannot be imported "
                          f"({first_line(error)}); write pip install 'lossatlas[{extra}]'", name=module) from None


def check_options(options: dict[str, Any], what: str) -> None:
    """Refuse options that a monitor does not have, before training starts.

    Raises:
        InputError: with the closest name.
    """
    if not options:
        return
    from inspect import signature

    from ..monitor import Monitor

    known = [name for name in signature(Monitor).parameters if name != "objective"]
    if unknown := [name for name in options if name not in known]:
        raise InputError(f"{what} got {unknown[0]!r}; expected options of la.Monitor: {', '.join(known)}{suggest(unknown[0], known)}")
