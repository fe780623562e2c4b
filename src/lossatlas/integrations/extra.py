"""The packages of other people that an integration stands on: imported with it, and named where they are missing."""

from __future__ import annotations

from typing import Any

from .. import extras
from ..errors import InputError
from ..names import suggest


def need(module: str, extra: str) -> Any:
    """The module of this name, for the integration that lossatlas installs with ``extra``.

    Raises:
        ImportError: it cannot be imported, with the line that installs it.
    """
    return extras.need(module, f"lossatlas.integrations.{extra}", extra, error=ImportError)


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
