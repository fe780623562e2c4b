"""The commands that get data: ``data fetch``. They never import torch."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..download import Listener, Received, Remark
from ..fetch import fetch as get
from ..names import DataSet


def fetch(name: DataSet, *, to: Path | None, mirror: str | None) -> None:
    """``lossatlas data fetch``."""
    with _progress() as listener:
        fetched = get(name, to, mirror=mirror, on_event=listener)
    print(f"fetched: {', '.join(fetched.files)}" if fetched.files else f"{name} was there already, with the right checksums")
    print(f"use it with: --data {shlex.quote(fetched.source)}")


@contextmanager
def _progress() -> Iterator[Listener]:
    """A bar per file on standard error, and remarks above it."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    bar, tasks = Progress(*columns, console=console), {}

    def listen(event: Received | Remark) -> None:
        if isinstance(event, Remark):
            console.print(event.message, highlight=False, markup=False, soft_wrap=True)
            return
        if event.file not in tasks:
            bar.start()
            # what was there before the first event is no part of the speed
            tasks[event.file] = bar.add_task(event.file, total=event.total, completed=event.done)
        bar.update(tasks[event.file], completed=event.done)

    try:
        yield listen
    finally:
        if tasks:
            bar.stop()
