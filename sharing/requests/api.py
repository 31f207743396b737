"""Requests to share on as JSON: one's own and their answers, what one is asked, granting, refusing, taking back."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from bulletins.publishing.api import codes
from bulletins.publishing.rules import may_draft, may_release
from bulletins.records.models import Kind
from bulletins.vocabulary.lists import WITHHOLDABLE
from hub.accounts.viewer import Viewer
from hub.rest.filters import Instant, TimedFilters, within
from hub.rest.pages import page
from hub.rest.schema import paged, says
from hub.rest.views import HubView
from sharing.audiences.models import Received
from sharing.disclosures.about import OfARecord
from sharing.disclosures.answers import carried
from sharing.disclosures.shapes import instant
from sharing.requests.actions import ask, grant, refuse_request, withdraw_consent, withdraw_request
from sharing.requests.models import OnwardRequest, RequestState, Verdict, VerdictState
from sharing.requests.presenting import stands
from sharing.requests.querysets import concerning, requests_of, verdicts_of
from sharing.requests.rules import EVERY_GROUP, Terms

GROUPS = [(group.value, group.label) for group in WITHHOLDABLE]
ASKER, ASKED = "asker", "asked"


class RequestFilters(TimedFilters):
    role = serializers.ChoiceField(
        choices=[ASKER, ASKED], required=False, help_text=gettext_lazy("what you asked, or are asked")
    )
    state = serializers.ChoiceField(
        choices=sorted({*RequestState.values, *VerdictState.values} - {VerdictState.LATER.value}),
        required=False,
        help_text=gettext_lazy("of the request, or of your own answer; goes with `role`"),
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if "state" in given and "role" not in given:
            raise serializers.ValidationError({"state": [_("Say with `role` whose state is meant.")]})
        return given


class RequestBody(serializers.Serializer[Any]):
    example = {
        "record": "1b7c2f0e-6c1d-4a57-9a53-3d0c1f6f8a11",
        "to": "RCMP",
        "need_to_know": "Trucks of this kind cross their lanes",
        "right_to_know": "Drug enforcement in their jurisdiction",
    }

    record = serializers.UUIDField()
    to = serializers.CharField(max_length=20, help_text=gettext_lazy("the code of the agency to have it"))
    need_to_know = serializers.CharField(max_length=300)
    right_to_know = serializers.CharField(max_length=300)


class GrantBody(serializers.Serializer[Any]):
    """Nothing in it grants the whole, without end."""

    example = {"withheld": ["identifiers"]}

    withheld = codes(serializers.ChoiceField(choices=GROUPS), len(GROUPS))
    tear_line_only = serializers.BooleanField(
        required=False, help_text=gettext_lazy("withholds every group that can be")
    )
    until = Instant(required=False, allow_null=True)


class RefuseBody(serializers.Serializer[Any]):
    example = {"reason": "A trial begins next month: ask again then"}

    reason = serializers.CharField(max_length=500, help_text=gettext_lazy("shown to the asker"))


class VerdictShape(serializers.Serializer[Any]):
    """What your own agency answered, where it is asked. `stands`: its consent does."""

    state = serializers.ChoiceField(choices=VerdictState.choices)
    withheld = serializers.ListField(child=serializers.CharField())
    until = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()
    stands = serializers.BooleanField()


class RequestShape(serializers.Serializer[Any]):
    """`record` is empty where you do not hold it; `state` and what follows are for the asker and the owner."""

    uid = serializers.UUIDField()
    ref = serializers.CharField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    record = serializers.UUIDField(allow_null=True)
    asker = serializers.CharField()
    recipient = serializers.CharField()
    need_to_know = serializers.CharField()
    right_to_know = serializers.CharField()
    asked_at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=RequestState.choices, allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)
    answer = serializers.CharField()
    answered_by = serializers.CharField(help_text=gettext_lazy("who refused, where you may know"))
    withheld = serializers.ListField(child=serializers.CharField())
    until = serializers.DateTimeField(allow_null=True)
    yours = VerdictShape(allow_null=True)


class RequestList(OfARecord):
    filters = RequestFilters

    @says("requests_list", paged(RequestShape(many=True), "Request"), filters=RequestFilters)
    def get(self, request: Request) -> Response:
        """What your agency asked and is asked, newest first."""
        found = page(
            within(_asked_for(self.viewer, self.query), "asked_at", self.query),
            by=("asked_at", "id"),
            request=request,
            query=self.query,
        )
        ids = [row["id"] for row in found.rows]
        rows = {row.pk: row for row in concerning(self.viewer).filter(pk__in=ids)}
        return found.response(_shapes([rows[pk] for pk in ids if pk in rows], self.viewer))

    @says("requests_create", RequestShape, status=201, body=RequestBody, errors=(403, 404, 410))
    def post(self, request: Request) -> Response:
        """Ask that one more agency may have what you hold. Those it rests on are asked, then its owner."""
        shown = self.disclosed
        assert shown is not None
        self.require(may_draft(self.viewer), "request.ask", kind=shown.kind, ref=shown.ref)
        body = RequestBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        made = ask(
            shown,
            given["to"],
            need_to_know=given["need_to_know"],
            right_to_know=given["right_to_know"],
            viewer=self.viewer,
            at=timezone.now(),
        )
        fresh = concerning(self.viewer).get(pk=made.pk)
        place = reverse("api-request", args=[made.uid])
        return self.answer(_shapes([fresh], self.viewer)[0], place, status.HTTP_201_CREATED)


class OneRequest(HubView):
    """A request that concerns the caller's agency; every other, and none at all, is the same 404."""

    asked: Any = None
    tagged = True

    def find(self, request: Request, **kwargs: Any) -> None:
        self.asked = concerning(self.viewer).filter(uid=kwargs["uid"]).first()
        if self.asked is None:
            raise Http404

    def answered(self) -> Response:
        fresh = concerning(self.viewer).get(pk=self.asked.pk)
        place = reverse("api-request", args=[self.asked.uid])
        return self.answer(_shapes([fresh], self.viewer)[0], place)

    def decide(self, event: str) -> None:
        """A releaser of an agency that is asked, now or before: others that may read it are refused."""
        asked = verdicts_of(self.viewer).filter(request=self.asked).exists()
        self.require(may_release(self.viewer) and asked, event, kind=self.asked.kind, ref=self.asked.ref)


class RequestDetail(OneRequest):
    @says("requests_retrieve", RequestShape, errors=(404,))
    def get(self, request: Request, **kwargs: Any) -> Response:
        """One request, as far as it concerns you."""
        return self.answered()

    @says("requests_withdraw", RequestShape, errors=(403, 404))
    def delete(self, request: Request, **kwargs: Any) -> Response:
        """Take back what your agency asked, while it waits."""
        own = self.asked.asker_id == self.viewer.agency_id
        self.require(
            own and may_draft(self.viewer), "request.withdraw", kind=self.asked.kind, ref=self.asked.ref
        )
        withdraw_request(self.asked, viewer=self.viewer, at=timezone.now())
        return self.answered()


class RequestGrant(OneRequest):
    @says("requests_grant", RequestShape, body=GrantBody, errors=(403, 404))
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Grant it: as one that it rests on you consent, as its owner you release it."""
        self.decide("request.grant")
        body = GrantBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        held = EVERY_GROUP if given.get("tear_line_only") else frozenset(given.get("withheld", ()))
        grant(self.asked, Terms(held, given.get("until")), viewer=self.viewer, at=timezone.now())
        return self.answered()


class RequestRefuse(OneRequest):
    @says("requests_refuse", RequestShape, body=RefuseBody, errors=(403, 404))
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Refuse it, and say why to the asker."""
        self.decide("request.refuse")
        body = RefuseBody(data=request.data)
        body.is_valid(raise_exception=True)
        refuse_request(self.asked, body.validated_data["reason"], viewer=self.viewer, at=timezone.now())
        return self.answered()


class RequestConsent(OneRequest):
    @says("requests_withdraw_consent", RequestShape, errors=(403, 404))
    def delete(self, request: Request, **kwargs: Any) -> Response:
        """Withdraw the consent your agency gave: what went by it alone ends at once."""
        self.decide("consent.withdraw")
        withdraw_consent(self.asked, viewer=self.viewer, at=timezone.now())
        return self.answered()


def _asked_for(viewer: Viewer, query: dict[str, Any]) -> Any:
    rows = concerning(viewer)
    if query.get("role") == ASKER:
        rows = requests_of(viewer).order_by()
        return rows.filter(state=query["state"]) if "state" in query else rows
    if query.get("role") == ASKED:
        mine = verdicts_of(viewer).order_by()
        if "state" in query:
            mine = mine.filter(state=query["state"])
        return rows.filter(pk__in=mine.values("request_id"))
    return rows


def _shapes(rows: list[OnwardRequest], viewer: Viewer) -> list[dict[str, Any]]:
    """The JSON of requests: two queries more, however many."""
    held = carried(Received.objects.visible_to(viewer).filter(ref__in=[row.ref for row in rows]))
    uids = dict(held.values_list("ref", "uid"))
    mine = {each.request_id: each for each in verdicts_of(viewer).filter(request__in=rows)}
    return [_shape(row, uids.get(row.ref), mine.get(row.pk), viewer) for row in rows]


def _shape(row: OnwardRequest, uid: Any, mine: Verdict | None, viewer: Viewer) -> dict[str, Any]:
    told = viewer.agency_id in (row.asker_id, row.owner_id)
    granted = told and row.state == RequestState.GRANTED
    return {
        "uid": str(row.uid),
        "ref": row.ref,
        "kind": row.kind,
        "record": str(uid) if uid else None,
        "asker": row.asker.code,
        "recipient": row.recipient.code,
        "need_to_know": row.need_to_know,
        "right_to_know": row.right_to_know,
        "asked_at": instant(row.asked_at),
        "state": row.state if told else None,
        "settled_at": instant(row.settled_at) if told and row.settled_at else None,
        "answer": row.answer if told else "",
        "answered_by": row.answered_by.code if told and row.answered_by else "",
        "withheld": list(row.withheld) if granted else [],
        "until": instant(row.until) if granted and row.until else None,
        "yours": _yours(mine) if mine else None,
    }


def _yours(mine: Verdict) -> dict[str, Any]:
    return {
        "state": mine.state,
        "withheld": list(mine.withheld),
        "until": instant(mine.until) if mine.until else None,
        "reason": mine.reason,
        "stands": stands(mine),
    }
