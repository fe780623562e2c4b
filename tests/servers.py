"""A web server on the loopback that gives files, and misbehaves as it is told to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Web:
    """What the server has, how it behaves, and what it was asked.

    Attributes:
        files: path -> bytes.
        ranges: whether it knows range requests.
        etag: path -> ETag; paths without one have none.
        cut: bytes of the body after which each of the next answers breaks off (first in, first out).
        status: codes with which each of the next requests is answered instead.
        headers: further headers of every answer; they replace its own.
        asked: (path, headers) of every request, in order.
        sent: bytes of body sent per answer.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    etag: dict[str, str] = field(default_factory=dict)
    cut: list[int] = field(default_factory=list)
    status: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)
    url: str = ""

    def ranges_asked(self) -> list[str | None]:
        return [headers.get("Range") for _, headers in self.asked]


def _handler(web: Web) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            web.asked.append((self.path, dict(self.headers)))
            if web.status:
                return self.send_error(web.status.pop(0))
            if self.path not in web.files:
                return self.send_error(404)
            body, tag = web.files[self.path], web.etag.get(self.path)
            start = int(self.headers["Range"].removeprefix("bytes=").split("-")[0]) if web.ranges and "Range" in self.headers else 0
            if self.headers.get("If-Range", tag) != tag:
                start = 0
            if start and start >= len(body):
                return self.send_error(416)
            own = {"Content-Length": str(len(body) - start), "Content-Type": "application/gzip"}
            if start:
                own["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
            if tag:
                own["ETag"] = tag
            self.send_response(206 if start else 200)
            for name, value in (own | web.headers).items():
                if value:
                    self.send_header(name, value)
            self.end_headers()
            self._send(body[start:])

        def _send(self, body: bytes) -> None:
            body = body[: web.cut.pop(0)] if web.cut else body
            web.sent.append(len(body))
            self.wfile.write(body)
            self.close_connection = True

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that hangs up in the middle is what some tests are about."""


@contextmanager
def serve(web: Web) -> Iterator[Web]:
    """Run the server in a thread while the context lasts."""
    server = _Server(("127.0.0.1", 0), _handler(web))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    web.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
