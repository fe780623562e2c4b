"""What a recorded training run says of itself, without its points: its description and its metrics, read without torch.

A folder that a :class:`~lossatlas.Recorder` writes holds ``run.json`` (the network, the plan), ``metrics.jsonl`` (a line per record) and
the points, which :mod:`lossatlas.record` reads.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import StoreError, first_line
from .lines import METRICS, is_record, read_lines

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["CLAIM", "METRICS", "RUN", "STEPS", "metrics_dataset", "read_description", "read_rows"]

#: Names within the folder of a run.
RUN, STEPS, CLAIM = "run.json", "steps", ".recording"
#: Words and units of the metrics that every run has.
WORDS = {"loss": ("mini-batch loss, mean since the record before", ""), "lr": ("learning rate", ""), "epoch": ("epoch", ""),
         "norm": ("norm of the weights", ""), "distance": ("distance from the start", ""),
         "travelled": ("way from record to record", "")}


def read_description(path: Path) -> dict[str, Any]:
    """What ``run.json`` says.

    Raises:
        StoreError: it cannot be read.
    """
    try:
        description = json.loads((path / RUN).read_text())
    except (OSError, ValueError) as error:
        raise StoreError(f"{path / RUN} cannot be read: {first_line(error)}; expected the description of a run") from None
    if not isinstance(description, dict) or not isinstance(description.get("parameters"), dict):
        raise StoreError(f"{path / RUN} is no description of a run; expected the file that a Recorder wrote")
    return description


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The lines of ``metrics.jsonl`` in a folder; what was cut off by a crash, or is no record of numbers, is left out.

    Raises:
        StoreError: it cannot be read.
    """
    return [line for line in read_lines(path) if line is not None and is_record(line)]


def metrics_dataset(rows: Sequence[Mapping[str, Any]], *, title: str) -> xr.Dataset:
    """Rows {step, name: number …} as a Dataset over ``step``; rows of one step are joined."""
    import xarray as xr

    steps = sorted({int(row["step"]) for row in rows})
    names = list(dict.fromkeys(name for row in rows for name in row if name != "step"))
    values = {name: np.full(len(steps), np.nan) for name in names}
    place = {step: i for i, step in enumerate(steps)}
    for row in rows:
        for name in row.keys() - {"step"}:
            values[name][place[int(row["step"])]] = row[name]
    data = {name: ("step", column, dict(zip(("long_name", "units"), WORDS.get(name, (name.replace("_", " "), "")), strict=True)))
            for name, column in values.items()}
    return xr.Dataset(data, coords={"step": ("step", np.array(steps, dtype=np.int64), {"long_name": "step", "units": ""})},
                      attrs={"kind": "trajectory", "title": title})
