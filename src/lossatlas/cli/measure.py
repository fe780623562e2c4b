"""The commands that measure: ``slice`` and ``line``."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..checkpoint import load_point
from ..errors import InputError
from ..family import Slice, normalize_direction, random_slice
from ..family import line as line_through
from ..lattice import axis
from ..metrics import named
from ..names import suggest
from ..objective import Objective
from ..params import check_point, cosine, is_running_statistic
from ..probes import loss
from ..result.store import split_path
from ..run.events import progress
from ..run.sweep import sweep
from .objectives import Objectives, Options, load
from .show import check_form, check_output, draw_to, form_for

#: The store of results that nobody gave a place.
DEFAULT_STORE = "lossatlas.zarr/+"


def slice(
    objective: str, options: Options, *, directions: str, normalize: str | None, ignore: str, range_: str, points: str,
    repeats: int | None, store: str | None, output: Path | None, draw: str | None,
) -> None:
    """``lossatlas slice``."""
    coords = lattice(range_, points, ("alpha", "beta"))
    check_output(output)
    check_form(draw, "slice")
    draw = form_for(draw, [len(values) for values in coords.values()])
    check_place(store)
    objectives = load(objective, options)
    first = _first(objectives)
    words = tuple(word for word in ignore.split(",") if word)
    if directions == "random":
        family = random_slice(first, normalize=normalize or "filter", ignore=words, seed=options.seed, repeats=repeats)  # type: ignore[arg-type]
    else:
        if repeats is not None:
            raise InputError("--repeats draws new random directions; it does not go with --directions files")
        family = given_slice(first, directions, normalize or "none", words)
    _measure(objectives, family, coords, store, output, draw)
    if ":" not in objective and options.checkpoint is None:
        print(f"note: no --checkpoint was given, so these are the fresh weights of seed {options.seed}")


def line(objective: str, a: str, b: str, options: Options, *, range_: str, points: str, store: str | None, output: Path | None) -> None:
    """``lossatlas line``."""
    coords = lattice(range_, points, ("alpha",))
    check_output(output)
    check_place(store)
    ends = [load_point(a), load_point(b)]
    if ":" not in objective and options.checkpoint is None:
        options = replace(options, checkpoint=a)  # whose metadata say how the data are normalized
    objectives = _with_accuracy(load(objective, options, default_split="both"))
    first = _first(objectives)
    if options.bn is None and first.bn == "eval" and all(any(map(is_running_statistic, end)) for end in ends):
        objectives = _with_bn(objectives, "interpolate")
    family = line_through(*[first.conform(end, what=name) for end, name in zip(ends, (a, b), strict=True)])
    family = replace(family, about={**family.about, "ends": [a, b]})
    _measure(objectives, family, coords, store, output, "profile")


def _with_accuracy(objectives: Objectives) -> Objectives:
    """Accuracy beside the loss where the targets are classes and nobody named a metric (A1)."""
    def one(objective: Objective) -> Objective:
        targets = objective.data.targets()
        classes = objective.loss_name == "cross_entropy" and targets is not None and not targets.is_floating_point()
        return objective.with_metrics({"accuracy": named("accuracy")}) if classes and not objective.metrics else objective

    return one(objectives) if isinstance(objectives, Objective) else {name: one(o) for name, o in objectives.items()}


def _measure(objectives: Objectives, family: Any, coords: Mapping[str, np.ndarray], store: str | None, output: Path | None,
             draw: str | None) -> None:
    place = DEFAULT_STORE if store is None else store
    with progress(" × ".join(str(len(values)) for values in coords.values()) + " points") as bar:
        ds = sweep(loss(objectives), family, coords, store=place, on_event=bar)
    path = ds.attrs["store"]
    print(f"result: {path}")
    if output is not None:
        draw_to(ds, output, draw=draw)
        print(f"figure: {output}")
    again = ["lossatlas", "plot", path, "--as", draw or ("profile" if ds.attrs["kind"] == "profile" else "contour"), "-o",
             str(output or f"{Path(path).name}.png")]
    print(f"draw it again: {shlex.join(again)}")


def _first(objectives: Objectives) -> Objective:
    return objectives if isinstance(objectives, Objective) else next(iter(objectives.values()))


def _with_bn(objectives: Objectives, bn: Any) -> Objectives:
    return objectives.with_bn(bn) if isinstance(objectives, Objective) else {name: o.with_bn(bn) for name, o in objectives.items()}


def check_place(store: str | None) -> None:
    """Refuse a store that is none before anything is loaded."""
    if store is not None:
        split_path(store, "group")


def given_slice(objective: Objective, files: str, normalize: str, ignore: Sequence[str]) -> Slice:
    """The plane along directions from files, as they are or normalized."""
    names = files.split(",")
    if len(names) != 2 or not all(names):
        raise InputError(f"--directions is {files!r}; expected random, or two files U.safetensors,V.safetensors"
                         f"{suggest(files, ['random'])}")
    axes = []
    for name in names:
        direction = {n: t for n, t in load_point(name).items() if not is_running_statistic(n)}
        for n, t in direction.items():
            if n not in objective.params or t.shape != objective.params[n].shape:
                expected = tuple(objective.params[n].shape) if n in objective.params else "no such parameter"
                raise InputError(f"{name}: {n!r} has shape {tuple(t.shape)}; the network has {expected}")
        moved = {n: t.to(objective.params[n]) for n, t in direction.items()}
        axes.append(moved if normalize == "none" else
                    normalize_direction(moved, objective.params, objective.layout, normalize=normalize, ignore=ignore))  # type: ignore[arg-type]
        check_point(axes[-1], what=name)
        if not any(bool(torch.count_nonzero(t)) for t in axes[-1].values()):
            raise InputError(f"{name} moves nothing{' that is not ignored' if normalize != 'none' else ''}: it is zero; expected a "
                             "direction with entries that are not zero")
    if abs(cosine(*axes)) > 1 - 1e-9:
        raise InputError(f"--directions {files} are parallel, so they span a line and not a plane; expected two independent directions")
    return Slice(objective.point(), tuple(axes), ("alpha", "beta"), about={"family": "given", "files": names, "normalize": normalize})


def lattice(range_: str, points: str, dims: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Coordinates from ``-1:1``, ``-1:1,0:2`` and ``51``, ``51x31``.

    Raises:
        InputError: with what was written and how to write it.
    """
    ranges = [_range(part) for part in range_.split(",")]
    counts = [_count(part, points) for part in points.lower().split("x")]
    for given, what, example in ((ranges, "--range", "-1:1,-1:1"), (counts, "--points", "51x31")):
        if len(given) not in (1, len(dims)):
            wanted = f"1 or {len(dims)}, e.g. {example}" if len(dims) > 1 else f"1, e.g. {example[: len(example) // 2]}"
            raise InputError(f"{what} gives {len(given)} values; expected {wanted}")
    ranges, counts = ranges * (len(dims) // len(ranges)), counts * (len(dims) // len(counts))
    return {dim: _axis(*bounds, n) for dim, bounds, n in zip(dims, ranges, counts, strict=True)}


def _axis(low: float, high: float, n: int) -> np.ndarray:
    """As :func:`lossatlas.axis`, with errors in the words of the options."""
    if n < 1:
        raise InputError(f"--points is {n}; expected a whole number of at least 1, such as 51, or 51x31")
    if low > high:
        raise InputError(f"--range {low:g}:{high:g} is reversed; write --range {high:g}:{low:g}")
    if (n == 1) != (low == high):
        raise InputError(f"--range {low:g}:{high:g} and --points {n} do not fit; expected two points or more on a range, and one on a "
                         f"single value: --range {low:g}:{low:g} --points 1")
    try:
        return axis(low, high, n)
    except InputError as error:
        raise InputError(str(error).replace("axis: the range", "--range").replace("axis:", "--points:")) from None


def _range(text: str) -> tuple[float, float]:
    try:
        low, high = (float(part) for part in text.split(":"))
        return low, high
    except ValueError:
        raise InputError(f"--range has {text!r}; expected two numbers A:B, e.g. -0.5:1.5") from None


def _count(text: str, whole: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise InputError(f"--points is {whole!r}; expected a number such as 51, or 51x31")
    return int(text)
