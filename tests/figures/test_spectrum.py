"""Spectra as plain data: densities with single eigenvalues in them, eigenvalues alone, layers as bars, and what the caption says."""

import json
import math

import numpy as np
import pytest
from drawn import plane, spectrum

from lossatlas import figures
from lossatlas.errors import InputError
from lossatlas.figures.figure import Band, Bars, Figure, Line, Rule, Ticks
from lossatlas.figures.scales import round_down, symlog_axis


def test_a_density_stands_on_a_symlog_and_a_log_scale_with_its_band_and_floor():
    ds = spectrum()
    panel = figures.spectrum(ds).panels[0]
    assert (panel.x.scale, panel.y.scale) == ("symlog", "log")
    (line,), (band,) = panel.find(Line), panel.find(Band)
    assert np.array_equal(line.x, ds["lambda"]) and np.array_equal(line.y, ds["density"])
    assert np.array_equal(band.low, ds["density_low"]) and np.array_equal(band.high, ds["density_high"])
    single = 1 / (20_000 * 0.05 * math.sqrt(2 * math.pi))
    assert panel.y.limits[0] == pytest.approx(single / 30)
    assert panel.y.limits[1] > float(ds["density_high"].max())
    assert panel.x.limits[0] < float(ds["lambda"].min()) and panel.x.limits[1] > float(ds["lambda"].max())
    assert panel.x.threshold == 0.05  # the kernel is wider than half of the eigenvalues
    assert 0 in panel.x.ticks and min(panel.x.ticks) < -0.05 and max(panel.x.ticks) > 10


def test_stems_reach_the_height_of_one_eigenvalue_and_tell_converged_ones_apart():
    ds = spectrum(unconverged=3)
    converged, others = figures.spectrum(ds).panels[0].find(Ticks)
    assert (converged.filled, others.filled) == (True, False)
    assert np.array_equal(converged.x, ds["eigenvalue"][:7]) and np.array_equal(others.x, ds["eigenvalue"][7:])
    assert np.allclose(converged.y, 1 / (20_000 * 0.05 * math.sqrt(2 * math.pi)))
    assert np.allclose(others.high - others.x, ds["eigenvalue_error"][7:]) and others.of == "x"
    assert "not converged" in others.label and "not converged" not in converged.label


def test_the_height_of_one_eigenvalue_is_what_its_kernel_reaches():
    """Of a matrix with one outlier its exact smoothed density has this height there."""
    ds = spectrum(probes=1)
    n, sigma, at = 20_000, 0.05, ds["lambda"].values
    ds["density"] = ("lambda", np.exp(-((at - 31.0) ** 2) / (2 * sigma**2)) / (n * sigma * math.sqrt(2 * math.pi)))
    height = figures.spectrum(ds).panels[0].find(Ticks)[0].y[0]
    assert height == pytest.approx(float(ds["density"].max()), rel=1e-2)


def test_one_probe_has_no_band_and_says_so():
    figure = figures.spectrum(spectrum(probes=1))
    assert not figure.panels[0].find(Band)
    assert "n_v = 1 probe," in figure.caption and "One probe has no band." in figure.caption


def test_the_caption_says_what_the_density_was_made_with():
    ds = spectrum(unconverged=2, notes=["the first note"])
    said = figures.spectrum(ds).caption
    for words in ("Hessian: backend linearize, 342 products with vectors.", "m = 80 steps, n_v = 4 probes", "width σ = 0.05",
                  "linear within ±0.05, logarithmic beyond", "8 of 10 eigenvalues converged (bounds of the errors: at most 0.66)",
                  "Trace 115 ± 1.3, Frobenius norm 48.5 ± 0.4 (± one standard error).", "Seed 3.",
                  "BatchNorm: eval (running statistics as trained).", "512 examples.", "20,000 parameters.", "the first note."):
        assert words in said, words
    bare = figures.spectrum(spectrum().assign_attrs(kernel_width=None, probes=None, steps=None, n_parameters=None)).caption
    for words in ("width of the kernel", "number of probes", "number of steps", "Number of parameters"):
        assert f"{words} not recorded" in bare, words
    assert "Gauss–Newton" in figures.spectrum(spectrum(operator="ggn")).title
    silent = figures.spectrum(spectrum().drop_vars("eigen_converged"))
    assert "not recorded whether they converged" in silent.caption
    assert [mark.label for mark in silent.panels[0].find(Ticks)] == ["eigenvalue"]


def test_what_was_found_while_measuring_may_be_a_variable():
    ds, names = spectrum(), ("kernel_width", "steps", "probes", "products")
    found = ds.assign({name: float(ds.attrs[name]) for name in names})
    found.attrs = {key: value for key, value in ds.attrs.items() if key not in names}
    assert figures.spectrum(found) == figures.spectrum(ds)


def test_the_ntk_has_as_many_eigenvalues_as_outputs():
    panel = figures.spectrum(spectrum(operator="ntk", outputs=500)).panels[0]
    assert panel.find(Ticks)[0].y[0] == pytest.approx(1 / (500 * 0.05 * math.sqrt(2 * math.pi)))


@pytest.mark.parametrize(("scale", "expected"), [("auto", "symlog"), ("log", "symlog"), ("linear", "linear")])
def test_the_scale_of_the_eigenvalues_can_be_chosen(scale, expected):
    assert figures.spectrum(spectrum(), scale=scale).panels[0].x.scale == expected


def test_eigenvalues_alone_are_stems_from_zero_largest_first():
    ds = spectrum(top=15, density=False, unconverged=4)
    (panel,) = figures.spectrum(ds).panels
    stems = panel.find(Ticks)
    drawn = {int(x): y for mark in stems for x, y in zip(mark.x, mark.y, strict=True)}
    assert [drawn[k] for k in range(1, 16)] == sorted(ds["eigenvalue"].values.tolist(), reverse=True)
    assert sorted(drawn) == list(range(1, 16)) and all(mark.base == 0 and mark.of == "y" for mark in stems)
    assert panel.y.scale == "linear" and panel.y.limits[0] < -0.8 and panel.y.limits[1] > 31
    assert [rule.across for rule in panel.find(Rule)] == ["y"]
    ds["eigenvalue"] = ds["eigenvalue"] ** 3
    wide = figures.spectrum(ds)
    assert wide.panels[0].y.scale == "symlog" and "Scale of the eigenvalue λ: linear within" in wide.caption
    assert figures.spectrum(ds, scale="linear").panels[0].y.scale == "linear"


def test_equal_eigenvalues_have_places_of_their_own():
    ds = spectrum(density=False)
    ds["eigenvalue"][:] = 2.0
    assert sorted(figures.spectrum(ds).panels[0].find(Ticks)[0].x.tolist()) == list(range(1, 11))
    ds["eigenvalue"][:] = 0.0
    low, high = figures.spectrum(ds).panels[0].y.limits
    assert low < high


@pytest.mark.parametrize("layers", [2, 5, 57])
def test_layers_are_rows_from_the_top_with_the_trace_beside(layers):
    ds = spectrum(layers=layers)
    figure = figures.spectrum(ds)
    density, _, eigenvalues, traces = figure.panels
    assert (figure.columns, density.span) == (2, 2)
    assert eigenvalues.y.tick_labels == tuple(ds["layer"].values) and eigenvalues.y == traces.y
    assert eigenvalues.y.limits[0] > eigenvalues.y.limits[1]
    largest = {int(row): x for mark in eigenvalues.find(Bars) if mark.color == 0 for row, x in zip(mark.y, mark.x, strict=True)}
    assert [largest[k] for k in range(layers)] == ds["layer_lambda_max"].values.tolist()
    smallest = {int(row): x for mark in eigenvalues.find(Bars) if mark.color == 1 for row, x in zip(mark.y, mark.x, strict=True)}
    assert [smallest[k] for k in range(layers)] == ds["layer_lambda_min"].values.tolist()
    (bars,) = traces.find(Bars)
    assert np.allclose(bars.high - bars.x, 2 * ds["layer_trace_stderr"])
    converged = ds["layer_converged"].values
    assert {int(row) for mark in eigenvalues.find(Bars) if not mark.filled for row in mark.y} == set(np.flatnonzero(~converged))
    assert (f"{converged.sum()} of {layers} layers converged" in figure.caption) == (not converged.all())


def test_layers_alone_and_layers_without_a_trace():
    ds = spectrum(top=0, density=False, layers=6)
    assert len(figures.spectrum(ds).panels) == 2
    del ds["layer_trace"]
    assert len(figures.spectrum(ds).panels) == 1
    ds = ds.assign_coords(layer=["x" * 80, *ds["layer"].values[1:]])
    assert len(figures.spectrum(ds).panels[0].y.tick_labels[0]) == 40
    ds["layer_lambda_max"][0] = 5000
    assert figures.spectrum(ds).panels[0].x.scale == "symlog"


def test_values_that_are_missing_leave_gaps():
    ds = spectrum(layers=6)
    ds["layer_lambda_max"][2] = np.nan
    ds["eigenvalue"][3] = np.nan
    figure = figures.spectrum(ds)
    assert 2 not in [int(row) for mark in figure.panels[2].find(Bars) if mark.color == 0 for row in mark.y]
    assert sum(len(mark.x) for mark in figure.panels[0].find(Ticks)) == 9
    assert "9 of 10 eigenvalues converged" in figure.caption


def test_the_single_point_of_a_sweep_is_taken_away_and_several_are_refused():
    one = spectrum().expand_dims("point")
    assert figures.spectrum(one) == figures.spectrum(spectrum())
    with pytest.raises(InputError, match=r"dims point.*ds\.isel\(point=0\)"):
        figures.spectrum(spectrum().expand_dims(point=[0, 1]))


def test_what_is_no_spectrum_is_refused():
    with pytest.raises(InputError, match=r"write figures\.slice"):
        figures.spectrum(plane())
    with pytest.raises(InputError, match=r"write figures\.spectrum"):
        figures.slice(spectrum())
    with pytest.raises(InputError, match="did you mean 'linear'"):
        figures.spectrum(spectrum(), scale="liner")
    with pytest.raises(InputError, match="no finite density"):
        figures.spectrum(spectrum(density=False, top=0))
    with pytest.raises(InputError, match="no coordinate 'lambda'"):
        figures.spectrum(spectrum().drop_vars("lambda"))
    with pytest.raises(InputError, match="leave quantity out"):
        figures.auto(spectrum(), quantity="trace")
    with pytest.raises(InputError, match=r"draw is 'contour'.*expected spectrum"):
        figures.auto(spectrum(), "contour")


def test_a_spectrum_survives_strict_json():
    for ds in (spectrum(layers=5, unconverged=2), spectrum(probes=1), spectrum(density=False)):
        figure = figures.auto(ds)
        assert Figure.from_dict(json.loads(json.dumps(figure.to_dict(), allow_nan=False))) == figure


@pytest.mark.parametrize(("low", "high", "threshold"), [
    (-0.9, 31, 0.05), (-1e-8, 3e-4, 5e-7), (-40, 40, 1), (0.0, 5e6, 10), (6, 900, 5), (-0.3, 0.4, 1)])
def test_symlog_ticks_are_round_inside_and_apart(low, high, threshold):
    axis = symlog_axis("", low, high, threshold)
    assert 3 <= len(axis.ticks) <= 11 and list(axis.ticks) == sorted(set(axis.ticks))
    assert all(low <= tick <= high and float(f"{tick:.2g}") == tick for tick in axis.ticks)
    assert (0 in axis.ticks) == (low <= 0 <= high)
    assert not any(0 < abs(tick) < threshold for tick in axis.ticks) or max(-low, high) <= threshold
    assert not any("-" in text for text in axis.tick_labels)


@pytest.mark.parametrize(("value", "down"), [(1.0, 1), (1.99, 1), (2.0, 2), (0.07, 0.05), (9.9e-7, 5e-7), (340, 200)])
def test_round_numbers_below(value, down):
    assert round_down(value) == down
