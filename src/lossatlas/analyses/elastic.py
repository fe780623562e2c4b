"""Paths of low loss between two points by nudged elastic bands: NEB, and AutoNEB (Draxler et al. 2018; METHODS G2, 2.3).

A band of pivots is relaxed (:mod:`~lossatlas.numerics.neb`) with an infinite spring: pivots are placed anew along the polyline before
every step. AutoNEB does so in cycles. After each the loss is looked at inside all segments; where it lies far above the chord of the losses
at the pivots, the next cycle begins with a pivot more. The first cycle has 3 pivots, each later one at most 2 more, and rates fall at the
end. The paper moves pivots by gradient descent with momentum; the short schedule by Adam, on the same forces, which reaches on networks
without BatchNorm in hundreds of steps what takes thousands there.

A cycle ends with the mean of its bands over its last half: single ones jitter with the mini-batches, and are longer and, on test data,
higher. A step takes the gradients of all pivots on one mini-batch, of the training view of the objective, as :func:`~lossatlas.fit` does;
losses and pivots are compared on that mini-batch. Weight decay on the pivots is a penalty of the objective. What lies between the pivots is
measured as :func:`~lossatlas.barrier` measures a line: under the objective's BatchNorm policy, and ``recompute`` where that is ``eval``.

The rates of the paper are those of networks with BatchNorm. Where a cycle leaves the finite numbers, or the band higher than before by more
than the span of the losses on the line, it is made again from where it began at a third of the rate, as are those that follow at theirs;
the record and a note say so.

A pass can only be bounded from above: the saddle that is told is the largest loss on the polyline that was found.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..execution.memory import in_large_batches
from ..family import Path
from ..names import Scale, choose
from ..numerics.neb import inserted, insertions, relax, segment_lengths
from ..objective import Objective
from ..pairs import Objectives, trained_on
from ..params import lincomb, ravel, unravel
from ..probes import loss
from ..run.events import Listener, Note, Trained, ignore
from ..run.sweep import sweep
from ..seeds import check_seed, generator, preserved_rng, restart_rng
from .barrier import comparing

#: Places inside a segment that are looked at after a cycle (2.3), and on how many examples at most; the highest are then measured on all.
INSIDE, CHECKED, HIGHEST = 9, 2000, 5
#: The share of the span of the losses on the line by which the last cycle at the whole rate may change the largest loss of a band that
#: converged: at smaller rates every band stands still.
SETTLED = 0.02
#: The share of a cycle's steps over which its bands are averaged. On training data bands lie at the higher end with and without; on test
#: data 1,440 steps between two CIFAR-10 networks end 2 % above it, 720 without averaging 8 %; on digits 15 % instead of 27 % in one pair.
AVERAGED = 0.5
#: How many times as long cycles become where there are more steps: beyond that there are more of them, and with them pivots, at the first
#: rate below the whole one. At the whole rate a band may wander: of two CIFAR-10 networks it became 3.9 times as long as the line in 3,000
#: steps, and ended 25 % above the higher end.
LONGER = 2.0
#: By what rates are divided where they are too large, and how often.
LOWER, LOWERED = 3.0, 6


#: What moves pivots against their forces, at a learning rate: gradient descent with momentum (Draxler et al. 2018), and Adam.
Mover = Callable[..., torch.optim.Optimizer]
SGD: Mover = partial(torch.optim.SGD, momentum=0.9)
ADAM: Mover = torch.optim.Adam


@dataclass(frozen=True)
class Cycle:
    """A part of a relaxation: pivots that are inserted first (in the first cycle all of them, equally spaced), steps, and their rate."""

    insert: int
    steps: int
    rate: float


#: A short schedule, of Adam, and that of the paper, of gradient descent with momentum.
CYCLES: Mapping[str, tuple[Cycle, ...]] = {
    "quick": (Cycle(3, 100, 3e-3), *[Cycle(2, 100, 3e-3)] * 2, Cycle(2, 100, 1e-3), Cycle(2, 150, 3e-4), Cycle(2, 150, 1e-4)),
    "paper": (Cycle(3, 1000, 0.1), *[Cycle(2, 1000, 0.1)] * 3, *[Cycle(2, 2000, 0.1)] * 2, *[Cycle(2, 1000, 0.01)] * 4,
              *[Cycle(2, 1000, 0.001)] * 4),
}


@dataclass(frozen=True)
class Elastic:
    """What an elastic band found.

    Attributes:
        path: a polychain through the pivots, from a to b.
        converged: the largest loss on the band is that of an end, below which no path lies, or the last cycle at the whole rate changed
            it by at most 2 % of the span of the losses on the line.
        steps: of all pivots, in all cycles.
        saddle: the largest loss that was found on the path, on all examples.
        record: plain data: every cycle with its pivots and its saddle, the line, the place of the saddle, lengths.
    """

    path: Path = field(repr=False)
    converged: bool
    steps: int
    saddle: float
    record: dict[str, Any] = field(repr=False)


def neb(
    objective: Objectives, a: Mapping[str, Tensor], b: Mapping[str, Tensor], *, pivots: int = 5, steps: int | None = None,
    rate: float = 3e-3, spring: float | None = None, seed: int = 0, on_event: Listener = ignore,
) -> Elastic:
    """A path of low loss from a to b through a fixed number of pivots.

    Args:
        objective: one, or a ``{"train": …, "test": …}`` pair, whose first is taken.
        pivots: between the ends.
        steps: in all (default 250), at least 3; the last fifth at a tenth of the rate.
        rate: of Adam.
        spring: constant of the springs; None: infinite, pivots are placed anew before every step.
        seed: of mini-batches, augmentation and dropout.

    Raises:
        InputError: points of another network, equal points, no pivots or steps.
    """
    for name, value, least in (("pivots", pivots, 1), ("steps", 250 if steps is None else steps, 3)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise InputError(f"{name} is {value!r}; expected a whole number of at least {least}")
    cycles = _stretched((Cycle(pivots, 100, rate), Cycle(0, 100, rate), Cycle(0, 50, rate / 10)), steps or 250)
    return _elastic(objective, a, b, cycles, ADAM, threshold=0.1, spring=spring, seed=seed, on_event=on_event)


def autoneb(
    objective: Objectives, a: Mapping[str, Tensor], b: Mapping[str, Tensor], *, scale: Scale | Sequence[Cycle] = "quick",
    steps: int | None = None, threshold: float = 0.1, optimizer: Mover | None = None, seed: int = 0, on_event: Listener = ignore,
) -> Elastic:
    """A path of low loss from a to b through as many pivots as it takes (Draxler et al. 2018).

    Args:
        objective: one, or a ``{"train": …, "test": …}`` pair, whose first is taken.
        scale: ``quick`` (700 steps), ``paper`` (16,000 steps), or cycles of one's own.
        steps: in all, if not those of the schedule: its cycles are shortened, or become up to twice as long and then more.
        threshold: a pivot is inserted where the loss inside a segment rises above the chord by more than this share of the span of the
            losses at the pivots.
        optimizer: makes an optimizer of (tensors, lr=rate) (default: of ``paper`` gradient descent with momentum 0.9, else Adam).
        seed: of mini-batches, augmentation and dropout.

    Raises:
        InputError: points of another network, equal points, fewer steps than cycles, an unknown scale.
    """
    cycles = CYCLES[choose(scale, Scale, "scale")] if isinstance(scale, str) else tuple(scale)
    if not cycles or not all(isinstance(cycle, Cycle) and cycle.steps > 0 for cycle in cycles) or cycles[0].insert < 1:
        raise InputError(f"scale is {scale!r}; expected quick, paper, or a list of Cycle(insert, steps, rate), the first with pivots")
    if steps is not None:
        cycles = _stretched(cycles, steps, LONGER)
    mover = optimizer or (SGD if scale == "paper" else ADAM)
    return _elastic(objective, a, b, cycles, mover, threshold=threshold, spring=None, seed=seed, on_event=on_event)


def _stretched(cycles: Sequence[Cycle], steps: int, longer: float = math.inf) -> tuple[Cycle, ...]:
    """The same cycles with so many steps in all; where they would become so many times as long, with more below the whole rate."""
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < len(cycles):
        raise InputError(f"steps is {steps!r}; expected a whole number of at least {len(cycles)}, one for every cycle")
    lower = min(_last_whole(cycles) + 1, len(cycles) - 1)
    missing = steps - longer * sum(cycle.steps for cycle in cycles)
    more = math.ceil(missing / (longer * cycles[lower].steps)) if missing > 0 else 0
    cycles = [*cycles[:lower], *[cycles[lower]] * more, *cycles[lower:]]
    ends = np.cumsum([0, *(cycle.steps for cycle in cycles)])
    ends = np.maximum(np.round(ends * steps / ends[-1]).astype(int), np.arange(len(ends)))
    ends = np.minimum(ends, steps - np.arange(len(cycles), -1, -1))
    return tuple(Cycle(cycle.insert, int(after - before), cycle.rate)
                 for cycle, before, after in zip(cycles, ends, ends[1:], strict=False))


def _last_whole(cycles: Sequence[Cycle]) -> int:
    """The last cycle at the whole rate, the largest."""
    whole = max(cycle.rate for cycle in cycles)
    return max(k for k, cycle in enumerate(cycles) if cycle.rate == whole)


def _elastic(
    objective: Objectives, a: Mapping[str, Tensor], b: Mapping[str, Tensor], cycles: Sequence[Cycle], mover: Mover, *, threshold: float,
    spring: float | None, seed: int, on_event: Listener,
) -> Elastic:
    """All cycles; of the bands after each, and the line, the one whose largest loss is lowest."""
    trained = trained_on(objective)
    chain = _Chain(trained, a, b, check_seed(seed))
    search = _Search(chain, sum(cycle.steps for cycle in cycles), mover, spring, seed, on_event)
    with preserved_rng():
        for cycle in cycles:
            if not search.cycle(cycle, threshold):
                break
    best, done, stopped = search.best, search.done, search.stopped
    if stopped:
        warnings.warn(f"the band stopped in cycle {len(done) + 1}: {stopped}; expected finite losses: take a smaller rate", RuntimeWarning,
                      stacklevel=3)
    saddle, at = chain.saddle(best)
    settled = at in (0.0, 1.0) or _settled(_last_whole(cycles), [past["saddle"] for past in done], search.span)
    length, straight = (float(segment_lengths(one).sum()) for one in (best.band, chain.line))
    record = {"cycles": done, "line": {"saddle": search.line.highest, "at": search.line.at}, "cycle": search.best_cycle, "at": at,
              "checked": chain.checked.data.n_examples, "length": length, "length_ratio": length / straight, "seed": seed,
              "stopped": stopped, "lowered": search.lowered, "gradients": search.slide.gradients}
    return Elastic(chain.path(best.band), bool(settled and not stopped and math.isfinite(saddle)), search.made, saddle, record)


def _settled(last: int, saddles: Sequence[float], span: float) -> bool:
    """Whether the last cycle at the whole rate changed the saddle little."""
    return 0 < last < len(saddles) and abs(saddles[last] - saddles[last - 1]) <= SETTLED * span


def _height(check: Check) -> float:
    return check.highest if math.isfinite(check.highest) else math.inf


class _Search:
    """A band on its way down, cycle by cycle.

    Attributes:
        line, last, best: checks of the line, after the last cycle, and after the one, ``best_cycle``, whose band is lowest, of equals
            (whose highest place is an end) the last; the line where no band is lower. Other bands are not kept.
        done: what of every cycle is told. lowered: how often rates were divided. span: of the losses on the line.
        stopped: why there are no more cycles.
    """

    def __init__(self, chain: _Chain, total: int, mover: Mover, spring: float | None, seed: int, tell: Listener) -> None:
        self.chain, self.mover, self.spring, self.tell = chain, mover, spring, tell
        self.slide = _Slide(chain.objective, chain.names, seed, lambda step, height: tell(Trained(step, total, height)))
        self.fractions = torch.ones(1, dtype=torch.float64)
        self.done, self.lowered, self.best_cycle = list[dict[str, Any]](), 0, 0
        self.line = self.last = self.best = chain.check(chain.line)
        self.span = max(self.line.losses) - min(self.line.losses)
        self.stopped: str | None = None

    @property
    def made(self) -> int:
        """Steps of the cycles that are done."""
        return sum(past["steps"] for past in self.done)

    def cycle(self, cycle: Cycle, threshold: float) -> bool:
        """Refine the band and let it slide, at a rate at which it does not leave the finite numbers; whether there is one."""
        before = self.last
        band, self.fractions = _refined(before.band, self.fractions, before, cycle.insert, threshold)
        while True:
            self.slide.start(self.made)
            rate = cycle.rate / LOWER**self.lowered
            found = relax(band, self.slide, steps=cycle.steps, optimizer=partial(self.mover, lr=rate), spring=self.spring,
                          fractions=self.fractions, averaged=AVERAGED)
            check, why = None, found.stopped
            if why is None:
                check = self.chain.check(found.band)
                rose = check.highest > before.highest + self.span
                why = "the band rose" if rose else None if math.isfinite(check.highest) else "a loss on it is not finite"
            if check is not None and why is None:
                self.done.append({"pivots": len(band) - 2, "steps": cycle.steps, "rate": rate, "saddle": check.highest, "at": check.at})
                self.last = check
                if check.highest <= _height(self.best) and check.highest < _height(self.line):
                    self.best, self.best_cycle = check, len(self.done)
                return True
            if self.lowered == LOWERED:
                self.stopped = f"{why}, at a rate of {rate:.2g}"
                return False
            self.lowered += 1
            self.tell(Note(f"elastic band, cycle {len(self.done) + 1}, rate {rate:.2g}: {why}; again at a third of it"))


def _refined(band: Tensor, fractions: Tensor, check: Check, insert: int, threshold: float) -> tuple[Tensor, Tensor]:
    """The band of the next cycle: of the line, equally spaced pivots; else pivots where they are missing."""
    if len(band) == 2:
        shares = torch.linspace(0, 1, insert + 2, dtype=torch.float64)[1:-1].tolist()
        pivots = [torch.lerp(band[0], band[1], share) for share in shares]
        return torch.stack([band[0], *pivots, band[1]]), torch.full((insert + 1,), 1 / (insert + 1), dtype=torch.float64)
    return inserted(band, fractions, insertions(check.pivots, check.inside, threshold=threshold, most=insert))


@dataclass(frozen=True, eq=False)
class Check:
    """The losses on a band, at its pivots and at ``INSIDE`` places inside every segment, in their order."""

    band: Tensor
    losses: list[float]

    @property
    def pivots(self) -> list[float]:
        """At the pivots."""
        return self.losses[:: INSIDE + 1]

    @property
    def inside(self) -> Tensor:
        """Inside the segments, shape (segments, INSIDE)."""
        return torch.tensor(self.losses[:-1], dtype=torch.float64).reshape(-1, INSIDE + 1)[:, 1:]

    @property
    def highest(self) -> float:
        """The largest; NaN where one is not finite."""
        return max(self.losses) if all(map(math.isfinite, self.losses)) else math.nan

    @property
    def at(self) -> float:
        """Its t on the polychain."""
        return int(np.argmax(self.losses)) / (len(self.losses) - 1) if math.isfinite(self.highest) else math.nan


class _Chain:
    """Two points of one network, bands between them, and what is measured there."""

    def __init__(self, objective: Objective, a: Mapping[str, Tensor], b: Mapping[str, Tensor], seed: int) -> None:
        self.objective, self.names = objective, list(objective.params)
        self.measured = in_large_batches(comparing(objective))
        first, last = objective.conform(a, what="point a"), objective.conform(b, what="point b")
        shared = [name for name in first if name in last]
        self.ends = tuple({name: end[name] for name in shared} for end in (first, last))
        if any(objective.params[name].is_complex() for name in self.names):
            raise InputError("the network has complex parameters; expected real ones: an elastic band is not made for others")
        self.line = torch.stack([ravel(end, self.names) for end in self.ends])
        if torch.equal(self.line[0], self.line[1]):
            raise InputError("the two points are equal; expected different ones: there is no path between them")
        self.checked = self._few(seed)

    def _few(self, seed: int) -> Objective:
        """The objective on as many examples as a check takes."""
        data = self.measured.data
        if data.n_examples <= CHECKED or not data.stackable:
            return self.measured
        few = torch.randperm(data.n_examples, generator=generator(seed, "checked"))[:CHECKED].sort().values
        return self.measured.with_data(data.take(few))

    def path(self, band: Tensor) -> Path:
        """The polychain through the pivots; float buffers change in proportion to the length."""
        lengths = segment_lengths(band)
        shares = (lengths.cumsum(0) / lengths.sum()).tolist()[:-1]
        like = {name: self.ends[0][name] for name in self.names}
        inner = [{**lincomb([1 - share, share], list(self.ends)), **unravel(row, like)}
                 for share, row in zip(shares, band[1:-1], strict=True)]
        return Path((self.ends[0], *inner, self.ends[1]), "polychain")

    def check(self, band: Tensor) -> Check:
        """Look at the band."""
        places = (len(band) - 1) * (INSIDE + 1) + 1
        return Check(band, self._losses(self.checked, band, np.linspace(0, 1, places)))

    def saddle(self, check: Check) -> tuple[float, float]:
        """The largest loss on all examples, at the places that were highest on some, and its t."""
        if self.checked is self.measured or not math.isfinite(check.highest):
            return check.highest, check.at
        places = np.sort(np.argsort(check.losses)[-HIGHEST:]) / (len(check.losses) - 1)
        losses = self._losses(self.measured, check.band, places)
        return max(losses) if all(map(math.isfinite, losses)) else math.nan, float(places[int(np.argmax(losses))])

    def _losses(self, objective: Objective, band: Tensor, places: np.ndarray) -> list[float]:
        return sweep(loss(objective), self.path(band), {"t": places}, plan="plain")["loss"].values.tolist()


class _Slide:
    """Losses of all pivots, and gradients of the inner ones, on one mini-batch a step; steps count through all cycles."""

    def __init__(self, objective: Objective, names: Sequence[str], seed: int, tell: Callable[[int, float], None]) -> None:
        self.view = objective if objective.in_training else objective.training()
        self.like = {name: objective.params[name] for name in names}
        self.data, self.seed, self.tell = objective.data, seed, tell
        self.buffers = {name: buffer.clone() for name, buffer in objective.buffers.items()}  # a pass in train mode writes to them
        self.gradients = 0
        self.start(0)

    def start(self, made: int) -> None:
        """Go on as if so many steps had been made: what is random in a step follows from its number."""
        self.made, self.batches = made, self.data.shuffled(self.seed, start=made)

    def __call__(self, band: Tensor, step: int) -> tuple[Tensor, Tensor]:
        batch = self.view.augmented(next(self.batches)[1], generator(self.seed, "augment", self.made))
        losses, gradients = torch.empty(len(band), dtype=torch.float64, device=band.device), torch.empty_like(band[1:-1])
        for k, pivot in enumerate(band):
            restart_rng(self.seed, "elastic", self.made)
            inner = 0 < k < len(band) - 1
            with torch.set_grad_enabled(inner):
                point = pivot.detach().requires_grad_(inner)
                value = self.view.value({**unravel(point, self.like), **self.buffers}, batch)
            losses[k] = value.detach()
            if inner:
                gradients[k - 1] = torch.autograd.grad(value, point)[0]
        self.made, self.gradients = self.made + 1, self.gradients + len(gradients)
        self.tell(self.made, float(losses.max()))
        return losses, gradients
