"""The soak test: hundreds of random kills and damages of processes that share a store, and nothing may be lost or wrong.

    python tests/run/soak.py [--kills 200] [--seed 0]

Not part of the default suite. Three processes at a time fill one store; at random moments one is killed (``kill -9``), in
most rounds files of the store are then damaged (cut off, bits flipped, deleted), and a new process joins. When the store
is full it must equal a sweep that nobody disturbed, bit for bit, and no kill may have cost more than the chunk in flight.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
import zarr  # noqa: F401  # so that no process spends its short life on importing it

sys.path.insert(0, str(Path(__file__).parent))

import jobs

import lossatlas as la
from lossatlas.run import sweep as sweeping

COORDS = {"alpha": la.axis(-1, 1, 26), "beta": la.axis(-0.5, 1, 17)}
PROCESSES, CHUNK = 3, 4


def start(place: Path) -> int:
    """A process that joins the sweep; forked, so that nothing is imported again (this one never touches zarr or threads)."""
    pid = os.fork()
    if pid:
        return pid
    try:
        objective = jobs.network()
        la.sweep(jobs.Counted(objective, seconds=0.015), la.random_slice(objective), COORDS, store=place)
        os._exit(0)
    except BaseException as error:
        print(f"process {os.getpid()}: {type(error).__name__}: {error}", flush=True)
        os._exit(1)


def damage(place: Path, rng: random.Random, copy: str) -> str:
    """Spoil one file of the store, if there is one to spoil; of the two descriptions never both, as nothing could mend that."""
    kinds = {"chunk": "*/c/**/*", "description": copy, "array": "*/zarr.json"}
    kind = rng.choices(list(kinds), [8, 2, 1])[0]
    files = [f for f in place.glob(kinds[kind]) if f.is_file() and not f.name.endswith(".partial") and not f.match("center_*/*")]
    if not files:
        return ""
    victim, how = rng.choice(files), rng.choice(["cut", "flip", "delete"])
    try:
        content = bytearray(victim.read_bytes())
        if how == "delete":
            victim.unlink()
        elif how == "cut":
            victim.write_bytes(content[: rng.randrange(len(content))])
        else:
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
            victim.write_bytes(content)
    except FileNotFoundError:
        return ""
    return f"{kind} {how}"


def rest(pids: list[int]) -> list[int]:
    """Those of the processes that still run; one that failed ends the test."""
    left = []
    for pid in pids:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if not ended:
            left.append(pid)
        elif os.waitstatus_to_exitcode(status) not in (0, -signal.SIGKILL):
            raise SystemExit(f"process {pid} failed with {os.waitstatus_to_exitcode(status)}")
    return left


def trial(folder: Path, number: int, kills: int, rng: random.Random) -> tuple[int, int, int]:
    """One store filled under so many kills at most; how many there were, damages, and evaluations."""
    place = folder / f"{number}.zarr/a"
    os.environ["COUNT"] = str(folder / f"{number}.count")
    running, killed, damaged = [start(place)], 0, 0
    while not place.exists():
        time.sleep(0.001)
    with_damage, copy = rng.random() < 0.7, rng.choice(["zarr.json", "done/.description.json"])
    while running:
        while len(running) < PROCESSES and killed < kills:
            running.append(start(place))
        time.sleep(rng.uniform(0.05, 0.4))
        running = rest(running)
        if running and killed < kills:
            os.kill(running.pop(rng.randrange(len(running))), signal.SIGKILL)
            killed += 1
            if with_damage and rng.random() < 0.5 and damage(place, rng, copy):
                damaged += 1
    while True:  # the children that were killed
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            break
    if damaged:  # what was spoilt after its last reader looked is found by the next sweep
        running = [start(place)]
        while running:
            running = rest(running)
            time.sleep(0.005)
    return killed, damaged, len(Path(os.environ["COUNT"]).read_text().splitlines())


def main() -> None:
    """Run trials until there were enough kills, and say what was found."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--kills", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=int(time.time()))
    given = arguments.parse_args()
    torch.set_num_threads(1)
    sweeping.chunk_points = lambda seconds, points: CHUNK
    rng, total, spoilt, extra, stores = random.Random(given.seed), 0, 0, 0, 0
    objective = jobs.network()
    whole = la.sweep(la.probes.loss(objective), la.random_slice(objective), COORDS)
    points = whole["done"].size
    with tempfile.TemporaryDirectory() as name:
        while total < given.kills:
            killed, damaged, evaluated = trial(Path(name), stores, min(25, given.kills - total), rng)
            found = la.open(Path(name) / f"{stores}.zarr/a")
            assert bool(found["done"].all()), f"seed {given.seed}: not all is done"
            for variable in whole.variables:
                equal = np.array_equal(found[variable].values, whole[variable].values, equal_nan=whole[variable].dtype.kind == "f")
                assert equal, f"seed {given.seed}: {variable} differs"
            left = list((Path(name) / f"{stores}.zarr").rglob(".claims*"))
            assert not left, f"seed {given.seed}: claims are left: {left}"
            total, spoilt, extra, stores = total + killed, spoilt + damaged, extra + evaluated - points, stores + 1
            bound = (killed + damaged) * CHUNK + 2 * (killed + PROCESSES + 2)  # a chunk each, and the centre of each that starts early
            assert evaluated - points <= bound, f"seed {given.seed}: {evaluated - points} evaluations too many"
            print(f"store {stores}: {killed} kills, {damaged} damages, {evaluated} evaluations of {points} points; equal bit for bit",
                  flush=True)
    print(f"seed {given.seed}: {total} kills, {spoilt} damages in {stores} stores: nothing lost, nothing wrong; "
          f"{extra / (total + spoilt):.1f} evaluations lost for each (a chunk has {CHUNK})")


if __name__ == "__main__":
    main()
