"""Data sets from a server on the loopback, small ones in the place of the real ones, and read as the zoo reads them."""

import gzip
import hashlib
import io
import pickle
import struct
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import servers
import torch

from lossatlas import fetch as module
from lossatlas import zoo
from lossatlas.download import Content, Remark
from lossatlas.errors import InputError, LossAtlasError
from lossatlas.fetch import Fetched, Published, fetch, unpack

BATCHES = ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch")
FOLDER = "cifar-10-batches-py"


def content_of(body: bytes) -> Content:
    return Content(len(body), hashlib.md5(body).hexdigest(), hashlib.sha256(body).hexdigest())


def idx(array: np.ndarray) -> bytes:
    return gzip.compress(bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}i", *array.shape) + array.tobytes())


def small_mnist(seed: int) -> tuple[dict[str, bytes], np.ndarray]:
    """The four files with 30 and 12 random pictures, and the training pictures."""
    source = np.random.default_rng(seed)
    pictures, labels = ({s: source.integers(0, top, (n, *shape), dtype=np.uint8) for s, n in (("train", 30), ("t10k", 12))}
                        for top, shape in ((256, (28, 28)), (10, ())))
    files = {f"{s}-images-idx3-ubyte.gz": idx(pictures[s]) for s in pictures}
    return files | {f"{s}-labels-idx1-ubyte.gz": idx(labels[s]) for s in labels}, pictures["train"]


def small_cifar() -> dict[str, bytes]:
    source = np.random.default_rng(0)
    batches = {name: pickle.dumps({"data": source.integers(0, 256, (4, 3072), dtype=np.uint8), "labels": [0, 3, 9, 3]}, protocol=2)
               for name in BATCHES}
    return batches | {"batches.meta": pickle.dumps({"label_names": ["a"]}, protocol=2)}


def archive(members: dict[str, bytes], *extra: tarfile.TarInfo) -> bytes:
    """A tar.gz with a folder entry, these files, and any further members (without content)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        top = tarfile.TarInfo(FOLDER)
        top.type = tarfile.DIRTYPE
        tar.addfile(top)
        for name, body in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
        for info in extra:
            tar.addfile(info)
    return out.getvalue()


CIFAR = small_cifar()
INSIDE = {f"{FOLDER}/{name}": body for name, body in CIFAR.items()} | {f"{FOLDER}/readme.html": b"<html>"}


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[servers.Web]:
    """A server with the three sets, which are also what is published."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    running = servers.Web()
    with servers.serve(running):
        put_cifar(running, monkeypatch, archive(INSIDE))
        for seed, name in enumerate(("mnist", "fashion-mnist")):
            files, _ = small_mnist(seed)
            running.files |= {f"/{name}/{file}": body for file, body in files.items()}
            monkeypatch.setitem(module.SETS, name, Published((f"{running.url}/{name}",), {f: content_of(b) for f, b in files.items()}))
        yield running


def put_cifar(web: servers.Web, monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    """Publish an archive with its right checksums, so that nothing but its content can be wrong."""
    web.files["/kriz/cifar-10-python.tar.gz"] = body
    sums = {name: hashlib.md5(content).hexdigest() for name, content in CIFAR.items()}
    published = Published((f"{web.url}/kriz",), {"cifar-10-python.tar.gz": content_of(body)}, folder=FOLDER, unpacked=sums)
    monkeypatch.setitem(module.SETS, "cifar10", published)


def below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


# ------------------------------------------------------------------ what is published


def test_the_published_facts_have_the_right_form():
    assert set(module.SETS) == {"cifar10", "mnist", "fashion-mnist"}
    sums = []
    for published in module.SETS.values():
        assert all(address.startswith("http") and not address.endswith("/") for address in published.addresses)
        for content in published.files.values():
            sums += [content.md5, content.sha256]
            assert len(bytes.fromhex(content.md5)) == 16 and len(bytes.fromhex(content.sha256)) == 32
        sums += published.unpacked.values()
    assert len(set(sums)) == len(sums) == 2 * 9 + 7, "no checksum stands twice"
    assert sum(content.size for content in module.SETS["mnist"].files.values()) == 11_594_722
    assert module.SETS["cifar10"].files["cifar-10-python.tar.gz"].size == 170_498_071


# ------------------------------------------------------------------ what goes well


def test_cifar10_is_fetched_unpacked_and_readable(web, tmp_path):
    fetched = fetch("cifar10", tmp_path / "new" / "place")
    assert fetched == Fetched(f"cifar10:{tmp_path}/new/place", ("cifar-10-python.tar.gz",))
    assert below(tmp_path) == {f"new/place/{FOLDER}/{name}" for name in CIFAR} | {"new/place/cifar-10-python.tar.gz"}
    source = zoo.read(fetched.source)
    assert source.train[0].shape == (20, 3, 32, 32)
    expected = pickle.loads(CIFAR["test_batch"])
    assert torch.equal(source.test[0].flatten(1), torch.from_numpy(expected["data"])) and source.test[1].tolist() == [0, 3, 9, 3]


@pytest.mark.parametrize(("name", "seed", "mean"), [("mnist", 0, 0.1307), ("fashion-mnist", 1, 0.2860)])
def test_mnist_and_fashion_mnist_are_readable_as_they_come(web, tmp_path, name, seed, mean):
    fetched = fetch(name, tmp_path)
    assert fetched.source == f"{name}:{tmp_path}" and len(fetched.files) == 4
    source = zoo.read(fetched.source)
    assert np.array_equal(source.train[0][:, 0].numpy(), small_mnist(seed)[1])
    assert source.test[0].shape == (12, 1, 28, 28) and source.name == name and source.mean == (mean,)
    objective = zoo.objective("mnist_fc_6_100", data=fetched.source, examples=10)
    assert bool(objective.value().isfinite())


@pytest.mark.parametrize("name", ["cifar10", "mnist"])
def test_a_second_run_does_nothing(web, tmp_path, name):
    first = fetch(name, tmp_path)
    asked, stamps = len(web.asked), {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert fetch(name, tmp_path) == Fetched(first.source, ())
    assert len(web.asked) == asked and {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == stamps


def test_the_default_folder_is_named_by_the_data(web, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert fetch("mnist").source == "mnist:data/mnist"
    assert zoo.read("mnist:data/mnist").train[0].shape == (30, 1, 28, 28)


def test_a_mirror_takes_the_place_of_the_official_address(web, tmp_path):
    web.files |= {path.replace("/mnist/", "/deep/mirror/"): body for path, body in web.files.items() if path.startswith("/mnist/")}
    fetch("mnist", tmp_path, mirror=f"{web.url}/deep/mirror/")
    assert {path.rpartition("/")[0] for path, _ in web.asked} == {"/deep/mirror"}


def test_only_what_is_missing_is_fetched(web, tmp_path):
    fetch("mnist", tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte.gz").unlink()
    web.asked.clear()
    assert fetch("mnist", tmp_path).files == ("t10k-labels-idx1-ubyte.gz",)
    assert len(web.asked) == 1


def test_an_archive_brought_by_hand_is_unpacked_without_a_server(web, tmp_path):
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(web.files["/kriz/cifar-10-python.tar.gz"])
    assert fetch("cifar10", tmp_path).files == ()
    assert zoo.read(f"cifar10:{tmp_path}").train[0].shape == (20, 3, 32, 32) and web.asked == []


def test_pictures_without_the_archive_are_enough(web, tmp_path):
    fetch("cifar10", tmp_path)
    (tmp_path / "cifar-10-python.tar.gz").unlink()
    assert fetch("cifar10", tmp_path).files == () and not (tmp_path / "cifar-10-python.tar.gz").exists()


def test_a_lost_batch_is_unpacked_again(web, tmp_path):
    fetch("cifar10", tmp_path)
    kept = (tmp_path / FOLDER / "test_batch").stat().st_mtime_ns
    (tmp_path / FOLDER / "data_batch_3").unlink()
    assert fetch("cifar10", tmp_path).files == ()
    assert (tmp_path / FOLDER / "data_batch_3").read_bytes() == CIFAR["data_batch_3"]
    assert (tmp_path / FOLDER / "test_batch").stat().st_mtime_ns == kept


def test_broken_off_and_gone_on(web, tmp_path):
    web.cut = [300]
    with pytest.raises(LossAtlasError, match="run the same again to go on"):
        fetch("cifar10", tmp_path, tries=1)
    assert below(tmp_path) == {"cifar-10-python.tar.gz.part"}
    heard = []
    fetch("cifar10", tmp_path, on_event=heard.append)
    assert web.ranges_asked() == [None, "bytes=300-"]
    assert [e.message for e in heard if isinstance(e, Remark)][-1] == "unpacking cifar-10-python.tar.gz"


# ------------------------------------------------------------------ what goes wrong


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.mark.parametrize("evil", [
    member("../evil"), member(f"{FOLDER}/../../evil"), member("/tmp/lossatlas-evil"), member(f"{FOLDER}/.."), member("evil"),
    member(f"{FOLDER}/sub/evil"), member(f"{FOLDER}/evil", tarfile.SYMTYPE, "/etc/passwd"),
    member(f"{FOLDER}/evil", tarfile.LNKTYPE, "../../evil"), member(f"{FOLDER}/evil", tarfile.FIFOTYPE),
    member(f"{FOLDER}/evil", tarfile.CHRTYPE), member(f"{FOLDER}\\..\\evil"), member(f"{FOLDER}/a\nb")], ids=lambda m: repr(m.name))
def test_an_unsafe_archive_is_refused(web, tmp_path, monkeypatch, evil):
    put_cifar(web, monkeypatch, archive(INSIDE, evil))
    with pytest.raises(LossAtlasError, match="is refused: it holds") as caught:
        fetch("cifar10", tmp_path / "in")
    assert repr(evil.name) in str(caught.value) and "\n" not in str(caught.value)
    assert below(tmp_path) == {"in/cifar-10-python.tar.gz"}, "nothing is unpacked, inside or outside"
    assert not Path("/tmp/lossatlas-evil").exists()


@pytest.mark.parametrize(("change", "words"), [
    (lambda inside: {k: v for k, v in inside.items() if "batch_2" not in k}, "does not hold the official data_batch_2"),
    (lambda inside: inside | {f"{FOLDER}/test_batch": b"other"}, "does not hold the official test_batch")])
def test_an_archive_with_other_content_is_refused(web, tmp_path, monkeypatch, change, words):
    put_cifar(web, monkeypatch, archive(change(INSIDE)))
    with pytest.raises(LossAtlasError, match=words):
        fetch("cifar10", tmp_path)
    assert below(tmp_path) == {"cifar-10-python.tar.gz"}


@pytest.mark.parametrize("damage", [
    lambda raw: raw[: len(raw) // 2], lambda raw: b"no archive", lambda raw: raw[:2000] + b"xxxx" + raw[2004:]])
def test_a_damaged_archive_is_one_clear_line(tmp_path, damage):
    path = tmp_path / "cifar-10-python.tar.gz"
    path.write_bytes(damage(archive(INSIDE)))
    with pytest.raises(LossAtlasError) as caught:
        unpack(path, tmp_path / FOLDER, {name: hashlib.md5(body).hexdigest() for name, body in CIFAR.items()})
    assert "remove it and fetch it again" in str(caught.value) and "\n" not in str(caught.value)
    assert below(tmp_path) == {"cifar-10-python.tar.gz"}


def test_full_disk_while_unpacking(web, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.shutil, "copyfileobj", full)
    with pytest.raises(LossAtlasError, match="No space left on device; the archive is kept: make room"):
        fetch("cifar10", tmp_path)
    assert below(tmp_path) == {"cifar-10-python.tar.gz"}
    monkeypatch.undo()


def test_a_batch_of_the_users_own_is_never_replaced(web, tmp_path):
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "data_batch_1").write_bytes(b"mine")
    with pytest.raises(InputError, match="data_batch_1 is there, but is not the official file"):
        fetch("cifar10", tmp_path)
    assert (tmp_path / FOLDER / "data_batch_1").read_bytes() == b"mine" and web.asked == []


def test_fashion_mnist_does_not_overwrite_mnist(web, tmp_path):
    fetch("mnist", tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(InputError, match="is there, but is not the official file"):
        fetch("fashion-mnist", tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_wrong_checksum_leaves_nothing(web, tmp_path):
    web.files["/mnist/train-images-idx3-ubyte.gz"] = bytes(len(web.files["/mnist/train-images-idx3-ubyte.gz"]))
    with pytest.raises(LossAtlasError, match=r"train-images-idx3-ubyte.gz from .* is not the official file: its MD5 is"):
        fetch("mnist", tmp_path)
    assert below(tmp_path) == set()


@pytest.mark.parametrize(("call", "words"), [
    (lambda: fetch("cifar"), "did you mean 'cifar10'"),
    (lambda: fetch("mnist", mirror="mirror.example.org"), "mirror (--from) is 'mirror.example.org'; expected the address of a folder"),
    (lambda: fetch("mnist", mirror="file:///etc"), "https://"),
    (lambda: fetch("mnist", mirror="http://"), "https://"),
    (lambda: fetch("mnist", mirror="http://[1"), "https://"),
    (lambda: fetch("mnist", mirror="http://a:99999/"), "https://"),
    (lambda: fetch("mnist", mirror="http://a b/"), "https://"),
    (lambda: fetch("mnist", mirror="http://a/?b=c"), "https://"),
    (lambda: fetch("mnist", "/proc/no/such"), "cannot make the folder /proc/no/such")])
def test_bad_input_gets_one_clear_line(call, words):
    with pytest.raises(InputError) as caught:
        call()
    assert words in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("mirror", ["http://" + "a" * 80 + "/", "http://127.0.0.1:9/ä"])
def test_addresses_that_no_host_can_have(tmp_path, mirror):
    with pytest.raises(LossAtlasError, match="cannot fetch train-images"):
        fetch("mnist", tmp_path, mirror=mirror, tries=1)
