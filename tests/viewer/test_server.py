"""The server as a browser meets it: who is answered, what of, and that a client that does not read costs nothing."""

import asyncio
import gzip
import json
import shutil
import threading
import time
from contextlib import contextmanager, suppress

import made
import pytest
import websockets.sync.client as sockets
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from lossatlas.cli import view as command
from lossatlas.viewer import documents, page, server
from lossatlas.viewer.documents import Catalogue, Changed, Entry
from lossatlas.viewer.security import Guard
from lossatlas.viewer.server import Client, application
from lossatlas.viewer.watch import Watch

HOST = "127.0.0.1:8765"
TOKEN = {"X-Lossatlas-Token": "right"}


def build(folder):
    """A client that is small, and what must not be given out beside it."""
    static = folder / "static"
    static.mkdir()
    shutil.copy(page.STATIC / "index.html", static)
    (static / "viewer.js").write_text("export {}")
    (static / "viewer.css").write_text("body {}")
    (static / "secret.txt").write_text("secret")
    for file in ("outside.js", "secret.json"):
        (folder / file).write_text("secret")
    return static


@pytest.fixture
def store(tmp_path):
    made.store(tmp_path / "s.zarr", "deep/a")
    return tmp_path / "s.zarr"


@pytest.fixture
def built(tmp_path, monkeypatch):
    static = build(tmp_path)
    for module in (page, server):
        monkeypatch.setattr(module, "STATIC", static)
    return static


@pytest.fixture
def own(store, built):
    """For tests that change what is there."""
    return TestClient(application(Watch([store]), Guard(token="right")), base_url=f"http://{HOST}")


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """For all that only ask."""
    folder = tmp_path_factory.mktemp("served")
    made.store(folder / "s.zarr", "deep/a")
    with pytest.MonkeyPatch.context() as patch:
        static = build(folder)
        for module in (page, server):
            patch.setattr(module, "STATIC", static)
        yield TestClient(application(Watch([folder / "s.zarr"]), Guard(token="right")), base_url=f"http://{HOST}")


def test_the_page_wants_the_token_and_may_load_nothing_from_elsewhere(client):
    answer = client.get("/?token=right")
    assert answer.status_code == 200 and 'src="./static/viewer.js"' in answer.text and 'id="app"' in answer.text
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy == {"default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data: blob:",
                      "connect-src": f"'self' ws://{HOST} wss://{HOST}", "frame-ancestors": "'none'", "base-uri": "'none'",
                      "form-action": "'none'"}
    for wrong in ("/", "/?token=", "/?token=wrong", "/?token=right%00", "/?token=%F0%28"):
        answer = client.get(wrong)
        assert answer.status_code == 403 and "open the address" in answer.text and "app" not in answer.text


@pytest.mark.parametrize("path", ["/?token=right", "/static/viewer.js", "/api/catalogue", "/api/document/s/deep/a", "/api/document/no",
                                  "/no"])
def test_every_answer_has_the_headers(client, path):
    headers = client.get(path, headers=TOKEN).headers
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == ("no-cache" if "static" in path else "no-store")
    assert headers["cross-origin-resource-policy"] == "same-origin" and headers["x-frame-options"] == "DENY"
    assert "access-control-allow-origin" not in headers and "server" not in headers


def test_the_catalogue_and_a_document(client):
    answer = client.get("/api/catalogue", headers=TOKEN)
    assert [entry["id"] for entry in answer.json()["entries"]] == ["s/deep/a"] and answer.headers["content-type"] == "application/json"
    for path in ("/api/document/s/deep/a", "/api/document/s%2Fdeep%2Fa"):
        answer = client.get(path, headers={**TOKEN, "Accept-Encoding": "gzip"})
        assert answer.headers["content-encoding"] == "gzip" and answer.json()["field"]["sheets"][0]["quantities"][0]["name"] == "loss"
    plain = client.get("/api/document/s/deep/a", headers={**TOKEN, "Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers and plain.json() == answer.json()


@pytest.mark.parametrize("token", [None, "", "wrong", "RIGHT", "rightt"])
@pytest.mark.parametrize("path", ["/api/catalogue", "/api/document/s/deep/a"])
def test_the_api_wants_the_token_in_its_header(client, path, token):
    answer = client.get(f"{path}?token=right", headers={} if token is None else {"X-Lossatlas-Token": token.encode()})
    assert answer.status_code == 401 and [*answer.json()] == ["error"]


HOSTS = {"127.0.0.1:8765": True, "localhost:8765": True, "LOCALHOST:8765": True, "[::1]:8765": True, "127.0.0.1": True,
         "127.0.0.1:9999": True, "evil.com": False, "evil.com:8765": False, "127.0.0.1.evil.com:8765": False, "localhost.evil.com": False,
         "192.168.1.5:8765": False,
         "": False, "127.0.0.1:8765@evil.com": False, "localhost:8765, evil.com": False, "[::2]:1": False, "a b": False}


@pytest.mark.parametrize(("host", "ours"), HOSTS.items())
@pytest.mark.parametrize("path", ["/?token=right", "/static/viewer.js", "/api/catalogue", "/api/document/s/deep/a"])
def test_a_name_that_was_pointed_here_is_refused(client, path, host, ours):
    """DNS rebinding: the page of evil.com asks under its own name."""
    answer = client.get(path, headers={**TOKEN, "Host": host})
    assert answer.status_code == (200 if ours else 403)


def test_bound_to_all_addresses_any_address_is_ours_and_no_foreign_name():
    guard = Guard("0.0.0.0", "t")
    assert guard.host_refused({"host": "192.168.1.5:8765"}) is None and guard.host_refused({"host": "[fe80::1]:8765"}) is None
    assert guard.host_refused({"host": "evil.com:8765"}) and Guard("box.lan", "t").host_refused({"host": "box.lan:80"}) is None
    assert Guard().token != Guard().token and len(Guard().token) >= 32 and Guard().token not in repr(Guard())


ORIGINS = {f"http://{HOST}": True, None: True, "http://evil.com": False, "null": False, "": False, "http://127.0.0.1:3000": False,
           f"http://{HOST}.evil.com": False, "file://": False}


@pytest.mark.parametrize(("origin", "ours"), ORIGINS.items())
@pytest.mark.parametrize("path", ["/api/catalogue", "/api/document/s/deep/a"])
def test_a_page_of_another_origin_is_refused(client, path, origin, ours):
    answer = client.get(path, headers={**TOKEN, **({} if origin is None else {"Origin": origin})})
    assert answer.status_code == (200 if ours else 403)


@pytest.mark.parametrize("key", ["../secret.json", "%2e%2e/%2e%2e/secret.json", "/etc/passwd", "s/deep/a/../../../../secret.json",
                                 "s.zarr/deep/a", "s/deep/a/zarr.json", "s/deep/a%00", "..%2f..%2fsecret.json", "s/deep/A", "C:\\windows"])
def test_ids_are_looked_up_and_are_no_paths(client, key):
    answer = client.get(f"/api/document/{key}", headers=TOKEN)
    assert answer.status_code == 404 and [*answer.json()] == ["error"]


@pytest.mark.parametrize("name", ["../outside.js", "..%2foutside.js", "%2e%2e%2foutside.js", "secret.txt", "index.html", "", ".",
                                  "viewer.js/", "viewer.js%00", "no.js", "..\\outside.js"])
def test_static_files_are_the_script_and_the_style_sheet(client, name):
    answer = client.get(f"/static/{name}")
    assert answer.status_code == 404 and "secret" not in answer.text
    assert client.get("/static/viewer.js").headers["content-type"] == "text/javascript; charset=utf-8"
    assert client.get("/static/viewer.css").headers["content-type"] == "text/css; charset=utf-8"


def test_what_cannot_be_drawn_is_told_in_words(own, store):
    (store / "deep/a/zarr.json").write_text("{")
    (store / "deep/a/done/.description.json").write_text("{")
    own.get("/api/catalogue", headers=TOKEN)
    answer = own.get("/api/document/s/deep/a", headers=TOKEN)
    assert answer.status_code == 422 and "is damaged" in answer.json()["error"]


def test_other_methods_and_addresses_are_errors_in_json(client):
    for answer in (client.post("/api/catalogue", headers=TOKEN), client.get("/nothing"), client.get("/api/live", headers=TOKEN)):
        assert answer.status_code in (404, 405) and [*answer.json()] == ["error"]


def test_without_the_client_the_page_says_how_to_build_it(own, built):
    (built / "index.html").unlink()
    answer = own.get("/?token=right")
    assert answer.status_code == 500 and "npm run build" in answer.text


# ---- live ------------------------------------------------------------------------------------------------------


@contextmanager
def running(watch, guard, *, every=0.05):
    """A real server on a free port."""
    bound = command.bind("127.0.0.1", 0)
    app = application(watch, guard, every=every)
    answering = command.answering(app)
    thread = threading.Thread(target=lambda: asyncio.run(command.serve(answering, bound, None)), daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{bound.getsockname()[1]}", app.state.viewer
    finally:
        answering.should_exit = True
        thread.join(10)
        bound.close()
        assert not thread.is_alive()


def connect(host, token="right", **more):
    return sockets.connect(f"ws://{host}/api/live?token={token}", **{"origin": f"http://{host}", **more})


def heard(socket, seconds=5.0):
    return json.loads(socket.recv(timeout=seconds))


def test_a_socket_says_what_there_is_and_then_what_changed(store):
    with running(Watch([store]), Guard(token="right")) as (host, viewer), connect(host) as socket:
        first = heard(socket)
        assert first["type"] == "catalogue" and [entry["id"] for entry in first["entries"]] == ["s/deep/a"] and first["version"]
        found = made.store(store, "b", done=1)
        said = heard(socket)
        assert (said["type"], said["gone"]) == ("changed", [])
        assert [(entry["id"], entry["done"]) for entry in said["entries"]] == [("s/b", 4)]
        made.write(found, 1)
        assert heard(socket)["entries"][0]["done"] == 8
        with connect(host) as late:  # one that comes late has the whole
            assert [entry["done"] for entry in heard(late)["entries"]] == [8, 15]
        assert len(viewer.clients) <= 2


def test_sockets_are_asked_for_origin_host_and_token(store):
    with running(Watch([store]), Guard(token="right")) as (host, viewer):
        for wrong in ({"token": "wrong"}, {"token": ""}, {"origin": "http://evil.com"}, {"origin": None}, {"origin": "null"}):
            with pytest.raises(Exception, match="HTTP 403"), connect(host, **wrong):
                pass
        assert not viewer.clients


@pytest.mark.parametrize(("host", "origin", "ours"), [(HOST, f"http://{HOST}", True), ("evil.com", "http://evil.com", False),
                                                      (HOST, "http://evil.com", False)])
def test_a_socket_under_a_foreign_name_is_refused(client, host, origin, ours):
    headers = {"Host": host, "Origin": origin}
    with suppress(WebSocketDisconnect), client.websocket_connect("/api/live?token=right", headers=headers) as socket:
        assert ours and socket.receive_json()["type"] == "catalogue"
        return
    assert not ours


def entry(key, revision):
    return Entry(key, key, "slice", "s", "x" * 2000, str(revision), 0, 0, False)


class Busy:
    """Results that all change at every look."""

    def __init__(self, count):
        self.looks, self.count = 0, count
        self.poll()

    @property
    def entries(self):
        return self._entries

    def catalogue(self):
        return Catalogue("0", tuple(self.entries.values()))

    def poll(self):
        self.looks += 1
        self._entries = {f"s/{k}": entry(f"s/{k}", self.looks) for k in range(self.count)}
        return Changed(tuple(self._entries.values()), ())


def test_thousands_of_changes_do_not_pile_up_for_a_client_that_does_not_read():
    """200 results that all change at every look, half a megabyte of words: what waits is a mark for each, the last word the last state."""
    busy, slow = Busy(200), {"max_queue": 1, "compression": None, "close_timeout": 0.1}
    with running(busy, Guard(token="right"), every=0.002) as (host, viewer), connect(host, **slow) as socket:
        heard(socket)
        until = time.monotonic() + 10
        while busy.looks < 100 and time.monotonic() < until:
            time.sleep(0.02)
        assert busy.looks >= 100
        (client,) = viewer.clients
        assert len(client.dirty) <= 200
        seen, messages, stop = {}, 0, busy.looks
        while min(int(seen.get(f"s/{k}", 0)) for k in range(200)) < stop and messages < 100:
            message = heard(socket)
            seen.update({one["id"]: one["revision"] for one in message["entries"]})
            messages += 1
        assert messages < 60, "most of what was not read was never sent"


def test_a_client_is_told_of_every_entry_once_as_it_is_at_last():
    client = Client()
    for revision in range(5000):
        client.tell(Changed((entry("a", revision), entry("b", revision)), ()))
    client.tell(Changed((), ("b",)))
    assert len(client.dirty) == 2
    assert client.take({"a": entry("a", 4999)}) == Changed((entry("a", 4999),), ("b",)) and not client.dirty and not client.woken.is_set()


def test_nobody_looks_while_nobody_is_connected():
    busy = Busy(1)
    with running(busy, Guard(token="right"), every=0.01) as (host, viewer):
        with connect(host) as socket:
            heard(socket), heard(socket)
        until = time.monotonic() + 5
        while viewer.clients and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(0.05)
        looks = busy.looks
        time.sleep(0.1)
        assert not viewer.clients and busy.looks == looks


def test_a_document_is_packed_once_for_all_who_ask(store, monkeypatch):
    calls = []
    watch_ = Watch([store])
    monkeypatch.setattr(watch_, "document", lambda key, real=watch_.document: calls.append(key) or real(key))
    viewer = server.Viewer(watch_, Guard())

    async def ask():
        return await asyncio.gather(*[viewer.packed("s/deep/a") for _ in range(5)])

    answers = asyncio.run(ask())
    assert calls == ["s/deep/a"] and len({*answers}) == 1
    assert json.loads(gzip.decompress(answers[0]))["entry"]["id"] == "s/deep/a"
    assert documents.plain({"a": float("nan")}) == {"a": None}
