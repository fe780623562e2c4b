"""Point 7, row A3: BatchNorm policies against references written by hand."""

import copy

import cases
import numpy as np
import oracles
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.swa_utils import update_bn

import lossatlas as la


def ragged(n=300):
    """300 examples whose level drifts, so that the short last batch of 128, 128, 44 is unlike the others."""
    x = torch.randn(n, 6, generator=cases.gen()) + torch.linspace(0, 3, n)[:, None] ** 2
    return x, torch.randint(3, (n,), generator=cases.gen(1))


def first_bn():
    def make():
        net = nn.Sequential(nn.BatchNorm1d(6), nn.Linear(6, 8), nn.ReLU(), nn.BatchNorm1d(8), nn.Linear(8, 3))
        net[0].running_mean.fill_(0.5)
        net[3].running_var.fill_(2.0)
        return net

    return cases.seeded(make)


def objective_of(model, data, **options):
    return la.Objective.from_module(model, data, "cross_entropy", **options)


def centre(objective):
    return la.probes.loss(objective)(objective.point())["loss"].item()


def recomputed(model, batches):
    """The module with statistics re-estimated: one pass in train mode, layer by layer, momentum b_i/n_seen."""
    twin = copy.deepcopy(model).eval()
    layers = [m for m in twin.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    seen = 0
    with torch.no_grad():
        for x, _ in batches:
            seen += len(x)
            for layer in layers:
                layer.train()
                layer.momentum = len(x) / seen
            twin(x)
    return twin.eval()


def test_recompute_weights_every_batch_by_its_size():
    x, y = ragged()
    model, batches = first_bn(), oracles.cut(*ragged(), 128)
    assert [len(b) for _, b in batches] == [128, 128, 44]
    objective = objective_of(model, (x, y), batch_size=128, bn="recompute")
    tensors = objective.prepare(objective.point()).tensors
    mean, var = oracles.recomputed_statistics([b.double().numpy() for b, _ in batches])
    assert np.allclose(tensors["0.running_mean"], mean, rtol=1e-5) and np.allclose(tensors["0.running_var"], var, rtol=1e-5)
    assert np.allclose(mean, x.double().mean(0), rtol=1e-5)  # for the mean that is the mean of all examples
    expected = oracles.summed_loss(recomputed(model, batches), batches).item()
    assert centre(objective) == pytest.approx(expected, rel=1e-6)
    # torch's update_bn counts the short batch like a full one, and lands elsewhere
    theirs = copy.deepcopy(model)
    update_bn([b for b, _ in batches], theirs)
    naive = np.mean([b.double().numpy().mean(0) for b, _ in batches], 0)
    assert np.allclose(theirs[0].running_mean, naive, rtol=1e-4)
    assert np.abs(naive - mean).min() > 0.3
    assert abs(centre(objective) - oracles.summed_loss(theirs.eval(), batches).item()) > 1e-4


def test_recompute_forgets_what_was_there_and_happens_at_every_point():
    data = cases.images()
    a = objective_of(cases.convbn(), data, bn="recompute", batch_size=8)
    moved = cases.convbn()
    for layer in (moved[1], moved[4]):
        layer.running_mean.add_(3), layer.running_var.mul_(7)
    assert centre(a) == centre(objective_of(moved, data, bn="recompute", batch_size=8))
    plane = la.random_slice(a, dims=("alpha",))
    ds = la.sweep(la.probes.loss(a), plane, {"alpha": [0.7]})
    twin = cases.convbn()
    twin.load_state_dict({**twin.state_dict(), **plane(torch.tensor([0.7]))})
    batches = oracles.cut(*data, 8)
    assert ds["loss"].item() == pytest.approx(oracles.summed_loss(recomputed(twin, batches), batches).item(), rel=1e-6)


def test_batch_normalizes_every_batch_by_itself():
    x, y = ragged()
    model, batches = first_bn(), oracles.cut(x, y, 128)
    total = 0.0
    for xb, yb in batches:  # by hand: no BatchNorm layer involved
        z = (xb - xb.mean(0)) / torch.sqrt(xb.var(0, correction=0) + 1e-5)
        h = F.relu(model[1](z * model[0].weight + model[0].bias))
        h = (h - h.mean(0)) / torch.sqrt(h.var(0, correction=0) + 1e-5) * model[3].weight + model[3].bias
        total += F.cross_entropy(model[4](h), yb, reduction="sum").item()
    assert centre(objective_of(model, (x, y), batch_size=128, bn="batch")) == pytest.approx(total / 300, rel=1e-6)


def test_the_batch_size_is_part_of_the_spec_under_batch_and_recompute():
    data = cases.images()
    for bn, there in (("eval", False), ("interpolate", False), ("batch", True), ("recompute", True)):
        specs = [objective_of(cases.convbn(), data, bn=bn, batch_size=size).spec() for size in (6, 8)]
        assert (specs[0] != specs[1]) == there and ("batch_size" in specs[0]) == there
        values = [centre(objective_of(cases.convbn(), data, bn=bn, batch_size=size)) for size in (6, 8)]
        assert (abs(values[0] - values[1]) > 1e-5) == there
    assert "batch_size" not in objective_of(cases.mlp(), cases.blobs(), bn="batch").spec()  # no BatchNorm, no dependence
    untracked = nn.Sequential(nn.Linear(6, 4), nn.BatchNorm1d(4, track_running_stats=False), nn.Linear(4, 3))
    assert objective_of(untracked, cases.blobs(), batch_size=16).spec()["batch_size"] == 16  # looks at batches even in eval mode
    other = la.Batches.of(cases.images(n=40, seed=5))
    base = objective_of(cases.convbn(), data)
    specs = [base.with_bn("recompute", data=other.rebatch(size)) for size in (8, 20)]
    assert specs[0].spec() != specs[1].spec() and centre(specs[0]) != centre(specs[1])


def test_the_test_split_uses_the_training_statistics_under_recompute():
    train, test = (objective_of(first_bn(), data, bn="recompute", batch_size=64) for data in (ragged(), cases.blobs()))
    reference = recomputed(first_bn(), oracles.cut(*ragged(), 64))
    expected = oracles.summed_loss(reference, [cases.blobs()]).item()
    for pair in ({"train": train, "test": test}, {"test": test, "train": train}, {"train": train, "test": train.with_data(cases.blobs())}):
        ds = la.sweep(la.probes.loss(pair), la.random_slice(train), {"alpha": [0.0], "beta": [0.0]})
        assert list(ds["split"].values) == list(pair)
        assert ds["loss"].sel(split="test").item() == pytest.approx(expected, rel=1e-6)
        assert ds["loss"].sel(split="train").item() == centre(train)
    assert centre(test) != pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("bn,reference", [("eval", "frozen"), ("interpolate", "moving"), ("recompute", "recomputed"), ("batch", "batch")])
def test_a_line_between_solutions_under_every_policy(bn, reference):
    models, data = [cases.convbn(seed=s) for s in (0, 1)], cases.images()
    batches = oracles.cut(*data, 8)
    objective = objective_of(models[0], data, bn=bn, batch_size=8)
    family = la.line(*[objective_of(m, data).point() for m in models])
    ds = la.sweep(la.probes.loss(objective), family, {"alpha": la.axis(-0.25, 1.25, 7)})
    states = [m.state_dict() for m in models]
    for alpha, value in zip(ds["alpha"].values, ds["loss"].values, strict=True):
        mixed = {
            n: t if t.dtype == torch.int64 or (reference == "frozen" and "running" in n) else (1 - alpha) * t + alpha * states[1][n]
            for n, t in states[0].items()
        }
        twin = cases.convbn().eval()
        twin.load_state_dict(mixed)
        twin = recomputed(twin, batches) if reference == "recomputed" else twin.train(reference == "batch")
        assert value == pytest.approx(oracles.summed_loss(twin, batches).item(), rel=2e-5)
    assert ds.attrs["bn"] == bn


def test_a3_the_curves_differ():
    models, data = [cases.convbn(seed=s) for s in (0, 1)], cases.images()
    family = la.line(*[objective_of(m, data).point() for m in models])
    curves = {
        bn: la.sweep(la.probes.loss(objective_of(models[0], data, bn=bn, batch_size=8)), family, {"alpha": [0.5]})["loss"].item()
        for bn in ("eval", "interpolate", "recompute", "batch")
    }
    values = sorted(curves.values())
    assert min(np.diff(values)) > 5e-4, curves


def test_interpolate_is_refused_for_random_slices():
    objective = objective_of(cases.convbn(), cases.images(), bn="interpolate")
    for family in (la.random_slice(objective), la.random_slice(objective, repeats=2)):
        with pytest.raises(la.InputError, match=r"does not move them.*write bn='eval'"):
            la.sweep(la.probes.loss(objective), family, {"alpha": [0.0], "beta": [0.0]})
    bare = [{n: t for n, t in objective_of(cases.convbn(seed=s), cases.images()).point().items() if "running" not in n} for s in (0, 1)]
    with pytest.raises(la.InputError, match="points need to carry them"):
        la.sweep(la.probes.loss(objective), la.line(*bare), {"alpha": [0.0]})


def test_random_directions_never_move_statistics():
    """Not even un-ignored: an untrained twin perturbed the variances and got NaN off the centre."""
    objective = objective_of(cases.convbn(), cases.images())
    plane = la.random_slice(objective, ignore=())
    ds = la.sweep(la.probes.loss(objective), plane, {"alpha": la.axis(-3, 3, 7), "beta": la.axis(-3, 3, 3)})
    assert np.isfinite(ds["loss"]).all()
    point = plane(torch.tensor([2.0, 2.0]))
    assert all(torch.equal(t, objective.buffers[n]) for n, t in point.items() if "running" in n)


def test_a_negative_variance_is_a_hole_that_names_its_layer():
    models = [cases.convbn(seed=s) for s in (0, 1)]
    models[0][4].running_var[2], models[1][4].running_var[2] = 0.1, 2.0
    for m in models:
        m[1].running_var.fill_(1.0)
    data = cases.images()
    points = [objective_of(m, data).point() for m in models]
    objective = objective_of(models[0], data, bn="interpolate").with_metrics({"accuracy": la.metrics.accuracy})
    with pytest.warns(RuntimeWarning, match="negative running variance in 4 at 2 points"):
        ds = la.sweep(la.probes.loss(objective), la.line(*points), {"alpha": [-0.4, -0.2, 0.0, 0.5, 1.0]})
    assert np.isnan(ds["loss"].values[:2]).all() and np.isfinite(ds["loss"].values[2:]).all()
    assert np.isnan(ds["accuracy"].values[:2]).all()
    assert ds["negative_variance"].values.tolist() == [2, 2, 0, 0, 0] and ds.attrs["negative_variance"] == {"4": 2}
    assert ds.attrs["nonfinite"]["loss"] == 2
    for bn in ("eval", "recompute", "batch"):  # no policy but interpolate sees them
        other = objective_of(models[0], data, bn=bn)
        assert np.isfinite(la.sweep(la.probes.loss(other), la.line(*points), {"alpha": [-0.4]})["loss"]).all()


def test_a_variance_that_is_barely_negative_is_a_hole_too():
    """eps would hide it: sqrt(−1e-6 + 1e-5) is a number, and a meaningless one."""
    objective = objective_of(cases.convbn(), cases.images(), bn="interpolate")
    point = {n: t.clone() for n, t in objective.point().items()}
    point["1.running_var"][0] = -1e-6
    assert objective.negative_variance(point) == "1" and not np.isfinite(float(objective.value(point)))


def test_nan_and_inf_stay_what_they_are():
    surface = oracles.Surface(lambda u, v, x: x + torch.where(u > 0.5, torch.inf, 0.0) + torch.where(v > 0.5, torch.nan, 0.0))
    objective = la.Objective.from_module(surface, (torch.ones(5).double(), torch.ones(5)), oracles.itself, layout={"uv": None})
    axes = ({"uv": torch.tensor([1.0, 0.0]).double()}, {"uv": torch.tensor([0.0, 1.0]).double()})
    with pytest.warns(RuntimeWarning, match="loss is not finite at 4 of 6 points"):
        ds = la.sweep(la.probes.loss(objective), la.Slice(objective.point(), axes), {"alpha": [0.0, 1.0], "beta": [-1.0, 0.0, 1.0]})
    expected = [[1, 1, np.nan], [np.inf, np.inf, np.nan]]
    assert np.array_equal(ds["loss"].values, expected, equal_nan=True) and bool(ds["done"].all())
    assert ds.attrs["nonfinite"]["loss"] == 4


def test_a_single_example_has_no_batch_variance():
    for bn in ("batch", "recompute"):
        with pytest.raises(la.InputError, match="single example"):
            objective_of(first_bn(), cases.blobs(n=9), bn=bn, batch_size=8)


def test_a_view_keeps_its_policies():
    objective = objective_of(cases.convbn(), cases.images(), bn="recompute", batch_size=8)
    assert objective.with_metrics({}).bn == "recompute" and objective.with_source("a.py:b").source == "a.py:b"
    assert objective.with_bn("eval").bn == "eval" and objective.bn == "recompute"
    assert centre(objective.to("cpu")) == centre(objective)
    with pytest.raises(la.InputError, match="bn is 'train'; expected one of eval, batch, recompute, interpolate"):
        objective.with_bn("train")


def test_views_of_one_network_do_not_disturb_each_other():
    """They share a module: what batch, recompute and training switch on, they switch off, also after an error."""
    objective = objective_of(cases.convbn(), cases.images(), batch_size=8)
    values = {bn: float(objective.with_bn(bn).value()) for bn in ("eval", "batch", "recompute", "interpolate")}
    la.fit(objective, optimizer=lambda p: torch.optim.SGD(p, lr=0.1), steps=2)
    broken = torch.zeros(8, 3, 6, 6), torch.zeros(8, dtype=torch.long)
    for view in (objective.with_bn("batch"), objective.training()):
        with pytest.raises(RuntimeError):
            view.value(None, broken)
    for bn in ("interpolate", "recompute", "batch", "eval"):
        assert float(objective.with_bn(bn).value()) == values[bn]
    assert not any(m.training for m in objective.module.modules())
