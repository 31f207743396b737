"""On which terms an agency takes part: whether what it sends in is published at once, and for whom it speaks."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency, AgencyState, Role
from hub.trail.actions import record as write_trail
from sharing.deliveries.actions import queue_notice
from sharing.deliveries.models import AlertKind
from sharing.intake.models import Participation, Voice


def may_decide(viewer: Viewer) -> bool:
    return viewer.agency_id is not None and viewer.can(Role.ADMIN)


def publishes(agency: int) -> bool:
    """Whether what the agency sends in is published in it at once."""
    return Participation.objects.filter(agency_id=agency, publishes=True).exists()


def originators_for(agency: Agency) -> dict[str, Agency]:
    """By code whom the agency may name as originator: itself, and those it speaks for."""
    rows = Voice.objects.filter(
        speaker=agency, confirmed_at__isnull=False, principal__state=AgencyState.ACTIVE
    ).select_related("principal")
    return {agency.code: agency} | {row.principal.code: row.principal for row in rows}


def let_publish(wanted: bool, *, viewer: Viewer, at: datetime) -> None:
    """Say whether what one's agency sends in is published in it at once, or waits as a draft."""
    _need(viewer)
    Participation.objects.update_or_create(
        agency_id=viewer.agency_id,
        defaults={"publishes": wanted, "changed_at": at, "changed_by_id": viewer.person_id},
    )
    _note("intake.publish" if wanted else "intake.draft", viewer.agency_code, viewer=viewer, at=at)


def ask_to_speak(code: str, *, viewer: Viewer, at: datetime) -> None:
    """Ask to name another agency as originator. Nothing follows from it until that agency confirms."""
    _need(viewer)
    principal = Agency.objects.filter(code=code.strip().upper(), state=AgencyState.ACTIVE).first()
    if principal is None:
        raise ValidationError(
            {"principal": [_("No active agency has that code. Look it up under Agencies.")]}
        )
    if principal.pk == viewer.agency_id:
        raise ValidationError({"principal": [_("Your agency speaks for itself.")]})
    _row, made = Voice.objects.get_or_create(
        speaker_id=viewer.agency_id, principal=principal, defaults={"asked_at": at}
    )
    if not made:
        raise ValidationError({"principal": [_("Your agency has asked that already.")]})
    _tell(principal.code, "voice_asked", viewer.agency_code, at, principal.pk)
    _note("intake.ask_voice", principal.code, viewer=viewer, at=at)


def confirm_voice(speaker: str, *, viewer: Viewer, at: datetime) -> None:
    """The other agency may name one's own as the originator of what it sends in."""
    _need(viewer)
    rows = Voice.objects.filter(speaker__code=speaker, principal_id=viewer.agency_id, confirmed_at=None)
    if not rows.update(confirmed_at=at):
        raise ValidationError(_("It was answered or taken back meanwhile. Nothing was done."))
    _answer(speaker, "voice_confirmed", viewer, at)


def end_voice(speaker: str, principal: str, *, viewer: Viewer, at: datetime) -> None:
    """Either side ends it, refuses it or takes it back. What came in before stays as it is."""
    _need(viewer)
    if viewer.agency_code not in (speaker, principal):
        raise PermissionDenied
    if not Voice.objects.filter(speaker__code=speaker, principal__code=principal).delete()[0]:
        raise ValidationError(_("It was answered or taken back meanwhile. Nothing was done."))
    _answer(principal if viewer.agency_code == speaker else speaker, "voice_ended", viewer, at)


def _answer(other: str, what: str, viewer: Viewer, at: datetime) -> None:
    _tell(other, what, viewer.agency_code, at, Agency.objects.values_list("pk", flat=True).get(code=other))
    _note(f"intake.{what}", other, viewer=viewer, at=at)


def _need(viewer: Viewer) -> None:
    if not may_decide(viewer):
        raise PermissionDenied(_("Only an administrator of the agency may do this."))


def _tell(code: str, what: str, by: str, at: datetime, agency: int) -> None:
    queue_notice(
        AlertKind.COMMUNITY,
        [agency],
        at=at,
        path=f"/agencies/{code}/intake/",
        facts={"what": f"intake.{what}", "agency": by},
    )


def _note(event: str, code: str, *, viewer: Viewer, at: datetime) -> None:
    write_trail(event, viewer=viewer, at=at, object_type="agency", object_id=code)
