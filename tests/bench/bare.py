"""What the hub's sending is measured beside: a bare asyncio loop that posts the same signed bodies, and no database."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiohttp import ClientSession, TCPConnector

AT_ONCE = 50


def bare(url: str, posts: Sequence[tuple[bytes, dict[str, str]]]) -> None:
    """Each (body, headers) once, fifty at a time."""
    asyncio.run(_bare(url, posts))


async def _bare(url: str, posts: Sequence[tuple[bytes, dict[str, str]]]) -> None:
    left = iter(posts)

    async def some(session: ClientSession) -> None:
        for body, headers in left:
            async with session.post(url, data=body, headers=headers) as answer:
                await answer.read()

    async with ClientSession(connector=TCPConnector(limit=AT_ONCE)) as session:
        await asyncio.gather(*(some(session) for _ in range(AT_ONCE)))
