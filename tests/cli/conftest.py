"""A folder to work in with an objective of one's own and some weights, and the command line called in this process."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from safetensors.torch import save_file

import lossatlas as la
from lossatlas.cli import run

MINE = '''
import torch, lossatlas as la
g = torch.Generator().manual_seed(0)
X, Y = torch.randn(40, 4, generator=g), torch.randint(0, 3, (40,), generator=g)
def net(bn=False, seed=1):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        middle = [torch.nn.BatchNorm1d(5)] if bn else []
        return torch.nn.Sequential(torch.nn.Linear(4, 5), *middle, torch.nn.ReLU(), torch.nn.Linear(5, 3))
def of(model, x=X, y=Y, loss="cross_entropy", **more):
    return la.Objective.from_module(model, (x, y), loss, **more)
objective = of(net(), metrics={"accuracy": la.metrics.accuracy})
with_bn = of(net(True))
recomputing = of(net(True), bn="recompute")
pair = {"train": objective, "test": objective.with_data((X[:11], Y[:11]))}
def make():
    return objective
def make_pair():
    return pair
model = net()
number = 3
def needs(x, y=1):
    return objective
def boom():
    raise RuntimeError("kaputt\\nsecond line")
def leaves():
    raise SystemExit("no data here")
def nan():
    model = net()
    model[0].weight.data[0, 0] = float("nan")
    return of(model)
def empty():
    return of(net(), X[:0], Y[:0])
def targets():
    return of(net(), X, Y + 1)
def scalar():
    return of(net(), loss=torch.nn.functional.cross_entropy)
bad_pair = {"train": objective, "test": 3}
empty_pair = {}
'''


class Answer(NamedTuple):
    code: int
    out: str
    err: str


class _Evil:
    def __reduce__(self) -> tuple:
        return os.system, ("touch PWNED",)


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Checkpoints of several kinds."""
    folder = tmp_path_factory.mktemp("weights")
    states = {"mlp": ("digits_mlp", 1), "mlp2": ("digits_mlp", 2), "resnet": ("digits_resnet", 1), "resnet2": ("digits_resnet", 2)}
    for name, (network, seed) in states.items():
        save_file(la.zoo.build(network, seed=seed).state_dict(), str(folder / f"{name}.safetensors"))
    bad = {n: t.clone() for n, t in la.zoo.build("digits_mlp", seed=1).state_dict().items()}
    next(iter(bad.values()))[0, 0] = float("nan")
    save_file(bad, str(folder / "nan.safetensors"))
    save_file({n: torch.zeros_like(t) for n, t in bad.items()}, str(folder / "zero.safetensors"))
    (folder / "junk.safetensors").write_bytes(b"junk" * 10)
    (folder / "evil.pt").write_bytes(pickle.dumps({"w": _Evil()}, protocol=2))
    torch.save({"w": _Evil()}, folder / "evil2.pt")
    torch.save(la.zoo.build("digits_mlp", seed=1).state_dict(), folder / "mlp.pt")
    return folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weights: Path) -> Path:
    """An own working folder with ``mine.py``; ``w`` leads to the weights."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOSSATLAS_DEBUG", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "w").symlink_to(weights)
    return tmp_path


@pytest.fixture
def cli(folder: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """``cli("slice", "mine.py:objective", …)`` -> code, out, err."""
    def call(*arguments: str) -> Answer:
        capsys.readouterr()
        code = run(arguments)
        out, err = capsys.readouterr()
        return Answer(code, out, err)

    return call
