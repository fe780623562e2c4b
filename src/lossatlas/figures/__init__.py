"""Pictures of results: a Dataset goes in, a ``Figure`` of plain data comes out, and ``save`` draws it.

>>> figure = figures.slice(ds, draw="contour")  # doctest: +SKIP
>>> figure.save("landscape.png")                # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import InputError
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
from .reading import FORMS, default_form, kind_of
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


def auto(ds: xr.Dataset, draw: str | None = None, *, quantity: str | None = None) -> Figure:
    """Draw a result in a form that its kind allows: by default contours of a slice or of cuts through a volume (cells of eigenvalues).

    Raises:
        InputError: for a form that this kind does not have, with those that it has.
    """
    kind = kind_of(ds)
    forms = FORMS[kind]
    form = default_form(ds, quantity) if draw is None else draw
    if form not in forms:
        raise InputError(
            f"draw is {form!r} for a result of kind {kind!r}; expected {' or '.join(forms)}{suggest(form, forms)}"
        )
    if kind in ("profile", "scan", "trajectory", "path", "matrix"):
        by_kind = {"profile": profile, "scan": scan, "trajectory": trajectory, "path": path, "matrix": matrix}
        return by_kind[kind](ds, quantities=() if quantity is None else (quantity,))
    if kind in ("spectrum", "graph"):
        if quantity is not None:
            raise InputError(f"quantity is {quantity!r} for a {kind}, which is drawn whole; leave quantity out")
        return spectrum(ds) if kind == "spectrum" else graph(ds)
    return volume(ds, draw=form, quantity=quantity or "loss") if kind == "volume" else slice(ds, draw=form, quantity=quantity)  # type: ignore[arg-type]
