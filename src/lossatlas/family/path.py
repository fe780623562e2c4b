"""Curves through parameter space between two points, and how they are trained (Garipov et al. 2018; METHODS 2.1).

``θ(t) = Σ_k b_k(t) w_k`` with controls w_0 … w_m, ends fixed: ``bezier``: b_k(t) = C(m, k) t^k (1 − t)^(m − k); ``polychain``: straight
pieces from control to control, b_k(t) = max(0, 1 − |m t − k|). Weights are exactly 0 and 1 at the ends, which are hit to the bit.
Training minimizes the mean loss over the curve: every step takes the loss at one t ~ U(0, 1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import comb
from typing import Any

import torch
from torch import Tensor

from ..errors import InputError
from ..names import CurveBasis, choose
from ..params import Params, check_point, digest, lincomb


@dataclass(frozen=True, eq=False)
class Path:
    """A curve from the first control to the last; a family over ``t`` from 0 to 1, and what ``la.fit(…, family=path)`` trains.

    Attributes:
        controls: at least two points of one network. Only those between the ends are trained.
        basis: ``bezier`` or ``polychain``.

    Raises:
        InputError: fewer than two controls, points of different networks, an unknown basis.
    """

    controls: tuple[Params, ...] = field(repr=False)
    basis: CurveBasis = "bezier"
    dims: tuple[str, ...] = ("t",)

    def __post_init__(self) -> None:
        object.__setattr__(self, "controls", tuple(self.controls))
        choose(self.basis, CurveBasis, "basis")
        if len(self.controls) < 2:
            raise InputError(f"a path has {len(self.controls)} controls; expected at least its two ends")
        for k, control in enumerate(self.controls):
            check_point(control, what=f"control {k} of the path", like=self.controls[0])

    @classmethod
    def between(cls, a: Params, b: Params, *, bends: int = 1, basis: CurveBasis = "bezier") -> Path:
        """A straight path from a to b with so many inner controls, equally spaced: where training starts."""
        if isinstance(bends, bool) or not isinstance(bends, int) or bends < 0:
            raise InputError(f"bends is {bends!r}; expected a whole number of inner controls, such as 1")
        inner = [lincomb([1 - k / (bends + 1), k / (bends + 1)], [a, b]) for k in range(1, bends + 1)]
        return cls((a, *inner, b), basis)

    def weights(self, t: Tensor) -> Tensor:
        """The weight of every control at t, shape (m + 1,)."""
        m = len(self.controls) - 1
        if self.basis == "polychain":
            return torch.stack([(1 - (m * t - k).abs()).clamp(min=0) for k in range(m + 1)])
        return torch.stack([comb(m, k) * t**k * (1 - t) ** (m - k) for k in range(m + 1)])

    def __call__(self, u: Tensor) -> Params:
        """The point at ``t = u[0]``; differentiable in t."""
        return self._at(self.controls, torch.as_tensor(u)[0])

    def _at(self, controls: Sequence[Params], t: Tensor) -> Params:
        return {**self.controls[0], **lincomb(list(self.weights(t)), list(controls))}

    def variables(self, init: Any = None) -> list[Tensor]:
        """The tensors of the inner controls, one control after the other.

        Raises:
            InputError: no inner control; an ``init``, which a path does not take: it starts where its controls are.
        """
        if init is not None:
            raise InputError("a path is trained from where its controls are; expected init=None: make a path with other controls")
        if len(self.controls) == 2:
            raise InputError("a path with two controls is a straight line with nothing to train; write Path.between(a, b, bends=1)")
        return [control[name] for control in self.controls[1:-1] for name in self._names]

    def drawn(self, variables: Sequence[Tensor], generator: torch.Generator | None) -> Params:
        """The point at a random t; without a generator, the one in the middle."""
        t = torch.tensor(0.5, dtype=torch.float64) if generator is None else torch.rand((), generator=generator, dtype=torch.float64)
        return self._at(self._with(variables), t)

    def trained(self, variables: Sequence[Tensor]) -> Path:
        """The path with these inner controls."""
        return Path(tuple(self._with(variables)), self.basis)

    def spec(self) -> dict[str, Any]:
        """What defines it, as plain data."""
        return {"family": "path", "basis": self.basis, "controls": [digest(control) for control in self.controls]}

    def describe(self) -> dict[str, Any]:
        """What a result says of it."""
        return {"family": f"{self.basis} path", "controls": len(self.controls)}

    @property
    def _names(self) -> list[str]:
        return list(self.controls[0])

    def _with(self, variables: Sequence[Tensor]) -> list[Mapping[str, Tensor]]:
        size, names = len(self._names), self._names
        inner = [dict(zip(names, variables[i : i + size], strict=True)) for i in range(0, len(variables), size)]
        return [self.controls[0], *inner, self.controls[-1]]
