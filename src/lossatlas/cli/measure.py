"""The commands that measure: ``slice`` and ``line``."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..checkpoint import load_point
from ..errors import InputError
from ..family import Slice, normalize_direction, random_slice
from ..family import line as line_through
from ..lattice import axis
from ..names import suggest
from ..objective import Objective
from ..params import check_point, is_running_statistic
from ..probes import loss
from ..run.events import progress
from ..run.sweep import sweep
from .objectives import Objectives, Options, load
from .show import draw_to

#: The store of results that nobody gave a place.
DEFAULT_STORE = "lossatlas.zarr/+"


def slice(
    objective: str, options: Options, *, directions: str, normalize: str | None, ignore: str, range_: str, points: str,
    repeats: int | None, store: str | None, output: Path | None, draw: str | None,
) -> None:
    """``lossatlas slice``."""
    coords = lattice(range_, points, ("alpha", "beta"))
    check_output(output)
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


def line(objective: str, a: str, b: str, options: Options, *, range_: str, points: str, store: str | None, output: Path | None) -> None:
    """``lossatlas line``."""
    coords = lattice(range_, points, ("alpha",))
    check_output(output)
    ends = [load_point(a), load_point(b)]
    if options.bn is None and all(any(map(is_running_statistic, end)) for end in ends):
        options = replace(options, bn="interpolate")
    objectives = load(objective, options, default_split="both")
    first = _first(objectives)
    family = line_through(*[first.conform(end, what=name) for end, name in zip(ends, (a, b), strict=True)])
    family = replace(family, about={**family.about, "ends": [a, b]})
    _measure(objectives, family, coords, store, output, "profile")


def _measure(objectives: Objectives, family: Any, coords: Mapping[str, np.ndarray], store: str | None, output: Path | None,
             draw: str | None) -> None:
    place = store or DEFAULT_STORE
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


def check_output(output: Path | None) -> None:
    """Refuse a figure that could not be written before anything is computed."""
    if output is None:
        return
    if output.suffix not in (".png", ".svg", ".pdf"):
        raise InputError(f"-o is {str(output)!r}; expected a name that ends in .png, .svg or .pdf")
    if not output.resolve().parent.is_dir():
        raise InputError(f"-o is {str(output)!r}, but there is no folder {str(output.resolve().parent)!r}; make it first")


def given_slice(objective: Objective, files: str, normalize: str, ignore: Sequence[str]) -> Slice:
    """The plane along directions from files, as they are or normalized."""
    names = files.split(",")
    if len(names) != 2 or not all(names):
        raise InputError(f"--directions is {files!r}; expected random{suggest(files, ['random'])}, or two files "
                         "U.safetensors,V.safetensors")
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
            raise InputError(f"{what} gives {len(given)} values for {len(dims)} axes; expected 1 or {len(dims)}, e.g. {example}")
    ranges, counts = ranges * (len(dims) // len(ranges)), counts * (len(dims) // len(counts))
    return {dim: axis(*bounds, n) for dim, bounds, n in zip(dims, ranges, counts, strict=True)}


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
