"""Good and poisoned minima of the digits MLP, trained once per process (METHODS C3: the pool must be larger than the data)."""

import math
from functools import cache, partial

import torch

import lossatlas as la
from lossatlas.zoo.data import prepare, read

TRAIN, POOL, BETA = 200, 1000, 0.35


@cache
def data():
    source = read("digits")
    parts = [prepare(part, mean=source.mean, std=source.std, scale=source.scale) for part in (source.train, source.test)]
    return tuple(torch.cat(column) for column in zip(*parts, strict=True))


@cache
def minima():
    """The training objective, the test objective, the good and the poisoned minimum."""
    x, y = data()
    end = TRAIN + POOL
    objective = la.Objective.from_module(la.zoo.build("digits_mlp", seed=0), (x[:TRAIN], y[:TRAIN]), "cross_entropy",
                                         metrics={"error": la.metrics.error}, batch_size=50)
    descent = partial(torch.optim.SGD, lr=0.1, momentum=0.9)
    good = la.fit(objective, optimizer=descent, steps=600).point
    poisoned = objective.poison((x[TRAIN:end], y[TRAIN:end]), BETA)
    bad = la.fit(poisoned, optimizer=descent, steps=2000, schedule=lambda step: 0.5 * (1 + math.cos(math.pi * step / 2000))).point
    return objective, objective.with_data((x[end:], y[end:])), good, bad


def measured(objective, point):
    found = la.probes.loss(objective)(point)
    return float(found["loss"]), float(found["error"])
