"""What a monitor is asked for: how often each measurement may be taken, of which network, and what its log says of all that."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from ..errors import InputError
from ..names import suggest
from ..objective import Objective
from .budget import Cost

#: Quantities that are in every log.
ALWAYS: dict[str, tuple[str, str]] = {
    "training_loss": ("mini-batch loss, mean since the record before", ""),
    "monitor_share": ("time that the monitor took, over training time", "")}
#: Quantities that are drawn first.
DRAWN = ("loss", "training_loss", "gradient_norm", "update_ratio", "lambda_max", "lambda_preconditioned", "critical_sharpness", "f_top",
         "fisher_trace", "distance")


def costs(names: Iterable[str], every: Any) -> dict[str, Cost]:
    """Accounts by name, with what ``every=`` says of each.

    Raises:
        InputError: an unknown name, what is no number of steps.
    """
    names = list(names)
    given = dict(every) if isinstance(every, Mapping) else dict.fromkeys(names, 1 if every is None else every)
    for name, steps in given.items():
        if name not in names:
            raise InputError(f"every has {name!r}, which is not measured{suggest(name, names)}; expected {', '.join(names)}")
        if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
            raise InputError(f"every is {steps!r}; expected a whole number of steps of at least 1, or a dict of them by name")
    return {name: Cost(every=given.get(name, 1)) for name in names}


def batch_size(given: int | None, usual: int) -> float:
    """Examples in a step of the optimizer.

    Raises:
        InputError: what is no whole number.
    """
    if given is not None and (isinstance(given, bool) or not isinstance(given, int) or given < 1):
        raise InputError(f"batch_size is {given!r}; expected the examples in a step of the optimizer, or None")
    return float(given or usual)


def check_network(objective: Objective, own: Mapping[str, Tensor]) -> None:
    """Refuse a model whose parameters are not those of the objective's network, or that lives elsewhere.

    Raises:
        InputError: with what differs.
    """
    differing = [name for name, tensor in objective.params.items() if name not in own or own[name].shape != tensor.shape]
    if differing or len(own) != len(objective.params):
        raise InputError(f"the model has {len(own)} parameters and the objective's network {len(objective.params)}"
                         f"{f', among them {differing[0]!r}, which the model does not have like that' if differing else ''}; expected the "
                         "same network: la.Objective.from_module(model, data, loss) of this model")
    if (there := next(iter(own.values())).device) != objective.device:
        raise InputError(f"the model is on {there} and the objective on {objective.device}; write objective.to({str(there)!r})")


def about(objective: Objective, names: Iterable[str], share: float | None) -> dict[str, Any]:
    """What the log says of what is measured, on what."""
    o = objective
    return {"title": f"{type(o.module).__name__} while it trains", "network": type(o.module).__name__, "loss": o.loss_name, "bn": o.bn,
            "n_batchnorm": int(o.has_batchnorm), "n_examples": o.data.n_examples, "source": o.source, "seed": 0,
            "n_parameters": sum(p.numel() for p in o.params.values()), "digest_data": o.data.digest(), "budget": share,
            "probes": list(names), "drawn": list(DRAWN), "schedule": {},
            "notes": [f"measured on {o.data.n_examples} fixed examples, not on all data"]}


def spec(objective: Objective, names: Iterable[str], every: Any) -> dict[str, Any]:
    """What defines the numbers of a log: not the weights, which training changes, and not the budget, which only thins."""
    own = objective.spec()
    kept = {key: own[key] for key in ("network", "loss", "metrics", "data", "n_examples", "bn", "penalty")}
    return json.loads(json.dumps({"monitor": kept, "probes": list(names), "every": dict(every) if isinstance(every, Mapping) else every}))


def not_first_rank() -> bool:
    """Whether another process of the same training is the one that watches."""
    return torch.distributed.is_available() and torch.distributed.is_initialized() and torch.distributed.get_rank() != 0
