"""``lossatlas train``: a run that says how it was made, goes on where it was interrupted, and outlives a full disk."""

import errno
import inspect
import json

import numpy as np
import pytest
import torch

import lossatlas as la
from lossatlas.cli import app
from lossatlas.record import recorder as recording
from lossatlas.zoo import runs
from lossatlas.zoo.recipes import Recipe, recipe

RUN = ("train", "digits_mlp", "--epochs", "3", "--examples", "200", "--batch", "50", "--out", "a")


def last(path):
    return la.open_run(path).at(-1)


def equal(a, b):
    return all(torch.equal(a[name], b[name]) for name in b)


def test_a_run_is_that_of_the_functions(cli, folder):
    answer = cli(*RUN, "--seed", "2", "--weight-decay", "0", "--corrupt", "random_labels:0.5")
    assert answer.code == 0, answer.err
    how = recipe("sgd", network="digits_mlp", epochs=3, examples=200, batch=50, weight_decay=0.0)
    about = runs.describe("digits_mlp", how, seed=2, corrupt="random_labels:0.5")
    assert la.open_run("a").about == json.loads(json.dumps(about)) and about["steps"] == 12
    expected = la.fit(runs.training_of(about), optimizer=how.descent, schedule=how.schedule(12), steps=12, seed=2)
    assert equal(last("a"), expected.point)
    found = runs.errors(runs.objective_of(about, split="both"), expected.point)
    assert f"train: loss {found['train_loss']:.4g}, error {100 * found['train_error']:.2f} % (200 examples)" in answer.out
    assert "(797 examples)" in answer.out and "3 epochs instead of 300" in answer.out and "200 of the 1,000" in answer.out
    curves = la.open_run("a").metrics()
    assert np.isfinite(curves["test_error"]).all() and float(curves["train_loss"][-1]) == pytest.approx(found["train_loss"])


def test_the_same_command_goes_on_and_another_one_is_refused(cli, folder, monkeypatch):
    assert cli(*RUN).code == 0
    whole = last("a")

    def interrupted(*arguments, hooks, **more):
        def stop(step, point, state):
            if step == 7:
                raise KeyboardInterrupt

        return la.fit(*arguments, hooks=[*hooks, stop], **more)

    command = [*RUN[:-1], "b"]
    with monkeypatch.context() as patch:
        patch.setattr("lossatlas.cli.train.fit", interrupted)
        assert cli(*command).code == 130
    assert not la.open_run("b").finished and la.open_run("b").steps[-1] < 12
    answer = cli(*command)
    assert answer.code == 0 and "going on from step" in answer.out and equal(last("b"), whole), "to the bit"
    again = cli(*command)
    assert again.code == 0 and "trained before" in again.out and "going on" not in again.out and equal(last("b"), whole)
    other = cli(*command, "--lr", "0.05")
    assert other.code == 2 and "recipe.rate: stored 0.1, now 0.05" in other.err and "another folder" in other.err


def test_a_full_disk_ends_the_recording_and_not_the_training(cli, folder, monkeypatch):
    cli(*RUN)
    count, write = [], recording.Snapshot.write

    def full(*arguments, **options):
        count.append(1)
        if len(count) > 6:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(*arguments, **options)

    monkeypatch.setattr(recording.Snapshot, "write", full)
    answer = cli(*RUN[:-1], "c")
    assert answer.code == 1 and "No space left on device" in answer.err and "training goes on" in answer.err
    assert len(answer.err.splitlines()) <= 2, "one message, beside the bar"
    reference = runs.errors(runs.objective_of(la.open_run("a"), split="both"), last("a"))
    assert f"test:  loss {reference['test_loss']:.4g}" in answer.out and "3 checkpoints" in answer.out


def test_objectives_of_the_user_and_other_options(cli, folder):
    answer = cli("train", "mine.py:make_pair", "--recipe", "adam", "--batch", "10", "--epochs", "2", "--every", "3", "--precision", "bf16",
                 "--lr", "0.01", "--device", "cpu", "--max-bytes", "1e6", "--scale", "paper", "--out", "deep/er")
    assert answer.code == 0, answer.err
    run = la.open_run("deep/er")
    assert run.steps == (0, 3, 6, 8) and run.about["objective"]["source"].endswith("mine.py:make_pair")
    assert runs.recipe_of(run) == Recipe("adam", 0.01, 10, epochs=2, precision="bf16")
    assert cli("train", "mine.py:with_bn", "--epochs", "1", "--no-augment", "--out", "bn").code == 0
    assert "running_mean" in "".join(last("bn"))


def test_a_start_from_weights(cli, folder):
    answer = cli(*RUN, "--checkpoint", "w/mlp.safetensors")
    assert answer.code == 0, answer.err
    assert equal(la.open_run("a").at(0), la.load_point("w/mlp.safetensors"))


def test_a_loss_that_explodes(cli, folder):
    answer = cli(*RUN, "--lr", "1e9")
    assert answer.code == 1 and "training stopped: the loss is" in answer.err and "--lr 1e+08" in answer.err


@pytest.mark.parametrize(("options", "words"), [
    (("--data", "cifar10:x"), "expected digits"), (("--recipe", "sdg"), "sgd"), (("--batch", "0"), "batch is 0"),
    (("--weight-decay", "-1"), "weight decay is -1.0"), (("--epochs", "0"), "epochs is 0"), (("--every", "often"), "every is 'often'"),
    (("--examples", "2000"), "examples is 2000; expected 1 to 1000"), (("--corrupt", "labels"), "random_labels"),
    (("--corrupt", "gaussian:2"), "share from 0 to 1"), (("--max-bytes", "-3"), "max_bytes is -3"),
    (("--max-bytes", "9"), "a checkpoint takes"), (("--augment",), "mirrored digit"),
    (("--checkpoint", "none.safetensors"), "no checkpoint at"), (("--checkpoint", "w/resnet.safetensors"), "another architecture"),
    (("--device", "gpu"), "device is 'gpu'"), (("--precision", "fp8"), "bf16"), (("--scale", "tiny"), "quick")])
def test_what_is_refused_leaves_nothing(cli, folder, options, words):
    answer = cli("train", "digits_mlp", "--out", "a", *options)
    assert answer.code == 2 and words in answer.err.replace("\n", " ")
    assert not (folder / "a").exists() and "Traceback" not in answer.err


def test_folders_that_are_no_runs_are_left_alone(cli, folder):
    (folder / "a").mkdir()
    (folder / "a/letters.txt").write_text("mine")
    answer = cli(*RUN)
    assert answer.code == 2 and "holds something else than a run" in answer.err and (folder / "a/letters.txt").read_text() == "mine"


def test_options_have_the_defaults_of_the_recipe_and_are_passed_on():
    offered = {n: p.default for n, p in inspect.signature(app.train).parameters.items()}
    assert (offered["batch"], offered["weight_decay"], offered["precision"]) == (Recipe.batch, Recipe.weight_decay, Recipe.precision)
    recorder = inspect.signature(la.Recorder).parameters
    assert all(offered[name] == recorder[name].default for name in ("every", "max_bytes"))
    described = inspect.signature(runs.describe).parameters
    assert all(offered[name] == described[name].default for name in ("data", "seed", "checkpoint", "corrupt"))
    assert offered["scale"] == inspect.signature(recipe).parameters["scale"].default
    body = inspect.getsource(app.train).split('"""')[-1]
    assert all(name in body for name in offered)
