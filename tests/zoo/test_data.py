"""The data of the zoo: what is read equals what was written, and what cannot be read is refused in one line."""

import gzip
import pickle
import random
import struct
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from lossatlas import zoo
from lossatlas.errors import InputError
from lossatlas.zoo import data
from lossatlas.zoo.tokenizer import BOS, EOS, FIRST_PIECE, Tokenizer, read_tokenizer


def refused(call, *words: str) -> None:
    """``call`` raises an InputError of one line that holds the words."""
    with pytest.raises(InputError) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


# ------------------------------------------------------------------ digits and subsets


def test_digits_are_all_there_and_balanced():
    source = data.read("digits")
    (x, y), (x_test, y_test) = source.train, source.test
    assert x.shape == (1000, 1, 8, 8)
    assert x_test.shape == (797, 1, 8, 8)
    assert x.dtype == torch.uint8
    assert y.dtype == torch.int64
    assert y.bincount().tolist() == [100] * 10
    every = torch.cat([torch.cat([a.flatten(1), b[:, None]], dim=1) for a, b in ((x, y), (x_test, y_test))])
    bunch = load_digits()
    expected = np.concatenate([bunch.data, bunch.target[:, None]], axis=1)
    assert sorted(map(tuple, every.tolist())) == sorted(map(tuple, expected.astype(int).tolist()))
    again = data.read("digits")
    assert torch.equal(again.train[0], x)
    inputs, targets = data.prepare(source.train, mean=source.mean, std=source.std, scale=source.scale)
    assert abs(inputs.mean().item()) < 1e-6
    assert inputs.max() - inputs.min() == 1
    assert torch.equal(targets, y)


@pytest.mark.parametrize("count", [1, 7, 60, 61, 85, 200, 299, 300])
def test_balanced_subset_is_as_equal_as_the_classes_allow(count):
    sizes = torch.tensor([5, 20, 75, 200])
    targets = torch.arange(4).repeat_interleave(sizes)[torch.randperm(300, generator=torch.Generator().manual_seed(1))]
    chosen = data.balanced_subset(targets, count, seed=3)
    assert len(chosen) == count
    assert torch.equal(chosen, chosen.unique())  # ascending, none twice
    have = targets[chosen].bincount(minlength=4)
    assert (have <= sizes).all()
    open_classes = have[have < sizes]
    if len(open_classes):
        assert have.max() - open_classes.min() <= 1
    assert torch.equal(chosen, data.balanced_subset(targets, count, seed=3))
    more = data.balanced_subset(targets, min(count + 10, 300), seed=3)
    assert set(chosen.tolist()) <= set(more.tolist())
    assert count > 290 or not torch.equal(chosen, data.balanced_subset(targets, count, seed=4))


def test_balanced_subset_refuses_what_it_cannot_do():
    targets = torch.tensor([0, 1, 1, 2])
    refused(lambda: data.balanced_subset(targets, 0), "examples is 0", "1 to 4")
    refused(lambda: data.balanced_subset(targets, 5), "examples is 5", "1 to 4")
    refused(lambda: data.balanced_subset(torch.zeros(4), 2), "float32")
    refused(lambda: data.balanced_subset(torch.zeros(4, 2, dtype=torch.int64), 2), "(4, 2)")


def test_prepare_is_the_textbook_formula():
    images = torch.randint(0, 256, (4, 3, 5, 6), dtype=torch.uint8)
    before, targets = images.clone(), torch.arange(4)
    mean, std = (0.1, 0.2, 0.3), (0.5, 0.25, 2.0)
    inputs, labels = data.prepare((images, targets), mean=mean, std=std)
    for channel in range(3):
        expected = (images[:, channel].double() / 255 - mean[channel]) / std[channel]
        torch.testing.assert_close(inputs[:, channel].double(), expected, rtol=1e-6, atol=1e-6)
    assert inputs.dtype == torch.float32
    assert labels.dtype == torch.int64
    assert torch.equal(images, before)
    refused(lambda: data.prepare((images, targets), mean=(0.1,), std=std), "1 and std 3")
    refused(lambda: data.prepare((images, targets), mean=mean, std=(1.0, 0.0, 1.0)), "positive")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("digit", "did you mean 'digits'"),
        ("digits:x", "expected digits"),
        ("cifar:x", "did you mean 'cifar10'"),
        ("mnist", "write mnist:PATH"),
        ("cifar10:", "write cifar10:PATH"),
        ("cifar10:/no/such/folder", "/no/such/folder does not exist"),
        ("stories:x.txt", "stories(path, tokenizer)"),
        ("fashion", "did you mean 'fashion-mnist'"),
        ("", "expected digits, mnist:PATH, fashion-mnist:PATH or cifar10:DIR"),
    ],
)
def test_unknown_sources_are_refused(source, words):
    refused(lambda: data.read(source), words)


# ------------------------------------------------------------------ MNIST


@pytest.fixture
def mnist() -> dict[str, np.ndarray]:
    source = np.random.default_rng(0)
    sizes = {"train": 30, "test": 12}
    arrays = {f"x_{s}": source.integers(0, 256, (n, 28, 28), dtype=np.uint8) for s, n in sizes.items()}
    return arrays | {f"y_{s}": source.integers(0, 10, n, dtype=np.uint8) for s, n in sizes.items()}


def write_idx(path: Path, array: np.ndarray) -> None:
    raw = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}i", *array.shape) + array.tobytes()
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)


@pytest.mark.parametrize(
    ("spelling", "below"), [("-idx{}-ubyte", ""), (".idx{}-ubyte.gz", ""), ("-idx{}-ubyte.gz", "raw")]
)
def test_mnist_npz_and_idx_agree(mnist, tmp_path, spelling, below):
    np.savez(tmp_path / "mnist.npz", **mnist)
    folder = tmp_path / "idx" / below
    folder.mkdir(parents=True)
    for name, stem in data.IDX_NAMES.items():
        write_idx(folder / (stem + spelling.format(mnist[name].ndim)), mnist[name])
    one, two = data.read(f"mnist:{tmp_path}/mnist.npz"), data.read(f"mnist:{tmp_path}/idx")
    for a, b, split in ((one.train, two.train, "train"), (one.test, two.test, "test")):
        assert torch.equal(a[0], b[0])
        assert torch.equal(a[1], b[1])
        assert torch.equal(a[0][:, 0], torch.from_numpy(mnist[f"x_{split}"]))
        assert a[1].tolist() == mnist[f"y_{split}"].tolist()
    assert one.train[0].shape == (30, 1, 28, 28)


def test_fashion_mnist_has_the_files_of_mnist_and_its_own_normalization(mnist, tmp_path):
    np.savez(tmp_path / "fashion.npz", **mnist)
    one, two = (data.read(f"{kind}:{tmp_path}/fashion.npz") for kind in ("mnist", "fashion-mnist"))
    assert torch.equal(one.train[0], two.train[0]) and torch.equal(one.test[1], two.test[1])
    assert (two.name, two.mean, two.std) == ("fashion-mnist", (0.2860,), (0.3530,)) and one.mean == (0.1307,)


def test_each_of_the_two_has_its_own_folder_below_torchvisions(mnist, tmp_path):
    for name, stem in data.IDX_NAMES.items():
        for below, array in (("MNIST", mnist[name]), ("FashionMNIST", mnist[name][::-1])):
            (tmp_path / below / "raw").mkdir(parents=True, exist_ok=True)
            write_idx(tmp_path / below / "raw" / f"{stem}-idx{array.ndim}-ubyte", np.ascontiguousarray(array))
    one, two = (data.read(f"{kind}:{tmp_path}") for kind in ("mnist", "fashion-mnist"))
    assert torch.equal(one.train[0].flip(0), two.train[0]) and not torch.equal(one.train[0], two.train[0])
    (tmp_path / "empty").mkdir()
    refused(lambda: data.read(f"fashion-mnist:{tmp_path}/empty"), "does not hold FashionMNIST")


@pytest.mark.parametrize(("network", "source", "words"), [
    ("mnist_fc_6_100", "cifar10:x", "expected mnist:PATH (or fashion-mnist:PATH)"),
    ("vgg9", "fashion-mnist:x", "network for cifar10"),
    ("digits_mlp", "fashion-mnist:x", "network for digits"),
    ("mnist_conv_small", "digits", "network for mnist")])
def test_networks_take_data_of_their_own_shape_only(network, source, words):
    refused(lambda: zoo.objective(network, data=source), words)


def test_damaged_mnist_is_refused(mnist, tmp_path):
    good = tmp_path / "good.npz"
    np.savez(good, **mnist)
    cut = tmp_path / "cut.npz"
    cut.write_bytes(good.read_bytes()[:2000])
    refused(lambda: data.read(f"mnist:{cut}"), "cut.npz cannot be read")
    np.savez(tmp_path / "few.npz", x_train=mnist["x_train"])
    refused(lambda: data.read(f"mnist:{tmp_path}/few.npz"), "has no y_train, x_test, y_test")
    np.savez(tmp_path / "object.npz", **(mnist | {"y_test": np.array([{}], dtype=object)}))
    refused(lambda: data.read(f"mnist:{tmp_path}/object.npz"), "cannot be read")
    np.save(tmp_path / "single.npy", mnist["x_train"])
    refused(lambda: data.read(f"mnist:{tmp_path}/single.npy"), "single array")
    np.savez(tmp_path / "float.npz", **(mnist | {"x_test": mnist["x_test"] / 255}))
    refused(lambda: data.read(f"mnist:{tmp_path}/float.npz"), "float64", "uint8")
    np.savez(tmp_path / "labels.npz", **(mnist | {"y_test": mnist["y_test"] + np.uint8(5)}))
    refused(lambda: data.read(f"mnist:{tmp_path}/labels.npz"), "expected 0 to 9")
    np.savez(tmp_path / "short.npz", **(mnist | {"y_test": mnist["y_test"][:-1]}))
    refused(lambda: data.read(f"mnist:{tmp_path}/short.npz"), "12 pictures")
    (tmp_path / "empty").mkdir()
    refused(lambda: data.read(f"mnist:{tmp_path}/empty"), "train-images-idx3-ubyte")


def test_damaged_idx_is_refused(mnist, tmp_path):
    path = tmp_path / "train-images-idx3-ubyte"
    write_idx(path, mnist["x_train"])
    raw = path.read_bytes()
    assert np.array_equal(data.read_idx(path), mnist["x_train"])
    refused(lambda: data.read_idx(tmp_path / "none"), "is not a file")
    for wrong, words in (
        (raw[:-1], "that it states"),
        (raw + b"x", "that it states"),
        (raw[:9], "not an idx"),
        (b"\x00\x00\x0d" + raw[3:], "not an idx"),
        (gzip.compress(raw)[:99], "damaged gzip"),
    ):
        path.write_bytes(wrong)
        refused(lambda: data.read_idx(path), words)


# ------------------------------------------------------------------ CIFAR-10


def write_cifar(folder: Path, *, rows: int = 4, protocol: int = 2) -> dict[str, dict]:
    """A small archive of the official form."""
    folder.mkdir(parents=True)
    source = np.random.default_rng(0)
    batches = {}
    for name in (*data.CIFAR_TRAIN, "test_batch"):
        pictures = source.integers(0, 256, (rows, 3072), dtype=np.uint8)
        batches[name] = {
            "data": pictures,
            "labels": source.integers(0, 10, rows).tolist(),
            "filenames": ["a.png"] * rows,
        }
        (folder / name).write_bytes(pickle.dumps(batches[name], protocol=protocol))
    return batches


@pytest.mark.parametrize("protocol", [2, 4])
def test_cifar_pickles_become_pictures(tmp_path, protocol):
    batches = write_cifar(tmp_path / data.CIFAR_FOLDER, protocol=protocol)
    source = data.read(f"cifar10:{tmp_path}")
    assert torch.equal(source.test[0], data.read(f"cifar10:{tmp_path}/{data.CIFAR_FOLDER}").test[0])
    images, labels = source.train
    assert images.shape == (20, 3, 32, 32)
    assert labels.tolist() == [label for name in data.CIFAR_TRAIN for label in batches[name]["labels"]]
    row = batches["data_batch_2"]["data"][1]
    assert images[5, 1, 2, 7] == row[1024 + 2 * 32 + 7]  # green, third line, eighth column
    assert torch.equal(source.test[0].flatten(1), torch.from_numpy(batches["test_batch"]["data"]))


class Payload:
    """What a hostile file holds: a call that runs while it is read."""

    def __init__(self, function, *arguments) -> None:
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def test_hostile_pickles_run_nothing(tmp_path):
    import os

    folder, mark = tmp_path / data.CIFAR_FOLDER, tmp_path / "it ran"
    write_cifar(folder)
    command = f"touch '{mark}'"
    hostile = {
        "system": pickle.dumps({"data": Payload(os.system, command)}),
        "eval": pickle.dumps(Payload(eval, f"open({str(mark)!r}, 'w')"), protocol=2),
        "numpy.load": b"cnumpy\nload\n(S'" + str(mark).encode() + b"'\ntR.",
        "ndarray.tofile": b"\x80\x04\x8c\x05numpy\x8c\x0endarray.tofile\x93.",
        "getattr": pickle.dumps(Payload(getattr, 1, "real")),
    }
    for name, raw in hostile.items():
        (folder / "data_batch_3").write_bytes(raw)
        refused(lambda: data.read(f"cifar10:{tmp_path}"), "data_batch_3", name, "only arrays")
    assert not mark.exists()


def test_damaged_cifar_is_refused(tmp_path):
    folder = tmp_path / data.CIFAR_FOLDER
    write_cifar(folder)
    path = folder / "test_batch"
    good = path.read_bytes()
    rows = np.zeros((2, 3072), dtype=np.uint8)
    for wrong, words in (
        (good[:500], "not a readable pickle"),
        (b"", "not a readable pickle"),
        (pickle.dumps([1, 2]), "no CIFAR-10 batch"),
        (pickle.dumps({"data": rows[:, :100], "labels": [0, 1]}), "no CIFAR-10 batch"),
        (pickle.dumps({"data": rows, "fine_labels": [0, 1]}), "no CIFAR-10 batch"),
        (pickle.dumps({"data": rows, "labels": [0]}), "2 pictures"),
        (pickle.dumps({"data": rows, "labels": [0, 10]}), "expected 0 to 9"),
        (pickle.dumps({"data": rows.astype(float), "labels": [0, 1]}), "float64"),
    ):
        path.write_bytes(wrong)
        refused(lambda: data.read(f"cifar10:{tmp_path}"), "test_batch", words)
    path.unlink()
    refused(lambda: data.read(f"cifar10:{tmp_path}"), "has no", "test_batch")


# ------------------------------------------------------------------ tokenizer and stories

WORDS = ["t", "h", "e", " ", "c", "a", "é", " t", "he", " the", "th", "ca", " c", " ca", "at", " cat", "cat", "aa", "."]


def small_tokenizer() -> Tokenizer:
    """The control tokens, the bytes, and a few pieces; two scores are equal."""
    pieces = [b"<unk>", b"\n<s>\n", b"\n</s>\n", *(b"<0x%02X>" % byte for byte in range(256))]
    scores = [0.0] * len(pieces) + [-float(min(i, 9)) for i in range(len(WORDS))]
    return Tokenizer((*pieces, *(word.encode() for word in WORDS)), tuple(scores))


def write_tokenizer(path: Path, tokenizer: Tokenizer) -> Path:
    parts = [struct.pack("<i", max(map(len, tokenizer.pieces)))]
    for piece, score in zip(tokenizer.pieces, tokenizer.scores, strict=True):
        parts.append(struct.pack("<fi", score, len(piece)) + piece)
    path.write_bytes(b"".join(parts))
    return path


def reference_encode(text: str, tokenizer: Tokenizer) -> list[int]:
    """Join the best pair, the leftmost first, by looking at all pairs every time."""
    known = {piece: i for i, piece in enumerate(tokenizer.pieces) if i >= FIRST_PIECE}
    tokens: list[int] = []
    for character in " " + text if text else "":
        raw = character.encode()
        tokens += [known[raw]] if raw in known else [3 + byte for byte in raw]
    while True:
        pairs = [known.get(tokenizer.pieces[a] + tokenizer.pieces[b]) for a, b in pairwise(tokens)]
        options = [(-tokenizer.scores[p], i) for i, p in enumerate(pairs) if p is not None]
        if not options:
            return tokens
        _, i = min(options)
        tokens[i : i + 2] = [pairs[i]]


def test_encoding_equals_the_slow_definition_and_decodes_back():
    tokenizer, source = small_tokenizer(), random.Random(0)
    texts = [
        "",
        " ",
        "the cat",
        "aaaaaa",
        "naïve 日本 🙂",
        *("".join(source.choices("thec a.éz\n日", k=40)) for _ in range(200)),
    ]
    for text in texts:
        tokens = tokenizer.encode(text, bos=False)
        assert tokens == reference_encode(text, tokenizer)
        assert tokenizer.decode(tokens) == text
    assert tokenizer.encode("the", eos=True)[0] == BOS
    assert tokenizer.encode("the", eos=True)[-1] == EOS
    assert tokenizer.encode("") == [BOS]
    assert tokenizer.decode([BOS, *tokenizer.encode("cat", bos=False), EOS]) == "cat"
    refused(lambda: tokenizer.decode([9999]), "9999")


def test_tokenizer_file(tmp_path):
    tokenizer = small_tokenizer()
    path = write_tokenizer(tmp_path / "tok.bin", tokenizer)
    assert read_tokenizer(path) == tokenizer
    raw = path.read_bytes()
    for wrong, words in (
        (raw[:-1], "ends inside token"),
        (raw + b"1", "not a llama2.c"),
        (b"", "not a llama2.c"),
        (b"hello, this is a text and no vocabulary", "token"),
    ):
        path.write_bytes(wrong)
        refused(lambda: read_tokenizer(path), words)
    refused(lambda: read_tokenizer(tmp_path / "none.bin"), "is not a file")


def test_stories_are_padded_batches(tmp_path):
    tokenizer, path = small_tokenizer(), tmp_path / "stories.txt"
    texts = ["the cat", "cat", "the the the cat.", "a"]
    path.write_text("\n<|endoftext|>\n".join(texts) + "\n<|endoftext|>\n", encoding="utf-8")
    batches = data.stories(path, tokenizer, count=3, length=4, batch_size=2)
    assert [batch["input_ids"].shape[0] for batch in batches] == [2, 1]
    rows = [(ids, labels) for batch in batches for ids, labels in zip(batch["input_ids"], batch["labels"], strict=True)]
    for text, (ids, labels) in zip(texts, rows, strict=False):
        expected = tokenizer.encode(text)[:4]
        assert ids[: len(expected)].tolist() == labels[: len(expected)].tolist() == expected
        assert (ids[len(expected) :] == 0).all()
        assert (labels[len(expected) :] == -100).all()
    assert batches[1]["input_ids"].dtype == torch.int64
    refused(lambda: data.stories(path, tokenizer, count=5), "4 stories", "count is 5")
    refused(lambda: data.stories(path, tokenizer, count=0), "count is 0")
    refused(lambda: data.stories(tmp_path / "none.txt", tokenizer), "is not a file")
    (tmp_path / "bytes.txt").write_bytes(b"\xff\xfe\x00")
    refused(lambda: data.stories(tmp_path / "bytes.txt", tokenizer), "not UTF-8")
