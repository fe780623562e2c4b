"""Ensembles side by side: how diverse and how good their members are, and what averaging makes of them (Fort et al. 2019, Figure 6).

On the plane of accuracy and diversity every member is a dot: further right is better, further up more different from the others of its
ensemble. The error of the average falls with the number of members, the faster the more diverse they are. In the reliability diagram
answers that are as sure as they are right lie on the diagonal; above it they are too little sure. Bars are the scores of all members
together, squares the mean of the members alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from . import caption as words
from .figure import Axis, Bars, Figure, Line, Mark, Panel, Points
from .profile import INTERVAL
from .reading import expect_kind, title
from .scales import short

if TYPE_CHECKING:
    import xarray as xr

#: What stands in bars: name -> title, factor.
_BARS = {"error": ("error, %", 100.0), "nll": ("negative log-likelihood", 1.0), "ece": ("calibration error, %", 100.0),
         "auroc": ("AUROC of strange inputs", 1.0), "brier": ("Brier score", 1.0)}
_DISAGREEMENT = ("disagreement of two members, %", 100.0)
#: Examples in a bin of the reliability diagram from which on it is drawn.
_FEW = 5


def ensembles(ds: xr.Dataset) -> Figure:
    """Draw what :func:`lossatlas.ensemble` measured: diversity and accuracy, error against members, reliability, and scores in bars.

    Raises:
        InputError: another result.
    """
    expect_kind(ds, "scan")
    if ds.attrs.get("family") != "ensemble":
        raise InputError("figures.ensembles got another scan; expected what la.ensemble returned; write figures.scan(ds)")
    names = [str(name) for name in ds["ensemble"].values]
    chosen = [name for name in _BARS if name in ds][:4]
    top = [_plane(ds, names), _curves(ds, names), _reliability(ds, names), _bars(ds, names, "disagreement")]
    return Figure((*top, *(_bars(ds, names, name) for name in chosen)), title(ds), _caption(ds), 4)


def _plane(ds: xr.Dataset, names: list[str]) -> Panel:
    marks: list[Mark] = []
    for k, name in enumerate(names):
        one = ds.sel(ensemble=name)
        accuracy, diversity = 100 * (1 - one["member_error"].values), one["member_diversity"].values
        there = np.isfinite(accuracy) & np.isfinite(diversity)
        marks.append(Points(accuracy[there], diversity[there], shade=np.ones(int(there.sum())), marker="ring", color=k))
    return Panel(tuple(marks), Axis("accuracy of a member, %"), Axis("disagreement over 1 − accuracy", "linear"), title="members")


def _curves(ds: xr.Dataset, names: list[str]) -> Panel:
    marks: list[Mark] = []
    members = ds["members"].values
    for k, name in enumerate(names):
        one = ds.sel(ensemble=name)
        marks.append(Line(members, 100 * one["error"].values, name, k))
    whole = tuple(float(m) for m in members if m == 1 or m == members[-1] or (m - 1) % max(1, round(len(members) / 5)) == 0)
    return Panel(tuple(marks), Axis("members", "linear", (0.8, float(members[-1]) + 0.2), whole, tuple(f"{m:g}" for m in whole)),
                 Axis("error of the average, %"), title="error against members")


def _reliability(ds: xr.Dataset, names: list[str]) -> Panel:
    marks: list[Mark] = [Line(np.array([0.0, 1.0]), np.array([0.0, 1.0]), "", 6, "dotted", 1.0)]
    for k, name in enumerate(names):
        one = _all(ds.sel(ensemble=name))
        there = one["bin_count"].values >= _FEW
        marks.append(Line(np.where(there, one["bin_confidence"].values, np.nan)[there], one["bin_accuracy"].values[there], "", k))
    return Panel(tuple(marks), Axis("confidence", "linear", (0.0, 1.0)), Axis("accuracy", "linear", (0.0, 1.02)), title="reliability")


def _bars(ds: xr.Dataset, names: list[str], quantity: str) -> Panel:
    head, factor = _BARS.get(quantity, _DISAGREEMENT)
    rows = np.arange(len(names), dtype=float)[::-1]
    marks: list[Mark] = []
    highest = 0.0
    for k, name in enumerate(names):
        one = ds.sel(ensemble=name)
        whole, at = _all(one), rows[k : k + 1]
        value, half = factor * float(whole[quantity]), factor * INTERVAL * float(whole[f"{quantity}_stderr"])
        if not np.isfinite(value):  # the disagreement of a single member
            continue
        marks.append(Bars(np.array([value]), at, np.array([value - half]), np.array([value + half]), color=k))
        highest = max(highest, value + half)
        if f"member_{quantity}" in one:
            alone = factor * float(np.nanmean(one[f"member_{quantity}"].values))
            marks.append(Points(np.array([alone]), at, shade=np.zeros(1), marker="ring"))
            highest = max(highest, alone)
    y = Axis("", "linear", (-0.7, len(names) - 0.3), tuple(rows), tuple(names))
    return Panel(tuple(marks), Axis("", "linear", (0.0, 1.08 * highest or 1.0)), y, title=head)


def _all(one: xr.Dataset) -> xr.Dataset:
    """An ensemble with all of its members."""
    return one.isel(members=int(np.isfinite(one["bin_count"].values).all(-1).sum()) - 1)


def _caption(ds: xr.Dataset) -> str:
    counts = np.isfinite(ds["bin_count"].values).all(-1).sum(-1)
    most = f"{counts.min()}" if counts.min() == counts.max() else f"{counts.min()} to {counts.max()}"
    said = [f"{most} members. Bars: all members together, ± {INTERVAL} standard errors over examples; squares: mean of the members alone.",
            f"Bins of fewer than {_FEW} examples are left out."]
    if "out_of_distribution" in ds.attrs:
        largest = short(float(np.nanmax(ds["auroc_stderr"].values)), 2)
        said.append(f"Strange inputs: {ds.attrs['out_of_distribution']}; largest standard error of the AUROC {largest}.")
    return words.join(said + words.setting(ds)[1:] + words.notes(ds))
