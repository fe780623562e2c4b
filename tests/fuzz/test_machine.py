"""A machine that fails: full disks, places that cannot be written, stores that vanish. What was done is kept, and finished later."""

import errno
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fuzzing import call, check_answer, small_objective, snapshot

import lossatlas as la
from lossatlas.result import claims, files, frame
from lossatlas.run import sweep as sweeping
from lossatlas.run.events import Stored

GRID = {"alpha": la.axis(-1, 1, 6), "beta": la.axis(0, 1, 4)}


ONE = small_objective(60)
FAMILY = la.random_slice(ONE)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "chunk_points", lambda seconds, points: 2)


@pytest.fixture(scope="module")
def true() -> Any:
    return la.sweep(la.probes.loss(ONE), FAMILY, GRID)


def sweep(place: Path, on_event: Any = lambda event: None) -> Any:
    return la.sweep(la.probes.loss(ONE), FAMILY, GRID, store=place, on_event=on_event)


def refused(place: Path, said: str, on_event: Any = lambda event: None) -> str:
    with pytest.raises(la.StoreError, match=said) as caught:
        sweep(place, on_event)
    assert "\n" not in str(caught.value) and (
        "run again" in str(caught.value) or "choose" in str(caught.value) or "expected" in str(caught.value)
    )
    return str(caught.value)


def completes(place: Path, true: Any, *, at_least: int = 0) -> None:
    """What is there is true, and the next run finishes it bit for bit."""
    if place.exists():
        half = la.open(place)
        done = half["done"].values
        assert at_least <= done.sum() < done.size
        assert np.array_equal(half["loss"].values[done], true["loss"].values[done])
    assert sweep(place).equals(true) and la.open(place).equals(true)


def clean(folder: Path) -> None:
    assert not [name for name in snapshot(folder) if ".partial" in name or ".creating" in name], "half written files are left"


# ---- a full disk ---------------------------------------------------------------------------------------------------


@contextmanager
def small_disk(place: Path, options: str) -> Iterator[None]:
    """A file system of its own; skips where this user cannot mount one."""
    place.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("needs root on Linux, to mount a small file system")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"cannot mount a small file system here: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("pages", [2, 6, 14, 18, 22, 26, 32, 40, 60])
def test_a_disk_that_is_really_full(tmp_path: Path, true: Any, pages: int) -> None:
    """tmpfs counts pages: every file takes 4 KB. It fills up while the group is made, or while chunks are written."""
    disk = tmp_path / "disk"
    with small_disk(disk, f"size={pages * 4}k"):
        refused(disk / "r.zarr/a", "No space left on device")
        clean(disk)
        made = (disk / "r.zarr/a").exists()
        assert made == (pages >= 26) or 14 < pages < 32, "the pages of this test are chosen so that both happen"
        if not made:
            assert not (disk / "r.zarr").exists(), "a store that came to nothing is left"
        subprocess.run(["mount", "-o", "remount,size=4m", str(disk)], check=True)
        completes(disk / "r.zarr/a", true)


@pytest.mark.parametrize("inodes", [5, 20, 45, 60, 80])
def test_a_disk_without_inodes(tmp_path: Path, true: Any, inodes: int) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk, f"size=4m,nr_inodes={inodes}"):
        refused(disk / "r.zarr/a", "No space left on device")
        clean(disk)
        subprocess.run(["mount", "-o", "remount,nr_inodes=9999", str(disk)], check=True)
        completes(disk / "r.zarr/a", true)


def test_a_file_size_limit(tmp_path: Path) -> None:
    """Always runs: the system refuses to write more than so many bytes to a file (``ulimit -f``), in a process of its own."""
    script = f"""
import resource, signal, sys
sys.path.insert(0, {str(Path(__file__).parent)!r}); sys.path.insert(0, {str(Path(__file__).parents[1])!r})
import test_machine as t
from pathlib import Path
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
place = Path({str(tmp_path)!r}) / "r.zarr/a"
for limit in (0, 100, 300, 1000):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        t.sweep(place)
    except t.la.StoreError as error:
        print(limit, str(error).replace(chr(10), "NEWLINE"))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(int(t.sweep(place)["done"].sum()))
"""
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    *lines, last = answer.stdout.splitlines()
    assert answer.returncode == 0 and last == "24", answer
    assert lines and all("File too large" in line and "NEWLINE" not in line for line in lines), lines
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    clean(tmp_path)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EACCES])
@pytest.mark.parametrize("at", ["frame", "rename", "chunk", "done", "claim", "coordinates"])
def test_any_step_may_fail(tmp_path: Path, true: Any, monkeypatch: pytest.MonkeyPatch, at: str, code: int) -> None:
    """Always runs: the same by errors put in, at every kind of step, for every reason."""

    def fails(*rest: Any, **options: Any) -> Any:
        raise OSError(code, os.strerror(code), "x")

    place, put, opened, countdown = tmp_path / "r.zarr/a", files.put, open, iter([False] * 4)

    def put_or_fail(array: Path, *rest: Any, **options: Any) -> None:
        wanted = {"chunk": "loss", "done": "done", "coordinates": "beta"}.get(at)
        if array.name == wanted and next(countdown, True):
            fails()
        put(array, *rest, **options)

    def open_or_fail(path: Any, mode: str = "r", *rest: Any, **options: Any) -> Any:
        return fails() if mode == "x" and next(countdown, True) else opened(path, mode, *rest, **options)

    with monkeypatch.context() as broken:
        if at == "frame":
            broken.setattr(frame, "_array", fails)
        elif at == "rename":
            broken.setattr("lossatlas.result.store.os.rename", fails)
        elif at == "claim":
            broken.setattr(claims, "open", open_or_fail, raising=False)
        else:
            countdown = iter([] if at == "coordinates" else [False] * 4)
            broken.setattr(files, "put", put_or_fail)
        refused(place, os.strerror(code))
    clean(tmp_path)
    assert place.exists() == (at in ("chunk", "done", "claim")) and (place.exists() or not list(tmp_path.iterdir()))
    completes(place, true, at_least=8 if place.exists() else 0)


# ---- places that cannot be written ---------------------------------------------------------------------------------


def test_a_read_only_store_is_read_and_not_continued(tmp_path: Path, true: Any) -> None:
    """Really read-only, by a bind mount; root, too, cannot write there."""
    disk = tmp_path / "disk"
    with small_disk(disk, "size=4m"):
        stop_after(disk / "r.zarr/a", 3)
        sweep(disk / "full.zarr/a")
        before = snapshot(disk)
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        refused(disk / "r.zarr/a", "Read-only file system.*run again")
        refused(disk / "r.zarr/new", "Read-only file system.*choose another place")
        refused(disk / "new.zarr/a", "Read-only file system.*choose another place")
        assert snapshot(disk) == before and sweep(disk / "full.zarr/a").equals(true), "what is complete needs no writing"
        for command in (("info", str(disk / "r.zarr")), ("plot", str(disk / "r.zarr/a"), "-o", str(tmp_path / "x.png"))):
            assert call(*command).code == 0
        answer = call("export", str(disk / "r.zarr/a"), "--to", str(disk / "x.csv"))
        check_answer(answer)
        assert answer.code == 2 and "Read-only file system" in answer.err
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        completes(disk / "r.zarr/a", true, at_least=6)


class Stop(Exception):
    """Breaks a sweep off."""


def after(chunks: int, action: Any) -> Any:
    """A listener that does something once so many chunks are stored."""
    seen = []

    def listen(event: Any) -> None:
        if isinstance(event, Stored):
            seen.append(event)
            if len(seen) == chunks:
                action()

    return listen


def stop_after(place: Path, chunks: int) -> None:
    def stop() -> None:
        raise Stop

    with pytest.raises(Stop):
        sweep(place, after(chunks, stop))


@pytest.mark.parametrize("vanishing", [".", "a", "a/loss", "a/done", "a/loss/c", "a/zarr.json"])
def test_what_vanishes_while_it_is_written_does_not_come_back_in_part(tmp_path: Path, true: Any, vanishing: str) -> None:
    root = tmp_path / "r.zarr"
    gone = root / vanishing

    def remove() -> None:
        shutil.rmtree(gone) if gone.is_dir() else gone.unlink()

    try:
        sweep(root / "a", after(2, remove))
    except la.LossAtlasError as error:
        assert "\n" not in str(error) and (str(root / "a") in str(error) or "run again" in str(error))
        if vanishing in (".", "a", "a/loss", "a/done"):
            assert not gone.exists(), "half of it came back"
    else:
        assert vanishing in ("a/loss/c", "a/zarr.json"), "it went on as if nothing had happened"
    clean(tmp_path)
    if (root / "a").exists():
        with suppress(la.StoreError):
            found = la.open(root / "a")
            assert np.array_equal(found["loss"].values[found["done"].values], true["loss"].values[found["done"].values])
    assert sweep(root / "a").equals(true) and la.open(root / "a").equals(true)


def test_a_store_that_is_moved_away_while_it_is_written_keeps_what_it_had(tmp_path: Path, true: Any) -> None:
    with pytest.raises(la.StoreError, match="No such file"):
        sweep(tmp_path / "r.zarr/a", after(3, lambda: os.rename(tmp_path / "r.zarr", tmp_path / "moved.zarr")))
    assert not (tmp_path / "r.zarr").exists()
    completes(tmp_path / "moved.zarr/a", true, at_least=6)


@pytest.mark.parametrize(
    "place",
    [
        "file.zarr/a",
        "file.zarr/x.zarr/a",
        "x" * 252 + ".zarr/a",
        "r.zarr/" + "x" * 300,
        "n/" * 2500 + "r.zarr/a",
        "link.zarr/a",
        "/dev/null/r.zarr/a",
        "/proc/1/r.zarr/a",
        "/dev/full/r.zarr/a",
    ],
)
def test_places_where_no_store_can_be(tmp_path: Path, place: str) -> None:
    (tmp_path / "file.zarr").write_text("mine")
    (tmp_path / "link.zarr").symlink_to("link.zarr")
    before = snapshot(tmp_path)
    refused(tmp_path / place, "choose another place|no result|cannot")
    assert snapshot(tmp_path) == before
    with pytest.raises(la.StoreError) as caught:
        la.open(tmp_path / place)
    assert "\n" not in str(caught.value)


def test_a_store_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    stop_after(tmp_path / "r.zarr/a", 2)
    for name in ("zarr.json", "done/.description.json"):
        path = tmp_path / "r.zarr/a" / name
        path.write_text(path.read_text().replace('"format": 2', '"format": 3'))
    before = snapshot(tmp_path)
    refused(tmp_path / "r.zarr/a", "has format 3, this lossatlas reads up to 2.*update")
    assert snapshot(tmp_path) == before
    assert "slice-1" in str(sweep(tmp_path / "r.zarr/+").attrs["store"]), "another name beside it is free"
