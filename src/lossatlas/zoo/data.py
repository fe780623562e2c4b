"""The data of the zoo: digits, MNIST, Fashion-MNIST, CIFAR-10, and stories for the language model.

``read("digits")``, ``read("mnist:PATH")``, ``read("fashion-mnist:PATH")`` and ``read("cifar10:DIR")`` give a ``Source``:
pictures as the bytes they are (uint8, N x C x H x W) with their labels, a training and a test part in their official
order. ``prepare`` makes of them what a network eats, (x / scale - mean) / std per channel. ``stories`` reads a text for
a language model.

Nothing is downloaded here (``lossatlas.fetch`` does that), nothing is shuffled, and a file that is not what it should
be is refused: the python archive of CIFAR-10 is a pickle, which could run any program, so that a reader is used that
knows arrays and nothing else.

Sources: scikit-learn's ``load_digits`` (E. Alpaydin, C. Kaynak, UCI 1998); LeCun, Cortes, Burges, "The MNIST database"
(the idx format); Xiao, Rasul, Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning
Algorithms", 2017; Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009 (the python archive); Eldan,
Li, "TinyStories", 2023.
"""

import gzip
import os
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError, first_line
from ..names import suggest
from ..subsets import balanced_subset
from .tokenizer import Tokenizer

Part = tuple[Tensor, Tensor]
Batch = dict[str, Tensor]
IGNORED = -100  # the label that torch's cross entropy leaves out
END_OF_STORY = "<|endoftext|>"


@dataclass(frozen=True)
class Source:
    """A data set of pictures with labels.

    Attributes:
        name: ``"digits"``, ``"mnist"``, ``"fashion-mnist"`` or ``"cifar10"``.
        train: pictures (N, C, H, W) uint8 and labels (N,) int64, in official order.
        test: the same for the test part.
        mean: per channel, the mean of the training pictures divided by ``scale``.
        std: per channel, what ``prepare`` divides by after subtracting the mean.
        classes: number of labels.
        scale: the largest value a pixel can have (255; 16 for digits).
    """

    name: str
    train: Part
    test: Part
    mean: tuple[float, ...]
    std: tuple[float, ...]
    classes: int = 10
    scale: float = 255.0


def read(source: str) -> Source:
    """The data that a source string names: ``digits``, ``mnist:PATH``, ``fashion-mnist:PATH`` or ``cifar10:DIR``.

    ``mnist:`` and ``fashion-mnist:`` take an .npz with x_train, y_train, x_test, y_test, or a folder with the four idx files (gzipped or
    not); ``cifar10:`` takes ``cifar-10-batches-py`` or the folder around it.

    Raises:
        InputError: for an unknown source, a missing path, or a file that is damaged or something else.
    """
    kind, _, path = source.partition(":")
    readers: dict[str, Callable[[Path], Source]] = {"mnist": _mnist, "fashion-mnist": _fashion_mnist, "cifar10": _cifar10}
    if kind == "stories":
        raise InputError("stories are text; read them with lossatlas.zoo.data.stories(path, tokenizer)")
    if source == "digits":
        return _digits()
    if kind not in readers:
        hint = suggest(kind, ["digits", *readers])
        raise InputError(f"data source {source!r} is unknown; expected digits, mnist:PATH, fashion-mnist:PATH or cifar10:DIR{hint}")
    if not path:
        raise InputError(f"data source {source!r} names no path; write {kind}:PATH")
    if not os.path.exists(os.path.expanduser(path)):
        raise InputError(f"data source {source!r}: {path} does not exist; write {kind}:PATH with a path that does")
    return readers[kind](Path(os.path.expanduser(path)))


def prepare(
    part: Part, *, mean: tuple[float, ...], std: tuple[float, ...], scale: float = 255.0
) -> tuple[Tensor, Tensor]:
    """What a network eats: float32 inputs (x / scale - mean) / std per channel (N, C, H, W), int64 targets (N,).

    Raises:
        InputError: where mean or std do not have one value per channel, or a divisor is not positive.
    """
    images, targets = part
    channels = images.shape[1]
    if len(mean) != channels or len(std) != channels:
        raise InputError(
            f"mean has {len(mean)} and std {len(std)} values for pictures of {channels} channels; expected one each"
        )
    if not (min(std) > 0 and scale > 0):
        raise InputError(f"std is {std} and scale {scale}; expected positive numbers")
    inputs = images.to(torch.float32).div_(scale)  # (N, C, H, W)
    inputs.sub_(torch.tensor(mean).view(-1, 1, 1)).div_(torch.tensor(std).view(-1, 1, 1))
    return inputs, targets.to(torch.int64)


# ------------------------------------------------------------------ digits


def _digits() -> Source:
    """scikit-learn's digits: 1,797 pictures of 8x8 with values 0 to 16; 100 per class to train on, 797 to test.

    The mean is that of the training pixels; as METHODS has it, they are centred and not scaled.
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = torch.from_numpy(bunch.images.astype(np.uint8)).unsqueeze(1)  # (1797, 1, 8, 8)
    targets = torch.from_numpy(bunch.target.astype(np.int64))
    train = balanced_subset(targets, 1000, seed=0)
    rest = torch.ones(len(targets), dtype=torch.bool)
    rest[train] = False
    mean = images[train].double().mean().item() / 16
    parts = (images[train], targets[train]), (images[rest], targets[rest])
    return Source("digits", *parts, mean=(mean,), std=(1.0,), scale=16.0)


# ------------------------------------------------------------------ MNIST

IDX_NAMES = {
    "x_train": "train-images",
    "y_train": "train-labels",
    "x_test": "t10k-images",
    "y_test": "t10k-labels",
}


def _mnist(path: Path) -> Source:
    """MNIST from an .npz or a folder of idx files."""
    return Source("mnist", *_mnist_parts(path, "MNIST"), mean=(0.1307,), std=(0.3081,))


def _fashion_mnist(path: Path) -> Source:
    """Fashion-MNIST, which has the files, shapes and sizes of MNIST, and other pictures."""
    return Source("fashion-mnist", *_mnist_parts(path, "FashionMNIST"), mean=(0.2860,), std=(0.3530,))


def _mnist_parts(path: Path, below: str) -> tuple[Part, Part]:
    """The training and the test part; ``below`` is torchvision's name of the folder of its idx files."""
    arrays = _mnist_folder(path, below) if path.is_dir() else _mnist_npz(path)
    parts = []
    for split in ("train", "test"):
        images, labels = arrays[f"x_{split}"], arrays[f"y_{split}"]
        if images.ndim != 3:
            raise InputError(f"{path} holds pictures of shape {images.shape}; expected (N, rows, columns)")
        parts.append(_part(images[:, None], labels, path))
    return parts[0], parts[1]


def _mnist_npz(path: Path) -> dict[str, np.ndarray]:
    """The four arrays of an .npz; never unpickles."""
    try:
        file = np.load(path, allow_pickle=False)
        if isinstance(file, np.ndarray):
            raise InputError(f"{path} is a single array; expected an .npz with {', '.join(IDX_NAMES)}")
        with file:
            missing = [name for name in IDX_NAMES if name not in file]
            if missing:
                raise InputError(f"{path} has no {', '.join(missing)}; expected an .npz with {', '.join(IDX_NAMES)}")
            return {name: file[name] for name in IDX_NAMES}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        if isinstance(error, InputError):
            raise
        hint = f"expected an .npz with {', '.join(IDX_NAMES)}"
        raise InputError(f"{path} cannot be read ({first_line(error, most=120)}); {hint}") from None


def _mnist_folder(folder: Path, below: str) -> dict[str, np.ndarray]:
    """The four idx files of a folder, or of the ``raw`` or ``MNIST/raw`` that torchvision makes below it."""
    for place in (folder, folder / "raw", folder / below / "raw"):
        found = {name: _idx_file(place, stem, 3 if "images" in stem else 1) for name, stem in IDX_NAMES.items()}
        files = {name: file for name, file in found.items() if file is not None}
        if len(files) == len(IDX_NAMES):
            return {name: read_idx(file) for name, file in files.items()}
    names = ", ".join(f"{stem}-idx{3 if 'images' in stem else 1}-ubyte" for stem in IDX_NAMES.values())
    raise InputError(f"{folder} does not hold {below}; expected {names} (or these with .gz)")


def _idx_file(folder: Path, stem: str, dims: int) -> Path | None:
    """The file of one part, under the spellings in use."""
    spellings = [f"{stem}{dot}idx{dims}-ubyte{end}" for dot in "-." for end in ("", ".gz")]
    return next((folder / name for name in spellings if (folder / name).is_file()), None)


def read_idx(path: str | Path) -> np.ndarray:
    """The uint8 array in an idx file, gzipped or not: bytes 0, 0, 8, number of dims; big-endian int32 sizes; data.

    Raises:
        InputError: where the file is not one, or its length is not what its sizes say.

    Source: LeCun et al., the description of the file format on the MNIST page.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path} is not a file; write the path of an idx file such as train-images-idx3-ubyte")
    raw = path.read_bytes()
    if raw[:2] == b"\x1f\x8b":
        try:
            raw = gzip.decompress(raw)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{path} is a damaged gzip file ({first_line(error, most=120)}); get it again") from None
    if len(raw) < 4 or raw[:3] != b"\x00\x00\x08" or len(raw) < 4 + 4 * raw[3]:
        raise InputError(f"{path} is not an idx file of bytes; expected it to begin with 0, 0, 8, number of dims")
    shape = struct.unpack_from(f">{raw[3]}i", raw, 4)
    data = np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3])
    if min(shape, default=-1) < 0 or len(data) != int(np.prod(shape)):
        raise InputError(f"{path} holds {len(data)} values for the shape {shape} that it states; get it again")
    return data.reshape(shape)


# ------------------------------------------------------------------ CIFAR-10

CIFAR_FOLDER = "cifar-10-batches-py"
CIFAR_TRAIN = tuple(f"data_batch_{i}" for i in range(1, 6))


class _ArrayUnpickler(pickle.Unpickler):
    """Knows what an array of numbers is made of, and refuses every other name before it is looked up."""

    def find_class(self, module: str, name: str) -> Any:
        reconstruct = np.empty(0).__reduce__()[0]  # numpy's own function for this, wherever its version keeps it
        allowed = {
            ("numpy.core.multiarray", "_reconstruct"): reconstruct,
            ("numpy._core.multiarray", "_reconstruct"): reconstruct,
            ("numpy", "ndarray"): np.ndarray,
            ("numpy", "dtype"): np.dtype,
            ("_codecs", "encode"): _latin1,
        }
        if (module, name) not in allowed:
            raise InputError(f"asks for {module}.{name}; only arrays of numbers are read from a pickle")
        return allowed[module, name]


def _latin1(text: str, encoding: str) -> bytes:
    """``_codecs.encode`` as pickles of arrays use it: bytes written as text."""
    if encoding not in ("latin1", "latin-1"):
        raise InputError(f"encodes bytes as {encoding}; expected latin1")
    return text.encode("latin-1")


def read_array_pickle(file: IO[bytes], *, name: str) -> Any:
    """What a pickle holds, if it is made of plain containers, texts, numbers and numpy arrays.

    Raises:
        InputError: naming the global that the pickle asks for beyond these, or saying that it is damaged.
    """
    try:
        return _ArrayUnpickler(file, encoding="latin1").load()
    except InputError as error:
        raise InputError(f"{name} {error}; get the archive from its official page") from None
    except Exception as error:  # a damaged pickle fails in any of a dozen ways
        raise InputError(f"{name} is not a readable pickle ({first_line(error, most=120)}); get the archive again") from None


def _cifar10(path: Path) -> Source:
    """CIFAR-10 from the six pickles of its python archive."""
    folder = path if (path / "test_batch").exists() else path / CIFAR_FOLDER
    missing = [name for name in (*CIFAR_TRAIN, "test_batch") if not (folder / name).is_file()]
    if missing:
        raise InputError(f"{path} has no {', '.join(missing)}; expected {CIFAR_FOLDER} of the python archive")
    batches = [_cifar_batch(folder / name) for name in CIFAR_TRAIN]
    train = torch.cat([images for images, _ in batches]), torch.cat([labels for _, labels in batches])
    test = _cifar_batch(folder / "test_batch")
    return Source("cifar10", train, test, mean=(0.4914, 0.4822, 0.4465), std=(0.2470, 0.2435, 0.2616))


def _cifar_batch(path: Path) -> Part:
    """One pickle: rows of 3,072 bytes, red then green then blue -> (N, 3, 32, 32) and (N,)."""
    with path.open("rb") as file:
        content = read_array_pickle(file, name=str(path))
    data, labels = (content.get(key) for key in ("data", "labels")) if isinstance(content, dict) else (None, None)
    if not isinstance(data, np.ndarray) or data.ndim != 2 or data.shape[1] != 3072 or not isinstance(labels, list):
        raise InputError(f"{path} is no CIFAR-10 batch; expected 'data' of shape (N, 3072) and a list of 'labels'")
    return _part(data.reshape(-1, 3, 32, 32), np.asarray(labels), path)


def _part(images: np.ndarray, labels: np.ndarray, path: Path) -> Part:
    """Tensors of pictures and labels, after a look at both."""
    if images.dtype != np.uint8 or not len(images):
        raise InputError(f"{path} holds {len(images)} pictures of {images.dtype}; expected at least one, of uint8")
    if labels.shape != images.shape[:1] or labels.dtype.kind not in "iu":
        raise InputError(
            f"{path} has labels of {labels.dtype}, shape {labels.shape}, for {len(images)} pictures; expected one each"
        )
    if labels.min() < 0 or labels.max() > 9:
        raise InputError(f"{path} holds labels from {labels.min()} to {labels.max()}; expected 0 to 9")
    return torch.from_numpy(np.array(images)), torch.from_numpy(labels.astype(np.int64))


# ------------------------------------------------------------------ stories


def stories(
    path: str | Path, tokenizer: Tokenizer, *, count: int = 100, length: int = 512, batch_size: int = 4
) -> list[Batch]:
    """The first ``count`` stories of a text file as batches for a language model.

    Stories stand between ``<|endoftext|>`` marks. Each becomes a begin token and its tokens, cut after ``length``, and
    is padded on the right to the longest of its batch with token 0 and label -100.

    Returns:
        Batches ``{"input_ids": (B, T) int64, "labels": (B, T) int64}``; labels stand under their own token, so that
        the loss of position t compares with the label at t + 1.

    Raises:
        InputError: for a path that is no UTF-8 text, fewer stories than asked for, or a number below 1 (2 for length).
    """
    path = Path(os.path.expanduser(path))
    if count < 1 or batch_size < 1 or length < 2:
        raise InputError(f"count is {count}, batch_size {batch_size}, length {length}; expected at least 1, 1 and 2")
    if not os.path.isfile(path):
        raise InputError(f"stories {path} is not a file; write the path of a text with {END_OF_STORY} between stories")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"stories {path} is not UTF-8 text ({first_line(error, most=120)})") from None
    texts = [story.strip() for story in text.split(END_OF_STORY) if story.strip()]
    if len(texts) < count:
        raise InputError(f"stories {path} holds {len(texts)} stories; count is {count}; write at most {len(texts)}")
    tokens = [tokenizer.encode(story)[:length] for story in texts[:count]]
    return [_pad(tokens[start : start + batch_size]) for start in range(0, count, batch_size)]


def _pad(rows: list[list[int]]) -> Batch:
    """Rows of token numbers as one batch: (B, T) with T the longest row."""
    longest = max(map(len, rows))
    ids = torch.zeros(len(rows), longest, dtype=torch.int64)
    labels = torch.full((len(rows), longest), IGNORED, dtype=torch.int64)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = labels[number, : len(row)] = torch.tensor(row)
    return {"input_ids": ids, "labels": labels}
