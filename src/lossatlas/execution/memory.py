"""Out of memory: what it looks like, and what follows from it.

Evaluating fewer examples at a time changes no value, so a batch that does not fit is cut in two; but where a layer normalizes by the
batch, or a metric answers one number for it, its size is part of the definition, and the answer is an error that says so.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

import torch

from ..data import examples
from ..errors import LossAtlasError
from ..layout import normalizes_by_batch
from ..network import copied, head
from ..numerics.stats import metric_values
from ..seeds import fixed_rng

#: Examples on which a metric shows what it answers.
FEW = 4
#: Metrics that answer one number for a batch, by objective: asked once.
_MEANS: WeakKeyDictionary[Any, tuple[str, ...]] = WeakKeyDictionary()


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, on any device."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    words = ("not enough memory", "DefaultCPUAllocator", "out of memory")
    return isinstance(error, RuntimeError) and any(word in str(error) for word in words)


def by_batch(objective: Any) -> bool:
    """Whether the batch size is part of the definition of an objective's loss."""
    statistics = objective.has_batchnorm and objective.bn in ("batch", "recompute")
    return bool(statistics or objective.in_training or normalizes_by_batch(objective.module))


def in_large_batches(objective: Any, at_once: int = 1024) -> Any:
    """The same objective in larger batches than those of training, where these define nothing."""
    size = min(objective.data.n_examples, at_once)
    if by_batch(objective) or not objective.data.stackable or objective.data.sizes[0] >= size:
        return objective
    return objective.with_data(objective.data, batch_size=size)


def keeps_batches(objective: Any) -> str:
    """Why an objective is evaluated in its own batches only, in words; empty where these may be cut anew."""
    if by_batch(objective):
        return f"bn={objective.bn!r}" if objective.has_batchnorm else "a layer that normalizes by the batch"
    means = means_of_batches(objective)
    return f"the metric {means[0]!r}, which answers one number for a batch" if means else ""


def means_of_batches(objective: Any) -> tuple[str, ...]:
    """Names of the metrics that answer one number for a batch instead of one for every example, as they do on a few examples."""
    unknown = {name: metric for name, metric in objective.metrics.items() if getattr(metric, "__module__", "") != "lossatlas.metrics"}
    if not unknown:
        return ()
    if objective not in _MEANS:
        value = next(iter(objective.data)).value
        few = copied(head(value, min(FEW, examples(value))))
        view = replace(objective, forward=None, penalty=None)
        with torch.no_grad(), fixed_rng(0, "forward"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a metric that fails the evaluation warns
            outputs = view._call(view.prepare(view.point()).tensors, few)
            target = few if isinstance(few, dict) else few[-1]
            n, device = examples(few), objective.device
            each = {name: metric_values(name, metric, outputs, target, n, device)[2] for name, metric in unknown.items()}
        _MEANS[objective] = tuple(name for name, of_examples in each.items() if not of_examples)
    return _MEANS[objective]


def refused(objective: Any, size: int) -> LossAtlasError:
    """The error where memory ran out and nothing may be made smaller."""
    if how := keeps_batches(objective):
        return LossAtlasError(f"out of memory on a batch of {size} examples under {how}, where the batch size is part of the definition "
                              "and is never changed; write a smaller batch_size (--batch-size), which is another definition, or use a "
                              "device with more memory")
    if not objective.data.stackable and size > 1:
        return LossAtlasError(f"out of memory on a batch of {size} examples; the batches have different shapes and cannot be cut anew: "
                              "write a loader with a smaller batch_size")
    return LossAtlasError("out of memory on a single example; expected a device with more memory, or a smaller network")
