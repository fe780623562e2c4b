"""Surveys of planted surfaces against the dense grid of the same data: errors, error bars, costs, honesty."""

import sys
import warnings
from itertools import pairwise
from pathlib import Path
from typing import Any

import cases
import numpy as np
import pytest
import torch
import xarray as xr

import lossatlas as la
from lossatlas.run.events import Finished, Note, Surveyed, Surveying

sys.path.insert(0, str(Path(__file__).parent))
from surveyed import COORDS, SMALL, broken, columns, lowered, pitted, planted, rippled, smooth


def both(f: Any = smooth, coords: Any = COORDS, *, asked: Any = None, **options: Any) -> Any:
    """The survey, the dense grid, and the examples that went through the network for the survey."""
    probe, family, seen = planted(f, **options)
    ds = la.survey(probe, family, coords, plan="plain", **(asked or {}))
    spent = sum(seen)
    if not set(options) - {"n", "dims"}:
        return ds, closed_form(f, coords, columns(options.get("n", 600))), spent
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return ds, la.sweep(probe, family, coords, plan="plain")["loss"], spent


def closed_form(f: Any, coords: Any, x: torch.Tensor) -> xr.DataArray:
    """The loss of every cell without the library."""
    us = torch.cartesian_prod(*[torch.as_tensor(np.asarray(v), dtype=torch.float64) for v in coords.values()]).reshape(-1, len(coords))
    values = np.array([float(f(u, x).mean()) for u in us])
    return xr.DataArray(values.reshape([len(v) for v in coords.values()]), coords, tuple(coords))


def missed(ds: Any, truth: Any) -> np.ndarray:
    scale = ds.attrs["scale"]
    change = np.log if scale is None else (lambda v: np.arcsinh(v / scale))
    return np.abs(change(ds["loss"].values) - change(truth.values)).ravel()


def honest(ds: Any, spent: int) -> None:
    """What any survey says of itself."""
    cells = ds["loss"].size
    n = int(ds.attrs["n_examples"])
    assert ds.attrs["dense_example_evaluations"] == cells * n and ds.attrs["example_evaluations"] == spent
    assert ds["evaluated"].dtype == bool and bool(ds["done"].all()) and ds["loss"].dims == tuple(COORDS)[: ds["loss"].ndim]
    np.testing.assert_array_equal(ds["evaluated"], ds["examples"] > 0)
    whole = ds["examples"].values == n
    np.testing.assert_array_equal(ds["loss_error"].values[whole & np.isfinite(ds["loss"].values)], 0)
    assert (ds["loss_error"].values[~whole] > 0).all()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_smooth_plane_to_one_percent(seed: int) -> None:
    ds, truth, spent = both(asked={"seed": seed})
    error = missed(ds, truth)
    honest(ds, spent)
    assert np.median(error) <= 0.01 and np.quantile(error, 0.95) <= 0.05 and spent < ds.attrs["dense_example_evaluations"] / 10
    assert np.mean(error <= ds["loss_error"].values.ravel() + 1e-12) >= 0.85
    assert ds.attrs["converged"] and not ds.attrs["went_dense"] and not ds.attrs["stopped"] and ds.attrs["scale"] is None
    assert ds.attrs["heldout_median"] <= 0.01 and ds.attrs["heldout_p95"] <= 0.05 <= 5 * ds.attrs["tolerance"]
    assert ds.attrs["heldout_max"] >= ds.attrs["heldout_p95"] and ds.attrs["heldout_count"] >= 40
    np.testing.assert_allclose(ds["loss"].values[ds["examples"].values == 600], truth.values[ds["examples"].values == 600], rtol=1e-12)
    assert float(ds["center_loss"]) == pytest.approx(float(truth.sel(alpha=0, beta=0)), rel=1e-12)


def test_tolerances_are_kept_and_cost_what_they_ask() -> None:
    loose, truth, cheap = both(rippled(0.1, 6), asked={"tolerance": 0.05})
    tight, _, dear = both(rippled(0.1, 6), asked={"tolerance": 0.003})
    assert np.median(missed(loose, truth)) <= 0.05 and np.quantile(missed(loose, truth), 0.95) <= 0.25
    assert np.median(missed(tight, truth)) <= 0.003 and np.quantile(missed(tight, truth), 0.95) <= 0.015
    assert cheap < dear and loose.attrs["tolerance"] == 0.05


def test_a_line_and_a_volume() -> None:
    ds, truth, spent = both(coords={"alpha": la.axis(-1, 1, 401)}, dims=1)
    honest(ds, spent)
    assert np.median(missed(ds, truth)) <= 0.01 and np.quantile(missed(ds, truth), 0.95) <= 0.05
    assert spent < ds.attrs["dense_example_evaluations"] / 10
    coords = {"alpha": la.axis(-1, 1, 13), "beta": la.axis(-1, 1, 11), "gamma": la.axis(-1, 1, 9)}
    probe, family, seen = planted(dims=3, n=300)
    ds = la.survey(probe, family, coords, plan="plain")
    assert sum(seen) == ds.attrs["example_evaluations"] < ds.attrs["dense_example_evaluations"] / 4
    truth = closed_form(smooth, coords, columns(300))
    assert np.median(missed(ds, truth)) <= 0.01 and np.quantile(missed(ds, truth), 0.95) <= 0.05


@pytest.mark.parametrize("coords", [
    {"alpha": la.axis(0.2, 1.3, 31), "beta": la.axis(-2, -0.5, 21)}, {"alpha": la.axis(-1, 1, 120), "beta": [0.0, 0.1, 0.7]},
], ids=["far from zero", "uneven"])
def test_lattices_of_any_kind(coords: Any) -> None:
    ds, truth, spent = both(coords=coords)
    honest(ds, spent)
    assert np.median(missed(ds, truth)) <= 0.01 and np.quantile(missed(ds, truth), 0.95) <= 0.05
    zero = all(np.any(np.asarray(v) == 0) for v in coords.values())
    assert np.isfinite(float(ds["center_loss"])) == zero


@pytest.mark.parametrize("coords", [{"alpha": [0.0], "beta": [0.0]}, {"alpha": la.axis(-1, 1, 5), "beta": la.axis(-1, 1, 4)}])
def test_few_cells_are_all_measured(coords: Any) -> None:
    events: list[Any] = []
    ds, truth, spent = both(coords=coords, asked={"on_event": events.append})
    assert spent == ds.attrs["dense_example_evaluations"] == ds.attrs["example_evaluations"] and ds.attrs["went_dense"]
    np.testing.assert_allclose(ds["loss"], truth, rtol=1e-12)
    assert bool(ds["evaluated"].all()) and float(ds["loss_error"].max()) == 0
    assert any("too few" in event.message for event in events if isinstance(event, Note)) and "too few" in str(ds.attrs["notes"])


@pytest.mark.parametrize(("height", "wave", "seed"), [(0.03, 25, 0), (0.1, 40, 1), (1.0, 20, 0)])
def test_a_rough_plane_is_no_smooth_lie(height: float, wave: float, seed: int) -> None:
    ds, truth, _ = both(rippled(height, wave), SMALL, n=200, asked={"seed": seed})
    error = missed(ds, truth)
    assert np.median(error) <= 0.01 and np.quantile(error, 0.95) <= 0.055, "the tolerance holds, by going dense if it must"
    assert np.mean(error <= ds["loss_error"].values.ravel() + 1e-12) >= 0.8
    if ds.attrs["went_dense"]:
        assert any("too rough" in note for note in ds.attrs["notes"]) and bool(ds["evaluated"].all())
        assert ds.attrs["example_evaluations"] <= 1.2 * ds.attrs["dense_example_evaluations"]
    else:
        assert (height, wave) != (1.0, 20), "ripples of factor e on the scale of two cells cannot be predicted"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_drawn_as_such(value: float) -> None:
    ds, truth, spent = both(broken(value))
    honest(ds, spent)
    lost, gone = ~np.isfinite(ds["loss"].values), ~np.isfinite(truth.values)
    measured = ds["evaluated"].values
    np.testing.assert_array_equal(lost[measured], gone[measured])
    here = np.stack(np.meshgrid(np.linspace(-1, 1, 31), np.linspace(-1, 1, 21), indexing="ij"), -1)
    away = np.linalg.norm(here[:, :, None] - here[measured], axis=-1)
    np.testing.assert_array_equal(lost, gone[measured][np.argmin(away, -1)] | (lost & _tied(away, gone[measured])))
    assert np.mean(lost != gone) < 0.05 and ds.attrs["converged"]
    assert (ds["loss_error"].values[lost & ~measured] == np.inf).all()
    assert np.nanmedian(missed(ds, truth)[~lost.ravel() & ~gone.ravel()]) < 0.01


def _tied(away: np.ndarray, gone: np.ndarray) -> np.ndarray:
    """Cells whose nearest measured ones, equally far, are partly finite and partly not."""
    near = away <= away.min(-1, keepdims=True) + 1e-9
    return (near & gone).any(-1) & (near & ~gone).any(-1)


def test_nothing_is_finite_and_little_is() -> None:
    ds, _, spent = both(lambda u, x: smooth(u, x) * torch.nan, SMALL, n=50)
    assert not np.isfinite(ds["loss"]).any() and spent == ds.attrs["dense_example_evaluations"]
    assert any("no loss of the first cells is finite" in note for note in ds.attrs["notes"])
    ds, truth, _ = both(lambda u, x: smooth(u, x) + torch.where((u**2).sum() > 1e-6, torch.nan, 0.0), SMALL, n=50)
    np.testing.assert_array_equal(np.isfinite(ds["loss"]), np.isfinite(truth))


@pytest.mark.parametrize("f", [lowered(2.0), lowered(200.0), pitted, lambda u, x: x[:, 0] * torch.relu((u**2).sum() - 0.3)],
                         ids=["some", "all", "a pit", "zero"])
def test_losses_that_are_not_positive(f: Any) -> None:
    ds, truth, spent = both(f)
    honest(ds, spent)
    assert ds.attrs["scale"] > 0 and ds.attrs["converged"]
    error = missed(ds, truth)
    assert np.median(error) <= 0.01 and np.quantile(error, 0.95) <= 0.05


def test_constant_losses() -> None:
    ds, truth, _ = both(lambda u, x: x[:, 0] + 0 * u.sum())
    np.testing.assert_allclose(ds["loss"], truth, rtol=1e-9)
    assert ds.attrs["converged"]


def test_the_seed_decides_what_is_drawn_and_nothing_else_does() -> None:
    probe, family, _ = planted()
    torch.manual_seed(1)
    one = la.survey(probe, family, COORDS, plan="plain", seed=3)
    before, numpys = torch.get_rng_state(), np.random.get_state()[1].copy()
    torch.manual_seed(2)
    np.random.seed(5)
    again = la.survey(probe, family, COORDS, plan="plain", seed=3)
    other = la.survey(probe, family, COORDS, plan="plain", seed=4)
    for name in one.data_vars:
        np.testing.assert_array_equal(one[name], again[name])
    assert not np.array_equal(one["evaluated"], other["evaluated"])
    torch.manual_seed(7)
    before = torch.get_rng_state()
    np.random.seed(7)
    numpys = np.random.get_state()[1].copy()
    la.survey(probe, family, {"alpha": [0.0, 1.0], "beta": [0.0]}, seed=3)
    assert torch.equal(before, torch.get_rng_state()) and np.array_equal(numpys, np.random.get_state()[1])


def test_the_floor_of_examples_is_kept() -> None:
    for floor in (200, 7):
        ds, truth, _ = both(asked={"examples": floor})
        counts = ds["examples"].values[ds["evaluated"].values]
        assert counts.min() == min(floor, 600) if floor != 7 else counts.min() >= 7
        assert ds.attrs["fewest_examples"] == min(floor, 600) and np.median(missed(ds, truth)) <= 0.01


def test_what_it_says_on_the_way() -> None:
    events: list[Any] = []
    ds, _, spent = both(asked={"on_event": events.append})
    assert isinstance(events[0], Surveying) and events[0].cells == 651 and events[0].examples == 600
    assert 0 < events[0].survey_seconds < events[0].dense_seconds
    rounds = [event for event in events if isinstance(event, Surveyed)]
    assert len(rounds) >= 2 and isinstance(events[-1], Finished)
    assert rounds[-1].share == spent / ds.attrs["dense_example_evaluations"] and rounds[-1].median == ds.attrs["heldout_median"]
    assert all(a.share <= b.share and a.measured <= b.measured for a, b in pairwise(rounds))


# ---- data, losses and policies ------------------------------------------------------------------------------------


def weighted(outputs: Any, targets: Any) -> Any:
    return outputs, targets


class Keyed(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.u = torch.nn.Parameter(torch.zeros(2, dtype=torch.float64))

    def forward(self, x: Any) -> Any:
        return smooth(self.u, x)


@pytest.mark.parametrize("case", ["weights", "penalty", "float32"])
def test_what_makes_a_mean(case: str) -> None:
    x, g = columns(), cases.gen(3)
    weights = torch.rand(600, generator=g, dtype=torch.float64) * (torch.rand(600, generator=g) < 0.7)
    options: dict[str, Any] = {
        "weights": {"data": (x, weights), "loss": weighted}, "penalty": {"penalty": lambda p: 0.7 + (p["u"] ** 2).sum()},
        "float32": {"dtype": torch.float32, "batch_size": 71}}[case]
    ds, truth, spent = both(coords=SMALL, **options)
    honest(ds, spent)
    error = missed(ds, truth)
    assert np.median(error) <= 0.01 and np.quantile(error, 0.95) <= 0.05 and ds.attrs["converged"]
    whole = ds["examples"].values == 600
    np.testing.assert_allclose(ds["loss"].values[whole], truth.values[whole], rtol=1e-6 if case == "float32" else 1e-12)


def test_dict_batches() -> None:
    o = la.Objective.from_module(Keyed(), {"x": columns()}, lambda outputs, batch: outputs, layout={"u": None}, batch_size=64)
    axes = tuple({"u": row} for row in torch.eye(2, dtype=torch.float64))
    probe, family = la.probes.loss(o), la.Slice(o.point(), axes, ("alpha", "beta"))
    ds, truth = la.survey(probe, family, COORDS, plan="plain"), closed_form(smooth, COORDS, columns())
    assert np.median(missed(ds, truth)) <= 0.01 and (ds["examples"].values == 128).any()


def test_batches_of_different_shapes_are_measured_whole() -> None:
    x = columns(90)
    parts = [(x[:40], torch.zeros(40, 1)), (x[40:], torch.zeros(50, 2))]
    probe, family, seen = planted(data=parts)
    ds = la.survey(probe, family, COORDS, plan="plain")
    truth = closed_form(smooth, COORDS, x)
    assert set(np.unique(ds["examples"])) == {0, 90} and np.median(missed(ds, truth)) <= 0.01 and sum(seen) > 0


@pytest.mark.parametrize("bn", ["batch", "recompute"])
def test_batchnorm_that_looks_at_batches_is_never_given_a_part(bn: Any) -> None:
    x, y = cases.images(n=40)
    o = la.Objective.from_module(cases.convbn(), (x, y), "cross_entropy", bn=bn, batch_size=16)
    coords = {"alpha": la.axis(-0.5, 0.5, 15), "beta": la.axis(-0.5, 0.5, 11)}
    probe, family = la.probes.loss(o), la.random_slice(o)
    ds, truth = la.survey(probe, family, coords, tolerance=0.05), la.sweep(probe, family, coords)["loss"]
    assert set(np.unique(ds["examples"])) <= {0, 40}
    measured = ds["evaluated"].values
    np.testing.assert_allclose(ds["loss"].values[measured], truth.values[measured], rtol=1e-6)
    assert np.median(missed(ds, truth)) <= 0.05


@pytest.mark.parametrize("kind", ["classes", "regression"])
def test_networks_with_losses_of_their_own(kind: str) -> None:
    net, x = cases.mlp(), cases.blobs(n=700)[0]
    y = cases.seeded(lambda: cases.mlp(seed=4)(x).detach())
    data, loss = ((x, y.argmax(1)), "cross_entropy") if kind == "classes" else ((x, y), "mse")
    o = la.Objective.from_module(net, data, loss)  # type: ignore[arg-type]
    probe, family = la.probes.loss(o), la.random_slice(o)
    state = {name: value.clone() for name, value in net.state_dict().items()}
    ds, truth = la.survey(probe, family, SMALL), la.sweep(probe, family, SMALL)["loss"]
    error = missed(ds, truth)
    assert np.median(error) <= 0.01 and np.quantile(error, 0.95) <= 0.055
    assert net.training and all(torch.equal(value, state[name]) for name, value in net.state_dict().items())


GRAPH = {"name": "auto", "device": "cpu", "forward": "graph", "fold": True, "memory_format": "channels_last", "micro_batch": 20}
SEVERAL = {"name": "auto", "device": "cpu", "points": 4}


def of_images(plan: Any) -> Any:
    o = la.Objective.from_module(cases.convbn(), cases.images(n=300), "cross_entropy", batch_size=32)
    coords = {"alpha": la.axis(-0.5, 0.5, 17), "beta": la.axis(-0.5, 0.5, 11)}
    return la.survey(la.probes.loss(o), la.random_slice(o), coords, plan=plan, tolerance=0.05)


@pytest.fixture(scope="module")
def plain() -> Any:
    return of_images("plain")


@pytest.mark.parametrize("plan", [GRAPH, {"name": "auto", "device": "cpu", "micro_batch": 9, "inference_mode": True}, SEVERAL],
                         ids=["graph", "micro", "several"])
def test_plans_change_no_value(plan: Any, plain: Any) -> None:
    other = of_images(plan)
    assert other.attrs["plan"] == other.attrs["spec"]["plan"] and other.attrs["plan"].items() >= plan.items()
    np.testing.assert_array_equal(plain["examples"], other["examples"])
    np.testing.assert_allclose(plain["loss"], other["loss"], rtol=1e-4)


# ---- bad input ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{"tolerance": t} for t in (0, 1, -0.1, "x", True, np.nan, None)]
                         + [{"examples": e} for e in (0, -3, 1.5, True, "all")] + [{"seed": s} for s in (-1, 1.0, True, None)]
                         + [{"plan": "fast"}])
def test_bad_options(options: Any) -> None:
    probe, family, seen = planted()
    with pytest.raises(la.InputError, match=f"{next(iter(options))}.*expected"):
        la.survey(probe, family, COORDS, **options)
    assert not seen


def test_what_cannot_be_surveyed() -> None:
    probe, family, _ = planted()
    o = la.Objective.from_module(cases.mlp(), cases.blobs(), "cross_entropy")
    with pytest.raises(la.InputError, match="one line, plane or volume"):
        la.survey(la.probes.loss(o), la.random_slice(o, repeats=2), COORDS)
    with pytest.raises(la.InputError, match="loss of one objective"):
        la.survey(la.probes.loss({"train": o, "test": o}), la.random_slice(o), COORDS)
    for other in (lambda point: {}, o, None):
        with pytest.raises(la.InputError, match="loss of one objective"):
            la.survey(other, family, COORDS)
    for coords in ({"alpha": [0.0]}, {"alpha": [1.0, 0.0], "beta": [0.0]}, {"alpha": [], "beta": [0.0]},
                   {"alpha": [np.nan], "beta": [0.0]}):
        with pytest.raises(la.InputError):
            la.survey(probe, family, coords)
