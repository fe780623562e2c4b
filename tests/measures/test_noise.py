"""PAC-Bayes: noise that costs accuracy, on a network where it is known; the bound, its parts against torch and by brute force."""

import math
from functools import partial

import cases
import digits
import pytest
import torch
from torch import nn
from torch.distributions import Normal, kl_divergence

import lossatlas as la
from lossatlas import measures as m
from lossatlas.measures import bound
from lossatlas.measures.surface import Surface


def sign(weight):
    """One weight, whose sign is the answer: noise makes it wrong with probability Φ(−w/σ)."""
    net = nn.Linear(1, 1, bias=False)
    nn.init.constant_(net.weight, weight)
    return la.Objective.from_module(net, (torch.ones(4, 1), torch.ones(4, 1)), "bce")


def test_sigma_is_a_standard_deviation():
    found = m.noise_tolerance(sign(0.6), draws=150)
    assert abs(found.details["sigma"] - 0.6 / 1.2816) < min(4 * found.details["sigma_stderr"], 0.12)  # its square would be 0.22
    assert found.converged and abs(found.details["drop"] - 0.1) < 0.01
    assert found.value == pytest.approx(found.details["sigma"] ** -2)


def test_magnitude_aware_noise_is_relative_to_the_weight():
    found = [m.noise_tolerance(sign(w), draws=150, magnitude=True) for w in (0.6, 60.0)]
    assert abs(found[0].details["sigma"] - 1 / 1.2816) < 4 * found[0].details["sigma_stderr"]
    assert found[1].value == pytest.approx(found[0].value, rel=0.05)


def test_noise_that_never_costs_enough_is_not_converged():
    found = m.noise_tolerance(sign(50.0))
    assert not found.converged and found.details["sigma"] == 2 and "does not drop" in found.notes[0]


@pytest.mark.parametrize("magnitude", [False, True])
def test_batchnorm_is_folded_first(magnitude):
    """Noise in folded coordinates is the noise of the folded network: the same draws, the same errors."""
    (x, _), net = cases.images(n=60), cases.convbn().eval()
    plain = nn.Sequential(*[nn.utils.fuse_conv_bn_eval(net[i], net[i + 1]).eval() if i in (0, 3) else net[i]
                            for i in range(len(net)) if i not in (1, 4)]).requires_grad_()
    found, folded = (m.noise_tolerance(la.Objective.from_module(one, (x, net(x).argmax(1)), "cross_entropy"), magnitude=magnitude)
                     for one in (net, plain))
    assert found.notes == () and found.details["error"] == folded.details["error"] == 0
    assert found.details["trace"] == folded.details["trace"] and len(found.details["trace"]) > 3


def test_a_batchnorm_that_cannot_be_folded_stays_and_is_said():
    net = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(72), nn.ReLU(), nn.Linear(72, 3))
    found = m.noise_tolerance(la.Objective.from_module(net, cases.images(), "cross_entropy"), draws=3)
    assert "BatchNorm is not folded at 1.weight, 1.bias" in found.notes[0]


def test_classes_are_needed():
    x = torch.randn(8, 3)
    with pytest.raises(la.InputError, match="one class an example"):
        m.noise_tolerance(la.Objective.from_module(nn.Linear(3, 3), (x, x), "mse"))


@pytest.mark.parametrize("observed", [0.0, 0.03, 0.5, 0.8])
@pytest.mark.parametrize("rate", [1e-4, 0.05, 0.8])
def test_the_inverse_of_kl(observed, rate):
    e = bound.inverse_kl(observed, rate)
    p, q = torch.distributions.Bernoulli(torch.tensor(observed).double()), torch.distributions.Bernoulli(torch.tensor(e).double())
    assert observed < e < 1 and float(kl_divergence(p, q)) == pytest.approx(rate, rel=1e-3)


def test_divergence_and_rate():
    torch.manual_seed(0)
    q = {"mean": torch.randn(7), "log_spread": torch.randn(7)}
    expected = kl_divergence(Normal(q["mean"].double(), q["log_spread"].double().exp()), Normal(0.0, math.exp(-1.5))).sum()
    assert float(bound.divergence(q, -3.0)) == pytest.approx(float(expected), rel=1e-6)
    kl, j = torch.tensor(12.0).double(), torch.tensor(40.0).double()
    assert float(bound._rate(kl, j, 500)) == pytest.approx((12 + 2 * math.log(40) + math.log(math.pi**2 * 500 / (6 * 0.025))) / 499)


def binary(width=32, n=1200):
    x, y = digits.data()
    x, y = x.flatten(1), (y >= 5).float()[:, None]
    net = cases.seeded(lambda: nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 1)))
    objective = la.Objective.from_module(net, (x[:n], y[:n]), "bce", batch_size=100)
    return objective, objective.with_data((x[n:], y[n:]))


def test_the_bound_of_binary_digits_is_not_vacuous_and_holds():
    objective, test = binary()
    trained = la.fit(objective, optimizer=partial(torch.optim.SGD, lr=0.05, momentum=0.9), steps=300).point
    found = m.pac_bayes_bound(objective, objective.point(), point=trained, steps=1000, rate=6e-3, draws=100)
    assert found.value < 0.8 and 0 < found.details["train_error"] < 0.12
    assert found.value == pytest.approx(bound.inverse_kl(bound.inverse_kl(found.details["train_error"], math.log(200) / 100),
                                                         found.details["rate"]))
    log_prior = found.details["log_prior"]
    assert found.details["j"] >= 1 and log_prior == pytest.approx(math.log(0.1) - found.details["j"] / 100)
    posterior = found.details["posterior"]
    q = {"mean": torch.cat([(posterior["mean"][n] - objective.params[n]).reshape(-1) for n in objective.params]),
         "log_spread": torch.cat([posterior["std"][n].log().reshape(-1) for n in objective.params])}
    assert found.details["kl"] == pytest.approx(float(bound.divergence(q, log_prior)), rel=1e-3)
    drawn = {n: posterior["mean"][n] + posterior["std"][n] * torch.randn(posterior["std"][n].shape) for n in objective.params}
    assert Surface(test, drawn).error({}) < found.value


@pytest.mark.parametrize(("make", "words"), [
    (lambda: (la.Objective.from_module(cases.convbn(), cases.images(), "cross_entropy"), None), "BatchNorm"),
    (lambda: (binary()[0], "itself"), "init is the point itself"), (lambda: (binary()[0], {"other": torch.zeros(3)}), "another network")])
def test_what_would_void_the_bound_is_refused(make, words):
    objective, init = make()
    with pytest.raises(la.InputError, match=words):
        m.pac_bayes_bound(objective, objective.point() if init in (None, "itself") else init)
