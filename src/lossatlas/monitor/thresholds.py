"""Where an optimizer becomes unstable on a quadratic: the largest curvature that its step size bears (Cohen et al. 2021, 2022).

On the loss ½·h·x² an optimizer contracts so long as h stays below a threshold, which follows from its recursion where a multiplier leaves
the unit circle at −1. With rate η, momentum β, L2 penalty or weight decay λ:

* gradient descent: 2/η; heavy ball (v ← βv + g): (2 + 2β)/η; Nesterov: (2 + 2β)/(η(1 + 2β)); dampening τ divides by 1 − τ, so that
  momentum as an average (τ = β) has (2 + 2β)/((1 − β)η). An L2 penalty λ adds to the curvature: the loss alone bears λ less.
* Adam, AdamW, RMSprop: of the *preconditioned* Hessian P⁻¹H with P = (1 − β₁^t)(√v̂ + ε) held fixed, (2 + 2β₁)/((1 − β₁)η): 38/η at
  β₁ = 0.9. Decoupled weight decay λ makes 2 + 2β₁ into (2 − ηλ)(1 + β₁).

Several parameter groups differ in η: then the curvature is that of D^½ H D^½ with D their rates over the largest one, η; parameters that
are not trained do not count. These are statements about full-batch training: with small batches λ₁ settles below. Where groups differ in
momentum, and for other optimizers, no threshold is known, and none is given.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .view import Group, Training

#: Optimizers with a known threshold.
KNOWN = ("SGD", "Adam", "AdamW", "RMSprop")


@dataclass(frozen=True, eq=False)
class Stability:
    """What decides on stability.

    Attributes:
        threshold: of the largest eigenvalue of D^½ H D^½; NaN where none is known, ``why`` says why.
        scales: D^½ by name of the parameter, tensors or numbers; None where D is 1: the Hessian itself.
        words: the rule.
        of_each: the threshold that each group would have by itself.
    """

    threshold: float
    why: str = ""
    scales: Mapping[str, Tensor | float] | None = None
    words: str = ""
    of_each: tuple[float, ...] = ()


def stability(training: Training, *, names: Collection[str] = (), penalized: bool = False) -> Stability:
    """The threshold of an optimizer as it stands.

    Args:
        names: the parameters that the Hessian is of; of those that the optimizer does not train D is zero.
        penalized: the objective contains the L2 penalty, so that its Hessian does.
    """
    name, groups = training.optimizer, [group for group in training.groups if group.names]
    if name not in KNOWN:
        return Stability(math.nan, f"no stability threshold is known for {name}")
    if not groups:
        return Stability(math.nan, "the optimizer steps no parameter of the network: no threshold is known")
    if any(bool(group.options.get("maximize")) for group in groups):
        return Stability(math.nan, "the optimizer maximizes")
    if any(bool(group.options.get("centered")) for group in groups):
        return Stability(math.nan, "RMSprop divides by a centred average: no threshold is known")
    kept = {_kind(group) for group in groups}
    if len(kept) > 1:
        return Stability(math.nan, "the parameter groups differ in momentum, damping or weight decay: no common threshold is known")
    rates = [float(group.options["lr"]) for group in groups]
    largest = max(rates)
    if not largest > 0:
        return Stability(math.nan, "the learning rate is zero")
    limits = tuple(limit(name, group.options, rate, penalized=penalized) if rate > 0 else math.inf
                   for group, rate in zip(groups, rates, strict=True))
    threshold = limits[rates.index(largest)]
    scales: dict[str, Tensor | float] = {}
    for group, rate in zip(groups, rates, strict=True):
        for parameter, state in zip(group.names, group.states, strict=True):
            found = preconditioner(name, group.options, state)
            if found is not None or name == "SGD":  # a parameter that has had no gradient yet does not move
                scales[parameter] = math.sqrt(rate / largest) * (1.0 if found is None else found.rsqrt())
    if not scales:
        return Stability(math.nan, f"{name} has made no step yet")
    plain = name == "SGD" and all(scale == 1 for scale in scales.values()) and set(names) <= set(scales)
    return Stability(threshold, "", None if plain else scales, words(name, groups[0].options), limits)


def limit(name: str, options: Mapping[str, Any], rate: float, *, penalized: bool = False) -> float:
    """The threshold of one group by itself, at a rate."""
    decay = float(options.get("weight_decay", 0.0) or 0.0)
    if name in ("Adam", "AdamW"):
        beta = float(options["betas"][0])
        decoupled = name == "AdamW" or bool(options.get("decoupled_weight_decay"))
        return (2 - rate * decay * decoupled) * (1 + beta) / ((1 - beta) * rate)
    beta = float(options.get("momentum", 0.0) or 0.0)
    found = (2 + 2 * beta) / (rate * (1 - float(options.get("dampening", 0.0) or 0.0) * bool(beta)))
    if options.get("nesterov"):
        found = (2 + 2 * beta) / (rate * (1 + 2 * beta))
    return found - decay * (name == "SGD" and not penalized)


def _kind(group: Group) -> tuple[Any, ...]:
    """What groups have to share for a common threshold. Of Adam an L2 penalty bends the preconditioned curvature by λ/P, which is left
    out; of SGD it shifts the curvature, for all alike or by less than rounding."""
    o = group.options
    return (o.get("momentum", 0.0), o.get("dampening", 0.0), bool(o.get("nesterov")), o.get("betas", (0.0,))[0],
            o.get("weight_decay", 0.0) if float(o.get("weight_decay", 0.0) or 0.0) * float(o["lr"]) > 1e-3 else 0.0)


def preconditioner(name: str, options: Mapping[str, Any], state: Mapping[str, Any]) -> Tensor | None:
    """P of a parameter, shaped as it; None of SGD, and before the first step."""
    if name == "RMSprop" and "square_avg" in state:
        return state["square_avg"].sqrt() + options["eps"]
    if name not in ("Adam", "AdamW") or "exp_avg_sq" not in state:
        return None
    beta, beta2 = map(float, options["betas"])
    step = float(state["step"])
    second = state.get("max_exp_avg_sq", state["exp_avg_sq"]) if options.get("amsgrad") else state["exp_avg_sq"]
    return (1 - beta**step) * ((second / (1 - beta2**step)).sqrt() + options["eps"])


def words(name: str, options: Mapping[str, Any]) -> str:
    """The rule in words."""
    if name in ("Adam", "AdamW"):
        beta = float(options["betas"][0])
        return f"{(2 + 2 * beta) / (1 - beta):.4g}/η, of the Hessian preconditioned by {name}, held fixed (full-batch statement)"
    beta = float(options.get("momentum", 0.0) or 0.0)
    of = "of the Hessian preconditioned by RMSprop, held fixed " if name == "RMSprop" else ""
    rule = "2/η" if not beta else "(2 + 2β)/(η(1 + 2β))" if options.get("nesterov") else "(2 + 2β)/η"
    if beta and options.get("dampening"):
        rule = "(2 + 2β)/((1 − τ)η)"
    return f"{rule}{f' at β = {beta:g}' if beta else ''} {of}(full-batch statement)"


def diagonal(scales: Mapping[str, Tensor | float], names: Sequence[str], like: Mapping[str, Tensor]) -> Tensor:
    """D^½ as a vector (n,) in the order of ``names``; zero for parameters that are not trained."""
    pieces = []
    for name in names:
        scale = scales.get(name, 0.0)
        piece = scale.detach() if isinstance(scale, Tensor) else torch.full(like[name].shape, float(scale), device=like[name].device)
        pieces.append(piece.reshape(-1).to(torch.float32 if piece.element_size() < 4 else piece.dtype))
    return torch.cat(pieces)
