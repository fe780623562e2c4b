"""Training as curves over steps, and paths over planes: what the marks hold, and what captions say."""

import numpy as np
import pytest
import xarray as xr

from lossatlas import figures
from lossatlas.errors import InputError
from lossatlas.figures import Figure
from lossatlas.figures.figure import Band, Contour, Line, Points, Rule
from lossatlas.render import mpl


def plane(share=(0.6, 0.3), family="pca", runs=("sgd", "adam")):
    alpha, beta = np.linspace(-1, 4, 6), np.linspace(-2, 2, 5)
    loss = 0.1 + alpha[:, None] ** 2 + beta**2
    attrs = {"kind": "slice", "family": family, "explained": list(share), "of_motion": 0.875, "n_parameters": 100, "bn": "eval",
             "runs": [{"name": name, "first": 0, "last": 30, "points": 4} for name in runs],
             "spec": {"family": {"dims": ["alpha", "beta"]}}}
    values = {"loss": (("alpha", "beta"), loss, {"long_name": "cross-entropy loss"}), "center_loss": 0.1}
    return xr.Dataset(values, coords={"alpha": alpha, "beta": beta}, attrs=attrs)


def path(end=(0.0, 0.0), off=(3.0, 2.0, 1.0, 0.0), run="sgd"):
    alpha, beta = np.linspace(3, end[0], 4), np.linspace(-1, end[1], 4)
    off = np.array(off)
    distance = np.sqrt(alpha**2 + beta**2 + off**2)
    share = np.divide(off, distance, out=np.zeros(4), where=distance > 0)
    data = {"alpha": alpha, "beta": beta, "off_slice": off, "distance": distance, "loss": np.array([3.0, 1.0, 0.5, 0.1]),
            "relative_off_slice": share, "plane_loss": np.array([2.0, 0.8, 0.4, 0.1])}
    return xr.Dataset({name: ("step", values, {"long_name": name}) for name, values in data.items()},
                      coords={"step": [0.0, 10, 20, 30]}, attrs={"kind": "trajectory", "run": run, "of_motion": 0.875,
                                                                 "explained": [0.6, 0.3], "title": "Net: trajectory"})


def of(figure, kind, panel=0):
    return figure.panels[panel].find(kind)


def test_axes_are_labelled_with_the_explained_variance():
    figure = figures.slice(plane())
    assert figure.panels[0].x.label == "PC 1 (60.0 %)" and figure.panels[0].y.label == "PC 2 (30.0 %)"
    random = figures.slice(plane(share=(0.00012, 0.034), family="random"))
    assert (random.panels[0].x.label, random.panels[0].y.label) == ("direction 1 (0.01 %)", "direction 2 (3.4 %)")
    assert "the plane holds 87.5 % of Σ‖θ − θ_end‖² of 2 runs" in figure.caption and figure.panels[0].equal
    assert figures.slice(plane().drop_attrs()).panels[0].x.label == "α"


def test_paths_have_colours_starts_and_ends_in_the_units_of_the_plane():
    sgd, adam = path(), path(end=(1.0, 1.0), off=(3.0, 3.0, 2.0, 1.0))
    figure = figures.slice(plane(), points={"sgd": sgd, "adam": adam})
    steps = [mark for mark in of(figure, Points) if mark.marker == "step"]
    assert [mark.color for mark in steps] == [0, 1] and all(mark.joined for mark in steps)
    assert np.array_equal(steps[0].x, sgd["alpha"]) and np.array_equal(steps[1].y, adam["beta"])
    assert np.array_equal(steps[0].shade, sgd["relative_off_slice"]) and np.array_equal(steps[0].z, sgd["plane_loss"])
    assert steps[0].label == "sgd, steps 0 to 30; fuller: farther off the plane, up to 69 %"
    rings = [mark for mark in of(figure, Points) if mark.marker == "ring"]
    assert [(float(m.x[0]), float(m.y[0]), m.color, m.label) for m in rings] == [(3, -1, 0, "start"), (3, -1, 1, "")]
    stars = [mark for mark in of(figure, Points) if mark.marker == "star"]
    assert [(float(m.x[0]), float(m.y[0]), m.color) for m in stars] == [(1, 1, 1), (0, 0, 0)]
    assert stars[1].label == "end of sgd, step 30: loss 0.1"
    assert "sgd: 4 points projected on the plane" in figure.caption and "adam: 4 points" in figure.caption
    assert Figure.from_dict(figure.to_dict()) == figure


def test_one_path_needs_no_name_and_points_that_are_no_path_stay_as_they_were():
    alone = figures.slice(plane(), points=path())
    assert [m.marker for m in of(alone, Points)][:2] == ["step", "ring"]
    points = path().drop_attrs().rename(step="point").drop_vars("point")
    assert [m.marker for m in of(figures.slice(plane(), points=points), Points)] == ["dot", "star"]
    with pytest.raises(InputError, match="points are a list; expected a Dataset, or paths by their names"):
        figures.slice(plane(), points=[path()])


def test_planes_side_by_side_share_levels_and_tell_how_much_they_hold():
    random = plane(share=(0.0001, 0.0001), family="random")
    random.attrs["of_motion"] = 0.0002
    figure = figures.paths({"PCA plane": (plane(), {"sgd": path()}), "Random plane": (random, {"sgd": path() * 0 + 0.01})})
    assert figure.columns == 2 and figure.panels[0].z == figure.panels[1].z
    assert of(figure, Contour, 0)[0].levels == of(figure, Contour, 1)[0].levels
    assert figure.panels[0].title == "PCA plane: 87.5 % of the motion" and figure.panels[1].title == "Random plane: 0.02 % of the motion"
    assert figure.panels[0].x.limits == figure.panels[1].x.limits
    with pytest.raises(InputError, match="paths got dict; expected planes by their names"):
        figures.paths({})
    several = xr.concat([plane(), plane()], dim="split").assign_attrs(plane().attrs)
    with pytest.raises(InputError, match="has 2 splits"):
        figures.paths({"a": (several, {})})


def test_a_path_stands_beside_what_the_plane_shows():
    figure = figures.trajectory(path())
    loss, off = figure.panels
    assert (loss.y.scale, off.y.scale) == ("log", "linear") and loss.x == off.x and loss.x.scale == "linear"
    true, shown = loss.find(Line)
    assert np.array_equal(true.y, path()["loss"]) and np.array_equal(shown.y, path()["plane_loss"])
    assert (true.dash, shown.dash) == ("solid", "dashed") and true.color == shown.color
    solid, dashed, legend = off.find(Line)
    assert np.array_equal(solid.y, path()["off_slice"]) and np.array_equal(dashed.y, path()["distance"])
    assert legend.label == "dashed: loss of the plane at the projection and distance from the end" and not len(legend.x)
    assert "At most 68.8 % of a point's distance from the origin is off the plane" in figure.caption


def test_several_runs_have_a_colour_each():
    figure = figures.trajectory({"sgd": path(), "adam": path(end=(1, 1))}, quantities="loss")
    assert [(m.color, m.label) for m in of(figure, Line)] == [(0, "sgd"), (0, ""), (1, "adam"), (1, ""),
                                                             (6, "dashed: loss of the plane at the projection")]


def test_of_several_runs_what_all_have_is_drawn():
    steps = {"step": [0.0, 1, 2]}
    one = xr.Dataset({name: ("step", [3.0, 2, 1]) for name in ("loss", "lr", "norm")}, coords=steps, attrs={"kind": "trajectory"})
    for runs in ({"a": one, "b": one.drop_vars("lr")}, {"b": one.drop_vars("lr"), "a": one}):
        assert [panel.y.label for panel in figures.trajectory(runs).panels] == ["loss", "norm"]
    with pytest.raises(InputError, match="norm"):
        figures.trajectory({"a": one[["norm"]], "b": one[["lr"]]})


def test_bands_of_one_run_stand_in_every_panel():
    error = {"loss_stderr": ("step", [0.1, 0.1]), "accuracy_stderr": ("step", [0.1, 0.1])}
    ds = xr.Dataset({"loss": ("step", [3.0, 2]), "accuracy": ("step", [0.3, 0.5]), **error, "done": ("step", [True, True])},
                    coords={"step": [0.0, 1]}, attrs={"kind": "trajectory"})
    figure = figures.trajectory(ds)
    assert [panel.y.label for panel in figure.panels][:2] == ["loss", "accuracy"] and all(of(figure, Band, k) for k in (0, 1))
    assert not of(figures.trajectory({"a": ds, "b": ds}), Band)


def test_colours_that_are_shared_are_told():
    eight, seven = ({str(k): path() for k in range(n)} for n in (8, 7))
    told = "There are 7 colours: runs 7 apart have the same one."
    assert told in figures.trajectory(eight).caption and told not in figures.trajectory(seven).caption
    assert told in figures.slice(plane(), points=eight).caption and told in figures.paths({"PCA": (plane(), eight)}).caption


def test_what_is_fixed_is_told():
    fixed = plane()
    fixed.attrs["ignore"] = ["bias", "norm"]
    caption = figures.slice(fixed).caption
    assert "of what moves (bias, norm: fixed)" in caption and "of 2 runs, over all parameters" in caption
    assert "over all parameters" not in figures.slice(plane()).caption


def test_the_share_off_the_plane_has_no_value_at_the_origin():
    (line,) = of(figures.trajectory(path(), quantities="relative_off_slice"), Line)
    assert len(line.x) == 3 and (line.y > 0).all()


def test_steps_at_equal_ratios_stand_on_a_logarithmic_axis_and_events_are_marked():
    steps = np.array([0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024.0])
    ds = xr.Dataset({"loss": ("step", 1 / (1 + steps)), "lr": ("step", np.full(12, 0.1))}, coords={"step": steps},
                    attrs={"kind": "trajectory", "title": "run a", "events": [(100, "lr / 10")]})
    figure = figures.trajectory(ds)
    assert [panel.y.label for panel in figure.panels] == ["loss", "lr"]
    assert figure.panels[0].x.scale == "symlog" and figure.panels[0].x.threshold == 1
    assert [(rule.at, rule.label) for rule in of(figure, Rule)] == [(100, "lr / 10")] and of(figure, Rule, 1)[0].label == ""
    assert figures.auto(ds).panels[0].x == figure.panels[0].x


def test_wrong_input_is_told():
    with pytest.raises(InputError, match=r"figures\.trajectory got a slice"):
        figures.trajectory(plane())
    with pytest.raises(InputError, match=r"expected one of .*did you mean 'loss'"):
        figures.trajectory(path(), quantities="los")
    with pytest.raises(InputError, match="got no results"):
        figures.trajectory({})
    with pytest.raises(InputError, match="got no variables"):
        figures.trajectory(xr.Dataset(coords={"step": [0.0, 1]}, attrs={"kind": "trajectory"}))


def test_metrics_that_were_logged_at_some_steps_are_joined_over_the_others():
    ds = xr.Dataset({"loss": ("step", [3.0, np.nan, 1.0], {"long_name": "mini-batch loss, mean since the record before"}),
                     "test_error": ("step", [np.nan, 9.0, 5.0]), "epoch": ("step", [0.0, 1, 2])}, coords={"step": [0.0, 5, 10]},
                    attrs={"kind": "trajectory", "title": "training run a"})
    figure = figures.trajectory(ds)
    assert [panel.y.label for panel in figure.panels] == ["mini-batch loss", "test error"]
    assert [(line.x.tolist(), line.y.tolist()) for panel in figure.panels for line in panel.find(Line)] == [
        ([0, 10], [3, 1]), ([5, 10], [9, 5])]
    assert not [mark for panel in figure.panels for mark in panel.marks if not isinstance(mark, Line)]


def watched(**attrs):
    """The log of a watched run: quantities at some steps only, a threshold, events."""
    step = np.arange(0, 60, 5)
    others = {"gradient_norm": "norm of the gradient", "critical_sharpness": "critical sharpness 2/η_c along the update", "f_top": "f_top",
              "distance": "distance"}
    top = np.where(np.arange(12) % 2, np.nan, np.linspace(1, 9, 12))
    quantities = {"loss": (np.geomspace(2, 0.1, 12), "cross-entropy loss of the fixed examples"),
                  "training_loss": (np.geomspace(2.1, 0.12, 12), "mini-batch loss, mean since the record before"),
                  "lambda_max": (top, "largest eigenvalue of the Hessian, fixed examples"),
                  "threshold": (np.full(12, 8.0), "stability threshold of the optimizer (full-batch statement)"),
                  **{name: (np.linspace(1, 2, 12), words) for name, words in others.items()}}
    data = {name: ("step", values, {"long_name": words, "units": ""}) for name, (values, words) in quantities.items()}
    drawn = ["loss", "training_loss", "gradient_norm", "lambda_max", "critical_sharpness", "f_top", "distance", "fisher_trace"]
    events = [{"step": 20, "event": "spike", "text": "the loss rose"}, {"step": 30, "event": "thinned", "text": "seldom"},
              {"step": 55, "event": "finished", "text": "over"}]
    about = {"kind": "trajectory", "title": "net while it trains", "drawn": drawn, "events": events}
    return xr.Dataset(data, {"step": step}, about | attrs)


def test_a_watched_run_has_lambda_beside_its_threshold_and_the_batch_loss_beside_the_loss():
    figure = figures.trajectory(watched())
    named = {panel.y.label: panel for panel in figure.panels}
    assert list(named) == ["loss", "norm of the gradient", "λmax", "critical sharpness", "f_top", "distance"] and figure.columns == 2
    top = named["λmax"]
    eigenvalue, threshold = top.find(Line)
    assert list(eigenvalue.x) == list(range(0, 60, 10)) and threshold.dash == "dashed" and set(threshold.y) == {8.0}
    assert threshold.label == "stability threshold (full batch)" and top.y.limits[1] >= 9
    batch = named["loss"].find(Line)[1]
    assert batch.label == "mini-batch loss" and batch.dash == "dotted" and batch.y[0] == 2.1
    assert "λmax: largest eigenvalue of the Hessian, fixed examples." in figure.caption


def test_events_of_a_watched_run_are_lines_in_all_panels_with_words_in_the_first():
    figure = figures.trajectory(watched())
    assert [[(rule.at, rule.label) for rule in panel.find(Rule)] for panel in figure.panels] == [[(20, "spike")]] + [[(20, "")]] * 5
    assert "Step 20, spike: the loss rose." in figure.caption and "seldom" not in figure.caption
    many = [{"step": k, "event": "spike" if k % 2 else "unstable", "text": f"number {k}"} for k in range(1, 30)]
    crowded = figures.trajectory(watched(events=many))
    assert [(rule.at, rule.label) for rule in crowded.panels[0].find(Rule)] == [(1, "spike (first of 15)"), (2, "unstable (first of 14)")]
    assert "And 25 more events." in crowded.caption


def test_words_of_events_that_are_close_stand_below_each_other(tmp_path):
    events = [{"step": 20 + k, "event": "unstable for a while", "text": ""} for k in range(4)]
    figure = figures.trajectory(watched(events=events), quantities=["loss"])
    sheet = mpl.draw(figure)
    words = [text.get_window_extent() for text in sheet.axes[0].texts if text.get_text() == "unstable for a while"]
    assert len(words) == 4 and not any(a.overlaps(b) for k, a in enumerate(words) for b in words[:k])
