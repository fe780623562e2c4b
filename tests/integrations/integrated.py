"""What tests of integrations share."""

import torch

import lossatlas as la

WITHOUT = "the package is not here: pip install --no-deps -r requirements/integrations.txt (make test does it)"


def make(*, seed: int = 0, width: int = 8, batch_size: int = 16) -> la.Objective:
    """64 examples in 3 classes, a ReLU network."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(64, 4, generator=generator)
    y = (x[:, 0] > 0).long() + (x[:, 1] > 0.5).long()
    torch.manual_seed(seed)
    net = torch.nn.Sequential(torch.nn.Linear(4, width), torch.nn.Tanh(), torch.nn.Linear(width, 3))
    return la.Objective.from_module(net, (x, y), "cross_entropy", metrics={"accuracy": la.metrics.accuracy}, batch_size=batch_size)
