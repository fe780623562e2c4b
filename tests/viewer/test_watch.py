"""What the watcher notices: new, changed, gone, damaged, live; what lies over what; and that it does not follow links out of a store."""

import json
import os
import shutil
import time

import made
import numpy as np
import pytest

import lossatlas as la
from lossatlas.result import claims
from lossatlas.result.schema import FLAG, Quantity
from lossatlas.viewer import look, watch
from lossatlas.viewer.watch import Watch


@pytest.fixture(autouse=True)
def settled(monkeypatch):
    """No result counts as live for long after somebody worked on it."""
    monkeypatch.setattr(watch, "PAUSE", 0.0)


def run(folder, *, steps=3):
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({"parameters": {}}))
    lines = [json.dumps({"step": k, "loss": 1 / (k + 1)}) for k in range(steps)]
    (folder / "metrics.jsonl").write_text("\n".join([*lines, '{"step": 9, "lo']))
    return folder


def test_everything_in_what_is_given_is_found(tmp_path):
    made.store(tmp_path / "here/a.zarr", "one")
    made.store(tmp_path / "here/a.zarr", "deep/two")
    run(tmp_path / "here/runs/sgd")
    (tmp_path / "here/notes").mkdir()
    seen = Watch([tmp_path / "here"]).entries
    assert [(e.id, e.title, e.store, e.kind) for e in seen.values()] == [
        ("a/deep/two", "deep/two", "a.zarr", "slice"), ("a/one", "one", "a.zarr", "slice"), ("runs/sgd", "sgd", "runs", "trajectory")]
    assert (seen["a/one"].dims, seen["a/one"].done, seen["a/one"].total) == ("alpha 5 × beta 3", 15, 15)
    assert [*Watch([tmp_path / "here/a.zarr/one"]).entries] == ["a/one"]
    assert [*Watch([tmp_path / "here/a.zarr/deep", tmp_path / "here/runs/sgd"]).entries] == ["a/deep/two", "runs/sgd"]


def test_a_recorded_run_shows_what_was_logged(tmp_path):
    found = Watch([run(tmp_path / "runs/sgd")]).document("runs/sgd")
    (line,) = [mark for panel in found.figure["panels"] for mark in panel["marks"] if mark["mark"] == "Line" and mark["x"]]
    assert line["y"] == [1.0, 0.5, 1 / 3] and found.entry.kind == "trajectory" and not found.entry.live


@pytest.mark.parametrize(("given", "said"), [([], "no store is given"), (["none.zarr"], "nothing to view"),
                                             (["s.zarr/on"], "did you mean 'one'"), (["empty"], "holds no results")])
def test_nothing_there_is_an_error_that_says_what_to_write(tmp_path, given, said):
    made.store(tmp_path / "s.zarr", "one")
    (tmp_path / "empty").mkdir()
    with pytest.raises(la.InputError, match=said):
        Watch([tmp_path / one for one in given])


def test_a_look_tells_what_is_new_changed_and_gone(tmp_path):
    found = made.store(tmp_path / "s.zarr", "a", done=1)
    seen = Watch([tmp_path / "s.zarr"])
    first = seen.entries["s/a"]
    assert (first.done, first.total) == (4, 15)
    assert seen.poll() == watch.Changed((), ())
    made.write(found, 1)
    ((changed,), gone) = (seen.poll().entries, ())
    assert changed.done == 8 and changed.revision != first.revision and gone == ()
    made.store(tmp_path / "s.zarr", "b")
    assert [entry.id for entry in seen.poll().entries] == ["s/b"]
    shutil.rmtree(tmp_path / "s.zarr/a")
    assert seen.poll() == watch.Changed((), ("s/a",))
    with pytest.raises(KeyError):
        seen.document("s/a")


def test_a_document_is_made_anew_for_another_revision_only(tmp_path, monkeypatch):
    found = made.store(tmp_path / "s.zarr", "a", done=1)
    seen, reads = Watch([tmp_path / "s.zarr"]), []
    monkeypatch.setattr(watch, "read", lambda place: reads.append(place.name) or look.read(place))
    assert seen.document("s/a").entry.done == 4 and seen.document("s/a").entry.done == 4 and reads == ["a"]
    made.write(found, 2)
    seen.poll()
    assert seen.document("s/a").entry.done == 8 and reads == ["a", "a"]


def test_a_look_at_what_did_not_change_reads_no_value(tmp_path, monkeypatch):
    made.store(tmp_path / "s.zarr", "a", done=2)
    seen = Watch([tmp_path / "s.zarr"])

    def refuse(*_):
        raise AssertionError("a value was read")

    monkeypatch.setattr("lossatlas.result.files.get", refuse)
    monkeypatch.setattr("lossatlas.result.store.description", refuse)
    for _ in range(3):
        assert seen.poll() == watch.Changed((), ())


def test_a_change_within_the_grain_of_the_file_system_is_seen(tmp_path):
    """Folders may carry the same time before and after: one that changed a moment ago is looked into."""
    found = made.store(tmp_path / "s.zarr", "a", done=1)
    seen = Watch([tmp_path / "s.zarr"])
    folder = found.path / "done/c"
    before = os.stat(folder)
    made.write(found, 1)
    os.utime(folder, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert [entry.done for entry in seen.poll().entries] == [8]


def test_damage_is_an_entry_with_a_reason_and_heals(tmp_path):
    found = made.store(tmp_path / "s.zarr", "a")
    made.store(tmp_path / "s.zarr", "b")
    saved = (found.path / "zarr.json").read_bytes()
    copy = found.path / "done/.description.json"
    seen = Watch([tmp_path / "s.zarr"])
    (found.path / "zarr.json").write_text("{")
    kept = copy.read_bytes()
    copy.write_text("{")
    (changed,) = seen.poll().entries
    assert changed.id == "s/a" and "damaged" in changed.error and seen.entries["s/b"].error is None
    with pytest.raises(la.StoreError, match="damaged"):
        seen.document("s/a")
    (found.path / "zarr.json").write_bytes(saved)
    copy.write_bytes(kept)
    (healed,) = seen.poll().entries
    assert healed.error is None and seen.document("s/a").field is not None


def test_a_kind_without_a_picture_is_listed_with_the_reason(tmp_path):
    made.store(tmp_path / "s.zarr", "a", attrs={"kind": "riddle"})
    assert "kind 'riddle' has no picture" in Watch([tmp_path / "s.zarr"]).entries["s/a"].error


def test_what_somebody_wrote_into_a_store_stops_nobody(tmp_path):
    """Descriptions with checksums that fit, and nonsense in them."""
    made.store(tmp_path / "s.zarr", "survey", attrs={"method": "survey", "complete": False})
    made.store(tmp_path / "s.zarr", "family", spec={"family": ["u"], "probe": 3})
    made.store(tmp_path / "s.zarr", "runs", attrs={"runs": [{}]})
    made.store(tmp_path / "s.zarr", "good")
    seen = Watch([tmp_path / "s.zarr"])
    assert "makes no sense (KeyError: 'evaluated')" in seen.entries["s/survey"].error
    with pytest.raises(la.StoreError, match=r"s/runs cannot be drawn \(KeyError"):
        seen.document("s/runs")
    assert seen.document("s/good").field and seen.document("s/family").field


def test_a_result_that_vanishes_while_it_is_looked_at_is_gone(tmp_path, monkeypatch):
    made.store(tmp_path / "s.zarr", "a")
    seen = Watch([tmp_path / "s.zarr"])
    monkeypatch.setattr(look, "CLOSE_LOOK", 0.0)
    monkeypatch.setattr(look, "_signature", lambda place: os.stat(tmp_path / "nowhere"))
    assert seen.poll() == watch.Changed((), ("s/a",))


def test_a_damaged_chunk_is_noticed_at_a_close_look(tmp_path, monkeypatch):
    found = made.store(tmp_path / "s.zarr", "a")
    for folder in (found.path / "done/c", found.path / "zarr.json", found.path / "done/.description.json"):
        os.utime(folder, (1, 1))
    seen = Watch([tmp_path / "s.zarr"])
    chunk = found.path / "loss/c/0"
    chunk.write_bytes(chunk.read_bytes()[:-4])
    assert not seen.poll().entries, "nothing that leads to it changed"
    monkeypatch.setattr(look, "CLOSE_LOOK", 0.0)
    assert [entry.id for entry in seen.poll().entries] == ["s/a"]
    sheet = seen.document("s/a").field.sheets[0]
    assert "AAAA" in sheet.done.data  # the first four points are not done any more


def test_somebody_at_work_makes_it_live_and_the_dead_do_not(tmp_path, monkeypatch):
    found = made.store(tmp_path / "s.zarr", "a", done=1)
    seen = Watch([tmp_path / "s.zarr"])
    assert not seen.entries["s/a"].live
    with found.claim(1) as mine:
        assert mine
        seen.poll()
        assert seen.entries["s/a"].live
        monkeypatch.setattr(claims, "_ended", lambda owner: True)
        seen.poll()
        assert not seen.entries["s/a"].live


def test_a_survey_under_way_counts_what_it_measured_and_is_live_while_it_thinks(tmp_path):
    quantities = (*made.QUANTITIES, Quantity("evaluated", "whether the cell was measured", FLAG))
    found = made.store(tmp_path / "s.zarr", "a", quantities=quantities, attrs={"method": "survey", "complete": False})
    cells = made.store(tmp_path / "s.zarr", "a.cells/0003", done=0)
    seen = Watch([tmp_path / "s.zarr"])
    assert [*seen.entries] == ["s/a"] and (seen.entries["s/a"].done, seen.entries["s/a"].total, seen.entries["s/a"].live) == (6, 15, False)
    with cells.claim(0):
        seen.poll()
    seen.poll()
    assert seen.entries["s/a"].live, "between two rounds nobody holds a claim"
    found.revise({"complete": True})
    seen.poll()
    assert (seen.entries["s/a"].done, seen.entries["s/a"].live) == (15, False)


def test_between_two_chunks_it_stays_live_for_a_while(tmp_path, monkeypatch):
    monkeypatch.setattr(watch, "PAUSE", 60.0)
    found = made.store(tmp_path / "s.zarr", "a", done=1)
    seen = Watch([tmp_path / "s.zarr"])
    with found.claim(1):
        seen.poll()
    seen.poll()
    assert seen.entries["s/a"].live
    for number in (1, 2, 3):
        made.write(found, number)
    seen.poll()
    assert not seen.entries["s/a"].live, "all is done and nobody works on it"


def test_a_run_beside_a_slice_lies_over_it_also_where_the_slice_alone_is_given(tmp_path):
    made.store(tmp_path / "s.zarr", "plane")
    made.store(tmp_path / "s.zarr", "other", spec={"family": {**made.PLANE, "origin": "o2"}})
    seen = Watch([tmp_path / "s.zarr/plane"])
    before = seen.entries["s/plane"].revision
    made.path(tmp_path / "s.zarr", "path-sgd", attrs={"run": "sgd"})
    (changed,) = seen.poll().entries
    assert changed.revision != before and [*seen.entries] == ["s/plane"]
    assert [track.name for track in seen.document("s/plane").field.tracks] == ["sgd"]
    whole = Watch([tmp_path / "s.zarr"])
    assert [*whole.entries] == ["s/other", "s/path-sgd", "s/plane"] and not whole.document("s/other").field.tracks


def test_the_log_of_a_monitored_run_lies_over_its_slices(tmp_path):
    from lossatlas.result.log import Log

    log = Log(tmp_path / "s.zarr/run", spec={}, quantities={"loss": ("loss", "")}, attrs={"title": "Net while it trains"})
    for step in (0, 10, 20):
        log.record(step, {"loss": 1.0, "slice_alpha": step / 10, "slice_beta": 0.0})
    made.store(tmp_path / "s.zarr", "run-slices/step000010", attrs={"step": 10, "centre": [1.0, 0.0]})
    seen = Watch([tmp_path / "s.zarr"])
    assert {key: entry.live for key, entry in seen.entries.items()} == {"s/run": True, "s/run-slices/step000010": False}
    (track,) = seen.document("s/run-slices/step000010").field.tracks
    assert track.name == "run" and np.frombuffer(__import__("base64").b64decode(track.x.data), "<f8").tolist() == [-1, 0, 1]
    log.record(30, {"loss": 0.5})
    assert {entry.id for entry in seen.poll().entries} == {"s/run", "s/run-slices/step000010"}
    assert seen.entries["s/run"].dims == "4 records, up to step 30"
    log.finish(30)
    log.close()
    seen.poll()
    assert seen.entries["s/run"].dims == "4 records, up to step 30", "what happened is no record"
    assert not seen.entries["s/run"].live and seen.document("s/run").figure


def test_what_takes_long_to_make_is_told_of_less_often_while_it_grows(tmp_path, monkeypatch):
    found = made.store(tmp_path / "s.zarr", "a", done=1)
    seen = Watch([tmp_path / "s.zarr"])
    seen.document("s/a")
    seen._cost["s/a"] = (time.monotonic(), 100.0)
    made.write(found, 1)
    with found.claim(2):
        assert seen.poll().entries[0].done == 4 and seen.document("s/a").entry.done == 4
        assert not seen.poll().entries
        seen._cost["s/a"] = (time.monotonic() - 1001, 100.0)
        assert [entry.done for entry in seen.poll().entries] == [8]
    made.write(found, 2)
    assert seen.poll().entries[0].done == 12, "nobody works on it: it is told at once"


def test_titles_that_somebody_gave_are_shown_where_they_tell_results_apart(tmp_path):
    made.store(tmp_path / "s.zarr", "a", attrs={"title": "with skip connections"})
    made.store(tmp_path / "s.zarr", "b", attrs={"title": "without skip connections"})
    made.store(tmp_path / "s.zarr", "c", attrs={"title": "twice"})
    made.store(tmp_path / "s.zarr", "d", attrs={"title": "twice"})
    assert [entry.title for entry in Watch([tmp_path / "s.zarr"]).entries.values()] == ["with skip connections", "without skip connections",
                                                                                       "c", "d"]


def test_two_stores_of_one_name_have_ids_of_their_own(tmp_path):
    for folder in ("x", "y"):
        made.store(tmp_path / folder / "s.zarr", "step1")
    ids = [*Watch([tmp_path / "x/s.zarr", tmp_path / "y/s.zarr"]).entries]
    assert len(set(ids)) == 2 and all(key.endswith("s/step1") for key in ids), "what a series is known by stays at the end"


@pytest.mark.parametrize("what", ["zarr.json", "done", "loss", "group"])
def test_links_that_leave_the_store_are_refused(tmp_path, what):
    found, other = made.store(tmp_path / "s.zarr", "a"), made.store(tmp_path / "secret.zarr", "a")
    inside = found.path if what == "group" else found.path / what
    outside = other.path if what == "group" else other.path / what
    shutil.rmtree(inside) if inside.is_dir() else inside.unlink()
    inside.symlink_to(outside)
    seen = Watch([tmp_path / "s.zarr/a" if what == "group" else tmp_path / "s.zarr"])
    assert "leads out of s.zarr" in seen.entries["s/a"].error
    with pytest.raises(la.StoreError, match="not followed"):
        seen.document("s/a")


def test_a_name_that_is_markup_or_no_text_stays_a_name(tmp_path):
    made.store(tmp_path / "s.zarr", "<script>alert(1)<!script>")
    os.rename(made.store(tmp_path / "s.zarr", "odd").path, os.fsencode(tmp_path / "s.zarr") + b"/\xff\xfe")
    entries = Watch([tmp_path / "s.zarr"]).entries
    assert "s/<script>alert(1)<!script>" in entries and json.dumps([*entries]).encode().decode()
    assert all(entry.title.isprintable() for entry in entries.values())


def test_a_look_at_many_results_is_quick(tmp_path):
    first = made.store(tmp_path / "s.zarr", "g00", nx=9, ny=9, chunk=1, done=0)
    for number in range(1, 40):
        shutil.copytree(first.path, tmp_path / f"s.zarr/g{number:02}")
    for folder in (tmp_path / "s.zarr").glob("*/*/c"):
        os.utime(folder, (1, 1))
    seen = Watch([tmp_path / "s.zarr"])
    began = time.perf_counter()
    seen.poll()
    assert len(seen.entries) == 40 and time.perf_counter() - began < 3, "a hundredth of that where nothing else runs"
