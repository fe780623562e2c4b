"""Pictures of findings that are no curves: a row a network, a column a number, the seeds in the bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..figures import Figure
from ..figures.figure import Axis, Bars, Panel
from ..figures.scales import number, round_values


def bars(names: Sequence[str], columns: Mapping[str, np.ndarray], *, title: str, log: bool = False) -> Figure:
    """Means over seeds as bars, with a line from the smallest to the largest.

    Args:
        names: of the rows.
        columns: title -> values, shape (seeds, rows).
        log: columns on one logarithmic scale, from the power of ten below the smallest value.
    """
    rows = np.arange(len(names), dtype=float)[::-1]
    y = Axis("", "linear", (-0.7, len(names) - 0.3), tuple(rows), tuple(names))
    everything = np.concatenate([np.asarray(values).ravel() for values in columns.values()])
    low, high = (10 ** np.floor(np.log10(everything.min())), 1.3 * everything.max()) if log else (0.0, 0.0)
    panels = []
    for head, values in columns.items():
        values = np.asarray(values, dtype=float)
        ticks = round_values(low, high, "log", wanted=4) if log else ()
        x = Axis("", "log" if log else "linear", (float(low), float(high)) if log else (0.0, float(1.08 * values.max())), ticks,
                 tuple(number(tick) for tick in ticks))
        panels.append(Panel((Bars(values.mean(axis=0), rows, values.min(axis=0), values.max(axis=0)),), x, y, title=head))
    caption = "Bars: means over seeds; lines: from the smallest to the largest."
    return Figure(tuple(panels), title, caption, len(panels))
