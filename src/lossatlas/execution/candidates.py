"""Choosing a plan by trial: a few candidates, each checked against plain and timed beside the best so far.

Trials see few examples and take at most a few seconds, or a few hundredths of the job. A candidate is timed in pairs with the best so far,
one after the other, so that a machine that is busy with other things slows both; it wins where the median of the ratios beats
one by more than their spread. Before it is timed, its losses are compared with the plain ones, example by example where they are
finite and in the mean, at the centre and at a far corner; of points at once also all quantities of a full group. What does not
apply, fails, differs or is slower is recorded with the reason.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..data import Batches
from ..errors import InputError, first_line
from ..family import Slice
from ..family.points import Points
from ..layout import normalizes_by_batch
from ..seeds import fixed_rng
from .dense import BLOCK
from .memory import keeps_batches
from .plan import Plan, batches_of, parts_of
from .running import Running, Sample, Wiggled, at_once, difference

#: Seconds of plain work below which nothing is tried.
SHORTEST_JOB = 1.0
#: What trials may take: a share of the plain time of the job, and seconds at most.
SHARE, MOST_SECONDS = 0.03, 4.0
#: A trial of all examples at hand takes about this share of that.
TRIAL_SHARE = 1 / 30
#: Relative difference of the mean loss that rounding explains, and the most that bfloat16 may make.
TOLERANCE, TOLERANCE_HALF = 1e-5, 0.1
#: Where the loss is so small that rounding alone moves it by more: so many times what rounding the weights anew does.
SAFETY = 4.0
#: How much a quantity may differ in a group, relative to its largest value: an example more or less that counts as right is no error.
GROUP_TOLERANCE = 1e-2
#: A trial may take this share of what is left of the job by the best plan so far.
WORTH = 0.05
#: A candidate must take less than this share of the best so far.
GAIN = 0.97
#: Pairs of timings, at least and at most.
PAIRS, MOST_PAIRS = 3, 7
#: Two pairs do where a candidate takes less than this share of the best so far in both.
DECISIVE = 0.25
#: Seconds of plain work per batch below which calling the network costs more than computing it.
LAUNCH_BOUND = 3e-3
#: Seconds that a group of points may take, and the share of plain work that dense layers may take.
MOMENT, DENSE = 0.1, 0.1
#: Seconds that compiling takes, and the share of the time that it may be hoped to save.
COMPILING, COMPILED = 60.0, 0.15


@dataclass(frozen=True)
class Trial:
    """One candidate: its time relative to plain, the difference of its losses, and what became of it."""

    candidate: str
    verdict: str  # taken, slower, differs, does not apply, not tried
    time: float | None = None
    difference: float | None = None
    why: str = ""


@dataclass(frozen=True)
class Decision:
    """A plan, and how it was found."""

    plan: Plan
    why: str
    trials: list[dict[str, Any]] = field(default_factory=list)


def words(plan: Plan) -> str:
    """A plan in words."""
    said = [{"graph": "graph", "module": "module", "dense": "dense layers, examples last", "plain": ""}[plan.forward]]
    said += ["folded"] * plan.fold + ["fused"] * plan.fuse + ["channels last"] * (plan.memory_format == "channels_last")
    said += [f"micro-batches of {plan.micro_batch}"] * (plan.micro_batch is not None)
    said += [f"{plan.points} points at once"] * (plan.points > 1) + [plan.dtype] * (plan.dtype != "own")
    said += ["inference mode"] * plan.inference_mode + ["compiled"] * plan.compile + ["CUDA graph"] * plan.cuda_graph
    return ", ".join(filter(None, said)) or "plain"


def moved_by(family: Any) -> frozenset[str] | None:
    """Names of the tensors that a family moves; None where it does not tell."""
    family = family.family if isinstance(family, Points) else family
    return frozenset(name for axis in family.axes for name in axis) if isinstance(family, Slice) else None


def choose_plan(
    probe: Any, family: Any, coords: Mapping[str, Sequence[float]], *, seconds: float, points: int, name: str = "auto",
    micro_batch: int | None = None,
) -> Decision:
    """The plan for a job of ``points`` points that take ``seconds`` each by the plain way.

    Args:
        name: ``auto``; ``bf16`` may choose bfloat16.
        micro_batch: examples at a time at most, where memory has run out before.
    """
    parts = parts_of(probe)
    plain = Plan(name="plain" if name == "auto" else name)
    if parts is None:
        return Decision(plain, "the probe is not additive, so it is evaluated plainly")
    device = parts[0][1].objective.device.type
    plain = replace(plain, device=device, micro_batch=micro_batch if name == "bf16" else None)
    if seconds * points < SHORTEST_JOB:
        return Decision(plain, f"the whole job takes less than {SHORTEST_JOB:g} s by the plain way, which is too short to try others")
    trials = _Trials(probe, family, coords, seconds=seconds, points=points, start=replace(plain, name=name, micro_batch=micro_batch))
    trials.run()
    reasons = dict.fromkeys(filter(None, (keeps_batches(part.objective) for _, part in parts)))
    kept = f"; batches stay as they are under {', '.join(reasons)}" if reasons else ""
    best, found = trials.best, [asdict(trial) for trial in trials.done]
    if not replace(best, micro_batch=None).changes and best.micro_batch == micro_batch:
        return Decision(plain, "no candidate beat plain by more than the noise" + kept, found)
    share = f"{trials.relative:.2f} of the plain time"
    return Decision(best, f"{words(best)}: {share}, losses differ by {trials.difference:.1g}{kept}", found)


class _Trials:
    def __init__(self, probe: Any, family: Any, coords: Mapping[str, Sequence[float]], *, seconds: float, points: int, start: Plan) -> None:
        self.probe, self.family, self.points, self.seconds = probe, family, points, seconds
        own = parts_of(probe)
        assert own is not None
        self.objective, self.all = own[0][1].objective, sum(part.objective.data.n_examples for _, part in own)
        self.batches = sum(len(part.objective.data) for _, part in own)
        self.until = time.perf_counter() + (budget := min(SHARE * seconds * points, MOST_SECONDS))
        self.launch_bound = seconds / self.batches < LAUNCH_BOUND
        self.few = self._few(int(TRIAL_SHARE * budget / (seconds / self.all)))
        self.start = self.best = start
        self.relative, self.difference = 1.0, 0.0
        self.done: list[Trial] = []
        self.us = _places(coords)
        between = self.us[0] if "step" in coords else (self.us[0] + self.us[1]) / 2  # a run has no points between its steps
        self.sample = Sample(probe, family, moved_by(family), self.few, self.all / self.few.n_examples, between)
        self._running: dict[Plan, Running] = {}
        self._reference: list[Tensor] = []
        self._rounded: list[float] = []

    def _few(self, examples: int) -> Batches:
        """So many examples, in the batches of the objective where these matter."""
        data = self.objective.data
        size = max(data.sizes)
        most = data.n_examples if self.launch_bound else 4 * size
        examples = max(min(examples, most), min(16, data.n_examples))
        if examples >= data.n_examples:
            return data
        examples -= examples % 32 if examples > 32 else 0
        if keeps_batches(self.objective) or not data.stackable:
            return batches_of(data, examples)
        return data.take(torch.arange(examples))

    def run(self) -> None:
        """Try the candidates, the most promising first; what follows builds on the best so far."""
        with fixed_rng(0, "plan"):
            plain = self._start(self.start)
            self._reference = plain.losses(self.us)
            if self.launch_bound or self.few is self.objective.data:  # a point takes moments: one that was held up would mislead
                self.seconds = min(self.seconds, plain.seconds())
            if not (self.launch_bound and self.points >= 32 and self._several()):
                self._forwards()
                if self.start.name == "bf16":
                    self._half()
                self._micro_batches()
                self._cuda_graph()
            if self.best.points == 1:  # of several, the calls are too few for their bookkeeping to count
                self._try(replace(self.best, inference_mode=True))
            self._compiled()

    def _several(self) -> bool:
        """Several points at once; true where that is what to do."""
        if keeps_batches(self.objective):
            return False
        n = self.few.n_examples
        size = min(n, 2048, self.best.micro_batch or 2048)
        dense = replace(self.best, forward="dense", micro_batch=size, points=min(self._dense_points(), self.points))
        if dense.points > 1 and self._try(dense):
            return True
        groups = 64 if self.objective.device.type == "cpu" else 256
        if not self._try(replace(self.best, points=min(groups, self.points), micro_batch=size)):
            return False
        for points, examples in ((groups // 2, size), (groups * 2, size), (groups * 2, max(size // 4, 1)), (groups, max(size // 4, 1))):
            if points <= self.points:
                self._try(replace(self.best, points=points, micro_batch=examples))
        return True

    def _dense_points(self) -> int:
        """Points of a network of dense layers that are evaluated together: so many that calls cost little, in a moment at most.

        On a CPU they go through the network a block at a time, so that their number says nothing of the cache.
        """
        if self.objective.device.type != "cpu":
            return 256
        blocks = MOMENT / (self.seconds * DENSE * BLOCK)
        return BLOCK * int(min(max(blocks, 1), 32))

    def _forwards(self) -> None:
        """Traced, folded and fused; or else as the module says, channels last."""
        image = any(p.ndim == 4 for p in self.objective.params.values())
        layout = "channels_last" if image else "contiguous"
        traced = not (self.objective.bn == "batch" and self.objective.has_batchnorm) and not normalizes_by_batch(self.objective.module)
        if traced and self._try(replace(self.best, forward="graph", fold=True, fuse=True, memory_format=layout)):
            return
        if image:
            self._try(replace(self.best, forward="module", memory_format="channels_last"))

    def _half(self) -> None:
        """bfloat16, beside what is best in full precision."""
        self._try(replace(self.best, forward="module" if self.best.forward == "plain" else self.best.forward, dtype="bfloat16"))

    def _micro_batches(self) -> None:
        """Half as many examples at a time as long as that helps, else twice as many."""
        if keeps_batches(self.objective) or not self.objective.data.stackable:
            return
        size, most = self.best.micro_batch or max(self.objective.data.sizes), min(self.few.n_examples, self.start.micro_batch or 1 << 30)
        for factor in (0.5, 2.0):
            now, found = int(size * factor), False
            while now >= 8 and (now <= most or factor < 1):
                if now <= most:
                    if not self._try(replace(self.best, micro_batch=now)):
                        break
                    found = True
                now = int(now * factor)
            if found:
                return

    def _cuda_graph(self) -> None:
        if self.objective.device.type == "cuda":
            self._try(replace(self.best, forward="module", fold=False, fuse=False, cuda_graph=True))

    def _compiled(self) -> None:
        """Compiling, where it can pay back: not beside what a CPU has fused already."""
        left = self.seconds * self.points * self.relative
        if left * COMPILED < COMPILING or self.best.points > 1:
            return
        if self.objective.device.type == "cpu" and self.best.forward == "graph":
            self.done.append(Trial("compiled", "not tried", why="the fused graph does on a CPU what compiling would"))
            return
        self.until = time.perf_counter() + 2 * COMPILING
        self._try(replace(self.best, forward="module", fold=False, fuse=False, cuda_graph=False, compile=True))

    def _start(self, plan: Plan) -> Running:
        if plan not in self._running:
            self._running[plan] = Running(self.sample, plan)
        return self._running[plan]

    def _try(self, plan: Plan) -> bool:
        """Whether a candidate takes the place of the best so far."""
        label = words(plan)
        if any(trial.candidate == label for trial in self.done):
            return False
        once = self.seconds * self.relative * self.few.n_examples / self.all
        together = min(at_once(one, self.objective.device) for one in (plan, self.best)) if self.best.points > 1 else 1
        expected = once * (2 + 2 * PAIRS) * together
        if not plan.compile and time.perf_counter() + expected > self.until:
            return self._over(Trial(label, "not tried", why="no time is left to try it"))
        if not plan.compile and expected > WORTH * self.seconds * self.relative * self.points:
            return self._over(Trial(label, "not tried", why="what is left of the job is too short to try it"))
        try:
            return self._over(self._timed(plan, label), plan)
        except InputError as error:
            return self._over(Trial(label, "does not apply", why=first_line(error)))
        except Exception as error:  # whatever a candidate does: plain stays, and the reason is recorded
            return self._over(Trial(label, "does not apply", why=f"{type(error).__name__}: {first_line(error)}"))

    def _over(self, trial: Trial, plan: Plan | None = None) -> bool:
        self.done.append(trial)
        if trial.verdict != "taken" or plan is None or trial.time is None or trial.difference is None:
            return False
        self.best, self.relative, self.difference = plan, trial.time, trial.difference
        return True

    def _timed(self, plan: Plan, label: str) -> Trial:
        running, best = self._start(plan), self._start(self.best)
        found = list(map(difference, self._reference, running.losses(self.us)))
        worst, why = max(found), ""
        if not worst <= (TOLERANCE if plan.dtype == "own" else TOLERANCE_HALF):
            if plan.dtype != "own" or not all(d <= max(TOLERANCE, SAFETY * r) for d, r in zip(found, self._rounding(), strict=True)):
                if worst == float("inf"):
                    return Trial(label, "differs", why="losses of other examples are not finite than by the plain way")
                return Trial(label, "differs", difference=worst, why="its losses are not those of the plain way")
            why = f"losses so small that rounding the weights anew changes their mean by {max(self._rounding()):.1g} of itself"
        if plan.points > 1 and not self._whole_group(running):
            return Trial(label, "differs", difference=worst, why="a group of points does not measure what its points do one by one")
        ratios: list[float] = []
        while len(ratios) < PAIRS or (len(ratios) < MOST_PAIRS and not _clear(ratios) and time.perf_counter() < self.until):
            ratios.append(running.seconds() / best.seconds())
            if len(ratios) == 2 and max(ratios) < DECISIVE:
                break
        ratio = statistics.median(ratios)
        verdict = "taken" if _clear(ratios) and ratio < GAIN else "slower"
        return Trial(label, verdict, time=self.relative * ratio, difference=worst, why=why)

    def _whole_group(self, running: Running) -> bool:
        """Whether every quantity is the plain one at every place of a full group: the centre and the corner by turns."""
        plain = self._start(self.start).quantities(self.us)
        for name, found in running.quantities(self.us).items():
            expected = plain[name].tile(len(found) // len(self.us) + 1, *[1] * (found.ndim - 1))[: len(found)]
            scale = expected[torch.isfinite(expected)].abs().max() if bool(torch.isfinite(expected).any()) else 1.0
            if not torch.allclose(found, expected, rtol=0, atol=float(GROUP_TOLERANCE * scale), equal_nan=True):
                return False
        return True

    def _rounding(self) -> list[float]:
        """How much the mean loss of each place changes by the plain way where every weight is moved by its last digit."""
        if not self._rounded:
            wiggled = Running(self.sample, self.start, family=Wiggled(self.family))
            self._rounded = list(map(difference, self._reference, wiggled.losses(self.us)))
        return self._rounded


def _clear(ratios: Sequence[float]) -> bool:
    """Whether the median of the ratios is off one by more than their spread tells."""
    middle = statistics.median(ratios)
    spread = statistics.median(abs(ratio - middle) for ratio in ratios)
    return abs(1 - middle) > 2 * spread


def _places(coords: Mapping[str, Sequence[float]]) -> list[Tensor]:
    """The centre and a far corner of a lattice; of a family of copies, of its first one; of a run, its first and its last step."""
    corner = [0.0 if dim in ("repeat", "layer") else float(max(np.asarray(values), key=abs)) for dim, values in coords.items()]
    centre = [float(values[0]) if dim == "step" else 0.0 for dim, values in coords.items()]
    return [torch.tensor(place, dtype=torch.float64) for place in (centre, corner)]
