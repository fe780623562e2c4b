"""The benchmark itself: it runs from end to end, its ratios are taken within rounds, and its verdicts follow the goals."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The files of bench/ import one another by name; nothing of them is left behind."""
    monkeypatch.syspath_prepend(str(BENCH))
    monkeypatch.delenv("CIFAR10", raising=False)
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if str(BENCH) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def test_the_whole_benchmark_runs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    import run

    run.main(["--quick", "--shared", str(tmp_path)])
    out = capsys.readouterr().out
    assert "RANDOM images, RANDOM weights" in out and "no speed" in out
    table = [line for line in out.splitlines() if line.startswith("|")]
    assert len(table) >= 14 and all(line.count("|") == 6 for line in table)
    for what in ("plan auto / bare forward", "hand-written loop / a point", "float32 matrix-product peak", "whole sweep with planning",
                 "example evaluations, dense / survey", "its forward passes alone"):
        row = next(line for line in table if what in line)
        assert float(row.split("|")[2].removesuffix("% ").removesuffix(" % ")) > 0


def test_parts_that_are_unknown_are_refused() -> None:
    import run

    with pytest.raises(SystemExit, match="pionts"):
        run.main(["--quick", "--only", "pionts"])


def test_a_plan_that_computes_something_else_ends_the_benchmark() -> None:
    import run
    from alternatives import Hand

    import lossatlas as la
    from lossatlas.run.job import prepare

    model, (x, y) = torch.nn.Linear(3, 2), (torch.randn(7, 3), torch.arange(7) % 2)
    objective = la.Objective.from_module(model, (x, y), "cross_entropy")
    family = la.random_slice(objective)
    job = prepare(la.probes.loss(objective), family, {"alpha": [-1.0, 0.0, 1.0], "beta": [-1.0, 1.0]}, plan="plain", engine="local")
    assert run.checked(job, Hand(model, family.axes, x, y), strict=True) < 1e-6
    with pytest.raises(SystemExit, match="a mistake"):
        run.checked(job, Hand(model, family.axes, x + 1, y), strict=True)


def test_contenders_are_interleaved_and_ratios_are_taken_within_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    import rounds

    clock, called = [0.0], []

    def contender(name: str, seconds: float) -> rounds.Contender:
        def call() -> None:
            called.append(name)
            clock[0] += seconds * (1 + len(called))  # a machine that gets slower all the time
        return rounds.Contender(call, units=4)

    monkeypatch.setattr(rounds.time, "perf_counter", lambda: clock[0])
    found = rounds.interleaved({"a": contender("a", 1.0), "b": contender("b", 2.0)}, 3, least=0)
    assert called[-6:] == ["a", "b"] * 3
    assert found["a"].shape == found["b"].shape == (3,)
    assert found["a"] == pytest.approx(np.array([len(called) - 4, len(called) - 2, len(called)]) / 4)
    assert np.all((found["b"] / found["a"] > 2) & (found["b"] / found["a"] < 2.5))


@pytest.mark.parametrize(("median", "goal", "at_least", "met"), [(0.7, 0.75, False, True), (0.8, 0.75, False, False),
                                                                 (1.4, 1.3, True, True), (1.2, 1.3, True, False)])
def test_the_verdict_goes_by_the_median(median: float, goal: float, at_least: bool, met: bool) -> None:
    from rounds import Row

    row = Row("a / b", [median - 0.3, median, median + 0.1], goal, at_least=at_least)
    assert row.verdict.startswith("MET" if met else "MISSED")
    assert f"| {median:.3f} | {median - 0.15:.3f} to {median + 0.05:.3f} | 3 |" in str(row)


def test_a_survey_is_compared_with_the_truth_cell_by_cell() -> None:
    import survey

    truth, cells = np.array([1.0, 2.0, 4.0, 8.0]), np.array([0, 2, 3, 5])
    loss, bound = np.full(6, 99.0), np.zeros(6)
    loss[cells] = truth * np.exp([0.0, 0.01, -0.03, 0.02])
    bound[cells] = [0.0, 0.02, 0.02, 0.02001]  # the first was measured, the third is off by more than its bar
    picture = xr.Dataset({"loss": (("alpha", "beta"), loss.reshape(2, 3)), "loss_error": (("alpha", "beta"), bound.reshape(2, 3)),
                          "evaluated": (("alpha", "beta"), (bound == 0).reshape(2, 3))},
                         attrs={"heldout_median": np.inf, "heldout_p95": np.inf, "heldout_count": 0, "example_evaluations": 50,
                                "dense_example_evaluations": 600, "converged": True, "went_dense": False})
    found = survey.compared(picture, truth, cells)
    assert found["median"][0] == pytest.approx(0.015) and found["max"] == pytest.approx(0.03) and found["ratio"] == 12
    assert found["coverage"][0] == 0.75 and found["coverage_of_predicted"][0] == pytest.approx(2 / 3)
    assert found["median"][1] <= found["median"][0] <= found["median"][2] and found["heldout_median"] is None
    row = found | {"kind": "plane", "examples": 10_000, "tolerance": 0.01}
    assert survey.missed(row) == ["median 1.5 %", "12.0 times fewer, not 50", "error bars cover 75 %"]
    assert [survey.goal_of(n) for n in (1000, 2000, 10_000, 50_000)] == [20, 20, 50, 100]


def test_a_sample_of_cells_is_the_same_every_time_and_has_none_twice() -> None:
    import survey

    cells = survey.sample(100, 30)
    assert len(set(cells.tolist())) == 30 and np.array_equal(cells, survey.sample(100, 30)) and np.array_equal(cells, np.sort(cells))
    assert np.array_equal(survey.sample(5, 0), np.arange(5)) and np.array_equal(survey.sample(5, 9), np.arange(5))


def test_the_benchmark_of_curvature_runs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    import curvature

    curvature.main(["--quick", "--only", "tiny,ghosts,tracking", "--shared", str(tmp_path)])
    out = capsys.readouterr().out
    assert "RANDOM images" in out and "no cost" in out
    table = {line.split("|")[1].strip(): line for line in out.splitlines() if line.startswith("| ")}
    for what in ("top 5: gradients, lossatlas", "every step: products a record"):
        assert float(next(line for name, line in table.items() if what in name).split("|")[2]) > 0
    for what in ("largest error / its bound, lossatlas", "largest relative error, in 1e-6, lossatlas"):
        assert "MET" in next(line for name, line in table.items() if what in name)
    for peer in ("hessian-eigenthings", "curvlinops", "PyHessian"):  # measured, or said to be missing
        assert peer in out


def test_costs_are_counted_in_the_gradients_around_them(monkeypatch: pytest.MonkeyPatch) -> None:
    import curvature_peers

    clock = [0.0]
    monkeypatch.setattr(curvature_peers.time, "perf_counter", lambda: clock[0])
    slowness = [1.0]

    def pass_time(seconds: float) -> None:
        clock[0] += seconds * slowness[0]

    counted = curvature_peers.Clock(lambda: pass_time(2.0), every=2)
    counted.start()
    for number in range(6):
        slowness[0] = 1.0 + (number >= 4)  # the machine gets slower between two gradients
        pass_time(5.0)
        counted.product()
    assert counted.products == 6 and counted.stop() == pytest.approx(5 / 2 * 4 + 2 * 10 / 3)
