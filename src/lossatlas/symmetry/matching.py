"""Two networks that were trained apart, one with its neurons renamed so that it lies as close to the other as it can (METHODS H4, 2.8).

Permuting the hidden units of b changes nothing about what it computes and everything about the straight line from a to it. If most of a
barrier is only that neuron 3 here is neuron 17 there, it falls; "Git Re-Basin" (Ainsworth et al. 2023) says that it does for wide networks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..errors import InputError, LossAtlasError
from ..names import MatchMethod, choose
from ..objective import Objective
from ..pairs import trained_on
from ..params import Params, difference, lincomb, norm, without_running_statistics
from .activations import match_activations
from .finding import output_difference, symmetries, tolerance
from .groups import Group, Permutations, Symmetries
from .rescaling import rescaled
from .tracing import plainly
from .weights import match_weights


@dataclass(frozen=True)
class Gain:
    """What matching changed.

    Attributes:
        distance_before, distance_after: ‖a − b‖ over the parameters.
        loss_a, loss_b: at the ends. middle_before, middle_after: of the point half way, with BatchNorm statistics estimated anew there.
    """

    distance_before: float
    distance_after: float
    loss_a: float
    loss_b: float
    middle_before: float
    middle_after: float

    @property
    def bump_before(self) -> float:
        """How far the middle lay above the mean of the ends."""
        return self.middle_before - (self.loss_a + self.loss_b) / 2

    @property
    def bump_after(self) -> float:
        """How far it lies above it now."""
        return self.middle_after - (self.loss_a + self.loss_b) / 2


@dataclass(frozen=True, repr=False)
class Match:
    """b with its units renamed after those of a.

    Attributes:
        point: the same function as b, running statistics permuted along.
        moved: names of the tensors that the groups move. unmoved: the others, with the reason.
        max_output_difference: between b and ``point`` on data (256 examples), relative to the largest output.
        permutations: group number -> which unit of b comes to each place; ``symmetries.permute(b, permutations)`` is ``point``.
        groups: the groups of units. symmetries: all that is known of them.
        gain: distance and loss in the middle, before and after.
        method: how units were compared. converged: of weights, whether the descent ended by itself.
        starts: of weights, name of every start -> the distance at which its descent ended.
    """

    point: Params
    moved: tuple[str, ...]
    unmoved: Mapping[str, str]
    max_output_difference: float
    permutations: Permutations
    groups: tuple[Group, ...]
    symmetries: Symmetries
    gain: Gain
    method: str
    converged: bool
    starts: Mapping[str, float]

    def __repr__(self) -> str:
        g = self.gain
        lines = [f"matched by {self.method}: {len(self.groups)} groups of units (10^{self.symmetries.log10_count:.1f} permutations), "
                 f"{len(self.moved)} tensors moved, {len(self.unmoved)} not; outputs differ by "
                 f"{self.max_output_difference:.1e} of the largest",
                 f"distance {g.distance_before:.4g} -> {g.distance_after:.4g}; loss half way {g.middle_before:.4g} -> {g.middle_after:.4g} "
                 f"(ends {g.loss_a:.4g}, {g.loss_b:.4g})"]
        lines += [f"not moved {name}: {why}" for name, why in self.unmoved.items()]
        lines += [f"dropped {name}: {why}" for name, why in self.symmetries.dropped.items()]
        return "\n".join([*lines, *([] if self.converged else ["not converged: the descent was stopped"])])


def match(
    objective: Objective | Mapping[str, Objective], a: Mapping[str, Tensor], b: Mapping[str, Tensor], method: MatchMethod = "weights", *,
    seed: int = 0, data: Any = None, restarts: int = 2, rescale: bool = False,
) -> Match:
    """Rename the hidden units of b so that it lies as close to a as possible, its function unchanged.

    Args:
        objective: whose network a and b are points of (of a ``{"train": …, "test": …}`` pair the one on training data); its data verify
            that nothing changed, and measure the gain in four passes.
        method: ``weights``: least distance between the weights, from several starts; ``activations``: largest correlation of what
            units put out on data.
        seed: of the orders of descent, and of the check of the groups.
        data: for activations (default: the objective's own), as for an Objective; a few hundred examples do.
        restarts: further starts in random order, of ``weights``.
        rescale: afterwards bring units that may be rescaled to the scale of a (:func:`rescale_to`).

    Raises:
        InputError: points of another network (with the difference), an unknown method.
        LossAtlasError: the function changed, though every group alone had passed its check.
    """
    objective = trained_on(objective)
    choose(method, MatchMethod, "method")
    if isinstance(restarts, bool) or not isinstance(restarts, int) or restarts < 0:
        raise InputError(f"restarts is {restarts!r}; expected a whole number of at least 0")
    one, other = objective.conform(a, what="point a"), objective.conform(b, what="point b")
    found, left = symmetries(objective, seed=seed), set[int]()
    if method == "weights":
        ends = match_weights(found, one, other, seed=seed, restarts=restarts)
        permutations, converged = ends[0].permutations, ends[0].converged
        starts = {end.start: _distance(one, found.permute(other, end.permutations)) for end in ends}
    else:
        where = objective.data if data is None else objective.with_data(data, batch_size=objective.data.sizes[0]).data
        (permutations, left), converged, starts = match_activations(objective, found, one, other, where), True, {}
    point = found.permute(other, permutations)
    if rescale:
        point = rescaled(objective, found, one, point)
    apart = verified(objective, other, point, "matching")
    still = [name for name in found.moved if all(k in left for k, group in enumerate(found.groups) if name in group.tensors)]
    unmoved = {**found.unmoved, **dict.fromkeys(still, "no layer reads its units, so that activations do not compare them")}
    return Match(point, tuple(name for name in found.moved if name not in still), unmoved, apart, permutations, found.groups, found,
                 gained(objective, one, other, point), method, converged, starts)


def verified(objective: Objective, before: Params, after: Params, what: str) -> float:
    """The largest relative difference of outputs, where it is small enough.

    Raises:
        LossAtlasError: it is not.
    """
    apart = output_difference(objective, before, after)
    if not apart <= tolerance(objective):
        raise LossAtlasError(f"{what} changed the outputs by {apart:.1e} of the largest, {tolerance(objective):.0e} is allowed; "
                             "in float64 (Objective.from_module(…, dtype=torch.float64)) rounding is less")
    return apart


def gained(objective: Objective, a: Params, b: Params, point: Params) -> Gain:
    """Distances, and losses at the ends and half way, under one BatchNorm policy that fits any point."""
    loss = middle_objective(objective)

    def at(some: Params) -> float:
        with torch.no_grad():
            return float(loss.value(some))

    before, after = (lincomb([0.5, 0.5], [a, other]) for other in (b, point))
    return Gain(_distance(a, b), _distance(a, point), at(a), at(b), at(before), at(after))


def _distance(a: Params, b: Params) -> float:
    return norm(difference(*map(without_running_statistics, (a, b))))


def middle_objective(objective: Objective) -> Objective:
    """The objective as it is measured between two networks: not in training, with statistics of its own at every point."""
    plain = plainly(objective) if objective.in_training else objective
    return plain.with_bn("recompute") if plain.has_batchnorm and plain.bn == "eval" else plain
