"""Runs side by side: every part is what the single functions give, on the same directions and the same examples."""

import math

import cases
import numpy as np
import pytest
import torch
import xarray as xr

import lossatlas as la
from lossatlas.analyses.comparing import BINS, _with_epochs


class Ended:
    """A run that ends at a point, with numbers that were logged on the way."""

    def __init__(self, point, rows=()):
        self.point, self.rows = point, rows

    def at(self, step):
        assert step == -1
        return self.point

    def metrics(self):
        steps = [row["step"] for row in self.rows]
        data = {name: ("step", [row[name] for row in self.rows]) for name in (self.rows[0] if self.rows else {}) if name != "step"}
        return xr.Dataset(data, coords={"step": ("step", np.array(steps, dtype=int))})


def pair(name="mlp", batch=10):
    model, data, loss = cases.every()[name]
    train = la.Objective.from_module(model, data, loss, metrics={"accuracy": la.metrics.accuracy}, batch_size=batch)
    return {"train": train, "test": train.with_data(tuple(t[:7] for t in train.data.whole()))}


@pytest.fixture(scope="module")
def compared():
    objectives = pair()
    a = objectives["train"].point()
    b = {n: 2 * t for n, t in a.items()}
    rows = [{"step": k, "epoch": k // 3, "norm": 1.0 + k, "train_error": 0.5} for k in (0, 3, 6)]
    runs = {"a": Ended(a, rows), "b": Ended(b, rows), "c": Ended(a, rows)}
    return objectives, runs, la.compare_runs(runs, objectives, points=3, repeats=2, examples=None, seed=1)


def test_every_part_is_that_of_the_single_function(compared):
    objectives, runs, tree = compared
    train, b = objectives["train"], runs["b"].point
    grid = {dim: la.axis(-1, 1, 3) for dim in ("alpha", "beta")}
    plane = la.sweep(la.probes.loss(train), la.random_slice(train, seed=1, point=b), grid)
    assert np.allclose(tree["planes/b/loss"], plane["loss"], rtol=1e-5)
    numbers = tree["numbers"].to_dataset().sel(run="b")
    rise = la.sharpness(train, seed=1, point=b, directions=30)
    assert float(numbers["sharpness"]) == pytest.approx(float(rise["sharpness"]), rel=1e-5)
    assert float(numbers["sharpness_stderr"]) == pytest.approx(float(rise["sharpness_stderr"]), rel=1e-5)
    found = la.probes.loss(objectives["test"])(b)
    assert float(numbers["test_loss"]) == pytest.approx(float(found["loss"]))
    assert float(numbers["test_error"]) == pytest.approx(1 - float(found["accuracy"]))
    assert float(numbers["norm"]) == pytest.approx(math.sqrt(sum(float((t**2).sum()) for n, t in b.items() if n in train.params)))
    lines = tree["lines/b"].to_dataset()
    assert dict(lines.sizes) | {"group": 0} == {"repeat": 2, "alpha": 41, "split": 2, "group": 0}
    assert np.allclose(lines["loss"].sel(alpha=0, split="train"), numbers["train_loss"])


def test_a_run_is_compared_with_itself_along_the_same_directions(compared):
    tree = compared[2]
    assert np.array_equal(tree["planes/a/loss"], tree["planes/c/loss"]) and np.array_equal(tree["lines/a/loss"], tree["lines/c/loss"])
    assert "between" not in tree.children, "of three runs there is no line"


def test_half_the_weights_on_twice_the_inputs_have_the_same_pictures():
    """Filter-normalized directions shrink with the weights."""
    model = torch.nn.Linear(4, 3, bias=False)
    x, y = torch.randn(20, 4, generator=torch.Generator().manual_seed(0)), torch.arange(20) % 3
    train = la.Objective.from_module(model, (x, y), "cross_entropy")
    a = train.point()
    doubled = la.Objective.from_module(torch.nn.Linear(4, 3, bias=False), (2 * x, y), "cross_entropy")
    tree = la.compare_runs({"a": Ended(a), "b": Ended({n: t / 2 for n, t in a.items()})}, {"a": {"train": train}, "b": doubled},
                           points=3, repeats=1)
    assert np.allclose(tree["planes/a/loss"], tree["planes/b/loss"], rtol=1e-5)
    assert "between" not in tree.children, "they are measured on other data"


def test_weights_and_epochs(compared):
    _, runs, tree = compared
    weights = tree["weights"].to_dataset()
    assert weights.sizes == {"run": 3, "weight": BINS} and np.allclose(weights["share"].sum("weight") + weights["outside"], 1)
    flat = np.concatenate([t.numpy().ravel() for t in runs["a"].point.values() if t.ndim > 1])
    edge = float(weights["weight"][-1] + (weights["weight"][1] - weights["weight"][0]) / 2)
    assert float(weights["outside"].sel(run="a")) == pytest.approx((np.abs(flat) > edge).mean(), abs=1e-9)
    assert float((weights["share"].sel(run="a") * weights["weight"] ** 2).sum()) < float((weights["share"].sel(run="b") * weights[
        "weight"] ** 2).sum())
    assert np.allclose(tree["training/a"]["epoch"], np.array([0, 3, 6]) / 3), "6 steps, 2 epochs"


def test_epochs_are_those_of_the_run_whatever_it_is_measured_with():
    logged = xr.Dataset({"epoch": ("step", [0.0, 0, 1, np.nan, 3])}, coords={"step": [0, 9, 12, 20, 31]})
    assert np.allclose(_with_epochs(logged, {})["epoch"], logged["step"] / (31 / 3)), "the nearest bound"
    assert np.allclose(_with_epochs(logged, {"steps": 40, "recipe": {"epochs": 4}})["epoch"], logged["step"] / 10)
    assert "epoch" not in _with_epochs(logged.isel(step=[0, 1]), {}) and "epoch" not in _with_epochs(logged.drop_vars("epoch"), {})


def test_two_runs_have_a_line_between_them_exact_at_both_ends(tmp_path):
    objectives = pair("convbn")
    a = objectives["train"].point()
    b = {n: 5 * t if "running_var" in n else t + 0.1 for n, t in a.items()}  # interpolated, variances end below zero
    tree = la.compare_runs({"a": Ended(a), "b": Ended(b)}, objectives, points=2, repeats=1, store=tmp_path / "s.zarr/both")
    between = tree["between"].to_dataset()
    data = objectives["train"].data
    measured = {"train": objectives["train"].with_bn("recompute"), "test": objectives["test"].with_bn("recompute", data=data)}
    for at, name in ((0.0, "a"), (1.0, "b")):
        for split in ("train", "test"):
            end = float(measured[split].value({"a": a, "b": b}[name]))
            assert float(between["loss"].sel(alpha=at, split=split)) == pytest.approx(end, rel=1e-4)
    assert between.attrs["bn"] == "recompute" and np.isfinite(between["loss"]).all()
    kept = sorted(p.name for p in (tmp_path / "s.zarr/both").iterdir() if p.is_dir())
    assert kept == ["between", "line-a", "line-b", "plane-a", "plane-b"]
    again = la.compare_runs({"a": Ended(a), "b": Ended(b)}, objectives, points=2, repeats=1, store=tmp_path / "s.zarr/both")
    assert np.array_equal(again["planes/a/loss"], tree["planes/a/loss"])


def test_examples_bound_the_pictures_and_not_the_numbers():
    objectives = pair()
    tree = la.compare_runs({"a": Ended(objectives["train"].point())}, objectives, points=2, repeats=1, examples=9)
    assert tree.attrs["examples"] == {"a": 9} and tree["planes/a"].attrs["n_examples"] == 9
    assert float(tree["numbers/train_loss"][0]) == pytest.approx(float(objectives["train"].value()))
    assert math.isnan(tree.attrs["rank_correlation"])


def test_the_rank_correlation_is_spearmans(compared):
    from lossatlas.analyses.comparing import _rank_correlation

    numbers = xr.Dataset({"sharpness": ("run", [1.0, 2.0, 9.0, 3.0]), "test_error": ("run", [0.1, 0.2, 0.3, 0.4])})
    assert _rank_correlation(numbers) == pytest.approx(0.8)
    assert math.isnan(_rank_correlation(numbers.assign(test_error=("run", [0.1] * 4))))


@pytest.mark.parametrize(("runs", "objectives", "words"), [
    ({}, {}, "expected names and runs"), ([1], {}, "expected names and runs"), ({"a/b": Ended({})}, {}, "without a slash"),
    ({"a": Ended({})}, {}, "the run 'a' has no objective"), ({"a": Ended({})}, {"a": 3}, "the run 'a' has no objective")])
def test_what_is_refused(runs, objectives, words):
    with pytest.raises(la.InputError, match=words):
        la.compare_runs(runs, objectives)


def test_a_run_of_another_network_is_refused():
    objectives = pair()
    with pytest.raises(la.InputError, match="the end of the run 'a'"):
        la.compare_runs({"a": Ended({"w": torch.ones(3)})}, objectives)
