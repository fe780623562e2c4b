"""The picture of ensembles: its marks are the numbers of the result, and nothing else."""

import numpy as np
import pytest
import xarray as xr

from lossatlas import figures
from lossatlas.errors import InputError
from lossatlas.figures.figure import Bars, Line, Points


def result(auroc=True):
    """Two ensembles of three and two members."""
    shape = (2, 3)
    rng = np.random.default_rng(0)
    there = np.array([[True, True, True], [True, True, False]])
    scores = ["error", "nll", "ece", "brier", *(["auroc"] if auroc else []), "disagreement"]
    data = {}
    for name in scores:
        for key in (name, f"{name}_stderr", *([] if name == "disagreement" else [f"member_{name}"])):
            data[key] = (("ensemble", "members"), np.where(there, rng.uniform(0.1, 0.3, shape), np.nan), {"long_name": key, "units": ""})
    data["disagreement"][1][:, 0] = np.nan
    data["member_diversity"] = (("ensemble", "members"), np.where(there, rng.uniform(0.5, 1, shape), np.nan))
    data["diversity"] = data["member_diversity"]
    for name in ("bin_confidence", "bin_accuracy", "bin_count"):
        values = (np.array([2, 8, 9, 30.0]) if name == "bin_count" else np.linspace(0.05, 0.95, 4)) * np.ones((*shape, 4))
        data[name] = (("ensemble", "members", "bin"), np.where(there[..., None], values, np.nan))
    attrs = {"kind": "scan", "family": "ensemble", "title": "networks", "panels": ["error", "nll"], "n_examples": 100, "n_batchnorm": 0}
    return xr.Dataset(data, coords={"ensemble": ["deep", "cheap"], "members": [1.0, 2.0, 3.0]},
                      attrs=attrs | ({"out_of_distribution": "random pixels"} if auroc else {}))


@pytest.mark.parametrize("auroc", [True, False])
def test_marks_are_the_numbers_of_all_members(auroc):
    ds = result(auroc)
    figure = figures.ensembles(ds)
    plane, curves, diagram, disagreement, *bars = figure.panels
    assert [panel.title for panel in bars] == ["error, %", "negative log-likelihood", "calibration error, %",
                                               "AUROC of strange inputs" if auroc else "Brier score"]
    for k, (name, last) in enumerate((("deep", 2), ("cheap", 1))):
        one = ds.sel(ensemble=name)
        dots = plane.find(Points)[k]
        assert np.allclose(dots.x, 100 * (1 - one["member_error"].values[: last + 1])) and len(dots.y) == last + 1
        line = curves.find(Line)[k]
        assert line.label == name and np.allclose(line.y, 100 * one["error"].values, equal_nan=True)
        for panel, key, factor in ((bars[0], "error", 100), (bars[1], "nll", 1), (disagreement, "disagreement", 100)):
            bar = panel.find(Bars)[k]
            value, half = (factor * float(one[q][last]) for q in (key, f"{key}_stderr"))
            assert bar.x[0] == pytest.approx(value) and bar.high[0] - bar.x[0] == pytest.approx(1.96 * half)
        assert bars[0].find(Points)[k].x[0] == pytest.approx(100 * float(one["member_error"].mean()))
    assert all(len(line.x) == 3 for line in diagram.find(Line)[1:]), "a bin of two examples is left out"
    assert "2 to 3 members" in figure.caption and ("random pixels" in figure.caption) == auroc
    assert figures.Figure.from_dict(figure.to_dict()) == figure


def test_a_scan_of_ensembles_is_drawn_so_and_single_quantities_as_curves(tmp_path):
    ds = result()
    assert figures.auto(ds) == figures.scan(ds) == figures.ensembles(ds)
    one = figures.scan(ds, quantities=("nll",))
    assert len(one.panels) == 1 and {line.label for line in one.panels[0].find(Line)} >= {"deep", "cheap"}
    figures.ensembles(ds).save(tmp_path / "e.png")
    assert (tmp_path / "e.png").stat().st_size > 10_000


def test_a_single_member_has_no_disagreement_and_another_scan_is_refused():
    ds = result().isel(members=[0])
    assert figures.ensembles(ds).panels[3].find(Bars) == []
    with pytest.raises(InputError, match="another scan"):
        figures.ensembles(ds.assign_attrs(family="children"))
