"""The commands that measure: ``slice`` and ``volume``, ``line``, ``plane``."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from ..checkpoint import load_point
from ..errors import InputError
from ..family import Slice, normalize_direction, per_layer, random_slice
from ..family import line as line_through
from ..family import plane as plane_through
from ..family.slice import check_independent
from ..lattice import axis, including
from ..metrics import named
from ..names import suggest
from ..objective import Objective
from ..params import Params, check_point, cosine, gram, is_running_statistic, wide_enough
from ..probes import loss
from ..result.store import ZarrStore, split_path
from ..run.events import progress
from ..run.sweep import sweep
from .objectives import Objectives, Options, load
from .show import check_form, check_output, draw_to, form_for

#: The store of results that nobody gave a place.
DEFAULT_STORE = "lossatlas.zarr/+"
#: How ranges and points of one, two and three axes are written.
_RANGES, _POINTS = ("-1:1", "-1:1,-1:1", "-1:1,-1:1,-0.5:0.5"), ("51", "51x31", "15x15x5")


def slice(
    objective: str, options: Options, *, directions: str, normalize: str | None, ignore: str, range_: str, points: str,
    store: str | None, output: Path | None, draw: str | None, params: str | None = None, repeats: int | None = None, per: str | None = None,
    layers: str | None = None, dims: tuple[str, ...] = ("alpha", "beta"),
) -> None:
    """``lossatlas slice``, and with three ``dims`` ``lossatlas volume``."""
    multiple = auto_multiple(range_)
    coords = lattice(range_ if multiple is None else "-1:1", points, dims)
    check_output(output)
    check_form(draw, "slice" if len(dims) == 2 else "volume")
    draw = form_for(draw, [len(values) for values in coords.values()][:2])
    check_place(store)
    check_per(per, layers, repeats)
    objectives = load(objective, options)
    first = _first(objectives)
    words = tuple(word for word in ignore.split(",") if word)
    if directions == "random":
        family = random_slice(first, dims=dims, normalize=normalize or "filter", ignore=words, seed=options.seed, repeats=repeats,
                              params=_globs(params))  # type: ignore[arg-type]
    else:
        if params is not None:
            raise InputError("--params chooses what random directions move; it does not go with --directions files, which say that")
        if repeats is not None:
            raise InputError("--repeats draws new random directions; it does not go with --directions files")
        family = given_slice(first, directions, normalize or "none", words, dims)
    if multiple is not None:
        found = _known_range(store, multiple, dims) or _found_range(first, family, multiple)
        family, coords = family.saying({"auto_range": found}), lattice(_written(found["ranges"]), points, dims)
    if per == "layer":
        family = per_layer(family, groups=tuple(layers.split(",")) if layers else ())
    _measure(objectives, family, coords, store, output, draw, per="class" if per == "class" else None)
    if ":" not in objective and options.checkpoint is None:
        print(f"note: no --checkpoint was given, so these are the fresh weights of seed {options.seed}")


def _globs(params: str | None) -> tuple[str, ...] | None:
    """``--params GLOB,GLOB``; a lone comma or nothing is no pattern and refused as such."""
    return None if params is None else tuple(glob.strip() for glob in params.split(","))


def line(objective: str, a: str, b: str, options: Options, *, range_: str, points: str, store: str | None, output: Path | None) -> None:
    """``lossatlas line``."""
    coords = lattice(range_, points, ("alpha",))
    check_output(output)
    check_place(store)
    objectives, ends = solutions(objective, (a, b), options, default_split="both")
    _measure(_with_accuracy(objectives), line_through(*ends).saying({"ends": [a, b]}), coords, store, output, "profile")


def plane(
    objective: str, a: str, b: str, c: str, options: Options, *, range_: str | None, points: str, store: str | None,
    output: Path | None, draw: str | None,
) -> None:
    """``lossatlas plane``: on a lattice that contains the three solutions, so that they are hit exactly."""
    given = lattice("-1:1" if range_ is None else range_, points, ("alpha", "beta"))
    check_output(output)
    check_form(draw, "slice")
    draw = form_for(draw, [len(values) for values in given.values()])
    check_place(store)
    objectives, solved = solutions(objective, (a, b, c), options, default_split="train")
    family = plane_through(*solved).saying({"ends": [a, b, c]})
    if range_ is None:
        coords = {dim: family.frame(len(values))[dim] for dim, values in given.items()}
    else:
        coords = {dim: including(values, family.given[:, k]) for k, (dim, values) in enumerate(given.items())}
    _measure(objectives, family, coords, store, output, draw)
    for letter, place in zip("ABC", family.given, strict=True):
        if not all(place[k] in values for k, values in enumerate(coords.values())):
            print(f"note: {letter}, at ({place[0]:g}, {place[1]:g}), lies outside --range {range_}")


def solutions(objective: str, files: Sequence[str], options: Options, *, default_split: str) -> tuple[Objectives, list[Params]]:
    """The objective and the points of checkpoints of it; where all carry running statistics, these are interpolated."""
    ends = [load_point(file) for file in files]
    if ":" not in objective and options.checkpoint is None:
        options = replace(options, checkpoint=files[0])  # whose metadata say how the data are normalized
    objectives = load(objective, options, default_split=default_split)
    first = _first(objectives)
    if options.bn is None and first.bn == "eval" and all(any(map(is_running_statistic, end)) for end in ends):
        objectives = _with_bn(objectives, "interpolate")
    return objectives, [first.conform(end, what=file) for end, file in zip(ends, files, strict=True)]


def _with_accuracy(objectives: Objectives) -> Objectives:
    """Accuracy beside the loss where the targets are classes and nobody named a metric (A1)."""
    def one(objective: Objective) -> Objective:
        targets = objective.data.targets()
        classes = objective.loss_name == "cross_entropy" and targets is not None and not targets.is_floating_point()
        return objective.with_metrics({"accuracy": named("accuracy")}) if classes and not objective.metrics else objective

    return one(objectives) if isinstance(objectives, Objective) else {name: one(o) for name, o in objectives.items()}


def _measure(objectives: Objectives, family: Any, coords: Mapping[str, np.ndarray], store: str | None, output: Path | None,
             draw: str | None, *, per: Literal["class"] | None = None) -> None:
    place = DEFAULT_STORE if store is None else store
    with progress(" × ".join(str(len(values)) for values in coords.values()) + " points") as bar:
        ds = sweep(loss(objectives, per=per), family, coords, store=place, on_event=bar)
    path = ds.attrs["store"]
    print(f"result: {path}")
    if found := ds.attrs.get("auto_range"):
        print(f"range: {_written(found['ranges'])}, to {found['multiple']:g} times the loss at the centre, {found['center']:.4g}")
        for note in found["notes"]:
            print(f"note: {note}")
    quantity = "class_loss" if per else None
    if output is not None:
        draw_to(ds, output, draw=draw, quantity=quantity)
        print(f"figure: {output}")
    again = ["lossatlas", "plot", path, "--as", draw or ("profile" if ds.attrs["kind"] == "profile" else "contour"), "-o",
             str(output or f"{Path(path).name}.png"), *(["--quantity", quantity] if quantity else [])]
    print(f"draw it again: {shlex.join(again)}")


def _first(objectives: Objectives) -> Objective:
    return objectives if isinstance(objectives, Objective) else next(iter(objectives.values()))


def _with_bn(objectives: Objectives, bn: Any) -> Objectives:
    return objectives.with_bn(bn) if isinstance(objectives, Objective) else {name: o.with_bn(bn) for name, o in objectives.items()}


def check_place(store: str | None) -> None:
    """Refuse a store that is none before anything is loaded."""
    if store is not None:
        split_path(store, "group")


def check_per(per: str | None, layers: str | None, repeats: int | None) -> None:
    """Refuse options that do not go together."""
    if layers is not None and per != "layer":
        raise InputError(f"--layers {layers} says which layers move alone; it goes with --per layer")
    if per == "layer" and repeats is not None:
        raise InputError("--repeats draws new planes and --per layer takes one apart; write one of the two")


def given_slice(objective: Objective, files: str, normalize: str, ignore: Sequence[str], dims: tuple[str, ...]) -> Slice:
    """The plane or volume along directions from files, as they are or normalized."""
    names = files.split(",")
    if len(names) != len(dims) or not all(names):
        wanted = "two files U.safetensors,V.safetensors" if len(dims) == 2 else "three files U.safetensors,V.safetensors,W.safetensors"
        raise InputError(f"--directions is {files!r}; expected random, or {wanted}{suggest(files, ['random'])}")
    axes = []
    for name in names:
        direction = {n: t for n, t in load_point(name).items() if not is_running_statistic(n)}
        for n, t in direction.items():
            if n not in objective.params or t.shape != objective.params[n].shape:
                expected = tuple(objective.params[n].shape) if n in objective.params else "no such parameter"
                raise InputError(f"{name}: {n!r} has shape {tuple(t.shape)}; the network has {expected}")
        moved = {n: t.to(objective.device, wide_enough(objective.params[n].dtype)) for n, t in direction.items()}
        axes.append(moved if normalize == "none" else
                    normalize_direction(moved, objective.params, objective.layout, normalize=normalize, ignore=ignore))  # type: ignore[arg-type]
        check_point(axes[-1], what=name)
        if not any(bool(torch.count_nonzero(t)) for t in axes[-1].values()):
            raise InputError(f"{name} moves nothing{' that is not ignored' if normalize != 'none' else ''}: it is zero; expected a "
                             "direction with entries that are not zero")
    if any(abs(cosine(u, v)) > 1 - 1e-9 for u, v in combinations(axes, 2)):
        spanned = "a line and not a plane; expected two" if len(dims) == 2 else "no volume; expected three"
        raise InputError(f"--directions {files} are parallel, so they span {spanned} independent directions")
    check_independent(np.array(gram(axes)))
    return Slice(objective.point(), tuple(axes), dims, about={"family": "given", "files": names, "normalize": normalize})


def lattice(range_: str, points: str, dims: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Coordinates from ``-1:1``, ``-1:1,0:2`` and ``51``, ``51x31``.

    Raises:
        InputError: with what was written and how to write it.
    """
    ranges = [_range(part) for part in range_.split(",")]
    counts = [_count(part, points) for part in points.lower().split("x")]
    for given, what, examples in ((ranges, "--range", _RANGES), (counts, "--points", _POINTS)):
        if len(given) not in (1, len(dims)):
            example = examples[len(dims) - 1]
            wanted = f"1 or {len(dims)}, e.g. {example}" if len(dims) > 1 else f"1, e.g. {example}"
            raise InputError(f"{what} gives {len(given)} values; expected {wanted}")
    ranges, counts = ranges * (len(dims) // len(ranges)), counts * (len(dims) // len(counts))
    return {dim: _axis(*bounds, n) for dim, bounds, n in zip(dims, ranges, counts, strict=True)}


def auto_multiple(range_: str) -> float | None:
    """The multiple of ``auto`` (10) and ``auto:20``; None of a range of numbers."""
    word, _, multiple = range_.partition(":")
    if word != "auto":
        return None
    try:
        value = float(multiple or "10") if range_ != "auto:" else 0.0
    except ValueError:
        value = 0.0
    if not 1 < value < float("inf"):
        raise InputError(f"--range is {range_!r}; expected auto, or auto:M with a multiple M of the loss at the centre that is greater "
                         "than 1, e.g. auto:20")
    return value


def _known_range(store: str | None, multiple: float, dims: Sequence[str]) -> dict[str, Any] | None:
    """What an earlier run of a named group found: it is not searched again, and ``sweep`` compares all else."""
    if store is None or not (place := Path(*split_path(store, "slice" if len(dims) == 2 else "volume"))).joinpath("zarr.json").is_file():
        return None
    known = ZarrStore(*split_path(place)).attrs.get("auto_range", {})
    return known if known.get("multiple") == multiple and set(known["ranges"]) == set(dims) else None


def _found_range(objective: Objective, family: Any, multiple: float) -> dict[str, Any]:
    from ..analyses import auto_range  # with scipy, which nothing else here needs

    return auto_range(loss(objective), family, multiple=multiple)


def _written(ranges: Mapping[str, Sequence[float]]) -> str:
    """Ranges as the option takes them."""
    return ",".join(f"{low:g}:{high:g}" for low, high in ranges.values())


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
    if text.startswith("auto"):
        raise InputError("--range auto stands alone, and for slice and volume only, which have a trained point at their centre; "
                         "expected two numbers A:B, e.g. -0.5:1.5")
    try:
        low, high = (float(part) for part in text.split(":"))
        return low, high
    except ValueError:
        raise InputError(f"--range has {text!r}; expected two numbers A:B, e.g. -0.5:1.5") from None


def _count(text: str, whole: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise InputError(f"--points is {whole!r}; expected a number such as 51, or 51x31")
    return int(text)
