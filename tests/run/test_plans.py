"""The plan of a sweep: decided once, stored, adopted by resumes and workers, and what happens when memory runs out."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import cases
import numpy as np
import pytest
import torch

import lossatlas as la
from lossatlas.execution.candidates import Decision
from lossatlas.execution.plan import Plan, Planned
from lossatlas.objective import Objective
from lossatlas.run import plan as planning
from lossatlas.run import sweep as sweeping
from lossatlas.run.events import Advanced, Choice, Note, Started
from lossatlas.run.job import prepare
from lossatlas.run.plan import Evaluator

COORDS = {"alpha": la.axis(-1, 1, 7), "beta": la.axis(-0.5, 1, 6)}
TRIALS = [{"candidate": "micro-batches of 5", "verdict": "taken", "time": 0.5, "difference": 1e-7, "why": ""}]
FIVE = Plan(name="auto", micro_batch=5)


def objective(**options: Any) -> la.Objective:
    return la.Objective.from_module(cases.mlp(), cases.blobs(), "cross_entropy", **{"batch_size": 8, **options})


def swept(one: Any = None, **options: Any) -> Any:
    one = one or objective()
    return la.sweep(la.probes.loss(one), la.random_slice(one), COORDS, **options)


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Planning that takes no time: it decides for the plan that is given, and counts how often."""
    calls: list[Any] = []

    def to(plan: Plan, trials: Any = TRIALS) -> list[Any]:
        monkeypatch.setattr(planning, "choose_plan", lambda *a, **k: calls.append(k) or Decision(plan, "because", trials))
        return calls

    return to


def test_the_plan_is_decided_once_stored_and_adopted(tmp_path: Path, decided: Any) -> None:
    calls, place, events = decided(FIVE), tmp_path / "r.zarr/a", []
    ds = swept(store=place, on_event=events.append)
    assert ds.attrs["plan"] == ds.attrs["spec"]["plan"] == FIVE.described()
    assert ds.attrs["plan_why"] == "because" and ds.attrs["plan_trials"] == TRIALS
    assert events[0].choice == Choice(FIVE.described(), "because", TRIALS) and events[0].plan == "micro-batches of 5"
    again: list[Any] = []
    same = swept(store=place, on_event=again.append)
    assert len(calls) == 1 and again[0].choice == events[0].choice and same.identical(ds)
    plain = swept(plan="plain")
    for name in ("loss", "loss_stderr", "loss_groups"):
        np.testing.assert_allclose(ds[name], plain[name], rtol=1e-6)
    assert float(ds["loss"].sel(alpha=0, beta=0, method="nearest")) > 0 and float(ds["center_loss"]) == pytest.approx(
        float(plain["center_loss"]))


@pytest.mark.parametrize("plan", ["plain", "bf16", {"name": "auto", "micro_batch": 4}])
def test_another_plan_is_refused_or_starts_a_new_group(tmp_path: Path, decided: Any, plan: Any) -> None:
    decided(FIVE)
    first = swept(store=tmp_path / "r.zarr/a")
    with pytest.raises(la.SpecMismatch, match=r"another plan \(.*--replan \(replan=True\)"):
        swept(store=tmp_path / "r.zarr/a", plan=plan)
    decided(Plan(name=plan, dtype="own") if isinstance(plan, str) else FIVE)
    for name in ("a-2", "a-3"):
        ds = swept(store=tmp_path / "r.zarr/a", plan=plan, replan=True)
        assert ds.attrs["store"].endswith(f"r.zarr/{name}")
        np.testing.assert_allclose(ds["loss"], first["loss"], rtol=1e-6)
    again = swept(store=tmp_path / "r.zarr/a-3", plan=plan)
    assert again.identical(ds), "asked for as it was, the group goes on"


def test_a_new_group_without_a_name(tmp_path: Path, decided: Any) -> None:
    decided(FIVE)
    stores = [swept(store=tmp_path / "r.zarr/+", replan=True).attrs["store"][-7:] for _ in range(2)]
    assert stores == ["slice-1", "slice-2"]


def test_an_unfinished_group_is_found_whatever_its_plan(tmp_path: Path, decided: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    decided(FIVE)
    monkeypatch.setattr(sweeping, "chunk_points", lambda seconds, points: 4)
    one, seen = objective(), []

    def stop(event: Any) -> None:
        seen.append(event)
        if isinstance(event, Advanced) and event.done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        swept(one, store=tmp_path / "r.zarr/+", on_event=stop)
    decided(Plan(name="auto", micro_batch=3))
    with pytest.raises(KeyboardInterrupt):  # of another plan by name: a new one
        swept(one, store=tmp_path / "r.zarr/+", plan="plain", on_event=stop)
    ds = swept(one, store=tmp_path / "r.zarr/+")
    assert ds.attrs["store"].endswith("slice-1") and ds.attrs["plan"]["micro_batch"] == 5
    assert swept(one, store=tmp_path / "r.zarr/+", plan="plain").attrs["store"].endswith("slice-2")


@pytest.mark.parametrize("plan", [FIVE, Plan(name="auto", forward="dense", points=4), Plan(name="auto", points=64, inference_mode=True),
                                  Plan(name="auto", forward="graph", fold=True, fuse=True)])
def test_a_stopped_sweep_goes_on_bit_for_bit(tmp_path: Path, decided: Any, monkeypatch: pytest.MonkeyPatch, plan: Plan) -> None:
    decided(plan)
    monkeypatch.setattr(sweeping, "chunk_points", lambda seconds, points: 9)
    whole = swept(store=tmp_path / "r.zarr/whole")

    def stop(event: Any) -> None:
        if isinstance(event, Advanced) and event.done >= 20:
            raise KeyboardInterrupt

    if plan.points < 64:
        with pytest.raises(KeyboardInterrupt):
            swept(store=tmp_path / "r.zarr/part", on_event=stop)
        assert not bool(la.open(tmp_path / "r.zarr/part")["done"].all())
    part = swept(store=tmp_path / "r.zarr/part")
    assert all(np.array_equal(part[name], whole[name], equal_nan=True) for name in whole.data_vars)
    np.testing.assert_allclose(whole["loss"], swept(plan="plain")["loss"], rtol=1e-5)
    memory = swept()
    assert all(np.array_equal(memory[name], whole[name], equal_nan=True) for name in ("loss", "loss_stderr"))


@pytest.mark.usefixtures("preloaded_workers")
def test_workers_evaluate_by_the_decided_plan(tmp_path: Path, decided: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    decided(Plan(name="auto", points=4, micro_batch=9))
    monkeypatch.setattr(sweeping, "chunk_points", lambda seconds, points: 8)
    one = objective()
    ds = swept(one, engine=la.Local(workers=2), store=tmp_path / "r.zarr/a")
    alone = swept(one, store=tmp_path / "r.zarr/b")
    assert ds.attrs["plan"]["points"] == 4 and all(np.array_equal(ds[n], alone[n]) for n in ("loss", "loss_groups"))


def test_a_plan_that_cannot_run_here_names_replan(tmp_path: Path, decided: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    decided(Plan(name="auto", forward="module"))
    swept(store=tmp_path / "r.zarr/a")

    def refuse(*_: Any, **__: Any) -> None:
        raise la.InputError("the plan does not run here (no bfloat16)")

    monkeypatch.setattr(Planned, "__init__", refuse)
    assert bool(swept(store=tmp_path / "r.zarr/a")["done"].all()), "a finished one needs no plan"
    for chunk in (tmp_path / "r.zarr/a/done/c").iterdir():
        chunk.unlink()
    with pytest.raises(la.InputError, match=r"no bfloat16.*--replan"):
        swept(store=tmp_path / "r.zarr/a")


def test_a_cuda_graph_without_cuda_is_refused() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is CUDA")
    with pytest.raises(la.InputError, match="CUDA graphs need CUDA"):
        swept(plan={"name": "auto", "forward": "module", "cuda_graph": True})


def test_bfloat16_is_noted_with_its_error(decided: Any) -> None:
    trials = [{"candidate": "module, bfloat16", "verdict": "taken", "time": 0.4, "difference": 0.0123, "why": ""}]
    decided(Plan(name="bf16", forward="module", dtype="bfloat16"), trials)
    ds = swept(plan="bf16")
    assert any("bfloat16: in trials the mean loss was off by 0.01 of itself" in note for note in ds.attrs["notes"])
    np.testing.assert_allclose(ds["loss"], swept(plan="plain")["loss"], rtol=0.1)
    assert not np.array_equal(ds["loss"], swept(plan="plain")["loss"])


def test_decide_gives_a_plan_that_sweeps_take() -> None:
    one = objective()
    probe, family = la.probes.loss(one), la.random_slice(one)

    def planned(plan: Any, points: int) -> dict[str, Any]:
        job = prepare(probe, family, COORDS, plan=plan, engine="local")
        job.decide(job.cost()[1], la.Local(), points=points)
        return job.spec["plan"]

    assert planned("auto", 3) == {"name": "plain", "device": "cpu"}
    assert planned(FIVE.described(), 10**6) == FIVE.described()
    assert planned("plain", 10**6) == {"name": "plain", "device": "cpu"}
    plan = planned("auto", 200_000)
    assert plan["points"] > 1 and la.sweep(probe, family, COORDS, plan=plan).attrs["plan"] == plan


def test_a_real_job_is_planned_and_right() -> None:
    one = la.Objective.from_module(cases.mlp(h=16), cases.blobs(300), "cross_entropy", batch_size=7)
    coords = {"alpha": la.axis(-1, 1, 41), "beta": la.axis(-1, 1, 39)}
    ds = la.sweep(la.probes.loss(one), la.random_slice(one), coords)
    assert ds.attrs["plan"]["points"] > 1 and "of the plain time" in ds.attrs["plan_why"]
    few = {"alpha": coords["alpha"][::8], "beta": coords["beta"][::8]}
    plain = la.sweep(la.probes.loss(one), la.random_slice(one), few, plan="plain")
    for name in ("loss", "loss_stderr", "loss_groups"):
        np.testing.assert_allclose(ds[name].sel(plain.coords), plain[name], rtol=1e-5)


# ---- out of memory ---------------------------------------------------------------------------------------------------


@pytest.fixture
def tight(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which 3 examples fit, and 4 do not."""
    plain = Objective._call

    def call(self: Any, tensors: Any, value: Any, forward: Any = None) -> Any:
        if len(value[0]) > 3:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
        return plain(self, tensors, value, forward)

    monkeypatch.setattr(Objective, "_call", call)


@pytest.mark.parametrize("plan", ["plain", "auto", {"name": "auto", "micro_batch": 7, "inference_mode": True}])
def test_out_of_memory_halves_the_micro_batch_and_says_so(tmp_path: Path, plan: Any, request: pytest.FixtureRequest) -> None:
    one, events = objective(), []
    whole = swept(one, plan="plain")
    request.getfixturevalue("tight")
    ds = swept(one, plan=plan, store=tmp_path / "r.zarr/a", on_event=events.append)
    np.testing.assert_allclose(ds["loss"], whole["loss"], rtol=1e-6)
    np.testing.assert_allclose(ds["loss_groups"], whole["loss_groups"], rtol=1e-6)
    sizes = [event.message for event in events if isinstance(event, Note) and "out of memory" in event.message]
    assert sizes and all("you tried to allocate" in text or "DefaultCPU" in text for text in sizes)
    assert any("micro-batches of 2" in note or "micro-batches of 3" in note for note in la.open(tmp_path / "r.zarr/a").attrs["notes"])


def test_memory_that_runs_out_later_is_noted_in_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, count, plain = objective(), [0], Objective._call
    whole = swept(one, plan="plain")

    def call(self: Any, tensors: Any, value: Any, forward: Any = None) -> Any:
        count[0] += 1
        if count[0] > 60 and len(value[0]) > 4:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 MiB")
        return plain(self, tensors, value, forward)

    monkeypatch.setattr(Objective, "_call", call)
    ds = swept(one, store=tmp_path / "r.zarr/a")
    notes = [note for note in ds.attrs["notes"] if "out of memory" in note]
    assert len(notes) == 1 and "micro-batches of 4 examples" in notes[0]
    np.testing.assert_allclose(ds["loss"], whole["loss"], rtol=1e-6)
    assert swept(one, store=tmp_path / "r.zarr/a").identical(ds)


@pytest.mark.parametrize("bn", ["batch", "recompute"])
def test_out_of_memory_where_the_batch_is_part_of_the_definition(bn: Any, tight: None) -> None:
    net = torch.nn.Sequential(torch.nn.Linear(6, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 3))
    one = la.Objective.from_module(net, cases.blobs(24), "cross_entropy", batch_size=3)
    wide = replace(one, data=one.data.rebatch(8), bn=bn)
    with pytest.raises(la.LossAtlasError, match=f"batch of 8 examples under bn='{bn}'.*another definition"):
        swept(wide)


def test_out_of_memory_with_one_example(monkeypatch: pytest.MonkeyPatch) -> None:
    one = objective()

    def call(self: Any, *_: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(Objective, "_call", call)
    with pytest.raises(la.LossAtlasError, match="on a single example"):
        swept(one)


def test_other_errors_pass_and_other_probes_keep_their_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    one = objective()

    class Own:
        quantities, objective = la.probes.loss(one).quantities[:1], one

        def __call__(self, point: Any) -> Any:
            raise MemoryError("not enough")

    with pytest.raises(la.LossAtlasError, match="which is not additive"):
        la.sweep(Own(), la.random_slice(one), COORDS)
    monkeypatch.setattr(Objective, "_call", lambda *a: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        swept(one)


def test_memory_that_a_plan_takes_is_in_the_estimate(decided: Any) -> None:
    said: list[float] = []
    for plan in (Plan(), Plan(name="auto", points=64), Plan(name="auto", forward="dense", points=64)):
        decided(plan)
        swept(on_event=lambda event: said.append(event.megabytes) if isinstance(event, Started) else None)
    weights = sum(p.numel() for p in objective().params.values()) * 4 / 1e6
    assert said[2] > said[1] > said[0] + 64 * weights, "the points of a group, and what is used again from group to group"


def test_points_at_once_tell_how_many() -> None:
    one = objective()
    evaluate = Evaluator(la.probes.loss(one), la.random_slice(one), Plan(name="auto", points=5), lambda _: None)
    us = np.random.default_rng(0).uniform(-1, 1, (3, 2))
    found = evaluate(us)
    assert evaluate.at_once == 5 and found["loss"].shape == (3,) and found["loss_groups"].shape == (3, 16)
