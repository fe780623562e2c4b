"""``lossatlas merge`` and ``lossatlas ensemble``: points from files and runs, and the numbers of the functions."""

import inspect
from functools import partial
from typing import get_args, get_type_hints

import numpy as np
import pytest
import torch

import lossatlas as la
from lossatlas import names
from lossatlas.cli import app
from lossatlas.cli.objectives import Options
from lossatlas.cli.points import folder_of, objective_for, points_of, short_names
from lossatlas.errors import InputError
from lossatlas.loading import named_object

MINE = '''
import torch, lossatlas as la
X = torch.randn(40, 4, generator=torch.Generator().manual_seed(0))
Y = torch.randint(0, 3, (40,), generator=torch.Generator().manual_seed(1))
with torch.random.fork_rng():
    torch.manual_seed(1)
    net = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.ReLU(), torch.nn.Linear(5, 3))
objective = la.Objective.from_module(net, (X, Y), "cross_entropy", metrics={"accuracy": la.metrics.accuracy})
pair = {"train": objective, "test": objective.with_data((X[:11], Y[:11]))}
'''
HOW = ("digits_mlp", "--epochs", "1", "--examples", "200", "--batch", "50")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Three runs of the objective ``pair``, and where they end."""
    folder = tmp_path_factory.mktemp("networks")
    (folder / "mine.py").write_text(MINE)
    train = named_object(f"{folder / 'mine.py'}:pair")["train"]
    small = train.with_data(train.data, batch_size=8)
    for seed, name in enumerate(("a", "b", "c")):
        init = {key: tensor + 0.3 * torch.randn(tensor.shape, generator=torch.Generator().manual_seed(seed))
                for key, tensor in train.point().items()}
        with la.Recorder(folder / "runs" / name, every=1, state=False) as recorder:
            end = la.fit(small, init=init, optimizer=partial(torch.optim.SGD, lr=0.05), steps=8, seed=seed, hooks=[recorder])
        la.save_point(end.point, folder / f"{name}.safetensors")
    return folder


@pytest.fixture
def networks(folder, trained):
    """The objective ``pair``, with the runs and their ends in the folder."""
    (folder / "runs").symlink_to(trained / "runs")
    for name in ("a", "b", "c"):
        (folder / f"{name}.safetensors").symlink_to(trained / f"{name}.safetensors")
    (folder / "mine.py").write_text(MINE)
    return named_object("mine.py:pair")


def test_points_are_files_runs_and_steps(networks, folder):
    found = points_of(networks, ["a.safetensors", "runs/b", "runs/c@3"])
    assert list(found) == ["a", "b", "c@3"]
    assert torch.equal(found["a"]["0.weight"], la.open_run("runs/a").at(8)["0.weight"])
    assert torch.equal(found["b"]["0.weight"], la.load_point("b.safetensors")["0.weight"])
    assert torch.equal(found["c@3"]["0.weight"], la.open_run("runs/c").at(3)["0.weight"])
    assert list(short_names(["x/a.pt", "y/a.pt", "runs/a"])) == ["x-a", "y-a", "runs-a"]
    assert list(short_names(["a.pt", "a.safetensors"])) == ["a.pt", "a.safetensors"]
    assert folder_of("runs/a@7")[1] == 7 and folder_of("a.safetensors") == (None, None)


@pytest.mark.parametrize(("arguments", "words"), [
    (["gone.safetensors"], "no checkpoint at 'gone"), (["runs/a@13"], "step 13 .* was not recorded"),
    (["runs/a@x"], "asks for the step 'x'"), (["nowhere@3"], "no run at 'nowhere'"), (["a.safetensors", "a.safetensors"], "named twice")])
def test_points_that_are_not_there_are_refused(networks, arguments, words):
    with pytest.raises(InputError, match=words):
        points_of(networks, arguments)


def test_the_objective_of_a_run_is_what_it_was_trained_on(cli, folder):
    assert cli("train", *HOW, "--out", "runs/d").code == 0
    for text in ("runs/d", "digits_mlp"):
        found = objective_for(text, ["runs/d"], Options(device="cpu"))
        assert list(found) == ["train", "test"] and found["train"].data.n_examples == 200 and found["test"].data.n_examples == 797
    assert objective_for("runs/d", [], Options(examples=50, batch_size=10, device="cpu"))["test"].data.sizes[0] == 10
    with pytest.raises(InputError, match="says itself what it was trained on"):
        objective_for("runs/d", [], Options(data="digits"))


def test_a_check_is_that_of_the_function(cli, networks):
    answer = cli("merge", "mine.py:pair", "a.safetensors", "runs/b", "--base", "runs/a@0", "--check")
    assert answer.code == 0, answer.err
    points = points_of(networks, ["a.safetensors", "runs/b", "runs/a@0"])
    base = points.pop("a@0")
    check = la.merge_check(networks, points, base=base)
    assert f"verdict: {check.attrs['verdict']}: {check.attrs['reason']}" in answer.out
    one = check.sel(a="a", b="b", split="test")
    assert f"{float(one['loss_barrier']):.3g} ± {float(one['loss_barrier_stderr']):.1g}" in answer.out
    assert f"average predicted {float(check['predicted_loss'].sel(split='train')):.4g}" in answer.out
    assert "base – a" in answer.out


def test_the_average_is_written(cli, networks):
    answer = cli("merge", "mine.py:pair", "a.safetensors", "b.safetensors", "runs/c", "--out", "soup.safetensors")
    assert answer.code == 0, answer.err
    points = points_of(networks, ["a.safetensors", "b.safetensors", "runs/c"])
    expected = la.merge(networks, points)
    soup = la.load_point("soup.safetensors")
    assert all(torch.equal(soup[name], expected.point[name]) for name in expected.point)
    assert f"predicted {expected.predicted:.4g}, measured {expected.measured:.4g}" in answer.out and "verdict" in answer.out


def test_greedy_judges_on_a_part_of_the_test_data(cli, networks):
    answer = cli("merge", "mine.py:pair", "a.safetensors", "b.safetensors", "--method", "greedy", "--judge", "0.4", "--match", "weights",
                 "--out", "soup.safetensors")
    assert answer.code == 0, answer.err
    assert "judged on 4 held-out examples" in answer.out and "greedy average of" in answer.out
    refused = cli("merge", "mine.py:objective", "a.safetensors", "b.safetensors", "--method", "greedy", "--out", "soup.safetensors")
    assert refused.code == 2 and "has no test data" in refused.err


@pytest.mark.parametrize(("arguments", "said"), [
    (("a.safetensors", "--check"), "1 point; expected two or more"), (("a.safetensors", "b.safetensors"), "--out is missing"),
    (("a.safetensors", "b.safetensors", "--check", "--out", "s.safetensors"), "--check makes no average"),
    (("a.safetensors", "b.safetensors", "--out", "s.pt"), "--out is 's.pt'"),
    (("a.safetensors", "b.safetensors", "--out", "no/s.safetensors"), "there is no folder"),
    (("a.safetensors", "b.safetensors", "--method", "greedy", "--judge", "1", "--out", "s.safetensors"), "--judge is 1")])
def test_bad_input_to_merge_says_what_to_write(cli, folder, arguments, said):
    answer = cli("merge", "mine.py:pair", *arguments)
    assert answer.code == 2 and said in answer.err and not (folder / "s.safetensors").exists()


def test_an_ensemble_of_runs_stands_beside_subspaces(cli, networks, folder):
    answer = cli("ensemble", "mine.py:pair", "runs/a", "runs/b", "c.safetensors", "--ood", "random_pixels", "--store", "s.zarr/e",
                 "-o", "e.png")
    assert answer.code == 0, answer.err
    ds = la.open("s.zarr/e")
    assert list(ds["ensemble"].values) == ["given", "trajectory", "gaussian", "low_rank"]
    points = points_of(networks, ["runs/a", "runs/b", "c.safetensors"])
    tail = la.open_run("runs/a").trajectory().from_step(4)
    kinds = {kind: la.subspace_members(networks, tail, kind, count=3, rank=4) for kind in ("trajectory", "gaussian", "low_rank")}
    expected = la.ensemble(networks, {"given": points, **kinds}, out_of_distribution=networks["test"].corrupt("random_pixels"))
    for name in ("error", "nll", "ece", "disagreement", "auroc"):
        assert np.allclose(ds[name].values, expected[name].values, equal_nan=True), name
    assert "subspaces of 5 records of runs/a, steps 4 to 8" in answer.out and "most alike: " in answer.out
    assert (folder / "e.png").stat().st_size > 10_000
    assert "scan" in cli("info", "s.zarr/e").out


def test_subspaces_of_a_point_are_random_ones(cli, networks):
    answer = cli("ensemble", "mine.py:pair", "a.safetensors", "--subspaces", "random,dropout", "--count", "2", "--store", "s.zarr/e")
    assert answer.code == 0, answer.err
    assert list(la.open("s.zarr/e")["ensemble"].values) == ["given", "random", "dropout"] and "–" in answer.out


@pytest.mark.parametrize(("arguments", "said"), [
    ((), "MEMBER requires an argument"), (("a.safetensors", "--subspaces", "gaussian"), "made of the records of a run"),
    (("runs/a", "--subspaces", "gausian"), "did you mean 'gaussian'"), (("a.safetensors", "--from-step", "3"), "--from-step 3"),
    (("a.safetensors", "--ood", "random_labels"), "leaves the inputs as they are"),
    (("a.safetensors", "--ood", "noise"), "--ood is 'noise'"), (("a.safetensors", "-o", "e.gif"), "ends in .png"),
    (("runs/a", "--count", "0"), "--count is 0"), (("runs/a", "--subspaces", "trajectory", "--count", "40"), "at least as many records")])
def test_bad_input_to_ensemble_says_what_to_write(cli, networks, folder, arguments, said):
    answer = cli("ensemble", "mine.py:pair", *arguments, "--store", "s.zarr/e")
    assert answer.code == 2 and said in answer.err and not (folder / "s.zarr" / "e").exists()


@pytest.mark.parametrize("command", [app.merge, app.ensemble])
def test_every_option_is_passed_on(command):
    source = inspect.getsource(command).split('"""')[-1]
    assert all(name in source for name in inspect.signature(command).parameters)


def test_options_and_choices_are_those_of_the_functions():
    offered = {name: p.default for name, p in inspect.signature(app.merge).parameters.items()}
    function = inspect.signature(la.merge).parameters
    assert all(offered[name] == function[name].default for name in ("method", "base", "match"))
    hints = get_type_hints(app.merge)
    assert hints["method"] == names.MergeMethod and names.MatchMethod in get_args(hints["match"])
    assert inspect.signature(app.ensemble).parameters["seed"].default == inspect.signature(la.subspace_members).parameters["seed"].default
