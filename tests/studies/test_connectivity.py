"""Verdicts of the studies of paths between minima, on findings that are made up."""

from types import SimpleNamespace

import numpy as np
import pytest

from lossatlas.analyses.connectors import Connector
from lossatlas.errors import InputError
from lossatlas.run.events import ignore
from lossatlas.studies import connector, elastic_band, string


def test_a_rise_is_measured_from_the_chord():
    t = np.linspace(0, 1, 61)
    assert elastic_band.rise(1 + 2 * t) == pytest.approx(0)
    assert elastic_band.rise(1 + 2 * t + np.sin(np.pi * t)) == pytest.approx(1)
    assert np.isnan(elastic_band.rise(np.where(t == 0.5, np.nan, t)))


def banded(monkeypatch, heights, length=1.1):
    """G2 with bands of these barriers, beside a line of 1."""
    t = np.linspace(0, 1, elastic_band.PLACES)
    band = SimpleNamespace(path=SimpleNamespace(controls=(0,) * 7), converged=True, record={"length_ratio": length})
    rows = iter([1.0, *heights] * 3)
    monkeypatch.setattr(elastic_band, "digits", lambda seed: ({}, ({"w": np.zeros(1)}, {"w": np.zeros(1)}), ()))
    monkeypatch.setattr(elastic_band, "Path", lambda *args: None)
    for name in ("neb", "autoneb"):
        monkeypatch.setattr(elastic_band, name, lambda *args, **options: band)
    monkeypatch.setattr(elastic_band, "profile", lambda objectives, path: np.stack([next(rows) * np.sin(np.pi * t)] * 2))
    return elastic_band.run("quick", (0, 1, 2), ignore)


def test_g2_asks_for_a_twentieth_of_the_linear_barrier_on_a_path_that_is_not_long(monkeypatch):
    found = banded(monkeypatch, (0.2, 0.04))
    assert found.shown
    numbers = {number.name: number.values for number in found.numbers}
    assert numbers["barrier of AutoNEB over that of the line, training"] == pytest.approx((4, 4, 4))
    assert not banded(monkeypatch, (0.01, 0.06)).shown
    assert not banded(monkeypatch, (0.01, np.nan)).shown
    assert not banded(monkeypatch, (0.01, 0.01), length=1.6).shown


def strung(monkeypatch, lengths, converged=True):
    """G1 with strings of these lengths, from the lowest level to the highest."""
    levels = string.LEVELS["quick"]

    def found(objectives, *ends, level, **options):
        if lengths[levels.index(level)] is None:
            raise InputError("the ends are not below it")
        return SimpleNamespace(length_ratio=lengths[levels.index(level)], converged=converged, path=SimpleNamespace(controls=(0, 0, 0)))

    monkeypatch.setattr(string, "solutions", lambda seed, count: ({}, (0, 0)))
    monkeypatch.setattr(string, "string_path", found)
    return string.run("quick", (0, 1, 2), ignore).shown


def test_g1_asks_for_strings_that_grow_as_the_level_drops(monkeypatch):
    assert strung(monkeypatch, (1.2, 1.1, 1.05, 1.02, 1.0))
    assert not strung(monkeypatch, (1.2, 1.1, 1.05, 1.02, 1.0), converged=False)
    assert not strung(monkeypatch, (1.0, 1.1, 1.05, 1.02, 1.0))
    assert not strung(monkeypatch, (1.0,) * 5)
    assert not strung(monkeypatch, (None, 1.1, 1.05, 1.02, 1.0))


@pytest.mark.parametrize(("centre", "highest", "shown"), [(0.01, 0.03, True), (0.03, 0.03, False), (0.01, 0.06, False),
                                                          (np.nan, 0.03, False), (0.01, np.nan, False)])
def test_g8_asks_for_a_low_centre_and_low_spokes(monkeypatch, centre, highest, shown):
    spokes = np.full((3, 21), 0.005)
    spokes[1, 7] = highest
    star = Connector(None, True, 10, np.full(3, 0.001), 1.0, centre, spokes, np.full(50, 0.1))
    monkeypatch.setattr(connector, "solutions", lambda seed, count: ({}, ()))
    monkeypatch.setattr(connector, "m_connector", lambda *args, **options: star)
    found = connector.run("quick", (0, 1, 2), ignore)
    assert found.shown is shown and len(found.data["split"]) == 3
