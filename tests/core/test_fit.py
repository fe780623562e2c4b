"""The one optimisation loop, against closed forms and a plain torch loop."""

import copy
import math
from functools import partial

import cases
import oracles
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import lossatlas as la

SGD = partial(torch.optim.SGD, lr=0.1)


def bowl(theta=(1.0, -2.0, 0.5), target=(0.3, 0.1, -0.7), **options):
    return la.Objective.from_module(oracles.Rows(theta), oracles.bowl_data(target), "mse", **options)


def test_gradient_descent_on_a_quadratic_follows_the_closed_form():
    """‖θ − t‖² with step η: θ_k − t = (1 − 2η)^k (θ_0 − t)."""
    start, target = (torch.tensor(v, dtype=torch.float64) for v in ([1.0, -2.0, 0.5], [0.3, 0.1, -0.7]))
    result = la.fit(bowl(), optimizer=SGD, steps=7)
    assert torch.allclose(result.point["row.weight"][0], target + 0.8**7 * (start - target), rtol=1e-12)
    expected = [float((0.8 ** (2 * k)) * ((start - target) ** 2).sum()) for k in range(7)]
    assert result.losses.tolist() == pytest.approx(expected, rel=1e-12)
    assert result.steps == 7 and result.stopped is None and result.coordinates is None


def test_least_squares_is_solved():
    x, y = torch.randn(40, 3, generator=cases.gen(), dtype=torch.float64), torch.randn(40, 1, generator=cases.gen(1), dtype=torch.float64)
    objective = la.Objective.from_module(oracles.Rows([0.0, 0.0, 0.0]), (x, y), "mse", batch_size=40)
    result = la.fit(objective, optimizer=partial(torch.optim.SGD, lr=0.2, momentum=0.5), steps=300)
    assert torch.allclose(result.point["row.weight"][0], torch.linalg.lstsq(x, y).solution[:, 0], atol=1e-10)


def test_penalty_is_ridge():
    x, y = torch.randn(40, 3, generator=cases.gen(), dtype=torch.float64), torch.randn(40, 1, generator=cases.gen(1), dtype=torch.float64)
    objective = la.Objective.from_module(oracles.Rows([0.0, 0.0, 0.0]), (x, y), "mse", batch_size=40, penalty=0.3)
    result = la.fit(objective, optimizer=partial(torch.optim.SGD, lr=0.2, momentum=0.5), steps=300)
    ridge = torch.linalg.solve(2 * x.T @ x / 40 + 0.3 * torch.eye(3).double(), 2 * x.T @ y / 40)
    assert torch.allclose(result.point["row.weight"][0], ridge[:, 0], atol=1e-10)


def test_training_equals_a_plain_loop_with_batchnorm_statistics():
    """Same batches in the same order through model.train(): weights, running mean, variance, bit for bit."""
    model, (x, y) = cases.convbn(), cases.images()
    objective = la.Objective.from_module(model, (x, y), "cross_entropy", batch_size=24)
    result = la.fit(objective, optimizer=SGD, steps=6, seed=3)

    plain = copy.deepcopy(model).train()
    optimizer = SGD(plain.parameters())
    for _, (_, batch) in zip(range(6), objective.data.shuffled(3), strict=False):
        optimizer.zero_grad()
        F.cross_entropy(plain(batch.value[0]), batch.value[1]).backward()
        optimizer.step()
    assert set(result.point) == set(objective.point())
    for name, tensor in plain.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            assert torch.allclose(result.point[name], tensor, rtol=1e-4, atol=1e-6), name
    assert not torch.equal(result.point["1.running_mean"], objective.buffers["1.running_mean"])


def test_cumulative_batchnorm_statistics_are_tracked():
    """momentum=None: the plain average over batches, which needs the counter to count."""
    model = nn.Sequential(nn.BatchNorm1d(6, momentum=None), nn.Linear(6, 3))
    x, y = cases.blobs(n=48)
    objective = la.Objective.from_module(model, (x, y), "cross_entropy", batch_size=16)
    result = la.fit(objective, optimizer=partial(torch.optim.SGD, lr=0.0), steps=3)
    assert torch.allclose(result.point["0.running_mean"], x.mean(0), atol=1e-6)


def test_an_epoch_sees_every_example_once():

    data = la.Batches.of(cases.blobs(n=50), batch_size=8)
    drawn = [batch for _, (epoch, batch) in zip(range(12), data.shuffled(0), strict=False) if epoch == 0]
    rows = torch.cat([b.value[0] for b in drawn])
    assert len(drawn) == 6 and len(torch.unique(rows, dim=0)) == 48


def test_seed_decides_and_nothing_else():
    objective = la.Objective.from_module(*cases.every()["dropout"], batch_size=10)
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = la.fit(objective, optimizer=SGD, steps=8, seed=1)
    assert torch.equal(before, torch.get_rng_state())
    torch.manual_seed(99)
    again, other = (la.fit(objective, optimizer=SGD, steps=8, seed=s) for s in (1, 2))
    assert torch.equal(first.losses, again.losses) and not torch.equal(first.losses, other.losses)
    assert all(torch.equal(t, again.point[n]) for n, t in first.point.items())


@pytest.mark.parametrize("through", ["point", "family"])
def test_training_leaves_objective_start_and_family_alone(through):
    objective = la.Objective.from_module(cases.convbn(), cases.images(), "cross_entropy", batch_size=8)
    init = {k: v.clone() for k, v in objective.point().items()}
    family = la.random_slice(objective) if through == "family" else None
    kept = {k: v.clone() for k, v in objective.point().items()}
    before = float(objective.value())
    result = la.fit(objective, family=family, init=None if family else init, optimizer=SGD, steps=5)
    for owner in (objective.point(), init, *([family.origin] if family else [])):
        assert all(torch.equal(kept[k], v) for k, v in owner.items())
    assert float(objective.value()) == before
    assert set(result.point) == set(kept)
    assert not torch.equal(result.point["1.running_mean"], kept["1.running_mean"])  # tracked, in the result alone


def test_through_a_family_the_coordinates_are_trained():
    """The nearest point of a plane to the target, which the Gram system gives in closed form."""
    objective = bowl(theta=(0.0, 0.0, 0.0), target=(1.0, 2.0, 3.0))
    axes = ({"row.weight": torch.tensor([[1.0, 0.0, 1.0]]).double()}, {"row.weight": torch.tensor([[0.0, 1.0, 1.0]]).double()})
    family = la.Slice(objective.point(), axes, ("a", "b"))
    result = la.fit(objective, family=family, optimizer=SGD, steps=200)
    expected = torch.linalg.solve(torch.tensor([[2.0, 1.0], [1.0, 2.0]]).double(), torch.tensor([4.0, 5.0]).double())
    assert torch.allclose(result.coordinates, expected, atol=1e-10)
    assert torch.allclose(result.point["row.weight"], family(result.coordinates)["row.weight"])
    started = la.fit(objective, family=family, init=[1, 2], optimizer=SGD, steps=1)
    assert float(started.losses[0]) == float(objective.value(family(torch.tensor([1.0, 2.0]).double())))


def test_hooks_and_schedule():
    seen, rates = [], []

    def hook(step, point, state):
        seen.append((step, point["row.weight"][0, 0].item(), state.loss, state.epoch))
        rates.append(state.optimizer.param_groups[0]["lr"])

    result = la.fit(bowl(), optimizer=SGD, steps=4, hooks=[hook], schedule=lambda step: 0.5**step)
    assert [s[0] for s in seen] == [0, 1, 2, 3, 4] and rates == pytest.approx([0.1, 0.1, 0.05, 0.025, 0.0125])
    assert seen[0][1] == 1.0 and seen[-1][1] == float(result.point["row.weight"][0, 0])
    assert math.isnan(seen[0][2]) and [s[2] for s in seen[1:]] == result.losses.tolist()
    assert [s[3] for s in seen] == [0, 1, 2, 3, 4]  # one batch is an epoch here


def test_a_diverging_run_stops_and_names_the_step():
    with pytest.warns(RuntimeWarning, match="training stopped: the loss is inf at step"):
        result = la.fit(bowl(), optimizer=partial(torch.optim.SGD, lr=1e100), steps=50)
    assert "the loss is inf at step" in result.stopped and result.steps == int(result.stopped.rsplit(" ", 1)[1]) < 50
    assert len(result.losses) == result.steps + 1 and not torch.isfinite(result.losses[-1])
    with pytest.warns(RuntimeWarning, match="weights are not finite after step 0"):
        assert la.fit(bowl(), optimizer=partial(torch.optim.SGD, lr=float("inf")), steps=1).stopped


def test_a_wrong_start_is_refused():
    with pytest.raises(la.InputError, match="steps is 0"):
        la.fit(bowl(), optimizer=SGD, steps=0)
    with pytest.raises(la.InputError, match="another network"):
        la.fit(bowl(), init={"x": torch.ones(2)}, optimizer=SGD, steps=1)
    family = la.Slice(bowl().point(), ({"row.weight": torch.ones(1, 3).double()},), ("a",))
    with pytest.raises(la.InputError, match="expected 1 finite coordinates"):
        la.fit(bowl(), family=family, init=[1.0, 2.0], optimizer=SGD, steps=1)
