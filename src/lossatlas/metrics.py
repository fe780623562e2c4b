"""Metrics: values per example of a network's answer, apart from the loss.

A metric is any function ``(outputs, targets) -> values (n,)``, or one mean; torchmetrics' functional ones work. For dict
batches ``targets`` is the batch.
"""

from typing import Any

import torch
from torch import Tensor

from .data import targets_of
from .errors import InputError
from .losses import IGNORE, logits_of
from .names import suggest


def accuracy(outputs: Any, targets: Any) -> Tensor:
    """Share of right answers per example, in [0, 1], shape (n,).

    Logits (n, C) against classes (n,); (n, C, …) against (n, …): the share of counted positions; (n,) or (n, 1) logits
    against {0, 1}: the sign.
    """
    logits = logits_of(outputs)
    targets = targets_of(targets) if isinstance(targets, dict) else targets
    if targets.is_floating_point() and targets.shape == logits.shape:
        return ((logits > 0) == (targets > 0.5)).reshape(len(targets), -1).double().mean(1)
    if targets.is_floating_point() or logits.ndim < 2:
        raise InputError(f"accuracy: outputs {tuple(logits.shape)} against targets {tuple(targets.shape)} "
                         f"{str(targets.dtype).removeprefix('torch.')}; expected logits (n, C) and classes (n,)")
    counted = targets != IGNORE
    right = (logits.argmax(1) == targets) & counted
    return right.reshape(len(targets), -1).sum(1).double() / counted.reshape(len(targets), -1).sum(1).clamp(min=1)


def token_accuracy(outputs: Any, targets: Any) -> Tensor:
    """Share of next tokens guessed right per sequence, shape (n,): logits (n, T, V), labels (n, T) aligned with inputs."""
    labels = targets_of(targets) if isinstance(targets, dict) else targets
    counted = labels[:, 1:] != IGNORE
    right = (logits_of(outputs)[:, :-1].argmax(-1) == labels[:, 1:]) & counted
    return right.sum(1).double() / counted.sum(1).clamp(min=1)


def error(outputs: Any, targets: Any) -> Tensor:
    """1 − :func:`accuracy`."""
    return torch.ones(()) - accuracy(outputs, targets)


NAMED = {"accuracy": accuracy, "error": error, "token_accuracy": token_accuracy}


def named(name: str) -> Any:
    """The metric of this name (accuracy, error, token_accuracy)."""
    if name not in NAMED:
        raise InputError(f"metric is {name!r}; expected one of {', '.join(NAMED)}{suggest(name, NAMED)}")
    return NAMED[name]
