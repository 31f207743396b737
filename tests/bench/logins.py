"""Two logins side by side in one process: the application's, and the owner's, whom no policy holds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connections

from hub import env


@cache
def _owners_connection() -> Any:
    own = connections.create_connection("default")
    account = env.database("OWNER_DATABASE_URL")
    own.settings_dict = own.settings_dict | {key: account[key] for key in ("USER", "PASSWORD")}
    return own


@contextmanager
def as_owner() -> Iterator[None]:
    """Whatever runs in the block runs on a connection of hub_owner's; the application's own is kept open beside it."""
    before = connections["default"]
    connections["default"] = _owners_connection()
    try:
        yield
    finally:
        connections["default"] = before


def run(sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    """One statement on the connection in use; its rows, if it gives any."""
    with connections["default"].cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


@cache
def _servers() -> tuple[Path, ...]:
    """Where Linux says how long the processes of our two connections have been on a processor."""
    numbers = [run("select pg_backend_pid()")[0][0]]
    with as_owner():
        numbers += [run("select pg_backend_pid()")[0][0]]
    return tuple(path for number in numbers if (path := Path(f"/proc/{number}/schedstat")).exists())


def busy_ms() -> float:
    """Processor time so far, of this process and of those that serve it, as far as the machine tells."""
    served = sum(int(path.read_text().split()[0]) for path in _servers())
    return time.process_time() * 1000 + served / 1e6
