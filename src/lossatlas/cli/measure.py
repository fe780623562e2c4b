"""The commands that measure: ``slice`` and ``volume``, ``line``, ``plane``."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import torch

from ..checkpoint import load_point
from ..errors import InputError
from ..family import Slice, normalize_direction, per_layer, random_slice
from ..family import line as line_through
from ..family import plane as plane_through
from ..family.slice import check_independent
from ..figures.caption import survey_words
from ..lattice import axis, including
from ..metrics import named
from ..names import Ends, Method, PlanName, suggest
from ..objective import Objective
from ..params import Params, check_point, cosine, gram, is_running_statistic, wide_enough
from ..probes import loss
from ..result.description import exists
from ..result.store import ZarrStore, split_path
from ..run.engine import Local
from ..run.events import progress
from .methods import check_method, measured
from .objectives import Objectives, Options, load, note_fresh
from .plans import saying_plan
from .show import check_form, check_output, draw_to, form_for

#: The store of results that nobody gave a place.
DEFAULT_STORE = "lossatlas.zarr/+"
#: The folder within a store where eigenvectors are kept that slices were measured along.
EIGENVECTORS = ".eigenvectors"
#: How ranges and points of one, two and three axes are written.
_RANGES, _POINTS = ("-1:1", "-1:1,-1:1", "-1:1,-1:1,-0.5:0.5"), ("51", "51x31", "15x15x5")


@dataclass(frozen=True)
class Recipe:
    """What a command measures, made once here and once more by every worker.

    Attributes:
        base: makes the objectives and the family.
        said: what the family says of itself beside that (a range that was found).
        layers: patterns of names, where one layer moves at a time; None: all move together.
        per: whether every class is measured.
        folder: where the command was given: file names are meant from there.
    """

    base: Callable[[], tuple[Objectives, Any]]
    said: Mapping[str, Any] = field(default_factory=dict)
    layers: tuple[str, ...] | None = None
    per: Literal["class"] | None = None
    folder: str = field(default_factory=os.getcwd)

    def finish(self, objectives: Objectives, family: Any) -> tuple[Any, Any]:
        """The probe and the family of the sweep."""
        family = family.saying(self.said) if self.said else family
        return loss(objectives, per=self.per), family if self.layers is None else per_layer(family, groups=self.layers)

    def __call__(self) -> tuple[Any, Any]:
        """From nothing, in the folder of the command: what a worker does, whose script may have gone elsewhere."""
        os.chdir(self.folder)
        return self.finish(*self.base())


@dataclass(frozen=True)
class Target:
    """Where a result goes, how it is drawn, how many processes fill it, by which plan, and whether all of it is measured."""

    store: str | None
    output: Path | None
    draw: str | None = None
    workers: int = 1
    plan: PlanName = "auto"
    replan: bool = False
    show_plan: bool = False
    method: Method | None = None
    tolerance: float = 0.01

    def check(self, kind: str, shape: Sequence[int]) -> Target:
        """Refuse what cannot be written or drawn before anything is loaded; with the form for this many points."""
        check_output(self.output)
        check_form(self.draw, kind)
        if self.store is not None:
            split_path(self.store, "group")
        Local(workers=self.workers)
        check_method(self.method, self.tolerance)
        return self if kind == "profile" else replace(self, draw=form_for(self.draw, shape))


def slice(
    objective: str, options: Options, target: Target, *, directions: str, normalize: str | None, ignore: str, range_: str, points: str,
    params: str | None = None, repeats: int | None = None, per: str | None = None, layers: str | None = None,
    dims: tuple[str, ...] = ("alpha", "beta"),
) -> None:
    """``lossatlas slice``, and with three ``dims`` ``lossatlas volume``."""
    multiple = auto_multiple(range_)
    coords = lattice(range_ if multiple is None else "-1:1", points, dims)
    target = target.check("slice" if len(dims) == 2 else "volume", [len(values) for values in coords.values()][:2])
    check_per(per, layers, repeats)
    asked = {"--repeats": repeats, "--per": per, "--metric": ", ".join(options.metrics) or None}
    against = ", ".join(f"{option} {value}" for option, value in asked.items() if value is not None)
    check_method(target.method, target.tolerance, against)
    recipe = Recipe(partial(slice_of, objective, options, directions=directions, normalize=normalize, ignore=ignore, params=params,
                            repeats=repeats, dims=dims, folder=str(split_path(target.store or DEFAULT_STORE, "slice")[0] / EIGENVECTORS)),
                    layers=None if per != "layer" else tuple(layers.split(",")) if layers else (), per="class" if per == "class" else None)
    objectives, family = recipe.base()
    if multiple is not None:
        found = _known_range(target.store, multiple, dims) or _found_range(_first(objectives), family, multiple)
        recipe, coords = replace(recipe, said={"auto_range": found}), lattice(_written(found["ranges"]), points, dims)
    _measure(recipe, *recipe.finish(objectives, family), coords, target, against)
    note_fresh(objective, options)


def slice_of(
    objective: str, options: Options, *, directions: str, normalize: str | None, ignore: str, params: str | None, repeats: int | None,
    dims: tuple[str, ...], folder: str,
) -> tuple[Objectives, Any]:
    """The objectives, and the slice along random directions, eigenvectors of the Hessian, or those of files."""
    objectives = load(objective, options)
    first = _first(objectives)
    words = tuple(word for word in ignore.split(",") if word)
    if directions == "random":
        return objectives, random_slice(first, dims=dims, normalize=normalize or "filter", ignore=words,  # type: ignore[arg-type]
                                        seed=options.seed, repeats=repeats, params=_globs(params))
    if directions.partition(":")[0] == "hessian":
        if repeats is not None:
            raise InputError("--repeats draws new random directions; eigenvectors of the Hessian are what they are")
        return objectives, eigen_slice(first, directions, normalize or "none", params, dims, options.seed, folder)
    if params is not None:
        raise InputError("--params chooses what random directions move; it does not go with --directions files, which say that")
    if repeats is not None:
        raise InputError("--repeats draws new random directions; it does not go with --directions files")
    return objectives, given_slice(first, directions, normalize or "none", words, dims)


def eigen_slice(
    objective: Objective, directions: str, normalize: str, params: str | None, dims: tuple[str, ...], seed: int, folder: str,
) -> Slice:
    """``hessian``, ``hessian:smallest`` or ``hessian:both``: eigenvectors, kept beside the results for workers and resumes."""
    from ..analyses import hessian_slice

    which = directions.partition(":")[2] or "largest"
    if directions == "hessian:" or which not in get_args(Ends):
        raise InputError(f"--directions is {directions!r}; expected hessian (the top eigenvectors), hessian:smallest or hessian:both"
                         f"{suggest(which, get_args(Ends))}")
    return hessian_slice(objective, which=which, dims=dims, params=_globs(params) or "*", normalize=normalize, seed=seed,  # type: ignore[arg-type]
                         keep=folder)


def _globs(params: str | None) -> tuple[str, ...] | None:
    """``--params GLOB,GLOB``; a lone comma or nothing is no pattern and refused as such."""
    return None if params is None else tuple(glob.strip() for glob in params.split(","))


def line(objective: str, a: str, b: str, options: Options, target: Target, *, range_: str, points: str) -> None:
    """``lossatlas line``."""
    coords = lattice(range_, points, ("alpha",))
    target = target.check("profile", [len(values) for values in coords.values()])
    against = _metrics(options)
    check_method(target.method, target.tolerance, against)
    recipe = Recipe(partial(line_of, objective, (a, b), options, accuracy=target.method != "survey"))
    objectives, family = recipe.base()
    _measure(recipe, *recipe.finish(objectives, family), coords, target, against, whole=bool(_first(objectives).metrics))


def _metrics(options: Options) -> str:
    """``--metric``, as it was written, which a survey does not measure."""
    return f"--metric {', '.join(options.metrics)}" if options.metrics else ""


def line_of(objective: str, files: tuple[str, str], options: Options, *, accuracy: bool = True) -> tuple[Objectives, Any]:
    """The objectives, with accuracy where a line shows it, and the line through two checkpoints."""
    objectives, ends = solutions(objective, files, options, default_split="both")
    family = line_through(*ends, buffers=_first(objectives).buffers).saying({"ends": list(files)})
    return _with_accuracy(objectives) if accuracy else objectives, family


def plane(
    objective: str, a: str, b: str, c: str, options: Options, target: Target, *, range_: str | None, points: str,
) -> None:
    """``lossatlas plane``: on a lattice that contains the three solutions, so that they are hit exactly."""
    given = lattice("-1:1" if range_ is None else range_, points, ("alpha", "beta"))
    target = target.check("slice", [len(values) for values in given.values()])
    check_method(target.method, target.tolerance, _metrics(options))
    recipe = Recipe(partial(plane_of, objective, (a, b, c), options))
    probe, family = recipe.finish(*recipe.base())
    if range_ is None:
        coords = {dim: family.frame(len(values))[dim] for dim, values in given.items()}
    else:
        coords = {dim: including(values, family.given[:, k]) for k, (dim, values) in enumerate(given.items())}
    _measure(recipe, probe, family, coords, target, _metrics(options))
    for letter, place in zip("ABC", family.given, strict=True):
        if not all(place[k] in values for k, values in enumerate(coords.values())):
            print(f"note: {letter}, at ({place[0]:g}, {place[1]:g}), lies outside --range {range_}")


def plane_of(objective: str, files: tuple[str, str, str], options: Options) -> tuple[Objectives, Any]:
    """The objectives, and the plane through three checkpoints."""
    objectives, solved = solutions(objective, files, options, default_split="train")
    return objectives, plane_through(*solved, buffers=_first(objectives).buffers).saying({"ends": list(files)})


def solutions(objective: str, files: Sequence[str], options: Options, *, default_split: str) -> tuple[Objectives, list[Params]]:
    """The objective and the points of checkpoints of it; where all carry running statistics, these are interpolated.

    Raises:
        InputError: only some of the files carry the running statistics of the network, which are needed to interpolate them.
    """
    ends = [load_point(file) for file in files]
    if ":" not in objective and options.checkpoint is None:
        options = replace(options, checkpoint=files[0])  # whose metadata say how the data are normalized
    objectives = load(objective, options, default_split=default_split)
    first = _first(objectives)
    points = [first.conform(end, what=file) for end, file in zip(ends, files, strict=True)]
    carried = [[name for name in point if is_running_statistic(name)] for point in points]
    if any(carried) and (first.bn == "interpolate" or (options.bn is None and first.bn == "eval")):
        whole = [name for name in first.buffers if is_running_statistic(name)]
        for file, names in zip(files, carried, strict=True):
            if lacking := [name for name in whole if name not in names]:
                raise InputError(f"{file} lacks running statistics of BatchNorm ({len(lacking)} of {len(whole)}, e.g. {lacking[0]!r}), "
                                 "which others carry, so they cannot be interpolated; write --bn recompute")
        objectives = _with_bn(objectives, "interpolate")
    return objectives, points


def _with_accuracy(objectives: Objectives) -> Objectives:
    """Accuracy beside the loss where the targets are classes and nobody named a metric (A1)."""
    def one(objective: Objective) -> Objective:
        targets = objective.data.targets()
        classes = objective.loss_name == "cross_entropy" and targets is not None and not targets.is_floating_point()
        return objective.with_metrics({"accuracy": named("accuracy")}) if classes and not objective.metrics else objective

    return one(objectives) if isinstance(objectives, Objective) else {name: one(o) for name, o in objectives.items()}


def _measure(
    recipe: Recipe, probe: Any, family: Any, coords: Mapping[str, np.ndarray], target: Target, against: str = "", *, whole: bool = False,
) -> None:
    """Measure, densely or by a survey, and draw; ``against``: what of the options a survey cannot do, ``whole``: none unless asked for."""
    target = target if target.store is not None else replace(target, store=DEFAULT_STORE)
    with progress(" × ".join(str(len(values)) for values in coords.values()) + " points") as bar:
        ds = measured(probe, family, coords, target, engine=Local(workers=target.workers, make=recipe), against=against, whole=whole,
                      on_event=saying_plan(bar) if target.show_plan else bar)
    path = ds.attrs["store"]
    print(f"result: {path}")
    if found := ds.attrs.get("auto_range"):
        print(f"range: {_written(found['ranges'])}, to {found['multiple']:g} times the loss at the centre, {found['center']:.4g}")
        asked = recipe.said.get("auto_range", found)["multiple"]
        if asked != found["multiple"]:
            print(f"note: this result's range was found for {found['multiple']:g} times the loss; for {asked:g} times it is the same")
        for note in found["notes"]:
            print(f"note: {note}")
    for sentence in survey_words(ds):
        print(sentence)
    quantity = "class_loss" if recipe.per else None
    if target.output is not None:
        draw_to(ds, target.output, draw=target.draw, quantity=quantity)
        print(f"figure: {target.output}")
    again = ["lossatlas", "plot", path, "--as", target.draw or ("profile" if ds.attrs["kind"] == "profile" else "contour"), "-o",
             str(target.output or f"{Path(path).name}.png"), *(["--quantity", quantity] if quantity else [])]
    print(f"draw it again: {shlex.join(again)}")
    if not ds.attrs.get("complete", True):
        raise KeyboardInterrupt  # a survey that was stopped, whose picture is drawn


def _first(objectives: Objectives) -> Objective:
    return objectives if isinstance(objectives, Objective) else next(iter(objectives.values()))


def _with_bn(objectives: Objectives, bn: Any) -> Objectives:
    return objectives.with_bn(bn) if isinstance(objectives, Objective) else {name: o.with_bn(bn) for name, o in objectives.items()}


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
        raise InputError(f"--directions is {files!r}; expected random, hessian, or {wanted}{suggest(files, ['random', 'hessian'])}")
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
    if store is None or not exists(place := Path(*split_path(store, "slice" if len(dims) == 2 else "volume"))):
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
