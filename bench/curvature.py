"""What curvature costs, beside PyHessian 0.1, hessian-eigenthings 1.0.0a5 and curvlinops 3.0.1 with scipy, in one run.

The five largest Hessian eigenvalues of a tiny CNN and of ResNet-20 on 512 images: cost in full-data gradients (building included),
products, error against a run in float64. Spectral densities; copies of eigenvalues that are none after 200 steps; λ1 followed along
training at the edge of stability; memory beside a gradient's. The others' costs on ResNet-20 are taken on fewer images (--peer-examples).

    CIFAR10=DIR python bench/curvature.py [--only tiny,resnet,peers,density,ghosts,tracking,memory] [--quick]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import curvature_peers as who
import numpy as np
import torch
import tracking
from curvature_memory import BACKENDS, peak_of
from rounds import Row, say, table
from run import Found, machine
from scipy.sparse.linalg import LinearOperator, eigsh
from subjects import Subject, cifar_resnet, tiny_cnn

import lossatlas as la

PARTS = ("tiny", "resnet", "peers", "density", "ghosts", "tracking", "memory")
K = 5


def reference(subject: Subject, run: who.Run, *, check: bool) -> tuple[np.ndarray, float]:
    """Eigenvalues of the network in float64, from the pairs found, to 1e-10; and how far ARPACK on the same operator is from them."""
    objective = la.Objective.from_module(subject.model, (subject.x, subject.y), "cross_entropy", batch_size=who.BATCH, dtype=torch.float64)
    op, vectors = la.hessian(objective), run.more["found"].vectors.double()
    values = la.eigenpairs(op, K, tol=1e-10, start=vectors).values
    if not check:
        return values, float("nan")
    scipys = LinearOperator(op.shape, dtype=np.float64, matvec=lambda v: (op @ torch.from_numpy(np.asarray(v).ravel())).numpy())
    arpack = np.sort(eigsh(scipys, K, which="LA", tol=1e-10, v0=vectors.sum(1).numpy(), return_eigenvectors=False))[::-1]
    return values, float(np.abs(arpack / values - 1).max())


def top(subject: Subject, goal: float | None, rounds: int, *, check: bool) -> tuple[Found, np.ndarray]:
    """Ours: the five largest eigenvalues against the reference."""
    runs = [who.ours(subject, K) for _ in range(rounds)]
    say(f"{subject.name}: {runs[0].gradients:.1f} gradients, {runs[0].products} products; now the reference")
    truth, apart = reference(subject, runs[0], check=check)
    found = [run.more["found"] for run in runs]
    what = f"{subject.name}, {len(subject.x)} images, top 5"
    off = [np.abs(run.values - truth) for run in runs]
    rows = [
        Row(f"{what}: gradients, lossatlas", [run.gradients for run in runs], goal),
        Row(f"{what}: products, lossatlas", [run.products for run in runs], 22),
        Row(f"{what}: largest relative error, in 1e-6, lossatlas", [1e6 * float((o / truth).max()) for o in off], 1),
        Row(f"{what}: share certified to 1e-6, lossatlas", [float(f.converged.mean()) for f in found], 1, at_least=True, percent=True),
        Row(f"{what}: largest error / its bound, lossatlas", [float((o / f.errors).max()) for o, f in zip(off, found, strict=True)], 1),
    ]
    choice = runs[0].more["choice"]
    against = f"; ARPACK on our float64 operator is {apart:.1g} from the reference" if check else ""
    said = f"{what}: {subject.said}; λ = {', '.join(f'{v:.4g}' for v in truth)}{against}; backend {choice.backend}: {choice.why}"
    return Found(rows, [said]), truth


def others(subject: Subject, truth: np.ndarray) -> Found:
    """The same by the others, once each."""
    what, out = f"{subject.name}, {len(subject.x)} images, top 5", Found([], [])
    contenders: dict[str, Callable[[], who.Run]] = {
        "hessian-eigenthings, defaults (10 steps)": lambda: who.theirs_of_eigenthings(subject, K),
        "hessian-eigenthings, 25 steps": lambda: who.theirs_of_eigenthings(subject, K, max_iter=25, which="LA"),
        "curvlinops + ARPACK, tol 1e-6": lambda: who.theirs_of_curvlinops(subject, K),
        "PyHessian, defaults": lambda: who.theirs_of_pyhessian(subject, K)}
    for name, call in contenders.items():
        run = attempted(name, call, out)
        if run is not None:
            error = float(np.abs(run.values / truth - 1).max())
            out.rows += [Row(f"{what}: gradients, {name}", [run.gradients])]
            out.notes.append(f"{what}, {name}: {run.products} products, largest relative error {error:.1g}")
    return out


def densities(subject: Subject, steps: int) -> Found:
    """One probe of stochastic Lanczos quadrature by each."""
    what, out = f"{subject.name}, {len(subject.x)} images, SLQ of {steps} steps", Found([], [])
    contenders = {"lossatlas": who.our_density, "hessian-eigenthings": who.their_density_of_eigenthings,
                  "curvlinops, its search for the ends included": who.their_density_of_curvlinops,
                  "PyHessian": who.their_density_of_pyhessian}
    for name, call in contenders.items():
        run = attempted(name, lambda call=call: call(subject, steps), out)
        if run is not None:
            out.rows.append(Row(f"{what}: gradients a probe, {name}", [run.gradients], 2.5 * steps if name == "lossatlas" else None))
            out.notes.append(f"{what}, {name}: {run.products} products")
    return out


def ghosts(subject: Subject, steps: int) -> Found:
    """Copies of the largest eigenvalue after many steps, by everyone's Lanczos on one and the same operator."""
    op, out = la.hessian(subject.objective()), Found([], [])
    found = attempted("Lanczos of the others", lambda: who.nodes_by_everyone(op, steps), out) or {}
    for name, nodes in found.items():
        copies = int((np.abs(nodes / nodes.max() - 1) < 1e-3).sum()) - 1
        out.rows.append(Row(f"{subject.name}, {len(subject.x)} images, {steps} steps: copies of λ1 within 1e-3, {name}", [copies],
                            0 if name == "lossatlas" else None))
    return out


def edge(steps: int) -> Found:
    """λ1 followed along training."""
    out = Found([], [])
    whole, part = {"eta": 0.2}, {"eta": 0.05, "batch": 100, "momentum": 0.9}
    runs = {"full batch, every step": {"every": 1, "check": 3, **whole},
            "full batch, every 10 steps, until certified": {"every": 10, "check": 1, **whole},
            "batches of 100, momentum 0.9, every 10 steps, until certified": {"every": 10, "check": 1, **part}}
    for name, options in runs.items():
        say(f"tracking, {name}")
        track = tracking.followed(steps, **options)
        products, errors = track.products[1:], track.errors[np.isfinite(track.errors)]
        what = f"λ1 to 1e-2 along {steps} steps of training, {name}"
        out.rows += [Row(f"{what}: products a record", [float(products.mean())], 3 if options["every"] == 1 else None),
                     Row(f"{what}: most products", [int(products.max())]),
                     Row(f"{what}: records within 1e-2 of the true λ1", [float((errors <= tracking.TOLERANCE).mean())], 0.95,
                         at_least=True, percent=True)]
        out.notes.append(f"{what}: relative error {np.median(errors):.2g} in the median, {errors.max():.2g} at most; λ1·η/2 at step "
                         f"{track.said()}")
    return out


def memory(examples: int, shared: Path, backends: Sequence[str], bounds: Sequence[int]) -> Found:
    """Peaks of resident memory, and whether ``memory=`` is held where it is so many gradients' worth."""
    plain, out = peak_of("gradient", examples, None, shared), Found([], [])
    what = f"ResNet-20, memory of a micro-batch of {examples}"
    goals = {"linearized": 8.6, "retained": 2.5, "reverse": 2.4}
    for backend in backends:
        say(f"memory, {backend}")
        out.rows.append(Row(f"{what}: {backend} / a gradient", [peak_of(backend, examples, None, shared) / plain],
                            1.1 * goals[backend] if backend in goals else None))
    out.notes.append(f"{what}: a gradient takes {plain:.0f} MB; goals with a tenth of room, as this is resident memory")
    for bound in bounds:
        whole, limit = 4 * examples, bound * plain * 2**20
        peak = peak_of("auto", whole, limit, shared)
        said = f"ResNet-20, {whole} images: peak / memory=, which is {bound} gradients of a micro-batch"
        out.rows.append(Row(said, [peak * 2**20 / limit], 1))
    return out


def attempted(name: str, call: Callable[[], Any], out: Found) -> Any:
    """What a contender gives; None, and a note, where it is not installed or does not run."""
    say(name)
    try:
        return call()
    except (ImportError, RuntimeError, AttributeError, TypeError, ValueError) as error:
        out.notes.append(f"{name} does not run here ({type(error).__name__}: {str(error)[:120]}); make bench installs it")
        return None


def warmed() -> None:
    """Imports and first calls, which belong to no measurement."""
    small = la.Objective.from_module(torch.nn.Linear(4, 3), (torch.randn(6, 4), torch.arange(6) % 3), "cross_entropy")
    for backend in ("linearized", "retained", "forward"):
        la.eigenpairs(la.hessian(small, backend=backend), 1)


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(PARTS), help="parts, with commas between")
    parser.add_argument("--rounds", type=int, default=1, help="of our own eigenvalues")
    parser.add_argument("--examples", type=int, default=512, help="images")
    parser.add_argument("--peer-examples", type=int, default=128, help="images on which all are compared with ResNet-20")
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"), help="folder with weights/; CIFAR10=DIR for the images")
    parser.add_argument("--quick", action="store_true", help="every part in a few seconds: shows that this runs, and no cost")
    given = parser.parse_args(arguments)
    given.steps, given.ghost_steps, given.training, given.backends, given.bounds = 80, 200, 1000, BACKENDS, (4, 16)
    if given.quick:
        given.examples, given.peer_examples, given.steps, given.ghost_steps, given.training = 8, 4, 6, 60, 20
        given.backends, given.bounds = ("retained",), ()
    return given


def main(arguments: list[str] | None = None) -> None:
    """Measure and print the table."""
    given = options(arguments)
    only = given.only.split(",")
    if unknown := set(only) - set(PARTS):
        raise SystemExit(f"--only has {', '.join(sorted(unknown))}; expected some of {','.join(PARTS)}")
    found: list[Found] = []
    warmed()
    if {"tiny", "density", "ghosts"} & set(only):
        tiny = tiny_cnn(given.examples)
    for part in only:
        say(part)
        if part == "tiny":
            ours, truth = top(tiny, 65, given.rounds, check=True)
            found += [ours, others(tiny, truth)]
        elif part == "resnet":
            found.append(top(cifar_resnet(20, given.examples, given.shared), 50, given.rounds, check=False)[0])
        elif part == "peers":
            few = cifar_resnet(20, given.peer_examples, given.shared)
            ours, truth = top(few, None, 1, check=True)
            found += [ours, others(few, truth)]
        elif part == "density":
            found.append(densities(tiny, given.steps))
        elif part == "ghosts":
            found.append(ghosts(tiny, given.ghost_steps))
        elif part == "tracking":
            found.append(edge(given.training))
        else:
            found.append(memory(given.peer_examples, given.shared, given.backends, given.bounds))
    if given.quick:
        print("QUICK: this shows that the benchmark runs; it measures no cost.\n")
    print(f"{machine()}\n")
    print(table([row for one in found for row in one.rows]))
    print("", *[f"* {note}" for one in found for note in one.notes], sep="\n")


if __name__ == "__main__":
    main()
