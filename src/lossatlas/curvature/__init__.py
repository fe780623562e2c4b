"""Second-order information at a point: Hessian, generalized Gauss–Newton, Fisher matrices, gradient covariance and NTK as operators.

An operator is made of an objective at a point, and multiplied: ``op @ v``. What is done with it (eigenvalues, densities, traces) is in
``numerics`` and knows nothing of networks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from torch import Tensor

from .matrices import empirical, exact_fisher, gauss_newton, sampled_fisher
from .operators import (
    CurvatureOperator,
    NtkOperator,
    Restricted,
    chosen_problem,
    hessian_operator,
    restricted,
)
from .selection import Chosen

__all__ = ["CurvatureOperator", "NtkOperator", "Restricted", "empirical_fisher", "fisher", "ggn", "gradient_covariance", "hessian", "ntk",
           "restricted"]


def hessian(
    objective: Any, point: Mapping[str, Tensor] | None = None, *, params: Chosen = "*", backend: str = "auto", memory: float | None = None,
    like: CurvatureOperator | None = None,
) -> CurvatureOperator:
    """The Hessian of the objective's mean loss (with its penalty) at a point.

    Args:
        point: where (default: where the network stood).
        params: which parameters: ``"*"``, patterns such as ``"layer1.*"``, or masks by name.
        backend: how products are made, see :mod:`lossatlas.curvature.backends`; ``auto`` times the candidates once.
        memory: bytes that products may take (default: half of what is free).
        like: the operator of the same objective at another point, e.g. the last of a run: what it timed, chose and recorded holds here too.

    Raises:
        InputError: complex parameters, patterns that match nothing, an unknown backend, another objective's operator.
        LossAtlasError: nothing fits into ``memory``.
    """
    return hessian_operator(chosen_problem(objective, point, params, memory), backend, memory).alike(like)


def ggn(
    objective: Any, point: Mapping[str, Tensor] | None = None, *, params: Chosen = "*", backend: str = "auto", memory: float | None = None,
    like: CurvatureOperator | None = None,
) -> CurvatureOperator:
    """The generalized Gauss–Newton matrix Jᵀ ∇²ℓ J (Schraudolph 2002), with the penalty's Hessian; options as of :func:`hessian`.

    The Hessian of the loss in the outputs is analytic for cross-entropy, bce, mse and causal_lm, by autodiff for others.
    """
    return gauss_newton(chosen_problem(objective, point, params, memory), backend, memory).alike(like)


def fisher(
    objective: Any, point: Mapping[str, Tensor] | None = None, *, labels: Literal["exact", "sampled"] = "exact", samples: int = 1,
    params: Chosen = "*", backend: str = "auto", memory: float | None = None, seed: int = 0,
) -> CurvatureOperator:
    """The Fisher information of the model's own predictions: labels drawn from the model, not those of the data (Kunstner et al. 2019).

    Args:
        labels: ``exact``: the expectation over labels, which for cross-entropy, bce, mse and causal_lm is the GGN without the penalty
            (Martens 2020, section 9.2); ``sampled``: ``samples`` draws per example.

    Raises:
        InputError: a loss of your own, which defines no distribution of labels.
    """
    problem = chosen_problem(objective, point, params, memory)
    if labels == "exact":
        return exact_fisher(problem, backend, memory)
    return sampled_fisher(problem, backend, memory, labels=labels, samples=samples, seed=seed)


def empirical_fisher(
    objective: Any, point: Mapping[str, Tensor] | None = None, *, params: Chosen = "*", backend: str = "auto", memory: float | None = None,
) -> CurvatureOperator:
    """The second moment of per-example gradients, (1/Σw) Σ w g gᵀ, at the data's own labels; without penalty.

    An example is what the objective calls one: of token losses g is the gradient of a sequence's mean, and w its number of tokens.
    """
    return empirical(chosen_problem(objective, point, params, memory), backend, memory, centred=False)


def gradient_covariance(
    objective: Any, point: Mapping[str, Tensor] | None = None, *, params: Chosen = "*", backend: str = "auto", memory: float | None = None,
) -> CurvatureOperator:
    """The covariance of per-example gradients, (1/Σw) Σ w (g_i − g)(g_i − g)ᵀ: the noise of one example's gradient."""
    return empirical(chosen_problem(objective, point, params, memory), backend, memory, centred=True)


def ntk(
    objective: Any, point: Mapping[str, Tensor] | None = None, *, params: Chosen = "*", backend: str = "auto", memory: float | None = None,
) -> NtkOperator:
    """The empirical neural tangent kernel J Jᵀ over all outputs of all examples (Jacot et al. 2018): for small data sets."""
    return NtkOperator(chosen_problem(objective, point, params, memory), backend, memory)
