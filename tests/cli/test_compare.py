"""``lossatlas compare``: runs on one page, from their folders alone."""

import inspect

import numpy as np
import pytest

import lossatlas as la
from lossatlas.cli import app, compare, run
from lossatlas.zoo import runs as zoo_runs

SMALL = ("--points", "3", "--repeats", "1", "--examples", "40")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    place = tmp_path_factory.mktemp("runs")
    for name, options in {"small": ("--batch", "20"), "large": ("--batch", "200", "--weight-decay", "0")}.items():
        assert run(("train", "digits_mlp", *options, "--epochs", "2", "--examples", "200", "--out", str(place / name))) == 0
    return place


@pytest.fixture
def two(folder, trained):
    (folder / "runs").symlink_to(trained)


def test_a_page_of_two_runs(cli, folder, two):
    answer = cli("compare", "runs/small", "runs/large", *SMALL, "--seed", "2", "-o", "page.png")
    assert answer.code == 0, answer.err
    assert (folder / "page.png").stat().st_size > 10_000
    runs = {name: la.open_run(f"runs/{name}") for name in ("small", "large")}
    objectives = {name: zoo_runs.objective_of(run, split="both") for name, run in runs.items()}
    tree = la.compare_runs(runs, objectives, points=3, repeats=1, examples=40, seed=2)
    assert np.allclose(la.open("lossatlas.zarr/compare-1/plane-large")["loss"], tree["planes/large/loss"], rtol=1e-5)
    assert np.allclose(la.open("lossatlas.zarr/compare-1/between")["loss"], tree["between/loss"], rtol=1e-5)
    for name in runs:
        row = tree["numbers"].to_dataset().sel(run=name)
        assert f"{float(row['train_loss']):.4g} ± " in answer.out and f"{float(row['norm']):.4g}" in answer.out
    again = next(line for line in answer.out.splitlines() if line.startswith("draw it again: lossatlas"))
    answer = cli(*again.removeprefix("draw it again: lossatlas ").split())
    assert answer.code == 0 and "compare-1" in answer.out and not (folder / "lossatlas.zarr/compare-2").exists()


def test_runs_of_a_loop_of_ones_own_need_an_objective(cli, folder):
    scope: dict = {}
    exec((folder / "mine.py").read_text(), scope)
    model = scope["net"]()
    with la.Recorder("own") as recorder:
        recorder.step(model)
    answer = cli("compare", "own", *SMALL)
    assert answer.code == 2 and "does not say what it was trained on" in answer.err and "file.py:name" in answer.err
    answer = cli("compare", "own", *SMALL[:4], "--examples", "11", "--objective", "mine.py:pair", "--store", "s.zarr/own")
    assert answer.code == 0, answer.err
    assert la.open("s.zarr/own/line-own").sizes["split"] == 2 and "draw it: lossatlas compare own --objective mine.py:pair" in answer.out


def test_names_are_as_short_as_they_can_be_told_apart():
    assert list(compare.named(["runs/a", "runs/b"])) == ["a", "b"]
    assert list(compare.named(["x/a", "y/a"])) == ["x-a", "y-a"]
    with pytest.raises(la.InputError, match="named twice"):
        compare.named(["a", "./a"])


@pytest.mark.parametrize(("arguments", "words"), [
    ((), "RUN requires an argument"), (("nothing",), "no run at 'nothing'"), (("runs/small", "-o", "x.gif"), "ends in .png"),
    (("runs/small", "--repeats", "0"), "repeats is 0"), (("runs/small", "--examples", "0"), "examples is 0"),
    (("runs/small", "--points", "1"), "--points is 1; expected"), (("runs/small", "--store", "here"), "PATH.zarr"),
    (("runs/small", "--range", "-1"), "--range is -1; expected"), (("runs/small", "--range", "nan"), "--range is nan")])
def test_what_is_refused(cli, folder, two, arguments, words):
    answer = cli("compare", *arguments)
    assert answer.code == 2 and words in answer.err.replace("\n", " "), answer.err
    assert not (folder / "lossatlas.zarr/compare-1").exists() or "repeats" in words


def test_options_have_the_defaults_of_the_function_and_are_passed_on():
    offered = {n: p.default for n, p in inspect.signature(app.compare).parameters.items()}
    function = {n: p.default for n, p in inspect.signature(la.compare_runs).parameters.items()}
    assert all(offered[name] == function[name] for name in ("reach", "points", "repeats", "examples", "seed", "store"))
    body = inspect.getsource(app.compare).split('"""')[-1]
    assert all(name in body for name in offered)
    said = inspect.getsource(compare.compare)
    assert all(f"({name}, {function[name]})" in said for name in ("reach", "points", "repeats", "examples", "seed"))
