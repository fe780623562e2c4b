"""A run that goes on from step k repeats its parent to the bit."""

import math
from functools import partial

import cases
import pytest
import runs
import torch
from torch import nn

import lossatlas as la

CASES = {
    "nesterov": (runs.dropping, runs.NESTEROV, None),
    "adam": (runs.dropping, partial(torch.optim.Adam, lr=1e-2, amsgrad=True), None),
    "adamw, schedule": (runs.dropping, torch.optim.AdamW, lambda step: math.cos(step / 30)),
    "torch scheduler": (runs.dropping, runs.stepped, None),
    "augmented": (lambda: runs.dropping().training(runs.noise), runs.NESTEROV, None),
    "bf16": (lambda: runs.dropping().training(autocast="bf16"), runs.NESTEROV, None),
    "lbfgs": (runs.small, lambda p: torch.optim.LBFGS(p, lr=0.3, max_iter=3), None),
    "poisoned": (lambda: runs.small().poison(cases.blobs(n=20, seed=3)), runs.NESTEROV, None),
    "cumulative BatchNorm": (lambda: la.Objective.from_module(nn.Sequential(nn.BatchNorm1d(6, momentum=None), nn.Linear(6, 3)),
                                                              cases.blobs(n=50), "cross_entropy", batch_size=16), runs.NESTEROV, None),
}


@pytest.mark.parametrize("name", CASES)
def test_going_on_repeats_the_parent(name, tmp_path):
    make, optimizer, schedule = CASES[name]
    options = {"optimizer": optimizer, "schedule": schedule, "steps": 16, "seed": 5}
    run, parent = runs.recorded(tmp_path / "a", make(), every=1, **options)
    assert len(parent.losses) == 16 and run.steps == tuple(range(17))
    for k in (0, 1, 9):  # nine is amid an epoch
        child = la.fit(make(), init=run.state(k), optimizer=optimizer, steps=16, seed=5, schedule=schedule)
        assert torch.equal(child.losses, parent.losses[k:]) and child.steps == 16
        assert runs.same(child.point, parent.point)
    other = la.fit(make(), init=run.state(9), optimizer=optimizer, steps=16, seed=6, schedule=schedule)
    assert not runs.same(other.point, parent.point)


def test_recording_changes_nothing(tmp_path):
    torch.manual_seed(4)
    before = torch.get_rng_state()
    _, recorded = runs.recorded(tmp_path / "a", runs.dropping(), every="distance:0.1")
    torch.manual_seed(99)
    assert runs.same(recorded.point, la.fit(runs.dropping(), optimizer=runs.NESTEROV, steps=12).point)
    torch.set_rng_state(before)


@pytest.mark.parametrize("kind", ["curve", "mask", "plane"])
def test_runs_through_a_family_go_on_as_well(kind, tmp_path):
    objective = runs.small()
    point = objective.point()
    family = {"curve": lambda: la.Path.between(point, la.fit(objective, optimizer=runs.NESTEROV, steps=5).point, bends=2),
              "mask": lambda: la.Masked(point, {"0.weight": torch.rand(point["0.weight"].shape, generator=cases.gen()) < 0.5}),
              "plane": lambda: la.random_slice(objective)}[kind]()
    with la.Recorder(tmp_path / "a", every=2) as recorder:
        parent = la.fit(objective, family=family, optimizer=runs.NESTEROV, steps=10, hooks=[recorder])
    child = la.fit(objective, family=family, init=la.open_run(tmp_path / "a").state(4), optimizer=runs.NESTEROV, steps=10)
    assert torch.equal(child.losses, parent.losses[4:]) and runs.same(child.point, parent.point)


@pytest.mark.parametrize("optimizer", [runs.NESTEROV, partial(torch.optim.Adam, lr=0.01)])
def test_a_loop_of_ones_own_is_restored_to_the_bit(optimizer, tmp_path):
    """One line in the loop; weights, momentum, schedule, and the generators that order and dropout draw from."""
    objective = runs.dropping()
    x, y = cases.blobs(n=50)

    def loop(model, descent, schedule, steps, watch=None):
        for _ in range(steps):
            chosen = torch.randperm(50)[:8]
            descent.zero_grad()
            loss = nn.functional.cross_entropy(model(x[chosen]), y[chosen])
            loss.backward()
            descent.step()
            schedule.step()
            if watch:
                watch.log(train_loss=loss)

    torch.manual_seed(3)
    model = objective.module.train()
    for p in model.parameters():
        p.requires_grad_()
    descent = optimizer(model.parameters())
    schedule = torch.optim.lr_scheduler.LambdaLR(descent, lambda s: 0.9**s)
    with la.Recorder(tmp_path / "a", every=4) as recorder:
        recorder.watch(model, descent, scheduler=schedule)
        loop(model, descent, schedule, 11, recorder)
    assert not descent._optimizer_step_post_hooks
    end = {n: t.detach().clone() for n, t in model.state_dict().items()}
    run = la.open_run(tmp_path / "a")
    assert run.steps == (0, 4, 8, 11) and run.finished
    assert runs.same({n: t for n, t in end.items() if t.is_floating_point()}, run.at(11))
    assert int(run.metrics()["train_loss"].notnull().sum()) == 11
    # the post hook runs inside optimizer.step(), before schedule.step(): one is to be made up for
    assert run.restore(8, model, descent, scheduler=schedule) == 8
    schedule.step()
    loop(model, descent, schedule, 3)
    assert runs.same(end, dict(model.state_dict()))
