"""A star: m points, and a centre that is trained so that the way from every one of them to it is low (Fort and Jastrzebski 2019).

Two points are connected by a path; m points are connected by an (m − 1)-dimensional piece, an *m-connector*. The simplest has one inner
point, the centre, and m straight spokes. With ``faces`` the simplex of the m points is divided as its barycentric subdivision is: every two
of them, every three, … have an inner point of their own, and the m! small simplices between a point, the inner point of two that it belongs
to, of three, …, and the centre fill the whole. Training takes the loss at a random place every step: on a spoke, or with faces inside a
small simplex, uniformly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import torch
from torch import Tensor

from ..errors import InputError
from ..params import Params, check_point, digest, lincomb


@dataclass(frozen=True, eq=False)
class Star:
    """m points and a centre; a family over the number of a spoke and ``t`` from 0, the point, to 1, the centre.

    Attributes:
        points: at least two, of one network.
        middle: the centre, where the spokes meet.
        faces: inner points of 2 to m − 1 of the points, by their numbers in increasing order: ``{(0, 1): …, (0, 2): …}``; all or none.

    Raises:
        InputError: fewer than two points, points of different networks, faces of other numbers.
    """

    points: tuple[Params, ...] = field(repr=False)
    middle: Params = field(repr=False)
    faces: Mapping[tuple[int, ...], Params] = field(default_factory=dict, repr=False)
    dims: tuple[str, ...] = ("spoke", "t")

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", tuple(self.points))
        if len(self.points) < 2:
            raise InputError(f"a star has {len(self.points)} points; expected at least two")
        for k, point in enumerate((*self.points[1:], self.middle, *self.faces.values())):
            check_point(point, what=f"point {k + 1} of the star" if k < len(self.points) - 1 else "an inner point of the star",
                        like=self.points[0])
        if self.faces and set(self.faces) != set(_subsets(len(self.points))):
            raise InputError(f"the star of {len(self.points)} points has faces of {sorted(self.faces)}; expected all of "
                             f"{_subsets(len(self.points))}, or none")

    @classmethod
    def between(cls, points: Sequence[Params], *, faces: bool = False) -> Star:
        """A star whose inner points are the means of theirs: where training starts."""
        points = tuple(points)
        inner = {subset: _mean([points[k] for k in subset]) for subset in _subsets(len(points))} if faces else {}
        return cls(points, _mean(points) if points else {}, inner)

    def __call__(self, u: Tensor) -> Params:
        """The point at ``t = u[1]`` of spoke number ``u[0]``; differentiable in t.

        Raises:
            InputError: a spoke or a t that the star does not have.
        """
        u = torch.as_tensor(u)
        spoke, t = float(u[0]), u[1]
        if spoke not in range(len(self.points)) or not 0 <= float(t) <= 1:
            raise InputError(f"the place is spoke {spoke:g}, t = {float(t):g}; expected a spoke from 0 to {len(self.points) - 1}, and a t "
                             "from 0 to 1")
        return {**self.middle, **lincomb([1 - t, t], [self.points[int(spoke)], self.middle])}

    def inside(self, generator: torch.Generator) -> Params:
        """A random point of the whole: of the small simplices, or without faces of the simplices of the centre and all points but one."""
        corners = self._corners(generator, self.faces) if self.faces else self._cone(generator)
        return self._mixed(corners, generator)

    def variables(self, init: Any = None) -> list[Tensor]:
        """The tensors of the centre, and of the faces.

        Raises:
            InputError: an ``init``, which a star does not take: it starts where its inner points are.
        """
        if init is not None:
            raise InputError("a star is trained from where its inner points are; expected init=None: make a star with another middle")
        return [point[name] for point in (self.middle, *self.faces.values()) for name in self._names]

    def drawn(self, variables: Sequence[Tensor], generator: torch.Generator | None) -> Params:
        """The point at a random place; without a generator, the centre."""
        star = self._with(variables)
        if generator is None:
            return {**self.middle, **star.middle}
        return star._mixed(star._corners(generator, star.faces) if star.faces else star._spoke(generator), generator)

    def trained(self, variables: Sequence[Tensor]) -> Star:
        """The star with these inner points."""
        star = self._with(variables)
        return Star(star.points, star.middle, star.faces)

    def spec(self) -> dict[str, Any]:
        """What defines it, as plain data."""
        return {"family": "star", "points": [digest(point) for point in self.points], "middle": digest(self.middle),
                "faces": [[list(subset), digest(face)] for subset, face in self.faces.items()]}

    def describe(self) -> dict[str, Any]:
        """What a result says of it."""
        return {"kind": "scan", "family": "star", "points": len(self.points), "faces": len(self.faces)}

    # ---- places ------------------------------------------------------------------------------------------------

    def _spoke(self, generator: torch.Generator) -> list[Params]:
        """The ends of a random spoke."""
        return [self.points[int(torch.randint(len(self.points), (), generator=generator))], self.middle]

    def _cone(self, generator: torch.Generator) -> list[Params]:
        """The corners of a random simplex of the centre and all points but one."""
        left_out = int(torch.randint(len(self.points), (), generator=generator))
        return [self.middle, *(point for k, point in enumerate(self.points) if k != left_out)]

    def _corners(self, generator: torch.Generator, faces: Mapping[tuple[int, ...], Params]) -> list[Params]:
        """The corners of a random small simplex of the subdivision."""
        order = torch.randperm(len(self.points), generator=generator).tolist()
        between = [faces[tuple(sorted(order[:count]))] for count in range(2, len(self.points))]
        return [self.points[order[0]], *between, self.middle]

    def _mixed(self, corners: Sequence[Params], generator: torch.Generator) -> Params:
        """A point drawn uniformly from a simplex: exponential weights over their sum."""
        weights = -torch.log1p(-torch.rand(len(corners), generator=generator, dtype=torch.float64))
        return {**self.middle, **lincomb((weights / weights.sum()).tolist(), list(corners))}

    # ---- training ----------------------------------------------------------------------------------------------

    @property
    def _names(self) -> list[str]:
        return list(self.points[0])

    def _with(self, variables: Sequence[Tensor]) -> Star:
        """A star of these tensors, which is not checked anew every step."""
        size, names = len(self._names), self._names
        middle, *faces = [dict(zip(names, variables[i : i + size], strict=True)) for i in range(0, len(variables), size)]
        star = object.__new__(Star)
        star.__dict__.update(points=self.points, middle=middle, faces=dict(zip(self.faces, faces, strict=True)), dims=self.dims)
        return star


@dataclass(frozen=True, eq=False)
class Inside:
    """Random points of a star's inside, as a family over their number, ``sample``: the same number is the same point."""

    star: Star
    count: int
    generators: Any = field(repr=False)
    dims: tuple[str, ...] = ("sample",)

    def __call__(self, u: Tensor) -> Params:
        """Point number ``u[0]``."""
        return self.star.inside(self.generators(int(u[0])))

    def spec(self) -> dict[str, Any]:
        """What defines it, as plain data."""
        return {**self.star.spec(), "family": "inside of a star", "count": self.count}

    def describe(self) -> dict[str, Any]:
        """What a result says of it."""
        return {**self.star.describe(), "family": "inside of a star"}


def _subsets(count: int) -> list[tuple[int, ...]]:
    """2 to count − 1 of so many numbers."""
    return [subset for size in range(2, count) for subset in combinations(range(count), size)]


def _mean(points: Sequence[Params]) -> Params:
    return lincomb([1 / len(points)] * len(points), list(points))
