"""Workers: several processes fill one store, each point once, and the death of one costs a chunk."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lossatlas as la
from lossatlas.loading import named_object
from lossatlas.run import supervise
from lossatlas.run import sweep as sweeping
from lossatlas.run.events import Advanced, Finished, Note, Started, Stored
from lossatlas.run.work import work

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # so that functions of jobs.py can be sent to workers by name

import jobs  # noqa: E402
from preloaded import Script  # noqa: E402

pytestmark = pytest.mark.usefixtures("preloaded_workers")
FILE = f"{HERE / 'jobs.py'}"


@pytest.fixture(autouse=True)
def small_chunks_and_a_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sweeping, "chunk_points", lambda seconds, points: 3)
    monkeypatch.setenv("COUNT", str(tmp_path / "count"))
    monkeypatch.setenv("COUNT_PARENT", str(os.getpid()))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return tmp_path / "count"


@pytest.fixture(scope="module")
def whole() -> Any:
    probe, family = jobs.quick()
    return la.sweep(probe, family, jobs.COORDS)


def same(a: Any, b: Any) -> None:
    assert set(a.variables) == set(b.variables)
    for name in a.variables:
        assert np.array_equal(a[name].values, b[name].values, equal_nan=a[name].dtype.kind == "f"), name


def evaluated(count: Path, *, besides: int = 0) -> Counter:
    """How often every point was evaluated, by all processes but this one."""
    lines = [line.split() for line in count.read_text().splitlines()]
    return Counter(point for process, point, _ in lines if int(process) not in (os.getpid(), besides))


@pytest.mark.parametrize("make", [f"{FILE}:by_two", jobs.by_two, None], ids=["import string", "function", "sent"])
def test_two_workers_fill_one_store_and_each_point_is_evaluated_once(tmp_path: Path, whole: Any, make: Any, small_chunks_and_a_count: Path
                                                                     ) -> None:
    probe, family = jobs.by_two()
    heard: list[Any] = []
    ds = la.sweep(probe, family, jobs.COORDS, engine=la.Local(workers=2, make=make), store=tmp_path / "r.zarr/a", on_event=heard.append)
    same(ds, whole)
    same(la.open(tmp_path / "r.zarr/a"), whole)
    lines = [line.split() for line in small_chunks_and_a_count.read_text().splitlines()]
    assert evaluated(small_chunks_and_a_count).most_common(1)[0][1] == 1 and len(evaluated(small_chunks_and_a_count)) == 56
    workers = Counter(process for process, _, _ in lines if int(process) != os.getpid())
    assert len(workers) == 2 and min(workers.values()) >= 3, f"both worked: {workers}"
    assert {threads for process, _, threads in lines if int(process) != os.getpid()} == {"1"}
    assert isinstance(heard[0], Started) and heard[-1] == Finished(56, 56)
    assert sorted(e.chunk for e in heard if isinstance(e, Stored)) == list(range(19))
    told = [e.done for e in heard if isinstance(e, Advanced)]  # a worker may find a chunk stored before its owner is heard
    assert told == sorted(told) and told[0] == 1 and told[-1] == 56 and len(told) >= 56 and len(set(told)) > 40
    assert ds.attrs["engine"] == "local, 2 workers of 1 threads"
    assert not (tmp_path / "r.zarr/a/done/.claims").exists()


def test_without_a_store_the_workers_have_one_for_the_time_being(whole: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ds = la.sweep(*jobs.quick(), jobs.COORDS, engine=la.Local(workers=2))
    same(ds, whole)
    assert "store" not in ds.attrs and not list(tmp_path.glob("lossatlas-*"))


def started(place: Path, name: str = "slow") -> Script:
    """The same sweep, started by hand in another process."""
    return Script(f"import sys; sys.path.insert(0, {str(HERE)!r}); import torch; torch.set_num_threads(1)\n"
                  "import lossatlas as la, jobs; from lossatlas.run import sweep as s; s.chunk_points = lambda seconds, points: 3\n"
                  f"la.sweep(*jobs.{name}(), jobs.COORDS, store={str(place)!r})\n")


def chunks(place: Path) -> int:
    return len(list(place.glob("done/c/[0-9]"))) + len(list(place.glob("done/c/[0-9][0-9]")))


def wait_for(place: Path, number: int, *processes: Script) -> None:
    deadline = time.monotonic() + 60
    while chunks(place) < number:
        assert all(p.poll() is None for p in processes) and time.monotonic() < deadline
        time.sleep(0.002)


def test_started_by_hand_two_share_the_work_a_late_one_joins_and_a_killed_one_costs_a_chunk(tmp_path: Path, whole: Any,
                                                                                            small_chunks_and_a_count: Path) -> None:
    place = tmp_path / "r.zarr/a"
    first = started(place, "slower")
    wait_for(place, 1, first)
    first.send_signal(signal.SIGSTOP)  # until the other is there, however long that takes
    late = started(place, "slower")
    killed: Script | None = None
    try:
        deadline = time.monotonic() + 60
        while str(late.pid) not in {line.split()[0] for line in small_chunks_and_a_count.read_text().splitlines()}:
            assert time.monotonic() < deadline
            time.sleep(0.002)
        first.send_signal(signal.SIGCONT)
        wait_for(place, chunks(place) + 3, first, late)
        first.send_signal(signal.SIGKILL)
        killed = first
        assert late.wait(60) == 0, late.communicate()[1]
    finally:
        for process in (first, late):
            process.kill()
    assert killed is not None
    killed.wait()
    same(la.open(place), whole)
    counts = evaluated(small_chunks_and_a_count)
    assert len(counts) == 56 + 1  # and the centre, which both evaluate or find
    twice = [point for point, n in counts.items() if n > 1]
    assert len(twice) <= 3 + 1, f"more than a chunk was evaluated twice: {twice}"


def test_two_at_once_by_hand_evaluate_each_point_once(tmp_path: Path, whole: Any, small_chunks_and_a_count: Path) -> None:
    place = tmp_path / "r.zarr/a"
    both = [started(place), started(place)]
    for process in both:
        _, errors = process.communicate(timeout=90)
        assert process.returncode == 0, errors
    same(la.open(place), whole)
    lines = [line.split()[:2] for line in small_chunks_and_a_count.read_text().splitlines()]
    per_process = [[point for process, point in lines if int(process) == p.pid] for p in both]
    centre, cost = [point for process, point in lines if process == lines[0][0]][:2]  # of the first one, which made the group
    counts = Counter(point for each in per_process for point in each)
    makers = sum(each[:2] == [centre, cost] for each in per_process)  # who made the group, or lost the race for it, measured the cost
    assert 1 <= makers <= 2
    assert counts.pop(centre) == makers and counts.pop(cost) == makers + 1
    assert len(counts) == 55 and set(counts.values()) == {1}, "a point was evaluated twice"


def test_three_killed_at_once_cost_their_chunks_and_not_the_job(tmp_path: Path, whole: Any, small_chunks_and_a_count: Path) -> None:
    def kill_three(event: Any) -> None:
        if isinstance(event, Stored) and not victims:
            pids = {int(line.split()[0]) for line in small_chunks_and_a_count.read_text().splitlines()} - {os.getpid()}
            if len(pids) == 4:
                victims.extend(sorted(pids)[:3])
                for pid in victims:
                    os.kill(pid, signal.SIGKILL)

    victims: list[int] = []
    engine = la.Local(workers=4, make=jobs.by_four)
    same(la.sweep(*jobs.by_four(), jobs.COORDS, engine=engine, store=tmp_path / "r.zarr/a", on_event=kill_three), whole)
    assert len(victims) == 3


@pytest.mark.parametrize("body", ["import os; os._exit(0)", "raise SystemExit(0)"], ids=["_exit", "SystemExit"])
def test_a_worker_that_ends_without_having_finished_is_not_taken_for_done(tmp_path: Path, body: str) -> None:
    (tmp_path / "ends.py").write_text(f"import multiprocessing\ndef job():\n    {body}\n")
    with pytest.raises(la.LossAtlasError, match=r"ended with exit code 0 before it began|a worker raised SystemExit"):
        la.sweep(*jobs.quick(), jobs.COORDS, engine=la.Local(workers=2, make=f"{tmp_path / 'ends.py'}:job"), store=tmp_path / "r.zarr/a")


def test_an_engine_that_leaves_chunks_is_refused(tmp_path: Path) -> None:
    class Lazy(la.Local):
        def fill(self, job: Any, store: Any, tally: Any, on_event: Any) -> None:
            work(job, store, tally, tally.missing[:-2])

    with pytest.raises(la.LossAtlasError, match=r"2 of 19 chunks are still missing .*the first is 17"):
        la.sweep(*jobs.quick(), jobs.COORDS, engine=Lazy(), store=tmp_path / "r.zarr/a")


def test_an_error_of_the_listener_is_not_swallowed(tmp_path: Path) -> None:
    def full(event: Any) -> None:
        if isinstance(event, Advanced):
            raise OSError(28, "full")

    with pytest.raises(OSError, match="full"):
        la.sweep(*jobs.quick(), jobs.COORDS, engine=la.Local(workers=2), store=tmp_path / "r.zarr/a", on_event=full)


SCRIPT = """
import sys, torch, lossatlas as la
class Net(torch.nn.Sequential):
    def forward(self, x):
        return super().forward(x) * 2
class Data(torch.utils.data.Dataset):
    def __len__(self):
        return 20
    def __getitem__(self, i):
        return torch.full((4,), i / 20), i % 3
def objective():
    torch.manual_seed(0)
    loader = torch.utils.data.DataLoader(Data(), batch_size=6, num_workers=1)
    return la.Objective.from_module(Net(torch.nn.Linear(4, 3)), loader, "cross_entropy")
def job():
    o = objective()
    return la.probes.loss(o), la.random_slice(o)
if __name__ == "__main__":
    coords = {"alpha": la.axis(-1, 1, 3), "beta": la.axis(-1, 1, 2)}
    print(float(la.sweep(*job(), coords, engine=la.Local(workers=2))["loss"].sum()))
"""


def test_classes_of_the_script_and_loaders_with_processes_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    coords = {"alpha": la.axis(-1, 1, 3), "beta": la.axis(-1, 1, 2)}
    by_name = f"{tmp_path / 'script.py'}:job"
    job = named_object(by_name)()
    by_name = la.sweep(*job, coords, engine=la.Local(workers=2, make=by_name))
    assert float(done.stdout) == float(by_name["loss"].sum()) == float(la.sweep(*job, coords)["loss"].sum())
    piped = subprocess.run([sys.executable, "-"], input=SCRIPT, cwd=tmp_path, capture_output=True, text=True, timeout=180)
    assert piped.returncode == 1 and "save it to a file" in piped.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop_everything_stops_and_nothing_is_left(tmp_path: Path, small_chunks_and_a_count: Path, how: signal.Signals) -> None:
    script = tmp_path / "script.py"
    script.write_text(f"import sys; sys.path.insert(0, {str(HERE)!r})\nimport lossatlas as la, jobs\n"
                      "if __name__ == '__main__':\n"
                      "    la.sweep(*jobs.endless(), jobs.COORDS, engine=la.Local(workers=2, make=jobs.endless))\n")
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    if how == signal.SIGINT:
        heeds = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # tests that run in the background of a shell ignore it
        starter = subprocess.Popen([sys.executable, str(script)], env=environment, start_new_session=True, preexec_fn=heeds, text=True,
                                   stderr=subprocess.PIPE)
    else:
        starter = Script(script.read_text(), environment=environment, workers=True)
    deadline = time.monotonic() + 60
    while not small_chunks_and_a_count.exists() or len({line.split()[0] for line in small_chunks_and_a_count.read_text().splitlines()}) < 3:
        assert starter.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    if how == signal.SIGINT:
        os.killpg(starter.pid, how)  # as the terminal does
    else:
        starter.send_signal(how)
    _, errors = starter.communicate(timeout=60)
    assert starter.returncode == (-2 if how == signal.SIGINT else 143)
    assert errors.count("Traceback") == (1 if how == signal.SIGINT else 0), errors
    assert not list(tmp_path.glob("lossatlas-*"))


def test_a_killed_worker_is_replaced_and_costs_its_chunk(tmp_path: Path, whole: Any, small_chunks_and_a_count: Path) -> None:
    victims: list[int] = []

    def kill_one(event: Any) -> None:
        heard.append(event)
        if isinstance(event, Stored) and not victims:
            pids = {int(line.split()[0]) for line in small_chunks_and_a_count.read_text().splitlines()} - {os.getpid()}
            victims.append(min(pids))
            os.kill(victims[0], signal.SIGKILL)

    heard: list[Any] = []
    probe, family = jobs.slow()
    ds = la.sweep(probe, family, jobs.COORDS, engine=la.Local(workers=2, make=f"{FILE}:slow"), store=tmp_path / "r.zarr/a",
                  on_event=kill_one)
    same(ds, whole)
    assert len(victims) == 1
    assert any(isinstance(e, Note) and "was killed by SIGKILL; its chunk is worked again" in e.message for e in heard)
    counts = evaluated(small_chunks_and_a_count)
    assert len(counts) == 56 and sum(counts.values()) <= 56 + 3
    assert [e.done for e in heard if isinstance(e, Advanced)][-1] == 56 and isinstance(heard[-1], Finished)


def test_interrupted_the_workers_end_and_what_is_stored_is_kept(tmp_path: Path, whole: Any, small_chunks_and_a_count: Path) -> None:
    def interrupt(event: Any) -> None:
        if isinstance(event, Stored):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        la.sweep(*jobs.slow(), jobs.COORDS, engine=la.Local(workers=2), store=tmp_path / "r.zarr/a", on_event=interrupt)
    pids = {int(line.split()[0]) for line in small_chunks_and_a_count.read_text().splitlines()} - {os.getpid()}
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    half = int(la.open(tmp_path / "r.zarr/a")["done"].sum())
    assert 3 <= half < 56
    small_chunks_and_a_count.write_text("")
    same(la.sweep(*jobs.quick(), jobs.COORDS, store=tmp_path / "r.zarr/a"), whole)
    assert len(small_chunks_and_a_count.read_text().splitlines()) == 56 - half


def test_workers_end_with_their_starter(tmp_path: Path, small_chunks_and_a_count: Path) -> None:
    place = tmp_path / "r.zarr/a"
    script = tmp_path / "script.py"
    script.write_text(f"import sys; sys.path.insert(0, {str(HERE)!r})\nimport lossatlas as la, jobs\n"
                      "from lossatlas.run import sweep as s\ns.chunk_points = lambda seconds, points: 3\n"
                      "if __name__ == '__main__':\n"
                      f"    la.sweep(*jobs.endless(), jobs.COORDS, store={str(place)!r}, engine=la.Local(workers=2, make=jobs.endless))\n")
    starter = Script(script.read_text(), workers=True)
    wait_for(place, 2, starter)
    starter.kill()
    starter.wait()
    pids = {int(line.split()[0]) for line in small_chunks_and_a_count.read_text().splitlines()}
    deadline = time.monotonic() + 30
    while any(Path(f"/proc/{pid}").exists() and " Z " not in Path(f"/proc/{pid}/stat").read_text() for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_an_error_of_the_probe_in_a_worker_is_raised_here(tmp_path: Path) -> None:
    with pytest.raises(la.LossAtlasError, match="a worker raised ZeroDivisionError: one by zero"):
        la.sweep(*jobs.failing(), jobs.COORDS, engine=la.Local(workers=2, make=jobs.failing), store=tmp_path / "r.zarr/a")


def test_workers_that_keep_dying_are_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "SPARE_DEATHS", 0)
    with pytest.raises(la.LossAtlasError, match=r"2 workers died one after the other, the last was killed by SIGKILL.*memory"):
        la.sweep(*jobs.dying(), jobs.COORDS, engine=la.Local(workers=2, make=jobs.dying), store=tmp_path / "r.zarr/a")


def test_a_function_that_makes_another_computation_is_refused(tmp_path: Path) -> None:
    with pytest.raises(la.SpecMismatch, match=r"a worker comes to another computation .*seed: stored 0, now 1.*seed what draws"):
        la.sweep(*jobs.quick(), jobs.COORDS, engine=la.Local(workers=2, make=jobs.another), store=tmp_path / "r.zarr/a")
    with pytest.raises(la.InputError, match=r"make returned a NoneType; expected \(probe, family\)"):
        la.sweep(*jobs.quick(), jobs.COORDS, engine=la.Local(workers=2, make=jobs.nothing), store=tmp_path / "r.zarr/b")
    with pytest.raises(la.InputError, match="has no 'quik'; did you mean 'quick'"):
        la.sweep(*jobs.quick(), jobs.COORDS, engine=la.Local(workers=2, make=f"{FILE}:quik"), store=tmp_path / "r.zarr/c")


def test_what_cannot_be_sent_is_refused_with_what_to_write_instead() -> None:
    probe, family = jobs.quick()
    probe.quantities, probe.more = probe.quantities, lambda: None
    with pytest.raises(la.InputError, match=r"cannot send the probe and the family .*write make=\"file.py:name\""):
        la.sweep(probe, family, jobs.COORDS, engine=la.Local(workers=2))
    with pytest.raises(la.InputError, match="cannot send its function make"):
        la.sweep(*jobs.quick(), jobs.COORDS, engine=la.Local(workers=2, make=lambda: jobs.quick()))


@pytest.mark.parametrize(("options", "message"), [
    ({"workers": 0}, "workers is 0; expected a whole number of at least 1"), ({"workers": 1.5}, "workers is 1.5"),
    ({"workers": True}, "workers is True"), ({"threads": 0}, "threads is 0"), ({"make": "jobs.py"}, "expected a function that returns"),
    ({"make": 3}, "make is 3")])
def test_bad_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(la.InputError, match=message):
        la.Local(**options)


def test_a_script_without_the_guard_is_told_to_have_one(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    body = (f"import sys; sys.path.insert(0, {str(HERE)!r})\nimport lossatlas as la, jobs\n")
    call = "print(float(la.sweep(*jobs.quick(), jobs.COORDS, engine=la.Local(workers=2))['loss'].sum()))\n"
    script.write_text(body + call)
    bad = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=120)
    assert bad.returncode == 1 and bad.stdout == ""
    last = bad.stderr.strip().splitlines()[-1]
    assert "lossatlas.errors.LossAtlasError: worker" in last and 'put what starts the sweep under `if __name__ == "__main__":`' in last


def test_nothing_missing_starts_no_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    la.sweep(*jobs.quick(), jobs.COORDS, store=tmp_path / "r.zarr/a")
    monkeypatch.setattr(supervise._Crew, "start", lambda *_: pytest.fail("a worker was started"))
    ds = la.sweep(*jobs.quick(), jobs.COORDS, engine=la.Local(workers=2), store=tmp_path / "r.zarr/a")
    assert bool(ds["done"].all())
