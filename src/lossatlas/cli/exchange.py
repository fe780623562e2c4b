"""The commands ``export`` and ``import``, which never import torch."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError

#: Endings of a page.
PAGES = (".html", ".htm")


def export(
    stores: Sequence[str], *, to: Path, view: str | None, quantity: str | None, scale: str, height: float | None, labels: Mapping[str, Any],
) -> None:
    """``lossatlas export``."""
    if to.suffix.lower() in PAGES:
        given = {"quantity": quantity, "scale": None if scale == "auto" else scale, "height": height, **labels}
        if named := [name for name, value in given.items() if value is not None]:
            raise InputError(f"--{named[0]} is for files of one surface or table; a page holds everything: leave it out, or choose what is "
                             f"shown at first: --view {named[0]}={given[named[0]]}")
        return page(stores, to, view or "")
    from ..exchange.writing import write

    if view is not None:
        raise InputError(f"--view {view}: only a page opens with a view; write --to page.html, or leave --view out")
    if len(stores) != 1:
        raise InputError(f"{len(stores)} stores are given, and {to.name} holds one result; expected one: lossatlas export STORE/GROUP --to "
                         f"{to.name}, or --to page.html for several")
    notes = write(stores[0], to, quantity=quantity, scale=scale, height=height, labels=labels)
    for note in notes:
        print(f"note: {note}")
    print(f"file: {to}")


def page(stores: Sequence[str], to: Path, view: str) -> None:
    """Everything in some stores as one self-contained page."""
    from rich.console import Console
    from rich.progress import Progress

    from ..exchange.writing import check_folder
    from ..viewer.page import standalone
    from ..viewer.showing import inline, write

    check_folder(to)
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("results")
        inlined = inline(stores, view=view.removeprefix("#"), on_document=lambda done, of: bar.update(task, completed=done, total=of))
    for entry in inlined.catalogue.entries:
        if entry.error is not None:
            print(f"note: {entry.id} cannot be drawn: {entry.error}")
    write(standalone(inlined, title=f"{', '.join(dict.fromkeys(entry.store for entry in inlined.catalogue.entries))} · lossatlas"), to)
    shown = len(inlined.documents)
    print(f"page: {to}, {to.stat().st_size / 1e6:.1f} MB, {shown} result{'' if shown == 1 else 's'}; it opens without a network")


def import_(file: str, store: str, *, split: str | None) -> None:
    """``lossatlas import``."""
    from ..exchange import import_h5

    ds = import_h5(file, store=store, split=split)  # type: ignore[arg-type]
    for note in ds.attrs["notes"]:
        print(f"note: {note}")
    path = ds.attrs["store"]
    print(f"result: {path}")
    print(f"draw it: {shlex.join(['lossatlas', 'plot', path, '-o', f'{Path(path).name}.png'])}")
