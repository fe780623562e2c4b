"""Losses per example, for outputs of every common form.

A loss of lossatlas returns one number per example, shape (n,), or ``(losses, weights)``, both (n,), where examples
count unequally: tokens of a sequence, labelled pixels of an image. The mean over the data is then Σ w l / Σ w, which is
what ``F.cross_entropy`` gives for one batch that holds everything.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from .data import targets_of
from .errors import InputError
from .names import LossName, choose
from .params import Params

LossFunction = Callable[[Any, Any], Tensor | tuple[Tensor, Tensor]]
Metric = Callable[[Any, Any], Any]
Penalty = float | Callable[[Params], Tensor]

#: The target value that is not counted (torch and Hugging Face).
IGNORE = -100


def logits_of(outputs: Any) -> Tensor:
    """The tensor in a network's answer: itself, ``.logits``, ``["logits"]``, or the first entry of a tuple."""
    if isinstance(outputs, Tensor):
        return outputs
    if isinstance(getattr(outputs, "logits", None), Tensor):
        return outputs.logits
    if isinstance(outputs, Mapping) and isinstance(outputs.get("logits"), Tensor):
        return outputs["logits"]
    if isinstance(outputs, tuple | list) and outputs and isinstance(outputs[0], Tensor):
        return outputs[0]
    raise InputError(f"the network returns a {type(outputs).__name__} without logits; expected a tensor, or write a loss of "
                     "your own: loss(outputs, targets) -> per-example losses (n,)")


def cross_entropy(outputs: Any, targets: Tensor) -> Tensor | tuple[Tensor, Tensor]:
    """Cross-entropy of logits (n, C) or (n, C, …); targets are classes (n,) or (n, …), or probabilities like the logits.

    With positions (pixels) an example is the mean over its counted ones, and its weight their number.
    """
    logits = logits_of(outputs)
    each = F.cross_entropy(logits, targets, reduction="none")  # (n, …)
    if targets.is_floating_point():
        return each.flatten(1).mean(1) if each.ndim > 1 else each
    if each.ndim == 1 and not bool((targets == IGNORE).any()):
        return each
    return _over_positions(each, targets != IGNORE)


def mse(outputs: Any, targets: Tensor) -> Tensor:
    """Squared error, mean over all dimensions but the first; outputs and targets of one shape (n, …)."""
    predicted = logits_of(outputs)
    if predicted.shape != targets.shape:
        raise InputError(f"mse: outputs have shape {tuple(predicted.shape)} and targets {tuple(targets.shape)}; expected "
                         "one shape (for (n, 1) outputs write y[:, None])")
    return (predicted - targets).square().flatten(1).mean(1) if predicted.ndim > 1 else (predicted - targets).square()


def bce(outputs: Any, targets: Tensor) -> Tensor:
    """Binary cross-entropy with logits, mean over all dimensions but the first; targets in [0, 1], shaped as outputs."""
    logits = logits_of(outputs)
    if logits.shape != targets.shape:
        raise InputError(f"bce: outputs have shape {tuple(logits.shape)} and targets {tuple(targets.shape)}; expected one "
                         "shape (for (n, 1) outputs write y[:, None])")
    each = F.binary_cross_entropy_with_logits(logits, targets.to(logits.dtype), reduction="none")
    return each.flatten(1).mean(1) if each.ndim > 1 else each


def causal_lm(outputs: Any, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Next-token cross-entropy: logits (n, T, V), labels (n, T) aligned with the inputs, −100 not counted.

    Position t predicts label t + 1 (the shift is made here, as in Hugging Face). An example is the mean over its
    tokens, and its weight their number.
    """
    logits = logits_of(outputs)
    each = F.cross_entropy(logits[:, :-1].transpose(1, 2), labels[:, 1:], reduction="none")  # (n, T-1)
    return _over_positions(each, labels[:, 1:] != IGNORE)


def _over_positions(each: Tensor, counted: Tensor) -> tuple[Tensor, Tensor]:
    wide = each.to(torch.float64) if each.dtype in (torch.float16, torch.bfloat16) else each  # 1,398 tokens are no bfloat16
    weights = counted.reshape(len(each), -1).sum(1).to(wide.dtype)
    total = torch.where(counted, wide, 0.0).reshape(len(each), -1).sum(1)
    return total / weights.clamp(min=1), weights


NAMED: dict[str, LossFunction] = {"cross_entropy": cross_entropy, "mse": mse, "bce": bce, "causal_lm": causal_lm}


def resolve(loss: LossName | LossFunction) -> tuple[str, LossFunction]:
    """Name and function of a loss. For dict batches a named loss finds ``labels`` (causal_lm: or ``input_ids``)."""
    for name, fn in NAMED.items():
        if loss is fn:  # la's own function is the same as its name, also for dict batches
            return name, _named(name)
    if callable(loss):
        name = getattr(loss, "__qualname__", type(loss).__qualname__)
        return (f"own {name}" if name in NAMED else name), loss
    name = choose(loss, LossName, "loss")
    return name, _named(name)


def _named(name: str) -> LossFunction:
    return partial(_per_example, name)  # not a closure: an objective can then be sent to a worker


def _per_example(name: str, outputs: Any, targets: Any) -> Tensor | tuple[Tensor, Tensor]:
    return NAMED[name](outputs, _labels(name, targets) if isinstance(targets, dict) else targets)


def _labels(name: str, batch: dict[str, Tensor]) -> Tensor:
    labels = targets_of(batch)
    if labels is None and name == "causal_lm" and "input_ids" in batch:
        labels = batch["input_ids"]
        if "attention_mask" in batch:
            labels = labels.masked_fill(batch["attention_mask"] == 0, IGNORE)
    if labels is None:
        raise InputError(f"loss {name!r} finds no targets in a dict batch with {sorted(batch)}; expected an entry 'labels'")
    return labels


def _check_probabilities(name: str, logits: Tensor, targets: Tensor) -> None:
    if targets.shape[1:] != logits.shape[1:]:
        raise InputError(f"{name}: targets are {targets.dtype} of shape {tuple(targets.shape)}; expected classes: write y.long(), or "
                         f"probabilities shaped as the outputs, (n, {', '.join(map(str, logits.shape[1:]))})")
    if bool((targets < 0).any()) or not torch.allclose(targets.sum(1), torch.ones_like(targets.sum(1)), atol=1e-3):
        raise InputError(f"{name}: targets are {targets.dtype} but no probabilities (they run from {float(targets.min()):g} to "
                         f"{float(targets.max()):g}); expected rows that sum to 1, or classes: write y.long()")


def check_targets(name: str, outputs: Any, targets: Any) -> None:
    """Refuse class targets that the network has no output for, before a kernel fails or answers nonsense.

    Raises:
        InputError: with the range found and the range expected.
    """
    if name == "bce" and isinstance(targets, Tensor) and targets.numel():
        low, high = float(targets.min()), float(targets.max())
        if not (low >= 0 and high <= 1):
            raise InputError(f"bce: targets run from {low:g} to {high:g}; expected 0 to 1: write (y == 1).float() for classes")
    if name not in ("cross_entropy", "causal_lm") or not isinstance(targets, Tensor):
        return
    logits = logits_of(outputs)
    if targets.is_floating_point():
        _check_probabilities(name, logits, targets)
        return
    if logits.ndim < 2:
        raise InputError(f"{name}: the network returns shape {tuple(logits.shape)} for several examples; expected logits (n, classes), "
                         "or for one output per example loss='bce' or 'mse'")
    classes = logits.shape[-1 if name == "causal_lm" else 1]
    if classes == 1:
        raise InputError(f"{name}: the network has one output, whose softmax is always 1; expected loss='bce' (targets y.float()[:, None]) "
                         "or 'mse'")
    if targets.dtype != torch.int64:
        raise InputError(f"class targets have dtype {targets.dtype}; expected torch.int64: write y.long()")
    counted = targets[targets != IGNORE]
    if counted.numel() and (int(counted.min()) < 0 or int(counted.max()) >= classes):
        raise InputError(f"targets run from {int(counted.min())} to {int(counted.max())} but the network has {classes} "
                         f"outputs; expected 0 to {classes - 1} (or {IGNORE} for positions not counted)")


def check_penalty(penalty: Any) -> None:
    """Refuse what is no penalty."""
    number = isinstance(penalty, int | float) and not isinstance(penalty, bool) and 0 <= penalty < float("inf")
    if penalty is not None and not number and not callable(penalty):
        raise InputError(f"penalty is {penalty!r}; expected a number λ ≥ 0 (adds ½·λ·‖θ‖²), a function of the point, or None")


def penalty_at(penalty: Penalty, own: Params) -> Tensor:
    """The penalty of parameters: ½·λ·‖θ‖², or what the function says; shape (), float64."""
    if callable(penalty):
        return torch.as_tensor(penalty(own)).to(torch.float64)
    squares = torch.stack([(torch.view_as_real(t) if t.is_complex() else t).to(torch.float64).square().sum() for t in own.values()])
    return 0.5 * float(penalty) * squares.sum()


def per_example(name: str, answer: Any, size: int) -> tuple[Tensor, Tensor | None]:
    """What a loss answered for ``size`` examples, as losses (size,) and weights (size,) or None.

    Raises:
        InputError: other shapes.
    """
    losses, weights = answer if isinstance(answer, tuple) else (answer, None)
    if not isinstance(losses, Tensor) or losses.shape != (size,):
        shape = tuple(losses.shape) if isinstance(losses, Tensor) else type(losses).__name__
        hint = "reduction='none'" if shape == () else "the mean over all but the first dimension"
        raise InputError(f"loss {name!r} returned {shape} for {size} examples; expected per-example losses of shape ({size},): "
                         f"write {hint}")
    if weights is not None and (not isinstance(weights, Tensor) or weights.shape != (size,)):
        shape = tuple(weights.shape) if isinstance(weights, Tensor) else type(weights).__name__
        raise InputError(f"loss {name!r} returned weights {shape} for {size} examples; expected one weight per example, shape ({size},)")
    return losses, weights


def checked_metrics(metrics: Any) -> dict[str, Metric]:
    """Metrics by name; a name that a result uses itself would be overwritten."""
    if not isinstance(metrics, Mapping) or not all(callable(metric) for metric in metrics.values()):
        raise InputError(f"metrics is {metrics!r}; expected a dict of functions: {{'accuracy': la.metrics.accuracy}}")
    for name in metrics:
        own = name in ("loss", "loss_groups", "penalty", "negative_variance", "done", "weights") or str(name).endswith("_stderr")
        if not isinstance(name, str) or not name.isidentifier() or own or name.startswith("center_"):
            raise InputError(f"metrics has the name {name!r}, which a result cannot take or uses itself; expected a name such as "
                             "'accuracy'")
    return dict(metrics)
