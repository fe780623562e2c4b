"""A plane of a result as a mesh: one vertex per point, one quad per cell whose four corners have a value.

Holes stay holes: nothing is interpolated over a point that is not computed, not finite, or without a place on a log scale.
x and y are the coordinates of the plane. z is the value itself (its log10 on a log scale), or is scaled so that the
surface stands ``height`` times as tall as its longer side is long; the values go along as data, so nothing is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..figures.figure import Axis, Panel
from ..figures.reading import coordinate, label, sheets, title
from ..figures.reading import quantity as variable
from ..figures.scales import choose_scale, drawable, span
from .selection import DIMS, only

if TYPE_CHECKING:
    import xarray as xr

#: How tall a surface stands where only its shape is wanted; about the aspect of the figures.
PICTURE_HEIGHT = 0.6


@dataclass(frozen=True, eq=False)
class Mesh:
    """A surface over a plane.

    Attributes:
        points: (n, 3) float64: the two coordinates of the plane, and the height.
        quads: (m, 4) int64, corners of a cell, counter-clockwise seen from above.
        values: (n,) what the surface shows, as measured.
        data: every quantity of the plane at every vertex, (n,) each; on a log scale also ``log10_<quantity>``.
        axis: scale and limits of the values, for colours.
        title: of the result.
        meaning: what x, y and z are, in words.
        notes: what is left out.
    """

    points: np.ndarray
    quads: np.ndarray
    values: np.ndarray
    data: dict[str, np.ndarray]
    axis: Axis
    title: str
    meaning: str
    notes: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The entry of ``data`` that the height shows."""
        return f"log10_{self.axis.label}" if self.axis.scale == "log" else self.axis.label

    @property
    def triangles(self) -> np.ndarray:
        """Two triangles per cell, (2 m, 3)."""
        return self.quads[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3)

    @property
    def normals(self) -> np.ndarray:
        """Unit normals of the vertices, (n, 3): means over their triangles, weighted by area; they point up."""
        a, b, c = (self.points[self.triangles[:, k]] for k in range(3))
        facing = np.cross(b - a, c - a)
        total = np.zeros_like(self.points)
        for k in range(3):
            np.add.at(total, self.triangles[:, k], facing)
        return total / np.linalg.norm(total, axis=1, keepdims=True)

    @property
    def y_up(self) -> tuple[np.ndarray, np.ndarray]:
        """Points and normals turned so that y is up, the custom of glTF and OBJ: (x, y, z) becomes (x, z, −y)."""
        return tuple(np.column_stack([v[:, 0], v[:, 2], 0.0 - v[:, 1]]) for v in (self.points, self.normals))  # type: ignore[return-value]

    @property
    def colors(self) -> np.ndarray:
        """Colours of the vertices, those of the figures: (n, 3) sRGB in 0..1."""
        from ..render.palette import color_map, norm  # here, so that a .vtp needs no matplotlib

        return color_map(Panel((), Axis(), Axis(), self.axis))(norm(self.axis)(self.values))[:, :3]


def surface(ds: xr.Dataset, quantity: str, scale: str, height: float | None) -> Mesh:
    """The surface of one quantity; ``height`` None: z is the value, or its log10.

    Raises:
        InputError: no plane, several planes, an unknown quantity, a plane without one whole cell.
    """
    if height is not None and not (np.isfinite(height) and height >= 0):
        raise InputError(f"height is {height}; expected 0 (flat) or a positive share of the longer side, such as 0.6")
    x_dim, y_dim = _plane(ds)
    several = [dim for dim in DIMS if dim in variable(ds, quantity).dims]
    ds = only(ds, several, "a surface shows one")
    x, y = coordinate(ds, x_dim), coordinate(ds, y_dim)
    sheet = sheets(ds, quantity, (x_dim, y_dim))[0]
    chosen = choose_scale(quantity, sheet.values, scale)  # type: ignore[arg-type]
    good = sheet.done & drawable(sheet.values, chosen)
    quads, used = _cells(good)
    if not len(quads):
        raise InputError(f"no cell of this {len(x)} × {len(y)} plane has a value of {quantity!r} at all four corners, so there is no "
                         "surface; compute more points, or write a .csv")
    values = sheet.values.ravel()[used]
    raised, words = _height(values, chosen, height, max(np.ptp(x), np.ptp(y)), label(ds[quantity], quantity))
    row, column = np.unravel_index(used, good.shape)
    cells = (len(x) - 1) * (len(y) - 1)
    why = "not computed, not finite or not positive" if chosen == "log" else "not computed or not finite"
    notes = (f"{cells - len(quads)} of {cells} cells are holes: a corner is {why}",) if len(quads) < cells else ()
    data = _data(ds, (x_dim, y_dim), used) | ({f"log10_{quantity}": np.log10(values)} if chosen == "log" else {})
    return Mesh(np.column_stack([x[row], y[column], raised]), quads, values, data, Axis(quantity, chosen, span(values, chosen)),
                title(ds), f"x = {x_dim}, y = {y_dim}, {words}", notes)


def _plane(ds: xr.Dataset) -> tuple[str, str]:
    dims = [str(dim) for dim in ds["done"].dims if dim not in DIMS]
    if len(dims) != 2:
        kind = {1: "a profile (one coordinate)", 3: "a volume (three coordinates)"}.get(len(dims), f"on {len(dims)} coordinates")
        raise InputError(f"a surface needs a plane, and this result is {kind}; write a .csv or .nc, or measure a slice")
    return dims[0], dims[1]


def _cells(good: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Quads (m, 4) whose corners are all good, numbered among the vertices they use; and those, (n,) places in ``good.ravel()``."""
    number = np.arange(good.size).reshape(good.shape)
    here, next_ = slice(None, -1), slice(1, None)
    corners = ((here, here), (next_, here), (next_, next_), (here, next_))  # counter-clockwise, x along the first axis
    whole = np.logical_and.reduce([good[corner] for corner in corners])
    quads = np.stack([number[corner][whole] for corner in corners], axis=1)  # (m, 4)
    used, place = np.unique(quads, return_inverse=True)
    return place.reshape(quads.shape), used


def _height(values: np.ndarray, scale: str, height: float | None, longer: float, name: str) -> tuple[np.ndarray, str]:
    """z of every vertex, and what it is in words."""
    shown = np.log10(values) if scale == "log" else values
    words = f"log10 of {name}" if scale == "log" else name
    if height is None:
        return shown, f"z = {words}"
    low, high = float(shown.min()), float(shown.max())
    share = (shown - low) / (high - low) if low < high else np.zeros_like(shown)
    return share * height * longer, f"z = {words}, from {low:.17g} at 0 to {high:.17g} at {height * longer:.17g}"


def _data(ds: xr.Dataset, dims: tuple[str, str], used: np.ndarray) -> dict[str, np.ndarray]:
    """Every quantity that has one value per point of the plane."""
    out = {}
    for name, array in ds.data_vars.items():
        single = array.squeeze([dim for dim in array.dims if dim not in dims and array.sizes[dim] == 1])
        if name != "done" and set(single.dims) == set(dims):
            out[str(name)] = np.asarray(single.transpose(*dims).values, dtype=np.float64).ravel()[used]
    return out
