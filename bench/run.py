"""The speed claims of lossatlas, as ratios in one run: ``make bench``.

A point of a sweep (by the plans ``auto``, ``bf16`` and ``plain``) against the bare forward pass of the user's own module, the loop that a
user would write, loss-landscapes 3.0.6 with its own metric, and what this machine reaches in large matrix products; a whole sweep
of a small network; what a sweep costs beside its forward passes; and a survey against the dense grid. Trained networks and CIFAR-10
images are taken where they lie on this machine (--shared, CIFAR10=DIR), else stand-ins of the same shape.

    CIFAR10=DIR python bench/run.py [--rounds 7] [--only points,mlp] [--scale full]
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import numpy as np
import survey
import torch
from alternatives import Bare, Hand, peer
from overhead import overhead
from rounds import Contender, Row, interleaved, say, settle, table
from subjects import DIGITS, Subject, cifar_resnet, digits, mlp
from torch.utils.flop_counter import FlopCounterMode

import lossatlas as la
from lossatlas.execution.candidates import words
from lossatlas.execution.plan import Plan
from lossatlas.run.job import Job, prepare
from lossatlas.run.sweep import planned

#: A point of a plan may differ from the hand-written loop by this share of its loss; bfloat16 is measured, and shown.
TOLERANCE = 1e-4


@dataclass
class Found:
    """Rows of the table, and what is said below it."""

    rows: list[Row]
    notes: list[str]


def has_bfloat16(device: str) -> bool:
    """Whether this machine computes in bfloat16 rather than imitates it."""
    return torch.cuda.is_bf16_supported(including_emulation=False) if device == "cuda" else torch.ops.mkldnn._is_mkldnn_bf16_supported()


# ---- a point of a sweep ------------------------------------------------------------------------------------------


def points(subject: Subject, given: argparse.Namespace) -> Found:
    """A point by every plan against the alternatives and the matrix products, interleaved."""
    model, x, y = subject.model.to(given.device), subject.x.to(given.device), subject.y.to(given.device)
    objective = la.Objective.from_module(model, (x, y), "cross_entropy", batch_size=128)
    family, probe = la.random_slice(objective), la.probes.loss(objective)
    coords = {dim: la.axis(-1, 1, given.points) for dim in family.dims}
    hand, out = Hand(model, family.axes, x, y), Found([], [])
    name, plans, contenders = subject.name, {}, {"bare": Contender(Bare(model, x))}
    for plan in ("auto", "bf16", "plain"):
        if plan == "bf16" and not has_bfloat16(given.device):
            out.notes.append(f"{name}: this machine has no bfloat16")
            continue
        settle()
        began = time.perf_counter()
        job = prepare(probe, family, coords, plan=plan, engine="local")
        planned(job, la.Local())
        spent, plans[plan] = time.perf_counter() - began, Plan.of(job.spec["plan"])
        out.notes.append(f"{name}, plan {plan}: {words(plans[plan])}; planned in {spent:.1f} s; loss off the hand-written loop's by "
                         f"{checked(job, hand, strict=plan != 'bf16'):.1g} of itself at most")
        contenders[plan] = next_points(job)
    places = cycle(np.linspace(-1, 1, 7))
    contenders["hand"] = Contender(lambda: hand.point((next(places), next(places))))
    contenders |= with_peer(lambda: peer(model, x, y, 2), 4, out) | products(given)
    seconds = interleaved(contenders, given.rounds, least=given.least)
    bare = seconds["bare"]
    goals = {"auto": (0.75, 0.70), "bf16": (0.50, 0.45), "plain": (None, None)}
    out.rows += [Row(f"{name}: a point, plan {plan} / bare forward", seconds[plan] / bare, goal, aim=aim)
                 for plan, (goal, aim) in goals.items() if plan in seconds]
    out.rows.append(Row(f"{name}: hand-written loop / a point, plan auto", seconds["hand"] / seconds["auto"], 1.3, at_least=True))
    if "peer" in seconds:
        out.rows.append(Row(f"{name}: loss-landscapes 3.0.6 / a point, plan auto", seconds["peer"] / seconds["auto"], 3.0, at_least=True))
    limits = {"bare": "mm float32"} | {way: "mm bfloat16" if plan.dtype == "bfloat16" else "mm float32" for way, plan in plans.items()}
    out.rows += shares(name, flops(model, x), seconds, limits)
    return out


def next_points(job: Job) -> Contender:
    """What the loop of a sweep does for its next points."""
    size = job.evaluator.at_once
    starts = cycle(range(0, len(job.indices) - size + 1, size))

    def evaluate() -> None:
        start = next(starts)
        job.rows(list(range(start, start + size)))

    return Contender(evaluate, size)


def checked(job: Job, hand: Hand, *, strict: bool) -> float:
    """Largest relative difference to the loss of the hand-written loop at a few points.

    Raises:
        SystemExit: a plan in full precision that computes something else.
    """
    worst = 0.0
    for number in range(0, min(5, len(job.indices))):
        u = [float(values[job.indices[number, k]]) for k, values in enumerate(job.coords.values())]
        here, there = float(job.rows([number])["loss"][0]), hand.point(u)
        worst = max(worst, abs(here - there) / abs(there))
    if strict and not worst <= TOLERANCE:
        raise SystemExit(f"the plan {job.spec['plan']} gives losses that are off by {worst:.2g}: not a speed, but a mistake")
    return worst


def with_peer(call: Callable[[], float], units: int, out: Found) -> dict[str, Contender]:
    """loss-landscapes as a contender, where it is installed and runs on this network."""
    try:
        call()
    except Exception as error:
        out.notes.append(f"loss-landscapes 3.0.6 does not run here ({type(error).__name__}: {error}); make bench installs it")
        return {}
    return {"peer": Contender(call, units)}


# ---- the limit of the machine ------------------------------------------------------------------------------------


def products(given: argparse.Namespace) -> dict[str, Contender]:
    """Large square matrix products, per floating-point operation."""
    n, kinds = given.product, {"mm float32": torch.float32}
    if has_bfloat16(given.device):
        kinds["mm bfloat16"] = torch.bfloat16

    def product(dtype: torch.dtype) -> Contender:
        a, b, c = (torch.ones(n, n, dtype=dtype, device=given.device) for _ in range(3))
        return Contender(lambda: torch.mm(a, b, out=c), 2.0 * n**3)

    return {name: product(dtype) for name, dtype in kinds.items()}


def flops(model: torch.nn.Module, x: torch.Tensor) -> float:
    """Floating-point operations of convolutions and matrix products in one forward pass of all examples."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(x[:1])
    return float(counter.get_total_flops()) * len(x)


def shares(name: str, work: float, seconds: dict[str, np.ndarray], limits: dict[str, str]) -> list[Row]:
    """The rate of each way as a share of the large matrix product's in its precision."""
    return [Row(f"{name}: {'bare forward' if way == 'bare' else f'a point, plan {way}'}, share of the {limit[3:]} matrix-product peak",
                work * seconds[limit] / seconds[way], percent=True) for way, limit in limits.items() if limit in seconds]


# ---- a small network ---------------------------------------------------------------------------------------------


def small(given: argparse.Namespace) -> Found:
    """A whole sweep of the MLP, planning included, against the hand-written loop over the same points."""
    subject, steps = mlp(), given.points
    objective = subject.objective()
    family, probe = la.random_slice(objective), la.probes.loss(objective)
    coords = {dim: la.axis(-1, 1, steps) for dim in family.dims}
    hand, out = Hand(subject.model, family.axes, subject.x, subject.y), Found([], [])
    plane = [(a, b) for a in coords["alpha"] for b in coords["beta"]]
    ds = la.sweep(probe, family, coords)
    there = np.array([hand.point(u) for u in plane]).reshape(steps, steps)
    off = float(np.abs(ds.loss.values / there - 1).max())
    if not off <= TOLERANCE:
        raise SystemExit(f"the sweep of the {subject.name} is off the hand-written loop by {off:.2g}: not a speed, but a mistake")
    out.notes.append(f"{subject.name}: {ds.attrs['plan_why'] or 'plain'}; off the hand-written loop by {off:.1g} at most")
    contenders = {"sweep": Contender(lambda: la.sweep(probe, family, coords)),
                  "hand": Contender(lambda: [hand.point(u) for u in plane])}
    contenders |= with_peer(lambda: peer(subject.model, subject.x, subject.y, steps), 1, out)
    seconds = interleaved(contenders, given.rounds, least=0)
    what = f"{subject.name}, {steps}×{steps}"
    out.rows.append(Row(f"{what}: hand-written loop / whole sweep with planning", seconds["hand"] / seconds["sweep"], 10, at_least=True))
    if "peer" in seconds:
        out.rows.append(Row(f"{what}: loss-landscapes 3.0.6 / whole sweep with planning", seconds["peer"] / seconds["sweep"]))
    return out


# ---- surveys -----------------------------------------------------------------------------------------------------


def surveys(given: argparse.Namespace) -> Found:
    """A survey of each network against its dense grid, over seeds."""
    out = Found([], [])
    for subject, arguments in surveyed_subjects(given):
        options = survey.options([*arguments, "--points", str(given.survey_points), "--truth", str(given.truth)])
        options.examples = len(subject.x)
        rows = [survey.surveyed(subject, seed, options) for seed in range(given.survey_seeds)]
        what = f"survey of {subject.name}, {len(subject.x)} examples, {given.survey_points}×{given.survey_points}"
        least, tolerance = survey.goal_of(len(subject.x)), options.tolerance
        out.rows += [
            Row(f"{what}: example evaluations, dense / survey", [row["ratio"] for row in rows], least, at_least=True),
            Row(f"{what}: seconds, dense / survey", [row["dense_seconds"] / row["survey_seconds"] for row in rows]),
            Row(f"{what}: median of abs(ln L̂ − ln L)", [row["median"][0] for row in rows], tolerance, percent=True),
            Row(f"{what}: its 95th percentile", [row["p95"][0] for row in rows], 5 * tolerance, percent=True),
            Row(f"{what}: cells within their error bar", [row["coverage"][0] for row in rows], 0.9, at_least=True, percent=True),
        ]
        out.notes.append(f"{what}: {subject.said}; rounds are seeds 0 to {given.survey_seeds - 1}, errors at {rows[0]['truth_cells']} "
                         "random cells, the dense grid's seconds from these")
    return out


def surveyed_subjects(given: argparse.Namespace) -> list[tuple[Subject, list[str]]]:
    """Which networks are surveyed, and the arguments of ``bench/survey.py`` that say so."""
    if given.quick:
        return [(mlp(), [])]
    found = [(digits(name, given.demo), ["--network", name]) for name in DIGITS]
    if given.scale == "full":
        sizes = [(depth, examples) for depth in (20, 56) for examples in (2000, 10_000)]
        found += [(cifar_resnet(depth, examples, given.shared), ["--depth", str(depth)]) for depth, examples in sizes]
    return found


# ---- all of it ---------------------------------------------------------------------------------------------------


def machine() -> str:
    """What this runs on."""
    cpu = Path("/proc/cpuinfo")
    lines = cpu.read_text().splitlines() if cpu.exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor())
    return f"{model}; {torch.get_num_threads()} threads; torch {torch.__version__}; lossatlas {la.__version__}"


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="interleaved rounds")
    parser.add_argument("--only", default="points,mlp,overhead,survey", help="parts, with commas between")
    parser.add_argument("--depths", default="20,56", help="of the ResNets")
    parser.add_argument("--examples", type=int, default=512, help="images that a point is evaluated on")
    parser.add_argument("--scale", choices=("quick", "full"), default="quick", help="of the survey: digits, or also CIFAR-10 (hours)")
    parser.add_argument("--device", default="cpu", help="of the ResNets' points: cpu or cuda")
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"), help="folder with weights/; CIFAR10=DIR for the images")
    parser.add_argument("--demo", type=Path, default=Path("demo"), help="folder of lossatlas demo")
    parser.add_argument("--quick", action="store_true", help="every part in a few seconds: shows that this runs, and no speed")
    given = parser.parse_args(arguments)
    given.points, given.product, given.least = 51, 8192 if given.device == "cuda" else 2048, 0.25
    given.survey_points, given.survey_seeds, given.truth, given.overhead_points = 51, 3, 150, 40
    if given.quick:
        given.rounds, given.depths, given.examples, given.points, given.product, given.least = 1, "20", 8, 4, 128, 0.0
        given.survey_points, given.survey_seeds, given.truth, given.overhead_points = 6, 1, 20, 2
    return given


def main(arguments: list[str] | None = None) -> None:
    """Measure and print the table."""
    given = options(arguments)
    only, depths, found = given.only.split(","), [int(depth) for depth in given.depths.split(",")], []
    if unknown := set(only) - {"points", "mlp", "overhead", "survey"}:
        raise SystemExit(f"--only has {', '.join(sorted(unknown))}; expected some of points,mlp,overhead,survey")
    for depth in depths if "points" in only else ():
        say(f"points of ResNet-{depth}")
        found.append(points(cifar_resnet(depth, given.examples, given.shared), given))
    for part, measure in {"mlp": lambda: small(given), "survey": lambda: surveys(given)}.items():
        if part in only:
            say(part)
            found.append(measure())
    if "overhead" in only:
        say("overhead")
        rows, notes = overhead(cifar_resnet(20, given.examples, given.shared), given.overhead_points, given.rounds)
        found.append(Found(rows, notes))
    said = cifar_resnet(20, 10, given.shared).said
    if given.quick:
        print("QUICK: this shows that the benchmark runs; it measures no speed.\n")
    print(f"{machine()}; ResNets on {given.examples} examples ({said}), {given.device}\n")
    print(table([row for one in found for row in one.rows]))
    print("", *[f"* {note}" for one in found for note in one.notes], sep="\n")


if __name__ == "__main__":
    main()
