"""Curves through parameter space between two points, and how they are trained (Garipov et al. 2018; METHODS 2.1).

``θ(t) = Σ_k b_k(t) w_k`` with controls w_0 … w_m, ends fixed: ``bezier``: b_k(t) = C(m, k) t^k (1 − t)^(m − k); ``polychain``: straight
pieces from control to control, b_k(t) = max(0, 1 − |m t − k|). Weights are exactly 0 and 1 at the ends, which are hit to the bit.
Training minimizes the mean loss over the curve: every step takes the loss at one t ~ U(0, 1). The gradient of a control is b_k(t) times
that of the point, so that a step costs little more than one of plain training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import comb
from typing import Any

import torch
from torch import Tensor

from ..errors import InputError
from ..names import CurveBasis, choose
from ..params import (
    Params,
    check_point,
    digest,
    is_constant,
    is_running_statistic,
    known_buffers,
    lincomb,
    size,
    wide_enough,
    without_running_statistics,
)


@dataclass(frozen=True, eq=False)
class Path:
    """A curve from the first control to the last; a family over ``t`` from 0 to 1, and what ``la.fit(…, family=path)`` trains.

    Running statistics of BatchNorm that all controls carry are coordinates, too: what becomes of them is the objective's policy, as on a
    :func:`~lossatlas.line`. A straight path interpolates them linearly, and so does one that was trained from a straight one.

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
        check_point(b, what="the end of the path", like=a)
        inner = [lincomb([1 - k / (bends + 1), k / (bends + 1)], [a, b]) for k in range(1, bends + 1)]
        return cls((a, *inner, b), basis)

    def weights(self, t: Tensor) -> Tensor:
        """The weight of every control at t, shape (m + 1,)."""
        return torch.stack(self._weights(t))

    def _weights(self, t: Any) -> list[Any]:
        """The same for a tensor or a number."""
        m = len(self.controls) - 1
        if self.basis == "polychain":
            return [(1 - abs(m * t - k)).clamp(min=0) if isinstance(t, Tensor) else max(0.0, 1 - abs(m * t - k)) for k in range(m + 1)]
        return [comb(m, k) * t**k * (1 - t) ** (m - k) for k in range(m + 1)]

    @property
    def knots(self) -> tuple[float, ...]:
        """The places t where the curve has a corner, its ends among them."""
        m = len(self.controls) - 1
        return tuple(k / m for k in range(m + 1)) if self.basis == "polychain" else (0.0, 1.0)

    def __call__(self, u: Tensor) -> Params:
        """The point at ``t = u[0]``; differentiable in t.

        Raises:
            InputError: a t outside 0 to 1, where there is no path.
        """
        t = torch.as_tensor(u)[0]
        if torch._C._are_functorch_transforms_active():  # t is no number then
            weights, controls = list(self.weights(t)), self.controls
        elif not 0 <= float(t.detach()) <= 1:
            raise InputError(f"t is {float(t):g}; expected 0 to 1: a path ends at its ends")
        else:
            weights, controls = self._near(t)
        moved = [{name: control[name] for name in self._varying} for control in controls]
        return {**self.controls[0], **lincomb(weights, moved)}

    def _near(self, t: Tensor) -> tuple[list[Any], Sequence[Params]]:
        """The controls that have a weight at t, and these; of a chain the two of its piece, at a corner of the one that begins there."""
        if t in (0, 1) and is_constant(t):
            return [1.0], [self.controls[-int(t)]]  # whatever the other controls are
        if self.basis != "polychain":
            return list(self.weights(t)), self.controls
        m = len(self.controls) - 1
        k = min(int(m * float(t.detach())), m - 1)
        share = m * t - k
        return [1 - share, share], self.controls[k : k + 2]

    @cached_property
    def _varying(self) -> list[str]:
        """The entries that are not the same in all controls; the others stay as they are, to the last bit."""
        first, *others = self.controls
        return [name for name, tensor in first.items()
                if all(name in other for other in others) and not all(torch.equal(other[name], tensor) for other in others)]

    # ---- training ----------------------------------------------------------------------------------------------

    def variables(self, init: Any = None) -> list[Tensor]:
        """A vector of every inner control, one after the other: all that it trains, in one piece.

        Raises:
            InputError: no inner control; an ``init``, which a path does not take: it starts where its controls are.
        """
        if init is not None:
            raise InputError("a path is trained from where its controls are; expected init=None: make a path with other controls")
        if len(self.controls) == 2:
            raise InputError("a path with two controls is a straight line with nothing to train; write Path.between(a, b, bends=1)")
        return [self._packing.vector(control) for control in self.controls[1:-1]]

    def drawn(self, variables: Sequence[Tensor], generator: torch.Generator | None) -> Params:
        """The point at a random t; without a generator, the one in the middle."""
        t = 0.5 if generator is None else float(torch.rand((), generator=generator, dtype=torch.float64))
        weights = self._weights(t)
        moved = torch.add(self._ends[0] * weights[0], self._ends[1], alpha=weights[-1])
        for weight, vector in zip(weights[1:-1], variables, strict=True):
            moved = torch.add(moved, vector, alpha=weight)
        return {**self.controls[0], **self._packing.point(moved)}

    def trained(self, variables: Sequence[Tensor]) -> Path:
        """The path with these inner controls.

        Raises:
            InputError: one that is not finite.
        """
        if not all(bool(vector.isfinite().all()) for vector in variables):
            raise InputError("training left the finite numbers; expected finite controls of the path: take a smaller learning rate")
        inner = [{**control, **self._packing.point(vector)} for control, vector in zip(self.controls[1:-1], variables, strict=True)]
        return Path((self.controls[0], *inner, self.controls[-1]), self.basis)

    @cached_property
    def _packing(self) -> _Packing:
        buffers = known_buffers(self.controls[0])
        return _Packing({name: tensor for name, tensor in self.controls[0].items() if name not in buffers})

    @cached_property
    def _ends(self) -> tuple[Tensor, Tensor]:
        """The ends as vectors."""
        return self._packing.vector(self.controls[0]), self._packing.vector(self.controls[-1])

    # ---- what a result says ------------------------------------------------------------------------------------

    @property
    def moves_statistics(self) -> bool:
        """Whether running statistics of BatchNorm change along the path."""
        return any(is_running_statistic(name) for name in self._varying)

    def without_statistics(self) -> Path:
        """The same path of points that carry no running statistics: an objective then uses its own."""
        return replace(self, controls=tuple(without_running_statistics(control) for control in self.controls))

    def spec(self) -> dict[str, Any]:
        """What defines it, as plain data."""
        return {"family": "path", "basis": self.basis, "controls": [digest(control) for control in self.controls]}

    def describe(self) -> dict[str, Any]:
        """What a result says of it."""
        buffers = known_buffers(self.controls[0])
        count = size({name: tensor for name, tensor in self.controls[0].items() if name not in buffers})
        return {"kind": "path", "family": f"{self.basis} path", "controls": len(self.controls), "n_parameters": count}


class _Packing:
    """Tensors of a point in one vector and back: a step of a curve is then a few operations, however many tensors the network has."""

    def __init__(self, like: Params) -> None:
        self._like = {name: (tensor.shape, tensor.is_complex(), wide_enough(tensor.dtype)) for name, tensor in like.items()}
        self._sizes = [tensor.numel() * (2 if tensor.is_complex() else 1) for tensor in like.values()]
        wide = [wide_enough(tensor.dtype).to_real() for tensor in like.values()]
        self._dtype = max(wide, key=lambda dtype: dtype.itemsize)

    def vector(self, point: Mapping[str, Tensor]) -> Tensor:
        """The entries of a point, shape (n,), complex ones as two."""
        tensors = [point[name].detach() for name in self._like]
        return torch.cat([(torch.view_as_real(t) if t.is_complex() else t).reshape(-1).to(self._dtype) for t in tensors])

    def point(self, vector: Tensor) -> Params:
        """The tensors that a vector holds: views of it where that is its dtype; half precision becomes float32."""
        out = {}
        for (name, (shape, is_complex, dtype)), part in zip(self._like.items(), vector.split(self._sizes), strict=True):
            whole = torch.view_as_complex(part.reshape(-1, 2)) if is_complex else part
            out[name] = whole.view(shape).to(dtype)
        return out
