"""The one optimisation loop: move a point, or what a family is made of, down an objective.

The network is a pure function of the point, so training never touches a module: the loop owns a point and steps it.
Mini-batches are drawn without replacement, epoch by epoch. What is random in step s (the order of the data, augmentation,
dropout) follows from the seed and s alone, never from the steps before: a run that goes on from step k repeats the run that
it comes from to the bit, and one with another seed differs from it in what is random from k on, and in nothing else
(instability analysis: Frankle et al. 2020).
"""

from __future__ import annotations

import copy
import inspect
import math
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from .errors import InputError
from .family import Family
from .objective import Objective
from .params import Params
from .seeds import check_seed, generator, preserved_rng, restart_rng


@runtime_checkable
class Trainable(Protocol):
    """What can be trained beside a point and the coordinates of a family: a curve's controls, a point under a mask."""

    def variables(self, init: Any) -> list[Tensor]:
        """Where training starts: tensors that the loop may change."""
        ...

    def drawn(self, variables: Sequence[Tensor], generator: torch.Generator) -> Params:
        """The point whose loss this step takes, differentiable in the variables."""
        ...

    def trained(self, variables: Sequence[Tensor]) -> Any:
        """The family that these variables make."""
        ...


@dataclass(frozen=True)
class Checkpoint:
    """A training run after ``step`` steps: all that it takes to go on (:meth:`lossatlas.record.Run.state`).

    Attributes:
        point: parameters and all buffers.
        optimizer: its state dict, ``scheduler`` likewise; None where there was none.
        coordinates: what is trained where that is not the point itself.
        seed: of the order of the data; None for a loop that is not ours.
        epoch: whole epochs that are done.
        rng: states of the process-wide generators, of a loop that is not ours.
    """

    step: int
    point: Params = field(repr=False)
    optimizer: dict[str, Any] | None = field(default=None, repr=False)
    scheduler: dict[str, Any] | None = None
    coordinates: tuple[Tensor, ...] = ()
    seed: int | None = None
    epoch: int = 0
    rng: dict[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Fit:
    """The end of a training run.

    Attributes:
        point: parameters and float buffers (or, trained through a family, the family's point).
        steps: how many steps were made, those before a start from a :class:`Checkpoint` included.
        losses: the mini-batch loss before every step that was made here, shape (steps made here,).
        stopped: None where all steps were made, else why not.
        coordinates: the coordinates found, shape (k,), where a family's coordinates were trained.
        family: what was trained, where that was a curve or a point under a mask.
    """

    point: Params
    steps: int
    losses: Tensor
    stopped: str | None = None
    coordinates: Tensor | None = None
    family: Any = None


@dataclass(frozen=True)
class State:
    """What a hook sees beside step and point.

    Attributes:
        loss: of the mini-batch before the step; NaN before the first.
        optimizer, scheduler: live; ``scheduler`` is None without one.
        epoch: whole epochs that are done.
        seed: of the run.
        steps: how many the run is to have.
        parameters: names of the entries of the point that are parameters; the others are buffers.
        coordinates: what is trained where that is not the point itself, live.
    """

    loss: float
    optimizer: torch.optim.Optimizer
    epoch: int
    scheduler: Any = None
    seed: int = 0
    steps: int = 0
    parameters: frozenset[str] = frozenset()
    coordinates: tuple[Tensor, ...] = ()


Hook = Callable[[int, Params, State], Any]
#: Makes an optimizer of what is trained, or a pair (optimizer, torch scheduler).
OptimizerFactory = Callable[[Iterable[Tensor]], Any]


def fit(
    objective: Objective, *, family: Family | Trainable | None = None, init: Mapping[str, Tensor] | Tensor | Checkpoint | None = None,
    optimizer: OptimizerFactory, steps: int, seed: int | None = None, hooks: Sequence[Hook] = (),
    schedule: Callable[[int], float] | None = None,
) -> Fit:
    """Minimize an objective with mini-batches of its batch size.

    Args:
        objective: with ``objective.training(augment=…, autocast="bf16")`` also augmentation and mixed precision.
        family: train its coordinates instead of the point, the inner controls of a :class:`~lossatlas.Path` (a random place on the
            curve every step), or a point under a mask (:class:`~lossatlas.Masked`).
        init: where to start: a point (default: where the network stood), coordinates of the family (default: zeros), or a
            :class:`Checkpoint` such as ``run.state(k)``: then training goes on from step k as that run would have.
        optimizer: makes the optimizer of a list of tensors, e.g. ``partial(torch.optim.SGD, lr=0.1, momentum=0.9)``, or a pair of it
            and a torch scheduler, which is stepped after every step. Through a family its weight decay acts on the point, as a
            penalty ½·λ·‖θ‖², and not on the coordinates.
        steps: how many in all; of a start from a checkpoint of step k, ``steps - k`` are made.
        seed: fixes the order of the data, augmentation, dropout and the like (default: that of the checkpoint, else 0).
        hooks: called as ``hook(step, point, state)`` before the first step and after every step; ``step`` counts those made. What
            they draw from generators changes nothing.
        schedule: number of steps made -> factor of the learning rate.

    Returns:
        A :class:`Fit`. A loss that is not finite stops the run, with a warning, and is named in ``stopped``.

    Raises:
        InputError: steps < 1 or not beyond the checkpoint's, a start of another network, a schedule beside a scheduler, decoupled
            weight decay through a family.
    """
    view = objective if objective.in_training else objective.training()
    seed = check_seed((init.seed if isinstance(init, Checkpoint) and init.seed is not None else 0) if seed is None else seed)
    begun = init.step if isinstance(init, Checkpoint) else 0
    if isinstance(steps, bool) or not isinstance(steps, int) or steps <= begun:
        after = f", beyond the checkpoint's {begun}: the steps before it count" if begun else ""
        raise InputError(f"steps is {steps!r}; expected a whole number of at least {begun + 1}{after}")
    moving = _Moving(objective, family, init)
    descent, scheduler, decay = _descent(optimizer, moving, init, schedule)
    rates = [group["lr"] for group in descent.param_groups]
    takes_closure = _takes_closure(descent)
    losses: list[float] = []
    stopped = None

    def loss() -> Tensor:
        restart_rng(seed, "fit", step)
        descent.zero_grad()
        point = moving.point(generator(seed, "family", step))
        if decay:
            point |= zip(objective.params, _Decayed.apply(decay, *(point[name] for name in objective.params)), strict=True)
        value = view.value(point, batch)
        if len(losses) == step - begun:  # an optimizer that asks several times (LBFGS) has its first value recorded
            losses.append(float(value.detach()))
            if not math.isfinite(losses[-1]):
                raise _NotFinite
        value.backward()
        return value

    def tell(step: int) -> None:
        state = State(losses[-1] if losses else math.nan, descent, epoch, scheduler, seed, steps, moving.parameters,
                      moving.coordinates)
        for hook in hooks:
            hook(step, moving.point(None), state)

    with preserved_rng():
        batches = objective.data.shuffled(seed, start=begun)
        epoch, drawn = next(batches)
        tell(begun)
        for step in range(begun, steps):
            batch = view.augmented(drawn, generator(seed, "augment", step))
            for group, rate in zip(descent.param_groups if schedule else (), rates, strict=False):
                group["lr"] = rate * schedule(step)
            moving.keep_buffers()
            try:
                if takes_closure:
                    descent.step(loss)
                else:
                    loss()
                    descent.step()
            except _NotFinite:
                stopped = f"the loss is {losses[-1]} at step {step}"
                moving.restore_buffers()
                break
            if scheduler is not None:
                scheduler.step(*[losses[-1]] * isinstance(scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau))
            epoch, drawn = next(batches)
            tell(step + 1)
    return _ended(moving, begun, losses, stopped)


def _takes_closure(descent: torch.optim.Optimizer) -> bool:
    """Whether an optimizer evaluates the loss itself, as LBFGS does."""
    closure = inspect.signature(descent.step).parameters.get("closure")
    return closure is not None and closure.default is inspect.Parameter.empty


class _Decayed(torch.autograd.Function):
    """The tensors of a point as they are, to whose gradients λ·θ is added: that of ½·λ·‖θ‖², whose value nobody asks for."""

    @staticmethod
    def forward(ctx: Any, decay: float, *tensors: Tensor) -> tuple[Tensor, ...]:
        ctx.decay = decay
        ctx.save_for_backward(*tensors)
        return tuple(tensor.view_as(tensor) for tensor in tensors)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Any, ...]:
        return (None, *torch._foreach_add(list(gradients), list(ctx.saved_tensors), alpha=ctx.decay))


class _NotFinite(Exception):
    """The loss is not finite; the step is not made."""


class _Moving:
    """What is trained, and the point that it makes.

    Attributes:
        variables: the tensors that the optimizer steps.
        coordinates: the same where they are not the point itself, else empty.
        parameters: names of the entries of a point that are parameters.
    """

    def __init__(self, objective: Objective, family: Any, init: Any) -> None:
        self.objective, self.family, self.parameters = objective, family, frozenset(objective.params)
        given = init.point if isinstance(init, Checkpoint) else init
        self._weights: Params = {}
        if family is None:
            start = objective.point() if given is None else objective.conform(given, what="the start")
            self._weights = {n: {**objective.params, **start}[n].detach().clone().requires_grad_() for n in objective.params}
            self.variables, self.coordinates = list(self._weights.values()), ()
        else:
            from_checkpoint = isinstance(init, Checkpoint)
            self.variables = _started(family, init.coordinates if from_checkpoint else init, from_checkpoint)
            self.coordinates = tuple(self.variables)
            with torch.no_grad():
                start = self._at(None)
        # buffers are the loop's own, floating or not: a pass in train mode updates them in place, and what was given stays as it is
        counters = given if isinstance(init, Checkpoint) else {}
        self.buffers = {n: counters.get(n, start.get(n, b)).detach().to(b.device).clone() for n, b in objective.buffers.items()}
        self._kept = [buffer.clone() for buffer in self.buffers.values()]

    def keep_buffers(self) -> None:
        """Remember the buffers, which a forward pass changes."""
        for kept, buffer in zip(self._kept, self.buffers.values(), strict=True):
            kept.copy_(buffer)

    def restore_buffers(self) -> None:
        """The buffers as they were before the step that is not made."""
        for kept, buffer in zip(self._kept, self.buffers.values(), strict=True):
            buffer.copy_(kept)

    def _at(self, generator: torch.Generator | None) -> Params:
        if self.family is None:
            return self._weights
        if isinstance(self.family, Trainable):
            return self.family.drawn(self.variables, generator)
        return self.family(self.variables[0])

    def point(self, generator: torch.Generator | None) -> Params:
        """The point whose loss a step takes; without a generator, the one that stands for what is trained (of a curve, its middle)."""
        return {**self._at(generator), **self.buffers}


def _started(family: Any, init: Any, exact: bool) -> list[Tensor]:
    """The variables of a family at the start: those of a checkpoint are there already (``exact``)."""
    own = family.variables(None if exact else init) if isinstance(family, Trainable) else [_coordinates(family, None if exact else init)]
    if exact:
        if not init:
            raise InputError("the checkpoint is of a run that trained its point, and not through a family; expected family=None")
        if [tensor.shape for tensor in own] != [tensor.shape for tensor in init]:
            here, there = (f"{len(each)} tensors of {sum(t.numel() for t in each)} numbers" for each in (own, init))
            raise InputError(f"the checkpoint is of a run that trained {there}, and this family has {here}; expected the one that was "
                             "trained")
        own = list(init)
    return [tensor.detach().clone().requires_grad_() for tensor in own]


def _descent(factory: Any, moving: _Moving, init: Any, schedule: Any) -> tuple[torch.optim.Optimizer, Any, float]:
    """The optimizer, its scheduler or None, and the weight decay that acts on the point of a family instead of on what is trained."""
    made = factory(moving.variables)
    descent, scheduler = made if isinstance(made, tuple) and len(made) == 2 else (made, None)
    if not hasattr(descent, "param_groups") or not callable(getattr(descent, "step", None)):
        raise InputError(f"optimizer made a {type(descent).__name__}; expected a torch optimizer, or a pair of it and a scheduler: write "
                         "optimizer=functools.partial(torch.optim.SGD, lr=0.1)")
    if scheduler is not None and schedule is not None:
        raise InputError("optimizer makes a scheduler and schedule is given too; expected one of them")
    decay = 0.0
    if moving.family is not None and (decay := float(descent.defaults.get("weight_decay", 0.0))):
        if descent.defaults.get("decoupled_weight_decay", isinstance(descent, torch.optim.AdamW)):
            raise InputError(f"{type(descent).__name__} decays what it trains by itself, which through a family is not the point; write "
                             "weight_decay=0 and la.Objective.from_module(…, penalty=λ), which adds ½·λ·‖θ‖²")
        for group in descent.param_groups:
            group["weight_decay"] = 0.0
    if isinstance(init, Checkpoint):
        _continued(descent, scheduler, schedule, init)
    return descent, scheduler, decay


def _continued(descent: torch.optim.Optimizer, scheduler: Any, schedule: Any, checkpoint: Checkpoint) -> None:
    """Momentum and the like as the checkpoint has them; without a scheduler rates and coefficients are those of the new optimizer."""
    if checkpoint.optimizer is not None:
        if (checkpoint.scheduler is None) != (scheduler is None):
            had, has = ("no scheduler" if one is None else "a scheduler" for one in (checkpoint.scheduler, scheduler))
            raise InputError(f"the checkpoint's run had {had} and this one has {has}; expected an optimizer factory like that of the run")
        own = descent.state_dict()["param_groups"]
        groups = checkpoint.optimizer["param_groups"]
        if [len(group["params"]) for group in own] != [len(group["params"]) for group in groups]:
            raise InputError(f"the checkpoint's optimizer has groups of {[len(g['params']) for g in groups]} tensors; expected "
                             f"{[len(g['params']) for g in own]}: one of the same network and family")
        state = copy.deepcopy(checkpoint.optimizer["state"])  # torch would step the checkpoint's own tensors
        descent.load_state_dict({"state": state, "param_groups": own if scheduler is None else groups})
        rate = own[0]["lr"] * (schedule(checkpoint.step - 1) if schedule else 1.0)
        if scheduler is None and checkpoint.step and state and not math.isclose(float(rate), float(groups[0]["lr"]), rel_tol=1e-6):
            warnings.warn(f"training goes on from step {checkpoint.step} with the learning rate {float(rate):g}, where that run had "
                          f"{float(groups[0]['lr']):g}", UserWarning, stacklevel=4)
    if scheduler is not None and checkpoint.scheduler is not None:
        scheduler.load_state_dict(copy.deepcopy(checkpoint.scheduler))


def _ended(moving: _Moving, begun: int, losses: list[float], stopped: str | None) -> Fit:
    """The result, with a warning where the run did not end as it should."""
    own = moving.objective.point()
    with torch.no_grad():
        end = {name: tensor.detach() for name, tensor in moving.point(None).items() if name in own}
    done = begun + len(losses) - (stopped is not None)
    if stopped is None and not all(bool(torch.isfinite(tensor).all()) for tensor in end.values()):
        stopped = f"the weights are not finite after step {done - 1}"
    if stopped:
        warnings.warn(f"training stopped: {stopped}; expected finite losses: take a smaller learning rate", RuntimeWarning, stacklevel=3)
    made = isinstance(moving.family, Trainable)
    coordinates = None if moving.family is None or made else moving.variables[0].detach()
    trained = moving.family.trained([v.detach() for v in moving.variables]) if made else None
    return Fit(end, done, torch.tensor(losses, dtype=torch.float64), stopped, coordinates, trained)


def _coordinates(family: Family, init: Any) -> Tensor:
    u = torch.zeros(len(family.dims), dtype=torch.float64)
    if init is None:
        return u
    given = torch.as_tensor(init).detach().to(torch.float64).clone()
    if given.shape != u.shape or not bool(torch.isfinite(given).all()):
        raise InputError(f"the start is {given.tolist()}; expected {len(u)} finite coordinates, one for each of {family.dims}")
    return given
