"""G1. Solutions are connected at every loss above their own, by ways that are longer the lower it is (Freeman and Bruna 2017, "Topology and
geometry of half-rectified network optimization").

Between two networks from different weights a string of points is sought that stays below a level, for levels from near the barrier of the
straight line down to a few times the loss of the networks themselves.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import spearmanr

from ..analyses.strings import string_path
from ..errors import InputError
from ..names import Scale
from ..run.events import Listener, Note
from .elastic_band import solutions
from .finding import Finding, Number, curves

CLAIM = ("Two solutions are connected below any loss above their own, and the way is the longer the lower it must stay (Freeman and Bruna "
         "2017)")
SIGNATURE = ("for every seed a string is found at every level, and its length grows as the level drops: rank correlation −0.9 or below, "
             "and longer at the lowest than at the highest (METHODS G1)")
LEVELS = {"quick": (0.003, 0.01, 0.03, 0.1, 0.3), "paper": (0.002, 0.003, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5)}
#: Rank correlation of level and length.
FALLS = -0.9


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """A string at every level of every seed."""
    levels = LEVELS[scale]
    lengths, reached, points = (np.full((len(seeds), len(levels)), np.nan) for _ in range(3))
    for row, seed in enumerate(seeds):
        objectives, ends = solutions(seed, 2)
        for k, level in enumerate(levels):
            try:
                found = string_path(objectives, *ends, level=level, steps=2000 if scale == "quick" else 10_000, seed=seed)
            except InputError as error:  # the solutions themselves are not below the level
                on_event(Note(f"G1, seed {seed}: {error}"))
                continue
            lengths[row, k], reached[row, k], points[row, k] = found.length_ratio, found.converged, len(found.path.controls) - 2
        on_event(Note(f"G1, seed {seed}: length over distance below "
                      + ", ".join(f"{level:g}: {value:.3f}" for level, value in zip(levels, lengths[row], strict=True))))
    correlations = tuple(float(spearmanr(levels, row).statistic) if np.isfinite(row).all() and np.ptp(row) > 0 else float("nan")
                         for row in lengths)
    shown = bool((reached == 1).all() and all(value <= FALLS for value in correlations) and (lengths[:, 0] > lengths[:, -1]).all())
    numbers = [*(Number(f"length over distance below {level:g}", tuple(lengths[:, k])) for k, level in enumerate(levels)),
               *(Number(f"points between the ends below {level:g}", tuple(points[:, k])) for k, level in enumerate(levels)),
               Number("levels at which a string was found", tuple((reached == 1).sum(1)), f"of {len(levels)}"),
               Number("rank correlation of level and length", correlations)]
    data = curves("level", levels, {"length": lengths, "points": points},
                  words={"level": "loss that the string stays below", "length": "length over distance",
                         "points": "points between the ends"},
                  title="strings below a level")
    notes = ("64-64-64-10 on 1,000 digits, 600 steps of 50 at a rate of 0.1, momentum 0.9; losses on all training data",
             "levels and threshold were written after strings on such networks had been seen once, and were not changed since",
             "a string is one way and need not be the shortest: its length is an upper bound of that of the geodesic")
    return Finding(CLAIM, SIGNATURE, shown, tuple(numbers), notes, data)
