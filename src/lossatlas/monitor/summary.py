"""Phases of a run on one axis (METHODS K6): where quantities have their peaks, and what happened when.

Curvature, the trace of the Fisher information and the gradient rise early and fall later, at steps that lie near each other where a run has
phases (Achille et al. 2019; Jastrzebski et al. 2019, 2020). A peak counts where the largest value stands out of both ends of the run by
``STANDS_OUT``; else the quantity only rose, or only fell, and that is said instead.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

#: Quantities whose peaks are looked for, and those whose way is: the step where half of it was made.
PEAKS = ("gradient_norm", "noise_scale", "critical_sharpness", "lambda_max", "lambda_preconditioned", "eigenvalue_1", "f_top",
         "fisher_trace")
WAYS = ("loss", "function_distance", "distance")
#: A peak over the ends of the run.
STANDS_OUT = 1.2


def markers(ds: xr.Dataset) -> xr.Dataset:
    """Phase markers of the log of a run.

    Returns:
        A Dataset over ``marker``, in the order of steps: ``step``, ``value``, ``kind`` ("peak", "rise", "fall", "half", "event") and
        ``text``. Of a quantity with fewer than three values there is none.
    """
    steps = ds["step"].values
    rows: list[tuple[str, int, float, str, str]] = []
    for name in PEAKS:
        if name in ds and (row := _peak(name, str(ds[name].attrs["long_name"]), steps, ds[name].values)) is not None:
            rows.append(row)
    for name in WAYS:
        if name in ds and (row := _half(name, str(ds[name].attrs["long_name"]), steps, ds[name].values)) is not None:
            rows.append(row)
    rows += [(event["event"], event["step"], float("nan"), "event", event["text"]) for event in ds.attrs.get("events", ())]
    rows.sort(key=lambda row: row[1])
    columns: list[Any] = list(zip(*rows, strict=True)) if rows else [[]] * 5
    data = {"step": ("marker", np.array(columns[1], dtype=np.int64), {"long_name": "step", "units": ""}),
            "value": ("marker", np.array(columns[2], dtype=float), {"long_name": "value there", "units": ""}),
            "kind": ("marker", np.array(columns[3], dtype=object)), "text": ("marker", np.array(columns[4], dtype=object))}
    return xr.Dataset(data, coords={"marker": ("marker", np.array(columns[0], dtype=object))},
                      attrs={"kind": "scan", "title": f"{ds.attrs.get('title', 'a run')}: phases", "last_step": int(steps[-1]) if len(steps)
                             else 0})


def told(found: xr.Dataset) -> str:
    """The markers as lines for a terminal."""
    width = max((len(str(name)) for name in found["marker"].values), default=0)
    return "\n".join(f"step {int(step):>8,}  {name:<{width}}  {text}" for step, name, text in
                     zip(found["step"].values, found["marker"].values, found["text"].values, strict=True))


def _peak(name: str, words: str, steps: np.ndarray, values: np.ndarray) -> tuple[str, int, float, str, str] | None:
    known = np.isfinite(values)
    steps, values = steps[known], values[known]
    if len(values) < 3:
        return None
    top = int(values.argmax())
    first, last, high = float(values[0]), float(values[-1]), float(values[top])
    if high > STANDS_OUT * max(first, 0.0) and high > STANDS_OUT * max(last, 0.0):
        return name, int(steps[top]), high, "peak", f"peak of {words}: {high:.4g} (at first {first:.4g}, at last {last:.4g})"
    kind = "rise" if last > first else "fall"
    return name, int(steps[top]), high, kind, f"{words} {'rose' if kind == 'rise' else 'fell'} without a peak: {first:.4g} to {last:.4g}"


def _half(name: str, words: str, steps: np.ndarray, values: np.ndarray) -> tuple[str, int, float, str, str] | None:
    known = np.isfinite(values)
    steps, values = steps[known], values[known]
    if len(values) < 3 or values[0] == values[-1]:
        return None
    share = (values - values[0]) / (values[-1] - values[0])
    at = int((share >= 0.5).argmax())
    return name, int(steps[at]), float(values[at]), "half", f"half of the way of {words}: {values[0]:.4g} to {values[-1]:.4g}"
