"""A16. Runs of several optimizers on one plane of principal components seem to lie in one smooth, connected valley: do they?

Surveys draw several runs on the plane of their joint principal components and see ends that a smooth valley connects. Here the claim is
tested, not assumed. From one initialization an MLP on digits is trained by SGD, by SGD with other data order, and by Adam, with the plane
through the end of the first. On the lattice of the plane: how high must a path from one end to another climb, at its lowest (the pass
between them), and is the surface convex where the paths lie? Beside it stands what is true: the loss of the ends themselves, which
lie off the plane, and the barrier on the straight line between them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import combinations

import numpy as np
import torch
import xarray as xr

from ..analyses import barrier, frame_paths, nonconvexity, pca_slice, projected
from ..family import Trajectory
from ..figures import paths as drawn
from ..fitting import State, fit
from ..names import Scale
from ..objective import Objective
from ..params import Params
from ..probes.loss import loss
from ..run.events import Listener, Note
from ..run.sweep import sweep
from .digits import pair, whole
from .finding import Finding, Number, over_seeds

CLAIM = ("On the plane of the principal components of several runs a smooth valley connects their ends (surveys of visualization), and "
         "they are connected in truth")
#: A pass counts as low below this share of the way from the ends up to the start.
LOW = 0.1
SIGNATURE = (f"for every seed and pair of runs the lowest path on the plane between the ends rises by less than {100 * LOW:g} % of the "
             "loss of the start, and so does the straight line between the true ends")
#: Epochs and points along each axis.
SETTINGS: dict[str, tuple[int, int]] = {"quick": (30, 25), "paper": (100, 51)}
BATCH = 50


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Train the three from every seed, draw their plane, and look for passes on it and for barriers between them."""
    epochs, points = SETTINGS[scale]
    values: dict[str, list[float]] = {}
    figure = None
    for seed in seeds:
        train, _ = pair(batch=BATCH, seed=seed)
        runs = {name: trained(train, name, optimizer, epochs, seed + 1000 * k) for k, (name, optimizer) in enumerate(OPTIMIZERS.items())}
        everything = whole(train)
        plane = pca_slice(list(runs.values()), objective=everything)
        over = {name: projected(one, plane, everything) for name, one in runs.items()}
        ds = sweep(loss(everything), plane, frame_paths(over.values(), points=points))
        start = float(next(iter(over.values()))["loss"][0])
        ends = {name: (float(path["alpha"][-1]), float(path["beta"][-1])) for name, path in over.items()}
        pairs = list(combinations(runs, 2))
        found = {
            "plane: highest pass between ends": max(rise(ds, ends[a], ends[b]) for a, b in pairs) / start,
            "truth: highest barrier on straight lines": max(_barrier(everything, runs[a], runs[b]) for a, b in pairs) / start,
            "plane: loss of an end, over its true loss": max(float(path["plane_loss"][-1] / path["loss"][-1]) for path in over.values()),
            "plane: cells that are not convex": float(nonconvexity(ds)["nonconvexity"]),
            "explained by the plane": sum(plane.about["explained"]),
        }
        for name, value in found.items():
            values.setdefault(name, []).append(value)
        figure = figure or drawn({f"PCA plane, seed {seed}": (ds, over)})
        on_event(Note(f"A16, seed {seed}: on the plane {100 * found['plane: highest pass between ends']:.3g} % of the loss of the start, "
                      f"in truth {100 * found['truth: highest barrier on straight lines']:.3g} %"))
    factor = "plane: loss of an end, over its true loss"
    numbers = [Number(name, tuple(of), "") if name == factor else Number(name, tuple(100 * np.array(of)), "%")
               for name, of in values.items()]
    shown = max(values["plane: highest pass between ends"]) < LOW and max(values["truth: highest barrier on straight lines"]) < LOW
    notes = (f"MLP on digits, batches of {BATCH}, {epochs} epochs, from one initialization: {', '.join(OPTIMIZERS)}; passes and barriers "
             "are parts of the loss of the start",
             "a pass on the plane is none in truth, since ends lie off it; a barrier on a straight line does not exclude a curve without; "
             "smooth is not convex: see the share of cells")
    return Finding(CLAIM, SIGNATURE, shown, numbers, notes, over_seeds(numbers, "three runs on one plane"), figure)


OPTIMIZERS: Mapping[str, Callable[..., torch.optim.Optimizer]] = {
    "SGD": partial(torch.optim.SGD, lr=0.1, momentum=0.9), "SGD, other order": partial(torch.optim.SGD, lr=0.1, momentum=0.9),
    "Adam": partial(torch.optim.Adam, lr=1e-3)}


def trained(train: Objective, name: str, optimizer: Callable[..., torch.optim.Optimizer], epochs: int, seed: int) -> Trajectory:
    """The start and the parameters after every epoch."""
    per_epoch = len(train.data.sizes)
    points: dict[int, Params] = {}

    def keep(step: int, point: Params, state: State) -> None:
        if step % per_epoch == 0:
            points[step] = {n: t.detach().clone() for n, t in point.items()}

    fit(train, optimizer=optimizer, steps=epochs * per_epoch, seed=seed, hooks=[keep])
    return Trajectory.of(points, name=name)


def rise(ds: xr.Dataset, a: tuple[float, float], b: tuple[float, float]) -> float:
    """How far the lowest path over the lattice between two places climbs above the higher of them.

    Cells are taken from the lowest on and joined to neighbours, eight of each, that were taken before; where both are joined is the pass.
    """
    values = ds["loss"].transpose("alpha", "beta").values
    shape = values.shape
    places = [[int(np.abs(ds[dim].values - x).argmin()) for dim, x in zip(("alpha", "beta"), place, strict=True)] for place in (a, b)]
    ends = [i * shape[1] + j for i, j in places]
    flat = values.ravel()
    if not np.isfinite(flat[ends]).all():
        return float("nan")
    group: dict[int, int] = {}

    def root(cell: int) -> int:
        while group[cell] != cell:
            group[cell] = group[group[cell]]
            cell = group[cell]
        return cell

    for cell in np.argsort(np.where(np.isfinite(flat), flat, np.inf)).tolist():
        group[cell] = cell
        i, j = divmod(cell, shape[1])
        for di, dj in ((di, dj) for di in (-1, 0, 1) for dj in (-1, 0, 1) if di or dj):
            if 0 <= i + di < shape[0] and 0 <= j + dj < shape[1] and (other := (i + di) * shape[1] + j + dj) in group:
                group[root(other)] = root(cell)
        if all(end in group for end in ends) and root(ends[0]) == root(ends[1]):
            return float(flat[cell] - flat[ends].max())
    return float("nan")


def _barrier(objective: Objective, one: Trajectory, other: Trajectory) -> float:
    """The barrier on the straight line between two ends."""
    return float(barrier(objective, *(run.at(run.steps[-1]) for run in (one, other)), points=21)["loss_barrier"])
