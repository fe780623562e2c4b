"""Training runs and paths over a plane: which results lie over which, and how they travel.

A projected run (:func:`lossatlas.projected`) and a projected path (:func:`lossatlas.path_on_plane`) name the plane that they were projected
on by what defines it, digests of its origin and axes; the slice measured over that plane names it in the same words. So a path finds its
slice wherever both lie, whatever they are called. A monitored run has slices of its own, on fixed directions, and logs where it is on them.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..figures.reading import label
from ..figures.scales import choose_scale, drawable, span
from .documents import Marker, Numbers, Quantity, Track, Value, numbers

if TYPE_CHECKING:
    import xarray as xr

#: Columns of the log of a monitored run: where it is on the directions of its slices, from where it began.
LOGGED = ("slice_alpha", "slice_beta")
#: And how far it is from the plane of these directions through where it began.
LOGGED_OFF = "slice_off"
#: What a track says of itself beside its place; the rest of a log is drawn over its steps.
_OWN = ("loss", "plane_loss", "accuracy", "error", "off_slice", "distance")


def plane_of(spec: Mapping[str, Any]) -> str | None:
    """What a slice's plane is known by: the digests that its spec names, as text; None of what is measured over no slice."""
    family = spec.get("family")
    return _known(family) if isinstance(family, Mapping) else None


def lies_on(spec: Mapping[str, Any]) -> str | None:
    """The plane that a run or path was projected on, as :func:`plane_of` names it; None of other results."""
    probe = spec.get("probe")
    plane = probe.get("plane") if isinstance(probe, Mapping) and probe.get("probe") == "projection" else None
    return _known(plane) if isinstance(plane, Mapping) else None


def _known(plane: Mapping[str, Any]) -> str | None:
    if not plane.get("axes") or not plane.get("origin"):
        return None
    return json.dumps([plane["origin"], plane["axes"], plane.get("dims")])


def lying_on(ds: xr.Dataset, tracks: Mapping[str, xr.Dataset]) -> dict[str, xr.Dataset]:
    """Those that do not lie on another plane than that of this slice, as far as both say."""
    plane = plane_of(ds.attrs.get("spec") or {})
    return {name: path for name, path in tracks.items()
            if plane is None or lies_on(path.attrs.get("spec") or {}) in (None, plane)}


def track(ds: xr.Dataset, dims: tuple[str, ...], name: str, path: xr.Dataset) -> Track | None:
    """A run, a path, or the log of a monitored run over a plane; None where no point of it has a place there.

    Args:
        ds: the slice. dims: its coordinates. path: with its coordinates on the plane as variables of their names.
    """
    logged = set(LOGGED) <= set(path.variables)
    places = LOGGED if logged else dims
    if any(place not in path.variables for place in places):
        return None
    x, y = (np.asarray(path[place].values, dtype=float) for place in places)
    if logged:  # every slice of such a run has its origin where the run stood
        centre = ds.attrs.get("centre") or (0.0, 0.0)
        x, y = x - float(centre[0]), y - float(centre[1])
    there = np.isfinite(x) & np.isfinite(y)
    if x.ndim != 1 or not there.any():
        return None
    off, at_least = _off_of_log(ds, path, x, y) if logged else (None, False)
    if not logged and "relative_off_slice" in path.variables:
        off = _values(path, "relative_off_slice")
    steps = np.asarray(path["step"].values, dtype=float)[there] if "step" in path.coords else None
    return Track(
        name=name, x=numbers(x[there], "f8"), y=numbers(y[there], "f8"), steps=None if steps is None else numbers(steps, "f8"),
        off=None if off is None else numbers(off[there]), at_least=at_least,
        quantities=tuple(_quantity(path, key, there) for key in _OWN if key in path.data_vars and path[key].shape == x.shape),
    )


def _off_of_log(ds: xr.Dataset, path: xr.Dataset, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray | None, bool]:
    """What a log tells of a monitored run's distance from one of its slices, as a share of the distance from the slice's origin, and
    whether that is the least that it can be.

    It tells how far every point is from the plane of the same directions through where the run began. Points at distances a and b from
    there are at least |a - b| apart across it: exactly so where one of them is 0, as on the slice at the beginning.
    """
    known, gram = {LOGGED_OFF, "step"} <= set(path.variables), np.asarray(ds.attrs.get("axes_gram", ()), dtype=float)
    if not known or "step" not in ds.attrs or gram.shape != (2, 2):
        return None, False
    off = _values(path, LOGGED_OFF)
    here = off[np.asarray(path["step"].values) == ds.attrs["step"]]
    if here.size != 1 or not np.isfinite(here[0]):
        return None, False
    across, places = np.abs(off - here[0]), np.stack([x, y])
    whole = np.sqrt(np.maximum(np.einsum("in,ij,jn->n", places, gram, places), 0) + across**2)
    return np.divide(across, whole, out=np.where(np.isnan(whole), np.nan, 0.0), where=whole > 0), bool(here[0] > 0)


def _values(path: xr.Dataset, name: str) -> np.ndarray:
    values = np.asarray(path[name].values, dtype=float)
    done = path.get("done")
    return values if done is None else np.where(done.values, values, np.nan)


def _quantity(path: xr.Dataset, name: str, there: np.ndarray) -> Quantity:
    values, error = _values(path, name)[there], path.get(f"{name}_stderr")
    scale = choose_scale(name, values, "auto")
    low, high = span(values, scale) if drawable(values, scale).any() else (None, None)
    return Quantity(name, label(path[name], name), scale, None, low, high, exact(values),  # type: ignore[arg-type]
                    None if error is None else exact(np.asarray(error.values, dtype=float)[there]))


def exact(values: np.ndarray) -> Numbers:
    """Numbers in 32 bits, in 64 where some would become infinite or zero."""
    finite = np.abs(values[np.isfinite(values) & (values != 0)])
    narrow = np.finfo(np.float32)
    fits = not finite.size or (finite.max() <= narrow.max and finite.min() >= narrow.tiny)
    return numbers(values, "f4" if fits else "f8")


def ends(one: Track) -> tuple[Marker, Marker]:
    """The first and the last point of a track."""
    x, y = _unpacked(one.x), _unpacked(one.y)
    steps = None if one.steps is None else _unpacked(one.steps)
    made = []
    for role, at in (("start", 0), ("end", -1)):
        said = f"{role} of {one.name}" + ("" if steps is None else f", step {int(steps[at])}")
        values = tuple(Value(q.name, float(_unpacked(q.values)[at])) for q in one.quantities)
        made.append(Marker(said, role, float(x[at]), float(y[at]), None, values))  # type: ignore[arg-type]
    return made[0], made[1]


def _unpacked(packed: Numbers) -> np.ndarray:
    return np.frombuffer(base64.b64decode(packed.data), f"<{packed.dtype}")
