"""Results as documents: every quantity, every sheet, marks and tracks, at the numbers of the result."""

import base64
import json
from dataclasses import replace

import drawn
import made
import numpy as np
import pytest
import xarray as xr

import lossatlas as la
from lossatlas import figures
from lossatlas.viewer.documents import Entry, plain
from lossatlas.viewer.gather import document
from lossatlas.viewer.tracks import lies_on, plane_of


def entry(**more):
    return replace(Entry("a", "a", "slice", "s", "", "1", 0, 0, False), **more)


def numbers(packed):
    return np.frombuffer(base64.b64decode(packed.data), f"<{packed.dtype}" if packed.dtype != "u1" else "u1").reshape(packed.shape)


def of(ds, **more):
    found = document(ds, entry(), **more)
    json.dumps(plain(found), allow_nan=False)
    return found


def test_a_slice_that_is_not_square_travels_with_all_of_its_quantities(tmp_path):
    ds = made.store(tmp_path / "s.zarr", "a").dataset()
    found = of(ds)
    field, (sheet,) = found.field, found.field.sheets
    assert (field.quantity, sheet.name, field.x.dim, field.x.label, field.y.label) == ("loss", "", "alpha", "α", "β")
    assert np.array_equal(numbers(field.x.values), ds["alpha"]) and np.array_equal(numbers(field.y.values), ds["beta"])
    loss, accuracy, right = sheet.quantities
    assert (loss.label, loss.scale, accuracy.scale, right.flag, loss.flag) == ("cross-entropy loss (nats)", "log", "linear", True, False)
    assert np.array_equal(numbers(loss.values), ds["loss"].values.astype("f4")) and loss.values.shape == (5, 3)
    assert np.array_equal(numbers(loss.error), ds["loss_stderr"].values.astype("f4")) and accuracy.error is None
    assert (loss.low, loss.high) == (float(ds["loss"].min()), float(ds["loss"].max()))
    assert numbers(sheet.done).all() and sheet.predicted is None and found.figure is None
    (marker,) = field.markers
    assert (marker.name, marker.role, marker.x, marker.y) == ("trained point", "trained", 0.0, 0.0)
    assert {value.name: value.value for value in marker.values}["loss"] == made.height(0, 0)
    assert found.caption == figures.slice(ds, draw="heatmap").caption
    assert {fact.name: fact.text for fact in found.facts}["done"] == "15 of 15 points"


def test_what_is_missing_or_not_finite_stays_a_hole(tmp_path):
    ds = made.store(tmp_path / "s.zarr", "a", done=2).dataset()
    ds["loss"][0, 0] = np.inf
    (sheet,) = of(ds).field.sheets
    assert np.array_equal(numbers(sheet.done), ds["done"].values.astype("u1")) and numbers(sheet.done).sum() == 8
    values = numbers(sheet.quantities[0].values)
    assert np.isinf(values[0, 0]) and np.isnan(values[~ds["done"].values]).all()
    assert sheet.quantities[0].high == np.nanmax(ds["loss"].values[np.isfinite(ds["loss"].values)])


def test_values_beyond_32_bits_travel_in_64():
    ds = drawn.plane(low=1e-3)
    ds["loss"][0, 0] = 1e60
    loss = of(ds).field.sheets[0].quantities[0]
    assert loss.values.dtype == "f8" and numbers(loss.values)[0, 0] == 1e60
    assert of(drawn.plane()).field.sheets[0].quantities[0].values.dtype == "f4"


def test_splits_and_repeats_are_sheets_in_the_order_of_the_figures():
    ds = drawn.plane(repeat=2, split=2)
    sheets = of(ds).field.sheets
    titles = [panel.title for panel in figures.slice(ds).panels if "spread" not in panel.title]
    assert [sheet.name for sheet in sheets] == titles and len(sheets) == 4
    shown = numbers(sheets[1].quantities[0].values)
    assert np.array_equal(shown, ds["loss"].isel(split=0, repeat=1).transpose("alpha", "beta").values.astype("f4"))


def test_classes_have_sheets_beside_that_of_all():
    ds = drawn.plane()
    ds["class_loss"] = ds["loss"].expand_dims({"class": 3}, axis=-1) * xr.DataArray([1.0, 2.0, 3.0], dims="class")
    ds = ds.assign_coords({"class": [0, 1, 2]})
    sheets = of(ds).field.sheets
    assert [sheet.name for sheet in sheets] == ["", "class 0", "class 1", "class 2"]
    assert [q.name for q in sheets[2].quantities] == ["loss"]
    assert sheets[2].quantities[0].low == pytest.approx(2 * sheets[0].quantities[0].low)


def test_a_survey_tells_what_it_measured(tmp_path):
    ds = drawn.plane(9, 5)
    evaluated = np.zeros((9, 5), dtype=bool)
    evaluated[::2] = True
    ds["evaluated"] = (("alpha", "beta"), evaluated)
    (sheet,) = of(ds).field.sheets
    assert np.array_equal(numbers(sheet.predicted) == 1, ~evaluated)
    assert next(q for q in sheet.quantities if q.name == "evaluated").flag


def test_eigenvalues_diverge_from_zero_and_say_what_converged():
    (sheet,) = of(drawn.eigenmap(unconverged=[(2, 3)])).field.sheets
    by = {q.name: q for q in sheet.quantities}
    assert (by["lambda_min"].center, by["ratio"].scale) == (0.0, "linear") and by["lambda_max"].scale == "log"
    assert of(drawn.eigenmap()).field.quantity == "ratio"


def test_a_run_and_a_path_lie_over_the_slice_of_their_plane(tmp_path):
    slice_, run = made.store(tmp_path / "s.zarr", "a"), made.path(tmp_path / "s.zarr", "run")
    assert plane_of(slice_.meta["spec"]) == lies_on(run.meta["spec"]) is not None
    assert lies_on(slice_.meta["spec"]) is None and plane_of({"family": {"family": "trajectory"}}) is None
    ds, over = slice_.dataset(), run.dataset()
    (track,) = of(ds, tracks={"sgd": over}).field.tracks
    assert np.array_equal(numbers(track.x), over["alpha"]) and np.array_equal(numbers(track.steps), over["step"])
    assert np.allclose(numbers(track.off), over["relative_off_slice"])
    by = {q.name: q for q in track.quantities}
    assert np.array_equal(numbers(by["loss"].values), over["loss"].values.astype("f4")) and by["loss"].error and "plane_loss" in by
    markers = {marker.role: marker for marker in of(ds, tracks={"sgd": over}).field.markers}
    assert markers["start"].name == "start of sgd, step 0" and markers["start"].x == 0.8 and "end" not in markers  # it ends at the origin
    assert {v.name: v.value for v in markers["start"].values}["loss"] == 3.5
    assert "sgd: 6 points projected on the plane" in of(ds, tracks={"sgd": over}).caption
    path = made.path(tmp_path / "s.zarr", "path", kind="path").dataset()
    assert of(ds, tracks={"path": path}).field.tracks[0].steps is None
    several = xr.concat([ds, ds], dim="repeat")
    assert len(of(several, tracks={"sgd": over}).field.tracks) == 1


def test_the_log_of_a_monitored_run_lies_on_its_slices_around_where_it_stood(tmp_path):
    ds = made.store(tmp_path / "s.zarr", "run-slices/step000010", attrs={"step": 10, "centre": [1.0, -1.0]}).dataset()
    log = xr.Dataset({"slice_alpha": ("step", [0.0, 1.0, np.nan, 2.0]), "slice_beta": ("step", [0.0, -1.0, np.nan, -2.0]),
                      "loss": ("step", [3.0, 2.0, 1.5, 1.0])}, {"step": [0, 10, 15, 20]}, {"kind": "trajectory"})
    found = of(ds, tracks={"run": log}).field
    (track,) = found.tracks
    assert numbers(track.x).tolist() == [-1, 0, 1] and numbers(track.y).tolist() == [1, 0, -1]
    assert numbers(track.steps).tolist() == [0, 10, 20]
    assert track.off is None and numbers(track.quantities[0].values).tolist() == [3, 2, 1]
    assert found.markers[0].name == "step 10"


def test_a_monitored_run_is_as_far_off_its_slices_as_its_log_tells(tmp_path):
    rng = np.random.default_rng(0)
    axes, run = rng.normal(size=(2, 6)), np.cumsum(rng.normal(size=(5, 6)), axis=0)

    def project(points, origin):
        """Coordinates and distance from the plane of the axes through a point."""
        places = np.linalg.lstsq(axes.T, (points - origin).T, rcond=None)[0]
        return places, np.linalg.norm(points - origin - places.T @ axes, axis=1)

    (alpha, beta), off = project(run, run[0])
    log = xr.Dataset({"slice_alpha": ("step", alpha), "slice_beta": ("step", beta), "slice_off": ("step", off), "loss": ("step", off + 1)},
                     {"step": np.arange(0, 50, 10)}, {"kind": "trajectory"})
    for k, step in ((0, 0), (3, 30)):
        attrs = {"step": step, "centre": [alpha[k], beta[k]], "axes_gram": (axes @ axes.T).tolist()}
        ds = made.store(tmp_path / "s.zarr", f"run-slices/step{step:06d}", attrs=attrs).dataset()
        (track,) = of(ds, tracks={"run": log}).field.tracks
        places, truly = project(run, run[k])
        assert np.allclose(np.stack([numbers(track.x), numbers(track.y)]), places)
        whole = np.linalg.norm(run - run[k], axis=1)
        share = np.divide(truly, whole, out=np.zeros(5), where=whole > 0)
        assert track.at_least == (k > 0)
        if track.at_least:
            assert (numbers(track.off) <= share + 1e-6).all() and numbers(track.off)[k] == 0
            assert numbers(track.off)[0] == pytest.approx(share[0]), "the start lies on the plane that the log knows"
        else:
            assert numbers(track.off) == pytest.approx(share)
    (track,) = of(ds, tracks={"run": log.drop_sel(step=30)}).field.tracks
    assert track.off is None, "not known without the record of the step of the slice"


def test_a_plane_through_points_marks_them():
    ds = drawn.plane(5, 3, given=[[0, 0], [1, 0], [-1, 0.5]], ends=["w/a.safetensors", "w/b.safetensors", "w/c.safetensors"],
                     coordinates="orthogonal", unit=2.0)
    markers = of(ds).field.markers
    assert [(m.name, m.role, m.x, m.y) for m in markers] == [("a", "given", 0, 0), ("b", "given", 1, 0), ("c", "given", -1, 0.5)]
    at = {v.name: v.value for v in markers[1].values}
    assert at["loss"] == float(ds["loss"].sel(alpha=1, beta=0, method="nearest"))


def test_what_lies_beside_the_picture_is_not_marked():
    assert not of(drawn.plane(5, 3).isel(alpha=slice(3, None))).field.markers


def test_a_volume_travels_whole():
    x = np.linspace(-1, 1, 4)
    values = np.arange(4 * 4 * 3, dtype=float).reshape(4, 4, 3) + 1
    ds = xr.Dataset({"loss": (("alpha", "beta", "gamma"), values)}, {"alpha": x, "beta": x, "gamma": [0.0, 1.0, 2.0]}, {"kind": "volume"})
    found = of(ds)
    assert np.array_equal(numbers(found.volume.sheets[0].quantities[0].values), values) and found.field is None
    assert found.volume.z.dim == "gamma" and "values of" not in found.caption


@pytest.mark.parametrize("ds", [drawn.line(), drawn.spectrum(layers=2), drawn.scan()], ids=lambda ds: str(ds.attrs.get("kind", "line")))
def test_every_other_kind_is_its_figure(ds):
    found = of(ds)
    assert figures.Figure.from_dict(found.figure) == figures.auto(ds) and found.caption == figures.auto(ds).caption
    assert found.field is found.volume is None


def test_a_long_line_keeps_its_extremes_and_its_holes():
    steps = np.arange(20_000)
    loss = 1 + np.sin(steps / 50)
    loss[7_777], loss[12_345], loss[500:600] = 50.0, 1e-6, np.inf
    ds = xr.Dataset({"loss": ("step", loss)}, {"step": steps}, {"kind": "trajectory"})
    found = of(ds)
    (line,) = [mark for mark in found.figure["panels"][0]["marks"] if mark["mark"] == "Line" and mark["x"]]
    shown = dict(zip(line["x"], line["y"], strict=True))
    assert len(shown) <= 3002 and shown[7_777] == 50.0 and shown[12_345] == 1e-6 and {0, 19_999} <= shown.keys()
    assert all(value == (loss[int(step)] if np.isfinite(loss[int(step)]) else "Infinity") for step, value in shown.items())
    assert "up to 20,000 points, drawn by the lowest and the highest" in found.caption
    short = of(ds.isel(step=slice(0, 3000)))
    assert "lowest and the highest" not in short.caption


def test_what_cannot_be_drawn_says_so():
    with pytest.raises(la.InputError, match="no quantity with one value"):
        of(xr.Dataset({"words": (("alpha", "beta"), np.array([["a", "b"], ["c", "d"]]))}, {"alpha": [0.0, 1.0], "beta": [0.0, 1.0]},
                      {"kind": "slice"}))
    with pytest.raises(la.InputError, match="does not increase"):
        of(drawn.plane().isel(alpha=[1, 0]))
