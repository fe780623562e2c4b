"""Two workers against one on this machine, and what a chunk of the store costs.

Workers: one sweep of ResNet-20 over 512 images, filled by one process with every core and by two with half of them each;
the ratio of the times from the first point to the last, starting the processes not counted (and counted). What a user
gains is the ratio below 1: one process with two threads leaves cores idle in every small kernel.

Store: seconds to write and to read a chunk, as a share of the shortest chunk's work (half a second).

    python bench/workers.py [--points 12] [--pairs 3]
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

import lossatlas as la
from lossatlas.lattice import coarse_first
from lossatlas.result.schema import Quantity
from lossatlas.result.store import ZarrStore
from lossatlas.run.events import Advanced
from lossatlas.run.sweep import SHORTEST_CHUNK_SECONDS


def job() -> tuple[Any, Any]:
    """What every worker makes: the loss of a fresh ResNet-20 on 512 random images, in a random plane."""
    generator = torch.Generator().manual_seed(0)
    images, labels = torch.randn(512, 3, 32, 32, generator=generator), torch.randint(10, (512,), generator=generator)
    objective = la.Objective.from_module(la.zoo.build("resnet20"), (images, labels), "cross_entropy")
    return la.probes.loss(objective), la.random_slice(objective)


def fill(workers: int, points: int) -> tuple[float, float]:
    """Seconds from the first point to the last, and altogether, for a plane of ``points`` x ``points``."""
    heard: list[float] = []
    began = time.perf_counter()
    coords = {"alpha": la.axis(-1, 1, points), "beta": la.axis(-1, 1, points)}
    with tempfile.TemporaryDirectory() as folder:
        la.sweep(*job(), coords, engine=la.Local(workers=workers, make=job), store=Path(folder) / "r.zarr/a",
                 on_event=lambda e: heard.append(time.perf_counter()) if isinstance(e, Advanced) else None)
    return (heard[-1] - heard[workers - 1]) / (len(heard) - workers), time.perf_counter() - began


def chunk_seconds(chunks: int = 200) -> tuple[float, float]:
    """Seconds to write a chunk, and to read one, of the quantities of a loss with accuracy."""
    quantities = tuple(Quantity(name, name) for name in ("loss", "loss_stderr", "accuracy", "accuracy_stderr"))
    quantities += (Quantity("loss_groups", "groups", dims=(("group", 16),)),)
    rows = {q.name: np.random.default_rng(0).random((10, *q.shape)) for q in quantities}
    with tempfile.TemporaryDirectory() as folder:
        store = ZarrStore.create(Path(folder) / "r.zarr", "a", spec={}, attrs={"kind": "profile"}, coords={"t": np.arange(10.0 * chunks)},
                                 indices=coarse_first([10 * chunks]), quantities=quantities,
                                 centre={q.name: np.zeros(q.shape) for q in quantities}, timing={"chunk": 10, "seconds_per_point": 0.05})
        began = time.perf_counter()
        for number in range(chunks):
            with store.claim(number) as mine:
                assert mine and not store.has(number)
                store.write(number, rows)
        written = time.perf_counter()
        store.read()
        return (written - began) / chunks, (time.perf_counter() - written) / chunks


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--points", type=int, default=12)
    arguments.add_argument("--pairs", type=int, default=3)
    given = arguments.parse_args()
    write, read = chunk_seconds()
    print(f"a chunk of the store: {1000 * write:.1f} ms to claim and write ({write / SHORTEST_CHUNK_SECONDS:.1%} of the shortest chunk), "
          f"{1000 * read:.2f} ms to read")
    inside, whole = [], []
    for _ in range(given.pairs):  # interleaved, so that the machine's moods hit both
        one, two = fill(1, given.points), fill(2, given.points)
        inside.append(two[0] / one[0])
        whole.append(two[1] / one[1])
        print(f"2 workers / 1: {inside[-1]:.2f} per point, {whole[-1]:.2f} with starting them")
    print(f"median of {given.pairs} pairs: {statistics.median(inside):.2f} per point, {statistics.median(whole):.2f} with starting them")


if __name__ == "__main__":
    main()
