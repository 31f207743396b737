"""Deliveries as JSON: how each alert to your desk fares, never what it says; and your endpoints, to be watched.

Where alerts go is changed on the pages alone: a token that got into other hands must not become a tap.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from hub.rest.filters import TimedFilters, within
from hub.rest.pages import page
from hub.rest.schema import paged, says
from hub.rest.views import HubView
from sharing.deliveries.dead_letters import dead_letters, resend, resend_all
from sharing.deliveries.endpoints.health import Fare, State, fare_of
from sharing.deliveries.endpoints.rules import may_run_endpoints
from sharing.deliveries.models import AlertKind, Channel, Delivery, DeliveryState, Endpoint, EndpointKind
from sharing.deliveries.querysets import DeliveryQuerySet
from sharing.disclosures.shapes import instant

COLUMNS = (
    "uid", "alert__kind", "channel", "endpoint__uid", "state", "attempts", "alert__at", "due_at", "begun_at", "sent_at",
    "failure",
)  # fmt: skip


class DeliveryFilters(TimedFilters):
    state = serializers.ChoiceField(required=False, choices=DeliveryState.choices)
    kind = serializers.ChoiceField(required=False, choices=AlertKind.choices)
    channel = serializers.ChoiceField(required=False, choices=Channel.choices)
    endpoint = serializers.UUIDField(required=False)


class DeliveryShape(serializers.Serializer[Any]):
    """One alert to your desk by one channel. `uid` is its webhook-id, and the beginning of its Message-ID.

    `due_at` is there while it waits; `failure` says why the last attempt did not get through.
    """

    uid = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=AlertKind.choices)
    channel = serializers.ChoiceField(choices=Channel.choices)
    endpoint = serializers.UUIDField(allow_null=True)
    state = serializers.ChoiceField(choices=DeliveryState.choices)
    attempts = serializers.IntegerField()
    queued_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    begun_at = serializers.DateTimeField(allow_null=True)
    sent_at = serializers.DateTimeField(allow_null=True)
    failure = serializers.CharField()


class EndpointShape(serializers.Serializer[Any]):
    """`waiting` and `failed` count deliveries. `server` is the address without its path, which may be secret."""

    uid = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=EndpointKind.choices)
    server = serializers.CharField()
    state = serializers.ChoiceField(choices=[(state.value, state.value) for state in State])
    waiting = serializers.IntegerField()
    failed = serializers.IntegerField()
    next_at = serializers.DateTimeField(allow_null=True)
    verified_at = serializers.DateTimeField(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)
    failing_since = serializers.DateTimeField(allow_null=True)
    old_secret_ends_at = serializers.DateTimeField(allow_null=True)


class EndpointsShape(serializers.Serializer[Any]):
    results = EndpointShape(many=True)


class ResentShape(serializers.Serializer[Any]):
    resent = serializers.IntegerField()


class DeliveryList(HubView):
    filters = DeliveryFilters

    @says("deliveries_list", paged(DeliveryShape(many=True), "Delivery"), filters=DeliveryFilters)
    def get(self, request: Request) -> Response:
        """Alerts to your agency's desk and how each fares, newest first."""
        rows = _of_desk(self)
        for name, column in (("state", "state"), ("channel", "channel"), ("kind", "alert__kind")):
            if name in self.query:
                rows = rows.filter(**{column: self.query[name]})
        if "endpoint" in self.query:
            rows = rows.filter(endpoint__uid=self.query["endpoint"])
        found = page(
            within(rows, "alert__at", self.query), *COLUMNS, by=("id",), request=request, query=self.query
        )
        return found.response(delivery_shape(row) for row in found.rows)


class DeliveryDetail(HubView):
    tagged = True
    row: dict[str, Any]

    def find(self, request: Request, **kwargs: Any) -> None:
        row = _of_desk(self).filter(uid=kwargs["uid"]).values(*COLUMNS).first()
        if row is None:
            raise Http404
        self.row = row

    @says("deliveries_read", DeliveryShape, errors=(404,))
    def get(self, request: Request, uid: str) -> Response:
        """One alert to your agency's desk."""
        return Response(delivery_shape(self.row))


class DeliveryResend(HubView):
    keeps_answer = True

    def find(self, request: Request, **kwargs: Any) -> None:
        if not dead_letters(self.viewer).filter(uid=kwargs["uid"]).exists():
            raise Http404

    @says("deliveries_resend", ResentShape, errors=(403, 404))
    def post(self, request: Request, uid: UUID) -> Response:
        """Send again what was given up, under the same id. Only what has failed is there to be sent again."""
        self.require(may_run_endpoints(self.viewer), "delivery.resend", kind="delivery", ref=str(uid))
        if not resend(uid, self.viewer, timezone.now()):
            raise serializers.ValidationError(_("Its endpoint is not in use: verify it first."))
        return Response({"resent": 1})


class EndpointList(HubView):
    @says("endpoints_list", EndpointsShape, errors=(403,))
    def get(self, request: Request) -> Response:
        """Your agency's endpoints and how each fares. They are added and changed on the pages alone."""
        self.require(may_run_endpoints(self.viewer), "endpoint.list", kind="endpoint")
        return Response({"results": [endpoint_shape(each) for each in fare_of(self.viewer, timezone.now())]})


class EndpointResend(HubView):
    endpoint: Endpoint
    keeps_answer = True

    def find(self, request: Request, **kwargs: Any) -> None:
        found = Endpoint.objects.visible_to(self.viewer).filter(uid=kwargs["uid"]).first()
        if found is None:
            raise Http404
        self.endpoint = found

    @says("endpoints_resend", ResentShape, errors=(403, 404))
    def post(self, request: Request, uid: str) -> Response:
        """Send all again that this endpoint did not take and that was given up."""
        self.require(may_run_endpoints(self.viewer), "delivery.resend_all", kind="endpoint", ref=str(uid))
        return Response({"resent": resend_all(self.endpoint, self.viewer, timezone.now())})


def delivery_shape(row: dict[str, Any]) -> dict[str, Any]:
    def told(name: str) -> str | None:
        return instant(row[name]) if row[name] else None

    return {
        "uid": str(row["uid"]),
        "kind": row["alert__kind"],
        "channel": row["channel"],
        "endpoint": str(row["endpoint__uid"]) if row["endpoint__uid"] else None,
        "state": row["state"],
        "attempts": row["attempts"],
        "queued_at": told("alert__at"),
        "due_at": told("due_at") if row["state"] == DeliveryState.WAITING else None,
        "begun_at": told("begun_at"),
        "sent_at": told("sent_at"),
        "failure": row["failure"],
    }


def endpoint_shape(fare: Fare) -> dict[str, Any]:
    times = ("next_at", "verified_at", "answered_at", "failing_since", "old_secret_ends_at")
    return {
        "uid": str(fare.uid),
        "kind": fare.kind,
        "server": fare.host,
        "state": fare.state.value,
        "waiting": fare.waiting,
        "failed": fare.failed,
        **{name: instant(at) if (at := getattr(fare, name)) else None for name in times},
    }


def _of_desk(view: HubView) -> DeliveryQuerySet:
    """The desk's own: what is for one person, at TLP:RED, is for no program.

    Nor is what was called off before any attempt: of that nobody was told.
    """
    own = Delivery.objects.visible_to(view.viewer).filter(person=None)
    found: DeliveryQuerySet = own.exclude(state=DeliveryState.CANCELLED, begun_at=None)
    return found
