"""Checkpoints cut off, flipped, made up or built to run code: refused in one line, or the numbers that were saved.

safetensors and torch's format before 1.6 carry no checksum: a flipped bit inside their numbers is another number, and
nothing can notice that but the digest of the parameters, which every result holds. torch's zip format has checksums.
"""

import collections
import io
import json
import os
import pickle
import random
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from fuzzing import SPOIL, at_most, check_tried, count, inputs
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save

import lossatlas as la
from lossatlas.checkpoint import read_checkpoint
from lossatlas.params import digest


def network(seed: int = 0) -> torch.nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 2))


def objective(seed: int = 0) -> la.Objective:
    generator = torch.Generator().manual_seed(0)
    return la.Objective.from_module(network(seed), (torch.randn(9, 3, generator=generator), torch.arange(9) % 2), "cross_entropy")


STATE = network().state_dict()
ONE = objective()
POINT = ONE.point()


def torch_bytes(value: object, **options: object) -> bytes:
    content = io.BytesIO()
    torch.save(value, content, **options)  # type: ignore[arg-type]
    return content.getvalue()


FILES = {
    "a.safetensors": save(STATE, {"epoch": "3"}),
    "a.pt": torch_bytes(STATE),
    "a.th": torch_bytes({"state_dict": STATE, "epoch": 3}, _use_new_zipfile_serialization=False),
    "a.ckpt": torch_bytes({"model": {f"module.{n}": t for n, t in STATE.items()}, "lr": 0.1}),
}


def refused_or_read(path: Path) -> dict[str, torch.Tensor] | None:
    """The point as the objective takes it; None where it is refused, in one line."""
    try:
        with at_most(20):
            return ONE.conform(la.load_point(path), what=path.name)
    except la.InputError as error:
        assert "\n" not in str(error) and len(str(error)) > 20, error
        count("checkpoints", "refused")
        return None


def equal(point: dict[str, torch.Tensor]) -> bool:
    return point.keys() == POINT.keys() and all(torch.equal(point[n], POINT[n]) for n in POINT)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", FILES)
def test_spoilt_files_are_refused_or_give_what_was_saved(name: str, place: Path) -> None:
    whole = FILES[name]
    header = struct.unpack("<Q", whole[:8])[0] + 8  # of safetensors: where the numbers begin

    @inputs(110, shrink=False)
    @given(st.sampled_from(sorted(SPOIL)), st.integers(0, 2**32), st.booleans())
    def one(how: str, seed: int, again: bool) -> None:
        rng = random.Random(seed)
        content = SPOIL[how](whole, rng)
        if again and content:
            content = SPOIL["flip"](content, rng)
        if content == whole:
            return
        (place / name).write_bytes(content)
        point = refused_or_read(place / name)
        assert not list(place.glob("PWNED*"))
        if point is None:
            return
        count("checkpoints", "read")
        if equal(point):
            return
        assert digest(point) != digest(POINT), "other numbers under the same digest"
        assert name in ("a.safetensors", "a.th"), f"{name} has checksums, and {how} went unnoticed"
        if name == "a.safetensors" and len(content) == len(whole):
            assert content[header:] != whole[header:] or content[:header] != whole[:header]
            if content[:header] == whole[:header]:  # only numbers are spoilt: only those may differ
                _only_spoilt_numbers_differ(whole, content, header, point)

    one()


def _only_spoilt_numbers_differ(whole: bytes, content: bytes, header: int, point: dict[str, torch.Tensor]) -> None:
    for name, entry in json.loads(whole[8:header]).items():
        if name in POINT:
            low, high = (header + end for end in entry["data_offsets"])
            same = content[low:high] == whole[low:high]
            assert torch.equal(point[name], POINT[name]) == same or not same, f"{name} differs, and its bytes do not"


@given(st.integers(0, 2**32))
@inputs(40, shrink=False)
def test_every_flip_of_a_zip_is_noticed_or_harmless(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    """torch writes CRC-32 and does not read them: here they are compared."""
    rng, path = random.Random(seed), tmp_path_factory.getbasetemp() / "flip.pt"
    content = bytearray(FILES["a.pt"])
    data = [i for i in range(len(content)) if content[i : i + 4] == b"PK\x03\x04"]
    content[rng.randrange(data[0], data[-1])] ^= 1 << rng.randrange(8)
    path.write_bytes(content)
    point = refused_or_read(path)
    assert point is None or equal(point)


def test_a_flipped_number_in_a_zip_is_named(tmp_path: Path) -> None:
    at = FILES["a.pt"].index(STATE["0.weight"].numpy().tobytes())
    content = bytearray(FILES["a.pt"])
    content[at] ^= 1
    (tmp_path / "a.pt").write_bytes(content)
    with pytest.raises(la.InputError, match=r"'[^']*a.pt' is damaged: the checksum of its record 'archive/data/0' does not fit"):
        la.load_point(tmp_path / "a.pt")


def test_a_zip_behind_another_is_refused(tmp_path: Path) -> None:
    """Python's zipfile checks the second, torch reads the first."""
    content = bytearray(FILES["a.pt"])
    content[content.index(STATE["0.weight"].numpy().tobytes())] ^= 1
    (tmp_path / "a.pt").write_bytes(bytes(content) + FILES["a.pt"])
    with pytest.raises(la.InputError, match="does not begin where the file begins"):
        la.load_point(tmp_path / "a.pt")


def test_a_zip_without_checksums_is_read(tmp_path: Path) -> None:
    torch.serialization.set_crc32_options(False)
    try:
        torch.save(STATE, tmp_path / "a.pt")
    finally:
        torch.serialization.set_crc32_options(True)
    assert equal(ONE.conform(la.load_point(tmp_path / "a.pt")))


def test_the_digest_in_the_store_tells_what_the_format_cannot(tmp_path: Path) -> None:
    content = bytearray(FILES["a.safetensors"])
    content[-1] ^= 1  # the last number's exponent
    digests = []
    for name, raw in (("whole", FILES["a.safetensors"]), ("flipped", bytes(content))):
        (tmp_path / f"{name}.safetensors").write_bytes(raw)
        model = network(5)
        model.load_state_dict(read_checkpoint(tmp_path / f"{name}.safetensors")[0])
        one = la.Objective.from_module(model, ONE.data, "cross_entropy")
        grid = {"alpha": [-1.0, 1.0], "beta": [0.0]}
        digests.append(la.sweep(la.probes.loss(one), la.random_slice(one), grid, store=tmp_path / f"{name}.zarr/a").attrs["digest_params"])
    assert digests[0] != digests[1]
    with pytest.raises(la.SpecMismatch, match="params: stored"):
        la.sweep(la.probes.loss(one), la.random_slice(one), grid, store=tmp_path / "whole.zarr/a")


# ---- made to run code ----------------------------------------------------------------------------------------------


class Runs:
    """Something that runs code when it is unpickled."""

    def __init__(self, function: Callable, *arguments: object) -> None:
        self._what = function, arguments

    def __reduce__(self) -> tuple:
        return self._what


def gadgets(place: Path) -> list[object]:
    """Ways to touch a file by unpickling."""
    canary = str(place / "PWNED")
    return [
        Runs(os.system, f"touch {canary}"),
        Runs(eval, f"open({canary!r}, 'w')"),
        Runs(exec, f"open({canary!r}, 'w')"),
        Runs(open, canary, "w"),
        Runs(getattr, Path(canary), "touch"),
        Runs(os.open, canary, os.O_CREAT),
        Runs(os.mkdir, canary),
        Runs(torch.save, {}, canary),
        Runs(np.save, canary, 3),
        Runs(np.fromfile, canary),
        Runs(torch.hub.load, canary, "x", "local"),
        Runs(__import__, "antigravity"),
        Runs(pickle.loads, pickle.dumps(Runs(os.system, f"touch {canary}"))),
        Runs(torch.load, canary),
        Runs(collections.OrderedDict, [Runs(os.mkdir, canary)]),
        Runs(os.popen, f"touch {canary}"),
        Runs(np.memmap, canary, "uint8", "w+", 0, (3,)),
    ]


def packings(value: object) -> dict[str, bytes]:
    """A value in every format that a checkpoint may have."""
    raw = pickle.dumps(value, 2)
    inside, tar = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inside, "w") as archive:
        for name, content in (("a/data.pkl", raw), ("a/version", b"3\n"), ("a/byteorder", b"little")):
            archive.writestr(name, content)
    with tarfile.open(fileobj=tar, mode="w") as archive:
        for name in ("storages", "tensors", "pickle"):
            info = tarfile.TarInfo(name)
            info.size = len(raw)
            archive.addfile(info, io.BytesIO(raw))
    return {
        "pickle": raw,
        "protocol 0": pickle.dumps(value, 0),
        "protocol 4": pickle.dumps(value, 4),
        "zip": inside.getvalue(),
        "tar": tar.getvalue(),
        "torch": torch_bytes(value),
        "legacy": torch_bytes(value, _use_new_zipfile_serialization=False),
    }


def test_nothing_is_ever_run(place: Path) -> None:
    kinds = ("a.pt", "a.th", "a.pth", "a.bin", "a.ckpt", "a.pkl", "a.zip", "a.safetensors", "a")
    for number, gadget in enumerate(gadgets(place)):
        for value in (gadget, {"w": gadget}, {"state_dict": {**STATE, "x": gadget}}, [STATE, gadget]):
            for packing, content in packings(value).items():
                name = kinds[(number + len(packing)) % len(kinds)]
                (place / name).write_bytes(content)
                assert refused_or_read(place / name) is None, (packing, gadget._what)
                assert not list(place.glob("PWNED*")), f"{gadget._what} ran from {packing} as {name}"
                (place / name).unlink()


# ---- made up -------------------------------------------------------------------------------------------------------

VALUES = {
    "nothing": {},
    "words": {"w": "x"},
    "numbers": {"w": 3.0},
    "lists": {"w": [1.0, 2.0]},
    "nested": {"a": {"b": {"c": STATE}}},
    "in a list": [STATE],
    "arrays": {n: t.numpy() for n, t in STATE.items()},
    "no names": {3: torch.ones(2), None: torch.ones(1)},
    "a tensor": torch.ones(3),
    "none": None,
    "half of it": dict(list(STATE.items())[:3]),
    "more": {**STATE, "extra": torch.ones(3)},
    "other shapes": {n: t.reshape(*t.shape, 1) for n, t in STATE.items()},
    "turned": {n: t.T if t.ndim == 2 else t for n, t in STATE.items()},
    "empty tensors": {n: t[:0] for n, t in STATE.items() if t.ndim},
    "nan": {n: t * float("nan") for n, t in STATE.items()},
    "infinite": {n: t / 0 for n, t in STATE.items()},
    "complex": {n: t + 0j for n, t in STATE.items()},
    "bool": {n: t > 0 for n, t in STATE.items()},
    "integers": {n: t.long() for n, t in STATE.items()},
    "quantized": {n: torch.quantize_per_tensor(t.float(), 0.1, 0, torch.qint8) for n, t in STATE.items()},
    "sparse": {n: t.to_sparse() if t.ndim == 2 else t for n, t in STATE.items()},
    "meta": {n: t.to("meta") for n, t in STATE.items()},
    "twice wrapped": {"state_dict": {"model": STATE}},
    "wrapped words": {"state_dict": "x"},
    "other names": {f"x.{n}": t for n, t in STATE.items()},
    "nested tensor": {"w": torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])},
    "a module": network(),
    "a parameter with a name that steers": {**STATE, "a\n\x1b[31m": torch.ones(1)},
    "huge": {"w": torch.empty(1).expand(2**40)},
}


@pytest.mark.parametrize("name", VALUES)
def test_state_dicts_that_are_none(name: str, place: Path) -> None:
    for number, options in enumerate(({}, {"_use_new_zipfile_serialization": False})):
        if options and name in ("quantized", "nested tensor", "sparse", "meta", "huge"):
            continue
        torch.save(VALUES[name], place / f"{number}.pt", **options)
        assert refused_or_read(place / f"{number}.pt") is None
    flat = VALUES[name]
    if (
        isinstance(flat, dict)
        and flat
        and all(isinstance(t, torch.Tensor) for t in flat.values())
        and name not in ("quantized", "sparse", "meta", "nested tensor", "huge", "no names")
    ):
        (place / "a.safetensors").write_bytes(save({n: t.contiguous() for n, t in flat.items()}))
        assert refused_or_read(place / "a.safetensors") is None


def header(text: bytes, *, length: int | None = None, data: bytes = b"\0" * 64) -> bytes:
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(**changes: object) -> bytes:
    return json.dumps({"w": {"dtype": "F32", "shape": [4, 4], "data_offsets": [0, 64], **changes}}).encode()


HEADERS = {
    "huge length": header(entry(), length=2**63),
    "length over the file": header(entry(), length=10**6),
    "largest length": header(entry(), length=2**64 - 1),
    "no length": b"\1\2\3",
    "length 0": header(b""),
    "no json": header(b"{" * 30),
    "deep json": header(b'{"w":' * 20000),
    "a list": header(b"[1]"),
    "offsets beyond": header(entry(data_offsets=[0, 640])),
    "offsets back": header(entry(data_offsets=[64, 0])),
    "offsets below 0": header(entry(data_offsets=[-64, 0])),
    "holes": header(entry(data_offsets=[4, 64])),
    "shape too large": header(entry(shape=[2**40, 2**40])),
    "shape below 0": header(entry(shape=[-4, -4])),
    "shape of words": header(entry(shape=["4", "4"])),
    "overflowing shape": header(entry(shape=[2**32, 2**32, 0])),
    "unknown dtype": header(entry(dtype="F31")),
    "wrong dtype": header(entry(dtype="F64")),
    "no dtype": header(b'{"w":{}}'),
    "metadata of numbers": header(b'{"__metadata__":{"a":3},' + entry()[1:]),
    "complex pairs of others": header(json.dumps({"__metadata__": {"lossatlas.complex": "w\nx"}}).encode()[:-1] + b"," + entry()[1:]),
    "same name twice": header(entry()[:-1] + b"," + entry()[1:]),
    "no utf-8": header(b'{"\xff":' + entry()[5:]),
    "trailing data": header(entry(), data=b"\0" * 65),
    "4-bit numbers": header(entry(dtype="F4", shape=[8, 16])),
    "1-bit offset": header(entry(dtype="F4", shape=[3])),
}


@pytest.mark.parametrize("name", HEADERS)
def test_headers_of_safetensors_that_lie(name: str, place: Path) -> None:
    (place / "a.safetensors").write_bytes(HEADERS[name])
    assert refused_or_read(place / "a.safetensors") is None


@pytest.mark.parametrize(
    "name",
    ["", "a", "\0", "a\0.pt", "x" * 300 + ".pt", "n/" * 3000, ".", "/", "/dev/null", "\udcff.pt", "folder.pt", "loop.pt", "~", "a\nb.pt"],
)
def test_places_that_are_none(name: str, place: Path) -> None:
    (place / "folder.pt").mkdir()
    (place / "loop.pt").symlink_to("loop.pt")
    assert refused_or_read(Path(name)) is None
    with pytest.raises(la.InputError):
        la.load_point(name)


def test_so_many_were_tried(request: pytest.FixtureRequest) -> None:
    check_tried(request, "checkpoints", 800)
