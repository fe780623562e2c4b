"""The one optimisation loop, against closed forms and a plain torch loop."""

import copy
import math
from functools import partial
from itertools import pairwise

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


def test_torch_schedulers_and_closures_as_in_a_plain_loop():
    """LBFGS and a scheduler, against torch's own loop on the same data."""
    x, y = cases.blobs(n=30)
    module = nn.Linear(6, 3)
    objective = la.Objective.from_module(module, (x, y), "cross_entropy", batch_size=30)

    def both(tensors):
        optimizer = torch.optim.LBFGS(tensors, lr=0.5, max_iter=4, line_search_fn="strong_wolfe")
        return optimizer, torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)

    result = la.fit(objective, optimizer=both, steps=5)
    optimizer, scheduler = both(module.parameters())

    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(module(x), y)
        loss.backward()
        return loss

    losses = []
    for _ in range(5):
        losses.append(optimizer.step(closure).item())
        scheduler.step()
    assert result.losses.tolist() == pytest.approx(losses, rel=1e-4)
    assert all(torch.allclose(p, result.point[n], rtol=1e-3, atol=1e-5) for n, p in module.named_parameters())


def test_a_plateau_scheduler_sees_the_loss():
    rates = []

    def both(tensors):
        optimizer = torch.optim.SGD(tensors, lr=0.0)
        return optimizer, torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, factor=0.5)

    la.fit(bowl(), optimizer=both, steps=4, hooks=[lambda s, p, state: rates.append(state.optimizer.param_groups[0]["lr"])])
    assert rates == [0.0] * 5
    with pytest.raises(la.InputError, match="scheduler and schedule"):
        la.fit(bowl(), optimizer=both, steps=4, schedule=lambda step: 1.0)
    with pytest.raises(la.InputError, match="expected a torch optimizer"):
        la.fit(bowl(), optimizer=lambda p: "SGD", steps=4)


def test_weight_decay_through_a_family_acts_on_the_point():
    """On a line θ = a + u d the penalty ½λ‖θ‖² pulls towards the point of least norm, not towards u = 0."""
    origin, axis = torch.tensor([[3.0, 1.0, 0.0]]).double(), torch.tensor([[1.0, 0.0, 0.0]]).double()
    target = [3.0, 1.0, 0.0]
    family = la.Slice({"row.weight": origin}, ({"row.weight": axis},), ("u",))
    decayed = la.fit(bowl(target=target), family=family, optimizer=partial(torch.optim.SGD, lr=0.1, weight_decay=0.5), steps=300)
    # (u − 0)² + ¼ (3 + u)² is least where 2u + ½ (3 + u) = 0
    assert float(decayed.coordinates[0]) == pytest.approx(-0.6, abs=1e-9)
    with pytest.raises(la.InputError, match="AdamW decays what it trains by itself"):
        la.fit(bowl(target=target), family=family, optimizer=torch.optim.AdamW, steps=1)


def test_a_curve_is_trained_and_its_ends_stay():
    """θ_2 on a ring of low loss: the straight line leaves it, the curve follows it (Garipov et al. 2018)."""
    def ring(outputs, targets):
        return (outputs[:, :2].square().sum(1) - 1).square()

    class Plane(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.tensor([1.0, 0.0]))

        def forward(self, x):
            return self.w.expand(len(x), 2)

    objective = la.Objective.from_module(Plane(), (torch.zeros(4, 1), torch.zeros(4, 1)), ring, batch_size=4)
    a, b = {"w": torch.tensor([1.0, 0.0])}, {"w": torch.tensor([0.0, 1.0])}
    along = {"t": la.axis(0, 1, 21)}
    for basis, bends, below in (("bezier", 1, 0.01), ("polychain", 3, 0.02)):
        start = la.Path.between(a, b, bends=bends, basis=basis)
        result = la.fit(objective, family=start, optimizer=partial(torch.optim.Adam, lr=0.02), steps=400)
        before, after = (la.sweep(la.probes.loss(objective), path, along)["loss"] for path in (start, result.family))
        assert float(before.max()) == pytest.approx(0.25) and float(after.max()) < below
        assert torch.equal(result.family(torch.tensor([0.0]))["w"], a["w"]) and torch.equal(result.family(torch.tensor([1.0]))["w"], b["w"])
    with pytest.raises(la.InputError, match="nothing to train"):
        la.fit(objective, family=la.Path((a, b)), optimizer=SGD, steps=1)


def test_bezier_and_polychain_are_what_they_say():
    points = [{"w": torch.randn(5, generator=cases.gen(k), dtype=torch.float64)} for k in range(4)]
    bezier, chain = la.Path(tuple(points)), la.Path(tuple(points), "polychain")
    for t in (0.0, 0.2, 1 / 3, 0.9, 1.0):
        levels = [p["w"] for p in points]
        while len(levels) > 1:  # de Casteljau
            levels = [(1 - t) * x + t * y for x, y in pairwise(levels)]
        assert torch.allclose(bezier(torch.tensor([t]))["w"], levels[0], atol=1e-12)
        k = min(int(3 * t), 2)
        piece = (1 - (3 * t - k)) * points[k]["w"] + (3 * t - k) * points[k + 1]["w"]
        assert torch.allclose(chain(torch.tensor([t], dtype=torch.float64))["w"], piece, atol=1e-12)
    with pytest.raises(la.InputError, match="expected at least its two ends"):
        la.Path((points[0],))
    with pytest.raises(la.InputError, match="did you mean 'bezier'"):
        la.Path(tuple(points), "bezir")


def test_under_a_mask_what_is_zero_stays_zero():
    model, (x, y) = cases.convbn(), cases.images()
    objective = la.Objective.from_module(model, (x, y), "cross_entropy", batch_size=24)
    mask = {"0.weight": torch.rand(objective.params["0.weight"].shape, generator=cases.gen()) < 0.4}
    masked = la.Masked(objective.point(), mask)
    for optimizer in (partial(torch.optim.SGD, lr=0.1, momentum=0.9, weight_decay=1e-2), partial(torch.optim.Adam, lr=0.01)):
        result = la.fit(objective, family=masked, optimizer=optimizer, steps=8)
        assert torch.equal(result.point["0.weight"] != 0, mask["0.weight"])
        assert not torch.equal(result.point["1.weight"], objective.params["1.weight"])
        assert result.family.density == pytest.approx(float(mask["0.weight"].float().mean()))
    plain = la.fit(objective, family=la.Masked(objective.point(), {}), optimizer=SGD, steps=4)  # nothing masked: plain training
    assert all(torch.equal(t, la.fit(objective, optimizer=SGD, steps=4).point[n]) for n, t in plain.point.items())
    for wrong in ({"0.weight": torch.full_like(objective.params["0.weight"], 0.5)}, {"x": torch.ones(2)}, {"0.weight": torch.ones(2)}):
        with pytest.raises(la.InputError, match="mask"):
            la.Masked(objective.point(), wrong)


def test_augmentation_is_drawn_for_every_step_by_the_seed():
    drawn = []

    def augment(x, generator):
        drawn.append(torch.rand((), generator=generator).item())
        return x.flip(0)

    objective = la.Objective.from_module(nn.Linear(6, 3), cases.blobs(n=30), "cross_entropy", batch_size=10)
    la.fit(objective.training(augment), optimizer=SGD, steps=4, seed=1)
    first = drawn.copy()
    la.fit(objective.training(augment), optimizer=SGD, steps=4, seed=1)
    assert drawn == first * 2 and len(set(first)) == 4
    with pytest.raises(la.InputError, match="gave 29 examples for 10"):
        la.fit(objective.training(lambda x, g: torch.zeros(29, 6)), optimizer=SGD, steps=1)
    with pytest.raises(la.InputError, match="expected a function of"):
        objective.training("flip")
    with pytest.raises(la.InputError, match="autocast is 'bf17'; expected one of bf16"):
        objective.training(autocast="bf17")
