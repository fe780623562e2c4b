"""Metrics: values per example of a network's answer, apart from the loss.

A metric is any function ``(outputs, targets) -> values (n,)``, ``(values, weights)``, or one mean (torchmetrics'
functional ones work; their standard error is NaN). For dict batches ``targets`` is the batch.
"""

from typing import Any

from torch import Tensor

from .data import targets_of
from .errors import InputError
from .losses import IGNORE, logits_of
from .names import suggest


def accuracy(outputs: Any, targets: Any) -> Tensor | tuple[Tensor, Tensor]:
    """Share of right answers per example, in [0, 1], shape (n,).

    Logits (n, C) against classes (n,); (n, C, …) against (n, …): the share of counted positions, with their number as
    weight; logits of the targets' shape against {0, 1}: the sign.
    """
    logits = logits_of(outputs)
    targets = targets_of(targets) if isinstance(targets, dict) else targets
    if targets.is_floating_point() and targets.shape == logits.shape and bool(((targets == 0) | (targets == 1)).all()):
        return ((logits > 0) == (targets > 0.5)).reshape(len(targets), -1).double().mean(1)
    if targets.is_floating_point() or logits.ndim < 2:
        raise InputError(f"accuracy: outputs {tuple(logits.shape)} against targets {tuple(targets.shape)} "
                         f"{str(targets.dtype).removeprefix('torch.')}; expected logits (n, C) and classes (n,)")
    right = logits.argmax(1) == targets
    if right.ndim == 1 and not bool((targets == IGNORE).any()):
        return right.double()
    return _over_positions(right, targets != IGNORE)


def token_accuracy(outputs: Any, targets: Any) -> tuple[Tensor, Tensor]:
    """Share of next tokens guessed right per sequence, and their number, both (n,): logits (n, T, V), labels (n, T)."""
    labels = targets_of(targets) if isinstance(targets, dict) else targets
    return _over_positions(logits_of(outputs)[:, :-1].argmax(-1) == labels[:, 1:], labels[:, 1:] != IGNORE)


def error(outputs: Any, targets: Any) -> Tensor | tuple[Tensor, Tensor]:
    """1 − :func:`accuracy`."""
    answer = accuracy(outputs, targets)
    return (1 - answer[0], answer[1]) if isinstance(answer, tuple) else 1 - answer


def _over_positions(right: Tensor, counted: Tensor) -> tuple[Tensor, Tensor]:
    weights = counted.reshape(len(counted), -1).sum(1).double()
    return (right & counted).reshape(len(counted), -1).sum(1).double() / weights.clamp(min=1), weights


NAMED = {"accuracy": accuracy, "error": error, "token_accuracy": token_accuracy}


def named(name: str) -> Any:
    """The metric of this name (accuracy, error, token_accuracy)."""
    if name not in NAMED:
        raise InputError(f"metric is {name!r}; expected one of {', '.join(NAMED)}{suggest(name, NAMED)}")
    return NAMED[name]
