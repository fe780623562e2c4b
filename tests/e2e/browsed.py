"""A page in a real browser, and what is seen of it: everything that it complains of, what it draws, what it asks the network for."""

from __future__ import annotations

import inspect
import io
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

#: Software WebGL, a fresh profile, nothing asked of the network by the browser itself.
FLAGS = ["--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]
NO_WEBGL = [flag for flag in FLAGS if flag != "--enable-unsafe-swiftshader"] + ["--disable-software-rasterizer"]
DESKTOP, PHONE = (960, 640), (390, 844)

#: Counts what is drawn, before any script of the page runs.
COUNTING = """
(() => {
  const count = window.__drawn = { calls: 0, frames: 0 }
  const wrap = (type, names) => names.forEach((name) => {
    const own = type.prototype[name]
    type.prototype[name] = function (...args) { count.calls++; return own.apply(this, args) }
  })
  const drawing = ["drawArrays", "drawElements", "drawArraysInstanced", "drawElementsInstanced"]
  if (window.WebGL2RenderingContext) wrap(WebGL2RenderingContext, drawing)
  wrap(CanvasRenderingContext2D, ["fill", "stroke", "fillRect", "fillText", "drawImage", "putImageData"])
  const ask = window.requestAnimationFrame.bind(window)
  window.requestAnimationFrame = (run) => ask((now) => { count.frames++; run(now) })
})()
"""


@dataclass
class Seen:
    """What a page did beside what it shows.

    Attributes:
        complaints: errors on the console (violations of its policy among them), uncaught errors, requests that failed.
        asked: addresses of all requests, in order.
        expected: patterns of complaints that the test itself brings about.
    """

    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def attend(self, page: Any) -> None:
        """Listen to a page."""
        page.on("console", lambda said: said.type == "error" and self.complaints.append(f"console: {said.text} ({said.location['url']})"))
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("requestfailed", lambda request: self.complaints.append(f"failed: {request.url} {request.failure}"))
        page.on("response", lambda answer: answer.status >= 400 and self.complaints.append(f"{answer.status}: {answer.url}"))

    def unexpected(self) -> list[str]:
        """Complaints that nobody asked for."""
        return [said for said in self.complaints if not any(re.search(pattern, said) for pattern in self.expected)]

    def documents(self) -> list[str]:
        """Requests for documents."""
        return [address for address in self.asked if "/api/document/" in address]


class Atlas:
    """The viewer in a page, in the words of somebody who looks at it."""

    def __init__(self, page: Any, seen: Seen) -> None:
        self.page, self.seen = page, seen

    # ---- tiles

    def tile(self, number: int = 0) -> Any:
        """A tile, from the left."""
        return self.page.locator(".tile").nth(number)

    def ready(self, tiles: int = 1) -> Atlas:
        """Wait until so many tiles have their picture."""
        there = "n => document.querySelectorAll('.tile.ready').length === n && !document.querySelector('.tile .spinner')"
        self.page.wait_for_function(there, arg=tiles)
        return self

    def titles(self) -> list[str]:
        """Of the tiles."""
        return [text.strip() for text in self.page.locator(".tile-title").all_inner_texts()]

    def picture(self, number: int = 0) -> Image.Image:
        """What a tile shows, without words over it."""
        self.rest()
        return Image.open(io.BytesIO(self.tile(number).locator(".tile-picture").screenshot())).convert("RGB")

    def rest(self) -> None:
        """Wait until nothing has been drawn for a moment."""
        self.page.wait_for_function("""() => {
            const now = performance.now(), calls = window.__drawn.calls
            if (window.__rest?.calls !== calls) window.__rest = { calls, since: now }
            return now - window.__rest.since > 350
        }""", polling=60)

    def drawn(self) -> dict[str, int]:
        """Calls that draw, and frames asked for, since the page was opened."""
        return self.page.evaluate("() => ({ ...window.__drawn })")

    def stands_still(self, seconds: float = 1.5) -> None:
        """Wait until nothing at all is drawn, and no frame asked for, for so long: what runs freely never comes to that."""

        def still() -> bool:
            before = self.drawn()
            self.page.wait_for_timeout(1000 * seconds)
            return self.drawn() == before

        self.until(still)

    # ---- hands

    def middle(self, number: int = 0, dx: float = 0.0, dy: float = 0.0) -> tuple[float, float]:
        """A place in the picture: its middle, and from there so many times its shorter side."""
        box = self.tile(number).locator(".tile-picture").bounding_box()
        side = min(box["width"], box["height"])
        return box["x"] + box["width"] / 2 + dx * side, box["y"] + box["height"] / 2 + dy * side

    def hover(self, number: int = 0, dx: float = 0.0, dy: float = 0.0) -> dict[str, str]:
        """Move the pointer there and read what is said."""
        x, y = self.middle(number, dx, dy)
        self.page.mouse.move(x - 3, y - 3)
        self.page.mouse.move(x, y)
        readout = self.tile(number).locator(".readout")
        readout.wait_for(state="visible")
        return dict(zip(readout.locator("dt").all_inner_texts(), readout.locator("dd").all_inner_texts(), strict=True))

    def drag(self, number: int = 0, by: tuple[float, float] = (0.25, 0.05)) -> None:
        """Drag across the picture."""
        self.page.mouse.move(*self.middle(number, -0.1))
        self.page.mouse.down()
        self.page.mouse.move(*self.middle(number, -0.1 + by[0] / 2, by[1] / 2))
        self.page.mouse.move(*self.middle(number, -0.1 + by[0], by[1]))
        self.page.mouse.up()

    def view(self) -> dict[str, str]:
        """The part of the address behind "#"."""
        view = self.page.evaluate("location.hash.slice(1)")
        return dict(item.split("=", 1) for item in view.split("&") if item)

    def until(self, condition: Callable[[], bool], seconds: float = 20.0) -> None:
        """Wait for what cannot be asked of the page. What somebody's hand brings about is never true at once: a machine may be slow."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"not so within {seconds:g} s: {inspect.getsource(condition).strip()}"
            self.page.wait_for_timeout(40)

    def says(self, selector: str, words: str) -> None:
        """Wait until the last of what the selector finds says these words."""
        found = self.page.locator(selector).last
        end = time.monotonic() + 20
        while words not in (text := found.inner_text()):
            assert time.monotonic() < end, f"{words!r} is not in {text!r}"
            self.page.wait_for_timeout(40)

    def views(self, **items: str | None) -> None:
        """Wait until the address says so; None: until it does not name it."""
        self.until(lambda: all(self.view().get(name) == value for name, value in items.items()))

    def changes(self, before: Image.Image, least: float, number: int = 0) -> Image.Image:
        """Wait until a tile's picture differs from an earlier one in more than this share of its pixels; the new picture."""
        end = time.monotonic() + 20
        while (share := difference(before, picture := self.picture(number))) <= least:
            assert time.monotonic() < end, f"{share:.2%} of the picture changed, {least:.2%} expected"
        return picture


def colours(picture: Image.Image) -> int:
    """How many of 512 colours a picture has."""
    return len(np.unique((np.asarray(picture).astype(int) >> 5) @ np.array([64, 8, 1])))


def difference(one: Image.Image, other: Image.Image) -> float:
    """The share of pixels that differ visibly; the first picture is brought to the size of the other."""
    if one.size != other.size:
        one = one.resize(other.size)
    return float((np.abs(np.asarray(one).astype(int) - np.asarray(other).astype(int)).max(-1) > 24).mean())


def parse(number: str) -> float:
    """A number as the page writes it."""
    text = number.split("±")[0].strip().replace("−", "-")
    found = re.fullmatch(r"(?:(-?[\d.]+)·)?(-?)10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", text)
    if not found:
        return float(text.split(" ")[0])
    power = int(found[3].translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))
    return float(found[1] or f"{found[2]}1") * 10.0**power


# ---- servers ---------------------------------------------------------------------------------------------------


@contextmanager
def viewing(*arguments: str | Path) -> Iterator[str]:
    """``lossatlas view`` as a person starts it; the address that it prints."""
    command = [Path(sys.executable).with_name("lossatlas"), "view", *map(str, arguments), "--no-browser", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said = process.stdout.readline()
        found = re.search(r"http://\S+", said)
        assert found, said + process.stdout.read()
        yield found[0]
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


@contextmanager
def serving(store: Path, token: str, port: int = 0) -> Iterator[int]:
    """The server in a thread, with a token and a port that another one can have after it; its port."""
    import asyncio

    import uvicorn

    from lossatlas.cli.view import bind
    from lossatlas.viewer.security import Guard
    from lossatlas.viewer.server import application
    from lossatlas.viewer.watch import Watch

    bound = bind("127.0.0.1", port)
    app = application(Watch([store]), Guard(token=token), every=0.1)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[bound])), daemon=True)
    thread.start()
    try:
        yield bound.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
        bound.close()
