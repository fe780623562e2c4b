"""Graphs of minima: which pair is next, what an edge says, and that a graph goes on where it broke off."""

import math

import numpy as np
import pytest
import torch
from oracles import Surface, itself

import lossatlas as la
from lossatlas.analyses import connecting, minima
from lossatlas.analyses.minima import minima_graph, next_pair
from lossatlas.run.events import Note

PLACES = 9


@pytest.fixture(autouse=True)
def few_places(monkeypatch):
    monkeypatch.setattr(minima, "PLACES", PLACES)


def ring(u, v, x):
    """A valley along the unit circle, that rises to 0.2 at (0, −1): (u² + v² − 1)² + 0.05 (1 − v)²."""
    return x * ((u * u + v * v - 1) ** 2 + 0.05 * (1 - v) ** 2)


def surface(scale=1.0):
    x = scale * torch.linspace(0.5, 1.5, 8, dtype=torch.float64)
    return la.Objective.from_module(Surface(ring), (x, torch.zeros(8)), itself, batch_size=4, layout={"uv": None})


POINTS = {name: {"uv": torch.tensor([math.sin(angle), math.cos(angle)], dtype=torch.float64)}
          for name, angle in (("north", 0.0), ("east", 1.6), ("south", 3.1), ("west", -1.5))}


def lines(**options):
    return minima_graph(surface(), POINTS, method="line", **options)


# ---- the next pair -------------------------------------------------------------------------------------------------


def test_first_all_are_connected_with_the_lowest_in_the_order_of_their_losses():
    losses, tried, pairs = [3.0, 1.0, 2.0, 4.0], {}, []
    for saddle in (5.0, 6.0, 7.0):
        pairs.append(next_pair(losses, tried))
        tried[pairs[-1]] = saddle
    assert pairs == [(1, 2), (0, 1), (1, 3)]


def test_then_the_highest_edge_of_the_tree_is_to_be_replaced():
    losses, tried = [3.0, 1.0, 2.0, 4.0], {(1, 2): 5.0, (0, 1): 9.0, (1, 3): 7.0}
    assert next_pair(losses, tried) == (0, 2), "0 hangs on the highest edge, and the lowest on the other side that was not tried is 2"
    tried[(0, 2)] = 4.0  # it does replace it: now that of 3 is the highest
    assert next_pair(losses, tried) == (2, 3)
    tried[(2, 3)] = 8.0
    assert next_pair(losses, tried) == (0, 3)
    tried[(0, 3)] = 8.0
    assert next_pair(losses, tried) is None


def test_a_pair_whose_path_was_not_found_is_not_tried_again():
    losses, tried = [1.0, 2.0, 3.0], {(0, 1): math.nan}
    assert next_pair(losses, tried) == (0, 2)
    tried[(0, 2)] = 4.0
    assert next_pair(losses, tried) == (1, 2), "1 is still not connected"


@pytest.mark.parametrize("seed", range(5))
def test_every_pair_comes_once(seed):
    rng, n = np.random.default_rng(seed), 6
    losses, tried = rng.random(n).tolist(), {}
    while (pair := next_pair(losses, tried)) is not None:
        assert pair not in tried and pair[0] < pair[1]
        tried[pair] = rng.random() if rng.random() < 0.8 else math.nan
    assert len(tried) == n * (n - 1) // 2


# ---- graphs --------------------------------------------------------------------------------------------------------


def test_an_edge_tells_its_saddle_with_error_place_and_length():
    heard = []
    ds = lines(edges=6, on_event=heard.append)
    assert ds.attrs["kind"] == "graph" and ds.sizes["edge"] == 6 and ds["node"].values.tolist() == list(POINTS)
    t = torch.linspace(0, 1, PLACES, dtype=torch.float64)[:, None]
    scale = torch.linspace(0.5, 1.5, 8, dtype=torch.float64)
    for k in range(6):
        a, b = (list(POINTS.values())[int(ds[end][k])]["uv"] for end in ("first", "second"))
        place = (1 - t) * a + t * b
        losses = ring(place[:, 0], place[:, 1], 1.0).numpy()
        assert float(ds["saddle"][k]) == pytest.approx(losses.max()) == pytest.approx(float(ds["line_saddle"][k]))
        assert float(ds["saddle_at"][k]) == pytest.approx(losses.argmax() / (PLACES - 1))
        assert float(ds["saddle_stderr"][k]) == pytest.approx(losses.max() * float(scale.std()) / 8**0.5, rel=1e-6)
        assert ds["along"][k].values == pytest.approx(losses) and float(ds["length_ratio"][k]) == pytest.approx(1)
    for k, point in enumerate(POINTS.values()):
        assert float(ds["node_loss"][k]) == pytest.approx(float(ring(*point["uv"], 1.0)))
    assert float(ds["pass"].max()) == float(ds["merge_level"].max()) == float(ds["saddle"].values[ds["in_tree"].values].max())
    assert len([event for event in heard if isinstance(event, Note)]) == 12


def test_elastic_bands_follow_the_valley_far_below_the_lines():
    ds = minima_graph(surface(), {name: POINTS[name] for name in ("north", "east")}, steps=300, edges=1)
    assert (ds["length_ratio"] > 1.05).all() and (ds["saddle"] < 0.5 * ds["line_saddle"]).all()


def test_a_pair_has_a_tree_for_each(tmp_path):
    pair = {"train": surface(), "test": surface(2.0)}
    ds = minima_graph(pair, POINTS, method="line", edges=4, store=tmp_path / "g.zarr/graph")
    assert ds["split"].values.tolist() == ["train", "test"] and ds["pass"].dims == ("split", "node", "other")
    assert ds["saddle"].sel(split="test").values == pytest.approx(2 * ds["saddle"].sel(split="train").values)
    assert ds["node_loss"].sel(split="test").values == pytest.approx(2 * ds["node_loss"].sel(split="train").values)
    assert ds.identical(la.open(tmp_path / "g.zarr/graph"))
    three = {name: POINTS[name] for name in ("north", "east", "west")}
    assert minima_graph(surface(), three, method="line").sizes["edge"] == 3, "2 (n − 1), but there are no more pairs"


def test_a_graph_goes_on_where_it_broke_off(tmp_path, monkeypatch):
    whole, real, calls = lines(edges=4), connecting.connect, []

    def connect(*args, **options):
        calls.append(args)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*args, **options)

    monkeypatch.setattr(connecting, "connect", connect)
    place = tmp_path / "g.zarr/graph"
    with pytest.raises(KeyboardInterrupt):
        lines(edges=4, store=place)
    broken = la.open(place)
    assert broken.sizes["edge"] == 2 and np.isnan(broken["merge_level"].values).sum() == 1, "what there is can be looked at"
    resumed = lines(edges=4, store=place)
    assert len(calls) == 3 + 2, "two paths were there already"
    for name in whole:
        np.testing.assert_array_equal(resumed[name].values, whole[name].values)
    with pytest.raises(la.SpecMismatch, match="seed: stored 0, now 1"):
        lines(edges=4, store=place, seed=1)


def test_a_line_through_what_is_not_finite_is_no_edge():
    def torn(u, v, x):
        return torch.where((u.abs() < 0.1) & (v.abs() < 0.9), torch.nan, 1.0) * ring(u, v, x)

    x = torch.ones(4, dtype=torch.float64)
    objective = la.Objective.from_module(Surface(torn, v=1.0), (x, torch.zeros(4)), itself, layout={"uv": None})
    with pytest.warns(RuntimeWarning):
        ds = minima_graph(objective, POINTS, method="line", edges=6)
    across = [k for k in range(6) if {"east", "west"} == set(str(ds["ends"].values[k]).split(" – "))]
    assert math.isnan(float(ds["saddle"][across[0]])) and not bool(ds["in_tree"][across[0]])
    assert not (ds["saddle"] == 0).any()


@pytest.mark.parametrize(("points", "options", "said"), [
    ({"a": POINTS["east"]}, {}, "at least two"),
    ([POINTS["east"], POINTS["west"]], {}, "expected a dict"),
    ({"a": POINTS["east"], "b": POINTS["west"], "c": POINTS["east"]}, {}, "points a and c are equal"),
    ({"a": POINTS["east"], "b": {"uw": torch.zeros(2)}}, {}, "point b"),
    (POINTS, {"edges": 2}, "at least 3"),
    (POINTS, {"method": "beziers"}, "did you mean 'bezier'"),
])
def test_what_makes_no_graph_is_refused(points, options, said):
    with pytest.raises(la.InputError, match=said):
        minima_graph(surface(), points, **options)
