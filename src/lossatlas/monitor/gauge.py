"""A gauge: one measurement of a monitor, with what it costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from torch import Tensor

from .view import View


class Gauge(Protocol):
    """Measures named numbers at a step.

    Attributes:
        name: what ``probes=`` and ``every=`` call it.
        quantities: name -> (long_name, units).
        passes: about what it takes, in forward passes over the fixed examples (a gradient: 3).
        needs_before: it looks at the last update, so that the point before it has to be kept.
    """

    name: str
    quantities: Mapping[str, tuple[str, str]]
    passes: float
    needs_before: bool

    def __call__(self, view: View) -> Mapping[str, float]:
        """The numbers; of one that has no value here NaN, or none."""
        ...


class OfProbe:
    """Any probe of lossatlas as a gauge: its quantities that are single numbers; of a function of a point, what it gives."""

    needs_before = False
    passes = 10.0

    def __init__(self, name: str, probe: Callable[[Any], Mapping[str, Any]]) -> None:
        self.name, self._probe = name, probe
        known = [q for q in getattr(probe, "quantities", ()) if not q.dims and q.name != "loss"]
        self.quantities = {f"{name}_{q.name}": (q.long_name, q.units) for q in known}

    def __call__(self, view: View) -> dict[str, float]:
        """All numbers at the point."""
        found = self._probe({name: tensor.detach() for name, tensor in view.point.items()})
        return {f"{self.name}_{name}": float(value) for name, value in found.items()
                if not isinstance(value, Tensor) or value.ndim == 0 if _is_number(value) and self._has(name)}

    def _has(self, name: str) -> bool:
        return not self.quantities or f"{self.name}_{name}" in self.quantities


def _is_number(value: Any) -> bool:
    return getattr(value, "ndim", 0) == 0 and not isinstance(value, str)
