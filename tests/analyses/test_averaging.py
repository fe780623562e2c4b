"""Means of points against closed forms, and their running statistics against a pass by hand."""

from functools import partial

import cases
import pytest
import torch
from oracles import Rows, bowl_data

import lossatlas as la
from lossatlas.analyses.averaging import mean_of, with_statistics
from lossatlas.errors import InputError


def bowl(x=(0.5, -1.0)):
    return la.Objective.from_module(Rows([0.0, 0.0]), bowl_data(list(x)), "mse")


def at(*values, dtype=torch.float64):
    return {"row.weight": torch.tensor([values], dtype=dtype)}


def test_the_mean_of_records_from_a_step_on():
    points = {step: at(float(step), -2.0 * step) for step in (0, 10, 20, 30, 40)}
    assert la.swa(points, bowl()).steps == (30, 40), "the last quarter of 0 to 40"
    found = la.swa(points, bowl(), start=10, every=20)
    assert found.steps == (10, 30)
    assert torch.equal(found.point["row.weight"], torch.tensor([[20.0, -40.0]], dtype=torch.float64))
    assert la.swa([at(1.0, 2.0), at(3.0, 6.0)], bowl(), start=0).point["row.weight"].tolist() == [[2.0, 4.0]]


def test_sums_are_made_in_float64():
    """10⁸ + 1 + 1 + … would lose every 1 in float32."""
    mean = mean_of(at(1e8 if k == 0 else 1.0, 0.0, dtype=torch.float32) for k in range(101))
    assert mean["row.weight"].dtype == torch.float32
    assert float(mean["row.weight"][0, 0]) == pytest.approx((1e8 + 100) / 101, rel=1e-7)
    weighted = mean_of([at(1.0, 0.0), at(4.0, 3.0)], [2.0, 1.0])
    assert weighted["row.weight"].tolist() == [[2.0, 1.0]]


def test_a_recorded_run_is_averaged_from_the_disk(tmp_path):
    train = la.Objective.from_module(cases.mlp(), cases.blobs(), "cross_entropy", batch_size=10)
    with la.Recorder(tmp_path / "a", every=2, state=False) as recorder:
        la.fit(train, optimizer=partial(torch.optim.SGD, lr=0.1), steps=8, seed=0, hooks=[recorder])
    run = la.open_run(tmp_path / "a")
    found = la.swa(run, train)
    assert found.steps == (6, 8)
    for name in train.params:
        expected = torch.stack([run.at(step)[name].double() for step in found.steps]).mean(0).float()
        assert torch.equal(found.point[name], expected), name
    assert found.point.keys() == train.point().keys()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_running_statistics_are_those_of_a_pass_weighted_by_batch_sizes(seed):
    net = cases.convbn(seed=seed)
    x, y = cases.images(n=22, seed=seed)  # batches of 8, 8 and 6
    train = la.Objective.from_module(net, (x, y), "cross_entropy", batch_size=8)
    other = la.Objective.from_module(cases.convbn(seed=seed + 10), (x, y), "cross_entropy").point()
    found = la.swa({0: train.point(), 1: other}, train, start=0).point
    assert found.keys() == train.point().keys()
    means, variances = [], []
    for part in x.split(8):
        z = torch.nn.functional.conv2d(part, found["0.weight"], padding=1).transpose(0, 1).flatten(1)
        means.append(len(part) * z.mean(1))
        variances.append(len(part) * z.var(1))
    assert torch.allclose(found["1.running_mean"], sum(means) / 22, atol=1e-6)
    assert torch.allclose(found["1.running_var"], sum(variances) / 22, rtol=1e-5)
    before = {name: tensor.clone() for name, tensor in train.point().items()}
    with_statistics(train, other)
    assert all(torch.equal(tensor, before[name]) for name, tensor in train.point().items()), "the objective's own stay"
    recomputed = float(train.with_bn("recompute").value(found))
    assert float(train.value(found)) == pytest.approx(recomputed, rel=1e-6), "the average brings what recompute would make"


def test_statistics_of_a_pair_are_those_of_the_training_data():
    train = la.Objective.from_module(cases.convbn(), cases.images(), "cross_entropy", batch_size=8)
    pair = {"test": train.with_data(cases.images(seed=9)), "train": train}
    points = [train.point(), train.point()]
    a, b = la.swa(points, pair, start=0).point, la.swa(points, train, start=0).point
    assert all(torch.equal(a[name], b[name]) for name in b)


@pytest.mark.parametrize(("options", "words"), [
    ({"start": 41}, "41"), ({"start": -1}, "start is -1"), ({"every": 0}, "every is 0"), ({"start": True}, "start is True")])
def test_ranges_without_records_are_refused(options, words):
    with pytest.raises(InputError, match=words):
        la.swa({0: at(0.0, 0.0), 40: at(1.0, 1.0)}, bowl(), **options)


def test_points_that_are_not_finite_are_refused():
    with pytest.raises(InputError, match="NaN"):
        la.swa({0: at(0.0, 0.0), 1: at(float("nan"), 1.0)}, bowl(), start=0)
    with pytest.raises(InputError, match="expected an Objective"):
        la.swa([at(0.0, 0.0)], "bowl")
