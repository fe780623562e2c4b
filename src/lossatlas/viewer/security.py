"""Who may ask the viewer, and what its page may do.

The server shows what is on somebody's disk, so it listens on loopback unless told otherwise, and every request has to show the token of
the address that was printed. A page of another site that is open in the same browser can send requests to loopback, too: it does not know
the token, its ``Origin`` is not ours, and where it has its own name point here (DNS rebinding) ``Host`` is that name. All three are
checked. The page itself may load nothing from elsewhere and run nothing but the script of the wheel (Content-Security-Policy), so that a
name in a store that is markup stays text.
"""

from __future__ import annotations

import hmac
import ipaddress
import platform
import re
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

#: The header that carries the token, and its name in an address.
HEADER, QUERY = "x-lossatlas-token", "token"
_PRINTED = "open the address that lossatlas view printed"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_WILDCARD = ("", "0.0.0.0", "::", "*")
_HOST = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::(?P<port>[0-9]{1,5}))?")
#: Of every answer.
HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
           "Cross-Origin-Opener-Policy": "same-origin", "X-Frame-Options": "DENY"}


@dataclass(frozen=True)
class Guard:
    """Decides who is answered.

    Attributes:
        host: the server is bound to. A port of its own is not asked for in ``Host``: somebody behind a tunnel has another one, and a
            foreign page cannot choose it.
        token: to be shown with every request.
    """

    host: str = "127.0.0.1"
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    def host_refused(self, headers: Mapping[str, str]) -> str | None:
        """Why ``Host`` is not ours; None where it is."""
        given = headers.get("host", "")
        found = _HOST.fullmatch(given)
        if found and self._ours((found["six"] or found["name"]).lower().rstrip(".")):
            return None
        return f"this viewer does not answer to the name {given[:80]!r}; {_PRINTED}, or start it with --host NAME"

    def origin_refused(self, headers: Mapping[str, str], *, needed: bool = False) -> str | None:
        """Why ``Origin``, the page that asks, is not ours; None where it is, or where there need not be one and is none."""
        origin = headers.get("origin")
        if origin is None:
            return f"a connection without an Origin is no page of this viewer; {_PRINTED}" if needed else None
        if origin in (f"http://{headers.get('host', '')}", f"https://{headers.get('host', '')}"):
            return None
        return f"a page of {origin[:80]!r} may not ask this viewer; {_PRINTED}"

    def token_refused(self, given: str | None) -> str | None:
        """Why a token is not the right one; None where it is."""
        if given is not None and hmac.compare_digest(given.encode("utf-8", "surrogateescape"), self.token.encode()):
            return None
        return f"the token is missing or another one; {_PRINTED} when it started"

    def _ours(self, name: str) -> bool:
        """Whether a name is one that only this machine, or the person who started the server, could have given."""
        if name in _LOOPBACK or name == self.host.lower():
            return True
        if self.host not in _WILDCARD:
            return False
        try:  # bound to everything: any address, but only the names of this machine
            ipaddress.ip_address(name)
            return True
        except ValueError:
            return name in {platform.node().lower(), socket.getfqdn().lower()}


def policy(host: str) -> str:
    """The Content-Security-Policy of the page; ``host`` is that of the request, checked: old browsers hold a socket to be foreign."""
    return ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
            f"connect-src 'self' ws://{host} wss://{host}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
