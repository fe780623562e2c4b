"""``lossatlas merge``: will the average of networks work, and the average."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..analyses import merge as merged
from ..analyses import merge_check
from ..checkpoint import save_point
from ..errors import InputError
from ..objective import Objective
from ..run.events import Advanced, Finished, Started, progress
from ..subsets import balanced_subset
from .objectives import Objectives, Options
from .points import objective_for, points_of
from .tables import columns


def merge(
    objective: str, arguments: Sequence[str], options: Options, *, base: str | None, check: bool, method: Any, judge: float, match: Any,
    out: Path | None,
) -> None:
    """``lossatlas merge``."""
    _check_options(arguments, check, method, judge, out)
    objectives = objective_for(objective, arguments, options)
    points = points_of(objectives, arguments)
    ancestor = None if base is None else next(iter(points_of(objectives, [base]).values()))
    with progress("check") as bar:
        said = merge_check(objectives, points, base=ancestor, match=match or "weights", on_event=_notes(bar))
    print(*report(said), sep="\n", flush=True)
    if check:
        return
    objectives, validation = _held_out(objectives, judge, options.seed) if method == "greedy" else (objectives, None)
    with progress("merge") as bar:
        found = merged(objectives, points, method=method, validation=validation, base=ancestor, match=match, on_event=_notes(bar))
    print(*numbers(found), sep="\n")
    assert out is not None
    save_point(found.point, out, metadata={"merged": shlex.join(found.kept), "method": method, "match": str(match)})
    print(f"the average: {out}")


def _check_options(arguments: Sequence[str], check: bool, method: str, judge: float, out: Path | None) -> None:
    """Refuse what could not be done before anything is computed."""
    if len(arguments) < 2:
        raise InputError(f"{len(arguments)} point{'' if len(arguments) == 1 else 's'}; expected two or more: lossatlas merge OBJECTIVE "
                         "a.safetensors b.safetensors")
    if check and out is not None:
        raise InputError(f"--check makes no average for --out {out}; leave one of them out")
    if not check and (out is None or out.suffix != ".safetensors"):
        raise InputError(f"--out is {'missing' if out is None else repr(str(out))}; expected a file for the average: --out "
                         "soup.safetensors, or --check to hear only whether it will work")
    if out is not None and not out.absolute().parent.is_dir():
        raise InputError(f"--out is {str(out)!r}, but there is no folder {str(out.absolute().parent)!r}; make it first")
    if method == "greedy" and not 0 < judge < 1:
        raise InputError(f"--judge is {judge:g}; expected the share of the test examples that greedy judges on, between 0 and 1")


def _held_out(objectives: Objectives, share: float, seed: int) -> tuple[Objectives, Objective]:
    """The objectives without the test examples that greedy judges on, and these.

    Raises:
        InputError: no test data.
    """
    if isinstance(objectives, Objective) or "test" not in objectives:
        raise InputError("--method greedy judges on held-out data, and the objective has no test data; expected a {'train': …, 'test': …} "
                         "pair")
    test = objectives["test"]
    count = round(share * test.data.n_examples)
    if not 0 < count < test.data.n_examples:
        raise InputError(f"--judge {share:g} of {test.data.n_examples} test examples leaves none on one side; expected a share such as 0.5")
    targets = test.data.targets()
    classes = targets is not None and targets.ndim == 1 and not targets.is_floating_point()
    labels = targets.cpu() if classes else torch.zeros(test.data.n_examples, dtype=torch.int64)  # type: ignore[union-attr]
    chosen = balanced_subset(labels, count, seed=seed)
    others = torch.ones(test.data.n_examples, dtype=torch.bool)
    others[chosen] = False
    rest = test.with_data(test.data.take(others.nonzero().flatten()))
    return {**objectives, "test": rest}, test.with_data(test.data.take(chosen))


def _notes(bar: Any) -> Any:
    """The bar without the sweeps of every line."""
    def listen(event: Any) -> None:
        if not isinstance(event, Started | Advanced | Finished):
            bar(event)

    return listen


def report(said: Any) -> list[str]:
    """A check in lines: every pair, the way from the base, the prediction, the verdict."""
    names, rows = [str(name) for name in said["a"].values], []
    splits = said["split"].values.tolist() if "split" in said.dims else [None]
    for split in splits:
        one = said if split is None else said.sel(split=split)
        for i, j in combinations(range(len(names)), 2):
            rows.append((f"{names[i]} – {names[j]}", split or "loss", *_cells(one.isel(a=i, b=j), "")))
        if "base_loss_barrier" in said:
            rows += [(f"base – {name}", split or "loss", *_cells(one.sel(a=name), "base_")) for name in names]
    head = ("line", "data", "loss barrier", "error above the chord", "distance", "cosine", "after matching: loss", "error")
    lines = columns([head, *rows])
    for split in splits:
        one = said if split is None else said.sel(split=split)
        losses = one["point_loss"].values
        told = f"the points {losses.min():.4g} to {losses.max():.4g}, the average predicted {float(one['predicted_loss']):.4g}"
        error = float(one["predicted_loss_stderr"]) if "predicted_loss_stderr" in one else np.nan
        lines.append(f"{f'{split} ' if split else ''}loss: {told}" + (f" ± {error:.2g}" if np.isfinite(error) else ""))
    lines += [f"note: {note}" for note in said.attrs["notes"]]
    return [*lines, f"verdict: {said.attrs['verdict']}: {said.attrs['reason']}"]


def _cells(line: Any, prefix: str) -> list[str]:
    """What a line tells."""
    barrier = f"{float(line[f'{prefix}loss_barrier']):.3g} ± {float(line[f'{prefix}loss_barrier_stderr']):.1g}"
    rise = f"{100 * float(line[f'{prefix}error_rise']):.3g} %" if f"{prefix}error_rise" in line else ""
    cosine = "" if prefix else f"{float(line['cosine']):.3f}"
    after = ["", ""]
    if not prefix and "aligned_loss_barrier" in line and not np.isnan(line["aligned_loss_barrier"]):
        after[0] = f"{float(line['aligned_loss_barrier']):.3g}"
        after[1] = f"{100 * float(line['aligned_error_rise']):.3g} %" if "aligned_error_rise" in line else ""
    return [barrier, rise, f"{float(line[f'{prefix}distance']):.4g}", cosine, *after]


def numbers(found: Any) -> list[str]:
    """The average beside the points it was made of."""
    of = found.numbers
    splits = of["split"].values.tolist() if "split" in of.dims else [None]
    header = [f"{split + ' ' if split else ''}{name}" for split in splits for name in ("loss", "error, %") if name.split(",")[0] in of]
    rows = []
    for name in of["point"].values:
        cells = []
        for split in splits:
            one = of.sel(point=name) if split is None else of.sel(point=name, split=split)
            cells += [f"{factor * float(one[key]):.4g} ± {factor * float(one[f'{key}_stderr']):.2g}"
                      for key, factor in (("loss", 1), ("error", 100)) if key in one]
        rows.append((f"{name}{'' if name in (*found.kept, 'merged') else ' (left out)'}", *cells))
    judged = f", judged on {found.judged_on}" if found.judged_on else ""
    return [*columns([("point", *header), *rows]), f"{found.method} average of {', '.join(found.kept)}{judged}; its loss: predicted "
            f"{found.predicted:.4g}, measured {found.measured:.4g}"]
