"""Copies of a slice along a first coordinate that counts: independent repeats, or one layer at a time.

A single random plane is not "the landscape", so it is drawn several times over (``repeat``); and a whole network that
moves does not say which of its layers is sharp, so the same directions are taken apart (``layer``, see ``layers``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor

from ..errors import InputError
from ..params import Params, digest
from .slice import Slice

#: What of a slice differs from copy to copy and is listed by :meth:`Copies.describe`.
_LISTED = ("axes_cosine", "axes_gram")


@dataclass(frozen=True)
class _WithoutStatistics:
    """A function that can be sent to other processes, as a closure cannot."""

    make: Callable[[int], Slice]

    def __call__(self, k: int) -> Slice:
        return self.make(k).without_statistics()


class Copies:
    """Slices of the same dims along a first coordinate 0 … count − 1.

    ``make(k)`` builds copy k when it is needed, so that ten planes of a large network need the memory of one.

    Args:
        make: number -> slice.
        count: how many.
        dim: the name of the first coordinate: ``repeat`` (independent copies) or ``layer``.
        labels: words for the copies, one each: a result then has them as coordinates.
        about: how the copies were made, plain data for results.

    Raises:
        InputError: a count below 1, labels of another number, slices that have the dim themselves.
    """

    def __init__(
        self, make: Callable[[int], Slice], count: int, *, dim: Literal["repeat", "layer"] = "repeat", labels: Sequence[str] = (),
        about: Mapping[str, Any] | None = None,
    ) -> None:
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise InputError(f"{dim}s is {count!r}; expected a whole number of at least 1")
        if labels and len(set(labels)) != count:
            raise InputError(f"{len(set(labels))} different labels for {count} copies; expected one each")
        self._make, self.count, self.labels, self.about = make, count, tuple(labels), dict(about or {})
        self._last: tuple[int, Slice] = (0, make(0))
        if dim in self._last[1].dims:
            raise InputError(f"a slice with {dim}s has the dim {dim!r} already; expected other names for its axes, e.g. ('alpha', 'beta')")
        self.dims: tuple[str, ...] = (dim, *self._last[1].dims)

    def __getitem__(self, k: int) -> Slice:
        if not 0 <= k < self.count:
            raise InputError(f"{self.dims[0]} is {k}; expected 0 to {self.count - 1}")
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
            raise InputError(f"{self.dims[0]} is {k}; expected a whole number from 0 to {self.count - 1}")
        return self[round(k)](u[1:])

    @property
    def moves_statistics(self) -> bool:
        """Whether running statistics of BatchNorm change over the first copy."""
        return self[0].moves_statistics

    def without_statistics(self) -> Copies:
        """The same copies with points that carry no running statistics."""
        return self._like(_WithoutStatistics(self._make), self.about)

    def saying(self, about: Mapping[str, Any]) -> Copies:
        """The same copies, with more to say of how they were made."""
        return self._like(self._make, {**self.about, **about})

    def _like(self, make: Callable[[int], Slice], about: Mapping[str, Any]) -> Copies:
        return Copies(make, self.count, dim=self.dims[0], labels=self.labels, about=about)  # type: ignore[arg-type]

    def spec(self) -> dict[str, Any]:
        """What defines the copies: how they are made, and the bytes of every one."""
        axes = [[digest(axis) for axis in one.axes] for one in self]
        named = {"labels": list(self.labels)} if self.labels else {}
        return {**self[0].spec(), **named, "axes": axes, f"{self.dims[0]}s": self.count}

    def describe(self) -> dict[str, Any]:
        """As for one slice; cosines and Gram matrices are lists, one per copy, and of layers the numbers of parameters moved."""
        each = [one.describe() for one in self]
        keys = (*_LISTED, "n_moved") if self.dims[0] == "layer" else _LISTED
        listed = {key: [one[key] for one in each] for key in keys if key in each[0]}
        named = {"labels": {self.dims[0]: list(self.labels)}} if self.labels else {}
        return {**each[0], **listed, **named, **self.about, f"{self.dims[0]}s": self.count}
