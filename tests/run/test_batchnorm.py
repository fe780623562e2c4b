"""BatchNorm policies in a sweep: what each one means, what is recorded, and what becomes of values that do not exist."""

import copy
from pathlib import Path
from typing import Any

import cases
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import lossatlas as la
from lossatlas.run.events import Note

X, Y = cases.images()


def objective(bn: str = "eval", batch_size: int = 8, seed: int = 0) -> la.Objective:
    return la.Objective.from_module(cases.convbn(seed=seed), (X, Y), "cross_entropy", bn=bn, batch_size=batch_size)


def ends() -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    return objective().point(), objective(seed=1).point()


def at(point: dict[str, torch.Tensor], seed: int = 0) -> nn.Module:
    net = cases.convbn(seed=seed).eval()
    net.load_state_dict(point, strict=False)
    return net


def mean_loss(net: nn.Module, size: int = 8) -> float:
    with torch.no_grad():
        losses = [F.cross_entropy(net(X[i : i + size]), Y[i : i + size], reduction="none") for i in range(0, len(X), size)]
    return float(torch.cat(losses).double().mean())


def reestimated(net: nn.Module, size: int = 8) -> nn.Module:
    """Averages of the within-batch means and unbiased variances, layer after layer, weighted by batch size."""
    net = copy.deepcopy(net)
    layers = [m for m in net if isinstance(m, nn.BatchNorm2d)]
    seen = {layer: [] for layer in layers}
    hooks = [layer.register_forward_pre_hook(lambda m, a: seen[m].append(a[0])) for layer in layers]
    net.train()
    with torch.no_grad():
        for i in range(0, len(X), size):
            net(X[i : i + size])
    for hook in hooks:
        hook.remove()
    for layer, inputs in seen.items():
        weights = torch.tensor([len(t) for t in inputs], dtype=torch.float64) / len(X)
        layer.running_mean.copy_(sum(w * t.double().mean((0, 2, 3)) for w, t in zip(weights, inputs, strict=True)))
        layer.running_var.copy_(sum(w * t.double().var((0, 2, 3)) for w, t in zip(weights, inputs, strict=True)))
    return net.eval()


def line(bn: str, coords: Any = (0.0, 0.5, 1.0), batch_size: int = 8, **options: Any) -> Any:
    return la.sweep(la.probes.loss(objective(bn, batch_size)), la.line(*ends()), {"alpha": list(coords)}, **options)


def test_the_four_policies_are_four_definitions() -> None:
    a, b = ends()
    middle = {n: (0.5 * a[n].double() + 0.5 * b[n].double()).float() for n in a}
    own = {n: t for n, t in a.items() if "running" in n}
    expected = {"eval": [mean_loss(at({**p, **own})) for p in (a, middle, b)], "interpolate": [mean_loss(at(p)) for p in (a, middle, b)],
                "batch": [mean_loss(at(p).train()) for p in (a, middle, b)], "recompute": [mean_loss(reestimated(at(p))) for p in (a,
                    middle, b)]}
    for bn, values in expected.items():
        ds = line(bn)
        np.testing.assert_allclose(ds["loss"].values, values, rtol=2e-6, err_msg=bn)
        assert ds.attrs["bn"] == bn and ds.attrs["n_batchnorm"] == 2
    assert len({round(v[1], 5) for v in expected.values()}) == 4, "the case does not tell the policies apart"


@pytest.mark.parametrize("bn", ["batch", "recompute"])
def test_under_batch_and_recompute_the_batch_size_changes_values(bn: str) -> None:
    assert not np.allclose(line(bn)["loss"].values, line(bn, batch_size=12)["loss"].values, rtol=1e-5)


@pytest.mark.parametrize("bn", ["eval", "interpolate"])
def test_under_eval_and_interpolate_it_does_not(bn: str) -> None:
    np.testing.assert_allclose(line(bn)["loss"].values, line(bn, batch_size=7)["loss"].values, rtol=1e-6)


def test_interpolate_hits_the_ends_exactly() -> None:
    ds, (a, b) = line("interpolate"), ends()
    for alpha, point in ((0.0, a), (1.0, b)):
        one = la.Objective.from_module(at(point), (X, Y), "cross_entropy", batch_size=8)
        assert float(ds["loss"].sel(alpha=alpha)) == float(la.probes.loss(one)(one.point())["loss"])


def test_interpolate_is_refused_for_random_slices(tmp_path: Path) -> None:
    one = objective("interpolate")
    for family in (la.random_slice(one), la.random_slice(one, repeats=2)):
        with pytest.raises(la.InputError, match=r"bn='interpolate'.*random.*write bn='eval', 'batch' or 'recompute'"):
            la.sweep(la.probes.loss(one), family, {"alpha": [0.0], "beta": [0.0]}, store=tmp_path / "r.zarr")
    without = [{n: t for n, t in end.items() if "running" not in n} for end in ends()]
    with pytest.raises(la.InputError, match="interpolate"):
        la.sweep(la.probes.loss(one), la.line(*without), {"alpha": [0.0]})
    assert not (tmp_path / "r.zarr").exists()


def test_what_becomes_of_running_statistics_of_a_line_is_said() -> None:
    for bn, said in (("eval", "stay at the objective's own"), ("recompute", "re-estimated"), ("batch", "by itself")):
        notes = line(bn).attrs["notes"]
        assert len(notes) == 1 and said in notes[0], bn
    assert line("interpolate").attrs["notes"] == []


@pytest.mark.parametrize("stored", [False, True])
def test_a_negative_variance_is_a_hole_that_names_its_layer(tmp_path: Path, stored: bool) -> None:
    a, b = ends()
    b["4.running_var"] = b["4.running_var"].clone() * 0
    b["4.running_var"][2] = -0.0
    a["4.running_var"] = a["4.running_var"].clone() + 1
    heard: list[Any] = []
    ds = la.sweep(la.probes.loss(objective("interpolate")), la.line(a, b), {"alpha": la.axis(-0.5, 1.5, 9)},
                  store=tmp_path / "r.zarr" if stored else None, on_event=heard.append)
    beyond = ds["alpha"].values > 1
    assert np.array_equal(np.isnan(ds["loss"].values), beyond) and beyond.sum() == 2, "holes only where the variance is negative"
    assert ds["negative_variance"].values.tolist() == [0.0] * 7 + [2.0] * 2
    assert ds.attrs["negative_variance"] == {"4": 2} and ds.attrs["nonfinite"] == {"loss": 2} and bool(ds["done"].all())
    messages = [event.message for event in heard if isinstance(event, Note)]
    assert messages == ["loss is not finite at 2 of 9 points", "negative running variance in 4 at 2 points"]
    caption = la.figures.profile(ds).caption
    assert "4" in caption and ("negative" in caption or "not finite" in caption), caption


def test_random_slices_never_move_statistics_nor_norm_parameters() -> None:
    one = objective()
    plane = la.random_slice(one)
    point = plane(torch.tensor([0.7, -0.3], dtype=torch.float64))
    own = one.point()
    assert not plane.moves_statistics
    for name, tensor in own.items():
        if "running" in name or name.startswith(("1.", "4.")):
            assert torch.equal(point[name], tensor), name
    ds = la.sweep(la.probes.loss(one), plane, {"alpha": la.axis(-1, 1, 5), "beta": la.axis(-1, 1, 5)})
    assert bool(np.isfinite(ds["loss"]).all())
