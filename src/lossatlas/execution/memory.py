"""Out of memory: what it looks like, and what follows from it.

Evaluating fewer examples at a time changes no value, so a batch that does not fit is cut in two; but where a layer normalizes by the
batch, its size is part of the definition, and the answer is an error that says so.
"""

from __future__ import annotations

from typing import Any

import torch

from ..errors import LossAtlasError
from ..layout import normalizes_by_batch


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, on any device."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    words = ("not enough memory", "DefaultCPUAllocator", "out of memory")
    return isinstance(error, RuntimeError) and any(word in str(error) for word in words)


def by_batch(objective: Any) -> bool:
    """Whether the batch size is part of an objective's definition."""
    statistics = objective.has_batchnorm and objective.bn in ("batch", "recompute")
    return bool(statistics or objective.in_training or normalizes_by_batch(objective.module))


def refused(objective: Any, size: int) -> LossAtlasError:
    """The error where memory ran out and nothing may be made smaller."""
    if by_batch(objective):
        how = f"bn={objective.bn!r}" if objective.has_batchnorm else "a layer that normalizes by the batch"
        return LossAtlasError(f"out of memory on a batch of {size} examples under {how}, where the batch size is part of the definition "
                              "and is never changed; write a smaller batch_size (--batch-size), which is another definition, or use a "
                              "device with more memory")
    if not objective.data.stackable and size > 1:
        return LossAtlasError(f"out of memory on a batch of {size} examples; the batches have different shapes and cannot be cut anew: "
                              "write a loader with a smaller batch_size")
    return LossAtlasError("out of memory on a single example; expected a device with more memory, or a smaller network")
