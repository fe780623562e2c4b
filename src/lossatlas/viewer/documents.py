"""What travels to the browser: plain records, of which the TypeScript types of the client are generated (:mod:`.types`).

A ``Catalogue`` lists the results that there are, a ``Document`` holds one of them as it is drawn. A document has one drawing or several: a
``Field`` over a plane (the surface), a ``Volume``, or a ``figure``, the plain data of :class:`lossatlas.figures.Figure` for every kind
that is drawn in two dimensions. Values are raw: scales, clipping and colours belong to the client. Arrays travel as base64 of
little-endian numbers in C order, ``values[i, j]`` at ``(x[i], y[j])`` as everywhere (:mod:`lossatlas.figures.figure`); NaN stays NaN.

While something runs, messages say which entries changed and nothing else: a client asks for the documents it shows, so that a late or slow
one gets the latest state only.
"""

from __future__ import annotations

import base64
import dataclasses
import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Dtype = Literal["f4", "f8", "u1"]
Kind = Literal["profile", "slice", "volume", "spectrum", "trajectory", "path", "graph", "scan", "matrix"]
Role = Literal["trained", "given", "start", "end"]


@dataclass(frozen=True)
class Numbers:
    """An array: little-endian, C order, base64."""

    dtype: Dtype
    shape: tuple[int, ...]
    data: str


@dataclass(frozen=True)
class Coordinate:
    """An axis of the plane or volume: its dim ("alpha"), the words on it, and its values, increasing, shape (n,), f8."""

    dim: str
    label: str
    values: Numbers


@dataclass(frozen=True)
class Quantity:
    """One quantity over the coordinates, or along a track.

    Attributes:
        label: as on an axis, with units.
        scale: how it is drawn unless somebody says otherwise.
        center: where colours diverge from (eigenvalues: 0); None for a quantity that has a beginning and an end.
        low, high: the range of what can be drawn on that scale; None where there is nothing.
        values: f4. ``error``: standard errors, of the same shape.
        flag: true or false (1 or 0), such as "converged" or "evaluated".
    """

    name: str
    label: str
    scale: Literal["linear", "log"]
    center: float | None
    low: float | None
    high: float | None
    values: Numbers
    error: Numbers | None = None
    flag: bool = False


@dataclass(frozen=True)
class Sheet:
    """The quantities for one split, layer, class and repeat; ``name`` is empty where there is only one sheet.

    ``done`` (u1) tells what was computed from what is missing, ``predicted`` (u1) what a survey predicted from what it evaluated.
    """

    name: str
    quantities: tuple[Quantity, ...]
    done: Numbers
    predicted: Numbers | None = None


@dataclass(frozen=True)
class Track:
    """A training run, or a path, over the plane, in the plane's units.

    Attributes:
        steps: of the run, shape (n,), f8; None where the points are not steps.
        off: distance from the plane as a share of the distance from the origin of the plane (``relative_off_slice``), or None.
        at_least: ``off`` is the least that it can be, of a monitored run over a slice that was laid around a later point.
        quantities: what is known along it, shape (n,): its own values (at their true loss), by the names of the plane's quantities.
    """

    name: str
    x: Numbers
    y: Numbers
    steps: Numbers | None
    off: Numbers | None
    quantities: tuple[Quantity, ...]
    at_least: bool = False


@dataclass(frozen=True)
class Value:
    """A named number; None where it is not known or not finite."""

    name: str
    value: float | None


@dataclass(frozen=True)
class Marker:
    """A place with a name: the trained point, a given point, the start or the end of a path."""

    name: str
    role: Role
    x: float
    y: float
    z: float | None
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Field:
    """Quantities over a plane; ``quantity`` is the one that is drawn unless somebody says otherwise."""

    x: Coordinate
    y: Coordinate
    sheets: tuple[Sheet, ...]
    quantity: str
    equal: bool
    tracks: tuple[Track, ...]
    markers: tuple[Marker, ...]


@dataclass(frozen=True)
class Volume:
    """Quantities over three coordinates: ``values[i, j, k]`` at ``(x[i], y[j], z[k])``."""

    x: Coordinate
    y: Coordinate
    z: Coordinate
    sheets: tuple[Sheet, ...]
    quantity: str
    markers: tuple[Marker, ...]


@dataclass(frozen=True)
class Fact:
    """A line of what ``lossatlas info`` says."""

    name: str
    text: str


@dataclass(frozen=True)
class Entry:
    """A result in the catalogue.

    Attributes:
        id: what the client asks for, unique and stable while the viewer runs.
        store: the words under which results are grouped: the name of the store or folder.
        dims: how large it is: "alpha 51 × beta 51", "40 records, up to step 390".
        revision: changes with the data.
        done, total: points; 0 of 0 where that is not counted (a run that is being recorded).
        live: somebody is at work on it.
        error: why it cannot be shown; None where it can.
    """

    id: str
    title: str
    kind: Kind
    store: str
    dims: str
    revision: str
    done: int
    total: int
    live: bool
    error: str | None = None


@dataclass(frozen=True)
class Document:
    """One result as it is drawn, and what is known of it."""

    entry: Entry
    caption: str
    facts: tuple[Fact, ...]
    field: Field | None = None
    volume: Volume | None = None
    figure: dict[str, Any] | None = None


@dataclass(frozen=True)
class Catalogue:
    """All results that there are."""

    version: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Changed:
    """A message: entries that are new or have another revision, and the ids of those that are gone."""

    entries: tuple[Entry, ...]
    gone: tuple[str, ...]


@dataclass(frozen=True)
class Inlined:
    """What a self-contained page holds: everything, and the view it opens with (the part of an address behind ``#``)."""

    catalogue: Catalogue
    documents: tuple[Document, ...]
    view: str


def numbers(values: Any, dtype: Dtype = "f4") -> Numbers:
    """An array as it travels."""
    array = np.ascontiguousarray(values, dtype="u1" if dtype == "u1" else f"<{dtype}")
    return Numbers(dtype, array.shape, base64.b64encode(array.tobytes()).decode("ascii"))


def plain(value: Any) -> Any:
    """A record as strict JSON: dataclasses as objects, tuples as lists, numbers that are not finite as null."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
