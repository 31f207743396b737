"""On which terms an agency takes part in what comes in: for its administrators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency, AgencyState
from hub.trail.actions import denied
from sharing.communities.forms import agency_choices
from sharing.disclosures.presenting import RecordRow
from sharing.intake.models import Voice
from sharing.intake.participation import (
    ask_to_speak,
    confirm_voice,
    end_voice,
    let_publish,
    may_decide,
    publishes,
)


class PrincipalForm(forms.Form):
    principal = forms.ChoiceField(label=gettext_lazy("Agency"))

    def __init__(self, *args: object, besides: set[int], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["principal"].choices = agency_choices(besides)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class VoiceLine:
    """The other agency of a voice."""

    code: str
    name: str
    confirmed_at: datetime | None


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def terms(request: HttpRequest, code: str) -> HttpResponse:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    agency = get_object_or_404(Agency, code=code, state=AgencyState.ACTIVE)
    now = timezone.now()
    if not may_decide(viewer) or viewer.agency_id != agency.pk:
        raise denied(
            "intake.terms",
            viewer,
            "no administrator of the agency",
            kind="agency",
            ref=code,
            said=_("Only an administrator of the agency may do this."),
        )
    errors: list[str] = []
    if request.method == "POST":
        try:
            with transaction.atomic():
                messages.success(request, _act(request, viewer, now))
            return HttpResponseRedirect(request.path)
        except ValidationError as error:
            errors = error.messages
    spoken = Voice.objects.select_related("speaker", "principal").order_by("asked_at")
    context = {
        "agency": code,
        "publishes": publishes(agency.pk),
        "speaks_for": [_line(row.principal, row) for row in spoken if row.speaker_id == agency.pk],
        "spoken_by": [_line(row.speaker, row) for row in spoken if row.principal_id == agency.pk],
        "form": PrincipalForm(besides={agency.pk}),
        "errors": errors,
        "crumbs": [(_("Agencies"), "/agencies/"), (code, f"/agencies/{code}/")],
    }
    return render(request, "sharing/intake_terms.html", context, status=400 if errors else 200)


def _line(other: Agency, row: Voice) -> VoiceLine:
    return VoiceLine(other.code, other.label, row.confirmed_at)


def _act(request: HttpRequest, viewer: Viewer, at: datetime) -> str:
    """Do what the form says; return it in words."""
    given = request.POST
    other = given.get("other", "")[:20]
    deed = given.get("deed", "")
    if deed == "publish":
        wanted = given.get("publishes") == "yes"
        let_publish(wanted, viewer=viewer, at=at)
        return _("What comes in is published at once.") if wanted else _("What comes in is a draft.")
    if deed == "ask":
        ask_to_speak(given.get("principal", "")[:20], viewer=viewer, at=at)
        return _("Asked. It counts once that agency has confirmed it.")
    if deed == "confirm":
        confirm_voice(other, viewer=viewer, at=at)
        return _("%(code)s may name your agency as originator.") % {"code": other}
    if deed == "refuse":
        end_voice(other, viewer.agency_code, viewer=viewer, at=at)
        return _("%(code)s may not name your agency as originator.") % {"code": other}
    if deed == "end":
        end_voice(viewer.agency_code, other, viewer=viewer, at=at)
        return _("Your agency no longer names %(code)s as originator.") % {"code": other}
    raise BadRequest


def voices_to_decide(viewer: Viewer) -> list[RecordRow]:
    """For Today: agencies that ask to name the viewer's as originator."""
    if not may_decide(viewer):
        return []
    rows = Voice.objects.filter(principal_id=viewer.agency_id, confirmed_at=None).select_related("speaker")
    return [
        RecordRow(
            href=f"/agencies/{viewer.agency_code}/intake/",
            title=_("%(agency)s asks to name %(own)s as originator")
            % {"agency": row.speaker.code, "own": viewer.agency_code},
            icon="link",
            tags=(_("Agency"),),
            key=f"voice-{row.speaker.code}",
        )
        for row in rows.order_by("asked_at")
    ]
