"""The commands of several networks together: they average weights, or answers. Everything heavy is imported inside them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ..names import MatchMethod, MergeMethod
from .options import BatchSize, Bn, Checkpoint, Data, Device, Examples, whole

ObjectiveOrRun = Annotated[str, Parameter(help="file.py:name or package.module:name, a network of the zoo, or the folder of a run of "
                                               "`lossatlas train`: what that was trained on")]


def merge(
    objective: ObjectiveOrRun,
    points: Annotated[tuple[str, ...], Parameter(name="POINT", help="two or more: checkpoints, or training runs (their end; runs/a@128: a "
                                                                    "step)")], /, *,
    base: Annotated[str | None, Parameter(help="their common ancestor, a checkpoint or run (runs/a@0)")] = None,
    check: Annotated[bool, Parameter(negative="", help="only say whether the average will work")] = False,
    method: Annotated[MergeMethod, Parameter(help="uniform: all of them; greedy: in the order of their held-out errors, each kept if the "
                                                  "held-out error does not grow (Wortsman et al. 2022)")] = "uniform",
    judge: Annotated[float, Parameter(help="share of the test examples that greedy judges on; its numbers are those of the others")] = 0.5,
    match: Annotated[MatchMethod | None, Parameter(help="permute neurons first, onto the base or the first point (default: no; the check "
                                                        "says what weights would bring)")] = None,
    out: Annotated[Path | None, Parameter(help="file for the average, .safetensors")] = None,
    bn: Bn = None, examples: Examples = None, batch_size: BatchSize = None, checkpoint: Checkpoint = None, data: Data = None,
    seed: Annotated[int, Parameter(converter=whole, help="of subsets of examples")] = 0, device: Device = "auto",
) -> None:
    """Average networks, and say before whether that will work: barriers between them, matching, the predicted loss (model soups)."""
    from .merge import merge as run
    from .objectives import Options

    options = Options(bn=bn, examples=examples, batch_size=batch_size, device=device, checkpoint=checkpoint, data=data, seed=seed)
    run(objective, points, options, base=base, check=check, method=method, judge=judge, match=match, out=out)


def ensemble(
    objective: ObjectiveOrRun,
    members: Annotated[tuple[str, ...], Parameter(name="MEMBER", help="checkpoints, or training runs (their end; runs/a@128: a step): "
                                                                      "runs/*")], /, *,
    subspaces: Annotated[str, Parameter(help="cheap ensembles beside it, around the first member, with commas between: trajectory, "
                                             "gaussian, low_rank (of a run's records), random, dropout (of any point); auto: the first "
                                             "three of a run; none")] = "auto",
    from_step: Annotated[int | None, Parameter(converter=whole, help="of the run, the first record that subspaces take (default: the "
                                                                     "second half of its steps)")] = None,
    count: Annotated[int | None, Parameter(converter=whole, help="members of every subspace ensemble (default: as many as are given, 2 at "
                                                                 "least)")] = None,
    ood: Annotated[str | None, Parameter(help="strange inputs: random_pixels, shuffled_pixels, gaussian (of the test data); file.py:name; "
                                              "or other data for a network of the zoo: fashion-mnist:PATH")] = None,
    bn: Bn = None, examples: Examples = None, batch_size: BatchSize = None, checkpoint: Checkpoint = None, data: Data = None,
    seed: Annotated[int, Parameter(converter=whole, help="of subspaces, strange inputs and subsets of examples")] = 0,
    device: Device = "auto",
    store: Annotated[str | None, Parameter(help="PATH.zarr or PATH.zarr/GROUP, a new one (default: ./lossatlas.zarr/ensemble-<n>)")] = None,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"], help="draw diversity, reliability and scores: .png, .svg or "
                                                                           ".pdf")] = None,
) -> None:
    """Measure an ensemble: accuracy, calibration, diversity, strange inputs; of runs beside cheaper ones (Fort et al. 2019)."""
    from .ensemble import ensemble as run
    from .objectives import Options

    options = Options(bn=bn, examples=examples, batch_size=batch_size, device=device, checkpoint=checkpoint, data=data, seed=seed)
    run(objective, members, options, subspaces=subspaces, from_step=from_step, count=count, ood=ood, store=store, output=output)
