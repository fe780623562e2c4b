"""What a monitor says of its own accord: events, each with a word and a sentence.

*Spike*: a loss above the median of the ``WINDOW`` before by more than ``SPIKE`` robust standard deviations (1.4826 times the median
absolute deviation), of logarithms where all losses are positive, and by more than ``RISE`` of the median; none is told again before the
loss has come back to within half of that.
*Unstable*: λ₁ above the optimizer's threshold by more than its error; told again after it was below. *Dead units*: a layer with more than
``DEAD`` of its units dead; told again at each doubling. *BatchNorm drift*: a layer above ``DRIFT`` nats; likewise. *Not finite*: a loss or
an update that is no number; told once, with the place where it begins.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Mapping
from statistics import median

#: Steps that a spike is compared with, and how many there must be.
WINDOW, FEWEST = 50, 10
#: Robust standard deviations, and the share of the median.
SPIKE, RISE = 6.0, 0.1
#: The share of a layer's units, and the divergence in nats, from which on they are told.
DEAD, DRIFT = 0.5, 0.5
#: Steps that running statistics have to come near those of the data.
SETTLED = 100


class Spikes:
    """Looks for spikes in one series of losses, all those of a run: most of them take a microsecond or two."""

    def __init__(self, what: str) -> None:
        self._what, self._before, self._high = what, deque[float](), False
        self._sorted: list[float] = []
        self._logs: list[float] = []  # of those that are positive

    def see(self, step: int, value: float) -> str | None:
        """What there is to say of the loss of a step; a loss that is no number is no spike."""
        if not math.isfinite(value):
            return None
        said = None
        if len(self._before) >= FEWEST:
            logs = value > 0 and len(self._logs) == len(self._sorted)
            series, here = (self._logs, math.log(value)) if logs else (self._sorted, value)
            middle = _middle(series)
            least = math.log1p(RISE) if logs else RISE * abs(middle)
            if here > middle + (least / 2 if self._high else least):
                spread = 1.4826 * median([abs(one - middle) for one in series])
                bound = max(SPIKE * spread, least)
                if here > middle + bound and not self._high:
                    said = self._words(value, (here - middle) / spread if spread > 0 else math.inf, logs)
                self._high = here > middle + (bound / 2 if self._high else bound)
            else:
                self._high = False
        self._keep(value)
        return said

    def _keep(self, value: float) -> None:
        self._before.append(value)
        insort(self._sorted, value)
        if value > 0:
            insort(self._logs, math.log(value))
        if len(self._before) > WINDOW:
            first = self._before.popleft()
            del self._sorted[bisect_left(self._sorted, first)]
            if first > 0:
                del self._logs[bisect_left(self._logs, math.log(first))]

    def _words(self, value: float, times: float, logs: bool) -> str:
        far = "far" if math.isinf(times) else f"{times:.0f} robust standard deviations{' of its logarithm' if logs else ''}"
        return f"{self._what} {value:.4g}, {far} above the median {_middle(self._sorted):.4g} of the {len(self._sorted)} before"


def _middle(ordered: list[float]) -> float:
    """The median of what is in order."""
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


class Once:
    """Says of a number that it is above a bound when it comes there, and again at each doubling, or after it was below."""

    def __init__(self, *, doubling: bool = False) -> None:
        self._doubling, self._told = doubling, math.inf
        self._above = False

    def see(self, value: float, bound: float) -> bool:
        """Whether to say it now."""
        if not value > bound:
            self._above = False if not self._doubling else self._above
            return False
        if not self._above or (self._doubling and value >= 2 * self._told):
            self._above, self._told = True, value
            return True
        return False


class Flags:
    """All that is looked for in the records of a run."""

    def __init__(self) -> None:
        self._spikes: dict[str, Spikes] = {}
        self._unstable: dict[str, Once] = {}
        self._dead: dict[str, Once] = {}
        self._drift: dict[str, Once] = {}

    def loss(self, name: str, what: str, step: int, value: float) -> list[tuple[str, str]]:
        """Of a loss: (word, sentence)."""
        said = self._spikes.setdefault(name, Spikes(what)).see(step, value)
        return [("spike", said)] if said else []

    def curvature(self, values: Mapping[str, float]) -> list[tuple[str, str]]:
        """Of λ₁ and its threshold."""
        said = []
        for name, limit, words in (("lambda_max", "threshold", "λ₁"),
                                   ("lambda_preconditioned", "threshold_preconditioned", "λ₁ of the preconditioned Hessian")):
            if name in values and limit in values:
                value, error, bound = values[name], values[f"{name}_error"], values[limit]
                if self._unstable.setdefault(name, Once()).see(value - error, bound):
                    said.append(("unstable", f"{words} = {value:.4g} is above {bound:.4g}, which the optimizer bears (full-batch "
                                             "statement, of the fixed examples)"))
        return said

    def health(self, step: int, dead: Mapping[str, tuple[int, int]], drift: Mapping[str, float]) -> list[tuple[str, str]]:
        """Of dead units and running statistics by layer."""
        said = []
        for name, (count, units) in dead.items():
            if self._dead.setdefault(name, Once(doubling=True)).see(count / units, DEAD):
                said.append(("dead units", f"{count} of {units} units of {name} answer to no fixed example"))
        for name, value in drift.items():
            if step >= SETTLED and self._drift.setdefault(name, Once(doubling=True)).see(value, DRIFT):
                said.append(("batchnorm drift", f"the running statistics of {name} are not those of the fixed examples: {value:.2g} nats"))
        return said
