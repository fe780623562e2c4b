"""A monitor: looks at a training run while it trains, measures what is due and earned, and keeps it.

It reads the network that is trained and never calls it: everything is measured with the objective's own copy, at the live weights, on a few
fixed examples. So weights, gradients, buffers, modes and generators are those of a run that nobody watches, to the last bit. A step is a
step of the optimizer: micro-batches whose gradients accumulate are none, and one that a gradient scaler leaves out is none.
"""

from __future__ import annotations

import atexit
import math
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from ..errors import InputError, StoreError, first_line
from ..fitting import State
from ..params import Params
from ..record.restoring import unwrapped
from ..result.log import Held, Log
from ..seeds import preserved_rng
from . import asked
from .budget import Budget
from .catalogue import gauges
from .fixed import Fixed
from .flags import Flags
from .gauge import Gauge
from .health import Health, begins
from .losses import TrainingLosses
from .opening import begun
from .summary import markers
from .telling import Teller
from .view import Training, View
from .writers import Writer

if TYPE_CHECKING:
    import xarray as xr


class Monitor:
    """Watches a training run, within a share of its time.

        monitor = la.Monitor(objective, store="runs.zarr/a")
        la.fit(objective, optimizer=…, steps=1000, hooks=[monitor])

        monitor = la.Monitor(objective, store="runs.zarr/b").watch(model, optimizer)   # any loop, before the first step

    Args:
        objective: network, loss and data, on the device of the network that is trained; of a train/test pair, the training one. Its
            BatchNorm policy holds: under ``eval`` the live running statistics are used.
        probes: ``default`` (passes and gradients), ``all``, names, or probes; the names and what they measure are in
            :data:`lossatlas.monitor.catalogue.GAUGES`.
        every: at most once in so many steps: a number for all, or by name.
        budget: the share of training time that may be spent, the monitor's own book-keeping included; None: no bound. What does not fit
            often is measured seldom, and :attr:`schedule` says how seldom. The first measurements come before they are earned: runs of
            at least 200 steps and 20 seconds are within the share (:mod:`lossatlas.monitor.budget`).
        store: ``PATH.zarr/NAME``, where the log is written; None: it is kept in memory.
        examples: how many fixed ones (default: two batches of the objective, at most 128).
        writers: where numbers and events go beside the log (:class:`~lossatlas.monitor.Writer`).
        resume: go on in the log that lies there, if one does.

    Attributes:
        objective: on the fixed examples: offline probes of it give the same numbers at the same point.
        stopped: why nothing is recorded any more (a full disk); None while all is well. Training goes on.

    Raises:
        InputError: no objective, an unknown probe, numbers that do not fit.
        StoreError: the log cannot be written, or lies there already.
        SpecMismatch: the log to go on in is of another monitor.
    """

    def __init__(
        self, objective: Any, *, probes: Any = "default", every: int | Mapping[str, int] | None = None,
        budget: float | Budget | None = 0.05, store: str | Path | None = None, examples: int | None = None,
        writers: Iterable[Writer] = (), resume: bool = False,
    ) -> None:
        self._fixed = Fixed.of(objective, examples)
        self._batch_size = self._fixed.batch_size
        self.objective = self._fixed.whole
        self.budget = budget if isinstance(budget, Budget) else Budget(budget)
        self._gauges: dict[str, Gauge] = {gauge.name: gauge for gauge in gauges(probes, self._fixed, store)}
        self.budget.costs.update(asked.costs(self._gauges, every))
        self.quantities: dict[str, tuple[str, str]] = dict(asked.ALWAYS)
        for gauge in self._gauges.values():
            self.quantities |= gauge.quantities
        self._flags = Flags()
        self.stopped: str | None = None
        self._idle = asked.not_first_rank()
        told = asked.about(self.objective, self._gauges, self.budget.share)
        self._log: Log | Held = Held(quantities=self.quantities, attrs=told) if store is None or self._idle else Log(
            store, spec=asked.spec(self.objective, self._gauges, every), quantities=self.quantities, attrs=told, resume=resume)
        self._tell = Teller(self._log, writers, self.budget)
        self._step = self._looked = 0  # steps made, and those at the last look
        self._quiet = 0  # the step up to which there is nothing to look at
        self._start: Params | None = None
        self._before: tuple[int, Params] | None = None
        self._problem: Any = None
        self._point: Callable[[], Params] | None = None
        self._training: Callable[[], Training] | None = None
        self._losses = TrainingLosses()
        self._left_out: list[tuple[int, Tensor]] = []  # steps that may have been none, and whether they were
        self._lost = False
        self._hook: Any = None
        self._planned: int | None = None
        self._closed = self._finished = False
        atexit.register(self._at_exit)

    # ---- whose loop it is --------------------------------------------------------------------------------------

    def __call__(self, step: int, point: Params, state: State) -> None:
        """The hook of :func:`lossatlas.fit`."""
        if self._idle or self._closed or self.stopped:
            return
        self._planned = state.steps
        self._point = lambda: {name: t for name, t in point.items() if t.is_floating_point()}
        self._training = lambda: Training.of(
            state.optimizer, {id(t): name for name, t in point.items() if name in state.parameters}, float(self._batch_size))
        if self._start is not None and step <= self._step:
            return  # a run that goes on from where it was seen last
        if self._start is not None:  # of the first call the loss is that of no step
            self._losses.tell(step, state.loss)
        self._step, self._finished = step, False
        if self._start is None or step >= self._quiet or step == state.steps:
            self._look()
        if step == state.steps:
            self.finish()

    def watch(
        self, model: nn.Module, optimizer: torch.optim.Optimizer, *, batch_size: int | None = None, manual: bool = False, step: int = 0,
    ) -> Monitor:
        """Watch a loop of your own, from before its first step until :meth:`close` or the program's end.

        Args:
            model: what is trained; inside DistributedDataParallel, DataParallel or torch.compile or not.
            optimizer: gets a hook, which :meth:`close` takes off again.
            batch_size: examples per step of the optimizer, for η/B (default: that of the objective). With gradients that accumulate,
                or several ranks, those of all of them.
            manual: no hook: :meth:`observe` is called after every step of the optimizer.
            step: how many steps were made before, of a run that goes on from a checkpoint.

        Raises:
            InputError: a monitor that watches already; a model that is not the objective's network, or on another device.
        """
        if self._point is not None:
            raise InputError("this monitor watches a run already; expected a monitor for each run")
        inner = unwrapped(model)
        own = dict(inner.named_parameters())
        asked.check_network(self.objective, own)
        batch = asked.batch_size(batch_size, self._batch_size)
        if self._idle:
            return self
        self._point = lambda: {**dict(inner.named_parameters()), **{n: b for n, b in inner.named_buffers() if b.is_floating_point()}}
        self._training = lambda: Training.of(optimizer, {id(p): name for name, p in inner.named_parameters()}, batch)
        self._step = self._looked = step
        self._look()
        if not manual:
            self._hook = optimizer.register_step_post_hook(self._stepped)
        return self

    def observe(self, step: int | None = None, loss: Any = None) -> None:
        """Say that steps were made (of ``watch(…, manual=True)``), and the training loss of the last one.

        Args:
            step: how many steps of the optimizer were made so far; the same number again is ignored. Without ``manual`` the hook counts,
                and this says only the loss of the step that was just made.
            loss: a number, or a tensor of one; a tensor is not read at once, so that a device need not wait.
        """
        if self._idle or self._closed or self.stopped:
            return
        if self._point is None:
            raise InputError("observe() came before watch(); write monitor.watch(model, optimizer) before the first step")
        if self._hook is None and (step is None or step <= self._step):
            if step is None:
                raise InputError("observe() says no step, and there is no hook that counts; write observe(step=…, loss=…)")
            return
        if loss is not None:
            self._losses.tell(self._step if self._hook is not None else step, loss)  # type: ignore[arg-type]
        if self._hook is None:
            self._step = step
            if self._step >= self._quiet:
                self._look()

    def _stepped(self, optimizer: torch.optim.Optimizer, *_: Any) -> None:
        """The optimizer made a step, or a fused one left it out as its gradients overflowed."""
        skipped = getattr(optimizer, "found_inf", None)
        if isinstance(skipped, Tensor) and skipped.device.type == "cpu" and bool(skipped > 0):
            return
        self._step += 1
        if isinstance(skipped, Tensor) and skipped.device.type != "cpu":  # read at the next look: nothing waits for the device now
            self._left_out.append((self._step, skipped))
        if self._step >= self._quiet and not self._closed and not self.stopped:
            self._look()

    # ---- a look ------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Look at the run after a step: measure what is due, and prepare for the next."""
        assert self._point is not None
        with self.budget.looking(self._step - self._looked), _plain(self.objective.device):
            try:
                opening = self._start is None
                if opening:
                    self._begin()
                self._count()
                self._looked = self._step
                self._read_losses()
                due = [name for name, gauge in self._gauges.items() if (opening and gauge.passes <= 1) or self.budget.due(name, self._step)]
                if due:
                    if self.objective.device.type == "cuda":
                        torch.cuda.synchronize(self.objective.device)
                        self.budget.synced()
                    self._measure(due, opening=opening)
                self._prepare()
            except StoreError as error:
                self._stop(str(error))

    def _count(self) -> None:
        """Take back the steps that a fused optimizer left out on its device."""
        left_out, self._left_out = self._left_out, []
        for step in reversed([step for step, skipped in left_out if bool(skipped > 0)]):
            self._step -= 1
            self._losses.left_out(step)

    def _begin(self) -> None:
        """The first step that is seen: what distances are measured from."""
        assert self._point is not None
        self._start = begun(self.objective, self._log, self._point(), self._step)
        self._warm_up()

    def _warm_up(self) -> None:
        """What a pass over the fixed examples takes, after one over a few of them; that is preparation, once."""
        assert self._point is not None
        if self.budget.share is None:
            return
        with torch.no_grad(), preserved_rng():
            self._fixed.pilot.value(self._point())
            began = self.budget.clock()
            float(self.objective.value(self._point()))
        self._estimate(self.budget.clock() - began)
        self.budget.ready()

    def _estimate(self, seconds: float) -> None:
        """Costs that are not known yet, from the seconds of a pass."""
        for name, cost in self.budget.costs.items():
            if not cost.count:
                cost.seconds = seconds * self._gauges[name].passes
        self.budget.plan()

    def _read_losses(self) -> None:
        """Losses of steps that were told since the last look, read together."""
        for step, value in self._losses.read():
            for event in self._flags.loss("training_loss", "the training loss is", step, value):
                self._tell.event(step, *event)
            if not math.isfinite(value):
                self._not_finite(step, f"the training loss is {value}")

    def _measure(self, due: Sequence[str], *, opening: bool = False) -> None:
        """Take what is due, the cheapest first, as far as it is earned or may be ahead; what opens a run is taken."""
        assert self._point is not None and self._training is not None and self._start is not None
        point = self._point()
        if self._problem is None:
            self._problem = self._fixed.problem()
        kept = self._before is not None and self._before[0] == self._step - 1
        before = {**point, **self._before[1]} if kept else None  # type: ignore[index]
        view = View(self._step, self.objective, point, before, self._start, self._training(), self._problem)
        values: dict[str, float] = {}
        for name in sorted(due, key=lambda name: self.budget.costs[name].seconds or self._gauges[name].passes):
            gauge, cost = self._gauges[name], self.budget.costs[name]
            if gauge.needs_before and before is None and not opening:
                continue
            if not opening and not self.budget.due(name, self._step):  # what was taken before it has spent what there was
                continue
            with self.budget.paying(name), preserved_rng():
                found = self._taken(gauge, view)
                cost.answered = bool(found)
            cost.last = self._step
            if found is None:
                del self._gauges[name], self.budget.costs[name]
                continue
            values |= found
            self._said_by(gauge)
            if name == "loss":
                self._estimate(cost.seconds or 0.0)
        self.budget.plan()
        if values:
            self._record(values)

    def _taken(self, gauge: Gauge, view: View) -> dict[str, float] | None:
        """The numbers of a gauge; one that fails is left out from now on, and that is told."""
        try:
            return {name: float(value) for name, value in gauge(view).items()}
        except StoreError:
            raise
        except Exception as error:  # whatever a network or a probe does: training goes on
            self._tell.left_out(self._step, gauge.name, error)
            return None

    def _record(self, values: dict[str, float]) -> None:
        """Write a record, and say what it shows."""
        if (mean := self._losses.mean()) is not None:
            values["training_loss"] = mean
        if not math.isnan(self.budget.used):
            values["monitor_share"] = self.budget.used
        self._tell.record(self._step, values)
        if "loss" in values:
            for event in self._flags.loss("loss", "the loss of the fixed examples is", self._step, values["loss"]):
                self._tell.event(self._step, *event)
        for event in self._flags.curvature(values):
            self._tell.event(self._step, *event)
        odd = [name for name in ("loss", "gradient_norm", "update_norm", "weight_norm") if not math.isfinite(values.get(name, 0.0))]
        if odd:
            self._not_finite(self._step, f"{odd[0].replace('_', ' ')} is {values[odd[0]]}")
        elif "loss" in values:
            self._lost = False
        self._tell.schedule(self._step)

    def _said_by(self, gauge: Gauge) -> None:
        """Events of a gauge, and quantities that it has come to measure."""
        if isinstance(gauge, Health):
            for event in self._flags.health(self._step, gauge.dead, gauge.drift):
                self._tell.event(self._step, *event)
        if new := {name: words for name, words in gauge.quantities.items() if name not in self.quantities}:
            self.quantities |= new
            self._log.describe(quantities=new)

    def _not_finite(self, step: int, what: str) -> None:
        """Say, once, that a number is none, and where that begins."""
        if self._lost or self._point is None or self._training is None:
            return
        self._lost = True
        where = begins(self.objective, self._training(), self._point())
        self._tell.event(step, "not finite", f"{what}; {where}")

    def _prepare(self) -> None:
        """Keep the point where a gauge that is due at the next step looks at the update; until then there is nothing to look at."""
        assert self._point is not None
        self._before = None
        wait = self.budget.quiet(self._step)
        if wait == 0 and any(gauge.needs_before and self.budget.due(name, self._step + 1) for name, gauge in self._gauges.items()):
            point = self._point()
            self._before = (self._step, {name: point[name].detach().clone() for name in self.objective.params})
        self._quiet = self._step + max(1, wait)

    # ---- what is told ------------------------------------------------------------------------------------------

    @property
    def schedule(self) -> dict[str, dict[str, float]]:
        """By measurement: what it takes, in seconds and in steps of training, and its period in steps; empty before that is known."""
        return self.budget.told(self._step)

    def dataset(self) -> xr.Dataset:
        """The log as it stands: kind "trajectory", a variable per quantity over ``step``."""
        return self._log.dataset()

    def summary(self) -> xr.Dataset:
        """Where quantities have their peaks, and events, on one axis of steps (:func:`lossatlas.monitor.summary.markers`)."""
        return markers(self.dataset())

    def __str__(self) -> str:
        """A line of status."""
        if self.stopped:
            return self.stopped
        share = "" if math.isnan(self.budget.used) else f", {100 * self.budget.used:.2g} % of training time"
        return "; ".join([f"step {self._step:,}{share}", *self._tell.seldom(self._step)])

    # ---- the end -----------------------------------------------------------------------------------------------

    def finish(self, text: str = "") -> None:
        """Say that the run is over; the log says so from then on."""
        if self._idle or self._closed or self.stopped or self._finished:
            return
        self._finished = True
        try:
            self._tell.finish(self._step, self._gauges, text)
        except StoreError as error:
            self._stop(str(error))

    def close(self, error: BaseException | None = None) -> None:
        """End; without an error the run has come to its end. Again does nothing."""
        if self._closed:
            return
        atexit.unregister(self._at_exit)
        if self._hook is not None:
            self._hook.remove()
        if not self._idle and not self.stopped:
            try:
                self._last_look()
                if error is None:
                    self.finish()
                elif not self._finished:
                    self._tell.event(self._step, "stopped", f"{type(error).__name__}: {first_line(error)}")
            except StoreError as failure:
                self._stop(str(failure))
        self._closed = True
        self._tell.close()

    def _last_look(self) -> None:
        """Losses that were not read, and whether a run that ended early ended in numbers that are none."""
        with preserved_rng(), _plain(self.objective.device):
            self._read_losses()
            early = self._planned is not None and self._step < self._planned
            if early and not self._lost and self._point is not None:
                with torch.no_grad():
                    value = float(self.objective.value(self._point()))
                if not math.isfinite(value):
                    self._not_finite(self._step, f"the loss of the fixed examples is {value}")

    def _stop(self, why: str) -> None:
        self.stopped = f"{why}; monitoring stopped at step {self._step}, training goes on"
        warnings.warn(self.stopped, RuntimeWarning, stacklevel=5)

    def _at_exit(self) -> None:
        self.close(getattr(sys, "last_exc", None) or getattr(sys, "last_value", None))

    def __enter__(self) -> Monitor:
        return self

    def __exit__(self, kind: Any, error: BaseException | None, *rest: Any) -> None:
        self.close(error)


def _plain(device: torch.device) -> Any:
    """Inside, no mixed precision that the loop may be in."""
    return torch.autocast(device.type, enabled=False)
