"""Receipts as JSON: one's own agency's, what agencies answered to an owner, acknowledging."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from bulletins.models import Record
from bulletins.publishing.querysets import working_copies
from bulletins.records.models import Kind
from hub.accounts.viewer import Viewer
from hub.rest.filters import TimedFilters, within
from hub.rest.pages import Page, page
from hub.rest.schema import paged, says
from sharing.audiences.holders import holders_of
from sharing.audiences.models import Received
from sharing.disclosures.about import OfARecord
from sharing.disclosures.answers import carried
from sharing.disclosures.shapes import instant
from sharing.receipts.actions import acknowledge
from sharing.receipts.models import Receipt
from sharing.receipts.querysets import answers_told


class ReceiptFilters(TimedFilters):
    record = serializers.UUIDField(
        required=False,
        help_text=gettext_lazy("one record's; of a record of your own: what the agencies answered"),
    )


class ReceiptBody(serializers.Serializer[Any]):
    example = {"record": "1b7c2f0e-6c1d-4a57-9a53-3d0c1f6f8a11"}

    record = serializers.UUIDField()


class ReceiptShape(serializers.Serializer[Any]):
    """A receipt of your agency's names the person; one given to you by another names the agency alone."""

    record = serializers.UUIDField()
    ref = serializers.CharField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    version = serializers.IntegerField()
    agency = serializers.CharField()
    person = serializers.CharField(required=False)
    given_at = serializers.DateTimeField(required=False, allow_null=True)
    read_at = serializers.DateTimeField(allow_null=True)
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    acknowledge_by = serializers.DateTimeField(
        required=False,
        allow_null=True,
        help_text=gettext_lazy("until when it was asked to; of agencies that you may know to have it"),
    )
    overdue = serializers.BooleanField(required=False)


class ReceiptList(OfARecord):
    filters = ReceiptFilters
    # The first acknowledgement counts, however often it is sent.
    repeats = True

    @says("receipts_list", paged(ReceiptShape(many=True), "Receipt"), filters=ReceiptFilters, errors=(404,))
    def get(self, request: Request) -> Response:
        """Your agency's receipts, newest first; with a `record` of your own, what the agencies answered."""
        if "record" in self.query:
            record = carried(working_copies(Record, self.viewer)).filter(uid=self.query["record"]).first()
            if record is not None:
                return Page([], next=None, previous=None).response(_answers(record, self.viewer))
        return self._own(request)

    @says("receipts_create", ReceiptShape, status=201, body=ReceiptBody, errors=(403, 404, 410))
    def post(self, request: Request) -> Response:
        """Acknowledge what you were given, in the version you have. The first acknowledgement counts."""
        shown = self.disclosed
        assert shown is not None
        receipt = acknowledge(self.viewer, shown, timezone.now())
        if receipt is None:
            raise serializers.ValidationError(
                {"record": [_("This is your own agency's: others acknowledge it to you.")]}
            )
        return Response(
            {
                "record": str(shown.uid),
                "ref": shown.ref,
                "kind": shown.kind,
                "version": receipt.version,
                "agency": self.viewer.agency_code,
                "person": self.viewer.username,
                "read_at": instant(receipt.read_at),
                "acknowledged_at": instant(receipt.acknowledged_at) if receipt.acknowledged_at else None,
            },
            status=status.HTTP_201_CREATED,
        )

    def _own(self, request: Request) -> Response:
        """Receipts of what the agency still holds: of what was taken back there is the tombstone alone."""
        held = carried(Received.objects.visible_to(self.viewer))
        if "record" in self.query:
            held = held.filter(uid=self.query["record"])
            if not held.exists():
                raise Http404
        rows = Receipt.objects.filter(agency_id=self.viewer.agency_id, record_id__in=held.values("record_id"))
        columns = ("record_id", "version", "agency__code", "person__username", "acknowledged_at")
        found = page(
            within(rows, "read_at", self.query),
            *columns,
            by=("read_at", "id"),
            request=request,
            query=self.query,
        )
        names = {
            row["record_id"]: row
            for row in held.filter(record_id__in=[row["record_id"] for row in found.rows]).values(
                "record_id", "uid", "ref", "kind"
            )
        }
        return found.response(
            {
                "record": str(names[row["record_id"]]["uid"]),
                "ref": names[row["record_id"]]["ref"],
                "kind": names[row["record_id"]]["kind"],
                "version": row["version"],
                "agency": row["agency__code"],
                "person": row["person__username"],
                "read_at": instant(row["read_at"]),
                "acknowledged_at": instant(row["acknowledged_at"]) if row["acknowledged_at"] else None,
            }
            for row in found.rows
            if row["record_id"] in names
        )


def _answers(record: Record, viewer: Viewer) -> list[dict[str, Any]]:
    return [
        {
            "record": str(record.uid),
            "ref": record.ref,
            "kind": record.kind,
            "version": answer.version,
            "agency": answer.code,
            "given_at": instant(answer.given_at) if answer.given_at else None,
            "read_at": instant(answer.read_at) if answer.read_at else None,
            "acknowledged_at": instant(answer.acknowledged_at) if answer.acknowledged_at else None,
            "acknowledge_by": instant(answer.acknowledge_by) if answer.acknowledge_by else None,
            "overdue": answer.overdue(timezone.now()),
        }
        for answer in answers_told(record.pk, viewer, holders_of(record.pk, viewer))
    ]
