"""Volumes, classes, layers and planes through points: which panels, which words, which marks."""

import numpy as np
import pytest
import xarray as xr

from lossatlas import InputError, figures
from lossatlas.figures.figure import Contour, Figure, Heatmap, Points, Surface
from lossatlas.figures.rows import columns_of
from lossatlas.figures.volume import chosen

ATTRS = {"seed": 3, "bn": "eval", "n_batchnorm": 0, "n_examples": 100, "family": "random", "normalize": "filter", "ignore": ["bias"],
         "n_parameters": 1000, "n_moved": 900, "title": "Net: random"}


def result(kind, sizes, extra=(), **attrs):
    """Loss = 0.1 + weighted sum of squares, plus ten times the index along every further dim."""
    coords = {dim: np.linspace(-1, 1, n) for dim, n in sizes.items() if dim in ("alpha", "beta", "gamma")}
    grids = np.meshgrid(*[coords.get(d, np.arange(n)) for d, n in sizes.items()], indexing="ij")
    loss = 0.1 + sum((k + 1) * g**2 if d in coords else 10.0 * g for k, (d, g) in enumerate(zip(sizes, grids, strict=True)))
    own = [d for d in sizes if d not in extra]
    ds = xr.Dataset({"loss": (list(sizes), loss), "loss_stderr": (list(sizes), 0.01 * loss),
                     "done": (own, np.ones([sizes[d] for d in own], dtype=bool)), "center_loss": ((), 0.1)}, coords=coords)
    ds.attrs.update({**ATTRS, "kind": kind, **attrs})
    return ds


def volume(n=5, **attrs):
    gram = [[4.0, 0.4, 0.0], [0.4, 1.0, -0.1], [0.0, -0.1, 1.0]]
    return result("volume", {"alpha": 4, "beta": 6, "gamma": n}, axes_gram=gram, **attrs)


def titles(figure):
    return [panel.title for panel in figure.panels]


# ---- volumes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("draw", "mark"), [("contour", Contour), ("heatmap", Heatmap), ("surface", Surface)])
def test_a_volume_is_cut_along_its_third_coordinate(draw, mark):
    ds = volume()
    figure = figures.volume(ds, draw=draw)
    assert titles(figure) == ["γ = −1", "γ = −0.5", "γ = 0", "γ = 0.5", "γ = 1"]
    for k, panel in enumerate(figure.panels):
        (field,) = panel.find(mark)
        assert np.array_equal(field.z, ds["loss"].isel(gamma=k).values) and field.z.shape == (4, 6)
        assert panel.z == figure.panels[0].z and (panel.x.label, panel.y.label) == ("α", "β")
        if draw == "contour":
            assert field.levels == figure.panels[0].find(Contour)[0].levels
    assert [len(panel.find(Points)) for panel in figure.panels] == [0, 0, 1, 0, 0], "the trained point lies on one plane"
    assert Figure.from_dict(figure.to_dict()) == figure and figures.auto(ds, draw) == figure


def test_the_caption_of_a_volume():
    caption = figures.volume(volume()).caption
    assert "A random volume shows 3 of 1,000 directions (900 parameters move)." in caption
    assert "Cosines of the axes: 0.2, 0, −0.1." in caption and "values of γ" not in caption and "Seed 3." in caption
    assert "Largest relative standard error of the loss: 1 %." in caption
    assert figures.volume(volume(12)).caption.count("6 of 12 values of γ are drawn.") == 1


def test_other_cuts_and_coordinates():
    ds = volume(7)
    figure = figures.volume(ds, across="alpha", cuts=2)
    assert titles(figure) == ["α = −1", "α = 0.3333"], "two of -1, -1/3, 1/3, 1, two steps apart"
    assert (figure.panels[0].x.label, figure.panels[0].y.label) == ("β", "γ")
    assert "2 of 4 values of α are drawn." in figure.caption
    with pytest.raises(InputError, match=r"across is 'gama'.*did you mean 'gamma'"):
        figures.volume(ds, across="gama")
    with pytest.raises(InputError, match="cuts is 0"):
        figures.volume(ds, cuts=0)
    with pytest.raises(InputError, match=r"figures.volume got a slice; expected a volume; write figures.slice\(ds\)"):
        figures.volume(result("slice", {"alpha": 3, "beta": 3}))
    with pytest.raises(InputError, match="a contour needs at least 2 × 2"):
        figures.volume(ds.isel(beta=[0]))


@pytest.mark.parametrize("n", range(1, 25))
@pytest.mark.parametrize("most", [1, 2, 5, 9])
@pytest.mark.parametrize("low", [-1, 0, 1])
def test_cuts_are_evenly_chosen_and_contain_zero(n, most, low):
    values = np.arange(n, dtype=float) + low * (n // 2)
    kept = chosen(values, most)
    assert 1 <= len(kept) <= most and len(set(np.diff(kept).tolist())) <= 1 and 0 <= kept[0] <= kept[-1] < n
    if 0 in values:
        assert 0 in values[kept]
    if n <= most:
        assert kept == list(range(n))


def test_an_unfinished_volume_with_holes_counts_all_of_its_points():
    ds = volume(9)
    ds["done"][:, 3:, 5:] = False
    ds["loss"][0, 0, 1] = np.nan
    ds["loss"][0, 0, 2] = np.inf
    caption = figures.volume(ds, cuts=5).caption
    assert f"In progress: {4 * 6 * 9 - 4 * 3 * 4} of 216 points done." in caption and "2 of 216 points are not finite" in caption


def test_splits_of_a_volume_have_rows():
    ds = result("volume", {"alpha": 3, "beta": 4, "gamma": 3, "split": 2}, extra=("split",)).assign_coords(split=["train", "test"])
    figure = figures.volume(ds)
    assert figure.columns == 3 and titles(figure)[0] == "train, γ = −1" and titles(figure)[5] == "test, γ = 1"


def test_one_cut_through_many_classes_is_a_grid():
    sizes = {"alpha": 3, "beta": 4, "gamma": 3, "split": 2, "class": 10}
    ds = result("volume", sizes, extra=("split", "class"), class_counts={"train": [1] * 10, "test": [1] * 9 + [0]})
    ds = ds.rename(loss="class_loss").assign_coords(split=["train", "test"])
    figure = figures.volume(ds, quantity="class_loss", cuts=1)
    assert figure.columns == 5 and len(figure.panels) == 20 and titles(figure)[12] == "test, class 2, γ = 0"
    assert not figure.panels[19].marks
    repeats = figures.volume(result("volume", {"repeat": 6, "alpha": 3, "beta": 4, "gamma": 3}), cuts=1)
    assert titles(repeats)[5] == "plane 6, γ = 0" and repeats.columns == 3


@pytest.mark.parametrize(("shape", "said"), [((4, 5, 3), True), ((3, 5, 3), False), ((4, 5, 2), False)])
def test_the_trained_point_of_a_volume_beside_its_lattice(shape, said):
    ds = result("volume", dict(zip(("alpha", "beta", "gamma"), shape, strict=True)))
    assert ("The trained point is not on the lattice" in figures.volume(ds).caption) == said, "where no cut has it no star is drawn"


def test_unfinished_cuts_have_lattices_of_their_own():
    ds = volume(3)
    ds["done"][1::2, :, 1] = False
    assert "Each is drawn on the lattice that is done so far, 2 × 6 to 4 × 6." in figures.volume(ds).caption


# ---- classes and layers ------------------------------------------------------------------------------------------


def classes(n=3, **attrs):
    ds = result("slice", {"alpha": 3, "beta": 4, "class": n}, extra=("class",), axes_cosine=0.1, **attrs)
    return ds.rename(loss="class_loss", loss_stderr="class_loss_stderr", center_loss="center_class_loss").assign_coords({"class": range(n)})


def test_every_class_has_a_panel_with_a_shared_scale():
    ds = classes(10)
    figure = figures.slice(ds, quantity="class_loss")
    assert titles(figure) == [f"class {k}" for k in range(10)] and figure.columns == 5
    assert len({panel.z for panel in figure.panels}) == 1
    for k, panel in enumerate(figure.panels):
        assert np.array_equal(panel.find(Contour)[0].z, ds["class_loss"].isel({"class": k}).values)
    assert "standard error of the class loss" in figure.caption


@pytest.mark.parametrize(("panels", "columns"), [(1, 1), (3, 3), (5, 5), (6, 3), (7, 4), (8, 4), (9, 3), (10, 5), (11, 4), (57, 8)])
def test_columns_of_small_multiples(panels, columns):
    assert columns_of(panels) == columns


def test_a_class_without_examples_has_no_panel_and_is_named():
    ds = classes(3, class_counts=[4, 0, 3])
    ds["class_loss"][:, :, 1] = np.nan
    figure = figures.slice(ds, quantity="class_loss")
    assert titles(figure) == ["class 0", "class 2"]
    assert "No examples of class 1." in figure.caption and "not finite" not in figure.caption


def test_classes_of_splits_and_repeats():
    sizes = {"repeat": 2, "alpha": 3, "beta": 4, "split": 2, "class": 2}
    ds = result("slice", sizes, extra=("split", "class"), class_counts={"train": [2, 2], "test": [0, 5]}, axes_cosine=[0.1, 0.2])
    ds = ds.rename(loss="class_loss").assign_coords(split=["train", "test"])
    figure = figures.slice(ds, quantity="class_loss")
    assert titles(figure)[:3] == ["train, class 0, plane 1", "train, class 0, plane 2", "train, class 0, spread over 2 planes"]
    assert not [title for title in titles(figure) if title.startswith("test, class 0")] and len(figure.panels) == 9
    assert "No examples of class 0 in test." in figure.caption


def missing(counts, **sizes):
    sizes = {"alpha": 3, "beta": 4, "split": 2, "class": len(counts["train"]), **sizes}
    ds = result("slice", sizes, extra=("split", "class"), class_counts=counts, axes_cosine=0.1)
    return ds.rename(loss="class_loss").assign_coords(split=["train", "test"], **{"class": range(len(counts["train"]))})


def test_a_class_missing_in_one_split_keeps_its_place_there_and_is_named():
    ds = missing({"train": [2, 0, 0, 3, 1, 9], "test": [2, 0, 5, 0, 1, 1]})
    figure = figures.slice(ds, quantity="class_loss")
    assert figure.columns == 5 and titles(figure) == [
        "train, class 0", "train, class 2: no examples", "train, class 3", "train, class 4", "train, class 5",
        "test, class 0", "test, class 2", "test, class 3: no examples", "test, class 4", "test, class 5"]
    assert [bool(panel.marks) for panel in figure.panels] == [not panel.title.endswith("no examples") for panel in figure.panels]
    assert "No examples of class 1. No examples of class 2 in train. No examples of class 3 in test." in figure.caption
    alone = figures.slice(ds.isel(split=0), quantity="class_loss")
    assert "No examples of classes 1, 2." in alone.caption and titles(alone)[0] == "train, class 0"


def test_splits_begin_rows_of_their_own():
    figure = figures.slice(missing({"train": [1] * 7, "test": [1] * 7}), quantity="class_loss")
    assert figure.columns == 4 and titles(figure)[8] == "test, class 0" and not figure.panels[7].marks and len(figure.panels) == 15
    repeats = result("slice", {"repeat": 4, "alpha": 3, "beta": 4, "split": 2}, extra=("split",)).assign_coords(split=["train", "test"])
    figure = figures.slice(repeats)
    assert figure.columns == 3 and titles(figure)[6] == "test, plane 1" and not figure.panels[5].marks


def test_the_only_layer_class_or_split_that_is_left_keeps_its_word():
    assert titles(figures.slice(layers().isel(layer=1))) == ["layer 1"]
    assert titles(figures.slice(layers().isel(layer=0))) == ["stem"]
    assert titles(figures.slice(classes(3).isel({"class": 2}), quantity="class_loss")) == ["class 2"]
    whole = result("slice", {"alpha": 3, "beta": 4}).assign_coords({"class": 2, "split": "test"})
    assert titles(figures.slice(whole)) == ["test"], "a loss of all classes is not one of class 2"


def layers(**attrs):
    attrs = {"labels": {"layer": ["stem", "1"]}, "layers": 2, "axes_cosine": [0.01, -0.2], "n_moved": [20, 700], **attrs}
    return result("slice", {"layer": 2, "alpha": 3, "beta": 4}, **attrs).assign_coords(layer=["stem", "1"])


def test_every_layer_has_a_panel_and_the_trained_point_is_told_once():
    figure = figures.slice(layers())
    assert titles(figure) == ["stem", "layer 1"], "a number alone says nothing"
    assert [bool(panel.find(Points)[0].label) for panel in figure.panels] == [True, False]
    assert "One layer moves at a time, along its part of the same directions." in figure.caption
    assert "(20 to 700 parameters move)" in figure.caption and "Cosine of the axes: 0.01, −0.2." in figure.caption
    one = figures.slice(layers().isel(layer=1)).caption
    assert "Cosine of the axes: −0.2." in one and "(700 parameters move)" in one


def test_points_of_layers_are_counted_each():
    ds = layers()
    ds["done"][1, :, 2:] = False
    ds["loss"][0, 0, 0] = np.nan
    caption = figures.slice(ds).caption
    assert "In progress: 18 of 24 points done." in caption and "1 of 24 points is not finite" in caption


def test_classes_of_a_line_are_curves():
    ds = result("profile", {"alpha": 5, "class": 2}, extra=("class",)).rename(loss="class_loss").assign_coords({"class": [0, 1]})
    (panel,) = figures.profile(ds, quantities=("class_loss",)).panels
    assert {mark.label for mark in panel.marks if getattr(mark, "label", "")} >= {"class 0", "class 1"}


# ---- planes through points ---------------------------------------------------------------------------------------


def plane(c=(0.4, 0.7), **attrs):
    x, y = np.unique([-0.2, 0, 0.5, c[0], 1, 1.2]), np.unique([-0.2, 0, 0.3, c[1], 1.0])
    ds = xr.Dataset({"loss": (("alpha", "beta"), 1 + np.add.outer(x, 10 * y**2))}, coords={"alpha": x, "beta": y})
    ds["done"] = ds["loss"] > -np.inf
    ds["center_loss"] = 1.0
    ds.attrs.update({**{k: v for k, v in ATTRS.items() if k not in ("seed", "normalize", "ignore", "n_moved")}, "kind": "slice",
                     "family": "plane through points", "given": [[0, 0], [1, 0], list(c)], "coordinates": "orthogonal", "unit": 12.34,
                     "ends": ["runs/sgd.pt", "runs/adam.pt", "runs/big.safetensors"], "axes_cosine": 1e-9, **attrs})
    return ds


@pytest.mark.parametrize("draw", ["contour", "heatmap", "surface"])
def test_the_given_points_are_marked_and_named_where_they_stand(draw):
    ds = plane()
    (panel,) = figures.slice(ds, draw=draw).panels
    (stars,) = panel.find(Points)
    assert stars.texts == ("sgd", "adam", "big") and stars.marker == "star"
    assert stars.x.tolist() == [0, 1, 0.4] and stars.y.tolist() == [0, 0, 0.7]
    assert stars.z.tolist() == [float(ds["loss"].sel(alpha=a, beta=b)) for a, b in ((0, 0), (1, 0), (0.4, 0.7))]
    assert panel.equal


def test_the_caption_says_places_values_and_unit():
    caption = figures.slice(plane()).caption
    assert "Plane through A = sgd at (0, 0), loss 1; B = adam at (1, 0), loss 2; C = big at (0.4, 0.7), loss 6.3." in caption
    assert "Orthogonal axes in units of ‖B − A‖ = 12.3: distances are those of parameter space." in caption
    assert "Cosine" not in caption and "This plane shows 2 of 1,000 directions." in caption


def test_points_outside_and_names_that_are_the_same():
    ds = plane(ends=["1/model.pt", "2/model.pt", "3/model.pt"])
    figure = figures.slice(ds.sel(beta=slice(None, 0.5)))
    assert figure.panels[0].find(Points)[0].texts == ("A", "B")
    assert "C at (0.4, 0.7), outside the picture." in figure.caption
    assert "Files: A 1/model.pt, B 2/model.pt, C 3/model.pt." in figure.caption


def test_affine_and_slender_planes_say_what_they_distort():
    affine = figures.slice(plane(coordinates="affine", c=(0.0, 1.0), axes_cosine=0.834)).caption
    assert "Affine coordinates: the picture distorts distances and angles." in affine and "Cosine of the axes: 0.83." in affine
    slender = plane(c=(0.4, 9.0))
    figure = figures.slice(slender)
    assert not figure.panels[0].equal and "the two axes are drawn on different scales" in figure.caption


def test_values_of_splits_and_of_many_classes():
    ds = plane()
    both = xr.concat([ds["loss"], 2 * ds["loss"]], dim="split").transpose("alpha", "beta", "split")
    both = ds.drop_vars(["loss", "center_loss"]).assign(loss=both).assign_coords(split=["train", "test"])
    figure = figures.slice(both)
    assert "B = adam at (1, 0), loss train 2, test 4" in figure.caption
    assert [bool(panel.find(Points)[0].label) for panel in figure.panels] == [True, False]


def test_points_without_their_own_statistics_are_not_said_to_be_hit():
    legend = "given points (weights; BatchNorm statistics of the objective)"
    words = "BatchNorm ran with the objective's statistics: these are not their own losses."
    old = "BatchNorm: running statistics stay at the objective's own at every point"
    for attrs, exact in (({}, True), ({"given_exact": True}, True), ({"given_exact": False}, False), ({"notes": [old]}, False)):
        figure = figures.slice(plane(**attrs))
        assert figure.panels[0].find(Points)[0].label == ("given points, hit exactly" if exact else legend), attrs
        assert (words in figure.caption) != exact


def test_given_points_without_a_value_say_why():
    ds = plane()
    ds["loss"].loc[{"alpha": 1, "beta": 0}] = np.inf
    ds["done"].loc[{"alpha": 0.4, "beta": 0.7}] = False
    assert "B = adam at (1, 0), loss not finite; C = big at (0.4, 0.7), loss not computed yet." in figures.slice(ds, draw="heatmap").caption
    beside = figures.slice(plane().drop_sel(alpha=0.4))
    assert "C = big at (0.4, 0.7), loss unknown (not on the lattice)." in beside.caption
    assert beside.panels[0].find(Points)[0].label == "given points"
    inside = figures.slice(plane().sel(beta=slice(None, 0.5)))
    assert inside.panels[0].find(Points)[0].label == "given points, hit exactly", "C lies outside the picture"
