"""Single steps: monotone descent and crossed valleys, against gradient descent on quadratics, where both are known (METHODS L1, L2)."""

import cases
import numpy as np
import pytest
import torch
from torch import nn

import lossatlas as la
from lossatlas.run.events import Advanced, Started


def quadratic(n=64, seed=0, batch_size=None):
    """mean (w·x)² with uncorrelated x: GD of rate η multiplies w_i by 1 − η·λ_i, λ = 2·E x_i²  (mse)."""
    x = torch.linalg.qr(torch.randn(n, 3, generator=cases.gen(seed), dtype=torch.float64))[0]
    x = x * (n * torch.tensor([0.5, 1.0, 2.0], dtype=torch.float64)) ** 0.5
    model = nn.Linear(3, 1, bias=False, dtype=torch.float64)
    with torch.no_grad():
        model.weight.fill_(1.0)
    return la.Objective.from_module(model, (x, torch.zeros(n, 1, dtype=torch.float64)), "mse", batch_size=batch_size or n)


def descended(objective, rate, steps=12, seed=0):
    points = {}
    la.fit(objective, optimizer=lambda t: torch.optim.SGD(t, lr=rate), steps=steps, seed=seed,
           hooks=[lambda step, point, state: points.update({step: {n: t.detach().clone() for n, t in point.items()}})])
    return points


@pytest.mark.parametrize(("rate", "fell", "crossed"), [(0.2, 1.0, 0.0), (0.3, 1.0, None), (0.52, None, None)])
def test_full_batch_descent_on_a_quadratic_does_what_its_formula_says(rate, fell, crossed):
    objective = quadratic()
    points = descended(objective, rate)
    weights = np.array([(1 - rate * np.array([1.0, 2.0, 4.0])) ** k for k in range(13)])  # λ = 2·E x² = 1, 2, 4
    exact = (weights**2 * [0.5, 1, 2]).sum(1)
    ds = la.monotonicity(objective, points)
    assert ds["loss"].values == pytest.approx(exact, rel=1e-9)
    assert ds.attrs["fraction_fell"] == (np.diff(exact) < 0).mean() and (fell is None or ds.attrs["fraction_fell"] == fell)
    assert ds.attrs["steps_apart"] == 1 and np.isnan(ds["change"].values[0]) and not ds["fell"].values[0]
    assert ds.attrs["largest_rise"] == pytest.approx(max(0, (np.diff(exact) / exact[:-1]).max()))
    valley = la.valley_crossing(objective, points, between=39)
    g = weights[:-1] * [1, 2, 4]
    best = (g**2).sum(1) / (rate * (g**2 * [1, 2, 4]).sum(1))  # the place of the lowest loss along a step, in units of the step
    assert np.array_equal(valley["crossed"].values == 1, best < 0.9875) and (crossed is None or valley.attrs["fraction_crossed"] == crossed)
    assert valley["floor"].values == pytest.approx(np.minimum(best, 1), abs=0.0126)
    updates = np.diff(weights, axis=0)
    cosines = (updates[1:] * updates[:-1]).sum(1) / np.linalg.norm(updates[1:], axis=1) / np.linalg.norm(updates[:-1], axis=1)
    assert valley["cosine"].values[1:] == pytest.approx(cosines, rel=1e-6) and valley.attrs["mean_cosine"] == pytest.approx(cosines.mean())
    assert valley["length"].values == pytest.approx(np.linalg.norm(updates, axis=1), rel=1e-9) and valley.attrs["fraction_convex"] == 1
    assert valley["path_loss"].values[:, 0] == pytest.approx(exact[:-1]) and valley["path_loss"].values[:, -1] == pytest.approx(exact[1:])
    assert valley["height"].values == pytest.approx(valley["path_loss"].values[:, -1] - valley["path_loss"].values.min(1))


def test_the_mini_batch_of_a_step_is_the_one_that_it_was_made_on():
    objective = quadratic(batch_size=8)
    points = descended(objective, 0.1, seed=3)
    ds = la.valley_crossing(objective, points, on="batch", seed=3, between=4)
    for step, (_, batch) in zip(range(12), objective.data.shuffled(3), strict=False):
        x = batch.value[0]
        for column, step_point in ((0, points[step]), (-1, points[step + 1])):
            assert ds["path_loss"].values[step, column] == pytest.approx(float((x @ step_point["weight"].T).square().mean()))
        moved = points[step]["weight"] - 0.1 * 2 * (x @ points[step]["weight"].T * x).mean(0)
        assert torch.allclose(moved, points[step + 1]["weight"])
    late = {step: point for step, point in points.items() if step >= 5}
    again = la.valley_crossing(objective, late, on="batch", seed=3, between=4)
    assert np.array_equal(again["path_loss"].values, ds["path_loss"].values[5:])


def test_a_recorded_run_knows_its_seed_and_progress_is_told(tmp_path):
    x, y = cases.blobs()
    objective = la.Objective.from_module(cases.mlp(), (x, y), "cross_entropy", batch_size=10)
    with la.Recorder(tmp_path / "run", every=1) as recorder:
        la.fit(objective, optimizer=lambda t: torch.optim.SGD(t, lr=0.5), steps=6, seed=7, hooks=[recorder])
    run, heard = la.open_run(tmp_path / "run"), []
    ours = la.valley_crossing(objective, run, on="batch", between=2, on_event=heard.append)
    theirs = la.valley_crossing(objective, run.trajectory(), on="batch", between=2, seed=7)
    assert np.array_equal(ours["path_loss"].values, theirs["path_loss"].values)
    assert isinstance(heard[0], Started) and heard[-1] == Advanced(6, 6)
    stored = la.valley_crossing(objective, run, store=tmp_path / "s.zarr/v")
    assert la.open(tmp_path / "s.zarr/v")["loss"].shape == (6, 11) and stored.attrs["on"] == "data"
    assert la.figures.scan(stored).panels and la.figures.scan(la.monotonicity(objective, run)).panels


def test_what_is_not_finite_is_not_counted_as_a_valley():
    objective = quadratic()
    points = descended(objective, 0.2, steps=3)
    with pytest.warns(RuntimeWarning, match="not finite"):
        ds = la.valley_crossing(objective, points | {4: {"weight": points[3]["weight"] * 1e200}, 5: {"weight": points[3]["weight"]}})
    assert np.isnan(ds["crossed"].values[3:]).all() and not np.isnan(ds["crossed"].values[:3]).any()
    assert np.isnan(ds.attrs["fraction_crossed"])


@pytest.mark.parametrize(("make", "words"), [
    (lambda o, p: la.valley_crossing(o, {0: p[0]}), "single recorded step"),
    (lambda o, p: la.monotonicity(o, [p[0]]), "single recorded step"),
    (lambda o, p: la.valley_crossing(o, p, on="both"), "on is 'both'"), (lambda o, p: la.valley_crossing(o, p, between=0), "between is 0"),
    (lambda o, p: la.valley_crossing(o, {0: p[0], 2: p[2]}, on="batch"), "none in between"), (lambda o, p: la.monotonicity(o, 3), "a int")])
def test_what_cannot_be_measured_is_refused(make, words):
    objective = quadratic()
    with pytest.raises(la.InputError, match=words):
        make(objective, descended(objective, 0.2, steps=3))
