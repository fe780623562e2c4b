"""The first batches of a training loader, fixed for a whole run, without touching the loader: what callbacks measure on.

A loader that is iterated moves: its sampler draws from generators, its workers start, a persistent iterator begins anew. So nothing is
iterated here but a copy of the sampler; items are taken from the data set itself and stacked by the loader's own function, and the
process-wide generators are as they were afterwards. Random augmentation is frozen at one draw.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..errors import InputError

if TYPE_CHECKING:
    import torch
    from torch.utils.data import DataLoader


def first_batches(loader: Any, count: int = 1, *, seed: int = 0) -> list[Any]:
    """Batches of a DataLoader, as it would give them to a network; the loader, its sampler and all generators stay as they are.

    Args:
        count: how many.
        seed: of which examples a sampler that shuffles draws, and of random augmentation.

    Raises:
        InputError: no DataLoader, an iterable data set (which can be read only once), or no batches.
    """
    from torch.utils.data import DataLoader, IterableDataset

    from ..seeds import fixed_rng

    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise InputError(f"batches is {count!r}; expected a whole number of at least 1")
    if not isinstance(loader, DataLoader):
        raise InputError(f"the training data are a {type(loader).__name__}; expected a DataLoader, or give the callback an objective")
    if isinstance(loader.dataset, IterableDataset):
        raise InputError("the training data are an IterableDataset, which training itself reads; give the callback batches of its own: "
                         "batches=[batch]")
    sampler = loader.batch_sampler if loader.batch_sampler is not None else loader.sampler
    with fixed_rng(seed, "integrations", "batches"):
        own = copy.deepcopy(sampler, {id(loader.dataset): loader.dataset})  # whatever it counts or draws, it does in the copy
        found = [_fetched(loader, indices) for indices in islice(iter(own), count)]
    if not found:
        raise InputError("the training DataLoader has no batches; expected at least 1")
    return found


def _fetched(loader: DataLoader, indices: Any) -> Any:
    """One batch, as a worker of the loader would make it."""
    data = loader.dataset
    if loader.batch_sampler is None:
        return loader.collate_fn(data[indices])
    many = getattr(data, "__getitems__", None)
    return loader.collate_fn(many(list(indices)) if callable(many) else [data[k] for k in indices])


def plain(batch: Any) -> Any:
    """A batch as an objective takes it: a dict of tensors, or a tuple of them.

    Raises:
        InputError: something else.
    """
    from torch import Tensor

    if isinstance(batch, Mapping):
        tensors = {str(key): value for key, value in batch.items() if isinstance(value, Tensor)}
        if tensors:
            return tensors
    elif isinstance(batch, tuple | list) and len(batch) > 1 and all(isinstance(part, Tensor | dict) for part in batch):
        return tuple(batch)
    raise InputError(f"a training batch is a {type(batch).__name__}; expected (inputs, targets) or a dict of tensors, or give the callback "
                     "an objective")


def on(device: torch.device, value: Any) -> Any:
    """A batch on a device."""
    if hasattr(value, "to"):
        return value.to(device)
    if isinstance(value, Mapping):
        return {key: on(device, part) for key, part in value.items()}
    return tuple(on(device, part) for part in value) if isinstance(value, tuple | list) else value
