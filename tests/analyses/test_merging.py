"""Checks and soups on surfaces whose answers are known, and on small networks."""

import math
from functools import partial

import cases
import numpy as np
import pytest
import torch
from oracles import Rows, Surface, bowl_data, itself

import lossatlas as la
from lossatlas.errors import InputError


def bowl(x=(0.5, -1.0)):
    return la.Objective.from_module(Rows([0.0, 0.0]), bowl_data(list(x)), "mse")


def at(*values):
    return {"row.weight": torch.tensor([values], dtype=torch.float64)}


def wells(u, v, x):
    """Two minima near u = ±1 with a hill of 1 between, for every example."""
    return x * ((u * u - 1) ** 2 + v * v)


def valley(n=32):
    x = torch.rand(n, generator=cases.gen(0), dtype=torch.float64) + 0.5
    return la.Objective.from_module(Surface(wells), (x, torch.zeros(n)), itself), float(x.mean())


def place(u, v=0.0):
    return {"uv": torch.tensor([u, v], dtype=torch.float64)}


def trained(seed, steps, start=None):
    train = la.Objective.from_module(cases.mlp(seed=seed), cases.blobs(n=80), "cross_entropy", batch_size=20)
    return train, la.fit(train, init=start, optimizer=partial(torch.optim.SGD, lr=0.3, momentum=0.9), steps=steps, seed=seed).point


@pytest.mark.parametrize(("seed", "count"), [(0, 2), (1, 4)])
def test_the_prediction_is_exact_on_a_quadratic(seed, count):
    generator = cases.gen(seed)
    points = [at(*torch.randn(2, generator=generator, dtype=torch.float64).tolist()) for _ in range(count)]
    check = la.merge_check(bowl(), points)
    merged = la.merge(bowl(), points)
    assert float(check["predicted_loss"]) == pytest.approx(merged.measured, rel=1e-10)
    assert merged.predicted == pytest.approx(merged.measured, rel=1e-10)
    mean = torch.stack([point["row.weight"] for point in points]).mean(0)
    assert torch.allclose(merged.point["row.weight"], mean, rtol=1e-15) and merged.kept == tuple(str(k + 1) for k in range(count))
    assert check.attrs["verdict"] == "works" and float(check["loss_barrier"].max()) == 0


def test_a_hill_between_two_wells_fails_and_its_height_is_known():
    objective, scale = valley()
    check = la.merge_check(objective, {"left": place(-1.0), "right": place(1.0), "beside": place(1.0, 0.05)}, base=place(0.9))
    barrier = check["loss_barrier"].sel(a="left", b="right")
    assert float(barrier) == pytest.approx(scale, rel=1e-12) and float(check["loss_barrier"].sel(a="right", b="beside")) < 1e-12
    assert np.array_equal(check["loss_barrier"].values, check["loss_barrier"].values.T)
    assert check.attrs["verdict"] == "fails" and "left" in check.attrs["reason"]
    assert float(check["base_loss_barrier"].sel(a="left")) > 0.5 * scale, "the line from the base to the other well crosses the hill"
    assert float(check["base_loss_barrier"].sel(a="right")) < 0.01
    assert "left left the basin" in check.attrs["reason"]
    assert float(check["cosine"].sel(a="left", b="right")) == pytest.approx(-1.0), "from the base they go opposite ways"
    assert float(check["base_distance"].sel(a="left")) == pytest.approx(1.9)


def test_a_base_among_the_points_has_no_way_to_go():
    objective, _ = valley()
    check = la.merge_check(objective, {"left": place(-1.0), "right": place(1.0)}, base=place(1.0), match=None)
    assert float(check["base_loss_barrier"].sel(a="right")) == 0 and float(check["base_distance"].sel(a="right")) == 0
    assert math.isnan(float(check["cosine"].sel(a="left", b="right")))


def test_two_points_are_predicted_by_the_measured_middle():
    objective, scale = valley()
    check, merged = la.merge_check(objective, [place(-1.0), place(1.0)]), la.merge(objective, [place(-1.0), place(1.0)])
    assert float(check["predicted_loss"]) == pytest.approx(scale, rel=1e-12) and merged.measured == pytest.approx(scale, rel=1e-12)
    assert float(check["predicted_loss_stderr"]) > 0


def test_what_is_not_finite_fails():
    def cut(u, v, x):
        return x * (u * u + torch.where(u.abs() < 0.3, torch.nan, 0.0)) + 0 * v

    objective = la.Objective.from_module(Surface(cut), (torch.ones(4).double(), torch.zeros(4)), itself)
    check = la.merge_check(objective, [place(-1.0), place(1.0)], match=None)
    assert math.isnan(float(check["loss_barrier"].values[0, 1])) and math.isnan(float(check["predicted_loss"]))
    assert check.attrs["verdict"] == "fails" and "not finite" in check.attrs["reason"]


def test_a_permuted_copy_is_matched_first():
    train, a = trained(0, steps=150)
    order = torch.randperm(8, generator=cases.gen(5))
    b = {**a, "0.weight": a["0.weight"][order], "0.bias": a["0.bias"][order], "3.weight": a["3.weight"][:, order]}
    pair = {"train": train, "test": train.with_data(cases.blobs(n=60, seed=4))}
    check = la.merge_check(pair, {"a": a, "b": b})
    assert check.attrs["verdict"] == "match first", check.attrs
    assert float(check["aligned_error_rise"].max()) == pytest.approx(0, abs=1e-9)
    assert float(check["alignment_gain"].sel(a="a", b="b", split="train")) > 0.05
    merged = la.merge(pair, {"a": a, "b": b}, match="weights")
    found = merged.numbers
    assert np.allclose(found["loss"].sel(point="merged"), found["loss"].sel(point="a"), rtol=1e-4)
    plain = la.merge(pair, {"a": a, "b": b}).numbers
    assert float(plain["loss"].sel(point="merged", split="train")) > float(plain["loss"].sel(point="a", split="train")) + 0.02
    assert la.merge_check(pair, {"a": a, "b": b}, match=None).attrs["verdict"] == "fails"


def test_a_soup_of_children_works_and_the_errors_are_those_of_the_points():
    train, start = trained(0, steps=40)
    children = {str(seed): trained(seed, steps=20, start=start)[1] for seed in (1, 2)}
    pair = {"train": train, "test": train.with_data(cases.blobs(n=60, seed=4))}
    check, merged = la.merge_check(pair, children, base=start), la.merge(pair, children)
    assert list(check["split"].values) == ["train", "test"]
    for split, one in pair.items():
        for name, point in children.items():
            assert float(check["point_loss"].sel(a=name, split=split)) == pytest.approx(float(one.value(point)), rel=1e-6)
            assert float(merged.numbers["loss"].sel(point=name, split=split)) == pytest.approx(float(one.value(point)), rel=1e-6)
    middle = {name: (children["1"][name].double() + children["2"][name].double()).div(2).float() for name in train.params}
    assert merged.measured == pytest.approx(float(train.value(middle)), rel=1e-6)
    assert float(check["predicted_error"].sel(split="train")) == pytest.approx(
        float(merged.numbers["error"].sel(point="merged", split="train")), abs=1e-9), "of two it is the middle"


def test_greedy_leaves_out_what_hurts_and_is_never_worse_than_the_best():
    objective = bowl((0.0, 0.0))
    points = {"good": at(0.1, 0.0), "opposite": at(-0.2, 0.0), "bad": at(9.0, 9.0)}
    merged = la.merge(objective, points, method="greedy", validation=bowl((1e-3, 0.0)))
    assert merged.kept == ("good", "opposite") and "2 held-out examples" in merged.judged_on
    assert merged.measured == pytest.approx(0.05**2, rel=1e-9)
    assert merged.measured <= float(merged.numbers["loss"].min())


def test_greedy_keeps_what_is_no_worse():
    """In the order of held-out losses: b alone 0.04, a 0.09; together 0.0025."""
    validation = bowl((1e-3, 0.0))
    merged = la.merge(bowl((0.0, 0.0)), {"a": at(0.3, 0.0), "b": at(-0.2, 0.0)}, method="greedy", validation=validation)
    assert merged.kept == ("b", "a") and merged.judged_on == "2 held-out examples"
    pair = {"train": bowl((0.0, 0.0)), "test": validation}
    said = la.merge(pair, [at(0.3, 0.0), at(-0.2, 0.0)], method="greedy", validation=validation).judged_on
    assert said == "2 held-out examples, those of 'test': its numbers are no longer those of unseen data"


def test_batchnorm_statistics_are_estimated_anew():
    data = cases.images()
    train = la.Objective.from_module(cases.convbn(), data, "cross_entropy", batch_size=8)
    other = la.Objective.from_module(cases.convbn(seed=3), data, "cross_entropy").point()
    merged = la.merge({"train": train, "test": train.with_data(cases.images(seed=5))}, [train.point(), other])
    assert float(train.value(merged.point)) == pytest.approx(merged.measured, rel=1e-6), "under eval the point brings them"
    assert merged.point.keys() == train.point().keys()


@pytest.mark.parametrize(("points", "words"), [
    ([at(1.0, 0.0)], "1 of them"), ([at(1.0, 0.0), at(1.0, 0.0)], "1 and 2 are equal"), (at(1.0, 0.0), "points are a point"),
    ({"merged": at(1.0, 0.0), "b": at(0.0, 0.0)}, "named 'merged'"), ([at(1.0, 0.0), {"x": torch.zeros(2)}], "the point 2")])
def test_points_that_cannot_be_merged_are_refused(points, words):
    for function in (la.merge_check, la.merge):
        with pytest.raises(InputError, match=words):
            function(bowl(), points)


def test_options_that_do_not_fit_are_refused():
    points = [at(1.0, 0.0), at(0.0, 0.0)]
    with pytest.raises(InputError, match="without validation"):
        la.merge(bowl(), points, method="greedy")
    with pytest.raises(InputError, match="with validation"):
        la.merge(bowl(), points, validation=bowl())
    with pytest.raises(InputError, match="data of the objective itself"):
        la.merge(bowl(), points, method="greedy", validation=bowl())
    with pytest.raises(InputError, match="did you mean 'greedy'"):
        la.merge(bowl(), points, method="greeedy")
    with pytest.raises(InputError, match="match is 'weight'"):
        la.merge_check(bowl(), points, match="weight")
