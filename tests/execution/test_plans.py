"""Plans: checked against the plain way, chosen openly, kept from what they may not touch."""

from dataclasses import dataclass, replace
from typing import Any

import cases
import numpy as np
import pytest
import torch
from torch import nn

import lossatlas as la
from lossatlas.data import Batch
from lossatlas.execution import candidates, dense, memory
from lossatlas.execution.candidates import choose_plan, difference, words
from lossatlas.execution.forward import module_forward
from lossatlas.execution.plan import Plan, Planned, parts_of
from lossatlas.execution.points import Several, _Known
from lossatlas.execution.sums import QuickSums, in_blocks
from lossatlas.execution.threads import Crew
from lossatlas.family.points import Points
from lossatlas.numerics.stats import Stats
from lossatlas.objective import Prepared
from lossatlas.result.schema import Quantity
from lossatlas.run.plan import Evaluator

COORDS = {"alpha": la.axis(-1, 1, 5), "beta": la.axis(-0.5, 1, 4)}
US = torch.rand(7, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) * 2 - 1


def net(seed: int = 0, act: Any = nn.ReLU, bias: bool = True) -> nn.Module:
    def make() -> nn.Module:
        return nn.Sequential(nn.Flatten(), nn.Linear(6, 8, bias=bias), act(), nn.Linear(8, 5), act(), nn.Linear(5, 3))

    return cases.seeded(make, seed)


def objective(model: Any = None, data: Any = None, loss: Any = "cross_entropy", batch_size: int = 7, **options: Any) -> la.Objective:
    return la.Objective.from_module(model or net(), data or cases.blobs(), loss, batch_size=batch_size, **options)


def parts_of_one(one: la.Objective) -> Any:
    return Planned(la.probes.loss(one), Plan()).parts[0]


def compared(probe: Any, family: Any, plan: Plan, us: torch.Tensor = US) -> None:
    """Every quantity of a plan is that of the plain way, point by point."""
    planned = Planned(probe, plan)
    with planned.mode():
        several = Several(planned)(family, us) if plan.points > 1 else None
        for i, u in enumerate(us):
            plain = probe(family(u))
            found = {q: v[i] for q, v in several.items()} if several else planned(family(u))
            assert set(found) == set(plain)
            for name, value in plain.items():
                assert torch.allclose(found[name].double(), value.double(), rtol=2e-5, atol=1e-7, equal_nan=True), name


# ---- plans as data ---------------------------------------------------------------------------------------------------


def test_a_plan_is_plain_data_and_comes_back() -> None:
    plan = Plan(name="auto", forward="graph", fold=True, micro_batch=32, dtype="bfloat16")
    assert Plan.of(plan.described()) == plan and Plan.of(Plan().described()) == Plan()
    assert Plan().described() == {"name": "plain", "device": "cpu"} and not Plan(name="bf16").changes and plan.changes


@pytest.mark.parametrize(("given", "said"), [
    ("fast", "expected auto, plain, bf16"), ({"name": "auto", "microbatch": 3}, "did you mean 'micro_batch'"),
    ({"name": "auto", "micro_batch": 0}, "at least 1"), ({"name": "auto", "points": True}, "at least 1"),
    ({"name": "auto", "fold": 1}, "True or False"), ({"name": "auto", "forward": "graf"}, "did you mean 'graph'"),
    ({"name": "plain", "micro_batch": 3}, "named 'plain' and is not")])
def test_what_is_no_plan(given: Any, said: str) -> None:
    with pytest.raises(la.InputError, match=said):
        Plan.of(given)


# ---- every way gives the same numbers --------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("size", [1, 3, 50, 64])
def test_micro_batches_change_no_quantity(seed: int, size: int) -> None:
    one = objective(net(seed), metrics={"accuracy": la.metrics.accuracy}, penalty=1e-3)
    probe = la.probes.loss({"train": one, "test": one.with_data(cases.blobs(23, seed=5), batch_size=9)}, per="class")
    compared(probe, la.random_slice(one, seed=seed), Plan(name="auto", micro_batch=size), US[:2])


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("forward", ["plain", "dense"])
@pytest.mark.parametrize("act", [nn.ReLU, nn.Tanh, nn.GELU])
@pytest.mark.parametrize("points", [2, 7, 20])
def test_several_points_at_once(seed: int, forward: str, act: Any, points: int) -> None:
    one = objective(net(seed, act, bias=seed == 0), metrics={"accuracy": la.metrics.accuracy}, penalty=1e-3)
    plan = Plan(name="auto", forward=forward, points=points, micro_batch=11)
    compared(la.probes.loss(one, per="class"), la.random_slice(one, seed=seed), plan, US[:points])
    compared(la.probes.loss(one), la.random_slice(one, seed=seed, ignore=()), plan, US[:points])


@pytest.mark.parametrize("forward", ["plain", "dense"])
def test_several_points_on_lines_and_planes_through_points(forward: str) -> None:
    one = objective()
    points = [la.Objective.from_module(net(seed), cases.blobs(), "cross_entropy").point() for seed in (3, 4, 5)]
    plan = Plan(name="auto", forward=forward, points=4)
    compared(la.probes.loss(one), la.plane(*points), plan, US[:4])
    compared(la.probes.loss(one), la.line(*points[:2]), plan, US[:4, :1])
    ends = Several(Planned(la.probes.loss(one), plan))(la.line(*points[:2]), torch.tensor([[0.0], [1.0]], dtype=torch.float64))
    assert ends["loss"].tolist() == pytest.approx([float(la.probes.loss(one)(p)["loss"]) for p in points[:2]], rel=1e-6)


@pytest.mark.parametrize("forward", ["plain", "dense"])
def test_several_points_of_copies_and_of_a_line_that_leaves_layers_alone(forward: str) -> None:
    one = objective()
    copies, plan = la.random_slice(one, repeats=3, seed=2), Plan(name="auto", forward=forward, points=5)
    us = torch.cat([torch.tensor([[0.0], [0.0], [1.0], [2.0]], dtype=torch.float64), US[:4]], 1)
    compared(la.probes.loss(one), copies, plan, us)
    compared(la.probes.loss(one), copies, plan, us[:2])
    compared(la.probes.loss(one), la.random_slice(one, params=("5.*",)), plan, US[:5])


@pytest.mark.parametrize("loss", ["mse", "cross_entropy"])
def test_several_points_of_images_token_losses_and_regression(loss: str) -> None:
    data = (torch.randn(20, 6), torch.randn(20, 3)) if loss == "mse" else (torch.randn(20, 6), torch.tensor([0, 1, -100, 2] * 5))
    one = objective(data=data, loss=loss)
    for forward in ("plain", "dense"):
        compared(la.probes.loss(one), la.random_slice(one), Plan(name="auto", forward=forward, points=3), US[:3])
    images = la.Objective.from_module(cases.convbn(), cases.images(), "cross_entropy", batch_size=9)
    compared(la.probes.loss(images), la.random_slice(images), Plan(name="auto", points=3), US[:3])


def test_several_points_with_losses_that_are_not_finite() -> None:
    one, plan = objective(), Plan(name="auto", forward="dense", points=3)
    us = torch.tensor([[0.0, 0.0], [1e25, 1e25], [0.1, 0.2]], dtype=torch.float64)
    found, plain = Several(Planned(la.probes.loss(one), plan))(la.random_slice(one), us), la.probes.loss(one)
    values = [float(plain(la.random_slice(one)(u))["loss"]) for u in us]
    assert np.isnan(values[1]) and [bool(torch.isnan(v)) for v in found["loss"]] == [False, True, False]


def mean_of_top(outputs: Any, targets: Any) -> torch.Tensor:
    return outputs.amax() - targets.double().mean()


def test_metrics_that_answer_one_number_for_a_batch_keep_the_batches() -> None:
    one = objective(data=cases.blobs(60), metrics={"top": mean_of_top})
    assert memory.means_of_batches(one) == ("top",) and "'top'" in memory.keeps_batches(one) and not memory.by_batch(one)
    assert memory.keeps_batches(objective(metrics={"own": lambda o, t: (o.argmax(1) == t).double()})) == ""
    probe = la.probes.loss(one)
    compared(probe, la.random_slice(one), Plan(name="auto", forward="dense", points=3, micro_batch=60), US[:3])
    compared(probe, la.random_slice(one), Plan(name="auto", micro_batch=30), US[:2])
    found = chosen(probe, la.random_slice(one))
    assert found.plan.micro_batch is None and "batches stay as they are under the metric 'top'" in found.why
    with pytest.raises(la.LossAtlasError, match="the metric 'top', which answers one number"):
        Planned(probe, Plan(name="auto", forward="module")).smaller()


@pytest.mark.parametrize("plan", [Plan(name="auto", forward="dense", points=20), Plan(name="auto", points=3, micro_batch=7)])
def test_numbered_points_are_made_in_one_operation(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    one = objective(metrics={"accuracy": la.metrics.accuracy})
    inner = la.random_slice(one, seed=3)
    numbered, numbers = Points(inner, US.numpy()), torch.tensor([[4.0], [0.0], [6.0]], dtype=torch.float64)
    compared(la.probes.loss(one), numbered, plan, numbers)
    several = Several(Planned(la.probes.loss(one), plan))
    monkeypatch.setattr(Points, "__call__", lambda self, u: pytest.fail("one at a time"))
    found = several(numbered, numbers)["loss"]
    assert torch.equal(found, several(inner, US[[4, 0, 6]])["loss"])


@pytest.mark.parametrize("start", [0, 5, 16])
def test_sums_of_several_points_are_those_of_each(start: int) -> None:
    names = {"accuracy": la.metrics.accuracy, "error": la.metrics.error}
    one = objective(data=cases.blobs(37), metrics=names, batch_size=37)
    quick = QuickSums(parts_of_one(one), Crew())
    logits = torch.randn(20, 37, 3, generator=torch.Generator().manual_seed(start)) * 30
    logits[1, :5] = 0.25  # classes alike: the first one counts
    logits[2, 3, 1], logits[3, 4, 0], logits[4, 5, 2] = float("nan"), float("inf"), -float("inf")
    logits[5, 6], logits[6, 7, 1:] = float("nan"), logits[6, 7, :1]
    value = next(iter(one.data)).value
    batch = Batch(value, start, 37)
    found = quick(in_blocks(logits), 20, batch)
    assert found is not None and quick.alone
    for i, outputs in enumerate(logits):
        plain = one.stats(Prepared({}, None, None, _Known(outputs)), batch)
        assert set(plain) == set(found.sums)
        for name, value in plain.items():
            assert torch.allclose(found.sums[name][i], value, rtol=1e-6, atol=1e-6, equal_nan=True), (i, name)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_other_precisions_at_several_points_at_once(dtype: Any) -> None:
    one = objective(dtype=dtype, metrics={"accuracy": la.metrics.accuracy})
    plan, probe, family = Plan(name="auto", forward="dense", points=3), la.probes.loss(one), la.random_slice(one)
    found = Several(Planned(probe, plan))(family, US[:3])["loss"]
    plain = torch.stack([probe(family(u))["loss"] for u in US[:3]])
    assert torch.allclose(found, plain, rtol=1e-10 if dtype == torch.float64 else 0.02)


def test_a_probe_that_asks_for_outputs_gets_them() -> None:
    @dataclass(frozen=True, eq=False)
    class Largest:
        objective: la.Objective
        quantities: Any = (Quantity("largest", "mean of the largest output"),)

        def stats(self, point: Any, batch: Any) -> Stats:
            outputs, losses, _ = self.objective._losses(self.objective.prepare(point), batch)
            return Stats({"top": outputs.amax(1).double().sum(), "n": torch.ones_like(losses).double().sum()})

        def finish(self, stats: Any) -> Any:
            return {"largest": stats["top"] / stats["n"]}

        def __call__(self, point: Any) -> Any:
            with torch.no_grad():
                parts = [self.stats(point, batch) for batch in self.objective.data]
            return self.finish({name: sum(part[name] for part in parts) for name in ("top", "n")})

    one = objective()
    for forward in ("plain", "dense"):
        compared(Largest(one), la.random_slice(one), Plan(name="auto", forward=forward, points=5, micro_batch=11), US[:5])


def test_tiles_of_examples_and_blocks_of_points_change_no_quantity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense, "FEWEST", 5)
    monkeypatch.setattr(dense, "CACHE", 1)
    one = objective(data=cases.blobs(43), metrics={"accuracy": la.metrics.accuracy}, batch_size=43)
    for forward in (one, one.with_metrics({})):
        compared(la.probes.loss(forward), la.random_slice(one), Plan(name="auto", forward="dense", points=40), US.repeat(5, 1)[:33])
    compared(la.probes.loss(one, per="class"), la.random_slice(one, params=("5.*",)), Plan(name="auto", forward="dense", points=3), US[:3])


@pytest.mark.parametrize("model", [cases.convbn(), cases.Mixed(), nn.Sequential(nn.Linear(6, 3), nn.LayerNorm(3))])
def test_the_dense_way_refuses_other_networks(model: Any) -> None:
    with pytest.raises(la.InputError, match=r"no dense layer|no chain|traced"):
        Several(Planned(la.probes.loss(replace(objective(), module=model)), Plan(name="auto", forward="dense", points=2)))


def test_running_statistics_that_move_are_refused_by_several_points() -> None:
    one = la.Objective.from_module(cases.convbn(), cases.images(), "cross_entropy", bn="recompute")
    with pytest.raises(la.InputError, match="running statistics differ"):
        Several(Planned(la.probes.loss(one), Plan(name="auto", points=2)))(la.random_slice(one), US[:2])


@pytest.mark.parametrize("bn", ["eval", "batch", "recompute"])
@pytest.mark.parametrize("forward", ["module", "graph"])
def test_other_forwards_change_no_quantity(bn: Any, forward: str) -> None:
    if (bn, forward) == ("batch", "graph"):
        pytest.skip("folding needs statistics; it is no candidate there")
    one = la.Objective.from_module(cases.convbn(), cases.images(), "cross_entropy", bn=bn, batch_size=9)
    plan = Plan(name="auto", forward=forward, fold=True, fuse=True, memory_format="channels_last", inference_mode=True, micro_batch=5)
    compared(la.probes.loss(one), la.random_slice(one), plan, US[:3])
    view = Planned(la.probes.loss(one), plan).parts[0].view
    assert view.data.batch_size == (5 if bn == "eval" else 9), "under batch and recompute the batch size is never touched"


def test_an_objective_without_a_forward_is_as_before_and_training_forgets_it() -> None:
    one = objective()
    forward = module_forward(one.module, one.slots, channels_last=False, dtype=None)
    view = replace(one, forward=forward)
    assert torch.equal(view.losses(), one.losses()) and view.spec() == one.spec()
    assert view.training().forward is None and view.to("cpu").forward is None
    value = one.value({n: p.clone().requires_grad_() for n, p in one.params.items()})
    assert value.requires_grad


# ---- choosing --------------------------------------------------------------------------------------------------------


def chosen(probe: Any, family: Any, **options: Any) -> Any:
    return choose_plan(probe, family, COORDS, **{"seconds": 0.05, "points": 100_000, **options})


def test_short_jobs_and_probes_that_are_not_additive_stay_plain() -> None:
    one = objective()
    found = chosen(la.probes.loss(one), la.random_slice(one), seconds=1e-3, points=999)
    assert found.plan == Plan() and "too short" in found.why and not found.trials
    assert chosen(la.probes.loss(one), la.random_slice(one), seconds=1e-3, points=9, name="bf16").plan.name == "bf16"

    class Whole:
        quantities, objective = (), one

        def __call__(self, point: Any) -> Any:
            return {}

    assert parts_of(Whole()) is None and "not additive" in chosen(Whole(), la.random_slice(one)).why


def test_a_tiny_network_is_evaluated_at_several_points_at_once() -> None:
    one = objective(data=cases.blobs(400))
    found = chosen(la.probes.loss(one), la.random_slice(one), seconds=0.02, points=3000)
    assert found.plan.points > 1 and found.plan.name == "auto" and found.why.startswith(words(found.plan))
    taken = [trial for trial in found.trials if trial["verdict"] == "taken"]
    assert taken and taken[0]["difference"] < 1e-5 and taken[0]["time"] < 1 and "of the plain time" in found.why
    assert Plan.of(found.plan.described()) == found.plan


def test_what_differs_is_refused_whatever_its_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    one = objective()
    monkeypatch.setattr(candidates.Running, "losses", lambda self, us: [
        torch.full((3,), 1.0 + 2e-5 * (self._planned.plan.changes), dtype=torch.float64) for _ in us])
    monkeypatch.setattr(candidates.Running, "seconds", lambda self: 0.1 if self._planned.plan.changes else 1.0)
    found = chosen(la.probes.loss(one), la.random_slice(one))
    assert found.plan == Plan() and "no candidate" in found.why
    assert {t["verdict"] for t in found.trials} <= {"differs", "does not apply", "not tried"}
    assert any(t["verdict"] == "differs" and t["difference"] == pytest.approx(2e-5) for t in found.trials)


def test_losses_so_small_that_rounding_moves_them_more_are_compared_with_that(monkeypatch: pytest.MonkeyPatch) -> None:
    one, rounding = objective(), [0.0]

    def losses(self: Any, us: Any) -> Any:
        moved = 1e-4 * self._planned.plan.changes + (rounding[0] if isinstance(self._family, candidates.Wiggled) else 0.0)
        return [torch.full((3,), 1.0 + moved, dtype=torch.float64) for _ in us]

    monkeypatch.setattr(candidates.Running, "losses", losses)
    monkeypatch.setattr(candidates.Running, "seconds", lambda self: 0.1 if self._planned.plan.changes else 1.0)
    for rounding[0], verdict in ((5e-5, "taken"), (2e-5, "differs")):
        assert chosen(la.probes.loss(one), la.random_slice(one)).trials[0]["verdict"] == verdict
    point = la.random_slice(one)(US[0])
    wiggled = candidates.Wiggled(la.random_slice(one))(US[0])
    assert all(float((wiggled[n] / point[n] - 1).abs().max()) <= 2e-7 and not torch.equal(wiggled[n], point[n]) for n in point)


@pytest.mark.parametrize(("times", "verdict"), [
    ([0.5, 0.5, 0.5], "taken"), ([0.99] * 7, "slower"), ([0.5, 1.4, 0.9, 0.6, 1.3, 0.8, 1.1], "slower"), ([2.0] * 3, "slower")])
def test_a_candidate_must_beat_the_noise(monkeypatch: pytest.MonkeyPatch, times: list[float], verdict: str) -> None:
    one, left = objective(), list(times)
    monkeypatch.setattr(candidates.Running, "losses", lambda self, us: [torch.ones(3, dtype=torch.float64) for _ in us])
    monkeypatch.setattr(candidates.Running, "seconds", lambda self: (left.pop(0) if left else 1.0) if self._planned.plan.changes else 1.0)
    assert chosen(la.probes.loss(one), la.random_slice(one)).trials[0]["verdict"] == verdict


def test_a_candidate_that_fails_is_a_recorded_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    one = objective()

    def broken(self: Any, us: Any) -> Any:
        if self._planned.plan.changes:
            raise ZeroDivisionError("by a candidate")
        return [torch.ones(3, dtype=torch.float64) for _ in us]

    monkeypatch.setattr(candidates.Running, "losses", broken)
    found = chosen(la.probes.loss(one), la.random_slice(one))
    assert found.plan == Plan() and any("ZeroDivisionError: by a candidate" in t["why"] for t in found.trials)


def test_trials_keep_to_their_time_and_to_few_examples() -> None:
    one = la.Objective.from_module(cases.convbn(), cases.images(400), "cross_entropy", batch_size=50)
    running = candidates._Trials(la.probes.loss(one), la.random_slice(one), COORDS, seconds=100.0, points=10, start=Plan(name="auto"))
    assert running.few.n_examples == 16, "4 s are a twenty-fifth of one point"


def test_the_batch_size_of_batchnorm_is_no_candidate() -> None:
    one = la.Objective.from_module(cases.convbn(), cases.images(40), "cross_entropy", bn="batch", batch_size=8)
    found = chosen(la.probes.loss(one), la.random_slice(one), seconds=0.2, points=1000)
    assert found.trials and found.plan.micro_batch is None and found.plan.points == 1
    assert not any("micro-batches" in t["candidate"] or "graph" in t["candidate"] for t in found.trials)


def test_differences_are_relative_and_see_where_losses_are_not_finite() -> None:
    a = torch.tensor([1.0, 3.0, float("nan")], dtype=torch.float64)
    assert difference(a, a) == 0 and difference(a, a * 1.5) == pytest.approx(0.5)
    assert difference(a, torch.tensor([1.0, float("inf"), float("nan")])) == float("inf")
    assert difference(torch.full((2,), float("nan")), torch.full((2,), float("nan"))) == 0


def test_out_of_memory_is_known_by_its_words() -> None:
    for error in (MemoryError(), torch.OutOfMemoryError("CUDA out of memory"),
                  RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes")):
        assert memory.out_of_memory(error)
    assert not memory.out_of_memory(RuntimeError("shapes do not fit")) and not memory.out_of_memory(ValueError("out of memory"))


@pytest.mark.parametrize("per", [None, "class"])
@pytest.mark.parametrize("asked", [{}, {"confidence": lambda outputs, targets: outputs.softmax(1).amax(1)}])
def test_every_block_of_a_group_keeps_its_own_outputs(asked: Any, per: Any) -> None:
    x, y = cases.blobs(n=131)
    o = la.Objective.from_module(cases.mlp(), (x, y), "cross_entropy", metrics=asked)
    probe, family = la.probes.loss(o, per=per), la.random_slice(o)
    us = np.random.default_rng(0).uniform(-1, 1, (21, 2))  # more points than one block, no multiple of it
    plain, dense = (Evaluator(probe, family, plan, print) for plan in (Plan(), Plan(name="auto", forward="dense", points=128)))
    got = dense(us)
    for k, u in enumerate(us):
        for name, value in plain(u[None]).items():
            np.testing.assert_allclose(got[name][k], value[0], rtol=1e-5, atol=1e-6, err_msg=name)


def test_groups_of_several_slices_follow_groups_of_one() -> None:
    x, y = cases.blobs(n=131)
    o = la.Objective.from_module(cases.mlp(), (x, y), "cross_entropy")
    probe, family = la.probes.loss(o), la.random_slice(o, repeats=3)
    asked = Plan(name="auto", forward="dense", points=16).described()
    coords = {"alpha": la.axis(-1, 1, 7), "beta": la.axis(-0.5, 1, 5)}  # 35 points a copy: groups of 16 reach into the next one
    plain, dense = (la.sweep(probe, family, coords, plan=plan)["loss"] for plan in ("plain", asked))
    np.testing.assert_allclose(dense, plain, rtol=1e-5)
