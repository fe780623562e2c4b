"""Surveys on disk: stopped at any round they go on bit for bit and measure nothing twice; whoever works, the result is the same."""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from preloaded import Script

import lossatlas as la
from lossatlas.result.store import CELLS, ZarrStore, groups
from lossatlas.run.events import Finished, Note, Surveyed

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from surveyed import SMALL, planted, rippled  # noqa: E402

SCRIPT = """
import sys
import torch
torch.set_num_threads(1)
sys.path.insert(0, {here!r})
import lossatlas as la, surveyed, numpy as np
ds = la.survey(*surveyed.made(), surveyed.SMALL, store={place!r}, plan="plain")
np.savez({out!r}, **{{name: ds[name].values for name in ds.data_vars}})
"""


class Stop(Exception):
    pass


def survey(place: Any, f: Any = None, **options: Any) -> Any:
    """The survey and the examples that went through the network."""
    probe, family, seen = planted(*([f] if f else []), n=200)
    ds = la.survey(probe, family, SMALL, **{"store": place, "plan": "plain", **options})
    return ds, sum(seen)


def same(a: Any, b: Any) -> None:
    for name in b.data_vars:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)
    for name in ("heldout_median", "heldout_p95", "heldout_max", "heldout_count", "example_evaluations", "converged", "went_dense", "seed"):
        assert a.attrs.get(name) == b.attrs.get(name), name


def after(count: int, error: type[BaseException]) -> Any:
    """A listener that raises after so many pictures."""
    seen: list[Any] = []

    def listen(event: Any) -> None:
        if isinstance(event, Surveyed):
            seen.append(event)
            if len(seen) == count:
                raise error

    return listen


@pytest.fixture(scope="module")
def whole() -> Any:
    """An uninterrupted survey in memory, and the number of its rounds."""
    events: list[Any] = []
    ds, spent = survey(None, rippled(0.1, 6), on_event=events.append)
    assert spent == ds.attrs["example_evaluations"]
    return ds, spent, sum(isinstance(event, Surveyed) for event in events)


def test_stopped_in_every_round_it_goes_on(tmp_path: Path, whole: Any) -> None:
    expected, spent, rounds = whole
    assert rounds >= 4
    place, total = tmp_path / "r.zarr/a", 0
    for count in sorted({1, 2, rounds - 1}):
        probe, family, seen = planted(rippled(0.1, 6), n=200)
        with pytest.raises(Stop):
            la.survey(probe, family, SMALL, store=place, plan="plain", on_event=after(count, Stop))
        total += sum(seen)
        ds = la.open(place)
        assert not ds.attrs["complete"] and bool(np.isfinite(ds["loss"]).all())
    ds, rest = survey(place, rippled(0.1, 6))
    assert total + rest == spent, "nothing is measured twice"
    same(ds, expected)
    events: list[Any] = []
    again, nothing = survey(place, rippled(0.1, 6), on_event=events.append)
    assert nothing == 0 and again.identical(ds)
    same(la.open(place), expected)


@pytest.mark.parametrize("number", [0, 2])
def test_killed_while_a_round_is_measured(tmp_path: Path, whole: Any, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from lossatlas.run import survey as surveys

    expected, spent, _ = whole
    place, original, calls = tmp_path / "r.zarr/a", surveys._Run._values, []

    def values(self: Any, *args: Any) -> Any:
        calls.append(1)
        if len(calls) == number + 1:
            raise Stop
        return original(self, *args)

    monkeypatch.setattr(surveys._Run, "_values", values)
    probe, family, seen = planted(rippled(0.1, 6), n=200)
    with pytest.raises(Stop):
        la.survey(probe, family, SMALL, store=place, plan="plain")
    monkeypatch.undo()
    ds, rest = survey(place, rippled(0.1, 6))
    assert sum(seen) > 0 and sum(seen) + rest == spent
    same(ds, expected)


def test_ctrl_c_returns_the_picture_so_far(tmp_path: Path, whole: Any) -> None:
    expected, spent, _ = whole
    for place in (None, tmp_path / "r.zarr/a"):
        heard: list[Any] = []
        stop = after(2, KeyboardInterrupt)
        ds, before = survey(place, rippled(0.1, 6), on_event=lambda event, h=heard, s=stop: (h.append(event), s(event)))
        assert ds.attrs["stopped"] and not ds.attrs["complete"] and not ds.attrs["converged"]
        assert before == ds.attrs["example_evaluations"] < spent and bool(np.isfinite(ds["loss"]).all())
        assert any("stopped before the tolerance was met" in event.message for event in heard if isinstance(event, Note))
        assert any("stopped" in note for note in ds.attrs["notes"])
    ds, rest = survey(tmp_path / "r.zarr/a", rippled(0.1, 6))
    assert before + rest == spent and not ds.attrs["stopped"] and not any("stopped" in note for note in ds.attrs["notes"])
    same(ds, expected)


def test_ctrl_c_before_there_is_a_picture(tmp_path: Path) -> None:
    probe, family, seen = planted(n=200)

    def stop(event: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        la.survey(probe, family, SMALL, store=tmp_path / "r.zarr/a", plan="plain", on_event=stop)
    assert sum(seen) == 200
    assert not la.open(tmp_path / "r.zarr/a")["done"].any()
    ds, rest = survey(tmp_path / "r.zarr/a")
    assert 200 + rest == ds.attrs["example_evaluations"] and ds.attrs["converged"]


@pytest.mark.parametrize(("options", "said"), [({"tolerance": 0.02}, "tolerance"), ({"seed": 1}, "seed"), ({"examples": 77}, "examples"),
                                               ({"plan": {"name": "auto", "device": "cpu", "micro_batch": 9}}, "plan")])
def test_another_survey_is_refused(tmp_path: Path, options: Any, said: str) -> None:
    place = tmp_path / "r.zarr/a"
    ds, _ = survey(place)
    probe, family, seen = planted(n=200)
    with pytest.raises(la.SpecMismatch, match=said):
        la.survey(probe, family, SMALL, **{"store": place, "plan": "plain", **options})
    with pytest.raises(la.SpecMismatch):
        la.sweep(probe, family, SMALL, store=place, plan="plain")
    assert not seen and survey(place)[0].identical(ds)


def test_a_dense_result_is_no_survey(tmp_path: Path) -> None:
    probe, family, _ = planted(n=200)
    coords = {"alpha": [0.0, 1.0], "beta": [0.0]}
    la.sweep(probe, family, coords, store=tmp_path / "r.zarr/a", plan="plain")
    with pytest.raises(la.SpecMismatch, match="survey"):
        la.survey(probe, family, coords, store=tmp_path / "r.zarr/a", plan="plain")


def test_what_lies_in_the_store(tmp_path: Path) -> None:
    ds, _ = survey(tmp_path / "r.zarr/deep/a")
    root = tmp_path / "r.zarr"
    assert list(groups(root)) == ["deep/a"] and (root / f"deep/a{CELLS}").is_dir()
    assert la.open(root).identical(ds) and la.open(root / "deep/a").identical(ds)
    opened = la.open(root)
    assert opened["evaluated"].dtype == bool and opened.attrs["method"] == "survey" and opened.attrs["tolerance"] == 0.01
    json.loads((root / "deep/a/zarr.json").read_text())


def test_the_seed_of_the_axes_stays_beside_that_of_the_survey() -> None:
    import cases

    o = la.Objective.from_module(cases.mlp(), cases.blobs(), "cross_entropy")
    ds = la.survey(la.probes.loss(o), la.random_slice(o, seed=5), {"alpha": [0.0], "beta": [0.0]}, seed=8, plan="plain")
    assert ds.attrs["seed"] == 5 and ds.attrs["survey_seed"] == 8


def test_a_deleted_survey_leaves_nothing_that_counts(tmp_path: Path) -> None:
    place = tmp_path / "r.zarr/a"
    ds, spent = survey(place)
    shutil.rmtree(place)
    again, anew = survey(place)
    assert anew == spent
    same(again, ds)
    shutil.rmtree(place)
    other, count = survey(place, tolerance=0.3)
    assert other.attrs["converged"] and count == other.attrs["example_evaluations"]


def test_damage_is_measured_again_and_nothing_else(tmp_path: Path) -> None:
    place = tmp_path / "r.zarr/a"
    ds, _ = survey(place)
    cells = sorted((tmp_path / f"r.zarr/a{CELLS}").iterdir())
    chunk = next(path for path in (cells[2] / "losses" / "c").rglob("*") if path.is_file())
    chunk.write_bytes(chunk.read_bytes()[:-9] + b"123456789")
    assert survey(place)[1] == 0, "a finished picture stands on its own"
    (next(path for path in (place / "loss" / "c").rglob("*") if path.is_file())).write_bytes(b"broken")
    store = ZarrStore(tmp_path / "r.zarr", f"a{CELLS}/{cells[2].name}")
    lost = sum(len(store.chunks[k]) for k in range(len(store.chunks)) if not store.has(k))
    again, spent = survey(place)
    examples = next(q.shape[0] for q in store.quantities if q.name == "losses")
    assert spent == lost * examples > 0
    same(again, ds)


def test_a_new_name_goes_on_with_the_unfinished(tmp_path: Path) -> None:
    place = tmp_path / "r.zarr/+"
    probe, family, seen = planted(n=200)
    with pytest.raises(Stop):
        la.survey(probe, family, SMALL, store=place, plan="plain", on_event=after(1, Stop))
    ds, rest = survey(place)
    assert list(groups(tmp_path / "r.zarr")) == ["slice-1"] and sum(seen) + rest == ds.attrs["example_evaluations"]
    survey(place, tolerance=0.3)
    assert list(groups(tmp_path / "r.zarr")) == ["slice-1", "slice-2"]


def test_two_processes_on_one_store_measure_each_cell_once(tmp_path: Path) -> None:
    place, count = tmp_path / "r.zarr/a", tmp_path / "count"
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "COUNT": str(count)}
    running = [Script(SCRIPT.format(here=str(HERE), place=str(place), out=str(tmp_path / f"{k}.npz")), environment=environment)
               for k in range(2)]
    for process in running:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said[-2000:]
    probe, family, _ = planted()
    alone = la.survey(probe, family, SMALL, plan="plain")
    made, n = 300, 600  # examples that making the objective takes at most, and the origin, by which each finds the cost
    besides = sum(map(int, count.read_text().split())) - la.open(place).attrs["example_evaluations"]
    assert 0 <= besides <= n + 2 * made, "what the picture rests on was measured by one of the two"
    with np.load(tmp_path / "0.npz") as one, np.load(tmp_path / "1.npz") as other:
        for name in alone.data_vars:
            np.testing.assert_array_equal(one[name], other[name], err_msg=f"both go by the same measurements: {name}")
        apart = np.abs(np.log(one["loss"] / alone["loss"].values))  # alone it may decide otherwise where cells are equal but for rounding
        assert np.median(apart) <= 0.02 and np.quantile(apart, 0.95) <= 0.1


def test_pictures_are_written_by_one_process_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else one that is behind could put its picture over the final one, between the look whether there is one and the writing."""
    owners, written = [], ZarrStore.write

    def write(self: ZarrStore, chunk: int, arrays: Any) -> None:
        if "examples" in arrays:
            owners.append(self._claims.owner(0))
        written(self, chunk, arrays)

    monkeypatch.setattr(ZarrStore, "write", write)
    survey(tmp_path / "r.zarr/a")
    assert len(owners) > 1 and all(owner and owner["own"] for owner in owners)
    assert not (tmp_path / "r.zarr/a/done/.claims").exists()


@pytest.mark.usefixtures("preloaded_workers")
def test_workers_measure_the_same(tmp_path: Path) -> None:
    probe, family, _ = planted()
    alone = la.survey(probe, family, SMALL, plan="plain", tolerance=0.05)
    two = la.Local(workers=2, threads=1)
    with pytest.raises(Stop):  # begun by one process
        la.survey(probe, family, SMALL, plan="plain", tolerance=0.05, store=tmp_path / "r.zarr/a", on_event=after(1, Stop))
    same(la.survey(probe, family, SMALL, plan="plain", tolerance=0.05, engine=two, store=tmp_path / "r.zarr/a"), alone)


GRAPH = {"name": "auto", "device": "cpu", "forward": "graph", "fold": True, "micro_batch": 20}


@pytest.mark.usefixtures("preloaded_workers")
def test_workers_without_a_store_and_few_cells(tmp_path: Path) -> None:
    probe, family, _ = planted(n=50)
    coords = {"alpha": la.axis(-1, 1, 4), "beta": [0.0, 1.0]}
    ds = la.survey(probe, family, coords, plan="plain", engine=la.Local(workers=2, threads=1))
    np.testing.assert_array_equal(ds["loss"], la.survey(probe, family, coords, plan="plain")["loss"])
    assert "store" not in ds.attrs


@pytest.mark.usefixtures("preloaded_workers")
def test_begun_by_a_plan_alone_it_goes_on_with_workers_by_the_same_plan(tmp_path: Path) -> None:
    import cases

    o = la.Objective.from_module(cases.convbn(), cases.images(n=60), "cross_entropy", batch_size=32)
    coords = {"alpha": la.axis(-0.5, 0.5, 13), "beta": la.axis(-0.5, 0.5, 11)}
    probe, family = la.probes.loss(o), la.random_slice(o)
    alone = la.survey(probe, family, coords, tolerance=0.05, plan=GRAPH)
    place = tmp_path / "r.zarr/a"
    with pytest.raises(Stop):
        la.survey(probe, family, coords, tolerance=0.05, plan=GRAPH, store=place, on_event=after(1, Stop))
    ds = la.survey(probe, family, coords, tolerance=0.05, engine=la.Local(workers=2, threads=1), store=place)
    np.testing.assert_allclose(ds["loss"], alone["loss"], rtol=1e-6)
    assert ds.attrs["plan"]["forward"] == "graph"


def test_a_finished_survey_says_so_without_working(tmp_path: Path) -> None:
    events: list[Any] = []
    survey(tmp_path / "r.zarr/a", on_event=events.append)
    assert isinstance(events[-1], Finished)
    ds, spent = survey(tmp_path / "r.zarr/a", plan="auto")
    assert spent == 0 and ds.attrs["complete"]
