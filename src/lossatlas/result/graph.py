"""A graph of minima: what its edges say of all minima together (Becker and Karplus 1997; Wales et al. 1998; Draxler et al. 2018).

An edge has a saddle: the largest loss on the path that was found between two minima. Of all ways from one minimum to another the lowest
has the largest edge as low as possible; the minimum spanning tree holds such a way for every pair. Its largest edge is the *pass* between
them, and passes are an ultrametric: at any level, minima whose passes lie below it form groups, and with the level the groups merge, two at
a time. The disconnectivity tree draws just that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True, eq=False)
class Tree:
    """The minimum spanning tree of a graph, or the trees of its parts.

    Attributes:
        edges: which edges are in it, shape (edges,).
        passes: the pass between every two nodes, shape (nodes, nodes); NaN where none is known, and on the diagonal.
        merges: the groups that merge, by rising level, as SciPy numbers them (number n + k is what merge k made), shape (nodes − 1, 2);
            −1 where nothing is left to merge.
        levels: at which they do, shape (nodes − 1,); NaN likewise.
    """

    edges: np.ndarray
    passes: np.ndarray
    merges: np.ndarray
    levels: np.ndarray


def tree(nodes: int, pairs: Sequence[tuple[int, int]], saddles: Sequence[float]) -> Tree:
    """The minimum spanning tree (Kruskal 1956); edges whose saddle is not finite connect nothing."""
    members, number = {k: [k] for k in range(nodes)}, {k: k for k in range(nodes)}  # by a node that stands for its group
    stands = list(range(nodes))
    inside, passes = np.zeros(len(pairs), dtype=bool), np.full((nodes, nodes), math.nan)
    merges, levels = np.full((max(nodes - 1, 0), 2), -1), np.full(max(nodes - 1, 0), math.nan)
    made = 0
    for k in sorted((k for k in range(len(pairs)) if math.isfinite(saddles[k])), key=lambda k: (saddles[k], k)):
        one, other = (stands[node] for node in pairs[k])
        if one == other:
            continue
        inside[k], levels[made], merges[made] = True, saddles[k], sorted((number[one], number[other]))
        for a in members[one]:
            passes[a, members[other]] = passes[members[other], a] = saddles[k]
        for node in members[other]:
            stands[node] = one
        members[one] += members.pop(other)
        number[one] = nodes + made
        made += 1
    return Tree(inside, passes, merges, levels)


def with_tree(ds: xr.Dataset) -> xr.Dataset:
    """A graph as it was measured, on the dims edge (and split), with its nodes and its tree: edges that are not done are left out.

    Of attrs ``nodes`` (name, ``loss`` and ``stderr``, one or one for every split) come the dim node, ``node_loss`` and
    ``node_loss_stderr``; of the saddles ``in_tree`` (edge), ``pass`` (node, other), ``merge_level`` (merge) and ``merged`` (merge, side).
    """
    import xarray as xr

    ds = ds.drop_vars([str(name) for name in ds if str(name).startswith("center_")]).isel(edge=ds["done"].values)
    names = [str(node["name"]) for node in ds.attrs["nodes"]]
    pairs = [(int(a), int(b)) for a, b in zip(ds["first"].values, ds["second"].values, strict=True)]
    inner = ("split",) if "split" in ds["saddle"].dims else ()
    each = ds["saddle"].transpose(*inner, "edge").values.reshape(-1, len(pairs))
    trees = [tree(len(names), pairs, row.tolist()) for row in each]

    def stacked(field: str) -> np.ndarray:
        arrays = np.stack([getattr(one, field) for one in trees])
        return arrays if inner else arrays[0]

    def of_nodes(key: str) -> np.ndarray:
        return np.array([node[key] for node in ds.attrs["nodes"]], dtype=float).T

    ds = ds.assign_coords(node=names, other=names, ends=("edge", [f"{names[a]} – {names[b]}" for a, b in pairs]))
    ds["first"], ds["second"] = (ds[end].astype(int).assign_attrs(ds[end].attrs) for end in ("first", "second"))
    for name, dims, values, words in (
        ("node_loss", ("node",), of_nodes("loss"), "loss"),
        ("node_loss_stderr", ("node",), of_nodes("stderr"), "standard error of the loss over examples"),
        ("in_tree", ("edge",), stacked("edges"), "in the minimum spanning tree"),
        ("pass", ("node", "other"), stacked("passes"), "lowest largest loss between two minima"),
        ("merge_level", ("merge",), stacked("levels"), "loss at which groups merge"),
        ("merged", ("merge", "side"), stacked("merges"), "groups that merge"),
    ):
        ds[name] = xr.DataArray(values, dims=(*inner, *dims), attrs={"long_name": words, "units": ""})
    return ds
