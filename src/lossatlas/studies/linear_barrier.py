"""H1. Between networks that were trained apart, the straight line crosses a barrier (Goodfellow et al. 2015; Frankle et al. 2020).

Two networks of the same architecture on the same data, from different first weights, reach the same loss; the networks halfway between them
do not. The control is the line between two children of one run, which part late: it crosses next to nothing.
"""

from __future__ import annotations

import numpy as np

from ..analyses.barrier import barrier
from ..errors import InputError
from ..fitting import fit
from ..names import Scale
from ..run.events import Listener, Note
from .digits import pair, sgd
from .finding import Finding, Number, curves
from .solutions import STEPS, ends, measured, solution

CLAIM = "Between solutions that were trained apart the straight line crosses a barrier (Goodfellow et al. 2015; Frankle et al. 2020)"
SIGNATURE = ("for every seed the barrier on training data is at least 0.1 in the loss, more than 3 standard errors above 0, and at least "
             "2 % in the error, Frankle et al.'s bound of instability (METHODS H1: 0.51 and 15.7 %); and the line between two children "
             "that part after half of one run has less than a fifth of it")
#: The bounds.
LOSS, ERROR, PARTS = 0.1, 0.02, 5
POINTS = 61


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Lines between two runs, and between two children of one."""
    if scale == "paper":
        raise InputError("H1 has no scale paper; write --scale quick")
    lines, controls = [], []
    for seed in seeds:
        train, test = pair(seed=2 * seed)
        both = measured(train, test)
        lines.append(barrier(both, *ends(seed), points=POINTS, plan="plain"))
        half = fit(train, optimizer=sgd(0.1, 0.9), steps=STEPS // 2, seed=2 * seed).point
        children = [fit(train, init=half, optimizer=sgd(0.1, 0.9), steps=STEPS // 2, seed=1000 + 2 * seed + k).point for k in (0, 1)]
        controls.append(barrier(both, *children, points=POINTS, plan="plain"))
        on_event(Note(f"H1, seed {seed}: loss barrier {float(lines[-1]['loss_barrier'][0]):.3g}, of children of one run "
                      f"{float(controls[-1]['loss_barrier'][0]):.2g}"))
    found = {name: np.array([ds[name].values for ds in lines]) for name in ("loss_barrier", "loss_barrier_stderr", "loss_barrier_at",
                                                                            "error_barrier", "error_gap", "loss_barrier_converged")}
    control = {name: np.array([ds[name].values for ds in controls]) for name in ("loss_barrier", "error_barrier")}
    high, spread = found["loss_barrier"][:, 0], found["loss_barrier_stderr"][:, 0]
    shown = ((high >= LOSS) & (high > 3 * spread) & (found["error_barrier"][:, 0] >= ERROR) & (PARTS * control["loss_barrier"][:, 0] < high)
             & (found["loss_barrier_converged"][:, 0] == 1)).all()
    numbers = [Number(f"{what} barrier, {split} data", tuple(factor * found[f"{what}_barrier"][:, k]), unit)
               for what, factor, unit in (("loss", 1, ""), ("error", 100, "%")) for k, split in enumerate(("training", "test"))]
    numbers += [Number("standard error of the loss barrier, training data", tuple(spread)),
                Number("place of the loss barrier, training data", tuple(found["loss_barrier_at"][:, 0])),
                Number("|E0 − E1|, test data", tuple(100 * found["error_gap"][:, 1]), "%"),
                Number("loss barrier of children of one run, training data", tuple(control["loss_barrier"][:, 0])),
                Number("error barrier of children of one run, training data", tuple(100 * control["error_barrier"][:, 0]), "%")]
    panels = {name: np.stack([ds[name].transpose("split", "alpha").values for ds in lines]) for name in ("loss", "error")}
    data = curves("alpha", lines[0]["alpha"].values, panels, lines=("train", "test"), title="straight lines between networks trained apart")
    notes = (f"64-64-64-10 on 1000 digits, {STEPS} steps of 50 at rate 0.1, momentum 0.9; {POINTS} points on a line",
             "the children part at half of the run without its momentum, and differ in the order of the data alone",
             f"training loss of the first ends: {', '.join(f'{value:.2g}' for value in panels['loss'][:, 0, 0])}")
    solution.cache_clear()
    return Finding(CLAIM, SIGNATURE, bool(shown), tuple(numbers), notes, data)
