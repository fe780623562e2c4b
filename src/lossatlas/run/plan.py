"""How the points of a job are evaluated: by a plan, which is decided once for a job and never changes what is computed.

``plain`` is the definition: every batch through the network, losses summed in float64. ``auto`` tries others on this model and machine
and takes the fastest one whose losses are the same (:mod:`lossatlas.execution.candidates`); ``bf16`` may also take bfloat16. A plan as
a result records it is used as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np
import torch

from ..errors import InputError, LossAtlasError, first_line
from ..execution.candidates import Decision, choose_plan, moved_by
from ..execution.memory import out_of_memory
from ..execution.plan import Plan, Planned, parts_of
from ..execution.points import Several
from ..execution.running import at_once
from ..family import Family
from ..names import PlanName, choose
from ..seeds import fixed_rng

#: ``auto``, ``plain``, ``bf16``, the plan of a result, or what an estimate decided.
PlanOption = PlanName | Mapping[str, Any] | Decision


class Evaluator:
    """Evaluates a probe at coordinates of a family by a plan.

    Where memory runs out, it goes on with half the examples at a time and says so to ``say``, once.

    Raises:
        InputError: a plan that cannot run here; while evaluating, an answer of the probe that is not what its quantities promise.
        LossAtlasError: memory runs out, and the batch size is part of the definition or cannot be made smaller.
    """

    def __init__(self, probe: Any, family: Family, plan: Plan, say: Callable[[str], None]) -> None:
        self.probe, self.family, self.plan, self.say = probe, family, plan, say
        self._additive = parts_of(probe) is not None
        self._use(Planned(probe, plan, moved=moved_by(family)) if plan.changes else None)

    def _use(self, planned: Planned | None) -> None:
        self._planned = planned
        self._several = Several(planned) if planned is not None and planned.plan.points > 1 else None

    @property
    def at_once(self) -> int:
        """Points that are evaluated together."""
        return self._several.size if self._several is not None else 1

    @property
    def telling(self) -> int:
        """Points that tell how long one of a group takes."""
        if self._several is None:
            return 1
        return at_once(self._several.planned.plan, self._several.planned.parts[0].view.device, blocks=2 * torch.get_num_threads())

    @property
    def nbytes(self) -> int:
        """Memory that the plan takes beside data and network: what is kept from point to point, and the points of a group."""
        kept = self._planned.cached_bytes if self._planned is not None else 0
        return kept + (self._several.nbytes if self._several is not None else 0)

    def __call__(self, us: np.ndarray) -> dict[str, np.ndarray]:
        """All quantities at coordinates ``us`` (m, k), m at most ``at_once``: name -> (m, …)."""
        while True:
            try:
                return self._evaluate(torch.as_tensor(us, dtype=torch.float64))
            except Exception as error:
                if not out_of_memory(error):
                    raise
                reason = f"out of memory ({first_line(error)[:80]})"
            self._shrink(reason)  # here, where the failed evaluation is no longer held by the error

    def _evaluate(self, us: torch.Tensor) -> dict[str, np.ndarray]:
        if self._several is not None:
            with self._several.planned.mode():
                return checked(self._several(self.family, us), self.probe, len(us))
        if self._planned is not None:
            with self._planned.mode():
                return checked(self._planned(self.family(us[0])), self.probe)
        point = self.family(us[0])
        with torch.no_grad() if self._additive or hasattr(self.probe, "parts") or hasattr(self.probe, "stats") else nullcontext(), \
                fixed_rng(0, "forward"):
            if hasattr(self.probe, "at"):  # a probe that learns from its neighbours asks where it is
                return checked(self.probe.at(point, us[0].numpy()), self.probe)
            return checked(self.probe(point), self.probe)

    def _shrink(self, reason: str) -> None:
        if not self._additive:
            raise LossAtlasError(f"{reason} while the probe {type(self.probe).__name__} was evaluated, which is not additive, so that its "
                                 "batches are its own; write a smaller batch_size")
        if torch.cuda.is_initialized():
            torch.cuda.empty_cache()
        planned = self._planned or Planned(self.probe, self.plan, moved=moved_by(self.family))
        self._use(planned.smaller())
        assert self._planned is not None
        self.say(f"{reason}: micro-batches of {self._planned.plan.micro_batch} examples from here on, which changes no value")


def decided(
    evaluate: Evaluator, coords: Mapping[str, Sequence[float]], *, plan: PlanOption, points: int, seconds: float,
    threads: int | None = None,
) -> Decision:
    """The plan of a job whose points take ``seconds`` each by the plain evaluator."""
    smaller = evaluate._planned.plan.micro_batch if evaluate._planned is not None else None  # memory ran out already
    with _threads(threads):
        return choose_plan(evaluate.probe, evaluate.family, coords, seconds=seconds, points=points, name=str(plan), micro_batch=smaller)


def checked_plan(plan: Any, probe: Any) -> Plan | None:
    """The plan that is asked for; None where it is to be decided.

    Raises:
        InputError: an unknown plan.
    """
    if isinstance(plan, Decision):
        return plan.plan
    if isinstance(plan, Mapping):
        return Plan.of(plan)
    choose(plan, PlanName, "plan")
    return Plan(device=device_of(probe)) if plan == "plain" else None


def device_of(probe: Any) -> str:
    """The kind of device that a probe is evaluated on."""
    return probe.objective.device.type if hasattr(probe, "objective") else "cpu"


@contextmanager
def _threads(count: int | None) -> Iterator[None]:
    """Inside, torch computes with so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def checked(measured: Any, probe: Any, points: int | None = None) -> dict[str, np.ndarray]:
    """What a probe measured as float64 arrays (points, …), exactly the quantities it named, in their shapes; ``points`` None: one."""
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
        expected = q.shape if points is None else (points, *q.shape)
        if array.shape != expected:
            raise InputError(f"the probe {who} returned {q.name!r} of shape {array.shape}; expected {expected}, as its quantities say")
        out[q.name] = array[None] if points is None else array
    return out
