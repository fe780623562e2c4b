"""Members of subspace ensembles: cheap relatives of one solution instead of independent trainings (Fort et al. 2019; METHODS I4).

All lie around one solution θ of a run, and are made one at a time from a seed, so that memory is that of a few points:

* ``trajectory``: points of the run itself, equally spaced in the records that are given.
* ``random``: θ + t·v along random lines, v isotropic and of the norm of θ; t as large as accuracy allows.
* ``dropout``: weights (no biases, no normalization) dropped at random, the rest scaled by 1/(1 − p); p as large as accuracy allows.
* ``gaussian``: every weight drawn from a Gaussian with its own mean and variance over the records (as in SWAG-diagonal, Maddox et al.
  2019).
* ``low_rank``: a Gaussian in the plane of the first principal components of the records about their mean, with their variances.

How far ``random`` and ``dropout`` go has to be chosen; Fort et al. explore the trade-off between accuracy and diversity. Where nobody says
otherwise it is the largest distance at which the accuracy on (up to 2000 of) the objective's examples, as a mean of a few members, falls by
at most one percentage point. Running statistics of BatchNorm are re-estimated for every member.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from ..errors import InputError
from ..execution.memory import in_large_batches
from ..family import Trajectory
from ..family.pieces import Rows
from ..names import SubspaceKind, choose
from ..numerics.pca import pca
from ..objective import Objective
from ..params import Params, digest, norm, shift
from ..seeds import check_seed, generator
from ..subsets import subset
from .averaging import mean_of, training_part, trajectory_of, with_statistics
from .predictions import classifies, predicted

#: Accuracy that ``random`` and ``dropout`` may cost where no scale is given; members and examples that tell it, halvings of the interval.
COSTS, TRIED, TRIED_ON, HALVINGS = 0.01, 4, 2000, 7
#: Principal components of ``low_rank``.
RANK = 5
#: The largest share of weights that is ever dropped, and the largest distance over the norm of the weights.
MOST = {"random": 8.0, "dropout": 0.95}


@dataclass(frozen=True, eq=False)
class Members:
    """Points of a subspace ensemble: a family over their number, which can be gone through any number of times.

    Attributes:
        kind: how they were made. count: how many. seed: of all that is drawn.
        scale: the distance over the norm of the weights (``random``), the share that is dropped (``dropout``), or the factor of the
            standard deviations; 0 of ``trajectory``.
        steps: the records that they were made from.
    """

    objective: Objective = field(repr=False)
    make: Callable[[int], Params] = field(repr=False)
    kind: SubspaceKind
    count: int
    seed: int
    scale: float
    steps: tuple[int, ...]
    origin: str = ""
    dims: tuple[str, ...] = ("member",)

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Params]:
        return (self.at(number) for number in range(self.count))

    def __call__(self, u: Tensor) -> Params:
        """The member number ``u[0]``."""
        return self.at(int(u[0]))

    def at(self, number: int) -> Params:
        """A member, with running statistics of its own.

        Raises:
            InputError: a number that there is not.
        """
        if not 0 <= number < self.count:
            raise InputError(f"member is {number}; expected a whole number from 0 to {self.count - 1}")
        return with_statistics(self.objective, self.make(number))

    def spec(self) -> dict[str, Any]:
        """What defines the members, as plain data."""
        return {"family": f"{self.kind} subspace", "origin": self.origin, "steps": list(self.steps), "scale": self.scale, "seed": self.seed}

    def describe(self) -> dict[str, Any]:
        """What a result says of them."""
        return {"family": f"{self.kind} subspace", "scale": self.scale, "seed": self.seed}


def subspace_members(
    objective: Objective | Mapping[str, Objective], source: Any, kind: SubspaceKind, *, count: int = 10, seed: int = 0,
    scale: float | None = None, rank: int = RANK,
) -> Members:
    """Members of a subspace ensemble around the last record of a run.

    Args:
        objective: what the run was trained on; of a pair, the training one. Scales are chosen and running statistics estimated on it.
        source: a run (:func:`~lossatlas.open_run`), its trajectory (``run.trajectory().from_step(k)``: records from k on), points
            ``{step: point}`` or a list; of ``random`` and ``dropout`` also one point.
        kind: ``random``, ``dropout``, ``trajectory``, ``gaussian`` or ``low_rank``, see the module.
        count: members.
        seed: same seed, same members.
        scale: how far they lie: of ``random`` in norms of the weights, of ``dropout`` the share that is dropped (default: as far as
            accuracy falls by a percentage point); of the Gaussians a factor of the standard deviations (default: 1).
        rank: principal components of ``low_rank``.

    Raises:
        InputError: an unknown kind, too few records for it, a scale that makes no sense, points of another network.
    """
    choose(kind, SubspaceKind, "kind")
    check_seed(seed)
    for name, value in (("count", count), ("rank", rank)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise InputError(f"{name} is {value!r}; expected a whole number of at least 1")
    _check_scale(scale, kind)
    one, trajectory = training_part(objective), _records(source)
    if kind in ("random", "dropout"):
        return _around(one, trajectory, kind, count, seed, scale)
    origin = digest(trajectory.at(trajectory.steps[-1]))
    if kind == "trajectory":
        steps = _spaced(trajectory, count)
        return Members(one, lambda k: one.conform(trajectory.at(steps[k])), kind, count, seed, 0.0, steps, origin)
    factor = 1.0 if scale is None else float(scale)
    make = _gaussian(one, trajectory, seed, factor) if kind == "gaussian" else _low_rank(one, trajectory, seed, factor, rank)
    return Members(one, make, kind, count, seed, factor, trajectory.steps, origin)


def _check_scale(scale: float | None, kind: str) -> None:
    number = isinstance(scale, int | float) and not isinstance(scale, bool)
    if scale is not None and (kind == "trajectory" or not number or not scale > 0 or (kind == "dropout" and scale >= 1)):
        wanted = {"trajectory": "none: its members are records", "dropout": "the share that is dropped, between 0 and 1"}
        raise InputError(f"scale is {scale!r} for kind {kind!r}; expected {wanted.get(kind, 'a positive number')}")


def _records(source: Any) -> Trajectory:
    """The records, or one point as a trajectory of one."""
    alone = isinstance(source, Mapping) and source and all(isinstance(tensor, Tensor) for tensor in source.values())
    return Trajectory.of({0: source}) if alone else trajectory_of(source)


def _spaced(trajectory: Trajectory, count: int) -> tuple[int, ...]:
    """So many records, equally spaced in their order, the last among them."""
    if len(trajectory) < count:
        raise InputError(f"{count} members of a trajectory with {len(trajectory)} records; expected at least as many records: record more "
                         f"often, or take count={len(trajectory)}")
    last = len(trajectory) - 1
    return tuple(trajectory.steps[last - round(k * last / max(count - 1, 1))] for k in range(count))[::-1]


# ---- around the end -------------------------------------------------------------------------------------------------


def _around(objective: Objective, trajectory: Trajectory, kind: SubspaceKind, count: int, seed: int, scale: float | None) -> Members:
    """Random lines, or dropout, from the last record."""
    last = trajectory.steps[-1]
    point = objective.conform(trajectory.at(last), what=f"step {last}")
    moved = _along if kind == "random" else _dropped

    def members(at: float, many: int) -> Members:
        return Members(objective, lambda k: moved(objective, point, at, seed, k), kind, many, seed, at, (last,), digest(point))

    return members(_largest(objective, point, kind, members) if scale is None else float(scale), count)


def _along(objective: Objective, point: Params, scale: float, seed: int, number: int) -> Params:
    """θ + t·v, v of the norm of θ."""
    own = {name: point[name] for name in objective.params}
    v = {name: _normal(tensor, seed, "random", number, name) for name, tensor in own.items()}
    return shift(point, [scale * norm(own) / norm(v)], [v])


def _dropped(objective: Objective, point: Params, share: float, seed: int, number: int) -> Params:
    """Weights dropped with probability ``share``, the others scaled by 1/(1 − share)."""
    out = dict(point)
    for name in objective.params:
        if point[name].ndim > 1:
            kept = torch.rand(point[name].shape, generator=generator(seed, "members", "dropout", number, name)) >= share
            out[name] = point[name] * (kept.to(point[name].device) / (1 - share)).to(point[name].dtype)
    return out


def _largest(objective: Objective, point: Params, kind: str, members: Callable[[float, int], Members]) -> float:
    """The largest scale at which a few members lose at most a percentage point of accuracy, to a factor of 2^(1/8)."""
    targets = objective.data.targets()
    if not classifies(objective) or targets is None or targets.ndim != 1 or targets.is_floating_point():
        raise InputError(f"the scale of kind {kind!r} is chosen by accuracy, and this is no classifier with one class an example; expected "
                         "scale=…, in norms of the weights (random), or the share that is dropped")
    few = objective.data if objective.data.n_examples <= TRIED_ON else subset(objective.data, TRIED_ON, seed=0)
    one = in_large_batches(objective.with_data(few) if objective.bn != "recompute" else
                           objective.with_data(few).with_bn("eval"))  # members bring statistics of all data
    labels = one.data.targets()

    def accuracy(at: Params) -> float:
        return float((predicted(one, at) == labels).double().mean())

    start = accuracy(with_statistics(objective, point))
    low, high = 2.0**-12, MOST[kind]
    allowed = [scale for scale in (low, high) if start - sum(map(accuracy, members(scale, TRIED))) / TRIED <= COSTS]
    if high in allowed or low not in allowed:  # nothing is lost at any distance, or at the smallest already
        return max(allowed, default=low)
    for _ in range(HALVINGS):
        middle = (low * high) ** 0.5
        fine = start - sum(map(accuracy, members(middle, TRIED))) / TRIED <= COSTS
        low, high = (middle, high) if fine else (low, middle)
    return low


# ---- Gaussians of the records ---------------------------------------------------------------------------------------


def _gaussian(objective: Objective, trajectory: Trajectory, seed: int, scale: float) -> Callable[[int], Params]:
    """Every weight with its own mean and standard deviation over the records."""
    if len(trajectory) < 2:
        raise InputError("one record has no variance; expected two or more for kind 'gaussian': record more often")
    mean = mean_of(_conformed(objective, trajectory))
    squares = {name: torch.zeros(tensor.shape, dtype=torch.float64, device=tensor.device) for name, tensor in objective.params.items()}
    for point in _conformed(objective, trajectory):
        for name, total in squares.items():
            total.add_((point[name].to(torch.complex128 if point[name].is_complex() else torch.float64) - mean[name]).abs().square())
    deviation = {name: (total / (len(trajectory) - 1)).sqrt().to(mean[name].dtype.to_real()) for name, total in squares.items()}

    def make(number: int) -> Params:
        drawn = {name: _normal(mean[name], seed, "gaussian", number, name) * deviation[name] for name in objective.params}
        return shift(mean, [scale], [drawn])

    return make


def _low_rank(objective: Objective, trajectory: Trajectory, seed: int, scale: float, rank: int) -> Callable[[int], Params]:
    """A Gaussian in the plane of the first principal components about the mean."""
    if len(trajectory) <= rank:
        raise InputError(f"{len(trajectory)} records span at most {max(len(trajectory) - 1, 0)} directions about their mean; expected more "
                         f"for kind 'low_rank': record more often, or take rank={max(len(trajectory) - 1, 1)}")
    mean = mean_of(_conformed(objective, trajectory))
    with Rows([trajectory], list(objective.params)) as rows:
        found = pca(rows.blocks, rank, names=rows.labels)
        axes = [{name: tensor.to(objective.device) for name, tensor in rows.unravel(v).items()} for v in found.components]
    deviations = found.coordinates.std(0, ddof=1)

    def make(number: int) -> Params:
        z = torch.randn(rank, generator=generator(seed, "members", "low_rank", number), dtype=torch.float64)
        return shift(mean, [scale * float(a) * float(b) for a, b in zip(z, deviations, strict=True)], axes)

    return make


def _conformed(objective: Objective, trajectory: Trajectory) -> Iterator[Params]:
    return (objective.conform(trajectory.at(step), what=f"step {step}") for step in trajectory.steps)


def _normal(like: Tensor, seed: int, *names: object) -> Tensor:
    """Standard normal numbers in the shape, dtype and place of a tensor."""
    return torch.randn(like.shape, generator=generator(seed, "members", *names), dtype=like.dtype).to(like.device)
