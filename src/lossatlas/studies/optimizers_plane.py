"""A17. Different optimizers end in different basins, with ridges between them (Im, Tao and Branson 2016).

From the same first weights SGD, RMSprop and Adam train one network; the plane through the three ends shows a basin around each. The control
is the same optimizer with another order of the data: if its end lies in another basin, too, then what is seen is not the optimizer's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
import torch

from ..analyses.barrier import barrier
from ..errors import InputError
from ..family import plane
from ..figures import compare
from ..fitting import fit
from ..names import Scale
from ..params import cosine, difference
from ..probes.loss import loss
from ..run.events import Listener, Note
from ..run.sweep import sweep
from .digits import pair, sgd, whole
from .finding import Finding, Number

CLAIM = "From the same first weights different optimizers end in different basins, with ridges between them (Im et al. 2016)"
SIGNATURE = ("for every seed and every two of SGD with momentum, RMSprop and Adam the barrier of the training loss on the line between "
             "their ends is more than 3 standard errors above 0 and above ten times the larger loss of the ends: a ridge")
STEPS, GRID = 800, 31
OPTIMIZERS: dict[str, Callable[..., Any]] = {"SGD": sgd(0.1, 0.9), "RMSprop": partial(torch.optim.RMSprop, lr=0.001),
                                             "Adam": partial(torch.optim.Adam, lr=0.001)}


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Three optimizers from one start, and the plane through their ends."""
    if scale == "paper":
        raise InputError("A17 has no scale paper; write --scale quick")
    pairs, pictures = list(combinations(OPTIMIZERS, 2)), {}
    high, ratios, cosines, again = [], [], [], []
    for seed in seeds:
        train, _ = pair(seed=seed)
        everything = whole(train)
        found = {name: fit(train, optimizer=make, steps=STEPS, seed=seed).point for name, make in OPTIMIZERS.items()}
        other = fit(train, optimizer=OPTIMIZERS["SGD"], steps=STEPS, seed=1000 + seed).point
        lines = [barrier(everything, found[a], found[b], plan="plain") for a, b in pairs]
        high.append([(float(ds["loss_barrier"]), float(ds["loss_barrier_stderr"])) for ds in lines])
        ratios.append([float(ds["loss_barrier"]) / float(ds["loss"][[0, -1]].max()) for ds in lines])
        start = train.params
        cosines.append([cosine(difference(start, found[a]), difference(start, found[b])) for a, b in pairs])
        control = barrier(everything, found["SGD"], other, plan="plain")
        again.append((float(control["loss_barrier"]), cosine(difference(start, found["SGD"]), difference(start, other))))
        flat = plane(*found.values()).saying({"ends": list(found)})
        pictures[f"seed {seed}"] = sweep(loss(everything), flat, flat.frame(GRID))
        told = ", ".join(f"{a}–{b} {v:.3g}" for (a, b), (v, _) in zip(pairs, high[-1], strict=True))
        on_event(Note(f"A17, seed {seed}: barriers {told}; SGD with another order {again[-1][0]:.3g}"))
    value, spread = np.moveaxis(np.array(high), 2, 0)
    shown = bool(((value > 3 * spread) & (np.array(ratios) > 10)).all())
    numbers = [Number(f"loss barrier, {a} to {b}", tuple(value[:, k])) for k, (a, b) in enumerate(pairs)]
    numbers += [Number(f"barrier over the larger loss of the ends, {a} to {b}", tuple(np.array(ratios)[:, k]))
                for k, (a, b) in enumerate(pairs)]
    numbers += [Number(f"cosine of the ways from the start, {a} and {b}", tuple(np.array(cosines)[:, k])) for k, (a, b) in enumerate(pairs)]
    numbers += [Number("control: loss barrier, SGD to SGD with another order of the data", tuple(np.array(again)[:, 0])),
                Number("control: cosine of their ways from the start", tuple(np.array(again)[:, 1]))]
    notes = (f"64-64-64-10 on 1000 digits, batches of 50, {STEPS} steps from the same first weights and in the same order of the data",
             "rates: SGD 0.1 with momentum 0.9, RMSprop and Adam 0.001; the three do not end at the same loss",
             "a ridge between two ends is no proof of two basins: a curve may go around it (G4)")
    return Finding(CLAIM, SIGNATURE, shown, tuple(numbers), notes, None, compare(pictures))
