"""``lossatlas train``: train a network by a recipe of Li et al. 2018, and leave a run behind, of which everything can be asked.

The same command again goes on with a run that was interrupted; another command in its folder is refused with what differs.
"""

from __future__ import annotations

import warnings
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import torch

from ..errors import LossAtlasError
from ..fitting import Fit, fit
from ..folders import made
from ..monitor import Monitor
from ..objective import Objective
from ..record import Recorder, Run, open_run
from ..run.events import duration, progress
from ..zoo import runs
from ..zoo.recipes import recipe


@dataclass(frozen=True)
class Recording:
    """Where a run is recorded, and how often; and where it is watched."""

    out: Path
    every: str = "log"
    max_bytes: float | None = None
    monitor: str | None = None
    budget: float = 0.05


def train(
    network: str, recording: Recording, *, name: str, scale: str, data: str | None, seed: int, checkpoint: str | None, corrupt: str | None,
    device: str, **given: Any,
) -> None:
    """``lossatlas train``; ``given`` are fields of the recipe, None where nothing was said."""
    how = recipe(name, network=network, data=data or "", scale=scale, **given)  # type: ignore[arg-type]
    about = runs.describe(network, how, data=data, seed=seed, checkpoint=checkpoint, corrupt=corrupt)
    objectives = _objectives(about, device)
    with ExitStack() as stack:
        stack.enter_context(made(recording.out))
        stack.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", message="(training stopped|cannot record)", category=RuntimeWarning)  # both are said at the end
        recorder = stack.enter_context(
            Recorder(recording.out, every=recording.every, max_bytes=recording.max_bytes, about=about, resume=True))
        begun = _begun(recording.out)
        complete = begun is not None and begun.steps[-1] >= about["steps"]
        _say(about, scale, objectives, None if complete else begun)
        watching = None
        if recording.monitor is not None and not complete:
            watching = stack.enter_context(Monitor(objectives["train"], store=recording.monitor, budget=recording.budget, resume=True))
            print(f"watched: {recording.monitor}; see it live: lossatlas view {recording.monitor}")
        began = perf_counter()
        done = None if complete else _trained(about, objectives, begun, [recorder, *([watching] if watching else [])])
        if done is None:
            recorder.close(final=False)
    point = done.point if done else open_run(recording.out).at(-1)
    _report(recording.out, objectives, point, None if done is None else perf_counter() - began)
    if watching is not None:
        print(f"watched: {watching}")
    if done is not None and done.stopped:
        raise LossAtlasError(f"training stopped: {done.stopped}; take a smaller learning rate: --lr {how.rate / 10:g} --out another folder")
    if recorder.stopped:
        raise LossAtlasError(recorder.stopped)


def _objectives(about: dict[str, Any], device: str) -> dict[str, Objective]:
    """The objectives of a run, by split, on the device that is asked for."""
    pair = runs.objective_of(about, split="both")
    assert isinstance(pair, dict)
    return {split: one.to(device) for split, one in pair.items()} if device != "auto" or torch.cuda.is_available() else pair


def _begun(out: Path) -> Run | None:
    """The run that lies there to go on with."""
    run = open_run(out) if (out / "run.json").exists() else None
    return run if run is not None and run.steps else None


def _say(about: dict[str, Any], scale: str, objectives: dict[str, Objective], begun: Run | None) -> None:
    own = about["objective"]
    examples = objectives["train"].data.n_examples
    steps = f"{about['steps']:,} step{'s' * (about['steps'] > 1)}"
    print(f"{own.get('network') or own['source']}: {steps} of {own['batch_size']:,} of {examples:,} examples")
    if about["changed"]:
        print(f"scale {scale}: {'; '.join(about['changed'])}")
    if begun is not None:
        print(f"going on from step {begun.steps[-1]:,} of {begun.path}")


def _trained(about: dict[str, Any], objectives: dict[str, Objective], begun: Run | None, hooks: list[Any]) -> Fit:
    """Train from the start, or from the last checkpoint; the first hook is the recorder."""
    init = begun.state() if begun else runs.start_of(about)
    with progress("training") as bar:
        return fit(runs.trained_as(objectives["train"], about), init=init, optimizer=runs.optimizer_of(about), steps=about["steps"],
                   schedule=runs.schedule_of(about), seed=about["seed"],
                   hooks=[*hooks, runs.Curves(hooks[0], objectives, about["steps"]), bar.step])


def _report(out: Path, objectives: dict[str, Objective], point: Any, seconds: float | None) -> None:
    """Losses and errors on all data at the end, and where the run lies."""
    found = runs.errors(objectives, point)
    for split, objective in objectives.items():
        wrong = f", error {100 * found[f'{split}_error']:.2f} %" if f"{split}_error" in found else ""
        print(f"{split + ':':<6} loss {found[f'{split}_loss']:.4g}{wrong} ({objective.data.n_examples:,} examples)")
    run = open_run(out)
    size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    took = "trained before" if seconds is None else f"trained in {duration(seconds)}"
    print(f"run: {out} ({took}; {len(run.steps)} checkpoints, {size / 1e6:,.1f} MB)")
    print(f"compare it: lossatlas compare {out} … -o page.png")
