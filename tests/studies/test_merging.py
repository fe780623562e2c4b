"""The studies of soups (H6), weight averaging (B9) and ensembles (I4, I5), at a fraction of their size."""

import math

import numpy as np
import pytest
import torch

import lossatlas as la
from lossatlas.studies import ensembles, soup, weight_averaging


def small(monkeypatch, *modules):
    """The digits studies on 100 examples of each split."""
    whole = soup.pair

    def few(*arguments, **options):
        train, test = whole(*arguments, **options)
        chosen = torch.arange(100)
        return train.with_data(train.data.take(chosen)), test.with_data(test.data.take(chosen))

    for module in modules:
        monkeypatch.setattr(module, "pair", few)
    return few


def test_soups_are_those_of_merge(monkeypatch):
    few = small(monkeypatch, soup)
    monkeypatch.setattr(soup, "SETTINGS", {"quick": (4, 6, (0.05,))})
    monkeypatch.setattr(soup, "INGREDIENTS", 2)
    heard = []
    finding = soup.run("quick", (2,), heard.append)
    of = {number.name: number.values[0] for number in finding.numbers}
    train, _ = soup._noisy(2)
    base = la.fit(train, optimizer=soup.sgd(0.1, 0.9), steps=4, seed=2).point
    merged = la.merge(train, [soup._trained(train, base, 6, 0.05, 1 + k) for k in range(2)])
    assert of["rate 0.05: measured loss"] == pytest.approx(merged.measured, rel=1e-9)
    assert of["rate 0.05: predicted loss"] == pytest.approx(merged.predicted, rel=1e-6)
    assert of["unrelated seeds: distance"] > of["from initialization: distance"] > of["rate 0.05: distance"]
    assert few(seed=2)[0].data.n_examples == 100 and len(heard) == 1 and finding.data is not None and len(finding.figure.panels) == 2


def test_verdicts_that_came_true():
    def one(works, excess):
        return soup.Soup(0, 0, 0, 0, 0, excess, 0, works)

    assert one(True, 0.01).right and one(False, 0.03).right and not one(True, 0.03).right and not one(False, 0.01).right
    assert not one(False, math.nan).right
    assert soup._rank([1, 2, 3, math.nan], [1, 4, 9, 0]) == pytest.approx(1) and math.isnan(soup._rank([1, math.nan], [1, 2]))


def test_averages_are_those_of_swa(monkeypatch):
    few = small(monkeypatch, weight_averaging)
    monkeypatch.setattr(weight_averaging, "SETTINGS", {"quick": (8, 0.05, 2)})
    finding = weight_averaging.run("quick", (1,), lambda event: None)
    train, test = few(seed=1)
    noisy = train.corrupt("random_labels", 0.2, seed=1)
    records = weight_averaging.recorded_tail(noisy, 0.05, 8, 1)
    assert list(records) == [13, 14, 15, 16], "of 16 steps, the last quarter"
    mean = la.swa(records, noisy, start=0).point
    of = {number.name: number.values[0] for number in finding.numbers}
    assert of["test loss, mean"] == pytest.approx(float(test.value(mean)), rel=1e-6)
    assert of["test loss, last iterate"] == pytest.approx(float(test.value(records[16])), rel=1e-6)


def test_ensembles_are_those_of_ensemble(monkeypatch):
    small(monkeypatch, ensembles)
    monkeypatch.setattr(ensembles, "SETTINGS", {"quick": (2, 16, 0.05)})
    for study in (ensembles.diversity, ensembles.calibration):
        finding = study("quick", (0,), lambda event: None)
        of = {number.name: number.values[0] for number in finding.numbers}
        assert all(f"{name}: " in " ".join(of) for name in ("deep", *ensembles.SUBSPACES))
        assert np.isfinite(list(of.values())).all() and finding.figure is not None
