"""Small multiples in rows: which panel stands where, so that columns show the same."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .figure import Panel

if TYPE_CHECKING:
    from .slice import Plane


def columns_of(panels: int) -> int:
    """Columns of a grid of small multiples: up to five, in whole rows where that is possible; of very many about as many as rows."""
    if panels <= 4:
        return panels
    if panels > 25:
        return min(math.ceil(math.sqrt(panels)), 8)
    return next((columns for columns in (5, 4, 3) if panels % columns == 0), 4)


def in_rows(plane: Plane, panels: list[Panel], each: int = 1) -> tuple[list[Panel], int]:
    """Panels of splits, or of repeats with their spread (``each`` of one group), begin rows of their own; and the number of columns.

    A class that one split has no example of has a panel without marks there, so that columns show the same class; rows are filled up.
    """
    if each > 1:
        blocks = [panels[k : k + each] for k in range(0, len(panels), each)]
        columns = each if each <= 4 else math.ceil(each / math.ceil(each / 4))
    else:
        blocks = _of_splits(plane, panels)
        total = sum(map(len, blocks))
        columns = total if total <= 4 else columns_of(len(blocks[0]))
    lacking = -len(blocks[0]) % columns if columns < len(blocks[0]) else 0
    filled = [block + [_empty(panels[0])] * lacking for block in blocks[:-1]] + blocks[-1:]
    return [panel for block in filled for panel in block], columns


def _of_splits(plane: Plane, panels: list[Panel]) -> list[list[Panel]]:
    """A list of panels for each split, of the same layers and classes in the same order."""
    keys = [(sheet.split, (sheet.layer, sheet.label, sheet.repeat)) for sheet in plane.sheets]
    drawn = dict(zip(keys, panels, strict=True))
    splits, others = (list(dict.fromkeys(words)) for words in zip(*keys, strict=True))
    array = plane.ds[plane.name]
    if "class" in array.dims:  # one that the first split lacks has its place all the same
        classes, layers = [str(word) for word in array["class"].values], [layer for layer, _, _ in others]
        others.sort(key=lambda other: (layers.index(other[0]), classes.index(other[1]), other[2] or 0))
    return [[drawn.get((split, other)) or _empty(panels[0], f"{split}, class {other[1]}: no examples") for other in others]
            for split in splits]


def _empty(like: Panel, title: str = "") -> Panel:
    """A place without marks, for rows of equal length."""
    return Panel((), like.x, like.y, like.z, title, like.equal)
