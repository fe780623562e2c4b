"""Extreme eigenvalues of the Hessian at every point: the eigenvalue maps of Li et al. 2018, Figure 7 (METHODS A11).

A slice that looks convex shows only its own few directions; abs(λ_min/λ_max) of the whole Hessian says whether curvature is hidden off it.
Neighbouring points have similar eigenvectors, so each point starts from those of the nearest points measured before, and takes products
until its own error bounds meet the tolerance: warm starts change the work and not what is accepted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from ..curvature import ggn, hessian
from ..curvature.backends import Recorder
from ..curvature.operators import CurvatureOperator
from ..errors import InputError
from ..numerics.krylov import eigenpairs
from ..objective import Objective
from ..params import Params
from ..result.schema import FLAG, Quantity
from ..seeds import check_seed, generator

#: Bytes of eigenvectors of earlier points that are kept to start from; the oldest go first.
KEPT_BYTES = 1 << 30
#: Neighbours that a start is interpolated between, and the share of noise in it (of 1, 2, 4 and 0, .1, .3 the best on digits networks).
NEIGHBOURS, NOISE = 2, 0.1
#: Bounds take for granted that the eigenvalue next to the last is seen; where it is not they are too small. So less is accepted.
SAFETY = 3.0
#: Of eigenvalues below this share of the largest an absolute error is asked (see eigenpairs). On a digits network (225 points, against cold
#: starts to 1e-4) floors of 0, .02, .05, .1, .2 took 16.5, 16.2, 15.1, 12.6, 10.4 products a point, .47 to .37 of cold starts, and 99, 98,
#: 97, 94, 77 % of λ_min were within 1e-2. With .2 a ResNet-20 at its minimum had converged, and missed a λ_min of 1.5 % of λ_max.
FLOOR = 0.02


@dataclass
class _Memory:
    """What earlier points leave: where they were, their eigenvectors, recorded derivatives with the choice of how products are made."""

    places: list[np.ndarray] = field(default_factory=list)
    vectors: list[Tensor] = field(default_factory=list)
    recorder: Recorder = field(default_factory=Recorder)

    def start(self, place: np.ndarray | None, seed: int) -> Tensor | None:
        """One vector (n, 1) to start from: eigenvectors interpolated between the nearest earlier points, added up, and a little noise.

        One vector, because the polynomial that Lanczos builds then serves both ends of the spectrum; from a block of two it had half the
        degree. The noise lets an eigenvector in that no neighbour had among its own.
        """
        if place is None or not self.places:
            return None
        distances = np.array([((place - other) ** 2).sum() for other in self.places])
        near = np.argsort(distances, kind="stable")[:NEIGHBOURS]
        first = self.vectors[near[0]].float()
        total = torch.zeros_like(first)
        for number in near:
            vectors = self.vectors[number].float()
            total += vectors * torch.sign((vectors * first).sum(0)) / max(float(distances[number]), 1e-12)
        mean = (total / torch.linalg.vector_norm(total, dim=0)).sum(1)
        noise = torch.randn(len(mean), generator=generator(seed, "warm", len(self.places))).to(mean)
        return (mean / mean.norm() + NOISE * noise / noise.norm())[:, None]

    def keep(self, place: np.ndarray | None, vectors: Tensor) -> None:
        """Keep eigenvectors (n, j), in bfloat16: a start needs no more."""
        if place is None:
            return
        self.places.append(place)
        self.vectors.append(vectors.to(torch.bfloat16))
        while sum(v.numel() for v in self.vectors) * 2 > KEPT_BYTES and len(self.vectors) > 1:
            del self.places[0], self.vectors[0]


@dataclass(frozen=True, eq=False)
class CurvatureProbe:
    """Measures the k largest and smallest eigenvalues with bounds on their errors; see :func:`curvature`."""

    objective: Objective
    k: int = 1
    operator: str = "hessian"
    params: tuple[str, ...] = ("*",)
    tol: float = 1e-2
    steps: int = 200
    memory: float | None = None
    warm: bool = True
    seed: int = 0
    floor: float = FLOOR
    _memory: _Memory = field(default_factory=_Memory, repr=False)

    @property
    def nbytes(self) -> int:
        """Memory beside data and network, as the last point took it: what products keep, the basis, eigenvectors to start from."""
        n = sum(p.numel() for p in self.objective.params.values())
        kept = 0 if self._memory.recorder.choice is None else self._memory.recorder.choice.nbytes
        return kept + 4 * n * self.steps + min(KEPT_BYTES, 4 * self.k * n * max(len(self._memory.places), 1))

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What it measures, in order."""
        dims = () if self.k == 1 else (("eigen", self.k),)
        which = "eigenvalue" if self.k == 1 else f"{self.k} eigenvalues"
        of = {"hessian": "of the Hessian", "ggn": "of the Gauss–Newton matrix"}[self.operator]
        return (Quantity("lambda_max", f"largest {which} {of}", dims=dims), Quantity("lambda_min", f"smallest {which} {of}", dims=dims),
                Quantity("ratio", f"abs(λ_min/λ_max) {of}"),
                Quantity("lambda_max_error", "error bound of lambda_max", dims=dims),
                Quantity("lambda_min_error", "error bound of lambda_min", dims=dims),
                Quantity("converged", "error bounds within the tolerance", units=FLAG),
                Quantity("products", "Hessian–vector products spent" if self.operator == "hessian" else "products spent"))

    def __call__(self, point: Params) -> dict[str, Any]:
        """All quantities at one point, from a random start."""
        return self.at(point, None)

    def at(self, point: Params, place: np.ndarray | None) -> dict[str, Any]:
        """All quantities at the point of these coordinates, from the eigenvectors of the nearest point before."""
        if not all(bool(torch.isfinite(t).all()) for t in point.values()):
            return self._nothing(0)
        op = self._op(point)
        start = self._memory.start(place, self.seed) if self.warm else None
        found = eigenpairs(op, self.k, which="both", tol=(self.tol / SAFETY, self.floor), seed=self.seed,
                           start=None if start is None else start.to(op.dtype), steps=self.steps)
        if not np.isfinite(found.values).all():
            return self._nothing(found.products)
        self._memory.keep(place, found.vectors)
        high, low = slice(0, self.k), slice(None, -self.k - 1, -1)
        top, bottom = found.values[0], found.values[-1]
        one = (lambda values: values[0]) if self.k == 1 else (lambda values: values)
        return {"lambda_max": one(found.values[high]), "lambda_min": one(found.values[low]), "ratio": abs(bottom / top) if top else np.nan,
                "lambda_max_error": one(found.errors[high]), "lambda_min_error": one(found.errors[low]),
                "converged": float(found.converged.all()), "products": float(found.products)}

    def _op(self, point: Params) -> CurvatureOperator:
        make = {"hessian": hessian, "ggn": ggn}[self.operator]
        op = make(self.objective, point, params=self.params, memory=self.memory)
        op.recorder = self._memory.recorder  # what was recorded and chosen at one point holds at all
        return op

    def _nothing(self, products: int) -> dict[str, Any]:
        nan = np.nan if self.k == 1 else np.full(self.k, np.nan)
        return {**{q.name: nan for q in self.quantities}, "ratio": np.nan, "converged": 0.0, "products": float(products)}

    def spec(self) -> dict[str, Any]:
        """What defines the values, as plain data."""
        return {"probe": "curvature", "operator": self.operator, "k": self.k, "params": list(self.params), "tol": self.tol,
                "floor": self.floor, "steps": self.steps, "seed": self.seed, "objective": self.objective.spec()}

    def about(self) -> dict[str, Any]:
        """What a result says of the objective and the operator."""
        o, spec = self.objective, self.objective.spec()
        return {"bn": o.bn, "network": type(o.module).__name__, "n_examples": o.data.n_examples, "loss": o.loss_name, "source": o.source,
                "batch_size": o.data.batch_size, "digest_params": spec["params"], "digest_data": spec["data"], "operator": self.operator,
                "tol": self.tol, "floor": self.floor, "curvature_params": list(self.params)}


def curvature(
    objective: Objective, k: int = 1, *, operator: Literal["hessian", "ggn"] = "hessian", params: str | Sequence[str] = "*",
    tol: float = 1e-2, steps: int = 200, memory: float | None = None, warm: bool = True, seed: int = 0,
    floor: float = FLOOR,
) -> CurvatureProbe:
    """The probe of the k largest and k smallest eigenvalues: swept over a plane, an eigenvalue map.

    Args:
        params: of which parameters, as for :func:`lossatlas.hessian`.
        tol: relative error of every eigenvalue at which it counts as converged; of one below ``floor`` times the larger in magnitude,
            relative to that much.
        floor: from 0 to 1; a map of large ratios only is a third cheaper with 0.2.
        steps: at most so many products a point; a point that needs more is marked as not converged.
        memory: bytes that products may take (default: half of what is free).
        warm: start from the eigenvectors of the nearest point measured before.

    Raises:
        InputError: not one objective, k < 1, a floor that is no share.
    """
    if not isinstance(objective, Objective):
        raise InputError(f"curvature() got a {type(objective).__name__}; expected one Objective (of a train/test pair, one of the two)")
    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise InputError(f"k is {k!r}; expected a whole number of at least 1")
    if operator not in ("hessian", "ggn"):
        raise InputError(f"operator is {operator!r}; expected 'hessian' or 'ggn'")
    if isinstance(floor, bool) or not isinstance(floor, int | float) or not 0 <= floor <= 1:
        raise InputError(f"floor is {floor!r}; expected a share of the largest eigenvalue from 0 to 1, such as 0.02")
    globs = (params,) if isinstance(params, str) else tuple(params)
    return CurvatureProbe(objective, k, operator, globs, tol, steps, memory, warm, check_seed(seed), float(floor))
