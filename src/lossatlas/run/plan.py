"""How a point is evaluated. The plan never changes what is computed, only how; it is named in every result.

``plain`` is the definition: every batch through the network, losses summed in float64. ``auto`` may choose among plans
that were checked against it; today there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch

from ..errors import InputError
from ..names import Plan, choose
from ..params import Params
from ..seeds import fixed_rng

Evaluate = Callable[[Params], dict[str, np.ndarray]]


def make_plan(plan: Plan, probe: Any) -> tuple[dict[str, Any], Evaluate]:
    """The plan as plain data, and the function that evaluates a probe at a point by it.

    An additive probe is evaluated without gradients; any other may take derivatives inside.

    Raises:
        InputError: an unknown plan; while evaluating, an answer of the probe that is not what its quantities promise.
    """
    choose(plan, Plan, "plan")
    device = probe.objective.device.type if hasattr(probe, "objective") else "cpu"

    gradients = torch.no_grad if hasattr(probe, "stats") or hasattr(probe, "parts") else nullcontext

    def evaluate(point: Params) -> dict[str, np.ndarray]:
        with gradients(), fixed_rng(0, "forward"):
            return _checked(probe(point), probe)

    return {"name": "plain", "device": device}, evaluate


def _checked(measured: Any, probe: Any) -> dict[str, np.ndarray]:
    """What a probe measured as float64 arrays, exactly the quantities it named, in their shapes."""
    who = type(probe).__name__
    if not isinstance(measured, Mapping):
        raise InputError(f"the probe {who} returned a {type(measured).__name__}; expected a dict of its quantities: name -> value")
    out = {}
    for q in probe.quantities:
        if q.name not in measured:
            raise InputError(f"the probe {who} returned {', '.join(map(str, measured))} without {q.name!r}, which its quantities name")
        value = measured[q.name]
        array = value.detach().cpu().to(torch.float64).numpy() if isinstance(value, torch.Tensor) else np.asarray(value)
        if array.dtype.kind not in "biuf":
            raise InputError(f"the probe {who} returned {value!r:.60} as {q.name!r}; expected numbers")
        array = array.astype(np.float64)
        if array.shape != q.shape:
            raise InputError(f"the probe {who} returned {q.name!r} of shape {array.shape}; expected {q.shape}, as its quantities say")
        out[q.name] = array
    return out
