"""Scores of probabilities against their definitions, and against scikit-learn."""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from lossatlas.errors import InputError
from lossatlas.numerics.reliability import (
    auroc,
    auroc_stderr,
    brier,
    brier_scores,
    calibration_gaps,
    ece,
    log_losses,
    nll,
    reliability,
    standard_error,
)

SEEDS = [0, 1, 2]


def gen(seed):
    return torch.Generator().manual_seed(seed)


def answers(n=400, classes=5, seed=0):
    """Probabilities, and labels drawn from them: calibrated by construction."""
    p = torch.softmax(2 * torch.randn(n, classes, generator=gen(seed), dtype=torch.float64), 1)
    return p, torch.multinomial(p, 1, generator=gen(seed + 100))[:, 0]


@pytest.mark.parametrize("seed", SEEDS)
def test_nll_and_brier_are_those_of_scikit_learn(seed):
    p, y = answers(seed=seed)
    assert nll(p, y) == pytest.approx(log_loss(y.numpy(), p.numpy()), rel=1e-12)
    assert brier(p, y) == pytest.approx(brier_score_loss(y.numpy(), p.numpy(), scale_by_half=False), rel=1e-12)
    assert nll(p, y) == float(log_losses(p, y).mean()) and brier(p, y) == float(brier_scores(p, y).mean())


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("bins", [1, 7, 15])
def test_ece_is_its_definition(seed, bins):
    p, y = answers(seed=seed)
    confidence, right = p.max(1).values.numpy(), (p.argmax(1) == y).numpy()
    expected = 0.0
    for m in range(1, bins + 1):
        inside = (confidence > (m - 1) / bins) & (confidence <= m / bins)
        if inside.any():
            expected += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    assert ece(p, y, bins) == pytest.approx(expected, rel=1e-12)
    found = reliability(p, y, bins)
    assert found.counts.sum() == len(y) and found.edges.shape == (bins + 1,)
    there = found.counts > 0
    weights = found.counts[there].double() / len(y)
    assert float((weights * (found.accuracy - found.confidence)[there].abs()).sum()) == pytest.approx(expected, rel=1e-12)
    assert bool(found.accuracy[~there].isnan().all())


def test_ece_where_it_is_known():
    sure = torch.tensor([[1.0, 0.0]] * 10)
    assert ece(sure, torch.zeros(10, dtype=torch.long)) == 0
    assert ece(sure, torch.tensor([0] * 7 + [1] * 3)) == pytest.approx(0.3, rel=1e-12)
    half = torch.tensor([[0.5, 0.5]] * 10)
    assert ece(half, torch.tensor([0] * 5 + [1] * 5)) == 0


def test_the_standard_error_of_ece_is_the_spread_over_samples():
    """Overconfident answers, so that the bins' signs are the same in every sample."""
    found = []
    for seed in range(200):
        p, y = answers(n=300, seed=seed)
        sharp = p.square() / p.square().sum(1, keepdim=True)
        found.append((ece(sharp, y), reliability(sharp, y).stderr))
    values, errors = np.array(found).T
    assert errors.mean() == pytest.approx(values.std(ddof=1), rel=0.2)
    p, y = answers()
    assert standard_error(calibration_gaps(p, y)) == reliability(p, y).stderr


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("ties", [False, True])
def test_auroc_is_that_of_scikit_learn(seed, ties):
    a, b = torch.randn(70, generator=gen(seed)) + 0.5, torch.randn(50, generator=gen(seed + 1))
    if ties:
        a, b = (2 * a).round(), (2 * b).round()
    kinds = [1] * len(a) + [0] * len(b)
    assert auroc(a, b) == pytest.approx(roc_auc_score(kinds, torch.cat([a, b]).numpy()), abs=1e-12)
    assert auroc(b, a) == pytest.approx(1 - auroc(a, b), abs=1e-12)


def test_auroc_where_it_is_known():
    a = torch.tensor([2.0, 3.0])
    assert auroc(a, torch.tensor([0.0, 1.0])) == 1 and auroc(torch.tensor([0.0]), a) == 0 and auroc(a, a) == 0.5
    assert auroc_stderr(a, torch.tensor([0.0, 1.0])) == 0


def test_the_standard_error_of_auroc_is_the_spread_over_samples():
    found = []
    for seed in range(300):
        a, b = torch.randn(80, generator=gen(seed)) + 1, torch.randn(60, generator=gen(seed + 1000))
        found.append((auroc(a, b), auroc_stderr(a, b)))
    values, errors = np.array(found).T
    assert errors.mean() == pytest.approx(values.std(ddof=1), rel=0.15)


def test_what_is_not_a_number_stays_so():
    p, y = answers(n=20)
    p[3] = torch.nan
    for score in (nll, brier, ece):
        assert math.isnan(score(p, y))
    assert math.isnan(reliability(p, y).stderr)
    assert math.isnan(auroc(torch.tensor([1.0, torch.nan]), torch.tensor([0.0])))
    assert math.isnan(auroc(torch.tensor([1.0]), torch.tensor([0.0, torch.nan])))


def test_a_single_example_has_no_standard_error(recwarn):
    assert math.isnan(reliability(torch.tensor([[0.5, 0.5]]), torch.tensor([0])).stderr)
    assert math.isnan(auroc_stderr(torch.tensor([1.0]), torch.tensor([0.0, 2.0]))) and not recwarn.list


def test_probabilities_of_half_precision_are_taken():
    p = torch.softmax(torch.randn(50, 1000, generator=gen(0)), 1).to(torch.bfloat16)
    assert 0 <= ece(p, torch.zeros(50, dtype=torch.int64)) <= 1


def test_a_true_class_without_probability_costs_infinitely_much():
    assert nll(torch.tensor([[1.0, 0.0]]), torch.tensor([1])) == math.inf


@pytest.mark.parametrize("call", [
    lambda p, y: nll(p[0], y),
    lambda p, y: nll(p, y[:3]),
    lambda p, y: brier(p, y.double()),
    lambda p, y: ece(p, y + 5),
    lambda p, y: ece(p, y, 0),
    lambda p, y: ece(p, y, True),
    lambda p, y: nll(p[:0], y[:0]),
    lambda p, y: ece(4 * p - 1, y),
    lambda p, y: nll(2 * p, y),
    lambda p, y: auroc(p, p),
    lambda p, y: auroc(p[:0, 0], p[:, 0]),
])
def test_what_does_not_fit_is_refused(call):
    with pytest.raises(InputError, match="expected"):
        call(*answers(n=10))
