"""What goes wrong is said, with the place where it begins; what goes well is not."""

import math
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from cases import blobs, convbn, images, mlp

import lossatlas as la
from lossatlas.monitor.flags import FEWEST, WINDOW, Spikes
from lossatlas.monitor.health import inspect


def events(monitor, word):
    return [event for event in monitor.dataset().attrs["events"] if event["event"] == word]


def loop(model, data, *, rates, probes="default", spoil=None, **options):
    """A loop with a learning rate per step; ``spoil(step)`` comes before the update."""
    descent = torch.optim.SGD(model.parameters(), lr=1.0)
    objective = la.Objective.from_module(model, data, "cross_entropy", batch_size=len(data[0]))
    model.train()
    with la.Monitor(objective, probes=probes, budget=None, **options).watch(model, descent) as monitor:
        for step, rate in enumerate(rates):
            descent.param_groups[0]["lr"] = rate
            descent.zero_grad()
            loss = F.cross_entropy(model(data[0]), data[1])
            loss.backward()
            if spoil:
                spoil(step)
            descent.step()
            monitor.observe(loss=loss)
    return monitor


def test_an_injected_spike_of_the_learning_rate_is_flagged_and_nothing_else():
    data = blobs(60)
    quiet = loop(mlp(), data, rates=[0.1] * 40, probes=("loss",))
    assert not events(quiet, "spike")
    spiked = loop(mlp(), data, rates=[0.1] * 25 + [20.0] + [0.1] * 14, probes=("loss",))
    found = events(spiked, "spike")
    assert {event["step"] for event in found} <= {26, 27} and found
    assert any("the loss of the fixed examples is" in event["text"] for event in found)
    assert any("the training loss is" in event["text"] for event in found)


def test_the_rule_of_spikes():
    spikes = Spikes("the loss is")
    noise = torch.randn(200, generator=torch.Generator().manual_seed(0)).mul(0.05).add(1).tolist()
    assert not any(spikes.see(step, value) for step, value in enumerate(noise))
    assert "robust standard deviations of its logarithm above the median" in spikes.see(200, 2.0)
    assert spikes.see(201, 2.1) is None and spikes.see(202, math.nan) is None  # the same spike
    assert all(spikes.see(203 + k, 1.0) is None for k in range(WINDOW))
    assert spikes.see(300, 2.0)
    few = Spikes("the loss is")
    assert all(few.see(k, 10.0**k) is None for k in range(FEWEST))


def test_curvature_above_the_threshold_is_flagged_until_it_is_below():
    data = blobs(60)
    objective = la.Objective.from_module(mlp(), data, "cross_entropy", batch_size=60)
    value = float(la.eigenpairs(la.hessian(objective), 1).values[0])
    rates = [2 / (0.5 * value)] + [1e-4] * 2 + [2 / (0.2 * value)] * 2
    descent = torch.optim.SGD([torch.nn.Parameter(t.clone()) for t in objective.params.values()], lr=rates[0])
    model = mlp()
    descent = torch.optim.SGD(model.parameters(), lr=rates[0])
    monitor = la.Monitor(objective, probes="lambda_max", budget=None, examples=60).watch(model, descent, manual=True)
    for step, rate in enumerate(rates[1:], 1):
        descent.param_groups[0]["lr"] = rate
        monitor.observe(step)
    found = events(monitor, "unstable")
    assert [event["step"] for event in found] == [0, 3] and "full-batch statement" in found[0]["text"]
    monitor.close()


def test_where_numbers_stop_being_finite():
    data = blobs(40)
    model = mlp()

    def spoil(step):
        if step == 3:
            model[3].weight.grad[0, 0] = math.nan

    (event,) = events(loop(model, data, rates=[0.1] * 6, spoil=spoil), "not finite")
    assert event["step"] == 4 and "it begins in the weights: 3.weight" in event["text"]
    model = mlp()

    def blow(step):
        if step == 2:
            with torch.no_grad():
                model[3].weight.fill_(3e38)

    found = events(loop(model, data, rates=[0.0] * 4, spoil=blow), "not finite")
    assert len(found) == 1 and "in the output of 3 (Linear)" in found[0]["text"] and found[0]["step"] == 3


def test_a_fit_that_blows_up_says_so():
    objective = la.Objective.from_module(mlp(), blobs(), "mse" if False else "cross_entropy", batch_size=10)
    monitor = la.Monitor(objective, budget=None)
    with pytest.warns(RuntimeWarning, match="training stopped"), monitor:
        fit = la.fit(objective, optimizer=partial(torch.optim.SGD, lr=1e30), steps=20, hooks=[monitor])
    assert fit.stopped and len(events(monitor, "not finite")) == 1


def test_dead_units_are_counted_by_layer():
    model, data = mlp(), blobs(40)
    with torch.no_grad():
        model[0].bias[:6] = -100.0
    monitor = loop(model, data, rates=[0.01] * 3)
    (event,) = events(monitor, "dead units")
    assert event["step"] == 0 and event["text"] == "6 of 8 units of 1 answer to no fixed example"
    first, second = torch.relu(model[0](data[0])), torch.relu(model[3](torch.relu(model[0](data[0]))))
    dead = sum(int((one == 0).all(0).sum()) for one in (first, second))
    assert float(monitor.dataset()["dead_units"][-1]) == dead / 16 and dead >= 6
    alive = loop(mlp(), data, rates=[0.01] * 3)
    assert not events(alive, "dead units")


def test_functional_rectifiers_channels_and_tokens():
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.head = torch.nn.Conv2d(2, 4, 3), torch.nn.Linear(4, 3)

        def forward(self, x):
            return self.head(F.relu(self.conv(x)).relu().mean((2, 3)))

    net = Net()
    with torch.no_grad():
        net.conv.bias[1] = -1e3
    objective = la.Objective.from_module(net, images(), "cross_entropy", batch_size=7)
    assert inspect(objective, objective.point())[0] == {"network": (1, 4), "network (call 2)": (1, 4)}


def test_drift_of_running_statistics_is_what_it_is_said_to_be():
    model, data = convbn(), images(40)
    objective = la.Objective.from_module(model, data, "cross_entropy", batch_size=13)
    point = {name: tensor.clone() for name, tensor in objective.point().items()}
    x = model[0](data[0]).detach().double().transpose(0, 1).flatten(1)
    mean, var = x.mean(1), x.var(1, unbiased=False)
    at, wide = (point[f"1.running_{what}"].double() for what in ("mean", "var"))
    expected = 0.5 * ((var + (mean - at) ** 2) / wide - 1 + (wide / var).log())
    assert inspect(objective, point)[1]["1"] == pytest.approx(float(expected.mean()), rel=1e-4)
    point["1.running_mean"], point["1.running_var"] = mean.float(), var.float()
    assert inspect(objective, point)[1]["1"] == pytest.approx(0, abs=1e-5)
    point["1.running_mean"] = (mean + var.sqrt()).float()
    assert inspect(objective, point)[1]["1"] == pytest.approx(0.5, rel=1e-3)


def test_drift_is_flagged_once_statistics_had_time_to_settle():
    model, data = convbn(), images(40)
    for layer in (model[1], model[4]):
        layer.momentum = 0.0
        layer.running_mean += 30
    objective = la.Objective.from_module(model, data, "cross_entropy", batch_size=10)
    monitor = la.Monitor(objective, probes="health", budget=None)
    monitor.watch(model, torch.optim.SGD(model.parameters(), lr=0.1), manual=True)
    for step in (50, 100, 150):
        monitor.observe(step)
    found = events(monitor, "batchnorm drift")
    assert [event["step"] for event in found] == [100, 100] and "running statistics of 1" in found[0]["text"]
    monitor.close()


def test_a_gauge_that_cannot_measure_is_left_out_and_that_is_said():
    model, data = mlp(), blobs()
    descent = torch.optim.SGD(model.parameters(), lr=0.1)
    objective = la.Objective.from_module(model, data, "cross_entropy")

    def broken(point):
        raise RuntimeError("no such kernel")

    with pytest.warns(RuntimeWarning, match="leaves function1 out: no such kernel"):
        monitor = la.Monitor(objective, probes=["loss", broken], budget=None).watch(model, descent)
    (event,) = events(monitor, "failed")
    assert "function1 cannot be measured here" in event["text"] and monitor.dataset()["loss"].notnull().all()
    monitor.close()
