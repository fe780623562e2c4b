"""The packages of other people that only some users have: imported when they are needed, and named where they are missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .errors import InputError, first_line


def need(module: str, what: str, extra: str, *, error: type[Exception] = InputError) -> Any:
    """The module, for ``what``, that ``pip install 'lossatlas[EXTRA]'`` brings.

    Raises:
        error: it cannot be imported, with the line that installs it.
    """
    try:
        return import_module(module)
    except ImportError as missing:
        raise error(f"{what} needs {module.partition('.')[0]}, which cannot be imported ({first_line(missing)}); write pip install "
                    f"'lossatlas[{extra}]'") from None
