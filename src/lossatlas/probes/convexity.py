"""The Hessian within a random plane: how much of it is positive (Fort and Scherlis 2019; METHODS E5, 3.7).

At a point the Hessian H is restricted to d random directions, the orthonormal columns of P: H_d = PᵀHP costs d products. Two numbers say
how convex the loss is there: the share of positive eigenvalues of H_d, and tr(H_d)/‖H_d‖_F. Where curvature has no preference they are
1/2 and 0. Of a full space with ρ = tr(H)/‖H‖_F the second is about √d·ρ/√(ρ² + d + 1), never above √d: numbers of different d are
not comparable, so d is recorded. The plane is the same at every point. The penalty of the objective is left out: λ/2·‖θ‖² adds λ to
every eigenvalue and would hide what the data say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from ..curvature import Restricted, hessian
from ..errors import InputError
from ..family.initialization import radius_of
from ..objective import Objective
from ..params import Params, size
from ..result.schema import Quantity
from ..seeds import check_seed, generator

#: Eigenvalues below so many units of rounding of ‖H_d‖_F have no sign.
ROUNDING = 8.0


@dataclass(frozen=True, eq=False)
class GoldilocksProbe:
    """Signs and trace of the Hessian in a random plane; see :func:`goldilocks`."""

    objective: Objective
    d: int = 50
    seed: int = 0
    _known: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What it measures, in order."""
        return (Quantity("fraction_positive", "share of positive eigenvalues"),
                Quantity("fraction_zero", "share of eigenvalues without a sign"),
                Quantity("trace_over_norm", "trace / Frobenius norm"), Quantity("frobenius", "Frobenius norm within the plane"),
                Quantity("norm", "norm of the parameters"), Quantity("loss", f"{self.objective.loss_name.replace('_', '-')} loss"))

    def __call__(self, point: Params) -> dict[str, Tensor]:
        """All quantities at one point: d products with the Hessian.

        Eigenvalues within rounding of zero have no sign; half of them counts as positive. NaN where the Hessian is not finite, and
        ``trace_over_norm`` where it is zero.
        """
        op = hessian(self.objective, point)
        op.recorder = self._known.setdefault("recorder", op.recorder)  # what was recorded and chosen at one point holds at all
        within = Restricted(op, self._basis(op)).dense().double().cpu()
        with torch.no_grad():
            out = {"norm": radius_of(self.objective, point), "loss": self.objective.value(point)}
        return {**signs(within, torch.finfo(op.dtype).eps), **out}

    def _basis(self, op: Any) -> Tensor:
        if "basis" not in self._known:
            drawn = torch.randn(op.shape[0], self.d, generator=generator(self.seed, "goldilocks"), dtype=torch.float64)
            self._known["basis"] = torch.linalg.qr(drawn)[0].to(op.device, op.dtype)
        return self._known["basis"]

    @property
    def nbytes(self) -> int:
        """Memory that the plane and the products take, known once a point was evaluated."""
        if "basis" not in self._known:
            return 0
        basis, choice = self._known["basis"], self._known["recorder"].choice
        return basis.numel() * basis.element_size() + (0 if choice is None else choice.nbytes)

    def spec(self) -> dict[str, Any]:
        """What defines the values, as plain data."""
        return {"probe": "goldilocks", "subspace": self.d, "seed": self.seed, "objective": self.objective.spec()}

    def about(self) -> dict[str, Any]:
        """What a result says of the objective and of the plane."""
        o = self.objective
        return {"bn": o.bn, "network": type(o.module).__name__, "n_examples": o.data.n_examples, "loss": o.loss_name, "source": o.source,
                "batch_size": o.data.batch_size, "digest_params": o.spec()["params"], "digest_data": o.data.digest(),
                "n_batchnorm": int(o.has_batchnorm), "subspace": self.d, "seed": self.seed}


def signs(within: Tensor, eps: float) -> dict[str, Tensor]:
    """The numbers of a symmetric matrix (d, d), float64, whose entries carry rounding of ``eps`` relative to its norm."""
    nan = torch.tensor(float("nan"), dtype=torch.float64)
    if not bool(torch.isfinite(within).all()):
        return dict.fromkeys(("fraction_positive", "fraction_zero", "trace_over_norm", "frobenius"), nan)
    values, length = torch.linalg.eigvalsh(within), torch.linalg.matrix_norm(within)
    zero = values.abs() <= ROUNDING * eps * length
    positive = ((values > 0) & ~zero).double().mean() + zero.double().mean() / 2
    return {"fraction_positive": positive, "fraction_zero": zero.double().mean(), "trace_over_norm": within.trace() / length,
            "frobenius": length}


def goldilocks(objective: Objective, *, d: int = 50, seed: int = 0) -> GoldilocksProbe:
    """The probe of signs and trace of the Hessian in a random plane of ``d`` dimensions, the same at every point.

    Args:
        d: dimensions of the plane, and products per point.
        seed: of the plane.

    Raises:
        InputError: not an objective; d below 2 or above the number of parameters.
    """
    if not isinstance(objective, Objective):
        hint = "; of a train/test pair, one of the two" if isinstance(objective, Mapping) else ""
        raise InputError(f"goldilocks() got a {type(objective).__name__}; expected an Objective{hint}")
    n = size(objective.params)
    if isinstance(d, bool) or not isinstance(d, int) or not 2 <= d <= n:
        raise InputError(f"d is {d!r}; expected a whole number of dimensions from 2 to the {n} of the network, such as 50")
    return GoldilocksProbe(replace(objective, penalty=None, metrics={}), d, check_seed(seed))
