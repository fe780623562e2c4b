"""The scale that a ReLU network does not know: a unit times c, whatever reads it divided by c (METHODS 2.8; Dinh et al. 2017).

Where only positively homogeneous operations (ReLU, pooling, sums) stand between what makes a unit and what reads it, any c > 0 leaves
the function as it is. ``balance`` takes the c for which both sides have the same norm, which makes ‖θ‖ least (Neyshabur et al. 2015, the
minimum that gradient flow conserves); ``rescale_to`` those for which a point lies closest to another one. Both go around the layers until
nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from ..errors import LossAtlasError
from ..objective import Objective
from ..pairs import trained_on
from ..params import Params, is_running_statistic
from .finding import output_difference, symmetries, tolerance
from .groups import Symmetries

#: Rounds over the groups, and the change of log c at which they end.
_MOST, _STILL = 500, 1e-10
#: What makes a unit and what reads it, as two matrices with a row a unit.
Sides = tuple[Tensor, Tensor]


def balance(objective: Objective | Mapping[str, Objective], point: Mapping[str, Tensor] | None = None, *, seed: int = 0) -> Params:
    """The point with every unit scaled so that what makes it and what reads it have the same norm; its function is unchanged.

    Args:
        point: default: where the network stood.
        seed: of the check of groups.

    Raises:
        LossAtlasError: no unit of the network may be scaled; or the function changed.
    """
    objective = trained_on(objective)
    origin = objective.conform(objective.point() if point is None else point)

    def factors(mine: Sides, _: Sides) -> Tensor:
        made, read = (side.square().sum(1) for side in mine)
        return torch.where((made > 0) & (read > 0), (read / made) ** 0.25, 1.0)

    return _checked(objective, origin, _scaled(_found(objective, seed), origin, origin, factors))


def rescale_to(
    objective: Objective | Mapping[str, Objective], a: Mapping[str, Tensor], b: Mapping[str, Tensor], *, seed: int = 0,
) -> Params:
    """b with every unit scaled so that it lies closest to a; its function is unchanged.

    Args:
        seed: of the check of groups.

    Raises:
        LossAtlasError: no unit of the network may be scaled; or the function changed.
    """
    objective = trained_on(objective)
    one, other = objective.conform(a, what="point a"), objective.conform(b, what="point b")
    return rescaled(objective, _found(objective, seed), one, other)


def rescaled(objective: Objective, found: Symmetries, a: Params, b: Params) -> Params:
    """As :func:`rescale_to`, with symmetries that are known."""
    return _checked(objective, b, _scaled(found, a, b, _closest))


def _found(objective: Objective, seed: int) -> Symmetries:
    found = symmetries(objective, seed=seed)
    if not any(group.scales for group in found.groups):
        raise LossAtlasError("no unit of this network may be scaled: what stands between its layers is not ReLU, pooling or a sum alone "
                             "(behind a norm the scale is lost anyway)")
    return found


def _checked(objective: Objective, before: Params, after: Params) -> Params:
    apart = output_difference(objective, before, after)
    if not apart <= tolerance(objective):
        raise LossAtlasError(f"rescaling changed the outputs by {apart:.1e} of the largest, {tolerance(objective):.0e} is allowed")
    return after


def _scaled(found: Symmetries, a: Params, b: Params, factors: Callable[[Sides, Sides], Tensor]) -> Params:
    """b with the units of every group that scales multiplied by factors of its two sides, around and around."""
    numbers = [n for n, group in enumerate(found.groups) if group.scales]
    names = {name for n in numbers for name in found.groups[n].tensors if not is_running_statistic(name)}
    one, now = ({name: point[name].detach().to("cpu", torch.float64) for name in names} for point in (a, b))
    for _ in range(_MOST):
        change = 0.0
        for n in numbers:
            c = factors(_sides(found, now, n), _sides(found, one, n))
            change = max(change, float(c.log().abs().max()))
            for name, axis, role, units in _places(found, n):
                power = c if role == "out" else 1 / c
                along = torch.where(units >= 0, power[units.clamp(min=0)], 1.0)
                now[name] = now[name] * along.reshape([-1 if k == axis else 1 for k in range(now[name].ndim)])
        if change < _STILL:
            break
    return {name: now[name].to(tensor.device, tensor.dtype) if name in now else tensor for name, tensor in b.items()}


def _places(found: Symmetries, number: int) -> list[tuple[str, int, str, Tensor]]:
    """Every axis that counts a group's units: tensor, axis, its role, and the unit at each index, -1 for none."""
    places = []
    for name in found.groups[number].tensors:
        for axis, runs in enumerate(found.axes[name]):
            units = []
            for run in runs:
                stride, own = run.size, torch.full((run.size,), -1)
                for factor in run.factors:
                    stride //= factor.size
                    if factor.group == number:
                        own = torch.arange(run.size) // stride % factor.size + factor.offset
                units.append(own)
            whole = torch.cat(units) if units else torch.empty(0, dtype=torch.int64)
            if bool((whole >= 0).any()):
                places.append((name, axis, next(iter(found.trace.roles[name, axis])), whole))
    return places


def _sides(found: Symmetries, point: Params, number: int) -> Sides:
    sides: dict[str, list[Tensor]] = {"out": [], "in": []}
    for name, axis, role, units in _places(found, number):
        rows = point[name].movedim(axis, 0).reshape(len(units), -1)
        order = units.argsort(stable=True)
        order = order[units[order] >= 0]
        sides[role].append(rows[order].reshape(found.groups[number].size, -1))
    return torch.cat(sides["out"], 1), torch.cat(sides["in"], 1)


def _closest(mine: Sides, theirs: Sides) -> Tensor:
    """The c > 0 for which ‖c·made − made_a‖² + ‖read/c − read_a‖² is least: a root of p c⁴ − q c³ + s c − r."""
    (p, r), (q, s) = ([part.square().sum(1) for part in mine], [(part * other).sum(1) for part, other in zip(mine, theirs, strict=True)])
    live = (p > 0) & (r > 0)
    p, r = torch.where(live, p, 1.0), torch.where(live, r, 1.0)
    companion = torch.zeros(len(p), 4, 4, dtype=torch.float64)
    companion[:, 1:, :3] = torch.eye(3, dtype=torch.float64)
    companion[:, :, 3] = torch.stack([r / p, -s / p, torch.zeros_like(p), q / p], 1)
    found = torch.linalg.eigvals(companion)
    real = torch.where((found.imag.abs() <= 1e-9 * found.abs()) & (found.real > 0), found.real, torch.nan)
    candidates = torch.cat([real, torch.ones(len(p), 1, dtype=torch.float64)], 1)
    column = [part[:, None] for part in (p, q, r, s)]
    height = candidates**2 * column[0] - 2 * candidates * column[1] + column[2] / candidates**2 - 2 * column[3] / candidates
    best = torch.where(torch.isnan(height), torch.inf, height).argmin(1)
    return torch.where(live, candidates[torch.arange(len(p)), best], 1.0)
