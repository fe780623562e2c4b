"""The pre-flight names every culprit, alone and together, costs about a gradient at most, and changes nothing."""

import os
import random

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset, IterableDataset, Sampler, TensorDataset

import lossatlas as la
from lossatlas.errors import InputError


def gen(seed=0):
    return torch.Generator().manual_seed(seed)


X, Y = torch.randn(40, 4, generator=gen()), torch.randint(0, 3, (40,), generator=gen(1))
DATA = TensorDataset(X, Y)


def net(*middle):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(4, 6), *middle, nn.ReLU(), nn.Linear(6, 3))


def kinds(model, data=(X, Y), loss="cross_entropy"):
    return [culprit.kind for culprit in la.preflight(model, data, loss).culprits]


class Augmented(Dataset):
    def __len__(self):
        return 40

    def __getitem__(self, i):
        return X[i] + 0.1 * torch.randn(4), Y[i]


class Stream(IterableDataset):
    def __init__(self, shuffle=False, noise=0.0):
        self.shuffle, self.noise = shuffle, noise

    def __iter__(self):
        for i in torch.randperm(40).tolist() if self.shuffle else range(40):
            yield X[i] + self.noise * torch.randn(4), Y[i]


class OwnOrder(Sampler):
    def __iter__(self):
        return iter(random.sample(range(40), 40))

    def __len__(self):
        return 40


def test_nothing_is_found_where_nothing_is_random():
    for data in ((X, Y), DATA, DataLoader(DATA, batch_size=7), [(X[:20], Y[:20]), (X[20:], Y[20:])], la.Batches.of((X, Y)), Stream(),
                 DataLoader(Stream(), batch_size=7)):
        report = la.preflight(net().eval(), data, "cross_entropy")
        assert report.deterministic and report.difference == 0 and str(report).startswith("deterministic")


@pytest.mark.parametrize(("data", "expected"), [
    (DataLoader(DATA, batch_size=7, shuffle=True), "shuffling"), (DataLoader(DATA, sampler=OwnOrder()), "shuffling"),
    (DataLoader(DATA, batch_size=7, shuffle=True, generator=gen(5)), "shuffling"), (Stream(shuffle=True), "shuffling"),
    (Augmented(), "augmentation"), (DataLoader(Augmented(), batch_size=7), "augmentation"), (Stream(noise=0.1), "augmentation"),
    (DataLoader(Stream(noise=0.1), batch_size=7), "augmentation"),
    (DataLoader(DATA, batch_size=7, collate_fn=lambda items: (torch.stack([x for x, _ in items]) * torch.rand(1),
                                                              torch.stack([y for _, y in items]))), "augmentation")])
def test_random_data_are_named(data, expected):
    assert kinds(net().eval(), data) == [expected]


def test_both_of_the_loader_are_named():
    report = la.preflight(net(), DataLoader(Augmented(), batch_size=7, shuffle=True), "cross_entropy")
    assert [c.kind for c in report.culprits] == ["shuffling", "augmentation"]
    assert "RandomSampler" in str(report) and "Augmented" in str(report) and "shuffle=False" in str(report)


def test_dropout_is_named_with_its_layer_in_train_mode_only():
    model = net(nn.Dropout(0.5))
    report = la.preflight(model.train(), (X, Y), "cross_entropy")
    assert [(c.kind, c.where) for c in report.culprits] == [("dropout", ("1",))] and "model.eval()" in str(report)
    assert kinds(model.eval()) == [] and kinds(net(nn.Dropout(0.0)).train()) == []


def test_dropout_without_a_layer_of_its_own_is_named_by_the_one_that_draws():
    class Functional(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = net()

        def forward(self, x):
            return self.inner(F.dropout(x))  # forgets self.training

    report = la.preflight(Functional().eval(), (X, Y), "cross_entropy")
    assert [(c.kind, c.where) for c in report.culprits] == [("random", ("Functional",))] and "eval mode, too" in str(report)


def test_a_loss_that_draws_is_named():
    def noisy(outputs, targets):
        return F.cross_entropy(outputs, targets, reduction="none") * torch.rand(len(targets))

    assert [(c.kind, c.where) for c in la.preflight(net().eval(), (X, Y), noisy).culprits] == [("random", ("the loss",))]


def test_numbers_of_numpy_and_random_count():
    class Draws(nn.Module):
        def forward(self, x):
            return x * (1 + np.random.rand() + random.random())

    assert [(c.kind, c.where) for c in la.preflight(net(Draws()).eval(), (X, Y), "cross_entropy").culprits] == [("random", ("1",))]


def test_batchnorm_in_train_mode_is_named_and_does_not_hide_dropout():
    model = net(nn.BatchNorm1d(6))
    assert [(c.kind, c.where) for c in la.preflight(model.train(), (X, Y), "cross_entropy").culprits] == [("batchnorm", ("1",))]
    assert kinds(model.eval()) == []
    assert kinds(net(nn.BatchNorm1d(6), nn.Dropout(0.5)).train()) == ["batchnorm", "dropout"]


def test_a_network_that_remembers_is_named():
    class Remembers(nn.Module):
        def __init__(self, where):
            super().__init__()
            self.calls = 0
            self.register_buffer("count", torch.zeros(()))
            self.where = where

        def forward(self, x):
            self.calls += self.where == "attribute"
            self.count += self.where == "buffer"
            return x + 0.1 * (self.calls + self.count)

    for where, words in (("attribute", "something outside its buffers"), ("buffer", "its buffers 1.count")):
        report = la.preflight(net(Remembers(where)).eval(), (X, Y), "cross_entropy")
        assert [c.kind for c in report.culprits] == ["state"] and words in str(report)
    spectral = nn.utils.parametrizations.spectral_norm(nn.Linear(6, 6))
    assert kinds(net(spectral).train()) == ["state"] and kinds(net(spectral).eval()) == []


def test_other_bits_from_the_same_numbers_are_kernels():
    class Kernel(nn.Module):
        """Adds in another order every time, as a kernel with atomic additions does: no generator knows of it."""

        def forward(self, x):
            return x * (1 + 1e-3 * int.from_bytes(os.urandom(2)) / 2**16)

    report = la.preflight(net(Kernel()).eval(), (X, Y), "cross_entropy")
    assert [c.kind for c in report.culprits] == ["kernels"] and 0 < report.difference < 0.1
    assert "use_deterministic_algorithms" in str(report)
    assert kinds(net(Kernel(), nn.Dropout(0.5)).train()) == ["kernels", "dropout"]


def test_it_costs_at_most_about_one_gradient():
    for n in (8, 20, 40, 200, 5000):
        x, y = torch.randn(n, 4, generator=gen()), torch.randint(0, 3, (n,), generator=gen(1))
        assert la.preflight(net(nn.Dropout(0.5)), (x, y), "cross_entropy").gradients <= 1.0, n
    assert la.preflight(net(), (x, y), "cross_entropy").gradients < 0.03
    assert np.isnan(la.preflight(net(), DataLoader(Stream(), batch_size=7), "cross_entropy").gradients)


def test_nothing_of_the_user_changes():
    model = net(nn.BatchNorm1d(6), nn.Dropout(0.5)).train()
    model[0].weight.requires_grad_(False)
    model[0].bias.grad = torch.ones(6)
    loader = DataLoader(Augmented(), batch_size=7, shuffle=True, generator=gen(3))
    before = {n: t.clone() for n, t in model.state_dict().items()}
    states = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate(), loader.generator.get_state()
    la.preflight(model, loader, "cross_entropy")
    assert all(torch.equal(before[n], t) for n, t in model.state_dict().items())
    assert all(m.training for m in model.modules()) and not model[0].weight.requires_grad and torch.equal(model[0].bias.grad, torch.ones(6))
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())
    assert torch.equal(states[0], torch.get_rng_state()) and torch.equal(states[3], loader.generator.get_state())
    assert (states[1] == np.random.get_state()[1]).all() and states[2] == random.getstate()


def test_any_loss_batch_and_objective_is_taken():
    assert kinds(net().eval(), (X, Y), nn.CrossEntropyLoss()) == []  # a mean
    assert kinds(net().eval(), (X, torch.eye(3)[Y]), "mse") == []
    assert kinds(net().double().eval()) == []
    objective = la.Objective.from_module(net(nn.BatchNorm1d(6), nn.Dropout(0.5)).train(), (X, Y), "cross_entropy")
    assert la.preflight(objective).deterministic

    class Dicts(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = net(nn.Dropout(0.5))

        def forward(self, features):
            return self.inner(features)

    data = {"features": X, "labels": Y}
    assert kinds(Dicts().train(), data) == ["dropout"] and kinds(Dicts().eval(), data) == []


@pytest.mark.parametrize(("arguments", "words"), [
    ((3, (X, Y), "mse"), "expected a torch.nn.Module"), ((net(),), "data is missing"), ((net(), (X, Y)), "loss is missing"),
    ((net(), DataLoader(TensorDataset(X[:0], Y[:0])), "mse"), "0 examples"), ((net(), (X, Y), "cross"), "did you mean"),
    ((nn.ReLU(), (X, Y), "cross_entropy"), "no parameters")])
def test_what_cannot_be_checked_is_refused(arguments, words):
    with pytest.raises(InputError, match=words):
        la.preflight(*arguments)
