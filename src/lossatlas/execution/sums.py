"""Cross-entropy, accuracy and their sums at several points at once, from logits with the examples last.

What :meth:`~lossatlas.objective.Objective.stats` sums for one point is summed here for a group of them in a few calls that read memory
in order. Losses are those of ``log_softmax``, whose largest logit tells also which answers are right: ``argmax`` along a short dim costs
ten times the loss, and is asked only where two classes may be equally likely (there the sum of ``exp(z − max z)`` is 2 or more).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
from .dense import BLOCK
from .rooms import Rooms

if TYPE_CHECKING:
    from .plan import Part

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

    def __init__(self, part: Part) -> None:
        view, targets = part.view, part.view.data.targets()
        classes = isinstance(targets, Tensor) and targets.ndim == 1 and not targets.is_floating_point()
        self.applies = bool(view.loss_name == "cross_entropy" and classes and not (targets == IGNORE).any()
                            and hasattr(part.probe, "__dataclass_fields__"))
        self._kinds = {name: _kind(metric) for name, metric in view.metrics.items()}
        self.alone = self.applies and all(self._kinds.values())
        self._room = Rooms()
        self._own = part.probe.objective if self.applies else None

    def __call__(self, blocks: Iterable[tuple[slice, Tensor]], points: int, batch: Batch, *, scratch: bool = False) -> Found | None:
        """Of logits on a batch, some points at a time (see :meth:`~lossatlas.execution.dense.Dense.blocks`); None: it is something else.

        ``scratch``: they may be overwritten.
        """
        losses: Any = None
        groups: list[Tensor] = []
        squares: list[Tensor] = []
        for block, logits in blocks:
            if logits.dtype not in (torch.float32, torch.float64):
                return None
            if losses is None:
                count, _, _, size = logits.shape
                losses = self._room("losses", points, count, size, like=logits)
                right = self._room("right", points, count, size if any(self._kinds.values()) else 0, like=logits, dtype=torch.bool)
                labels = F.pad(targets_of(batch.value), (0, count * size - batch.size)).view(count, size)
            room = logits if scratch and not self._kinds else self._room("logits", *logits.shape, like=logits)
            _evaluate(logits, labels, losses[block].transpose(0, 1), right[block].transpose(0, 1), room)
            wide = self._wide(losses[block].flatten(1)[:, : batch.size], batch.start)
            groups.append(wide.unflatten(1, (-1, GROUPS)).sum(1))
            squares.append(torch.bmm(wide[:, None], wide[:, :, None])[:, 0, 0])
        losses, right = losses.flatten(1)[:, : batch.size], right.flatten(1)[:, : batch.size]
        known = all(self._kinds.values())
        return Found(losses, right, self._sums(torch.cat(groups), torch.cat(squares), right, batch) if known else {})

    def objective(self, losses: Tensor, right: Tensor, sums: Mapping[str, Tensor]) -> Summed:
        """The objective of the probe at one point, where this is found of the batch at hand."""
        assert self._own is not None
        metrics = {name: partial(_answer, right, self._kinds[name]) if self._kinds[name] else metric
                   for name, metric in self._own.metrics.items()}
        given = {f.name: getattr(self._own, f.name) for f in fields(Objective)}
        return Summed(**{**given, "loss": partial(_given, losses), "metrics": metrics, "forward": None}, sums=sums)

    def _wide(self, losses: Tensor, start: int) -> Tensor:
        """Losses (k, n) in float64, filled up with zeros such that the groups of examples are its columns modulo ``GROUPS``."""
        (points, n), before, after = losses.shape, start % GROUPS, -(start + losses.shape[1]) % GROUPS
        wide = self._room(f"wide {before}", points, before + n + after, like=losses, dtype=torch.float64)
        wide[:, before : before + n] = losses
        if before or after:
            wide[:, :before], wide[:, before + n :] = 0.0, 0.0
        return wide

    def _sums(self, groups: Tensor, squares: Tensor, right: Tensor, batch: Batch) -> dict[str, Tensor]:
        points, n, before, after = len(groups), batch.size, batch.start % GROUPS, -(batch.start + batch.size) % GROUPS
        number = torch.arange(GROUPS, device=groups.device)
        members = (before + n + after) // GROUPS - (number < before).to(torch.float64) - (number >= GROUPS - after).to(torch.float64)
        count = groups.new_full((points,), n)
        out = _named("loss", count, groups.sum(1), squares)
        out |= {"loss:group_wv": groups, "loss:group_w": members.expand(points, -1)}
        hits = right.sum(1).to(torch.float64)
        for name, kind in self._kinds.items():
            total = hits if kind == _RIGHT else count - hits
            out |= _named(name, count, total, total)
        return out


def in_blocks(outputs: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Outputs (points, examples, classes) as :class:`QuickSums` reads them: (1, points, classes, examples), some points at a time."""
    block = BLOCK if outputs.device.type == "cpu" else len(outputs)
    for start in range(0, len(outputs), block):
        yield slice(start, start + block), outputs[start : start + block].transpose(1, 2)[None]


def _named(name: str, count: Tensor, total: Tensor, square: Tensor) -> dict[str, Tensor]:
    return {f"{name}:wv": total, f"{name}:w": count, f"{name}:n": count, f"{name}:wvwv": square, f"{name}:wvw": total, f"{name}:ww": count}


def _evaluate(logits: Tensor, labels: Tensor, losses: Tensor, right: Tensor, room: Tensor) -> None:
    """Losses and right answers (tiles, k, n) of logits (tiles, k, classes, n) and labels (tiles, n), into memory that is given."""
    most = logits.amax(2)
    own = logits.gather(2, labels[:, None, None].expand(-1, logits.shape[1], 1, -1))[:, :, 0]
    spread = torch.sub(logits, most[:, :, None], out=room).exp_().sum(2)
    torch.add(most - own, spread.log(), out=losses)
    if not right.numel():
        return
    torch.eq(own, most, out=right)
    if bool((unsure := ~(spread < 2)).any()):  # two classes that may be equal, or NaN: what argmax says of them
        tile, point, example = unsure.nonzero(as_tuple=True)
        right[tile, point, example] = logits[tile, point, :, example].argmax(1) == labels[tile, example]


def _kind(metric: Metric) -> str:
    """``_RIGHT``, ``_WRONG``, or nothing where a metric is not known."""
    name = f"{getattr(metric, '__module__', '')}.{getattr(metric, '__qualname__', '')}"
    return name if name in (_RIGHT, _WRONG) else ""


def _given(losses: Tensor, outputs: Any, targets: Any) -> Tensor:
    return losses


def _answer(right: Tensor, kind: str, outputs: Any, targets: Any) -> Tensor:
    return right.double() if kind == _RIGHT else 1 - right.double()
