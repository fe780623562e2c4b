"""A linear operator: all that the numerics of this package ask of a matrix is its product with vectors.

Lanczos, traces and densities know nothing of networks; what comes from a network (a Hessian, a Fisher matrix) and a plain matrix
look the same to them.
"""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from ..errors import InputError


@runtime_checkable
class Operator(Protocol):
    """A symmetric (n, n) operator; ``op @ v`` for v of shape (n,) or (n, k)."""

    @property
    def shape(self) -> tuple[int, int]: ...

    @property
    def dtype(self) -> torch.dtype: ...

    @property
    def device(self) -> torch.device: ...

    def __matmul__(self, v: Tensor) -> Tensor: ...


class Matrix:
    """A dense symmetric matrix as an operator."""

    def __init__(self, entries: Tensor) -> None:
        if entries.ndim != 2 or entries.shape[0] != entries.shape[1]:
            raise InputError(f"a matrix of shape {tuple(entries.shape)} is no operator; expected (n, n)")
        self.entries = entries
        self.shape = (entries.shape[0], entries.shape[0])
        self.dtype, self.device = entries.dtype, entries.device

    def __matmul__(self, v: Tensor) -> Tensor:
        return self.entries @ checked_vector(v, self)


class Counting:
    """An operator that counts its products: one per column, in ``products``."""

    def __init__(self, op: Operator) -> None:
        self.op = op
        self.products = 0

    def __matmul__(self, v: Tensor) -> Tensor:
        self.products += v.shape[1] if v.ndim == 2 else 1
        return self.op @ v

    def __getattr__(self, name: str) -> Any:
        return getattr(self.op, name)


class Shifted:
    """``factor · op + shift · 1``: e.g. the operator with the other end of its spectrum first."""

    def __init__(self, op: Operator, *, factor: float = 1.0, shift: float = 0.0) -> None:
        self.op, self.factor, self.shift = op, factor, shift
        self.shape, self.dtype, self.device = op.shape, op.dtype, op.device

    def __matmul__(self, v: Tensor) -> Tensor:
        return self.factor * (self.op @ v) + self.shift * v


class Scaled:
    """``D · op · D`` for a diagonal D, of shape (n,): of D = P^(−1/2) its eigenvalues are those of P⁻¹ · op."""

    def __init__(self, op: Operator, diagonal: Tensor) -> None:
        self.op, self.diagonal = op, diagonal.to(op.device, op.dtype)
        self.shape, self.dtype, self.device = op.shape, op.dtype, op.device

    def __matmul__(self, v: Tensor) -> Tensor:
        diagonal = self.diagonal if v.ndim == 1 else self.diagonal[:, None]
        return diagonal * (self.op @ (diagonal * v))


def checked_vector(v: Any, op: Operator) -> Tensor:
    """A vector (n,) or vectors (n, k) for an operator.

    Raises:
        InputError: another shape, dtype or device.
    """
    n = op.shape[1]
    if not isinstance(v, Tensor):
        raise InputError(f"op @ v got a {type(v).__name__}; expected a tensor of shape ({n},) or ({n}, k)")
    if v.ndim not in (1, 2) or v.shape[0] != n:
        raise InputError(f"op @ v got a vector of shape {tuple(v.shape)}; expected ({n},) or ({n}, k)")
    if v.dtype != op.dtype or v.device != op.device:
        raise InputError(f"op @ v got {v.dtype} on {v.device}; expected {op.dtype} on {op.device}: write v.to(op.device, op.dtype)")
    return v


def check_operator(op: Any) -> Operator:
    """Refuse what is no symmetric operator.

    Raises:
        InputError: with what came.
    """
    if not (hasattr(op, "shape") and hasattr(op, "dtype") and hasattr(op, "device") and hasattr(op, "__matmul__")):
        raise InputError(f"op is a {type(op).__name__}; expected an operator such as la.hessian(objective)")
    if len(op.shape) != 2 or op.shape[0] != op.shape[1]:
        raise InputError(f"op has shape {tuple(op.shape)}; expected a square operator (n, n)")
    if not op.dtype.is_floating_point:
        raise InputError(f"op has dtype {op.dtype}; expected a real floating-point operator")
    return Matrix(op) if isinstance(op, Tensor) else op
