"""What each recipient is told, read as them at this moment for all of a set at once; or why nothing is said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from cryptography.fernet import InvalidToken
from django.db import connection
from django.utils.translation import gettext as _

from bulletins.vocabulary.terms import terms
from hub.accounts.viewer import Viewer
from sharing.audiences.changes import Amended, amended_for_each
from sharing.deliveries.asking import still_asked
from sharing.deliveries.because import by_which
from sharing.deliveries.digests.reading import Digest
from sharing.deliveries.due import Due
from sharing.deliveries.ends.reading import ended_for_each
from sharing.deliveries.message import Content, Message, Recalled
from sharing.deliveries.models import AlertKind, Channel, DeliveryState
from sharing.deliveries.pushing import Rendering, dated, stub_of
from sharing.deliveries.rules import refusal
from sharing.deliveries.sealing import unseal
from sharing.disclosures.actions import disclose_each, held_by_each
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.rules import Channel as Way
from sharing.stix.finishing import Finished

WAYS = {
    Channel.MAIL.value: Way.MAIL,
    Channel.WEBHOOK.value: Way.WEBHOOK,
    Channel.TAXII.value: Way.TAXII,
}
KINDS = {kind.value: kind for kind in AlertKind}


@dataclass(frozen=True)
class Silence:
    """Nothing is said, and why. It is over with the delivery: cancelled, or failed where its agency has to act."""

    why: str
    state: str = DeliveryState.CANCELLED


Told: TypeAlias = Message | Silence


def say(
    rows: Sequence[Due],
    channel: str,
    *,
    at: datetime,
    secrets: dict[str, str],
    digests: Mapping[int, Digest | str],
) -> list[Told]:
    """In the order of `rows`. `secrets` keeps what was unsealed; `digests` is what each digest says, by delivery, or
    why it says nothing. In the engine's transaction."""
    return _Saying(channel, at, secrets, digests).of(rows)


@dataclass
class _Saying:
    channel: str
    at: datetime
    secrets: dict[str, str]
    digests: Mapping[int, Digest | str]
    viewers: dict[tuple[int, int | None], Viewer] = field(default_factory=dict)

    def of(self, rows: Sequence[Due]) -> list[Told]:
        told: list[Told | None] = [self.stopped(row) for row in rows]
        news = self.arrivals if self.channel == Channel.INBOX else self.news
        recalls = self.taken_back if self.channel == Channel.TAXII else self.recalls
        for tell, wanted in (
            (self.notices, "notice"),
            (recalls, "recall"),
            (self.ends, "end"),
            (news, "news"),
        ):
            places = [place for place, row in enumerate(rows) if told[place] is None and _kind(row) == wanted]
            if places:
                said = tell([rows[place] for place in places])
                for place, each in zip(places, said, strict=True):
                    told[place] = each
        return [each or Silence(_("there is nothing to say")) for each in told]

    def stopped(self, row: Due) -> Silence | None:
        """Why nothing goes there, whatever it is."""
        if why := refusal(row, self.channel):
            return Silence(why)
        for sealed in row.sealed_secrets:
            if sealed not in self.secrets:
                try:
                    self.secrets[sealed] = unseal(sealed)
                except InvalidToken:
                    return Silence(_("its secret cannot be opened"), DeliveryState.FAILED)
        return None

    def notices(self, rows: Sequence[Due]) -> Iterator[Told]:
        actions = [row for row in rows if row.kind == AlertKind.ACTION]
        over = {row.id for row, asked in zip(actions, still_asked(actions), strict=True) if not asked}
        for row in rows:
            digest = self.digests.get(row.id)
            if isinstance(digest, Digest):
                stop = digest.unsubscribe
                yield self.message(row, Content(), path=row.path, digest=digest, unsubscribe=stop)
            elif digest:
                yield Silence(digest)
            elif row.id in over:
                yield Silence(_("there was nothing left to do"))
            else:
                yield self.message(row, Content(), path=row.path)

    def recalls(self, rows: Sequence[Due]) -> Iterator[Told]:
        for row, recalled in zip(rows, _recalled(rows), strict=True):
            if recalled is None:
                yield Silence(_("there was nothing to recall"))
            else:
                yield self.message(row, Content(), recalled=recalled)

    def taken_back(self, rows: Sequence[Due]) -> Iterator[Told]:
        """For a collection. Where one version alone was taken back, what is left to them stands in its place."""
        found = _recalled(rows)
        stands = dated(rows, recalled=[each is not None and each.version is None for each in found])
        left = [place for place, each in enumerate(found) if each is not None and each.version is not None]
        wanted = self.wanted([rows[place] for place in left])
        answers = dict(zip(left, disclose_each(wanted, Way.TAXII, at=self.at), strict=True))
        rendering = Rendering()
        for place, (row, recalled, stand) in enumerate(zip(rows, found, stands, strict=True)):
            answer = answers.get(place)
            if recalled is None:
                yield Silence(_("there was nothing to recall"))
            elif isinstance(answer, Disclosure):
                yield self.pushed(row, rendering.of(row, answer, stand), disclosure=answer)
            else:
                stub = stub_of(stand, revoked=recalled.version is None)
                yield self.pushed(row, stub, recalled=recalled)

    def ends(self, rows: Sequence[Due]) -> Iterator[Told]:
        stands = dated(rows) if self.channel == Channel.TAXII else None
        for place, (row, ended) in enumerate(zip(rows, ended_for_each(rows), strict=True)):
            if ended is None:
                yield Silence(_("it is shared again"))
            elif stands is None:
                yield self.message(row, Content(), ended=ended)
            else:
                yield self.pushed(row, stub_of(stands[place], revoked=False), ended=ended)

    def pushed(self, row: Due, stix: Finished | None, **told: Any) -> Told:
        if stix is None:
            return Silence(_("it could not be rendered as STIX"), DeliveryState.FAILED)
        return self.message(row, Content(), stix=stix, **told)

    def arrivals(self, rows: Sequence[Due]) -> Iterator[Told]:
        for row, has in zip(rows, held_by_each(self.wanted(rows)), strict=True):
            yield self.message(row, Content()) if has else Silence(_("access ended before it was sent"))

    def news(self, rows: Sequence[Due]) -> Iterator[Told]:
        wanted = self.wanted(rows)
        answers = disclose_each(wanted, WAYS[self.channel], at=self.at)
        changed = [
            place
            for place, row in enumerate(rows)
            if row.kind == AlertKind.AMENDED and isinstance(answers[place], Disclosure)
        ]
        changes: dict[int, Amended | None] = dict(
            zip(changed, amended_for_each([wanted[place] for place in changed]), strict=True)
        )
        by = by_which(rows, answers) if self.channel == Channel.MAIL else {}
        contents: dict[tuple[int, int, int], Content] = {}
        rendering, stands = Rendering(), dated(rows) if self.channel == Channel.TAXII else None
        for place, (row, answer) in enumerate(zip(rows, answers, strict=True)):
            if isinstance(answer, Disclosure) and stands is not None:
                yield self.pushed(row, rendering.of(row, answer, stands[place]), disclosure=answer)
            elif isinstance(answer, Disclosure):
                change = changes.get(place)
                same = (row.alert, id(answer), id(change))
                if (content := contents.get(same)) is None:
                    content = contents[same] = Content()
                yield self.message(row, content, disclosure=answer, amended=change, **by.get(place, {}))
            elif answer is None:
                yield Silence(_("access ended before it was sent"))
            else:
                yield Silence(_("its marking keeps it on the hub's pages"))

    def wanted(self, rows: Sequence[Due]) -> list[tuple[Viewer, int]]:
        """Each row's recipient, the person named or the agency's desk, with the record."""
        found = []
        for row in rows:
            who = (row.agency, row.person)
            if who not in self.viewers:
                self.viewers[who] = row.viewer
            found.append((self.viewers[who], row.record or 0))
        return found

    def message(self, row: Due, content: Content, **told: Any) -> Message:
        return Message(
            uid=row.uid,
            alert=KINDS[row.kind],
            record=row.record_kind,
            agency_code=row.code,
            at=row.at,
            address=row.url or (row.desk_mail if row.person is None else row.person_mail),
            secrets=tuple([self.secrets[sealed] for sealed in row.sealed_secrets]),
            labels=terms() if self.channel == Channel.WEBHOOK else None,
            content=content,
            **told,
        )


def _kind(row: Due) -> str:
    if row.record is None:
        return "notice"
    return {AlertKind.RECALLED.value: "recall", AlertKind.ENDED.value: "end"}.get(row.kind, "news")


RECALLED = """
    select w.place, t.uid, t.ref, t.record_kind, t.tlp, t.at, t.reason, t.only_version, t.owner_id <> t.agency_id
    from unnest(%s::int[], %s::bigint[], %s::varchar[], %s::timestamptz[])
         with ordinality w(agency, person, ref, at, place)
    join sharing_withdrawal t on t.agency_id = w.agency and t.ref = w.ref and t.at = w.at and t.kind = 'recalled'
     and (t.person_id is null or t.person_id = w.person)
"""


def _recalled(rows: Sequence[Due]) -> list[Recalled | None]:
    """The withdrawal that each alert tells of, as its recipient may see it."""
    found: list[Recalled | None] = [None] * len(rows)
    wanted = [[getattr(row, name) for row in rows] for name in ("agency", "person", "ref", "at")]
    with connection.cursor() as cursor:
        cursor.execute(RECALLED, wanted)
        for place, *told in cursor.fetchall():
            found[place - 1] = Recalled(*told)
    return found
