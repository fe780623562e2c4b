"""Lines, planes and volumes through parameter space: coordinates to points.

A slice stands on frames. With directions, ``θ(u) = θ_0 + Σ u_j d_j``. Through given points it is the affine
combination ``θ(u) = (1 − Σ u_j) θ_0 + Σ u_j θ_j``, whose weights are exactly 0 and 1 at the given points, so that
these are hit exactly (``θ_0 + 1·(θ_1 − θ_0)`` would miss θ_1 by rounding). Stateless and differentiable in u.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..params import (
    Params,
    check_point,
    cosine,
    difference,
    digest,
    dot,
    gram,
    is_running_statistic,
    lincomb,
    norm,
    shift,
    size,
    without_running_statistics,
)


@runtime_checkable
class Family(Protocol):
    """Coordinates to points of parameter space; differentiable and stateless."""

    dims: tuple[str, ...]

    def __call__(self, u: Tensor) -> Params:
        """The point at coordinates ``u``, shape (k,)."""
        ...


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
        axes: directions (or, with ``through=True``, the points at the unit vectors of u).
        dims: names of the coordinates.
        through: whether ``axes`` are points; made by :meth:`through_points`.
        about: how the slice was made (seed, normalization …), plain data for results.
    """

    origin: Params = field(repr=False)
    axes: tuple[Params, ...] = field(repr=False)
    dims: tuple[str, ...] = ("alpha", "beta")
    through: bool = False
    about: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "axes", tuple(self.axes))
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
    def through_points(cls, points: Sequence[Params], dims: Sequence[str], *, about: Mapping[str, Any] | None = None) -> Slice:
        """The flat slice through k + 1 points, hit exactly at 0 and at the unit vectors of u."""
        if len(points) != len(dims) + 1:
            raise InputError(f"{len(points)} points span {len(points) - 1} dimensions; got dims {tuple(dims)}")
        first, *others = _shared_buffers(points)
        varying = [n for n, t in first.items() if not all(torch.equal(p[n], t) for p in others)]
        axes = tuple({n: p[n] for n in varying} for p in others)  # what all points share stays as it is, to the last bit
        return cls(first, axes, tuple(dims), through=True, about=about or {})

    def __call__(self, u: Tensor) -> Params:
        """The point at ``u``, shape (k,); differentiable in ``u``."""
        u = torch.as_tensor(u)
        if len(u) != len(self.dims):
            raise InputError(f"{len(u)} coordinates for a slice of dims {self.dims}; expected {len(self.dims)}")
        if self.through:
            first = {name: self.origin[name] for name in self.axes[0]}
            return {**self.origin, **lincomb([1 - u.sum(), *u], [first, *self.axes])}
        return shift(self.origin, list(u), self.axes)

    @property
    def directions(self) -> tuple[Params, ...]:
        """The axes as directions: with given points, their differences to the origin."""
        return tuple(difference(point, self.origin) for point in self.axes) if self.through else self.axes

    @property
    def moves_statistics(self) -> bool:
        """Whether running statistics of BatchNorm change over the slice."""
        return any(is_running_statistic(name) and bool(torch.count_nonzero(tensor))
                   for direction in self.directions for name, tensor in direction.items())

    def without_statistics(self) -> Slice:
        """The same slice with points that carry no running statistics: an objective then uses its own."""
        axes = tuple(without_running_statistics(axis) for axis in self.axes)
        return Slice(without_running_statistics(self.origin), axes, self.dims, through=self.through, about=self.about)

    def project(self, point: Mapping[str, Tensor]) -> Projection:
        """Invert the slice: the coordinates of the nearest point on it, and the distance that is left.

        Solves the Gram system of the axes in float64, so the axes need not be orthogonal or normalized. Running
        statistics are not parameters and do not count.

        Raises:
            InputError: a point of another network, or axes that are linearly dependent.
        """
        origin = _float64(without_running_statistics(self.origin))
        check_point(point, what="the point to project")
        point = _float64(_coordinates(point))
        check_point(point, what="the point to project", like=origin)
        axes = [_float64(without_running_statistics(axis)) for axis in self.axes]
        axes = [difference(axis, origin) for axis in axes] if self.through else axes
        offset = difference(origin, point)
        offset = {name: -tensor for name, tensor in offset.items()}
        matrix = np.array(gram(axes))
        check_independent(matrix)
        u = np.linalg.solve(matrix, np.array([dot(axis, offset) for axis in axes]))
        return Projection(u, norm(shift(offset, (-u).tolist(), axes)))

    def spec(self) -> dict[str, Any]:
        """What defines this slice, as plain data."""
        about = {key: value for key, value in self.about.items() if key not in ("rules", "assumed")}
        return {**about, "dims": list(self.dims), "origin": digest(self.origin), "axes": [digest(a) for a in self.axes]}

    def describe(self) -> dict[str, Any]:
        """What a picture of this slice has to say: Gram matrix and cosine of the axes, dimensions seen and not seen."""
        axes = [without_running_statistics(d) for d in self.directions]
        about = {"n_parameters": size(without_running_statistics(self.origin)), "axes_gram": gram(axes),
                 "n_moved": max(sum(int(torch.count_nonzero(t)) for t in axis.values()) for axis in axes)}
        if len(axes) == 2:
            about["axes_cosine"] = cosine(*axes)
        family = {1: "line", 2: "plane through points"}.get(len(axes), "slice") if self.through else "slice"
        return {"family": family, **about, **self.about}


class Repeats:
    """Independent copies of a family along a first coordinate ``repeat`` = 0 … count − 1.

    ``make(k)`` builds copy k when it is needed, so that ten planes of a large network need the memory of one.
    """

    def __init__(self, make: Callable[[int], Slice], count: int) -> None:
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise InputError(f"repeats is {count!r}; expected a whole number of at least 1")
        self._make, self.count = make, count
        self._last: tuple[int, Slice] = (0, make(0))
        if "repeat" in self._last[1].dims:
            raise InputError("a slice with repeats has the dim 'repeat' already; expected other names for its axes, e.g. ('alpha', 'beta')")
        self.dims: tuple[str, ...] = ("repeat", *self._last[1].dims)

    def __getitem__(self, k: int) -> Slice:
        if not 0 <= k < self.count:
            raise InputError(f"repeat is {k}; expected 0 to {self.count - 1}")
        if self._last[0] != k:
            self._last = (k, self._make(k))
        return self._last[1]

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Slice]:
        return (self[k] for k in range(self.count))

    def __call__(self, u: Tensor) -> Params:
        """The point of copy ``u[0]`` at coordinates ``u[1:]``."""
        k = float(u[0])
        if k != round(k):
            raise InputError(f"repeat is {k}; expected a whole number from 0 to {self.count - 1}")
        return self[round(k)](u[1:])

    @property
    def moves_statistics(self) -> bool:
        """Whether running statistics of BatchNorm change over the first copy."""
        return self[0].moves_statistics

    def without_statistics(self) -> Repeats:
        """The same copies with points that carry no running statistics."""
        return Repeats(lambda k: self._make(k).without_statistics(), self.count)

    def spec(self) -> dict[str, Any]:
        """What defines the copies: how they are made, and the bytes of every one."""
        each = [one.spec() for one in self]
        return {**each[0], "axes": [one["axes"] for one in each], "repeats": self.count}

    def describe(self) -> dict[str, Any]:
        """As for one slice; cosines and Gram matrices are lists, one per copy."""
        each = [one.describe() for one in self]
        listed = {key: [one[key] for one in each] for key in ("axes_cosine", "axes_gram") if key in each[0]}
        return {**each[0], **listed, "repeats": self.count}


def line(a: Params, b: Params, *, dim: str = "alpha") -> Slice:
    """The straight line θ(α) = (1 − α) a + α b (Goodfellow et al. 2015), exact at α = 0 and 1.

    Where both points carry running statistics these are coordinates too: choose what becomes of them by the
    objective's BatchNorm policy (``interpolate``: as on the line; ``eval``: the objective's own; ``recompute``, ``batch``).

    Raises:
        InputError: points of different networks, NaN weights.
    """
    points = _same_network([a, b], "ab")
    return Slice.through_points(points, (dim,), about={"family": "line"})


def plane(a: Params, b: Params, c: Params, *, dims: tuple[str, str] = ("alpha", "beta")) -> Slice:
    """The plane through three points: a at (0, 0), b at (1, 0), c at (0, 1), all exact; its axes need not be orthogonal."""
    points = _same_network([a, b, c], "abc")
    made = Slice.through_points(points, dims, about={"family": "plane through points"})
    if abs(abs(made.describe()["axes_cosine"]) - 1) < 1e-9:
        raise InputError("the three points lie on one line; expected a third one off it")
    return made


def check_independent(matrix: np.ndarray) -> None:
    """Refuse axes whose Gram matrix, shape (k, k), says that one is zero or a combination of the others."""
    scale = np.sqrt(np.outer(np.diag(matrix), np.diag(matrix)))
    if not np.all(scale > 0) or np.linalg.cond(matrix / scale) > 1e12:
        raise InputError("the axes of the slice are zero or linearly dependent, so coordinates are not unique; "
                         "expected independent axes")


def _same_network(given: Sequence[Params], names: str) -> list[Params]:
    for letter, point in zip(names, given, strict=True):
        check_point(point, what=f"point {letter}")
    points = [_coordinates(point) for point in given]
    first = without_running_statistics(points[0])
    for letter, point in zip(names, points, strict=True):
        check_point(point, what=f"point {letter}", like=first)
    for letter, point in zip(names[1:], points[1:], strict=True):
        if all(torch.equal(point[name].to(tensor), tensor) for name, tensor in first.items()):
            raise InputError(f"points {names[0]} and {letter} are the same; expected two different ones")
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
