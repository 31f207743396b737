"""Show as another agency: the very page they get, or would get by the release at hand. None of it stays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bulletins.markings.models import TLP
from bulletins.models import Record
from hub.accounts.viewer import Viewer, desk_of
from hub.agencies.models import Agency, AgencyState
from hub.database.context import viewing
from hub.trail.actions import record as write_trail
from sharing.audiences.holders import holders_of, texts_of_their_own
from sharing.audiences.preview import preview
from sharing.disclosures.presenting import event_of, present
from sharing.disclosures.reading import linked_to, marking_of_page, shown_to
from sharing.flow import release
from sharing.pages.access import head_of, own_record
from sharing.releases.forms import ReleaseForm
from sharing.releases.plan import Plan
from sharing.releases.querysets import live_releases
from sharing.releases.targets import targets_for


@dataclass(frozen=True)
class Sight:
    """What the agency would see: the page's context, or the reasons why there is none; and, for the owner alone, what
    of it is worded otherwise than its own."""

    page: dict[str, Any] | None = None
    reasons: tuple[str, ...] = ()
    reworded: tuple[str, ...] = ()


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show_as(request: HttpRequest, kind: str, ref: str, agency: str) -> HttpResponse:
    """One's own record as `agency` sees it now or, posted with the release form, as it would."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    record = own_record(request, kind, ref, "record.show_as")
    them = get_object_or_404(Agency, code=agency, state=AgencyState.ACTIVE)
    head = head_of(record, viewer)
    if them.pk == viewer.agency_id or not record.latest:
        return HttpResponseRedirect(head.path)
    planned = request.method == "POST"
    sight = _planned(request, record, them, viewer) if planned else _now(record, them, viewer)
    write_trail(
        "record.show_as",
        viewer=viewer,
        at=timezone.now(),
        object_type=kind,
        object_id=ref,
        version=record.latest,
        marking=record.tlp,
        agency_shown=them.code,
        planned=planned,
    )
    context = {
        "head": head,
        "them": {"code": them.code, "name": them.label, "agency_code": them.code},
        "planned": planned,
        "reasons": sight.reasons,
        "reworded": sight.reworded,
        "crumbs": head.crumbs,
    }
    if sight.page is None:
        return render(request, "sharing/show_as_nothing.html", context | {"page_marking": head.marking})
    return render(request, "sharing/show_as.html", context | sight.page)


def _now(record: Record, them: Agency, viewer: Viewer) -> Sight:
    """As it stands. Of members of a hidden roster nothing is said, as of those whom nothing reaches."""
    if record.embargo_until and record.embargo_until > timezone.now():
        return Sight(reasons=(_("it is under embargo: until that ends, only your agency has it"),))
    if them.pk not in {holder.agency for holder in holders_of(record.pk, viewer).agencies}:
        return Sight(reasons=(_("no release that you may see names it"),))
    with transaction.atomic():
        sight = _look(record, them)
        transaction.set_rollback(True)
    return sight


def _planned(request: HttpRequest, record: Record, them: Agency, viewer: Viewer) -> Sight:
    """Carries the plan out, looks, and takes all of it back: releases, grants, marking, ledger and trail."""
    form = ReleaseForm(request.POST, targets=targets_for(viewer))
    form.is_valid()
    if form.cleaned_data.get("tlp") == TLP.RED:
        form.look_up_people()
    if form.errors:
        return Sight(reasons=tuple(str(each) for errors in form.errors.values() for each in errors))
    at = timezone.now()
    plan = replace(form.plan(), starts_at=None)
    listed = {row.agency: row for row in preview(record, plan, viewer=viewer, at=at).rows if row.agency}
    if them.pk not in listed:
        return Sight(reasons=(_("nothing that is picked names it"),))
    if listed[them.pk].outcome == "no":
        return Sight(reasons=listed[them.pk].reasons)
    try:
        with transaction.atomic():
            release([record], plan, viewer=viewer, at=at, announce=False)
            sight = _look(record, them, plan)
            transaction.set_rollback(True)
    except ValidationError as error:
        return Sight(reasons=tuple(error.messages))
    return sight


def _look(record: Record, them: Agency, plan: Plan | None = None) -> Sight:
    """Through the agency's eyes: by its own context, grant and disclosure. The caller rolls back."""
    eyes = _eyes(record, them, plan)
    reworded = texts_of_their_own(record.pk).get(them.pk, ())
    with viewing(eyes):
        shown = shown_to(eyes, record.kind, record.ref)
        if shown is None:
            return Sight(reasons=(_("nothing of it reaches the agency at the moment"),))
        linked = linked_to(eyes, shown)
        return Sight(
            page={
                "shown": shown,
                "page": present(shown),
                "linked": [event_of(each) for each in linked],
                "page_marking": marking_of_page([shown, *linked]),
                "template": f"sharing/{record.kind}.html",
            },
            reworded=reworded,
        )


def _eyes(record: Record, them: Agency, plan: Plan | None) -> Viewer:
    """The agency's desk or, where people are named (TLP:RED), the first of them."""
    desk = desk_of(them)
    if plan is not None:
        named = [person for pick in plan.picks if pick.agency == them.pk for person in pick.persons]
    else:
        rows = live_releases(record.pk).filter(agency=them)
        named = [person for row in rows for person in row.persons]
    return replace(desk, person_id=min(named)) if named else desk
