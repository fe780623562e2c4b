"""``plot``, ``info`` and ``zoo``."""

import re
import shutil

import numpy as np
import pytest
from drawn import eigenmap, scan, spectrum

import lossatlas as la
from lossatlas import figures
from lossatlas.cli import run, show
from lossatlas.result import summary

MLP = ("--checkpoint", "w/mlp.safetensors", "--points", "4x3", "--examples", "20")


@pytest.fixture(scope="module")
def stored(tmp_path_factory, weights):
    place = tmp_path_factory.mktemp("stored")
    (place / "w").symlink_to(weights)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        assert run(("slice", "digits_mlp", *MLP, "--store", "r.zarr/a", "--seed", "3")) == 0
        assert run(("slice", "digits_mlp", *MLP, "--store", "r.zarr/b", "--seed", "4")) == 0
        assert run(("line", "digits_mlp", "w/mlp.safetensors", "w/mlp2.safetensors", "--points", "3", "--examples", "20", "--store",
                    "r.zarr/l")) == 0
    return place / "r.zarr"


@pytest.fixture
def filled(cli, folder, stored):
    shutil.copytree(stored, folder / "r.zarr")
    return folder


def test_plot_in_every_form(cli, filled):
    for form, store, suffix in (("contour", "a", "png"), ("heatmap", "a", "svg"), ("surface", "b", "pdf"), ("profile", "l", "png")):
        answer = cli("plot", f"r.zarr/{store}", "--as", form, "-o", f"{form}.{suffix}")
        assert answer == (0, f"figure: {form}.{suffix}\n", "") and (filled / f"{form}.{suffix}").stat().st_size > 1000
    assert cli("plot", "r.zarr/a").out == "figure: figure.png\n"
    assert cli("plot", "r.zarr/a", "--quantity", "accuracy", "--scale", "linear", "-o", "acc.svg").code == 0
    assert "ccuracy" in (filled / "acc.svg").read_text()
    assert cli("plot", "r.zarr/l", "--quantity", "accuracy", "-o", "one.svg").code == 0


def test_plot_several_side_by_side(cli, filled):
    assert cli("plot", "r.zarr/a", "r.zarr/b", "-o", "both.svg").out == "figure: both.svg\n"
    assert cli("plot", "r.zarr/a", "r.zarr/b", "--as", "surface", "-o", "both.png").code == 0


def test_plot_an_unfinished_result(cli, filled):
    (filled / "r.zarr/a/done/c/0").unlink()
    assert cli("plot", "r.zarr/a", "--as", "heatmap", "-o", "holes.png").code == 0


def test_errors_name_the_options(cli, filled):
    some = (*MLP[:2], "--examples", "20", "--store")
    assert cli("slice", "digits_mlp", *some, "r.zarr/row", "--points", "4x1", "--range=-1:1,0:0").code == 0
    for stores in (["row"], ["row", "a"]):
        answer = cli("plot", *(f"r.zarr/{name}" for name in stores), "--as", "surface")
        assert answer.code == 2 and "write --as heatmap" in answer.err and "draw=" not in answer.err
        assert cli("plot", *(f"r.zarr/{name}" for name in stores)).code == 0, "as a heat map"
    assert [cli("volume", "digits_mlp", *some, f"r.zarr/{name}", "--points", "2").code for name in "vw"] == [0, 0]
    assert "draw volumes one by one" in cli("plot", "r.zarr/v", "r.zarr/w").err
    with pytest.raises(la.InputError, match=r"^no value is positive; write --scale linear$"), show.in_options():
        raise la.InputError("no value is positive; write scale='linear'")


@pytest.mark.parametrize(("arguments", "said"), [
    (("r.zarr/a", "--as", "profile"), "write --as contour, heatmap or surface"), (("r.zarr/l", "--as", "contour"), "write --as profile"),
    (("r.zarr/l", "--quantity", "los"), "did you mean 'loss'"), (("r.zarr/a", "--quantity", "los"), "did you mean 'loss'"),
    (("r.zarr/a", "r.zarr/l"), "draw profiles one by one"), (("r.zarr/a", "r.zarr/b", "--scale", "log"), "leave --scale out"),
    (("r.zarr/a", "-o", "x.bmp"), "ends in .png, .svg or .pdf"), (("r.zarr/a", "-o", "none/x.png"), "no folder"),
    (("r.zarr/a", "--scale", "ln"), "Choose from")])
def test_plot_refuses(cli, filled, arguments, said):
    answer = cli("plot", *arguments)
    assert answer.code == 2 and said in answer.err and answer.err.count("\n") == 1 and answer.out == ""


def test_info_says_what_it_holds(cli, filled):
    answer = cli("info", "r.zarr/a")
    assert answer.code == 0 and answer.err == ""
    lines = dict(line.split(None, 1) for line in answer.out.splitlines())
    ds = la.open(filled / "r.zarr/a")
    expected = {"kind": "slice", "dims": "alpha -1…1 (4), beta -1…1 (3)", "done": "12 of 12 points", "seed": "3", "normalize": "filter",
                "family": "random", "examples": "20", "objective": "digits_mlp", "result": "r.zarr/a", "engine": "local"}
    assert {key: lines[key] for key in expected} == expected
    for said in ("BatchNorm      eval", ds.attrs["digest_params"], ds.attrs["digest_data"], f"lossatlas {la.__version__}", "cross_entropy",
                 "loss, loss_stderr", "'name': 'plain'"):
        assert said in answer.out, said


def test_info_lists_every_group(cli, filled):
    out = cli("info", "r.zarr").out
    assert [line.split()[1] for line in out.splitlines() if line.startswith("result")] == ["r.zarr/a", "r.zarr/b", "r.zarr/l"]
    assert "kind           profile" in out and "splits         ['train', 'test']" in out


def test_info_counts_what_is_missing(cli, filled):
    (filled / "r.zarr/a/loss/c/0").write_bytes(b"damaged")
    out = cli("info", "r.zarr/a").out
    assert "done           0 of 12 points, 1 of 1 chunks missing" in out


@pytest.mark.parametrize("command", ["plot", "info"])
@pytest.mark.parametrize(("store", "code", "said"), [
    ("missing.zarr", 1, "no store at missing.zarr"), ("r.zarr/aa", 1, "did you mean 'a'?; r.zarr holds a, b, l"),
    ("r.zarr/a/loss", 1, "no result"), ("mine.py", 2, "expected PATH.zarr"), ("file.zarr", 1, "no store at file.zarr"),
    ("empty.zarr", 1, "holds no results"), ("https://x.org/r.zarr", 2, "on this machine"), ("", 2, "expected PATH.zarr")])
def test_stores_that_are_none(cli, filled, command, store, code, said):
    (filled / "file.zarr").write_text("x")
    (filled / "empty.zarr").mkdir()
    answer = cli(command, store)
    assert answer.code == code and said in answer.err and answer.err.count("\n") == 1 and answer.out == ""


def test_plot_of_a_store_with_several_names_them(cli, filled):
    answer = cli("plot", "r.zarr")
    assert answer.code == 1 and "holds 3 results; name one: r.zarr/a, r.zarr/b, r.zarr/l" in answer.err


def test_zoo_lists_every_network(cli):
    out = cli("zoo").out
    assert [line.split()[0] for line in out.splitlines()] == list(la.zoo.NETWORKS)
    assert "cifar10" in out and "digits" in out


@pytest.mark.parametrize(("make", "suffix", "quantity"), [(spectrum, "png", None), (lambda: spectrum(layers=4), "svg", None),
    (scan, "pdf", "trace_over_norm"), (eigenmap, "png", None), (eigenmap, "svg", "lambda_min")])
def test_every_kind_of_curvature_is_drawn(tmp_path, make, suffix, quantity):
    show.draw_to(make(), tmp_path / f"a.{suffix}", quantity=quantity)
    assert (tmp_path / f"a.{suffix}").stat().st_size > 4000


@pytest.mark.parametrize(("ds", "options", "said"), [
    (spectrum(), {"draw": "contour"}, "this result is a spectrum (eigenvalues at a point); write --as spectrum"),
    (scan(), {"draw": "profile"}, "write --as scan"), (eigenmap(), {"draw": "spectrum"}, "write --as contour, heatmap or surface"),
    (spectrum(), {"mark": "evaluated"}, "--mark evaluated for a spectrum, in which every value was measured; leave --mark out"),
    (spectrum(), {"quantity": "trace"}, "--quantity trace for a spectrum, which is drawn whole; leave --quantity out"),
    (spectrum(density=False, top=0), {}, "no finite density"), (scan(), {"quantity": "norn"}, "did you mean 'norm'")])
def test_forms_that_curvature_does_not_have(tmp_path, ds, options, said):
    with pytest.raises(la.InputError, match=re.escape(said)):
        show.draw_to(ds, tmp_path / "a.png", **options)
    assert not (tmp_path / "a.png").exists()


def test_several_eigenvalue_maps_are_compared_as_heat_maps_and_spectra_one_by_one(tmp_path, monkeypatch):
    kinds = {"a": eigenmap(), "b": eigenmap(), "s": spectrum()}
    monkeypatch.setattr("lossatlas.result.store.open_result", lambda path: kinds[path])
    drawn = []
    monkeypatch.setattr("lossatlas.figures.compare", lambda named, **options: drawn.append(options) or figures.auto(eigenmap()))
    show.plot(["a", "b"], draw=None, quantity=None, scale="auto", mark=None, output=tmp_path / "a.png")
    assert drawn == [{"draw": "heatmap", "quantity": None}]
    with pytest.raises(la.InputError, match="draw spectra one by one"):
        show.plot(["a", "s"], draw=None, quantity=None, scale="auto", mark=None, output=tmp_path / "a.png")


def test_info_says_what_curvature_cost_and_how_much_of_it_converged():
    attrs = spectrum().attrs
    arrays = {"eigen_converged": np.array([[1.0, 1.0, 0.0, np.nan]]), "trace": np.array([12.0]), "trace_stderr": np.array([0.5])}
    assert summary._curvature(attrs, arrays) == {
        "operator": "hessian, backend linearize, 342 products", "density": "80 steps, 4 probes, kernel width 0.05",
        "converged": "2 of 4 eigenvalues", "sums": "trace 12 ± 0.5"}
    cells = {"converged": np.array([1.0, 0.0, np.nan]), "products": np.array([11.0, 12.0, np.nan])}
    assert summary._curvature({"operator": "ggn"}, cells) == {
        "operator": "ggn, backend ?, 23 products", "density": None, "converged": "1 of 3 cells", "sums": ""}
    assert summary._curvature({}, {"loss": np.zeros(3)}) == {}
