"""A loop of the user's own put back to where it was: network, optimizer and scheduler, after everything was found to fit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ..checkpoint import PREFIXES, fit_state
from ..errors import InputError
from ..fitting import Checkpoint

#: What schedulers add to the options of an optimizer.
_OF_SCHEDULERS = frozenset({"initial_lr", "min_lr", "max_lr", "swa_lr", "base_momentum", "max_momentum"})


def unwrapped(model: nn.Module) -> nn.Module:
    """The network inside DataParallel, DistributedDataParallel and torch.compile, under whose names a run is kept."""
    while True:
        if isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
            model = model.module
        elif isinstance(inner := model._modules.get("_orig_mod"), nn.Module):
            model = inner
        else:
            return model


def put_back(model: nn.Module, optimizer: Any, scheduler: Any, found: Checkpoint, *, what: str, buffers: Collection[str] = ()) -> None:
    """Load a checkpoint; nothing is changed where something does not fit.

    Args:
        what: the checkpoint in words.
        buffers: names that may be left out where the network does not store them.

    Raises:
        InputError: another network, another optimizer, a scheduler or optimizer whose state is not there.
    """
    for name, given, state in (("optimizer", optimizer, found.optimizer), ("scheduler", scheduler, found.scheduler)):
        if given is not None and state is None:
            raise InputError(f"{what} holds no state of the {name}; leave {name} out, and it begins anew, or record it with "
                             "recorder.step(model, optimizer, scheduler=scheduler)")
    if optimizer is not None:
        _check_optimizer(optimizer, found.optimizer, what)
    model = unwrapped(model)
    stored = model.state_dict()
    tensors = _named(model, found.point)
    fit_state(model, {name: tensor for name, tensor in tensors.items() if name in stored or name not in buffers}, what=what)
    if optimizer is not None:
        optimizer.load_state_dict(found.optimizer)
    if scheduler is not None:
        scheduler.load_state_dict(found.scheduler)


def _named(model: nn.Module, point: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a point under all names of the network: without the prefix of a wrapper, tied ones under each of theirs."""
    entries = [*model.named_parameters(remove_duplicate=False), *model.named_buffers(remove_duplicate=False)]
    names = {name for name, _ in entries}
    tensors = dict(point)
    for prefix in PREFIXES * 2:
        if not names & tensors.keys() and all(name.startswith(prefix) for name in tensors):
            tensors = {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}
    there = {id(own): tensors[name] for name, own in reversed(entries) if name in tensors}
    return {**{name: there[id(own)] for name, own in entries if id(own) in there}, **tensors}


def _check_optimizer(optimizer: torch.optim.Optimizer, state: Any, what: str) -> None:
    """Refuse a state of another optimizer: of other options, or of other numbers of tensors."""
    groups = state.get("param_groups") if isinstance(state, Mapping) else None
    if not isinstance(groups, list) or not all(isinstance(group, Mapping) and "params" in group for group in groups):
        raise InputError(f"{what} holds no state of a torch optimizer; expected one with param_groups, or leave optimizer out")
    own = optimizer.param_groups
    had, has = ([len(group["params"]) for group in each] for each in (groups, own))
    if had != has:
        raise InputError(f"{what} holds an optimizer with groups of {had} tensors, and this {type(optimizer).__name__} has {has}; expected "
                         "the one that was recorded")
    for old, new in zip(groups, own, strict=True):
        unknown, missing = sorted(old.keys() - new.keys() - _OF_SCHEDULERS), sorted(optimizer.defaults.keys() - old.keys())
        if unknown and missing:  # one alone is what versions of torch differ in
            raise InputError(f"{what} holds an optimizer with {', '.join(unknown[:3])} and without {', '.join(missing[:3])}, which is no "
                             f"{type(optimizer).__name__}; expected the one that was recorded")
