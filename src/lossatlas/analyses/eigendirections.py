"""Eigenvectors of the Hessian as directions: the slices in which a network is most, or least, curved (METHODS A11, A12).

A random slice sees an average of curvatures; along the top eigenvectors a slice shows the sharpest ones, along the bottom ones where the
loss falls away most. Directions are unit vectors, so coordinates are distances in parameter space and the curvature at the centre along an
axis is its eigenvalue.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from ..checkpoint import read_checkpoint, save_point
from ..curvature import hessian
from ..errors import InputError
from ..family import Slice, normalize_direction
from ..names import Ends, Normalize, choose
from ..numerics.krylov import eigenpairs
from ..objective import Objective
from ..params import Params, digest


def hessian_slice(
    objective: Objective, *, which: Ends = "largest", dims: Sequence[str] = ("alpha", "beta"), params: str | Sequence[str] = "*",
    normalize: Normalize = "none", seed: int = 0, point: Mapping[str, Tensor] | None = None, keep: str | Path | None = None,
) -> Slice:
    """The line, plane or volume through a point along eigenvectors of the Hessian.

    Args:
        which: ``largest``: the top ones; ``smallest``: the bottom ones; ``both``: the first half of the axes along the top, the others
            along the bottom.
        dims: one name per direction.
        params: only these parameters' block of the Hessian, and only they move: a layer, say ``"layer3.*"``.
        normalize: none (unit vectors), or as for random directions.
        seed: of the start of the iteration.
        point: the centre (default: where the network stood).
        keep: a folder where eigenvectors are kept and found again, so that an interrupted sweep goes on along the same ones to the bit.

    Raises:
        InputError: an unknown option, a pattern that matches nothing, eigenvectors that did not converge.
    """
    if not isinstance(objective, Objective):
        raise InputError(f"hessian_slice got a {type(objective).__name__}; expected one Objective (of a train/test pair, the training one)")
    choose(which, Ends, "which")
    choose(normalize, Normalize, "normalize")
    names = (dims,) if isinstance(dims, str) else tuple(dims)
    if not names:
        raise InputError("dims must name the directions; expected e.g. dims=('alpha', 'beta')")
    centre = objective.point() if point is None else {**objective.point(), **objective.conform(point)}
    options = {"which": which, "axes": len(names), "params": params if isinstance(params, str) else list(params), "seed": seed}
    axes, about = _kept(keep, objective, centre, options) if keep is not None else _found(objective, centre, options)
    if normalize != "none":
        axes = [normalize_direction(axis, centre, objective.layout, normalize=normalize, ignore=()) for axis in axes]
    return Slice(centre, tuple(axes), names, about={"family": "hessian", "normalize": normalize, **options, **about})


def _found(objective: Objective, centre: Params, options: Mapping[str, Any]) -> tuple[list[Params], dict[str, Any]]:
    """Eigenvectors by parameter name, and what a result says of them."""
    count, which = options["axes"], options["which"]
    op = hessian(objective, centre, params=options["params"])
    k = (count + 1) // 2 if which == "both" else count
    pairs = eigenpairs(op, k, which=which, tol=(1e-3, 1e-3), seed=options["seed"])
    chosen = [*range(k), *range(len(pairs.values) - (count - k), len(pairs.values))][:count] if which == "both" else range(count)
    if not pairs.converged[list(chosen)].all():
        raise InputError(f"eigenvectors of the Hessian did not converge ({pairs.reason}); expected a smooth point: take another, or dtype="
                         "torch.float64")
    axes = [op.unravel(pairs.vectors[:, i].contiguous()) for i in chosen]
    return axes, {"eigenvalues": [float(pairs.values[i]) for i in chosen], "eigenvalue_errors": [float(pairs.errors[i]) for i in chosen]}


def _kept(folder: str | Path, objective: Objective, centre: Params, options: Mapping[str, Any]) -> tuple[list[Params], dict[str, Any]]:
    """Eigenvectors from a folder, found and written there where they are not."""
    said = json.dumps({"objective": objective.spec(), "centre": digest(centre), **options}, sort_keys=True, default=str)
    word = hashlib.blake2b(said.encode(), digest_size=8).hexdigest()
    files = [Path(folder) / f"{word}-{i}.safetensors" for i in range(options["axes"])]
    if not all(file.exists() for file in files):
        axes, about = _found(objective, centre, options)
        Path(folder).mkdir(parents=True, exist_ok=True)
        for i, (file, axis) in enumerate(zip(files, axes, strict=True)):
            if not file.exists():
                save_point(axis, file, metadata={name: repr(values[i]) for name, values in about.items()})
    found = [read_checkpoint(file) for file in files]
    axes = [{name: t.to(centre[name].device) for name, t in tensors.items()} for tensors, _ in found]
    return axes, {name: [float(words.get(name, "nan")) for _, words in found] for name in ("eigenvalues", "eigenvalue_errors")}
