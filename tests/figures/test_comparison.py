"""The page of several runs: one scale, one colour a run, in plain data."""

import numpy as np
import pytest
import xarray as xr

import lossatlas as la
from lossatlas import figures
from lossatlas.figures.figure import Band, Bars, Contour, Line

A = np.linspace(-1, 1, 5)


def tree(names=("a", "b"), *, test=True, between=True, logged=True):
    """A result as ``compare_runs`` makes it, with losses (k + 1)·(0.1 + r²) of run k."""
    parts = {}
    splits = ["train", "test"] if test else ["train"]
    for k, name in enumerate(names):
        bowl = (k + 1) * (0.1 + A[:, None] ** 2 + A[None, :] ** 2)
        parts[f"planes/{name}"] = xr.Dataset({"loss": (("alpha", "beta"), bowl)}, coords={"alpha": A, "beta": A}, attrs={"kind": "slice"})
        lines = np.stack([np.stack([(k + 1) * (0.1 + (r + 1) * A**2) + s for s in range(len(splits))], -1) for r in range(3)])
        parts[f"lines/{name}"] = xr.Dataset({"loss": (("repeat", "alpha", "split"), lines)},
                                            coords={"repeat": range(3), "alpha": A, "split": splits}, attrs={"kind": "profile"})
        steps = np.arange(11)
        curves = {"norm": ("step", 1.0 + steps * k), "train_error": ("step", 0.9 * 0.5**steps), "test_error": (
            "step", np.where(steps % 2, np.nan, 0.9 * 0.6**steps))}
        parts[f"training/{name}"] = xr.Dataset(curves if logged else {}, coords={"step": steps, "epoch": ("step", steps / 2)})
    count = np.arange(len(names))
    numbers = {"sharpness": 1.0 + count, "sharpness_stderr": 0.1 + 0 * count, "norm": 2.0 + count}
    numbers |= {"test_error": 0.01 * (1 + count), "test_error_stderr": 0.001 + 0 * count} if test else {}
    parts["numbers"] = xr.Dataset({name: ("run", values) for name, values in numbers.items()}, coords={"run": list(names)})
    shares = {"share": (("run", "weight"), np.ones((len(names), 4)) / 4.1), "outside": ("run", np.full(len(names), 0.02))}
    parts["weights"] = xr.Dataset(shares, coords={"run": list(names), "weight": np.linspace(-1, 1, 4)})
    if between:
        parts["between"] = parts["lines/a"].isel(repeat=0, drop=True).assign_attrs(kind="profile", family="line", ends=list(names[:2]))
    parts["/"] = xr.Dataset(attrs={"kind": "comparison", "title": "two runs", "rank_correlation": 0.5})
    return xr.DataTree.from_dict(parts)


def titled(figure, title):
    return [panel for panel in figure.panels if panel.title == title]


def test_landscapes_share_levels_and_colours():
    figure = figures.comparison(tree())
    first, second = (panel.find(Contour)[0] for panel in figure.panels[:2])
    assert first.levels == second.levels and figure.panels[0].z == figure.panels[1].z
    assert [panel.title for panel in figure.panels[:3]] == ["a", "b", ""]
    assert figure.panels[0].z.limits == (pytest.approx(0.1), pytest.approx(4.2))


def test_bars_stand_in_the_same_rows_with_their_intervals():
    sharp, error = (titled(figures.comparison(tree()), title)[0] for title in ("sharpness", "test error, %"))
    assert sharp.y == error.y and sharp.y.tick_labels == ("a", "b") and sharp.y.ticks == (1.0, 0.0)
    of_b = sharp.find(Bars)[1]
    assert of_b.x.tolist() == [2.0] and of_b.y.tolist() == [0.0] and of_b.color == 1
    assert of_b.low[0] == pytest.approx(2 - 1.96 * 0.1) and of_b.high[0] == pytest.approx(2 + 1.96 * 0.1)
    assert error.find(Bars)[1].x[0] == pytest.approx(2.0), "in percent"


def test_lines_are_medians_with_the_range_of_the_training_lines():
    panel = titled(figures.comparison(tree()), "random lines")[0]
    solid = [line for line in panel.find(Line) if line.dash == "solid"]
    dashed = [line for line in panel.find(Line) if line.dash == "dashed"]
    assert [line.label for line in solid] == ["a", "b"] and [line.color for line in dashed] == [0, 1]
    assert np.allclose(solid[1].y, 2 * (0.1 + 2 * A**2)) and np.allclose(dashed[0].y, 0.1 + 2 * A**2 + 1)
    band = panel.find(Band)[0]
    assert np.allclose(band.low, 0.1 + A**2) and np.allclose(band.high, 0.1 + 3 * A**2)


def test_errors_and_norms_over_epochs_leave_out_what_was_not_logged():
    figure = figures.comparison(tree())
    errors = titled(figure, "error while training")[0]
    test = next(line for line in errors.find(Line) if line.dash == "dashed")
    assert test.x.tolist() == [0, 1, 2, 3, 4, 5] and test.y[1] == pytest.approx(90 * 0.36)
    assert errors.y.limits[1] < 90 * 0.5 * 1.2 < 90, "those of the first tenth do not stretch the axis"
    norms = titled(figure, "weights while training")[0].find(Line)
    assert norms[1].y.tolist() == [1.0 + k for k in range(11)]
    without = figures.comparison(tree(logged=False, test=False, between=False))
    assert not titled(without, "error while training") and not titled(without, "test error, %") and not titled(without, "between the two")


def test_the_line_between_two_has_no_runs_colour():
    panels = titled(figures.comparison(tree()), "between the two")
    assert panels and {line.color for panel in panels for line in panel.find(Line)} == {6}


def test_steps_take_the_place_of_epochs_that_one_run_does_not_know():
    without = tree()
    without["training/b"] = without["training/b"].to_dataset().drop_vars("epoch")
    norms = titled(figures.comparison(without), "weights while training")[0]
    assert norms.x.label == "step" and norms.find(Line)[0].x.tolist() == list(range(11))
    assert titled(figures.comparison(tree()), "weights while training")[0].x.label == "epoch"


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 9])
def test_rows_are_whole_for_any_number_of_runs(count, tmp_path):
    figure = figures.comparison(tree(tuple("abcdefghi"[:count]), between=count == 2))
    assert len(figure.panels) % figure.columns == 0
    assert sum(bool(panel.find(Contour)) for panel in figure.panels) == count
    if count in (1, 5):
        assert figure.save(tmp_path / "page.png").stat().st_size > 10_000


def test_the_caption_says_what_is_drawn():
    caption = figures.comparison(tree()).caption
    assert "colours" not in caption and "line between the two" not in caption
    many = tree(tuple("abcdefgh"), between=False)
    assert "There are 7 colours: runs 7 apart have the same one." in figures.comparison(many).caption
    normalized = tree()
    normalized["between"].attrs |= {"bn": "recompute", "n_batchnorm": 2}
    assert "Of the line between the two, BatchNorm: recompute (statistics re-estimated at each point)." in figures.comparison(
        normalized).caption
    for words in ("median of 3 filter-normalized random lines", "Rank correlation of sharpness and test error: 0.5 over 2 runs",
                  "up to 2 % of a run's", "Norms at the end: a 2, b 3", "95 % intervals"):
        assert words in caption, words
    assert figures.Figure.from_dict(figures.comparison(tree()).to_dict()) == figures.comparison(tree())


def test_something_else_is_refused():
    with pytest.raises(la.InputError, match=r"expected what la\.compare_runs returned"):
        figures.comparison(xr.Dataset())
