"""Several landscapes side by side, with the same levels and the same colours: otherwise nothing can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..errors import InputError
from . import caption as words
from .figure import Figure
from .slice import Draw, beside_lattice, describe, panel, read, share

if TYPE_CHECKING:
    import xarray as xr


def compare(datasets: Mapping[str, xr.Dataset], *, draw: Draw = "contour", quantity: str | None = None) -> Figure:
    """Draw slices side by side with shared levels and colours, one row each if they have repeats or splits; ``quantity`` as of ``slice``.

    Raises:
        InputError: for no datasets, or datasets with different repeats and splits.
    """
    if not isinstance(datasets, Mapping) or not datasets:
        raise InputError(f"compare got {type(datasets).__name__}; expected names and datasets; write {{'a': ds, …}}")
    planes = {str(name): read(ds, quantity, draw) for name, ds in datasets.items()}
    counts = {name: (plane.groups, plane.repeats) for name, plane in planes.items()}
    if len(set(counts.values())) > 1:
        came = ", ".join(f"{name} {splits} × {repeats}" for name, (splits, repeats) in counts.items())
        raise InputError(f"compare got different splits × repeats: {came}; expected the same; write ds.isel(repeat=0)")
    look = share(list(planes.values()), draw, "auto", None)
    panels, said, each = [], {}, len(next(iter(planes.values())).sheets)
    for name, plane in planes.items():
        own = [panel(plane, sheet, look, title=f"{name}, {sheet.title}" if sheet.title else name) for sheet in plane.sheets]
        panels += own
        said[name] = describe(plane, look) + beside_lattice(plane, own)
    label = look.z.label
    caption = words.merge(said)
    columns = each if each > 1 else min(len(planes), 3)
    return Figure(tuple(panels), label[:1].upper() + label[1:], caption, columns)
