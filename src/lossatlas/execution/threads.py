"""Independent pieces of work, several at a time: small operations gain more from this than from threads inside each of them.

Torch shares every operation out among its threads and has them wait for each other at its end, which for operations of microseconds costs
what it saves, and far more where another process takes a core away. Here each thread does whole pieces with operations of its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeVar

import torch

from .rooms import Rooms

Piece = TypeVar("Piece")


class Crew:
    """As many threads as torch has, each with memory of its own that it uses again for every piece."""

    def __init__(self) -> None:
        self._rooms = [Rooms()]
        self._threads = 1
        self._pool: ThreadPoolExecutor | None = None

    @contextmanager
    def hired(self) -> Iterator[None]:
        """Inside, torch computes with one thread, and pieces are done by as many as it had."""
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        self._threads = 1 if torch.is_autocast_enabled("cpu") else before  # other threads know nothing of an autocast
        try:
            yield
        finally:
            self._threads = 1
            torch.set_num_threads(before)

    def __call__(self, work: Callable[[Piece, Rooms], None], pieces: Iterable[Piece]) -> None:
        """Do every piece once, in any order; an error ends the work and is raised here. Unless hired, they are done one by one."""
        left = deque(pieces)
        count = min(self._threads, len(left))
        if count < 2:
            for piece in left:
                work(piece, self._rooms[0])
            return
        inference, grad = torch.is_inference_mode_enabled(), torch.is_grad_enabled()

        def some(rooms: Rooms) -> None:
            while True:
                try:
                    piece = left.popleft()
                except IndexError:
                    return
                work(piece, rooms)

        def beside(rooms: Rooms) -> None:
            torch.set_num_threads(1)
            with torch.inference_mode(inference), torch.set_grad_enabled(grad):
                some(rooms)

        self._rooms += [Rooms() for _ in range(count - len(self._rooms))]
        self._pool = self._pool or ThreadPoolExecutor(self._threads, thread_name_prefix="lossatlas")
        others = [self._pool.submit(beside, rooms) for rooms in self._rooms[1:count]]
        try:
            some(self._rooms[0])
        finally:
            left.clear()
            wait(others)
        for other in others:
            other.result()

    @property
    def nbytes(self) -> int:
        """Memory of all threads."""
        return sum(rooms.nbytes for rooms in self._rooms)
