"""What results there are, what became of them since the last look, and the document of each.

A look costs next to nothing: values are not decoded (:mod:`.look`). A result that changed gets another revision; its document is made when
somebody asks for it, and kept for as long as the revision lasts. The document of a slice changes with the runs and paths over it, too.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import StoreError, first_line
from ..result.summary import of_a_log, summary_of
from ..version import __version__
from . import places
from .documents import Catalogue, Changed, Document, Entry
from .gather import document
from .look import ODD, Found, Looker, read
from .places import Place
from .tracks import lying_on

if TYPE_CHECKING:
    import xarray as xr

#: Seconds for which a result counts as live after somebody was seen at work on it: between two chunks nobody is. A survey thinks longer.
PAUSE, THINKING = 3.0, 60.0
#: What grows while it is shown is told of again after so many times the seconds that its document took: a tenth of a processor at most.
PATIENCE = 10.0
#: Documents that are kept.
KEPT = 64


@dataclass(frozen=True, eq=False)
class Seen:
    """A result as it was found at a look; ``over`` are the ids of the runs and paths that lie over it."""

    place: Place
    signature: str
    found: Found
    over: tuple[str, ...] = ()


class Watch:
    """The results in some stores and folders; :meth:`poll` looks at them.

    Args:
        stores: PATH.zarr, PATH.zarr/GROUP, folders of runs, folders that hold several.

    Raises:
        InputError: nothing there.
    """

    def __init__(self, stores: Sequence[str | Path]) -> None:
        self._given = places.check(stores)
        self._ids: dict[Path, str] = {}
        self._lookers: dict[str, Looker] = {}
        self._worked: dict[str, float] = {}  # when somebody was seen at work
        self._cost: dict[str, tuple[float, float]] = {}  # when its document was made, and the seconds that took
        self._state: tuple[Mapping[str, Seen], Mapping[str, Entry]] = ({}, {})
        self._documents: dict[str, tuple[str, Document]] = {}
        self._looking, self._making = threading.Lock(), threading.Lock()
        self.poll()

    @property
    def entries(self) -> Mapping[str, Entry]:
        """What there was at the last look, by id."""
        return self._state[1]

    def catalogue(self) -> Catalogue:
        """What there was at the last look."""
        return Catalogue(__version__, tuple(self.entries.values()))

    def ids(self, stores: Iterable[str | Path]) -> list[str]:
        """The ids of the results in some of the stores, in their order."""
        return [self._id(place) for place in places.find([Path(store).absolute() for store in stores])]

    def poll(self) -> Changed:
        """Look again: what is new or has another revision, and what is gone."""
        with self._looking:
            listed = places.find(self._given)
            hidden = _hidden(listed)
            seen = self._look([*listed, *hidden])
            entries = _titled({key: self._entry(key, one, seen) for key, one in seen.items() if one.place not in hidden}, seen)
            before = self._state[1]
            entries = {key: self._in_time(entry, before.get(key)) for key, entry in entries.items()}
            self._state = seen, entries
            return Changed(tuple(entry for key, entry in entries.items() if before.get(key) != entry),
                           tuple(key for key in before if key not in entries))

    def document(self, key: str, *, tracks: Mapping[str, xr.Dataset] | None = None) -> Document:
        """One result as it is drawn.

        Args:
            tracks: runs and paths over it beside those that are found; what is made with them is not kept.

        Raises:
            KeyError: an id that is not in the catalogue.
            LossAtlasError: it cannot be drawn, with what is the matter.
        """
        with self._making:
            seen, entries = self._state
            entry = entries[key]
            if entry.error is not None:
                raise StoreError(entry.error)
            if tracks:
                return _made(seen, key, entry, tracks)
            kept = self._documents.pop(key, None)
            if kept is None or kept[0] != entry.revision:
                began = time.monotonic()
                kept = (entry.revision, _made(seen, key, entry))
                self._cost[key] = (time.monotonic(), time.monotonic() - began)
            self._documents[key] = kept
            while len(self._documents) > KEPT:
                del self._documents[next(iter(self._documents))]
            return replace(kept[1], entry=entry)

    def _look(self, found: Sequence[Place]) -> dict[str, Seen]:
        """Look at every place, and find what lies over what."""
        out = {}
        for place in found:
            key = self._id(place)
            looker = self._lookers.get(key) or self._lookers.setdefault(key, Looker(place))
            try:
                looker.look()
            except OSError:  # it vanished while it was looked at; the next look tells
                continue
            out[key] = Seen(place, looker.signature, looker.found)
        for key in self._lookers.keys() - out.keys():
            del self._lookers[key]
        return {key: replace(one, over=tuple(_over(one, out))) if one.found.plane or one.found.kind == "slice" else one
                for key, one in out.items()}

    def _entry(self, key: str, one: Seen, seen: Mapping[str, Seen]) -> Entry:
        found, place = one.found, one.place
        revision = one.signature
        if one.over:
            joined = " ".join([revision, *(f"{other} {seen[other].signature}" for other in one.over)])
            revision = hashlib.blake2b(joined.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
        now = time.monotonic()
        if self._lookers[key].at_work():
            self._worked[key] = now
        live = now - self._worked.get(key, -1e9) <= (THINKING if found.thinking else PAUSE)
        if found.total and found.done == found.total and not found.thinking:
            live = live and now == self._worked.get(key)
        return Entry(key, _printable(place.name), found.kind, _printable(place.store),  # type: ignore[arg-type]
                     found.size, revision, found.done, found.total, live,
                     None if found.error is None else _printable(found.error))

    def _in_time(self, entry: Entry, before: Entry | None) -> Entry:
        """The entry, or as it was before while its document takes long to make and was asked for a moment ago."""
        if before is not None and entry.live and before.error is None and before.revision != entry.revision:
            made, took = self._cost.get(entry.id, (0.0, 0.0))
            if time.monotonic() - made < PATIENCE * took:
                return replace(before, live=True)
        return entry

    def _id(self, place: Place) -> str:
        """A name that stays the same while the viewer runs, and from run to run where no two stores are called alike."""
        if place.path not in self._ids:
            stem = _printable(f"{place.store.removesuffix('.zarr')}/{place.name}")
            if stem in self._ids.values():
                stem = f"{hashlib.blake2b(str(place.path).encode('utf-8', 'surrogateescape'), digest_size=3).hexdigest()}/{stem}"
            self._ids[place.path] = stem
        return self._ids[place.path]


def _hidden(listed: Sequence[Place]) -> list[Place]:
    """What is not shown by itself and may lie over what is: the rest of the stores of which single groups were given."""
    known = {place.path for place in listed}
    first = {place.inside: place for place in listed if place.form != "run"}
    return [other for place in first.values() for other in places.beside(place) if other.path not in known]


def _over(one: Seen, seen: Mapping[str, Seen]) -> list[str]:
    """The runs and paths over a slice: those projected on its plane; of a slice of a monitored run, the log of that run."""
    run, _, step = one.place.name.rpartition("/")
    logged = run.removesuffix("-slices") if step and run.endswith("-slices") else None
    return [key for key, other in seen.items() if other is not one and other.found.error is None and (
        (other.found.lies_on is not None and other.found.lies_on == one.found.plane)
        or (other.place.form == "log" and other.place.inside == one.place.inside and other.place.name == logged))]


def _made(seen: Mapping[str, Seen], key: str, entry: Entry, more: Mapping[str, xr.Dataset] | None = None) -> Document:
    one = seen[key]
    try:
        ds = read(one.place)
        tracks = lying_on(ds, more or {})
        for other in one.over:
            name = seen[other].found.run or seen[other].place.name
            tracks[name if name not in tracks else f"{name} ({seen[other].place.name})"] = read(seen[other].place)
        facts = of_a_log(ds) if one.place.form == "log" else summary_of(ds)
        return document(ds, entry, tracks=tracks, facts={**facts, "result": f"{one.place.store}/{one.place.name}"})
    except OSError as error:
        raise StoreError(f"{key} cannot be read: {first_line(error)}; expected a store on a disk that is there") from None
    except ODD as error:
        raise StoreError(f"{key} cannot be drawn ({type(error).__name__}: {first_line(error)}); expected what lossatlas wrote: measure it "
                         "again") from error


def _titled(entries: Mapping[str, Entry], seen: Mapping[str, Seen]) -> dict[str, Entry]:
    """Entries with the titles that somebody gave them, where these tell them apart; the others go by their names."""
    often = Counter(seen[key].found.title for key in entries)
    return {key: replace(entry, title=_printable(title)) if (title := seen[key].found.title) and often[title] == 1 else entry
            for key, entry in entries.items()}


def _printable(text: str) -> str:
    """A name as text that can travel: bytes that are no letters become question marks."""
    return text.encode("utf-8", "replace").decode()
