"""The paper's surface files: read as they were filled, kept in stores, written back bit for bit."""

import warnings

import h5py
import numpy as np
import paper_files
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import lossatlas as la
from lossatlas.exchange import h5
from lossatlas.exchange.h5 import work_order

X, Y = np.linspace(-1, 1, 5), np.linspace(-3, 3, 3)  # not square, so that a swap of the axes shows


def loss(x, y=0.0):
    return x + 10 * y + 40


def accuracy(x, y=0.0):
    return 100.0 * round(500 * (x + 1) + 30 * (y + 3)) / 1500


BOTH = {"train_loss": loss, "train_acc": accuracy}


@pytest.fixture
def file(tmp_path):
    return paper_files.write(tmp_path / "paper.h5", X, Y, BOTH)


def test_a_plane_that_is_not_square_is_read_as_it_was_filled(file):
    assert paper_files.read(file)["train_loss"].shape == (5, 3)
    ds = la.import_h5(file)
    assert ds["loss"].dims == ("alpha", "beta") and ds.attrs["kind"] == "slice"
    a, b = np.meshgrid(X, Y, indexing="ij")
    assert np.array_equal(ds["alpha"], X) and np.array_equal(ds["beta"], Y)
    assert np.array_equal(ds["loss"], loss(a, b)) and ds["done"].all()
    assert not np.array_equal(paper_files.read(file)["train_loss"], ds["loss"]), "read as it lies, the plane is scrambled"
    assert np.array_equal(ds["accuracy"], np.round(500 * (a + 1) + 30 * (b + 3)) / 1500)
    assert float(ds["center_loss"]) == 40 and float(ds["center_accuracy"]) == 590 / 1500


def test_a_line(tmp_path):
    file = paper_files.write(tmp_path / "line.h5", np.linspace(-0.5, 1.5, 9), None, BOTH)
    ds = la.import_h5(file)
    assert ds.attrs["kind"] == "profile" and ds["loss"].dims == ("alpha",)
    assert np.array_equal(ds["loss"], loss(np.linspace(-0.5, 1.5, 9))) and float(ds["center_loss"]) == 40


def test_train_and_test(tmp_path):
    more = {"test_loss": lambda x, y: 2 * x - y + 50, "test_acc": lambda x, y: 25.0}
    file = paper_files.write(tmp_path / "both.h5", X, Y, BOTH | more)
    ds = la.import_h5(file, store=tmp_path / "r.zarr/both")
    assert ds["split"].values.tolist() == ["train", "test"] and ds["loss"].dims == ("alpha", "beta", "split")
    a, b = np.meshgrid(X, Y, indexing="ij")
    assert np.array_equal(ds["loss"].sel(split="test"), 2 * a - b + 50) and np.array_equal(ds["loss"].sel(split="train"), loss(a, b))
    assert ds["center_loss"].values.tolist() == [40, 50] and (ds["accuracy"].sel(split="test") == 0.25).all()
    one = la.import_h5(file, split="test")
    assert "split" not in one.dims and np.array_equal(one["loss"], 2 * a - b + 50) and one.attrs["splits"] == ["test"]
    assert la.import_h5(file, split="both").equals(la.import_h5(file))


def test_minus_one_is_not_done_and_nothing_else_is(tmp_path):
    def odd(x, y):
        return {(-1.0, 0.0): np.nan, (0.5, 3.0): np.inf, (1.0, -3.0): -0.999, (0.0, 0.0): -7.5}.get((x, y), loss(x, y))

    def some(x, y):
        return -1.0 if (x, y) == (-0.5, 3.0) else accuracy(x, y)

    file = paper_files.write(tmp_path / "odd.h5", X, Y, {"train_loss": odd, "train_acc": some}, jobs=[k for k in range(15) if k != 4])
    ds = la.import_h5(file, store=tmp_path / "r.zarr")
    not_done = ds["done"].values == False  # noqa: E712
    assert np.argwhere(not_done).tolist() == [[1, 2], [4, 0]]  # accuracy −1 with a loss; job 4 of the mesh is (x[4], y[0])
    assert np.isnan(ds["loss"].values[not_done]).all() and np.isnan(ds["accuracy"].values[not_done]).all()
    at = ds["loss"].sel
    assert np.isnan(at(alpha=-1, beta=0)) and np.isinf(at(alpha=0.5, beta=3)) and ds["done"].sel(alpha=-1, beta=0)
    assert float(at(alpha=0, beta=0)) == -7.5 == float(ds["center_loss"])
    assert ds.attrs["nonfinite"] == {"loss": 2}
    assert any("2 of 15 points are not computed" in note for note in ds.attrs["notes"])


def test_a_negative_loss_near_the_sentinel_is_a_loss(tmp_path):
    file = paper_files.write(tmp_path / "n.h5", X, Y, {"train_loss": lambda x, y: -1.0 + 2.0**-52 if x == 1 else -2.0})
    ds = la.import_h5(file)
    assert ds["done"].all() and (ds["loss"].sel(alpha=1) == -1 + 2.0**-52).all() and "accuracy" not in ds


@pytest.mark.parametrize(("x", "found"), [(np.linspace(-1, 1, 4), False), (np.linspace(-0.3, 0.3, 7), True), (np.array([0.1, 0.2]), False),
                                          (np.array([-1e-17, 0.5, 1.0]), True)])
def test_the_centre_is_taken_from_the_file_or_unknown(tmp_path, x, found):
    ds = la.import_h5(paper_files.write(tmp_path / "c.h5", x, Y, BOTH))
    assert np.isfinite(ds["center_loss"]) == found == np.isfinite(ds["center_accuracy"])
    assert any("The centre (0, 0) is no computed point" in note for note in ds.attrs["notes"]) != found
    if found:
        assert abs(float(ds["center_loss"]) - 40) < 1e-12


def test_a_centre_that_is_not_done_is_unknown(tmp_path):
    ds = la.import_h5(paper_files.write(tmp_path / "c.h5", X, Y, BOTH, jobs=[0, 1, 2]), store=tmp_path / "r.zarr")
    assert np.isnan(ds["center_loss"]) and int(ds["done"].sum()) == 3 and np.isnan(la.open(tmp_path / "r.zarr")["center_loss"])


def test_the_result_says_what_is_not_recorded(file, tmp_path):
    ds = la.import_h5(file, store=tmp_path / "r.zarr/p")
    assert ds.attrs["family"] == "imported" and ds.attrs["file"] == "paper.h5" and len(ds.attrs["digest_file"]) == 64
    assert not {"bn", "seed", "normalize", "n_examples", "digest_params"} & set(ds.attrs) and ds.attrs["torch"] == "not recorded"
    assert ds.attrs["dir_file"] == paper_files.DIRECTIONS
    caption = la.figures.slice(ds).caption
    for said in ("Seed not recorded.", "BatchNorm policy not recorded.", "Number of examples not recorded.",
                 "Cosine of the axes not recorded.",
                 "This plane shows 2 of all (number not recorded) directions.", "Imported from paper.h5", paper_files.DIRECTIONS):
        assert said in caption, said
    for wrong in ("axes were given", "A random plane", "trained point"):
        assert wrong not in caption
    line = la.figures.profile(la.import_h5(paper_files.write(tmp_path / "l.h5", X, None, BOTH)))
    assert "Seed not recorded." in line.caption and "first point" not in str(line.to_dict())


def test_other_arrays_are_named(file):
    with h5py.File(file, "a") as opened:
        opened["min_eig"] = np.ones((5, 3))
    assert any("Not imported from it: min_eig" in note for note in la.import_h5(file).attrs["notes"])


# --- stores


def test_a_store_and_memory_hold_the_same(file, tmp_path):
    kept, free = la.import_h5(file, store=tmp_path / "r.zarr/p"), la.import_h5(file)
    xr.testing.assert_equal(kept, free)
    xr.testing.assert_identical(la.open(tmp_path / "r.zarr/p"), kept)
    differing = {key for key in {*kept.attrs, *free.attrs} if kept.attrs.get(key) != free.attrs.get(key)}
    assert differing <= {"store", "created"}


def test_again_is_no_work_and_another_file_is_refused(file, tmp_path):
    def content():
        return {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in sorted((tmp_path / "r.zarr").rglob("*")) if p.is_file()}

    la.import_h5(file, store=tmp_path / "r.zarr/p")
    before = content()
    la.import_h5(file, store=tmp_path / "r.zarr/p")
    again = paper_files.write(tmp_path / "copy.h5", X, Y, BOTH)  # the same values in other bytes
    la.import_h5(again, store=tmp_path / "r.zarr/p")
    assert content() == before
    other = paper_files.write(tmp_path / "other.h5", X, Y, BOTH | {"train_loss": lambda x, y: loss(x, y) + (x == 0.5)})
    wider = paper_files.write(tmp_path / "wider.h5", 2 * X, Y, BOTH)
    for wrong in (other, wider):
        with pytest.raises(la.SpecMismatch, match="holds another computation"):
            la.import_h5(wrong, store=tmp_path / "r.zarr/p")
    with pytest.raises(la.SpecMismatch):
        both = paper_files.write(tmp_path / "both.h5", X, Y, BOTH | {"test_loss": loss, "test_acc": accuracy})
        la.import_h5(both, store=tmp_path / "r.zarr/p")
    assert content() == before


def test_a_damaged_import_is_mended(file, tmp_path):
    whole = la.import_h5(file, store=tmp_path / "r.zarr/p")
    (tmp_path / "r.zarr/p/loss/c/0").write_bytes(b"damaged")
    (tmp_path / "r.zarr/p/center_loss/c").unlink()
    xr.testing.assert_equal(la.import_h5(file, store=tmp_path / "r.zarr/p"), whole)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_no_chunk_holds_both_done_and_not_done(nx, ny, data):
    done = np.array(data.draw(st.lists(st.booleans(), min_size=nx * ny, max_size=nx * ny))).reshape(nx, ny)
    done[0, 0] = True
    order, chunk = work_order(done)
    assert 1 <= chunk <= 512 and sorted(map(tuple, order)) == sorted(np.ndindex(nx, ny))
    flags = done[tuple(order.T)]
    for start in range(0, len(flags), chunk):
        assert len(set(flags[start : start + chunk].tolist())) == 1


def test_an_unfinished_file_of_the_usual_size_makes_few_chunks():
    done = np.zeros((51, 51), dtype=bool)
    done.ravel()[:1300] = True  # 1301 are missing, a prime
    assert work_order(done)[1] == 325 and work_order(np.ones((51, 51), dtype=bool))[1] == 512


# --- there and back


def export(ds, path):
    """Without the warning of what is left out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return la.export(ds, path)


@pytest.mark.parametrize("missing", [(), (4, 7, 11)])
@pytest.mark.parametrize("case", ["plane", "line", "both"])
def test_file_store_file(tmp_path, missing, case):
    rng = np.random.default_rng(5)
    values = {"train_loss": rng.lognormal(size=99), "train_acc": 100.0 * rng.integers(0, 50_001, 99) / 50_000,
              "test_loss": -rng.lognormal(size=99) - 1.5, "test_acc": (np.float32(100) * rng.integers(0, 10_001, 99).astype(np.float32)
                                                                      / np.float32(10_000)).astype(float)}
    names = list(values) if case == "both" else ["train_loss", "train_acc"]
    x, y = np.linspace(-0.7, 1.1, 13), None if case == "line" else np.linspace(0.1, 9, 4)
    places = {}
    def value(name):
        return lambda *at: values[name][places.setdefault(at, len(places))]
    source = paper_files.write(tmp_path / "a.h5", x, y, {name: value(name) for name in names},
                               jobs=[k for k in range(13 if y is None else 52) if k not in missing])
    la.import_h5(source, store=tmp_path / "r.zarr/a")
    export(la.open(tmp_path / "r.zarr/a"), tmp_path / "b.h5")
    before, after = paper_files.read(source), paper_files.read(tmp_path / "b.h5")
    assert before.keys() == after.keys()
    for name, array in before.items():
        assert after[name].dtype == np.float64 and after[name].tobytes() == array.tobytes(), name
    with h5py.File(tmp_path / "b.h5") as opened:
        assert opened["dir_file"].asstr()[()] == paper_files.DIRECTIONS


@pytest.mark.parametrize("which", ["plane", "pair", "holed"])
def test_result_file_result(request, tmp_path, which):
    ds = request.getfixturevalue(which)
    export(ds, tmp_path / "a.h5")
    back = la.import_h5(tmp_path / "a.h5", store=tmp_path / "r.zarr")
    for name in ("loss", "accuracy", "done", "alpha", "beta"):
        if name in ds:
            xr.testing.assert_equal(back[name], ds[name])
    assert ("split" in back.dims) == (which == "pair")


def test_the_paper_sees_the_plane(pair, tmp_path):
    """As h52vtp.py reads it: meshgrid and ravel."""
    export(pair, tmp_path / "a.h5")
    arrays = paper_files.read(tmp_path / "a.h5")
    x, y = (grid.ravel() for grid in np.meshgrid(arrays["xcoordinates"], arrays["ycoordinates"]))
    assert arrays["train_loss"].shape == (5, 3) and np.array_equal(arrays["train_loss"].ravel(), 10 * x + y + 12)
    assert np.allclose(arrays["test_acc"].ravel(), 100 * (y + 1) / 7, rtol=1e-15)


def test_split_names_the_values(plane, pair, tmp_path):
    with pytest.warns(RuntimeWarning, match="loss_stderr"):
        la.export(plane, tmp_path / "a.h5", split="test")
    assert {"test_loss", "test_acc"} <= set(paper_files.read(tmp_path / "a.h5"))
    la.export(pair, tmp_path / "b.h5", split="test")
    assert {"test_loss", "test_acc", "xcoordinates", "ycoordinates"} == set(paper_files.read(tmp_path / "b.h5"))
    with pytest.warns(RuntimeWarning, match=r"does not say which data.*called train_"):
        la.export(plane, tmp_path / "c.h5")
    only_test = la.import_h5(tmp_path / "b.h5")
    la.export(only_test, tmp_path / "d.h5")
    assert "test_loss" in paper_files.read(tmp_path / "d.h5"), "what was imported as test goes out as test"
    for known in (only_test, pair.sel(split="test")):
        with pytest.raises(la.InputError, match="split is 'train', and the result was measured on 'test'"):
            la.export(known, tmp_path / "e.h5", split="train")
    with pytest.raises(la.InputError, match=r"split is 'val'; a \.h5 knows train and test"):
        la.export(plane, tmp_path / "e.h5", split="val")


def test_a_computed_minus_one_cannot_be_said(make, tmp_path):
    a = {"alpha": la.axis(-1, 1, 3)}
    with pytest.raises(la.InputError, match="exactly −1 at a computed point"):
        la.export(make(a, {"loss": lambda x: x}), tmp_path / "a.h5")
    done = np.array([False, True, True])
    with pytest.warns(RuntimeWarning):
        la.export(make(a, {"loss": lambda x: x + 1}, done=done), tmp_path / "a.h5")
    assert paper_files.read(tmp_path / "a.h5")["train_loss"].tolist() == [-1, 1, 2] and len(list(tmp_path.iterdir())) == 1


def test_what_a_file_cannot_hold_is_refused(make, tmp_path):
    axes = {"alpha": la.axis(0, 1, 2), "beta": la.axis(0, 1, 2), "gamma": la.axis(0, 1, 2)}
    with pytest.raises(la.InputError, match="3 coordinates"):
        la.export(make(axes, {"loss": lambda a, b, c: a + b + c}), tmp_path / "a.h5")
    with pytest.raises(la.InputError, match=r"no loss \(sharpness, done"):
        la.export(make({"alpha": axes["alpha"]}, {"sharpness": lambda a: a}), tmp_path / "a.h5")
    ds = make({"repeat": np.arange(3.0), "alpha": axes["alpha"]}, {"loss": lambda k, a: k + a + 1})
    with pytest.raises(la.InputError, match=r"3 labels on 'repeat' \(0, 1, 2\).*write --repeat 0"):
        la.export(ds, tmp_path / "a.h5")
    with pytest.warns(RuntimeWarning):
        la.export(ds, tmp_path / "a.h5", repeat=2)
    assert paper_files.read(tmp_path / "a.h5")["train_loss"].tolist() == [3, 4]
    odd = make({"alpha": axes["alpha"]}, {"loss": lambda a: np.stack([a, a], -1)}, splits=("train", "val"))
    with pytest.raises(la.InputError, match="split is 'val'"):
        la.export(odd, tmp_path / "a.h5")


# --- files that are none


def damage(path, what):
    with h5py.File(path, "a") as file:
        what(file)


def swap(name, value):
    def change(file):
        del file[name]
        if value is not None:
            file[name] = value
    return change


@pytest.mark.parametrize(("change", "said"), [
    (swap("xcoordinates", None), "expected 'xcoordinates'"), (swap("train_loss", None), "expected train_loss"),
    (swap("train_loss", np.ones((3, 5))), r"shape \(3, 5\); expected one value per coordinate, \(5, 3\)"),
    (swap("train_loss", np.ones(15)), r"shape \(15,\)"), (swap("train_loss", np.array([[b"x"] * 3] * 5)), "no array of numbers"),
    (swap("train_loss", np.ones((5, 3), dtype=complex)), "no array of numbers"),
    (swap("train_loss", -np.ones((5, 3))), "no computed point"),
    (swap("xcoordinates", X[::-1]), "'xcoordinates' must be finite and increasing"),
    (swap("xcoordinates", np.ones((5, 1))), r"expected \(n,\)"),
    (swap("ycoordinates", [0, np.nan, 1]), "'ycoordinates' must be finite"), (swap("ycoordinates", 3.0), r"expected \(n,\)"),
    (swap("ycoordinates", None), r"expected one value per coordinate, \(5,\)"),
    (swap("train_loss", h5py.SoftLink("/nowhere")), "component not found"),
    (lambda f: f.create_group("test_loss"), "'test_loss' is a group"), (lambda f: f.create_dataset("test_loss", data=np.ones((5, 3))),
                                                                        "no 'test_acc'; expected both; write split='train'")])
def test_files_of_another_form(file, change, said):
    damage(file, change)
    with pytest.raises(la.InputError, match=said) as caught:
        la.import_h5(file)
    assert str(caught.value).count("\n") == 0 and str(file) in str(caught.value)


def test_links_into_other_files_are_refused(file, tmp_path):
    paper_files.write(tmp_path / "other.h5", X, Y, BOTH)
    damage(file, swap("train_loss", h5py.ExternalLink(str(tmp_path / "other.h5"), "/train_loss")))
    with pytest.raises(la.InputError, match="a link into another file"):
        la.import_h5(file)
    damage(file, swap("train_loss", h5py.SoftLink("/beside/train_loss")))
    damage(file, lambda f: f.__setitem__("beside", h5py.ExternalLink(str(tmp_path / "other.h5"), "/")))
    with pytest.raises(la.InputError, match="a link into another file"):
        la.import_h5(file)
    paper_files.write(file, X, Y, BOTH)
    damage(file, swap("dir_file", h5py.ExternalLink(str(tmp_path / "other.h5"), "/dir_file")))
    assert la.import_h5(file).attrs["dir_file"] == ""


def test_huge_arrays_are_not_read(file):
    damage(file, lambda f: (f.__delitem__("xcoordinates"), f.create_dataset("xcoordinates", shape=(10**12,), dtype="f8", chunks=(10**6,))))
    with pytest.raises(la.InputError, match=r"shape \(1000000000000,\)"):
        la.import_h5(file)


def test_a_virtual_dataset_of_another_file_is_not_followed(file, tmp_path):
    layout = h5py.VirtualLayout((5, 3), dtype="f8")
    layout[:] = h5py.VirtualSource(str(tmp_path / "secret.h5"), "train_loss", shape=(5, 3))
    damage(file, lambda f: (f.__delitem__("train_loss"), f.create_virtual_dataset("train_loss", layout)))
    with pytest.raises(la.InputError, match="array of real numbers in this file"):
        la.import_h5(file)


def test_files_that_are_no_hdf5(tmp_path, file):
    (tmp_path / "text.h5").write_text("not at all")
    whole = file.read_bytes()
    for length in (0, 7, 100, 800, len(whole) // 2, len(whole) - 1):
        (tmp_path / f"cut{length}.h5").write_bytes(whole[:length])
    for path in [tmp_path / "text.h5", *tmp_path.glob("cut*.h5"), tmp_path / "missing.h5", tmp_path]:
        with pytest.raises(la.InputError, match=r"expected the \.h5 that plot_surface\.py wrote"):
            la.import_h5(path)


def test_damaged_bytes_give_a_result_or_a_clear_error(file):
    damage(file, swap("dir_file", None))  # HDF5 itself never returns from some damaged heaps of strings
    whole, rng, refused = file.read_bytes(), np.random.default_rng(0), 0
    for _ in range(300):
        content = bytearray(whole)
        for place in rng.integers(0, len(whole), rng.integers(1, 40)):
            content[place] ^= 1 << int(rng.integers(8))
        file.write_bytes(content)
        try:
            assert set(la.import_h5(file)["loss"].dims) <= {"alpha", "beta"}
        except la.LossAtlasError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > 30, "or the damage was none"


def test_options_are_checked(file, tmp_path):
    with pytest.raises(la.InputError, match="did you mean 'train'"):
        la.import_h5(file, split="trian")
    for split in ("test", "both"):
        with pytest.raises(la.InputError, match="test_loss: write split='train'"):
            la.import_h5(file, split=split)
    with pytest.raises(la.InputError, match=r"expected PATH\.zarr"):
        la.import_h5(file, store=tmp_path / "r")
    with pytest.raises(la.StoreError, match="cannot write the store"):
        la.import_h5(file, store=file / "r.zarr")


def test_without_the_library_it_says_what_to_install(file, plane, tmp_path, monkeypatch):
    def missing(name):
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr("lossatlas.extras.import_module", missing)
    for call in (lambda: la.import_h5(file), lambda: la.export(plane, tmp_path / "a.h5"), lambda: la.export(plane, tmp_path / "a.vtp"),
                 lambda: la.export(plane, tmp_path / "a.nc")):
        with pytest.raises(la.InputError, match=r"pip install 'lossatlas\[exchange\]'"):
            call()
    for name in ("a.csv", "a.glb", "a.obj"):
        assert la.export(plane, tmp_path / name).exists()


def test_the_limits_are_those_of_the_module():
    assert h5.SENTINEL == -1 and h5.MOST_POINTS == 10_000_000
