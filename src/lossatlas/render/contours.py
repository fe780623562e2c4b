"""Where the labels of contour lines go: on long lines, away from the frame, from other labels and from other lines."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.contour import QuadContourSet

_MARGIN = 18.0  # points between a label's middle and the frame
_CANDIDATES, _OTHERS = 60, 3000
_MOST = 2  # labels of one level


def label(axes: Axes, drawn: QuadContourSet, named: Mapping[float, str], avoid: np.ndarray) -> None:
    """Write the labels into the lines; ``avoid`` (n, 2) are places in data coordinates to keep clear of."""
    spots = _spots(axes, drawn, named, avoid)
    if spots:
        back = axes.transData.inverted()
        present = [level for level in drawn.levels.tolist() if level in named]
        axes.clabel(drawn, levels=present, fmt=dict(named), fontsize=7, inline=True, inline_spacing=2,
                    manual=[tuple(back.transform(spot)) for spot in spots])


def _spots(axes: Axes, drawn: QuadContourSet, named: Mapping[float, str], avoid: np.ndarray) -> list[np.ndarray]:
    unit = axes.get_figure().dpi / 72  # pixels of a point
    lines = [_lines(axes, path) for path in drawn.get_paths()]
    frame = axes.bbox
    taken = list(axes.transData.transform(avoid.reshape(-1, 2)))
    spots = []
    for k, level in enumerate(drawn.levels.tolist()):
        if level not in named:
            continue
        others = _thin(np.concatenate([line for j, of in enumerate(lines) if j != k for line in of] or [np.empty((0, 2))]),
                       _OTHERS)
        room = (8 + 10 * len(named[level])) * unit
        for line in sorted((line for line in lines[k] if _length(line) > room), key=_length, reverse=True)[:_MOST]:
            at = _thin(line, _CANDIDATES)
            edge = np.minimum(at - [frame.x0, frame.y0], [frame.x1, frame.y1] - at).min(axis=1)
            at = at[edge > _MARGIN * unit]
            if not len(at):
                continue
            near_label, near_line = _nearest(at, np.array(taken)), _nearest(at, others)
            best = int(np.argmax(np.minimum(near_label, 60 * unit) + 3 * np.minimum(near_line, 9 * unit)))
            if near_label[best] > 14 * unit and near_line[best] > 4 * unit:
                taken.append(at[best])
                spots.append(at[best])
    return spots


def _lines(axes: Axes, path: object) -> list[np.ndarray]:
    """The connected lines of one level, in pixels."""
    vertices, codes = path.vertices, path.codes  # type: ignore[attr-defined]
    if not len(vertices):
        return []
    starts = np.flatnonzero(codes == 1)[1:] if codes is not None else []
    return [axes.transData.transform(line) for line in np.split(vertices, starts)]


def _length(line: np.ndarray) -> float:
    return float(np.hypot(*np.diff(line, axis=0).T).sum())


def _thin(points: np.ndarray, most: int) -> np.ndarray:
    return points[:: -(-len(points) // most)] if len(points) > most else points


def _nearest(at: np.ndarray, others: np.ndarray) -> np.ndarray:
    if not len(others):
        return np.full(len(at), np.inf)
    return np.hypot(*(at[:, None] - others[None]).transpose(2, 0, 1)).min(axis=1)
