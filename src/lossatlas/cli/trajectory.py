"""``lossatlas trajectory``: training paths on the plane of their principal components, and on a random one."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ..analyses import frame_paths, pca_slice, projected, random_beside
from ..data import DEFAULT_BATCH_SIZE
from ..errors import InputError
from ..execution.memory import in_large_batches
from ..family import Slice, Trajectory
from ..names import PathPlane, choose
from ..objective import Objective
from ..params import size
from ..probes import loss
from ..record import open_run
from ..run.events import progress
from ..run.sweep import sweep
from ..zoo import runs as zoo_runs
from .compare import named, place_of
from .measure import lattice
from .objectives import Options, load
from .show import check_form, check_output, form_for

if TYPE_CHECKING:
    import xarray as xr

DIMS = ("alpha", "beta")
#: A first component that is this much along the weights themselves is a change of their norm.
RADIAL = 0.9


@dataclass(frozen=True)
class Wanted:
    """What is to be written: pictures, how they are drawn, and a moving one of so many frames."""

    output: Path | None = None
    draw: str | None = None
    animate: Path | None = None
    frames: int = 60

    def check(self, shape: Sequence[int]) -> Wanted:
        """Refuse what cannot be written before anything is read."""
        check_output(self.output)
        check_form(self.draw, "slice")
        if self.animate is not None:
            from ..render.animation import check_animation

            check_animation(self.animate)
        if self.frames < 2:
            raise InputError(f"--frames is {self.frames}; expected a whole number from 2, such as 60")
        return Wanted(self.output, form_for(self.draw, shape) or "contour", self.animate, self.frames)


def trajectory(
    folders: Sequence[str], options: Options, wanted: Wanted, *, directions: str, points: str, range_: str, from_step: int | None,
    project_out_norm: bool, centred: bool, ignore: str, objective: str | None, store: str | None,
) -> None:
    """``lossatlas trajectory``."""
    choose(directions, PathPlane, "--directions")
    coords = lattice("-1:1" if range_ == "auto" else range_, points, DIMS)
    wanted = wanted.check([len(values) for values in coords.values()])
    place = place_of(store, "trajectory")
    runs = _runs(folders, from_step)
    one = _objective(runs[0].source, objective, options)
    print(f"principal components of {sum(map(len, runs)):,} points of {size(one.params):,} parameters", flush=True)
    settings = {"centred": centred, "project_out_norm": project_out_norm, "ignore": tuple(word for word in ignore.split(",") if word)}
    plane = pca_slice(runs, objective=one, dims=DIMS, **settings)  # type: ignore[arg-type]
    beside = random_beside(plane, runs, objective=one, seed=options.seed)
    foreign = {} if objective else strangers(runs)
    plane, beside = (each.saying({"notes": list(foreign.values())}) if foreign else each for each in (plane, beside))
    paths = _paths(runs, plane, one, place, "path")
    print(*lines(plane, beside, paths, normalized=one.has_batchnorm), *(f"note: {note}" for note in foreign.values()), sep="\n", flush=True)
    if range_ == "auto":
        counts = {dim: len(values) for dim, values in coords.items()}
        coords = {dim: frame_paths(paths.values(), DIMS, points=max(n, 2))[dim] for dim, n in counts.items()}
    drawn: dict[str, tuple[Any, Mapping[str, Any]]] = {}
    if directions != "random":
        drawn["PCA plane"] = _landscape(plane, one, coords, f"{place}/plane"), paths
    if directions != "pca":
        over = _paths(runs, beside, None, place, f"random-{options.seed}-path")
        drawn["Random plane"] = _landscape(beside, one, coords, f"{place}/random-{options.seed}"), over
    print(f"results: {place}")
    _write(drawn, paths, wanted)
    if wanted.output is None and wanted.animate is None:
        again = shlex.join(["lossatlas", "trajectory", *folders, "--store", place, "-o", "trajectory.png"])
        print(f"draw it: {again} (with the same options)")


def lines(plane: Slice, beside: Slice, paths: Mapping[str, xr.Dataset], *, normalized: bool) -> list[str]:
    """What a person wants to know of a plane and the paths on it."""
    about, random = plane.about, beside.about
    end = about["runs"][0]
    told = [f"PCA plane through the end of {end['name']} (step {end['last']:,}): explained variance "
            f"{' + '.join(f'{100 * share:.2f} %' for share in about['explained'])}{' of what moves' if about['ignore'] else ''}; "
            f"it holds {100 * about['of_motion']:.2f} % of the squared distances from there"
            + (", over all parameters" if about["ignore"] else ""),
            f"random plane (seed {random['seed']}): {100 * random['of_motion']:.2g} % of them"]
    if abs(about["radial"][0]) > RADIAL and normalized:
        told.append(f"note: the first component lies along the weights (cosine {abs(about['radial'][0]):.2f}), so it is a change of their "
                    "norm, which layers before BatchNorm do not feel: --project-out-norm takes it out")
    for name, path in paths.items():
        step, off, distance = (path[what].values for what in ("step", "off_slice", "distance"))
        told.append(f"{name}: {len(step)} points, steps {step[0]:,.0f} to {step[-1]:,.0f}; off the plane by at most {np.nanmax(off):.3g}, "
                    f"at a distance of {distance[np.nanargmax(off)]:.3g} from the end{_wrong(path)}")
    return told


def strangers(runs: Sequence[Trajectory]) -> dict[str, str]:
    """A note on each run that was trained on other data than the first, over whose landscape all are drawn."""
    first, *rest = runs
    own = _trained_on(first)
    return {run.name: f"losses are on the data of {first.name}; {run.name} was trained on other data" for run in rest
            if _trained_on(run) != own}


def _trained_on(run: Trajectory) -> list[Any]:
    """What tells the training data of a run apart."""
    objective = (getattr(run.source, "about", None) or {}).get("objective") or {}
    return [objective.get(word) for word in ("source", "data", "corrupt", "examples")]


def _wrong(path: xr.Dataset) -> str:
    """Where the loss of the plane is farthest from the true one, by ratio."""
    true, shown = path["loss"].values, path["plane_loss"].values
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.abs(np.log(true / shown))
    if not np.isfinite(apart).any():
        return ""
    worst = int(np.nanargmax(np.where(np.isfinite(apart), apart, np.nan)))
    return f"; the plane is farthest from the truth at step {int(path['step'][worst]):,}: {shown[worst]:.4g} instead of {true[worst]:.4g}"


def _runs(folders: Sequence[str], from_step: int | None) -> list[Trajectory]:
    if not folders:
        raise InputError("no runs; expected folders of training runs: lossatlas trajectory runs/a runs/b")
    runs = [Trajectory(open_run(folder), name=name) for name, folder in named(folders).items()]
    return runs if from_step is None else [run.from_step(from_step) for run in runs]


def _objective(run: Any, objective: str | None, options: Options) -> Objective:
    """The objective of the first run, or the one that is named."""
    split = options.split or "train"
    if split not in ("train", "test"):
        raise InputError(f"--split {split}: paths are drawn over one landscape; write --split train or --split test")
    if objective is not None:
        found = load(objective, options)
        return found if isinstance(found, Objective) else found[split] if split in found else next(iter(found.values()))
    one = zoo_runs.objective_of(run, split=split, examples=options.examples)  # type: ignore[arg-type]
    if options.bn is not None:
        one = one.with_bn(options.bn)  # type: ignore[arg-type]
    if options.batch_size is not None:
        one = one.with_data(one.data, batch_size=options.batch_size)
    else:
        one = in_large_batches(one, DEFAULT_BATCH_SIZE)
    return one.to(options.device) if options.device != "auto" or torch.cuda.is_available() else one


def _paths(runs: Sequence[Trajectory], plane: Slice, objective: Objective | None, place: str, name: str) -> dict[str, xr.Dataset]:
    out = {}
    for run in runs:
        with progress(f"path of {run.name}") as bar:
            out[run.name] = projected(run, plane, objective, store=f"{place}/{name}-{run.name}", on_event=bar)
    return out


def _landscape(plane: Slice, objective: Objective, coords: Mapping[str, np.ndarray], store: str) -> xr.Dataset:
    with progress(" × ".join(str(len(values)) for values in coords.values()) + " points") as bar:
        return sweep(loss(objective), plane, coords, store=store, on_event=bar)


def _write(drawn: Mapping[str, tuple[Any, Mapping[str, Any]]], paths: Mapping[str, Any], wanted: Wanted) -> None:
    """The picture of the planes, beside it the curves along the paths, and the moving picture."""
    from .. import figures

    if wanted.output is not None:
        figures.paths(drawn, draw=wanted.draw).save(wanted.output)  # type: ignore[arg-type]
        print(f"figure: {wanted.output}")
        along = wanted.output.with_stem(f"{wanted.output.stem}-along")
        figures.trajectory(dict(paths)).save(along)
        print(f"true loss and the plane's, distance from the plane: {along}")
    if wanted.animate is not None:
        from rich.console import Console
        from rich.progress import Progress

        frames = figures.frames(drawn, count=wanted.frames, draw=wanted.draw)  # type: ignore[arg-type]
        with Progress(console=Console(stderr=True)) as bar:
            task = bar.add_task("frames", total=len(frames))
            figures.animate(wanted.animate, frames, on_frame=lambda done, of: bar.update(task, completed=done))
        print(f"animation: {wanted.animate} ({len(frames)} frames)")
