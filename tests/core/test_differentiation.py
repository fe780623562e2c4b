"""A family is differentiable in every mode that torch has: reverse, forward, and the transforms of torch.func."""

import pytest
import torch
from torch.autograd import forward_ad
from torch.func import grad, hessian, jacfwd, jacrev, jvp, vmap

import lossatlas as la

GIVEN = (torch.float32, torch.float64, torch.bfloat16)


def points(dtype, count=3):
    draws = torch.Generator().manual_seed(0)
    return [{"w": torch.randn(3, 4, generator=draws).to(dtype), "b": torch.randn(5, generator=draws).to(dtype)} for _ in range(count)]


def families(dtype):
    a, b, c = points(dtype)
    wide = torch.float32 if dtype == torch.bfloat16 else dtype
    u, v = ({n: t.to(wide) for n, t in p.items()} for p in (b, c))
    return {"directions": la.Slice(a, (u, {"w": v["w"]})), "points": la.plane(a, b, c), "affine": la.plane(a, b, c, axes="affine")}


def flat(point):
    return torch.cat([t.double().reshape(-1) for t in point.values()])


@pytest.mark.parametrize("dtype", GIVEN)
@pytest.mark.parametrize("name", ["directions", "points", "affine"])
@pytest.mark.parametrize("u", [(0.0, 0.0), (1.0, 0.0), (0.3, -0.7)])
def test_the_derivatives_of_a_point_are_the_directions_in_every_mode(name, dtype, u):
    family, u = families(dtype)[name], torch.tensor(u, dtype=torch.float64)
    columns = torch.stack([flat({n: d.get(n, torch.zeros(t.shape)) for n, t in family.origin.items()}) for d in family.directions], 1)

    def at(u):
        return flat(family(u))

    close = {"rtol": 1e-5, "atol": 1e-6}
    assert columns.abs().max() > 0.5
    for jacobian in (jacfwd, jacrev):
        torch.testing.assert_close(jacobian(at)(u), columns, **close)
    torch.testing.assert_close(torch.autograd.functional.jacobian(at, u), columns, **close)
    t = torch.tensor([0.7, -2.0], dtype=torch.float64)
    value, tangent = jvp(at, (u,), (t,))
    torch.testing.assert_close(tangent, columns @ t, **close)
    torch.testing.assert_close(value, at(u), **close)
    with forward_ad.dual_level():
        tangent = forward_ad.unpack_dual(at(forward_ad.make_dual(u, t))).tangent
        torch.testing.assert_close(tangent, columns @ t, **close)
    with torch.no_grad(), forward_ad.dual_level():
        tangent = forward_ad.unpack_dual(at(forward_ad.make_dual(u, t))).tangent
        torch.testing.assert_close(tangent, columns @ t, **close)
    torch.testing.assert_close(hessian(lambda u: 0.5 * at(u).square().sum())(u), columns.T @ columns, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(grad(lambda u: 0.5 * at(u).square().sum())(u), columns.T @ at(u), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dtype", GIVEN)
@pytest.mark.parametrize("name", ["directions", "points", "affine"])
def test_many_points_at_once_are_the_points_one_by_one(name, dtype):
    family = families(dtype)[name]
    many = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.25, -0.5], [-1.0, 3.0]], dtype=torch.float64)
    batched = vmap(family)(many)
    for i, u in enumerate(many):
        one = family(u)
        assert all(torch.allclose(batched[n][i].float(), t.float(), rtol=1e-6, atol=1e-6) for n, t in one.items())


def test_a_tangent_of_the_given_points_comes_through():
    a, b, _ = points(torch.float32)
    moved = {n: torch.ones_like(t) for n, t in b.items()}

    def end(b):
        return la.Slice(a, (b,), ("alpha",))(torch.tensor([0.25]))

    _, tangent = jvp(end, (b,), (moved,))
    assert all(torch.equal(t, torch.full_like(t, 0.25)) for t in tangent.values())


def test_nothing_of_the_family_is_written_to_and_the_bits_are_those_of_the_formula():
    for name, family in families(torch.float32).items():
        before = [flat(p).clone() for p in (family.origin, *family.axes)]
        u = torch.tensor([0.3, -0.7], dtype=torch.float64)
        fast = family(u)
        slow = family(u.clone().requires_grad_())
        assert all(torch.equal(fast[n], slow[n]) for n in fast), name
        assert all(torch.equal(p, flat(q)) for p, q in zip(before, (family.origin, *family.axes), strict=True))


def test_an_objective_along_a_slice_has_the_same_derivative_forward_as_backward():
    draws = torch.Generator().manual_seed(1)
    data = torch.randn(11, 4, generator=draws), torch.randint(3, (11,), generator=draws)
    objective = la.Objective.from_module(torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.Tanh(), torch.nn.Linear(5, 3)), data,
                                         "cross_entropy", batch_size=4)
    plane, u = la.random_slice(objective), torch.tensor([0.3, -0.2], dtype=torch.float64, requires_grad=True)
    (backward,) = torch.autograd.grad(objective.value(plane(u)), u)
    forward = jacfwd(lambda u: objective.value(plane(u)))(u.detach())
    assert backward.abs().min() > 1e-4
    torch.testing.assert_close(forward, backward, rtol=1e-5, atol=1e-6)
