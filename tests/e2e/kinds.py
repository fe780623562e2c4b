"""Stores for the browser: a small result of every kind, with values that a test can work out, written by numpy alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lossatlas.result.schema import FLAG, Quantity
from lossatlas.result.store import ZarrStore

#: A plane that runs were projected on, as the spec of a slice names it.
PLANE = {"origin": "aa11", "axes": ["bb22", "cc33"], "dims": ["alpha", "beta"]}
#: A name that is markup, and words that are.
NASTY = "<script>window.x=1</script>"
NASTY_WORDS = "<img src=x onerror=window.x=1>"

Arrays = Mapping[str, tuple[np.ndarray, str, str]]


class Growing:
    """A result that is written chunk by chunk.

    Args:
        coords: dim -> values. arrays: name -> (values over the coords and then ``beside``, words, units).
        beside: name -> further dims of every value, as (name, length). chunk: points of one write.
    """

    def __init__(self, path: Path, kind: str, coords: Mapping[str, np.ndarray], arrays: Arrays, *, chunk: int | None = None,
                 beside: Mapping[str, tuple[tuple[str, int], ...]] | None = None, spec: Mapping[str, Any] | None = None,
                 **attrs: Any) -> None:
        dims = tuple(coords)
        shape = tuple(len(values) for values in coords.values())
        self.indices = np.indices(shape).reshape(len(dims), -1).T
        self.flat = {name: np.asarray(values, dtype=float).reshape(len(self.indices), *np.shape(values)[len(dims):])
                     for name, (values, _, _) in arrays.items()}
        quantities = [Quantity(name, words, units, (beside or {}).get(name, ())) for name, (_, words, units) in arrays.items()]
        root = next(parent for parent in path.parents if parent.suffix == ".zarr")
        centre = {name: values[len(values) // 2] for name, values in self.flat.items()}
        told = {"title": f"toy: {kind}", "network": "toy", "n_examples": 500, "n_parameters": 1000, "seed": 0, "bn": "eval",
                "family": "random", "normalize": "filter", "ignore": ["bias", "norm"], "kind": kind}
        self.store = ZarrStore.create(
            root, str(path.relative_to(root)), spec={"made": path.name, **(spec or {})}, attrs={**told, **attrs},
            coords={dim: np.asarray(values, dtype=float) for dim, values in coords.items()}, indices=self.indices, quantities=quantities,
            centre=centre, timing={"chunk": chunk or len(self.indices), "seconds_per_point": 0.0})

    def write(self, number: int) -> None:
        """Write one chunk."""
        points = self.store.chunks[number]
        self.store.write(number, {name: values[points.start:points.stop] for name, values in self.flat.items()})

    def finish(self) -> None:
        """Write every chunk."""
        for number in range(len(self.store.chunks)):
            self.write(number)


def bowl(nx: int = 25, ny: int = 21, *, rough: float = 0.0, low: float = 0.05, high: float = 30.0) -> tuple[dict, dict]:
    """A slice with one basin: coordinates and arrays; ``rough`` adds hills."""
    x, y = np.linspace(-1, 1, nx), np.linspace(-1, 1, ny)
    a, b = np.meshgrid(x, y, indexing="ij")
    height = np.clip(0.62 * (a**2 + 1.3 * b**2 + 0.25 * a * b) / 1.3 + rough * 0.12 * (np.sin(7 * a) * np.cos(6 * b) + 0.5), 0, None)
    loss = low * (high / low) ** height
    return {"alpha": x, "beta": y}, {
        "loss": (loss, "cross-entropy", "nats"), "loss_stderr": (0.03 * loss, "its standard error", "nats"),
        "accuracy": (np.clip(0.98 - 0.8 * height, 0.1, 1), "accuracy", ""),
    }


def slices(root: Path) -> None:
    """Two landscapes side by side, a run over one of them, one with holes, one that a survey predicted, a sequence of steps."""
    for name, rough in (("short", 0.0), ("noshort", 1.0)):
        Growing(root / name, "slice", *bowl(rough=rough), spec={"family": PLANE} if name == "short" else {}).finish()
    coords, arrays = bowl(17, 17)
    loss = arrays["loss"][0].copy()
    loss[:5, :5] = np.nan
    Growing(root / "holes", "slice", coords, {"loss": (loss, "loss", "")}).finish()
    evaluated = (np.add.outer(np.arange(17), np.arange(17)) % 3 == 0).astype(float)
    Growing(root / "survey", "slice", coords, {
        "loss": arrays["loss"], "loss_error": (0.1 * arrays["loss"][0], "error of prediction", ""),
        "evaluated": (evaluated, "evaluated", FLAG)}).finish()
    for step in range(4):
        made = bowl(15, 15, low=0.05 + 2.0 / (1 + step), rough=0.3 * step)
        Growing(root / "run-slices" / f"step{100 * step:06d}", "slice", *made).finish()


def lines(root: Path) -> None:
    """The kinds that are drawn over one coordinate."""
    steps = np.arange(0.0, 400, 10)
    share = np.exp(-steps / 120)
    Growing(root / "run", "trajectory", {"step": steps}, {
        "alpha": (0.9 * share, "alpha", ""), "beta": (0.7 * share * np.cos(steps / 60), "beta", ""),
        "relative_off_slice": (0.3 * share, "distance from the plane", ""), "off_slice": (3 * share, "distance from the plane", ""),
        "loss": (0.1 + 3 * share, "loss", ""), "plane_loss": (0.1 + 3.2 * share, "loss on the plane", "")},
        spec={"probe": {"probe": "projection", "plane": PLANE}}, run="adam").finish()
    Growing(root / "training", "trajectory", {"step": steps}, {
        "loss": (0.05 + 2 * share, "training loss", ""), "lambda_max": (20 * (1 - share), "largest eigenvalue", "")},
        events=[{"step": 120, "event": "spike", "text": "loss spike"}]).finish()
    t = np.linspace(-0.5, 1.5, 31)
    wave = 0.2 + (t * (1 - t)) ** 2 * 8
    Growing(root / "line", "profile", {"alpha": t}, {
        "loss": (wave, "loss", ""), "loss_stderr": (0.05 * wave, "its standard error", ""), "accuracy": (0.95 - wave / 8, "accuracy", "")},
        family="line").finish()
    t = np.linspace(0, 1, 31)
    Growing(root / "curve", "path", {"t": t}, {
        "loss": (0.1 + 0.3 * t * (1 - t), "loss", ""), "error": (0.05 + 0.1 * t * (1 - t), "error", "")}, family="path").finish()
    level = np.linspace(0.1, 0.9, 9)
    Growing(root / "pruning", "scan", {"level": level}, {
        "loss": (0.2 + level**4, "loss", ""), "error": (0.05 + 0.3 * level**4, "error", "")}).finish()


def others(root: Path) -> None:
    """A volume, a spectrum and a graph; what is drawn as a matrix."""
    axis = np.linspace(-1, 1, 11)
    a, b, c = np.meshgrid(axis, axis, axis, indexing="ij")
    Growing(root / "ball", "volume", {"alpha": axis, "beta": axis, "gamma": axis}, {
        "loss": (0.05 * 400 ** ((a**2 + 1.4 * b**2 + 0.7 * c**2) / 3.1), "loss", "")}).finish()
    grid = np.linspace(-5, 35, 160)
    density = np.exp(-(grid**2) / 2) + 0.01 * np.exp(-((grid - 25) ** 2))
    here = (("eigen", 8),)
    over = (("lambda", len(grid)),)
    values = np.array([30.0, 25, 14, 9, 6, 4, 3, 2.5])
    Growing(root / "hessian", "spectrum", {"point": [0.0]}, {
        "eigenvalue": (values[None], "eigenvalue", ""), "eigenvalue_error": (0.01 * values[None], "its error", ""),
        "eigen_converged": (np.ones((1, 8)), "converged", FLAG), "grid": (grid[None], "eigenvalue", ""),
        "density": (density[None], "density", ""), "density_low": (0.8 * density[None], "density", ""),
        "density_high": (1.2 * density[None], "density", "")},
        beside={"eigenvalue": here, "eigenvalue_error": here, "eigen_converged": here, "grid": over, "density": over, "density_low": over,
                "density_high": over}, operator="hessian", steps=80, probes=4, kernel_width=0.05).finish()
    ends = np.array([(0, 1), (1, 2), (2, 3), (0, 3)])
    place = np.linspace(0, 1, 21)
    along = 0.1 + np.outer([0.2, 0.5, 0.3, 0.8], 4 * place * (1 - place))
    Growing(root / "minima", "graph", {"edge": np.arange(4.0)}, {
        "first": (ends[:, 0], "number of a node", ""), "second": (ends[:, 1], "number of the other node", ""),
        "saddle": (along.max(1), "largest loss on the path", ""), "saddle_stderr": (0.01 + 0 * place[:4], "its standard error", ""),
        "saddle_at": (0.5 + 0 * place[:4], "its place", ""), "line_saddle": (3 * along.max(1), "largest loss on the straight line", ""),
        "length_ratio": (1.2 + 0 * place[:4], "length over distance", ""), "converged": (np.ones(4), "path converged", FLAG),
        "along": (along, "loss along the path", ""), "along_line": (3 * along, "loss along the straight line", "")},
        beside={"along": (("place", 21),), "along_line": (("place", 21),)}, family="graph", method="neb",
        nodes=[{"name": name, "loss": 0.1, "stderr": 0.001} for name in "abcd"]).finish()
    likeness = np.exp(-np.abs(np.subtract.outer(np.arange(4.0), np.arange(4.0))))
    Growing(root / "likeness", "matrix", {"a": np.arange(4.0)}, {"similarity": (likeness, "similarity of functions", "")},
            beside={"similarity": (("b", 4),)}, labels={"a": list("ABCD"), "b": list("ABCD")}).finish()


def atlas(root: Path) -> Path:
    """A store with a result of every kind."""
    slices(root)
    lines(root)
    others(root)
    return root


def nasty(root: Path) -> Path:
    """A store whose names and words are markup."""
    coords, arrays = bowl(11, 11)
    arrays = {"loss": (arrays["loss"][0], NASTY_WORDS, NASTY_WORDS)}
    Growing(root / NASTY, "slice", coords, arrays, title=NASTY_WORDS, network=NASTY, notes=[NASTY_WORDS]).finish()
    return root
