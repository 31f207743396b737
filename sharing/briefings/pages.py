"""Briefings: the list, a new one, the page to prepare from, the paper, and the large one to present from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from bulletins.markings.rules import highest
from bulletins.records.refs import PATTERN
from bulletins.vocabulary.terms import terms
from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency
from hub.trail.actions import denied
from sharing.briefings.actions import downloaded, make, opened
from sharing.briefings.attendees import Attendees, attendees_of, open_communities
from sharing.briefings.figures import by_drug, by_mode, narrowed, total_kg
from sharing.briefings.forms import BriefingForm
from sharing.briefings.models import Briefing
from sharing.briefings.packs import Pack, pack_of, reasons
from sharing.briefings.pdf import NotSet, paper_of
from sharing.briefings.presenting import (
    bulletin_row,
    charts,
    chips,
    fallen_in_words,
    head_of,
    line_of,
    query,
    report_of,
)
from sharing.briefings.rules import may_make, may_open, month_span, zone_of
from sharing.briefings.statistics import SOURCE, a_year_before
from sharing.disclosures.presenting import present as presented
from sharing.disclosures.rules import Channel
from sharing.disclosures.wording import word
from sharing.releases.targets import Target, targets_for

LISTED, TABLED = 25, 25


@login_required
@require_safe
def briefings(request: HttpRequest) -> HttpResponse:
    """The agency's briefings, newest first."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    rows = Briefing.objects.visible_to(viewer).newest_first()
    if after := request.GET.get("after", ""):
        if not PATTERN.fullmatch(after):
            raise BadRequest("no such place in the list")
        last = rows.filter(ref=after).first()
        rows = rows.filter(made_at__lte=last.made_at, pk__lt=last.pk) if last else rows
    found = list(rows.prefetch_related("agencies", "communities")[: LISTED + 1])
    context = {
        "rows": [line_of(row) for row in found[:LISTED]],
        "next": query({"after": found[LISTED - 1].ref}) if len(found) > LISTED else "",
        "may_open": may_open(viewer),
        "may_make": may_make(viewer),
    }
    return render(request, "sharing/briefings.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Make a briefing: title, month, who attends."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    now = timezone.now()
    if not may_make(viewer):
        raise denied(
            "briefing.make",
            viewer,
            "no liaison",
            kind="briefing",
            said=_("Only a liaison of an agency makes briefings."),
        )
    groups = _groups(viewer, now)
    this_month = now.astimezone(zone_of(_own_agency(viewer).time_zone)).date().replace(day=1)
    form = BriefingForm(
        request.POST if request.method == "POST" else None,
        targets=[target for _label, members in groups for target in members],
        this_month=this_month,
    )
    if request.method == "POST" and form.is_valid():
        made = make(
            title=form.cleaned_data["title"],
            month=form.cleaned_data["month"],
            agencies=form.agencies,
            communities=form.communities,
            viewer=viewer,
            at=now,
        )
        return HttpResponseRedirect(f"/briefings/{made.ref}/")
    picked = set(form.chosen())
    context = {
        "form": form,
        "groups": [
            (
                label,
                [(each, each.key in picked) for each in members],
                any(each.key in picked for each in members),
            )
            for label, members in groups
        ],
    }
    return render(request, "sharing/briefing_new.html", context, status=400 if form.errors else 200)


@login_required
@require_safe
def briefing(request: HttpRequest, ref: str) -> HttpResponse:
    """The page to prepare from: the pack in words and numbers, and what fell out of it and why."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    now = timezone.now()
    found, attendees, pack = _worked_out(viewer, ref, Channel.PAGE, now, with_left=True)
    opened(found, pack, viewer=viewer, at=now)
    drugs, modes = by_drug(pack.seizures), by_mode(pack.seizures)
    context = {
        "head": head_of(found, attendees, pack),
        "fallen": fallen_in_words(pack.left) if pack.left else "",
        "reasons": reasons(pack.left, attendees),
        "bulletins": [bulletin_row(each) for each in pack.bulletins],
        "kg": total_kg(pack.seizures),
        "charts": charts(drugs, modes),
        "public": a_year_before(found.month) if found.owner.country == "US" else None,
        "public_source": SOURCE,
        # What fell out is named here too, so the page may be marked higher than the pack.
        "page_marking": highest(
            each.marking for each in (*pack.records, *(left.shown for left in pack.left))
        ),
        **_table(request, pack, drugs, modes),
    }
    return render(request, "sharing/briefing.html", context)


@login_required
@require_safe
def paper(request: HttpRequest, ref: str) -> HttpResponse:
    """The pack as PDF, worked out anew."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    now = timezone.now()
    found, attendees, pack = _worked_out(viewer, ref, Channel.PDF, now)
    if not pack.records:
        messages.warning(request, _("There is nothing to put on paper: no record may go to all who attend."))
        return HttpResponseRedirect(f"/briefings/{found.ref}/")
    try:
        content = paper_of(found, pack, attendees, at=now)
    except NotSet:
        messages.error(request, _("The PDF could not be made just now. Try again in a minute."))
        return HttpResponseRedirect(f"/briefings/{found.ref}/")
    downloaded(found, pack, viewer=viewer, at=now)
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="briefing-{found.ref}.pdf"'
    answer["Cache-Control"] = "private, no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@login_required
@require_safe
def present(request: HttpRequest, ref: str) -> HttpResponse:
    """One thing at a time in large type, for a wall: the pack alone, nothing of what fell out of it."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    now = timezone.now()
    found, attendees, pack = _worked_out(viewer, ref, Channel.PAGE, now)
    opened(found, pack, viewer=viewer, at=now)
    # Title, by drug, by mode, then each bulletin.
    figures = charts(by_drug(pack.seizures), by_mode(pack.seizures)) if pack.seizures else []
    last = 1 + len(figures) + len(pack.bulletins)
    number = _number(request.GET.get("slide", ""), last)
    shown = pack.bulletins[number - 2 - len(figures)] if number > 1 + len(figures) else None
    context = {
        "head": head_of(found, attendees, pack),
        "number": number,
        "last": last,
        "pair": figures[number - 2] if 1 < number <= 1 + len(figures) else None,
        "shown": shown,
        "said": presented(shown) if shown else None,
        "previous": query({"slide": number - 1}) if number > 1 else "",
        "next": query({"slide": number + 1}) if number < last else "",
        "page_marking": pack.marking,
    }
    return render(request, "sharing/briefing_present.html", context)


def _worked_out(
    viewer: Viewer, ref: str, channel: Channel, now: datetime, *, with_left: bool = False
) -> tuple[Briefing, Attendees, Pack]:
    found = Briefing.objects.visible_to(viewer).filter(ref=ref).select_related("owner").first()
    if found is None:
        raise Http404
    attendees = attendees_of(found, viewer, at=now)
    span = month_span(found.month, zone_of(found.owner.time_zone))
    return found, attendees, pack_of(attendees, span, viewer, channel, at=now, with_left=with_left)


def _own_agency(viewer: Viewer) -> Agency:
    return Agency.objects.get(pk=viewer.agency_id)


def _groups(viewer: Viewer, now: datetime) -> list[tuple[str, list[Target]]]:
    """Who may be picked: communities whose members the agency may know, and every other active agency."""
    targets = targets_for(viewer)
    known = set(open_communities(viewer, at=now).values_list("pk", flat=True))
    communities = [target for target in targets.communities if target.community in known]
    groups = [(_("Communities"), communities)] if communities else []
    return [*groups, *((band.label, list(members)) for band, members in targets.bands)]


def _table(request: HttpRequest, pack: Pack, drugs: Any, modes: Any) -> dict[str, Any]:
    """The reports that the address asks for, some at a time: all, or those behind one number."""
    drug, mode = request.GET.get("drug", ""), request.GET.get("mode", "")
    found = narrowed(pack.seizures, drug, mode)
    last = max(1, -(-len(found) // TABLED))
    page = _number(request.GET.get("page", ""), last)
    chosen = {"drug": drug, "mode": mode}
    labels = terms().modes
    return {
        "reports": [
            report_of(each, word(labels, each.core.get("mode", "")))
            for each in found[(page - 1) * TABLED : page * TABLED]
        ],
        "reports_total": len(found),
        "chips": chips(drugs, modes, drug, mode),
        "previous": f"{query({**chosen, 'page': page - 1})}#reports" if page > 1 else "",
        "next": f"{query({**chosen, 'page': page + 1})}#reports" if page < last else "",
    }


def _number(asked: str, last: int) -> int:
    """The number that the address asks for, from 1 to `last`; 1 for anything else."""
    return min(max(int(asked), 1), last) if asked.isdecimal() and len(asked) < 6 else 1
