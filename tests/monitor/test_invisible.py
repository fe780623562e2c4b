"""A run that is watched is the run that nobody watches, to the last bit."""

import random
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from cases import blobs, convbn, images, mlp, seeded
from torch import nn

import lossatlas as la
from lossatlas.errors import InputError


def dropped():
    return mlp(dropout=0.3)


def trained(model, data, watched, optimizer, *, steps=4, batch=8, accumulate=1, store=None, **options):
    """A loop of one's own: the state of everything that a monitor might touch, after every step."""
    torch.manual_seed(3)
    np.random.seed(3)
    random.seed(3)
    model.train()
    descent = optimizer(model.parameters())
    monitor = None
    if watched:
        objective = la.Objective.from_module(model, data, "cross_entropy", batch_size=batch)
        monitor = la.Monitor(objective, probes="all", every={"top": 3, "slice": 4, "lambda_max": 2, "fisher": 2}, budget=None,
                             store=store, **options).watch(model, descent)
    seen = []
    for _step in range(steps):
        for _ in range(accumulate):
            rows = torch.randint(len(data[0]), (batch,))
            loss = F.cross_entropy(model(data[0][rows]), data[1][rows])
            loss.backward()
        descent.step()
        if monitor:
            monitor.observe(loss=loss)
        seen.append([*(t.detach().clone() for t in model.state_dict().values()), *(p.grad.clone() for p in model.parameters()),
                     torch.get_rng_state(), torch.tensor(np.random.get_state()[1].astype(np.int64)),
                     torch.tensor(random.getstate()[1]), torch.tensor([module.training for module in model.modules()])])
        descent.zero_grad()
    if monitor:
        monitor.close()
    return seen, monitor


@pytest.mark.parametrize(("make", "data", "optimizer"), [
    (dropped, blobs(), partial(torch.optim.SGD, lr=0.05, momentum=0.9)), (convbn, images(), partial(torch.optim.AdamW, lr=1e-2))],
    ids=["dropout, sgd", "batchnorm, adamw"])
def test_a_watched_loop_is_bit_for_bit_the_unwatched_one(make, data, optimizer, tmp_path):
    alone, _ = trained(make(), data, False, optimizer)
    watched, monitor = trained(make(), data, True, optimizer, store=tmp_path / "a.zarr" / "run")
    for one, other in zip(alone, watched, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
    ds = monitor.dataset()
    wanted = {"loss", "update_norm", "gradient_norm", "line_2", "critical_step", "f_top", "fisher_trace", "slice_off", "dead_units",
              "function_distance", "training_loss", "temperature"}
    assert wanted <= set(ds.data_vars) and ds["step"].values.tolist() == list(range(5)) and ds.attrs["finished"]
    assert not [event for event in ds.attrs["events"] if event["event"] == "failed"]


def test_a_watched_fit_is_the_unwatched_one():
    objective = la.Objective.from_module(dropped(), blobs(), "cross_entropy", batch_size=10)
    run = partial(la.fit, objective, optimizer=partial(torch.optim.SGD, lr=0.1, momentum=0.5), steps=5)
    before = torch.get_rng_state()
    alone, watched = run(), run(hooks=[monitor := la.Monitor(objective, probes="all", budget=None)])
    assert all(torch.equal(alone.point[name], watched.point[name]) for name in alone.point)
    assert torch.equal(before, torch.get_rng_state()) and monitor.dataset().attrs["finished"]


def test_wrapped_models_have_their_own_names_and_hooks_come_off():
    model, data = mlp(), blobs()
    objective = la.Objective.from_module(model, data, "cross_entropy")
    for wrap in (nn.DataParallel, partial(torch.compile, backend="eager")):
        descent = torch.optim.SGD(model.parameters(), lr=0.1)
        with la.Monitor(objective, budget=None) as monitor:
            monitor.watch(wrap(model), descent)
            F.cross_entropy(model(data[0]), data[1]).backward()
            descent.step()
            assert monitor.dataset()["step"].values.tolist() == [0, 1]
        descent.step()
        assert monitor.dataset()["step"].values.tolist() == [0, 1] and not descent._optimizer_step_post_hooks


def test_wrong_networks_and_options_are_told():
    model, data = mlp(), blobs()
    objective = la.Objective.from_module(model, data, "cross_entropy")
    descent = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(InputError, match="expected the same network"):
        la.Monitor(objective).watch(seeded(lambda: nn.Linear(6, 3)), descent)
    with pytest.raises(InputError, match="did you mean 'lambda_max'"):
        la.Monitor(objective, probes=("default", "lambda_mx"))
    with pytest.raises(InputError, match="every has 'top'"):
        la.Monitor(objective, every={"top": 3})
    with pytest.raises(InputError, match="budget is 0"):
        la.Monitor(objective, budget=0)
    with pytest.raises(InputError, match="expected 1 to 50"):
        la.Monitor(objective, examples=51)
    with pytest.raises(InputError, match="training view"):
        la.Monitor(objective.training())
    with pytest.raises(InputError, match="before watch"):
        la.Monitor(objective).observe(loss=1.0)
    watching = la.Monitor(objective).watch(model, descent, manual=True)
    with pytest.raises(InputError, match="watches a run already"):
        watching.watch(model, descent)
    with pytest.raises(InputError, match="says no step"):
        watching.observe(loss=1.0)
    watching.close()
