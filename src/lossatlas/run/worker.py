"""A worker process: it comes to the job on its own, joins the store, and tells its starter how it goes."""

from __future__ import annotations

import multiprocessing
import os
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

from ..errors import InputError, LossAtlasError, SpecMismatch, first_line
from ..loading import named_object, where
from ..result.store import ZarrStore, split_path
from ..seeds import preserved_rng
from .job import Job, prepare
from .work import work


class _Told:
    """Sends what happens to the starter."""

    def __init__(self, messages: Connection) -> None:
        self._messages = messages

    def points(self, chunk: int, count: int) -> None:
        """So many more points of this chunk are evaluated."""
        self._messages.send(("points", (chunk, count)))

    def stored(self, chunk: int) -> None:
        """This chunk is stored."""
        self._messages.send(("stored", chunk))

    def found(self, chunk: int) -> None:
        """Somebody else has stored this chunk."""
        self._messages.send(("found", chunk))

    def waiting(self, chunks: int) -> None:
        """The starter sees as much."""

    def note(self, message: str) -> None:
        """Something a person should know."""
        self._messages.send(("note", message))


class _Stopped(BaseException):
    """The starter wants this worker to end."""


def main(messages: Connection, sent: str, path: str, threads: int, gpu: int | None) -> None:
    """Fill the store at ``path`` until nothing is missing, on the GPU of this number; an error is sent to the starter as one line."""
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]  # a DataLoader may have processes
    multiprocessing.set_start_method(None, force=True)  # and starts them as it does anywhere else
    threading.Thread(target=_end_with_starter, daemon=True).start()
    torch.set_num_threads(threads)
    if gpu is not None:
        torch.cuda.set_device(gpu)  # what "cuda" means from here on
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - what the user's own code prints, it printed once in the starter
    warnings.simplefilter("ignore")  # as for its warnings
    try:
        with preserved_rng():
            job = _job(sent, gpu)
            store = ZarrStore(*split_path(Path(path)))
            _check(store, job)
            messages.send(("began", None))
            with _claims_given_back():
                work(job, store, _Told(messages), [number for number in range(len(store.chunks)) if not store.has(number)])
        messages.send(("finished", None))
    except _Stopped:
        os._exit(1)
    except LossAtlasError as error:
        messages.send(("refused", (type(error).__name__, str(error))))
    except (Exception, SystemExit) as error:
        messages.send(("refused", ("LossAtlasError", f"a worker raised {type(error).__name__}: {first_line(error)}{where(error)}")))


@contextmanager
def _claims_given_back() -> Iterator[None]:
    """Inside, being asked to stop is an exception, so that the claim in hand is given back; outside it simply ends the process."""
    def stop(*_: Any) -> None:
        raise _Stopped

    signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _check(store: ZarrStore, job: Job) -> None:
    """Refuse to work on another computation than the starter's."""
    try:
        store.check_spec(job.spec)
    except SpecMismatch as error:
        raise SpecMismatch(f"a worker comes to another computation than the one it was started for: {error}. Expected the same each time "
                           "it is made: seed what draws random weights or data, e.g. torch.manual_seed(0)") from None


def _job(file: str, gpu: int | None) -> Job:
    """The job of this worker, from what its starter sent."""
    try:
        moved = None if gpu is None else lambda storage, device: storage.cuda(gpu) if device.startswith("cuda") else storage
        # pickled by our own starter, into a folder that only we can read
        sent = torch.load(file, weights_only=False, mmap=True, map_location=moved)
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
