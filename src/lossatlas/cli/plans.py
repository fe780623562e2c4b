"""``--show-plan``: which ways to evaluate points were tried, and why one of them was taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..run.events import Event, Listener, Started


def saying_plan(listener: Listener) -> Listener:
    """The listener, which also prints how points are evaluated as soon as that is decided."""
    def listen(event: Event) -> None:
        if isinstance(event, Started) and event.choice is not None:
            choice = event.choice
            why = [f"why: {choice.why}"] if choice.why else []
            print(*table(choice.trials), f"plan: {settings(choice.plan)}", *why, sep="\n", flush=True)
        listener(event)

    return listen


def settings(plan: Mapping[str, Any]) -> str:
    """A plan in one line: its name, and what differs from the plain way."""
    left = {key: value for key, value in plan.items() if key != "name" and value not in (False, None, "own", "contiguous", 1)}
    return f"{plan['name']} ({', '.join(f'{key} {value}'.replace('_', ' ').removesuffix(' True') for key, value in left.items())})"


def table(trials: Sequence[Mapping[str, Any]]) -> list[str]:
    """One line a candidate: its time relative to plain, the difference of its losses, and what became of it."""
    if not trials:
        return []
    rows = [("candidate", "time", "difference", "verdict")]
    for trial in trials:
        time = "" if trial["time"] is None else f"{trial['time']:.2f}"
        difference = "" if trial["difference"] is None else f"{trial['difference']:.1g}"
        rows.append((trial["candidate"], time, difference, trial["verdict"] + (f": {trial['why']}" if trial["why"] else "")))
    widths = [max(len(row[k]) for row in rows) for k in range(3)]
    return [f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}  {d}" for a, b, c, d in rows]
