"""REPAIR (Jordan, Sedghi, Saukh, Entezari and Neyshabur 2023): the variance that averaging weights takes away, given back (METHODS H5).

Half way between two networks, even matched ones, pre-activations are means of two that are correlated less than perfectly, so that they
vary less; over layers that multiplies, and in a deep network hardly anything arrives at the end. The goal for every hidden unit is the mean
(1 − α)μ_a + αμ_b and the *standard deviation* (1 − α)σ_a + ασ_b of its pre-activation (METHODS, section 4). A BatchNorm with the goals as
shift and scale is put behind every layer, passes over the data once in train mode, and is fused into weights and biases. A network that
has BatchNorm of its own only needs its statistics estimated anew.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from ..errors import InputError
from ..objective import Objective
from ..pairs import trained_on
from ..params import Params, is_running_statistic, lincomb
from .activations import Tap, tapped
from .known import Made
from .tracing import Trace, plainly, trace


def repair(
    objective: Objective | Mapping[str, Objective], a: Mapping[str, Tensor], b: Mapping[str, Tensor], alpha: float = 0.5, *,
    point: Mapping[str, Tensor] | None = None,
) -> Params:
    """The point between a and b (match b first) whose hidden units vary as those at the ends do.

    Args:
        objective: its data are what units are looked at on: those of training.
        alpha: where between a (0) and b (1), which are themselves, exactly.
        point: what to repair (default: (1 − α) a + α b).

    Returns:
        The point: weights and biases changed; of a network with BatchNorm its running statistics. Layers that cannot be repaired (without
        a bias, or whose weight is used more than once) stay, with a warning.

    Raises:
        InputError: α that is not from 0 to 1, points of another network, complex weights.
        LossAtlasError: the network goes another way on these data than it was traced on.
    """
    objective, one, other, between = _three(objective, a, b, alpha, point)
    if alpha in (0, 1) and point is None:
        return other if alpha else one
    if objective.has_batchnorm:
        tensors = plainly(objective).with_bn("recompute", data=objective.bn_data).prepare(between).tensors
        return {name: tensors[name].clone() if is_running_statistic(name) else tensor for name, tensor in between.items()}
    traced = trace(objective)
    layers = _hidden(traced)
    whole, skipped = _repairable(traced, layers)
    if skipped:
        many = len({made.weight for made in layers})
        warnings.warn(f"REPAIR leaves {len(skipped)} of {many} layers as they are, without a bias of their own or with a weight that is "
                      f"used more than once: {', '.join(skipped[:4])}{', …' if len(skipped) > 4 else ''}", stacklevel=2)
    elif not whole:
        warnings.warn("REPAIR changes nothing: no hidden layer of this network is a product of data with a weight of its own", stacklevel=2)
    ends = [_statistics(objective, traced, whole, end) for end in (one, other)]
    goals = {m.call: tuple((1 - alpha) * x + alpha * y for x, y in zip(ends[0][m.call], ends[1][m.call], strict=True)) for m in whole}
    return _fused(between, whole, _statistics(objective, traced, whole, between, goals), goals)


def variance_ratio(
    objective: Objective | Mapping[str, Objective], a: Mapping[str, Tensor], b: Mapping[str, Tensor], alpha: float = 0.5, *,
    point: Mapping[str, Tensor] | None = None,
) -> dict[str, float]:
    """How much the pre-activations of every hidden layer vary between a and b, relative to the goal: Σ Var / Σ ((1 − α)σ_a + ασ_b)².

    Args:
        point: the point between (default: (1 − α) a + α b); a repaired one, for one.

    Returns:
        Name of a layer's weight -> its ratio over all units, in the order of the pass; 1: they vary as at the ends.

    Raises:
        InputError: as :func:`repair`.
    """
    objective, one, other, between = _three(objective, a, b, alpha, point)
    traced = trace(objective)
    layers = _hidden(traced)
    first, last, middle = ([std for _, std in _statistics(objective, traced, layers, p).values()] for p in (one, other, between))
    return {m.weight: float(v.square().sum() / ((1 - alpha) * x + alpha * y).square().sum())
            for m, x, y, v in zip(layers, first, last, middle, strict=True)}


def _three(objective: Any, a: Any, b: Any, alpha: float, point: Any) -> tuple[Objective, Params, Params, Params]:
    """The objective, the ends, and what lies between."""
    if isinstance(alpha, bool) or not isinstance(alpha, int | float) or not 0 <= alpha <= 1:
        raise InputError(f"alpha is {alpha!r}; expected a number from 0 to 1: 0 is a, 1 is b")
    objective = trained_on(objective)
    one, other = objective.conform(a, what="point a"), objective.conform(b, what="point b")
    if complex_ones := [name for name, p in objective.params.items() if p.is_complex()]:
        raise InputError(f"the weight {complex_ones[0]!r} is complex; expected real ones: variance is matched unit by unit of real values")
    return objective, one, other, lincomb([1 - alpha, alpha], [one, other]) if point is None else objective.conform(point)


def _hidden(traced: Trace) -> list[Made]:
    """The layers that do not make what comes out of the network."""
    atoms = traced.atoms
    out = {leaf for dims in traced.outputs for dim in dims for leaf in atoms.leaves(dim)}
    return [m for m in traced.made if not set(atoms.leaves(traced.params[m.weight][0])) & out]


def _repairable(traced: Trace, layers: list[Made]) -> tuple[list[Made], list[str]]:
    whole = [m for m in layers if m.bias is not None and traced.used.get(m.weight) == traced.used.get(m.bias) == 1]
    return whole, list(dict.fromkeys(m.weight for m in layers if m not in whole))


Moments = dict[int, tuple[Tensor, Tensor]]  # operation -> mean and standard deviation of every unit, float64


def _statistics(objective: Objective, traced: Trace, layers: list[Made], point: Params, goals: Mapping[int, Any] | None = None) -> Moments:
    """Mean and standard deviation of every unit's pre-activation over the data.

    With ``goals`` every layer's result is brought to them batch by batch on the way, and what is told is the mean of the batches' means and
    variances, each weighted by its size: what BatchNorm in train mode keeps.
    """
    plain = plainly(objective)
    tensors = plain.prepare(point).tensors
    sums: dict[int, list[Tensor]] = {}

    def look(made: Made) -> Callable[[Tensor], Tensor]:
        def see(out: Tensor) -> Tensor:
            rows = out.detach().movedim(made.axis, 0).reshape(out.shape[made.axis], -1).double()
            count, mean = rows.shape[1], rows.mean(1)
            around = mean if goals is not None else torch.zeros_like(mean)
            parts = [torch.tensor(float(count)), count * mean, (rows - around[:, None]).square().sum(1)]
            sums[made.call] = [x + y for x, y in zip(sums[made.call], parts, strict=True)] if made.call in sums else parts
            if goals is None:
                return out
            to_mean, to_std = goals[made.call]
            scale = _ratio(to_std, (rows - mean[:, None]).square().mean(1).sqrt())
            shape = [-1 if axis == made.axis else 1 for axis in range(out.ndim)]
            return (out * scale.to(out.dtype).reshape(shape) + (to_mean - mean * scale).to(out.dtype).reshape(shape)).to(out.dtype)

        return see

    makes = {made.call: look(made) for made in layers}
    for batch in plain.data:
        tapped(plain, tensors, batch.value, Tap(traced.calls, {}, makes))
    found = {}
    for call, (count, total, squares) in sums.items():
        mean = total / count
        found[call] = (mean, (squares / count - (0 if goals is not None else mean.square())).clamp(min=0).sqrt())
    return {made.call: found[made.call] for made in layers}


def _ratio(goal: Tensor, own: Tensor) -> Tensor:
    """goal / own; 1 for a unit that does not vary."""
    still = own <= torch.finfo(torch.float32).eps * goal
    return torch.where(still, 1.0, goal / torch.where(still, 1.0, own))


def _fused(point: Params, layers: list[Made], seen: Moments, goals: Mapping[int, Any]) -> Params:
    out = dict(point)
    for made in layers:
        (mean, std), (to_mean, to_std) = seen[made.call], goals[made.call]
        scale = _ratio(to_std, std)
        weight, bias = point[made.weight], point[made.bias or ""]
        along = scale.reshape(-1, *[1] * (weight.ndim - 1))
        out[made.weight] = (weight.double() * along.to(weight.device)).to(weight.dtype)
        out[made.bias or ""] = ((bias.double() - mean) * scale + to_mean).to(bias.dtype)
    return out
