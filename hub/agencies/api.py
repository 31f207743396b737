"""The directory of agencies as JSON: whom one can share with, and how their desks are reached."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from hub.agencies.models import Agency, AgencyKind, AgencyState
from hub.rest.filters import PagedFilters
from hub.rest.pages import page
from hub.rest.schema import paged, says
from hub.rest.views import HubView


class DeskShape(serializers.Serializer[Any]):
    email = serializers.CharField()
    phone = serializers.CharField()
    hours = serializers.CharField()


class AgencyShape(serializers.Serializer[Any]):
    """An agency at work in the hub."""

    code = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=AgencyKind.choices)
    country = serializers.CharField(help_text="ISO 3166-1, two letters; empty for a world body")
    region = serializers.CharField()
    parent = serializers.CharField(help_text="the code of the agency it belongs to, or empty")  # type: ignore[assignment]
    desk = DeskShape()


class AgencyFilters(PagedFilters):
    kind = serializers.ChoiceField(choices=AgencyKind.choices, required=False)
    country = serializers.CharField(max_length=2, required=False)


COLUMNS = [
    "code",
    "name",
    "kind",
    "country",
    "region",
    "desk_email",
    "desk_phone",
    "desk_hours",
    "parent__code",
    "parent_confirmed_at",
]


class AgencyList(HubView):
    filters = AgencyFilters

    @says("agencies_list", paged(AgencyShape(many=True), "Agency"), filters=AgencyFilters)
    def get(self, request: Request) -> Response:
        """The agencies at work in the hub, by code."""
        narrowed = {name: self.query[name] for name in ("kind", "country") if name in self.query}
        found = page(
            _active().filter(**narrowed),
            *COLUMNS,
            by=("code",),
            request=request,
            query=self.query,
            falling=False,
        )
        return found.response(map(agency_shape, found.rows))


class AgencyDetail(HubView):
    tagged = True
    row: dict[str, Any]

    def find(self, request: Request, **kwargs: Any) -> None:
        row = _active().filter(code=kwargs["code"]).values(*COLUMNS).first()
        if row is None:
            raise Http404
        self.row = row

    @says("agencies_retrieve", AgencyShape, errors=(404,))
    def get(self, request: Request, code: str) -> Response:
        """One agency."""
        return Response(agency_shape(self.row))


def _active() -> QuerySet[Agency]:
    return Agency.objects.filter(state=AgencyState.ACTIVE)


def agency_shape(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "code": row["code"],
        "name": row["name"],
        "kind": row["kind"],
        "country": row["country"],
        "region": row["region"],
        # A parent counts once it has said so itself.
        "parent": (row["parent__code"] or "") if row["parent_confirmed_at"] else "",
        "desk": {"email": row["desk_email"], "phone": row["desk_phone"], "hours": row["desk_hours"]},
    }
