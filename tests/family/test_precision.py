"""Half precision is moved in float32 and cast once, at the network; complex weights are moved as such."""

import cases
import conformance
import numpy as np
import pytest
import torch
from torch import nn

import lossatlas as la
from lossatlas.params import difference, digest, lincomb, shift, wide_enough

HALVES = [torch.bfloat16, torch.float16]


def at(*u):
    return torch.tensor(u, dtype=torch.float64)


def ulp(dtype):
    return torch.finfo(dtype).eps


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(t, b[n]) and t.dtype == b[n].dtype for n, t in a.items())


def half_objective(dtype, seed=0):
    return la.Objective.from_module(cases.convbn(seed=seed).to(dtype), cases.images(), "cross_entropy", batch_size=7)


@pytest.mark.parametrize(("dtype", "expected"), [
    (torch.bfloat16, torch.float32), (torch.float16, torch.float32), (torch.float8_e4m3fn, torch.float32),
    (torch.float32, torch.float32), (torch.float64, torch.float64), (torch.complex32, torch.complex64),
    (torch.complex64, torch.complex64), (torch.complex128, torch.complex128)])
def test_the_dtype_to_move_in(dtype, expected):
    assert wide_enough(dtype) == expected


@pytest.mark.parametrize("dtype", HALVES)
def test_steps_below_an_ulp_add_up_before_the_cast(dtype):
    """Two steps of 0.3 ulp each are lost one by one, and move the weight together."""
    origin = {"w": torch.ones(4, dtype=dtype)}
    step = {"w": torch.full((4,), 0.3 * ulp(dtype))}
    naive = (origin["w"] + step["w"].to(dtype)) + step["w"].to(dtype)
    assert torch.equal(naive, origin["w"])
    plane = la.Slice(origin, (step, dict(step)), ("alpha", "beta"))
    point = plane(at(1, 1))["w"]
    assert point.dtype == torch.float32 and torch.allclose(point, torch.tensor(1 + 0.6 * ulp(dtype)), rtol=0, atol=2.5e-7)
    assert torch.equal(point.to(dtype), torch.full((4,), 1 + ulp(dtype), dtype=dtype))
    small = plane(at(0.01, 0))["w"]
    assert torch.equal(small.to(dtype), origin["w"]) and bool((small > 1).all())  # small, and not forgotten
    assert torch.equal(plane(at(0, 0))["w"], origin["w"]) and plane(at(0, 0))["w"].dtype == dtype


@pytest.mark.parametrize("dtype", HALVES)
def test_an_objective_casts_once_at_the_end(dtype):
    model = nn.Linear(4, 1, bias=False).to(dtype)
    with torch.no_grad():
        model.weight.fill_(1)
    x = torch.eye(4, dtype=dtype)
    objective = la.Objective.from_module(model, (x, torch.zeros(4)), lambda outputs, targets: outputs[:, 0].float())
    line = la.Slice(objective.point(), ({"weight": torch.full((1, 4), ulp(dtype))},), ("alpha",))
    ds = la.sweep(la.probes.loss(objective), line, {"alpha": [0.0, 0.4, 0.6, 1.0]})
    assert ds["loss"].values.tolist() == [1, 1, 1 + ulp(dtype), 1 + ulp(dtype)]
    seen = []
    model.register_forward_pre_hook(lambda module, inputs: seen.append(module.weight.dtype))
    hooked = la.Objective.from_module(model, (x, torch.zeros(4)), lambda outputs, targets: outputs[:, 0].float())
    hooked.value(line(at(0.3)))
    assert set(seen) == {dtype}  # the network computes in its own precision


@pytest.mark.parametrize("dtype", HALVES)
def test_directions_are_float32_with_the_norms_of_the_half_weights(dtype):
    objective = half_objective(dtype)
    wide = la.Objective.from_module(cases.convbn().to(dtype).float(), cases.images(), "cross_entropy", batch_size=7)
    a, b = (la.random_slice(o, seed=3).axes[0] for o in (objective, wide))
    assert same(a, b)  # the same numbers as of the same weights in float32
    for normalize in ("layer", "weight", "none"):
        assert all(t.dtype == torch.float32 for t in la.random_slice(objective, normalize=normalize, ignore=()).axes[0].values())


@pytest.mark.parametrize("dtype", HALVES)
def test_lines_and_planes_are_exact_at_half_points_and_float32_between(dtype):
    a, b, c = ({n: t.clone() for n, t in half_objective(dtype, seed).point().items()} for seed in range(3))
    line, plane = la.line(a, b), la.plane(a, b, c)
    assert same(line(at(0)), a) and same(line(at(1)), b)
    for u, p in zip(plane.given, (a, b, c), strict=True):
        assert same(plane(torch.from_numpy(u)), p)
    for n, t in line(at(0.25)).items():
        expected = 0.75 * a[n].double() + 0.25 * b[n].double()
        assert torch.allclose(t.double(), expected, rtol=1e-6, atol=1e-7) and (t.dtype == torch.float32 or torch.equal(a[n], b[n])), n
    u = at(0.0).requires_grad_()
    gradient = torch.autograd.grad(line(u)["0.weight"].sum(), u)[0]  # differentiable at the ends, too
    assert float(gradient) == pytest.approx(float((b["0.weight"].double() - a["0.weight"].double()).sum()), rel=1e-5)


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("bn", ["eval", "batch", "recompute", "interpolate"])
def test_loss_at_half_ends_is_the_networks_own(dtype, bn):
    a, b = (half_objective(dtype, seed).with_bn(bn) for seed in (0, 1))
    ds = la.sweep(la.probes.loss(a), la.line(a.point(), b.point()), {"alpha": [0.0, 0.5, 1.0]})
    assert ds["loss"].sel(alpha=0).item() == float(a.value()) == ds["center_loss"].item()
    if bn != "eval":
        assert ds["loss"].sel(alpha=1).item() == float(b.value())
    assert np.isfinite(ds["loss"].values).all()


@pytest.mark.parametrize("dtype", HALVES)
def test_projection_finds_half_points_and_points_between(dtype):
    a, b, c = (half_objective(dtype, seed).point() for seed in range(3))
    plane = la.plane(a, b, c)
    for p, place in zip((a, b, c), plane.given, strict=True):
        u, residual = plane.project(p)
        assert np.allclose(u, place, atol=1e-12) and residual < 1e-10
    u, residual = plane.project(plane(at(0.3, -0.7)))
    assert np.allclose(u, [0.3, -0.7], atol=1e-6) and residual < 1e-5
    objective = half_objective(dtype)
    random = la.random_slice(objective, seed=2)
    u, residual = random.project(random(at(0.013, -0.004)))
    assert np.allclose(u, [0.013, -0.004], rtol=1e-4) and residual < 1e-6
    points = la.faithfulness(objective, random, [random(at(0.5, -0.25)), b])
    assert np.allclose([points["alpha"][0], points["beta"][0]], [0.5, -0.25], atol=1e-6) and float(points["off_slice"][0]) < 1e-5
    assert float(points["loss"][0]) == float(points["plane_loss"][0])
    away = sum(float((b[n].double() - random.origin[n].double()).square().sum()) for n in objective.params) ** 0.5
    assert float(points["relative_off_slice"][1]) == pytest.approx(float(points["off_slice"][1]) / away, rel=1e-6)


@pytest.mark.parametrize("dtype", HALVES)
def test_points_keep_their_precision_on_disk_and_in_conform(dtype, tmp_path):
    objective = half_objective(dtype)
    between = la.random_slice(objective)(at(0.1, 0.2))
    for name, point in (("half", objective.point()), ("between", between)):
        back = la.load_point(la.save_point(point, tmp_path / f"{name}.safetensors"))
        assert same(back, dict(point)) and digest(back) == digest(point)
        kept = objective.conform(back)
        assert same(kept, dict(point)) and float(objective.value(kept)) == float(objective.value(point))
    other = torch.float16 if dtype == torch.bfloat16 else torch.bfloat16
    for given in (torch.float64, other):  # more than the network has is not thrown away before the last step
        conformed = objective.conform({n: t.to(given) for n, t in between.items()})
        assert {t.dtype for t in conformed.values()} == {torch.float32}
    centre = la.random_slice(objective, point=between, seed=1)
    assert same(centre.origin, between) and centre.spec() != la.random_slice(objective, seed=1).spec()


def test_derivatives_pass_through_the_cast():
    objective = half_objective(torch.bfloat16)
    wide = la.Objective.from_module(cases.convbn().bfloat16().float(), cases.images(), "cross_entropy", batch_size=7)
    slopes = []
    for o in (objective, wide):
        u = at(0.1, -0.1).requires_grad_()
        slopes.append(torch.autograd.grad(o.value(la.random_slice(o)(u)), u)[0])
    assert torch.allclose(*slopes, rtol=0.2, atol=0.02) and bool(slopes[0].abs().min() > 0)


def test_sums_of_mixed_precision_take_the_wider():
    half, single, double = ({"w": torch.tensor([0.1, 0.7], dtype=d)} for d in (torch.bfloat16, torch.float32, torch.float64))
    assert lincomb([0.5, 0.5], [half, single])["w"].dtype == torch.float32 == shift(half, [0.5], [half])["w"].dtype
    assert lincomb([0.5, 0.5], [half, double])["w"].dtype == torch.float64
    assert torch.equal(lincomb([0, 1], [half, single])["w"], single["w"])
    assert same(lincomb([1, 0], [half, half]), half) and same(lincomb([torch.tensor(0.0), torch.tensor(1.0)], [half, half]), half)
    assert torch.equal(difference(half, {"w": half["w"] * 1.01})["w"], half["w"].float() - (half["w"] * 1.01).float())
    assert torch.equal(lincomb([2.0, -1.0], [half, half])["w"], half["w"].float())


# ---- complex ------------------------------------------------------------------------------------------------------------


class Waves(nn.Module):
    """A complex layer between two real ones."""

    def __init__(self):
        super().__init__()
        self.inside, self.head = nn.Linear(6, 5), nn.Linear(4, 3)
        self.turn = nn.Linear(5, 4, dtype=torch.complex64)

    def forward(self, x):
        return self.head(self.turn(self.inside(x).to(self.turn.weight.dtype)).abs())


@pytest.mark.filterwarnings("ignore:Complex modules")
@pytest.mark.parametrize("dtype", [None, torch.float64])
def test_complex_weights_are_moved_as_complex_numbers(dtype, tmp_path):
    model, data = cases.seeded(Waves), cases.blobs()
    objective = la.Objective.from_module(model, data, "cross_entropy", dtype=dtype)
    expected = torch.complex128 if dtype else torch.complex64
    assert objective.params["turn.weight"].dtype == expected and objective.params["turn.weight"].imag.abs().min() > 0
    assert torch.equal(objective.params["turn.weight"], model.turn.weight.detach().to(expected))
    plane = la.random_slice(objective)
    d = plane.axes[0]["turn.weight"]
    assert d.dtype == expected and d.imag.abs().min() > 0
    for own, row in zip(objective.params["turn.weight"], d, strict=True):
        assert conformance.norm(row) == pytest.approx(conformance.norm(own), rel=1e-6)
    point = plane(at(0.3, -0.2))
    u, residual = plane.project(point)
    assert np.allclose(u, [0.3, -0.2], atol=1e-6) and residual < 1e-5
    assert same(la.load_point(la.save_point(point, tmp_path / "a.safetensors", metadata={"epoch": "3"})), point)
    from lossatlas.checkpoint import read_checkpoint

    assert read_checkpoint(tmp_path / "a.safetensors")[1] == {"epoch": "3"}
    b = {n: t * 1.5 for n, t in objective.point().items()}
    line = la.line(objective.point(), b)
    assert same(line(at(1)), b) and line.project(b).residual < 1e-12
    assert float(objective.value(point)) != float(objective.value())


def test_conjugate_views_have_the_bytes_of_their_values(tmp_path):
    z = torch.randn(3, 2, dtype=torch.complex64, generator=cases.gen())
    lazy, plain = {"z": z.conj()}, {"z": z.conj().resolve_conj().clone()}
    assert digest(lazy) == digest(plain) != digest({"z": z})
    assert torch.equal(la.load_point(la.save_point(lazy, tmp_path / "a.safetensors"))["z"], plain["z"])
