"""`post` and `get`: one request to somebody else's server, for whoever has no loop. Many go through a WayOut."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from hub.outgoing.targets import Refused, Target, Unreachable, check
from hub.outgoing.way import Answer, WayOut

__all__ = ["Answer", "Refused", "Target", "Unreachable", "check", "get", "post"]


def post(url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float, limit_bytes: int) -> Answer:
    """As WayOut.post."""

    async def once() -> Answer:
        async with WayOut() as way:
            return await way.post(url, body, headers, timeout_s=timeout_s, limit_bytes=limit_bytes)

    return asyncio.run(once())


def get(url: str, headers: Mapping[str, str], *, timeout_s: float, limit_bytes: int) -> Answer:
    """As WayOut.get."""

    async def once() -> Answer:
        async with WayOut() as way:
            return await way.get(url, headers, timeout_s=timeout_s, limit_bytes=limit_bytes)

    return asyncio.run(once())
