"""Point 10, for the core: one clear line that says what came, what was expected, and what to write."""

import cases
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import lossatlas as la

X, Y = cases.blobs()


def make(model=None, data=(X, Y), loss="cross_entropy", **options):
    return la.Objective.from_module(cases.mlp() if model is None else model, data, loss, **options)


CASES = {
    "no module": (lambda: make(model="resnet"), r"model is a str; expected a torch.nn.Module"),
    "no parameters": (lambda: make(model=nn.ReLU()), "has no parameters; expected a network with weights"),
    "empty": (lambda: make(data=(X[:0], Y[:0])), "data are empty: 0 examples; expected at least 1"),
    "target too large": (lambda: make(data=(X, Y + 1)), r"targets run from 1 to 3 but the network has 3 outputs; expected 0 to 2"),
    "target negative": (lambda: make(data=(X, Y - 1)), "targets run from -1 to 1 .*expected 0 to 2"),
    "a late target": (lambda: make(data=(X, torch.cat([Y[:-1], torch.tensor([7])])), batch_size=8), "targets run from 0 to 7|to 7"),
    "target dtype": (lambda: make(data=(X, Y.int())), r"dtype torch.int32; expected torch.int64: write y.long\(\)"),
    "bce targets": (
        lambda: make(model=cases.mlp(classes=1), data=(X, Y[:, None].float()), loss="bce"),
        "bce: targets run from 0 to 2; expected 0 to 1",
    ),
    "mse shape": (lambda: make(model=cases.mlp(classes=1), data=(X, Y.float()), loss="mse"), r"write y\[:, None\]"),
    "bce shape": (lambda: make(model=cases.mlp(classes=1), data=(X, (Y > 0).float()), loss="bce"), r"write y\[:, None\]"),
    "one output": (lambda: make(model=nn.Sequential(nn.Linear(6, 1), nn.Flatten(0))), r"expected logits \(n, classes\)"),
    "mean loss": (
        lambda: make(loss=F.cross_entropy),
        r"returned \(\) for 4 examples; expected per-example losses .*write reduction='none'",
    ),
    "pixel loss": (lambda: make(loss=lambda o, t: o), r"returned \(4, 3\) for 4 examples"),
    "weights": (lambda: make(loss=lambda o, t: (o[:, 0], o)), r"returned weights \(4, 3\) for 4 examples; expected one weight per example"),
    "no tensor": (lambda: make(loss=lambda o, t: 0.5), "returned float for 4 examples"),
    "loss fails": (lambda: make(loss=lambda o, t: 1 / 0), "fails on the first batch: .*; expected targets that fit"),
    "unknown loss": (lambda: make(loss="crossentropy"), "loss is 'crossentropy'; expected one of .*did you mean 'cross_entropy'"),
    "unknown bn": (lambda: make(bn="evl"), "bn is 'evl'; expected one of .*did you mean 'eval'"),
    "unknown metric": (lambda: la.metrics.named("acuracy"), "metric is 'acuracy'; .*did you mean 'accuracy'"),
    "inputs": (lambda: make(data=(X[:, :5], Y)), r"the network does not take the first batch \(\(4, 5\) float32, \(4,\) int64\)"),
    "integer inputs": (lambda: make(data=(X.to(torch.uint8), Y)), "does not take the first batch"),
    "device": (lambda: make(device="gpu"), "device is 'gpu', which torch cannot use here"),
    "lazy": (lambda: make(model=nn.LazyLinear(3)), "lazy layer has no shape yet; run the model on one batch first"),
    "infinite weights": (lambda: make(model=infinite()), "1 of 18 values of 'weight' are NaN or infinite"),
    "batch size": (lambda: make(batch_size=0), "batch_size is 0; expected a whole number of at least 1"),
    "unknown plan": (
        lambda: la.sweep(la.probes.loss(make()), la.random_slice(make()), {"alpha": [0.0], "beta": [0.0]}, plan="plane"),
        "plan is 'plane'; .*did you mean 'plain'",
    ),
    "no objective": (lambda: la.probes.loss(cases.mlp()), r"loss\(\) got a Sequential; expected an Objective"),
    "splits": (
        lambda: la.probes.loss({"train": make(), "test": make(model=cases.mlp(seed=1))}),
        "'train' and 'test' differ in params.*write train.with_data",
    ),
    "no answer": (lambda: make(model=Dicts()), "returns a dict without logits; expected a tensor, or write a loss of your own"),
    "no labels": (lambda: make(model=Dicts(), data={"x": X, "z": X}), "finds no targets in a dict batch"),
}


class Dicts(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(6, 3)

    def forward(self, x):
        return {"answer": self.layer(x)}


def infinite():
    layer = nn.Linear(6, 3)
    with torch.no_grad():
        layer.weight[0, 0] = float("inf")
    return layer


@pytest.mark.parametrize("name", CASES)
def test_one_clear_line(name):
    call, message = CASES[name]
    with pytest.raises(la.InputError, match=message) as caught:
        call()
    text = str(caught.value)
    assert "\n" not in text and len(text) < 450
    assert isinstance(caught.value, ValueError)  # also for those who do not know our classes


def test_an_unknown_name_of_the_library_gets_a_suggestion():
    with pytest.raises(AttributeError, match="lossatlas has no 'random_slise'; did you mean 'random_slice'"):
        la.random_slise  # noqa: B018
