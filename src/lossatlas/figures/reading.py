"""What a picture needs from a result: sheets of values with their coordinates, and what is missing from them.

A result may carry the dims ``split`` (train, test), ``layer`` (one moves at a time), ``class`` and ``repeat`` (independent
planes) beside its coordinates, in any order. A ``Sheet`` is one selection of them all: values over the coordinates alone,
with the mask of what was computed and the value at the centre. Classes without examples have no sheet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import PurePath
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from ..names import Mark as MarkName
from ..names import choose, suggest

if TYPE_CHECKING:
    import xarray as xr

FORMS = {"slice": ("contour", "heatmap", "surface"), "profile": ("profile",), "volume": ("contour", "heatmap", "surface"),
         "spectrum": ("spectrum",), "scan": ("scan",), "trajectory": ("trajectory",), "path": ("path",), "graph": ("graph",),
         "matrix": ("matrix",)}
#: Dims beside the coordinates, in the order in which sheets go through them.
BESIDE = ("split", "layer", "class", "repeat")
_GREEK = {"alpha": "α", "beta": "β", "gamma": "γ"}


@dataclass(frozen=True, eq=False)
class Sheet:
    """One quantity over the coordinates alone, for one split, layer, class and repeat."""

    values: np.ndarray  # shape (len of each coordinate); NaN where nothing was computed
    error: np.ndarray | None  # standard errors, same shape
    done: np.ndarray  # bool, same shape
    repeat: int | None
    split: str | None
    center: float
    center_error: float
    layer: str | None = None
    label: str | None = None  # of the class
    converged: np.ndarray | None = None  # of eigenvalues: bool, same shape

    @property
    def name(self) -> str:
        """What it shows, whatever the repeat."""
        layer = f"layer {self.layer}" if self.layer and self.layer[0].isdigit() else self.layer
        return ", ".join(word for word in (self.split, layer, self.label and f"class {self.label}") if word)

    @property
    def title(self) -> str:
        return ", ".join(word for word in (self.name, "" if self.repeat is None else f"plane {self.repeat + 1}") if word)


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
        kind = "trajectory" if free == ["step"] else {1: "profile", 2: "slice", 3: "volume"}.get(len(free))
    if kind not in FORMS:
        raise InputError(f"a result of kind {kind!r} has no picture here; expected one of {', '.join(FORMS)}")
    return kind


def expect_kind(ds: xr.Dataset, kind: str) -> None:
    """Raise ``InputError`` unless ``ds`` is of this kind."""
    came = kind_of(ds)
    if came != kind and (came, kind) != ("path", "profile"):  # a path has a profile
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


def recorded(ds: xr.Dataset, name: str) -> Any:
    """An attribute, or the scalar variable of this name where it was found while measuring; None where neither is there."""
    if ds.attrs.get(name) is not None:
        return ds.attrs[name]
    return float(ds[name]) if name in ds and ds[name].size == 1 and np.isfinite(ds[name]).all() else None


def is_eigenvalue(name: str) -> bool:
    """Whether a quantity is one that ``converged`` speaks of."""
    return name == "ratio" or name.startswith("lambda_")


def spoken(name: str) -> str:
    """A quantity's name as a person writes it."""
    return {"ratio": "|λmin / λmax|", "lambda_min": "λmin", "lambda_max": "λmax"}.get(name, name.removeprefix("class_"))


def default_quantity(ds: xr.Dataset) -> str:
    """What is drawn where nothing is asked for: the loss; of an eigenvalue map, which has none, abs(λmin / λmax)."""
    return "ratio" if "loss" not in ds and "ratio" in ds else "loss"


def default_form(ds: xr.Dataset, name: str | None) -> str:
    """How it is drawn where nothing is asked for: the first form of its kind; of eigenvalues over a plane, cells."""
    forms = FORMS[kind_of(ds)]
    return "heatmap" if "heatmap" in forms and is_eigenvalue(name or default_quantity(ds)) else forms[0]


def evaluated(ds: xr.Dataset, mark: str | None, dims: tuple[str, ...]) -> np.ndarray | None:
    """Which cells of a survey were measured, over these dims, where they are to be marked; else None.

    Raises:
        InputError: an unknown mark, or a result that is no survey.
    """
    if mark is None:
        return None
    choose(mark, MarkName, "mark")
    if "evaluated" not in ds:
        raise InputError(f"mark={mark!r} tells measured cells of a survey from predicted ones, and this result is no survey: every point "
                         "that is drawn was measured; leave mark out")
    return ds["evaluated"].transpose(*dims).values.astype(bool)


def coordinate_dims(ds: xr.Dataset, name: str, count: int) -> tuple[str, ...]:
    """The dims that the quantity is drawn over: all but those beside, (alpha, beta) in this order.

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
    """Every (split, layer, class, repeat) of a quantity, repeats of the same together."""
    array, error = ds[name], ds.get(f"{name}_stderr")
    done = ds["done"] if "done" in ds else array.notnull() | True
    selections: list[dict[str, int]] = [{}]
    for dim in BESIDE:
        if dim in array.dims:
            selections = [{**chosen, dim: k} for chosen in selections for k in range(array.sizes[dim])]
    selections = [chosen for chosen in selections if has_examples(ds, chosen)]

    def pick(variable: xr.DataArray, chosen: dict[str, int]) -> np.ndarray:
        part = variable.isel({dim: k for dim, k in chosen.items() if dim in variable.dims})
        return part.broadcast_like(array.isel(chosen)).transpose(*dims).values

    converged = ds.get("converged") if is_eigenvalue(name) else None
    several = array.sizes.get("repeat", 1) > 1
    return [
        Sheet(
            values=np.where(pick(done, chosen), pick(array, chosen), np.nan).astype(float),
            error=None if error is None else pick(error, chosen).astype(float),
            done=pick(done, chosen).astype(bool),
            repeat=chosen["repeat"] if several else None,
            split=_word(ds, "split", chosen, name),
            center=_scalar(ds, f"center_{name}", chosen),
            center_error=_scalar(ds, f"center_{name}_stderr", chosen),
            layer=_word(ds, "layer", chosen, name),
            label=_word(ds, "class", chosen, name),
            converged=None if converged is None else pick(converged, chosen) == 1,
        )
        for chosen in selections
    ]


def has_examples(ds: xr.Dataset, chosen: dict[str, int]) -> bool:
    """Whether there are examples of the class in this selection of split and class."""
    counts = ds.attrs.get("class_counts")
    if counts is None or "class" not in chosen:
        return True
    if isinstance(counts, dict):
        counts = counts.get(_word(ds, "split", chosen), [])
    return not chosen["class"] < len(counts) or counts[chosen["class"]] > 0


def count(of: list[Sheet]) -> Count:
    """Points over all repeats and layers; a point is bad if any split or class of it is."""
    points: dict[tuple[int | None, str | None], list[Sheet]] = {}
    for sheet in of:
        points.setdefault((sheet.repeat, sheet.layer), []).append(sheet)
    done = sum(int(same[0].done.sum()) for same in points.values())
    bad = sum(int(np.any([sheet.done & ~np.isfinite(sheet.values) for sheet in same], axis=0).sum()) for same in points.values())
    return Count(sum(same[0].done.size for same in points.values()), done, bad)


def label(array: xr.DataArray, name: str) -> str:
    """``long_name (units)``, Greek letters for alpha and beta; no units where they are 1."""
    words = str(array.attrs.get("long_name") or _GREEK.get(name, name.replace("_", " ")))
    words = _GREEK.get(words, words)
    units = str(array.attrs.get("units") or "")
    return words if units in ("", "1", "dimensionless", "none") else f"{words} ({units})"


def axis_label(ds: xr.Dataset, dim: str) -> str:
    """The label of a coordinate; of one along which runs move, with the share of their variance that it explains."""
    explained, dims = ds.attrs.get("explained") or (), _family_dims(ds)
    if dim not in dims or dims.index(dim) >= len(explained):
        return label(ds[dim], dim)
    word = "PC" if ds.attrs.get("family") == "pca" else "direction"
    return f"{word} {dims.index(dim) + 1} ({_percent(float(explained[dims.index(dim)]))})"


def _family_dims(ds: xr.Dataset) -> list[str]:
    """The dims of the family in its own order, else in that of the result."""
    family = (ds.attrs.get("spec") or {}).get("family")
    found = family.get("dims") if isinstance(family, dict) else None
    return [str(dim) for dim in found or ds.dims if str(dim) not in BESIDE]


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share >= 0.001 else f"{100 * share:.1g} %"


def title(ds: xr.Dataset) -> str:
    """The result's own title, else the network's name."""
    return str(ds.attrs.get("title") or ds.attrs.get("network") or "")


def given_points(ds: xr.Dataset) -> dict[str, tuple[float, ...]]:
    """The points that the slice was laid through, by name: their coordinates.

    The names are those of their files, or A, B, C where these do not tell them apart.
    """
    places = ds.attrs.get("given") or []
    stems = [PurePath(str(end)).stem for end in ds.attrs.get("ends", ())]
    names = stems if len(set(stems)) == len(places) else ascii_uppercase
    return {name: tuple(map(float, place)) for name, place in zip(names, places, strict=False)}


def _word(ds: xr.Dataset, dim: str, chosen: dict[str, int], name: str = "") -> str | None:
    """The selection's own word along a dim; also of the only one left after ``ds.isel``, if the quantity ``name`` had the dim."""
    if dim not in chosen:
        one = dim in ds.coords and ds[dim].ndim == 0 and (dim != "class" or name.startswith("class_"))
        return str(ds[dim].values) if one else None
    if dim in ds.coords:
        return str(ds[dim].values[chosen[dim]])
    return f"split {chosen[dim] + 1}" if dim == "split" else str(chosen[dim])


def _scalar(ds: xr.Dataset, name: str, chosen: dict[str, int]) -> float:
    value: Any = ds.get(name)
    if value is None:
        return math.nan
    value = value.isel({dim: k for dim, k in chosen.items() if dim in value.dims})
    return float(value) if value.size == 1 else math.nan
