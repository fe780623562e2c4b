"""The studies of bad minima (C3, C4, C5) at a fraction of their size: their numbers are those of their parts."""

import numpy as np
import pytest

import lossatlas as la
from lossatlas.studies import bad_minima, minefields
from lossatlas.studies.digits import measured


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setitem(bad_minima.SETTINGS, "quick", ("digits", (64, 12, 10), 40, 20, 60, 3, 10))
    monkeypatch.setattr(bad_minima, "POINTS", 5)
    monkeypatch.setattr(minefields, "STEPS", 20)
    monkeypatch.setitem(minefields.SETTINGS, "quick", ((0, 10, 20), 10))


def test_good_and_bad_minima(small):
    finding = bad_minima.run("quick", (3,), lambda event: None)
    both, pool, good, bad = bad_minima.minima("quick", 3, bad_minima.BETA)
    assert [both["train"].data.n_examples, len(pool[0]), both["test"].data.n_examples] == [40, 1158, 599]
    parts = (both["train"].data.whole()[0], pool[0], both["test"].data.whole()[0])
    seen = {tuple(row) for part in parts for row in part.flatten(1).tolist()}
    assert len(seen) > 1700, "the three parts are different pictures"
    of = {number.name: number.values[0] for number in finding.numbers}
    assert (of["test loss, good"], of["test error, good"]) == measured(both["test"], good)
    assert of["test error, bad, β = 0.5"] == pytest.approx(100 * bad.test_error) == pytest.approx(measured(both["test"], bad.point)[1])
    line = la.barrier(both, good, bad.point, points=5)
    assert of["highest training loss between good and bad, straight line, one start"] == float(line["loss"].sel(split="train").max())
    assert finding.data["loss"].sizes == {"repeat": 1, "split": 3, "t": 5}
    ends = finding.data["test_error"].values[0][:, [0, -1]]
    assert ends[:, 0] == pytest.approx(of["test error, good"]) and ends[1] == pytest.approx(ends[2])
    expected = of["train error, good"] == of["train error, bad, β = 0.5"] == 0 and of["train loss, bad, β = 0.5"] < 0.05
    assert finding.shown <= expected


def test_radii_of_their_basins(small):
    finding = bad_minima.basins("quick", (0,), lambda event: None)
    both, _, good, bad = bad_minima.minima("quick", 0, bad_minima.BETA)
    of = {number.name: number.values[0] for number in finding.numbers}
    radii = [la.measures.basin_radius(both["train"], point=point, directions=3, seed=0).value for point in (good, bad.point)]
    assert [of["mean radius, good"], of["mean radius, bad"]] == radii and of["mean radius, good over bad"] == radii[0] / radii[1]
    assert finding.shown == (radii[0] / radii[1] >= 2)


def test_a_minefield(small):
    finding = minefields.run("quick", (1,), lambda event: None)
    both, _, points = minefields.trained(1)
    assert sorted(points) == [0, 10, 20]
    accuracy = finding.data["test_accuracy"].values[0]  # (iterates or bad minima, steps)
    assert accuracy[0] == pytest.approx([100 - measured(both["test"], points[step])[1] for step in (0, 10, 20)])
    of = {number.name: number.values[0] for number in finding.numbers}
    assert of["test accuracy of the last iterate"] == accuracy[0, -1] and of["highest test accuracy of a bad minimum"] == accuracy[1].max()
    assert not finding.shown and np.isfinite(list(of.values())).all() and "t-SNE" in finding.figure.caption
