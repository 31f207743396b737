"""Which agency one's own belongs to, and which belong to it: for its administrators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency, AgencyState, Role
from hub.trail.actions import denied
from sharing.audiences.membership import Extent, for_client
from sharing.communities.forms import agency_choices
from sharing.disclosures.presenting import RecordRow
from sharing.flow.belonging import confirm_child, end_belonging, may_speak, name_parent, refuse_child
from sharing.pages.communities import WRITES, done


class ParentForm(forms.Form):
    parent = forms.ChoiceField(label=gettext_lazy("Belongs to"))

    def __init__(self, *args: object, besides: set[int], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["parent"].choices = agency_choices(besides)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Child:
    """`gives` is what would go on to it, where it waits to be confirmed."""

    code: str
    name: str
    confirmed_at: datetime | None
    gives: Extent | None = None


@login_required
@never_cache
@require_http_methods(WRITES)
def belonging(request: HttpRequest, code: str) -> HttpResponse:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    agency = get_object_or_404(Agency.objects.select_related("parent"), code=code, state=AgencyState.ACTIVE)
    now = timezone.now()
    if not may_speak(viewer, agency.pk):
        raise denied(
            "agency.name_parent",
            viewer,
            "no administrator of the agency",
            kind="agency",
            ref=code,
            said=_("Only an administrator of the agency may do this."),
        )
    named = request.method == "POST" and request.POST.get("deed") == "name"
    form = ParentForm(request.POST if named else None, besides={agency.pk})
    errors: list[str] = []
    if request.method == "POST":
        said, errors = _act(request, agency, form, viewer, now)
        if said:
            messages.success(request, said)
            return HttpResponseRedirect(request.path)
    context = {
        "form": form,
        "errors": errors,
        "agency": agency.code,
        "parent": agency.parent.code if agency.parent else "",
        "parent_name": agency.parent.label if agency.parent else "",
        "confirmed": agency.parent_confirmed_at,
        "children": _children(viewer, now),
        "crumbs": [(_("Agencies"), "/agencies/"), (agency.code, f"/agencies/{agency.code}/")],
    }
    status = 400 if errors or form.errors else 200
    return render(request, "sharing/belonging.html", context, status=status)


def _act(
    request: HttpRequest, agency: Agency, form: ParentForm, viewer: Viewer, now: datetime
) -> tuple[str, list[str]]:
    """(what was done, in words; or what was refused)."""
    deed = request.POST.get("deed", "")
    if deed == "name":
        if form.is_valid() and done(
            form, lambda: name_parent(form.cleaned_data["parent"], viewer=viewer, at=now)
        ):
            return _("Named. It counts once that agency has confirmed it."), []
        return "", []
    plain = forms.Form(request.POST)
    if deed == "leave":
        child = agency
    else:
        # Of one's own alone; another's child is none here.
        child = get_object_or_404(Agency, code=request.POST.get("child", ""), parent_id=agency.pk)
    verbs = {
        "confirm": (confirm_child, _("%(code)s is now your agency's client.")),
        "refuse": (refuse_child, _("%(code)s was refused, and is told.")),
        "end": (end_belonging, _("%(code)s no longer belongs to your agency.")),
        "leave": (end_belonging, _("%(code)s no longer belongs to another.")),
    }
    if deed not in verbs:
        raise BadRequest
    verb, said = verbs[deed]
    if done(plain, lambda: verb(child, viewer=viewer, at=now)):
        return said % {"code": child.code}, []
    return "", [str(each) for each in plain.non_field_errors()]


def _children(viewer: Viewer, now: datetime) -> list[Child]:
    rows = Agency.objects.filter(parent_id=viewer.agency_id).order_by("parent_confirmed_at", "code")
    return [
        Child(
            code=row.code,
            name=row.label,
            confirmed_at=row.parent_confirmed_at,
            gives=None if row.parent_confirmed_at else for_client(row.pk, viewer=viewer, at=now),
        )
        for row in rows
    ]


def children_to_decide(viewer: Viewer) -> list[RecordRow]:
    """For Today: agencies that say they belong to the viewer's."""
    if viewer.agency_id is None or not viewer.can(Role.ADMIN):
        return []
    rows = Agency.objects.filter(parent_id=viewer.agency_id, parent_confirmed_at=None)
    return [
        RecordRow(
            href=f"/agencies/{viewer.agency_code}/belonging/",
            title=_("%(agency)s says that it belongs to %(own)s")
            % {"agency": row.code, "own": viewer.agency_code},
            icon="link",
            tags=(_("Agency"),),
            key=f"child-{row.code}",
        )
        for row in rows.order_by("code")
    ]
