"""Objectives whose measures are known: linear and quadratic in the parameters, float64."""

import torch
from torch import nn

import lossatlas as la


class Weights(nn.Module):
    """Answers its weight vector, entry i for example i."""

    def __init__(self, w):
        super().__init__()
        self.line = nn.Linear(len(w), 1, bias=False, dtype=torch.float64)
        with torch.no_grad():
            self.line.weight.copy_(torch.as_tensor(w, dtype=torch.float64)[None])

    def forward(self, x):
        return self.line(x)[:, 0]


def separable(w, a, loss, batch_size=None):
    """L(w) = Σ loss(w_i, a_i): example i reads weight i."""
    a = torch.as_tensor(a, dtype=torch.float64)
    n = len(a)
    return la.Objective.from_module(Weights(w), (torch.eye(n, dtype=torch.float64), a), lambda out, t: n * loss(out, t),
                                    batch_size=batch_size)


def linear(w, a, **options):
    """L = Σ a_i w_i."""
    return separable(w, a, lambda out, t: t * out, **options)


def quadratic(w, h, centre=0.0, **options):
    """L = ½ Σ h_i (w_i − centre)²."""
    return separable(w, h, lambda out, t: 0.5 * t * (out - centre).square(), **options)


def regression(n=300, d=6, seed=0):
    """Linear regression at its minimum, and the eigenvalues of its Hessian."""
    draws = torch.Generator().manual_seed(seed)
    x = torch.randn(n, d, generator=draws, dtype=torch.float64) * torch.logspace(-0.5, 0.5, d, dtype=torch.float64)
    y = x @ torch.randn(d, 1, generator=draws, dtype=torch.float64) + 0.1 * torch.randn(n, 1, generator=draws, dtype=torch.float64)
    net = nn.Linear(d, 1, bias=False, dtype=torch.float64)
    with torch.no_grad():
        net.weight.copy_(torch.linalg.lstsq(x, y).solution.T)
    return la.Objective.from_module(net, (x, y), "mse", batch_size=n), torch.linalg.eigvalsh(2 * x.T @ x / n)
