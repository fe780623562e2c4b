"""Pictures, exports and analyses of surveys: what was measured is told from what is predicted."""

import csv
import json

import numpy as np
import pytest
import xarray as xr
from drawn import line, plane

import lossatlas as la
from lossatlas import figures
from lossatlas.errors import InputError
from lossatlas.figures.figure import Band, Contour, Figure, Heatmap, Points, Surface, Veil
from lossatlas.render import mpl
from lossatlas.render import surface as surfaces

ATTRS = {"method": "survey", "tolerance": 0.01, "fewest_examples": 128, "survey_seed": 0, "heldout_median": 0.0083, "heldout_p95": 0.0491,
         "heldout_max": 0.2, "heldout_count": 230, "example_evaluations": 1000, "dense_example_evaluations": 24_600, "converged": True,
         "went_dense": False, "complete": True, "stopped": False, "scale": None, "nonfinite": {}, "notes": []}


def survey(ds: xr.Dataset, **attrs) -> xr.Dataset:
    """What a survey would have made of a result: every third cell is measured, on 128 or 1,000 examples."""
    ds = ds.drop_vars([name for name in ("loss_stderr", "accuracy") if name in ds])
    shape, count = ds["loss"].shape, ds["loss"].size
    measured = np.arange(count).reshape(shape) % 3 == 0
    examples = np.where(measured, np.where(np.arange(count).reshape(shape) % 2 == 0, 1000.0, 128.0), 0.0)
    dims = ds["loss"].dims
    ds["evaluated"], ds["examples"] = (dims, measured), (dims, examples)
    ds["loss_error"] = (dims, np.where(examples == 1000, 0.0, 0.02 + 0.01 * np.arange(count).reshape(shape) / count))
    ds.attrs |= ATTRS | attrs
    return ds


def volume() -> xr.Dataset:
    one = plane(6, 5)[["loss", "done"]]
    ds = xr.concat([one.assign(loss=one.loss * (k + 1)) for k in range(4)], dim=xr.Variable("gamma", [-1.0, 0.0, 0.5, 1.0]))
    ds = ds.transpose("alpha", "beta", "gamma")
    ds.attrs = {"kind": "volume", "family": "random", "seed": 0}
    return survey(ds)


def test_the_caption_says_what_was_measured_and_how_wrong_predictions_were():
    caption = figures.slice(survey(plane(7, 5))).caption
    assert ("Survey: 12 of 35 cells measured (on 128 to 1,000 examples), the others predicted; held-out error 0.83 % (median), 4.9 % (95th "
            "percentile), of 230 predictions; 25 times fewer example evaluations than the grid.") in caption
    assert "Survey" not in figures.slice(plane(7, 5)).caption and "Unfinished" not in caption
    for ds, draw in ((volume(), figures.volume), (survey(line(12)), figures.profile)):
        assert "the others predicted" in draw(ds).caption


@pytest.mark.parametrize(("attrs", "expected"), [
    ({"went_dense": True}, "Survey that went dense: every cell was measured on all examples."),
    ({"converged": False, "complete": False}, "Unfinished survey: its tolerance of 1 % is not met."),
    ({"heldout_median": float("inf"), "converged": False}, "no prediction was tested yet"),
    ({"scale": 0.25}, "held-out error of asinh(L / 0.25) 0.83 % (median)")])
def test_the_caption_says_how_it_ended(attrs, expected):
    assert expected in figures.slice(survey(plane(7, 5), **attrs)).caption


@pytest.mark.parametrize("draw", ["contour", "heatmap", "surface"])
def test_measured_cells_have_dots_at_their_values(draw):
    ds = survey(plane(7, 5))
    figure = figures.slice(ds, draw=draw, mark="evaluated")
    dots = next(mark for mark in figure.panels[0].find(Points) if mark.marker == "speck")
    i, j = np.nonzero(ds["evaluated"].values)
    assert np.array_equal(dots.x, ds["alpha"].values[i]) and np.array_equal(dots.y, ds["beta"].values[j])
    assert np.array_equal(dots.z, ds["loss"].values[i, j]) and dots.label == "measured cells"
    assert not figures.slice(ds, draw=draw).panels[0].find(Veil)
    assert all(mark.marker == "star" for mark in figures.slice(ds, draw=draw).panels[0].find(Points))


def test_the_dims_of_the_mask_may_come_in_another_order():
    ds = survey(plane(7, 5))
    turned = ds.transpose("beta", "alpha")
    masks = [figures.slice(one, mark="predicted").panels[0].find(Veil)[0].mask for one in (ds, turned)]
    assert masks[0].shape == (7, 5) and np.array_equal(*masks)


@pytest.mark.parametrize("draw", ["contour", "heatmap"])
def test_predicted_cells_are_paler_and_measured_ones_are_not(draw):
    ds = survey(plane(9, 8))
    drawn = {}
    for mark in (None, "predicted"):
        figure = figures.slice(ds, draw=draw, mark=mark)
        sheet = mpl.draw(figure)
        sheet.canvas.draw()
        pixels, axes = np.asarray(sheet.canvas.buffer_rgba())[..., :3].astype(int), sheet.axes[0]
        at = []
        for i, j in ((2, 1), (2, 5), (6, 2), (6, 6)):  # off the middle, where a star or a line may be
            x, y = axes.transData.transform((ds["alpha"].values[i] + 0.06, ds["beta"].values[j] + 0.02))
            at.append(pixels[len(pixels) - 1 - round(y), round(x)].sum())
        drawn[mark] = np.array(at)
    predicted = np.array([not ds["evaluated"].values[i, j] for i, j in ((2, 1), (2, 5), (6, 2), (6, 6))])
    assert predicted.any() and not predicted.all()
    assert ((drawn["predicted"] > drawn[None] + 10) == predicted).all(), drawn


def test_facets_of_a_surface_between_predicted_corners_are_paler():
    ds = survey(plane(6, 5))
    ds["loss"].values[0, 0] = np.nan  # so that facets and cells are not the same number
    colors = []
    for mark in (None, "predicted"):
        panel = figures.slice(ds, draw="surface", mark=mark).panels[0]
        sheet = mpl.draw(Figure((panel,)))
        colors.append(next(c for c in sheet.axes[0].collections if len(c.get_facecolor()) == 5 * 4 - 1).get_facecolor())
        quads, _ = surfaces.facets(panel.find(Surface)[0], panel.z)
        assert len(quads) == 19
    mask = ~ds["evaluated"].values
    corners = (mask[:-1, :-1] & mask[1:, :-1] & mask[1:, 1:] & mask[:-1, 1:]).ravel()[1:]
    paler = (colors[1][:, :3] > colors[0][:, :3] + 0.02).any(axis=1)
    assert np.array_equal(paler, corners) and (corners.any() or not paler.any())


def test_volumes_mark_every_cut_and_name_the_marks_once():
    ds = volume()
    for mark, kind in (("evaluated", Points), ("predicted", Veil)):
        figure = figures.volume(ds, mark=mark)
        found = [next(m for m in panel.find(kind) if kind is Veil or m.marker == "speck") for panel in figure.panels]
        assert len(found) == 4 and [bool(m.label) for m in found] == [True, False, False, False]
    assert np.array_equal(found[2].mask, ~ds["evaluated"].values[:, :, 2])


@pytest.mark.parametrize("scale", [None, 0.5])
def test_a_profile_has_the_bound_as_its_band(scale):
    ds = survey(line(12), scale=scale)
    (band,) = figures.profile(ds).panels[0].find(Band)
    loss, error = ds["loss"].values, ds["loss_error"].values
    if scale is None:
        low, high = loss * np.exp(-error), loss * np.exp(error)
    else:
        low, high = (scale * np.sinh(np.arcsinh(loss / scale) + sign * error) for sign in (-1, 1))
    assert np.allclose(band.low, low) and np.allclose(band.high, high) and band.label == "bound for 90 % of the cells"
    assert not figures.profile(survey(line(12), went_dense=True)).panels[0].find(Band)
    ds["loss_error"].values[3] = np.inf
    (band,) = figures.profile(ds).panels[0].find(Band)
    assert np.isnan(band.high[3]) and np.isfinite(np.delete(band.high, 3)).all()
    assert not figures.profile(ds, quantities="loss_error").panels[0].find(Band)


def test_a_profile_marks_points(tmp_path):
    ds = survey(line(12))
    (dots,) = figures.profile(ds, mark="evaluated").panels[0].find(Points)
    assert np.array_equal(dots.x, ds["alpha"].values[ds["evaluated"].values]) and dots.marker == "speck"
    (veil,) = figures.profile(ds, mark="predicted").panels[0].find(Veil)
    assert np.array_equal(veil.mask, ~ds["evaluated"].values) and veil.y is None
    for mark in ("evaluated", "predicted"):
        assert figures.profile(ds, mark=mark).save(tmp_path / f"{mark}.png").stat().st_size > 10_000


@pytest.mark.parametrize("quantity", ["loss_error", "evaluated", "examples"])
@pytest.mark.parametrize("draw", ["contour", "heatmap", "surface"])
def test_everything_of_a_survey_can_be_drawn(quantity, draw, tmp_path):
    ds = survey(plane(7, 5))
    figure = figures.slice(ds, quantity=quantity, draw=draw, mark="predicted")
    field = figure.panels[0].find({"contour": Contour, "heatmap": Heatmap, "surface": Surface}[draw])[0]
    assert np.array_equal(field.z, ds[quantity].values.astype(float))
    assert figure.save(tmp_path / "a.png").stat().st_size > 10_000
    assert Figure.from_dict(json.loads(json.dumps(figure.to_dict(), allow_nan=False))) == figure


def test_what_is_no_survey_has_no_marks():
    for draw, ds in ((figures.slice, plane()), (figures.profile, line()), (figures.volume, volume().drop_vars("evaluated"))):
        with pytest.raises(InputError, match="no survey: every point"):
            draw(ds, mark="evaluated")
    with pytest.raises(InputError, match="did you mean 'predicted'"):
        figures.slice(survey(plane()), mark="predictd")
    with pytest.raises(InputError, match="one entry per x"):
        Veil([0.0, 1.0], [True])
    with pytest.raises(InputError, match="len\\(x\\)"):
        Veil([0.0, 1.0], [[True, False]], [0.0])


@pytest.mark.parametrize("suffix", [".csv", ".nc", ".h5", ".vtp", ".glb", ".obj"])
def test_exports_tell_predictions_or_say_that_they_do_not(suffix, tmp_path):
    from lossatlas.exchange.writing import write

    ds = survey(plane(7, 5))
    path = tmp_path / f"a{suffix}"
    notes = write(ds, path, quantity=None, scale="auto", height=None, labels={"repeat": None, "layer": None, "split": None, "class": None})
    assert any("23 of 35 values are predictions" in note for note in notes) == (suffix in (".h5", ".glb", ".obj"))
    if suffix == ".csv":
        rows = list(csv.DictReader(path.open()))
        assert [row["evaluated"] == "True" for row in rows] == ds["evaluated"].values.ravel().tolist()
        assert [float(row["loss_error"]) for row in rows] == ds["loss_error"].values.ravel().tolist()
    elif suffix == ".nc":
        back = xr.open_dataset(path)
        assert np.array_equal(back["loss_error"], ds["loss_error"]) and np.array_equal(back["evaluated"].astype(bool), ds["evaluated"])
    elif suffix == ".vtp":
        assert b'"loss_error"' in path.read_bytes() and b'"evaluated"' in path.read_bytes()


def test_nonconvexity_needs_measurements():
    with pytest.raises(InputError, match="needs a dense sweep"):
        la.nonconvexity(survey(plane(7, 5)))
