"""Profiles as plain data: curves, bands, breaks and the words about them."""

import math

import numpy as np
from drawn import line

from lossatlas import figures
from lossatlas.figures.figure import Band, Holes, Line, Rule


def test_a_profile_has_a_panel_per_quantity_with_train_solid_and_test_dashed():
    figure = figures.profile(line(split=2))
    assert [panel.y.label for panel in figure.panels] == ["loss", "accuracy"]
    assert figure.panels[0].x == figure.panels[1].x
    train, test = figure.panels[0].find(Line)
    assert (train.dash, test.dash) == ("solid", "dashed")
    assert np.allclose(test.y, 2 * train.y)
    assert train.color != test.color
    band = figure.panels[0].find(Band)[0]
    assert np.allclose(band.high - train.y, 1.96 * 0.1 * train.y)
    assert [rule.at for rule in figure.panels[0].find(Rule)] == [0, 1]
    assert figure.panels[0].y.scale == "log"
    assert figure.panels[1].y.scale == "linear"
    assert "This line shows 1 of 99 directions." in figure.caption


def test_repeats_of_a_profile_are_a_median_a_range_and_the_lines():
    panel = figures.profile(line(repeat=3), quantities=["loss"]).panels[0]
    *thin, median = panel.find(Line)
    t = np.linspace(-0.5, 1.5, 9)
    assert len(thin) == 3
    assert np.allclose(median.y, 2 * (1 + t**2))
    (band,) = panel.find(Band)
    assert np.allclose(band.low, 1 + t**2)
    assert np.allclose(band.high, 3 * (1 + t**2))


def test_a_profile_breaks_at_what_is_not_finite_and_joins_what_is_done():
    ds = line()
    ds["loss"][2] = np.inf
    ds["done"][5:8] = False
    ds["loss"][5:8] = np.nan
    figure = figures.profile(ds, quantities=("loss",))
    drawn = figure.panels[0].find(Line)[0]
    assert len(drawn.x) == 6
    assert math.isinf(drawn.y[2])
    assert np.flatnonzero(figure.panels[0].find(Holes)[0].mask).tolist() == [2]
    assert "6 of 9 points done" in figure.caption
    assert "1 of 9 points is not finite" in figure.caption


def test_a_log_axis_says_where_a_band_leaves_it():
    ds = line()
    ds["loss_stderr"] = ds["loss"]
    assert "reach below the axis" in figures.profile(ds).caption
    assert "reach below the axis" not in figures.profile(line()).caption
