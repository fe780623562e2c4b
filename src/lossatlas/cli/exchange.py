"""The commands ``export`` and ``import``, which never import torch."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def export(store: str, *, to: Path, quantity: str | None, scale: str, height: float | None, labels: Mapping[str, Any]) -> None:
    """``lossatlas export``."""
    from ..exchange.writing import write

    notes = write(store, to, quantity=quantity, scale=scale, height=height, labels=labels)
    for note in notes:
        print(f"note: {note}")
    print(f"file: {to}")


def import_(file: str, store: str, *, split: str | None) -> None:
    """``lossatlas import``."""
    from ..exchange import import_h5

    ds = import_h5(file, store=store, split=split)  # type: ignore[arg-type]
    for note in ds.attrs["notes"]:
        print(f"note: {note}")
    path = ds.attrs["store"]
    print(f"result: {path}")
    print(f"draw it: {shlex.join(['lossatlas', 'plot', path, '-o', f'{Path(path).name}.png'])}")
