"""Matrices as plain data: each point with each, names on both axes, the diagonal without a say in the colours."""

import json

import numpy as np
import pytest
import xarray as xr
from drawn import line

from lossatlas import figures
from lossatlas.errors import InputError
from lossatlas.figures.figure import Figure, Heatmap, Holes, Points


def matrix(names=("a", "b", "c"), split=0):
    """Three quantities of pairs: one that is not symmetric, one with both signs, and the error of each point."""
    n = len(names)
    apart = np.abs(np.subtract.outer(np.arange(n), 2.0 * np.arange(n))) / 10
    np.fill_diagonal(apart, 0)
    cosine = np.eye(n) + 0.02 * (np.add.outer(np.arange(n), np.arange(n)) % 3 - 1) * (1 - np.eye(n))
    ds = xr.Dataset({"disagreement": (("a", "b"), apart, {"long_name": "disagreement"}), "disagreement_stderr": (("a", "b"), apart / 10),
                     "weight_cosine": (("a", "b"), cosine, {"long_name": "cosine of the weights"}),
                     "error": ("a", np.arange(n) / 10, {"long_name": "error"})}, {"a": list(names), "b": list(names)})
    if split:
        two = xr.concat([ds[["disagreement", "error"]], 2 * ds[["disagreement", "error"]]], dim=xr.Variable("split", ["train", "test"]))
        two["weight_cosine"] = ds["weight_cosine"]
        ds = two
    ds.attrs = {"kind": "matrix", "title": "MLP: 3 points as functions", "bn": "eval", "n_batchnorm": 0, "n_examples": 50, "seed": 1}
    return ds


def test_a_matrix_has_a_panel_per_quantity_rows_from_the_top_and_values_in_the_cells():
    ds = matrix()
    figure = figures.auto(ds)
    assert [panel.title for panel in figure.panels] == ["disagreement", "weight cosine"]
    panel = figure.panels[0]
    cells, (texts,) = panel.find(Heatmap)[0], panel.find(Points)
    assert np.array_equal(cells.z, ds["disagreement"].values.T)  # column i, row j
    assert panel.y.limits == (2.5, -0.5) and panel.y.tick_labels == panel.x.tick_labels == ("a", "b", "c")
    where = {(x, y): text for x, y, text in zip(texts.x, texts.y, texts.texts, strict=True)}
    assert where[2.0, 1.0] == "0.3" and where[1.0, 2.0] == "0" and texts.marker == "word" and len(where) == 9


def test_the_diagonal_has_no_say_in_the_colours_and_signs_diverge_from_zero():
    apart, cosine = figures.matrix(matrix()).panels
    others = matrix()["disagreement"].values[~np.eye(3, dtype=bool)]
    assert apart.z.limits == (others.min(), others.max()) and apart.z.center is None
    assert cosine.z.center == 0 and cosine.z.limits == (-0.02, 0.02)
    one = figures.matrix(matrix(names=("a", "b")), quantities="disagreement").panels[0]
    assert one.z.limits[0] < one.z.limits[1]


def test_splits_stand_beside_each_other_with_one_colour_axis():
    figure = figures.matrix(matrix(split=2))
    assert [panel.title for panel in figure.panels] == ["disagreement, train", "disagreement, test", "weight cosine", ""]
    assert figure.columns == 2
    assert figure.panels[0].z == figure.panels[1].z and not figure.panels[3].marks
    assert "Error (train): a 0, b 0.1, c 0.2." in figure.caption and "Error (test): a 0, b 0.2, c 0.4." in figure.caption


def test_what_is_not_there_is_hatched_and_unwritten():
    ds = matrix()
    ds["disagreement"][1, 2] = np.nan
    panel = figures.matrix(ds, quantities=["disagreement"]).panels[0]
    (holes,) = panel.find(Holes)
    assert holes.mask[2, 1] and holes.mask.sum() == 1 and len(panel.find(Points)[0].texts) == 8
    log = figures.matrix(matrix(), quantities=["disagreement"], scale="log").panels[0]
    mask = log.find(Holes)[0].mask  # off the diagonal one value is zero
    assert mask.sum() == 1 and mask[1, 2]
    assert log.z.limits[0] > 0


def test_long_names_are_numbered_and_many_points_are_not_written():
    long = figures.matrix(matrix(names=[f"resnet20, seed {k}" for k in range(5)])).panels[0]
    assert long.x.tick_labels == ("1", "2", "3", "4", "5") and long.y.tick_labels[4] == "5  resnet20, seed 4"
    many = figures.matrix(matrix(names=[str(k) for k in range(40)])).panels[0]
    assert not many.find(Points) and len(many.x.ticks) <= 12 and many.x.tick_labels[1] == str(int(many.x.ticks[1]))


def test_the_caption_of_a_matrix():
    said = figures.matrix(matrix()).caption
    for words in ("50 examples.", "Largest standard error of the disagreement: 0.04.", "Error: a 0, b 0.1, c 0.2."):
        assert words in said, words
    verdict = figures.matrix(matrix().assign_attrs(verdict="fails", reason="the line from a to b rises")).caption
    assert verdict.startswith("Verdict: fails; the line from a to b rises.")


def test_a_matrix_is_drawn_and_travels_as_json(tmp_path):
    figure = figures.matrix(matrix(names=["seed 0", "fine-tuned", "pruned"]))
    assert Figure.from_dict(json.loads(json.dumps(figure.to_dict()))) == figure
    assert figure.save(tmp_path / "matrix.png").stat().st_size > 10_000


def test_what_is_no_matrix_is_refused():
    with pytest.raises(InputError, match=r"figures\.matrix got a profile"):
        figures.matrix(line())
    with pytest.raises(InputError, match="'error' lies on the dims"):
        figures.matrix(matrix(), quantities=["error"])
    with pytest.raises(InputError, match="did you mean 'disagreement'"):
        figures.matrix(matrix(), quantities=["disagrement"])
    with pytest.raises(InputError, match="no quantity over two dims"):
        figures.matrix(matrix()[["error"]].assign_attrs(kind="matrix"))
