"""Today: what needs the reader first, then what is new for their agency, and what rises."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from bulletins.markings.rules import Marking, highest
from bulletins.publishing.querysets import DraftLine, draft_lines
from bulletins.publishing.rules import may_draft, may_release
from bulletins.records.models import Kind
from hub.accounts.viewer import Viewer
from hub.agencies.models import Role
from hub.pages.times import as_time
from sharing.audiences.models import Received
from sharing.corrections.waiting import corrections_to_decide
from sharing.deliveries.away import note_visit
from sharing.deliveries.endpoints.waiting import endpoints_to_mend
from sharing.deliveries.lines import disclosed, due_rows, notice_rows, row_of_item
from sharing.deliveries.models import AlertKind, InboxItem
from sharing.deliveries.operations.numbers import may_operate
from sharing.deliveries.querysets import asked_of, inbox_items
from sharing.disclosures.actions import disclose
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.paging import count_of, said
from sharing.disclosures.presenting import Action, RecordRow, short_row
from sharing.disclosures.rising import rising
from sharing.disclosures.rules import Channel
from sharing.intake.querysets import to_decide as came_in_to_decide
from sharing.intake.terms_pages import voices_to_decide
from sharing.pages.access import with_nobody
from sharing.pages.agreements import agreements_to_decide
from sharing.pages.belonging import children_to_decide
from sharing.pages.emergencies import waiting
from sharing.pages.joining import joinings_to_decide
from sharing.pages.reviewing import to_review
from sharing.recalls.waiting import recalls_to_answer
from sharing.receipts.overdue import Overdue, overdue_for
from sharing.requests.presenting import to_decide

LOOKED_AT = 200
WAITING = 5
DUE = 10
DRAFTS = 5
TO_RELEASE = 5
NEW = 6
NOTICES = 5
RECALLS_SHOWN = timedelta(days=7)


@login_required
@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """One queue in three verbs (acknowledge, release, finish), beside it what is new and what rises."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    if viewer.agency_id is None:
        return render(request, "sharing/today.html", {"nobody": True, "places": _places(viewer)})
    at = timezone.now()
    due = list(asked_of(viewer)[:LOOKED_AT])
    waiting, recalls = _waiting(viewer, besides={each.record_id for each in due})
    first = waiting[: max(0, WAITING - len(due))]
    shown = disclosed(viewer, first, due[:DUE])
    drafts = draft_lines(viewer, DRAFTS) if may_draft(viewer) else []
    to_release, to_release_total = _unreleased(viewer) if may_release(viewer) else ([], "")
    fresh, unread = _fresh(viewer, besides=[each.record_id for each in (*first, *due)])
    decide = [row for queue in DECIDE for row in queue(viewer)]
    asked = {row.href for row in decide}
    context: dict[str, Any] = {
        "waiting": [
            *due_rows(viewer, due[:DUE], shown, back="/", small=False),
            *(row for item in first if (row := row_of_item(viewer, item, shown, {}, back="/", small=False))),
        ],
        "waiting_total": f"{LOOKED_AT}+"
        if len(waiting) + len(due) >= LOOKED_AT
        else str(len(waiting) + len(due)),
        "overdue": [_overdue(each) for each in overdue_for(viewer, at=at)] if may_release(viewer) else [],
        "away": note_visit(viewer, at=at) if request.method == "GET" else None,
        "decide": decide,
        # What waits to be decided, answered or acknowledged stands there already.
        "notices": notice_rows(viewer, NOTICES, besides=asked, but=AlertKind.ACTION),
        "recalls": [
            row_of_item(viewer, item, {}, {}, back="/")
            for item in recalls
            if f"{item.path}recall/answer/" not in asked
        ],
        "drafts": [_draft(line) for line in drafts],
        "to_release": [short_row(each, action=_release(each)) for each in to_release],
        "to_release_total": to_release_total,
        "fresh": [short_row(each, unread=each.key in unread) for each in fresh],
        "rising": rising(viewer, year=timezone.localtime().year),
        "may_draft": may_draft(viewer),
        "page_marking": highest(
            [
                *(each.marking for each in (*shown.values(), *to_release, *fresh)),
                *(Marking(tlp=line.tlp) for line in drafts),
            ]
        ),
    }
    return render(request, "sharing/today.html", context)


def _overdue(each: Overdue) -> RecordRow:
    said = ngettext(
        "%(n)d agency has not acknowledged %(ref)s",
        "%(n)d agencies have not acknowledged %(ref)s",
        each.agencies,
    ) % {"n": each.agencies, "ref": each.ref}
    due = format_html(_("due {}"), as_time(each.by))
    return RecordRow(href=f"{each.path}#holders", title=said, icon="schedule", meta=(due,), key=each.ref)


def _waiting(viewer: Viewer, *, besides: set[int]) -> tuple[list[InboxItem], list[InboxItem]]:
    """Of the newest in the inbox: what waits to be acknowledged, hazards first; what was recalled lately.

    `besides` are the records that are asked for by a time: they stand above.
    """
    items = inbox_items(viewer).filter(acknowledged_at=None).select_related("owner")
    newest = list(items[:LOOKED_AT])
    waiting = [item for item in newest if item.alert != AlertKind.RECALLED and item.record_id not in besides]
    lately = timezone.now() - RECALLS_SHOWN
    recalls = [item for item in newest if item.alert == AlertKind.RECALLED and item.at >= lately]
    return sorted(waiting, key=lambda item: not item.hazard), recalls[:3]


def _fresh(viewer: Viewer, *, besides: list[int]) -> tuple[list[Disclosure], set[int]]:
    """The newest that came from elsewhere, and which of it this person has not opened."""
    rows = Received.objects.visible_to(viewer).from_elsewhere().exclude(record_id__in=besides)
    ids = list(rows.newest_first().values_list("record_id", flat=True)[:NEW])
    unread = inbox_items(viewer).unread().filter(record_id__in=ids).values_list("record_id", flat=True)
    return disclose(viewer, ids, Channel.PAGE), set(unread)


def _unreleased(viewer: Viewer) -> tuple[list[Disclosure], str]:
    """The bulletins that the agency itself wrote and published and that went to nobody yet, newest first; how many."""
    own = Received.objects.visible_to(viewer).written_here().filter(kind=Kind.BULLETIN)
    rows = with_nobody(own)
    ids = list(rows.newest_first().values_list("record_id", flat=True)[:TO_RELEASE])
    return disclose(viewer, ids, Channel.PAGE), said(count_of(rows))


def _release(shown: Disclosure) -> Action:
    return Action(label=_("Release"), href=f"{shown.path}release/")


def _draft(line: DraftLine) -> RecordRow:
    what = _("Amendment") if line.amends else _("Draft")
    return RecordRow(
        href=line.href,
        title=line.title,
        codes=tuple(line.methods),
        transport=line.mode,
        hazard=line.hazard,
        meta=(
            what,
            format_html(_("saved {}"), as_time(line.saved_at)),
            ", ".join(line.missing) or _("ready to publish"),
        ),
        action=Action(label=_("Continue"), href=line.href, quiet=True),
        key=line.ref,
    )


# What waits for a decision: each stage's own queue, (viewer) -> lines, in the order they are shown.
DECIDE: tuple[Callable[[Viewer], list[RecordRow]], ...] = (
    recalls_to_answer,
    agreements_to_decide,
    joinings_to_decide,
    children_to_decide,
    voices_to_decide,
    came_in_to_decide,
    to_decide,
    corrections_to_decide,
    to_review,
    endpoints_to_mend,
)


def _places(viewer: Viewer) -> list[tuple[str, str, str]]:
    """Where somebody without an agency works: (address, name, what for). They read no record."""
    found = [
        ("/agencies/", _("Agencies"), _("Who takes part, their desks and their states")),
        ("/communities/", _("Communities"), _("HIDTA regions, DHE and operation groups, and who belongs")),
        (
            "/agreements/",
            _("Agreements"),
            _("What may cross between agencies, in which direction, until when"),
        ),
    ]
    if may_operate(viewer):
        found.append(("/operations/", _("Operations"), _("How sending fares in the whole hub, in numbers")))
    if viewer.can(Role.INSPECTOR):
        found.insert(0, ("/trail/", _("Trail"), _("Who did what, when and from where, across the hub")))
        number = waiting(viewer)
        said = ngettext("%(n)d waits for you to confirm", "%(n)d wait for you to confirm", number) % {
            "n": number
        }
        asked = (
            said
            if number
            else _("Open a record to somebody in imminent danger, together with another inspector")
        )
        found.insert(0, ("/emergencies/", _("Emergencies"), asked))
    return found
