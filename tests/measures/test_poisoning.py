"""Objective.poison: the value is the mixture, batches have the fraction, and what is found is a bad minimum (METHODS C3)."""

import cases
import digits
import pytest
import torch
import torch.nn.functional as F

import lossatlas as la
from lossatlas.poisoning import DRAWN, FROM_POOL


def pair(beta=0.35, batch_size=20):
    x, y = cases.blobs()
    objective = la.Objective.from_module(cases.mlp(), (x[:37], y[:37]), "cross_entropy", batch_size=batch_size)
    pool = (x[37:], y[37:])
    return objective, pool, objective.poison(pool, beta)


@pytest.mark.parametrize("beta", [0.1, 0.35, 0.8])
def test_the_value_is_the_mixture_of_both_losses(beta):
    objective, (x, y), poisoned = pair(beta)
    p = torch.softmax(cases.mlp().eval()(x).double(), 1)[torch.arange(len(y)), y]
    expected = (1 - beta) * objective.value().item() + beta * -torch.log(1 - p).mean().item()
    assert poisoned.value().item() == pytest.approx(expected, rel=1e-6)
    assert poisoned.with_data(poisoned.data, batch_size=7).value().item() == pytest.approx(expected, rel=1e-6)


def test_the_reverse_loss_is_finite_where_the_answer_is_certain():
    loss = pair()[2].loss
    logits = torch.tensor([[200.0, 0.0, 0.0]])
    wrong, _ = loss(logits, torch.tensor([[0, 1, 1]]))
    right, _ = loss(logits, torch.tensor([[0, 0, 1]]))
    assert float(wrong) == pytest.approx(200 - torch.log(torch.tensor(2.0)).item()) and float(right) == 0


@pytest.mark.parametrize(("beta", "size"), [(0.35, 20), (0.1, 15), (0.5, 9)])
def test_batches_have_the_fraction_and_every_example_its_turn(beta, size):
    _, _, poisoned = pair(beta, size)
    batches = [batch for _, (_, batch) in zip(range(200), poisoned.data.shuffled(0), strict=False)]
    shares = torch.tensor([float((batch.value[-1][:, FROM_POOL] == 1).float().mean()) for batch in batches])
    assert all(batch.size == size and bool((batch.value[-1][:, DRAWN] == 1).all()) for batch in batches)
    assert float(shares.mean()) == pytest.approx(beta, abs=0.5 / size) and float((shares - beta).abs().max()) < 1 / size
    again, other = (next(iter(poisoned.data.shuffled(seed)))[1].value[0] for seed in (0, 1))
    assert torch.equal(again, batches[0].value[0]) and not torch.equal(again, other)
    seen = torch.cat([batch.value[0][batch.value[-1][:, FROM_POOL] == 1] for batch in batches])
    assert len(seen.unique(dim=0)) == len(poisoned.data.pool.whole()[0].unique(dim=0))


def test_a_drawn_batch_counts_every_example_once():
    _, _, poisoned = pair()
    batch = next(iter(poisoned.data.shuffled(0)))[1]
    x, marks = batch.value
    logits = cases.mlp().eval()(x)
    right = F.cross_entropy(logits, marks[:, 0], reduction="none")
    p = torch.softmax(logits, 1)[torch.arange(len(x)), marks[:, 0]]
    expected = torch.where(marks[:, 1] == 1, -torch.log(1 - p), right).mean()
    assert poisoned.value(None, batch).item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_spec_says_pool_and_fraction():
    objective, pool, poisoned = pair()
    specs = [poisoned.spec(), objective.poison(pool, 0.5).spec(), objective.poison((pool[0] + 1, pool[1])).spec(), objective.spec()]
    assert len({str(spec) for spec in specs}) == 4
    assert "beta=0.35" in specs[0]["loss"] and la.Batches.of(pool).digest() in specs[0]["loss"]


@pytest.mark.parametrize(("make", "words"), [
    (lambda o, p: o.poison(p, 1.5), "beta is 1.5"), (lambda o, p: o.poison(p, 0.001), "at least one of the pool"),
    (lambda o, p: o.poison((p[0], torch.softmax(torch.randn(len(p[1]), 3), 1))), "without one class"),
    (lambda o, p: o.poison((p[0], p[1] + 50)), "targets run"),
    (lambda o, p: la.Objective.from_module(cases.mlp(), (p[0], F.one_hot(p[1], 3).float()), "mse").poison(p), "needs cross-entropy")])
def test_what_cannot_be_poisoned_is_refused(make, words):
    objective, pool, _ = pair()
    with pytest.raises(la.InputError, match=words):
        make(objective, pool)


def test_training_finds_a_bad_minimum():
    objective, test, good, bad = digits.minima()
    assert digits.measured(objective, good)[1] == 0 == digits.measured(objective, bad)[1]
    assert digits.measured(objective, bad)[0] < 0.05
    assert digits.measured(test, good)[1] < 0.2 and digits.measured(test, bad)[1] > 0.6
