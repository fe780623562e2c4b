"""One file over HTTP: resumed where it broke off, and not there under its name until its checksum is right.

What comes is written to ``NAME.part``; ``NAME.part.json`` says from which address and in which version (ETag or date).
A broken connection is taken up again by a range request with ``If-Range``, so that a file that changed in the meantime
comes whole; a server that knows no ranges sends it whole too. The name appears by a rename when size, MD5 and SHA-256
are those expected. A part is kept for the next try whatever happens, but for a wrong checksum: then it is removed.

Source: RFC 9110, sections 13.1.5 (If-Range) and 14 (range requests).
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from types import TracebackType
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from .errors import InputError, LossAtlasError, first_line
from .version import __version__

try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be renamed and the second of two processes fails by itself
    fcntl = None  # type: ignore[assignment]

BLOCK = 1 << 18
#: Seconds without a byte after which a connection counts as broken.
TIMEOUT = 30.0
#: Errors of a disk with no room for more: full, over the user's quota, over the largest size of a file.
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
#: Answers below 500 that may be another one a moment later: 408 Request Timeout, 425 Too Early, 429 Too Many Requests.
PASSING = (408, 425, 429)


@dataclass(frozen=True)
class Received:
    """``done`` of ``total`` bytes of a file are on disk."""

    file: str
    done: int
    total: int


@dataclass(frozen=True)
class Remark:
    """Something a person should know about the download."""

    message: str


Listener = Callable[[Received | Remark], None]


def ignore(event: Received | Remark) -> None:
    """The listener that listens to nothing."""


@dataclass(frozen=True)
class Content:
    """What a file must be: its size in bytes, and hexadecimal checksums."""

    size: int
    md5: str
    sha256: str

    def differs(self, path: Path) -> str:
        """How a file differs from this, in words; the empty string where it does not."""
        size = path.stat().st_size
        if size != self.size:
            return f"it has {size:,} bytes instead of {self.size:,}"
        sums = [hashlib.md5(usedforsecurity=False), hashlib.sha256()]
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                for one in sums:
                    one.update(block)
        for name, found, expected in zip(("MD5", "SHA-256"), sums, (self.md5, self.sha256), strict=True):
            if found.hexdigest() != expected:
                return f"its {name} is {found.hexdigest()} instead of {expected}"
        return ""


class _Broken(Exception):
    """The request failed, and may succeed when it is made again."""


class _Refused(Exception):
    """This address does not give the file."""


def download(
    addresses: Sequence[str], target: Path, content: Content, *, on_event: Listener = ignore, tries: int = 4, pause: float = 1.0
) -> bool:
    """Get a file from the first of some addresses that gives it; whether it had to be fetched.

    Args:
        addresses: full http or https addresses of the same file.
        target: where it shall be; the folder exists.
        content: what it must be.
        on_event: hears ``Received`` as bytes arrive, and ``Remark``.
        tries: requests in a row that bring nothing new, before it gives up.
        pause: seconds before the second of them; doubled each time.

    Raises:
        InputError: another file lies at the target.
        LossAtlasError: no address gives the file, the connection stays broken, the disk is full, or the checksum is wrong.
    """
    if _is_there(target, content):
        return False
    with _Part(target.with_name(target.name + ".part")) as part:
        if _is_there(target, content):  # another process finished it while this one came to its turn
            return False
        for first in (True, False):
            _fill(addresses, part, content, on_event, tries, pause)
            problem = content.differs(part.path)
            if not problem:
                part.finish(target)
                return True
            again = first and part.spliced
            part.restart()
            if not again:
                break
            on_event(Remark(f"{target.name} was put together from several requests and is damaged ({problem}); once more, in one piece"))
    raise LossAtlasError(f"{target.name} from {part.url} is not the official file: {problem}; what came is removed; "
                         "try again later, or from another address (--from URL)")


def _is_there(target: Path, content: Content) -> bool:
    if not target.exists():
        return False
    if problem := content.differs(target):
        raise InputError(f"{target} is there, but is not the official file: {problem}; move it away, or write another folder (--to DIR)")
    return True


class _Part:
    """``NAME.part`` while it grows, for one process at a time, and what is known about the version it is a part of.

    Attributes:
        url: the address of the last answer.
        spliced: more than one answer is in it.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.url, self.spliced = path, "", False
        self._record = path.with_name(path.name + ".json")

    def __enter__(self) -> _Part:
        try:
            self._file = self.path.open("ab", buffering=0)  # unbuffered: what was counted is with the system when we die
        except OSError as error:
            raise self._unwritable(error) from None
        if fcntl is not None:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._file.close()
                raise LossAtlasError(f"{self.path} is being fetched by another process; wait for it, or write another folder "
                                     "(--to DIR)") from None
            except OSError:
                pass  # a file system without locks; the checksum finds what two writers would do to each other
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if not self._file.closed:
            empty = self.size == 0
            self._file.close()
            if empty:
                self.path.unlink(missing_ok=True)
                self._record.unlink(missing_ok=True)

    @property
    def size(self) -> int:
        return os.fstat(self._file.fileno()).st_size

    def append(self, block: bytes) -> None:
        try:
            while block:
                block = block[self._file.write(block) :]
        except OSError as error:
            raise self._unwritable(error) from None

    def restart(self) -> None:
        """Throw away what is there."""
        self._file.truncate(0)
        self._record.unlink(missing_ok=True)
        self.spliced = False

    def validator(self, url: str) -> str | None:
        """The ETag or date of the version that the part is of, if it came from this address."""
        try:
            known = json.loads(self._record.read_text(encoding="utf-8"))
            return str(known["validator"]) if known["url"] == url else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def remember(self, url: str, response: HTTPResponse) -> None:
        """Note the version that an answer is of. A weak ETag does not promise the same bytes and is not used."""
        self.url, self.spliced = url, self.size > 0
        tag = response.headers.get("ETag", "")
        validator = tag if tag.startswith('"') else response.headers.get("Last-Modified")
        try:
            self._record.unlink(missing_ok=True)
            if validator:
                self._record.write_text(json.dumps({"url": url, "validator": validator}), encoding="utf-8")
        except OSError as error:
            raise self._unwritable(error) from None

    def finish(self, target: Path) -> None:
        """Give the part its name."""
        try:
            os.fsync(self._file.fileno())
            self._file.close()
            os.replace(self.path, target)
            self._record.unlink(missing_ok=True)
        except OSError as error:
            raise self._unwritable(error) from None

    def _unwritable(self, error: OSError) -> LossAtlasError:
        why = error.strerror or first_line(error)
        if error.errno in FULL:
            return LossAtlasError(f"cannot write {self.path}: {why}; what came so far is kept there: make room and run the same again to "
                                  "go on")
        return LossAtlasError(f"cannot write {self.path}: {why}; make it writable, or write another folder (--to DIR)")


def _fill(addresses: Sequence[str], part: _Part, content: Content, on_event: Listener, tries: int, pause: float) -> None:
    """Make requests until the part has its full size."""
    left, refusals, failures, turn = list(addresses), [], 0, 0
    if part.size > content.size:
        part.restart()
    if part.size:
        part.spliced = True
        on_event(Remark(f"{part.path.name} is there with {part.size:,} of {content.size:,} bytes; going on"))
    most = part.size
    while part.size < content.size:
        url = left[turn % len(left)]
        try:
            _request(url, part, content, on_event)
        except _Refused as refusal:
            refusals.append(str(refusal))
            left.remove(url)
            if not left:
                raise LossAtlasError(f"cannot fetch {part.path.stem}: {'; '.join(refusals)}; try another address (--from URL)") from None
        except _Broken as break_:
            failures = 1 if part.size > most else failures + 1
            if failures >= tries:
                kept = f"{part.size:,} of {content.size:,} bytes are kept; run the same again to go on, or try --from URL"
                raise LossAtlasError(f"cannot fetch {part.path.stem}: {break_}; {kept}") from None
            on_event(Remark(f"{break_}; trying again"))
            turn += part.size <= most
            most = max(most, part.size)
            time.sleep(pause * 2 ** (failures - 1))


def _request(url: str, part: _Part, content: Content, on_event: Listener) -> None:
    """One request for what is missing. Raises _Broken or _Refused where it does not bring all of it."""
    headers = {"User-Agent": f"lossatlas/{__version__}", "Accept-Encoding": "identity"}
    if part.size:
        headers["Range"] = f"bytes={part.size}-"
        if validator := part.validator(url):
            headers["If-Range"] = validator
    try:
        with urlopen(Request(url, headers=headers), timeout=TIMEOUT) as response:
            _receive(response, url, part, content, on_event)
    except HTTPError as error:
        error.close()
        if error.code == 416 and part.size:  # the file there ends before our part does
            part.restart()
        elif error.code < 500 and error.code not in PASSING:
            raise _Refused(f"{url} answers {error.code} {error.reason}") from None
        raise _Broken(f"{url} answers {error.code} {error.reason}") from None
    except URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            raise _Refused(f"{url}: {error.reason.verify_message}, its certificate cannot be trusted") from None
        raise _Broken(f"{url}: {error.reason}") from None
    except UnicodeError as error:  # a host or path that no address can have
        raise _Refused(f"{url}: {first_line(error)}") from None
    except (HTTPException, OSError) as error:
        raise _Broken(f"{url}: {first_line(error)}") from None


def _receive(response: HTTPResponse, url: str, part: _Part, content: Content, on_event: Listener) -> None:
    """Append the body of an answer, after a look at what it says it is."""
    _check_kind(response, url, content)
    if response.status == 206:
        start = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
        if start is None or int(start[1]) != part.size:
            part.restart()
            raise _Broken(f"{url} answers with another range than it was asked for")
    elif part.size:
        on_event(Remark(f"{url} sends the file from its beginning: it knows no ranges, or the file changed"))
        part.restart()
    part.remember(url, response)
    while block := response.read1(BLOCK):
        if part.size + len(block) > content.size:
            part.restart()
            raise _Refused(f"{url} sends more than the {content.size:,} bytes of the official file")
        part.append(block)
        on_event(Received(part.path.stem, part.size, content.size))
    if part.size < content.size:
        raise _Broken(f"{url}: the connection broke after {part.size:,} of {content.size:,} bytes")


def _check_kind(response: HTTPResponse, url: str, content: Content) -> None:
    """Refuse an answer that is not this file before anything of the part is touched."""
    headers = response.headers
    if response.status not in (200, 206):
        raise _Refused(f"{url} answers {response.status} {response.reason}")
    if headers.get_content_type() == "text/html":
        raise _Refused(f"{url} answers with a web page instead of the file (a page to log in to the network?)")
    told = headers.get("Content-Range", "").rpartition("/")[2] if response.status == 206 else headers.get("Content-Length", "")
    if told.isdigit() and int(told) != content.size:
        raise _Refused(f"{url} has a file of {int(told):,} bytes; the official one has {content.size:,}")
