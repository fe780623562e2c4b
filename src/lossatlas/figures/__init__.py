"""Pictures of results: a Dataset goes in, a ``Figure`` of plain data comes out, and ``save`` draws it.

>>> figure = figures.slice(ds, draw="contour")  # doctest: +SKIP
>>> figure.save("landscape.png")                # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ..errors import InputError
from ..names import Mark as MarkName
from ..names import suggest
from .compare import compare
from .comparison import comparison
from .ensembles import ensembles
from .figure import Figure
from .graph import graph
from .matrix import matrix
from .minefield import minefield
from .path_profile import path
from .paths import frames, paths
from .profile import profile
from .reading import FORMS, default_form, default_quantity, kind_of
from .scan import scan
from .slice import slice
from .spectrum import spectrum
from .study import study
from .trajectory import trajectory
from .volume import volume

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Figure", "animate", "auto", "compare", "comparison", "ensembles", "frames", "graph", "matrix", "minefield", "path", "paths",
           "profile", "scan", "slice", "spectrum", "study", "trajectory", "volume"]


def __getattr__(name: str) -> Any:
    if name == "animate":  # which draws, with matplotlib
        from ..render.animation import animate

        return animate
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


#: How kinds are drawn: a panel for every quantity, whole, or over coordinates in one of several forms.
_PANELS: dict[str, Any] = {"profile": profile, "scan": scan, "trajectory": trajectory, "path": path, "matrix": matrix}
_WHOLE: dict[str, Any] = {"spectrum": spectrum, "graph": graph}
_FIELDS: dict[str, Any] = {"slice": slice, "volume": volume}
#: Kinds of which a survey may have predicted a part.
_SURVEYED = ("profile", "slice", "volume")


def auto(
    ds: xr.Dataset, draw: str | None = None, *, quantity: str | None = None, scale: Literal["auto", "log", "linear"] = "auto",
    mark: MarkName | None = None,
) -> Figure:
    """Draw a result in a form that its kind allows: by default contours of a slice or of cuts through a volume (cells of eigenvalues).

    Args:
        quantity: what to draw, by default what a figure of this kind draws.
        scale: as of the figure of this kind.
        mark: which cells of a survey to tell apart, as of :func:`slice`.

    Raises:
        InputError: for a form, a quantity or a mark that this kind does not have.
    """
    kind = kind_of(ds)
    forms = FORMS[kind]
    form = default_form(ds, quantity) if draw is None else draw
    if form not in forms:
        raise InputError(
            f"draw is {form!r} for a result of kind {kind!r}; expected {' or '.join(forms)}{suggest(form, forms)}"
        )
    if mark is not None and kind not in _SURVEYED:
        raise InputError(f"mark is {mark!r} for a {kind}, in which every value was measured; leave mark out")
    how = {"scale": scale, **({"mark": mark} if kind in _SURVEYED else {})}
    if kind in _WHOLE:
        if quantity is not None:
            raise InputError(f"quantity is {quantity!r} for a {kind}, which is drawn whole; leave quantity out")
        return _WHOLE[kind](ds, **how)
    if kind in _PANELS:
        return _PANELS[kind](ds, quantities=() if quantity is None else (quantity,), **how)
    return _FIELDS[kind](ds, draw=form, quantity=default_quantity(ds) if quantity is None else quantity, **how)
