"""The gradient and the top of the Hessian: how much of it lies there, and what training needs of it (METHODS D3, 3.6).

Gur-Ari, Roberts and Dyer (2018): soon after training begins most of the gradient g lies in the span of the top k eigenvectors of the
Hessian, k the number of classes, and this subspace changes little. With P_k its projector: f_top = ‖P_k g‖²/‖g‖², and the overlap
tr(P_k(t) P_k(t'))/k; for a random subspace of n dimensions both are k/n.

Song, Ahn and Yun (2025, arXiv 2405.16002): it does not follow that training happens there. SGD whose updates are P_k g (Dom-SGD) stalls,
and with (I − P_k) g (Bulk-SGD) it trains as well as with g: what is large in the gradient goes to and fro across a valley. So the one is
not to be told without the other: :func:`gradient_subspace` measures, :func:`subspace_sgd` trains.

Points are visited in their order and not by ``sweep``, which visits them coarse first: every subspace starts from the one before.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ..curvature import hessian
from ..curvature.backends import Recorder
from ..curvature.gradient import value_and_gradient
from ..errors import InputError
from ..execution.memory import in_large_batches
from ..fitting import State, fit
from ..numerics.krylov import Eigenpairs, eigenpairs
from ..objective import Objective
from ..params import Params, size
from ..probes.loss import classes_of
from ..result.provenance import provenance

#: Relative error of eigenvalues that subspaces are found to.
TOLERANCE = 1e-2
UPDATES: dict[str, Literal["all", "dominant", "bulk"]] = {"SGD": "all", "Dom-SGD": "dominant", "Bulk-SGD": "bulk"}


def gradient_subspace(
    objective: Objective, points: Mapping[int, Mapping[str, Tensor]], k: int | None = None, *, tol: float = TOLERANCE, seed: int = 0,
) -> xr.Dataset:
    """How much of the gradient lies in the top k eigenvectors of the Hessian along a training run, and how these move.

    Args:
        points: step -> point, e.g. recorded by a hook of :func:`~lossatlas.fit`.
        k: dimensions of the subspace (default: the number of classes).
        tol: relative error of the eigenvalues.
        seed: of the first start vector; every later subspace starts from the one before.

    Returns:
        A Dataset of kind "scan" over ``step``: ``f_top``, ``overlap_previous``, ``overlap_last`` (NaN at the first step, 1 at the
        last), ``loss``, ``gradient_norm``, ``products``, ``converged``; over (step, eigen) ``eigenvalue``, ``eigenvalue_error``,
        ``eigen_converged``. ``attrs["random_baseline"]`` is k/n. f_top is NaN where the gradient is zero.

    Raises:
        InputError: no points, steps that are no numbers, a k that does not fit.
    """
    if not isinstance(points, Mapping) or not points:
        came = "empty" if isinstance(points, Mapping) else f"a {type(points).__name__}"
        raise InputError(f"points are {came}; expected a dict of points: step -> point")
    if any(isinstance(step, bool) or not isinstance(step, int) for step in points):
        raise InputError(f"points have the keys {list(points)[:4]}; expected whole numbers, the steps")
    track = Tracker(objective, k, tol, seed)
    rows = []
    for step in sorted(points):
        before = track.vectors
        found = track.at(points[step])
        loss, gradient = track.gradient(points[step])
        rows.append({"f_top": share(found.vectors, gradient), "loss": loss,
                     "gradient_norm": float(torch.linalg.vector_norm(gradient.double())),
                     "overlap_previous": float("nan") if before is None else overlap(before, found.vectors), "products": found.products,
                     "found": found})
    return _dataset(track, sorted(points), rows, seed)


def _dataset(track: Tracker, steps: list[int], rows: list[dict[str, Any]], seed: int) -> xr.Dataset:
    each: list[Eigenpairs] = [row["found"] for row in rows]
    words = {"f_top": "gradient in top subspace, share", "overlap_previous": "overlap with the subspace before",
             "overlap_last": "overlap with the last subspace", "loss": f"{track.objective.loss_name.replace('_', '-')} loss",
             "gradient_norm": "norm of the gradient", "products": "products with the Hessian"}
    values = {name: [row[name] for row in rows] for name in words if name != "overlap_last"}
    values["overlap_last"] = [overlap(found.vectors, each[-1].vectors) for found in each]
    data: dict[str, Any] = {name: ("step", np.array(values[name], dtype=float), {"long_name": words[name], "units": ""}) for name in words}
    data |= {"converged": ("step", np.array([bool(found.converged.all()) for found in each])),
             "eigenvalue": (("step", "eigen"), np.stack([found.values for found in each])),
             "eigenvalue_error": (("step", "eigen"), np.stack([found.errors for found in each])),
             "eigen_converged": (("step", "eigen"), np.stack([found.converged for found in each]))}
    panels = ["f_top", "overlap_last", "loss"]
    about = track.about(f"{track.k} top eigenvectors", panels, seed)
    return xr.Dataset(data, coords={"step": ("step", steps, {"long_name": "step", "units": ""})}, attrs=about)


def subspace_sgd(
    objective: Objective, point: Mapping[str, Tensor] | None = None, *, k: int | None = None, steps: int = 100, lr: float = 0.1,
    every: int = 1, tol: float = TOLERANCE, seed: int = 0,
) -> xr.Dataset:
    """Train with the whole gradient (SGD), its part in the top k eigenvectors (Dom-SGD), and the rest (Bulk-SGD).

    All three start at the same point and see the same mini-batches, those of the objective's batch size; there is no momentum.

    Args:
        point: where to start (default: where the network stood). Song et al. start where f_top is large, after some SGD.
        k: dimensions of the subspace (default: the number of classes).
        every: the subspace, of the Hessian of all data, is found anew after so many steps.
        tol: relative error of its eigenvalues.
        seed: of the order of the data and the first start vector.

    Returns:
        A Dataset of kind "scan" with dims update (SGD, Dom-SGD, Bulk-SGD) and step: ``loss`` and ``f_top`` of all data at every subspace;
        NaN where a run stopped because its loss was not finite.

    Raises:
        InputError: steps, every or k that do not fit.
    """
    if isinstance(every, bool) or not isinstance(every, int) or every < 1:
        raise InputError(f"every is {every!r}; expected a whole number of at least 1")
    if isinstance(lr, bool) or not isinstance(lr, int | float) or not 0 < lr < float("inf"):
        raise InputError(f"lr is {lr!r}; expected a positive number, such as 0.1")
    runs = {name: _trained(Tracker(objective, k, tol, seed), point, kind, steps, lr, every, seed) for name, kind in UPDATES.items()}
    track = runs["SGD"][0]
    track.found, track.missed = (sum(getattr(run[0], name) for run in runs.values()) for name in ("found", "missed"))
    length = max(len(losses) for _, losses, _ in runs.values())
    padded = {what: np.stack([np.pad(np.array(run[i], dtype=float), (0, length - len(run[i])), constant_values=np.nan)
                              for run in runs.values()]) for i, what in ((1, "loss"), (2, "f_top"))}
    words = {"loss": f"{track.objective.loss_name.replace('_', '-')} loss", "f_top": "gradient in top subspace, share"}
    data = {name: (("update", "step"), padded[name], {"long_name": words[name], "units": ""}) for name in words}
    about = track.about(f"training along and across {track.k} top eigenvectors", ["loss", "f_top"], seed) | {"lr": lr, "every": every}
    return xr.Dataset(data, coords={"update": list(runs), "step": ("step", every * np.arange(length), {"long_name": "step", "units": ""})},
                      attrs=about)


def _trained(
    track: Tracker, point: Mapping[str, Tensor] | None, kind: Literal["all", "dominant", "bulk"], steps: int, lr: float, every: int,
    seed: int,
) -> tuple[Tracker, list[float], list[float]]:
    """The loss and the share of the gradient in the subspace, of all data, at the start and after every ``every`` steps."""
    start = track.objective.point() if point is None else track.objective.conform(point)
    losses: list[float] = []
    shares: list[float] = []

    def look(here: Mapping[str, Tensor]) -> Tensor:
        vectors = track.at(here).vectors
        loss, gradient = track.gradient(here)
        losses.append(loss)
        shares.append(share(vectors, gradient))
        return vectors

    def hook(step: int, here: Params, state: State) -> None:
        if step and step % every == 0 and all(bool(torch.isfinite(t).all()) for t in here.values()):  # else fit stops
            optimizer: Any = state.optimizer
            optimizer.vectors = look({name: t.detach() for name, t in here.items()})

    first = look(start)
    fit(track.training, init=start, optimizer=lambda tensors: Projected(tensors, lr=lr, kind=kind, vectors=first), steps=steps, seed=seed,
        hooks=[hook])
    return track, losses, shares


class Projected(torch.optim.SGD):
    """SGD whose updates are a part of the gradient.

    Attributes:
        vectors: orthonormal, shape (n, k); whoever trains replaces them.
    """

    def __init__(self, tensors: Iterable[Tensor], *, lr: float, kind: Literal["all", "dominant", "bulk"], vectors: Tensor) -> None:
        super().__init__(tensors, lr=lr)
        self.kind, self.vectors = kind, vectors

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Project the gradients and make the step."""
        if self.kind == "all":
            return super().step(closure)
        tensors = [t for group in self.param_groups for t in group["params"]]
        gradient = torch.cat([(torch.zeros_like(t) if t.grad is None else t.grad).reshape(-1) for t in tensors]).to(self.vectors.dtype)
        within = self.vectors @ (self.vectors.T @ gradient)
        part = within if self.kind == "dominant" else gradient - within
        for t, piece in zip(tensors, part.split([t.numel() for t in tensors]), strict=True):
            t.grad = piece.reshape(t.shape).to(t.dtype)
        return super().step(closure)


class Tracker:
    """The top k eigenvectors of the Hessian at one point after the other, each started from those before.

    Attributes:
        training: the objective, whose batches are those of training.
        objective: the same in larger batches, where these define nothing.
        vectors: of the last point, shape (n, k); None before the first.
    """

    def __init__(self, objective: Objective, k: int | None, tol: float, seed: int, *, backend: str = "auto") -> None:
        if not isinstance(objective, Objective):
            hint = "; of a train/test pair, one of the two" if isinstance(objective, Mapping) else ""
            raise InputError(f"expected an Objective, got a {type(objective).__name__}{hint}")
        n = size(objective.params)
        if k is None:
            k = classes_of(objective)
        if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= n:
            raise InputError(f"k is {k!r}; expected a whole number of dimensions from 1 to the {n} of the network, such as 10")
        self.training = objective
        self.objective = in_large_batches(objective)
        self.k, self.n, self.tol, self.seed = k, n, tol, seed
        self.vectors: Tensor | None = None
        self.found, self.missed = 0, 0  # subspaces, and those that did not converge
        self._backend, self._recorder = backend, Recorder()

    def at(self, point: Mapping[str, Tensor]) -> Eigenpairs:
        """The eigenpairs at a point."""
        op = hessian(self.objective, point, backend=self._backend)
        op.recorder = self._recorder  # what was recorded and chosen at one point holds at all
        found = eigenpairs(op, self.k, tol=self.tol, seed=self.seed, start=self.vectors)
        self.found, self.missed = self.found + 1, self.missed + (not found.converged.all())
        self.vectors = found.vectors if bool(torch.isfinite(found.vectors).all()) else None
        return found

    def gradient(self, point: Mapping[str, Tensor]) -> tuple[float, Tensor]:
        """The loss of all data and its gradient, shape (n,)."""
        loss, found = value_and_gradient(self.objective, point)
        return loss, torch.cat([found[name].reshape(-1) for name in self.objective.params])

    def about(self, title: str, panels: list[str], seed: int) -> dict[str, Any]:
        """What a result says."""
        o = self.objective
        baseline = self.k / self.n
        notes = [f"a random subspace of {self.k} dimensions holds {baseline:.2g} of a gradient"]
        if self.missed:
            notes.append(f"{self.missed} of {self.found} subspaces did not converge to {self.tol:g}")
            warnings.warn(notes[-1], RuntimeWarning, stacklevel=4)
        return {"kind": "scan", "title": f"{type(o.module).__name__}: {title}", "panels": panels, "k": self.k, "random_baseline": baseline,
                "network": type(o.module).__name__, "bn": o.bn, "n_batchnorm": int(o.has_batchnorm), "n_examples": o.data.n_examples,
                "n_parameters": self.n, "loss": o.loss_name, "source": o.source, "seed": seed, "tol": self.tol,
                "batch_size": self.training.data.batch_size, "digest_data": o.data.digest(),
                "notes": notes, **provenance()}


def share(vectors: Tensor, gradient: Tensor) -> float:
    """‖P g‖²/‖g‖² for orthonormal vectors (n, k) and g (n,); NaN where g is zero."""
    whole = torch.dot(gradient.double(), gradient.double())
    return float((vectors.T @ gradient).double().square().sum() / whole) if float(whole) != 0 else float("nan")


def overlap(a: Tensor, b: Tensor) -> float:
    """tr(P_a P_b)/k for two sets of orthonormal vectors (n, k): 1 for the same subspace, about k/n for random ones."""
    return float((a.T @ b).double().square().sum() / a.shape[1])
