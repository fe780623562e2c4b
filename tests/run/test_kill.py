"""`kill -9` at any time: only missing chunks are computed again, and the result equals an uninterrupted run bit for bit."""

import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from preloaded import Script

import lossatlas as la
from lossatlas.cli import run
from lossatlas.result.store import ZarrStore
from lossatlas.run.events import Finished

#: One process that imports torch once and forks the sweeps it kills (it never touches zarr itself).
SCRIPT = r'''
import json, os, random, signal, sys, time
import torch, xarray
torch.set_num_threads(1)
import numpy as np
import lossatlas as la
from lossatlas.run import sweep as sweeping
sweeping.SHORTEST_CHUNK_SECONDS = 0.01            # chunks of two or three points, so that there is much to lose
root, trials, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
generator = torch.Generator().manual_seed(0)
x, y = torch.randn(60, 6, generator=generator), torch.randint(3, (60,), generator=generator)
torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.BatchNorm1d(8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
objective = la.Objective.from_module(net, (x, y), "cross_entropy", metrics={"accuracy": la.metrics.accuracy}, batch_size=7)

class Slow:
    """The loss, counted, no faster than 4 ms a point."""
    def __init__(self):
        self.inner, self.count = la.probes.loss(objective), 0
        self.quantities, self.objective, self.spec, self.about = self.inner.quantities, objective, self.inner.spec, self.inner.about
    def __call__(self, point):
        self.count += 1
        time.sleep(0.004)
        return self.inner(point)

coords = {"repeat": [0, 1], "alpha": la.axis(-1, 1, 9), "beta": la.axis(-1, 1, 6)}
total = 108

def child(place, out):
    pid = os.fork()
    if pid:
        return pid
    try:
        probe, events = Slow(), []
        ds = la.sweep(probe, la.random_slice(objective, repeats=2), coords, store=place, on_event=events.append)
        np.savez(out + ".npz", **{name: ds[name].values for name in ds.variables})
        said = {"count": probe.count, "found": events[0].done, "chunk": events[0].chunk, "computed": events[-1].computed}
        json.dump(said, open(out + ".json", "w"))
    finally:
        os._exit(0)

def on_disk(place):
    folder = os.path.join(place, "done", "c")
    if not os.path.isdir(folder):
        return 0
    chunk = json.load(open(os.path.join(place, "zarr.json")))["attributes"]["lossatlas"]["chunk"]  # as measured by that run
    return chunk * sum(not name.endswith(".partial") for name in os.listdir(folder))

os.waitpid(child(root + "/whole.zarr/a", root + "/whole"), 0)
rng, log = random.Random(seed), []

def killed(place, out, share):
    """Whether the sweep was killed: where others compute, it may end before this process gets its turn."""
    pid = child(place, out)
    while on_disk(place) < share * total:
        time.sleep(0.0005)
        if os.waitpid(pid, os.WNOHANG) != (0, 0):
            return False
    time.sleep(rng.uniform(0, 0.012))              # anywhere in the chunk that follows
    os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1] == signal.SIGKILL

for trial in range(trials):
    for attempt in range(10):
        place, kills = f"{root}/{trial}-{attempt}.zarr/a", []
        for share in sorted(rng.uniform(0.2, 0.8) for _ in range(1 + trial % 2)):
            if not killed(place, f"{root}/{trial}-{attempt}-killed", share):
                break
            kills.append(on_disk(place))
        else:
            break
    os.waitpid(child(place, f"{root}/{trial}"), 0)
    said = json.load(open(f"{root}/{trial}.json"))
    log.append({"kills": kills, "finished_before": os.path.exists(f"{root}/{trial}-{attempt}-killed.json"), **said})
json.dump(log, open(root + "/log.json", "w"))
'''

#: Seconds of work in a chunk of the command that is killed.
CHUNK = 0.2
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}


def test_killed_at_random_times_a_sweep_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    seed = int(time.time())
    process = Script(SCRIPT, str(tmp_path), "2", str(seed), environment=ENVIRONMENT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, f"seed {seed}: {said}"
    whole = np.load(tmp_path / "whole.npz")
    log = json.loads((tmp_path / "log.json").read_text())
    assert len(log) == 2
    for trial, entry in enumerate(log):
        assert not entry["finished_before"], f"seed {seed}, trial {trial}: nothing was killed"
        assert 0.15 * 108 < entry["found"] < 108, f"seed {seed}: {entry}"
        assert entry["found"] <= entry["kills"][-1], f"seed {seed}: {entry}"
        assert entry["found"] >= entry["kills"][-1] - entry["chunk"], f"seed {seed}: more than a chunk was lost: {entry}"
        assert entry["count"] == entry["computed"] == 108 - entry["found"], f"seed {seed}: {entry}"
        resumed = np.load(tmp_path / f"{trial}.npz")
        assert set(resumed.files) == set(whole.files)
        for name in whole.files:
            equal = np.array_equal(resumed[name], whole[name], equal_nan=whole[name].dtype.kind == "f")
            assert equal, f"seed {seed}, trial {trial}: {name} differs"


def _start(arguments: list[str], folder: Path) -> Script:
    code = (f"import torch; torch.set_num_threads(1)\nfrom lossatlas.run import sweep; sweep.SHORTEST_CHUNK_SECONDS = {CHUNK}\n"
            "import lossatlas.cli as c; c.main()")
    return Script(code, *arguments, folder=folder, environment=ENVIRONMENT)


def _wait_for(process: Script, place: Path, chunks: int) -> None:
    deadline = time.monotonic() + 60
    while not place.is_dir() or len(list(place.glob("[0-9]*"))) < chunks:
        assert process.poll() is None and time.monotonic() < deadline, "ended before it could be stopped"
        time.sleep(0.002)


def test_the_command_killed_then_interrupted_then_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                           capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.py").write_text(
        "import time, torch, lossatlas as la\n"
        "g = torch.Generator().manual_seed(0)\n"
        "torch.manual_seed(0)\n"
        "class Slow(torch.nn.Linear):\n"
        "    def forward(self, x):\n"
        "        time.sleep(0.01)\n"
        "        return super().forward(x)\n"
        "data = torch.randn(9, 4, generator=g), torch.randint(3, (9,), generator=g)\n"
        "objective = la.Objective.from_module(Slow(4, 3), data, 'cross_entropy')\n")
    arguments = ["slice", "mine.py:objective", "--points", "15x13"]  # chunks of a fifth of a second: 20 points of 195
    place = tmp_path / "lossatlas.zarr/slice-1"
    killed = _start(arguments, tmp_path)
    _wait_for(killed, place / "done/c", 2)
    killed.kill()
    killed.communicate()
    interrupted = _start(arguments, tmp_path)
    _wait_for(interrupted, place / "done/c", 5)
    interrupted.send_signal(signal.SIGINT)
    _, err = interrupted.communicate(timeout=30)
    assert interrupted.returncode == 130 and "Traceback" not in err, err
    assert err.strip().splitlines()[-1] == "lossatlas: interrupted; what was stored is kept, run the same command again to go on"
    half = la.open(place)
    chunk = ZarrStore(tmp_path / "lossatlas.zarr", "slice-1").chunk  # about 20 points, less on a busy machine
    assert 5 * chunk <= int(half["done"].sum()) < 195, "what was stored is lost"
    monkeypatch.chdir(tmp_path)
    events: list = []
    from lossatlas.cli import methods

    def listening(probe, family, coords, *, on_event, **options):  # type: ignore[no-untyped-def]
        return la.sweep(probe, family, coords, **options, on_event=lambda e: (events.append(e), on_event(e)))

    monkeypatch.setattr(methods, "sweep", listening)
    assert run(arguments) == 0
    assert f"{int(half['done'].sum())} already done" in capsys.readouterr().err
    assert events[-1] == Finished(195 - int(half["done"].sum()), 195)
    assert [p.name for p in (tmp_path / "lossatlas.zarr").iterdir() if p.is_dir()] == ["slice-1"]
    ds = la.open(place)
    done = half["done"].values
    assert bool(ds["done"].all()) and np.array_equal(ds["loss"].values[done], half["loss"].values[done])
