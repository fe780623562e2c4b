"""The store: its layout on disk, and that damage of any kind is noticed, chunk by chunk."""

import hashlib
import json
import os
import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import zarr

from lossatlas.errors import InputError, SpecMismatch, StoreError
from lossatlas.lattice import axis, coarse_first
from lossatlas.result import description, files
from lossatlas.result import store as storage
from lossatlas.result.schema import Quantity
from lossatlas.result.store import ZarrStore, find_unfinished, groups, locate, next_name, open_result, results, split_path

LOSS = Quantity("loss", "the loss", "nats")
PARTS = Quantity("parts", "two by three", "", (("part", 2), ("kind", 3)))
COORDS = {"alpha": axis(-1, 1, 5), "beta": axis(0, 1, 3)}
INDICES = coarse_first([5, 3])
ATTRS = {"kind": "slice", "title": "a test", "seed": 3}


def create(root: Path, name: str = "a", *, spec: dict | None = None, chunk: int = 4, coords: dict = COORDS) -> ZarrStore:
    return ZarrStore.create(
        root, name, spec=spec or {"seed": 3}, attrs=ATTRS, coords=coords, indices=coarse_first([len(v) for v in coords.values()]),
        quantities=(LOSS, PARTS), timing={"chunk": chunk, "seconds_per_point": 0.5},
        centre={"loss": np.array(0.25), "parts": np.arange(6.0).reshape(2, 3)})


def values(points: range) -> dict[str, np.ndarray]:
    """Values that name their point."""
    return {"loss": np.array([100.0 + p for p in points]), "parts": np.array([np.full((2, 3), float(p)) for p in points])}


def filled(root: Path, name: str = "a", **options: object) -> ZarrStore:
    store = create(root, name, **options)  # type: ignore[arg-type]
    for number, points in enumerate(store.chunks):
        store.write(number, values(points))
    return store


def fingerprint(folder: Path) -> dict[str, str]:
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in sorted(folder.rglob("*")) if f.is_file()}


# ---- layout --------------------------------------------------------------------------------------------------------


def test_layout_is_point_by_point_in_work_order_with_gzip_and_done(tmp_path: Path) -> None:
    store = filled(tmp_path / "r.zarr")
    for name, shape, dims, chunks in (("loss", [15], ["point"], [4]), ("done", [15], ["point"], [4]), ("alpha", [15], ["point"], [15]),
                                      ("parts", [15, 2, 3], ["point", "part", "kind"], [4, 2, 3])):
        meta = json.loads((store.path / name / "zarr.json").read_text())
        assert meta["shape"] == shape and meta["dimension_names"] == dims
        assert meta["chunk_grid"]["configuration"]["chunk_shape"] == chunks
        assert "gzip" in [codec["name"] for codec in meta["codecs"]], f"{name} has no checksum"
    assert json.loads((store.path / "loss" / "zarr.json").read_text())["attributes"]["units"] == "nats"
    group = zarr.open_group(str(store.path), mode="r")
    for column, dim in enumerate(COORDS):
        assert np.array_equal(group[dim][:], COORDS[dim][INDICES[:, column]]), "coordinates are not in work order"
    assert [range(0, 4), range(4, 8), range(8, 12), range(12, 15)] == store.chunks


def test_plain_xarray_reads_it(tmp_path: Path) -> None:
    store = filled(tmp_path / "r.zarr")
    ds = xr.open_zarr(str(store.path), consolidated=False)
    assert ds["loss"].dims == ("point",) and ds["parts"].dims == ("point", "part", "kind")
    assert ds["loss"].values.tolist() == [100.0 + p for p in range(15)]
    assert ds["done"].dtype == bool and bool(ds["done"].all())
    assert ds.attrs["seed"] == 3 and ds["loss"].attrs["long_name"] == "the loss"
    assert float(ds["center_loss"]) == 0.25


def test_open_returns_the_familys_own_dims(tmp_path: Path) -> None:
    filled(tmp_path / "r.zarr", "deep/er")
    ds = open_result(tmp_path / "r.zarr/deep/er")
    assert ds["loss"].dims == ("alpha", "beta") and ds["parts"].dims == ("alpha", "beta", "part", "kind")
    for number, (i, j) in enumerate(INDICES):
        assert float(ds["loss"][i, j]) == 100.0 + number
        assert (ds["parts"][i, j].values == number).all()
    assert np.array_equal(ds["alpha"].values, COORDS["alpha"]) and np.array_equal(ds["beta"].values, COORDS["beta"])
    assert ds.attrs["kind"] == "slice" and ds.attrs["spec"] == {"seed": 3} and ds.attrs["nonfinite"] == {}
    assert ds["center_parts"].values.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_unfinished_points_are_nan_and_not_done(tmp_path: Path) -> None:
    store = create(tmp_path / "r.zarr")
    store.write(1, values(store.chunks[1]))
    ds = open_result(tmp_path / "r.zarr/a")
    assert int(ds["done"].sum()) == 4 and int(np.isfinite(ds["loss"]).sum()) == 4
    assert bool((np.isfinite(ds["loss"]) == ds["done"]).all())
    assert ds.attrs["nonfinite"] == {}, "what was not evaluated is not counted as not finite"


def test_a_legitimate_nan_differs_from_a_missing_chunk(tmp_path: Path) -> None:
    store = filled(tmp_path / "r.zarr")
    points = store.chunks[2]
    store.write(2, {"loss": np.full(len(points), np.nan), "parts": np.full((len(points), 2, 3), np.nan)})
    arrays, done = store.read()
    assert done.all() and np.isnan(arrays["loss"][8:12]).all(), "a chunk of NaN is a result"
    assert (store.path / "loss/c/2").exists(), "a chunk that equals the fill value must be on disk"
    assert open_result(store.path).attrs["nonfinite"] == {"loss": 4, "parts": 4}, "points, each once"
    (store.path / "loss/c/2").unlink()
    assert np.flatnonzero(~store.read()[1]).tolist() == [8, 9, 10, 11]


def test_done_is_written_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = create(tmp_path / "r.zarr")
    written, original = [], files.put

    def spy(array: Path, *rest: Any, **options: Any) -> None:
        written.append(array.name)
        original(array, *rest, **options)

    monkeypatch.setattr(files, "put", spy)
    store.write(0, values(store.chunks[0]))
    assert written == ["loss", "parts", "done"]


@pytest.mark.parametrize("at", ["loss", "parts", "done"])
def test_a_write_that_breaks_off_anywhere_leaves_the_chunk_not_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    store = create(tmp_path / "r.zarr")
    store.write(1, values(store.chunks[1]))
    original = files.put

    def breaks(array: Path, *rest: Any, **options: Any) -> None:
        if array.name == at:
            raise OSError(28, "No space left on device")
        original(array, *rest, **options)

    monkeypatch.setattr(files, "put", breaks)
    with pytest.raises(StoreError, match=r"cannot write chunk 0 .*No space left on device"):
        store.write(0, values(store.chunks[0]))
    assert np.flatnonzero(ZarrStore(store.root, "a").read()[1]).tolist() == [4, 5, 6, 7]


# ---- damage --------------------------------------------------------------------------------------------------------

FILES = {"loss": "loss/c/1", "parts": "parts/c/1/0/0", "done": "done/c/1"}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("how", ["missing", "empty", "half", "one byte short", "zeros", "another file"])
def test_a_damaged_chunk_of_any_array_is_not_done_and_the_rest_is(tmp_path: Path, name: str, how: str) -> None:
    store = filled(tmp_path / "r.zarr")
    file = store.path / FILES[name]
    whole = file.read_bytes()
    if how == "missing":
        file.unlink()
    else:
        file.write_bytes({"empty": b"", "half": whole[: len(whole) // 2], "one byte short": whole[:-1], "zeros": bytes(len(whole)),
                          "another file": b"not a chunk"}[how])
    arrays, done = store.read()
    assert np.flatnonzero(~done).tolist() == [4, 5, 6, 7]
    kept = np.flatnonzero(done)
    assert arrays["loss"][kept].tolist() == [100.0 + p for p in kept]
    assert arrays["parts"][kept, 1, 2].tolist() == kept.tolist()
    ds = open_result(store.path)
    assert int(ds["done"].sum()) == 11 and int(np.isfinite(ds["loss"]).sum()) == 11, "values of a chunk not done must not be shown"
    store.write(1, values(store.chunks[1]))
    arrays, done = store.read()
    assert done.all() and arrays["loss"].tolist() == [100.0 + p for p in range(15)]


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit_is_noticed_or_harmless(tmp_path: Path, name: str) -> None:
    store = filled(tmp_path / "r.zarr")
    file = store.path / FILES[name]
    whole, noticed = file.read_bytes(), 0
    for position in range(len(whole)):
        bad = bytearray(whole)
        bad[position] ^= 1 << (position % 8)
        file.write_bytes(bytes(bad))
        arrays, done = store.read()
        assert done[:4].all() and done[8:].all()
        if done.all():
            assert arrays["loss"].tolist() == [100.0 + p for p in range(15)], f"bit flip at byte {position} gave other values"
            assert arrays["parts"][:, 0, 0].tolist() == list(range(15))
        else:
            noticed += 1
    assert noticed > len(whole) // 2


def test_two_damaged_chunks_in_two_arrays(tmp_path: Path) -> None:
    store = filled(tmp_path / "r.zarr")
    (store.path / "loss/c/0").write_bytes(b"junk")
    (store.path / "parts/c/3/0/0").unlink()
    assert np.flatnonzero(store.read()[1]).tolist() == [4, 5, 6, 7, 8, 9, 10, 11]


@pytest.mark.parametrize(("file", "content"), [("center_loss/c", None), ("center_loss/c", b"junk"), ("center_parts/c/0/0", None)])
def test_a_damaged_centre_never_reads_as_nan(tmp_path: Path, file: str, content: bytes | None) -> None:
    store = filled(tmp_path / "r.zarr")
    place = store.path / file
    assert place.exists()
    place.unlink() if content is None else place.write_bytes(content)
    assert store.centre() is None
    with pytest.raises(StoreError, match=r"centre of .* is missing or damaged"):
        open_result(store.path)
    store.write_centre({"loss": np.array(0.25), "parts": np.arange(6.0).reshape(2, 3)})
    assert float(open_result(store.path)["center_loss"]) == 0.25


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"attributes": {"lossatlas": {"format": 1}}}',
                                  '{"attributes": {"lossatlas": 3}}', '{"lossatlas": {"format": 2}}'])
def test_a_damaged_description_is_replaced_by_the_other_copy_and_without_one_it_is_one_line(tmp_path: Path, text: str | None) -> None:
    store = filled(tmp_path / "r.zarr")
    copies = [store.path / "zarr.json", store.path / description.COPY]
    whole, before = open_result(store.path), fingerprint(store.path)
    for bad in copies:
        original = bad.read_bytes()
        bad.unlink() if text is None else bad.write_text(text)
        assert open_result(store.path).identical(whole) and list(groups(store.root)) == ["a"]
        again = ZarrStore(store.root, "a")
        again.mend()
        assert bad.read_bytes() == original and fingerprint(store.path) == before
    for bad in copies:
        bad.unlink() if text is None else bad.write_text(text)
    with pytest.raises(StoreError) as caught:
        open_result(store.path)
    assert "\n" not in str(caught.value) and str(store.path) in str(caught.value)


def test_a_flipped_bit_in_a_description_is_never_a_wrong_number(tmp_path: Path) -> None:
    store = filled(tmp_path / "r.zarr")
    whole, place = open_result(store.path), store.path / "zarr.json"
    content, rng, refused = place.read_bytes(), random.Random(0), 0
    for single in (False, True):
        for position in rng.sample(range(len(content)), 150):
            bad = bytearray(content)
            bad[position] ^= 1 << rng.randrange(8)
            place.write_bytes(bad)
            if single:
                (store.path / description.COPY).unlink(missing_ok=True)
            try:
                assert open_result(store.path).identical(whole), f"bit flip at byte {position}"
            except StoreError:
                refused += 1
                assert single, "the other copy is whole"
    assert refused > 100, "the flips did nothing"


@pytest.mark.parametrize("file", ["loss/zarr.json", "done/zarr.json", "alpha/c/0", "center_parts/zarr.json", "alpha/zarr.json"])
@pytest.mark.parametrize("how", ["missing", "empty", "flipped"])
def test_a_damaged_frame_is_mended_and_zarr_reads_it_again(tmp_path: Path, file: str, how: str) -> None:
    store = filled(tmp_path / "r.zarr")
    before, place = fingerprint(store.path), store.path / file
    content = bytearray(place.read_bytes())
    content[len(content) // 2] ^= 2
    place.unlink() if how == "missing" else place.write_bytes(b"" if how == "empty" else content)
    store.mend()
    assert fingerprint(store.path) == before
    assert xr.open_zarr(store.path, consolidated=False)["loss"].values.tolist() == [100.0 + p for p in range(15)]
    shutil.rmtree(store.path / "parts")
    store.mend()
    store.write(0, values(store.chunks[0]))
    assert store.has(0) and not store.has(1)


def test_a_chunk_written_twice_is_written_alike(tmp_path: Path) -> None:
    store = filled(tmp_path / "r.zarr")
    before = fingerprint(store.path)
    store.write(3, values(store.chunks[3]))
    assert fingerprint(store.path) == before


def test_what_the_killed_left_half_written_is_removed_when_it_is_old(tmp_path: Path) -> None:
    store = filled(tmp_path / "r.zarr")
    old, fresh = store.path / "loss/c/.1.999.partial", store.path / "parts/c/1/0/.0.998.partial"
    creating = store.root / ".creating-a-999"
    creating.mkdir()
    for path in (old, fresh):
        path.write_bytes(b"half")
    for path in (old, creating):
        os.utime(path, (1, 1))
    store.tidy()
    create(store.root, "b")
    assert not old.exists() and fresh.exists() and not creating.exists()


def test_a_result_of_the_first_format_is_read_and_goes_on(tmp_path: Path) -> None:
    store = filled(tmp_path / "r.zarr")
    whole, place = open_result(store.path), store.path / "zarr.json"
    old = json.loads(place.read_text())
    old["attributes"]["lossatlas"]["format"] = 1
    del old["attributes"]["lossatlas"]["checksum"]
    place.write_text(json.dumps(old))
    (store.path / description.COPY).unlink()
    (store.path / "loss/c/2").unlink()
    again = ZarrStore(store.root, "a")
    again.mend()
    again.write(2, values(again.chunks[2]))
    assert open_result(store.path).identical(whole)


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    store = filled(tmp_path / "r.zarr")
    meta = json.loads((store.path / "zarr.json").read_text())
    meta["attributes"]["lossatlas"] = {"format": storage.FORMAT + 1, "of": "the future"}
    (store.path / "zarr.json").write_text(json.dumps(meta))
    (store.path / description.COPY).unlink()
    with pytest.raises(StoreError, match=rf"format {storage.FORMAT + 1}.*reads up to {storage.FORMAT}.*update"):
        open_result(store.path)
    assert find_unfinished(tmp_path / "r.zarr", "a", {"seed": 3}) is None
    before = fingerprint(store.path)
    create(tmp_path / "r.zarr", "a-1")
    assert find_unfinished(tmp_path / "r.zarr", "a", {"seed": 3}) == "a-1", "a group of the future does not stop those of today"
    assert fingerprint(store.path) == before


# ---- specs ---------------------------------------------------------------------------------------------------------


def test_another_spec_is_refused_with_the_difference_and_nothing_is_touched(tmp_path: Path) -> None:
    spec = {"seed": 3, "family": {"normalize": "filter", "ignore": ("bias",)}, "coords": {"alpha": COORDS["alpha"].tolist()}}
    store = filled(tmp_path / "r.zarr", spec=spec)
    store.check_spec(spec)
    before = fingerprint(store.path)
    other = {"seed": 4, "family": {"normalize": "layer", "ignore": ("bias",)}, "coords": {"alpha": [*COORDS["alpha"].tolist(), 2.0]}}
    with pytest.raises(SpecMismatch) as caught:
        store.check_spec(other)
    text = str(caught.value)
    assert "seed: stored 3, now 4" in text and "family.normalize: stored 'filter', now 'layer'" in text
    assert "coords.alpha: stored -1…1 (5), now -1…2 (6)" in text and "ignore" not in text and "\n" not in text
    assert fingerprint(store.path) == before


def test_a_difference_hidden_in_the_middle_is_shown(tmp_path: Path) -> None:
    store = create(tmp_path / "r.zarr", spec={"u": [-1.0, -0.5, 0.0, 1.0], "text": "x" * 80 + "a"})
    with pytest.raises(SpecMismatch) as caught:
        store.check_spec({"u": [-1.0, -0.25, 0.0, 1.0], "text": "x" * 80 + "b"})
    text = str(caught.value)
    assert "-0.5" in text and "-0.25" in text and "xa" in text and "xb" in text


def test_keys_that_come_or_go_are_differences(tmp_path: Path) -> None:
    store = create(tmp_path / "r.zarr", spec={"old": 1, "same": None})
    with pytest.raises(SpecMismatch, match=r"old: stored 1, now None; new: stored None, now 2"):
        store.check_spec({"new": 2})


def test_a_group_made_meanwhile_is_shared_only_for_the_same_spec(tmp_path: Path) -> None:
    root = tmp_path / "r.zarr"
    first = filled(root)
    again = create(root)  # as a second process would, after it had seen no group
    assert again.read()[1].all() and fingerprint(first.path) == fingerprint(again.path)
    with pytest.raises(SpecMismatch, match="seed: stored 3, now 9"):
        create(root, spec={"seed": 9})
    assert list(groups(root)) == ["a"] and not list(root.glob(".creating*"))


# ---- places --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "default", "expected"), [
    ("runs/a.zarr/resnet/seed0", None, ("runs/a.zarr", "resnet/seed0")), ("a.zarr/x", "slice", ("a.zarr", "x")),
    ("a.zarr", "slice", ("a.zarr", "slice")), ("a.zarr/", "slice", ("a.zarr", "slice")), ("a.zarr//x/", None, ("a.zarr", "x")),
    ("/tmp/a.zarr/b.zarr", None, ("/tmp/a.zarr", "b.zarr")), ("./with space.zarr/ö", None, ("with space.zarr", "ö")),
    (Path("a.zarr") / "x", None, ("a.zarr", "x"))])
def test_paths(path: str | Path, default: str | None, expected: tuple[str, str]) -> None:
    assert split_path(path, default) == (Path(expected[0]), expected[1])


def test_home_is_expanded() -> None:
    assert split_path("~/a.zarr/x")[0] == Path.home() / "a.zarr"


@pytest.mark.parametrize(("path", "said"), [
    ("plain", "expected PATH.zarr"), ("", "expected PATH.zarr"), ("a.zar/x", "expected PATH.zarr"), ("a.zarr", "names no group"),
    ("s3://bucket/a.zarr/x", "on this machine"), (5, "on this machine"), (None, "on this machine"), ("a.zarr/../x", "named '..'"),
    ("a.zarr/.hidden", "named '.hidden'"), ("a.zarr/zarr.json", "named 'zarr.json'"), ("a.zarr/x/__y", "named '__y'")])
def test_odd_paths_are_refused(path: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        split_path(path)  # type: ignore[arg-type]


def test_several_groups_are_listed_and_one_needs_no_name(tmp_path: Path) -> None:
    root = tmp_path / "r.zarr"
    filled(root, "one")
    assert locate(root) == (root, "one") and open_result(root)["loss"].dims == ("alpha", "beta")
    filled(root, "deep/two")
    with pytest.raises(StoreError, match=r"holds 2 results; name one: .*deep/two, .*r\.zarr/one"):
        open_result(root)
    assert results(root) == (root, ["deep/two", "one"])
    with pytest.raises(StoreError, match=r"no result at .*onne; did you mean 'one'\?; .* holds deep/two, one"):
        open_result(root / "onne")
    with pytest.raises(StoreError, match=r"no result at .*deep; "):
        open_result(root / "deep")


@pytest.mark.parametrize("make", [lambda p: None, lambda p: p.write_text("x"), lambda p: p.mkdir(),
                                  lambda p: zarr.open_group(str(p), mode="w").create_group("other")])
def test_no_result_there(tmp_path: Path, make: object) -> None:
    make(tmp_path / "r.zarr")  # type: ignore[operator]
    for path in (tmp_path / "r.zarr", tmp_path / "r.zarr/x", tmp_path / "r.zarr/other"):
        with pytest.raises(StoreError, match=r"lossatlas wrote|no result") as caught:
            open_result(path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("place", ["file", "file parent", "inside a result", "over results", "full folder", "array"])
def test_a_place_that_cannot_be_written_is_refused_and_left_as_it_was(tmp_path: Path, place: str) -> None:
    root = tmp_path / "r.zarr"
    filled(root, "a")
    filled(root, "p/q")
    (tmp_path / "file.zarr").write_text("x")
    (root / "full").mkdir()
    (root / "full/notes").write_text("x")
    where = {"file": (tmp_path / "file.zarr", "a"), "file parent": (tmp_path / "file.zarr/x.zarr", "a"), "inside a result": (root, "a/b"),
             "over results": (root, "p"), "full folder": (root, "full"), "array": (root, "a/loss")}[place]
    before = fingerprint(tmp_path)
    with pytest.raises(StoreError) as caught:
        create(*where)
    assert "\n" not in str(caught.value) and ("choose" in str(caught.value))
    assert fingerprint(tmp_path) == before


def test_writing_into_a_store_that_is_gone(tmp_path: Path) -> None:
    store = create(tmp_path / "r.zarr")
    shutil.rmtree(tmp_path / "r.zarr")
    with pytest.raises(StoreError, match="cannot write chunk 0"):
        store.write(0, values(store.chunks[0]))


def test_half_created_groups_are_no_results_and_block_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "r.zarr"
    assert next_name(root, "slice") == "slice-1"
    filled(root, "slice-1")
    (root / ".creating-slice-2-999").mkdir()
    shutil.copytree(root / "slice-1", root / ".creating-slice-3-999")
    assert list(groups(root)) == ["slice-1"] and next_name(root, "slice") == "slice-2"
    (root / "slice-2").mkdir()
    (root / "slice-2" / "rest").write_text("of something else")
    assert next_name(root, "slice") == "slice-3" and next_name(root, "profile") == "profile-1"
    monkeypatch.setattr(storage.os, "rename", lambda *names: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        create(root, "slice-9")
    assert not list(root.glob(".creating-slice-9*")) and not (root / "slice-9").exists()


def test_the_unfinished_group_of_the_same_spec_is_found(tmp_path: Path) -> None:
    root = tmp_path / "r.zarr"
    assert find_unfinished(root, "slice", {"seed": 3}) is None
    filled(root, "slice-1")
    create(root, "slice-2", spec={"seed": 4})
    create(root, "profile-1")
    assert find_unfinished(root, "slice", {"seed": 3}) is None
    create(root, "slice-3")
    assert find_unfinished(root, "slice", {"seed": 3}) == "slice-3" and find_unfinished(root, "slice", {"seed": 4}) == "slice-2"


def test_many_chunks_open_quickly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`info` has a second, also for hundreds of chunks of one point: zarr, at half a millisecond a chunk, is not asked."""
    coords = {"alpha": axis(-1, 1, 21), "beta": axis(-1, 1, 11)}
    store = create(tmp_path / "r.zarr", chunk=1, coords=coords)
    group = zarr.open_group(str(store.path), mode="r+")
    for name in ("loss", "parts", "done"):
        group[name][...] = 1
    reads, original = [], zarr.Array.__getitem__
    monkeypatch.setattr(zarr.Array, "__getitem__", lambda self, key: (reads.append(self.path), original(self, key))[1])
    arrays, done = store.read()
    assert done.all() and (arrays["parts"] == 1).all() and reads == []
