"""Pieces of work by several threads, and networks of dense layers that are evaluated by them."""

from collections.abc import Iterator
from functools import partial
from threading import Barrier, get_ident
from typing import Any

import cases
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import lossatlas as la
from lossatlas.execution import dense
from lossatlas.execution.plan import Plan, Planned
from lossatlas.execution.points import Several
from lossatlas.execution.threads import Crew


@pytest.fixture
def three_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


# ---- a crew ----------------------------------------------------------------------------------------------------------


def test_every_piece_is_done_once_by_threads_that_work_side_by_side(three_threads: None) -> None:
    crew, together, done = Crew(), Barrier(3), []

    def work(piece: int, rooms: Any) -> None:
        if piece < 3:
            together.wait(timeout=20)  # breaks where fewer than three are at work
        done.append((piece, get_ident(), id(rooms), torch.get_num_threads(), torch.is_grad_enabled(), torch.is_inference_mode_enabled()))

    for mode, inference in ((torch.no_grad, False), (torch.inference_mode, True)):
        done.clear()
        with mode(), crew.hired():
            crew(work, range(50))
        assert sorted(one[0] for one in done) == list(range(50))
        assert len({one[1] for one in done}) == 3 == len({one[1:3] for one in done}), "each has memory of its own"
        assert {one[3:] for one in done} == {(1, False, inference)}, "the modes of torch are those of the caller"
        assert torch.get_num_threads() == 3


def test_an_error_of_any_thread_is_raised_and_torch_has_its_threads_back(three_threads: None) -> None:
    crew, together, mine = Crew(), Barrier(3), get_ident()

    def fails(piece: int, rooms: Any) -> None:
        together.wait(timeout=20)
        if (get_ident() == mine) == (piece >= 3):
            raise ZeroDivisionError(str(piece))

    for pieces in ([0, 1, 2], [3, 4, 5]):  # of one of the others; of this one
        with pytest.raises(ZeroDivisionError), crew.hired():
            crew(fails, pieces)
        assert torch.get_num_threads() == 3
    done: list[int] = []
    with crew.hired():
        crew(lambda piece, rooms: done.append(piece), range(9))
    assert sorted(done) == list(range(9))


def test_under_autocast_and_unless_hired_this_thread_does_all(three_threads: None) -> None:
    crew, threads = Crew(), set()
    with torch.autocast("cpu", torch.bfloat16), crew.hired():
        crew(lambda piece, rooms: threads.add(get_ident()), range(9))
    crew(lambda piece, rooms: threads.add(get_ident()), range(9))
    assert threads == {get_ident()}


# ---- dense networks by several threads -------------------------------------------------------------------------------


def weighted(outputs: Any, targets: Any) -> Any:
    return F.cross_entropy(outputs, targets, reduction="none"), 1.0 + targets.float()


LOSSES: dict[str, Any] = {"cross_entropy": "cross_entropy", "weighted": weighted,
                          "smooth": partial(F.cross_entropy, reduction="none", label_smoothing=0.1)}


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("count", [1, 37])
def test_dense_networks_by_several_threads(seed: int, loss: str, count: int, three_threads: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense, "FEWEST", 10)
    monkeypatch.setattr(dense, "CACHE", 1)  # 43 examples in 5 tiles of 9: the last is filled up
    (x, y), penalty = cases.blobs(43, seed=seed), 1e-3 * seed
    model = cases.seeded(lambda: nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 5, bias=False), nn.Tanh(), nn.Linear(5, 3)), seed)
    o = la.Objective.from_module(model, (x, y), LOSSES[loss], penalty=penalty, batch_size=43, metrics={"accuracy": la.metrics.accuracy})
    family = la.random_slice(o, seed=seed, ignore=())
    us = torch.as_tensor(np.random.default_rng(seed).uniform(-1, 1, (count, 2)))
    several = Several(Planned(la.probes.loss(o), Plan(name="auto", forward="dense", points=48)))
    with torch.no_grad():
        found = several(family, us)
        torch.set_num_threads(1)
        alone = several(family, us)
    assert all(torch.equal(alone[name], value) for name, value in found.items()), "whoever does a piece, it is the same"
    for u, value, right in zip(us, found["loss"], found["accuracy"], strict=True):
        point = {name: p.double() for name, p in family(u).items()}
        z = torch.func.functional_call(model.double(), point, (x.double(),))
        answer = LOSSES[loss](z, y) if callable(LOSSES[loss]) else F.cross_entropy(z, y, reduction="none")
        losses, weights = answer if isinstance(answer, tuple) else (answer, torch.ones_like(answer))
        added = penalty / 2 * sum(p.square().sum() for p in point.values())
        assert float(value) == pytest.approx(float((losses * weights).sum() / weights.sum() + added), rel=1e-6)
        assert float(right) == pytest.approx(float((z.argmax(1) == y).double().mean()))
    model.float()
