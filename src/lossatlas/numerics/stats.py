"""Means over examples from sums: everything additive is a sum and a count, divided once, at the end.

Batches, shards and ranks of any size then simply add. For values v_i with weights w_i (token losses: w = number of
tokens) the estimate is the ratio Σ w_i v_i / Σ w_i, and its standard error over examples that of a ratio estimator
(Cochran, Sampling Techniques, 1977, eq. 2.46 without finite-population correction):
√(n/(n−1) · Σ (w_i (v_i − mean))²) / Σ w_i, which is s/√n for equal weights.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

#: Disjoint groups of examples (number i belongs to group i mod GROUPS) whose sums are kept apart: the standard error of
#: any function of the surface follows by leaving one group out at a time (delete-a-group jackknife; Kott 2001 takes
#: 15 groups, which gives the error to about 18 %).
GROUPS = 16


class Stats(dict[str, Tensor]):
    """Named float64 sums. ``a + b`` adds them name by name."""

    def __add__(self, other: Stats) -> Stats:
        return Stats({name: value + other[name] for name, value in self.items()})


def sums(name: str, values: Tensor, weights: Tensor | None = None) -> Stats:
    """The sums that :func:`mean` and :func:`stderr` need; ``values`` and ``weights`` have shape (n,)."""
    v = values.detach().to(torch.float64)
    if weights is None:
        n = torch.tensor(float(v.numel()), dtype=torch.float64, device=v.device)
        total, square = v.sum(), torch.dot(v, v)
        return Stats({f"{name}:wv": total, f"{name}:w": n, f"{name}:n": n, f"{name}:wvwv": square,
                      f"{name}:wvw": total, f"{name}:ww": n})
    w = weights.detach().to(torch.float64)
    wv = torch.where(w == 0, 0.0, w * v)
    n = torch.tensor(float(v.numel()), dtype=torch.float64, device=v.device)
    return Stats({f"{name}:wv": wv.sum(), f"{name}:w": w.sum(), f"{name}:n": n, f"{name}:wvwv": torch.dot(wv, wv),
                  f"{name}:wvw": torch.dot(wv, w), f"{name}:ww": torch.dot(w, w)})


def group_sums(name: str, values: Tensor, weights: Tensor | None, start: int) -> Stats:
    """Sums of w·v and of w per group of examples, shape (GROUPS,); example i of the batch is number ``start + i``."""
    v = values.detach().to(torch.float64)
    before, after = start % GROUPS, -(start + v.numel()) % GROUPS
    if weights is None and not before and not after:  # most batches: as many examples in every group
        whole = v.reshape(-1, GROUPS)
        return Stats({f"{name}:group_wv": whole.sum(0), f"{name}:group_w": v.new_full((GROUPS,), len(whole))})
    if weights is None:
        number = torch.arange(GROUPS, device=v.device)
        counts = (before + v.numel() + after) // GROUPS - (number < before).to(torch.float64) - (number >= GROUPS - after).to(torch.float64)
        cut = torch.cat([v.new_zeros(before), v, v.new_zeros(after)]).reshape(-1, GROUPS).sum(0)
        return Stats({f"{name}:group_wv": cut, f"{name}:group_w": counts})
    w = weights.detach().to(torch.float64)
    wv = torch.where(w == 0, 0.0, w * v)
    pair = torch.stack([wv, w])
    cut = torch.cat([pair.new_zeros(2, before), pair, pair.new_zeros(2, after)], 1).reshape(2, -1, GROUPS).sum(1)
    return Stats({f"{name}:group_wv": cut[0], f"{name}:group_w": cut[1]})


def class_sums(name: str, values: Tensor, weights: Tensor | None, labels: Tensor, classes: int) -> Stats:
    """The sums of :func:`sums` within every class, each of shape (classes,); ``labels`` (n,), those below 0 in no class."""
    v = values.detach().to(torch.float64)
    w = torch.ones_like(v) if weights is None else weights.detach().to(torch.float64)
    wv = torch.where(w == 0, 0.0, w * v)
    columns = {"wv": wv, "w": w, "n": torch.ones_like(v), "wvwv": wv * wv, "wvw": wv * w, "ww": w * w}
    member = labels == torch.arange(classes, device=labels.device)[:, None]  # (classes, n); no scatter, whose order a GPU leaves open
    return Stats({f"{name}:{key}": torch.where(member, column, 0.0).sum(1) for key, column in columns.items()})


def metric_values(
    name: str, metric: Callable[[Any, Any], Any], outputs: Any, targets: Any, n: int, device: torch.device,
) -> tuple[Tensor, Tensor | None, bool]:
    """A metric's values (n,), weights (n,) or None, and whether the values are those of examples.

    A metric may answer values (n,), (values, weights), or one mean of the batch, which stands for every example of it. One
    that fails gives NaN (with a warning): it may never break the loss.
    """
    nothing = torch.full((n,), torch.nan, dtype=torch.float64, device=device)
    if outputs is None:
        return nothing, None, True
    try:
        answer = metric(outputs, targets)
        values, weights = answer if isinstance(answer, tuple) else (answer, None)
        values = torch.as_tensor(values, device=device).detach().to(torch.float64)
        if values.ndim == 0:
            return values.expand(n), None, False
        if values.shape != (n,) or (weights is not None and weights.shape != (n,)):
            raise ValueError(f"it returned shape {tuple(values.shape)}; expected ({n},), (values, weights) or one number")
    except Exception as error:
        warnings.warn(f"metric {name!r} failed and is NaN: {type(error).__name__}: {error}", stacklevel=2)
        values, weights = nothing, None
    return values, weights, True


def metric_sums(name: str, values: Tensor, weights: Tensor | None, of_examples: bool) -> Stats:
    """A metric's sums; of means of batches the spread over examples is unknown, so the standard error is NaN."""
    total = sums(name, values, weights)
    return total if of_examples else Stats({**total, f"{name}:wvwv": torch.full_like(total[f"{name}:wvwv"], torch.nan)})


def mean(stats: Stats, name: str) -> Tensor:
    """Σ w v / Σ w, shape (), or of :func:`class_sums` (classes,): NaN for classes without examples."""
    return stats[f"{name}:wv"] / stats[f"{name}:w"]


def stderr(stats: Stats, name: str) -> Tensor:
    """Standard error of :func:`mean` over examples, of its shape; NaN for a single example.

    From sums of squares in float64: errors below about 1e-8 of the mean are lost in rounding.
    """
    m, n = mean(stats, name), stats[f"{name}:n"]
    spread = stats[f"{name}:wvwv"] - 2 * m * stats[f"{name}:wvw"] + m * m * stats[f"{name}:ww"]
    # cancellation can leave a spread of rounding size below zero; NaN passes through clamp
    return torch.sqrt(n / (n - 1) * spread.clamp(min=0)) / stats[f"{name}:w"]


def group_means(stats: Stats, name: str) -> Tensor:
    """Mean within every group, shape (GROUPS,); NaN for groups without examples."""
    return stats[f"{name}:group_wv"] / stats[f"{name}:group_w"]
