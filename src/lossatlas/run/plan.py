"""How a point is evaluated. The plan never changes what is computed, only how; it is named in every result.

``plain`` is the definition: every batch through the network, losses summed in float64. ``auto`` may choose among plans
that were checked against it; today there is one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from ..names import Plan, choose
from ..params import Params
from ..seeds import fixed_rng

Evaluate = Callable[[Params], dict[str, np.ndarray]]


def make_plan(plan: Plan, probe: Any) -> tuple[dict[str, Any], Evaluate]:
    """The plan as plain data, and the function that evaluates a probe at a point by it.

    Raises:
        InputError: an unknown plan.
    """
    choose(plan, Plan, "plan")
    device = probe.objective.device.type if hasattr(probe, "objective") else "cpu"

    def evaluate(point: Params) -> dict[str, np.ndarray]:
        with torch.no_grad(), fixed_rng(0, "forward"):
            measured = probe(point)
        return {name: np.asarray(torch.as_tensor(value).detach().cpu(), dtype=np.float64) for name, value in measured.items()}

    return {"name": "plain", "device": device}, evaluate
