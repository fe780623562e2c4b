"""The harness of studies: what a finding holds, how it is kept and drawn, and one study that is quick enough to run."""

import json
import math
from types import SimpleNamespace

import numpy as np
import pytest

import lossatlas as la
from lossatlas import studies
from lossatlas.run.events import Note
from lossatlas.studies import STUDIES, Study
from lossatlas.studies.finding import Finding, Number, curves
from lossatlas.studies.keeping import dataset


def tiny(scale, seeds, on_event):
    """A study that measures nothing but its seeds."""
    on_event(Note(f"tiny at {scale}"))
    steps = [0, 1, 2, 3]
    data = curves("step", steps, {"loss": np.array([[[1 + seed, 0.5, 0.25, 0.2], [2, 1, 1, 1 + seed]] for seed in seeds])},
                  lines=("train", "test"), words={"loss": "cross-entropy loss"}, title="tiny curves")
    return Finding("Small things are small (Nobody 1900)", "the mean is below 10", True, [Number("size", tuple(seeds), "cm"),
                   Number("never", [math.nan] * len(seeds))], ["made up"], data)


def bare(scale, seeds, on_event):
    return Finding("Nothing is large", "the mean is above 10", np.mean(seeds) > 10, (Number("size", tuple(seeds)),))


def broken(scale, seeds, on_event):
    raise la.InputError("no data at data/cifar10; write lossatlas data fetch cifar10")


@pytest.fixture
def catalogue(monkeypatch):
    for row, function in {"T1": "tiny", "T2": "bare", "T3": "broken"}.items():
        monkeypatch.setitem(STUDIES, row, Study(f"fake:{function}", f"claim of {row}"))
    real = studies.import_module
    here = SimpleNamespace(tiny=tiny, bare=bare, broken=broken)
    monkeypatch.setattr(studies, "import_module", lambda name, package: here if name == ".fake" else real(name, package))


def test_a_number_has_mean_and_spread_over_seeds():
    number = Number("x", (1, 2, 6), "%")
    assert number.mean == 3 and number.spread == pytest.approx(np.std([1, 2, 6], ddof=1))
    assert math.isnan(Number("x", (1,)).spread) and math.isnan(Number("x", (1, math.nan)).mean)
    with pytest.raises(la.InputError, match="a value for every seed"):
        Finding("c", "s", True, (Number("a", (1, 2)), Number("b", (1,))))
    with pytest.raises(la.InputError, match=r"expected \(seeds, 2, 3\)"):
        curves("step", [0, 1, 2], {"loss": np.zeros((4, 3))}, lines=("a", "b"))


@pytest.mark.usefixtures("catalogue")
def test_findings_are_kept_and_drawn(tmp_path):
    heard = []
    found = studies.run(["t1", "T2"], seeds=(3, 5), store=tmp_path / "s.zarr", folder=tmp_path / "out", on_event=heard.append)
    assert [(one.row, one.shown, one.seeds, one.scale) for one in found] == [("T1", True, (3, 5), "quick"), ("T2", False, (3, 5), "quick")]
    record = json.loads((tmp_path / "out" / "T1.json").read_text())
    assert record["numbers"] == [{"name": "size", "units": "cm", "values": [3, 5], "mean": 4, "spread": pytest.approx(2**0.5)},
                                 {"name": "never", "units": "", "values": [None, None], "mean": None, "spread": None}]
    assert record["shown"] is True and record["version"] == la.__version__ and record["seconds"] >= 0
    assert (tmp_path / "out" / "T1.png").stat().st_size > 5000 and not (tmp_path / "out" / "T2.png").exists()
    again = la.open(tmp_path / "s.zarr" / "study-T1-1")
    assert again["loss"].dims == ("repeat", "step", "split") and again.attrs["finding"]["claim"].startswith("Small things")
    assert np.array_equal(again["loss"].transpose("repeat", "split", "step").values, dataset(found[0])["loss"].values)
    assert list(again["split"].values) == ["train", "test"] and "Shown (2 seeds, scale quick)" in la.figures.scan(again).caption
    bare_again = la.open(tmp_path / "s.zarr" / "study-T2-1")
    assert bare_again["number_0"].values.tolist() == [3, 5] and "Not shown" in la.figures.scan(bare_again).caption
    studies.run("T1", store=tmp_path / "s.zarr")
    assert la.open(tmp_path / "s.zarr" / "study-T1-2").sizes["repeat"] == 3
    assert [event.message for event in heard[:2]] == ["T1: claim of T1; scale quick, seeds 3, 5", "tiny at quick"]


@pytest.mark.usefixtures("catalogue")
def test_a_study_that_cannot_run_does_not_stop_the_others(tmp_path):
    heard, found = [], []
    with pytest.raises(la.LossAtlasError, match=r"1 of 2 studies could not run: T3 \(no data"):
        for one in studies.each(["T3", "T1"], folder=tmp_path, on_event=heard.append):
            found.append(one.row)
    assert found == ["T1"] and "T3 could not run" in heard[1].message
    with pytest.raises(la.InputError, match="no data at"):
        studies.run("T3")


@pytest.mark.usefixtures("catalogue")
def test_places_that_cannot_be_written_are_refused_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(studies, "import_module", lambda *_: pytest.fail("a study was run"))
    (tmp_path / "file").write_text("")
    for options, words in (({"store": tmp_path / "file" / "s.zarr"}, "cannot write the store"),
                           ({"folder": tmp_path / "file" / "out"}, "cannot make the folder")):
        with pytest.raises(la.LossAtlasError, match=words):
            studies.run("T1", **options)
    monkeypatch.undo()


@pytest.mark.usefixtures("catalogue")
def test_a_result_that_is_there_is_kept(tmp_path):
    studies.run("T1", store=tmp_path / "s.zarr/mine")
    with pytest.raises(la.StoreError, match="holds a result already"):
        studies.run("T2", store=tmp_path / "s.zarr/mine")
    assert la.open(tmp_path / "s.zarr/mine").attrs["finding"]["row"] == "T1"
    with pytest.raises(la.InputError):
        studies.run("T3", store=tmp_path / "empty.zarr", folder=tmp_path / "none")
    assert not (tmp_path / "empty.zarr").exists() and not (tmp_path / "none").exists()


@pytest.mark.parametrize(("arguments", "words"), [
    ({"rows": "C99"}, "the study is 'C99'"), ({"rows": []}, "no study is named"), ({"rows": "C1", "scale": "huge"}, "scale is 'huge'"),
    ({"rows": "C1", "seeds": 0}, "seeds is 0"), ({"rows": "C1", "seeds": (1, 1)}, "different ones"),
    ({"rows": "C1", "seeds": (0.5,)}, "list of whole numbers"), ({"rows": "C1", "store": "plain"}, "expected PATH.zarr"),
    ({"rows": ["C1", "L1"], "store": "a.zarr/b"}, "several studies")])
def test_what_cannot_be_run_is_refused_at_once(arguments, words):
    with pytest.raises(la.InputError, match=words):
        studies.run(**arguments)


def test_every_study_of_the_catalogue_exists_and_says_its_claim():
    for row, study in STUDIES.items():
        module, _, function = study.place.partition(":")
        loaded = studies.import_module(f"lossatlas.studies.{module}")
        assert callable(getattr(loaded, function)), row
        assert study.claim and not study.claim.endswith("."), row
