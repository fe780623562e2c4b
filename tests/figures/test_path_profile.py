"""The picture of a path: line beside curve, a dash each split, both ends below, and words that say what was found."""

import numpy as np
import pytest
import xarray as xr

import lossatlas as la
from lossatlas.figures.figure import Band, Holes, Line, Rule


def result(**attrs):
    t = np.linspace(0, 1, 9)
    loss = np.stack([0.1 + t * (1 - t), 0.3 + 0 * t], 1)
    apart = np.stack([np.stack([0.1 * t, 0.2 * t], 1), np.stack([0.1 * (1 - t), 0.2 * (1 - t)], 1)], 2)  # (t, split, reference)
    data = {"loss": (("t", "split"), loss, {"long_name": "loss"}), "loss_stderr": (("t", "split"), 0.01 + 0 * loss),
            "line_loss": (("t", "split"), 10 * loss), "error": (("t", "split"), loss / 10),
            "disagreement": (("t", "split", "reference"), apart, {"long_name": "disagreement"})}
    numbers = {"loss_barrier": 0.25, "loss_barrier_stderr": 0.01, "loss_barrier_at": 0.5, "loss_barrier_converged": 1.0}
    about = {"kind": "path", "title": "Net: bezier path from a to b", "bn": "eval", "n_batchnorm": 0, "n_examples": {"train": 5, "test": 3},
             "n_parameters": 12, "seed": 0, "method": "bezier", "search_converged": True, "search_steps": 2000, "ends": ["a", "b"],
             "barriers": {"path": {"train": numbers, "test": {**numbers, "loss_barrier": float("nan")}}}, "length_ratio": 1.06}
    return xr.Dataset(data, {"t": t, "split": ["train", "test"], "reference": ["a", "b"]}, {**about, **attrs})


def test_panels_and_legend():
    figure = la.figures.path(result())
    assert [panel.y.label for panel in figure.panels] == ["loss", "error, %", "disagreement, %"]
    loss, error, apart = figure.panels
    assert [(line.color, line.dash) for line in loss.find(Line)] == [(6, "solid"), (6, "dashed"), (0, "solid"), (0, "dashed")]
    assert len(loss.find(Band)) == 2 and not any(line.label for line in (*loss.find(Line), *error.find(Line)))
    assert np.allclose(error.find(Line)[0].y, result()["error"].values[:, 0] * 100)
    drawn = [line for line in apart.find(Line) if len(line.x)]
    assert np.allclose(drawn[0].y, 20 * drawn[0].x) and np.allclose(drawn[1].y, 20 * (1 - drawn[1].x))
    told = [line.label for line in apart.find(Line)]
    assert told == ["straight line, train", "straight line, test", "path, train", "path, test", "with a, test", "with b, test"]
    assert [rule.label for rule in loss.find(Rule)] == ["a", "b"]


def test_words():
    caption = la.figures.path(result()).caption
    for words in ("Method bezier (2,000 steps, seed 0); the search had converged.", "train 0.25 ± 0.01 at t = 0.5, test not finite",
                  "The path is 1.06 times as long as the line."):
        assert words in caption, caption
    assert "had not converged: what stands above is an upper bound" in la.figures.path(result(search_converged=False)).caption


def test_what_is_not_finite_is_hatched():
    ds = result()
    ds["loss"][4, 0] = np.nan
    assert la.figures.path(ds).panels[0].find(Holes)[0].mask.sum() == 1


def test_it_is_drawn_as_every_kind_is(tmp_path):
    ds = result()
    assert la.figures.auto(ds) == la.figures.path(ds)
    assert len(la.figures.path(ds, quantities=("error",)).panels) == 1
    assert la.figures.path(ds).save(tmp_path / "p.png").stat().st_size > 10_000
    assert la.figures.profile(ds[["loss", "loss_stderr"]]).panels[0].x.label == "t"
    with pytest.raises(la.InputError, match=r"figures\.path got a profile; expected a path"):
        la.figures.path(ds.assign_attrs(kind="profile"))
    with pytest.raises(la.InputError, match=r"quantity is .los..*did you mean .loss."):
        la.figures.path(ds, quantities=("los",))
