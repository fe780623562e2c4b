"""m-connectors of small networks that are trained here, and of points between which nothing is high."""

from functools import partial

import cases
import pytest
import torch

import lossatlas as la
from lossatlas.analyses.connectors import PLACES, SAMPLES, m_connector

SGD = partial(torch.optim.SGD, lr=0.1, momentum=0.9)


def trained(count=3):
    """Networks that separate three blobs, from different weights."""
    centres = 2 * torch.randn(3, 6, generator=cases.gen(5))
    y = torch.arange(60) % 3
    x = centres[y] + 0.7 * torch.randn(60, 6, generator=cases.gen(6))
    objective = la.Objective.from_module(cases.mlp(h=16), (x, y), "cross_entropy", batch_size=20)
    return objective, [la.fit(objective, init=dict(cases.mlp(h=16, seed=k).state_dict()), optimizer=SGD, steps=60, seed=k).point
                       for k in range(count)]


def test_a_centre_of_three_networks_is_found():
    objective, points = trained()
    heard = []
    found = m_connector(objective, points, steps=100, optimizer=SGD, on_event=heard.append)
    assert found.mean > 0.2 and found.centre < 0.05 * found.mean and found.highest < 0.1 * found.mean and found.converged
    assert found.spokes.shape == (3, PLACES) and found.inside.shape == (SAMPLES,) and found.ends.shape == (3,)
    for k, point in enumerate(points):
        assert found.ends[k] == pytest.approx(float(objective.value(point)), rel=1e-6)
        assert torch.equal(found.star(torch.tensor([k, 0.0]))["0.weight"], point["0.weight"])
    assert found.centre == pytest.approx(float(objective.value(found.star.middle)), rel=1e-6)
    assert heard[-1].step == heard[-1].steps == 100
    filled = m_connector(objective, points, faces=True, steps=100, optimizer=SGD)
    assert len(filled.star.faces) == 3 and filled.highest_inside < found.highest_inside, "faces make the inside low, too"


def test_divergence_is_told_and_reads_as_no_number():
    objective, points = trained(2)
    with pytest.warns(RuntimeWarning):
        found = m_connector(objective, points, steps=20, optimizer=partial(torch.optim.SGD, lr=1e12))
    assert found.stopped and not found.converged


@pytest.mark.parametrize(("change", "said"), [
    (lambda points: points[:1], "at least two"),
    (lambda points: [points[0], points[1], points[0]], "point 3 is equal"),
    (lambda points: {"a": points[0]}, "expected a list"),
    (lambda points: [points[0], {"w": torch.zeros(2)}], "point 2"),
])
def test_what_has_no_connector_is_refused(change, said):
    objective = la.Objective.from_module(cases.mlp(), cases.blobs(), "cross_entropy")
    points = [dict(cases.mlp(seed=k).state_dict()) for k in range(2)]
    with pytest.raises(la.InputError, match=said):
        m_connector(objective, change(points))
