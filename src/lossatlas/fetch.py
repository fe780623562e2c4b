"""Data sets from their official addresses: CIFAR-10, MNIST and Fashion-MNIST, laid down as ``zoo.read`` takes them.

Every file is compared with the published size and checksums before it gets its name. CIFAR-10 comes as an archive of
pickles: it is unpacked here and opened by a reader that knows arrays only (``zoo.data``), never by pickle itself. The
page of MNIST (yann.lecun.com/exdb/mnist) no longer gives its files out: they come from the two mirrors that the
loaders of PyTorch and of TensorFlow use.

Sources: Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009, and its page (sizes, MD5); LeCun,
Cortes, Burges, "The MNIST database"; Xiao, Rasul, Vollgraf, "Fashion-MNIST", 2017, and its README (addresses, MD5);
torchvision's datasets (MD5 of MNIST and of the CIFAR-10 batches); tensorflow-datasets and Keras (SHA-256).
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from .download import Content, Listener, Remark, download, ignore
from .errors import InputError, LossAtlasError, first_line
from .folders import made
from .names import DataSet, choose


@dataclass(frozen=True)
class Fetched:
    """A data set on disk.

    Attributes:
        source: what ``--data`` and ``zoo.read`` take, such as ``"cifar10:data/cifar10"``.
        files: names of the files that were fetched by this call; empty where all were there.
    """

    source: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class Published:
    """How a data set is published.

    Attributes:
        addresses: folders on the web that hold its files; the first that gives one is taken.
        files: what each file must be.
        folder: of an archive: the folder in it.
        unpacked: of an archive: its members and their MD5, as published.
    """

    addresses: tuple[str, ...]
    files: Mapping[str, Content]
    folder: str = ""
    unpacked: Mapping[str, str] = field(default_factory=dict)


SETS: dict[str, Published] = {
    "cifar10": Published(
        ("https://www.cs.toronto.edu/~kriz",),
        {"cifar-10-python.tar.gz": Content(170_498_071, "c58f30108f718f92721af3b95e74349a",
                                           "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce")},
        folder="cifar-10-batches-py",
        unpacked={
            "data_batch_1": "c99cafc152244af753f735de768cd75f", "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
            "data_batch_3": "54ebc095f3ab1f0389bbae665268c751", "data_batch_4": "634d18415352ddfa80567beed471001a",
            "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb", "test_batch": "40351d587109b95175f43aff81a1287e",
            "batches.meta": "5ff9c542aee3614f3951f8cda6e48888",
        },
    ),
    "mnist": Published(
        ("https://ossci-datasets.s3.amazonaws.com/mnist", "https://storage.googleapis.com/cvdf-datasets/mnist"),
        {
            "train-images-idx3-ubyte.gz": Content(9_912_422, "f68b3c2dcbeaaa9fbdd348bbdeb94873",
                                                  "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
            "train-labels-idx1-ubyte.gz": Content(28_881, "d53e105ee54ea40749a09fcbcd1e9432",
                                                  "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
            "t10k-images-idx3-ubyte.gz": Content(1_648_877, "9fb629c4189551a2d022fa330f9573f3",
                                                 "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
            "t10k-labels-idx1-ubyte.gz": Content(4_542, "ec29112dd5afa0611ce80d1b7f02629c",
                                                 "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
        },
    ),
    "fashion-mnist": Published(
        ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",),
        {
            "train-images-idx3-ubyte.gz": Content(26_421_880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                                                  "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
            "train-labels-idx1-ubyte.gz": Content(29_515, "25c81989df183df01b3e8a0aad5dffbe",
                                                  "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
            "t10k-images-idx3-ubyte.gz": Content(4_422_102, "bef4ecab320f06d8554ea6380940ec79",
                                                 "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
            "t10k-labels-idx1-ubyte.gz": Content(5_148, "bb300cfdad3c16e7a12a480ee83cd310",
                                                 "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
        },
    ),
}  # fmt: skip


def fetch(
    name: DataSet, to: str | Path | None = None, *, mirror: str | None = None, on_event: Listener = ignore, tries: int = 4,
    pause: float = 1.0,
) -> Fetched:
    """Get a data set; what is there already and right is left as it is, what broke off goes on.

    Args:
        name: ``"cifar10"``, ``"mnist"`` or ``"fashion-mnist"``.
        to: folder for the files; made where it is missing. None: ``data/NAME``.
        mirror: an http or https address that holds the same files under the same names, instead of the official one.
        on_event: hears ``download.Received`` and ``download.Remark``.
        tries: requests in a row that bring nothing new, before it gives up.
        pause: seconds before the second of them; doubled each time.

    Raises:
        InputError: an unknown data set, an address that is none, or another file where one of these should be.
        LossAtlasError: the connection stays broken, a checksum is wrong, the disk is full, or the archive is unsafe.
    """
    choose(name, DataSet, "data set")
    published = SETS[name]
    addresses = published.addresses if mirror is None else (_checked(mirror),)
    folder = Path("data") / name if to is None else Path(os.path.expanduser(to))
    source = f"{name}:{folder}"
    with ExitStack() as stack:
        try:
            stack.enter_context(made(folder))
        except OSError as error:
            raise InputError(f"cannot make the folder {folder}: {error.strerror}; write another one (--to DIR)") from None
        return Fetched(source, tuple(_get(published, addresses, folder, on_event, tries, pause)))


def _get(
    published: Published, addresses: Sequence[str], folder: Path, on_event: Listener, tries: int, pause: float
) -> list[str]:
    """Fetch and unpack what is missing; the names of the files that were fetched."""
    if published.unpacked and not _missing(folder / published.folder, published.unpacked):
        return []
    new = []
    for file, content in published.files.items():
        if download([f"{base}/{file}" for base in addresses], folder / file, content, on_event=on_event, tries=tries, pause=pause):
            new.append(file)
    if published.unpacked:
        for file in published.files:
            on_event(Remark(f"unpacking {file}"))
            unpack(folder / file, folder / published.folder, published.unpacked)
    return new


def _checked(mirror: str) -> str:
    """A mirror's address without the slash at its end."""
    try:
        parts = urlsplit(mirror)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and not re.search(r"[\s?#]", mirror)
    except ValueError:
        good = False
    if not good:
        raise InputError(f"mirror (--from) is {mirror!r}; expected the address of a folder, such as https://mirror.example.org/cifar10")
    return mirror.rstrip("/")


def _missing(folder: Path, sums: Mapping[str, str]) -> list[str]:
    """The files that are not there yet.

    Raises:
        InputError: one is there and is another file.
    """
    for name in sums:
        if (folder / name).is_file() and _md5(folder / name) != sums[name]:
            raise InputError(f"{folder / name} is there, but is not the official file (its MD5 is another); move it away, or write "
                             "another folder (--to DIR)")
    return [name for name in sums if not (folder / name).is_file()]


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def unpack(archive: Path, folder: Path, sums: Mapping[str, str]) -> None:
    """Unpack a tar.gz with one folder of plain files into ``folder``; the archive stays.

    Stricter than ``tarfile``'s filter "data" (which early versions of Python 3.11 lack): a member that is not a plain
    file with a plain name in a folder of this name makes the archive refused, and only the members named in ``sums`` are
    written, beside their place first, with their checksums compared before they get there.

    Raises:
        InputError: another file is in the place of one of these.
        LossAtlasError: the archive is unsafe, damaged or incomplete, or cannot be written out.
    """
    missing = _missing(folder, sums)
    try:
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as place:
            _extract(archive, Path(place), folder.name, missing)
            wrong = [name for name in missing if not (Path(place) / name).is_file() or _md5(Path(place) / name) != sums[name]]
            if wrong:
                raise LossAtlasError(f"{archive} does not hold the official {', '.join(wrong)}; remove it and fetch it again")
            folder.mkdir(exist_ok=True)
            for name in missing:
                os.replace(Path(place) / name, folder / name)
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise LossAtlasError(f"{archive} cannot be unpacked ({first_line(error)}); remove it and fetch it again") from None
    except OSError as error:
        raise LossAtlasError(f"cannot unpack {archive} into {folder}: {error.strerror or first_line(error)}; the archive is kept: make "
                             "room and run the same again to go on") from None


def _extract(archive: Path, place: Path, folder: str, wanted: list[str]) -> None:
    """Write the wanted files of an archive to ``place`` under their last names; refuse anything unusual."""
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar:
            plain = re.fullmatch(rf"(?:\./)?{re.escape(folder)}(?:/|/(\w[\w.-]*))?", member.name)
            if not plain or not (member.isfile() or member.isdir()):
                raise LossAtlasError(f"{archive} is refused: it holds {member.name!r}, which is no plain file in {folder}; remove it and "
                                     "fetch it again")
            if member.isfile() and plain[1] in wanted:
                content = tar.extractfile(member)
                with (place / plain[1]).open("wb") as out:
                    shutil.copyfileobj(content, out, 1 << 20)  # type: ignore[arg-type]
