"""Logs that only ever grow, a line of JSON at a time: ``metrics.jsonl`` of a watched run and of a recorded one.

A crash costs at most the line in flight, which has no end and is left out. A line belongs to a step.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import StoreError, first_line

METRICS = "metrics.jsonl"


def read_lines(folder: Path) -> list[dict[str, Any] | None]:
    """Every line of the ``metrics.jsonl`` in a folder, None for one that is no JSON object with a ``step``; without the file, none.

    Raises:
        StoreError: it cannot be read.
    """
    try:
        content = (folder / METRICS).read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(f"cannot read {folder / METRICS}: {first_line(error)}") from None
    return [_parsed(line) for line in content.split(b"\n")[:-1]]  # what stands after the last end of line was cut off


def is_record(line: Mapping[str, Any]) -> bool:
    """Whether a line holds numbers alone."""
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in line.values())


def _parsed(text: bytes) -> dict[str, Any] | None:
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return None
    step = line.get("step") if isinstance(line, dict) else None
    return line if isinstance(step, int) and not isinstance(step, bool) else None
