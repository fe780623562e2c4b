"""A plan says how a probe is evaluated at a point; it never changes what is computed.

``plain`` is the definition: every batch through the network as the objective has them. Any other plan calls the network by another
:class:`~lossatlas.execution.forward.Forward` (folded, fused, channels last, bfloat16), cuts the data into other micro-batches, or
evaluates several points at once. Losses, metrics and sums stay shared with the plain way, so that a plan can only go wrong where it is
checked: in the losses of examples. A plan is plain data; it is stored with the group that was made by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, fields, replace
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ..data import Batches
from ..errors import InputError, LossAtlasError, first_line
from ..names import choose, suggest
from ..params import Params
from ..seeds import fixed_rng
from .memory import keeps_batches, refused

if TYPE_CHECKING:
    from ..objective import Objective, Prepared
    from .forward import Forward

#: The words of a plan that are chosen among, and the numbers that count.
_CHOICES: dict[str, tuple[str, ...]] = {
    "name": ("plain", "auto", "bf16"), "forward": ("plain", "module", "graph", "dense"), "memory_format": ("contiguous", "channels_last"),
    "dtype": ("own", "bfloat16"),
}


@dataclass(frozen=True)
class Plan:
    """How points are evaluated.

    Attributes:
        name: who chose it: ``plain``, or ``auto`` or ``bf16`` with all the rest below.
        device: the kind of device that it was chosen on.
        forward: ``plain``; ``module``: as the module says, in another memory format or precision; ``graph``: traced, folded and
            fused; ``dense``: several points of a network of dense layers in one matrix product.
        fold: BatchNorm is folded into the convolution before it.
        fuse: convolution, addition and ReLU are one call.
        memory_format: of images and of the weights of convolutions.
        micro_batch: examples at a time; None: as the objective has them.
        points: points at a time.
        dtype: ``own``, or ``bfloat16`` inside the network; losses are in the network's own all the same.
        inference_mode: without the bookkeeping for derivatives.
        compile: by ``torch.compile``.
        cuda_graph: the kernels of a batch are recorded once and replayed.
    """

    name: str = "plain"
    device: str = "cpu"
    forward: str = "plain"
    fold: bool = False
    fuse: bool = False
    memory_format: str = "contiguous"
    micro_batch: int | None = None
    points: int = 1
    dtype: str = "own"
    inference_mode: bool = False
    compile: bool = False
    cuda_graph: bool = False

    def described(self) -> dict[str, Any]:
        """The plan as plain data; of the plain one only its name and device."""
        return {"name": "plain", "device": self.device} if self.name == "plain" else asdict(self)

    @property
    def changes(self) -> bool:
        """Whether anything is done otherwise than plainly."""
        return replace(self, name="plain", device="cpu") != Plan()

    @classmethod
    def of(cls, given: Any) -> Plan:
        """The plan that :meth:`described` wrote.

        Raises:
            InputError: not a plan: an unknown key or value.
        """
        if not isinstance(given, Mapping):
            raise InputError(f"plan is {given!r}; expected auto, plain, bf16, or the plan of a result: ds.attrs['plan']")
        known = {f.name: f.default for f in fields(cls)}
        for key, value in given.items():
            if key not in known:
                raise InputError(f"plan has an entry {key!r}; expected those of ds.attrs['plan']{suggest(key, known)}")
            if key in _CHOICES:
                choose(value, _CHOICES[key], f"plan[{key!r}]")
            elif isinstance(known[key], bool) and not isinstance(value, bool):
                raise InputError(f"plan[{key!r}] is {value!r}; expected True or False")
            elif key in ("micro_batch", "points") and not _counts(value, none=key == "micro_batch"):
                raise InputError(f"plan[{key!r}] is {value!r}; expected a whole number of at least 1")
        plan = cls(**given)
        if plan.name == "plain" and plan.changes:
            raise InputError("plan is named 'plain' and is not; expected the name 'auto' beside other entries")
        return plan


def _counts(value: Any, *, none: bool) -> bool:
    return (none and value is None) or (isinstance(value, int) and not isinstance(value, bool) and value >= 1)


@dataclass(frozen=True, eq=False)
class Part:
    """An additive probe of one objective, and the view of this objective by which a plan evaluates it."""

    split: str | None
    probe: Any
    view: Objective

    def sums(self, point: Params | Prepared) -> Any:
        """Sums over all data at one point."""
        return summed(self.probe, self.view, point)


class Planned:
    """An additive probe, evaluated by a plan.

    Args:
        moved: names of the tensors that differ between the points; what only the others decide may be computed once.
        few: only the first part, on these data: for trials.

    Raises:
        InputError: a plan that cannot run here, with the reason.
    """

    def __init__(self, probe: Any, plan: Plan, *, moved: frozenset[str] | None = None, few: Batches | None = None) -> None:
        self.probe, self.plan, self.moved = probe, plan, moved
        own = parts_of(probe)
        if own is None:
            raise InputError(f"the probe {type(probe).__name__} is not additive (it has no stats), so that only the plan 'plain' goes "
                             "with it")
        self._forwards: dict[int, Forward | None] = {}
        self.parts = tuple(Part(split, part, self._view(part.objective)) for split, part in own) if few is None else (
            Part(None, own[0][1], self._view(replace(own[0][1].objective, data=few))),)

    def __call__(self, point: Params) -> dict[str, Tensor]:
        """All quantities at one point."""
        return self.joined([part.probe.finish(part.sums(point)) for part in self.parts])

    def joined(self, each: list[dict[str, Tensor]], *, dim: int = 0) -> dict[str, Tensor]:
        """The quantities of all parts, stacked over splits where there are such."""
        if self.parts[0].split is None:
            return each[0]
        return {name: torch.stack([one[name] for one in each], dim) for name in each[0]}

    @property
    def mode(self) -> Callable[[], AbstractContextManager[Any]]:
        """Inside, points are made and evaluated."""
        return torch.inference_mode if self.plan.inference_mode else torch.no_grad

    @property
    def cached_bytes(self) -> int:
        """Memory of what is kept from point to point."""
        return sum(int(getattr(forward, "cached_bytes", 0)) for forward in self._forwards.values())

    @property
    def largest_batch(self) -> int:
        """Examples that are evaluated at a time, at most."""
        return max(max(part.view.data.sizes) for part in self.parts)

    def smaller(self) -> Planned:
        """The same with half the examples at a time, after memory ran out.

        Raises:
            LossAtlasError: the batch size is part of the definition, or cannot be made smaller.
        """
        size = self.largest_batch
        for part in self.parts:
            if keeps_batches(part.view) or not part.view.data.stackable or size == 1:
                raise refused(part.view, size)
        return Planned(self.probe, replace(self.plan, micro_batch=max(size // 2, 1)), moved=self.moved)

    def _view(self, objective: Objective) -> Objective:
        data = rebatched(objective, self.plan.micro_batch)
        if self.plan.forward in ("plain", "dense"):
            return replace(objective, data=data, forward=None)
        key = id(objective.module)
        if key not in self._forwards:
            self._forwards[key] = _forward(objective, data, self.plan, self.moved)
        return replace(objective, data=data, forward=self._forwards[key])


def summed(probe: Any, objective: Objective, point: Params | Prepared) -> Any:
    """Sums of an additive probe over all data of an objective at one point; what the network draws at random is always the same."""
    with fixed_rng(0, "forward"):
        prepared = objective.prepare(point)
        return reduce(add, (probe.stats(prepared, batch) for batch in objective.data))


def parts_of(probe: Any) -> list[tuple[str | None, Any]] | None:
    """The additive probes of one objective that a probe consists of, by split; None: it is not additive."""
    parts = list(probe.parts()) if hasattr(probe, "parts") else [(None, probe)]
    additive = all(callable(getattr(part, name, None)) for _, part in parts for name in ("stats", "finish"))
    return parts if parts and additive and all(hasattr(getattr(part, "objective", None), "prepare") for _, part in parts) else None


def rebatched(objective: Objective, size: int | None) -> Batches:
    """The data of an objective, ``size`` examples at a time where nothing forbids that."""
    data = objective.data
    if size is None or keeps_batches(objective) or not data.stackable or data.batch_size == size:
        return data
    return data.rebatch(size)


def _forward(objective: Objective, data: Batches, plan: Plan, moved: frozenset[str] | None) -> Forward:
    """The forward pass of a plan.

    Raises:
        InputError: it cannot run here.
    """
    from .forward import NotApplicable, module_forward
    from .graph import graph_forward

    dtype = torch.bfloat16 if plan.dtype == "bfloat16" else None
    last = plan.memory_format == "channels_last"
    try:
        if plan.forward == "graph":
            still = None if objective.bn == "recompute" else moved
            forward = graph_forward(objective.module, next(iter(data)).value, fold=plan.fold, fuse=plan.fuse, channels_last=last,
                                    dtype=dtype, moved=still)
        else:
            forward = module_forward(objective.module, objective.slots, channels_last=last, dtype=dtype)
        if plan.compile:
            from .compiled import Compiled

            forward = Compiled(objective.module, forward)
        if plan.cuda_graph:
            from .cuda import Captured

            if plan.forward != "module":  # a traced network keeps what it made of a batch, and a recorded one reads all from one place
                raise InputError("cuda_graph goes with forward 'module'")
            forward = Captured(forward, data.sizes[0])
    except (NotApplicable, LossAtlasError, RuntimeError) as error:
        raise InputError(f"the plan does not run here ({first_line(error)})") from error
    return forward


def batches_of(data: Batches, examples: int) -> Batches:
    """The first batches, at least so many examples where there are as many."""
    kept: list[Any] = []
    for batch in _until(data, examples):
        kept.append(batch.value)
    return Batches(kept)


def _until(data: Batches, examples: int) -> Iterator[Any]:
    for batch in data:
        if batch.start >= examples:
            return
        yield batch
