"""Lines, planes and volumes through parameter space: coordinates to points.

A slice stands on frames. With directions, ``θ(u) = θ_0 + Σ u_j d_j``. Through given points it is the affine
combination ``θ(u) = (1 − Σ w_j) θ_0 + Σ w_j θ_j``, whose weights are exactly 0 and 1 at the given points, so that
these are hit exactly (``θ_0 + 1·(θ_1 − θ_0)`` would miss θ_1 by rounding). Stateless and differentiable in u.

In the simplest coordinates w = u, and the points stand at the unit vectors. A picture of them is distorted, because the
axes θ_j − θ_0 differ in length and are not orthogonal. Orthogonal coordinates (Gram and Schmidt, as in Garipov et al.
2018) keep distances: θ_1 at (1, 0), which sets the unit, θ_2 at (p, q), and in general θ_j at row j of a lower
triangular matrix P. Solving P from its last column, ``w_j = (u_j − Σ_{i>j} P_ij w_i) / P_jj``, gives weights that are still 0
and 1 to the last bit at the points, because x/x = 1 and p − p·1 = 0.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..lattice import framed
from ..names import PlaneAxes, choose
from ..params import (
    Params,
    check_point,
    cosine,
    difference,
    digest,
    dot,
    gram,
    is_running_statistic,
    known_buffers,
    lincomb,
    norm,
    shift,
    size,
    without_running_statistics,
)

#: What a slice says of itself that does not define it.
_SAID = ("rules", "assumed", "frozen", "notes", "auto_range", "curvature_seen", "eigenvalues", "eigenvalue_errors",
         "explained", "motion", "of_motion", "radial", "runs")


@runtime_checkable
class Family(Protocol):
    """Coordinates to points of parameter space; differentiable and stateless."""

    dims: tuple[str, ...]

    def __call__(self, u: Tensor) -> Params:
        """The point at coordinates ``u``, shape (k,)."""
        ...


def centre_of(family: Family) -> tuple[float, ...]:
    """Coordinates of the point that a family is laid around: its own ``centre``, else zeros."""
    return tuple(map(float, getattr(family, "centre", (0.0,) * len(family.dims))))


class Projection(NamedTuple):
    """Where a point falls on a slice.

    Attributes:
        coordinates: float64, shape (k,), in the slice's own units.
        residual: distance of the point from the slice, over all parameters (Euclidean).
    """

    coordinates: np.ndarray
    residual: float


@dataclass(frozen=True, eq=False)
class Slice:
    """A flat piece of parameter space of 1, 2, 3 … dimensions.

    Attributes:
        origin: the point at u = 0.
        axes: directions (or, with ``through=True``, given points).
        dims: names of the coordinates.
        through: whether ``axes`` are points; made by :meth:`through_points`.
        places: where these points stand, a lower triangular matrix (k, k), one row a point; empty: at the unit vectors.
        about: how the slice was made (seed, normalization …), plain data for results.
        buffers: names of entries that are buffers of the network, beside those that :func:`~lossatlas.params.known_buffers` tells:
            they move between given points, but distances, projections and numbers of parameters leave them out.
    """

    origin: Params = field(repr=False)
    axes: tuple[Params, ...] = field(repr=False)
    dims: tuple[str, ...] = ("alpha", "beta")
    through: bool = False
    places: tuple[tuple[float, ...], ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict)
    buffers: frozenset[str] = field(default=frozenset(), repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "axes", tuple(self.axes))
        object.__setattr__(self, "buffers", frozenset(self.buffers) | known_buffers(self.origin))
        object.__setattr__(self, "dims", (self.dims,) if isinstance(self.dims, str) else tuple(self.dims))
        if not self.axes or len(self.axes) != len(self.dims) or len(set(self.dims)) != len(self.dims):
            raise InputError(f"a slice has {len(self.axes)} axes and dims {self.dims}; expected one different name per axis")
        check_point(self.origin, what="the origin of the slice")
        for dim, axis in zip(self.dims, self.axes, strict=True):
            check_point(axis, what=f"the {'point' if self.through else 'direction'} of {dim!r}")
            for name, tensor in axis.items():
                if name not in self.origin or tensor.shape != self.origin[name].shape:
                    have = tuple(self.origin[name].shape) if name in self.origin else "no such tensor"
                    raise InputError(f"the axis {dim!r} has {name!r} of shape {tuple(tensor.shape)}, the origin {have}; "
                                     "expected directions of the same network")

    @classmethod
    def through_points(
        cls, points: Sequence[Params], dims: Sequence[str], *, places: Sequence[Sequence[float]] = (),
        about: Mapping[str, Any] | None = None, buffers: Iterable[str] = (),
    ) -> Slice:
        """The flat slice through k + 1 points, hit exactly at 0 and at the unit vectors of u, or the rows of ``places``."""
        if len(points) != len(dims) + 1:
            raise InputError(f"{len(points)} points span {len(points) - 1} dimensions; got dims {tuple(dims)}")
        first, *others = shared = _shared_buffers(points)
        if left := sorted({n for p, kept in zip(points, shared, strict=True) for n in p if n not in kept}):
            some = f"{', '.join(left[:4])}{', …' if len(left) > 4 else ''}"
            note = f"BatchNorm: running statistics that only some of the given points carry were left out: {some}"
            about = {**(about or {}), "notes": [*(about or {}).get("notes", []), note]}
        varying = [n for n, t in first.items() if not all(torch.equal(p[n], t) for p in others)]
        axes = tuple({n: p[n] for n in varying} for p in others)  # what all points share stays as it is, to the last bit
        return cls(first, axes, tuple(dims), through=True, places=tuple(map(tuple, places)), about=about or {},
                   buffers=frozenset(buffers))

    def __call__(self, u: Tensor) -> Params:
        """The point at ``u``, shape (k,); differentiable in ``u``."""
        u = torch.as_tensor(u)
        if len(u) != len(self.dims):
            raise InputError(f"{len(u)} coordinates for a slice of dims {self.dims}; expected {len(self.dims)}")
        if self.through:
            first, weights = {name: self.origin[name] for name in self.axes[0]}, self._weights(u)
            return {**self.origin, **lincomb([1 - weights.sum(), *weights], [first, *self.axes])}
        return shift(self.origin, list(u), self.axes)

    def _weights(self, u: Tensor) -> Tensor:
        """The weights of the given points at coordinates ``u``, shape (k,): exactly a unit vector at each of them."""
        if not self.places:
            return u
        weights = list(u)
        for j in reversed(range(len(weights))):
            rest = sum((self.places[i][j] * weights[i] for i in range(j + 1, len(weights))), start=torch.zeros_like(u[j]))
            weights[j] = (u[j] - rest) / self.places[j][j]
        return torch.stack(weights)

    @property
    def directions(self) -> tuple[Params, ...]:
        """The axes as directions, the derivatives of the point by the coordinates."""
        if not self.through:
            return self.axes
        differences = [difference(point, self.origin) for point in self.axes]
        if not self.places:
            return tuple(differences)
        columns = np.linalg.inv(np.array(self.places, dtype=np.float64)).tolist()  # w = P⁻ᵀ u, so ∂θ/∂u_i = Σ_j (P⁻¹)_ij (θ_j − θ_0)
        return tuple(lincomb(row, differences) for row in columns)

    @property
    def given(self) -> np.ndarray:
        """Coordinates of the given points, the origin first, shape (k + 1, k); (0, k) for a slice along directions."""
        k = len(self.dims)
        return np.vstack([np.zeros(k), np.array(self.places) if self.places else np.eye(k)]) if self.through else np.zeros((0, k))

    def frame(self, points: int = 51, *, margin: float = 0.2) -> dict[str, np.ndarray]:
        """Coordinates that frame the given points and contain them: ``la.sweep(probe, plane, plane.frame())``.

        Args:
            points: equally spaced values along each axis; those of the given points that fall between come on top.
            margin: beyond the outermost points, as a share of their span (0.2: Garipov et al. 2018).

        Raises:
            InputError: a slice along directions, which has no given points.
        """
        if not self.through:
            raise InputError("frame() needs a slice through given points, such as la.line(a, b) or la.plane(a, b, c); for directions "
                             "write {'alpha': la.axis(-1, 1, 51), …}, or la.auto_range")
        return {dim: framed(values, points, margin) for dim, values in zip(self.dims, self.given.T, strict=True)}

    def parameters(self, point: Mapping[str, Tensor]) -> Params:
        """The entries of a point or direction that are parameters: without running statistics and other buffers."""
        return {name: tensor for name, tensor in point.items() if name not in self.buffers and not is_running_statistic(name)}

    @property
    def moves_statistics(self) -> bool:
        """Whether running statistics of BatchNorm change over the slice."""
        return any(is_running_statistic(name) and bool(torch.count_nonzero(tensor))
                   for direction in self.directions for name, tensor in direction.items())

    def without_statistics(self) -> Slice:
        """The same slice with points that carry no running statistics: an objective then uses its own."""
        axes = tuple(without_running_statistics(axis) for axis in self.axes)
        return replace(self, origin=without_running_statistics(self.origin), axes=axes)

    def restricted(self, names: Iterable[str]) -> Slice:
        """The same slice with directions that move these entries only; its tensors are not checked again."""
        names, part = set(names), copy.copy(self)
        object.__setattr__(part, "axes", tuple({n: t for n, t in axis.items() if n in names} for axis in self.axes))
        return part

    def saying(self, about: Mapping[str, Any]) -> Slice:
        """The same slice, with more to say of how it was made."""
        return replace(self, about={**self.about, **about})

    def project(self, point: Mapping[str, Tensor]) -> Projection:
        """Invert the slice: the coordinates of the nearest point on it, and the distance that is left.

        Solves the Gram system of the axes in float64, so the axes need not be orthogonal or normalized. Running
        statistics and other buffers are not parameters and do not count.

        Raises:
            InputError: a point of another network, or axes that are linearly dependent.
        """
        origin = _float64(self.parameters(self.origin))
        check_point(point, what="the point to project")
        point = _float64(self.parameters(_coordinates(point)))
        check_point(point, what="the point to project", like=origin)
        wide = replace(self, origin=origin, axes=tuple(_float64(self.parameters(axis)) for axis in self.axes))
        axes = wide.directions
        offset = difference(origin, point)
        offset = {name: -tensor for name, tensor in offset.items()}
        matrix = np.array(gram(axes))
        check_independent(matrix)
        u = np.linalg.solve(matrix, np.array([dot(axis, offset) for axis in axes]))
        return Projection(u, norm(shift(offset, (-u).tolist(), axes)))

    def spec(self) -> dict[str, Any]:
        """What defines this slice, as plain data."""
        about = {key: value for key, value in self.about.items() if key not in _SAID}
        places = {"places": [list(place) for place in self.places]} if self.places else {}
        return {**about, **places, "dims": list(self.dims), "origin": digest(self.origin), "axes": [digest(a) for a in self.axes]}

    def describe(self) -> dict[str, Any]:
        """What a picture of this slice has to say: Gram matrix and cosine of the axes, dimensions seen and not seen."""
        axes = [self.parameters(d) for d in self.directions]
        about = {"n_parameters": size(self.parameters(self.origin)), "axes_gram": gram(axes),
                 "n_moved": max(sum(int(torch.count_nonzero(t)) for t in axis.values()) for axis in axes)}
        if len(axes) == 2:
            about["axes_cosine"] = cosine(*axes)
        if self.through:
            about["given"] = self.given.tolist()
        family = {1: "line", 2: "plane through points"}.get(len(axes), "slice") if self.through else "slice"
        return {"family": family, **about, **self.about}


def line(a: Params, b: Params, *, dim: str = "alpha", buffers: Iterable[str] = ()) -> Slice:
    """The straight line θ(α) = (1 − α) a + α b (Goodfellow et al. 2015), exact at α = 0 and 1.

    Where both points carry running statistics these are coordinates too: choose what becomes of them by the
    objective's BatchNorm policy (``interpolate``: as on the line; ``eval``: the objective's own; ``recompute``, ``batch``).
    Statistics that only one of them carries are left out, which results note.

    Args:
        dim: name of the coordinate.
        buffers: ``objective.buffers``, where the points carry float buffers that torch does not name itself; these are not
            counted in distances and numbers of parameters.

    Raises:
        InputError: points of different networks, NaN weights.
    """
    points = _same_network([a, b], "ab", buffers)
    return Slice.through_points(points, (dim,), about={"family": "line"}, buffers=buffers)


def plane(
    a: Params, b: Params, c: Params, *, axes: PlaneAxes = "orthogonal", dims: tuple[str, str] = ("alpha", "beta"),
    buffers: Iterable[str] = (),
) -> Slice:
    """The plane through three points, exact at all three (Garipov et al. 2018; Im et al. 2016).

    Args:
        axes: ``orthogonal``: a at (0, 0), b at (1, 0), c at (p, q) with q > 0, in units of ‖b − a‖, so that a picture with equal
            axes keeps distances and angles; ``affine``: c at (0, 1), on axes that are oblique and of different units.
        dims: names of the coordinates.
        buffers: as for a :func:`line`.

    ``plane.given`` holds the coordinates of the three, shape (3, 2), and ``plane.frame(51)`` a lattice that contains them.
    Running statistics are coordinates as on a :func:`line`; distances are those of parameters.

    Raises:
        InputError: points of different networks, NaN weights, two equal points, three on one line.
    """
    choose(axes, PlaneAxes, "axes")
    points = _same_network([a, b, c], "abc", buffers)
    made = Slice.through_points(points, dims, about={"family": "plane through points", "coordinates": axes}, buffers=buffers)
    (bb, bc), (_, cc) = made.describe()["axes_gram"]
    if not bc**2 < (1 - 1e-9) ** 2 * bb * cc:
        raise InputError("the three points lie on one line; expected a third one off it")
    if axes == "affine":
        return made
    p = bc / bb
    return replace(made, places=((1.0, 0.0), (p, (cc / bb - p * p) ** 0.5)), about={**made.about, "unit": bb**0.5})


def check_independent(matrix: np.ndarray) -> None:
    """Refuse axes whose Gram matrix, shape (k, k), says that one is zero or a combination of the others."""
    scale = np.sqrt(np.outer(np.diag(matrix), np.diag(matrix)))
    if not np.all(scale > 0) or np.linalg.cond(matrix / scale) > 1e12:
        raise InputError("the axes of the slice are zero or linearly dependent, so coordinates are not unique; "
                         "expected independent axes")


def _same_network(given: Sequence[Params], names: str, buffers: Iterable[str]) -> list[Params]:
    for letter, point in zip(names, given, strict=True):
        check_point(point, what=f"point {letter}")
    points = [_coordinates(point) for point in given]
    first = without_running_statistics(points[0])
    for letter, point in zip(names, points, strict=True):
        check_point(point, what=f"point {letter}", like=first)
    own = first.keys() - known_buffers(first) - set(buffers)
    for (one, p), (other, q) in combinations(zip(names, points, strict=True), 2):
        if all(torch.equal(p[name].to(q[name]), q[name]) for name in own):
            raise InputError(f"points {one} and {other} are the same; expected different ones")
    return points


def _coordinates(point: Mapping[str, Tensor]) -> Params:
    """A point without what cannot move: integer counters of a state dict."""
    return {name: tensor for name, tensor in point.items() if tensor.is_floating_point() or tensor.is_complex()}


def _shared_buffers(points: Sequence[Params]) -> list[Params]:
    """Running statistics are kept where all points carry them."""
    keep = [n for n in points[0] if not is_running_statistic(n) or all(n in p for p in points)]
    return [{n: p[n] for n in keep if n in p} for p in points]


def _float64(a: Params) -> Params:
    return {name: tensor.detach().to(torch.complex128 if tensor.is_complex() else torch.float64) for name, tensor in a.items()}
