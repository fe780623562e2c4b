"""The drawing of a graph of minima: its numbers, its words, and what is refused."""

import numpy as np
import pytest
import xarray as xr

import lossatlas as la
from lossatlas.cli.show import info, plot
from lossatlas.figures.figure import Figure, Line, Points
from lossatlas.result.graph import with_tree

NAMES = ("net_a", "net_b", "net_c")


def measured(saddles=(0.2, 0.5), converged=(True, False), splits=()):
    """Three minima of losses .1, .2 and .3, and the paths a – b and a – c."""
    pairs, losses = [(0, 1), (0, 2), (1, 2)][: len(saddles)], [0.1, 0.2, 0.3]
    t = np.linspace(0, 1, 5)

    def curve(height):
        return 0.1 + (height - 0.1) * np.sin(np.pi * t)

    inner = ("split",) if splits else ()

    def each(values):
        return np.stack([np.asarray(values, dtype=float)] * len(splits), axis=1) if splits else np.asarray(values, dtype=float)

    data = {"first": ("edge", [float(a) for a, _ in pairs]), "second": ("edge", [float(b) for _, b in pairs]),
            "saddle": (("edge", *inner), each(saddles)), "saddle_stderr": (("edge", *inner), each([0.01] * len(pairs))),
            "line_saddle": (("edge", *inner), each([2.0] * len(pairs))), "converged": ("edge", list(converged)),
            "along": (("edge", *inner, "place"), each([curve(s) for s in saddles])),
            "along_line": (("edge", *inner, "place"), each([curve(2.0)] * len(pairs))), "done": ("edge", [True] * len(pairs))}
    nodes = [{"name": name, "loss": [loss] * len(splits) if splits else loss, "stderr": [0.0] * len(splits) if splits else 0.0}
             for name, loss in zip(NAMES, losses, strict=True)]
    attrs = {"kind": "graph", "title": "three", "nodes": nodes, "method": "autoneb", "seed": 0, "bn": "eval", "n_batchnorm": 0,
             "n_examples": 10, "n_parameters": 12, "notes": []}
    return with_tree(xr.Dataset(data, coords={"edge": np.arange(len(pairs))} | ({"split": list(splits)} if splits else {}), attrs=attrs))


def test_the_tree_reaches_from_every_minimum_to_the_level_of_its_merge():
    figure = la.figures.graph(measured())
    network, tree, profiles = figure.panels
    (leaves,) = tree.find(Points)
    assert leaves.y.tolist() == [0.1, 0.2, 0.3] and tree.x.tick_labels == ("a", "b", "c")
    first, last = (mark for mark in tree.find(Line))
    assert first.y.tolist() == [0.1, 0.2, 0.2, 0.2] and first.x.tolist() == [0, 0, 1, 1]
    assert last.y.tolist() == [0.3, 0.5, 0.5, 0.2] and last.x.tolist() == [2, 2, 0.5, 0.5]
    assert len(profiles.find(Line)) == 4 and profiles.y.limits == tree.y.limits
    assert [mark.dash for mark in network.find(Line)] == ["solid", "dashed"]
    texts, nodes = network.find(Points)
    assert texts.texts == ("0.2", "0.5") and nodes.texts == ("a", "b", "c")
    for sentence in ("3 minima, 2 of 3 pairs looked at, by autoneb", "All names begin with net_.", "All passes lie below 0.5 ± 0.01",
                     "rises to 2. ", "1 of 2 paths did not converge", "Seed 0"):
        assert sentence in figure.caption, sentence
    assert Figure.from_dict(figure.to_dict()) == figure == la.figures.auto(measured())


def test_thick_lines_are_those_of_the_tree_and_parts_stay_apart():
    three = la.figures.graph(measured(saddles=(0.4, 0.9, 0.5), converged=(True,) * 3)).panels[0].find(Line)
    assert [mark.width > 2 for mark in three] == [False, True, True], "the path a – c is not in the tree"
    apart = la.figures.graph(measured(saddles=(np.nan, 0.5)))
    assert "Of 2 passes 1 were found; they lie below 0.5" in apart.caption
    assert len(apart.panels[1].find(Line)) == 1 and apart.panels[0].find(Line)[0].dash == "dotted"
    none = la.figures.graph(measured(saddles=(np.nan, np.nan)))
    assert "No two of them were connected" in none.caption


def test_a_split_is_chosen(tmp_path):
    ds = measured(splits=("train", "test"))
    assert "Loss on train data" in la.figures.graph(ds).caption and "Loss on test data" in la.figures.graph(ds, split="test").caption
    assert la.figures.graph(ds).save(tmp_path / "g.png").stat().st_size > 10_000
    with pytest.raises(la.InputError, match="did you mean 'test'"):
        la.figures.graph(ds, split="tests")
    with pytest.raises(la.InputError, match="leave split out"):
        la.figures.graph(measured(), split="test")
    with pytest.raises(la.InputError, match="no edge yet"):
        la.figures.graph(ds.isel(edge=[]))
    with pytest.raises(la.InputError, match="drawn whole"):
        la.figures.auto(ds, quantity="saddle")


def test_commands_draw_and_describe_a_stored_graph(tmp_path, capsys):
    import torch
    from oracles import Surface, itself

    x = torch.ones(4, dtype=torch.float64)
    objective = la.Objective.from_module(Surface(lambda u, v, x: x * (u * u + v * v)), (x, torch.zeros(4)), itself, layout={"uv": None})
    points = {name: {"uv": torch.tensor(place, dtype=torch.float64)} for name, place in (("a", (1.0, 0.0)), ("b", (0.0, 1.0)))}
    store = tmp_path / "s.zarr"
    la.minima_graph(objective, points, method="line", store=store)
    plot([str(store)], draw=None, quantity=None, scale="auto", mark=None, output=tmp_path / "g.png")
    assert (tmp_path / "g.png").stat().st_size > 10_000
    info(str(store))
    told = capsys.readouterr().out
    assert "minima         a, b" in told and "1 of 1 paths" in told
    plain = {"draw": None, "quantity": None, "scale": "auto", "mark": None, "output": tmp_path / "h.png"}
    for options, said in (({"quantity": "saddle"}, "--quantity"), ({"mark": "evaluated"}, "--mark"), ({"draw": "contour"}, "--as graph")):
        with pytest.raises(la.InputError, match=said):
            plot([str(store)], **{**plain, **options})
