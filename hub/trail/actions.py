"""Writing the trail: `record` inside the transaction of the deed, `refuse` kept until the view has rolled back."""

from __future__ import annotations

import json
import time
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from hub.accounts.viewer import Viewer
from hub.database.texts import without_nul


@dataclass
class Origin:
    """Where a deed comes from: one per request, task or command. `began` is on the monotonic clock."""

    request_id: str = ""
    ip: str | None = None
    user_agent: str = ""
    method: str = "system"
    # What was shown to get in, by a short digest that opens nothing: a token's, or a session's.
    credential: str = ""
    began: float = field(default_factory=time.monotonic)
    refusals: list[dict[str, Any]] = field(default_factory=list)


_origin: ContextVar[Origin | None] = ContextVar("origin", default=None)


class _Current:
    """The origin of whatever runs now; outside a request it is the system's own."""

    def get(self) -> Origin:
        return _origin.get() or Origin()

    def set(self, source: Origin) -> Token[Origin | None]:
        return _origin.set(source)

    def reset(self, token: Token[Origin | None]) -> None:
        _origin.reset(token)


origin = _Current()


def record(
    event: str,
    *,
    viewer: Viewer,
    at: datetime,
    outcome: str = "ok",
    object_type: str = "",
    object_id: str = "",
    version: int | None = None,
    marking: str = "",
    before: list[str] | None = None,
    after: list[str] | None = None,
    reason: str = "",
    rows: int | None = None,
    bytes_out: int | None = None,
    **facts: Any,
) -> None:
    """Add one row, `event` a `noun.verb`. Written without RETURNING: most writers may not read the trail.

    `rows` and `bytes_out` are how much was given out; how long it took is measured here, up to the row itself.
    """
    _insert(
        [
            _values(
                event,
                viewer,
                at,
                outcome=outcome,
                object_type=object_type,
                object_id=str(object_id)[:60],
                version=version,
                marking=marking,
                audience_before=before or [],
                audience_after=after or [],
                reason=reason,
                rows=rows,
                bytes_out=bytes_out,
                facts=facts,
            )
        ]
    )


@dataclass(frozen=True)
class Deed:
    """One of many deeds of one kind, as `record_each` takes it."""

    event: str
    object_type: str
    object_id: str
    marking: str = ""


def record_each(deeds: list[Deed], *, viewer: Viewer, at: datetime, **facts: Any) -> None:
    """`record` for each of many deeds of one viewer at one time, in one statement."""
    if deeds:
        _insert(
            [
                _values(
                    each.event,
                    viewer,
                    at,
                    object_type=each.object_type,
                    object_id=each.object_id,
                    marking=each.marking,
                    facts=facts,
                )
                for each in deeds
            ]
        )


def _values(
    event: str, viewer: Viewer, at: datetime, *, facts: dict[str, Any], **told: Any
) -> dict[str, Any]:
    source = origin.get()
    values: dict[str, Any] = {
        "at": at,
        "event": event,
        "outcome": "ok",
        "actor_id": viewer.person_id,
        "actor": viewer.username,
        "agency_id": viewer.agency_id,
        "agency": viewer.agency_code if viewer.agency_id else "",
        "method": source.method,
        "credential": source.credential,
        "ip": source.ip,
        "user_agent": source.user_agent[:300],
        "request_id": source.request_id,
        "version": None,
        "audience_before": [],
        "audience_after": [],
        "reason": "",
        "rows": None,
        "bytes_out": None,
        "duration_ms": int((time.monotonic() - source.began) * 1000),
        "facts": json.dumps(without_nul(facts), default=lambda each: without_nul(str(each))),
        **told,
    }
    # An address may hold a NUL; the row is kept without it.
    found: dict[str, Any] = without_nul(values)
    return found


def _insert(rows: list[dict[str, Any]]) -> None:
    columns = ", ".join(rows[0])
    places = ", ".join(["(" + ", ".join(["%s"] * len(rows[0])) + ")"] * len(rows))
    told = [value for row in rows for value in row.values()]
    with connection.cursor() as cursor:
        cursor.execute(f"insert into hub_trail ({columns}) values {places}", told)  # noqa: S608


def refuse(
    event: str, *, viewer: Viewer, at: datetime, object_type: str = "", object_id: str = "", reason: str
) -> None:
    """Keep a refusal to be written once the view's transaction is over: a rollback must not take it along."""
    origin.get().refusals.append(
        {
            "event": event,
            "viewer": viewer,
            "at": at,
            "object_type": object_type,
            "object_id": object_id,
            "reason": reason,
        }
    )


def denied(
    event: str, viewer: Viewer, reason: str, *, kind: str = "", ref: str = "", said: str = ""
) -> PermissionDenied:
    """Refuse now, and give what the page raises: to the viewer it says `said`, or else the trail's reason."""
    refuse(event, viewer=viewer, at=timezone.now(), object_type=kind, object_id=ref, reason=reason)
    return PermissionDenied(said or reason)
