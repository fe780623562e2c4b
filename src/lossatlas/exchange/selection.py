"""One plane out of a result that holds several: of repeats, layers, splits, classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..names import suggest

if TYPE_CHECKING:
    import xarray as xr

#: Dims beside the coordinates of a plane.
DIMS = ("repeat", "layer", "split", "class")


def select(ds: xr.Dataset, chosen: Mapping[str, Any]) -> xr.Dataset:
    """The part of a result at ``{dim: label}``; labels that are None are left.

    Raises:
        InputError: no such dim or label, with those that there are.
    """
    for dim, label in chosen.items():
        if label is None:
            continue
        if dim not in ds.dims:
            raise InputError(f"{dim} is {label!r}, and this result has no dim {dim!r}; leave {dim} out")
        known = labels(ds, dim)
        if (word := _word(label)) not in known:
            raise InputError(f"{dim} is {label!r}; expected one of {', '.join(known)}{suggest(word, known)}")
        ds = ds.isel({dim: known.index(word)})
    return ds


def only(ds: xr.Dataset, dims: Sequence[str], what: str) -> xr.Dataset:
    """The result without dims that have one label.

    Raises:
        InputError: a dim with several, with the choices; ``what`` says why one must be chosen.
    """
    for dim in dims:
        if ds.sizes.get(dim, 1) > 1:
            known = labels(ds, dim)
            shown = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
            raise InputError(f"the result has {len(known)} labels on {dim!r} ({shown}), and {what}; write --{dim} {known[0]} "
                             f"({dim}{'_' if dim == 'class' else ''}=… in Python)")
    return ds.isel({dim: 0 for dim in dims if dim in ds.dims})


def labels(ds: xr.Dataset, dim: str) -> list[str]:
    """The labels along a dim, as a person writes them."""
    return [_word(value) for value in (ds[dim].values.tolist() if dim in ds.coords else range(ds.sizes[dim]))]


def _word(label: Any) -> str:
    return f"{label:g}" if isinstance(label, int | float) else str(label)
