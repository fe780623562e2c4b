"""What a monitor may cost: its own clock, and how often each of its measurements is taken so that all of them stay within a share of it.

Between two looks of the monitor the time is training's; an interval counts as at most ``LONGEST`` times the usual one, so that a pause (an
evaluation, a checkpoint) buys nothing. What the monitor spends, its preparation and book-keeping included, stays below ``share`` of that: a
measurement waits until it has been earned. What is earned is ``PLANNED`` of the share, for a monitor may cost more than it sees: the steps
after a measurement find its data in the caches and not their own. No cost is known before it was paid, so a pass is timed first and the
first estimates are made of it.

So that something is seen early, measurements may be ahead, at steps that double: the first of each by what ``AHEAD`` steps (or seconds,
where that is more) earn all together, those after it by half of that. Half of what is earned pays it back, and the preparation. A run of
twice as many steps, and seconds, is within the share from there on; a shorter one exceeds it by what it was ahead.

Periods are in proportion to the square roots of costs, which makes their sum the least that the share allows: cheap measurements are taken
often and expensive ones seldom; none has more than half of the share, whatever it takes. They are powers of two steps (of a given
``every``, times that), so that the numbers of several measurements stand beside each other; and they double with the steps made, so that a
long run logs about ``RECORDS`` lines for every octave of its steps.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median, median_low

from ..errors import InputError

#: The part of the share that is planned with. Where all of it was, a ResNet-20 took 6.1 % of 400 steps and 5.2 % of 250 by the wall, and
#: 4.9 and 4.7 by its own account; so it took 1.1 to 3.0 % (bench/monitor.py; two runs differ by up to 2 %).
PLANNED = 0.8
#: Steps that the usual interval is the median of, how many of them are needed first, and how many times that a pause counts.
WINDOW, FEWEST, LONGEST = 15, 3, 3.0
#: Records in an octave of steps, at most; steps between two looks at the clock, at most.
RECORDS, QUIET = 1000, 64
#: The weight of the newest look in the average of what looks take.
NEWEST = 0.3
#: The part of the share that one measurement has, at most, where there are others.
MOST = 0.5
#: What is estimated has to be earned this many times over.
DOUBT = 2.0
#: Steps, and seconds, whose share may be spent before it is earned.
AHEAD, AHEAD_SECONDS = 100, 10.0


@dataclass
class Cost:
    """What a measurement takes.

    Attributes:
        seconds: what it took, the median of the last three; an estimate until ``count`` is positive; None where nothing is known.
        every: at most once in so many steps.
        count: how often it was taken.
        last: the step of the last time, None before it.
        answered: whether it had an answer the last time; without one nothing is learned of what it takes.
    """

    seconds: float | None = None
    every: int = 1
    count: int = 0
    last: int | None = None
    answered: bool = True
    _recent: deque[float] = field(default_factory=lambda: deque(maxlen=3))

    @property
    def wanted(self) -> float | None:
        """What has to be there before it is taken: of an estimate, which may be too low, ``DOUBT`` times that."""
        return self.seconds if self.count or self.seconds is None else DOUBT * self.seconds

    def paid(self, seconds: float) -> None:
        """Learn from a measurement; one that warmed up, or that something else interrupted, is forgotten with the next ones."""
        self._recent.append(seconds)
        self.seconds = median_low(self._recent)
        self.count += 1


class Budget:
    """The account of a monitor.

    Args:
        share: of training time that may be spent; None: no bound.
        clock: seconds that pass, :func:`time.perf_counter`.

    Attributes:
        trained, spent: seconds so far. setup: what of ``spent`` was preparation, once, which is paid back before what costs more is taken.
        costs: by measurement.
    """

    def __init__(self, share: float | None = 0.05, *, clock: Callable[[], float] = time.perf_counter) -> None:
        if share is not None and (isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1000):
            raise InputError(f"budget is {share!r}; expected a share of training time such as 0.05, or None for no bound")
        self.share, self.clock = share, clock
        self._rate = None if share is None else PLANNED * share  # seconds that are earned in a second of training
        self.trained = self.spent = self.setup = 0.0
        self.costs: dict[str, Cost] = {}
        self._intervals: deque[float] = deque(maxlen=WINDOW)
        self._periods: dict[int, int] = {}
        self._left: float | None = None
        self._entered = self._look = 0.0  # when this look began, and what looks take at which nothing is measured
        self._bare = False
        self._skipped = False
        self._lent = 0.0  # what was spent before it was earned

    # ---- the two clocks ----------------------------------------------------------------------------------------

    @contextmanager
    def looking(self, steps: int = 1) -> Iterator[None]:
        """Inside, the time is the monitor's; since the last look it was training's, for so many steps."""
        self._enter(max(steps, 1))
        try:
            yield
        finally:
            self._left = self.clock()
            self.spent += self._left - self._entered
            if self._bare:
                self._look += NEWEST * (self._left - self._entered - self._look)

    def _enter(self, steps: int) -> None:
        self._entered, self._bare = self.clock(), self._left is not None
        if self._left is None:
            return
        if not self._skipped:  # the first step allocates, compiles, warms up: it is not like the others
            self._skipped = True
            return
        interval = (self._entered - self._left) / steps
        self._intervals.append(interval)
        self.trained += steps * min(interval, LONGEST * median(self._intervals))

    def synced(self) -> None:
        """Training has only now come to where the clock stood when the look began (a device that had work queued)."""
        now = self.clock()
        if self._left is not None and self._intervals:
            self.trained += now - self._entered
        self._entered = now

    def ready(self) -> None:
        """What the look did so far was preparation."""
        took, self._bare = self.clock() - self._entered, False
        self.setup += took

    @contextmanager
    def paying(self, name: str) -> Iterator[Cost]:
        """Inside, a measurement is taken."""
        cost, began = self.costs[name], self.clock()
        ahead = not self.affords(cost.wanted)
        self._bare = False
        yield cost
        took = self.clock() - began
        if cost.answered:
            cost.paid(took)
        if ahead:
            self._lent += took

    # ---- what can be afforded ----------------------------------------------------------------------------------

    @property
    def step_seconds(self) -> float | None:
        """What a step of training takes, usually; None before that is known."""
        return median(self._intervals) if len(self._intervals) >= FEWEST else None

    @property
    def used(self) -> float:
        """The share of training time that was spent; NaN before there was any."""
        return self.spent / self.trained if self.trained else float("nan")

    @property
    def _now(self) -> float:
        """Seconds spent, those of this look included."""
        return self.spent + self.clock() - self._entered

    @property
    def _owed(self) -> float:
        """Seconds that were spent before they were earned."""
        return self._lent + self.setup

    def affords(self, seconds: float | None) -> bool:
        """Whether so many seconds more stay within what is earned; ones that nobody knows do not."""
        if self._rate is None:
            return True
        if seconds is None or self.step_seconds is None:
            return False
        earned = self._rate * self.trained
        return self._now - self._owed + seconds <= max(earned / 2, earned - self._owed)

    def lends(self, cost: Cost) -> bool:
        """Whether a measurement may be ahead of what is earned."""
        usual = self.step_seconds
        if self._rate is None or usual is None or cost.wanted is None:
            return False
        most = self._rate * max(AHEAD * usual, AHEAD_SECONDS)
        return self._lent + cost.wanted <= (most / 2 if cost.count else most) and self._now - self.setup + cost.wanted <= 2 * most

    def due(self, name: str, step: int) -> bool:
        """Whether a measurement is to be taken at a step: its period has passed and it is earned, or it may be ahead."""
        cost = self.costs[name]
        return (step >= self._next(cost, step) and self.affords(cost.wanted)) or (step >= self._early(cost, step) and self.lends(cost))

    def quiet(self, step: int) -> int:
        """How many steps after ``step`` nothing can be due, by periods and by what is earned; at least 0, at most ``QUIET``.

        Looks themselves take time: where nothing is due at the next step, at least so many that they take a fifth of the share.
        """
        usual = self.step_seconds
        if self._rate is None or not usual:
            return 0 if self._rate else max(0, min([QUIET, *(self._next(cost, step + 1) - step - 1 for cost in self.costs.values())]))
        wait = min((self._wait(cost, step, usual, self._rate) for cost in self.costs.values()), default=QUIET)
        return min(QUIET, max(wait, int(5 * self._look / (self._rate * usual)))) if wait > 0 else 0

    def _wait(self, cost: Cost, step: int, usual: float, rate: float) -> int:
        """Steps after ``step`` at which a measurement cannot be due."""
        needed = self._now - self._owed + (usual if cost.wanted is None else cost.wanted)
        lacking = min(2 * needed, needed + self._owed) / rate - self.trained
        earned = max(self._next(cost, step + 1) - step - 1, math.ceil(lacking / usual))
        return min(earned, self._early(cost, step + 1) - step - 1) if self.lends(cost) else earned

    def _early(self, cost: Cost, step: int) -> int:
        """The first step, from ``step`` or twice the last one on, at which it may be ahead."""
        return -(-(step if cost.last is None else 2 * cost.last or 1) // cost.every) * cost.every

    def _next(self, cost: Cost, step: int) -> int:
        """The first step from the last measurement on, or from ``step`` on where there is none, at which the next is due."""
        if cost.last is None:
            return -(-step // cost.every) * cost.every
        period = self.period(cost, step)
        return (cost.last // period + 1) * period

    def period(self, cost: Cost, step: int) -> int:
        """Steps from one time to the next."""
        longest = 1
        while longest * cost.every * RECORDS < step:
            longest *= 2
        return cost.every * max(self._periods.get(id(cost), 1), longest)

    def plan(self) -> None:
        """Part the share among the measurements.

        The sum of all periods is least where they are in proportion to √cost; what is taken as often as it may be leaves its rest to the
        others. Then up to powers of two, and down again for as many as fit, the most frequent first.
        """
        self._periods = {}
        usual = self.step_seconds
        if self._rate is None or usual is None:
            return
        needs = {id(cost): cost.seconds / (usual * cost.every) for cost in self.costs.values() if cost.seconds}
        left, open_, wanted = self._rate, dict(needs), {}
        greedy = max(open_, key=open_.__getitem__, default=0)
        if len(open_) > 1 and math.sqrt(open_[greedy]) > MOST * sum(map(math.sqrt, open_.values())):
            wanted[greedy] = max(open_.pop(greedy) / (MOST * left), 1.0)
            left *= 1 - MOST
        factor = 0.0
        while open_:
            factor = sum(math.sqrt(need) for need in open_.values()) / left if left > 0 else math.inf
            if not (modest := {key: need for key, need in open_.items() if math.sqrt(need) * factor <= 1}):
                break
            left -= sum(modest.values())
            open_ = {key: need for key, need in open_.items() if key not in modest}
        wanted |= {key: math.sqrt(need) * factor for key, need in open_.items()}
        self._periods = {key: 2 ** math.ceil(math.log2(period)) for key, period in wanted.items() if math.isfinite(period)}
        used = sum(need / self._periods.get(key, 1) for key, need in needs.items())
        for key in sorted(self._periods, key=lambda key: self._periods[key]):
            if self._periods[key] > 1 and used + needs[key] / self._periods[key] <= self._rate:
                used += needs[key] / self._periods[key]
                self._periods[key] //= 2

    def told(self, step: int) -> dict[str, dict[str, float]]:
        """Per measurement what it takes, in seconds and in steps of training, and its period in steps; empty before that is known."""
        usual = self.step_seconds
        return {name: {"cost_seconds": cost.seconds, "cost_steps": cost.seconds / usual, "period": self.period(cost, step)}
                for name, cost in self.costs.items() if cost.seconds is not None and usual}
