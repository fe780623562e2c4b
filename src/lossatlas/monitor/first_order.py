"""What forward passes and gradients tell of a run: loss, answers, the update, the gradient and its noise, the loss along the last step.

*Gradient noise scale* (McCandlish et al. 2018, appendix A.1): from gradients of two batch sizes b < B the unbiased |G|² = (B|g_B|² −
b|g_b|²)/(B − b) and tr Σ = (|g_b|² − |g_B|²)/(1/b − 1/B); their ratio, each averaged over records by itself, is the batch size up to which
larger batches pay. Here B are the fixed examples and b their chunks, whose gradients add up to the whole one.

*Critical sharpness* (Kalra 2026): 2/η_c, with η_c the shortest step along the update that raises the loss, found by doubling and bisection
in a handful of forward passes. It is directional: λmax only where the update lies along its eigenvector.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from ..probes.functions import relative_distance
from .view import Answers, View, answered, apart, length

#: Weight of the record before in the averages of the noise scale.
MEMORY = 0.9
#: Places along the last step: before it, half of it, beyond it.
PLACES = (0.0, 0.5, 1.5, 2.0)
#: Doublings in search of a bracket, and bisections of it, which leave it 2^(1/8) wide.
DOUBLINGS, BISECTIONS = 10, 3


class Loss:
    """The loss of the fixed examples, their metrics, and how far the answers moved."""

    name, passes, needs_before = "loss", 1.0, False

    def __init__(self, loss_name: str, metrics: Mapping[str, object]) -> None:
        words = loss_name.replace("_", "-")
        self.quantities = {
            "loss": (f"{words} loss of the fixed examples", ""), **{name: (name.replace("_", " "), "") for name in metrics},
            "function_change": ("relative distance of the outputs from those at the record before", ""),
            "function_distance": ("relative distance of the outputs from those at the start", "")}
        self._first: Tensor | None = None
        self._last: Tensor | None = None

    def __call__(self, view: View) -> dict[str, float]:
        """One pass, and one more where the first time is not the start."""
        found: Answers = answered(view.objective, view.point)
        values = dict(found.values)
        if found.rows is None:
            return values
        if self._first is None:
            here = all(torch.equal(view.point[name], tensor) for name, tensor in view.start.items())
            self._first = found.rows if here else answered(view.objective, view.start).rows
        assert self._first is not None
        values["function_distance"] = relative_distance(found.rows, self._first)
        if self._last is not None:
            values["function_change"] = relative_distance(found.rows, self._last)
        self._last = found.rows
        return values


class Update:
    """Lengths: of the last update, of the weights, of the way from the start."""

    name, passes, needs_before = "update", 0.2, True
    quantities: Mapping[str, tuple[str, str]] = {
        "update_norm": ("norm of the last update", ""), "update_ratio": ("norm of the last update over that of the weights", ""),
        "weight_norm": ("norm of the weights", ""), "distance": ("distance of the weights from the start", "")}

    def __call__(self, view: View) -> dict[str, float]:
        """No pass over data."""
        weights = length([view.point[name].detach().float() if view.point[name].element_size() < 4 else view.point[name].detach()
                          for name in view.names])
        found = {"weight_norm": weights, "distance": length(apart(view.point, view.start, view.names))}
        if view.before is not None:
            found["update_norm"] = length(view.update())
            found["update_ratio"] = found["update_norm"] / weights if weights else math.nan
        return found


class Gradient:
    """The gradient of the fixed examples, and the noise scale from that of their chunks."""

    name, passes, needs_before = "gradient", 3.5, False
    quantities: Mapping[str, tuple[str, str]] = {
        "gradient_norm": ("norm of the gradient of the fixed examples", ""),
        "noise_scale": ("gradient noise scale tr Σ/|G|², averaged over records", "examples")}

    def __init__(self) -> None:
        self._noise = self._signal = 0.0

    def __call__(self, view: View) -> dict[str, float]:
        """One gradient, chunk by chunk."""
        slope = view.slope()
        found = {"gradient_norm": float(slope.gradient.norm())}
        noise, signal = noise_and_signal(slope.chunks, slope.square)
        if math.isfinite(noise) and math.isfinite(signal):
            self._noise = MEMORY * self._noise + (1 - MEMORY) * noise
            self._signal = MEMORY * self._signal + (1 - MEMORY) * signal
            found["noise_scale"] = self._noise / self._signal if self._signal > 0 else math.nan
        return found


def noise_and_signal(chunks: Sequence[tuple[int, float]], square: float) -> tuple[float, float]:
    """tr Σ and |G|², unbiased, from square norms of gradients of chunks (size, |g|²) and of all together; NaN with one chunk.

    A last chunk that is shorter than the others is left out of the mean over chunks.
    """
    b, whole = chunks[0][0], sum(size for size, _ in chunks)
    alike = [found for size, found in chunks if size == b]
    if len(chunks) < 2:
        return math.nan, math.nan
    small = sum(alike) / len(alike)
    return (small - square) / (1 / b - 1 / whole), (whole * square - b * small) / (whole - b)


class Line:
    """The loss along the last step and beyond."""

    name, passes, needs_before = "line", 4.0, True
    quantities: Mapping[str, tuple[str, str]] = {f"line_{place:g}": (
        f"loss at {place:g} of the last step" if place else "loss before the last step", "") for place in PLACES}

    def __call__(self, view: View) -> dict[str, float]:
        """A pass a place."""
        return {f"line_{place:g}": view.along(place) for place in PLACES} if view.before is not None else {}


class Critical:
    """The shortest step along the last update that raises the loss of the fixed examples."""

    name, passes, needs_before = "critical", 6.0, True
    quantities: Mapping[str, tuple[str, str]] = {
        "critical_step": ("shortest step along the last update that raises the loss, in updates", ""),
        "critical_sharpness": ("critical sharpness 2/η_c along the update (directional)", "")}

    def __init__(self) -> None:
        self._last = 1.0

    def __call__(self, view: View) -> dict[str, float]:
        """About six passes."""
        if view.before is None or not length(view.update()) > 0:
            return {}
        found = critical_step(view.along, first=self._last)
        if 0 < found < math.inf:
            self._last = found
        rates = {view.training.rate(k) for k, group in enumerate(view.training.groups) if group.names}
        values = {"critical_step": found}
        if len(rates) == 1 and math.isfinite(found):  # with several rates a step has no single η
            rate = rates.pop()
            values["critical_sharpness"] = 2 / (found * rate) if found * rate else math.inf
        return values


def critical_step(loss: Callable[[float], float], *, first: float = 1.0) -> float:
    """The shortest step s, in units of the update, with ``loss(s) > loss(0)``: doubling or halving from ``first``, then bisection.

    The geometric middle of a bracket that is 2^(1/8) wide; infinity where no step up to 2^10 of ``first`` raises the loss, 0 where every
    one down to 2^-10 of it does; NaN where the loss is. A loss that rises and falls again within a bracket is not told apart.
    """
    start = loss(0.0)
    if not math.isfinite(start):
        return math.nan

    def rises(step: float) -> bool:
        return not loss(step) <= start  # NaN has risen

    low = high = first
    if rises(first):
        for _ in range(DOUBLINGS):
            low = high / 2
            if not rises(low):
                break
            high = low
        else:
            return 0.0
    else:
        for _ in range(DOUBLINGS):
            high = low * 2
            if rises(high):
                break
            low = high
        else:
            return math.inf
    for _ in range(BISECTIONS):
        middle = math.sqrt(low * high)
        low, high = (low, middle) if rises(middle) else (middle, high)
    return math.sqrt(low * high)


class Rates:
    """The learning rate, and the temperature of SGD."""

    name, passes, needs_before = "rates", 0.01, False

    def __init__(self) -> None:
        self.quantities: dict[str, tuple[str, str]] = {
            "lr": ("learning rate", ""), "temperature": ("temperature η/(B(1 − β)) of SGD; η/B of other optimizers", "1/examples")}

    def __call__(self, view: View) -> dict[str, float]:
        """No pass over data."""
        groups = [k for k, group in enumerate(view.training.groups) if group.names] or list(range(len(view.training.groups)))
        rates = {k: view.training.rate(k) for k in groups}  # of all, where it is the coordinates of a family that are trained
        found = {"lr": rates[groups[0]], "temperature": temperature(view, groups[0])}
        if len(set(rates.values())) > 1:
            for k in groups[1:]:
                self.quantities.setdefault(f"lr_{k}", (f"learning rate of parameter group {k}", ""))
                found[f"lr_{k}"] = rates[k]
        return found


def temperature(view: View, group: int = 0) -> float:
    """η/B, of SGD with momentum β and dampening τ that of the rate at which a gradient acts in the end, η(1 − τ)/(1 − β).

    Mandt et al. 2017, Smith and Le 2018. Of another optimizer η/B: comparable only among its own runs.
    """
    options, rate = view.training.groups[group].options, view.training.rate(group)
    beta, dampening = (float(options.get(key, 0.0) or 0.0) for key in ("momentum", "dampening"))
    if view.training.optimizer == "SGD" and beta:
        rate *= (1 - dampening) / (1 - beta)
    return rate / view.training.batch
