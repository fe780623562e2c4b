"""Drawn spectra, scans and eigenvalue maps: ink where the data says, names that are whole, the same bytes twice."""

import itertools

import matplotlib
import numpy as np
import pytest
from drawn import eigenmap, scan, spectrum

from lossatlas import figures
from lossatlas.figures.figure import Axis, Bars, Figure, Heatmap, Panel, Ticks
from lossatlas.render import mpl
from lossatlas.render.palette import norm

FIGURES = {
    "density": lambda: figures.spectrum(spectrum(unconverged=2)),
    "stems": lambda: figures.spectrum(spectrum(density=False, top=15)),
    "layers": lambda: figures.spectrum(spectrum(layers=9)),
    "map": lambda: figures.slice(eigenmap(unconverged=[(2, 3)]), draw="heatmap"),
    "contours of a map": lambda: figures.slice(eigenmap(unconverged=[(2, 3)]), quantity="lambda_min"),
    "surface of a map": lambda: figures.slice(eigenmap(unconverged=[(2, 3)]), draw="surface"),
    "scan": lambda: figures.scan(scan(repeat=3)),
}


@pytest.mark.parametrize("form", FIGURES)
def test_the_same_figure_gives_the_same_bytes(form, tmp_path):
    figure = FIGURES[form]()
    first = figure.save(tmp_path / "a.svg").read_bytes()
    with matplotlib.rc_context({"font.size": 20, "hatch.linewidth": 4}):
        assert Figure.from_dict(figure.to_dict()).save(tmp_path / "b.svg").read_bytes() == first


@pytest.mark.parametrize("form", FIGURES)
def test_nothing_leaves_the_sheet_and_legends_stay_apart(form):
    sheet = mpl.draw(FIGURES[form]())
    renderer, legends = sheet.canvas.get_renderer(), []
    frame = sheet.bbox
    for axes in sheet.axes:
        box = axes.get_tightbbox(renderer)
        assert box.x0 >= frame.x0 - 1 and box.x1 <= frame.x1 + 1 and box.y0 >= frame.y0 - 1 and box.y1 <= frame.y1 + 1
        if axes.get_legend():
            legends.append(axes.get_legend().get_window_extent(renderer))
    assert not any(a.overlaps(b) for k, a in enumerate(legends) for b in legends[:k])


@pytest.mark.parametrize("layers", [3, 21, 60])
def test_names_of_layers_are_whole_and_do_not_touch(layers):
    ds = spectrum(layers=layers)
    ds = ds.assign_coords(layer=[f"transformer.{name}.attention" for name in ds["layer"].values])
    sheet = mpl.draw(figures.spectrum(ds))
    axes, renderer = sheet.axes[1], sheet.canvas.get_renderer()
    assert [text.get_text() for text in axes.get_yticklabels()] == list(ds["layer"].values)
    boxes = [text.get_window_extent(renderer) for text in axes.get_yticklabels()]
    assert min(box.x0 for box in boxes) >= 0
    assert all(upper.y0 >= lower.y1 - 0.5 for upper, lower in itertools.pairwise(boxes))
    assert not sheet.axes[2].get_yticklabels()  # the same rows


def test_the_density_takes_the_whole_row_above_the_layers():
    sheet = mpl.draw(figures.spectrum(spectrum(layers=5)))
    density, eigenvalues, traces = (axes.get_position() for axes in sheet.axes)
    assert density.x1 == pytest.approx(traces.x1) and density.x0 < eigenvalues.x0 and density.y0 > eigenvalues.y1
    assert (eigenvalues.y0, eigenvalues.y1) == pytest.approx((traces.y0, traces.y1))


def test_a_symlog_axis_has_no_kink():
    """Just inside and just outside the threshold a step takes the same room on paper."""
    axes = mpl.draw(FIGURES["density"]()).axes[0]
    assert axes.get_xscale() == "symlog"
    t = 0.05

    def at(x):
        return axes.transData.transform((x, 1.0))[0]

    assert at(t) - at(t * 0.999) == pytest.approx(at(t * 1.001) - at(t), rel=2e-3)
    assert at(10) - at(1) == pytest.approx(at(1) - at(0.1))


def test_stems_and_their_bounds_stand_where_they_should():
    mark = Ticks([1.0, 2.0], [3.0, 4.0], 0.5, [0.5, -np.inf], [1.5, np.inf], "x")
    panel = Panel((mark,), Axis(limits=(0, 5)), Axis(limits=(0, 5)))
    axes = mpl.draw(Figure((panel,))).axes[0]
    stems, bounds = (np.array(lines.get_segments()).tolist() for lines in axes.collections)
    assert stems == [[[1, 0.5], [1, 3]], [[2, 0.5], [2, 4]]]
    assert bounds == [[[0.5, 3], [1.5, 3]], [[0, 4], [5, 4]]]  # an infinite bound ends at the frame


def test_bars_reach_from_zero_to_their_value_in_their_row():
    rows = Axis(limits=(1.6, -0.6), ticks=(0.0, 1.0), tick_labels=("a", "b"))
    panel = Panel((Bars([3.0, -1.0], [0.0, 1.0]),), Axis(limits=(-2, 4)), rows)
    axes = mpl.draw(Figure((panel,))).axes[0]
    found = [(bar.get_x(), bar.get_x() + bar.get_width(), bar.get_y() + bar.get_height() / 2) for bar in axes.patches]
    assert found == [pytest.approx((0, 3, 0)), pytest.approx((0, -1, 1))]


def test_colours_that_diverge_are_white_at_the_centre_whatever_the_ends():
    axis = Axis("z", limits=(-30.0, 10.0), center=0.0)
    assert float(norm(axis)(0.0)) == 0.5 and (norm(axis).vmin, norm(axis).vmax) == (-30, 30)
    values = np.array([[-30.0, 0.0, 10.0]])
    mark = Heatmap([0.0], [0.0, 1.0, 2.0], values)
    sheet = mpl.draw(Figure((Panel((mark,), Axis(limits=(-0.5, 0.5)), Axis(limits=(-0.5, 2.5)), axis),)))
    field, bar = sheet.axes
    red, _, blue, _ = field.collections[0].to_rgba(values).reshape(3, 4).T
    assert blue[0] > red[0] and min(red[1], blue[1]) > 0.9 and red[2] > blue[2]
    assert bar.get_ylim() == pytest.approx((-30, 10))
