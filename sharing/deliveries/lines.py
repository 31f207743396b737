"""Lines of the inbox and of Today: a record's newest alert, what is asked for by a time, a notice."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from bulletins.records.models import Kind
from hub.accounts.viewer import Viewer
from hub.pages.times import as_time
from sharing.deliveries.models import AlertKind, Asked, InboxItem
from sharing.deliveries.notices import ICONS, notice_in_words
from sharing.deliveries.querysets import inbox_items, notices
from sharing.disclosures.actions import disclose
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.presenting import Action, RecordRow, short_row
from sharing.disclosures.rules import Channel
from sharing.subscriptions.querysets import named


def notice_rows(
    viewer: Viewer,
    most: int,
    *,
    unread: bool = True,
    besides: Collection[str] = (),
    only: Collection[UUID] | None = None,
    but: AlertKind | None = None,
) -> list[RecordRow]:
    """The newest notices as lines, without those that lead to pages `besides` or are of the kind `but`.

    Of `only` those, where given.
    """
    found = notices(viewer, unread=unread).exclude(alert__path__in=besides)
    if but:
        found = found.exclude(alert__kind=but)
    return [
        RecordRow(
            href=f"/inbox/notices/{each.uid}/",
            title=notice_in_words(AlertKind(each.alert.kind), each.alert.facts),
            icon=ICONS[AlertKind(each.alert.kind)],
            unread=each.read_at is None and not each.over,
            tags=(str(AlertKind(each.alert.kind).label),),
            meta=(as_time(each.alert.at),),
            key=str(each.uid),
        )
        for each in (found if only is None else found.filter(uid__in=only))[:most]
    ]


def disclosed(
    viewer: Viewer, items: Iterable[InboxItem], asked: Iterable[Asked] = ()
) -> dict[int, Disclosure]:
    """What is shown of the records of `items` and `asked`, by internal id; of a recalled one nothing."""
    ids = [item.record_id for item in items if item.alert != AlertKind.RECALLED]
    ids += [each.record_id for each in asked]
    return {each.key: each for each in disclose(viewer, list(dict.fromkeys(ids)), Channel.PAGE)}


def matched_by(viewer: Viewer, items: Sequence[InboxItem]) -> dict[int, tuple[str, ...]]:
    """The titles of the reader's and their desk's subscriptions that ask for each item in particular, by its id.

    One that asks for everything says nothing by it.
    """
    known = named(viewer, ((item.record_id, pk) for item in items for pk in item.matched))
    return {
        item.pk: tuple(
            found.title for pk in item.matched if (found := known.get((item.record_id, pk))) and found.narrows
        )
        for item in items
    }


def due_rows(
    viewer: Viewer,
    asked: Iterable[Asked],
    shown: Mapping[int, Disclosure],
    *,
    back: str,
    small: bool = True,
) -> list[RecordRow]:
    """A line for each thing the reader's agency is asked to acknowledge by a time, due first, first."""
    rows = [each for each in asked if each.record_id in shown]
    items = inbox_items(viewer).filter(record_id__in=[each.record_id for each in rows])
    opened = set(items.filter(~Q(read_at=None)).values_list("record_id", flat=True)) if rows else set()
    return [
        replace(
            short_row(
                found := shown[each.record_id],
                unread=each.record_id not in opened,
                action=_acknowledge(found, back, small=small),
            ),
            **_due(each.acknowledge_by),
        )
        for each in rows
    ]


def _due(by: datetime) -> dict[str, Any]:
    return {"due": by, "overdue": by <= timezone.now()}


def row_of_item(
    viewer: Viewer,
    item: InboxItem,
    shown: Mapping[int, Disclosure],
    asked: Mapping[int, datetime],
    *,
    back: str,
    small: bool = True,
    titles: Sequence[str] = (),
) -> RecordRow | None:
    """A line of the inbox; None for what has stopped being shown since the list was read.

    `asked` says of which records the agency is still asked to acknowledge them, and by when; `titles` which
    subscriptions asked for this one.
    """
    if item.alert == AlertKind.RECALLED:
        return _recalled(viewer, item)
    found = shown.get(item.record_id)
    if found is None:
        return None
    received = format_html(_("received {}"), as_time(item.at))
    done = _("acknowledged") if item.acknowledged_at else ""
    row = short_row(
        found,
        unread=item.read_at is None,
        tags=(_("Amended"),) if item.alert == AlertKind.AMENDED else (),
        also=(received, *(_("for “%(title)s”") % {"title": title} for title in titles), done),
        action=_acknowledge(found, back, small=small) if to_acknowledge(item) else None,
    )
    return replace(row, **_due(by)) if (by := asked.get(item.record_id)) else row


def _recalled(viewer: Viewer, item: InboxItem) -> RecordRow:
    """A recall notice: the reference, and who took it back. Of the record nothing is left to say."""
    what = _("Bulletin") if item.kind == Kind.BULLETIN else _("Seizure report")
    title = f"{what} {item.ref}"
    if item.only_version is not None:
        title = _("%(title)s, version %(n)d") % {"title": title, "n": item.only_version}
    by = _("recalled by %(owner)s") % {"owner": item.owner.code}
    if item.owner_id == viewer.agency_id:
        by = _("recalled by the hub it came from")
    return RecordRow(
        href=item.path if item.only_version is None else f"{item.path}recall/answer/",
        title=title,
        icon="undo",
        recalled=True,
        meta=(by, as_time(item.recalled_at or item.at)),
        key=item.ref,
    )


def to_acknowledge(item: InboxItem) -> bool:
    return item.alert != AlertKind.RECALLED and item.acknowledged_at is None


def _acknowledge(shown: Disclosure, back: str, *, small: bool) -> Action:
    return Action(
        label=_("Acknowledge"),
        post=f"{shown.path}acknowledge/",
        icon="check" if small else "",
        key="acknowledge",
        small=small,
        name="next",
        value=back,
    )
