"""A single result on disk, looked at: whether it changed, how far it is, whether somebody works on it, and its values.

Whether it changed is asked of the file system: chunks are replaced, never written into, so that their folder tells. Folders tell time in
steps of some milliseconds, so that one that changed a moment ago is looked into.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import LossAtlasError, first_line
from ..figures.reading import FORMS
from ..result.claims import alive, held
from ..result.description import COPY, DESCRIPTION
from ..result.log import description as log_description
from ..result.log import is_live, read_log
from ..result.recorded import CLAIM, METRICS, RUN, metrics_dataset, read_description, read_rows
from ..result.store import CELLS, ZarrStore
from .places import Place, leaves
from .tracks import lies_on, plane_of

if TYPE_CHECKING:
    import xarray as xr

#: Seconds after which the files of a result that seems unchanged are looked at one by one all the same, so that damage is noticed.
CLOSE_LOOK = 10.0
#: What reading a result may raise where another program, or a person, wrote into it.
ODD = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, ZeroDivisionError)
#: Letters of a title that fits above a picture.
LONGEST = 60
#: Seconds after a change for which a folder is not believed to tell of the next.
SETTLED = 2.0


@dataclass(frozen=True)
class Found:
    """What a result is.

    Attributes:
        title: that somebody gave it; empty for one that a command made up, which many have alike.
        size: in words (:func:`size_of`). done, total: points.
        plane: that it was measured over; lies_on: that its points were projected on (:mod:`.tracks`).
        thinking: unfinished, and known to make pauses in which nobody is seen at work.
        error: why it cannot be shown.
    """

    title: str = ""
    kind: str = "scan"
    size: str = ""
    done: int = 0
    total: int = 0
    plane: str | None = None
    lies_on: str | None = None
    run: str = ""
    thinking: bool = False
    error: str | None = None


@dataclass(eq=False)
class Looker:
    """Looks at one place again and again; ``signature`` is new whenever its files are."""

    place: Place
    signature: str = ""
    found: Found = field(default_factory=Found)
    _folders: Any = None
    _close: float = -1e9  # when its files were looked at one by one

    def look(self) -> None:
        """Look at the files; what changed is described anew."""
        now, folders = time.time(), _folders(self.place)
        young = any(now - stamp / 1e9 < SETTLED for _, stamp in folders)
        if folders == self._folders and not young and now - self._close < CLOSE_LOOK:
            return
        self._folders, self._close = folders, now
        signature = _signature(self.place)
        if signature != self.signature:
            self.signature, self.found = signature, _described(self.place)

    def at_work(self) -> bool:
        """Whether a process is seen at work on it now."""
        place = self.place
        if place.form == "log":
            return is_live(place.path)
        if place.form == "run":
            return alive(place.path / CLAIM, 0)
        if held(place.path / "done" / ".claims"):
            return True
        rounds = Path(f"{place.path}{CELLS}")
        if not rounds.is_dir():
            return False
        with suppress(OSError):
            newest = max((entry.name for entry in os.scandir(rounds)), default=None)
            return newest is not None and held(rounds / newest / "done" / ".claims")
        return False


def read(place: Place) -> xr.Dataset:
    """The values.

    Raises:
        LossAtlasError: damaged.
    """
    if place.form == "log":
        return read_log(place.path)
    if place.form == "run":
        return metrics_dataset(read_rows(place.path), title=f"training run {place.name}")
    return ZarrStore(place.inside, place.name).dataset()


def _folders(place: Place) -> list[tuple[str, int]]:
    """What tells that files were replaced: when the few files and folders that lead to the others were changed."""
    names = {"group": ("zarr.json", COPY, "done/c"), "log": (DESCRIPTION, METRICS), "run": (RUN, METRICS, "steps")}[place.form]
    out = []
    for name in names:
        with suppress(OSError):
            out.append((str(name), (place.path / name).stat().st_mtime_ns))
    return out


def _signature(place: Place) -> str:
    """A word for the files as they are: their names, sizes, times and numbers."""
    told = hashlib.blake2b(digest_size=8)
    for name, stat in _files(place):
        told.update(f"{name} {stat.st_size} {stat.st_mtime_ns} {stat.st_ino}\n".encode("utf-8", "surrogateescape"))
    return told.hexdigest()


def _files(place: Place) -> Iterator[tuple[str, os.stat_result]]:
    """The descriptions, and the chunks: of ``done``, which is written last, and of the arrays where these have one each."""
    if place.form != "group":
        for name in (DESCRIPTION, METRICS, RUN):
            with suppress(OSError):
                yield name, os.stat(place.path / name)
        return
    for name in ("zarr.json", str(COPY)):
        with suppress(OSError):
            yield name, os.stat(place.path / name)
    for folder in sorted(entry.path for entry in os.scandir(place.path) if entry.is_dir()):
        with suppress(OSError):
            for entry in sorted(os.scandir(os.path.join(folder, "c")), key=lambda entry: entry.name):
                if entry.is_file():
                    yield entry.path, entry.stat()


def _described(place: Place) -> Found:
    try:
        if link := leaves(place):
            return Found(error=f"{place.name} holds a link, {link}, that leads out of {place.inside.name} and is not followed; copy what "
                               "it leads to into the store")
        return {"group": _group, "log": _log, "run": _run}[place.form](place)
    except (LossAtlasError, OSError) as error:
        return Found(error=first_line(error))
    except ODD as error:
        return Found(error=f"{place.name} makes no sense ({type(error).__name__}: {first_line(error)}); expected what lossatlas wrote: "
                           "measure it again")


def _group(place: Place) -> Found:
    store = ZarrStore(place.inside, place.name)
    attrs, spec, total = store.attrs, store.meta["spec"], len(store.indices)
    chunks = {entry.name for entry in os.scandir(place.path / "done" / "c")} if (place.path / "done" / "c").is_dir() else set()
    done = sum(len(points) for number, points in enumerate(store.chunks) if str(number) in chunks)
    if str(attrs["kind"]) not in FORMS:
        return Found(error=f"a result of kind {attrs['kind']!r} has no picture here; expected one of {', '.join(FORMS)}")
    growing = attrs.get("method") == "survey" and not attrs.get("complete", True)
    if growing:  # there is a value at every cell, and measured were some
        done = int((store.read()[0]["evaluated"] == 1).sum())
    return Found(_given(attrs), str(attrs["kind"]), size_of(str(attrs["kind"]), store.coords),
                 done, total, plane_of(spec), lies_on(spec), str(attrs.get("run") or ""), growing)


def _given(attrs: Mapping[str, Any]) -> str:
    """The title that somebody gave a result."""
    title = str(attrs.get("title") or "")
    return "" if len(title) > LONGEST or "step" in attrs or title.startswith(f"{attrs.get('network')}: ") else title


def _log(place: Place) -> Found:
    log_description(place.path)
    return Found(kind="trajectory", size=_logged(place))


def _run(place: Place) -> Found:
    read_description(place.path)
    return Found(kind="trajectory", size=_logged(place))


def size_of(kind: str, coords: Mapping[str, Any]) -> str:
    """How large a result is, in the words of the catalogue: "alpha 51 × beta 51"; of a run "40 records, up to step 390",
    of a matrix "4 points, each with each".

    Args:
        coords: dim -> its values.
    """
    if kind == "trajectory" and list(coords) == ["step"]:
        return _records(len(coords["step"]), int(max(coords["step"], default=0)))
    if kind == "matrix" and "a" in coords:
        return f"{len(coords['a'])} points, each with each"
    return " × ".join(f"{dim} {len(values):,}" for dim, values in coords.items() if dim != "point")


def _records(count: int, last: int) -> str:
    return f"{count:,} records, up to step {last:,}" if count > 1 else f"1 record, of step {last:,}" if count else "no records yet"


def _logged(place: Place) -> str:
    """What was logged so far; what happened beside it is no record, and a run that went back stands where its last record says."""
    try:
        lines = (place.path / METRICS).read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        lines = []
    records = [line for line in lines if b'"event"' not in line]
    for line in reversed(records):
        with suppress(ValueError, KeyError, TypeError):  # a line that a crash damaged
            return _records(len(records), int(json.loads(line)["step"]))
    return _records(0, 0)
