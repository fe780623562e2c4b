"""One objective, or several on different data: ``{"train": …, "test": …}``. Which of them stands for what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import InputError
from .objective import Objective

Objectives = Objective | Mapping[str, Objective]


def trained_on(objective: Any) -> Objective:
    """The objective that something is trained on: itself, or the train part of a pair, else its first.

    Raises:
        InputError: what is neither an objective nor a dict of them.
    """
    one = (objective.get("train") or next(iter(objective.values()), None)) if isinstance(objective, Mapping) else objective
    if not isinstance(one, Objective):
        raise InputError(f"objective is a {type(objective).__name__}; expected an Objective, or a dict: {{'train': …, 'test': …}}")
    return one


def first_of(objective: Objectives) -> Objective:
    """The objective, or the first of several: it stands for the network, which they share."""
    return objective if isinstance(objective, Objective) else next(iter(objective.values()))
