"""Training runs on one page: what recipes, batch sizes and architectures do to the minima they end in (Li et al. 2018, Figures 2, 3 and 5).

At the last point of every run: a filter-normalized random plane and several random lines, drawn from the same seed, so that runs of one
network move along the same directions, each scaled to its own filters; the sharpness (mean rise of the loss at half the filters' size,
with its error); losses and errors on all data. Of the way there: norm of the weights and errors over epochs. Of the weights themselves: how
many are small. Two runs of one network are also joined by the straight line between them, on which the end with larger weights looks
flat for no other reason; that is what filter normalization is for.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from scipy.stats import spearmanr

from ..errors import InputError
from ..family import line, random_slice
from ..lattice import axis
from ..objective import Objective
from ..params import Params, check_point, norm
from ..probes import loss
from ..run.events import Listener, Note, ignore
from ..run.sweep import sweep
from ..subsets import subset
from .slices import sharpness

#: Share of the weights of the run with the largest ones that the histogram shows, and its number of bins.
SHOWN, BINS = 0.995, 51
#: Of sharpness: of ten the interval is often as wide as what is compared.
DIRECTIONS = 30
#: Points of the lines, and of the line between two runs.
LINE_POINTS, BETWEEN_POINTS = 41, 81

Split = Mapping[str, Objective]


def compare_runs(
    runs: Mapping[str, Any], objectives: Mapping[str, Split] | Split | Objective, *, reach: float = 1.0, points: int = 25, repeats: int = 3,
    examples: int | None = 500, seed: int = 0, store: str | Path | None = None, on_event: Listener = ignore,
) -> xr.DataTree:
    """Measure training runs side by side at their last points.

    Args:
        runs: name -> run (:func:`lossatlas.open_run`).
        objectives: name -> ``{"train": …, "test": …}`` (test is optional); or one objective, or pair, for all runs.
        reach: planes and lines go from −reach to reach.
        points: along each axis of the planes.
        repeats: independent lines.
        examples: planes, lines and sharpness are measured on a class-balanced subset of so many of each split; None: on all.
        seed: of directions and subset.
        store: ``PATH.zarr/GROUP``: planes and lines are kept there, one result each, and not measured again.
        on_event: is told of cost, progress and notes.

    Returns:
        A DataTree: ``planes/<run>`` and ``lines/<run>`` (results of ``sweep``), ``numbers`` (over ``run``: losses and errors on all data
        with standard errors, sharpness, norm of the weights), ``weights`` (shares of weights over ``run`` and ``weight``),
        ``training/<run>`` (what was logged, with epochs where the run knows them), and of two runs of one network on the same data
        ``between``.
        ``attrs["rank_correlation"]`` is Spearman's, of sharpness and test error.

    Raises:
        InputError: no runs, names with a slash, runs without an objective of their network.
    """
    pairs = _pairs(runs, objectives)
    ends = {name: _end(run, pairs[name], name) for name, run in runs.items()}
    few = {name: _few(pair, examples, seed) for name, pair in pairs.items()}
    grid = {dim: axis(-reach, reach, points) for dim in ("alpha", "beta")}
    tree: dict[str, xr.Dataset] = {}
    rises = {}
    for name, point in ends.items():
        train = few[name]["train"]
        on_event(Note(f"{name}: plane, lines, sharpness"))
        tree[f"planes/{name}"] = sweep(loss(train), random_slice(train, seed=seed, point=point), grid, store=_place(store, f"plane-{name}"),
                                       on_event=on_event)
        rays = random_slice(train, dims=("alpha",), seed=seed, point=point, repeats=repeats)
        tree[f"lines/{name}"] = sweep(loss(dict(few[name])), rays, {"alpha": axis(-reach, reach, LINE_POINTS)},
                                      store=_place(store, f"line-{name}"), on_event=on_event)
        rises[name] = sharpness(train, seed=seed, point=point, directions=DIRECTIONS)
    tree["numbers"] = _numbers(pairs, ends, rises)
    tree["weights"] = _histograms(pairs, ends)
    for name, run in runs.items():
        tree[f"training/{name}"] = _with_epochs(run.metrics(), getattr(run, "about", None) or {})
    if (between := _between(few, ends, store, on_event)) is not None:
        tree["between"] = between
    attrs = {"kind": "comparison", "title": f"{len(runs)} training runs" if len(runs) > 1 else f"the training run {next(iter(runs))}",
             "seed": seed, "examples": {name: one["train"].data.n_examples for name, one in few.items()},
             "rank_correlation": _rank_correlation(tree["numbers"])}
    tree["/"] = xr.Dataset(attrs=attrs)
    return xr.DataTree.from_dict(tree, name="comparison")


# ---- what is compared ----------------------------------------------------------------------------------------------


def _pairs(runs: Mapping[str, Any], objectives: Any) -> dict[str, Split]:
    """The objectives of every run, by split."""
    if not isinstance(runs, Mapping) or not runs:
        raise InputError(f"compare_runs got {type(runs).__name__}; expected names and runs: {{'a': la.open_run('runs/a'), …}}")
    if odd := [name for name in runs if not isinstance(name, str) or "/" in name or not name]:
        raise InputError(f"a run is named {odd[0]!r}; expected names without a slash")
    same = isinstance(objectives, Objective) or (isinstance(objectives, Mapping) and "train" in objectives and "train" not in runs)
    of = dict.fromkeys(runs, objectives) if same else objectives
    pairs = {}
    for name in runs:
        found = of.get(name) if isinstance(of, Mapping) else None
        pair = {"train": found} if isinstance(found, Objective) else found
        if not isinstance(pair, Mapping) or not isinstance(pair.get("train"), Objective):
            raise InputError(f"the run {name!r} has no objective; expected one for all, or {{{name!r}: {{'train': …, 'test': …}}}}")
        pairs[name] = dict(pair)
    return pairs


def _end(run: Any, pair: Split, name: str) -> Params:
    """Where a run ends, as a point of its objective."""
    return pair["train"].conform(run.at(-1), what=f"the end of the run {name!r}")


def _few(pair: Split, examples: int | None, seed: int) -> Split:
    """The objectives on fewer examples."""
    if examples is None:
        return pair
    return {split: one.with_data(subset(one.data, examples, seed=seed)) if one.data.n_examples > examples else one
            for split, one in pair.items()}


def _place(store: str | Path | None, name: str) -> str | None:
    return None if store is None else f"{store}/{name}"


# ---- numbers -------------------------------------------------------------------------------------------------------


def _numbers(pairs: Mapping[str, Split], ends: Mapping[str, Params], rises: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """One row a run: losses and errors of all data, sharpness, norm."""
    rows = []
    for name, pair in pairs.items():
        row = {"norm": norm({n: ends[name][n] for n in pair["train"].params}), "sharpness": float(rises[name]["sharpness"]),
               "sharpness_stderr": float(rises[name]["sharpness_stderr"])}
        for split, objective in pair.items():
            found = loss(objective)(ends[name])
            row |= {f"{split}_loss": float(found["loss"]), f"{split}_loss_stderr": float(found["loss_stderr"])}
            if "accuracy" in found:
                row |= {f"{split}_error": 1 - float(found["accuracy"]), f"{split}_error_stderr": float(found["accuracy_stderr"])}
        rows.append(row)
    names = list(dict.fromkeys(key for row in rows for key in row))
    words = {"norm": "norm of the weights", "sharpness": "sharpness: mean rise of the loss at filter radius 0.5"}
    data = {key: ("run", [float(row.get(key, np.nan)) for row in rows], {"long_name": words.get(key, key.replace("_", " ")), "units": ""})
            for key in names}
    return xr.Dataset(data, coords={"run": list(pairs)}, attrs={"kind": "numbers"})


def _rank_correlation(numbers: xr.Dataset) -> float:
    """Spearman's, of sharpness and test error; NaN for fewer than three runs, or where one is the same for all."""
    if "test_error" not in numbers:
        return float("nan")
    pairs = np.array([numbers["sharpness"].values, numbers["test_error"].values])
    pairs = pairs[:, np.isfinite(pairs).all(axis=0)]
    if pairs.shape[1] < 3 or (np.ptp(pairs, axis=1) == 0).any():
        return float("nan")
    return float(spearmanr(*pairs).statistic)


def _histograms(pairs: Mapping[str, Split], ends: Mapping[str, Params]) -> xr.Dataset:
    """Shares of the weights (matrices and filters, no biases and no normalization) in equal bins around zero, the same for all runs."""
    flat = {name: torch.cat([ends[name][n].detach().flatten().double() for n, p in pair["train"].params.items() if p.ndim > 1]).numpy()
            for name, pair in pairs.items()}
    widest = max(float(np.quantile(np.abs(weights), SHOWN)) for weights in flat.values()) or 1.0
    edges = np.linspace(-widest, widest, BINS + 1)
    shares = np.stack([np.histogram(weights, edges)[0] / len(weights) for weights in flat.values()])
    return xr.Dataset({"share": (("run", "weight"), shares, {"long_name": "share of the weights", "units": ""}),
                       "outside": ("run", 1 - shares.sum(axis=1), {"long_name": "share of the weights beyond the bins"})},
                      coords={"run": list(flat), "weight": ("weight", (edges[1:] + edges[:-1]) / 2, {"long_name": "weight", "units": ""})},
                      attrs={"kind": "histogram"})


def _with_epochs(metrics: xr.Dataset, about: Mapping[str, Any]) -> xr.Dataset:
    """What was logged, with the epoch of every step to a fraction where it is known, and without the whole epochs that were logged.

    How many steps make an epoch is the run's own: the objective that it is measured with here may have other batches.
    """
    epochs = (about.get("recipe") or {}).get("epochs")
    each = about["steps"] / epochs if epochs and about.get("steps") else _steps_per_epoch(metrics)
    bare = metrics.drop_vars("epoch", errors="ignore")
    if not each:
        return bare
    return bare.assign_coords(epoch=("step", bare["step"].values / each, {"long_name": "epoch", "units": ""}))


def _steps_per_epoch(metrics: xr.Dataset) -> float | None:
    """By the whole epochs that were logged, of which the first record after each is the nearest; None where there are none."""
    if "epoch" not in metrics:
        return None
    steps, done = metrics["step"].values, metrics["epoch"].values
    some = done > 0
    return float((steps[some] / done[some]).min()) if some.any() else None


# ---- two runs ------------------------------------------------------------------------------------------------------


def _between(few: Mapping[str, Split], ends: Mapping[str, Params], store: Any, on_event: Listener) -> xr.Dataset | None:
    """The straight line between two runs of one network on the same data, with statistics of BatchNorm estimated anew; else None.

    Interpolated, variances become negative beyond the ends.
    """
    if len(ends) != 2:
        return None
    (first, a), (second, b) = ends.items()
    one, other = few[first], few[second]
    try:
        check_point(b, what="the other end", like=a)
    except InputError:
        on_event(Note("there is no line between the two: they are different networks"))
        return None
    data = [one[split].data.digest() == other[split].data.digest() for split in one.keys() & other.keys()]
    if one["train"].network != other["train"].network or not all(data):
        on_event(Note("there is no line between the two: their networks or their data differ"))
        return None
    pair = {split: one[split] for split in one if split in other}
    if pair["train"].has_batchnorm and pair["train"].bn == "eval":
        own = pair["train"].data
        pair = {split: each.with_bn("recompute", data=None if split == "train" else own) for split, each in pair.items()}
    family = line(a, b, buffers=pair["train"].buffers).saying({"ends": [first, second]})
    return sweep(loss(pair), family, {"alpha": axis(-0.5, 1.5, BETWEEN_POINTS)}, store=_place(store, "between"), on_event=on_event)
