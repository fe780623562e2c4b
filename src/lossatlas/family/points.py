"""Single points of a family, numbered: what is evaluated where no lattice is, as a survey does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor

from ..errors import InputError
from ..params import Params
from .slice import Family

#: What a sweep asks of a slice about its running statistics and given points: the family's own.
_OF_THE_FAMILY = ("moves_statistics", "through", "origin", "axes", "buffers")


@dataclass(frozen=True, eq=False)
class Points:
    """Points of a family at given coordinates, along a dim ``point`` that numbers them.

    Attributes:
        family: where they lie.
        places: their coordinates, shape (points, dims of the family).
    """

    family: Any
    places: np.ndarray = field(repr=False)
    dims: tuple[str, ...] = ("point",)

    def __post_init__(self) -> None:
        object.__setattr__(self, "places", np.array(self.places, dtype=np.float64))
        if self.places.ndim != 2 or self.places.shape[1] != len(self.family.dims) or not len(self.places):
            raise InputError(f"places have shape {self.places.shape}; expected (points, {len(self.family.dims)}): the coordinates "
                             f"{', '.join(self.family.dims)} of at least one point")

    def __len__(self) -> int:
        return len(self.places)

    def __call__(self, u: Tensor) -> Params:
        """The point whose number is ``u[0]``."""
        number = float(u[0])
        if not number.is_integer() or not 0 <= number < len(self.places):
            raise InputError(f"point is {number:g}; expected a whole number from 0 to {len(self.places) - 1}")
        return self.family(u.new_tensor(self.places[int(number)]))

    def __getattr__(self, name: str) -> Any:
        if name in _OF_THE_FAMILY:
            return getattr(self.family, name)
        raise AttributeError(name)

    def without_statistics(self) -> Points:
        """The same points without running statistics."""
        return Points(self.family.without_statistics(), self.places)

    def spec(self) -> dict[str, Any]:
        """What defines the points, as plain data."""
        inner: Family = self.family
        return {"family": inner.spec() if hasattr(inner, "spec") else type(inner).__qualname__, "places": self.places.tolist()}
