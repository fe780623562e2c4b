"""The folder of a run, for one process at a time: what may be there, who has it, and what a killed start left."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ..errors import InputError, StoreError, first_line
from ..result.claims import Claims
from ..result.provenance import differences
from ..result.recorded import CLAIM, METRICS, RUN, STEPS, read_description
from .run import Run


def opened(path: Path, resume: bool, about: Mapping[str, Any], owned: ExitStack) -> Run | None:
    """The run that is there to go on with, or None; the folder is this process's until ``owned`` is closed.

    Raises:
        InputError: a run without ``resume``, another one, or something else.
        StoreError: somebody else records there; the folder cannot be made.
    """
    there = (path / RUN).exists()
    if there and not resume:
        raise InputError(f"{path} holds a run already; write resume=True to go on with it, or another folder")
    if not there and path.exists() and (not path.is_dir() or not all(_of_a_start(p, resume) for p in path.iterdir())):
        raise InputError(f"{path} holds something else than a run; expected a new folder, or an empty one")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot make the folder {path}: {first_line(error)}") from None
    claims = Claims(path / CLAIM)
    owned.callback(claims.clear)
    claims.wait(0)
    if not owned.enter_context(claims.take(0)):
        owned.pop_all()
        raise StoreError(_taken(path, claims.owner(0) or {}))
    try:
        if not there:
            for left in [p for p in path.iterdir() if p.name == METRICS or p.name.startswith(f".{RUN}.")]:
                left.unlink(missing_ok=True)
            return None
        run = Run(path, read_description(path))
        if lines := differences(run.about, about):
            raise InputError(f"{path} holds another run: {'; '.join(lines[:4])}; expected the same, or another folder")
    except BaseException:
        owned.close()
        raise
    return run


def _taken(path: Path, owner: Mapping[str, Any]) -> str:
    """Who records into the folder, and what can be done."""
    if owner.get("own"):
        return f"this process records into {path} already: call close() on the first recorder, or choose another folder"
    who = f"process {owner.get('process')} on {owner.get('machine')}" if owner else "another process"
    return (f"{who} is recording into {path} and holds {path / CLAIM}; two runs may not write one folder: choose another, or "
            "wait until it ends")


def _of_a_start(path: Path, resume: bool) -> bool:
    """Whether it is what a recorder leaves that was killed before its run had a description; numbers are given up only to resume."""
    if path.name == STEPS and path.is_dir():
        return not any(path.iterdir())
    return path.name == CLAIM or path.name.startswith(f".{RUN}.") or (resume and path.name == METRICS)
