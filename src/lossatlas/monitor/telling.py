"""What a monitor tells, and to whom: its log, and writers, of which one that fails is left out and training goes on."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..errors import first_line
from ..execution.memory import out_of_memory
from ..result.log import Held, Log
from .budget import Budget
from .writers import Writer

#: Periods in steps from which on a measurement is told to be seldom; seconds between two descriptions of the log.
SELDOM, DESCRIBED = 500, 10.0


class Teller:
    """Tells numbers and events of a run, and how seldom what is expensive is measured."""

    def __init__(self, log: Log | Held, writers: Iterable[Writer], budget: Budget) -> None:
        self.log, self._writers, self._budget = log, list(writers), budget
        self._told: set[str] = set()
        self._periods: dict[str, float] = {}
        self._described = -math.inf

    def record(self, step: int, values: Mapping[str, float]) -> None:
        """Numbers of a step."""
        self.log.record(step, values)
        self._each(lambda writer: writer(step, values))

    def event(self, step: int, event: str, text: str) -> None:
        """Something happened at a step."""
        self.log.event(step, event, text)
        self._each(lambda writer: writer.event(step, event, text))

    def left_out(self, step: int, name: str, error: Exception) -> None:
        """A measurement failed, and is made no more."""
        why = "memory ran out" if out_of_memory(error) else first_line(error)
        self.event(step, "failed", f"{name} cannot be measured here and is left out: {why}")
        warnings.warn(f"the monitor leaves {name} out: {why}", RuntimeWarning, stacklevel=7)

    def schedule(self, step: int) -> None:
        """What measurements cost and how often they are taken, into the description of the log, where it changed."""
        told = self._budget.told(step)
        for name, one in told.items():
            if one["period"] >= SELDOM and name not in self._told and self._budget.costs[name].count:
                self._told.add(name)
                self.event(step, "thinned", self.words(name, one))
        periods = {name: one["period"] for name, one in told.items()}
        if periods != self._periods and self._budget.clock() - self._described > DESCRIBED:
            self._periods, self._described = periods, self._budget.clock()
            self.log.describe(schedule=told)

    def finish(self, step: int, measured: Iterable[str], text: str) -> None:
        """The run is over; what was never measured is named."""
        self._budget.plan()
        told = self._budget.told(step)
        if missed := [name for name in measured if self._budget.costs[name].last is None]:
            why = [self.words(name, told[name]) for name in missed if name in told] or ["the run was over before anything was earned"]
            self.event(step, "thinned", f"never measured: {', '.join(missed)} ({'; '.join(why)})")
        self.log.describe(schedule=told)
        text = text or f"the run ended after {step:,} steps"
        self.log.finish(step, text)
        self._each(lambda writer: writer.event(step, "finished", text))

    def close(self) -> None:
        """Nothing more will come."""
        for writer in list(self._writers):
            if callable(close := getattr(writer, "close", None)):
                self._one(writer, lambda one, close=close: close())
        self.log.close()

    def seldom(self, step: int) -> list[str]:
        """What is measured seldom, a sentence each."""
        return [self.words(name, one) for name, one in self._budget.told(step).items() if one["period"] >= SELDOM]

    def words(self, name: str, told: Mapping[str, float]) -> str:
        """What a measurement takes, and how often it is taken."""
        share = "" if self._budget.share is None else f" at a budget of {100 * self._budget.share:g} %"
        return f"{name} takes {told['cost_steps']:.3g} steps' time: once every {told['period']:,.0f} steps{share}"

    def _each(self, tell: Callable[[Writer], Any]) -> None:
        for writer in list(self._writers):
            self._one(writer, tell)

    def _one(self, writer: Writer, tell: Callable[[Writer], Any]) -> None:
        try:
            tell(writer)
        except Exception as error:
            self._writers.remove(writer)
            warnings.warn(f"the monitor's writer {type(writer).__name__} failed and is left out: {type(error).__name__}: "
                          f"{first_line(error)}", RuntimeWarning, stacklevel=6)
