"""What a long run says while it works. Data, so that a terminal, a notebook or a test can listen.

A listener is a function of one event. :func:`progress` is the one for people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Choice:
    """How points are evaluated: the plan, why it was taken when the group was made, and every candidate that was tried."""

    plan: dict[str, Any]
    why: str
    trials: list[dict[str, Any]]


@dataclass(frozen=True)
class Started:
    """The centre is known and with it the cost. ``done`` of ``points`` were found in the store; ``plan``: how, in words."""

    points: int
    done: int
    chunk: int
    examples: int
    seconds_per_point: float
    megabytes: float
    plan: str = "plain"
    choice: Choice | None = None


@dataclass(frozen=True)
class Advanced:
    """So many points are evaluated by now, those found in the store included."""

    done: int
    points: int


@dataclass(frozen=True)
class Stored:
    """Chunk number ``chunk`` is on disk."""

    chunk: int


@dataclass(frozen=True)
class Note:
    """Something a person should know about the result."""

    message: str


@dataclass(frozen=True)
class Surveying:
    """A survey begins: the seconds that the dense grid would take, and about the seconds of the survey."""

    cells: int
    examples: int
    tolerance: float
    dense_seconds: float
    survey_seconds: float


@dataclass(frozen=True)
class Surveyed:
    """A picture after a round: cells measured, the share of the dense cost, errors of held-out predictions (inf: none yet)."""

    measured: int
    cells: int
    share: float
    median: float
    p95: float


@dataclass(frozen=True)
class Finished:
    """The sweep is complete; ``computed`` points were evaluated in this run."""

    computed: int
    points: int


@dataclass(frozen=True)
class Trained:
    """So many steps of a training run are made; ``loss`` is that of the last mini-batch."""

    step: int
    steps: int
    loss: float


Event = Started | Advanced | Stored | Note | Surveying | Surveyed | Finished | Trained
Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """The listener that listens to nothing."""


def duration(seconds: float) -> str:
    """``0.21 ms``, ``850 ms``, ``42 s``, ``9 min``, ``3 h 10 min``."""
    if seconds < 0.001:
        return f"{seconds * 1000:.2g} ms"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


class Bar:
    """A listener for people; of training, ``bar.step`` is a hook."""

    def __init__(self, listen: Listener) -> None:
        self._listen = listen

    def __call__(self, event: Event) -> None:
        """Show an event."""
        self._listen(event)

    def step(self, step: int, point: Any, state: Any) -> None:
        """The hook of :func:`lossatlas.fit`."""
        self._listen(Trained(step, state.steps, state.loss))


#: Times a second that the bar is drawn. Each takes about a millisecond from a thread that computes, and the others wait for that one.
DRAWN = 2


@contextmanager
def progress(title: str = "sweep") -> Iterator[Bar]:
    """A progress bar with the cost estimate: ``with la.progress() as bar: la.sweep(…, on_event=bar)``, ``la.fit(…, hooks=[bar.step])``."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    bar, tasks = Progress(*columns, console=console, refresh_per_second=DRAWN), []
    training: dict[str, Any] = {}

    def say(text: str) -> None:
        console.print(text, highlight=False, markup=False, soft_wrap=True)

    def listen(event: Event) -> None:
        if isinstance(event, Started):
            left = (event.points - event.done) * event.seconds_per_point
            resumed = f", {event.done} already done" if event.done else ""
            say(f"{title}: {event.points} points × {event.examples:,} examples{resumed}; {duration(event.seconds_per_point)} a point, "
                f"about {duration(left)} to go; about {event.megabytes:,.0f} MB" + ("" if event.plan == "plain" else f"; {event.plan}"))
            bar.start()  # not before: a sweep that is refused shows its reason alone
            tasks.append(bar.add_task(title, total=event.points, completed=event.done))
        elif isinstance(event, Advanced):
            bar.update(tasks[-1], completed=event.done)
        elif isinstance(event, Surveying):
            say(f"{title}: {event.cells} cells × {event.examples:,} examples; dense: about {duration(event.dense_seconds)}; survey to "
                f"{100 * event.tolerance:g} %: about {duration(event.survey_seconds)}")
            bar.start()
            tasks.append(bar.add_task("cells measured", total=event.cells))
        elif isinstance(event, Surveyed):
            bar.update(tasks[-1], completed=event.measured)
            errors = "no prediction tested yet" if event.median == float("inf") else (
                f"held-out error {100 * event.median:.2g} % (median), {100 * event.p95:.2g} % (95th percentile)")
            say(f"survey: {event.measured} of {event.cells} cells, {100 * event.share:.2g} % of the dense cost; {errors}")
        elif isinstance(event, Trained):
            if not training or event.step < training["step"]:  # another run
                bar.start()
                tasks.append(bar.add_task(title, total=event.steps, completed=event.step))
            training["step"] = event.step
            bar.update(tasks[-1], completed=event.step, description=title if event.step == 0 else f"{title}, loss {event.loss:.3g}")
        elif isinstance(event, Note):
            say(f"note: {event.message}")

    try:
        yield Bar(listen)
    finally:
        if tasks:
            bar.stop()
