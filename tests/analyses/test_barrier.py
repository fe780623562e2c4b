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


# ---- along paths ---------------------------------------------------------------------------------------------------


def bent(*, down):
    """A path over the double well's (u, v) plane, from −1 to 1 with a bend at v = ``down``."""
    ends = [{"uv": torch.tensor([u, 0.0], dtype=torch.float64)} for u in (-1.0, 1.0)]
    return la.Path((ends[0], {"uv": torch.tensor([0.0, down], dtype=torch.float64)}, ends[1]), "polychain")


def test_a_path_is_measured_as_the_line_is():
    objective = double_well([0.5, 1.0, 1.5, 2.0])
    line = la.barrier(objective, place(-1.0), place(1.0), points=31)
    ds = la.barrier(objective, la.Path((place(-1.0), place(1.0))), points=31)
    assert ds.attrs["kind"] == "path" and ds["loss"].dims == ("t",)
    for name in ("loss_barrier", "loss_barrier_stderr", "error_gap"):
        assert name not in line or float(ds[name]) == pytest.approx(float(line[name]), rel=1e-9)
    for name, of in (("value", "loss_barrier"), ("at", "loss_barrier_at"), ("stderr", "loss_barrier_stderr")):
        assert float(ds[name]) == float(ds[of]) and float(line[name]) == float(line[of])
    assert bool(ds["converged"]) and float(ds["length_ratio"]) == pytest.approx(1, rel=1e-12)


def test_lengths_and_means_along_the_arc():
    """A corner at (0, v): 2·√(1 + v²) over 2, in an even number of points that misses the corner."""
    objective = la.Objective.from_module(Surface(lambda u, v, x: x * v), (torch.ones(1, dtype=torch.float64), torch.zeros(1)), itself)
    ds = la.barrier(objective, bent(down=-2.0), points=8, refine=False)
    assert 0.5 in ds["t"].values
    assert float(ds["length"]) == pytest.approx(2 * math.sqrt(5), rel=1e-12)
    assert float(ds["distance"]) == pytest.approx(2) and float(ds["length_ratio"]) == pytest.approx(math.sqrt(5))
    assert (float(ds["loss_min"]), float(ds["loss_max"]), float(ds["loss_mean"])) == pytest.approx((-2, 0, -1))
    assert float(ds["loss_barrier"]) == 0


def test_a_narrow_peak_is_found_and_a_hidden_one_is_not_called_resolved():
    def spike(u, v, x):
        return x * torch.exp(-(((u - 0.013) / 0.05) ** 2)) + 0 * v

    objective = la.Objective.from_module(Surface(spike), (torch.ones(4, dtype=torch.float64), torch.zeros(4)), itself)
    path = la.Path((place(-1.0), place(1.0)))
    coarse = la.barrier(objective, path, points=41, refine=False)
    fine = la.barrier(objective, path, points=41, refine=True)
    assert not bool(coarse["converged"]) and float(coarse["value"]) < 0.95
    assert bool(fine["converged"]) and float(fine["value"]) == pytest.approx(1, abs=0.01)
    assert float(fine["at"]) == pytest.approx(0.5065, abs=0.002)
    assert (np.diff(fine["t"].values) > 0).all() and fine.sizes["t"] > 41


def test_what_is_not_finite_on_a_path_is_no_barrier_of_zero():
    data = (torch.ones(2, dtype=torch.float64), torch.zeros(2))
    objective = la.Objective.from_module(Surface(lambda u, v, x: x * torch.log(u * u)), data, itself)
    with pytest.warns(RuntimeWarning, match="not finite"):
        ds = la.barrier(objective, la.Path((place(-1.0), place(1.0))), points=5)
    for name in ("value", "at", "loss_max", "loss_mean", "loss_min"):
        assert math.isnan(float(ds[name])), name
    assert not bool(ds["converged"])


@pytest.mark.parametrize("where", [(-0.1, 0.1), (0.9, 1.1)])
def test_one_example_that_is_not_finite_in_the_middle_or_at_an_end_leaves_no_number_of_its_split(where):
    """A standard error over the others would be that of nothing; the other split keeps its own."""
    def torn(u, v, x):
        return x * (1 - u * u) + torch.where((u > where[0]) & (u < where[1]) & (x > 1), torch.nan, 0.0)

    x = torch.linspace(0.5, 1, 8, dtype=torch.float64)
    whole = la.Objective.from_module(Surface(torn), (x, torch.zeros(8)), itself, layout={"uv": None})
    both = {"train": whole, "test": whole.with_data((torch.cat([x, 2 * x[-1:]]), torch.zeros(9)))}
    with pytest.warns(RuntimeWarning, match="not finite"):
        ds = la.barrier(both, place(-1.0), place(1.0), points=5)
    for name in ("value", "stderr", "at", "loss_max", "loss_mean", "loss_min"):
        assert np.isfinite(ds[name].values).tolist() == [True, False], name
    assert ds["converged"].values.tolist() == [True, False]
    assert float(ds["value"][0]) == pytest.approx(0.75) and float(ds["stderr"][0]) > 0


@pytest.mark.parametrize("bn", ["eval", "batch", "recompute", "interpolate"])
def test_every_policy_and_the_stored_losses_of_the_ends(bn):
    objective = la.Objective.from_module(cases.convbn(), cases.images(), "cross_entropy")
    other = la.Objective.from_module(cases.convbn(seed=1), cases.images(seed=3), "cross_entropy")
    ends = objective.point(), other.point()
    ds = la.barrier(objective, la.Path.between(*ends), points=5, bn=bn, plan="plain", refine=False)
    assert ds.attrs["bn"] == bn
    own = [float(objective.with_bn("eval").value(end)) for end in ends]
    if bn == "recompute":
        assert ds["loss_stored"].values == pytest.approx(own, rel=1e-6)
        again = [float(objective.with_bn("recompute").value(end)) for end in ends]
        assert ds["loss"].values[[0, -1]] == pytest.approx(again, rel=1e-6)
        assert abs(own[0] - again[0]) > 1e-3
    else:
        assert "loss_stored" not in ds
    if bn == "interpolate":
        assert ds["loss"].values[[0, -1]] == pytest.approx(own, rel=1e-6)


def test_bad_paths():
    objective = double_well()
    with pytest.raises(la.InputError, match="barrier got a family over alpha, beta; expected two points, or a path"):
        la.barrier(objective, la.Slice(place(0.0), (place(1.0), place(2.0))))
    with pytest.raises(la.InputError, match="barrier got one dict; expected two points"):
        la.barrier(objective, place(0.0))
    with pytest.raises(la.InputError, match="the start of the path is a point of another network"):
        la.barrier(objective, la.Path(({"x": torch.ones(2)}, {"x": torch.zeros(2)})))
