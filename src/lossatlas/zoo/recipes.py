"""Training recipes: how the networks of the zoo get their weights.

``digits`` is the quick one of the demo: SGD with Nesterov momentum 0.9, batches of 50, weight decay 5e-4 (Li et al.
2018, section 5) and a cosine schedule, on the 1,000 training digits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import torch

from ..fitting import Fit, Hook, fit
from ..metrics import accuracy
from ..objective import Objective
from .data import prepare, read
from .networks import build

#: Peak learning rates. Li et al. train networks without skip connections at a tenth of the rate of those with
#: (their appendix A); at this depth a third is enough to make them train.
DIGITS_RATE = {"digits_resnet": 0.1, "digits_resnet_noshort": 0.03, "digits_mlp": 0.1}
DIGITS_BATCH, DIGITS_EPOCHS, WEIGHT_DECAY = 50, 20, 5e-4


def digits(name: str, *, seed: int = 0, epochs: int = DIGITS_EPOCHS, hooks: Sequence[Hook] = ()) -> Fit:
    """Train a digits network of the zoo from a seeded start; seconds on two cores."""
    source = read("digits")
    data = prepare(source.train, mean=source.mean, std=source.std, scale=source.scale)
    objective = Objective.from_module(build(name, seed=seed), data, "cross_entropy", metrics={"accuracy": accuracy},
                                      penalty=WEIGHT_DECAY, batch_size=DIGITS_BATCH)
    steps = epochs * (objective.data.n_examples // DIGITS_BATCH)
    descent = partial(torch.optim.SGD, lr=DIGITS_RATE[name], momentum=0.9, nesterov=True)
    return fit(objective, optimizer=descent, steps=steps, seed=seed, hooks=hooks,
               schedule=lambda step: 0.5 * (1 + math.cos(math.pi * step / steps)))
