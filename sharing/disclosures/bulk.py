"""Many new records in one request: all of them or none, or each for itself, with what was refused by its index."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError as Refusal
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from bulletins.publishing.api import BODIES, BulletinBody, SeizureBody
from bulletins.publishing.rules import may_draft
from bulletins.records.models import Kind
from hub.accounts.problems import by_field
from hub.rest.schema import says
from hub.rest.views import HubView
from sharing.disclosures.api import MODELS, save

MOST = 200
ATOMIC = gettext_lazy("all of them or none; otherwise each for itself")


class BulkBody(serializers.Serializer[Any]):
    """Of the items only that they are some: each is read by itself, so that each has its own errors."""

    items = serializers.ListField(child=serializers.JSONField(), min_length=1, max_length=MOST)
    atomic = serializers.BooleanField(default=True, help_text=ATOMIC)


class BulletinsBody(serializers.Serializer[Any]):
    example = {"items": [BulletinBody.example], "atomic": True}

    items = BulletinBody(many=True, min_length=1, max_length=MOST)  # type: ignore[call-arg]
    atomic = serializers.BooleanField(default=True, help_text=ATOMIC)


class SeizuresBody(serializers.Serializer[Any]):
    example = {"items": [SeizureBody.example], "atomic": False}

    items = SeizureBody(many=True, min_length=1, max_length=MOST)  # type: ignore[call-arg]
    atomic = serializers.BooleanField(default=True, help_text=ATOMIC)


class BulkResultShape(serializers.Serializer[Any]):
    """What became of one item: where its working copy is, or why it was refused."""

    index = serializers.IntegerField()
    uid = serializers.UUIDField(required=False)
    ref = serializers.CharField(required=False)
    version = serializers.IntegerField(required=False, help_text=gettext_lazy("0 for a draft"))
    location = serializers.CharField(required=False)
    errors = serializers.DictField(required=False)  # type: ignore[assignment]


class BulkShape(serializers.Serializer[Any]):
    """How many were written and how many refused; `results` in the order of the items."""

    written = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = BulkResultShape(many=True)


class Bulk(HubView):
    kind: ClassVar[str]
    # Names of what was written, and why the rest was not: no words of a record.
    keeps_answer = True

    def write(self, request: Request) -> Response:
        self.require(may_draft(self.viewer), f"{self.kind}.draft", kind=self.kind)
        body = BulkBody(data=request.data)
        body.is_valid(raise_exception=True)
        results = [self._result(index, item) for index, item in enumerate(body.validated_data["items"])]
        refused = {str(each["index"]): each["errors"] for each in results if "errors" in each}
        if refused and (body.validated_data["atomic"] or len(refused) == len(results)):
            raise serializers.ValidationError({"items": refused})
        told = {"written": len(results) - len(refused), "refused": len(refused), "results": results}
        return Response(told, status=status.HTTP_201_CREATED)

    def _result(self, index: int, item: Any) -> dict[str, Any]:
        body = BODIES[self.kind](data=item)
        record = MODELS[self.kind](kind=self.kind)
        try:
            body.is_valid(raise_exception=True)
            with transaction.atomic():
                save(self, record, dict(body.validated_data))
        except serializers.ValidationError as error:
            return {"index": index, "errors": error.detail}
        except Refusal as error:
            return {"index": index, "errors": by_field(error)}
        return {
            "index": index,
            "uid": str(record.uid),
            "ref": record.ref,
            "version": 1 if body.validated_data.get("publish") else 0,
            "location": f"{reverse(f'api-{self.kind}', args=[record.uid])}?state=draft",
        }


class BulletinBulk(Bulk):
    kind = Kind.BULLETIN.value

    @says("bulletins_create_many", BulkShape, status=201, body=BulletinsBody, errors=(403,))
    def post(self, request: Request) -> Response:
        """Write up to 200 bulletins, as drafts or published: all or none, or with `atomic` false each for itself."""
        return self.write(request)


class SeizureBulk(Bulk):
    kind = Kind.SEIZURE.value

    @says("seizures_create_many", BulkShape, status=201, body=SeizuresBody, errors=(403,))
    def post(self, request: Request) -> Response:
        """Write up to 200 seizure reports, as drafts or published: all or none, or with `atomic` false each for
        itself."""
        return self.write(request)
