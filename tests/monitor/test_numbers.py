"""Every number of a monitor is that of an offline probe at the same point, on the same examples."""

import math
from functools import partial

import numpy as np
import pytest
import torch
from cases import blobs, convbn, images, mlp

import lossatlas as la
from lossatlas.curvature.gradient import value_and_gradient
from lossatlas.monitor.first_order import critical_step, noise_and_signal
from lossatlas.monitor.fisher import fisher_trace
from lossatlas.monitor.thresholds import diagonal, stability
from lossatlas.params import cosine, difference, norm
from lossatlas.probes.functions import FunctionProbe


def run(objective, optimizer, tmp_path, steps=6, **options):
    """A watched run, and its points."""
    points = {}

    def keep(step, point, state):
        points[step] = {name: tensor.detach().clone() for name, tensor in point.items()}

    monitor = la.Monitor(objective, probes="all", budget=None, examples=24, store=tmp_path / "a.zarr" / "run", **options)
    la.fit(objective, optimizer=optimizer, steps=steps, hooks=[keep, monitor])
    monitor.close()
    return monitor, monitor.dataset(), points


@pytest.fixture(scope="module", params=["mlp", "batchnorm"])
def watched(request, tmp_path_factory):
    model, data = (mlp(), blobs(60)) if request.param == "mlp" else (convbn(), images(60))
    penalty = 0.01 if request.param == "mlp" else None
    objective = la.Objective.from_module(model, data, "cross_entropy", metrics={"error": la.metrics.error}, batch_size=12, penalty=penalty)
    every = dict.fromkeys(("slice", "top", "lambda_max", "fisher"), 3)
    return run(objective, partial(torch.optim.SGD, lr=0.2, momentum=0.6), tmp_path_factory.mktemp("runs"), every=every)


def test_loss_metrics_and_answers(watched):
    monitor, ds, points = watched
    o = monitor.objective
    assert o.data.n_examples == 24 and ds["step"].values.tolist() == list(range(7))
    answers = FunctionProbe({"": o}, {"start": points[0]})
    for step, point in points.items():
        found, at = la.probes.loss(o)(point), ds.sel(step=step)
        assert float(at["loss"]) == pytest.approx(float(found["loss"]), rel=1e-12)
        assert float(at["error"]) == pytest.approx(float(found["error"]), rel=1e-12)
        assert float(at["function_distance"]) == pytest.approx(float(answers(point)["logits_distance"][0]), rel=1e-12, abs=1e-12)
        if step:
            last = FunctionProbe({"": o}, {"last": points[step - 1]})
            assert float(at["function_change"]) == pytest.approx(float(last(point)["logits_distance"][0]), rel=1e-12)


def test_lengths_and_the_gradient(watched):
    monitor, ds, points = watched
    names = list(monitor.objective.params)
    own = {step: {name: point[name] for name in names} for step, point in points.items()}
    for step, point in own.items():
        at = ds.sel(step=step)
        _, gradient = value_and_gradient(monitor.objective, points[step])
        assert float(at["gradient_norm"]) == pytest.approx(norm(gradient), rel=1e-5)
        assert float(at["weight_norm"]) == pytest.approx(norm(point), rel=1e-6)
        assert float(at["distance"]) == pytest.approx(norm(difference(point, own[0])), rel=1e-5, abs=1e-9)
        if step:
            update = norm(difference(point, own[step - 1]))
            assert float(at["update_norm"]) == pytest.approx(update, rel=1e-5)
            assert float(at["update_ratio"]) == pytest.approx(update / norm(point), rel=1e-5)
    assert float(ds["temperature"][0]) == pytest.approx(0.2 / 12 / 0.4)


def test_the_loss_along_the_last_step(watched):
    monitor, ds, points = watched
    probe, names = la.probes.loss(monitor.objective), list(monitor.objective.params)
    for step in range(1, 7):
        def at(place, step=step):
            ends = [{name: points[k][name].double() for name in names} for k in (step - 1, step)]
            moved = {name: (ends[0][name] + place * (ends[1][name] - ends[0][name])).float() for name in names}
            return float(probe({**points[step], **moved})["loss"])

        for place in (0, 0.5, 1.5, 2):
            assert float(ds[f"line_{place:g}"].sel(step=step)) == pytest.approx(at(place), rel=1e-5)
        found = float(ds["critical_step"].sel(step=step))
        if 0 < found < math.inf:  # bracketed by an offline scan: it rises at the one end and not at the other
            assert at(found * 2 ** (1 / 16)) > at(0) * (1 - 1e-6) and at(found / 2 ** (1 / 16)) <= at(0) * (1 + 1e-6)
            assert float(ds["critical_sharpness"].sel(step=step)) == pytest.approx(2 / (found * 0.2))


def test_eigenvalues_and_the_gradient_in_their_space(watched):
    monitor, ds, points = watched
    for step in (0, 3, 6):
        op, at = la.hessian(monitor.objective, points[step]), ds.sel(step=step)
        exact = la.eigenpairs(op, 3, tol=1e-6)
        assert abs(float(at["lambda_max"]) - exact.values[0]) <= float(at["lambda_max_error"]) + 1e-5 * abs(exact.values[0])
        assert float(at["lambda_max_error"]) <= 1.01e-2 * abs(exact.values[0])
        np.testing.assert_allclose([float(at[f"eigenvalue_{k}"]) for k in (1, 2, 3)], exact.values, rtol=2e-2, atol=1e-3 * exact.values[0])
        _, gradient = value_and_gradient(monitor.objective, points[step])
        inside = float((exact.vectors.T @ op.ravel(gradient)).square().sum() / op.ravel(gradient).square().sum())
        assert float(at["f_top"]) == pytest.approx(inside, abs=0.03) and float(at["chi"]) == pytest.approx(math.sqrt(float(at["f_top"])))
    assert set(ds["threshold"].dropna("step").values.round(9)) == {round(2 * 1.6 / 0.2, 9)}


def test_the_fisher_trace(watched):
    monitor, ds, points = watched
    problem = monitor._fixed.problem()
    for step in (6,):
        op = la.fisher(monitor.objective, points[step])
        exact = float(torch.trace(op @ torch.eye(op.shape[0])))
        value, stderr = fisher_trace(problem.at(points[step]), seed=1, draws=12)
        assert abs(value - exact) < 4 * stderr < 0.8 * exact
        assert (float(ds["fisher_trace"].sel(step=step)), float(ds["fisher_trace_stderr"].sel(step=step))) == pytest.approx(
            fisher_trace(problem.at(points[step]), seed=step), rel=1e-6)


def test_the_slices_and_where_the_run_is_on_them(watched):
    monitor, ds, points = watched
    place = monitor._log.path
    for step in (0, 3, 6):
        cut = la.open(f"{place}-slices/step{step:06d}")
        assert cut.sizes["alpha"] == cut.sizes["beta"] == 9 and cut.attrs["step"] == step
        assert float(cut["loss"].sel(alpha=0, beta=0)) == pytest.approx(float(ds["loss"].sel(step=step)), rel=1e-6)
        plane = la.random_slice(monitor.objective, seed=0, point=points[0])
        found = plane.project(points[step])
        assert [float(ds[f"slice_{end}"].sel(step=step)) for end in ("alpha", "beta")] == pytest.approx(found.coordinates.tolist())
        assert float(ds["slice_off"].sel(step=step)) == pytest.approx(found.residual) and cut.attrs["centre"] == list(found.coordinates)


def test_the_noise_scale_is_that_of_per_example_gradients():
    objective = la.Objective.from_module(mlp(), blobs(40), "cross_entropy", batch_size=1)
    each = [(1, norm(value_and_gradient(objective.with_data(objective.data.take(torch.tensor([k]))))[1]) ** 2) for k in range(40)]
    whole = norm(value_and_gradient(objective)[1]) ** 2
    noise, signal = noise_and_signal(each, whole)
    covariance = la.gradient_covariance(objective.with_data(objective.data, batch_size=40))
    trace = float(torch.trace(covariance @ torch.eye(covariance.shape[0])))
    assert noise == pytest.approx(trace * 40 / 39, rel=1e-5) and signal == pytest.approx(whole - noise / 40, rel=1e-6)
    assert all(math.isnan(one) for one in noise_and_signal([(5, 1.0)], 1.0))


@pytest.mark.parametrize("optimizer", [torch.optim.Adam, torch.optim.AdamW, partial(torch.optim.RMSprop, momentum=0.5)])
def test_the_preconditioned_eigenvalue_is_that_of_the_matrix(optimizer):
    model, data = mlp(), blobs(60)
    objective = la.Objective.from_module(model, data, "cross_entropy", batch_size=12)
    descent = optimizer([{"params": model[0].parameters(), "lr": 0.01}, {"params": [*model[3].parameters(), *model[5].parameters()],
                                                                          "lr": 0.002}])
    monitor = la.Monitor(objective, probes="lambda_preconditioned", budget=None, examples=24).watch(model, descent)
    for _ in range(4):
        descent.zero_grad()
        torch.nn.functional.cross_entropy(model(data[0]), data[1]).backward()
        descent.step()
    training, point = monitor._training(), dict(model.named_parameters())
    found = stability(training)
    d = diagonal(found.scales, list(point), point).detach()
    op = la.hessian(monitor.objective, {name: tensor.detach() for name, tensor in point.items()})
    exact = float(torch.linalg.eigvalsh(d[:, None] * (op @ torch.eye(op.shape[0])) * d)[-1])
    at = monitor.dataset().isel(step=-1)
    assert float(at["lambda_preconditioned"]) == pytest.approx(exact, rel=1e-2)
    assert float(at["threshold_preconditioned"]) == pytest.approx(found.threshold) and {"threshold_preconditioned_1"} <= set(at.data_vars)
    monitor.close()


def test_critical_step_of_a_parabola_and_of_what_never_or_always_rises():
    count = []

    def parabola(step):
        count.append(step)
        return (step - 0.6) ** 2

    assert critical_step(parabola) == pytest.approx(1.2, rel=0.05) and len(count) <= 7
    assert critical_step(parabola, first=40.0) == pytest.approx(1.2, rel=0.05)
    assert critical_step(lambda s: -s) == math.inf and critical_step(lambda s: s) == 0
    assert math.isnan(critical_step(lambda s: math.nan))
    assert critical_step(lambda s: math.nan if s > 3 else -s) == pytest.approx(3, rel=0.05)


def test_a_probe_of_ones_own_and_a_cosine():
    objective = la.Objective.from_module(mlp(), blobs(), "cross_entropy", batch_size=10)
    start = objective.point()
    monitor = la.Monitor(objective, probes=["loss", lambda point: {"cosine": cosine(point, start)}, la.probes.curvature(objective)],
                         budget=None)
    la.fit(objective, optimizer=partial(torch.optim.SGD, lr=0.1), steps=2, hooks=[monitor])
    ds = monitor.dataset()
    assert float(ds["function1_cosine"][0]) == pytest.approx(1) and float(ds["function1_cosine"][2]) < 1
    assert float(ds["curvature2_lambda_max"][0]) == pytest.approx(la.eigenpairs(la.hessian(objective), 1).values[0], rel=1e-2)
