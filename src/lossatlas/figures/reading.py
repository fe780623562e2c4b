"""What a picture needs from a result: sheets of values with their coordinates, and what is missing from them.

A result may carry the dims ``repeat`` (independent planes) and ``split`` (train, test) beside its coordinates, in any
order. A ``Sheet`` is one selection of both: values over the coordinates alone, with the mask of what was computed and
the value at the centre.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from ..names import suggest

if TYPE_CHECKING:
    import xarray as xr

FORMS = {"slice": ("contour", "heatmap", "surface"), "profile": ("profile",)}
BESIDE = ("repeat", "split")
_GREEK = {"alpha": "α", "beta": "β", "gamma": "γ"}


@dataclass(frozen=True, eq=False)
class Sheet:
    """One quantity over the coordinates alone, for one repeat and one split."""

    values: np.ndarray  # shape (len of each coordinate); NaN where nothing was computed
    error: np.ndarray | None  # standard errors, same shape
    done: np.ndarray  # bool, same shape
    repeat: int | None
    split: str | None
    center: float
    center_error: float

    @property
    def title(self) -> str:
        words = [] if self.split is None else [self.split]
        return ", ".join(words if self.repeat is None else [*words, f"plane {self.repeat + 1}"])


@dataclass(frozen=True)
class Count:
    """How many points there are, how many were computed, and how many of these are not finite."""

    total: int
    done: int
    bad: int


def kind_of(ds: xr.Dataset) -> str:
    """The kind of a result: its attribute, else guessed from the number of its coordinates.

    Raises:
        InputError: for what is no Dataset, or of a kind that has no picture here.
    """
    if not hasattr(ds, "data_vars"):
        raise InputError(f"a figure got {type(ds).__name__}; expected an xarray.Dataset; write la.open(path)")
    kind = ds.attrs.get("kind")
    if kind is None:
        free = [dim for dim in ds.dims if dim not in BESIDE and dim in ds.coords]
        kind = {1: "profile", 2: "slice"}.get(len(free))
    if kind not in FORMS:
        raise InputError(f"a result of kind {kind!r} has no picture here; expected one of {', '.join(FORMS)}")
    return kind


def expect_kind(ds: xr.Dataset, kind: str) -> None:
    """Raise ``InputError`` unless ``ds`` is of this kind."""
    came = kind_of(ds)
    if came != kind:
        raise InputError(f"figures.{kind} got a {came}; expected a {kind}; write figures.{came}(ds)")


def quantity(ds: xr.Dataset, name: str) -> xr.DataArray:
    """The variable of this name.

    Raises:
        InputError: with the names that there are, and the closest.
    """
    names = [
        str(key) for key in ds.data_vars
        if key != "done" and not str(key).startswith("center_") and not str(key).endswith(("_stderr", "_groups"))
    ]
    if name not in names:
        raise InputError(f"quantity is {name!r}; expected one of {', '.join(names)}{suggest(name, names)}")
    return ds[name]


def coordinate_dims(ds: xr.Dataset, name: str, count: int) -> tuple[str, ...]:
    """The dims that the quantity is drawn over: all but repeat and split, (alpha, beta) in this order.

    Raises:
        InputError: if there are more or fewer than ``count``.
    """
    dims = [str(dim) for dim in ds[name].dims if dim not in BESIDE]
    if {"alpha", "beta"} <= set(dims):
        dims.sort(key=["alpha", "beta"].index if len(dims) == 2 else str)
    if len(dims) != count:
        raise InputError(
            f"{name!r} lies on the dims ({', '.join(dims)}) beside {' and '.join(BESIDE)}; expected {count}; "
            "select the others with ds.isel(…)"
        )
    return tuple(dims)


def coordinate(ds: xr.Dataset, dim: str) -> np.ndarray:
    """The coordinate's values; they must increase."""
    if dim not in ds.coords:
        raise InputError(f"dim {dim!r} has no coordinates; expected a coordinate variable of that name")
    values = np.asarray(ds[dim].values, dtype=float)
    if not values.size or not np.isfinite(values).all() or (np.diff(values) <= 0).any():
        raise InputError(f"coordinate {dim!r} does not increase; expected increasing numbers; write ds.sortby({dim!r})")
    return values


def sheets(ds: xr.Dataset, name: str, dims: tuple[str, ...]) -> list[Sheet]:
    """Every (split, repeat) of a quantity, repeats of one split together."""
    array, error = ds[name], ds.get(f"{name}_stderr")
    done = ds["done"] if "done" in ds else array.notnull() | True
    selections: list[dict[str, int]] = [{}]
    for dim in ("split", "repeat"):
        if dim in array.dims:
            selections = [{**chosen, dim: k} for chosen in selections for k in range(array.sizes[dim])]

    def pick(variable: xr.DataArray, chosen: dict[str, int]) -> np.ndarray:
        part = variable.isel({dim: k for dim, k in chosen.items() if dim in variable.dims})
        return part.broadcast_like(array.isel(chosen)).transpose(*dims).values

    several = array.sizes.get("repeat", 1) > 1
    return [
        Sheet(
            values=np.where(pick(done, chosen), pick(array, chosen), np.nan).astype(float),
            error=None if error is None else pick(error, chosen).astype(float),
            done=pick(done, chosen).astype(bool),
            repeat=chosen["repeat"] if several else None,
            split=_split_name(ds, chosen),
            center=_scalar(ds, f"center_{name}", chosen),
            center_error=_scalar(ds, f"center_{name}_stderr", chosen),
        )
        for chosen in selections
    ]


def count(of: list[Sheet], splits: int) -> Count:
    """Points over all repeats; a point is bad if any split of it is."""
    repeats = len(of) // splits
    done = bad = 0
    for k in range(repeats):
        same = of[k::repeats]
        done += int(same[0].done.sum())
        bad += int(np.any([sheet.done & ~np.isfinite(sheet.values) for sheet in same], axis=0).sum())
    return Count(repeats * of[0].done.size, done, bad)


def label(array: xr.DataArray, name: str) -> str:
    """``long_name (units)``, Greek letters for alpha and beta; no units where they are 1."""
    words = str(array.attrs.get("long_name") or _GREEK.get(name, name.replace("_", " ")))
    words = _GREEK.get(words, words)
    units = str(array.attrs.get("units") or "")
    return words if units in ("", "1", "dimensionless", "none") else f"{words} ({units})"


def title(ds: xr.Dataset) -> str:
    """The result's own title, else the network's name."""
    return str(ds.attrs.get("title") or ds.attrs.get("network") or "")


def _split_name(ds: xr.Dataset, chosen: dict[str, int]) -> str | None:
    if "split" not in chosen:
        return None
    return str(ds["split"].values[chosen["split"]]) if "split" in ds.coords else f"split {chosen['split'] + 1}"


def _scalar(ds: xr.Dataset, name: str, chosen: dict[str, int]) -> float:
    value: Any = ds.get(name)
    if value is None:
        return math.nan
    value = value.isel({dim: k for dim, k in chosen.items() if dim in value.dims})
    return float(value) if value.size == 1 else math.nan
