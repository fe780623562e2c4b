"""Paths of low loss between two solutions (Garipov et al. 2018; Draxler et al. 2018; METHODS G4, 2.1, 2.3).

Between two networks that were trained apart the straight line crosses a mountain. Curves of low loss around it nearly always exist:

* ``bezier``, ``polychain``: a curve with inner controls, trained by the mean loss over it: a step takes one mini-batch at one t ~ U(0, 1).
* ``neb``, ``autoneb``: an elastic band of points that slides down until no point has a gradient across it (:mod:`.elastic`).
* ``line``: the straight line, for comparison.

A path is an upper bound: that one is high does not prove that there is no lower one. So a connection says whether its search had
``converged``, and not whether the ends are connected; that is what its barrier says.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..execution.memory import in_large_batches
from ..family import Path
from ..fitting import Fit, OptimizerFactory, State, fit
from ..names import ConnectMethod, choose
from ..objective import Objective
from ..pairs import Objectives, trained_on
from ..params import Params
from ..run.events import Listener, Note, Trained, ignore
from ..seeds import check_seed, generator
from .barrier import barrier, comparing

#: Training of a curve where nobody says otherwise: steps and learning rate of Adam. Garipov et al. train 200 to 600 epochs by SGD at 0.015
#: to 0.03 with the same schedule; in a few thousand steps of SGD a control hardly moves: b_k(t) makes its gradients small.
STEPS, RATE = 2000, 0.003
#: Inner controls.
BENDS = {"bezier": 1, "polychain": 3}
#: Points at which a path is judged, beside those around its maximum.
JUDGED = 21
#: A curve has settled where, at the whole learning rate, a quarter of the steps brings no more than this share of the span of the losses on
#: the line.
SETTLED = 0.02
#: Degree of the polynomial in t that losses are compared by, and steps below which nothing can be said.
DEGREE, FEWEST = 4, 40


@dataclass(frozen=True, eq=False)
class Connection:
    """A path between two points, and how it was found; a family over ``t`` from 0 to 1.

    Attributes:
        path: the curve.
        method: how it was looked for.
        converged: the search had ended: of a trained curve the loss at random places no longer fell (:func:`settling`), and the highest
            point on the data is resolved; of a band, what :class:`~lossatlas.analyses.elastic.Elastic` says; of a line, that its highest
            point is resolved.
        steps: that the search took.
        seed: of the search.
        saddle: the loss at the highest place, on the data it was searched on.
        record: plain data: how it was found.
    """

    path: Path = field(repr=False)
    method: ConnectMethod
    converged: bool
    steps: int
    seed: int
    saddle: float
    record: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def dims(self) -> tuple[str, ...]:
        """Its coordinate."""
        return self.path.dims

    @property
    def knots(self) -> tuple[float, ...]:
        """The places t where it has a corner, its ends among them."""
        return self.path.knots

    def __call__(self, u: Tensor) -> Params:
        """The point at ``t = u[0]``."""
        return self.path(u)

    @property
    def moves_statistics(self) -> bool:
        """Whether running statistics of BatchNorm change along the path."""
        return self.path.moves_statistics

    def without_statistics(self) -> Connection:
        """The same path of points that carry no running statistics."""
        return replace(self, path=self.path.without_statistics())

    def spec(self) -> dict[str, Any]:
        """What defines the path, as plain data."""
        return self.path.spec()

    def describe(self) -> dict[str, Any]:
        """What a result says of it."""
        found = {"method": self.method, "search_converged": bool(self.converged), "search_steps": self.steps, "seed": self.seed,
                 "saddle": self.saddle}
        return {**self.path.describe(), "family": f"{self.method} path", **found}


def connect(
    objective: Objectives, a: Mapping[str, Tensor], b: Mapping[str, Tensor], *, method: ConnectMethod = "bezier", bends: int | None = None,
    steps: int | None = None, optimizer: OptimizerFactory | None = None, seed: int = 0, on_event: Listener = ignore,
) -> Connection:
    """A path of low loss between two points of one network.

    Args:
        objective: what the path is to be low in; of a ``{"train": …, "test": …}`` pair the first. With ``objective.training(augment)``
            a curve is trained with this augmentation. BatchNorm normalizes by the batch while a path is looked for, as in training.
        a, b: its ends, which it keeps to the bit.
        method: ``line``, ``bezier``, ``polychain``, ``neb`` or ``autoneb``.
        bends: of a curve, inner controls (default: bezier 1, polychain 3).
        steps: of the search (default: 2000 of a curve, else as :func:`~lossatlas.analyses.elastic.neb` and ``autoneb`` have it).
        optimizer: of a curve, as of :func:`~lossatlas.fit` (default: Adam of rate 0.003). Its weight decay is a penalty
            ½·λ·‖θ(t)‖² on the point of the curve (Garipov et al.). The rate is constant for half of the steps, falls linearly to a
            hundredth until nine tenths of them, and stays there.
        seed: of places on the curve, mini-batches and all else that is drawn.

    Returns:
        A :class:`Connection`. What is measured along it: ``la.barrier(objective, connection)``.

    Raises:
        InputError: points of different networks (with the difference), two equal points, an unknown method, options of another method.
    """
    choose(method, ConnectMethod, "method")
    seed, first = check_seed(seed), trained_on(objective)
    ends = first.conform(a, what="point a"), first.conform(b, what="point b")
    if all(torch.equal(ends[0][name], ends[1][name]) for name in first.params):
        raise InputError("points a and b are the same; expected different ones")
    if method in ("bezier", "polychain"):
        return _curve(first, ends, method, bends, steps, optimizer, seed, on_event)
    given = {"bends": bends, "optimizer": optimizer} | ({"steps": steps} if method == "line" else {})
    if odd := [name for name, value in given.items() if value is not None]:
        raise InputError(f"{odd[0]} is given, which method {method!r} does not have; leave it out, or take method 'bezier'")
    if method == "line":
        return _judged(Path(ends), "line", first, seed, Fit({}, 0, torch.zeros(0, dtype=torch.float64)))
    from .elastic import autoneb, neb

    found = (neb if method == "neb" else autoneb)(first, *ends, seed=seed, steps=steps, on_event=on_event)
    why = "" if found.converged else found.record["stopped"] or "at the whole rate the largest loss still changed"
    made = Connection(found.path, method, found.converged, found.steps, seed, found.saddle, {**found.record, "why": why})
    advice = "a band needs finite losses on the line" if not found.steps else f"take more steps, such as {2 * found.steps}"
    return _told(made, on_event, advice)


def _curve(
    objective: Objective, ends: tuple[Params, Params], method: Any, bends: int | None, steps: int | None,
    optimizer: OptimizerFactory | None, seed: int, on_event: Listener,
) -> Connection:
    """Train a curve, and judge it."""
    steps = STEPS if steps is None else steps
    start = Path.between(*ends, bends=BENDS[method] if bends is None else bends, basis=method)
    start.variables()  # refuses a curve that has nothing to train

    def tell(step: int, point: Params, state: State) -> None:
        on_event(Trained(step, state.steps, state.loss))

    done = fit(objective, family=start, optimizer=optimizer or partial(torch.optim.Adam, lr=RATE), steps=steps,
               seed=seed, schedule=partial(annealed, steps=steps), hooks=[] if on_event is ignore else [tell])
    made = _judged(done.family, method, objective, seed, done)
    return _told(made, on_event, "take a smaller learning rate" if done.stopped else f"take more steps, such as {2 * steps}")


def _told(made: Connection, on_event: Listener, advice: str) -> Connection:
    """The same; that it is not converged is a note, or a warning where nobody listens."""
    if not made.converged:
        text = f"the path is not converged after {made.steps} steps ({made.record['why']}): its barrier is an upper bound; {advice}"
        on_event(Note(text))
        if on_event is ignore:
            warnings.warn(text, RuntimeWarning, stacklevel=4)
    return made


def annealed(step: int, *, steps: int) -> float:
    """The factor of the learning rate: 1 to half of the steps, falling linearly to 0.01 at nine tenths, then flat (Garipov et al. 2018)."""
    done = step / steps
    return 1.0 if done <= 0.5 else 0.01 if done >= 0.9 else 1 - 0.99 * (done - 0.5) / 0.4


def _judged(path: Path, method: Any, objective: Objective, seed: int, done: Fit) -> Connection:
    """A path with its highest place on the data, and whether the search for it had ended."""
    measured = in_large_batches(comparing(objective))
    ds = barrier(measured, path, points=JUDGED, refine=True, plan="plain")
    line = ds if method == "line" else barrier(measured, Path((path.controls[0], path.controls[-1])), points=JUDGED, plan="plain")
    span = float(line["loss_max"] - line["loss_min"])
    settled, fell = (True, {}) if method == "line" else settling(done.losses.numpy(), _places(seed, len(done.losses)), span)
    resolved = bool(ds["loss_barrier_converged"])
    why = [done.stopped] if done.stopped else [] if settled else [_unsettled(fell, span)]
    why += [] if resolved else ["its highest place is not resolved"]
    record = {"method": method, "controls": len(path.controls), "steps": done.steps, "seed": seed, "settling": fell,
              "loss_barrier": float(ds["loss_barrier"]), "loss_barrier_at": float(ds["loss_barrier_at"]), "why": "; ".join(why),
              "length_ratio": float(ds["length_ratio"]), "line_barrier": float(line["loss_barrier"]), "examples": measured.data.n_examples}
    return Connection(path, method, not why, done.steps, seed, float(ds["loss_max"]), record)


def settling(
    losses: Sequence[float] | np.ndarray, places: Sequence[float] | np.ndarray, scale: float,
) -> tuple[bool, dict[str, float]]:
    """Whether the losses of mini-batches at places t had stopped falling before the learning rate did.

    At the end the rate is so small that every search stands still. So the second quarter of the steps is looked at, where it is still
    whole: a polynomial in t is fitted to the losses there, which takes out that places differ, and a slope in the number of steps. Settled:
    over that quarter the loss falls, two standard errors included, by no more than 2 % of ``scale``. What noise hides has not settled.

    Args:
        losses: before every step, and ``places`` where on the curve.
        scale: what counts as much: the span of the losses on the straight line.

    Returns:
        The verdict, and ``fell`` and ``fell_stderr`` over that quarter.
    """
    losses, places = (np.asarray(values, dtype=np.float64) for values in (losses, places))
    n = len(losses)
    if n < FEWEST or not np.isfinite(losses).all():
        return False, dict.fromkeys(("fell", "fell_stderr"), math.nan)
    quarter = slice(n // 4, n // 2)
    y, step = losses[quarter], np.linspace(-0.5, 0.5, n // 2 - n // 4)
    columns = np.column_stack([np.polynomial.legendre.legvander(2 * places[quarter] - 1, DEGREE), step])
    inverse = np.linalg.pinv(columns.T @ columns)
    found = inverse @ columns.T @ y
    spread = float(((y - columns @ found) ** 2).sum()) / (len(y) - columns.shape[1])
    fell, error = float(-found[-1]), math.sqrt(spread * float(inverse[-1, -1]))
    return fell + 2 * error <= SETTLED * scale, {"fell": fell, "fell_stderr": error}


def _unsettled(fell: Mapping[str, float], scale: float) -> str:
    """Why a curve has not settled, in words."""
    if not math.isfinite(scale):
        return "the loss on the straight line is not finite, so that there is nothing to measure by"
    return "the loss along it still fell" if fell["fell"] > 2 * fell["fell_stderr"] else "too few steps to tell whether its loss still fell"


def _places(seed: int, steps: int) -> np.ndarray:
    """The places on the curve that ``fit`` drew."""
    return np.array([float(torch.rand((), generator=generator(seed, "family", step), dtype=torch.float64)) for step in range(steps)])
