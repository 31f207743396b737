"""Corrections as JSON: proposing one, the list of both sides, taking up and answering."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from bulletins.markings.models import TLP, Control
from bulletins.models import Record
from bulletins.records.models import Kind
from bulletins.vocabulary.lists import FieldGroup
from hub.rest.filters import TimedFilters, within
from hub.rest.pages import page
from hub.rest.schema import paged, says
from hub.rest.views import HubView
from sharing.audiences.models import Received
from sharing.corrections.actions import answer, propose, take_up
from sharing.corrections.models import Correction, CorrectionState
from sharing.corrections.querysets import Proposal, as_proposals, asked_of, corrections_for, proposed_by
from sharing.corrections.rules import LONGEST_ANSWER, LONGEST_SAYS, LONGEST_WHY, may_propose
from sharing.disclosures.about import OfARecord
from sharing.disclosures.shapes import instant


class CorrectionFilters(TimedFilters):
    record = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(choices=CorrectionState.choices, required=False)
    side = serializers.ChoiceField(
        choices=["asked", "proposed"],
        required=False,
        help_text=gettext_lazy("asked of your agency's records, or proposed by your agency"),
    )


class CorrectionBody(serializers.Serializer[Any]):
    example = {
        "record": "1b7c2f0e-6c1d-4a57-9a53-3d0c1f6f8a11",
        "part": "core",
        "says": "It was found behind the dashboard",
        "why": "Our officer was there",
    }

    record = serializers.UUIDField()
    part = serializers.ChoiceField(choices=FieldGroup.choices)
    says = serializers.CharField(max_length=LONGEST_SAYS, help_text=gettext_lazy("what the part should say"))
    why = serializers.CharField(max_length=LONGEST_WHY)


class CorrectionAnswerBody(serializers.Serializer[Any]):
    example = {"answer": "The photograph shows the tank: it stays as it is"}

    answer = serializers.CharField(
        max_length=LONGEST_ANSWER, help_text=gettext_lazy("shown to the agency that proposed it")
    )


class CorrectionShape(serializers.Serializer[Any]):
    """`by` is an agency, or words where the agency may not be named to you. `says` and `why` are empty for a proposer
    who no longer has the record. `in_version` is told to a proposer once it has that version."""

    uid = serializers.UUIDField()
    ref = serializers.CharField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    owner = serializers.CharField()
    by = serializers.CharField()
    version = serializers.IntegerField(help_text=gettext_lazy("the version it is about"))
    part = serializers.ChoiceField(choices=FieldGroup.choices)
    says = serializers.CharField()
    why = serializers.CharField()
    proposed_at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=CorrectionState.choices)
    settled_at = serializers.DateTimeField(allow_null=True)
    answer = serializers.CharField()
    in_version = serializers.IntegerField(allow_null=True)


class CorrectionList(OfARecord):
    filters = CorrectionFilters

    @says("corrections_list", paged(CorrectionShape(many=True), "Correction"), filters=CorrectionFilters)
    def get(self, request: Request) -> Response:
        """Corrections proposed by your agency, and those asked of its records, newest first."""
        side = self.query.get("side")
        rows = {"asked": asked_of, "proposed": proposed_by}.get(side or "", corrections_for)(self.viewer)
        rows = _carried(rows)
        if "record" in self.query:
            rows = rows.filter(ref__in=_refs(self.viewer, self.query["record"]))
        if "state" in self.query:
            rows = rows.filter(state=self.query["state"])
        found = page(
            within(rows, "proposed_at", self.query),
            by=("proposed_at", "id"),
            request=request,
            query=self.query,
        )
        kept = {row.pk: row for row in rows.filter(pk__in=[row["id"] for row in found.rows])}
        ordered = [kept[row["id"]] for row in found.rows if row["id"] in kept]
        return found.response(correction_shape(each) for each in as_proposals(ordered, self.viewer))

    @says("corrections_create", CorrectionShape, status=201, body=CorrectionBody, errors=(403, 404, 410))
    def post(self, request: Request) -> Response:
        """Propose a correction of what you were given. Its owner is told your agency, not you."""
        shown = self.disclosed
        assert shown is not None
        self.require(
            not shown.own and may_propose(self.viewer), "correction.propose", kind=shown.kind, ref=shown.ref
        )
        body = CorrectionBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        made = propose(
            shown,
            part=given["part"],
            says=given["says"],
            why=given["why"],
            viewer=self.viewer,
            at=timezone.now(),
        )
        return self.answer(
            _shape_of(made, self.viewer), reverse("api-correction", args=[made.uid]), status.HTTP_201_CREATED
        )


class OneCorrection(HubView):
    row: Correction

    def find(self, request: Request, **kwargs: Any) -> None:
        found = _carried(corrections_for(self.viewer)).filter(uid=kwargs["uid"]).first()
        if found is None:
            raise Http404
        self.row = found

    def allow(self, event: str) -> None:
        owner = self.row.owner_id == self.viewer.agency_id
        self.require(owner, event, kind=self.row.kind, ref=self.row.ref)

    def answered(self) -> Response:
        return self.answer(_shape_of(self.row, self.viewer), reverse("api-correction", args=[self.row.uid]))


class CorrectionDetail(OneCorrection):
    tagged = True

    @says("corrections_retrieve", CorrectionShape, errors=(404,))
    def get(self, request: Request, uid: str) -> Response:
        """One correction, as your side may know it."""
        return Response(_shape_of(self.row, self.viewer))


class CorrectionTake(OneCorrection):
    @says("corrections_take", CorrectionShape, errors=(403, 404))
    def post(self, request: Request, uid: str) -> Response:
        """Take it up: the next version your agency publishes of the record will have taken it."""
        self.allow("correction.take_up")
        take_up(self.row, viewer=self.viewer, at=timezone.now())
        return self.answered()


class CorrectionAnswer(OneCorrection):
    @says("corrections_answer", CorrectionShape, body=CorrectionAnswerBody, errors=(403, 404))
    def post(self, request: Request, uid: str) -> Response:
        """Answer it in words instead."""
        self.allow("correction.answer")
        body = CorrectionAnswerBody(data=request.data)
        body.is_valid(raise_exception=True)
        answer(self.row, words=body.validated_data["answer"], viewer=self.viewer, at=timezone.now())
        return self.answered()


def correction_shape(each: Proposal) -> dict[str, Any]:
    return {
        "uid": str(each.uid),
        "ref": each.ref,
        "kind": each.record_kind,
        "owner": each.owner,
        "by": each.by,
        "version": each.version,
        "part": each.part,
        "says": each.says,
        "why": each.why,
        "proposed_at": instant(each.proposed_at),
        "state": each.state,
        "settled_at": instant(each.settled_at) if each.settled_at else None,
        "answer": each.answer,
        "in_version": each.in_version,
    }


def _shape_of(row: Correction, viewer: Any) -> dict[str, Any]:
    row = corrections_for(viewer).get(pk=row.pk)
    return correction_shape(as_proposals([row], viewer)[0])


def _refs(viewer: Any, uid: Any) -> Any:
    """The reference of a record that the viewer has, by its uid; of another there is none."""
    return Received.objects.visible_to(viewer).filter(uid=uid).values("ref")


def _carried(rows: Any) -> Any:
    """Corrections of what a program may have: of TLP:RED and of what is for display only, none, on either side."""
    kept = Q(tlp=TLP.RED) | Q(controls__contains=[Control.DISPLAY_ONLY])
    theirs = Received.objects.filter(kept, record_id=OuterRef("record_id"))
    own = Record.objects.filter(kept, pk=OuterRef("record_id"))
    return rows.exclude(person_id__isnull=False).exclude(Exists(theirs)).exclude(Exists(own))
