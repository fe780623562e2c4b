"""``lossatlas instability``: the numbers of the function, of a parent that it trains or that is there."""

import inspect
from typing import get_args, get_type_hints

import pytest
import torch

import lossatlas as la
from lossatlas import names
from lossatlas.cli import app
from lossatlas.zoo import runs

HOW = ("digits_mlp", "--epochs", "2", "--examples", "200", "--batch", "50", "--weight-decay", "0", "--corrupt", "random_labels:0.2")
ASK = ("--steps", "0,3", "--pairs", "1")


def test_the_numbers_are_those_of_the_function(cli, folder):
    answer = cli("instability", *HOW, *ASK, "--out", "a", "--store", "s.zarr", "-o", "a.png")
    assert answer.code == 0, answer.err
    run = la.open_run("a")
    assert {0, 3} <= set(run.steps) and run.steps[-1] == 3 and not run.finished
    objectives = runs.objective_of(run, split="both")
    ds = la.instability(run, objectives, (0, 3), optimizer=runs.optimizer_of(run), schedule=runs.schedule_of(run), total=8, seeds=((1, 2),))
    assert la.open("s.zarr")["loss_barrier"].values == pytest.approx(ds["loss_barrier"].values, rel=1e-6)
    one = ds.isel(step=1, pair=0).sel(split="test")
    assert f"error barrier {100 * float(one['error_barrier']):.3g} %, |E0 − E1| {100 * float(one['error_gap']):.3g} %" in answer.out
    assert f"disagreement {100 * float(one['disagreement']):.3g} %" in answer.out
    assert "train: mean of 1 pair" in answer.out and "step      3:" in answer.out and "stable (mean error barrier below 2 %)" in answer.out
    assert (folder / "a.png").stat().st_size > 10_000
    again = cli("instability", "a", *ASK, "--store", "s.zarr")
    assert again.code == 0 and "training the children" not in again.err
    assert again.out.splitlines()[:4] == answer.out.splitlines()[:4]
    assert cli("train", *HOW, "--out", "a").code == 0  # goes on with the parent, to its end
    whole = la.fit(runs.training_of(run), optimizer=runs.optimizer_of(run), schedule=runs.schedule_of(run), steps=8)
    assert all(torch.equal(la.open_run("a").at(8)[name], whole.point[name]) for name in whole.point)


@pytest.mark.parametrize("arguments, said", [
    ((*HOW, "--steps", "0", "--pairs", "0", "--out", "a"), "--pairs is 0"),
    ((*HOW, "--steps", "0,x", "--out", "a"), "--steps is '0,x'; expected different whole numbers with commas between"),
    ((*HOW, "--steps", "5,5", "--out", "a"), "--steps is '5,5'"),
    ((*HOW, "--steps", "0,8", "--out", "a"), "training ends at step 8; expected steps before it"),
    ((*HOW, "--steps", "0"), "--out is missing; expected the folder for the run of digits_mlp"),
    (("digits_mpl", "--steps", "0", "--out", "a"), "digits_mlp"),
    ((*HOW, "--steps", "0", "--out", "a", "-o", "a.gif"), "expected a name that ends in .png"),
])
def test_bad_input_says_what_to_write_and_trains_nothing(cli, folder, arguments, said):
    answer = cli("instability", *arguments)
    assert answer.code == 2 and said in answer.err
    assert not (folder / "a").exists()


def test_a_run_that_is_there_is_taken_as_it_is(cli):
    assert cli("train", *HOW, "--every", "4", "--out", "a").code == 0
    refused = cli("instability", "a", "--steps", "3", "--weight-decay", "0", "--lr", "1")
    assert refused.code == 2 and "a is a run, which says itself how it was trained; expected no --weight-decay, --lr" in refused.err
    refused = cli("instability", "a", "--steps", "3")
    assert refused.code == 2 and "step 3 of a was not recorded; the nearest is 4" in refused.err
    answer = cli("instability", "a", "--steps", "4", "--pairs", "1", "--momentum", "fresh", "--store", "s.zarr")
    assert answer.code == 0 and "momentum begins anew in every child" in la.open("s.zarr").attrs["notes"]


def test_every_option_is_passed_on_and_is_that_of_train():
    offered, train = (inspect.signature(command).parameters for command in (app.instability, app.train))
    source = inspect.getsource(app.instability).split('"""')[-1]
    assert all(f"{name}={name}" in source for name in set(offered) - {"network"})
    shared = set(offered) - {"network", "steps", "out", "pairs", "momentum", "device", "store", "output"}
    assert shared <= set(train) and all(offered[name].default is None for name in shared)
    assert names.Momentum in get_args(get_type_hints(app.instability)["momentum"]) or get_type_hints(app.instability)[
        "momentum"] == names.Momentum
    assert offered["momentum"].default == inspect.signature(la.instability).parameters["momentum"].default
