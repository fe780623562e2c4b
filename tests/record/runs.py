"""Small training runs to record."""

from functools import partial

import cases
import torch
from torch import nn

import lossatlas as la

NESTEROV = partial(torch.optim.SGD, lr=0.1, momentum=0.9, nesterov=True)


def stepped(tensors):
    """An optimizer with a torch scheduler."""
    optimizer = torch.optim.SGD(tensors, lr=0.1, momentum=0.9)
    return optimizer, torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.2, total_steps=40)


def noise(x, generator):
    return x + 0.1 * torch.randn(x.shape, generator=generator)


def dropping():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 3))
    return la.Objective.from_module(model, cases.blobs(n=50), "cross_entropy", batch_size=8)  # the last batch of an epoch is short


def small(width=4, n=24, batch_size=8):
    torch.manual_seed(0)
    return la.Objective.from_module(nn.Sequential(nn.Linear(6, width), nn.Tanh(), nn.Linear(width, 3)), cases.blobs(n=n), "cross_entropy",
                                    batch_size=batch_size)


def recorded(path, objective=None, *, steps=12, optimizer=NESTEROV, init=None, seed=0, schedule=None, **options):
    with la.Recorder(path, **options) as recorder:
        end = la.fit(objective or small(), optimizer=optimizer, steps=steps, init=init, seed=seed, schedule=schedule, hooks=[recorder])
    return la.open_run(path), end


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[n], b[n]) for n in a)
