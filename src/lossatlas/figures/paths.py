"""Training paths on planes side by side, with one scale: the PCA plane, and a random one that shows why it is not used.

On a random plane a path is the shadow of a walk in thousands of dimensions, next to nothing of which lies in any two of them (Li et al.
2018, section 7.1): drawn in the units of the PCA plane it stays where it ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from ..errors import InputError
from . import caption as words
from .figure import Figure
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
