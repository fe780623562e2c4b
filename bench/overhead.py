"""What a sweep costs beside its own forward passes: statistics, chunks, the store, progress, events.

The sweep goes into a store, with the progress bar drawn; its clock runs from the first point to the moment the result is read back. In
between, block against block, the same points are evaluated by the same plan with nothing around: weights made and folded for the
point, the network called on every batch, outputs thrown away. Both make the points, so that the ratio is what the sweep adds. A sweep
this short writes a chunk every half second or so; a long one every ten.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rounds import Row, say, settle
from subjects import Subject

import lossatlas as la
from lossatlas.execution.candidates import moved_by
from lossatlas.execution.plan import Plan, Planned
from lossatlas.params import Params
from lossatlas.run.events import Started
from lossatlas.run.job import prepare
from lossatlas.run.sweep import planned
from lossatlas.seeds import fixed_rng

#: What the whole sweep may cost beside its forward passes.
GOAL = 1.03


def overhead(subject: Subject, points: int, rounds: int) -> tuple[list[Row], list[str]]:
    """The row of the table, what comes before the first point as another, and what is said of them."""
    objective = subject.objective()
    family, probe = la.random_slice(objective, dims=("alpha",)), la.probes.loss(objective)
    coords = {"alpha": la.axis(-1, 1, points)}
    job = prepare(probe, family, {"alpha": la.axis(-1, 1, 51 * 51)}, plan="auto", engine="local")
    planned(job, la.Local())
    plan = job.spec["plan"]
    alone = forwards(Planned(probe, Plan.of(plan), moved=moved_by(family)), family, coords["alpha"])
    ratios, before = [], []
    for number in range(rounds + 1):
        first, sweep_seconds = swept(probe, family, coords, plan)
        settle()
        began = time.perf_counter()
        alone()
        settle()
        seconds = time.perf_counter() - began
        if number:  # the first round warms up
            ratios.append(sweep_seconds / seconds)
            before.append(first / (seconds / points))
            say(f"round {number} of {rounds}")
    rows = [Row(f"{subject.name}: sweep into a store with progress / its forward passes alone", ratios, GOAL),
            Row(f"{subject.name}: what a sweep does before its first point, in points", before)]
    return rows, [f"overhead: {points} points, their plan given; before the first one come digests, the store and the centre, once"]


def swept(probe: Any, family: Any, coords: dict[str, Any], plan: dict[str, Any]) -> tuple[float, float]:
    """Seconds before the first point, and from there to the result, of a sweep with all that people see of it."""
    started = 0.0
    with tempfile.TemporaryDirectory() as folder, drawn() as bar:
        def listen(event: Any) -> None:
            nonlocal started
            bar(event)
            if isinstance(event, Started):
                started = time.perf_counter()

        began = time.perf_counter()
        la.sweep(probe, family, coords, store=Path(folder) / "bench.zarr/a", plan=plan, on_event=listen)
        return started - began, time.perf_counter() - started


@contextlib.contextmanager
def drawn() -> Any:
    """The progress bar, drawn as on a terminal, to where nobody sees it."""
    before = os.environ.get("FORCE_COLOR")
    os.environ["FORCE_COLOR"] = "1"
    try:
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere), la.progress() as bar:
            yield bar
    finally:
        os.environ.pop("FORCE_COLOR")
        if before is not None:
            os.environ["FORCE_COLOR"] = before


def forwards(planned: Planned, family: Callable[[Any], Params], values: np.ndarray) -> Callable[[], None]:
    """The forward passes of a plan at points of a line, and nothing else."""
    import torch

    view = planned.parts[0].view

    def run() -> None:
        with planned.mode(), fixed_rng(0, "forward"):
            for value in values:
                prepared = view.prepare(family(torch.tensor([value], dtype=torch.float64)))
                for batch in view.data:
                    view._call(prepared.tensors, batch.value, prepared.forward)

    return run
