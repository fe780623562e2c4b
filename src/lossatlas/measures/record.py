"""What a measurement of flatness answers: a number, how sure it is, whether it converged, how it was made, and what it cost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Measure:
    """One measured number.

    Attributes:
        value: the number.
        stderr: its standard error over what was drawn at random; NaN where nothing tells it.
        low, high: an interval, NaN where there is none; what it means stands in the docstring of the function.
        converged: whether the number is what its definition asks for and not where the search happened to stop.
        settings: every hyper-parameter, plain data.
        details: further numbers, plain data.
        losses: passes over the data that were made, forward only.
        gradients: passes over the data with a gradient.
        notes: sentences that a person should read beside the number.
    """

    value: float
    stderr: float = math.nan
    low: float = math.nan
    high: float = math.nan
    converged: bool = True
    settings: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    losses: float = 0.0
    gradients: float = 0.0
    notes: tuple[str, ...] = ()
