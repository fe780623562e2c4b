"""Maxima of linear and quadratic losses in boxes and balls are known; so are their averages."""

import digits
import pytest
import torch
import toys

import lossatlas as la
from lossatlas import measures as m
from lossatlas.measures.adaptive import _checkpoints
from lossatlas.seeds import generator

W, A = [0.5, -2.0, 0.0, 3.0, 0.01], [1.0, -0.3, 2.0, 0.1, -4.0]


def vector(values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize("start", ["random", "gradient"])
@pytest.mark.parametrize("epsilon", [1e-3, 5e-4])
def test_keskar_of_a_linear_loss_is_the_corner_of_its_box(start, epsilon):
    w, a = vector(W), vector(A)
    found = m.keskar(toys.linear(W, A, batch_size=2), epsilon=epsilon, start=start)
    expected = 100 * epsilon * float((a.abs() * (w.abs() + 1)).sum()) / (1 + float(a @ w))
    assert found.value == pytest.approx(expected, rel=1e-9) and found.converged
    assert found.settings["start"] == start and found.settings["space"] == "full"


def test_keskar_in_a_random_subspace():
    w, a = vector(W), vector(A)
    found = m.keskar(toys.linear(W, A), dims=2, runs=3, seed=4)
    for run, value in enumerate(found.details["runs"]):
        matrix = torch.randn(5, 2, generator=generator(4, "keskar", 2, run), dtype=torch.float64)
        box = 1e-3 * ((torch.linalg.pinv(matrix) @ w).abs() + 1)
        assert value == pytest.approx(100 * float((box * (matrix.T @ a).abs()).sum()) / (1 + float(a @ w)), rel=1e-9)
    spread = vector(found.details["runs"]).std()
    assert found.details["std"] == pytest.approx(float(spread)) and found.stderr == pytest.approx(float(spread) / 3**0.5)
    assert (found.low, found.high) == (min(found.details["runs"]), max(found.details["runs"]))


@pytest.mark.parametrize("start", ["random"])
def test_keskar_leaves_a_minimum_where_nothing_points_anywhere(start):
    h = [1.0, 5.0, 0.2]
    found = m.keskar(toys.quadratic([0.0] * 3, h), start=start)
    assert found.value == pytest.approx(100 * 0.5 * sum(h) * 1e-6, rel=1e-9) and found.converged


def test_keskar_without_a_slope_to_start_along_says_so():
    found = m.keskar(toys.quadratic([0.0] * 3, [1.0, 5.0, 0.2]), start="gradient")
    assert found.value == 0 and not found.converged


@pytest.mark.parametrize("adaptive", [False, True])
def test_sam_is_the_step_along_the_gradient(adaptive):
    w, h, rho = vector([1.0, -2.0, 0.5]), vector([3.0, 0.5, 7.0]), 0.3
    found = m.sam(toys.quadratic(w, h, batch_size=2), rho=rho, adaptive=adaptive)
    t = w.abs() if adaptive else torch.ones(3, dtype=torch.float64)
    step = rho * t**2 * h * w / (t * h * w).norm()
    assert found.value == pytest.approx(float(0.5 * (h * ((w + step) ** 2 - w**2)).sum()), rel=1e-6)
    assert found.details["gradient_norm"] == pytest.approx(float((h * w).norm()), rel=1e-6)


def test_m_sharpness_weighs_shards_by_their_size():
    x, y = torch.randn(10, 4, generator=torch.Generator().manual_seed(0)), torch.arange(10) % 3
    objective = la.Objective.from_module(torch.nn.Linear(4, 3), (x, y), "cross_entropy")
    parts = [m.sam(objective.with_data((x[i : i + 4], y[i : i + 4]))).value for i in (0, 4, 8)]
    found = m.sam(objective, shard=4)
    assert found.value == pytest.approx((4 * parts[0] + 4 * parts[1] + 2 * parts[2]) / 10, rel=1e-5)
    assert found.details["shards"] == 3 and found.gradients == pytest.approx(1) and found.stderr > 0


def test_sam_at_a_stationary_point_is_nan_and_says_so():
    found = m.sam(toys.quadratic([0.0, 0.0], [1.0, 2.0]))
    assert found.value != found.value and not found.converged


@pytest.mark.parametrize(("norm", "adaptive"), [("linf", True), ("linf", False), ("l2", True), ("l2", False)])
def test_worst_case_of_a_linear_loss(norm, adaptive):
    a, c, rho = vector(A), vector(W).abs() if adaptive else torch.ones(5, dtype=torch.float64), 0.2
    found = m.worst_case(toys.linear(W, A), rho=rho, norm=norm, adaptive=adaptive)
    expected = rho * float((a * c).abs().sum() if norm == "linf" else (a * c).norm())
    assert found.value == pytest.approx(expected, rel=1e-6) and found.converged  # a weight that is zero stays and makes no NaN


def test_worst_case_of_a_quadratic_loss_reaches_the_corner():
    w, h, rho = vector([1.0, -2.0, 0.5, 0.0]), vector([3.0, 0.5, 7.0, 1.0]), 0.1
    found = m.worst_case(toys.quadratic(w, h), rho=rho)
    assert found.value == pytest.approx(float(0.5 * (h * w**2 * ((1 + rho) ** 2 - 1)).sum()), rel=1e-6)


def test_checkpoints_of_auto_pgd_are_those_of_the_paper():
    assert sorted(_checkpoints(100))[:4] == [22, 41, 57, 70] and sorted(_checkpoints(20))[:2] == [5, 9]


@pytest.mark.parametrize(("norm", "share"), [("l2", 1.0), ("linf", 1 / 3)])
def test_average_case_of_a_quadratic_loss(norm, share):
    w, h, rho = vector([1.0, -2.0, 0.5]), vector([3.0, 0.5, 7.0]), 0.1
    found = m.average_case(toys.quadratic(w, h), rho=rho, norm=norm, draws=600)
    expected = 0.5 * rho**2 * share * float((h * w**2).sum())
    assert abs(found.value - expected) < 4 * found.stderr and found.stderr < 3 * expected  # the linear term averages out


def test_normalized_logits_do_not_see_their_scale():
    x, y = torch.randn(20, 4, generator=torch.Generator().manual_seed(0)), torch.arange(20) % 3
    net = torch.nn.Linear(4, 3)
    small = m.worst_case(la.Objective.from_module(net, (x, y), "cross_entropy"), normalize_logits=True)
    with torch.no_grad():
        net.weight.mul_(5), net.bias.mul_(5)
    large = la.Objective.from_module(net, (x, y), "cross_entropy")
    assert m.worst_case(large, normalize_logits=True).value == pytest.approx(small.value, rel=1e-4)
    assert m.worst_case(large).value != pytest.approx(small.value, rel=0.1)


@pytest.mark.parametrize("measure", [m.keskar, m.sam, m.worst_case, m.average_case])
def test_a_poisoned_minimum_is_sharper_and_seeds_repeat(measure):
    objective, _, good, bad = digits.minima()
    flat, sharp = measure(objective, point=good), measure(objective, point=bad)
    assert sharp.value > 5 * flat.value > 0
    again = measure(objective, point=good)
    assert (again.value, again.settings) == (flat.value, flat.settings)
    assert flat.losses + flat.gradients > 0 and flat.settings


@pytest.mark.parametrize("measure", [m.keskar, m.sam, m.worst_case, m.average_case, m.fisher_rao, m.llc, m.basin_radius])
def test_bad_input_is_refused(measure):
    objective = toys.quadratic([1.0, 2.0, 3.0], [1.0, 1.0, 1.0])
    with pytest.raises(la.InputError, match="expected one Objective"):
        measure({"train": objective})
    with pytest.raises(la.InputError, match="seed is"):
        measure(objective, seed=0.5)
    with pytest.raises(la.InputError, match=r"loss at the point is nan|NaN or infinite"):
        measure(objective, point={"line.weight": torch.full((1, 3), torch.nan, dtype=torch.float64)})
