"""``.csv`` and ``.nc``: everything, to the last bit."""

import csv
import json

import numpy as np
import pytest
import xarray as xr

import lossatlas as la


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_row_per_point(plane, tmp_path):
    found = rows(la.export(plane, tmp_path / "a.csv"))
    assert list(found[0]) == ["alpha", "beta", "done", "loss", "loss_stderr", "accuracy"] and len(found) == 15
    for row in found:
        at = plane.sel(alpha=float(row["alpha"]), beta=float(row["beta"]))
        assert row["done"] == "True" and all(float(row[name]) == float(at[name]) for name in ("loss", "loss_stderr", "accuracy"))


def test_every_digit(make, tmp_path):
    values = np.random.default_rng(0).lognormal(sigma=40, size=(7, 3))
    ds = make({"alpha": np.linspace(-1, 1, 7) / 3, "beta": np.linspace(0, 1, 3) / 7}, {"loss": lambda *_: values})
    found = rows(la.export(ds, tmp_path / "a.csv"))
    assert [float(row["loss"]) for row in found] == values.ravel().tolist()
    assert {float(row["alpha"]) for row in found} == set(ds.alpha.values.tolist())


def test_not_done_is_empty_and_not_finite_is_said(holed, tmp_path):
    found = {(round(float(row["alpha"]), 1), float(row["beta"])): row for row in rows(la.export(holed, tmp_path / "a.csv"))}
    assert len(found) == 24
    assert (found[-1.0, 0.0]["done"], found[-1.0, 0.0]["loss"]) == ("False", "")
    assert (found[-0.2, 1.0]["done"], found[-0.2, 1.0]["loss"]) == ("True", "nan") and found[1.0, 3.0]["loss"] == "inf"


def test_dims_are_columns(make, pair, tmp_path):
    found = rows(la.export(pair, tmp_path / "a.csv"))
    assert list(found[0])[:4] == ["alpha", "beta", "split", "done"] and len(found) == 30
    for row in found:
        at = pair.sel(alpha=float(row["alpha"]), beta=float(row["beta"]), split=row["split"])
        assert float(row["loss"]) == float(at["loss"]) and float(row["accuracy"]) == float(at["accuracy"])
    assert len(rows(la.export(pair, tmp_path / "a.csv", split="test"))) == 15
    ds = make({"repeat": np.arange(2.0), "alpha": la.axis(0, 1, 3)}, {"loss": lambda k, a: a + 5 * k})
    ds["class_loss"] = (("repeat", "alpha", "class"), np.arange(12.0).reshape(2, 3, 2))
    ds["loss_groups"] = (("repeat", "alpha", "group"), np.ones((2, 3, 4)))
    ds = ds.assign_coords({"class": ["cat", "dog"]})
    with pytest.warns(RuntimeWarning, match="left out of the table: loss_groups"):
        found = rows(la.export(ds, tmp_path / "a.csv"))
    assert list(found[0]) == ["repeat", "alpha", "class", "done", "loss", "class_loss"] and len(found) == 12
    assert [row["class_loss"] for row in found] == [repr(float(k)) for k in range(12)]
    assert [row["loss"] for row in found[::2]] == ["0.0", "0.5", "1.0", "5.0", "5.5", "6.0"] and found[1]["class"] == "dog"
    assert [row["repeat"] for row in found] == ["0"] * 6 + ["1"] * 6


def test_profiles_and_volumes(make, tmp_path):
    axes = {"alpha": la.axis(0, 1, 2), "beta": la.axis(0, 1, 3), "gamma": la.axis(0, 1, 4)}
    ds = make(axes, {"loss": lambda a, b, c: a + 10 * b + 100 * c})
    for row in rows(la.export(ds, tmp_path / "a.csv")):
        assert float(row["loss"]) == float(row["alpha"]) + 10 * float(row["beta"]) + 100 * float(row["gamma"])
    with xr.open_dataset(la.export(ds, tmp_path / "a.nc")) as back:
        xr.testing.assert_equal(back, ds)


@pytest.mark.parametrize("which", ["plane", "pair", "holed"])
def test_netcdf_gives_everything_back(request, tmp_path, which):
    ds = request.getfixturevalue(which)
    with xr.open_dataset(la.export(ds, tmp_path / "a.nc")) as back:
        xr.testing.assert_equal(back.load(), ds)
        assert back["done"].dtype == bool and back["loss"].dtype == np.float64
        assert {name: array.attrs for name, array in back.variables.items()} == {name: array.attrs for name, array in ds.variables.items()}
        encoded = back.attrs.pop("json").split()
        assert {name: json.loads(value) if name in encoded else value for name, value in back.attrs.items()} == ds.attrs
        assert {"spec", "notes", "batch", "nonfinite"} <= set(encoded) and back.attrs["seed"] == 3


def test_netcdf_of_a_stored_sweep(tmp_path):
    import torch

    net, data = torch.nn.Linear(3, 2), (torch.randn(9, 3), torch.randint(2, (9,)))
    objective = la.Objective.from_module(net, data, "cross_entropy", metrics={"accuracy": la.metrics.accuracy})
    coords = {"alpha": la.axis(-1, 1, 4), "beta": la.axis(-1, 1, 3)}
    both = {"train": objective, "test": objective.with_data((data[0][:5], data[1][:5]))}
    ds = la.sweep(la.probes.loss(both), la.random_slice(objective, repeats=2), coords, store=tmp_path / "r.zarr/a")
    before = json.dumps(ds.attrs, default=str)
    with xr.open_dataset(la.export(tmp_path / "r.zarr/a", tmp_path / "a.nc")) as back:
        xr.testing.assert_equal(back.load(), ds)
    with pytest.warns(RuntimeWarning, match="left out"):
        assert len(rows(la.export(ds, tmp_path / "a.csv"))) == 2 * 4 * 3 * 2
        la.export(ds, tmp_path / "a.h5", repeat=1)
    xr.testing.assert_equal(la.import_h5(tmp_path / "a.h5")["accuracy"], ds["accuracy"].isel(repeat=1, drop=True))
    assert json.dumps(ds.attrs, default=str) == before
