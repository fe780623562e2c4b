"""G3. All minima are connected far below the straight lines between them (Draxler et al. 2018).

Five networks are trained from different weights; paths between them make a graph, whose minimum spanning tree holds for every pair the
lowest way that is known.
"""

from __future__ import annotations

import numpy as np

from ..analyses.minima import minima_graph
from ..figures import graph
from ..names import Scale
from ..run.events import Listener, Note
from .elastic_band import solutions
from .finding import Finding, Number

CLAIM = "All of several minima are connected far below the straight lines between them (Draxler et al. 2018)"
SIGNATURE = ("for every seed all minima are connected, and on every path of the minimum spanning tree the training loss rises above the "
             "higher end by at most 10 % of what it does on the straight line between the same minima (METHODS G3: well below linear)")
RISE = 0.1
NAMES = ("a", "b", "c", "d", "e")


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """A graph of the minima of every seed."""
    edges, steps = {"quick": (5, 300), "paper": (10, 16_000)}[scale]
    graphs = []
    for seed in seeds:
        objectives, points = solutions(seed, len(NAMES))
        graphs.append(minima_graph(objectives, dict(zip(NAMES, points, strict=True)), edges=edges, steps=steps, seed=seed))
        on_event(Note(f"G3, seed {seed}: highest pass {float(graphs[-1]['merge_level'].sel(split='train').max(skipna=False)):.3g}"))
    parts = [ds.sel(split="train") for ds in graphs]
    higher = [np.maximum(*(ds["node_loss"].values[ds[end].values] for end in ("first", "second"))) for ds in parts]
    rises, lines = ([(ds[name].values - ends)[ds["in_tree"].values] for ds, ends in zip(parts, higher, strict=True)]
                    for name in ("saddle", "line_saddle"))
    connected = [bool(np.isfinite(ds["merge_level"].values).all()) for ds in parts]
    worst = [float(np.max(rise / line)) if whole else float("nan") for rise, line, whole in zip(rises, lines, connected, strict=True)]
    shown = all(value <= RISE for value in worst)
    numbers = [Number("largest training loss of a minimum", tuple(float(ds["node_loss"].max(skipna=False)) for ds in parts)),
               *(Number(f"highest pass, {split} loss", tuple(float(ds["merge_level"].sel(split=key).max(skipna=False)) for ds in graphs))
                 for split, key in (("training", "train"), ("test", "test"))),
               Number("lowest barrier of a straight line in the tree", tuple(float(min(line, default=np.nan)) for line in lines)),
               Number("highest barrier of a straight line in the tree", tuple(float(max(line, default=np.nan)) for line in lines)),
               Number("largest barrier of a path over that of its line", tuple(100 * value for value in worst), "%"),
               Number("paths that converged", tuple(int(ds["converged"].sum()) for ds in graphs), f"of {edges}")]
    notes = (f"five networks 64-64-64-10 on 1,000 digits, {edges} paths by AutoNEB with {steps} steps each",
             "every pass is an upper bound: more steps may find lower ones; 150, tried first, ended at 9.3 to 10.0 %",
             "the picture is that of the first seed")
    return Finding(CLAIM, SIGNATURE, shown, tuple(numbers), notes, figure=graph(graphs[0]))
