"""Fewer examples, drawn from a seed: with equal numbers per class, and in their order."""

import torch
from torch import Tensor

from .data import Batches
from .errors import InputError
from .seeds import generator


def balanced_subset(targets: Tensor, count: int, *, seed: int = 0) -> Tensor:
    """Sorted positions of ``count`` examples, drawn with equal numbers per class as far as the classes have them.

    The numbers of two classes differ by more than one only where the smaller one is used up. With one seed, the
    examples of a smaller count are among those of a larger one.

    Args:
        targets: labels (N,), whole numbers.
        count: 1 to N.
        seed: another seed draws other examples.

    Returns:
        int64 positions (count,), ascending.

    Raises:
        InputError: for a count outside 1 to N, or targets that are not one whole number per example.
    """
    if targets.ndim != 1 or targets.is_floating_point() or targets.is_complex():
        raise InputError(
            f"targets are {targets.dtype} of shape {tuple(targets.shape)}; a balanced subset needs one label each"
        )
    if not 1 <= count <= len(targets):
        raise InputError(f"examples is {count}; expected 1 to {len(targets)}, the examples there are")
    labels, inverse = targets.cpu().unique(return_inverse=True)
    order = torch.empty(len(targets), dtype=torch.int64)  # when an example's turn comes
    turn = torch.randperm(len(labels), generator=generator(seed, "subset", "classes"))
    for number, label in enumerate(labels.tolist()):
        members = (inverse == number).nonzero().flatten()
        draw = torch.randperm(len(members), generator=generator(seed, "subset", label))
        order[members[draw]] = torch.arange(len(members)) * len(labels) + turn[number]
    return order.argsort()[:count].sort().values


def subset(data: Batches, count: int, *, seed: int) -> Batches:
    """A seeded subset of ``count`` examples, class-balanced where the targets are classes; the order is kept.

    Raises:
        InputError: for a count outside 1 to the number of examples.
    """
    targets = data.targets()
    if targets is not None and targets.ndim == 1 and not targets.is_floating_point():
        return data.take(balanced_subset(targets.cpu(), count, seed=seed))
    if not 1 <= count <= data.n_examples:
        raise InputError(f"examples is {count}; expected 1 to {data.n_examples}")
    chosen = torch.randperm(data.n_examples, generator=generator(seed, "subset"))[:count]
    return data.take(chosen.sort().values)
