"""Children of a training run: training goes on from one of its steps, with other randomness (Frankle et al. 2020; Fort et al. 2020).

A child starts from all that the run had after k steps: weights and buffers, momentum, the place on the schedule of the learning rate. What
is random from there on, the order of the data, augmentation and dropout, follows from the child's seed: children differ in this and in
nothing else. With the parent's own seed a child is the parent, to the bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..fitting import Checkpoint, Hook, OptimizerFactory, fit
from ..identity import code_digest
from ..names import Momentum, choose
from ..objective import Objective
from ..params import digest
from ..result.recorded import RUN
from ..seeds import check_seed
from .recorder import Recorder
from .run import Run, open_run


def spawn(
    run: Any, objective: Objective, step: int, *, seeds: Sequence[int] = (1, 2), optimizer: OptimizerFactory | None = None,
    steps: int | None = None, schedule: Callable[[int], float] | None = None, momentum: Momentum = "kept",
    out: str | Path | None = None, hooks: Sequence[Hook] = (),
) -> list[Any]:
    """Train children of a run from one of its steps, one a seed.

    Args:
        run: the parent, of :func:`~lossatlas.open_run`.
        objective: what it was trained on; with its augmentation, if it had one (``objective.training(augment=…)``).
        step: of the parent, a recorded one (-1: the last).
        seeds: of the children; the parent's own seed gives the parent again.
        optimizer, schedule: as the parent had them, see :func:`~lossatlas.fit`. A run of ``lossatlas train`` knows them, and its
            objective: ``la.zoo.runs.spawn(run, step)``.
        steps: how many in all, those before ``step`` included (default: as many as the parent made).
        momentum: ``kept``; or ``fresh``, as when weights are rewound: the place on the schedule stays.
        out: a folder to record the children in, as ``step-<k>/seed-<s>``; children that are there are not trained again, and those
            that broke off go on; with another optimizer, schedule or objective they are refused.
        hooks: of all children.

    Returns:
        A :class:`~lossatlas.fitting.Fit` a seed; with ``out`` their runs. One that stopped early says why in ``stopped``, and of runs
        the last step tells it.

    Raises:
        InputError: a step that was not recorded, or at which the run holds no state to go on from; steps not beyond it; no optimizer;
            children in ``out`` that were trained otherwise.
    """
    choose(momentum, Momentum, "momentum")
    if optimizer is None:
        raise InputError("optimizer is missing; expected the one that the run was trained with, e.g. optimizer=functools.partial("
                         "torch.optim.SGD, lr=0.1); a run of `lossatlas train` knows it: write la.zoo.runs.spawn(run, step, seeds=…)")
    start = _start(run, step, momentum)
    total = total_steps(run, start.step, steps)
    factory = optimizer if start.scheduler is not None or momentum == "kept" else _without_scheduler(optimizer, start)
    children: list[Any] = []
    for seed in map(check_seed, _checked(seeds)):
        options = {"optimizer": factory, "steps": total, "seed": seed, "schedule": schedule}
        if out is None:
            children.append(fit(objective, init=start, hooks=hooks, **options))
        else:
            about = {"parent": digest(start.point), "step": start.step, "seed": seed, "steps": total, "momentum": momentum,
                     **trained_how(objective, optimizer, schedule)}
            children.append(_recorded(Path(out) / f"step-{start.step}" / f"seed-{seed}", about, start, objective, hooks, options))
    return children


def _start(run: Any, step: int, momentum: str) -> Checkpoint:
    """What the children go on from."""
    if momentum == "kept":
        return run.state(step)
    try:
        found = run.state(step)
    except InputError:  # weights alone, all that fresh momentum needs; a step that is not there is refused by at()
        point = run.at(step)
        return Checkpoint(run.steps[-1] if step == -1 else step, point)
    groups = (found.optimizer or {}).get("param_groups")
    return replace(found, optimizer=None if groups is None else {"state": {}, "param_groups": groups})


def _without_scheduler(optimizer: OptimizerFactory, start: Checkpoint) -> OptimizerFactory:
    """The factory, which may make no scheduler: its place is not known."""
    def make(tensors: Any) -> Any:
        made = optimizer(tensors)
        if isinstance(made, tuple):
            raise InputError(f"optimizer makes a scheduler, and its state at step {start.step} is not there, so that it would begin anew; "
                             "expected a run recorded with state=True, or schedule=…, a function of the step")
        return made

    return make


def total_steps(run: Any, step: int, steps: int | None) -> int:
    """How many steps the children of a step make in all: as many as are asked for, or as the parent made.

    Raises:
        InputError: it ends there, or is not finished.
    """
    if steps is None and not run.finished:
        raise InputError(f"{run.path} is not finished; expected how many steps its children make in all")
    total = run.steps[-1] if steps is None else steps
    if isinstance(total, bool) or not isinstance(total, int) or total <= step:
        end = f"{run.path} ends at step {total}" if steps is None else f"children that end at step {total!r}"
        raise InputError(f"{end}, and begin at step {step}; expected more steps in all, those before step {step} included")
    return total


def trained_how(objective: Objective, optimizer: OptimizerFactory | None, schedule: Callable[[int], float] | None) -> dict[str, Any]:
    """What children are trained with, as plain data; the objective's own weights do not count, children begin at their parent's."""
    view = objective if objective.in_training else objective.training()  # as fit takes it
    training = {name: value for name, value in view.spec().items() if name != "params"}
    training |= {"batch_size": view.data.batch_size, "augment": code_digest(view.augment), "autocast": view.autocast}
    return {"optimizer": code_digest(optimizer), "schedule": code_digest(schedule), "training": training}


def _checked(seeds: Sequence[int]) -> Sequence[int]:
    if not isinstance(seeds, Sequence) or isinstance(seeds, str) or not len(seeds):
        raise InputError(f"seeds is {seeds!r}; expected one for each child, such as (1, 2)")
    return seeds


def _recorded(folder: Path, about: dict[str, Any], start: Checkpoint, objective: Objective, hooks: Sequence[Hook],
              options: dict[str, Any]) -> Run:
    """A child on disk, trained as far as it is not there yet."""
    with Recorder(folder, about=about, resume=True) as recorder:
        there = open_run(folder) if (folder / RUN).exists() else None
        if there is not None and there.finished:
            recorder.close(final=False)
            return there
        init = there.state() if there is not None and there.steps else start
        if init.step < options["steps"]:  # else killed between its last checkpoint and the word that it is finished
            fit(objective, init=init, hooks=[recorder, *hooks], **options)
        else:
            recorder.close(final=False)
    return open_run(folder)
