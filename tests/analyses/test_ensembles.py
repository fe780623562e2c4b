"""Ensembles against averages made by hand, and subspaces against their definitions."""

import math
from functools import partial

import cases
import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from torch import nn

import lossatlas as la
from lossatlas.errors import InputError, StoreError
from lossatlas.numerics.reliability import brier, ece, nll


def classifier(n=60, seed=0, bn="eval"):
    return la.Objective.from_module(cases.mlp(seed=seed), cases.blobs(n=n), "cross_entropy", batch_size=25, bn=bn)


def members(count=4, seed=0):
    return [classifier(seed=seed + k).point() for k in range(count)]


def probabilities(objective, point, x):
    net = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Dropout(0.0), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 3)).eval()
    net.load_state_dict(point)
    with torch.no_grad():
        return torch.softmax(net(x).double(), 1)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_number_of_members_is_the_average_of_the_first(seed):
    objective, points = classifier(), members(seed=10 * seed)
    x, y = objective.data.whole()
    other = torch.randn(40, 6, generator=cases.gen(seed + 7)) * 3
    ds = la.ensemble(objective, points, out_of_distribution=other)
    each = [probabilities(objective, point, x) for point in points]
    strange = [probabilities(objective, point, other) for point in points]
    for k in range(1, 5):
        p, q = sum(each[:k]) / k, sum(strange[:k]) / k
        one = ds.sel(ensemble="ensemble", members=k)
        errors = (p.argmax(1) != y).double()
        assert float(one["error"]) == pytest.approx(float(errors.mean()), rel=1e-12)
        assert float(one["error_stderr"]) == pytest.approx(float(errors.std()) / len(y) ** 0.5, rel=1e-9)
        for name, score in (("nll", nll), ("brier", brier), ("ece", ece)):
            assert float(one[name]) == pytest.approx(score(p, y), rel=1e-6), name
            assert float(one[f"member_{name}"]) == pytest.approx(score(each[k - 1], y), rel=1e-6), name
        told = np.concatenate([p.max(1).values, q.max(1).values])
        assert float(one["auroc"]) == pytest.approx(roc_auc_score([1] * 60 + [0] * 40, told), abs=1e-3)
        assert float(one["bin_count"].sum()) == 60
    assert ds.attrs["kind"] == "scan" and ds.attrs["out_of_distribution"] == "40 other examples"


def test_disagreement_and_diversity_are_means_over_pairs():
    objective, points = classifier(), members()
    x, y = objective.data.whole()
    answers = [probabilities(objective, point, x).argmax(1) for point in points]
    ds = la.ensemble(objective, points).sel(ensemble="ensemble")
    apart = np.array([[float((a != b).double().mean()) for b in answers] for a in answers])
    errors = np.array([float((a != y).double().mean()) for a in answers])
    assert np.allclose(ds["disagreement_with"].isel(members=slice(0, 4)).values, apart)
    for k in (2, 3, 4):
        pairs = [(i, j) for i in range(k) for j in range(k) if i != j]
        assert float(ds["disagreement"].sel(members=k)) == pytest.approx(np.mean([apart[i, j] for i, j in pairs]))
        assert float(ds["diversity"].sel(members=k)) == pytest.approx(np.mean([apart[i, j] / errors[i] for i, j in pairs]))
    assert math.isnan(float(ds["disagreement"].sel(members=1)))
    assert np.allclose(ds["member_diversity"].values, (apart.sum(1) / 3) / errors)


def test_equal_members_disagree_on_nothing_and_change_nothing():
    objective = classifier()
    ds = la.ensemble(objective, [objective.point()] * 3).sel(ensemble="ensemble")
    assert float(ds["disagreement"].sel(members=3)) == 0 and float(ds["diversity"].sel(members=3)) == 0
    assert float(ds["nll"].sel(members=3)) == pytest.approx(float(objective.value()), rel=1e-6)


def test_several_ensembles_of_unequal_size_in_a_store(tmp_path):
    objective, points = classifier(), members()
    pair = {"train": classifier(n=20), "test": objective}
    given = {"four": {f"run {k}": point for k, point in enumerate(points)}, "two": iter(points[:2])}
    ds = la.ensemble(pair, given, store=tmp_path / "x.zarr/e")
    again = la.open(tmp_path / "x.zarr/e")
    assert list(ds["ensemble"].values) == ["four", "two"] and ds.attrs["member_names"]["four"][0] == "run 0"
    for name in ("error", "nll", "disagreement", "bin_accuracy"):
        assert np.array_equal(ds[name].values, again[name].values, equal_nan=True)
    assert np.isnan(ds["error"].sel(ensemble="two").values).tolist() == [False, False, True, True]
    assert float(ds["nll"].sel(ensemble="two", members=2)) == pytest.approx(float(ds["nll"].sel(ensemble="four", members=2)))
    assert ds.attrs["n_examples"] == 60, "of a pair, the test data"
    with pytest.raises(StoreError, match="holds a result"):
        la.ensemble(pair, points, store=tmp_path / "x.zarr/e")


def test_answers_that_are_no_numbers_stay_so():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 3))
    objective = la.Objective.from_module(net, (torch.ones(4, 2), torch.tensor([0, 1, 2, 0])), "cross_entropy")
    huge = {name: torch.full_like(tensor, 3e38 if "weight" in name else 0.0) for name, tensor in objective.params.items()}
    huge["1.weight"][0] *= -1
    ds = la.ensemble(objective, [objective.point(), huge]).sel(ensemble="ensemble")
    assert np.isfinite(ds["error"].sel(members=1)) and np.isnan(ds["error"].sel(members=2))
    assert np.isnan(ds["nll"].sel(members=2)) and np.isnan(ds["disagreement"].sel(members=2))


def test_batchnorm_members_bring_their_statistics():
    objective = la.Objective.from_module(cases.convbn(), cases.images(), "cross_entropy", batch_size=8)
    point = objective.point()
    ds = la.ensemble(objective, [point])
    assert float(ds["nll"].values[0, 0]) == pytest.approx(float(objective.value(point)), rel=1e-6)
    bare = {name: tensor for name, tensor in point.items() if "running" not in name}
    with pytest.raises(InputError, match="running statistics"):
        la.ensemble(objective, [point, bare])


@pytest.mark.parametrize(("given", "words"), [
    ([], "no members"), ({}, "no members"), ({"a": []}, "'a' has no members"), ("runs", "members are a str"),
    (torch.ones(3), "members are a Tensor"), ({"0.weight": torch.ones(3)}, "members are a point")])
def test_what_is_no_ensemble_is_refused(given, words):
    with pytest.raises(InputError, match=words):
        la.ensemble(classifier(), given)


def test_what_does_not_classify_is_refused():
    x, _ = cases.blobs()
    with pytest.raises(InputError, match="expected cross_entropy"):
        la.ensemble(la.Objective.from_module(cases.mlp(), (x, torch.zeros(50, 3)), "mse"), members(2))
    with pytest.raises(InputError, match="expected an Objective"):
        la.ensemble(3, members(2))


# ---- subspaces ------------------------------------------------------------------------------------------------------


def walk(steps=30, seed=0):
    """Records about a line, so that one direction has most of their variance."""
    objective = classifier()
    noise, start = cases.gen(seed), objective.point()
    along = {name: torch.randn(tensor.shape, generator=noise) for name, tensor in start.items()}
    return objective, {10 * k: {name: tensor + 0.1 * math.sin(k) * along[name] + 0.01 * torch.randn(tensor.shape, generator=noise)
                                for name, tensor in start.items()} for k in range(steps)}


def flat(point, names):
    return torch.cat([point[name].double().reshape(-1) for name in names])


def test_a_trajectory_has_records_equally_spaced_and_the_last():
    objective, points = walk()
    found = la.subspace_members(objective, points, "trajectory", count=4)
    assert found.steps == (0, 100, 190, 290) and len(found) == 4
    for step, point in zip(found.steps, found, strict=True):
        assert torch.equal(point["0.weight"], points[step]["0.weight"])
    with pytest.raises(InputError, match="at least as many records"):
        la.subspace_members(objective, points, "trajectory", count=31)


def test_a_gaussian_has_mean_and_variance_of_the_records(seed=1):
    objective, points = walk()
    names = list(objective.params)
    rows = torch.stack([flat(point, names) for point in points.values()])
    drawn = torch.stack([flat(point, names) for point in la.subspace_members(objective, points, "gaussian", count=400, seed=seed)])
    z = (drawn - rows.mean(0)) / rows.std(0)
    assert z.mean(0).abs().max() < 5 / 20 and float(z.mean()) == pytest.approx(0, abs=0.02)
    assert float(z.square().mean()) == pytest.approx(1, abs=0.03)
    wide = la.subspace_members(objective, points, "gaussian", count=1, seed=seed, scale=3.0)
    one = flat(la.subspace_members(objective, points, "gaussian", count=1, seed=seed).at(0), names)
    assert torch.allclose(flat(wide.at(0), names) - rows.mean(0), 3 * (one - rows.mean(0)), atol=1e-5)


def test_a_low_rank_gaussian_stays_in_the_plane_of_the_components():
    objective, points = walk()
    names = list(objective.params)
    rows = torch.stack([flat(point, names) for point in points.values()])
    centred = rows - rows.mean(0)
    _, values, axes = torch.linalg.svd(centred, full_matrices=False)
    drawn = torch.stack([flat(p, names) for p in la.subspace_members(objective, points, "low_rank", count=300, rank=2)]) - rows.mean(0)
    inside = drawn @ axes[:2].T
    assert float((drawn - inside @ axes[:2]).norm()) < 1e-4 * float(drawn.norm())
    expected = values[:2] / (len(rows) - 1) ** 0.5
    assert torch.allclose(inside.std(0), expected, rtol=0.15)
    with pytest.raises(InputError, match="span at most 2 directions"):
        la.subspace_members(objective, dict(list(points.items())[:3]), "low_rank")


def test_a_random_line_goes_as_far_as_it_is_told():
    objective = classifier()
    point, names = objective.point(), list(objective.params)
    found = la.subspace_members(objective, point, "random", count=3, scale=0.25)
    apart = [flat(member, names) - flat(point, names) for member in found]
    for way in apart:
        assert float(way.norm()) == pytest.approx(0.25 * float(flat(point, names).norm()), rel=1e-5)
    assert abs(float(apart[0] @ apart[1])) < 0.4 * float(apart[0].norm() * apart[1].norm())


def test_dropout_leaves_biases_and_scales_what_stays():
    objective = classifier()
    member = la.subspace_members(objective, objective.point(), "dropout", count=1, scale=0.5).at(0)
    ratio = member["3.weight"] / objective.params["3.weight"]
    assert set(ratio.unique().tolist()) <= {0.0, 2.0} and 10 < int((ratio == 0).sum()) < 54
    assert torch.equal(member["3.bias"], objective.params["3.bias"])


@pytest.mark.parametrize("kind", ["random", "dropout"])
def test_a_scale_that_is_chosen_costs_a_point_of_accuracy(kind):
    x = torch.randn(200, 6, generator=cases.gen(1))
    train = la.Objective.from_module(cases.mlp(h=16), (x, (x[:, 0] > 0).long() + (x[:, 1] > 0).long()), "cross_entropy", batch_size=50)
    point = la.fit(train, optimizer=partial(torch.optim.SGD, lr=0.3, momentum=0.9), steps=60, seed=0).point
    found = la.subspace_members(train, point, kind, count=4)
    further = la.subspace_members(train, point, kind, count=4, scale=min(found.scale * 1.3, 0.99))

    def cost(members):
        start = la.ensemble(train, [point])["error"].values[0, 0]
        return float(la.ensemble(train, members)["member_error"].mean()) - start

    assert found.scale > 0 and cost(found) <= 0.01 < cost(further)


def test_the_same_seed_gives_the_same_members_and_statistics_are_their_own():
    train = la.Objective.from_module(cases.convbn(), cases.images(), "cross_entropy", batch_size=8)
    a, b, other = (la.subspace_members(train, train.point(), "random", count=2, seed=seed, scale=0.1) for seed in (3, 3, 4))
    assert all(torch.equal(a.at(1)[name], b.at(1)[name]) for name in train.point())
    assert not torch.equal(a.at(1)["0.weight"], other.at(1)["0.weight"]) and not torch.equal(a.at(1)["0.weight"], a.at(0)["0.weight"])
    assert float(train.value(a.at(0))) == pytest.approx(float(train.with_bn("recompute").value(a.at(0))), rel=1e-6)
    assert a(torch.tensor([1.0])).keys() == train.point().keys() and a.spec() == b.spec()


@pytest.mark.parametrize(("kind", "options", "words"), [
    ("gausian", {}, "did you mean 'gaussian'"), ("random", {"scale": 0.0}, "positive number"),
    ("trajectory", {"scale": 1.0}, "expected none"), ("dropout", {"scale": 1.0}, "between 0 and 1"),
    ("random", {"count": 0}, "count is 0"), ("low_rank", {"rank": True}, "rank is True"),
    ("gaussian", {}, "two or more")])
def test_options_that_make_no_sense_are_refused(kind, options, words):
    objective = classifier()
    with pytest.raises(InputError, match=words):
        la.subspace_members(objective, objective.point(), kind, **options)
    with pytest.raises(InputError, match="member is 2"):
        la.subspace_members(objective, objective.point(), "random", count=2, scale=0.1).at(2)
