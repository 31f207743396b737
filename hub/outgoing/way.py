"""`WayOut`: requests to other people's servers, from an asyncio loop, over connections that are shared.

A name is resolved by the hub, every address it has must be permitted, and the connection goes to one of the very
addresses that were checked, with the certificate verified for the name: a name that resolves otherwise a moment later
gains nothing. Proxies of the environment, redirects, cookies and compression are not used.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from aiohttp import (
    ClientConnectorCertificateError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    DummyCookieJar,
    TCPConnector,
)
from aiohttp.abc import AbstractResolver, ResolveResult
from django.conf import settings
from yarl import URL

from hub.outgoing.addresses import refusal
from hub.outgoing.targets import CONNECT_S, Unreachable, look_up, read

# A connection that rested longer may be closed by the server at the moment it is used again.
KEEP_S = 2.0
# Of an answer's headers, line by line and all of them.
LINE_BYTES, LINES = 8190, 100


@dataclass(frozen=True)
class Answer:
    """`headers` by name, in whatever case. `complete` is false where the body was longer than wanted and was cut."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    complete: bool


class WayOut:
    """Open it with `async with`. How many go out at once is the caller's to decide."""

    async def __aenter__(self) -> WayOut:
        self._urls: dict[str, URL] = {}
        self._verified: ssl.SSLContext | None = None
        self._session = ClientSession(
            connector=TCPConnector(
                resolver=_Permitted(), socket_factory=_socket, limit=0, keepalive_timeout=KEEP_S
            ),
            cookie_jar=DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            max_line_size=LINE_BYTES,
            max_field_size=LINE_BYTES,
            max_headers=LINES,
            headers={"Accept-Encoding": "identity"},
            skip_auto_headers=("User-Agent", "Accept"),
        )
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._session.close()

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float, limit_bytes: int
    ) -> Answer:
        """POST `body`, name lookup included within `timeout_s`. A redirect is an answer and is not followed.

        Of the answer's body `limit_bytes` are read: with 0 the status is all that is waited for. Raises Refused or
        Unreachable.
        """
        return await self._ask("POST", url, body, headers, timeout_s, limit_bytes)

    async def get(
        self, url: str, headers: Mapping[str, str], *, timeout_s: float, limit_bytes: int
    ) -> Answer:
        """GET, with all that `post` says."""
        return await self._ask("GET", url, None, headers, timeout_s, limit_bytes)

    async def _ask(
        self,
        method: str,
        url: str,
        body: bytes | None,
        headers: Mapping[str, str],
        timeout_s: float,
        limit_bytes: int,
    ) -> Answer:
        to = self._urls.get(url) or self._read(url)
        try:
            found = await self._session.request(
                method,
                to,
                data=body,
                headers=headers,
                allow_redirects=False,
                ssl=self._tls() if to.scheme == "https" else True,
                timeout=_limits(timeout_s),
            )
            return await _answer(found, limit_bytes)
        except ClientConnectorCertificateError as error:
            raise Unreachable("the server's certificate does not hold for its name") from error
        except ConnectionTimeoutError as error:
            raise Unreachable("no connection to the server") from error
        except TimeoutError as error:
            raise Unreachable("no answer in time") from error
        except (ClientError, OSError, ValueError) as error:
            connected = not isinstance(error, OSError) or error.errno is None
            raise Unreachable(
                "the connection broke off" if connected else "no connection to the server"
            ) from error

    def _read(self, url: str) -> URL:
        found = self._urls[url] = URL(read(url).url, encoded=True)
        return found

    def _tls(self) -> ssl.SSLContext:
        """Made where it is needed: reading the authorities of the system takes a while."""
        if self._verified is None:
            self._verified = ssl.create_default_context()
            self._verified.set_alpn_protocols(["http/1.1"])
        return self._verified


@lru_cache(maxsize=16)
def _limits(timeout_s: float) -> ClientTimeout:
    return ClientTimeout(total=timeout_s, sock_connect=CONNECT_S)


class _Permitted(AbstractResolver):
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST
            )
            for kind, address in await look_up(host, port)
        ]

    async def close(self) -> None:
        pass


def _socket(found: tuple[Any, ...]) -> socket.socket:
    """What is connected in the next step: looked at once more, whatever brought the address here."""
    family, kind, protocol, _name, address = found
    if refusal(str(address[0]), allowed=settings.OUTGOING_ALLOW):
        raise OSError("not a permitted address")
    return socket.socket(family=family, type=kind, proto=protocol)


async def _answer(found: ClientResponse, limit_bytes: int) -> Answer:
    """Where the body has not come whole with its head, or is longer than wanted, the connection is given up."""
    body, complete = b"", found.content.is_eof()
    try:
        while limit_bytes and len(body) <= limit_bytes:
            part = await found.content.read(limit_bytes + 1 - len(body))
            if not part:
                complete = True
                break
            body += part
    finally:
        found.release() if found.content.is_eof() else found.close()
    return Answer(
        status=found.status,
        headers=found.headers,
        body=body[:limit_bytes],
        complete=bool(limit_bytes) and complete and len(body) <= limit_bytes,
    )
