"""The best assignment: which of n things here belongs to which of n things there (Kuhn 1955), and assignments within assignments.

``assign`` maximises the sum of similarities over all permutations exactly. Where things have parts that may be assigned anew within each
(heads of attention and the dimensions within them), two things are as similar as their parts are under the best assignment of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from ..errors import InputError

#: A name for each level, outermost first, and similarities of shape (n_1, …, n_k, n_1, …, n_k).
Similarity = tuple[tuple[int, ...], Tensor]


def assign(similarity: Tensor) -> Tensor:
    """The permutation p of largest sum of ``similarity[i, p[i]]``, shape (n,).

    Raises:
        InputError: not a square matrix of finite numbers.
    """
    if similarity.ndim != 2 or similarity.shape[0] != similarity.shape[1] or not bool(torch.isfinite(similarity).all()):
        raise InputError(f"similarity has shape {tuple(similarity.shape)}; expected a square matrix of finite numbers")
    _, columns = linear_sum_assignment(similarity.detach().cpu().double().numpy(), maximize=True)
    return torch.from_numpy(columns)


def nested(similarities: Sequence[Similarity]) -> tuple[float, dict[int, Tensor]]:
    """The best assignment of the outermost level, every level below assigned within it.

    Args:
        similarities: their first names are the same; those with the same names add up.

    Returns:
        Its value, and name -> the permutation for each place of the levels above, shape (n_1, …, n_k).

    Raises:
        InputError: as :func:`assign`.
    """
    top = similarities[0][0][0]
    size = similarities[0][1].shape[0]
    total = torch.zeros(size, size, dtype=torch.float64)
    below: dict[int, list[Similarity]] = {}
    for names, matrix in similarities:
        if len(names) == 1:
            total += matrix
        else:
            below.setdefault(names[1], []).append((names, matrix))
    inside: dict[tuple[int, int, int], dict[int, Tensor]] = {}
    for child, those in below.items():
        for i in range(size):
            for j in range(size):
                parts = [(names[1:], matrix[i].select(len(names) - 1, j)) for names, matrix in those]
                value, inside[child, i, j] = nested(parts)
                total[i, j] += value
    found = assign(total)
    tables = {top: found}
    for child in below:
        chosen = [inside[child, i, int(j)] for i, j in enumerate(found)]
        tables |= {name: torch.stack([one[name] for one in chosen]) for name in chosen[0]}
    return float(total[torch.arange(size), found].sum()), tables


def composed(first: Mapping[int, Tensor], then: Mapping[int, Tensor], parents: Mapping[int, Sequence[int]]) -> dict[int, Tensor]:
    """One set of nested permutations after another: what comes to each place in the end, by name.

    Args:
        first, then: name -> permutation, shape (*sizes of the parents, n): which unit comes to each place. ``then`` may lack names.
        parents: name -> names of the levels above, outermost first.
    """
    found = {}
    for name, table in first.items():
        shape = table.shape
        places = torch.meshgrid(*map(torch.arange, shape), indexing="ij")
        at = {parent: places[k] for k, parent in enumerate(parents[name])}
        come = []
        for parent in parents[name]:
            above = tuple(at[p] for p in parents[parent])
            come.append(then[parent][(*above, at[parent])] if parent in then else at[parent])
        own = then[name][places] if name in then else places[-1]
        found[name] = table[(*come, own)]
    return found
