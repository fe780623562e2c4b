"""``lossatlas compare``: training runs on one page."""

from __future__ import annotations

import math
import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from ..analyses import compare_runs
from ..errors import InputError
from ..figures import comparison
from ..objective import Objective
from ..record import open_run
from ..result.store import next_name, split_path
from ..run.events import progress
from ..zoo import runs as zoo_runs
from .measure import DEFAULT_STORE
from .objectives import Options, load
from .show import check_output
from .tables import columns


def compare(
    folders: Sequence[str], *, objective: str | None, reach: float, points: int, repeats: int, examples: int | None, seed: int, device: str,
    store: str | None, output: Path | None,
) -> None:
    """``lossatlas compare``."""
    check_output(output)
    if not 0 < reach < math.inf:
        raise InputError(f"--range is {reach:g}; expected a positive number such as 1")
    if points < 2:
        raise InputError(f"--points is {points}; expected a whole number of at least 2")
    place = place_of(store, "compare")
    names = named(folders)
    runs = {name: open_run(folder) for name, folder in names.items()}
    objectives = {name: _objectives(run, objective, device) for name, run in runs.items()}
    with progress("compare") as bar:
        tree = compare_runs(runs, objectives, reach=reach, points=points, repeats=repeats, examples=examples, seed=seed, store=place,
                            on_event=bar)
    print(*table(tree["numbers"].to_dataset()), sep="\n")
    if math.isfinite(rank := tree.attrs["rank_correlation"]):
        print(f"rank correlation of sharpness and test error: {rank:.2g} ({len(runs)} runs)")
    print(f"results: {place}")
    if output is not None:
        comparison(tree).save(output)
        print(f"page: {output}")
    said = {"--objective": (objective, None), "--range": (reach, 1.0), "--points": (points, 25), "--repeats": (repeats, 3),
            "--examples": (examples, 500), "--seed": (seed, 0)}
    options = [word for option, (value, default) in said.items() if value != default for word in (option, str(value))]
    again = shlex.join(["lossatlas", "compare", *folders, *options, "--store", place, "-o", str(output or "page.png")])
    print(f"{'draw it again' if output else 'draw it'}: {again}")


def named(folders: Sequence[str]) -> dict[str, str]:
    """The runs by the ends of their paths, as short as they can be told apart.

    Raises:
        InputError: none, or one folder twice.
    """
    if not folders:
        raise InputError("no runs; expected folders of training runs: lossatlas compare runs/*")
    parts = {folder: Path(os.path.abspath(folder)).parts for folder in folders}
    if len(set(parts.values())) < len(folders):
        raise InputError(f"one run is named twice: {' '.join(folders)}")
    for length in range(1, max(map(len, parts.values())) + 1):
        names = {"-".join(part.strip("/") for part in own[-length:]): folder for folder, own in parts.items()}
        if len(names) == len(folders):
            break
    return names


def place_of(store: str | None, kind: str) -> str:
    """The store and the group that holds the results of a command: a new ``<kind>-<n>`` where nothing is said."""
    root, name = split_path(store or DEFAULT_STORE, "+")
    return f"{root}/{next_name(root, kind) if name == '+' else name}"


def _objectives(run: Any, objective: str | None, device: str) -> dict[str, Objective]:
    """Training and test objective of a run: its own, or the one that is named for all."""
    found = zoo_runs.objective_of(run, split="both") if objective is None else load(objective, Options(), default_split="both")
    pair = {"train": found} if isinstance(found, Objective) else found
    if device != "auto" or torch.cuda.is_available():
        pair = {split: one.to(device) for split, one in pair.items()}
    return pair


def table(numbers: Any) -> list[str]:
    """A line a run: losses and errors on all data, sharpness, norm."""
    wanted = [("train loss", "train_loss", 1), ("train error, %", "train_error", 100), ("test loss", "test_loss", 1),
              ("test error, %", "test_error", 100), ("sharpness", "sharpness", 1), ("norm", "norm", 1)]
    there = [column for column in wanted if column[1] in numbers]
    rows = [("run", *(title for title, _, _ in there))]
    for name in numbers["run"].values:
        row = numbers.sel(run=name)
        cells = []
        for _, key, scale in there:
            error = f" ± {scale * float(row[f'{key}_stderr']):.2g}" if f"{key}_stderr" in row else ""
            cells.append(f"{scale * float(row[key]):.4g}{error}")
        rows.append((str(name), *cells))
    return columns(rows)
