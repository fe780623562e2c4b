"""The trace of the Fisher information along a run: tr F = E_x E_{y∼p(y|x)} ‖∇ log p(y|x)‖² (Achille et al. 2019; METHODS 3.10).

Labels are drawn from the model's own answer: with those of the data it would be another curve. The square norms of all examples of a chunk
come from one gradient: with independent signs ε_i, E‖Σ ε_i g_i‖² = Σ‖g_i‖². The chunks give the mean and its standard error.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from ..curvature.matrices import draw, per_example_sum, targets_of_batch
from ..curvature.problem import Problem
from ..losses import logits_of
from ..numerics.traces import mean_stderr
from ..seeds import fixed_rng, generator
from .view import View


class FisherTrace:
    """The trace of the Fisher information of the fixed examples."""

    name, passes, needs_before = "fisher", 4.0, False
    quantities: Mapping[str, tuple[str, str]] = {
        "fisher_trace": ("trace of the Fisher information, labels drawn from the model", ""),
        "fisher_trace_stderr": ("standard error of the trace of the Fisher information", "")}

    def __call__(self, view: View) -> dict[str, float]:
        """One gradient, with the labels and signs of this step."""
        value, stderr = fisher_trace(view.problem.at(view.point), seed=view.step)
        return {"fisher_trace": value, "fisher_trace_stderr": stderr}


def fisher_trace(problem: Problem, *, seed: int, draws: int = 1) -> tuple[float, float]:
    """The trace and its standard error over chunks and draws; the error is NaN of a single one."""
    name = problem.objective.loss_name
    theta = tuple(t.detach().requires_grad_() for t in problem.theta)
    found, sizes = [], []
    for number in range(draws):
        for batch in problem.batches:
            words = (seed, "fisher trace", number, batch.start)
            with torch.enable_grad(), fixed_rng(0, "forward"):
                outputs = logits_of(problem.outputs(theta, batch.value))
                labels = draw(name, outputs.detach(), targets_of_batch(batch.value), generator(*words, "labels"))
                each = per_example_sum(name, outputs, labels)
                signs = torch.randint(0, 2, each.shape, generator=generator(*words, "signs")).to(each) * 2 - 1
                parts = torch.autograd.grad((each * signs).sum(), theta, allow_unused=True)
            square = sum(float(part.double().square().sum()) for part in parts if part is not None)
            found.append(square)
            sizes.append(batch.size)
    total = problem.total * draws
    if len(found) == 1:
        return found[0] / total, float("nan")
    mean, stderr = mean_stderr(torch.tensor(found).numpy() * (len(found) / total))
    return float(mean), float(stderr)
