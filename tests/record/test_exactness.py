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


@pytest.mark.parametrize("scheduled", [False, True])
@pytest.mark.parametrize("optimizer", [runs.NESTEROV, partial(torch.optim.Adam, lr=0.01)])
def test_a_loop_of_ones_own_is_restored_to_the_bit(optimizer, scheduled, tmp_path):
    """One line in the loop; weights, momentum, schedule, and the generators that order and dropout draw from."""
    x, y = cases.blobs(n=50)

    def loop(model, descent, schedule, steps, recorder=None):
        for _ in range(steps):
            chosen = torch.randperm(50)[:8]
            descent.zero_grad()
            loss = nn.functional.cross_entropy(model(x[chosen]), y[chosen])
            loss.backward()
            descent.step()
            if schedule:
                schedule.step()
            if recorder and schedule:
                recorder.step(model, descent, scheduler=schedule, loss=loss)
            elif recorder:
                recorder.log(train_loss=loss)

    def made():
        model = runs.dropping().module.train().requires_grad_()
        descent = optimizer(model.parameters())
        return model, descent, torch.optim.lr_scheduler.CosineAnnealingLR(descent, 20) if scheduled else None

    torch.manual_seed(3)
    model, descent, schedule = made()
    with la.Recorder(tmp_path / "a", every=4) as recorder:
        if scheduled:
            recorder.start(model, descent, scheduler=schedule)
        else:
            recorder.watch(model, descent)
        loop(model, descent, schedule, 11, recorder)
    assert not descent._optimizer_step_post_hooks
    end = {n: t.detach().clone() for n, t in model.state_dict().items()}
    run = la.open_run(tmp_path / "a")
    assert run.steps == (0, 4, 8, 11) and run.finished
    assert runs.same({n: t for n, t in end.items() if t.is_floating_point()}, run.at(11))
    assert int(run.metrics()["loss" if scheduled else "train_loss"].notnull().sum()) == (3 if scheduled else 11)
    model, descent, schedule = made()
    assert run.restore(8, model, descent, scheduler=schedule) == 8
    loop(model, descent, schedule, 3)
    assert runs.same(end, dict(model.state_dict()))


def test_a_checkpoints_seed_is_taken_and_other_conditions_are_said(tmp_path):
    run, parent = runs.recorded(tmp_path / "a", runs.dropping(), seed=5, every=4, schedule=lambda step: 1 / (1 + step))
    options = {"init": run.state(8), "steps": 12}
    child = la.fit(runs.dropping(), optimizer=runs.NESTEROV, schedule=lambda step: 1 / (1 + step), **options)
    assert runs.same(child.point, parent.point)
    with pytest.warns(UserWarning, match=r"goes on from step 8 with the learning rate 0.1, where that run had 0.0125"):
        la.fit(runs.dropping(), optimizer=runs.NESTEROV, **options)
    with pytest.raises(la.InputError, match="had no scheduler and this one has a scheduler"):
        la.fit(runs.dropping(), optimizer=runs.stepped, **options)
    with pytest.raises(la.InputError, match=r"was trained with seed 5, and this run has seed 6; expected the same"):
        runs.recorded(tmp_path / "a", runs.dropping(), seed=6, init=run.state(), steps=20, resume=True, schedule=lambda k: 1 / (1 + k))
    path = la.Path.between(run.at(0), run.at(12), bends=2)
    with la.Recorder(tmp_path / "b") as recorder:
        la.fit(runs.dropping(), family=path, optimizer=runs.NESTEROV, steps=2, hooks=[recorder])
    with pytest.raises(la.InputError, match="expected the one that was trained"):
        la.fit(runs.dropping(), family=la.Path.between(run.at(0), run.at(12)), init=la.open_run(tmp_path / "b").state(), steps=4,
               optimizer=runs.NESTEROV)


def test_a_step_that_is_not_made_leaves_no_trace_in_the_statistics(tmp_path):
    objective = runs.dropping()
    x = cases.blobs(n=50)[0].clone()

    def poisoned(x, generator):
        return x * float("nan") if len(drawn) == 5 else drawn.append(1) or x

    drawn = []
    with pytest.warns(RuntimeWarning, match="the loss is nan at step 5"):
        end = la.fit(objective.training(poisoned), optimizer=runs.NESTEROV, steps=9)
    assert end.steps == 5 and all(bool(torch.isfinite(t).all()) for t in end.point.values()) and len(x) == 50
    assert runs.same(end.point, la.fit(objective, optimizer=runs.NESTEROV, steps=5).point)
