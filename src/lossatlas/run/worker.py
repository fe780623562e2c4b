"""A worker process: it comes to the job on its own, joins the store, and tells its starter how it goes."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch

from ..errors import InputError, LossAtlasError
from ..loading import named_object
from ..result.store import ZarrStore, split_path
from ..seeds import preserved_rng
from .job import Job, prepare
from .work import work


class _Told:
    """Sends what happens to the starter."""

    def __init__(self, messages: Connection) -> None:
        self._messages = messages

    def point(self, chunk: int) -> None:
        """One more point of this chunk is evaluated."""
        self._messages.send(("point", chunk))

    def stored(self, chunk: int) -> None:
        """This chunk is stored."""
        self._messages.send(("stored", chunk))

    def found(self, chunk: int) -> None:
        """Somebody else has stored this chunk."""
        self._messages.send(("found", chunk))


def main(messages: Connection, payload: bytes, path: str, threads: int) -> None:
    """Fill the store at ``path`` until nothing is missing; an error is sent to the starter as one line."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the starter decides
    threading.Thread(target=_end_with_starter, daemon=True).start()
    torch.set_num_threads(threads)
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - what the user's own code prints, it printed once in the starter
    warnings.simplefilter("ignore")  # as for its warnings
    try:
        with preserved_rng():
            job = _job(payload)
            store = ZarrStore(*split_path(Path(path)))
            store.check_spec(job.spec)
            messages.send(("began", None))
            with _claims_given_back():
                work(job, store, _Told(messages), [number for number in range(len(store.chunks)) if not store.has(number)])
    except Exception as error:
        name = type(error).__name__
        messages.send(("failed", (name, str(error))))


@contextmanager
def _claims_given_back() -> Iterator[None]:
    """Inside, being asked to stop is an exception, so that the claim in hand is given back; outside it simply ends the process."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _job(payload: bytes) -> Job:
    """The job of this worker, from what its starter sent."""
    try:
        sent = pickle.loads(payload)  # from our own starter, over a pipe: never from a file
    except Exception as error:
        raise LossAtlasError(f"a worker cannot take the probe and the family ({type(error).__name__}: {error}); write "
                             "make=\"file.py:name\" or a function at the top level of a module, that returns (probe, family)") from None
    make = sent["make"]
    if isinstance(make, str):
        make = named_object(make, what="make")
    made: Any = make() if callable(make) else make
    if not isinstance(made, tuple) or len(made) != 2:
        raise InputError(f"make returned a {type(made).__name__}; expected (probe, family), as sweep gets them")
    return prepare(*made, sent["coords"], plan=sent["plan"], engine="worker")


def _end_with_starter() -> None:
    """A starter that was killed must not leave workers behind."""
    starter = multiprocessing.parent_process()
    if starter is not None:
        starter.join()
        os._exit(1)
