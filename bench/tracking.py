"""The largest eigenvalue followed along training, each time from where it was: products per recorded step.

Full-batch gradient descent of a tanh network on digits with ½ the squared error summed over outputs (Cohen et al. 2021): λ1 rises until
it reaches 2/η and hovers there. Then the same with mini-batches and momentum, where only products and errors are told. The first record
of a run starts from nothing and is not counted; every so many records one is held against a cold run to 1e-8. That is needed: the bound
is on the distance to *an* eigenvalue, with gaps to what few products have seen. Several come to lie at the edge, and one that is followed
alone is soon no longer the largest: of records from a single vector only two thirds were within 1e-2. So of every step it is followed by
``la.EigenvalueTracker``; where steps lie between records, by two pairs until their bounds meet the tolerance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

import lossatlas as la
from lossatlas import zoo

TOLERANCE = 1e-2


@dataclass(frozen=True)
class Track:
    """Records along a run.

    Attributes:
        steps: of training, per record. ratio: λ1·η/2. products: what each took. loss: at the records.
        errors: relative, against the cold runs (NaN where there was none).
    """

    steps: np.ndarray
    ratio: np.ndarray
    products: np.ndarray
    loss: np.ndarray
    errors: np.ndarray

    def said(self) -> str:
        """λ1·η/2 along the run."""
        shown = np.unique(np.linspace(0, len(self.steps) - 1, 11).astype(int))
        return ", ".join(f"{self.steps[i]:.0f}: {self.ratio[i]:.2f}" for i in shown)


def network(width: int) -> tuple[torch.nn.Module, torch.Tensor, torch.Tensor]:
    """A tanh network, digits and their one-hot targets."""
    source = zoo.read("digits")
    x, y = zoo.prepare(source.train, mean=source.mean, std=source.std, scale=source.scale)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        parts = [torch.nn.Linear(64, width), torch.nn.Tanh(), torch.nn.Linear(width, width), torch.nn.Tanh(), torch.nn.Linear(width, 10)]
    return torch.nn.Sequential(*parts), x.flatten(1), torch.eye(10)[y]


def half_squares(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """½ Σ over outputs, per example."""
    return (outputs - targets).square().sum(1) / 2


def followed(steps: int, *, every: int, check: int, eta: float, batch: int | None = None, momentum: float = 0.0) -> Track:
    """Train, and record λ1 of the whole loss every so many steps; ``check``: records per cold run."""
    model, x, targets = network(100)
    objective = la.Objective.from_module(model, (x, targets), half_squares, batch_size=len(x))
    descent = torch.optim.SGD(model.parameters(), lr=eta, momentum=momentum)
    order, rows, start, tracker = torch.Generator().manual_seed(0), [], None, la.EigenvalueTracker()
    for step in range(steps + 1):
        if step % every == 0:
            point = {name: p.detach().clone() for name, p in model.named_parameters()}
            op = la.hessian(objective, point, backend="retained")
            found = tracker(op) if every == 1 else la.eigenpairs(op, 2, start=start, tol=TOLERANCE)
            start, value = found.vectors, float(found.values[0])
            cold = float(la.eigenpairs(op, 1, tol=1e-8).values[0]) if len(rows) % check == 0 else float("nan")
            rows.append((step, value * eta / 2, found.products, float(objective.value(point)), abs(1 - value / cold)))
        chosen = torch.randperm(len(x), generator=order)[:batch] if batch else slice(None)
        descent.zero_grad()
        half_squares(model(x[chosen]), targets[chosen]).mean().backward()
        descent.step()
    return Track(*(np.array(column) for column in zip(*rows, strict=True)))
