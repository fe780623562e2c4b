"""K6. The phases of training on one axis: do the markers of the early phase coincide? (METHODS K6)

Five papers say in five ways that training has an early phase that decides and a late one that refines. Here one run has all five markers:
from which step on children end together (Frankle et al. 2020, H2), where the answers have come half of the way to those of the end (Fort et
al. 2019, I1), where the neural tangent kernel has gone half of its way (Fort et al. 2020, J2), and where the trace of the Fisher
information (Achille et al. 2019, K3) and the largest eigenvalue of the Hessian (Jastrzebski et al. 2019, K5) have their peaks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from ..analyses import instability
from ..analyses.instability import STABLE
from ..analyses.predictions import disagreement
from ..curvature import ntk
from ..figures import Figure
from ..figures.figure import Line, Panel, Points, Rule
from ..figures.scales import round_axis, symlog_axis
from ..fitting import Hook, State
from ..names import Scale
from ..objective import Objective
from ..params import Params
from ..record import Recorder, open_run
from ..run.events import Listener, Note
from .digits import whole
from .finding import Finding, Number, curves
from .instability import Problem, noisy_digits
from .phases import Peak, column, first_peak, half, monitored, smooth

#: Epochs, and steps at which children part.
SETTINGS = {"quick": (60, (0, 50, 100, 200, 400)), "paper": (300, (0, 50, 100, 200, 400, 800, 1600, 3200))}
#: Steps between two looks of the monitor, fixed examples, looks that a value is the mean of; steps between two kernels, early and late,
#: and test examples that kernels are compared on.
EVERY, EXAMPLES, WINDOW = 25, 240, 3
DENSE, SPARSE, KERNEL_EXAMPLES = 25, 100, 20
#: The share of training that counts as early.
EARLY = 1 / 3
WORDS = {"error_barrier": "error barrier of children", "disagreement": "disagreement with the end", "kernel": "kernel, distance from start",
         "fisher_trace": "Fisher trace", "lambda_max": "λ₁ of the Hessian"}
MARKERS = {"error_barrier": "children end together from (H2)", "disagreement": "half of the way of the answers (I1)",
           "kernel": "half of the way of the kernel (J2)", "fisher_trace": "peak of the Fisher trace (K3)", "lambda_max": "peak of λ₁ (K5)"}
CLAIM = ("The markers of the early phase of training coincide in its first epochs: stability to SGD noise, the function, the kernel, the "
         "Fisher information and the curvature (METHODS K6, after Frankle, Fort, Achille and Jastrzebski et al.)")
SIGNATURE = ("for every seed: all five markers are there and lie in the first third of training (ours, set before the first run). Markers: "
             f"the first tested step from which on the error barrier between children is below {100 * STABLE:g} % (Frankle et al.), "
             "half of the way for answers and kernel, and a peak above 1.2 times both ends of the run for the Fisher trace and λ₁ (the "
             "monitor's own bounds)")


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """A run of every seed, looked at in five ways."""
    epochs, steps = SETTINGS[scale]
    markers: dict[str, list[float]] = {name: [] for name in MARKERS}
    clean: dict[str, list[float]] = {name: [] for name in MARKERS if name != "error_barrier"}
    rows = []
    for seed in seeds:
        problem = noisy_digits(seed, epochs=epochs, steps=steps)
        found, where = phases(problem, seed)
        rows.append(found)
        for name, step in where.items():
            markers[name].append(step)
        for name, step in along(problem, problem.clean or problem.train, seed)[1].items():
            clean[name].append(step)
        on_event(Note(f"K6, seed {seed}: " + ", ".join(f"{MARKERS[name]} {step:g}" for name, step in where.items())))
    total, at = problem.total, looks(problem)
    early = {name: [step <= EARLY * total for step in each] for name, each in markers.items()}
    values = {name: np.array([row[name] for row in rows]) for name in WORDS}
    numbers = [Number(words, tuple(markers[name])) for name, words in MARKERS.items()]
    numbers.append(Number("last marker over the end of training", tuple(max(each) / total if all(map(math.isfinite, each)) else math.nan
                                                                         for each in zip(*markers.values(), strict=True))))
    numbers += [Number(f"first peak, lower than later ones or not, {WORDS[name]}", tuple(first_peak(at, each) for each in values[name]))
                for name in ("fisher_trace", "lambda_max")]
    numbers += [Number(f"{MARKERS[name]}, clean labels", tuple(each)) for name, each in clean.items()]
    data = curves("step", at, values, words=WORDS, title="five markers of the early phase")
    notes = ("; ".join(f"{words}: early for {sum(early[name])} of {len(seeds)} seeds" for name, words in MARKERS.items()),
             f"64-64-64-10 on digits with 20 % random labels, momentum 0.9, batches of 50, rate from 0.1 along a cosine to 0, {total} "
             f"steps; one pair of children a step; λ₁ and Fisher trace on {EXAMPLES} fixed training examples",
             "a step from which children end together is one of those tested, and half of a way is always somewhere: that markers are "
             "early is tested, that one causes the other is not",
             "labels that are random must be memorized, which comes late, and Fisher information and curvature rise with it; so, "
             "without a say in the verdict, first peaks stand beside the highest ones (asked for after a look at the first pictures), and "
             "the same run on clean labels, of which H2 tells that children end together from any step")
    figure = dashboard(at, values, markers, EARLY * total)
    return Finding(CLAIM, SIGNATURE, all(map(all, early.values())), tuple(numbers), notes, data, figure)


def looks(problem: Problem) -> list[int]:
    """The steps that are looked at, the early ones closer."""
    last = max(problem.steps)
    return sorted({*range(0, last + 1, DENSE), *range(last, problem.total + 1, SPARSE), problem.total})


def phases(problem: Problem, seed: int) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Every quantity at the looks, and the step of every marker, NaN where there is none."""
    with TemporaryDirectory(prefix="lossatlas-") as folder:
        with Recorder(Path(folder) / "parent", every=math.gcd(*problem.steps)) as recorder:
            found, where = along(problem, problem.train, seed, recorder)
        children = instability(open_run(Path(folder) / "parent"), problem.train, problem.steps, optimizer=problem.optimizer,
                               schedule=problem.schedule, total=problem.total, seeds=((101, 102),))
    barrier = children["error_barrier"].mean("pair", skipna=False)
    return ({"error_barrier": barrier.reindex(step=looks(problem)).values.astype(float), **found},
            {"error_barrier": stable_from(problem.steps, barrier.values), **where})


def along(problem: Problem, train: Objective, seed: int, *hooks: Hook) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """What a run shows by itself: the quantities at the looks that need no children, and their markers."""
    at, points = looks(problem), dict[int, Params]()

    def keep(step: int, point: Params, state: State) -> None:
        if step in at:
            points[step] = {name: tensor.detach().clone() for name, tensor in point.items()}

    log = monitored(train, problem.optimizer, problem.total, seed=seed, probes=("fisher", "lambda_max"), every=EVERY, examples=EXAMPLES,
                    schedule=problem.schedule, hooks=[keep, *hooks])
    test, every = whole(problem.test), range(0, problem.total + 1, EVERY)
    watched = {name: smooth(column(log, name, every), WINDOW) for name in ("fisher_trace", "lambda_max")}
    ways = {"disagreement": np.array([disagreement(test, points[step], points[at[-1]]) for step in at]),
            "kernel": distances(problem, [points[step] for step in at])}
    peaks = {name: Peak.of(every, values) for name, values in watched.items()}
    return ({**ways, **{name: values[[every.index(step) for step in at]] for name, values in watched.items()}},
            {**{name: half(at, values) for name, values in ways.items()},
             **{name: one.step if one.stands_out else math.nan for name, one in peaks.items()}})


def distances(problem: Problem, points: Sequence[Params]) -> np.ndarray:
    """1 − the cosine of the neural tangent kernel at each point and at the first, as matrices over all outputs of a few test examples."""
    few = whole(problem.test.with_data(problem.test.data.take(torch.arange(KERNEL_EXAMPLES))))
    kernels = []
    for point in points:
        op = ntk(few, point)
        kernels.append((op @ torch.eye(op.shape[0], dtype=op.dtype, device=op.device)).flatten())
    return np.array([1 - float(torch.cosine_similarity(kernels[0], one, dim=0)) for one in kernels])


def stable_from(steps: Sequence[int], barriers: np.ndarray) -> float:
    """The first step from which on every barrier is below that of stable children; NaN where the last is not."""
    good = [step for k, step in enumerate(steps) if bool((barriers[k:] < STABLE).all())]
    return float(good[0]) if good else math.nan


def dashboard(at: Sequence[int], values: dict[str, np.ndarray], markers: dict[str, list[float]], early: float) -> Figure:
    """A panel a quantity above one axis of steps; a line a seed, open where its marker is."""
    steps = np.array(at, dtype=float)
    x = symlog_axis("step", 0.0, steps[-1], float(DENSE))
    panels = []
    for name, each in values.items():
        marks: list[Line | Points | Rule] = [Rule(early, "a third of training" if not panels else "")]
        for k, curve in enumerate(each):
            known = np.isfinite(curve)
            marks.append(Line(steps[known], curve[known], f"seed {k + 1} of {len(each)}" if not panels else "", k))
            if math.isfinite(markers[name][k]):
                place = np.array([markers[name][k]])
                marks.append(Points(place, np.interp(place, steps[known], curve[known]), marker="ring", color=k))
        panels.append(Panel(tuple(marks), x, round_axis(WORDS[name], each[np.isfinite(each)], "linear", wanted=4)))
    return Figure(tuple(panels), "phases of training on one axis", "Open marks: " + "; ".join(MARKERS.values()) + ".", 1)
