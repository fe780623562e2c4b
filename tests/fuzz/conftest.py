"""A folder with everything that a person may have lying about: networks, weights, results, and all of it broken as well."""

import json
import os
import pickle
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

import lossatlas as la
from lossatlas.run import sweep as sweeping

MINE = """
import torch, lossatlas as la
g = torch.Generator().manual_seed(0)
X, Y = torch.randn(24, 4, generator=g), torch.randint(0, 3, (24,), generator=g)
def net(bn=False, seed=1):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        middle = [torch.nn.BatchNorm1d(5)] if bn else []
        return torch.nn.Sequential(torch.nn.Linear(4, 5), *middle, torch.nn.ReLU(), torch.nn.Linear(5, 3))
def of(model, x=X, y=Y, loss="cross_entropy", **more):
    return la.Objective.from_module(model, (x, y), loss, **more)
objective = of(net())
with_bn = of(net(True))
recomputing = of(net(True), bn="recompute")
pair = {"train": objective, "test": objective.with_data((X[:11], Y[:11]))}
def make():
    return objective
model, number, nothing, words = net(), 3, None, ["a"]
class Strange:
    def __repr__(self):
        raise RuntimeError("no words")
    __str__ = __repr__
strange = Strange()
def needs(x):
    return objective
def boom():
    raise RuntimeError("kaputt\\nsecond line\\x1b[31m")
def leaves():
    raise SystemExit(3)
class Odd(BaseException):
    pass
def odd():
    raise Odd("not an Exception")
def interrupted():
    raise KeyboardInterrupt
def deep():
    return deep()
def wordless():
    raise Strange2()
class Strange2(Exception):
    def __str__(self):
        raise ValueError("no words")
def empty():
    return of(net(), X[:0], Y[:0])
def targets():
    return of(net(), X, Y + 1)
def shapes():
    return of(net(), X[:, :3])
def raising_loss():
    return of(net(), loss=lambda outputs, y: 1 / 0)
def scalar_loss():
    return of(net(), loss=lambda outputs, y: outputs.sum())
def words_loss():
    return of(net(), loss=lambda outputs, y: "low")
class Late(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.inner, self.calls = net(), 0
    def forward(self, x):
        self.calls += 1
        if self.calls > 8:
            raise RuntimeError("too late\\nsecond line")
        return self.inner(x)
def late():
    return of(Late())
def no_parameters():
    return of(torch.nn.ReLU())
bad_pair = {"train": objective, "test": 3}
odd_pair = {1: objective, None: objective}
empty_pair = {}
"""
FILES = {
    "raises.py": b"import torch\nx = 1 / 0\n",
    "syntax.py": b"def f(:\n",
    "null.py": b"x = '\0'\n",
    "latin.py": b"x = '\xe9'\n",
    "needs.py": b"import surely_missing_module\n",
    "exits.py": b"import sys\nsys.exit('bye')\n",
    "empty.py": b"",
    "notes.txt": b"x",
    "file.zarr": b"x",
    "junk.safetensors": b"junk" * 10,
    "junk.h5": b"\x89HDF\r\n\x1a\n" + b"junk" * 20,
    "noise.pt": bytes(range(256)),
    "nothing.safetensors": b"",
    "old.csv": b"mine\n",
    "old.png": b"mine",
    "tab\tname.py": b"x = 1\n",
}


class Evil:
    """Runs code where it is unpickled."""

    def __reduce__(self):
        return os.system, ("touch PWNED",)


def points(seed: int, *, bn: bool = False) -> dict[str, torch.Tensor]:
    """Weights of ``net`` in MINE."""
    space: dict = {}
    exec(MINE, space)
    return space["net"](bn, seed).state_dict()


def tiny() -> dict:
    """The objectives of MINE."""
    space: dict = {}
    exec(MINE, space)
    return space


def build(folder: Path) -> None:
    """Everything at once."""
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    (folder / "mine.py").write_text(MINE)
    (folder / "folder.png").mkdir()
    (folder / "package").mkdir()
    (folder / "package/__init__.py").write_text("raise RuntimeError('in init')\n")
    for name, seed, bn in (("a", 1, False), ("b", 2, False), ("c", 3, False), ("bn", 1, True), ("bn2", 2, True)):
        save_file(points(seed, bn=bn), str(folder / f"{name}.safetensors"))
    torch.save(points(2), folder / "b.pt")
    torch.save({"w": Evil()}, folder / "evil.pt")
    (folder / "evil.th").write_bytes(pickle.dumps({"w": Evil()}, protocol=2))
    save_file(la.zoo.build("digits_mlp", seed=1).state_dict(), str(folder / "mlp.safetensors"))
    save_file({n: t * float("nan") for n, t in points(1).items()}, str(folder / "nan.safetensors"))
    save_file({n: t * 0 for n, t in points(1).items()}, str(folder / "zero.safetensors"))
    _stores(folder)


def _stores(folder: Path) -> None:
    space = tiny()
    one, grid = space["objective"].with_source("mine.py:objective"), {"alpha": la.axis(-1, 1, 3), "beta": la.axis(0, 1, 2)}
    la.sweep(la.probes.loss(one), la.random_slice(one), grid, store=folder / "s.zarr/slice")
    la.sweep(la.probes.loss(space["pair"]), la.line(points(1), points(2)), {"alpha": [0, 0.5, 1]}, store=folder / "s.zarr/line")
    la.sweep(la.probes.loss(one, per="class"), la.random_slice(one, repeats=2), grid, store=folder / "rep.zarr/a")
    cube = {**grid, "gamma": la.axis(0, 1, 2)}
    la.sweep(la.probes.loss(one), la.random_slice(one, dims=("alpha", "beta", "gamma")), cube, store=folder / "v.zarr/volume")
    for name in ("half.zarr", "newer.zarr", "damaged.zarr"):
        shutil.copytree(folder / "s.zarr", folder / name)
    shutil.rmtree(folder / "half.zarr/slice/loss/c")
    for place in ("zarr.json", "done/.description.json"):
        meta = json.loads((folder / "newer.zarr/slice" / place).read_text())
        meta.get("attributes", meta)["lossatlas"]["format"] = 99
        (folder / "newer.zarr/slice" / place).write_text(json.dumps(meta))
        (folder / "damaged.zarr/slice" / place).write_text("{")
    la.export(folder / "s.zarr/slice", folder / "paper.h5")
    (folder / "empty.zarr").mkdir()
    import zarr

    zarr.open_group(str(folder / "other.zarr"), mode="w").create_group("other")


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder, which nobody works in."""
    folder = tmp_path_factory.mktemp("pristine") / "world"
    folder.mkdir()
    before, sweeping.chunk_points = sweeping.chunk_points, lambda seconds, points: 2
    try:
        build(folder)
    finally:
        sweeping.chunk_points = before
    return folder


@pytest.fixture
def world(pristine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it to work in."""
    folder = tmp_path / "world"
    shutil.copytree(pristine, folder, symlinks=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("LOSSATLAS_DEBUG", raising=False)
    monkeypatch.setattr(sweeping, "chunk_points", lambda seconds, points: 2)
    return folder
