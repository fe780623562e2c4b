"""A loop of one's own is put back whole or not at all, whatever wraps its network and however its tensors are tied."""

from functools import partial

import numpy as np
import pytest
import torch
from runs import recorded
from safetensors.torch import save_file
from torch import nn

import lossatlas as la

SGD = partial(torch.optim.SGD, lr=0.1, momentum=0.9)
WRAPPERS = {"none": lambda model: model, "DataParallel": nn.DataParallel, "compiled": partial(torch.compile, backend="eager"),
            "both": lambda model: nn.DataParallel(torch.compile(model, backend="eager"))}


class Tied(nn.Module):
    """An embedding that is the head too."""

    def __init__(self):
        super().__init__()
        self.embedding, self.between, self.head = nn.Embedding(4, 3), nn.Linear(3, 3), nn.Linear(3, 4, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, x):
        return self.head(self.between(self.embedding(x)))


class Named(nn.Module):
    """A network with a child that is called as DataParallel calls its own."""

    def __init__(self):
        super().__init__()
        self.module = nn.Linear(3, 1)

    def forward(self, x):
        return self.module(x)


def trained(model, optimizer, inputs, steps=3):
    for _ in range(steps):
        optimizer.zero_grad()
        model(inputs).square().mean().backward()
        optimizer.step()


def watched(path, model, inputs, optimizer=SGD):
    descent = optimizer(model.parameters())
    with la.Recorder(path, every=1) as recorder:
        recorder.watch(model, descent)
        trained(model, descent, inputs)
    return la.open_run(path)


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_tied_weights_are_restored_under_all_of_their_names(tmp_path):
    model, inputs = Tied(), torch.arange(4)
    run = watched(tmp_path / "a", model, inputs)
    other = Tied()
    assert run.restore(-1, other, SGD(other.parameters())) == 3
    assert same(model.state_dict(), other.state_dict()) and other.head.weight is other.embedding.weight


@pytest.mark.parametrize("left_out", ["embedding.weight", "head.weight"])
def test_tied_weights_of_a_file_that_has_them_once(tmp_path, left_out):
    model, other = Tied(), Tied()
    save_file({name: tensor for name, tensor in model.state_dict().items() if name != left_out}, str(tmp_path / "step_7.safetensors"))
    assert la.open_run(tmp_path).restore(7, other) == 7
    assert same(model.state_dict(), other.state_dict())


@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)
@pytest.mark.parametrize("make", [partial(nn.Linear, 3, 1), Named], ids=["Linear", "Named"])
def test_wrapped_networks_are_recorded_under_their_own_names(tmp_path, wrap, make):
    inputs = torch.ones(2, 3)
    model = make()
    run = watched(tmp_path / "a", wrap(model), inputs)
    assert sorted(run.at(-1)) == sorted(model.state_dict()) == sorted(run.description["parameters"])
    for other in (make(), wrap(make())):
        assert run.restore(-1, other, SGD(other.parameters())) == 3
        assert same(dict(zip(model.state_dict(), other.state_dict().values(), strict=True)), model.state_dict())
    objective = la.Objective.from_module(make(), (inputs, torch.ones(2, 1)), "mse")
    assert la.sweep(la.probes.loss(objective), run.trajectory(), {}).sizes["step"] == 4


def test_wrapped_networks_of_a_file_with_the_names_of_the_wrapper(tmp_path):
    model, other = nn.Linear(3, 1), nn.Linear(3, 1)
    save_file(nn.DataParallel(model).state_dict(), str(tmp_path / "step_7.safetensors"))
    la.open_run(tmp_path).restore(7, nn.DataParallel(other))
    assert same(model.state_dict(), other.state_dict())


def test_what_does_not_fit_changes_nothing(tmp_path):
    run = watched(tmp_path / "a", nn.Linear(3, 1), torch.ones(2, 3))
    other = nn.Linear(3, 1)
    before = {name: tensor.clone() for name, tensor in other.state_dict().items()}
    descent = SGD(other.parameters())
    networks = nn.Linear(3, 2), nn.Linear(3, 1, bias=False)
    generator = torch.get_rng_state()
    for wrong, message in ((SGD([other.weight]), r"groups of \[2\] tensors, and this SGD has \[1\]"),
                           (torch.optim.Adam(other.parameters()), r"with dampening, momentum, nesterov and without .*, which is no Adam")):
        with pytest.raises(la.InputError, match=message):
            run.restore(-1, other, wrong)
    with pytest.raises(la.InputError, match=r"holds no state of the scheduler; leave scheduler out"):
        run.restore(-1, other, descent, scheduler=torch.optim.lr_scheduler.StepLR(descent, 1))
    for model in networks:
        with pytest.raises(la.InputError, match=r"another architecture than Linear"):
            run.restore(-1, model)
    assert same(before, other.state_dict()) and not descent.state and torch.equal(generator, torch.get_rng_state())


def test_an_optimizer_that_was_not_recorded_is_no_silence(tmp_path):
    model = nn.Linear(3, 1)
    with la.Recorder(tmp_path / "a", every=1) as recorder:
        recorder.step(model)
    with pytest.raises(la.InputError, match=r"holds no state of the optimizer; leave optimizer out"):
        la.open_run(tmp_path / "a").restore(-1, model, SGD(model.parameters()))
    assert la.open_run(tmp_path / "a").restore(-1, model) == 1


@pytest.mark.parametrize("step", ["final", True, 1.0, None, [1]])
def test_steps_are_whole_numbers(tmp_path, step):
    run, _ = recorded(tmp_path / "a", steps=2, every=1)
    save_file({"weight": torch.ones(1)}, str(tmp_path / "step_1.safetensors"))
    for one in (run, la.open_run(tmp_path)):
        with pytest.raises(la.InputError, match=r"step is .*; expected a whole number of steps, or -1"):
            one.at(step)
    assert run.at(np.int64(1)).keys() == run.at(-1).keys() and run.state(np.int64(1)).step == 1
