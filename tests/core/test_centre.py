"""Point 1: the centre is the user's module bit for bit, and nothing that the user owns changes."""

import copy
import random
import warnings

import cases
import numpy as np
import oracles
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import lossatlas as la

GRID = {"alpha": la.axis(-1, 1, 3), "beta": la.axis(-0.5, 0.5, 3)}


def sweep(objective, coords=GRID, **options):
    return la.sweep(la.probes.loss(objective), la.random_slice(objective, dims=tuple(coords)), coords, plan="plain", **options)


@pytest.mark.parametrize("name", ["mlp", "dropout", "convbn", "mixed", "attention", "lstm", "buffers"])
@pytest.mark.parametrize("size", [7, 64])
def test_centre_is_the_users_module_bit_for_bit(name, size):
    model, (x, y), loss = cases.every()[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        objective = la.Objective.from_module(model, (x, y), loss, batch_size=size)
    ds = sweep(objective)
    expected = oracles.summed_loss(copy.deepcopy(model).eval(), oracles.cut(x, y, size))
    assert ds["center_loss"].item() == expected.item()
    assert ds["loss"].sel(alpha=0, beta=0).item() == expected.item()
    one = F.cross_entropy(copy.deepcopy(model).eval()(x), y).item()
    assert ds["center_loss"].item() == pytest.approx(one, rel=1e-6)
    assert float(objective.value()) == expected.item()


@pytest.mark.parametrize("size", [8, 11])
def test_centre_under_batch_is_train_mode_batchnorm_bit_for_bit(size):
    model, (x, y) = cases.convbn(), cases.images()
    objective = la.Objective.from_module(model, (x, y), "cross_entropy", batch_size=size, bn="batch")
    expected = oracles.summed_loss(copy.deepcopy(model).train(), oracles.cut(x, y, size))
    assert sweep(objective)["center_loss"].item() == expected.item()


def test_batch_policy_leaves_dropout_off():
    model = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 3))
    x, y = cases.blobs()
    objective = la.Objective.from_module(model, (x, y), "cross_entropy", bn="batch")
    reference = copy.deepcopy(model).eval()
    reference[1].train()
    assert sweep(objective)["center_loss"].item() == oracles.summed_loss(reference, [(x, y)]).item()


def test_losses_are_summed_in_float64():
    """300,000 float32 losses of 0.1 (and one of 1e4): a float32 running sum is off in the fourth digit."""
    each = torch.full((300_000,), 0.1)
    each[0] = 1e4
    model = oracles.Surface(lambda u, v, x: x + 0 * u.float())
    objective = la.Objective.from_module(model.float(), (each, each), oracles.itself, batch_size=300_000, layout={"uv": None})
    ds = sweep(objective, {"alpha": [0.0]}) if float(model.uv.detach().norm()) else None
    value = float(objective.value()) if ds is None else ds["center_loss"].item()
    assert value == pytest.approx(each.double().mean().item(), rel=1e-14)


def snapshot(model):
    return {
        "state": {k: v.clone() for k, v in model.state_dict().items()},
        "modes": [m.training for m in model.modules()],
        "requires": [p.requires_grad for p in model.parameters()],
        "grads": [None if p.grad is None else p.grad.clone() for p in model.parameters()],
        "ids": [id(p) for p in model.parameters()],
        "versions": [t._version for t in model.state_dict(keep_vars=True).values()],
        "hooks": [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules()],
        "attributes": [sorted(vars(m)) for m in model.modules()],
    }


def assert_same(before, after):
    for key in before:
        if key == "state":
            assert before[key].keys() == after[key].keys()
            assert all(torch.equal(v, after[key][k]) for k, v in before[key].items())
        elif key == "grads":
            assert all((a is None and b is None) or torch.equal(a, b) for a, b in zip(before[key], after[key], strict=True))
        else:
            assert before[key] == after[key], key


def rng_states():
    torch.rand(3), np.random.rand(3), random.random()
    return torch.get_rng_state(), np.random.get_state(), random.getstate()


def assert_same_rng(before):
    assert torch.equal(before[0], torch.get_rng_state())
    now = np.random.get_state()
    assert before[1][0] == now[0] and np.array_equal(before[1][1], now[1]) and before[1][2:] == now[2:]
    assert before[2] == random.getstate()


def used(name):
    """A model as a user has it: half in train mode, some gradients, some frozen weights, a hook."""
    model, data, loss = cases.every()[name]
    model.train()
    next(iter(model.children())).eval()
    parameters = list(model.parameters())
    parameters[0].grad = torch.full_like(parameters[0], 0.25)
    parameters[-1].requires_grad_(False)
    model.register_forward_hook(lambda *_: None)
    return model, data, loss


@pytest.mark.filterwarnings("ignore:the filter axis", "ignore:forward hooks")
@pytest.mark.parametrize("bn", ["eval", "batch", "recompute"])
@pytest.mark.parametrize("name", ["dropout", "convbn", "writes", "samples", "tied", "lstm"])
def test_everything_of_the_user_is_as_before(name, bn):
    model, data, loss = used(name)
    kept = [t.clone() for t in (data.values() if isinstance(data, dict) else data)]
    before, rng = snapshot(model), rng_states()
    objective = la.Objective.from_module(model, data, loss, bn=bn, batch_size=6)
    sweep(objective, {"alpha": [-1.0, 0.0, 1.0]})
    objective.losses()
    objective.value().item()
    la.probes.loss(objective)(objective.point())
    la.sharpness(objective, directions=2)
    la.faithfulness(objective, la.random_slice(objective), [objective.point()])
    assert_same(before, snapshot(model))
    assert_same_rng(rng)
    assert all(torch.equal(a, b) for a, b in zip(kept, data.values() if isinstance(data, dict) else data, strict=True))


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("bn", ["eval", "batch", "recompute"])
def test_everything_is_as_before_after_a_crash_in_the_middle(error, bn):
    class Explodes(nn.Module):
        left = (10**9,)

        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def forward(self, x):
            Explodes.left = (self.left[0] - 1,)
            torch.rand(1), np.random.rand(), random.random()
            if self.left[0] == 0:
                raise error("stop")
            return self.inner(x)

    model, data = Explodes(cases.convbn()).train(), cases.images()
    before, rng = snapshot(model), rng_states()
    objective = la.Objective.from_module(model, data, "cross_entropy", bn=bn, batch_size=8)
    clean = sweep(objective)
    own = {k: v.clone() for k, v in objective.point().items()}
    Explodes.left = (13,)
    with pytest.raises(error, match="stop"):
        sweep(objective)
    assert_same(before, snapshot(model))
    assert_same_rng(rng)
    assert all(torch.equal(v, objective.point()[k]) for k, v in own.items())
    Explodes.left = (10**9,)
    assert sweep(objective)["loss"].equals(clean["loss"])  # the objective itself is whole, too


def test_a_loaders_own_generator_is_as_before():
    x, y = cases.blobs()
    for options in ({"shuffle": False}, {"shuffle": True}):
        own = torch.Generator().manual_seed(3)
        torch.rand(5, generator=own)
        state = own.get_state()
        loader = DataLoader(TensorDataset(x, y), batch_size=16, generator=own, **options)
        rng = rng_states()
        objective = la.Objective.from_module(cases.mlp(), la.Batches.of(loader, freeze=options["shuffle"]), "cross_entropy")
        sweep(objective)
        assert torch.equal(own.get_state(), state)
        assert_same_rng(rng)


def test_a_forward_that_writes_buffers_has_the_same_value_at_the_same_point():
    objective = la.Objective.from_module(*cases.every()["writes"], batch_size=10)
    first = float(objective.value())
    own = {k: v.clone() for k, v in objective.buffers.items()}
    ds = sweep(objective, {"alpha": la.axis(-1, 1, 5)})
    assert ds["center_loss"].item() == first == ds["loss"].sel(alpha=0).item() == float(objective.value(objective.point()))
    assert all(torch.equal(v, objective.buffers[k]) for k, v in own.items())


def test_a_forward_that_samples_has_the_same_value_at_the_same_point():
    objective = la.Objective.from_module(*cases.every()["samples"], batch_size=10)
    ds = sweep(objective, {"alpha": la.axis(-1, 1, 5)})
    assert ds["center_loss"].item() == ds["loss"].sel(alpha=0).item() == float(objective.value())
    assert la.probes.loss(objective)(objective.point())["loss"].item() == ds["center_loss"].item()


def test_a_forward_that_changes_its_input_in_place_does_not_change_the_data():
    class Centres(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(6, 3)

        def forward(self, x):
            x -= 1.0
            return self.layer(x)

    x, y = cases.blobs()
    model, kept = cases.seeded(Centres), x.clone()
    objective = la.Objective.from_module(model, (x, y), "cross_entropy", batch_size=16)
    ds = sweep(objective, {"alpha": la.axis(-1, 1, 5)})
    assert torch.equal(x, kept)
    expected = F.cross_entropy(model(kept.clone()), y).item()
    assert ds["center_loss"].item() == pytest.approx(expected, rel=1e-6)
    assert ds["loss"].sel(alpha=0).item() == ds["center_loss"].item()
    assert float(objective.with_data((x, y)).value()) == pytest.approx(expected, rel=1e-6)
    assert torch.equal(x, kept)


def test_changing_the_users_model_later_does_not_change_the_objective():
    model, (x, y) = cases.mlp(), cases.blobs()
    objective = la.Objective.from_module(model, (x, y), "cross_entropy")
    before = float(objective.value())
    with torch.no_grad():
        for p in model.parameters():
            p.zero_()
    assert float(objective.value()) == before


def test_the_centre_is_always_evaluated_even_off_the_lattice():
    objective = la.Objective.from_module(cases.mlp(), cases.blobs(), "cross_entropy", metrics={"accuracy": la.metrics.accuracy})
    ds = sweep(objective, {"alpha": la.axis(0.25, 1, 4)})
    assert ds["center_loss"].item() == float(objective.value())
    assert {"center_loss_stderr", "center_accuracy"} <= set(ds)
