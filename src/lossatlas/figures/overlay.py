"""Networks drawn over a plane: in the plane's own units, with how far they lie off it.

A point of parameter space lands on a plane by projection, and what the projection drops (the off-slice residual) is
often most of it. So points come with their residual as the fill of their markers and in the caption, and with their own
loss beside the plane's loss below them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from .figure import Points
from .reading import Sheet
from .scales import short

if TYPE_CHECKING:
    import xarray as xr

MOST_TEXTS = 10


def points_mark(
    points: xr.Dataset, dims: tuple[str, ...], under: tuple[np.ndarray, np.ndarray, Sheet], name: str, first: bool
) -> Points:
    """Markers at the points, at the plane's height, darker the farther off the plane.

    Raises:
        InputError: if the coordinates are missing, or the surface has repeats that the points do not tell apart.
    """
    x, y, sheet = under
    points = _of_repeat(points, sheet.repeat, dims)
    along, across = (np.asarray(points[dim].values, dtype=float) for dim in dims)
    off = _values(points, "relative_off_slice")
    if off is None:
        off = _values(points, "off_slice")
    largest = None if off is None or not np.isfinite(off).any() else float(np.nanmax(off))
    shade = None if off is None or largest is None else np.nan_to_num(off / (largest or 1.0), nan=1.0)
    height = _values(points, f"plane_{name}")
    if height is None:
        height = _values(points, name)
    if height is None:
        height = np.array([_nearest(x, y, sheet.values, a, b) for a, b in zip(along, across, strict=True)])
    text = "points" if largest is None else f"points; darker: farther off the plane (up to {_off_words(points, largest)})"
    joined = points.attrs.get("kind") == "trajectory" or any(key in points.variables for key in ("step", "epoch"))
    return Points(
        along, across, height, shade, texts=_texts(points, len(along)), label=text if first else "", joined=joined
    )


def points_caption(points: xr.Dataset | None, dims: tuple[str, ...]) -> list[str]:
    """How many points, how far off the plane, and how much their own loss differs from the plane's."""
    if points is None:
        return []
    for dim in dims:
        if dim not in points.variables:
            raise InputError(
                f"points have no {dim!r}; expected {' and '.join(dims)} in the plane's own units; write "
                "plane.project(point) and keep its coordinates and residual"
            )
    n = int(points[dims[0]].size)
    said = [f"{n} point{'' if n == 1 else 's'} projected on the plane"]
    off, relative = _values(points, "off_slice"), _values(points, "relative_off_slice")
    if off is None and relative is None:
        return [said[0] + "; off-slice residual not recorded."]
    if off is not None:
        said.append(f"off-slice residual {_range(off)}")
    if relative is not None:
        said.append(f"relative off-slice residual {_range(relative)}")
    own, below = _values(points, "loss"), _values(points, "plane_loss")
    if own is not None and below is not None:
        said.append(f"true loss {_range(own)} against {_range(below)} on the plane")
    return ["; ".join(said) + "."]


def _of_repeat(points: xr.Dataset, repeat: int | None, dims: tuple[str, ...]) -> xr.Dataset:
    points_caption(points, dims)  # the check of the coordinates
    if repeat is None:
        return points
    if "repeat" not in points.dims:
        raise InputError(
            "points have no dim 'repeat' and the slice has several planes; expected coordinates on each plane; "
            "write figures.slice(ds.isel(repeat=0), points=points)"
        )
    return points.isel(repeat=repeat)


def _values(points: xr.Dataset, name: str) -> np.ndarray | None:
    return np.asarray(points[name].values, dtype=float) if name in points.variables else None


def _nearest(x: np.ndarray, y: np.ndarray, values: np.ndarray, a: float, b: float) -> float:
    return float(values[np.abs(x - a).argmin(), np.abs(y - b).argmin()])


def _off_words(points: xr.Dataset, largest: float) -> str:
    return f"{short(largest, 2)} relative" if "relative_off_slice" in points.variables else short(largest, 2)


def _range(values: np.ndarray) -> str:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return "not finite"
    low, high = short(float(finite.min())), short(float(finite.max()))
    return low if low == high else f"{low} to {high}"


def _texts(points: xr.Dataset, n: int) -> tuple[str, ...]:
    """The labels; of many, the first, the last and evenly between."""
    if "label" not in points.variables:
        return ()
    every = [str(text) for text in points["label"].values]
    if n <= MOST_TEXTS:
        return tuple(every)
    kept = set(np.linspace(0, n - 1, MOST_TEXTS).round().astype(int).tolist())
    return tuple(text if k in kept else "" for k, text in enumerate(every))
