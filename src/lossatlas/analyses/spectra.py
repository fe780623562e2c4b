"""Spectra and eigenvalue maps: where the curvature is, and how much of it a slice can show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from scipy.linalg import eigh
from torch import Tensor

from ..curvature import hessian
from ..curvature.operators import restricted
from ..errors import InputError
from ..family import Slice
from ..family.single import Single
from ..numerics.krylov import eigenpairs
from ..objective import Objective
from ..params import gram
from ..probes.spectra import SpectrumProbe
from ..run.events import Listener, Note, ignore
from ..run.sweep import sweep
from ..seeds import generator
from .trust import trace_weights

#: Random directions that the expected curvature of a slice is estimated from.
DIRECTIONS = 16


def spectrum(
    probe: SpectrumProbe, *, point: Mapping[str, Tensor] | None = None, store: str | Path | None = None, on_event: Listener = ignore,
) -> xr.Dataset:
    """The spectrum at a point.

    Args:
        probe: what of it, ``la.probes.spectrum(objective, top=10, density=(80, 4))``.
        point: where (default: where the network stood).
        store: ``PATH.zarr/GROUP`` to keep it.

    Returns:
        A Dataset of kind ``spectrum``: ``eigenvalue`` (eigen) with ``eigenvalue_error`` and ``eigen_converged``, ``trace``,
        ``frobenius`` with standard errors; with a density ``density`` (lambda), its band, and ``ritz``, ``weight`` (probe, node); with
        layers ``layer_lambda_max`` (layer) and the like; with subsets ``eigenvalue_stderr``.
    """
    if not isinstance(probe, SpectrumProbe):
        raise InputError(f"spectrum() got a {type(probe).__name__}; expected la.probes.spectrum(objective, top=10)")
    where = probe.objective.point() if point is None else {**probe.objective.point(), **probe.objective.conform(point)}
    words = {"hessian": "Hessian", "ggn": "Gauss–Newton", "fisher": "Fisher"}[probe.operator]
    title = f"{type(probe.objective.module).__name__}: {words} spectrum"
    told = replace(probe, say=lambda sentence: on_event(Note(sentence)))
    return sweep(told, Single(where, {"kind": "spectrum", "title": title}), {"point": [0.0]}, store=store, plan="plain",
                 on_event=lambda event: on_event(event) if isinstance(event, Note) else None)


def curvature_seen(objective: Objective, plane: Slice, *, tol: float = 1e-2, seed: int = 0) -> dict[str, Any]:
    """How much of the curvature at its centre a slice sees (Li et al. 2018, section 6; METHODS A12).

    Returns:
        ``slice``: principal curvatures of the slice, generalized eigenvalues with respect to its Gram matrix, ascending;
        ``lambda_max``, ``lambda_min`` of the whole Hessian, with ``converged``; for a filter-normalized random slice ``expected`` with
        ``expected_stderr``: E[dᵀHd]/E[dᵀd] of such directions, tr(W^½HW^½)/tr W with W = ‖θ_f‖²/n_f on filter f, by Hutchinson's
        estimator.
    """
    op = hessian(objective, plane(torch.zeros(len(plane.dims), dtype=torch.float64)))
    within = restricted(op, plane).dense().double().cpu().numpy()
    metric = np.array(gram([{n: d for n, d in axis.items() if n in op.names} for axis in plane.directions]))
    found = eigenpairs(op, 1, which="both", tol=tol, seed=seed, steps=min(200, op.shape[0]))
    out: dict[str, Any] = {"slice": eigh(within, metric, eigvals_only=True).tolist(), "lambda_max": float(found.values[0]),
                           "lambda_min": float(found.values[-1]), "converged": bool(found.converged.all())}
    about = plane.describe()
    if about.get("family") == "random":
        weights = trace_weights(objective.params, objective.layout, normalize=about["normalize"], ignore=tuple(about["ignore"]))
        scale = op.ravel(weights).double().clamp(min=0)
        root, total = scale.sqrt().to(op.dtype), float(scale.sum())
        values = []
        for k in range(DIRECTIONS):
            signs = torch.randint(0, 2, (op.shape[0],), generator=generator(seed, "seen", k), dtype=torch.int64).to(op.device)
            v = root * (2 * signs - 1).to(op.dtype)
            values.append(float(torch.dot(v.double(), (op @ v).double())) / total)
        out |= {"expected": float(np.mean(values)), "expected_stderr": float(np.std(values, ddof=1) / np.sqrt(DIRECTIONS))}
    return out
