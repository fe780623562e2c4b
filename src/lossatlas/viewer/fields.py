"""Results over two or three coordinates as they travel: every quantity that has a value at each of their points.

What a picture of :mod:`lossatlas.figures` draws one of, a ``Field`` or a ``Volume`` holds all of: the loss and its standard error,
accuracies, eigenvalues, what a survey predicted. They are read by the same functions, so that both show the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..figures.given import equal, value_at
from ..figures.reading import BESIDE, axis_label, coordinate, coordinate_dims, default_quantity, given_points, label, sheets
from ..figures.reading import Sheet as Read
from ..figures.scales import choose_scale, drawable, span
from ..figures.slice import Plane
from .documents import Coordinate, Field, Marker, Quantity, Sheet, Track, Value, Volume, numbers
from .tracks import ends, exact, track

if TYPE_CHECKING:
    import xarray as xr

#: Variables that are no quantity of their own: parts of another one, or bookkeeping.
_PARTS = ("_stderr", "_groups")
_BOOKKEEPING = ("done", "negative_variance", "class_weights")
#: Quantities whose sign is what matters.
_SIGNED = ("lambda_min", "lambda_max")
#: Which sheet a value belongs to: split, layer, class, repeat.
Key = tuple[str | None, str | None, str | None, int | None]


def field(ds: xr.Dataset, tracks: Mapping[str, xr.Dataset]) -> Field:
    """A slice and the runs and paths over it, by their names.

    Raises:
        InputError: a result without a quantity over a plane, or whose coordinates do not increase.
    """
    drawn = _drawn(ds)
    dims = coordinate_dims(ds, drawn, 2)
    x, y = (_coordinate(ds, dim) for dim in dims)
    read = _read(ds, dims)
    plane = Plane(ds, drawn, dims, coordinate(ds, dims[0]), coordinate(ds, dims[1]), sheets(ds, drawn, dims), 1)
    over = [found for name, path in tracks.items() if (found := track(ds, dims, name, path)) is not None]
    markers = [marker for marker in _given(ds, plane, read) or _trained(ds, read)
               if plane.x[0] <= marker.x <= plane.x[-1] and plane.y[0] <= marker.y <= plane.y[-1]]
    return Field(x, y, _sheets(ds, read), drawn, equal(plane), tuple(over), (*markers, *_ends(over, markers)))


def volume(ds: xr.Dataset) -> Volume:
    """A volume.

    Raises:
        InputError: as :func:`field`.
    """
    drawn = _drawn(ds)
    dims = coordinate_dims(ds, drawn, 3)
    x, y, z = (_coordinate(ds, dim) for dim in dims)
    read = _read(ds, dims)
    return Volume(x, y, z, _sheets(ds, read), drawn, _trained(ds, read, z=0.0))


def over_coordinates(ds: xr.Dataset, dims: tuple[str, ...]) -> list[str]:
    """The quantities that have one value at every point of these coordinates, in the order of the result."""
    names = []
    for key, array in ds.data_vars.items():
        name = str(key)
        own = {str(dim) for dim in array.dims if dim not in BESIDE}
        part = name.startswith("center_") or name.endswith(_PARTS) or name in _BOOKKEEPING
        if own == set(dims) and not part and array.dtype.kind in "bfiu":
            names.append(name)
    return names


def quantity(ds: xr.Dataset, name: str, values: np.ndarray, error: np.ndarray | None, *, scale_of: np.ndarray | None = None) -> Quantity:
    """Values of a variable as they travel.

    Args:
        scale_of: the values that decide between a linear and a logarithmic scale, where these are more than ``values``.
    """
    flag = ds[name].dtype == bool
    scale = "linear" if flag else choose_scale(name, values if scale_of is None else scale_of, "auto")
    low, high = span(values, scale)
    empty = not drawable(values, scale).any()
    return Quantity(
        name=name.removeprefix("class_"), label=label(ds[name], name), scale=scale,  # type: ignore[arg-type]
        center=0.0 if name in _SIGNED else None, low=None if empty else low, high=None if empty else high,
        values=exact(values), error=None if error is None else exact(error), flag=flag,
    )


def _drawn(ds: xr.Dataset) -> str:
    """The quantity that is drawn unless somebody says otherwise."""
    name = default_quantity(ds)
    if name in ds:
        return name
    free = tuple(str(dim) for dim in ds.dims if dim not in BESIDE and dim in ds.coords)
    if not (names := over_coordinates(ds, free)):
        raise InputError("the result has no quantity with one value at every point; expected loss or another one")
    return names[0]


def _coordinate(ds: xr.Dataset, dim: str) -> Coordinate:
    return Coordinate(dim, axis_label(ds, dim), numbers(coordinate(ds, dim), "f8"))


def _read(ds: xr.Dataset, dims: tuple[str, ...]) -> dict[str, dict[Key, Read]]:
    """Every quantity, its sheets by what they show."""
    names = over_coordinates(ds, dims)
    return {name: {(one.split, one.layer, one.label, one.repeat): one for one in sheets(ds, name, dims)} for name in names}


def _keys(read: Mapping[str, Mapping[Key, Read]]) -> list[Key]:
    """What sheets there are, those of all classes before those of each; one that only says less than another is part of that one."""
    found = list(dict.fromkeys(key for of in read.values() for key in of))
    whole = [key for key in found if not any(_within(key, other) and key[2] == other[2] for other in found if other != key)]
    return sorted(whole, key=lambda key: key[2] is not None)


def _within(part: Key, key: Key) -> bool:
    """Whether what ``part`` says holds of ``key``, too."""
    return all(mine is None or mine == other for mine, other in zip(part, key, strict=True))


def _at(of: Mapping[Key, Read], key: Key, *, flag: bool) -> Read | None:
    """The sheet of a quantity that belongs to a key; what holds for all classes is no value of one of them, but a flag is."""
    for own, read in of.items():
        if _within(own, key) and (own[2] == key[2] or flag):
            return read
    return None


def _sheets(ds: xr.Dataset, read: Mapping[str, Mapping[Key, Read]]) -> tuple[Sheet, ...]:
    flags = {name for name in read if ds[name].dtype == bool}
    whole = {name: np.concatenate([one.values.ravel() for one in of.values()]) for name, of in read.items()}
    made = []
    for key in _keys(read):
        at = {name: one for name, of in read.items() if (one := _at(of, key, flag=name in flags)) is not None}
        first = next(iter(at.values()))
        quantities = tuple(quantity(ds, name, one.values, one.error, scale_of=whole[name]) for name, one in at.items())
        evaluated = at["evaluated"].values if "evaluated" in at else None
        predicted = None if evaluated is None else numbers((evaluated != 1) & first.done, "u1")
        titled = max(at.values(), key=lambda one: len(one.title)).title
        made.append(Sheet(titled, quantities, numbers(first.done, "u1"), predicted))
    return tuple(made)


def _values(read: Mapping[str, Mapping[Key, Read]]) -> tuple[Value, ...]:
    """Values at the centre: of the first sheet under the names of the quantities, of the others under "sheet: name"."""
    said = []
    for number, key in enumerate(_keys(read)):
        for name, of in read.items():
            one = _at(of, key, flag=False)
            if one is not None and np.isfinite(one.center):
                short = name.removeprefix("class_")
                said.append(Value(f"{one.title}: {short}" if number else short, one.center))
    return tuple(said)


def _trained(ds: xr.Dataset, read: Mapping[str, Mapping[Key, Read]], z: float | None = None) -> tuple[Marker, ...]:
    """The point that the directions start from."""
    named = "trained point" if ds.attrs.get("family", "random") in ("random", "slice") else "point at (0, 0)"
    if ds.attrs.get("given"):
        return ()
    if "step" in ds.attrs:
        named = f"step {int(ds.attrs['step']):,}"
    elif runs := ds.attrs.get("runs"):
        named = f"end of {runs[0]['name']}, step {runs[0]['last']}"
    return (Marker(named, "trained", 0.0, 0.0, z, _values(read)),)


def _given(ds: xr.Dataset, plane: Plane, read: Mapping[str, Mapping[Key, Read]]) -> tuple[Marker, ...]:
    """The points that the plane was laid through."""
    markers = []
    for name, place in given_points(ds).items():
        if len(place) != 2:
            continue
        values = []
        for number, key in enumerate(_keys(read)):
            for which, of in read.items():
                one = _at(of, key, flag=False)
                found = float("nan") if one is None else value_at(plane, one, *place)
                if np.isfinite(found):
                    short = which.removeprefix("class_")
                    values.append(Value(f"{one.title}: {short}" if number and one else short, found))
        markers.append(Marker(name, "given", place[0], place[1], None, tuple(values)))
    return tuple(markers)


def _ends(tracks: Iterable[Track], markers: Iterable[Marker]) -> list[Marker]:
    """Where runs and paths begin and end, but for places that are marked already."""
    places = [(marker.x, marker.y) for marker in markers]
    made: list[Marker] = []
    for one in tracks:
        for marker in ends(one):
            reach = 1e-6 * (1 + abs(marker.x) + abs(marker.y))
            if all(abs(marker.x - x) > reach or abs(marker.y - y) > reach for x, y in places):
                made.append(marker)
                places.append((marker.x, marker.y))
    return made
