"""Closed forms and slow, obvious re-computations that the library is held against. Nothing here uses lossatlas."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


class Rows(nn.Module):
    """d weights as a Linear(d, 1); with :func:`bowl_data` the mean loss is exactly ‖θ − target‖²."""

    def __init__(self, theta, dtype=torch.float64):
        super().__init__()
        self.row = nn.Linear(len(theta), 1, bias=False, dtype=dtype)
        with torch.no_grad():
            self.row.weight.copy_(torch.as_tensor(theta, dtype=dtype)[None])

    def forward(self, x):
        return self.row(x)


def bowl_data(target, dtype=torch.float64, copies=1):
    """(x, y) with mean (x·θ − y)² = ‖θ − target‖²; example i looks at weight i alone, each repeated ``copies`` times."""
    d = len(target)
    x = math.sqrt(d) * torch.eye(d, dtype=dtype)
    y = (math.sqrt(d) * torch.as_tensor(target, dtype=dtype))[:, None]
    return x.repeat(copies, 1), y.repeat(copies, 1)


class Surface(nn.Module):
    """A function of two parameters as a network: the output for example i is f(u, v, x_i), and the loss is the output."""

    def __init__(self, f, u=0.0, v=0.0):
        super().__init__()
        self.f = f
        self.uv = nn.Parameter(torch.tensor([u, v], dtype=torch.float64))

    def forward(self, x):
        return self.f(self.uv[0], self.uv[1], x)


def itself(outputs, targets):
    """The loss that is the network's answer."""
    return outputs


def filter_vectors(layer, tensor):
    """Every filter of a layer's weight as a list of flat tensors, by explicit loops over what makes one output."""
    if isinstance(layer, nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d):
        per_group_in = layer.in_channels // layer.groups
        per_group_out = layer.out_channels // layer.groups
        found = []
        for channel in range(layer.out_channels):
            group, inside = divmod(channel, per_group_out)
            rows = [tensor[i, inside] for i in range(group * per_group_in, (group + 1) * per_group_in)]
            found.append(torch.cat([row.reshape(-1) for row in rows]))
        return found
    if isinstance(layer, nn.Embedding | nn.EmbeddingBag):
        return [tensor[word].reshape(-1) for word in range(layer.num_embeddings)]
    outputs = layer.out_features if isinstance(layer, nn.Linear | nn.Bilinear) else layer.out_channels
    return [tensor[channel].reshape(-1) for channel in range(outputs)]


def outputs_moved_by(layer, x, channel):
    """Which weights of ``layer`` change output ``channel``: a mask shaped as the weight, by autograd, not by rule."""
    out = layer(x)
    (grad,) = torch.autograd.grad(out[:, channel].sum() if out.ndim > 1 else out[channel], layer.weight)
    return grad != 0


def summed_loss(model, batches):
    """Σ over batches of the float64 sum of float32 per-example losses, over n: the definition of issue 2, point 1."""
    total, n = None, 0
    with torch.no_grad():
        for x, y in batches:
            part = F.cross_entropy(model(x), y, reduction="none").double().sum()
            total, n = part if total is None else total + part, n + len(y)
    return total / n


def cut(x, y, size):
    """The batches of (x, y) in order."""
    return [(x[i : i + size], y[i : i + size]) for i in range(0, len(y), size)]


def recomputed_statistics(layer_inputs):
    """Size-weighted average of within-batch mean and unbiased variance, per channel, in float64 numpy."""
    n = sum(len(z) for z in layer_inputs)
    mean = sum(len(z) * z.mean(0) for z in layer_inputs) / n
    var = sum(len(z) * z.var(0, ddof=1) for z in layer_inputs) / n
    return mean, var


def ratio_stderr(v, w):
    """Standard error of Σwv/Σw over examples (Cochran 1977, 2.46), by direct numpy."""
    v, w = np.asarray(v, float), np.asarray(w, float)
    m = (w * v).sum() / w.sum()
    residual = w * (v - m)
    return math.sqrt(len(v) / (len(v) - 1) * (residual**2).sum()) / w.sum()


def dense_hessian(f, theta):
    """The Hessian of a scalar function of one vector, by autograd."""
    return torch.autograd.functional.hessian(f, theta)
