"""The page: the built client of the wheel as the server gives it, or everything in one file that opens from disk.

The one file holds the script, the style sheet and the data. Its policy names the script and the style by their digests and allows nothing
else, no connection among it, so that what a store says stays text there, too, and nothing of it leaves the machine.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from pathlib import Path
from typing import Any

from ..errors import LossAtlasError
from .documents import Inlined, plain

#: The built client.
STATIC = Path(__file__).parent / "static"
#: What in a script would end it, or change how its end is read (HTML standard, 13.2.5.4 to 13.2.5.30).
_ENDS = re.compile(r"<(?=/script|script|!--)", re.IGNORECASE)
_LOADED = re.compile(r"\s*<(?:script\b[^>]*\bsrc=\"\./[^\"]*\"[^>]*></script>|link\b[^>]*\bhref=\"\./[^\"]*\"[^>]*>)")


def served() -> str:
    """The page of the server; script and style lie in ``static/``.

    Raises:
        LossAtlasError: the client is not built.
    """
    return _built("index.html").replace('"./', '"./static/')


def standalone(inlined: Inlined, *, title: str = "lossatlas") -> str:
    """Everything in one file.

    Raises:
        LossAtlasError: the client is not built.
    """
    script, style = script_text(_built("viewer.js")), style_text(_built("viewer.css"))
    allowed = (f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; img-src data: blob:; base-uri 'none'; "
               "form-action 'none'")
    head = (f'\n    <meta http-equiv="Content-Security-Policy" content="{allowed}" />\n    <meta name="referrer" content="no-referrer" />'
            f"\n    <style>{style}</style>")
    data = (f'\n    <script type="application/json" id="lossatlas-inlined">{json_text(inlined)}</script>'
            f'\n    <script type="text/plain" id="licenses">{script_text(_built("licenses.md"))}</script>')
    text = _LOADED.sub("", _built("index.html"))
    text = re.sub(r"<title>.*?</title>", lambda _: f"<title>{html.escape(title)}</title>", text, flags=re.DOTALL)
    before, charset, after = text.partition('<meta charset="utf-8" />')
    if not charset or "</body>" not in after:
        raise LossAtlasError(f"{STATIC / 'index.html'} is not the page that this lossatlas knows; {_BUILD}")
    body, end, rest = after.rpartition("</body>")
    return f'{before}{charset}{head}{body}{data}\n    <script type="module">{script}</script>\n  {end}{rest}'


def json_text(record: Any) -> str:
    """A record as JSON that no HTML is in."""
    text = json.dumps(plain(record), allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def script_text(script: str) -> str:
    """A script that can stand in a page: ``<`` of what would end it becomes an escape that strings, templates and patterns read alike."""
    return _ENDS.sub(r"\\x3c", script)


def style_text(style: str) -> str:
    """A style sheet that can stand in a page."""
    return re.sub(r"</(?=style)", r"<\\/", style, flags=re.IGNORECASE)


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_BUILD = "build the client: cd viewer-client && npm ci && npm run build"


def _built(name: str) -> str:
    try:
        return (STATIC / name).read_text(encoding="utf-8")
    except OSError:
        raise LossAtlasError(f"the viewer's client is missing ({STATIC / name}): this lossatlas was not installed from a wheel; {_BUILD}"
                             ) from None
