"""The part of the page's address behind ``#``, as far as Python writes it; the client reads and writes the rest (``app/state.ts``)."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

#: As many results as stand side by side.
SIDE_BY_SIDE = 6


def opening(ids: Sequence[str]) -> str:
    """What shows these results side by side; empty, which leaves the choice to the page, of none and of too many."""
    return f"ids={','.join(quote(key, safe='') for key in ids)}" if 0 < len(ids) <= SIDE_BY_SIDE else ""
