"""``lossatlas trajectory``: paths of runs from their folders alone, on PCA and random planes, drawn and animated."""

import inspect

import numpy as np
import pytest
from PIL import Image

import lossatlas as la
from lossatlas.cli import app, run, trajectory
from lossatlas.names import PathPlane
from lossatlas.zoo import runs as zoo_runs

SMALL = ("--points", "5", "--examples", "40")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    place = tmp_path_factory.mktemp("runs")
    for name, options in {"sgd": (), "adam": ("--recipe", "adam")}.items():
        assert run(("train", "digits_mlp", *options, "--batch", "50", "--epochs", "2", "--examples", "200", "--every", "1", "--out",
                    str(place / name))) == 0
    return place


@pytest.fixture
def two(folder, trained):
    (folder / "runs").symlink_to(trained)


def test_two_runs_on_one_plane_with_a_random_one_beside_it(cli, folder, two):
    answer = cli("trajectory", "runs/sgd", "runs/adam", *SMALL, "--directions", "both", "--from-step", "1", "-o", "paths.png", "--animate",
                 "paths.gif", "--frames", "3")
    assert answer.code == 0, answer.err
    runs = [la.open_run(f"runs/{name}").trajectory().from_step(1) for name in ("sgd", "adam")]
    objective = zoo_runs.objective_of(la.open_run("runs/sgd"), examples=40)
    plane = la.pca_slice(runs, objective=objective)
    beside = la.random_beside(plane, runs, objective=objective)
    first, second = plane.about["explained"]
    assert f"explained variance {100 * first:.2f} % + {100 * second:.2f} %; it holds {100 * plane.about['of_motion']:.2f} %" in answer.out
    assert f"random plane (seed 0): {100 * beside.about['of_motion']:.2g} % of them" in answer.out
    path = la.projected(runs[1], plane, objective)
    assert np.allclose(la.open("lossatlas.zarr/trajectory-1/path-adam")["plane_loss"], path["plane_loss"], rtol=1e-5)
    assert f"adam: {len(runs[1])} points, steps 1 to 8; off the plane by at most {float(path['off_slice'].max()):.3g}" in answer.out
    shown = la.open("lossatlas.zarr/trajectory-1/plane")
    frame = la.frame_paths([la.projected(one, plane) for one in runs], points=5)
    assert np.allclose(shown["alpha"], frame["alpha"]) and shown.attrs["family"] == "pca"
    assert np.array_equal(la.open("lossatlas.zarr/trajectory-1/random-0")["beta"], shown["beta"]), "the same units"
    assert (folder / "paths.png").stat().st_size > 10_000 and (folder / "paths-along.png").stat().st_size > 10_000
    with Image.open("paths.gif") as image:
        assert image.n_frames == 3


def test_what_is_stored_is_not_measured_again_and_can_be_plotted(cli, folder, two):
    answer = cli("trajectory", "runs/sgd", *SMALL)
    assert answer.code == 0 and "results: lossatlas.zarr/trajectory-1" in answer.out
    assert "draw it: lossatlas trajectory runs/sgd --store lossatlas.zarr/trajectory-1 -o trajectory.png" in answer.out
    again = cli("trajectory", "runs/sgd", *SMALL, "--store", "lossatlas.zarr/trajectory-1", "-o", "a.png")
    assert again.code == 0 and (folder / "a.png").exists() and not (folder / "lossatlas.zarr/trajectory-2").exists()
    assert again.out.splitlines()[:4] == answer.out.splitlines()[:4]
    other = cli("trajectory", "runs/sgd", *SMALL, "--store", "lossatlas.zarr/trajectory-1", "--project-out-norm")
    assert other.code == 1 and "trajectory-1" in other.err, "another computation"
    assert cli("plot", "lossatlas.zarr/trajectory-1/path-sgd", "-o", "path.png").code == 0
    assert cli("plot", "lossatlas.zarr/trajectory-1/plane", "-o", "plane.png").code == 0
    assert "trajectory" in cli("info", "lossatlas.zarr/trajectory-1/path-sgd").out


def test_runs_on_other_data_are_told(cli, folder, two):
    assert run(("train", "digits_mlp", "--batch", "50", "--epochs", "1", "--examples", "200", "--corrupt", "random_labels", "--every", "1",
                "--out", "random")) == 0
    answer = cli("trajectory", "runs/sgd", "runs/adam", "random", *SMALL)
    words = "losses are on the data of sgd; random was trained on other data"
    assert answer.code == 0 and f"note: {words}" in answer.out and "adam was trained" not in answer.out, answer.err
    for name in ("plane", "path-random"):
        assert words in la.open(f"lossatlas.zarr/trajectory-1/{name}").attrs["notes"]


def test_options_reach_plane_and_objective(cli, folder, two):
    answer = cli("trajectory", "runs/sgd", "--points", "3x4", "--range", "-1:1,0:2", "--split", "test", "--examples", "30", "--no-centred",
                 "--ignore", "bias", "--directions", "random", "--seed", "3", "--batch-size", "10")
    assert answer.code == 0, answer.err
    shown = la.open("lossatlas.zarr/trajectory-1/random-3")
    assert shown["alpha"].values.tolist() == [-1, 0, 1] and shown["beta"].shape == (4,) and shown.attrs["n_examples"] == 30
    assert shown.attrs["batch_size"] == 10 and shown.attrs["seed"] == 3
    path = la.open("lossatlas.zarr/trajectory-1/path-sgd")
    assert path.attrs["centred"] is False and path.attrs["ignore"] == ["bias"]


def test_runs_of_a_loop_of_ones_own_need_an_objective(cli, folder):
    scope: dict = {}
    exec((folder / "mine.py").read_text(), scope)
    import torch

    points = []
    with la.Recorder("own", every=1) as recorder:
        la.fit(scope["objective"], optimizer=lambda tensors: torch.optim.SGD(tensors, lr=0.1), steps=4, hooks=[recorder,
               lambda step, point, state: points.append(step)])
    missing = cli("trajectory", "own", "--points", "3")
    assert missing.code == 2 and "does not say what it was trained on" in missing.err
    answer = cli("trajectory", "own", "--points", "3", "--objective", "mine.py:pair", "-o", "own.png", "--as", "heatmap")
    assert answer.code == 0 and (folder / "own.png").exists(), answer.err
    assert "5 points" in answer.out and points == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("arguments", "words"), [
    (("none",), "no run at 'none'"), (("runs/sgd", "runs/sgd"), "one run is named twice"),
    (("runs/sgd", "--from-step", "99"), "no step of run 'sgd' is 99 or later; expected at most 8"),
    (("runs/sgd", "--from-step", "8"), "one point, which moves nowhere"),
    (("runs/sgd", "--animate", "a.avi"), "expected .gif or .mp4"), (("runs/sgd", "--frames", "1"), "--frames is 1"),
    (("runs/sgd", "--range", "3:1"), "reversed"), (("runs/sgd", "-o", "a.jpg"), "ends in .png"),
    (("runs/sgd", "--ignore", "bais"), "did you mean 'bias'"), (("runs/sgd", "--directions", "pcx"), "pca"),
])
def test_wrong_input_is_told(cli, two, arguments, words):
    answer = cli("trajectory", *arguments)
    assert answer.code == 2 and words in answer.err, answer.err


def test_options_are_those_of_the_functions_and_all_are_passed_on():
    offered = {n: p.default for n, p in inspect.signature(app.trajectory).parameters.items() if p.kind is p.KEYWORD_ONLY}
    plane = inspect.signature(la.pca_slice).parameters
    assert {"objective", "centred", "project_out_norm", "ignore"} == set(plane) - {"runs", "dims"}
    assert offered["centred"] == plane["centred"].default and offered["project_out_norm"] == plane["project_out_norm"].default
    assert offered["ignore"] == "" and plane["ignore"].default == ()
    assert offered["seed"] == inspect.signature(la.random_beside).parameters["seed"].default
    assert int(offered["points"]) == inspect.signature(la.frame_paths).parameters["points"].default
    assert offered["frames"] == inspect.signature(la.figures.frames).parameters["count"].default
    assert PathPlane.__args__ == ("pca", "random", "both") and offered["directions"] == "pca"
    source = inspect.getsource(app.trajectory).split('"""')[-1]
    assert all(name in source for name in inspect.signature(app.trajectory).parameters)
    inspect.signature(trajectory.trajectory)
