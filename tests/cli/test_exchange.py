"""``export`` and ``import``."""

import inspect
import shutil
import subprocess
import sys

import numpy as np
import paper_files
import pytest
import torch
import xarray as xr

import lossatlas as la
from lossatlas.cli import app


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """One plane of train data, a pair of splits, two repeats."""
    torch.manual_seed(0)
    net, (x, y) = torch.nn.Linear(3, 2), (torch.randn(20, 3), torch.randint(2, (20,)))
    train = la.Objective.from_module(net, (x, y), "cross_entropy", metrics={"accuracy": la.metrics.accuracy})
    both = {"train": train, "test": train.with_data((x[:7], y[:7]))}
    coords = {"alpha": la.axis(-1, 1, 4), "beta": la.axis(-1, 1, 3)}
    folder = tmp_path_factory.mktemp("stores")
    for name, probe, repeats in (("one", train, None), ("both", both, None), ("several", train, 2)):
        la.sweep(la.probes.loss(probe), la.random_slice(train, repeats=repeats), coords, store=folder / f"r.zarr/{name}")
    return folder


@pytest.fixture
def filled(folder, stores):
    shutil.copytree(stores / "r.zarr", folder / "r.zarr")
    paper_files.write(folder / "paper.h5", np.linspace(-1, 1, 5), np.linspace(0, 2, 3),
                      {"train_loss": lambda x, y: x + 10 * y + 3, "train_acc": lambda x, y: 50.0}, jobs=range(14))
    return folder


def test_every_format(cli, filled):
    for suffix in ("vtp", "glb", "obj", "nc"):
        answer = cli("export", "r.zarr/one", "--to", f"a.{suffix}")
        assert answer == (0, f"file: a.{suffix}\n", "") and (filled / f"a.{suffix}").stat().st_size > 400
    assert cli("export", "r.zarr/one", "--to", "a.csv").out == \
        "note: left out of the table: loss_groups (one value per group of examples)\nfile: a.csv\n"
    answer = cli("export", "r.zarr/one", "--to", "a.h5")
    assert answer.code == 0 and "note: left out of the .h5" in answer.out and "called train_" in answer.out
    assert "called" not in cli("export", "r.zarr/one", "--to", "t.h5", "--split", "test").out
    assert "test_loss" in paper_files.read(filled / "t.h5") and "train_loss" in paper_files.read(filled / "a.h5")
    with xr.open_dataset(filled / "a.nc") as back:
        assert back["loss"].equals(la.open("r.zarr/one")["loss"])


def test_import_then_look(cli, filled):
    answer = cli("import", "paper.h5", "r.zarr/paper")
    assert answer.code == 0 and answer.err == "" and "result: r.zarr/paper\n" in answer.out
    assert "note: 1 of 15 points are not computed in it (−1)" in answer.out and "Not recorded in it: BatchNorm policy" in answer.out
    out = cli("info", "r.zarr/paper").out
    assert "14 of 15 points" in out and "Imported from paper.h5" in out and "torch not recorded" in out
    for form in ("contour", "heatmap", "surface"):
        assert cli("plot", "r.zarr/paper", "--as", form, "-o", f"{form}.svg").code == 0
    assert "not recorded" in (filled / "contour.svg").read_text()
    assert cli("import", "paper.h5", "r.zarr/paper", "--split", "train").code == 0
    assert cli("import", "paper.h5", "new.zarr").out.endswith("draw it: lossatlas plot new.zarr/slice -o slice.png\n")
    assert cli("export", "r.zarr/paper", "--to", "back.h5").out == "file: back.h5\n"
    before, after = paper_files.read(filled / "paper.h5"), paper_files.read(filled / "back.h5")
    assert all(before[name].tobytes() == after[name].tobytes() for name in before) and before.keys() == after.keys()
    paper_files.write(filled / "paper.h5", np.linspace(-1, 1, 5), None, {"train_loss": lambda x: x + 3})
    answer = cli("import", "paper.h5", "r.zarr/paper")
    assert answer.code == 1 and "holds another computation" in answer.err and answer.err.count("\n") == 1


def test_which_plane(cli, filled):
    for store, option, said in (("both", ("--split", "test"), "write --split train"), ("several", ("--repeat", "1"), "write --repeat 0")):
        answer = cli("export", f"r.zarr/{store}", "--to", "a.vtp")
        assert answer.code == 2 and said in answer.err and not (filled / "a.vtp").exists()
        assert cli("export", f"r.zarr/{store}", "--to", f"{store}.vtp", *option, "--quantity", "accuracy", "--height", "0.5", "--scale",
                   "linear").code == 0


@pytest.mark.parametrize(("arguments", "code", "said"), [
    (("export", "r.zarr/one"), 2, "--to"), (("export", "r.zarr/one", "--to", "a.png"), 2, "expected one of .h5, .vtp"),
    (("export", "r.zarr/on", "--to", "a.csv"), 1, "did you mean 'one'"), (("export", "r.zarr/one", "--to", "no/a.csv"), 2, "make it first"),
    (("export", "r.zarr/one", "--to", "a.vtp", "--quantity", "los"), 2, "did you mean 'loss'"),
    (("export", "r.zarr/one", "--to", "a.vtp", "--height", "-1"), 2, "expected 0 (flat)"),
    (("export", "r.zarr/one", "--to", "a.vtp", "--height", "high"), 2, "--height"),
    (("export", "r.zarr/one", "--to", "a.vtp", "--scale", "ln"), 2, "--scale"),
    (("export", "r.zarr/one", "--to", "a.csv", "--height", "1"), 2, "leave height out"),
    (("export", "r.zarr/one", "--to", "a.vtp", "--repeat", "1.5"), 2, "whole number"),
    (("export", "r.zarr/one", "--to", "a.vtp", "--repeat", "0"), 2, "leave repeat out"),
    (("export", "r.zarr/one", "--to", "a.vtp", "--class", "0"), 2, "leave class out"),
    (("export", "r.zarr/one", "--to", "a.vtp", "--layer", "x"), 2, "leave layer out"),
    (("import", "paper.h5"), 2, "STORE"), (("import", "none.h5", "r.zarr/x"), 2, "there is no file 'none.h5'"),
    (("import", "mine.py", "r.zarr/x"), 2, "cannot be read as HDF5"), (("import", "paper.h5", "r"), 2, "expected PATH.zarr"),
    (("import", "paper.h5", "r.zarr/x", "--split", "test"), 2, "write split='train'"),
    (("import", "paper.h5", "r.zarr/x", "--split", "tets"), 2, "--split"),
    (("import", "paper.h5", "r.zarr/one"), 1, "holds another computation")])
def test_refusals(cli, filled, arguments, code, said):
    answer = cli(*arguments)
    assert answer.code == code and said in answer.err and answer.err.count("\n") == 1 and answer.out == ""
    assert not (filled / "r.zarr/x").exists() and not list(filled.glob("*a.*"))


def test_commands_have_the_options_of_the_functions():
    def offered(function):
        return {name: p.default for name, p in inspect.signature(function).parameters.items() if p.kind is p.KEYWORD_ONLY}

    command = offered(app.export)
    assert command.pop("to") is inspect.Parameter.empty and command.pop("view") is None and command == offered(la.export)
    assert {**offered(app.import_), "store": None} == offered(la.import_h5)


@pytest.mark.parametrize("command", [app.export, app.import_])
def test_every_option_is_passed_on(command):
    source = inspect.getsource(command).split('"""')[-1]
    assert all(name in source for name in inspect.signature(command).parameters)


def test_neither_command_loads_torch(cli, filled):
    code = ("import sys; from lossatlas.cli import run\n"
            "codes = [run(['import', 'paper.h5', 'q.zarr'])] + [run(['export', 'q.zarr', '--to', f'q.{s}']) for s in sys.argv[1:]]\n"
            "print('codes', codes, [m for m in ('torch', 'scipy', 'sklearn', 'safetensors') if m in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code, "h5", "vtp", "glb", "obj", "csv", "nc"], cwd=filled, capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "codes [0, 0, 0, 0, 0, 0, 0] []"
