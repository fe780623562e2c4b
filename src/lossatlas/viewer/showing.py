"""Results as a page of their own: inline in a notebook, in a file, in a browser.

The page is the one of ``lossatlas export STORE --to page.html``: client and data in one file. A notebook shows it in a frame that may run
its script and nothing else: it shares no origin with the notebook and cannot reach it.
"""

from __future__ import annotations

import html
import os
import tempfile
import webbrowser
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, LossAtlasError, first_line
from ..exchange.writing import replacing
from ..figures.reading import kind_of
from ..version import __version__
from .addresses import opening
from .documents import Catalogue, Document, Entry, Inlined
from .gather import document
from .look import size_of
from .page import standalone
from .tracks import lies_on, lying_on, plane_of
from .watch import Watch

if TYPE_CHECKING:
    import xarray as xr

#: What the frame in a notebook may do: run the script of the page, and save what somebody asks it to save.
SANDBOX = "allow-scripts allow-downloads"


@dataclass(frozen=True, eq=False)
class View:
    """Results in a page; the last value of a cell shows it, in Jupyter and in marimo.

    Attributes:
        inlined: what the page holds. height: of the frame in a notebook, in pixels.
    """

    inlined: Inlined
    height: int = 640

    @property
    def page(self) -> str:
        """The page as text.

        Raises:
            LossAtlasError: the client is not built.
        """
        titles = [entry.title for entry in self.inlined.catalogue.entries]
        return standalone(self.inlined, title=f"{', '.join(titles[:3])}{' …' if len(titles) > 3 else ''} · lossatlas")

    def save(self, path: str | Path) -> Path:
        """Write the page into a file, which opens from disk without a network.

        Raises:
            InputError: a file that cannot be written.
            LossAtlasError: the client is not built.
        """
        return write(self.page, Path(path))

    def open(self) -> Path:
        """Show the page in a browser; the file, a temporary one, is returned.

        Raises:
            LossAtlasError: the client is not built.
        """
        folder = Path(tempfile.mkdtemp(prefix="lossatlas-view-"))
        path = self.save(folder / "page.html")
        if not webbrowser.open(path.as_uri()):
            print(f"no browser was found here; open {path} in one")
        return path

    def _repr_html_(self) -> str:
        return (f'<iframe srcdoc="{html.escape(self.page)}" sandbox="{SANDBOX}" title="lossatlas" loading="lazy" '
                f'style="width:100%;height:{self.height}px;border:0"></iframe>')

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}

    def __repr__(self) -> str:
        titles = [entry.title for entry in self.inlined.catalogue.entries]
        return f"<a view of {', '.join(titles)}: .open() shows it in a browser, .save('page.html') keeps it>"


def view(
    results: xr.Dataset | str | Path | Sequence[Any] | Mapping[str, Any], *, points: Any = None, height: int = 640, state: str = "",
) -> View:
    """Results to move around in: inline in a notebook, in a file, in a browser.

    Args:
        results: a result, or the path of a store, group or run; several of them in a list, or by the names that they are to have. Two to
            six stand side by side.
        points: runs or paths over slices, of :func:`lossatlas.projected` or :func:`lossatlas.path_on_plane`; one, or several by their
            names. Those that are in the same store, or among the results, are found.
        height: of the frame in a notebook, in pixels.
        state: how it is shown at first: what stands behind ``#`` in the address of a page.

    Raises:
        InputError: no result, or one that cannot be drawn; points that lie on none of the slices.
    """
    if isinstance(height, bool) or not isinstance(height, int) or height < 100:
        raise InputError(f"height is {height!r}; expected pixels, such as 640")
    named = _named(results)
    over = _named(points, of="points") if points is not None else {}
    made: list[Document] = []
    for name, result in named.items():
        if hasattr(result, "data_vars"):
            made.append(_of_dataset(name, result, {**_among(named, result), **over}))
        else:
            made += inline([result], name=name if isinstance(results, Mapping) else None, tracks=over).documents
    if over and not (drawn := {track.name for one in made if one.field for track in one.field.tracks}) & over.keys():
        raise InputError(f"points {', '.join(over)} lie on none of the slices{'' if not drawn else f', {sorted(drawn)} do'}; expected what "
                         "la.projected(run, plane) or la.path_on_plane(path, plane) gives for the plane of the slice")
    entries = _apart([one.entry for one in made])
    documents = tuple(replace(one, entry=entry) for one, entry in zip(made, entries, strict=True))
    shown = state.removeprefix("#") or opening([entry.id for entry in entries if entry.error is None])
    return View(Inlined(Catalogue(__version__, tuple(entries)), documents, shown), height)


def inline(
    stores: Sequence[str | Path], *, view: str = "", on_document: Callable[[int, int], None] | None = None, name: str | None = None,
    tracks: Mapping[str, xr.Dataset] | None = None,
) -> Inlined:
    """Everything in some stores, as a page holds it. Results that cannot be drawn are listed, with the reason.

    Args:
        view: what stands behind ``#`` in the address. on_document: told how many of how many are done.
        name: of a single result. tracks: runs and paths over the slices, beside those that the stores have.

    Raises:
        InputError: nothing there, nothing that can be drawn.
    """
    watch = Watch(stores)
    entries, documents, why = [], [], ""
    for number, (key, entry) in enumerate(watch.entries.items()):
        if on_document is not None:
            on_document(number, len(watch.entries))
        entry = replace(entry, live=False, title=name if name and len(watch.entries) == 1 else entry.title)
        try:
            documents.append(replace(watch.document(key, tracks=tracks), entry=entry))
        except LossAtlasError as error:
            entry, why = replace(entry, error=first_line(error)), first_line(error)
        entries.append(entry)
    if not documents:
        raise InputError(f"nothing in {', '.join(map(str, stores))} can be drawn: {why}")
    return Inlined(Catalogue(__version__, tuple(entries)), tuple(documents), view)


def write(page: str, path: Path) -> Path:
    """Write a page; it is at no time seen in part.

    Raises:
        InputError: it cannot be written.
    """
    with replacing(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return path


def _named(given: Any, of: str = "results") -> dict[str, Any]:
    """Results by their names; a tree of results by those of its nodes."""
    if hasattr(given, "data_vars") and hasattr(given, "subtree"):
        found = {node.path.strip("/"): node.to_dataset() for node in given.subtree if node.data_vars and node.attrs.get("kind")}
    elif hasattr(given, "data_vars") or isinstance(given, str | os.PathLike):
        found = {_title(given): given}
    elif isinstance(given, Mapping):
        found = {str(name): one for name, one in given.items()}
    elif isinstance(given, Sequence):
        titles = [_title(one) for one in given]
        found = {title if titles.count(title) == 1 else f"{title} ({number})": one
                 for number, (title, one) in enumerate(zip(titles, given, strict=True), 1)}
    else:
        raise InputError(f"{of} are a {type(given).__name__}; expected a Dataset, the path of a store, or several in a list or by names: "
                         "la.view({'before': ds, 'after': other})")
    wrong = next((one for one in found.values() if not (hasattr(one, "data_vars") or isinstance(one, str | os.PathLike))), None)
    if wrong is not None or not found:
        came = "none" if not found else f"a {type(wrong).__name__} among them"
        raise InputError(f"{of}: {came}; expected Datasets or paths of stores: la.view(ds), la.view({{'before': ds, 'after': other}})")
    return found


def _title(one: Any) -> str:
    if not hasattr(one, "attrs"):
        return Path(one).name if isinstance(one, str | os.PathLike) else type(one).__name__
    place = one.attrs.get("store")
    return Path(str(place)).name if place else str(one.attrs.get("title") or "result")


def _of_dataset(name: str, ds: xr.Dataset, tracks: Mapping[str, xr.Dataset]) -> Document:
    done = int(ds["done"].sum()) if "done" in ds else 0
    dims = size_of(kind_of(ds), {str(dim): ds[dim].values for dim in ds.sizes if dim in ds.coords})
    entry = Entry(name, name, kind_of(ds), "results", dims, "", done, int(ds["done"].size) if "done" in ds else 0, False)  # type: ignore[arg-type]
    return document(ds, entry, tracks=lying_on(ds, tracks))


def _among(named: Mapping[str, Any], ds: xr.Dataset) -> dict[str, xr.Dataset]:
    """The other results that were projected on the plane of this one."""
    plane = plane_of(ds.attrs.get("spec") or {})
    return {str(other.attrs.get("run") or name): other for name, other in named.items()
            if plane is not None and hasattr(other, "data_vars") and lies_on(other.attrs.get("spec") or {}) == plane}


def _apart(entries: Sequence[Entry]) -> list[Entry]:
    """Entries whose ids are all different."""
    out: list[Entry] = []
    for entry in entries:
        taken, key, number = {other.id for other in out}, entry.id, 2
        while key in taken:
            key, number = f"{number}/{entry.id}", number + 1
        out.append(replace(entry, id=key))
    return out

