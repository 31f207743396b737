"""Reviews: the queue of what names subjects, keeping with a reason, purging for good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from bulletins.models import Record
from bulletins.publishing.actions import by_field
from bulletins.publishing.rules import may_review
from bulletins.retention.models import PurgeReason
from bulletins.retention.rules import LONGEST_REASON, WARNED_DAYS, latest_review
from hub.accounts.viewer import Viewer
from hub.trail.actions import denied
from sharing.audiences.holders import holders_of
from sharing.disclosures.actions import disclose
from sharing.disclosures.presenting import Action, RecordRow, short_row
from sharing.disclosures.reading import marking_of_page
from sharing.disclosures.rules import Channel
from sharing.disclosures.wording import day
from sharing.flow.purging import purge
from sharing.pages.access import head_of, own_record
from sharing.retention.actions import keep
from sharing.retention.querysets import Due, due_by, lines

MOST = 200
IN_TODAY = 5
TODAY_AHEAD = timedelta(days=30)


@dataclass(frozen=True)
class LastReview:
    """What is recorded of the record's retention, in plain values."""

    entered_on: date | None
    review_due: date | None
    overdue: bool
    sensitivity: str
    control_official: str
    predicate: str
    validated_on: date | None
    validated_by: str
    validated_why: str


@login_required
@never_cache
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """What is due within 90, 30 or 0 days, the most urgent first."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    if not may_review(viewer):
        raise denied(
            "review.list",
            viewer,
            "neither releaser nor agency admin",
            said=_("Reviews are for the releasers and admins of an agency."),
        )
    days, today = _days(request), _today()
    due = lines(due_by(viewer, today + timedelta(days=days)), today, MOST)
    shown = {each.key: each for each in disclose(viewer, [each.key for each in due], Channel.PAGE)}
    rows = []
    for each in due:
        action = Action(label=_("Review"), href=f"{each.path}review/")
        found = shown.get(each.key)
        also = (_("review by %(day)s") % {"day": day(each.review_due.isoformat())}, each.said)
        if found is not None:
            rows.append(short_row(found, also=also, action=action))
        else:
            rows.append(_by_name(each, action))
    context = {
        "rows": rows,
        "days": days,
        "segments": [
            {"label": _said(each), "href": f"?days={each}", "current": each == days} for each in WARNED_DAYS
        ],
        "page_marking": marking_of_page(shown.values()),
    }
    return render(request, "sharing/reviews.html", context)


def to_review(viewer: Viewer) -> list[RecordRow]:
    """For Today: what is to be reviewed within a month, by its reference alone."""
    if not may_review(viewer):
        return []
    today = _today()
    return [
        _by_name(each, Action(label=_("Review"), href=f"{each.path}review/"))
        for each in lines(due_by(viewer, today + TODAY_AHEAD), today, IN_TODAY)
    ]


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def review_page(request: HttpRequest, kind: str, ref: str) -> HttpResponse:
    """Keep it, with a reason and a next date; or go on to purging it."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    record = _reviewed(request, kind, ref, "record.keep")
    head = head_of(record, viewer)
    typed = {name: request.POST.get(name, "").replace("\0", "") for name in ("reason", "review_due", "seen")}
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            with transaction.atomic():
                keep(
                    record,
                    reason=typed["reason"],
                    review_due=_parsed(typed["review_due"]),
                    checked="checked" in request.POST,
                    seen=_parsed(typed["seen"]),
                    viewer=viewer,
                    at=timezone.now(),
                )
        except ValidationError as refused:
            errors = by_field(refused)
            record.refresh_from_db()
        else:
            messages.success(request, _("Kept until %(day)s.") % {"day": day(typed["review_due"])})
            return HttpResponseRedirect(head.path)
    latest = latest_review(_today())
    context = {
        "head": head,
        "page_marking": head.marking,
        "last": _last(record),
        "reason": typed["reason"],
        "review_due": typed["review_due"] or latest.isoformat(),
        "latest": latest,
        "checked": "checked" in request.POST,
        "errors": errors,
        "said": errors.get("__all__", []),
        "longest": LONGEST_REASON,
    }
    return render(request, "sharing/review.html", context, status=400 if errors else 200)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def purge_page(request: HttpRequest, kind: str, ref: str) -> HttpResponse:
    """Says what a purge destroys and whom it tells; with the reference typed it is done at once, for good."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    record = _reviewed(request, kind, ref, "record.purge")
    head = head_of(record, viewer)
    errors: dict[str, list[str]] = {}
    reason, typed = request.POST.get("reason", ""), request.POST.get("typed", "")
    if request.method == "POST":
        try:
            with transaction.atomic():
                purge([record], reason=reason, typed=[typed], viewer=viewer, at=timezone.now())
        except ValidationError as refused:
            errors = by_field(refused)
        else:
            # Not how many: members of a hidden roster are not counted either.
            messages.success(request, _("Purged. Everybody who ever had it is told."))
            return HttpResponseRedirect(head.path)
    context = {
        "head": head,
        "page_marking": head.marking,
        "holders": holders_of(record.pk, viewer),
        "reasons": [(value, label, value == reason) for value, label in PurgeReason.choices],
        "errors": errors,
        "said": errors.get("__all__", []),
        "draft": not record.latest,
    }
    return render(request, "sharing/purge.html", context, status=400 if errors else 200)


def _reviewed(request: HttpRequest, kind: str, ref: str, event: str) -> Record:
    return own_record(
        request,
        kind,
        ref,
        event,
        may=may_review,
        who=_("Only a releaser or an admin of the agency that owns it may do this."),
    )


def _last(record: Record) -> LastReview:
    return LastReview(
        entered_on=record.entered_on,
        review_due=record.review_due,
        overdue=record.review_due is not None and record.review_due <= _today(),
        sensitivity=str(record.get_sensitivity_display()),
        control_official=record.control_official,
        predicate=str(record.get_predicate_category_display()),
        validated_on=record.validated_on,
        validated_by=record.validated_by.username if record.validated_by else "",
        validated_why=record.validated_why,
    )


def _by_name(each: Due, action: Action) -> RecordRow:
    return RecordRow(
        href=f"{each.path}review/",
        title=_("Review %(ref)s") % {"ref": each.ref},
        icon="history",
        meta=(_("identifiers, by %(day)s") % {"day": day(each.review_due.isoformat())}, each.said),
        action=action,
        key=each.ref,
    )


def _days(request: HttpRequest) -> int:
    asked = request.GET.get("days", str(WARNED_DAYS[0]))
    if set(request.GET) - {"days"} or asked not in map(str, WARNED_DAYS):
        raise BadRequest
    return int(asked)


def _said(days: int) -> str:
    return _("Within %(n)d days") % {"n": days} if days else _("Overdue")


def _today() -> date:
    return timezone.now().astimezone(UTC).date()


def _parsed(text: str) -> Any:
    try:
        return parse_date(text)
    except ValueError:
        return None
