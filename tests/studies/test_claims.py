"""Studies at a scale that shows nothing: that they measure what they say, and do not see what is not there.

What they find at their own scale is for ``lossatlas study``; the arithmetic behind the verdicts is held against closed forms here.
"""

import math

import numpy as np
import pytest
import torch
import xarray as xr

import lossatlas as la
from lossatlas.run.events import ignore
from lossatlas.studies import batch_switch, dead_units, descent, linear_scaling, random_labels, temperature, valleys
from lossatlas.studies.digits import measured, pair, recorded, sgd, whole
from lossatlas.studies.keeping import dataset, drawn


def values(finding):
    return {number.name: number.values for number in finding.numbers}


def test_one_epoch_fits_no_random_labels(monkeypatch):
    monkeypatch.setitem(random_labels.SETTINGS, "quick", ("digits", (64, 16, 10), 50, 0.1, 1))
    monkeypatch.setattr(random_labels, "VERSIONS", {"true labels": None, "random labels": "random_labels", "Gaussian noise": "gaussian"})
    monkeypatch.setattr(random_labels, "SHARES", ())
    finding = random_labels.run("quick", (0,), ignore)
    found = values(finding)
    assert not finding.shown and found["training error, random labels"][0] > 50 and math.isnan(found["epochs to fit, random labels"][0])
    assert found["test error, true labels"][0] < found["test error, random labels"][0]
    assert finding.data["error"].dims == ("repeat", "split", "epoch") and finding.data.sizes["epoch"] == 2


def test_training_data_that_are_not_there_are_named(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(la.InputError, match="lossatlas data fetch cifar10"):
        la.studies.run("C1", scale="paper", seeds=1)


def test_the_share_of_falling_steps_is_that_of_the_curve(monkeypatch):
    monkeypatch.setitem(descent.SETTINGS, "quick", (2, (64, 8, 10)))
    monkeypatch.setattr(descent, "FIRST", 1)
    finding = descent.run("quick", (0,), ignore)
    losses = dict(zip(finding.data["split"].values, finding.data["loss"].values[0], strict=True))
    for rate in descent.RATES:
        fell = np.diff(losses[f"rate {rate:g}"]) < 0
        assert values(finding)[f"steps at which the loss fell, first 1 epochs, rate {rate:g}"][0] == pytest.approx(100 * fell[:20].mean())
    train, _ = pair((64, 8, 10))
    points = recorded(train, 0.1, 3, 0)
    assert losses["rate 0.1"][3] == pytest.approx(measured(whole(train), points[3])[0], rel=1e-5)


@pytest.mark.parametrize(("falls", "end", "shown"), [
    (120, 0.1, True), (185, 0.1, False), (195, 0.1, False), (120, 1.0, False), (120, math.nan, False), (20, None, False)])
def test_a_large_rate_must_fall_seldom_and_train_all_the_same(falls, end, shown, monkeypatch):
    """At the small rates the loss falls at 100 and 95 % of the steps; a run that diverges stops early."""
    def made(objective, rate):
        fell = np.arange(601) <= {0.02: 600, 0.1: 190, 0.6: falls}[rate]
        loss = np.linspace(2.0, 0.1 if rate < 0.6 or end is None else end, 601)
        ds = xr.Dataset({"fell": ("step", fell), "loss": ("step", loss)})
        return ds.isel(step=slice(30)) if rate == 0.6 and end is None else ds

    monkeypatch.setattr(descent, "recorded", lambda train, rate, steps, seed: rate)
    monkeypatch.setattr(descent, "monotonicity", made)
    assert descent.run("quick", (0, 1), ignore).shown is shown


def test_ten_small_steps_cross_no_valley(monkeypatch):
    monkeypatch.setitem(valleys.SETTINGS, "quick", (10, 12, 3))
    monkeypatch.setattr(valleys, "RATES", (0.01,))
    finding = valleys.run("quick", (0,), ignore)
    assert not finding.shown and values(finding)["steps with the minimum inside, loss of all data, steps 1 to 10, rate 0.01"] == (0.0,)


def test_the_ramp_goes_from_the_small_rate_to_the_scaled_one():
    assert [linear_scaling.ramped(step, factor=4, steps=10) for step in (0, 5, 10, 99)] == [0.25, 0.625, 1.0, 1.0]


def test_a_rule_that_does_nothing_closes_no_gap(monkeypatch):
    monkeypatch.setitem(linear_scaling.SETTINGS, "quick", (1, 0.02, 10, (1, 16)))
    monkeypatch.setattr(linear_scaling, "measured", lambda objective, point: (1.0, 3.0))
    finding = linear_scaling.run("quick", (0,), ignore)
    assert values(finding)["gap in test error at batch 160, same rate"] == (0.0,)
    assert not finding.shown, "where there is no gap, none is closed"


def test_the_variance_within_groups_is_all_or_nothing_where_it_is_known():
    key = np.repeat([1.0, 2.0, 4.0], 3)
    assert temperature.within(key * 2, key) == 0
    assert temperature.within(np.tile([1.0, 5.0, 9.0], 3), key) == pytest.approx(96 / 6 / (96 / 8))
    assert temperature.within(np.array([1, 1, np.nan, 2, 2, 2, 4, 4, 4.0]), key) == 0
    draws = np.random.default_rng(0).normal(size=(400, 9))
    assert np.mean([temperature.within(row, key) for row in draws]) == pytest.approx(1, abs=0.05)
    assert temperature.rank(np.array([1.0, 2, 3]), np.array([3.0, np.nan, 1])) == -1


def test_the_equal_loss_is_looked_for_within_epochs(monkeypatch):
    monkeypatch.setattr(temperature, "EQUAL", 1.5)
    found = temperature._one(0.2, 10, 2, (64, 16, 10), 0)
    train, _ = pair((64, 16, 10), batch=10)
    points = recorded(train, 0.2, 200, 0)
    losses = {step: measured(whole(train), points[step])[0] for step in range(0, 100, temperature.LOOK)}
    first = next(step for step, value in losses.items() if value <= 1.5)
    assert 0 < first < 100 and found[temperature.REACHED] == pytest.approx(losses[first], rel=1e-5) and len(found["losses"]) == 3
    assert found[temperature.LATER] == pytest.approx(temperature.sharpest(whole(train), points[first]), rel=1e-2)
    assert np.isnan(temperature._one(0.01, 100, 1, (64, 16, 10), 0)[temperature.REACHED])


def test_rank_correlations_that_are_not_known_show_nothing(monkeypatch):
    monkeypatch.setattr(batch_switch, "clear", lambda gains: True)
    monkeypatch.setattr(batch_switch, "rank", lambda a, b: -0.9 if np.isfinite(b).all() else math.nan)
    for lost, shown in ((None, True), (1, False)):
        monkeypatch.setattr(batch_switch, "_one", lambda name, k, seed, lost=lost: (1.0, math.nan if seed == lost else 1.0, 2.0))
        assert batch_switch.run("quick", (0, 1), ignore).shown is shown


def test_a_gain_is_clear_beyond_two_standard_errors():
    assert batch_switch.clear(np.array([1.0, 1.1, 0.9])) and not batch_switch.clear(np.array([-0.38, 0.88, 0.38]))
    assert not batch_switch.clear(np.array([5.0])) and not batch_switch.clear(np.array([1.0, np.nan]))


def test_a_run_is_stopped_where_the_loss_is_reached():
    train, _ = pair((64, 16, 10), batch=100)
    everything = whole(train)
    point = batch_switch.reached(train, everything, None, sgd(0.3), 1.0, 0)
    assert measured(everything, point)[0] <= 1.0 < measured(everything, recorded(train, 0.3, 10, 0)[10])[0]
    assert batch_switch.reached(train, everything, point, sgd(0.3), 1.0, 0) is not None


def test_dead_and_equal_units_stay_so(monkeypatch):
    monkeypatch.setitem(dead_units.SETTINGS, "quick", (1, (64, 8, 8, 10)))
    finding = dead_units.run("quick", (0,), ignore)
    found = values(finding)
    assert found["training error, biases −20"][0] == 90 and found["training loss, biases −20"][0] == pytest.approx(math.log(10), rel=1e-2)
    assert list(dataset(finding)["split"].values) == list(dead_units.STARTS) and drawn(finding).panels
    train, _ = pair((64, 8, 8, 10), batch=50)
    end = la.fit(train, init=dead_units.started(train, "equal weights"), optimizer=sgd(0.05, 0.9), steps=20).point
    assert torch.allclose(end["1.weight"], end["1.weight"][:1].expand_as(end["1.weight"])), "units that start equal stay equal"
