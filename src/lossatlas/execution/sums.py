"""Cross-entropy, accuracy and their sums at several points at once, from logits with the examples last.

What :meth:`~lossatlas.objective.Objective.stats` sums for one point is summed here for a group of them in a few calls that read memory
in order. Losses are those of ``log_softmax``, whose largest value tells also which answers are right: ``argmax`` along a short dim costs
ten times the loss, and is asked only where two classes may be equally likely (there no class has more than half).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..data import Batch, Raw, targets_of
from ..losses import IGNORE, Metric
from ..numerics.stats import GROUPS, Stats
from ..objective import Objective
from .dense import Outputs, blocks_of
from .rooms import Rooms
from .threads import Crew

if TYPE_CHECKING:
    from .plan import Part

#: The logarithm of a probability that two classes cannot have.
_CERTAIN = -0.69
#: Metrics that are known to be 1 where the answer is right, or 0 there.
_RIGHT, _WRONG = "lossatlas.metrics.accuracy", "lossatlas.metrics.error"


@dataclass(frozen=True)
class Found:
    """What is known of a batch at every point of a group, the points first: ``losses`` and ``right`` (points, examples), and sums."""

    losses: Tensor
    right: Tensor
    sums: dict[str, Tensor]


@dataclass(frozen=True, eq=False)
class Summed(Objective):
    """An objective whose sums over the batch at hand are known."""

    sums: Mapping[str, Tensor] = field(default_factory=dict)

    def stats(self, point: Any, batch: Batch | Raw, *, classes: int | None = None) -> Stats:
        """The known sums, with those of the penalty; of classes they are not known."""
        if classes or not self.sums:
            return super().stats(point, batch, classes=classes)
        total, prepared = Stats(self.sums), self.prepare(point)
        if prepared.penalty is not None:
            total |= {"penalty:wv": prepared.penalty.detach() * total["loss:w"], "penalty:w": total["loss:w"]}
        return total


class QuickSums:
    """Finds losses and sums of a part whose loss is the cross-entropy of one class an example.

    ``applies`` tells whether it is; ``alone``, whether the sums are all that is asked for, so that logits need not be kept.
    """

    def __init__(self, part: Part, crew: Crew) -> None:
        view, targets = part.view, part.view.data.targets()
        classes = isinstance(targets, Tensor) and targets.ndim == 1 and not targets.is_floating_point()
        self.applies = bool(view.loss_name == "cross_entropy" and classes and not (targets == IGNORE).any()
                            and hasattr(part.probe, "__dataclass_fields__"))
        self._kinds = {name: _kind(metric) for name, metric in view.metrics.items()}
        self.alone = self.applies and all(self._kinds.values())
        self._room = Rooms()
        self._crew = crew
        self._own = part.probe.objective if self.applies else None

    def __call__(self, logits: Outputs, points: int, batch: Batch) -> Found | None:
        """Of logits on a batch; None: they are in a precision that is not known here."""
        like, tiles, size = logits.like, logits.tiles, logits.size
        if like.dtype not in (torch.float32, torch.float64):
            return None
        losses = self._room("losses", points, tiles, size, like=like)
        right = self._room("right", points, tiles, size if any(self._kinds.values()) else 0, like=like, dtype=torch.bool)
        places = F.pad(targets_of(batch.value), (0, tiles * size - batch.size)).view(tiles, size) * size
        places += torch.arange(size, device=places.device)

        def evaluate(piece: tuple[int, int], rooms: Rooms) -> None:
            block, tile = piece
            at = logits.blocks[block], tile
            _evaluate(logits.make(block, tile, rooms), places[tile], losses[at], right[at], rooms)

        self._crew(evaluate, logits.pieces)
        losses, right = losses.flatten(1)[:, : batch.size], right.flatten(1)[:, : batch.size]
        known = all(self._kinds.values())
        return Found(losses, right, self._sums(losses, logits.blocks, right, batch) if known else {})

    def objective(self, losses: Tensor, right: Tensor, sums: Mapping[str, Tensor]) -> Summed:
        """The objective of the probe at one point, where this is found of the batch at hand."""
        assert self._own is not None
        metrics = {name: partial(_answer, right, self._kinds[name]) if self._kinds[name] else metric
                   for name, metric in self._own.metrics.items()}
        given = {f.name: getattr(self._own, f.name) for f in fields(Objective)}
        return Summed(**{**given, "loss": partial(_given, losses), "metrics": metrics, "forward": None}, sums=sums)

    @property
    def cached_bytes(self) -> int:
        """Memory of what is kept from group to group."""
        return self._room.nbytes

    def _sums(self, losses: Tensor, blocks: list[slice], right: Tensor, batch: Batch) -> dict[str, Tensor]:
        points, n, before, after = len(losses), batch.size, batch.start % GROUPS, -(batch.start + batch.size) % GROUPS
        groups, squares = (losses.new_empty(points, *shape, dtype=torch.float64) for shape in ((GROUPS,), ()))

        def add(block: slice, rooms: Rooms) -> None:
            wide = _wide(losses[block], before, after, rooms)
            torch.sum(wide.unflatten(1, (-1, GROUPS)), 1, out=groups[block])
            torch.sum(wide.square_(), 1, out=squares[block])

        self._crew(add, blocks)
        number = torch.arange(GROUPS, device=groups.device)
        members = (before + n + after) // GROUPS - (number < before).to(torch.float64) - (number >= GROUPS - after).to(torch.float64)
        count = squares.new_full((points,), n)
        out = _named("loss", count, groups.sum(1), squares)
        out |= {"loss:group_wv": groups, "loss:group_w": members.expand(points, -1)}
        hits = right.sum(1).to(torch.float64)
        for name, kind in self._kinds.items():
            total = hits if kind == _RIGHT else count - hits
            out |= _named(name, count, total, total)
        return out


def in_blocks(outputs: Tensor) -> Outputs:
    """Outputs (points, examples, classes) as :class:`QuickSums` reads them."""
    (_, n, classes), blocks = outputs.shape, blocks_of(len(outputs), outputs.device)
    return Outputs(outputs, classes, 1, n, blocks, lambda block, tile, rooms: outputs[blocks[block]].transpose(1, 2))


def _named(name: str, count: Tensor, total: Tensor, square: Tensor) -> dict[str, Tensor]:
    return {f"{name}:wv": total, f"{name}:w": count, f"{name}:n": count, f"{name}:wvwv": square, f"{name}:wvw": total, f"{name}:ww": count}


def _evaluate(logits: Tensor, places: Tensor, losses: Tensor, right: Tensor, rooms: Rooms) -> None:
    """Losses and right answers (points, n) of logits (points, classes, n), into memory that is given.

    ``places`` (n,): of the right classes, among the logits of a point.
    """
    logs = torch.log_softmax(logits, 1, out=rooms("logs", *logits.shape, like=logits))
    own = torch.index_select(logs.flatten(1), 1, places, out=rooms("own", *losses.shape, like=losses))
    torch.neg(own, out=losses)
    if not right.numel():
        return
    most = logs.amax(1)
    torch.eq(own, most, out=right)
    if bool((unsure := ~(most > _CERTAIN)).any()):  # two classes that may be equal, or NaN: what argmax says of them
        point, example = unsure.nonzero(as_tuple=True)
        right[point, example] = logits[point, :, example].argmax(1) == places[example] // logits.shape[2]


def _wide(losses: Tensor, before: int, after: int, rooms: Rooms) -> Tensor:
    """Losses (points, n) in float64, filled up with zeros such that the groups of examples are its columns modulo ``GROUPS``."""
    points, n = losses.shape
    wide = rooms(f"wide {before}", points, before + n + after, like=losses, dtype=torch.float64)
    wide[:, before : before + n] = losses
    if before or after:
        wide[:, :before], wide[:, before + n :] = 0.0, 0.0
    return wide


def _kind(metric: Metric) -> str:
    """``_RIGHT``, ``_WRONG``, or nothing where a metric is not known."""
    name = f"{getattr(metric, '__module__', '')}.{getattr(metric, '__qualname__', '')}"
    return name if name in (_RIGHT, _WRONG) else ""


def _given(losses: Tensor, outputs: Any, targets: Any) -> Tensor:
    return losses


def _answer(right: Tensor, kind: str, outputs: Any, targets: Any) -> Tensor:
    return right.double() if kind == _RIGHT else 1 - right.double()
