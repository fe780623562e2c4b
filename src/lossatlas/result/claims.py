"""Who works on which chunk: exclusive files with a heartbeat.

A claim is a file ``CHUNK.GENERATION``, created exclusively (one creator wins) and touched every few seconds while its
owner works. A claim is stale when its owner is gone (same machine, the process has ended) or when it was not touched for
a while; then whoever first creates the next generation takes the chunk over. The newest generation owns it, so that a
takeover needs no deletion and no lock. A chunk done twice is harmless: both writers write the same.
"""

from __future__ import annotations

import json
import os
import platform
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ..errors import StoreError, first_line

#: Seconds between two touches of a claim, and after how many without one it is stale: ten heartbeats, so that a busy
#: machine or a slow network file system does not lose a claim.
HEARTBEAT_SECONDS, STALE_SECONDS = 3.0, 30.0


class Claims:
    """The claims of this process on the chunks of one group, whose files lie in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen: dict[str, tuple[int, float]] = {}  # claim of another -> (its time of touching, when we saw that first)

    @contextmanager
    def take(self, chunk: int) -> Iterator[bool]:
        """Inside, this process owns the chunk if the value is true; false: somebody else works on it.

        Raises:
            StoreError: the folder is gone, read-only or on a full disk.
        """
        path = self._created(chunk)
        if path is None:
            yield False
            return
        stop = threading.Event()
        beat = threading.Thread(target=_touch, args=(path, stop), name="lossatlas-claim", daemon=True)
        beat.start()
        try:
            yield True
        finally:
            stop.set()
            beat.join()
            self._release(chunk, int(path.suffix[1:]))

    def wait(self, chunk: int) -> None:
        """Wait while it cannot be known whether the owner of a chunk lives: one of another machine, for its next touch or its silence.

        Of this machine that is known at once. Call it before :meth:`take`, whose first look at such a claim finds it fresh.
        """
        first, until = None, time.monotonic() + STALE_SECONDS + HEARTBEAT_SECONDS
        while time.monotonic() < until and (path := self._newest(chunk)) is not None:
            if self._stale(path) or _is_here(_owner(path)):
                return
            seen = self._seen.get(path.name)
            first = first or (path.name, seen)
            if (path.name, seen) != first:
                return  # touched, or another's by now: it lives
            time.sleep(max(STALE_SECONDS, 0.0) / 60)

    def owner(self, chunk: int) -> dict[str, Any] | None:
        """Who holds a chunk: ``machine`` (its name), ``process`` and ``own``, whether that is this very process; None: nobody."""
        if (path := self._newest(chunk)) is None:
            return None
        found = _owner(path)
        machine = str(found.get("machine", "an unknown machine")).partition(" ")[0]
        return {"machine": machine, "process": found.get("process"), "own": found == _me()}

    def clear(self) -> None:
        """Remove what the dead left behind, and the folder where nobody holds a claim any more."""
        with suppress(OSError):  # not there, not empty, or not ours to write: it does not matter
            for path in list(self.folder.iterdir()):
                if self._stale(path):
                    path.unlink(missing_ok=True)
            self.folder.rmdir()

    def _created(self, chunk: int) -> Path | None:
        """The new claim file, or None where another claim holds."""
        try:
            self.folder.mkdir(exist_ok=True)  # not its parents: a group that was deleted must not come back as an empty folder
            newest = max(self._generations(chunk), default=-1)
            if newest >= 0 and not self._stale(self.folder / f"{chunk}.{newest}"):
                return None
            path = self.folder / f"{chunk}.{newest + 1}"
            with open(path, "x") as file:
                try:
                    file.write(json.dumps(_me()))
                    file.flush()
                except BaseException:  # a claim without an owner would hold for half a minute
                    path.unlink(missing_ok=True)
                    raise
            return path
        except FileExistsError as error:
            if self.folder.is_dir():
                return None
            raise StoreError(f"{self.folder} is no folder ({first_line(error)}); expected the folder of claims, or nothing: remove it and "
                             "run again") from None
        except OSError as error:
            if isinstance(error, FileNotFoundError) and self.folder.parent.is_dir():
                return None  # somebody removed the empty folder just now: next time
            raise StoreError(f"cannot claim chunk {chunk} in {self.folder}: {first_line(error)}; what is done is kept, expected a store "
                             "that is there and can be written: run again to go on") from None

    def _generations(self, chunk: int) -> list[int]:
        """The numbers of the claims on a chunk; other names are nobody's claim."""
        return [int(found[1]) for name in os.listdir(self.folder) if (found := re.fullmatch(rf"{chunk}\.(0|[1-9][0-9]{{0,17}})", name))]

    def _newest(self, chunk: int) -> Path | None:
        """The claim that holds, if there is one."""
        try:
            return self.folder / f"{chunk}.{max(self._generations(chunk))}"
        except (OSError, ValueError):
            return None

    def _stale(self, path: Path) -> bool:
        """Whether the owner of a claim is gone or was silent for long.

        Silence is measured on our own clock from the last touch that we saw, so that machines whose clocks differ do not
        take each other's claims.
        """
        try:
            stat = path.stat()
        except OSError:
            return False  # released just now, or not to be seen: next time
        touched = stat.st_mtime_ns
        if _ended(_owner(path)):
            return True
        before, since = self._seen.get(path.name, (None, 0.0))
        if touched != before:
            self._seen[path.name] = (touched, time.monotonic())
            return False
        return time.monotonic() - since > _patience(stat)

    def _release(self, chunk: int, generation: int) -> None:
        for number in range(generation + 1):
            with suppress(OSError):  # the store has vanished: writing it says so
                (self.folder / f"{chunk}.{number}").unlink(missing_ok=True)


def alive(folder: Path, chunk: int) -> bool:
    """Whether a claim is held by somebody who seems to live: of this machine that is known, of another by a touch a moment ago."""
    if (path := Claims(folder)._newest(chunk)) is None:
        return False
    owner = _owner(path)
    if _is_here(owner):
        return not _ended(owner)
    with suppress(OSError):
        stat = path.stat()
        return time.time() - stat.st_mtime < _patience(stat)
    return False


def held(folder: Path) -> bool:
    """Whether any claim in a folder is held by somebody who seems to live."""
    try:
        chunks = {name.partition(".")[0] for name in os.listdir(folder)}
    except OSError:
        return False
    return any(alive(folder, int(chunk)) for chunk in chunks if chunk.isdecimal())


def _patience(stat: os.stat_result) -> float:
    """Seconds that a claim may be silent; less for one that says nothing, whose owner was killed before it could write its name."""
    return STALE_SECONDS if stat.st_size else HEARTBEAT_SECONDS


def _touch(path: Path, stop: threading.Event) -> None:
    while not stop.wait(HEARTBEAT_SECONDS):
        try:
            os.utime(path)
        except OSError:
            return


def _me() -> dict[str, Any]:
    """This process, told apart from every other one: machine, process number and when it began."""
    return {"machine": _machine(), "process": os.getpid(), "began": _began(os.getpid())}


def _owner(path: Path) -> dict[str, Any]:
    """What a claim says of its owner; nothing where it cannot be read."""
    try:
        owner = json.loads(path.read_text() or "{}")
    except (OSError, ValueError, RecursionError):
        return {}
    return owner if isinstance(owner, dict) else {}


def _is_here(owner: dict[str, Any]) -> bool:
    """Whether the owner is a process of this machine, where it can be known whether that has ended."""
    return owner.get("machine") == _machine() and isinstance(owner.get("process"), int) and os.name == "posix"


def _ended(owner: dict[str, Any]) -> bool:
    """Whether a process of this machine has ended; false where that cannot be known from here."""
    if not _is_here(owner):
        return False
    process = owner["process"]
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # no right to ask; or a number that no process has
        return False
    return _began(process) != owner.get("began")


def _machine() -> str:
    """The name of this machine and, in a container, which set of process numbers is meant."""
    try:
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        space = ""
    return f"{platform.node()} {space}"


def _began(process: int) -> str | None:
    """When a process began, in ticks since the machine started (Linux); None for one that has ended, or elsewhere."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]  # proc(5): state is field 3, starttime 22; killed and not yet waited for: Z
