"""The frame of a group, made by zarr: descriptions, metadata and coordinates of its arrays; everything but the values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import files
from .description import COPY

if TYPE_CHECKING:
    import zarr

#: Points of the arrays of coordinates in one chunk.
_COORDINATES = 4096


def build(folder: Path, attributes: Mapping[str, Any]) -> None:
    """Everything of a group but its values: descriptions, metadata and coordinates of the arrays."""
    import zarr  # here, so that reading a result, which needs none of it, is quick

    meta = attributes["lossatlas"]
    indices, chunk = np.array(meta["order"], dtype=np.int64).reshape(-1, len(meta["dims"])), meta["chunk"]
    points = len(indices)
    group = zarr.create_group(str(folder), attributes=dict(attributes), overwrite=True)
    for column, dim in enumerate(meta["dims"]):
        length = min(points, _COORDINATES)
        _array(group, dim, (points,), "float64", length, ("point",))
        values = np.array(meta["coords"][dim], dtype="<f8")[indices[:, column]]
        for number, start in enumerate(range(0, points, length)):
            whole = np.full(length, np.nan, dtype="<f8")
            whole[: len(values[start : start + length])] = values[start : start + length]
            files.put(folder / dim, (number,), whole, owner="")
    for q in meta["quantities"]:
        names, shape = tuple(name for name, _ in q["dims"]), tuple(length for _, length in q["dims"])
        words = {"long_name": q["long_name"], "units": q["units"]}
        _array(group, q["name"], (points, *shape), "float64", chunk, ("point", *names), words)
        _array(group, f"center_{q['name']}", shape, "float64", 1, names, words)
    _array(group, "done", (points,), "bool", chunk, ("point",))
    files.write(folder / COPY, json.dumps(attributes).encode())


def _array(
    group: zarr.Group, name: str, shape: tuple[int, ...], dtype: str, chunk: int, dims: tuple[str, ...],
    attributes: Mapping[str, Any] | None = None,
) -> None:
    from zarr.codecs import GzipCodec

    fill: Any = False if dtype == "bool" else float("nan")
    chunks = (min(chunk, shape[0]), *shape[1:]) if dims[:1] == ("point",) else shape
    group.create_array(name, shape=shape, dtype=dtype, chunks=chunks, compressors=GzipCodec(level=files.COMPRESSION), fill_value=fill,
                       dimension_names=dims, attributes=dict(attributes or {}))


def make_root(root: Path) -> None:
    """The zarr group around all results, made anew where it is missing or damaged: it says nothing but that it is one."""
    import zarr

    try:
        zarr.open_group(str(root), mode="r")
    except Exception:
        with suppress(FileNotFoundError):
            (root / "zarr.json").unlink()
        try:
            zarr.open_group(str(root), mode="a")
        except ValueError:  # another process made it meanwhile
            zarr.open_group(str(root), mode="r")
