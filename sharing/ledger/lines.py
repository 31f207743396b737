"""The ledger in words: a line for each record given to each agency, with what 28 CFR 23.20 (g) asks of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bulletins.faces.wording import label_of
from bulletins.markings.models import TLP
from bulletins.markings.rules import Marking, marking_of
from bulletins.models import Record
from bulletins.vocabulary.lists import FieldGroup
from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency, Person
from sharing.agreements.models import Agreement
from sharing.communities.models import Community
from sharing.disclosures.rules import Channel
from sharing.disclosures.wording import grading_in_words
from sharing.ledger.models import LedgerGiven, LedgerTaken
from sharing.ledger.querysets import Asked
from sharing.ledger.rules import CLOSE, Side
from sharing.releases.models import Release

CHANNELS = {
    Channel.PAGE: gettext_lazy("on a page"),
    Channel.REST: gettext_lazy("to a program (API)"),
    Channel.WEBHOOK: gettext_lazy("by webhook"),
    Channel.TAXII: gettext_lazy("by TAXII"),
    Channel.CAP: gettext_lazy("by CAP"),
    Channel.EXPORT: gettext_lazy("in an export"),
    Channel.PDF: gettext_lazy("as PDF"),
    Channel.ATOM: gettext_lazy("by feed"),
    Channel.MAIL: gettext_lazy("by mail"),
}


@dataclass(frozen=True)
class LedgerLine:
    """Nothing of a record but its reference and labels. `person` is filled for one's own agency's people alone.

    `marking` is the sensitivity label, `confidence` the confidence level, `submitted_by` the submitting agency and
    `official` the control official: of one's own records who released them, of others' their owner's desk.
    """

    at: datetime
    side: Side
    ref: str
    uid: str
    kind: str
    version: int
    withheld: tuple[str, ...]
    withheld_words: str
    channel: str
    channel_words: str
    agency: str
    agency_name: str
    person: str
    submitted_by: str
    basis: str
    need_to_know: str
    right_to_know: str
    agreement: str
    marking: Marking | None
    confidence: str
    official: str

    @property
    def sensitivity(self) -> str:
        return self.marking.banner if self.marking else ""

    @property
    def path(self) -> str:
        return f"/{'bulletins' if self.kind == 'bulletin' else 'seizures'}/{self.ref}/"


@dataclass(frozen=True)
class UnlistedLine:
    """A release to a community whose members are not listed: that it was made, and nothing of what came of it."""

    community: str
    ref: str
    uid: str
    kind: str
    version: int
    at: datetime
    need_to_know: str
    right_to_know: str
    official: str
    marking: Marking

    @property
    def path(self) -> str:
        return f"/{'bulletins' if self.kind == 'bulletin' else 'seizures'}/{self.ref}/"


def given_lines(rows: Sequence[LedgerGiven]) -> list[LedgerLine]:
    """In the context of their reader: releases and records are the reader's own agency's."""
    releases = _releases({row.release_id for row in rows if row.release_id})
    people = _people(release.released_by_id for release in releases.values())
    agencies = _agencies(rows, *(release.agency_id for release in releases.values()))
    agreements = _agreements(rows)
    records = Record.objects.in_bulk({row.record_id for row in rows})
    communities = _communities(release.community_id for release in releases.values())
    found = []
    for row in rows:
        release = releases.get(row.release_id or 0)
        marking = marking_of(records[row.record_id])
        found.append(
            LedgerLine(
                **_common(row, agencies),
                side=Side.GIVEN,
                person="",
                basis=_basis(release, communities, agencies),
                need_to_know=release.need_to_know if release else "",
                right_to_know=release.right_to_know if release else "",
                agreement=agreements.get(row.agreement_id or 0, ""),
                marking=marking,
                confidence="; ".join(grading_in_words(marking)),
                official=people.get(release.released_by_id or 0, "") if release else "",
            )
        )
    return found


def received_lines(rows: Sequence[LedgerTaken]) -> list[LedgerLine]:
    agencies = _agencies(rows)
    agreements = _agreements(rows)
    found = []
    for row in rows:
        owner = agencies[row.owner_id]
        agreement = agreements.get(row.agreement_id or 0, "")
        marking = marking_of(row) if row.tlp else None  # type: ignore[arg-type]
        reach = ", ".join(part for part in (owner.desk_email, owner.desk_phone) if part)
        found.append(
            LedgerLine(
                **_common(row, agencies),
                side=Side.RECEIVED,
                person=row.person,
                basis=_("Released by %(owner)s") % {"owner": owner.code},
                need_to_know="",
                right_to_know="",
                agreement=agreement,
                marking=marking,
                confidence="; ".join(grading_in_words(marking)) if marking else "",
                official=reach or owner.name,
            )
        )
    return found


def unlisted_lines(viewer: Viewer, asked: Asked, *, at: datetime, most: int) -> list[UnlistedLine]:
    """Releases to communities whose members the viewer's agency is not told, newest first.

    They come from the releases alone: whether anybody read, and how many are in it, is not looked at.
    """
    if asked.agency or asked.channel:
        return []
    rows = Release.objects.filter(owner_id=viewer.agency_id, starts_at__lte=at).exclude(community=None)
    told = Community.objects.filter(Q(roster_visible=True) | Q(lead_id=viewer.agency_id))
    rows = rows.exclude(community_id__in=told.values("pk"))
    if not viewer.can(*CLOSE):
        rows = rows.filter(~Q(record__tlp=TLP.RED) | Q(record__poster_id=viewer.person_id))
    if asked.ends:
        rows = rows.filter(starts_at__lt=asked.ends)
    if asked.begins:
        rows = rows.filter(Q(ended_at=None) | Q(ended_at__gte=asked.begins))
        rows = rows.filter(Q(ends_at=None) | Q(ends_at__gte=asked.begins))
    if asked.ref:
        rows = rows.filter(record__ref=asked.ref)
    if asked.uid:
        rows = rows.filter(record__uid=asked.uid)
    found = list(rows.select_related("record").order_by("-starts_at", "-id")[:most])
    names = _communities(row.community_id for row in found)
    people = _people(row.released_by_id for row in found)
    return [
        UnlistedLine(
            community=names.get(row.community_id or 0) or _("a community that is no longer yours to see"),
            ref=row.record.ref,
            uid=str(row.record.uid),
            kind=row.record.kind,
            version=row.version,
            at=row.starts_at,
            need_to_know=row.need_to_know,
            right_to_know=row.right_to_know,
            official=people.get(row.released_by_id or 0, ""),
            marking=marking_of(row.record),
        )
        for row in found
    ]


def _common(row: Any, agencies: dict[int, Agency]) -> dict[str, Any]:
    receiver = agencies[row.agency_id]
    held_back = [group for group in FieldGroup if group in row.withheld]
    return {
        "at": row.at,
        "ref": row.ref,
        "uid": str(row.uid),
        "kind": row.kind,
        "version": row.version,
        "withheld": tuple(group.value for group in held_back),
        "withheld_words": ", ".join(str(group.label).lower() for group in held_back),
        "channel": row.channel,
        "channel_words": str(CHANNELS.get(row.channel, row.channel)),
        "agency": receiver.code,
        "agency_name": receiver.label,
        "submitted_by": agencies[row.owner_id].code,
    }


def _basis(release: Release | None, communities: dict[int, str], agencies: dict[int, Agency]) -> str:
    """On which release, in words."""
    if release is None:
        return _("Without a release of yours: an emergency")
    if release.agency_id:
        to = agencies[release.agency_id].code
    elif release.community_id:
        to = communities.get(release.community_id, "")
    else:
        to = _("every agency")
    day = date_format(localtime(release.released_at), "j M Y")
    said = _("Release of %(day)s to %(to)s") % {"day": day, "to": to}
    texts = dict.fromkeys(label_of(field).lower() for field in sorted(release.wording))
    return (
        _("%(said)s, in other words: %(texts)s") % {"said": said, "texts": ", ".join(texts)}
        if texts
        else said
    )


def _releases(ids: set[int]) -> dict[int, Release]:
    return dict(Release.objects.in_bulk(ids))


def _people(ids: Iterable[int | None]) -> dict[int, str]:
    wanted = {each for each in ids if each}
    return dict(Person.objects.filter(pk__in=wanted).values_list("pk", "username"))


def _communities(ids: Iterable[int | None]) -> dict[int, str]:
    wanted = {each for each in ids if each}
    return dict(Community.objects.filter(pk__in=wanted).values_list("pk", "name"))


def _agencies(rows: Sequence[Any], *more: int | None) -> dict[int, Agency]:
    wanted = {pk for row in rows for pk in (row.agency_id, row.owner_id)}
    return dict(Agency.objects.in_bulk(wanted | {pk for pk in more if pk}))


def _agreements(rows: Sequence[Any]) -> dict[int, str]:
    """Codes, of agreements that the reader's agency is a party to."""
    wanted = {row.agreement_id for row in rows if row.agreement_id}
    return dict(Agreement.objects.filter(pk__in=wanted).values_list("pk", "code"))
