"""What the studies of paths share: pairs of networks on digits that were trained apart, once a seed."""

from __future__ import annotations

from functools import lru_cache

from ..fitting import fit
from ..objective import Objective
from ..params import Params
from .digits import pair, sgd, whole

#: Steps of training: 40 epochs of a thousand digits in batches of 50, at rate 0.1 and momentum 0.9.
STEPS = 800


@lru_cache(maxsize=8)
def solution(seed: int) -> Params:
    """Where 64-64-64-10 on digits ends, from its own first weights and order of the data."""
    return fit(pair(seed=seed)[0], optimizer=sgd(0.1, 0.9), steps=STEPS, seed=seed).point


def ends(seed: int) -> tuple[Params, Params]:
    """Two of them that share no seed with those of other seeds."""
    return solution(2 * seed), solution(2 * seed + 1)


def measured(train: Objective, test: Objective) -> dict[str, Objective]:
    """Training and test data, each in one batch."""
    return {"train": whole(train), "test": whole(test)}
