"""Drawn figures: files of the right size, the same bytes twice, ink where the data says, no torch and no pyplot."""

import struct
import subprocess
import sys

import matplotlib
import numpy as np
import pytest
import xarray as xr

from lossatlas import figures
from lossatlas.errors import InputError
from lossatlas.figures.figure import Axis, Contour, Figure, Heatmap, Panel, Surface
from lossatlas.render import marks, mpl, surface


def dataset(nx=11, ny=7, **attrs):
    x, y = np.linspace(-1, 1, nx), np.linspace(-0.6, 0.6, ny)
    values = 0.05 * 10 ** (4 * (x[:, None] ** 2 + 0.3 * y[None, :] + 0.5 * y[None, :] ** 2))
    ds = xr.Dataset({"loss": (("alpha", "beta"), values)}, {"alpha": x, "beta": y})
    ds.attrs = {"kind": "slice", "seed": 0, "bn": "eval", "n_examples": 10, "family": "random"} | attrs
    return ds


def profile():
    t = np.linspace(-0.5, 1.5, 21)
    ds = xr.Dataset({"loss": ("alpha", 1 + t**2), "loss_stderr": ("alpha", 0.1 + 0 * t)}, {"alpha": t})
    return ds.assign_attrs(kind="profile")


FORMS = {
    "contour": lambda: figures.slice(dataset()),
    "heatmap": lambda: figures.slice(dataset(), draw="heatmap"),
    "surface": lambda: figures.slice(dataset(), draw="surface"),
    "profile": lambda: figures.profile(profile()),
}


def pixels(figure):
    sheet = mpl.draw(figure)
    sheet.canvas.draw()
    return sheet, np.asarray(sheet.canvas.buffer_rgba())[..., :3].astype(int)


@pytest.mark.parametrize(
    ("form", "suffix"), [(form, suffix) for form in FORMS for suffix in (".png", ".svg")] + [("contour", ".pdf")]
)
def test_the_same_figure_gives_the_same_bytes(form, suffix, tmp_path):
    figure = FORMS[form]()
    first = figure.save(tmp_path / f"a{suffix}", dpi=60).read_bytes()
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red", "svg.hashsalt": "other"}):
        again = Figure.from_dict(figure.to_dict()).save(tmp_path / f"b{suffix}", dpi=60).read_bytes()
    assert first == again
    assert len(first) > 4000
    assert first[:5] == {".png": b"\x89PNG\r", ".svg": b"<?xml", ".pdf": b"%PDF-"}[suffix]


def test_the_size_of_a_png_follows_dpi(tmp_path):
    figure = FORMS["heatmap"]()
    inches = mpl.draw(figure).get_size_inches()
    data = figure.save(tmp_path / "a.png", dpi=50).read_bytes()
    assert struct.unpack(">II", data[16:24]) == pytest.approx(inches * 50, abs=1)
    assert figure._repr_png_()[:4] == b"\x89PNG"


def test_the_users_settings_come_back():
    with matplotlib.rc_context({"font.size": 23}):
        mpl.draw(FORMS["contour"]())
        assert matplotlib.rcParams["font.size"] == 23


def test_a_cell_has_its_colour_where_its_coordinates_say():
    """The only bright cell of a non-square heat map is at x[3], y[0]."""
    values = np.full((5, 3), 1.0)
    values[3, 0] = 2.0
    axis = Axis("z", "linear", (1.0, 2.0), (1.0, 2.0), ("1", "2"))
    mark = Heatmap(np.arange(5.0), np.arange(3.0), values)
    sheet, image = pixels(Figure((Panel((mark,), Axis("x", limits=(-0.5, 4.5)), Axis("y", limits=(-0.5, 2.5)), axis),)))
    axes = sheet.axes[0]
    for i in range(5):
        for j in range(3):
            px, py = axes.transData.transform((i, j))
            red = image[image.shape[0] - 1 - round(py), round(px), 0]
            assert (red > 200) == ((i, j) == (3, 0))


def test_contour_lines_stand_at_their_levels_on_a_non_square_grid():
    x, y = np.linspace(0, 4, 9), np.linspace(0, 1, 3)
    mark = Contour(x, y, 10.0 ** (x[:, None] + 0 * y[None, :]), (10.0, 1000.0), ("10", "1000"))
    panel = Panel((mark,), Axis(limits=(0, 4)), Axis(limits=(0, 1)), Axis("z", "log", (1, 1e4), (1.0,), ("1",)))
    axes = mpl.draw(Figure((panel,))).axes[0]
    lines = next(c for c in axes.collections if type(c).__name__ == "QuadContourSet" and not c.filled)
    assert lines.levels.tolist() == [1, 3]  # drawn in decades
    assert [np.unique(path.vertices[:, 0].round(6)).tolist() for path in lines.get_paths()] == [[1.0], [3.0]]


def test_labels_stay_inside_the_frame_and_apart():
    sheet = mpl.draw(figures.slice(dataset(31, 21)))
    axes, renderer = sheet.axes[0], sheet.canvas.get_renderer()
    boxes = [text.get_window_extent(renderer) for text in axes.texts]
    frame = axes.get_window_extent(renderer)
    assert len(boxes) >= 6
    for k, box in enumerate(boxes):
        assert frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
        assert not any(box.overlaps(other) for other in boxes[k + 1 :])


def test_nothing_leaves_the_sheet_however_long_the_caption():
    figure = figures.slice(dataset(notes=["a long note with many words"] + [f"note number {k}" for k in range(60)]))
    sheet = mpl.draw(figure)
    renderer = sheet.canvas.get_renderer()
    for text in sheet.texts:
        box = text.get_window_extent(renderer)
        assert box.x0 >= 0 and box.x1 <= sheet.bbox.x1 and box.y0 >= 0 and box.y1 <= sheet.bbox.y1
    written = " ".join(text.get_text() for text in sheet.texts)
    assert figure.caption in written


def test_a_facet_exists_only_where_all_corners_have_a_value():
    z = np.ones((4, 3))
    z[1, 1] = np.nan
    z[3, 0] = -1.0
    mark = Surface(np.arange(4.0), np.arange(3.0), z)
    quads, _ = surface.facets(mark, Axis("z", "log", (0.1, 10)))
    cells = {tuple(quad[:, :2].min(axis=0)) for quad in quads}
    assert cells == {(2.0, 1.0)}  # of 3 × 2 cells, 4 touch the NaN and 1 the negative value
    assert len(surface.facets(mark, Axis("z", "linear", (-1, 1)))[0]) == 2


def test_a_hole_in_a_heat_map_is_grey_and_its_neighbours_are_not():
    ds = dataset()
    ds["loss"][5, 3] = np.nan
    sheet, image = pixels(figures.slice(ds, draw="heatmap"))
    axes = sheet.axes[0]

    def colour(a, b):
        px, py = axes.transData.transform((a, b))
        around = image[image.shape[0] - 1 - round(py) + np.arange(-9, -5), round(px) + 9]
        return np.ptp(around, axis=1).max()

    assert colour(ds.alpha[5].item(), ds.beta[3].item()) <= 2
    assert colour(ds.alpha[6].item(), ds.beta[4].item()) > 30


def test_colours_of_the_bar_are_the_colours_of_the_bands():
    panel = figures.slice(dataset()).panels[0]
    edges, colors = marks.bands(panel)
    assert edges[1:-1] == list(panel.find(Contour)[0].levels)
    assert len(colors) == len(edges) - 1
    assert len({tuple(color) for color in colors}) == len(colors)


@pytest.mark.parametrize("fill", [np.nan, 2.5, 0.0])
@pytest.mark.parametrize("draw", ["contour", "heatmap", "surface"])
def test_planes_without_values_or_without_relief_can_be_drawn(fill, draw):
    ds = dataset()
    ds["loss"] = xr.full_like(ds["loss"], fill)
    assert len(mpl.to_bytes(figures.slice(ds, draw=draw), "png", dpi=40)) > 2000


def test_a_file_that_cannot_be_written_is_an_input_error(tmp_path):
    (tmp_path / "taken.png").mkdir()
    with pytest.raises(InputError, match="cannot write"):
        FORMS["heatmap"]().save(tmp_path / "taken.png")


def test_drawing_imports_neither_torch_nor_pyplot(tmp_path):
    code = f"""
import sys
import numpy as np, xarray as xr
from lossatlas import figures
assert "matplotlib" not in sys.modules
x = np.linspace(-1, 1, 5)
ds = xr.Dataset({{"loss": (("alpha", "beta"), 1 + x[:, None] ** 2 + x[None, :] ** 2)}}, {{"alpha": x, "beta": x}})
for form in ("contour", "heatmap", "surface"):
    figures.slice(ds, draw=form).save(r"{tmp_path}/" + form + ".png", dpi=40)
print(sorted(name for name in ("torch", "matplotlib.pyplot") if name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_tall_plane_with_equal_units_keeps_them_and_gets_narrow():
    """A unit of x is as long as one of y on paper, whatever the shape."""
    z = np.arange(12.0).reshape(3, 4) + 1
    for high in (1.0, 2.0, 4.0):
        panel = Panel((Contour(np.linspace(0, 1, 3), np.linspace(0, high, 4), z, (5.0,), ("5",)),), Axis("α", limits=(0.0, 1.0)),
                      Axis("β", limits=(0.0, high)), Axis("loss", limits=(1.0, 12.0), ticks=(1.0,), tick_labels=("1",)), equal=True)
        sheet = mpl.draw(Figure((panel,)))
        box = sheet.axes[0].get_position()
        wide, tall = box.width * sheet.get_figwidth(), box.height * sheet.get_figheight()
        assert tall / wide == pytest.approx(high, rel=1e-6) and tall <= 1.6 * 4.6 + 1e-9


def grid(panels, columns):
    axis = Axis("loss", "linear", (1.0, 4.0), (1.0, 2.0), ("1", "2.0000001"))
    mark = Heatmap(np.arange(2.0), np.arange(2.0), np.arange(4.0).reshape(2, 2) + 1)
    return Figure(tuple(Panel((mark,) if k is not None else (), Axis("α", limits=(0, 1)), Axis("β", limits=(0, 1)), axis, str(k))
                        for k in panels), columns=columns)


@pytest.mark.parametrize(("panels", "columns"), [(range(7), 3), (range(31), 6), ([0, 1, 2, 3, None, None, 4, 5], 3), ([0, 1, None, 3], 4)])
def test_bars_tear_no_gaps_into_a_grid_and_cover_nothing(panels, columns):
    boxes = mpl._arrange(figure := grid(panels, columns)).boxes
    lefts = sorted({round(box.left, 9) for box in boxes})
    assert len(lefts) == columns and np.ptp(np.diff(lefts)) < 1e-9, "columns stand at equal distances"
    for k, (box, panel) in enumerate(zip(boxes, figure.panels, strict=True)):
        row = [j for j in range(k + 1, min((k // columns + 1) * columns, len(boxes))) if figure.panels[j].marks]
        assert box.bar == (bool(panel.marks) and not row)
    sheet = mpl.draw(figure)
    renderer = sheet.canvas.get_renderer()
    assert len(sheet.axes) == sum(bool(panel.marks) + box.bar for panel, box in zip(figure.panels, boxes, strict=True))
    for axes in sheet.axes:
        seen = axes.get_tightbbox(renderer)
        assert seen.x0 >= 0 and seen.x1 <= sheet.bbox.x1, "long labels of a bar are not clipped"


def test_planes_of_different_shapes_keep_equal_units_side_by_side():
    other = dataset().assign_coords(alpha=np.linspace(-0.6, 0.6, 11), beta=np.linspace(-1, 1, 7))
    sheet = mpl.draw(figures.compare({"wide": dataset(), "tall": other, "square": other.assign_coords(alpha=np.linspace(-1, 1, 11))}))
    for axes, shape in zip((axes for axes in sheet.axes if axes.get_xlabel()), (0.6, 1 / 0.6, 1.0), strict=True):
        box = axes.get_position()
        assert box.height * sheet.get_figheight() == pytest.approx(shape * box.width * sheet.get_figwidth())


def test_a_bar_that_would_tear_the_grid_is_left_out_where_another_row_has_it():
    repeats = xr.concat([dataset() * (k + 1) for k in range(4)], dim="repeat").assign_attrs(dataset().attrs)
    boxes = mpl._arrange(figures.slice(repeats)).boxes
    assert [box.bar for box in boxes] == [False, False, True, False, True], "plane 4 has the bar of plane 3, the spread its own"
    assert [box.bar for box in mpl._arrange(figures.slice(repeats.isel(repeat=[0, 1]))).boxes] == [False, True, True]


@pytest.mark.parametrize("other", ["spread", "blank"])
def test_a_surface_keeps_its_shape_beside_other_panels(other):
    surfaces = xr.concat([dataset(9, 7) * (k + 1) for k in range(4)], dim="repeat").assign_attrs(dataset().attrs)
    figure = figures.slice(surfaces, draw="surface")
    blank = Panel((), Axis(limits=(0, 1)), Axis(limits=(0, 2.4)), None, equal=True)
    panels = figure.panels if other == "spread" else (*figure.panels[:-1], blank)
    boxes = mpl._arrange(Figure(panels, columns=figure.columns)).boxes
    assert {round(box.height / box.width, 6) for box in boxes[:4]} == {0.72} and boxes[0].width == pytest.approx(2.7 * 1.15)


def test_ticks_have_room_and_titles_are_not_clipped():
    axis = Axis("z", "linear", (0.0, 9.0), tuple(map(float, range(9))), tuple("012345678"))
    assert marks.thinned(axis, 2.0) == (axis.ticks, axis.tick_labels)
    assert marks.thinned(axis, 0.7) == ((0.0, 2.0, 4.0, 6.0, 8.0), ("0", "2", "4", "6", "8"))
    assert marks.thinned(Axis(), 1.0) == ((), ())
    sheet = mpl.draw(figures.slice(dataset(title="a long name of a network " * 6)))
    boxes = [text.get_window_extent(sheet.canvas.get_renderer()) for text in sheet.texts if text.get_weight() == "bold"]
    assert len(boxes) > 1 and all(box.x0 >= 0 and box.x1 <= sheet.bbox.x1 for box in boxes)
    assert boxes[-1].y0 > sheet.axes[0].get_window_extent().y1
