"""Which backend multiplies: the candidates are timed once, on the first batch, under a bound on memory.

What is kept for every batch (a recorded derivative, a graph) makes products cheap and fills memory, so its size on the first batch, times
the number of batches, decides whether it is possible; the seconds of building and of about ``EXPECTED`` products, whether it pays.
A recording is only tried where it can pay: it takes some ``SECONDS_PER_CALL`` for every torch function that the network calls, whatever
the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from ..data import Batch
from ..errors import InputError, LossAtlasError
from ..execution.running import now
from ..network import head
from ..seeds import fixed_rng
from .backends import Recorder, tried
from .batching import Batching, fastest

#: Products that a use of an operator is likely to take (20: the top five eigenvalues; METHODS 3.2).
EXPECTED = 20
#: Seconds that recording takes per torch function called, measured on ResNet-20 (0.03 on a quiet core).
SECONDS_PER_CALL = 0.03
#: A recorded product takes about this share of one through a kept graph (2.0 against 2.4 gradients, ResNet-20).
GAIN = 0.85
#: Bytes that a recorded derivative keeps, over those of a kept graph (8.6 and 2.5 gradients' worth: measured, issue 5).
LARGER = 8.6 / 2.5
#: Products through what is kept hold this many times more than is kept, while they run.
RUNNING = 1.3
#: A product of one batch afresh takes up to this many times the graph of its gradient (ResNet-20: 4.0 against 3.0 gradients' worth).
TRANSIENT = 2.0
#: Examples that tell what an example takes.
FEW = 8


@dataclass(frozen=True, eq=False)
class Choice:
    """How an operator multiplies, and why.

    Attributes:
        backend: its name. nbytes: memory that what is kept per batch takes, 0 where nothing is. memory: the bound.
        batching: how examples are taken; its ``micro_batch`` also where the bound asks for it. batching_why: what was measured of it.
        trials: a record per candidate: seconds to build and per product on the first batch, bytes, or why it cannot run.
    """

    backend: str
    nbytes: int
    memory: int
    why: str
    trials: tuple[dict[str, Any], ...] = ()
    batching: Batching = field(default_factory=Batching)
    batching_why: str = ""

    @property
    def kept(self) -> bool:
        """Whether something is kept per batch."""
        return self.nbytes > 0

    def described(self) -> dict[str, Any]:
        """As plain data."""
        return {"backend": self.backend, "backend_why": self.why, "backend_bytes": self.nbytes, "backend_memory": self.memory,
                "backend_trials": list(self.trials), **({"micro_batch": self.batching.micro_batch} if self.batching.micro_batch else {}),
                **({"memory_format": "channels_last"} if self.batching.channels_last else {}),
                **({"batching_why": self.batching_why} if self.batching_why else {})}


def free_memory(device: torch.device) -> int:
    """Bytes that are free where the operator lives."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    try:
        with open("/proc/meminfo") as lines:
            return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return 4 << 30  # elsewhere than on Linux nothing of the standard library tells; half of this is taken


def decide(op: Any, asked: str, candidates: Sequence[str], memory: float | None) -> tuple[Choice, Any]:
    """The choice for an operator, and the part of the first batch, where it is kept.

    Raises:
        LossAtlasError: no backend works, or none fits into ``memory``.
    """
    bound = int(memory) if memory is not None else free_memory(op.device) // 2
    names = candidates if asked == "auto" else (asked,)
    cut = _cut_to(op, bound)
    batching, batching_why = fastest(op) if asked == "auto" else (Batching(), "")
    batching.apply(op.problem)
    if cut is not None:
        batching = replace(batching, micro_batch=op.problem.batches[0].size)
    found: dict[str, _Trial] = {}
    recorder = op.recorder
    for name in names:
        if name == "linearized" and asked == "auto" and not _may_pay(op, found.get("retained"), bound):
            found[name] = _Trial(name, None, 0.0, 0.0, 0, "not tried: recording would take longer than it saves, or not fit")
            continue
        if name in ("forward", "reverse") and asked == "auto" and any(t.usable(op, bound) for t in found.values()):
            continue  # what is kept is the same work without building it each time
        found[name] = _try(op, name, recorder)
        if not found[name].usable(op, bound):
            found[name].part = None  # else it would lie beside the next
    usable = {name: trial for name, trial in found.items() if trial.usable(op, bound)}
    if not usable:
        raise _none_fits(op, found, bound)
    best = min(usable.values(), key=lambda trial: trial.seconds(op))
    why = "asked for" if asked != "auto" else _why(best, found, op, bound)
    trials = tuple(trial.described() for trial in found.values())
    return Choice(best.name, best.whole(op), bound, why, trials, batching, batching_why), best.part


def _cut_to(op: Any, bound: int) -> int | None:
    """Cut the data into micro-batches whose products fit into the bound, where the batches are larger and may be cut; their size, or None.

    The graph of a gradient takes memory in proportion to examples, so a few of them tell.
    """
    problem = op.problem
    first = problem.batches[0]
    if problem.fixed_batches or first.size <= FEW:
        return None
    with fixed_rng(0, "forward"):
        few, _ = tried(lambda: op.part(Batch(head(first.value, FEW), 0, FEW), op.recorder, "retained"))
    if few is None or not few.nbytes:
        return None
    size = max(int(bound / (TRANSIENT * few.nbytes / FEW)), 1)
    if size >= first.size:
        return None
    problem.batches = list(problem.objective.data.rebatch(size))
    return size


@dataclass
class _Trial:
    name: str
    part: Any
    build: float
    product: float
    nbytes: int
    reason: str = ""
    record: float = 0.0
    ran: bool = False

    def whole(self, op: Any) -> int:
        """Bytes for all batches: what is kept grows with examples."""
        first = op.problem.batches[0].size
        return int(self.nbytes * sum(batch.size for batch in op.problem.batches) / first)

    def usable(self, op: Any, bound: int) -> bool:
        return self.ran and RUNNING * self.whole(op) <= bound

    def seconds(self, op: Any) -> float:
        return self.record + len(op.problem.batches) * (self.build + op.expected * self.product)

    def described(self) -> dict[str, Any]:
        seconds = {"record_seconds": self.record, "build_seconds": self.build, "product_seconds": self.product}
        return {"backend": self.name, **{name: round(value, 4) for name, value in seconds.items()}, "bytes": self.nbytes,
                **({"reason": self.reason} if self.reason else {})}


def _try(op: Any, name: str, recorder: Recorder) -> _Trial:
    batch = op.problem.batches[0]
    v = op.problem.theta
    before = recorder.seconds
    with fixed_rng(0, "forward"):
        began = now(op.device)
        part, reason = tried(lambda: op.part(batch, recorder, name))
        built = now(op.device)
        if part is None:
            return _Trial(name, None, 0.0, 0.0, 0, reason)
        answer, reason = tried(lambda: part(v))
        done = now(op.device)
    if answer is None:
        return _Trial(name, None, 0.0, 0.0, 0, reason)
    recording = recorder.seconds - before
    return _Trial(name, part, built - began - recording, done - built, int(part.nbytes), record=recording, ran=True)


def _may_pay(op: Any, retained: _Trial | None, bound: int) -> bool:
    if retained is None or not retained.ran:
        return True
    batches = len(op.problem.batches)
    gain = (1 - GAIN) * op.expected * retained.product * batches
    return gain > SECONDS_PER_CALL * op.problem.calls and RUNNING * LARGER * retained.whole(op) <= bound


def _why(best: _Trial, found: dict[str, _Trial], op: Any, bound: int) -> str:
    said = [f"{t.name}: {t.seconds(op):.2g} s" + ("" if t.usable(op, bound) else f", too large ({t.whole(op) / 1e6:.0f} MB)")
            if t.ran else f"{t.name}: {t.reason}" for t in found.values()]
    return f"{op.expected} products would take, with building: {'; '.join(said)}"


def _none_fits(op: Any, found: dict[str, _Trial], bound: int) -> Exception:
    working = [t for t in found.values() if t.ran]
    if working:
        least = min(t.whole(op) for t in working) * RUNNING
        names = ", ".join(t.name for t in working)
        return LossAtlasError(f"products need {least / 1e6:.0f} MB with {names}, more than memory={bound / 1e6:.0f} MB; write a larger "
                              "memory, or backend='reverse', which keeps nothing")
    reasons = "; ".join(f"{t.name}: {t.reason}" for t in found.values())
    return InputError(f"no backend can differentiate this network twice ({reasons})")

