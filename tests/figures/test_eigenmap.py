"""Maps of eigenvalues over a plane: colours, cells that did not converge, and how much of the curvature a slice sees."""

import numpy as np
import pytest
import xarray as xr
from drawn import eigenmap, plane

from lossatlas import figures
from lossatlas.figures.figure import Contour, Heatmap, Holes, Points

PLANE, WHOLE = "Principal curvatures of this plane at the centre: 0.8 and 0.3;", "Hessian's largest eigenvalue is 31"
MEAN = "irections drawn in this way see 0.05 on average."
SEEN = {"slice": [0.8, 0.3], "expected": 0.05, "lambda_max": 31.0, "lambda_min": -0.4}


def holes(figure, why):
    return [mark for panel in figure.panels for mark in panel.find(Holes) if mark.why == why]


def test_the_ratio_is_what_a_map_shows_with_colours_from_0_to_1():
    ds = eigenmap()
    figure = figures.slice(ds, draw="heatmap")
    (mark,) = figure.panels[0].find(Heatmap)
    assert np.array_equal(mark.z, ds["ratio"])
    assert (figure.panels[0].z.scale, figure.panels[0].z.limits) == ("linear", (0.0, 1.0))
    assert figures.auto(ds) == figure and figures.auto(ds, "contour").panels[0].find(Contour)
    ds["ratio"][0, 0] = 1.5
    assert figures.slice(ds, draw="heatmap").panels[0].z.limits == (0.0, 1.5)
    assert figures.auto(plane()).panels[0].z.label == "cross-entropy (nats)"
    assert "trained point: |λmin / λmax| 0.06" in figure.panels[0].find(Points)[-1].label


def test_the_largest_is_logarithmic_and_the_smallest_diverges_from_zero():
    ds = eigenmap()
    largest, smallest = (figures.slice(ds, quantity=name, draw="heatmap").panels[0].z for name in ("lambda_max", "lambda_min"))
    assert (largest.scale, largest.center) == ("log", None)
    assert (smallest.scale, smallest.center) == ("linear", 0.0)
    assert smallest.limits == (float(ds["lambda_min"].min()), max(0.0, float(ds["lambda_min"].max())))
    for name in ("lambda_min", "lambda_max"):
        ds[name] = -np.abs(ds[name])
        z = figures.slice(ds, quantity=name, draw="heatmap").panels[0].z
        assert (z.scale, z.center, z.limits[1]) == ("linear", 0.0, 0.0)
    ds["lambda_min"] = 0 * ds["lambda_min"]
    assert figures.slice(ds, quantity="lambda_min", draw="heatmap").panels[0].z.limits == (-1.0, 1.0)


@pytest.mark.parametrize("quantity", ["ratio", "lambda_min", "lambda_max_error"])
def test_cells_that_did_not_converge_are_hatched_and_counted(quantity):
    ds = eigenmap(unconverged=[(2, 3), (14, 0), (7, 5)])
    ds[quantity][7, 5] = np.nan
    figure = figures.slice(ds, quantity=quantity, draw="heatmap")
    (doubtful,) = holes(figure, "doubtful")
    assert sorted(map(tuple, np.argwhere(doubtful.mask).tolist())) == [(2, 3), (14, 0)]  # (7, 5) has no value and is a hole
    assert np.argwhere(holes(figure, "bad")[0].mask).tolist() == [[7, 5]]
    assert "162 of 165 cells converged (hatched: the others)." in figure.caption
    assert "Hessian: backend linearize, 2,250 products with vectors." in figure.caption
    assert not holes(figures.slice(eigenmap(), draw="heatmap"), "doubtful")


def test_cells_of_an_unfinished_map_are_neither_converged_nor_doubtful():
    ds = eigenmap()
    ds["done"][0, :], ds["converged"][0, :] = False, False
    ds["ratio"][0, :] = np.nan
    figure = figures.slice(ds, draw="heatmap")
    assert not holes(figure, "doubtful") and "154 of 154 cells converged." in figure.caption


def test_other_quantities_know_nothing_of_convergence():
    ds = eigenmap(unconverged=[(2, 3)])
    ds["loss"] = (("alpha", "beta"), 1 + ds["ratio"].values)
    figure = figures.slice(ds, draw="heatmap")
    assert figure.panels[0].z.label == "loss" and not holes(figure, "doubtful") and "cells converged" not in figure.caption


def test_repeats_have_their_own_cells_that_did_not_converge():
    both = xr.concat([eigenmap(unconverged=[(0, 0)]), eigenmap(unconverged=[(4, 4)])], dim="repeat")
    first, second = holes(figures.slice(both.assign_attrs(eigenmap().attrs), draw="heatmap"), "doubtful")
    assert np.argwhere(first.mask).tolist() == [[0, 0]] and np.argwhere(second.mask).tolist() == [[4, 4]]


def test_maps_side_by_side_share_their_colours():
    figure = figures.compare({"a": eigenmap(), "b": eigenmap()}, draw="heatmap")
    assert {panel.z.limits for panel in figure.panels} == {(0.0, 1.0)}


@pytest.mark.parametrize(("missing", "said"), [
    ((), f"{PLANE} the {WHOLE}, so the plane sees 2.6 % of it; its smallest is −0.4; d{MEAN}"),
    (("slice",), f"The {WHOLE}; its smallest is −0.4; d{MEAN}"),
    (("lambda_max", "expected"), f"{PLANE} the Hessian's smallest eigenvalue is −0.4."),
    (("lambda_max", "lambda_min", "slice"), f"D{MEAN}"),
])
def test_how_much_of_the_curvature_a_plane_sees(missing, said):
    seen = {key: value for key, value in SEEN.items() if key not in missing}
    assert said in figures.slice(eigenmap(curvature_seen=seen), draw="heatmap").caption
    assert said in figures.slice(plane(curvature_seen=seen)).caption


def test_several_planes_see_a_range_and_each_its_own():
    both = plane(repeat=2, curvature_seen=SEEN | {"slice": [[0.8, 0.3], [0.5, -0.1]]})
    said = figures.slice(both).caption
    assert f"curvatures of these 2 slices at the centre: −0.1 to 0.8; the {WHOLE}, so the most curved of them sees 2.6 % of it" in said
    one = both.assign_coords(repeat=[0, 1]).isel(repeat=1)
    assert "of this plane at the centre: 0.5 and −0.1;" in figures.slice(one).caption


def test_products_of_every_cell_are_added_up():
    ds = eigenmap(products=None)
    ds["products"] = (("alpha", "beta"), np.full((15, 11), 12.0))
    ds["products"][0, 0] = np.nan
    assert "1,968 products with vectors" in figures.slice(ds, draw="heatmap").caption


def test_a_plane_that_only_curves_down_sees_no_share():
    said = figures.slice(plane(curvature_seen=SEEN | {"slice": [-0.2, -0.5]})).caption
    assert "at the centre: −0.2 and −0.5; the Hessian's largest eigenvalue is 31; its" in said
    assert "curvature" not in figures.slice(plane()).caption
