"""A stored sweep that was broken off goes on where it stopped, and nothing else is ever mixed into it."""

import hashlib
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cases
import numpy as np
import pytest
import torch

import lossatlas as la
from lossatlas.run import sweep as sweeping
from lossatlas.run.events import Finished, Started

COORDS = {"alpha": la.axis(-1, 1, 5), "beta": la.axis(-0.5, 0.5, 4)}


class Counting:
    """A probe that counts how often it is evaluated, and breaks off at one evaluation."""

    def __init__(self, objective: Any, stop: int | None = None, error: type[BaseException] = KeyboardInterrupt) -> None:
        self._probe, self._stop, self._error, self.count = la.probes.loss(objective), stop, error, 0
        self.quantities, self.objective = self._probe.quantities, self._probe.objective
        self.spec, self.about = self._probe.spec, self._probe.about

    def __call__(self, point: Any) -> Any:
        self.count += 1
        if self.count == self._stop:
            raise self._error("stop here")
        return self._probe(point)


def objective(**options: Any) -> la.Objective:
    return la.Objective.from_module(cases.convbn(), cases.images(), "cross_entropy", batch_size=8, **options)


def fingerprint(folder: Path) -> dict[str, str]:
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in sorted(folder.rglob("*")) if f.is_file()}


def same(a: Any, b: Any) -> None:
    for name in {*a.variables, *b.variables}:
        assert np.array_equal(a[name].values, b[name].values, equal_nan=a[name].dtype.kind == "f"), name


@pytest.fixture(autouse=True)
def three_to_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "chunk_points", lambda seconds, points: 3)


@pytest.fixture(scope="module")
def whole() -> Any:
    one = objective()
    return la.sweep(la.probes.loss(one), la.random_slice(one), COORDS)


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize("stop", [3, 4, 10, 12, 21])
def test_only_missing_chunks_are_computed_and_the_result_is_the_same(tmp_path: Path, whole: Any, stop: int, error: type) -> None:
    place, one = tmp_path / "r.zarr/a", objective()
    with pytest.raises(error, match="stop here"):
        la.sweep(Counting(one, stop, error), la.random_slice(one), COORDS, store=place)
    complete = (stop - 1 - 2) // 3  # the centre and the one that tells the cost come before; 20 points make 7 chunks, the last of 2
    half = la.open(place)
    assert int(half["done"].sum()) == 3 * complete, "at most the chunk in flight is lost"
    probe, events = Counting(one), []
    ds = la.sweep(probe, la.random_slice(one), COORDS, store=place, on_event=events.append)
    assert probe.count == 20 - 3 * complete, "the centre and what is done are not evaluated again"
    assert events[-1] == Finished(20 - 3 * complete, 20) and events[0].done == 3 * complete
    same(ds, whole)
    same(la.open(place), whole)


def test_many_interruptions_add_up(tmp_path: Path, whole: Any) -> None:
    place, one, total = tmp_path / "r.zarr/a", objective(), 0
    for _ in range(30):
        probe = Counting(one, 5)
        try:
            ds = la.sweep(probe, la.random_slice(one), COORDS, store=place)
        except KeyboardInterrupt:
            total += probe.count - 1
        else:
            total += probe.count
            break
    same(ds, whole)
    assert total <= 2 + 20 + 6 * 2


def test_a_finished_result_is_not_computed_again(tmp_path: Path, whole: Any) -> None:
    place, one = tmp_path / "r.zarr/a", objective()
    la.sweep(la.probes.loss(one), la.random_slice(one), COORDS, store=place)
    before = fingerprint(place)
    probe = Counting(one, 1)
    same(la.sweep(probe, la.random_slice(one), COORDS, store=place), whole)
    assert probe.count == 0 and fingerprint(place) == before


@pytest.mark.parametrize("damage", ["missing", "flipped", "truncated"])
@pytest.mark.parametrize("name", ["loss/c/2", "loss_groups/c/2/0", "done/c/2", "loss_stderr/c/2"])
def test_a_damaged_chunk_is_computed_again_and_only_that(tmp_path: Path, whole: Any, damage: str, name: str) -> None:
    place, one = tmp_path / "r.zarr/a", objective()
    la.sweep(la.probes.loss(one), la.random_slice(one), COORDS, store=place)
    before, file = fingerprint(place), place / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 4
    file.unlink() if damage == "missing" else file.write_bytes(content if damage == "flipped" else content[:-3])
    probe = Counting(one)
    same(la.sweep(probe, la.random_slice(one), COORDS, store=place), whole)
    assert probe.count == 3
    after = fingerprint(place)
    # gzip writes the time into its header, so the files of the chunk itself may differ in that
    assert {k for k in after if after[k] != before.get(k)} <= {k for k in after if k.split("/")[1:3] == ["c", "2"]}


def test_a_damaged_centre_is_evaluated_again(tmp_path: Path, whole: Any) -> None:
    place, one = tmp_path / "r.zarr/a", objective()
    la.sweep(la.probes.loss(one), la.random_slice(one), COORDS, store=place)
    (place / "center_loss/c").unlink()
    probe = Counting(one)
    same(la.sweep(probe, la.random_slice(one), COORDS, store=place), whole)
    assert probe.count == 1


def test_a_chunk_of_legitimate_nan_is_kept(tmp_path: Path) -> None:
    def nothing(outputs: Any, targets: Any) -> torch.Tensor:
        return torch.full((len(targets),), float("nan"))

    one = la.Objective.from_module(cases.mlp(), cases.blobs(), nothing)
    place = tmp_path / "r.zarr/a"
    with pytest.warns(RuntimeWarning, match="loss is not finite at 20 of 20 points"):
        ds = la.sweep(la.probes.loss(one), la.random_slice(one), COORDS, store=place)
    assert bool(ds["done"].all()) and bool(np.isnan(ds["loss"]).all()) and np.isnan(ds["center_loss"])
    probe = Counting(one)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        la.sweep(probe, la.random_slice(one), COORDS, store=place)
    assert probe.count == 0


# ---- another computation -------------------------------------------------------------------------------------------


def _sweep(place: Path, *, model: Any = None, data: Any = None, coords: Any = COORDS, metrics: Any = None, loss: Any = "cross_entropy",
           objective_options: Any = None, **slice_options: Any) -> Any:
    one = la.Objective.from_module(model or cases.convbn(), data or cases.images(), loss, metrics=metrics,
                                   **{"batch_size": 8, **(objective_options or {})})
    return la.sweep(la.probes.loss(one), la.random_slice(one, **slice_options), coords, store=place)


def _moved() -> Any:
    x, y = cases.images()
    x = x.clone()
    x[3, 0, 0, 0] += 1e-6
    return x, y


def _other_statistics() -> Any:
    model = cases.convbn()
    model[1].running_mean += 0.1
    return model


OTHERS: dict[str, tuple[dict[str, Any], str]] = {
    "model": ({"model": cases.convbn(seed=1)}, r"params: stored '\w+', now '\w+'"),
    "architecture": ({"model": cases.seeded(lambda: torch.nn.Sequential(*cases.convbn(), torch.nn.Identity()))}, "network: "),
    "running statistics": ({"model": _other_statistics()}, "buffers: "),
    "data": ({"data": _moved()}, r"data: stored '\w+', now '\w+'"),
    "fewer data": ({"data": tuple(t[:20] for t in cases.images())}, "n_examples: stored 24, now 20"),
    "seed": ({"seed": 1}, "seed: stored 0, now 1"),
    "range": ({"coords": {**COORDS, "alpha": la.axis(-1, 2, 5)}}, r"coords.alpha: stored -1…1 \(5\), now -1…2 \(5\)"),
    "points": ({"coords": {**COORDS, "beta": la.axis(-0.5, 0.5, 5)}}, r"coords.beta: stored -0.5…0.5 \(4\), now -0.5…0.5 \(5\)"),
    "bn": ({"objective_options": {"bn": "batch"}}, "bn: stored 'eval', now 'batch'"),
    "normalize": ({"normalize": "layer"}, "normalize: stored 'filter', now 'layer'"),
    "ignore": ({"ignore": ("bias",)}, r"ignore: stored \['bias', 'norm'\], now \['bias'\]"),
    "repeats": ({"repeats": 2}, "repeats: stored None, now 2"),
    "loss": ({"loss": lambda o, y: torch.nn.functional.cross_entropy(o, y, reduction="none") * 2}, "loss: stored 'cross_entropy'"),
    "metrics": ({"metrics": {"accuracy": la.metrics.accuracy}}, "metrics"),
    "dtype": ({"objective_options": {"dtype": torch.float64}}, "dtype: "),
    "penalty": ({"objective_options": {"penalty": 1e-3}}, "penalty: stored None, now 0.001"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_computation_is_refused_with_the_difference_and_the_data_stay(tmp_path: Path, name: str) -> None:
    place = tmp_path / "r.zarr/a"
    _sweep(place)
    before = fingerprint(tmp_path)
    options, said = OTHERS[name]
    with pytest.raises(la.SpecMismatch, match=said) as caught:
        _sweep(place, **options)
    assert "\n" not in str(caught.value) and "--store" in str(caught.value)
    assert fingerprint(tmp_path) == before


def test_another_plan_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "r.zarr/a"
    _sweep(place)
    with pytest.raises(la.SpecMismatch, match=r"another plan \(plan.name: stored 'plain', now 'auto'.*--replan"):
        la.sweep(la.probes.loss(objective()), la.random_slice(objective()), COORDS, store=place, plan={"name": "auto", "micro_batch": 3})


@pytest.mark.parametrize(("bn", "counts"), [("eval", False), ("batch", True), ("recompute", True)])
def test_the_batch_size_counts_under_batch_and_recompute_only(tmp_path: Path, bn: str, counts: bool) -> None:
    place = tmp_path / "r.zarr/a"
    _sweep(place, objective_options={"bn": bn, "batch_size": 8})
    meta = json.loads((place / "zarr.json").read_text())["attributes"]["lossatlas"]["spec"]["probe"]["objective"]
    assert ("batch_size" in meta) == counts and meta["bn"] == bn
    if counts:
        with pytest.raises(la.SpecMismatch, match="batch_size: stored 8, now 12"):
            _sweep(place, objective_options={"bn": bn, "batch_size": 12})
    else:
        assert bool(_sweep(place, objective_options={"bn": bn, "batch_size": 12})["done"].all())


def test_the_same_line_from_other_files_is_the_same_computation(tmp_path: Path) -> None:
    """No identity in file names: the digests say what was in them."""
    one = objective()
    ends = [objective().point(), la.Objective.from_module(cases.convbn(seed=1), cases.images(), "cross_entropy").point()]
    events: list[Any] = []

    def run(names: list[str]) -> None:
        family = la.line(*ends)
        family = la.Slice(family.origin, family.axes, family.dims, through=True, about={**family.about, "ends": names})
        la.sweep(la.probes.loss(one), family, {"alpha": [0.0, 1.0]}, store=tmp_path / "r.zarr/l", on_event=events.append)

    run(["a.safetensors", "b.safetensors"])
    run(["/elsewhere/a.safetensors", "../b.safetensors"])
    assert events[-1] == Finished(0, 2)


def test_splits_are_part_of_the_computation(tmp_path: Path) -> None:
    one = objective()
    pair = {"train": one, "test": one.with_data(tuple(t[:9] for t in cases.images()))}
    plane: Callable[[], Any] = lambda: la.random_slice(one)  # noqa: E731
    la.sweep(la.probes.loss(one), plane(), COORDS, store=tmp_path / "r.zarr/a")
    with pytest.raises(la.SpecMismatch, match="splits"):
        la.sweep(la.probes.loss(pair), plane(), COORDS, store=tmp_path / "r.zarr/a")


def test_groups_of_one_store_do_not_disturb_each_other(tmp_path: Path, whole: Any) -> None:
    one = objective()
    for name, seed in (("a", 0), ("b", 1), ("deep/c", 2)):
        la.sweep(la.probes.loss(one), la.random_slice(one, seed=seed), COORDS, store=tmp_path / "r.zarr" / name)
    same(la.open(tmp_path / "r.zarr/a"), whole)
    assert [la.open(tmp_path / "r.zarr" / n).attrs["seed"] for n in ("a", "b", "deep/c")] == [0, 1, 2]


def test_the_unnamed_place_goes_on_with_what_is_unfinished(tmp_path: Path) -> None:
    one, root = objective(), tmp_path / "r.zarr"
    with pytest.raises(KeyboardInterrupt):
        la.sweep(Counting(one, 9), la.random_slice(one), COORDS, store=root / "+")
    la.sweep(la.probes.loss(one), la.random_slice(one, seed=1), COORDS, store=root / "+")
    assert sorted(p.name for p in root.iterdir() if p.is_dir()) == ["slice-1", "slice-2"]
    events: list[Any] = []
    ds = la.sweep(la.probes.loss(one), la.random_slice(one), COORDS, store=root / "+", on_event=events.append)
    assert ds.attrs["store"].endswith("slice-1") and isinstance(events[0], Started) and events[0].done == 6
    assert la.sweep(la.probes.loss(one), la.random_slice(one), COORDS, store=root / "+").attrs["store"].endswith("slice-3")
