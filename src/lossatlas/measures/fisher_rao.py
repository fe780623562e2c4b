"""Fisher–Rao norm: the length of the weights as the network's outputs see them (Liang et al. 2019; METHODS 3.18).

    ‖θ‖²_FR = θᵀ F θ = E[(θᵀ ∇l)²],     and for a network without biases of L + 1 layers (L + 1)² E⟨∂l/∂f, f⟩².

θᵀ∇l is the derivative of every example's loss along θ: one pass in forward mode, exact for any network, biases or not. F is the Fisher
matrix with labels of the model (under cross-entropy; E over them is taken exactly: Σ_k p_k v_k² − (Σ_k p_k v_k)² with v the derivative of
the logits), or the empirical one with the labels of the data. It depends on the function and on which families of networks scale it, so
the same function with rescaled layers has the same norm.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch import Tensor
from torch.autograd import forward_ad

from ..data import Batch
from ..errors import InputError
from ..losses import logits_of
from ..names import choose
from ..network import copied
from ..objective import Objective, Prepared
from ..seeds import check_seed, fixed_rng
from .record import Measure
from .surface import Surface, mean_and_error

Labels = Literal["model", "data"]


def fisher_rao(objective: Any, *, point: Mapping[str, Tensor] | None = None, labels: Labels | None = None, seed: int = 0) -> Measure:
    """θᵀFθ over all trained parameters.

    Args:
        labels: ``model`` (the Fisher matrix; needs cross-entropy of logits (n, classes)) or ``data`` (the empirical one). Default:
            model where that can be, which is recorded.
        seed: nothing is drawn; taken so that all measures are called alike.

    Returns:
        ``value``, the square of the norm, with ``stderr`` over examples; ``details``: ``norm``.

    Raises:
        InputError: an unknown word; labels of the model without cross-entropy; weighted losses; BatchNorm statistics of batches.
    """
    check_seed(seed)
    surface = Surface(objective, point)
    view = surface.objective
    classes = view.loss_name == "cross_entropy" and (view.data.targets() is not None and view.data.targets().ndim == 1)  # type: ignore[union-attr]
    chosen: str = ("model" if classes else "data") if labels is None else choose(labels, Labels, "labels")
    if chosen == "model" and not classes:
        raise InputError(f"labels='model' needs cross-entropy with one class an example; this objective has the loss {view.loss_name!r}: "
                         "write labels='data'")
    if view.bn in ("batch", "recompute") and view.has_batchnorm:
        raise InputError(f"the Fisher-Rao norm is a mean over examples, which bn={view.bn!r} ties together; expected bn='eval'")
    squares = []
    with torch.no_grad(), fixed_rng(0, "forward"), forward_ad.dual_level():
        dual = {n: forward_ad.make_dual(t, t) if n in surface.names else t for n, t in surface.centre.items()}
        prepared = view.prepare(dual)
        for batch in view.data:
            squares.append(_of_model(view, prepared, batch) if chosen == "model" else _of_data(view, prepared, batch))
    surface.gradients += 1
    mean, error = mean_and_error(torch.cat(squares).cpu())
    return Measure(mean, error, converged=math.isfinite(mean), settings={"labels": chosen}, losses=surface.losses,
                   gradients=surface.gradients, details={"norm": math.sqrt(mean) if mean >= 0 else math.nan})


def _tangent(value: Tensor) -> Tensor:
    tangent = forward_ad.unpack_dual(value).tangent
    return torch.zeros_like(value, dtype=torch.float64) if tangent is None else tangent.to(torch.float64)


def _of_data(view: Objective, prepared: Prepared, batch: Batch) -> Tensor:
    """(θᵀ∇l)² of every example, with its own label."""
    _, losses, weights = view._losses(prepared, batch)
    if weights is not None:
        raise InputError("the Fisher-Rao norm of losses with weights (tokens) is not defined here; expected one loss an example")
    return _tangent(losses).square()


def _of_model(view: Objective, prepared: Prepared, batch: Batch) -> Tensor:
    """E over labels of the model of (θᵀ∇l)², for every example."""
    logits = logits_of(view._call(prepared.tensors, copied(batch.value) if view.writes_batches else batch.value))
    p, v = torch.softmax(forward_ad.unpack_dual(logits).primal.to(torch.float64), 1), _tangent(logits)
    return (p * (v - (p * v).sum(1, keepdim=True)).square()).sum(1)
