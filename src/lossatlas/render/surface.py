"""The marks in three dimensions.

Height is drawn on the scale of the colour axis (decades for a log axis, with ticks that say the values), and only facets
whose four corners all have a value exist: holes stay holes. Points are drawn after the surface, so that one behind a
ridge is not lost; holes lie grey on the floor below their place.
"""

from __future__ import annotations

import numpy as np
from matplotlib.colors import LightSource
from matplotlib.figure import Figure as Sheet
from matplotlib.ticker import MaxNLocator
from mpl_toolkits.mplot3d import proj3d
from mpl_toolkits.mplot3d.art3d import Poly3DCollection
from mpl_toolkits.mplot3d.axes3d import Axes3D

from ..figures.figure import Axis, Holes, Panel, Points, Surface, Veil
from .marks import cell_edges, joint_style, marker_style, thinned
from .palette import color_map, ends, norm

_ELEVATION, _AZIMUTH, _ZOOM = 32.0, -58.0, 1.12
_TALL = 0.36  # of the z axis on paper, over the height of the panel
_GREY = {"bad": "0.72", "missing": "0.92", "doubtful": "0.82"}


def draw(sheet: Sheet, place: tuple[float, float, float, float], panel: Panel) -> Axes3D:
    """Draw a panel with a surface."""
    axes = Axes3D(sheet, place, computed_zorder=False)
    sheet.add_axes(axes)
    axes.set_facecolor("none")
    z = panel.z or Axis()
    low, high = height(np.array(ends(z)), z)
    axes.set(xlim=panel.x.limits, ylim=panel.y.limits, zlim=(low, high))
    for mark in panel.marks:
        if isinstance(mark, Holes):
            _floor(axes, mark, float(low))
        elif isinstance(mark, Surface):
            _facets(axes, mark, panel)
    for mark in panel.find(Points):
        _points(axes, mark, z)
    _dress(axes, panel, z)
    return axes


def height(values: np.ndarray, axis: Axis) -> np.ndarray:
    """Values on the scale of the axis; NaN where they have no place on it."""
    if axis.scale == "linear":
        return np.where(np.isfinite(values), values, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        logged = np.log10(values)
    return np.where(np.isfinite(logged), logged, np.nan)


def facets(mark: Surface, axis: Axis) -> tuple[np.ndarray, np.ndarray]:
    """Corners, shape (n, 4, 3), of the cells whose four corners have a value, and the mean height of each."""
    x, y = np.meshgrid(mark.x, mark.y, indexing="ij")
    corner = np.stack([x, y, height(mark.z, axis)], axis=-1)  # (len(x), len(y), 3)
    quads = np.stack([corner[:-1, :-1], corner[1:, :-1], corner[1:, 1:], corner[:-1, 1:]], axis=2).reshape(-1, 4, 3)
    quads = quads[whole(mark, axis)]
    return quads, quads[:, :, 2].mean(axis=1)


def whole(mark: Surface, axis: Axis) -> np.ndarray:
    """Which cells have a value at all four corners, in the order of the facets of a full surface."""
    return _at_corners(np.isfinite(height(mark.z, axis))).all(axis=1)


def _at_corners(values: np.ndarray) -> np.ndarray:
    """Values at the four corners of every cell, shape (cells, 4)."""
    return np.stack([values[:-1, :-1], values[1:, :-1], values[1:, 1:], values[:-1, 1:]], axis=2).reshape(-1, 4)


def _facets(axes: Axes3D, mark: Surface, panel: Panel) -> None:
    z = panel.z or Axis()
    quads, middle = facets(mark, z)
    if not len(quads):
        return
    scale = norm(z)
    colors = color_map(panel)(scale(10.0**middle if z.scale == "log" else middle))
    line = 0.15 if len(quads) > 1500 else 0.3
    # light from the left above; in units of the box, so that the shading does not depend on those of the data
    size = np.array([np.ptp(mark.x) or 1, np.ptp(mark.y) or 1, (axes.get_zlim()[1] - axes.get_zlim()[0]) * 1.6])
    shaded = _shade(colors, quads / size)
    for veil in panel.find(Veil):
        pale = _at_corners(veil.mask).all(axis=1)[whole(mark, z)]
        shaded[pale, :3] = 0.5 + 0.5 * shaded[pale, :3]
    axes.add_collection3d(
        Poly3DCollection(quads, facecolors=shaded, edgecolors=shaded * [0.8, 0.8, 0.8, 1], linewidths=line, zorder=2),
        autolim=False,
    )


def _shade(colors: np.ndarray, quads: np.ndarray) -> np.ndarray:
    normal = np.cross(quads[:, 2] - quads[:, 0], quads[:, 3] - quads[:, 1])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    lit = 0.78 + 0.22 * np.clip(normal @ LightSource(azdeg=300, altdeg=50).direction, 0, 1)
    return np.concatenate([colors[:, :3] * lit[:, None], colors[:, 3:]], axis=1)


def _floor(axes: Axes3D, mark: Holes, low: float) -> None:
    if mark.y is None or not mark.mask.any():
        return
    x, y = cell_edges(mark.x), cell_edges(mark.y)
    x, y = np.clip(x, mark.x[0], mark.x[-1]), np.clip(y, mark.y[0], mark.y[-1])
    cells = [
        [(x[i], y[j], low), (x[i + 1], y[j], low), (x[i + 1], y[j + 1], low), (x[i], y[j + 1], low)]
        for i, j in np.argwhere(mark.mask)
    ]
    axes.add_collection3d(
        Poly3DCollection(cells, facecolors=_GREY[mark.why], edgecolors="0.5", linewidths=0.2, zorder=1), autolim=False
    )


def _points(axes: Axes3D, mark: Points, z: Axis) -> None:
    x, y, tall = _corners(axes, mark, z)
    if mark.marker == "trace":
        axes.plot(x, y, tall, zorder=3, **{**joint_style(mark), "linewidth": 0.8, "alpha": 0.45})
        return
    if mark.joined:
        axes.plot(x, y, tall, zorder=4, **joint_style(mark))
    axes.scatter(x, y, tall, depthshade=False, zorder=6 if mark.marker in ("star", "ring") else 5, **marker_style(mark))


def project(axes: Axes3D, mark: Points, panel: Panel) -> np.ndarray:
    """Where points land on paper, in the flat data coordinates that 3D axes draw in; shape (n, 2)."""
    x, y, _ = proj3d.proj_transform(*_corners(axes, mark, panel.z or Axis()), axes.get_proj())
    return np.column_stack([x, y])


def _corners(axes: Axes3D, mark: Points, z: Axis) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coordinates of points; one without a height stands on the floor."""
    low = axes.get_zlim()[0]
    tall = height(mark.z, z) if mark.z is not None else np.full(len(mark.x), low)
    return mark.x, mark.y, np.where(np.isfinite(tall), tall, low)


def _dress(axes: Axes3D, panel: Panel, z: Axis) -> None:
    axes.view_init(_ELEVATION, _AZIMUTH)
    axes.set_box_aspect((1.0, 1.0, 0.62), zoom=_ZOOM)
    if panel.equal and panel.x.limits and panel.y.limits:
        ratio = (panel.y.limits[1] - panel.y.limits[0]) / (panel.x.limits[1] - panel.x.limits[0])
        longest = max(1.0, ratio)
        axes.set_box_aspect((1.0 / longest, ratio / longest, 0.62), zoom=_ZOOM)
    axes.set_xlabel(panel.x.label, labelpad=-4)
    axes.set_ylabel(panel.y.label, labelpad=-4)
    for axis, end in ((axes.xaxis, "upper"), (axes.yaxis, "lower")):  # the two ends that meet in the front corner
        axis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10], prune=end))
    ticks, labels = thinned(z, _TALL * axes.get_position().height * axes.get_figure().get_figheight())
    axes.set_zticks(height(np.array(ticks), z), labels)
    axes.tick_params(labelsize=7.5, pad=-1)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_pane_color((0.97, 0.97, 0.97, 1.0))
        axis._axinfo["grid"].update(color="0.85", linewidth=0.5)
