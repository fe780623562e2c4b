"""The one loop over points: chunk after chunk is claimed, evaluated and stored, until none is missing.

Any number of processes may run it on one store, started together or by hand, early or late: the claims see to it that
each point is evaluated once, and a chunk whose owner died is taken over by the next one that passes.
"""

from __future__ import annotations

import time
from typing import Protocol

import numpy as np

from ..result.memory import MemoryStore
from ..result.store import ZarrStore
from .events import Advanced, Listener, Note, Stored
from .job import Job

Store = ZarrStore | MemoryStore

#: Seconds between two looks at chunks that others work on, when nothing else is left to do.
POLL_SECONDS = 0.2
#: Seconds of that after which a person is told.
WAITING_SECONDS = 5.0


class Teller(Protocol):
    """Is told how the work goes on, by chunk number."""

    def points(self, chunk: int, count: int) -> None:
        """So many more points of this chunk are evaluated."""

    def stored(self, chunk: int) -> None:
        """This chunk is stored."""

    def found(self, chunk: int) -> None:
        """Somebody else has stored this chunk."""

    def waiting(self, chunks: int) -> None:
        """So many chunks are left, and other processes hold all of them."""

    def note(self, message: str) -> None:
        """Something a person should know."""


class Tally:
    """Counts what one process and its workers say into the events that a listener gets."""

    def __init__(self, store: Store, on_event: Listener) -> None:
        self._store, self._tell = store, on_event
        self._sizes = [len(points) for points in store.chunks]
        self._done = {number for number in range(len(self._sizes)) if store.has(number)}
        self._partial: dict[int, int] = {}
        self.missing = [number for number in range(len(self._sizes)) if number not in self._done]
        self.total, self.computed = sum(self._sizes), 0
        self.count = sum(self._sizes[number] for number in self._done)  # evaluated by now, by anyone

    def points(self, chunk: int, count: int) -> None:
        """So many more points of this chunk are evaluated here."""
        self.computed += count
        if chunk not in self._done:
            before = self._partial.get(chunk, 0)
            self._partial[chunk] = min(before + count, self._sizes[chunk])
            self.count += self._partial[chunk] - before
        self._tell(Advanced(self.count, self.total))

    def stored(self, chunk: int) -> None:
        """This chunk is stored."""
        self._complete(chunk)
        if self._store.on_disk:
            self._tell(Stored(chunk))

    def found(self, chunk: int) -> None:
        """Somebody else has stored this chunk."""
        if chunk not in self._done:
            self._complete(chunk)
            self._tell(Advanced(self.count, self.total))

    def waiting(self, chunks: int) -> None:
        """So many chunks are left, and other processes hold all of them."""
        self._tell(Note(f"other processes hold the last {chunks} chunks; waiting for them, or taking over from those that died"))

    def note(self, message: str) -> None:
        """Something a person should know."""
        self._tell(Note(message))

    def lost(self, chunk: int) -> None:
        """Whoever worked on this chunk died: its points count for nothing."""
        if points := self._partial.pop(chunk, 0):
            self.count -= points
            self._tell(Advanced(self.count, self.total))

    def _complete(self, chunk: int) -> None:
        if chunk not in self._done:
            self.count += self._sizes[chunk] - self._partial.pop(chunk, 0)
            self._done.add(chunk)


def work(job: Job, store: Store, tell: Teller, missing: list[int]) -> None:
    """Evaluate the missing chunks that nobody else works on, and wait for the others (or take them over).

    Raises:
        StoreError: the store cannot be written any more.
    """
    def say(note: str) -> None:
        store.add_note(note)
        tell.note(note)

    job.say = say
    waiting, idle, told = list(missing), 0.0, False
    while waiting:
        left = []
        for number in waiting:
            if store.has(number):
                tell.found(number)
                continue
            with store.claim(number) as mine:
                if not mine:
                    left.append(number)
                elif store.has(number):  # finished by its owner between the two looks
                    tell.found(number)
                else:
                    evaluate_chunk(job, store, tell, number)
        if len(left) == len(waiting):
            time.sleep(POLL_SECONDS)
            idle += POLL_SECONDS
            if idle > WAITING_SECONDS and not told:
                tell.waiting(len(left))
                told = True
        waiting = left
    store.tidy()


def evaluate_chunk(job: Job, store: Store, tell: Teller, number: int) -> None:
    """Evaluate the points of one chunk and store them."""
    rows, points, at_once = [], store.chunks[number], job.evaluator.at_once
    for start in range(0, len(points), at_once):
        group = points[start : start + at_once]
        rows.append(job.rows(group))
        tell.points(number, len(group))
    store.write(number, {q.name: np.concatenate([row[q.name] for row in rows]) for q in job.quantities})
    tell.stored(number)
