"""``lossatlas ensemble``: given networks as an ensemble, beside cheaper ones around the first of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np

from ..analyses import ensemble as measured
from ..analyses import subspace_members
from ..analyses.averaging import training_part
from ..analyses.members import RANK
from ..checkpoint import read_checkpoint
from ..corrupting import parsed
from ..errors import InputError
from ..names import Corruption, SubspaceKind, choose
from ..objective import Objective
from ..pairs import first_of
from ..record import open_run
from ..run.events import progress
from ..zoo import input_normalization, prepare, read
from ..zoo import runs as zoo_runs
from .compare import place_of
from .objectives import Objectives, Options, load
from .points import folder_of, objective_for, points_of
from .show import check_output, draw_to
from .tables import columns

#: Subspaces of a run's records, and of any point.
OF_RECORDS, OF_A_POINT = ("trajectory", "gaussian", "low_rank"), ("random", "dropout")


def ensemble(
    objective: str, arguments: Sequence[str], options: Options, *, subspaces: str, from_step: int | None, count: int | None,
    ood: str | None, store: str | None, output: Path | None,
) -> None:
    """``lossatlas ensemble``."""
    check_output(output)
    if count is not None and count < 1:
        raise InputError(f"--count is {count}; expected a whole number of at least 1: the members of every subspace ensemble")
    kinds = _kinds(subspaces, arguments[0])
    place = place_of(store, "ensemble")
    objectives = objective_for(objective, arguments, options)
    points = points_of(objectives, arguments)
    members: dict[str, Any] = {"given": points}
    train = training_part(objectives)
    source, notes = _source(arguments[0], points, from_step, kinds)
    many = max(2, len(points)) if count is None else count
    rank = max(1, min(RANK, len(source) - 1)) if kinds and set(kinds) & set(OF_RECORDS) else RANK
    for kind in kinds:
        try:
            members[kind] = subspace_members(train, source, kind, count=many, seed=options.seed, rank=rank)  # type: ignore[arg-type]
        except InputError as error:
            if subspaces != "auto":
                raise
            notes.append(f"no {kind} ensemble: {error}")
    strange = None if ood is None else _strange(ood, objective, arguments[0], objectives, options)
    print(*(f"note: {note}" for note in notes), sep="\n", end="\n" if notes else "", flush=True)
    with progress("ensemble") as bar:
        ds = measured(objectives, members, out_of_distribution=strange, store=place, on_event=bar)
    print(*report(ds, list(points)), sep="\n")
    print(f"result: {place}")
    if output is not None:
        draw_to(ds, output)
        print(f"figure: {output}")
    print(f"draw it again: lossatlas plot {place} -o {output or 'ensemble.png'}")


def _kinds(text: str, first: str) -> tuple[str, ...]:
    """The subspaces that are asked for.

    Raises:
        InputError: an unknown one, one of records around a single point.
    """
    folder, step = folder_of(first)
    is_run = folder is not None and step is None
    if text in ("auto", "none", ""):
        return OF_RECORDS if text == "auto" and is_run else ()
    kinds = tuple(choose(word.strip(), SubspaceKind, "--subspaces") for word in text.split(","))
    if not is_run and (odd := [kind for kind in kinds if kind in OF_RECORDS]):
        raise InputError(f"--subspaces {odd[0]} is made of the records of a run, and {first} is one point; expected a run as the first "
                         f"member, or {' or '.join(OF_A_POINT)}")
    return tuple(dict.fromkeys(kinds))


def _source(first: str, points: dict[str, Any], from_step: int | None, kinds: Sequence[str]) -> tuple[Any, list[str]]:
    """What subspaces are made of: the later records of a run, or the first point; and what to say of it."""
    folder, step = folder_of(first)
    if folder is None or step is not None:
        if from_step is not None:
            raise InputError(f"--from-step {from_step}: {first} is one point without records; expected a run as the first member")
        return next(iter(points.values())), []
    trajectory = open_run(folder).trajectory()
    begin = (trajectory.steps[0] + trajectory.steps[-1]) // 2 if from_step is None else from_step
    tail = trajectory.from_step(begin)
    if not set(kinds) & set(OF_RECORDS):
        return tail, []
    return tail, [f"subspaces of {len(tail)} records of {folder}, steps {tail.steps[0]:,} to {tail.steps[-1]:,}"]


def _strange(text: str, objective: str, first: str, objectives: Objectives, options: Options) -> Any:
    """Inputs unlike those trained on.

    Raises:
        InputError: no kind of corruption, no objective, no data that the network takes.
    """
    test = objectives if isinstance(objectives, Objective) else objectives.get("test", first_of(objectives))
    head = text.partition(":")[0]
    if head in get_args(Corruption):
        kind, share = parsed(text)
        if kind == "random_labels":
            raise InputError("--ood random_labels leaves the inputs as they are; expected random_pixels, shuffled_pixels or gaussian")
        return test.corrupt(kind, share, seed=options.seed)
    if head in ("mnist", "fashion-mnist", "cifar10", "digits"):
        source = read(text)
        mean, std = _normalization(objective, first, options, source)
        return prepare(source.test, mean=mean, std=std, scale=source.scale)
    if ":" not in text:
        raise InputError(f"--ood is {text!r}; expected random_pixels, shuffled_pixels or gaussian, file.py:name, or data such as "
                         "fashion-mnist:PATH")
    found = load(text, Options(device=options.device), default_split="both")
    return found if isinstance(found, Objective) else found.get("test", first_of(found))


def _normalization(objective: str, first: str, options: Options, source: Any) -> tuple[Any, Any]:
    """Mean and std by which the network's own inputs are normalized, as far as a run or a checkpoint says it; else the source's."""
    for text in (objective, first):
        folder, _ = folder_of(text) if ".py:" not in text else (None, None)
        if folder is not None and "mean" in (own := zoo_runs.about_of(open_run(folder))["objective"]):
            return own["mean"], own["std"]
    metadata = {} if folder_of(first)[0] is not None else read_checkpoint(options.checkpoint or first)[1]
    return input_normalization(metadata, read(options.data) if options.data else source)


def report(ds: Any, names: Sequence[str]) -> list[str]:
    """A row an ensemble, with all of its members; then who is most and least alike among those given."""
    wanted = [("error, %", "error", 100), ("NLL", "nll", 1), ("Brier", "brier", 1), ("ECE, %", "ece", 100),
              ("disagreement, %", "disagreement", 100), ("AUROC", "auroc", 1)]
    there = [column for column in wanted if column[1] in ds]
    rows = [("ensemble", "members", *(title for title, _, _ in there), "one member: error, %", "NLL")]
    for name in ds["ensemble"].values:
        one = ds.sel(ensemble=name)
        many = int(np.isfinite(one["bin_count"].values).all(-1).sum())
        last = one.isel(members=many - 1)
        cells = [f"{factor * float(last[key]):.3g} ± {factor * float(last[f'{key}_stderr']):.2g}" if np.isfinite(last[key]) else "–"
                 for _, key, factor in there]
        alone = [f"{factor * float(np.nanmean(one[f'member_{key}'].values)):.3g}" for key, factor in (("error", 100), ("nll", 1))]
        rows.append((str(name), str(many), *cells, *alone))
    return [*columns(rows), *_alike(ds, names)]


def _alike(ds: Any, names: Sequence[str]) -> list[str]:
    """The two members given that disagree least, and most."""
    if len(names) < 3:
        return []
    matrix = ds["disagreement_with"].sel(ensemble="given").values[: len(names), : len(names)]
    i, j = np.triu_indices(len(names), 1)
    low, high = int(matrix[i, j].argmin()), int(matrix[i, j].argmax())
    return [f"most alike: {names[i[low]]} and {names[j[low]]} (disagree on {100 * matrix[i[low], j[low]]:.3g} %); most different: "
            f"{names[i[high]]} and {names[j[high]]} ({100 * matrix[i[high], j[high]]:.3g} %)"]
