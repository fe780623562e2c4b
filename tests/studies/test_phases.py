"""The studies of phases under a monitor (K3, K5, K6) and of injected spikes (O10): their parts, and a fraction of each."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
import xarray as xr

import lossatlas as la
from lossatlas.analyses.predictions import disagreement
from lossatlas.run.events import ignore
from lossatlas.studies import fisher_phases, instability, phase_markers, phases, rate_spike, siblings, top_eigenvalues
from lossatlas.studies.digits import pair, recorded, sgd, whole
from lossatlas.studies.phases import Peak


def values(finding):
    return {number.name: number.values for number in finding.numbers}


def log(steps, events=(), **columns):
    """A made-up log of a monitor."""
    return xr.Dataset({name: ("step", np.asarray(each, dtype=float)) for name, each in columns.items()}, coords={"step": list(steps)},
                      attrs={"events": [{"step": step, "event": event, "text": ""} for step, event in events]})


def test_peaks_and_halves():
    one = Peak.of([0, 10, 20, 30], np.array([1.0, np.nan, 4.0, 2.0]))
    assert (one.step, one.height, one.rise, one.fall, one.stands_out) == (20, 4, 4, 0.5, True)
    assert not Peak.of([0, 10, 20], np.array([1.0, 4.0, 3.5])).stands_out and not Peak.of([0, 10, 20], np.array([3.5, 4.0, 1.0])).stands_out
    lost = Peak.of([0, 10, 20], np.array([1.0, 4.0, np.nan]))
    assert not lost.stands_out and math.isnan(lost.fall), "of a run that diverged nobody knows whether it fell"
    assert math.isnan(Peak.of([0], np.array([np.nan])).step)
    assert phases.first_peak([0, 10, 20, 30, 40], np.array([1.0, 3.0, 2.9, 2.0, 9.0])) == 10, "what comes later may be higher"
    assert math.isnan(phases.first_peak([0, 10, 20], np.array([1.0, 3.0, 2.9])))
    assert math.isnan(phases.first_peak([0, 10, 20], np.array([1.0, 3.0, np.nan])))
    assert phases.smooth(np.array([0.0, 3.0, 6.0, 0.0]), 3) == pytest.approx([1.5, 3, 3, 3])
    assert phases.half([0, 10, 20, 30], np.array([8.0, 5.0, 4.0, 0.0])) == 20
    assert math.isnan(phases.half([0, 10], np.array([1.0, 1.0]))) and math.isnan(phases.half([0, 10], np.array([1.0, np.nan])))


def test_a_monitored_run_is_measured_at_every_look_and_is_the_run_of_nobody_watching():
    train, _ = pair((64, 8, 10))
    points = recorded(train, 0.1, 8, 0)
    seen = {}
    ds = phases.monitored(train, sgd(0.1), 8, seed=0, probes=("loss", "lambda_max"), every=4, examples=1000,
                          hooks=[lambda step, point, state: seen.setdefault(step, {n: t.clone() for n, t in point.items()})])
    assert all(torch.equal(points[8][name], seen[8][name]) for name in points[8])
    assert list(ds["step"].values) == [0, 4, 8]
    expected = [float(whole(train).value(points[step])) for step in (0, 4, 8)]
    assert phases.column(ds, "loss", [0, 4, 8]) == pytest.approx(expected, rel=1e-5)
    assert np.isnan(phases.column(ds, "loss", [8, 12])).tolist() == [False, True]


def test_fisher_traces_are_those_of_the_monitor(monkeypatch):
    monkeypatch.setitem(fisher_phases.SETTINGS, "quick", ("digits", (64, 8, 10), 50, 20, 10, 80))
    finding = fisher_phases.run("quick", (3,), ignore)
    assert not finding.shown and finding.data["fisher_trace"].sizes == {"repeat": 1, "split": 2, "step": 3}
    train, _ = pair((64, 8, 10), seed=3)
    monitor = la.Monitor(train, probes="fisher", every=10, budget=None, examples=80)
    la.fit(train, optimizer=sgd(0.4), steps=20, seed=3, hooks=[monitor])
    expected = phases.smooth(monitor.dataset()["fisher_trace"].values, fisher_phases.WINDOW)
    assert finding.data["fisher_trace"].values[0, 1] == pytest.approx(expected)
    assert values(finding)["trace at the end, rate 0.4"] == (pytest.approx(expected[-1]),)


@pytest.mark.parametrize(("peak_at", "end", "shown"), [
    ((20, 10), 1, True), ((10, 20), 1, False), ((20, 10), 9, False), ((40, 10), 1, False), ((20, 10), np.nan, False)])
def test_k3_asks_for_an_early_peak_that_comes_earlier_at_the_larger_rate(monkeypatch, peak_at, end, shown):
    steps = np.arange(0, 101, 10)
    heights = iter([*peak_at] * 2)

    def made(*args, **options):
        top = next(heights)
        return log(steps, loss=1 - steps / 200, fisher_trace=np.where(steps == top, 12, np.interp(steps, [0, top, 100], [1, 12, end])))

    monkeypatch.setitem(fisher_phases.SETTINGS, "quick", ("digits", (64, 8, 10), 50, 100, 10, 80))
    monkeypatch.setattr(fisher_phases, "WINDOW", 1)
    monkeypatch.setattr(fisher_phases, "pair", lambda *args, **options: (None, None))
    monkeypatch.setattr(fisher_phases, "monitored", made)
    assert fisher_phases.run("quick", (0, 1), ignore).shown is shown


@pytest.mark.parametrize(("heights", "end", "shown"), [((9, 7, 5, 4, 8), 2, True), ((5, 7, 9, 4, 8), 2, False), ((9, 7, 5, 8, 4), 2, False),
                                                       ((9, 7, 5, 4, 8), 7, False)])
def test_k5_asks_for_peaks_ordered_by_rate_and_batch(monkeypatch, heights, end, shown):
    steps, given = np.arange(0, 101, 20), iter([*heights] * 2)

    def made(*args, **options):
        curve = np.interp(steps, [0, 40, 100], [1, next(given), end])
        return log(steps, lambda_max=curve, **{f"eigenvalue_{k + 1}": curve / (k + 1) for k in range(top_eigenvalues.TOP)})

    monkeypatch.setitem(top_eigenvalues.SETTINGS, "quick", ("digits", (64, 8, 10), 100, 20, 80))
    monkeypatch.setattr(top_eigenvalues, "WINDOW", 1)
    monkeypatch.setattr(top_eigenvalues, "pair", lambda *args, **options: (None, None))
    monkeypatch.setattr(top_eigenvalues, "monitored", made)
    finding = top_eigenvalues.run("quick", (0, 1), ignore)
    assert finding.shown is shown and values(finding)["λ₁ at the peak, η 0.05, B 50"] == (heights[0],) * 2
    assert finding.data["lambda_max"].sizes == {"repeat": 2, "split": 5, "step": 6}


def test_the_top_of_the_spectrum_is_followed_at_the_middle(monkeypatch):
    monkeypatch.setitem(top_eigenvalues.SETTINGS, "quick", ("digits", (64, 4, 10), 4, 4, 40))
    monkeypatch.setattr(top_eigenvalues, "WINDOW", 1)
    monkeypatch.setattr(top_eigenvalues, "RUNS", (top_eigenvalues.MIDDLE,))
    monkeypatch.setattr(top_eigenvalues, "RATES", (top_eigenvalues.MIDDLE,))
    monkeypatch.setattr(top_eigenvalues, "BATCHES", (top_eigenvalues.MIDDLE,))
    finding = top_eigenvalues.run("quick", (0,), ignore)
    of = values(finding)
    assert of["peak of eigenvalue 1, η 0.1, B 50"][0] == pytest.approx(of["λ₁ at the peak, η 0.1, B 50"][0], rel=0.05)
    assert of["peak of eigenvalue 5, η 0.1, B 50"] < of["peak of eigenvalue 2, η 0.1, B 50"] and not finding.shown


def test_children_are_stable_from_the_first_step_after_which_none_is_not():
    assert phase_markers.stable_from((0, 50, 100), np.array([0.1, 0.01, 0.0])) == 50
    assert phase_markers.stable_from((0, 50, 100), np.array([0.01, 0.1, 0.0])) == 100
    assert math.isnan(phase_markers.stable_from((0, 50), np.array([0.0, 0.03])))
    assert math.isnan(phase_markers.stable_from((0, 50), np.array([0.0, np.nan])))


def test_five_markers_of_one_run(monkeypatch, tmp_path):
    made = instability.noisy_digits

    def small(seed, **options):
        problem, keep = made(seed, epochs=1, steps=(0, 4)), torch.arange(60)
        return replace(problem, train=problem.train.with_data(problem.train.data.take(keep), batch_size=20),
                       test=problem.test.with_data(problem.test.data.take(keep)), total=8)

    for name, value in {"noisy_digits": small, "EVERY": 4, "DENSE": 4, "SPARSE": 4, "EXAMPLES": 40, "KERNEL_EXAMPLES": 2}.items():
        monkeypatch.setattr(phase_markers, name, value)
    (finding,) = la.studies.run("K6", seeds=(3,), folder=tmp_path)
    problem = small(3)
    points = {}
    la.fit(problem.train, optimizer=problem.optimizer, schedule=problem.schedule, steps=8, seed=3, hooks=[
        lambda step, point, state: points.setdefault(step, {n: t.clone() for n, t in point.items()})])
    test = whole(problem.test)
    assert finding.data["disagreement"].values[0] == pytest.approx([disagreement(test, points[k], points[8]) for k in (0, 4, 8)])
    few = test.with_data(test.data.take(torch.arange(2)))
    assert finding.data["kernel"].values[0, 1] == pytest.approx(siblings.kernel_distance(few, points[0], points[4]), abs=1e-5)
    assert np.isfinite(finding.data["error_barrier"].values[0]).tolist() == [True, True, False]
    assert len(finding.figure.panels) == 5 and (tmp_path / "K6.png").exists()


def test_the_rate_is_multiplied_for_ten_steps_in_the_log():
    assert [rate_spike.spiked(step, factor=20, first=300) for step in (299, 300, 309, 310)] == [1, 20, 20, 1]
    spikes = list(rate_spike.injections(rate_spike.SETTINGS["quick"]).values())
    assert spikes[0][0] == 1 and spikes[-1] == (20, 700)


@pytest.mark.parametrize(("events", "control", "shown"), [
    ([(703, "spike"), (710, "unstable")], [], True), ([(703, "spike")], [], False), ([(703, "spike"), (730, "unstable")], [], False),
    ([(90, "spike"), (703, "spike"), (710, "unstable")], [], False), ([(703, "spike"), (710, "unstable")], [(400, "spike")], False)])
def test_o10_asks_for_both_flags_soon_and_for_none_elsewhere(monkeypatch, events, control, shown):
    steps, runs = np.arange(0, 901, 10), iter([control, [], [], events] * 2)
    monkeypatch.setattr(rate_spike, "pair", lambda *args, **options: (None, None))
    monkeypatch.setattr(rate_spike, "monitored", lambda *args, **options: log(
        steps, next(runs), training_loss=np.where(steps == 710, 4, 2), lambda_max=steps + 1, threshold=steps * 0 + 40))
    finding = rate_spike.run("quick", (0, 1), ignore)
    assert finding.shown is shown
    words = "highest mini-batch loss (means between looks) over that of the look before"
    assert values(finding)[f"{words}, rate times 20 at step 700"] == (2, 2)


def test_an_injected_spike_is_seen_in_the_log(monkeypatch):
    monkeypatch.setitem(rate_spike.SETTINGS, "quick", rate_spike.Setting("digits", (64, 8, 10), 50, 40, 10, 20, 10, 40))
    monkeypatch.setattr(rate_spike, "LARGE", 1000)
    finding = rate_spike.run("quick", (0,), ignore)
    thresholds = dict(zip(finding.data["split"].values, finding.data["threshold"].values[0], strict=True))
    assert thresholds["no spike"] == pytest.approx([40] * 5)
    assert thresholds["rate times 1000 at step 20"] == pytest.approx([40, 40, 40, 0.04, 40])
    assert values(finding)["steps until λ₁ above 2/η is told, rate times 1000 at step 20"] == (10,)
    assert values(finding)["times that spike of the loss is told elsewhere, no spike"] == (0,)
