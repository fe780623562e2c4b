"""Sweeps that worker processes can make on their own; every evaluation is written to the file that COUNT names."""

import os
import time
from typing import Any

import torch

import lossatlas as la

COORDS = {"alpha": la.axis(-1, 1, 8), "beta": la.axis(-0.5, 1, 7)}


def network() -> la.Objective:
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(50, 6, generator=generator), torch.randint(3, (50,), generator=generator)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.BatchNorm1d(8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
    return la.Objective.from_module(net, (x, y), "cross_entropy", metrics={"accuracy": la.metrics.accuracy}, batch_size=7)


class Counted:
    """The loss; every evaluated point appends one line, and takes its time; in workers until so many of them have begun."""

    def __init__(self, objective: la.Objective, *, seconds: float = 0.0, workers: int = 0) -> None:
        self._inner, self.seconds, self.workers = la.probes.loss(objective), seconds, workers
        self.quantities, self.objective, self.spec, self.about = self._inner.quantities, objective, self._inner.spec, self._inner.about

    def __call__(self, point: Any) -> Any:
        if os.environ.get("COUNT"):
            with open(os.environ["COUNT"], "a") as file:
                file.write(f"{os.getpid()} {float(sum(t.double().sum() for t in point.values()))!r} {torch.get_num_threads()}\n")
        time.sleep(self.seconds)
        until = time.monotonic() + 60
        while self.workers and not self._begun() and time.monotonic() < until:
            time.sleep(0.005)
        return self._inner(point)

    def _begun(self) -> bool:
        with open(os.environ["COUNT"]) as file:
            processes = [line.partition(" ")[0] for line in file]
        return processes[0] == str(os.getpid()) or len(set(processes)) > self.workers  # the first is who starts the workers


class Failing(Counted):
    """Fails wherever it is not evaluated by the process that COUNT_PARENT names."""

    def __call__(self, point: Any) -> Any:
        if str(os.getpid()) != os.environ["COUNT_PARENT"]:
            raise ZeroDivisionError("one by zero\nsecond line")
        return super().__call__(point)


class Dying(Counted):
    """Its process is killed by the system, as when memory runs out."""

    def __call__(self, point: Any) -> Any:
        if str(os.getpid()) != os.environ["COUNT_PARENT"]:
            os.kill(os.getpid(), 9)
        return super().__call__(point)


def quick() -> tuple[Any, Any]:
    objective = network()
    return Counted(objective), la.random_slice(objective)


def slow() -> tuple[Any, Any]:
    objective = network()
    return Counted(objective, seconds=0.02), la.random_slice(objective)


def slower() -> tuple[Any, Any]:
    objective = network()
    return Counted(objective, seconds=0.08), la.random_slice(objective)


def by_two() -> tuple[Any, Any]:
    objective = network()
    return Counted(objective, seconds=0.02, workers=2), la.random_slice(objective)


def by_four() -> tuple[Any, Any]:
    objective = network()
    return Counted(objective, seconds=0.02, workers=4), la.random_slice(objective)


def endless() -> tuple[Any, Any]:
    """A minute: however slow the machine, it is not over before whoever watches has seen it begin."""
    objective = network()
    return Counted(objective, seconds=1.0), la.random_slice(objective)


def another() -> tuple[Any, Any]:
    objective = network()
    return Counted(objective), la.random_slice(objective, seed=1)


def failing() -> tuple[Any, Any]:
    objective = network()
    return Failing(objective), la.random_slice(objective)


def dying() -> tuple[Any, Any]:
    objective = network()
    return Dying(objective), la.random_slice(objective)


def nothing() -> None:
    return None
