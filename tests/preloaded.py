"""Processes that begin where torch is imported already: what a test starts takes hundredths of a second, and not three seconds.

A server without threads imports torch and lossatlas once for every pytest process, and forks what is asked for (multiprocessing's
forkserver). A worker or a script begins there as it would by itself: with the environment, the folder, the path of modules and the
arguments of its starter. What a fresh interpreter alone can tell (imports, signals of a terminal, scripts without a guard) is tested with
fresh ones.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import sys
import tempfile
import traceback
from multiprocessing import forkserver
from multiprocessing.context import BaseContext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

HERE = Path(__file__).parent


def context() -> BaseContext:
    """The server, which is started when it is first used."""
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(["__main__", "torch", "torch._dynamo", "xarray", "zarr", "lossatlas.cli.app", "lossatlas.run.worker",
                                 "lossatlas.run.sweep", "lossatlas.run.survey", "lossatlas.probes"])
    return made


def workers() -> Any:
    """What stands for ``multiprocessing.get_context("spawn")`` where workers are started."""
    server = context()

    def process(*, target: Any, args: tuple[Any, ...], **options: Any) -> Any:
        return server.Process(target=_entered, args=(dict(os.environ), os.getcwd(), target, args), **options)

    return SimpleNamespace(Pipe=server.Pipe, Process=process)


def _entered(environment: dict[str, str], folder: str, target: Any, args: tuple[Any, ...]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    target(*args)


class Script:
    """A running script, with what a ``subprocess.Popen`` has: pid, poll, wait, kill, send_signal, communicate, returncode.

    Args:
        code: Python, run as ``__main__``. arguments, folder, environment: as of a process of its own.
        workers: its own workers begin at the same server.
    """

    def __init__(self, code: str, *arguments: str, folder: Path | None = None, environment: dict[str, str] | None = None,
                 workers: bool = False) -> None:
        descriptor, self._said = tempfile.mkstemp(prefix="script-")
        os.close(descriptor)
        self.process = context().Process(target=_script, args=(code, arguments, str(folder or Path.cwd()), dict(environment or os.environ),
                                                               self._said, workers))
        self.process.start()
        self.pid = self.process.pid

    @property
    def returncode(self) -> int | None:
        return self.process.exitcode

    def poll(self) -> int | None:
        return self.process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self.process.join(timeout)
        assert self.process.exitcode is not None, f"still running after {timeout} s"
        return self.process.exitcode

    def kill(self) -> None:
        if self.process.exitcode is None:
            self.process.kill()

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def communicate(self, timeout: float | None = None) -> tuple[None, str]:
        """Waits for the end; nothing, and what it wrote to both of its outputs."""
        self.wait(timeout)
        text = Path(self._said).read_text()
        os.unlink(self._said)
        return None, text


def _script(code: str, arguments: tuple[str, ...], folder: str, environment: dict[str, str], said: str, with_workers: bool) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    output = os.open(said, os.O_WRONLY | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.argv = ["script", *arguments]
    if with_workers:
        forkserver._forkserver.ensure_running = lambda: None  # its address is known here, and it runs as long as the tests do
        real = multiprocessing.get_context
        multiprocessing.get_context = lambda method=None: workers() if method == "spawn" else real(method)
    with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
        file.write(code)
        file.flush()
        try:
            runpy.run_path(file.name, run_name="__main__")
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGINT)
        except SystemExit:
            raise
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
