"""Training paths on a plane: the directions in which runs move, how much of the motion they hold, and what they hide (METHODS A13, A15).

In many dimensions any two random directions are orthogonal to nearly all of a path, which looks like a point on such a plane. Li et al.
(2018, section 7) take the first principal components of θ_i − θ_n instead (after Lorch 2016), through the end θ_n. The share of the motion
that they hold is written on the axes; that it is large says that the path is of few dimensions, and nothing of the landscape: a random
walk in many dimensions has a PCA plane that holds most of it, too, and shows spirals (Antognini and Sohl-Dickstein 2018).

The directions have norm 1, so that a unit of the picture is a Euclidean unit of parameter space and equal axes keep distances.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr

from ..errors import InputError
from ..family import Slice
from ..family.pieces import Rows
from ..family.trajectory import Trajectory
from ..lattice import axis, framed
from ..layout import TensorRule
from ..names import suggest
from ..numerics.pca import held, pca
from ..objective import Objective
from ..params import Params, cosine, size, wide_enough
from ..probes.loss import loss
from ..probes.projection import ProjectionProbe
from ..run.events import Listener, ignore
from ..run.sweep import sweep
from ..seeds import check_seed, generator

Runs = Trajectory | Sequence[Any]
#: The shorter side of a frame over the longer one, at least: so long as both can be drawn in one unit.
NARROWEST = 0.42


def pca_slice(
    runs: Runs, *, objective: Objective | None = None, dims: Sequence[str] = ("alpha", "beta"), centred: bool = True,
    project_out_norm: bool = False, ignore: Sequence[str] = (),
) -> Slice:
    """The plane through the end of a run along its first principal components, which have norm 1.

    The points of all runs count alike, whichever run they are of. Running statistics and other buffers are no coordinates: everywhere on
    the plane they are those of θ_n. Memory is that of a few points; the runs are read twice.

    Args:
        runs: a trajectory, or several of one network (other optimizers, other seeds) for one plane through the end of the first. Early
            steps, which move most, are left out by ``run.trajectory().from_step(100)``.
        objective: tells parameters from buffers and what kind they are; needed for the words in ``ignore``.
        dims: a name per component.
        centred: components of the points about their mean, as Li et al. have them, or about θ_n.
        project_out_norm: every filter of every point is first given the norm that it has in θ_n. Of networks with BatchNorm the first
            component may be mere shrinkage of filters, which such a network does not feel. Filters are those of the objective's
            layout, without an objective the rows of tensors of two dims or more; what is no weight (biases, BatchNorm) is left as it is.
        ignore: kinds (``bias``, ``norm``) or name patterns that do not move on the plane. Distances count them all the same.

    Returns:
        A :class:`~lossatlas.Slice`. ``about`` holds ``explained`` (explained variance ratios of what moves, centred), ``motion`` (shares of
        Σ‖θ_i − θ_n‖² of all parameters along each), their sum ``of_motion`` (1 − Σ‖off-plane residual‖²/Σ‖θ_i − θ_n‖², as
        :func:`projected` measures both), ``moved`` (the share of Σ‖θ_i − θ_n‖² that is not ignored), ``radial`` (cosines with θ_n: near 1
        of a component that is a change of norm), ``centred``, ``project_out_norm`` and the runs.

    Raises:
        InputError: one point, points that are all the same or lie on fewer dimensions, points of different networks, weights that are
            not finite.
    """
    runs, dims = _runs(runs), _dims(dims)
    names = _names(runs[0], objective, ignore)
    with Rows(runs, names, rules=_rules(runs[0], names, objective) if project_out_norm else None) as rows:
        found = pca(rows.blocks, len(dims), centred=centred, names=rows.labels)
        axes = tuple(rows.unravel(component) for component in found.components)
    squares = float(found.squares.sum())
    moved = squares / (squares + _squares(runs, [name for name in _parameters(runs[0], objective) if name not in set(names)]))
    about = {"family": "pca", "centred": bool(centred), "project_out_norm": bool(project_out_norm),
             "ignore": [ignore] if isinstance(ignore, str) else list(ignore), **_held(found.explained, found.motion, moved),
             "runs": _told(runs)}
    return _slice(runs[0], axes, dims, objective, about)


def random_beside(plane: Slice, runs: Runs, *, objective: Objective | None = None, seed: int = 0) -> Slice:
    """A plane of the same origin along random directions: what it holds of the runs tells what PCA is worth.

    The directions are Gaussian over the entries that the plane moves, orthonormal, and a share of about 1/n of the motion lies
    along each of n.

    Args:
        plane: of :func:`pca_slice`; ``runs`` and ``objective`` as given there.

    Raises:
        InputError: points of another network.
    """
    runs, seed = _runs(runs), check_seed(seed)
    names = list(plane.axes[0])
    drawn = []
    for dim in plane.dims:
        direction = [torch.randn(plane.axes[0][name].shape, generator=generator(seed, "random plane", dim, name),
                                 dtype=wide_enough(plane.axes[0][name].dtype)) for name in names]
        drawn.append(torch.cat([(torch.view_as_real(t) if t.is_complex() else t).reshape(-1) for t in direction]))
    directions = torch.linalg.qr(torch.stack(drawn, dim=1)).Q.T.contiguous()
    rules = _rules(runs[0], names, objective) if plane.about.get("project_out_norm") else None
    with Rows(runs, names, rules=rules) as rows:
        explained, motion = held(rows.blocks, directions)
        axes = tuple(rows.unravel(direction) for direction in directions)
    about = {"family": "random", "seed": seed, "normalize": "unit", "project_out_norm": plane.about.get("project_out_norm", False),
             "ignore": plane.about.get("ignore", []), **_held(explained, motion, plane.about.get("moved", 1.0)), "runs": _told(runs)}
    return _slice(runs[0], axes, plane.dims, objective, about)


def projected(
    run: Any, plane: Slice, objective: Objective | None = None, *, store: str | Path | None = None, on_event: Listener = ignore,
) -> xr.Dataset:
    """A run on a plane: where its points fall, how far off they lie, and their loss beside the loss that the plane shows.

    Args:
        run: a trajectory. plane: e.g. of :func:`pca_slice`.
        objective: whose loss; None: no losses.
        store: as of :func:`~lossatlas.sweep`.

    Returns:
        A Dataset of kind "trajectory" over ``step``: the dims of the plane in its own units, ``off_slice`` (Euclidean distance),
        ``relative_off_slice`` (over the distance from the origin; 0 there), ``distance``, with an objective ``loss`` and ``plane_loss``.
        Of a plane with ``project_out_norm``, points fall where they do after their filters got the norms of the origin.

    Raises:
        InputError: a point of another network.
    """
    (one,) = _runs(run) if isinstance(run, Trajectory) or not isinstance(run, Sequence) else _single(run)
    rules = _rules(one, list(plane.axes[0]), objective, like=plane.origin) if plane.about.get("project_out_norm") else {}
    probe = ProjectionProbe(plane, None if objective is None else loss(objective), rules)
    return sweep(probe, one, {}, store=store, plan="plain", on_event=on_event)


def frame_paths(
    paths: Iterable[xr.Dataset], dims: Sequence[str] = ("alpha", "beta"), *, points: int = 41, margin: float = 0.15,
) -> dict[str, np.ndarray]:
    """Coordinates that frame paths on a plane, for :func:`~lossatlas.sweep`: all of their points and the origin, with a margin.

    A side that is much shorter than the longest is widened, so that the axes can be drawn in one unit.

    Args:
        paths: of :func:`projected`.
        margin: beyond the outermost points, as a share of their span.

    Raises:
        InputError: no paths, or paths that do not move.
    """
    paths = [paths] if isinstance(paths, xr.Dataset) else list(paths)
    if not paths or any(dim not in path for path in paths for dim in dims):
        raise InputError(f"frame_paths got {len(paths)} paths; expected Datasets with {' and '.join(dims)}: la.projected(run.trajectory(), "
                         "plane)")
    ends = {}
    for dim in dims:
        values = np.concatenate([path[dim].values.ravel() for path in paths] + [np.zeros(1)])
        values = values[np.isfinite(values)]
        ends[dim] = (float(values.min()), float(values.max()))
    longest = max(high - low for low, high in ends.values())
    if not longest > 0:
        raise InputError("the paths do not move on this plane; expected a plane along which they do: la.pca_slice(run.trajectory())")
    for dim, (low, high) in ends.items():
        lacking = max(NARROWEST * longest - (high - low), 0.0)
        ends[dim] = (low - lacking / 2, high + lacking / 2)
    wide = {dim: framed(pair, 2, margin) for dim, pair in ends.items()}
    return {dim: axis(float(values[0]), float(values[-1]), points) for dim, values in wide.items()}


def _runs(given: Any) -> list[Trajectory]:
    """Trajectories, of runs where these are given."""
    several = list(given) if isinstance(given, Sequence) and not isinstance(given, str) else [given]
    runs = [one.trajectory() if hasattr(one, "trajectory") else one for one in several]
    if not runs or not all(isinstance(one, Trajectory) for one in runs):
        came = "nothing" if not runs else f"a {next(type(one).__name__ for one in runs if not isinstance(one, Trajectory))}"
        raise InputError(f"expected a trajectory or several, got {came}; write la.open_run('runs/a').trajectory(), or "
                         "la.Trajectory.of({0: point, 10: point})")
    return runs


def _single(runs: Sequence[Any]) -> list[Trajectory]:
    if len(runs) != 1:
        raise InputError(f"projected takes one run, got {len(runs)}; expected one at a time: [la.projected(run, plane) for run in runs]")
    return _runs(runs)


def _dims(dims: Sequence[str]) -> tuple[str, ...]:
    dims = (dims,) if isinstance(dims, str) else tuple(dims)
    if not dims or not all(isinstance(dim, str) for dim in dims):
        raise InputError("dims must name the components; expected e.g. dims=('alpha', 'beta')")
    return dims


def _names(run: Trajectory, objective: Objective | None, left_out: Sequence[str]) -> list[str]:
    """Tensors whose entries are coordinates."""
    left_out = (left_out,) if isinstance(left_out, str) else tuple(left_out)
    if objective is not None:
        if not isinstance(objective, Objective):
            raise InputError(f"objective is a {type(objective).__name__}; expected an Objective (of a train/test pair, one of the two)")
        names = objective.layout.moved(left_out, params="*")
        objective.conform(run.at(run.steps[-1]), what=f"step {run.steps[-1]}")
    else:
        names = run.parameters()
        for word in left_out:
            if word in ("bias", "norm", "weight", "vector"):
                raise InputError(f"ignore has the kind {word!r}, which an objective tells; write objective=objective, or a pattern of "
                                 "names such as '*.bias'")
            if not any(fnmatch.fnmatchcase(name, word) for name in names):
                raise InputError(f"ignore has {word!r}, which no parameter matches{suggest(word, names)}")
        names = [name for name in names if not any(fnmatch.fnmatchcase(name, word) for word in left_out)]
    if not names:
        raise InputError(f"nothing is left to move with ignore={list(left_out)}; expected parameters: leave some out of it")
    return names


def _rules(run: Trajectory, names: Sequence[str], objective: Objective | None, like: Params | None = None) -> dict[str, TensorRule]:
    """The filters of weights of two dims or more."""
    point = like if like is not None else run.at(run.steps[-1])
    rules = {name: TensorRule(tuple(point[name].shape), "weight", 0) if objective is None else objective.layout[name] for name in names}
    return {name: rule for name, rule in rules.items() if rule.kind == "weight" and len(rule.shape) > 1}


def _held(explained: np.ndarray, motion: np.ndarray, moved: float) -> dict[str, Any]:
    """Shares of the variance of what moves, and of the squared distances of all parameters."""
    return {"explained": explained.tolist(), "motion": (moved * motion).tolist(), "of_motion": float(moved * motion.sum()), "moved": moved}


def _squares(runs: Sequence[Trajectory], names: Sequence[str]) -> float:
    """Σ‖θ_i − θ_n‖² of some tensors."""
    if not names:
        return 0.0
    with Rows(runs, names) as rows:
        return sum(float(block.double().square().sum()) for block in rows.blocks())


def _parameters(run: Trajectory, objective: Objective | None) -> list[str]:
    """All tensors but running statistics and other buffers."""
    return run.parameters() if objective is None else list(objective.params)


def _told(runs: Sequence[Trajectory]) -> list[dict[str, Any]]:
    """The runs as results name them."""
    return [{"name": run.name or f"run {number + 1}", "first": run.steps[0], "last": run.steps[-1], "points": len(run)}
            for number, run in enumerate(runs)]


def _slice(run: Trajectory, axes: Sequence[Params], dims: tuple[str, ...], objective: Objective | None, about: Mapping[str, Any]) -> Slice:
    """The slice through the end of a run, where the objective computes."""
    last = run.at(run.steps[-1])
    origin = objective.conform(last) if objective else {n: t for n, t in last.items() if t.is_floating_point() or t.is_complex()}
    parameters = set(_parameters(run, objective))
    moved = tuple({name: tensor.to(origin[name].device) for name, tensor in one.items()} for one in axes)
    about = {**about, "radial": [cosine(one, {name: origin[name] for name in one}) for one in moved],
             "n_parameters": size({name: origin[name] for name in parameters})}
    return Slice(origin, moved, dims, about=about, buffers=origin.keys() - parameters)
