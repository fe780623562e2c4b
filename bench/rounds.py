"""Interleaved timing, and one table of ratios.

Contenders are timed in turn, A B C A B C …, so that a machine that is busy with other things slows all of them; a ratio is taken
within each round, and a row tells the median, the quartiles and the number of rounds. Quote ratios, never the single times.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

#: Seconds that one timing takes at least: shorter calls are repeated within it.
LEAST_SECONDS = 0.25


@dataclass(frozen=True)
class Contender:
    """Something to time: ``call`` does ``units`` of what is compared, e.g. points."""

    call: Callable[[], object]
    units: float = 1.0


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        what: the ratio in words.
        values: one per round.
        goal: what the issue asks of the median; None: told for itself.
        at_least: whether more is better.
        aim: what is hoped for.
    """

    what: str
    values: Sequence[float]
    goal: float | None = None
    at_least: bool = False
    aim: float | None = None
    percent: bool = False

    @property
    def verdict(self) -> str:
        """Whether the median meets the goal."""
        if self.goal is None:
            return ""
        middle, sign = float(np.median(self.values)), "≥" if self.at_least else "≤"
        met = middle >= self.goal if self.at_least else middle <= self.goal
        aim = f", aim {self._said(self.aim)}" if self.aim is not None else ""
        return f"{'MET' if met else 'MISSED'} ({sign} {self._said(self.goal)}{aim})"

    def __str__(self) -> str:
        low, middle, high = np.quantile(np.asarray(self.values, dtype=float), (0.25, 0.5, 0.75))
        return (f"| {self.what} | {self._said(middle)} | {self._said(low)} to {self._said(high)} | {len(self.values)} | {self.verdict} |")

    def _said(self, value: float) -> str:
        return f"{100 * value:.3g} %" if self.percent else f"{value:.3f}" if value < 10 else f"{value:.1f}"


def table(rows: Sequence[Row]) -> str:
    """All rows as a markdown table."""
    return "\n".join(["| ratio | median | quartiles | rounds | goal |", "|-|-|-|-|-|", *map(str, rows)])


def interleaved(contenders: Mapping[str, Contender], rounds: int, *, least: float = LEAST_SECONDS) -> dict[str, np.ndarray]:
    """Seconds per unit of every contender in every round, shape (rounds,) each; one round before them warms up and is not counted."""
    first = {name: _seconds(one, 1) for name, one in contenders.items()}
    first = {name: min(first[name], _seconds(one, 1)) if first[name] < 1 else first[name] for name, one in contenders.items()}
    times = {name: max(1, round(least / max(seconds * contenders[name].units, 1e-9))) for name, seconds in first.items()}
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name, one in contenders.items():
            found[name].append(_seconds(one, times[name]))
        say(f"round {number + 1} of {rounds}")
    return {name: np.array(seconds) for name, seconds in found.items()}


def _seconds(one: Contender, times: int) -> float:
    """Seconds per unit, from so many calls in a row."""
    settle()
    began = time.perf_counter()
    for _ in range(times):
        one.call()
    settle()
    return (time.perf_counter() - began) / (times * one.units)


def settle() -> None:
    """Wait for a GPU, where one is at work."""
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.synchronize()


def say(text: str) -> None:
    """How far the benchmark is, beside the table."""
    print(text, file=sys.stderr, flush=True)
