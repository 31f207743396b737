"""From rows that wait to messages.

Attempts begin in one short transaction for all that go out next: the rows are locked, access is asked again for each,
what may not go is cancelled, the beginning of the rest is noted. A recall cancels what waits under the same locks, so
no attempt begins after it. Nothing is locked while sending.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias

import orjson
from cryptography.fernet import InvalidToken
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils.translation import gettext as _

from bulletins.vocabulary.terms import terms
from hub.accounts.viewer import Viewer
from hub.database.context import engine
from sharing.audiences.changes import amended_for_each
from sharing.deliveries.asking import still_asked
from sharing.deliveries.because import by_which
from sharing.deliveries.digests.reading import Digest
from sharing.deliveries.digests.sending import digests_of, few_digests
from sharing.deliveries.due import Due, due
from sharing.deliveries.message import Content, Message, Recalled
from sharing.deliveries.models import AlertKind, Channel, DeliveryState, Urgency
from sharing.deliveries.quiet import put_off_quiet
from sharing.deliveries.rules import refusal
from sharing.deliveries.sealing import unseal
from sharing.deliveries.telling import tell
from sharing.disclosures.actions import disclose_each, held_by_each
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.rules import Carries
from sharing.disclosures.rules import Channel as Way

WAYS = {Channel.MAIL.value: Way.MAIL, Channel.WEBHOOK.value: Way.WEBHOOK}
INBOXES = 500

# What a row is told by: a message, or why there is none.
Told: TypeAlias = "Message | str"


@dataclass(frozen=True)
class Attempt:
    """An attempt that has begun, and its message. Nobody else has the row while `begun_at` stands in it."""

    row: Due
    begun_at: datetime
    message: Message


class NotBegun(Exception):
    """Something in one of the rows `ids` could not be read; none of them was begun."""

    def __init__(self, ids: list[int]) -> None:
        super().__init__("deliveries could not be begun")
        self.ids = ids


def begin(
    channel: str,
    *,
    limit: int,
    at: datetime,
    under_way: Mapping[int, int] | None = None,
    urgency: int = Urgency.DIGEST,
    only: int | None = None,
    secrets: dict[str, str] | None = None,
) -> tuple[list[Attempt], bool]:
    """(up to `limit` attempts that go out now, whether to ask again for more). Raises NotBegun.

    `secrets` keeps what was unsealed, for the next call. What may not go is cancelled.
    """
    rows: list[Due] = []
    try:
        with transaction.atomic():
            with engine():
                found, passed = due(
                    channel, limit=limit, at=at, under_way=under_way or {}, urgency=urgency, only=only
                )
                rows.extend(_awake(found, channel, at))
            digests = digests_of(rows, channel, at=at)
            with engine():
                said, refused = _told(rows, channel, at, digests)
                attempts, unreadable = _with_secrets(
                    [Attempt(row, at, message) for row, message in said], {} if secrets is None else secrets
                )
                _note_begun([attempt.row.id for attempt in attempts], at)
                unopened = _("its secret cannot be opened")
                _end([*refused, *((row, "", unopened) for row in unreadable)])
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        raise NotBegun([row.id for row in rows]) from error
    for attempt in attempts:
        tell("begun", **attempt.row.told, attempt=attempt.row.attempts + 1)
    _tell_ended(refused, unreadable)
    return attempts, bool(passed or len(attempts) < len(found))


def keep_inboxes(*, at: datetime, limit: int = INBOXES, only: int | None = None) -> tuple[int, bool]:
    """Put what is due into inboxes, where nothing leaves the database: access is asked, and it has arrived.

    (how many arrived, whether to ask again for more). Raises NotBegun.
    """
    rows: list[Due] = []
    try:
        with transaction.atomic():
            with engine():
                found = due(Channel.INBOX, limit=limit, at=at, under_way={}, only=only)[0]
                rows.extend(_awake(found, Channel.INBOX, at))
            digests = digests_of(rows, Channel.INBOX, at=at)
            with engine():
                said, refused = _told(rows, Channel.INBOX, at, digests)
                _note_arrived([row.id for row, _message in said], at)
                _end(refused)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        raise NotBegun([row.id for row in rows]) from error
    for row, _message in said:
        tell("sent", **row.told)
    _tell_ended(refused, [])
    return len(said), len(found) == limit or len(rows) < len(found)


def _awake(found: Sequence[Due], channel: str, at: datetime) -> list[Due]:
    """Without mails in quiet hours, which are put off, and more digests than can be read at once, which stay due."""
    return few_digests(put_off_quiet(found, at=at) if channel == Channel.MAIL else found)


def _tell_ended(cancelled: Sequence[tuple[Due, str, str]], failed: Sequence[Due]) -> None:
    for row, _why, _failure in cancelled:
        tell("cancelled", **row.told)
    for row in failed:
        tell("failed", **row.told)


def _told(
    rows: Sequence[Due], channel: str, at: datetime, digests: Mapping[int, Digest | str]
) -> tuple[list[tuple[Due, Message]], list[tuple[Due, str, str]]]:
    """(what goes to whom, what goes to nobody as `_end` takes it), read as each recipient at this moment."""
    told = _messages(rows, channel, at, digests)
    return (
        [(row, each) for row, each in zip(rows, told, strict=True) if isinstance(each, Message)],
        [(row, each, "") for row, each in zip(rows, told, strict=True) if isinstance(each, str)],
    )


def _messages(
    rows: Sequence[Due], channel: str, at: datetime, digests: Mapping[int, Digest | str]
) -> list[Told]:
    found: list[Told] = [refusal(row, channel) for row in rows]
    asked = [place for place, why in enumerate(found) if not why]
    notices = [place for place in asked if rows[place].record is None]
    recalls = [place for place in asked if rows[place].record and rows[place].kind == AlertKind.RECALLED]
    news = [place for place in asked if rows[place].record and rows[place].kind != AlertKind.RECALLED]
    for place in notices:
        digest, path = digests.get(rows[place].id), rows[place].path
        if isinstance(digest, Digest):
            stop = digest.unsubscribe
            found[place] = _message(rows[place], channel, path=path, digest=digest, unsubscribe=stop)
        else:
            found[place] = digest or _message(rows[place], channel, path=path)
    actions = [place for place in notices if rows[place].kind == AlertKind.ACTION]
    for place, asked_for in zip(actions, still_asked([rows[place] for place in actions]), strict=True):
        if not asked_for:
            found[place] = _("there was nothing left to do")
    for place, recalled in zip(recalls, _recalled([rows[place] for place in recalls]), strict=True):
        found[place] = (
            _message(rows[place], channel, recalled=recalled)
            if recalled
            else _("there was nothing to recall")
        )
    say = _arrives if channel == Channel.INBOX else _discloses
    for place, told in zip(news, say([rows[place] for place in news], channel, at), strict=True):
        found[place] = told
    return found


def _arrives(rows: Sequence[Due], channel: str, _at: datetime) -> Iterable[Told]:
    for row, has in zip(rows, held_by_each([_wanted(row) for row in rows]), strict=True):
        yield _message(row, channel) if has else _("access ended before it was sent")


def _discloses(rows: Sequence[Due], channel: str, at: datetime) -> Iterable[Told]:
    answers = disclose_each([_wanted(row) for row in rows], WAYS[channel], at=at)
    amended = [
        place for place, row in enumerate(rows) if row.kind == AlertKind.AMENDED and _given(answers[place])
    ]
    changes = dict(zip(amended, amended_for_each([_wanted(rows[place]) for place in amended]), strict=True))
    by = by_which(rows, answers) if channel == Channel.MAIL else {}
    contents: dict[tuple[Any, ...], Content] = {}
    for place, (row, answer) in enumerate(zip(rows, answers, strict=True)):
        if not isinstance(answer, Disclosure):
            yield (
                _("access ended before it was sent")
                if answer is None
                else _("its marking keeps it on the hub's pages")
            )
            continue
        change = changes.get(place)
        yield _message(
            row,
            channel,
            disclosure=answer,
            amended=change,
            content=contents.setdefault((row.alert, id(answer), id(change)), Content()),
            **by.get(place, {}),
        )


def _given(answer: Disclosure | Carries | None) -> bool:
    return isinstance(answer, Disclosure)


def _wanted(row: Due) -> tuple[Viewer, int]:
    return row.viewer, row.record or 0


def _message(row: Due, channel: str, **told: Any) -> Message:
    return Message(
        uid=row.uid,
        alert=AlertKind(row.kind),
        record=row.record_kind,
        agency_code=row.code,
        at=row.at,
        address=row.url or (row.desk_mail if row.person is None else row.person_mail),
        labels=terms() if channel == Channel.WEBHOOK else None,
        **told,
    )


def _with_secrets(attempts: Sequence[Attempt], opened: dict[str, str]) -> tuple[list[Attempt], list[Due]]:
    """(attempts with what signs them, rows whose secret none of the keys opens)."""
    found, unreadable = [], []
    for attempt in attempts:
        try:
            for sealed in attempt.row.sealed_secrets:
                if sealed not in opened:
                    opened[sealed] = unseal(sealed)
        except InvalidToken:
            unreadable.append(attempt.row)
            continue
        secrets = tuple(opened[sealed] for sealed in attempt.row.sealed_secrets)
        found.append(replace(attempt, message=replace(attempt.message, secrets=secrets)))
    return found, unreadable


RECALLED = """
    select w.place, t.uid, t.ref, t.record_kind, t.tlp, t.at, t.reason, t.only_version
    from unnest(%s::int[], %s::bigint[], %s::varchar[], %s::timestamptz[])
         with ordinality w(agency, person, ref, at, place)
    join sharing_withdrawal t on t.agency_id = w.agency and t.ref = w.ref and t.at = w.at and t.kind = 'recalled'
     and (t.person_id is null or t.person_id = w.person)
"""


def _recalled(rows: Sequence[Due]) -> list[Recalled | None]:
    """The withdrawal that each alert tells of, as its recipient may see it."""
    found: list[Recalled | None] = [None] * len(rows)
    if rows:
        wanted = [[getattr(row, name) for row in rows] for name in ("agency", "person", "ref", "at")]
        with connection.cursor() as cursor:
            cursor.execute(RECALLED, wanted)
            for place, *told in cursor.fetchall():
                found[place - 1] = Recalled(*told)
    return found


def _note_begun(ids: list[int], at: datetime) -> None:
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(
                "update sharing_delivery set state = 'sending', claimed_at = %s, begun_at = %s, attempts = attempts + 1"
                " where id = any(%s)",
                [at, at, ids],
            )


def _note_arrived(ids: list[int], at: datetime) -> None:
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(
                "update sharing_delivery set state = 'sent', begun_at = %s, sent_at = %s, attempts = attempts + 1,"
                " failure = '' where id = any(%s)",
                [at, at, ids],
            )


def _end(rows: Sequence[tuple[Due, str, str]]) -> None:
    """Cancel (row, why, ""), or give up (row, "", failure)."""
    if not rows:
        return
    said = [
        {
            "id": row.id,
            "state": DeliveryState.FAILED if failure else DeliveryState.CANCELLED,
            "notes": [note] if note else [],
            "failure": failure,
        }
        for row, note, failure in rows
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            """update sharing_delivery d set state = r.state, notes = d.notes || r.notes, failure = r.failure
               from jsonb_to_recordset(%s::jsonb) r(id bigint, state varchar, notes varchar[], failure varchar)
               where r.id = d.id""",
            [orjson.dumps(said).decode()],
        )
