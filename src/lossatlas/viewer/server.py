"""The viewer's server: the page, what results there are, each of them as a document, and word of what changes.

One watcher looks at the results while somebody is connected. For every connection only *which* entries changed since its last message is
kept, so that one that reads slowly, or not at all, costs no memory and gets the latest state when it reads again; one that comes late, or
again, gets the whole catalogue first. Values are read and packed in threads; a document is packed once for all who ask.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from ..errors import LossAtlasError
from . import security
from .documents import Changed, Entry, plain
from .page import STATIC, served
from .security import Guard
from .watch import Watch

#: Seconds between two looks at the results, and least between two messages to one client.
EVERY = 0.5
#: Packed documents that are kept.
KEPT = 32
#: Close codes of sockets: refused (RFC 6455, 7.4.1).
REFUSED = 1008
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


class Client:
    """A connection: which entries it has not been told of."""

    def __init__(self) -> None:
        self.dirty: dict[str, None] = {}
        self.woken = asyncio.Event()

    def tell(self, changed: Changed) -> None:
        """Remember that entries changed or are gone."""
        self.dirty.update(dict.fromkeys([*(entry.id for entry in changed.entries), *changed.gone]))
        self.woken.set()

    def take(self, entries: Mapping[str, Entry]) -> Changed:
        """What changed since the last time, as it is now."""
        ids, self.dirty = self.dirty, {}
        self.woken.clear()
        return Changed(tuple(entries[key] for key in ids if key in entries), tuple(key for key in ids if key not in entries))


class Viewer:
    """What the endpoints share: the results, who is connected, and the watcher that runs as long as somebody is.

    Args:
        watch: the results. guard: who is answered. every: seconds between two looks.
    """

    def __init__(self, watch: Watch, guard: Guard, *, every: float = EVERY) -> None:
        self.watch, self.guard, self.every = watch, guard, every
        self.clients: set[Client] = set()
        self._watcher: asyncio.Task[None] | None = None
        self._packed: OrderedDict[str, tuple[Entry, bytes]] = OrderedDict()
        self._packing: dict[str, asyncio.Lock] = {}

    # ---- what changes ------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Client]:
        """A client that is told of changes while the block runs."""
        client = Client()
        await self.look()
        self.clients.add(client)
        if self._watcher is None or self._watcher.done():
            self._watcher = asyncio.create_task(self._watching())
        try:
            yield client
        finally:
            self.clients.discard(client)

    async def look(self) -> None:
        """Look at the results now and tell everybody."""
        changed = await asyncio.to_thread(self.watch.poll)
        if changed.entries or changed.gone:
            for client in self.clients:
                client.tell(changed)

    async def _watching(self) -> None:
        while self.clients:
            await asyncio.sleep(self.every)
            await self.look()

    # ---- documents ---------------------------------------------------------------------------------------------

    async def packed(self, key: str) -> bytes:
        """A document as JSON, gzipped.

        Raises:
            KeyError: an id that is not in the catalogue.
            LossAtlasError: it cannot be drawn.
        """
        async with self._packing.setdefault(key, asyncio.Lock()):
            entry = self.watch.entries[key]
            if (kept := self._packed.get(key)) and kept[0] == entry:
                self._packed.move_to_end(key)
                return kept[1]
            packed = await asyncio.to_thread(lambda: gzip.compress(encoded(self.watch.document(key)), 1, mtime=0))
            self._packed[key] = (entry, packed)
            while len(self._packed) > KEPT:
                self._packed.popitem(last=False)
            return packed


def application(watch: Watch, guard: Guard, *, every: float = EVERY) -> Starlette:
    """The server as an ASGI application."""
    viewer = Viewer(watch, guard, every=every)
    app = Starlette(
        routes=[Route("/", _page), Route("/static/{name}", _static), Route("/api/catalogue", _catalogue),
                Route("/api/document/{key:path}", _document), WebSocketRoute("/api/live", _live)],
        exception_handlers={HTTPException: _failed, LossAtlasError: _failed, Exception: _failed},
    )
    app.router.redirect_slashes = False
    app.state.viewer = viewer
    return app


def encoded(record: Any, **more: Any) -> bytes:
    """A record as strict JSON."""
    return json.dumps({**more, **plain(record)}, allow_nan=False, separators=(",", ":")).encode()


# ---- endpoints -------------------------------------------------------------------------------------------------


async def _page(request: Request) -> Response:
    guard = _viewer(request).guard
    if why := guard.host_refused(request.headers) or guard.token_refused(request.query_params.get(security.QUERY)):
        return PlainTextResponse(f"lossatlas: {why}\n", 403, headers=_headers())
    try:
        return HTMLResponse(served(), headers={**_headers(), "Content-Security-Policy": security.policy(request.headers["host"])})
    except LossAtlasError as error:
        return PlainTextResponse(f"lossatlas: {error}\n", 500, headers=_headers())


async def _static(request: Request) -> Response:
    if why := _viewer(request).guard.host_refused(request.headers):
        raise HTTPException(403, why)
    path: Path = STATIC / request.path_params["name"]
    if path.parent != STATIC or path.suffix not in _TYPES or not path.is_file():
        raise HTTPException(404, "there is no such file")
    return FileResponse(path, media_type=_TYPES[path.suffix], headers={**_headers(), "Cache-Control": "no-cache"})


async def _catalogue(request: Request) -> Response:
    viewer = _asked(request)
    await viewer.look()
    return _json(encoded(viewer.watch.catalogue()))


async def _document(request: Request) -> Response:
    viewer, key = _asked(request), request.path_params["key"]
    try:
        packed = await viewer.packed(key)
    except KeyError:
        raise HTTPException(404, f"there is no result {key[:200]!r} any more, or there never was one") from None
    if "gzip" in request.headers.get("accept-encoding", ""):
        return _json(packed, {"Content-Encoding": "gzip"})
    return _json(await asyncio.to_thread(gzip.decompress, packed))


async def _live(socket: WebSocket) -> None:
    viewer = _viewer(socket)
    guard = viewer.guard
    if (guard.host_refused(socket.headers) or guard.origin_refused(socket.headers, needed=True)
            or guard.token_refused(socket.query_params.get(security.QUERY))):
        await socket.close(REFUSED)  # before it was accepted: the answer is 403
        return
    await socket.accept()
    async with viewer.connected() as client:
        telling = asyncio.create_task(_tell(socket, client, viewer))
        with suppress(WebSocketDisconnect, RuntimeError):  # it is gone while we listen
            while True:
                await socket.receive()  # pings say nothing; their end says that the client is gone
        telling.cancel()
        with suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError, OSError):
            await telling


async def _tell(socket: WebSocket, client: Client, viewer: Viewer) -> None:
    """The catalogue, then what changed, as fast as it is read."""
    await socket.send_text(encoded(viewer.watch.catalogue(), type="catalogue").decode())
    while True:
        await client.woken.wait()
        changed = client.take(viewer.watch.entries)
        await socket.send_text(encoded(changed, type="changed").decode())
        await asyncio.sleep(viewer.every / 2)


async def _failed(request: Request, error: Exception) -> Response:
    """Every error as words for a person."""
    if isinstance(error, HTTPException):
        status, said = error.status_code, str(error.detail)
    elif isinstance(error, LossAtlasError):
        status, said = 422, str(error)
    else:
        status, said = 500, f"unexpected {type(error).__name__}: {error}"
    return _json(json.dumps({"error": said}).encode(), status=status)


def _asked(request: Request) -> Viewer:
    """The viewer, for a request that may ask.

    Raises:
        HTTPException: it may not.
    """
    viewer = _viewer(request)
    guard = viewer.guard
    if why := guard.host_refused(request.headers) or guard.origin_refused(request.headers):
        raise HTTPException(403, why)
    if why := guard.token_refused(request.headers.get(security.HEADER)):
        raise HTTPException(401, why)
    return viewer


def _viewer(connection: HTTPConnection) -> Viewer:
    return connection.app.state.viewer


def _headers() -> dict[str, str]:
    return {**security.HEADERS, "Cache-Control": "no-store"}


def _json(content: bytes, more: Mapping[str, str] | None = None, *, status: int = 200) -> Response:
    return Response(content, status, {**_headers(), **(more or {})}, "application/json")
