"""``slice`` and ``line``: every form of OBJECTIVE, every option, where results go and what is printed."""

import shlex
from pathlib import Path

import numpy as np
import pytest
import torch

import lossatlas as la
from lossatlas.cli.objectives import Options, load

SMALL = ("--points", "3", "--examples", "20")
ZOO = ("slice", "digits_mlp", "--checkpoint", "w/mlp.safetensors", *SMALL)


def only(folder: Path, name: str = "lossatlas.zarr/slice-1"):
    return la.open(folder / name)


def direct(folder: Path, **options):
    """The same as ``mine.py:objective``, without the command line."""
    scope: dict = {}
    exec((folder / "mine.py").read_text(), scope)
    return scope["objective"]


@pytest.mark.parametrize("name", ["mine.py:objective", "mine.py:make", "./mine.py:objective", "mine:objective", "pkg.sub:objective"])
def test_forms_of_objective(cli, folder, name):
    (folder / "pkg").mkdir()
    (folder / "pkg/__init__.py").touch()
    (folder / "pkg/sub.py").write_text((folder / "mine.py").read_text())
    import sys
    for module in ("mine", "pkg", "pkg.sub"):
        sys.modules.pop(module, None)
    answer = cli("slice", name, "--points", "3x2", "--seed", "5")
    assert answer.code == 0, answer.err
    ds = only(folder)
    objective = direct(folder)
    expected = la.sweep(la.probes.loss(objective), la.random_slice(objective, seed=5), {"alpha": la.axis(-1, 1, 3), "beta": la.axis(-1, 1,
        2)})
    assert np.array_equal(ds["loss"].values, expected["loss"].values) and np.array_equal(ds["accuracy"].values, expected["accuracy"].values)
    assert ds.attrs["source"] == name and ds.attrs["seed"] == 5


@pytest.mark.parametrize("name", ["mine.py:pair", "mine.py:make_pair"])
@pytest.mark.parametrize(("split", "sizes"), [(None, {"train": 40, "test": 11}), ("both", {"train": 40, "test": 11}), ("train", 40),
    ("test", 11)])
def test_pairs_and_splits(cli, folder, name, split, sizes):
    answer = cli("slice", name, "--points", "2", *(["--split", split] if split else []))
    assert answer.code == 0, answer.err
    ds = only(folder)
    assert ds.attrs["n_examples"] == sizes
    assert ("split" in ds.dims) == isinstance(sizes, dict)
    if "split" in ds.dims:
        assert ds["split"].values.tolist() == ["train", "test"]


def test_a_zoo_network_on_both_splits(cli, folder):
    assert cli("slice", "digits_mlp", "--checkpoint", "w/mlp.safetensors", "--points", "2", "--examples", "30", "--split", "both").code == 0
    ds = only(folder)
    assert ds.attrs["n_examples"] == {"train": 30, "test": 30} and ds["split"].values.tolist() == ["train", "test"]


@pytest.mark.parametrize("how", [["--range", "-0.5:1.5"], ["--range=-0.5:1.5"]])
def test_a_range_that_starts_with_a_minus(cli, folder, how):
    assert cli("slice", "mine.py:objective", "--points", "5", *how).code == 0
    assert only(folder)["alpha"].values.tolist() == only(folder)["beta"].values.tolist() == [-0.5, 0.0, 0.5, 1.0, 1.5]


@pytest.mark.parametrize(("range_", "points", "alpha", "beta"), [
    ("-1:1", "7x5", la.axis(-1, 1, 7), la.axis(-1, 1, 5)), ("-1:1,0:2", "3", la.axis(-1, 1, 3), la.axis(0, 2, 3)),
    ("-1:0,-3:-2", "2x4", la.axis(-1, 0, 2), la.axis(-3, -2, 4)), ("0:0,-1:1", "1x7", np.array([0.0]), la.axis(-1, 1, 7)),
    ("-1e-3:.5", "3X2", la.axis(-1e-3, 0.5, 3), la.axis(-1e-3, 0.5, 2))])
def test_ranges_and_points(cli, folder, range_, points, alpha, beta):
    answer = cli("slice", "mine.py:objective", "--range", range_, "--points", points)
    assert answer.code == 0, answer.err
    ds = only(folder)
    assert ds["loss"].shape == (len(alpha), len(beta))
    assert np.array_equal(ds["alpha"].values, alpha) and np.array_equal(ds["beta"].values, beta)


def test_defaults_are_those_of_the_issue(cli, folder):
    assert cli("slice", "mine.py:objective").code == 0
    ds = only(folder)
    assert ds["loss"].shape == (51, 51) and np.array_equal(ds["alpha"].values, la.axis(-1, 1, 51))
    assert (ds.attrs["normalize"], ds.attrs["ignore"], ds.attrs["seed"], ds.attrs["bn"]) == ("filter", ["bias", "norm"], 0, "eval")
    assert cli("line", "digits_mlp", "w/mlp.safetensors", "w/mlp2.safetensors", "--examples", "20").code == 0
    ds = only(folder, "lossatlas.zarr/profile-1")
    assert np.array_equal(ds["alpha"].values, la.axis(-0.5, 1.5, 401)) and ds["split"].values.tolist() == ["train", "test"]


def test_repeats_are_independent_planes(cli, folder):
    assert cli(*ZOO, "--repeats", "3").code == 0
    ds = only(folder)
    assert ds["loss"].dims == ("repeat", "alpha", "beta") and ds.sizes["repeat"] == 3
    assert len({ds["loss"].isel(repeat=k).values.tobytes() for k in range(3)}) == 3


def test_examples_are_balanced_seeded_and_recorded(cli, folder):
    from lossatlas.zoo import balanced_subset, read

    for seed in ("0", "0", "1"):
        assert cli("slice", "digits_mlp", "--checkpoint", "w/mlp.safetensors", "--points", "2", "--examples", "30", "--seed",
            seed).code == 0
    first, again, other = [only(folder, f"lossatlas.zarr/slice-{k}") for k in (1, 2, 3)]
    assert first.attrs["n_examples"] == 30 and first.attrs["digest_data"] == again.attrs["digest_data"] != other.attrs["digest_data"]
    labels = read("digits").train[1]
    counts = torch.bincount(labels[balanced_subset(labels, 30, seed=0)])
    assert counts.tolist() == [3] * 10
    from lossatlas.subsets import subset

    objective = direct(folder)
    mine = subset(objective.data, 9, seed=0)
    assert torch.bincount(mine.targets()).tolist() == [3, 3, 3]
    assert cli("slice", "mine.py:objective", "--points", "2", "--examples", "9", "--store", "e.zarr").code == 0
    assert only(folder, "e.zarr").attrs["digest_data"] == mine.digest()
    assert f"data {mine.digest()}" in cli("info", "e.zarr").out


@pytest.mark.parametrize("bn", ["eval", "batch", "recompute"])
def test_batchnorm_policies(cli, folder, bn):
    assert cli("slice", "mine.py:with_bn", "--points", "2", "--bn", bn, "--batch-size", "8").code == 0
    ds = only(folder)
    assert ds.attrs["bn"] == bn and ds.attrs["batch_size"] == 8
    assert ds.attrs["spec"]["probe"]["objective"]["bn"] == bn


def test_an_objectives_own_policy_stays_unless_asked_otherwise(cli, folder):
    assert cli("slice", "mine.py:recomputing", "--points", "2").code == 0
    assert only(folder).attrs["bn"] == "recompute"


def test_metrics(cli, folder):
    assert cli("slice", "mine.py:with_bn", "--points", "2", "--metric", "accuracy", "--metric", "error").code == 0
    ds = only(folder)
    np.testing.assert_allclose(ds["accuracy"].values + ds["error"].values, 1)
    assert "accuracy_stderr" in ds and "center_error" in ds


@pytest.mark.parametrize("normalize", [None, "none", "filter"])
def test_directions_from_files(cli, folder, normalize):
    assert cli(*ZOO, "--directions", "w/mlp.safetensors,w/mlp2.safetensors", *(["--normalize", normalize] if normalize else [])).code == 0
    ds = only(folder)
    u, v = la.load_point("w/mlp.safetensors"), la.load_point("w/mlp2.safetensors")
    objective = la.zoo.objective("digits_mlp", checkpoint="w/mlp.safetensors", examples=20)
    if normalize == "filter":
        from lossatlas.family import normalize_direction

        u, v = (normalize_direction(d, objective.params, objective.layout) for d in (u, v))
    expected = la.sweep(la.probes.loss(objective), la.Slice(objective.point(), (u, v)), {d: la.axis(-1, 1, 3) for d in ("alpha", "beta")})
    assert np.array_equal(ds["loss"].values, expected["loss"].values)
    assert ds.attrs["normalize"] == (normalize or "none") and "axes_cosine" in ds.attrs
    center = float(la.probes.loss(objective)(objective.point())["loss"])
    assert float(ds["center_loss"]) == center == float(ds["loss"].sel(alpha=0, beta=0))


def test_normalize_and_ignore_reach_the_directions(cli, folder):
    for options in (["--normalize", "layer"], ["--ignore", ""], ["--ignore", "norm"], []):
        assert cli(*ZOO, *options).code == 0
    each = [only(folder, f"lossatlas.zarr/slice-{k}") for k in (1, 2, 3, 4)]
    assert [ds.attrs["normalize"] for ds in each] == ["layer", "filter", "filter", "filter"]
    assert [ds.attrs["ignore"] for ds in each] == [["bias", "norm"], [], ["norm"], ["bias", "norm"]]
    assert each[1].attrs["n_moved"] > each[3].attrs["n_moved"]
    assert not np.array_equal(each[0]["loss"].values, each[3]["loss"].values)


def test_results_without_a_place_are_numbered_and_the_unfinished_one_is_continued(cli, folder):
    from lossatlas.result.store import ZarrStore

    assert "result: lossatlas.zarr/slice-1\n" in cli(*ZOO).out
    assert "result: lossatlas.zarr/slice-2\n" in cli(*ZOO).out, "a finished result is never written over"
    assert "result: lossatlas.zarr/profile-1\n" in cli("line", "digits_mlp", "w/mlp.safetensors", "w/mlp2.safetensors", *SMALL).out
    store = ZarrStore(folder / "lossatlas.zarr", "slice-1")
    (store.path / "done/c/0").unlink()
    assert "result: lossatlas.zarr/slice-3\n" in cli(*ZOO, "--seed", "1").out, "another computation gets a place of its own"
    assert "result: lossatlas.zarr/slice-1\n" in cli(*ZOO).out
    assert bool(only(folder)["done"].all())


@pytest.mark.parametrize(("store", "place"), [("x.zarr", "x.zarr/slice"), ("x.zarr/g", "x.zarr/g"), ("deep/er/x.zarr/g/h",
    "deep/er/x.zarr/g/h")])
def test_a_place_of_ones_own(cli, folder, store, place):
    answer = cli(*ZOO, "--store", store)
    assert answer.code == 0 and f"result: {place}\n" in answer.out and (folder / place / "done").is_dir()
    answer = cli(*ZOO, "--store", store)
    assert answer.code == 0 and "9 already done" in answer.err
    assert not (folder / "lossatlas.zarr").exists()


@pytest.mark.parametrize(("suffix", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_figures_and_the_command_that_draws_again(cli, folder, suffix, magic):
    answer = cli(*ZOO, "-o", f"a plane.{suffix}", "--as", "heatmap")
    assert answer.code == 0, answer.err
    file = folder / f"a plane.{suffix}"
    assert file.read_bytes().startswith(magic) and f"figure: a plane.{suffix}\n" in answer.out
    again = next(line for line in answer.out.splitlines() if line.startswith("draw it again: ")).removeprefix("draw it again: ")
    words = shlex.split(again)
    assert words == ["lossatlas", "plot", "lossatlas.zarr/slice-1", "--as", "heatmap", "-o", f"a plane.{suffix}"]
    file.unlink()
    assert cli(*words[1:]).code == 0 and file.read_bytes().startswith(magic)


def test_without_a_figure_the_command_that_draws_one_works(cli, folder):
    answer = cli(*ZOO)
    words = shlex.split(answer.out.split("draw it again: ")[1].splitlines()[0])
    assert "figure:" not in answer.out and cli(*words[1:]).code == 0 and (folder / "slice-1.png").exists()


def test_fresh_weights_are_told(cli):
    assert "no --checkpoint" in cli("slice", "digits_mlp", *SMALL).out
    assert "no --checkpoint" not in cli(*ZOO).out


# ---- line ----------------------------------------------------------------------------------------------------------


def test_a_line_is_exact_at_both_ends_on_both_splits(cli, folder):
    answer = cli("line", "digits_mlp", "w/mlp.safetensors", "w/mlp2.safetensors", "--points", "5", "-o", "line.svg")
    assert answer.code == 0, answer.err
    ds = only(folder, "lossatlas.zarr/profile-1")
    assert ds["alpha"].values.tolist() == [-0.5, 0.0, 0.5, 1.0, 1.5] and ds["loss"].dims == ("alpha", "split")
    for alpha, name in ((0, "mlp"), (1, "mlp2")):
        both = la.zoo.objective("digits_mlp", checkpoint=f"w/{name}.safetensors", split="both")
        for split, one in both.items():
            own = la.probes.loss(one)(one.point())
            for quantity in ("loss", "accuracy"):
                assert float(ds[quantity].sel(alpha=alpha, split=split)) == float(own[quantity])
    assert ds.attrs["ends"] == ["w/mlp.safetensors", "w/mlp2.safetensors"] and (folder / "line.svg").exists()


def test_torch_files_give_the_same_line_and_the_same_computation(cli, folder):
    place = ("--points", "3", "--examples", "20", "--store", "l.zarr/a")
    assert cli("line", "digits_mlp", "w/mlp.safetensors", "w/mlp2.safetensors", *place).code == 0
    again = cli("line", "digits_mlp", "w/mlp.pt", str(folder / "w/mlp2.safetensors"), *place)
    assert again.code == 0 and "3 already done" in again.err, "files are told apart by what is in them"


def test_a_line_between_networks_with_batchnorm_interpolates_statistics_unless_asked_otherwise(cli, folder):
    ends = ("line", "digits_resnet", "w/resnet.safetensors", "w/resnet2.safetensors", "--points", "2", "--range", "0:1", "--examples", "10")
    assert cli(*ends, "--split", "train").code == 0
    assert only(folder, "lossatlas.zarr/profile-1").attrs["bn"] == "interpolate"
    assert cli(*ends, "--split", "train", "--bn", "batch").code == 0
    assert only(folder, "lossatlas.zarr/profile-2").attrs["bn"] == "batch"


def test_a_line_leaves_the_policy_of_the_users_own_objective(cli, folder):
    scope: dict = {}
    exec((folder / "mine.py").read_text(), scope)
    for seed in (1, 2):
        la.save_point(scope["of"](scope["net"](True, seed)).point(), folder / f"end{seed}.safetensors")
    assert cli("line", "mine.py:recomputing", "end1.safetensors", "end2.safetensors", "--points", "3").code == 0
    assert only(folder, "lossatlas.zarr/profile-1").attrs["bn"] == "recompute"
    assert cli("line", "mine.py:with_bn", "end1.safetensors", "end2.safetensors", "--points", "3").code == 0
    assert only(folder, "lossatlas.zarr/profile-2").attrs["bn"] == "interpolate"


def test_test_split_under_recompute_takes_the_statistics_of_the_training_data():
    options = Options(bn="recompute", split="test", examples=100)
    alone = load("digits_resnet", options)
    assert alone.bn_data is not None
    pair = load("digits_resnet", Options(bn="recompute", split="both", examples=100))
    assert alone.bn_data.digest() == pair["train"].data.digest() != alone.data.digest()
    assert float(alone.value()) == float(pair["test"].value())
    assert float(alone.value()) != float(alone.with_bn("recompute").value())
