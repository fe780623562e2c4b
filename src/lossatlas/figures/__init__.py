"""Pictures of results: a Dataset goes in, a ``Figure`` of plain data comes out, and ``save`` draws it.

>>> figure = figures.slice(ds, draw="contour")  # doctest: +SKIP
>>> figure.save("landscape.png")                # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import InputError
from ..names import suggest
from .compare import compare
from .figure import Figure
from .profile import profile
from .reading import FORMS, kind_of
from .slice import slice
from .volume import volume

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Figure", "auto", "compare", "profile", "slice", "volume"]


def auto(ds: xr.Dataset, draw: str | None = None, *, quantity: str | None = None) -> Figure:
    """Draw a result in a form that its kind allows: by default contours of a slice or of cuts through a volume, curves of a profile.

    Raises:
        InputError: for a form that this kind does not have, with those that it has.
    """
    kind = kind_of(ds)
    forms = FORMS[kind]
    form = forms[0] if draw is None else draw
    if form not in forms:
        raise InputError(
            f"draw is {form!r} for a result of kind {kind!r}; expected {' or '.join(forms)}{suggest(form, forms)}"
        )
    if kind == "profile":
        return profile(ds, quantities=() if quantity is None else (quantity,))
    return (volume if kind == "volume" else slice)(ds, draw=form, quantity=quantity or "loss")  # type: ignore[arg-type]
