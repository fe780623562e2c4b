"""What recording a training run costs at the default schedule (two checkpoints an octave of steps, with the optimizer's state).

Two figures. The share of training time that goes into the recorder's calls, its making and closing included, and into the processor time of
its writing thread (which shares the interpreter with training), is taken within one run, so that a busy machine does not blur it. A whole
run with a Recorder against the same run without, in turn, has everything in it, and the noise of the machine. A longer run costs less: n
steps have about 2·log2 n checkpoints. Peer that a user would write by hand: torch.save of model and optimizer after every epoch, in the
loop.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import torch
from rounds import Contender, Row, interleaved, table

import lossatlas as la
from lossatlas import zoo

#: The share of training time that recording may take.
GOAL = 0.05
#: Steps of an epoch of a thousand digits in batches of 50.
EVERY = 20
SGD = partial(torch.optim.SGD, lr=0.1, momentum=0.9, nesterov=True)


def objective(name: str) -> la.Objective:
    """A network of the zoo on digits, in batches of 50."""
    source = zoo.read("digits")
    data = zoo.prepare(source.train, mean=source.mean, std=source.std, scale=source.scale)
    return la.Objective.from_module(zoo.build(name, seed=0), data, "cross_entropy", batch_size=50)


def run(o: la.Objective, steps: int, hooks: Callable[[], Any]) -> None:
    """A training run with the hooks that ``hooks()`` opens."""
    with hooks() as made:
        la.fit(o, optimizer=SGD, steps=steps, hooks=made)


class Nothing:
    """No hooks."""

    def __enter__(self) -> list[Any]:
        return []

    def __exit__(self, *_: Any) -> None:
        pass


class Recorded(Nothing):
    """A recorder at the default schedule, into a folder that is gone afterwards.

    Attributes:
        shares: of every run, the time in the recorder's calls and of its writing thread over the rest of it.
    """

    shares: ClassVar[list[float]] = []

    def __enter__(self) -> list[Any]:
        self.folder, self.spent = tempfile.TemporaryDirectory(), 0.0
        self.began = time.perf_counter()
        self.timed(self.open)
        return [lambda *seen: self.timed(lambda: self.recorder(*seen))]

    def open(self) -> None:
        """Make the recorder, whose writing thread's processor time is kept."""
        self.recorder, self.written = la.Recorder(Path(self.folder.name) / "run"), 0.0
        write = self.recorder._write

        def timed(shot: Any) -> None:
            before = time.thread_time()
            write(shot)
            self.written += time.thread_time() - before

        self.recorder._write = timed  # type: ignore[method-assign]

    def timed(self, call: Callable[[], None]) -> None:
        """Call, and keep the time."""
        before = time.perf_counter()
        call()
        self.spent += time.perf_counter() - before

    def __exit__(self, *_: Any) -> None:
        self.timed(self.recorder.close)
        cost = self.spent + self.written
        self.shares.append(cost / (time.perf_counter() - self.began - cost))
        self.folder.cleanup()


class Saved(Nothing):
    """torch.save of everything after every epoch, as scripts do."""

    def __enter__(self) -> list[Any]:
        self.folder = tempfile.TemporaryDirectory()

        def save(step: int, point: Any, state: Any) -> None:
            if step % EVERY == 0:
                torch.save({"model": point, "optimizer": state.optimizer.state_dict()}, f"{self.folder.name}/{step}.pt")

        return [save]

    def __exit__(self, *_: Any) -> None:
        self.folder.cleanup()


def main() -> None:
    """The table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=7)
    rounds = options.parse_args().rounds
    rows = []
    for name, steps in (("digits_mlp", 1200), ("digits_resnet", 200)):
        o = objective(name)
        ways = {"nothing": Nothing, "recorded": Recorded, "saved": Saved}
        times = interleaved({way: Contender(partial(run, o, steps, hooks)) for way, hooks in ways.items()}, rounds)
        shares = Recorded.shares[-rounds:]
        rows += [Row(f"{name}, {steps} steps: recorder's calls and writing thread, share of training time", shares, GOAL, percent=True),
                 Row(f"{name}, {steps} steps: recorded / not recorded", times["recorded"] / times["nothing"]),
                 Row(f"{name}, {steps} steps: torch.save every {EVERY} steps / nothing saved", times["saved"] / times["nothing"])]
    print(table(rows))


if __name__ == "__main__":
    main()
