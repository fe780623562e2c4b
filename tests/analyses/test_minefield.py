"""Minefields: every number is that of its parts, searches are not repeated, and the map is that of the points."""

import importlib
from functools import partial

import cases
import numpy as np
import pytest
import torch

import lossatlas as la
from lossatlas.run.events import Note, Started, Stored

SGD = partial(torch.optim.SGD, lr=0.1, momentum=0.9)


def parts():
    x, y = cases.blobs(n=60)
    train = la.Objective.from_module(cases.mlp(), (x[:20], y[:20]), "cross_entropy", batch_size=10)
    return {"train": train, "test": train.with_data(cases.blobs(n=30, seed=9))}, (x[20:], y[20:])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "a"
    with la.Recorder(path, every=2) as recorder:
        la.fit(parts()[0]["train"], optimizer=SGD, steps=8, hooks=[recorder])
    return la.open_run(path)


@pytest.fixture(scope="module")
def field(run):
    both, pool = parts()
    return la.minefield(run, both, pool, starts=(0, 4, 8), beta=0.4, optimizer=SGD, steps=6, seed=3)


def flat(point):
    return torch.cat([point[name].double().ravel() for name in parts()[0]["train"].params])


def test_every_number_is_that_of_its_parts(run, field):
    both, pool = parts()
    assert field.sizes == {"step": 3, "update": 2, "parameter": len(flat(run.at(0))), "axis": 2}
    length = sum(float((flat(run.at(k + 2)) - flat(run.at(k))).norm()) for k in (0, 2, 4, 6))
    assert field.attrs["path_length"] == pytest.approx(length)
    for k, step in enumerate((0, 4, 8)):
        found = la.bad_minimum(both, pool, beta=0.4, init=run.at(step), optimizer=SGD, steps=6, seed=3)
        one = field.isel(step=k)
        assert np.array_equal(one["weights"].values, torch.stack([flat(run.at(step)), flat(found.point)]).numpy())
        assert one["loss"].values[1] == found.loss and one["error"].values[1] == found.error
        assert one["test_loss"].values[1] == found.test_loss and one["test_error"].values[1] == found.test_error
        assert float(one["pool_error"]) == found.pool_error
        assert one["loss"].values[0] == float(la.probes.loss(both["train"])(run.at(step))["loss"])
        distance = float((flat(found.point) - flat(run.at(step))).norm())
        assert float(one["distance"]) == pytest.approx(distance) and float(one["relative_distance"]) == pytest.approx(distance / length)
    drawn = la.embedding(field["weights"].values.reshape(6, -1), seed=3)
    assert np.array_equal(field["map"].values.reshape(6, 2), drawn.coordinates, equal_nan=True)
    assert field.attrs["map"] == {**drawn.record(), "points": 6}


def test_the_map_and_the_curves_are_drawn(field, tmp_path):
    figure = la.figures.minefield(field)
    path, bad = (mark for mark in figure.panels[0].find(la.figures.figure.Points) if mark.label)
    assert np.array_equal(path.x, field["map"].values[:, 0, 0]) and np.array_equal(bad.y, field["map"].values[:, 1, 1])
    errors = field["test_error"].values
    assert np.stack([path.shade, bad.shade], 1) == pytest.approx(1 - errors / errors.max())
    assert "trustworthiness" in figure.caption and "not distances" in figure.caption
    figure.save(tmp_path / "map.png")
    labels = [panel.y.label for panel in la.figures.scan(field).panels]
    assert labels == ["training error", "test error", "distance over the length of the path"]
    for other in (field.drop_vars("map"), field.drop_vars("weights")):
        with pytest.raises(la.InputError, match=r"expected 6 points|expected a result of la.minefield"):
            la.figures.minefield(other)


def test_it_goes_on_where_it_broke_off(run, field, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.import_module("lossatlas.run.sweep"), "chunk_points", lambda *_: 1)
    both, pool = parts()
    options = {"starts": (0, 4, 8), "beta": 0.4, "optimizer": SGD, "steps": 6, "seed": 3, "store": tmp_path / "s.zarr/a"}

    def stop(event):
        if isinstance(event, Stored):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        la.minefield(run, both, pool, **options, on_event=stop)
    events = []
    ds = la.minefield(run, both, pool, **options, on_event=events.append)
    assert next(event for event in events if isinstance(event, Started)).done == 1
    assert sum(isinstance(event, Note) and "searching" in event.message for event in events) == 2
    for name in ("weights", "map", "test_error", "distance"):
        assert np.array_equal(ds[name].values, field[name].values), name
    with pytest.raises(la.SpecMismatch):
        la.minefield(run, both, pool, **{**options, "beta": 0.5})


def test_few_starts_have_no_map_and_what_diverges_is_nan(run):
    both, pool = parts()
    with pytest.warns(RuntimeWarning):
        ds = la.minefield(la.Trajectory(run, steps=(0, 8)), both["train"], pool, starts=9, optimizer=partial(torch.optim.SGD, lr=1e30),
                          steps=4)
    assert "map" not in ds and "test_error" not in ds and ds["step"].values.tolist() == [0, 8]
    bad = ds.sel(update="bad minimum")
    assert bool(np.isnan(bad["loss"]).all() and np.isnan(ds["distance"]).all() and np.isnan(bad["weights"]).all())
    assert bool(np.isfinite(ds.sel(update="iterate")["weights"]).all())


@pytest.mark.parametrize(("options", "words"), [
    ({"starts": 0}, "starts is 0"), ({"starts": (0, 0)}, "different recorded steps"),
    ({"starts": (3,)}, "step 3 of run 'a' is not recorded"), ({"starts": "all"}, "starts is 'all'"),
    ({"beta": 2}, "beta is 2"), ({"seed": "x"}, "seed is 'x'")])
def test_bad_input(run, options, words):
    both, pool = parts()
    with pytest.raises(la.InputError, match=words):
        la.minefield(run, both, pool, **options)
