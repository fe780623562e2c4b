"""A monitor spends no more than its share, with a clock that the test turns; what is expensive is measured seldom, and that is told."""

import math

import pytest
import torch
from cases import blobs, mlp

import lossatlas as la
from lossatlas.errors import InputError
from lossatlas.monitor import Budget
from lossatlas.monitor.budget import AHEAD, AHEAD_SECONDS, PLANNED, Cost


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def simulated(costs, *, share=0.05, steps=20000, every=None, pause_at=None, step_seconds=1.0, setup=0.0):
    """Steps of training with measurements of these costs: when each was taken, and the largest share once nothing may be ahead."""
    clock = Clock()
    budget = Budget(share, clock=clock)
    budget.costs.update({name: Cost(seconds, (every or {}).get(name, 1)) for name, seconds in costs.items()})
    budget.plan()
    taken, worst, quiet, looked = {name: [] for name in costs}, 0.0, 0, 0
    for step in range(1, steps):
        clock.now += step_seconds * (1000 if step == pause_at else 1)
        if step < quiet:
            continue
        with budget.looking(step - looked):
            looked = step
            if step == 1 and setup:
                clock.now += setup
                budget.ready()
            clock.now += 1e-5
            for name, seconds in sorted(costs.items(), key=lambda pair: pair[1]):
                if budget.due(name, step):
                    with budget.paying(name):
                        clock.now += seconds
                    budget.costs[name].last = step
                    taken[name].append(step)
            budget.plan()
            quiet = step + max(1, budget.quiet(step))
        if clock.now - budget.spent < max(2 * AHEAD * step_seconds, 2 * AHEAD_SECONDS):
            assert share is None or budget.spent - setup <= share * max(2 * AHEAD * step_seconds, 2 * AHEAD_SECONDS)
            continue
        worst = max(worst, budget.spent / max(clock.now - budget.spent - (999 * step_seconds if pause_at and step >= pause_at else 0), 1))
    return taken, worst, budget


def test_the_first_measurements_are_ahead_and_are_paid_back():
    taken, worst, budget = simulated({"cheap": 0.001, "pass": 0.3, "gradient": 1.0, "line": 1.3, "dear": 4.0}, steps=1000)
    first = {name: steps[0] for name, steps in taken.items()}
    assert all(first[name] <= 6 for name in ("cheap", "pass", "gradient", "line")) and first["dear"] >= 100 and worst <= 0.05 + 1e-4
    assert len([step for step in taken["cheap"] if step < 100]) > 10  # half of what is earned goes on
    _, worst, budget = simulated({"tiny net": 0.02}, steps=10000, step_seconds=0.002)
    assert worst <= 0.05 + 1e-4 and budget.costs["tiny net"].count > 30


def test_no_answer_tells_nothing_of_a_cost():
    clock = Clock()
    budget = Budget(0.05, clock=clock)
    budget.costs["line"] = Cost(2.0)
    with budget.looking(), budget.paying("line") as cost:
        cost.answered = False
    assert (cost.seconds, cost.count) == (2.0, 0)
    with budget.looking(), budget.paying("line") as cost:
        cost.answered = True
        clock.now += 3
    assert (cost.seconds, cost.count, budget.spent) == (3.0, 1, 3.0)
    with budget.looking():
        clock.now += 7
        budget.ready()
        clock.now += 1
    assert (budget.setup, budget.spent) == (7.0, 11.0)  # preparation is paid for too


def test_preparation_is_paid_back_and_a_part_of_the_share_is_left():
    _, plain, budget = simulated({"cheap": 0.001, "pass": 0.3}, steps=4000)
    assert plain <= PLANNED * 0.05 + 1e-3 and budget.spent / budget.trained > 0.6 * PLANNED * 0.05
    taken, worst, budget = simulated({"cheap": 0.001, "pass": 0.3}, steps=4000, setup=20.0)
    assert budget.setup == 20.0 and budget.spent <= PLANNED * 0.05 * budget.trained + 0.1  # though preparing took 400 steps' share
    assert len(taken["cheap"]) > 500 and worst > 0.05


def test_the_share_is_kept_at_every_moment_and_all_are_taken():
    costs = {"cheap": 0.001, "pass": 0.7, "gradient": 2.0, "curvature": 40.0}
    taken, worst, budget = simulated(costs)
    assert worst <= 0.05 + 1e-3
    counts = [len(taken[name]) for name in costs]
    assert counts == sorted(counts, reverse=True) and counts[0] > 2000 and counts[-1] >= 4
    spent = sum(len(taken[name]) * seconds for name, seconds in costs.items())
    assert 0.02 * 20000 < spent <= 0.05 * 20000  # and most of it is used
    told = budget.told(20000)
    assert told["curvature"]["cost_steps"] == pytest.approx(40, rel=1e-3) and told["curvature"]["period"] >= 40 / 0.05
    assert all(b - a >= told["pass"]["period"] / 2 for a, b in zip(taken["pass"][5:], taken["pass"][6:], strict=False))


def test_measurements_come_at_common_steps_and_a_pause_buys_nothing():
    taken, worst, _ = simulated({"a": 0.3, "b": 1.2, "c": 5.0}, pause_at=5000)
    assert worst <= 0.052
    settled = [set(taken[name][len(taken[name]) // 2:]) for name in "abc"]
    assert len(settled[2] & settled[0]) > 0.5 * len(settled[2])


def test_what_is_too_expensive_for_the_run_is_never_taken_and_the_rest_is():
    taken, worst, _ = simulated({"a": 0.1, "huge": 1e4}, steps=3000)
    assert not taken["huge"] and len(taken["a"]) > 300 and worst <= 0.051


def test_every_is_kept_and_long_runs_are_not_logged_at_every_step():
    taken, _, _ = simulated({"a": 1e-6, "b": 1e-6}, every={"b": 10})
    assert all(step % 10 == 0 for step in taken["b"])
    assert sum(step > 8192 for step in taken["a"] if step < 16384) <= 1024
    taken, _, _ = simulated({"a": 100.0}, share=None, steps=300, every={"a": 7})
    assert taken["a"] == list(range(7, 300, 7))


def test_costs_are_medians():
    cost = Cost(5.0)
    cost.paid(2.0)
    assert cost.seconds == 2  # an estimate is forgotten
    cost.paid(1.0)
    assert cost.seconds == 1  # and what warmed up
    cost.paid(90.0)
    assert cost.seconds == 2  # and a machine that was busy with something else
    cost.paid(4.0)
    assert cost.seconds == 4


@pytest.mark.parametrize("budget", [0, -1, True, "5 %", math.inf, math.nan])
def test_a_budget_is_a_share(budget):
    with pytest.raises(InputError, match="expected a share of training time"):
        Budget(budget)


def test_a_monitor_with_a_turned_clock_says_what_is_seldom():
    clock = Clock()
    model, data = mlp(), blobs(60)
    objective = la.Objective.from_module(model, data, "cross_entropy", batch_size=10)
    descent = torch.optim.SGD(model.parameters(), lr=0.0)
    monitor = la.Monitor(objective, probes=("loss", "lambda_max"), budget=Budget(0.05, clock=clock))
    original, estimate = monitor._taken, monitor._estimate
    monitor._estimate = lambda seconds: estimate(0.5)  # torch does not turn this clock

    def taken(gauge, view):
        clock.now += {"lambda_max": 40.0}.get(gauge.name, 0.5)
        return original(gauge, view)

    monitor._taken = taken
    monitor.watch(model, descent)
    descent.zero_grad()
    for p in model.parameters():
        p.grad = torch.zeros_like(p)
    trained = 0.0
    for _ in range(3600):
        clock.now += 1.0
        trained += 1.0
        descent.step()
        assert monitor.budget.spent <= 0.0501 * max(trained, 2 * AHEAD)
    told = monitor.schedule["lambda_max"]
    assert told["cost_steps"] == pytest.approx(40, rel=0.01) and told["period"] >= 800
    assert f"lambda_max takes 40 steps' time: once every {told['period']:,.0f} steps" in str(monitor)
    ds = monitor.dataset()
    (event,) = [event for event in ds.attrs["events"] if event["event"] == "thinned"]
    assert "lambda_max takes 40 steps' time" in event["text"]
    assert 1 <= int(ds["lambda_max"].notnull().sum()) <= 3 and int(ds["loss"].notnull().sum()) > 20
    assert float(ds["monitor_share"].sel(step=slice(2 * AHEAD, None)).max()) <= 0.0501
    monitor.close()


@pytest.mark.parametrize(("steps", "said"), [(3, "the run was over before anything was earned"), (10, " steps at a budget of 1e-07 %)")])
def test_what_was_never_measured_is_told_at_the_end(steps, said):
    objective = la.Objective.from_module(mlp(), blobs(), "cross_entropy", batch_size=10)
    monitor = la.Monitor(objective, probes=("default", "top"), budget=1e-9)
    la.fit(objective, optimizer=lambda tensors: torch.optim.SGD(tensors, lr=0.1), steps=steps, hooks=[monitor])
    missed = [event["text"] for event in monitor.dataset().attrs["events"] if event["event"] == "thinned"]
    assert len(missed) == 1 and missed[0].startswith("never measured: gradient, line, critical, health, top (") and said in missed[0]
    assert monitor.dataset().attrs["events"][-1]["event"] == "finished"
