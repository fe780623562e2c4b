"""``lossatlas study``: claims of the literature, tested, with the verdict in numbers."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from pathlib import Path

from ..errors import InputError
from ..result.store import split_path
from ..run.events import progress
from ..studies import STUDIES, each, find
from ..studies.finding import Finding, Number

#: Where findings go where nobody says otherwise.
DEFAULT_STORE = "lossatlas.zarr"
#: Characters of a line.
_WIDTH = 110


def study(rows: Sequence[str], *, scale: str, seeds: int, store: str | None, output: Path | None) -> None:
    """``lossatlas study``."""
    if not rows:
        print(*listing(), sep="\n")
        return
    wanted = list(STUDIES) if [row.lower() for row in rows] == ["all"] else list(rows)
    for row in wanted:
        find(row)
    if store is not None:
        split_path(store, "+")
    if seeds < 1:
        raise InputError(f"--seeds is {seeds}; expected at least 1")
    found: list[Finding] = []
    try:
        with progress("study") as bar:
            for one in each(wanted, scale=scale, seeds=seeds, store=store or DEFAULT_STORE, folder=output,  # type: ignore[arg-type]
                            on_event=bar):
                found.append(one)
                print(*report(one), sep="\n", flush=True)
    finally:
        if len(found) > 1:
            for shown, words in ((True, "shown"), (False, "not shown")):
                print(f"{words + ':':<10} {', '.join(one.row for one in found if one.shown is shown) or 'none'}")


def listing() -> list[str]:
    """The studies, a line each."""
    width = max(map(len, STUDIES))
    return [*(f"{row:<{width}}  {one.claim}" for row, one in STUDIES.items()), "",
            f"lossatlas study {' '.join(list(STUDIES)[:2])} runs some of them, lossatlas study all every one"]


def report(finding: Finding) -> list[str]:
    """What a study found, in lines: the verdict, every number with its mean, spread and values, the notes."""
    seeds = ", ".join(map(str, finding.seeds))
    head = f"{finding.row}  {'SHOWN' if finding.shown else 'NOT SHOWN'}  ({finding.seconds:.0f} s, scale {finding.scale}, seeds {seeds})"
    rows = [(number.name, *cells(number)) for number in finding.numbers]
    widths = [max(len(row[k]) for row in rows) for k in range(3)]
    lines = [head, *_wrapped("claim: ", finding.claim), *_wrapped("must be seen: ", finding.signature)]
    lines += ["    mean ± standard deviation over seeds [of every seed]:"] if len(finding.seeds) > 1 else []
    lines += [f"    {name:<{widths[0]}}  {mean:>{widths[1]}}  {spread:<{widths[2]}}  {each_seed}" for name, mean, spread, each_seed in rows]
    return [*lines, *(line for note in finding.notes for line in _wrapped("note: ", note)), ""]


def cells(number: Number) -> tuple[str, str, str]:
    """Mean with its unit, spread, and the values of all seeds."""
    unit = f" {number.units}" if number.units else ""
    spread = f"± {number.spread:.2g}" if math.isfinite(number.spread) else ""
    return f"{number.mean:.4g}{unit}", spread, f"[{', '.join(f'{value:.4g}' for value in number.values)}]"


def _wrapped(label: str, text: str) -> list[str]:
    return textwrap.wrap(f"{label}{text}", _WIDTH, initial_indent="    ", subsequent_indent="    " + " " * len(label))
