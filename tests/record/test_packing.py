"""Optimizer states without a pickle."""

from functools import partial

import numpy as np
import pytest
import torch

from lossatlas.record.packing import Unpackable, pack, unpack

OPTIMIZERS = {
    "sgd": partial(torch.optim.SGD, lr=0.1), "momentum": partial(torch.optim.SGD, lr=0.1, momentum=0.9, nesterov=True),
    "adam": partial(torch.optim.Adam, lr=1e-3, amsgrad=True), "adamw": torch.optim.AdamW, "rmsprop": torch.optim.RMSprop,
    "adagrad": torch.optim.Adagrad, "nadam": torch.optim.NAdam, "lbfgs": torch.optim.LBFGS, "rprop": torch.optim.Rprop}


def same(a, b):
    if isinstance(a, torch.Tensor):
        return isinstance(b, torch.Tensor) and a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b)
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and (a == b or a != a)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizer_states_come_back(name):
    weights = [torch.randn(4, 3, requires_grad=True), torch.randn(2, requires_grad=True)]
    optimizer = OPTIMIZERS[name](weights)

    def loss():
        optimizer.zero_grad()
        value = sum((w - 1).pow(4).sum() for w in weights)
        value.backward()
        return value

    for _ in range(3):
        optimizer.step(loss)
    state = optimizer.state_dict()
    assert same(state, unpack(*pack(state)))


def test_everything_else_comes_back():
    tree = {0: [1, 2.5, "a", None, True, float("inf"), float("nan")], "b": (1, (2, {})), "c": np.random.get_state(), "$tensor": {"x": 3},
            "d": torch.zeros(0, dtype=torch.uint8), 1.5: np.float64(2)}
    found = unpack(*pack(tree))
    assert same({**tree, 1.5: 2.0}, found)


def test_a_function_is_refused():
    with pytest.raises(Unpackable, match="a function"):
        pack({"f": lambda x: x})
