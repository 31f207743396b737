"""What a bulletin may rest on: records of one's own agency, and such as it was given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from bulletins.faces.models import Found
from bulletins.markings.models import TLP, Control
from bulletins.markings.rules import Marking, loosenings, marking_of
from bulletins.publishing.querysets import working_copies
from bulletins.records.models import Record
from hub.accounts.viewer import Viewer


@dataclass(frozen=True)
class Source:
    """A record that another rests on. `own`: wholly the agency's own word, which binds nobody else's."""

    id: int
    uid: UUID
    ref: str
    kind: str
    owner: str
    marking: Marking
    own: bool


def sources_for(
    viewer: Viewer,
    *,
    ids: Iterable[int] = (),
    refs: Iterable[str] = (),
    uids: Iterable[UUID] = (),
    programs: bool = False,
) -> list[Source]:
    """Of the records named those that `viewer` may rest a bulletin on: published by the own agency, or shown to it.

    The others are not told of, whether they exist or not. For `programs` only what a program may be told of.
    """
    ids, refs, uids = list(ids), list(refs), list(uids)
    if not (ids or refs or uids):
        return []
    own = working_copies(Record, viewer).filter(latest__gt=0)
    own = own.filter(Q(pk__in=ids) | Q(ref__in=refs) | Q(uid__in=uids)).select_related("owner")
    found = [
        Source(
            row.pk,
            row.uid,
            row.ref,
            row.kind,
            row.owner.code,
            marking_of(row),
            row.originator_id == row.owner_id,
        )
        for row in own
    ]
    shown = Found.objects.visible_to(viewer).exclude(owner_id=viewer.agency_id).select_related("owner")
    shown = shown.filter(Q(record_id__in=ids) | Q(ref__in=refs) | Q(uid__in=uids))
    found += [
        Source(row.record_id, row.uid, row.ref, row.kind, row.owner.code, marking_of(row), False)
        for row in shown
    ]
    return [each for each in found if not programs or _for_programs(each.marking)]


def _for_programs(marking: Marking) -> bool:
    return marking.tlp != TLP.RED and Control.DISPLAY_ONLY not in marking.controls


def below_sources(ids: Iterable[int], marking: Marking, viewer: Viewer) -> list[str]:
    """Why `marking` is too low for what rests on `ids`: what is derived is marked as strictly as its sources.

    Sources that the viewer holds no more are not named; what may go is narrowed by them all the same.
    """
    found = []
    for source in sources_for(viewer, ids=ids):
        lower = [] if source.own else loosenings(source.marking, marking)
        if lower:
            found.append(
                _("It rests on %(ref)s of %(owner)s, marked %(marking)s: mark it as strictly (%(what)s).")
                % {
                    "ref": source.ref,
                    "owner": source.owner,
                    "marking": source.marking.banner,
                    "what": "; ".join(lower),
                }
            )
    return found
