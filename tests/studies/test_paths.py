"""Studies of training paths: what they count, held against definitions, at a scale that takes seconds."""

import math

import numpy as np
import pytest
import torch
import xarray as xr

import lossatlas as la
from lossatlas.run.events import ignore
from lossatlas.studies import paths, shared_plane
from lossatlas.studies.digits import pair


def values(finding):
    return {number.name: number.values for number in finding.numbers}


def test_explained_variances_of_paths_and_of_a_random_walk(monkeypatch):
    monkeypatch.setitem(paths.EPOCHS, "quick", 4)
    monkeypatch.setattr(paths, "_residual", lambda seed: pair((64, 8, 10), seed=seed)[0])
    finding = paths.run("quick", (0,), ignore)
    found = values(finding)
    objective = pair(batch=paths.BATCH, seed=0)[0]
    path = paths._path(objective, 4, 0)
    assert path.steps == (0, 7, 14, 21, 28), "fit leaves out what fills no batch"
    plane = la.pca_slice(path, objective=objective)
    assert found["explained, MLP"] == (pytest.approx(100 * sum(plane.about["explained"])),)
    assert found["held, MLP"] == (pytest.approx(100 * plane.about["of_motion"]),)
    left = finding.data["unexplained"].sel(split="MLP").values[0]
    assert left[1] == pytest.approx(100 - found["explained, MLP"][0], abs=1e-3) and (np.diff(left) < 0).all()
    assert found["explained by a random plane, MLP"][0] < 1 and finding.data["split"].values.tolist()[-1] == "random walk"


def test_a_random_walk_explains_what_theory_says():
    walk = la.pca_slice(paths._walk(200, 0))
    assert sum(walk.about["explained"]) == pytest.approx(6 / math.pi**2 * 1.25, abs=0.02)


@pytest.mark.parametrize(("loss", "expected"), [
    ([[0, 5, 1], [9, 9, 9], [9, 9, 9]], 4),  # over the ridge
    ([[0, 9, 1], [2, 9, 2], [3, 3, 3]], 2),  # around it
    ([[0, 9, 9], [9, 3, 9], [9, 9, 1]], 2),  # corners are neighbours
    ([[0, np.nan, 1], [2, np.nan, 2], [2, np.nan, 2]], math.nan),  # a wall
    ([[4, 3, 2], [9, 9, 9], [9, 9, 9]], 0),  # downhill all the way
])
def test_the_pass_between_two_places_is_the_lowest_way(loss, expected):
    ds = xr.Dataset({"loss": (("alpha", "beta"), np.array(loss, dtype=float))}, coords={"alpha": [0.0, 1, 2], "beta": [0.0, 1, 2]})
    end = (2.0, 2.0) if expected == 2 and loss[2][2] == 1 else (0.0, 2.0)
    assert shared_plane.rise(ds, (0.1, 0.0), end) == pytest.approx(expected, nan_ok=True)


def test_runs_from_one_start_on_one_plane(monkeypatch):
    monkeypatch.setitem(shared_plane.SETTINGS, "quick", (1, 5))
    monkeypatch.setattr(shared_plane, "BATCH", 200)
    finding = shared_plane.run("quick", (0,), ignore)
    found = values(finding)
    train, _ = pair(batch=200, seed=0)
    ends = [shared_plane.trained(train, name, optimizer, 1, 1000 * k).at(5)
            for k, (name, optimizer) in enumerate(shared_plane.OPTIMIZERS.items())]
    first = next(iter(train.params))
    assert not torch.equal(ends[0][first], ends[1][first]), "another order of the data"
    assert set(found) >= {"plane: highest pass between ends", "truth: highest barrier on straight lines", "explained by the plane"}
    assert 50 < found["explained by the plane"][0] <= 100 and finding.figure is not None and len(finding.figure.panels) == 1
