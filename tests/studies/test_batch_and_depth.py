"""Studies of batch size, weight decay and depth: what they measure, on networks that are hardly trained. Verdicts are for the command."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

import lossatlas as la
from lossatlas.studies import batch_size, depth
from lossatlas.studies.batch_size import Setting


@pytest.fixture
def hardly_trained(monkeypatch):
    monkeypatch.setitem(batch_size.SETTINGS, "quick", Setting("digits", (100, 500), 2, 0.05, noise=0.2))
    monkeypatch.setattr(batch_size, "DIRECTIONS", 2)
    monkeypatch.setitem(depth.SETTINGS, "quick", depth.Setting((4, 6), (1, 2), 1, 3, 60))
    for cached in (batch_size._solutions, batch_size.rise, depth.seen):
        cached.cache_clear()
    yield
    for cached in (batch_size._solutions, batch_size.rise, depth.seen):
        cached.cache_clear()


@pytest.mark.usefixtures("hardly_trained")
def test_the_four_networks_of_a_seed_are_trained_once_and_measured_by_all():
    found = la.studies.run(["A2", "A4", "A6", "A7"], seeds=(3,))
    assert batch_size._solutions.cache_info().misses == 2, "clean and noisy"
    flip, weights, filterwise, layerwise = ({number.name: number for number in one.numbers} for one in found)
    ones = batch_size.solutions("quick", 3)
    assert set(ones) == {(100, 0.0), (500, 0.0), (100, 0.05), (500, 0.05)}
    one = ones[100, 0.05]
    assert len(one.norms) == 3 and one.norms[-1] == pytest.approx(sum(float((one.point[n] ** 2).sum()) for n in one.train.params) ** 0.5)
    assert one.norms[-1] < ones[100, 0.0].norms[-1] and ones[500, 0.0].norms[0] == one.norms[0]
    assert flip["norm of the weights, batch 100, weight decay 0.05"].values[0] == one.norms[-1]
    assert flip["test error, batch 100, weight decay 0.05"].values[0] == pytest.approx(
        100 * float(la.probes.loss(one.test)(one.point)["error"]))
    sharp = float(la.sharpness(one.train, point=one.point, seed=3, directions=2)["sharpness"])
    assert flip["filter-normalized sharpness, batch 100, weight decay 0.05"].values[0] == pytest.approx(sharp, rel=1e-4)
    profile = found[0].data["loss"].isel(repeat=0, split=1)
    rise = float(profile[:21].mean() - profile[10])
    around = "mean rise of the loss on the half of the line around the end"
    assert flip[f"{around}, batch 100, weight decay 0.05"].values[0] == pytest.approx(rise)
    with torch.no_grad():
        flat = torch.cat([one.point[n].flatten() for n, t in one.train.params.items() if t.ndim == 2])
    share = 100 * float((flat.abs() < 0.01).double().mean())
    assert weights["weights within 0.01 of zero, batch 100, weight decay 0.05"].values[0] == pytest.approx(share)
    noisy = batch_size.solutions("quick", 3, noisy=True)[100, 0.0]
    assert "random labels in a share of 0.2" in noisy.train.data.words and noisy.test.data.digest() == one.test.data.digest()
    assert filterwise["test error, batch 100, weight decay 0"].values[0] == noisy.test_error
    ranks = "rank correlation with the test error"
    assert filterwise[f"{ranks} (filter)"].values == layerwise[f"{ranks} (filter)"].values
    assert all(-1 <= layerwise[f"{ranks} ({how})"].values[0] <= 1 for how in ("filter", "layer", "none"))


@pytest.mark.parametrize(("norms", "grows"), [([1, 1.2, 1.5], True), ([1, 1, 1], False), ([1, 2, 1.5], False), ([1, 1.2, np.nan], False)])
def test_weights_grow_where_their_norm_does(norms, grows, monkeypatch):
    def made(scale, seed):
        small = [torch.tensor([[0.0, 0.0, 1.0]]), torch.tensor([[0.0, 1.0, 1.0]])]
        return {key: batch_size.Solution(SimpleNamespace(params={"w": small[0]}), None, {"w": small[k % 2]}, tuple(norms), 0.0)
                for k, key in enumerate(batch_size._keys(scale))}

    monkeypatch.setattr(batch_size, "solutions", made)
    monkeypatch.setattr(batch_size, "curves", lambda *_, **__: None)
    assert batch_size.weights("quick", (0, 1), lambda _: None).shown is grows


def test_what_differs_from_the_paper_is_said():
    (_, said), (redrawn,) = (batch_size._what("paper"), batch_size._what("quick")), batch_size._redrawn("quick")
    assert "weight decay of 0.005, which is 10 times the paper's" in said and "weight decay" not in batch_size._what("paper")
    assert "trained with 20 % of the training labels redrawn" in redrawn and batch_size._redrawn("paper") == ()


@pytest.mark.usefixtures("hardly_trained")
def test_depth_width_and_skips(tmp_path):
    architectures, attractor = la.studies.run(["A9", "A10"], seeds=1, folder=tmp_path)
    assert (tmp_path / "A9.png").exists() and (tmp_path / "A10.png").exists()
    names = [number.name for number in architectures.numbers if number.name.startswith("test error")]
    assert names == [f"test error, {words}" for words in ("4 layers, skips", "6 layers, skips", "4 layers, no skips", "6 layers, no skips",
                                                          "6 layers, width x 2, no skips")]
    assert depth.seen.cache_info().misses == 5
    look = depth.seen("quick", 4, 1, True, 0)
    starts = {number.name: number.values for number in attractor.numbers}
    assert starts["loss at initialization, 4 layers, skips"] == (look.initial_loss,) and 1 < look.initial_loss < 6
    assert 0 <= look.nonconvex <= 100 and (np.isnan(look.height) or look.height <= look.highest)


def test_a_network_and_its_twin_start_alike_and_differ_by_the_skips():
    skip, plain = (depth._made("quick", 6, 1, skip, 5) for skip in (True, False))
    assert all(torch.equal(a, b) for a, b in zip(skip.parameters(), plain.parameters(), strict=True))
    x = torch.randn(8, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        for layer in skip.layers:
            layer.weight.zero_()
        assert torch.allclose(skip(x), skip.last(torch.relu(skip.first(x.flatten(1))))), "blocks of zeros change nothing"
        assert not torch.allclose(plain(x), skip(x))
    assert sum(p.ndim == 2 for p in plain.parameters()) == 6
