"""Tables of the command line."""

from __future__ import annotations

from collections.abc import Sequence


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of cells as lines, each column as wide as its widest cell; columns without any cell but the head are left out."""
    kept = [k for k in range(len(rows[0])) if any(row[k] for row in rows[1:]) or len(rows) == 1]
    widths = {k: max(len(row[k]) for row in rows) for k in kept}
    return ["  ".join(row[k].ljust(widths[k]) for k in kept).rstrip() for row in rows]
