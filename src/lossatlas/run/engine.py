"""Where work runs: this process, or several of this machine that fill one store together.

An engine gets the job and the store and returns when nothing is missing. Workers are processes that come to the same job
on their own, from the probe and the family that were sent to them or from a function that makes both, so that the store is
all they share: it does not matter who started them, and one that dies costs the chunk it held.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch

from ..errors import InputError, first_line
from .events import Listener
from .job import Job
from .plan import device_of
from .supervise import supervise
from .work import Store, Tally, work

Make = str | Callable[[], tuple[Any, Any]]


class Engine(Protocol):
    """Works a job until its store has every chunk."""

    name: str
    workers: int  # processes, this one not counted where there are several

    def fill(self, job: Job, store: Store, tally: Tally, on_event: Listener) -> None:
        """Evaluate ``tally.missing`` by :func:`~lossatlas.run.work.work`, telling the tally, and return when all are stored."""
        ...


@dataclass(frozen=True)
class Local:
    """This machine: this process, or worker processes beside it; where the network is on a GPU, worker k takes GPU k modulo their number.

    Attributes:
        workers: 1 works here; more start as many processes. Under a script, its top level must then be guarded by
            ``if __name__ == "__main__":``, because Python imports the script again in every worker.
        make: how a worker comes to the probe and the family of the sweep: a function at the top level of a module, called
            without arguments, that returns ``(probe, family)``, or its import string (``"file.py:name"`` or
            ``"package.module:name"``). None sends the ones that ``sweep`` was given, which works where they can be pickled.
        threads: of each worker (default: the cores shared out, and never more than OMP_NUM_THREADS asks for).

    Raises:
        InputError: numbers that are not positive, something that is no way to make a probe and a family.
    """

    workers: int = 1
    make: Make | None = None
    threads: int | None = None

    def __post_init__(self) -> None:
        for what, value in (("workers", self.workers), ("threads", 1 if self.threads is None else self.threads)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InputError(f"{what} is {value!r}; expected a whole number of at least 1")
        if self.make is not None and not callable(self.make) and not (isinstance(self.make, str) and ":" in self.make):
            raise InputError(f"make is {self.make!r}; expected a function that returns (probe, family), or its import string "
                             "'file.py:name' or 'package.module:name'")

    @property
    def name(self) -> str:
        """As results say it."""
        return "local" if self.workers == 1 else f"local, {self.workers} workers of {_threads(self)} threads"

    @property
    def worker_threads(self) -> int | None:
        """Threads of each worker; None where there are none, and the work is done with those of this process."""
        return None if self.workers == 1 else _threads(self)

    def fill(self, job: Job, store: Store, tally: Tally, on_event: Listener) -> None:
        """Work here, or have the workers do it."""
        if self.workers == 1:
            work(job, store, tally, tally.missing)
        elif tally.missing:
            with tempfile.TemporaryDirectory(prefix="lossatlas-") as folder:
                sent = Path(folder) / "job"
                self.send(job, sent)
                supervise(store, tally, on_event, sent=sent, workers=min(self.workers, len(tally.missing)), threads=_threads(self),
                          gpus=torch.cuda.device_count() if device_of(job.probe) == "cuda" else 0)

    def send(self, job: Job, file: Path) -> None:
        """Write what a worker needs to come to the same job; tensors are mapped from the file, so that workers share their memory.

        Raises:
            InputError: probe, family or function cannot be sent to another process; or this is a worker itself.
        """
        if getattr(multiprocessing.current_process(), "_inheriting", False):
            raise InputError(f"Local(workers={self.workers}) is reached while a worker imports this script; put what starts the sweep "
                             "under `if __name__ == \"__main__\":`")
        script = getattr(sys.modules["__main__"], "__file__", None)
        if script is not None and not Path(script).exists():
            raise InputError(f"Local(workers={self.workers}): workers import the script again, and this one ({script}) is no file; save it "
                             "to a file")
        make = self.make
        if isinstance(make, str) and Path(make.rpartition(":")[0]).is_file():
            make = str(Path(make).absolute())
        try:
            torch.save({"make": make or (job.probe, job.family), "coords": job.coords, "plan": job.spec["plan"]}, file)
        except Exception as error:
            what = "its function make" if callable(self.make) else "the probe and the family"
            raise InputError(f"Local(workers={self.workers}) cannot send {what} to other processes ({first_line(error)}); write "
                             "make=\"file.py:name\" or a function at the top level of a module, that returns (probe, family)") from None


def _threads(engine: Local) -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    most = torch.get_num_threads() if os.environ.get("OMP_NUM_THREADS") else cores
    return engine.threads or max(1, min(cores // engine.workers, most))
