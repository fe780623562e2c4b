"""The one loop over points: every value stands at its coordinates, in any order, in memory and on disk."""

import random
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cases
import numpy as np
import pytest
import torch
from torch import nn

import lossatlas as la
from lossatlas.lattice import coarse_first
from lossatlas.result.schema import Quantity
from lossatlas.run import job as jobs
from lossatlas.run import sweep as sweeping
from lossatlas.run.events import Advanced, Finished, Note, Started, Stored, duration
from lossatlas.run.sweep import chunk_points


def quadratic(n: int = 37, batch_size: int = 128, seed: int = 0) -> tuple[Any, np.ndarray, np.ndarray]:
    """A linear network under squared error: a quadratic in its weights that numpy knows, in float64."""
    g = torch.Generator().manual_seed(seed)
    x, y = torch.randn(n, 3, generator=g, dtype=torch.float64), torch.randn(n, 2, generator=g, dtype=torch.float64)
    net = nn.Linear(3, 2, bias=False).double()
    with torch.no_grad():
        net.weight.copy_(torch.randn(2, 3, generator=g, dtype=torch.float64))
    return la.Objective.from_module(net, (x, y), "mse", batch_size=batch_size), x.numpy(), y.numpy()


def along(objective: Any, seed: int = 5, dims: tuple[str, ...] = ("alpha", "beta")) -> la.Slice:
    g = torch.Generator().manual_seed(seed)
    axes = tuple({n: torch.randn(t.shape, generator=g, dtype=t.dtype) for n, t in objective.params.items()} for _ in dims)
    return la.Slice(objective.point(), axes, dims)


def planted(plane: la.Slice, x: np.ndarray, y: np.ndarray, coords: dict[str, np.ndarray]) -> np.ndarray:
    """The same quadratic at every grid point, without lossatlas."""
    w, (u, v) = plane.origin["weight"].numpy(), [axis["weight"].numpy() for axis in plane.axes]
    out = np.empty([len(values) for values in coords.values()])
    for i, a in enumerate(coords["alpha"]):
        for j, b in enumerate(coords["beta"]):
            out[i, j] = np.mean(((x @ (w + a * u + b * v).T) - y) ** 2)
    return out


def same(a: Any, b: Any) -> None:
    """Two Datasets, bit for bit."""
    assert set(a.variables) == set(b.variables)
    for name in a.variables:
        assert a[name].dims == b[name].dims and np.array_equal(a[name].values, b[name].values, equal_nan=a[name].dtype.kind == "f"), name


class Listening(list):
    def of(self, kind: type) -> list:
        return [event for event in self if isinstance(event, kind)]


@pytest.fixture
def heard() -> Listening:
    return Listening()


GRIDS = {"51x31": (la.axis(-1, 1, 51), la.axis(-0.5, 1.5, 31)), "1x7": (np.array([0.0]), la.axis(-1, 1, 7)),
         "7x1": (la.axis(-1, 1, 7), np.array([0.3])), "from 0": (la.axis(0, 1, 4), la.axis(0, 2, 3)), "to 0": (la.axis(-1, 0, 4),
             la.axis(-3, 0, 5)),
         "unequal": ([-1.0, 0.0, 0.1, 4.0], [2.0, 3.0]), "off centre": (la.axis(1, 2, 3), la.axis(-3, -2, 2))}


@pytest.mark.parametrize("name", GRIDS)
def test_planted_quadratics_stand_at_every_grid_point(name: str) -> None:
    objective, x, y = quadratic()
    plane, coords = along(objective), {"alpha": np.asarray(GRIDS[name][0]), "beta": np.asarray(GRIDS[name][1])}
    ds = la.sweep(la.probes.loss(objective), plane, coords)
    assert ds["loss"].dims == ("alpha", "beta") and ds["loss"].shape == (len(coords["alpha"]), len(coords["beta"]))
    np.testing.assert_allclose(ds["loss"].values, planted(plane, x, y, coords), rtol=1e-12)
    for dim, values in coords.items():
        assert np.array_equal(ds[dim].values, values)
    assert bool(ds["done"].all()) and ds.attrs["kind"] == "slice"


@pytest.mark.parametrize("batch_size", [1, 5, 36, 37, 100])
def test_batch_size_and_an_uneven_last_batch_change_nothing(batch_size: int) -> None:
    objective, x, y = quadratic(batch_size=batch_size)
    plane, coords = along(objective), {"alpha": la.axis(-1, 1, 3), "beta": la.axis(0, 1, 2)}
    ds = la.sweep(la.probes.loss(objective), plane, coords)
    np.testing.assert_allclose(ds["loss"].values, planted(plane, x, y, coords), rtol=1e-12)


@pytest.mark.parametrize("order", ["reversed", "shuffled", "lexicographic"])
def test_evaluation_order_changes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, order: str) -> None:
    objective, _, _ = quadratic()
    coords = {"alpha": la.axis(-1, 1, 6), "beta": la.axis(-1, 1, 5)}
    usual = la.sweep(la.probes.loss(objective), along(objective), coords)

    def another(shape: Any) -> np.ndarray:
        indices = coarse_first(shape)
        if order == "lexicographic":
            return np.indices(shape).reshape(len(shape), -1).T
        return indices[::-1] if order == "reversed" else np.random.default_rng(0).permutation(indices)

    monkeypatch.setattr(jobs, "coarse_first", another)
    for store in (None, tmp_path / "r.zarr"):
        same(la.sweep(la.probes.loss(objective), along(objective), coords, store=store), usual)


def test_the_point_is_asked_for_at_exactly_the_coordinates_given() -> None:
    asked: list[tuple[float, ...]] = []

    def family(u: torch.Tensor) -> dict[str, torch.Tensor]:
        asked.append(tuple(u.tolist()))
        return {"w": u.clone()}

    family.dims = ("a", "b", "c")  # type: ignore[attr-defined]
    coords = {"c": [0.1, 0.7], "a": la.axis(-1, 1, 3), "b": [1 / 3]}  # given in another order than the family's dims
    ds = la.sweep(Sum(), family, coords)  # type: ignore[arg-type]
    assert {*asked} - {(0.0, 0.0, 0.0)} == {(a, 1 / 3, c) for a in (-1.0, 0.0, 1.0) for c in (0.1, 0.7)}
    assert ds["total"].dims == ("a", "b", "c") and ds.attrs["kind"] == "volume"
    assert float(ds["total"].sel(a=-1, c=0.7).item()) == -1 + 1 / 3 + 0.7


@pytest.mark.parametrize(("coords", "said"), [
    ({}, "expected for"), ({"alpha": [0.0]}, "expected for"), ({"alpha": [0.0], "beta": [0.0], "gamma": [0.0]}, "expected for"),
    ([0.0, 1.0], "expected for"), ({"alpha": [1.0, 0.0], "beta": [0.0]}, "increasing"), ({"alpha": [0.0, 0.0], "beta": [0.0]},
        "increasing"),
    ({"alpha": [0.0, np.nan], "beta": [0.0]}, "finite"), ({"alpha": [], "beta": [0.0]}, r"shape \(0,\)"),
    ({"alpha": [[0.0]], "beta": [0.0]}, r"shape \(1, 1\)"), ({"alpha": 0.5, "beta": [0.0]}, r"shape \(\)"),
    ({"alpha": ["x"], "beta": [0.0]}, "not numbers"), ({"alpha": np.arange(4000.0), "beta": np.arange(4000.0)}, "16,000,000 points")])
def test_coordinates_are_checked(coords: Any, said: str) -> None:
    objective, _, _ = quadratic(n=4)
    with pytest.raises(la.InputError, match=said):
        la.sweep(la.probes.loss(objective), along(objective), coords)


@pytest.mark.parametrize("what", ["probe", "probe class", "family", "family class", "plan", "store"])
def test_what_is_no_probe_family_or_plan(what: str) -> None:
    objective, _, _ = quadratic(n=4)
    given: dict[str, Any] = {"probe": la.probes.loss(objective), "family": along(objective), "plan": "auto", "store": None}
    given |= {"probe": {"probe": lambda point: point}, "probe class": {"probe": Sum}, "family": {"family": objective.point()},
              "family class": {"family": la.Slice}, "plan": {"plan": "plane"}, "store": {"store": 3}}[what]
    with pytest.raises(la.InputError, match="did you mean 'plain'" if what == "plan" else "expected"):
        la.sweep(given["probe"], given["family"], {"alpha": [0.0], "beta": [0.0]}, plan=given["plan"], store=given["store"])


def test_a_family_of_another_network_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    objective, _, _ = quadratic()
    other = la.Objective.from_module(cases.mlp(), cases.blobs(), "cross_entropy")
    with pytest.raises(la.InputError, match="another network"):
        la.sweep(la.probes.loss(objective), la.random_slice(other), {"alpha": [0.0], "beta": [0.0]}, store=tmp_path / "r.zarr")
    assert not (tmp_path / "r.zarr").exists()


# ---- dims on top ---------------------------------------------------------------------------------------------------


def network(**options: Any) -> la.Objective:
    return la.Objective.from_module(cases.mlp(), cases.blobs(), "cross_entropy", metrics={"accuracy": la.metrics.accuracy}, **options)


COORDS = {"alpha": la.axis(-1, 1, 3), "beta": la.axis(-0.5, 0.5, 4)}


def test_repeats_are_the_planes_of_their_numbers(tmp_path: Path) -> None:
    objective = network()
    planes = la.random_slice(objective, repeats=3, seed=2)
    ds = la.sweep(la.probes.loss(objective), planes, COORDS, store=tmp_path / "r.zarr")
    assert ds["loss"].dims == ("repeat", "alpha", "beta") and ds["repeat"].values.tolist() == [0, 1, 2]
    for k in range(3):
        alone = la.sweep(la.probes.loss(objective), planes[k], COORDS)
        assert np.array_equal(ds["loss"].sel(repeat=k).values, alone["loss"].values)
        assert float(ds["center_loss"]) == float(alone["center_loss"])
    assert len({ds["loss"].sel(repeat=k).values.tobytes() for k in range(3)}) == 3
    chosen = la.sweep(la.probes.loss(objective), planes, {"repeat": [2], **COORDS})
    assert np.array_equal(chosen["loss"].sel(repeat=2).values, ds["loss"].sel(repeat=2).values)
    assert ds.attrs["repeats"] == 3 and len(ds.attrs["axes_cosine"]) == 3


@pytest.mark.parametrize("repeat", [[3], [-1, 0], [0.5]])
def test_repeats_that_do_not_exist_are_refused_at_once(repeat: list[float]) -> None:
    objective = network()
    with pytest.raises(la.InputError, match="expected whole numbers from 0 to 2"):
        la.sweep(la.probes.loss(objective), la.random_slice(objective, repeats=3), {"repeat": repeat, **COORDS})


def test_a_dim_named_repeat_counts_copies() -> None:
    with pytest.raises(la.InputError, match="'repeat' first"):
        la.sweep(Sum(), Circle(("t", "repeat")), {"t": [0.0], "repeat": [0.0]})


def test_splits_are_a_dim(tmp_path: Path) -> None:
    train = network()
    test = train.with_data(cases.blobs(n=17, seed=9))
    plane = la.random_slice(train)
    ds = la.sweep(la.probes.loss({"train": train, "test": test}), plane, COORDS, store=tmp_path / "r.zarr/both")
    assert ds["loss"].dims == ("alpha", "beta", "split") and ds["split"].values.tolist() == ["train", "test"]
    for name, one in (("train", train), ("test", test)):
        alone = la.sweep(la.probes.loss(one), plane, COORDS)
        for quantity in ("loss", "loss_stderr", "accuracy", "accuracy_stderr", "loss_groups", "center_loss"):
            assert np.array_equal(ds[quantity].sel(split=name).values, alone[quantity].values, equal_nan=True), quantity
    assert ds.attrs["n_examples"] == {"train": 50, "test": 17} and ds.attrs["digest_data"]["train"] != ds.attrs["digest_data"]["test"]
    same(la.open(tmp_path / "r.zarr/both"), ds)


# ---- probes and families of one's own ------------------------------------------------------------------------------


class Sum:
    """A probe that is not additive and has no objective: sums of a point."""

    quantities = (Quantity("total", "sum of all entries"), Quantity("pair", "two numbers", "", (("k", 2),)))

    def __call__(self, point: dict[str, torch.Tensor]) -> dict[str, Any]:
        total = float(sum(t.double().sum() for t in point.values()))
        return {"total": total, "pair": np.array([total, -total]), "unnamed": "left out"}


@dataclass(frozen=True)
class Circle:
    dims: tuple[str, ...] = ("t",)
    radius: float = 1.0

    def __call__(self, u: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"x": self.radius * torch.sin(u[:1]), "y": self.radius * (torch.cos(u[:1]) - 1)}


def test_a_probe_and_a_family_of_ones_own(tmp_path: Path) -> None:
    t = la.axis(-3, 3, 7)
    ds = la.sweep(Sum(), Circle(), {"t": t}, store=tmp_path / "r.zarr/circle")
    np.testing.assert_allclose(ds["total"].values, np.sin(t) + np.cos(t) - 1, atol=1e-15)
    assert np.array_equal(ds["pair"].values, np.stack([ds["total"].values, -ds["total"].values], 1)) and ds["pair"].dims == ("t", "k")
    assert ds.attrs["kind"] == "profile" and float(ds["center_total"]) == 0 and "unnamed" not in ds
    same(la.sweep(Sum(), Circle(), {"t": t}), ds)
    with pytest.raises(la.SpecMismatch, match="family"):  # the same centre, other points
        la.sweep(Sum(), Circle(radius=2.0), {"t": t}, store=tmp_path / "r.zarr/circle")


class Fixed:
    """A probe that answers what it is told."""

    quantities = (Quantity("v", "a value"),)

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def __call__(self, point: Any) -> Any:
        return self.answer


@pytest.mark.parametrize("value", [0.1, np.float64(0.1), torch.tensor(0.1, dtype=torch.float64), np.array(0.1)])
def test_values_keep_their_float64(value: Any) -> None:
    assert float(la.sweep(Fixed({"v": value}), Circle(), {"t": [1.0]})["v"][0]) == 0.1


@pytest.mark.parametrize("value", [torch.tensor(0.5, dtype=torch.bfloat16), torch.tensor(0.5).requires_grad_(), np.float32(0.5), True / 2])
def test_values_of_other_kinds(value: Any) -> None:
    assert float(la.sweep(Fixed({"v": value}), Circle(), {"t": [1.0]})["v"][0]) == 0.5


@pytest.mark.parametrize(("answer", "said"), [
    ({}, "without 'v'"), ({"w": 1.0}, "without 'v'"), ({"v": [1.0, 2.0]}, r"shape \(2,\); expected \(\)"), (3.0, "expected a dict"),
    (None, "expected a dict"), ({"v": "x"}, "expected numbers"), ({"v": None}, "expected numbers")])
def test_an_answer_that_breaks_the_probes_promise_is_refused_not_nan(answer: Any, said: str) -> None:
    with pytest.raises(la.InputError, match=said):
        la.sweep(Fixed(answer), Circle(), {"t": [1.0]})


def test_a_probe_may_take_derivatives(tmp_path: Path) -> None:
    objective, x, y = quadratic()

    class GradNorm:
        quantities = (Quantity("grad_norm", "norm of the gradient"),)

        def __init__(self, objective: la.Objective) -> None:
            self.objective = objective

        def __call__(self, point: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
            leaf = point["weight"].detach().requires_grad_()
            (grad,) = torch.autograd.grad(self.objective.value({"weight": leaf}), leaf)
            return {"grad_norm": grad.norm()}

    plane = along(objective)
    ds = la.sweep(GradNorm(objective), plane, {"alpha": [0.0, 1.0], "beta": [0.5]}, store=tmp_path / "r.zarr/g")
    w = (plane.origin["weight"] + plane.axes[0]["weight"] + 0.5 * plane.axes[1]["weight"]).numpy()
    expected = np.linalg.norm(((x @ w.T) - y).T @ x / len(x))  # the mean over 2 outputs takes the 2 of the square away
    np.testing.assert_allclose(float(ds["grad_norm"][1, 0]), expected, rtol=1e-12)
    assert ds.attrs["bn"] == "eval" and ds.attrs["n_examples"] == 37
    other, _, _ = quadratic(seed=1)
    with pytest.raises(la.SpecMismatch, match="data"):
        la.sweep(GradNorm(other), la.Slice(objective.point(), plane.axes), {"alpha": [0.0, 1.0], "beta": [0.5]},
            store=tmp_path / "r.zarr/g")


# ---- centre, NaN, order of work ------------------------------------------------------------------------------------


def test_the_centre_is_always_evaluated_and_equals_the_lattice_at_zero(tmp_path: Path) -> None:
    objective = network()
    plane = la.random_slice(objective)
    on = la.sweep(la.probes.loss(objective), plane, COORDS | {"beta": la.axis(-1, 1, 3)})
    off = la.sweep(la.probes.loss(objective), plane, {"alpha": la.axis(0.5, 1, 2), "beta": la.axis(0.5, 1, 2)}, store=tmp_path / "r.zarr")
    names = [name for name in on.data_vars if not name.startswith("center_") and name != "done"]
    assert {"loss", "loss_stderr", "accuracy", "accuracy_stderr", "loss_groups"} == set(names)
    for name in names:
        at_zero = on[name].sel(alpha=0, beta=0).values
        assert np.array_equal(at_zero, on[f"center_{name}"].values) and np.array_equal(at_zero, off[f"center_{name}"].values)


@pytest.mark.parametrize("stored", [False, True])
def test_nan_and_inf_stay_what_they_are_and_are_told(stored: bool, tmp_path: Path, heard: Listening) -> None:
    class Log:
        quantities = (Quantity("v", "logarithm of the coordinate"),)

        def __call__(self, point: dict[str, torch.Tensor]) -> dict[str, Any]:
            return {"v": torch.log(point["w"][0])}

    def identity(u: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"w": u.clone()}

    identity.dims = ["t"]  # type: ignore[attr-defined]
    store = tmp_path / "r.zarr" if stored else None
    ds = la.sweep(Log(), identity, {"t": la.axis(-2, 2, 5)}, store=store, on_event=heard.append)  # type: ignore[arg-type]
    assert np.isnan(ds["v"].values).tolist() == [True, True, False, False, False] and ds["v"].values[2] == -np.inf
    assert bool(ds["done"].all()) and ds.attrs["nonfinite"] == {"v": 3}
    assert [note.message for note in heard.of(Note)] == ["v is not finite at 3 of 5 points"]
    if stored:
        again = Listening()
        same(la.sweep(Log(), identity, {"t": la.axis(-2, 2, 5)}, store=store, on_event=again.append), ds)  # type: ignore[arg-type]
        assert again.of(Finished) == [Finished(0, 5)], "a legitimate NaN is not computed again"
    with pytest.warns(RuntimeWarning, match="v is not finite at 3 of 5 points"):
        la.sweep(Log(), identity, {"t": la.axis(-2, 2, 5)})  # type: ignore[arg-type]


@pytest.mark.parametrize(("seconds", "points", "expected"), [
    (0.001, 2601, 500), (1e-6, 2601, 512), (1.0, 2601, 10), (0.1, 2601, 100), (0.02, 2601, 130), (30.0, 2601, 1), (1e9, 5, 1), (0.0, 5, 5),
    (0.001, 7, 7), (1.0, 1, 1), (1.0, 100, 5), (0.1, 100, 5)])
def test_a_chunk_is_ten_seconds_or_a_twentieth_and_1_to_512_points(seconds: float, points: int, expected: int) -> None:
    assert chunk_points(seconds, points) == expected


def test_events_in_memory(heard: Listening) -> None:
    objective = network()
    la.sweep(la.probes.loss(objective), la.random_slice(objective), COORDS, on_event=heard.append)
    start = heard[0]
    assert isinstance(start, Started) and (start.points, start.done, start.examples) == (12, 0, 50)
    assert start.seconds_per_point > 0 and start.megabytes > 0
    assert heard[1:-1] == [Advanced(k, 12) for k in range(1, 13)] and heard[-1] == Finished(12, 12)


def test_events_of_a_store_say_what_is_on_disk(tmp_path: Path, heard: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "chunk_points", lambda seconds, points: 5)
    objective, place = network(), tmp_path / "r.zarr/a"
    plane = la.random_slice(objective)

    def listen(event: Any) -> None:
        heard.append(event)
        if isinstance(event, Stored):
            assert (place / f"done/c/{event.chunk}").exists()

    la.sweep(la.probes.loss(objective), plane, COORDS, store=place, on_event=listen)
    assert heard[0].chunk == 5 and [e.chunk for e in heard.of(Stored)] == [0, 1, 2] and heard[-1] == Finished(12, 12)
    assert [e.done for e in heard.of(Advanced)] == list(range(1, 13))
    (place / "loss/c/1").unlink()
    heard.clear()
    la.sweep(la.probes.loss(objective), plane, COORDS, store=place, on_event=listen)
    assert heard[0].done == 7 and [e.done for e in heard.of(Advanced)] == [8, 9, 10, 11, 12]
    assert heard.of(Stored) == [Stored(1)] and heard[-1] == Finished(5, 12)


def test_in_memory_equals_stored_bit_for_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    objective = network()
    plane = la.random_slice(objective, seed=4)
    memory = la.sweep(la.probes.loss(objective), plane, COORDS)
    for chunk in (1, 5, 12):
        monkeypatch.setattr(sweeping, "chunk_points", lambda seconds, points, chunk=chunk: chunk)
        place = tmp_path / f"r.zarr/{chunk}"
        stored = la.sweep(la.probes.loss(objective), plane, COORDS, store=place)
        same(stored, memory)
        same(la.open(place), memory)
        differing = {k for k in {*stored.attrs, *memory.attrs} if stored.attrs.get(k) != memory.attrs.get(k)}
        assert differing <= {"store", "created", "spec", "ignore"}, "spec and ignore may hold tuples in memory"
        assert stored.attrs["store"] == str(place)


def test_a_store_without_a_group_is_named_by_the_kind(tmp_path: Path) -> None:
    objective = network()
    la.sweep(la.probes.loss(objective), la.random_slice(objective), COORDS, store=tmp_path / "r.zarr")
    la.sweep(la.probes.loss(objective), la.random_slice(objective, dims=("alpha",)), {"alpha": [0.0, 1.0]}, store=tmp_path / "r.zarr")
    assert sorted(p.name for p in (tmp_path / "r.zarr").iterdir() if p.is_dir()) == ["profile", "slice"]


def test_nothing_of_the_users_moves_also_after_an_exception(tmp_path: Path) -> None:
    objective, calls = network(), []
    probe = la.probes.loss(objective)

    class Breaks:
        quantities = probe.quantities

        def __call__(self, point: Any) -> Any:
            calls.append(1)
            torch.rand(3), np.random.rand(3), random.random()
            if len(calls) == 4:
                raise KeyboardInterrupt
            return probe(point)

    before = {n: t.clone() for n, t in objective.point().items()}
    torch.manual_seed(1), np.random.seed(1), random.seed(1)
    expected = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    with pytest.raises(KeyboardInterrupt):
        la.sweep(Breaks(), la.random_slice(objective), COORDS, store=tmp_path / "r.zarr")
    assert torch.equal(torch.get_rng_state(), expected[0]) and np.random.get_state()[1].tolist() == expected[1]
    assert random.getstate() == expected[2]
    assert all(torch.equal(before[n], t) for n, t in objective.point().items())


def test_the_result_says_where_it_comes_from() -> None:
    objective = network()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ds = la.sweep(la.probes.loss(objective), la.random_slice(objective, seed=6), COORDS)
    expected = {"kind": "slice", "seed": 6, "bn": "eval", "normalize": "filter", "engine": "local", "n_examples": 50, "family": "random",
                "plan": {"name": "plain", "device": "cpu"}, "network": "Sequential", "loss": "cross_entropy", "version": la.__version__}
    assert {key: ds.attrs.get(key) for key in expected} == expected
    assert -1 < ds.attrs["axes_cosine"] < 1 and ds.attrs["rules"] and ds.attrs["digest_data"] and ds.attrs["digest_params"]
    for name in ds.data_vars:
        if not name.startswith("center_"):
            assert "long_name" in ds[name].attrs and "units" in ds[name].attrs, name


def test_progress_tells_cost_and_notes_and_is_silent_before(capsys: pytest.CaptureFixture[str]) -> None:
    objective = network()
    with la.progress("nine points") as bar:
        assert capsys.readouterr().err == ""
        la.sweep(la.probes.loss(objective), la.random_slice(objective), COORDS, on_event=bar)
        bar(Note("look [here]"))
    err = capsys.readouterr().err
    assert "nine points: 12 points × 50 examples" in err and "a point, about" in err and "12/12" in err and "note: look [here]" in err
    with pytest.raises(la.InputError), la.progress() as bar:
        la.sweep(la.probes.loss(objective), la.random_slice(objective), {}, on_event=bar)
    assert capsys.readouterr().err == "", "a sweep that is refused shows its reason alone"


@pytest.mark.parametrize(("seconds", "said"), [(0.0042, "4 ms"), (0.9, "900 ms"), (42, "42 s"), (89, "89 s"), (540, "9 min"), (11400,
    "3 h 10 min")])
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said
