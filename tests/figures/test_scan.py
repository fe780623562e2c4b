"""Scans as plain data: a panel per quantity over a logarithmic coordinate, with what marks nothing special."""

import json

import numpy as np
import pytest
from drawn import line, scan

from lossatlas import figures
from lossatlas.errors import InputError
from lossatlas.figures.figure import Band, Figure, Line, Rule


def test_a_scan_has_a_panel_per_estimate_and_the_loss_over_a_log_coordinate():
    ds = scan()
    figure = figures.scan(ds)
    assert [panel.y.label for panel in figure.panels] == ["share of positive eigenvalues", "trace / Frobenius norm", "loss"]
    assert [panel.y.scale for panel in figure.panels] == ["linear", "linear", "log"]
    assert {panel.x.scale for panel in figure.panels} == {"log"} and len({panel.x for panel in figure.panels}) == 1
    share = figure.panels[0]
    assert np.array_equal(share.find(Line)[0].x, ds["radius"]) and np.array_equal(share.find(Line)[0].y, ds["fraction_positive"])
    assert np.allclose(share.find(Band)[0].high - share.find(Line)[0].y, 1.96 * 0.02)
    low, high = share.x.limits
    assert low < 0.1 and high > 30 and 1 in share.x.ticks


def test_references_and_the_initialization_are_marked():
    panels = figures.scan(scan()).panels
    across = [[rule.at for rule in panel.find(Rule) if rule.across == "y"] for panel in panels]
    along = [[rule.at for rule in panel.find(Rule) if rule.across == "x"] for panel in panels]
    assert across == [[0.5], [0.0], []] and along == [[1.0]] * 3
    assert [rule.label for rule in panels[0].find(Rule) if rule.across == "x"] == ["initialization"]
    beside = scan().sel(radius=slice(2, None))
    assert not [rule for rule in figures.scan(beside).panels[0].find(Rule) if rule.across == "x"]
    high = scan()
    high["fraction_positive"] = high["fraction_positive"] + 0.3
    low, _ = figures.scan(high).panels[0].y.limits
    assert low < 0.5  # the reference is in the picture


def test_the_caption_of_a_scan():
    said = figures.scan(scan()).caption
    for words in ("random subspaces of 50 dimensions", "Bands reach 1.96 standard errors",
                  "Largest standard error of the trace / Frobenius norm: 0.2.",
                  "0.5 of the share of positive eigenvalues (as many positive as negative ones)", "BatchNorm: eval", "400 examples."):
        assert words in said, words
    assert "4 independent repeats." in figures.scan(scan(repeat=4)).caption


def test_repeats_of_a_scan_are_a_median_and_a_range():
    panel = figures.scan(scan(repeat=3), quantities="fraction_positive").panels[0]
    *thin, median = panel.find(Line)
    assert len(thin) == 3
    assert np.allclose(median.y, 1.05 * scan()["fraction_positive"])
    assert np.allclose(panel.find(Band)[0].high, 1.1 * scan()["fraction_positive"])


def test_any_scan_with_one_coordinate_is_drawn():
    ds = line().rename(alpha="step").assign_attrs(kind="scan")
    figure = figures.auto(ds)
    assert [panel.y.label for panel in figure.panels] == ["loss"] and figure.panels[0].x.scale == "linear"
    assert [panel.y.label for panel in figures.auto(ds, quantity="accuracy").panels] == ["accuracy"]
    bare = scan().drop_vars(["fraction_positive_stderr", "trace_over_norm_stderr", "loss"])
    assert len(figures.scan(bare).panels) == 3
    single = scan(1)
    assert figures.scan(single).panels[0].x.limits[0] < float(single["radius"][0]) < figures.scan(single).panels[0].x.limits[1]


def test_a_value_without_a_place_is_hatched_and_counted():
    ds = scan()
    ds["fraction_positive"][2] = np.nan
    figure = figures.scan(ds)
    assert "1 of 9 points is not finite" in figure.caption
    assert np.isnan(figure.panels[0].find(Line)[0].y[2])


def test_what_is_no_scan_is_refused():
    with pytest.raises(InputError, match=r"write figures\.profile"):
        figures.scan(line())
    with pytest.raises(InputError, match="did you mean 'norm'"):
        figures.scan(scan(), quantities=["norn"])
    with pytest.raises(InputError, match="got no variables"):
        figures.scan(scan().drop_vars(list(scan().data_vars)))


def test_a_scan_survives_strict_json():
    figure = figures.scan(scan(repeat=2))
    assert Figure.from_dict(json.loads(json.dumps(figure.to_dict(), allow_nan=False))) == figure
