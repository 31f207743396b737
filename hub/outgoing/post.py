"""`post`: one request to somebody else's server. Beside mail nothing else in the hub connects outwards.

The name is resolved once, every address it has must be permitted, and the connection goes to the very address
that was checked, with the certificate verified for the name: a name that resolves otherwise a moment later
gains nothing.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, IncompleteRead
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from hub.outgoing.addresses import refusal

CONNECT_S = 5.0


class Refused(Exception):
    """The hub does not send there. The text says why and names no part of the address but its kind."""


class Unreachable(Exception):
    """Nobody answered as a web server in time. The text is one of a few words of our own."""


@dataclass(frozen=True)
class Answer:
    """`headers` by lower-case name. `complete` is false where the body was longer than wanted and was cut."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    complete: bool


@dataclass(frozen=True)
class Target:
    """Where a URL leads, once checked: `addresses` in the resolver's order."""

    url: SplitResult
    host: str
    port: int
    addresses: tuple[str, ...]

    @property
    def request(self) -> str:
        return (self.url.path or "/") + (f"?{self.url.query}" if self.url.query else "")

    @property
    def host_header(self) -> str:
        usual = self.port == (443 if self.url.scheme == "https" else 80)
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if usual else f"{host}:{self.port}"


def check(url: str, *, timeout_s: float = CONNECT_S) -> Target:
    """Where `url` leads. Raises Refused where the hub does not go, Unreachable for a name without address."""
    target, host, port = _read(url)
    addresses = _resolve(host, port, timeout_s)
    for address in addresses:
        if why := refusal(address, allowed=settings.OUTGOING_ALLOW):
            raise Refused(f"the server's address is {why}")
    return Target(target, host, port, addresses)


def post(url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float, limit_bytes: int) -> Answer:
    """POST `body`, name lookup included within `timeout_s`. A redirect is an answer and is not followed.

    Of the answer's body `limit_bytes` are read: with 0 the status is all that is waited for. Proxies of the
    environment are not used. Raises Refused or Unreachable.
    """
    ends = time.monotonic() + timeout_s
    target = check(url, timeout_s=min(CONNECT_S, timeout_s))
    line = _Line(target, ends)
    # A server that sends a byte now and then would never run into a socket's own timeout.
    watch = threading.Timer(max(0.0, ends - time.monotonic()), line.cut)
    watch.daemon = True
    watch.start()
    try:
        return line.ask(body, headers, limit_bytes)
    except ssl.SSLCertVerificationError as error:
        raise Unreachable("the server's certificate does not hold for its name") from error
    except (HTTPException, OSError, ValueError) as error:
        raise Unreachable(
            "no answer in time" if time.monotonic() >= ends else "the connection broke off"
        ) from error
    finally:
        watch.cancel()
        line.close()


class _Line:
    """One connection to one of the checked addresses, which another thread may cut at any moment."""

    def __init__(self, target: Target, ends: float) -> None:
        self.target, self.ends = target, ends
        self.sock: socket.socket | None = None
        self.was_cut = False

    def ask(self, body: bytes, headers: Mapping[str, str], limit_bytes: int) -> Answer:
        self.sock = self._connected()
        if self.target.url.scheme == "https":
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(
                self.sock, server_hostname=self.target.host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()
        http = HTTPConnection(self.target.host, self.target.port)
        http.sock = self.sock
        always = {"Host": self.target.host_header, "Accept-Encoding": "identity", "Connection": "close"}
        http.request("POST", self.target.request, body, {**headers, **always})
        answer = http.getresponse()
        found = answer.read(limit_bytes + 1) if limit_bytes else b""
        # To http.client an answer that breaks off within its headers or body is a short one.
        if self.was_cut or (limit_bytes and answer.length and len(found) <= limit_bytes):
            raise IncompleteRead(found)
        return Answer(
            status=answer.status,
            headers={name.lower(): value for name, value in answer.getheaders()},
            body=found[:limit_bytes],
            complete=bool(limit_bytes) and len(found) <= limit_bytes,
        )

    def _connected(self) -> socket.socket:
        for address in self.target.addresses:
            left = self.ends - time.monotonic()
            if left <= 0:
                break
            with suppress(OSError):
                found = socket.create_connection((address, self.target.port), timeout=min(CONNECT_S, left))
                found.settimeout(max(0.1, self.ends - time.monotonic()))
                return found
        raise Unreachable("no connection to the server")

    def cut(self) -> None:
        self.was_cut = True
        if self.sock is not None:
            # Past SSLSocket's own shutdown, which would disturb a read in another thread.
            with suppress(OSError):
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def close(self) -> None:
        if self.sock is not None:
            self.sock.close()


def _read(url: str) -> tuple[SplitResult, str, int]:
    """The parts of a URL that may be asked for at all."""
    if any(ord(sign) <= 0x20 or ord(sign) == 0x7F or sign == "\\" for sign in url):
        raise Refused("the address has blanks, control characters or backslashes")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").rstrip(".")
        if ":" not in host:
            host = host.encode("idna").decode()
    except (ValueError, UnicodeError):
        raise Refused("not a web address") from None
    schemes = ("https", "http") if settings.HUB_DEMO else ("https",)
    if parts.scheme not in schemes:
        raise Refused("only https is sent to")
    if not host or parts.username is not None or parts.password is not None or "%" in host:
        raise Refused("not a web address")
    return parts, host, port or (443 if parts.scheme == "https" else 80)


def _resolve(host: str, port: int, timeout_s: float) -> tuple[str, ...]:
    """Every address of `host`. In a thread of its own: the resolver knows no time limit."""
    found: list[str] = []

    def ask() -> None:
        with suppress(OSError, UnicodeError):
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(row[4][0]) for row in rows))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(timeout_s)
    if asking.is_alive() or not found:
        raise Unreachable("the server's name has no address")
    return tuple(found)
