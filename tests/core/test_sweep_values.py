"""Point 5: every point is evaluated where its coordinates say."""

import cases
import numpy as np
import oracles
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import lossatlas as la
from lossatlas.lattice import check_coords, coarse_first
from lossatlas.run.work import evaluate_chunk, work

U, V = (1.0, -2.0, 0.5, 0.25), (0.5, 1.0, -1.5, 2.0)
TARGET = (0.25, -0.5, 0.75, 1.0)


def planted(batch_size=None, dtype=torch.float64, copies=5):
    """Loss ‖α u + β v − t‖² over the plane, a quadratic whose value at every point is known."""
    objective = la.Objective.from_module(
        oracles.Rows((0.0,) * 4, dtype), oracles.bowl_data(TARGET, dtype, copies), "mse", batch_size=batch_size
    )
    axes = tuple({"row.weight": torch.tensor([a], dtype=dtype)} for a in (U, V))
    return objective, la.Slice(objective.point(), axes, ("alpha", "beta"))


def truth(alpha, beta):
    u, v, t = map(np.array, (U, V, TARGET))
    offset = alpha[:, None, None] * u + beta[None, :, None] * v - t
    return (offset**2).sum(-1)


RANGES = [
    ((-1, 1, 51), (-1, 1, 31)),
    ((0, 0, 1), (-1, 1, 7)),
    ((0, 1, 5), (-2, 0, 3)),
    ((0.5, 2, 4), (-0.3, 1.7, 5)),
    ((-3, -1, 2), (2, 2, 1)),
]


@pytest.mark.parametrize("a,b", RANGES)
def test_planted_quadratic_at_every_point(a, b):
    objective, plane = planted()
    coords = {"alpha": la.axis(*a), "beta": la.axis(*b)}
    ds = la.sweep(la.probes.loss(objective), plane, coords)
    assert ds["loss"].dims == ("alpha", "beta") and ds["loss"].shape == (a[2], b[2])
    assert np.array_equal(ds["alpha"], coords["alpha"]) and np.array_equal(ds["beta"], coords["beta"])
    assert np.allclose(ds["loss"].values, truth(coords["alpha"], coords["beta"]), rtol=1e-12)
    assert ds["center_loss"].item() == pytest.approx(float(np.square(TARGET).sum()), rel=1e-12)
    assert bool(ds["done"].all())


@pytest.mark.parametrize("size", [1, 3, 7, 19, 20, 999])
@pytest.mark.parametrize("dtype,tolerance", [(torch.float64, 1e-12), (torch.float32, 1e-5)])
def test_any_batch_size_with_an_uneven_last_batch(size, dtype, tolerance):
    objective, plane = planted(size, dtype)
    coords = {"alpha": la.axis(-1, 1, 5), "beta": la.axis(0, 1, 3)}
    ds = la.sweep(la.probes.loss(objective), plane, coords)
    assert np.allclose(ds["loss"].values, truth(coords["alpha"], coords["beta"]), rtol=tolerance)
    whole = la.sweep(la.probes.loss(planted(20, dtype)[0]), plane, coords)
    assert np.allclose(ds["loss_stderr"], whole["loss_stderr"], rtol=1e-5)
    assert np.allclose(ds["loss_groups"], whole["loss_groups"], rtol=1e-5)


@pytest.mark.parametrize("bn", ["eval", "interpolate"])
def test_batch_size_does_not_matter_under_eval_and_interpolate(bn):
    a, b = cases.convbn(seed=0), cases.convbn(seed=1)
    points = [la.Objective.from_module(m, cases.images(), "cross_entropy").point() for m in (a, b)]
    curves = [
        la.sweep(
            la.probes.loss(la.Objective.from_module(a, cases.images(), "cross_entropy", batch_size=size, bn=bn)),
            la.line(*points),
            {"alpha": la.axis(0, 1, 5)},
        )["loss"].values
        for size in (1, 7, 24)
    ]
    assert np.allclose(curves[0], curves[1], rtol=1e-6) and np.allclose(curves[0], curves[2], rtol=1e-6)


class Backwards:
    """An engine that works the chunks in the opposite order, one of them twice."""

    name, workers = "backwards", 1

    def fill(self, job, store, tally, on_event):
        chunks = tally.missing
        work(job, store, tally, chunks[::-1])
        evaluate_chunk(job, store, tally, chunks[0])


def test_the_order_of_evaluation_does_not_matter():
    objective = la.Objective.from_module(*cases.every()["convbn"], batch_size=7)
    plane, coords = la.random_slice(objective), {"alpha": la.axis(-1, 1, 4), "beta": la.axis(0, 1, 3)}
    ds = la.sweep(la.probes.loss(objective), plane, coords)
    again = la.sweep(la.probes.loss(objective), plane, coords, engine=Backwards())
    for name in ("loss", "loss_stderr", "loss_groups"):
        assert np.array_equal(ds[name], again[name])
    for i, alpha in enumerate(coords["alpha"]):  # and one point alone is the point of the lattice
        for j, beta in enumerate(coords["beta"]):
            alone = la.sweep(la.probes.loss(objective), plane, {"alpha": [alpha], "beta": [beta]})
            assert alone["loss"].item() == ds["loss"].values[i, j]


def test_in_a_store_as_in_memory(tmp_path):
    objective, plane = planted()
    coords = {"alpha": la.axis(-1, 1, 7), "beta": la.axis(0, 1, 2)}
    memory = la.sweep(la.probes.loss(objective), plane, coords)
    la.sweep(la.probes.loss(objective), plane, coords, store=tmp_path / "a.zarr/x")
    disk = la.open(tmp_path / "a.zarr/x")
    assert all(np.array_equal(memory[n], disk[n], equal_nan=True) for n in memory.data_vars)


def test_dims_have_names_of_ones_own_and_three_work():
    objective, plane = planted()
    third = {"row.weight": torch.ones(1, 4).double()}
    cube = la.Slice(plane.origin, (*plane.axes, third), ("x", "y", "z"))
    ds = la.sweep(la.probes.loss(objective), cube, {"z": la.axis(0, 1, 2), "x": la.axis(-1, 1, 3), "y": la.axis(0, 1, 4)})
    assert ds["loss"].dims == ("x", "y", "z") and ds.attrs["kind"] == "volume"
    at = np.array(U) * -1 + np.array(V) / 3 + 1 - np.array(TARGET)
    assert ds["loss"].sel(x=-1, z=1).isel(y=1).item() == pytest.approx((at**2).sum(), rel=1e-12)


# ---- la.axis ---------------------------------------------------------------------------------------------------

decimals = st.decimals(min_value="0.001", max_value="1000", places=3).map(float)


@given(decimals, st.integers(2, 301))
@settings(max_examples=150, deadline=None)
def test_symmetric_ranges_are_symmetric_bit_for_bit(r, n):
    values = la.axis(-r, r, n)
    assert values.dtype == np.float64 and len(values) == n and np.array_equal(values, -values[::-1])
    assert values[0] == -r and values[-1] == r and (np.diff(values) > 0).all()
    assert n % 2 == 0 or values[n // 2] == 0


@given(st.integers(-40, 20), st.integers(21, 60), st.integers(1, 40))
@settings(max_examples=150, deadline=None)
def test_whole_numbers_on_the_lattice_are_exact(low, high, denominator):
    """A lattice of tenths that passes 0 and 1 has exactly 0.0 and 1.0 on it, and its decimals are the nearest floats."""
    n = (high - low) * denominator + 1
    values = la.axis(low / 10, high / 10, n).tolist()
    for whole in range(-4, 7):
        if low <= whole * 10 <= high:
            assert float(whole) in values
    for k in range(low, high + 1):
        assert k / 10 in values


def test_the_axis_that_the_command_line_draws():
    values = la.axis(-0.5, 1.5, 401)
    assert values[100] == 0.0 and values[300] == 1.0 and values[-1] == 1.5
    assert np.array_equal(la.axis(0, 0, 1), [0.0]) and np.array_equal(la.axis(2.5, 2.5, 1), [2.5])
    assert len(la.axis(-1, 1, np.int64(51))) == 51 and len(la.axis(-1, 1, 51.0)) == 51


@pytest.mark.parametrize(
    "arguments,message",
    [
        ((-1, 1, 0), "0 points; expected a whole number"),
        ((-1, 1, -3), "-3 points"),
        ((-1, 1, 2.5), "2.5 points"),
        ((-1, 1, True), "True points"),
        ((-1, 1, None), "None points"),
        ((-1, 1, "5"), "'5' points"),
        ((-1, 1, float("nan")), "nan points"),
        ((-1, 1, 10**9), "1000000000 points"),
        ((1, -1, 5), "reversed; write -1.0:1.0"),
        ((-1, 1, 1), "one point cannot span"),
        ((1, 1, 5), "single value"),
        ((float("nan"), 1, 5), "not finite"),
        ((0, float("inf"), 5), "not finite"),
        (("a", 1, 5), "not numbers"),
        ((None, 1, 5), "not numbers"),
    ],
)
def test_bad_axes_are_refused_in_one_line(arguments, message):
    with pytest.raises(la.InputError, match=message) as caught:
        la.axis(*arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "coords,message",
    [
        ({"alpha": [0, 1]}, "expected for \\['alpha', 'beta'\\]"),
        ({"alpha": [1, 0], "beta": [0]}, "increasing"),
        ([0, 1], "list"),
        ({"alpha": [0, 0], "beta": [0]}, "increasing"),
        ({"alpha": [], "beta": [0]}, r"shape \(0,\)"),
        ({"alpha": ["x"], "beta": [0]}, "not numbers"),
        ({"alpha": [float("nan")], "beta": [0]}, "finite"),
        ({"alpha": [[0.0]], "beta": [0]}, r"shape \(1, 1\)"),
    ],
)
def test_bad_coordinates_are_refused(coords, message):
    objective, plane = planted()
    with pytest.raises(la.InputError, match=message):
        la.sweep(la.probes.loss(objective), plane, coords)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_work_order_visits_every_point_once_coarse_first(shape):
    order = coarse_first(shape)
    assert sorted(map(tuple, order)) == sorted(np.ndindex(*shape))
    if shape == [9, 9]:
        assert {tuple(i) for i in order[:9]} == {(i, j) for i in (0, 4, 8) for j in (0, 4, 8)}


def test_checked_coordinates_are_in_the_familys_order():
    assert list(check_coords({"b": [0], "a": [1]}, ("a", "b"))) == ["a", "b"]
