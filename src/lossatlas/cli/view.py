"""``lossatlas view``: results in the browser, from a server that runs until Ctrl-C. Never imports torch."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sys
import threading
import webbrowser
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from ..errors import InputError, LossAtlasError
from ..viewer.addresses import SIDE_BY_SIDE, opening
from ..viewer.security import QUERY, Guard
from ..viewer.server import application
from ..viewer.watch import Watch

#: The port that is tried first where none is given, and how many are tried.
PORT, TRIED = 8765, 50
#: Environment variable that keeps the token from start to start; not an option, which everybody on the machine could read in its list of
#: processes.
TOKEN = "LOSSATLAS_TOKEN"


def view(stores: Sequence[str], *, host: str, port: int | None, browser: bool) -> None:
    """``lossatlas view``."""
    watch = Watch(stores)
    guard = Guard(host, token()) if TOKEN in os.environ else Guard(host)
    bound = bind(host, port)
    address = f"http://{_shown(host)}:{bound.getsockname()[1]}/?{QUERY}={guard.token}{opened(watch, stores)}"
    print(f"{len(watch.entries)} results: {address}", flush=True)
    if host not in ("127.0.0.1", "localhost", "::1"):
        print(f"note: bound to {host}: whoever can reach this machine and has this address can see these results", flush=True)
    print("Ctrl-C ends it.", flush=True)
    threading.Thread(target=prepare, args=(watch, watch.ids(stores)[:SIDE_BY_SIDE]), daemon=True).start()
    with bound:
        try:
            asyncio.run(serve(answering(application(watch, guard)), bound, address if browser else None))
        except KeyboardInterrupt:
            print()


def prepare(watch: Watch, ids: Sequence[str]) -> None:
    """Make the documents that will be asked for first, while the browser starts."""
    for key in ids:
        with suppress(KeyError, LossAtlasError):  # whoever asks for it is told
            watch.document(key)


def answering(app: Any) -> Any:
    """What answers with an application: uvicorn's server, which says nothing of itself, does not wait for pages that stay open, and takes
    no long messages from them.
    """
    import uvicorn

    return uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=1,
                                         ws_max_size=4096))


async def serve(server: Any, bound: socket.socket, address: str | None) -> None:
    """Serve until interrupted; opens the address in a browser once somebody answers there."""
    running = asyncio.create_task(server.serve(sockets=[bound]))
    while address is not None and not server.started and not running.done():
        await asyncio.sleep(0.02)
    if address is not None and not running.done() and not await asyncio.to_thread(open_browser, address):
        print("no browser was found here; open the address above in one. From another machine: "
              f"ssh -L {bound.getsockname()[1]}:127.0.0.1:{bound.getsockname()[1]} THIS-MACHINE, then the same address there", flush=True)
    await running


def open_browser(address: str) -> bool:
    """Open an address; false where there is no browser with a window, as one in the terminal would take that over."""
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
                                                 or os.environ.get("BROWSER")):
        return False
    try:
        return webbrowser.open(address)
    except (webbrowser.Error, OSError):
        return False


def token() -> str:
    """The token that the environment names: with it, pages that are open go on after the server was started again.

    Raises:
        InputError: one that could be guessed, or does not fit into an address.
    """
    given = os.environ[TOKEN]
    if not re.fullmatch(r"[A-Za-z0-9_-]{16,}", given):
        raise InputError(f"{TOKEN} has {len(given)} characters or odd ones; expected at least 16 letters, digits, - or _, such as those of "
                         "python -c 'import secrets; print(secrets.token_urlsafe())', or unset it for a new one at every start")
    return given


def bind(host: str, port: int | None) -> socket.socket:
    """A socket that listens at the port, or where none is given at the first from ``PORT`` on that is free.

    Raises:
        InputError: no such port, or host.
        LossAtlasError: the port is taken.
    """
    if port is not None and not 0 <= port <= 65535:
        raise InputError(f"--port is {port}; expected a number from 1 to 65535, or leave it out")
    try:
        family = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)[0][0]
    except (OSError, UnicodeError):
        raise InputError(f"--host is {host!r}, which is no address of this machine; leave it out for 127.0.0.1, or write 0.0.0.0 for all"
                         ) from None
    last: OSError | None = None
    for number in [port] if port is not None else [*range(PORT, PORT + TRIED), 0]:
        bound = socket.socket(family, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, number))
            bound.listen(128)
            return bound
        except OSError as error:
            bound.close()
            last = error
    if port is None:
        raise InputError(f"--host is {host!r}, where nothing can listen ({last}); leave it out for 127.0.0.1")
    raise LossAtlasError(f"port {port} of {host} cannot be used ({last}); write another one, or leave --port out for one that is free")


def opened(watch: Watch, stores: Sequence[str]) -> str:
    """The end of the address that opens what was named, side by side where there are a few."""
    named = watch.ids(stores)
    shown = opening(named) if len(named) == len(stores) else ""
    return f"#{shown}" if shown else ""


def _shown(host: str) -> str:
    """The name under which the server is reached from this machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)
    return f"[{host}]" if ":" in host else host
