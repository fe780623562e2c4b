"""``plane``, ``volume``, ``--range auto`` and ``--per``: what is measured, what is printed, what is refused."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import lossatlas as la
from lossatlas.cli.objectives import Options, load

ZOO = ("digits_mlp", "--checkpoint", "w/mlp.safetensors", "--examples", "30")


@pytest.fixture
def third(folder, tmp_path_factory):
    """A third solution beside mlp and mlp2."""
    path = tmp_path_factory.mktemp("third") / "mlp3.safetensors"
    save_file(la.zoo.build("digits_mlp", seed=3).state_dict(), str(path))
    moved = {n: t + 0.1 if "running" in n else t for n, t in la.zoo.build("digits_resnet", seed=3).state_dict().items()}
    save_file(moved, str(path.with_name("resnet3.safetensors")))
    return path


def own_losses(network, files, **options):
    """The loss of every checkpoint, without any plane."""
    objective = load(network, Options(checkpoint=str(files[0]), **options))
    return [float(objective.value(objective.conform(la.load_point(str(f))))) for f in files]


# ---- plane -------------------------------------------------------------------------------------------------------


def test_the_plane_holds_all_three_exactly(cli, folder, third):
    files = ["w/mlp.safetensors", "w/mlp2.safetensors", str(third)]
    answer = cli("plane", "digits_mlp", *files, "--points", "5x4", "--examples", "30", "-o", "plane.png")
    assert answer.code == 0, answer.err
    ds = la.open(folder / "lossatlas.zarr/slice-1")
    assert ds.attrs["ends"] == files and ds.attrs["coordinates"] == "orthogonal" and ds.attrs["family"] == "plane through points"
    found = [float(ds["loss"].sel(alpha=p, beta=q)) for p, q in ds.attrs["given"]]
    assert found == own_losses("digits_mlp", files, examples=30) and len(set(found)) == 3
    assert ds.sizes["alpha"] <= 5 + 3 and ds.sizes["beta"] <= 4 + 2 and (folder / "plane.png").stat().st_size > 10_000
    low, high = float(ds["alpha"][0]), float(ds["alpha"][-1])
    assert low <= -0.2 and high >= 1.2 and float(ds["beta"][-1]) > ds.attrs["given"][2][1] * 1.19
    assert "through        w/mlp.safetensors, w/mlp2.safetensors" in cli("info", "lossatlas.zarr/slice-1").out
    same = ("--points", "5x4", "--examples", "30", "--store", "lossatlas.zarr/slice-1")
    again = cli("plane", "digits_mlp", *files, *same)
    assert again.code == 0 and "already done" in again.err
    mixed = cli("plane", "digits_mlp", files[0], files[2], files[1], *same)
    assert mixed.code == 1 and "holds another computation" in mixed.err


def test_a_range_of_the_plane_keeps_the_points_inside_and_names_those_outside(cli, folder, third):
    files = ("w/mlp.safetensors", "w/mlp2.safetensors", str(third))
    options = ("--points", "4x3", "--examples", "20", "--as", "heatmap", "-o", "p.png")
    answer = cli("plane", "digits_mlp", *files, "--range=-0.5:0.4,-1:2", *options)
    assert answer.code == 0, answer.err
    ds = la.open(folder / "lossatlas.zarr")
    p, q = ds.attrs["given"][2]
    expected = sorted({-0.5, -0.2, 0.1, 0.4, 0.0} | ({p} if p <= 0.4 else set()))
    assert ds["alpha"].values.tolist() == expected and ds["beta"].values.tolist() == sorted({-1, 0.5, 2, 0, q})
    assert "note: B, at (1, 0), lies outside --range -0.5:0.4,-1:2" in answer.out


@pytest.mark.parametrize("lost", ["running_", "1.running_var"])
def test_statistics_that_only_some_files_carry(cli, folder, lost):
    """They cannot be interpolated; dropped silently, the picture would show other networks than the files hold."""
    files = []
    for seed in (1, 2):
        state = load("mine.py:with_bn", Options()).point()
        state["0.weight"] = state["0.weight"] + torch.randn(5, 4, generator=torch.Generator().manual_seed(seed))
        files.append(str(la.save_point(state, folder / f"{seed}.safetensors")))
    some = {n: t for n, t in la.load_point(files[1]).items() if lost not in n}
    files.append(str(la.save_point(some, folder / "some.safetensors")))
    for chosen in ([files[0], files[2]], [files[2], files[0]]):
        for options in ([], ["--bn", "interpolate"]):
            answer = cli("line", "mine.py:with_bn", *chosen, "--points", "3", *options)
            assert answer.code == 2 and answer.err.count("\n") == 1, answer.err
            assert f"{files[2]} lacks running statistics" in answer.err and "write --bn recompute" in answer.err
    for bn in ("recompute", "batch", "eval"):
        assert cli("line", "mine.py:with_bn", files[0], files[2], "--points", "3", "--bn", bn, "--store", f"r.zarr/{bn}").code == 0
    assert cli("line", "mine.py:with_bn", *files[:2], "--points", "3").code == 0


@pytest.mark.parametrize(("options", "bn"), [([], "interpolate"), (["--bn", "recompute"], "recompute"), (["--bn", "eval"], "eval")])
def test_batchnorm_of_a_plane(cli, folder, third, options, bn):
    files = ["w/resnet.safetensors", "w/resnet2.safetensors", str(third.with_name("resnet3.safetensors"))]
    answer = cli("plane", "digits_resnet", *files, "--points", "2", "--examples", "20", *options)
    assert answer.code == 0, answer.err
    ds = la.open(folder / "lossatlas.zarr")
    assert ds.attrs["bn"] == bn
    found = [float(ds["loss"].sel(alpha=a, beta=b)) for a, b in ds.attrs["given"]]
    if bn == "eval":
        (note,) = ds.attrs["notes"]
        assert note.endswith("so their losses there are not their own: write bn='interpolate' or 'recompute'")
    else:
        assert found == own_losses("digits_resnet", files, bn=bn, examples=20)


def test_points_that_span_no_plane(cli, folder, third):
    a, b, c = "w/mlp.safetensors", "w/mlp2.safetensors", str(third)
    middle = {n: (la.load_point(a)[n] + la.load_point(b)[n]) / 2 for n in la.load_point(a)}
    save_file(middle, str(folder / "middle.safetensors"))
    for three, message in (((a, b, a), "points a and c are the same"), ((a, b, "middle.safetensors"), "lie on one line"),
                           ((a, b, "w/resnet.safetensors"), "w/resnet.safetensors is a point of another network"),
                           ((a, b, "none.safetensors"), "none.safetensors"), ((a, b, "w/nan.safetensors"), "NaN"),
                           ((a, b, "w/junk.safetensors"), "w/junk.safetensors")):
        answer = cli("plane", "digits_mlp", *three, "--points", "3", "--examples", "20")
        assert answer.code in (1, 2) and message in answer.err and answer.err.count("\n") == 1, answer.err
        assert not (folder / "lossatlas.zarr").exists()
    for options, message in ((["--as", "profile"], "--as profile"), (["--range", "auto"], "--range auto stands alone"),
                             (["--points", "1"], "--points 1 do not fit"), (["-o", "x.txt"], "ends in .png")):
        answer = cli("plane", "digits_mlp", a, b, c, "--examples", "20", *options)
        assert answer.code == 2 and message in answer.err, answer.err


# ---- volume ------------------------------------------------------------------------------------------------------


def test_a_volume_is_that_of_the_library_and_is_drawn(cli, folder):
    answer = cli("volume", "mine.py:objective", "--points", "4x3x2", "--range", "-1:1,0:1,-0.5:0.5", "--seed", "4", "-o", "v.png")
    assert answer.code == 0, answer.err
    ds = la.open(folder / "lossatlas.zarr/volume-1")
    objective = load("mine.py:objective", Options())
    expected = la.sweep(la.probes.loss(objective), la.random_slice(objective, dims=("alpha", "beta", "gamma"), seed=4),
                        {"alpha": la.axis(-1, 1, 4), "beta": la.axis(0, 1, 3), "gamma": la.axis(-0.5, 0.5, 2)})
    assert ds["loss"].dims == ("alpha", "beta", "gamma") and np.array_equal(ds["loss"], expected["loss"]) and ds.attrs["kind"] == "volume"
    assert (folder / "v.png").stat().st_size > 10_000
    plotted = cli(*answer.out.split("draw it again: lossatlas ")[1].split())
    assert plotted.code == 0 and plotted.out == "figure: v.png\n"
    assert cli("plot", "lossatlas.zarr/volume-1", "--as", "surface", "-o", "s.png").code == 0
    assert cli("plot", "lossatlas.zarr/volume-1", "--as", "profile").code == 2
    assert cli("volume", "mine.py:objective", "--points", "2").code == 0
    several = cli("plot", "lossatlas.zarr/volume-1", "lossatlas.zarr/volume-2")
    assert several.code == 2 and "compared side by side as slices" in several.err


def test_volumes_of_given_directions_and_wrong_ones(cli, folder):
    objective = load("mine.py:objective", Options())
    for k in range(3):
        draws = torch.Generator().manual_seed(k)
        save_file({n: torch.randn(t.shape, generator=draws) for n, t in objective.params.items()}, f"u{k}.safetensors")
    files = "u0.safetensors,u1.safetensors,u2.safetensors"
    assert cli("volume", "mine.py:objective", "--directions", files, "--points", "2").code == 0
    for options, message in ((["--directions", "u0.safetensors,u1.safetensors"], "three files"),
                             (["--directions", "u0.safetensors,u1.safetensors,u0.safetensors"], "span no volume"),
                             (["--points", "3x3"], "expected 1 or 3, e.g. 15x15x5"),
                             (["--range", "-1:1,0:1"], "--range gives 2 values; expected 1 or 3")):
        answer = cli("volume", "mine.py:objective", *options)
        assert answer.code == 2 and message in answer.err, answer.err


# ---- range auto --------------------------------------------------------------------------------------------------


def test_an_automatic_range_is_found_said_and_the_same_on_resuming(cli, folder):
    arguments = ("slice", "mine.py:objective", "--range", "auto:1.3", "--points", "5x3", "--store", "r.zarr/a")
    answer = cli(*arguments)
    assert answer.code == 0, answer.err
    objective = load("mine.py:objective", Options())
    found = la.auto_range(la.probes.loss(objective), la.random_slice(objective), multiple=1.3)
    ds = la.open("r.zarr/a")
    for dim, (low, high) in found["ranges"].items():
        assert (ds[dim].values[0], ds[dim].values[-1]) == (low, high) == (-high, high)
    a, b = (f"{-h:g}:{h:g}" for _, h in found["ranges"].values())
    assert f"range: {a},{b}, to 1.3 times the loss at the centre, {found['center']:.4g}" in answer.out
    assert ds.attrs["auto_range"]["radii"]["alpha"] == list(found["radii"]["alpha"]) and ds.attrs["auto_range"]["center"] == found["center"]
    again = cli(*arguments)
    assert again.code == 0 and "15 already done" in again.err
    written = cli(*arguments[:3], f"{a},{b}", *arguments[4:])
    assert written.code == 0 and "15 already done" in written.err, "the same coordinates written by hand are the same computation"
    assert "auto range" in cli("info", "r.zarr/a").out and "note: this result's range" not in again.out


def test_the_same_range_found_for_another_multiple_says_which_is_recorded(cli, folder):
    arguments = ("slice", "mine.py:objective", "--points", "3", "--store", "r.zarr/a", "--range")
    assert cli(*arguments, "auto:1.3").code == 0
    answer = cli(*arguments, "auto:1.3000001")
    assert answer.code == 0 and "already done" in answer.err
    assert "note: this result's range was found for 1.3 times the loss; for 1.3 times it is the same" in answer.out


def test_a_resumed_range_is_not_searched_again(cli, folder, monkeypatch):
    assert cli("slice", "mine.py:objective", "--range", "auto:1.3", "--points", "3", "--store", "r.zarr/a").code == 0
    from lossatlas.cli import measure

    def never(*_):
        raise la.InputError("searched again")

    monkeypatch.setattr(measure, "_found_range", never)
    assert cli("slice", "mine.py:objective", "--range", "auto:1.3", "--points", "3", "--store", "r.zarr/a").code == 0
    assert "searched again" in cli("slice", "mine.py:objective", "--range", "auto:1.2", "--points", "3", "--store", "r.zarr/a").err


def test_automatic_ranges_of_volumes_layers_and_repeats(cli, folder):
    assert cli("volume", "mine.py:objective", "--range", "auto:1.3", "--points", "2").code == 0
    assert la.open("lossatlas.zarr/volume-1").sizes["gamma"] == 2
    assert cli("slice", "mine.py:objective", "--range", "auto:1.3", "--points", "2").code == 0
    assert cli("slice", "mine.py:objective", "--range", "auto:1.3", "--points", "2", "--per", "layer").code == 0
    whole, layers = (la.open(f"lossatlas.zarr/slice-{k}") for k in (1, 2))
    assert whole["alpha"].equals(layers["alpha"]), "the range of the whole slice, so that they can be compared"
    assert cli("slice", "mine.py:objective", "--range", "auto:1.3", "--points", "2", "--repeats", "2").code == 0


@pytest.mark.parametrize("range_", ["auto:", "auto:1", "auto:0.5", "auto:x", "auto:inf", "auto:nan", "auto:-3", "auto:10:20", "auto,auto",
                                    "aut", "automatic"])
def test_ranges_that_are_none(cli, folder, range_):
    answer = cli("slice", "mine.py:objective", "--range", range_, "--points", "3")
    assert answer.code == 2 and "--range" in answer.err and answer.err.count("\n") == 1, answer.err


def test_a_centre_without_a_multiple_is_refused(cli, folder):
    (folder / "zero.py").write_text("import torch, lossatlas as la\nx = torch.ones(4, 2)\n"
                                    "def nothing(outputs, targets):\n    return (0 * outputs).flatten()\n"
                                    "objective = la.Objective.from_module(torch.nn.Linear(2, 1), (x, x[:, :1]), nothing)\n")
    answer = cli("slice", "zero.py:objective", "--range", "auto", "--points", "3")
    assert answer.code == 2 and "the loss at the centre is 0" in answer.err and "write the range yourself" in answer.err
    for command in (("line", "digits_mlp", "w/mlp.safetensors", "w/mlp2.safetensors"),):
        answer = cli(*command, "--range", "auto", "--examples", "20")
        assert answer.code == 2 and "--range auto stands alone, and for slice and volume only" in answer.err


# ---- per class, per layer ----------------------------------------------------------------------------------------


def test_per_class_is_measured_beside_the_whole_and_drawn(cli, folder):
    answer = cli("slice", "mine.py:pair", "--points", "3", "--per", "class", "-o", "c.png")
    assert answer.code == 0, answer.err
    ds = la.open("lossatlas.zarr/slice-1")
    assert {"loss", "accuracy", "class_loss", "class_accuracy", "class_loss_stderr"} <= set(ds.data_vars) and ds.sizes["class"] == 3
    for split, n in (("train", 40), ("test", 11)):
        counts = np.array(ds.attrs["class_counts"][split])
        assert counts.sum() == n
        assert np.allclose((ds["class_loss"].sel(split=split) * counts).sum("class") / n, ds["loss"].sel(split=split), rtol=1e-12)
    again = answer.out.split("draw it again: lossatlas ")[1].split()
    assert again[-2:] == ["--quantity", "class_loss"] and cli(*again).code == 0
    assert cli("plot", "lossatlas.zarr/slice-1", "-o", "whole.png").code == 0
    assert cli("plot", "lossatlas.zarr/slice-1", "--quantity", "class_accuracy", "--as", "heatmap", "-o", "acc.png").code == 0


def test_per_layer_moves_one_layer_at_a_time(cli, folder):
    answer = cli("slice", *ZOO, "--points", "3x2", "--per", "layer", "-o", "l.png", "--seed", "2")
    assert answer.code == 0, answer.err
    ds = la.open("lossatlas.zarr/slice-1")
    objective = load("digits_mlp", Options(checkpoint="w/mlp.safetensors", examples=30, seed=2))
    parts = la.per_layer(la.random_slice(objective, seed=2))
    assert tuple(ds["layer"].values) == parts.labels
    one = la.sweep(la.probes.loss(objective), parts[1], {"alpha": la.axis(-1, 1, 3), "beta": la.axis(-1, 1, 2)})
    assert np.array_equal(ds["loss"].isel(layer=1), one["loss"])
    assert f"layers         {', '.join(parts.labels)}" in cli("info", "lossatlas.zarr/slice-1").out
    assert cli("slice", *ZOO, "--points", "2", "--per", "layer", "--layers", f"{parts.labels[0]}.*,{parts.labels[2]}.*").code == 0
    assert la.open("lossatlas.zarr/slice-2").sizes["layer"] == 2


@pytest.mark.parametrize(("options", "message"), [
    (["--per", "layer", "--repeats", "2"], "write one of the two"), (["--layers", "1.*"], "goes with --per layer"),
    (["--per", "class", "--layers", "1.*"], "goes with --per layer"),
    (["--per", "layer", "--layers", "none.*"], "matches no parameter that moves"),
    (["--per", "layer", "--layers", ","], "matches no parameter"), (["--per", "clas"], "per")])
def test_per_that_does_not_fit(cli, folder, options, message):
    answer = cli("slice", *ZOO, "--points", "3", *options)
    assert answer.code == 2 and message in answer.err and answer.err.count("\n") == 1, answer.err


def test_per_class_of_what_has_no_classes(cli, folder):
    answer = cli("slice", "stories260k", "--data", "stories:none.txt", "--points", "3", "--per", "class")
    assert answer.code in (1, 2) and answer.err.count("\n") == 1
    (folder / "reg.py").write_text("import torch, lossatlas as la\nx = torch.ones(4, 2)\n"
                                   "objective = la.Objective.from_module(torch.nn.Linear(2, 1), (x, x[:, :1]), 'mse')\n")
    answer = cli("slice", "reg.py:objective", "--points", "3", "--per", "class")
    assert answer.code == 2 and "expected one class an example" in answer.err
