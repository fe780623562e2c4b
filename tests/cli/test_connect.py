"""``lossatlas connect`` as a user calls it."""

import inspect
import typing

import pytest
import torch

import lossatlas as la
from lossatlas import names
from lossatlas.cli import connecting


@pytest.fixture
def line(cli, folder):
    """The command line in a folder with three networks of ``mine.py``."""
    made = torch.Generator().manual_seed(3)
    for name in "abc":
        la.save_point({"0.weight": torch.randn(5, 4, generator=made), "0.bias": torch.randn(5, generator=made),
                       "2.weight": torch.randn(3, 5, generator=made), "2.bias": torch.randn(3, generator=made)}, f"{name}.safetensors")
    return cli


def test_two_points(line, folder):
    answer = line("connect", "mine.py:pair", "a.safetensors", "b.safetensors", "--steps", "60", "--points", "3", "--store", "s.zarr/p",
                  "-o", "p.png", "--seed", "1")
    assert answer.code == 0, answer
    for words in ("train:", "test:", "line: loss barrier", "path: bezier, 3 controls, 60 steps", "times as long as the line",
                  "the ends disagree on", "result: s.zarr/p", "figure: p.png", "lossatlas plot s.zarr/p -o p.png"):
        assert words in answer.out, answer.out
    ds = la.open(folder / "s.zarr" / "p")
    assert ds.attrs["kind"] == "path" and ds["reference"].values.tolist() == ["a", "b"] and ds.attrs["seed"] == 1
    assert (folder / "p.png").stat().st_size > 10_000
    assert "kind           path" in line("info", "s.zarr/p").out


def test_what_cannot_be(line):
    two = ("mine.py:pair", "a.safetensors", "b.safetensors")
    for more, words in ((("mine.py:pair", "a.safetensors"), "1 point is given; expected two solutions"),
                        ((*two, "--method", "bezir"), "bezir"), ((*two, "--lr", "0"), "--lr is 0; expected a positive"),
                        ((*two, "--points", "2"), "--points 2; expected"), ((*two, "-o", "p.gif"), "-o is 'p.gif'"),
                        ((*two, "--method", "line", "--steps", "9"), "steps is given, which method 'line' does not have"),
                        ((*two, "c.safetensors", "--bends", "2"), "--bends and --lr are options of one path")):
        answer = line("connect", *more)
        assert answer.code != 0 and words in answer.err, (more, answer)


def test_its_options_are_those_of_the_functions():
    offered = {name: p.default for name, p in inspect.signature(connecting.connect).parameters.items()}
    function = inspect.signature(la.connect).parameters
    for name in ("method", "bends", "steps", "seed"):
        assert offered[name] == function[name].default, name
    assert offered["points_along"] == inspect.signature(la.path_profile).parameters["points"].default
    assert typing.get_type_hints(connecting.connect)["method"] == names.ConnectMethod
