"""Releases as JSON: what one's agency released to whom, a preview, a release, a recall."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError as Refusal
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from bulletins.markings.models import TLP, Control
from bulletins.models import Record
from bulletins.publishing.api import Country, codes
from bulletins.publishing.querysets import working_copies
from bulletins.publishing.rules import may_release
from bulletins.records.models import Kind
from bulletins.vocabulary.lists import WITHHOLDABLE, FieldGroup
from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency, AgencyState, Person
from hub.rest.filters import PagedFilters
from hub.rest.pages import page
from hub.rest.schema import paged, says
from hub.rest.views import HubView
from sharing.audiences.preview import Preview, preview
from sharing.communities.models import Community
from sharing.flow import recall, release
from sharing.releases.models import Release
from sharing.releases.plan import Pick, Plan

GROUPS = [(group.value, group.label) for group in WITHHOLDABLE]
MOST_PICKS = 300


def groups() -> serializers.ListField:
    return codes(serializers.ChoiceField(choices=GROUPS), len(GROUPS))


class TargetBody(serializers.Serializer[Any]):
    """One whom it goes to: an agency, a community, or (TLP:CLEAR) every agency. Give one of the three."""

    agency = serializers.CharField(max_length=20, required=False, help_text=gettext_lazy("its code"))
    community = serializers.CharField(max_length=20, required=False, help_text=gettext_lazy("its code"))
    everybody = serializers.BooleanField(required=False)
    withheld = groups()
    persons = serializers.ListField(
        child=serializers.CharField(max_length=150),
        required=False,
        max_length=50,
        help_text=gettext_lazy("TLP:RED: usernames of the agency's people it is for"),
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        named = [name for name in ("agency", "community", "everybody") if given.get(name)]
        if len(named) != 1:
            raise serializers.ValidationError(_("Give one of agency, community and everybody."))
        if given.get("persons") and not given.get("agency"):
            raise serializers.ValidationError({"persons": [_("People are named with their agency.")]})
        return given


class ReleaseBody(serializers.Serializer[Any]):
    record = serializers.UUIDField()
    to = TargetBody(many=True, max_length=MOST_PICKS)
    tlp = serializers.ChoiceField(
        choices=TLP.choices, required=False, help_text=gettext_lazy("the record's own where nothing is said")
    )
    controls = codes(serializers.ChoiceField(choices=Control.choices), 4)
    rel_to = codes(Country())
    withheld = groups()
    need_to_know = serializers.CharField(max_length=300)
    right_to_know = serializers.CharField(max_length=300)
    starts_at = serializers.DateTimeField(required=False, allow_null=True)
    ends_at = serializers.DateTimeField(required=False, allow_null=True)


class RecallBody(serializers.Serializer[Any]):
    record = serializers.UUIDField()
    reason = serializers.CharField(max_length=500, help_text=gettext_lazy("shown to those who had it"))


class OutcomeShape(serializers.Serializer[Any]):
    """What one agency gets, or a community whose roster is hidden from you as a whole."""

    code = serializers.CharField()
    name = serializers.CharField()
    outcome = serializers.ChoiceField(choices=["all", "part", "no"])
    withheld = serializers.ListField(child=serializers.CharField())
    reasons = serializers.ListField(child=serializers.CharField())
    first_time = serializers.BooleanField(help_text=gettext_lazy("nothing of yours has gone to it before"))
    agencies = serializers.IntegerField()


class PreviewShape(serializers.Serializer[Any]):
    """`refusals` say why the release as a whole cannot be; `warnings` what to look at before it is."""

    record = serializers.UUIDField()
    reached = serializers.IntegerField()
    outcomes = OutcomeShape(many=True)
    refusals = serializers.ListField(child=serializers.CharField())
    warnings = serializers.ListField(child=serializers.CharField())


class ToShape(serializers.Serializer[Any]):
    agency = serializers.CharField(required=False)
    community = serializers.CharField(required=False)
    everybody = serializers.BooleanField(required=False)


class ReleaseShape(serializers.Serializer[Any]):
    """A release of your agency's."""

    record = serializers.UUIDField()
    ref = serializers.CharField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    version = serializers.IntegerField()
    to = ToShape()
    withheld = serializers.ListField(child=serializers.CharField())
    need_to_know = serializers.CharField()
    right_to_know = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True)
    released_at = serializers.DateTimeField()
    released_by = serializers.CharField()
    ended_at = serializers.DateTimeField(allow_null=True)
    recalled_at = serializers.DateTimeField(allow_null=True)
    recall_reason = serializers.CharField()


class RecallShape(serializers.Serializer[Any]):
    record = serializers.UUIDField()
    recalled_at = serializers.DateTimeField()
    agencies = serializers.IntegerField(help_text=gettext_lazy("how many agencies had it"))


class ReleaseFilters(PagedFilters):
    record = serializers.UUIDField(required=False)
    live = serializers.BooleanField(
        required=False, help_text=gettext_lazy("those that have, or have not, ended")
    )


COLUMNS = [
    "record__uid",
    "record__ref",
    "record__kind",
    "version",
    "agency__code",
    "community__code",
    "withheld",
    "need_to_know",
    "right_to_know",
    "starts_at",
    "ends_at",
    "released_at",
    "released_by__username",
    "ended_at",
    "recalled_at",
    "recall_reason",
]


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

    @says(paged(ReleaseShape), filters=ReleaseFilters)
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

    @says(PreviewShape, status=201, body=ReleaseBody, errors=(403, 404))
    def post(self, request: Request) -> Response:
        """Release a published record of your agency's; the answer says what each agency got."""
        self.allow("record.release")
        at = timezone.now()
        plan = planned(self.record, request.data)
        foreseen = preview(self.record, plan, viewer=self.viewer, at=at)
        release([self.record], plan, viewer=self.viewer, at=at)
        return Response(preview_shape(self.record, foreseen), status=status.HTTP_201_CREATED)


class ReleasePreview(OwnRecord):
    @says(PreviewShape, body=ReleaseBody, errors=(403, 404))
    def post(self, request: Request) -> Response:
        """What each agency would get, and why. Nothing is written."""
        self.allow("record.preview")
        plan = planned(self.record, request.data)
        foreseen = preview(self.record, plan, viewer=self.viewer, at=timezone.now())
        return Response(preview_shape(self.record, foreseen))


class Recall(OwnRecord):
    @says(RecallShape, body=RecallBody, errors=(403, 404))
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


def preview_shape(record: Record, foreseen: Preview) -> dict[str, Any]:
    by_label = {str(group.label): group.value for group in FieldGroup}
    return {
        "record": str(record.uid),
        "reached": foreseen.reached,
        "outcomes": [
            {
                "code": row.code,
                "name": row.name,
                "outcome": row.outcome,
                "withheld": [by_label[label] for label in row.withheld],
                "reasons": list(row.reasons),
                "first_time": row.first_time,
                "agencies": row.count,
            }
            for row in foreseen.rows
        ],
        "refusals": list(foreseen.refusals),
        "warnings": list(foreseen.warnings),
    }


def _visible(viewer: Viewer) -> QuerySet[Release]:
    """Releases of records whose working copies the viewer may open."""
    return Release.objects.filter(
        owner_id=viewer.agency_id, record__in=working_copies(Record, viewer).values("pk")
    )


def release_shape(row: dict[str, Any]) -> dict[str, Any]:
    if row["agency__code"]:
        to: dict[str, Any] = {"agency": row["agency__code"]}
    elif row["community__code"]:
        to = {"community": row["community__code"]}
    else:
        to = {"everybody": True}
    return {
        "record": str(row["record__uid"]),
        "ref": row["record__ref"],
        "kind": row["record__kind"],
        "version": row["version"],
        "to": to,
        "withheld": row["withheld"],
        "need_to_know": row["need_to_know"],
        "right_to_know": row["right_to_know"],
        **{name: _instant(row[name]) for name in ("starts_at", "ends_at", "released_at")},
        "released_by": row["released_by__username"] or "",
        **{name: _instant(row[name]) for name in ("ended_at", "recalled_at")},
        "recall_reason": row["recall_reason"],
    }


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
