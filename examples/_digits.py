"""A small network trained on scikit-learn's digits: the model of the examples."""

from functools import partial

import torch

import lossatlas as la
from lossatlas import zoo


def data(part: str = "train") -> tuple[torch.Tensor, torch.Tensor]:
    """Digits as a network eats them."""
    source = zoo.read("digits")
    return zoo.prepare(getattr(source, part), mean=source.mean, std=source.std, scale=source.scale)


def trained(*, seed: int = 0, steps: int = 400, hooks: tuple = ()) -> la.Objective:
    """An MLP after a few seconds of training, as an objective on the training digits."""
    start = la.Objective.from_module(zoo.build("digits_mlp", seed=seed), data(), "cross_entropy", batch_size=50,
                                     metrics={"accuracy": la.metrics.accuracy})
    end = la.fit(start, optimizer=partial(torch.optim.SGD, lr=0.1, momentum=0.9), steps=steps, seed=seed, hooks=hooks)
    model = zoo.build("digits_mlp", seed=seed)
    model.load_state_dict(end.point)
    return la.Objective.from_module(model, data(), "cross_entropy", metrics={"accuracy": la.metrics.accuracy})
