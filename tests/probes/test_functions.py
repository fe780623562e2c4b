"""What a point answers beside references, against formulas over the logits."""

import math
import shutil
import unittest.mock

import cases
import numpy as np
import pytest
import torch
import xarray as xr

import lossatlas as la
from lossatlas.analyses import predictions
from lossatlas.analyses.predictions import disagreement, logits
from lossatlas.cli.show import info, plot
from lossatlas.numerics.reliability import ece
from lossatlas.viewer.watch import Watch


def classifier(seed=0, data=0):
    return la.Objective.from_module(cases.mlp(seed=seed), cases.blobs(seed=data), "cross_entropy")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_against_formulas(seed):
    objective, other = classifier(), classifier(seed=seed).point()
    found = la.probes.function(objective, {"own": objective.point(), "other": other})(objective.point())
    p, q = (logits(objective, point).double().softmax(1) for point in (other, objective.point()))
    m = (p + q) / 2
    js = 0.5 * ((p * (p / m).log()).sum(1) + (q * (q / m).log()).sum(1)).mean()
    f, g = (logits(objective, point).double() for point in (objective.point(), other))
    expected = {"disagreement": disagreement(objective, objective.point(), other), "kl": float((p * (p / q).log()).sum(1).mean()),
                "js": float(js), "logits_distance": float((f - g).norm() / g.norm())}
    for name, value in expected.items():
        assert found[name] == pytest.approx([0, value], rel=1e-9, abs=1e-12), name
    assert found["weight_cosine"][0] == pytest.approx(1) and abs(found["weight_cosine"][1]) < 0.5
    y = next(iter(objective.data)).value[1]
    assert found["nll"] == pytest.approx(float(objective.value()), rel=1e-6)
    assert found["accuracy"] == pytest.approx(float((q.argmax(1) == y).double().mean()))
    assert found["ece"] == pytest.approx(ece(q, y))
    share = expected["disagreement"]
    assert found["disagreement_stderr"][1] == pytest.approx(math.sqrt(share * (1 - share) / 49), rel=1e-9)


def test_over_a_path_a_line_and_a_plane_and_of_a_pair(tmp_path):
    train = classifier()
    both = {"train": train, "test": train.with_data(cases.blobs(seed=4))}
    ends = {"a": train.point(), "b": classifier(seed=2).point()}
    probe = la.probes.function(both, ends)
    path = la.sweep(probe, la.Path(tuple(ends.values())), {"t": [0, 0.5, 1]}, store=tmp_path / "s.zarr" / "f")
    assert path["disagreement"].dims == ("t", "split", "reference") and path["weight_cosine"].dims == ("t", "reference")
    assert path["reference"].values.tolist() == ["a", "b"] and path["split"].values.tolist() == ["train", "test"]
    assert la.open(tmp_path / "s.zarr" / "f")["js"].equals(path["js"])
    line = la.sweep(probe, la.line(*ends.values()), {"alpha": [0, 0.5, 1]})
    assert line["js"].values == pytest.approx(path["js"].values)
    plane = la.sweep(probe, la.plane(*ends.values(), classifier(seed=5).point()), {"alpha": [0.0, 1.0], "beta": [0.0]})
    assert plane["disagreement"].sel(alpha=0, beta=0, reference="a").values.tolist() == [0, 0]


def test_answers_of_other_kinds():
    made = cases.every()
    for name in ("tied", "segmentation", "binary", "convbn"):
        model, data, kind = made[name]
        objective = la.Objective.from_module(model, data, kind)
        found = la.probes.function(objective, {"own": objective.point()})(objective.point())
        assert found["disagreement"] == [0] and found["js"] == pytest.approx([0], abs=1e-9), name
        weighted = name != "segmentation"  # whose loss is the mean over examples of their positions
        assert not weighted or found["nll"] == pytest.approx(float(objective.value()), rel=1e-5), name
    model, data, kind = made["regression"]
    objective = la.Objective.from_module(model, data, kind)
    half = {name: tensor * 0.5 for name, tensor in objective.point().items()}
    found = la.probes.function(objective, {"half": half})(objective.point())
    assert set(found) == {"logits_distance", "weight_cosine"} and found["weight_cosine"] == pytest.approx([1])


def test_what_is_not_finite_is_not_equal():
    objective = classifier()
    broken = {name: tensor * 1e30 for name, tensor in objective.point().items()}
    found = la.probes.function(objective, {"own": objective.point()})(broken)
    assert math.isnan(found["disagreement"][0]) and math.isnan(found["nll"])


def test_all_pairs():
    objective = classifier()
    points = {f"p{seed}": classifier(seed=seed).point() for seed in range(3)}
    ds = la.similarity(objective, points)
    assert ds.attrs["kind"] == "matrix" and ds["disagreement"].dims == ("a", "b")
    for a in points:
        for b in points:
            assert float(ds["disagreement"].sel(a=a, b=b)) == disagreement(objective, points[a], points[b])
            found = la.probes.function(objective, {"a": points[a]})(points[b])
            assert float(ds["kl"].sel(a=a, b=b)) == pytest.approx(found["kl"][0], abs=1e-12)
            assert float(ds["weight_cosine"].sel(a=a, b=b)) == pytest.approx(found["weight_cosine"][0])
    assert np.allclose(ds["js"], ds["js"].values.T, atol=1e-12) and (np.diag(ds["distance"]) == 0).all()
    both = la.similarity({"train": objective, "test": objective.with_data(cases.blobs(seed=4))}, points)
    assert both["js"].dims == ("a", "b", "split") and both["error"].dims == ("a", "split") and both["distance"].dims == ("a", "b")
    assert both["js"].sel(split="train").values == pytest.approx(ds["js"].values)


def test_pairs_are_stored(tmp_path, capsys):
    objective, test = classifier(), classifier().with_data(cases.blobs(seed=4))
    points = {f"p{seed}": classifier(seed=seed).point() for seed in range(3)}
    pair, store = {"train": objective, "test": test}, tmp_path / "x.zarr" / "likeness"
    made, stored = la.similarity(pair, points), la.similarity(pair, points, store=store)
    for opened in (stored, la.open(store)):
        xr.testing.assert_equal(opened, made)
    assert opened.attrs["kind"] == "matrix" and list(opened["a"].values) == list(points)

    files = {file: file.stat().st_mtime_ns for file in store.rglob("*") if file.is_file()}
    with unittest.mock.patch.object(predictions, "rows", side_effect=AssertionError("measured again")):
        xr.testing.assert_identical(la.similarity(pair, points, store=store), stored)
    assert {file: file.stat().st_mtime_ns for file in store.rglob("*") if file.is_file()} == files
    for other in ((objective, points), (pair, {**points, "p0": classifier(seed=7).point()})):
        with pytest.raises(la.SpecMismatch, match="holds another computation"):
            la.similarity(*other, store=store)
    shutil.rmtree(store / "done" / "c")  # it was killed before it was done
    assert not la.open(store)["done"].any()
    xr.testing.assert_identical(la.similarity(pair, points, store=store), stored)

    info(str(store))
    assert "matrix" in (told := capsys.readouterr().out) and "3 of 3 points" in told and "disagreement" in told
    plot([str(store)], draw=None, quantity=None, scale="auto", mark=None, output=tmp_path / "likeness.png")
    assert (tmp_path / "likeness.png").stat().st_size > 1000
    watch = Watch([store.parent])
    (entry,) = watch.entries.values()
    assert (entry.kind, entry.dims, entry.done, entry.total, entry.error) == ("matrix", "3 points, each with each", 3, 3, None)
    document = watch.document(entry.id)
    assert document.figure == la.figures.auto(opened).to_dict() and "Error (train): p0" in document.caption
    assert "Seed" not in document.caption


def test_bad_input():
    objective = classifier()
    for given in ({}, objective.point()):
        with pytest.raises(la.InputError, match="needs reference points by their names"):
            la.probes.function(objective, given)
    with pytest.raises(la.InputError, match="reference 'a' is a point of another network"):
        la.probes.function(objective, {"a": {"x": torch.ones(2)}})
    with pytest.raises(la.InputError, match="got a int; expected an Objective"):
        la.probes.function(3, {"a": objective.point()})
    with pytest.raises(la.InputError, match="got 1 points; expected at least two"):
        la.similarity(objective, {"a": objective.point()})
