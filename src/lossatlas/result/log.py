"""The log of a run that is watched: numbers and events by step, written while the run goes on, read by whoever looks at it.

A folder ``PATH.zarr/NAME`` with two files. ``monitor.json`` describes the log (its quantities, what they were measured on, notes).
``metrics.jsonl`` only ever grows, a line at a time: a record ``{"step": 12, "loss": 0.3}``, numbers only, NaN and infinity among them, or
an event ``{"step": 12, "event": "spike", "text": "in words"}``. So a crash costs at most the line in flight, which is left out: it has no
end. A quantity that a record does not name was not measured at that step.

A run that goes on after a crash, perhaps from an earlier checkpoint, says so (event ``resumed``): what was logged of steps beyond that one
is history that did not happen. One process writes; it holds a claim with a heartbeat, by which others know that it lives.
"""

from __future__ import annotations

import io
import json
import math
import os
from collections.abc import Mapping
from contextlib import ExitStack
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, SpecMismatch, StoreError, first_line
from . import files, frame
from .claims import Claims, alive
from .description import DESCRIPTION, exists, is_log
from .lines import METRICS, is_record, read_lines
from .places import split_path, writable
from .provenance import differences, provenance

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Held", "Log", "is_live", "is_log", "read_log"]

#: Version of the layout; a newer one is refused.
FORMAT = 1
_CLAIMS = ".claims"
#: Events that the log itself understands: nothing comes after the one, what is beyond the step of the other did not happen.
FINISHED, RESUMED = "finished", "resumed"
#: Names that no quantity may have.
RESERVED = ("step", "event", "text", "done")


class Log:
    """A log that this process writes.

    Args:
        path: ``PATH.zarr/NAME``.
        spec: what defines the numbers, as plain data: compared when a log is resumed.
        quantities: name -> (long_name, units).
        attrs: title, notes, objective and the like, as plain data.
        resume: go on in the log that lies there, if one does.

    Raises:
        StoreError: something lies there already, another process writes it, the place cannot be written.
        SpecMismatch: the log to go on in is of another monitor.
    """

    def __init__(
        self, path: str | Path, *, spec: Mapping[str, Any], quantities: Mapping[str, tuple[str, str]], attrs: Mapping[str, Any],
        resume: bool = False,
    ) -> None:
        root, name = split_path(path)
        self.path = root / name
        self.resumed = is_log(self.path)
        if self.resumed and not resume:
            raise StoreError(f"{self.path} holds the log of a run already; write resume=True to go on in it, or choose another name: "
                             f"{root}/NAME")
        if exists(self.path):
            raise StoreError(f"{self.path} holds a result; choose another name for the log: {root}/NAME")
        if above := [folder for folder in self.path.parents if is_log(folder) or os.path.exists(folder / "done")]:
            raise StoreError(f"{self.path} would lie inside the result {above[0]}; choose a name beside it: {root}/NAME")
        plain = json.loads(json.dumps(dict(spec)))
        if self.resumed:
            self._description = description(self.path)
            if lines := differences(self._description["spec"], plain):
                raise SpecMismatch(f"{self.path} is the log of another monitor ({'; '.join(lines[:6])}); write the same options to go on "
                                   f"in it, or choose another name: {root}/NAME")
        else:
            self._description = {"format": FORMAT, "kind": "monitor", **dict(attrs), **provenance(), "spec": plain, "quantities": {}}
        self._stack = ExitStack()
        try:
            self._open(root)
            self.describe(quantities=quantities, **({} if self.resumed else attrs))
        except OSError as error:
            self._stack.close()
            raise StoreError(f"cannot write the log {self.path}: {first_line(error)}; choose another place: store='PATH.zarr/NAME'"
                             ) from None
        except BaseException:
            self._stack.close()
            raise

    def _open(self, root: Path) -> None:
        with writable(root):
            frame.make_root(root)
            self.path.mkdir(parents=True, exist_ok=True)
        claims = Claims(self.path / _CLAIMS)
        claims.wait(0)
        if not self._stack.enter_context(claims.take(0)):
            owner = claims.owner(0) or {"machine": "?", "process": "?"}
            raise StoreError(f"process {owner['process']} on {owner['machine']} writes the log {self.path} now; end it, or choose another "
                             f"name: {root}/NAME")
        place = self.path / METRICS
        if place.exists():  # a line that a crash cut off has no end, and the next one would be glued to it
            whole = place.read_bytes().rpartition(b"\n")
            os.truncate(place, len(whole[0]) + len(whole[1]))
        self._file = self._stack.enter_context(io.FileIO(place, "ab"))

    def describe(self, *, quantities: Mapping[str, tuple[str, str]] | None = None, **attrs: Any) -> None:
        """Add quantities to the description, and change attributes; the file is replaced at once.

        Raises:
            StoreError: it cannot be written.
        """
        known = self._description["quantities"] | {name: list(words) for name, words in (quantities or {}).items()}
        self._description = {**self._description, **attrs, "quantities": known}
        try:
            files.write(self.path / DESCRIPTION, json.dumps(self._description, indent=1).encode())
        except OSError as error:
            raise StoreError(f"cannot write the log {self.path}: {first_line(error)}; what is logged is kept") from None

    def record(self, step: int, values: Mapping[str, float]) -> None:
        """Write numbers of a step; those of one step may come in several records, the last one counts.

        Raises:
            InputError: a value that is no number.
            StoreError: it cannot be written.
        """
        for name, value in values.items():
            if isinstance(value, bool) or not isinstance(value, Real) or name in RESERVED:
                raise InputError(f"{name} of step {step} is {value!r}; expected a number, and a name other than {', '.join(RESERVED)}")
        self._write({"step": int(step), **{name: float(value) for name, value in values.items()}})

    def event(self, step: int, event: str, text: str) -> None:
        """Write that something happened at a step, in a word and in words.

        Raises:
            StoreError: it cannot be written.
        """
        self._write({"step": int(step), "event": str(event), "text": str(text)})

    def finish(self, step: int, text: str = "") -> None:
        """Write that the run is over; what comes after takes that back."""
        self.event(step, FINISHED, text)

    def dataset(self) -> xr.Dataset:
        """What was written."""
        return read_log(self.path)

    def close(self) -> None:
        """Give the log free: it is live no longer."""
        self._stack.close()
        Claims(self.path / _CLAIMS).clear()

    def _write(self, line: Mapping[str, Any]) -> None:
        whole = json.dumps(line).encode() + b"\n"
        try:
            if self._file.write(whole) != len(whole):  # one call: a line is never seen mixed with another
                raise OSError("the disk took a part of a line")
        except (OSError, ValueError) as error:
            raise StoreError(f"cannot write the log {self.path}: {first_line(error)}; what is logged is kept") from None


class Held:
    """A log in memory, for a run whose numbers are kept nowhere else: the same methods as :class:`Log`."""

    resumed = False

    def __init__(self, *, quantities: Mapping[str, tuple[str, str]], attrs: Mapping[str, Any]) -> None:
        self._description = {"kind": "monitor", **dict(attrs), **provenance(), "quantities": {}}
        self._records: dict[int, dict[str, float]] = {}
        self._events: list[dict[str, Any]] = []
        self._live = True
        self.describe(quantities=quantities)

    def describe(self, *, quantities: Mapping[str, tuple[str, str]] | None = None, **attrs: Any) -> None:
        """Add quantities to the description, and change attributes."""
        known = self._description["quantities"] | {name: list(words) for name, words in (quantities or {}).items()}
        self._description = {**self._description, **attrs, "quantities": known}

    def record(self, step: int, values: Mapping[str, float]) -> None:
        """Keep numbers of a step."""
        self._records.setdefault(step, {}).update({name: float(value) for name, value in values.items()})

    def event(self, step: int, event: str, text: str) -> None:
        """Keep that something happened at a step."""
        self._events.append({"step": step, "event": event, "text": text})

    def finish(self, step: int, text: str = "") -> None:
        """Keep that the run is over."""
        self.event(step, FINISHED, text)

    def close(self) -> None:
        """Nothing more will come."""
        self._live = False

    def dataset(self) -> xr.Dataset:
        """What was kept, as :func:`read_log` gives it."""
        finished = bool(self._events) and self._events[-1]["event"] == FINISHED
        return _dataset(self._description, self._records, list(self._events), {"finished": finished, "live": self._live and not finished,
                                                                               "damaged_lines": 0})


def description(path: str | Path) -> dict[str, Any]:
    """What a log says of itself.

    Raises:
        StoreError: it is damaged, or of a newer lossatlas.
    """
    try:
        found = json.loads((Path(path) / DESCRIPTION).read_bytes())
        if found["format"] > FORMAT:
            raise StoreError(f"the log {path} has format {found['format']}, written by a newer lossatlas; this one reads up to {FORMAT}: "
                             "install the newer one")
        return {"quantities": {}, "spec": {}, **found}
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise StoreError(f"the description of the log {path} cannot be read ({type(error).__name__}: {first_line(error)}); expected the "
                         f"file {DESCRIPTION} that lossatlas wrote") from None


def read_log(path: str | Path) -> xr.Dataset:
    """A log as it stands, finished or not.

    Returns:
        A Dataset of kind "trajectory": a variable over ``step`` per quantity that was measured yet, NaN where it was not. Attributes
        beside those of the description: ``events``, a list of {"step", "event", "text"}; ``finished``, whether the run came to its end;
        ``live``, whether it is being written; ``damaged_lines``, how many could not be read.

    Raises:
        StoreError: no log lies there, or its description is damaged.
    """
    path = Path(path)
    records, events, finished, damaged = _lines(path)
    attrs = {"finished": finished, "live": not finished and is_live(path), "damaged_lines": damaged, "store": str(path)}
    return _dataset(description(path), records, events, attrs)


def _dataset(
    about: dict[str, Any], records: Mapping[int, Mapping[str, float]], events: list[dict[str, Any]], attrs: Mapping[str, Any],
) -> xr.Dataset:
    import xarray as xr  # here: to ask whether a folder is a log takes none of it

    quantities = about["quantities"]
    names = [*quantities, *sorted({name for values in records.values() for name in values} - set(quantities))]
    steps = sorted(records)
    variables = {}
    for name in names:
        long_name, units = quantities.get(name, (name, ""))
        column = np.array([records[step].get(name, math.nan) for step in steps], dtype=np.float64)
        if any(name in values for values in records.values()):
            variables[name] = ("step", column, {"long_name": long_name, "units": units})
    told = {key: value for key, value in about.items() if key != "quantities"}
    attrs = {**told, "kind": "trajectory", "events": events, **attrs}
    coordinate = ("step", np.array(steps, dtype=np.int64), {"long_name": "step", "units": ""})
    return xr.Dataset(variables, coords={"step": coordinate}, attrs=attrs)


def is_live(path: str | Path) -> bool:
    """Whether a process writes this log now."""
    return alive(Path(path) / _CLAIMS, 0)


def _lines(path: Path) -> tuple[dict[int, dict[str, float]], list[dict[str, Any]], bool, int]:
    """Records by step, events in their order, whether the last line says that the run is over, and how many lines cannot be read."""
    records: dict[int, dict[str, float]] = {}
    events: list[dict[str, Any]] = []
    finished, damaged = False, 0
    for found in read_lines(path):
        line = _sensible(found)
        finished = line is not None and line.get("event") == FINISHED
        if line is None:
            damaged += 1
        elif "event" not in line:
            records.setdefault(line.pop("step"), {}).update(line)
        elif line["event"] == RESUMED:
            records = {step: values for step, values in records.items() if step <= line["step"]}
            events = [event for event in events if event["step"] <= line["step"] and event["event"] != FINISHED] + [line]
        else:
            events.append(line)
    return records, events, finished, damaged


def _sensible(line: dict[str, Any] | None) -> dict[str, Any] | None:
    """An event, or a record of numbers; None of what is neither."""
    if line is not None and "event" in line:
        return {"step": line["step"], "event": str(line["event"]), "text": str(line.get("text", ""))}
    return line if line is not None and is_record(line) else None
