"""Strings below a level on a landscape whose pass is known."""

from functools import partial

import pytest
import torch
from oracles import Surface, itself

import lossatlas as la
from lossatlas.analyses.strings import string_path

SGD = partial(torch.optim.SGD, lr=2e-3, momentum=0.5)


def bent(u, v, x):
    """(u² − 1)² + 40 (v − 1 + u²)²: minima at (±1, 0), 41 on the middle of the line between them, a saddle of 1 at (0, 1)."""
    return x * ((u * u - 1) ** 2 + 40 * (v - 1 + u * u) ** 2)


def surface(function=bent):
    x = torch.linspace(0.5, 1.5, 8, dtype=torch.float64)
    return la.Objective.from_module(Surface(function), (x, torch.zeros(8)), itself, batch_size=4, layout={"uv": None})


def place(u, v=0.0):
    return {"uv": torch.tensor([u, v], dtype=torch.float64)}


def test_above_the_barrier_the_straight_line_is_the_string():
    found = string_path(surface(), place(-1.0), place(1.0), level=41.1, optimizer=SGD)
    assert found.converged and found.length_ratio == 1 and found.depth == found.steps == 0
    assert found.highest == pytest.approx(41) and len(found.path.controls) == 2


@pytest.mark.parametrize("seed", [0, 1])
def test_the_lower_the_level_the_longer_the_string(seed):
    lengths = []
    for level in (20.0, 1.3):
        found = string_path(surface(), place(-1.0), place(1.0), level=level, steps=100, optimizer=SGD, seed=seed)
        assert found.converged and found.highest < level and not found.record["failed"]
        dense = la.sweep(la.probes.loss(surface()), found.path, {"t": torch.linspace(0, 1, 81).tolist()}, plan="plain")["loss"]
        assert float(dense.max()) < 1.05 * level, "also between the places that were looked at"
        points = torch.stack([control["uv"] for control in found.path.controls])
        assert float(points.diff(dim=0).norm(dim=1).sum() / 2) == pytest.approx(found.length_ratio)
        assert torch.equal(points[0], place(-1.0)["uv"]) and torch.equal(points[-1], place(1.0)["uv"])
        lengths.append(found.length_ratio)
    assert lengths == sorted(lengths) and lengths[-1] > lengths[0] > 1


def test_below_the_saddle_there_is_none_and_it_says_so():
    found = string_path(surface(), place(-1.0), place(1.0), level=0.9, depth=3, steps=200, optimizer=SGD)
    assert not found.converged and found.highest >= 1 - 1e-3 and found.record["failed"]
    assert found.depth <= 3


def test_what_is_not_finite_is_not_below_a_level():
    def torn(u, v, x):
        return torch.where(u.abs() < 0.3, torch.nan, 1.0) * bent(u, v, x)

    with pytest.warns(RuntimeWarning):
        found = string_path(surface(torn), place(-1.0), place(1.0), level=100.0, depth=2, steps=20, optimizer=SGD)
    assert not found.converged and found.highest != found.highest


@pytest.mark.parametrize(("options", "said"), [
    ({"level": 0.0}, "such as"),
    ({"level": 2.0, "depth": 0}, "depth is 0"),
    ({"level": 2.0, "steps": 1.5}, "steps is 1.5"),
])
def test_what_cannot_be_strung_is_refused(options, said):
    with pytest.raises(la.InputError, match=said):
        string_path(surface(), place(-1.0), place(1.0, 0.3), **options)
    with pytest.raises(la.InputError, match="equal"):
        string_path(surface(), place(1.0), place(1.0), level=2.0)
