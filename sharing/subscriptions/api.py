"""Subscriptions as JSON: the caller's own and their desk's; making, changing and removing them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from bulletins.markings.models import TLP
from bulletins.publishing.models import Urgency
from bulletins.records.models import Kind
from bulletins.vocabulary.lists import Region
from hub.rest.filters import PagedFilters
from hub.rest.pages import page
from hub.rest.schema import paged, says
from hub.rest.views import HubView
from sharing.disclosures.shapes import instant
from sharing.subscriptions.actions import change, pause, remove, resume, subscribe
from sharing.subscriptions.models import Channel, Frequency, Subscription
from sharing.subscriptions.rules import FURTHEST_KM, may_change, may_manage_desk, may_subscribe
from sharing.subscriptions.wishes import LONGEST_WORDS, Wish, wished, wishes_of

MOST = 200
WHOSE = ["me", "desk"]


def _codes(child: Any = None, **options: Any) -> serializers.ListField:
    return serializers.ListField(
        child=child or serializers.CharField(max_length=60), required=False, max_length=MOST, **options
    )


def _country() -> serializers.RegexField:
    return serializers.RegexField(r"^[A-Z]{2}$")


class SubscriptionFilters(PagedFilters):
    whose = serializers.ChoiceField(choices=WHOSE, required=False)


class SubscriptionFields(serializers.Serializer[Any]):
    """Filters narrow each other, values of one are alternatives; an empty filter asks for nothing in particular. What
    they are compared with is what you are shown: what is withheld from you fits nothing."""

    title = serializers.CharField(max_length=120)
    words = serializers.CharField(
        max_length=LONGEST_WORDS,
        required=False,
        allow_blank=True,
        help_text=gettext_lazy("as in search: “exact phrase”, or, -without"),
    )
    kinds = _codes(serializers.ChoiceField(choices=Kind.choices))
    methods = _codes(help_text=gettext_lazy("codes; each takes what is below it along"))
    drugs = _codes(help_text=gettext_lazy("with `classes` one filter: either fits"))
    classes = _codes()
    modes = _codes()
    regions = _codes(serializers.ChoiceField(choices=Region.choices))
    ports = _codes()
    near_km = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=FURTHEST_KM,
        help_text=gettext_lazy("also what happened so near to one of the ports"),
    )
    countries = _codes(_country(), help_text=gettext_lazy("where it was seized"))
    origins = _codes(_country())
    destinations = _codes(_country())
    owners = _codes(help_text=gettext_lazy("agencies by their codes"))
    urgencies = _codes(serializers.ChoiceField(choices=Urgency.choices))
    tlps = _codes(serializers.ChoiceField(choices=TLP.choices))
    hazard = serializers.BooleanField(required=False, help_text=gettext_lazy("hazards to officers alone"))
    channels = serializers.ListField(
        child=serializers.ChoiceField(choices=Channel.choices), required=False, max_length=len(Channel)
    )
    endpoint = serializers.UUIDField(
        required=False,
        allow_null=True,
        help_text=gettext_lazy("of a desk's webhooks or TAXII push; null is every address"),
    )
    frequency = serializers.ChoiceField(choices=Frequency.choices, required=False)
    times = serializers.ListField(
        child=serializers.TimeField(format="%H:%M"),
        required=False,
        max_length=10,
        help_text=gettext_lazy("of digests, in the time zone of whoever is told"),
    )
    weekday = serializers.IntegerField(
        required=False, min_value=0, max_value=6, help_text=gettext_lazy("0 is Monday")
    )
    day = serializers.IntegerField(required=False, min_value=1, max_value=31)


class SubscriptionBody(SubscriptionFields):
    example = {
        "title": "Fentanyl in fuel tanks",
        "methods": ["VEH-MECH-FUEL"],
        "drugs": ["fentanyl"],
        "frequency": "shift",
        "times": ["06:00", "18:00"],
    }

    whose = serializers.ChoiceField(
        choices=WHOSE, required=False, help_text=gettext_lazy("me, or my agency's desk")
    )


class SubscriptionChange(SubscriptionFields):
    """What is left out stays. `paused` stops it, or lets it go on from now."""

    example = {"title": "Fuel tanks", "paused": True}

    title = serializers.CharField(max_length=120, required=False)
    paused = serializers.BooleanField(required=False)


class SubscriptionShape(SubscriptionFields):
    """`next_at` is when its next digest is due; null where it is told at once, or paused."""

    uid = serializers.UUIDField()
    whose = serializers.ChoiceField(choices=WHOSE)
    paused_at = serializers.DateTimeField(allow_null=True)
    next_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class SubscriptionList(HubView):
    filters = SubscriptionFilters

    @says(
        "subscriptions_list",
        paged(SubscriptionShape(many=True), "Subscription"),
        filters=SubscriptionFilters,
    )
    def get(self, request: Request) -> Response:
        """Your own subscriptions and your desk's, newest first. A colleague's own are not among them."""
        rows = Subscription.objects.visible_to(self.viewer)
        if "whose" in self.query:
            rows = rows.filter(person_id__isnull=self.query["whose"] == "desk")
        found = page(rows, by=("created_at", "id"), request=request, query=self.query)
        kept = rows.select_related("endpoint").in_bulk([row["id"] for row in found.rows])
        ordered = [kept[row["id"]] for row in found.rows if row["id"] in kept]
        wishes = wishes_of(ordered)
        return found.response(shape_of(row, wishes[row.pk]) for row in ordered)

    @says("subscriptions_create", SubscriptionShape, status=201, body=SubscriptionBody, errors=(403,))
    def post(self, request: Request) -> Response:
        """Subscribe: for yourself, or where you are its liaison or administrator, for your desk."""
        self.require(may_subscribe(self.viewer), "subscription.make")
        body = SubscriptionBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = _given(body)
        desk = given.pop("whose", "me") == "desk"
        self.require(not desk or may_manage_desk(self.viewer), "subscription.make")
        made = subscribe(wished(Wish(), given), desk=desk, viewer=self.viewer, at=timezone.now())
        return self.answer(
            _fresh(made), reverse("api-subscription", args=[made.uid]), status.HTTP_201_CREATED
        )


class SubscriptionDetail(HubView):
    row: Subscription
    tagged = True
    matched = True

    def find(self, request: Request, **kwargs: Any) -> None:
        rows = Subscription.objects.visible_to(self.viewer).select_related("endpoint")
        found = rows.filter(uid=kwargs["uid"]).first()
        if found is None:
            raise Http404
        self.row = found

    @says("subscriptions_retrieve", SubscriptionShape, errors=(404,))
    def get(self, request: Request, uid: Any) -> Response:
        """One of your own, or of your desk."""
        return Response(_fresh(self.row))

    @says("subscriptions_change", SubscriptionShape, body=SubscriptionChange, errors=(403, 404))
    def patch(self, request: Request, uid: Any) -> Response:
        """Change it, pause it, or let it go on."""
        self._mine("subscription.change")
        body = SubscriptionChange(data=request.data)
        body.is_valid(raise_exception=True)
        given, at = _given(body), timezone.now()
        paused = given.pop("paused", None)
        if given:
            wish = wished(wishes_of([self.row])[self.row.pk], given)
            change(self.row, wish, viewer=self.viewer, at=at)
        if paused is not None:
            (pause if paused else resume)(self.row, viewer=self.viewer, at=at)
        return Response(_fresh(self.row))

    @says("subscriptions_remove", None, status=204, errors=(403, 404))
    def delete(self, request: Request, uid: Any) -> Response:
        """Remove it. What it brought stays."""
        self._mine("subscription.remove")
        remove(self.row, viewer=self.viewer, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _mine(self, event: str) -> None:
        allowed = may_change(self.viewer, agency=self.row.agency_id, person=self.row.person_id)
        why = _("What the desk is told, its liaison and administrators change.")
        self.require(allowed, event, kind="subscription", ref=str(self.row.uid), why=why)
        # Locked: of two who change it at once the second is held to what the first left.
        self.row = (
            Subscription.objects.visible_to(self.viewer).select_for_update(of=("self",)).get(pk=self.row.pk)
        )
        self.precondition(lambda: _fresh(self.row))


def _given(body: serializers.Serializer[Any]) -> dict[str, Any]:
    given = dict(body.validated_data)
    return given | ({"endpoint": str(given["endpoint"] or "")} if "endpoint" in given else {})


def shape_of(row: Subscription, wish: Wish) -> dict[str, Any]:
    said = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(wish).items()}
    return said | {
        "uid": str(row.uid),
        "whose": "me" if row.person_id else "desk",
        "endpoint": wish.endpoint or None,
        "times": [at.strftime("%H:%M") for at in wish.times],
        "paused_at": instant(row.paused_at) if row.paused_at else None,
        "next_at": instant(row.next_at) if row.next_at and not row.paused_at else None,
        "created_at": instant(row.created_at),
    }


def _fresh(row: Subscription) -> dict[str, Any]:
    return shape_of(row, wishes_of([row])[row.pk])
