"""A file over HTTP from a server on the loopback: what breaks is resumed, what is wrong never gets the name."""

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import servers

from lossatlas import download as module
from lossatlas.download import Content, Received, Remark, download
from lossatlas.errors import InputError, LossAtlasError

BODY = bytes(hashlib.shake_256(b"body").digest(700_001))
OTHER = bytes(hashlib.shake_256(b"other").digest(700_001))


def content_of(body: bytes) -> Content:
    return Content(len(body), hashlib.md5(body).hexdigest(), hashlib.sha256(body).hexdigest())


CONTENT = content_of(BODY)


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[servers.Web]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with servers.serve(servers.Web(files={"/a.gz": BODY}, etag={"/a.gz": '"v1"'})) as running:
        yield running


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "a.gz"


def get(web: servers.Web, target: Path, events: list | None = None, **options: object) -> bool:
    heard = [] if events is None else events
    return download([f"{web.url}/a.gz"], target, options.pop("content", CONTENT), on_event=heard.append, pause=0.0, **options)


def names(target: Path) -> set[str]:
    return {path.name for path in target.parent.iterdir()}


def fails(web: servers.Web, target: Path, *words: str, **options: object) -> str:
    with pytest.raises(LossAtlasError) as caught:
        get(web, target, **options)
    message = str(caught.value)
    assert "\n" not in message and all(word in message for word in words), message
    assert not target.exists()
    return message


# ------------------------------------------------------------------ what goes well


def test_whole_file_with_progress(web, target):
    events = []
    assert get(web, target, events) is True
    assert target.read_bytes() == BODY
    assert names(target) == {"a.gz"}
    assert all(isinstance(event, Received) for event in events)
    done = [event.done for event in events]
    assert done == sorted(done) and events[-1] == Received("a.gz", len(BODY), len(BODY))
    (_, headers), = web.asked
    assert "Range" not in headers and headers["User-Agent"].startswith("lossatlas/") and headers["Accept-Encoding"] == "identity"


def test_second_time_asks_nobody(web, target):
    get(web, target)
    stamp = target.stat().st_mtime_ns
    assert get(web, target) is False
    assert len(web.asked) == 1 and target.stat().st_mtime_ns == stamp


@pytest.mark.parametrize("at", [1, 65_536, 700_000])
def test_broken_connection_is_taken_up_where_it_stopped(web, target, at):
    web.cut = [at]
    events = []
    assert get(web, target, events)
    assert target.read_bytes() == BODY and names(target) == {"a.gz"}
    assert web.ranges_asked() == [None, f"bytes={at}-"]
    assert web.asked[1][1]["If-Range"] == '"v1"'
    assert web.sent == [at, len(BODY) - at]
    assert [e.message for e in events if isinstance(e, Remark)] == [
        f"{web.url}/a.gz: the connection broke after {at:,} of 700,001 bytes; trying again"]


def test_a_connection_that_breaks_often_but_brings_something_each_time(web, target):
    web.cut = [50_000] * 13
    assert get(web, target, tries=2)
    assert target.read_bytes() == BODY
    assert web.ranges_asked()[1:] == [f"bytes={50_000 * i}-" for i in range(1, 14)]


def test_goes_on_in_another_run(web, target):
    web.cut, web.status = [300_000], []
    message = fails(web, target, "300,000 of 700,001 bytes are kept", "run the same again", tries=1)
    assert message.startswith("cannot fetch a.gz: ")
    assert names(target) == {"a.gz.part", "a.gz.part.json"}
    events = []
    assert get(web, target, events)
    assert target.read_bytes() == BODY and names(target) == {"a.gz"}
    assert web.ranges_asked() == [None, "bytes=300000-"] and web.sent == [300_000, 400_001]
    assert "a.gz.part is there with 300,000 of 700,001 bytes" in events[0].message


def test_another_address_goes_on_with_the_part_of_the_first(web, target):
    """Its ETag says nothing there: without If-Range, and the checksum decides."""
    web.cut, web.files["/b.gz"], web.etag["/b.gz"] = [300_000], BODY, '"other"'
    fails(web, target, "are kept", tries=1)
    assert download([f"{web.url}/b.gz"], target, CONTENT)
    assert target.read_bytes() == BODY and web.sent == [300_000, 400_001]
    assert web.ranges_asked() == [None, "bytes=300000-"] and "If-Range" not in web.asked[1][1]


def test_server_without_ranges_sends_everything_again(web, target):
    web.ranges, web.cut = False, [300_000]
    events = []
    assert get(web, target, events)
    assert target.read_bytes() == BODY and web.sent == [300_000, len(BODY)]
    assert any("from its beginning" in e.message for e in events if isinstance(e, Remark))


def test_server_without_ranges_that_always_breaks_ends(web, target):
    web.ranges, web.cut = False, [300_000, 200_000, 250_000, 100_000, 300_000, 50_000]
    fails(web, target, "the connection broke", tries=4)
    assert len(web.asked) == 4


def test_a_file_that_changed_meanwhile_is_fetched_whole(web, target):
    web.files["/a.gz"], web.cut = OTHER, [300_000]
    fails(web, target, "are kept", tries=1)
    web.files["/a.gz"], web.etag["/a.gz"] = BODY, '"v2"'
    assert get(web, target)
    assert target.read_bytes() == BODY
    assert web.asked[1][1]["If-Range"] == '"v1"' and web.sent == [300_000, len(BODY)]


def test_a_file_that_changed_on_a_server_without_etags_is_noticed_and_fetched_once_more(web, target):
    web.etag.clear()
    web.files["/a.gz"], web.cut = OTHER, [300_000]
    fails(web, target, "are kept", tries=1)
    web.files["/a.gz"] = BODY
    events = []
    assert get(web, target, events)
    assert target.read_bytes() == BODY
    assert "If-Range" not in web.asked[1][1] and web.sent == [300_000, 400_001, len(BODY)]
    assert any("in one piece" in e.message for e in events if isinstance(e, Remark))


def test_weak_etags_are_not_trusted_dates_are(web, target):
    web.etag["/a.gz"], web.cut, date = 'W/"v1"', [300_000], "Tue, 01 Sep 2026 10:00:00 GMT"
    web.headers["Last-Modified"] = date
    fails(web, target, "are kept", tries=1)
    assert get(web, target)
    assert web.asked[1][1]["If-Range"] == date and target.read_bytes() == BODY


def test_a_part_longer_than_the_file_of_the_server(web, target):
    """416: begin again."""
    target.with_name("a.gz.part").write_bytes(BODY[:650_000])
    web.status = [416]
    assert get(web, target)
    assert target.read_bytes() == BODY and web.ranges_asked() == ["bytes=650000-", None]


@pytest.mark.parametrize("junk", [BODY + b"more", OTHER, b""])
def test_a_part_that_is_junk_does_not_survive(web, target, junk):
    target.with_name("a.gz.part").write_bytes(junk)
    target.with_name("a.gz.part.json").write_text("{ not json")
    events = []
    assert get(web, target, events)
    assert target.read_bytes() == BODY and names(target) == {"a.gz"}
    assert junk == OTHER or not [e for e in events if isinstance(e, Remark)], "a part too long is no part, and none was announced"


def test_a_complete_part_needs_no_server(target):
    target.with_name("a.gz.part").write_bytes(BODY)
    assert download(["http://127.0.0.1:9/a.gz"], target, CONTENT, tries=1)
    assert target.read_bytes() == BODY and names(target) == {"a.gz"}


def test_another_range_than_asked_for_is_not_appended(web, target):
    target.with_name("a.gz.part").write_bytes(BODY[:1000])
    web.headers["Content-Range"] = f"bytes 7-{len(BODY) - 1}/{len(BODY)}"
    events = []
    assert get(web, target, events)
    assert target.read_bytes() == BODY and web.ranges_asked() == ["bytes=1000-", None]
    assert any("another range" in e.message for e in events if isinstance(e, Remark))


def test_body_of_unknown_length(web, target):
    web.headers["Content-Length"] = ""
    web.cut = [100_000]
    assert get(web, target)
    assert target.read_bytes() == BODY and web.ranges_asked() == [None, "bytes=100000-"]


def test_next_address_where_one_refuses(web, target):
    addresses = [f"{web.url}/missing.gz", f"{web.url}/a.gz"]
    assert download(addresses, target, CONTENT, pause=0.0)
    assert [path for path, _ in web.asked] == ["/missing.gz", "/a.gz"]


def test_next_address_where_one_is_down_and_back(web, target):
    web.status = [503]
    assert download([f"{web.url}/b.gz", f"{web.url}/a.gz"], target, CONTENT, pause=0.0)
    assert [path for path, _ in web.asked] == ["/b.gz", "/a.gz"]


# ------------------------------------------------------------------ what goes wrong


def test_wrong_checksum(web, target):
    web.files["/a.gz"] = OTHER
    fails(web, target, "a.gz from", "is not the official file", "MD5", CONTENT.md5, "what came is removed")
    assert names(target) == set() and len(web.asked) == 1


def test_right_md5_alone_is_not_enough(web, target):
    fails(web, target, "SHA-256", "0" * 64, content=Content(CONTENT.size, CONTENT.md5, "0" * 64))
    assert names(target) == set()


def test_missing_file_is_refused_at_once(web, target):
    del web.files["/a.gz"]
    fails(web, target, f"{web.url}/a.gz answers 404 Not Found", "--from")
    assert len(web.asked) == 1 and names(target) == set()


def test_several_refusals_are_all_told(web, target):
    with pytest.raises(LossAtlasError, match=r"/x answers 404 Not Found; .*/y answers 404"):
        download([f"{web.url}/x", f"{web.url}/y"], target, CONTENT, pause=0.0)


@pytest.mark.parametrize("code", [500, 503, 429, 408])
def test_passing_trouble_is_tried_again(web, target, code):
    web.status = [code, code]
    assert get(web, target)
    assert len(web.asked) == 3


def test_lasting_trouble_is_told(web, target):
    web.status = [503] * 9
    fails(web, target, "503", "0 of 700,001 bytes are kept", tries=3)
    assert len(web.asked) == 3 and names(target) == set()


def test_content_length_of_another_file_is_refused_before_it_is_read(web, target):
    target.with_name("a.gz.part").write_bytes(BODY[:1000])
    web.ranges, web.files["/a.gz"] = False, BODY + b"1"
    fails(web, target, "has a file of 700,002 bytes; the official one has 700,001")
    assert target.with_name("a.gz.part").read_bytes() == BODY[:1000], "what was there is kept for a better address"


def test_range_of_another_file_is_refused(web, target):
    target.with_name("a.gz.part").write_bytes(BODY[:1000])
    web.files["/a.gz"] = BODY[:-1]
    fails(web, target, "has a file of 700,000 bytes")
    assert target.with_name("a.gz.part").stat().st_size == 1000


def test_content_length_that_promises_too_much(web, target):
    """The header is right for the file, the body is short each time."""
    web.cut = [100, 0, 0]
    fails(web, target, "the connection broke after 100 of 700,001 bytes", tries=2)


def test_connection_that_breaks_before_the_first_byte_leaves_nothing(web, target):
    web.cut = [0, 0]
    fails(web, target, "broke after 0 of", tries=2)
    assert names(target) == set()


def test_more_bytes_than_the_file_has(web, target):
    web.headers["Content-Length"], web.files["/a.gz"] = "", BODY + b"surplus"
    fails(web, target, "sends more than the 700,001 bytes")
    assert names(target) == set()


def test_login_page_of_a_network(web, target):
    target.with_name("a.gz.part").write_bytes(BODY[:1000])
    web.ranges, web.headers["Content-Type"], web.headers["Content-Length"] = False, "text/html; charset=utf-8", ""
    fails(web, target, "answers with a web page", "log in")
    assert target.with_name("a.gz.part").stat().st_size == 1000


def test_nobody_listens(target):
    with pytest.raises(LossAtlasError, match=r"cannot fetch a.gz: .*refused.*--from"):
        download(["http://127.0.0.1:9/a.gz"], target, CONTENT, tries=2, pause=0.0)
    assert names(target) == set()


def test_a_server_that_falls_silent(target, monkeypatch):
    monkeypatch.setattr(module, "TIMEOUT", 0.2)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    silent = threading.Event()

    class Slow(servers.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            silent.wait(5)

        def log_message(self, *_: object) -> None:
            pass

    server = servers.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        with pytest.raises(LossAtlasError, match="timed out"):
            download([f"http://127.0.0.1:{server.server_address[1]}/a.gz"], target, CONTENT, tries=2, pause=0.0)
    finally:
        silent.set()
        server.shutdown()
        server.server_close()


def test_pauses_double(web, target, monkeypatch):
    slept = []
    monkeypatch.setattr(module.time, "sleep", slept.append)
    web.status = [503] * 9
    with pytest.raises(LossAtlasError):
        download([f"{web.url}/a.gz"], target, CONTENT, tries=4, pause=0.5)
    assert slept == [0.5, 1.0, 2.0]


def test_another_file_at_the_target_is_never_touched(web, target):
    target.write_bytes(b"mine")
    with pytest.raises(InputError, match=r"a.gz is there, but is not the official file: it has 4 bytes instead of 700,001; move it"):
        get(web, target)
    assert target.read_bytes() == b"mine" and web.asked == []


FULL_DISK = """
import resource, sys
from pathlib import Path
from lossatlas.download import Content, download
from lossatlas.errors import LossAtlasError
limit = int(sys.argv[6])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    print(download([sys.argv[1]], Path(sys.argv[2]), Content(int(sys.argv[3]), sys.argv[4], sys.argv[5]), tries=1))
except LossAtlasError as error:
    print(error)
"""


def test_full_disk_keeps_what_came(web, target):
    """A limit on the size of files makes real writes fail as a full disk does."""
    def run(limit: int) -> str:
        arguments = [f"{web.url}/a.gz", str(target), str(CONTENT.size), CONTENT.md5, CONTENT.sha256, str(limit)]
        done = subprocess.run([sys.executable, "-c", FULL_DISK, *arguments], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "NO_PROXY": "127.0.0.1"})
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "File too large; what came so far is kept there: make room and run the same again" in run(400_000)
    assert target.with_name("a.gz.part").read_bytes() == BODY[:400_000] and not target.exists()
    assert run(0) == "True\n"
    assert target.read_bytes() == BODY and web.ranges_asked() == [None, "bytes=400000-"]


def test_full_disk_by_its_own_error(web, target, monkeypatch):
    """ENOSPC after a write that took only half of the block, as disks do."""
    room = 100_000
    real = Path.open

    class Small:
        def __init__(self, file):
            self.file = file

        def write(self, block):
            left = room - os.fstat(self.file.fileno()).st_size
            if left <= 0:
                raise OSError(28, "No space left on device")
            return self.file.write(block[: max(1, left // 2)])

        def __getattr__(self, name):
            return getattr(self.file, name)

    monkeypatch.setattr(Path, "open", lambda self, mode="r", *a, **k: Small(real(self, mode, *a, **k)) if mode == "ab" else
                        real(self, mode, *a, **k))
    fails(web, target, "a.gz.part: No space left on device", "make room")
    assert target.with_name("a.gz.part").read_bytes() == BODY[:room]
    monkeypatch.undo()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert get(web, target) and target.read_bytes() == BODY and web.ranges_asked()[-1] == f"bytes={room}-"


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_read_only_folder(web, target):
    target.parent.chmod(0o500)
    try:
        fails(web, target, "Permission denied", "--to DIR")
    finally:
        target.parent.chmod(0o700)


def test_a_folder_in_the_place_of_the_part(web, target):
    target.with_name("a.gz.part").mkdir()
    fails(web, target, "a.gz.part: Is a directory", "write another folder")


def test_interrupted_by_the_keyboard(web, target):
    def stop(event: object) -> None:
        if isinstance(event, Received):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download([f"{web.url}/a.gz"], target, CONTENT, on_event=stop)
    part = target.with_name("a.gz.part")
    size = part.stat().st_size
    assert 0 < size < len(BODY) and part.read_bytes() == BODY[:size] and not target.exists()
    assert get(web, target) and target.read_bytes() == BODY
    assert web.ranges_asked()[1] == f"bytes={size}-"


@pytest.mark.skipif(module.fcntl is None, reason="no file locks")
def test_two_at_once(web, target):
    """The second says so and leaves the first alone."""
    told = []

    def second(event: object) -> None:
        if not told:
            with pytest.raises(LossAtlasError) as caught:
                download([f"{web.url}/a.gz"], target, CONTENT)
            told.append(str(caught.value))

    assert download([f"{web.url}/a.gz"], target, CONTENT, on_event=second)
    assert "is being fetched by another process" in told[0]
    assert target.read_bytes() == BODY and names(target) == {"a.gz"}
