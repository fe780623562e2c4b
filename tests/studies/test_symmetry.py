"""The studies of symmetry measure what they say, on networks that are hardly trained."""

import numpy as np
import pytest

import lossatlas as la
from lossatlas.studies import STUDIES, permutation, repaired
from lossatlas.studies.keeping import dataset


def test_rows_are_listed():
    assert STUDIES["H4"].place == "permutation:run" and STUDIES["H5"].place == "repaired:run"


def test_barriers_before_and_after():
    found = permutation._barriers(4, 0, 1, "digits")
    assert found.shape == (3, 4) and np.isfinite(found).all() and (found[:, :2] >= 0).all()


def test_what_is_half_way():
    ratios, found = repaired._half_way(8, 1, "digits", 0)
    assert ratios.shape == (3, 5) and found.shape == (7, 2) and np.isfinite(found).all()
    assert (np.diff(ratios[0]) < 0).all() and ratios[0, -1] < 0.2  # not matched: it falls from layer to layer


def test_a_barrier_that_stays_is_not_shown(monkeypatch):
    monkeypatch.setattr(permutation, "_barriers", lambda width, seed, epochs, source: np.array([[1.0] * 4, [0.3] * 4, [0.1] * 4]))
    finding = permutation.run("quick", (0, 1), lambda event: None)
    assert not finding.shown and len(finding.numbers) == 24
    monkeypatch.setattr(permutation, "_barriers", lambda width, seed, epochs, source: np.array([[1.0] * 4, [0.25] * 4, [0.1] * 4]))
    finding = permutation.run("quick", (0, 1), lambda event: None)
    assert la.figures.scan(dataset(finding)).title
    assert finding.shown and finding.data["train_loss_barrier"].sizes == {"repeat": 2, "split": 3, "width": 4}


@pytest.mark.parametrize(("last", "after", "shown"), [(0.01, 40.0, True), (0.2, 40.0, False), (0.01, 41.0, False), (np.nan, 40.0, False)])
def test_a_collapse_that_is_not_repaired_is_not_shown(monkeypatch, last, after, shown):
    ratios = np.linspace([0.9] * 3, [last, 0.5, 0.3], 5).T
    found = np.array([[0.2, 4.0], [2.0, 80.0], [1.0, after], [0.4, 12.0], [0.3, 10.0], [0.4, 12.0], [0.3, 8.0]])
    monkeypatch.setattr(repaired, "_half_way", lambda *given: (ratios, found))
    finding = repaired.run("quick", (0,), lambda event: None)
    assert finding.shown is shown and la.figures.scan(dataset(finding)).title
