"""Where a point falls on a slice, and how far off it lies: the shadow of a training path on the plane that it is drawn on.

A path is drawn by its projections, and what the projection drops is often most of it. So every point has its distance from the plane beside
its coordinates, and beside its own loss the loss that the plane shows in its place (METHODS, section 4, A15).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..family import Slice
from ..family.pieces import with_norms_of
from ..family.slice import check_independent
from ..layout import TensorRule
from ..objective import Objective
from ..params import PIECE, Params, check_point, gram
from ..result.schema import Quantity
from .loss import LossProbe


@dataclass(frozen=True, eq=False)
class ProjectionProbe:
    """Measures the coordinates on a slice, named by its dims, ``off_slice``, ``relative_off_slice``, ``distance``; and with a loss probe
    all that this one measures, and ``plane_loss``.

    Attributes:
        plane: the slice.
        measure: the loss of a point, or None.
        rules: filters that get their norm at the origin before the point is projected.
    """

    plane: Slice
    measure: LossProbe | None = None
    rules: Mapping[str, TensorRule] = field(default_factory=dict)

    def __post_init__(self) -> None:
        own = {q.name for q in self.quantities}
        if len(own) < len(self.quantities):
            raise InputError(f"the slice has dims {self.plane.dims}, and one of these is measured, too; expected other names, e.g. "
                             "('alpha', 'beta')")

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What it measures, in order."""
        listed = [*(Quantity(dim, f"{dim} of the projection") for dim in self.plane.dims),
                  Quantity("off_slice", "distance from the plane" if len(self.plane.dims) == 2 else "distance from the slice"),
                  Quantity("relative_off_slice", "share of the distance that is off the plane"),
                  Quantity("distance", "distance from the origin")]
        if self.measure is not None:
            listed += [*self.measure.quantities, Quantity("plane_loss", "loss of the plane at the projection")]
        return tuple(listed)

    @property
    def objective(self) -> Objective:
        """That of the loss probe; none without one."""
        if self.measure is None:
            raise AttributeError("objective")
        return self.measure.objective

    @property
    def nbytes(self) -> int:
        """Memory of the slice."""
        return sum(t.numel() * t.element_size() for tensors in (self.plane.origin, *self.plane.axes) for t in tensors.values())

    def __call__(self, point: Params) -> dict[str, Tensor]:
        """All quantities at one point."""
        u, residual, distance = self.project(point)
        found = {**dict(zip(self.plane.dims, u.tolist(), strict=True)), "off_slice": residual,
                 "relative_off_slice": residual / distance if distance else 0.0, "distance": distance}
        out = {name: torch.tensor(value, dtype=torch.float64) for name, value in found.items()}
        if self.measure is not None:
            objective = self.measure.objective
            shown = self.measure(objective.conform(self.plane(torch.from_numpy(u)), what="the projection"))
            out |= {**self.measure(objective.conform(point)), "plane_loss": shown["loss"]}
        return out

    def project(self, point: Mapping[str, Tensor]) -> tuple[np.ndarray, float, float]:
        """Coordinates (k,), distance from the slice and from its origin, as :meth:`lossatlas.Slice.project`, a piece at a time.

        Raises:
            InputError: a point of another network.
        """
        origin, axes = self._origin, self._axes
        self._check(point)
        inner, square = torch.zeros(len(axes), dtype=torch.float64), 0.0
        for name, parts in self._offsets(point):
            for start, offset in parts:
                square += float(offset.square().sum())
                for j, axis in enumerate(axes):
                    if name in axis:
                        inner[j] += torch.dot(_flat(axis[name])[start : start + len(offset)].double(), offset)
        u = np.linalg.solve(self._gram, inner.numpy()) if origin else np.zeros(len(axes))
        left = 0.0
        for name, parts in self._offsets(point):
            for start, offset in parts:
                for j, axis in enumerate(axes):
                    if name in axis:
                        offset = offset - u[j] * _flat(axis[name])[start : start + len(offset)].double()
                left += float(offset.square().sum())
        return u, left**0.5, square**0.5

    def _offsets(self, point: Mapping[str, Tensor]) -> Any:
        """Of every tensor the differences from the origin, in float64 and in pieces: (name, (start, numbers))."""
        for name, own in self._origin.items():
            tensor = point[name].detach().to(own.device)
            if name in self.rules:
                tensor = with_norms_of(own, tensor, self.rules[name])
            here, there = _flat(tensor), _flat(own)
            yield name, ((start, here[start : start + PIECE].double() - there[start : start + PIECE].double())
                         for start in range(0, len(there), PIECE))

    def _check(self, point: Mapping[str, Tensor]) -> None:
        wrong = [n for n, t in self._origin.items() if n not in point or point[n].shape != t.shape]
        if wrong:
            check_point({n: t for n, t in point.items() if n in self._origin}, what="the point to project", like=self._origin)

    @cached_property
    def _origin(self) -> Params:
        return self.plane.parameters(self.plane.origin)

    @cached_property
    def _axes(self) -> tuple[Params, ...]:
        return tuple(self.plane.parameters(axis) for axis in self.plane.directions)

    @cached_property
    def _gram(self) -> np.ndarray:
        matrix = np.array(gram(self._axes))
        check_independent(matrix)
        return matrix

    def spec(self) -> dict[str, Any]:
        """What defines the values, as plain data."""
        rules = {"filters": sorted(self.rules)} if self.rules else {}
        return {"probe": "projection", "plane": self.plane.spec(), **rules, **({"loss": self.measure.spec()} if self.measure else {})}

    def about(self) -> dict[str, Any]:
        """What a result says of plane and objective."""
        said = {key: value for key, value in self.plane.describe().items() if key != "family"}
        said |= {"plane": self.plane.about.get("family", "slice"), "plane_dims": list(self.plane.dims)}
        return {**(self.measure.about() if self.measure else {}), **said}


def _flat(tensor: Tensor) -> Tensor:
    return (torch.view_as_real(tensor) if tensor.is_complex() else tensor).reshape(-1)
