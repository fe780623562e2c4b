"""The log of a watched run: what is written is read, a crash costs a line, and nobody writes beside another."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest

import lossatlas as la
from lossatlas.errors import InputError, SpecMismatch, StoreError
from lossatlas.result.finished import free_place
from lossatlas.result.log import METRICS, Log, is_live, is_log, read_log
from lossatlas.result.store import groups, results
from lossatlas.result.summary import of_a_log

QUANTITIES = {"loss": ("loss", ""), "lambda_max": ("λmax of the Hessian", "")}


def log(path, **options):
    return Log(path, **{"spec": {"probes": ["loss"]}, "quantities": QUANTITIES, "attrs": {"title": "run a"}, **options})


@pytest.fixture
def place(tmp_path):
    return tmp_path / "a.zarr" / "run"


def test_what_is_written_is_read(place):
    one = log(place)
    assert read_log(place).sizes["step"] == 0 and is_log(place) and is_live(place)
    one.record(0, {"loss": 2.0, "lambda_max": np.float32(8)})
    one.record(5, {"loss": math.nan})
    one.record(5, {"extra": 1})
    one.event(5, "spike", "the loss is not a number")
    ds = read_log(place)
    assert ds["step"].values.tolist() == [0, 5] and ds["loss"].values[0] == 2 and np.isnan(ds["loss"].values[1])
    assert ds["lambda_max"].attrs["long_name"] == "λmax of the Hessian" and ds["extra"].values[1] == 1
    assert ds.attrs["events"] == [{"step": 5, "event": "spike", "text": "the loss is not a number"}]
    assert (ds.attrs["kind"], ds.attrs["title"], ds.attrs["finished"], ds.attrs["live"]) == ("trajectory", "run a", False, True)
    one.finish(5)
    one.close()
    ds = la.open(place)
    assert ds.attrs["finished"] and not ds.attrs["live"] and not is_live(place)
    assert la.open(place.parent).identical(ds) and list(groups(place.parent)) == ["run"] and results(place)[1] == ["run"]
    assert sorted(path.name for path in place.iterdir()) == [METRICS, "monitor.json"]
    told = of_a_log(ds)
    assert told["state"] == "finished, 2 records of steps 0…5" and "loss (1)" in told["quantities"] and "not a number" in told["events"]


def test_a_line_that_was_cut_off_is_left_out_and_mended(place):
    one = log(place)
    one.record(0, {"loss": 2.0})
    one.record(1, {"loss": 1.0})
    one.close()
    whole = (place / METRICS).read_bytes()
    for end in range(len(whole)):
        (place / METRICS).write_bytes(whole[:end])
        ds = read_log(place)
        assert ds.sizes["step"] == whole[:end].count(b"\n") and ds.attrs["damaged_lines"] == 0
    (place / METRICS).write_bytes(whole[:-4])
    again = log(place, resume=True)
    again.record(1, {"loss": 3.0})
    again.close()
    assert read_log(place)["loss"].values.tolist() == [2, 3]
    (place / METRICS).write_bytes(whole.replace(b'"loss": 2.0', b'"loss": "2"') + b"\xff\n[1]\n")
    ds = read_log(place)
    assert ds["loss"].values.tolist() == [1] and ds.attrs["damaged_lines"] == 3


def test_what_a_resumed_run_goes_back_behind_did_not_happen(place):
    one = log(place)
    for step in range(4):
        one.record(step, {"loss": float(step)})
    one.event(1, "spike", "early")
    one.event(3, "spike", "late")
    one.finish(3)
    one.close()
    with pytest.raises(StoreError, match="resume=True"):
        log(place)
    with pytest.raises(SpecMismatch, match="probes"):
        log(place, spec={"probes": ["trace"]}, resume=True)
    again = log(place, resume=True, attrs={"title": "another"})
    assert again.resumed
    again.event(2, "resumed", "")
    again.record(3, {"loss": 30.0})
    ds = read_log(place)
    assert ds["loss"].values.tolist() == [0, 1, 2, 30] and [e["text"] for e in ds.attrs["events"]] == ["early", ""]
    assert not ds.attrs["finished"] and ds.attrs["title"] == "run a"
    again.close()


def test_one_process_writes_and_a_killed_one_is_known_to_be_dead(place):
    code = (f"from lossatlas.result.log import Log; import os, sys\n"
            f"log = Log({str(place)!r}, spec={{}}, quantities={{}}, attrs={{}}); log.record(1, {{'loss': 1.0}})\n"
            "print('written', flush=True); sys.stdin.read()")
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        child.stdout.readline()
        assert is_live(place) and read_log(place).attrs["live"]
        with pytest.raises(StoreError, match=f"process {child.pid} on .* writes"):
            log(place, spec={}, resume=True)
    finally:
        child.kill()
        child.communicate()
    assert not is_live(place) and read_log(place)["loss"].values.tolist() == [1]
    log(place, spec={}, resume=True).close()


def test_wrong_places_and_values_are_told(place):
    one = log(place)
    with pytest.raises(InputError, match="expected a number"):
        one.record(0, {"loss": "1"})
    with pytest.raises(InputError, match="expected a number"):
        one.record(0, {"done": 1.0})
    with pytest.raises(StoreError, match="inside the result"):
        log(place / "inner")
    with pytest.raises(StoreError, match="holds a result already"):
        free_place(place)
    with pytest.raises(InputError, match="names no group"):
        log(place.parent)
    one.close()
    with pytest.raises(StoreError, match="cannot write"):
        one.record(0, {"loss": 1.0})
    about = json.loads((place / "monitor.json").read_text())
    (place / "monitor.json").write_text(json.dumps({**about, "format": 99}))
    with pytest.raises(StoreError, match="newer lossatlas"):
        read_log(place)
    (place / "monitor.json").write_text("{")
    with pytest.raises(StoreError, match="cannot be read"):
        la.open(place)


def test_reading_needs_no_torch(place):
    log(place).close()
    code = f"import sys; from lossatlas.result.log import read_log; read_log({str(place)!r}); assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
