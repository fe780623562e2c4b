"""The libraries that only an exchange needs: imported when first used, and named where they are missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..errors import InputError, first_line


def need(module: str, what: str) -> Any:
    """The module, for ``what``.

    Raises:
        InputError: it is not installed, with the line that installs it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise InputError(f"{what} needs {module.partition('.')[0]}, which cannot be imported ({first_line(error)}); write pip install "
                         "'lossatlas[exchange]'") from None
