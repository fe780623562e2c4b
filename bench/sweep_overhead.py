"""Seconds per point of ``sweep`` against the bare forward pass, and against loss-landscapes 3.0.6 from PyPI.

ResNet-20, 512 CIFAR images, batches of 128, float32. Everything is interleaved in one run: after every point of the
sweep the bare ``no_grad`` forward of the same examples in the same batches is timed, so that a noisy machine hits both;
the ratio of each pair is taken, then the median. Quote ratios, never the single times.

    python bench/sweep_overhead.py [--points 31] [--data DIR]
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import torch

import lossatlas as la
from lossatlas import zoo
from lossatlas.run.events import Advanced

EXAMPLES, BATCH = 512, 128
GOAL = 1.03


def real_or_synthetic(folder: Path) -> tuple[torch.nn.Module, torch.Tensor, torch.Tensor, str]:
    """ResNet-20 with trained weights and 512 CIFAR images where they lie on this machine, else with random ones."""
    weights = folder / "weights" / "cifar10_resnet20.safetensors"
    archive = Path(os.environ.get("CIFAR10", "/nonexistent"))
    model = zoo.build("resnet20a")
    y = torch.arange(EXAMPLES) % 10
    x = torch.randn(EXAMPLES, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    where = "random images"
    if archive.exists():
        source = zoo.read(f"cifar10:{archive}")
        x, y = zoo.prepare((source.train[0][:EXAMPLES], source.train[1][:EXAMPLES]), mean=source.mean, std=source.std)
        where = "CIFAR-10 images"
    if weights.exists():
        model.load_state_dict(la.load_point(weights), strict=False)
        where += ", trained weights"
    return model.eval(), x, y, where


def ratios(model: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, points: int, store: str | None) -> list[float]:
    """Time of each point of a sweep over the time of the bare forward pass that follows it."""
    objective = la.Objective.from_module(model, (x, y), "cross_entropy", batch_size=BATCH)
    out: list[float] = []
    last = 0.0

    def listen(event: object) -> None:
        nonlocal last
        if isinstance(event, Advanced):
            spent = time.perf_counter() - last
            out.append(spent / bare(model, x))
        last = time.perf_counter()

    la.sweep(la.probes.loss(objective), la.random_slice(objective, dims=("alpha",)), {"alpha": la.axis(-1, 1, points)},
             store=store, on_event=listen)
    return out


def bare(model: torch.nn.Module, x: torch.Tensor) -> float:
    """Seconds of one forward pass over all examples."""
    started = time.perf_counter()
    with torch.no_grad():
        for start in range(0, len(x), BATCH):
            model(x[start : start + BATCH])
    return time.perf_counter() - started


def peer(model: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, rounds: int) -> list[float] | str:
    """The same for loss-landscapes 3.0.6 with its own metric (all examples in one batch), 4 points a round."""
    try:
        import loss_landscapes
        from loss_landscapes.metrics import Loss
    except ImportError as error:
        return f"not installed ({error}); make bench installs it"
    metric = Loss(torch.nn.functional.cross_entropy, x, y)
    out = []
    try:
        with torch.no_grad():
            for _ in range(rounds):
                started = time.perf_counter()
                loss_landscapes.random_plane(model, metric, distance=1, steps=2, normalization="filter", deepcopy_model=True)
                out.append((time.perf_counter() - started) / 4 / bare(model, x))
    except Exception as error:
        return f"fails on this network: {type(error).__name__}: {error}"
    return out


def line(name: str, values: list[float] | str) -> str:
    """One row: median and quartiles."""
    if isinstance(values, str):
        return f"| {name} | {values} | | |"
    low, _, high = statistics.quantiles(values, n=4)
    return f"| {name} | {statistics.median(values):.3f} | {low:.3f}–{high:.3f} | {len(values)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=31, help="points of the sweep")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with weights/; CIFAR10=DIR for the images")
    options = parser.parse_args()
    model, x, y, where = real_or_synthetic(options.data)
    ratios(model, x, y, 7, None)  # warm-up: allocator and thread pool settle (the first pairs read up to 6 % high)
    print(f"ResNet-20, {EXAMPLES} examples ({where}), batches of {BATCH}, {torch.get_num_threads()} threads, torch {torch.__version__}\n")
    print("| seconds per point, in bare forward passes | median | quartiles | pairs |\n|-|-|-|-|")
    memory = ratios(model, x, y, options.points, None)
    print(line("lossatlas sweep, in memory", memory))
    with tempfile.TemporaryDirectory() as folder:
        print(line("lossatlas sweep, into a store", ratios(model, x, y, options.points, f"{folder}/bench.zarr/a")))
    print(line("loss-landscapes 3.0.6, its own metric", peer(model, x, y, max(options.points // 4, 4))))
    verdict = "met" if statistics.median(memory) <= GOAL else "MISSED"
    print(f"\ngoal for the sweep in memory: at most {GOAL} of the bare forward: {verdict}")


if __name__ == "__main__":
    main()
