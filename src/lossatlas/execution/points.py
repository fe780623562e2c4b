"""Several points at once, for networks so small that calling them costs more than computing them.

The points of a group differ in the tensors that the family moves; these get a first dimension (points), and ``torch.func.vmap``
carries it through the network. Networks of dense layers are evaluated by :mod:`~lossatlas.execution.dense` instead, several times
faster still. Losses, metrics and sums are those of the objective, mapped over the points too, but for the common ones, which
:mod:`~lossatlas.execution.sums` has for all points at once. A group is always full, or of dense layers a multiple of their block (the
last point is repeated), so that a value does not depend on how many points happen to be left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ..data import Batch
from ..errors import InputError
from ..family import Slice
from ..family.points import Points
from ..objective import Prepared
from ..params import Params, is_running_statistic, widened
from ..seeds import fixed_rng
from .dense import BLOCK, Dense
from .plan import Part, Planned
from .sums import QuickSums, in_blocks
from .threads import Crew

if TYPE_CHECKING:
    from ..family import Family


@dataclass(frozen=True, eq=False)
class Group:
    """Points of a family: what they share, and what differs, with the points along a first dimension.

    Of a slice also ``weights`` (points, bases) and ``bases``, by name (bases, …): ``moving = weights @ bases``. The first base is the
    origin, of weight 1; ``through``: one of several given points, whose weights sum to 1.
    """

    still: Params
    moving: Params
    weights: Tensor | None = None
    bases: Params | None = None
    through: bool = False

    def __len__(self) -> int:
        return len(next(iter(self.moving.values()))) if self.weights is None else len(self.weights)

    def part(self, points: slice) -> Group:
        """Some of the points."""
        weights = None if self.weights is None else self.weights[points]
        return replace(self, moving={name: tensor[points] for name, tensor in self.moving.items()}, weights=weights)


class Several:
    """Evaluates an additive probe at groups of ``plan.points`` points."""

    def __init__(self, planned: Planned) -> None:
        self.planned, self.size = planned, planned.plan.points
        self._slice: tuple[Any, Params] | None = None  # the last slice and its bases
        self._crew, dense = Crew(), planned.plan.forward == "dense"
        self._quick = [QuickSums(part, self._crew) for part in planned.parts]
        self._dense = [Dense(part.view.module, self._crew) if dense else None for part in planned.parts]
        threaded = dense and planned.parts[0].view.device.type == "cpu"
        self._working: Callable[[], AbstractContextManager[Any]] = self._crew.hired if threaded else nullcontext

    def __call__(self, family: Family, us: Tensor) -> dict[str, Tensor]:
        """All quantities at points ``us`` (m, k), m at most the size of a group: name -> (m, …)."""
        with self._working():
            group, each = self._full(family, us), []
            for number, part in enumerate(self.planned.parts):
                with fixed_rng(0, "forward"):
                    total: dict[str, Tensor] | None = None
                    for sums in self._mapped(number, group, _stats):
                        total = sums if total is None else {name: value + sums[name] for name, value in total.items()}
                    each.append(torch.func.vmap(part.probe.finish)(total))
            return {name: value[: len(us)] for name, value in self.planned.joined(each, dim=1).items()}

    def losses(self, family: Family, us: Tensor) -> Tensor:
        """Losses of all examples of the first part at points ``us`` (m, k), shape (m, n)."""
        with self._working(), fixed_rng(0, "forward"):
            found = [losses.clone() for losses in self._mapped(0, self._full(family, us), _losses)]  # a loss may answer a view
        return torch.cat(found, 1)[: len(us)].cpu()

    @property
    def nbytes(self) -> int:
        """Memory of the points of a group, and of what is kept from group to group."""
        part = self.planned.parts[0].view
        weights = sum(p.numel() * p.element_size() for p in part.params.values())
        kept = sum(one.cached_bytes for one in (*self._dense, *self._quick) if one is not None)
        return self.size * weights + kept + self._crew.nbytes

    def _full(self, family: Family, us: Tensor) -> Group:
        size = self.size if self._dense[0] is None else min(-(-len(us) // BLOCK) * BLOCK, max(self.size, BLOCK))
        return self.group(family, torch.cat([us, us[-1:].expand(size - len(us), -1)]))

    def group(self, family: Family, us: Tensor) -> Group:
        """The points ``us`` (K, k) of a family; of a slice without the weights that :class:`Dense` does not read."""
        if isinstance(family, Points):
            family, us = family.family, us.new_tensor(family.places[us[:, 0].long().cpu().numpy()])
        if not isinstance(family, Slice) and hasattr(family, "__getitem__") and bool((us[:, 0] == us[0, 0]).all()):
            family, us = family[int(us[0, 0])], us[:, 1:]  # copies of a slice
        if not isinstance(family, Slice):
            points = [family(u) for u in us]
            still = {n: t for n, t in points[0].items() if all(point[n] is t for point in points)}
            return Group(still, {n: torch.stack([point[n] for point in points]) for n in points[0] if n not in still})
        bases = self._bases(family)
        if family.through:
            others = family._weights(us.T).T
            weights = torch.cat([1 - others.sum(1, keepdim=True), others], 1)
        else:
            weights = torch.cat([torch.ones_like(us[:, :1]), us], 1)
        unread = self._unread() & bases.keys()
        moving = {n: (weights.to(b.device, b.dtype) @ b.flatten(1)).unflatten(1, b.shape[1:]) if b.ndim > 1 else weights.to(b.dtype) @ b
                  for n, b in bases.items() if n not in unread}
        return Group({n: t for n, t in family.origin.items() if n not in bases}, moving, weights, bases, family.through)

    def _bases(self, family: Slice) -> Params:
        """Origin and axes of a slice, by name (bases, …)."""
        if self._slice is None or self._slice[0] is not family:
            names = dict.fromkeys(name for axis in family.axes for name in axis)
            self._slice = family, {n: torch.stack([widened(family.origin[n]), *(
                widened(axis[n]) if n in axis else torch.zeros_like(widened(family.origin[n])) for axis in family.axes)]) for n in names}
        return self._slice[1]

    def _unread(self) -> set[str]:
        """Parameters that are not needed at every point: of first layers whose products are kept, where no penalty asks for them."""
        if any(dense is None or dense.first is None or part.view.penalty is not None
               for part, dense in zip(self.planned.parts, self._dense, strict=True)):
            return set()
        return {f"{dense.first}.{short}" for dense in self._dense if dense is not None for short in ("weight", "bias")}

    def _mapped(self, number: int, group: Group, answer: Answer) -> Iterator[Any]:
        """What ``answer`` says of every batch of a part at every point of a group, with the points first."""
        part, dense, quick = self.planned.parts[number], self._dense[number], self._quick[number]
        view = part.view
        if (view.bn == "recompute" and view.has_batchnorm) or any(map(is_running_statistic, group.moving)):
            raise InputError("running statistics differ from point to point, which several points at once cannot have")
        here = _Here(part, dense, quick, group)
        for batch in view.data:
            try:
                found = here(batch, answer)
            except _Wanted:  # by a probe that asks for more than the sums
                quick.alone = False
                found = here(batch, answer)
            yield found


class _Here:
    """A part at the points of a group."""

    def __init__(self, part: Part, dense: Dense | None, quick: QuickSums, group: Group) -> None:
        self._part, self._dense, self._quick = part, dense, quick
        view = self._view = replace(part.view, penalty=None)
        self._negative = view.negative_variance(group.still) if view.bn in ("eval", "interpolate") else None
        self._shared: dict[str, Tensor] = {}
        if part.view.penalty is not None:
            self._shared["penalty"] = torch.func.vmap(lambda t: part.view._penalty({**group.still, **t}))(group.moving)
        own = {n: t.to(view.device, view.params[n].dtype if n in view.params else t.dtype) for n, t in group.moving.items()}
        self._group = replace(group, moving=own)
        self._still = view.prepare({**view.params, **group.still}).tensors

    def __call__(self, batch: Batch, answer: Answer) -> Any:
        """What ``answer`` says of a batch."""
        outputs, found, group = None, None, self._group
        quick = self._quick if self._quick.applies and self._negative is None else None
        if self._dense is not None and quick is not None and quick.alone:
            found = quick(self._dense.outputs(group, batch.value, self._still), len(group), batch)
        if found is None:
            outputs = self._outputs(batch) if self._dense is None else self._dense(group, batch.value, self._still)
            if quick is not None and isinstance(outputs, Tensor) and outputs.ndim == 3:
                found = quick(in_blocks(outputs), len(group), batch)
        if found is not None and answer is _losses:
            return found.losses
        return torch.func.vmap(partial(self._at, batch, answer))(
            [] if outputs is None else [outputs], {} if found is None else vars(found), self._shared)

    def _outputs(self, batch: Batch) -> Any:
        view, still, value = self._view, self._group.still, self._view._own(batch.value)
        return torch.func.vmap(lambda t: view._call(view.prepare({**still, **t}).tensors, value))(self._group.moving)

    def _at(self, batch: Batch, answer: Answer, outputs: list[Any], known: Mapping[str, Any], shared: Mapping[str, Tensor]) -> Any:
        part = self._part
        if known:
            part = replace(part, probe=replace(part.probe, objective=self._quick.objective(**known)))
        return answer(part, batch, Prepared({}, shared.get("penalty"), self._negative, _Known(outputs[0] if outputs else None)))


Answer = Callable[[Part, Batch, Prepared], Any]


@dataclass(frozen=True, eq=False)
class _Known:
    """A forward pass whose outputs are known; None: they were not kept."""

    outputs: Any
    note = "outputs that are known"
    cached_bytes = 0

    def ready(self, tensors: Params) -> Params:
        return tensors

    def __call__(self, ready: Any, value: Any) -> Any:
        if self.outputs is None:
            raise _Wanted
        return self.outputs


class _Wanted(Exception):
    """Outputs are asked for that were not kept."""


def _stats(part: Part, batch: Batch, prepared: Prepared) -> dict[str, Tensor]:
    return dict(part.probe.stats(prepared, batch))


def _losses(part: Part, batch: Batch, prepared: Prepared) -> Tensor:
    return part.probe.objective._losses(prepared, batch)[1]
