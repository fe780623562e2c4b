"""How examples are laid out in memory and how many are taken at once: it changes the speed and no value."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

import lossatlas as la
from lossatlas.curvature import batching
from lossatlas.curvature.batching import Batching
from lossatlas.curvature.choosing import Choice
from lossatlas.errors import InputError

MAKERS = {"hessian": la.hessian, "ggn": la.ggn, "empirical fisher": la.empirical_fisher,
          "sampled fisher": lambda o, **options: la.fisher(o, labels="sampled", **options)}


def gen(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def choice(backend: str, taken: Batching) -> Choice:
    return Choice(backend, int(backend in ("linearized", "retained")), 1 << 30, "told", batching=taken)


def convolutional(bn: str = "eval", batch_size: int = 24) -> la.Objective:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Tanh(), nn.Conv2d(4, 3, 2), nn.AvgPool2d(2),
                               nn.Flatten(), nn.Linear(12, 3)).double().eval()
    x, y = torch.randn(62, 3, 5, 6, generator=gen(1)).double(), torch.randint(3, (62,), generator=gen(2))
    return la.Objective.from_module(module, (x, y), "cross_entropy", batch_size=batch_size, bn=bn)


@pytest.mark.parametrize("backend", ["linearized", "retained", "forward", "reverse"])
@pytest.mark.parametrize("kind", ["hessian", "ggn", "empirical fisher"])
def test_products_are_the_same_in_every_batching(kind: str, backend: str) -> None:
    given, other = (MAKERS[kind](convolutional(), backend=backend) for _ in range(2))
    other.recorder.choice = choice(backend, Batching(channels_last=True, micro_batch=9))
    v = torch.randn(given.shape[0], 2, generator=gen(3)).double()
    torch.testing.assert_close(other @ v, given @ v, rtol=1e-10, atol=1e-13)
    assert [batch.size for batch in other.problem.batches] == [9] * 6 + [8] and other.problem.channels_last
    said = other.describe()
    assert said["micro_batch"] == 9 and said["memory_format"] == "channels_last"
    assert not {"micro_batch", "memory_format"} & set(given.describe())


def test_a_recorded_derivative_serves_its_own_batching_only() -> None:
    plain, last = (la.hessian(convolutional(), backend="linearized") for _ in range(2))
    v = torch.randn(plain.shape[0], generator=gen(4)).double()
    expected = plain @ v
    last.recorder = plain.recorder
    last.recorder.choice = choice("linearized", Batching(channels_last=True))
    torch.testing.assert_close(last @ v, expected, rtol=1e-10, atol=1e-13)
    assert len(plain.recorder._by_shape) == 4  # two sizes of batches in each batching


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Gradients take the seconds that are told, those of an unknown batching a second; every trial is worth it."""
    told = SimpleNamespace(seconds={}, asked=[])

    def seconds(problem, first, candidate, runs):
        told.asked.append(candidate)
        return told.seconds.get((candidate.channels_last, candidate.micro_batch), 1.0)

    monkeypatch.setattr(batching, "_seconds", seconds)
    monkeypatch.setattr(batching, "SIZES", (12, 6))
    return told


@pytest.mark.parametrize(("seconds", "expected"), [
    ({}, Batching()),
    ({(True, None): 0.8, (True, 12): 0.6, (True, 6): 0.59}, Batching(True, 12)),  # the last gain is noise
    ({(True, None): 0.8, (True, 12): 0.9, (True, 6): 0.5}, Batching(True, 6)),
    ({(True, None): 1.2, (False, 12): 0.7}, Batching(False, 12)),
    ({(True, None): float("inf"), (False, 6): 0.7}, Batching(False, 6)),
])
def test_the_fastest_batching_is_taken(clock: SimpleNamespace, seconds: dict, expected: Batching) -> None:
    clock.seconds = seconds
    op = la.hessian(convolutional())
    choice = op.prepare()
    assert choice.batching == expected
    assert "channels last, 24" in choice.batching_why and "12: " in choice.batching_why
    assert op.problem.channels_last is expected.channels_last and op.problem.batches[0].size == (expected.micro_batch or 24)


@pytest.mark.parametrize(("make", "bn"), [(MAKERS["hessian"], "batch"), (MAKERS["sampled fisher"], "eval")])
def test_batches_stay_where_results_depend_on_them(clock: SimpleNamespace, make, bn: str) -> None:
    clock.seconds = {(False, 12): 0.1, (False, 6): 0.1, (True, None): 0.5}
    op = make(convolutional(bn=bn))
    assert op.prepare().batching == Batching(channels_last=True)
    assert [batch.size for batch in op.problem.batches] == [24, 24, 14]


def test_small_work_is_not_worth_a_trial(clock: SimpleNamespace) -> None:
    clock.seconds = {(False, None): 1e-3, (True, None): 1e-9}
    assert la.hessian(convolutional()).prepare().batching == Batching() and clock.asked == [Batching()]


def test_a_bound_on_memory_comes_first(clock: SimpleNamespace) -> None:
    clock.seconds = {(False, 12): 0.1, (True, None): 2.0}
    assert la.hessian(convolutional()).prepare().batching.micro_batch == 12
    tight = la.hessian(convolutional(), memory=60_000)
    least = tight.prepare().batching.micro_batch
    assert least < 12 and tight.problem.batches[0].size == least


def test_gradients_are_timed_as_they_are_taken() -> None:
    op = la.hessian(convolutional())
    first, seen, losses = op.problem.batches[0], [], type(op.problem).loss

    def loss(self, theta, value, size):
        seen.append((size, self._laid_out(value)[0].is_contiguous(memory_format=torch.channels_last)))
        return losses(self, theta, value, size)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(op.problem), "loss", loss)
        assert 0 < batching._seconds(op.problem, first, Batching(True, 10), 2) < 10
    assert seen == [(10, True), (10, True), (4, True)] * 2
    assert not op.problem.channels_last


def test_the_points_of_a_map_take_the_batching_of_the_first(clock: SimpleNamespace) -> None:
    clock.seconds = {(True, None): 0.5}
    o = convolutional()
    probe, plain = la.probes.curvature(o), la.probes.curvature(o)
    other = la.random_slice(o)(torch.tensor([0.3, 0.2]))
    probe.at(o.point(), None)
    asked = len(clock.asked)
    found = probe.at(other, None)
    assert probe._memory.recorder.choice.batching == Batching(channels_last=True) and len(clock.asked) == asked > 0
    clock.seconds = {}
    expected = plain.at(other, None)
    assert plain._memory.recorder.choice.batching == Batching()
    assert found == pytest.approx(expected, rel=1e-9)


def test_who_names_a_backend_waits_for_no_trial(clock: SimpleNamespace) -> None:
    clock.seconds = {(True, None): 0.1}
    assert la.hessian(convolutional(), backend="retained").prepare().batching == Batching() and not clock.asked


@pytest.mark.parametrize("make", [la.hessian, la.ggn])
def test_an_operator_like_another_takes_its_choice_and_recordings(clock: SimpleNamespace, make) -> None:
    clock.seconds = {(True, None): 0.5}
    o = convolutional()
    first = make(o)
    v = torch.randn(first.shape[0], generator=gen(6)).double()
    first @ v
    asked, there = len(clock.asked), la.random_slice(o)(torch.tensor([0.2, -0.4]))
    second = make(o, there, like=first)
    assert second.recorder is first.recorder
    torch.testing.assert_close(second @ v, make(o, there, backend="reverse") @ v, rtol=1e-9, atol=1e-12)
    assert len(clock.asked) == asked and second.choice is first.choice


def test_an_operator_is_not_like_any_other() -> None:
    o, another = convolutional(), convolutional()
    op = la.hessian(o)
    for call in (lambda: la.ggn(o, like=op), lambda: la.hessian(o, params="*weight", like=op), lambda: la.hessian(another, like=op),
                 lambda: la.hessian(o.with_bn("batch"), like=op),
                 lambda: la.hessian(o, like="op")):
        with pytest.raises(InputError, match=r"like is .*expected the"):
            call()


@pytest.mark.parametrize("asked", [{"backend": "reverse"}, {"memory": 1e9}])
def test_what_is_asked_for_is_not_silently_another_operators(asked: dict) -> None:
    o = convolutional()
    with pytest.raises(InputError, match="whose choice is taken"):
        la.hessian(o, like=la.hessian(o), **asked)
    one = la.hessian(o, **asked)
    assert la.hessian(o, like=one, **asked).recorder is one.recorder is la.hessian(o, like=one).recorder
