"""A small slice every now and then, on directions that stay: how the landscape around a run changes (after Ganguli; METHODS O9).

The directions are drawn once, filter-normalized at the first point; every slice is laid around the point where the run stands, so that all
of them have the same axes and can be played. Beside them stands where the run is on the plane of these directions through the first point.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ..family import random_slice
from ..lattice import axis
from ..objective import Objective
from ..params import Params
from ..probes.loss import loss
from ..result.store import ZarrStore, exists, split_path
from ..run.sweep import sweep
from .view import View

#: Points along each side, and how far they go, in the norms of filters at the first point.
POINTS, REACH = 9, 1.0


def forget_beyond(log: Path, step: int) -> None:
    """Remove the slices of steps beyond one that a run went back to: they are of a history that did not happen."""
    for folder in Path(f"{log}-slices").glob("step*"):
        number = folder.name.removeprefix("step")
        if number.isdecimal() and int(number) > step and exists(folder):
            shutil.rmtree(folder)


class Slices:
    """Slices of the fixed examples around the run; stored beside its log as ``NAME-slices/step000100``."""

    name, passes, needs_before = "slice", 1.2 * POINTS**2, False
    quantities: Mapping[str, tuple[str, str]] = {
        "slice_alpha": ("place of the run along the first direction of its slices, from the start", ""),
        "slice_beta": ("place of the run along the second direction of its slices, from the start", ""),
        "slice_off": ("distance of the run from the plane of its slices through the start", "")}

    def __init__(self, objective: Objective, store: str | Path | None) -> None:
        self._objective = replace(objective, metrics={})
        self._place = None if store is None else split_path(store)
        self._plane = None

    def __call__(self, view: View) -> dict[str, float]:
        """A sweep of 9 × 9 points, where there is a store to keep it in, and the place of the run."""
        if self._plane is None:
            self._plane = random_slice(self._objective, seed=0, point=view.start)
        here: Params = {name: tensor.detach() for name, tensor in view.point.items()}
        place = self._plane.project(here)
        alpha, beta = (float(value) for value in place.coordinates)
        if self._place is not None:
            root, name = self._place
            group = f"{name}-slices/step{view.step:06d}"
            if not exists(root / group):
                around = replace(self._plane, origin={n: t.clone() for n, t in here.items()})
                lattice = {dim: axis(-REACH, REACH, POINTS) for dim in around.dims}
                sweep(loss(self._objective), around, lattice, store=root / group, plan="plain")
                ZarrStore(root, group).revise({"step": view.step, "centre": [alpha, beta], "title": f"step {view.step:,}"})
        return {"slice_alpha": alpha, "slice_beta": beta, "slice_off": float(place.residual)}
