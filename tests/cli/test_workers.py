"""``--workers``: the command, its workers and the same command by hand give one result."""

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import lossatlas as la
from lossatlas.cli import run

MINE = """
import os, torch, lossatlas as la
class Counted(torch.nn.Linear):
    def forward(self, x):
        if os.environ.get("COUNT"):
            with open(os.environ["COUNT"], "a") as file:
                file.write(f"{os.getpid()} {float(self.weight.double().sum())!r}\\n")
        return super().forward(x)
def objective():
    torch.manual_seed(0)
    x, y = torch.randn(30, 4), torch.arange(30) % 3
    return la.Objective.from_module(torch.nn.Sequential(Counted(4, 3)), (x, y), "cross_entropy")
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mine.py").write_text(MINE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COUNT", str(tmp_path / "count"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return tmp_path


@pytest.mark.usefixtures("preloaded_workers")
def test_two_workers_give_the_same_picture_whatever_is_asked_for(folder: Path, capsys: pytest.CaptureFixture[str],
                                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    from lossatlas.run import sweep as sweeping

    monkeypatch.setattr(sweeping, "chunk_points", lambda seconds, points: 4)
    arguments = ["slice", "mine.py:objective", "--points", "7x5", "--range", "auto:3", "--per", "class", "--repeats", "2"]
    assert run([*arguments, "--store", "one.zarr/a"]) == 0
    (folder / "count").write_text("")
    assert run([*arguments, "--store", "two.zarr/a", "--workers", "2", "-o", "two.png"]) == 0, capsys.readouterr().err
    one, two = la.open("one.zarr/a"), la.open("two.zarr/a")
    for name in one.variables:
        assert np.array_equal(one[name].values, two[name].values, equal_nan=one[name].dtype.kind == "f"), name
    assert two.attrs["engine"].startswith("local, 2 workers") and (folder / "two.png").stat().st_size > 1000
    said = [line.split() for line in (folder / "count").read_text().splitlines()]
    per_worker = Counter(pid for pid, _ in said if int(pid) != os.getpid())
    by_point = Counter(point for pid, point in said if int(pid) != os.getpid())
    trial = next(point for point, n in by_point.items() if n > 2) if max(by_point.values()) > 1 else None
    assert len(per_worker) == 2
    assert all(n == 1 for point, n in by_point.items() if point != trial), f"points were evaluated twice: {by_point}"
    assert capsys.readouterr().err.count("error") == 0


@pytest.mark.parametrize(("workers", "said"), [("0", "workers is 0; expected a whole number of at least 1"), ("-1", "workers is -1"),
                                               ("two", "expected a whole number"), ("1.5", "expected a whole number")])
def test_bad_numbers_of_workers(folder: Path, capsys: pytest.CaptureFixture[str], workers: str, said: str) -> None:
    assert run(["slice", "mine.py:objective", "--points", "3", "--workers", workers]) == 2
    assert said in capsys.readouterr().err and not (folder / "lossatlas.zarr").exists()


@pytest.mark.usefixtures("preloaded_workers")
def test_an_error_in_a_worker_is_one_line(folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    check = "assert os.environ['PARENT'] == str(os.getpid()), 'not here'"
    (folder / "bad.py").write_text(MINE.replace("return super()", f"{check}\n        return super()"))
    monkeypatch.setenv("PARENT", str(os.getpid()))
    assert run(["slice", "bad.py:objective", "--points", "5", "--workers", "2"]) != 0
    said = capfd.readouterr().err
    assert said.strip().splitlines()[-1].startswith("lossatlas: ") and "not here" in said and "Traceback" not in said
