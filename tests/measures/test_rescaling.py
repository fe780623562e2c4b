"""The same function at other weights: layers that can be rescaled are found, verified, and said where there are none."""

import cases
import digits
import pytest
import torch
from torch import nn

import lossatlas as la
from lossatlas.execution.forward import NotApplicable
from lossatlas.measures.rescaling import rescaling, verify


def objective(*layers, data=None, dtype=torch.float64, **options):
    x, y = data or cases.blobs()
    return la.Objective.from_module(cases.seeded(lambda: nn.Sequential(*layers)), (x, y), "cross_entropy", dtype=dtype, **options)


def points(family, log_factor):
    return [family(torch.tensor([u], dtype=torch.float64)) for u in (0.0, log_factor)]


@pytest.mark.parametrize("log_factor", [1.0, -0.7, 2.3])
@pytest.mark.parametrize("name", ["mlp", "conv", "batchnorm", "functional"])
def test_the_twin_is_the_same_function_at_other_weights(name, log_factor):
    class Functional(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(6, 5), nn.Linear(5, 3)

        def forward(self, x):
            return self.b(torch.relu(self.a(x)))

    make = {"mlp": lambda: objective(nn.Linear(6, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3)),
            "conv": lambda: objective(nn.Conv2d(2, 4, 3), nn.LeakyReLU(0.1), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16, 3),
                                      data=cases.images()),
            "batchnorm": lambda: la.Objective.from_module(cases.convbn(), cases.images(), "cross_entropy", dtype=torch.float64),
            "functional": lambda: objective(Functional())}
    one = make[name]()
    family = rescaling(one)
    here, there = points(family, log_factor)
    assert all(torch.equal(here[n], t) for n, t in one.point().items())
    assert len([n for n in family.powers if not torch.allclose(here[n], there[n])]) >= 2
    if name == "batchnorm" and log_factor < 0:
        assert float(min(there[n].min() for n in family.variances)) > 0
    assert torch.allclose(one.losses(here), one.losses(there), rtol=1e-9, atol=1e-12) and verify(one, family, log_factor) < 1e-9
    weight = next(iter(family.powers))
    assert torch.allclose(there[weight], here[weight] * 10**log_factor)
    assert name != "batchnorm" or family.words == "0.weight and 1 more layers times c, with the running statistics of the BatchNorm behind"


def test_a_point_of_ones_own_is_the_origin():
    net, _, good, bad = digits.minima()
    family = rescaling(net, bad)
    assert torch.equal(points(family, 1.0)[0]["1.weight"], bad["1.weight"]) and family.words == "1.weight times c, 3.weight over c"
    assert family.spec() != rescaling(net, good).spec() and family.describe()["n_parameters"] == 8970


@pytest.mark.parametrize("layers", [
    lambda: (nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3)), lambda: (nn.Linear(6, 3),),
    lambda: (nn.Linear(6, 5), nn.LayerNorm(5), nn.ReLU(), nn.Linear(5, 3))])
def test_where_no_layers_can_be_rescaled_the_reason_is_said(layers):
    one = objective(*layers())
    with pytest.raises(NotApplicable, match="no two layers"):
        rescaling(one)


def test_tied_layers_are_left_alone():
    shared = nn.Linear(6, 6)
    with pytest.raises(NotApplicable):
        rescaling(objective(shared, nn.ReLU(), shared))


def test_a_family_that_is_another_function_is_refused():
    from lossatlas.family.symmetry import Rescaled

    one = objective(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3))
    with pytest.raises(la.LossAtlasError, match="changed the function"):
        verify(one, Rescaled(one.point(), {"0.weight": 1, "2.weight": -1}), 1.0)


def test_the_family_is_differentiable():
    one = objective(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3))
    u = torch.tensor([0.3], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(rescaling(one)(u)["2.weight"].sum(), u)
    expected = -torch.log(torch.tensor(10.0)).double() * one.params["2.weight"].sum() * 10**-0.3
    assert torch.allclose(slope[0], expected)
