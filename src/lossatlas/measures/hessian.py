"""Curvature at a point: the largest eigenvalue of the Hessian and its trace, the sharpness of Dinh et al. 2017 (METHODS B6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from ..curvature import hessian
from ..numerics.krylov import eigenpairs
from ..numerics.traces import trace
from ..seeds import check_seed
from .record import Measure
from .surface import Surface, count, positive

#: A product with the Hessian in passes with a gradient, about.
_PRODUCT = 2.0


def lambda_max(objective: Any, *, point: Mapping[str, Tensor] | None = None, tol: float = 1e-3, seed: int = 0) -> Measure:
    """The largest eigenvalue of the Hessian of the loss, by Lanczos; ``low`` and ``high`` are its certified bounds."""
    surface = Surface(objective, point)
    op = hessian(surface.objective, surface.centre, params=surface.names)
    found = eigenpairs(op, k=1, which="largest", tol=positive(tol, "tol", "e.g. 1e-3"), seed=check_seed(seed))
    value, error = float(found.values[0]), float(found.errors[0])
    settings = {"tol": tol, "operator": op.describe(), "seed": seed}
    return Measure(value, low=value - error, high=value + error, converged=bool(found.converged[0]), settings=settings,
                   details={"residual": float(found.residuals[0]), "products": found.products}, losses=surface.losses,
                   gradients=surface.gradients + _PRODUCT * found.products)


def hessian_trace(objective: Any, *, point: Mapping[str, Tensor] | None = None, products: int = 30, seed: int = 0) -> Measure:
    """The trace of the Hessian of the loss, by Hutch++."""
    surface = Surface(objective, point)
    op = hessian(surface.objective, surface.centre, params=surface.names)
    found = trace(op, method="hutch++", products=count(products, "products", 3), seed=check_seed(seed))
    settings = {"method": found.method, "products": found.products, "operator": op.describe(), "seed": seed}
    return Measure(found.value, found.stderr, found.value - 2 * found.stderr, found.value + 2 * found.stderr,
                   found.stderr <= 0.1 * abs(found.value), settings, {"frobenius": found.frobenius}, surface.losses,
                   surface.gradients + _PRODUCT * found.products)
