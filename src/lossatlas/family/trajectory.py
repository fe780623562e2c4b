"""A recorded training run as a family: the step is the coordinate, and what any probe measures becomes a curve over training.

Nothing lies between recorded steps: a trajectory has points where there are checkpoints, and asked for another step it names the nearest.
Its centre is its last step, where training ended. A point brings all that was recorded of it, running statistics of BatchNorm included, so
that under policy ``eval`` every step is evaluated with the statistics that it had.

A run lies on disk, and is larger than memory: points are read when they are needed, one at a time, and for PCA a piece of all of
them at a time (:mod:`~lossatlas.family.pieces`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from ..errors import InputError
from ..params import Params, check_point, digest, is_running_statistic, known_buffers, size, without_running_statistics


@runtime_checkable
class Source(Protocol):
    """What a trajectory is made of: a run of :func:`lossatlas.open_run`, or anything else with recorded steps.

    Beside these it may have ``file(step)``, the safetensors file of a point (or None), by which pieces are read without the whole; and
    ``path``, after which it is named.
    """

    steps: tuple[int, ...]

    def at(self, step: int) -> Params:
        """The point of a recorded step, on the CPU."""
        ...


class Held:
    """Points that are held in memory, by step."""

    def __init__(self, points: Mapping[int, Mapping[str, Tensor]]) -> None:
        self._points = {step: dict(points[step]) for step in sorted(points)}
        self.steps = tuple(self._points)

    def at(self, step: int) -> Params:
        """The point of a step."""
        return self._points[step]


class Trajectory:
    """The points of a run at the steps that were recorded.

    Args:
        source: the run.
        steps: which of its steps (default: all).
        name: for legends (default: that of the run's folder).

    Raises:
        InputError: a source without steps, steps that were not recorded.
    """

    dims: tuple[str, ...] = ("step",)

    def __init__(self, source: Source, *, steps: Sequence[int] | None = None, name: str | None = None) -> None:
        if not isinstance(source, Source):
            raise InputError(f"a trajectory of a {type(source).__name__}; expected a run (la.open_run('runs/a')), or points: "
                             "la.Trajectory.of({0: point, 10: point})")
        self.source = source
        self.steps: tuple[int, ...] = tuple(source.steps)
        path = getattr(source, "path", None)
        self.name = name if name is not None else "" if path is None else Path(path).name
        if not self.steps:
            raise InputError(f"{self._who} holds no recorded step; expected one at least: let it train longer")
        if steps is not None:
            self.check_steps(steps)
            self.steps = tuple(sorted({int(step) for step in steps}))
            if not self.steps:
                raise InputError(f"no steps of {self._who} are left; expected one at least, such as {source.steps[-1]}")
        self._like: dict[str, torch.Size] | None = None

    @classmethod
    def of(cls, points: Mapping[int, Mapping[str, Tensor]] | Sequence[Mapping[str, Tensor]], *, name: str = "") -> Trajectory:
        """Of points in memory: step -> point, or a list of points, which then are the steps 0, 1, 2 …

        Raises:
            InputError: no points, steps that are no whole numbers, points of different networks.
        """
        given = points if isinstance(points, Mapping) else dict(enumerate(points)) if isinstance(points, Sequence) else None
        if not given:
            came = "empty" if given is not None else f"a {type(points).__name__}"
            raise InputError(f"points are {came}; expected a dict of points, step -> point, or a list of points")
        if odd := [step for step in given if isinstance(step, bool) or not isinstance(step, int) or step < 0]:
            raise InputError(f"points have the key {odd[0]!r}; expected whole numbers from 0, the steps")
        first = min(given)
        for step, point in given.items():
            check_point(point, what=f"the point of step {step}", like=without_running_statistics(given[first]))
        return cls(Held(given), name=name)

    def __len__(self) -> int:
        return len(self.steps)

    def __call__(self, u: Tensor) -> Params:
        """The point of the step ``u[0]``."""
        return self.at(float(u[0]))

    @property
    def centre(self) -> tuple[float, ...]:
        """The last step."""
        return (float(self.steps[-1]),)

    def at(self, step: float) -> Params:
        """The point of a recorded step.

        Raises:
            InputError: a step that is not recorded, a point of another network than those before.
        """
        self.check_steps([step])
        point = self.source.at(int(step))
        shapes = {name: tensor.shape for name, tensor in point.items() if not is_running_statistic(name)}
        if self._like is None:
            self._like = shapes
        elif shapes != self._like:
            differing = sorted(name for name in shapes.keys() | self._like.keys() if shapes.get(name) != self._like.get(name))
            raise InputError(f"step {int(step)} of {self._who} is a point of another network: {differing[0]!r} is "
                             f"{_shape(shapes.get(differing[0]))} there and {_shape(self._like.get(differing[0]))} at another step")
        return point

    def check_steps(self, steps: Iterable[float]) -> None:
        """Refuse steps that are not recorded.

        Raises:
            InputError: with the nearest ones that are.
        """
        known = set(self.steps)
        for step in steps:
            if isinstance(step, bool) or not isinstance(step, int | float) or step not in known:
                raise InputError(f"step {_said(step)} of {self._who} is not recorded; {_nearest(step, self.steps)}")

    def take(self, steps: Sequence[int]) -> Trajectory:
        """The trajectory with these steps alone."""
        self.check_steps(steps)
        return Trajectory(self.source, steps=steps, name=self.name)

    def from_step(self, first: int) -> Trajectory:
        """The trajectory without the steps before ``first``, e.g. without early epochs, which move most.

        Raises:
            InputError: nothing is left.
        """
        left = [step for step in self.steps if step >= first]
        if not left:
            raise InputError(f"no step of {self._who} is {first} or later; expected at most {self.steps[-1]}, its last")
        return Trajectory(self.source, steps=left, name=self.name)

    def parameters(self) -> list[str]:
        """Names of the entries of a point that are parameters and no buffers, as the run tells them, else as torch names buffers."""
        point = self.at(self.steps[-1])
        told = getattr(self.source, "description", {}).get("parameters")
        buffers = known_buffers(point)
        return [name for name, tensor in point.items() if (name in told if told is not None else name not in buffers)
                and (tensor.is_floating_point() or tensor.is_complex())]

    def file(self, step: int) -> Path | None:
        """The safetensors file of a step, where the run keeps one."""
        of = getattr(self.source, "file", None)
        return None if of is None else of(step)

    def spec(self) -> dict[str, Any]:
        """What defines the points, as plain data: the steps are coordinates, and the ends of a run tell it from others."""
        return {"family": "trajectory", "first": digest(self.at(self.steps[0])), "last": digest(self.at(self.steps[-1]))}

    def describe(self) -> dict[str, Any]:
        """What a result says of the run."""
        return {"family": "trajectory", "run": self.name, "n_parameters": size(without_running_statistics(self.at(self.steps[-1])))}

    @property
    def _who(self) -> str:
        return f"run {self.name!r}" if self.name else "this run"


def _nearest(step: Any, steps: tuple[int, ...]) -> str:
    """The recorded steps around one that is not."""
    if isinstance(step, bool) or not isinstance(step, int | float):
        return f"expected a whole number such as {steps[-1]}"
    around = sorted(steps, key=lambda one: abs(one - step))[:2]
    return f"expected one that is: the nearest {'is' if len(around) == 1 else 'are'} {' and '.join(map(str, sorted(around)))}"


def _said(step: Any) -> str:
    return f"{step:g}" if isinstance(step, int | float) and not isinstance(step, bool) and abs(step) < 1e15 else repr(step)


def _shape(shape: torch.Size | None) -> str:
    return "missing" if shape is None else f"of shape {tuple(shape)}"
