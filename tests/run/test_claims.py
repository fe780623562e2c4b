"""Claims: one owner per chunk, given back at the end, taken over from the dead and the silent."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from lossatlas.errors import StoreError
from lossatlas.result import claims
from lossatlas.result.claims import Claims

HOLD = ("import sys, time, pathlib; from lossatlas.result.claims import Claims\n"
        "with Claims(pathlib.Path(sys.argv[1])).take(int(sys.argv[2])) as mine:\n"
        "    print(mine, flush=True); time.sleep(60)\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".claims"


def holder(folder: Path, chunk: int) -> subprocess.Popen:
    """Another process that holds a chunk."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder), str(chunk)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "True\n"
    return process


def test_one_owner_at_a_time_and_others_are_free(folder: Path) -> None:
    one, two = Claims(folder), Claims(folder)
    with one.take(3) as mine, two.take(3) as theirs, two.take(4) as other:
        assert (mine, theirs, other) == (True, False, True)
        assert sorted(os.listdir(folder)) == ["3.0", "4.0"]
    assert os.listdir(folder) == []
    with two.take(3) as theirs:
        assert theirs
    one.clear()
    assert not folder.exists()


def test_given_back_when_the_work_fails(folder: Path) -> None:
    with pytest.raises(KeyboardInterrupt), Claims(folder).take(0):
        raise KeyboardInterrupt
    with Claims(folder).take(0) as mine:
        assert mine


def test_of_many_that_try_at_once_one_wins(folder: Path) -> None:
    wins, start, stay = [], threading.Barrier(8), threading.Event()

    def attempt() -> None:
        start.wait()
        with Claims(folder).take(7) as mine:
            wins.append(mine)
            stay.wait(5)

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    while len(wins) < 8:
        time.sleep(0.001)
    stay.set()
    for thread in threads:
        thread.join()
    assert sorted(wins) == [False] * 7 + [True]


@pytest.mark.parametrize("waited_for", [True, False])
def test_the_claim_of_a_killed_process_is_taken_over_at_once(folder: Path, waited_for: bool) -> None:
    process = holder(folder, 5)
    with Claims(folder).take(5) as mine:
        assert not mine
    process.send_signal(signal.SIGKILL)
    if waited_for:
        process.wait()
    else:  # a zombie still has its number
        while Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
            time.sleep(0.001)
    with Claims(folder).take(5) as mine:
        assert mine and sorted(os.listdir(folder)) == ["5.0", "5.1"]
        with Claims(folder).take(5) as another:
            assert not another, "the new claim holds"
    assert os.listdir(folder) == []
    process.wait()


def test_what_the_dead_left_is_cleared_away_and_what_lives_stays(folder: Path) -> None:
    dead, mine = holder(folder, 5), Claims(folder)
    dead.kill()
    dead.wait()
    with Claims(folder).take(6):
        mine.clear()
        assert os.listdir(folder) == ["6.0"]
    mine.clear()
    assert not folder.exists()


def test_a_number_given_to_another_process_does_not_keep_a_claim(folder: Path) -> None:
    folder.mkdir()
    (folder / "0.0").write_text(json.dumps({"machine": claims._machine(), "process": os.getpid(), "began": "12345"}))
    with Claims(folder).take(0) as mine:
        assert mine


@pytest.mark.parametrize("owner", ['{"machine": "another", "process": 1, "began": "1"}', "{", "[]", '{"machine": 3}'])
def test_a_claim_of_another_machine_holds_while_it_is_touched(folder: Path, owner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(claims, "time", SimpleNamespace(monotonic=lambda: now[0]))
    folder.mkdir()
    claim, mine = folder / "2.0", Claims(folder)
    claim.write_text(owner)
    os.utime(claim, (1, 1))  # its clock is far behind: that alone says nothing
    for tick in range(2, 6):
        with mine.take(2) as got:
            assert not got
        now[0] += 0.9 * claims.STALE_SECONDS
        with mine.take(2) as got:
            assert not got
        os.utime(claim, (tick, tick))
    with mine.take(2) as got:
        assert not got
    now[0] += 1.1 * claims.STALE_SECONDS
    with mine.take(2) as got:
        assert got


def test_a_claim_that_says_nothing_holds_for_a_heartbeat(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(claims, "time", SimpleNamespace(monotonic=lambda: now[0]))
    folder.mkdir()
    (folder / "2.0").touch()  # its owner was killed here
    mine = Claims(folder)
    for later, expected in ((0.0, False), (0.9, False), (0.2, True)):
        now[0] += later * claims.HEARTBEAT_SECONDS
        with mine.take(2) as got:
            assert got is expected


def test_an_owner_touches_its_claim(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "HEARTBEAT_SECONDS", 0.02)
    with Claims(folder).take(1):
        os.utime(folder / "1.0", (1, 1))
        deadline = time.monotonic() + 20
        while (folder / "1.0").stat().st_mtime <= 1:
            assert time.monotonic() < deadline
            time.sleep(0.005)
    assert threading.active_count() == 1 or not any(t.name == "lossatlas-claim" for t in threading.enumerate())


def test_an_owner_that_was_thought_dead_does_not_give_back_the_claim_of_the_next(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "STALE_SECONDS", -1.0)
    slow, quick = Claims(folder), Claims(folder)
    with quick.take(0) as mine:
        assert mine
        with slow.take(0) as first:
            assert not first  # seen for the first time
        with slow.take(0) as taken:
            assert taken
            with quick.take(1):
                pass
    assert os.listdir(folder) == []
    with slow.take(0) as first:
        with quick.take(0) as again:
            assert not again
        assert os.listdir(folder) == ["0.0"]
        with quick.take(0) as over:
            assert over
            slow._release(0, 0)  # as the slow owner does when it is done
            assert os.listdir(folder) == ["0.1"]


def test_a_vanished_folder_does_not_come_back(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot claim chunk 0 .*No such file.*run again"), Claims(tmp_path / "gone/done/.claims").take(0):
        pass
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize("name", ["3.x", "3", "3.0.0", "3.-1", "3.²", "3.07", "3." + "9" * 30, "33.0", "x.0"])
def test_other_names_are_nobodys_claim(folder: Path, name: str) -> None:
    folder.mkdir()
    (folder / name).write_text("")
    with Claims(folder).take(3) as mine:
        assert mine and (folder / "3.0").exists()
    assert os.listdir(folder) == [name]


@pytest.mark.parametrize("owner", ["[" * 100000, json.dumps({"machine": claims._machine(), "process": 2**80})])
def test_an_owner_that_nobody_can_read_is_silent(folder: Path, owner: str) -> None:
    folder.mkdir()
    (folder / "3.0").write_text(owner)
    with Claims(folder).take(3) as mine:
        assert not mine


def test_no_folder_of_claims_is_said_and_not_waited_for(folder: Path) -> None:
    folder.write_text("mine")
    with pytest.raises(StoreError, match=r"is no folder.*remove it and run again"), Claims(folder).take(3):
        pass


def test_a_claim_that_cannot_be_written_out_is_taken_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a full disk, where a file can be made and not filled: without an owner it would hold for half a minute."""
    def full(*rest: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(claims, "_me", full)
    with pytest.raises(StoreError, match="No space left on device"), Claims(folder).take(3):
        pass
    assert os.listdir(folder) == []


@pytest.mark.parametrize("owner", ['{"machine": "another pid:[1]", "process": 17, "began": "1"}', "", "[]"])
@pytest.mark.parametrize("alive", [True, False])
def test_waiting_tells_the_living_from_the_dead_of_another_machine(
    folder: Path, owner: str, alive: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, silence = [1000.0], claims.STALE_SECONDS if owner else claims.HEARTBEAT_SECONDS

    def sleep(seconds: float) -> None:
        now[0] += seconds
        if alive:
            os.utime(folder / "0.0", (2, 2))

    monkeypatch.setattr(claims, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=sleep))
    folder.mkdir()
    (folder / "0.0").write_text(owner)
    os.utime(folder / "0.0", (1, 1))
    mine = Claims(folder)
    mine.wait(0)
    waited = now[0] - 1000
    assert waited < 1 if alive else silence < waited <= silence + 1
    with mine.take(0) as got:
        assert got is not alive


@pytest.mark.parametrize(("owner", "silent", "lives"), [
    ('{"machine": "another pid:[1]", "process": 17}', 10, True), ('{"machine": "another pid:[1]", "process": 17}', 40, False),
    ("", 1, True), ("", 10, False)])
def test_who_looks_at_a_claim_is_as_patient_as_who_waits_for_it(folder: Path, owner: str, silent: float, lives: bool) -> None:
    folder.mkdir()
    (folder / "0.0").write_text(owner)
    os.utime(folder / "0.0", (time.time() - silent,) * 2)
    assert claims.alive(folder, 0) is claims.held(folder) is lives


def test_nothing_is_waited_for_on_this_machine(folder: Path) -> None:
    mine = Claims(folder)
    mine.wait(5)
    assert mine.owner(5) is None
    process = holder(folder, 5)
    began = time.monotonic()
    mine.wait(5)
    owner = mine.owner(5)
    assert owner is not None and owner["process"] == process.pid and not owner["own"] and " " not in owner["machine"]
    process.kill()
    process.wait()
    mine.wait(5)
    with mine.take(5) as got:
        assert got and mine.owner(5) == {**owner, "process": os.getpid(), "own": True}
    assert time.monotonic() - began < 2
