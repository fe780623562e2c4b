"""The orthogonal plane through three points: exact at all three, an isometry, and a lattice that contains them."""

from itertools import combinations
from pathlib import Path

import cases
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import lossatlas as la
from lossatlas.lattice import framed, including
from lossatlas.params import difference, norm

WEIGHTS, CIFAR = Path("/work/shared/data/weights"), Path("/tmp/cifar/cifar-10-batches-py")


def triple(seed=0, dtype=torch.float32, scale=1.0):
    """Three points with entries of very different sizes."""
    g = cases.gen(seed)
    size = torch.logspace(-6, 6, 40, dtype=torch.float64)[torch.randperm(40, generator=g)]
    return [{"w": (torch.randn(40, generator=g, dtype=torch.float64) * size * scale).to(dtype).reshape(5, 8),
             "b": torch.randn(3, generator=g, dtype=torch.float64).to(dtype)} for _ in range(3)]


def at(u):
    return torch.tensor(np.asarray(u, dtype=float), dtype=torch.float64)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("seed", range(5))
def test_the_three_points_are_hit_bit_for_bit(dtype, seed):
    points = triple(seed, dtype)
    plane = la.plane(*points)
    assert plane.given.shape == (3, 2) and plane.given[:2].tolist() == [[0, 0], [1, 0]] and plane.given[2, 1] > 0
    for u, point in zip(plane.given, points, strict=True):
        made = plane(at(u))
        assert all(torch.equal(made[n].to(dtype), t) for n, t in point.items())


@given(st.floats(-3, 3), st.floats(1e-3, 50))
@settings(max_examples=60, deadline=None)
def test_any_place_of_the_third_point_is_exact(p, q):
    """Weights are 0 and 1 whatever p and q are."""
    a, b = {"w": torch.tensor([0.1, 0.2, 0.3])}, {"w": torch.tensor([1.7, -0.4, 0.3])}
    c = {"w": torch.tensor([3e5, 1e-7, 0.77])}
    made = la.Slice.through_points([a, b, c], ("x", "y"), places=((1.0, 0.0), (p, q)))
    for u, point in zip(made.given, (a, b, c), strict=True):
        assert torch.equal(made(at(u))["w"], point["w"])


def test_three_dimensions_through_four_points():
    points = triple(1, torch.float64) + triple(2, torch.float64)[:1]
    places = ((2.0, 0, 0), (0.3, -0.7, 0), (0.1, 0.9, 1e-3))
    made = la.Slice.through_points(points, ("x", "y", "z"), places=places)
    for u, point in zip(made.given, points, strict=True):
        assert all(torch.equal(made(at(u))[n], t) for n, t in point.items())


def test_distances_in_the_plane_are_those_of_parameter_space():
    a, b, c = triple(3, torch.float64)
    plane = la.plane(a, b, c)
    unit = norm(difference(b, a))
    assert plane.about["unit"] == pytest.approx(unit, rel=1e-12)
    rng = np.random.default_rng(0)
    for u, v in rng.normal(size=(20, 2, 2)):
        away = norm(difference(plane(at(u)), plane(at(v))))
        assert away == pytest.approx(unit * np.hypot(*(u - v)), rel=1e-9)
    for (i, p), (j, q) in combinations(enumerate((a, b, c)), 2):
        assert norm(difference(p, q)) == pytest.approx(unit * np.hypot(*(plane.given[i] - plane.given[j])), rel=1e-12)
    x, y = plane.directions
    assert plane.describe()["axes_gram"][0][0] == pytest.approx(unit**2, rel=1e-12)
    assert norm(x) == pytest.approx(norm(y), rel=1e-9) and abs(plane.describe()["axes_cosine"]) < 1e-9


def test_it_is_the_same_plane_as_the_affine_one():
    a, b, c = triple(4, torch.float64)
    orthogonal, affine = la.plane(a, b, c), la.plane(a, b, c, axes="affine")
    for u in np.random.default_rng(1).normal(size=(5, 2)):
        point = orthogonal(at(u))
        found = affine.project(point)
        assert found.residual < 1e-9 * norm(point)
        back = orthogonal.project(affine(at(found.coordinates)))
        assert np.allclose(back.coordinates, u, atol=1e-8)
    assert affine.given.tolist() == [[0, 0], [1, 0], [0, 1]] and orthogonal.spec() != affine.spec()
    u = at([0.3, 0.4]).requires_grad_()
    (gradient,) = torch.autograd.grad(orthogonal(u)["w"].sum(), u)
    assert gradient.tolist() == pytest.approx([float(d["w"].sum()) for d in orthogonal.directions], rel=1e-9)


def test_running_statistics_are_coordinates_but_no_distance():
    states = [cases.convbn(seed=s).state_dict() for s in range(3)]
    plane = la.plane(*states)
    states[1]["1.running_mean"] += 1000
    moved = la.plane(*states)
    assert np.array_equal(plane.given, moved.given), "places are those of the parameters"
    assert torch.equal(moved(at([1, 0]))["1.running_mean"], states[1]["1.running_mean"])


@pytest.mark.parametrize("bn", ["batch", "recompute", "interpolate"])
def test_the_loss_at_the_three_points_is_their_own_exactly(bn):
    objectives = [la.Objective.from_module(cases.convbn(seed=s), cases.images(), "cross_entropy", batch_size=8, bn=bn) for s in range(3)]
    plane = la.plane(*[o.point() for o in objectives])
    ds = la.sweep(la.probes.loss(objectives[0]), plane, plane.frame(5))
    for (p, q), objective in zip(plane.given, objectives, strict=True):
        assert float(ds["loss"].sel(alpha=p, beta=q)) == float(objective.value())
    assert ds.attrs["given"] == plane.given.tolist() and ds.attrs["coordinates"] == "orthogonal"


def test_real_networks_have_their_own_losses_on_the_plane():
    """A17: four trainings of one architecture; checkpoints, CIFAR-10 and the plane as the command takes them."""
    if not WEIGHTS.is_dir() or not CIFAR.is_dir():
        pytest.skip(f"needs {WEIGHTS} and {CIFAR}")
    files = [str(WEIGHTS / f"cifar10_cnn_a_{name}.safetensors") for name in ("mix", "adv", "mix4")]
    objectives = [la.zoo.objective("cnn_a", checkpoint=f, data=f"cifar10:{CIFAR.parent}", split="train", examples=60, batch_size=25)
                  for f in files]
    first = objectives[0]
    plane = la.plane(*[o.point() for o in objectives])
    ds = la.sweep(la.probes.loss(first), plane, {dim: values[np.isin(values, plane.given)] for dim, values in plane.frame(4).items()})
    own = [float(first.value(o.point())) for o in objectives]
    found = [float(ds["loss"].sel(alpha=p, beta=q)) for p, q in plane.given]
    assert found == own and len(set(own)) == 3
    assert min(own) > 0.3 and max(own) < 1.6, "trained networks, far below the loss of chance, ln 10"


def test_equal_collinear_and_foreign_points_are_refused():
    a, b, c = triple(5)
    for bad, message in (((a, b, a), "points a and c are the same"), ((a, b, b), "points b and c are the same"),
                         ((a, a, c), "points a and b are the same"),
                         ((a, b, {n: a[n] + 2 * (b[n] - a[n]) for n in a}), "lie on one line"),
                         ((a, b, {**c, "b": torch.ones(4)}), "'b' has shape"), ((a, b, {"w": c["w"]}), "lacks 'b'"),
                         ((a, b, {**c, "b": torch.full((3,), torch.inf)}), "NaN or infinite")):
        with pytest.raises(la.InputError, match=message):
            la.plane(*bad)
    with pytest.raises(la.InputError, match=r"axes is 'orthogonl'.*did you mean 'orthogonal'"):
        la.plane(a, b, c, axes="orthogonl")
    with pytest.raises(la.InputError, match="needs a slice through given points"):
        la.Slice(a, (b, c)).frame()


# ---- the lattice -------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=4, unique=True), st.integers(2, 60), st.sampled_from([0.0, 0.2, 1.0]))
@settings(max_examples=150, deadline=None)
def test_a_frame_contains_the_points_and_a_round_even_lattice(values, n, margin):
    if (span := max(values) - min(values)) < 1e-6:
        return
    frame = framed(values, n, margin)
    assert set(values) <= set(frame.tolist()) and np.all(np.diff(frame) > 0)
    assert frame[0] <= min(values) - margin * span + 1e-9 * span and frame[-1] >= max(values) + margin * span - 1e-9 * span
    assert frame[-1] - frame[0] <= (1 + 2 * margin + 0.11) * span, "no wider than rounding asks for"
    assert n <= len(frame) <= n + len(values)


def test_a_lattice_keeps_its_own_numbers_and_takes_given_ones():
    values = la.axis(-0.5, 1.5, 5)
    assert including(values, [0.0, 1.0]).tolist() == values.tolist()
    assert including(values, [0.3, 7.0, -0.5]).tolist() == [-0.5, 0, 0.3, 0.5, 1, 1.5]
    almost = 0.5 + 1e-12
    assert including(values, [almost]).tolist() == [-0.5, 0, almost, 1, 1.5], "the given one, not both"
    assert framed([0.0, 1.0], 29, 0.2)[[0, 4, -1]].tolist() == [-0.2, 0.0, 1.2]
