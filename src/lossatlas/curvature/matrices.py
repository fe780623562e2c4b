"""Matrices of the form Jᵀ M J: generalized Gauss–Newton, Fisher with exact and sampled labels, and second moments of gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.func import grad, jvp, vjp
from torch.utils import _pytree

from ..data import targets_of
from ..errors import InputError
from ..losses import IGNORE, logits_of
from ..names import choose
from ..seeds import generator
from .backends import Jacobian, Recorder, Tensors
from .operators import Covariance, CurvatureOperator, Sandwich, SecondMoment
from .problem import Problem

#: Losses that are negative log-likelihoods of an exponential family in its natural parameters.
LIKELIHOODS = ("cross_entropy", "bce", "mse", "causal_lm")
_HOW = ("retained", "linearized", "forward", "reverse")
_BACKENDS = ("auto", *_HOW)


def gauss_newton(problem: Problem, backend: str, memory: float | None, *, name: str = "ggn") -> CurvatureOperator:
    """Jᵀ ∇²ℓ J."""
    choose(backend, _BACKENDS, "backend")
    known = problem.objective.loss_name in LIKELIHOODS

    def make(batch: Any, recorder: Any, how: str) -> Sandwich:
        if known:
            jacobian = Jacobian(problem, lambda there, at, value, size: logits_of(there.outputs(at, value)), batch, recorder, how)
            return Sandwich(jacobian, analytic(problem.objective.loss_name, jacobian.outputs[0], targets_of_batch(batch.value)))
        jacobian = Jacobian(problem, lambda there, at, value, size: there.outputs(at, value), batch, recorder, how)
        return Sandwich(jacobian, _by_autodiff(problem, batch, jacobian))

    kind = CurvatureOperator if name == "ggn" else SecondMoment
    return kind(name, problem, backend, memory, _HOW, make, {"loss_hessian": "analytic" if known else "autodiff"})


def targets_of_batch(value: Any) -> Tensor:
    """The targets, of a dict without labels the input ids of a language model."""
    targets = targets_of(value)
    if targets is None:
        targets = value["input_ids"]
        if "attention_mask" in value:
            targets = targets.masked_fill(value["attention_mask"] == 0, IGNORE)
    return targets


def analytic(loss: str, outputs: Tensor, targets: Tensor) -> Callable[[Tensors], Tensors]:
    """u ↦ ∇²(Σ w l) u in the logits: diag(p) − p pᵀ for softmax, p(1 − p) for bce, 2 for mse, per mean over an example's entries."""
    if loss == "mse":
        return lambda u: (u[0] * (2.0 / max(outputs[0].numel(), 1)),)
    if loss == "bce":
        p = torch.sigmoid(outputs)
        scale = p * (1 - p) / max(outputs[0].numel(), 1)
        return lambda u: (scale * u[0],)
    axis, outputs = (-1 if loss == "causal_lm" else 1), outputs.double()  # as the loss itself, see summed_loss
    p = torch.softmax(outputs, axis)
    if loss == "causal_lm":  # position t predicts label t + 1; the last predicts nothing
        counted = torch.zeros(outputs.shape[:2], dtype=outputs.dtype, device=outputs.device)
        counted[:, :-1] = (targets[:, 1:] != IGNORE).to(outputs.dtype)
        weight = counted[..., None]
    elif targets.is_floating_point():
        positions = outputs[0, 0].numel()
        weight = torch.full_like(outputs[:, :1], 1.0 / positions) * targets.double().sum(1, keepdim=True)
    else:
        weight = (targets != IGNORE).to(outputs.dtype).unsqueeze(1)
    return lambda u: ((weight * p * (u[0] - (p * u[0]).sum(axis, keepdim=True))).to(u[0].dtype),)


def _by_autodiff(problem: Problem, batch: Any, jacobian: Jacobian) -> Callable[[Tensors], Tensors]:
    """The same of any loss, by differentiating it twice in the network's outputs."""
    with torch.no_grad():
        leaves, spec = _pytree.tree_flatten(problem.outputs(problem.theta, batch.value))
    places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, Tensor) and leaf.is_floating_point()]

    def total(*tensors: Tensor) -> Tensor:
        whole = list(leaves)
        for place, tensor in zip(places, tensors, strict=True):
            whole[place] = tensor
        return problem.summed(_pytree.tree_unflatten(whole, spec), batch.value, batch.size)

    at = tuple(leaves[i].detach() for i in places)
    slopes = grad(total, argnums=tuple(range(len(at))))

    def product(u: Tensors) -> Tensors:
        try:
            return jvp(slopes, at, u)[1]
        except (RuntimeError, NotImplementedError):  # a loss without forward mode: the Hessian is symmetric
            return vjp(slopes, *at)[1](u)

    return product


def exact_fisher(problem: Problem, backend: str, memory: float | None) -> CurvatureOperator:
    """The GGN of a likelihood, without penalty."""
    _likelihood(problem)
    return gauss_newton(problem, backend, memory, name="fisher")


def sampled_fisher(problem: Problem, backend: str, memory: float | None, *, labels: str, samples: int, seed: int) -> CurvatureOperator:
    """(1/Σw) Σ g gᵀ for labels drawn from the model, averaged over draws."""
    choose(labels, ("exact", "sampled"), "labels")
    choose(backend, _BACKENDS, "backend")
    _likelihood(problem)
    if isinstance(samples, bool) or not isinstance(samples, int) or samples < 1:
        raise InputError(f"samples is {samples!r}; expected a whole number of at least 1")

    def make(batch: Any, recorder: Any, how: str) -> Sandwich:
        with torch.no_grad():
            logits = logits_of(problem.outputs(problem.theta, batch.value))
        drawn = [draw(problem.objective.loss_name, logits, targets_of_batch(batch.value), generator(seed, "fisher", batch.start, s))
                 for s in range(samples)]

        def losses(there: Problem, at: Any, value: Any, size: int) -> Tensor:
            outputs = logits_of(there.outputs(at, value))
            return torch.cat([per_example_sum(problem.objective.loss_name, outputs, one) for one in drawn])

        jacobian = Jacobian(problem, losses, batch, Recorder(), how)  # the drawn labels are constants of its derivative
        return Sandwich(jacobian, lambda u: (u[0] / samples,))

    op = SecondMoment("fisher", problem, backend, memory, _HOW, make, {"labels": "sampled", "samples": samples, "seed": seed})
    op.draws = True
    return op


def _likelihood(problem: Problem) -> None:
    if problem.objective.loss_name not in LIKELIHOODS:
        raise InputError(f"the Fisher information needs a distribution of labels, and loss {problem.objective.loss_name!r} defines none; "
                         "expected cross_entropy, bce, mse or causal_lm, or write la.ggn(objective)")


def draw(loss: str, logits: Tensor, targets: Tensor, draws: torch.Generator) -> Tensor:
    """Labels from the model: categorical, Bernoulli, or Gaussian with the variance that makes exp(−loss) its density."""
    if loss == "mse":
        noise = torch.randn(logits.shape, generator=draws, dtype=torch.float64).to(logits.device, logits.dtype)
        return logits + noise * (max(logits[0].numel(), 1) / 2) ** 0.5
    if loss == "bce":
        uniform = torch.rand(logits.shape, generator=draws, dtype=torch.float64).to(logits.device)
        return (uniform < torch.sigmoid(logits).double()).to(logits.dtype)
    axis = -1 if loss == "causal_lm" else 1
    if targets.is_floating_point():
        raise InputError("targets are probabilities, from which no label is drawn; expected classes, or labels='exact'")
    p = torch.softmax(logits.double(), axis).movedim(axis, -1)
    found = torch.multinomial(p.reshape(-1, p.shape[-1]).cpu(), 1, generator=draws).reshape(p.shape[:-1]).to(logits.device)
    if loss == "causal_lm":  # label t + 1 is drawn at position t; the first label predicts nothing
        shifted = torch.cat([targets[:, :1], found[:, :-1]], 1)
        return torch.where(targets == IGNORE, targets, shifted)
    return torch.where(targets == IGNORE, targets, found)


def per_example_sum(loss: str, logits: Tensor, targets: Tensor) -> Tensor:
    """−log p of every example, summed over its positions (n,), scaled so that its gradients' second moment is the exact Fisher."""
    if loss == "mse":
        return (logits - targets).square().flatten(1).mean(1) if logits.ndim > 1 else (logits - targets).square()
    if loss == "bce":
        each = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
        return each if each.ndim == 1 else each.flatten(1).sum(1) / each[0].numel() ** 0.5
    if loss == "causal_lm":
        each = F.cross_entropy(logits[:, :-1].transpose(1, 2), targets[:, 1:], reduction="none", ignore_index=IGNORE)
    else:
        each = F.cross_entropy(logits, targets, reduction="none", ignore_index=IGNORE)
    return each if each.ndim == 1 else each.flatten(1).sum(1)


def empirical(problem: Problem, backend: str, memory: float | None, *, centred: bool) -> CurvatureOperator:
    """Second moments of per-example gradients."""
    choose(backend, _BACKENDS, "backend")

    name = problem.objective.loss_name

    def losses(there: Problem, at: Any, value: Any, size: int) -> Tensor:
        targets = targets_of_batch(value) if name in ("cross_entropy", "causal_lm") else None
        if targets is None or targets.is_floating_point():
            return there.losses(at, value, size)[0]
        return per_example_sum(name, logits_of(there.outputs(at, value)), targets)  # looks at no values, so it can be recorded

    def make(batch: Any, recorder: Any, how: str) -> Sandwich:
        jacobian = Jacobian(problem, losses, batch, recorder, how, what="losses")
        with torch.no_grad():
            weights = problem.losses(problem.theta, batch.value, batch.size)[1]
        if weights is None:
            return Sandwich(jacobian, lambda u: u)
        summed = name in ("cross_entropy", "causal_lm")  # of sums w·l the square counts once too often
        scale = torch.where(weights > 0, 1 / weights.clamp(min=1e-30), 0.0) if summed else weights
        return Sandwich(jacobian, lambda u: (u[0] * scale.to(u[0].dtype),))

    kind = Covariance if centred else SecondMoment
    return kind("gradient covariance" if centred else "empirical fisher", problem, backend, memory, _HOW, make)

