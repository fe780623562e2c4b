"""One point as a family: what is measured at a point is kept, resumed and drawn as everything else that is swept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from ..params import Params, digest


@dataclass(frozen=True, eq=False)
class Single:
    """A point at the coordinate 0 of a dim ``point``.

    Attributes:
        origin: the point.
        about: what results say of it.
    """

    origin: Params = field(repr=False)
    about: Mapping[str, Any] = field(default_factory=dict)
    dims: tuple[str, ...] = ("point",)

    def __call__(self, u: Tensor) -> Params:
        """The point."""
        return self.origin

    def spec(self) -> dict[str, Any]:
        """What defines it, as plain data."""
        return {"family": "point", "origin": digest(self.origin)}

    def describe(self) -> dict[str, Any]:
        """What a result says of it."""
        return {"family": "point", **self.about}
