"""Results to export, made without a network: f(alpha, beta) = 10·alpha + beta + 2 scrambles visibly where axes are swapped."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xarray as xr

import lossatlas as la
from lossatlas.result.schema import Quantity, add_centre, on_dims, summarize


def result(
    coords: dict[str, np.ndarray], values: dict[str, Callable[..., np.ndarray]], *, done: np.ndarray | None = None,
    splits: tuple[str, ...] = (), **attrs: Any,
) -> xr.Dataset:
    """A result as ``sweep`` returns it; ``values[name](grid of every coordinate …)``, with splits one more axis at the end."""
    grids = np.meshgrid(*coords.values(), indexing="ij")
    shape = grids[0].shape
    indices = np.indices(shape).reshape(len(shape), -1).T[::-1]
    done = np.ones(shape, dtype=bool) if done is None else done
    extra = (("split", len(splits)),) if splits else ()
    quantities = [Quantity(name, name.replace("_", " "), dims=extra) for name in values]
    arrays = {name: np.asarray(f(*grids), dtype=float)[tuple(indices.T)] for name, f in values.items()}
    kind = {1: "profile", 2: "slice", 3: "volume"}[len([dim for dim in coords if dim not in ("repeat", "layer")])]
    about = {"kind": kind, "title": "toy", "seed": 3, "notes": ["a note"], "spec": {"a": [1, None]}, "batch": True,
             **({"splits": list(splits)} if splits else {}), **attrs}
    ds = on_dims(coords, indices, arrays, quantities, done[tuple(indices.T)], about)
    centre = {name: np.full(tuple(n for _, n in extra), 0.5) for name in values}
    return summarize(add_centre(ds, centre, quantities), quantities)


@pytest.fixture
def plane() -> xr.Dataset:
    """5 × 3 points of loss, its standard error and accuracy; all finite, all positive."""
    return result({"alpha": la.axis(-1, 1, 5), "beta": la.axis(-0.5, 0.5, 3)},
                  {"loss": lambda a, b: 10 * a + b + 12, "loss_stderr": lambda a, b: 0.1 + 0 * a, "accuracy": lambda a, b: (a + 1) / 3})


@pytest.fixture
def pair() -> xr.Dataset:
    """5 × 3 points of train and test."""
    return result({"alpha": la.axis(-1, 1, 5), "beta": la.axis(-0.5, 0.5, 3)},
                  {"loss": lambda a, b: np.stack([10 * a + b + 12, 3 * b - a + 20], -1),
                   "accuracy": lambda a, b: np.stack([(a + 1) / 3, (b + 1) / 7], -1)}, splits=("train", "test"))


@pytest.fixture
def holed() -> xr.Dataset:
    """6 × 4 points: one not done, one NaN, one infinite; 15 cells, of which the corners take some."""
    a, b = np.meshgrid(la.axis(-1, 1, 6), la.axis(0, 3, 4), indexing="ij")
    loss = 1 + a**2 + b
    loss[2, 1], loss[5, 3] = np.nan, np.inf
    done = np.ones(a.shape, dtype=bool)
    done[0, 0] = False
    return result({"alpha": la.axis(-1, 1, 6), "beta": la.axis(0, 3, 4)}, {"loss": lambda *_: loss}, done=done)


@pytest.fixture
def make() -> Callable[..., xr.Dataset]:
    return result
