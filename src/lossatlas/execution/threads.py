"""Independent pieces of work, several at a time: small operations gain more from this than from threads inside each of them.

Torch shares every operation out among its threads and has them wait for each other at its end, which for operations of microseconds costs
what it saves, and far more where another process takes a core away. Here each thread does whole pieces with operations of its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

import torch

from .rooms import Rooms

Piece = TypeVar("Piece")


class Crew:
    """As many threads as torch has, each with memory of its own that it uses again for every piece."""

    def __init__(self) -> None:
        self._rooms: list[Rooms] = []
        self._pool: ThreadPoolExecutor | None = None

    def __call__(self, work: Callable[[Piece, Rooms], None], pieces: Iterable[Piece]) -> None:
        """Do every piece once, in any order. An error ends the work and is raised here; torch has its threads back in any case."""
        left, threads = deque(pieces), torch.get_num_threads()
        count = 1 if torch.is_autocast_enabled("cpu") else max(min(threads, len(left)), 1)  # autocast is known to this thread only
        self._rooms += [Rooms() for _ in range(count - len(self._rooms))]
        if count == 1:
            for piece in left:
                work(piece, self._rooms[0])
            return
        inference, grad = torch.is_inference_mode_enabled(), torch.is_grad_enabled()

        def some(rooms: Rooms) -> None:
            torch.set_num_threads(threads // count)
            with torch.inference_mode(inference), torch.set_grad_enabled(grad):
                while True:
                    try:
                        piece = left.popleft()
                    except IndexError:
                        return
                    work(piece, rooms)

        self._pool = self._pool or ThreadPoolExecutor(threads, thread_name_prefix="lossatlas")
        others = [self._pool.submit(some, rooms) for rooms in self._rooms[1:count]]
        try:
            some(self._rooms[0])
            wait(others)
        finally:
            left.clear()
            wait(others)
            torch.set_num_threads(threads)
        for other in others:
            other.result()

    @property
    def nbytes(self) -> int:
        """Memory of all threads."""
        return sum(rooms.nbytes for rooms in self._rooms)
