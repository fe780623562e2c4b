"""The loss of every class: sums of the same pass, in uneven batches, subsets, splits and repeats."""

import cases
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import lossatlas as la


def objective(n=50, classes=3, outputs=4, batch_size=7, seed=0, **options):
    x, y = cases.blobs(n=n, classes=classes, seed=seed)
    return la.Objective.from_module(cases.mlp(classes=outputs), (x, y), "cross_entropy", batch_size=batch_size,
                                    metrics={"accuracy": la.metrics.accuracy}, **options)


@pytest.mark.parametrize("batch_size", [1, 7, 50])
@pytest.mark.parametrize("seed", [0, 4])
def test_every_class_is_the_mean_over_its_examples(batch_size, seed):
    o = objective(batch_size=batch_size, seed=seed)
    (x, y), probe = cases.blobs(seed=seed), la.probes.loss(o, per="class")
    out = probe(o.point())
    with torch.no_grad():
        logits = cases.mlp(classes=4)(x)
    losses = F.cross_entropy(logits, y, reduction="none").double()
    right = (logits.argmax(1) == y).double()
    for k in range(4):
        mine = losses[y == k]
        assert out["class_loss"].shape == (4,)
        assert float(out["class_loss"][k]) == pytest.approx(float(mine.mean()), rel=1e-7, nan_ok=True)
        expected = float(mine.std() / len(mine) ** 0.5) if len(mine) > 1 else float("nan")
        assert float(out["class_loss_stderr"][k]) == pytest.approx(expected, rel=1e-6, nan_ok=True)
        assert float(out["class_accuracy"][k]) == pytest.approx(float(right[y == k].mean()), rel=1e-12, nan_ok=True)


def test_the_classes_weighted_by_their_counts_are_the_whole():
    o = objective()
    plane = la.random_slice(o, seed=2)
    coords = {"alpha": la.axis(-1, 1, 3), "beta": la.axis(-1, 1, 2)}
    ds = la.sweep(la.probes.loss(o, per="class"), plane, coords)
    plain = la.sweep(la.probes.loss(o), plane, coords)
    assert np.array_equal(ds["loss"], plain["loss"]) and np.array_equal(ds["loss_groups"], plain["loss_groups"]), "nothing else changes"
    counts = np.array(ds.attrs["class_counts"])
    assert counts.tolist() == torch.bincount(cases.blobs()[1], minlength=4).tolist() and counts[3] == 0
    for name in ("loss", "accuracy"):
        values = ds[f"class_{name}"]
        assert values.dims == ("alpha", "beta", "class") and values["class"].values.tolist() == [0, 1, 2, 3]
        assert np.isnan(values.isel({"class": 3})).all()
        assert np.allclose((values.fillna(0) * counts).sum("class") / counts.sum(), ds[name], rtol=1e-13)
    assert ds.attrs["nonfinite"] == {}, "a class without examples is no accident of the landscape"


def weighted(outputs, targets):
    """Losses with weights of their own; examples without a class have none."""
    counted = targets >= 0
    losses = F.cross_entropy(outputs, targets.clamp(min=0), reduction="none")
    return losses, torch.where(counted, 1.0 + outputs[:, 0].detach().abs() + targets, 0.0)


@pytest.mark.parametrize("batch_size", [7, 50])
@pytest.mark.parametrize("penalty", [None, 0.3])
@pytest.mark.parametrize("loss", ["cross_entropy", weighted])
def test_the_classes_weighted_by_the_weights_of_their_losses_are_the_whole(loss, penalty, batch_size):
    x, y = cases.blobs()
    y[::5] = -100
    o = la.Objective.from_module(cases.mlp(), (x, y), loss, batch_size=batch_size, penalty=penalty)
    ds = la.sweep(la.probes.loss(o, per="class"), la.random_slice(o), {"alpha": [0.0, 1.0], "beta": [-0.5, 0.0, 0.5]})
    assert ds["class_weights"].dims == ("alpha", "beta", "class")
    whole = (ds["class_loss"] * ds["class_weights"]).sum("class") / ds["class_weights"].sum("class")
    assert np.allclose(whole, ds["loss"], rtol=1e-12)
    counts = np.array(ds.attrs["class_counts"])
    assert counts.tolist() == torch.bincount(y[y >= 0]).tolist()
    if loss == "cross_entropy":
        assert np.array_equal(ds["class_weights"], np.broadcast_to(counts, (2, 3, 3)))
    else:  # counts would be wrong
        assert not np.allclose((ds["class_loss"] * counts).sum("class") / counts.sum(), ds["loss"], rtol=1e-3)
        with torch.no_grad():
            w = weighted(cases.mlp()(x), y)[1].double()
        assert np.allclose(ds["class_weights"].isel(alpha=0, beta=1), [float(w[y == k].sum()) for k in range(3)], rtol=1e-6)
    with pytest.raises(la.InputError, match="'weights', which a result cannot take"):
        o.with_metrics({"weights": la.metrics.accuracy})


def test_splits_repeats_and_the_store(tmp_path):
    train = objective()
    x, y = cases.blobs(n=11, seed=9)
    test = train.with_data((x, torch.where(y == 1, 0, y)))
    family = la.random_slice(train, repeats=2)
    coords = {"alpha": [0.0, 1.0], "beta": [0.0, 0.5]}
    ds = la.sweep(la.probes.loss({"train": train, "test": test}, per="class"), family, coords, store=tmp_path / "r.zarr/a")
    assert ds["class_loss"].dims == ("repeat", "alpha", "beta", "split", "class")
    assert ds.attrs["class_counts"]["test"][1] == 0 and np.isnan(ds["class_loss"].sel(split="test").isel({"class": 1})).all()
    for split in ("train", "test"):
        counts = np.array(ds.attrs["class_counts"][split])
        whole = (ds["class_loss"].sel(split=split).fillna(0) * counts).sum("class") / counts.sum()
        assert np.allclose(whole, ds["loss"].sel(split=split), rtol=1e-13)
    opened = la.open(tmp_path / "r.zarr/a")
    assert opened["class_loss"].equals(ds["class_loss"]) and opened["class"].values.tolist() == [0, 1, 2, 3]
    with pytest.raises(la.SpecMismatch):
        la.sweep(la.probes.loss({"train": train, "test": test}), family, coords, store=tmp_path / "r.zarr/a")


def test_a_penalty_is_in_every_class():
    o = objective(penalty=0.3)
    out = la.probes.loss(o, per="class")(o.point())
    plain = objective()
    bare = la.probes.loss(plain, per="class")(plain.point())
    assert torch.allclose(out["class_loss"][:3] - bare["class_loss"][:3], out["penalty"].expand(3))


def test_a_subset_has_the_same_classes():
    o = objective()
    some = o.with_data((cases.blobs()[0][:3], torch.zeros(3, dtype=torch.int64)))
    ds = la.sweep(la.probes.loss(some, per="class"), la.random_slice(o), {"alpha": [0.0], "beta": [0.0]})
    assert ds.sizes["class"] == 4 and ds.attrs["class_counts"] == [3, 0, 0, 0]


def test_ignored_targets_are_in_no_class_and_own_losses_count_by_target():
    x, y = cases.blobs()
    y[::5] = -100
    o = la.Objective.from_module(cases.mlp(), (x, y), "cross_entropy", batch_size=16)
    out = la.probes.loss(o, per="class")(o.point())
    counts = torch.bincount(y[y >= 0], minlength=3).double()
    assert float((out["class_loss"] * counts).sum() / counts.sum()) == pytest.approx(float(out["loss"]), rel=1e-12)

    def own(outputs, targets):
        return (outputs[:, 0] - targets).square()

    target = cases.blobs()[1].to(torch.uint8)
    o = la.Objective.from_module(cases.mlp(), (x, target), own, batch_size=16)
    out = la.probes.loss(o, per="class")(o.point())
    assert out["class_loss"].shape == (3,) and float(out["class_loss"][2]) == pytest.approx(float(o.losses()[target == 2].double().mean()))


def test_a_metric_that_is_one_mean_has_no_classes():
    x, y = cases.blobs()
    o = la.Objective.from_module(cases.mlp(), (x, y), "cross_entropy", metrics={"m": lambda out, t: (out.argmax(1) == t).float().mean()})
    out = la.probes.loss(o, per="class")(o.point())
    assert torch.isnan(out["class_m"]).all() and torch.isfinite(out["class_loss"]).all() and torch.isfinite(out["m"])


def test_targets_that_are_no_classes_are_refused():
    for name in ("segmentation", "regression", "tied"):
        model, data, loss = cases.every()[name]
        o = la.Objective.from_module(model, data, loss)
        with pytest.raises(la.InputError, match="expected one class an example"):
            la.probes.loss(o, per="class")
    x, y = cases.blobs()
    signs = la.Objective.from_module(nn.Linear(6, 1), (x, 2 * (y > 0).long() - 1), lambda out, t: (out[:, 0] - t).square())
    with pytest.raises(la.InputError, match="from -1; expected one class an example"):
        la.probes.loss(signs, per="class")
    with pytest.raises(la.InputError, match="per is 'layer'; expected one of class"):
        la.probes.loss(objective(), per="layer")
