"""``lossatlas flatness``: measures of flatness side by side, and which of them a rescaling of the same function moves."""

from __future__ import annotations

import math

import xarray as xr

from ..analyses import flatness as measured
from ..result.store import split_path
from .measure import DEFAULT_STORE
from .objectives import Options, note_fresh, printing, single


def flatness(objective: str, options: Options, *, measures: str | None, factor: float, rise: float, store: str | None) -> None:
    """``lossatlas flatness``."""
    if store is not None:
        split_path(store, "flatness")
    one = single(objective, options, "flatness")
    names = None if measures is None else tuple(name.strip() for name in measures.split(","))
    ds = measured(one, measures=names, factor=factor, rise=rise, seed=options.seed,  # type: ignore[arg-type]
                  store=store or DEFAULT_STORE, on_event=printing)
    print(f"result: {ds.attrs['store']}")
    print(*table(ds), sep="\n")
    if one.penalty is not None:
        print("note: the penalty of the objective is left out: this is the loss of the data")
    note_fresh(objective, options)


def table(ds: xr.Dataset) -> list[str]:
    """The result in lines: a measure each, with its error, at the point and at its twin, and by which factor it moved."""
    two = ds.sizes["function"] > 1
    rows = [("measure", "original", *((f"rescaled by {ds.attrs['asked_factor']:g}", "changed by") if two else ("", "")), "")]
    for name in ds["measure"].values:
        row = ds.sel(measure=name)
        cells = [_cell(row.isel(function=k)) for k in range(ds.sizes["function"])]
        change = (_change(ds, str(name)), "MOVED" if bool(row["moved"]) else "") if two else ("", "")
        rows.append((str(name), *(cells if two else [cells[0], ""]), *change))
    widths = [max(len(row[k]) for row in rows) for k in range(5)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines += [f"{'~':>3} not converged"] if not bool(ds["converged"].all()) else []
    if two:
        lines.append(f"the same function: {ds.attrs['rescaled']} (losses of examples differ by at most {ds.attrs['difference']:.1g}); "
                     "what MOVED is no property of the function")
    else:
        lines.append(f"rescaled: {ds.attrs['rescaled']}")
    if "basin_volume_mean_log" in ds:
        lines.append(_volume(ds))
    return lines


def _cell(one: xr.Dataset) -> str:
    value, error = float(one["value"]), float(one["stderr"])
    spread = f" ± {error:.2g}" if math.isfinite(error) else ""
    interval = f" [{float(one['low']):.5g}, {float(one['high']):.5g}]" if not spread and math.isfinite(float(one["low"])) else ""
    return f"{value:.5g}{spread or interval}{'' if bool(one['converged']) else ' ~'}"


def _change(ds: xr.Dataset, name: str) -> str:
    """A factor; of logarithms a difference."""
    row = ds.sel(measure=name)
    if name in ("basin_volume", "local_entropy"):
        return f"{float(row['value'][1] - row['value'][0]):+.3g}"
    return f"x {float(row['factor']):.4g}"


def _volume(ds: xr.Dataset) -> str:
    """What a logarithm of a volume is worth."""
    first = {name: float(ds[f"basin_volume_{name}"][0]) for name in ("log10", "mean_log", "effective_sample_size")}
    return (f"basin_volume is a natural logarithm (log10 {first['log10']:.1f}) by the log-mean over directions; the mean-log is "
            f"{first['mean_log']:.5g}, the effective sample size {first['effective_sample_size']:.2g}: a score, no volume, below about 10")
