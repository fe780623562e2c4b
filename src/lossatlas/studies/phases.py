"""What studies of phases share: a run under a monitor without a bound on its cost, and where its curves have their peaks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from ..fitting import Hook, fit
from ..monitor import Monitor
from ..monitor.summary import STANDS_OUT
from ..objective import Objective

if TYPE_CHECKING:
    import torch
    import xarray as xr


def monitored(
    train: Objective, optimizer: Callable[[Iterable[Tensor]], torch.optim.Optimizer], steps: int, *, seed: int, probes: Sequence[str],
    every: int, examples: int, schedule: Callable[[int], float] | None = None, hooks: Sequence[Hook] = (),
) -> xr.Dataset:
    """A training run, and what a monitor measured every so many steps, on fixed examples and whatever it cost."""
    with Monitor(train, probes=probes, every=every, budget=None, examples=examples) as monitor:
        fit(train, optimizer=optimizer, steps=steps, seed=seed, schedule=schedule, hooks=[monitor, *hooks])
    return monitor.dataset()


def column(ds: xr.Dataset, name: str, at: Sequence[int]) -> np.ndarray:
    """A quantity of a log at these steps, shape (steps,); NaN where a run that diverged has none."""
    return ds[name].reindex(step=list(at)).values.astype(float)


def smooth(values: np.ndarray, window: int) -> np.ndarray:
    """The mean over a window around every value, smaller towards the ends."""
    reach = window // 2
    return np.array([values[max(k - reach, 0) : k + reach + 1].mean() for k in range(len(values))])


@dataclass(frozen=True)
class Peak:
    """The highest value of a curve: where, how high, and how high its two ends are. NaN of a curve without values."""

    step: float
    height: float
    first: float
    last: float

    @classmethod
    def of(cls, steps: Sequence[int], values: np.ndarray) -> Peak:
        """Of a curve; what is NaN is passed over, but for the ends."""
        if not np.isfinite(values).any():
            return cls(*[float("nan")] * 4)
        top = int(np.nanargmax(values))
        return cls(float(steps[top]), float(values[top]), float(values[0]), float(values[-1]))

    @property
    def rise(self) -> float:
        """Height over the start."""
        return self.height / self.first if self.first > 0 else float("nan")

    @property
    def fall(self) -> float:
        """End over height."""
        return self.last / self.height if self.height > 0 else float("nan")

    @property
    def stands_out(self) -> bool:
        """Whether it is one: above both ends by the factor of :mod:`lossatlas.monitor.summary`."""
        return bool(self.height > STANDS_OUT * max(self.first, 0.0) and self.height > STANDS_OUT * max(self.last, 0.0))


def first_peak(steps: Sequence[int], values: np.ndarray) -> float:
    """The step of the first peak that stands out of the start and of what follows, before anything higher; NaN where there is none."""
    top = 0
    for k, value in enumerate(values):
        if value > values[top]:
            top = k
        elif values[top] > STANDS_OUT * np.max([values[0], value, 0.0]):
            return float(steps[top])
    return float("nan")


def half(steps: Sequence[int], values: np.ndarray) -> float:
    """The first step at which a curve has made half of its way from its first value to its last; NaN where there is no way."""
    way = values[-1] - values[0]
    made = (values - values[0]) / way >= 0.5 if way and np.isfinite(way) else np.zeros(len(values), dtype=bool)
    return float(steps[int(made.argmax())]) if made.any() else float("nan")


def told(numbers: Iterable[Any]) -> str:
    """Numbers as words of a note."""
    return ", ".join(f"{number:.3g}" for number in numbers)
