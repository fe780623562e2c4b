"""The studies of children (H2, H3) and of cyclical rates (A18): their parts, and one of them at a fraction of its size."""

import math
from dataclasses import replace

import pytest
import torch

import lossatlas as la
from lossatlas.analyses.predictions import disagreement
from lossatlas.studies import cyclical, instability, siblings


def test_rates():
    assert [cyclical.triangle(step, cycle=8) for step in (0, 2, 4, 6, 8, 9)] == [0, 0.5, 1, 0.5, 0, 0.25]
    assert [instability.cosine(step, steps=8) for step in (0, 4, 8)] == pytest.approx([1, 0.5, 0])
    assert [instability.dropped(step) for step in (0, 31_999, 32_000, 48_000)] == pytest.approx([1, 1, 0.1, 0.01])


def test_the_distance_of_kernels():
    """Of a linear network the kernel does not depend on the weights; of another it follows from the derivatives of every output."""
    x, y = torch.randn(5, 3, generator=torch.Generator().manual_seed(0)), torch.zeros(5, dtype=torch.long)
    linear = la.Objective.from_module(torch.nn.Linear(3, 2), (x, y), "cross_entropy")
    a, b = ({name: torch.full_like(tensor, value) for name, tensor in linear.params.items()} for value in (1.0, -2.0))
    assert siblings.kernel_distance(linear, a, b) == pytest.approx(0, abs=1e-6)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
    curved, points, kernels = la.Objective.from_module(model, (x, y), "cross_entropy"), [], []
    for move in (0, 1):
        torch.nn.utils.vector_to_parameters(torch.nn.utils.parameters_to_vector(model.parameters()) + move, model.parameters())
        points.append({name: tensor.detach().clone() for name, tensor in model.named_parameters()})
        rows = [torch.cat([g.ravel() for g in torch.autograd.grad(out, list(model.parameters()))]) for out in
                (model(x).reshape(-1)[k] for k in range(10))]
        kernels.append(torch.stack(rows) @ torch.stack(rows).T)
    one, other = kernels
    expected = 1 - (one * other).sum() / (one.norm() * other.norm())
    assert siblings.kernel_distance(curved, *points) == pytest.approx(float(expected), abs=1e-5)


def test_children_are_spawned_from_the_parent_of_the_study_and_measured(monkeypatch):
    whole = instability.noisy_digits

    def small(seed):
        problem = whole(seed, epochs=1, steps=(0, 4))
        keep = torch.arange(60)
        train, clean = (one.with_data(one.data.take(keep), batch_size=20) for one in (problem.train, problem.clean))
        return replace(problem, train=train, clean=clean, test=problem.test.with_data(problem.test.data.take(keep)), total=6)

    monkeypatch.setattr(instability, "noisy_digits", small)
    heard = []
    finding = instability.run("quick", (3,), heard.append)
    problem = small(3)
    with instability.parent(problem, 3) as run:
        assert run.steps == (0, 4)
        assert run.state(4).seed == 3
        points = [child.point for child in la.spawn(run, problem.train, 4, seeds=(101, 102), optimizer=problem.optimizer,
                                                    schedule=problem.schedule, steps=6)]
    of = {number.name: number.values[0] for number in finding.numbers}
    line = la.barrier({"train": problem.train, "test": problem.test}, *points)
    assert of["error barrier on test data, from step 4"] == pytest.approx(100 * float(line["error_barrier"].sel(split="test")))
    assert of["loss barrier on training data, from step 4"] == pytest.approx(float(line["loss_barrier"].sel(split="train")), abs=1e-7)
    assert math.isfinite(of["error barrier, clean labels, from step 0"]) and finding.data["loss_barrier"].shape == (1, 2, 2)
    assert "H2, seed 3: error barrier on training data, steps 0, 4" in heard[-1].message
    found = siblings.siblings(problem, points)
    assert found["error_barrier"] == pytest.approx(float(line["error_barrier"].sel(split="train")))
    flat = [torch.cat([tensor.double().ravel() for tensor in point.values()]) for point in points]
    assert found["distance"] == pytest.approx(float((flat[0] - flat[1]).norm()))
    assert found["angle"] == pytest.approx(1 - float(torch.cosine_similarity(*flat, dim=0)), abs=1e-9)
    assert found["disagreement"] == disagreement(problem.test, *points) and 0 <= found["kernel"] < 1
