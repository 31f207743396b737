"""Briefings as JSON: those of one's agency, a new one, and the pack as everybody who attends may see it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from bulletins.publishing.api import Text, codes
from bulletins.records.models import Kind
from bulletins.vocabulary.terms import terms
from hub.agencies.models import Agency, AgencyState
from hub.rest.filters import Filters, TimedFilters, within
from hub.rest.pages import page
from hub.rest.schema import paged, says
from hub.rest.views import HubView
from sharing.briefings.actions import make, opened
from sharing.briefings.attendees import Attendees, attendees_of, open_communities
from sharing.briefings.forms import title_for
from sharing.briefings.models import Briefing
from sharing.briefings.packs import Pack, pack_of, reasons
from sharing.briefings.rules import MONTH, may_make, month_span, zone_of
from sharing.disclosures.answers import MarkingShape, RecordShape
from sharing.disclosures.fields import Fields, FieldsField
from sharing.disclosures.rules import Channel
from sharing.disclosures.shapes import instant, marking_shape, shape

MOST = 200


class BriefingFilters(TimedFilters):
    month = serializers.RegexField(f"^{MONTH}$", required=False, help_text="2025-03")


class PackFilters(Filters):
    fields = FieldsField()  # type: ignore[assignment]


class BriefingBody(serializers.Serializer[Any]):
    """A month, and at least one agency or community that attends."""

    example = {"month": "2026-10", "agencies": ["CBSA"], "title": "Concealment briefing, October 2026"}

    month = serializers.RegexField(f"^{MONTH}$", help_text="2025-03")
    title = Text(200, help_text=gettext_lazy("the month in words, where nothing is said"))
    agencies = codes(serializers.CharField(max_length=20), MOST)
    communities = codes(serializers.CharField(max_length=20), MOST)

    def validate_title(self, given: str) -> str:
        return " ".join(given.split())

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if not (given.get("agencies") or given.get("communities")):
            raise serializers.ValidationError(_("Pick at least one agency or community that attends."))
        return given


class BriefingShape(serializers.Serializer[Any]):
    """A briefing of your agency's. What is in it is worked out each time it is read."""

    uid = serializers.UUIDField()
    ref = serializers.CharField()
    title = serializers.CharField()
    month = serializers.CharField()
    agencies = serializers.ListField(child=serializers.CharField(), help_text=gettext_lazy("as picked"))
    communities = serializers.ListField(child=serializers.CharField(), help_text=gettext_lazy("as picked"))
    made_at = serializers.DateTimeField()


class LeftRecordShape(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    ref = serializers.CharField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    version = serializers.IntegerField()


class LeftShape(serializers.Serializer[Any]):
    """Records of the month that are not in the pack, for one reason: these attendees may not see them."""

    agencies = serializers.CharField()
    why = serializers.CharField()
    records = LeftRecordShape(many=True)


class PackShape(BriefingShape):
    """The pack: what all `attending` may see at this moment, without what one of them is not shown. `left` is for you
    who prepare it, and not for them. With `refusals` nothing can be said to be for all, and the pack is empty."""

    attending = serializers.ListField(child=serializers.CharField())
    refusals = serializers.ListField(child=serializers.CharField())
    marking = MarkingShape(allow_null=True, help_text=gettext_lazy("the highest of what is in it"))
    bulletins = RecordShape(many=True)
    seizures = RecordShape(many=True)
    left = LeftShape(many=True)


class BriefingList(HubView):
    filters = BriefingFilters

    @says("briefings_list", paged(BriefingShape(many=True), "Briefing"), filters=BriefingFilters)
    def get(self, request: Request) -> Response:
        """Your agency's briefings, newest first; for its liaisons and releasers."""
        rows = within(Briefing.objects.visible_to(self.viewer), "made_at", self.query)
        if month := self.query.get("month"):
            rows = rows.filter(month=date.fromisoformat(f"{month}-01"))
        found = page(rows, by=("made_at", "id"), request=request, query=self.query)
        kept = rows.prefetch_related("agencies", "communities").in_bulk([row["id"] for row in found.rows])
        return found.response(briefing_shape(kept[row["id"]]) for row in found.rows if row["id"] in kept)

    @says("briefings_create", PackShape, status=201, body=BriefingBody, errors=(403,))
    def post(self, request: Request) -> Response:
        """Make a briefing on a month that has begun, as your agency's liaison."""
        why = _("Only a liaison of an agency makes briefings.")
        self.require(may_make(self.viewer), "briefing.make", kind="briefing", why=why)
        body = BriefingBody(data=request.data)
        body.is_valid(raise_exception=True)
        given, now = body.validated_data, timezone.now()
        month = self._month(given["month"])
        made = make(
            title=given.get("title") or title_for(month),
            month=month,
            agencies=self._picked("agencies", given.get("agencies", []), _others(self.viewer.agency_id)),
            communities=self._picked(
                "communities", given.get("communities", []), open_communities(self.viewer, at=now)
            ),
            viewer=self.viewer,
            at=now,
        )
        place = reverse("api-briefing", args=[made.uid])
        return self.answer(_pack_shape(made, self.viewer), place, status.HTTP_201_CREATED)

    def _month(self, given: str) -> date:
        month = date.fromisoformat(f"{given}-01")
        if month > timezone.now().astimezone(zone_of(self.viewer.time_zone)).date():
            raise serializers.ValidationError(
                {"month": [_("That month has not begun. A briefing looks back.")]}
            )
        return month

    def _picked(self, field: str, given: list[str], known: Any) -> list[int]:
        """The keys of what is named. Hidden and missing are one refusal."""
        found = dict(known.filter(code__in=given).values_list("code", "pk"))
        if unknown := [code for code in given if code not in found]:
            said = _("There is no %(code)s, or not for your agency.") % {"code": ", ".join(unknown)}
            raise serializers.ValidationError({field: [said]})
        return list(found.values())


class BriefingDetail(HubView):
    briefing: Briefing
    filters = PackFilters
    tagged = True

    def find(self, request: Request, **kwargs: Any) -> None:
        found = Briefing.objects.visible_to(self.viewer).filter(uid=kwargs["uid"]).select_related("owner")
        briefing = found.first()
        if briefing is None:
            raise Http404
        self.briefing = briefing

    @says("briefings_retrieve", PackShape, filters=PackFilters, errors=(404,))
    def get(self, request: Request, uid: UUID) -> Response:
        """One briefing with its pack: its records, or the `fields` of each, as they may be said to all who attend."""
        return Response(_pack_shape(self.briefing, self.viewer, self.query.get("fields")))


def _others(agency_id: int | None) -> Any:
    return Agency.objects.filter(state=AgencyState.ACTIVE).exclude(pk=agency_id)


def _pack_shape(briefing: Briefing, viewer: Any, fields: Fields | None = None) -> dict[str, Any]:
    now = timezone.now()
    attendees = attendees_of(briefing, viewer, at=now)
    span = month_span(briefing.month, zone_of(briefing.owner.time_zone))
    groups = fields.read_of if fields else None
    pack = pack_of(attendees, span, viewer, Channel.REST, at=now, with_left=True, groups=groups)
    opened(briefing, pack, viewer=viewer, at=now)
    return briefing_shape(briefing) | _told(pack, attendees, fields.of if fields else lambda whole: whole)


def _told(pack: Pack, attendees: Attendees, part: Callable[[Any], Any]) -> dict[str, Any]:
    known, inside = terms(), {each.key: str(each.uid) for each in pack.records}
    bulletins = [
        shape(each, labels=known) | {"seizures": [inside[key] for key in each.linked if key in inside]}
        for each in pack.bulletins
    ]
    return {
        "attending": [seat.code for seat in attendees.seats],
        "refusals": list(attendees.refusals),
        "marking": marking_shape(pack.marking) if pack.marking else None,
        "bulletins": [part(each) for each in bulletins],
        "seizures": [part(shape(each, labels=known)) for each in pack.seizures],
        "left": [
            {
                "agencies": reason.codes,
                "why": reason.why,
                "records": [
                    {"uid": str(each.uid), "ref": each.ref, "kind": each.kind, "version": each.version}
                    for each in reason.records
                ],
            }
            for reason in reasons(pack.left, attendees)
        ],
    }


def briefing_shape(row: Briefing) -> dict[str, Any]:
    return {
        "uid": str(row.uid),
        "ref": row.ref,
        "title": row.title,
        "month": f"{row.month:%Y-%m}",
        "agencies": sorted(each.code for each in row.agencies.all()),
        "communities": sorted(each.code for each in row.communities.all()),
        "made_at": instant(row.made_at),
    }
