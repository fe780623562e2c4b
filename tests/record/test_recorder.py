"""What a recorder leaves behind, whatever happens."""

import json
import os
import subprocess
import sys
import time
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import runs
import torch
from preloaded import Script

import lossatlas as la
from lossatlas.params import norm
from lossatlas.record.run import POINT, STATE


def test_points_metrics_and_description(tmp_path):
    objective = runs.dropping()
    kept = {}
    with la.Recorder(tmp_path / "a", every=5, about={"note": "x"}) as recorder:
        end = la.fit(objective, optimizer=runs.NESTEROV, steps=12, seed=2,
                     hooks=[recorder, lambda s, p, st: kept.update({s: {n: t.detach().clone() for n, t in p.items()}}),
                            lambda s, p, st: recorder.log(twice=2 * s)])
    run = la.open_run(tmp_path / "a")
    assert run.steps == (0, 5, 10, 12) and run.finished and run.about == {"note": "x"} and run.description["seed"] == 2
    assert set(run.description["parameters"]) == set(objective.params) and run.description["buffers"] == sorted(objective.buffers)
    for step in run.steps:
        assert runs.same(run.at(step), {n: t for n, t in kept[step].items() if t.is_floating_point()})
        assert runs.same(run.state(step).point, kept[step])
    assert runs.same(run.at(-1), end.point)
    ds = run.metrics()
    assert ds["twice"].values.tolist() == [2 * s for s in range(13)]
    of = {n: p[:] for n, p in kept[10].items() if n in objective.params}
    assert float(ds["norm"].sel(step=10)) == pytest.approx(norm(of), rel=1e-6)
    gone = {n: kept[10][n].double() - kept[0][n].double() for n in objective.params}
    assert float(ds["distance"].sel(step=10)) == pytest.approx(norm(gone), rel=1e-5)
    assert float(ds["loss"].sel(step=10)) == pytest.approx(float(end.losses[5:10].mean())) and np.isnan(ds["loss"].sel(step=0))
    assert float(ds["epoch"].sel(step=12)) == 2.0 and float(ds["lr"].sel(step=5)) == pytest.approx(0.1)


def test_by_epoch_and_by_distance(tmp_path):
    run, _ = runs.recorded(tmp_path / "a", every="epoch:2", steps=13)  # three steps an epoch
    assert run.steps == (0, 6, 12, 13)
    run, _ = runs.recorded(tmp_path / "b", every="distance:0.2", steps=40)
    gaps = [norm({n: run.at(b)[n] - run.at(a)[n] for n in run.at(a)}) for a, b in zip(run.steps, run.steps[1:], strict=False)]
    steps = np.diff(run.steps)
    assert len(gaps) > 4 and min(gaps[:-1]) >= 0.2 and (steps > 1).any()


def test_the_disk_bound_thins_out_and_keeps_the_ends(tmp_path):
    for every, most in ((1, 3), ("log", 2), ("distance:0.05", 2), ("epoch", 1.8)):
        full, _ = runs.recorded(tmp_path / f"{every}", every=every, steps=40)
        files = list((tmp_path / f"{every}" / "steps").iterdir())
        bound = sum(f.stat().st_size for f in files) / most
        thin, _ = runs.recorded(tmp_path / f"{every}-thin", every=every, steps=40, max_bytes=bound)
        sizes = [f.stat().st_size for f in (tmp_path / f"{every}-thin" / "steps").iterdir()]
        assert sum(sizes) <= bound and len(thin.steps) >= 0.7 * len(full.steps) / most and set(thin.steps) <= set(full.steps)
        assert thin.steps[0] == 0 and thin.steps[-1] == 40 and len(sizes) == 2 * len(thin.steps)
        if every == 1:
            assert np.diff(thin.steps).max() <= 3 * most
    with pytest.raises(la.InputError, match="max_bytes is 10 and a checkpoint takes"):
        runs.recorded(tmp_path / "tiny", max_bytes=10)


def test_a_bound_that_the_state_outgrows_stops_the_recording_and_what_is_recorded_last_is_kept(tmp_path):
    adam = partial(torch.optim.Adam, lr=1e-2)  # twice the weights, which are not there at step 0
    runs.recorded(tmp_path / "whole", runs.small(width=200), optimizer=adam)
    size = sum((tmp_path / "whole" / "steps" / name.format(12)).stat().st_size for name in (POINT, STATE))
    with pytest.warns(RuntimeWarning, match=r"max_bytes is .*, and the first checkpoint, the last and the next take"):
        run, end = runs.recorded(tmp_path / "a", runs.small(width=200), optimizer=adam, max_bytes=2.2 * size)
    assert end.steps == 12 and len(run.steps) >= 2 and all(run.state(k) for k in run.steps)
    seen = []

    def look(step, point, state):
        time.sleep(0.02)
        seen.append(la.open_run(tmp_path / "b").steps if (tmp_path / "b" / "run.json").exists() else ())
        deadline = time.monotonic() + 20
        while step == 12 and time.monotonic() < deadline and not (seen[-1] and seen[-1][-1] >= 11):
            time.sleep(0.01)
            seen.append(la.open_run(tmp_path / "b").steps)

    with la.Recorder(tmp_path / "b", every=1, max_bytes=3.4 * size) as recorder:
        la.fit(runs.small(width=200), optimizer=adam, steps=12, hooks=[recorder, look])
    last = [steps[-1] for steps in seen if steps]
    assert last == sorted(last) and last[-1] >= 11, "the newest is never taken away before the next one is there"


def test_without_state(tmp_path):
    run, _ = runs.recorded(tmp_path / "a", state=False)
    with pytest.raises(la.InputError, match=r"no state of its optimizer; expected a run recorded with state=True"):
        run.state()
    assert la.fit(runs.small(), init=run.at(-1), optimizer=runs.NESTEROV, steps=1).steps == 1


def test_a_state_that_is_no_plain_data_is_not_kept(tmp_path):
    def odd(tensors):
        optimizer = torch.optim.SGD(tensors, lr=0.1)
        optimizer.state[optimizer.param_groups[0]["params"][0]]["f"] = print
        return optimizer

    with pytest.warns(RuntimeWarning, match="holds a builtin_function_or_method, which is no plain data"):
        run, _ = runs.recorded(tmp_path / "a", optimizer=odd)
    assert len(run.steps) > 5
    with pytest.raises(la.InputError, match="no state"):
        run.state()


def test_resume_goes_on_where_it_stopped(tmp_path):
    whole, end = runs.recorded(tmp_path / "whole", runs.dropping(), every=3, steps=20)

    def break_(step, point, state):
        if step == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), la.Recorder(tmp_path / "a", every=3) as recorder:
        la.fit(runs.dropping(), optimizer=runs.NESTEROV, steps=20, hooks=[recorder, break_])
    run = la.open_run(tmp_path / "a")
    assert run.steps == (0, 3, 6) and not run.finished
    (tmp_path / "a" / "steps" / "000000009.state.safetensors").write_bytes(b"half")  # killed amid a checkpoint
    with open(tmp_path / "a" / "metrics.jsonl", "ab") as file:
        file.write(b'{"step": 8, "x": 1}\n\xff\n[1]\n{"step": true}\n{"step": 8, "y": "z"}\n{"step": 9, "lo')
    assert [row["step"] for row in run.rows()] == [0, 3, 6, 8]
    run, again = runs.recorded(tmp_path / "a", runs.dropping(), every=3, steps=20, init=run.state(), resume=True)
    assert run.steps == whole.steps and run.finished and runs.same(again.point, end.point)
    assert all(runs.same(run.at(k), whole.at(k)) for k in run.steps)
    ds, expected = run.metrics(), whole.metrics()
    assert "x" not in ds and ds["distance"].values.tolist() == expected["distance"].values.tolist()
    fresh, _ = runs.recorded(tmp_path / "new", resume=True)  # where there is none, it begins
    assert fresh.finished


def test_wrong_resumes_are_refused_and_lose_nothing(tmp_path):
    run, _ = runs.recorded(tmp_path / "a", every=4, about={"lr": 0.1})
    with pytest.raises(la.InputError, match="holds a run already"):
        la.Recorder(tmp_path / "a")
    with pytest.raises(la.InputError, match=r"holds another run: lr: stored 0.1, now 0.2"):
        la.Recorder(tmp_path / "a", resume=True, about={"lr": 0.2})
    with pytest.raises(la.InputError, match=r"recorded up to step 12 and training stands at step 0; expected to go on from there"):
        runs.recorded(tmp_path / "a", resume=True, about={"lr": 0.1})
    with la.Recorder(tmp_path / "a", resume=True, about={"lr": 0.1}) as recorder:
        model = runs.small().module.requires_grad_()
        with pytest.raises(la.InputError, match=r"not those that .* has of step 12; expected to go on from there: write run.restore"):
            recorder.watch(model, torch.optim.SGD(model.parameters(), lr=0.1))
    with pytest.raises(la.InputError, match="run of another network"):
        runs.recorded(tmp_path / "a", runs.small(width=5), resume=True, about={"lr": 0.1})
    with pytest.raises(la.InputError, match="something else than a run"):
        la.Recorder(Path(__file__).parent)
    assert la.open_run(tmp_path / "a").steps == run.steps == (0, 4, 8, 12)


@pytest.mark.parametrize("options", [{"every": "often"}, {"max_bytes": -1}, {"max_bytes": "many"}])
def test_wrong_options_are_refused_before_a_folder_is_made(options, tmp_path):
    with pytest.raises(la.InputError):
        la.Recorder(tmp_path / "a", **options)
    assert not (tmp_path / "a").exists()


def test_two_recorders_may_not_write_one_folder(tmp_path):
    first = la.Recorder(tmp_path / "a")
    with pytest.raises(la.LossAtlasError, match=r"this process records into .* already: call close\(\) on the first recorder"):
        la.Recorder(tmp_path / "a", resume=True)
    first.close()
    la.Recorder(tmp_path / "a").close()  # nothing was recorded: the folder is free


def test_missing_steps_and_runs_are_named(tmp_path):
    run, _ = runs.recorded(tmp_path / "a", every=6)
    for ask in (run.at, run.state, run.file):
        with pytest.raises(la.InputError, match=r"step 7 of .* was not recorded; the nearest is 6, of 0, 6, 12"):
            ask(7)
    with pytest.raises(la.InputError, match="no run at"):
        la.open_run(tmp_path / "b")
    (tmp_path / "a" / "run.json").write_text("{")
    with pytest.raises(la.LossAtlasError, match=r"run.json cannot be read"):
        la.open_run(tmp_path / "a")


def test_another_networks_checkpoint_is_refused(tmp_path):
    run, _ = runs.recorded(tmp_path / "a")
    for start in (run.state(), run.at(-1)):
        with pytest.raises(la.InputError, match="another network"):
            la.fit(runs.small(width=5), init=start, optimizer=runs.NESTEROV, steps=20)
    with pytest.raises(la.InputError, match="at least 13, beyond the checkpoint's 12"):
        la.fit(runs.small(), init=run.state(), optimizer=runs.NESTEROV, steps=12)


FULL = """
import resource, signal, sys, warnings
sys.path[:0] = [{record!r}, {tests!r}]
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write beyond the limit fails with an error, as on a full disk
import runs, lossatlas as la
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    with la.Recorder(sys.argv[1], every=2) as recorder:
        end = la.fit(runs.small(width=100), optimizer=runs.NESTEROV, steps=12, hooks=[recorder])
print(end.steps, end.stopped, len([w for w in caught if "cannot record" in str(w.message)]), recorder.stopped)
"""


def test_a_full_disk_stops_the_recording_and_not_the_training(tmp_path):
    """Files may grow to 3,000 bytes: the description fits, a checkpoint with momentum does not."""
    here = Path(__file__).parent
    code = FULL.format(record=str(here), tests=str(here.parent))
    script = Script(code, str(tmp_path / "a"))
    _, said = script.communicate(timeout=120)
    assert script.returncode == 0, said
    steps, stopped, warned, why = said.strip().splitlines()[-1].split(" ", 3)
    assert (steps, stopped, warned) == ("12", "None", "1") and "recording stopped at step" in why and "training goes on" in why
    left = [f.name for f in (tmp_path / "a" / "steps").iterdir()]
    assert not any(name.startswith(".") for name in left)
    assert all(la.open_run(tmp_path / "a").at(k) for k in la.open_run(tmp_path / "a").steps)


KILLED = """
import os, random, signal, sys, time
sys.path[:0] = [{record!r}, {tests!r}]
import runs, lossatlas as la
import torch._dynamo  # what the first optimizer step imports, once for all children
draw, objective, path = random.Random(0), runs.small(width=300), sys.argv[1]
recorded = lambda: len(os.listdir(path + "/steps")) if os.path.isdir(path + "/steps") else 0
for number in range(int(sys.argv[2])):
    child = os.fork()
    if not child:
        run = la.open_run(path) if os.path.exists(path + "/run.json") else None
        start = run.state() if run and run.steps else None
        runs.recorded(path, objective, every=1, steps=10**6, init=start, resume=True)
    before, until = recorded(), time.monotonic() + 20 * (number % 3 > 0)  # every third may be killed before it has recorded anything
    while recorded() <= before and time.monotonic() < until:
        time.sleep(0.002)
    time.sleep(draw.random() * 0.15)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    if not os.path.exists(path + "/run.json"):
        continue  # killed before it began
    run = la.open_run(path)
    if not run.steps:
        continue  # killed before its first checkpoint
    for step in run.steps[-3:]:
        assert run.state(step).step == step and run.at(step)
    print(len(run.steps), run.steps == tuple(range(len(run.steps))), run.steps[-1] - run.metrics()["step"].values[-1], flush=True)
"""


def test_kill_9_at_any_moment_leaves_whole_checkpoints(tmp_path):
    here = Path(__file__).parent
    code = KILLED.format(record=str(here), tests=str(here.parent))
    script = Script(code, str(tmp_path / "a"), "12", environment={**os.environ, "OMP_NUM_THREADS": "1"})
    _, said = script.communicate(timeout=180)
    assert script.returncode == 0, said[-3000:]
    lines = [line.split() for line in said.splitlines()]
    counts = [int(n) for n, _, _ in lines]
    assert len(lines) > 6 and counts == sorted(counts) and counts[-1] > counts[0]
    assert all(whole == "True" and behind in ("0", "-1") for _, whole, behind in lines)  # a line is written before its point


ENDS = """
import os, sys; sys.path[:0] = [{tests!r}]
import torch._dynamo, cases, lossatlas as la
child = os.fork()
path = sys.argv[1] + ("/fails" if child else "/ends")
model = torch.nn.Linear(6, 3); descent = torch.optim.SGD(model.parameters(), lr=0.1)
la.Recorder(path, every=4).watch(model, descent)
x, y = cases.blobs(n=50)
for _ in range(6):
    descent.zero_grad(); torch.nn.functional.cross_entropy(model(x), y).backward(); descent.step()
if child:
    os.waitpid(child, 0)
    raise RuntimeError("as a program fails")
"""


def test_a_program_that_ends_without_close_has_its_last_step(tmp_path):
    code = ENDS.format(tests=str(Path(__file__).parent.parent))
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=120, env=env)
    assert done.returncode == 1 and "as a program fails" in done.stderr
    ended, failed = la.open_run(tmp_path / "ends"), la.open_run(tmp_path / "fails")
    assert ended.steps == (0, 4, 6) and ended.finished
    assert failed.steps == (0, 4) and not failed.finished


def test_epochs_of_a_loop_of_ones_own_have_to_be_said(tmp_path):
    model = torch.nn.Linear(2, 2)
    with la.Recorder(tmp_path / "a", every="epoch") as recorder:
        with pytest.raises(la.InputError, match="does not say which epoch it is"):
            recorder.step(model)
        for epoch in range(3):
            for _ in range(2):
                recorder.step(model, epoch=epoch, loss=torch.tensor(1.0))
        with pytest.raises(la.InputError, match="loss is a str"):
            recorder.log(loss="low")
        with pytest.raises(la.InputError, match="step is 3; expected other names"):
            recorder.log(step=3)
    assert la.open_run(tmp_path / "a").steps == (2, 4, 6, 7)
    with la.Recorder(tmp_path / "b", every="epoch") as recorder:
        recorder.start(model)
        for step in range(1, 9):
            recorder.step(model, epoch=step // 3)
    assert la.open_run(tmp_path / "b").steps == (0, 3, 6, 8)


def test_a_recorder_is_for_one_run_which_is_finished_when_its_last_step_is_made(tmp_path):
    recorder = la.Recorder(tmp_path / "a", every=4)
    la.fit(runs.small(), optimizer=runs.NESTEROV, steps=10, hooks=[recorder])
    run = la.open_run(tmp_path / "a")
    assert run.steps == (0, 4, 8, 10) and run.finished  # without close
    with pytest.raises(la.InputError, match=r"stands at step 10, and a run tells it of step 0; expected a recorder for each run"):
        la.fit(runs.small(), optimizer=runs.NESTEROV, steps=4, hooks=[recorder])
    seen = []
    la.fit(runs.small(), init=run.state(), optimizer=runs.NESTEROV, steps=16, hooks=[recorder, lambda *_: seen.append(run.finished)])
    assert seen == [False] * 6 + [True]  # one run in two parts
    assert run.steps == (0, 4, 8, 10, 12, 16)
    recorder.close()
    with pytest.raises(la.InputError, match="is closed"):
        la.fit(runs.small(), init=run.state(), optimizer=runs.NESTEROV, steps=20, hooks=[recorder])
    with pytest.raises(ZeroDivisionError), la.Recorder(tmp_path / "a", every=4, resume=True) as recorder:
        la.fit(runs.small(), init=run.state(), optimizer=runs.NESTEROV, steps=40, hooks=[recorder, lambda s, p, st: 1 / (s - 21)])
    assert run.steps[-1] == 20 and not run.finished
    with pytest.warns(RuntimeWarning, match="training stopped"), la.Recorder(tmp_path / "b") as recorder:
        la.fit(runs.small(), optimizer=partial(torch.optim.SGD, lr=1e38), steps=20, hooks=[recorder])
    assert not la.open_run(tmp_path / "b").finished


def test_a_network_that_changes_while_it_trains_ends_the_recording(tmp_path):
    model = torch.nn.Linear(2, 2)
    with pytest.warns(RuntimeWarning, match="cannot record"), la.Recorder(tmp_path / "a", every="distance:0.1") as recorder:
        recorder.start(model)
        model.more = torch.nn.Parameter(torch.zeros(3))
        recorder.step(model)
    assert la.open_run(tmp_path / "a").steps == (0,)


def test_a_deleted_folder_stops_the_recording(tmp_path):
    import shutil

    recorder = la.Recorder(tmp_path / "a", every=1)

    def delete(step, point, state):
        if step == 3:
            deadline = time.monotonic() + 20
            while la.open_run(tmp_path / "a").steps[-1] < 3:  # else it is written into while it is deleted
                assert time.monotonic() < deadline
                time.sleep(0.01)
            shutil.rmtree(tmp_path / "a")

    with pytest.warns(RuntimeWarning, match="cannot record"):
        end = la.fit(runs.small(), optimizer=runs.NESTEROV, steps=10, hooks=[recorder, delete])
        recorder.close()
    assert end.steps == 10 and not (tmp_path / "a").exists()


def test_the_description_is_plain_and_says_where_it_came_from(tmp_path):
    runs.recorded(tmp_path / "a")
    said = json.loads((tmp_path / "a" / "run.json").read_text())
    assert said["version"] == la.__version__ and said["every"] == "log:2" and "created" in said and said["steps"] == 12
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        la.open_run(tmp_path / "a").metrics()
