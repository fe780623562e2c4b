"""How much of the whole a slice can show.

* A15, faithfulness: points (a trajectory, other solutions) projected onto a slice, in the slice's own units, with the
  distance that is left, and the true loss beside the loss that the slice shows there.
* A12: the curvature that a slice sees. The principal curvatures of a slice are generalized eigenvalues of
  [dᵢᵀ H dⱼ] with respect to [dᵢᵀ dⱼ]; for a filter-normalized random direction E[dᵀ H d] = Σ_f (‖θ_f‖²/n_f)·tr(H_ff)
  over filters f of n_f weights, a norm-weighted trace that may differ in sign from tr(H). Negative curvature of a slice
  proves λ_min(H) < 0; positive curvature proves nothing about single eigenvalues.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
import xarray as xr
from scipy.linalg import eigh
from torch import Tensor

from ..errors import InputError
from ..family import Slice
from ..family.slice import check_independent
from ..layout import Layout, TensorRule, filter_norms
from ..names import Normalize, choose
from ..objective import Objective
from ..params import Params, difference, gram, norm, ravel, unravel

#: Above this many parameters the exact diagonal of the Hessian, one product per parameter, is no longer reasonable.
DENSE_LIMIT = 20_000


def faithfulness(objective: Objective, plane: Slice, points: Sequence[Params], *, labels: Sequence[str] | None = None) -> xr.Dataset:
    """Points over a slice: where they fall, how far off it they are, and what the slice shows instead of their loss.

    Returns:
        A Dataset on ``point``: one variable per dim of the slice (its own units), ``off_slice`` (Euclidean distance),
        ``relative_off_slice`` (over the point's distance to the slice's origin), ``loss``, ``plane_loss``, ``label``.

    Raises:
        InputError: no points, or points of another network.
    """
    if not points:
        raise InputError("points is empty; expected at least one point, e.g. [la.load_point('a.safetensors')]")
    rows, shown_on = [], _as_drawn(objective, plane)
    for number, given in enumerate(points):
        point = {**objective.point(), **objective.conform(given, what=f"point {number}")}
        u, residual = plane.project({n: t for n, t in point.items() if n in plane.origin})
        away = norm(difference({n: t for n, t in plane.parameters(point).items() if n in plane.origin}, plane.origin))
        with torch.no_grad():
            shown = float(objective.value(shown_on(torch.from_numpy(u))))
            true = float(objective.value(point))
        rows.append([*u, residual, residual / away if away else 0.0, true, shown])
    columns = np.array(rows).T
    names = {**{dim: f"{dim} of the projection" for dim in plane.dims}, "off_slice": "distance from the slice",
             "relative_off_slice": "share of the distance from the origin that is off the slice", "loss": "true loss",
             "plane_loss": "loss of the slice at the projection"}
    data = {name: ("point", column, {"long_name": text, "units": ""}) for (name, text), column in zip(names.items(), columns, strict=True)}
    ds = xr.Dataset(data, attrs={"kind": "points", "bn": objective.bn, "n_examples": objective.data.n_examples})
    ds["label"] = ("point", list(labels) if labels else [str(i) for i in range(len(points))])
    return ds


def slice_hessian(objective: Objective, family: Slice, u: Tensor | Sequence[float] | None = None) -> dict[str, Any]:
    """The exact Hessian of the loss in the coordinates of a slice, and its principal curvatures.

    Two backward passes per coordinate through the whole objective. Returns ``hessian`` (k, k), ``gram`` (k, k) and
    ``curvatures`` (k,), ascending: the generalized eigenvalues of the first with respect to the second.
    """
    k = len(family.dims)
    at = torch.zeros(k, dtype=torch.float64) if u is None else torch.as_tensor(u, dtype=torch.float64)
    at = at.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(objective.value(_as_drawn(objective, family)(at)), at, create_graph=True)
    rows = [_row(gradient, i, at) for i in range(k)]
    hessian = torch.stack(rows).numpy()
    metric = np.array(gram([family.parameters(d) for d in family.directions]))
    check_independent(metric)
    return {"hessian": hessian, "gram": metric, "curvatures": eigh((hessian + hessian.T) / 2, metric, eigvals_only=True)}


def _as_drawn(objective: Objective, family: Slice) -> Slice:
    """The family as ``sweep`` evaluates it: running statistics move under ``interpolate`` only."""
    return family.without_statistics() if family.moves_statistics and objective.bn != "interpolate" else family


def _row(gradient: Tensor, i: int, at: Tensor) -> Tensor:
    """Row i of a Hessian; zero where the gradient does not depend on ``at`` (a linear function)."""
    if not gradient.requires_grad:
        return torch.zeros_like(at)
    row = torch.autograd.grad(gradient[i], at, retain_graph=True, allow_unused=True)[0]
    return torch.zeros_like(at) if row is None else row


def trace_weights(point: Mapping[str, Tensor], layout: Layout, *, normalize: Normalize = "filter",
                  ignore: Sequence[str] = ("bias", "norm"), params: str | Sequence[str] | None = None) -> Params:
    """The weights w with E[dᵀ H d] = Σ_i w_i H_ii for a random direction d under ``normalize``.

    ``filter``: w = ‖θ_f‖²/n_f on filter f; ``layer``: ‖θ‖²/n on the tensor; ``weight``: θ_i²; ``none``: 1. Zero where
    the direction does not move; ``ignore`` and ``params`` as for :func:`~lossatlas.random_slice`.

    Raises:
        InputError: complex parameters, a pattern that matches nothing.
    """
    choose(normalize, Normalize, "normalize")
    moved = set(layout.moved(tuple(ignore), params))
    if intricate := [name for name in layout if point[name].is_complex()]:
        raise InputError(f"{intricate[0]!r} is complex ({point[intricate[0]].dtype}), of which the Hessian has no such diagonal; expected "
                         "real parameters: la.slice_hessian sees the curvature along directions of complex ones")
    weights: Params = {}
    for name, rule in layout.items():
        theta = point[name].detach().to(torch.float64)
        ones = rule.counted(torch.ones_like(theta))
        if name not in moved:
            weights[name] = torch.zeros_like(theta)
        elif normalize == "none":
            weights[name] = ones
        elif normalize == "weight":
            weights[name] = ones * theta.square()
        else:
            cut = rule if normalize == "filter" else TensorRule(rule.shape, rule.kind, None)
            weights[name] = cut.scale(ones, filter_norms(cut, theta).square() / cut.filters(ones).sum(1))
    return weights


def expected_curvature(objective: Objective, *, point: Mapping[str, Tensor] | None = None, normalize: Normalize = "filter",
                       ignore: Sequence[str] = ("bias", "norm"), params: str | Sequence[str] | None = None) -> dict[str, float]:
    """The mean curvature that random directions see at a point, without sampling, for small networks.

    Returns ``mean`` = Σ w_i H_ii / Σ w_i with :func:`trace_weights`, beside ``isotropic`` = tr(H)/D. ``mean`` is
    E[dᵀHd] / E[‖d‖²]; under ``filter`` and ``layer`` ‖d‖ is the same for all directions, and it is E[dᵀHd/‖d‖²].

    Raises:
        InputError: more than 20,000 parameters, complex ones, a pattern that matches nothing.
    """
    centre = {n: (objective.point() if point is None else point)[n] for n in objective.params}
    weights = ravel(trace_weights(centre, objective.layout, normalize=normalize, ignore=ignore, params=params))
    diagonal = _hessian_diagonal(objective, centre)
    return {"mean": float((weights * diagonal).sum() / weights.sum()), "isotropic": float(diagonal.mean())}


def _hessian_diagonal(objective: Objective, point: Params) -> Tensor:
    theta = ravel(point).detach().to(torch.float64)
    if theta.numel() > DENSE_LIMIT:
        raise InputError(f"the exact Hessian diagonal takes one product per parameter; this network has {theta.numel():,}, "
                         f"the limit is {DENSE_LIMIT:,}")
    theta.requires_grad_()
    value = objective.value(unravel(theta, point))
    (gradient,) = torch.autograd.grad(value, theta, create_graph=True)
    diagonal = torch.zeros_like(theta)
    for i in range(theta.numel()):
        diagonal[i] = _row(gradient, i, theta)[i]
    return diagonal.detach()
