"""A graph of minima: which of many networks are connected below which loss (Draxler et al. 2018; METHODS G3, 2.3).

Nodes are points, an edge is a path between two of them, and its saddle the largest loss on it. A path bounds the pass between its ends from
above, and so does any chain of paths: not every pair needs one of its own. Which pair is next follows from what is known: until all are
connected, that of the lowest minimum and the lowest that is not connected with it; then a pair that may replace the highest edge of the
minimum spanning tree, one minimum on either side of it, the lowest that were not tried.

What the saddles say of all minima together, the tree and the passes, is in :mod:`~lossatlas.result.graph`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path as Folder
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ..errors import InputError
from ..execution.memory import in_large_batches
from ..family import Path
from ..pairs import Objectives, trained_on
from ..params import Params, difference, digest, norm, size
from ..probes import loss
from ..result.description import exists
from ..result.graph import tree
from ..result.memory import MemoryStore
from ..result.provenance import provenance
from ..result.schema import FLAG, Quantity
from ..result.store import ZarrStore, find_unfinished, next_name, split_path, writable
from ..run.events import Listener, Note, ignore
from ..run.sweep import sweep
from ..seeds import check_seed
from .barrier import comparing

#: Places on a path and on the straight line, their ends included; chords by which the length of a curve is measured.
PLACES, CHORDS = 41, 100


def minima_graph(
    objective: Objectives, points: Mapping[str, Mapping[str, Tensor]], *, method: str = "autoneb", edges: int | None = None,
    steps: int | None = None, seed: int = 0, store: str | Folder | None = None, on_event: Listener = ignore,
) -> xr.Dataset:
    """Connect points pairwise, as far as it helps, and find the passes between all of them.

    Args:
        objective: one, or a ``{"train": …, "test": …}`` pair: paths are found on the first and measured on all, as by
            :func:`~lossatlas.barrier`.
        points: two or more, by name.
        method: how two points are connected, of :func:`~lossatlas.connect`.
        edges: how many paths are looked for; by default 2 (n − 1), and never more than there are pairs.
        steps: of every path, of :func:`~lossatlas.connect`.
        seed: of every path.
        store: ``PATH.zarr/GROUP``: paths that an earlier run measured are not looked for again.

    Returns:
        A Dataset of kind "graph" with dims node and edge (and split): ``node_loss``; of every edge its nodes ``first`` and ``second``,
        ``saddle``, ``saddle_at``, ``saddle_stderr``, ``converged``, ``length_ratio``, ``line_saddle`` of the straight line, and the
        losses ``along`` the path and ``along_line`` (dim place); and of all together ``in_tree``, ``pass``, ``merge_level`` and
        ``merged``, see :mod:`lossatlas.result.graph`.

    Raises:
        InputError: fewer than two points, points of different networks, equal points, an unknown method, edges that connect nothing.
        SpecMismatch: the store holds another graph.
    """
    graph = _Graph(objective, points, method, steps, check_seed(seed), on_event)
    pairs = len(points) * (len(points) - 1) // 2
    if edges is not None and (isinstance(edges, bool) or not isinstance(edges, int) or edges < len(points) - 1):
        raise InputError(f"edges is {edges!r}; expected a whole number of at least {len(points) - 1}, so that {len(points)} minima can be "
                         "connected")
    return graph.measured(min(edges or 2 * (len(points) - 1), pairs), store)


def next_pair(losses: Sequence[float], tried: Mapping[tuple[int, int], float]) -> tuple[int, int] | None:
    """The pair of minima that is worth a path next, by number, the smaller first; None where all were tried.

    Args:
        losses: of the minima.
        tried: pair -> saddle of its path, NaN where none was found.
    """
    pairs = list(tried)
    found = tree(len(losses), pairs, list(tried.values()))
    kept = [pair for pair, inside in zip(pairs, found.edges, strict=True) if inside]
    lowest = min(range(len(losses)), key=lambda k: (losses[k], k))
    cuts = [_group(lowest, kept)] if len(kept) < len(losses) - 1 else [
        _group(pair[0], [other for other in kept if other != pair]) for pair in sorted(kept, key=lambda pair: -tried[pair])]
    for group in cuts:
        across = [(min(a, b), max(a, b)) for a in group for b in set(range(len(losses))) - group]
        if left := [pair for pair in across if pair not in tried]:
            return min(left, key=lambda pair: (sum(losses[k] for k in pair), pair))
    rest = [pair for pair in combinations(range(len(losses)), 2) if pair not in tried]
    return rest[0] if rest else None


def _group(node: int, pairs: Sequence[tuple[int, int]]) -> set[int]:
    """The nodes that these pairs connect with one, itself included."""
    group = {node}
    while grown := {k for pair in pairs if group & set(pair) for k in pair} - group:
        group |= grown
    return group


class _Graph:
    """Points, how they are connected, and what is measured of them."""

    def __init__(self, objective: Objectives, points: Mapping[str, Mapping[str, Tensor]], method: str, steps: int | None, seed: int,
                 tell: Listener) -> None:
        self.objective, self.method, self.steps, self.seed, self.tell = objective, method, steps, seed, tell
        self.first = trained_on(objective)
        if not isinstance(points, Mapping) or len(points) < 2:
            count = len(points) if isinstance(points, Sequence | Mapping) else 0
            raise InputError(f"points are a {type(points).__name__} of {count}; expected a dict of at least two: {{'a': point, 'b': …}}")
        found = {str(name): self.first.conform(point, what=f"point {name}") for name, point in points.items()}
        shared = [name for name in next(iter(found.values())) if all(name in point for point in found.values())]
        self.points: dict[str, Params] = {name: {key: point[key] for key in shared} for name, point in found.items()}
        self._refuse_equal()
        compared = comparing(objective)
        several = isinstance(compared, Mapping)
        self.probe = loss({name: in_large_batches(one) for name, one in compared.items()} if several else in_large_batches(compared))
        self.splits = list(compared) if several else []

    def _refuse_equal(self) -> None:
        digests: dict[str, str] = {}
        for name, point in self.points.items():
            key = digest({n: point[n] for n in self.first.params})
            if key in digests:
                raise InputError(f"points {digests[key]} and {name} are equal; expected different points")
            digests[key] = name

    # ---- all edges ---------------------------------------------------------------------------------------------

    def measured(self, edges: int, store: str | Folder | None) -> xr.Dataset:
        """The graph with so many edges, of which those that are stored are not measured again."""
        nodes = [self._node(name) for name in self.points]
        place = self._place(edges, nodes, store)
        names, tried = list(self.points), dict[tuple[int, int], float]()
        losses = [float(np.ravel(node["loss"])[0]) for node in nodes]
        stored = place.read()[0] if isinstance(place, ZarrStore) else {}
        for k in range(edges):
            pair = next_pair(losses, tried)
            assert pair is not None  # there are no more edges than pairs
            if place.has(k):
                tried[pair] = float(np.ravel(stored["saddle"][k])[0])
                continue
            self.tell(Note(f"path {k + 1} of {edges}: {names[pair[0]]} to {names[pair[1]]}"))
            values = self._edge(*pair)
            place.write(k, {name: np.asarray(value, dtype=np.float64)[None] for name, value in values.items()})
            tried[pair] = float(np.ravel(values["saddle"])[0])
            line = float(np.ravel(values["line_saddle"])[0])
            self.tell(Note(f"{names[pair[0]]} to {names[pair[1]]}: largest loss {tried[pair]:.4g}, on the straight line {line:.4g}"))
        return place.dataset()

    def _place(self, edges: int, nodes: list[dict[str, Any]], store: str | Folder | None) -> ZarrStore | MemoryStore:
        """Where edges are kept: a new place, or one that holds some of the same graph."""
        spec = {"graph": {"method": self.method, "steps": self.steps, "seed": self.seed, "edges": edges, "places": PLACES},
                "points": {name: digest(point) for name, point in self.points.items()}, "probe": self.probe.spec()}
        parts: dict[str, Any] = {"attrs": self._about(nodes), "coords": {"edge": np.arange(edges, dtype=np.float64)},
                                 "indices": np.arange(edges)[:, None], "quantities": self._quantities,
                                 "centre": {q.name: np.full(q.shape, np.nan) for q in self._quantities}}
        if store is None:
            return MemoryStore(**{**parts, "attrs": {**parts["attrs"], "spec": spec}})
        root, name = split_path(store, "graph")
        if name == "+":
            name = find_unfinished(root, "graph", spec) or next_name(root, "graph")
        if exists(root / name):
            place = ZarrStore(root, name)
            place.check_spec(spec)
            place.mend()
            return place
        with writable(root):
            return ZarrStore.create(root, name, spec=spec, timing={"chunk": 1, "seconds_per_point": 0.0}, **parts)

    def _about(self, nodes: list[dict[str, Any]]) -> dict[str, Any]:
        """What a result says of itself."""
        about = self.probe.about()
        return {"kind": "graph", "title": f"{about['network']}: {len(nodes)} minima", **about, "family": "graph", "method": self.method,
                "seed": self.seed, "nodes": nodes, "n_parameters": size(self.first.params), "notes": [], **provenance()}

    @property
    def _quantities(self) -> tuple[Quantity, ...]:
        split = (("split", len(self.splits)),) if self.splits else ()
        along = (*split, ("place", PLACES))
        return (Quantity("first", "number of a node of the edge"), Quantity("second", "number of the other node of the edge"),
                Quantity("saddle", "largest loss on the path", dims=split),
                Quantity("saddle_stderr", "standard error of the largest loss on the path over examples", dims=split),
                Quantity("saddle_at", "place of the largest loss on the path", dims=split),
                Quantity("line_saddle", "largest loss on the straight line", dims=split),
                Quantity("length_ratio", "length of the path over the distance of its ends"),
                Quantity("converged", "path converged", FLAG),
                Quantity("along", "loss along the path", dims=along), Quantity("along_line", "loss along the straight line", dims=along))

    # ---- one node, one edge ------------------------------------------------------------------------------------

    def _node(self, name: str) -> dict[str, Any]:
        with torch.no_grad():
            found = self.probe(self.points[name])
        return {"name": name, "loss": found["loss"].tolist(), "stderr": found["loss_stderr"].tolist()}

    def _edge(self, one: int, other: int) -> dict[str, Any]:
        """All quantities of the path between two nodes."""
        ends = [list(self.points.values())[k] for k in (one, other)]
        path, converged = self._joined(*ends)
        along, errors = self._profile(path)
        line, _ = self._profile(Path(tuple(ends), "polychain"))
        at = np.where(np.isfinite(along), along, np.inf).argmax(-1)  # what is not finite is the highest: nothing can be said there
        top, error = (np.take_along_axis(values, at[..., None], -1)[..., 0] for values in (along, errors))
        there = np.isfinite(top)
        return {"first": one, "second": other, "saddle": np.where(there, top, np.nan), "saddle_stderr": np.where(there, error, np.nan),
                "saddle_at": np.where(there, at / (PLACES - 1), np.nan), "line_saddle": line.max(-1),  # NaN where one is
                "length_ratio": self._length(path) / self._length(Path(tuple(ends), "polychain")), "converged": converged,
                "along": along, "along_line": line}

    def _joined(self, a: Params, b: Params) -> tuple[Path, bool]:
        """A path between two points and whether it converged."""
        from .connecting import connect

        found = connect(self.objective, a, b, method=self.method, steps=self.steps, seed=self.seed, on_event=self.tell)
        return found.path, found.converged

    def _profile(self, path: Any) -> tuple[np.ndarray, np.ndarray]:
        """Losses and their standard errors along a path, shape (PLACES,) or (splits, PLACES)."""
        ds = sweep(self.probe, path, {"t": np.linspace(0, 1, PLACES)}, plan="plain")
        dims = ("split", "t") if self.splits else ("t",)
        return ds["loss"].transpose(*dims).values, ds["loss_stderr"].transpose(*dims).values

    def _length(self, path: Path) -> float:
        """Of a path, by chords between its corners and CHORDS places."""
        places = sorted({*path.knots, *(np.linspace(0, 1, CHORDS + 1).tolist() if path.basis == "bezier" else ())})
        total, before = 0.0, None
        for t in places:
            point = path(torch.tensor([t], dtype=torch.float64))
            here = {name: point[name] for name in self.first.params}
            total, before = total + (norm(difference(here, before)) if before is not None else 0.0), here
        return total

