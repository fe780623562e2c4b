"""ε-sharpness: how far the loss rises in a small box around a point (Keskar et al. 2017, metric 2.1; METHODS B2, 3.1).

    φ(ε, A) = 100 · (max over y in C_ε of f(x + Ay) − f(x)) / (1 + f(x)),     C_ε = {y: |y_i| ≤ ε(|(A⁺x)_i| + 1)}

in the full space (A = I) or in the range of a random matrix A of shape (n, 100), here of standard normal entries, approached by ten
iterations of L-BFGS-B on the whole data. What the paper leaves open is said here: y = 0 is a stationary point at a minimum, so the search
starts beside it, at a small random y or by a small step along the gradient; and scipy's stopping tolerances, under which nothing moves at
a flat minimum, are off. The search runs in units of the box, with the loss scaled so that its first slope is 1 in the mean: the scale of
loss and box then changes nothing. The +1 gives the box an absolute size where weights are small: the same function with rescaled weights
has another sharpness (Dinh et al. 2017).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor

from ..errors import InputError
from ..names import choose
from ..seeds import check_seed, generator
from .record import Measure
from .surface import Surface, count, mean_and_error, positive

Start = Literal["gradient", "random"]

#: Where the search starts, as a share of the box.
_OFF_CENTRE = 0.01
#: The maximum has settled where the last iteration added less than this share of the rise.
_SETTLED = 0.01


def keskar(
    objective: Any, *, point: Mapping[str, Tensor] | None = None, epsilon: float = 1e-3, dims: int | None = None, runs: int | None = None,
    start: Start = "random", iterations: int = 10, seed: int = 0,
) -> Measure:
    """ε-sharpness φ of a point (×100), mean over runs.

    Args:
        epsilon: size of the box; the paper has 1e-3 and 5e-4.
        dims: None for the full space, else the columns of A (8 bytes an entry in memory); the paper has 100.
        runs: independent random A, or random starts in the full space (default: 5 as in the paper, and 1).
        start: ``random``: a seeded uniform y within 1 % of the box; ``gradient``: 1 % of the box along the gradient.
        iterations: of L-BFGS-B.

    Returns:
        ``value`` mean and ``stderr`` over runs, ``low`` and ``high`` the smallest and largest of them; ``details``: ``std``, ``runs``.
        ``converged``: in every run the last iteration added less than 1 %.

    Raises:
        InputError: an option out of range, 1 + f(x) not positive.
    """
    epsilon, dims = positive(epsilon, "epsilon", "e.g. 1e-3"), None if dims is None else count(dims, "dims")
    choose(start, Start, "start")
    runs = (1 if dims is None else 5) if runs is None else count(runs, "runs")
    iterations, surface = count(iterations, "iterations"), Surface(objective, point)
    if not 1 + surface.value > 0:
        raise InputError(f"the loss is {surface.value:g}, and sharpness divides by 1 + loss; expected a loss above -1")
    found = [_run(surface, epsilon, dims, start, iterations, generator(check_seed(seed), "keskar", dims, run)) for run in range(runs)]
    values = [value for value, _ in found]
    mean, error = mean_and_error(values)
    settings = {"epsilon": epsilon, "space": "full" if dims is None else f"random {dims}", "runs": runs, "start": start,
                "iterations": iterations, "seed": seed}
    details = {"runs": values, "std": error * math.sqrt(runs), "loss": surface.value}
    return Measure(mean, error, min(values), max(values), all(settled for _, settled in found), settings, details, surface.losses,
                   surface.gradients)


def _run(
    surface: Surface, epsilon: float, dims: int | None, start: Start, iterations: int, draws: torch.Generator,
) -> tuple[float, bool]:
    """One maximization: the sharpness, and whether it settled."""
    x = surface.flat(surface.centre)
    # standard normal entries are the paper's "randomly generated columns": steps of A y are then of the size of those of the full space
    matrix = None if dims is None else torch.randn(len(x), dims, generator=draws, dtype=torch.float64)
    inner = x if matrix is None else torch.linalg.solve(matrix.T @ matrix, matrix.T @ x)  # A⁺x
    box = epsilon * (inner.abs() + 1)

    def rise(z: Tensor) -> tuple[float, Tensor]:
        """f(x + Ay) − f(x) and its slope in z, where y is z boxes."""
        y = box * z
        value, slopes = surface.gradient(surface.step(y if matrix is None else matrix @ y))
        slope = surface.flat(slopes)
        return value - surface.value, box * (slope if matrix is None else matrix.T @ slope)

    first = torch.rand(len(box), generator=draws, dtype=torch.float64) * 2 - 1
    if start == "gradient":
        first = rise(torch.zeros_like(box))[1]
    highest, before = _climbed(rise, _OFF_CENTRE * first / first.abs().max().clamp(min=1e-300), iterations)
    settled = highest > 0 and highest - before <= _SETTLED * highest
    return 100 * max(highest, 0.0) / (1 + surface.value), settled


def _climbed(rise: Callable[[Tensor], tuple[float, Tensor]], first: Tensor, iterations: int) -> tuple[float, float]:
    """The highest rise within the box, and that before the last iteration (the same where the search ended by itself); or NaN."""
    scale = float(rise(first)[1].abs().mean())
    if not 0 < scale < math.inf:
        return (0.0 if scale == 0 else math.nan), math.inf
    best, history = -math.inf, []

    def falling(z: np.ndarray) -> tuple[float, np.ndarray]:
        nonlocal best
        value, slope = rise(torch.from_numpy(z))
        best = max(best, value) if value == value else math.nan
        return -value / scale, (-slope / scale).numpy()

    end = minimize(falling, first.numpy(), jac=True, method="L-BFGS-B", bounds=[(-1.0, 1.0)] * len(first),
                   callback=lambda _: history.append(best), options={"maxiter": iterations, "ftol": 0.0, "gtol": 0.0})
    return best, best if end.nit < iterations else history[-2] if len(history) > 1 else -math.inf
