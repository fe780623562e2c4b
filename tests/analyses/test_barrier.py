"""Barriers on straight lines, against closed forms."""

import math

import cases
import numpy as np
import pytest
import torch
from oracles import Rows, Surface, bowl_data, itself

import lossatlas as la
from lossatlas.analyses.barrier import with_barriers


def at(*values):
    return {"row.weight": torch.tensor([values], dtype=torch.float64)}


def wells(u, v, x):
    """(u² − 1)² + 0.3·u: minima near ±1 at unequal heights, the same for every example but for its scale."""
    return x * ((u * u - 1) ** 2 + 0.3 * u) + 0 * v


def double_well(scales=(1.0, 1.0)):
    x = torch.tensor(scales, dtype=torch.float64)
    return la.Objective.from_module(Surface(wells), (x, torch.zeros(len(x))), itself)


def place(u):
    return {"uv": torch.tensor([u, 0.0], dtype=torch.float64)}


def test_no_barrier_in_a_bowl():
    objective = la.Objective.from_module(Rows([0.0, 0.0]), bowl_data([0.5, -1.0]), "mse")
    ds = la.barrier(objective, at(3.0, 1.0), at(-1.0, 2.0), refine=False)
    assert ds.sizes["alpha"] == 30
    assert float(ds["loss_barrier"]) == 0
    assert float(ds["loss_barrier_at"]) in (0, 1)
    values = ds["loss"].values
    assert (values[0], values[-1]) == pytest.approx((2.5**2 + 2**2, 1.5**2 + 3**2), rel=1e-12)
    assert "error" not in ds
    assert ds.attrs["kind"] == "profile"


@pytest.mark.parametrize("points", [3, 31, 101])
def test_the_height_of_a_double_well(points):
    ds = la.barrier(double_well(), place(-1.0), place(1.0), points=points)
    assert float(ds["loss_barrier"]) == pytest.approx(1.0, rel=1e-12)  # the tilt lies in the chord
    assert float(ds["loss_barrier_at"]) == 0.5
    alpha = ds["alpha"].values
    assert ds["loss_excess"].values == pytest.approx(((2 * alpha - 1) ** 2 - 1) ** 2, abs=1e-12)


def test_the_standard_error_is_that_over_examples():
    scales = torch.rand(64, generator=cases.gen(3), dtype=torch.float64) + 0.5
    ds = la.barrier(double_well(scales.tolist()), place(-1.0), place(1.0), points=31)
    groups = np.array([scales.numpy()[k::16].mean() for k in range(16)])
    assert float(ds["loss_barrier_stderr"]) == pytest.approx(groups.std(ddof=1) / 4, rel=1e-9)
    assert float(ds["loss_barrier_stderr"]) == pytest.approx(float(scales.std()) / 8, rel=0.5)


def test_the_error_forms():
    """A classifier by the sign of w·x that is right at both ends and wrong between."""
    model = torch.nn.Linear(1, 2, dtype=torch.float64)
    x, y = torch.ones(8, 1, dtype=torch.float64), torch.zeros(8, dtype=torch.long)
    objective = la.Objective.from_module(model, (x, y), "cross_entropy")

    def point(w, b):
        return {"weight": torch.tensor([[w], [0.0]], dtype=torch.float64), "bias": torch.tensor([b, 0.0], dtype=torch.float64)}

    ds = la.barrier(objective, point(1.0, 0.5), point(-2.0, 1.0), points=31)  # logit 1.5 − 2.5 α: wrong from 0.6 on
    assert float(ds["error_barrier"]) == 0.5
    assert float(ds["error_gap"]) == 1
    assert float(ds["error_barrier_at"]) == pytest.approx(0.6, abs=0.05)
    accuracy = la.barrier(objective.with_metrics({"accuracy": la.metrics.accuracy}), point(1.0, 0.5), point(-2.0, 1.0), points=31)
    assert float(accuracy["error_barrier"]) == 0.5


def test_a_pair_has_a_barrier_for_each(tmp_path):
    train = la.Objective.from_module(cases.mlp(), cases.blobs(), "cross_entropy")
    both = {"train": train, "test": train.with_data(cases.blobs(seed=7))}
    a, b = (la.Objective.from_module(cases.mlp(seed=seed), cases.blobs(), "cross_entropy").point() for seed in (1, 2))
    ds = la.barrier(both, a, b, points=5, store=tmp_path / "s.zarr")
    assert ds["split"].values.tolist() == ["train", "test"]
    for name in both:
        alone = la.barrier(both[name], a, b, points=5)
        for what in ("loss_barrier", "error_barrier", "error_gap", "loss_barrier_at", "loss_barrier_stderr"):
            assert float(ds[what].sel(split=name)) == pytest.approx(float(alone[what]), rel=1e-6, abs=1e-9)
    again = with_barriers(la.open(tmp_path / "s.zarr"))
    assert again["loss_barrier"].equals(ds["loss_barrier"])


def test_what_is_not_finite_on_the_way_is_nan_and_never_zero():
    data = (torch.ones(2, dtype=torch.float64), torch.zeros(2))
    objective = la.Objective.from_module(Surface(lambda u, v, x: x * torch.log(u * u)), data, itself)
    with pytest.warns(RuntimeWarning, match="not finite"):
        ds = la.barrier(objective, place(-1.0), place(1.0), points=3)
    assert math.isnan(float(ds["loss_barrier"])) and math.isnan(float(ds["loss_barrier_at"]))


def test_a_line_between_networks_with_batchnorm_has_statistics_of_its_own():
    objective = la.Objective.from_module(cases.convbn(), cases.images(), "cross_entropy")
    other = la.Objective.from_module(cases.convbn(seed=1), cases.images(), "cross_entropy").point()
    ds = la.barrier(objective, objective.point(), other, points=3)
    assert ds.attrs["bn"] == "recompute"
    again = objective.with_bn("recompute")
    for k, point in ((0, objective.point()), (2, other)):
        assert float(ds["loss"][k]) == pytest.approx(float(again.value(point)), rel=1e-6)
    assert la.barrier(objective.with_bn("interpolate"), objective.point(), other, points=3).attrs["bn"] == "interpolate"
    trained = la.barrier(objective.training(lambda x, generator: x.flip(-1)), objective.point(), other, points=3)
    assert trained["loss"].values == pytest.approx(ds["loss"].values)


def test_bad_input():
    objective = double_well()
    with pytest.raises(la.InputError, match="points is 2; expected a whole number of at least 3"):
        la.barrier(objective, place(-1.0), place(1.0), points=2)
    with pytest.raises(la.InputError, match="points a and b are the same"):
        la.barrier(objective, place(1.0), place(1.0))
    with pytest.raises(la.InputError, match="point b is a point of another network"):
        la.barrier(objective, place(1.0), {"other": torch.ones(2)})
    with pytest.raises(la.InputError, match="objective is a Surface; expected an Objective, or a dict"):
        la.barrier(Surface(wells), place(1.0), place(-1.0))
    line = la.sweep(la.probes.loss(objective), la.line(place(-1.0), place(1.0)), {"alpha": [0.0, 0.5, 2.0]})
    with pytest.raises(la.InputError, match="reaches from 0 to 2; expected one from 0 to 1"):
        with_barriers(line)
