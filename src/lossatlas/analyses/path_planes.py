"""The plane that holds a path, or the most of it: how a valley bends around a ridge (Garipov et al. 2018, Figure 1; METHODS G5).

A curve with one inner control lies in the plane of its three controls, to the last bit. A curve of more dimensions lies in no plane: then
the one through both ends is taken, and through the direction in which the path leaves their chord most (the first principal component of
what is off the chord); how much of the path is off it, is stated. Both ends are hit exactly, the first at (0, 0), the second at (1, 0), and
distances are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path as File
from typing import Any

import numpy as np
import torch
import xarray as xr

from ..errors import InputError
from ..family import Path, Slice, plane
from ..names import PlaneAxes
from ..objective import Objective
from ..params import Params, difference, dot, lincomb, norm, shift
from ..probes.loss import loss
from ..probes.projection import ProjectionProbe
from ..run.events import Listener, ignore
from ..run.sweep import sweep

#: Points of the path that decide the plane of a curve in more than two dimensions, and that are drawn over it.
POINTS = 61


def path_plane(
    path: Any, *, dims: tuple[str, str] = ("alpha", "beta"), axes: PlaneAxes = "orthogonal", buffers: Sequence[str] = (),
) -> Slice:
    """The plane through both ends of a path that holds it, or most of it.

    Args:
        path: a :class:`~lossatlas.Path`, what :func:`~lossatlas.connect` returns, or another family over one coordinate from 0 to 1.
        dims: names of the coordinates.
        axes, buffers: as of :func:`~lossatlas.plane`.

    Returns:
        A plane as of :func:`~lossatlas.plane`, whose ``frame()`` contains the three points; ``about`` holds ``holds`` (the share of the
        path's squared distance from the chord of its ends that is in the plane) and ``off_plane`` (its largest distance from the plane
        over its largest distance from the chord); a curve with three controls has 1 and 0.

    Raises:
        InputError: a family over several coordinates, a straight path, which lies in no one plane.
    """
    if not callable(path) or isinstance(path, type) or len(getattr(path, "dims", ())) != 1:
        raise InputError(f"path_plane got {type(path).__name__}; expected a path over one coordinate: la.connect(objective, a, b)")
    curve = getattr(path, "path", path)
    inner = curve.controls[1:-1] if isinstance(curve, Path) else ()
    if len(inner) == 1:
        third, holds, off = inner[0], 1.0, 0.0
    else:
        third, holds, off = _most(path)
    ends = [path(torch.tensor([t], dtype=torch.float64)) for t in (0.0, 1.0)]
    try:
        made = plane(*ends, third, axes=axes, dims=dims, buffers=buffers)
    except InputError as error:
        if "one line" in str(error):
            raise InputError("the path is straight, so that many planes hold it; expected one with a bend: "
                             "la.connect(objective, a, b, method='bezier')") from None
        raise
    return made.saying({"holds": holds, "off_plane": off, "ends": ["first end", "second end", "bend"]})


def path_on_plane(
    path: Any, plane: Slice, objective: Objective | None = None, *, points: int = POINTS, store: str | File | None = None,
    on_event: Listener = ignore,
) -> xr.Dataset:
    """A path on a plane: where its points fall, how far off they lie, and their loss beside the loss that the plane shows.

    Args:
        plane: such as of :func:`path_plane`. objective: whose loss; None: no losses.
        points: along the path, equally spaced in its coordinate.
        store: as of :func:`~lossatlas.sweep`.

    Returns:
        A Dataset of kind "path" over t, as of :func:`~lossatlas.projected`; ``la.figures.slice(ds, points=…)`` draws it over the plane.

    Raises:
        InputError: a point of another network.
    """
    probe = ProjectionProbe(plane, None if objective is None else loss(objective), {})
    coords = np.unique(np.concatenate([np.linspace(0, 1, points), getattr(path, "knots", ())]))
    return sweep(probe, path, {path.dims[0]: coords}, store=store, plan="plain", on_event=on_event)


def _most(path: Any) -> tuple[Params, float, float]:
    """A third point, in the direction in which the path leaves the chord most; the share that the plane holds, and what is off it."""
    points = [path(torch.tensor([t], dtype=torch.float64)) for t in np.linspace(0, 1, POINTS)]
    first, last = points[0], points[-1]
    chord = difference(last, first)
    if not (squared := dot(chord, chord)):
        raise InputError("the ends of the path are the same; expected different ones")
    off = []
    for point in points[1:-1]:
        way = difference(point, first)
        off.append(shift(way, [-dot(way, chord) / squared], [chord]))
    gram = np.array([[dot(one, other) for other in off] for one in off])
    values, vectors = np.linalg.eigh(gram)
    total = float(np.trace(gram))
    if total <= 1e-12 * squared:
        raise InputError("the path is straight, so that many planes hold it; expected one with a bend: "
                         "la.connect(objective, a, b, method='bezier')")
    direction = lincomb(vectors[:, -1].tolist(), off)
    along = vectors[:, -1] * np.sqrt(values[-1])  # of every point along the direction of norm √λ
    residual = np.sqrt(np.clip(np.diag(gram) - along**2, 0, None))
    sign = 1.0 if along[np.abs(along).argmax()] > 0 else -1.0
    tall = float(np.abs(along).max()) / max(norm(direction), 1e-300)
    middle = lincomb([0.5, 0.5], [first, last])
    return (shift(middle, [sign * tall], [direction]), float(values[-1] / total),
            float(residual.max() / np.sqrt(np.diag(gram).max())))
