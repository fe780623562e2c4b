"""Curves: exact ends, lengths, statistics, and gradients that are those of the definition."""

import cases
import pytest
import torch

import lossatlas as la


def points(count=3, seed=0, dtype=torch.float32):
    made = cases.gen(seed)
    return [{"w": torch.randn(4, 3, generator=made, dtype=dtype), "b": torch.randn(3, generator=made, dtype=dtype)} for _ in range(count)]


def at(t):
    return torch.tensor([t], dtype=torch.float64)


@pytest.mark.parametrize("basis", ["bezier", "polychain"])
@pytest.mark.parametrize("count", [2, 3, 5])
def test_the_ends_are_hit_to_the_bit(basis, count):
    given = points(count)
    path = la.Path(tuple(given), basis)
    for t, end in ((0.0, given[0]), (1.0, given[-1])):
        assert all(torch.equal(path(at(t))[name], end[name]) for name in end)
    assert float(path.weights(torch.tensor(0.3, dtype=torch.float64)).sum()) == pytest.approx(1, abs=1e-15)


def test_a_quadratic_bezier_is_its_formula_and_a_chain_passes_its_corners():
    a, w, b = points(3, dtype=torch.float64)
    t = 0.3
    found = la.Path((a, w, b))(at(t))
    for name in a:
        assert found[name] == pytest.approx((1 - t) ** 2 * a[name] + 2 * t * (1 - t) * w[name] + t * t * b[name])
    chain = la.Path((a, w, b), "polychain")
    assert chain.knots == (0, 0.5, 1) and torch.equal(chain(at(0.5))["w"], w["w"])


@pytest.mark.parametrize("basis", ["bezier", "polychain"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_the_ends_of_a_trained_path_are_hit_to_the_bit_whatever_lies_between(basis, dtype):
    """Also where what was trained is of a wider dtype, and large."""
    given = points(4, dtype=torch.float64)
    path = la.Path(tuple({name: tensor.to(dtype) for name, tensor in point.items()} for point in given), basis)
    first, second = path.variables()
    path = path.trained([first + 0.1, second * 1e4])
    for t, end in ((0.0, path.controls[0]), (1.0, path.controls[-1])):
        found = path(at(t))
        assert all(found[name].dtype == dtype and torch.equal(found[name], end[name]) for name in end)
        assert all(found[name].data_ptr() != end[name].data_ptr() or dtype.itemsize < 4 for name in end)
    assert path(at(0.5))["w"].dtype == (torch.float32 if dtype.itemsize < 4 else dtype)


def test_a_chain_takes_the_two_controls_of_a_piece_and_is_the_same_under_transforms():
    """Under ``torch.func`` t is no number, and all controls are combined; derivatives in t are the slopes of the pieces."""
    given = points(5, dtype=torch.float64)
    chain = la.Path(tuple(given), "polychain")
    places = torch.linspace(0, 1, 13, dtype=torch.float64)[:, None]
    together = torch.func.vmap(chain)(places)
    for k, place in enumerate(places):
        assert torch.allclose(together["w"][k], chain(place)["w"], rtol=0, atol=1e-14)
    for t, piece in ((0.0, 0), (0.3, 1), (0.5, 2), (1.0, 3)):
        slope = 4 * (given[piece + 1]["w"] - given[piece]["w"])
        found = torch.autograd.functional.jacobian(lambda u: chain(u)["w"], at(t))[..., 0]
        assert torch.allclose(found, slope, rtol=1e-13)


@pytest.mark.parametrize("basis", ["bezier", "polychain"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_drawn_point_and_its_gradient_are_those_of_the_curve(basis, seed):
    """The point of a step against the family at the same t, and its gradient against autograd through the formula."""
    given = points(4, seed=seed, dtype=torch.float64)
    path = la.Path(tuple(given), basis)
    variables = [v.clone().requires_grad_() for v in path.variables()]
    generator = cases.gen(seed)
    t = torch.rand((), generator=cases.gen(seed), dtype=torch.float64)
    drawn = path.drawn(variables, generator)
    inner = [{name: tensor.clone().requires_grad_() for name, tensor in control.items()} for control in given[1:-1]]
    whole = [given[0], *inner, given[-1]]
    weights = path.weights(t)
    plain = {name: sum(weight * control[name] for weight, control in zip(weights, whole, strict=True)) for name in given[0]}
    for name in plain:
        assert torch.allclose(drawn[name], plain[name], rtol=1e-13, atol=1e-13)
    for point in (drawn, plain):
        sum((tensor**3).sum() for tensor in point.values()).backward()
    for vector, control in zip(variables, inner, strict=True):
        assert torch.allclose(vector.grad, torch.cat([control[name].grad.reshape(-1) for name in control]), rtol=1e-12)


def test_training_moves_the_inner_controls_alone_and_gives_them_back():
    given = points(3)
    path = la.Path(tuple(given))
    (vector,) = path.variables()
    again = path.trained([vector + 1])
    assert torch.equal(again.controls[1]["w"], given[1]["w"] + 1) and again.controls[0] is given[0]
    half = la.Path(tuple({name: tensor.half() for name, tensor in point.items()} for point in given))
    assert half.drawn(half.variables(), None)["w"].dtype == torch.float32
    wave = la.Path(tuple({"z": torch.complex(point["w"], point["w"])} for point in given))
    drawn = wave.drawn(wave.variables(), None)["z"]
    assert torch.allclose(drawn, 0.25 * wave.controls[0]["z"] + 0.5 * wave.controls[1]["z"] + 0.25 * wave.controls[2]["z"])


def test_what_all_controls_share_stays_as_it_is():
    given = points(3)
    for point in given:
        point["mask"] = torch.tensor([0.1, 0.7])
    assert la.Path(tuple(given))(at(0.37))["mask"] is given[0]["mask"]


def test_statistics_are_coordinates_under_interpolate_and_nowhere_else():
    objective = la.Objective.from_module(cases.convbn(), cases.images(), "cross_entropy")
    other = la.Objective.from_module(cases.convbn(seed=1), cases.images(), "cross_entropy").point()
    path = la.Path.between(objective.point(), other)
    line = la.line(objective.point(), other)
    for bn in ("eval", "batch", "recompute", "interpolate"):
        ours, theirs = (la.sweep(la.probes.loss(objective.with_bn(bn)), family, {dim: [0.0, 0.4, 1.0]}, plan="plain")["loss"].values
                        for family, dim in ((path, "t"), (line, "alpha")))
        assert ours == pytest.approx(theirs, rel=1e-5), bn
    assert path.moves_statistics and not path.without_statistics().moves_statistics


def test_bad_input():
    a, b, c = points(3)
    with pytest.raises(la.InputError, match=r"t is 1.5; expected 0 to 1"):
        la.Path((a, b))(at(1.5))
    with pytest.raises(la.InputError, match=r"'w' has shape \(2, 2\); expected \(4, 3\)"):
        la.Path.between(a, {**b, "w": torch.zeros(2, 2)})
    with pytest.raises(la.InputError, match="lacks 'b' and has unknown 'c'"):
        la.Path((a, {"w": c["w"], "c": c["b"]}))
    path = la.Path((a, b, c))
    with pytest.raises(la.InputError, match=r"training left the finite numbers.*smaller learning rate"):
        path.trained([path.variables()[0] / 0])
