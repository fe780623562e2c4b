"""The process that starts workers, listens to them, replaces those that die and stops them all."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from .. import errors
from ..errors import LossAtlasError
from .events import Listener, Note
from .work import Store, Tally

#: So many more workers than were started at first may die, without a chunk stored in between, before the job is given up.
SPARE_DEATHS = 2
#: Seconds that a worker gets to stop when it is asked to.
PATIENCE_SECONDS = 5.0


@dataclass
class Worker:
    """A process and what is known of it."""

    number: int
    process: Any
    messages: Connection
    began: bool = False
    finished: bool = False
    chunk: int | None = None  # in flight


def supervise(store: Store, tally: Tally, on_event: Listener, *, sent: Path, workers: int, threads: int, gpus: int = 0) -> None:
    """Have workers fill the store; ``sent`` is the file from which they come to the job, ``gpus`` how many share its work (0: none).

    Raises:
        LossAtlasError: what a worker raised; workers that keep dying.
    """
    crew = _Crew(store, tally, on_event, (str(sent), str(store.path.absolute()), threads),  # type: ignore[union-attr]
                 workers + SPARE_DEATHS, gpus)
    with _ending_cleanly():
        try:
            crew.start(workers)
            while crew.members:
                crew.listen()
        finally:
            crew.stop()
            store.tidy()


@contextmanager
def _ending_cleanly() -> Iterator[None]:
    """Inside, being asked to end (SIGTERM) stops the workers first; where signals are somebody else's, nothing changes."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def _deaf() -> Iterator[None]:
    """What is started inside never hears Ctrl-C, which reaches the whole group: the starter decides."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _Crew:
    def __init__(self, store: Store, tally: Tally, on_event: Listener, arguments: tuple[Any, ...], most_deaths: int,
                 gpus: int) -> None:
        self.members: list[Worker] = []
        self._store, self._tally, self._tell, self._arguments, self._most_deaths = store, tally, on_event, arguments, most_deaths
        self._started, self._deaths, self._gpus = 0, 0, gpus

    def start(self, count: int) -> None:
        """Start so many workers more."""
        from .worker import main

        context = multiprocessing.get_context("spawn")  # a fork would inherit the locks of torch's threads, but not the threads
        for _ in range(count):
            mine, theirs = context.Pipe(duplex=False)
            gpu = self._started % self._gpus if self._gpus else None
            process = context.Process(target=main, args=(theirs, *self._arguments, gpu), daemon=True,
                                      name=f"lossatlas-worker-{self._started + 1}")
            with _deaf():
                process.start()
            theirs.close()
            self._started += 1
            self.members.append(Worker(self._started, process, mine))

    def listen(self) -> None:
        """Wait for somebody to say something or to end."""
        by_source = {**{one.messages: one for one in self.members}, **{one.process.sentinel: one for one in self.members}}
        for one in {id(by_source[source]): by_source[source] for source in wait(list(by_source))}.values():  # type: ignore[call-overload]
            ended = not one.process.is_alive()
            if self._heard(one) or ended:
                self.members.remove(one)
                one.process.join()
                if not self._finished(one):
                    self._replace(one)

    def stop(self) -> None:
        """End every worker: asked first, so that claims are given back, then forced."""
        for one in self.members:
            one.process.terminate()
        for one in self.members:
            one.process.join(PATIENCE_SECONDS)
            if one.process.is_alive():
                one.process.kill()
                one.process.join()
            one.messages.close()
        self.members.clear()

    def _heard(self, one: Worker) -> bool:
        """Take what a worker has said; true where it will say no more."""
        while True:
            try:
                if not one.messages.poll():
                    return False
                what, value = one.messages.recv()
            except (EOFError, OSError):
                return True
            self._take(one, what, value)

    def _take(self, one: Worker, what: str, value: Any) -> None:
        if what == "began":
            one.began = True
        elif what == "finished":
            one.finished = True
        elif what == "refused":
            name, message = value
            raise getattr(errors, name, LossAtlasError)(message)
        elif what == "note":
            self._tally.note(value)
        elif what == "points":
            one.chunk, count = value
            self._tally.points(one.chunk, count)
        else:
            one.chunk, self._deaths = None, 0
            self._tally.stored(value) if what == "stored" else self._tally.found(value)

    def _finished(self, one: Worker) -> bool:
        one.messages.close()
        return one.finished

    def _replace(self, one: Worker) -> None:
        """A worker died: its chunk goes to whoever comes by, and a new worker takes its place."""
        code, self._deaths = one.process.exitcode, self._deaths + 1
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        if not one.began and code >= 0:
            raise LossAtlasError(f"worker {one.number} {how} before it began; expected a script that can be imported again: put what "
                                 "starts the sweep under `if __name__ == \"__main__\":` (its own message, if it had one, stands above)")
        if self._deaths >= self._most_deaths:
            raise LossAtlasError(f"{self._deaths} workers died one after the other, the last {how}; what is done is kept. Out of memory? "
                                 "Use fewer workers, or smaller batches")
        if one.chunk is not None:
            self._tally.lost(one.chunk)
        self._tell(Note(f"worker {one.number} {how}; its chunk is worked again"))
        self.start(1)
