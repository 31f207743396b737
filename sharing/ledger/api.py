"""The ledger as JSON: the same lines as on its page."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bulletins.records.models import Kind
from hub.rest.filters import PagedFilters
from hub.rest.pages import Page, page
from hub.rest.schema import paged, says
from hub.rest.views import HubView
from sharing.disclosures.rules import Channel, may_read_ledger
from sharing.ledger.lines import LedgerLine, UnlistedLine, unlisted_lines
from sharing.ledger.looking import LINES, MOST_UNLISTED, entries, is_known, on_trail
from sharing.ledger.querysets import ORDER, Asked
from sharing.ledger.rules import Side

COMMUNITIES = "communities"
SIDES = [
    (Side.GIVEN.value, _("records of your agency, given to others")),
    (Side.RECEIVED.value, _("records of others, given to your agency")),
    (COMMUNITIES, _("your releases to communities whose members are not listed")),
]


class LedgerFilters(PagedFilters):
    side = serializers.ChoiceField(required=False, choices=SIDES, default=Side.GIVEN.value)
    record = serializers.UUIDField(required=False, help_text=_("one record's"))
    agency = serializers.CharField(
        required=False, max_length=20, help_text=_("code of the agency on the other side")
    )
    channel = serializers.ChoiceField(required=False, choices=[channel.value for channel in Channel])
    since = serializers.DateField(required=False, help_text=_("first day, in your zone"))
    until = serializers.DateField(required=False, help_text=_("last day, in your zone"))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("since") and attrs.get("until") and attrs["since"] > attrs["until"]:
            raise serializers.ValidationError({"until": [_("The last day comes before the first.")]})
        return attrs


class LedgerShape(serializers.Serializer[Any]):
    """One record given to one agency. `person` is there for your own agency's people alone.

    `sensitivity_level`, `confidence_level`, `submitting_agency` and `control_official` are the labels of 28 CFR 23.
    """

    at = serializers.DateTimeField()
    record = serializers.UUIDField()
    ref = serializers.CharField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    version = serializers.IntegerField()
    withheld = serializers.ListField(child=serializers.CharField())
    agency = serializers.CharField(allow_null=True)
    community = serializers.CharField(required=False)
    person = serializers.CharField(required=False)
    channel = serializers.CharField(allow_null=True)
    basis = serializers.CharField()
    need_to_know = serializers.CharField()
    right_to_know = serializers.CharField()
    agreement = serializers.CharField()
    sensitivity_level = serializers.CharField()
    confidence_level = serializers.CharField()
    submitting_agency = serializers.CharField()
    control_official = serializers.CharField()


class LedgerList(HubView):
    filters = LedgerFilters

    @says(
        "ledger_list",
        paged(LedgerShape(many=True), "Ledger"),
        filters=LedgerFilters,
        errors=(403, 404),
    )
    def get(self, request: Request) -> Response:
        """Who was given your agency's records, or what your agency was given, newest first."""
        self.require(may_read_ledger(self.viewer), "ledger.read", kind="ledger")
        given = {
            name: self.query[name] for name in ("agency", "channel", "since", "until") if name in self.query
        }
        asked = Asked(uid=self.query.get("record"), **given)
        if asked.one_record and not is_known(self.viewer, asked):
            raise Http404
        now = timezone.now()
        if self.query["side"] == COMMUNITIES:
            lines = unlisted_lines(self.viewer, asked, at=now, most=MOST_UNLISTED)
            on_trail("ledger.read", self.viewer, Side.GIVEN, asked, at=now, rows=len(lines))
            return Page([], next=None, previous=None).response(
                _unlisted(line, self.viewer.agency_code) for line in lines
            )
        side = Side(self.query["side"])
        rows = entries(self.viewer, side, asked).order_by()
        columns = [field.attname for field in rows.model._meta.concrete_fields]
        found = page(rows, *columns, by=ORDER, request=request, query=self.query)
        shown = LINES[side]([rows.model(**row) for row in found.rows])
        on_trail("ledger.read", self.viewer, side, asked, at=now, rows=len(shown))
        return found.response(_line(line) for line in shown)


def _line(line: LedgerLine) -> dict[str, Any]:
    told = {
        "at": line.at,
        "record": line.uid,
        "ref": line.ref,
        "kind": line.kind,
        "version": line.version,
        "withheld": list(line.withheld),
        "agency": line.agency,
        "channel": line.channel,
        "basis": line.basis,
        "need_to_know": line.need_to_know,
        "right_to_know": line.right_to_know,
        "agreement": line.agreement,
        "sensitivity_level": line.sensitivity,
        "confidence_level": line.confidence,
        "submitting_agency": line.submitted_by,
        "control_official": line.official,
    }
    return told | ({"person": line.person} if line.person else {})


def _unlisted(line: UnlistedLine, owner: str) -> dict[str, Any]:
    return {
        "at": line.at,
        "record": line.uid,
        "ref": line.ref,
        "kind": line.kind,
        "version": line.version,
        "withheld": [],
        "agency": None,
        "community": line.community,
        "channel": None,
        "basis": "",
        "need_to_know": line.need_to_know,
        "right_to_know": line.right_to_know,
        "agreement": "",
        "sensitivity_level": line.marking.banner,
        "confidence_level": "",
        "submitting_agency": owner,
        "control_official": line.official,
    }
