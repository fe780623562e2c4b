"""Folders of runs whose recorder was killed, here or on another machine, or that somebody else records into."""

import json
import os
import threading

import pytest
import runs

import lossatlas as la
from lossatlas.result import claims


@pytest.mark.parametrize("alive", [False, True])
def test_a_run_killed_on_another_machine_goes_on_and_a_living_one_is_left_alone(tmp_path, monkeypatch, alive):
    monkeypatch.setattr(claims, "STALE_SECONDS", 0.3)
    run, _ = runs.recorded(tmp_path / "a", steps=6, every=2)
    folder = run.path / ".recording"
    folder.mkdir()
    (folder / "0.0").write_text(json.dumps({"machine": "node-a pid:[1]", "process": 17, "began": "5"}))
    os.utime(folder / "0.0", (1, 1))
    if alive:
        threading.Timer(0.1, os.utime, (folder / "0.0", (2, 2))).start()
        with pytest.raises(la.LossAtlasError, match=r"process 17 on node-a is recording into .*/a and holds .*/a/\.recording;"):
            la.Recorder(tmp_path / "a", resume=True)
        assert os.listdir(folder) == ["0.0"]
        return
    again, end = runs.recorded(tmp_path / "a", steps=12, every=2, init=run.state(), resume=True)
    whole, other = runs.recorded(tmp_path / "b", steps=12, every=2)
    assert again.finished and again.steps == whole.steps and runs.same(end.point, other.point)
    assert not folder.exists()


def test_a_recorder_killed_before_its_run_had_a_description_begins_anew(tmp_path):
    for resume in (True, False):
        folder = tmp_path / str(resume)
        (folder / "steps").mkdir(parents=True)
        (folder / ".run.json.17-ab.partial").write_text("{")
        if resume:
            (folder / "metrics.jsonl").write_text('{"step": 3, "x": 1.0}\n')
        run, _ = runs.recorded(folder, resume=resume)
        assert run.finished and "x" not in run.metrics()
        assert sorted(os.listdir(folder)) == ["metrics.jsonl", "run.json", "steps"]


@pytest.mark.parametrize("mine", ["steps/000000000.safetensors", "metrics.jsonl", "letters.txt"])
def test_what_others_wrote_is_left_alone(tmp_path, mine):
    (tmp_path / "steps").mkdir()
    (tmp_path / mine).write_text("mine")
    with pytest.raises(la.InputError, match="something else than a run"):
        la.Recorder(tmp_path)
    assert (tmp_path / mine).read_text() == "mine"
