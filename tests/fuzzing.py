"""What the fuzz suites share: how many inputs, what a run of the command line must look like, and folders compared.

``LOSSATLAS_FUZZ=20 pytest tests/fuzz`` takes 20 times as many inputs, and new ones; CI repeats the same ones.
"""

import io
import os
import random
import re
import shutil
import signal
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from hypothesis import HealthCheck, Phase, settings

import lossatlas as la
from lossatlas.cli import run

#: How many times as many inputs as by default.
TIMES = int(os.environ.get("LOSSATLAS_FUZZ", "1"))
#: Bad inputs by suite and outcome, over the whole session.
TALLY: Counter[tuple[str, str]] = Counter()
#: What a run may say on standard error before it fails: how far it came.
_PROGRESS = re.compile(r" points × |^note: |━|^$|^unpacking |^https?://.*(trying again|going on)|^training, ")
#: What no run may leave behind.
_DEBRIS = re.compile(r"(^|/)(\.creating-|\..*\.partial|\..*\.part\.|PWNED)|\.part(\.json)?$")


def inputs(number: int, *, shrink: bool = True) -> settings:
    """Settings for so many examples, and for code that writes files and takes its time; a seed is as simple as any other."""
    return settings(
        max_examples=number * TIMES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
    )


def small_objective(examples: int) -> la.Objective:
    """A tiny network on a few random examples, the same each time."""
    generator = torch.Generator().manual_seed(0)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    data = torch.randn(examples, 3, generator=generator), torch.arange(examples) % 2
    return la.Objective.from_module(net, data, "cross_entropy")


def count(suite: str, outcome: object) -> None:
    """One more bad input."""
    TALLY[suite, str(outcome)] += 1


class Answer(NamedTuple):
    """What a run gave."""

    code: int
    out: str
    err: str


def call(*arguments: str) -> Answer:
    """Run the command line in this process, with streams that encode as a terminal's do."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace", write_through=True)
    err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace", write_through=True)
    with redirect_stdout(out), redirect_stderr(err), _as_a_process():
        code = run(arguments)
    return Answer(code, out.buffer.getvalue().decode(errors="replace"), err.buffer.getvalue().decode())  # type: ignore[attr-defined]


@contextmanager
def _as_a_process():
    """Warnings are printed as a process prints them; modules and paths of the user's files are forgotten afterwards."""
    modules, path = set(sys.modules), list(sys.path)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.showwarning = lambda message, kind, *rest: print(f"{kind.__name__}: {message}", file=sys.stderr)
        try:
            yield
        finally:
            sys.path[:] = path
            for name in set(sys.modules) - modules:
                if name.startswith("lossatlas_user_"):
                    del sys.modules[name]


def check_answer(answer: Answer) -> None:
    """An exit code that is known, and where it is not 0 one line that says what is wrong, by somebody who thought of it."""
    assert answer.code in (0, 1, 2, 130), answer
    assert "Traceback" not in answer.out + answer.err, answer
    if answer.code == 0:
        return
    *before, last = answer.err.removesuffix("\n").split("\n")
    assert last.startswith("lossatlas: ") and len(last) > len("lossatlas: ") + 10, f"no line that says what is wrong: {answer}"
    assert "unexpected " not in last or "after the arguments" in last, f"nobody thought of this: {last}"
    assert last.isprintable(), f"characters that steer the terminal: {last!r}"
    odd = [line for line in before if not _PROGRESS.search(line)]
    assert not odd, f"more than one line: {odd}, then {last}"


def snapshot(folder: Path) -> dict[str, tuple]:
    """Everything in a folder: links by where they lead, folders, files by size and time of writing."""
    found: dict[str, tuple] = {}
    stack = [(str(folder), "")]
    while stack:
        place, inside = stack.pop()
        for entry in os.scandir(place):
            name = inside + entry.name
            if entry.is_symlink():
                found[name] = ("link", os.readlink(entry.path))
            elif entry.is_dir():
                found[name] = ("folder",)
                stack.append((entry.path, name + "/"))
            else:
                stat = entry.stat()
                found[name] = ("file", stat.st_size, stat.st_mtime_ns)
    return {name: found[name] for name in found if "__pycache__" not in name}


def check_debris(before: dict[str, tuple], after: dict[str, tuple], answer: Answer, targets: Sequence[str]) -> None:
    """Nothing half made is left; what was there is touched only where the command was told to write, and went well."""
    new = [name for name in after if name not in before]
    assert not [name for name in new if _DEBRIS.search(name)], f"left behind: {new}"
    changed = [name for name in before if after.get(name) != before[name] and before[name][0] != "folder"]
    if answer.code == 0:
        assert not [name for name in changed if not any(name.startswith(target) for target in targets)], (changed, targets)
        return
    assert not changed, f"refused, and yet changed: {changed}"
    kept = {name.rpartition("/done/zarr.json")[0] for name in new if name.endswith("/done/zarr.json")}  # whole results
    inside = [
        name
        for name in new
        if any(
            name == group
            or name.startswith(f"{group}/")
            or group.startswith(f"{name}/")
            or name == f"{group.partition('.zarr')[0]}.zarr/zarr.json"
            for group in kept
        )
    ]
    assert len(inside) == len(new), f"debris: {sorted(set(new) - set(inside))}"
    assert answer.code != 2 or not new or "result: " in answer.out, f"refused, and yet stored: {new}"


def restore(folder: Path, pristine: Path, clean: dict[str, tuple]) -> None:
    """The folder as it was; it stays itself, because the process works in it."""
    for name in [name for name in snapshot(folder) if name not in clean]:
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    after = snapshot(folder)
    for name in clean:
        if after.get(name) != clean[name]:
            if after.get(name, clean[name])[0] != clean[name][0]:
                shutil.rmtree(folder / name, ignore_errors=True)
            if clean[name][0] == "folder":
                (folder / name).mkdir()
            else:
                shutil.copy2(pristine / name, folder / name, follow_symlinks=False)  # keeps times


def flipped(content: bytes, rng: random.Random, *, bits: int = 1, within: tuple[int, int] | None = None) -> bytes:
    """The content with so many flipped bits, all inside a range of bytes."""
    low, high = within or (0, len(content))
    out = bytearray(content)
    for _ in range(bits):
        out[rng.randrange(low, high)] ^= 1 << rng.randrange(8)
    return bytes(out)


#: Ways to spoil bytes: name -> function of the content and a generator of random numbers.
SPOIL: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "flip": lambda content, rng: flipped(content, rng),
    "flip many": lambda content, rng: flipped(content, rng, bits=rng.randint(2, 30)),
    "cut": lambda content, rng: content[: rng.randrange(len(content))],
    "cut the front": lambda content, rng: content[rng.randint(1, len(content)) :],
    "empty": lambda content, rng: b"",
    "zeros": lambda content, rng: bytes(len(content)),
    "noise": lambda content, rng: rng.randbytes(len(content)),
    "other noise": lambda content, rng: rng.randbytes(rng.randrange(1, 2000)),
    "insert": lambda content, rng: (at := rng.randrange(len(content)), content[:at] + rng.randbytes(rng.randint(1, 9)) + content[at:])[1],
    "drop": lambda content, rng: (at := rng.randrange(len(content)), content[:at] + content[at + rng.randint(1, 9) :])[1],
    "twice": lambda content, rng: content + content,
    "append": lambda content, rng: content + rng.randbytes(rng.randint(1, 30)),
    "swap": lambda content, rng: (at := rng.randrange(len(content)), content[at:] + content[:at])[1],
}


@contextmanager
def at_most(seconds: float):
    """What takes longer hangs."""

    def stop(*rest: object) -> None:
        raise AssertionError(f"still running after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def check_tried(request: pytest.FixtureRequest, suite: str, least: int) -> None:
    """The last test of a file: so many bad inputs were tried by it, unless only a part of the file runs."""
    if request.config.option.keyword or any("::" in argument for argument in request.config.args):
        pytest.skip("counts the bad inputs of the whole file")
    tried = {outcome: number for (name, outcome), number in sorted(TALLY.items()) if name == suite}
    print(f"{suite}: {sum(tried.values())} bad inputs: {tried}")
    assert sum(tried.values()) >= least
