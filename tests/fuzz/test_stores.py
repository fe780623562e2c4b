"""Stores spoilt in every file and in every way: the same numbers, or not done, or a clear error; never other numbers."""

import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import zarr
from fuzzing import SPOIL, at_most, call, check_answer, check_tried, count, inputs, small_objective
from hypothesis import given
from hypothesis import strategies as st

import lossatlas as la
from lossatlas.result import claims
from lossatlas.result.description import checksum
from lossatlas.run import sweep as sweeping
from lossatlas.run import work

GRID = {"alpha": la.axis(-1, 1, 3), "beta": la.axis(0, 1, 2)}


ONE = small_objective(12)
FAMILY = la.random_slice(ONE)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small chunks, and claims of others that are given up at once."""
    monkeypatch.setattr(sweeping, "chunk_points", lambda seconds, points: 2)
    monkeypatch.setattr(claims, "STALE_SECONDS", 0.01)
    monkeypatch.setattr(work, "POLL_SECONDS", 0.005)
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A finished store."""
    resume(tmp_path / "whole.zarr/a")
    return tmp_path / "whole.zarr"


def resume(place: Path) -> xr.Dataset:
    return la.sweep(la.probes.loss(ONE), FAMILY, GRID, store=place)


def same(ds: xr.Dataset, true: xr.Dataset) -> bool:
    """Every number that the result shows is the true one, bit for bit; whether it shows all."""
    assert set(ds.variables) == set(true.variables) and ds.attrs["spec"] == true.attrs["spec"] and ds.attrs["title"] == true.attrs["title"]
    done = ds["done"].values
    for name in true.variables:
        found, expected = ds[name].values, true[name].values
        assert found.dtype == expected.dtype and found.shape == expected.shape, name
        if name in true.data_vars and not str(name).startswith("center_") and name != "done":
            assert np.isnan(found[~done]).all() and np.array_equal(found[done], expected[done], equal_nan=True), f"other numbers in {name}"
        elif name != "done":
            assert np.array_equal(found, expected, equal_nan=expected.dtype.kind == "f"), f"other numbers in {name}"
    return bool(done.all())


# ---- ways to spoil a store -----------------------------------------------------------------------------------------


def _victim(root: Path, rng: random.Random) -> Path:
    """Any file; every kind of file as likely as another."""
    files = sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    kinds = sorted({path.name if path.suffix == ".json" else path.relative_to(root).parts[1:2] for path in files}, key=str)
    kind = rng.choice(kinds)
    return rng.choice([path for path in files if kind in (path.name, path.relative_to(root).parts[1:2])])


def spoil(root: Path, rng: random.Random) -> None:
    path = _victim(root, rng)
    path.write_bytes(SPOIL[rng.choice(sorted(SPOIL))](path.read_bytes() or b"x", rng))


def delete(root: Path, rng: random.Random) -> None:
    _victim(root, rng).unlink()


def delete_folder(root: Path, rng: random.Random) -> None:
    shutil.rmtree(rng.choice(sorted(path for path in root.rglob("*") if path.is_dir())))


def overwrite_by_another(root: Path, rng: random.Random) -> None:
    a, b = _victim(root, rng), _victim(root, rng)
    if a != b:
        shutil.copyfile(a, b)


def swap(root: Path, rng: random.Random) -> None:
    a, b = _victim(root, rng), _victim(root, rng)
    first, second = a.read_bytes(), b.read_bytes()
    a.write_bytes(second)
    b.write_bytes(first)


def chunk_in_anothers_place(root: Path, rng: random.Random) -> None:
    chunks = sorted(path for path in root.glob("a/*/c/*") if path.is_file())
    a, b = rng.sample(chunks, 2)
    shutil.copyfile(a, b)


def file_to_folder(root: Path, rng: random.Random) -> None:
    path = _victim(root, rng)
    path.unlink()
    path.mkdir()
    if rng.random() < 0.5:
        (path / "x").write_text("x")


def folder_to_file(root: Path, rng: random.Random) -> None:
    path = rng.choice(sorted(path for path in root.rglob("*") if path.is_dir()))
    shutil.rmtree(path)
    path.write_bytes(rng.randbytes(20))


def link(root: Path, rng: random.Random) -> None:
    path = _victim(root, rng)
    to = rng.choice([path.name, "nowhere", str(_victim(root, rng)), "/dev/null", str(root), "x" * 200])
    path.unlink()
    path.symlink_to(to)


def stray(root: Path, rng: random.Random) -> None:
    folder = rng.choice(sorted(path for path in (root, *root.rglob("*")) if path.is_dir()))
    name = rng.choice(
        [
            "notes.txt",
            ".DS_Store",
            "zarr.json",
            "0",
            "99",
            "c",
            ".x.1.partial",
            ".creating-a-1",
            "done",
            "ü\n",
            "loss",
            "-1",
            ".zattrs",
            ".zgroup",
        ]
    )
    if not os.path.lexists(folder / name):
        (folder / name).write_bytes(rng.choice([b"", b"{}", b"[]", b"null", rng.randbytes(30)]))


def claim(root: Path, rng: random.Random) -> None:
    folder = root / "a/done/.claims"
    if not folder.parent.is_dir() or folder.exists():
        return
    if no_folder := rng.random() < 0.15:
        folder.write_text("no folder")
    else:
        folder.mkdir()
    for number in range(0 if no_folder else 3):
        name = rng.choice(
            [
                f"{number}.0",
                f"{number}.7",
                f"{number}.x",
                f"{number}",
                f"{number}.0.0",
                f"{number}.-1",
                f"{number}.²",
                f"{number}.07",
                "x.0",
                f"{number}." + "9" * 30,
            ]
        )
        if (folder / name).exists():
            continue
        if rng.random() < 0.2:
            (folder / name).mkdir()
        else:
            (folder / name).write_bytes(
                rng.choice(
                    [
                        b"",
                        b"{",
                        b"[]",
                        b"null",
                        b'{"process": -1}',
                        b'{"process": "x"}',
                        b"\xff\xfe",
                        b"[" * 5000,
                        json.dumps(claims._me()).encode(),
                        json.dumps({**claims._me(), "process": 2**40}).encode(),
                        json.dumps({**claims._me(), "process": 2**80}).encode(),
                        json.dumps({**claims._me(), "process": 0}).encode(),
                    ]
                )
            )
    if rng.random() < 0.7:  # without something to do nobody asks for claims
        (root / "a/done/c").joinpath(str(rng.randrange(3))).unlink(missing_ok=True)


def permissions(root: Path, rng: random.Random) -> None:
    if os.geteuid() != 0:  # root reads everything
        rng.choice(sorted(root.rglob("*"))).chmod(rng.choice([0o000, 0o444, 0o222]))


def deep(root: Path, rng: random.Random) -> None:
    """JSON that no parser likes."""
    path = rng.choice([root / "zarr.json", root / "a/zarr.json", root / "a/done/.description.json", root / "a/loss/zarr.json"])
    if path.parent.is_dir() and not path.is_dir():
        path.write_bytes(
            rng.choice(
                [
                    b"[" * 200000,
                    b'{"attributes":' * 100000,
                    b'{"attributes": {"lossatlas": {"format": 1' + b"0" * 5000 + b"}}}",
                    b'{"attributes": {"lossatlas": {"format": NaN}}}',
                    b'{"attributes": [1]}',
                    b'{"attributes": {"lossatlas": []}}',
                    b"\xef\xbb\xbf{}",
                ]
            )
        )


def another_group(root: Path, rng: random.Random) -> None:
    shutil.rmtree(root / "a", ignore_errors=True)
    group = zarr.open_group(str(root), mode="a").create_group("a", overwrite=True)
    group.create_array("done", shape=(6,), dtype=rng.choice(["bool", "float64"]))
    group.create_array("loss", shape=(6,), dtype="float64")


WAYS: dict[str, Callable[[Path, random.Random], None]] = {
    way.__name__: way
    for way in (
        spoil,
        delete,
        delete_folder,
        overwrite_by_another,
        swap,
        chunk_in_anothers_place,
        file_to_folder,
        folder_to_file,
        link,
        stray,
        claim,
        permissions,
        deep,
        another_group,
    )
}
SHARES = {"spoil": 30, "claim": 9, "another_group": 2, "permissions": 2}


@pytest.mark.parametrize("way", WAYS)
def test_spoilt_stores_never_show_other_numbers(way: str, whole: Path, tmp_path: Path) -> None:
    true, root = la.open(whole / "a"), tmp_path / "store.zarr"

    @inputs(SHARES.get(way, 6), shrink=False)
    @given(st.integers(0, 2**32), st.integers(1, 3))
    def one(seed: int, times: int) -> None:
        rng = random.Random(seed)
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(whole, root)
        WAYS[way](root, rng)
        for _ in range(times - 1):
            if any(path.is_file() for path in root.rglob("*")) and (root / "a").is_dir():
                WAYS[rng.choice(["spoil", "delete"])](root, rng)
        with at_most(20):
            count("stores", _looked_at(root, true, rng))
            count("stores resumed", _resumed(root, true))

    one()


def _looked_at(root: Path, true: xr.Dataset, rng: random.Random) -> str:
    """Open it, and now and then use a command."""
    code = 0
    if (kind := rng.randrange(8)) < 3:
        place = str(root / "a")
        answer = call(
            *{
                0: ("info", str(root)),
                1: ("plot", place, "-o", str(root.parent / "x.png"), "--as", "heatmap"),
                2: ("export", place, "--to", str(root.parent / "x.csv")),
            }[kind]
        )
        check_answer(answer)
        code = answer.code
    try:
        full = same(la.open(root / "a"), true)
    except la.LossAtlasError as error:
        assert "\n" not in str(error) and len(str(error)) > 20
        return f"refused: {type(error).__name__}"
    assert code == 0
    return "whole" if full else "partly done"


def _resumed(root: Path, true: xr.Dataset) -> str:
    """Run the same sweep again."""
    try:
        ds = resume(root / "a")
    except la.LossAtlasError as error:
        assert "\n" not in str(error) and len(str(error)) > 20
        return f"refused: {type(error).__name__}"
    assert same(ds, true) and same(la.open(root / "a"), true)
    return "whole again"


def test_the_chunk_of_another_place_or_computation_is_not_read(whole: Path, tmp_path: Path) -> None:
    """Its checksum is right; the name in gzip's header is not."""
    other = tmp_path / "other.zarr/a"
    la.sweep(la.probes.loss(ONE), la.random_slice(ONE, seed=1), GRID, store=other)
    true = la.open(whole / "a")
    for source in (whole / "a/loss/c/1", other / "loss/c/0", whole / "a/loss_stderr/c/0"):
        kept = (whole / "a/loss/c/0").read_bytes()
        shutil.copyfile(source, whole / "a/loss/c/0")
        assert int(la.open(whole / "a")["done"].sum()) == 4 and not same(la.open(whole / "a"), true)
        (whole / "a/loss/c/0").write_bytes(kept)
    assert same(la.open(whole / "a"), true)


def test_chunks_without_a_name_are_read(whole: Path) -> None:
    """As zarr writes them."""
    group, true = zarr.open_group(str(whole / "a"), mode="r+"), la.open(whole / "a")
    for name in ("loss", "done", "center_loss"):
        group[name][...] = group[name][...]
    assert (whole / "a/loss/c/0").read_bytes()[3] == 0 and same(la.open(whole / "a"), true)


# ---- made by hand --------------------------------------------------------------------------------------------------

EDITS: dict[str, Callable[[dict[str, Any]], None]] = {
    "chunk 0": lambda d: d["lossatlas"].update(chunk=0),
    "chunk below 0": lambda d: d["lossatlas"].update(chunk=-2),
    "chunk of words": lambda d: d["lossatlas"].update(chunk="2"),
    "chunk 1.5": lambda d: d["lossatlas"].update(chunk=1.5),
    "huge chunk": lambda d: d["lossatlas"].update(chunk=2**62),
    "no dims": lambda d: d["lossatlas"].update(dims=[]),
    "dims of numbers": lambda d: d["lossatlas"].update(dims=[1, 2]),
    "no order": lambda d: d["lossatlas"].update(order=[]),
    "order beyond": lambda d: d["lossatlas"]["order"].append([9, 9]),
    "order below 0": lambda d: d["lossatlas"]["order"].__setitem__(0, [-1, 0]),
    "order twice": lambda d: d["lossatlas"]["order"].__setitem__(0, d["lossatlas"]["order"][1]),
    "ragged order": lambda d: d["lossatlas"]["order"].append([0]),
    "coords of words": lambda d: d["lossatlas"]["coords"].update(alpha=["a", "b", "c"]),
    "no coords": lambda d: d["lossatlas"]["coords"].update(alpha=[]),
    "coords null": lambda d: d["lossatlas"].update(coords=None),
    "coords nan": lambda d: d["lossatlas"]["coords"].update(alpha=[0, float("nan"), 1]),
    "no quantities": lambda d: d["lossatlas"].update(quantities=[]),
    "quantity twice": lambda d: d["lossatlas"]["quantities"].append(d["lossatlas"]["quantities"][0]),
    "quantity elsewhere": lambda d: d["lossatlas"]["quantities"][0].update(name="../../../x"),
    "quantity of 3": lambda d: d["lossatlas"]["quantities"][0].update(name=3),
    "quantity with a null": lambda d: d["lossatlas"]["quantities"][0].update(name="a\0b"),
    "quantity done": lambda d: d["lossatlas"]["quantities"][0].update(name="done"),
    "quantity alpha": lambda d: d["lossatlas"]["quantities"][0].update(name="alpha"),
    "huge dims": lambda d: d["lossatlas"]["quantities"][0].update(dims=[["group", 2**60]]),
    "dims below 0": lambda d: d["lossatlas"]["quantities"][0].update(dims=[["group", -1]]),
    "dims no list": lambda d: d["lossatlas"]["quantities"][0].update(dims=3),
    "no spec": lambda d: d["lossatlas"].update(spec=None),
    "spec a list": lambda d: d["lossatlas"].update(spec=[1]),
    "labels a list": lambda d: d.update(labels=[1]),
    "labels of another dim": lambda d: d.update(labels={"alpha": ["a"]}),
    "labels of words": lambda d: d.update(labels={"alpha": "abc"}),
    "no seconds": lambda d: d["lossatlas"].pop("seconds_per_point"),
    "seconds of words": lambda d: d["lossatlas"].update(seconds_per_point="x"),
    "kind 3": lambda d: d.update(kind=3),
    "kind pie": lambda d: d.update(kind="pie"),
    "no kind": lambda d: d.pop("kind"),
    "kind profile": lambda d: d.update(kind="profile"),
    "title 3": lambda d: d.update(title=3),
    "title that steers": lambda d: d.update(title="a\n\x1b[31m$x$ \\frac{"),
    "notes 3": lambda d: d.update(notes=3),
    "splits 3": lambda d: d.update(splits=3),
    "layers 3": lambda d: d.update(batchnorm_layers=3),
    "bn 3": lambda d: d.update(bn=[3]),
    "auto_range 3": lambda d: d.update(auto_range=3),
    "ends 3": lambda d: d.update(ends=3),
    "given 3": lambda d: d.update(given=3),
    "digest alone": lambda d: d.update(digest_data=1),
    "no created": lambda d: d.pop("created"),
    "format 3": lambda d: d["lossatlas"].update(format=3),
    "format words": lambda d: d["lossatlas"].update(format="2"),
    "format null": lambda d: d["lossatlas"].update(format=None),
    "long name 3": lambda d: d["lossatlas"]["quantities"][0].update(long_name=3),
    "units null": lambda d: d["lossatlas"]["quantities"][0].update(units=None),
}


@pytest.mark.parametrize("name", EDITS)
def test_descriptions_edited_by_hand_are_refused_or_drawn(name: str, whole: Path, tmp_path: Path) -> None:
    """Their checksum is right, so that only sense can refuse them: one line, and nothing written elsewhere."""
    found = json.loads((whole / "a/zarr.json").read_text())
    EDITS[name](found["attributes"])
    found["attributes"]["lossatlas"]["checksum"] = checksum(found["attributes"])
    (whole / "a/zarr.json").write_text(json.dumps(found))
    (whole / "a/done/.description.json").write_text(json.dumps(found["attributes"]))
    place = str(whole / "a")
    with at_most(20):
        for command in (
            ("info", place),
            ("plot", place, "-o", str(tmp_path / "x.png")),
            ("export", place, "--to", str(tmp_path / "x.csv")),
            ("export", place, "--to", str(tmp_path / "x.nc")),
            ("export", place, "--to", str(tmp_path / "x.obj")),
        ):
            answer = call(*command)
            check_answer(answer)
            count("stores", answer.code)
        refused = False
        try:
            resume(whole / "a")
        except la.LossAtlasError:
            refused = True
        assert refused or "format" not in name


def test_so_many_were_tried(request: pytest.FixtureRequest) -> None:
    check_tried(request, "stores", 350)
