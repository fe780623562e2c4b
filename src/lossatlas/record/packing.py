"""Optimizer states, schedules and generators as tensors and JSON, so that no pickle is needed.

A state dict is a tree of dicts (some with whole numbers as keys), lists, numbers, words and tensors. Tensors go into the safetensors file
under a number; everything else into its metadata, with the number in the tensor's place.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

#: Marks of what JSON does not know.
TENSOR, TUPLE, PAIRS, ARRAY, FLOAT = "$tensor", "$tuple", "$dict", "$array", "$float"


class Unpackable(ValueError):
    """A tree holds something else than dicts, lists, numbers, words, arrays and tensors."""


def pack(tree: Any) -> tuple[dict[str, Tensor], str]:
    """The tensors of a tree by number, and the rest as JSON.

    Raises:
        Unpackable: with what it holds.
    """
    tensors: dict[str, Tensor] = {}

    def one(value: Any) -> Any:
        kind = type(value)
        if kind is str or kind is int or kind is bool or value is None:  # most of a tree, and training waits for it
            return value
        if isinstance(value, Tensor):
            number = str(len(tensors))
            tensors[number] = value
            return {TENSOR: number}
        if isinstance(value, np.ndarray):
            tensors[str(len(tensors))] = torch.from_numpy(value.astype(np.int64) if value.dtype == np.uint32 else value.copy())
            return {ARRAY: str(len(tensors) - 1), "dtype": str(value.dtype)}
        if kind is dict or isinstance(value, Mapping):
            return {PAIRS: [[one(k), one(v)] for k, v in value.items()]}
        if isinstance(value, tuple):
            return {TUPLE: [one(v) for v in value]}
        if isinstance(value, list):
            return [one(v) for v in value]
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, float) and not math.isfinite(value):
            return {FLOAT: repr(value)}
        if value is None or isinstance(value, bool | int | float | str):
            return value
        raise Unpackable(f"a {type(value).__name__}")

    return tensors, json.dumps(one(tree))


def unpack(tensors: Mapping[str, Tensor], text: str) -> Any:
    """The tree that was packed."""
    def one(value: Any) -> Any:
        if isinstance(value, list):
            return [one(v) for v in value]
        if not isinstance(value, dict):
            return value
        if TENSOR in value:
            return tensors[value[TENSOR]]
        if ARRAY in value:
            return tensors[value[ARRAY]].numpy().astype(value["dtype"])
        if TUPLE in value:
            return tuple(one(v) for v in value[TUPLE])
        return float(value[FLOAT]) if FLOAT in value else {one(k): one(v) for k, v in value[PAIRS]}

    return one(json.loads(text))
