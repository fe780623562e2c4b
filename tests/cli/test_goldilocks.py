"""``lossatlas goldilocks``: a result as the function makes it, a figure, and what is refused."""

import inspect

import numpy as np
import pytest

import lossatlas as la
from lossatlas.cli import app

SMALL = ("--radii", "0.5:2", "--points", "3", "--d", "6", "--repeats", "2")


def test_a_result_is_that_of_the_function(cli, folder):
    answer = cli("goldilocks", "mine.py:objective", *SMALL, "--seed", "3", "-o", "zone.png")
    assert answer.code == 0, answer.err
    scope: dict = {}
    exec((folder / "mine.py").read_text(), scope)
    expected = la.goldilocks(scope["objective"], [0.5, 1.0, 2.0], d=6, repeats=2, seed=3)
    stored = la.open(folder / "lossatlas.zarr/scan-1")
    for name in ("fraction_positive", "trace_over_norm", "loss", "norm"):
        assert np.array_equal(stored[name], expected[name]), name
    assert "trace / Frobenius norm: largest at radius" in answer.out and "(d = 6)" in answer.out
    assert (folder / "zone.png").stat().st_size > 1000
    assert cli("plot", "lossatlas.zarr/scan-1", "-o", "again.png").code == 0 and (folder / "again.png").exists()
    assert cli("plot", "lossatlas.zarr/scan-1", "--quantity", "norm", "-o", "norm.png").code == 0
    assert "kind           scan" in cli("info", "lossatlas.zarr").out


def test_radii_may_be_listed_and_the_networks_own_weights_taken(cli, folder):
    answer = cli("goldilocks", "mine.py:pair", "--radii", "0.5,1,4", "--d", "5", "--weights", "own", "--store", "r.zarr/zone")
    assert answer.code == 0, answer.err
    assert la.open(folder / "r.zarr/zone")["radius"].values.tolist() == [0.5, 1.0, 4.0]


@pytest.mark.parametrize(("options", "words"), [
    (("--radii", "a:b"), "--radii is 'a:b'"), (("--radii", "2:1"), "positive increasing"), (("--radii", "0:1"), "positive increasing"),
    (("--d", "0"), "from 2 to the"), (("--d", "9", "--weights", "own", "--repeats", "2"), "there is one network"),
    (("--split", "both"), "--split both"),
    (("-o", "zone.txt"), "ends in .png")])
def test_what_is_refused(cli, folder, options, words):
    answer = cli("goldilocks", "mine.py:pair", *options)
    assert answer.code == 2 and words in answer.err.replace("\n", " ")
    assert not (folder / "lossatlas.zarr").exists()


def test_options_have_the_defaults_of_the_function():
    offered = {n: p.default for n, p in inspect.signature(app.goldilocks).parameters.items()}
    function = {n: p.default for n, p in inspect.signature(la.goldilocks).parameters.items()}
    assert all(offered[name] == function[name] for name in ("d", "repeats", "weights", "seed", "store"))
    assert la.zoo.objective("digits_mlp") and offered["radii"] == "0.1:10" and offered["points"] == 13
    body = inspect.getsource(app.goldilocks).split('"""')[-1]
    assert all(name in body for name in offered)
