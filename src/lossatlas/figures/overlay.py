"""Networks drawn over a plane: in the plane's own units, with how far they lie off it.

A point of parameter space lands on a plane by projection, and what the projection drops (the off-slice residual) is
often most of it. So points come with their residual as the fill of their markers and in the caption, and with their own
loss beside the plane's loss below them. Paths of several runs have a colour each, a ring where they start and a star where they end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from .caption import repeated_colours
from .figure import Points
from .reading import Sheet
from .scales import short

if TYPE_CHECKING:
    import xarray as xr

    #: Points over a plane: some, or the paths of runs by their names.
    Overlay = xr.Dataset | Mapping[str, xr.Dataset]

MOST_TEXTS = 10


def overlay_marks(
    over: Overlay | None, dims: tuple[str, ...], under: tuple[np.ndarray, np.ndarray, Sheet], name: str, first: bool,
) -> list[Points]:
    """The marks of points, or of the paths of runs, over a plane.

    Raises:
        InputError: as :func:`points_mark`.
    """
    if over is None or _none(over):
        return []
    if paths := _paths(over):
        marks = [_path_marks(path, run, number, dims, under, name, first) for number, (run, path) in enumerate(paths.items())]
        started = [mark for own in marks for mark in own]
        return [mark for mark in started if mark.marker == "step"] + [mark for mark in started if mark.marker != "step"]
    return [points_mark(over, dims, under, name, first)]  # type: ignore[arg-type]


def overlay_caption(over: Overlay | None, dims: tuple[str, ...]) -> list[str]:
    """What :func:`points_caption` says, of each run by its name."""
    if over is None or _none(over):
        return []
    if not (paths := _paths(over)):
        return points_caption(over, dims)  # type: ignore[arg-type]
    said = []
    for run, path in paths.items():
        of = f"{run}: " if run else ""
        said += [f"{of}{text[:1].lower() if of else text[:1]}{text[1:]}" for text in points_caption(path, dims)]
    return said + repeated_colours(len(paths))


def _none(over: Overlay) -> bool:
    """Whether these are the paths of no runs."""
    return isinstance(over, Mapping) and not hasattr(over, "data_vars") and not over


def _paths(over: Overlay) -> dict[str, xr.Dataset]:
    """Paths of runs by their names; none where these are points."""
    if hasattr(over, "data_vars"):
        return {str(over.attrs.get("run", "")): over} if over.attrs.get("kind") == "trajectory" else {}  # type: ignore[dict-item, union-attr]
    if not isinstance(over, Mapping) or not all(hasattr(path, "data_vars") for path in over.values()):
        raise InputError(f"points are a {type(over).__name__}; expected a Dataset, or paths by their names: {{'sgd': la.projected(run, "
                         "plane)}")
    return {str(run): path for run, path in over.items()}


def _path_marks(
    path: xr.Dataset, run: str, number: int, dims: tuple[str, ...], under: tuple[np.ndarray, np.ndarray, Sheet], name: str, first: bool,
) -> list[Points]:
    """The points of a run in its colour, fuller the larger the share of their distance that is off the plane; its start and its end."""
    drawn = points_mark(path, dims, under, name, False)
    off = _values(path, "relative_off_slice")
    along = path["step" if "step" in path.variables else path[dims[0]].dims[0]].values
    stepped = "step" in path.variables
    reach = f"steps {int(along[0])} to {int(along[-1])}" if stepped else f"{path[dims[0]].dims[0]} {along[0]:g} to {along[-1]:g}"
    words = f"{run + ', ' if run else ''}{reach}"
    if off is not None and np.isfinite(off).any():
        words += f"; fuller: farther off the plane, up to {short(100 * float(np.nanmax(off)), 2)} %"
    shade = None if off is None else np.nan_to_num(np.clip(off, 0, 1), nan=1.0)
    marks = [Points(drawn.x, drawn.y, drawn.z, shade, label=words if first else "", marker="step", joined=True, color=number)]
    told = first and number == 0
    marks.append(Points(drawn.x[:1], drawn.y[:1], None if drawn.z is None else drawn.z[:1], label="start" if told else "",
                        marker="ring", color=number))
    if np.hypot(drawn.x[-1], drawn.y[-1]) > 1e-9 * (1 + np.nanmax(np.hypot(drawn.x, drawn.y))):  # the origin has a star of its own
        marks.append(Points(drawn.x[-1:], drawn.y[-1:], None if drawn.z is None else drawn.z[-1:], marker="star", color=number))
    return marks


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
