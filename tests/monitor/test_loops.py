"""Loops as people write them: mixed precision, accumulated gradients, parameter groups, fused optimizers, a crash in between."""

import math
import sys
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from cases import blobs, convbn, images, mlp
from preloaded import Script

import lossatlas as la
from lossatlas.errors import SpecMismatch
from lossatlas.result.log import read_log


def objective_of(model, data, **options):
    return la.Objective.from_module(model, data, "cross_entropy", **{"batch_size": 10, **options})


def last(monitor, name):
    return float(monitor.dataset()[name].dropna("step")[-1])


@pytest.mark.parametrize("fused", [False, True])
def test_steps_that_a_gradient_scaler_leaves_out_are_no_steps(fused):
    model, data = mlp(), blobs()
    descent = torch.optim.SGD(model.parameters(), lr=0.1, fused=fused)
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    monitor = la.Monitor(objective_of(model, data), budget=None).watch(model, descent)
    for step in range(4):
        with torch.autocast("cpu", torch.bfloat16):
            loss = F.cross_entropy(model(data[0]), data[1])
        scaler.scale(loss * (math.inf if step == 1 else 1)).backward()
        scaler.step(descent)
        scaler.update()
        descent.zero_grad()
    ds = monitor.dataset()
    assert ds["step"].values.tolist() == [0, 1, 2, 3] and scaler.get_scale() == 2
    offline = la.probes.loss(monitor.objective)(dict(model.named_parameters()))
    assert float(ds["loss"][-1]) == pytest.approx(float(offline["loss"]), rel=1e-9)
    assert all(np.isfinite(ds[name].values).all() for name in ("loss", "gradient_norm", "weight_norm"))
    monitor.close()


def test_micro_batches_are_no_steps_and_inside_autocast_numbers_are_the_same():
    model, data = convbn(), images(40)
    descent = torch.optim.Adam(model.parameters(), lr=0.01)
    monitor = la.Monitor(objective_of(model, data), budget=None, every=1).watch(model, descent, batch_size=40)
    for _ in range(3):
        with torch.autocast("cpu", torch.bfloat16):
            for rows in torch.arange(40).split(10):
                (F.cross_entropy(model(data[0][rows]), data[1][rows]) / 4).backward()
            descent.step()
        descent.zero_grad()
    ds = monitor.dataset()
    assert ds["step"].values.tolist() == [0, 1, 2, 3] and float(ds["temperature"][0]) == pytest.approx(0.01 / 40)
    point = {**dict(model.named_parameters()), **{n: b for n, b in model.named_buffers() if b.is_floating_point()}}
    assert last(monitor, "loss") == pytest.approx(float(la.probes.loss(monitor.objective)(point)["loss"]), rel=1e-9)
    assert last(monitor, "batchnorm_drift") > 0
    monitor.close()


def test_parameter_groups_have_rates_and_thresholds_of_their_own():
    model, data = mlp(), blobs()
    descent = torch.optim.SGD([{"params": model[0].parameters()}, {"params": [*model[3].parameters(), *model[5].parameters()], "lr": 0.02}],
                              lr=0.1, momentum=0.9)
    monitor = la.Monitor(objective_of(model, data), probes=("default", "lambda_max", "lambda_preconditioned"), budget=None)
    monitor.watch(model, descent)
    F.cross_entropy(model(data[0]), data[1]).backward()
    descent.step()
    ds = monitor.dataset().isel(step=-1)
    assert (float(ds["lr"]), float(ds["lr_1"])) == (0.1, 0.02) and "threshold" not in ds and "critical_sharpness" not in ds
    assert float(ds["threshold_preconditioned"]) == pytest.approx(38) == float(ds["threshold_preconditioned_0"])
    assert float(ds["threshold_preconditioned_1"]) == pytest.approx(190)
    assert float(ds["lambda_preconditioned"]) < float(ds["lambda_max"]) * 1.01 and float(ds["critical_step"]) > 0
    monitor.close()


def test_by_hand_steps_may_jump_and_come_twice():
    model, data = mlp(), blobs()
    descent = torch.optim.SGD(model.parameters(), lr=0.1)
    written = []

    class Writer:
        def __call__(self, step, values):
            written.append((step, dict(values)))

        def event(self, step, event, text):
            written.append((step, event))

        def close(self):
            written.append("closed")

    with la.Monitor(objective_of(model, data), budget=None, writers=[Writer()]).watch(model, descent, manual=True) as monitor:
        for step in (1, 1, 2, 5):
            F.cross_entropy(model(data[0]), data[1]).backward()
            descent.step()
            monitor.observe(step, loss=torch.tensor(2.0))
    ds = monitor.dataset()
    assert ds["step"].values.tolist() == [0, 1, 2, 5] and ds["training_loss"].dropna("step").values.tolist() == [2, 2, 2]
    assert math.isnan(ds["update_norm"].values[-1])  # the point before the last of three steps is not known
    assert [one[0] for one in written[:4]] == [0, 1, 2, 5] and written[1][1]["loss"] == float(ds["loss"][1])
    assert written[-2:] == [(5, "finished"), "closed"]


def test_a_writer_that_fails_is_left_out_and_training_goes_on():
    model, data = mlp(), blobs()
    descent = torch.optim.SGD(model.parameters(), lr=0.1)

    def broken(step, values):
        raise OSError("disk full")

    with pytest.warns(RuntimeWarning, match="writer function failed and is left out: OSError: disk full"):
        monitor = la.Monitor(objective_of(model, data), budget=None, writers=[broken]).watch(model, descent)
    F.cross_entropy(model(data[0]), data[1]).backward()
    descent.step()
    assert monitor.dataset().sizes["step"] == 2
    monitor.close()


def test_a_log_that_cannot_be_written_ends_monitoring_and_not_training(tmp_path):
    model, data = mlp(), blobs()
    descent = torch.optim.SGD(model.parameters(), lr=0.1)
    monitor = la.Monitor(objective_of(model, data), budget=None, store=tmp_path / "a.zarr" / "run").watch(model, descent)
    monitor._log._file.close()
    with pytest.warns(RuntimeWarning, match="monitoring stopped at step 1, training goes on"):
        F.cross_entropy(model(data[0]), data[1]).backward()
        descent.step()
    descent.step()
    assert "monitoring stopped" in str(monitor)
    monitor.close()


CRASHING = """
import os, sys
import torch, lossatlas as la
sys.path.insert(0, {tests!r})
from cases import blobs, mlp
objective = la.Objective.from_module(mlp(), blobs(), "cross_entropy", batch_size=10)
monitor = la.Monitor(objective, budget=None, examples=20, store={store!r})
def die(step, point, state):
    if step == 7:
        os.kill(os.getpid(), 9)
la.fit(objective, optimizer=lambda t: torch.optim.SGD(t, lr=0.1), steps=20, hooks=[la.Recorder({run!r}, every=5), monitor, die])
"""


def test_a_run_that_was_killed_goes_on_in_the_same_log(tmp_path):
    store, run = str(tmp_path / "a.zarr" / "run"), str(tmp_path / "run")
    code = CRASHING.format(tests=str(next(path for path in sys.path if path.endswith("tests"))), store=store, run=run)
    assert Script(code).wait(60) == -9
    ds = read_log(store)
    assert not ds.attrs["finished"] and not ds.attrs["live"] and ds["step"].values.tolist() == list(range(8))
    objective = objective_of(mlp(), blobs())
    with pytest.raises(SpecMismatch, match="n_examples"):
        la.Monitor(objective, budget=None, examples=21, store=store, resume=True)
    state = la.open_run(run).state(5)
    monitor = la.Monitor(objective, budget=None, examples=20, store=store, resume=True)
    la.fit(objective, init=state, optimizer=partial(torch.optim.SGD, lr=0.1), steps=20, hooks=[monitor])
    again = monitor.dataset()
    assert again["step"].values.tolist() == list(range(21)) and again.attrs["finished"]
    assert [event["event"] for event in again.attrs["events"]] == ["resumed", "finished"]
    for name in ("loss", "weight_norm", "distance", "function_distance"):  # the start is that of the first run
        np.testing.assert_allclose(again[name].values[:6], ds[name].values[:6], rtol=1e-12)
    assert float(again["distance"][6]) == pytest.approx(float(ds["distance"][6]), rel=1e-9)
    monitor.close()


def test_an_error_in_the_loop_is_in_the_log_and_the_hook_is_off(tmp_path):
    model, data = mlp(), blobs()
    descent = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(ZeroDivisionError), la.Monitor(objective_of(model, data), budget=None).watch(model, descent) as monitor:
        1 / 0  # noqa: B018
    ds = monitor.dataset()
    assert ds.attrs["events"] == [{"step": 0, "event": "stopped", "text": "ZeroDivisionError: division by zero"}]
    assert not ds.attrs["finished"] and not ds.attrs["live"] and not descent._optimizer_step_post_hooks


RANK = """
import sys, torch
import torch.nn.functional as F
import lossatlas as la
sys.path.insert(0, {tests!r})
from cases import blobs, convbn, images

torch.distributed.init_process_group("gloo", init_method="file://{meeting}", rank={rank}, world_size=2)
ends = []
for watched in (False, True):
    model, data = convbn(), images(40)
    net = torch.nn.parallel.DistributedDataParallel(model)
    descent = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    if watched:
        objective = la.Objective.from_module(model, data, "cross_entropy", batch_size=10)
        monitor = la.Monitor(objective, budget=None, store={store!r}).watch(net, descent, batch_size=20)
    rows = torch.Generator().manual_seed({rank})
    for _ in range(4):
        chosen = torch.randint(40, (10,), generator=rows)
        descent.zero_grad()
        F.cross_entropy(net(data[0][chosen]), data[1][chosen]).backward()
        descent.step()
    ends.append([tensor.clone() for tensor in model.state_dict().values()])
monitor.close()
assert all(map(torch.equal, *ends))
assert monitor.dataset().sizes["step"] == {steps}
"""


def test_of_two_ranks_the_first_one_watches_and_both_train_as_they_would(tmp_path):
    store, tests = str(tmp_path / "a.zarr" / "run"), str(next(path for path in sys.path if path.endswith("tests")))
    ranks = [Script(RANK.format(tests=tests, meeting=tmp_path / "meeting", store=store, rank=rank, steps=steps))
             for rank, steps in ((0, 5), (1, 0))]
    for rank in ranks:
        _, said = rank.communicate(120)
        assert rank.returncode == 0, said
    ds = la.open(store)
    assert ds["step"].values.tolist() == [0, 1, 2, 3, 4]
    assert float(ds["temperature"][0]) == pytest.approx(0.1 / 20 / (1 - 0.9))  # a step has the examples of both


def test_a_train_test_pair_and_batchnorm_by_batch():
    model, data = convbn(), images(40)
    objective = objective_of(model, data, bn="batch")
    with la.Monitor({"test": objective, "train": objective}, budget=None, examples=15) as monitor:
        la.fit(objective, optimizer=partial(torch.optim.SGD, lr=0.1), steps=2, hooks=[monitor])
    assert monitor.objective.data.sizes == (10, 10)  # batches define the loss, and are kept
    ds = monitor.dataset()
    assert "batchnorm_drift" not in ds and np.isfinite(ds["loss"].values).all()


def test_a_network_that_answers_no_tensor_and_a_loss_of_ones_own():
    class Pair(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = mlp()

        def forward(self, x):
            return {"one": self.inner(x), "two": x}

    model, data = Pair(), blobs()

    def own(outputs, targets):
        return F.cross_entropy(outputs["one"], targets, reduction="none") + outputs["two"].square().mean(1)

    objective = la.Objective.from_module(model, data, own, batch_size=10)
    with la.Monitor(objective, budget=None) as monitor:
        la.fit(objective, optimizer=partial(torch.optim.SGD, lr=0.1), steps=2, hooks=[monitor])
    ds = monitor.dataset()
    assert "function_distance" not in ds and np.isfinite(ds["loss"].values).all()
    assert [event["event"] for event in ds.attrs["events"]] == ["finished"]


def test_through_a_family_and_with_frozen_layers():
    model, data = mlp(), blobs()
    objective = objective_of(model, data)
    monitor = la.Monitor(objective, probes=("default", "lambda_max", "lambda_preconditioned"), budget=None)
    la.fit(objective, family=la.random_slice(objective, seed=0), optimizer=partial(torch.optim.Adam, lr=0.1), steps=2, hooks=[monitor])
    ds = monitor.dataset()  # of the coordinates that are trained there are rates, and of the weights no threshold
    assert ds["lr"].values.tolist() == [0.1] * 3 and (ds["update_norm"].values[1:] > 0).all() and "threshold" not in ds
    assert [event["event"] for event in ds.attrs["events"]] == ["finished"]
    model[0].requires_grad_(False)
    descent = torch.optim.SGD(model.parameters(), lr=0.1)
    with la.Monitor(objective, probes=("lambda_max", "lambda_preconditioned"), budget=None).watch(model, descent) as monitor:
        at = monitor.dataset().isel(step=0)
    own = la.hessian(monitor.objective, params=["3.*", "5.*"])
    assert float(at["lambda_preconditioned"]) == pytest.approx(float(la.eigenpairs(own, 1).values[0]), rel=1e-2)
    assert float(at["threshold_preconditioned"]) == pytest.approx(20) and "threshold" not in at
