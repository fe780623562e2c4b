"""``lossatlas connect``: paths of low loss between solutions, beside the straight line (Garipov et al. 2018)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from ..analyses.along import path_profile
from ..analyses.connecting import Connection
from ..analyses.connecting import connect as connected
from ..errors import InputError
from ..execution.memory import in_large_batches
from ..names import ConnectMethod, MatchMethod
from ..objective import Objective
from ..pairs import trained_on
from ..params import Params
from ..result.store import next_name, split_path
from ..run.events import progress
from ..subsets import subset
from .measure import DEFAULT_STORE
from .objectives import Objectives, Options
from .points import objective_for, points_of
from .show import check_output, draw_to


@dataclass(frozen=True)
class Search:
    """How a path is looked for, as the command line says it."""

    method: ConnectMethod
    match: MatchMethod | None = None
    bends: int | None = None
    steps: int | None = None
    rate: float | None = None

    def optimizer(self) -> Any:
        """That of a curve; None: the default."""
        if self.rate is None:
            return None
        if not self.rate > 0:
            raise InputError(f"--lr is {self.rate:g}; expected a positive learning rate")
        return partial(torch.optim.Adam, lr=self.rate)


def connect(
    objective: str, points: Sequence[str], options: Options, search: Search, *, along: int, examples: int, store: str | None,
    output: Path | None,
) -> None:
    """Find the path, measure it, print the numbers, keep and draw the profile."""
    check_output(output)
    if len(points) < 2:
        raise InputError(f"{len(points)} point{'s are' if len(points) != 1 else ' is'} given; expected two solutions, or more: lossatlas "
                         "connect OBJECTIVE a.safetensors b.safetensors")
    if examples < 0 or along < 3:
        raise InputError(f"--examples is {examples} and --points {along}; expected at least 0 (all), and at least 3")
    optimizer = search.optimizer()
    kind = "path" if len(points) == 2 else "graph"
    place = _place(store, kind)
    wanted = options.split
    found = objective_for(objective, points, replace(options, split=None))
    solutions = points_of(found, points)
    trained, measured = _parts(found, wanted, examples, options.seed, large=kind == "path")
    if search.match is not None:
        _, judge = _parts(trained, None, examples, options.seed)
        solutions = _matched(judge, solutions, search, options)  # type: ignore[arg-type]
    if kind == "graph":
        _graph(measured, solutions, search, place, output, options.seed)
        return
    (first, a), (second, b) = solutions.items()
    with progress(f"{search.method} from {first} to {second}") as bar:
        path = connected(trained, a, b, method=search.method, bends=search.bends, steps=search.steps, optimizer=optimizer,
                         seed=options.seed, on_event=bar)
    with progress("points") as bar:
        ds = path_profile(measured, path, points=along, names=(first, second), bn=options.bn,  # type: ignore[arg-type]
                          store=place, on_event=bar)
    _report(ds, path)
    _end(ds.attrs["store"], ds, output)


def _place(store: str | None, kind: str) -> str:
    """Where the result goes: ``PATH.zarr/NAME``, a free name where none is given."""
    root, name = split_path(store or DEFAULT_STORE, kind)
    return f"{root}/{next_name(root, kind) if name in ('+', kind) else name}"


def _parts(found: Objectives, split: str | None, examples: int, seed: int, *, large: bool = True) -> tuple[Objective, Objectives]:
    """What a path is looked for on, and what it is measured on; ``large``: in large batches, for nothing is trained on it."""
    trained = trained_on(found)
    if isinstance(found, Objective) and split not in (None, "train"):
        raise InputError(f"--split {split}: there is one set of data; return {{'train': …, 'test': …}} to have splits")
    chosen = found if isinstance(found, Objective) or split in (None, "both") else {split: found[split]}

    def few(one: Objective) -> Objective:
        if examples and one.data.n_examples > examples:
            statistics = one.bn_data or (trained.data if one.has_batchnorm and one is not trained else None)
            one = one.with_data(subset(one.data, examples, seed=seed))
            one = one.with_bn("recompute", data=statistics) if one.bn == "recompute" and statistics is not None else one
        return in_large_batches(one) if large else one

    if isinstance(chosen, Objective):
        return trained, few(chosen)
    made = {name: few(one) for name, one in chosen.items()}
    return trained, made


def _matched(judge: Objective, solutions: Mapping[str, Params], search: Search, options: Options) -> dict[str, Params]:
    """The solutions with neurons permuted onto the first; what that does to the straight line, on training data, is printed."""
    from ..analyses.barrier import barrier
    from ..symmetry import match

    (first, a), *others = solutions.items()
    out = {first: a}
    for name, b in others:
        found = match(judge, a, b, search.match, seed=options.seed)
        before, after = (float(barrier(judge, a, point, points=11, bn=options.bn, plan="plain")["loss_barrier"])  # type: ignore[arg-type]
                         for point in (b, found.point))
        gain = f", {100 * (1 - after / before):.3g} % less" if before > 0 else ""
        print(f"match {name} onto {first} by {search.match}: loss barrier of the line {before:.4g} before, {after:.4g} after{gain}; "
              f"{len(found.moved)} tensors moved, {len(found.unmoved)} not; outputs differ by at most {found.max_output_difference:.2g}")
        out[name] = found.point
    return out


def _graph(
    measured: Objectives, solutions: Mapping[str, Params], search: Search, place: str, output: Path | None, seed: int,
) -> None:
    """The graph of several minima: which are connected below which loss."""
    from ..analyses.minima import minima_graph

    if search.bends is not None or search.rate is not None:
        raise InputError("--bends and --lr are options of one path; of more than two points write --method and --steps")
    with progress(f"{len(solutions)} minima") as bar:
        ds = minima_graph(measured, solutions, method=search.method, steps=search.steps, seed=seed, store=place, on_event=bar)
    for k in range(ds.sizes["edge"]):
        edge = ds.isel(edge=k)
        names = [str(ds["node"].values[int(edge[end])]) for end in ("first", "second")]
        doubt = "" if bool(edge["converged"]) else "; not converged: an upper bound"
        for split in ds["split"].values.tolist() if "split" in ds.dims else [None]:
            high, line = (float((edge if split is None else edge.sel(split=split))[name]) for name in ("saddle", "line_saddle"))
            of = f", {split}" if split else ""
            print(f"{names[0]} – {names[1]}{of}: highest loss {high:.4g} on the path, {line:.4g} on the line{doubt}")
    _end(ds.attrs.get("store", place), ds, output)


def _report(ds: Any, path: Connection) -> None:
    """Barriers of line and path of every split, and whether the search had ended."""
    barriers = ds.attrs["barriers"]
    for split in barriers["path"]:
        print(f"{'loss' if split == 'all' else split}:")
        if stored := ds.attrs.get("loss_stored", {}).get(split):
            own = ds["loss"] if split == "all" else ds["loss"].sel(split=split)
            first, last = own.isel(t=[0, -1]).values.tolist()
            print(f"  ends: loss {first:.4g} and {last:.4g} with BatchNorm statistics estimated anew, {stored[0]:.4g} and {stored[1]:.4g} "
                  "with those that are stored")
        for which in ("line", "path"):
            of = barriers[which][split]
            errors = (f"; error barrier {100 * of['error_barrier']:.3g} % (|E0 − E1| {100 * of['error_gap']:.3g} %), at most "
                      f"{100 * of['error_max']:.3g} %" if "error_barrier" in of else "")
            doubt = "" if of["loss_barrier_converged"] else ", maximum not resolved"
            spread = f" ± {of['loss_barrier_stderr']:.2g}" if "loss_barrier_stderr" in of else ""
            high = (f"loss barrier {of['loss_barrier']:.4g}{spread} at t = {of['loss_barrier_at']:.3g}{doubt}, loss at most "
                    f"{of['loss_max']:.4g}, mean {of['loss_mean']:.4g}" if math.isfinite(of["loss_barrier"]) else "the loss is not finite")
            print(f"  {which}: {high}{errors}")
    state = "converged" if path.converged else f"not converged ({path.record['why']}): an upper bound"
    print(f"path: {path.method}, {len(path.path.controls)} controls, {path.steps:,} steps, {state}; "
          f"{ds.attrs['length_ratio']:.4g} times as long as the line")
    if "disagreement" in ds:
        apart = ds["disagreement"].isel(t=[0, -1])
        apart = apart.isel(split=-1) if "split" in apart.dims else apart
        where = f" of {ds['split'].values[-1]}" if "split" in ds.dims else ""
        print(f"the ends disagree on {100 * float(apart.max()):.3g} % of the examples{where}")


def _end(place: str, ds: Any, output: Path | None) -> None:
    """Where the result lies, its figure, and how to draw it again."""
    print(f"result: {place}")
    if output is not None:
        draw_to(ds, output)
        print(f"figure: {output}")
    print(f"draw it again: lossatlas plot {place} -o {output or f'{Path(place).name}.png'}")
