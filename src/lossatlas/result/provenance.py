"""Where a result came from: versions, machine, time, command. Written beside the spec, never compared with it."""

from __future__ import annotations

import datetime
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ..version import __version__


def provenance() -> dict[str, Any]:
    """Plain data about the program and machine that run now."""
    def installed(name: str) -> str:
        try:
            return version(name)
        except PackageNotFoundError:
            return "unknown"

    return {"version": __version__, "torch": installed("torch"), "numpy": installed("numpy"),
            "python": platform.python_version(), "machine": platform.machine(), "system": platform.system(),
            "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "command": " ".join(sys.argv[:1] and [sys.argv[0].rpartition("/")[2], *sys.argv[1:]])}


def differences(stored: Any, asked: Any, path: str = "") -> list[str]:
    """Where two specs differ, one line each: ``seed: stored 0, now 1``."""
    if isinstance(stored, dict) and isinstance(asked, dict):
        lines = []
        for key in [*stored, *(k for k in asked if k not in stored)]:
            lines += differences(stored.get(key), asked.get(key), f"{path}.{key}" if path else str(key))
        return lines
    if stored == asked or (stored != stored and asked != asked):
        return []
    was, now = _short(stored), _short(asked)
    if was == now:  # the difference lies in what is left out: show its first place
        was, now = repr(stored), repr(asked)
        first = next((i for i, (a, b) in enumerate(zip(was, now, strict=False)) if a != b), min(len(was), len(now)))
        was, now = f"…{was[max(first - 10, 0) : first + 30]}…", f"…{now[max(first - 10, 0) : first + 30]}…"
    return [f"{path}: stored {was}, now {now}"]


def _short(value: Any) -> str:
    if isinstance(value, list) and len(value) > 3 and all(isinstance(v, int | float) for v in value):
        return f"{value[0]:g}…{value[-1]:g} ({len(value)})"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
