"""Recalls as JSON: those your agency was told of and what it answers; for the owner the proof."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from bulletins.markings.models import TLP
from bulletins.models import Record
from bulletins.publishing.querysets import working_copies
from bulletins.records.models import Kind
from hub.rest.filters import TimedFilters, within
from hub.rest.pages import page
from hub.rest.schema import paged, says
from hub.rest.views import HubView
from sharing.audiences.models import Withdrawal
from sharing.disclosures.shapes import instant
from sharing.recalls.actions import answer
from sharing.recalls.forms import MOST_NAMED, agencies_named
from sharing.recalls.models import AnswerKind
from sharing.recalls.proof import Line, Proof, may_prove, proofs_of
from sharing.recalls.querysets import Said, ToldRecall, as_told, told_recalls
from sharing.recalls.rules import LONGEST, may_answer
from sharing.releases.models import Recall


class RecallFilters(TimedFilters):
    record = serializers.UUIDField(required=False)
    answered = serializers.BooleanField(
        required=False, help_text=gettext_lazy("those your agency has, or has not, answered")
    )


class RecallAnswerBody(serializers.Serializer[Any]):
    example = {"kind": "destroyed"}

    kind = serializers.ChoiceField(choices=AnswerKind.choices)
    words = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=LONGEST,
        help_text=gettext_lazy("`kept`: which law or order; `passed`: to whom"),
    )
    passed_to = serializers.ListField(
        child=serializers.CharField(max_length=20),
        required=False,
        max_length=MOST_NAMED,
        help_text=gettext_lazy("`passed`: codes of agencies of the hub among them"),
    )


class RecallAnswerShape(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=AnswerKind.choices)
    words = serializers.CharField()
    passed_to = serializers.ListField(child=serializers.CharField())
    answered_at = serializers.DateTimeField()


class ToldRecallShape(serializers.Serializer[Any]):
    """A recall your agency was told of. `version` is null where all of the record was taken back."""

    uid = serializers.UUIDField()
    record = serializers.UUIDField()
    ref = serializers.CharField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    version = serializers.IntegerField(allow_null=True)
    owner = serializers.CharField()
    recalled_at = serializers.DateTimeField()
    reason = serializers.CharField()
    answer = RecallAnswerShape(allow_null=True, help_text=gettext_lazy("the newest; the one that counts"))


class RecallAnswersShape(serializers.Serializer[Any]):
    results = RecallAnswerShape(many=True)


class RecallHadShape(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()
    channels = serializers.ListField(child=serializers.CharField())


class RecallLineShape(serializers.Serializer[Any]):
    """What is known of one agency: what it was given, when it was told, what it answered, newest first."""

    agency = serializers.CharField()
    had = RecallHadShape(many=True)
    told_at = serializers.DateTimeField(allow_null=True)
    reached_at = serializers.DateTimeField(
        allow_null=True, help_text=gettext_lazy("when the first notice arrived")
    )
    answered = serializers.BooleanField()
    answers = RecallAnswerShape(many=True)


class RecallProofShape(serializers.Serializer[Any]):
    """`communities` went to as groups whose members are not listed to you: nothing is counted of them."""

    uid = serializers.UUIDField()
    record = serializers.UUIDField()
    ref = serializers.CharField()
    version = serializers.IntegerField(allow_null=True)
    recalled_at = serializers.DateTimeField()
    reason = serializers.CharField()
    agencies = RecallLineShape(many=True)
    communities = serializers.ListField(child=serializers.CharField())


class RecallList(HubView):
    filters = RecallFilters

    @says("recalls_list", paged(ToldRecallShape(many=True), "Recall"), filters=RecallFilters)
    def get(self, request: Request) -> Response:
        """Recalls your agency was told of, newest first."""
        rows = _carried(told_recalls(self.viewer))
        if "record" in self.query:
            rows = rows.filter(uid=self.query["record"])
        if "answered" in self.query:
            rows = rows.filter(answered_at__isnull=not self.query["answered"])
        found = page(within(rows, "at", self.query), by=("at", "id"), request=request, query=self.query)
        kept = {row.pk: row for row in rows.filter(pk__in=[row["id"] for row in found.rows])}
        told = as_told([kept[row["id"]] for row in found.rows if row["id"] in kept], self.viewer)
        uids = {row.recall_id: str(row.uid) for row in kept.values()}
        return found.response(told_shape(each, uids[each.key]) for each in told)


class RecallAnswers(HubView):
    """For those who were told of the recall. To everybody else, its owner too, there is no such address."""

    told: ToldRecall
    keeps_answer = True

    def find(self, request: Request, **kwargs: Any) -> None:
        row = _carried(told_recalls(self.viewer)).filter(recall__uid=kwargs["uid"]).first()
        if row is None:
            raise Http404
        (self.told,) = as_told([row], self.viewer)

    @says("recalls_answers", RecallAnswersShape, errors=(404,))
    def get(self, request: Request, uid: str) -> Response:
        """What your agency answered so far, newest first."""
        return Response({"results": [said_shape(each) for each in self.told.said]})

    @says("recalls_answer", RecallAnswerShape, status=201, body=RecallAnswerBody, errors=(403, 404))
    def post(self, request: Request, uid: str) -> Response:
        """Say what became of your copies: destroyed, kept by law, or passed on. A later answer counts instead."""
        self.require(may_answer(self.viewer), "recall.answer", kind=self.told.kind, ref=self.told.ref)
        body = RecallAnswerBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        codes = given.get("passed_to", [])
        made = answer(
            self.told,
            kind=given["kind"],
            words=given.get("words", ""),
            passed_to=agencies_named(codes),
            viewer=self.viewer,
            at=timezone.now(),
        )
        said = Said(made.kind, made.words, tuple(sorted({code.upper() for code in codes})), made.at)
        return Response(said_shape(said), status=status.HTTP_201_CREATED)


class RecallProof(HubView):
    record: Record
    proof: Proof

    def find(self, request: Request, **kwargs: Any) -> None:
        owned = Recall.objects.filter(uid=kwargs["uid"], owner_id=self.viewer.agency_id).first()
        if owned is None:
            raise Http404
        record = working_copies(Record, self.viewer).filter(pk=owned.record_id).first()
        if record is None or record.tlp == TLP.RED:
            raise Http404
        self.record = record
        self.proof = next(each for each in proofs_of(record, self.viewer) if each.uid == owned.uid)

    @says("recalls_proof", RecallProofShape, errors=(403, 404))
    def get(self, request: Request, uid: str) -> Response:
        """For the owner's releasers and auditors: who had it, when they were told, what they answered."""
        self.require(may_prove(self.viewer), "recall.proof", kind=self.record.kind, ref=self.record.ref)
        found = self.proof
        return Response(
            {
                "uid": str(found.uid),
                "record": str(self.record.uid),
                "ref": self.record.ref,
                "version": found.version,
                "recalled_at": instant(found.at),
                "reason": found.reason,
                "agencies": [_line_shape(line) for line in found.lines],
                "communities": list(found.communities),
            }
        )


def told_shape(told: ToldRecall, record: str) -> dict[str, Any]:
    return {
        "uid": str(told.uid),
        "record": record,
        "ref": told.ref,
        "kind": told.kind,
        "version": told.version,
        "owner": told.owner,
        "recalled_at": instant(told.at),
        "reason": told.reason,
        "answer": said_shape(told.answer) if told.answer else None,
    }


def said_shape(said: Said) -> dict[str, Any]:
    return {
        "kind": said.kind,
        "words": said.words,
        "passed_to": list(said.passed_to),
        "answered_at": instant(said.at),
    }


def _line_shape(line: Line) -> dict[str, Any]:
    return {
        "agency": line.code,
        "had": [
            {
                "version": had.version,
                "first_at": instant(had.first_at),
                "last_at": instant(had.last_at),
                "channels": list(had.channels),
            }
            for had in line.had
        ],
        "told_at": instant(line.told_at) if line.told_at else None,
        "reached_at": instant(line.sent_at) if line.sent_at else None,
        "answered": line.answered,
        "answers": [said_shape(said) for said in line.said],
    }


def _carried(rows: Any) -> Any:
    """What programs may have: nothing of TLP:RED, as of its tombstone."""
    found = rows.exclude(tlp=TLP.RED)
    assert found.model is Withdrawal
    return found
