"""A figure as strict JSON and back, and marks that cannot be changed."""

import json
import math

import numpy as np
import pytest
from drawn import line, plane

from lossatlas import figures
from lossatlas.errors import InputError
from lossatlas.figures.figure import Axis, Figure, Line, Panel, Points


def test_a_figure_survives_strict_json_with_nan_and_infinities():
    ds = plane(repeat=2, split=2)
    ds["loss"].values[0, 0, 0, 0], ds["loss"].values[1, 1, 1, 1] = np.nan, np.inf
    for figure in (figures.slice(ds), figures.slice(plane(), draw="surface"), figures.profile(line(split=2))):
        text = json.dumps(figure.to_dict(), allow_nan=False)
        back = Figure.from_dict(json.loads(text))
        assert back == figure
        assert json.dumps(back.to_dict(), allow_nan=False) == text
    mark = Points([0.0, 1.0], [math.inf, -math.inf], [math.nan, 1 / 3], texts=("NaN", ""))
    panel = Panel((mark,), Axis("x"), Axis("y", "log", (0.1, 1.0)))
    again = Figure.from_dict(json.loads(json.dumps(Figure((panel,)).to_dict(), allow_nan=False))).panels[0]
    assert again.marks[0].y.tolist() == [math.inf, -math.inf]
    assert math.isnan(again.marks[0].z[0])
    assert again.marks[0].z[1] == 1 / 3
    assert again.marks[0].texts == ("NaN", "")
    assert again.y == panel.y


def test_what_is_no_figure_is_refused():
    with pytest.raises(InputError, match="no figure"):
        Figure.from_dict({"panels": [{}]})
    with pytest.raises(InputError, match="did you mean 'Contour'"):
        Figure.from_dict({"panels": [{"marks": [{"mark": "Contuor"}]}]})


def test_arrays_of_a_mark_cannot_be_changed():
    source = np.ones(3)
    mark = Line(source, source)
    source[0] = 5
    assert mark.x[0] == 1
    with pytest.raises(ValueError, match="read-only"):
        mark.x[0] = 2
