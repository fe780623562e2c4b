"""Figures are plain data: what is drawn where, at which levels, with which words, is checked without drawing."""

import itertools
import math

import numpy as np
import pytest
import xarray as xr
from drawn import ATTRS, line, plane, spectrum

from lossatlas import figures
from lossatlas.errors import InputError
from lossatlas.figures.figure import Contour, Heatmap, Holes, Line, Points, Surface
from lossatlas.figures.scales import contour_levels, number, round_values
from lossatlas.lattice import coarse_first

# --- positions ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("draw", "kind"), [("contour", Contour), ("heatmap", Heatmap), ("surface", Surface)])
@pytest.mark.parametrize("order", [("alpha", "beta"), ("beta", "alpha")])
def test_every_value_lies_at_its_coordinates(draw, kind, order):
    ds = plane(5, 3)
    ds["loss"] = (("alpha", "beta"), 1.0 + 10 * np.arange(5)[:, None] + np.arange(3)[None, :])
    (mark,) = figures.slice(ds.transpose(*order), draw=draw).panels[0].find(kind)
    assert mark.z.shape == (5, 3)
    for i, a in enumerate(mark.x):
        for j, b in enumerate(mark.y):
            assert mark.z[i, j] == ds["loss"].sel(alpha=a, beta=b).item() == 1 + 10 * i + j


def test_other_dim_names_keep_the_order_of_the_variable():
    ds = plane().rename(alpha="u", beta="v")
    drawn = figures.slice(ds).panels[0]
    assert (drawn.x.label, drawn.y.label) == ("u", "v")
    assert len(drawn.find(Contour)[0].x) == 5


def test_transposed_values_are_refused():
    with pytest.raises(InputError, match=r"shape \(3, 5\).*\(5, 3\)"):
        Contour(np.arange(5), np.arange(3), np.zeros((3, 5)))


def test_labels_carry_units_and_the_range_is_the_coordinates():
    drawn = figures.slice(plane()).panels[0]
    assert drawn.z.label == "cross-entropy (nats)"
    assert (drawn.x.label, drawn.y.label) == ("α", "β")
    assert (drawn.x.limits, drawn.y.limits, drawn.equal) == ((-1, 1), (-0.5, 0.5), True)


# --- levels and scales --------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(
    ("low", "high"), [(2.0, 3.0), (1.0, 4.0), (0.9, 12.0), (0.05, 5.0), (0.05, 1e3), (1e-6, 1e2), (1e-30, 1e30)]
)
def test_log_levels_are_round_and_neither_few_nor_many(low, high):
    levels = contour_levels(low, high, "log", None)
    assert 6 <= len(levels) <= 16
    assert all(low < a < b < high for a, b in itertools.pairwise(levels))
    assert all(float(f"{level:.2g}") == level for level in levels)
    steps = np.diff(np.log(levels)) if high / low > 20 else np.diff(levels)
    assert steps.max() / steps.min() < 2.5  # no stretch of the range without levels


def test_levels_within_decades_are_one_two_five():
    assert round_values(0.1, 100, "log", wanted=10) == (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


def test_linear_levels_are_round():
    assert round_values(0.0, 1.0, "linear") == tuple(k / 10 for k in range(11))
    assert round_values(-3.0, 7.0, "linear") == tuple(range(-3, 8))


@pytest.mark.parametrize(
    ("value", "text"), [(0.05, "0.05"), (200.0, "200"), (2e6, "2·10⁶"), (1e-7, "10⁻⁷"), (1e4, "10⁴"), (0.0, "0")]
)
def test_labels_are_short(value, text):
    assert number(value) == text


def test_a_positive_loss_is_log_and_others_linear():
    ds = plane()
    ds["accuracy"] = 1 / (1 + ds["loss"])
    assert figures.slice(ds).panels[0].z.scale == "log"
    assert figures.slice(ds, quantity="accuracy").panels[0].z.scale == "linear"
    ds["loss"] = ds["loss"] - 10
    assert figures.slice(ds).panels[0].z.scale == "linear"


def test_an_asked_log_scale_makes_holes_of_zeros_and_says_so():
    ds = plane()
    ds["loss"][0, 0] = 0.0
    figure = figures.slice(ds, scale="log")
    (holes,) = figure.panels[0].find(Holes)
    assert np.argwhere(holes.mask).tolist() == [[0, 0]]
    assert "1 of 15 values are zero or negative" in figure.caption
    with pytest.raises(InputError, match="scale='linear'"):
        figures.slice(plane().map(lambda v: -v if v.dtype == float else v, keep_attrs=True).assign_attrs(ATTRS), scale="log")


def test_given_levels_are_used_and_checked():
    mark = figures.slice(plane(), levels=(0.1, 1, 30)).panels[0].find(Contour)[0]
    assert mark.levels == (0.1, 1, 30)
    assert mark.labels == ("0.1", "1", "30")
    for wrong in ((1, 1), (3, 2), (), (math.nan,), (0, 1)):
        with pytest.raises(InputError, match="levels"):
            figures.slice(plane(), levels=wrong)


def test_a_flat_surface_has_no_levels_and_says_so():
    ds = plane()
    ds["loss"] = 0 * ds["loss"] + 2.5
    figure = figures.slice(ds)
    assert figure.panels[0].find(Contour)[0].levels == ()
    assert "Every drawn value is 2.5." in figure.caption


def test_a_single_measured_value_has_a_short_label():
    ds = plane().isel(alpha=[2], beta=[1])
    ds["loss"][:] = 0.014397506527
    figure = figures.slice(ds, draw="heatmap")
    assert figure.panels[0].z.tick_labels == ("0.0144",) and "Every drawn value is 0.0144." in figure.caption


# --- holes and sweeps in progress -------------------------------------------------------------------------------------------

@pytest.mark.parametrize("draw", ["contour", "heatmap", "surface"])
def test_holes_are_where_values_are_not_finite_and_are_counted(draw):
    ds = plane(negative_variance={"layer1.0.bn1": 2})
    ds["loss"][4, 0], ds["loss"][0, 2], ds["loss"][1, 1] = np.nan, np.inf, -np.inf
    figure = figures.slice(ds, draw=draw)
    (holes,) = figure.panels[0].find(Holes)
    assert np.argwhere(holes.mask).tolist() == [[0, 2], [1, 1], [4, 0]]
    assert holes.why == "bad"
    assert "3 of 15 points are not finite" in figure.caption
    assert "layer1.0.bn1 (2 points)" in figure.caption
    drawn = figure.panels[0].marks[0]
    assert math.isinf(drawn.z[0, 2])  # raw values: nothing filled in
    assert figure.panels[0].z.limits[1] < math.inf


def test_a_point_without_holes_has_no_word_about_them():
    caption = figures.slice(plane()).caption
    assert "not finite" not in caption
    assert "In progress" not in caption


def test_a_sweep_in_progress_says_how_far_it_is_and_is_no_failure():
    ds = plane(5, 3)
    done = np.zeros((5, 3), bool)
    done[::2] = True
    ds["done"] = (("alpha", "beta"), done)
    ds["loss"] = ds["loss"].where(ds["done"])
    heat = figures.slice(ds, draw="heatmap")
    assert "9 of 15 points done" in heat.caption
    assert "not finite" not in heat.caption
    (holes,) = heat.panels[0].find(Holes)
    assert holes.why == "missing"
    assert (holes.mask == ~done).all()
    contour = figures.slice(ds)
    assert contour.panels[0].find(Contour)[0].x.tolist() == [-1, 0, 1]  # the sub-lattice that is done
    assert contour.panels[0].find(Holes) == []
    assert "3 × 3 lattice" in contour.caption


def test_lattices_that_differ_between_sheets_are_not_told_as_one():
    ds = plane(5, 3, repeat=2)
    done = np.ones((2, 5, 3), bool)
    ds["done"] = (("repeat", "alpha", "beta"), done)
    assert "lattice" not in figures.slice(ds).caption
    done[1, 1::2] = False
    ds["done"] = (("repeat", "alpha", "beta"), done)
    assert "Each is drawn on the lattice that is done so far, 3 × 3 to 5 × 3." in figures.slice(ds).caption


@pytest.mark.parametrize("share", [0.0, 0.01, 0.1, 0.3, 0.7, 0.999])
def test_contours_of_an_unfinished_sweep_use_only_points_that_are_done(share):
    ds, order = plane(21, 13), coarse_first((21, 13))
    done = np.zeros((21, 13), bool)
    done[tuple(order[: int(share * len(order))].T)] = True
    ds["done"] = (("alpha", "beta"), done)
    figure = figures.slice(ds)  # values that are not done are ignored even where the store holds some
    mark = figure.panels[0].find(Contour)[0]
    assert f"{done.sum()} of 273 points done" in figure.caption
    kept = np.ix_(np.isin(ds.alpha, mark.x), np.isin(ds.beta, mark.y))
    assert (np.isfinite(mark.z) == done[kept]).all()
    if share >= 0.3:
        assert np.isfinite(mark.z).mean() > 0.6


# --- the caption -------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(
    ("attrs", "words"),
    [
        ({}, "Seed 7."),
        ({}, "BatchNorm: recompute (statistics re-estimated at each point)."),
        ({}, "2,000 examples."),
        ({"n_examples": {"train": 50, "test": 10}}, "Examples: 50 train, 10 test."),
        ({}, "Cosine of the axes: 0.012."),
        ({"axes_cosine": [0.5, -0.25]}, "Cosine of the axes: 0.5, −0.25."),
        ({}, "A random plane shows 2 of 272,474 directions."),
        ({"n_moved": 270000}, "2 of 272,474 directions (270,000 parameters move)."),
        ({"family": "plane through points"}, "This plane shows 2 of 272,474 directions."),
        ({}, "Filter-normalized directions, zero for bias and norm."),
        ({"normalize": "none", "ignore": []}, "Directions without normalization."),
        ({}, "Largest relative standard error of the loss: 4 %."),
        ({"auto_range": {"multiple": 5.0, "notes": []}}, "Range: to 5 times the loss of the centre."),
        ({"auto_range": {"multiple": 5.0, "notes": []}, "splits": ["train", "test"], "layers": 3},
         "Range: to 5 times the loss of the centre (of the whole slice, of train)."),
        ({"notes": ["bf16 was asked for"]}, "bf16 was asked for."),
    ],
)
def test_the_caption_says(attrs, words):
    assert words in figures.slice(plane(**attrs)).caption


def test_what_is_not_recorded_is_said_to_be():
    ds = plane()
    ds.attrs = {}
    caption = figures.slice(ds).caption
    for words in ("Seed not recorded", "BatchNorm policy not recorded", "Number of examples not recorded",
                  "Cosine of the axes not recorded", "2 of all (number not recorded) directions"):
        assert words in caption


# --- repeats, splits, points ------------------------------------------------------------------------------------------------

def test_repeats_share_levels_and_colours_and_end_with_the_spread():
    figure = figures.slice(plane(repeat=3))
    *planes, spread = figure.panels
    assert [panel.title for panel in planes] == ["plane 1", "plane 2", "plane 3"]
    assert figure.columns == 4
    assert len({panel.z for panel in planes}) == 1
    assert len({panel.find(Contour)[0].levels for panel in planes}) == 1
    ratio = planes[2].find(Contour)[0].z / planes[0].find(Contour)[0].z
    assert np.allclose(ratio, 3)
    assert np.allclose(spread.find(Contour)[0].z, 3)
    assert "max / min" in spread.z.label
    assert "3 independent planes; max / min over them: median 3, at most 3." in figure.caption


def test_the_spread_of_a_linear_quantity_is_a_standard_deviation():
    figure = figures.slice(plane(repeat=2), scale="linear", draw="heatmap")
    first = figure.panels[0].find(Heatmap)[0].z
    assert np.allclose(figure.panels[-1].find(Heatmap)[0].z, first / math.sqrt(2))


def test_a_hole_in_one_repeat_is_a_hole_of_the_spread():
    ds = plane(repeat=2)
    ds["loss"].loc[{"repeat": 1, "alpha": -1, "beta": 0}] = np.nan
    figure = figures.slice(ds, draw="heatmap")
    assert [int(panel.find(Holes)[0].mask.sum()) if panel.find(Holes) else 0 for panel in figure.panels] == [0, 1, 1]
    assert "1 of 30 points is not finite" in figure.caption


def test_one_repeat_is_an_ordinary_slice():
    figure = figures.slice(plane(repeat=1))
    assert len(figure.panels) == 1
    assert figure.panels[0].title == ""


def test_splits_are_panels_of_their_own():
    ds = plane(split=2)
    ds["center_loss"] = ("split", [0.1, 0.2])
    figure = figures.slice(ds)
    assert [panel.title for panel in figure.panels] == ["train", "test"]
    train, test = (panel.find(Contour)[0].z for panel in figure.panels)
    assert np.allclose(test, 10 * train)
    assert "loss 0.2" in figure.panels[1].find(Points)[0].label


def test_repeats_and_splits_are_a_row_per_split():
    figure = figures.slice(plane(repeat=2, split=2))
    titles = [panel.title for panel in figure.panels]
    assert titles == ["train, plane 1", "train, plane 2", "train, spread over 2 planes",
                      "test, plane 1", "test, plane 2", "test, spread over 2 planes"]
    assert figure.columns == 3


def test_a_hole_in_both_splits_is_one_point():
    ds = plane(split=2)
    ds["loss"].loc[{"alpha": -1, "beta": 0}] = np.nan
    assert "1 of 15 points is not finite" in figures.slice(ds).caption


def test_the_trained_point_is_marked_with_its_loss():
    (star,) = figures.slice(plane(center_loss_stderr=1)).panels[0].find(Points)
    assert (star.x.tolist(), star.y.tolist(), star.marker) == ([0], [0], "star")
    assert star.label == "trained point: loss 0.123"
    away = plane().assign_coords(alpha=np.linspace(1, 2, 5))
    assert figures.slice(away).panels[0].find(Points) == []
    without = plane().drop_vars("center_loss")
    without["loss"].loc[{"alpha": 0, "beta": 0}] = 0.0587
    assert "0.0587" in figures.slice(without).panels[0].find(Points)[0].label  # the value of the lattice at (0, 0)


@pytest.mark.parametrize(("draw", "words"), [("contour", "the field around it is interpolated"), ("surface", "the field around it is"),
                                              ("heatmap", "the cells around it are other points")])
def test_a_trained_point_beside_the_lattice_is_said_to_be(draw, words):
    figure = figures.slice(plane(4, 6), draw=draw)
    assert len(figure.panels[0].find(Points)) == 1 and f"The trained point is not on the lattice; {words}" in figure.caption
    assert "on the lattice" not in figures.slice(plane(5, 3), draw=draw).caption
    away = plane(4, 6).assign_coords(alpha=np.linspace(1, 2, 4))
    assert "on the lattice" not in figures.slice(away, draw=draw).caption, "it is not in the picture"
    both = figures.compare({"a": plane(4, 6), "b": plane(4, 6)}, draw=draw).caption
    assert both.count("not on the lattice") == 1


def test_a_trained_point_whose_loss_is_not_finite_says_so():
    assert figures.slice(plane().assign(center_loss=np.inf)).panels[0].find(Points)[0].label == "trained point: loss not finite"
    assert figures.slice(plane(4, 6).drop_vars("center_loss")).panels[0].find(Points)[0].label == "trained point"


def test_points_are_in_surface_units_with_their_residual():
    points = xr.Dataset({
        "alpha": ("point", [0.25, 3.0]), "beta": ("point", [-0.5, 0.1]), "off_slice": ("point", [2.0, 8.0]),
        "relative_off_slice": ("point", [0.2, 0.8]), "loss": ("point", [0.3, 0.4]),
        "plane_loss": ("point", [5.0, 6.0]), "label": ("point", ["a", "b"]),
    })
    figure = figures.slice(plane(), points=points, draw="surface")
    mark = figure.panels[0].find(Points)[0]
    assert (mark.x.tolist(), mark.y.tolist(), mark.z.tolist()) == ([0.25, 3.0], [-0.5, 0.1], [5.0, 6.0])
    assert mark.texts == ("a", "b")
    assert mark.shade.tolist() == [0.25, 1.0]
    assert figure.panels[0].x.limits[1] > 3.0  # widened, not clipped
    assert figure.panels[0].y.limits == (-0.5, 0.5)
    assert "2 points projected on the plane; off-slice residual 2 to 8; relative off-slice residual 0.2 to 0.8; " in (
        figure.caption
    )
    assert "true loss 0.3 to 0.4 against 5 to 6 on the plane" in figure.caption
    with pytest.raises(InputError, match="no 'beta'"):
        figures.slice(plane(), points=points.drop_vars("beta"))
    with pytest.raises(InputError, match="isel"):
        figures.slice(plane(repeat=2), points=points)


# --- comparing ---------------------------------------------------------------------------------------------------------------

def test_compared_slices_share_levels_and_colours_and_say_what_differs():
    figure = figures.compare({"with": plane(), "without": plane(high=1e6, seed=8)})
    assert [panel.title for panel in figure.panels] == ["with", "without"]
    assert figure.panels[0].z == figure.panels[1].z
    assert figure.panels[0].z.limits == pytest.approx((0.05, 1e6))
    assert figure.panels[0].find(Contour)[0].levels == figure.panels[1].find(Contour)[0].levels
    assert figure.caption.count("2,000 examples") == 1
    assert "with: Seed 7." in figure.caption
    assert "without: Seed 8." in figure.caption
    with pytest.raises(InputError, match="isel"):
        figures.compare({"a": plane(), "b": plane(repeat=2)})
    with pytest.raises(InputError, match="expected names"):
        figures.compare({})


# --- errors ------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: figures.auto(line(), "contour"), "'contour' for a result of kind 'profile'; expected profile"),
        (lambda: figures.auto(plane(), "surfaces"), "did you mean 'surface'"),
        (lambda: figures.auto(plane(), mark="evaluated"), "this result is no survey"),
        (lambda: figures.auto(spectrum(), mark="evaluated"), "a spectrum, in which every value was measured; leave mark out"),
        (lambda: figures.slice(line()), "write figures.profile"),
        (lambda: figures.profile(plane()), "write figures.slice"),
        (lambda: figures.slice(plane(), draw="counter"), "did you mean 'contour'"),
        (lambda: figures.slice(plane(), scale="logg"), "did you mean 'log'"),
        (lambda: figures.slice(plane(), quantity="lost"), "did you mean 'loss'"),
        (lambda: figures.profile(line(), quantities=("acuracy",)), "did you mean 'accuracy'"),
        (lambda: figures.slice(plane(7, 1)), "at least 2 × 2 points; got 7 × 1; write draw='heatmap'"),
        (lambda: figures.slice(np.zeros((3, 3))), "got ndarray"),
        (lambda: figures.slice(plane(kind="sketch")), "kind 'sketch'"),
        (lambda: figures.slice(plane().isel(alpha=[2, 1, 0])), "sortby"),
        (lambda: figures.slice(plane()).save("a.jpg"), "expected one of .png, .svg, .pdf"),
        (lambda: figures.slice(plane()).save("/nowhere/at/all.png"), "folder '/nowhere/at' .* mkdir -p"),
    ],
)
def test_a_wrong_call_gets_one_clear_line(call, words):
    with pytest.raises(InputError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_auto_chooses_by_kind_and_guesses_a_missing_one():
    assert figures.auto(plane()).panels[0].find(Contour)
    assert figures.auto(plane(), "surface").panels[0].find(Surface)
    assert figures.auto(line()).panels[0].find(Line)
    ds = line()
    del ds.attrs["kind"]
    assert figures.auto(ds, quantity="accuracy").panels[0].y.label == "accuracy"
    assert figures.auto(plane(), scale="linear") == figures.slice(plane(), scale="linear") != figures.auto(plane())
    assert figures.auto(line(), scale="linear") == figures.profile(line(), scale="linear") != figures.auto(line())
