"""Where a run begins, and where one begins again that its log knows: the point that distances are measured from."""

from __future__ import annotations

import torch

from ..checkpoint import load_point, save_point
from ..objective import Objective
from ..params import Params
from ..result.log import RESUMED, Held, Log
from .slices import forget_beyond

#: The point at the first step, beside the log: what distances are measured from after a crash.
START = "start.safetensors"


def begun(objective: Objective, log: Log | Held, point: Params, step: int) -> Params:
    """The start of a run: a copy of this point, kept beside the log; of a run that goes on, the one that was kept."""
    here = {name: tensor.detach().clone() for name, tensor in point.items()}
    if isinstance(log, Held):
        return here
    path = log.path / START
    if log.resumed:
        log.event(step, RESUMED, f"went on from step {step:,}")
        forget_beyond(log.path, step)
        if path.exists():
            return objective.conform(load_point(path), what=f"the start in {path}")
    if all(bool(torch.isfinite(tensor).all()) for tensor in here.values()):
        save_point(here, path)
    return here
