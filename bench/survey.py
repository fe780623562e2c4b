"""A survey against the dense grid of the same data: how far off it is, whether its error bars hold, and what it saves.

Surveys with progress; then evaluates a random sample of the cells, or all, on all examples, and compares.
Errors are abs(ln L̂ − ln L) at these cells, with 95 % bootstrap intervals over them; costs are exact counts of examples, and
seconds; the seconds of the dense grid are those of the sampled cells, scaled to all.

    CIFAR10=DIR python bench/survey.py --depth 20 --examples 2000 --seeds 0,1 --truth 150
    CIFAR10=DIR python bench/survey.py --depth 56 --examples 10000 --kind line --points 401
    python bench/survey.py --network digits_resnet --truth 0

Prints a markdown table and, as its last line, all figures as JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from subjects import DIGITS, Subject, cifar_resnet, digits

import lossatlas as la
from lossatlas.family.points import Points
from lossatlas.run.events import Finished, Started, Surveying

DIMS = {"line": ("alpha",), "plane": ("alpha", "beta"), "volume": ("alpha", "beta", "gamma")}
POINTS = {"line": 401, "plane": 51, "volume": 31}
#: How many times fewer example evaluations a plane must take, from so many examples on.
GOALS = ((50_000, 100), (10_000, 50), (0, 20))


class Clock:
    """Listens to events for the bar, and keeps what they tell of time."""

    def __init__(self, bar: Any) -> None:
        self.bar, self.seconds_per_point = bar, float("nan")
        self.dense_estimate: float | None = None  # unknown where a finished survey was read
        self._began: float | None = None

    def __call__(self, event: Any) -> None:
        self.bar(event)
        if isinstance(event, Surveying):
            self.dense_estimate = event.dense_seconds
        elif isinstance(event, Started):
            self._began, self.seconds_per_point = time.perf_counter(), event.seconds_per_point
        elif isinstance(event, Finished) and event.computed and self._began is not None:
            self.seconds_per_point = (time.perf_counter() - self._began) / event.computed


def surveyed(subject: Subject, seed: int, given: argparse.Namespace) -> dict[str, Any]:
    """One survey and its truth: everything measured, as plain data."""
    objective = subject.objective()
    family = la.random_slice(objective, dims=DIMS[given.kind], seed=seed)
    coords = {dim: la.axis(-1, 1, given.points) for dim in family.dims}
    group = f"{subject.name}-{given.examples}-{given.kind}{given.points}-{given.tolerance:g}-seed{seed}".replace(" ", "")
    resumed = given.store is not None and (given.store / group).exists()
    began = time.perf_counter()
    with la.progress(f"survey, seed {seed}") as bar:
        clock = Clock(bar)
        picture = la.survey(la.probes.loss(objective), family, coords, tolerance=given.tolerance, seed=seed, plan=given.plan,
                            store=given.store and given.store / group, on_event=clock)
    seconds = time.perf_counter() - began
    cells = sample(picture.loss.size, given.truth)
    places = np.stack([axis.ravel() for axis in np.meshgrid(*coords.values(), indexing="ij")], axis=1)
    with la.progress(f"truth, seed {seed}") as bar:
        truth_clock = Clock(bar)
        truth = la.sweep(la.probes.loss(objective), Points(family, places[cells]), {"point": np.arange(len(cells))},
                         plan=given.plan, on_event=truth_clock, store=given.store and given.store / f"{group}-truth")
    found = {"network": subject.name, "data": subject.said, "examples": len(subject.x), "kind": given.kind, "points": given.points,
             "seed": seed, "tolerance": given.tolerance, "resumed": resumed, "survey_seconds": seconds,
             "dense_seconds": truth_clock.seconds_per_point * picture.loss.size, "dense_seconds_estimated": clock.dense_estimate}
    return found | compared(picture, truth.loss.values, cells)


def sample(cells: int, count: int) -> np.ndarray:
    """Numbers of so many random cells, ascending; 0: of all."""
    return np.arange(cells) if not 0 < count < cells else np.sort(np.random.default_rng(12345).choice(cells, count, replace=False))


def compared(picture: xr.Dataset, truth: np.ndarray, cells: np.ndarray) -> dict[str, Any]:
    """Errors and error bars of a picture at cells whose loss is known, and its cost."""
    loss, bound = picture.loss.values.ravel()[cells], picture.loss_error.values.ravel()[cells]
    error = np.abs(np.log(loss) - np.log(truth))
    predicted = bound > 0
    attrs = picture.attrs
    return {
        "truth_cells": len(cells), "median": interval(error, np.median), "p95": interval(error, lambda e: np.quantile(e, 0.95)),
        "max": float(error.max()), "coverage": interval(error <= bound + 1e-5, np.mean),
        "coverage_of_predicted": interval(error[predicted] <= bound[predicted], np.mean) if predicted.any() else None,
        "heldout_median": attrs["heldout_median"] if attrs["heldout_count"] else None,
        "heldout_p95": attrs["heldout_p95"] if attrs["heldout_count"] else None, "heldout_count": int(attrs["heldout_count"]),
        "cells_measured": int(picture.evaluated.sum()), "cells": int(picture.loss.size),
        "example_evaluations": int(attrs["example_evaluations"]), "dense_example_evaluations": int(attrs["dense_example_evaluations"]),
        "ratio": attrs["dense_example_evaluations"] / attrs["example_evaluations"], "converged": bool(attrs["converged"]),
        "went_dense": bool(attrs["went_dense"]), "loss_min": float(truth.min()), "loss_max": float(truth.max()),
    }


def interval(values: np.ndarray, statistic: Any, rounds: int = 1000) -> list[float]:
    """A statistic and its 95 % bootstrap interval: [value, low, high]."""
    rng = np.random.default_rng(0)
    again = [statistic(values[rng.integers(len(values), size=len(values))]) for _ in range(rounds)]
    return [float(statistic(values)), *(float(q) for q in np.quantile(again, (0.025, 0.975)))]


def goal_of(examples: int) -> int:
    """How many times fewer example evaluations a plane on so many examples must take."""
    return next(goal for least, goal in GOALS if examples >= least)


def missed(row: dict[str, Any]) -> list[str]:
    """Which goals of the issue a survey misses."""
    wrong = [f"{name} {100 * row[name][0]:.2g} %" for name, most in (("median", 1), ("p95", 5)) if row[name][0] > most * row["tolerance"]]
    wrong += [f"{row['ratio']:.1f} times fewer, not {goal_of(row['examples'])}"] * (
        row["kind"] == "plane" and row["ratio"] < goal_of(row["examples"]))
    wrong += [f"error bars cover {100 * row['coverage'][0]:.0f} %"] * (row["coverage"][0] < 0.9)
    return wrong + ["went dense"] * row["went_dense"] + ["tolerance not met"] * (not row["converged"])


def table(rows: list[dict[str, Any]]) -> str:
    """The markdown table."""
    def percent(values: list[float] | None) -> str:
        return "–" if values is None else f"{100 * values[0]:.3g} % ({100 * values[1]:.3g}–{100 * values[2]:.3g})"

    lines = ["| survey | median error | 95th percentile | largest | bars that hold, all cells | of predicted cells | example evaluations | "
             "seconds: survey / dense | goals |", "|-|-|-|-|-|-|-|-|-|"]
    for row in rows:
        wrong = missed(row)
        lines.append(
            f"| {row['network']}, {row['examples']} examples, {row['kind']} of {row['cells']} cells, seed {row['seed']} | "
            f"{percent(row['median'])} | {percent(row['p95'])} | {100 * row['max']:.2g} % | "
            f"{percent(row['coverage'])} | {percent(row['coverage_of_predicted'])} | "
            f"{row['ratio']:.1f} × fewer ({row['cells_measured']} cells) | {row['survey_seconds']:.0f} / {row['dense_seconds']:.0f}"
            f"{' (resumed)' if row['resumed'] else ''} | {'MISSED: ' + '; '.join(wrong) if wrong else 'MET'} |")
    return "\n".join(lines)


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    network = parser.add_mutually_exclusive_group()
    network.add_argument("--depth", type=int, choices=(20, 56), default=20, help="ResNet on CIFAR-10 images, of CIFAR10=DIR")
    network.add_argument("--network", choices=DIGITS, help="instead, a network of lossatlas demo on digits")
    parser.add_argument("--examples", type=int, default=2000, help="class-balanced training images")
    parser.add_argument("--seeds", default="0", help="of the directions and the survey: 0,1")
    parser.add_argument("--truth", type=int, default=150, help="random cells to compare with; 0: all")
    parser.add_argument("--kind", choices=tuple(DIMS), default="plane")
    parser.add_argument("--points", type=int, help="along each axis (default 51; of a line 401, of a volume 31)")
    parser.add_argument("--tolerance", type=float, default=0.01)
    parser.add_argument("--plan", choices=("auto", "plain", "bf16"), default="auto")
    parser.add_argument("--store", type=Path, help="PATH.zarr that surveys and truths are kept in and resumed from")
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"), help="folder with weights/")
    parser.add_argument("--demo", type=Path, default=Path("demo"), help="folder of lossatlas demo")
    given = parser.parse_args(arguments)
    given.points = given.points or POINTS[given.kind]
    return given


def main(arguments: list[str] | None = None) -> None:
    """Survey, compare, print."""
    given = options(arguments)
    subject = digits(given.network, given.demo) if given.network else cifar_resnet(given.depth, given.examples, given.shared)
    given.examples = len(subject.x)
    print(f"{subject.name}, {len(subject.x)} examples ({subject.said}), {torch.get_num_threads()} threads, torch {torch.__version__}, plan "
          f"{given.plan}", file=sys.stderr)
    rows = [surveyed(subject, int(seed), given) for seed in given.seeds.split(",")]
    print(table(rows))
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
