"""``lossatlas instability``: from which step on training is stable against its own noise (Frankle et al. 2020)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr

from ..analyses.instability import STABLE, stable_from
from ..analyses.instability import instability as measured
from ..errors import InputError, LossAtlasError
from ..fitting import State, fit
from ..objective import Objective
from ..params import Params
from ..record import Recorder, open_run
from ..result.recorded import RUN
from ..result.store import split_path
from ..run.events import progress
from ..zoo import runs
from ..zoo.recipes import recipe
from .measure import DEFAULT_STORE
from .show import check_output, draw_to


def instability(
    network: str, *, steps: str, out: Path | None, pairs: int, momentum: Any, device: str, store: str | None, output: Path | None,
    **training: Any,
) -> None:
    """``lossatlas instability``; ``training`` are the options of ``lossatlas train`` that say how the parent is trained."""
    at = steps_of(steps)
    check_output(output)
    if store is not None:
        split_path(store, "scan")
    if pairs < 1:
        raise InputError(f"--pairs is {pairs}; expected at least 1; 3 or more tell the error")
    folder, about = _parent(network, out, training)
    if max(at) >= about["steps"]:
        raise InputError(f"--steps {steps}: training ends at step {about['steps']}; expected steps before it")
    objectives = runs.objective_of(about, split="both")
    assert isinstance(objectives, dict)
    if device != "auto" or torch.cuda.is_available():
        objectives = {split: one.to(device) for split, one in objectives.items()}
    view = runs.trained_as(objectives["train"], about)
    _record(folder, about, view, at)
    with progress(f"{pairs * len(at)} pairs of children") as bar:
        ds = measured(open_run(folder), {**objectives, "train": view}, at, optimizer=runs.optimizer_of(about),
                      schedule=runs.schedule_of(about), total=about["steps"], seeds=[(2 * k + 1, 2 * k + 2) for k in range(pairs)],
                      momentum=momentum, store=store or DEFAULT_STORE, on_event=bar)
    _report(ds)
    path = ds.attrs["store"]
    print(f"run: {folder}\nresult: {path}")
    if output is not None:
        draw_to(ds, output)
        print(f"figure: {output}")
    print(f"draw it again: lossatlas plot {path} -o {output or f'{Path(path).name}.png'}")


def steps_of(text: str) -> list[int]:
    """Whole numbers with commas between, increasing.

    Raises:
        InputError: something else.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() for part in parts) or len(set(map(int, parts))) < len(parts):
        raise InputError(f"--steps is {text!r}; expected different whole numbers with commas between: 0,50,400")
    return sorted(map(int, parts))


def _parent(network: str, out: Path | None, training: dict[str, Any]) -> tuple[Path, dict[str, Any]]:
    """The folder of the parent, and what it says of itself: a run that is there, or one to be trained."""
    if (Path(network) / RUN).exists():
        given = [f"--{name.replace('_', '-')}" for name, value in {**training, "out": out}.items() if value is not None]
        if given:
            raise InputError(f"{network} is a run, which says itself how it was trained; expected no {', '.join(given)}")
        return Path(network), dict(runs.about_of(open_run(network)))
    if out is None:
        raise InputError(f"--out is missing; expected the folder for the run of {network}: write --out runs/a")
    fields = dict(training)
    own = {"data": fields.pop("data"), "seed": fields.pop("seed") or 0, "corrupt": fields.pop("corrupt")}
    how = recipe(fields.pop("recipe") or "sgd", network=network, data=own["data"] or "", scale=fields.pop("scale") or "quick",
                 rate=fields.pop("lr"), **fields)
    return out, runs.describe(network, how, **own)


def _record(folder: Path, about: dict[str, Any], view: Objective, at: list[int]) -> None:
    """Train the parent as far as the last step that children part from, recorded at every one of them.

    ``lossatlas train`` goes on with such a run, and one of its runs is used as it is.
    """
    for step in [step for step in at if step] or [1]:
        there = open_run(folder).steps if (folder / RUN).exists() else ()
        if step in there or (there and there[-1] > step):  # beyond it without it: `measured` names the nearest
            continue
        with Recorder(folder, about=about, resume=True) as recorder, progress(f"parent to step {step}") as bar:
            init = open_run(folder).state() if there else runs.start_of(about)
            def hook(step: int, point: Params, state: State, recorder: Recorder = recorder) -> None:
                recorder(step, point, replace(state, steps=about["steps"]))  # a part of the run, which ends later

            done = fit(view, init=init, optimizer=runs.optimizer_of(about), steps=step, schedule=runs.schedule_of(about),
                       seed=about["seed"], hooks=[hook, bar.step])
        if done.stopped or recorder.stopped:
            raise LossAtlasError(f"the parent was not trained: {done.stopped or recorder.stopped}")


def _report(ds: xr.Dataset) -> None:
    """A line for every step and split, and from where on training is stable."""
    several = ds.sizes["pair"] > 1
    for split in ds["split"].values.tolist() if "split" in ds.dims else [None]:
        one = ds if split is None else ds.sel(split=split)
        print(f"{split or 'loss'}: mean of {ds.sizes['pair']} {'pairs ± standard error' if several else 'pair'}")
        for k, step in enumerate(ds["step"].values.astype(int)):
            told = [_number(one, name, k, percent) for name, percent in (
                ("error_barrier", True), ("error_gap", True), ("loss_barrier", False), ("disagreement", True),
                ("relative_distance", False)) if name in one]
            print(f"  step {step:>6}: {', '.join(told)}")
        if "stable" in one:
            first = stable_from(one)
            print(f"  stable (mean error barrier below {100 * STABLE:g} %): " + (
                "from none of these steps on" if first is None else f"from step {first} on, of those measured"))


def _number(ds: xr.Dataset, name: str, k: int, percent: bool) -> str:
    """``error barrier 5.9 % ± 0.4``."""
    factor, unit = (100, " %") if percent else (1, "")
    mean = float(ds[name].isel(step=k).mean("pair", skipna=False)) * factor
    error = float(ds[f"{name}_stderr"][k]) * factor if f"{name}_stderr" in ds else np.nan
    words = {"error_gap": "|E0 − E1|"}.get(name, name.replace("_", " "))
    return f"{words} {mean:.3g}{unit}" + (f" ± {error:.2g}" if np.isfinite(error) else "")
