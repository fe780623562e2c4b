"""Point 6: given points are hit exactly, and projection inverts the slice."""

import cases
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import lossatlas as la


def points(dtype=torch.float32, count=3):
    out = []
    for seed in range(count):
        model = cases.convbn(seed=seed).to(dtype)
        out.append({n: t.clone() for n, t in la.Objective.from_module(model, cases.images(), "cross_entropy").point().items()})
    return out


def equal(a, b):
    return a.keys() == b.keys() and all(torch.equal(t, b[n]) and t.dtype == b[n].dtype for n, t in a.items())


def at(*u):
    return torch.tensor(u, dtype=torch.float64)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_ends_of_lines_and_corners_of_planes_are_hit_exactly(dtype):
    a, b, c = points(dtype)
    for p in (a, b, c):  # numbers of very different sizes, where a + (b − a) would miss b
        p["0.weight"].mul_(
            torch.logspace(-6, 6, p["0.weight"].numel()).reshape(p["0.weight"].shape)[torch.randperm(4, generator=cases.gen(len(p)))]
        )
    assert any(not torch.equal(a[n] + (b[n] - a[n]), b[n]) for n in a)
    line, plane = la.line(a, b), la.plane(a, b, c, axes="affine")
    assert equal(line(at(0)), a) and equal(line(at(1)), b)
    assert equal(plane(at(0, 0)), a) and equal(plane(at(1, 0)), b) and equal(plane(at(0, 1)), c)
    middle = line(at(0.25))["3.weight"]
    assert torch.allclose(
        middle.double(),
        0.75 * a["3.weight"].double() + 0.25 * b["3.weight"].double(),
        rtol=1e-5,
        atol=2e-3 if dtype == torch.bfloat16 else 1e-8,
    )


def test_a_scalar_parameter_keeps_its_dtype_and_is_hit():
    a, b = ({"s": torch.tensor(v), "w": torch.full((3,), v)} for v in (0.1, 0.7))
    line = la.line(a, b)
    for u, p in ((0, a), (1, b)):
        assert all(torch.equal(line(at(u))[n].to(t.dtype), t) for n, t in p.items())


@pytest.mark.parametrize("bn", ["eval", "batch", "recompute", "interpolate"])
def test_loss_at_the_ends_is_the_objectives_own(bn):
    models, data = [cases.convbn(seed=s) for s in (0, 1)], cases.images()
    a, b = (la.Objective.from_module(m, data, "cross_entropy", batch_size=8, bn=bn) for m in models)
    ds = la.sweep(la.probes.loss(a), la.line(a.point(), b.point()), {"alpha": la.axis(-0.5, 1.5, 5)})
    assert ds["loss"].sel(alpha=0).item() == float(a.value()) == ds["center_loss"].item()
    if bn == "eval":  # statistics stay as the objective has them (A3: frozen), so the far end is b in a's statistics
        mixed = {**b.point(), **{n: t for n, t in a.point().items() if "running" in n}}
        assert ds["loss"].sel(alpha=1).item() == float(a.value(mixed)) != float(b.value())
        (note,) = ds.attrs["notes"]
        assert note.startswith("BatchNorm: running statistics stay at the objective's own at every point; the given points are drawn with")
        assert ds.attrs["given_exact"] is False
    else:
        assert ds["loss"].sel(alpha=1).item() == float(b.value())


def test_loss_at_the_corners_of_a_plane_is_the_objectives_own():
    objectives = [la.Objective.from_module(cases.mlp(seed=s), cases.blobs(), "cross_entropy", batch_size=16) for s in range(3)]
    plane = la.plane(*[o.point() for o in objectives], axes="affine")
    ds = la.sweep(la.probes.loss(objectives[0]), plane, {"alpha": [0.0, 1.0], "beta": [0.0, 1.0]})
    for (i, j), o in zip(((0, 0), (1, 0), (0, 1)), objectives, strict=True):
        assert ds["loss"].values[i, j] == float(o.value())


# ---- projection --------------------------------------------------------------------------------------------------


def skew(dtype, seed=0):
    """A plane whose axes have cosine 0.96 and norms 1 : 1000."""
    origin = {n: t.to(dtype) for n, t in points(torch.float64, 1)[0].items()}
    g = cases.gen(seed)
    u = {n: torch.randn(t.shape, generator=g, dtype=torch.float64) for n, t in origin.items() if "weight" in n}
    v = {n: 1e-3 * (t + 0.3 * torch.randn(t.shape, generator=g, dtype=torch.float64)) for n, t in u.items()}
    return la.Slice(origin, tuple({n: t.to(dtype) for n, t in d.items()} for d in (u, v)), ("alpha", "beta"))


@pytest.mark.parametrize("dtype,tolerance", [(torch.float64, 1e-10), (torch.float32, 2e-3)])
@given(st.floats(-2, 2), st.floats(-2, 2))
@settings(max_examples=25, deadline=None)
def test_projection_inverts_a_slice_of_skew_axes(dtype, tolerance, alpha, beta):
    plane = skew(dtype)
    u, residual = plane.project(plane(at(alpha, 100 * beta)))
    assert np.allclose(u, [alpha, 100 * beta], rtol=0, atol=[tolerance * 1, tolerance * 100])
    assert u.dtype == np.float64 and residual < (1e-12 if dtype == torch.float64 else 1e-5)


@pytest.mark.parametrize("dtype,tolerance", [(torch.float64, 1e-12), (torch.float32, 1e-6)])
def test_projection_inverts_lines_and_planes_through_points(dtype, tolerance):
    a, b, c = points(dtype)
    plane = la.plane(a, b, c, axes="affine")
    for point, expected in ((a, (0, 0)), (b, (1, 0)), (c, (0, 1)), (plane(at(0.3, -0.8)), (0.3, -0.8))):
        u, residual = plane.project(point)
        assert np.allclose(u, expected, atol=tolerance) and residual < tolerance
    given_ = plane.project(b)
    assert given_.residual < 1e-12 and np.allclose(given_.coordinates, [1, 0], atol=1e-13)  # solved in float64 from exact points


def test_the_residual_is_the_distance_off_the_slice():
    plane = skew(torch.float64)
    axes = torch.stack([torch.cat([d[n].flatten() for n in d]) for d in plane.axes])
    flat = torch.randn(axes.shape[1], generator=cases.gen(8), dtype=torch.float64)
    normal = flat - axes.T @ torch.linalg.lstsq(axes.T, flat[:, None]).solution[:, 0]
    offset = dict(zip(plane.axes[0], torch.split(normal, [t.numel() for t in plane.axes[0].values()]), strict=True))
    inside = plane(at(0.5, 200.0))
    point = {n: t + (offset[n].reshape(t.shape) if n in offset else 0) for n, t in inside.items()}
    point["3.bias"] = point["3.bias"] + 2.0  # a parameter that no axis moves counts, too
    u, residual = plane.project(point)
    assert np.allclose(u, [0.5, 200.0], rtol=1e-9)
    assert residual == pytest.approx(float((normal @ normal + 5 * 4.0) ** 0.5), rel=1e-10)
    assert float(torch.linalg.vector_norm(normal)) > 1


def test_running_statistics_and_counters_are_not_coordinates():
    models = [cases.convbn(seed=s) for s in range(2)]
    a, b = (m.state_dict() for m in models)  # what a user has at hand: counters and all
    b["1.num_batches_tracked"] += 1000
    b["1.running_mean"] += 50
    line = la.line(a, b)
    assert "1.num_batches_tracked" not in line.axes[0] and "1.running_mean" in line.axes[0]
    u, residual = line.project(b)
    assert u[0] == pytest.approx(1, abs=1e-12) and residual < 1e-12
    assert line.describe()["n_parameters"] == sum(p.numel() for p in models[0].parameters())
    weights = {n: p.detach() for n, p in models[1].named_parameters()}
    assert line.project(weights).residual < 1e-12
    assert line.describe()["axes_gram"][0][0] == pytest.approx(
        sum(((p - q).double() ** 2).sum().item() for p, q in zip(*(m.parameters() for m in models), strict=True)), rel=1e-6
    )


def test_dependent_axes_have_no_coordinates():
    plane = skew(torch.float64)
    flat = la.Slice(plane.origin, (plane.axes[0], {n: 2 * t for n, t in plane.axes[0].items()}), ("a", "b"))
    with pytest.raises(la.InputError, match="linearly dependent"):
        flat.project(plane.origin)
    a, b, _ = points(torch.float64)
    with pytest.raises(la.InputError, match="lie on one line"):
        la.plane(a, b, la.line(a, b)(at(0.5)))


def test_points_of_other_networks_are_refused():
    a, b, _ = points()
    for bad, message in (
        ({"x": torch.ones(3)}, "another network"),
        ({**b, "0.weight": torch.ones(3)}, r"'0.weight' has shape \(3,\)"),
        ({n: t for n, t in b.items() if n != "8.bias"}, "lacks '8.bias'"),
        ({**b, "8.bias": torch.full((3,), torch.nan)}, "NaN"),
        (None, "a NoneType; expected a dict of tensors"),
        ({}, "an empty dict"),
        (a, "are the same"),
    ):
        with pytest.raises(la.InputError, match=message) as caught:
            la.line(a, bad)
        assert "\n" not in str(caught.value)
    with pytest.raises(la.InputError, match="another network"):
        la.line(a, b).project({"x": torch.ones(3)})


def test_wrong_coordinates_and_dims_are_refused():
    a, b, _ = points()
    with pytest.raises(la.InputError, match="2 coordinates for a slice of dims"):
        la.line(a, b)(at(0, 1))
    with pytest.raises(la.InputError, match="one different name per axis"):
        la.Slice(a, (b,), ("x", "y"))
    with pytest.raises(la.InputError, match="one different name per axis"):
        la.Slice(a, (b, b), ("x", "x"))
    objective = la.Objective.from_module(cases.mlp(), cases.blobs(), "cross_entropy")
    with pytest.raises(la.InputError, match=r"repeat is 0.5"):
        la.random_slice(objective, dims=("a",), repeats=2)(at(0.5, 1.0))


def test_a_slice_is_differentiable_in_its_coordinates():
    a, b, c = points(torch.float64)
    for family in (la.plane(a, b, c), skew(torch.float64)):
        u = at(0.3, 0.4).requires_grad_()
        (grad,) = torch.autograd.grad(family(u)["0.weight"].sum(), u)
        assert grad.tolist() == pytest.approx([float(d["0.weight"].sum()) for d in family.directions], rel=1e-10)


def test_repeats_are_told_apart_by_every_copy():
    """Two families that share the first plane only are different computations."""
    objective = la.Objective.from_module(cases.mlp(), cases.blobs(), "cross_entropy")
    one = [la.random_slice(objective, seed=s) for s in (0, 1)]
    two = [la.random_slice(objective, seed=s) for s in (0, 2)]
    assert la.Copies(lambda k: one[k], 2).spec() != la.Copies(lambda k: two[k], 2).spec()
