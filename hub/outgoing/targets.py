"""Where a URL leads: what the hub sends to at all, and which addresses a name has, each of them permitted."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, quote, urlsplit

from django.conf import settings

from hub.outgoing.addresses import refusal

CONNECT_S = 5.0
# Ways of old to write IPv4 (octal, hexadecimal, short, one number): a resolver may take them for an address.
NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)\Z")
# All of ASCII that may be seen: what is beyond it is written as UTF-8 in per cent.
PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
Family = tuple[socket.AddressFamily, str]


class Refused(Exception):
    """The hub does not send there. The text says why and names no part of the address but its kind."""


class Unreachable(Exception):
    """Nobody answered as a web server in time. The text is one of a few words of our own."""


@dataclass(frozen=True)
class Target:
    """A URL taken apart. `addresses` are its host's, each permitted, in the resolver's order; of a literal, itself."""

    scheme: str
    host: str
    port: int
    request: str
    addresses: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = self.port == (443 if self.scheme == "https" else 80)
        return f"{self.scheme}://{host}{'' if usual else f':{self.port}'}{self.request}"


def check(url: str, *, timeout_s: float = CONNECT_S) -> Target:
    """Where `url` leads. Raises Refused where the hub does not go, Unreachable for a name without address."""
    target = read(url)
    if target.addresses:
        return target
    found: list[Family] = []
    asking = threading.Thread(target=lambda: found.extend(_look_up(target.host, target.port)), daemon=True)
    asking.start()
    asking.join(timeout_s)
    addresses = permitted([] if asking.is_alive() else found)
    return Target(target.scheme, target.host, target.port, target.request, tuple(a for _f, a in addresses))


def read(url: str) -> Target:
    """The parts of a URL that may be asked for at all; nothing is looked up. Raises Refused."""
    if any(ord(sign) <= 0x20 or ord(sign) == 0x7F or sign == "\\" for sign in url):
        raise Refused("the address has blanks, control characters or backslashes")
    parts, host, port = _parts(url)
    schemes = ("https", "http") if settings.HUB_DEMO else ("https",)
    if parts.scheme not in schemes:
        raise Refused("only https is sent to")
    if not host or parts.username is not None or parts.password is not None or "%" in host:
        raise Refused("not a web address")
    request = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=PRINTABLE)
    return Target(
        parts.scheme, host, port or (443 if parts.scheme == "https" else 80), request, _literal(host)
    )


def permitted(found: list[Family]) -> list[Family]:
    """`found`, if every one of them may be connected to. Raises Refused, and Unreachable where there is none."""
    if not found:
        raise Unreachable("the server's name has no address")
    for _family, address in found:
        if why := refusal(address, allowed=settings.OUTGOING_ALLOW):
            raise Refused(f"the server's address is {why}")
    return found


async def look_up(host: str, port: int) -> list[Family]:
    """The addresses of a name, each permitted. In a thread of its own: the resolver knows no time limit."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[Family]] = loop.create_future()

    def say(found: list[Family]) -> None:
        if not answer.done():
            answer.set_result(found)

    def ask() -> None:
        found = _look_up(host, port)
        with suppress(RuntimeError):  # whoever asked is gone, its loop with it
            loop.call_soon_threadsafe(say, found)

    threading.Thread(target=ask, daemon=True).start()
    return permitted(await answer)


def _parts(url: str) -> tuple[SplitResult, str, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").rstrip(".")
        if ":" not in host:
            host = host.encode("idna").decode()
    except (ValueError, UnicodeError):
        raise Refused("not a web address") from None
    return parts, host, port


def _literal(host: str) -> tuple[str, ...]:
    """The address that `host` is, permitted; nothing where it is a name."""
    try:
        address = str(ip_address(host))
    except ValueError:
        if ":" in host or NUMBER.match(host.lower().rpartition(".")[2]):
            raise Refused("an address is written as four numbers, or in brackets") from None
        return ()
    if why := refusal(address, allowed=settings.OUTGOING_ALLOW):
        raise Refused(f"the server's address is {why}")
    return (address,)


def _look_up(host: str, port: int) -> list[Family]:
    with suppress(OSError, UnicodeError):
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys((row[0], str(row[4][0])) for row in rows))
    return []
