"""Training paths on planes side by side, with one scale: the PCA plane, and a random one that shows why it is not used.

On a random plane a path is the shadow of a walk in thousands of dimensions, next to nothing of which lies in any two of them (Li et al.
2018, section 7.1): drawn in the units of the PCA plane it stays where it ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..errors import InputError
from . import caption as words
from .figure import Figure, Mark, Points
from .overlay import overlay_caption
from .slice import Draw, describe, panel, read, share

if TYPE_CHECKING:
    import xarray as xr


def paths(
    planes: Mapping[str, tuple[xr.Dataset, Mapping[str, xr.Dataset]]], *, draw: Draw = "contour", quantity: str | None = None,
    scale: Literal["auto", "log", "linear"] = "auto",
) -> Figure:
    """Draw planes with the paths of runs over them.

    Args:
        planes: by their names, each a result of kind "slice" and the paths on it by the names of their runs, as
            :func:`lossatlas.projected` gives them.
        draw, quantity, scale: as of :func:`slice`.

    Raises:
        InputError: no planes, a plane of several splits or repeats, paths on another plane.
    """
    if not isinstance(planes, Mapping) or not planes:
        raise InputError(f"paths got {type(planes).__name__}; expected planes by their names: {{'PCA plane': (ds, {{'sgd': path}})}}")
    drawn = {str(name): read(ds, quantity, draw) for name, (ds, _) in planes.items()}
    if several := [name for name, plane in drawn.items() if len(plane.sheets) > 1]:
        raise InputError(f"{several[0]} has {len(drawn[several[0]].sheets)} splits, layers or repeats; expected one: ds.isel(split=0)")
    look = share(list(drawn.values()), draw, scale, None)
    panels, said = [], {}
    for number, (name, plane) in enumerate(drawn.items()):
        over = planes[name][1]
        panels.append(panel(plane, plane.sheets[0], look, title=_title(name, plane.ds), points=over, first=number == 0))
        said[name] = describe(plane, look) + overlay_caption(over, plane.dims)
    label = look.z.label
    return Figure(tuple(panels), f"{label[:1].upper()}{label[1:]} along training", words.merge(said), min(len(panels), 3))


def _title(name: str, ds: xr.Dataset) -> str:
    """The plane, and how much it holds."""
    share_of = ds.attrs.get("of_motion")
    return name if share_of is None else f"{name}: {100 * float(share_of):.3g} % of the motion"


def frames(
    planes: Mapping[str, tuple[xr.Dataset, Mapping[str, xr.Dataset]]], *, count: int = 60, draw: Draw = "contour",
    quantity: str | None = None, scale: Literal["auto", "log", "linear"] = "auto",
) -> list[Figure]:
    """The picture of :func:`paths` as it comes about, for :func:`lossatlas.figures.animate`: at each frame the paths up to a step.

    Frames are as many recorded steps, evenly among them, so that they move on as the run was recorded. The whole path is faint, and layout
    and labels are those of the whole picture, so that nothing jumps.

    Args:
        count: frames at most.

    Raises:
        InputError: as :func:`paths`; a count below 2.
    """
    if isinstance(count, bool) or not isinstance(count, int) or count < 2:
        raise InputError(f"count is {count!r}; expected a whole number of frames from 2, such as 60")
    whole = paths(planes, draw=draw, quantity=quantity, scale=scale)
    steps = np.unique(np.concatenate([path["step"].values for _, over in planes.values() for path in over.values()] or [np.zeros(0)]))
    if not steps.size:
        raise InputError("there are no paths; expected those of runs: {'sgd': la.projected(run.trajectory(), plane)}")
    chosen = steps[np.unique(np.linspace(0, len(steps) - 1, min(count, len(steps))).round().astype(int))]
    return [_until(whole, planes, float(step), last=step == steps[-1]) for step in chosen]


def _until(whole: Figure, planes: Mapping[str, tuple[xr.Dataset, Mapping[str, xr.Dataset]]], step: float, *, last: bool) -> Figure:
    """The figure with what was recorded until a step; legends and captions are those of the whole."""
    panels = []
    for panel_, (_, over) in zip(whole.panels, planes.values(), strict=True):
        seen = [int((path["step"].values <= step).sum()) for path in over.values()]
        traces = [replace(mark, marker="trace", label="", shade=None) for mark in panel_.find(Points) if mark.marker == "step"]
        marks = [_cut(mark, seen, last) for mark in panel_.marks]
        panels.append(replace(panel_, marks=(*[m for m in marks if not isinstance(m, Points)], *traces,
                                             *[m for m in marks if isinstance(m, Points)])))
    return replace(whole, panels=tuple(panels), title=f"{whole.title}, step {int(step):,}")


def _cut(mark: Mark, seen: list[int], last: bool) -> Mark:
    """A path up to its points that were seen; the end of one comes with the end."""
    if not isinstance(mark, Points) or mark.color is None or mark.marker not in ("step", "star"):
        return mark
    at_origin = mark.marker == "star" and not np.any([mark.x, mark.y])
    kept = seen[mark.color] if mark.marker == "step" else len(mark.x) * (last or at_origin)
    part = {name: None if getattr(mark, name) is None else getattr(mark, name)[:kept] for name in ("x", "y", "z", "shade")}
    return replace(mark, **part)
