"""Releases as JSON: what one's agency released to whom, a preview, a release, a recall."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError as Refusal
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from bulletins.models import Record
from bulletins.publishing.querysets import working_copies
from bulletins.publishing.rules import may_release
from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency, AgencyState, Person
from hub.rest.pages import page
from hub.rest.schema import paged, says
from hub.rest.views import HubView
from sharing.audiences.preview import preview
from sharing.communities.models import Community
from sharing.flow import recall, release
from sharing.releases.models import Release
from sharing.releases.plan import Pick, Plan
from sharing.rest.release_shapes import (
    COLUMNS,
    PreviewShape,
    RecallBody,
    RecallShape,
    ReleaseBody,
    ReleaseFilters,
    ReleaseShape,
    preview_shape,
    release_shape,
)


class OwnRecord(HubView):
    """A body that names a record of one's own. Any other record, and none at all, is the same 404."""

    record: Any = None

    def find(self, request: Request, **kwargs: Any) -> None:
        if request.method == "POST":
            self.record = own_record(self.viewer, request.data)

    def allow(self, event: str) -> None:
        self.require(may_release(self.viewer), event, kind=self.record.kind, ref=self.record.ref)


class ReleaseList(OwnRecord):
    filters = ReleaseFilters

    @says("releases_list", paged(ReleaseShape(many=True), "Release"), filters=ReleaseFilters)
    def get(self, request: Request) -> Response:
        """What your agency released, newest first."""
        rows = _visible(self.viewer)
        if "record" in self.query:
            rows = rows.filter(record__uid=self.query["record"])
        if "live" in self.query:
            live = Q(ended_at=None) & (Q(ends_at=None) | Q(ends_at__gt=timezone.now()))
            rows = rows.filter(live if self.query["live"] else ~live)
        found = page(rows, *COLUMNS, by=("released_at", "id"), request=request, query=self.query)
        return found.response(map(release_shape, found.rows))

    @says("releases_create", PreviewShape, status=201, body=ReleaseBody, errors=(403, 404))
    def post(self, request: Request) -> Response:
        """Release a published record of your agency's; the answer says what each agency got."""
        self.allow("record.release")
        at = timezone.now()
        plan = planned(self.record, request.data)
        foreseen = preview(self.record, plan, viewer=self.viewer, at=at)
        release([self.record], plan, viewer=self.viewer, at=at)
        return Response(preview_shape(self.record, foreseen), status=status.HTTP_201_CREATED)


class ReleasePreview(OwnRecord):
    @says("releases_preview", PreviewShape, body=ReleaseBody, errors=(403, 404))
    def post(self, request: Request) -> Response:
        """What each agency would get, and why. Nothing is written."""
        self.allow("record.preview")
        plan = planned(self.record, request.data)
        foreseen = preview(self.record, plan, viewer=self.viewer, at=timezone.now())
        return Response(preview_shape(self.record, foreseen))


class Recall(OwnRecord):
    @says("releases_recall", RecallShape, body=RecallBody, errors=(403, 404))
    def post(self, request: Request) -> Response:
        """Take a record back from everybody who has it, at once."""
        self.allow("record.recall")
        body = RecallBody(data=request.data)
        body.is_valid(raise_exception=True)
        at = timezone.now()
        changes = recall(self.record, reason=body.validated_data["reason"], viewer=self.viewer, at=at)
        agencies = {agency for record, agency in changes.withdrawn}
        return Response(
            {"record": str(self.record.uid), "recalled_at": at.isoformat(), "agencies": len(agencies)}
        )


def own_record(viewer: Viewer, body: Any) -> Record:
    """The record of the viewer's agency that a body names; the rest of the body is not looked at yet."""
    uid = body.get("record") if isinstance(body, dict) else None
    asked = serializers.UUIDField().run_validation(uid) if isinstance(uid, str) else None
    if asked is None:
        raise serializers.ValidationError({"record": [_("Give the uid of a record.")]})
    found = working_copies(Record, viewer).filter(uid=asked).first()
    if found is None:
        raise Http404
    return found


def planned(record: Record, data: Any) -> Plan:
    """The plan that a body describes. Raises ValidationError by field."""
    body = ReleaseBody(data=data)
    body.is_valid(raise_exception=True)
    given = body.validated_data
    return Plan(
        picks=tuple(_picks(given["to"])),
        tlp=given.get("tlp", record.tlp),
        controls=tuple(given.get("controls", record.controls)),
        rel_to=tuple(given.get("rel_to", record.rel_to)),
        withheld=frozenset(given.get("withheld", ())),
        need_to_know=given["need_to_know"],
        right_to_know=given["right_to_know"],
        starts_at=given.get("starts_at"),
        ends_at=given.get("ends_at"),
    )


def _picks(targets: list[dict[str, Any]]) -> list[Pick]:
    """Codes to numbers. Communities are those the viewer sees: hidden and missing are one refusal."""
    names = {each["agency"] for each in targets if each.get("agency")}
    agencies = dict(Agency.objects.filter(code__in=names, state=AgencyState.ACTIVE).values_list("code", "pk"))
    names = {each["community"] for each in targets if each.get("community")}
    communities = dict(Community.objects.filter(code__in=names).values_list("code", "pk"))
    people = {
        (agency, name) for each in targets for name in each.get("persons", ()) for agency in [each["agency"]]
    }
    persons = {
        (code, name): pk
        for pk, name, code in Person.objects.filter(
            username__in={name for agency, name in people}, is_active=True
        ).values_list("pk", "username", "agency__code")
    }
    found, wrong = [], []
    for number, each in enumerate(targets, start=1):
        agency, community = each.get("agency"), each.get("community")
        named = [(agency, name) for name in each.get("persons", ())]
        unknown = [name for code, name in named if (code, name) not in persons]
        if (agency and agency not in agencies) or (community and community not in communities):
            wrong.append(
                _("%(n)d: there is no %(code)s, or not for your agency.")
                % {"n": number, "code": agency or community}
            )
        elif unknown:
            wrong.append(
                _("%(n)d: %(agency)s has nobody named %(names)s.")
                % {"n": number, "agency": agency, "names": ", ".join(unknown)}
            )
        else:
            found.append(
                Pick(
                    agency=agencies[agency] if agency else None,
                    community=communities[community] if community else None,
                    withheld=frozenset(each.get("withheld", ())),
                    persons=frozenset(persons[pair] for pair in named),
                )
            )
    if wrong:
        raise Refusal({"to": wrong})
    return found


def _visible(viewer: Viewer) -> QuerySet[Release]:
    """Releases of records whose working copies the viewer may open."""
    return Release.objects.filter(
        owner_id=viewer.agency_id, record__in=working_copies(Record, viewer).values("pk")
    )
