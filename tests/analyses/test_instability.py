"""Instability analysis against what its parts give, at the ends of what can happen, and over an interruption."""

import importlib
from functools import partial

import cases
import numpy as np
import pytest
import torch
import xarray as xr

import lossatlas as la
from lossatlas.analyses.instability import stable_from
from lossatlas.analyses.predictions import disagreement, predicted
from lossatlas.run.events import Note, Started, Stored

SGD = partial(torch.optim.SGD, lr=0.1, momentum=0.9)
TOTAL = 8


def pair():
    train = la.Objective.from_module(cases.mlp(), cases.blobs(), "cross_entropy", batch_size=10)
    return {"train": train, "test": train.with_data(cases.blobs(seed=9))}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "a"
    with la.Recorder(path, every=2) as recorder:
        la.fit(pair()["train"], optimizer=SGD, steps=TOTAL, hooks=[recorder])
    return la.open_run(path)


def test_every_number_is_that_of_its_parts(run):
    both = pair()
    ds = la.instability(run, both, (4,), optimizer=SGD, seeds=((1, 2), (5, 9)))
    assert ds.sizes == {"step": 1, "pair": 2, "split": 2, "alpha": 30}
    for j, seeds in enumerate(((1, 2), (5, 9))):
        a, b = (child.point for child in la.spawn(run, both["train"], 4, seeds=seeds, optimizer=SGD))
        one = ds.isel(step=0, pair=j)
        line = la.barrier(both, a, b, points=30)
        for name in ("loss_barrier", "loss_barrier_at", "error_barrier", "error_barrier_at", "error_gap"):
            assert one[name].values == pytest.approx(line[name].values, rel=1e-5, abs=1e-7), name
        assert one["loss_curve"].values == pytest.approx(line["loss"].transpose("split", "alpha").values, rel=1e-5)
        assert one["child_error"].values == pytest.approx(line["error"].isel(alpha=[0, -1]).mean("alpha").values)
        for split, objective in both.items():
            x, _ = objective.data.whole()
            answers = [torch.func.functional_call(cases.mlp().eval(), point, (x,)).argmax(1) for point in (a, b)]
            assert float(one["disagreement"].sel(split=split)) == float((answers[0] != answers[1]).double().mean())
        flat = [torch.cat([point[n].double().ravel() for n in a]) for point in (a, b, run.at(4))]
        apart, way = (flat[0] - flat[1]).norm(), ((flat[0] - flat[2]).norm() + (flat[1] - flat[2]).norm()) / 2
        assert float(one["distance"]) == pytest.approx(float(apart))
        assert float(one["relative_distance"]) == pytest.approx(float(apart / way))
        assert float(one["cosine"]) == pytest.approx(float(torch.cosine_similarity(flat[0], flat[1], dim=0)))
    values = ds["error_barrier"].sel(split="test").isel(step=0).values
    assert float(ds["error_barrier_stderr"].sel(split="test")[0]) == pytest.approx(abs(values[0] - values[1]) / 2)
    assert ds["stable"].values.tolist() == (ds["error_barrier"].mean("pair").transpose("step", "split") < 0.02).values.tolist()


def test_without_noise_nothing_moves_apart(tmp_path):
    """Full batches in the order of the data: children are equal, and a barrier of nothing is 0, not an error."""
    train = la.Objective.from_module(cases.mlp(), cases.blobs(n=1), "cross_entropy", batch_size=1)
    with la.Recorder(tmp_path / "a", every=2) as recorder:
        end = la.fit(train, optimizer=SGD, steps=4, hooks=[recorder])
    ds = la.instability(la.open_run(tmp_path / "a"), train, (2,), optimizer=SGD, seeds=((1, 2),))
    one = ds.isel(step=0, pair=0)
    assert all(float(one[name]) == 0 for name in ("distance", "loss_barrier", "error_barrier", "error_gap", "disagreement"))
    assert float(one["cosine"]) == pytest.approx(1)
    assert one["loss_curve"].values == pytest.approx(np.full(30, float(train.value(end.point))))
    assert bool(ds["stable"][0])


def test_children_that_diverge_are_nan_and_not_stable(run):
    both = pair()
    with pytest.warns(RuntimeWarning, match="(training stopped|not finite)"):
        ds = la.instability(run, both, (0,), optimizer=partial(torch.optim.SGD, lr=1e12), seeds=((1, 2),))
    assert np.isnan(ds["error_barrier"].values).all() and np.isnan(ds["distance"].values).all()
    assert not ds["stable"].any()
    assert stable_from(ds, "train") is None


def test_a_regression_has_a_loss_form_alone(tmp_path):
    x = torch.randn(20, 6, generator=cases.gen())
    train = la.Objective.from_module(cases.mlp(), (x, x[:, :3]), "mse", batch_size=5)
    with la.Recorder(tmp_path / "a", every=2) as recorder:
        la.fit(train, optimizer=SGD, steps=4, hooks=[recorder])
    ds = la.instability(la.open_run(tmp_path / "a"), train, [0, 2], optimizer=SGD, seeds=((1, 2),))
    assert {"loss_barrier", "distance"} <= set(ds) and not {"error_barrier", "disagreement", "stable"} & set(ds)
    assert la.figures.scan(ds).panels[0].y.label == "loss barrier"


def test_batchnorm_several_runs_and_fresh_momentum(tmp_path):
    train = la.Objective.from_module(cases.convbn(), cases.images(), "cross_entropy", batch_size=8)
    for seed in (0, 1):
        with la.Recorder(tmp_path / str(seed), every=2) as recorder:
            la.fit(train, optimizer=SGD, steps=4, seed=seed, hooks=[recorder])
    runs = [la.open_run(tmp_path / name) for name in "01"]
    view = train.training(lambda x, generator: x + 0.1 * torch.randn(x.shape, generator=generator))
    ds = la.instability(runs, view, (2,), optimizer=SGD, total=6, seeds=((1, 2),), momentum="fresh")
    assert ds.sizes["pair"] == 2 and ds.attrs["bn"] == "recompute"
    children = la.spawn(runs[1], view, 2, steps=6, optimizer=SGD, momentum="fresh")
    line = la.barrier(train, *[child.point for child in children])
    assert float(ds["loss_barrier"].isel(step=0, pair=1)) == pytest.approx(float(line["loss_barrier"]), rel=1e-5, abs=1e-7)
    assert "momentum begins anew in every child" in ds.attrs["notes"]


def test_an_analysis_goes_on_where_it_broke_off(run, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.import_module("lossatlas.run.sweep"), "chunk_points", lambda *_: 1)
    train = pair()["train"]

    def stop(event):
        if isinstance(event, Stored):
            raise KeyboardInterrupt

    options = {"optimizer": SGD, "seeds": ((1, 2),), "store": tmp_path / "s.zarr"}
    with pytest.raises(KeyboardInterrupt):
        la.instability(run, train, (0, 4), **options, on_event=stop)
    events = []
    ds = la.instability(run, train, (0, 4), **options, on_event=events.append)
    assert next(event for event in events if isinstance(event, Started)).done == 1
    assert [event.message for event in events if isinstance(event, Note)] == ["step 4: training the children of seeds 1 and 2"]
    whole = la.instability(run, train, (0, 4), **options | {"store": None})
    for name in ("loss_barrier", "error_barrier", "disagreement", "distance"):
        assert ds[name].equals(whole[name])
    with pytest.raises(la.SpecMismatch, match="momentum"):
        la.instability(run, train, (0, 4), **options, momentum="fresh")
    figure = la.figures.scan(la.open(tmp_path / "s.zarr"))
    assert [panel.y.label for panel in figure.panels] == ["error barrier", "loss barrier", "relative distance", "disagreement"]
    assert "Dotted across: 0.02 of the error barrier (below it training counts as stable)." in figure.caption


@pytest.mark.parametrize("flags, first", [((0, 1, 1), 50), ((1, 0, 1), 400), ((1, 1, 1), 0), ((1, 1, 0), None)])
def test_from_which_step_on_training_is_stable(flags, first):
    ds = xr.Dataset({"stable": ("step", np.array(flags, dtype=bool))}, coords={"step": [0.0, 50.0, 400.0]})
    assert stable_from(ds) == first
    assert stable_from(ds.expand_dims(split=["train"]).transpose("step", "split"), "train") == first


def test_what_a_classifier_answers():
    objective = la.Objective.from_module(torch.nn.Linear(1, 1), (torch.tensor([[1.0], [-1.0], [2.0]]), torch.ones(3, 1)), "bce")
    here, there = ({"weight": torch.tensor([[w]]), "bias": torch.tensor([b])} for w, b in ((1.0, 0.0), (1.0, 1.5)))
    assert predicted(objective, here).tolist() == [True, False, True]
    assert disagreement(objective, here, there) == pytest.approx(1 / 3)


@pytest.mark.parametrize("given, said", [
    ({"steps": (0, 3)}, "step 3 of .* was not recorded"),
    ({"steps": ()}, r"steps is \(\); expected different whole numbers"),
    ({"steps": (0, 0)}, "steps is .*; expected different whole numbers"),
    ({"steps": (0, TOTAL)}, "ends at step 8, and begin at step 8"),
    ({"seeds": ((1, 2), (2, 3))}, "expected pairs of seeds, every seed once"),
    ({"seeds": (1, 2)}, "expected pairs of seeds"),
    ({"optimizer": None}, "optimizer is missing"),
    ({"total": 3}, "children that end at step 3, and begin at step 4"),
])
def test_bad_input(run, given, said):
    arguments = {"steps": (0, 4), "optimizer": SGD, "seeds": ((1, 2),)} | given
    with pytest.raises(la.InputError, match=said):
        la.instability(run, pair(), arguments.pop("steps"), **arguments)
