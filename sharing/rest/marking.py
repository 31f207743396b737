"""Marking and embargo of one's own record, for programs: the whole marking is put, and decided again at once."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bulletins.faces.derived import lock_with_derived
from bulletins.markings.models import TLP, Control
from bulletins.models import Record
from bulletins.publishing.api import Country, codes
from bulletins.publishing.rules import may_release
from bulletins.records.models import Kind
from hub.rest.filters import Filters, Instant
from hub.rest.schema import says
from hub.rest.validators import tag_of
from sharing.audiences.preview import PreviewRow, preview_marking
from sharing.disclosures.api import RecordView, copy_shape
from sharing.flow import Handling, mark
from sharing.releases.plan import Plan


class HandlingBody(serializers.Serializer[Any]):
    """The whole of it: what is left out is none."""

    example = {"tlp": "TLP:GREEN", "reason": "The case is closed"}

    tlp = serializers.ChoiceField(choices=TLP.choices)
    controls = codes(serializers.ChoiceField(choices=Control.choices), 4)
    rel_to = codes(Country())
    embargo_until = Instant(
        required=False, allow_null=True, help_text=gettext_lazy("before then nobody but its owner has it")
    )
    reason = serializers.CharField(
        max_length=300,
        required=False,
        allow_blank=True,
        help_text=gettext_lazy("asked for where it is marked lower than what others were given"),
    )


class HandlingShape(serializers.Serializer[Any]):
    """How it is marked now, and what that changed, as far as you may know who has it."""

    record = serializers.UUIDField()
    ref = serializers.CharField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    tlp = serializers.ChoiceField(choices=TLP.choices)
    controls = serializers.ListField(child=serializers.CharField())
    rel_to = serializers.ListField(child=serializers.CharField())
    embargo_until = serializers.DateTimeField(allow_null=True)
    losing = serializers.ListField(
        child=serializers.CharField(), help_text=gettext_lazy("agencies that had it and no longer do")
    )
    gaining = serializers.ListField(
        child=serializers.CharField(), help_text=gettext_lazy("agencies that have it by releases that stood")
    )


class RecordMarking(RecordView):
    """Below one record of the caller's own agency."""

    filters = Filters
    writes: ClassVar[frozenset[str]] = frozenset({"PUT"})

    def write(self, request: Request) -> Response:
        self.require(may_release(self.viewer), "record.mark", kind=self.kind, ref=self.record.ref)
        # As marking it does: locked with what is derived from it, in one order.
        lock_with_derived([self.record.pk])
        self.precondition(lambda: copy_shape(self, self.record.pk))
        body = HandlingBody(data=request.data)
        body.is_valid(raise_exception=True)
        given, at = body.validated_data, timezone.now()
        handling = Handling(
            tlp=given["tlp"],
            controls=tuple(given.get("controls", ())),
            rel_to=tuple(given.get("rel_to", ())),
            embargo_until=given.get("embargo_until"),
        )
        record = Record.objects.select_related("owner").get(pk=self.record.pk)
        rows: tuple[PreviewRow, ...] = ()
        if record.latest:
            plan = Plan((), handling.tlp, handling.controls, handling.rel_to)
            rows = preview_marking(record, plan, handling.embargo_until, viewer=self.viewer, at=at)
        mark(record, handling, reason=given.get("reason", ""), viewer=self.viewer, at=at)
        tag = tag_of(self.viewer, copy_shape(self, record.pk))
        return Response(_shape(record, handling, rows), headers={"ETag": tag})


class BulletinMarking(RecordMarking):
    kind = Kind.BULLETIN.value

    @says("bulletins_marking", HandlingShape, body=HandlingBody, errors=(403, 404))
    def put(self, request: Request, uid: UUID) -> Response:
        """Mark a bulletin anew, and set or lift its embargo. It holds for everything already given."""
        return self.write(request)


class SeizureMarking(RecordMarking):
    kind = Kind.SEIZURE.value

    @says("seizures_marking", HandlingShape, body=HandlingBody, errors=(403, 404))
    def put(self, request: Request, uid: UUID) -> Response:
        """Mark a seizure report anew, and set or lift its embargo. It holds for everything already given."""
        return self.write(request)


def _shape(record: Record, handling: Handling, rows: tuple[PreviewRow, ...]) -> dict[str, Any]:
    return {
        "record": str(record.uid),
        "ref": record.ref,
        "kind": record.kind,
        "tlp": handling.tlp,
        "controls": list(handling.controls),
        "rel_to": list(handling.rel_to),
        "embargo_until": handling.embargo_until.isoformat() if handling.embargo_until else None,
        "losing": [row.code for row in rows if row.outcome == "no"],
        "gaining": [row.code for row in rows if row.outcome != "no"],
    }
