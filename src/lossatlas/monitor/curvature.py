"""The curvature of the fixed examples along a run: its largest eigenvalue beside what the optimizer bears, and the top of its spectrum.

Neighbouring steps have similar eigenvectors, so every measurement starts from those of the one before. Bounds on the errors stand
beside the values, so that a start decides what a number costs and not what it is. Eigenvalues of few examples lie above those of all data,
which stability is about: the threshold is a statement about full-batch training.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from ..analyses.subspace import Tracker, share
from ..curvature.operators import hessian_operator
from ..numerics.operator import Scaled
from ..numerics.tracking import EigenvalueTracker
from ..objective import Objective
from .thresholds import Stability, diagonal, stability
from .view import View

#: Relative error of eigenvalues, and products at most.
TOLERANCE, PRODUCTS = 1e-2, 40
#: Bounds take for granted that the next eigenvalue is seen; where it is not they are too small (as in probes/eigenvalues).
SAFETY = 3.0
#: How products are made: through the kept graph of the gradient, for which nothing has to be compiled or tried.
BACKEND = "retained"
#: Eigenvalues that are followed where the number of classes does not say how many.
FOLLOWED = 5


class Sharpness:
    """λ₁ of the Hessian, or of the preconditioned one where the optimizer's threshold is about that, and the threshold.

    Attributes:
        preconditioned: which of the two.
    """

    passes, needs_before = 60.0, False

    def __init__(self, *, preconditioned: bool) -> None:
        self.preconditioned = preconditioned
        self.name = "lambda_preconditioned" if preconditioned else "lambda_max"
        self._threshold = "threshold_preconditioned" if preconditioned else "threshold"
        of = "Hessian preconditioned as the optimizer does" if preconditioned else "Hessian"
        self.quantities: dict[str, tuple[str, str]] = {
            self.name: (f"largest eigenvalue of the {of}, fixed examples", ""), f"{self.name}_error": ("bound on its error", ""),
            self._threshold: ("stability threshold of the optimizer (full-batch statement)", "")}
        self._track = EigenvalueTracker(tol=TOLERANCE / SAFETY, products=PRODUCTS)
        self.stability: Stability | None = None

    def __call__(self, view: View) -> dict[str, float]:
        """λ₁, from the last eigenvectors; nothing where the optimizer does not precondition."""
        found = self.stability = stability(view.training, names=view.names, penalized=view.objective.penalty is not None)
        if self.preconditioned and found.scales is None:
            return {}
        problem = view.problem.at(view.point)
        op = whole = hessian_operator(problem, BACKEND, None)
        if self.preconditioned:
            assert found.scales is not None
            whole = Scaled(op, diagonal(found.scales, problem.selection.names, view.point))
        largest = self._track(whole)
        values = {self.name: float(largest.values[0]), f"{self.name}_error": SAFETY * float(largest.errors[0])}
        if math.isfinite(found.threshold) and (found.scales is not None) == self.preconditioned:
            values[self._threshold] = found.threshold
            for k, limit in enumerate(found.of_each if len(set(found.of_each)) > 1 else ()):
                name = f"{self._threshold}_{k}"
                self.quantities.setdefault(name, (f"stability threshold of parameter group {k} by itself", ""))
                values[name] = limit
        return values


class Top:
    """The k largest eigenvalues, and how much of the gradient lies along their eigenvectors (Gur-Ari et al. 2018).

    ``f_top`` = ‖P g‖²/‖g‖² and ``chi`` = ‖P g‖/‖g‖ (Song, Ahn and Yun 2025, who show that training does not need that part).
    """

    name, passes, needs_before = "top", 200.0, False

    def __init__(self, objective: Objective, k: int) -> None:
        self._track = Tracker(objective, k, TOLERANCE / SAFETY, 0, backend=BACKEND)
        self.baseline = k / self._track.n
        self.quantities: Mapping[str, tuple[str, str]] = {
            **{f"eigenvalue_{j + 1}": (f"eigenvalue {j + 1} of the Hessian, fixed examples", "") for j in range(k)},
            "f_top": (f"share of the gradient's square in the top {k} eigenvectors (random: {self.baseline:.1g})", ""),
            "chi": (f"share of the gradient's length in the top {k} eigenvectors", "")}

    def __call__(self, view: View) -> dict[str, float]:
        """Eigenvectors from those of the last time, and one gradient."""
        found = self._track.at({name: tensor.detach() for name, tensor in view.point.items()})
        inside = share(found.vectors, view.slope().gradient.to(found.vectors.dtype))
        return {**{f"eigenvalue_{j + 1}": float(value) for j, value in enumerate(found.values)}, "f_top": inside, "chi": math.sqrt(inside)}
