"""Whether a description makes sense. A checksum tells damage, not what another program or a person wrote there."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from .schema import Quantity

#: Values in all of a result; more is a slip of somebody's pen, not a result.
MOST_VALUES = 1 << 33
#: What figures and tables read from the attributes, and as what.
_ATTRIBUTES: dict[str, type] = {"kind": str, "title": str, "notes": list, "ends": list, "splits": list, "batchnorm_layers": list,
                                "labels": dict, "auto_range": dict, "ignore": list, "given": list, "panels": list, "digest_params": str}


def nonsense(attributes: Mapping[str, Any], indices: np.ndarray, coords: Mapping[str, np.ndarray], quantities: tuple[Quantity, ...]) -> str:
    """What makes no sense in a description, in words; the empty string where all does."""
    meta = attributes["lossatlas"]
    if not isinstance(meta["spec"], dict) or isinstance(meta["chunk"], bool) or not isinstance(meta["chunk"], int) or meta["chunk"] < 1:
        return f"its chunk is {meta['chunk']!r} and its spec a {type(meta['spec']).__name__}"
    if not isinstance(meta["seconds_per_point"], int | float):
        return "its seconds_per_point are no number"
    return _lattice(indices, coords) or _names(quantities, coords, len(indices)) or _said(attributes, coords)


def _lattice(indices: np.ndarray, coords: Mapping[str, np.ndarray]) -> str:
    for dim, values in coords.items():
        numbers = values.ndim == 1 and values.size and values.dtype.kind in "iuf" and np.isfinite(values).all()
        if not isinstance(dim, str) or not numbers:
            return f"its coordinate {dim!r} is no list of numbers"
    shape = tuple(len(values) for values in coords.values())
    count = math.prod(shape)
    if not shape or len(indices) != count or (indices < 0).any() or (indices >= shape).any():
        return "its order does not fit its coordinates"
    return "" if np.bincount(np.ravel_multi_index(tuple(indices.T), shape), minlength=count).max() == 1 else "its order has a point twice"


def _names(quantities: tuple[Quantity, ...], coords: Mapping[str, np.ndarray], points: int) -> str:
    taken = {*coords, "done", "point"}
    for q in quantities:
        words = (q.name, q.long_name, q.units, *[name for name, _ in q.dims])
        if not all(isinstance(word, str) for word in words) or not q.name or q.name.startswith(".") or set(q.name) & set("/\\\0"):
            return f"{q.name!r} is no name of a quantity"
        if q.name in taken or f"center_{q.name}" in taken:
            return f"it has two arrays {q.name!r}"
        if any(isinstance(n, bool) or not isinstance(n, int) or n < 0 for n in q.shape) or points * math.prod(q.shape) > MOST_VALUES:
            return f"{q.name!r} has shape {q.shape}"
        taken |= {q.name, f"center_{q.name}"}
    return "" if quantities else "it has no quantities"


def _said(attributes: Mapping[str, Any], coords: Mapping[str, np.ndarray]) -> str:
    for name, kind in _ATTRIBUTES.items():
        if attributes.get(name) is not None and not isinstance(attributes[name], kind):
            return f"its {name} is a {type(attributes[name]).__name__}"
    if "kind" not in attributes:
        return "it has no kind"
    for dim, labels in (attributes.get("labels") or {}).items():
        if not isinstance(labels, list) or (dim in coords and (coords[dim].min() < 0 or coords[dim].max() >= len(labels))):
            return f"its labels of {dim!r} do not fit"
    return ""
