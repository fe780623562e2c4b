"""Children of a run: with the parent's seed they are the parent to the bit, with another they differ in what is random alone."""

from functools import partial

import cases
import pytest
import torch

import lossatlas as la

STEPS, K = 12, 5


def objective(seed=0):
    """BatchNorm, dropout, and 26 examples in batches of 8: the last 2 of every epoch are left out."""
    def make():
        return torch.nn.Sequential(torch.nn.Conv2d(2, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.ReLU(), torch.nn.Dropout(0.3),
                                   torch.nn.Flatten(), torch.nn.Linear(64, 3))

    return la.Objective.from_module(cases.seeded(make, seed), cases.images(n=26), "cross_entropy", batch_size=8)


def augment(inputs, generator):
    return torch.where(torch.rand(len(inputs), 1, 1, 1, generator=generator) < 0.5, inputs.flip(-1), inputs)


def nesterov(tensors):
    return torch.optim.SGD(tensors, lr=0.1, momentum=0.9, nesterov=True, weight_decay=1e-3)


def with_scheduler(tensors):
    optimizer = torch.optim.SGD(tensors, lr=0.1, momentum=0.9)
    return optimizer, torch.optim.lr_scheduler.MultiStepLR(optimizer, [3, 7], gamma=0.3)


def decaying(step):
    return 1 / (1 + step / 4)


HOW = {
    "Nesterov": {"optimizer": nesterov, "schedule": decaying},
    "Adam": {"optimizer": partial(torch.optim.Adam, lr=0.01), "schedule": decaying},
    "scheduler": {"optimizer": with_scheduler},
}


def parent(path, how, *, seed=0, steps=STEPS, every=1, state=True):
    with la.Recorder(path, every=every, state=state) as recorder:
        return la.fit(objective().training(augment), steps=steps, seed=seed, hooks=[recorder], **how)


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("seed", [0, 3])
@pytest.mark.parametrize("how", HOW.values(), ids=HOW)
def test_with_the_parents_seed_the_child_is_the_parent_to_the_bit(tmp_path, how, seed):
    end = parent(tmp_path / "a", how, seed=seed)
    run = la.open_run(tmp_path / "a")
    for k in (0, 1, K, STEPS - 1):
        path = {}

        def look(step, point, state, path=path):
            path[state.seed, step] = point["5.weight"].clone()

        twin, other, again = la.spawn(run, objective().training(augment), k, seeds=(seed, 7, seed), hooks=[look], **how)
        assert same(twin.point, end.point) and same(again.point, end.point)  # also after another child was trained from the same state
        assert not same(other.point, end.point)
        assert torch.equal(twin.losses, end.losses[k:])
        assert all(torch.equal(path[seed, step], run.at(step)["5.weight"]) for step in range(k, STEPS + 1))
        assert torch.equal(path[7, k], run.at(k)["5.weight"])


def test_children_start_where_the_parent_was_and_differ_from_the_first_step(tmp_path):
    parent(tmp_path / "a", HOW["Nesterov"])
    run = la.open_run(tmp_path / "a")
    seen = {}

    def look(step, point, state):
        seen[state.seed, step] = {name: tensor.detach().clone() for name, tensor in point.items()}

    la.spawn(run, objective().training(augment), K, seeds=(1, 2), hooks=[look], **HOW["Nesterov"])
    start = run.state(K)
    assert same(seen[1, K], seen[2, K]) and same(seen[1, K], start.point)
    assert not same(seen[1, K + 1], seen[2, K + 1])
    assert int(seen[1, STEPS]["1.num_batches_tracked"]) == STEPS


@pytest.mark.parametrize("how", HOW.values(), ids=HOW)
def test_fresh_momentum_keeps_the_place_on_the_schedule(tmp_path, how):
    parent(tmp_path / "a", how)
    run = la.open_run(tmp_path / "a")
    start = run.state(K)
    rates, states = [], []

    def look(step, point, state):
        rates.append(state.optimizer.param_groups[0]["lr"])
        states.append(len(state.optimizer.state))

    child, = la.spawn(run, objective().training(augment), K, seeds=(0,), momentum="fresh", hooks=[look], **how)
    kept = run.metrics()["lr"].sel(step=range(K + 1, STEPS + 1)).values
    assert rates[1:] == pytest.approx(kept)
    assert states[0] == 0 and states[1] > 0
    assert not same(child.point, run.at(-1))
    assert start.optimizer["state"]  # untouched


def test_rewinding_from_weights_alone(tmp_path):
    parent(tmp_path / "a", HOW["Nesterov"], state=False)
    run = la.open_run(tmp_path / "a")
    with pytest.raises(la.InputError, match=r"no state of its optimizer"):
        la.spawn(run, objective(), K, **HOW["Nesterov"])
    child, = la.spawn(run, objective(), K, seeds=(1,), momentum="fresh", **HOW["Nesterov"])
    assert len(child.losses) == STEPS - K
    with pytest.raises(la.InputError, match=r"its state at step 5 is not there, so that it would begin anew"):
        la.spawn(run, objective(), K, seeds=(1,), momentum="fresh", optimizer=with_scheduler)
    with pytest.raises(la.InputError, match=r"not recorded; the nearest is 12"):
        la.spawn(run, objective(), 90, seeds=(1,), momentum="fresh", **HOW["Nesterov"])


def test_recorded_children_are_runs_and_are_not_trained_twice(tmp_path):
    parent(tmp_path / "a", HOW["Nesterov"])
    run, out = la.open_run(tmp_path / "a"), tmp_path / "children"
    plain = la.spawn(run, objective().training(augment), K, **HOW["Nesterov"])
    children = la.spawn(run, objective().training(augment), K, out=out, **HOW["Nesterov"])
    assert [child.path for child in children] == [out / "step-5" / "seed-1", out / "step-5" / "seed-2"]
    for child, end in zip(children, plain, strict=True):
        assert child.finished and child.steps[0] == K and child.steps[-1] == STEPS
        assert same(child.at(-1), end.point)
        assert child.about["step"] == K
    trained = []
    again = la.spawn(run, objective().training(augment), K, out=out, hooks=[lambda *_: trained.append(1)], **HOW["Nesterov"])
    assert not trained
    assert same(again[0].at(-1), plain[0].point)
    with pytest.raises(la.InputError, match=r"holds another run"):
        la.spawn(run, objective().training(augment), K, out=out, steps=20, **HOW["Nesterov"])


@pytest.mark.parametrize(("other", "named"), [
    ({"optimizer": partial(nesterov)}, "optimizer"), ({"schedule": None}, "schedule"), ({"objective": objective()}, "training.augment"),
    ({"objective": objective().training(augment, autocast="bf16")}, "training.autocast"),
    ({"objective": objective().with_data(objective().data, batch_size=9).training(augment)}, "training.batch_size"),
])
def test_recorded_children_of_another_training_are_refused(tmp_path, other, named):
    parent(tmp_path / "a", HOW["Nesterov"])
    run, out = la.open_run(tmp_path / "a"), tmp_path / "children"
    how = {"objective": objective().training(augment), "step": K, "seeds": (1,), "out": out, **HOW["Nesterov"]}
    first, = la.spawn(run, **how)
    with pytest.raises(la.InputError, match=rf"holds another run: {named}: stored .*; expected the same, or another folder"):
        la.spawn(run, **{**how, **other})
    weights_do_not_count, = la.spawn(run, **{**how, "objective": objective(seed=1).training(augment)})
    assert same(weights_do_not_count.at(-1), first.at(-1))


def test_a_child_that_broke_off_goes_on(tmp_path):
    parent(tmp_path / "a", HOW["Adam"])
    run, out = la.open_run(tmp_path / "a"), tmp_path / "children"
    end, = la.spawn(run, objective().training(augment), K, seeds=(1,), **HOW["Adam"])

    def killed(step, point, state):
        if step == 9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        la.spawn(run, objective().training(augment), K, seeds=(1,), out=out, hooks=[killed], **HOW["Adam"])
    steps = []
    child, = la.spawn(run, objective().training(augment), K, seeds=(1,), out=out, hooks=[lambda step, *_: steps.append(step)],
                      **HOW["Adam"])
    assert K < steps[0] <= 9
    assert same(child.at(-1), end.point)


def test_bad_input(tmp_path):
    parent(tmp_path / "a", HOW["Nesterov"], every=4)
    run = la.open_run(tmp_path / "a")
    with pytest.raises(la.InputError, match=r"step 5 of .* was not recorded; the nearest is 4"):
        la.spawn(run, objective(), 5, **HOW["Nesterov"])
    with pytest.raises(la.InputError, match=r"ends at step 12, and begin at step 12; expected more steps in all"):
        la.spawn(run, objective(), -1, **HOW["Nesterov"])
    with pytest.raises(la.InputError, match=r"children that end at step 3, and begin at step 4; expected more steps"):
        la.spawn(run, objective(), 4, steps=3, **HOW["Nesterov"])
    with pytest.raises(la.InputError, match=r"optimizer is missing; .* la.zoo.runs.spawn"):
        la.spawn(run, objective(), 4)
    with pytest.raises(la.InputError, match=r"momentum is 'frsh'; .* did you mean 'fresh'"):
        la.spawn(run, objective(), 4, momentum="frsh", **HOW["Nesterov"])
    for seeds in ((), 3, "12"):
        with pytest.raises(la.InputError, match=r"seeds is .*; expected one for each child"):
            la.spawn(run, objective(), 4, seeds=seeds, **HOW["Nesterov"])
    other = la.Objective.from_module(cases.mlp(), cases.blobs(), "cross_entropy")
    with pytest.raises(la.InputError, match=r"another network"):
        la.spawn(run, other, 4, **HOW["Nesterov"])
